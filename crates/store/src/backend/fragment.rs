//! SQL of our own with text parameters, for what diesel's language lacks or can't prepare once: row values, full-text
//! searches, lists of rows.
//!
//! diesel prepares its own `sql_query`, and every `IN` of a list, anew each time; these are prepared once for each text.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate,
};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Bool, SqlType, Text, Untyped};

use crate::backend::conn::MultiBackend;

/// A part of a statement; as an expression, a condition on whatever table the query is about.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Sql(Cow<'static, str>),
    Parameter(String),
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
        self
    }

    /// The whole as a statement.
    pub(crate) fn statement(self) -> Statement {
        Statement(self)
    }
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

/// A statement of our own; what it gives is read by name.
#[derive(Clone, Debug)]
pub(crate) struct Statement(Fragment);

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

/// An expression of ours without parameters, such as what a list is ordered by.
#[derive(Clone, Debug)]
pub(crate) struct Verbatim<T>(String, PhantomData<fn() -> T>);

impl<T> Verbatim<T> {
    /// The expression of this text.
    pub(crate) fn new(sql: impl Into<String>) -> Self {
        Self(sql.into(), PhantomData)
    }

    /// Its text.
    pub(crate) fn sql(&self) -> &str {
        &self.0
    }
}

impl<T: SqlType + TypedExpressionType> Expression for Verbatim<T> {
    type SqlType = T;
}

impl<T: SqlType + TypedExpressionType, Q> AppearsOnTable<Q> for Verbatim<T> {}

impl<T: SqlType + TypedExpressionType, Q> SelectableExpression<Q> for Verbatim<T> {}

impl<T, G> ValidGrouping<G> for Verbatim<T> {
    type IsAggregate = is_aggregate::Never;
}

impl<T> QueryId for Verbatim<T> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QueryFragment<MultiBackend> for Verbatim<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql(&self.0);
        Ok(())
    }
}

/// No type stands for one text: diesel remembers the prepared statement by the text itself.
impl QueryId for Fragment {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Fragment {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Parameter(value) => out.push_bind_param::<Text, String>(value)?,
            }
        }
        Ok(())
    }
}

impl QueryId for Statement {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<MultiBackend> for Statement {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Statement {}
