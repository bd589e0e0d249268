//! Compares the register with its log: each record and each key with its newest entry, each tombstone with a deletion, and each personal
//! value with the commitment that stands for it.
//!
//! The code that writes rows builds the row again from the entry, and the check compares it with the stored row. Stored
//! values are read as bytes: if one is not text, that is an error of this record and does not end the check. Each step
//! reads one snapshot, so that changes can be made at the same time.

mod deletions;
mod fault;
mod found_by;
mod keys;
mod records;
mod values;
mod words;

use domain::Child;

use crate::ReadTx;
use crate::error::Error;
pub(crate) use crate::register::verify::fault::Found;
pub use crate::register::verify::fault::RegisterFault;

/// Compares what comes next after a place.
pub(crate) type Step = fn(&mut ReadTx<'_>, &[u8]) -> Result<Found, Error>;

macro_rules! steps {
    (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
        &[
            $(records::compared::<$Record>, words::compared::<$Record>, deletions::logged::<$Record>,)+
            $(records::compared::<Child<$Parent, $Child>>, deletions::logged::<Child<$Parent, $Child>>,)+
            deletions::tombstones,
            values::personal_values,
            keys::compared,
            keys::logged,
        ]
    };
}

/// All that is compared, each to its end.
pub(crate) const STEPS: &[Step] = domain::for_each_record!(steps);
