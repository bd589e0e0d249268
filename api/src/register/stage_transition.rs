//! Stage transitions of mutuals, and the gate before their launch.

use actix_web::http::header;
use actix_web::{HttpResponse, get, post};
use document::register::{LaunchCondition, StageTransition, StageTransitionAmendment};
use document::schema::CorrectionOf;
use document::value::{Day, MutualId, MutualKey, StageTransitionId, TestOutcome, Text, Word};
use domain::{Action, Child, DraftAccess, Kind, Mutual};
use serde::{Deserialize, Serialize};
use store::{StoredRecord as _, readiness};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, PartialSchema as _, ToSchema};

use crate::app::App;
use crate::register::child::{ChildKey, ChildResource};
use crate::register::looked_at::LookedAt;
use crate::register::operations::path_parameter;
use crate::register::resource::{self, Change, ChangeOptions};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::request::body::Body;
use crate::request::conditional::IfMatchOfAction;
use crate::request::page::NoFilter;
use crate::request::path::PathKey;
use crate::request::query::Query;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

type Key = domain::Key<domain::Mutual>;
type StageTransitionCorrectionPatch = CorrectionOf<StageTransition, StageTransitionAmendment>;

/// Whether a mutual is ready to be launched.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
    "launches_on": "2026-04-01",
    "ready": false,
    "conditions": [
        {"condition": "staff_buy_in", "outcome": "met", "detail": "`mutual` leads, which makes the service a mutual: turnout 52 of 61, 43 of 51 valid papers, 43 of 52 papers returned, 43 of 61 entitled; the ballot set `of_entitled` 50.00% (met), and the department demands none", "looked_at": [{"kind": "staff_ballot", "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10", "url": "/v1/staff-ballots/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10"}]},
        {"condition": "service_users_endorsement", "outcome": "not_met", "detail": "no endorsement of `service_users` is on record", "looked_at": []},
        {"condition": "senior_management_endorsement", "outcome": "not_met", "detail": "no endorsement of `senior_management` is on record", "looked_at": []},
        {"condition": "legal_form_and_identifier", "outcome": "unknown", "detail": "the legal form is not on record", "looked_at": [{"kind": "mutual", "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "url": "/v1/mutuals/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"}]},
        {"condition": "protected_contract", "outcome": "not_met", "detail": "no contract is on record", "looked_at": []},
        {"condition": "no_open_objection", "outcome": "met", "detail": "no objection is open", "looked_at": []}
    ]
}))]
pub struct Readiness {
    mutual_id: MutualId,
    /// The day of the launch, as given in the request.
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
    "detail": "`mutual` leads, which makes the service a mutual: turnout 52 of 61, 43 of 51 valid papers, 43 of 52 papers returned, 43 of 61 entitled; the ballot set `of_entitled` 50.00% (met), and the department demands none",
    "looked_at": [{
        "kind": "staff_ballot",
        "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10",
        "url": "/v1/staff-ballots/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10"
    }]
}))]
pub struct ConditionResult {
    condition: LaunchCondition,
    /// `not_met` if nothing is on record, `unknown` if a record does not say.
    outcome: TestOutcome,
    /// Why the condition is or is not met, for people.
    #[schema(max_length = 2000)]
    detail: String,
    /// The records it was judged on.
    #[schema(max_items = 1000)]
    looked_at: Vec<LookedAt>,
}

/// Correct a stage transition
///
/// Corrects a transition that was entered with a wrong day or stage. Send a merge patch (RFC 7396) with the right values,
/// and add `correction_reason`. If the mutual did not move at all, send `"withdraw": true` instead: the transition stays on
/// the record and has no effect. The `corrections` of the transition show when and why it was corrected, and what it said
/// before. A correction of a launch is judged by the conditions for a launch again. A department editor can correct the
/// newest transition of a mutual, unless it is historic. An administrator can correct any.
#[utoipa::path(
    tag = "mutuals",
    params(OfTransition, ChangeOptions, IfMatchOfAction),
    request_body = StageTransitionCorrectionPatch,
    responses((status = 200, description = "The stage transition as it is now", body = StageTransition))
)]
#[post("/mutuals/{mutual}/stage-transitions/{stage_transition}/correct")]
pub async fn correct_stage_transition(
    change: Change,
    key: ChildKey<domain::StageTransition>,
    body: Body<StageTransition>,
) -> Result<HttpResponse, Problem> {
    change
        .rewrite::<Child<Mutual, domain::StageTransition>, _>(
            key,
            |_| &[Action::Update, Action::Correct],
            move |shown| body.update_beside::<StageTransitionAmendment>(shown),
            |tx, current, caller, (content, amendment)| {
                let is_historic = current.content.historic || content.historic;
                let is_editors = !is_historic && store::stage_transition::is_last(tx, current)?;
                let action = if is_editors { Action::Update } else { Action::Correct };
                resource::check_permission(tx, caller, action, (current.id, &current.content))?;
                Ok(store::stage_transition::correct(tx, current, content, amendment)?)
            },
        )
        .await
}

/// The transition that an action is on, in its path.
struct OfTransition;

impl IntoParams for OfTransition {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            path_parameter(&(Kind::Mutual, MutualKey::schema()), true),
            path_parameter(&(Kind::StageTransition, StageTransitionId::schema()), false),
        ]
    }
}

/// What readiness is asked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LaunchDay {
    /// The day of the launch. The default is today.
    launches_on: Option<Day>,
}

impl ChildResource for domain::StageTransition {
    type Filter = NoFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "a stage transition",
        many: "stage transitions",
        of: " of a mutual",
        list: "In the order in which they happened.",
        create: "Moves the mutual to another stage. Before the launch, a mutual may skip stages and go back. It can \
                 reach the stages after the launch only through `launched`. If a condition of its readiness is not \
                 met, the launch is rejected with 409, which names each condition. To launch it anyway, say why in \
                 `override_reason`. A mutual that has ended cannot change its stage.",
        change: "",
        delete: "",
        conflicts: Conflicts {
            create: &[ProblemType::StateConflict, ProblemType::NotReady],
            change: &[ProblemType::StateConflict, ProblemType::NotReady],
            ..NO_CONFLICTS
        },
    };
    const IS_CHANGEABLE: bool = false;

    const ENTERING: &'static [Action] = &[Action::Create, Action::Correct];

    fn entering(&self) -> Action {
        if self.historic { Action::Correct } else { Action::Create }
    }
}

impl ConditionResult {
    fn of(app: &App, condition: domain::Condition, mutual_id: domain::MutualId) -> Self {
        let looked_at = condition.looked_at.iter().map(|record| LookedAt::of(app, record, Some(mutual_id))).collect();
        Self { condition: Word(condition.key), outcome: Word(condition.outcome), detail: condition.detail, looked_at }
    }
}

/// Get the readiness of a mutual
///
/// The six conditions for a launch on the given day, each with the records it was judged on. They are judged on the
/// register as it is now. What happened after that day, or is dated later than today, does not count.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), LaunchDay),
    responses((status = 200, description = "The conditions of a launch", body = Readiness))
)]
#[get("/mutuals/{mutual}/readiness")]
pub async fn get_readiness(
    app: App,
    mutual: PathKey<Key>,
    Query(asked): Query<LaunchDay>,
) -> Result<HttpResponse, Problem> {
    let today = app.as_at(None)?;
    let launches_on = asked.launches_on.map_or(today, Text::into_inner);
    let (mutual_id, conditions) = app
        .store
        .read(move |tx| {
            let mutual = Mutual::find(tx, &mutual.0, DraftAccess::None)?;
            Ok::<_, store::Error>((mutual.id, readiness::assess(tx, &mutual, launches_on, today)?))
        })
        .await?;
    let ready = conditions.iter().all(|condition| condition.outcome == domain::TestOutcome::Met);
    let conditions = conditions.into_iter().map(|condition| ConditionResult::of(&app, condition, mutual_id)).collect();
    let readiness = Readiness { mutual_id: Text(mutual_id), launches_on: Text(launches_on), ready, conditions };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-cache")).json(readiness))
}
