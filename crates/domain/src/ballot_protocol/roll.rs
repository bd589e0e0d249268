//! The roll: one entry for each person entitled to vote, without a name or a number.

use std::collections::{HashMap, HashSet};
use std::hash::Hash as Hashed;

use crate::fault::{Fault, FaultCode};
use crate::tree;

use super::code::Side;
use super::hash::{Entry, Half, Sha256Hex};

/// The most faults that are listed of a roll or of a batch: its editor mends the file, not each line.
pub(super) const MOST_FAULTS: usize = 100;

/// Entries in the order of their digits, none of them twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roll(Vec<Entry>);

/// What an issuer uploads for a person where there are two issuers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedHalf {
    /// The person's number, which both issuers use.
    pub number: u32,
    /// The half of this issuer.
    pub half: Half,
}

impl Roll {
    /// The fewest people who can vote in secret.
    pub const MIN: usize = 20;
    /// The fewest people where the organiser accepts that few votes can show how somebody voted.
    pub const MIN_SMALL: usize = 5;
    /// The most people.
    pub const MAX: usize = 100_000;

    /// The roll of these entries, which may be in any order.
    ///
    /// # Errors
    /// A size that is too small or too large (field `""`), and each entry that an earlier one equals, at its position. At most 100
    /// faults are listed.
    pub fn new(entries: Vec<Entry>, small: bool) -> Result<Self, Vec<Fault>> {
        let mut faults: Vec<Fault> = size_fault(entries.len(), small).into_iter().collect();
        if entries.len() <= Self::MAX {
            let same = |position: usize, first: usize| {
                let detail = format!("the same entry as item {first} in this list");
                Fault::new(position.to_string(), FaultCode::DuplicateItem, detail)
            };
            faults.extend(repeated(entries.iter()).take(MOST_FAULTS).map(|(position, first)| same(position, first)));
        }
        if faults.is_empty() { Ok(Self::sorted(entries)) } else { Err(faults) }
    }

    /// The roll of the halves of two issuers, paired by the number. The numbers are not in it.
    ///
    /// # Errors
    /// A size that is too small or too large, a number or half that is there twice, and a number that only one side has, at the side
    /// and the position (`b/17/number`). At most 100 faults are listed.
    pub fn of_halves(a: &[NumberedHalf], b: &[NumberedHalf], small: bool) -> Result<Self, Vec<Fault>> {
        let sides = [(Side::A, a), (Side::B, b)];
        let sizes = sides.iter().filter_map(|(side, halves)| Some(size_fault(halves.len(), small)?.under(side)));
        let mut faults: Vec<Fault> = sizes.collect();
        if sides.iter().all(|(_, halves)| halves.len() <= Self::MAX) {
            let found = number_faults(Side::A, a, b).chain(number_faults(Side::B, b, a)).chain(half_faults(a, b));
            faults.extend(found.take(MOST_FAULTS));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let others: HashMap<u32, &Half> = b.iter().map(|other| (other.number, &other.half)).collect();
        let paired = a.iter().filter_map(|own| Some(Entry::of_halves(&own.half, others.get(&own.number)?)));
        Self::new(paired.collect(), small)
    }

    /// The entries, in the order of their digits.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The root of the tree over the entries.
    pub fn root(&self) -> Sha256Hex {
        roll_root(&self.0)
    }

    /// Where an entry stands in the order, from 0.
    pub fn position(&self, entry: &Entry) -> Option<usize> {
        self.0.binary_search(entry).ok()
    }

    fn sorted(mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        Self(entries)
    }
}

/// The root of the tree over entries, in the order given.
pub fn roll_root(entries: &[Entry]) -> Sha256Hex {
    Sha256Hex::from_bytes(tree::root_of(entries.iter().map(Entry::to_string)))
}

/// Every fault that the halves of one issuer have by themselves, at their positions: a size that is too small or too large, and a
/// number or half that is there twice. At most 100 are listed.
pub fn check_halves(halves: &[NumberedHalf], small: bool) -> Vec<Fault> {
    if let Some(fault) = size_fault(halves.len(), small) {
        return vec![fault];
    }
    // Without the side before the position, since there is no other to be told apart from.
    let alone = |mut fault: Fault| {
        fault.field = fault.field.split_once('/').map(|(_, at)| at.to_owned()).unwrap_or_default();
        fault
    };
    let twice = repeated(halves.iter().map(|half| half.half)).map(|(position, first)| {
        let detail = format!("the same half as item {first} in this list");
        Fault::new(format!("{position}/half"), FaultCode::DuplicateItem, detail)
    });
    number_faults(Side::A, halves, halves).map(alone).chain(twice).take(MOST_FAULTS).collect()
}

/// The fault of a roll of so many people.
pub(super) fn size_fault(size: usize, small: bool) -> Option<Fault> {
    let least = if small { Roll::MIN_SMALL } else { Roll::MIN };
    let code = match size {
        size if size < least => FaultCode::TooFew,
        size if size > Roll::MAX => FaultCode::TooMany,
        _ => return None,
    };
    let hint = if code == FaultCode::TooFew && !small && size >= Roll::MIN_SMALL {
        format!(
            ": for at least {}, set `small` to `true`, and the result says that few votes can show how somebody voted",
            Roll::MIN_SMALL
        )
    } else {
        String::new()
    };
    let detail = format!("{size} people on the roll, {least} to {} expected{hint}", Roll::MAX);
    Some(Fault::new("", code, detail))
}

/// Numbers of one side that are 0, that it has twice, or that the other side does not have.
fn number_faults<'h>(side: Side, own: &'h [NumberedHalf], others: &[NumberedHalf]) -> impl Iterator<Item = Fault> + 'h {
    let known: HashSet<u32> = others.iter().map(|other| other.number).collect();
    let other_side = if side == Side::A { Side::B } else { Side::A };
    let at = move |position: usize, code, detail| Fault::new(format!("{side}/{position}/number"), code, detail);
    let zero = own.iter().enumerate().filter(|(_, half)| half.number == 0);
    let zero = zero.map(move |(position, _)| at(position, FaultCode::OutOfRange, "numbers begin at 1".to_owned()));
    let twice = repeated(own.iter().map(|half| half.number)).map(move |(position, first)| {
        at(position, FaultCode::DuplicateItem, format!("the same number as item {first} in this list"))
    });
    let alone = own.iter().enumerate().filter(move |(_, half)| !known.contains(&half.number));
    let alone = alone.map(move |(position, half)| {
        let detail = format!("side {other_side} has no half with the number {}", half.number);
        at(position, FaultCode::UnknownReference, detail)
    });
    zero.chain(twice).chain(alone)
}

/// Halves that are there twice, on one side or on both.
fn half_faults<'h>(a: &'h [NumberedHalf], b: &'h [NumberedHalf]) -> impl Iterator<Item = Fault> + 'h {
    let place = |at: usize| match at.checked_sub(a.len()) {
        None => format!("{}/{at}", Side::A),
        Some(at) => format!("{}/{at}", Side::B),
    };
    repeated(a.iter().chain(b).map(|half| half.half)).map(move |(at, first)| {
        let detail = format!("the same half as {}", place(first));
        Fault::new(format!("{}/half", place(at)), FaultCode::DuplicateItem, detail)
    })
}

/// The position of each item that an earlier one equals, with that of the first such one.
pub(super) fn repeated<T: Eq + Hashed>(items: impl Iterator<Item = T>) -> impl Iterator<Item = (usize, usize)> {
    let mut seen = HashMap::new();
    items.enumerate().filter_map(move |(position, item)| {
        let first = *seen.entry(item).or_insert(position);
        (first != position).then_some((position, first))
    })
}
