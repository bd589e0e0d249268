//! A whole register from one database into another, of the same kind or the other.
//!
//! The catalogues of both databases decide what is copied: every table with every column, unchanged. Only the index of
//! words is built again from the records. The source is read in one snapshot; the target is written in one transaction,
//! on SQLite in a file that is moved into place when all is right.

use std::error::Error as StdError;
use std::fmt;

use diesel::connection::{Connection as _, DefaultLoadingMode, SimpleConnection};
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::backend::backup::expect_free;
use crate::backend::cells::{Batch, Row, Type};
use crate::backend::conn::{Conn, DatabaseUrl, Purpose};
use crate::backend::dialect;
use crate::backend::files::{Fresh, PlacingError};
use crate::backend::fragment::Fragment;
use crate::backend::migrate::{self, expect_current_on, has_register, open_register};
use crate::backend::server::{self, Use};
use crate::backend::tables::{Table, tables};
use crate::error::{BatchError, Error, OpenError};
use crate::log::{entry_log, log_tree};
use crate::register::{record, upgrade};
use crate::transaction::ReadTx;
use crate::verification;
use domain::tree::Hash;

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyProgress<'t> {
    /// The table that is being copied.
    pub table: &'t str,
    /// The number of its rows in the target.
    pub rows: i64,
    /// The number of its rows in the source.
    pub of: i64,
}

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Each table with the number of its rows.
    pub tables: Vec<(String, i64)>,
    /// The number of the newest entry.
    pub head: i64,
    /// The root of the tree over all entries.
    pub root: Hash,
}

/// Copies a register into a place where none is, and checks the copy: the number of rows of each table, the head of the log, the log
/// itself, and the records by it.
///
/// The source is read as it is at the beginning, and may go on. Either the whole copy is in its place at the end, or nothing.
///
/// # Errors
/// [`OpenError::NoRegister`] or [`OpenError::Migration`] where the source is no register of this version, [`OpenError::Copy`] where the
/// target is not free, or the copy fails or is not as its source.
pub fn copy(from: &DatabaseUrl, to: &DatabaseUrl, tell: &mut dyn FnMut(CopyProgress<'_>)) -> Result<Copied, OpenError> {
    let mut source = open_register(from)?;
    expect_current_on(&mut source, from)?;
    let failed = |failure: Failure| {
        let is_there =
            matches!(failure.downcast_ref(), Some(PlacingError::NotOnDisk(_))) || failure.is::<Unconfirmed>();
        let nothing = if is_there { String::new() } else { format!(". Nothing was changed at {to}") };
        OpenError::Copy(format!("cannot copy {from} to {to}: {failure}{nothing}"))
    };
    begin_source(&mut source).map_err(failed)?;
    expect_closed(&mut source).map_err(failed)?;
    match to {
        DatabaseUrl::Sqlite(path) => {
            expect_free(path)?;
            let _lock = migrate::lock_beside(path).map_err(|error| failed(error.into()))?;
            expect_free(path)?;
            into_file(&mut source, Fresh::beside(path, ".copying").map_err(|error| failed(error.into()))?, tell)
        }
        DatabaseUrl::Postgres(_) => into_database(&mut source, to, tell),
    }
    .map_err(failed)
}

type Failure = Box<dyn StdError + Send + Sync>;

/// Votes are not copied: what would be copied of an open ballot could never be counted.
fn expect_closed(source: &mut Conn) -> Result<(), Failure> {
    let open = Fragment::default().sql("SELECT id FROM staff_ballots WHERE state = 'open' ORDER BY id");
    let open: Vec<String> = open.giving::<Text>().load(source)?;
    if open.is_empty() {
        return Ok(());
    }
    let advice = "copy the register when they have closed, or cancel them first";
    Err(format!("votes are not copied, and these ballots are open: {}; {advice}", open.join(", ")).into())
}

/// The database was lost at the commit of the copy.
#[derive(Debug)]
struct Unconfirmed(String);

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the database did not confirm the commit, so that the copy is either there as a whole or not at all ({}). \
             Run `mutuals log verify` on it: if it finds no register, copy again",
            self.0
        )
    }
}

impl StdError for Unconfirmed {}

/// Begins the snapshot, which lasts for as long as the copying does.
fn begin_source(source: &mut Conn) -> Result<(), Failure> {
    if let Conn::Postgres(_) = source {
        source.batch_execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")?;
    }
    dialect::begin_read(source)?;
    match upgrade::behind(&mut ReadTx::on(source))? {
        None => Ok(()),
        Some(kind) => {
            let kind = kind.plural();
            Err(format!("its {kind} are stored in the format of an earlier version: run `mutuals serve` on it once")
                .into())
        }
    }
}

fn into_file(source: &mut Conn, fresh: Fresh, tell: &mut dyn FnMut(CopyProgress<'_>)) -> Result<Copied, Failure> {
    let mut target = Conn::open(&fresh.url(), Purpose::Write)?;
    // Nobody else uses the file, and it is on disk before it is in its place: until then no write need be.
    target.batch_execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536")?;
    let copied = fill(source, &mut target, tell)?;
    drop(target);
    fresh.put_in_place()?;
    Ok(copied)
}

fn into_database(
    source: &mut Conn,
    to: &DatabaseUrl,
    tell: &mut dyn FnMut(CopyProgress<'_>),
) -> Result<Copied, Failure> {
    let mut target = Conn::open(to, Purpose::Write)?;
    server::check(&mut target, Use::Writing)?;
    migrate::lock_database(&mut target)?;
    if has_register(&mut target)? {
        return Err("there is a register in the database already: name an empty one".into());
    }
    fill(source, &mut target, tell)
}

/// Makes the tables and fills them in one transaction, at whose end the copy is as its source.
#[expect(clippy::disallowed_methods, reason = "the target is no register yet: it has no writer")]
fn fill(source: &mut Conn, target: &mut Conn, tell: &mut dyn FnMut(CopyProgress<'_>)) -> Result<Copied, Failure> {
    let mut is_compared = false;
    let filled = target.transaction(|target| {
        migrate::make_tables(target)?;
        let pairs = paired(tables(source)?, tables(target)?)?;
        check_references_at_the_end(target)?;
        let mut copied = Vec::new();
        for (from, to) in &pairs {
            copied.push((to.name.clone(), copy_table(source, target, (from, to), tell)?));
        }
        for index in INDEXES {
            index(target)?;
        }
        check_references_now(target)?;
        go_on_numbering(target)?;
        let copied = compare(source, target, copied)?;
        is_compared = true;
        Ok(copied)
    });
    filled.map_err(|failure| if is_compared { at_commit(target, failure) } else { failure })
}

/// Indexes the words of all records of a kind.
type Index = fn(&mut Conn) -> Result<(), Error>;

/// That of each kind.
const INDEXES: &[Index] = {
    macro_rules! all {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            &[$(record::index_words_anew::<$Record>),+]
        };
    }
    domain::for_each_record!(all)
};

/// What a failure of the commit leaves open.
fn at_commit(target: &Conn, failure: Failure) -> Failure {
    match failure.downcast().map(|error| dialect::after_failed_commit(target, *error)) {
        Ok(BatchError::Unknown(error)) => Unconfirmed(error.to_string()).into(),
        Ok(BatchError::NotCommitted(error)) => error.into(),
        Ok(BatchError::GivenUp) => "the commit was given up".into(),
        Err(failure) => failure,
    }
}

/// Each table of the source with that of the target, which has the same columns.
fn paired(source: Vec<Table>, target: Vec<Table>) -> Result<Vec<(Table, Table)>, Failure> {
    let same = source.len() == target.len() && source.iter().zip(&target).all(|(one, other)| one.is_like(other));
    if !same {
        let names = |tables: &[Table]| {
            let told = tables.iter().map(|table| format!("{} ({})", table.name, table.columns()));
            told.collect::<Vec<_>>().join(", ")
        };
        return Err(format!("the tables differ: {}; and in the target {}", names(&source), names(&target)).into());
    }
    Ok(source.into_iter().zip(target).collect())
}

fn copy_table(
    source: &mut Conn,
    target: &mut Conn,
    (from, to): (&Table, &Table),
    tell: &mut dyn FnMut(CopyProgress<'_>),
) -> Result<i64, Failure> {
    // What the migrations put there is in the source too.
    diesel::sql_query(format!("DELETE FROM {}", to.name)).execute(target)?;
    let of = count(source, &from.name)?;
    let mut told = |rows: i64| tell(CopyProgress { table: &to.name, rows, of });
    // SQLite says of no column that it holds flags or times: where either is PostgreSQL's, it knows.
    let holds = |(from, to): (Type, Type)| if to == Type::Text || to == Type::Integer { from } else { to };
    let types = from.columns.iter().zip(&to.columns).map(|(from, to)| holds((from.holds, to.holds)));
    let types: Vec<Type> = types.collect();
    let select = diesel::sql_query(format!("SELECT {} FROM {}", from.columns(), from.name));
    match source {
        Conn::Sqlite(conn) => pour(select.load_iter::<Row, DefaultLoadingMode>(conn)?, target, to, &types, &mut told),
        Conn::Postgres(conn) => {
            pour(select.load_iter::<Row, PgRowByRowLoadingMode>(conn)?, target, to, &types, &mut told)
        }
    }
}

/// Writes rows as they are read.
fn pour(
    rows: impl Iterator<Item = QueryResult<Row>>,
    target: &mut Conn,
    table: &Table,
    types: &[Type],
    told: &mut dyn FnMut(i64),
) -> Result<i64, Failure> {
    let into = format!("{} ({})", table.name, table.columns());
    let empty = || Batch::of(types.iter().copied());
    let (mut batch, mut written) = (empty(), 0);
    let mut flush = |batch: &Batch| -> Result<(), Failure> {
        match target {
            Conn::Sqlite(conn) => batch.insert_each(conn, &into)?,
            Conn::Postgres(conn) => batch.insert_all(conn, &into)?,
        }
        written += i64::try_from(batch.rows())?;
        told(written);
        Ok(())
    };
    for row in rows {
        batch.push(row?).map_err(|said| format!("a value in {}: {said}", table.name))?;
        if batch.is_full() {
            flush(&batch)?;
            batch = empty();
        }
    }
    flush(&batch)?;
    Ok(written)
}

/// Tables come in the order of their names: what a row refers to may come later.
fn check_references_at_the_end(target: &mut Conn) -> Result<(), Failure> {
    match target {
        Conn::Sqlite(conn) => Ok(conn.batch_execute("PRAGMA defer_foreign_keys = ON")?),
        Conn::Postgres(_) => alter_references(target, "DEFERRABLE INITIALLY DEFERRED"),
    }
}

/// SQLite checks at the commit by itself.
fn check_references_now(target: &mut Conn) -> Result<(), Failure> {
    if let Conn::Postgres(conn) = target {
        conn.batch_execute("SET CONSTRAINTS ALL IMMEDIATE")?;
        alter_references(target, "NOT DEFERRABLE")?;
    }
    Ok(())
}

fn alter_references(target: &mut Conn, how: &str) -> Result<(), Failure> {
    let references: Vec<Pair> = diesel::sql_query(
        "SELECT conrelid::regclass::text AS own, conname::text AS part FROM pg_constraint \
         WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
    )
    .load(target)?;
    for Pair { own, part } in references {
        target.batch_execute(&format!("ALTER TABLE {own} ALTER CONSTRAINT {part} {how}"))?;
    }
    Ok(())
}

/// PostgreSQL numbers rows by sequences, which are to go on after the greatest number. It plans by statistics, which are to be there when
/// the first request comes.
fn go_on_numbering(target: &mut Conn) -> Result<(), Failure> {
    if let Conn::Sqlite(_) = target {
        return Ok(());
    }
    let numbered: Vec<Pair> = diesel::sql_query(
        "SELECT table_name::text AS own, column_name::text AS part FROM information_schema.columns \
         WHERE table_schema = current_schema() AND is_identity = 'YES'",
    )
    .load(target)?;
    for Pair { own, part } in numbered {
        target.batch_execute(&format!(
            "SELECT setval(pg_get_serial_sequence('{own}', '{part}'), max({part})) FROM {own} HAVING max({part}) IS NOT NULL"
        ))?;
    }
    Ok(target.batch_execute("ANALYZE")?)
}

/// Checks that the target has as many rows and the same head as the source, and that its log and register are valid.
fn compare(source: &mut Conn, target: &mut Conn, tables: Vec<(String, i64)>) -> Result<Copied, Failure> {
    for (table, copied) in &tables {
        let (there, here) = (count(source, table)?, count(target, table)?);
        if there != here || here != *copied {
            return Err(format!("{table} has {there} rows in the source and {here} in the copy").into());
        }
    }
    let [there, here] = [source, target].map(|conn| {
        let mut tx = ReadTx::on(conn);
        let head = entry_log::head(&mut tx)?;
        Ok::<_, crate::Error>((head, log_tree::root(&mut tx, head)?))
    });
    let (there, (head, root)) = (there?, here?);
    if there != (head, root) {
        return Err("the head of the copy's log is not that of the source".into());
    }
    let verified = verification::whole(&mut ReadTx::on(target))?;
    let faults = verified.faults.first().map(|fault| format!("the log is not whole: {fault}"));
    let differences =
        verified.differences.first().map(|differs| format!("the register does not match its log: {differs}"));
    match faults.or(differences) {
        None => Ok(Copied { tables, head, root }),
        Some(said) => Err(format!("{said}: run `mutuals log verify` on the source").into()),
    }
}

fn count(conn: &mut Conn, table: &str) -> QueryResult<i64> {
    let count = diesel::sql_query(format!("SELECT count(*) AS number FROM {table}"));
    Ok(count.get_result::<Number>(conn)?.number)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = Text)]
    own: String,
    #[diesel(sql_type = Text)]
    part: String,
}
