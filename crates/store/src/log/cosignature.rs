//! The cosignatures of witnesses: the newest of each witness in each epoch. They are about the log, so the log has no entries for them.

use std::cmp::Ordering;

use diesel::prelude::*;

use crate::backend::schema::cosignatures;
use crate::error::Error;
use crate::log::epoch::EpochId;
use crate::{ReadTx, WriteTx};

/// The statement of a witness that it checked a head of the log.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Selectable)]
#[diesel(table_name = cosignatures)]
pub struct Cosignature {
    /// The verifier key of the witness.
    pub witness: String,
    /// How many entries the head has.
    pub tree_size: i64,
    /// When it was signed, in POSIX seconds.
    pub signed_at: i64,
    /// The Ed25519 signature.
    pub signature: Vec<u8>,
}

impl Cosignature {
    /// How this one of a witness stands to another: a witness never signs a smaller head later. None where these two say that it did.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.tree_size.cmp(&other.tree_size), self.signed_at.cmp(&other.signed_at)) {
            (Ordering::Equal, by_time) => Some(by_time),
            (by_size, Ordering::Equal) => Some(by_size),
            (by_size, by_time) => (by_size == by_time).then_some(by_size),
        }
    }
}

/// The newest of each witness in an epoch, in the order of their verifier keys.
pub fn of_epoch(tx: &mut ReadTx<'_>, epoch: EpochId) -> Result<Vec<Cosignature>, Error> {
    let own = cosignatures::table.filter(cosignatures::epoch.eq(epoch.to_string()));
    Ok(own.order(cosignatures::witness).select(Cosignature::as_select()).load(tx.conn())?)
}

/// Keeps one in the place of an earlier one, unless it is not newer than that of its witness.
pub fn keep(tx: &mut WriteTx<'_>, epoch: EpochId, given: &Cosignature) -> Result<(), Error> {
    let place = cosignatures::table.find((epoch.to_string(), given.witness.clone()));
    let kept = place.clone().select(Cosignature::as_select()).first(tx.conn()).optional()?;
    if kept.is_some_and(|kept| given.compare(&kept) != Some(Ordering::Greater)) {
        return Ok(());
    }
    diesel::delete(place).execute(tx.adding())?;
    let row = (given, cosignatures::epoch.eq(epoch.to_string()));
    diesel::insert_into(cosignatures::table).values(row).execute(tx.adding())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_never_signs_a_smaller_head_later() {
        let signed = |tree_size, signed_at| Cosignature {
            witness: "example.org/w".to_owned(),
            tree_size,
            signed_at,
            signature: Vec::new(),
        };
        let kept = signed(7, 100);
        for (new, expected) in [
            ((7, 100), Some(Ordering::Equal)),
            ((7, 101), Some(Ordering::Greater)),
            ((7, 99), Some(Ordering::Less)),
            ((8, 100), Some(Ordering::Greater)),
            ((8, 101), Some(Ordering::Greater)),
            ((6, 99), Some(Ordering::Less)),
            ((8, 99), None),
            ((6, 101), None),
        ] {
            assert_eq!(signed(new.0, new.1).compare(&kept), expected, "{new:?}");
        }
    }
}
