//! The opening of a hosted ballot, as the service shows it and as a watch keeps it.

use document::register as wire;
use domain::ballot_protocol::{BallotManifest, Opening, PublicKey, Sha256Hex, Side, Signature, WholeSecond};
use domain::tree::{self, Hash};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::cli::ballot::json::manifest_of;
use crate::cli::log_head::{LogKey, Signed};
use crate::history::signing::from_hex;

/// The opening as it is shown. Fields that are not here are for others.
#[derive(Deserialize)]
pub(super) struct SeenOpening {
    ballot: String,
    manifest: Box<RawValue>,
    manifest_sha256: String,
    fingerprint: String,
    #[serde(default)]
    pub signatures: Vec<ShownSignature>,
    pub opened_at: Option<String>,
    pub archived: Option<String>,
    #[serde(default)]
    pub extensions: Vec<ShownExtension>,
    closes_at: String,
    pub log: Option<LogProof>,
}

/// An issuer's signature of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShownSignature {
    pub side: String,
    signature: String,
}

/// A later end of casting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShownExtension {
    pub closes_at: String,
    pub reason: String,
    pub signature: String,
}

/// The proof that the entry of the opening is in the log.
#[derive(Deserialize)]
pub(super) struct LogProof {
    pub entry_seq: i64,
    pub leaf_hash: String,
    tree_size: i64,
    hashes: Vec<String>,
    checkpoint: String,
    pub witnesses: Option<i64>,
}

/// A manifest with what follows from it.
pub(super) struct ReadManifest {
    pub content: BallotManifest,
    pub opening: Opening,
    /// The manifest as canonical JSON.
    pub text: String,
}

impl SeenOpening {
    /// Reads a response.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }

    /// The manifest, if it is of this ballot, and all that the opening says of it follows from it.
    pub(super) fn manifest(&self, ballot: &str) -> Result<ReadManifest, String> {
        let manifest = ReadManifest::read(self.manifest.get())?;
        let hash = manifest.opening.manifest.to_string();
        let last = self
            .extensions
            .last()
            .map_or_else(|| manifest.content.closes_at.to_string(), |extension| extension.closes_at.clone());
        for (what, said, own) in [
            ("ballot", &self.ballot, ballot),
            ("manifest.ballot", &manifest.opening.ballot.to_string(), ballot),
            ("manifest_sha256", &self.manifest_sha256, &hash),
            ("fingerprint", &self.fingerprint, &manifest.opening.fingerprint()),
            ("closes_at", &self.closes_at, &last),
        ] {
            if said != own {
                return Err(format!("{what} is {said}, expected {own}"));
            }
        }
        Ok(manifest)
    }
}

impl ReadManifest {
    /// Reads a manifest from its JSON.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let content = manifest_of(text).map_err(|why| format!("the manifest {why}"))?;
        let text = wire::BallotManifest::canonical(&content).map_err(|error| error.to_string())?;
        let opening = Opening { ballot: content.ballot, manifest: Sha256Hex::of(&text) };
        Ok(Self { content, opening, text })
    }
}

impl ShownSignature {
    /// Whether this issuer signed the manifest.
    pub(super) fn is_valid(&self, manifest: &ReadManifest) -> bool {
        let key = self.side.parse().ok().and_then(|side: Side| manifest.content.key_of(side));
        is_signed(key, &manifest.opening.manifest_message(), &self.signature)
    }
}

impl ShownExtension {
    /// Whether issuer `a` signed it, and it is to a later time.
    pub(super) fn check(&self, manifest: &ReadManifest, before: WholeSecond) -> Result<(), String> {
        let to = &self.closes_at;
        let closes_at: WholeSecond = to.parse().map_err(|_| format!("{to} is not a time that can be signed"))?;
        if closes_at <= before {
            return Err(format!("it is to {to}, which is not later than {before}"));
        }
        let message = manifest.opening.extension_message(closes_at);
        if is_signed(manifest.content.key_of(Side::A), &message, &self.signature) {
            return Ok(());
        }
        Err(format!("it is to {to}, and the signature of issuer a is not valid for it"))
    }
}

impl LogProof {
    /// The head that has the entry, if the log signed it.
    pub(super) fn check(&self, key: &LogKey) -> Result<Signed, String> {
        let head = key.check(self.checkpoint.clone())?;
        let leaf = from_hex(&self.leaf_hash).ok_or("leaf_hash is not a hash")?;
        let path: Option<Vec<Hash>> = self.hashes.iter().map(|hash| from_hex(hash)).collect();
        let path = path.ok_or("hashes has something that is not a hash")?;
        let index = self.entry_seq.saturating_sub(1);
        if head.size == self.tree_size && tree::is_included(index, &leaf, head.size, &path, &head.root) {
            return Ok(head);
        }
        Err(format!("it does not show that entry {} is among the {} of the checkpoint", self.entry_seq, head.size))
    }
}

fn is_signed(key: Option<&PublicKey>, message: &str, signature: &str) -> bool {
    let signature: Option<Signature> = signature.parse().ok();
    key.zip(signature).is_some_and(|(key, signature)| key.verifies(message, &signature))
}
