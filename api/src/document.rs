//! Records as the entry log keeps them: what the API shows, as canonical JSON (RFC 8785).

use std::sync::Arc;

use domain::{Contract, Department, Mutual, Record, StaffBallot};
use serde::Serialize;
use store::Documents;

use crate::{contract, department, mutual, staff_ballot};

/// How the store writes records into its log.
pub fn documents() -> Arc<dyn Documents> {
    Arc::new(Shown)
}

struct Shown;

impl Documents for Shown {
    fn department(&self, record: &Record<Department>) -> String {
        canonical(&department::Department::from(record.clone()))
    }

    fn mutual(&self, record: &Record<Mutual>) -> String {
        canonical(&mutual::Mutual::from(record.clone()))
    }

    fn staff_ballot(&self, record: &Record<StaffBallot>) -> String {
        canonical(&staff_ballot::StaffBallot::from(record.clone()))
    }

    fn contract(&self, record: &Record<Contract>) -> String {
        canonical(&contract::Contract::from(record.clone()))
    }
}

/// Only numbers that are not finite and keys that are no text can't be written; no resource has either.
fn canonical(view: &impl Serialize) -> String {
    serde_json_canonicalizer::to_string(view).unwrap_or_default()
}
