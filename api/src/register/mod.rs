//! The resources of the register: their operations, once for all, and what each kind has of its own.

pub mod annual_return;
pub mod child;
pub mod commitment;
pub mod contract;
pub mod department;
pub mod document;
pub mod enabler;
pub mod endorsement;
pub mod erasure;
pub mod identifier;
pub mod mutual;
pub mod objection;
pub mod pathway_progress;
pub mod pathway_step;
pub mod resource;
pub mod source;
pub mod staff_ballot;
pub mod stage_transition;
pub mod support_request;
pub mod value;
