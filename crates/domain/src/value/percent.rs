//! Percentages as decimal text.

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};
use crate::value::decimal::scaled;
use crate::value::text::as_text;

/// A percentage from 0 to 100 in steps of a hundredth, written with two places: `91.03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Percent(u32);

impl Percent {
    /// How many hundredths of a per cent, from 0 to 10,000.
    pub const fn hundredths(self) -> u32 {
        self.0
    }
}

impl FromStr for Percent {
    type Err = Invalid;

    /// Reads `51`, `51.5` and `91.03`.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        scaled_percentage(raw, 2).map(Self)
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
    /// Whether the share of `numerator` in `denominator` has this percentage when it is rounded half up to the
    /// places printed: `92` is printed for 91.50 to 92.49, `92.0` for 91.95 to 92.04. A share of nothing has
    /// none.
    pub fn is_rounded_from(&self, numerator: i64, denominator: i64) -> bool {
        let places = self.0.split_once('.').map_or(0, |(_, places)| places.len());
        let steps_of_whole =
            u32::try_from(places).ok().and_then(|places| 100_i128.checked_mul(10_i128.checked_pow(places)?));
        let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
        // Half up: half a step more is added before the fraction is cut, with both sides doubled to stay with
        // integers.
        let rounded = steps_of_whole.and_then(|steps| {
            (numerator * 2).checked_mul(steps)?.checked_add(denominator)?.checked_div(denominator * 2)
        });
        rounded.is_some() && rounded == scaled(&self.0, places).map(i128::from)
    }
}

impl FromStr for PrintedPercent {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        scaled_percentage(raw, 4).map(|_| Self(raw.to_owned()))
    }
}

as_text! { PrintedPercent }

/// The percentage in units of its last place, of which it has at most `places`.
fn scaled_percentage(raw: &str, places: u8) -> Result<u32, Invalid> {
    let scaled = scaled(raw, places.into()).ok_or_else(|| {
        let expected = format!("expected digits with at most {places} after the point, such as 51 or 91.03");
        Invalid::new(FaultCode::InvalidFormat, format!("{} is not a percentage: {expected}", quoted(raw)))
    })?;
    u32::try_from(scaled)
        .ok()
        .filter(|scaled| *scaled <= 100 * 10_u32.pow(places.into()))
        .ok_or_else(|| Invalid::new(FaultCode::OutOfRange, format!("{} is not within 0 to 100", quoted(raw))))
}
