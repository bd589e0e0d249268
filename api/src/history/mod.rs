//! What happened: entries, histories, the log with its proofs and its key.

pub mod cosignature;
pub mod entry;
pub mod epoch;
pub mod log;
pub mod merge_patch;
pub mod signing;
pub mod sweep;
pub mod witness;
