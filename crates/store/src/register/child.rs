//! Records that belong to another, all kept alike: what a department, a mutual or a contract has many of.
//!
//! A kind says what its columns are and which rules bind it to other records ([`StoredChild`]); how a record is found, listed, entered,
//! changed and deleted is here, once for all of them. Who has no access to the department's drafts gets the document without personal
//! data.

use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use document::ChildDocument;
use document::faults::Faults;
use document::object::Typed as _;
use document::{Input, Wire};
use domain::{
    Belongs, Child, Contract, Department, DepartmentId, DraftAccess, Id, Key, Kind, Mutual, Record, Recorded,
};

use crate::backend::fragment::{Fragment, all_of, any_of};
use crate::backend::json::{parsed, parsed_option};
use crate::error::{Conflict, ConflictKind, Error, OtherRecord, refuse};
use crate::log::entry::Action;
use crate::log::personal;
use crate::query::keyset::{Listing, Page, Slice, SortKey};
use crate::query::record_filter::RecordFilter;
use crate::register::record::{self, Columns, StoredKind, Writing};
use crate::register::reference::{self, Dependents};
use crate::register::root::StoredRecord;
use crate::register::tombstone::{self, Confidants};
use crate::transaction::Remark;
use crate::{ReadTx, Representation, Stored, WriteTx};

/// A child of the kind `T`, as it is stored.
pub type ChildRecord<T> = Record<Child<<T as Belongs>::Parent, T>>;

/// Id of a child of the kind `T`.
pub type ChildId<T> = Id<Child<<T as Belongs>::Parent, T>>;

/// The columns of children of the kind `T`.
pub type ChildColumns<T> = Columns<Child<<T as Belongs>::Parent, T>>;

/// A record that others belong to.
pub trait Parent: Recorded {
    /// The column by which its children say which one they belong to.
    const COLUMN: &'static str;

    /// The id behind an id or a slug.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
    fn find_id(tx: &mut ReadTx<'_>, key: &Key<Self>) -> Result<Id<Self>, Error> {
        let query = Fragment::default().sql(format!("SELECT id FROM {} WHERE ", Self::KIND.table()));
        match query.and(record::with_key(key)).giving::<Text>().get_result::<String>(tx.conn()).optional()? {
            Some(id) => parsed("id", &id),
            None => Err(tombstone::missing(tx, Self::KIND, key.to_string())),
        }
    }

    /// The department whose record it is; none where there is no such record, or it has none.
    fn department(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Option<DepartmentId>, Error>;
}

/// What a kind of child is, and how it is kept.
pub trait StoredChild: ChildDocument<Parent: Parent> + PartialEq {
    /// What the children of one parent are listed by.
    const ORDER: SortKey = SortKey::ID;
    /// The column by which a list can be filtered.
    const FILTER_COLUMN: Option<&'static str> = None;
    /// The columns of lists of words, an empty one standing for all words, by which a list can be filtered further.
    const COVERED: &'static [&'static str] = &[];
    /// Its columns beside the parent's.
    const COLUMNS: ChildColumns<Self> = &[];

    /// Refuses what other records stand against, and fills in what follows from them. `before` is the record as it is now.
    ///
    /// # Errors
    /// [`Error::Rule`] and [`Error::Conflict`].
    fn check(
        _: &mut WriteTx<'_>,
        _id: ChildId<Self>,
        _before: Option<&ChildRecord<Self>>,
        _wanted: &mut Child<Self::Parent, Self>,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Changes what other records show of it, after it was entered, changed or deleted. `before` is the record as it was before that.
    fn follow(_: &mut WriteTx<'_>, _: Id<Self::Parent>, _before: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        Ok(())
    }

    /// The records that refer to it, which stand in the way of its deletion.
    fn dependents(_: &mut ReadTx<'_>, _: ChildId<Self>) -> Result<Vec<Conflict>, Error> {
        Ok(Vec::new())
    }
}

impl<T: StoredChild> StoredKind for Child<T::Parent, T> {
    const PARENT: Option<&'static str> = Some(T::Parent::COLUMN);
    const COLUMNS: Columns<Self> = T::COLUMNS;
}

impl<T: StoredChild> StoredRecord for Child<T::Parent, T> {
    type Name = (Key<T::Parent>, ChildId<T>);

    fn find(tx: &mut ReadTx<'_>, (parent, id): &Self::Name, _: DraftAccess<'_>) -> Result<ChildRecord<T>, Error> {
        let parent_id = T::Parent::find_id(tx, parent)?;
        find::<T>(tx, parent_id, *id)
    }

    fn represent(
        tx: &mut ReadTx<'_>,
        (parent, id): &Self::Name,
        sees: DraftAccess<'_>,
    ) -> Result<Representation, Error> {
        let parent_id = T::Parent::find_id(tx, parent)?;
        show::<T>(tx, parent_id, *id, sees)
    }

    fn is_fully_shown(tx: &mut ReadTx<'_>, id: ChildId<T>, sees: DraftAccess<'_>) -> Result<bool, Error> {
        let Some(record) = there::<T>(tx, id)? else { return Err(missing::<T>(tx, id)) };
        let is_personal = const { <T::Document as Wire>::OBJECT.has_personal() };
        Ok(!is_personal
            || match sees {
                DraftAccess::All => true,
                DraftAccess::None | DraftAccess::Appointments(_) => false,
                DraftAccess::Departments(own) => T::Parent::department(tx, record.content.parent_id)?
                    .is_some_and(|department| own.contains(&department)),
            })
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &ChildRecord<T>,
        child: Self,
        _: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        update::<T>(tx, current, child.content)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &ChildRecord<T>) -> Result<(), Error> {
        delete::<T>(tx, current)
    }
}

impl Parent for Department {
    const COLUMN: &'static str = "department_id";

    fn department(_: &mut ReadTx<'_>, id: DepartmentId) -> Result<Option<DepartmentId>, Error> {
        Ok(Some(id))
    }
}

impl Parent for Mutual {
    const COLUMN: &'static str = "mutual_id";

    fn department(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Option<DepartmentId>, Error> {
        let query = Fragment::default().sql("SELECT department_id FROM mutuals WHERE id = ").parameter(id.to_string());
        let found: Option<Option<String>> = query.giving::<Nullable<Text>>().get_result(tx.conn()).optional()?;
        parsed_option("department_id", found.flatten().as_deref())
    }
}

impl Parent for Contract {
    const COLUMN: &'static str = "contract_id";

    fn department(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Option<DepartmentId>, Error> {
        let query =
            Fragment::default().sql("SELECT department_id FROM contracts WHERE id = ").parameter(id.to_string());
        let found: Option<String> = query.giving::<Text>().get_result(tx.conn()).optional()?;
        parsed_option("department_id", found.as_deref())
    }
}

/// The child of a record with this id.
///
/// # Errors
/// [`Error::NotFound`] where the record has no such child, [`Error::Gone`] where it was deleted.
pub fn find<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parent_id: Id<T::Parent>,
    id: ChildId<T>,
) -> Result<ChildRecord<T>, Error> {
    match there(tx, id)?.filter(|record: &ChildRecord<T>| record.content.parent_id == parent_id) {
        Some(record) => Ok(record),
        None => Err(missing::<T>(tx, id)),
    }
}

/// The child with this id, whatever it belongs to.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn find_anywhere<T: StoredChild>(tx: &mut ReadTx<'_>, id: ChildId<T>) -> Result<ChildRecord<T>, Error> {
    there(tx, id)?.ok_or_else(|| missing::<T>(tx, id))
}

/// The child with this id, whatever it belongs to, if there is one.
pub(crate) fn there<T: StoredChild>(tx: &mut ReadTx<'_>, id: ChildId<T>) -> Result<Option<ChildRecord<T>>, Error> {
    record::find(tx, id)
}

/// What there is to show of the child of a record with this id, to a caller with this access.
///
/// # Errors
/// As [`find`].
pub fn show<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parent_id: Id<T::Parent>,
    id: ChildId<T>,
    sees: DraftAccess<'_>,
) -> Result<Representation, Error> {
    let this = of::<T>(parent_id).sql(format!(" AND {}.id = ", T::KIND.table())).parameter(id.to_string());
    match listing::<T>(this, sees).one(tx)? {
        Some(shown) => Ok(shown),
        None => Err(missing::<T>(tx, id)),
    }
}

/// Which children of a record a list holds: those that meet every condition given.
#[derive(Clone, Debug, Default)]
pub struct ChildConditions {
    /// With one of these words in the column of the filter.
    pub words: Vec<&'static str>,
    /// Which cover one of these words, for each list of words of [`StoredChild::COVERED`].
    pub covered: Vec<Vec<&'static str>>,
}

/// A page of the children of a record, for a caller with this access.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the list.
pub fn list<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parent_id: Id<T::Parent>,
    conditions: &ChildConditions,
    page: &Page,
    sees: DraftAccess<'_>,
) -> Result<Slice, Error> {
    listing::<T>(of::<T>(parent_id).and(conditions.condition::<T>()), sees).page(tx, page, T::ORDER)
}

/// A page of the children of all records, or of some, for a caller with this access.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the list, [`Error::Rule`] where the slug of a parent leads nowhere.
pub fn list_all<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parents: &[Key<T::Parent>],
    conditions: &ChildConditions,
    records: &RecordFilter,
    page: &Page,
    sees: DraftAccess<'_>,
) -> Result<Slice, Error> {
    let parents = reference::resolve(tx, parents)?;
    let of_these = any_of(&format!("{}.{}", T::KIND.table(), T::Parent::COLUMN), &parents);
    let records = records.condition(T::KIND, tx.conn().dialect());
    listing::<T>(all_of([of_these, records]).and(conditions.condition::<T>()), sees).page(tx, page, page.sort)
}

/// All children of a record, in the order of their entry.
pub fn all<T: StoredChild>(tx: &mut ReadTx<'_>, parent_id: Id<T::Parent>) -> Result<Vec<ChildRecord<T>>, Error> {
    record::all_where(tx, of::<T>(parent_id))
}

/// The children of this record, as a condition.
pub(crate) fn of<T: StoredChild>(parent_id: Id<T::Parent>) -> Fragment {
    let column = format!("{}.{} = ", T::KIND.table(), T::Parent::COLUMN);
    Fragment::default().sql(column).parameter(parent_id.to_string())
}

/// Enters a child of a record.
///
/// # Errors
/// Those of its rules ([`StoredChild::check`]).
pub fn insert<T: StoredChild>(
    tx: &mut WriteTx<'_>,
    id: ChildId<T>,
    child: Child<T::Parent, T>,
) -> Result<Stored<Child<T::Parent, T>>, Error> {
    let mut record = record::entered(tx, id, child);
    T::check(tx, id, None, &mut record.content)?;
    let parent_id = record.content.parent_id;
    let stored = Writing::new(record).insert(tx, &[], Remark::default())?;
    T::follow(tx, parent_id, None)?;
    Ok(stored)
}

/// Replaces what a child says. Where it says the same with what follows from other records, nothing is changed.
///
/// # Errors
/// As [`insert`].
pub fn update<T: StoredChild>(
    tx: &mut WriteTx<'_>,
    current: &ChildRecord<T>,
    content: T,
) -> Result<Stored<Child<T::Parent, T>>, Error> {
    let mut record = changed(tx, current, content)?;
    T::check(tx, current.id, Some(current), &mut record.content)?;
    if record.content == current.content {
        return record::unchanged(tx, current);
    }
    let stored = Writing::new(record).update(tx, &[], Action::Update, Remark::default())?;
    T::follow(tx, current.content.parent_id, Some(current))?;
    Ok(stored)
}

/// Replaces what a child says as other records have it, whatever its own rules.
pub(crate) fn alter<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>, content: T) -> Result<(), Error> {
    let record = changed(tx, current, content)?;
    Writing::new(record).update(tx, &[], Action::Update, Remark::default()).map(drop)
}

/// Takes what a child says about a person out of it, out of what the log's commitments stand for, and out of the kept answers about it.
/// Gives how many values the log no longer knows.
pub fn erase<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>, reason: &str) -> Result<usize, Error> {
    let erased = current.content.content.show().without_personal(&mut false).build(&mut Faults::of_stored());
    let erased = erased.ok_or_else(|| Error::Internal(format!("a {} can't do without personal data", T::KIND)))?;
    let record = changed(tx, current, erased)?;
    let forgotten = personal::forget(tx, &personal_members::<T>(), &current.id.to_string())?;
    let remark = Remark { reason: Some(reason.to_owned()), ..Remark::default() };
    Writing::new(record).update(tx, &[], Action::Erase, remark)?;
    T::follow(tx, current.content.parent_id, Some(current))?;
    Ok(forgotten)
}

/// Deletes a child.
///
/// # Errors
/// [`Error::Conflict`] naming the records that refer to it.
pub fn delete<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>) -> Result<(), Error> {
    refuse(Error::Conflict, T::dependents(tx, current.id)?)?;
    remove(tx, current)?;
    T::follow(tx, current.content.parent_id, Some(current))
}

/// Deletes a child with which its parent goes too.
pub(crate) fn remove<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>) -> Result<(), Error> {
    record::delete(tx, current, None, &Confidants::default())?;
    personal::forget(tx, &personal_members::<T>(), &current.id.to_string()).map(drop)
}

fn personal_members<T: StoredChild>() -> Vec<String> {
    document::record::personal(&<T::Document as Wire>::OBJECT)
}

fn changed<T: StoredChild>(tx: &WriteTx<'_>, current: &ChildRecord<T>, content: T) -> Result<ChildRecord<T>, Error> {
    record::changed(tx, current, Child { parent_id: current.content.parent_id, content })
}

/// The children that stand in the way of their parent's deletion. A mutual's course goes with it.
pub(crate) fn dependents(tx: &mut ReadTx<'_>, parent: Kind, parent_id: &str) -> Result<Vec<Dependents>, Error> {
    let column = format!("{parent}_id");
    let children = Kind::RECORDS.iter().copied().filter(|kind| kind.parent() == Some(parent));
    let kept = children.filter(|kind| *kind != Kind::StageTransition);
    kept.map(|kind| reference::dependents(tx, kind, (&column, parent_id), (&format!("'{kind}'"), "id"))).collect()
}

/// The children whose column has this id.
pub(crate) fn referring<T: StoredChild>(tx: &mut ReadTx<'_>, column: &str, id: &str) -> Result<Dependents, Error> {
    reference::dependents(tx, T::KIND, (column, id), (&format!("'{}'", T::KIND), "id"))
}

/// The id of another child of the same parent that has this value in a column.
pub(crate) fn other_with<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    id: ChildId<T>,
    parent_id: Id<T::Parent>,
    condition: Fragment,
) -> Result<Option<ChildRecord<T>>, Error> {
    let others = of::<T>(parent_id).sql(" AND ").and(condition).sql(format!(" AND {}.id <> ", T::KIND.table()));
    record::find_where(tx, others.parameter(id.to_string()))
}

/// Refuses a child with a value that another child of its parent has.
pub(crate) fn untaken<T: StoredChild>(
    kind: ConflictKind,
    field: &str,
    value: impl fmt::Display,
    other: Option<ChildRecord<T>>,
) -> Result<(), Error> {
    let Some(other) = other else { return Ok(()) };
    let other = OtherRecord { resource_type: T::KIND, id: other.id.to_string(), name: None };
    Err(Error::Conflict(vec![Conflict { kind, field: field.to_owned(), value: value.to_string(), other: Some(other) }]))
}

fn missing<T: StoredChild>(tx: &mut ReadTx<'_>, id: ChildId<T>) -> Error {
    tombstone::missing(tx, T::KIND, id.to_string())
}

impl ChildConditions {
    /// Whether every child meets them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.covered.iter().all(Vec::is_empty)
    }

    fn condition<T: StoredChild>(&self) -> Fragment {
        let mut condition = Fragment::default();
        if let Some(column) = T::FILTER_COLUMN.filter(|_| !self.words.is_empty()) {
            let words = self.words.iter().copied();
            condition = condition.sql(format!(" AND {column} IN (")).parameters(words).sql(")");
        }
        for (column, words) in T::COVERED.iter().zip(&self.covered).filter(|(_, words)| !words.is_empty()) {
            condition = condition.sql(format!(" AND ({column} = '[]'"));
            for word in words {
                // A word stands in quotation marks in the list, so that no other is taken for it.
                condition = condition.sql(format!(" OR REPLACE({column}, ")).parameter(format!("\"{word}\""));
                condition = condition.sql(format!(", '') <> {column}"));
            }
            condition = condition.sql(")");
        }
        condition
    }
}

/// The children that meet a condition, as a caller with this access may see them.
fn listing<T: StoredChild>(condition: Fragment, sees: DraftAccess<'_>) -> Listing {
    Listing::for_reader::<Child<T::Parent, T>>(condition, seen::<T>(sees))
}

/// Whether the reader sees personal data of the department that the child belongs to.
fn seen<T: StoredChild>(sees: DraftAccess<'_>) -> Fragment {
    let sql = Fragment::default();
    match sees {
        DraftAccess::All => sql.sql("(1 = 1)"),
        DraftAccess::None | DraftAccess::Appointments(_) | DraftAccess::Departments([]) => sql.sql("(1 = 0)"),
        DraftAccess::Departments(own) => {
            let table = T::KIND.table();
            let department = match T::Parent::KIND {
                Kind::Department => format!("{table}.department_id"),
                parent => {
                    let (parents, column) = (parent.table(), T::Parent::COLUMN);
                    format!(
                        "COALESCE((SELECT {parents}.department_id FROM {parents} WHERE {parents}.id = {table}.{column}), '')"
                    )
                }
            };
            sql.sql(format!("({department} IN (")).parameters(own.iter().map(ToString::to_string)).sql("))")
        }
    }
}
