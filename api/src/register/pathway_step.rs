//! Steps of departments' pathways: what a staff group does, in order, to become a mutual.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::{Kind, StepPosition};
use serde::{Deserialize, Serialize};
use store::Reference;
use store::child::ChildRecord;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::child::{self, ChildFilter, ChildKey, ChildResource, Children};
use crate::register::mutual::Stage;
use crate::register::resource::{Change, ChangeOptions};
use crate::register::source::{self, NewSource, Source};
use crate::register::value::{DepartmentId, DepartmentKey, Description, Instant, PathwayStepId, Text, Title, Word};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// What is to change about a step of a pathway.
pub type PathwayStepPatch = Patch<NewPathwayStep>;

/// A page of steps.
type PathwayStepPage = ListPage<PathwayStep>;

type Key = domain::Key<domain::Department>;

/// A step of a department's pathway, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "position": 3,
    "title": "Hold a staff ballot",
    "guidance": "Agree on the question and on a scrutineer before papers go out.",
    "stage": "staff_consultation",
    "evidence_required": true,
    "sources": [{"title": "Staff pathway to mutualisation", "accessed_on": "2025-07-01"}]
}))]
pub struct NewPathwayStep {
    /// Its place on the pathway, which no other step of the department has. Where it is left out a new step comes after the last, and
    /// one that is there stays where it is.
    #[schema(nullable = false, minimum = 1, maximum = 100)]
    position: Option<i64>,
    /// What is to be done.
    #[schema(required, nullable = false)]
    #[validate(required)]
    title: Option<Title>,
    /// How it is done.
    #[schema(nullable = false)]
    guidance: Option<Description>,
    /// The stage in which a mutual takes the step, if it is a matter of one.
    #[schema(nullable = false)]
    stage: Option<Stage>,
    /// Whether a mutual that has taken the step shows so by a page.
    #[schema(nullable = false, default = false)]
    evidence_required: Option<bool>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A step that a staff group takes on its way to become a mutual of the department.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathwayStep {
    id: PathwayStepId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose pathway it is on.
    department_id: DepartmentId,
    /// Its place on the pathway.
    #[schema(required, nullable = false, minimum = 1, maximum = 100)]
    position: Option<i64>,
    /// What is to be done.
    title: Title,
    /// How it is done.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    guidance: Option<Description>,
    /// The stage in which a mutual takes the step, if it is a matter of one.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    /// Whether a mutual that has taken the step shows so by a page.
    evidence_required: bool,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Which steps a list has.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PathwayStepFilter {
    /// Taken in this stage.
    #[serde(default)]
    #[param(max_items = 100)]
    stage: Vec<Stage>,
}

impl ChildFilter for PathwayStepFilter {
    fn words(&self) -> Vec<&'static str> {
        self.stage.iter().map(|stage| stage.0.as_str()).collect()
    }
}

impl ChildResource for domain::PathwayStep {
    type View = PathwayStep;
    type New = NewPathwayStep;

    const KIND: Kind = Kind::PathwayStep;
}

impl Input for NewPathwayStep {
    type Value = domain::PathwayStep;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "department_id", "created_at", "updated_at"];
    const PATCH: &'static str = "PathwayStepPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let sources = source::build(self.sources, faults);
        let position = match self.position {
            Some(position) => faults.take("position", StepPosition::try_from(position)).map(Some),
            None => Some(None),
        };
        Some(domain::PathwayStep {
            position: position?,
            title: self.title?.into_inner(),
            guidance: self.guidance.map(Text::into_inner),
            stage: self.stage.map(Word::into_inner),
            evidence_required: self.evidence_required.unwrap_or_default(),
            sources: sources?,
        })
    }
}

impl From<ChildRecord<domain::PathwayStep>> for PathwayStep {
    fn from(record: ChildRecord<domain::PathwayStep>) -> Self {
        let content = record.content.content;
        Self {
            id: Text(record.id),
            version: record.version,
            department_id: Text(record.content.parent_id),
            position: content.position.map(|position| position.get().into()),
            title: Text(content.title),
            guidance: content.guidance.map(Text),
            stage: content.stage.map(Word),
            evidence_required: content.evidence_required,
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_pathway_steps)
        .service(create_pathway_step)
        .service(get_pathway_step)
        .service(replace_pathway_step)
        .service(update_pathway_step)
        .service(delete_pathway_step);
}

/// List the steps of a department's pathway
///
/// In the order in which they are taken.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        PathwayStepFilter,
        ChildParameters
    ),
    responses((status = 200, description = "A page of pathway steps", body = PathwayStepPage))
)]
#[get("/departments/{department}/pathway-steps")]
async fn list_pathway_steps(
    app: App,
    caller: Caller,
    department: PathKey<Key>,
    query: ListQuery<PathwayStepFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::PathwayStep, _>(&app, caller, department.0, query).await
}

/// Create a pathway step
///
/// At a place that is free, or after the last.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ChangeOptions,
        IdempotencyKey
    ),
    request_body = NewPathwayStep,
    responses(
        (status = 201, description = "The step was created", body = PathwayStep),
        (status = 200, description = "The step as it would be", body = PathwayStep),
        (status = 409)
    )
)]
#[post("/departments/{department}/pathway-steps")]
async fn create_pathway_step(
    change: Change,
    department: PathKey<Key>,
    body: Body<NewPathwayStep>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::PathwayStep>(department.0, body).await
}

/// Get a pathway step
///
/// By id.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("step" = inline(PathwayStepId), Path, description = "Id of the step"),
        IfChanged
    ),
    responses((status = 200, description = "The step", body = PathwayStep))
)]
#[get("/departments/{department}/pathway-steps/{step}")]
async fn get_pathway_step(
    app: App,
    caller: Caller,
    key: ChildKey<domain::PathwayStep>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace a pathway step
///
/// The body is all that the step is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("step" = inline(PathwayStepId), Path, description = "Id of the step"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewPathwayStep,
    responses((status = 200, description = "The step as it is now", body = PathwayStep), (status = 409))
)]
#[put("/departments/{department}/pathway-steps/{step}")]
async fn replace_pathway_step(
    change: Change,
    key: ChildKey<domain::PathwayStep>,
    body: Body<NewPathwayStep>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update a pathway step
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("step" = inline(PathwayStepId), Path, description = "Id of the step"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = PathwayStepPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The step as it is now", body = PathwayStep), (status = 409))
)]
#[patch("/departments/{department}/pathway-steps/{step}")]
async fn update_pathway_step(
    change: Change,
    key: ChildKey<domain::PathwayStep>,
    body: Body<NewPathwayStep>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete a pathway step
///
/// Its id is never used again; the log keeps what it said.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("step" = inline(PathwayStepId), Path, description = "Id of the step"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The step was deleted"),
        (status = 200, description = "The step that would be deleted", body = PathwayStep),
        (status = 409)
    )
)]
#[delete("/departments/{department}/pathway-steps/{step}")]
async fn delete_pathway_step(change: Change, key: ChildKey<domain::PathwayStep>) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
