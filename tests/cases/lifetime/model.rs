//! What a life is made of, and what a register must hold that has lived it.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::fixture::{MUTUALS, STAFF_BALLOTS, id};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

/// Something that happens to a register.
#[derive(Clone, Debug)]
pub enum Step {
    /// A mutual is created.
    Mutual,
    /// A ballot of a mutual is created.
    Ballot(Pick),
    /// A record is changed.
    Change(Pick),
    /// A record is deleted, if nothing refers to it.
    Delete(Pick),
    /// A file is imported, with a row for a mutual that is there.
    Import(Pick),
    /// The personal data of a ballot are erased.
    Erase(Pick),
    /// A follower reads some pages of the feed.
    Follow {
        /// Which.
        follower: usize,
        /// At most so many.
        pages: usize,
        /// Entries on each.
        limit: usize,
    },
    /// A copy is made.
    Copy,
    /// The register is lost, and restored from a copy.
    Restore(Pick),
    /// The register moves to another database.
    Move,
    /// The clock goes ahead.
    ClockAhead(Duration),
    /// The clock is put right.
    ClockRight,
    /// Everything is compared with what is known.
    Look,
}

/// One of however many there are.
#[derive(Clone, Copy, Debug)]
pub struct Pick(usize);

impl Pick {
    /// Of this many.
    pub fn of(self, many: usize) -> usize {
        self.0 / 2 % many
    }

    /// Half of them are.
    pub fn is_even(self) -> bool {
        self.0.is_multiple_of(2)
    }
}

/// The life of this seed.
pub fn steps(seed: u64, many: usize) -> Vec<Step> {
    let pick = || (0..usize::MAX / 2).prop_map(Pick);
    let follow = (0..3_usize, 1..4_usize, 1..20_usize).prop_map(|(follower, pages, limit)| Step::Follow {
        follower,
        pages,
        limit,
    });
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let step = prop_oneof![
        6 => Just(Step::Mutual),
        4 => pick().prop_map(Step::Ballot),
        8 => pick().prop_map(Step::Change),
        3 => pick().prop_map(Step::Delete),
        2 => pick().prop_map(Step::Import),
        2 => pick().prop_map(Step::Erase),
        8 => follow,
        2 => Just(Step::Copy),
        3 => pick().prop_map(Step::Restore),
        1 => Just(Step::Move),
        2 => (1..2400_u64).prop_map(move |number| Step::ClockAhead(hours(number))),
        2 => Just(Step::ClockRight),
        2 => Just(Step::Look),
    ];
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    prop::collection::vec(step, many).new_tree(&mut runner).unwrap().current()
}

/// The records of a register by their paths; none where one was deleted.
#[derive(Clone, Debug, Default)]
pub struct Records(BTreeMap<String, Option<Value>>);

impl Records {
    /// As it was acknowledged.
    pub fn put(&mut self, list: &str, record: Value) {
        self.0.insert(format!("{list}/{}", id(&record)), Some(record));
    }

    /// Deleted.
    pub fn remove(&mut self, path: &str) {
        self.0.insert(path.to_owned(), None);
    }

    /// All, deleted ones too.
    pub fn all(&self) -> impl Iterator<Item = (&String, &Option<Value>)> {
        self.0.iter()
    }

    /// Those that are in a list, in the order of their ids.
    pub fn of(&self, list: &str) -> Vec<Value> {
        self.there(list).map(|(_, record)| record.clone()).collect()
    }

    /// One of those in a list, with its path.
    pub fn pick(&self, list: &str, pick: Pick) -> Option<(String, Value)> {
        let many = self.there(list).count();
        let (path, record) = self.there(list).nth(pick.of(many.max(1)))?;
        Some((path.clone(), record.clone()))
    }

    /// Whether a ballot is of this mutual.
    pub fn has_ballots(&self, mutual: &Value) -> bool {
        self.there(STAFF_BALLOTS).any(|(_, ballot)| ballot["mutual_id"] == mutual["id"])
    }

    /// What a follower of the feed has of them.
    pub fn as_followed(&self) -> BTreeMap<String, Value> {
        let lists = [MUTUALS, STAFF_BALLOTS];
        lists
            .iter()
            .flat_map(|list| self.there(list))
            .map(|(path, record)| (path.clone(), without_name(record)))
            .collect()
    }

    fn there<'r>(&'r self, list: &'r str) -> impl Iterator<Item = (&'r String, &'r Value)> {
        let within = self.0.iter().filter(move |(path, _)| path.starts_with(list));
        within.filter_map(|(path, record)| Some((path, record.as_ref()?)))
    }
}

/// The record without the name of a person, for which the log has a commitment.
pub fn without_name(record: &Value) -> Value {
    let mut record = record.clone();
    if let Some(scrutineer) = record["scrutineer"].as_object_mut() {
        scrutineer.remove("name");
    }
    record
}
