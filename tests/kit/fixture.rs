//! Requests that the service accepts, as small as they can be or with every member set; cases say what they change.

use serde_json::{Value, json};

/// Where departments are.
pub const DEPARTMENTS: &str = "/v1/departments";
/// Where mutuals are.
pub const MUTUALS: &str = "/v1/mutuals";
/// Where staff ballots are.
pub const STAFF_BALLOTS: &str = "/v1/staff-ballots";
/// Where contracts are.
pub const CONTRACTS: &str = "/v1/contracts";

/// An id that no record has.
pub const NOBODY: &str = "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3ff";

/// The value with the members of another put in, in place of its own of the same name.
#[must_use]
pub fn with(mut value: Value, members: Value) -> Value {
    let (Some(own), Value::Object(members)) = (value.as_object_mut(), members) else { panic!("both must be objects") };
    own.extend(members);
    value
}

/// The value without these members.
#[must_use]
pub fn without(mut value: Value, members: &[&str]) -> Value {
    let own = value.as_object_mut().expect("an object");
    own.retain(|name, _| !members.contains(&name.as_str()));
    value
}

/// The id of a record that was answered.
#[must_use]
#[track_caller]
pub fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap_or_else(|| panic!("no id: {record}"))
}

/// A department with nothing but what it must have.
#[must_use]
pub fn department(name: &str) -> Value {
    json!({ "name": name, "kind": "local_authority" })
}

/// A mutual with nothing but what it must have.
#[must_use]
pub fn mutual(name: &str) -> Value {
    json!({ "name": name, "sectors": ["community_health"] })
}

/// A ballot on a mutual with nothing but what it must have.
#[must_use]
pub fn staff_ballot(mutual_id: &str) -> Value {
    json!({
        "mutual_id": mutual_id,
        "kind": "formal",
        "mode": "recorded",
        "state": "draft",
        "options": [
            { "key": "yes", "label": "Leave as a mutual", "effect": "mutual" },
            { "key": "no", "label": "Stay", "effect": "remain_in_house" },
        ],
    })
}

/// A ballot on a mutual with nothing but what it must have to be declared after the fact.
#[must_use]
pub fn known_staff_ballot(mutual_id: &str) -> Value {
    let printed = json!([{ "option": "yes", "percent": "78", "basis": "not_stated" }]);
    with(staff_ballot(mutual_id), json!({ "published_figures": printed }))
}

/// A contract with nothing but what it must have.
#[must_use]
pub fn contract(mutual_id: &str, department_id: &str) -> Value {
    json!({
        "mutual_id": mutual_id,
        "department_id": department_id,
        "title": "Community nursing",
        "procedure": "other",
        "status": "active",
    })
}

/// Where something comes from, with every member set.
#[must_use]
pub fn source() -> Value {
    json!({
        "url": "https://example.org/report?year=2012#page=7",
        "title": "Annual report",
        "asserted_by": "Cabinet Office",
        "accessed_on": "2024-01-31",
        "note": "The figure is rounded.\nIt is of March.",
    })
}

/// A department with every member set.
#[must_use]
pub fn full_department(successor_id: &str) -> Value {
    json!({
        "slug": "department-of-trade",
        "name": "Department of Trade",
        "kind": "ministerial_department",
        "nation": "uk_wide",
        "identifiers": [{ "scheme": "GB-GOR", "id": "D24" }, { "scheme": "GB-GOVUK", "id": "department-of-trade" }],
        "policy_areas": ["policy_advice", "employment_support"],
        "website": "https://www.example.gov.uk/trade",
        "opened_on": "1970-10-20",
        "closed_on": "2007-06",
        "successor_id": successor_id,
        "sources": [source(), { "title": "Machinery of government" }],
    })
}

/// A mutual with every member set.
#[must_use]
pub fn full_mutual(department_ids: [&str; 3]) -> Value {
    let [lead, others @ ..] = department_ids;
    json!({
        "slug": "harmonie",
        "name": "Harmonie",
        "identifiers": [{ "scheme": "GB-COH", "id": "09506232" }, { "scheme": "GB-PPON", "id": "PABC-1234-WXYZ" }],
        "legal_form": "cic_limited_by_shares",
        "sectors": ["community_health", "adult_social_care"],
        "region": "yorkshire_and_the_humber",
        "website": "https://example.org/harmonie",
        "description": "Runs community nursing.\n\nOwned by its staff.",
        "department_id": lead,
        "other_department_ids": others,
        "origin_route": "right_to_request",
        "stage": "staff_consultation",
        "stage_since": "2011-06",
        "staff_count": 850,
        "staff_counted_on": "2019-03",
        "tests": {
            "left_public_sector": "met",
            "delivers_public_services": "met",
            "staff_influence_or_control": "not_met",
            "mainly_reservable_services": "met",
            "profits_only_to_members_or_none": "unknown",
            "under_employee_management_and_control": "not_met",
        },
        "sources": [source()],
    })
}

/// A ballot with every member set but those of a ballot that no longer stands.
#[must_use]
pub fn full_staff_ballot(mutual_id: &str) -> Value {
    json!({
        "mutual_id": mutual_id,
        "kind": "confirmatory",
        "organiser": "joint",
        "question": "Shall we leave the council?",
        "method": "ranked",
        "options": [
            { "key": "mutual", "label": "A mutual", "effect": "mutual" },
            { "key": "nhs_trust", "label": "An NHS trust", "effect": "nhs_trust" },
            { "key": "stay", "label": "As it is", "effect": "remain_in_house" },
        ],
        "mode": "recorded",
        "roll_size": 1000,
        "papers_issued": 990,
        "returned": 800,
        "spoiled": 20,
        "counts": [{ "option": "mutual", "votes": 350 }, { "option": "nhs_trust", "votes": 330 }, { "option": "stay", "votes": 100 }],
        "counts_complete": true,
        "later_rounds": [{ "counts": [{ "option": "mutual", "votes": 400 }, { "option": "nhs_trust", "votes": 370 }] }],
        "opened_on": "2012-09",
        "closed_on": "2012-10-01",
        "declared_on": "2012-10",
        "thresholds": [{ "basis": "turnout", "percent": "50.00" }, { "basis": "of_valid", "percent": "51.00", "option": "mutual" }],
        "scrutineer": {
            "name": "A. Counter",
            "organisation": "Electoral Services",
            "appointed_on": "2012-08-01",
        },
        "published_figures": [
            { "option": "mutual", "percent": "44.9", "basis": "of_valid", "source_url": "https://example.org/news" },
            { "percent": "80", "basis": "turnout" },
        ],
        "sources": [source()],
    })
}

/// A contract with every member set.
#[must_use]
pub fn full_contract(mutual_id: &str, department_id: &str) -> Value {
    json!({
        "mutual_id": mutual_id,
        "department_id": department_id,
        "title": "Community health services",
        "description": "Nursing, therapies and reablement.",
        "reference": "CHS/2012/7",
        "ocid": "ocds-b5fd17-0001",
        "cpv_codes": ["85000000-9", "85323000-9"],
        "health_services": true,
        "procedure": "right_to_request_uncontested",
        "framework": false,
        "tenders_received": 1,
        "procurement_started_on": "2011-01-10",
        "awarded_on": "2011-06-01",
        "award_notice_on": "2011-06-20",
        "standstill_notice_on": "2011-06-21",
        "standstill_ended_on": "2011-07-01",
        "entered_on": "2011-09-01",
        "starts_on": "2011-10-01",
        "ends_on": "2014-09-30",
        "latest_ends_on": "2016-09-30",
        "value": { "amount_minor": 9_007_199_254_740_991_i64, "currency": "GBP" },
        "protection": { "kind": "uncontested_first", "until": "2014-09-30" },
        "status": "expired",
        "first_contract": "yes",
        "sources": [source()],
    })
}

/// A commitment with nothing but what it must have.
#[must_use]
pub fn commitment() -> Value {
    json!({ "kind": "plan_and_vision", "title": "A plan and vision", "due_on": "2012-12-31" })
}

/// A step of a pathway with nothing but what it must have.
#[must_use]
pub fn pathway_step() -> Value {
    json!({ "title": "Find out who is interested" })
}

/// An enabler with nothing but what it must have.
#[must_use]
pub fn enabler() -> Value {
    json!({ "role": "enabler" })
}

/// A move of a mutual that is an idea, with nothing but what it must have.
#[must_use]
pub fn stage_transition() -> Value {
    json!({ "to": "business_case", "effective_on": "2012-05-01" })
}

/// A move of a mutual that is an idea, with every member set but why it was launched all the same.
#[must_use]
pub fn full_stage_transition() -> Value {
    json!({
        "to": "options_appraisal",
        "effective_on": "2012-04",
        "reason": "The cabinet asked for it.",
        "historic": true,
        "sources": [source()],
    })
}

/// An annual return with nothing but what it must have.
#[must_use]
pub fn annual_return() -> Value {
    json!({ "period_ends_on": "2012-03-31", "service_users": 1200 })
}

/// An endorsement with nothing but what it must have.
#[must_use]
pub fn endorsement() -> Value {
    json!({ "constituency": "service_users", "position": "supports", "given_on": "2012-06-14" })
}

/// An objection with nothing but what it must have.
#[must_use]
pub fn objection() -> Value {
    json!({ "kind": "union", "grounds": "Pensions are unclear.", "raised_on": "2012-07-02" })
}

/// A request for support with nothing but what it must have.
#[must_use]
pub fn support_request() -> Value {
    json!({ "stage": "idea", "need": "A business plan.", "requested_on": "2012-03-05" })
}

/// A competition with nothing but what it must have.
#[must_use]
pub fn competition() -> Value {
    json!({ "kind": "tender", "outcome": "open" })
}

/// A notice with nothing but what it must have.
#[must_use]
pub fn notice() -> Value {
    json!({ "code": "UK4", "published_on": "2025-03-03" })
}

/// A competition with every member set.
#[must_use]
pub fn full_competition() -> Value {
    json!({
        "kind": "retender",
        "opened_on": "2016",
        "decided_on": "2016-11-10",
        "bidders": 2,
        "outcome": "lost",
        "winner_name": "Bright Care Limited",
        "winner_kind": "private_firm",
        "sources": [source()],
    })
}

/// A notice with every member set.
#[must_use]
pub fn full_notice() -> Value {
    json!({
        "code": "psr_intention_to_award",
        "published_on": "2024-10-21",
        "url": "https://www.example.gov.uk/notice/833094050",
        "reference": "2024/S 000-034567",
        "sources": [source()],
    })
}

/// Progress on a step with nothing but what it must have.
#[must_use]
pub fn pathway_progress(step_id: &str) -> Value {
    json!({ "step_id": step_id, "done_on": "2012-02-14" })
}

/// Progress on a step with every member set.
#[must_use]
pub fn full_pathway_progress(step_id: &str) -> Value {
    let more = json!({ "evidence_url": "https://example.org/minutes", "note": "In writing.", "sources": [source()] });
    with(pathway_progress(step_id), more)
}

/// A commitment with every member set.
#[must_use]
pub fn full_commitment() -> Value {
    json!({
        "kind": "staff_pathway",
        "title": "A clear pathway for staff",
        "due_on": "2013-04-30",
        "published_on": "2013-05-02",
        "evidence_url": "https://www.example.gov.uk/pathway",
        "sources": [source()],
    })
}

/// A step of a pathway with every member set.
#[must_use]
pub fn full_pathway_step() -> Value {
    json!({
        "position": 7,
        "title": "Hold a staff ballot",
        "guidance": "Agree on the question first.\nAppoint a scrutineer.",
        "stage": "staff_consultation",
        "evidence_required": true,
        "sources": [source()],
    })
}

/// An enabler with every member set.
#[must_use]
pub fn full_enabler() -> Value {
    json!({
        "name": "Edith Enabler",
        "role": "independent_arbiter",
        "email": "edith@example.gov.uk",
        "sectors": ["housing", "culture"],
        "stages": ["idea", "contract_lost"],
        "active_from": "2012-01-01",
        "active_to": "2013-12-31",
        "sources": [source()],
    })
}

/// The ballot that the register was started with: some of its counts were never published.
#[must_use]
pub fn gloucestershire_ballot(mutual_id: &str) -> Value {
    json!({
        "mutual_id": mutual_id,
        "kind": "consultative_survey",
        "organiser": "parent_body",
        "method": "ranked",
        "options": [
            { "key": "nhs_trust", "label": "Standalone NHS trust", "effect": "nhs_trust" },
            { "key": "private_partner", "label": "Private partner", "effect": "private_partner" },
        ],
        "mode": "recorded",
        "roll_size": 2896,
        "returned": 1628,
        "counts": [{ "option": "nhs_trust", "votes": 1482 }, { "option": "private_partner", "votes": 5 }],
        "counts_complete": false,
        "closed_on": "2012",
    })
}

/// An annual return with every member set.
#[must_use]
pub fn full_annual_return() -> Value {
    json!({
        "period_ends_on": "2013-03-31",
        "turnover": { "amount_minor": 1_240_000_000, "currency": "GBP" },
        "surplus": { "amount_minor": -4_500_000, "currency": "GBP" },
        "headcount": 312,
        "fte": "254.50",
        "service_users": 18_000,
        "staff_directors": 3,
        "board_size": 9,
        "staff_shareholding_percent": "51.00",
        "sources": [source()],
    })
}

/// An endorsement with every member set but that of staff alone.
#[must_use]
pub fn full_endorsement() -> Value {
    json!({
        "constituency": "senior_management",
        "position": "neutral",
        "given_on": "2012-06-14",
        "given_by": "Mia Manager",
        "evidence_url": "https://www.example.gov.uk/minutes",
        "sources": [source()],
    })
}

/// An objection about which nothing is decided, with every member set that it may have.
#[must_use]
pub fn full_objection() -> Value {
    json!({
        "raised_by": "Otto Objector",
        "kind": "campaign",
        "grounds": "It is a cover for privatisation.",
        "raised_on": "2012-07-02",
        "outcome": "open",
        "decided_by_arbiter": false,
        "sources": [source()],
    })
}

/// A request that nobody has taken up, with every member set that it may have.
#[must_use]
pub fn full_support_request() -> Value {
    json!({
        "stage": "business_case",
        "need": "Somebody who has done this before.",
        "requested_on": "2012-03-05",
        "status": "open",
        "sources": [source()],
    })
}
