//! The key that signs the head of the log, and the signed note that results: a checkpoint as C2SP's tlog-checkpoint has it, with an
//! Ed25519 signature as its signed-note has it.
//!
//! The key is in a file outside the database, so that whoever can change the one can't sign with the other.

use std::fmt;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::Kind;
use domain::StaffBallotId;
use domain::ballot_protocol::{PublicKey, receipt_seed};
use domain::tree::Hash;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::EpochId;
use store::governing::{self, Trusted};
use store::{Readers, readers};

use document::value::hex;

/// What stands before the key in a PKCS #8 file of an Ed25519 key (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
/// The same for a public key (RFC 8410, section 4).
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// How signed notes call Ed25519.
const NOTE_ALGORITHM: u8 = 1;
const KEY_BYTES: usize = 32;
/// What the key signs by.
pub const ALGORITHM: &str = "Ed25519";

/// The name of a log where the operator gives it none.
pub const DEFAULT_ORIGIN: &str = "register-of-mutuals";

/// What signs the heads of one log.
#[derive(Clone)]
pub struct LogSigner {
    origin: Arc<str>,
    key: Arc<SigningKey>,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("every user of this machine can read the key file {0}: run `chmod 600 {0}`")]
    Exposed(String),
    #[error("the key file {0} has no key: expected an Ed25519 key in PEM (PKCS #8), or its 32 bytes in hexadecimal")]
    NoKey(String),
    #[error(
        "the file {0} has no public key of a log: expected an Ed25519 key in PEM, or the `verifier_key` of /v1/log/key"
    )]
    NoPublicKey(String),
    #[error("«{0}» is not a valid log name: expected text without spaces and `+`, such as mutuals.example.gov.uk/log")]
    Origin(String),
    #[error("cannot get random numbers from the system: {0}")]
    Random(String),
}

impl LogSigner {
    /// Signs with the key in this file.
    ///
    /// # Errors
    /// If the file has no such key, everybody can read it, or the name is not valid.
    pub fn open(path: &Path, origin: &str) -> Result<Self, KeyError> {
        Self::new(&read_key(path)?, origin)
    }

    fn new(key: &[u8; KEY_BYTES], origin: &str) -> Result<Self, KeyError> {
        Ok(Self { origin: valid_origin(origin)?, key: Arc::new(SigningKey::from_bytes(key)) })
    }

    /// Signs the heads of one epoch. The name of the log ends in the epoch, so that nobody can mistake the head of one
    /// epoch for that of another.
    #[must_use]
    pub fn of_epoch(&self, epoch: EpochId) -> Self {
        Self { origin: format!("{}/{epoch}", self.origin).into(), key: Arc::clone(&self.key) }
    }

    /// The log's name, which stands in every checkpoint.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public key.
    pub fn public_key(&self) -> [u8; KEY_BYTES] {
        self.key.verifying_key().to_bytes()
    }

    /// The public key as OpenSSL reads it.
    pub fn public_key_pem(&self) -> String {
        pem("PUBLIC KEY", &[SPKI_PREFIX.as_slice(), &self.public_key()].concat())
    }

    /// What signs the receipts of a ballot. It is made from this key, so that there is nothing more to keep.
    pub fn of_receipts(&self, ballot: StaffBallotId) -> ReceiptKey {
        ReceiptKey(SigningKey::from_bytes(&receipt_seed(&self.key.to_bytes(), ballot.into())))
    }

    /// What signatures of this key and name are known by: the beginning of a hash of both.
    pub fn key_id(&self) -> [u8; 4] {
        key_id(&self.origin, NOTE_ALGORITHM, &self.public_key())
    }

    /// What checks its signatures.
    pub fn verifier(&self) -> LogVerifier {
        LogVerifier { origin: Arc::clone(&self.origin), key: self.key.verifying_key() }
    }

    /// The public key as those who check signed notes take it.
    pub fn verifier_key(&self) -> String {
        verifier_key(&self.origin, NOTE_ALGORITHM, &self.public_key())
    }

    /// The public half of the key, in the form of its log entry. It is the same in all epochs.
    pub fn trusted(&self) -> Trusted {
        let says = governing::members([
            ("origin", json!(self.origin())),
            ("algorithm", json!(ALGORITHM)),
            ("public_key", json!(BASE64_STANDARD.encode(self.public_key()))),
        ]);
        Trusted::new(Kind::SigningKey, self.verifier_key().as_bytes(), says)
    }

    /// What is signed of a head: the lines of its checkpoint before the signatures.
    pub fn text(&self, tree_size: i64, root: &Hash) -> String {
        format!("{}\n{tree_size}\n{}\n", self.origin, BASE64_STANDARD.encode(root))
    }

    /// The signature of a head, and the whole checkpoint.
    pub fn sign(&self, tree_size: i64, root: &Hash) -> (Vec<u8>, String) {
        let text = self.text(tree_size, root);
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = signature_line(&self.origin, &[self.key_id().as_slice(), &signature]);
        (signature.to_vec(), format!("{text}\n{line}\n"))
    }
}

/// What signs the receipts of one ballot.
pub struct ReceiptKey(SigningKey);

impl ReceiptKey {
    /// The public half, which the manifest has.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of_seed(&self.0.to_bytes())
    }

    /// The signature of a receipt.
    pub fn sign(&self, receipt: &str) -> domain::ballot_protocol::Signature {
        domain::ballot_protocol::Signature::from_bytes(&self.0.sign(receipt.as_bytes()).to_bytes())
    }
}

/// It never shows the key.
impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSigner").field("verifier_key", &self.verifier_key()).finish_non_exhaustive()
    }
}

/// The secret half of the key in this file.
///
/// # Errors
/// [`KeyError`] where the file has no such key, or everybody can read it.
pub fn read_key(path: &Path) -> Result<[u8; KEY_BYTES], KeyError> {
    let name = || path.display().to_string();
    match readers(path).map_err(|source| KeyError::File { path: name(), source })? {
        Readers::Owner => {}
        // How some systems hand secrets to a service: nobody need mend it, but somebody should know.
        Readers::Group => {
            log::warn!("the group of the key file {0} can read it: unless it must, run `chmod 600 {0}`", name());
        }
        Readers::Everybody => return Err(KeyError::Exposed(name())),
    }
    let text = std::fs::read_to_string(path).map_err(|source| KeyError::File { path: name(), source })?;
    secret(&text).ok_or_else(|| KeyError::NoKey(name()))
}

/// Makes a key and writes it into a new file that only its owner may read. Gives its public half.
///
/// # Errors
/// [`KeyError`], also where the file is there already.
pub fn make_key(path: &Path) -> Result<PublicKey, KeyError> {
    let key = random()?;
    write_private(path, &pem("PRIVATE KEY", &[PKCS8_PREFIX.as_slice(), &key].concat()))?;
    Ok(PublicKey::of_seed(&key))
}

/// Makes 32 random bytes and writes them into such a file, in hexadecimal.
///
/// # Errors
/// As [`make_key`].
pub fn make_seed(path: &Path) -> Result<(), KeyError> {
    write_private(path, &format!("{}\n", hex(&random()?)))
}

fn random() -> Result<[u8; KEY_BYTES], KeyError> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(bytes)
}

fn write_private(path: &Path, text: &str) -> Result<(), KeyError> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|source| KeyError::File { path: path.display().to_string(), source })
}

/// Checks that a head was signed by one log.
#[derive(Clone, Debug)]
pub struct LogVerifier {
    origin: Arc<str>,
    key: VerifyingKey,
}

/// Why a checkpoint is not one of a log.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("it is not a checkpoint")]
    Malformed,
    #[error("it belongs to the log «{found}», not to «{expected}»")]
    Origin { found: String, expected: String },
    #[error("it is not signed by the key {0}")]
    OtherKey(String),
    #[error("its signature is not valid for the key {0}")]
    False(String),
}

impl LogVerifier {
    /// Reads the public key from this file: PEM, for a log with this name, or a verifier key for signed notes, which
    /// contains the name.
    ///
    /// # Errors
    /// Where the file has no such key, or the name is none.
    pub fn open(path: &Path, origin: &str) -> Result<Self, KeyError> {
        let name = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| KeyError::File { path: name(), source })?;
        let (of_note, key) = Self::read(&text).ok_or_else(|| KeyError::NoPublicKey(name()))?;
        Ok(Self { origin: valid_origin(of_note.unwrap_or(origin))?, key })
    }

    /// A public key in PEM, or a verifier key for signed notes with the name of its log.
    pub fn read(text: &str) -> Option<(Option<&str>, VerifyingKey)> {
        let of_pem = || VerifyingKey::try_from(der(text, "PUBLIC KEY")?.strip_prefix(&SPKI_PREFIX)?).ok();
        let of_note = || read_verifier_key(text.trim(), NOTE_ALGORITHM);
        of_pem().map(|key| (None, key)).or_else(|| of_note().map(|(origin, key)| (Some(origin), key)))
    }

    /// Checks the heads of a log with this name by this key.
    ///
    /// # Errors
    /// Where the name is none.
    pub fn new(origin: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        Ok(Self { origin: valid_origin(origin)?, key })
    }

    /// The entries that a checkpoint is of and their root, if this log signed it.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn check(&self, checkpoint: &str) -> Result<(i64, Hash), CheckpointError> {
        let head = read_checkpoint(checkpoint).ok_or(CheckpointError::Malformed)?;
        let (text, signatures) = checkpoint.split_once("\n\n").ok_or(CheckpointError::Malformed)?;
        let found = text.lines().next().unwrap_or_default();
        if found != &*self.origin {
            return Err(CheckpointError::Origin { found: found.to_owned(), expected: self.origin.to_string() });
        }
        let id = key_id(&self.origin, NOTE_ALGORITHM, &self.key.to_bytes());
        let own = signatures.lines().find_map(|line| signature_in(line, &self.origin, id));
        let signature = own.ok_or_else(|| CheckpointError::OtherKey(hex(&id)))?;
        let signature = Signature::from_slice(&signature);
        let is_right =
            |signature: &Signature| self.key.verify_strict(format!("{text}\n").as_bytes(), signature).is_ok();
        if signature.as_ref().is_ok_and(is_right) { Ok(head) } else { Err(CheckpointError::False(hex(&id))) }
    }
}

/// A checkpoint that was kept: how many entries it is of, and their root.
pub fn read_checkpoint(text: &str) -> Option<(i64, Hash)> {
    let mut lines = text.lines().skip(1);
    let (size, root) = (lines.next()?, lines.next()?);
    Some((size.parse().ok()?, BASE64_STANDARD.decode(root).ok()?.try_into().ok()?))
}

/// A name that stands in signed notes.
pub(super) fn valid_origin(origin: &str) -> Result<Arc<str>, KeyError> {
    if origin.is_empty() || origin.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
        return Err(KeyError::Origin(origin.to_owned()));
    }
    Ok(origin.into())
}

/// The id of the signatures by a name and a key: the beginning of a hash of both.
pub(super) fn key_id(name: &str, algorithm: u8, public_key: &[u8; KEY_BYTES]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name.as_bytes())
        .chain_update([b'\n', algorithm])
        .chain_update(public_key)
        .finalize();
    hash.first_chunk().copied().unwrap_or_default()
}

/// A public key as those who check signed notes take it.
pub(super) fn verifier_key(name: &str, algorithm: u8, public_key: &[u8; KEY_BYTES]) -> String {
    let encoded = BASE64_STANDARD.encode([&[algorithm], public_key.as_slice()].concat());
    format!("{name}+{}+{encoded}", hex(&key_id(name, algorithm, public_key)))
}

/// The name and the key in a verifier key of this algorithm.
pub(super) fn read_verifier_key(text: &str, algorithm: u8) -> Option<(&str, VerifyingKey)> {
    let (name, rest) = text.split_once('+')?;
    let (id, encoded) = rest.split_once('+')?;
    let key = BASE64_STANDARD.decode(encoded).ok()?;
    let key: [u8; KEY_BYTES] = key.strip_prefix(&[algorithm])?.try_into().ok()?;
    let is_whole = id == hex(&key_id(name, algorithm, &key));
    VerifyingKey::from_bytes(&key).ok().filter(|_| is_whole).map(|key| (name, key))
}

/// A line of a signed note with a signature by this name: what its base64 holds, in parts.
pub(super) fn signature_line(name: &str, parts: &[&[u8]]) -> String {
    format!("\u{2014} {name} {}", BASE64_STANDARD.encode(parts.concat()))
}

/// What a line of a signed note has after the id of this name and key; none where it is a line of another.
pub(super) fn signature_in(line: &str, name: &str, id: [u8; 4]) -> Option<Vec<u8>> {
    let (signer, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let signature = BASE64_STANDARD.decode(encoded).ok().filter(|_| signer == name)?;
    Some(signature.strip_prefix(&id)?.to_vec())
}

/// What is between the lines of a PEM file with this label.
fn der(text: &str, label: &str) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let inner = inner.strip_suffix(&format!("-----END {label}-----"))?;
    BASE64_STANDARD.decode(inner.split_ascii_whitespace().collect::<String>()).ok()
}

fn secret(text: &str) -> Option<[u8; KEY_BYTES]> {
    match der(text, "PRIVATE KEY") {
        Some(der) => der.strip_prefix(&PKCS8_PREFIX)?.try_into().ok(),
        None => from_hex(text.trim()),
    }
}

/// 32 bytes in hexadecimal.
pub fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let byte = |pair: &[u8; 2]| {
        let digits = str::from_utf8(pair).ok().filter(|_| pair.iter().all(u8::is_ascii_hexdigit))?;
        u8::from_str_radix(digits, 16).ok()
    };
    pairs.iter().map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::Verifier as _;

    use super::*;

    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    fn signer() -> LogSigner {
        LogSigner::new(&from_hex(SECRET).unwrap(), "example.org/log").unwrap()
    }

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn the_public_key_is_that_of_the_secret_one() {
        assert_eq!(hex(&signer().public_key()), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let shown = format!("{:?}", signer());
        assert!(!shown.contains(SECRET) && !shown.contains("157, 97"), "{shown}");
    }

    #[test]
    fn a_key_is_read_as_pem_or_hexadecimal() {
        let der = [PKCS8_PREFIX.as_slice(), &from_hex(SECRET).unwrap()].concat();
        assert_eq!(secret(&pem("PRIVATE KEY", &der)), from_hex(SECRET));
        assert_eq!(secret(&format!("{SECRET}\n")), from_hex(SECRET));
        for other in
            ["", "abc", &SECRET[1..], &format!("{SECRET}00"), &pem("PRIVATE KEY", b"x"), "+1".repeat(32).as_str()]
        {
            assert_eq!(secret(other), None, "{other}");
        }
    }

    #[test]
    fn a_made_key_is_the_owners_alone_and_replaces_none() {
        let path = std::env::temp_dir().join(format!("signing-key-{}", std::process::id()));
        make_key(&path).unwrap();
        LogSigner::open(&path, DEFAULT_ORIGIN).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(make_key(&path).is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(LogSigner::open(&path, DEFAULT_ORIGIN).is_err());
    }

    #[test]
    fn a_checkpoint_is_signed_and_read_back() {
        let root = [7; 32];
        let (signature, checkpoint) = signer().sign(42, &root);

        assert_eq!(read_checkpoint(&checkpoint), Some((42, root)));
        let (text, signatures) = checkpoint.split_once("\n\n").unwrap();
        let text = format!("{text}\n");
        let signature = Signature::from_slice(&signature).unwrap();
        signer().key.verifying_key().verify(text.as_bytes(), &signature).unwrap();
        let expected = [signer().key_id().as_slice(), &signature.to_bytes()].concat();
        assert_eq!(signatures, format!("\u{2014} example.org/log {}\n", BASE64_STANDARD.encode(expected)));
        assert!(signer().verifier_key().starts_with(&format!("example.org/log+{}+Adda", hex(&signer().key_id()))));
        assert_eq!(read_checkpoint("a\nb\nc\n"), None);
    }

    #[test]
    fn a_checkpoint_is_one_of_the_log_only_if_its_key_signed_it() {
        let checkpoint = signer().sign(42, &[7; 32]).1;
        let verifier = signer().verifier();
        let id = hex(&signer().key_id());
        assert_eq!(verifier.check(&checkpoint), Ok((42, [7; 32])));

        let other_key = LogSigner::new(&[1; 32], "example.org/log").unwrap();
        let other_name = LogSigner::new(&from_hex(SECRET).unwrap(), "example.org/other").unwrap();
        let of_both = format!("{}{}", other_key.sign(42, &[7; 32]).1, checkpoint.lines().last().unwrap());
        assert_eq!(verifier.check(&of_both), Ok((42, [7; 32])));
        assert_eq!(verifier.check(&other_key.sign(42, &[7; 32]).1), Err(CheckpointError::OtherKey(id.clone())));
        let origin =
            CheckpointError::Origin { found: "example.org/other".to_owned(), expected: "example.org/log".to_owned() };
        assert_eq!(verifier.check(&other_name.sign(42, &[7; 32]).1), Err(origin));
        assert_eq!(
            verifier.check(&checkpoint.replacen("\n42\n", "\n43\n", 1)),
            Err(CheckpointError::False(id.clone()))
        );
        for none in ["", "example.org/log\n42\n", checkpoint.split("\n\n").next().unwrap()] {
            assert_eq!(verifier.check(none), Err(CheckpointError::Malformed), "{none}");
        }
        let unsigned = format!("{}\n\n", checkpoint.split("\n\n").next().unwrap());
        assert_eq!(verifier.check(&unsigned), Err(CheckpointError::OtherKey(id)));
    }

    #[test]
    fn a_public_key_is_read_in_both_forms() {
        let path = std::env::temp_dir().join(format!("public-key-{}", std::process::id()));
        let checkpoint = signer().sign(1, &[7; 32]).1;
        for text in [signer().public_key_pem(), format!("{}\n", signer().verifier_key())] {
            std::fs::write(&path, &text).unwrap();
            let verifier = LogVerifier::open(&path, "example.org/log").unwrap();
            assert_eq!(verifier.check(&checkpoint), Ok((1, [7; 32])), "{text}");
        }
        for text in ["", "nonsense", SECRET, "a+b+c"] {
            std::fs::write(&path, text).unwrap();
            assert!(LogVerifier::open(&path, "example.org/log").is_err(), "{text}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_log_has_a_name_that_a_note_can_bear() {
        for refused in ["", "a b", "a+b", "a\n"] {
            assert!(LogSigner::new(&[0; 32], refused).is_err(), "{refused:?}");
        }
    }
}
