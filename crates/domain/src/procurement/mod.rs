//! Procurement law: which law a contract is under, and whether what is known of it keeps its rules.
//!
//! The rules are pure functions, each with its place in the law. What is not known makes a rule unknown, never kept or
//! broken. This is no legal advice.

mod calendar;
mod codes;
mod common;
mod facts;
mod finding;
mod law;
mod next_route;
mod pa2023;
mod pcr2015;
mod psr2023;
pub mod regime;
mod thresholds;
mod timing;

pub use calendar::{BankHolidays, Division, WorkingDays};
pub use codes::{Reg77List, Schedule1};
pub use facts::{NOTICES, Prior, PriorsKnown, ProcurementFacts, Records, Replaced};
pub use finding::{ComplianceRule, Finding, RuleOutcome};
pub use law::Law;
pub use next_route::{Next, NextFacts, NextRoute, ReservableAgain, next_route};
pub use regime::{Buyer, Regime, RegimeFacts};
pub use thresholds::{Threshold, Thresholds};
pub use timing::{
    barred_until, beginning_with, longest_term, pa_standstill, pcr_standstill, psr_standstill, window_of,
};

use crate::procurement::common::to_the_day;
use crate::register::contract::Procedure;
use crate::value::date::{Day, PartialDate};

/// The day up to which changes of the law were taken into account.
pub const LAW_AS_AT: &str = "2026-04-01";

/// What was found of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compliance {
    /// The law that it is under.
    pub regime: Regime,
    /// Why, for people.
    pub regime_reason: String,
    /// What was found of each rule of that law, in the order of the law; none where the register does not check it.
    pub findings: Vec<Finding>,
    /// The first day on which the buyer can award the mutual another reserved contract for the same kind of services, where
    /// this one is reserved and the day is known.
    pub reservable_again_on: Option<Day>,
}

/// Holds what is known of a contract against the rules of the law that it is under.
pub fn check(facts: &ProcurementFacts, law: &Law) -> Compliance {
    let regime_facts = facts.regime_facts();
    let regime = regime_facts.regime();
    let findings = match regime {
        Regime::Pa2023 => pa2023::judge(facts, law),
        Regime::Pcr2015 => pcr2015::judge(facts, law),
        Regime::Psr2023 => psr2023::judge(facts, law),
        Regime::Pcr2006 | Regime::PsrWales2025 | Regime::NotCovered | Regime::Unknown => Vec::new(),
    };
    Compliance {
        regime,
        regime_reason: regime_facts.why(),
        findings,
        reservable_again_on: reservable_again_on(facts.procedure, facts.entered_on),
    }
}

/// The first day on which a buyer can award the holder of a reserved contract another one for the same kind of services.
///
/// A contract by s.33 bars the mutual for three years from the day on which it was entered into. One by reg. 77 never bars a
/// contract by s.33, so that its holder can have one since the Act began. Of other contracts there is nothing to tell, nor of one
/// whose day of entering is known in part.
pub fn reservable_again_on(procedure: Procedure, entered_on: Option<PartialDate>) -> Option<Day> {
    match procedure {
        Procedure::PaS33Reserved => to_the_day(entered_on).and_then(barred_until),
        Procedure::PcrReg77Reserved => regime::act_begins(),
        _ => None,
    }
}
