//! Pages, snapshots and what is computed over many records.

pub mod coverage;
pub(crate) mod keyset;
pub(crate) mod record_filter;
pub mod release;
pub mod report;
pub mod scorecard;
pub(crate) mod span;
pub(crate) mod spool;
pub mod statistics;
