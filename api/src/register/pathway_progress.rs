//! Progress of mutuals on the pathways of their departments.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::{Id, Kind};
use serde::{Deserialize, Serialize};
use store::child::{ChildRecord, Parent as _};
use store::pathway_progress::{Footing, Pathway};
use store::{ReadTx, Reference};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::child::{self, ChildKey, ChildResource, Children, NoFilter};
use crate::register::mutual::Stage;
use crate::register::resource::{Change, ChangeOptions};
use crate::register::source::{self, NewSource, Source};
use crate::register::value::{
    Day, DepartmentId, Description, Instant, MutualId, MutualKey, Note, PathwayProgressId, PathwayStepId, Text, Title,
    WebUrl, Word,
};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch, IfNoneMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// What is to change about progress on a step.
pub type PathwayProgressPatch = Patch<NewPathwayProgress>;

/// A page of progress on steps.
type PathwayProgressPage = ListPage<PathwayProgress>;

type Key = domain::Key<domain::Mutual>;

/// A step of the pathway that a mutual has done, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "step_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0a",
    "done_on": "2012-02-14",
    "evidence_url": "https://www.example.gov.uk/mutuals/expression-of-interest",
    "note": "The head of service was told in writing.",
    "sources": [{"title": "Minutes of the project board", "accessed_on": "2025-07-01"}]
}))]
pub struct NewPathwayProgress {
    /// The step, which is one of the mutual's lead department: a mutual takes each once.
    #[schema(required, nullable = false)]
    #[validate(required)]
    step_id: Option<PathwayStepId>,
    /// When it was done.
    #[schema(required, nullable = false)]
    #[validate(required)]
    done_on: Option<Day>,
    /// Where that can be read: needed where the step asks for evidence.
    #[schema(nullable = false)]
    evidence_url: Option<WebUrl>,
    #[schema(nullable = false)]
    note: Option<Note>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A step of the pathway that a mutual has done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathwayProgress {
    id: PathwayProgressId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    mutual_id: MutualId,
    /// The step.
    step_id: PathwayStepId,
    /// When it was done.
    done_on: Day,
    /// Where that can be read.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence_url: Option<WebUrl>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// A mutual's way along the pathway of the department that leads it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
    "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
    "steps_done": 0,
    "steps_total": 1,
    "steps": [{
        "step_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0a",
        "position": 1,
        "title": "Tell your manager that you want to explore a mutual",
        "stage": "idea",
        "evidence_required": false
    }]
}))]
pub struct MutualPathway {
    mutual_id: MutualId,
    /// The department that leads the mutual, whose pathway it is; without one there are no steps.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    department_id: Option<DepartmentId>,
    /// How many of the steps are done.
    #[schema(minimum = 0)]
    steps_done: i64,
    /// How many steps there are.
    #[schema(minimum = 0)]
    steps_total: i64,
    /// All steps of the department, in their order.
    #[schema(max_items = 100)]
    steps: Vec<MutualPathwayStep>,
}

/// A step of a pathway, with what a mutual has done about it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MutualPathwayStep {
    step_id: PathwayStepId,
    /// Its place on the pathway.
    #[schema(minimum = 1, maximum = 100)]
    position: i64,
    /// What is to be done.
    title: Title,
    /// How it is done.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    guidance: Option<Description>,
    /// The stage in which it is done.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    /// Whether it is done only with evidence.
    evidence_required: bool,
    /// What the mutual has done; absent where the step is still to be taken.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<PathwayProgress>,
}

impl ChildResource for domain::PathwayProgress {
    type View = PathwayProgress;
    type New = NewPathwayProgress;

    const KIND: Kind = Kind::PathwayProgress;
}

impl Input for NewPathwayProgress {
    type Value = domain::PathwayProgress;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "mutual_id", "created_at", "updated_at"];
    const PATCH: &'static str = "PathwayProgressPatch";

    fn references(&self) -> Vec<Reference> {
        self.step_id.iter().map(|id| Reference::new("step_id", Kind::PathwayStep, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let sources = source::build(self.sources, faults);
        Some(domain::PathwayProgress {
            step_id: self.step_id?.into_inner(),
            done_on: self.done_on?.into_inner(),
            evidence_url: self.evidence_url.map(Text::into_inner),
            note: self.note.map(Text::into_inner),
            sources: sources?,
        })
    }
}

impl From<ChildRecord<domain::PathwayProgress>> for PathwayProgress {
    fn from(record: ChildRecord<domain::PathwayProgress>) -> Self {
        let content = record.content.content;
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(record.content.parent_id),
            step_id: Text(content.step_id),
            done_on: Text(content.done_on),
            evidence_url: content.evidence_url.map(Text),
            note: content.note.map(Text),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

impl MutualPathway {
    fn new(mutual_id: Id<domain::Mutual>, pathway: Pathway) -> Self {
        let steps: Vec<_> = pathway.steps.into_iter().map(MutualPathwayStep::from).collect();
        Self {
            mutual_id: Text(mutual_id),
            department_id: pathway.department_id.map(Text),
            steps_done: number(steps.iter().filter(|step| step.progress.is_some()).count()),
            steps_total: number(steps.len()),
            steps,
        }
    }
}

/// A count as JSON has it.
fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl From<Footing> for MutualPathwayStep {
    fn from(Footing { step, progress }: Footing) -> Self {
        let (step_id, step) = (step.id, step.content.content);
        Self {
            step_id: Text(step_id),
            position: step.position.map_or(0, |position| position.get().into()),
            title: Text(step.title),
            guidance: step.guidance.map(Text),
            stage: step.stage.map(Word),
            evidence_required: step.evidence_required,
            progress: progress.map(PathwayProgress::from),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_pathway_progress)
        .service(create_pathway_progress)
        .service(get_pathway_progress)
        .service(replace_pathway_progress)
        .service(update_pathway_progress)
        .service(delete_pathway_progress)
        .service(get_mutual_pathway);
}

/// List the progress of a mutual on its pathway
///
/// In the order of entry. The pathway of the mutual has the steps in their own order, done or not.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ChildParameters
    ),
    responses((status = 200, description = "A page of progress", body = PathwayProgressPage))
)]
#[get("/mutuals/{mutual}/pathway-progress")]
async fn list_pathway_progress(
    app: App,
    caller: Caller,
    mutual: PathKey<Key>,
    query: ListQuery<NoFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::PathwayProgress, _>(&app, caller, mutual.0, query).await
}

/// Record progress on a step
///
/// On a step of the pathway of the department that leads the mutual: each once, with evidence where the step asks for it.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IdempotencyKey),
    request_body = NewPathwayProgress,
    responses(
        (status = 201, description = "The progress was created", body = PathwayProgress),
        (status = 200, description = "The progress as it would be", body = PathwayProgress),
        (status = 409)
    )
)]
#[post("/mutuals/{mutual}/pathway-progress")]
async fn create_pathway_progress(
    change: Change,
    mutual: PathKey<Key>,
    body: Body<NewPathwayProgress>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::PathwayProgress>(mutual.0, body).await
}

/// Get progress on a step
///
/// By id.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("pathway_progress" = inline(PathwayProgressId), Path, description = "Id of the progress"),
        IfChanged
    ),
    responses((status = 200, description = "The progress", body = PathwayProgress))
)]
#[get("/mutuals/{mutual}/pathway-progress/{pathway_progress}")]
async fn get_pathway_progress(
    app: App,
    caller: Caller,
    key: ChildKey<domain::PathwayProgress>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace progress on a step
///
/// The body is all that the progress is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("pathway_progress" = inline(PathwayProgressId), Path, description = "Id of the progress"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewPathwayProgress,
    responses(
        (status = 200, description = "The progress as it is now", body = PathwayProgress),
        (status = 409)
    )
)]
#[put("/mutuals/{mutual}/pathway-progress/{pathway_progress}")]
async fn replace_pathway_progress(
    change: Change,
    key: ChildKey<domain::PathwayProgress>,
    body: Body<NewPathwayProgress>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update progress on a step
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("pathway_progress" = inline(PathwayProgressId), Path, description = "Id of the progress"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = PathwayProgressPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The progress as it is now", body = PathwayProgress),
        (status = 409)
    )
)]
#[patch("/mutuals/{mutual}/pathway-progress/{pathway_progress}")]
async fn update_pathway_progress(
    change: Change,
    key: ChildKey<domain::PathwayProgress>,
    body: Body<NewPathwayProgress>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete progress on a step
///
/// Its id is never used again; the log keeps what it said.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("pathway_progress" = inline(PathwayProgressId), Path, description = "Id of the progress"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The progress was deleted"),
        (status = 200, description = "The progress that would be deleted", body = PathwayProgress)
    )
)]
#[delete("/mutuals/{mutual}/pathway-progress/{pathway_progress}")]
async fn delete_pathway_progress(
    change: Change,
    key: ChildKey<domain::PathwayProgress>,
) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}

/// Get the pathway of a mutual
///
/// The steps of the department that leads it, in their order, each with the progress of the mutual on it, and how many of how many are
/// done.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), IfNoneMatch),
    responses((status = 200, description = "The pathway", body = MutualPathway))
)]
#[get("/mutuals/{mutual}/pathway")]
async fn get_mutual_pathway(app: App, mutual: PathKey<Key>, conditions: IfChanged) -> Result<HttpResponse, Problem> {
    let read = move |tx: &mut ReadTx<'_>| {
        let mutual_id = domain::Mutual::find_id(tx, &mutual.0)?;
        let pathway = store::pathway_progress::pathway(tx, mutual_id)?;
        Ok::<_, Problem>(MutualPathway::new(mutual_id, pathway))
    };
    Ok(conditions.worked_out(&app.store.read(read).await?))
}
