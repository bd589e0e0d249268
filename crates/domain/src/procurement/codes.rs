//! Services that may be reserved, and those under the light touch, by their CPV codes.

use std::collections::BTreeMap;

use crate::data_file::{FileFault, lines, rows};
use crate::value::cpv::CpvCode;

/// The services that may be reserved under reg. 77(2) of the Public Contracts Regulations 2015. A code is one of them if it
/// is, or lies below, an entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reg77List(Vec<(u32, u32)>);

impl Reg77List {
    /// Reads a list of codes, one a line, and of ranges: `85000000-9..85323000-9`.
    ///
    /// # Errors
    /// The line that is wrong.
    pub fn parse(text: &str) -> Result<Self, FileFault> {
        let mut entries = Vec::new();
        for (line, entry) in lines(text) {
            let code = |raw: &str| -> Result<CpvCode, FileFault> {
                raw.parse().map_err(|invalid| FileFault::new(line, format!("{invalid}")))
            };
            let (first, last) = entry.split_once("..").unwrap_or((entry, entry));
            let (first, last) = (code(first)?.number(), code(last)?.number());
            if first > last {
                return Err(FileFault::new(line, format!("the range {entry} ends before it begins")));
            }
            entries.push((first, with_descendants(last).1));
        }
        if entries.is_empty() {
            return Err(FileFault::new(1, "there are no codes"));
        }
        Ok(Self(entries))
    }

    /// Whether a code is, or lies below, an entry.
    pub fn covers(&self, code: &CpvCode) -> bool {
        let number = code.number();
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }
}

/// Table 1 of Schedule 1 to the Procurement Regulations 2024: the services under the light touch, of which some may be
/// reserved (reg. 42, Procurement Act 2023 ss.9 and 33(8)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule1(BTreeMap<u32, (CpvCode, bool)>);

impl Schedule1 {
    /// Reads the table: each code with its check digit, `R` if it is reservable, and its category.
    ///
    /// # Errors
    /// The line that is wrong.
    pub fn parse(text: &str) -> Result<Self, FileFault> {
        let mut codes = BTreeMap::new();
        for (line, [digits, check_digit, reservable, _]) in
            rows(text, ["code", "check_digit", "reservable", "category"])?
        {
            let raw = format!("{digits}-{check_digit}");
            let code: CpvCode = raw.parse().map_err(|invalid| FileFault::new(line, format!("{invalid}")))?;
            let is_reservable = match reservable.as_str() {
                "R" => true,
                "" => false,
                other => return Err(FileFault::new(line, format!("{other:?} is neither `R` nor empty"))),
            };
            if codes.insert(code.number(), (code, is_reservable)).is_some() {
                return Err(FileFault::new(line, format!("{raw} is in the table twice")));
            }
        }
        if codes.is_empty() {
            return Err(FileFault::new(1, "there are no codes"));
        }
        Ok(Self(codes))
    }

    /// The codes of the table, each with whether it is marked as reservable.
    pub fn codes(&self) -> impl Iterator<Item = (&CpvCode, bool)> {
        self.0.values().map(|(code, is_reservable)| (code, *is_reservable))
    }

    /// Whether a code is reservable: marked so in the table, or not in it and below one that is.
    pub fn is_reservable(&self, code: &CpvCode) -> bool {
        match self.0.get(&code.number()) {
            Some((_, is_reservable)) => *is_reservable,
            None => self.above(code).any(|is_reservable| is_reservable),
        }
    }

    /// Whether a code is under the light touch: in the table, or below one that is.
    pub fn is_light_touch(&self, code: &CpvCode) -> bool {
        self.above(code).next().is_some()
    }

    /// Whether all of several codes are under the light touch; none where there is no code, or some are and some are not.
    pub fn are_light_touch(&self, codes: &[CpvCode]) -> Option<bool> {
        let light = codes.iter().filter(|code| self.is_light_touch(code)).count();
        match light {
            _ if codes.is_empty() => None,
            0 => Some(false),
            all if all == codes.len() => Some(true),
            _ => None,
        }
    }

    /// Of the codes in the table that are this one or above it: whether each is reservable.
    fn above(&self, code: &CpvCode) -> impl Iterator<Item = bool> {
        let number = code.number();
        let entries = self.0.iter().filter(move |(entry, _)| {
            let (first, last) = with_descendants(**entry);
            (first..=last).contains(&number)
        });
        entries.map(|(_, (_, is_reservable))| *is_reservable)
    }
}

/// The numbers of a code and of all below it: those that begin with its digits without the zeros at the end. A division has
/// two digits.
fn with_descendants(code: u32) -> (u32, u32) {
    let mut step: u32 = 1;
    while step < 1_000_000 && code.is_multiple_of(step.saturating_mul(10)) {
        step = step.saturating_mul(10);
    }
    (code, code.saturating_add(step.saturating_sub(1)))
}

/// How far two lists of codes speak of the same kind of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinship {
    /// They share a class, which is the first four digits.
    SameClass,
    /// They share a division, which is the first two digits.
    SameDivision,
    /// They share none.
    Different,
    /// One of them has no codes.
    Unknown,
}

/// No law says what the same kind of services is. The register compares classes and divisions of CPV codes, and says so.
pub(super) fn kinship(ours: &[CpvCode], theirs: &[CpvCode]) -> Kinship {
    let share = |step: u32| {
        ours.iter()
            .any(|our| theirs.iter().any(|their| our.number().checked_div(step) == their.number().checked_div(step)))
    };
    match () {
        () if ours.is_empty() || theirs.is_empty() => Kinship::Unknown,
        () if share(10_000) => Kinship::SameClass,
        () if share(1_000_000) => Kinship::SameDivision,
        () => Kinship::Different,
    }
}
