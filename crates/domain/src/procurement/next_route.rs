//! What may come after a contract: the route that is likely open for the next one, and from when a reserved one can be awarded
//! to the same mutual again.
//!
//! The law of the next contract is that of the day on which its procurement starts, which is not known yet. It is told only
//! where it is the same for every start in the year before the contract ends.

use crate::procurement::codes::{Kinship, kinship};
use crate::procurement::common::to_the_day;
use crate::procurement::facts::Prior;
use crate::procurement::law::Law;
use crate::procurement::pa2023::{BELOW, WELSH_LIST};
use crate::procurement::regime::{self, Buyer, Regime, RegimeFacts};
use crate::procurement::thresholds::{Threshold, pounds};
use crate::procurement::timing::barred_until;
use crate::register::contract::{Contract, Procedure, ProtectionKind};
use crate::register::department::{DepartmentKind, Nation};
use crate::register::mutual::Tests;
use crate::value::cpv::CpvCode;
use crate::value::date::{Day, PartialDate};
use crate::value::money::Currency;
use crate::value::outcome::TestOutcome;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The route by which the next contract for the same services is likely to be awarded, by what is on record now. The
    /// buyer decides.
    pub enum NextRoute {
        /// A contract that the buyer can reserve to public service mutuals (Procurement Act 2023 s.33).
        S33 = "s33" or "s.33" or "section 33" or "reserved" or "reserved contract" or "pa_s33_reserved",
        /// A contract that the buyer can reserve to organisations such as public service mutuals (Public Contracts
        /// Regulations 2015 reg. 77).
        Reg77 = "reg77" or "reg. 77" or "regulation 77" or "reserved" or "reserved contract" or "pcr_reg77_reserved",
        /// Direct award process C: the existing provider, without a competition (Provider Selection Regime 2023 reg. 9).
        PsrDirectC = "psr_direct_c" or "direct award c" or "DAP C" or "direct award",
        /// The contract is below the threshold, so s.33 does not apply. The buyer may reserve it by its own policy.
        BelowThreshold = "below_threshold" or "below the threshold" or "sub threshold",
        /// A competition that is open to others than mutuals.
        Open = "open" or "open competition" or "unreserved" or "unprotected",
        /// What is on record does not say.
        Unknown = "unknown" or "not known",
    }
}

/// What is known of a contract and of those who made it.
#[derive(Clone, Copy, Debug)]
pub struct NextFacts<'f> {
    /// The day on which it is asked.
    pub as_at: Day,
    /// The contract.
    pub contract: &'f Contract,
    /// Who buys.
    pub buyer: Buyer,
    /// What the mutual is as a public service mutual.
    pub supplier: Tests,
    /// Contracts of the mutual with the buyer that may bar it from a reserved one, this one among them.
    pub priors: &'f [Prior],
    /// Whether there are more of these than are given.
    pub has_more_priors: bool,
}

/// What may come after a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The route.
    pub route: NextRoute,
    /// Why, for people.
    pub reason: String,
    /// Where the law says so; none where the route is not known for want of facts.
    pub citation: Option<&'static str>,
    /// When a reserved contract can be awarded again. Only after a reserved one.
    pub reservable_again: Option<ReservableAgain>,
}

/// From when the buyer can award the mutual another reserved contract for the same kind of services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservableAgain {
    /// The first day; none where it is not known.
    pub on: Option<Day>,
    /// Why, for people.
    pub reason: String,
}

const ACT: &str = "Procurement Act 2023 s.33";
const ACT_CODES: &str = "Procurement Act 2023 s.33(1)(a)";
const ACT_PRIOR: &str = "Procurement Act 2023 s.33(5)";
const ACT_THRESHOLD: &str = "Procurement Act 2023 Sch. 1";
const REG_77: &str = "Public Contracts Regulations 2015 reg. 77";
const REG_77_CODES: &str = "Public Contracts Regulations 2015 reg. 77(2)";
const REG_77_PRIOR: &str = "Public Contracts Regulations 2015 reg. 77(3)(d)";
const REG_77_HEALTH: &str = "Public Contracts Regulations 2015 reg. 77(6)";
const REG_118: &str = "Public Contracts Regulations 2015 reg. 118";
const PROCESS_C: &str = "Health Care Services (Provider Selection Regime) Regulations 2023 reg. 6(5)";
/// The next procurement starts at most so many years before the contract ends, as far as the register presumes.
const STARTS_AT_MOST_BEFORE: i32 = 1;
/// The last day that there is.
const NEVER: &str = "9999-12-31";

/// A route, why, and where the law says so.
type Found = (NextRoute, String, Option<&'static str>);

fn not_known(reason: impl Into<String>) -> Found {
    (NextRoute::Unknown, reason.into(), None)
}

/// The route that is likely open for the next contract, and from when it can be reserved.
pub fn next_route(facts: &NextFacts<'_>, law: &Law) -> Next {
    let regime = next_regime(facts);
    let (route, reason, citation) = route(facts, regime.as_ref(), law);
    let reservable_again = reservable_again(facts, regime.ok());
    Next { route, reason, citation, reservable_again }
}

fn route(facts: &NextFacts<'_>, regime: Result<&Regime, &String>, law: &Law) -> Found {
    if facts.buyer.nation.is_none() {
        return not_known(
            "The nation of the buyer is not on record, and it decides which law applies: give `nation` of the department.",
        );
    }
    if facts.contract.procedure == Procedure::InHouseExempt {
        return not_known(
            "The contract needed no procurement, because the buyer controls the supplier. Whether the next one does depends on whether that is still so.",
        );
    }
    match regime {
        Err(why) => not_known(why),
        Ok(Regime::Pa2023) => by_s33(facts, law),
        Ok(Regime::Pcr2015) => by_reg_77(facts, law),
        Ok(Regime::Psr2023) => by_psr(facts),
        Ok(Regime::Pcr2006) => (
            NextRoute::Open,
            "The next procurement is under the Public Contracts Regulations 2006. Contracts can be reserved to mutuals only in procurements that start on or after 26 February 2015.".to_owned(),
            Some(REG_118),
        ),
        Ok(Regime::PsrWales2025) => not_known(
            "The next procurement is under the Provider Selection Regime (Wales) Regulations 2025, which the register does not check.",
        ),
        Ok(Regime::NotCovered) => {
            not_known("The buyer is a Scottish authority, and the register does not cover the law of Scotland.")
        }
        Ok(Regime::Unknown) => not_known(
            "The law of the next procurement is not known: whether the services are relevant health care services is not on record (`health_services`), or the buyer's nation does not decide which law applies to them.",
        ),
    }
}

/// The law of the next procurement, or why it is not known.
fn next_regime(facts: &NextFacts<'_>) -> Result<Regime, String> {
    let last = facts.contract.timeline.last_day();
    let latest = last.map(|last| last.last_day()).or_else(|| NEVER.parse().ok()).unwrap_or(facts.as_at);
    let earliest = last.and_then(|last| last.first_day().minus_years(STARTS_AT_MOST_BEFORE)).unwrap_or(facts.as_at);
    let earliest = earliest.max(facts.as_at).min(latest);
    let on = |day: Day| RegimeFacts {
        procurement_started_on: Some(day),
        awarded_on: None,
        entered_on: None,
        health_services: facts.contract.health_services,
        procedure: Procedure::Unknown,
        buyer: facts.buyer,
    };
    match (on(earliest).regime(), on(latest).regime()) {
        (one, other) if one == other => Ok(one),
        (one, other) => Err(format!(
            "The law of the next procurement depends on the day on which it starts: on {earliest} it would be `{one}`, and on {latest} `{other}`."
        )),
    }
}

/// The Act: a reserved competition, if the services can be reserved and no comparable contract bars the mutual.
fn by_s33(facts: &NextFacts<'_>, law: &Law) -> Found {
    let contract = facts.contract;
    if facts.buyer.nation == Some(Nation::Wales) {
        return not_known(WELSH_LIST);
    }
    match which(&contract.cpv_codes, |code| law.schedule_1.is_reservable(code)) {
        (None, None) => return not_known(NO_CODES),
        (None, Some(other)) => {
            let why = format!(
                "No CPV code of the contract is reservable in Schedule 1 to the Procurement Regulations 2024: {other} is not."
            );
            return (NextRoute::Open, why, Some(ACT_CODES));
        }
        (Some(one), Some(other)) => {
            return not_known(format!(
                "{one} is reservable and {other} is not. Whether the next contract is for reservable services depends on what it is mainly for (s.9)."
            ));
        }
        (Some(_), None) => {}
    }
    let threshold = law.thresholds.as_at(Threshold::LightTouch, last_or_as_at(facts));
    let value = contract.value.filter(|value| value.currency() == Currency::GBP).map(|value| value.amount_minor());
    if let Some((value, least)) = value.zip(threshold).filter(|(value, least)| value < least) {
        let why = format!(
            "The contract is worth {}, less than the threshold for light touch contracts, {}. If the next one is too, s.33 does not regulate it. {BELOW}",
            pounds(value),
            pounds(least)
        );
        return (NextRoute::BelowThreshold, why, Some(ACT_THRESHOLD));
    }
    let tests = [
        (facts.supplier.mainly_reservable_services, "s.33(6)(a)", "it mainly delivers reservable light touch services"),
        (facts.supplier.profits_only_to_members_or_none, "s.33(6)(b)", "it distributes profits to its members only"),
        (facts.supplier.under_employee_management_and_control, "s.33(6)(c)", "its employees manage and control it"),
    ];
    if let Some((_, place, what)) = tests.iter().find(|(outcome, ..)| *outcome == TestOutcome::NotMet) {
        let why = format!("The mutual does not meet the test of {place}, that {what}: it is no public service mutual.");
        return (NextRoute::Open, why, Some("Procurement Act 2023 s.33(6)"));
    }
    let bar = Bar { procedure: Procedure::PaS33Reserved, counts: |prior| prior.entered_on, was: "entered into" };
    match bar.judge(facts) {
        Barred::Yes(why) => (NextRoute::Open, why, Some(ACT_PRIOR)),
        Barred::Unknown(why) => not_known(why),
        Barred::No(freed) => {
            let mut why = format!(
                "The services are reservable light touch services, and {freed}. So the buyer can reserve the next contract to public service mutuals."
            );
            let unknown = tests.iter().filter(|(outcome, ..)| *outcome == TestOutcome::Unknown);
            let unknown: Vec<&str> = unknown.map(|(_, place, _)| *place).collect();
            if !unknown.is_empty() {
                why.push_str(&format!(
                    " Whether the mutual meets the tests of {} is not on record.",
                    unknown.join(", ")
                ));
            }
            if value.is_none() {
                why.push_str(" Its value is not on record: s.33 does not apply below the threshold.");
            }
            (NextRoute::S33, why, Some(ACT))
        }
    }
}

/// The Regulations of 2015: a reserved competition, if it is for listed services alone and no earlier award bars the mutual.
fn by_reg_77(facts: &NextFacts<'_>, law: &Law) -> Found {
    let contract = facts.contract;
    let is_nhs = facts.buyer.kind == Some(DepartmentKind::NhsCommissioner);
    match contract.health_services {
        Some(true) if is_nhs => {
            let why = "Health care services of the NHS cannot be reserved under reg. 77.".to_owned();
            return (NextRoute::Open, why, Some(REG_77_HEALTH));
        }
        None if is_nhs => {
            return not_known(
                "Whether the services are health care services of the NHS, which cannot be reserved, is not on record (`health_services`).",
            );
        }
        _ => {}
    }
    match which(&contract.cpv_codes, |code| law.reg_77.covers(code)) {
        (None, None) => return not_known(NO_CODES),
        (_, Some(other)) => {
            let why = format!(
                "{other} is neither in the list of reg. 77(2) nor below an entry of it, and a reserved contract is exclusively for the listed services."
            );
            return (NextRoute::Open, why, Some(REG_77_CODES));
        }
        (Some(_), None) => {}
    }
    let bar = Bar { procedure: Procedure::PcrReg77Reserved, counts: |prior| prior.awarded_on, was: "awarded" };
    match bar.judge(facts) {
        Barred::Yes(why) => (NextRoute::Open, why, Some(REG_77_PRIOR)),
        Barred::Unknown(why) => not_known(why),
        Barred::No(freed) => {
            let why = format!(
                "The services are in the list of reg. 77(2), and {freed}. So the buyer can reserve the next contract to organisations such as public service mutuals, for at most three years."
            );
            (NextRoute::Reg77, why, Some(REG_77))
        }
    }
}

/// The Provider Selection Regime in England, which has no reserved contracts.
fn by_psr(facts: &NextFacts<'_>) -> Found {
    let again = |process: &str, rests_on: &str| {
        not_known(format!(
            "The contract was awarded by direct award process {process}. While {rests_on}, the next one is awarded by the same process, without a competition. Otherwise process C may be open."
        ))
    };
    match facts.contract.procedure {
        Procedure::PsrDirectA => again("A", "only the existing provider can provide the services (reg. 6(3))"),
        Procedure::PsrDirectB => again("B", "patients choose among providers whose number is not limited (reg. 6(4))"),
        _ => (
            NextRoute::PsrDirectC,
            "Relevant health care services in England: contracts cannot be reserved, but the authority can award the next one to the existing provider without a competition. The change must not be considerable (reg. 6(10)), and the authority must be satisfied with the provider.".to_owned(),
            Some(PROCESS_C),
        ),
    }
}

const NO_CODES: &str =
    "No CPV codes of the contract are on record, so it is not known whether its services can be reserved.";

/// The first code that is so, and the first that is not.
fn which(codes: &[CpvCode], is_so: impl Fn(&CpvCode) -> bool) -> (Option<&CpvCode>, Option<&CpvCode>) {
    (codes.iter().find(|code| is_so(code)), codes.iter().find(|code| !is_so(code)))
}

fn last_or_as_at(facts: &NextFacts<'_>) -> Option<Day> {
    Some(facts.contract.timeline.last_day().map_or(facts.as_at, |last| last.first_day()))
}

/// How earlier reserved contracts bar a mutual.
struct Bar {
    procedure: Procedure,
    /// What the three years begin with.
    counts: fn(&Prior) -> Option<PartialDate>,
    was: &'static str,
}

/// Whether a mutual is barred from the next reserved contract, and why.
enum Barred {
    Yes(String),
    No(String),
    Unknown(String),
}

impl Bar {
    fn judge(&self, facts: &NextFacts<'_>) -> Barred {
        let mut doubt = None;
        let mut freed = "no reserved contract of the mutual with the buyer bars it".to_owned();
        for prior in facts.priors {
            let began = (self.counts)(prior);
            // As at that day it was not there yet.
            if began.is_some_and(|began| began.first_day() > facts.as_at) {
                continue;
            }
            let kinship = kinship(&facts.contract.cpv_codes, &prior.cpv_codes);
            let is_sure = prior.procedure == self.procedure && kinship == Kinship::SameClass;
            let may_bar = [self.procedure, Procedure::Unknown].contains(&prior.procedure);
            if !may_bar || kinship == Kinship::Different {
                continue;
            }
            let was = if prior.procedure == Procedure::Unknown {
                format!("{} or begun", self.was)
            } else {
                self.was.to_owned()
            };
            let first = began.and_then(|began| barred_until(began.first_day()));
            let Some((first, last)) = first.zip(began.and_then(|began| barred_until(began.last_day()))) else {
                doubt = Some(format!(
                    "The mutual has a contract with the buyer by the procedure `{}`, and the day on which it was {} is not on record. For three years from then it may bar the mutual.",
                    prior.procedure, was
                ));
                continue;
            };
            let Some(ends) = self.free_by(facts, first, last) else {
                let what = if is_sure { "bars" } else { "may bar" };
                let shown = began.map(PartialDate::said).unwrap_or_default();
                let until = if first == last { first.to_string() } else { format!("{first} to {last}") };
                let end = facts.contract.timeline.last_day();
                let sentence = format!(
                    "A contract of the mutual with the buyer, {} {shown} by the procedure `{}`, {what} the mutual from another reserved contract until {until}",
                    was, prior.procedure
                );
                match end {
                    Some(end) if is_sure && first > end.last_day() => {
                        return Barred::Yes(format!(
                            "{sentence}. This contract ends {}, before that: the next one cannot be reserved for the mutual unless it is awarded later.",
                            end.said()
                        ));
                    }
                    Some(end) => doubt = Some(format!("{sentence}. This contract ends {}.", end.said())),
                    None => doubt = Some(format!("{sentence}. When this contract ends is not on record.")),
                }
                continue;
            };
            if is_sure {
                freed = format!(
                    "the reserved contract {} {} does not bar the mutual from {ends}",
                    self.was,
                    began.map(PartialDate::said).unwrap_or_default()
                );
            }
        }
        match doubt {
            Some(why) => Barred::Unknown(why),
            None if facts.has_more_priors => {
                Barred::Unknown("The mutual has more contracts with the buyer than were looked at.".to_owned())
            }
            None => Barred::No(freed),
        }
    }

    /// The day from which a prior no longer bars, if that is surely on or before the end of the contract: then the next one can be
    /// awarded without a gap.
    fn free_by(&self, facts: &NextFacts<'_>, first: Day, last: Day) -> Option<Day> {
        let by = facts.contract.timeline.last_day().map_or(facts.as_at, |end| end.first_day());
        let is_free = last <= by.max(facts.as_at);
        is_free.then_some(if first == last { first } else { last })
    }
}

/// From when a reserved contract can be followed by another, under the law of the next procurement.
fn reservable_again(facts: &NextFacts<'_>, next: Option<Regime>) -> Option<ReservableAgain> {
    let contract = facts.contract;
    let is_reserved =
        contract.timeline.protection.as_ref().map(|protection| protection.kind) == Some(ProtectionKind::Reserved);
    let told = |on: Option<Day>, reason: String| Some(ReservableAgain { on, reason });
    match (contract.procedure, next) {
        (Procedure::PaS33Reserved, _) => {
            let rule = "A contract by s.33 bars the mutual for three years from the day on which it was entered into (Procurement Act 2023 s.33(5))";
            let (on, reason) = three_years_from(contract.timeline.entered_on, "entered into", rule);
            told(on, reason)
        }
        (Procedure::PcrReg77Reserved, Some(Regime::Pcr2015)) => {
            let rule = "Another contract by reg. 77 can be awarded three years after the award of this one (Public Contracts Regulations 2015 reg. 77(3)(d))";
            let (on, reason) = three_years_from(contract.timeline.awarded_on, "awarded", rule);
            told(on, reason)
        }
        (Procedure::PcrReg77Reserved, Some(Regime::Pa2023)) => told(
            regime::act_begins(),
            "A contract by reg. 77 never bars one by s.33 of the Procurement Act 2023, which began on that day (s.33(7)).".to_owned(),
        ),
        (Procedure::PcrReg77Reserved, _) => told(
            None,
            "The law of the next procurement is not known, or knows no reserved contracts, so the day is not known.".to_owned(),
        ),
        (Procedure::Unknown | Procedure::Other, _) if is_reserved => told(
            None,
            "The contract is reserved, and by which law is not on record, so the day is not known (`procedure`).".to_owned(),
        ),
        _ => None,
    }
}

fn three_years_from(date: Option<PartialDate>, was: &str, rule: &str) -> (Option<Day>, String) {
    let Some(date) = date else {
        return (None, format!("{rule}. The day on which it was {was} is not on record."));
    };
    if let Some(again) = to_the_day(Some(date)).and_then(barred_until) {
        return (Some(again), format!("{rule}: it was {was} {}.", date.said()));
    }
    let span = barred_until(date.first_day()).zip(barred_until(date.last_day()));
    let span = span.map(|(first, last)| format!(": it is from {first} to {last}")).unwrap_or_default();
    (None, format!("{rule}. It was {was} in {date}, so the day is not known{span}."))
}
