//! The two kinds of transaction, and what a writing one carries along.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Day, Kind, Record};

use crate::backend::conn::Conn;
use crate::backend::dialect::{self, Begun, Searched};
use crate::clock::Judgement;
use crate::error::Error;
use crate::known::Known;
use crate::log::entry::{Action, Entry, Head};
use crate::log::epoch::{Epoch, EpochId};

/// A view of the register at one moment.
///
/// SQLite `BEGIN DEFERRED`, PostgreSQL `REPEATABLE READ READ ONLY`; a single statement is its own snapshot.
pub struct ReadTx<'c> {
    conn: &'c mut Conn,
}

impl<'c> ReadTx<'c> {
    pub(crate) fn on(conn: &'c mut Conn) -> Self {
        Self { conn }
    }

    pub(crate) fn conn(&mut self) -> &mut Conn {
        self.conn
    }
}

/// Who changes the register, when, and in which request: given from outside, so that tests can set them.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The time of the change, in microseconds.
    pub now: DateTime<Utc>,
    /// Who makes the change.
    pub actor: String,
    /// The request it came with.
    pub request_id: String,
}

impl Stamp {
    /// Of a write that leaves no entry.
    pub(crate) fn of_probe() -> Self {
        Self { now: DateTime::UNIX_EPOCH, actor: "readiness".to_owned(), request_id: "readiness".to_owned() }
    }
}

/// A record that was just stored.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The record.
    pub record: Arc<Record<T>>,
    /// How the API shows it.
    pub document: Arc<str>,
    /// The number of the entry that says so.
    pub entry_seq: i64,
}

impl<T> Deref for Stored<T> {
    type Target = Record<T>;

    fn deref(&self) -> &Record<T> {
        &self.record
    }
}

/// A record to be shown: what a reader needs, without its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// The number of the entry that made it so.
    pub entry_seq: i64,
    /// How the API shows it.
    pub document: String,
    /// Whether that is what the public is shown, and less than there is.
    pub reduced: bool,
}

/// What waits for the end of a batch: it is stored once for all writes, and must be forgotten with a write that fails.
pub(crate) struct Pending {
    /// The newest entry that is stored.
    pub(crate) head: Head,
    /// How many rows the connection had ever changed before, where it counts them.
    pub(crate) changes_before: i64,
    /// Which times the entries may have.
    pub(crate) clock: Judgement,
    pub(crate) entries: Vec<Entry>,
    pub(crate) search: Vec<SearchChange>,
    pub(crate) known: Known,
}

impl Pending {
    /// Nothing yet, in a transaction that has begun.
    pub(crate) fn after(begun: &Begun, clock: Judgement) -> Self {
        let Begun { head, changes, .. } = *begun;
        let (entries, search) = (Vec::new(), Vec::new());
        Self { head, changes_before: changes, clock, entries, search, known: Known::default() }
    }

    /// What there is so far.
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.entries.len(), self.search.len())
    }

    /// Forgets what has come since.
    pub(crate) fn truncate(&mut self, (entries, search): (usize, usize)) {
        self.entries.truncate(entries);
        self.search.truncate(search);
    }
}

/// A change to an index of words. SQLite's writes a segment of it at every savepoint, so that it must not see them.
pub(crate) struct SearchChange {
    pub(crate) index: Searched,
    /// The record.
    pub(crate) id: String,
    pub(crate) kind: SearchChangeKind,
}

pub(crate) enum SearchChangeKind {
    /// It is found by these tokens, separated by spaces.
    Insert { tokens: Arc<str> },
    /// It is not found any more under this number.
    Remove { row_no: i64 },
}

/// What some entries say besides the change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remark {
    /// Why it was made.
    pub(crate) reason: Option<String>,
    /// It is about a draft.
    pub(crate) restricted: bool,
    /// The epoch that begins with it.
    pub(crate) begins: Option<Epoch>,
}

/// A change to the register, alone with the truth: no other write runs beside it, on either database.
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    stamp: &'c Stamp,
    pending: &'c mut Pending,
    discarded: bool,
    touched: bool,
}

impl<'c> WriteTx<'c> {
    pub(crate) fn on(conn: &'c mut Conn, stamp: &'c Stamp, pending: &'c mut Pending) -> Self {
        Self { read: ReadTx::on(conn), stamp, pending, discarded: false, touched: false }
    }

    /// Who changes what when.
    #[must_use]
    pub fn stamp(&self) -> &Stamp {
        self.stamp
    }

    /// The epoch of the log.
    #[must_use]
    pub fn epoch(&self) -> EpochId {
        let begun = self.pending.entries.iter().rev().find_map(|entry| entry.begins);
        begun.unwrap_or(self.pending.head.epoch).id
    }

    /// The number of the newest entry, those of the batch so far included.
    pub(crate) fn newest_seq(&self) -> i64 {
        let pending = i64::try_from(self.pending.entries.len()).unwrap_or(i64::MAX);
        self.pending.head.seq.saturating_add(pending)
    }

    /// Runs everything as if in earnest and then takes it back: a dry run.
    pub fn discard(&mut self) {
        self.discarded = true;
    }

    pub(crate) fn is_discarded(&self) -> bool {
        self.discarded
    }

    /// The connection, for a statement that changes something: from then on there is something to take back.
    pub(crate) fn changing(&mut self) -> &mut Conn {
        self.pending.known = Known::default();
        self.adding()
    }

    /// The same for a statement after which the register's other rows are as they were.
    pub(crate) fn adding(&mut self) -> &mut Conn {
        self.touched = true;
        self.read.conn()
    }

    /// The number that the next entry gets: the writer is alone, so that it is known before the entry is stored.
    pub(crate) fn next_seq(&self) -> i64 {
        self.newest_seq().saturating_add(1)
    }

    /// What is known already.
    pub(crate) fn known(&mut self) -> &mut Known {
        &mut self.pending.known
    }

    /// The version of something by the newest entry that this batch is about to make of it.
    pub(crate) fn pending_version(&self, kind: Kind, id: &str) -> Option<i64> {
        let about = |entry: &&Entry| entry.resource_type == kind && entry.resource_id == id;
        self.pending.entries.iter().rev().find(about).map(|entry| entry.version)
    }

    /// The entries that this batch is about to make of a kind: whose they are, and what they say.
    pub(crate) fn pending_of(&self, kind: Kind) -> Vec<(String, Option<Arc<str>>)> {
        let of_kind = self.pending.entries.iter().filter(|entry| entry.resource_type == kind);
        of_kind.map(|entry| (entry.resource_id.clone(), entry.after.clone())).collect()
    }

    pub(crate) fn is_touched(&self) -> bool {
        self.touched
    }

    /// Puts an accepted change on the record, with the resource as it is after it; `None` for a deletion.
    pub(crate) fn log(
        &mut self,
        action: Action,
        resource_type: Kind,
        resource_id: String,
        version: i64,
        after: Option<Arc<str>>,
        remark: Remark,
    ) {
        self.pending.entries.push(Entry {
            at: self.stamp.now,
            actor: self.stamp.actor.clone(),
            request_id: self.stamp.request_id.clone(),
            action,
            resource_type,
            resource_id,
            version,
            after,
            reason: remark.reason,
            restricted: remark.restricted,
            begins: remark.begins,
        });
    }
}

/// What became of a part of a write.
#[derive(Debug)]
pub enum SavepointOutcome<T, E> {
    /// It was done.
    Done(T),
    /// It was refused, and nothing of it is left.
    Refused(E),
    /// It was refused when it had changed something already, which a savepoint alone takes back: the whole write must be done anew.
    NeedsSavepoint,
}

impl WriteTx<'_> {
    /// Does a part of a write that may be refused without the others.
    ///
    /// Savepoints cost much (see the writer), and a part that is refused has seldom changed anything: so a write is tried without them
    /// first.
    pub fn in_savepoint<T, E>(
        &mut self,
        with_savepoint: bool,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<SavepointOutcome<T, E>, Error> {
        let (mark, touched) = (self.pending.mark(), std::mem::take(&mut self.touched));
        if with_savepoint {
            dialect::control(self.conn(), &["SAVEPOINT one_part"])?;
        }
        let result = work(self);
        let is_clean = !self.touched;
        self.touched |= touched;
        match result {
            Ok(done) => {
                if with_savepoint {
                    dialect::control(self.conn(), &["RELEASE SAVEPOINT one_part"])?;
                }
                Ok(SavepointOutcome::Done(done))
            }
            Err(refused) if with_savepoint => {
                dialect::control(self.conn(), &["ROLLBACK TO SAVEPOINT one_part", "RELEASE SAVEPOINT one_part"])?;
                self.pending.truncate(mark);
                self.pending.known = Known::default();
                Ok(SavepointOutcome::Refused(refused))
            }
            Err(refused) if is_clean && dialect::goes_on(self.conn())? => Ok(SavepointOutcome::Refused(refused)),
            Err(_) => Ok(SavepointOutcome::NeedsSavepoint),
        }
    }

    /// The day of the change, in UTC.
    pub(crate) fn today(&self) -> Result<Day, Error> {
        Day::from_date(self.stamp.now.date_naive()).map_err(|invalid| Error::Internal(invalid.detail))
    }

    /// Makes a record findable by these tokens, separated by spaces.
    pub(crate) fn index_words(&mut self, index: Searched, id: &str, tokens: impl Into<Arc<str>>) {
        let kind = SearchChangeKind::Insert { tokens: tokens.into() };
        self.pending.search.push(SearchChange { index, id: id.to_owned(), kind });
    }

    /// Makes a record, which is still there, unfindable.
    pub(crate) fn unindex_words(&mut self, index: Searched, id: &str) -> Result<(), Error> {
        let kind = SearchChangeKind::Remove { row_no: index.row_no(self.conn(), id)? };
        self.pending.search.push(SearchChange { index, id: id.to_owned(), kind });
        Ok(())
    }
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;

    fn deref(&self) -> &ReadTx<'c> {
        &self.read
    }
}

impl DerefMut for WriteTx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

/// A record's version is the caller's to expect and the store's to raise.
pub(crate) fn next_version(version: i64) -> Result<i64, Error> {
    version.checked_add(1).ok_or_else(|| Error::Internal("a record's version is at its end".to_owned()))
}
