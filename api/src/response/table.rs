//! Records as a table, for spreadsheets: the columns of a resource, and what of a record stands in a cell.
//!
//! A text stands in its cell as it is, anything else as JSON; the cell of a member that a record doesn't have is empty. A spreadsheet takes
//! a text for a formula that begins in certain ways: such a text has an apostrophe before it, which `armless` puts there and
//! `as_it_was` takes away. Knows no resource and no file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use document::node::is_too_large;
use document::object::{Member, Object};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Schema, SchemaType, Type};

/// The media type of tables.
pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// What a table may begin with, by which Excel knows that it is UTF-8.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How a table is written.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TableOptions {
    /// `true` begins the file with a byte order mark (U+FEFF), by which Excel knows that it is UTF-8.
    #[param(default = false)]
    bom: Option<bool>,
}

impl TableOptions {
    /// Whether the table is to begin with a byte order mark.
    pub fn has_mark(self) -> bool {
        self.bom.unwrap_or_default()
    }
}

/// A column: a member of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What the member is called, and the column is headed. A member of a member has a dot: `tests.left_public_sector`.
    pub name: String,
    pub cell: Cell,
}

/// What is in the cells of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Text,
    /// `true` or `false`, which a spreadsheet writes in capitals.
    Boolean,
    /// A list of texts: as JSON, or as people type one, with semicolons between.
    Texts,
    /// A number, a list or the like, as JSON.
    Json,
}

/// The columns of records of this kind, in the order that people read them in.
pub fn columns(object: &Object) -> Vec<Column> {
    let of = |name: &str, cell| Column { name: name.to_owned(), cell };
    let parent = object.parent().map(|parent| of(parent.name, Cell::Text));
    let own = object.members.iter().map(|member| of(member.name, cell_of(member)));
    let kept = [of("version", Cell::Json), of("created_at", Cell::Text), of("updated_at", Cell::Text)];
    std::iter::once(of("id", Cell::Text)).chain(parent).chain(own).chain(kept).collect()
}

/// The columns that a table may have which is taken in: those of a record, one for each member of an object that it holds, and those
/// that an export has beside ids.
pub fn import_columns(object: &Object) -> Vec<Column> {
    let mut columns = columns(object);
    for member in object.members {
        let inside = member.object.into_iter().filter(|_| !member.is_list()).flat_map(|inside| inside.members);
        columns.extend(inside.map(|own| Column { name: format!("{}.{}", member.name, own.name), cell: cell_of(own) }));
    }
    for member in object.expandable() {
        columns.extend(member.expanded().into_iter().flat_map(|word| columns_beside(&word, member)));
    }
    columns
}

/// The columns for the slugs and the names of the records whose ids a member has.
pub fn columns_beside(word: &str, member: &Member) -> [Column; 2] {
    let cell = if member.is_list() { Cell::Json } else { Cell::Text };
    ["slug", "name"].map(|own| Column { name: format!("{word}.{own}"), cell })
}

fn cell_of(member: &Member) -> Cell {
    if member.object.is_some() {
        return Cell::Json;
    }
    let mut known = Vec::new();
    (member.collect)(&mut known);
    let resolve = |schema| match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
            known.iter().find_map(|(known, schema)| (*known == name).then(|| schema.clone()))
        }
        schema => Some(schema),
    };
    let kind = match resolve((member.schema)()) {
        Some(RefOr::T(Schema::Object(object))) => object.schema_type,
        _ => SchemaType::AnyValue,
    };
    match kind {
        SchemaType::Type(Type::String) if member.is_list() => Cell::Texts,
        SchemaType::Type(Type::String) => Cell::Text,
        SchemaType::Type(Type::Boolean) if !member.is_list() => Cell::Boolean,
        _ => Cell::Json,
    }
}

/// The line of a record, which is given as its JSON.
///
/// # Errors
/// Where that is no JSON object.
pub fn cells(columns: &[Column], document: &str) -> Result<Vec<String>, serde_json::Error> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(document)?;
    let cell = |column: &Column| match members.get(&column.name).map(|value| value.get()) {
        None => Ok(String::new()),
        Some(json) if json.starts_with('"') => {
            serde_json::from_str::<String>(json).map(|text| armless(&text).into_owned())
        }
        Some(json) => Ok(json.to_owned()),
    };
    columns.iter().map(cell).collect()
}

/// A value in a cell.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => armless(text).into_owned(),
        other => other.to_string(),
    }
}

/// What a cell says of a member; nothing where it is empty. What is no JSON where JSON is expected is taken as the text that it is, so
/// that whoever reads the record tells what is wrong with it.
pub fn value(column: &Column, cell: &str) -> Option<Value> {
    if cell.is_empty() {
        return None;
    }
    let text = || Value::String(as_it_was(cell).to_owned());
    let number = || {
        serde_json::from_str(cell).unwrap_or_else(|error| match is_too_large(&error) {
            true => f64::MAX.copysign(if cell.starts_with('-') { -1.0 } else { 1.0 }).into(),
            false => text(),
        })
    };
    Some(match column.cell {
        Cell::Text => text(),
        Cell::Boolean if cell.trim().eq_ignore_ascii_case("true") => Value::Bool(true),
        Cell::Boolean if cell.trim().eq_ignore_ascii_case("false") => Value::Bool(false),
        Cell::Texts if !cell.trim_start().starts_with('[') => {
            cell.split(';').map(str::trim).filter(|text| !text.is_empty()).collect()
        }
        Cell::Boolean | Cell::Texts | Cell::Json => number(),
    })
}

/// The text with an apostrophe before it where it would be taken for a formula; and where it begins with apostrophes and would be
/// taken for one without them, so that what was put there can be told from what was there.
fn armless(text: &str) -> Cow<'_, str> {
    if text.trim_start_matches('\'').starts_with(begins_a_formula) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text without the apostrophe that [`armless`] put before it.
fn as_it_was(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.trim_start_matches('\'').starts_with(begins_a_formula) => text,
        _ => cell,
    }
}

/// The signs that OWASP names for spreadsheets, those of full width too.
fn begins_a_formula(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use document::Wire;
    use document::register::{Mutual, StaffBallot};

    #[test]
    fn every_member_has_its_column() {
        let columns = columns(&Mutual::OBJECT);
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names.first(), Some(&"id"));
        assert_eq!(names.len(), 25, "{names:?}");
        let of_text = |name: &str| columns.iter().find(|column| column.name == name).unwrap().cell == Cell::Text;
        for text in ["id", "name", "stage", "department_id", "launched_on", "created_at", "region", "website"] {
            assert!(of_text(text), "{text}");
        }
        for other in ["version", "staff_count", "sectors", "tests", "sources"] {
            assert!(!of_text(other), "{other}");
        }
        let ballots = super::columns(&StaffBallot::OBJECT);
        assert!(ballots.iter().any(|column| column.name == "question" && column.cell == Cell::Text));
        assert!(ballots.iter().any(|column| column.name == "result" && column.cell == Cell::Json));
        let capital = ballots.iter().find(|column| column.name == "counts_complete").unwrap();
        assert_eq!([value(capital, "TRUE"), value(capital, "False")], [Some(json!(true)), Some(json!(false))]);
        let taken_in = import_columns(&StaffBallot::OBJECT);
        assert!(taken_in.iter().any(|column| column.name == "scrutineer.appointed_on" && column.cell == Cell::Text));
    }

    #[test]
    fn a_text_that_would_be_a_formula_is_none() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("-Mutual", "'-Mutual"),
            ("@x", "'@x"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("''+1", "'''+1"),
            ("'tis", "'tis"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(armless(text), cell);
            assert_eq!(as_it_was(cell), text);
        }
    }

    #[test]
    fn a_cell_is_a_text_or_json() {
        let columns = columns(&Mutual::OBJECT);
        let document = r#"{"id":"a","name":"=\"1\"","staff_count":7,"sectors":["housing"],"version":3}"#;
        let cells = cells(&columns, document).unwrap();
        let read: serde_json::Map<String, Value> = columns
            .iter()
            .zip(&cells)
            .filter_map(|(column, cell)| Some((column.name.clone(), value(column, cell)?)))
            .collect();
        assert_eq!(Value::Object(read), serde_json::from_str::<Value>(document).unwrap());
        let column = |name: &str| columns.iter().find(|column| column.name == name).unwrap();
        assert_eq!(value(column("staff_count"), "many"), Some(json!("many")));
        assert_eq!(value(column("sources"), "https://example.org"), Some(json!("https://example.org")));
        for (cell, sectors) in [
            ("housing", json!(["housing"])),
            (" housing ; culture;", json!(["housing", "culture"])),
            (r#"["housing","culture"]"#, json!(["housing", "culture"])),
            ("[housing", json!("[housing")),
            (";", json!([])),
        ] {
            assert_eq!(value(column("sectors"), cell), Some(sectors), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+@\t\r\n a-z-]{0,8}") {
            let cell = armless(&text).into_owned();
            prop_assert_eq!(as_it_was(&cell), text.as_str());
        }

        #[test]
        fn no_cell_begins_a_formula(text in ".*") {
            prop_assert!(!armless(&text).starts_with(begins_a_formula));
        }
    }
}
