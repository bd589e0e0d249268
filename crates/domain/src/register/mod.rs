//! What the register holds: departments, mutuals, ballots, contracts and what belongs to them, with their rules.

pub mod annual_return;
pub mod child;
pub mod cliff_edge;
pub mod commitment;
pub mod competition;
pub mod contract;
pub mod department;
pub mod enabler;
pub mod endorsement;
pub mod import;
pub mod mutual;
pub mod notice;
pub mod objection;
pub mod pathway_progress;
pub mod pathway_step;
pub mod readiness;
pub mod staff_ballot;
pub mod stage_transition;
pub mod statistics;
pub mod support_request;
