//! What a mutual says about its years, what support it asks for, and which steps it has taken.

use domain::support_request::Handling;
use domain::{
    AnnualFigures, AnnualReturn, Distinct, FaultCode, Fte, MAX_INTEGER, Money, PathwayProgress, PathwayStep,
    Rules as _, SignedMoney, Staff, StepPosition, SupportStatus,
};
use proptest::prelude::*;

use crate::samples::{checked, fields, id, maybe, read};
use SupportStatus::{Assigned, Declined, Met, Open};

#[test]
fn a_return_says_something() {
    assert_eq!(fields(&AnnualFigures::default().faults()), [("", FaultCode::Required)]);
    assert!(AnnualFigures { headcount: Some(0), ..AnnualFigures::default() }.faults().is_empty());
    assert!(AnnualFigures { fte: maybe("0"), ..AnnualFigures::default() }.faults().is_empty());
}

#[test]
fn a_return_gives_its_heads_on_the_last_day_of_its_year() {
    let of = |headcount, service_users| {
        let figures = checked(AnnualFigures { headcount, service_users, ..AnnualFigures::default() });
        AnnualReturn { period_ends_on: read("2013-03-31"), figures, sources: Distinct::default() }.staff()
    };

    assert_eq!(of(Some(120), None), Some(Staff { staff_count: Some(120), staff_counted_on: maybe("2013-03-31") }));
    assert_eq!(of(None, Some(7)), None);
}

#[test]
fn a_count_is_later_only_where_it_surely_is() {
    let counted = |on| Staff { staff_count: Some(1), staff_counted_on: maybe(on) };
    let later = ["2013-04-01", "2013-04", "2014"];
    let not_surely = ["2013-03-31", "2013-03", "2013", "2012", ""];

    assert!(later.iter().all(|on| counted(on).is_later_than(&counted("2013-03-31"))));
    assert!(not_surely.iter().all(|on| !counted(on).is_later_than(&counted("2013-03-31"))));
    assert!(!counted("2014").is_later_than(&counted("")));
}

#[test]
fn a_count_of_a_return_is_neither_negative_nor_beyond_belief() {
    let figures = |n| AnnualFigures {
        headcount: Some(n),
        service_users: Some(n),
        board_size: Some(n),
        staff_directors: Some(n),
        ..AnnualFigures::default()
    };

    for n in [-1, 10_000_001, i64::MIN, i64::MAX] {
        let expected = ["headcount", "service_users", "staff_directors", "board_size"];
        assert_eq!(fields(&figures(n).faults()), expected.map(|field| (field, FaultCode::OutOfRange)), "{n}");
    }
    assert!(figures(0).faults().is_empty() && figures(10_000_000).faults().is_empty());
}

#[test]
fn no_more_staff_sit_on_a_board_than_it_has_members() {
    let board = |staff, all| AnnualFigures { staff_directors: staff, board_size: all, ..AnnualFigures::default() };

    assert_eq!(fields(&board(Some(4), Some(3)).faults()), [("staff_directors", FaultCode::Inconsistent)]);
    for (staff, all) in [(Some(3), Some(3)), (Some(4), None), (None, Some(0))] {
        assert!(board(staff, all).faults().is_empty());
    }
}

#[test]
fn there_are_no_more_full_time_equivalents_than_heads() {
    let staff = |fte, heads| AnnualFigures { fte: maybe(fte), headcount: heads, ..AnnualFigures::default() };

    assert_eq!(fields(&staff("12.01", Some(12)).faults()), [("fte", FaultCode::Inconsistent)]);
    assert!(staff("12.00", Some(12)).faults().is_empty());
    assert!(staff("12.01", None).faults().is_empty());
}

#[test]
fn turnover_and_surplus_are_in_one_currency() {
    let money = |turnover, surplus| AnnualFigures {
        turnover: Money::new(100, read(turnover)).ok(),
        surplus: SignedMoney::new(-5, read(surplus)).ok(),
        ..AnnualFigures::default()
    };

    assert_eq!(fields(&money("GBP", "EUR").faults()), [("surplus/currency", FaultCode::Inconsistent)]);
    assert!(money("GBP", "GBP").faults().is_empty());
}

#[test]
fn a_loss_is_below_zero_and_stays_exact() {
    let pounds = read("GBP");

    for amount in [-MAX_INTEGER, -1, 0, MAX_INTEGER] {
        assert_eq!(SignedMoney::new(amount, pounds).unwrap().amount_minor(), amount);
    }
    for amount in [-MAX_INTEGER - 1, MAX_INTEGER + 1, i64::MIN, i64::MAX] {
        assert_eq!(SignedMoney::new(amount, pounds).unwrap_err().code, FaultCode::OutOfRange);
    }
}

#[test]
fn a_full_time_equivalent_has_at_most_two_places_and_is_shown_with_two() {
    for (raw, shown) in [("0", "0.00"), ("12.5", "12.50"), ("0.05", "0.05"), ("10000000", "10000000.00")] {
        assert_eq!(raw.parse::<Fte>().unwrap().to_string(), shown);
    }
    for raw in ["", ".5", "12.", "12.555", "012", "-1", "+1", "1e3", "1,000", " 1"] {
        assert_eq!(raw.parse::<Fte>().unwrap_err().code, FaultCode::InvalidFormat, "{raw:?}");
    }
    for raw in ["10000000.01", "99999999999999999999999999"] {
        assert_eq!(raw.parse::<Fte>().unwrap_err().code, FaultCode::OutOfRange, "{raw:?}");
    }
}

fn handling(status: SupportStatus, enabler: Option<u128>, closed_on: &str, reason: &str) -> Handling {
    Handling {
        requested_on: read("2013-01-02"),
        status,
        enabler_id: enabler.map(id),
        closed_on: maybe(closed_on),
        decline_reason: maybe(reason),
    }
}

#[test]
fn a_request_for_support_has_what_its_status_needs_and_nothing_else() {
    let nothing = |status| handling(status, None, "", "").faults();
    let everything = |status| handling(status, Some(1), "2013-02-01", "nobody can").faults();
    let needs = |field| (field, FaultCode::Required);
    let has_no = |field| (field, FaultCode::Inconsistent);

    assert_eq!(fields(&nothing(Open)), []);
    assert_eq!(fields(&nothing(Assigned)), [needs("enabler_id")]);
    assert_eq!(fields(&nothing(Met)), [needs("closed_on")]);
    assert_eq!(fields(&nothing(Declined)), [needs("closed_on"), needs("decline_reason")]);
    assert_eq!(fields(&everything(Open)), [has_no("enabler_id"), has_no("closed_on"), has_no("decline_reason")]);
    assert_eq!(fields(&everything(Assigned)), [has_no("closed_on"), has_no("decline_reason")]);
    assert_eq!(fields(&everything(Met)), [has_no("decline_reason")]);
    assert_eq!(fields(&everything(Declined)), []);
}

#[test]
fn no_request_is_closed_before_it_is_made() {
    assert_eq!(fields(&handling(Met, None, "2013-01-01", "").faults()), [("closed_on", FaultCode::DateOrder)]);
    assert!(handling(Met, None, "2013-01-02", "").faults().is_empty());
}

#[test]
fn a_request_goes_only_where_the_table_says() {
    let table = [
        (Open, vec![Open, Assigned, Met, Declined]),
        (Assigned, vec![Open, Assigned, Met, Declined]),
        (Met, vec![Met]),
        (Declined, vec![Declined]),
    ];
    for (from, reached) in table {
        for to in SupportStatus::ALL.iter().copied() {
            assert_eq!(from.may_become(to), reached.contains(&to), "{from} to {to}");
            let faults = handling(from, None, "", "").faults_becoming(&handling(to, None, "", ""));
            assert_eq!(faults.is_empty(), reached.contains(&to), "{from} to {to}");
        }
    }
}

#[test]
fn somebody_waits_until_the_request_is_closed() {
    let waited = |closed_on, as_at| handling(Met, None, closed_on, "").waited(read(as_at));

    assert_eq!(waited("", "2013-01-02"), 0);
    assert_eq!(waited("", "2013-02-02"), 31);
    assert_eq!(waited("2013-01-05", "2013-02-02"), 3);
    assert_eq!(waited("2013-01-05", "2013-01-04"), 2, "it was not closed yet");
    assert_eq!(waited("", "2012-12-01"), 0, "it was not made yet");
}

#[test]
fn a_step_that_requires_evidence_is_done_only_with_it() {
    let faults = |required, url| {
        let step = PathwayStep {
            position: StepPosition::try_from(1).ok(),
            title: read("Find out who is interested"),
            guidance: None,
            stage: None,
            evidence_required: required,
            sources: Distinct::default(),
        };
        let progress = PathwayProgress {
            step_id: id(2),
            done_on: read("2013-01-02"),
            evidence_url: maybe(url),
            note: None,
            sources: Distinct::default(),
        };
        progress.faults_for(&step)
    };

    assert_eq!(fields(&faults(true, "")), [("evidence_url", FaultCode::Required)]);
    assert!(faults(true, "https://example.org/minutes").is_empty());
    assert!(faults(false, "").is_empty() && faults(false, "https://example.org/minutes").is_empty());
}

proptest! {
    #[test]
    fn every_full_time_equivalent_is_read_back_as_it_is_shown(hundredths in 0i64..=1_000_000_000) {
        let shown = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let fte: Fte = shown.parse().unwrap();
        prop_assert_eq!(fte.to_string(), shown);
        prop_assert_eq!(fte.hundredths(), hundredths);
    }
}
