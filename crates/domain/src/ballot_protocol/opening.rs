//! The ASCII messages that are signed for a ballot, each bound to it and to its manifest.

use super::ballot_id::BallotId;
use super::board::Vote;
use super::hash::Sha256Hex;
use super::whole_second::WholeSecond;

/// A ballot with the SHA-256 of its manifest: what every signature is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The ballot.
    pub ballot: BallotId,
    /// The SHA-256 of the manifest as canonical JSON.
    pub manifest: Sha256Hex,
}

impl Opening {
    /// How many digits of the manifest's hash are printed on each letter.
    pub const FINGERPRINT_DIGITS: usize = 16;

    /// What is printed on each letter, so that a voter can compare it with the manifest.
    pub fn fingerprint(&self) -> String {
        self.manifest.to_string().chars().take(Self::FINGERPRINT_DIGITS).collect()
    }

    /// What each issuer signs before the ballot opens.
    pub fn manifest_message(&self) -> String {
        format!("psm-ballot-v1:manifest:{}", self.manifest)
    }

    /// What issuer `a` signs so that casting ends later.
    pub fn extension_message(&self, closes_at: WholeSecond) -> String {
        format!("psm-ballot-v1:extend:{}:{}:{}", self.ballot, self.manifest, closes_at)
    }

    /// What issuer `a` signs to cancel the ballot for this reason.
    pub fn cancellation_message(&self, reason: &str) -> String {
        format!("psm-ballot-v1:cancel:{}:{}:{}", self.ballot, self.manifest, Sha256Hex::of(reason))
    }

    /// What each issuer signs of a paper batch: the SHA-256 of the batch as canonical JSON.
    pub fn paper_message(&self, batch: &Sha256Hex) -> String {
        format!("psm-ballot-v1:paper:{}:{}:{batch}", self.ballot, self.manifest)
    }

    /// What the service signs of a vote that it has taken.
    pub fn receipt_message(&self, vote: &Vote) -> String {
        format!("{}{}:{}", self.receipt_prefix(), vote.tracker, vote.choice)
    }

    /// The vote that a receipt is about; none where the text is no receipt of this ballot.
    pub fn read_receipt(&self, message: &str) -> Option<Vote> {
        let (tracker, choice) = message.strip_prefix(&self.receipt_prefix())?.split_once(':')?;
        Some(Vote { tracker: tracker.parse().ok()?, choice: choice.to_owned() })
    }

    fn receipt_prefix(&self) -> String {
        format!("psm-ballot-v1:receipt:{}:{}:", self.ballot, self.manifest)
    }
}
