//! SQL of our own with parameters, for what diesel's language lacks or can't prepare once: row values, full-text searches, lists of
//! rows, conditions on whatever table a list is of.
//!
//! diesel prepares its own `sql_query`, and every `IN` of a list, anew each time; these are prepared once for each text, but where a
//! caller's list decides how many parameters there are.

use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType, Text, Untyped};
use document::value::hex;

use crate::backend::dialect::Dialect;

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

    /// Adds a stored value, which may not be valid text. If it is not, it is written into the statement itself.
    pub(crate) fn bytes(self, dialect: Dialect, stored: &[u8]) -> Self {
        match (dialect, str::from_utf8(stored)) {
            (Dialect::Sqlite, Err(_)) => {
                let sql = self.sql(format!("CAST(x'{}' AS TEXT)", hex(stored)));
                Self { varies: true, ..sql }
            }
            (_, text) => self.parameter(text.unwrap_or_default()),
        }
    }

    /// Goes on with parameters between commas.
    pub(crate) fn parameters<T: Into<String>>(self, values: impl IntoIterator<Item = T>) -> Self {
        self.parameters_between(values, ", ")
    }

    /// Goes on with parameters, and this between them.
    pub(crate) fn parameters_between<T: Into<String>>(
        mut self,
        values: impl IntoIterator<Item = T>,
        between: &'static str,
    ) -> Self {
        for (position, value) in values.into_iter().enumerate() {
            if position > 0 {
                self = self.sql(between);
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

/// That a column has one of these values, as a caller lists them; no condition where there are none.
pub(crate) fn any_of<T: Display>(column: &str, values: &[T]) -> Option<Fragment> {
    (!values.is_empty()).then(|| Fragment { varies: true, ..one_of(column, values) })
}

/// That a column has one of the values that the code lists: always as many, so that the statement is prepared once.
pub(crate) fn one_of<T: Display>(column: &str, values: &[T]) -> Fragment {
    let values = values.iter().map(ToString::to_string);
    Fragment::default().sql(format!("{column} IN (")).parameters(values).sql(")")
}

/// That all of these hold which there are.
pub(crate) fn all_of(conditions: impl IntoIterator<Item = Option<Fragment>>) -> Fragment {
    let given = conditions.into_iter().flatten();
    given.reduce(|all, next| all.sql(" AND ").and(next)).unwrap_or_else(|| Fragment::default().sql("1 = 1"))
}

/// A statement whose text is always the same, with text parameters.
pub(crate) trait FixedText: 'static {
    /// Its text, with [`PARAMETER`] where one stands.
    const PIECES: &'static [&'static str];
}

/// Such a statement that gives rows.
pub(crate) trait FixedQuery: FixedText {
    /// The types of their columns.
    type Gives;
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

impl<S: FixedQuery> Query for Fixed<'_, S> {
    type SqlType = S::Gives;
}

impl<S, C> RunQueryDsl<C> for Fixed<'_, S> {}

/// Rows that a record is found by, such as its sectors: pairs of a word and the record's id.
#[derive(Clone, Debug)]
pub struct FoundBy {
    pub(crate) rows: Vec<[String; 2]>,
    /// The table that they are in, with its columns.
    pub(crate) into: &'static str,
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

impl<DB> QueryFragment<DB> for Fragment
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
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

impl<T, DB: Backend> QueryFragment<DB> for Statement<T>
where
    Fragment: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl<T> Query for Statement<T> {
    type SqlType = T;
}

impl<C, T> RunQueryDsl<C> for Statement<T> {}
