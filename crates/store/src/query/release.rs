//! Contracts as releases of open contracting data.

use chrono::{DateTime, TimeDelta, Utc};
use document::ocds::{Process, Release};
use domain::{Contract, ContractId, Key, OcdsPrefix};

use crate::ReadTx;
use crate::error::Error;
use crate::log::contract_life::{self, Life};
use crate::log::{entry_log, history};
use crate::query::keyset::Position;
use crate::register::record;

/// A contract with more changes is told from its newest so many on. Each release says all that was known, so that none is missed.
pub const MOST_OF_ONE: usize = 1000;

/// A page of releases.
#[derive(Debug, Default)]
pub struct Releases {
    /// In the order of the log.
    pub items: Vec<Release>,
    /// Where to go on, if there is more.
    pub next: Option<Position>,
}

/// The releases of a contract's life, and what they say together.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn of_contract(tx: &mut ReadTx<'_>, prefix: &OcdsPrefix, id: ContractId) -> Result<(Vec<Release>, Process), Error> {
    record::find_by_key(tx, &Key::<Contract>::Id(id))?;
    let mut process = Process::new(prefix.clone(), id);
    let lives = contract_life::lives(tx, &[id.to_string()].into())?;
    let moments = lives.iter().flat_map(|life| &life.moments);
    let mut releases: Vec<Release> = moments.map(|(_, moment)| process.release(moment)).collect();
    releases.drain(..releases.len().saturating_sub(MOST_OF_ONE));
    Ok((releases, process))
}

/// The releases of all contracts that were made in a time, both ends included, after a place.
///
/// # Errors
/// [`Error::InvalidPosition`] for a place in another list.
pub fn list(
    tx: &mut ReadTx<'_>,
    prefix: &OcdsPrefix,
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    (after, limit): (Option<&Position>, usize),
) -> Result<Releases, Error> {
    let mut first = match from.and_then(|from| from.checked_sub_signed(TimeDelta::microseconds(1))) {
        Some(before) => history::seq_at(tx, before)?.saturating_add(1),
        None => 1,
    };
    let last = match to {
        Some(to) => history::seq_at(tx, to)?,
        None => entry_log::head(tx)?,
    };
    let after = after.map(place).transpose()?;
    if let Some((seq, _)) = after {
        first = first.max(seq);
    }
    let wanted = limit.saturating_add(1);
    let mut found: Vec<(i64, ContractId, Release)> = Vec::with_capacity(wanted);
    while found.len() < wanted && first <= last {
        let (contracts, seen) = contract_life::changed(tx, (first, last), wanted)?;
        let end = seen.unwrap_or(last);
        let lives = contract_life::lives(tx, &contracts)?;
        let mut releases: Vec<_> = lives.iter().flat_map(|life| within(prefix, life, first, end)).collect();
        releases.retain(|(seq, id, _)| after.is_none_or(|after| (*seq, *id) > after));
        releases.sort_by_key(|(seq, id, _)| (*seq, *id));
        found.extend(releases);
        first = end.saturating_add(1);
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more);
    let next = next.map(|(seq, id, _)| Position { key: Some(seq.to_string()), id: id.to_string() });
    Ok(Releases { items: found.into_iter().map(|(.., release)| release).collect(), next })
}

/// The releases that the entries of a span made.
fn within(prefix: &OcdsPrefix, life: &Life, first: i64, last: i64) -> Vec<(i64, ContractId, Release)> {
    let mut process = Process::new(prefix.clone(), life.id);
    let told = life.moments.iter().map(|(seq, moment)| (*seq, life.id, process.release(moment)));
    told.filter(|(seq, ..)| (first..=last).contains(seq)).collect()
}

/// The number of the entry, and the contract, after which to go on.
fn place(position: &Position) -> Result<(i64, ContractId), Error> {
    let invalid = || Error::InvalidPosition(position.key.clone().unwrap_or_default());
    let seq = position.key.as_ref().and_then(|key| key.parse().ok()).ok_or_else(invalid)?;
    Ok((seq, position.id.parse().map_err(|_| invalid())?))
}
