//! Mutuals' requests for support, and what becomes of them.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::support_request::Handling;
use domain::{Checked, Kind};
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
use crate::register::value::{
    Day, Description, EnablerId, Instant, MutualId, MutualKey, Note, SupportRequestId, Text, Word,
};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// What has become of a request for support.
pub type SupportStatus = Word<domain::SupportStatus>;

/// What is to change about a request for support.
pub type SupportRequestPatch = Patch<NewSupportRequest>;

/// A page of requests for support.
type SupportRequestPage = ListPage<SupportRequest>;

type Key = domain::Key<domain::Mutual>;

/// A mutual's request for support, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "stage": "business_case",
    "need": "Somebody who has set up a pension admission agreement before.",
    "requested_on": "2012-03-05",
    "sources": [{"title": "Minutes of the project board", "accessed_on": "2025-07-01"}]
}))]
pub struct NewSupportRequest {
    /// The stage in which the mutual needs it.
    #[schema(required, nullable = false)]
    #[validate(required)]
    stage: Option<Stage>,
    /// What it needs.
    #[schema(required, nullable = false)]
    #[validate(required)]
    need: Option<Description>,
    /// When it was requested.
    #[schema(required, nullable = false)]
    #[validate(required)]
    requested_on: Option<Day>,
    /// `open` where it is absent.
    #[schema(nullable = false)]
    status: Option<SupportStatus>,
    /// Who has taken it up, of whatever department: needed with the status `assigned`, and not with `open`.
    #[schema(nullable = false)]
    enabler_id: Option<EnablerId>,
    /// When it was met or declined: with these, and not before `requested_on`.
    #[schema(nullable = false)]
    closed_on: Option<Day>,
    /// Why it was declined: with that, and only with it.
    #[schema(nullable = false)]
    decline_reason: Option<Note>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// What a mutual needs help with, and what has become of that.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SupportRequest {
    id: SupportRequestId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    mutual_id: MutualId,
    /// The stage in which the mutual needs it.
    stage: Stage,
    /// What it needs.
    need: Description,
    /// When it was requested.
    requested_on: Day,
    status: SupportStatus,
    /// Who has taken it up.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    enabler_id: Option<EnablerId>,
    /// When it was met or declined.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_on: Option<Day>,
    /// Why it was declined.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    decline_reason: Option<Note>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Which requests a list has.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SupportRequestFilter {
    /// With this status.
    #[serde(default)]
    #[param(max_items = 100)]
    status: Vec<SupportStatus>,
}

impl ChildFilter for SupportRequestFilter {
    fn words(&self) -> Vec<&'static str> {
        self.status.iter().map(|status| status.0.as_str()).collect()
    }
}

impl ChildResource for domain::SupportRequest {
    type View = SupportRequest;
    type New = NewSupportRequest;

    const KIND: Kind = Kind::SupportRequest;
}

impl Input for NewSupportRequest {
    type Value = domain::SupportRequest;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "mutual_id", "created_at", "updated_at"];
    const PATCH: &'static str = "SupportRequestPatch";

    fn references(&self) -> Vec<Reference> {
        self.enabler_id.iter().map(|id| Reference::new("enabler_id", Kind::Enabler, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let handling = self.requested_on.map(|Text(requested_on)| Handling {
            requested_on,
            status: self.status.map_or(domain::SupportStatus::Open, Word::into_inner),
            enabler_id: self.enabler_id.map(Text::into_inner),
            closed_on: self.closed_on.map(Text::into_inner),
            decline_reason: self.decline_reason.map(Text::into_inner),
        });
        // What was taken in the place of a status that can't be read may contradict the rest.
        let handling = handling.and_then(|handling| faults.take_all(&["status"], Checked::new(handling)));
        let sources = source::build(self.sources, faults);
        Some(domain::SupportRequest {
            stage: self.stage?.into_inner(),
            need: self.need?.into_inner(),
            handling: handling?,
            sources: sources?,
        })
    }
}

impl From<ChildRecord<domain::SupportRequest>> for SupportRequest {
    fn from(record: ChildRecord<domain::SupportRequest>) -> Self {
        let content = record.content.content;
        let handling = content.handling.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(record.content.parent_id),
            stage: Word(content.stage),
            need: Text(content.need),
            requested_on: Text(handling.requested_on),
            status: Word(handling.status),
            enabler_id: handling.enabler_id.map(Text),
            closed_on: handling.closed_on.map(Text),
            decline_reason: handling.decline_reason.map(Text),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_support_requests)
        .service(create_support_request)
        .service(get_support_request)
        .service(replace_support_request)
        .service(update_support_request)
        .service(delete_support_request);
}

/// List the requests of a mutual for support
///
/// In the order of entry.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        SupportRequestFilter,
        ChildParameters
    ),
    responses((status = 200, description = "A page of requests for support", body = SupportRequestPage))
)]
#[get("/mutuals/{mutual}/support-requests")]
async fn list_support_requests(
    app: App,
    caller: Caller,
    mutual: PathKey<Key>,
    query: ListQuery<SupportRequestFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::SupportRequest, _>(&app, caller, mutual.0, query).await
}

/// Create a request for support
///
/// With any status, so that what was dealt with long ago can be entered.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IdempotencyKey),
    request_body = NewSupportRequest,
    responses(
        (status = 201, description = "The request for support was created", body = SupportRequest),
        (status = 200, description = "The request for support as it would be", body = SupportRequest)
    )
)]
#[post("/mutuals/{mutual}/support-requests")]
async fn create_support_request(
    change: Change,
    mutual: PathKey<Key>,
    body: Body<NewSupportRequest>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::SupportRequest>(mutual.0, body).await
}

/// Get a request for support
///
/// By id.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("support_request" = inline(SupportRequestId), Path, description = "Id of the request for support"),
        IfChanged
    ),
    responses((status = 200, description = "The request for support", body = SupportRequest))
)]
#[get("/mutuals/{mutual}/support-requests/{support_request}")]
async fn get_support_request(
    app: App,
    caller: Caller,
    key: ChildKey<domain::SupportRequest>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace a request for support
///
/// The body is all that the request for support is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
///
/// An open request is assigned, met or declined, and an assigned one may be opened again. What is met or declined stays so: a request that
/// is to go on is a new one. What the record as it is forbids is refused with 409, naming what is possible.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("support_request" = inline(SupportRequestId), Path, description = "Id of the request for support"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewSupportRequest,
    responses(
        (status = 200, description = "The request for support as it is now", body = SupportRequest),
        (status = 409)
    )
)]
#[put("/mutuals/{mutual}/support-requests/{support_request}")]
async fn replace_support_request(
    change: Change,
    key: ChildKey<domain::SupportRequest>,
    body: Body<NewSupportRequest>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update a request for support
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
///
/// An open request is assigned, met or declined, and an assigned one may be opened again. What is met or declined stays so: a request that
/// is to go on is a new one. What the record as it is forbids is refused with 409, naming what is possible.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("support_request" = inline(SupportRequestId), Path, description = "Id of the request for support"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = SupportRequestPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The request for support as it is now", body = SupportRequest),
        (status = 409)
    )
)]
#[patch("/mutuals/{mutual}/support-requests/{support_request}")]
async fn update_support_request(
    change: Change,
    key: ChildKey<domain::SupportRequest>,
    body: Body<NewSupportRequest>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete a request for support
///
/// For what should never have been entered. Its id is never used again; the log keeps what it said.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("support_request" = inline(SupportRequestId), Path, description = "Id of the request for support"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The request for support was deleted"),
        (status = 200, description = "The request for support that would be deleted", body = SupportRequest)
    )
)]
#[delete("/mutuals/{mutual}/support-requests/{support_request}")]
async fn delete_support_request(
    change: Change,
    key: ChildKey<domain::SupportRequest>,
) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
