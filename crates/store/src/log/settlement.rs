//! `settle_clock` entries, with which the operator says which times in the log are wrong. An entry itself is never
//! changed.
//!
//! A clock that is ahead gives entries times in the future, and later entries get the same times, because a time never
//! goes back. Only a `settle_clock` entry may have an earlier time than the entry before it. From it on, times are
//! right again. Earlier entries with later times than it are wrong.

use domain::record::EntryAction;
use serde_json::{Map, json};

use crate::WriteTx;
use crate::error::Error;
use crate::log::{governing, history, renewal};
use crate::transaction::Remark;

/// What was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The entries that have a later time than it is now, from the first to the last.
    pub wrong: Option<(i64, i64)>,
}

/// Says that the time of the stamp is right, and that the entries with later times are wrong.
pub fn settle(tx: &mut WriteTx<'_>, reason: Option<&str>) -> Result<Settlement, Error> {
    let (now, newest) = (tx.stamp().now, tx.newest_seq());
    let right = history::seq_at(tx, now)?;
    let wrong = (right < newest).then_some((right.saturating_add(1), newest));
    let says = match wrong {
        Some((first, last)) => governing::members([("wrong_from", json!(first)), ("wrong_to", json!(last))]),
        None => Map::new(),
    };
    let remark = Remark { reason: reason.map(str::to_owned), ..Remark::default() };
    renewal::log(tx, EntryAction::SettleClock, says, remark)?;
    Ok(Settlement { wrong })
}
