//! Codes of the Common Procurement Vocabulary (CPV 2008, Commission Regulation (EC) No 213/2008).

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};
use crate::value::text::as_text;

/// A CPV code: eight digits and the check digit that follows from them, written `85000000-9`.
///
/// The check digit is the sum of the digits times 3, 7, 1, 3, 7, 1, 3, 7, modulo 10. Each weight has an
/// inverse modulo 10, so every single mistyped digit shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CpvCode {
    digits: String,
    check_digit: u32,
}

impl CpvCode {
    /// Its eight digits as a number.
    pub(crate) fn number(&self) -> u32 {
        self.digits.parse().unwrap_or_default()
    }
}

impl fmt::Display for CpvCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.digits, self.check_digit)
    }
}

impl FromStr for CpvCode {
    type Err = Invalid;

    /// Reads `85000000-9`, and `85000000`, to which it adds the check digit.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let malformed = || {
            let detail = format!(
                "{} is not a CPV code: expected eight digits, `-` and a check digit, such as 85000000-9",
                quoted(raw)
            );
            Invalid::new(FaultCode::InvalidFormat, detail)
        };
        let (digits, given) = match raw.split_once('-') {
            Some((digits, check)) if check.len() == 1 => (digits, Some(check.parse::<u32>().map_err(|_| malformed())?)),
            Some(_) => return Err(malformed()),
            None => (raw, None),
        };
        let check_digit = check_digit(digits).ok_or_else(malformed)?;
        match given {
            Some(given) if given != check_digit => Err(Invalid::new(
                FaultCode::CheckDigit,
                format!("{raw} has a mistyped digit: the check digit of {digits} is {check_digit}"),
            )),
            _ => Ok(Self { digits: digits.to_owned(), check_digit }),
        }
    }
}

/// The first two to eight digits of CPV codes: a division (two digits), group (three), class (four) or a part
/// of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CpvPrefix(String);

as_text! { CpvPrefix }

impl FromStr for CpvPrefix {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        if (2..=8).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(raw.to_owned()));
        }
        let detail =
            format!("{} is not the start of a CPV code: expected two to eight digits, such as 85", quoted(raw));
        Err(Invalid::new(FaultCode::InvalidFormat, detail))
    }
}

/// The check digit of eight digits; none for any other text.
fn check_digit(digits: &str) -> Option<u32> {
    const WEIGHTS: [u32; 8] = [3, 7, 1, 3, 7, 1, 3, 7];
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    (digits.len() == WEIGHTS.len())
        .then(|| digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum::<u32>() % 10)
}
