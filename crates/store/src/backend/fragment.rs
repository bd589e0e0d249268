//! SQL of our own with text parameters, for what diesel's language lacks or can't prepare once: row values, full-text
//! searches, lists of rows.
//!
//! diesel prepares its own `sql_query`, and every `IN` of a list, anew each time; these are prepared once for each text.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, TypedExpressionType, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, HasSqlType, SqlType, Text, Untyped};

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

/// A statement whose text is always the same, with text parameters.
pub(crate) trait FixedText: 'static {
    /// Its text, with [`PARAMETER`] where one stands.
    const PIECES: &'static [&'static str];
}

pub(crate) const PARAMETER: &str = "?";

/// Such a statement with its parameters. diesel knows it by its type and never writes its text again.
pub(crate) struct Fixed<'p, S> {
    parameters: &'p [&'p str],
    text: PhantomData<fn() -> S>,
}

impl<'p, S: FixedText> Fixed<'p, S> {
    pub(crate) fn new(parameters: &'p [&'p str]) -> Self {
        Self { parameters, text: PhantomData }
    }
}

impl<S: FixedText> QueryId for Fixed<'_, S> {
    type QueryId = Fixed<'static, S>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: FixedText, DB> QueryFragment<DB> for Fixed<'_, S>
where
    DB: Backend + HasSqlType<Text>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut parameters = self.parameters.iter();
        for piece in S::PIECES {
            match *piece {
                PARAMETER => {
                    let missing = || diesel::result::Error::QueryBuilderError("a parameter is missing".into());
                    out.push_bind_param::<Text, str>(parameters.next().ok_or_else(missing)?)?;
                }
                sql => out.push_sql(sql),
            }
        }
        Ok(())
    }
}

impl<S, C> RunQueryDsl<C> for Fixed<'_, S> {}

/// Rows that a record is found by, such as its sectors: pairs of a word and the record's id.
#[derive(Clone, Debug)]
pub(crate) struct FoundBy {
    rows: Vec<[String; 2]>,
    into: &'static str,
    insert: fn(&mut SqliteConnection, &[String; 2]) -> QueryResult<usize>,
}

/// A table of such rows.
pub(crate) trait FindingTable: 'static {
    /// Its name and columns: `mutual_sectors (sector, mutual_id)`.
    const INTO: &'static str;
}

struct InsertPair<T>(PhantomData<fn() -> T>);

impl<T: FindingTable> FixedText for InsertPair<T> {
    const PIECES: &'static [&'static str] = &["INSERT INTO ", T::INTO, " VALUES (", PARAMETER, ", ", PARAMETER, ")"];
}

impl FoundBy {
    /// Rows for a table, if there are any.
    pub(crate) fn rows<T: FindingTable>(rows: impl IntoIterator<Item = [String; 2]>) -> Option<Self> {
        let rows: Vec<_> = rows.into_iter().collect();
        let insert = |conn: &mut SqliteConnection, [word, id]: &[String; 2]| {
            Fixed::<InsertPair<T>>::new(&[word, id]).execute(conn)
        };
        (!rows.is_empty()).then_some(Self { rows, into: T::INTO, insert })
    }

    /// Inserts them one by one.
    pub(crate) fn insert(&self, conn: &mut SqliteConnection) -> QueryResult<()> {
        self.rows.iter().try_for_each(|row| (self.insert)(conn, row).map(drop))
    }
}

impl QueryId for &FoundBy {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

/// One statement for all rows.
impl QueryFragment<Pg> for &FoundBy {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_sql(self.into);
        for (position, [word, id]) in self.rows.iter().enumerate() {
            out.push_sql(if position == 0 { " VALUES (" } else { ", (" });
            out.push_bind_param::<Text, String>(word)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, String>(id)?;
            out.push_sql(")");
        }
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for &FoundBy {}

/// A statement that carries others out with it, as PostgreSQL can: `WITH part_0 AS (…) INSERT …`.
#[derive(Debug)]
pub(crate) struct WithParts<'s, S> {
    pub(crate) parts: &'s [&'s FoundBy],
    pub(crate) statement: S,
}

impl<S> QueryId for WithParts<'_, S> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: QueryFragment<Pg>> QueryFragment<Pg> for WithParts<'_, S> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
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

impl<DB> QueryFragment<DB> for Fragment
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
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

impl<DB: Backend> QueryFragment<DB> for Statement
where
    Fragment: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl Query for Statement {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Statement {}
