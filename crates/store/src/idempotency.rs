//! Answers kept for a day under the key that the caller gave, in the transaction of the change that they answer.
//!
//! The one writer makes a concurrent repetition wait by itself: it runs after the first and finds its answer.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::Value;

use crate::backend::json::{from_json, to_json};
use crate::backend::schema::{idempotency_keys, import_records};
use crate::error::Error;
use crate::{ReadTx, WriteTx};

/// How long an answer is kept, in hours.
pub const KEPT_HOURS: i64 = 24;

/// An answer as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Selectable)]
#[diesel(table_name = idempotency_keys, treat_none_as_default_value = false)]
pub struct Answer {
    /// What identifies the request's content; another content under the same key is a caller's mistake. Absent where it was
    /// forgotten with the record's personal data: whoever has it could try out what the content was.
    pub fingerprint: Option<String>,
    /// The status of the answer.
    pub status: i64,
    /// The id of the record that it shows.
    pub resource_id: String,
    /// Its version.
    pub etag: Option<String>,
    /// When it was last changed.
    pub last_modified: Option<String>,
    /// The number of the entry that made it so.
    pub entry_seq: Option<i64>,
    /// The answer's body.
    pub body: String,
}

/// The answer given to an earlier request with this id (the digest of caller, method, path and key), if it is still kept now.
pub fn find(tx: &mut ReadTx<'_>, id: &str, now: DateTime<Utc>) -> Result<Option<Answer>, Error> {
    Ok(idempotency_keys::table
        .filter(idempotency_keys::id.eq(id))
        .filter(idempotency_keys::created_at.gt(oldest_kept(now)))
        .select(Answer::as_select())
        .first(tx.conn())
        .optional()?)
}

/// Keeps an answer, and forgets those that are over a day old.
pub fn insert(tx: &mut WriteTx<'_>, id: &str, answer: &Answer) -> Result<(), Error> {
    let (now, oldest) = (tx.stamp().now.naive_utc(), oldest_kept(tx.stamp().now));
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::created_at.le(oldest))).execute(tx.adding())?;
    diesel::insert_into(idempotency_keys::table)
        .values((answer, idempotency_keys::id.eq(id), idempotency_keys::created_at.eq(now)))
        .execute(tx.adding())?;
    Ok(())
}

/// Removes the personal data from the kept responses about a record, with the digest of the request. For imports that
/// had a row for the record, removes the digest of the file. Otherwise the responses stay as they were sent.
pub(crate) fn forget(tx: &mut WriteTx<'_>, members: &[String], resource_id: &str) -> Result<(), Error> {
    let of_record = idempotency_keys::table.filter(idempotency_keys::resource_id.eq(resource_id));
    let of_imports = import_records::table.filter(import_records::resource_id.eq(resource_id));
    let of_imports: Vec<String> = of_imports.select(import_records::import_id).load(tx.conn())?;
    diesel::update(idempotency_keys::table.filter(idempotency_keys::resource_id.eq_any(&of_imports)))
        .set(idempotency_keys::fingerprint.eq(None::<String>))
        .execute(tx.changing())?;
    let kept: Vec<(String, String)> =
        of_record.select((idempotency_keys::id, idempotency_keys::body)).load(tx.conn())?;
    for (id, body) in kept {
        let body = without(members, &body)?;
        diesel::update(idempotency_keys::table.find(id))
            .set((idempotency_keys::body.eq(body), idempotency_keys::fingerprint.eq(None::<String>)))
            .execute(tx.changing())?;
    }
    Ok(())
}

/// A document without these members, which are given by JSON Pointers.
fn without(members: &[String], document: &str) -> Result<String, Error> {
    let mut document: Value = from_json("document", document)?;
    for member in members {
        let Some((parent, name)) = member.rsplit_once('/') else { continue };
        if let Some(parent) = document.pointer_mut(parent).and_then(Value::as_object_mut) {
            parent.remove(name);
        }
    }
    Ok(to_json(&document))
}

fn oldest_kept(now: DateTime<Utc>) -> NaiveDateTime {
    now.checked_sub_signed(TimeDelta::hours(KEPT_HOURS)).unwrap_or(now).naive_utc()
}
