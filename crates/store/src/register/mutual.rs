//! Mutuals in the database.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use domain::mutual::Life;
use domain::{
    AnnualReturn, Department, DepartmentId, DraftAccess, Endorsement, Fault, Id, Identifier, Key, Kind, LegalForm,
    Mutual, MutualId, Objection, OriginRoute, Parents, PathwayProgress, Record, Region, SearchQuery, Sector, Slug,
    Staff, Stage, StageTransition, SupportRequest, TestOutcome, Tests, fold_name, tokens,
};
use serde::{Deserialize, Serialize};

use crate::backend::conn::MultiBackend;
use crate::backend::dialect::{self, Dialect, Searched};
use crate::backend::fragment::{Fragment, insertion};
use crate::backend::json::{
    checked, distinct, from_json, instant, parsed, parsed_list, parsed_option, parsed_sources, sources, text_option,
    texts, to_json,
};
use crate::backend::schema::{
    contracts, identifiers, mutual_other_departments, mutual_sectors, mutuals, staff_ballots,
};
use crate::error::{Conflict, ConflictKind, Error};
use crate::log::entry_log::Action;
use crate::query::keyset::{self, KeyKind, Page, Slice, SortColumn, Values};
use crate::register::naming::{Naming, Owner, free_slug, insertion_of_identifiers, remove_identifiers};
use crate::register::reference::{self, Reference};
use crate::register::{annual_return, child, document_form, tombstone};
use crate::transaction::next_version;
use crate::{Documents, ReadTx, Representation, Span, Stored, WriteTx};

/// Which mutuals a list holds: those that meet every condition given; several values of one condition mean any of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// That left any of these departments, as lead or as another parent.
    pub departments: Vec<DepartmentId>,
    /// In any of these sectors.
    pub sectors: Vec<Sector>,
    /// In any of these stages.
    pub stages: Vec<Stage>,
    /// In any of these regions.
    pub regions: Vec<Region>,
    /// Of any of these legal forms.
    pub legal_forms: Vec<LegalForm>,
    /// By any of these routes.
    pub origin_routes: Vec<OriginRoute>,
    /// With any of these identifiers.
    pub identifiers: Vec<Identifier>,
    /// Launched, as far as is known, within this span.
    pub launched: Span,
    /// Ended, as far as is known, within this span.
    pub ended: Span,
    /// With at least so many staff.
    pub staff_count_from: Option<i64>,
    /// With at most so many staff.
    pub staff_count_to: Option<i64>,
    /// With words that start like these.
    pub search: Option<SearchQuery>,
}

/// What mutuals can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By name, whatever its letter case.
    Name,
    /// By the first day of the launch date.
    LaunchedOn,
    /// By the number of staff.
    StaffCount,
    /// By the time of the last change.
    UpdatedAt,
    /// By id, which is the order of entry.
    Id,
}

/// The mutual with this id or slug.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn find(tx: &mut ReadTx<'_>, key: &Key<Mutual>) -> Result<Record<Mutual>, Error> {
    let query = mutuals::table.select(Row::as_select());
    let found = match key {
        Key::Id(id) => query.filter(mutuals::id.eq(id.to_string())).first(tx.conn()).optional()?,
        Key::Slug(slug) => query.filter(mutuals::slug.eq(slug.as_str())).first(tx.conn()).optional()?,
    };
    match found {
        Some(row) => row.into_record(),
        None => Err(tombstone::missing(tx, Kind::Mutual, key.to_string())),
    }
}

/// What there is to show of the mutual with this id or slug.
///
/// # Errors
/// As [`find`].
pub fn show(tx: &mut ReadTx<'_>, key: &Key<Mutual>) -> Result<Representation, Error> {
    let query = mutuals::table.select((mutuals::id, mutuals::version, mutuals::updated_at, mutuals::document));
    let found = match key {
        Key::Id(id) => query.filter(mutuals::id.eq(id.to_string())).first(tx.conn()).optional()?,
        Key::Slug(slug) => query.filter(mutuals::slug.eq(slug.as_str())).first(tx.conn()).optional()?,
    };
    keyset::shown(found).ok_or_else(|| tombstone::missing(tx, Kind::Mutual, key.to_string()))
}

/// The department that leads the mutual, which may have none; nothing where there is no such mutual.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn department_of(tx: &mut ReadTx<'_>, id: MutualId) -> Result<Option<Option<DepartmentId>>, Error> {
    let found: Option<Option<String>> =
        mutuals::table.find(id.to_string()).select(mutuals::department_id).first(tx.conn()).optional()?;
    found.map(|department| parsed_option("department_id", department.as_deref())).transpose()
}

/// A page of the mutuals that a filter lets through.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the list.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, page: &Page<Sort>) -> Result<Slice, Error> {
    let dialect = tx.conn().dialect();
    let column = match filter.search {
        Some(_) => page.sort.column().found_first(),
        None => page.sort.column(),
    };
    let mut slice = keyset::slice(page, column, dialect, |segment| {
        let query = filtered(dialect, filter).filter(segment.condition).order(segment.order).limit(segment.limit);
        if !column.found_first {
            return query.select((mutuals::id, mutuals::version, mutuals::document, segment.key)).load(tx.conn());
        }
        let found = query.select((mutuals::id, segment.key)).load(tx.conn())?;
        keyset::fetched(found, |ids| {
            let rows = mutuals::table.filter(mutuals::id.eq_any(ids));
            rows.select((mutuals::id, mutuals::version, mutuals::document)).load(tx.conn())
        })
    })?;
    if page.count {
        slice.total = Some(filtered(dialect, filter).count().get_result(tx.conn())?);
    }
    Ok(slice)
}

/// The ids behind ids and slugs given in the parameter `mutual`.
///
/// # Errors
/// [`Error::Rule`] naming those that lead to no mutual.
pub fn resolve(tx: &mut ReadTx<'_>, keys: &[Key<Mutual>]) -> Result<Vec<MutualId>, Error> {
    reference::resolve("mutual", Kind::Mutual, keys, |slug| {
        Ok(mutuals::table.filter(mutuals::slug.eq(slug)).select(mutuals::id).first(tx.conn()).optional()?)
    })
}

/// The slug that a new mutual of this name gets.
///
/// # Errors
/// [`Error::Rule`] where none is left.
pub fn slug_for(tx: &mut ReadTx<'_>, wanted: Slug) -> Result<Slug, Error> {
    free_slug(tx, Kind::Mutual, "mutuals", wanted)
}

/// The records that a mutual refers to, each by the member that says so.
#[must_use]
pub fn references(parents: Option<&Parents>, life: Option<&Life>) -> Vec<Reference> {
    let department = |field: String, id: &Id<Department>| Reference::new(field, Kind::Department, id);
    let mut references = Vec::new();
    if let Some(parents) = parents {
        references.extend(parents.department_id.iter().map(|id| department("department_id".to_owned(), id)));
        let others = parents.other_department_ids.iter().enumerate();
        references.extend(others.map(|(n, id)| department(format!("other_department_ids/{n}"), id)));
    }
    if let Some(successor) = life.and_then(|life| life.successor_id) {
        references.push(Reference::new("successor_id", Kind::Mutual, successor));
    }
    references
}

/// A mutual that is ready to be entered: all is done that needs no look at the register, so that the writer's turn is short.
#[derive(Debug)]
pub struct Prepared {
    record: Arc<Record<Mutual>>,
    row: Row,
    parts: Vec<Fragment>,
    canonical: String,
    words: String,
}

impl Prepared {
    /// Prepares a mutual that is to be entered at this time.
    #[must_use]
    pub fn new(documents: &dyn Documents, id: MutualId, now: DateTime<Utc>, mutual: Mutual) -> Self {
        let record = Record { id, version: 1, created_at: now, updated_at: now, content: mutual };
        let document = documents.mutual(&record);
        let row = Row::new(&record, document.shown);
        let (parts, words) = (parts(&row.id, &record.content), words(&record.content));
        Self { record: Arc::new(record), row, parts, canonical: document.canonical, words }
    }

    /// Enters it.
    ///
    /// # Errors
    /// [`Error::Conflict`] where its slug, name or identifiers are taken, [`Error::Rule`] where a reference leads nowhere.
    pub fn insert(&self, tx: &mut WriteTx<'_>) -> Result<Stored<Mutual>, Error> {
        let Self { record, row, .. } = self;
        row.check(tx, record, Vec::new())?;
        dialect::write_with_parts(tx.changing(), diesel::insert_into(mutuals::table).values(row), &self.parts)?;
        tx.index_words(Searched::Mutuals, &row.id, self.words.clone());
        log(tx, Action::Create, record, self.canonical.clone());
        Ok(Stored { record: Arc::clone(record), document: row.document.clone() })
    }

    /// Enters it with a number behind its slug where that is taken, which was made from its name.
    ///
    /// # Errors
    /// As [`Prepared::insert`], and [`Error::Rule`] where no slug is left.
    pub fn insert_with_free_slug(&self, tx: &mut WriteTx<'_>) -> Result<Stored<Mutual>, Error> {
        match self.insert(tx) {
            Err(Error::Conflict(conflicts)) if conflicts.iter().any(|it| it.kind == ConflictKind::SlugTaken) => {
                let Record { id, created_at, content, .. } = Record::clone(&self.record);
                let slug = slug_for(tx, content.slug)?;
                Self::new(tx.documents(), id, created_at, Mutual { slug, ..content }).insert(tx)
            }
            entered => entered,
        }
    }
}

/// Enters a mutual.
///
/// # Errors
/// As [`Prepared::insert`].
pub fn insert(tx: &mut WriteTx<'_>, id: MutualId, mutual: Mutual) -> Result<Stored<Mutual>, Error> {
    Prepared::new(tx.documents(), id, tx.stamp().now, mutual).insert(tx)
}

/// Replaces what a mutual says.
///
/// # Errors
/// As [`insert`], and [`Error::Rule`] where its successors would lead back to it, or its annual returns say another count of staff.
pub fn update(tx: &mut WriteTx<'_>, current: &Record<Mutual>, mutual: Mutual) -> Result<Stored<Mutual>, Error> {
    let (mutual, faults) = annual_return::count_beside_returns(tx, current.id, mutual)?;
    let record = Record {
        id: current.id,
        version: next_version(current.version)?,
        created_at: current.created_at,
        updated_at: tx.stamp().now,
        content: mutual,
    };
    let document = tx.documents().mutual(&record);
    let row = Row::new(&record, document.shown);
    row.check(tx, &record, faults)?;
    remove_parts(tx, &row.id)?;
    let update = diesel::update(mutuals::table.find(&row.id)).set(&row);
    dialect::write_with_parts(tx.changing(), update, &parts(&row.id, &record.content))?;
    tx.index_words(Searched::Mutuals, &row.id, words(&record.content));
    log(tx, Action::Update, &record, document.canonical);
    Ok(Stored { record: Arc::new(record), document: row.document })
}

/// Deletes a mutual, with its course.
///
/// # Errors
/// [`Error::Conflict`] naming the records that refer to it.
pub fn delete(tx: &mut WriteTx<'_>, current: &Record<Mutual>) -> Result<(), Error> {
    let id = current.id.to_string();
    let conflicts = dependents(tx, &id)?;
    if !conflicts.is_empty() {
        return Err(Error::Conflict(conflicts));
    }
    for transition in child::all::<StageTransition>(tx, current.id)? {
        child::remove(tx, &transition)?;
    }
    remove_parts(tx, &id)?;
    diesel::delete(mutuals::table.find(&id)).execute(tx.changing())?;
    tombstone::insert(tx, Kind::Mutual, &id, Some(current.content.slug.as_str()))?;
    tx.log(Action::Delete, Kind::Mutual, id, next_version(current.version)?, None);
    Ok(())
}

fn dependents(tx: &mut ReadTx<'_>, id: &str) -> Result<Vec<Conflict>, Error> {
    let ballots: Vec<(String, String)> = staff_ballots::table
        .filter(staff_ballots::mutual_id.eq(id))
        .select((staff_ballots::id, staff_ballots::kind))
        .order(staff_ballots::id)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    let contracts: Vec<(String, String)> = contracts::table
        .filter(contracts::mutual_id.eq(id))
        .select((contracts::id, contracts::title))
        .order(contracts::id)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    let predecessors: Vec<(String, String)> = mutuals::table
        .filter(mutuals::successor_id.eq(id))
        .select((mutuals::id, mutuals::name))
        .order(mutuals::name_folded)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    Ok(Conflict::dependents([
        (Kind::StaffBallot, ballots),
        (Kind::Contract, contracts),
        (Kind::Mutual, predecessors),
        child::dependents::<AnnualReturn>(tx, id)?,
        child::dependents::<Endorsement>(tx, id)?,
        child::dependents::<Objection>(tx, id)?,
        child::dependents::<SupportRequest>(tx, id)?,
        child::dependents::<PathwayProgress>(tx, id)?,
    ]))
}

fn filtered(dialect: Dialect, filter: &Filter) -> mutuals::BoxedQuery<'static, MultiBackend> {
    let mut query = mutuals::table.into_boxed();
    query = match filter.stages.as_slice() {
        [] => query,
        [stage] => query.filter(mutuals::stage.eq(stage.as_str())),
        several => query.filter(mutuals::stage.eq_any(several.iter().map(|stage| stage.as_str()).collect::<Vec<_>>())),
    };
    if !filter.departments.is_empty() {
        let wanted: Vec<String> = filter.departments.iter().map(ToString::to_string).collect();
        let as_other = mutual_other_departments::table
            .filter(mutual_other_departments::mutual_id.eq(mutuals::id))
            .filter(mutual_other_departments::department_id.eq_any(wanted.clone()));
        query = query.filter(mutuals::department_id.eq_any(wanted).assume_not_null().or(exists(as_other)));
    }
    if !filter.sectors.is_empty() {
        let wanted: Vec<_> = filter.sectors.iter().map(|sector| sector.as_str()).collect();
        let in_sector = mutual_sectors::table
            .filter(mutual_sectors::mutual_id.eq(mutuals::id))
            .filter(mutual_sectors::sector.eq_any(wanted));
        query = query.filter(exists(in_sector));
    }
    if !filter.regions.is_empty() {
        let wanted: Vec<_> = filter.regions.iter().map(|region| region.as_str()).collect();
        query = query.filter(mutuals::region.eq_any(wanted).assume_not_null());
    }
    if !filter.legal_forms.is_empty() {
        let wanted: Vec<_> = filter.legal_forms.iter().map(|form| form.as_str()).collect();
        query = query.filter(mutuals::legal_form.eq_any(wanted).assume_not_null());
    }
    if !filter.origin_routes.is_empty() {
        let wanted: Vec<_> = filter.origin_routes.iter().map(|route| route.as_str()).collect();
        query = query.filter(mutuals::origin_route.eq_any(wanted).assume_not_null());
    }
    if !filter.identifiers.is_empty() {
        let wanted: Vec<_> = filter.identifiers.iter().map(ToString::to_string).collect();
        let held = identifiers::table.filter(identifiers::identifier.eq_any(wanted)).select(identifiers::mutual_id);
        query = query.filter(mutuals::id.nullable().eq_any(held).assume_not_null());
    }
    for condition in ranges(dialect, filter) {
        query = query.filter(condition);
    }
    query
}

fn ranges(dialect: Dialect, filter: &Filter) -> Vec<Fragment> {
    let staff = |operator: &str, count: Option<i64>| {
        count.map(|count| Fragment::default().sql(format!("mutuals.staff_count {operator} {count}")))
    };
    [
        filter.launched.condition("mutuals.launched_on"),
        filter.ended.condition("mutuals.ended_on"),
        staff(">=", filter.staff_count_from),
        staff("<=", filter.staff_count_to),
        filter.search.as_ref().map(|search| Searched::Mutuals.condition(dialect, search)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Sort {
    fn column(self) -> SortColumn {
        let (name, values, kind) = match self {
            Self::Name => ("mutuals.name_folded", Values::Unique, KeyKind::Text),
            Self::LaunchedOn => ("mutuals.launched_on", Values::Optional, KeyKind::Text),
            Self::StaffCount => ("mutuals.staff_count", Values::Optional, KeyKind::Integer),
            Self::UpdatedAt => ("mutuals.updated_at", Values::Shared, KeyKind::Instant),
            Self::Id => ("mutuals.id", Values::Unique, KeyKind::Text),
        };
        let found_first = matches!(self, Self::LaunchedOn | Self::StaffCount);
        SortColumn { name, id: "mutuals.id", values, kind, found_first }
    }
}

/// What else is written with a mutual: the rows that it is found by.
fn parts(id: &str, mutual: &Mutual) -> Vec<Fragment> {
    let sectors = mutual.sectors.iter().map(|sector| [sector.to_string(), id.to_owned()]);
    let others = mutual.parents.other_department_ids.iter().map(|other| [other.to_string(), id.to_owned()]);
    [
        insertion_of_identifiers(Owner::Mutual(id), &mutual.identifiers),
        insertion("mutual_sectors (sector, mutual_id)", sectors),
        insertion("mutual_other_departments (department_id, mutual_id)", others),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error> {
    remove_identifiers(tx, Owner::Mutual(id))?;
    diesel::delete(mutual_sectors::table.filter(mutual_sectors::mutual_id.eq(id))).execute(tx.changing())?;
    diesel::delete(mutual_other_departments::table.filter(mutual_other_departments::mutual_id.eq(id)))
        .execute(tx.changing())?;
    tx.unindex_words(Searched::Mutuals, id)
}

/// What `q` finds a mutual by: its name, its description and its identifiers.
fn words(mutual: &Mutual) -> String {
    let mut text = mutual.name.to_string();
    for more in
        mutual.description.iter().map(ToString::to_string).chain(mutual.identifiers.iter().map(ToString::to_string))
    {
        text.push(' ');
        text.push_str(&more);
    }
    tokens(&text).join(" ")
}

pub(crate) fn rewrite_documents(tx: &mut WriteTx<'_>, after: &str) -> Result<Option<String>, Error> {
    let next = mutuals::table.filter(mutuals::id.gt(after)).order(mutuals::id).limit(document_form::AT_A_TIME);
    let rows: Vec<Row> = next.select(Row::as_select()).load(tx.conn())?;
    let last = rows.last().map(|row| row.id.clone());
    for row in rows {
        let (id, stored) = (row.id.clone(), row.document.clone());
        let record = row.into_record()?;
        tx.unindex_words(Searched::Mutuals, &id)?;
        tx.index_words(Searched::Mutuals, &id, words(&record.content));
        let document = tx.documents().mutual(&record).shown;
        if document != stored {
            diesel::update(mutuals::table.find(id)).set(mutuals::document.eq(document)).execute(tx.changing())?;
        }
    }
    Ok(last)
}

fn log(tx: &mut WriteTx<'_>, action: Action, record: &Record<Mutual>, document: String) {
    tx.log(action, Kind::Mutual, record.id.to_string(), record.version, Some(document));
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = mutuals, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: chrono::NaiveDateTime,
    updated_at: chrono::NaiveDateTime,
    slug: String,
    name: String,
    name_folded: String,
    identifiers: String,
    legal_form: Option<String>,
    sectors: String,
    region: Option<String>,
    website: Option<String>,
    description: Option<String>,
    department_id: Option<String>,
    other_department_ids: String,
    origin_route: Option<String>,
    stage: String,
    stage_since: Option<String>,
    launched_on: Option<String>,
    ended_on: Option<String>,
    successor_id: Option<String>,
    launch_override_reason: Option<String>,
    staff_count: Option<i64>,
    staff_counted_on: Option<String>,
    tests: String,
    sources: String,
    document: String,
}

impl Row {
    /// Refuses what other records stand against, with the faults that are known already.
    fn check(&self, tx: &mut ReadTx<'_>, record: &Record<Mutual>, mut faults: Vec<Fault>) -> Result<(), Error> {
        let naming = Naming {
            resource_type: Kind::Mutual,
            table: "mutuals",
            id: &self.id,
            slug: &self.slug,
            name_folded: &self.name_folded,
            identifiers: &record.content.identifiers,
        };
        faults.extend(reference::faults(
            tx,
            &references(Some(&record.content.parents), Some(&record.content.life)),
            DraftAccess::None,
        )?);
        if !faults.is_empty() {
            return Err(Error::Rule(faults));
        }
        reference::check_no_circle(tx, "successor_id", &self.id, self.successor_id.clone(), |tx, id| {
            Ok(mutuals::table.find(id).select(mutuals::successor_id).first(tx.conn())?)
        })?;
        naming.check(tx)
    }

    fn into_record(self) -> Result<Record<Mutual>, Error> {
        let parents = Parents {
            department_id: parsed_option("department_id", self.department_id.as_deref())?,
            other_department_ids: parsed_list("other_department_ids", &self.other_department_ids)?,
        };
        let life = Life {
            stage: parsed("stage", &self.stage)?,
            stage_since: parsed_option("stage_since", self.stage_since.as_deref())?,
            launched_on: parsed_option("launched_on", self.launched_on.as_deref())?,
            ended_on: parsed_option("ended_on", self.ended_on.as_deref())?,
            successor_id: parsed_option("successor_id", self.successor_id.as_deref())?,
        };
        let staff = Staff {
            count: self.staff_count,
            counted_on: parsed_option("staff_counted_on", self.staff_counted_on.as_deref())?,
        };
        let content = Mutual {
            slug: parsed("slug", &self.slug)?,
            name: parsed("name", &self.name)?,
            identifiers: distinct("identifiers", parsed_list("identifiers", &self.identifiers)?)?,
            legal_form: parsed_option("legal_form", self.legal_form.as_deref())?,
            sectors: distinct("sectors", parsed_list("sectors", &self.sectors)?)?,
            region: parsed_option("region", self.region.as_deref())?,
            website: parsed_option("website", self.website.as_deref())?,
            description: parsed_option("description", self.description.as_deref())?,
            parents: checked("department_id, other_department_ids", parents)?,
            origin_route: parsed_option("origin_route", self.origin_route.as_deref())?,
            launch_override_reason: parsed_option("launch_override_reason", self.launch_override_reason.as_deref())?,
            life: checked("stage, stage_since, launched_on, ended_on, successor_id", life)?,
            staff: checked("staff_count, staff_counted_on", staff)?,
            tests: from_json::<StoredTests<'_>>("tests", &self.tests)?.parsed()?,
            sources: parsed_sources(&self.sources)?,
        };
        Ok(Record {
            id: parsed("id", &self.id)?,
            version: self.version,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            content,
        })
    }
}

impl Row {
    fn new(record: &Record<Mutual>, document: String) -> Self {
        let mutual = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            slug: mutual.slug.to_string(),
            name: mutual.name.to_string(),
            name_folded: fold_name(mutual.name.as_str()),
            identifiers: texts(&mutual.identifiers),
            legal_form: text_option(mutual.legal_form.as_ref()),
            sectors: texts(&mutual.sectors),
            region: text_option(mutual.region.as_ref()),
            website: text_option(mutual.website.as_ref()),
            description: text_option(mutual.description.as_ref()),
            department_id: text_option(mutual.parents.department_id.as_ref()),
            other_department_ids: texts(&mutual.parents.other_department_ids),
            origin_route: text_option(mutual.origin_route.as_ref()),
            stage: mutual.life.stage.to_string(),
            stage_since: text_option(mutual.life.stage_since.as_ref()),
            launched_on: text_option(mutual.life.launched_on.as_ref()),
            ended_on: text_option(mutual.life.ended_on.as_ref()),
            successor_id: text_option(mutual.life.successor_id.as_ref()),
            launch_override_reason: text_option(mutual.launch_override_reason.as_ref()),
            staff_count: mutual.staff.count,
            staff_counted_on: text_option(mutual.staff.counted_on.as_ref()),
            tests: to_json(&StoredTests::from(&mutual.tests)),
            sources: sources(&mutual.sources),
            document,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredTests<'t> {
    left_public_sector: &'t str,
    delivers_public_services: &'t str,
    staff_influence_or_control: &'t str,
    mainly_reservable_services: &'t str,
    profits_only_to_members_or_none: &'t str,
    under_employee_management_and_control: &'t str,
}

impl From<&Tests> for StoredTests<'static> {
    fn from(tests: &Tests) -> Self {
        Self {
            left_public_sector: tests.left_public_sector.as_str(),
            delivers_public_services: tests.delivers_public_services.as_str(),
            staff_influence_or_control: tests.staff_influence_or_control.as_str(),
            mainly_reservable_services: tests.mainly_reservable_services.as_str(),
            profits_only_to_members_or_none: tests.profits_only_to_members_or_none.as_str(),
            under_employee_management_and_control: tests.under_employee_management_and_control.as_str(),
        }
    }
}

impl StoredTests<'_> {
    fn parsed(&self) -> Result<Tests, Error> {
        let outcome = |raw| parsed::<TestOutcome>("tests", raw);
        Ok(Tests {
            left_public_sector: outcome(self.left_public_sector)?,
            delivers_public_services: outcome(self.delivers_public_services)?,
            staff_influence_or_control: outcome(self.staff_influence_or_control)?,
            mainly_reservable_services: outcome(self.mainly_reservable_services)?,
            profits_only_to_members_or_none: outcome(self.profits_only_to_members_or_none)?,
            under_employee_management_and_control: outcome(self.under_employee_management_and_control)?,
        })
    }
}
