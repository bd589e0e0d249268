//! Where a page of a list ended.
//!
//! A cursor is opaque to callers. It carries the place where the page before ended and a digest of the list it came from,
//! so that with another filter or sort it is refused rather than misread.

use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use store::{EpochId, Position};
use uuid::Uuid;

/// A place in one list. As text: base64url of a version, the log's epoch, the list's digest, whether there is a key, the id, the key after
/// its length, so that a cursor that was cut short is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub epoch: EpochId,
    pub digest: [u8; Self::DIGEST_BYTES],
    pub position: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorRefusal {
    #[error(
        "this is not a cursor: use the next_cursor of the previous page unchanged, or leave the parameter out for the first page"
    )]
    Malformed,
    #[error("this cursor is from a list with another filter or sort order: leave the parameter out to start again")]
    AnotherList,
    #[error("this cursor is from before the register was restored from a copy: leave the parameter out to start again")]
    AnotherEpoch,
}

impl Cursor {
    const VERSION: u8 = 2;
    pub const DIGEST_BYTES: usize = 8;

    fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk::<{ Self::DIGEST_BYTES }>()?;
        let (has_key, rest) = rest.split_first()?;
        let (id, key) = rest.split_first_chunk::<16>()?;
        let key = match has_key {
            0 if key.is_empty() => None,
            1 => {
                let (length, key) = key.split_first_chunk()?;
                let is_whole = usize::from(u16::from_be_bytes(*length)) == key.len();
                Some(String::from_utf8(key.to_vec()).ok().filter(|_| is_whole)?)
            }
            _ => return None,
        };
        let position = Position { key, id: Uuid::from_bytes(*id).to_string() };
        (*version == Self::VERSION).then_some(Self { epoch: EpochId::of(*epoch), digest: *digest, position })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Position { key, id } = &self.position;
        let id = Uuid::parse_str(id).unwrap_or_default();
        let mut bytes = Vec::with_capacity(128);
        bytes.push(Self::VERSION);
        bytes.extend(self.epoch.bytes());
        bytes.extend(self.digest);
        bytes.push(u8::from(key.is_some()));
        bytes.extend(id.as_bytes());
        if let Some(key) = key {
            bytes.extend(u16::try_from(key.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(key.bytes());
        }
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = CursorRefusal;

    fn from_str(text: &str) -> Result<Self, CursorRefusal> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        bytes.and_then(|bytes| Self::read(&bytes)).ok_or(CursorRefusal::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_back(epoch: [u8; 8], digest: [u8; 8], id: [u8; 16], key: Option<String>) {
            let epoch = EpochId::of(epoch);
            let cursor = Cursor { epoch, digest, position: Position { key, id: Uuid::from_bytes(id).to_string() } };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }

        #[test]
        fn a_tampered_cursor_is_refused_or_read_and_never_panics(bytes: Vec<u8>, text in ".*") {
            let _ = BASE64_URL_SAFE_NO_PAD.encode(bytes).parse::<Cursor>();
            let _ = text.parse::<Cursor>();
        }
    }
}
