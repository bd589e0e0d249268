//! Many records at once: exports, imports and the sample register.

pub mod export;
pub mod import;
pub mod sample;
