//! The append-only log of every accepted change: how it is written, and how it is read on from a number.
//!
//! `seq` starts at 1, has no gap and is in commit order on both databases: the one writer of a process numbers the
//! entries of a batch, on PostgreSQL behind the lock on the log's head. An entry's time is before that of the entry before it only where
//! it is a [`SettleClock`](Action::SettleClock): by it the operator says that times before it were wrong.

use std::borrow::Cow;
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{DraftAccess, Kind};

use crate::backend::conn::Conn;
use crate::backend::dialect;
use crate::backend::fragment::Fragment;
use crate::backend::json::{instant, parsed, valid};
use crate::backend::schema::{entries, log_head};
use crate::error::Error;
use crate::log::entry::{Action, Entry, Head, HeadRow, Row};
use crate::log::epoch::EpochId;
use crate::log::log_tree;
use crate::log::renewal::LogPlace;
use crate::register::{tombstone, visibility};
use crate::transaction::ReadTx;
use domain::tree::Hash;

/// An entry as a caller may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its number.
    pub seq: i64,
    /// The time of the change, or that of the entry before where it is later.
    pub at: DateTime<Utc>,
    /// The hash by which it is in the log's tree.
    pub leaf_hash: Vec<u8>,
    /// The hash of what it says, of an entry that is restricted: with it everybody can tell that the entry is.
    pub content_hash: Option<Hash>,
    /// What it says; absent where the caller may not see it.
    pub content: Option<Content>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Who made the change.
    pub actor: String,
    /// The request it came with.
    pub request_id: String,
    /// What was done.
    pub action: Action,
    /// What kind of record it was done to.
    pub resource_type: Kind,
    /// The record's id.
    pub resource_id: String,
    /// The record's version after it.
    pub version: i64,
    /// The record after it as canonical JSON, as it was hashed; absent where it was deleted.
    pub after: Option<String>,
    /// Why it was done, where the log says so.
    pub reason: Option<String>,
    /// It is about a draft, which not everybody sees.
    pub restricted: bool,
    /// Random, so that the hash of an entry about a draft tells nothing of what the draft says.
    pub nonce: Option<String>,
}

/// Which entries are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Those after this place.
    pub after: LogPlace,
    /// At most so many.
    pub limit: usize,
    /// About this type of resource only.
    pub resource_type: Option<Kind>,
}

/// A page of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its entries, in order.
    pub entries: Vec<Logged>,
    /// The number to go on after.
    pub next_after: i64,
    /// The number of the newest entry.
    pub head: i64,
    /// The epoch that these numbers are of.
    pub epoch: EpochId,
}

/// Of a log in which few entries are of the type wanted, so many are looked at in one go.
const LOOKED_THROUGH: i64 = 10_000;

/// The number of the newest entry; 0 in an empty log.
pub fn head(tx: &mut ReadTx<'_>) -> Result<i64, Error> {
    Ok(log_head::table.select(log_head::seq).first(tx.conn())?)
}

/// How far the log goes, in which epoch.
pub fn newest(tx: &mut ReadTx<'_>) -> Result<Head, Error> {
    let row: HeadRow = log_head::table.select(HeadRow::as_select()).first(tx.conn())?;
    row.try_into()
}

/// The entries after a place. What the caller may not see stands there without its content; in a list of one type, of which its
/// being there would tell, it is left out.
///
/// # Errors
/// As [`LogPlace::check`].
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, draft_access: DraftAccess<'_>) -> Result<Feed, Error> {
    // The log only grows, so that the two statements need no common snapshot.
    let Filter { after: place, limit, resource_type } = *filter;
    let head = place.check(tx)?;
    let (mut last, after) = (head.seq, place.after);
    let mut query = entries::table.into_boxed().filter(entries::seq.gt(after));
    if let Some(resource_type) = resource_type {
        last = last.min(after.saturating_add(LOOKED_THROUGH));
        query = query.filter(entries::resource_type.eq(resource_type.as_str())).filter(readable(draft_access));
    }
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = query.filter(entries::seq.le(last)).order(entries::seq).limit(wanted);
    let rows: Vec<Row<'_>> = query.select(Row::as_select()).load(tx.conn())?;
    let next_after = rows.last().filter(|_| rows.len() == limit).map_or(last, |row| row.seq);
    Ok(Feed { entries: masked(tx, rows, draft_access)?, next_after, head: head.seq, epoch: head.epoch.id })
}

/// Numbers, hashes and stores the entries of a batch after `head`; gives the new head.
///
/// An entry whose request waited while a later one came in has the later one's time: whoever has seen a time has seen all entries
/// of the times before it.
pub(crate) fn append(conn: &mut Conn, head: Head, batch: &[Entry]) -> Result<Head, Error> {
    if cfg!(feature = "without-entry-log") {
        return Ok(head);
    }
    let mut newest = head;
    let mut rows = Vec::with_capacity(batch.len());
    for entry in batch {
        let seq = newest.seq.checked_add(1).ok_or_else(|| Error::Internal("the log is full".to_owned()))?;
        let at = match (entry.action, newest.at) {
            (Action::SettleClock, _) | (_, None) => entry.at,
            (_, Some(newest)) => entry.at.max(newest),
        };
        rows.push(Row::new(seq, at, entry)?);
        let clock_settled = if entry.action == Action::SettleClock { seq } else { newest.clock_settled };
        newest = Head { seq, at: Some(at), epoch: entry.begins.unwrap_or(newest.epoch), clock_settled };
    }
    if newest.seq > head.seq {
        dialect::insert_entries(conn, &rows)?;
        log_tree::complete(conn, head.seq, newest.seq)?;
        diesel::update(log_head::table)
            .set((
                log_head::seq.eq(newest.seq),
                log_head::at.eq(newest.at.map(|at| at.naive_utc())),
                log_head::epoch.eq(newest.epoch.id.to_string()),
                log_head::epoch_at.eq(newest.epoch.since.map(|since| since.naive_utc())),
                log_head::clock_settled.eq(newest.clock_settled),
            ))
            .execute(conn)?;
    }
    Ok(newest)
}

/// Which entries somebody may read, as a condition on the table.
pub(crate) fn readable(draft_access: DraftAccess<'_>) -> Fragment {
    Fragment::default().sql("(NOT entries.restricted OR ").and(confided(draft_access)).sql(")")
}

/// Which entries are about ballots whose drafts and personal data somebody sees, or saw until they were deleted, as a condition on
/// the table.
pub(crate) fn confided(draft_access: DraftAccess<'_>) -> Fragment {
    let sql = Fragment::default();
    match draft_access {
        DraftAccess::All => sql.sql("1 = 1"),
        DraftAccess::None => sql.sql("1 = 0"),
        DraftAccess::Departments(_) | DraftAccess::Appointments(_) => sql
            .sql("(entries.resource_id IN (SELECT staff_ballots.id FROM staff_ballots WHERE ")
            .and(visibility::seen(draft_access))
            .sql(") OR EXISTS (SELECT 1 FROM tombstones WHERE tombstones.id = entries.resource_id AND ")
            .and(tombstone::seen(draft_access))
            .sql("))"),
    }
}

fn masked(tx: &mut ReadTx<'_>, rows: Vec<Row<'_>>, draft_access: DraftAccess<'_>) -> Result<Vec<Logged>, Error> {
    let restricted: Vec<i64> = rows.iter().filter(|row| row.restricted).map(|row| row.seq).collect();
    let visible: HashSet<i64> = match (restricted.as_slice(), draft_access) {
        ([], _) | (_, DraftAccess::None) => HashSet::new(),
        ([first, ..], _) => entries::table
            .filter(entries::seq.between(first, restricted.last().unwrap_or(first)))
            .filter(entries::restricted)
            .filter(readable(draft_access))
            .select(entries::seq)
            .load(tx.conn())?
            .into_iter()
            .collect(),
    };
    let shown = |row: Row<'_>| {
        let is_visible = !row.restricted || visible.contains(&row.seq);
        Logged::of(row, is_visible)
    };
    rows.into_iter().map(shown).collect()
}

impl Logged {
    pub(crate) fn of(row: Row<'_>, is_visible: bool) -> Result<Self, Error> {
        // Entries from before there was such a hash have another leaf.
        let content_hash = row.content_hash().filter(|_| row.leaf_hash == row.hash());
        let content = Content {
            action: valid("action", domain::vocabulary::find(&row.action))?,
            resource_type: parsed("resource_type", &row.resource_type)?,
            actor: row.actor.into_owned(),
            request_id: row.request_id.into_owned(),
            resource_id: row.resource_id.into_owned(),
            version: row.version,
            after: row.after.map(Cow::into_owned),
            reason: row.reason.map(Cow::into_owned),
            restricted: row.restricted,
            nonce: row.nonce.map(Cow::into_owned),
        };
        let content = is_visible.then_some(content);
        Ok(Self { seq: row.seq, at: instant(row.at), leaf_hash: row.leaf_hash, content_hash, content })
    }
}
