//! Days as instants in the United Kingdom.
#![expect(clippy::unwrap_used, reason = "a case fails loudly")]

use domain::uk_time::{beginning, end};

fn day(text: &str) -> domain::Day {
    text.parse().unwrap()
}

#[test]
fn summer_time_begins_and_ends_after_midnight() {
    for (of, begins, ends) in [
        ("2024-03-30", "Z", "Z"),
        ("2024-03-31", "Z", "+01:00"),
        ("2024-04-01", "+01:00", "+01:00"),
        ("2024-10-26", "+01:00", "+01:00"),
        ("2024-10-27", "+01:00", "Z"),
        ("2024-10-28", "Z", "Z"),
        // The ends of summer time before all of Europe had the same.
        ("1989-10-29", "+01:00", "Z"),
        ("1995-10-22", "+01:00", "Z"),
        ("1995-10-23", "Z", "Z"),
        ("1980-07-01", "Z", "Z"),
        ("1000-01-01", "Z", "Z"),
        ("9999-12-31", "Z", "Z"),
    ] {
        assert_eq!(beginning(day(of)), format!("{of}T00:00:00{begins}"));
        assert_eq!(end(day(of)), format!("{of}T23:59:59{ends}"));
    }
}

/// The days from 2011 on, as the time zone database has them.
#[test]
fn summer_time_begins_and_ends_on_last_sundays() {
    let starts = [27, 25, 31, 30, 29, 27, 26, 25, 31, 29, 28, 27, 26, 31, 30];
    let stops = [30, 28, 27, 26, 25, 30, 29, 28, 27, 25, 31, 30, 29, 27, 26];
    for (year, (start, stop)) in (2011..).zip(starts.into_iter().zip(stops)) {
        let (start, stop) = (format!("{year}-03-{start}"), format!("{year}-10-{stop}"));
        assert_eq!(end(day(&start)), format!("{start}T23:59:59+01:00"));
        assert_eq!(beginning(day(&start)), format!("{start}T00:00:00Z"));
        assert_eq!(end(day(&stop)), format!("{stop}T23:59:59Z"));
        assert_eq!(beginning(day(&stop)), format!("{stop}T00:00:00+01:00"));
    }
}
