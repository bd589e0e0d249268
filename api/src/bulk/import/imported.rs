//! The kinds whose records can be imported: how a row becomes a record of each, whether it belongs to another or not.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use document::{Documented as _, Input as _, Reference, Wire};
use domain::{
    Action, Child, Contract, Department, Id, Invalid, Mutual, Record, Recorded as _, Role, Slug, StaffBallot,
};
use store::child;
use store::import::Import;
use store::{Naming, ReadTx, Stored, StoredRecord, WriteTx, reference};

use crate::caller::Caller;
use crate::register::child::{ChildKey, ChildResource};
use crate::register::collection::AllOf;
use crate::register::resource::{Resource, Root, Value, check_permission};
use crate::request::path::PathKey;
use crate::response::problem::{ErrorItem, Problem};

/// How rows are entered.
#[derive(Clone, Debug)]
pub struct Entering {
    pub import: Import,
    pub caller: Caller,
    /// Above how many people entitled to vote a ballot needs a scrutineer to be declared.
    pub scrutineer_above: i64,
    /// Whether a row that is refused may have changed something before.
    pub with_savepoints: bool,
}

impl Entering {
    pub fn is_admin(&self) -> bool {
        is_admin(&self.import)
    }
}

/// Whether the rows are an administrator's.
pub fn is_admin(import: &Import) -> bool {
    import.caller.access.as_ref().is_some_and(|access| access.role == Role::Admin)
}

/// Records of a kind, as rows name, create and change them.
pub trait Imported: Send + Sync + 'static {
    type Record: Resource;
    /// A record that is ready to be entered.
    type Prepared: Send + Sync + 'static;

    /// Whether a row of an administrator may give the past of a new record.
    const HAS_PAST: bool;

    /// Prepares a record that is to be entered at this time, below the record with this id if it belongs to one.
    ///
    /// # Errors
    /// Where that is no id.
    fn prepare(
        id: Id<Self::Record>,
        now: DateTime<Utc>,
        parent_id: Option<&str>,
        value: Value<Self::Record>,
    ) -> Result<Self::Prepared, Invalid>;

    /// The names that it is about to take.
    fn names(_: &Self::Prepared) -> Vec<Naming> {
        Vec::new()
    }

    /// Refuses a record that the caller may not enter.
    ///
    /// # Errors
    /// 403 naming the roles that may, 422 where what it belongs to is not there.
    fn check_entry(
        tx: &mut ReadTx<'_>,
        caller: &Caller,
        id: Id<Self::Record>,
        prepared: &Self::Prepared,
    ) -> Result<(), Problem>;

    /// Enters a record, of an administrator with the past that it had before.
    ///
    /// # Errors
    /// As a single change.
    fn enter(
        tx: &mut WriteTx<'_>,
        id: Id<Self::Record>,
        prepared: &Self::Prepared,
        entering: &Entering,
    ) -> Result<Stored<Self::Record>, store::Error>;

    /// The record with this id, as far as the caller sees it.
    ///
    /// # Errors
    /// [`store::Error::NotFound`], or [`store::Error::Gone`] where it was deleted.
    fn find(tx: &mut ReadTx<'_>, id: Id<Self::Record>, caller: &Caller) -> Result<Record<Self::Record>, store::Error>;

    /// The same by its slug; none where records of the kind have no slugs.
    ///
    /// # Errors
    /// As [`Imported::find`].
    fn find_by_slug(
        _: &mut ReadTx<'_>,
        _slug: &Slug,
        _: &Caller,
    ) -> Result<Option<Record<Self::Record>>, store::Error> {
        Ok(None)
    }

    /// What names this record in a path.
    fn key(record: &Record<Self::Record>) -> <Self::Record as Resource>::Key;
}

/// A kind whose records belong to no other, and can be imported.
pub trait ImportedRoot:
    Root<Key = PathKey<<Self as StoredRecord>::Name>, Name: From<Id<Self>> + FromStr<Err = Invalid>> + Sync
{
    /// Enters a record for this caller, with the past that it had before.
    ///
    /// # Errors
    /// As a single change.
    fn enter_with_past(
        tx: &mut WriteTx<'_>,
        prepared: &Self::Prepared,
        _scrutineer_above: i64,
        caller: &Caller,
    ) -> Result<Stored<Self>, store::Error> {
        Self::insert(tx, prepared, caller.draft_access_in(Self::KIND))
    }
}

impl ImportedRoot for Department {}
impl ImportedRoot for Mutual {}
impl ImportedRoot for Contract {}

/// An administrator's import brings what was declared of a ballot.
impl ImportedRoot for StaffBallot {
    fn enter_with_past(
        tx: &mut WriteTx<'_>,
        (id, ballot): &Self::Prepared,
        scrutineer_above: i64,
        caller: &Caller,
    ) -> Result<Stored<Self>, store::Error> {
        let (draft, past) = ballot.clone().apart_from_past();
        store::staff_ballot::insert_with_past(tx, *id, &draft, &past, scrutineer_above, caller.draft_access())
    }
}

impl<R: ImportedRoot> Imported for R {
    type Record = R;
    type Prepared = <R as store::StoredRoot>::Prepared;

    const HAS_PAST: bool = true;

    fn prepare(
        id: Id<R>,
        now: DateTime<Utc>,
        _parent_id: Option<&str>,
        value: Value<R>,
    ) -> Result<Self::Prepared, Invalid> {
        Ok(<R as store::StoredRoot>::prepare(id, now, value))
    }

    fn names(prepared: &Self::Prepared) -> Vec<Naming> {
        <R as store::StoredRoot>::names(prepared)
    }

    fn check_entry(tx: &mut ReadTx<'_>, caller: &Caller, id: Id<R>, prepared: &Self::Prepared) -> Result<(), Problem> {
        check_permission(tx, caller, Action::Create, (id, R::content(prepared)))
    }

    fn enter(
        tx: &mut WriteTx<'_>,
        _: Id<R>,
        prepared: &Self::Prepared,
        entering: &Entering,
    ) -> Result<Stored<R>, store::Error> {
        let caller = &entering.caller;
        if entering.is_admin() {
            R::enter_with_past(tx, prepared, entering.scrutineer_above, caller)
        } else {
            R::insert(tx, prepared, caller.draft_access_in(R::KIND))
        }
    }

    fn find(tx: &mut ReadTx<'_>, id: Id<R>, caller: &Caller) -> Result<Record<R>, store::Error> {
        <R as StoredRecord>::find(tx, &R::Name::from(id), caller.draft_access_in(R::KIND))
    }

    /// What has the shape of an id is no slug.
    fn find_by_slug(tx: &mut ReadTx<'_>, slug: &Slug, caller: &Caller) -> Result<Option<Record<R>>, store::Error> {
        let Ok(name) = slug.as_str().parse() else { return Ok(None) };
        <R as StoredRecord>::find(tx, &name, caller.draft_access_in(R::KIND)).map(Some)
    }

    fn key(record: &Record<R>) -> R::Key {
        PathKey(record.id.into())
    }
}

/// A row says in a member which record the child belongs to. It has no past but what it says.
impl<T: ChildResource> Imported for AllOf<T> {
    type Record = Child<T::Parent, T>;
    type Prepared = Self::Record;

    const HAS_PAST: bool = false;

    fn prepare(
        _: Id<Self::Record>,
        _: DateTime<Utc>,
        parent_id: Option<&str>,
        value: T,
    ) -> Result<Self::Prepared, Invalid> {
        Child::from_value(value, parent_id)
    }

    fn check_entry(
        tx: &mut ReadTx<'_>,
        caller: &Caller,
        id: Id<Self::Record>,
        child: &Self::Record,
    ) -> Result<(), Problem> {
        let unknown = reference::faults(tx, &references(child), caller.draft_access())?;
        if !unknown.is_empty() {
            return Err(Problem::invalid(unknown.into_iter().map(ErrorItem::from).collect()));
        }
        check_permission(tx, caller, child.content.entering(), (id, child))
    }

    fn enter(
        tx: &mut WriteTx<'_>,
        id: Id<Self::Record>,
        child: &Self::Record,
        _: &Entering,
    ) -> Result<Stored<Self::Record>, store::Error> {
        child::insert::<T>(tx, id, child.clone())
    }

    fn find(tx: &mut ReadTx<'_>, id: Id<Self::Record>, _: &Caller) -> Result<Record<Self::Record>, store::Error> {
        child::find_anywhere::<T>(tx, id)
    }

    fn key(record: &Record<Self::Record>) -> ChildKey<T> {
        ChildKey::to(record)
    }
}

/// What a child refers to, with the record that it belongs to.
fn references<T: ChildResource>(child: &Child<T::Parent, T>) -> Vec<Reference> {
    let parent = <T::Document as Wire>::OBJECT.parent();
    let parent = parent.map(|member| Reference::new(member.name, T::Parent::KIND, child.parent_id));
    parent.into_iter().chain(child.content.show().references()).collect()
}
