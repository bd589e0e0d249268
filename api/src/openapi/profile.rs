//! The two profiles of the contract: OpenAPI 3.1, and what says the same in 3.0.3, for generators of clients that know nothing newer.
//!
//! Works on any document and knows nothing of the register. A keyword of 3.1 for which 3.0 has no word stays where it is, so that the
//! check of the written document refuses it, instead of a promise going missing in silence.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::yaml;

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
    /// What the contract says, in this version.
    pub fn of(self, contract: Value) -> Value {
        match self {
            Self::V3_1 => contract,
            Self::V3_0 => to_3_0(contract),
        }
    }
}

/// The document as YAML.
pub fn yaml(document: &Value) -> String {
    yaml::written(document)
}

/// What an OpenAPI 3.1 document says, said in 3.0.3. A document in 3.0.3 stays as it is.
#[must_use]
pub fn to_3_0(mut document: Value) -> Value {
    let whole = document.clone();
    convert_object(&mut document, &whole);
    if let Value::Object(members) = &mut document {
        members.insert("openapi".to_owned(), json!("3.0.3"));
        members.remove("webhooks");
        members.remove("jsonSchemaDialect");
        members.entry("paths").or_insert_with(|| json!({}));
    }
    remove(&mut document, "/info", "summary");
    remove(&mut document, "/info/license", "identifier");
    remove(&mut document, "/components", "pathItems");
    document
}

fn remove(document: &mut Value, pointer: &str, name: &str) {
    if let Some(Value::Object(members)) = document.pointer_mut(pointer) {
        members.remove(name);
    }
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
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({ "not": {} }),
        Value::Object(members) => {
            convert_parts(members, whole);
            convert_constant(members);
            convert_type(members);
            convert_union(members);
            convert_bound(members, "minimum", "exclusiveMinimum", f64::max);
            convert_bound(members, "maximum", "exclusiveMaximum", f64::min);
            convert_content(members);
            convert_examples(members);
            convert_reference(members);
            convert_nullable(members, whole);
            members.remove("$comment");
        }
        _ => {}
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

/// `const` is an `enum` of one.
fn convert_constant(members: &mut Map<String, Value>) {
    if let Some(constant) = members.remove("const") {
        if constant.is_null() {
            members.insert("nullable".to_owned(), json!(true));
        }
        members.insert("enum".to_owned(), json!([constant]));
    }
}

/// `null` is no type but `nullable`, and a schema has one type at most.
fn convert_type(members: &mut Map<String, Value>) {
    let types = match members.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) if one == "null" => vec![json!("null")],
        _ => return,
    };
    let (nulls, others): (Vec<_>, Vec<_>) = types.into_iter().partition(|name| name == "null");
    members.remove("type");
    if !nulls.is_empty() {
        members.insert("nullable".to_owned(), json!(true));
    }
    match others.as_slice() {
        [] => {
            members.insert("enum".to_owned(), json!([null]));
        }
        [one] => {
            members.insert("type".to_owned(), one.clone());
        }
        several => {
            let several = several.iter().map(|one| json!({ "type": one })).collect();
            add_to_all(members, json!({ "anyOf": Value::Array(several) }));
        }
    }
}

/// A choice between null and something else is that, `nullable`.
fn convert_union(members: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(options)) = members.get_mut(keyword) else { continue };
        let before = options.len();
        options.retain(|option| !is_null(option));
        if options.len() == before {
            continue;
        }
        let only = if options.len() > 1 { None } else { options.pop() };
        if options.is_empty() {
            members.remove(keyword);
        }
        members.insert("nullable".to_owned(), json!(true));
        match only {
            Some(Value::Object(option))
                if !option.contains_key("$ref") && option.keys().all(|name| !members.contains_key(name)) =>
            {
                members.extend(option);
            }
            Some(option) => add_to_all(members, option),
            None if !members.contains_key(keyword) => {
                members.insert("enum".to_owned(), json!([null]));
            }
            None => {}
        }
    }
}

/// Whether a schema, converted already, is that of null alone.
fn is_null(schema: &Value) -> bool {
    schema.get("enum") == Some(&json!([null]))
}

/// A limit that isn't itself allowed is a flag beside the limit; of two limits the narrower one counts.
fn convert_bound(members: &mut Map<String, Value>, limit: &str, exclusive: &str, narrower: fn(f64, f64) -> f64) {
    let Some(bound) = members.get(exclusive).filter(|bound| bound.is_number()).cloned() else { return };
    members.remove(exclusive);
    let value = bound.as_f64().unwrap_or_default();
    let other = members.get(limit).and_then(Value::as_f64);
    let is_narrower = other.is_none_or(|other| narrower(other, value).total_cmp(&value).is_eq());
    if is_narrower {
        members.insert(limit.to_owned(), bound);
        members.insert(exclusive.to_owned(), json!(true));
    }
}

/// Bytes in text have a format of their own.
fn convert_content(members: &mut Map<String, Value>) {
    if let Some(encoding) = members.remove("contentEncoding") {
        members.insert("format".to_owned(), if encoding == "base64" { json!("byte") } else { encoding });
    }
    if members.remove("contentMediaType").is_some_and(|media| media == "application/octet-stream") {
        members.entry("format").or_insert_with(|| json!("binary"));
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
            converted(json!({"type": ["null", "array"], "items": {"type": ["integer", "null"]}})),
            json!({"type": "array", "nullable": true, "items": {"type": "integer", "nullable": true}})
        );
        assert_eq!(converted(json!({"type": "null"})), json!({"enum": [null], "nullable": true}));
    }

    #[test]
    fn several_types_are_a_choice() {
        let choice = json!([{"type": "integer"}, {"type": "string"}]);
        let expected = json!({"allOf": [{"anyOf": choice}], "nullable": true});
        assert_eq!(converted(json!({"type": ["integer", "string", "null"]})), expected);
    }

    #[test]
    fn a_choice_between_a_reference_and_null_is_a_nullable_reference() {
        let name = "#/components/schemas/Name";
        let schema = json!({"oneOf": [{"$ref": name}, {"type": "null"}], "description": "Outside."});
        let expected =
            json!({"allOf": [{"$ref": name}], "type": "string", "nullable": true, "description": "Outside."});
        assert_eq!(converted(schema), expected);
        let schema = json!({"anyOf": [{"type": "null"}, {"$ref": name, "description": "Inside."}]});
        let expected = json!({"allOf": [{"$ref": name}], "type": "string", "nullable": true, "description": "Inside."});
        assert_eq!(converted(schema), expected);
    }

    #[test]
    fn a_choice_of_several_or_null_stays_a_choice() {
        let schema = json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}, {"type": "null"}]});
        assert_eq!(converted(schema), json!({"oneOf": [{"$ref": "#/a"}, {"$ref": "#/b"}], "nullable": true}));
        let without_null = json!({"oneOf": [{"$ref": "#/a"}, {"type": "string"}]});
        assert_eq!(converted(without_null.clone()), without_null);
        assert_eq!(converted(json!({"oneOf": [{"type": "null"}]})), json!({"enum": [null], "nullable": true}));
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
    fn a_constant_is_an_enum_of_one() {
        assert_eq!(
            converted(json!({"type": "string", "const": "staff"})),
            json!({"type": "string", "enum": ["staff"]})
        );
        assert_eq!(converted(json!({"const": null})), json!({"enum": [null], "nullable": true}));
    }

    #[test]
    fn the_first_of_several_examples_stays() {
        assert_eq!(converted(json!({"examples": [7, 8]})), json!({"example": 7}));
        assert_eq!(converted(json!({"examples": [7], "example": 6})), json!({"example": 6}));
        assert_eq!(converted(json!({"examples": []})), json!({}));
    }

    #[test]
    fn exclusive_limits_are_flags() {
        let schema = json!({"exclusiveMinimum": 0, "exclusiveMaximum": 10, "maximum": 8});
        assert_eq!(converted(schema), json!({"minimum": 0, "exclusiveMinimum": true, "maximum": 8}));
        let schema = json!({"exclusiveMinimum": 3, "minimum": 3});
        assert_eq!(converted(schema), json!({"minimum": 3, "exclusiveMinimum": true}));
    }

    #[test]
    fn bytes_have_a_format() {
        let text = json!({"type": "string", "contentEncoding": "base64"});
        assert_eq!(converted(text), json!({"type": "string", "format": "byte"}));
        let file = json!({"type": "string", "contentMediaType": "application/octet-stream"});
        assert_eq!(converted(file), json!({"type": "string", "format": "binary"}));
    }

    #[test]
    fn schemas_that_are_true_or_false_are_objects() {
        let schema = json!({"items": true, "not": false, "additionalProperties": false});
        assert_eq!(converted(schema), json!({"items": {}, "not": {"not": {}}, "additionalProperties": false}));
    }

    #[test]
    fn schemas_are_found_wherever_they_stand_and_data_is_left_alone() {
        let data = json!({"type": ["string", "null"], "const": 1, "examples": [1], "$ref": "#/a", "x": 1});
        let (before, after) = (json!({"const": 1}), json!({"enum": [1]}));
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
                        "properties": {"default": schema, "const": schema},
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
            "jsonSchemaDialect": "https://example.org/",
            "info": {"title": "T", "summary": "S", "license": {"name": "MIT", "identifier": "MIT"}},
            "webhooks": {"changed": {"post": {}}},
            "components": {"pathItems": {}, "responses": {"A": {"$ref": "#/components/responses/B", "description": "D"}}},
        });
        let expected = json!({
            "openapi": "3.0.3",
            "info": {"title": "T", "license": {"name": "MIT"}},
            "paths": {},
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
        let types = prop::sample::subsequence(vec!["string", "integer", "array", "object", "null"], 1..4);
        let leaf = prop_oneof![
            types.prop_map(|types| json!({ "type": types })),
            Just(json!({"type": "null"})),
            Just(json!({"type": "string", "contentEncoding": "base64"})),
            Just(json!({"$ref": "#/components/schemas/Name"})),
            any::<Option<i8>>().prop_map(|value| json!({ "const": value })),
            (any::<i8>(), any::<i8>()).prop_map(|(one, other)| json!({"exclusiveMinimum": one, "minimum": other})),
            any::<bool>().prop_map(Value::Bool),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            let list = prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                inner.clone().prop_map(|items| json!({"type": ["array", "null"], "items": items})),
                inner.clone().prop_map(|one| json!({"type": "object", "properties": {"type": one, "const": one}, "additionalProperties": one})),
                (list.clone(), any::<bool>()).prop_map(|(list, one)| json!({ if one { "oneOf" } else { "anyOf" }: list })),
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
                prop_assert!(schema.is_object() || schema.is_boolean(), "{}", schema);
                prop_assert!(schema["type"].is_null() || schema["type"].is_string(), "{}", schema);
                prop_assert!(schema["type"] != "null", "{}", schema);
                for keyword in ["const", "examples", "contentEncoding"] {
                    prop_assert!(schema.get(keyword).is_none(), "{}", schema);
                }
                prop_assert!(schema.get("$ref").is_none() || schema.as_object().unwrap().len() == 1, "{}", schema);
                prop_assert!(schema["exclusiveMinimum"].is_null() || schema["exclusiveMinimum"].is_boolean(), "{}", schema);
            }
            prop_assert_eq!(converted(once.clone()), once);
        }
    }
}
