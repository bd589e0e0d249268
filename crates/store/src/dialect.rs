//! What the two databases say differently: the few statements that diesel's common form can't express.

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::SearchQuery;

use crate::conn::Conn;
use crate::entry_log;
use crate::error::Error;
use crate::fragment::Fragment;
use crate::schema::entries;
use crate::writer::BatchError;

/// Inserts many rows of one table: natively on each database, since the common form knows no batch.
macro_rules! insert_all {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            $crate::conn::Conn::Postgres(conn) => diesel::insert_into($table).values($rows).execute(conn),
            $crate::conn::Conn::Sqlite(conn) => diesel::insert_into($table).values($rows).execute(conn),
        }
    };
}
pub(crate) use insert_all;

/// Which of the two databases a connection speaks to, where SQL must differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    /// What stands around a parameter: PostgreSQL must be told its type, SQLite goes by the column's.
    pub(crate) fn cast(self, postgres_type: &str) -> (&'static str, String) {
        match self {
            Self::Postgres => ("CAST(", format!(" AS {postgres_type})")),
            Self::Sqlite => ("", String::new()),
        }
    }
}

impl Conn {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(_) => Dialect::Postgres,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }
}

/// Begins a snapshot for reading.
pub(crate) fn begin_read(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        Conn::Sqlite(conn) => conn.batch_execute("BEGIN DEFERRED"),
    }
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

/// Begins a transaction that is alone in writing, on SQLite by the database's own lock and on PostgreSQL by that on the
/// log's head, and gives the number of the newest entry.
pub(crate) fn begin_write(conn: &mut Conn) -> Result<i64, Error> {
    let (begin, head) = match conn {
        Conn::Postgres(_) => ("BEGIN", "SELECT seq FROM log_head FOR UPDATE"),
        Conn::Sqlite(_) => ("BEGIN IMMEDIATE", "SELECT seq FROM log_head"),
    };
    conn.batch_execute(begin)?;
    Ok(diesel::sql_query(head).get_result::<Head>(conn)?.seq)
}

/// A failed commit has stored nothing on SQLite; on PostgreSQL a lost connection leaves it open.
pub(crate) fn after_failed_commit(conn: &Conn, error: Error) -> BatchError {
    match (conn, error) {
        (Conn::Postgres(_), Error::Unavailable(said)) => BatchError::Unknown(Error::OutcomeUnknown(said)),
        (_, error) => BatchError::NotCommitted(error),
    }
}

/// Stores numbered entries.
pub(crate) fn insert_entries(conn: &mut Conn, rows: &[entry_log::Row<'_>]) -> QueryResult<usize> {
    insert_all!(conn, entries::table, rows)
}

/// Whether a connection still answers.
pub(crate) fn answers(conn: &mut Conn) -> bool {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute("SELECT 1").is_ok(),
        Conn::Sqlite(_) => true,
    }
}

/// A table whose words are searched by `q`, and its index of them.
#[derive(Clone, Copy)]
pub(crate) enum Searched {
    Departments,
    Mutuals,
}

impl Searched {
    fn tables(self) -> (&'static str, &'static str) {
        match self {
            Self::Departments => ("departments", "department_search"),
            Self::Mutuals => ("mutuals", "mutual_search"),
        }
    }

    /// Makes a stored record findable by these tokens.
    pub(crate) fn insert(self, conn: &mut Conn, id: &str, tokens: &[String]) -> QueryResult<()> {
        let (table, index) = self.tables();
        let (number, array) = match conn {
            Conn::Postgres(_) => ("row_no", "array_to_tsvector(string_to_array($1, ' '))"),
            Conn::Sqlite(_) => ("rowid", "$1"),
        };
        diesel::sql_query(format!(
            "INSERT INTO {index} ({number}, tokens) SELECT row_no, {array} FROM {table} WHERE id = $2"
        ))
        .bind::<Text, _>(tokens.join(" "))
        .bind::<Text, _>(id)
        .execute(conn)
        .map(drop)
    }

    /// Makes it unfindable again, before it is changed or deleted.
    pub(crate) fn remove(self, conn: &mut Conn, id: &str) -> QueryResult<()> {
        let (table, index) = self.tables();
        let number = match conn {
            Conn::Postgres(_) => "row_no",
            Conn::Sqlite(_) => "rowid",
        };
        diesel::sql_query(format!(
            "DELETE FROM {index} WHERE {number} = (SELECT row_no FROM {table} WHERE id = $1)"
        ))
        .bind::<Text, _>(id)
        .execute(conn)
        .map(drop)
    }

    /// Every word of the query starts a token of the record.
    pub(crate) fn condition(self, dialect: Dialect, query: &SearchQuery) -> Fragment {
        let (table, index) = self.tables();
        match dialect {
            Dialect::Postgres => Fragment::default()
                .sql(format!("{table}.row_no IN (SELECT row_no FROM {index} WHERE tokens @@ CAST("))
                .parameter(join(query, |token| format!("'{token}':*"), " & "))
                .sql(" AS tsquery))"),
            Dialect::Sqlite => Fragment::default()
                .sql(format!("{table}.row_no IN (SELECT rowid FROM {index} WHERE {index} MATCH "))
                .parameter(join(query, |token| format!("\"{token}\"*"), " AND "))
                .sql(")"),
        }
    }
}

fn join(query: &SearchQuery, quote: impl Fn(&String) -> String, with: &str) -> String {
    query.tokens().iter().map(quote).collect::<Vec<_>>().join(with)
}

/// How both databases order instants as text in a position of a list; the form in which diesel stores them on SQLite.
pub(crate) fn instant_key(instant: &NaiveDateTime) -> String {
    instant.format("%F %T%.f").to_string()
}
