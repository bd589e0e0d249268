//! The rules of the Provider Selection Regime 2023.

use domain::procurement::ComplianceRule::*;
use domain::procurement::{ProcurementFacts, Replaced, RuleOutcome};
use domain::{Procedure, Regime};

use RuleOutcome::{Fail, NotApplicable, Pass, Unknown};

use crate::{assert_outcome, checked, facts, finding, gbp, given, parsed};

fn health(procedure: Procedure) -> ProcurementFacts {
    ProcurementFacts { health_services: Some(true), cpv_codes: vec![parsed("85141000")], ..facts(procedure) }
}

fn renewed() -> ProcurementFacts {
    ProcurementFacts {
        starts_on: given("2025-04-01"),
        value: gbp(2_000_000),
        replaces: Some(Replaced {
            contract_id: None,
            by_same_supplier: true,
            cpv_codes: vec![parsed("85140000")],
            last_day: given("2025-03-31"),
            value: gbp(1_600_000),
        }),
        ..health(Procedure::PsrDirectC)
    }
}

fn with(change: impl Fn(&mut Replaced)) -> ProcurementFacts {
    let mut facts = renewed();
    change(facts.replaces.as_mut().unwrap());
    facts
}

#[test]
fn process_c_is_for_the_existing_provider_without_a_considerable_change() {
    assert_eq!(checked(&renewed()).regime, Regime::Psr2023);
    assert_outcome(&renewed(), PsrDirectAwardC, Pass);
    assert_outcome(&with(|existing| existing.by_same_supplier = false), PsrDirectAwardC, Fail);
    assert_outcome(&with(|existing| existing.last_day = given("2025-04-02")), PsrDirectAwardC, Fail);
    assert_outcome(&with(|existing| existing.cpv_codes = vec![parsed("92511000")]), PsrDirectAwardC, Unknown);
    assert_outcome(&with(|existing| existing.value = None), PsrDirectAwardC, Unknown);
    assert_outcome(&ProcurementFacts { replaces: None, ..renewed() }, PsrDirectAwardC, Unknown);
    assert_outcome(&health(Procedure::PsrCompetitive), PsrDirectAwardC, NotApplicable);
}

/// Both must be reached: half a million pounds, and a quarter.
#[test]
fn a_change_is_considerable_by_its_amount_and_its_share() {
    for (old, new, expected) in [
        (2_000_000, 2_500_000, Fail),
        (2_000_000, 2_499_999, Pass),
        (2_000_004, 2_500_004, Pass),
        (1_000_000, 1_400_000, Pass),
        (1_000_000, 900_000, Pass),
    ] {
        let facts = ProcurementFacts { value: gbp(new), ..with(|existing| existing.value = gbp(old)) };
        assert_outcome(&facts, PsrDirectAwardC, expected);
    }
}

#[test]
fn the_intention_to_follow_the_process_comes_fourteen_days_before_the_choice() {
    let chosen = |on: &str| ProcurementFacts {
        procurement_started_on: given("2025-01-06"),
        awarded_on: given(on),
        ..health(Procedure::PsrMostSuitable)
    };
    for (on, expected) in
        [("2025-01-19", Fail), ("2025-01-20", Pass), ("2025-01", Unknown), ("2025-02", Pass), ("", Unknown)]
    {
        assert_outcome(&chosen(on), PsrMostSuitable, expected);
    }
    assert_outcome(&ProcurementFacts { procurement_started_on: None, ..chosen("2025-02") }, PsrMostSuitable, Unknown);
    let noticed = ProcurementFacts { process_notice_on: given("2025-01-07"), ..chosen("2025-01-20") };
    assert_outcome(&noticed, PsrMostSuitable, Fail);
}

#[test]
fn the_contract_is_entered_into_after_the_standstill() {
    let entered = |on: &str| ProcurementFacts {
        standstill_notice_on: given("2024-03-22"),
        entered_on: given(on),
        ..health(Procedure::PsrDirectC)
    };
    assert_outcome(&entered("2024-04-05"), PsrStandstill, Fail);
    assert_outcome(&entered("2024-04-06"), PsrStandstill, Pass);
    assert!(finding(&entered("2024-04-06"), PsrStandstill).detail.contains("representations"));
    let longer = ProcurementFacts { standstill_ended_on: given("2024-05-01"), ..entered("2024-04-06") };
    assert_outcome(&longer, PsrStandstill, Fail);
    for none in [Procedure::PsrDirectA, Procedure::PsrDirectB] {
        assert_outcome(&health(none), PsrStandstill, NotApplicable);
    }
}

#[test]
fn the_notice_of_the_award_is_due_within_thirty_days() {
    let noticed = |awarded: &str, entered: &str, notice: &str| ProcurementFacts {
        awarded_on: given(awarded),
        entered_on: given(entered),
        award_notice_on: given(notice),
        ..health(Procedure::PsrDirectA)
    };
    for (awarded, entered, notice, expected) in [
        ("", "2024-06-01", "2024-07-01", Pass),
        ("", "2024-06-01", "2024-07-02", Fail),
        ("2024-05-01", "2024-06-01", "2024-06-20", Pass),
        ("2024-05-01", "", "2024-05-31", Pass),
        ("2024-05-01", "", "2024-06-20", Unknown),
        ("", "2024-06-01", "", Unknown),
    ] {
        assert_outcome(&noticed(awarded, entered, notice), PsrAwardNotice, expected);
    }
}

#[test]
fn a_framework_agreement_has_four_years() {
    let until = |framework, latest: &str| ProcurementFacts {
        framework,
        starts_on: given("2024-04-01"),
        latest_ends_on: given(latest),
        ..health(Procedure::PsrCompetitive)
    };
    assert_outcome(&until(Some(true), "2028-03-31"), PsrFramework, Pass);
    assert_outcome(&until(Some(true), "2028-04-01"), PsrFramework, Unknown);
    assert_outcome(&until(Some(false), "2028-04-01"), PsrFramework, NotApplicable);
    assert_outcome(&until(None, "2028-04-01"), PsrFramework, Unknown);
}
