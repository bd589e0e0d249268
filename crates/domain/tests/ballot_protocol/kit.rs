//! What the cases share: the ballot of the vectors, its seeds and its options.

use domain::ballot_protocol::{BallotId, BallotPaper, Code, Codes, Credential, Entry, Half, Seed, Side, Spend};
use domain::{BallotMethod, Fault, FaultCode, OptionKey};

pub const NONCE: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

pub fn ballot() -> BallotId {
    "0190c0de-0000-7000-8000-000000000001".parse().unwrap()
}

/// The seeds of the vectors: `00…1f` for the first issuer and `20…3f` for the second.
pub fn seed(side: Side) -> Seed {
    let first = match side {
        Side::A => 0,
        Side::B => 32,
    };
    Seed::from_bytes(std::array::from_fn(|at| first + u8::try_from(at).unwrap()))
}

pub fn code(side: Side, number: u32) -> Code {
    seed(side).code(ballot(), side, number)
}

/// The codes of a person where there are two issuers.
pub fn codes(number: u32) -> Codes {
    Codes::Two { a: code(Side::A, number), b: code(Side::B, number) }
}

pub fn credential(number: u32) -> Credential {
    codes(number).credential(ballot())
}

pub fn entry(number: u32) -> Entry {
    credential(number).entry()
}

pub fn half(side: Side, number: u32) -> Half {
    Half::of(side, &Spend::of(ballot(), &code(side, number)))
}

pub fn key(raw: &str) -> OptionKey {
    raw.parse().unwrap()
}

pub fn keys(raw: &str) -> Vec<OptionKey> {
    raw.split(',').map(key).collect()
}

/// The paper with these options, separated by commas.
pub fn paper(method: BallotMethod, options: &str) -> BallotPaper {
    BallotPaper { method, options: keys(options) }
}

pub fn places(faults: &[Fault]) -> Vec<(&str, FaultCode)> {
    faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect()
}
