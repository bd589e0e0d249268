//! Ed25519 keys and signatures of issuers, and the key that signs the receipts of a ballot.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::fault::{FaultCode, Invalid, quoted};

use super::ballot_id::BallotId;

/// The public half of an Ed25519 key, written as base64 (RFC 4648, section 4) of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// How many characters it is written with.
    pub const CHARS: usize = 44;

    /// The public half of the key that has this seed.
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed).verifying_key())
    }

    /// Whether the key signed these ASCII characters. Signatures that only some programs accept are refused.
    pub fn verifies(&self, message: &str, signature: &Signature) -> bool {
        self.0.verify_strict(message.as_bytes(), &signature.0).is_ok()
    }

    /// The 32 bytes of the key.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }
}

impl FromStr for PublicKey {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let key = bytes(raw).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let key = key.ok_or_else(|| {
            let expected = "expected base64 of its 32 bytes";
            Invalid::new(FaultCode::InvalidFormat, format!("{} is not a public Ed25519 key: {expected}", quoted(raw)))
        })?;
        if key.is_weak() {
            let detail =
                "anybody can make signatures for this key: make a new one with `openssl genpkey -algorithm ed25519`";
            return Err(Invalid::new(FaultCode::NotSupported, detail));
        }
        Ok(Self(key))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&BASE64_STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// An Ed25519 signature, written as base64 (RFC 4648, section 4) of its 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(ed25519_dalek::Signature);

impl Signature {
    /// How many characters it is written with.
    pub const CHARS: usize = 88;

    /// The signature with these bytes.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        Self(ed25519_dalek::Signature::from_bytes(bytes))
    }
}

impl FromStr for Signature {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        bytes(raw).map(|bytes| Self::from_bytes(&bytes)).ok_or_else(|| {
            let expected = "expected base64 of its 64 bytes";
            Invalid::new(FaultCode::InvalidFormat, format!("{} is not an Ed25519 signature: {expected}", quoted(raw)))
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&BASE64_STANDARD.encode(self.0.to_bytes()))
    }
}

/// The seed of the key that signs the receipts of a ballot, from the seed of the service's signing key: HKDF-SHA256 (RFC 5869)
/// without salt.
pub fn receipt_seed(signing_seed: &[u8; 32], ballot: BallotId) -> [u8; 32] {
    let info = format!("psm-ballot-v1:receipt:{ballot}");
    let mut seed = [0; 32];
    let expanded = Hkdf::<Sha256>::new(None, signing_seed).expand(info.as_bytes(), &mut seed);
    #[expect(clippy::expect_used, reason = "HKDF refuses only more than 255 hashes, and this is one")]
    expanded.expect("one hash");
    seed
}

fn bytes<const N: usize>(raw: &str) -> Option<[u8; N]> {
    BASE64_STANDARD.decode(raw).ok()?.try_into().ok()
}
