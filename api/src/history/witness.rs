//! Witnesses of the log, and their cosignatures: an Ed25519 signature with its time under a checkpoint, as C2SP's tlog-cosignature has it
//! (`cosignature/v1`).

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use store::cosignature::Cosignature;

use crate::history::signing::{
    KeyError, key_id, read_key, read_verifier_key, signature_in, signature_line, valid_origin, verifier_key,
};

/// How signed notes call a cosignature with its time.
const NOTE_ALGORITHM: u8 = 4;

/// A witness, by its name and its public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    name: Arc<str>,
    key: VerifyingKey,
}

/// Why a line with a signature by a witness is not valid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cosignature of {0} is not valid for this checkpoint: expected one of the form `cosignature/v1`")]
pub struct FalseCosignature(Arc<str>);

/// The witnesses that the operator lists.
#[derive(Clone, Debug, Default)]
pub struct Witnesses(Arc<[Witness]>);

impl Witness {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; 4] {
        key_id(&self.name, NOTE_ALGORITHM, self.key.as_bytes())
    }

    /// Its cosignature in a line under a checkpoint with this text and size; none where the line is by another.
    ///
    /// # Errors
    /// Where the line claims to be by this witness and is not.
    fn read(&self, line: &str, text: &str, tree_size: i64) -> Option<Result<Cosignature, FalseCosignature>> {
        let found = signature_in(line, &self.name, self.key_id())?;
        let valid = || {
            let (seconds, signature) = found.split_first_chunk::<8>()?;
            let signed_at = i64::try_from(u64::from_be_bytes(*seconds)).ok()?;
            let given = Signature::from_slice(signature).ok()?;
            self.key.verify_strict(statement(text, signed_at).as_bytes(), &given).ok()?;
            Some(Cosignature { witness: self.to_string(), tree_size, signed_at, signature: signature.to_vec() })
        };
        Some(valid().ok_or_else(|| FalseCosignature(Arc::clone(&self.name))))
    }

    /// The line of a cosignature of its own, as it stands under a checkpoint.
    pub fn line(&self, own: &Cosignature) -> String {
        signature_line(&self.name, &[&self.key_id(), &own.signed_at.to_be_bytes(), &own.signature])
    }
}

/// Its verifier key.
impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&verifier_key(&self.name, NOTE_ALGORITHM, self.key.as_bytes()))
    }
}

impl FromStr for Witness {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refusal = || {
            format!(
                "«{text}» is not the verifier key of a witness: expected NAME+ID+KEY, as `mutuals log witness-key` prints it"
            )
        };
        let (name, key) = read_verifier_key(text, NOTE_ALGORITHM).ok_or_else(refusal)?;
        Ok(Self { name: valid_origin(name).map_err(|_| refusal())?, key })
    }
}

impl Witnesses {
    /// The most that can be listed.
    pub const MOST: usize = 50;

    /// Reads their verifier keys.
    ///
    /// # Errors
    /// In words, with all that is wrong.
    pub fn read<'t>(keys: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let (mut witnesses, mut faults) = (Vec::<Witness>::new(), Vec::new());
        for key in keys {
            match key.parse::<Witness>() {
                Ok(new) if witnesses.iter().any(|own| own.name == new.name || own.key == new.key) => {
                    faults.push(format!(
                        "the witness «{}» or its key is listed twice: expected one key for each",
                        new.name
                    ));
                }
                Ok(new) => witnesses.push(new),
                Err(fault) => faults.push(fault),
            }
        }
        if witnesses.len() > Self::MOST {
            faults.push(format!("{} witnesses are listed: at most {} are allowed", witnesses.len(), Self::MOST));
        }
        if faults.is_empty() { Ok(Self(witnesses.into())) } else { Err(faults.join("; ")) }
    }

    /// Whether none are listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Witness::name)
    }

    /// The one that made a cosignature, if it is listed.
    pub fn find(&self, made: &Cosignature) -> Option<&Witness> {
        self.0.iter().find(|witness| witness.to_string() == made.witness)
    }

    /// Their cosignatures in the signature lines of a checkpoint with this text and size. Lines of others are passed over.
    ///
    /// # Errors
    /// All that claim to be by one of them and are not.
    pub fn cosignatures(
        &self,
        lines: &str,
        text: &str,
        tree_size: i64,
    ) -> Result<Vec<Cosignature>, Vec<FalseCosignature>> {
        let found = lines.lines().flat_map(|line| self.0.iter().filter_map(|own| own.read(line, text, tree_size)));
        let (mut valid, mut faults) = (Vec::new(), Vec::new());
        for read in found {
            match read {
                Ok(cosignature) => valid.push(cosignature),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(valid) } else { Err(faults) }
    }
}

/// What makes the cosignatures of a witness.
pub struct Cosigner {
    witness: Witness,
    key: SigningKey,
}

impl Cosigner {
    /// Cosigns under this name with the key in this file.
    ///
    /// # Errors
    /// As [`LogSigner::open`](crate::history::signing::LogSigner::open).
    pub fn open(path: &Path, name: &str) -> Result<Self, KeyError> {
        let (name, key) = (valid_origin(name)?, SigningKey::from_bytes(&read_key(path)?));
        Ok(Self { witness: Witness { name, key: key.verifying_key() }, key })
    }

    /// Its name and public key.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// The line with which it cosigns a checkpoint with this text at this time, in POSIX seconds.
    pub fn cosign(&self, text: &str, seconds: i64) -> String {
        let signature = self.key.sign(statement(text, seconds).as_bytes()).to_bytes();
        signature_line(&self.witness.name, &[&self.witness.key_id(), &seconds.to_be_bytes(), &signature])
    }
}

/// What a witness signs of a checkpoint.
fn statement(text: &str, seconds: i64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "press.example.org+31bf014a+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    const TEXT: &str = "mutuals.example.gov.uk/log/9b1f0e6c2d7a4835\n1\nbjQLnP+zepicpUTma3gKLHiQHT+zNzh2hRGjBhevoB0=\n";
    /// By OpenSSL, with the key of RFC 8032, section 7.1, test 1.
    const LINE: &str = "\u{2014} press.example.org Mb8BSgAAAABppViYhsnzH7HPLUJU5XXbVzalWmIPk4qOAJo/u9qT6hlOQtKoe5NqW6/x5D9IfVMz5GfXjdFNjxdyqcMkL899XNKZBw==";
    const SIGNED_AT: i64 = 1_772_443_800;

    fn cosigner(name: &str) -> Cosigner {
        let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = SigningKey::from_bytes(&crate::history::signing::from_hex(secret).unwrap());
        Cosigner { witness: Witness { name: name.into(), key: key.verifying_key() }, key }
    }

    #[test]
    fn a_cosignature_has_the_form_of_the_standard() {
        let own = cosigner("press.example.org");
        assert_eq!(own.cosign(TEXT, SIGNED_AT), LINE);
        assert_eq!(own.witness().to_string(), KEY);
        assert_eq!(KEY.parse::<Witness>().unwrap(), *own.witness());
        let listed = Witnesses::read([KEY]).unwrap();
        let read = listed.cosignatures(LINE, TEXT, 1).unwrap();
        assert_eq!((read.len(), read[0].signed_at, read[0].tree_size), (1, SIGNED_AT, 1));
        assert_eq!(listed.find(&read[0]).unwrap().line(&read[0]), LINE);
    }

    #[test]
    fn a_cosignature_is_of_one_witness_text_and_time() {
        let listed = Witnesses::read([KEY]).unwrap();
        let name = || Arc::from("press.example.org");
        assert_eq!(listed.cosignatures(LINE, &TEXT.replace("\n1\n", "\n2\n"), 2), Err(vec![FalseCosignature(name())]));
        let later = LINE.replace("ppViY", "ppViZ");
        assert_eq!(listed.cosignatures(&later, TEXT, 1), Err(vec![FalseCosignature(name())]));
        let cut = signature_line("press.example.org", &[&cosigner("press.example.org").witness.key_id(), &[0; 71]]);
        assert_eq!(listed.cosignatures(&cut, TEXT, 1), Err(vec![FalseCosignature(name())]));
        let of_another_name = cosigner("union.example.org").cosign(TEXT, SIGNED_AT);
        let of_the_log = "\u{2014} press.example.org AAAA\n\nno line";
        for other in [&of_another_name, of_the_log, ""] {
            assert_eq!(listed.cosignatures(other, TEXT, 1), Ok(Vec::new()), "{other}");
        }
    }

    #[test]
    fn a_list_of_witnesses_has_each_name_and_key_once() {
        let other_name = cosigner("union.example.org").witness().to_string();
        assert!(Witnesses::read([KEY, KEY]).unwrap_err().contains("listed twice"));
        assert!(Witnesses::read([KEY, &other_name]).unwrap_err().contains("listed twice"));
        let wrong = ["", "a+b+c", &KEY.replace("31bf", "31be"), &KEY.replace("BNda", "AdaY"), "press.example.org"];
        let said = Witnesses::read(wrong).unwrap_err();
        assert_eq!(said.matches("is not the verifier key of a witness").count(), wrong.len(), "{said}");
        assert!(Witnesses::read([]).unwrap().is_empty());
    }
}
