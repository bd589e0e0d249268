//! Records as they are written down: what the API shows, for reading and for the entry log.

use std::sync::Arc;

use domain::{Contract, Department, Mutual, Record, StaffBallot};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Document, Documents, ResourceType};

use crate::resource::example;
use crate::{contract, department, key, mutual, staff_ballot};

/// How the store writes records down.
pub fn documents() -> Arc<dyn Documents> {
    Arc::new(Views)
}

/// The contract's examples of answers, with the names of their schemas: each resource, and a page of it.
pub fn examples() -> Vec<(String, Value)> {
    let resources = [
        example::<department::Departments>(),
        example::<mutual::Mutuals>(),
        example::<staff_ballot::StaffBallots>(),
        example::<contract::Contracts>(),
    ];
    let with_page = |(name, example): (String, Value)| {
        let page = json!({"items": [&example], "next_cursor": "AZbVgHpO0m0B"});
        [(format!("{name}Page"), page), (name, example)]
    };
    resources.into_iter().flatten().chain([key::example()]).flat_map(with_page).collect()
}

struct Views;

/// Raised by one with every change to how a record is shown, so that stored documents are written anew. A test compares what is shown
/// with what this number stands for.
const FORM: i64 = 2;

impl Documents for Views {
    fn form(&self) -> i64 {
        FORM
    }

    fn department(&self, record: &Record<Department>) -> Document {
        document(&department::Department::from(record.clone()))
    }

    fn mutual(&self, record: &Record<Mutual>) -> Document {
        document(&mutual::Mutual::from(record.clone()))
    }

    fn staff_ballot(&self, record: &Record<StaffBallot>) -> Document {
        document(&staff_ballot::StaffBallot::from(record.clone()))
    }

    fn public_staff_ballot(&self, record: &Record<StaffBallot>) -> String {
        let ballot = staff_ballot::StaffBallot::from(record.clone()).for_the_public();
        serde_json::to_string(&ballot).unwrap_or_default()
    }

    fn contract(&self, record: &Record<Contract>) -> Document {
        document(&contract::Contract::from(record.clone()))
    }

    fn personal(&self, resource_type: ResourceType) -> &'static [&'static str] {
        match resource_type {
            ResourceType::StaffBallot => &["/scrutineer/name"],
            _ => &[],
        }
    }
}

/// Only numbers that are not finite and keys that are no text can't be written; no resource has either.
fn document(view: &impl Serialize) -> Document {
    Document {
        shown: serde_json::to_string(view).unwrap_or_default(),
        canonical: serde_json_canonicalizer::to_string(view).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{Id, Record};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::body::{Body, Input};
    use crate::contract::NewContract;
    use crate::department::NewDepartment;
    use crate::mutual::NewMutual;
    use crate::staff_ballot::NewStaffBallot;

    const SOURCES: &str = r#"[{"url": "https://example.org/", "title": "T", "asserted_by": "A", "accessed_on": "2024-01-31", "note": "N"}]"#;
    const ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01";

    fn record<I: Input, T>(text: &str, content: impl FnOnce(I::Value) -> T) -> Record<T> {
        let text = text.replace("SOURCES", SOURCES).replace("ID", ID);
        let value =
            Body::<I>::parse(text).unwrap().create().unwrap_or_else(|refusal| panic!("{:?}", refusal.problem(vec![])));
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        Record {
            id: Id::from_uuid(ID.parse().unwrap()),
            version: 3,
            created_at: at,
            updated_at: at,
            content: content(value),
        }
    }

    /// Where this fails, records are shown otherwise than before: raise `FORM` and note the new digest.
    #[test]
    fn a_form_has_one_number() {
        let department = record::<NewDepartment, _>(
            r#"{"slug": "d", "name": "D", "kind": "other", "identifiers": [{"scheme": "GB-GOR", "id": "D2"}], "policy_areas": ["housing"],
                "website": "https://example.org/", "opened_on": "2001", "closed_on": "2002-03", "successor_id": "ID", "sources": SOURCES}"#,
            |new| new.content,
        );
        let mutual = record::<NewMutual, _>(
            r#"{"slug": "m", "name": "M", "identifiers": [{"scheme": "GB-COH", "id": "9506232"}], "legal_form": "cio", "sectors": ["housing"],
                "region": "london", "website": "https://example.org/", "description": "D", "department_id": "ID",
                "other_department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02"], "origin_route": "pathfinder", "stage": "merged",
                "stage_since": "2012", "launched_on": "2011-10", "ended_on": "2012-01-31", "successor_id": "ID", "staff_count": 7,
                "staff_counted_on": "2011", "tests": {"left_public_sector": "met"}, "sources": SOURCES}"#,
            |new| new.content,
        );
        let staff_ballot = record::<NewStaffBallot, _>(
            r#"{"mutual_id": "ID", "kind": "formal", "organiser": "joint", "question": "Q", "method": "single_choice", "mode": "recorded",
                "options": [{"key": "yes", "label": "Yes", "effect": "mutual"}, {"key": "no", "label": "No", "effect": "remain_in_house"}],
                "state": "void", "void_reason": "R", "roll_size": 9, "papers_issued": 8, "returned": 7, "spoiled": 1,
                "counts": [{"option": "yes", "votes": 4}, {"option": "no", "votes": 2}], "counts_complete": true, "opened_on": "2012",
                "closed_on": "2012", "declared_on": "2012", "thresholds": [{"basis": "of_valid", "percent": "50", "option": "yes"}],
                "scrutineer": {"name": "S", "organisation": "O", "appointed_on": "2012-01-01", "report_url": "https://example.org/", "satisfied": true},
                "published_figures": [{"option": "yes", "percent": "66.7", "basis": "of_valid", "source_url": "https://example.org/"}],
                "sources": SOURCES}"#,
            |new| domain::StaffBallot { scrutineer_key_id: Some(ID.parse().unwrap()), ..new },
        );
        let contract = record::<NewContract, _>(
            r#"{"mutual_id": "ID", "department_id": "ID", "title": "T", "description": "D", "reference": "R", "ocid": "ocds-b5fd17-1",
                "cpv_codes": ["85000000"], "health_services": true, "procedure": "pa_open", "procurement_started_on": "2025-03-01",
                "awarded_on": "2025-04-01", "award_notice_on": "2025-04-02", "entered_on": "2025-04-20", "starts_on": "2025-05-01",
                "ends_on": "2028-04-30", "latest_ends_on": "2030-04-30", "value": {"amount_minor": 1, "currency": "GBP"},
                "protection": {"kind": "longer_term", "until": "2028-04-30"}, "status": "active", "sources": SOURCES}"#,
            |new| new,
        );
        let shown = [
            Views.department(&department).shown,
            Views.mutual(&mutual).shown,
            Views.staff_ballot(&staff_ballot).shown,
            Views.public_staff_ballot(&staff_ballot),
            Views.contract(&contract).shown,
        ];
        let digest: String =
            Sha256::digest(shown.join("\n")).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((FORM, digest.as_str()), (2, "476523b741bdaf80"), "{shown:#?}");
    }
}
