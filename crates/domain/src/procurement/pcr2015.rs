//! The Public Contracts Regulations 2015: reserved contracts (reg. 77), standstill (reg. 87) and award notices (regs. 50
//! and 75).

use chrono::{Datelike as _, NaiveDate};

use crate::data_file::DataFile;
use crate::procurement::common::{Barring, Standstill, not_reserved, published_by, standstill, term, to_the_day};
use crate::procurement::facts::{AWARD, ProcurementFacts};
use crate::procurement::finding::{
    ComplianceRule as Rule, Finding, Found, RuleOutcome, fail, not_applicable, pass, unknown,
};
use crate::procurement::law::Law;
use crate::procurement::timing::pcr_standstill;
use crate::register::contract::Procedure;
use crate::register::department::DepartmentKind;
use crate::value::date::Day;
use crate::value::outcome::TestOutcome;

/// The most years of a reserved contract.
const MAX_YEARS: i32 = 3;

pub(super) fn judge(facts: &ProcurementFacts, law: &Law) -> Vec<Finding> {
    let is_reserved = facts.is_reserved_by(Procedure::PcrReg77Reserved);
    let contract = || facts.records.contract();
    let with_mutual = || facts.records.with_mutual();
    let if_reserved = |judge: &dyn Fn() -> Found| if is_reserved { judge() } else { not_reserved() };
    let (prior, named) = if is_reserved { EARLIER.judge(facts) } else { (not_reserved(), Vec::new()) };
    let by_calendar: &[DataFile] = &[DataFile::BankHolidays];
    let mut findings = vec![
        Finding::new(Rule::PcrReg77Codes, if_reserved(&|| codes(facts, law)), contract(), &[DataFile::Reg77List]),
        Finding::new(Rule::PcrReg77Mission, if_reserved(&|| mission(facts)), with_mutual(), &[]),
        Finding::new(Rule::PcrReg77Profits, if_reserved(&|| profits(facts)), with_mutual(), &[]),
        Finding::new(Rule::PcrReg77Participation, if_reserved(&|| participation(facts)), with_mutual(), &[]),
        Finding::new(Rule::PcrReg77Prior, prior, contract().into_iter().chain(named).collect(), &[]),
        Finding::new(Rule::PcrReg77Term, if_reserved(&|| term(facts, MAX_YEARS, RuleOutcome::Pass)), contract(), &[]),
        Finding::new(Rule::PcrReg77Health, if_reserved(&|| health(facts)), facts.records.with_department(), &[]),
    ];
    let is_light = matches!(facts.procedure, Procedure::PcrLightTouch | Procedure::PcrReg77Reserved);
    findings.push(if is_light {
        Finding::new(Rule::PcrLightTouchNotice, light_touch_notice(facts), facts.with_notice(AWARD), &[])
    } else {
        Finding::new(Rule::PcrAwardNotice, award_notice(facts), facts.with_notice(AWARD), &[])
    });
    findings.push(Finding::new(Rule::PcrStandstill, letters(facts, law), contract(), by_calendar));
    findings
}

/// Earlier contracts by reg. 77: what counts is the award. Of what day "the past three years" are is not said: the register
/// takes the day of this award.
const EARLIER: Barring = Barring {
    procedure: Procedure::PcrReg77Reserved,
    counts: |prior| prior.awarded_on,
    was: "awarded",
    law: "reg. 77",
};

fn codes(facts: &ProcurementFacts, law: &Law) -> Found {
    let other = facts.cpv_codes.iter().find(|code| !law.reg_77.covers(code));
    match other {
        _ if facts.cpv_codes.is_empty() => unknown("No CPV codes are on record."),
        None => pass("Every CPV code is in the list of reg. 77(2), or below an entry of it."),
        Some(other) => fail(format!(
            "{other} is neither in the list of reg. 77(2) nor below an entry of it, and a reserved contract is exclusively for the listed services."
        )),
    }
}

fn mission(facts: &ProcurementFacts) -> Found {
    match facts.supplier.delivers_public_services {
        TestOutcome::Met => pass("The supplier delivers public services."),
        TestOutcome::NotMet => fail("The supplier does not deliver public services."),
        TestOutcome::Unknown => {
            unknown("It is not known whether the supplier has a public service mission that is linked to the services.")
        }
    }
}

fn profits(facts: &ProcurementFacts) -> Found {
    match facts.supplier.profits_only_to_members_or_none {
        TestOutcome::Met => pass("The supplier distributes profits to its members only, or to nobody."),
        TestOutcome::NotMet => unknown(
            "Others than members share the profits. It is not known whether profits are reinvested, and shared on participatory considerations.",
        ),
        TestOutcome::Unknown => {
            unknown("It is not known whether profits are reinvested, and shared on participatory considerations.")
        }
    }
}

fn participation(facts: &ProcurementFacts) -> Found {
    let tests = facts.supplier;
    let met = [tests.under_employee_management_and_control, tests.staff_influence_or_control];
    if met.contains(&TestOutcome::Met) {
        return pass("Staff control the supplier or have a significant degree of influence on it.");
    }
    unknown(
        "It is not known whether staff control the supplier. If they do not, the active participation of users or stakeholders is enough, or a structure that is in place when the contract is performed.",
    )
}

fn health(facts: &ProcurementFacts) -> Found {
    let is_nhs = facts.buyer.kind.map(|kind| kind == DepartmentKind::NhsCommissioner);
    match (facts.health_services, is_nhs) {
        (Some(false), _) => pass("The contract is not for health care services."),
        (_, Some(false)) => pass("The buyer is not an NHS commissioner."),
        (Some(true), Some(true)) => {
            fail("The contract is for health care services of the NHS, which cannot be reserved.")
        }
        (None, _) => unknown("The register does not say whether the contract is for health care services."),
        (Some(true), None) => unknown("The register does not say whether the buyer is an NHS commissioner."),
    }
}

fn award_notice(facts: &ProcurementFacts) -> Found {
    let last = to_the_day(facts.awarded_on).and_then(|awarded| awarded.plus_days(30));
    let period = "The contract award notice is sent for publication within 30 days after the award";
    published_by(facts.award_notice_on, last, "contract award notice", period, "The day of the award")
}

/// Light touch notices may be grouped by quarter.
fn light_touch_notice(facts: &ProcurementFacts) -> Found {
    let last = to_the_day(facts.awarded_on).and_then(end_of_quarter).and_then(|end| end.plus_days(30));
    let period = "The award notices of light touch contracts may be grouped by quarter, and are sent for publication within 30 days after its end";
    published_by(facts.award_notice_on, last, "contract award notice", period, "The day of the award")
}

fn end_of_quarter(day: Day) -> Option<Day> {
    let date = day.date();
    let (year, month) = match date.month() {
        1..=3 => (date.year(), 4),
        4..=6 => (date.year(), 7),
        7..=9 => (date.year(), 10),
        _ => (date.year().checked_add(1)?, 1),
    };
    Day::from_date(NaiveDate::from_ymd_opt(year, month, 1)?).ok()?.minus_days(1)
}

fn letters(facts: &ProcurementFacts, law: &Law) -> Found {
    if facts.procedure == Procedure::FrameworkCalloff {
        return not_applicable(
            "A call-off from a framework needs no letters to tenderers, and no standstill (reg. 86(5)).",
        );
    }
    if facts.tenders_received == Some(1) {
        return not_applicable(
            "There was one tender only, so that no letters to tenderers and no standstill were needed (reg. 86(5)).",
        );
    }
    standstill(
        facts,
        &Standstill {
            last_day: facts.standstill_notice_on.and_then(|letters| pcr_standstill(letters, &law.holidays)),
            begins: "the last letter to tenderers was sent electronically",
            counted: "The standstill ends with the tenth day after that, or the next working day. The Regulations do not say whose bank holidays count: those of any part of the United Kingdom are taken.",
            unless: "",
        },
    )
}
