//! Which contracts are in force on a day, how long until they end, and what is told of competitions by a day.
#![expect(clippy::unwrap_used, reason = "a case fails loudly")]

use domain::AsAtContest::{Known, NotYet, Unknown};
use domain::cliff_edge::{InForce, Term, months_later, whole_months};
use domain::{AsAtContest, CompetitionOutcome, ContractStatus, Day, FirstContract};
use proptest::prelude::*;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn term(status: ContractStatus, [begins, ends, latest]: [&str; 3]) -> Term {
    let date = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    Term { status, begins: date(begins), ends: date(ends), latest: (!latest.is_empty()).then(|| day(latest)) }
}

fn in_force(status: ContractStatus, dates: [&str; 3], on: &str) -> InForce {
    term(status, dates).in_force(day(on), day("2026-01-01"))
}

#[test]
fn a_contract_is_in_force_by_its_dates_before_today_and_by_its_status_too_from_today_on() {
    const DATES: [&str; 3] = ["2016-04-01", "2020-03-31", ""];
    for (status, before, within, after) in [
        (ContractStatus::Active, InForce::No, InForce::Yes, InForce::No),
        (ContractStatus::Expired, InForce::No, InForce::Yes, InForce::No),
        (ContractStatus::TerminatedEarly, InForce::No, InForce::Unknown, InForce::No),
        (ContractStatus::Unknown, InForce::No, InForce::Unknown, InForce::No),
        (ContractStatus::Planned, InForce::No, InForce::No, InForce::No),
        (ContractStatus::Tendering, InForce::No, InForce::No, InForce::No),
        (ContractStatus::AwardDecided, InForce::No, InForce::No, InForce::No),
        (ContractStatus::Standstill, InForce::No, InForce::No, InForce::No),
        (ContractStatus::Cancelled, InForce::No, InForce::No, InForce::No),
    ] {
        let on = |day: &str| in_force(status, DATES, day);
        assert_eq!([on("2016-03-31"), on("2018-01-01"), on("2020-04-01")], [before, within, after], "{status}");
        assert_eq!([on("2016-04-01"), on("2020-03-31")], [within, within], "{status}: its first and last day");
    }
}

#[test]
fn what_is_not_known_of_a_term_makes_it_unknown_before_today_alone() {
    use ContractStatus::{Active, Expired, TerminatedEarly};
    assert_eq!(in_force(Active, ["", "2030-03-31", ""], "2018-01-01"), InForce::Unknown);
    assert_eq!(in_force(Active, ["", "2030-03-31", ""], "2026-01-01"), InForce::Yes);
    assert_eq!(in_force(Active, ["", "", ""], "2030-01-01"), InForce::Yes);
    assert_eq!(in_force(Active, ["2027", "", ""], "2026-01-01"), InForce::No, "it has not begun");
    assert_eq!(in_force(Expired, ["2016", "", ""], "2018-01-01"), InForce::Unknown);
    assert_eq!(in_force(Expired, ["2016", "2030", ""], "2026-01-01"), InForce::No);
    assert_eq!(in_force(TerminatedEarly, ["2016", "2030", ""], "2026-01-01"), InForce::No);
    // An end that is known in part may be its last day.
    assert_eq!(in_force(Expired, ["2016", "2020", ""], "2020-12-31"), InForce::Yes);
    assert_eq!(in_force(Expired, ["2016", "2020", ""], "2021-01-01"), InForce::No);
    // An extension may have been used.
    assert_eq!(in_force(Expired, ["2016", "2020", "2022-03-31"], "2022-03-31"), InForce::Yes);
    assert_eq!(in_force(Active, ["2016", "2027-03-31", "2029-03-31"], "2028-01-01"), InForce::Yes);
    assert_eq!(in_force(Active, ["2016", "2027-03-31", "2029-03-31"], "2029-04-01"), InForce::No);
}

#[test]
fn the_next_end_is_the_one_that_has_not_passed() {
    let extended = term(ContractStatus::Active, ["2016", "2020-03", "2022-03-31"]);
    let next = |on: &str| extended.next_end(day(on)).map(|end| end.to_string());
    assert_eq!(next("2019-01-01").as_deref(), Some("2020-03"));
    assert_eq!(next("2020-03-31").as_deref(), Some("2020-03"));
    assert_eq!(next("2020-04-01").as_deref(), Some("2022-03-31"));
    assert_eq!(term(ContractStatus::Active, ["2016", "", ""]).next_end(day("2019-01-01")), None);
}

#[test]
fn months_end_with_the_month_where_it_is_shorter() {
    for (from, to, months) in [
        ("2018-06-30", "2019-03-31", 9),
        ("2018-06-30", "2019-03-29", 8),
        ("2023-11-30", "2024-02-29", 3),
        ("2023-11-30", "2024-02-28", 2),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-01-31", "2024-01-31", 0),
        ("2024-01-31", "2023-01-31", 0),
    ] {
        assert_eq!(whole_months(day(from), day(to)), months, "{from} to {to}");
    }
    assert_eq!(months_later(day("9999-12-31"), 1), None);
}

#[test]
fn a_later_decision_is_not_told() {
    use CompetitionOutcome::{Lost, Open};
    let of = |outcome, opened: &str, decided: &str, on: &str| {
        let date = |text: &str| (!text.is_empty()).then(|| day(text));
        AsAtContest::of(outcome, [date(opened), date(decided)], [day(on), day("2026-01-01")])
    };
    assert_eq!(of(Lost, "2014-01-01", "2015-01-02", "2015-01-02"), Known(Lost));
    assert_eq!(of(Lost, "2014-01-01", "2015-01-02", "2015-01-01"), Known(Open));
    assert_eq!(of(Lost, "2014-01-01", "2015-01-02", "2013-12-31"), NotYet);
    assert_eq!(of(Lost, "", "2015-01-02", "2015-01-01"), Unknown);
    assert_eq!(of(Lost, "2014-01-01", "", "2020-01-01"), Unknown);
    assert_eq!(of(Lost, "2014-01-01", "", "2013-12-31"), NotYet);
    assert_eq!(of(Lost, "", "", "2026-01-01"), Known(Lost));
    assert_eq!(of(Open, "2014-01-01", "", "2014-01-01"), Known(Open));
    assert_eq!(of(Open, "", "", "2014-01-01"), Unknown);
}

#[test]
fn sources_say_whether_a_contract_is_the_first_and_else_the_register() {
    use FirstContract::{No, Unknown, Yes};
    for (said, is_first, is_entered, expected) in [
        (Some(No), true, true, No),
        (Some(Yes), false, false, Yes),
        (Some(Unknown), true, true, Yes),
        (None, false, true, No),
        (None, false, false, Unknown),
    ] {
        assert_eq!(FirstContract::of(said, is_first, is_entered), expected);
    }
}

proptest! {
    #[test]
    fn so_many_months_later_so_many_months_are_left(days in 0_u64..700_000, months in 0_u32..600) {
        let from = Day::FIRST.plus_days(days).unwrap();
        let later = months_later(from, months).unwrap();
        prop_assert_eq!(whole_months(from, later), months);
        prop_assert!(months == 0 || whole_months(from, later.minus_days(1).unwrap()) < months);
    }

    /// As time goes by, a contract comes into force and goes out of it once.
    #[test]
    fn a_contract_is_in_force_in_one_span(begin in 0_u64..2_000, length in 0_u64..2_000, extension in 0_u64..1_000, on in 0_u64..6_000) {
        let at = |days: u64| day("2010-01-01").plus_days(days).unwrap();
        let contract = Term {
            status: ContractStatus::Expired,
            begins: Some(at(begin).into()),
            ends: Some(at(begin + length).into()),
            latest: Some(at(begin + length + extension)),
        };
        let is_within = (begin..=begin + length + extension).contains(&on);
        prop_assert_eq!(contract.in_force(at(on), day("2050-01-01")) == InForce::Yes, is_within);
    }
}
