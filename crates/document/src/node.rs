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
    /// Reads one JSON text. A byte order mark before it is passed over, as RFC 8259, section 8.1, allows. A number that
    /// is too large for any member is the largest that there is, so that the member says that it is out of range.
    ///
    /// # Errors
    /// [`Malformed`] for what isn't UTF-8, isn't JSON, goes on after its end or is nested more than 127 levels deep.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let text = str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
        if text.trim_ascii().is_empty() {
            return Err(Malformed { reason: "there is no JSON value".to_owned(), line: 1, column: 0 });
        }
        let read = serde_json::from_str(text).or_else(|error| {
            let text = if is_too_large(&error) { within_range(text) } else { None };
            text.map_or(Err(error), |text| serde_json::from_str(&text))
        });
        read.map_err(|error| Malformed::from(&error))
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

/// U+FEFF in UTF-8, which editors on Windows put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The text with numbers that are too large for any computer's, such as `1e400`, made as large as can be; none if it has none. Every
/// character stays where it is.
fn within_range(text: &str) -> Option<String> {
    const LARGE: &str = "1e308";
    let mut changed = false;
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| sign == '"' || sign == '-' || sign.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        result.push_str(before);
        let length = if from.starts_with('"') { string_length(from) } else { number_length(from) };
        let (token, after) = from.split_at(length);
        if is_number(token) && serde_json::from_str::<f64>(token).is_err_and(|error| is_too_large(&error)) {
            let sign = if token.starts_with('-') { "-" } else { "" };
            result.push_str(&format!("{:length$}", format!("{sign}{LARGE}")));
            changed = true;
        } else {
            result.push_str(token);
        }
        rest = after;
    }
    result.push_str(rest);
    changed.then_some(result)
}

/// Whether a text was refused for a number that no computer's floating-point numbers reach.
pub fn is_too_large(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("number out of range")
}

/// The length of the string at the start, with its quotation marks; all of the text if it has no end.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Whether the text is a number to its end: what follows one that is too large is not looked at by the parser that refuses it.
fn is_number(text: &str) -> bool {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (text, "0"),
    };
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let has_needless_zero = whole.len() > 1 && whole.starts_with('0');
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    !has_needless_zero && [whole, fraction, exponent].into_iter().all(are_digits)
}

fn number_length(text: &str) -> usize {
    let is_of_number = |sign: char| sign.is_ascii_digit() || matches!(sign, '-' | '+' | '.' | 'e' | 'E');
    text.find(|sign| !is_of_number(sign)).unwrap_or(text.len())
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
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(node("\u{feff}{\"a\": 1}"), node("{\"a\": 1}"));
        assert!(Node::parse("\u{feff}".as_bytes()).is_err());
        assert!(Node::parse("\u{feff}\u{feff}1".as_bytes()).is_err());
        assert!(Node::parse(b"\xff\xfe{\x00}\x00").is_err());
    }

    #[test]
    fn a_number_is_never_too_large_to_be_read() {
        for text in ["1e400", "-1e309", "9e308", "1E+999999999999999999999", &"9".repeat(400), "2.5e308"] {
            assert!(matches!(node(text), Node::Number(_)), "{text}");
        }
        let Node::Object(members) = node(r#"{"1e400": "\"1e400 \\", "b": [1e400,-1e400 , 3], "c": 4}"#) else {
            panic!()
        };
        assert_eq!(members[0], ("1e400".to_owned(), Node::String("\"1e400 \\".to_owned())));
        assert_eq!(members[1].1, Node::Array(vec![Node::Number(1e308), Node::Number(-1e308), Node::Integer(3)]));
        assert_eq!(members[2].1, Node::Integer(4));
        let malformed = Node::parse(b"[1e400, 1e400000, ]").unwrap_err();
        assert_eq!((malformed.line, malformed.column), (1, 19), "{malformed}");
        for broken in [
            "1e400e",
            "1e400-",
            "1e400.5",
            "1e4e400",
            "1.e400",
            "--1e400",
            "[1e400",
            "-",
            "1e",
            "01e400",
            "\"1e400",
            "{1e400: 1}",
        ] {
            assert!(Node::parse(broken.as_bytes()).is_err(), "{broken}");
        }
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
