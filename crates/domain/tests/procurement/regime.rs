//! Which law a procurement is under.

use domain::procurement::{Buyer, RegimeFacts};
use domain::{DepartmentKind, Nation, Procedure, Regime};

use crate::{given, parsed};

fn started(on: &str, health_services: Option<bool>) -> RegimeFacts {
    RegimeFacts {
        procurement_started_on: given(on),
        awarded_on: None,
        entered_on: None,
        health_services,
        procedure: Procedure::Other,
        buyer: Buyer { kind: Some(DepartmentKind::LocalAuthority), nation: Some(Nation::England) },
    }
}

fn of_nation(facts: RegimeFacts, nation: Nation) -> RegimeFacts {
    RegimeFacts { buyer: Buyer { nation: Some(nation), ..facts.buyer }, ..facts }
}

#[test]
fn the_law_follows_from_the_day_and_the_service() {
    for (on, otherwise, for_health, unsaid) in [
        ("2015-02-25", Regime::Pcr2006, Regime::Pcr2006, Regime::Pcr2006),
        ("2015-02-26", Regime::Pcr2015, Regime::Pcr2015, Regime::Pcr2015),
        ("2023-12-31", Regime::Pcr2015, Regime::Pcr2015, Regime::Pcr2015),
        ("2024-01-01", Regime::Pcr2015, Regime::Psr2023, Regime::Unknown),
        ("2025-02-23", Regime::Pcr2015, Regime::Psr2023, Regime::Unknown),
        ("2025-02-24", Regime::Pa2023, Regime::Psr2023, Regime::Unknown),
        ("", Regime::Unknown, Regime::Unknown, Regime::Unknown),
    ] {
        for (health, expected) in [(Some(false), otherwise), (Some(true), for_health), (None, unsaid)] {
            let facts = started(on, health);
            assert_eq!(facts.regime(), expected, "{on} {health:?}: {}", facts.why());
        }
    }
}

#[test]
fn health_care_of_the_nhs_came_under_the_regulations_of_2015_later() {
    let nhs = Buyer { kind: Some(DepartmentKind::NhsCommissioner), nation: Some(Nation::England) };
    let bought = |on: &str, health| RegimeFacts { buyer: nhs, ..started(on, health) }.regime();
    assert_eq!(bought("2016-04-17", Some(true)), Regime::Pcr2006);
    assert_eq!(bought("2016-04-18", Some(true)), Regime::Pcr2015);
    assert_eq!(bought("2016-04-17", Some(false)), Regime::Pcr2015);
    assert_eq!(bought("2016-04-17", None), Regime::Unknown);
    assert_eq!(started("2016-04-17", Some(true)).regime(), Regime::Pcr2015, "a council is not the NHS");
}

#[test]
fn the_nation_of_the_buyer_decides() {
    for on in ["2012-01-01", "2020-01-01", "2024-06-01", "2026-01-01", ""] {
        assert_eq!(of_nation(started(on, Some(true)), Nation::Scotland).regime(), Regime::NotCovered);
    }
    let in_2024 = started("2024-06-01", Some(true));
    let in_2026 = started("2026-01-01", Some(true));
    for (nation, before, since) in [
        (Nation::England, Regime::Psr2023, Regime::Psr2023),
        (Nation::Wales, Regime::Pcr2015, Regime::PsrWales2025),
        (Nation::NorthernIreland, Regime::Pcr2015, Regime::Pa2023),
        (Nation::UkWide, Regime::Unknown, Regime::Unknown),
    ] {
        assert_eq!((of_nation(in_2024, nation).regime(), of_nation(in_2026, nation).regime()), (before, since));
    }
    let nowhere = RegimeFacts { buyer: Buyer::default(), ..in_2024 };
    assert_eq!(nowhere.regime(), Regime::Psr2023);
    assert!(nowhere.why().contains("taken to be England"), "{}", nowhere.why());
    assert!(!in_2024.why().contains("taken to be"), "{}", in_2024.why());
    let for_others = RegimeFacts { buyer: Buyer::default(), ..started("2026-01-01", Some(false)) };
    assert_eq!(for_others.regime(), Regime::Pa2023);
    assert!(for_others.why().contains("taken not to be Scotland"), "{}", for_others.why());
}

#[test]
fn an_award_before_a_law_tells_that_the_older_one_applies() {
    let awarded = |on: &str, health| RegimeFacts { awarded_on: given(on), ..started("", health) };
    assert_eq!(awarded("2015-02-25", None).regime(), Regime::Pcr2006);
    assert_eq!(awarded("2015", Some(false)).regime(), Regime::Unknown, "it may have been before or after");
    assert_eq!(awarded("2015-06-01", Some(false)).regime(), Regime::Unknown, "it may have started before");
    assert_eq!(awarded("2016-03", Some(false)).regime(), Regime::Pcr2015);
    assert_eq!(awarded("2024", Some(false)).regime(), Regime::Pcr2015);
    assert_eq!(awarded("2025-02-23", Some(false)).regime(), Regime::Pcr2015);
    assert_eq!(awarded("2025-02-24", Some(false)).regime(), Regime::Unknown);
    assert_eq!(awarded("2023-12-31", Some(true)).regime(), Regime::Pcr2015);
    assert_eq!(awarded("2024-01-01", Some(true)).regime(), Regime::Unknown);
    let entered = |on: &str| RegimeFacts { entered_on: given(on), procedure: Procedure::PaOpen, ..started("", None) };
    assert_eq!((entered("2012").regime(), entered("2025-06").regime()), (Regime::Pcr2006, Regime::Pa2023));
    let facts = awarded("2024", Some(false));
    assert!(facts.why().contains("the day of the award or of the contract was used"), "{}", facts.why());
}

#[test]
fn a_procedure_of_one_law_needs_no_date() {
    let by = |procedure, on: &str| RegimeFacts { procedure, ..started(on, None) };
    for (procedure, expected) in [
        (Procedure::PcrReg77Reserved, Regime::Pcr2015),
        (Procedure::PcrLightTouch, Regime::Pcr2015),
        // The Regulations of 2006 had it too.
        (Procedure::PcrOpen, Regime::Unknown),
        (Procedure::PaS33Reserved, Regime::Pa2023),
        (Procedure::PsrDirectC, Regime::Psr2023),
        (Procedure::RightToRequestUncontested, Regime::Pcr2006),
        (Procedure::FrameworkCalloff, Regime::Unknown),
        (Procedure::Unknown, Regime::Unknown),
    ] {
        assert_eq!(by(procedure, "").regime(), expected, "{procedure}");
    }
    assert_eq!(by(Procedure::PaOpen, "2026-01-01").regime(), Regime::Pa2023, "health care or not");
    assert_eq!(by(Procedure::PcrLightTouch, "2026-01-01").regime(), Regime::Unknown, "it is no procedure of that day");
    let odd = RegimeFacts { health_services: Some(false), ..by(Procedure::PaOpen, "2020-01-01") };
    assert_eq!(odd.regime(), Regime::Pcr2015);
    assert!(odd.why().contains("`pa_open` belongs to another law"), "{}", odd.why());
    let calloff = RegimeFacts { health_services: Some(false), ..by(Procedure::FrameworkCalloff, "2026-01-01") };
    assert_eq!(calloff.regime(), Regime::Unknown);
    assert!(calloff.why().contains("the law of its framework"), "{}", calloff.why());
}

#[test]
fn what_is_missing_is_named() {
    let why = |facts: RegimeFacts| facts.why();
    assert!(why(started("", Some(false))).contains("the day on which the procurement started"));
    assert!(why(started("2026-01-01", None)).contains("health care services"));
    assert_eq!(started("2026-01-01", None).regime(), parsed("unknown"));
}
