//! Departments in the database.

use diesel::prelude::*;
use diesel::sql_types::Text;
use document::Reference;
use document::register::DepartmentFilter;
use domain::{Department, DepartmentId, Key, Kind, Record, Slug, fold_name, indexed};

use crate::backend::column::Column;
use crate::backend::dialect::{Dialect, Searched};
use crate::backend::fragment::{FindingTable, FoundBy, Fragment, all_of, any_of};
use crate::backend::schema::department_policy_areas;
use crate::error::{Conflict, Error};
use crate::known::Naming;
use crate::log::entry::Action;
use crate::query::keyset::{KeyKind, Listing, Page, Slice, SortKey, Sorted, Values};
use crate::register::naming::{Owner, free_slug, identifiers_of, remove_identifiers};
use crate::register::record::{self, StoredKind, Writing};
use crate::register::{child, contract, reference, tombstone};
use crate::transaction::{Remark, next_version};
use crate::{ReadTx, Representation, Stored, WriteTx};

impl Sorted for Department {
    const NAME: &'static str = "DepartmentSort";
    const KEYS: &'static [SortKey] =
        &[SortKey::ID, SortKey::new("name_folded", Values::Unique, KeyKind::Text).called("name"), SortKey::UPDATED_AT];
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

/// A page of the departments that a filter lets through.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the list.
pub fn list(tx: &mut ReadTx<'_>, filter: &DepartmentFilter, page: &Page) -> Result<Slice, Error> {
    let condition = condition(tx.conn().dialect(), filter);
    let key = if filter.q.is_some() { page.sort.found_first() } else { page.sort };
    Listing::of::<Department>(condition).page(tx, page, key)
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
    let as_one_of_several = Fragment::default()
        .sql("SELECT id, name FROM mutuals WHERE department_id = ")
        .parameter(id)
        .sql(" OR id IN (SELECT mutual_id FROM mutual_other_departments WHERE department_id = ")
        .parameter(id)
        .sql(format!(") ORDER BY name_folded LIMIT {}", Conflict::NAMED_DEPENDENTS));
    let of_mutuals = as_one_of_several.giving::<(Text, Text)>().load(tx.conn())?;
    let of_contracts = contract::named(tx, "department_id", id)?;
    let others = [
        (Kind::Mutual, of_mutuals),
        (Kind::Contract, of_contracts),
        reference::dependents(tx, Kind::Department, ("successor_id", id), ("name", "name_folded"))?,
    ];
    Ok(Conflict::dependents(others.into_iter().chain(child::dependents(tx, Kind::Department, id)?)))
}

fn condition(dialect: Dialect, filter: &DepartmentFilter) -> Fragment {
    let area = any_of("department_policy_areas.sector", &filter.sector);
    let identifier = any_of("identifiers.identifier", &filter.identifier);
    let open = filter
        .open
        .map(|open| if open { "departments.closed_on IS NULL" } else { "departments.closed_on IS NOT NULL" });
    all_of([
        any_of("departments.kind", &filter.kind),
        area.map(|area| {
            let having = "EXISTS (SELECT 1 FROM department_policy_areas WHERE department_policy_areas.department_id = departments.id AND ";
            area.within(having, ")")
        }),
        identifier.map(|it| it.within("departments.id IN (SELECT identifiers.department_id FROM identifiers WHERE ", ")")),
        open.map(|open| Fragment::default().sql(open)),
        filter.q.as_ref().map(|search| Searched::Departments.condition(dialect, &search.0)),
    ])
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
    reference::check_no_circle(tx, Kind::Department, &id, life.successor_id.map(|id| id.to_string()))
}

fn naming(id: DepartmentId, department: &Department) -> Naming {
    Naming::new(Kind::Department, id, department.name.as_str(), &department.slug, &department.identifiers)
}
