//! Many records at once: exports, imports and the sample register.

pub mod delivery;
pub mod export;
pub mod import;
pub mod sample;
