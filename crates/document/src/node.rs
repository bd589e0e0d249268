//! JSON text as a tree that keeps what was written: every member, also a repeated one, in its order.
//!
//! Knows RFC 8259 and RFC 7396 (merge patch), and neither HTTP nor what any member means.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value.
///
/// Not `serde_json::Value`, whose objects keep only the last of two members with one name: a repeated member is a fault
/// that is told, and can be told only while both are there.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`
    Null,
    /// What a merge patch took out: no text has it.
    Removed,
    /// `true` or `false`
    Bool(bool),
    /// A whole number that fits, however it was written: `1.0` and `1e0` are 1.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object: its members as they came.
    Object(Vec<(String, Node)>),
}

/// Where and why the text stops being JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong there.
    pub reason: String,
    /// From 1.
    pub line: usize,
    /// From 1, in bytes; 0 is before the first byte of the line.
    pub column: usize,
}

impl Node {
    /// Reads one JSON text.
    ///
    /// # Errors
    /// [`Malformed`] for what isn't UTF-8, isn't JSON, goes on after its end or is nested more than 127 levels deep.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
        if text.trim_ascii().is_empty() {
            return Err(Malformed { reason: "there is no JSON value".to_owned(), line: 1, column: 0 });
        }
        serde_json::from_str(text).map_err(|error| Malformed::from(&error))
    }

    /// What kind of value this is, in the words of a sentence: "a string", "null".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null | Self::Removed => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The first member of this name.
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// Whether both say the same: the order of members doesn't matter, that of elements does.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(these), Self::Array(those)) => {
                these.len() == those.len() && these.iter().zip(those).all(|(this, that)| this.same(that))
            }
            (Self::Object(these), Self::Object(those)) => {
                these.len() == those.len()
                    && those.iter().all(|(name, _)| self.member(name).is_some())
                    && these.iter().all(|(name, this)| other.member(name).is_some_and(|that| this.same(that)))
            }
            _ => self == other,
        }
    }

    /// Applies a merge patch (RFC 7396), with two differences that lose no fault: a member that the patch sets to `null`
    /// stays, as [`Node::Removed`], and a member that the patch has twice is there twice. The reader of the result takes a
    /// removed member for an absent one, and reports the repeated and the unknown.
    pub fn merge(&mut self, patch: &Self) {
        let Self::Object(changes) = patch else {
            patch.clone_into(self);
            return;
        };
        if !matches!(self, Self::Object(_)) {
            *self = Self::Object(Vec::new());
        }
        let Self::Object(members) = self else { return };
        let before = members.len();
        let mut seen = HashSet::with_capacity(changes.len());
        for (name, change) in changes {
            let first = seen.insert(name);
            match members.iter_mut().take(before).find(|(known, _)| known == name) {
                Some((_, member)) if first => member.change(change),
                _ => {
                    let mut member = Self::Removed;
                    member.change(change);
                    members.push((name.clone(), member));
                }
            }
        }
    }

    /// Applies what a merge patch has for a member.
    fn change(&mut self, change: &Self) {
        match change {
            Self::Null => *self = Self::Removed,
            other => self.merge(other),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {}, column {}", self.reason, self.line, self.column)
    }
}

impl Error for Malformed {}

impl From<&serde_json::Error> for Malformed {
    fn from(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Self { reason, line: error.line(), column: error.column() }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        let rounded = || Node::Number(value.to_string().parse().unwrap_or(f64::MAX));
        Ok(i64::try_from(value).map_or_else(|_| rounded(), Node::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(whole(value).map_or(Node::Number(value), Node::Integer))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Node::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Node::Object(members))
    }
}

/// The integer that this number is, if it is one that a JSON number holds exactly.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    if value.fract() != 0.0 || value.abs() > EXACT {
        return None;
    }
    // `{:.0}` writes a negative zero as `-0`, which reads back as 0.
    format!("{value:.0}").parse().ok()
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> Malformed {
    let valid = bytes.get(..valid_up_to).unwrap_or_default();
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = valid.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len) + 1;
    Malformed { reason: "the text is not UTF-8".to_owned(), line, column }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> Node {
        Node::parse(text.as_bytes()).unwrap()
    }

    fn without_removed_members(node: Node) -> Node {
        match node {
            Node::Object(members) => Node::Object(
                members
                    .into_iter()
                    .filter(|(_, value)| *value != Node::Removed)
                    .map(|(name, value)| (name, without_removed_members(value)))
                    .collect(),
            ),
            other => other,
        }
    }

    #[test]
    fn a_repeated_member_is_kept() {
        let Node::Object(members) = node(r#"{"a": 1, "b": {}, "a": "x"}"#) else { panic!("not an object") };
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "a"]);
    }

    #[test]
    fn a_whole_number_is_an_integer_however_it_is_written() {
        for text in ["12", "12.0", "1.2e1", "120e-1"] {
            assert_eq!(node(text), Node::Integer(12), "{text}");
        }
        assert_eq!(node("-0.0"), Node::Integer(0));
        assert_eq!(node("9007199254740993"), Node::Integer(9_007_199_254_740_993));
        assert_eq!(node("1.5"), Node::Number(1.5));
        assert!(matches!(node("18446744073709551615"), Node::Number(_)));
        assert!(matches!(node("123456789012345678901234567890"), Node::Number(_)));
    }

    #[test]
    fn what_is_not_json_says_where_it_breaks_off() {
        let place =
            |bytes: &[u8]| Node::parse(bytes).map_err(|malformed| (malformed.line, malformed.column)).unwrap_err();
        assert_eq!(place(b"{\n  \"a\": 1,\n}"), (3, 1));
        assert_eq!(place(b"{}\n{}"), (2, 1));
        assert_eq!(place(b"{\"a\":\n \"\xff\"}"), (2, 3));
        assert_eq!(place(b""), (1, 0));
        assert_eq!(place(b" \n "), (1, 0));
        assert!(Node::parse("[".repeat(1000).as_bytes()).is_err());
        assert!(Node::parse(br#""\ud800""#).is_err());
    }

    #[test]
    fn the_order_of_members_makes_no_difference_and_that_of_elements_does() {
        assert!(
            node(r#"{"a": [1, {"b": 2, "c": 3}], "d": null}"#)
                .same(&node(r#"{"d": null, "a": [1, {"c": 3, "b": 2}]}"#))
        );
        assert!(!node("[1, 2]").same(&node("[2, 1]")));
        assert!(!node(r#"{"a": 1, "a": 1}"#).same(&node(r#"{"a": 1, "b": 1}"#)));
        assert!(node("1.0").same(&node("1")));
    }

    /// The cases of RFC 7396, appendix A.
    #[test]
    fn a_merge_patch_does_what_the_standard_shows() {
        let cases = [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ];
        for (target, patch, expected) in cases {
            let mut merged = node(target);
            merged.merge(&node(patch));
            assert_eq!(without_removed_members(merged), node(expected), "{target} with {patch}");
        }
    }

    #[test]
    fn a_merge_patch_loses_neither_what_it_removes_nor_repeats() {
        let mut merged = node(r#"{"a": 1}"#);
        merged.merge(&node(r#"{"a": 2, "b": null, "a": 3, "c": [null]}"#));
        let Node::Object(members) = merged else { panic!("not an object") };
        let expected = [
            ("a", Node::Integer(2)),
            ("b", Node::Removed),
            ("a", Node::Integer(3)),
            ("c", Node::Array(vec![Node::Null])),
        ];
        assert!(members.iter().map(|(name, value)| (name.as_str(), value)).eq(expected.iter().map(|(n, v)| (*n, v))));
    }
}
