//! A record as a document: written, and read back as it was stored.

use std::io::{self, Write as _};

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Belongs, Child, Id, Invalid, Record, Recorded};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use validator::Validate as _;

use crate::body::Input;
use crate::canonical::canonical;
use crate::faults::Faults;
use crate::object::{Object, Typed as _, Wire};

/// Brings a document from one form into the next: it gets the members as they are stored.
pub type Upgrade = fn(&mut Map<String, Value>);

/// A kind of record, by what its records say.
pub trait Documented: Recorded {
    /// What brings documents of earlier forms into today's, the first form's first.
    const UPGRADES: &'static [Upgrade] = &[visible_texts];

    /// The form of today's documents: a change to how records are written is a new form, with an upgrade from the one before.
    const DOCUMENT_VERSION: usize = Self::UPGRADES.len().saturating_add(1);

    /// The members of its documents.
    type Document: Input + Serialize;

    /// What a record says, as its members. What follows from the other members is worked out here.
    fn show(&self) -> Self::Document;

    /// The record that it belongs to, where records of the kind do.
    fn parent_id(&self) -> Option<String> {
        None
    }

    /// What a record says whose members were read, of the record with this id.
    ///
    /// # Errors
    /// Where that is no id, or is missing.
    fn from_value(value: <Self::Document as Input>::Value, parent_id: Option<&str>) -> Result<Self, Invalid>;
}

/// A kind of record that belongs to another.
pub trait ChildDocument: Belongs {
    /// What brings documents of earlier forms into today's, the first form's first.
    const UPGRADES: &'static [Upgrade] = &[visible_texts];

    /// The members of its documents.
    type Document: Input<Value = Self> + Serialize;

    /// What a record says, as its members.
    fn show(&self) -> Self::Document;
}

impl<T: ChildDocument> Documented for Child<T::Parent, T> {
    const UPGRADES: &'static [Upgrade] = T::UPGRADES;

    type Document = T::Document;

    fn show(&self) -> T::Document {
        self.content.show()
    }

    fn parent_id(&self) -> Option<String> {
        Some(self.parent_id.to_string())
    }

    fn from_value(content: T, parent_id: Option<&str>) -> Result<Self, Invalid> {
        let parent_id: Id<T::Parent> = parent_id.unwrap_or_default().parse()?;
        Ok(Self { parent_id, content })
    }
}

/// A record as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json {
    /// All of it, members in the order that people read them in.
    pub shown: String,
    /// What the public is shown, of a kind that may say something about a person, whether or not this record does.
    pub public: Option<String>,
    /// All of it as canonical JSON (RFC 8785), which the entry log keeps and hashes.
    pub canonical: String,
}

/// A record inside another answer, as it is shown.
#[derive(Clone, Debug)]
pub struct View(Box<RawValue>);

impl View {
    /// The view of a record, of a kind that says nothing about persons.
    pub fn of<T: Documented>(record: &Record<T>) -> Option<Self> {
        const { assert!(!T::Document::OBJECT.has_personal(), "the view would show all that it says about persons") };
        RawValue::from_string(shown(record)).ok().map(Self)
    }
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Writes a record.
pub fn write<T: Documented>(record: &Record<T>) -> Json {
    let document = record.content.show();
    let parent = parent(record);
    let shown = text(record, parent.as_ref(), &document);
    let canonical = canonical(&shown);
    let public = T::Document::OBJECT.has_personal().then(|| {
        let mut is_reduced = false;
        let public = document.without_personal(&mut is_reduced);
        if is_reduced { text(record, parent.as_ref(), &public) } else { shown.clone() }
    });
    Json { shown, public, canonical }
}

/// All of a record as it is shown.
pub fn shown<T: Documented>(record: &Record<T>) -> String {
    text(record, parent(record).as_ref(), &record.content.show())
}

/// The member that says what the record belongs to, with the id.
fn parent<T: Documented>(record: &Record<T>) -> Option<(&'static str, String)> {
    let parent = <T::Document as Wire>::OBJECT.parent().map(|parent| parent.name);
    parent.zip(record.content.parent_id())
}

/// Reads what a stored document says, by its structure and the types of its values: the rules that bind members judged what a request
/// said, and don't judge it again.
///
/// # Errors
/// In words, where it isn't the document of such a record.
pub fn read<T: Documented>(document: &str, parent_id: Option<&str>) -> Result<T, String> {
    let parse = || serde_json::from_str::<T::Document>(document).map_err(|error| error.to_string());
    let mut faults = Faults::of_stored();
    match parse()?.build(&mut faults) {
        Some(value) => T::from_value(value, parent_id).map_err(|invalid| invalid.detail),
        None => {
            // What is missing.
            faults.validated(parse()?.validate());
            Err(faults.to_string())
        }
    }
}

/// A document of an earlier form in today's.
///
/// # Errors
/// In words, where it is no JSON object.
pub fn upgrade<T: Documented>(document: &str, version: usize) -> Result<String, String> {
    let mut members: Map<String, Value> = serde_json::from_str(document).map_err(|error| error.to_string())?;
    T::UPGRADES.iter().skip(version.saturating_sub(1)).for_each(|upgrade| upgrade(&mut members));
    Ok(Value::Object(members).to_string())
}

/// What stands in the place of a stored text that shows nothing. The register no longer accepts one, and tells of those that it has.
const BLANK_TEXT: &str = "[text of invisible characters]";

/// Takes what shows nothing away from every text. What is in a list twice then, such as a source, is there once.
pub fn visible_texts(members: &mut Map<String, Value>) {
    members.values_mut().for_each(|value| {
        make_visible(value);
    });
}

/// Says whether the value is another one now.
fn make_visible(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.is_ascii() => false,
        Value::String(text) => {
            let visible = match text.parse::<domain::Description>() {
                Ok(visible) => visible.to_string(),
                Err(_) if domain::shows_nothing(text) => BLANK_TEXT.to_owned(),
                Err(_) => return false,
            };
            std::mem::replace(text, visible) != *text
        }
        Value::Array(elements) => {
            let changed = elements.iter_mut().map(make_visible).fold(false, |any, one| any | one);
            if changed {
                let mut kept: Vec<Value> = Vec::with_capacity(elements.len());
                for element in std::mem::take(elements) {
                    if !(element.is_object() && kept.contains(&element)) {
                        kept.push(element);
                    }
                }
                *elements = kept;
            }
            changed
        }
        Value::Object(members) => members.values_mut().map(make_visible).fold(false, |any, one| any | one),
        _ => false,
    }
}

/// JSON Pointers to the members that say something about a person.
pub fn personal(object: &'static Object) -> Vec<String> {
    let mut pointers = Vec::new();
    for member in object.members {
        if member.is_personal {
            pointers.push(format!("/{}", member.name));
        }
        let inside = member.object.filter(|_| !member.is_list());
        pointers.extend(inside.into_iter().flat_map(personal).map(|pointer| format!("/{}{pointer}", member.name)));
    }
    pointers
}

/// An instant as documents have it.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// About as long as most documents are: enough that the text of one seldom moves while it grows.
const TYPICAL_LENGTH: usize = 2048;

/// Only numbers that are not finite and keys that are no text can't be written; no document has either.
fn text<T>(record: &Record<T>, parent: Option<&(&'static str, String)>, document: &impl Serialize) -> String {
    let mut json = Vec::with_capacity(TYPICAL_LENGTH);
    let written = write_json(&mut json, record, parent, document);
    debug_assert!(written.is_ok(), "{written:?}");
    String::from_utf8(json).unwrap_or_default()
}

fn write_json<T>(
    json: &mut Vec<u8>,
    record: &Record<T>,
    parent: Option<&(&'static str, String)>,
    document: &impl Serialize,
) -> io::Result<()> {
    write!(json, r#"{{"id":"{}","version":{}"#, record.id, record.version)?;
    if let Some((name, id)) = parent {
        write!(json, r#","{name}":"{id}""#)?;
    }
    // The members lose the braces around them: a comma takes the place of the first, where there are members.
    let start = json.len();
    serde_json::to_writer(&mut *json, document)?;
    json.pop();
    match json.get_mut(start..) {
        Some([brace, _, ..]) => *brace = b',',
        _ => json.truncate(start),
    }
    let (created_at, updated_at) = (instant(record.created_at), instant(record.updated_at));
    write!(json, r#","created_at":"{created_at}","updated_at":"{updated_at}"}}"#)
}
