//! Records as they are written down: what the API shows, for reading and for the entry log.

use std::sync::Arc;

use domain::{
    AnnualReturn, Commitment, Contract, Department, Enabler, Endorsement, Kind, Mutual, Objection, PathwayProgress,
    PathwayStep, Record, StaffBallot, StageTransition, SupportRequest,
};
use serde::Serialize;
use serde_json::Value;
use store::child::{AnyChild, ChildDocument};
use store::{Document, Documents};

use crate::caller::key;
use crate::register::resource::{example, example_of_child};
use crate::register::{
    annual_return, commitment, contract, department, enabler, endorsement, mutual, objection, pathway_progress,
    pathway_step, staff_ballot, stage_transition, support_request,
};

/// How the store writes records down.
pub fn documents() -> Arc<dyn Documents> {
    Arc::new(JsonDocuments)
}

/// The contract's examples of answers, with the names of their schemas.
pub fn examples() -> Vec<(String, Value)> {
    let resources = [
        example::<department::Departments>(),
        example::<mutual::Mutuals>(),
        example::<staff_ballot::StaffBallots>(),
        example::<contract::Contracts>(),
        example_of_child::<Commitment>(DEPARTMENT),
        example_of_child::<StageTransition>(MUTUAL),
        example_of_child::<PathwayStep>(DEPARTMENT),
        example_of_child::<Enabler>(DEPARTMENT),
        example_of_child::<AnnualReturn>(MUTUAL),
        example_of_child::<Endorsement>(MUTUAL),
        example_of_child::<Objection>(MUTUAL),
        example_of_child::<SupportRequest>(MUTUAL),
        example_of_child::<PathwayProgress>(MUTUAL),
    ];
    resources.into_iter().flatten().chain([key::example()]).collect()
}

/// The department and the mutual that the contract's examples belong to.
const DEPARTMENT: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01";
const MUTUAL: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02";

struct JsonDocuments;

/// Raised by one with every change to how a record is shown, so that stored documents are written anew. A test compares what is shown
/// with what this number stands for.
const FORM: i64 = 3;

impl Documents for JsonDocuments {
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

    fn part(&self, record: AnyChild<'_>) -> ChildDocument {
        let full = match record {
            AnyChild::StageTransition(record) => document(&stage_transition::StageTransition::from(record.clone())),
            AnyChild::Commitment(record) => document(&commitment::Commitment::from(record.clone())),
            AnyChild::PathwayStep(record) => document(&pathway_step::PathwayStep::from(record.clone())),
            AnyChild::AnnualReturn(record) => document(&annual_return::AnnualReturn::from(record.clone())),
            AnyChild::SupportRequest(record) => document(&support_request::SupportRequest::from(record.clone())),
            AnyChild::PathwayProgress(record) => document(&pathway_progress::PathwayProgress::from(record.clone())),
            AnyChild::Enabler(record) => {
                let enabler = enabler::Enabler::from(record.clone());
                return with_public(&enabler, enabler.for_the_public().as_ref());
            }
            AnyChild::Endorsement(record) => {
                let endorsement = endorsement::Endorsement::from(record.clone());
                return with_public(&endorsement, endorsement.for_the_public().as_ref());
            }
            AnyChild::Objection(record) => {
                let objection = objection::Objection::from(record.clone());
                return with_public(&objection, objection.for_the_public().as_ref());
            }
        };
        ChildDocument { full, public: None }
    }

    fn personal(&self, resource_type: Kind) -> &'static [&'static str] {
        match resource_type {
            Kind::StaffBallot => &["/scrutineer/name"],
            Kind::Enabler => &["/name", "/email"],
            Kind::Endorsement => &["/given_by"],
            Kind::Objection => &["/raised_by"],
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

/// The same of what everybody sees less of, if there is less.
fn with_public<T: Serialize>(view: &T, public: Option<&T>) -> ChildDocument {
    let public = public.map(|public| serde_json::to_string(public).unwrap_or_default());
    ChildDocument { full: document(view), public }
}

#[cfg(test)]
mod tests {
    use domain::{Child, Id, Record};
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::register::annual_return::NewAnnualReturn;
    use crate::register::contract::NewContract;
    use crate::register::department::NewDepartment;
    use crate::register::endorsement::NewEndorsement;
    use crate::register::mutual::NewMutual;
    use crate::register::objection::NewObjection;
    use crate::register::pathway_progress::NewPathwayProgress;
    use crate::register::staff_ballot::NewStaffBallot;
    use crate::register::support_request::NewSupportRequest;
    use crate::request::body::{Body, Input};

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
                "other_department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02"], "origin_route": "pathfinder", "staff_count": 7,
                "staff_counted_on": "2011", "tests": {"left_public_sector": "met"}, "sources": SOURCES}"#,
            |new| {
                let life = domain::mutual::Life {
                    stage: domain::Stage::Merged,
                    stage_since: Some("2012".parse().unwrap()),
                    launched_on: Some("2011-10".parse().unwrap()),
                    ended_on: Some("2012-01-31".parse().unwrap()),
                    successor_id: Some(ID.parse().unwrap()),
                };
                let life = domain::Checked::new(life).unwrap();
                domain::Mutual { life, launch_override_reason: Some("R".parse().unwrap()), ..new.content }
            },
        );
        let staff_ballot = record::<NewStaffBallot, _>(
            r#"{"mutual_id": "ID", "kind": "formal", "organiser": "joint", "question": "Q", "method": "single_choice", "mode": "recorded",
                "options": [{"key": "yes", "label": "Yes", "effect": "mutual"}, {"key": "no", "label": "No", "effect": "remain_in_house"}],
                "roll_size": 9, "papers_issued": 8, "returned": 7, "spoiled": 1,
                "counts": [{"option": "yes", "votes": 4}, {"option": "no", "votes": 2}], "counts_complete": true, "opened_on": "2012",
                "closed_on": "2012", "declared_on": "2012", "thresholds": [{"basis": "of_valid", "percent": "50", "option": "yes"}],
                "scrutineer": {"name": "S", "organisation": "O", "appointed_on": "2012-01-01", "report_url": "https://example.org/", "satisfied": true},
                "published_figures": [{"option": "yes", "percent": "66.7", "basis": "of_valid", "source_url": "https://example.org/"}],
                "sources": SOURCES}"#,
            |new| {
                let void = domain::Ending {
                    state: domain::BallotState::Void,
                    void_reason: Some("R".parse().unwrap()),
                    superseded_by_id: None,
                };
                let corrected_at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
                let correction = domain::Correction { corrected_at, reason: "C".parse().unwrap(), version: 2 };
                domain::StaffBallot {
                    scrutineer_key_id: Some(ID.parse().unwrap()),
                    ending: domain::Checked::new(void).unwrap(),
                    corrections: vec![correction],
                    ..new
                }
            },
        );
        let contract = record::<NewContract, _>(
            r#"{"mutual_id": "ID", "department_id": "ID", "title": "T", "description": "D", "reference": "R", "ocid": "ocds-b5fd17-1",
                "cpv_codes": ["85000000"], "health_services": true, "procedure": "pa_open", "procurement_started_on": "2025-03-01",
                "awarded_on": "2025-04-01", "award_notice_on": "2025-04-02", "entered_on": "2025-04-20", "starts_on": "2025-05-01",
                "ends_on": "2028-04-30", "latest_ends_on": "2030-04-30", "value": {"amount_minor": 1, "currency": "GBP"},
                "protection": {"kind": "longer_term", "until": "2028-04-30"}, "status": "active", "sources": SOURCES}"#,
            |new| new,
        );
        let id = Id::from_uuid(ID.parse().unwrap());
        let annual_return = record::<NewAnnualReturn, _>(
            r#"{"period_ends_on": "2013-03-31", "turnover": {"amount_minor": 1, "currency": "GBP"},
                "surplus": {"amount_minor": -1, "currency": "GBP"}, "headcount": 7, "fte": "6.5", "service_users": 8, "staff_directors": 1,
                "board_size": 3, "staff_shareholding_percent": "51", "sources": SOURCES}"#,
            |content| Child { parent_id: id, content },
        );
        let endorsement = record::<NewEndorsement, _>(
            r#"{"constituency": "staff", "staff_ballot_id": "ID", "given_on": "2012-06-14", "given_by": "N",
                "evidence_url": "https://example.org/", "sources": SOURCES}"#,
            |new| Child { parent_id: id, content: Endorsement { by_ballot: Some(domain::Position::Neutral), ..new } },
        );
        let objection = record::<NewObjection, _>(
            r#"{"raised_by": "N", "kind": "union", "grounds": "G", "raised_on": "2012-07-02", "outcome": "accepted",
                "decided_on": "2012-08-20", "decision_reasons": "R", "decided_by_arbiter": true, "sources": SOURCES}"#,
            |content| Child { parent_id: id, content },
        );
        let support_request = record::<NewSupportRequest, _>(
            r#"{"stage": "idea", "need": "N", "requested_on": "2012-03-05", "status": "declined", "enabler_id": "ID",
                "closed_on": "2012-04-01", "decline_reason": "R", "sources": SOURCES}"#,
            |content| Child { parent_id: id, content },
        );
        let progress = record::<NewPathwayProgress, _>(
            r#"{"step_id": "ID", "done_on": "2012-02-14", "evidence_url": "https://example.org/", "note": "N", "sources": SOURCES}"#,
            |content| Child { parent_id: id, content },
        );
        let parts = [
            JsonDocuments.part(AnyChild::AnnualReturn(&annual_return)),
            JsonDocuments.part(AnyChild::Endorsement(&endorsement)),
            JsonDocuments.part(AnyChild::Objection(&objection)),
            JsonDocuments.part(AnyChild::SupportRequest(&support_request)),
            JsonDocuments.part(AnyChild::PathwayProgress(&progress)),
        ];
        let mut shown = vec![
            JsonDocuments.department(&department).shown,
            JsonDocuments.mutual(&mutual).shown,
            JsonDocuments.staff_ballot(&staff_ballot).shown,
            JsonDocuments.public_staff_ballot(&staff_ballot),
            JsonDocuments.contract(&contract).shown,
        ];
        shown.extend(parts.into_iter().flat_map(|part| [Some(part.full.shown), part.public]).flatten());
        let digest: String =
            Sha256::digest(shown.join("\n")).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((FORM, digest.as_str()), (3, "b18182a8d3870bca"), "{shown:#?}");
    }
}
