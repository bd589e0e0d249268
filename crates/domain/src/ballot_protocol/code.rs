//! What voters cast with: codes, which issuers make from a seed, and what is hashed from them.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::fault::{FaultCode, Invalid};
use crate::vocabulary::vocabulary;

use super::ballot_id::BallotId;
use super::hash::{Entry, Half, Sha256Hex, Spend, Tracker, hex};

vocabulary! {
    /// Which issuer of a hosted ballot.
    pub enum Side {
        /// The first issuer: the scrutineer.
        A = "a",
        /// The second issuer, where there are two.
        B = "b",
    }
}

/// The secret from which an issuer makes all codes of a ballot. It is never shown.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The seed with these random bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The code of the person who has this number on the issuer's list, which begins at 1.
    pub fn code(&self, ballot: BallotId, side: Side, number: u32) -> Code {
        // HMAC fills a key that is shorter than a block with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        let message = format!("psm-ballot-v1:code:{ballot}:{side}:{number}");
        let mac = Hmac::<Sha256>::new(&block.into()).chain_update(message).finalize().into_bytes();
        Code(hex(&mac).chars().take(Code::DIGITS).collect())
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// What an issuer sends to a person: 32 hexadecimal digits, shown in 8 groups of 4. `Debug` and errors do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// How many digits it has.
    pub const DIGITS: usize = 32;
}

impl FromStr for Code {
    type Err = Invalid;

    /// Reads a code as people type it: spaces, hyphens and letter case do not count.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let is_read = |c: &char| !c.is_whitespace() && *c != '-';
        let digits: String = raw.chars().filter(is_read).take(Self::DIGITS + 1).collect();
        hex_digits(&digits.to_ascii_lowercase(), "a code").map(Self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, digit) in self.0.chars().enumerate() {
            let gap = if position > 0 && position % 4 == 0 { " " } else { "" };
            write!(f, "{gap}{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// What a voter adds to a code, so that no issuer can compute the tracker: 32 lower-case hexadecimal digits, at least 8 of them
/// different. `Debug` and errors do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// How many digits it has.
    pub const DIGITS: usize = 32;
    /// How many different digits it has at least. One that was made up, such as `000…`, has fewer.
    pub const LEAST_DISTINCT: usize = 8;
}

impl FromStr for Nonce {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let digits = hex_digits(raw, "a nonce")?;
        let distinct = ('0'..='9').chain('a'..='f').filter(|digit| digits.contains(*digit)).count();
        if distinct < Self::LEAST_DISTINCT {
            let detail = format!(
                "the nonce has {distinct} different digits, at least {} expected: make it with `openssl rand -hex 16`",
                Self::LEAST_DISTINCT
            );
            return Err(Invalid::new(FaultCode::OutOfRange, detail));
        }
        Ok(Self(digits))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// The codes of a person: one for each issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// That of the only issuer.
    One(Code),
    /// Those of two issuers.
    Two {
        /// That of the first issuer.
        a: Code,
        /// That of the second issuer.
        b: Code,
    },
}

impl Codes {
    /// What the person sends to cast.
    pub fn credential(&self, ballot: BallotId) -> Credential {
        match self {
            Self::One(code) => Credential::One(Spend::of(ballot, code)),
            Self::Two { a, b } => Credential::Two { a: Spend::of(ballot, a), b: Spend::of(ballot, b) },
        }
    }

    /// By what the person finds their vote.
    pub fn tracker(&self, ballot: BallotId, nonce: &Nonce) -> Tracker {
        let text = match self {
            Self::One(code) => format!("psm-ballot-v1:tracker:{ballot}:{}:{}", code.0, nonce.0),
            Self::Two { a, b } => format!("psm-ballot-v1:tracker2:{ballot}:{}:{}:{}", a.0, b.0, nonce.0),
        };
        Tracker(Sha256Hex::of(&text))
    }
}

/// What spends an entry of the roll: a spend for each issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Credential {
    /// That of the only issuer.
    One(Spend),
    /// Those of two issuers.
    Two {
        /// That of the first issuer.
        a: Spend,
        /// That of the second issuer.
        b: Spend,
    },
}

impl Credential {
    /// The entry that it spends.
    pub fn entry(&self) -> Entry {
        match self {
            Self::One(spend) => Entry::of_spend(spend),
            Self::Two { a, b } => Entry::of_halves(&Half::of(Side::A, a), &Half::of(Side::B, b)),
        }
    }
}

impl Spend {
    /// The spend of a code in a ballot.
    pub fn of(ballot: BallotId, code: &Code) -> Self {
        Self(Sha256Hex::of(&format!("psm-ballot-v1:spend:{ballot}:{}", code.0)))
    }
}

impl Half {
    /// The half of an issuer's spend.
    pub fn of(side: Side, spend: &Spend) -> Self {
        Self(Sha256Hex::of(&format!("psm-ballot-v1:half:{side}:{spend}")))
    }
}

impl Entry {
    /// The entry of a person with one code.
    pub fn of_spend(spend: &Spend) -> Self {
        Self(Sha256Hex::of(&format!("psm-ballot-v1:entry:{spend}")))
    }

    /// The entry of a person with two codes.
    pub fn of_halves(a: &Half, b: &Half) -> Self {
        Self(Sha256Hex::of(&format!("psm-ballot-v1:entry2:{a}:{b}")))
    }
}

/// The 32 lower-case digits of a secret. Errors do not show it: they may be stored, and a mistyped secret is nearly the right one.
fn hex_digits(raw: &str, what: &str) -> Result<String, Invalid> {
    let expected = "expected 32 digits of 0-9 and a-f";
    if !raw.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        let detail = format!("the text has a character that {what} does not have: {expected}");
        return Err(Invalid::new(FaultCode::InvalidCharacter, detail));
    }
    match raw.len() {
        Code::DIGITS => Ok(raw.to_owned()),
        len if len < Code::DIGITS => {
            Err(Invalid::new(FaultCode::InvalidFormat, format!("{len} digits are too few for {what}: {expected}")))
        }
        _ => Err(Invalid::new(FaultCode::InvalidFormat, format!("there are too many digits for {what}: {expected}"))),
    }
}
