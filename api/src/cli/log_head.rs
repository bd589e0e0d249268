//! Heads of a service's log, as those read them who check from outside that the log only grows.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::tree::{self, Hash};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use store::EpochId;

use super::client::Client;
use super::outcome::Failure;
use crate::history::signing::{KeyError, LogVerifier, from_hex, read_checkpoint};

/// What is known of a log's key before a head is read.
pub(super) struct LogKey {
    /// The log's name without its epoch; absent where the key came in PEM.
    pub log: Option<String>,
    pub key: VerifyingKey,
}

/// What was seen of a log, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptLog {
    /// The log's name without its epoch.
    pub log: String,
    /// The log's key, in base64.
    pub public_key: String,
    /// The newest head that was accepted.
    pub checkpoint: String,
    /// The head that does not continue from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A head that the log signed.
pub(super) struct Signed {
    /// Its name, with its epoch.
    pub origin: String,
    pub size: i64,
    pub root: Hash,
    pub checkpoint: String,
}

/// Why there is no head.
pub(super) enum NoHead {
    /// The service does not respond with one.
    Unread(String),
    /// The log did not sign what the service shows.
    NotTheLogs(String),
}

impl From<NoHead> for String {
    fn from(why: NoHead) -> Self {
        match why {
            NoHead::Unread(why) | NoHead::NotTheLogs(why) => why,
        }
    }
}

/// The responses of the service that are read.
#[derive(Deserialize)]
struct Head {
    checkpoint: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    verifier_key: String,
}

#[derive(Deserialize)]
struct Proof {
    hashes: Vec<String>,
}

impl LogKey {
    /// A verifier key, or the file with a key.
    pub(super) fn read(given: &str) -> Result<Self, Failure> {
        let text = match LogVerifier::read(given) {
            Some(_) => given.to_owned(),
            None => std::fs::read_to_string(given)
                .map_err(|error| format!("cannot read the log's public key in {given}: {error}"))?,
        };
        let no_key = || KeyError::NoPublicKey(given.to_owned());
        let (name, key) = LogVerifier::read(&text).ok_or_else(no_key)?;
        Ok(Self { log: name.map(|name| without_epoch(name).to_owned()), key })
    }

    /// The key that the log itself shows.
    pub(super) fn shown(client: &Client) -> Result<Self, String> {
        let shown: Key = client.get("/v1/log/key")?;
        let (name, key) = LogVerifier::read(&shown.verifier_key).ok_or_else(|| "the log shows no key".to_owned())?;
        Ok(Self { log: name.map(|name| without_epoch(name).to_owned()), key })
    }

    /// The key that was kept.
    pub(super) fn kept(kept: &KeptLog) -> Result<Self, String> {
        let key = BASE64_STANDARD.decode(&kept.public_key).ok().and_then(|key| VerifyingKey::try_from(&*key).ok());
        let key = key.ok_or_else(|| "the state file has no key of the log".to_owned())?;
        Ok(Self { log: Some(kept.log.clone()), key })
    }

    /// The key in base64.
    pub(super) fn to_base64(&self) -> String {
        BASE64_STANDARD.encode(self.key.as_bytes())
    }

    /// A checkpoint, if this log signed it.
    pub(super) fn check(&self, checkpoint: String) -> Result<Signed, String> {
        let origin = checkpoint.lines().next().unwrap_or_default();
        if let Some(log) = self.log.as_ref().filter(|log| *log != without_epoch(origin)) {
            return Err(format!("the head belongs to the log «{origin}», not to «{log}»"));
        }
        let verifier = LogVerifier::new(origin, self.key).map_err(|error| error.to_string())?;
        let (size, root) =
            verifier.check(&checkpoint).map_err(|error| format!("the head is not the log's: {error}"))?;
        Ok(Signed { origin: origin.to_owned(), size, root, checkpoint })
    }
}

impl Signed {
    /// The present head, if the log signed it.
    pub(super) fn present(client: &Client, key: &LogKey) -> Result<Self, NoHead> {
        let head: Head = client.get("/v1/log/head").map_err(NoHead::Unread)?;
        let unsigned = "the log does not sign its heads: its operator must set up a key";
        let checkpoint = head.checkpoint.ok_or_else(|| NoHead::Unread(unsigned.to_owned()))?;
        key.check(checkpoint).map_err(NoHead::NotTheLogs)
    }

    /// A head that was checked before.
    pub(super) fn kept(checkpoint: &str) -> Result<Self, String> {
        let (size, root) = read_checkpoint(checkpoint).ok_or("the state file has no checkpoint")?;
        let origin = checkpoint.lines().next().unwrap_or_default().to_owned();
        Ok(Self { origin, size, root, checkpoint: checkpoint.to_owned() })
    }

    /// What a cosignature covers.
    pub(super) fn text(&self) -> &str {
        self.checkpoint.find("\n\n").and_then(|end| self.checkpoint.get(..=end)).unwrap_or_default()
    }

    /// Whether the log proves that it has only grown since an earlier head.
    pub(super) fn continues(&self, before: &Self, client: &Client) -> Result<bool, String> {
        let proof = if 0 < before.size && before.size < self.size {
            let epoch = epoch(&self.origin).map(|epoch| format!("&epoch={epoch}")).unwrap_or_default();
            let path = format!("/v1/log/proofs/consistency?from={}&to={}{epoch}", before.size, self.size);
            let Proof { hashes } = client.get(&path)?;
            hashes.iter().map(|hash| from_hex(hash)).collect::<Option<Vec<Hash>>>().unwrap_or_default()
        } else {
            Vec::new()
        };
        Ok(tree::is_consistent(before.size, self.size, &before.root, &self.root, &proof))
    }
}

/// The epoch in the name of a log.
fn epoch(origin: &str) -> Option<EpochId> {
    origin.rsplit_once('/')?.1.parse().ok()
}

/// The name of a log without its epoch.
pub(super) fn without_epoch(origin: &str) -> &str {
    match origin.rsplit_once('/') {
        Some((log, _)) if epoch(origin).is_some() => log,
        _ => origin,
    }
}
