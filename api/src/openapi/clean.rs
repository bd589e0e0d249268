//! What makes the document one that clients are generated from without trouble, and that reads the same however its sources are
//! wrapped.

use std::collections::BTreeMap;

use serde_json::Value;

use super::place::for_each_object;

/// Puts the texts in order, bounds numbers and names the constants of vocabularies whose words would give the same one twice.
pub(super) fn clean(document: &mut Value) {
    for_each_object(document, &mut |members| {
        if let Some(Value::String(text)) = members.get_mut("description") {
            *text = unwrapped(text);
        }
        // The format says so already, and generators whose type for it is no text stumble over it.
        match members.get("format").and_then(Value::as_str) {
            Some("uuid") => _ = members.remove("maxLength"),
            Some("date") => _ = members.remove("pattern"),
            _ => {}
        }
        // A whole number is a count or a place in an order, unless its schema has bounds of its own.
        if members.get("type").and_then(Value::as_str) == Some("integer") {
            members.entry("minimum").or_insert(Value::from(0));
        }
        // What isn't required says so by saying nothing.
        if members.get("required") == Some(&Value::Bool(false)) {
            members.remove("required");
        }
    });
    name_constants(document);
}

/// A text in Markdown whose paragraphs are one line each. Where a line ends in the source says nothing.
fn unwrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        let goes_on = !line.is_empty() && !begins_block(line);
        match lines.last_mut().filter(|last| goes_on && !last.is_empty()) {
            Some(last) => *last = format!("{last} {}", line.trim_start()),
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// Whether a line begins an item of a list, a line of a table, a heading or a quotation.
fn begins_block(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    ["- ", "* ", "|", "#", ">", "```"].iter().any(|start| line.starts_with(start))
        || (number.len() < line.len() && number.starts_with(". "))
}

/// Vocabularies of which two words would be one constant where a language has them all in one place, as Go has, or knows no hyphens,
/// say what their constants are called.
fn name_constants(document: &mut Value) {
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else { return };
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for identifier in schemas.values().flat_map(words).map(identifier) {
        let count = uses.entry(identifier).or_default();
        *count = count.saturating_add(1);
    }
    for (name, schema) in schemas {
        let clash = words(schema).any(|word| uses.get(&identifier(word)).is_some_and(|count| *count > 1));
        let names: Value = words(schema).map(|word| Value::from(constant(name, word))).collect();
        if let (true, Some(members)) = (clash, schema.as_object_mut()) {
            members.insert("x-enum-varnames".to_owned(), names);
        }
    }
}

fn words(schema: &Value) -> impl Iterator<Item = &str> {
    schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn identifier(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// `-name` of `MutualSort` is `MUTUAL_SORT_NAME_DESCENDING`.
fn constant(schema: &str, word: &str) -> String {
    let mut name = String::new();
    for (at, letter) in schema.chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    let (key, order) = word.strip_prefix('-').map_or((word, ""), |key| (key, "_DESCENDING"));
    let key: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("{name}_{key}{order}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_paragraph_is_one_line() {
        assert_eq!(unwrapped("One\ntwo.\n\nThree\nfour."), "One two.\n\nThree four.");
        assert_eq!(
            unwrapped("Of these:\n\n- one\n  more\n- two\n1. three"),
            "Of these:\n\n- one more\n- two\n1. three"
        );
        assert_eq!(unwrapped("One"), "One");
    }

    #[test]
    fn words_that_would_clash_have_names() {
        let mut document = json!({"components": {"schemas": {
            "MutualSort": {"enum": ["name", "-name"]},
            "ContractSort": {"enum": ["name"]},
            "State": {"enum": ["open", "closed"]},
        }}});
        clean(&mut document);
        let names = |schema: &str| document["components"]["schemas"][schema].get("x-enum-varnames").cloned();
        assert_eq!(names("MutualSort"), Some(json!(["MUTUAL_SORT_NAME", "MUTUAL_SORT_NAME_DESCENDING"])));
        assert_eq!(names("ContractSort"), Some(json!(["CONTRACT_SORT_NAME"])));
        assert_eq!(names("State"), None);
    }
}
