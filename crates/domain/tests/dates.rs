//! Days and dates known in part.

use chrono::{Days, NaiveDate};
use domain::{Day, FaultCode, PartialDate, Precision};
use proptest::prelude::*;

fn partial_dates() -> impl Strategy<Value = String> {
    let day = (1000i32..=9999, 1u32..=366).prop_filter_map("leap days exist in leap years only", |(year, ordinal)| {
        NaiveDate::from_yo_opt(year, ordinal).map(|date| date.to_string())
    });
    (day, prop_oneof![Just(4usize), Just(7), Just(10)]).prop_map(|(text, known)| text.chars().take(known).collect())
}

#[test]
fn a_date_is_known_to_the_year_the_month_or_the_day() {
    for (text, precision, first, last) in [
        ("2011", Precision::Year, "2011-01-01", "2011-12-31"),
        ("2012-02", Precision::Month, "2012-02-01", "2012-02-29"),
        ("2011-12", Precision::Month, "2011-12-01", "2011-12-31"),
        ("2011-10-01", Precision::Day, "2011-10-01", "2011-10-01"),
        ("9999", Precision::Year, "9999-01-01", "9999-12-31"),
    ] {
        let date: PartialDate = text.parse().unwrap();
        assert_eq!((date.precision(), date.to_string().as_str()), (precision, text));
        assert_eq!((date.first_day().to_string().as_str(), date.last_day().to_string().as_str()), (first, last));
    }
}

#[test]
fn other_ways_to_write_a_date_are_refused() {
    let forms = [
        "",
        "11",
        "02011",
        "2011-1",
        "2011-10-1",
        "2011-10-01T00:00:00Z",
        "01/10/2011",
        "2011-",
        "2011-10-01-",
        "+2011",
        " 2011",
        "２０１１",
    ];
    for raw in forms {
        assert_eq!(raw.parse::<PartialDate>().unwrap_err().code, FaultCode::InvalidFormat, "{raw:?}");
    }
    for raw in ["2011-13", "2011-00", "2011-02-29", "2011-04-31", "0999", "0000-01-01"] {
        assert_eq!(raw.parse::<PartialDate>().unwrap_err().code, FaultCode::OutOfRange, "{raw:?}");
    }
}

#[test]
fn a_day_is_whole() {
    assert_eq!("2012-02-29".parse::<Day>().unwrap().to_string(), "2012-02-29");
    assert_eq!("2011-10".parse::<Day>().unwrap_err().code, FaultCode::InvalidFormat);
    assert_eq!("2011-02-29".parse::<Day>().unwrap_err().code, FaultCode::OutOfRange);
    assert_eq!("0999-01-01".parse::<Day>().unwrap_err().code, FaultCode::OutOfRange);
    assert!(Day::from_date(NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap()).is_err());
}

#[test]
fn order_is_impossible_only_where_the_spans_are_apart() {
    let may_precede = |a: &str, b: &str| a.parse::<PartialDate>().unwrap().may_precede(&b.parse().unwrap());

    assert!(may_precede("2011-10", "2011"));
    assert!(may_precede("2011", "2011-01-01"));
    assert!(may_precede("2011-10-01", "2011-10-01"));
    assert!(!may_precede("2012", "2011-12-31"));
}

proptest! {
    #[test]
    fn a_date_is_shown_as_it_was_given(text in partial_dates()) {
        prop_assert_eq!(text.parse::<PartialDate>().unwrap().to_string(), text);
    }

    #[test]
    fn dates_are_ordered_as_their_texts(a in partial_dates(), b in partial_dates()) {
        let parsed = (a.parse::<PartialDate>().unwrap(), b.parse::<PartialDate>().unwrap());
        prop_assert_eq!(parsed.0.cmp(&parsed.1), a.cmp(&b));
    }

    #[test]
    fn a_span_has_exactly_the_days_whose_texts_begin_with_it(text in partial_dates()) {
        let date: PartialDate = text.parse().unwrap();
        let (first, last) = (date.first_day(), date.last_day());
        prop_assert!(first <= last);
        prop_assert!(first.to_string().starts_with(&text) && last.to_string().starts_with(&text));
        if let Some(before) = first.date().checked_sub_days(Days::new(1)) {
            prop_assert!(!before.to_string().starts_with(&text));
        }
        if let Some(after) = last.date().checked_add_days(Days::new(1)) {
            prop_assert!(!after.to_string().starts_with(&text));
        }
    }

    #[test]
    fn of_two_dates_at_least_one_may_precede_the_other(a in partial_dates(), b in partial_dates()) {
        let (a, b) = (a.parse::<PartialDate>().unwrap(), b.parse::<PartialDate>().unwrap());
        prop_assert!(a.may_precede(&b) || b.may_precede(&a));
        prop_assert_eq!(a.overlaps(&b), b.overlaps(&a));
    }
}
