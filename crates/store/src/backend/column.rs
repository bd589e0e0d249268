//! What stands in a column, as either database takes it.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, Date, HasSqlType, Nullable, Text, Timestamp};
use diesel::sqlite::Sqlite;
use domain::Day;

use crate::backend::dialect::Dialect;
use crate::backend::json::texts;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// A text: a word, a name, an id, a date that may be known in part.
    Text(Option<Cow<'static, str>>),
    /// A text that others need too.
    Shared(Arc<str>),
    /// A whole number.
    Integer(Option<i64>),
    /// Yes or no.
    Flag(Option<bool>),
    /// A day.
    Day(Option<NaiveDate>),
    /// A time.
    Instant(NaiveDateTime),
}

impl Column {
    /// The text of a value.
    pub(crate) fn text(value: impl Display) -> Self {
        Self::Text(Some(Cow::Owned(value.to_string())))
    }

    /// The text of a value that may be absent.
    pub(crate) fn text_option<T: Display>(value: Option<&T>) -> Self {
        Self::Text(value.map(|value| Cow::Owned(value.to_string())))
    }

    /// A word of a vocabulary.
    pub(crate) fn word(word: &'static str) -> Self {
        Self::Text(Some(Cow::Borrowed(word)))
    }

    /// A word of a vocabulary that may be absent.
    pub(crate) fn word_option(word: Option<&'static str>) -> Self {
        Self::Text(word.map(Cow::Borrowed))
    }

    /// A list of words, as a JSON array.
    pub(crate) fn words<T: Display>(words: &[T]) -> Self {
        Self::Text(Some(Cow::Owned(texts(words))))
    }

    /// A day that may be absent.
    pub(crate) fn day(day: Option<Day>) -> Self {
        Self::Day(day.map(|day| day.date()))
    }

    /// The text of what is stored; none where there is nothing.
    pub(crate) fn stored(&self, dialect: Dialect) -> Option<Cow<'_, str>> {
        let is_sqlite = dialect == Dialect::Sqlite;
        match self {
            Self::Text(text) => text.as_deref().map(Cow::Borrowed),
            Self::Shared(text) => Some(Cow::Borrowed(text)),
            Self::Integer(number) => number.map(|number| number.to_string().into()),
            Self::Flag(flag) => flag.map(|flag| match (is_sqlite, flag) {
                (true, true) => "1".into(),
                (true, false) => "0".into(),
                (false, flag) => flag.to_string().into(),
            }),
            Self::Day(day) => day.map(|day| day.format("%F").to_string().into()),
            Self::Instant(at) if is_sqlite => Some(at.format("%F %T%.f").to_string().into()),
            Self::Instant(at) => {
                let micros = at.format("%F %T%.6f").to_string();
                Some(micros.trim_end_matches('0').trim_end_matches('.').to_owned().into())
            }
        }
    }

    fn push<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend
            + HasSqlType<Text>
            + HasSqlType<BigInt>
            + HasSqlType<Bool>
            + HasSqlType<Date>
            + HasSqlType<Timestamp>,
        str: ToSql<Text, DB>,
        i64: ToSql<BigInt, DB>,
        bool: ToSql<Bool, DB>,
        NaiveDate: ToSql<Date, DB>,
        NaiveDateTime: ToSql<Timestamp, DB>,
    {
        match self {
            Self::Text(Some(text)) => out.push_bind_param::<Text, str>(text),
            Self::Shared(text) => out.push_bind_param::<Text, str>(text),
            Self::Text(None) => out.push_bind_param::<Nullable<Text>, Option<&str>>(&None),
            Self::Integer(number) => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(number),
            Self::Flag(flag) => out.push_bind_param::<Nullable<Bool>, Option<bool>>(flag),
            Self::Day(day) => out.push_bind_param::<Nullable<Date>, Option<NaiveDate>>(day),
            Self::Instant(instant) => out.push_bind_param::<Timestamp, NaiveDateTime>(instant),
        }
    }
}

/// A database that takes columns as parameters.
pub(crate) trait Takes: Backend {
    fn take<'b>(column: &'b Column, out: &mut AstPass<'_, 'b, Self>) -> QueryResult<()>;
}

impl Takes for Pg {
    fn take<'b>(column: &'b Column, out: &mut AstPass<'_, 'b, Self>) -> QueryResult<()> {
        column.push(out)
    }
}

impl Takes for Sqlite {
    fn take<'b>(column: &'b Column, out: &mut AstPass<'_, 'b, Self>) -> QueryResult<()> {
        column.push(out)
    }
}
