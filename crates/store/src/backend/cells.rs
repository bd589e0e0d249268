//! Rows of any table, read from one database and written to another.
//!
//! A value is read by the type that the database reports, and written by the type of its column. SQLite stores flags as
//! numbers and times as text: on PostgreSQL they get their own types, and on SQLite they are written as the register
//! writes them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::deserialize::{self, FromSql, QueryableByName};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::row::{Field as _, NamedRow};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Nullable, Text, Timestamp};
use diesel::sqlite::{Sqlite, SqliteType};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Integer,
    Text,
    Bytes,
    Flag,
    Day,
    Instant,
}

impl Type {
    /// The type of this name on either database.
    pub(crate) fn declared(name: &str) -> Option<Self> {
        Some(match name {
            "INTEGER" | "bigint" => Self::Integer,
            "TEXT" | "text" => Self::Text,
            "BLOB" | "bytea" => Self::Bytes,
            "boolean" => Self::Flag,
            "date" => Self::Day,
            "timestamp without time zone" => Self::Instant,
            _ => return None,
        })
    }
}

/// A row as it was read.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) Vec<Cell>);

/// A value as it was read.
#[derive(Debug)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
    Flag(bool),
    Day(NaiveDate),
    Instant(NaiveDateTime),
}

impl Cell {
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => size_of::<i64>(),
        }
    }
}

impl QueryableByName<Sqlite> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let cell = |at: usize| {
            let field = diesel::row::Row::get(row, at).ok_or("a row is too short")?;
            let Some(value) = field.value() else { return Ok(Cell::Null) };
            match value.value_type() {
                None => Ok(Cell::Null),
                Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) => {
                    FromSql::<BigInt, Sqlite>::from_sql(value).map(Cell::Integer)
                }
                Some(SqliteType::Text) => FromSql::<Text, Sqlite>::from_sql(value).map(Cell::Text),
                Some(SqliteType::Binary) => FromSql::<Binary, Sqlite>::from_sql(value).map(Cell::Bytes),
                _ => Err("a number with a fraction, which no column of a register has".into()),
            }
        };
        (0..row.field_count()).map(cell).collect::<deserialize::Result<_>>().map(Self)
    }
}

impl QueryableByName<Pg> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let cell = |at: usize| {
            let field = diesel::row::Row::get(row, at).ok_or("a row is too short")?;
            let Some(value) = field.value() else { return Ok(Cell::Null) };
            // The numbers that PostgreSQL knows its types by, in every database: pg_type.dat.
            match value.get_oid().get() {
                16 => FromSql::<Bool, Pg>::from_sql(value).map(Cell::Flag),
                17 => FromSql::<Binary, Pg>::from_sql(value).map(Cell::Bytes),
                20 => FromSql::<BigInt, Pg>::from_sql(value).map(Cell::Integer),
                25 => FromSql::<Text, Pg>::from_sql(value).map(Cell::Text),
                1082 => FromSql::<Date, Pg>::from_sql(value).map(Cell::Day),
                1114 => FromSql::<Timestamp, Pg>::from_sql(value).map(Cell::Instant),
                other => Err(format!("a value of the type {other}, which no column of a register has").into()),
            }
        };
        (0..row.field_count()).map(cell).collect::<deserialize::Result<_>>().map(Self)
    }
}

/// What stands in one column of some rows.
#[derive(Debug)]
enum Values {
    Integer(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Flag(Vec<Option<bool>>),
    Day(Vec<Option<NaiveDate>>),
    Instant(Vec<Option<NaiveDateTime>>),
}

impl Values {
    fn of(holds: Type) -> Self {
        match holds {
            Type::Integer => Self::Integer(Vec::new()),
            Type::Text => Self::Text(Vec::new()),
            Type::Bytes => Self::Bytes(Vec::new()),
            Type::Flag => Self::Flag(Vec::new()),
            Type::Day => Self::Day(Vec::new()),
            Type::Instant => Self::Instant(Vec::new()),
        }
    }

    fn push(&mut self, cell: Cell) -> Result<(), String> {
        match (self, cell) {
            (Self::Integer(values), Cell::Null) => values.push(None),
            (Self::Text(values), Cell::Null) => values.push(None),
            (Self::Bytes(values), Cell::Null) => values.push(None),
            (Self::Flag(values), Cell::Null) => values.push(None),
            (Self::Day(values), Cell::Null) => values.push(None),
            (Self::Instant(values), Cell::Null) => values.push(None),
            (Self::Integer(values), Cell::Integer(number)) => values.push(Some(number)),
            (Self::Integer(values), Cell::Flag(flag)) => values.push(Some(flag.into())),
            (Self::Text(values), Cell::Text(text)) => values.push(Some(text)),
            (Self::Bytes(values), Cell::Bytes(bytes)) => values.push(Some(bytes)),
            (Self::Flag(values), Cell::Flag(flag)) => values.push(Some(flag)),
            (Self::Flag(values), Cell::Integer(number @ 0..=1)) => values.push(Some(number == 1)),
            (Self::Day(values), Cell::Day(day)) => values.push(Some(day)),
            (Self::Day(values), Cell::Text(text)) => {
                values
                    .push(Some(NaiveDate::parse_from_str(&text, "%F").map_err(|error| format!("«{text}»: {error}"))?));
            }
            (Self::Instant(values), Cell::Instant(instant)) => values.push(Some(instant)),
            (Self::Instant(values), Cell::Text(text)) => {
                let instant = NaiveDateTime::parse_from_str(&text, "%F %T%.f");
                values.push(Some(instant.map_err(|error| format!("«{text}»: {error}"))?));
            }
            (values, cell) => {
                let kind = values.kind();
                return Err(format!("{cell:?} is not a value of the type {kind:?}"));
            }
        }
        Ok(())
    }

    fn kind(&self) -> Type {
        match self {
            Self::Integer(_) => Type::Integer,
            Self::Text(_) => Type::Text,
            Self::Bytes(_) => Type::Bytes,
            Self::Flag(_) => Type::Flag,
            Self::Day(_) => Type::Day,
            Self::Instant(_) => Type::Instant,
        }
    }
}

/// Rows that are written together, column by column.
#[derive(Debug)]
pub(crate) struct Batch {
    columns: Vec<Values>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    /// No rows yet, of columns that hold this.
    pub(crate) fn of(columns: impl IntoIterator<Item = Type>) -> Self {
        Self { columns: columns.into_iter().map(Values::of).collect(), rows: 0, bytes: 0 }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// In words, where a value is none of its column's.
    pub(crate) fn push(&mut self, row: Row) -> Result<(), String> {
        for (values, cell) in self.columns.iter_mut().zip(row.0) {
            self.bytes += cell.len();
            values.push(cell)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether it is time to write them.
    pub(crate) fn is_full(&self) -> bool {
        const MOST_ROWS: usize = 2000;
        const MOST_BYTES: usize = 4 << 20;
        self.rows >= MOST_ROWS || self.bytes >= MOST_BYTES
    }

    /// Inserts them into PostgreSQL with one statement: each column is one parameter.
    pub(crate) fn insert_all(&self, conn: &mut PgConnection, into: &str) -> QueryResult<()> {
        All { batch: self, into }.execute(conn).map(drop)
    }

    /// Inserts them into SQLite one by one, with a statement that is prepared once.
    pub(crate) fn insert_each(&self, conn: &mut SqliteConnection, into: &str) -> QueryResult<()> {
        (0..self.rows).try_for_each(|at| One { batch: self, into, at }.execute(conn).map(drop))
    }
}

struct All<'b> {
    batch: &'b Batch,
    into: &'b str,
}

impl QueryId for All<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for All<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_sql(self.into);
        out.push_sql(" OVERRIDING SYSTEM VALUE SELECT * FROM unnest(");
        for (position, values) in self.batch.columns.iter().enumerate() {
            if position > 0 {
                out.push_sql(", ");
            }
            match values {
                Values::Integer(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Values::Text(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                Values::Bytes(values) => out.push_bind_param::<Array<Nullable<Binary>>, _>(values)?,
                Values::Flag(values) => out.push_bind_param::<Array<Nullable<Bool>>, _>(values)?,
                Values::Day(values) => out.push_bind_param::<Array<Nullable<Date>>, _>(values)?,
                Values::Instant(values) => out.push_bind_param::<Array<Nullable<Timestamp>>, _>(values)?,
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for All<'_> {}

struct One<'b> {
    batch: &'b Batch,
    into: &'b str,
    at: usize,
}

impl QueryId for One<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Sqlite> for One<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_sql(self.into);
        for (position, values) in self.batch.columns.iter().enumerate() {
            out.push_sql(if position == 0 { " VALUES (" } else { ", " });
            match values {
                Values::Integer(values) => bind::<BigInt, _>(&mut out, values, self.at)?,
                Values::Text(values) => bind::<Text, _>(&mut out, values, self.at)?,
                Values::Bytes(values) => bind::<Binary, _>(&mut out, values, self.at)?,
                Values::Flag(values) => bind::<Bool, _>(&mut out, values, self.at)?,
                Values::Day(values) => bind::<Date, _>(&mut out, values, self.at)?,
                Values::Instant(values) => bind::<Timestamp, _>(&mut out, values, self.at)?,
            }
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<SqliteConnection> for One<'_> {}

fn bind<'b, ST, T>(out: &mut AstPass<'_, 'b, Sqlite>, values: &'b [Option<T>], at: usize) -> QueryResult<()>
where
    Sqlite: diesel::sql_types::HasSqlType<ST>,
    ST: diesel::sql_types::SingleValue + diesel::sql_types::SqlType<IsNull = diesel::sql_types::is_nullable::NotNull>,
    Option<T>: diesel::serialize::ToSql<Nullable<ST>, Sqlite>,
{
    let value = values.get(at).ok_or(diesel::result::Error::NotFound)?;
    out.push_bind_param::<Nullable<ST>, Option<T>>(value)
}
