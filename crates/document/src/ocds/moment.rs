//! A contract and what belongs to it at a moment.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Competition, CompetitionId, Contract, ContractId, Identifier, Notice, NoticeCode, NoticeId, Tests};
use serde::Deserialize;
use serde_json::Value;

/// A contract after a change of it, or of what belongs to it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The id of the contract.
    pub id: ContractId,
    /// The version of the contract.
    pub version: i64,
    /// When the change was made.
    pub at: DateTime<Utc>,
    /// What was changed.
    pub change: Change,
    /// The contract as it was then.
    pub contract: Arc<Contract>,
    /// Its competitions in the order of entry.
    pub competitions: Vec<(CompetitionId, Arc<Competition>)>,
    /// Its notices in the order of entry.
    pub notices: Vec<(NoticeId, Arc<Notice>)>,
    /// The department.
    pub buyer: Arc<Party>,
    /// The mutual.
    pub supplier: Arc<Party>,
    /// The contracts that took its place.
    pub replaced_by: Vec<ContractId>,
}

/// What changed.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// The contract itself.
    Contract,
    /// A competition, which has this version now.
    Competition(CompetitionId, i64),
    /// A notice, which has this version now; the code of one that is new.
    Notice(NoticeId, i64, Option<NoticeCode>),
    /// Another contract, which has this version now: it took the place of this one, or no longer does.
    Successor(ContractId, i64),
}

/// An organisation, as its record says.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// The id of its record.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its identifiers.
    pub identifiers: Vec<Identifier>,
    /// Those of a mutual.
    pub tests: Option<Tests>,
}

impl Party {
    /// What the log has of a department or a mutual, in whatever form it had then.
    #[must_use]
    pub fn of(id: &str, document: &str) -> Self {
        let document = serde_json::from_str::<Document>(document).unwrap_or_default();
        let identifier = |given: &Given| Identifier::new(given.scheme.parse().ok()?, &given.id).ok();
        let mut identifiers: Vec<Identifier> = Vec::with_capacity(document.identifiers.len());
        for identifier in document.identifiers.iter().filter_map(identifier) {
            if !identifiers.contains(&identifier) {
                identifiers.push(identifier);
            }
        }
        let outcome = |tests: &Value, name: &str| {
            tests.get(name).and_then(Value::as_str).and_then(|word| word.parse().ok()).unwrap_or_default()
        };
        let tests = document.tests.map(|tests| Tests {
            mainly_reservable_services: outcome(&tests, "mainly_reservable_services"),
            profits_only_to_members_or_none: outcome(&tests, "profits_only_to_members_or_none"),
            under_employee_management_and_control: outcome(&tests, "under_employee_management_and_control"),
            ..Tests::default()
        });
        Self { id: id.to_owned(), name: document.name, identifiers, tests }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    name: String,
    identifiers: Vec<Given>,
    tests: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    scheme: String,
    id: String,
}
