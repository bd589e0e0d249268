//! The protocol of hosted staff ballots, held against its vectors.
//!
//! Where a vector names no other source, it is one of the protocol's design, made by its reference program in Python.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a case fails loudly")]

mod bundles;
mod choices;
mod codes;
mod complaints;
mod counts;
mod kit;
mod papers;
mod rolls;
mod signatures;
