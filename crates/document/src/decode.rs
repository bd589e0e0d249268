//! From a [`Node`] tree to a wire struct, with every fault on the way: the collecting deserialiser
//! (docs/decisions/0001-collecting-deserialiser.md).
//!
//! Knows serde and JSON Pointer, and neither HTTP nor what any member means.
//!
//! Wire structs derive `Deserialize`; their members are `Option<_>`, or `Vec<_>` with `#[serde(default)]`. A member that the struct doesn't
//! have is a fault here, and passed over where serde reads a stored document. A member that can't be read is recorded and taken for absent, an element that can't be read is
//! recorded and left out, so that one pass gives all faults and a struct of all that could be read.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::iter::{self, Enumerate};
use std::slice;

use domain::{FaultCode, Invalid, MAX_INTEGER};
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::faults::Faults;
use crate::node::Node;

/// Reads a value out of the tree. It is absent only where the tree itself, rather than a part of it, can't be read as a
/// `T`; that too is among the faults.
pub fn decode<T: DeserializeOwned>(node: &Node, faults: &mut Faults) -> Option<T> {
    let place = Place::Root;
    T::deserialize(Reader { node, place: &place, faults }).map_err(|error| place.record(error, faults)).ok()
}

/// The error by which a domain value refuses a string inside a `Deserialize`. serde carries text only, so the code
/// travels as the first word of the message.
pub fn refuse<E: de::Error>(invalid: &Invalid) -> E {
    E::custom(format_args!("{}: {}", invalid.code.as_str(), invalid.detail))
}

fn unknown(name: &str, known: &'static [&'static str]) -> String {
    const ALIKE: f64 = 0.75;
    let name: String = name.chars().take(100).collect();
    let alike = |known: &&'static str| (strsim::jaro_winkler(&name, known), *known);
    let nearest = known.iter().map(alike).max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((likeness, nearest)) if likeness >= ALIKE => format!("there is no such field; did you mean `{nearest}`?"),
        _ => format!("there is no such field; the fields are {}", known.join(", ")),
    }
}

/// Where the reader is. Becomes text only where there is a fault.
enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// Errors beyond the limit are only counted, without a text for each, because a body may have thousands of wrong
    /// values.
    fn record(&self, error: DecodeError, faults: &mut Faults) {
        if faults.is_full() {
            if !matches!(error, DecodeError::Told) {
                faults.count_untold();
            }
            return;
        }
        match error {
            DecodeError::Told => {}
            DecodeError::Fault(code, detail) => faults.record(self.pointer(), code, detail),
            DecodeError::UnknownMember(name, known) => {
                let detail = unknown(&name, known);
                faults.record(Place::Member(self, &name).pointer(), FaultCode::UnknownMember, detail);
            }
        }
    }

    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Member(object, name) => {
                format!("{}/{}", object.pointer(), name.replace('~', "~0").replace('/', "~1"))
            }
            Self::Element(array, index) => format!("{}/{index}", array.pointer()),
        }
    }
}

/// Why a value couldn't be read.
#[derive(Debug)]
enum DecodeError {
    /// It was recorded where it came up.
    Told,
    Fault(FaultCode, String),
    UnknownMember(String, &'static [&'static str]),
}

impl DecodeError {
    fn expected(expected: &str, found: &Node) -> Self {
        Self::Fault(FaultCode::InvalidType, format!("expected {expected}, found {}", found.kind()))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told => f.write_str("a fault inside"),
            Self::Fault(_, detail) => f.write_str(detail),
            Self::UnknownMember(name, known) => f.write_str(&unknown(name, known)),
        }
    }
}

impl Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let coded = message.split_once(": ").and_then(|(word, detail)| {
            let code = FaultCode::ALL.iter().find(|code| code.as_str() == word)?;
            Some(Self::Fault(*code, detail.to_owned()))
        });
        coded.unwrap_or(Self::Fault(FaultCode::InvalidFormat, message))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Fault(FaultCode::OutOfRange, format!("expected {expected}, found {found}"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownMember(field.to_owned(), expected)
    }
}

/// The deserialiser of one node.
struct Reader<'de, 'p> {
    node: &'de Node,
    place: &'p Place<'p>,
    faults: &'p mut Faults,
}

macro_rules! integers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            visitor.visit_i64(integer(self.node)?)
        })+
    };
}

impl<'de> Reader<'de, '_> {
    /// Visits the members of an object, of which these names are known.
    fn members<V: Visitor<'de>>(
        self,
        known: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Object(members) => visitor.visit_map(Members {
                members: members.iter(),
                known,
                seen: HashSet::with_capacity(members.len()),
                current: None,
                place: self.place,
                faults: self.faults,
            }),
            other => Err(DecodeError::expected("an object", other)),
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Null | Node::Removed => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Integer(_) => self.deserialize_i64(visitor),
            Node::Number(value) => visitor.visit_f64(*value),
            Node::String(value) => visitor.visit_borrowed_str(value),
            Node::Array(_) => self.deserialize_seq(visitor),
            Node::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Bool(value) => visitor.visit_bool(*value),
            other => Err(DecodeError::expected("true or false", other)),
        }
    }

    integers! { deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::String(value) => visitor.visit_borrowed_str(value),
            other => Err(DecodeError::expected("a string", other)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Removed => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Array(elements) => visitor.visit_seq(Elements {
                elements: elements.iter().enumerate(),
                place: self.place,
                faults: self.faults,
            }),
            other => Err(DecodeError::expected("an array", other)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.members(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.members(Some(fields), visitor)
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier ignored_any
    }
}

/// An integer that every reader of JSON gets right (RFC 8259, section 6).
fn integer(node: &Node) -> Result<i64, DecodeError> {
    match node {
        Node::Integer(value) if (-MAX_INTEGER..=MAX_INTEGER).contains(value) => Ok(*value),
        Node::Number(value) if value.fract() != 0.0 => {
            let detail = "expected a whole number, found one with a fraction";
            Err(DecodeError::Fault(FaultCode::InvalidType, detail.to_owned()))
        }
        Node::Integer(_) | Node::Number(_) => {
            let detail = format!("expected a whole number from -{MAX_INTEGER} to {MAX_INTEGER}");
            Err(DecodeError::Fault(FaultCode::OutOfRange, detail))
        }
        other => Err(DecodeError::expected("a whole number", other)),
    }
}

/// The members of an object.
struct Members<'de, 'p> {
    members: slice::Iter<'de, (String, Node)>,
    /// The names that the object may have, where it is not for any.
    known: Option<&'static [&'static str]>,
    seen: HashSet<&'de str>,
    current: Option<(&'de str, &'de Node)>,
    place: &'p Place<'p>,
    faults: &'p mut Faults,
}

impl<'de> Members<'de, '_> {
    /// The next member that is known and wasn't there before.
    fn advance(&mut self) -> Option<&'de str> {
        for (name, node) in self.members.by_ref() {
            if self.seen.insert(name) {
                if let Some(known) = self.known.filter(|known| !known.contains(&name.as_str())) {
                    self.place.record(DecodeError::UnknownMember(name.clone(), known), self.faults);
                    continue;
                }
                self.current = Some((name, node));
                return Some(name);
            }
            let detail = "the field appears twice; only the first is read".to_owned();
            Place::Member(self.place, name).record(DecodeError::Fault(FaultCode::DuplicateMember, detail), self.faults);
        }
        None
    }

    fn current(&mut self) -> Result<(&'de str, &'de Node), DecodeError> {
        self.current.take().ok_or_else(|| de::Error::custom("a value was asked for before its name"))
    }
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        self.advance().map(|name| seed.deserialize(BorrowedStrDeserializer::new(name))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let (name, node) = self.current()?;
        let place = Place::Member(self.place, name);
        seed.deserialize(Reader { node, place: &place, faults: self.faults })
    }

    /// A name that isn't known is recorded and skipped. (A seed can be used only once, a type as often as needed.)
    fn next_key<K: Deserialize<'de>>(&mut self) -> Result<Option<K>, DecodeError> {
        while let Some(name) = self.advance() {
            match K::deserialize(BorrowedStrDeserializer::new(name)) {
                Ok(key) => return Ok(Some(key)),
                Err(error) => self.place.record(error, self.faults),
            }
        }
        Ok(None)
    }

    /// A value that can't be read is recorded and taken for absent; what a patch removed is absent.
    fn next_value<V: Deserialize<'de>>(&mut self) -> Result<V, DecodeError> {
        let (name, node) = self.current()?;
        if *node == Node::Removed
            && let Ok(absent) = V::deserialize(Absent)
        {
            return Ok(absent);
        }
        let place = Place::Member(self.place, name);
        V::deserialize(Reader { node, place: &place, faults: self.faults }).or_else(|error| {
            place.record(error, self.faults);
            V::deserialize(Absent)
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

/// The elements of an array.
struct Elements<'de, 'p> {
    elements: Enumerate<slice::Iter<'de, Node>>,
    place: &'p Place<'p>,
    faults: &'p mut Faults,
}

impl<'de> SeqAccess<'de> for Elements<'de, '_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some((index, node)) = self.elements.next() else { return Ok(None) };
        let place = Place::Element(self.place, index);
        seed.deserialize(Reader { node, place: &place, faults: self.faults }).map(Some)
    }

    /// An element that can't be read is recorded and left out.
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, DecodeError> {
        for (index, node) in self.elements.by_ref() {
            // What was wrong with it is told already.
            if *node == Node::Removed {
                self.faults.leave_out(self.place.pointer(), index);
                continue;
            }
            let place = Place::Element(self.place, index);
            match T::deserialize(Reader { node, place: &place, faults: self.faults }) {
                Ok(element) => return Ok(Some(element)),
                Err(error) => {
                    place.record(error, self.faults);
                    self.faults.leave_out(self.place.pointer(), index);
                }
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

/// The deserialiser of what isn't there: no value, an empty list, an object without members.
struct Absent;

impl<'de> Deserializer<'de> for Absent {
    type Error = DecodeError;

    /// A value that has to be there: the fault is told already.
    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::Told)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(SeqDeserializer::new(iter::empty::<&str>()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(MapDeserializer::new(iter::empty::<(&str, &str)>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
