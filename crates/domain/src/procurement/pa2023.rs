//! The Procurement Act 2023: reserved contracts (s.33), standstill (s.51) and notices (ss.50 to 53).

use crate::data_file::DataFile;
use crate::procurement::common::{
    Barring, Standstill, not_reserved, of_test, published_by, standstill, term, to_the_day,
};
use crate::procurement::facts::{AWARD, DETAILS, ProcurementFacts, STANDSTILL};
use crate::procurement::finding::{
    ComplianceRule as Rule, Finding, Found, RuleOutcome, fail, not_applicable, pass, unknown,
};
use crate::procurement::law::Law;
use crate::procurement::thresholds::{Threshold, pounds};
use crate::procurement::timing::{beginning_with, pa_standstill};
use crate::register::contract::{Procedure, ProtectionKind};
use crate::register::department::Nation;
use crate::value::money::Currency;

/// The list of light touch services in Wales.
pub(super) const WELSH_LIST: &str = "The buyer is in Wales. The list for Wales is Schedule 1 to the Procurement (Wales) Regulations 2024, which the register does not have.";
/// What a buyer may do below the threshold (PPN 005, February 2025).
pub(super) const BELOW: &str = "PPN 005 lets central government departments, their executive agencies and non-departmental public bodies reserve it for suppliers in one place and, among them, for small firms and for voluntary, community and social enterprises. Other buyers may apply it too.";
/// The most years of a reserved contract.
const MAX_YEARS: i32 = 5;

pub(super) fn judge(facts: &ProcurementFacts, law: &Law) -> Vec<Finding> {
    let contract = || facts.records.contract();
    let worth = threshold(facts, law);
    let is_regulated = worth.0 != RuleOutcome::NotApplicable;
    let is_reserved = facts.is_reserved_by(Procedure::PaS33Reserved);
    let if_reserved = |judge: &dyn Fn() -> Found| match (is_reserved, is_regulated) {
        (false, _) => not_reserved(),
        (true, false) => not_applicable("The contract is below the threshold, so s.33 does not apply."),
        (true, true) => judge(),
    };
    let if_regulated = |judge: &dyn Fn() -> Found| {
        if is_regulated {
            judge()
        } else {
            not_applicable("The contract is below the threshold, so the Act does not require this.")
        }
    };
    let mut comparable = Vec::new();
    let prior = if_reserved(&|| pass(""));
    let prior = if prior.0 == RuleOutcome::Pass {
        let (found, looked_at) = COMPARABLE.judge(facts);
        comparable = looked_at;
        found
    } else {
        prior
    };
    let tests = facts.supplier;
    let with_mutual = || facts.records.with_mutual();
    let by_schedule: &[DataFile] = &[DataFile::Schedule1];
    vec![
        Finding::new(Rule::PaS33Procedure, procedure(facts), contract(), &[]),
        Finding::new(Rule::PaS33Codes, if_reserved(&|| codes(facts, law)), contract(), by_schedule),
        Finding::new(Rule::PaS33Term, if_reserved(&|| term(facts, MAX_YEARS, RuleOutcome::Unknown)), contract(), &[]),
        Finding::new(Rule::PaS33Prior, prior, contract().into_iter().chain(comparable).collect(), &[]),
        Finding::new(
            Rule::PaS33Services,
            if_reserved(&|| {
                let what = "it operates to deliver public services, and mainly reservable light touch services";
                of_test(tests.mainly_reservable_services, what)
            }),
            with_mutual(),
            &[],
        ),
        Finding::new(
            Rule::PaS33Profits,
            if_reserved(&|| {
                let what = "it is not run for profit, or distributes profits only to its members";
                of_test(tests.profits_only_to_members_or_none, what)
            }),
            with_mutual(),
            &[],
        ),
        Finding::new(
            Rule::PaS33Control,
            if_reserved(&|| {
                let what = "it is under the management and control of its employees";
                of_test(tests.under_employee_management_and_control, what)
            }),
            with_mutual(),
            &[],
        ),
        Finding::new(Rule::PaThreshold, worth, contract(), &[DataFile::Schedule1, DataFile::Thresholds]),
        Finding::new(Rule::PaAwardNotice, if_regulated(&|| award_notice(facts)), facts.with_notice(AWARD), &[]),
        Finding::new(
            Rule::PaStandstill,
            if_regulated(&|| mandatory_standstill(facts, law)),
            facts.with_notice(STANDSTILL),
            &[DataFile::BankHolidays, DataFile::Schedule1],
        ),
        Finding::new(
            Rule::PaIndicators,
            if_regulated(&|| indicators(facts, law)),
            contract(),
            &[DataFile::Schedule1, DataFile::Thresholds],
        ),
        Finding::new(
            Rule::PaDetailsNotice,
            if_regulated(&|| details_notice(facts, law)),
            facts.with_notice(DETAILS),
            by_schedule,
        ),
        Finding::new(
            Rule::PaCopy,
            if_regulated(&|| copy(facts, law)),
            facts.records.with_department(),
            &[DataFile::Schedule1, DataFile::Thresholds],
        ),
    ]
}

/// Comparable contracts (s.33(5) and (7)): what counts is when they were entered into.
const COMPARABLE: Barring =
    Barring { procedure: Procedure::PaS33Reserved, counts: |prior| prior.entered_on, was: "entered into", law: "s.33" };

fn procedure(facts: &ProcurementFacts) -> Found {
    match facts.procedure {
        Procedure::PaS33Reserved => pass("The contract is reserved in a competitive flexible procedure."),
        Procedure::Unknown | Procedure::Other if facts.protection == Some(ProtectionKind::Reserved) => unknown(
            "The contract is reserved, and the register does not say by which procedure. Only a competitive one can be.",
        ),
        other if facts.protection == Some(ProtectionKind::Reserved) => fail(format!(
            "The contract is said to be reserved, and its procedure is `{other}`. Only a competitive award under s.19 can be reserved: `pa_s33_reserved`."
        )),
        _ => not_reserved(),
    }
}

/// Whether the services are light touch services; none where that is not known. Wales has a list of its own.
fn light_touch(facts: &ProcurementFacts, law: &Law) -> Option<bool> {
    let is_welsh = facts.buyer.nation == Some(Nation::Wales);
    law.schedule_1.are_light_touch(&facts.cpv_codes).filter(|_| !is_welsh)
}

fn codes(facts: &ProcurementFacts, law: &Law) -> Found {
    if facts.buyer.nation == Some(Nation::Wales) {
        return unknown(WELSH_LIST);
    }
    let codes = &facts.cpv_codes;
    let (yes, no): (Vec<_>, Vec<_>) = codes.iter().partition(|code| law.schedule_1.is_reservable(code));
    match (yes.first(), no.first()) {
        (None, None) => unknown("No CPV codes are on record."),
        (Some(_), None) => pass(
            "Every CPV code is reservable in Schedule 1 to the Procurement Regulations 2024, or below one that is.",
        ),
        (None, Some(other)) => fail(format!(
            "No CPV code is reservable in Schedule 1 to the Procurement Regulations 2024: {other} is not."
        )),
        (Some(one), Some(other)) => unknown(format!(
            "{one} is reservable and {other} is not. Whether the contract is for reservable services depends on what it is mainly for (s.9)."
        )),
    }
}

/// Whether the contract is worth enough for the Act to regulate it.
fn threshold(facts: &ProcurementFacts, law: &Law) -> Found {
    if facts.procedure == Procedure::BelowThreshold {
        return not_applicable(format!(
            "The contract is said to be below the threshold: s.33 does not regulate it. {BELOW}"
        ));
    }
    match light_touch(facts, law) {
        Some(true) => {}
        Some(false) => {
            return unknown(
                "The contract is not for light touch services. The register does not know the threshold for others.",
            );
        }
        None if facts.buyer.nation == Some(Nation::Wales) => return unknown(WELSH_LIST),
        None => {
            return unknown(
                "The CPV codes do not say whether the contract is for light touch services, so the threshold is not known.",
            );
        }
    }
    let Some(least) = law.thresholds.as_at(Threshold::LightTouch, facts.procurement_started_on) else {
        return unknown(
            "The threshold for light touch contracts on the day on which the procurement started is not known.",
        );
    };
    let limit = format!("The threshold for light touch contracts is {}", pounds(least));
    match facts.value {
        None => unknown(format!("{limit}. The value of the contract is not known.")),
        Some(value) if value.currency() != Currency::GBP => {
            unknown(format!("{limit}. The value is in another currency."))
        }
        Some(value) if value.amount_minor() < least => not_applicable(format!(
            "{limit}, and the contract is worth {}: s.33 does not regulate it. {BELOW}",
            pounds(value.amount_minor())
        )),
        Some(value) => pass(format!("{limit}, and the contract is worth {}.", pounds(value.amount_minor()))),
    }
}

fn award_notice(facts: &ProcurementFacts) -> Found {
    if facts.procedure == Procedure::PaUserChoiceDirect {
        return not_applicable("No contract award notice is due where the person served chose the supplier.");
    }
    let due = "The contract award notice is published before the contract is entered into";
    match (facts.award_notice_on, facts.entered_on) {
        (None, _) => unknown(format!("{due}. The day of the notice is not known.")),
        (Some(notice), None) => unknown(format!(
            "{due}. The notice was published on {notice}; the contract is not entered into as far as is known."
        )),
        (Some(notice), Some(entered)) if notice <= entered.first_day() => {
            pass(format!("{due}: on {notice}, and the contract was entered into {}.", entered.said()))
        }
        (Some(notice), Some(entered)) if notice > entered.last_day() => fail(format!(
            "{due}. The notice was published on {notice}, and the contract was entered into {}.",
            entered.said()
        )),
        (Some(notice), Some(entered)) => unknown(format!(
            "{due}: on {notice}. The day in {entered} on which the contract was entered into is not known."
        )),
    }
}

fn mandatory_standstill(facts: &ProcurementFacts, law: &Law) -> Found {
    let light = light_touch(facts, law);
    let is_exempt = light == Some(true) || facts.procedure == Procedure::PaUserChoiceDirect;
    let is_voluntary = is_exempt && facts.standstill_ended_on.is_some();
    match facts.procedure {
        Procedure::FrameworkCalloff => {
            return not_applicable(
                "A call-off from a framework needs no standstill (s.51(3)(d)). One that the award notice names binds (s.51(4)).",
            );
        }
        _ if is_exempt && !is_voluntary => {
            return not_applicable(
                "A light touch contract needs no standstill (s.51(3)(f)). One that the award notice names binds, and has at least eight working days (s.51(4) and (5)): give `standstill_ended_on` then.",
            );
        }
        _ if light.is_none() && !is_exempt => {
            return unknown(
                "The CPV codes do not say whether the contract is for light touch services, which need no standstill (s.51(3)(f)).",
            );
        }
        _ => {}
    }
    standstill(
        facts,
        &Standstill {
            last_day: facts.standstill_notice_on.and_then(|notice| pa_standstill(notice, &law.holidays)),
            begins: "the contract award notice was published",
            counted: "The standstill has eight working days, beginning with that day. A bank holiday in any part of the United Kingdom is no working day.",
            unless: "",
        },
    )
}

fn indicators(facts: &ProcurementFacts, law: &Law) -> Found {
    if light_touch(facts, law) == Some(true) {
        return not_applicable("A light touch contract needs no key performance indicators (s.52(6)(d)).");
    }
    match is_large(facts, law) {
        (Some(false), why) => not_applicable(format!("Key performance indicators are for larger contracts. {why}")),
        (_, why) => unknown(format!(
            "A larger contract has at least three key performance indicators. {why} The register does not record them."
        )),
    }
}

/// The period for light touch contracts, or for others; none where that is not known.
fn days(facts: &ProcurementFacts, law: &Law, light: u64, other: u64) -> Option<u64> {
    light_touch(facts, law).map(|is_light| if is_light { light } else { other })
}

fn details_notice(facts: &ProcurementFacts, law: &Law) -> Found {
    if facts.procedure == Procedure::PaUserChoiceDirect {
        return not_applicable(
            "No contract details notice is due where the person served chose the supplier (s.53(6)(b)).",
        );
    }
    let Some(days) = days(facts, law, 120, 30) else {
        return unknown(
            "The contract details notice is due within 30 days, or 120 for light touch services. The CPV codes do not say which.",
        );
    };
    let last = to_the_day(facts.entered_on).and_then(|entered| beginning_with(entered, days));
    let period = format!(
        "The contract details notice is due within {days} days, beginning with the day on which the contract is entered into"
    );
    published_by(
        facts.details_notice_on,
        last,
        "contract details notice",
        &period,
        "The day on which the contract was entered into",
    )
}

fn copy(facts: &ProcurementFacts, law: &Law) -> Found {
    match facts.buyer.nation {
        Some(Nation::Wales | Nation::NorthernIreland) => {
            return not_applicable(
                "Devolved authorities of Wales and Northern Ireland need not publish a copy of the contract.",
            );
        }
        _ if facts.procedure == Procedure::PaUserChoiceDirect => {
            return not_applicable("No copy is due where the person served chose the supplier (s.53(6)(b)).");
        }
        _ => {}
    }
    let why = match is_large(facts, law) {
        (Some(false), why) => return not_applicable(format!("A copy is due of larger contracts only. {why}")),
        (None, why) => return unknown(format!("A copy is due of larger contracts only. {why}")),
        (Some(true), why) => why,
    };
    let Some(days) = days(facts, law, 180, 90) else {
        return unknown(format!(
            "{why} A copy is due within 90 days, or 180 for light touch services. The CPV codes do not say which."
        ));
    };
    let last = to_the_day(facts.entered_on).and_then(|entered| beginning_with(entered, days));
    let period = format!(
        "{why} A copy of the contract is due within {days} days, beginning with the day on which the contract is entered into"
    );
    published_by(
        facts.copy_published_on,
        last,
        "copy of the contract",
        &period,
        "The day on which the contract was entered into",
    )
}

/// Whether the contract is worth more than that for which a copy and indicators are due, and why.
fn is_large(facts: &ProcurementFacts, law: &Law) -> (Option<bool>, String) {
    let Some(limit) = law.thresholds.as_at(Threshold::ContractCopy, facts.procurement_started_on) else {
        return (None, "The limit on the day on which the procurement started is not known.".to_owned());
    };
    match facts.value {
        None => (None, format!("The limit is {}; the value is not known.", pounds(limit))),
        Some(value) if value.currency() != Currency::GBP => {
            (None, format!("The limit is {}; the value is in another currency.", pounds(limit)))
        }
        Some(value) => {
            let is_large = value.amount_minor() > limit;
            let than = if is_large { "more" } else { "not more" };
            (Some(is_large), format!("It is worth {}, {than} than {}.", pounds(value.amount_minor()), pounds(limit)))
        }
    }
}
