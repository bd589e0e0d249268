//! The life of a ballot that is held here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a case fails loudly")]

mod kit;
mod machine;
mod model;
mod refusals;
