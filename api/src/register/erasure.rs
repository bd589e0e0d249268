//! Erasing what the register says about a person: which records it may be in, and what takes it out of one.

use domain::{Enabler, Endorsement, Kind, Objection};
use store::WriteTx;

use crate::register::{child, staff_ballot};

/// Takes the personal data out of one record and out of the log, for a reason; gives how many values the log has forgotten.
pub type Erasure = Box<dyn Fn(&mut WriteTx<'_>, &str) -> Result<usize, store::Error> + Send>;

/// What reads a path: the erasure of the record there, if one of its kind can be there.
type Reader = fn(&str) -> Option<Erasure>;

/// The kinds that have records with personal data, and what reads the path of one.
const KINDS: [(Kind, Reader); 4] = [
    (Kind::StaffBallot, staff_ballot::erasure),
    (Kind::Enabler, child::erasure::<Enabler>),
    (Kind::Endorsement, child::erasure::<Endorsement>),
    (Kind::Objection, child::erasure::<Objection>),
];

/// What erases the personal data of the record at this path.
///
/// # Errors
/// In words, where no record with personal data can be there.
pub fn of(path: &str) -> Result<Erasure, String> {
    KINDS.iter().find_map(|(_, read)| read(path)).ok_or_else(|| {
        let expected: Vec<String> = KINDS.iter().map(|(kind, _)| place(*kind)).collect();
        format!("{path}: no record with personal data is there; expected {}", expected.join(" or "))
    })
}

/// Where the records of a kind are, with capitals for what differs.
fn place(kind: Kind) -> String {
    match kind.parent() {
        Some(parent) => {
            format!("/v1/{}/{}/{}/ID", parent.segment(), parent.as_str().to_uppercase(), kind.segment())
        }
        None => format!("/v1/{}/ID", kind.segment()),
    }
}
