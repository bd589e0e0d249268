//! Departments in the database.

use diesel::dsl::exists;
use diesel::prelude::*;
use document::Reference;
use domain::{
    Commitment, Department, DepartmentId, DepartmentKind, Enabler, Identifier, Key, Kind, PathwayStep, Record,
    SearchQuery, Sector, Slug, fold_name, indexed,
};

use crate::backend::conn::MultiBackend;
use crate::backend::dialect::{Dialect, Searched};
use crate::backend::fragment::{FindingTable, FoundBy};
use crate::backend::schema::{department_policy_areas, departments, identifiers, mutual_other_departments, mutuals};
use crate::error::{Conflict, Error};
use crate::known::Naming;
use crate::log::entry::Action;
use crate::query::keyset::{self, KeyKind, Page, Slice, SortColumn, Values};
use crate::register::naming::{Owner, free_slug, identifiers_of, remove_identifiers};
use crate::register::record::{self, Column, StoredKind, Writing};
use crate::register::{child, contract, reference, tombstone};
use crate::transaction::{Remark, next_version};
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

impl StoredKind for Department {
    const COLUMNS: &'static [&'static str] = &["slug", "name", "name_folded", "kind", "closed_on", "successor_id"];

    fn columns(record: &Record<Self>) -> Vec<Column> {
        let department = &record.content;
        vec![
            Column::text(&department.slug),
            Column::text(&department.name),
            Column::text(fold_name(department.name.as_str())),
            Column::word(department.kind.as_str()),
            Column::text_option(department.life.closed_on.as_ref()),
            Column::text_option(department.life.successor_id.as_ref()),
        ]
    }
}

/// The department with this id or slug.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn find(tx: &mut ReadTx<'_>, key: &Key<Department>) -> Result<Record<Department>, Error> {
    record::find_by_key(tx, key)
}

/// What there is to show of the department with this id or slug.
///
/// # Errors
/// As [`find`].
pub fn show(tx: &mut ReadTx<'_>, key: &Key<Department>) -> Result<Representation, Error> {
    record::show_by_key(tx, key)
}

// Lists show all of it to everybody.
const _: () = assert!(!record::is_personal::<Department>(), "the public may be shown less");

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
    free_slug(tx, Kind::Department, wanted)
}

/// Enters a department.
///
/// # Errors
/// [`Error::Conflict`] where its slug, name or identifiers are taken, [`Error::Rule`] where a reference leads nowhere.
pub fn insert(tx: &mut WriteTx<'_>, id: DepartmentId, department: Department) -> Result<Stored<Department>, Error> {
    let writing = Writing::new(record::entered(tx, id, department));
    check(tx, &writing.record)?;
    let content = &writing.record.content;
    let naming = naming(id, content);
    naming.check(tx)?;
    let stored = writing.insert(tx, &parts(writing.id(), content), Remark::default())?;
    naming.note(tx);
    tx.index_words(Searched::Departments, writing.id(), words(content));
    Ok(stored)
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
    let writing = Writing::new(record::changed(tx, current, department)?);
    check(tx, &writing.record)?;
    naming(current.id, &writing.record.content).check(tx)?;
    remove_parts(tx, writing.id())?;
    let content = &writing.record.content;
    let stored = writing.update(tx, &parts(writing.id(), content), Action::Update, Remark::default())?;
    tx.index_words(Searched::Departments, writing.id(), words(content));
    Ok(stored)
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
    record::remove(tx, Kind::Department, &id)?;
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
    let of_contracts = contract::named(tx, "department_id", id)?;
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

struct PolicyAreas;

impl FindingTable for PolicyAreas {
    const INTO: &'static str = "department_policy_areas (sector, department_id)";
}

/// What else is written with a department: the rows that it is found by.
fn parts(id: &str, department: &Department) -> Vec<FoundBy> {
    let areas = department.policy_areas.iter().map(|sector| [sector.to_string(), id.to_owned()]);
    [identifiers_of(Owner::Department(id), &department.identifiers), FoundBy::rows::<PolicyAreas>(areas)]
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
    indexed(&text.join(" "))
}

/// Refuses what other records stand against.
fn check(tx: &mut ReadTx<'_>, record: &Record<Department>) -> Result<(), Error> {
    let (id, life) = (record.id.to_string(), &record.content.life);
    let successor = life.successor_id.map(|id| Reference::new("successor_id", Kind::Department, id));
    reference::check(tx, successor.as_slice())?;
    let next = life.successor_id.map(|id| id.to_string());
    reference::check_no_circle(tx, "successor_id", &id, next, |tx, id| {
        Ok(departments::table.find(id).select(departments::successor_id).first(tx.conn())?)
    })
}

fn naming(id: DepartmentId, department: &Department) -> Naming {
    Naming::new(Kind::Department, id, department.name.as_str(), &department.slug, &department.identifiers)
}
