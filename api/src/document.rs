//! Records as they are written down: what the API shows, for reading and for the entry log.

use std::sync::Arc;

use domain::{Contract, Department, Mutual, Record, StaffBallot};
use serde::Serialize;
use store::{Document, Documents};

use crate::{contract, department, mutual, staff_ballot};

/// How the store writes records down.
pub fn documents() -> Arc<dyn Documents> {
    Arc::new(Views)
}

struct Views;

impl Documents for Views {
    fn department(&self, record: &Record<Department>) -> Document {
        document(&department::Department::from(record.clone()))
    }

    fn mutual(&self, record: &Record<Mutual>) -> Document {
        document(&mutual::Mutual::from(record.clone()))
    }

    fn staff_ballot(&self, record: &Record<StaffBallot>) -> Document {
        document(&staff_ballot::StaffBallot::from(record.clone()))
    }

    fn contract(&self, record: &Record<Contract>) -> Document {
        document(&contract::Contract::from(record.clone()))
    }
}

/// Only numbers that are not finite and keys that are no text can't be written; no resource has either.
fn document(view: &impl Serialize) -> Document {
    Document {
        shown: serde_json::to_string(view).unwrap_or_default(),
        canonical: serde_json_canonicalizer::to_string(view).unwrap_or_default(),
    }
}
