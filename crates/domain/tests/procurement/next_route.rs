//! The route that is likely open after a contract, and from when a reserved one can be awarded again.

use domain::procurement::{Buyer, Next, NextFacts, Prior, next_route};
use domain::{
    Checked, Contract, ContractStatus, DepartmentKind, Distinct, Id, Nation, NextRoute, Procedure, Protection,
    ProtectionKind, TestOutcome, Tests, Timeline,
};
use proptest::prelude::*;

use crate::{gbp, given, law, parsed};

const LIBRARIES: &str = "92511000-6";
const PROBATION: &str = "75231240-8";
const NURSING: &str = "85141000-9";

fn contract(procedure: Procedure, timeline: Timeline) -> Contract {
    Contract {
        mutual_id: Id::from_uuid(uuid::Uuid::from_u128(1)),
        department_id: Id::from_uuid(uuid::Uuid::from_u128(2)),
        title: parsed("Libraries"),
        description: None,
        reference: None,
        ocid: None,
        cpv_codes: Distinct::new(vec![parsed(LIBRARIES)]).unwrap(),
        health_services: Some(false),
        procedure,
        framework: None,
        tenders_received: None,
        replaces_contract_id: None,
        timeline: Checked::new(timeline).unwrap(),
        value: gbp(1_000_000),
        status: ContractStatus::Active,
        is_first: false,
        first_contract: None,
        sources: Distinct::new(Vec::new()).unwrap(),
    }
}

/// From 2025 to a day, entered into on a date.
fn reserved(entered: &str, ends: &str) -> Contract {
    contract(
        Procedure::PaS33Reserved,
        Timeline { entered_on: given(entered), ends_on: given(ends), ..Timeline::default() },
    )
}

fn prior(contract: &Contract) -> Prior {
    Prior {
        contract_id: None,
        procedure: contract.procedure,
        cpv_codes: contract.cpv_codes.to_vec(),
        awarded_on: contract.timeline.awarded_on,
        entered_on: contract.timeline.entered_on,
    }
}

fn met() -> Tests {
    Tests {
        mainly_reservable_services: TestOutcome::Met,
        profits_only_to_members_or_none: TestOutcome::Met,
        under_employee_management_and_control: TestOutcome::Met,
        ..Tests::default()
    }
}

fn england(kind: DepartmentKind) -> Buyer {
    Buyer { kind: Some(kind), nation: Some(Nation::England) }
}

fn after(as_at: &str, contract: &Contract) -> Next {
    asked(as_at, contract, england(DepartmentKind::LocalAuthority), met())
}

fn asked(as_at: &str, contract: &Contract, buyer: Buyer, supplier: Tests) -> Next {
    let priors = [prior(contract)];
    let facts = NextFacts { as_at: parsed(as_at), contract, buyer, supplier, priors: &priors, has_more_priors: false };
    let next = next_route(&facts, &law());
    assert!(next.reason.ends_with('.') && next.reason.len() <= 2_000, "{}", next.reason);
    assert_eq!(next.citation.is_none(), next.route == NextRoute::Unknown, "{}", next.reason);
    next
}

fn again(next: &Next) -> Option<String> {
    next.reservable_again.as_ref().map(|again| again.on.map(|day| day.to_string()).unwrap_or_default())
}

/// s.33(5): entered into on 28 May 2025, it bars the mutual until 27 May 2028.
#[test]
fn a_contract_by_s33_is_followed_by_another_once_three_years_have_passed() {
    let next = after("2026-01-01", &reserved("2025-05-28", "2028-05-31"));
    assert_eq!((next.route, again(&next).as_deref()), (NextRoute::S33, Some("2028-05-28")), "{}", next.reason);
    assert_eq!(next.citation, Some("Procurement Act 2023 s.33"));
    let early = after("2026-01-01", &reserved("2025-05-28", "2028-05-27"));
    assert_eq!((early.route, early.citation), (NextRoute::Open, Some("Procurement Act 2023 s.33(5)")));
    assert_eq!(after("2026-01-01", &reserved("2025-05-28", "2028-05-28")).route, NextRoute::S33);
    let mut extended = reserved("2025-05-28", "2028-05-27");
    extended.timeline =
        Checked::new(Timeline { latest_ends_on: given("2030-05-27"), ..(*extended.timeline).clone() }).unwrap();
    assert_eq!(after("2026-01-01", &extended).route, NextRoute::S33, "the extension covers the three years");
}

#[test]
fn a_date_known_in_part_gives_no_day_and_says_between_which_days_it_is() {
    let next = after("2026-01-01", &reserved("2025-05", "2028-05-15"));
    assert_eq!((next.route, again(&next).as_deref()), (NextRoute::Unknown, Some("")), "{}", next.reason);
    let reason = next.reservable_again.unwrap().reason;
    assert!(reason.contains("from 2028-05-01 to 2028-05-31"), "{reason}");
    assert_eq!(after("2026-01-01", &reserved("2025-05", "2028-05-31")).route, NextRoute::S33);
    assert_eq!(after("2026-01-01", &reserved("2025-05", "2028-04")).route, NextRoute::Open);
    let undated = after("2026-01-01", &reserved("", "2028-04"));
    assert_eq!((undated.route, again(&undated).as_deref()), (NextRoute::Unknown, Some("")));
}

#[test]
fn a_leap_day_comes_again_on_the_first_of_march() {
    let next = after("2029-01-01", &reserved("2028-02-29", "2031-03-01"));
    assert_eq!((next.route, again(&next).as_deref()), (NextRoute::S33, Some("2031-03-01")));
    assert_eq!(after("2029-01-01", &reserved("2028-02-29", "2031-02-28")).route, NextRoute::Open);
}

/// Reg. 77(3)(d) bars for three years from the award; a contract by reg. 77 never bars one by s.33.
#[test]
fn a_contract_by_reg_77_is_followed_by_the_law_of_the_next_procurement() {
    let of = |awarded: &str, ends: &str| {
        contract(
            Procedure::PcrReg77Reserved,
            Timeline { awarded_on: given(awarded), ends_on: given(ends), ..Timeline::default() },
        )
    };
    let within = after("2018-01-01", &of("2016-12-01", "2020-01-31"));
    assert_eq!((within.route, again(&within).as_deref()), (NextRoute::Reg77, Some("2019-12-01")), "{}", within.reason);
    let barred = after("2018-01-01", &of("2017-02-28", "2020-01-31"));
    assert_eq!((barred.route, again(&barred).as_deref()), (NextRoute::Open, Some("2020-02-28")));
    assert_eq!(barred.citation, Some("Public Contracts Regulations 2015 reg. 77(3)(d)"));
    let at_once = after("2025-02-24", &of("2024-06-01", "2026-05-31"));
    assert_eq!((at_once.route, again(&at_once).as_deref()), (NextRoute::S33, Some("2025-02-24")));
    // It may start before the Act or after it.
    let between = after("2024-06-01", &of("2023-06-01", "2025-05-31"));
    assert_eq!((between.route, again(&between).as_deref()), (NextRoute::Unknown, Some("")), "{}", between.reason);
    assert!(between.reason.contains("`pcr_2015`") && between.reason.contains("`pa_2023`"), "{}", between.reason);
    assert_eq!(after("2014-06-01", &of("2012-06-01", "2014-12-31")).route, NextRoute::Open);
}

#[test]
fn health_services_have_process_c_in_england_and_other_law_elsewhere() {
    let mut health = contract(Procedure::PcrOpen, Timeline { ends_on: given("2027-03-31"), ..Timeline::default() });
    health.health_services = Some(true);
    health.cpv_codes = Distinct::new(vec![parsed(NURSING)]).unwrap();
    let by = |nation: Option<Nation>| {
        let buyer = Buyer { kind: Some(DepartmentKind::NhsCommissioner), nation };
        asked("2026-06-01", &health, buyer, met()).route
    };
    assert_eq!(by(Some(Nation::England)), NextRoute::PsrDirectC);
    assert_eq!(by(Some(Nation::Wales)), NextRoute::Unknown);
    assert_eq!(by(Some(Nation::Scotland)), NextRoute::Unknown);
    assert_eq!(by(None), NextRoute::Unknown);
    let mut unsaid = health.clone();
    unsaid.health_services = None;
    let commissioner = england(DepartmentKind::NhsCommissioner);
    assert_eq!(asked("2026-06-01", &unsaid, commissioner, met()).route, NextRoute::Unknown);
    let mut by_choice = health.clone();
    by_choice.procedure = Procedure::PsrDirectB;
    assert_eq!(asked("2026-06-01", &by_choice, commissioner, met()).route, NextRoute::Unknown);
    health.timeline = Checked::new(Timeline { ends_on: given("2019-03-31"), ..Timeline::default() }).unwrap();
    assert_eq!(asked("2018-06-01", &health, commissioner, met()).route, NextRoute::Open, "reg. 77(6)");
}

#[test]
fn services_value_and_tests_decide_under_the_act() {
    let plain = || contract(Procedure::PaOpen, Timeline { ends_on: given("2027-03-31"), ..Timeline::default() });
    assert_eq!(after("2026-06-01", &plain()).route, NextRoute::S33);
    let with_codes = |codes: &[&str]| {
        let mut contract = plain();
        contract.cpv_codes = Distinct::new(codes.iter().map(|code| parsed(code)).collect()).unwrap();
        after("2026-06-01", &contract).route
    };
    assert_eq!(with_codes(&[PROBATION]), NextRoute::Open);
    assert_eq!(with_codes(&[PROBATION, LIBRARIES]), NextRoute::Unknown);
    assert_eq!(with_codes(&[]), NextRoute::Unknown);
    let mut small = plain();
    small.value = gbp(663_539);
    assert_eq!(after("2026-06-01", &small).route, NextRoute::BelowThreshold);
    small.value = gbp(663_540);
    assert_eq!(after("2026-06-01", &small).route, NextRoute::S33);
    let supplier = Tests { under_employee_management_and_control: TestOutcome::NotMet, ..met() };
    let buyer = england(DepartmentKind::LocalAuthority);
    assert_eq!(asked("2026-06-01", &plain(), buyer, supplier).route, NextRoute::Open);
    let unsaid = asked("2026-06-01", &plain(), buyer, Tests::default());
    assert!(
        unsaid.route == NextRoute::S33 && unsaid.reason.contains("s.33(6)(c) is not on record"),
        "{}",
        unsaid.reason
    );
    let mut exempt = plain();
    exempt.procedure = Procedure::InHouseExempt;
    assert_eq!(after("2026-06-01", &exempt).route, NextRoute::Unknown);
    let mut reserved = plain();
    reserved.procedure = Procedure::Unknown;
    reserved.timeline = Checked::new(Timeline {
        protection: Some(Protection { kind: ProtectionKind::Reserved, until: None }),
        ..(*reserved.timeline).clone()
    })
    .unwrap();
    let next = after("2026-06-01", &reserved);
    assert_eq!((next.route, again(&next).as_deref()), (NextRoute::Unknown, Some("")), "its own procedure may bar it");
}

/// A contract that was entered into later was not there yet.
#[test]
fn what_was_entered_into_later_does_not_bar() {
    let ending = contract(Procedure::PaOpen, Timeline { ends_on: given("2026-12-31"), ..Timeline::default() });
    let later = prior(&reserved("2025-09-01", "2029-08-31"));
    let on = |as_at: &str, priors: &[Prior]| {
        let buyer = england(DepartmentKind::LocalAuthority);
        let facts = NextFacts {
            as_at: parsed(as_at),
            contract: &ending,
            buyer,
            supplier: met(),
            priors,
            has_more_priors: false,
        };
        next_route(&facts, &law()).route
    };
    assert_eq!(on("2025-10-01", std::slice::from_ref(&later)), NextRoute::Open);
    assert_eq!(on("2025-08-31", std::slice::from_ref(&later)), NextRoute::S33);
}

proptest! {
    /// The more is known of a date, the less is unknown: what is told of a month is told of each of its days.
    #[test]
    fn what_a_month_tells_is_true_of_each_of_its_days(month in 0_u32..60, day in 1_u32..=28, length in 20_u32..80) {
        let at = |number: u32| (2025 + (number + 2) / 12, (number + 2) % 12 + 1);
        let ((year, month), (last_year, last_month)) = (at(month), at(month + length));
        let ends = format!("{last_year}-{last_month:02}-15");
        let (whole, as_at) = (format!("{year}-{month:02}-{day:02}"), format!("{year}-{month:02}-28"));
        let vague = after(&as_at, &reserved(&format!("{year}-{month:02}"), &ends));
        let exact = after(&as_at, &reserved(&whole, &ends));
        prop_assert!(vague.route == NextRoute::Unknown || vague.route == exact.route, "{:?} {:?}", vague, exact);
        let on = exact.reservable_again.and_then(|again| again.on).unwrap();
        prop_assert_eq!(on.to_string(), format!("{}-{month:02}-{day:02}", year + 3));
    }
}
