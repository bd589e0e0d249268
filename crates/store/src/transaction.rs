//! The two kinds of transaction, and what a writing one carries along.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use domain::{Contract, Department, Mutual, Record, StaffBallot};

use crate::conn::Conn;
use crate::entry_log::{Action, Entry};
use crate::error::Error;
use crate::ResourceType;

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

/// How a record is written into the entry log: as the canonical JSON (RFC 8785) of what the API shows.
///
/// The API owns that form; the store only keeps and hashes it.
pub trait Documents: Send + Sync {
    /// A department as canonical JSON.
    fn department(&self, record: &Record<Department>) -> String;
    /// A mutual as canonical JSON.
    fn mutual(&self, record: &Record<Mutual>) -> String;
    /// A staff ballot as canonical JSON.
    fn staff_ballot(&self, record: &Record<StaffBallot>) -> String;
    /// A contract as canonical JSON.
    fn contract(&self, record: &Record<Contract>) -> String;
}

/// A change to the register, alone with the truth: no other write runs beside it, on either database.
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
    stamp: &'c Stamp,
    documents: &'c dyn Documents,
    entries: &'c mut Vec<Entry>,
    discarded: bool,
}

impl<'c> WriteTx<'c> {
    pub(crate) fn on(
        conn: &'c mut Conn,
        stamp: &'c Stamp,
        documents: &'c dyn Documents,
        entries: &'c mut Vec<Entry>,
    ) -> Self {
        Self { read: ReadTx::on(conn), stamp, documents, entries, discarded: false }
    }

    /// Who changes what when.
    #[must_use]
    pub fn stamp(&self) -> &Stamp {
        self.stamp
    }

    /// Runs everything as if in earnest and then takes it back: a dry run.
    pub fn discard(&mut self) {
        self.discarded = true;
    }

    pub(crate) fn is_discarded(&self) -> bool {
        self.discarded
    }

    pub(crate) fn documents(&self) -> &'c dyn Documents {
        self.documents
    }

    /// Puts an accepted change on the record, with the resource as it is after it; `None` for a deletion.
    pub(crate) fn log(
        &mut self,
        action: Action,
        resource_type: ResourceType,
        resource_id: String,
        version: i64,
        after: Option<String>,
    ) {
        self.entries.push(Entry {
            at: self.stamp.now,
            actor: self.stamp.actor.clone(),
            request_id: self.stamp.request_id.clone(),
            action,
            resource_type,
            resource_id,
            version,
            after,
        });
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
