//! Checks the log itself: every entry against its hash, and the stored hashes of the tree and the head against the
//! entries.
//!
//! An entry's time is before that of the entry before it only where its action is `settle_clock`: a new epoch alone takes no time back.
//!
//! It reads the columns as bytes: a byte that is no text, or an instant that is none, is a fault of that entry and no end of the check.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};
use serde::Deserialize;

use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;
use crate::backend::schema::entries;
use crate::error::Error;
use crate::log::entry::{Action, Row};
use crate::log::renewal::REGISTER_ID;
use crate::log::{entry_log, log_tree};
use crate::transaction::ReadTx;
use domain::tree::{Growing, Hash, Subtree};

/// Entries that are looked at in one statement.
const AT_A_TIME: i64 = 500;
/// After so many faults the rest is no news.
const MOST_FAULTS: usize = 20;

/// Something that is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogFault {
    /// The entry, where it is one's.
    pub seq: Option<i64>,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for LogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, detail } = self;
        match seq {
            Some(seq) => write!(f, "entry {seq} {detail}"),
            None => f.write_str(detail),
        }
    }
}

/// A check on its way.
#[derive(Clone)]
pub(crate) struct Check {
    /// The number of the entry that must come next.
    next: i64,
    /// The time of the entry before, where it has one.
    before: Option<NaiveDateTime>,
    tree: Growing,
    faults: Vec<LogFault>,
}

impl Default for Check {
    fn default() -> Self {
        Self { next: 1, before: None, tree: Growing::default(), faults: Vec::new() }
    }
}

impl Check {
    /// Whether there are entries left that are worth looking at.
    pub(crate) fn is_to_go_on(&self, head: i64) -> bool {
        self.next <= head && self.faults.len() < MOST_FAULTS
    }

    /// Checks the next entries.
    pub(crate) fn go_on(mut self, tx: &mut ReadTx<'_>, head: i64) -> Result<Self, Error> {
        let last = head.min(self.next.saturating_add(AT_A_TIME - 1));
        let dialect = tx.conn().dialect();
        let rows: Vec<RawEntry> = RawEntry::between(dialect, self.next, last).statement().load(tx.conn())?;
        let mut completed = Vec::new();
        for row in rows {
            while self.next < row.seq {
                self.blame(self.next, "is missing");
                self.next += 1;
            }
            match row.read(dialect) {
                Ok(entry) => self.check(&entry),
                Err(detail) => self.blame(row.seq, detail),
            }
            let leaf = Hash::try_from(row.leaf_hash).unwrap_or_default();
            self.tree.push(leaf, |subtree, hash| completed.push((subtree, *hash)));
            self.next = row.seq.saturating_add(1);
        }
        while self.next <= last {
            self.blame(self.next, "is missing");
            self.next += 1;
        }
        // What follows a gap has another place in the tree: the gap is the fault.
        if self.faults.is_empty() {
            self.check_stored(tx, &completed)?;
        }
        Ok(self)
    }

    fn check(&mut self, entry: &Row<'_>) {
        if !entry.is_as_hashed() {
            self.blame(entry.seq, "does not match its hash");
        }
        let goes_back = self.before.is_some_and(|before| entry.at < before);
        if goes_back && entry.action != Action::SettleClock.as_str() {
            self.blame(entry.seq, "has an earlier time than the entry before it");
        }
        self.before = Some(entry.at);
    }

    fn check_stored(&mut self, tx: &mut ReadTx<'_>, completed: &[(Subtree, Hash)]) -> Result<(), Error> {
        for (Subtree { level, position }, hash) in completed {
            if !level.is_multiple_of(log_tree::STRIDE) {
                continue;
            }
            let stored = log_tree::stored(tx.conn(), *level, *position, 1)?;
            if stored.as_slice() != [*hash] {
                let (first, last) = ((position << level) + 1, (position + 1) << level);
                let detail = format!("the stored hash of entries {first} to {last} is wrong");
                self.faults.push(LogFault { seq: None, detail });
            }
        }
        Ok(())
    }

    /// Checks that there is nothing beyond the head of the log as it is by now, and what the head says beside its number.
    pub(crate) fn finish(mut self, tx: &mut ReadTx<'_>) -> Result<Self, Error> {
        let head = entry_log::head(tx)?;
        let outside = entries::table.filter(entries::seq.gt(head).or(entries::seq.lt(1)));
        let outside: Option<i64> = outside.select(entries::seq).order(entries::seq).first(tx.conn()).optional()?;
        if let Some(seq) = outside {
            self.blame(
                seq,
                if seq < 1 { "is before the first entry of the log" } else { "is after the head of the log" },
            );
        }
        let surplus = log_tree::surplus(tx, head)?;
        if surplus > 0 {
            let detail = format!("{surplus} stored hashes are of no entries: they are beyond the head, {head}");
            self.faults.push(LogFault { seq: None, detail });
        }
        for column in log_head_differs(tx)? {
            let detail = format!("the head does not match the entries: log_head {column}");
            self.faults.push(LogFault { seq: None, detail });
        }
        Ok(self)
    }

    /// How many entries were checked.
    pub(crate) fn entries(&self) -> i64 {
        self.tree.size()
    }

    /// The root of the tree over them, computed anew.
    pub(crate) fn root(&self) -> Hash {
        self.tree.root()
    }

    /// What is wrong, the first entry first.
    pub(crate) fn faults(&self) -> &[LogFault] {
        &self.faults
    }

    fn blame(&mut self, seq: i64, detail: &str) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(LogFault { seq: Some(seq), detail: detail.to_owned() });
        }
    }
}

/// The head as it lies in its table, beside what the entries say.
#[derive(QueryableByName)]
struct RawHead {
    #[diesel(sql_type = Nullable<Binary>)]
    at: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    newest_at: Option<Vec<u8>>,
    #[diesel(sql_type = Binary)]
    epoch: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    epoch_at: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    renewal: Option<Vec<u8>>,
    #[diesel(sql_type = BigInt)]
    clock_settled: i64,
    #[diesel(sql_type = BigInt)]
    settlement: i64,
}

/// What the first entry of an epoch says of it.
#[derive(Deserialize)]
struct Begun {
    epoch: String,
    updated_at: String,
}

/// The columns of the head that say something else than the entries do. What the first epoch is called stands in no entry.
fn log_head_differs(tx: &mut ReadTx<'_>) -> Result<Vec<&'static str>, Error> {
    let dialect = tx.conn().dialect();
    let time = |value: &str| dialect.bytes(&format!("CAST({value} AS TEXT)"));
    let of_register = |action: Action| {
        let action = action.as_str();
        format!("FROM entries e WHERE e.resource_id = '{REGISTER_ID}' AND e.action = '{action}'")
    };
    let select = Fragment::default().sql(format!(
        "SELECT {} AS at, {} AS newest_at, {} AS epoch, {} AS epoch_at, {} AS renewal, h.clock_settled AS clock_settled, \
         COALESCE((SELECT MAX(e.seq) {}), 0) AS settlement FROM log_head h",
        time("h.at"),
        time("(SELECT e.at FROM entries e WHERE e.seq = h.seq)"),
        dialect.bytes("h.epoch"),
        time("h.epoch_at"),
        dialect.bytes(&format!("(SELECT e.after {} ORDER BY e.seq DESC LIMIT 1)", of_register(Action::Restore))),
        of_register(Action::SettleClock),
    ));
    let head: RawHead = select.statement().get_result(tx.conn())?;
    Ok(head.differences())
}

impl RawHead {
    fn differences(&self) -> Vec<&'static str> {
        let begun = self.renewal.as_deref().and_then(|after| serde_json::from_slice::<Begun>(after).ok());
        let epoch_at = self.epoch_at.as_deref().map(instant_of);
        let is_epoch = begun.as_ref().is_none_or(|begun| begun.epoch.as_bytes() == self.epoch);
        let since = |begun: Begun| Some(DateTime::parse_from_rfc3339(&begun.updated_at).ok()?.naive_utc());
        let is_since = epoch_at == begun.map(since);
        let columns = [
            ("at", self.at == self.newest_at),
            ("epoch", is_epoch),
            ("epoch_at", is_since),
            ("clock_settled", self.clock_settled == self.settlement),
        ];
        columns.into_iter().filter(|(_, is_right)| !is_right).map(|(column, _)| column).collect()
    }
}

fn instant_of(stored: &[u8]) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(str::from_utf8(stored).ok()?, "%F %T%.f").ok()
}

/// An entry as it lies in the table.
#[derive(QueryableByName)]
struct RawEntry {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Binary)]
    at: Vec<u8>,
    #[diesel(sql_type = Binary)]
    actor: Vec<u8>,
    #[diesel(sql_type = Binary)]
    request_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    action: Vec<u8>,
    #[diesel(sql_type = Binary)]
    resource_type: Vec<u8>,
    #[diesel(sql_type = Binary)]
    resource_id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    after: Option<Vec<u8>>,
    #[diesel(sql_type = Binary)]
    leaf_hash: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    reason: Option<Vec<u8>>,
    #[diesel(sql_type = Bool)]
    restricted: bool,
    #[diesel(sql_type = Nullable<Binary>)]
    nonce: Option<Vec<u8>>,
}

impl RawEntry {
    const TEXTS: [&str; 8] =
        ["actor", "request_id", "action", "resource_type", "resource_id", "after", "reason", "nonce"];

    fn between(dialect: Dialect, first: i64, last: i64) -> Fragment {
        let mut select = "SELECT seq, version, leaf_hash, restricted".to_owned();
        for column in Self::TEXTS {
            select.push_str(&format!(", {} AS {column}", dialect.bytes(column)));
        }
        Fragment::default()
            .sql(format!("{select}, {} AS at FROM entries WHERE seq BETWEEN ", dialect.bytes("CAST(at AS TEXT)")))
            .number(first)
            .sql(" AND ")
            .number(last)
            .sql(" ORDER BY seq")
    }

    /// The entry.
    fn read(&self, dialect: Dialect) -> Result<Row<'_>, &'static str> {
        Ok(Row {
            seq: self.seq,
            at: self.instant(dialect).ok_or("has an invalid time")?,
            actor: text(&self.actor)?,
            request_id: text(&self.request_id)?,
            action: text(&self.action)?,
            resource_type: text(&self.resource_type)?,
            resource_id: text(&self.resource_id)?,
            version: self.version,
            after: self.after.as_deref().map(text).transpose()?,
            leaf_hash: self.leaf_hash.clone(),
            reason: self.reason.as_deref().map(text).transpose()?,
            restricted: self.restricted,
            nonce: self.nonce.as_deref().map(text).transpose()?,
        })
    }

    /// SQLite keeps an instant as text, which must be the very one that was written.
    fn instant(&self, dialect: Dialect) -> Option<NaiveDateTime> {
        let stored = str::from_utf8(&self.at).ok()?;
        let at = instant_of(&self.at)?;
        let is_as_written = dialect == Dialect::Postgres || at.format("%F %T%.f").to_string() == stored;
        is_as_written.then_some(at)
    }
}

fn text(bytes: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| "contains bytes that are not text")
}
