//! Records that belong to another, all kept alike: what a department or a mutual has many of.
//!
//! Each kind has a table, a [`Row`] and the rules that bind it to other records ([`StoredChild`]); how one is found, listed, entered,
//! changed and deleted is here, once for all of them. Who is not known to be in the confidence of the department gets the document
//! without personal data.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamp};
use domain::{
    AnnualReturn, Child, Commitment, Department, DepartmentId, DraftAccess, Enabler, Endorsement, Id, Key, Kind,
    Mutual, Objection, PathwayProgress, PathwayStep, Record, StageTransition, SupportRequest,
};

use crate::backend::conn::Conn;
use crate::backend::fragment::Fragment;
use crate::backend::json::{instant, parsed, parsed_option};
use crate::backend::schema::{departments, mutuals};
use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::log::entry_log::Action;
use crate::log::personal;
use crate::query::keyset::{self, KeyKind, Page, Slice, SortColumn, Values};
use crate::register::tombstone;
use crate::transaction::{Remark, next_version};
use crate::{Document, ReadTx, Representation, Stored, WriteTx};

/// A part of the kind `T`, as it is stored.
pub type ChildRecord<T> = Record<Child<<T as StoredChild>::Parent, T>>;

/// Id of a part of the kind `T`.
pub type ChildId<T> = Id<Child<<T as StoredChild>::Parent, T>>;

/// A part of whatever kind, to be written down.
#[derive(Clone, Copy, Debug)]
pub enum AnyChild<'r> {
    /// A commitment of a department.
    Commitment(&'r ChildRecord<Commitment>),
    /// A mutual's move from one stage to another.
    StageTransition(&'r ChildRecord<StageTransition>),
    /// A step of a department's pathway.
    PathwayStep(&'r ChildRecord<PathwayStep>),
    /// Somebody who supports mutuals in a department.
    Enabler(&'r ChildRecord<Enabler>),
    /// An annual return of a mutual.
    AnnualReturn(&'r ChildRecord<AnnualReturn>),
    /// An endorsement of a mutual.
    Endorsement(&'r ChildRecord<Endorsement>),
    /// An objection to a mutual.
    Objection(&'r ChildRecord<Objection>),
    /// A mutual's request for support.
    SupportRequest(&'r ChildRecord<SupportRequest>),
    /// A step of the pathway that a mutual has done.
    PathwayProgress(&'r ChildRecord<PathwayProgress>),
}

/// A record that others belong to.
pub trait Parent: Clone + Send + Sync + 'static {
    /// What it is called in the register.
    const TYPE: Kind;
    /// The column by which its parts say which one they belong to.
    const COLUMN: &'static str;

    /// The id behind an id or a slug.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
    fn find_id(tx: &mut ReadTx<'_>, key: &Key<Self>) -> Result<Id<Self>, Error>;

    /// The department whose record it is; none where there is no such record, or it has none.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    fn department(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Option<DepartmentId>, Error>;
}

/// What a kind of part is, and how it is kept.
pub trait StoredChild: Clone + Send + Sync + 'static {
    /// What it belongs to.
    type Parent: Parent;
    /// A row of its table.
    type Row: Row<Self>;

    /// What it is called in the register.
    const TYPE: Kind;
    /// Its table.
    const TABLE: &'static str;
    /// What the parts of one whole are listed by.
    const ORDER: SortColumn;
    /// The column by which a list can be narrowed.
    const FILTER_COLUMN: Option<&'static str> = None;
    /// The columns of lists of words, an empty one standing for all words, by which a list can be narrowed further.
    const COVERED: &'static [&'static str] = &[];

    /// The record among those of all kinds.
    fn any(record: &ChildRecord<Self>) -> AnyChild<'_>;

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
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    fn follow(_: &mut WriteTx<'_>, _: Id<Self::Parent>, _before: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        Ok(())
    }

    /// The records that refer to it, which stand in the way of its deletion.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    fn dependents(_: &mut ReadTx<'_>, _: ChildId<Self>) -> Result<Vec<Conflict>, Error> {
        Ok(Vec::new())
    }

    /// The same without what it says about a person; none where it never does.
    fn erased(&self) -> Option<Self> {
        None
    }
}

/// A row of a table of parts. `table_access` writes all but the first two.
pub trait Row<T: StoredChild>: Sized {
    /// The row of a record.
    fn new(record: &ChildRecord<T>, form: Form) -> Self;
    /// The record of a row.
    ///
    /// # Errors
    /// [`Error::Internal`] where a column holds what it may not.
    fn into_record(self) -> Result<ChildRecord<T>, Error>;
    /// The row with this id.
    ///
    /// # Errors
    /// Those of the database, as for the others.
    fn load(conn: &mut Conn, id: &str) -> QueryResult<Option<Self>>;
    /// The rows that meet a condition, in the order of entry.
    fn load_all(conn: &mut Conn, condition: Fragment) -> QueryResult<Vec<Self>>;
    /// The rows after this id.
    fn load_after(conn: &mut Conn, id: &str) -> QueryResult<Vec<Self>>;
    /// Adds the row to the table.
    fn insert(&self, conn: &mut Conn) -> QueryResult<usize>;
    /// Puts the row in the place of the one with its id.
    fn update(&self, conn: &mut Conn) -> QueryResult<usize>;
}

/// The functions of a [`Row`] that differ by the table alone.
macro_rules! table_access {
    ($table:ident) => {
        fn load(conn: &mut Conn, id: &str) -> QueryResult<Option<Self>> {
            $table::table.find(id).select(Self::as_select()).first(conn).optional()
        }

        fn load_all(conn: &mut Conn, condition: crate::backend::fragment::Fragment) -> QueryResult<Vec<Self>> {
            $table::table.filter(condition).order($table::id).select(Self::as_select()).load(conn)
        }

        fn load_after(conn: &mut Conn, id: &str) -> QueryResult<Vec<Self>> {
            let next = $table::table.filter($table::id.gt(id)).order($table::id).limit(document_form::AT_A_TIME);
            next.select(Self::as_select()).load(conn)
        }

        fn insert(&self, conn: &mut Conn) -> QueryResult<usize> {
            diesel::insert_into($table::table).values(self).execute(conn)
        }

        fn update(&self, conn: &mut Conn) -> QueryResult<usize> {
            diesel::update($table::table.find(&self.id)).set(self).execute(conn)
        }
    };
}

pub(crate) use table_access;

/// A part as JSON, for those who see all of it and, where that is less, for the public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildDocument {
    /// All of it.
    pub full: Document,
    /// Without personal data, where it has any.
    pub public: Option<String>,
}

/// Records of one type, each with its id and its name, that refer to another.
type Dependents = (Kind, Vec<(String, String)>);

/// How a part is written down in its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// For everybody.
    pub document: String,
    /// With personal data, where it has any.
    pub full_document: Option<String>,
}

impl Form {
    fn of(ChildDocument { full, public }: ChildDocument) -> Self {
        match public {
            Some(public) => Self { document: public, full_document: Some(full.shown) },
            None => Self { document: full.shown, full_document: None },
        }
    }

    /// All of it.
    fn into_full(self) -> String {
        self.full_document.unwrap_or(self.document)
    }
}

/// The order of entry.
pub(crate) const fn by_id(id: &'static str) -> SortColumn {
    SortColumn { name: id, id, values: Values::Unique, kind: KeyKind::Text, found_first: false }
}

impl Parent for Department {
    const TYPE: Kind = Kind::Department;
    const COLUMN: &'static str = "department_id";

    fn find_id(tx: &mut ReadTx<'_>, key: &Key<Self>) -> Result<DepartmentId, Error> {
        let query = departments::table.select(departments::id);
        let found: Option<String> = match key {
            Key::Id(id) => query.filter(departments::id.eq(id.to_string())).first(tx.conn()).optional()?,
            Key::Slug(slug) => query.filter(departments::slug.eq(slug.as_str())).first(tx.conn()).optional()?,
        };
        let found = found.ok_or_else(|| tombstone::missing(tx, Self::TYPE, key.to_string()))?;
        parsed("id", &found)
    }

    fn department(_: &mut ReadTx<'_>, id: DepartmentId) -> Result<Option<DepartmentId>, Error> {
        Ok(Some(id))
    }
}

impl Parent for Mutual {
    const TYPE: Kind = Kind::Mutual;
    const COLUMN: &'static str = "mutual_id";

    fn find_id(tx: &mut ReadTx<'_>, key: &Key<Self>) -> Result<Id<Self>, Error> {
        let query = mutuals::table.select(mutuals::id);
        let found: Option<String> = match key {
            Key::Id(id) => query.filter(mutuals::id.eq(id.to_string())).first(tx.conn()).optional()?,
            Key::Slug(slug) => query.filter(mutuals::slug.eq(slug.as_str())).first(tx.conn()).optional()?,
        };
        let found = found.ok_or_else(|| tombstone::missing(tx, Self::TYPE, key.to_string()))?;
        parsed("id", &found)
    }

    fn department(tx: &mut ReadTx<'_>, id: Id<Self>) -> Result<Option<DepartmentId>, Error> {
        let query = mutuals::table.filter(mutuals::id.eq(id.to_string())).select(mutuals::department_id);
        let found: Option<Option<String>> = query.first(tx.conn()).optional()?;
        parsed_option("department_id", found.flatten().as_deref())
    }
}

/// The part of a record with this id.
///
/// # Errors
/// [`Error::NotFound`] where the record has no such part, [`Error::Gone`] where it was deleted.
pub fn find<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parent_id: Id<T::Parent>,
    id: ChildId<T>,
) -> Result<ChildRecord<T>, Error> {
    match there(tx, id)?.filter(|record| record.content.parent_id == parent_id) {
        Some(record) => Ok(record),
        None => Err(missing::<T>(tx, id)),
    }
}

/// The part with this id, whatever it belongs to.
pub(crate) fn there<T: StoredChild>(tx: &mut ReadTx<'_>, id: ChildId<T>) -> Result<Option<ChildRecord<T>>, Error> {
    T::Row::load(tx.conn(), &id.to_string())?.map(T::Row::into_record).transpose()
}

/// What there is to show of the part of a record with this id, to a caller in these departments' confidence.
///
/// # Errors
/// As [`find`].
pub fn show<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parent_id: Id<T::Parent>,
    id: ChildId<T>,
    sees: DraftAccess<'_>,
) -> Result<Representation, Error> {
    let (table, column) = (T::TABLE, T::Parent::COLUMN);
    let query = Fragment::default()
        .sql(format!("SELECT {table}.id, version, updated_at, document, full_document, "))
        .and(seen::<T>(sees))
        .sql(format!(" AS seen, NULL AS key FROM {table} WHERE {table}.id = "))
        .parameter(id.to_string())
        .sql(format!(" AND {column} = "))
        .parameter(parent_id.to_string());
    let found: Option<Found> = query.statement().load(tx.conn())?.into_iter().next();
    let Some(found) = found else { return Err(missing::<T>(tx, id)) };
    let (version, updated_at) = (found.version, instant(found.updated_at));
    let (document, reduced) = found.for_reader();
    Ok(Representation { id: id.to_string(), version, updated_at, document, reduced })
}

/// Which parts of a record a list holds: those that meet every condition given.
#[derive(Clone, Debug, Default)]
pub struct ChildConditions {
    /// Whose facet is one of these words.
    pub words: Vec<&'static str>,
    /// Which cover one of these words, for each list of words of [`StoredChild::COVERED`].
    pub covered: Vec<Vec<&'static str>>,
}

/// A page of the parts of a record, for a caller in these departments' confidence.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the list.
pub fn list<T: StoredChild>(
    tx: &mut ReadTx<'_>,
    parent_id: Id<T::Parent>,
    narrowing: &ChildConditions,
    page: &Page<()>,
    sees: DraftAccess<'_>,
) -> Result<Slice, Error> {
    let dialect = tx.conn().dialect();
    let table = T::TABLE;
    let of_whole = || {
        let condition = Fragment::default().sql(format!("{} = ", T::Parent::COLUMN)).parameter(parent_id.to_string());
        condition.and(narrowing.condition::<T>())
    };
    let mut reduced = Vec::new();
    let mut slice = keyset::slice(page, T::ORDER, dialect, |segment| {
        let query = Fragment::default()
            .sql(format!("SELECT {table}.id, version, updated_at, document, full_document, "))
            .and(seen::<T>(sees))
            .sql(format!(" AS seen, {} AS key FROM {table} WHERE ", segment.key.sql()))
            .and(of_whole())
            .sql(" AND ")
            .and(segment.condition)
            .sql(format!(" ORDER BY {} LIMIT {}", segment.order.sql(), segment.limit));
        let rows: Vec<Found> = query.statement().load(tx.conn())?;
        let listed = |row: Found| {
            let (id, version, key) = (row.id.clone(), row.version, row.key.clone());
            let (document, is_reduced) = row.for_reader();
            reduced.push(is_reduced);
            (id, version, document, key)
        };
        Ok(rows.into_iter().map(listed).collect())
    })?;
    slice.items.iter_mut().zip(reduced).for_each(|(item, reduced)| item.reduced = reduced);
    if page.count {
        let count = Fragment::default().sql(format!("SELECT COUNT(*) AS number FROM {table} WHERE ")).and(of_whole());
        slice.total = count.statement().load::<Counted>(tx.conn())?.first().map(|counted| counted.number);
    }
    Ok(slice)
}

/// All parts of a record, in the order of their entry.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn all<T: StoredChild>(tx: &mut ReadTx<'_>, parent_id: Id<T::Parent>) -> Result<Vec<ChildRecord<T>>, Error> {
    let of_whole =
        Fragment::default().sql(format!("{}.{} = ", T::TABLE, T::Parent::COLUMN)).parameter(parent_id.to_string());
    T::Row::load_all(tx.conn(), of_whole)?.into_iter().map(T::Row::into_record).collect()
}

/// Enters a part of a record.
///
/// # Errors
/// Those of its rules ([`StoredChild::check`]).
pub fn insert<T: StoredChild>(
    tx: &mut WriteTx<'_>,
    id: ChildId<T>,
    part: Child<T::Parent, T>,
) -> Result<Stored<Child<T::Parent, T>>, Error> {
    let now = tx.stamp().now;
    let mut record = Record { id, version: 1, created_at: now, updated_at: now, content: part };
    T::check(tx, id, None, &mut record.content)?;
    write(tx, Action::Create, None, record, T::Row::insert, None)
}

/// Replaces what a part says.
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
    write(tx, Action::Update, Some(current), record, T::Row::update, None)
}

/// Replaces what a part says as other records have it, whatever its own rules.
pub(crate) fn alter<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>, content: T) -> Result<(), Error> {
    let record = changed(tx, current, content)?;
    write_down(tx, Action::Update, record, T::Row::update, None).map(drop)
}

/// Takes what a part says about a person out of it, out of what the log's commitments stand for, and out of the kept answers about it.
/// Gives how many values the log no longer knows.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn erase<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>, reason: &str) -> Result<usize, Error> {
    let content = &current.content.content;
    let record = changed(tx, current, content.erased().unwrap_or_else(|| content.clone()))?;
    let forgotten = personal::forget(tx, T::TYPE, &current.id.to_string())?;
    write(tx, Action::Erase, Some(current), record, T::Row::update, Some(reason.to_owned()))?;
    Ok(forgotten)
}

/// Deletes a part.
///
/// # Errors
/// [`Error::Conflict`] naming the records that refer to it.
pub fn delete<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>) -> Result<(), Error> {
    let conflicts = T::dependents(tx, current.id)?;
    if !conflicts.is_empty() {
        return Err(Error::Conflict(conflicts));
    }
    remove(tx, current)?;
    T::follow(tx, current.content.parent_id, Some(current))
}

/// Deletes a part with which its whole goes too.
pub(crate) fn remove<T: StoredChild>(tx: &mut WriteTx<'_>, current: &ChildRecord<T>) -> Result<(), Error> {
    let id = current.id.to_string();
    let delete = Fragment::default().sql(format!("DELETE FROM {} WHERE id = ", T::TABLE)).parameter(&id);
    delete.statement().execute(tx.changing())?;
    tombstone::insert(tx, T::TYPE, &id, None)?;
    personal::forget(tx, T::TYPE, &id)?;
    tx.log(Action::Delete, T::TYPE, id, next_version(current.version)?, None);
    Ok(())
}

fn changed<T: StoredChild>(tx: &WriteTx<'_>, current: &ChildRecord<T>, content: T) -> Result<ChildRecord<T>, Error> {
    Ok(Record {
        id: current.id,
        version: next_version(current.version)?,
        created_at: current.created_at,
        updated_at: tx.stamp().now,
        content: Child { parent_id: current.content.parent_id, content },
    })
}

fn write<T: StoredChild>(
    tx: &mut WriteTx<'_>,
    action: Action,
    before: Option<&ChildRecord<T>>,
    record: ChildRecord<T>,
    store: impl FnOnce(&T::Row, &mut Conn) -> QueryResult<usize>,
    reason: Option<String>,
) -> Result<Stored<Child<T::Parent, T>>, Error> {
    let parent_id = record.content.parent_id;
    let stored = write_down(tx, action, record, store, reason)?;
    T::follow(tx, parent_id, before)?;
    Ok(stored)
}

fn write_down<T: StoredChild>(
    tx: &mut WriteTx<'_>,
    action: Action,
    record: ChildRecord<T>,
    store: impl FnOnce(&T::Row, &mut Conn) -> QueryResult<usize>,
    reason: Option<String>,
) -> Result<Stored<Child<T::Parent, T>>, Error> {
    let id = record.id.to_string();
    let document = tx.documents().part(T::any(&record));
    let canonical = document.full.canonical.clone();
    let form = Form::of(document);
    store(&T::Row::new(&record, form.clone()), tx.changing())?;
    let after = personal::commit(tx, T::TYPE, &id, canonical)?;
    tx.log_with(action, T::TYPE, id, record.version, Some(after), Remark { reason, restricted: false });
    Ok(Stored { record: Arc::new(record), document: form.into_full() })
}

/// Writes the documents of the next parts anew where they differ; gives the last id, or none at the end.
pub(crate) fn rewrite_documents<T: StoredChild>(tx: &mut WriteTx<'_>, after: &str) -> Result<Option<String>, Error> {
    let mut last = None;
    for row in T::Row::load_after(tx.conn(), after)? {
        let record = row.into_record()?;
        let form = Form::of(tx.documents().part(T::any(&record)));
        T::Row::new(&record, form).update(tx.changing())?;
        last = Some(record.id.to_string());
    }
    Ok(last)
}

/// The parts that stand in the way of their whole's deletion.
pub(crate) fn dependents<T: StoredChild>(tx: &mut ReadTx<'_>, parent_id: &str) -> Result<Dependents, Error> {
    referring::<T>(tx, T::Parent::COLUMN, parent_id)
}

/// The parts whose column has this id.
pub(crate) fn referring<T: StoredChild>(tx: &mut ReadTx<'_>, column: &str, id: &str) -> Result<Dependents, Error> {
    let query = Fragment::default()
        .sql(format!("SELECT id FROM {} WHERE {column} = ", T::TABLE))
        .parameter(id)
        .sql(format!(" ORDER BY id LIMIT {}", Conflict::NAMED_DEPENDENTS));
    let found: Vec<Named> = query.statement().load(tx.conn())?;
    Ok((T::TYPE, found.into_iter().map(|Named { id }| (id, T::TYPE.to_string())).collect()))
}

/// Refuses a part with a value that another part of its whole has.
pub(crate) fn untaken<T: StoredChild>(
    kind: ConflictKind,
    field: &str,
    value: impl fmt::Display,
    other: Option<String>,
) -> Result<(), Error> {
    let Some(id) = other else { return Ok(()) };
    let other = OtherRecord { resource_type: T::TYPE, id, name: None };
    Err(Error::Conflict(vec![Conflict { kind, field: field.to_owned(), value: value.to_string(), other: Some(other) }]))
}

fn missing<T: StoredChild>(tx: &mut ReadTx<'_>, id: ChildId<T>) -> Error {
    tombstone::missing(tx, T::TYPE, id.to_string())
}

impl ChildConditions {
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

/// Whether the reader is in the confidence of the department that the part belongs to.
fn seen<T: StoredChild>(sees: DraftAccess<'_>) -> Fragment {
    let sql = Fragment::default();
    match sees {
        DraftAccess::All => sql.sql("(1 = 1)"),
        DraftAccess::None | DraftAccess::Appointments(_) | DraftAccess::Departments([]) => sql.sql("(1 = 0)"),
        DraftAccess::Departments(own) => {
            let department = match T::Parent::TYPE {
                Kind::Department => format!("{}.department_id", T::TABLE),
                _ => format!(
                    "COALESCE((SELECT mutuals.department_id FROM mutuals WHERE mutuals.id = {}.mutual_id), '')",
                    T::TABLE
                ),
            };
            sql.sql(format!("({department} IN (")).parameters(own.iter().map(ToString::to_string)).sql("))")
        }
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Timestamp)]
    updated_at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    document: String,
    #[diesel(sql_type = Nullable<Text>)]
    full_document: Option<String>,
    #[diesel(sql_type = Bool)]
    seen: bool,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
}

impl Found {
    /// The document that the reader may see, and whether that is less than there is.
    fn for_reader(self) -> (String, bool) {
        match self.full_document {
            Some(full) if self.seen => (full, false),
            Some(_) => (self.document, true),
            None => (self.document, false),
        }
    }
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    id: String,
}
