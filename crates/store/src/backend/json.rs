//! Columns: how domain values are written into text and read back, lists as JSON.
//!
//! What is read back was checked when it was written, so that a value which no longer parses is a fault of ours or of whoever
//! changed the database behind our back: [`Error::Internal`], naming the column.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use domain::{Day, Invalid};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A value from its text.
pub(crate) fn parsed<T: FromStr<Err = Invalid>>(column: &str, raw: &str) -> Result<T, Error> {
    valid(column, raw.parse())
}

/// What a value was made of a column's content, if that is one.
pub(crate) fn valid<T>(column: &str, made: Result<T, Invalid>) -> Result<T, Error> {
    made.map_err(|invalid| corrupt(column, &invalid.detail))
}

/// The same where the column may be null.
pub(crate) fn parsed_option<T: FromStr<Err = Invalid>>(column: &str, raw: Option<&str>) -> Result<Option<T>, Error> {
    raw.map(|raw| parsed(column, raw)).transpose()
}

/// The text of a value that may be absent.
pub(crate) fn text_option<T: Display>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A list as a JSON array of texts.
pub(crate) fn texts<T: Display>(items: &[T]) -> String {
    to_json(&items.iter().map(ToString::to_string).collect::<Vec<_>>())
}

/// A list from a JSON array of texts.
pub(crate) fn parsed_list<T: FromStr<Err = Invalid>>(column: &str, raw: &str) -> Result<Vec<T>, Error> {
    if raw == "[]" {
        return Ok(Vec::new());
    }
    from_json::<Vec<Cow<'_, str>>>(column, raw)?.iter().map(|item| parsed(column, item)).collect()
}

/// Any serialisable value as JSON text.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    // Only a map with keys that are no strings, or a failing `Serialize`, can't be written; neither exists here.
    serde_json::to_string(value).unwrap_or_default()
}

/// A value from JSON text.
pub(crate) fn from_json<'j, T: Deserialize<'j>>(column: &str, raw: &'j str) -> Result<T, Error> {
    serde_json::from_str(raw).map_err(|error| corrupt(column, &error.to_string()))
}

/// A day of the database.
pub(crate) fn day(column: &str, stored: NaiveDate) -> Result<Day, Error> {
    valid(column, Day::from_date(stored))
}

/// The same where the column may be null.
pub(crate) fn day_option(column: &str, stored: Option<NaiveDate>) -> Result<Option<Day>, Error> {
    stored.map(|date| day(column, date)).transpose()
}

/// An instant of the database, which are all UTC.
pub(crate) fn instant(stored: NaiveDateTime) -> DateTime<Utc> {
    stored.and_utc()
}

/// The error of a column with what it may not hold.
pub(crate) fn corrupt(column: &str, said: &str) -> Error {
    Error::Internal(format!("the column {column} holds what it may not hold: {said}"))
}
