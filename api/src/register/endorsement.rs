//! Endorsements of mutuals: what those who are affected think of one.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::{Checked, Kind, Stance};
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
use crate::register::value::{
    Day, EndorsementId, Instant, MutualId, MutualKey, Name, StaffBallotId, Text, WebUrl, Word,
};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::json::Node;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// Who takes a position on a mutual.
pub type Constituency = Word<domain::Constituency>;

/// What a constituency thinks of a mutual.
pub type Position = Word<domain::Position>;

/// What is to change about an endorsement.
pub type EndorsementPatch = Patch<NewEndorsement>;

/// A page of endorsements.
type EndorsementPage = ListPage<Endorsement>;

type Key = domain::Key<domain::Mutual>;

/// An endorsement of a mutual, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "constituency": "service_users",
    "position": "supports",
    "given_on": "2012-06-14",
    "given_by": "A. Carer",
    "evidence_url": "https://www.example.org/panel/minutes-2012-06",
    "sources": [{"title": "Minutes of the patients' panel", "accessed_on": "2025-07-01"}]
}))]
pub struct NewEndorsement {
    #[schema(required, nullable = false)]
    #[validate(required)]
    constituency: Option<Constituency>,
    /// What they think of it: needed but for `staff`, whose position is what their ballot says and is left out here.
    #[schema(nullable = false)]
    position: Option<Position>,
    /// The ballot on this mutual that speaks for `staff`: needed there, and nowhere else.
    #[schema(nullable = false)]
    staff_ballot_id: Option<StaffBallotId>,
    /// When the position was taken. The newest of each constituency stands.
    #[schema(required, nullable = false)]
    #[validate(required)]
    given_on: Option<Day>,
    /// The person who made it known: shown only to callers who work on the mutual.
    #[schema(nullable = false)]
    given_by: Option<Name>,
    /// Where it can be read.
    #[schema(nullable = false)]
    evidence_url: Option<WebUrl>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// What a constituency thinks of a mutual. Each speaks for itself: different electorates are never merged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Endorsement {
    id: EndorsementId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    mutual_id: MutualId,
    constituency: Constituency,
    /// What they think of it. That of `staff` is what their ballot says: it is absent where the ballot gives none, and changes with it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    /// The ballot that speaks for `staff`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_ballot_id: Option<StaffBallotId>,
    /// When the position was taken. The newest of each constituency stands.
    given_on: Day,
    /// The person who made it known: only for callers who work on the mutual.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    given_by: Option<Name>,
    /// Where it can be read.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence_url: Option<WebUrl>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Which endorsements a list has.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EndorsementFilter {
    /// Of this constituency.
    #[serde(default)]
    #[param(max_items = 100)]
    constituency: Vec<Constituency>,
}

impl ChildFilter for EndorsementFilter {
    fn words(&self) -> Vec<&'static str> {
        self.constituency.iter().map(|constituency| constituency.0.as_str()).collect()
    }
}

impl ChildResource for domain::Endorsement {
    type View = Endorsement;
    type New = NewEndorsement;

    const KIND: Kind = Kind::Endorsement;
}

impl Input for NewEndorsement {
    type Value = domain::Endorsement;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "mutual_id", "created_at", "updated_at"];
    const PATCH: &'static str = "EndorsementPatch";

    /// The position of staff is their ballot's.
    fn derived(document: &Node) -> &'static [&'static str] {
        let staff = Node::String(domain::Constituency::Staff.as_str().to_owned());
        if document.member("constituency").is_some_and(|constituency| constituency.same(&staff)) {
            &["position"]
        } else {
            &[]
        }
    }

    fn references(&self) -> Vec<Reference> {
        let ballot = self.staff_ballot_id.iter();
        ballot.map(|id| Reference::new("staff_ballot_id", Kind::StaffBallot, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let stance = self.constituency.map(|Word(constituency)| Stance {
            constituency,
            position: self.position.map(Word::into_inner),
            staff_ballot_id: self.staff_ballot_id.map(Text::into_inner),
        });
        let stance = stance.and_then(|stance| faults.take("", Checked::new(stance)));
        let sources = source::build(self.sources, faults);
        Some(domain::Endorsement {
            stance: stance?,
            // The store takes it from the ballot.
            by_ballot: None,
            given_on: self.given_on?.into_inner(),
            given_by: self.given_by.map(Text::into_inner),
            evidence_url: self.evidence_url.map(Text::into_inner),
            sources: sources?,
        })
    }
}

impl Endorsement {
    /// As the public sees it, where that is less.
    pub fn for_the_public(&self) -> Option<Self> {
        self.given_by.as_ref()?;
        Some(Self { given_by: None, ..self.clone() })
    }
}

impl From<ChildRecord<domain::Endorsement>> for Endorsement {
    fn from(record: ChildRecord<domain::Endorsement>) -> Self {
        let content = record.content.content;
        let position = content.position();
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(record.content.parent_id),
            constituency: Word(content.stance.constituency),
            position: position.map(Word),
            staff_ballot_id: content.stance.staff_ballot_id.map(Text),
            given_on: Text(content.given_on),
            given_by: content.given_by.map(Text),
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
        .service(list_endorsements)
        .service(create_endorsement)
        .service(get_endorsement)
        .service(replace_endorsement)
        .service(update_endorsement)
        .service(delete_endorsement);
}

/// List the endorsements of a mutual
///
/// In the order of entry. `given_by` is shown only to callers who work on the mutual.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        EndorsementFilter,
        ChildParameters
    ),
    responses((status = 200, description = "A page of endorsements", body = EndorsementPage))
)]
#[get("/mutuals/{mutual}/endorsements")]
async fn list_endorsements(
    app: App,
    caller: Caller,
    mutual: PathKey<Key>,
    query: ListQuery<EndorsementFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::Endorsement, _>(&app, caller, mutual.0, query).await
}

/// Create an endorsement
///
/// Staff speak by a ballot on this mutual (`staff_ballot_id`), and their position is what it says; the others give `position`.
/// While an endorsement rests on a ballot, the ballot can't be deleted; when the ballot changes, so does the position.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IdempotencyKey),
    request_body = NewEndorsement,
    responses(
        (status = 201, description = "The endorsement was created", body = Endorsement),
        (status = 200, description = "The endorsement as it would be", body = Endorsement)
    )
)]
#[post("/mutuals/{mutual}/endorsements")]
async fn create_endorsement(
    change: Change,
    mutual: PathKey<Key>,
    body: Body<NewEndorsement>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::Endorsement>(mutual.0, body).await
}

/// Get an endorsement
///
/// By id.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("endorsement" = inline(EndorsementId), Path, description = "Id of the endorsement"),
        IfChanged
    ),
    responses((status = 200, description = "The endorsement", body = Endorsement))
)]
#[get("/mutuals/{mutual}/endorsements/{endorsement}")]
async fn get_endorsement(
    app: App,
    caller: Caller,
    key: ChildKey<domain::Endorsement>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace an endorsement
///
/// The body is all that the endorsement is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("endorsement" = inline(EndorsementId), Path, description = "Id of the endorsement"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewEndorsement,
    responses((status = 200, description = "The endorsement as it is now", body = Endorsement))
)]
#[put("/mutuals/{mutual}/endorsements/{endorsement}")]
async fn replace_endorsement(
    change: Change,
    key: ChildKey<domain::Endorsement>,
    body: Body<NewEndorsement>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update an endorsement
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("endorsement" = inline(EndorsementId), Path, description = "Id of the endorsement"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = EndorsementPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The endorsement as it is now", body = Endorsement))
)]
#[patch("/mutuals/{mutual}/endorsements/{endorsement}")]
async fn update_endorsement(
    change: Change,
    key: ChildKey<domain::Endorsement>,
    body: Body<NewEndorsement>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete an endorsement
///
/// Its id is never used again; the log keeps what it said.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("endorsement" = inline(EndorsementId), Path, description = "Id of the endorsement"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The endorsement was deleted"),
        (status = 200, description = "The endorsement that would be deleted", body = Endorsement)
    )
)]
#[delete("/mutuals/{mutual}/endorsements/{endorsement}")]
async fn delete_endorsement(change: Change, key: ChildKey<domain::Endorsement>) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
