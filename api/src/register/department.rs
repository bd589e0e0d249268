//! Departments: the public bodies that mutuals leave, or that sponsor, commission or support them.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use chrono::{DateTime, Utc};
use domain::department::Life;
use domain::{Checked, Distinct, Kind, Object, Record};
use serde::{Deserialize, Serialize};
use store::department::{Filter, Sort};
use store::{Documents, Page, ReadTx, Reference, Representation, Slice, Stored, WriteTx};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::identifier::{Identifier, NewIdentifier};
use crate::register::resource::{self, Change, ChangeOptions, Listed, Resource, Root};
use crate::register::source::{self, NewSource, Source};
use crate::register::value::{
    DepartmentId, DepartmentKey, Instant, Name, PartialDate, SchemeAndId, SearchWords, Sector, Slug, Slugged, Text,
    WebUrl, Word, texts, words,
};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::known_at::KnownAt;
use crate::request::page::{ListPage, ListParameters, ListQuery, SortKey};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

type Key = domain::Key<domain::Department>;

/// What kind of public body.
pub type DepartmentKind = Word<domain::DepartmentKind>;

/// What is to change about a department.
pub type DepartmentPatch = Patch<NewDepartment>;

/// A department, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Calder Valley District Council",
    "kind": "local_authority",
    "identifiers": [{"scheme": "GB-LAE", "id": "CVD"}],
    "policy_areas": ["leisure_sport", "housing"],
    "website": "https://www.example.org/calder-valley-council",
    "opened_on": "1974-04-01",
    "sources": [{"title": "Local authority register", "url": "https://www.example.org/registers/local-authority", "accessed_on": "2025-07-01"}]
}))]
pub struct NewDepartment {
    /// Derived from the name where it is absent. It can't be changed later.
    #[schema(nullable = false)]
    slug: Option<Slug>,
    /// No other department may have the same name, whatever its letter case.
    #[schema(required, nullable = false)]
    #[validate(required)]
    name: Option<Name>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    kind: Option<DepartmentKind>,
    /// Its identifiers in other registers, each on one record only.
    #[serde(default)]
    #[schema(max_items = 20)]
    #[validate(nested)]
    identifiers: Vec<NewIdentifier>,
    /// The sectors that it makes policy for or is responsible for.
    #[serde(default)]
    #[schema(max_items = 21)]
    policy_areas: Vec<Sector>,
    #[schema(nullable = false)]
    website: Option<WebUrl>,
    #[schema(nullable = false)]
    opened_on: Option<PartialDate>,
    /// Not before `opened_on`.
    #[schema(nullable = false)]
    closed_on: Option<PartialDate>,
    /// The department that took over its work; only with `closed_on`.
    #[schema(nullable = false)]
    successor_id: Option<DepartmentId>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A public body that mutuals leave, or that sponsors, commissions or supports them. Councils and NHS bodies are
/// departments too.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Department {
    id: DepartmentId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    slug: Slug,
    name: Name,
    kind: DepartmentKind,
    /// Its identifiers in other registers.
    #[schema(max_items = 20)]
    identifiers: Vec<Identifier>,
    /// The sectors that it makes policy for or is responsible for.
    #[schema(max_items = 21)]
    policy_areas: Vec<Sector>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<WebUrl>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_on: Option<PartialDate>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_on: Option<PartialDate>,
    /// The department that took over its work.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_id: Option<DepartmentId>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// Which departments a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DepartmentFilter {
    /// Of this kind.
    #[serde(default)]
    #[param(max_items = 100)]
    kind: Vec<DepartmentKind>,
    /// With this sector among its policy areas.
    #[serde(default)]
    #[param(max_items = 100)]
    sector: Vec<Sector>,
    /// With this identifier.
    #[serde(default)]
    #[param(max_items = 100)]
    identifier: Vec<SchemeAndId>,
    /// `true`: without a closing date; `false`: with one.
    #[param(nullable = false)]
    open: Option<bool>,
    /// With words in its name or identifiers that begin like these.
    #[param(nullable = false)]
    q: Option<SearchWords>,
}

impl resource::Filter for DepartmentFilter {
    /// There are never so many departments that a scan takes long; a search takes two statements.
    fn is_indexed(&self) -> bool {
        self.q.is_none()
    }
}

impl From<DepartmentFilter> for Filter {
    fn from(filter: DepartmentFilter) -> Self {
        Self {
            kinds: words(filter.kind),
            policy_areas: words(filter.sector),
            identifiers: texts(filter.identifier),
            open: filter.open,
            search: filter.q.map(Text::into_inner),
        }
    }
}

impl SortKey for Sort {
    const NAME: &'static str = "DepartmentSort";
    const KEYS: &'static [(&'static str, Self)] =
        &[("id", Self::Id), ("name", Self::Name), ("updated_at", Self::UpdatedAt)];
}

/// A page of departments.
type DepartmentPage = ListPage<Department>;

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_departments)
        .service(create_department)
        .service(get_department)
        .service(replace_department)
        .service(update_department)
        .service(delete_department);
}

/// List departments
///
/// By default in the order of entry.
#[utoipa::path(
    tag = "departments",
    params(DepartmentFilter, ListParameters<Sort>, KnownAt),
    responses((status = 200, description = "A page of departments", body = DepartmentPage))
)]
#[get("/departments")]
async fn list_departments(
    app: App,
    caller: Caller,
    query: ListQuery<DepartmentFilter, Sort>,
) -> Result<HttpResponse, Problem> {
    resource::list::<Departments>(&app, caller, query).await
}

/// Get a department
///
/// By id or slug.
#[utoipa::path(
    tag = "departments",
    params(("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"), KnownAt, IfChanged),
    responses((status = 200, description = "The department", body = Department))
)]
#[get("/departments/{department}")]
async fn get_department(
    app: App,
    caller: Caller,
    key: PathKey<Key>,
    known_at: KnownAt,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    resource::read::<Departments>(&app, caller, key.0, known_at, &conditions).await
}

/// Create a department
///
/// No other department may have the same name, whatever its letter case, and no other record the same identifier.
#[utoipa::path(
    tag = "departments",
    params(ChangeOptions, IdempotencyKey),
    request_body = NewDepartment,
    responses(
        (status = 201, description = "The department was created", body = Department),
        (status = 200, description = "The department as it would be", body = Department),
        (status = 409)
    )
)]
#[post("/departments")]
async fn create_department(change: Change, body: Body<NewDepartment>) -> Result<HttpResponse, Problem> {
    change.create::<Departments>(body).await
}

/// Replace a department
///
/// The body is all that the department is to say: a member that is left out is removed. Members that the register sets may
/// be sent back as they were read.
#[utoipa::path(
    tag = "departments",
    params(("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"), ChangeOptions, IfMatch),
    request_body = NewDepartment,
    responses((status = 200, description = "The department as it is now", body = Department), (status = 409))
)]
#[put("/departments/{department}")]
async fn replace_department(
    change: Change,
    key: PathKey<Key>,
    body: Body<NewDepartment>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Departments>(key.0, body).await
}

/// Update a department
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "departments",
    params(("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"), ChangeOptions, IfMatch),
    request_body(content = DepartmentPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The department as it is now", body = Department), (status = 409))
)]
#[patch("/departments/{department}")]
async fn update_department(
    change: Change,
    key: PathKey<Key>,
    body: Body<NewDepartment>,
) -> Result<HttpResponse, Problem> {
    change.update::<Departments>(key.0, body).await
}

/// Delete a department
///
/// Refused while other records refer to it. Its id and its slug are never used again.
#[utoipa::path(
    tag = "departments",
    params(("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"), ChangeOptions, IfMatch),
    responses(
        (status = 204, description = "The department was deleted"),
        (status = 200, description = "The department that would be deleted", body = Department),
        (status = 409)
    )
)]
#[delete("/departments/{department}")]
async fn delete_department(change: Change, key: PathKey<Key>) -> Result<HttpResponse, Problem> {
    change.delete::<Departments>(key.0).await
}

/// Departments among the register's resources.
pub struct Departments;

impl Resource for Departments {
    type Content = domain::Department;
    type View = Department;
    type New = NewDepartment;
    type Key = Key;

    const TYPE: Kind = Kind::Department;
    const KIND: Kind = Kind::Department;

    fn wanted(_: &domain::Department, value: Slugged<domain::Department>) -> domain::Department {
        Self::content(value)
    }

    fn object(
        _: &mut ReadTx<'_>,
        id: domain::DepartmentId,
        _: &domain::Department,
    ) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::Department(id)))
    }

    fn show(tx: &mut ReadTx<'_>, key: &Key, _: &domain::Caller) -> Result<Representation, store::Error> {
        store::department::show(tx, key)
    }

    fn find(tx: &mut ReadTx<'_>, key: &Key, _: &domain::Caller) -> Result<Record<domain::Department>, store::Error> {
        store::department::find(tx, key)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<domain::Department>,
        value: Slugged<domain::Department>,
        _: &domain::Caller,
    ) -> Result<Stored<domain::Department>, store::Error> {
        store::department::update(tx, current, value.content)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<domain::Department>) -> Result<(), store::Error> {
        store::department::delete(tx, current)
    }
}

impl Listed for Departments {
    type Filter = DepartmentFilter;
    type Sort = Sort;

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &DepartmentFilter,
        page: &Page<Sort>,
        _: &domain::Caller,
    ) -> Result<Slice, Problem> {
        Ok(store::department::list(tx, &filter.clone().into(), page)?)
    }
}

impl Root for Departments {
    type Prepared = (domain::DepartmentId, Slugged<domain::Department>);

    fn content(value: Slugged<domain::Department>) -> domain::Department {
        value.content
    }

    fn prepare(
        _: &dyn Documents,
        id: domain::DepartmentId,
        _: DateTime<Utc>,
        value: Slugged<domain::Department>,
    ) -> Self::Prepared {
        (id, value)
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        (id, value): &Self::Prepared,
        _: &domain::Caller,
    ) -> Result<Stored<domain::Department>, store::Error> {
        let content = value.content.clone();
        let slug = if value.derived { store::department::slug_for(tx, content.slug)? } else { content.slug };
        store::department::insert(tx, *id, domain::Department { slug, ..content })
    }
}

impl Input for NewDepartment {
    type Value = Slugged<domain::Department>;

    const FIXED: &'static [&'static str] = &["slug"];
    const PATCH: &'static str = "DepartmentPatch";

    fn references(&self) -> Vec<Reference> {
        self.successor_id.iter().map(|Text(id)| Reference::new("successor_id", Kind::Department, id)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let identifiers = faults.each("identifiers", self.identifiers, NewIdentifier::build);
        let identifiers = faults.take("identifiers", Distinct::new(identifiers));
        let policy_areas = faults.take("policy_areas", Distinct::new(words(self.policy_areas)));
        let life = Life {
            opened_on: self.opened_on.map(Text::into_inner),
            closed_on: self.closed_on.map(Text::into_inner),
            successor_id: self.successor_id.map(Text::into_inner),
        };
        let life = faults.take_all(&["opened_on", "closed_on", "successor_id"], Checked::new(life));
        let sources = source::build(self.sources, faults);

        let Text(name) = self.name?;
        let derived = self.slug.is_none();
        let slug = self.slug.map_or_else(|| domain::Slug::from_name(&name), Text::into_inner);
        let content = domain::Department {
            slug,
            name,
            kind: self.kind?.into_inner(),
            identifiers: identifiers?,
            policy_areas: policy_areas?,
            website: self.website.map(Text::into_inner),
            life: life?,
            sources: sources?,
        };
        Some(Slugged { content, derived })
    }
}

impl From<Record<domain::Department>> for Department {
    fn from(record: Record<domain::Department>) -> Self {
        let content = record.content;
        let life = content.life.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            slug: Text(content.slug),
            name: Text(content.name),
            kind: Word(content.kind),
            identifiers: content.identifiers.into_iter().map(Identifier::from).collect(),
            policy_areas: content.policy_areas.into_iter().map(Word).collect(),
            website: content.website.map(Text),
            opened_on: life.opened_on.map(Text),
            closed_on: life.closed_on.map(Text),
            successor_id: life.successor_id.map(Text),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}
