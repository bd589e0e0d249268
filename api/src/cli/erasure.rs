//! Erasing what the register says about a person: which records it may be in, and what takes it out of one.

use document::record::personal;
use document::register::object;
use domain::Kind;
use store::pseudonym::PREFIX;

use crate::caller::key;
use crate::register::resource::Erasure;
use crate::register::{child, staff_ballot};

/// What reads a path: the erasure of the record there, if one of its kind can be there.
type Reader = fn(&str) -> Option<Erasure>;

/// The kinds that have records with personal data, and what reads the path of one.
fn kinds() -> impl Iterator<Item = (Kind, Reader)> {
    macro_rules! readers {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            {
                let of_ballots: Reader = staff_ballot::erasure;
                [(Kind::StaffBallot, of_ballots), $((Kind::$Child, child::erasure::<$Child>)),+]
            }
        };
    }
    domain::for_each_record!(readers)
        .into_iter()
        .filter(|(kind, _)| object(*kind).is_some_and(|object| !personal(object).is_empty()))
}

/// The function that erases the personal data of the record at this path, or the person behind a pseudonym.
///
/// # Errors
/// In words, where no record with personal data can be there.
pub(super) fn of(path: &str) -> Result<Erasure, String> {
    let governing = || key::erasure(path).or_else(|| pseudonym(path));
    kinds().find_map(|(_, read)| read(path)).or_else(governing).ok_or_else(|| {
        let others = ["/v1/keys/ID".to_owned(), format!("{PREFIX}PSEUDONYM")];
        let expected: Vec<String> = kinds().map(|(kind, _)| place(kind)).chain(others).collect();
        format!("{path} is not the path of a record with personal data: expected {}", expected.join(" or "))
    })
}

fn pseudonym(path: &str) -> Option<Erasure> {
    let pseudonym = path.starts_with(PREFIX).then(|| path.to_owned())?;
    Some(Box::new(move |tx, reason| store::pseudonym::forget(tx, &pseudonym, reason)))
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
