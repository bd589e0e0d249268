//! The rules of the Public Contracts Regulations 2015.

use domain::procurement::ComplianceRule::*;
use domain::procurement::{Buyer, Prior, ProcurementFacts, RuleOutcome};
use domain::{DepartmentKind, Nation, Procedure, Regime, TestOutcome, Tests};

use RuleOutcome::{Fail, NotApplicable, Pass, Unknown};

use crate::{assert_outcome, checked, facts, finding, given, parsed};

/// Devon's youth service, as it is known.
fn devon() -> ProcurementFacts {
    ProcurementFacts {
        health_services: None,
        cpv_codes: vec![parsed("98133110")],
        starts_on: given("2017-02-01"),
        ends_on: given("2020-01-31"),
        ..facts(Procedure::PcrReg77Reserved)
    }
}

#[test]
fn a_reserved_contract_runs_for_three_years_at_most() {
    let extended = |latest: &str| ProcurementFacts { latest_ends_on: given(latest), ..devon() };
    assert_eq!(checked(&devon()).regime, Regime::Pcr2015);
    assert_outcome(&devon(), PcrReg77Term, Pass);
    assert_outcome(&extended("2020-01-31"), PcrReg77Term, Pass);
    assert_outcome(&extended("2020-03-31"), PcrReg77Term, Fail);
    assert_outcome(&ProcurementFacts { ends_on: None, ..devon() }, PcrReg77Term, Unknown);
    assert_eq!(checked(&devon()).reservable_again_on, given("2025-02-24"), "it never bars a contract by s.33");
}

#[test]
fn what_is_not_known_is_unknown() {
    for rule in
        [PcrReg77Mission, PcrReg77Profits, PcrReg77Participation, PcrReg77Health, PcrLightTouchNotice, PcrStandstill]
    {
        if rule == PcrReg77Health {
            assert_outcome(&devon(), rule, Pass);
            continue;
        }
        assert_outcome(&devon(), rule, Unknown);
    }
}

#[test]
fn a_reserved_contract_is_exclusively_for_listed_services() {
    let of =
        |codes: &[&str]| ProcurementFacts { cpv_codes: codes.iter().map(|code| parsed(code)).collect(), ..devon() };
    assert_outcome(&of(&["98133110", "92511000"]), PcrReg77Codes, Pass);
    assert_outcome(&of(&["98133110", "79995000"]), PcrReg77Codes, Fail);
    assert_outcome(&of(&[]), PcrReg77Codes, Unknown);
}

#[test]
fn the_supplier_has_a_mission_and_lets_staff_or_users_take_part() {
    let with = |tests: Tests| ProcurementFacts { supplier: tests, ..devon() };
    let met = TestOutcome::Met;
    assert_outcome(&with(Tests { delivers_public_services: met, ..Tests::default() }), PcrReg77Mission, Pass);
    assert_outcome(&with(Tests { profits_only_to_members_or_none: met, ..Tests::default() }), PcrReg77Profits, Pass);
    assert_outcome(&with(Tests { staff_influence_or_control: met, ..Tests::default() }), PcrReg77Participation, Pass);
    let without = Tests {
        profits_only_to_members_or_none: TestOutcome::NotMet,
        under_employee_management_and_control: TestOutcome::NotMet,
        ..Tests::default()
    };
    assert_outcome(&with(without), PcrReg77Profits, Unknown);
    assert_outcome(&with(without), PcrReg77Participation, Unknown);
}

#[test]
fn an_earlier_award_by_the_same_authority_bars_for_three_years() {
    let after = |awarded: &str, procedure| ProcurementFacts {
        awarded_on: given("2020-01-10"),
        priors: vec![Prior {
            contract_id: None,
            procedure,
            cpv_codes: vec![parsed("98133000")],
            awarded_on: given(awarded),
            entered_on: None,
        }],
        ..devon()
    };
    assert_outcome(&after("2017-01-11", Procedure::PcrReg77Reserved), PcrReg77Prior, Fail);
    assert_outcome(&after("2017-01-10", Procedure::PcrReg77Reserved), PcrReg77Prior, Pass);
    assert_outcome(&after("2019", Procedure::PcrOpen), PcrReg77Prior, Pass);
    assert_outcome(&after("2019", Procedure::Unknown), PcrReg77Prior, Unknown);
}

#[test]
fn health_care_of_the_nhs_cannot_be_reserved() {
    let bought = |kind, health_services| ProcurementFacts {
        buyer: Buyer { kind: Some(kind), nation: Some(Nation::England) },
        health_services,
        ..devon()
    };
    assert_outcome(&bought(DepartmentKind::NhsCommissioner, Some(true)), PcrReg77Health, Fail);
    assert_outcome(&bought(DepartmentKind::NhsCommissioner, None), PcrReg77Health, Unknown);
    assert_outcome(&bought(DepartmentKind::NhsCommissioner, Some(false)), PcrReg77Health, Pass);
    assert_outcome(&bought(DepartmentKind::LocalAuthority, Some(true)), PcrReg77Health, Pass);
}

#[test]
fn a_contract_that_is_not_reserved_is_held_to_the_other_rules() {
    let open = ProcurementFacts { awarded_on: given("2019-12-13"), ..facts(Procedure::PcrOpen) };
    for rule in [PcrReg77Codes, PcrReg77Prior, PcrReg77Term, PcrReg77Health] {
        assert_outcome(&open, rule, NotApplicable);
    }
    let noticed = |on: &str| ProcurementFacts { award_notice_on: given(on), ..open.clone() };
    assert_outcome(&noticed("2020-01-12"), PcrAwardNotice, Pass);
    assert_outcome(&noticed("2020-01-13"), PcrAwardNotice, Fail);
    let light = |on: &str| ProcurementFacts { procedure: Procedure::PcrLightTouch, ..noticed(on) };
    assert_outcome(&light("2020-01-30"), PcrLightTouchNotice, Pass);
    assert_outcome(&light("2020-01-31"), PcrLightTouchNotice, Fail);

    let sent = |entered: &str| ProcurementFacts {
        standstill_notice_on: given("2019-12-16"),
        entered_on: given(entered),
        ..open.clone()
    };
    assert_outcome(&sent("2019-12-27"), PcrStandstill, Fail);
    assert_outcome(&sent("2019-12-28"), PcrStandstill, Pass);
    assert!(finding(&sent(""), PcrStandstill).detail.contains("any part of the United Kingdom"));
    assert_outcome(&ProcurementFacts { tenders_received: Some(1), ..sent("2019-12-20") }, PcrStandstill, NotApplicable);
    assert_outcome(
        &ProcurementFacts {
            procedure: Procedure::FrameworkCalloff,
            procurement_started_on: given("2019-10-01"),
            ..sent("")
        },
        PcrStandstill,
        NotApplicable,
    );
}
