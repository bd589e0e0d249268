//! Commitments of departments: what was promised, by when, and whether it was kept.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::Kind;
use serde::{Deserialize, Serialize};
use store::Reference;
use store::child::ChildRecord;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::child::{self, ChildFilter, ChildKey, ChildResource, Children};
use crate::register::resource::{Change, ChangeOptions};
use crate::register::source::{self, NewSource, Source};
use crate::register::value::{CommitmentId, Day, DepartmentId, DepartmentKey, Instant, Text, Title, WebUrl, Word};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// What a department commits itself to.
pub type CommitmentKind = Word<domain::CommitmentKind>;

/// What is to change about a commitment.
pub type CommitmentPatch = Patch<NewCommitment>;

/// A page of commitments.
type CommitmentPage = ListPage<Commitment>;

type Key = domain::Key<domain::Department>;

/// A commitment of a department, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "staff_pathway",
    "title": "A clear pathway for staff who want to form a mutual",
    "due_on": "2013-04-30",
    "published_on": "2013-04-22",
    "evidence_url": "https://www.example.gov.uk/mutuals/pathway",
    "sources": [{"title": "Mutuals Taskforce report", "accessed_on": "2025-07-01"}]
}))]
pub struct NewCommitment {
    #[schema(required, nullable = false)]
    #[validate(required)]
    kind: Option<CommitmentKind>,
    /// What was promised.
    #[schema(required, nullable = false)]
    #[validate(required)]
    title: Option<Title>,
    /// The last day on which it is kept in time.
    #[schema(required, nullable = false)]
    #[validate(required)]
    due_on: Option<Day>,
    /// When it was kept.
    #[schema(nullable = false)]
    published_on: Option<Day>,
    /// Where that can be seen.
    #[schema(nullable = false)]
    evidence_url: Option<WebUrl>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// Something that a department has promised to publish. Whether it is due, overdue or met as at a day is in the report on commitments.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Commitment {
    id: CommitmentId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    department_id: DepartmentId,
    kind: CommitmentKind,
    /// What was promised.
    title: Title,
    /// The last day on which it is kept in time.
    due_on: Day,
    /// When it was kept.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    published_on: Option<Day>,
    /// Where that can be seen.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence_url: Option<WebUrl>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Which commitments a list has.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CommitmentFilter {
    /// Of this kind.
    #[serde(default)]
    #[param(max_items = 100)]
    kind: Vec<CommitmentKind>,
}

impl ChildFilter for CommitmentFilter {
    fn words(&self) -> Vec<&'static str> {
        self.kind.iter().map(|kind| kind.0.as_str()).collect()
    }
}

impl ChildResource for domain::Commitment {
    type View = Commitment;
    type New = NewCommitment;

    const KIND: Kind = Kind::Commitment;
}

impl Input for NewCommitment {
    type Value = domain::Commitment;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "department_id", "created_at", "updated_at"];
    const PATCH: &'static str = "CommitmentPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let sources = source::build(self.sources, faults);
        Some(domain::Commitment {
            kind: self.kind?.into_inner(),
            title: self.title?.into_inner(),
            due_on: self.due_on?.into_inner(),
            published_on: self.published_on.map(Text::into_inner),
            evidence_url: self.evidence_url.map(Text::into_inner),
            sources: sources?,
        })
    }
}

impl From<ChildRecord<domain::Commitment>> for Commitment {
    fn from(record: ChildRecord<domain::Commitment>) -> Self {
        let content = record.content.content;
        Self {
            id: Text(record.id),
            version: record.version,
            department_id: Text(record.content.parent_id),
            kind: Word(content.kind),
            title: Text(content.title),
            due_on: Text(content.due_on),
            published_on: content.published_on.map(Text),
            evidence_url: content.evidence_url.map(Text),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_commitments)
        .service(create_commitment)
        .service(get_commitment)
        .service(replace_commitment)
        .service(update_commitment)
        .service(delete_commitment);
}

/// List the commitments of a department
///
/// In the order of entry.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        CommitmentFilter,
        ChildParameters
    ),
    responses((status = 200, description = "A page of commitments", body = CommitmentPage))
)]
#[get("/departments/{department}/commitments")]
async fn list_commitments(
    app: App,
    caller: Caller,
    department: PathKey<Key>,
    query: ListQuery<CommitmentFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::Commitment, _>(&app, caller, department.0, query).await
}

/// Create a commitment
///
/// Of a department that has promised to publish something.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ChangeOptions,
        IdempotencyKey
    ),
    request_body = NewCommitment,
    responses(
        (status = 201, description = "The commitment was created", body = Commitment),
        (status = 200, description = "The commitment as it would be", body = Commitment)
    )
)]
#[post("/departments/{department}/commitments")]
async fn create_commitment(
    change: Change,
    department: PathKey<Key>,
    body: Body<NewCommitment>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::Commitment>(department.0, body).await
}

/// Get a commitment
///
/// By id.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("commitment" = inline(CommitmentId), Path, description = "Id of the commitment"),
        IfChanged
    ),
    responses((status = 200, description = "The commitment", body = Commitment))
)]
#[get("/departments/{department}/commitments/{commitment}")]
async fn get_commitment(
    app: App,
    caller: Caller,
    key: ChildKey<domain::Commitment>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace a commitment
///
/// The body is all that the commitment is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("commitment" = inline(CommitmentId), Path, description = "Id of the commitment"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewCommitment,
    responses((status = 200, description = "The commitment as it is now", body = Commitment))
)]
#[put("/departments/{department}/commitments/{commitment}")]
async fn replace_commitment(
    change: Change,
    key: ChildKey<domain::Commitment>,
    body: Body<NewCommitment>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update a commitment
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("commitment" = inline(CommitmentId), Path, description = "Id of the commitment"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = CommitmentPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The commitment as it is now", body = Commitment))
)]
#[patch("/departments/{department}/commitments/{commitment}")]
async fn update_commitment(
    change: Change,
    key: ChildKey<domain::Commitment>,
    body: Body<NewCommitment>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete a commitment
///
/// Its id is never used again; the log keeps what it said.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("commitment" = inline(CommitmentId), Path, description = "Id of the commitment"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The commitment was deleted"),
        (status = 200, description = "The commitment that would be deleted", body = Commitment)
    )
)]
#[delete("/departments/{department}/commitments/{commitment}")]
async fn delete_commitment(change: Change, key: ChildKey<domain::Commitment>) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
