//! Compares the register with its log: each record and each key with its newest entry, each tombstone with a deletion, and each personal
//! value with the commitment that stands for it.
//!
//! The row that an entry makes is made anew, by the code that writes rows, and compared with the one that is there. Whatever the database
//! holds is read as bytes: what is no text is a fault of that record and no end of the check. Each step is of one snapshot, so that
//! changes may go on.

mod deletions;
mod fault;
mod found_by;
mod keys;
mod records;
mod values;

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
            $(records::compared::<$Record>, deletions::logged::<$Record>,)+
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
