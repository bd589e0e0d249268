//! What the two databases say differently: the few statements that diesel's common form can't express.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{BigInt, Nullable, Timestamp};
use diesel::sqlite::Sqlite;
use domain::{SearchQuery, SearchWord};

use crate::backend::conn::Conn;
use crate::backend::fragment::{Fixed, FixedText, FoundBy, Fragment, PARAMETER, Statement, WithParts, all_of};
use crate::backend::schema::entries;
use crate::error::{BatchError, Error};
use crate::log::entry::{self, Head, HeadRow};

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

    /// The text of a member of a JSON object that is stored as text. An index on it must be written in the same way.
    pub(crate) fn member(self, column: &str, name: &str) -> String {
        match self {
            Self::Postgres => format!("(CAST({column} AS JSON) ->> '{name}')"),
            Self::Sqlite => format!("json_extract({column}, '$.{name}')"),
        }
    }

    /// The bytes of a text as they are stored.
    pub(crate) fn bytes(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("convert_to({text}, 'UTF8')"),
            Self::Sqlite => format!("CAST({text} AS BLOB)"),
        }
    }

    /// A value as text, in hexadecimal. A hyphen if there is none.
    pub(crate) fn hex(self, value: &str) -> String {
        match self {
            Self::Postgres => format!("COALESCE(encode(convert_to(CAST({value} AS TEXT), 'UTF8'), 'hex'), '-')"),
            Self::Sqlite => format!("CASE WHEN {value} IS NULL THEN '-' ELSE lower(hex({value})) END"),
        }
    }

    /// No bytes.
    pub(crate) fn no_bytes(self) -> &'static str {
        match self {
            Self::Postgres => "CAST(NULL AS BYTEA)",
            Self::Sqlite => "NULL",
        }
    }

    /// The position of a text in another, from 1. 0 if it is not there.
    pub(crate) fn position(self, part: &str, text: &str) -> String {
        match self {
            Self::Postgres => format!("strpos({text}, {part})"),
            Self::Sqlite => format!("instr({text}, {part})"),
        }
    }

    /// Selects a row for each of these texts in which the column that `found_in` ends with is this text: each is looked up in an index.
    /// For `IN`, SQLite sorts the texts first; PostgreSQL reads the whole table as long as it doesn't know how few rows share a text.
    pub(crate) fn select_among<'t>(
        self,
        columns: &str,
        found_in: String,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Fragment {
        let texts = Fragment::default().parameters_between(texts, "), (");
        match self {
            Self::Postgres => texts
                .within("SELECT found.* FROM (VALUES (".to_owned(), ")) AS wanted (text) CROSS JOIN LATERAL (SELECT ")
                .sql(format!("{columns} FROM {found_in} = wanted.text LIMIT 1) AS found")),
            Self::Sqlite => texts
                .within(format!("SELECT {columns} FROM (VALUES ("), ")) AS wanted CROSS JOIN ")
                .sql(found_in)
                .sql(" = wanted.column1"),
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
    let begin = match conn.dialect() {
        Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Dialect::Sqlite => "BEGIN DEFERRED",
    };
    control(conn, &[begin])
}

/// The same for what is no answer: on PostgreSQL each statement may take 30 s.
pub(crate) fn begin_long_read(conn: &mut Conn) -> QueryResult<()> {
    begin_read(conn)?;
    match conn.dialect() {
        Dialect::Postgres => control(conn, &["SET LOCAL statement_timeout = '30s'"]),
        Dialect::Sqlite => Ok(()),
    }
}

/// What a connection keeps pages of the database for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pages {
    /// For reads that come to the same pages again.
    OfReads,
    /// For one that walks over all of a table and comes to each page once: to keep many would take room and save nothing.
    OfWalk,
}

/// How much a connection keeps in memory of the database, on SQLite; PostgreSQL keeps it itself.
pub(crate) fn keep_pages(conn: &mut Conn, pages: Pages) -> QueryResult<()> {
    match (conn, pages) {
        (Conn::Postgres(_), _) => Ok(()),
        (Conn::Sqlite(conn), Pages::OfReads) => conn.batch_execute("PRAGMA cache_size = -8192"),
        (Conn::Sqlite(conn), Pages::OfWalk) => conn.batch_execute("PRAGMA cache_size = -512"),
    }
}

/// Begins a snapshot for a walk.
pub(crate) fn begin_walk(conn: &mut Conn) -> QueryResult<()> {
    keep_pages(conn, Pages::OfWalk)?;
    begin_read(conn)
}

/// Ends a walk, and leaves the connection as it was.
pub(crate) fn end_walk(conn: &mut Conn) -> QueryResult<()> {
    control(conn, &["ROLLBACK"])?;
    keep_pages(conn, Pages::OfReads)
}

/// Statements without parameters: on PostgreSQL in one round trip, on SQLite each prepared once.
pub(crate) fn control(conn: &mut Conn, statements: &[&'static str]) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute(&statements.join("; ")),
        Conn::Sqlite(_) => statements.iter().try_for_each(|sql| Statement::new(*sql).execute(conn).map(drop)),
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// What there is when a transaction for writing begins.
#[derive(QueryableByName)]
struct BegunRow {
    #[diesel(embed)]
    head: HeadRow,
    #[diesel(sql_type = Nullable<Timestamp>)]
    database_time: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    changes: i64,
}

/// The same, read.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    /// How far the log goes.
    pub(crate) head: Head,
    /// What the clock of the database shows, if it has one of its own.
    pub(crate) database_time: Option<DateTime<Utc>>,
    /// How many rows the connection has ever changed, on SQLite, which counts them.
    pub(crate) changes: i64,
}

/// Begins a transaction that is alone in writing, on SQLite by the database's own lock and on PostgreSQL by that on the
/// log's head, and gives that head.
pub(crate) fn begin_write(conn: &mut Conn) -> Result<Begun, Error> {
    let (begin, head) = match conn {
        Conn::Postgres(_) => (
            "BEGIN ISOLATION LEVEL READ COMMITTED",
            "SELECT seq, at, epoch, epoch_at, clock_settled, clock_timestamp() AT TIME ZONE 'UTC' AS database_time, \
             CAST(0 AS BIGINT) AS changes FROM log_head FOR UPDATE",
        ),
        Conn::Sqlite(_) => (
            "BEGIN IMMEDIATE",
            "SELECT seq, at, epoch, epoch_at, clock_settled, NULL AS database_time, total_changes() AS changes \
             FROM log_head",
        ),
    };
    control(conn, &[begin])?;
    let BegunRow { head, database_time, changes } = Statement::new(head).get_result(conn)?;
    Ok(Begun { head: head.try_into()?, database_time: database_time.map(|time| time.and_utc()), changes })
}

/// Whether a transaction has anything to put on disk, given how many rows the connection had changed before it. On PostgreSQL it always
/// has: the lock on the log's head.
pub(crate) fn has_changed(conn: &mut Conn, changes_before: i64) -> QueryResult<bool> {
    match conn {
        Conn::Postgres(_) => Ok(true),
        Conn::Sqlite(_) => Ok(changes(conn)? != changes_before),
    }
}

fn changes(conn: &mut Conn) -> QueryResult<i64> {
    Ok(Statement::new("SELECT total_changes() AS number").get_result::<Number>(conn)?.number)
}

/// Where it is to be checked that a change says that it is one: how many rows the connection has ever changed, on SQLite, which
/// counts them.
pub(crate) fn changes_to_check(conn: &mut Conn) -> QueryResult<Option<i64>> {
    match conn {
        Conn::Sqlite(_) if cfg!(debug_assertions) => changes(conn).map(Some),
        _ => Ok(None),
    }
}

/// Whether the transaction goes on after a refusal. PostgreSQL refuses everything more where a statement has failed; SQLite ends
/// the whole transaction by itself at some faults of the disk, and then nothing may go on as if it were still there.
pub(crate) fn goes_on(conn: &mut Conn) -> Result<bool, Error> {
    match conn {
        Conn::Postgres(conn) => Ok(conn.batch_execute("SELECT 1").is_ok()),
        Conn::Sqlite(_) => match control(conn, &["BEGIN"]) {
            Ok(()) => Err(Error::Internal("the database ended the transaction".to_owned())),
            Err(_) => Ok(true),
        },
    }
}

/// What a failed commit leaves open.
///
/// If PostgreSQL answers with an error, it has stored nothing. If it does not answer, it may have stored the
/// transaction. SQLite writes a transaction to its write-ahead log. If a later step such as `fsync` fails, the
/// transaction stays there, and a process that opens the database after a crash may find it, until another commit
/// overwrites it.
pub(crate) fn after_failed_commit(conn: &Conn, error: DieselError) -> BatchError {
    let is_certain = match conn {
        Conn::Postgres(_) => was_answered(&error),
        Conn::Sqlite(_) => was_not_written(&error),
    };
    if is_certain {
        BatchError::NotCommitted(error.into())
    } else {
        BatchError::Unknown(Error::OutcomeUnknown(error.to_string()))
    }
}

fn was_answered(error: &DieselError) -> bool {
    use DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
    matches!(error, DieselError::DatabaseError(kind, _) if !matches!(kind, ClosedConnection | UnableToSendCommand))
}

/// The failures that SQLite finds before it has written the whole transaction. A log that the disk has no room for lacks the end of it.
fn was_not_written(error: &DieselError) -> bool {
    const BEFORE: &[&str] = &["database is locked", "database or disk is full", "no transaction is active"];
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => true,
        DieselError::DatabaseError(_, info) => BEFORE.iter().any(|text| info.message().contains(text)),
        _ => false,
    }
}

/// Stores numbered entries: PostgreSQL takes them in one round trip, SQLite one by one with a statement prepared once.
pub(crate) fn insert_entries(conn: &mut Conn, rows: &[entry::Row<'_>]) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => diesel::insert_into(entries::table).values(rows).execute(conn).map(drop),
        Conn::Sqlite(conn) => {
            rows.iter().try_for_each(|row| diesel::insert_into(entries::table).values(row).execute(conn).map(drop))
        }
    }
}

/// Writes a record with the rows that it is found by: on PostgreSQL in one round trip.
///
/// The statements run on the connection itself: through the type that stands for both databases diesel would write their texts each time.
pub(crate) fn write_with_parts<S>(conn: &mut Conn, statement: S, parts: &[FoundBy]) -> QueryResult<()>
where
    S: QueryFragment<Pg> + QueryFragment<Sqlite> + QueryId + RunQueryDsl<SqliteConnection>,
{
    match conn {
        Conn::Postgres(conn) => {
            let parts: Vec<&FoundBy> = parts.iter().collect();
            WithParts { parts: &parts, statement }.execute(conn).map(drop)
        }
        Conn::Sqlite(conn) => {
            statement.execute(conn)?;
            parts.iter().try_for_each(|part| part.insert(conn))
        }
    }
}

/// Changes the row that is there for it, so that a commit has something to put on disk.
pub(crate) fn probe(conn: &mut Conn) -> QueryResult<()> {
    Statement::new("UPDATE write_probe SET number = number + 1").execute(conn).map(drop)
}

/// Whether a connection still answers.
pub(crate) fn answers(conn: &mut Conn) -> bool {
    match conn {
        Conn::Postgres(conn) => conn.batch_execute("SELECT 1").is_ok(),
        Conn::Sqlite(_) => true,
    }
}

/// Makes stored records of one table findable, each by its tokens, separated by spaces: on PostgreSQL in one round trip.
///
/// On SQLite a statement that may insert several rows begins a savepoint of its own, at which the index writes a segment: hence
/// `VALUES`.
pub(crate) fn insert_words(conn: &mut Conn, records: &[(Searched, &str, &str)]) -> QueryResult<()> {
    let Some((table, index)) = records.first().map(|(searched, ..)| searched.tables()) else { return Ok(()) };
    match conn {
        Conn::Postgres(_) => {
            let mut insert = Fragment::default().sql(format!(
                "INSERT INTO {index} (tokens, row_no) SELECT array_to_tsvector(string_to_array(words.tokens, ' ')), {table}.row_no FROM ("
            ));
            for (position, (_, id, tokens)) in records.iter().enumerate() {
                let before = if position == 0 { "VALUES (" } else { "), (" };
                insert = insert.sql(before).parameters([*id, *tokens]);
            }
            let rest = format!(")) AS words (id, tokens) JOIN {table} ON {table}.id = words.id");
            insert.sql(rest).statement().execute(conn).map(drop)
        }
        Conn::Sqlite(conn) => records.iter().try_for_each(|(searched, id, tokens)| {
            let words = [*tokens, *id];
            let inserted = match searched {
                Searched::Departments => Fixed::<DepartmentWords>::new(&words).execute(conn),
                Searched::Mutuals => Fixed::<MutualWords>::new(&words).execute(conn),
                Searched::Contracts => Fixed::<ContractWords>::new(&words).execute(conn),
            };
            inserted.map(drop)
        }),
    }
}

/// Inserts rows that a record is found by, alone.
pub(crate) fn insert_found_by(conn: &mut Conn, rows: &FoundBy) -> QueryResult<()> {
    match conn {
        Conn::Postgres(conn) => rows.execute(conn).map(drop),
        Conn::Sqlite(conn) => rows.insert(conn),
    }
}

struct DepartmentWords;

impl FixedText for DepartmentWords {
    const PIECES: &'static [&'static str] = &[
        "INSERT INTO department_search (tokens, rowid) VALUES (",
        PARAMETER,
        ", (SELECT row_no FROM departments WHERE id = ",
        PARAMETER,
        "))",
    ];
}

struct MutualWords;

impl FixedText for MutualWords {
    const PIECES: &'static [&'static str] = &[
        "INSERT INTO mutual_search (tokens, rowid) VALUES (",
        PARAMETER,
        ", (SELECT row_no FROM mutuals WHERE id = ",
        PARAMETER,
        "))",
    ];
}

struct ContractWords;

impl FixedText for ContractWords {
    const PIECES: &'static [&'static str] = &[
        "INSERT INTO contract_search (tokens, rowid) VALUES (",
        PARAMETER,
        ", (SELECT row_no FROM contracts WHERE id = ",
        PARAMETER,
        "))",
    ];
}

/// A table whose words are searched by `q`, and its index of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    Departments,
    Mutuals,
    Contracts,
}

impl Searched {
    fn tables(self) -> (&'static str, &'static str) {
        match self {
            Self::Departments => ("departments", "department_search"),
            Self::Mutuals => ("mutuals", "mutual_search"),
            Self::Contracts => ("contracts", "contract_search"),
        }
    }

    pub(crate) fn table(self) -> &'static str {
        let (table, _) = self.tables();
        table
    }

    pub(crate) fn index(self) -> &'static str {
        let (_, index) = self.tables();
        index
    }

    /// Selects the next records in the order of their numbers, with their newest entries: `row_no, id, document, seq, after`.
    pub(crate) fn select_numbered(self, dialect: Dialect, newest: &str, after: i64, limit: usize) -> Fragment {
        let table = self.table();
        let [id, document, logged] = ["r.id", "r.document", "e.after"].map(|column| dialect.bytes(column));
        Fragment::default()
            .sql(format!(
                "SELECT r.row_no AS row_no, {id} AS id, {document} AS document, e.seq AS seq, {logged} AS after \
                 FROM {table} r LEFT JOIN entries e ON e.seq = {newest} WHERE r.row_no > "
            ))
            .number(after)
            .sql(format!(" ORDER BY r.row_no LIMIT {limit}"))
    }

    /// Selects what the index keeps under the numbers after one, up to another: `row_no`, `words`, and on SQLite the `size`, their
    /// number.
    pub(crate) fn select_indexed(self, dialect: Dialect, after: i64, last: i64) -> Fragment {
        let index = self.index();
        let within = |select: String, number| {
            Fragment::default()
                .sql(format!("{select} WHERE {number} > "))
                .number(after)
                .sql(format!(" AND {number} <= "))
                .number(last)
        };
        match dialect {
            Dialect::Postgres => {
                let words = dialect.bytes("array_to_string(tsvector_to_array(s.tokens), ' ')");
                within(
                    format!(
                        "SELECT s.row_no AS row_no, {} AS size, {words} AS words FROM {index} s",
                        dialect.no_bytes()
                    ),
                    "s.row_no",
                )
            }
            Dialect::Sqlite => Fragment::default()
                .sql(format!("SELECT n.id AS row_no, s.sz AS size, {} AS words FROM (", dialect.bytes("c.c0")))
                .and(within(format!("SELECT id FROM {index}_docsize"), "id"))
                .sql(" UNION ")
                .and(within(format!("SELECT id FROM {index}_content"), "id"))
                .sql(format!(
                    ") n LEFT JOIN {index}_docsize s ON s.id = n.id LEFT JOIN {index}_content c ON c.id = n.id"
                )),
        }
    }

    /// The numbers after one, up to another, that SQLite's index finds by a word. An index that can't be read finds none.
    pub(crate) fn posted(self, conn: &mut Conn, word: &str, after: i64, last: i64) -> BTreeSet<i64> {
        let index = self.index();
        let select = Fragment::default().sql(format!("SELECT rowid FROM {index} WHERE {index} MATCH "));
        let select = select.parameter(format!("\"{word}\"")).sql(" AND rowid > ").number(after).sql(" AND rowid <= ");
        let found: QueryResult<Vec<i64>> = select.number(last).giving::<BigInt>().load(conn);
        found.unwrap_or_default().into_iter().collect()
    }

    /// The number by which the index knows a record.
    pub(crate) fn row_no(self, conn: &mut Conn, id: &str) -> QueryResult<i64> {
        let (table, _) = self.tables();
        let select = Fragment::default().sql(format!("SELECT row_no AS number FROM {table} WHERE id = ")).parameter(id);
        Ok(select.statement().get_result::<Number>(conn)?.number)
    }

    /// Makes a record unfindable.
    pub(crate) fn remove(self, conn: &mut Conn, row_no: i64) -> QueryResult<()> {
        let (_, index) = self.tables();
        let number = match conn {
            Conn::Postgres(_) => "row_no",
            Conn::Sqlite(_) => "rowid",
        };
        let delete = Fragment::default()
            .sql(format!("DELETE FROM {index} WHERE {number} = CAST("))
            .parameter(row_no.to_string())
            .sql(" AS BIGINT)");
        delete.statement().execute(conn).map(drop)
    }

    /// Every word of the query starts a token of the record: by the index of words, all that do at once. What a word costs there
    /// depends on how many records have it, so that those which many have are looked for in the records that have the others.
    pub(crate) fn condition(self, conn: &mut Conn, query: &SearchQuery) -> Result<Fragment, Error> {
        let dialect = conn.dialect();
        let (mut common, mut rare) = (Vec::new(), Vec::new());
        for word in query.words() {
            let is_common = query.words().len() > 1 && self.is_common(conn, word)?;
            let words = if is_common { &mut common } else { &mut rare };
            words.push(word);
        }
        if rare.is_empty() || common.is_empty() {
            return Ok(self.indexed(dialect, query.words()));
        }
        Ok(self.indexed(dialect, rare).sql(" AND ").and(self.own_words(dialect, common)))
    }

    fn indexed<'q>(self, dialect: Dialect, words: impl IntoIterator<Item = &'q SearchWord>) -> Fragment {
        let (table, index) = self.tables();
        match dialect {
            Dialect::Postgres => Fragment::default()
                .sql(format!("{table}.row_no IN (SELECT row_no FROM {index} WHERE tokens @@ CAST("))
                .parameter(tsquery(words))
                .sql(" AS tsquery))"),
            Dialect::Sqlite => {
                let starts = |word: &str| format!("\"{word}\"*");
                let words = words.into_iter().map(|word| expression(word, starts, [" AND ", " OR "]));
                Fragment::default()
                    .sql(format!("{table}.row_no IN (SELECT rowid FROM {index} WHERE {index} MATCH "))
                    .parameter(words.collect::<Vec<_>>().join(" AND "))
                    .sql(")")
            }
        }
    }

    /// The same by the words of each record itself, for records that are walked over.
    pub(crate) fn own_words<'q>(self, dialect: Dialect, words: impl IntoIterator<Item = &'q SearchWord>) -> Fragment {
        let (table, index) = self.tables();
        match dialect {
            // As a value and not as EXISTS, which PostgreSQL would turn into a search of its index.
            Dialect::Postgres => Self::has(dialect, words)
                .within("(SELECT ", "")
                .sql(format!(" FROM {index} WHERE {index}.row_no = {table}.row_no)")),
            Dialect::Sqlite => Self::has(dialect, words)
                .within("(SELECT ", "")
                .sql(format!(" FROM {index}_content WHERE {index}_content.id = {table}.row_no)")),
        }
    }

    /// That a row of the index of words has each of these.
    fn has<'q>(dialect: Dialect, words: impl IntoIterator<Item = &'q SearchWord>) -> Fragment {
        let starts =
            |word: &str| Fragment::default().sql("instr(' ' || c0, ").parameter(format!(" {word}")).sql(") > 0");
        match dialect {
            Dialect::Postgres => {
                Fragment::default().sql("tokens @@ CAST(").parameter(tsquery(words)).sql(" AS tsquery)")
            }
            Dialect::Sqlite => all_of(words.into_iter().map(|word| {
                let parts = all_of(word.parts().iter().map(|part| Some(starts(part))));
                Some(match word.joined() {
                    Some(joined) => starts(joined).within("(", " OR (").and(parts).sql("))"),
                    None => parts,
                })
            })),
        }
    }

    /// Whether a tenth of some records have a word that begins so.
    fn is_common(self, conn: &mut Conn, word: &SearchWord) -> QueryResult<bool> {
        const SAMPLE: i64 = 200;
        let (_, index) = self.tables();
        let (words, source) = match conn.dialect() {
            Dialect::Postgres => ("tokens", index.to_owned()),
            Dialect::Sqlite => ("c0", format!("{index}_content")),
        };
        let sample =
            format!("SELECT COUNT(*) AS number FROM (SELECT {words} FROM {source} LIMIT {SAMPLE}) AS sample WHERE ");
        let having = Fragment::default().sql(sample).and(Self::has(conn.dialect(), [word]));
        Ok(having.statement().get_result::<Number>(conn)?.number >= SAMPLE / 10)
    }
}

/// That each part of a word, or all of them as one, start a word: in the language of an index.
fn expression(word: &SearchWord, starts: impl Fn(&str) -> String, [and, or]: [&str; 2]) -> String {
    let parts = word.parts().iter().map(|part| starts(part)).collect::<Vec<_>>().join(and);
    match word.joined() {
        Some(joined) => format!("({}{or}({parts}))", starts(joined)),
        None => parts,
    }
}

fn tsquery<'q>(words: impl IntoIterator<Item = &'q SearchWord>) -> String {
    let starts = |word: &str| format!("'{word}':*");
    let words = words.into_iter().map(|word| expression(word, starts, [" & ", " | "]));
    words.collect::<Vec<_>>().join(" & ")
}
