//! How a record is kept: its document, and the columns that statements look into.
//!
//! A row is `id, version, created_at, updated_at, document, entry_seq`, with `public_document` where the public may be shown less, the record
//! that it belongs to where there is one, and the columns that its kind names: what lists are filtered and ordered by, what refers to other
//! records, what is unique and what is counted over many records. A record is read from its document alone. The texts of the
//! statements that write are the same each time, so that each is prepared once.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};
use document::record::{self, Json};
use document::{Documented, Wire};
use domain::{Id, Key, Record, Recorded};

use crate::backend::column::{Column, Takes};
use crate::backend::conn::Conn;
use crate::backend::dialect::{self, Searched};
use crate::backend::fragment::{Fixed, FixedQuery, FixedText, FoundBy, Fragment, PARAMETER};
use crate::backend::json::{instant, parsed};
use crate::error::Error;
use crate::log::entry::Action;
use crate::log::personal;
use crate::register::tombstone::{self, Confidants};
use crate::transaction::{Remark, Stored, next_version};
use crate::{ReadTx, Representation, WriteTx};

/// A kind of record with its columns.
pub trait StoredKind: Documented {
    /// The column of the record that it belongs to.
    const PARENT: Option<&'static str> = None;
    /// The columns beside those that every record has.
    const COLUMNS: Columns<Self>;
    /// The tables of the rows that records are found by, with their columns: `mutual_sectors (sector, mutual_id)`.
    const FOUND_IN: &'static [&'static str] = &[];
    /// The index of their words, with what makes the words of a record.
    const FOUND_BY_WORDS: Option<Words<Self>> = None;

    /// What else is written with a record of this id: the rows that it is found by.
    fn parts(&self, _id: &str) -> Vec<FoundBy> {
        Vec::new()
    }
}

/// The names of columns, each with what stands in it for a record of this content.
pub type Columns<T> = &'static [(&'static str, fn(&T) -> Column)];

/// The column with the number of the entry that made the record what it is.
pub(crate) const ENTRY_SEQ: &str = "entry_seq";
/// The column with all that the record says, as JSON.
pub(crate) const DOCUMENT: &str = "document";
/// The column with what the public is shown of it.
pub(crate) const PUBLIC_DOCUMENT: &str = "public_document";

/// An index of words, with what makes the words of a record.
pub type Words<T> = (Searched, fn(&T) -> String);

/// What follows from the declaration of a kind.
struct Shape<T>(PhantomData<fn() -> T>);

impl<T: StoredKind> Shape<T> {
    const IS_PERSONAL: bool = <T::Document as Wire>::OBJECT.has_personal();

    /// The columns that stay as they are when a record is changed.
    fn fixed() -> impl Iterator<Item = &'static str> {
        ["id", "created_at"].into_iter().chain(T::PARENT)
    }

    /// The others, beside [`ENTRY_SEQ`].
    fn columns() -> impl Iterator<Item = &'static str> {
        let public = Self::IS_PERSONAL.then_some(PUBLIC_DOCUMENT);
        ["version", "updated_at", DOCUMENT].into_iter().chain(public).chain(T::COLUMNS.iter().map(|(name, _)| *name))
    }
}

/// A record that is ready to be written: all is done that needs no look at the register.
#[derive(Debug)]
pub(crate) struct Writing<T> {
    pub(crate) record: Arc<Record<T>>,
    row: Row,
    document: Arc<str>,
    canonical: Arc<str>,
}

#[derive(Debug)]
struct Row {
    id: String,
    /// What stays as it is: see [`Shape::fixed`].
    fixed: Vec<Column>,
    /// What changes: see [`Shape::columns`].
    columns: Vec<Column>,
}

impl<T: StoredKind> Writing<T> {
    /// The row and the documents of a record.
    pub(crate) fn new(record: Record<T>) -> Self {
        let Json { shown, public, canonical } = record::write(&record);
        let id = record.id.to_string();
        let mut fixed = vec![Column::text(&id), Column::Instant(record.created_at.naive_utc())];
        if T::PARENT.is_some() {
            fixed.push(Column::text_option(record.content.parent_id().as_ref()));
        }
        let document = Arc::from(shown);
        let mut columns = vec![
            Column::Integer(Some(record.version)),
            Column::Instant(record.updated_at.naive_utc()),
            Column::Shared(Arc::clone(&document)),
        ];
        if Shape::<T>::IS_PERSONAL {
            columns.push(Column::Text(public.map(Cow::Owned)));
        }
        columns.extend(T::COLUMNS.iter().map(|(_, value)| value(&record.content)));
        Self { record: Arc::new(record), row: Row { id, fixed, columns }, document, canonical: Arc::from(canonical) }
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.row.id
    }

    /// Its document.
    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// What stands in its columns, beside [`ENTRY_SEQ`].
    pub(crate) fn cells(&self) -> impl Iterator<Item = (&'static str, &Column)> {
        let names = Shape::<T>::fixed().chain(Shape::<T>::columns());
        names.zip(self.row.fixed.iter().chain(&self.row.columns))
    }

    /// Adds the record to its table, with further rows that it is found by, and to the log.
    pub(crate) fn insert(&self, tx: &mut WriteTx<'_>, parts: &[FoundBy], remark: Remark) -> Result<Stored<T>, Error> {
        let entry_seq = tx.next_seq();
        dialect::write_with_parts(tx.adding(), self.statement::<true>(entry_seq), parts)?;
        self.log(tx, Action::Create, remark)
    }

    /// Puts the record in the place of what it was, with further rows that it is found by, and into the log.
    pub(crate) fn update(
        &self,
        tx: &mut WriteTx<'_>,
        parts: &[FoundBy],
        action: Action,
        remark: Remark,
    ) -> Result<Stored<T>, Error> {
        let entry_seq = tx.next_seq();
        dialect::write_with_parts(tx.changing(), self.statement::<false>(entry_seq), parts)?;
        self.log(tx, action, remark)
    }

    /// Rewrites the row, and what the record is found by, without a change to the record: no version goes up, nothing is logged, and the
    /// entry that made it is the same.
    fn rewrite(&self, tx: &mut WriteTx<'_>, entry_seq: i64) -> Result<(), Error> {
        for into in T::FOUND_IN {
            let [table, _, owner] = names_in(into);
            let delete = Fragment::default().sql(format!("DELETE FROM {table} WHERE {owner} = ")).parameter(self.id());
            delete.statement().execute(tx.changing())?;
        }
        let content = &self.record.content;
        dialect::write_with_parts(tx.changing(), self.statement::<false>(entry_seq), &content.parts(self.id()))?;
        if let Some((searched, words_of)) = T::FOUND_BY_WORDS {
            tx.unindex_words(searched, self.id())?;
            tx.index_words(searched, self.id(), words_of(content));
        }
        Ok(())
    }

    fn statement<const IS_NEW: bool>(&self, entry_seq: i64) -> Write<'_, T, IS_NEW> {
        Write { row: &self.row, entry_seq: Column::Integer(Some(entry_seq)), kind: PhantomData }
    }

    fn log(&self, tx: &mut WriteTx<'_>, action: Action, remark: Remark) -> Result<Stored<T>, Error> {
        let after = if Shape::<T>::IS_PERSONAL {
            personal::commit(tx, T::KIND, self.id(), &personal_members::<T>(), self.canonical.to_string())?.into()
        } else {
            Arc::clone(&self.canonical)
        };
        let entry_seq = tx.next_seq();
        tx.log(action, T::KIND, self.row.id.clone(), self.record.version, Some(after), remark);
        Ok(Stored { record: Arc::clone(&self.record), document: Arc::clone(&self.document), entry_seq })
    }
}

/// The table and the columns of the word and the record's id: of `mutual_sectors (sector, mutual_id)`.
pub(crate) fn names_in(into: &str) -> [&str; 3] {
    let mut names = into.split([' ', '(', ',', ')']).filter(|name| !name.is_empty());
    std::array::from_fn(|_| names.next().unwrap_or_default())
}

/// The columns of its table.
pub(crate) fn names<T: StoredKind>() -> impl Iterator<Item = &'static str> {
    Shape::<T>::fixed().chain(Shape::<T>::columns()).chain([ENTRY_SEQ])
}

/// Whether its records may say something about a person.
pub(crate) const fn is_personal<T: StoredKind>() -> bool {
    Shape::<T>::IS_PERSONAL
}

/// JSON Pointers to what its documents say about a person.
pub(crate) fn personal_members<T: StoredKind>() -> Vec<String> {
    record::personal(&<T::Document as Wire>::OBJECT)
}

/// A record of this content that is entered now.
pub(crate) fn entered<T>(tx: &WriteTx<'_>, id: Id<T>, content: T) -> Record<T> {
    let now = tx.stamp().now;
    Record { id, version: 1, created_at: now, updated_at: now, content }
}

/// The next version of a record, with this content.
pub(crate) fn changed<T>(tx: &WriteTx<'_>, current: &Record<T>, content: T) -> Result<Record<T>, Error> {
    Ok(Record {
        id: current.id,
        version: next_version(current.version)?,
        created_at: current.created_at,
        updated_at: tx.stamp().now,
        content,
    })
}

/// The record as it is stored.
pub(crate) fn unchanged<T: StoredKind>(tx: &mut ReadTx<'_>, current: &Record<T>) -> Result<Stored<T>, Error> {
    let query = Fragment::default().sql(format!("SELECT {ENTRY_SEQ} FROM {} WHERE id = ", T::KIND.table()));
    let entry_seq = query.parameter(current.id.to_string()).giving::<BigInt>().get_result(tx.conn())?;
    Ok(Stored { record: Arc::new(current.clone()), document: record::shown(current).into(), entry_seq })
}

/// The record with this id.
pub(crate) fn find<T: StoredKind>(tx: &mut ReadTx<'_>, id: Id<T>) -> Result<Option<Record<T>>, Error> {
    find_where(tx, with_key::<T>(&Key::Id(id)))
}

/// The record with this id or slug.
pub(crate) fn find_by_key<T: StoredKind>(tx: &mut ReadTx<'_>, key: &Key<T>) -> Result<Record<T>, Error> {
    let found = find_where(tx, with_key::<T>(key))?;
    found.ok_or_else(|| tombstone::missing(tx, T::KIND, key.to_string()))
}

/// What there is to show of the record with this id or slug, of a kind of which everybody sees all.
pub(crate) fn show_by_key<T: StoredKind>(tx: &mut ReadTx<'_>, key: &Key<T>) -> Result<Representation, Error> {
    const { assert!(!Shape::<T>::IS_PERSONAL, "the public may be shown less") };
    let found: QueryResult<(String, i64, NaiveDateTime, i64, String)> = match key {
        Key::Id(id) => Fixed::<ShownBy<T, false>>::new(&[&id.to_string()]).get_result(tx.conn()),
        Key::Slug(slug) => Fixed::<ShownBy<T, true>>::new(&[slug.as_str()]).get_result(tx.conn()),
    };
    let Some((id, version, updated_at, entry_seq, document)) = found.optional()? else {
        return Err(tombstone::missing(tx, T::KIND, key.to_string()));
    };
    Ok(Representation { id, version, updated_at: instant(updated_at), entry_seq, document, reduced: false })
}

/// What is shown of the record with an id, or with a slug: the read that is asked for most.
struct ShownBy<T, const SLUG: bool>(PhantomData<fn() -> T>);

impl<T: StoredKind, const SLUG: bool> FixedText for ShownBy<T, SLUG> {
    const PIECES: &'static [&'static str] = &[
        "SELECT id, version, updated_at, entry_seq, document FROM ",
        T::KIND.table(),
        if SLUG { " WHERE slug = " } else { " WHERE id = " },
        PARAMETER,
    ];
}

impl<T: StoredKind, const SLUG: bool> FixedQuery for ShownBy<T, SLUG> {
    type Gives = (Text, BigInt, Timestamp, BigInt, Text);
}

/// The record with this id or slug, as a condition.
pub(crate) fn with_key<T: Recorded>(key: &Key<T>) -> Fragment {
    let table = Fragment::default().sql(T::KIND.table());
    match key {
        Key::Id(id) => table.sql(".id = ").parameter(id.to_string()),
        Key::Slug(slug) => table.sql(".slug = ").parameter(slug.as_str()),
    }
}

/// The first record that meets a condition.
pub(crate) fn find_where<T: StoredKind>(tx: &mut ReadTx<'_>, condition: Fragment) -> Result<Option<Record<T>>, Error> {
    Ok(load::<T>(tx, condition.sql(" LIMIT 1"))?.into_iter().next())
}

/// The records that meet a condition, in the order of entry.
pub(crate) fn all_where<T: StoredKind>(tx: &mut ReadTx<'_>, condition: Fragment) -> Result<Vec<Record<T>>, Error> {
    load(tx, condition.sql(format!(" ORDER BY {}.id", T::KIND.table())))
}

/// The records that meet a condition, in an order, as SQL says both.
pub(crate) fn load<T: StoredKind>(tx: &mut ReadTx<'_>, condition: Fragment) -> Result<Vec<Record<T>>, Error> {
    let select = Fragment::default().sql(select::<T>()).sql(" WHERE ").and(condition);
    let found: Vec<Found> = select.statement().load(tx.conn())?;
    found.into_iter().map(Found::into_record).collect()
}

fn select<T: StoredKind>() -> String {
    let table = T::KIND.table();
    let parent = T::PARENT.unwrap_or("NULL");
    format!(
        "SELECT {table}.id, version, created_at, updated_at, entry_seq, {parent} AS parent_id, document FROM {table}"
    )
}

/// Takes a record out of the register: its row goes, its id and slug stay taken, and the log says so.
pub(crate) fn delete<T: StoredKind>(
    tx: &mut WriteTx<'_>,
    current: &Record<T>,
    slug: Option<&str>,
    confidants: &Confidants,
) -> Result<(), Error> {
    let id = current.id.to_string();
    let delete = Fragment::default().sql(format!("DELETE FROM {} WHERE id = ", T::KIND.table())).parameter(id.as_str());
    delete.statement().execute(tx.changing())?;
    tombstone::insert(tx, T::KIND, &id, slug, confidants)?;
    let remark = Remark { restricted: confidants.restricted, ..Remark::default() };
    tx.log(Action::Delete, T::KIND, id, next_version(current.version)?, None, remark);
    Ok(())
}

/// Records of one table whose documents are upgraded in one transaction.
const AT_A_TIME: usize = 500;

/// Brings the documents of the next records into today's form where they are of an earlier one; gives the last id, or none at the end.
pub(crate) fn upgrade<T: StoredKind>(tx: &mut WriteTx<'_>, from: usize, after: &str) -> Result<Option<String>, Error> {
    let table = T::KIND.table();
    let next = Fragment::default()
        .sql(select::<T>())
        .sql(format!(" WHERE {table}.id > "))
        .parameter(after)
        .sql(format!(" ORDER BY {table}.id LIMIT {AT_A_TIME}"));
    let found: Vec<Found> = next.statement().load(tx.conn())?;
    let last = found.last().map(|row| row.id.clone());
    for mut row in found {
        let upgraded = record::upgrade::<T>(&row.document, from);
        row.document = upgraded.map_err(|said| corrupt::<T>(&row.id, &said))?;
        let entry_seq = row.entry_seq;
        Writing::new(row.into_record::<T>()?).rewrite(tx, entry_seq)?;
    }
    Ok(last)
}

/// Indexes the words of all records of a kind, none of which are indexed.
pub(crate) fn index_words_anew<T: StoredKind>(conn: &mut Conn) -> Result<(), Error> {
    let Some((searched, words_of)) = T::FOUND_BY_WORDS else { return Ok(()) };
    let mut after = String::new();
    loop {
        let next = Fragment::default().sql("id > ").parameter(&after).sql(format!(" ORDER BY id LIMIT {AT_A_TIME}"));
        let found = load::<T>(&mut ReadTx::on(conn), next)?;
        let words: Vec<(String, String)> =
            found.iter().map(|record| (record.id.to_string(), words_of(&record.content))).collect();
        let Some((last, _)) = words.last() else { return Ok(()) };
        let rows: Vec<_> = words.iter().map(|(id, words)| (searched, id.as_str(), words.as_str())).collect();
        dialect::insert_words(conn, &rows)?;
        last.clone_into(&mut after);
    }
}

fn corrupt<T: Documented>(id: &str, said: &str) -> Error {
    Error::Internal(format!("the document of the {} {id} can't be read: {said}", T::KIND))
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Timestamp)]
    created_at: NaiveDateTime,
    #[diesel(sql_type = Timestamp)]
    updated_at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    entry_seq: i64,
    #[diesel(sql_type = Nullable<Text>)]
    parent_id: Option<String>,
    #[diesel(sql_type = Text)]
    document: String,
}

impl Found {
    fn into_record<T: StoredKind>(self) -> Result<Record<T>, Error> {
        let content = record::read::<T>(&self.document, self.parent_id.as_deref());
        Ok(Record {
            id: parsed("id", &self.id)?,
            version: self.version,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            content: content.map_err(|said| corrupt::<T>(&self.id, &said))?,
        })
    }
}

/// `INSERT` of a row that is new, `UPDATE` of one that is there. Its text is made once for each kind.
struct Write<'r, T, const IS_NEW: bool> {
    row: &'r Row,
    entry_seq: Column,
    kind: PhantomData<fn() -> T>,
}

impl<T: StoredKind, const IS_NEW: bool> QueryId for Write<'_, T, IS_NEW> {
    type QueryId = Write<'static, T, IS_NEW>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<T: StoredKind, DB: Takes> QueryFragment<DB> for Write<'_, T, true> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("INSERT INTO ");
        out.push_sql(T::KIND.table());
        let mut before = " (";
        for name in Shape::<T>::fixed().chain(Shape::<T>::columns()).chain([ENTRY_SEQ]) {
            out.push_sql(before);
            out.push_sql(name);
            before = ", ";
        }
        before = ") VALUES (";
        for column in self.row.fixed.iter().chain(&self.row.columns).chain([&self.entry_seq]) {
            out.push_sql(before);
            DB::take(column, &mut out)?;
            before = ", ";
        }
        out.push_sql(")");
        Ok(())
    }
}

impl<T: StoredKind, DB: Takes> QueryFragment<DB> for Write<'_, T, false> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        out.push_sql(T::KIND.table());
        let mut before = " SET ";
        let columns = self.row.columns.iter().chain([&self.entry_seq]);
        for (name, column) in Shape::<T>::columns().chain([ENTRY_SEQ]).zip(columns) {
            out.push_sql(before);
            out.push_sql(name);
            out.push_sql(" = ");
            DB::take(column, &mut out)?;
            before = ", ";
        }
        out.push_sql(" WHERE id = ");
        self.row.fixed.first().map_or(Ok(()), |id| DB::take(id, &mut out))
    }
}

impl<T, C, const IS_NEW: bool> RunQueryDsl<C> for Write<'_, T, IS_NEW> {}
