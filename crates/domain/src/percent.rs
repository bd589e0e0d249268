//! Percentages as decimal text: a binary fraction could not hold most of them.

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};

/// A percentage from 0 to 100 in steps of a hundredth, written with two places: `91.03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percent(u32);

impl Percent {
    /// The percentage of so many hundredths of a per cent.
    ///
    /// # Errors
    ///
    /// [`FaultCode::OutOfRange`] above 10,000.
    pub fn from_hundredths(hundredths: u32) -> Result<Self, Invalid> {
        if hundredths <= 10_000 {
            return Ok(Self(hundredths));
        }
        Err(Invalid::new(FaultCode::OutOfRange, format!("{} is above 100", Self(hundredths))))
    }

    /// How many hundredths of a per cent, from 0 to 10,000.
    pub const fn hundredths(self) -> u32 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = Invalid;

    /// Reads `51`, `51.5` and `91.03`.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        ten_thousandths(raw, 2).map(|scaled| Self(scaled / 100))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A percentage from 0 to 100 as somebody printed it, with up to four places: `91` and `91.0` differ in how
/// exact they claim to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrintedPercent(String);

impl PrintedPercent {
    /// The figure as printed, without the per cent sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PrintedPercent {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        ten_thousandths(raw, 4).map(|_| Self(raw.to_owned()))
    }
}

impl fmt::Display for PrintedPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The percentage in ten-thousandths of a per cent; `max_places` is at most four.
fn ten_thousandths(raw: &str, max_places: usize) -> Result<u32, Invalid> {
    let malformed = || {
        let expected = format!("expected digits with at most {max_places} after the point, such as 51 or 91.03");
        Invalid::new(FaultCode::InvalidFormat, format!("{} is not a percentage: {expected}", quoted(raw)))
    };
    let (whole, places) = match raw.split_once('.') {
        Some((_, "")) => return Err(malformed()),
        Some(parts) => parts,
        None => (raw, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let padded_with_zeros = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || padded_with_zeros || !all_digits(whole) || !all_digits(places) || places.len() > max_places {
        return Err(malformed());
    }
    let too_large = || Invalid::new(FaultCode::OutOfRange, format!("{} is not within 0 to 100", quoted(raw)));
    let scaled: u64 = format!("{whole}{places:0<4}").parse().map_err(|_| too_large())?;
    u32::try_from(scaled).ok().filter(|scaled| *scaled <= 1_000_000).ok_or_else(too_large)
}
