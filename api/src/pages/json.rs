//! What is in a JSON document, where nothing is as much as something that is not there.

use serde_json::{Map, Value};

pub fn member<'a>(of: &'a Value, name: &str) -> &'a Value {
    of.get(name).unwrap_or(&Value::Null)
}

/// A member of a member.
pub fn below<'a>(of: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(of, |at, name| member(at, name))
}

pub fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    member(of, name).as_str().unwrap_or_default()
}

/// A text that is there.
pub fn given<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    member(of, name).as_str()
}

pub fn number(of: &Value, name: &str) -> i64 {
    member(of, name).as_i64().unwrap_or_default()
}

pub fn is(of: &Value, name: &str) -> bool {
    member(of, name).as_bool().unwrap_or_default()
}

pub fn items<'a>(of: &'a Value, name: &str) -> impl DoubleEndedIterator<Item = &'a Value> + use<'a> {
    member(of, name).as_array().into_iter().flatten()
}

pub fn members<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    member(of, name).as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}
