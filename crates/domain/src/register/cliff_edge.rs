//! The cliff edge: which contracts are in force on a day, and how long until they end.

use chrono::{Datelike as _, Months};

use crate::register::contract::{Contract, ContractStatus};
use crate::value::date::{Day, PartialDate};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Which contracts the report on the cliff edge lists.
    pub enum CliffEdgeList {
        /// Contracts in force whose next end may be within the months that the report looks ahead.
        Ending = "ending" or "soon" or "within",
        /// Contracts in force whose next end is later.
        Later = "later",
        /// Contracts in force without an end on record.
        WithoutEnd = "without_end" or "no end" or "undated",
        /// Contracts that may have been in force on the day or not.
        Unclear = "unclear" or "unknown" or "lacking",
    }
}

/// Whether a contract was in force on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InForce {
    /// It was, or may have ended in the part of its last month or year that is not known.
    Yes,
    /// It was not.
    No,
    /// What is on record does not say.
    Unknown,
}

/// The most months that a report looks ahead.
pub const MOST_MONTHS: u32 = 600;

/// What tells when a contract is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// How far it has come by now.
    pub status: ContractStatus,
    /// The first day of it: the day on which it was entered into stands for one that is not known.
    pub begins: Option<PartialDate>,
    /// The last day as agreed.
    pub ends: Option<PartialDate>,
    /// The last day with all extensions.
    pub latest: Option<Day>,
}

impl Term {
    /// That of a contract.
    pub fn of(contract: &Contract) -> Self {
        let timeline = &contract.timeline;
        Self {
            status: contract.status,
            begins: timeline.starts_on.or(timeline.entered_on),
            ends: timeline.ends_on,
            latest: timeline.latest_ends_on,
        }
    }

    /// Whether it was in force on a day.
    ///
    /// Its status is that of today, so that as at an earlier day only its dates tell: whether it expired or goes on now says nothing of
    /// then, and one that was ended early may have been ended by then or not. A start counts from its first possible day, and an end
    /// until its last one, with all extensions.
    pub fn in_force(&self, day: Day, today: Day) -> InForce {
        use ContractStatus::{
            Active, AwardDecided, Cancelled, Expired, Planned, Standstill, Tendering, TerminatedEarly, Unknown,
        };
        let is_past = day < today;
        match self.status {
            Planned | Tendering | AwardDecided | Standstill | Cancelled => InForce::No,
            Expired | TerminatedEarly if !is_past => InForce::No,
            _ if self.begins.is_some_and(|begins| begins.first_day() > day) => InForce::No,
            _ if self.last().is_some_and(|last| last.last_day() < day) => InForce::No,
            TerminatedEarly | Unknown => InForce::Unknown,
            Expired if self.last().is_none() => InForce::Unknown,
            Active | Expired if is_past && self.begins.is_none() => InForce::Unknown,
            Active | Expired => InForce::Yes,
        }
    }

    /// The last day, with all extensions.
    pub fn last(&self) -> Option<PartialDate> {
        let latest = self.latest.map(PartialDate::from);
        self.ends.into_iter().chain(latest).max_by_key(PartialDate::last_day)
    }

    /// The next end as at a day: the last day as agreed, or that with all extensions once the other has passed.
    pub fn next_end(&self, day: Day) -> Option<PartialDate> {
        self.ends.filter(|ends| ends.last_day() >= day).or_else(|| self.last())
    }
}

/// The day so many months later; the last of its month where that is shorter.
pub fn months_later(day: Day, months: u32) -> Option<Day> {
    Day::from_date(day.date().checked_add_months(Months::new(months))?).ok()
}

/// How many whole months are left from one day to another; 0 where it has passed.
pub fn whole_months(from: Day, to: Day) -> u32 {
    let (begin, end) = (from.date(), to.date());
    let years = end.year().saturating_sub(begin.year());
    let months = years.saturating_mul(12).saturating_add_unsigned(end.month()).saturating_sub_unsigned(begin.month());
    let months = u32::try_from(months).unwrap_or_default();
    let is_whole = months_later(from, months).is_some_and(|day| day <= to);
    if is_whole { months } else { months.saturating_sub(1) }
}
