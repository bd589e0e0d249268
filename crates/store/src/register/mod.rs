//! The kinds of record in the database, and what binds them: names, references, tombstones.

pub(crate) mod annual_return;
pub mod child;
pub(crate) mod commitment;
pub(crate) mod contract;
pub(crate) mod department;
pub(crate) mod enabler;
pub(crate) mod endorsement;
pub mod mutual;
pub(crate) mod named;
pub(crate) mod naming;
pub(crate) mod objection;
pub mod pathway_progress;
pub(crate) mod pathway_step;
pub mod readiness;
pub(crate) mod record;
pub mod reference;
pub(crate) mod review;
pub mod root;
pub mod staff_ballot;
pub(crate) mod staff_count;
pub mod stage_transition;
pub(crate) mod support_request;
pub(crate) mod tombstone;
pub(crate) mod upgrade;
pub(crate) mod verify;
pub(crate) mod visibility;
