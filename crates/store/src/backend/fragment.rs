//! SQL of our own with parameters, for what diesel's language lacks or can't prepare once: row values, full-text searches, lists of
//! rows, conditions on whatever table a list is of.
//!
//! diesel prepares its own `sql_query`, and every `IN` of a list, anew each time; these are prepared once for each text, but where a
//! caller's list decides how many parameters there are.

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text, Untyped};

use crate::backend::conn::MultiBackend;

/// A part of a statement; as an expression, a condition on whatever table the query is about.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    pieces: Vec<Piece>,
    /// Whether there are too many texts of this kind to prepare each once.
    varies: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Sql(Cow<'static, str>),
    Parameter(String),
    Number(i64),
}

impl Fragment {
    /// Goes on with SQL of our own.
    pub(crate) fn sql(mut self, sql: impl Into<Cow<'static, str>>) -> Self {
        self.pieces.push(Piece::Sql(sql.into()));
        self
    }

    /// Goes on with a parameter, which may be anybody's text.
    pub(crate) fn parameter(mut self, value: impl Into<String>) -> Self {
        self.pieces.push(Piece::Parameter(value.into()));
        self
    }

    /// Goes on with a number as a parameter.
    pub(crate) fn number(mut self, value: i64) -> Self {
        self.pieces.push(Piece::Number(value));
        self
    }

    /// Goes on with parameters between commas.
    pub(crate) fn parameters<T: Into<String>>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        for (position, value) in values.into_iter().enumerate() {
            if position > 0 {
                self = self.sql(", ");
            }
            self = self.parameter(value);
        }
        self
    }

    /// Goes on with another fragment.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self.varies |= other.varies;
        self
    }

    /// The same between a beginning and an end.
    pub(crate) fn within(self, before: impl Into<Cow<'static, str>>, after: &'static str) -> Self {
        Self::default().sql(before).and(self).sql(after)
    }

    /// The whole as a statement; what it gives is read by name.
    pub(crate) fn statement(self) -> Statement {
        Statement(self, PhantomData)
    }

    /// The whole as a statement that gives rows of these types.
    pub(crate) fn giving<T>(self) -> Statement<T> {
        Statement(self, PhantomData)
    }
}

/// That a column has one of these values; no condition where there are none.
pub(crate) fn any_of<T: Display>(column: &str, values: &[T]) -> Option<Fragment> {
    if values.is_empty() {
        return None;
    }
    let values = values.iter().map(ToString::to_string);
    let condition = Fragment::default().sql(format!("{column} IN (")).parameters(values).sql(")");
    Some(Fragment { varies: true, ..condition })
}

/// That all of these hold which there are.
pub(crate) fn all_of(conditions: impl IntoIterator<Item = Option<Fragment>>) -> Fragment {
    let given = conditions.into_iter().flatten();
    given.reduce(|all, next| all.sql(" AND ").and(next)).unwrap_or_else(|| Fragment::default().sql("1 = 1"))
}

/// A statement that inserts rows of text columns into a table, named with its columns: `mutual_sectors (sector, mutual_id)`. None
/// where there are no rows.
pub(crate) fn insertion<const N: usize>(table: &str, rows: impl IntoIterator<Item = [String; N]>) -> Option<Fragment> {
    let mut rows = rows.into_iter();
    let first = Fragment::default().sql(format!("INSERT INTO {table} VALUES (")).parameters(rows.next()?);
    Some(rows.fold(first, |insert, row| insert.sql("), (").parameters(row)).sql(")"))
}

/// A statement that carries others out with it, as PostgreSQL can: `WITH part_0 AS (…) INSERT …`.
#[derive(Debug)]
pub(crate) struct WithParts<'s, S> {
    pub(crate) parts: &'s [Fragment],
    pub(crate) statement: S,
}

impl<S> QueryId for WithParts<'_, S> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for WithParts<'_, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (position, part) in self.parts.iter().enumerate() {
            let before = if position == 0 { "WITH" } else { "," };
            out.push_sql(&format!("{before} part_{position} AS ("));
            part.walk_ast(out.reborrow())?;
            out.push_sql(") ");
        }
        self.statement.walk_ast(out)
    }
}

impl<S, C> RunQueryDsl<C> for WithParts<'_, S> {}

/// A statement of our own.
#[derive(Clone, Debug)]
pub(crate) struct Statement<T = Untyped>(Fragment, PhantomData<fn() -> T>);

impl Statement {
    /// A statement without parameters.
    pub(crate) fn new(sql: impl Into<Cow<'static, str>>) -> Self {
        Fragment::default().sql(sql).statement()
    }
}

impl Expression for Fragment {
    type SqlType = Bool;
}

impl<T> AppearsOnTable<T> for Fragment {}

impl<T> SelectableExpression<T> for Fragment {}

impl<G> ValidGrouping<G> for Fragment {
    type IsAggregate = is_aggregate::Never;
}

/// No type stands for one text: diesel remembers the prepared statement by the text itself.
impl QueryId for Fragment {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Fragment {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if self.varies {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Parameter(value) => out.push_bind_param::<Text, String>(value)?,
                Piece::Number(value) => out.push_bind_param::<BigInt, i64>(value)?,
            }
        }
        Ok(())
    }
}

impl<T> QueryId for Statement<T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QueryFragment<MultiBackend> for Statement<T> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl<T> Query for Statement<T> {
    type SqlType = T;
}

impl<C, T> RunQueryDsl<C> for Statement<T> {}
