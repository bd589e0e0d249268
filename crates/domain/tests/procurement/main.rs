//! Procurement law: which law applies, last days by the calendar, codes, and each rule with what it looks at.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a case fails loudly")]

mod calendar;
mod codes;
mod files;
mod next_route;
mod pa2023;
mod pcr2015;
mod psr2023;
mod regime;

use std::str::FromStr;

use domain::procurement::{Buyer, Compliance, ComplianceRule, Finding, Law, ProcurementFacts, RuleOutcome, check};
use domain::{Currency, DataFile, DepartmentKind, Money, Nation, Procedure};

/// The data files that come with the program.
fn text(file: DataFile) -> &'static str {
    match file {
        DataFile::BankHolidays => include_str!("../../../../data/bank_holidays_uk.csv"),
        DataFile::Schedule1 => include_str!("../../../../data/pr2024_schedule1.csv"),
        DataFile::Reg77List => include_str!("../../../../data/reg77_cpv.txt"),
        DataFile::Thresholds => include_str!("../../../../data/thresholds.csv"),
        DataFile::PublishedFigures => include_str!("../../../../data/published_figures.csv"),
    }
}

fn law() -> Law {
    Law::read(text).unwrap()
}

fn parsed<T: FromStr>(raw: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    raw.parse().unwrap()
}

/// What is parsed of a text; nothing of an empty one.
fn given<T: FromStr>(raw: &str) -> Option<T>
where
    T::Err: std::fmt::Debug,
{
    (!raw.is_empty()).then(|| parsed(raw))
}

/// A contract by a procedure, of which nothing else is known but that it is not for health care and bought in England.
fn facts(procedure: Procedure) -> ProcurementFacts {
    ProcurementFacts {
        buyer: Buyer { kind: Some(DepartmentKind::LocalAuthority), nation: Some(Nation::England) },
        health_services: Some(false),
        procedure,
        ..ProcurementFacts::default()
    }
}

fn gbp(pounds: i64) -> Option<Money> {
    Some(Money::new(pounds * 100, Currency::GBP).unwrap())
}

fn checked(facts: &ProcurementFacts) -> Compliance {
    check(facts, &law())
}

fn finding(facts: &ProcurementFacts, rule: ComplianceRule) -> Finding {
    let compliance = checked(facts);
    let found = compliance.findings.iter().find(|finding| finding.rule == rule);
    found.unwrap_or_else(|| panic!("{rule} is not among the rules of {}", compliance.regime)).clone()
}

#[track_caller]
fn assert_outcome(facts: &ProcurementFacts, rule: ComplianceRule, expected: RuleOutcome) {
    let found = finding(facts, rule);
    assert_eq!(found.outcome, expected, "{rule}: {}", found.detail);
    assert!(found.detail.ends_with('.') && found.detail.len() <= 2_000, "{rule}: {}", found.detail);
}
