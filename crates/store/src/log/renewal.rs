//! Begins new epochs of the log, and logs other changes to the register as a whole.
//!
//! The first entry of an epoch says which one was before it and how many entries both have.

use diesel::prelude::*;
use document::value::Instant;
use domain::Kind;
use domain::record::EntryAction;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::backend::json::{from_json, parsed};
use crate::backend::schema::entries;
use crate::error::Error;
use crate::log::entry::Head;
use crate::log::epoch::{Epoch, EpochId};
use crate::log::{entry_log, governing};
use crate::transaction::Remark;
use crate::{ReadTx, WriteTx, random};

/// The id under which entries are about the register itself: the nil UUID.
pub const REGISTER_ID: &str = "00000000-0000-0000-0000-000000000000";

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
    /// The number of entries that both share.
    pub shared: i64,
}

/// Begins a new epoch after the entries that there are, as a log must whose register was restored from a copy.
pub fn begin(tx: &mut WriteTx<'_>, reason: Option<&str>) -> Result<Renewal, Error> {
    let (shared, previous) = (tx.newest_seq(), tx.epoch());
    let epoch = EpochId::of(random::bytes()?);
    let began = Epoch { id: epoch, since: Some(tx.stamp().now) };
    let says = governing::members([
        ("epoch", json!(epoch.to_string())),
        ("previous_epoch", json!(previous.to_string())),
        ("shared_entries", json!(shared)),
    ]);
    let remark = Remark { reason: reason.map(str::to_owned), begins: Some(began), ..Remark::default() };
    log(tx, EntryAction::Restore, says, remark)?;
    Ok(Renewal { epoch, previous, shared })
}

/// Puts on the record what was done to the register itself, which has an id, a version and a time like all records.
pub(crate) fn log(
    tx: &mut WriteTx<'_>,
    action: EntryAction,
    mut says: Map<String, Value>,
    remark: Remark,
) -> Result<(), Error> {
    says.insert("updated_at".to_owned(), json!(Instant(tx.stamp().now)));
    governing::log(tx, action, (Kind::Register, REGISTER_ID), says, &[], remark)
}

#[derive(Deserialize)]
struct Told<'d> {
    previous_epoch: &'d str,
}

/// The number of entries that the log shares with an earlier epoch. 0 if it does not know the epoch.
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
