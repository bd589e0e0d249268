//! Records with a name and a slug of their own, which are searched by words: departments and mutuals.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use document::Input;
use document::value::Slugged;
use domain::{DraftAccess, Fault, Id, Record, SearchQuery, Slug};

use crate::backend::dialect::Searched;
use crate::backend::fragment::{FoundBy, Fragment, all_of};
use crate::error::{Conflict, ConflictKind, Error};
use crate::known::Naming;
use crate::log::entry::Action;
use crate::query::keyset::{Listing, Page, Slice, Sorted};
use crate::query::record_filter::RecordFilter;
use crate::register::naming::free_slug;
use crate::register::record::{self, Writing};
use crate::register::root::{StoredRecord, StoredRoot};
use crate::transaction::Remark;
use crate::{ReadTx, Stored, WriteTx};

/// What a kind of such records says of them.
pub trait NamedKind: StoredRecord<Document: Input<Value = Slugged<Self>>> + Sorted + PartialEq {
    /// Where their words are searched.
    const SEARCHED: Searched;

    /// See [`StoredRoot::Filter`].
    type Filter;

    /// The names that a record with this id takes.
    fn naming(&self, id: Id<Self>) -> Naming;

    /// Its slug, to be replaced where it was taken.
    fn slug_mut(&mut self) -> &mut Slug;

    /// Takes away the rows that it is found by.
    fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error>;

    /// The words that a filter searches for.
    fn search(filter: &Self::Filter) -> Option<&SearchQuery>;

    /// What a filter lets through besides.
    fn condition(tx: &mut ReadTx<'_>, filter: &Self::Filter) -> Result<Fragment, Error>;

    /// What `q` finds a record by, as it is indexed.
    fn words(&self) -> String;

    /// Refuses what other records stand against, with the faults that are known already.
    fn check(tx: &mut ReadTx<'_>, record: &Record<Self>, faults: Vec<Fault>) -> Result<(), Error>;
}

/// Such a record that is ready to be entered.
#[derive(Debug)]
pub struct Prepared<T> {
    writing: Writing<T>,
    naming: Naming,
    parts: Vec<FoundBy>,
    words: Arc<str>,
    /// Whether the slug was made from the name, and gets a number where it is taken.
    slug_is_derived: bool,
}

impl<T: NamedKind> StoredRoot for T {
    type Filter = <T as NamedKind>::Filter;
    type Prepared = Prepared<T>;

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &Self::Filter,
        records: &RecordFilter,
        page: &Page,
        _: DraftAccess<'_>,
    ) -> Result<Slice, Error> {
        listing::<T>(tx, filter, records)?.page(tx, page, page.sort)
    }

    fn prepare(id: Id<T>, now: DateTime<Utc>, Slugged { content, derived }: Slugged<T>) -> Prepared<T> {
        let writing = Writing::new(Record { id, version: 1, created_at: now, updated_at: now, content });
        let content = &writing.record.content;
        let (naming, parts, words) = (content.naming(id), content.parts(writing.id()), content.words().into());
        Prepared { writing, naming, parts, words, slug_is_derived: derived }
    }

    fn content(prepared: &Prepared<T>) -> &T {
        &prepared.writing.record.content
    }

    fn names(prepared: &Prepared<T>) -> Vec<Naming> {
        vec![prepared.naming.clone()]
    }

    /// A slug that was made from the name gets a number behind it where it is taken.
    fn insert(tx: &mut WriteTx<'_>, prepared: &Prepared<T>, _: DraftAccess<'_>) -> Result<Stored<T>, Error> {
        let is_slug = |conflict: &Conflict| conflict.kind == ConflictKind::SlugTaken;
        match insert_as_it_is(tx, prepared) {
            Err(Error::Conflict(conflicts)) if prepared.slug_is_derived && conflicts.iter().any(is_slug) => {
                let Record { id, created_at, mut content, .. } = Record::clone(&prepared.writing.record);
                let slug = content.slug_mut();
                *slug = free_slug(tx, T::KIND, slug.clone())?;
                insert_as_it_is(tx, &T::prepare(id, created_at, content.into()))
            }
            entered => entered,
        }
    }
}

/// The records that a filter lets through.
pub(crate) fn listing<T: NamedKind>(
    tx: &mut ReadTx<'_>,
    filter: &T::Filter,
    records: &RecordFilter,
) -> Result<Listing, Error> {
    let own = T::condition(tx, filter)?;
    let condition = all_of([Some(own), records.condition(T::KIND, tx.conn().dialect())]);
    let listing = Listing::of::<T>(condition);
    Ok(match T::search(filter) {
        Some(query) => listing.searching(T::SEARCHED, query.clone()),
        None => listing,
    })
}

fn insert_as_it_is<T: NamedKind>(tx: &mut WriteTx<'_>, prepared: &Prepared<T>) -> Result<Stored<T>, Error> {
    let Prepared { writing, naming, parts, words, .. } = prepared;
    T::check(tx, &writing.record, Vec::new())?;
    naming.check(tx, None)?;
    let stored = writing.insert(tx, parts, Remark::default())?;
    naming.note(tx);
    tx.index_words(T::SEARCHED, writing.id(), Arc::clone(words));
    Ok(stored)
}

/// Replaces what such a record says, with the faults that are known already. Where it says the same, nothing is changed.
pub(crate) fn update<T: NamedKind>(
    tx: &mut WriteTx<'_>,
    current: &Record<T>,
    content: T,
    faults: Vec<Fault>,
) -> Result<Stored<T>, Error> {
    let writing = Writing::new(record::changed(tx, current, content)?);
    let content = &writing.record.content;
    T::check(tx, &writing.record, faults)?;
    content.naming(current.id).check(tx, Some(&current.content.naming(current.id)))?;
    if *content == current.content {
        return record::unchanged(tx, current);
    }
    T::remove_parts(tx, writing.id())?;
    let stored = writing.update(tx, &content.parts(writing.id()), Action::Update, Remark::default())?;
    tx.index_words(T::SEARCHED, writing.id(), content.words());
    Ok(stored)
}
