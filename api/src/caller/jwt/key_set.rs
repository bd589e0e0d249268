//! The public keys that an issuer signs with: a JWK set (RFC 7517) in a file, read again when it changes.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::{Value, json};

/// How long a change of the file may go unnoticed.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// Far more than any issuer's keys take.
const LARGEST_FILE: u64 = 1 << 20;

/// RFC 7518, section 3.3: shorter RSA keys must not be used.
const LEAST_RSA_BYTES: usize = 2048 / 8;

/// The keys of an issuer, as far as they are of use here.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

#[derive(Debug)]
struct PublicKey {
    id: String,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
    /// RFC 7638, with SHA-256.
    thumbprint: String,
}

#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    #[error("it is not a JWK set: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("it contains a private or secret key: give only the issuer's public keys")]
    Private,
    #[error(
        "it has no usable key: expected a public key with a kid, for one of the algorithms in the settings, RSA of 2048 bits or more"
    )]
    Useless,
}

impl KeySet {
    pub fn find(&self, id: &str, algorithm: Algorithm) -> Option<&DecodingKey> {
        let found = self.keys.iter().find(|key| key.id == id && key.algorithms.contains(&algorithm));
        found.map(|key| &key.key)
    }

    /// What identifies the keys, in one order whatever that of the file is.
    pub fn thumbprints(&self) -> Value {
        let mut keys: Vec<_> = self.keys.iter().map(|key| (&key.id, &key.thumbprint)).collect();
        keys.sort_unstable();
        keys.into_iter().map(|(id, thumbprint)| json!({ "kid": id, "thumbprint": thumbprint })).collect()
    }

    /// Reads a JWK set. Keys that are for something else, or of a kind that isn't known, are left out, as RFC 7517, section 5,
    /// asks.
    fn parse(text: &[u8], algorithms: &[Algorithm]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = serde_json::from_slice(text)?;
        if document.keys.iter().any(|key| key.get("d").is_some() || key.get("k").is_some()) {
            return Err(KeySetError::Private);
        }
        let keys: Vec<_> = document.keys.into_iter().filter_map(|key| PublicKey::parse(key, algorithms)).collect();
        if keys.is_empty() { Err(KeySetError::Useless) } else { Ok(Self { keys }) }
    }
}

impl PublicKey {
    fn parse(document: Value, algorithms: &[Algorithm]) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(document).ok()?;
        let common = &jwk.common;
        let is_for_signatures =
            common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
                && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let named = common.key_algorithm;
        let usable = |algorithm: &Algorithm| {
            algorithms.contains(algorithm) && named.is_none_or(|named| named == (*algorithm).into())
        };
        let algorithms: Vec<_> = possible(&jwk.algorithm).iter().copied().filter(usable).collect();
        if algorithms.is_empty() || !is_for_signatures {
            return None;
        }
        Some(Self {
            id: common.key_id.clone()?,
            algorithms,
            key: DecodingKey::from_jwk(&jwk).ok()?,
            thumbprint: jwk.thumbprint(ThumbprintHash::SHA256).ok()?,
        })
    }
}

/// The algorithms that a key of this kind can be used with.
fn possible(key: &AlgorithmParameters) -> &'static [Algorithm] {
    match key {
        AlgorithmParameters::RSA(rsa) if is_long_enough(&rsa.n) => {
            use Algorithm::{PS256, PS384, PS512, RS256, RS384, RS512};
            &[RS256, RS384, RS512, PS256, PS384, PS512]
        }
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => &[Algorithm::ES256],
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P384 => &[Algorithm::ES384],
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => &[],
    }
}

fn is_long_enough(modulus: &str) -> bool {
    let modulus = BASE64_URL_SAFE_NO_PAD.decode(modulus).unwrap_or_default();
    modulus.iter().skip_while(|byte| **byte == 0).count() >= LEAST_RSA_BYTES
}

/// Reads the name of an algorithm by which only the holder of a private key can sign.
///
/// # Errors
/// A sentence that says which there are.
pub fn parse_algorithm(name: &str) -> Result<Algorithm, String> {
    let algorithm = name.trim().parse::<Algorithm>().ok();
    algorithm.filter(|algorithm| algorithm.family() != AlgorithmFamily::Hmac).ok_or_else(|| {
        format!(
            "«{name}» is not an algorithm that tokens may be signed by: expected RS256, RS384, RS512, PS256, PS384, PS512, \
             ES256, ES384 or EdDSA"
        )
    })
}

/// The file with the keys. What has been read stays in use for as long as the file can't be read or says nothing of use.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    algorithms: Vec<Algorithm>,
    current: RwLock<Current>,
}

#[derive(Debug)]
struct Current {
    keys: Arc<KeySet>,
    text: Vec<u8>,
    looked: Instant,
    complaint: Option<String>,
}

impl KeyFile {
    /// Reads the file for the first time.
    pub fn open(path: &Path, algorithms: &[Algorithm]) -> Result<Self, KeySetError> {
        let text = read(path)?;
        let keys = Arc::new(KeySet::parse(&text, algorithms)?);
        let current = Current { keys, text, looked: Instant::now(), complaint: None };
        Ok(Self { path: path.to_owned(), algorithms: algorithms.to_owned(), current: RwLock::new(current) })
    }

    /// The keys that are in the file now, or were a second ago.
    pub fn keys(&self) -> Arc<KeySet> {
        let known = self.current.read().unwrap_or_else(PoisonError::into_inner);
        if known.looked.elapsed() < POLL_EVERY {
            return Arc::clone(&known.keys);
        }
        drop(known);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have looked in between.
        if current.looked.elapsed() >= POLL_EVERY {
            current.looked = Instant::now();
            self.look(&mut current);
        }
        Arc::clone(&current.keys)
    }

    /// Takes over what has changed, and tells the operator of it once.
    fn look(&self, current: &mut Current) {
        let file = self.path.display();
        let changed = match read(&self.path) {
            Ok(text) if text == current.text => {
                current.complaint = None;
                return;
            }
            Ok(text) => KeySet::parse(&text, &self.algorithms).map(|keys| (keys, text)),
            Err(error) => Err(error.into()),
        };
        match changed {
            Ok((keys, text)) => {
                log::info!("loaded {} issuer keys from {file}", keys.keys.len());
                current.keys = Arc::new(keys);
                current.text = text;
                current.complaint = None;
            }
            Err(error) => {
                let complaint = error.to_string();
                if current.complaint.as_ref() != Some(&complaint) {
                    log::error!("cannot use {file}, so the previous issuer keys stay in use: {complaint}");
                    current.complaint = Some(complaint);
                }
            }
        }
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let bytes = File::open(path)?.take(LARGEST_FILE).read_to_end(&mut text)?;
    if u64::try_from(bytes).is_ok_and(|bytes| bytes >= LARGEST_FILE) {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(text)
}
