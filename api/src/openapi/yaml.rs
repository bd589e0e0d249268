//! The document as YAML that every reader takes for the same: what a reader of YAML 1.1 would make a date, a number or a truth of is
//! in quotation marks, and what an object is comes before what it has.

use serde_json::{Map, Value};

use super::place::Place;

/// Members of OpenAPI's objects in the order in which people read them; others follow by the alphabet.
const ORDER: [&str; 21] = [
    "openapi",
    "info",
    "servers",
    "tags",
    "name",
    "in",
    "title",
    "summary",
    "type",
    "format",
    "description",
    "operationId",
    "security",
    "required",
    "parameters",
    "requestBody",
    "responses",
    "headers",
    "schema",
    "properties",
    "paths",
];

pub fn written(document: &Value) -> String {
    let mut text = String::new();
    if is_empty(document) {
        write_scalar(&mut text, document, 0);
    } else {
        write(&mut text, document, Place::Object, 0);
    }
    text
}

/// A value that isn't empty: its lines stand so many steps from the left, but for the first one behind a hyphen.
fn write(text: &mut String, value: &Value, place: Place, depth: usize) {
    match value {
        Value::Object(members) => {
            for (at, (name, member)) in ordered(members, place).into_iter().enumerate() {
                if at > 0 || !text.ends_with("- ") {
                    indent(text, depth);
                }
                push_name(text, name);
                text.push(':');
                // A list stands below its name and not to the right of it.
                let below = if member.is_array() { depth } else { depth.saturating_add(1) };
                write_member(text, member, place.of_member(name, member), below);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                indent(text, depth);
                text.push('-');
                if element.is_object() && !is_empty(element) {
                    text.push(' ');
                    write(text, element, place, depth.saturating_add(1));
                } else {
                    write_member(text, element, place, depth.saturating_add(1));
                }
            }
        }
        scalar => write_scalar(text, scalar, depth),
    }
}

/// What comes behind a name or a hyphen: a scalar on the same line, a collection on lines of its own.
fn write_member(text: &mut String, value: &Value, place: Place, depth: usize) {
    if is_empty(value) || !(value.is_array() || value.is_object()) {
        text.push(' ');
        write_scalar(text, value, depth);
    } else {
        text.push('\n');
        write(text, value, place, depth);
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn ordered(members: &Map<String, Value>, place: Place) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    if place == Place::Object {
        let rank = |name: &str| ORDER.iter().position(|own| *own == name).unwrap_or(ORDER.len());
        members.sort_by_key(|(name, _)| rank(name));
    }
    members
}

fn write_scalar(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::String(string) => push_string(text, string, depth),
        // Numbers, truths, null and empty collections are the same in JSON.
        other => text.push_str(&other.to_string()),
    }
    text.push('\n');
}

/// A text of several lines in a block whose lines stand so many steps from the left, any other as a name is.
fn push_string(text: &mut String, string: &str, depth: usize) {
    let is_block = string.contains('\n') && !string.starts_with([' ', '\n']) && !string.ends_with('\n');
    if is_block && !string.chars().any(|c| c != '\n' && is_unprintable(c)) {
        push_block(text, string, depth);
    } else {
        push_name(text, string);
    }
}

/// A text on one line: as it is where no reader makes something else of it, otherwise in quotation marks.
fn push_name(text: &mut String, string: &str) {
    if string.chars().any(is_unprintable) {
        push_escaped(text, string);
    } else if is_plain(string) {
        text.push_str(string);
    } else {
        text.push('\'');
        text.push_str(&string.replace('\'', "''"));
        text.push('\'');
    }
}

/// Whether YAML has a character only as an escape.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether a text is one to every reader without quotation marks. What begins with a digit or a sign may be a number, a date or a
/// time of day.
fn is_plain(string: &str) -> bool {
    let begins_text = |c: char| c.is_alphabetic() || matches!(c, '/' | '(' | '$' | '_' | '^');
    let is_word = ["y", "yes", "n", "no", "on", "off", "true", "false", "null"]
        .iter()
        .any(|word| string.eq_ignore_ascii_case(word));
    string.starts_with(begins_text)
        && !string.ends_with([' ', ':'])
        && !string.contains(": ")
        && !string.contains(" #")
        && !is_word
}

fn push_block(text: &mut String, string: &str, depth: usize) {
    text.push_str("|-");
    for line in string.split('\n') {
        text.push('\n');
        if !line.is_empty() {
            indent(text, depth);
            text.push_str(line);
        }
    }
}

/// In double quotation marks, with escapes for whatever isn't printed.
fn push_escaped(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if is_unprintable(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_written_as_people_read_it() {
        let document = json!({
            "paths": {"/a": {"get": {"responses": {"200": {"description": "One\n\ntwo"}}, "summary": "Read: it", "tags": ["a"]}}},
            "info": {"version": "1.0", "title": "T"},
            "openapi": "3.1.0",
            "components": {"schemas": {"A": {"enum": ["no", "on", "2025-10-01"], "type": "string", "maxLength": 3, "items": {}}}},
            "servers": [{"url": "/", "list": [[1, 2], []]}],
        });
        let expected = "\
openapi: '3.1.0'
info:
  title: T
  version: '1.0'
servers:
- list:
  -
    - 1
    - 2
  - []
  url: /
paths:
  /a:
    get:
      tags:
      - a
      summary: 'Read: it'
      responses:
        '200':
          description: |-
            One

            two
components:
  schemas:
    A:
      type: string
      enum:
      - 'no'
      - 'on'
      - '2025-10-01'
      items: {}
      maxLength: 3
";
        assert_eq!(written(&document), expected);
    }

    fn read(text: &str) -> Value {
        yaml_serde::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn what_other_readers_take_for_something_else_is_in_quotation_marks() {
        for text in [
            "2025-10-01",
            "2025-10-01T09:30:00Z",
            "12:30",
            "007",
            "0x1f",
            "1_000",
            "+1",
            "-1",
            ".5",
            ".inf",
            "1e3",
            "y",
            "No",
            "ON",
            "off",
            "TRUE",
            "null",
            "~",
            "",
            "<<",
            "=",
            "*a",
            "&a",
            "!a",
            "- a",
            "? a",
            "a: b",
            "a #b",
            " a",
            "a ",
            "a:",
            "@a",
            "`a`",
            "%a",
            "{a",
            "[a",
            "'a'",
            "\"a\"",
            "#a",
            "|",
            ">",
            ",",
        ] {
            let written = written(&json!(text));
            assert!(written.starts_with('\'') && written.ends_with("'\n"), "{written}");
            assert_eq!(read(&written), json!(text));
        }
        for text in ["a", "/v1/mutuals", "$ref", "a:b", "a#b", "(a)", "«a»a", "_a", "^a$"] {
            assert_eq!(read(&written(&json!(text))), json!(text));
        }
    }

    fn any_document() -> impl Strategy<Value = Value> {
        let text = prop_oneof![any::<String>(), "[ -~\\n]{0,20}", "(|description|enum|items|[0-9:.-]{1,8})"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            text.clone().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                prop::collection::vec((text.clone(), inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_as_it_was(member in any_document()) {
            let document = json!({ "member": member });
            prop_assert_eq!(read(&written(&document)), document);
        }
    }
}
