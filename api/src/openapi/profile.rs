//! The two profiles of the contract: OpenAPI 3.1, and what says the same in 3.0.3, for generators of clients that know nothing newer.
//!
//! Knows nothing of the register, and of 3.1 what the contract uses of it. Any other keyword for which 3.0 has no word stays where it is,
//! so that the check of the written document refuses it, instead of a promise going missing in silence.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

/// The version of OpenAPI that a document is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// OpenAPI 3.1, in which the contract is made.
    #[default]
    #[value(name = "3.1")]
    V3_1,
    /// OpenAPI 3.0.3.
    #[value(name = "3.0")]
    V3_0,
}

impl Profile {
    pub fn of(self, contract: Value) -> Value {
        match self {
            Self::V3_1 => contract,
            Self::V3_0 => to_3_0(contract),
        }
    }
}

/// What an OpenAPI 3.1 document says, said in 3.0.3. A document in 3.0.3 stays as it is.
#[must_use]
pub fn to_3_0(mut document: Value) -> Value {
    let whole = document.clone();
    convert_object(&mut document, &whole);
    if let Value::Object(members) = &mut document {
        members.insert("openapi".to_owned(), json!("3.0.3"));
    }
    if let Some(Value::Object(license)) = document.pointer_mut("/info/license") {
        license.remove("identifier");
    }
    document
}

/// An object of OpenAPI itself, or a list of them. `whole` is the document that they are of, as it was.
fn convert_object(value: &mut Value, whole: &Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| convert_object(element, whole)),
        Value::Object(members) => {
            if let Some(reference) = members.remove("$ref") {
                *value = json!({ "$ref": reference });
                return;
            }
            for (name, member) in members.iter_mut() {
                match name.as_str() {
                    "schema" => convert_schema(member, whole),
                    "schemas" => for_each_named(member, |schema| convert_schema(schema, whole)),
                    "security" => convert_security(member, whole),
                    // A map in an operation and in the components, a list of parameters elsewhere.
                    "parameters" if member.is_array() => convert_object(member, whole),
                    "callbacks" | "content" | "encoding" | "headers" | "parameters" | "paths" | "requestBodies"
                    | "responses" => {
                        for_each_named(member, |named| convert_object(named, whole));
                    }
                    "example" | "examples" | "securitySchemes" => {}
                    name if name.starts_with("x-") => {}
                    _ => convert_object(member, whole),
                }
            }
        }
        _ => {}
    }
}

/// The members of a map from names, which may be any word and say nothing of what they hold.
fn for_each_named(map: &mut Value, convert: impl Fn(&mut Value)) {
    map.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(convert);
}

/// Only schemes that know scopes may be asked for some: elsewhere 3.0 has no place for the roles, and alternatives that differ in
/// nothing else become one.
fn convert_security(value: &mut Value, whole: &Value) {
    let Some(alternatives) = value.as_array_mut() else { return };
    for (scheme, scopes) in alternatives.iter_mut().filter_map(Value::as_object_mut).flatten() {
        let kind = whole.pointer(&format!("/components/securitySchemes/{scheme}/type")).and_then(Value::as_str);
        if !matches!(kind, Some("oauth2" | "openIdConnect")) {
            *scopes = json!([]);
        }
    }
    alternatives.dedup();
}

fn convert_schema(schema: &mut Value, whole: &Value) {
    if let Value::Object(members) = schema {
        convert_parts(members, whole);
        convert_null(members);
        convert_examples(members);
        convert_reference(members);
        convert_nullable(members, whole);
    }
}

/// The schemas inside of a schema.
fn convert_parts(members: &mut Map<String, Value>, whole: &Value) {
    for (name, member) in members {
        match name.as_str() {
            "items" | "not" => convert_schema(member, whole),
            "additionalProperties" if member.is_object() => convert_schema(member, whole),
            "allOf" | "anyOf" | "oneOf" => {
                member.as_array_mut().into_iter().flatten().for_each(|part| convert_schema(part, whole))
            }
            "properties" => for_each_named(member, |part| convert_schema(part, whole)),
            _ => {}
        }
    }
}

/// `null`, beside a type or as the alternative to a schema, is that, `nullable`.
fn convert_null(members: &mut Map<String, Value>) {
    if let Some([kind, Value::String(null)]) = members.get("type").and_then(Value::as_array).map(Vec::as_slice)
        && null == "null"
    {
        let kind = kind.clone();
        members.insert("type".to_owned(), kind);
        members.insert("nullable".to_owned(), json!(true));
    }
    if let Some([option, null]) = members.get("oneOf").and_then(Value::as_array).map(Vec::as_slice)
        && *null == json!({ "type": "null" })
    {
        let option = option.clone();
        members.remove("oneOf");
        members.insert("nullable".to_owned(), json!(true));
        match option {
            Value::Object(option)
                if !option.contains_key("$ref") && option.keys().all(|name| !members.contains_key(name)) =>
            {
                members.extend(option);
            }
            option => add_to_all(members, option),
        }
    }
}

/// There is place for one example.
fn convert_examples(members: &mut Map<String, Value>) {
    if let Some(Value::Array(examples)) = members.remove("examples")
        && let Some(first) = examples.into_iter().next()
    {
        members.entry("example").or_insert(first);
    }
}

/// What stands beside a reference counts for nothing in 3.0: the reference moves into an `allOf` of its own.
fn convert_reference(members: &mut Map<String, Value>) {
    if members.len() > 1
        && let Some(reference) = members.remove("$ref")
    {
        add_to_all(members, json!({ "$ref": reference }));
    }
}

/// `nullable` counts only beside a type: that of what is referred to.
fn convert_nullable(members: &mut Map<String, Value>, whole: &Value) {
    let Some([Value::Object(only)]) = members.get("allOf").and_then(Value::as_array).map(Vec::as_slice) else { return };
    let Some(reference) = only.get("$ref").and_then(Value::as_str) else { return };
    let referred = reference.strip_prefix('#').and_then(|pointer| whole.pointer(pointer));
    let kind = referred.and_then(|schema| schema.get("type")).filter(|kind| kind.is_string()).cloned();
    if members.contains_key("nullable")
        && let Some(kind) = kind
    {
        members.entry("type").or_insert(kind);
    }
}

fn add_to_all(members: &mut Map<String, Value>, schema: Value) {
    if let Value::Array(all) = members.entry("allOf").or_insert_with(|| json!([])) {
        all.push(schema);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn converted(mut schema: Value) -> Value {
        let whole = json!({"components": {"schemas": {"Name": {"type": "string", "maxLength": 9}}}});
        convert_schema(&mut schema, &whole);
        schema
    }

    #[test]
    fn null_beside_a_type_is_nullable() {
        let schema = json!({"type": ["string", "null"], "maxLength": 9});
        assert_eq!(converted(schema), json!({"type": "string", "nullable": true, "maxLength": 9}));
        assert_eq!(
            converted(json!({"type": ["array", "null"], "items": {"type": ["integer", "null"]}})),
            json!({"type": "array", "nullable": true, "items": {"type": "integer", "nullable": true}})
        );
    }

    #[test]
    fn what_the_contract_does_not_use_stays() {
        for schema in [
            json!({"type": ["string", "integer"]}),
            json!({"const": 1, "exclusiveMinimum": 0}),
            json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}, {"type": "null"}]}),
        ] {
            assert_eq!(converted(schema.clone()), schema);
        }
    }

    #[test]
    fn a_choice_between_a_reference_and_null_is_a_nullable_reference() {
        let name = "#/components/schemas/Name";
        let schema = json!({"oneOf": [{"$ref": name}, {"type": "null"}], "description": "Outside."});
        let expected =
            json!({"allOf": [{"$ref": name}], "type": "string", "nullable": true, "description": "Outside."});
        assert_eq!(converted(schema), expected);
        let schema = json!({"oneOf": [{"$ref": name, "description": "Inside."}, {"type": "null"}]});
        let expected = json!({"allOf": [{"$ref": name}], "type": "string", "nullable": true, "description": "Inside."});
        assert_eq!(converted(schema), expected);
    }

    #[test]
    fn what_both_a_choice_and_its_option_say_counts_twice() {
        let schema = json!({"oneOf": [{"type": "string", "maxLength": 3}, {"type": "null"}], "maxLength": 5});
        let expected = json!({"allOf": [{"type": "string", "maxLength": 3}], "nullable": true, "maxLength": 5});
        assert_eq!(converted(schema), expected);
    }

    #[test]
    fn a_reference_stands_alone() {
        let schema = json!({"$ref": "#/a", "description": "D", "examples": ["one", "two"]});
        assert_eq!(converted(schema), json!({"allOf": [{"$ref": "#/a"}], "description": "D", "example": "one"}));
        assert_eq!(converted(json!({"$ref": "#/a"})), json!({"$ref": "#/a"}));
        let with_all = json!({"$ref": "#/a", "allOf": [{"$ref": "#/b"}]});
        assert_eq!(converted(with_all), json!({"allOf": [{"$ref": "#/b"}, {"$ref": "#/a"}]}));
    }

    #[test]
    fn the_first_of_several_examples_stays() {
        assert_eq!(converted(json!({"examples": [7, 8]})), json!({"example": 7}));
        assert_eq!(converted(json!({"examples": [7], "example": 6})), json!({"example": 6}));
        assert_eq!(converted(json!({"examples": []})), json!({}));
    }

    #[test]
    fn schemas_are_found_wherever_they_stand_and_data_is_left_alone() {
        let data = json!({"type": ["string", "null"], "examples": [1], "$ref": "#/a", "x": 1});
        let (before, after) = (json!({"examples": [1]}), json!({"example": 1}));
        let document = |schema: &Value, version: &str| {
            json!({
                "openapi": version,
                "info": {"title": "T"},
                "paths": {"/schema": {
                    "parameters": [{"name": "a", "schema": schema, "example": data}],
                    "post": {
                        "requestBody": {"content": {"example": {"schema": schema, "examples": {"one": {"value": data}}}}},
                        "responses": {"200": {"headers": {"example": {"schema": schema}}, "content": {"text/html": {"schema": schema}}}},
                        "x-data": data,
                    }
                }},
                "components": {
                    "schemas": {"example": schema, "Parent": {
                        "type": "object",
                        "properties": {"default": schema, "examples": schema},
                        "allOf": [schema],
                        "default": data,
                        "enum": [data],
                        "example": data,
                        "x-data": data,
                    }},
                    "parameters": {"schema": {"schema": schema}},
                    "responses": {"examples": {"content": {"a/b": {"schema": schema}}}},
                    "headers": {"schema": {"schema": schema}},
                },
            })
        };
        assert_eq!(to_3_0(document(&before, "3.1.0")), document(&after, "3.0.3"));
    }

    #[test]
    fn what_3_0_has_no_place_for_is_dropped() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {"title": "T", "license": {"name": "MIT", "identifier": "MIT"}},
            "components": {"responses": {"A": {"$ref": "#/components/responses/B", "description": "D"}}},
        });
        let expected = json!({
            "openapi": "3.0.3",
            "info": {"title": "T", "license": {"name": "MIT"}},
            "components": {"responses": {"A": {"$ref": "#/components/responses/B"}}},
        });
        assert_eq!(to_3_0(document), expected);
    }

    #[test]
    fn roles_are_asked_only_of_schemes_with_scopes() {
        let document = json!({
            "openapi": "3.1.0",
            "info": {},
            "paths": {"/": {"get": {"security": [{"bearer": ["admin"]}, {"bearer": ["auditor"]}, {"oauth": ["read"]}]}}},
            "components": {"securitySchemes": {"bearer": {"type": "http"}, "oauth": {"type": "oauth2"}}},
        });
        let converted = to_3_0(document);
        assert_eq!(converted["paths"]["/"]["get"]["security"], json!([{"bearer": []}, {"oauth": ["read"]}]));
    }

    /// Schemas made of every keyword that there is a rule for, nested.
    fn any_schema() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            prop::sample::select(vec!["string", "integer"]).prop_map(|name| json!({"type": [name, "null"]})),
            Just(json!({"$ref": "#/components/schemas/Name"})),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            let list = prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                inner.clone().prop_map(|items| json!({"type": ["array", "null"], "items": items})),
                inner.clone().prop_map(|one| json!({"type": "object", "properties": {"type": one}, "additionalProperties": one})),
                inner.prop_map(|one| json!({"oneOf": [one, {"type": "null"}]})),
                list.prop_map(|list| json!({"$ref": "#/components/schemas/Name", "allOf": list, "description": "D", "examples": [{"const": 1}]})),
            ]
        })
    }

    /// Every schema in a schema, itself among them.
    fn schemas_in<'s>(schema: &'s Value, found: &mut Vec<&'s Value>) {
        found.push(schema);
        for name in ["items", "not", "additionalProperties"] {
            schema.get(name).into_iter().for_each(|inner| schemas_in(inner, found));
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            schema[name].as_array().into_iter().flatten().for_each(|inner| schemas_in(inner, found));
        }
        schema["properties"].as_object().into_iter().flat_map(Map::values).for_each(|inner| schemas_in(inner, found));
    }

    proptest! {
        #[test]
        fn what_comes_out_is_3_0_and_stays_as_it_is(schema in any_schema()) {
            let once = converted(schema);
            let mut found = Vec::new();
            schemas_in(&once, &mut found);
            for schema in found {
                prop_assert!(schema["type"].is_null() || schema["type"].is_string(), "{}", schema);
                prop_assert!(schema["type"] != "null" && schema.get("examples").is_none(), "{}", schema);
                prop_assert!(schema.get("$ref").is_none() || schema.as_object().unwrap().len() == 1, "{}", schema);
            }
            prop_assert_eq!(converted(once.clone()), once);
        }
    }
}
