//! What an API key looks like: `psm_<id>_<random><checksum>`, lower-case hexadecimal throughout.
//!
//! The prefix lets scanners for leaked secrets recognise it, the checksum lets a mistyped one be refused without a look at the
//! database. The checksum proves nothing: that the key is one of ours is proved by its hash in the register.

use std::fmt;

use document::value::hex;
use domain::KeyId;
use sha2::{Digest as _, Sha256};
use store::key::Hash;
use uuid::Uuid;

pub const PREFIX: &str = "psm_";

const ID_CHARS: usize = 32;
const RANDOM_BYTES: usize = 20;
const CHECKSUM_CHARS: usize = 8;
const CHARS: usize = PREFIX.len() + ID_CHARS + 1 + 2 * RANDOM_BYTES + CHECKSUM_CHARS;

/// A key. It is shown once, to whom it was made for; nothing writes it anywhere else.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    #[error("it is not in the format of a key: psm_, 32 hexadecimal digits, _ and 48 hexadecimal digits")]
    Form,
    #[error("its checksum is wrong: it was mistyped or not copied completely")]
    Checksum,
}

impl Secret {
    /// A new key with this id.
    ///
    /// # Errors
    /// The system's own, where it has no random numbers to give.
    pub fn make(id: KeyId) -> Result<Self, getrandom::Error> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random)?;
        Ok(Self::of(id, &random))
    }

    fn of(id: KeyId, random: &[u8; RANDOM_BYTES]) -> Self {
        let body = format!("{PREFIX}{}_{}", id.as_uuid().simple(), hex(random));
        let checksum = checksum(&body);
        Self(body + &checksum)
    }

    /// The text, for its bearer alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the register keeps of it.
    pub fn hash(&self) -> Hash {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The hash by which a key is known.
pub fn hash(key: &str) -> Hash {
    Sha256::digest(key).into()
}

/// The id in a key that has all of its characters.
///
/// # Errors
/// [`NoKey`], without having looked anywhere else.
pub fn id_of(key: &str) -> Result<KeyId, NoKey> {
    let is_plain = key.len() == CHARS && key.bytes().all(|byte| byte.is_ascii_graphic());
    let (id, _) =
        key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')).filter(|_| is_plain).ok_or(NoKey::Form)?;
    let id = Some(id).filter(|id| id.len() == ID_CHARS && id.bytes().all(is_digit)).ok_or(NoKey::Form)?;
    let (body, given) = key.split_at_checked(CHARS - CHECKSUM_CHARS).ok_or(NoKey::Form)?;
    if checksum(body) != given {
        return Err(NoKey::Checksum);
    }
    Uuid::try_parse(id).map(KeyId::from_uuid).map_err(|_| NoKey::Form)
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn checksum(body: &str) -> String {
    let digest = hex(&hash(body));
    digest.chars().take(CHECKSUM_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id() -> KeyId {
        "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f".parse().unwrap()
    }

    #[test]
    fn a_key_has_its_prefix_its_id_and_a_checksum() {
        let key = Secret::of(id(), &[0xab; RANDOM_BYTES]);
        assert_eq!(key.reveal(), format!("psm_0190b7a43f527c319e2d5a1b8c6d7e0f_{}986b49a3", "ab".repeat(RANDOM_BYTES)));
        assert_eq!(id_of(key.reveal()), Ok(id()));
        assert_eq!(format!("{key:?}"), "Secret(…)");
    }

    #[test]
    fn keys_differ() {
        let [one, other] = [(), ()].map(|()| Secret::make(id()).unwrap());
        assert_ne!(one, other);
        assert_ne!(one.hash(), other.hash());
    }

    #[test]
    fn what_is_cut_off_or_of_another_form_is_no_key() {
        let key = Secret::of(id(), &[7; RANDOM_BYTES]);
        let key = key.reveal();
        for other in ["", "psm_", &key[1..], &key[..CHARS - 1], &format!("{key}0"), &key.replace("psm_", "psk_")] {
            assert_eq!(id_of(other), Err(NoKey::Form), "{other}");
        }
    }

    proptest! {
        #[test]
        fn one_changed_character_is_noticed(random: [u8; RANDOM_BYTES], at in 0..CHARS, other in "[0-9a-z_]") {
            let key = Secret::of(id(), &random);
            let mut changed = key.reveal().to_owned();
            changed.replace_range(at..=at, &other);
            prop_assert!(changed == key.reveal() || id_of(&changed).is_err());
        }

        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            let _ = id_of(&text);
        }
    }
}
