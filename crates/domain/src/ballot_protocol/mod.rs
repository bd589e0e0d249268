//! Hosted staff ballots: the protocol `psm-ballot-v1`, as pure functions.
//!
//! It owns what is hashed, signed, counted and checked, so that the service, the commands that need no service and the public compute
//! the same. Seeds, times and the hashes of JSON documents are given to it.

mod ballot_id;
mod board;
mod bundle;
mod choice;
mod code;
mod complaint;
mod count;
mod hash;
mod manifest;
mod opening;
mod paper_batch;
mod roll;
mod signing;
mod whole_second;

pub use ballot_id::BallotId;
pub use board::{Vote, votes_root};
pub use bundle::{Bundle, BundleCheck, Extension, Finding, SignedBatch};
pub use choice::{BallotPaper, Choice};
pub use code::{Code, Codes, Credential, Nonce, Seed, Side};
pub use complaint::{Complaint, Evidence, Judged, Judgement, could_change, in_doubt};
pub use count::{Count, CountedRound, EliminatedBy, Lot, RoundEnd};
pub use hash::{Entry, Half, Sha256Hex, Spend, Tracker};
pub use manifest::{BallotIssuer, BallotManifest, Protocol, time_faults};
pub use opening::Opening;
pub use paper_batch::{PaperBatch, PaperVotes, Standing};
pub use roll::{NumberedHalf, Roll, check_halves, roll_root};
pub use signing::{PublicKey, Signature, receipt_seed};
pub use whole_second::WholeSecond;
