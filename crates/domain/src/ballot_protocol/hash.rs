//! The SHA-256 hashes of the protocol: what each is called, and how all are written.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::fault::{FaultCode, Invalid, quoted};
use crate::tree::Hash;

/// A SHA-256 hash, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256Hex(Hash);

impl Sha256Hex {
    /// How many digits it has.
    pub const DIGITS: usize = 64;

    /// The hash of a text, as UTF-8.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The hash with these bytes.
    pub const fn from_bytes(bytes: Hash) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &Hash {
        &self.0
    }
}

impl FromStr for Sha256Hex {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let (pairs, odd) = raw.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let hash = bytes.filter(|_| odd.is_empty()).and_then(|bytes| bytes.try_into().ok());
        hash.map(Self).ok_or_else(|| {
            let detail = format!("{} is not a SHA-256 hash: expected 64 digits of 0-9 and a-f", quoted(raw));
            Invalid::new(FaultCode::InvalidFormat, detail)
        })
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

impl fmt::Debug for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex(&self.0))
    }
}

/// Hashes with a meaning of their own, so that none is taken for another.
macro_rules! hashes {
    ($( $(#[doc = $about:literal])+ $Name:ident )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $Name(pub Sha256Hex);

        impl FromStr for $Name {
            type Err = Invalid;

            fn from_str(raw: &str) -> Result<Self, Invalid> {
                raw.parse().map(Self)
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )+};
}

hashes! {
    /// What a voter sends in place of a code. It is published after the ballot has closed.
    Spend
    /// What one of two issuers uploads for a person.
    Half
    /// What stands on the roll for a person.
    Entry
    /// By what a voter finds their vote on the board.
    Tracker
}

/// Bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn byte([high, low]: &[u8; 2]) -> Option<u8> {
    Some(digit(*high)? << 4 | digit(*low)?)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}
