//! The entry log: writing it, its Merkle tree, histories, personal data in it, and what governs the register.

pub(crate) mod contract_life;
pub mod cosignature;
pub mod entry;
pub mod entry_log;
pub mod epoch;
pub mod governing;
pub mod history;
pub mod log_tree;
pub(crate) mod personal;
pub mod renewal;
pub mod settlement;
pub(crate) mod verify;
