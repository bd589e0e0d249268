//! Black-box cases against the real service: each runs on SQLite and on PostgreSQL, and every answer in them is checked
//! against the contract.

mod annual_return;
mod commitment;
mod concurrency;
mod conditional;
mod contract;
mod contract_document;
mod department;
mod durability;
mod enabler;
mod endorsement;
mod entry_log;
mod http;
mod idempotency;
mod jwt;
mod key;
mod list;
mod log;
mod mutual;
mod objection;
mod overload;
mod pathway_progress;
mod pathway_step;
mod production;
mod program;
mod record;
mod report;
mod robustness;
mod role_matrix;
mod sample;
mod schema;
mod search;
mod service;
mod staff_ballot;
mod stage_transition;
mod support_request;
