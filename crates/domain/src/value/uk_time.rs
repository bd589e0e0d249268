//! The time of day in the United Kingdom, where a day of the register is to be told as an instant.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use crate::value::date::Day;

/// The instant at which a day begins in the United Kingdom, as RFC 3339 writes it: `2025-05-12T00:00:00+01:00`.
pub fn beginning(day: Day) -> String {
    // Summer time begins and ends at 01:00 GMT, after the first moment of its day.
    let is_summer = is_summer(day, |first, last| first < day.date() && day.date() <= last);
    instant(day, "00:00:00", is_summer)
}

/// The last second of a day in the United Kingdom: `2025-03-30T23:59:59+01:00`.
pub fn end(day: Day) -> String {
    let is_summer = is_summer(day, |first, last| first <= day.date() && day.date() < last);
    instant(day, "23:59:59", is_summer)
}

fn instant(day: Day, time: &str, is_summer: bool) -> String {
    let offset = if is_summer { "+01:00" } else { "Z" };
    format!("{day}T{time}{offset}")
}

/// Whether it is summer time, by the days on which that begins and ends in the year.
///
/// The last Sundays of March and of October (Summer Time Act 1972 s.1, as substituted by the Summer Time Order 2002, SI 2002/262). Before
/// 1996 it ended on the last Sunday until 28 October, and before 1990 until 29 October. Days before 1981 are told in GMT.
fn is_summer(day: Day, holds: impl Fn(NaiveDate, NaiveDate) -> bool) -> bool {
    let year = day.date().year();
    let last_in_october = match year {
        ..1981 => return false,
        1981..=1989 => 29,
        1990..=1995 => 28,
        _ => 31,
    };
    let sunday = |month, last| {
        let last = NaiveDate::from_ymd_opt(year, month, last)?;
        last.checked_sub_days(Days::new(u64::from(last.weekday().days_since(Weekday::Sun))))
    };
    sunday(3, 31).zip(sunday(10, last_in_october)).is_some_and(|(first, last)| holds(first, last))
}
