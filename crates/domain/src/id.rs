//! Identity of records: UUIDs that know which kind of record they belong to.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

use crate::fault::{FaultCode, Invalid, quoted};

/// Id of a record of the kind `T`: a UUID with hyphens, read in any letter case and written in lower case (RFC 9562,
/// section 4).
///
/// Ids are compared as text by clients and stores, hence the one form in which they are written.
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// The id that has this UUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The id of something that has only a digest: a UUID of version 8 (RFC 9562, section 5.8) made from the digest's
    /// first half.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        let (first_half, _) = digest.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        Self::from_uuid(uuid::Builder::from_custom_bytes(*first_half).into_uuid())
    }

    /// The UUID itself.
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let uuid = Uuid::try_parse(raw).ok().filter(|uuid| uuid.hyphenated().to_string().eq_ignore_ascii_case(raw));
        uuid.map(Self::from_uuid).ok_or_else(|| {
            let expected = "expected a UUID with hyphens, such as 0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f";
            Invalid::new(FaultCode::InvalidFormat, format!("{} is not an id: {expected}", quoted(raw)))
        })
    }
}

// Derived, each of these would ask the same of `T`, of which an id holds nothing.

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
