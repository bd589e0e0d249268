//! What the store does alike for every kind of record, and for those whose records belong to no other.

use chrono::{DateTime, Utc};
use document::Input;
use domain::{DraftAccess, Id, Record};

use crate::error::Error;
use crate::known::Naming;
use crate::query::keyset::{Page, Slice, Sorted};
use crate::query::record_filter::RecordFilter;
use crate::register::record::{self, StoredKind};
use crate::register::tombstone;
use crate::{ReadTx, Representation, Stored, WriteTx};

/// A kind as its records are found, changed and deleted, for a caller with this access to drafts and personal data; most kinds have
/// neither.
pub trait StoredRecord: StoredKind {
    /// What names a record: its id, or for some kinds its slug, and what it belongs to.
    type Name;

    /// The record of this name.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Gone`] where it was deleted; a draft that the caller doesn't see is not there and never was.
    fn find(tx: &mut ReadTx<'_>, name: &Self::Name, sees: DraftAccess<'_>) -> Result<Record<Self>, Error>;

    /// What there is to show of the record of this name.
    ///
    /// # Errors
    /// As [`StoredRecord::find`].
    fn represent(tx: &mut ReadTx<'_>, name: &Self::Name, sees: DraftAccess<'_>) -> Result<Representation, Error>;

    /// Whether the caller sees all that this record says, in every version.
    ///
    /// # Errors
    /// As [`StoredRecord::find`] where it is not there any more.
    fn is_fully_shown(tx: &mut ReadTx<'_>, id: Id<Self>, _: DraftAccess<'_>) -> Result<bool, Error> {
        let found = record::find(tx, id)?;
        found.map(|_: Record<Self>| true).ok_or_else(|| tombstone::missing(tx, Self::KIND, id.to_string()))
    }

    /// The record as it is stored, for a change by which it stays as it is.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    fn unchanged(tx: &mut ReadTx<'_>, current: &Record<Self>) -> Result<Stored<Self>, Error> {
        record::unchanged(tx, current)
    }

    /// Replaces what a record says.
    ///
    /// # Errors
    /// [`Error::Rule`] where a reference leads nowhere or a rule stands against it, [`Error::Conflict`] where another record has what
    /// belongs to one alone, [`Error::State`] where the record can no longer be edited.
    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        content: Self,
        sees: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error>;

    /// Deletes a record.
    ///
    /// # Errors
    /// [`Error::Conflict`] naming the records that refer to it.
    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error>;
}

/// A kind whose records belong to no other: how they are listed and entered.
pub trait StoredRoot: StoredRecord + Sorted {
    /// Which records a list has: those that meet every condition given; several values of one condition mean any of them.
    type Filter;
    /// A record that is ready to be entered: all is done that needs no look at the register, so that the writer's turn is short.
    type Prepared: Send + Sync + 'static;

    /// A page of the records that both filters let through.
    ///
    /// # Errors
    /// [`Error::InvalidPosition`] where the page starts at no place of the list, [`Error::Rule`] where the filter names a record that is
    /// not there.
    fn list(
        tx: &mut ReadTx<'_>,
        filter: &Self::Filter,
        records: &RecordFilter,
        page: &Page,
        sees: DraftAccess<'_>,
    ) -> Result<Slice, Error>;

    /// Prepares a record that is to be entered at this time.
    fn prepare(id: Id<Self>, now: DateTime<Utc>, value: <Self::Document as Input>::Value) -> Self::Prepared;

    /// What it says.
    fn content(prepared: &Self::Prepared) -> &Self;

    /// The names that it is about to take.
    fn names(_: &Self::Prepared) -> Vec<Naming> {
        Vec::new()
    }

    /// Enters it.
    ///
    /// # Errors
    /// As [`StoredRecord::update`].
    fn insert(tx: &mut WriteTx<'_>, prepared: &Self::Prepared, sees: DraftAccess<'_>) -> Result<Stored<Self>, Error>;

    /// Prepares and enters a record of this content now.
    ///
    /// # Errors
    /// As [`StoredRoot::insert`].
    fn enter(
        tx: &mut WriteTx<'_>,
        id: Id<Self>,
        content: impl Into<<Self::Document as Input>::Value>,
        sees: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        let prepared = Self::prepare(id, tx.stamp().now, content.into());
        Self::insert(tx, &prepared, sees)
    }
}
