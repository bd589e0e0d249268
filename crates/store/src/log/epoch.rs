//! Epochs: the lines of life of the log.
//!
//! A register that is restored from a copy goes on from an earlier entry, and numbers that were given before are given again to other
//! entries. From there on the log has a new epoch, and whatever names a place in it or a version of a record names the epoch too. The
//! first entry of an epoch says which one was before it and how many entries both have.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use domain::record::EntryAction;
use domain::{FaultCode, Invalid, Kind};
use serde::Deserialize;
use serde_json::json;

use crate::backend::json::{from_json, parsed, to_json};
use crate::backend::schema::entries;
use crate::error::Error;
use crate::log::entry::Head;
use crate::log::entry_log;
use crate::transaction::Remark;
use crate::{ReadTx, WriteTx, random};

/// The id under which entries are about the register itself: the nil UUID.
pub const REGISTER_ID: &str = "00000000-0000-0000-0000-000000000000";

/// What an epoch is known by: 64 random bits, written in hexadecimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EpochId(u64);

impl EpochId {
    /// The digits of its text.
    pub const CHARS: usize = 16;

    /// Its bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The epoch with these bytes.
    #[must_use]
    pub fn of(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

impl fmt::Display for EpochId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for EpochId {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let is_hex = raw.len() == Self::CHARS && raw.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        let read = is_hex.then(|| u64::from_str_radix(raw, 16).ok()).flatten();
        let refusal =
            || Invalid::new(FaultCode::InvalidFormat, "expected an epoch: 16 hexadecimal digits in lower case");
        read.map(Self).ok_or_else(refusal)
    }
}

/// An epoch of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    /// What it is known by.
    pub id: EpochId,
    /// When it began; absent for the first.
    pub since: Option<DateTime<Utc>>,
}

/// A place in the log as a follower names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPlace {
    /// The number of the last entry that they have.
    pub after: i64,
    /// The epoch that they had it in.
    pub epoch: Option<EpochId>,
}

impl LogPlace {
    /// The head of the log, if the place is in it.
    ///
    /// # Errors
    /// [`Error::EpochEnded`] where the place is of another epoch, [`Error::AfterHead`] where the log does not go so far.
    pub fn check(self, tx: &mut ReadTx<'_>) -> Result<Head, Error> {
        let head = entry_log::newest(tx)?;
        if let Some(given) = self.epoch.filter(|given| *given != head.epoch.id) {
            let shared = shared_with(tx, given)?;
            return Err(Error::EpochEnded { given, current: head.epoch.id, shared, after: self.after });
        }
        if self.after > head.seq { Err(Error::AfterHead { head: head.seq }) } else { Ok(head) }
    }
}

/// What the first entry of an epoch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The epoch that begins.
    pub epoch: EpochId,
    /// The one before it.
    pub previous: EpochId,
    /// So many entries are the same in both.
    pub shared: i64,
}

/// Begins a new epoch after the entries that there are, as a log must whose register was restored from a copy.
pub fn begin(tx: &mut WriteTx<'_>, reason: Option<&str>) -> Result<Renewal, Error> {
    let (shared, previous) = (tx.newest_seq(), tx.epoch());
    let epoch = EpochId::of(random::bytes()?);
    let began = Epoch { id: epoch, since: Some(tx.stamp().now) };
    let says = json!({
        "epoch": epoch.to_string(),
        "previous_epoch": previous.to_string(),
        "shared_entries": shared,
    });
    let remark = Remark { reason: reason.map(str::to_owned), begins: Some(began), ..Remark::default() };
    log(tx, EntryAction::Restore, says, remark)?;
    Ok(Renewal { epoch, previous, shared })
}

/// Puts on the record what was done to the register itself, which has an id, a version and a time like all records.
pub(crate) fn log(
    tx: &mut WriteTx<'_>,
    action: EntryAction,
    mut says: serde_json::Value,
    remark: Remark,
) -> Result<(), Error> {
    let of_register = entries::table.filter(entries::resource_id.eq(REGISTER_ID));
    let last: Option<i64> = of_register.select(diesel::dsl::max(entries::version)).first(tx.conn())?;
    let version = last.unwrap_or(0).saturating_add(1);
    if let Some(members) = says.as_object_mut() {
        let updated_at = tx.stamp().now.to_rfc3339_opts(SecondsFormat::Micros, true);
        members.extend([
            ("id".to_owned(), REGISTER_ID.into()),
            ("version".to_owned(), version.into()),
            ("updated_at".to_owned(), updated_at.into()),
        ]);
    }
    // Members are in the order of their names, as RFC 8785 asks.
    tx.log(action, Kind::Register, REGISTER_ID.to_owned(), version, Some(to_json(&says).into()), remark);
    Ok(())
}

#[derive(Deserialize)]
struct Told<'d> {
    previous_epoch: &'d str,
}

/// How many entries the log has in common with that of an epoch which it had before; 0 where it knows of none such.
fn shared_with(tx: &mut ReadTx<'_>, epoch: EpochId) -> Result<i64, Error> {
    let renewals: Vec<(i64, Option<String>)> = entries::table
        .filter(entries::resource_id.eq(REGISTER_ID))
        .filter(entries::action.eq(EntryAction::Restore.as_str()))
        .order(entries::seq)
        .select((entries::seq, entries::after))
        .load(tx.conn())?;
    for (seq, after) in renewals {
        let after = after.unwrap_or_default();
        let Told { previous_epoch } = from_json("after", &after)?;
        if parsed::<EpochId>("after", previous_epoch)? == epoch {
            return Ok(seq.saturating_sub(1));
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_read_back() {
        for id in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef].map(EpochId) {
            assert_eq!(id.to_string().parse::<EpochId>().unwrap(), id);
            assert_eq!(EpochId::of(id.bytes()), id);
        }
        for other in ["", "1", "0123456789ABCDEF", "0123456789abcde", "+123456789abcdef", "0123456789abcdeg"] {
            assert!(other.parse::<EpochId>().is_err(), "{other}");
        }
    }
}
