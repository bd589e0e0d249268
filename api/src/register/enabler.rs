//! Enablers: the people in departments whose job is to support mutuals. Who they are is for callers with a key.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::enabler::Active;
use domain::{Checked, Distinct, Kind};
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
    Day, DepartmentId, DepartmentKey, EmailAddress, EnablerId, Instant, Name, Sector, Text, Word, words,
};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// What an enabler does for mutuals.
pub type EnablerRole = Word<domain::EnablerRole>;

/// What is to change about an enabler.
pub type EnablerPatch = Patch<NewEnabler>;

/// A page of enablers.
type EnablerPage = ListPage<Enabler>;

type Key = domain::Key<domain::Department>;

/// Somebody who supports mutuals in a department, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Jo Smith",
    "role": "enabler",
    "email": "jo.smith@example.gov.uk",
    "sectors": ["community_health"],
    "stages": ["idea", "options_appraisal"],
    "active_from": "2013-01-07",
    "sources": [{"asserted_by": "Cabinet Office"}]
}))]
pub struct NewEnabler {
    /// The person. Personal data: the public is never shown it.
    #[schema(nullable = false)]
    name: Option<Name>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    role: Option<EnablerRole>,
    /// Where the person is reached. Personal data: the public is never shown it.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// The public services that the person covers, each once; none stands for all.
    #[serde(default)]
    #[schema(max_items = 21)]
    sectors: Vec<Sector>,
    /// The stages that the person covers, each once; none stands for all.
    #[serde(default)]
    #[schema(max_items = 19)]
    stages: Vec<Stage>,
    /// The first day on which the person does so.
    #[schema(nullable = false)]
    active_from: Option<Day>,
    /// The last day.
    #[schema(nullable = false)]
    active_to: Option<Day>,
    /// Where the record comes from. Everybody sees it.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// Somebody who supports mutuals in a department: what they do, for whom and when. Who they are is shown to callers with a key, as long as
/// the register knows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Enabler {
    id: EnablerId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Where the person works.
    department_id: DepartmentId,
    /// The person: only for callers with a key.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    role: EnablerRole,
    /// Where the person is reached: only for callers with a key.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<EmailAddress>,
    /// The public services that the person covers; none stands for all.
    #[schema(max_items = 21)]
    sectors: Vec<Sector>,
    /// The stages that the person covers; none stands for all.
    #[schema(max_items = 19)]
    stages: Vec<Stage>,
    /// The first day on which the person does so.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    active_from: Option<Day>,
    /// The last day.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    active_to: Option<Day>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

impl Enabler {
    /// What everybody sees, where that is less.
    pub fn for_the_public(&self) -> Option<Self> {
        let is_known = self.name.is_some() || self.email.is_some();
        is_known.then(|| Self { name: None, email: None, ..self.clone() })
    }
}

/// Which enablers a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EnablerFilter {
    /// With this role.
    #[serde(default)]
    #[param(max_items = 100)]
    role: Vec<EnablerRole>,
    /// Who cover this stage.
    #[serde(default)]
    #[param(max_items = 100)]
    stage: Vec<Stage>,
    /// Who cover this public service.
    #[serde(default)]
    #[param(max_items = 100)]
    sector: Vec<Sector>,
}

impl ChildFilter for EnablerFilter {
    fn words(&self) -> Vec<&'static str> {
        self.role.iter().map(|role| role.0.as_str()).collect()
    }

    fn covered(&self) -> Vec<Vec<&'static str>> {
        let stages = self.stage.iter().map(|stage| stage.0.as_str()).collect();
        let sectors = self.sector.iter().map(|sector| sector.0.as_str()).collect();
        vec![stages, sectors]
    }
}

impl ChildResource for domain::Enabler {
    type View = Enabler;
    type New = NewEnabler;

    const KIND: Kind = Kind::Enabler;
}

impl Input for NewEnabler {
    type Value = domain::Enabler;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "department_id", "created_at", "updated_at"];
    const PATCH: &'static str = "EnablerPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let sectors = faults.take("sectors", Distinct::new(words(self.sectors)));
        let stages = faults.take("stages", Distinct::new(words(self.stages)));
        let active = Active { from: self.active_from.map(Text::into_inner), to: self.active_to.map(Text::into_inner) };
        let active = faults.take("", Checked::new(active));
        let sources = source::build(self.sources, faults);
        Some(domain::Enabler {
            name: self.name.map(Text::into_inner),
            role: self.role?.into_inner(),
            email: self.email.map(Text::into_inner),
            sectors: sectors?,
            stages: stages?,
            active: active?,
            sources: sources?,
        })
    }
}

impl From<ChildRecord<domain::Enabler>> for Enabler {
    fn from(record: ChildRecord<domain::Enabler>) -> Self {
        let content = record.content.content;
        Self {
            id: Text(record.id),
            version: record.version,
            department_id: Text(record.content.parent_id),
            name: content.name.map(Text),
            role: Word(content.role),
            email: content.email.map(Text),
            sectors: content.sectors.into_iter().map(Word).collect(),
            stages: content.stages.into_iter().map(Word).collect(),
            active_from: content.active.from.map(Text),
            active_to: content.active.to.map(Text),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_enablers)
        .service(create_enabler)
        .service(get_enabler)
        .service(replace_enabler)
        .service(update_enabler)
        .service(delete_enabler);
}

/// List the enablers of a department
///
/// In the order of entry. Names and e-mail addresses are for callers with a key.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        EnablerFilter,
        ChildParameters
    ),
    responses((status = 200, description = "A page of enablers", body = EnablerPage))
)]
#[get("/departments/{department}/enablers")]
async fn list_enablers(
    app: App,
    caller: Caller,
    department: PathKey<Key>,
    query: ListQuery<EnablerFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::Enabler, _>(&app, caller, department.0, query).await
}

/// Create an enabler
///
/// Somebody who supports mutuals in the department.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ChangeOptions,
        IdempotencyKey
    ),
    request_body = NewEnabler,
    responses(
        (status = 201, description = "The enabler was created", body = Enabler),
        (status = 200, description = "The enabler as it would be", body = Enabler)
    )
)]
#[post("/departments/{department}/enablers")]
async fn create_enabler(
    change: Change,
    department: PathKey<Key>,
    body: Body<NewEnabler>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::Enabler>(department.0, body).await
}

/// Get an enabler
///
/// By id.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("enabler" = inline(EnablerId), Path, description = "Id of the enabler"),
        IfChanged
    ),
    responses((status = 200, description = "The enabler", body = Enabler))
)]
#[get("/departments/{department}/enablers/{enabler}")]
async fn get_enabler(
    app: App,
    caller: Caller,
    key: ChildKey<domain::Enabler>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace an enabler
///
/// The body is all that the enabler is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("enabler" = inline(EnablerId), Path, description = "Id of the enabler"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewEnabler,
    responses((status = 200, description = "The enabler as it is now", body = Enabler))
)]
#[put("/departments/{department}/enablers/{enabler}")]
async fn replace_enabler(
    change: Change,
    key: ChildKey<domain::Enabler>,
    body: Body<NewEnabler>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update an enabler
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("enabler" = inline(EnablerId), Path, description = "Id of the enabler"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = EnablerPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The enabler as it is now", body = Enabler))
)]
#[patch("/departments/{department}/enablers/{enabler}")]
async fn update_enabler(
    change: Change,
    key: ChildKey<domain::Enabler>,
    body: Body<NewEnabler>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete an enabler
///
/// Its id is never used again; the log keeps what it said.
#[utoipa::path(
    tag = "departments",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ("enabler" = inline(EnablerId), Path, description = "Id of the enabler"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The enabler was deleted"),
        (status = 200, description = "The enabler that would be deleted", body = Enabler),
        (status = 409)
    )
)]
#[delete("/departments/{department}/enablers/{enabler}")]
async fn delete_enabler(change: Change, key: ChildKey<domain::Enabler>) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
