//! What was true of mutuals on a day, as known now: where a mutual stood, and how many staff it had.

use crate::register::mutual::Stage;
use crate::value::date::{Day, PartialDate};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The group in which the figures count a mutual.
    pub enum StandingGroup {
        /// Launched and delivering services: in stage `launched`, `operating` or `recontracting`.
        Operating = "operating" or "live" or "active" or "trading" or "launched",
        /// Before its launch, and neither suspended nor ended.
        OnTheWay = "on_the_way" or "pipeline" or "in progress" or "emerging" or "pre launch",
        /// Paused, before launch or after it.
        Suspended = "suspended" or "paused" or "on hold",
        /// Ended before launch: `rejected`, `withdrawn` or `blocked`.
        EndedBeforeLaunch = "ended_before_launch" or "ended" or "withdrawn" or "rejected" or "blocked",
        /// Ended after launch.
        EndedAfterLaunch = "ended_after_launch" or "ended" or "closed",
        /// The facts in the register do not show it.
        Unknown = "unknown",
    }
}

impl StandingGroup {
    /// Where the figures count a stage.
    pub const fn of(stage: Stage) -> Self {
        if stage.is_operating() {
            Self::Operating
        } else if stage.is_pre_launch_live() {
            Self::OnTheWay
        } else if stage.ended_before_launch() {
            Self::EndedBeforeLaunch
        } else if stage.is_after_launch() {
            Self::EndedAfterLaunch
        } else {
            Self::Suspended
        }
    }
}

/// Where a mutual began: the stage before its first transition, and since when it is known to have been in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The stage.
    pub stage: Stage,
    /// The first day that it may have been in it: that of `stage_since` where no transition followed, otherwise the day on which the
    /// mutual was entered.
    pub since: Day,
}

/// A move of a mutual to a stage, with its date as far as it is known.
pub type Move = (Stage, Option<PartialDate>);

/// Where a mutual stood on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AsAt {
    /// Nothing is known of it that early: it is not counted.
    NotYet,
    /// In this stage.
    In(Stage),
    /// In one of several stages that the figures count together.
    Within(StandingGroup),
    /// The facts in the register do not show it.
    Unknown,
}

impl AsAt {
    /// Where the figures count it; nowhere where it was not yet.
    pub const fn group(self) -> Option<StandingGroup> {
        match self {
            Self::NotYet => None,
            Self::In(stage) => Some(StandingGroup::of(stage)),
            Self::Within(group) => Some(group),
            Self::Unknown => Some(StandingGroup::Unknown),
        }
    }

    /// The stage, where that is known.
    pub const fn stage(self) -> Option<Stage> {
        match self {
            Self::In(stage) => Some(stage),
            _ => None,
        }
    }
}

/// Where a mutual of these moves, in order, stood at the end of a day that is over.
///
/// A move has happened by a day if the first day that it may have been is on or before it; that is never before the move before it. An
/// undated move has happened if a later one has. Of undated moves that may have happened or not all outcomes are possible: where the
/// figures count them together, the mutual is counted there.
pub fn standing_before_today(beginning: &Beginning, moves: &[Move], day: Day) -> AsAt {
    let mut earliest: Option<Day> = None;
    let mut stands = if beginning.since <= day { AsAt::In(beginning.stage) } else { AsAt::NotYet };
    for (to, date) in moves {
        let Some(date) = date else {
            stands = either(stands, AsAt::In(*to));
            continue;
        };
        let first = earliest.max(Some(date.first_day()));
        if first > Some(day) {
            break;
        }
        earliest = first;
        stands = AsAt::In(*to);
    }
    stands
}

/// What is known of a mutual that stands in one of two places.
fn either(one: AsAt, other: AsAt) -> AsAt {
    match (one.group(), other.group()) {
        _ if one == other => one,
        (Some(group), Some(same)) if group == same && group != StandingGroup::Unknown => AsAt::Within(group),
        _ => AsAt::Unknown,
    }
}

vocabulary! {
    /// How long the periods of a timeline are.
    pub enum TimelineStep {
        /// Calendar years.
        Year = "year" or "years" or "yearly" or "annual" or "annually",
        /// Calendar months.
        Month = "month" or "months" or "monthly",
    }
}
