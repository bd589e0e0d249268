//! Records with a name and a slug of their own, which are searched by words: departments and mutuals.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use document::value::Slugged;
use domain::{Fault, Id, Record, Slug};

use crate::backend::dialect::Searched;
use crate::backend::fragment::FoundBy;
use crate::error::{Conflict, ConflictKind, Error};
use crate::known::Naming;
use crate::log::entry::Action;
use crate::register::naming::free_slug;
use crate::register::record::{self, StoredKind, Writing};
use crate::transaction::Remark;
use crate::{ReadTx, Stored, WriteTx};

/// What a kind of such records says of them.
pub(crate) trait NamedKind: StoredKind {
    /// Where their words are searched.
    const SEARCHED: Searched;

    /// The names that a record with this id takes.
    fn naming(&self, id: Id<Self>) -> Naming;

    /// Its slug, to be replaced where it was taken.
    fn slug_mut(&mut self) -> &mut Slug;

    /// What else is written with a record: the rows that it is found by.
    fn parts(&self, id: &str) -> Vec<FoundBy>;

    /// Takes these rows away.
    fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error>;

    /// What `q` finds a record by, as it is indexed.
    fn words(&self) -> String;

    /// Refuses what other records stand against, with the faults that are known already.
    fn check(tx: &mut ReadTx<'_>, record: &Record<Self>, faults: Vec<Fault>) -> Result<(), Error>;
}

/// Such a record that is ready to be entered.
#[derive(Debug)]
pub struct Prepared<T> {
    writing: Writing<T>,
    pub(crate) naming: Naming,
    parts: Vec<FoundBy>,
    words: Arc<str>,
    /// Whether the slug was made from the name, and gets a number where it is taken.
    slug_is_derived: bool,
}

impl<T> Prepared<T> {
    pub(crate) fn content(&self) -> &T {
        &self.writing.record.content
    }
}

/// Prepares such a record, which is to be entered at this time.
pub(crate) fn prepare<T: NamedKind>(
    id: Id<T>,
    now: DateTime<Utc>,
    Slugged { content, derived }: Slugged<T>,
) -> Prepared<T> {
    let writing = Writing::new(Record { id, version: 1, created_at: now, updated_at: now, content });
    let content = &writing.record.content;
    let (naming, parts, words) = (content.naming(id), content.parts(writing.id()), content.words().into());
    Prepared { writing, naming, parts, words, slug_is_derived: derived }
}

/// Enters it, with a number behind its slug where that was made from its name and is taken.
pub(crate) fn insert<T: NamedKind>(tx: &mut WriteTx<'_>, prepared: &Prepared<T>) -> Result<Stored<T>, Error> {
    let is_slug = |conflict: &Conflict| conflict.kind == ConflictKind::SlugTaken;
    match insert_as_it_is(tx, prepared) {
        Err(Error::Conflict(conflicts)) if prepared.slug_is_derived && conflicts.iter().any(is_slug) => {
            let Record { id, created_at, mut content, .. } = Record::clone(&prepared.writing.record);
            let slug = content.slug_mut();
            *slug = free_slug(tx, T::KIND, slug.clone())?;
            insert_as_it_is(tx, &prepare(id, created_at, content.into()))
        }
        entered => entered,
    }
}

fn insert_as_it_is<T: NamedKind>(tx: &mut WriteTx<'_>, prepared: &Prepared<T>) -> Result<Stored<T>, Error> {
    let Prepared { writing, naming, parts, words, .. } = prepared;
    T::check(tx, &writing.record, Vec::new())?;
    naming.check(tx)?;
    let stored = writing.insert(tx, parts, Remark::default())?;
    naming.note(tx);
    tx.index_words(T::SEARCHED, writing.id(), Arc::clone(words));
    Ok(stored)
}

/// Replaces what such a record says, with the faults that are known already.
pub(crate) fn update<T: NamedKind>(
    tx: &mut WriteTx<'_>,
    current: &Record<T>,
    content: T,
    faults: Vec<Fault>,
) -> Result<Stored<T>, Error> {
    let writing = Writing::new(record::changed(tx, current, content)?);
    let content = &writing.record.content;
    T::check(tx, &writing.record, faults)?;
    content.naming(current.id).check(tx)?;
    T::remove_parts(tx, writing.id())?;
    let stored = writing.update(tx, &content.parts(writing.id()), Action::Update, Remark::default())?;
    tx.index_words(T::SEARCHED, writing.id(), content.words());
    Ok(stored)
}
