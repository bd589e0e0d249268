//! Compares the register with its log: each record with its newest entry, each tombstone with a deletion, and each personal value with the
//! commitment that stands for it.
//!
//! The row that an entry makes is made anew, by the code that writes rows, and compared with the one that is there. Whatever the database
//! holds is read as bytes: what is no text is a fault of that record and no end of the check. Each step is of one snapshot, so that
//! changes may go on.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use document::value::hex;
use document::{Documented, Wire as _};
use domain::{Child, Kind, Record};
use serde::Deserialize;
use serde_json::Value;

use crate::ReadTx;
use crate::backend::dialect::{Dialect, Searched};
use crate::backend::fragment::Fragment;
use crate::backend::schema::document_versions;
use crate::error::Error;
use crate::log::personal;
use crate::register::record::{self, DOCUMENT, PUBLIC_DOCUMENT, StoredKind, Writing};

/// Records that are compared in one step: few enough that its snapshot is short.
const AT_A_TIME: usize = 200;
/// Words of a record that are looked up in one statement.
const WORDS_AT_A_TIME: usize = 50;

/// Something in the register that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegisterFault {
    /// What kind of record it is about, as the register writes it.
    pub resource_type: String,
    /// The record's id.
    pub id: String,
    /// The column, the member of the document or the table that is meant; empty where it is the record itself.
    pub part: String,
    /// The newest entry about the record.
    pub seq: Option<i64>,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for RegisterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource_type, id, part, seq, detail } = self;
        let part = if part.is_empty() { String::new() } else { format!(", {part}") };
        write!(f, "{resource_type} {id}{part}: {detail}")?;
        seq.map_or(Ok(()), |seq| write!(f, " (entry {seq})"))
    }
}

/// What a step found.
#[derive(Default)]
pub(crate) struct Found {
    /// So many records were compared.
    pub(crate) records: i64,
    pub(crate) faults: Vec<RegisterFault>,
    /// The place to go on after; none at the end.
    pub(crate) next: Option<Vec<u8>>,
}

/// Compares what comes next after a place.
pub(crate) type Step = fn(&mut ReadTx<'_>, &[u8]) -> Result<Found, Error>;

macro_rules! steps {
    (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
        &[
            $(records::<$Record>, logged::<$Record>,)+
            $(records::<Child<$Parent, $Child>>, logged::<Child<$Parent, $Child>>,)+
            tombstones,
            personal_values,
        ]
    };
}

/// All that is compared, each to its end.
pub(crate) const STEPS: &[Step] = domain::for_each_record!(steps);

/// A record as it lies in its table, with its newest entry.
#[derive(QueryableByName)]
struct RawRecord {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    /// Its columns but for the documents, each in hexadecimal, between commas.
    #[diesel(sql_type = Text)]
    cells: String,
    #[diesel(sql_type = Binary)]
    document: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    public_document: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    after: Option<Vec<u8>>,
}

/// The records of a kind, with all that is kept beside them.
fn records<T: StoredKind>(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    if let Some(fault) = other_form::<T>(tx)? {
        return Ok(Found { faults: vec![fault], ..Found::default() });
    }
    let dialect = tx.conn().dialect();
    let rows: Vec<RawRecord> = select_records::<T>(dialect, after).statement().load(tx.conn())?;
    let next = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.id.clone());
    let span = Span { after, last: next.as_deref() };
    let mut found_by = Vec::new();
    for table in T::FOUND_IN {
        found_by.push((*table, rows_by_owner(tx, table, span)?));
    }
    let mut personal = if record::is_personal::<T>() { values_of(tx, T::KIND, span)? } else { HashMap::new() };
    let mut words = match T::FOUND_BY_WORDS {
        Some((searched, _)) => indexed_words(tx, searched, span)?,
        None => HashMap::new(),
    };
    let mut faults = Vec::new();
    for row in &rows {
        let mut blame = Blame::of(T::KIND, &row.id, row.seq, &mut faults);
        let values = personal.remove(&row.id).unwrap_or_default();
        let Some(writing) = made_by_entry::<T>(row, &values, &mut blame) else {
            // What is kept beside it is of no record that could be told.
            found_by.iter_mut().for_each(|(_, rows)| drop(rows.remove(&row.id)));
            continue;
        };
        compare_row(&writing, row, dialect, &mut blame);
        let content = &writing.record.content;
        for (table, rows) in &mut found_by {
            let expected = content.parts(writing.id()).into_iter().filter(|part| part.into == *table);
            let mut expected: Vec<Vec<u8>> =
                expected.flat_map(|part| part.rows.into_iter().map(|[word, _]| word)).map(String::into_bytes).collect();
            expected.sort_unstable();
            if rows.remove(&row.id).unwrap_or_default() != expected {
                blame.part(table_of(table), "has other rows than the log says");
            }
        }
        if let Some((searched, words_of)) = T::FOUND_BY_WORDS {
            let indexed = words.remove(&row.id).unwrap_or(Indexed::Nothing);
            if !indexed.is(tx, searched, &words_of(content))? {
                blame.part(searched.index(), "finds it by other words than the log says");
            }
        }
    }
    for (table, rows) in found_by {
        for owner in rows.keys() {
            Blame::of(T::KIND, owner, None, &mut faults).part(table_of(table), "has rows of no such record");
        }
    }
    if let (Some((searched, _)), None) = (T::FOUND_BY_WORDS, &next) {
        let surplus = searched.surplus(tx.conn())?;
        if surplus > 0 {
            Blame::of(T::KIND, b"-", None, &mut faults).part(searched.index(), "has words of no record");
        }
    }
    Ok(Found { records: i64::try_from(rows.len()).unwrap_or(i64::MAX), faults, next })
}

/// Documents of another form than today's can't be told from altered ones.
fn other_form<T: StoredKind>(tx: &mut ReadTx<'_>) -> Result<Option<RegisterFault>, Error> {
    let noted: Option<i64> = document_versions::table
        .find(T::KIND.as_str())
        .select(document_versions::version)
        .first(tx.conn())
        .optional()?;
    let is_other = noted.is_some_and(|noted| usize::try_from(noted) != Ok(T::DOCUMENT_VERSION));
    Ok(is_other.then(|| RegisterFault {
        resource_type: T::KIND.as_str().to_owned(),
        id: "-".to_owned(),
        part: DOCUMENT.to_owned(),
        seq: None,
        detail:
            "the documents were written by another version of the program: let this one serve once, which upgrades them"
                .to_owned(),
    }))
}

fn select_records<T: StoredKind>(dialect: Dialect, after: &[u8]) -> Fragment {
    let table = T::KIND.table();
    let cells: Vec<String> = cell_names::<T>().map(|name| dialect.hex(&format!("r.{name}"))).collect();
    let public = if record::is_personal::<T>() {
        dialect.bytes(&format!("r.{PUBLIC_DOCUMENT}"))
    } else {
        dialect.no_bytes().to_owned()
    };
    Fragment::default()
        .sql(format!(
            "SELECT {} AS id, {} AS cells, {} AS document, {public} AS public_document, e.seq AS seq, {} AS after \
             FROM (SELECT {table}.id AS id, {} AS newest FROM {table} WHERE {table}.id > ",
            dialect.bytes("r.id"),
            cells.join(" || ',' || "),
            dialect.bytes("r.document"),
            dialect.bytes("e.after"),
            newest_of(T::KIND, &format!("{table}.id")),
        ))
        .bytes(dialect, after)
        .sql(format!(" ORDER BY {table}.id LIMIT {AT_A_TIME}) AS wanted JOIN {table} r ON r.id = wanted.id "))
        .sql("LEFT JOIN entries e ON e.seq = wanted.newest ORDER BY r.id")
}

/// The number of the newest entry about the record with this id, as SQL.
fn newest_of(kind: Kind, id: &str) -> String {
    format!(
        "(SELECT one.seq FROM entries one WHERE one.resource_id = {id} AND one.resource_type = '{}' ORDER BY one.seq DESC LIMIT 1)",
        kind.as_str()
    )
}

fn cell_names<T: StoredKind>() -> impl Iterator<Item = &'static str> {
    record::names::<T>().filter(|name| !is_document(name))
}

fn is_document(name: &str) -> bool {
    name == DOCUMENT || name == PUBLIC_DOCUMENT
}

/// Ids after one, up to another or to the end.
#[derive(Clone, Copy)]
struct Span<'s> {
    after: &'s [u8],
    last: Option<&'s [u8]>,
}

impl Span<'_> {
    fn of(self, dialect: Dialect, column: &str) -> Fragment {
        let sql = Fragment::default().sql(format!("{column} > ")).bytes(dialect, self.after);
        match self.last {
            Some(last) => sql.sql(format!(" AND {column} <= ")).bytes(dialect, last),
            None => sql,
        }
    }
}

/// Gathers what is wrong with one record.
struct Blame<'f> {
    resource_type: String,
    id: String,
    seq: Option<i64>,
    faults: &'f mut Vec<RegisterFault>,
}

impl<'f> Blame<'f> {
    fn of(kind: Kind, id: &[u8], seq: Option<i64>, faults: &'f mut Vec<RegisterFault>) -> Self {
        let id = String::from_utf8_lossy(id).into_owned();
        Self { resource_type: kind.as_str().to_owned(), id, seq, faults }
    }

    fn part(&mut self, part: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(RegisterFault {
            resource_type: self.resource_type.clone(),
            id: self.id.clone(),
            part: part.into(),
            seq: self.seq,
            detail: detail.into(),
        });
    }

    fn record(&mut self, detail: impl Into<String>) {
        self.part("", detail);
    }
}

/// The row that the newest entry makes; none where there is none, or it can't be told.
fn made_by_entry<T: StoredKind>(row: &RawRecord, values: &[Kept], blame: &mut Blame<'_>) -> Option<Writing<T>> {
    let Some(seq) = row.seq else {
        blame.record("is in no entry of the log");
        return None;
    };
    let Some(after) = &row.after else {
        blame.record("is there, though it was deleted");
        return None;
    };
    let parsed = str::from_utf8(after).ok().and_then(|after| serde_json::from_str::<Value>(after).ok());
    let Some(mut after) = parsed else {
        blame.record("cannot be compared, since its entry is unreadable");
        return None;
    };
    for member in record::personal_members::<T>() {
        put_value(&mut after, &member, values, blame);
    }
    match in_form_of::<T>(&after.to_string(), &row.document) {
        Ok(writing) => Some(writing),
        Err(said) => {
            blame.record(format!("cannot be compared, since entry {seq} makes no such record: {said}"));
            None
        }
    }
}

/// Puts a value in the place of the commitment to it.
fn put_value(after: &mut Value, member: &str, values: &[Kept], blame: &mut Blame<'_>) {
    let Some(found) = after.pointer_mut(member) else { return };
    let Some(commitment) = personal::commitment_in(found) else { return };
    let value = values.iter().find(|kept| kept.commitment == commitment.as_bytes() && kept.member == member.as_bytes());
    match value.and_then(Kept::value) {
        Some(value) => *found = value.into(),
        None => {
            blame.part(format!("{DOCUMENT} {member}"), "the log has a commitment to a value that is not kept");
            *found = Value::Null;
        }
    }
}

/// The row of a logged document. An entry may be of any form that documents ever had: that one counts which makes the document that is
/// there.
fn in_form_of<T: StoredKind>(after: &str, there: &[u8]) -> Result<Writing<T>, String> {
    let mut first = None;
    for form in (1..=T::DOCUMENT_VERSION).rev() {
        let made = document::record::upgrade::<T>(after, form).and_then(|document| written(&document));
        match made {
            Ok(writing) if writing.document().as_bytes() == there => return Ok(writing),
            other => first = first.or(Some(other)),
        }
    }
    first.unwrap_or_else(|| Err("its documents have no form".to_owned()))
}

/// What the register adds to the members of a record.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    version: i64,
    created_at: String,
    updated_at: String,
}

fn written<T: StoredKind>(document: &str) -> Result<Writing<T>, String> {
    let Envelope { id, version, created_at, updated_at } =
        serde_json::from_str(document).map_err(|error| error.to_string())?;
    let members: Value = serde_json::from_str(document).map_err(|error| error.to_string())?;
    let parent = T::Document::OBJECT.envelope.and_then(|envelope| envelope.parent);
    let parent_id = parent.and_then(|(name, _)| members.get(name)?.as_str());
    let content = document::record::read::<T>(document, parent_id)?;
    let id = id.parse().map_err(|_| "its id is none".to_owned())?;
    let (created_at, updated_at) = (instant(&created_at)?, instant(&updated_at)?);
    Ok(Writing::new(Record { id, version, created_at, updated_at, content }))
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|error| error.to_string())
}

fn compare_row<T: StoredKind>(writing: &Writing<T>, row: &RawRecord, dialect: Dialect, blame: &mut Blame<'_>) {
    let found: HashMap<&str, &str> = cell_names::<T>().zip(row.cells.split(',')).collect();
    for (name, column) in writing.cells() {
        match name {
            DOCUMENT => compare_document(name, column.stored(dialect).as_deref(), Some(&row.document), blame),
            PUBLIC_DOCUMENT => {
                compare_document(name, column.stored(dialect).as_deref(), row.public_document.as_deref(), blame);
            }
            _ => {
                let expected = column.stored(dialect).map_or_else(|| "-".to_owned(), |text| hex(text.as_bytes()));
                if found.get(name).copied() != Some(expected.as_str()) {
                    blame.part(name, "is not what the log says");
                }
            }
        }
    }
    let seq = row.seq.map(|seq| hex(seq.to_string().as_bytes()));
    if found.get(record::ENTRY_SEQ).copied() != seq.as_deref() {
        blame.part(record::ENTRY_SEQ, "names another entry");
    }
}

fn compare_document(name: &str, expected: Option<&str>, there: Option<&[u8]>, blame: &mut Blame<'_>) {
    if expected.map(str::as_bytes) == there {
        return;
    }
    let parse = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let both = expected.and_then(|text| parse(text.as_bytes())).zip(there.and_then(parse));
    let Some((expected, there)) = both else {
        return blame.part(name, "is no document");
    };
    let mut members = Vec::new();
    differences(&expected, &there, "", &mut members);
    if members.is_empty() {
        blame.part(name, "is not written as the register writes it");
    }
    for member in members {
        blame.part(format!("{name} {member}"), "is not what the log says");
    }
}

/// JSON Pointers to the members that differ.
fn differences(expected: &Value, there: &Value, place: &str, found: &mut Vec<String>) {
    match (expected, there) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let member = |members: &serde_json::Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                differences(&member(one), &member(other), &format!("{place}/{name}"), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &format!("{place}/{index}"), found);
            }
        }
        _ if expected == there => {}
        _ => found.push(place.to_owned()),
    }
}

/// A row of a table by which records are found, or an id with a word of another kind.
#[derive(QueryableByName)]
struct Owned {
    #[diesel(sql_type = Binary)]
    owner: Vec<u8>,
    #[diesel(sql_type = Binary)]
    word: Vec<u8>,
}

/// The words of such a table by the ids of their records, in order.
fn rows_by_owner(tx: &mut ReadTx<'_>, into: &str, span: Span<'_>) -> Result<HashMap<Vec<u8>, Vec<Vec<u8>>>, Error> {
    let dialect = tx.conn().dialect();
    let [table, word, owner] = names_in(into);
    let select =
        format!("SELECT {} AS owner, {} AS word FROM {table} WHERE ", dialect.bytes(owner), dialect.bytes(word));
    let found = Fragment::default().sql(select).and(span.of(dialect, owner)).statement();
    let found: Vec<Owned> = found.load(tx.conn())?;
    let mut by_owner: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
    for Owned { owner, word } in found {
        by_owner.entry(owner).or_default().push(word);
    }
    by_owner.values_mut().for_each(|words| words.sort_unstable());
    Ok(by_owner)
}

/// The table and the columns of the word and the record's id: of `mutual_sectors (sector, mutual_id)`.
fn names_in(into: &str) -> [&str; 3] {
    let mut names = into.split([' ', '(', ',', ')']).filter(|name| !name.is_empty());
    std::array::from_fn(|_| names.next().unwrap_or_default())
}

fn table_of(into: &str) -> &str {
    let [table, ..] = names_in(into);
    table
}

/// How a record is found by words.
enum Indexed {
    /// Not at all.
    Nothing,
    /// By these words.
    Words(BTreeSet<Vec<u8>>),
    /// By so many words, of a row of this number; which they are is to be asked for each.
    Counted { row_no: i64, count: Option<u64> },
}

#[derive(QueryableByName)]
struct Sized {
    #[diesel(sql_type = Binary)]
    owner: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    row_no: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    size: Option<Vec<u8>>,
}

fn indexed_words(tx: &mut ReadTx<'_>, searched: Searched, span: Span<'_>) -> Result<HashMap<Vec<u8>, Indexed>, Error> {
    let dialect = tx.conn().dialect();
    let table = searched.table();
    let select =
        Fragment::default().sql(searched.select_indexed(dialect)).and(span.of(dialect, &format!("{table}.id")));
    Ok(match dialect {
        Dialect::Postgres => {
            let found: Vec<Owned> = select.statement().load(tx.conn())?;
            let words = |text: &[u8]| {
                text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
            };
            found.into_iter().map(|Owned { owner, word }| (owner, Indexed::Words(words(&word)))).collect()
        }
        Dialect::Sqlite => {
            let found: Vec<Sized> = select.statement().load(tx.conn())?;
            let counted = |Sized { owner, row_no, size }| match size {
                Some(size) => (owner, Indexed::Counted { row_no, count: varint(&size) }),
                None => (owner, Indexed::Nothing),
            };
            found.into_iter().map(counted).collect()
        }
    })
}

impl Indexed {
    /// Whether these are its words, which are all different.
    fn is(&self, tx: &mut ReadTx<'_>, searched: Searched, words: &str) -> Result<bool, Error> {
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        match self {
            Self::Nothing => Ok(false),
            Self::Words(indexed) => {
                Ok(words.len() == indexed.len() && words.iter().all(|word| indexed.contains(word.as_bytes())))
            }
            Self::Counted { count, .. } if *count != u64::try_from(words.len()).ok() => Ok(false),
            Self::Counted { row_no, .. } => {
                for some in words.chunks(WORDS_AT_A_TIME) {
                    if !searched.has_words(tx.conn(), *row_no, some) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

/// A number as SQLite writes it: seven bits in each byte, the highest first, the eighth saying that more follow.
fn varint(bytes: &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for (position, byte) in bytes.iter().enumerate() {
        number = number.checked_shl(7)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return (bytes.len() == position.saturating_add(1)).then_some(number);
        }
    }
    None
}

/// A record that the log tells of.
#[derive(QueryableByName)]
struct RawLogged {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Bool)]
    is_deleted: bool,
    #[diesel(sql_type = Bool)]
    is_there: bool,
    #[diesel(sql_type = Bool)]
    has_tombstone: bool,
}

/// The records of a kind that the log says were ever entered: each is there, or has a tombstone.
fn logged<T: Documented>(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    let dialect = tx.conn().dialect();
    let (kind, table) = (T::KIND, T::KIND.table());
    let select = Fragment::default()
        .sql(format!(
            "SELECT {} AS id, newest.seq AS seq, newest.action = 'delete' AS is_deleted, \
             r.id IS NOT NULL AS is_there, d.id IS NOT NULL AS has_tombstone \
             FROM (SELECT made.resource_id AS id, {} AS newest FROM entries made WHERE made.action = 'create' \
             AND made.resource_type = '{}' AND made.resource_id > ",
            dialect.bytes("wanted.id"),
            newest_of(kind, "made.resource_id"),
            kind.as_str(),
        ))
        .bytes(dialect, after)
        .sql(format!(
            " ORDER BY made.resource_id LIMIT {AT_A_TIME}) AS wanted JOIN entries newest ON newest.seq = wanted.newest \
             LEFT JOIN {table} r ON r.id = wanted.id LEFT JOIN tombstones d ON d.id = wanted.id ORDER BY wanted.id"
        ));
    let rows: Vec<RawLogged> = select.statement().load(tx.conn())?;
    let mut faults = Vec::new();
    for row in &rows {
        let mut blame = Blame::of(kind, &row.id, Some(row.seq), &mut faults);
        let RawLogged { is_deleted, is_there, has_tombstone, .. } = *row;
        if !is_deleted && !is_there {
            blame.record("is not there");
        }
        if is_deleted && !has_tombstone {
            blame.part(TOMBSTONES, "has nothing of its deletion");
        }
        if !is_deleted && has_tombstone {
            blame.part(TOMBSTONES, "says that it was deleted");
        }
    }
    let next = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.id.clone());
    Ok(Found { faults, next, records: 0 })
}

const TOMBSTONES: &str = "tombstones";

/// A tombstone with what the log says of the record.
#[derive(QueryableByName)]
struct RawTombstone {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    resource_type: Vec<u8>,
    #[diesel(sql_type = Nullable<Binary>)]
    slug: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    department_id: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    scrutineer_key_id: Option<Vec<u8>>,
    /// Whether it is restricted as its deletion was.
    #[diesel(sql_type = Bool)]
    is_restricted_alike: bool,
    /// Whether its time is that of the deletion, or before it where the entry before came later.
    #[diesel(sql_type = Bool)]
    is_of_its_time: bool,
    /// The deletion, where the newest entry is one.
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    /// The record before it.
    #[diesel(sql_type = Nullable<Binary>)]
    before: Option<Vec<u8>>,
}

/// What was deleted, as it is kept.
fn tombstones(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    let dialect = tx.conn().dialect();
    let columns = ["id", "resource_type", "slug", "department_id", "scrutineer_key_id"];
    let columns = columns.map(|name| format!("{} AS {name}", dialect.bytes(&format!("d.{name}")))).join(", ");
    let select = Fragment::default()
        .sql(format!(
            "SELECT {columns}, COALESCE(d.restricted = e.restricted, 1 = 0) AS is_restricted_alike, \
             COALESCE(d.deleted_at = e.at OR d.deleted_at < e.at \
             AND EXISTS (SELECT 1 FROM entries p WHERE p.seq = e.seq - 1 AND p.at = e.at), 1 = 0) AS is_of_its_time, CASE WHEN e.action = 'delete' THEN e.seq ELSE NULL END AS seq, \
             {} AS before FROM \
             (SELECT t.id AS id, (SELECT one.seq FROM entries one WHERE one.resource_id = t.id AND one.resource_type = t.resource_type \
             ORDER BY one.seq DESC LIMIT 1) AS newest FROM tombstones t WHERE t.id > ",
            dialect.bytes("b.after"),
        ))
        .bytes(dialect, after)
        .sql(format!(
            " ORDER BY t.id LIMIT {AT_A_TIME}) AS wanted JOIN tombstones d ON d.id = wanted.id LEFT JOIN entries e ON e.seq = wanted.newest \
             LEFT JOIN entries b ON b.seq = (SELECT one.seq FROM entries one WHERE one.resource_id = e.resource_id AND one.seq < e.seq \
             ORDER BY one.seq DESC LIMIT 1) ORDER BY d.id"
        ));
    let rows: Vec<RawTombstone> = select.statement().load(tx.conn())?;
    let mut faults = Vec::new();
    for row in &rows {
        let department = row.department_before(tx)?;
        row.compare(department, &mut faults);
    }
    let next = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.id.clone());
    Ok(Found { faults, next, records: 0 })
}

impl RawTombstone {
    fn is_ballot(&self) -> bool {
        self.resource_type == Kind::StaffBallot.as_str().as_bytes()
    }

    /// What a member said before the deletion.
    fn member_before(&self, name: &str) -> Option<String> {
        let before: Value = serde_json::from_slice(self.before.as_ref()?).ok()?;
        before.get(name)?.as_str().map(str::to_owned)
    }

    /// The department that led the mutual of a ballot when the ballot was deleted.
    fn department_before(&self, tx: &mut ReadTx<'_>) -> Result<Option<String>, Error> {
        let mutual = self.member_before("mutual_id").filter(|_| self.is_ballot());
        let Some((mutual, seq)) = mutual.zip(self.seq) else { return Ok(None) };
        let dialect = tx.conn().dialect();
        let newest = Fragment::default()
            .sql(format!(
                "SELECT {} AS word, {} AS owner FROM entries e WHERE e.resource_id = ",
                dialect.bytes("COALESCE(e.after, '')"),
                dialect.bytes("e.resource_id")
            ))
            .parameter(mutual)
            .sql(" AND e.seq < ")
            .number(seq)
            .sql(" ORDER BY e.seq DESC LIMIT 1");
        let found: Option<Owned> = newest.statement().load(tx.conn())?.into_iter().next();
        let after = found.and_then(|found| serde_json::from_slice::<Value>(&found.word).ok());
        Ok(after.and_then(|after| after.get("department_id")?.as_str().map(str::to_owned)))
    }

    fn compare(&self, department: Option<String>, faults: &mut Vec<RegisterFault>) {
        let resource_type = String::from_utf8_lossy(&self.resource_type).into_owned();
        let id = String::from_utf8_lossy(&self.id).into_owned();
        let mut blame = Blame { resource_type, id, seq: self.seq, faults };
        if self.seq.is_none() {
            return blame.part(TOMBSTONES, "says that it was deleted, as no entry of the log does");
        }
        let scrutineer = self.member_before("scrutineer_key_id").filter(|_| self.is_ballot());
        for (name, expected, there) in [
            ("slug", self.member_before("slug"), &self.slug),
            ("department_id", department, &self.department_id),
            ("scrutineer_key_id", scrutineer, &self.scrutineer_key_id),
        ] {
            if expected.map(String::into_bytes) != *there {
                blame.part(format!("{TOMBSTONES} {name}"), "is not what the log says");
            }
        }
        for (name, is_right) in [("restricted", self.is_restricted_alike), ("deleted_at", self.is_of_its_time)] {
            if !is_right {
                blame.part(format!("{TOMBSTONES} {name}"), "is not what the log says");
            }
        }
    }
}

/// A value behind a commitment.
#[derive(QueryableByName)]
struct Kept {
    #[diesel(sql_type = Binary)]
    owner: Vec<u8>,
    #[diesel(sql_type = Binary)]
    resource_type: Vec<u8>,
    #[diesel(sql_type = Binary)]
    commitment: Vec<u8>,
    #[diesel(sql_type = Binary)]
    member: Vec<u8>,
    #[diesel(sql_type = Binary)]
    salt: Vec<u8>,
    #[diesel(sql_type = Binary)]
    value: Vec<u8>,
    /// An entry that has the commitment; looked for only where each value is checked.
    #[diesel(sql_type = Nullable<Binary>)]
    after: Option<Vec<u8>>,
}

impl Kept {
    fn select(dialect: Dialect, after: &str) -> Fragment {
        let columns =
            [("resource_id", "owner"), ("resource_type", ""), ("commitment", ""), ("member", ""), ("value", "")];
        let columns = columns.map(|(name, called)| {
            format!("{} AS {}", dialect.bytes(&format!("v.{name}")), if called.is_empty() { name } else { called })
        });
        Fragment::default().sql(format!(
            "SELECT {}, v.salt AS salt, {after} AS after FROM personal_values v WHERE ",
            columns.join(", ")
        ))
    }

    /// The value, if it is the one that the commitment stands for.
    fn value(&self) -> Option<String> {
        let value = String::from_utf8(self.value.clone()).ok()?;
        (personal::hash(&self.salt, &value).as_bytes() == self.commitment).then_some(value)
    }

    /// Whether that entry has the commitment where the value belongs.
    fn is_in_entry(&self) -> bool {
        let after = self.after.as_ref().and_then(|after| serde_json::from_slice::<Value>(after).ok());
        let member = str::from_utf8(&self.member).ok();
        let found = after.as_ref().zip(member).and_then(|(after, member)| after.pointer(member));
        found.and_then(personal::commitment_in).is_some_and(|commitment| commitment.as_bytes() == self.commitment)
    }
}

/// The values of the records of a kind.
fn values_of(tx: &mut ReadTx<'_>, kind: Kind, span: Span<'_>) -> Result<HashMap<Vec<u8>, Vec<Kept>>, Error> {
    let dialect = tx.conn().dialect();
    let select = Kept::select(dialect, dialect.no_bytes())
        .and(span.of(dialect, "v.resource_id"))
        .sql(format!(" AND v.resource_type = '{}'", kind.as_str()));
    let found: Vec<Kept> = select.statement().load(tx.conn())?;
    let mut by_owner: HashMap<Vec<u8>, Vec<Kept>> = HashMap::new();
    for kept in found {
        by_owner.entry(kept.owner.clone()).or_default().push(kept);
    }
    Ok(by_owner)
}

/// Every value that is kept: it is what its commitment stands for, and the commitment is in an entry about a record that was not deleted.
fn personal_values(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    let dialect = tx.conn().dialect();
    let of_record = "FROM entries e WHERE e.resource_id = v.resource_id AND e.resource_type = v.resource_type";
    let entry = format!(
        "CASE WHEN (SELECT e.action {of_record} ORDER BY e.seq DESC LIMIT 1) = 'delete' THEN {} ELSE {} END",
        dialect.no_bytes(),
        dialect.bytes(&format!(
            "(SELECT e.after {of_record} AND {} > 0 ORDER BY e.seq LIMIT 1)",
            dialect.position("v.commitment", "e.after")
        )),
    );
    let select = Kept::select(dialect, &entry)
        .sql("v.commitment > ")
        .bytes(dialect, after)
        .sql(format!(" ORDER BY v.commitment LIMIT {AT_A_TIME}"));
    let rows: Vec<Kept> = select.statement().load(tx.conn())?;
    let mut faults = Vec::new();
    for row in &rows {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut blame =
            Blame { resource_type: text(&row.resource_type), id: text(&row.owner), seq: None, faults: &mut faults };
        let place = format!("personal_values {}", text(&row.member));
        if row.value().is_none() {
            blame.part(place, format!("the stored value does not match the commitment {}", text(&row.commitment)));
        } else if !row.is_in_entry() {
            blame.part(place, "a value is kept that the log has no commitment to");
        }
    }
    let next = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.commitment.clone());
    Ok(Found { faults, next, records: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_sqlite_writes_it() {
        for (bytes, number) in
            [(&[0x05][..], Some(5)), (&[0x81, 0x00], Some(128)), (&[0x81], None), (&[], None), (&[1, 1], None)]
        {
            assert_eq!(varint(bytes), number, "{bytes:?}");
        }
    }

    #[test]
    fn members_that_differ_are_named() {
        let mut found = Vec::new();
        let one = serde_json::json!({ "a": [{ "b": 1 }, 2], "c": "x", "e": [1] });
        let other = serde_json::json!({ "a": [{ "b": 3 }, 2], "c": "x", "d": null, "e": [] });
        differences(&one, &other, "", &mut found);
        assert_eq!(found, ["/a/0/b", "/e"]);
    }

    #[test]
    fn a_table_is_told_from_its_columns() {
        assert_eq!(names_in("mutual_sectors (sector, mutual_id)"), ["mutual_sectors", "sector", "mutual_id"]);
    }
}
