//! The keys that open the register against their newest entries.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable};
use domain::Kind;
use serde_json::Value;

use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::register::verify::deletions::logged_of;
use crate::register::verify::fault::{AT_A_TIME, Blame, Found, Span, newest_of, next_after};
use crate::register::verify::records::{differences, put_value};
use crate::register::verify::values::{Kept, values_of};
use crate::{ReadTx, key};

/// A key with its newest entry.
#[derive(QueryableByName)]
struct RawKey {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    after: Option<Vec<u8>>,
    /// Its row says that it was made before the log began.
    #[diesel(sql_type = Bool)]
    is_older_than_log: bool,
}

/// The keys that are there.
pub(super) fn compared(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    let dialect = tx.conn().dialect();
    let select = Fragment::default()
        .sql(format!(
            "SELECT {} AS id, e.seq AS seq, {} AS after, \
             COALESCE(r.created_at <= (SELECT first.at FROM entries first WHERE first.seq = 1), 1 = 1) AS is_older_than_log \
             FROM (SELECT api_keys.id AS id, {} AS newest FROM api_keys WHERE api_keys.id > ",
            dialect.bytes("r.id"),
            dialect.bytes("e.after"),
            newest_of(Kind::Key, "api_keys.id"),
        ))
        .bytes(dialect, after)
        .sql(format!(" ORDER BY api_keys.id LIMIT {AT_A_TIME}) AS wanted JOIN api_keys r ON r.id = wanted.id "))
        .sql("LEFT JOIN entries e ON e.seq = wanted.newest ORDER BY r.id");
    let rows: Vec<RawKey> = select.statement().load(tx.conn())?;
    let next = next_after(&rows, |row| &row.id);
    let mut values = values_of(tx, Kind::Key, Span { after, last: next.as_deref() })?;
    let mut faults = Vec::new();
    for row in &rows {
        let mut blame = Blame::of(Kind::Key, &row.id, row.seq, &mut faults);
        compare(tx, row, &values.remove(&row.id).unwrap_or_default(), &mut blame);
    }
    Ok(Found { faults, next, records: 0 })
}

/// The keys that the log tells of: each is still there, revoked or not.
pub(super) fn logged(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    logged_of(tx, Kind::Key, after)
}

fn compare(tx: &mut ReadTx<'_>, row: &RawKey, values: &[Kept], blame: &mut Blame<'_>) {
    let Some(after) = &row.after else {
        if !row.is_older_than_log {
            blame.record("has no log entry");
        }
        return;
    };
    let Some(mut expected) = serde_json::from_slice::<Value>(after).ok() else {
        return blame.record("cannot be compared: its log entry is unreadable");
    };
    put_value(&mut expected, key::LABEL, values, blame);
    let there = str::from_utf8(&row.id).ok().and_then(|id| key::told(tx, id.parse().ok()?).ok());
    let Some(there) = there else {
        return blame.record("has an unreadable row");
    };
    let mut members = Vec::new();
    differences(&expected, &there, "", &mut members);
    for member in members.iter().filter(|member| *member != "/version") {
        blame.part(member.trim_start_matches('/'), "does not match the log");
    }
}
