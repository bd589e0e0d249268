//! Contracts as open contracting data: the releases and records of the Open Contracting Data Standard 1.1.
//!
//! Each change of a contract, of a competition or of a notice is a release. It says all that the register said after the change, so that
//! a release can be read alone, and `null` for what the release before it said and is no longer so: releases that are merged by the rules
//! of the standard give what the register says now. A release never changes: it follows from the log up to its change alone.
//!
//! Knows no SQL and no HTTP.

mod codes;
mod moment;
mod package;
pub mod schema;

mod state;
mod tree;

use chrono::{DateTime, Utc};
use domain::{ContractId, OcdsPrefix};

pub use codes::decimals;
pub use moment::{Change, Moment, Party};
pub use package::{Package, Publisher};

use crate::record::instant;
use codes::Phase;
use tree::{Tree, object, text, words, write_members};

/// The releases of one contract, made one after the other from its first moment on.
#[derive(Debug)]
pub struct Process {
    prefix: OcdsPrefix,
    ocid: String,
    /// What the releases until now say together.
    published: Tree,
    phase: Option<Phase>,
    date: DateTime<Utc>,
}

/// A release.
#[derive(Debug)]
pub struct Release {
    /// Unique in the register.
    pub id: String,
    /// When the change was made.
    pub date: DateTime<Utc>,
    ocid: String,
    tags: Vec<&'static str>,
    members: Tree,
}

impl Process {
    /// The process of a contract.
    #[must_use]
    pub fn new(prefix: OcdsPrefix, contract: ContractId) -> Self {
        let ocid = ocid(&prefix, contract);
        let date = DateTime::<Utc>::MIN_UTC;
        Self { prefix, ocid, published: Tree::Object(Vec::new()), phase: None, date }
    }

    /// The release of the next moment.
    pub fn release(&mut self, moment: &Moment) -> Release {
        let mut state = state::state(&|id| ocid(&self.prefix, id), moment);
        keep_awards(&self.published, &mut state);
        let members = state.after(&self.published);
        let phase = state::phase(&moment.contract);
        let tags = tags(moment.change, phase, self.phase);
        // Mergers go by the date. A clock that was put back must not bring the releases out of order.
        self.date = self.date.max(moment.at);
        self.phase = Some(phase);
        self.published = state;
        let id = format!("{}-{}", self.ocid, version(moment));
        Release { id, date: self.date, ocid: self.ocid.clone(), tags, members }
    }

    /// Everything that the releases until now say, as the compiled release of a record. It is written as JSON.
    #[must_use]
    pub fn compiled(&self) -> String {
        let id = format!("{}-{}", self.ocid, instant(self.date));
        written(&self.ocid, &id, self.date, &["compiled"], &self.published)
    }

    /// The record of the process with these releases, as JSON.
    #[must_use]
    pub fn record(&self, releases: &[String]) -> String {
        let releases = releases.join(",");
        format!(r#"{{"ocid":"{}","releases":[{releases}],"compiledRelease":{}}}"#, self.ocid, self.compiled())
    }
}

impl Release {
    /// The release as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        written(&self.ocid, &self.id, self.date, &self.tags, &self.members)
    }
}

/// The open contracting id of a contract. It is the register's own: an id that another publisher minted stays on the contract alone.
fn ocid(prefix: &OcdsPrefix, contract: ContractId) -> String {
    format!("{prefix}-{contract}")
}

/// What tells a release from the others of its process.
fn version(moment: &Moment) -> String {
    let version = moment.version;
    match moment.change {
        Change::Contract => version.to_string(),
        Change::Competition(id, own) => format!("{version}-competition-{id}-{own}"),
        Change::Notice(id, own, _) => format!("{version}-notice-{id}-{own}"),
        Change::Successor(id, own) => format!("{version}-contract-{id}-{own}"),
    }
}

fn tags(change: Change, phase: Phase, before: Option<Phase>) -> Vec<&'static str> {
    if let Change::Notice(_, _, Some(code)) = change
        && let Some(tag) = codes::notice_tag(code)
    {
        return vec![tag];
    }
    let tags = if before == Some(phase) { phase.update_tags() } else { phase.tags() };
    tags.to_vec()
}

/// Awards and contracts can't be taken away. One that was published and is no longer on record, since the status or the supplier was
/// corrected, stays as cancelled.
fn keep_awards(before: &Tree, state: &mut Tree) {
    for name in ["awards", "contracts"] {
        let now = state.member(name).map(Tree::elements).unwrap_or_default();
        let gone = before.member(name).map(Tree::elements).unwrap_or_default().iter();
        let gone = gone.filter(|earlier| now.iter().all(|own| own.id() != earlier.id()));
        let cancelled = gone.map(|earlier| {
            let same = |name| earlier.member(name).cloned();
            object([("id", same("id")), ("awardID", same("awardID")), ("status", text("cancelled"))])
        });
        let all: Vec<Tree> = now.iter().cloned().chain(cancelled).collect();
        if !all.is_empty() {
            state.set(name, Tree::List(all));
        }
    }
}

fn written(ocid: &str, id: &str, date: DateTime<Utc>, tags: &[&str], members: &Tree) -> String {
    const TYPICAL_LENGTH: usize = 4096;
    let mut json = String::with_capacity(TYPICAL_LENGTH);
    let head = object([("ocid", text(ocid)), ("id", text(id)), ("date", text(instant(date))), ("tag", words(tags))]);
    json.push('{');
    for (position, part) in [&head, members].into_iter().enumerate() {
        let Tree::Object(members) = part else { continue };
        if position > 0 && !members.is_empty() {
            json.push(',');
        }
        write_members(members, &mut json);
    }
    json.push('}');
    json
}
