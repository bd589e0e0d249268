//! Erasing what the register says about a person: which records it may be in, and what takes it out of one.

use domain::{Enabler, Endorsement, Objection};
use store::WriteTx;

use crate::register::{child, staff_ballot};

/// Takes the personal data out of one record and out of the log, for a reason; gives how many values the log has forgotten.
pub type Erasure = Box<dyn Fn(&mut WriteTx<'_>, &str) -> Result<usize, store::Error> + Send>;

/// What reads a path: the erasure of the record there, if one of its kind can be there.
type Reader = fn(&str) -> Option<Erasure>;

/// Where there are records with personal data, and what reads the path of one.
const PLACES: &[(&str, Reader)] = &[
    ("/v1/staff-ballots/ID", staff_ballot::erasure),
    ("/v1/departments/DEPARTMENT/enablers/ID", child::erasure::<Enabler>),
    ("/v1/mutuals/MUTUAL/endorsements/ID", child::erasure::<Endorsement>),
    ("/v1/mutuals/MUTUAL/objections/ID", child::erasure::<Objection>),
];

/// What erases the personal data of the record at this path.
///
/// # Errors
/// In words, where no record with personal data can be there.
pub fn of(path: &str) -> Result<Erasure, String> {
    PLACES.iter().find_map(|(_, read)| read(path)).ok_or_else(|| {
        let expected: Vec<&str> = PLACES.iter().map(|(place, _)| *place).collect();
        format!("{path}: no record with personal data is there; expected {}", expected.join(" or "))
    })
}
