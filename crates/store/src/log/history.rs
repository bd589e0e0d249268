//! The register as it was: the versions of one record, and what the register said at an instant.
//!
//! What the register said at an instant is what it said after the newest entry with a time until then ([`seq_at`]). Records are shown
//! as the log has them: as canonical JSON, in the form of their time.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::{max, min};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::{DraftAccess, Kind};

use crate::backend::fragment::Fragment;
use crate::backend::json::instant;
use crate::backend::schema::{entries, tombstones};
use crate::error::Error;
use crate::log::entry::{Action, Row};
use crate::log::entry_log;
use crate::log::entry_log::{Logged, confided, readable};
use crate::log::epoch::EpochId;
use crate::log::personal;
use crate::log::renewal::{LogPlace, REGISTER_ID};
use crate::query::keyset::{Listed, Position, Slice};
use crate::{ReadTx, Representation};

/// A page of a record's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Its versions, the oldest first.
    pub versions: Vec<Version>,
    /// The number to go on after; absent at the end.
    pub next_after: Option<i64>,
    /// The epoch that these numbers are of.
    pub epoch: EpochId,
}

/// A version of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The entry that made it.
    pub entry: Logged,
    /// The record before it, where there was one and the caller may see it.
    pub before: Option<String>,
}

/// The entries about the record with this id or slug, after a place. Those that the caller may not see are left out.
///
/// # Errors
/// As [`LogPlace::check`]; [`Error::NotFound`] where there never was such a record, or the caller may see nothing of it.
pub fn list(
    tx: &mut ReadTx<'_>,
    resource_type: Kind,
    key: &str,
    (place, limit): (LogPlace, usize),
    draft_access: DraftAccess<'_>,
) -> Result<History, Error> {
    let (epoch, after) = (place.check(tx)?.epoch.id, place.after);
    let id = id_of(tx, resource_type, key)?;
    let missing = || Error::NotFound { resource_type, key: key.to_owned() };
    let of_record = || {
        let query = entries::table.into_boxed().filter(entries::resource_id.eq(id.clone()));
        query.filter(entries::resource_type.eq(resource_type.as_str())).filter(readable(draft_access))
    };
    let wanted = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let later = of_record().filter(entries::seq.gt(after)).order(entries::seq).limit(wanted);
    let mut rows: Vec<Row<'_>> = later.select(Row::as_select()).load(tx.conn())?;
    let before = of_record().filter(entries::seq.le(after)).order(entries::seq.desc()).limit(1);
    let before: Option<Row<'_>> = before.select(Row::as_select()).first(tx.conn()).optional()?;
    if rows.is_empty() && before.is_none() {
        return Err(missing());
    }
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let mut versions: Vec<Version> = Vec::with_capacity(rows.len());
    let mut last = before.map(|row| Logged::of(row, true)).transpose()?;
    for row in rows {
        let entry = Logged::of(row, true)?;
        let before = last.as_ref().and_then(|last| document_before(last, &entry));
        last = Some(entry.clone());
        versions.push(Version { entry, before });
    }
    let next_after = versions.last().filter(|_| has_more).map(|version| version.entry.seq);
    Ok(History { versions, next_after, epoch })
}

/// The number of the newest entry with a time until this instant; 0 where there is none.
///
/// Times go back at a settlement of the clock alone, so that between two of them the entry is found by halves. The newest settlement
/// until the instant comes after all entries with earlier times; those with wrong, later times before it count as of its own time.
pub fn seq_at(tx: &mut ReadTx<'_>, at: DateTime<Utc>) -> Result<i64, Error> {
    let settlements = || {
        let of_register = entries::table.into_boxed().filter(entries::resource_id.eq(REGISTER_ID));
        of_register.filter(entries::action.eq(Action::SettleClock.as_str()))
    };
    let until = settlements().filter(entries::at.le(at.naive_utc()));
    let low: Option<i64> = until.select(max(entries::seq)).first(tx.conn())?;
    let low = low.unwrap_or(0);
    let next = settlements().filter(entries::seq.gt(low));
    let next: Option<i64> = next.select(min(entries::seq)).first(tx.conn())?;
    let high = match next {
        Some(next) => next.saturating_sub(1),
        None => entry_log::head(tx)?,
    };
    let (open, close) = tx.conn().dialect().cast("TIMESTAMP");
    let at = at.naive_utc().format("%F %T%.f").to_string();
    let halves = Fragment::default()
        .sql("WITH RECURSIVE halves (low, high) AS (SELECT CAST(")
        .number(low)
        .sql(" AS BIGINT), CAST(")
        .number(high)
        .sql(format!(" AS BIGINT) UNION ALL SELECT CASE WHEN entries.at <= {open}"))
        .parameter(&at)
        .sql(format!("{close} THEN entries.seq ELSE low END, CASE WHEN entries.at <= {open}"))
        .parameter(at)
        .sql(format!(
            "{close} THEN high ELSE entries.seq - 1 END FROM halves JOIN entries ON entries.seq = (low + high + 1) / 2 \
             WHERE low < high) SELECT low FROM halves WHERE low >= high"
        ));
    let found: Option<i64> = halves.giving::<BigInt>().get_result(tx.conn()).optional()?;
    found.ok_or_else(|| Error::Internal("an entry is missing from the log: run `mutuals log verify`".to_owned()))
}

/// What there was to show of the record with this id or slug at an instant.
///
/// # Errors
/// [`Error::NotFound`] where it was not there yet, or the caller may not see how it was; [`Error::Gone`] where it was deleted before.
pub fn show(
    tx: &mut ReadTx<'_>,
    resource_type: Kind,
    key: &str,
    at: DateTime<Utc>,
    draft_access: DraftAccess<'_>,
) -> Result<Representation, Error> {
    let id = id_of(tx, resource_type, key)?;
    let missing = || Error::NotFound { resource_type, key: key.to_owned() };
    let last = seq_at(tx, at)?;
    let newest = entries::table
        .into_boxed()
        .filter(entries::resource_id.eq(id.clone()))
        .filter(entries::resource_type.eq(resource_type.as_str()))
        .filter(entries::seq.le(last))
        .order(entries::seq.desc());
    let newest: Option<(i64, NaiveDateTime)> =
        newest.select((entries::seq, entries::at)).first(tx.conn()).optional()?;
    let (seq, changed_at) = newest.ok_or_else(missing)?;
    let version = entries::table.filter(entries::seq.eq(seq)).filter(readable(draft_access));
    let version: Option<(i64, Option<String>)> =
        version.select((entries::version, entries::after)).first(tx.conn()).optional()?;
    let (version, after) = version.ok_or_else(missing)?;
    let Some(after) = after else {
        return Err(Error::Gone { resource_type, key: key.to_owned(), deleted_at: instant(changed_at) });
    };
    let (document, reduced) = as_seen(tx, &id, seq, after, draft_access)?;
    Ok(Representation { id, version, updated_at: instant(changed_at), entry_seq: seq, document, reduced })
}

/// The record with this id as it was entered; none where the log does not tell.
pub(crate) fn as_entered(tx: &mut ReadTx<'_>, resource_type: Kind, id: &str) -> Result<Option<String>, Error> {
    let first = entries::table
        .filter(entries::resource_id.eq(id))
        .filter(entries::resource_type.eq(resource_type.as_str()))
        .order(entries::seq.asc());
    let first: Option<Option<String>> = first.select(entries::after).first(tx.conn()).optional()?;
    Ok(first.flatten())
}

/// A page of the records of a type that there were at an instant, in the order of their ids.
pub fn list_at(
    tx: &mut ReadTx<'_>,
    resource_type: Kind,
    at: DateTime<Utc>,
    (after, limit): (Option<&str>, usize),
    draft_access: DraftAccess<'_>,
) -> Result<Slice, Error> {
    let last = seq_at(tx, at)?;
    let past = past(resource_type, last, (after, limit), draft_access);
    let past = past.giving::<(Text, BigInt, BigInt, Nullable<Text>)>();
    let mut found: Vec<(String, i64, i64, Option<String>)> = past.load(tx.conn())?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|(id, ..)| Position { key: None, id: id.clone() });
    let mut items = Vec::with_capacity(found.len());
    for (id, seq, version, after) in found {
        let (document, reduced) = as_seen(tx, &id, seq, after.unwrap_or_default(), draft_access)?;
        items.push(Listed { id, version, entry_seq: Some(seq), document, reduced });
    }
    Ok(Slice { items, next, total: None })
}

/// From the entries that made records, each record's newest one up to a number: an index leads to both.
fn past(
    resource_type: Kind,
    last: i64,
    (after, limit): (Option<&str>, usize),
    draft_access: DraftAccess<'_>,
) -> Fragment {
    Fragment::default()
        .sql(
            "SELECT entries.resource_id, entries.seq, entries.version, entries.after FROM entries made \
             JOIN entries ON entries.seq = (SELECT one.seq FROM entries one WHERE one.resource_id = made.resource_id \
             AND one.seq <= ",
        )
        .number(last)
        .sql(" ORDER BY one.seq DESC LIMIT 1) WHERE made.action = 'create' AND made.resource_type = ")
        .parameter(resource_type.as_str())
        .sql(" AND made.resource_id > ")
        .parameter(after.unwrap_or_default())
        .sql(" AND made.seq <= ")
        .number(last)
        .sql(" AND entries.after IS NOT NULL AND ")
        .and(readable(draft_access))
        .sql(" ORDER BY made.resource_id LIMIT ")
        .number(i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX))
}

/// The record as it was before an entry, by the entry that is next to it: no version was in between.
fn document_before(last: &Logged, entry: &Logged) -> Option<String> {
    let (last, next) = (last.content.as_ref()?, entry.content.as_ref()?);
    if last.version.checked_add(1) == Some(next.version) { last.after.clone() } else { None }
}

/// The record of an entry with the personal data that the caller may see, and whether that is less than there is.
fn as_seen(
    tx: &mut ReadTx<'_>,
    id: &str,
    seq: i64,
    after: String,
    draft_access: DraftAccess<'_>,
) -> Result<(String, bool), Error> {
    if !personal::is_in(&after) {
        return Ok((after, false));
    }
    let of_confidence = entries::table.filter(entries::seq.eq(seq)).filter(confided(draft_access)).count();
    let is_confidant = of_confidence.get_result::<i64>(tx.conn())? > 0;
    Ok((personal::resolve(tx, id, &after, is_confidant)?, !is_confidant))
}

/// The id behind an id or slug, also of what was deleted.
fn id_of(tx: &mut ReadTx<'_>, resource_type: Kind, key: &str) -> Result<String, Error> {
    if !matches!(resource_type, Kind::Department | Kind::Mutual) {
        return Ok(key.to_owned());
    }
    let of_slug = Fragment::default().sql(format!("SELECT id FROM {} WHERE slug = ", resource_type.table()));
    let of_slug: Option<String> = of_slug.parameter(key).giving::<Text>().get_result(tx.conn()).optional()?;
    if let Some(id) = of_slug {
        return Ok(id);
    }
    let deleted = tombstones::table
        .filter(tombstones::resource_type.eq(resource_type.as_str()))
        .filter(tombstones::slug.eq(key))
        .select(tombstones::id)
        .first(tx.conn())
        .optional()?;
    Ok(deleted.unwrap_or_else(|| key.to_owned()))
}
