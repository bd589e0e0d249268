//! Departments in the database.

use std::sync::Arc;

use diesel::dsl::exists;
use diesel::prelude::*;
use domain::department::Life;
use domain::{
    Commitment, Department, DepartmentId, DepartmentKind, Enabler, Identifier, Key, Kind, PathwayStep, Record,
    SearchQuery, Sector, Slug, fold_name, tokens,
};

use crate::backend::conn::MultiBackend;
use crate::backend::dialect::{self, Dialect, Searched};
use crate::backend::fragment::{Fragment, insertion};
use crate::backend::json::{
    checked, distinct, instant, parsed, parsed_list, parsed_option, parsed_sources, sources, text_option, texts,
};
use crate::backend::schema::{
    contracts, department_policy_areas, departments, identifiers, mutual_other_departments, mutuals,
};
use crate::error::{Conflict, Error};
use crate::log::entry_log::Action;
use crate::query::keyset::{self, KeyKind, Page, Slice, SortColumn, Values};
use crate::register::naming::{Naming, Owner, free_slug, insertion_of_identifiers, remove_identifiers};
use crate::register::reference::{self, Reference};
use crate::register::{child, document_form, tombstone};
use crate::transaction::next_version;
use crate::{ReadTx, Representation, Stored, WriteTx};

/// Which departments a list holds: those that meet every condition given; several values of one condition mean any of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these kinds.
    pub kinds: Vec<DepartmentKind>,
    /// With any of these policy areas.
    pub policy_areas: Vec<Sector>,
    /// With any of these identifiers.
    pub identifiers: Vec<Identifier>,
    /// Open (without a closing date) or closed.
    pub open: Option<bool>,
    /// With words that start like these.
    pub search: Option<SearchQuery>,
}

/// What departments can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By name, whatever its letter case.
    Name,
    /// By the time of the last change.
    UpdatedAt,
    /// By id, which is the order of entry.
    Id,
}

/// The department with this id or slug.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn find(tx: &mut ReadTx<'_>, key: &Key<Department>) -> Result<Record<Department>, Error> {
    let query = departments::table.select(Row::as_select());
    let found = match key {
        Key::Id(id) => query.filter(departments::id.eq(id.to_string())).first(tx.conn()).optional()?,
        Key::Slug(slug) => query.filter(departments::slug.eq(slug.as_str())).first(tx.conn()).optional()?,
    };
    match found {
        Some(row) => row.into_record(),
        None => Err(tombstone::missing(tx, Kind::Department, key.to_string())),
    }
}

/// What there is to show of the department with this id or slug.
///
/// # Errors
/// As [`find`].
pub fn show(tx: &mut ReadTx<'_>, key: &Key<Department>) -> Result<Representation, Error> {
    let query = departments::table.select((
        departments::id,
        departments::version,
        departments::updated_at,
        departments::document,
    ));
    let found = match key {
        Key::Id(id) => query.filter(departments::id.eq(id.to_string())).first(tx.conn()).optional()?,
        Key::Slug(slug) => query.filter(departments::slug.eq(slug.as_str())).first(tx.conn()).optional()?,
    };
    keyset::shown(found).ok_or_else(|| tombstone::missing(tx, Kind::Department, key.to_string()))
}

/// A page of the departments that a filter lets through.
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
            return query
                .select((departments::id, departments::version, departments::document, segment.key))
                .load(tx.conn());
        }
        let found = query.select((departments::id, segment.key)).load(tx.conn())?;
        keyset::fetched(found, |ids| {
            let rows = departments::table.filter(departments::id.eq_any(ids));
            rows.select((departments::id, departments::version, departments::document)).load(tx.conn())
        })
    })?;
    if page.count {
        slice.total = Some(filtered(dialect, filter).count().get_result(tx.conn())?);
    }
    Ok(slice)
}

/// The ids behind ids and slugs given in the parameter `department`.
///
/// # Errors
/// [`Error::Rule`] naming those that lead to no department.
pub fn resolve(tx: &mut ReadTx<'_>, keys: &[Key<Department>]) -> Result<Vec<DepartmentId>, Error> {
    reference::resolve("department", Kind::Department, keys, |slug| {
        Ok(departments::table.filter(departments::slug.eq(slug)).select(departments::id).first(tx.conn()).optional()?)
    })
}

/// The slug that a new department of this name gets.
///
/// # Errors
/// [`Error::Rule`] where none is left.
pub fn slug_for(tx: &mut ReadTx<'_>, wanted: Slug) -> Result<Slug, Error> {
    free_slug(tx, Kind::Department, "departments", wanted)
}

/// The records that a department refers to, each by the member that says so.
#[must_use]
pub fn references(life: Option<&Life>) -> Vec<Reference> {
    let successor = life.and_then(|life| life.successor_id);
    successor.iter().map(|id| Reference::new("successor_id", Kind::Department, id)).collect()
}

/// Enters a department.
///
/// # Errors
/// [`Error::Conflict`] where its slug, name or identifiers are taken, [`Error::Rule`] where a reference leads nowhere.
pub fn insert(tx: &mut WriteTx<'_>, id: DepartmentId, department: Department) -> Result<Stored<Department>, Error> {
    let now = tx.stamp().now;
    let record = Record { id, version: 1, created_at: now, updated_at: now, content: department };
    let document = tx.documents().department(&record);
    let row = Row::new(&record, document.shown);
    row.check(tx, &record)?;
    let insert = diesel::insert_into(departments::table).values(&row);
    dialect::write_with_parts(tx.changing(), insert, &parts(&row.id, &record.content))?;
    tx.index_words(Searched::Departments, &row.id, words(&record.content));
    log(tx, Action::Create, &record, document.canonical);
    Ok(Stored { record: Arc::new(record), document: row.document })
}

/// Replaces what a department says.
///
/// # Errors
/// As [`insert`], and [`Error::Rule`] where its successors would lead back to it.
pub fn update(
    tx: &mut WriteTx<'_>,
    current: &Record<Department>,
    department: Department,
) -> Result<Stored<Department>, Error> {
    let record = Record {
        id: current.id,
        version: next_version(current.version)?,
        created_at: current.created_at,
        updated_at: tx.stamp().now,
        content: department,
    };
    let document = tx.documents().department(&record);
    let row = Row::new(&record, document.shown);
    row.check(tx, &record)?;
    remove_parts(tx, &row.id)?;
    let update = diesel::update(departments::table.find(&row.id)).set(&row);
    dialect::write_with_parts(tx.changing(), update, &parts(&row.id, &record.content))?;
    tx.index_words(Searched::Departments, &row.id, words(&record.content));
    log(tx, Action::Update, &record, document.canonical);
    Ok(Stored { record: Arc::new(record), document: row.document })
}

/// Deletes a department.
///
/// # Errors
/// [`Error::Conflict`] naming the records that refer to it.
pub fn delete(tx: &mut WriteTx<'_>, current: &Record<Department>) -> Result<(), Error> {
    let id = current.id.to_string();
    let conflicts = dependents(tx, &id)?;
    if !conflicts.is_empty() {
        return Err(Error::Conflict(conflicts));
    }
    remove_parts(tx, &id)?;
    diesel::delete(departments::table.find(&id)).execute(tx.changing())?;
    tombstone::insert(tx, Kind::Department, &id, Some(current.content.slug.as_str()))?;
    tx.log(Action::Delete, Kind::Department, id, next_version(current.version)?, None);
    Ok(())
}

fn dependents(tx: &mut ReadTx<'_>, id: &str) -> Result<Vec<Conflict>, Error> {
    let as_other = mutual_other_departments::table
        .filter(mutual_other_departments::department_id.eq(id))
        .select(mutual_other_departments::mutual_id);
    let of_mutuals: Vec<(String, String)> = mutuals::table
        .filter(mutuals::department_id.eq(id).or(mutuals::id.eq_any(as_other)))
        .select((mutuals::id, mutuals::name))
        .order(mutuals::name_folded)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    let of_contracts: Vec<(String, String)> = contracts::table
        .filter(contracts::department_id.eq(id))
        .select((contracts::id, contracts::title))
        .order(contracts::id)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    let predecessors: Vec<(String, String)> = departments::table
        .filter(departments::successor_id.eq(id))
        .select((departments::id, departments::name))
        .order(departments::name_folded)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    Ok(Conflict::dependents([
        (Kind::Mutual, of_mutuals),
        (Kind::Contract, of_contracts),
        (Kind::Department, predecessors),
        child::dependents::<Commitment>(tx, id)?,
        child::dependents::<PathwayStep>(tx, id)?,
        child::dependents::<Enabler>(tx, id)?,
    ]))
}

fn filtered(dialect: Dialect, filter: &Filter) -> departments::BoxedQuery<'static, MultiBackend> {
    let mut query = departments::table.into_boxed();
    if !filter.kinds.is_empty() {
        query =
            query.filter(departments::kind.eq_any(filter.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>()));
    }
    if !filter.policy_areas.is_empty() {
        let wanted: Vec<_> = filter.policy_areas.iter().map(|sector| sector.as_str()).collect();
        query = query.filter(exists(
            department_policy_areas::table
                .filter(department_policy_areas::department_id.eq(departments::id))
                .filter(department_policy_areas::sector.eq_any(wanted)),
        ));
    }
    if !filter.identifiers.is_empty() {
        let wanted: Vec<_> = filter.identifiers.iter().map(ToString::to_string).collect();
        let held = identifiers::table.filter(identifiers::identifier.eq_any(wanted)).select(identifiers::department_id);
        query = query.filter(departments::id.nullable().eq_any(held));
    }
    match filter.open {
        Some(true) => query = query.filter(departments::closed_on.is_null()),
        Some(false) => query = query.filter(departments::closed_on.is_not_null()),
        None => {}
    }
    if let Some(search) = &filter.search {
        query = query.filter(Searched::Departments.condition(dialect, search));
    }
    query
}

impl Sort {
    fn column(self) -> SortColumn {
        let (name, values, kind) = match self {
            Self::Name => ("departments.name_folded", Values::Unique, KeyKind::Text),
            Self::UpdatedAt => ("departments.updated_at", Values::Shared, KeyKind::Instant),
            Self::Id => ("departments.id", Values::Unique, KeyKind::Text),
        };
        SortColumn { name, id: "departments.id", values, kind, found_first: false }
    }
}

/// What else is written with a department: the rows that it is found by.
fn parts(id: &str, department: &Department) -> Vec<Fragment> {
    let areas = department.policy_areas.iter().map(|sector| [sector.to_string(), id.to_owned()]);
    [
        insertion_of_identifiers(Owner::Department(id), &department.identifiers),
        insertion("department_policy_areas (sector, department_id)", areas),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error> {
    remove_identifiers(tx, Owner::Department(id))?;
    diesel::delete(department_policy_areas::table.filter(department_policy_areas::department_id.eq(id)))
        .execute(tx.changing())?;
    tx.unindex_words(Searched::Departments, id)
}

/// What `q` finds a department by.
fn words(department: &Department) -> String {
    let identifiers = department.identifiers.iter().map(ToString::to_string);
    let text: Vec<String> = std::iter::once(department.name.to_string()).chain(identifiers).collect();
    tokens(&text.join(" ")).join(" ")
}

pub(crate) fn rewrite_documents(tx: &mut WriteTx<'_>, after: &str) -> Result<Option<String>, Error> {
    let next =
        departments::table.filter(departments::id.gt(after)).order(departments::id).limit(document_form::AT_A_TIME);
    let rows: Vec<Row> = next.select(Row::as_select()).load(tx.conn())?;
    let last = rows.last().map(|row| row.id.clone());
    for row in rows {
        let (id, stored) = (row.id.clone(), row.document.clone());
        let record = row.into_record()?;
        tx.unindex_words(Searched::Departments, &id)?;
        tx.index_words(Searched::Departments, &id, words(&record.content));
        let document = tx.documents().department(&record).shown;
        if document != stored {
            diesel::update(departments::table.find(id))
                .set(departments::document.eq(document))
                .execute(tx.changing())?;
        }
    }
    Ok(last)
}

fn log(tx: &mut WriteTx<'_>, action: Action, record: &Record<Department>, document: String) {
    tx.log(action, Kind::Department, record.id.to_string(), record.version, Some(document));
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = departments, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: chrono::NaiveDateTime,
    updated_at: chrono::NaiveDateTime,
    slug: String,
    name: String,
    name_folded: String,
    kind: String,
    identifiers: String,
    policy_areas: String,
    website: Option<String>,
    opened_on: Option<String>,
    closed_on: Option<String>,
    successor_id: Option<String>,
    sources: String,
    document: String,
}

impl Row {
    fn check(&self, tx: &mut ReadTx<'_>, record: &Record<Department>) -> Result<(), Error> {
        let naming = Naming {
            resource_type: Kind::Department,
            table: "departments",
            id: &self.id,
            slug: &self.slug,
            name_folded: &self.name_folded,
            identifiers: &record.content.identifiers,
        };
        reference::check(tx, &references(Some(&record.content.life)))?;
        reference::check_no_circle(tx, "successor_id", &self.id, self.successor_id.clone(), |tx, id| {
            Ok(departments::table.find(id).select(departments::successor_id).first(tx.conn())?)
        })?;
        naming.check(tx)
    }

    fn into_record(self) -> Result<Record<Department>, Error> {
        let life = Life {
            opened_on: parsed_option("opened_on", self.opened_on.as_deref())?,
            closed_on: parsed_option("closed_on", self.closed_on.as_deref())?,
            successor_id: parsed_option("successor_id", self.successor_id.as_deref())?,
        };
        Ok(Record {
            id: parsed("id", &self.id)?,
            version: self.version,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            content: Department {
                slug: parsed("slug", &self.slug)?,
                name: parsed("name", &self.name)?,
                kind: parsed("kind", &self.kind)?,
                identifiers: distinct("identifiers", parsed_list("identifiers", &self.identifiers)?)?,
                policy_areas: distinct("policy_areas", parsed_list("policy_areas", &self.policy_areas)?)?,
                website: parsed_option("website", self.website.as_deref())?,
                life: checked("opened_on, closed_on, successor_id", life)?,
                sources: parsed_sources(&self.sources)?,
            },
        })
    }
}

impl Row {
    fn new(record: &Record<Department>, document: String) -> Self {
        let department = &record.content;
        Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            slug: department.slug.to_string(),
            name: department.name.to_string(),
            name_folded: fold_name(department.name.as_str()),
            kind: department.kind.to_string(),
            identifiers: texts(&department.identifiers),
            policy_areas: texts(&department.policy_areas),
            website: text_option(department.website.as_ref()),
            opened_on: text_option(department.life.opened_on.as_ref()),
            closed_on: text_option(department.life.closed_on.as_ref()),
            successor_id: text_option(department.life.successor_id.as_ref()),
            sources: sources(&department.sources),
            document,
        }
    }
}
