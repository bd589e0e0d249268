//! Epochs of the log.
//!
//! A register that is restored from a copy continues from an earlier entry, and gives the numbers after it to other
//! entries. The log then has a new epoch. Everything that names a place in the log or a version of a record also names
//! the epoch.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::{FaultCode, Invalid};

/// What an epoch is known by: 64 random bits, written in hexadecimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EpochId(u64);

impl EpochId {
    /// The digits of its text.
    pub const CHARS: usize = 16;

    /// Its bytes.
    #[must_use]
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The epoch with these bytes.
    #[must_use]
    pub fn of(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }
}

impl fmt::Display for EpochId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for EpochId {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let is_hex = raw.len() == Self::CHARS && raw.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        let read = is_hex.then(|| u64::from_str_radix(raw, 16).ok()).flatten();
        let refusal =
            || Invalid::new(FaultCode::InvalidFormat, "expected an epoch: 16 hexadecimal digits in lower case");
        read.map(Self).ok_or_else(refusal)
    }
}

/// An epoch of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch {
    /// What it is known by.
    pub id: EpochId,
    /// When it began; absent for the first.
    pub since: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_read_back() {
        for id in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef].map(EpochId) {
            assert_eq!(id.to_string().parse::<EpochId>().unwrap(), id);
            assert_eq!(EpochId::of(id.bytes()), id);
        }
        for other in ["", "1", "0123456789ABCDEF", "0123456789abcde", "+123456789abcdef", "0123456789abcdeg"] {
            assert!(other.parse::<EpochId>().is_err(), "{other}");
        }
    }
}
