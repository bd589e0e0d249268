//! Amounts of money, in whole minor units.

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};

/// The greatest integer that every JSON reader keeps exact: 2^53 − 1 (RFC 8259, section 6).
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// An amount of money, never negative and never a fraction of the currency's minor unit.
pub type Money = Amount<0>;

/// An amount of money that may be owed: below 0 for a loss.
pub type SignedMoney = Amount<{ -MAX_INTEGER }>;

/// An amount of money in whole minor units, `LEAST` of them at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount<const LEAST: i64> {
    amount_minor: i64,
    currency: Currency,
}

impl<const LEAST: i64> Amount<LEAST> {
    /// An amount in minor units (pence for `GBP`).
    ///
    /// # Errors
    /// [`FaultCode::OutOfRange`] below `LEAST` or above [`MAX_INTEGER`].
    pub fn new(amount_minor: i64, currency: Currency) -> Result<Self, Invalid> {
        if (LEAST..=MAX_INTEGER).contains(&amount_minor) {
            return Ok(Self { amount_minor, currency });
        }
        Err(Invalid::new(FaultCode::OutOfRange, format!("{amount_minor} is not within {LEAST} to {MAX_INTEGER}")))
    }

    /// How many minor units (pence for `GBP`).
    pub const fn amount_minor(&self) -> i64 {
        self.amount_minor
    }

    /// Of which currency.
    pub const fn currency(&self) -> Currency {
        self.currency
    }
}

/// A currency by its code of three capital letters (ISO 4217), such as `GBP`.
///
/// Only the shape is checked: currencies come and go, and an old contract keeps the one it was made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");
}

impl FromStr for Currency {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        <[u8; 3]>::try_from(raw.as_bytes())
            .ok()
            .filter(|code| code.iter().all(u8::is_ascii_uppercase))
            .map(Self)
            .ok_or_else(|| {
                let detail =
                    format!("{} is not a currency code: expected three capital letters, such as GBP", quoted(raw));
                Invalid::new(FaultCode::InvalidFormat, detail)
            })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}
