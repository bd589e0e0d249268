//! The ballot that something is hashed or signed for.

use std::fmt;
use std::str::FromStr;

use crate::fault::Invalid;
use crate::id::Id;

/// The id of a ballot, as it stands in hashes and messages. It is the id of its record; the protocol knows no records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BallotId(Id<()>);

impl BallotId {
    /// The id as that of a record.
    pub const fn of_record<T>(self) -> Id<T> {
        Id::from_uuid(self.0.as_uuid())
    }
}

impl<T> From<Id<T>> for BallotId {
    fn from(id: Id<T>) -> Self {
        Self(Id::from_uuid(id.as_uuid()))
    }
}

impl FromStr for BallotId {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        raw.parse().map(Self)
    }
}

impl fmt::Display for BallotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
