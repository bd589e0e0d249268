//! The fields of records that a request asks for, where it does not want all of them.

use std::collections::BTreeMap;

use document::Object;
use domain::FaultCode;
use serde_json::value::RawValue;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};

use crate::request::query::parameter;
use crate::response::problem::ErrorItem;
use crate::response::table::{Column, columns};

const DESCRIPTION: &str = "Return only this field of each record, or this column of a table. Repeat it for several, in the order \
                           that you want, or separate them by commas. Without it, there are all. A record then lacks \
                           other fields that its schema requires: leave this out in a typed client.";

/// The maximum number of characters that are repeated of an unknown field.
const MAX_NAME_CHARS: usize = 100;

/// Some fields of the records of a kind, in the order that a request names them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(pub Vec<Column>);

impl Selection {
    /// Those that a request names: one after the other, separated by commas or in parameters of their own; none where it names none.
    pub fn of(fields: &[String], object: &Object, faults: &mut Vec<ErrorItem>) -> Option<Self> {
        if fields.is_empty() {
            return None;
        }
        let known = columns(object);
        let mut selected: Vec<Column> = Vec::new();
        let mut unknown = Vec::new();
        for name in fields.iter().flat_map(|names| names.split(',')).map(str::trim) {
            match known.iter().find(|column| column.name == name) {
                Some(column) if selected.contains(column) => {}
                Some(column) => selected.push(column.clone()),
                None => unknown.push(name),
            }
        }
        if let Some(name) = unknown.first() {
            let name: String = name.chars().take(MAX_NAME_CHARS).collect();
            let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
            let said = format!("`{name}` is not a field of these records: expected some of {}", names.join(", "));
            faults.push(ErrorItem::parameter("fields", FaultCode::NotInVocabulary.as_str(), said));
        }
        Some(Self(selected))
    }

    /// The same with others.
    #[must_use]
    pub fn and(mut self, others: Vec<Column>) -> Self {
        self.0.extend(others);
        self
    }

    /// The parameter in the contract.
    pub fn parameter() -> Parameter {
        let name = ObjectBuilder::new().schema_type(Type::String).title(Some("FieldName"));
        let name = name.min_length(Some(1)).max_length(Some(100)).examples(["name"]);
        let names = ArrayBuilder::new().items(name).max_items(Some(100));
        parameter("fields", DESCRIPTION, names).build()
    }

    /// A record with these fields only, as far as it has them.
    ///
    /// # Errors
    /// Where the document is no JSON object.
    pub fn document(&self, document: &str) -> Result<String, serde_json::Error> {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(document)?;
        let mut selected = String::with_capacity(document.len());
        let mut before = '{';
        for Column { name, .. } in &self.0 {
            if let Some(value) = members.get(name) {
                selected.push(before);
                selected.push_str(&format!("\"{name}\":{}", value.get()));
                before = ',';
            }
        }
        if before == '{' {
            selected.push('{');
        }
        selected.push('}');
        Ok(selected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::Wire;
    use document::register::Mutual;

    fn selected(fields: &[&str]) -> Result<Selection, Vec<ErrorItem>> {
        let (fields, mut faults): (Vec<String>, _) = (fields.iter().map(|&name| name.to_owned()).collect(), Vec::new());
        let selection = Selection::of(&fields, &Mutual::OBJECT, &mut faults);
        if faults.is_empty() { Ok(selection.unwrap()) } else { Err(faults) }
    }

    #[test]
    fn a_record_has_the_fields_that_are_named_in_their_order() {
        let document = r#"{"id":"a","version":1,"name":"B, \"C\"","tests":{"x":1},"sectors":[]}"#;
        let told = |fields: &[&str]| selected(fields).unwrap().document(document).unwrap();
        assert_eq!(told(&["name,id"]), r#"{"name":"B, \"C\"","id":"a"}"#);
        assert_eq!(told(&["tests", "sectors, version", "tests"]), r#"{"tests":{"x":1},"sectors":[],"version":1}"#);
        assert_eq!(told(&["region"]), "{}");
        for wrong in ["", "colour", "id,", "ID", "tests.x"] {
            let faults = selected(&[wrong]).unwrap_err();
            assert_eq!((faults.len(), faults[0].code), (1, "not-in-vocabulary"), "{wrong}");
        }
    }
}
