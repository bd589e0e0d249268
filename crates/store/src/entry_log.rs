//! The append-only log of every accepted change.
//!
//! `seq` starts at 1, has no gap and is in commit order on both databases: the one writer of a process numbers the
//! entries of a batch, on PostgreSQL behind the lock on the log's head. Each entry has its RFC 6962 leaf hash.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::conn::Conn;
use crate::dialect;
use crate::error::Error;
use crate::schema::{entries, log_head};
use crate::{ReadTx, ResourceType};

/// What was done to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It was entered.
    Create,
    /// It was changed.
    Update,
    /// It was deleted.
    Delete,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// A change that waits for its number.
pub(crate) struct Entry {
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: String,
    pub(crate) request_id: String,
    pub(crate) action: Action,
    pub(crate) resource_type: ResourceType,
    pub(crate) resource_id: String,
    pub(crate) version: i64,
    pub(crate) after: Option<String>,
}

/// The number of the newest entry; 0 in an empty log.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn head(tx: &mut ReadTx<'_>) -> Result<i64, Error> {
    Ok(log_head::table.select(log_head::seq).first(tx.conn())?)
}

/// Numbers, hashes and stores the entries of a batch after `head`.
pub(crate) fn append(conn: &mut Conn, head: i64, batch: &[Entry]) -> Result<(), Error> {
    let mut seq = head;
    let mut rows = Vec::with_capacity(batch.len());
    for entry in batch {
        seq = seq.checked_add(1).ok_or_else(|| Error::Internal("the log is full".to_owned()))?;
        rows.push(Row::new(seq, entry));
    }
    if seq > head {
        dialect::insert_entries(conn, &rows)?;
        diesel::update(log_head::table).set(log_head::seq.eq(seq)).execute(conn)?;
    }
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
pub(crate) struct Row<'e> {
    seq: i64,
    at: chrono::NaiveDateTime,
    actor: &'e str,
    request_id: &'e str,
    action: String,
    resource_type: &'static str,
    resource_id: &'e str,
    version: i64,
    after: Option<&'e str>,
    leaf_hash: Vec<u8>,
}

impl<'e> Row<'e> {
    fn new(seq: i64, entry: &'e Entry) -> Self {
        Self {
            seq,
            at: entry.at.naive_utc(),
            actor: &entry.actor,
            request_id: &entry.request_id,
            action: entry.action.to_string(),
            resource_type: entry.resource_type.as_str(),
            resource_id: &entry.resource_id,
            version: entry.version,
            after: entry.after.as_deref(),
            leaf_hash: leaf_hash(canonical(seq, entry).as_bytes()),
        }
    }
}

/// RFC 6962 section 2.1: SHA-256 over a zero byte and the entry.
fn leaf_hash(leaf: &[u8]) -> Vec<u8> {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().to_vec()
}

/// The entry as canonical JSON (RFC 8785): members in the order of their names, no white space.
fn canonical(seq: i64, entry: &Entry) -> String {
    format!(
        r#"{{"action":"{}","actor":{},"after":{},"at":"{}","request_id":{},"resource_id":"{}","resource_type":"{}","seq":{},"version":{}}}"#,
        entry.action,
        serde_json::Value::from(entry.actor.as_str()),
        entry.after.as_deref().unwrap_or("null"),
        entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        serde_json::Value::from(entry.request_id.as_str()),
        entry.resource_id,
        entry.resource_type.as_str(),
        seq,
        entry.version,
    )
}
