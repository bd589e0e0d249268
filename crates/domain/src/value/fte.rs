//! Full-time equivalents as decimal text.

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};
use crate::register::mutual::Staff;
use crate::value::decimal::scaled;

/// A number of full-time equivalents in steps of a hundredth, from 0 to [`Staff::MAX_COUNT`], written with two
/// places: `12.50`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fte(i64);

impl Fte {
    /// How many hundredths of a full-time equivalent.
    pub const fn hundredths(self) -> i64 {
        self.0
    }
}

impl FromStr for Fte {
    type Err = Invalid;

    /// Reads `12`, `12.5` and `12.50`.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let scaled = scaled(raw, 2).ok_or_else(|| {
            let expected = "expected digits with at most two after the point, such as 12 or 12.50";
            Invalid::new(
                FaultCode::InvalidFormat,
                format!("{} is not a number of full-time equivalents: {expected}", quoted(raw)),
            )
        })?;
        let within = i64::try_from(scaled).ok().filter(|hundredths| *hundredths <= Staff::MAX_COUNT * 100);
        within.map(Self).ok_or_else(|| {
            let detail = format!("{} is not within 0 to {}", quoted(raw), Staff::MAX_COUNT);
            Invalid::new(FaultCode::OutOfRange, detail)
        })
    }
}

impl fmt::Display for Fte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}
