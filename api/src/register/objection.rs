//! Objections to mutuals: who is against one and why, and what was decided.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::objection::Handling;
use domain::{Checked, Kind};
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
use crate::register::value::{Day, Description, Instant, MutualId, MutualKey, Name, ObjectionId, Text, Word};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// Who objects to a mutual.
pub type ObjectionKind = Word<domain::ObjectionKind>;

/// What has become of an objection.
pub type ObjectionOutcome = Word<domain::ObjectionOutcome>;

/// What is to change about an objection.
pub type ObjectionPatch = Patch<NewObjection>;

/// A page of objections.
type ObjectionPage = ListPage<Objection>;

type Key = domain::Key<domain::Mutual>;

/// An objection to a mutual, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "raised_by": "B. Member",
    "kind": "union",
    "grounds": "Staff were never told what happens to their pensions.",
    "raised_on": "2012-07-02",
    "outcome": "rejected",
    "decided_on": "2012-08-20",
    "decision_reasons": "The admission agreement of 1 August 2012 keeps all members in the scheme.",
    "decided_by_arbiter": false,
    "sources": [{"title": "Letter to the project board", "accessed_on": "2025-07-01"}]
}))]
pub struct NewObjection {
    /// Who raised it: shown only to callers who work on the mutual.
    #[schema(nullable = false)]
    raised_by: Option<Name>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    kind: Option<ObjectionKind>,
    /// Why they object.
    #[schema(required, nullable = false)]
    #[validate(required)]
    grounds: Option<Description>,
    /// When it was raised.
    #[schema(required, nullable = false)]
    #[validate(required)]
    raised_on: Option<Day>,
    /// `open` where it is absent.
    #[schema(nullable = false)]
    outcome: Option<ObjectionOutcome>,
    /// When it was decided: with the outcomes `rejected`, `accepted` and `appealed`, and not before `raised_on`.
    #[schema(nullable = false)]
    decided_on: Option<Day>,
    /// Why it was decided so: a decision without reasons is refused.
    #[schema(nullable = false)]
    decision_reasons: Option<Description>,
    /// Whether the independent arbiter decided: needed to decide an appeal; `false` where it is absent.
    #[schema(nullable = false)]
    decided_by_arbiter: Option<bool>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// Somebody's objection to a mutual, and what has become of it. While it is open or appealed it stands in the way of a launch.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Objection {
    id: ObjectionId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    mutual_id: MutualId,
    /// Who raised it: only for callers who work on the mutual.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    raised_by: Option<Name>,
    kind: ObjectionKind,
    /// Why they object.
    grounds: Description,
    /// When it was raised.
    raised_on: Day,
    outcome: ObjectionOutcome,
    /// When it was decided.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_on: Option<Day>,
    /// Why it was decided so.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    decision_reasons: Option<Description>,
    /// Whether the independent arbiter decided: against that there is no appeal.
    decided_by_arbiter: bool,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Which objections a list has.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ObjectionFilter {
    /// With this outcome.
    #[serde(default)]
    #[param(max_items = 100)]
    outcome: Vec<ObjectionOutcome>,
}

impl ChildFilter for ObjectionFilter {
    fn words(&self) -> Vec<&'static str> {
        self.outcome.iter().map(|outcome| outcome.0.as_str()).collect()
    }
}

impl ChildResource for domain::Objection {
    type View = Objection;
    type New = NewObjection;

    const KIND: Kind = Kind::Objection;
}

impl Input for NewObjection {
    type Value = domain::Objection;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "mutual_id", "created_at", "updated_at"];
    const PATCH: &'static str = "ObjectionPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let handling = self.raised_on.map(|Text(raised_on)| Handling {
            raised_on,
            outcome: self.outcome.map_or(domain::ObjectionOutcome::Open, Word::into_inner),
            decided_on: self.decided_on.map(Text::into_inner),
            decision_reasons: self.decision_reasons.map(Text::into_inner),
            decided_by_arbiter: self.decided_by_arbiter.unwrap_or_default(),
        });
        // What was taken in the place of an outcome that can't be read may contradict the rest.
        let handling = handling.and_then(|handling| faults.take_all(&["outcome"], Checked::new(handling)));
        let sources = source::build(self.sources, faults);
        Some(domain::Objection {
            raised_by: self.raised_by.map(Text::into_inner),
            kind: self.kind?.into_inner(),
            grounds: self.grounds?.into_inner(),
            handling: handling?,
            sources: sources?,
        })
    }
}

impl Objection {
    /// As the public sees it, where that is less.
    pub fn for_the_public(&self) -> Option<Self> {
        self.raised_by.as_ref()?;
        Some(Self { raised_by: None, ..self.clone() })
    }
}

impl From<ChildRecord<domain::Objection>> for Objection {
    fn from(record: ChildRecord<domain::Objection>) -> Self {
        let content = record.content.content;
        let handling = content.handling.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(record.content.parent_id),
            raised_by: content.raised_by.map(Text),
            kind: Word(content.kind),
            grounds: Text(content.grounds),
            raised_on: Text(handling.raised_on),
            outcome: Word(handling.outcome),
            decided_on: handling.decided_on.map(Text),
            decision_reasons: handling.decision_reasons.map(Text),
            decided_by_arbiter: handling.decided_by_arbiter,
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_objections)
        .service(create_objection)
        .service(get_objection)
        .service(replace_objection)
        .service(update_objection)
        .service(delete_objection);
}

/// List the objections to a mutual
///
/// In the order of entry. `raised_by` is shown only to callers who work on the mutual.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ObjectionFilter,
        ChildParameters
    ),
    responses((status = 200, description = "A page of objections", body = ObjectionPage))
)]
#[get("/mutuals/{mutual}/objections")]
async fn list_objections(
    app: App,
    caller: Caller,
    mutual: PathKey<Key>,
    query: ListQuery<ObjectionFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::Objection, _>(&app, caller, mutual.0, query).await
}

/// Create an objection
///
/// With any outcome, so that what was decided long ago can be entered. A decision has its day and its reasons.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IdempotencyKey),
    request_body = NewObjection,
    responses(
        (status = 201, description = "The objection was created", body = Objection),
        (status = 200, description = "The objection as it would be", body = Objection)
    )
)]
#[post("/mutuals/{mutual}/objections")]
async fn create_objection(
    change: Change,
    mutual: PathKey<Key>,
    body: Body<NewObjection>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::Objection>(mutual.0, body).await
}

/// Get an objection
///
/// By id.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("objection" = inline(ObjectionId), Path, description = "Id of the objection"),
        IfChanged
    ),
    responses((status = 200, description = "The objection", body = Objection))
)]
#[get("/mutuals/{mutual}/objections/{objection}")]
async fn get_objection(
    app: App,
    caller: Caller,
    key: ChildKey<domain::Objection>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace an objection
///
/// The body is all that the objection is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
///
/// `open` becomes `withdrawn`, `rejected` or `accepted`; a decision becomes `appealed`, unless the independent arbiter made it; an
/// appeal becomes `withdrawn`, or is `rejected` or `accepted` by the arbiter. A decision stays as it was made. What the record as it is
/// forbids is refused with 409, naming what is possible.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("objection" = inline(ObjectionId), Path, description = "Id of the objection"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewObjection,
    responses(
        (status = 200, description = "The objection as it is now", body = Objection),
        (status = 409)
    )
)]
#[put("/mutuals/{mutual}/objections/{objection}")]
async fn replace_objection(
    change: Change,
    key: ChildKey<domain::Objection>,
    body: Body<NewObjection>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update an objection
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
///
/// `open` becomes `withdrawn`, `rejected` or `accepted`; a decision becomes `appealed`, unless the independent arbiter made it; an
/// appeal becomes `withdrawn`, or is `rejected` or `accepted` by the arbiter. A decision stays as it was made. What the record as it is
/// forbids is refused with 409, naming what is possible.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("objection" = inline(ObjectionId), Path, description = "Id of the objection"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = ObjectionPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The objection as it is now", body = Objection),
        (status = 409)
    )
)]
#[patch("/mutuals/{mutual}/objections/{objection}")]
async fn update_objection(
    change: Change,
    key: ChildKey<domain::Objection>,
    body: Body<NewObjection>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete an objection
///
/// For what should never have been entered: an objection that was given up is `withdrawn`. Its id is never used again; the log keeps
/// what it said.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("objection" = inline(ObjectionId), Path, description = "Id of the objection"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The objection was deleted"),
        (status = 200, description = "The objection that would be deleted", body = Objection)
    )
)]
#[delete("/mutuals/{mutual}/objections/{objection}")]
async fn delete_objection(change: Change, key: ChildKey<domain::Objection>) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
