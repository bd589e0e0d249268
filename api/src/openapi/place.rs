//! What a value in an OpenAPI document is, told from where it stands: `description` may be the text of an object, the name of a
//! member, or a member of an example.

use serde_json::{Map, Value};

/// What a value of the document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An object of OpenAPI, whose members mean what the specification says, or a list of such objects.
    Object,
    /// A map from names that the document's author chose.
    Names,
    /// A value that the document only quotes: an example, a default, a word of a vocabulary.
    Data,
}

/// Members that are maps from names.
const NAMES: [&str; 14] = [
    "callbacks",
    "content",
    "encoding",
    "examples",
    "headers",
    "links",
    "parameters",
    "paths",
    "properties",
    "requestBodies",
    "responses",
    "schemas",
    "securitySchemes",
    "x-response-headers",
];

/// Members that are quoted values.
const DATA: [&str; 7] = ["const", "default", "enum", "example", "required", "security", "value"];

impl Place {
    /// What a member of a value in this place is.
    pub fn of_member(self, name: &str, member: &Value) -> Self {
        match self {
            Self::Data => Self::Data,
            Self::Names => Self::Object,
            Self::Object if NAMES.contains(&name) && member.is_object() => Self::Names,
            // A schema's examples are a list of values, those of a media type have names.
            Self::Object if DATA.contains(&name) || name == "examples" => Self::Data,
            Self::Object => Self::Object,
        }
    }
}

/// Calls this for each object of OpenAPI in a document.
pub fn for_each_object(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    walk(value, Place::Object, visit);
}

fn walk(value: &mut Value, place: Place, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            if place == Place::Object {
                visit(members);
            }
            for (name, member) in members {
                let place = place.of_member(name, member);
                walk(member, place, visit);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| walk(element, place, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_objects_of_openapi_are_visited() {
        let mut document = json!({
            "info": {"description": "yes"},
            "components": {"schemas": {"description": {
                "description": "yes",
                "properties": {"description": {"description": "yes", "enum": [{"description": "no"}]}},
                "examples": [{"description": "no"}],
            }}},
            "content": {"a/b": {"examples": {"one": {"description": "yes", "value": {"description": "no"}}}}},
        });
        let mut found = Vec::new();
        for_each_object(&mut document, &mut |members| {
            found.extend(members.get("description").and_then(Value::as_str).map(str::to_owned));
        });
        assert_eq!(found, ["yes"; 4]);
    }
}
