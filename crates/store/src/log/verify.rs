//! Checks the log against itself: every entry against its hash, the stored hashes of the tree against the entries, and the
//! commitments against the values that are still there.
//!
//! An entry's time is before that of the entry before it only where its action is `settle_clock`.
//!
//! It reads the columns as bytes: a byte that is no text, or an instant that is none, is a fault of that entry and no end of the check.

use std::borrow::Cow;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};

use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;
use crate::backend::schema::{entries, log_subtrees, personal_values};
use crate::error::Error;
use crate::log::entry::Row;
use crate::log::merkle::{Growing, Hash, Subtree};
use crate::log::{entry_log, log_tree, personal};
use crate::transaction::ReadTx;

/// Entries that are looked at in one statement.
const AT_A_TIME: i64 = 1000;
/// After so many faults the rest is no news.
const MOST_FAULTS: usize = 20;

/// What a check of the log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// So many entries were checked.
    pub entries: i64,
    /// The root of the tree over them, computed anew from what they say.
    pub root: Hash,
    /// What is wrong, the first entry first; nothing where the log is whole.
    pub faults: Vec<LogFault>,
}

/// Something that is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFault {
    /// The entry, where it is one's.
    pub seq: Option<i64>,
    /// What is wrong.
    pub detail: String,
}

/// Checks the whole log in one go.
pub(crate) fn whole(tx: &mut ReadTx<'_>) -> Result<Verified, Error> {
    let head = entry_log::head(tx)?;
    let mut check = Check::default();
    while check.is_to_go_on(head) {
        check = check.go_on(tx, head)?;
    }
    check.finish(tx, head)
}

/// A check on its way.
#[derive(Clone)]
pub(crate) struct Check {
    /// The number of the entry that must come next.
    next: i64,
    tree: Growing,
    faults: Vec<LogFault>,
}

impl Default for Check {
    fn default() -> Self {
        Self { next: 1, tree: Growing::default(), faults: Vec::new() }
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
            let said = row.hash(dialect);
            match &said {
                Ok(hash) if hash.as_slice() == row.leaf_hash => {}
                Ok(_) => self.blame(row.seq, "does not match its hash"),
                Err(detail) => self.blame(row.seq, detail),
            }
            let leaf = said.ok().or_else(|| Hash::try_from(row.leaf_hash).ok()).unwrap_or_default();
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

    /// Checks what is stored beside the entries, and tells what all was found.
    pub(crate) fn finish(mut self, tx: &mut ReadTx<'_>, head: i64) -> Result<Verified, Error> {
        let beyond: Option<i64> = entries::table
            .filter(entries::seq.gt(entry_log::head(tx)?).or(entries::seq.lt(1)))
            .select(entries::seq)
            .first(tx.conn())
            .optional()?;
        if let Some(seq) = beyond {
            self.blame(seq, "is after the head of the log");
        }
        let surplus: i64 = log_subtrees::table
            .filter(log_subtrees::level.eq(i64::from(log_tree::STRIDE)))
            .filter(log_subtrees::position.ge(entry_log::head(tx)? >> log_tree::STRIDE))
            .count()
            .get_result(tx.conn())?;
        if surplus > 0 {
            let detail = format!("{surplus} stored hashes are of entries after the head, {head}");
            self.faults.push(LogFault { seq: None, detail });
        }
        let values: Vec<(String, Vec<u8>, String)> = personal_values::table
            .select((personal_values::commitment, personal_values::salt, personal_values::value))
            .load(tx.conn())?;
        for (commitment, salt, value) in values {
            if personal::hash(&salt, &value) != commitment {
                let detail = format!("the stored value does not match the commitment {commitment}");
                self.faults.push(LogFault { seq: None, detail });
            }
        }
        Ok(Verified { entries: self.tree.size(), root: self.tree.root(), faults: self.faults })
    }

    fn blame(&mut self, seq: i64, detail: &str) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(LogFault { seq: Some(seq), detail: detail.to_owned() });
        }
    }
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

    /// The hash of what it says now.
    fn hash(&self, dialect: Dialect) -> Result<Hash, &'static str> {
        let row = Row {
            seq: self.seq,
            at: self.instant(dialect).ok_or("has an invalid time")?,
            actor: text(&self.actor)?,
            request_id: text(&self.request_id)?,
            action: text(&self.action)?,
            resource_type: text(&self.resource_type)?,
            resource_id: text(&self.resource_id)?,
            version: self.version,
            after: self.after.as_deref().map(text).transpose()?,
            leaf_hash: Vec::new(),
            reason: self.reason.as_deref().map(text).transpose()?,
            restricted: self.restricted,
            nonce: self.nonce.as_deref().map(text).transpose()?,
        };
        Ok(row.hash())
    }

    /// SQLite keeps an instant as text, which must be the very one that was written.
    fn instant(&self, dialect: Dialect) -> Option<NaiveDateTime> {
        let stored = str::from_utf8(&self.at).ok()?;
        let at = NaiveDateTime::parse_from_str(stored, "%F %T%.f").ok()?;
        let is_as_written = dialect == Dialect::Postgres || at.format("%F %T%.f").to_string() == stored;
        is_as_written.then_some(at)
    }
}

fn text(bytes: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| "contains bytes that are not text")
}
