//! Mutuals: staff groups on the way out of the public sector, and the organisations they became.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use chrono::{DateTime, Utc};
use domain::mutual::Life;
use domain::{Action, Checked, Distinct, FaultCode, Kind, Object, Parents, Record, Staff};
use serde::{Deserialize, Serialize};
use store::mutual::{Filter, Sort};
use store::{Documents, Page, ReadTx, Reference, Representation, Slice, Span, Stored, WriteTx};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::identifier::{Identifier, NewIdentifier};
use crate::register::resource::{self, Change, ChangeOptions, Listed, Resource, Root};
use crate::register::source::{self, NewSource, Source};
use crate::register::value::{
    Bounded, DepartmentId, DepartmentKey, Description, Instant, MutualId, MutualKey, Name, Note, PartialDate, Region,
    SchemeAndId, SearchWords, Sector, Slug, Slugged, TestOutcome, Text, WebUrl, Word, texts, words,
};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::known_at::KnownAt;
use crate::request::page::{ListPage, ListParameters, ListQuery, SortKey};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

type Key = domain::Key<domain::Mutual>;

/// How a mutual is or will be constituted.
pub type LegalForm = Word<domain::LegalForm>;

/// The policy under which a mutual left the public sector.
pub type OriginRoute = Word<domain::OriginRoute>;

/// How far a mutual has come.
pub type Stage = Word<domain::Stage>;

/// What is to change about a mutual.
pub type MutualPatch = Patch<NewMutual>;

/// A mutual, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Calder Valley Community Health CIC",
    "identifiers": [{"scheme": "GB-PPON", "id": "PCVH-4821-MTRL"}],
    "legal_form": "cic_limited_by_shares",
    "sectors": ["community_health", "adult_social_care"],
    "region": "yorkshire_and_the_humber",
    "website": "https://www.example.org/calder-valley",
    "description": "District nursing, therapies and reablement, owned by the staff who provide them.",
    "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
    "origin_route": "right_to_provide",
    "stage": "business_case",
    "stage_since": "2012-03",
    "staff_count": 850,
    "staff_counted_on": "2013-03",
    "tests": {
        "left_public_sector": "met",
        "delivers_public_services": "met",
        "staff_influence_or_control": "met",
        "under_employee_management_and_control": "not_met"
    },
    "sources": [{"title": "Annual report 2012-13", "note": "Heads, not full-time equivalents."}]
}))]
pub struct NewMutual {
    /// Derived from the name where it is absent. It can't be changed later.
    #[schema(nullable = false)]
    slug: Option<Slug>,
    /// No other mutual may have the same name, whatever its letter case.
    #[schema(required, nullable = false)]
    #[validate(required)]
    name: Option<Name>,
    /// Its identifiers in other registers, each on one record only.
    #[serde(default)]
    #[schema(max_items = 20)]
    #[validate(nested)]
    identifiers: Vec<NewIdentifier>,
    #[schema(nullable = false)]
    legal_form: Option<LegalForm>,
    /// The public services that it delivers or is to deliver: at least one, each once.
    #[schema(required, nullable = false, min_items = 1, max_items = 21)]
    #[validate(required)]
    sectors: Option<Vec<Sector>>,
    /// Where it mainly works.
    #[schema(nullable = false)]
    region: Option<Region>,
    #[schema(nullable = false)]
    website: Option<WebUrl>,
    #[schema(nullable = false)]
    description: Option<Description>,
    /// The public body that it left or is to leave; the lead, where several bodies spin it out. Left out only where the
    /// sources don't name one.
    #[schema(nullable = false)]
    department_id: Option<DepartmentId>,
    /// The other bodies that spin it out, each once; only with `department_id`, which isn't repeated here.
    #[serde(default)]
    #[schema(max_items = 20)]
    other_department_ids: Vec<DepartmentId>,
    #[schema(nullable = false)]
    origin_route: Option<OriginRoute>,
    /// The stage at entry, one of those before launch: `idea` where it is absent. From then on stage transitions alone move the mutual.
    #[schema(nullable = false)]
    stage: Option<Stage>,
    /// Since when it has been in this stage. It goes with the stage.
    #[schema(nullable = false)]
    stage_since: Option<PartialDate>,
    /// The mutual that took over its services; only in a stage that is an end.
    #[schema(nullable = false)]
    successor_id: Option<MutualId>,
    /// How many people work in it: heads, not full-time equivalents. Once an annual return has a `headcount`, the newest of these is
    /// it: then this is left out, or sent as it was read, unless `staff_counted_on` is surely later than that return's
    /// `period_ends_on`. A change that would make it differ otherwise is refused as `read-only`.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000, example = 850)]
    staff_count: Option<i64>,
    /// When they were counted; only with `staff_count`, and likewise the `period_ends_on` of the newest annual return with a
    /// `headcount`.
    #[schema(nullable = false)]
    staff_counted_on: Option<PartialDate>,
    /// All `unknown` where it is absent.
    #[schema(nullable = false)]
    tests: Option<NewMutualTests>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A public service mutual, from the first idea to its end: an organisation that has left the public sector, goes on
/// delivering public services, and in which staff have a significant degree of influence or control. One that ended
/// keeps its record.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Mutual {
    id: MutualId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    slug: Slug,
    name: Name,
    /// Its identifiers in other registers.
    #[schema(max_items = 20)]
    identifiers: Vec<Identifier>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    legal_form: Option<LegalForm>,
    /// The public services that it delivers or is to deliver.
    #[schema(min_items = 1, max_items = 21)]
    sectors: Vec<Sector>,
    /// Where it mainly works.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<WebUrl>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    /// The public body that it left or is to leave; the lead, where there are several.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    department_id: Option<DepartmentId>,
    /// The other bodies that spin it out.
    #[schema(max_items = 20)]
    other_department_ids: Vec<DepartmentId>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_route: Option<OriginRoute>,
    /// It follows from its stage transitions, as the next three do.
    stage: Stage,
    /// Since when it has been in this stage.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_since: Option<PartialDate>,
    /// When it began to deliver services of its own.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    launched_on: Option<PartialDate>,
    /// When it ended, before launch or after.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_on: Option<PartialDate>,
    /// The mutual that took over its services.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    successor_id: Option<MutualId>,
    /// Why it was launched though the gate was not met, in the department's words.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    launch_override_reason: Option<Note>,
    /// How many people work in it: heads, not full-time equivalents. The newest annual return with a `headcount` says it, unless the
    /// mutual has a count of its own that was surely made later; when its returns change, so may this.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000, example = 850)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_count: Option<i64>,
    /// When they were counted, or the `period_ends_on` of the annual return that says it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_counted_on: Option<PartialDate>,
    tests: MutualTests,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// What makes a public service mutual, as it is sent: the three tests of the policy's definition and, independent of
/// them, the three of the Procurement Act 2023 s.33(3) for contracts reserved to public service mutuals. One that is
/// absent is `unknown`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"left_public_sector": "met", "mainly_reservable_services": "not_met"}))]
pub struct NewMutualTests {
    /// It has left the public sector (policy definition).
    #[schema(nullable = false)]
    left_public_sector: Option<TestOutcome>,
    /// It continues to deliver public services (policy definition).
    #[schema(nullable = false)]
    delivers_public_services: Option<TestOutcome>,
    /// Staff have a significant degree of influence or control (policy definition).
    #[schema(nullable = false)]
    staff_influence_or_control: Option<TestOutcome>,
    /// It operates mainly to deliver reservable light touch services (Procurement Act 2023 s.33(3)).
    #[schema(nullable = false)]
    mainly_reservable_services: Option<TestOutcome>,
    /// It distributes profits to its members only, or to nobody (Procurement Act 2023 s.33(3)).
    #[schema(nullable = false)]
    profits_only_to_members_or_none: Option<TestOutcome>,
    /// It is under the management and control of its employees (Procurement Act 2023 s.33(3)).
    #[schema(nullable = false)]
    under_employee_management_and_control: Option<TestOutcome>,
}

/// What makes a public service mutual: the three tests of the policy's definition and, independent of them, the three
/// of the Procurement Act 2023 s.33(3) for contracts reserved to public service mutuals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MutualTests {
    /// It has left the public sector (policy definition).
    left_public_sector: TestOutcome,
    /// It continues to deliver public services (policy definition).
    delivers_public_services: TestOutcome,
    /// Staff have a significant degree of influence or control (policy definition).
    staff_influence_or_control: TestOutcome,
    /// It operates mainly to deliver reservable light touch services (Procurement Act 2023 s.33(3)).
    mainly_reservable_services: TestOutcome,
    /// It distributes profits to its members only, or to nobody (Procurement Act 2023 s.33(3)).
    profits_only_to_members_or_none: TestOutcome,
    /// It is under the management and control of its employees (Procurement Act 2023 s.33(3)).
    under_employee_management_and_control: TestOutcome,
}

/// Which mutuals a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MutualFilter {
    /// That left this department, as its lead parent or as another.
    #[serde(default)]
    #[param(max_items = 100)]
    department: Vec<DepartmentKey>,
    /// In this sector.
    #[serde(default)]
    #[param(max_items = 100)]
    sector: Vec<Sector>,
    /// In this stage.
    #[serde(default)]
    #[param(max_items = 100)]
    stage: Vec<Stage>,
    /// In this region.
    #[serde(default)]
    #[param(max_items = 100)]
    region: Vec<Region>,
    /// Of this legal form.
    #[serde(default)]
    #[param(max_items = 100)]
    legal_form: Vec<LegalForm>,
    /// By this route.
    #[serde(default)]
    #[param(max_items = 100)]
    origin_route: Vec<OriginRoute>,
    /// With this identifier.
    #[serde(default)]
    #[param(max_items = 100)]
    identifier: Vec<SchemeAndId>,
    /// Launched on this day or later. A launch of which only the year or month is known counts where it may have been.
    #[param(nullable = false)]
    launched_from: Option<PartialDate>,
    /// Launched on this day or earlier, likewise; of a month or year its last day.
    #[param(nullable = false)]
    launched_to: Option<PartialDate>,
    /// Ended on this day or later, likewise.
    #[param(nullable = false)]
    ended_from: Option<PartialDate>,
    /// Ended on this day or earlier, likewise.
    #[param(nullable = false)]
    ended_to: Option<PartialDate>,
    /// With at least so many staff.
    #[param(value_type = Option<i64>, nullable = false, minimum = 0, maximum = 10_000_000)]
    staff_count_from: Option<Bounded<0, { Staff::MAX_COUNT }>>,
    /// With at most so many staff.
    #[param(value_type = Option<i64>, nullable = false, minimum = 0, maximum = 10_000_000)]
    staff_count_to: Option<Bounded<0, { Staff::MAX_COUNT }>>,
    /// With words in its name, description or identifiers that begin like these.
    #[param(nullable = false)]
    q: Option<SearchWords>,
}

impl MutualFilter {
    fn resolve(self, tx: &mut ReadTx<'_>) -> Result<Filter, Problem> {
        Ok(Filter {
            departments: store::department::resolve(tx, &texts(self.department)).map_err(Problem::of_query)?,
            sectors: words(self.sector),
            stages: words(self.stage),
            regions: words(self.region),
            legal_forms: words(self.legal_form),
            origin_routes: words(self.origin_route),
            identifiers: texts(self.identifier),
            launched: Span {
                from: self.launched_from.map(Text::into_inner),
                to: self.launched_to.map(Text::into_inner),
            },
            ended: Span { from: self.ended_from.map(Text::into_inner), to: self.ended_to.map(Text::into_inner) },
            staff_count_from: self.staff_count_from.map(|Bounded(count)| count),
            staff_count_to: self.staff_count_to.map(|Bounded(count)| count),
            search: self.q.map(Text::into_inner),
        })
    }
}

impl resource::Filter for MutualFilter {
    fn is_indexed(&self) -> bool {
        let one_stage = self.stage.len() <= 1 && self.department.is_empty();
        let scanned = self.sector.len() + self.region.len() + self.legal_form.len() + self.origin_route.len();
        let ranges = [&self.launched_from, &self.launched_to, &self.ended_from, &self.ended_to];
        let staff = self.staff_count_from.or(self.staff_count_to);
        let by_identifier = !self.identifier.is_empty();
        one_stage
            && (scanned == 0 || by_identifier)
            && ranges.iter().all(|date| date.is_none())
            && staff.is_none()
            && self.q.is_none()
    }
}

impl SortKey for Sort {
    const NAME: &'static str = "MutualSort";
    const KEYS: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("name", Self::Name),
        ("launched_on", Self::LaunchedOn),
        ("staff_count", Self::StaffCount),
        ("updated_at", Self::UpdatedAt),
    ];
}

/// A page of mutuals.
type MutualPage = ListPage<Mutual>;

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_mutuals)
        .service(create_mutual)
        .service(get_mutual)
        .service(replace_mutual)
        .service(update_mutual)
        .service(delete_mutual);
}

/// List mutuals
///
/// By default in the order of entry. Search, filters and order go together:
/// `?sector=libraries_archives&q=york&sort=-launched_on`.
#[utoipa::path(
    tag = "mutuals",
    params(MutualFilter, ListParameters<Sort>, KnownAt),
    responses((status = 200, description = "A page of mutuals", body = MutualPage))
)]
#[get("/mutuals")]
async fn list_mutuals(app: App, caller: Caller, query: ListQuery<MutualFilter, Sort>) -> Result<HttpResponse, Problem> {
    resource::list::<Mutuals>(&app, caller, query).await
}

/// Get a mutual
///
/// By id or slug.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), KnownAt, IfChanged),
    responses((status = 200, description = "The mutual", body = Mutual))
)]
#[get("/mutuals/{mutual}")]
async fn get_mutual(
    app: App,
    caller: Caller,
    key: PathKey<Key>,
    known_at: KnownAt,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    resource::read::<Mutuals>(&app, caller, key.0, known_at, &conditions).await
}

/// Create a mutual
///
/// No other mutual may have the same name, whatever its letter case, and no other record the same identifier.
#[utoipa::path(
    tag = "mutuals",
    params(ChangeOptions, IdempotencyKey),
    request_body = NewMutual,
    responses(
        (status = 201, description = "The mutual was created", body = Mutual),
        (status = 200, description = "The mutual as it would be", body = Mutual),
        (status = 409)
    )
)]
#[post("/mutuals")]
async fn create_mutual(change: Change, body: Body<NewMutual>) -> Result<HttpResponse, Problem> {
    change.create::<Mutuals>(body).await
}

/// Replace a mutual
///
/// The body is all that the mutual is to say: a member that is left out is removed. Members that the register sets may
/// be sent back as they were read.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IfMatch),
    request_body = NewMutual,
    responses((status = 200, description = "The mutual as it is now", body = Mutual), (status = 409))
)]
#[put("/mutuals/{mutual}")]
async fn replace_mutual(change: Change, key: PathKey<Key>, body: Body<NewMutual>) -> Result<HttpResponse, Problem> {
    change.replace::<Mutuals>(key.0, body).await
}

/// Update a mutual
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IfMatch),
    request_body(content = MutualPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The mutual as it is now", body = Mutual), (status = 409))
)]
#[patch("/mutuals/{mutual}")]
async fn update_mutual(change: Change, key: PathKey<Key>, body: Body<NewMutual>) -> Result<HttpResponse, Problem> {
    change.update::<Mutuals>(key.0, body).await
}

/// Delete a mutual
///
/// Refused while other records refer to it. Its id and its slug are never used again.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IfMatch),
    responses(
        (status = 204, description = "The mutual was deleted"),
        (status = 200, description = "The mutual that would be deleted", body = Mutual),
        (status = 409)
    )
)]
#[delete("/mutuals/{mutual}")]
async fn delete_mutual(change: Change, key: PathKey<Key>) -> Result<HttpResponse, Problem> {
    change.delete::<Mutuals>(key.0).await
}

/// Mutuals among the register's resources.
pub struct Mutuals;

impl Resource for Mutuals {
    type Content = domain::Mutual;
    type View = Mutual;
    type New = NewMutual;
    type Key = Key;

    const TYPE: Kind = Kind::Mutual;
    const KIND: Kind = Kind::Mutual;

    fn wanted(current: &domain::Mutual, value: Slugged<domain::Mutual>) -> domain::Mutual {
        value.content.with_course_of(current)
    }

    fn object(
        _: &mut ReadTx<'_>,
        _: domain::MutualId,
        mutual: &domain::Mutual,
    ) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::Mutual { department: mutual.parents.department_id }))
    }

    fn changes(_: &domain::Mutual) -> &'static [Action] {
        &[Action::Describe, Action::Update]
    }

    fn changing(current: &domain::Mutual, wanted: &domain::Mutual) -> Action {
        let described = domain::Mutual { description: wanted.description.clone(), ..current.clone() };
        if described == *wanted { Action::Describe } else { Action::Update }
    }

    fn show(tx: &mut ReadTx<'_>, key: &Key, _: &domain::Caller) -> Result<Representation, store::Error> {
        store::mutual::show(tx, key)
    }

    fn find(tx: &mut ReadTx<'_>, key: &Key, _: &domain::Caller) -> Result<Record<domain::Mutual>, store::Error> {
        store::mutual::find(tx, key)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<domain::Mutual>,
        value: Slugged<domain::Mutual>,
        _: &domain::Caller,
    ) -> Result<Stored<domain::Mutual>, store::Error> {
        store::mutual::update(tx, current, Self::wanted(&current.content, value))
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<domain::Mutual>) -> Result<(), store::Error> {
        store::mutual::delete(tx, current)
    }
}

impl Listed for Mutuals {
    type Filter = MutualFilter;
    type Sort = Sort;

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &MutualFilter,
        page: &Page<Sort>,
        _: &domain::Caller,
    ) -> Result<Slice, Problem> {
        let filter = filter.clone().resolve(tx)?;
        Ok(store::mutual::list(tx, &filter, page)?)
    }
}

impl Root for Mutuals {
    type Prepared = Slugged<store::mutual::Prepared>;

    fn content(value: Slugged<domain::Mutual>) -> domain::Mutual {
        value.content
    }

    fn prepare(
        documents: &dyn Documents,
        id: domain::MutualId,
        now: DateTime<Utc>,
        Slugged { content, derived }: Slugged<domain::Mutual>,
    ) -> Slugged<store::mutual::Prepared> {
        Slugged { content: store::mutual::Prepared::new(documents, id, now, content), derived }
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        Slugged { content, derived }: &Slugged<store::mutual::Prepared>,
        _: &domain::Caller,
    ) -> Result<Stored<domain::Mutual>, store::Error> {
        if *derived { content.insert_with_free_slug(tx) } else { content.insert(tx) }
    }
}

impl Input for NewMutual {
    type Value = Slugged<domain::Mutual>;

    const READ_ONLY: &'static [&'static str] =
        &["id", "version", "launched_on", "ended_on", "launch_override_reason", "created_at", "updated_at"];
    const FIXED: &'static [&'static str] = &["slug", "stage", "stage_since"];
    const PATCH: &'static str = "MutualPatch";

    fn references(&self) -> Vec<Reference> {
        let department = |field: String, id: &DepartmentId| Reference::new(field, Kind::Department, id.0);
        let others = self.other_department_ids.iter().enumerate();
        let others = others.map(|(n, id)| department(format!("other_department_ids/{n}"), id));
        let successor = self.successor_id.iter().map(|id| Reference::new("successor_id", Kind::Mutual, id.0));
        self.department_id
            .iter()
            .map(|id| department("department_id".to_owned(), id))
            .chain(others)
            .chain(successor)
            .collect()
    }

    /// What is on its way is entered where it stands; the rest of a life is entered as transitions.
    fn entering(&self, faults: &mut Faults) {
        if let Some(Word(stage)) = self.stage
            && !stage.is_pre_launch_live()
        {
            let detail = format!(
                "a mutual is entered in a stage before launch, and `{stage}` is none: enter it so, and then its stage transitions"
            );
            faults.push("stage", FaultCode::Inconsistent, &detail);
        }
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let identifiers = faults.each("identifiers", self.identifiers, NewIdentifier::build);
        let identifiers = faults.take("identifiers", Distinct::new(identifiers));
        let sectors = faults.take("sectors", Distinct::new(words(self.sectors.unwrap_or_default())));
        let parents = Parents {
            department_id: self.department_id.map(Text::into_inner),
            other_department_ids: texts(self.other_department_ids),
        };
        let parents = faults.take_all(&["department_id"], Checked::new(parents));
        let life = Life {
            stage: self.stage.map(Word::into_inner).unwrap_or_default(),
            stage_since: self.stage_since.map(Text::into_inner),
            launched_on: None,
            ended_on: None,
            successor_id: self.successor_id.map(Text::into_inner),
        };
        // A date that can't be read contradicts nothing; the stage taken in place of one that can't be read may.
        let life = faults.take_all(&["stage"], Checked::new(life));
        let staff = Staff { count: self.staff_count, counted_on: self.staff_counted_on.map(Text::into_inner) };
        let staff = faults.take_all(&["staff_count"], Checked::new(staff));
        let sources = source::build(self.sources, faults);

        let Text(name) = self.name?;
        let derived = self.slug.is_none();
        let slug = self.slug.map_or_else(|| domain::Slug::from_name(&name), Text::into_inner);
        let content = domain::Mutual {
            slug,
            name,
            identifiers: identifiers?,
            legal_form: self.legal_form.map(Word::into_inner),
            sectors: sectors?,
            region: self.region.map(Word::into_inner),
            website: self.website.map(Text::into_inner),
            description: self.description.map(Text::into_inner),
            parents: parents?,
            origin_route: self.origin_route.map(Word::into_inner),
            life: life?,
            launch_override_reason: None,
            staff: staff?,
            tests: self.tests.unwrap_or_default().into(),
            sources: sources?,
        };
        Some(Slugged { content, derived })
    }
}

impl From<NewMutualTests> for domain::Tests {
    fn from(tests: NewMutualTests) -> Self {
        let outcome = |test: Option<TestOutcome>| test.map(Word::into_inner).unwrap_or_default();
        Self {
            left_public_sector: outcome(tests.left_public_sector),
            delivers_public_services: outcome(tests.delivers_public_services),
            staff_influence_or_control: outcome(tests.staff_influence_or_control),
            mainly_reservable_services: outcome(tests.mainly_reservable_services),
            profits_only_to_members_or_none: outcome(tests.profits_only_to_members_or_none),
            under_employee_management_and_control: outcome(tests.under_employee_management_and_control),
        }
    }
}

impl From<domain::Tests> for MutualTests {
    fn from(tests: domain::Tests) -> Self {
        Self {
            left_public_sector: Word(tests.left_public_sector),
            delivers_public_services: Word(tests.delivers_public_services),
            staff_influence_or_control: Word(tests.staff_influence_or_control),
            mainly_reservable_services: Word(tests.mainly_reservable_services),
            profits_only_to_members_or_none: Word(tests.profits_only_to_members_or_none),
            under_employee_management_and_control: Word(tests.under_employee_management_and_control),
        }
    }
}

impl From<Record<domain::Mutual>> for Mutual {
    fn from(record: Record<domain::Mutual>) -> Self {
        let content = record.content;
        let parents = content.parents.into_inner();
        let life = content.life.into_inner();
        let staff = content.staff.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            slug: Text(content.slug),
            name: Text(content.name),
            identifiers: content.identifiers.into_iter().map(Identifier::from).collect(),
            legal_form: content.legal_form.map(Word),
            sectors: content.sectors.into_iter().map(Word).collect(),
            region: content.region.map(Word),
            website: content.website.map(Text),
            description: content.description.map(Text),
            department_id: parents.department_id.map(Text),
            other_department_ids: parents.other_department_ids.into_iter().map(Text).collect(),
            origin_route: content.origin_route.map(Word),
            stage: Word(life.stage),
            stage_since: life.stage_since.map(Text),
            launched_on: life.launched_on.map(Text),
            ended_on: life.ended_on.map(Text),
            successor_id: life.successor_id.map(Text),
            launch_override_reason: content.launch_override_reason.map(Text),
            staff_count: staff.count,
            staff_counted_on: staff.counted_on.map(Text),
            tests: content.tests.into(),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Id, TestOutcome};
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    use super::*;
    use crate::request::body::{Body, Refusal};

    const FULL: &str = r#"{
        "slug": "bristol-community-health", "name": "Bristol Community Health",
        "identifiers": [{"scheme": "GB-COH", "id": "7506632"}],
        "legal_form": "cic_limited_by_guarantee", "sectors": ["community_health", "mental_health"],
        "region": "south_west", "website": "https://example.org/bch", "description": "Community health.\nBristol.",
        "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
        "other_department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02", "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e03"],
        "origin_route": "right_to_request", "stage": "approved", "stage_since": "2010",
        "staff_count": 0, "staff_counted_on": "2020-04",
        "tests": {"left_public_sector": "met", "profits_only_to_members_or_none": "not_met"},
        "sources": [{"title": "Guide"}]
    }"#;

    fn body(text: &str) -> Body<NewMutual> {
        Body::parse(text.to_owned()).unwrap()
    }

    fn stored() -> Record<domain::Mutual> {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = Id::from_uuid("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f".parse().unwrap());
        let life = Life {
            stage: domain::Stage::Merged,
            stage_since: Some("2020".parse().unwrap()),
            launched_on: Some("2011-10-01".parse().unwrap()),
            ended_on: Some("2020-03-31".parse().unwrap()),
            successor_id: Some("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e04".parse().unwrap()),
        };
        let content = domain::Mutual {
            life: Checked::new(life).unwrap(),
            launch_override_reason: Some("The council decided so.".parse().unwrap()),
            ..body(FULL).create().unwrap().content
        };
        Record { id, version: 3, created_at: at, updated_at: at, content }
    }

    fn answer() -> Mutual {
        Mutual::from(stored())
    }

    fn faults<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        let problem = result.expect_err("a refusal").problem(Vec::new());
        problem.errors().iter().map(|item| (item.pointer.clone().unwrap(), item.code)).collect()
    }

    fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
        (pointer.to_owned(), code)
    }

    #[test]
    fn faults_of_shape_and_of_the_domain_come_in_one_list() {
        let told = faults(
            body(
                r#"{
                    "legal_form": "plc", "sectors": ["housing", "hosing", "housing"], "region": 5,
                    "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
                    "other_department_ids": ["cabinet-office", "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01"],
                    "stage": "approved", "launched_on": "2012", "ended_on": "2011", "staff_count": 10000001,
                    "tests": {"left_public_sector": "yes", "left": "met"}
                }"#,
            )
            .create(),
        );
        assert_eq!(
            told,
            [
                at("/legal_form", "not-in-vocabulary"),
                at("/sectors/1", "not-in-vocabulary"),
                at("/sectors/2", "duplicate-item"),
                at("/region", "invalid-type"),
                at("/other_department_ids/0", "invalid-format"),
                at("/other_department_ids/1", "duplicate-item"),
                at("/launched_on", "read-only"),
                at("/ended_on", "read-only"),
                at("/staff_count", "out-of-range"),
                at("/tests/left_public_sector", "not-in-vocabulary"),
                at("/tests/left", "unknown-member"),
                at("/name", "required"),
            ],
        );
    }

    #[test]
    fn a_value_that_cannot_be_read_has_one_fault() {
        let told = faults(
            body(
                r#"{
                    "name": "Harmonie", "sectors": "housing", "stage": "running",
                    "department_id": 1, "other_department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01"],
                    "staff_count": "12", "staff_counted_on": "2013", "tests": []
                }"#,
            )
            .create(),
        );
        assert_eq!(
            told,
            [
                at("/sectors", "invalid-type"),
                at("/stage", "not-in-vocabulary"),
                at("/department_id", "invalid-type"),
                at("/staff_count", "invalid-type"),
                at("/tests", "invalid-type"),
            ],
        );
    }

    #[test]
    fn a_mutual_needs_a_sector() {
        assert_eq!(faults(body(r#"{"name": "Harmonie"}"#).create()), [at("/sectors", "required")]);
        assert_eq!(faults(body(r#"{"name": "Harmonie", "sectors": []}"#).create()), [at("/sectors", "too-few")]);
        assert_eq!(faults(body(r#"{"sectors": null}"#).update(&answer())), [at("/sectors", "required")]);
    }

    #[test]
    fn what_is_left_out_begins_as_an_idea_of_which_nothing_is_known() {
        let new = body(r#"{"name": "Harmonie", "sectors": ["housing"]}"#).create().unwrap();
        assert!(new.derived);
        assert_eq!(new.content.slug.as_str(), "harmonie");
        assert_eq!(new.content.life.stage, domain::Stage::Idea);
        assert_eq!(new.content.tests, domain::Tests::default());
        let record = Record { content: new.content, ..stored() };
        let text = serde_json::to_string(&Mutual::from(record)).unwrap();
        assert!(!text.contains("null"), "{text}");
        assert!(
            text.contains(r#""other_department_ids":[],"stage":"idea","tests":{"left_public_sector":"unknown""#),
            "{text}"
        );
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let sent = serde_json::to_string(&answer()).unwrap();
        for name in NewMutual::schema_members() {
            assert!(sent.contains(&format!("\"{name}\":")), "{name}");
        }
        for read in [body(&sent).replace(&answer()), body(&sent).update(&answer()), body("{}").update(&answer())] {
            assert_eq!(read.unwrap().content.with_course_of(&stored().content), stored().content);
        }
    }

    #[test]
    fn a_patch_changes_one_test_and_keeps_the_others() {
        let patch = r#"{"tests": {"left_public_sector": null, "staff_influence_or_control": "met"}}"#;
        let tests = body(patch).update(&answer()).unwrap().content.tests;
        assert_eq!(tests.left_public_sector, TestOutcome::Unknown);
        assert_eq!(tests.staff_influence_or_control, TestOutcome::Met);
        assert_eq!(tests.profits_only_to_members_or_none, TestOutcome::NotMet);
    }

    #[test]
    fn the_example_is_accepted() {
        let example = serde_json::to_value(NewMutual::schema()).unwrap()["example"].to_string();
        body(&example).create().unwrap();
        let tests = serde_json::to_value(NewMutualTests::schema()).unwrap()["example"].clone();
        body(&json!({"name": "A", "sectors": ["other"], "tests": tests}).to_string()).create().unwrap();
    }

    #[test]
    fn the_bounds_are_those_of_the_domain() {
        for schema in [NewMutual::schema(), Mutual::schema()] {
            let members: Value = serde_json::to_value(schema).unwrap()["properties"].clone();
            assert_eq!(members["staff_count"]["maximum"], Staff::MAX_COUNT);
            assert_eq!(members["other_department_ids"]["maxItems"], Parents::MAX_OTHERS);
            assert_eq!(members["sectors"]["minItems"], 1);
            assert_eq!(members["sectors"]["maxItems"], domain::Sector::ALL.len());
            assert_eq!(members["sources"]["maxItems"], domain::MAX_SOURCES);
        }
    }

    impl NewMutual {
        fn schema_members() -> Vec<String> {
            let schema = serde_json::to_value(Self::schema()).unwrap();
            schema["properties"].as_object().unwrap().keys().cloned().collect()
        }
    }
}
