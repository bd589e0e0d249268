//! The rules of the Procurement Act 2023.

use domain::procurement::ComplianceRule::{self as Rule, *};
use domain::procurement::{Prior, PriorsKnown, ProcurementFacts, RuleOutcome};
use domain::{Nation, Procedure, ProtectionKind, Regime, TestOutcome, Tests};

use RuleOutcome::{Fail, NotApplicable, Pass, Unknown};

use crate::{assert_outcome, checked, facts, finding, gbp, given, parsed};

/// A library service that is reserved and keeps every rule.
fn reserved() -> ProcurementFacts {
    ProcurementFacts {
        supplier: Tests {
            mainly_reservable_services: TestOutcome::Met,
            profits_only_to_members_or_none: TestOutcome::Met,
            under_employee_management_and_control: TestOutcome::Met,
            ..Tests::default()
        },
        cpv_codes: vec![parsed("92511000")],
        protection: Some(ProtectionKind::Reserved),
        procurement_started_on: given("2025-03-03"),
        awarded_on: given("2025-05-12"),
        award_notice_on: given("2025-05-13"),
        entered_on: given("2025-05-28"),
        details_notice_on: given("2025-09-24"),
        copy_published_on: given("2025-11-23"),
        starts_on: given("2025-06-01"),
        ends_on: given("2028-05-31"),
        latest_ends_on: given("2030-05-31"),
        value: gbp(18_600_000),
        ..facts(Procedure::PaS33Reserved)
    }
}

fn prior(entered_on: &str) -> Prior {
    Prior {
        contract_id: None,
        procedure: Procedure::PaS33Reserved,
        cpv_codes: vec![parsed("92512000")],
        awarded_on: None,
        entered_on: given(entered_on),
    }
}

fn with_prior(prior: Prior) -> ProcurementFacts {
    ProcurementFacts { priors: vec![prior], awarded_on: given("2028-05-27"), ..reserved() }
}

#[test]
fn a_contract_can_keep_every_rule() {
    let compliance = checked(&reserved());
    assert_eq!(compliance.regime, Regime::Pa2023);
    for finding in &compliance.findings {
        let exempt = [PaStandstill, PaIndicators].contains(&finding.rule);
        let expected = if exempt { NotApplicable } else { Pass };
        assert_eq!(finding.outcome, expected, "{}: {}", finding.rule, finding.detail);
    }
    assert_eq!(compliance.reservable_again_on, given("2028-05-28"));
}

#[test]
fn a_term_is_five_years_at_most_with_all_extensions() {
    let until = |ends: &str, latest: &str| ProcurementFacts {
        ends_on: given(ends),
        latest_ends_on: given(latest),
        ..reserved()
    };
    for (ends, latest, expected) in [
        ("2028-05-31", "2030-05-31", Pass),
        ("2028-05-31", "2030-06-01", Fail),
        ("2030-05-31", "", Unknown),
        ("2030-06-01", "", Fail),
        ("2030", "", Unknown),
        ("2031", "", Fail),
        ("", "", Unknown),
    ] {
        assert_outcome(&until(ends, latest), PaS33Term, expected);
    }
    for (ends, said) in [("2031", "the contract ends in 2031."), ("2030-06-01", "the contract ends on 2030-06-01.")] {
        let found = finding(&until(ends, ""), PaS33Term);
        assert!(found.detail.ends_with(said), "{}", found.detail);
    }
    let starts = |starts: &str| ProcurementFacts { starts_on: given(starts), ..reserved() };
    assert_outcome(&starts(""), PaS33Term, Unknown);
    assert_outcome(&starts("2025"), PaS33Term, Unknown);
    assert_outcome(&starts("2025-07"), PaS33Term, Pass);
    assert_outcome(&starts("2024"), PaS33Term, Fail);
}

#[test]
fn every_code_is_reservable() {
    let of =
        |codes: &[&str]| ProcurementFacts { cpv_codes: codes.iter().map(|code| parsed(code)).collect(), ..reserved() };
    for (codes, expected) in [
        (&["92511000", "92610000"][..], Pass),
        (&["92511000", "79995000"], Unknown),
        (&["79995000"], Fail),
        (&["92320000", "75231240"], Fail),
        (&[], Unknown),
    ] {
        assert_outcome(&of(codes), PaS33Codes, expected);
    }
}

#[test]
fn a_comparable_contract_bars_for_three_years() {
    for (entered, expected) in
        [("2025-05-28", Fail), ("2025-05-27", Pass), ("2025", Unknown), ("2024", Pass), ("", Unknown)]
    {
        assert_outcome(&with_prior(prior(entered)), PaS33Prior, expected);
    }
    let found = finding(&with_prior(prior("2025-05-28")), PaS33Prior);
    assert!(found.detail.contains("again from 2028-05-28."), "{}", found.detail);
    let leap = |entered: &str| ProcurementFacts { awarded_on: given("2028-02-29"), ..with_prior(prior(entered)) };
    assert_outcome(&leap("2025-03-01"), PaS33Prior, Fail);
    assert_outcome(&leap("2025-02-28"), PaS33Prior, Pass);
}

#[test]
fn only_reserved_contracts_of_the_same_kind_bar() {
    let entered = || prior("2027-01-01");
    for other in [Procedure::PcrReg77Reserved, Procedure::PsrDirectC, Procedure::PaOpen, Procedure::Other] {
        assert_outcome(&with_prior(Prior { procedure: other, ..entered() }), PaS33Prior, Pass);
    }
    assert_outcome(&with_prior(Prior { procedure: Procedure::Unknown, ..entered() }), PaS33Prior, Unknown);
    for (code, expected) in [("92511000", Fail), ("92610000", Unknown), ("85000000", Pass)] {
        assert_outcome(&with_prior(Prior { cpv_codes: vec![parsed(code)], ..entered() }), PaS33Prior, expected);
    }
    assert_outcome(&with_prior(Prior { cpv_codes: Vec::new(), ..entered() }), PaS33Prior, Unknown);
    for priors_known in [PriorsKnown::Some, PriorsKnown::None] {
        assert_outcome(&ProcurementFacts { priors_known, ..reserved() }, PaS33Prior, Unknown);
    }
    assert_outcome(&ProcurementFacts { awarded_on: None, ..with_prior(entered()) }, PaS33Prior, Unknown);
}

#[test]
fn the_three_tests_are_those_of_subsection_6() {
    for (outcome, expected) in [(TestOutcome::Met, Pass), (TestOutcome::NotMet, Fail), (TestOutcome::Unknown, Unknown)]
    {
        let tests = Tests {
            mainly_reservable_services: outcome,
            profits_only_to_members_or_none: outcome,
            under_employee_management_and_control: outcome,
            ..Tests::default()
        };
        for rule in [PaS33Services, PaS33Profits, PaS33Control] {
            assert_outcome(&ProcurementFacts { supplier: tests, ..reserved() }, rule, expected);
        }
    }
    let citations =
        [PaS33Services, PaS33Prior, PaThreshold, PcrReg77Participation, PsrDirectAwardC].map(Rule::citation);
    assert_eq!(
        citations,
        [
            "Procurement Act 2023 s.33(6)(a)",
            "Procurement Act 2023 s.33(5)",
            "Procurement Act 2023 Sch. 1",
            "Public Contracts Regulations 2015 reg. 77(3)(c)",
            "Health Care Services (Provider Selection Regime) Regulations 2023 reg. 6(5)",
        ]
    );
}

#[test]
fn below_the_threshold_the_act_does_not_reserve() {
    let worth = |value| ProcurementFacts { value, ..reserved() };
    let just_below = worth(domain::Money::new(66_353_999, domain::Currency::GBP).ok());
    for rule in [PaThreshold, PaS33Codes, PaS33Prior, PaDetailsNotice, PaCopy] {
        assert_outcome(&just_below, rule, NotApplicable);
    }
    assert_outcome(&worth(gbp(663_540)), PaThreshold, Pass);
    assert_outcome(&worth(None), PaThreshold, Unknown);
    assert_outcome(&worth(None), PaS33Codes, Pass);
    let euros = domain::Money::new(1, parsed("EUR")).ok();
    assert_outcome(&worth(euros), PaThreshold, Unknown);
}

#[test]
fn only_a_competitive_procedure_is_reserved() {
    assert_outcome(&reserved(), PaS33Procedure, Pass);
    assert_outcome(&ProcurementFacts { procedure: Procedure::PaDirectAward, ..reserved() }, PaS33Procedure, Fail);
    assert_outcome(&ProcurementFacts { procedure: Procedure::Unknown, ..reserved() }, PaS33Procedure, Unknown);
    let open = ProcurementFacts { procedure: Procedure::PaOpen, protection: None, ..reserved() };
    for rule in [PaS33Procedure, PaS33Codes, PaS33Term, PaS33Prior, PaS33Control] {
        assert_outcome(&open, rule, NotApplicable);
    }
}

#[test]
fn a_contract_is_entered_into_after_the_standstill() {
    let works = |entered: &str| ProcurementFacts {
        cpv_codes: vec![parsed("45000000")],
        standstill_notice_on: given("2025-05-13"),
        entered_on: given(entered),
        procedure: Procedure::PaOpen,
        ..reserved()
    };
    for (entered, expected) in [
        ("2025-05-22", Fail),
        ("2025-05-23", Pass),
        ("2025-05", Unknown),
        ("2025-04", Fail),
        ("2025-06", Pass),
        ("", Unknown),
    ] {
        assert_outcome(&works(entered), PaStandstill, expected);
    }
    let found = finding(&works(""), PaStandstill);
    assert!(found.detail.contains("entered into from 2025-05-23."), "{}", found.detail);
    let until = |ended: &str| ProcurementFacts { standstill_ended_on: given(ended), ..works("2025-05-28") };
    assert_outcome(&until("2025-05-21"), PaStandstill, Fail);
    assert_outcome(&until("2025-05-27"), PaStandstill, Pass);
    assert_outcome(&until("2025-05-28"), PaStandstill, Fail);
    assert_outcome(&ProcurementFacts { standstill_notice_on: None, ..works("2025-05-28") }, PaStandstill, Unknown);
}

#[test]
fn a_light_touch_contract_has_a_standstill_only_if_one_is_named() {
    assert_outcome(&reserved(), PaStandstill, NotApplicable);
    let named = ProcurementFacts {
        standstill_notice_on: given("2025-05-13"),
        standstill_ended_on: given("2025-05-22"),
        ..reserved()
    };
    assert_outcome(&named, PaStandstill, Pass);
    assert_outcome(&ProcurementFacts { standstill_ended_on: given("2025-05-21"), ..named.clone() }, PaStandstill, Fail);
    assert_outcome(
        &ProcurementFacts { cpv_codes: Vec::new(), standstill_ended_on: None, ..named },
        PaStandstill,
        Unknown,
    );
}

#[test]
fn notices_have_a_last_day() {
    let details = |on: &str| ProcurementFacts { details_notice_on: given(on), ..reserved() };
    assert_outcome(&details("2025-09-24"), PaDetailsNotice, Pass);
    assert_outcome(&details("2025-09-25"), PaDetailsNotice, Fail);
    assert_outcome(&details(""), PaDetailsNotice, Unknown);
    let found = finding(&details(""), PaDetailsNotice);
    assert!(found.detail.contains("the last day is 2025-09-24"), "{}", found.detail);
    let works = ProcurementFacts { cpv_codes: vec![parsed("45000000")], ..details("") };
    assert!(finding(&works, PaDetailsNotice).detail.contains("the last day is 2025-06-26"));
    assert!(finding(&ProcurementFacts { copy_published_on: None, ..works }, PaCopy).detail.contains("2025-08-25"));

    let copied = |on: &str| ProcurementFacts { copy_published_on: given(on), ..reserved() };
    assert_outcome(&copied("2025-11-23"), PaCopy, Pass);
    assert_outcome(&copied("2025-11-24"), PaCopy, Fail);
    assert_outcome(&ProcurementFacts { value: gbp(5_000_000), ..reserved() }, PaCopy, NotApplicable);
    assert_outcome(&ProcurementFacts { value: None, ..reserved() }, PaCopy, Unknown);
    let mut welsh = reserved();
    welsh.buyer.nation = Some(Nation::Wales);
    assert_outcome(&welsh, PaCopy, NotApplicable);
    // Wales has a list of its own.
    for rule in [PaS33Codes, PaThreshold] {
        assert_outcome(&welsh, rule, Unknown);
    }

    let noticed = |on: &str| ProcurementFacts { award_notice_on: given(on), ..reserved() };
    assert_outcome(&noticed("2025-05-28"), PaAwardNotice, Pass);
    assert_outcome(&noticed("2025-05-29"), PaAwardNotice, Fail);
    let chosen = ProcurementFacts { procedure: Procedure::PaUserChoiceDirect, protection: None, ..reserved() };
    for rule in [PaAwardNotice, PaDetailsNotice, PaCopy, PaStandstill] {
        assert_outcome(&chosen, rule, NotApplicable);
    }
}

#[test]
fn who_is_free_again_is_not_barred_on_that_day() {
    for (entered, free) in [("2024-02-29", "2027-03-01"), ("2025-02-28", "2028-02-28"), ("2025-05-28", "2028-05-28")] {
        let day = domain::procurement::barred_until(parsed(entered)).unwrap();
        assert_eq!(day.to_string(), free);
        assert!(domain::procurement::window_of(day).unwrap() > parsed(entered));
    }
}
