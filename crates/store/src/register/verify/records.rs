//! The records of a kind against their newest entries.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use document::Wire as _;
use document::value::hex;
use domain::Record;
use serde::Deserialize;
use serde_json::Value;

use crate::ReadTx;
use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;
use crate::backend::schema::document_versions;
use crate::error::Error;
use crate::log::personal;
use crate::register::record::{self, DOCUMENT, PUBLIC_DOCUMENT, StoredKind, Writing};
use crate::register::verify::fault::{AT_A_TIME, Blame, Found, RegisterFault, Span, newest_of, next_after};
use crate::register::verify::found_by::{rows_by_owner, table_of};
use crate::register::verify::values::{Kept, values_of};

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
pub(super) fn compared<T: StoredKind>(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    if let Some(fault) = other_form::<T>(tx)? {
        return Ok(Found { faults: vec![fault], ..Found::default() });
    }
    let dialect = tx.conn().dialect();
    let rows: Vec<RawRecord> = select_records::<T>(dialect, after).statement().load(tx.conn())?;
    let next = next_after(&rows, |row| &row.id);
    let span = Span { after, last: next.as_deref() };
    let mut found_by = Vec::new();
    for table in T::FOUND_IN {
        found_by.push((*table, rows_by_owner(tx, table, span)?));
    }
    let mut personal = if record::is_personal::<T>() { values_of(tx, T::KIND, span)? } else { HashMap::new() };
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
                blame.part(table_of(table), "does not match the log");
            }
        }
    }
    for (table, rows) in found_by {
        for owner in rows.keys() {
            Blame::of(T::KIND, owner, None, &mut faults).part(table_of(table), "has rows for an unknown record");
        }
    }
    Ok(Found { records: i64::try_from(rows.len()).unwrap_or(i64::MAX), faults, next })
}

/// The fault if documents are in another document version: they could not be told apart from altered ones.
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
            "the documents were written by another version of the program: run `mutuals serve` once to upgrade them"
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

fn cell_names<T: StoredKind>() -> impl Iterator<Item = &'static str> {
    record::names::<T>().filter(|name| !is_document(name))
}

fn is_document(name: &str) -> bool {
    name == DOCUMENT || name == PUBLIC_DOCUMENT
}

/// The row that the newest entry makes; none where there is none, or it can't be told.
fn made_by_entry<T: StoredKind>(row: &RawRecord, values: &[Kept], blame: &mut Blame<'_>) -> Option<Writing<T>> {
    let Some(seq) = row.seq else {
        blame.record("has no log entry");
        return None;
    };
    let Some(after) = &row.after else {
        blame.record("exists, although it was deleted");
        return None;
    };
    let parsed = str::from_utf8(after).ok().and_then(|after| serde_json::from_str::<Value>(after).ok());
    let Some(mut after) = parsed else {
        blame.record("cannot be compared: its log entry is unreadable");
        return None;
    };
    for member in record::personal_members::<T>() {
        put_value(&mut after, &member, values, blame);
    }
    match in_form_of::<T>(&after.to_string(), &row.document) {
        Ok(writing) => Some(writing),
        Err(said) => {
            blame.record(format!("cannot be compared: entry {seq} is not a valid record: {said}"));
            None
        }
    }
}

/// Puts a value in the place of the commitment to it.
pub(super) fn put_value(after: &mut Value, member: &str, values: &[Kept], blame: &mut Blame<'_>) {
    let Some(found) = after.pointer_mut(member) else { return };
    let Some(commitment) = personal::commitment_in(found) else { return };
    let value = values.iter().find(|kept| kept.commitment == commitment.as_bytes() && kept.member == member.as_bytes());
    match value.and_then(Kept::value) {
        Some(value) => *found = value.into(),
        None => {
            blame.part(format!("{DOCUMENT} {member}"), "the log has a commitment to a value that is missing");
            *found = Value::Null;
        }
    }
}

/// The row of a logged document. An entry may be of any form that documents ever had: that one counts which makes the document that is
/// there.
pub(super) fn in_form_of<T: StoredKind>(after: &str, there: &[u8]) -> Result<Writing<T>, String> {
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
    let parent_id = T::Document::OBJECT.parent().and_then(|parent| members.get(parent.name)?.as_str());
    let content = document::record::read::<T>(document, parent_id)?;
    let id = id.parse().map_err(|_| "its id is not valid".to_owned())?;
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
                    blame.part(name, "does not match the log");
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
        return blame.part(name, "is not a document");
    };
    let mut members = Vec::new();
    differences(&expected, &there, "", &mut members);
    if members.is_empty() {
        blame.part(name, "is not written as the register writes it");
    }
    for member in members {
        blame.part(format!("{name} {member}"), "does not match the log");
    }
}

/// JSON Pointers to the members that differ.
pub(super) fn differences(expected: &Value, there: &Value, place: &str, found: &mut Vec<String>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_differ_are_named() {
        let mut found = Vec::new();
        let one = serde_json::json!({ "a": [{ "b": 1 }, 2], "c": "x", "e": [1] });
        let other = serde_json::json!({ "a": [{ "b": 3 }, 2], "c": "x", "d": null, "e": [] });
        differences(&one, &other, "", &mut found);
        assert_eq!(found, ["/a/0/b", "/e"]);
    }
}
