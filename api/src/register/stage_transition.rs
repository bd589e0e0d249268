//! Stage transitions of mutuals, and the gate before their launch.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post};
use chrono::{DateTime, Utc};
use domain::{Action, Kind};
use serde::{Deserialize, Serialize};
use store::child::ChildRecord;
use store::{Reference, readiness};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::child::{self, ChildKey, ChildResource, NoFilter};
use crate::register::mutual::Stage;
use crate::register::resource::{Change, ChangeOptions};
use crate::register::source::{self, NewSource, Source};
use crate::register::value::{
    Day, Instant, MutualId, MutualKey, Note, PartialDate, StageTransitionId, TestOutcome, Text, Word,
};
use crate::request::body::{Body, Input};
use crate::request::conditional::{IdempotencyKey, IfChanged};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::request::query::Query;
use crate::response::problem::Problem;
use crate::server::App;

/// What a mutual needs before it is launched.
pub type LaunchCondition = Word<domain::LaunchCondition>;

/// What kind of record a condition was told from.
pub type LookedAtKind = Word<domain::LookedAtKind>;

/// A page of stage transitions.
type StageTransitionPage = ListPage<StageTransition>;

type Key = domain::Key<domain::Mutual>;

/// A move of a mutual from the stage that it is in to another, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "to": "options_appraisal",
    "effective_on": "2025-09-15",
    "reason": "The cabinet asked for the ways to run the libraries to be compared.",
    "sources": [{"title": "Minutes of the cabinet", "accessed_on": "2025-09-20"}]
}))]
pub struct NewStageTransition {
    /// The stage that it moves to. A refusal names those that it can reach.
    #[schema(required, nullable = false)]
    #[validate(required)]
    to: Option<Stage>,
    /// When: a day that has come, and not before the transitions before it. A historic one may be known in part or not at all.
    #[schema(nullable = false)]
    effective_on: Option<PartialDate>,
    /// Why.
    #[schema(nullable = false)]
    reason: Option<Note>,
    /// Whether it is entered after the fact, which is for administrators: it passes no gate, and it gets the last place among the others
    /// at which the whole course is possible.
    #[schema(nullable = false, default = false)]
    historic: Option<bool>,
    /// Why the mutual is launched though the gate is not met. It stays on the record for good.
    #[schema(nullable = false)]
    override_reason: Option<Note>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A move of a mutual from one stage to another. It is never changed by hand and never deleted; what is entered after the fact may change
/// the place of those after it and the stage that the next one moves from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StageTransition {
    id: StageTransitionId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    mutual_id: MutualId,
    /// Its place among the transitions of the mutual, from 1.
    #[schema(minimum = 1)]
    position: i64,
    /// The stage that it moves from.
    from: Stage,
    /// The stage that it moves to.
    to: Stage,
    /// When.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    effective_on: Option<PartialDate>,
    /// Why.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Note>,
    /// Whether it was entered after the fact, past the gate.
    historic: bool,
    /// Why the mutual was launched though the gate was not met.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    override_reason: Option<Note>,
    /// The conditions that were not met then; empty where none was overridden.
    #[schema(max_items = 6)]
    unmet_conditions: Vec<LaunchCondition>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Whether a mutual is ready to be launched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
    "launches_on": "2026-04-01",
    "ready": false,
    "conditions": [
        {"condition": "staff_buy_in", "outcome": "met", "detail": "staff chose `mutual`, which makes the service a mutual, and every threshold is met", "looked_at": [{"kind": "staff_ballot", "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10", "url": "/v1/staff-ballots/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10"}]},
        {"condition": "service_users_endorsement", "outcome": "not_met", "detail": "no endorsement of `service_users` is on record", "looked_at": []},
        {"condition": "senior_management_endorsement", "outcome": "not_met", "detail": "no endorsement of `senior_management` is on record", "looked_at": []},
        {"condition": "legal_form_and_identifier", "outcome": "unknown", "detail": "the legal form is not on record", "looked_at": [{"kind": "mutual", "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "url": "/v1/mutuals/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"}]},
        {"condition": "protected_contract", "outcome": "not_met", "detail": "no contract is on record", "looked_at": []},
        {"condition": "no_open_objection", "outcome": "met", "detail": "no objection is open", "looked_at": []}
    ]
}))]
pub struct Readiness {
    mutual_id: MutualId,
    /// The day of the launch that is asked about.
    launches_on: Day,
    /// Whether every condition is met.
    ready: bool,
    /// The six conditions, always in the same order.
    #[schema(min_items = 6, max_items = 6)]
    conditions: Vec<ConditionResult>,
}

/// A condition of a launch, and whether it is met.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "condition": "staff_buy_in",
    "outcome": "met",
    "detail": "staff chose `mutual`, which makes the service a mutual, and every threshold is met",
    "looked_at": [{
        "kind": "staff_ballot",
        "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10",
        "url": "/v1/staff-ballots/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10"
    }]
}))]
pub struct ConditionResult {
    condition: LaunchCondition,
    /// `not_met` where nothing is on record, `unknown` where a record doesn't tell.
    outcome: TestOutcome,
    /// What was found.
    #[schema(max_length = 2000)]
    detail: String,
    /// The records that tell it.
    #[schema(max_items = 1000)]
    looked_at: Vec<LookedAt>,
}

/// A record that a condition was told from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "kind": "contract",
    "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
    "url": "/v1/contracts/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11"
}))]
pub struct LookedAt {
    kind: LookedAtKind,
    /// Its id.
    #[schema(format = "uuid", max_length = 36)]
    id: String,
    /// Where it is.
    #[schema(format = "uri-reference", max_length = 300)]
    url: String,
}

/// What readiness is asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LaunchDay {
    /// The day of the launch: today where it is left out.
    #[param(nullable = false)]
    launches_on: Option<Day>,
}

impl ChildResource for domain::StageTransition {
    type View = StageTransition;
    type New = NewStageTransition;

    const KIND: Kind = Kind::StageTransition;
    const ENTERING: &'static [Action] = &[Action::Create, Action::Correct];

    fn entering(&self) -> Action {
        if self.historic { Action::Correct } else { Action::Create }
    }
}

impl Input for NewStageTransition {
    type Value = domain::StageTransition;

    const READ_ONLY: &'static [&'static str] =
        &["id", "version", "mutual_id", "position", "from", "unmet_conditions", "created_at", "updated_at"];
    const PATCH: &'static str = "StageTransitionPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let sources = source::build(self.sources, faults);
        Some(domain::StageTransition {
            position: 1,
            from: domain::Stage::default(),
            unmet: Vec::new(),
            to: self.to?.into_inner(),
            effective_on: self.effective_on.map(Text::into_inner),
            reason: self.reason.map(Text::into_inner),
            historic: self.historic.unwrap_or_default(),
            override_reason: self.override_reason.map(Text::into_inner),
            sources: sources?,
        })
    }
}

impl From<ChildRecord<domain::StageTransition>> for StageTransition {
    fn from(record: ChildRecord<domain::StageTransition>) -> Self {
        let content = record.content.content;
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(record.content.parent_id),
            position: content.position,
            from: Word(content.from),
            to: Word(content.to),
            effective_on: content.effective_on.map(Text),
            reason: content.reason.map(Text),
            historic: content.historic,
            override_reason: content.override_reason.map(Text),
            unmet_conditions: content.unmet.into_iter().map(Word).collect(),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

impl ConditionResult {
    fn of(condition: domain::Condition, mutual_id: domain::MutualId) -> Self {
        let looked_at = condition.looked_at.iter().map(|record| LookedAt::of(record, mutual_id)).collect();
        Self { condition: Word(condition.key), outcome: Word(condition.outcome), detail: condition.detail, looked_at }
    }
}

impl LookedAt {
    fn of(record: &domain::LookedAt, mutual_id: domain::MutualId) -> Self {
        let id = record.as_uuid();
        let url = match record {
            domain::LookedAt::Mutual(_) => format!("/v1/mutuals/{id}"),
            domain::LookedAt::StaffBallot(_) => format!("/v1/staff-ballots/{id}"),
            domain::LookedAt::Contract(_) => format!("/v1/contracts/{id}"),
            domain::LookedAt::Endorsement(_) => format!("/v1/mutuals/{mutual_id}/endorsements/{id}"),
            domain::LookedAt::Objection(_) => format!("/v1/mutuals/{mutual_id}/objections/{id}"),
        };
        Self { kind: Word(record.kind()), id: id.to_string(), url }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_stage_transitions)
        .service(create_stage_transition)
        .service(get_stage_transition)
        .service(get_readiness);
}

/// List the stage transitions of a mutual
///
/// In the order of its course.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChildParameters),
    responses((status = 200, description = "A page of stage transitions", body = StageTransitionPage))
)]
#[get("/mutuals/{mutual}/stage-transitions")]
async fn list_stage_transitions(
    app: App,
    caller: Caller,
    mutual: PathKey<Key>,
    query: ListQuery<NoFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::StageTransition, _>(&app, caller, mutual.0, query).await
}

/// Create a stage transition
///
/// Moves the mutual to another stage. Before the launch it may skip stages and step back; it gets past the launch through `launched` only,
/// and the gate stands before that: where one of the conditions of its readiness is not met, the answer is a 409 that names each, unless
/// `override_reason` says why it is launched all the same. A mutual that has ended stays so.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ChangeOptions,
        IdempotencyKey
    ),
    request_body = NewStageTransition,
    responses(
        (status = 201, description = "The mutual was moved", body = StageTransition),
        (status = 200, description = "The stage transition as it would be", body = StageTransition),
        (status = 409)
    )
)]
#[post("/mutuals/{mutual}/stage-transitions")]
async fn create_stage_transition(
    change: Change,
    mutual: PathKey<Key>,
    body: Body<NewStageTransition>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::StageTransition>(mutual.0, body).await
}

/// Get a stage transition
///
/// By id.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("stage_transition" = inline(StageTransitionId), Path, description = "Id of the stage transition"),
        IfChanged
    ),
    responses((status = 200, description = "The stage transition", body = StageTransition))
)]
#[get("/mutuals/{mutual}/stage-transitions/{stage_transition}")]
async fn get_stage_transition(
    app: App,
    caller: Caller,
    key: ChildKey<domain::StageTransition>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Get the readiness of a mutual
///
/// What stands between it and its launch: six conditions, each with what was looked at. It is told from what the register holds now, for a
/// launch on the day that is asked about.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), LaunchDay),
    responses((status = 200, description = "The conditions of a launch", body = Readiness))
)]
#[get("/mutuals/{mutual}/readiness")]
async fn get_readiness(
    app: App,
    mutual: PathKey<Key>,
    Query(asked): Query<LaunchDay>,
) -> Result<HttpResponse, Problem> {
    let launches_on = asked.launches_on.map_or_else(|| today(app.clock.now()), |day| Ok(day.into_inner()))?;
    let (mutual_id, conditions) = app
        .store
        .read(move |tx| {
            let mutual = store::mutual::find(tx, &mutual.0)?;
            Ok::<_, store::Error>((mutual.id, readiness::assess(tx, &mutual, launches_on)?))
        })
        .await?;
    let ready = conditions.iter().all(|condition| condition.outcome == domain::TestOutcome::Met);
    let conditions = conditions.into_iter().map(|condition| ConditionResult::of(condition, mutual_id)).collect();
    let readiness = Readiness { mutual_id: Text(mutual_id), launches_on: Text(launches_on), ready, conditions };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-cache")).json(readiness))
}

/// The day of an instant, in UTC.
fn today(now: DateTime<Utc>) -> Result<domain::Day, Problem> {
    domain::Day::from_date(now.date_naive()).map_err(|invalid| Problem::internal(invalid.detail))
}
