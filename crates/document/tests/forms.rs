//! The stored documents of every form of every kind, as files: `forms/<kind>/<form>/<example>.json`.
//!
//! Each file has what a register stores of one record: its document, what the public is shown of it, and what the log keeps. A document
//! must be written again just as it is there, or a register would hold documents of two forms under one number. `make forms` writes the
//! files of today's forms anew, to be read as a diff; those of earlier forms stay as they are.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails loudly; clippy.toml lets only the functions marked #[test] do so"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use document::record::{self, Json};
use document::{Documented, Object, Wire};
use domain::{Child, Kind, Record};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

const ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01";
const PARENT_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02";

/// A kind, with what writes a document of one of its forms as it is written today.
struct Documents {
    kind: Kind,
    object: &'static Object,
    /// Today's form.
    today: usize,
    write_again: fn(&str, usize) -> Result<Json, String>,
}

/// Every kind, from the table of kinds.
fn kinds() -> Vec<Documents> {
    macro_rules! documents {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            vec![$(documents::<$Record>(),)+ $(documents::<Child<$Parent, $Child>>(),)+]
        };
    }
    domain::for_each_record!(documents)
}

fn documents<T: Documented>() -> Documents {
    Documents {
        kind: T::KIND,
        object: &<T::Document as Wire>::OBJECT,
        today: T::DOCUMENT_VERSION,
        write_again: write_again::<T>,
    }
}

/// Reads a document of a form, and writes the record.
fn write_again<T: Documented>(document: &str, form: usize) -> Result<Json, String> {
    let document =
        if form == T::DOCUMENT_VERSION { document.to_owned() } else { record::upgrade::<T>(document, form)? };
    let members: Value = serde_json::from_str(&document).map_err(|error| error.to_string())?;
    let parent_id = <T::Document as Wire>::OBJECT.parent().and_then(|parent| members[parent.name].as_str());
    let instant = |name: &str| members[name].as_str().unwrap_or_default().parse().map_err(|_| format!("no {name}"));
    Ok(record::write(&Record {
        id: members["id"].as_str().unwrap_or_default().parse().map_err(|_| "no id")?,
        version: members["version"].as_i64().ok_or("no version")?,
        created_at: instant("created_at")?,
        updated_at: instant("updated_at")?,
        content: record::read::<T>(&document, parent_id)?,
    }))
}

/// What a file has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    document: Box<RawValue>,
    public_document: Option<Box<RawValue>>,
    canonical: Box<RawValue>,
}

impl Documents {
    fn folder(&self, form: usize) -> PathBuf {
        folder().join(self.kind.as_str()).join(form.to_string())
    }

    /// The examples of a form, by their names.
    fn examples(&self, form: usize) -> BTreeMap<String, Stored> {
        let mut examples = BTreeMap::new();
        for name in names(&self.folder(form)) {
            let path = self.folder(form).join(&name);
            let stored = serde_json::from_str(&fs::read_to_string(&path).unwrap());
            examples.insert(name, stored.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        }
        examples
    }

    /// What there would be in the file of today's form.
    fn file_of(&self, stored: &Stored, form: usize, name: &str) -> String {
        let written = (self.write_again)(&text(&stored.document), form);
        file(&written.unwrap_or_else(|said| panic!("{name} of form {form} of {}: {said}", self.kind.plural())))
    }

    /// Asserts that the file of today's form has this, by the first line that differs.
    #[track_caller]
    fn assert_in_file(&self, name: &str, written: &str, advice: &str) {
        let path = self.folder(self.today).join(name);
        let there = fs::read_to_string(&path).unwrap_or_default();
        let end = || std::iter::once("(end)");
        let mut lines = there.lines().chain(end()).zip(written.lines().chain(end()));
        if let Some((line, written)) = lines.find(|(line, written)| line != written) {
            let (kind, path) = (self.kind.plural(), path.display());
            panic!("{kind} are written otherwise than in {path}:\n  there:   {line}\n  written: {written}\n{advice}");
        }
    }

    /// Writes the files of today's form anew: from those that are there, from those of the form before, or from the kind's example.
    fn write_files(&self) {
        let mut sources = self.examples(self.today);
        for (name, stored) in self.today.checked_sub(1).map(|before| self.examples(before)).unwrap_or_default() {
            let upgraded = self.file_of(&stored, self.today - 1, &name);
            sources.entry(name).or_insert_with(|| serde_json::from_str(&upgraded).unwrap());
        }
        if sources.is_empty() {
            for (name, is_least) in [("full.json", false), ("least.json", true)] {
                let text = |value: Value| RawValue::from_string(value.to_string()).unwrap();
                let document = text(example(self.object, is_least));
                let stored = Stored { document, public_document: None, canonical: text(Value::Null) };
                sources.insert(name.to_owned(), stored);
            }
        }
        fs::create_dir_all(self.folder(self.today)).unwrap();
        for (name, stored) in sources {
            fs::write(self.folder(self.today).join(&name), self.file_of(&stored, self.today, &name)).unwrap();
        }
    }
}

/// The example of the contract as a stored record, with all that it has or with what must be there.
fn example(object: &Object, is_least: bool) -> Value {
    let mut members = Map::new();
    for (name, value) in object.example.map(|example| example()).unwrap_or_default().as_object().into_iter().flatten() {
        let is_required = object.members.iter().any(|member| member.name == name && member.is_required());
        if is_required || !is_least {
            let is_source = name == "sources";
            members.insert(name.clone(), if is_source { json!([source()]) } else { value.clone() });
        }
    }
    let at = "2024-02-03T04:05:06.000007Z";
    members.extend([("id", json!(ID)), ("version", json!(3))].map(|(name, value)| (name.to_owned(), value)));
    members.extend(["created_at", "updated_at"].map(|name| (name.to_owned(), json!(at))));
    members.extend(object.parent().map(|parent| (parent.name.to_owned(), json!(PARENT_ID))));
    Value::Object(members)
}

/// A source with every member.
fn source() -> Value {
    json!({
        "url": "https://www.example.org/report",
        "title": "Annual report",
        "asserted_by": "Cabinet Office",
        "accessed_on": "2025-07-01",
        "note": "The figure is rounded.",
    })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms")
}

/// What there is in a folder, in the order of the names.
fn names(folder: &Path) -> BTreeSet<String> {
    let found = fs::read_dir(folder).into_iter().flatten();
    found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The text of a document: a file has each member in a line of its own, and no text of JSON has a line feed in it.
fn text(document: &RawValue) -> String {
    document.get().replace('\n', "")
}

fn file(written: &Json) -> String {
    let document = in_lines(&written.shown);
    let public = written.public.as_ref().map(|public| format!("\"public_document\": {},\n", in_lines(public)));
    let canonical = in_lines(&written.canonical);
    format!("{{\n\"document\": {document},\n{}\"canonical\": {canonical}\n}}\n", public.unwrap_or_default())
}

/// The object with each of its members in a line of its own.
fn in_lines(object: &str) -> String {
    let (mut lines, mut depth, mut is_quoted, mut is_escaped) = (String::new(), 0, false, false);
    for character in object.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '{' | '[' if !is_quoted => depth += 1,
            '}' | ']' if !is_quoted => depth -= 1,
            _ => {}
        }
        if character == '}' && depth == 0 {
            lines.push('\n');
        }
        lines.push(character);
        if !is_quoted && depth == 1 && (character == ',' || lines == "{") {
            lines.push('\n');
        }
    }
    lines
}

/// The members of an object as pointers, those of the elements of a list without their places.
fn declared(object: &Object, above: &str) -> BTreeSet<String> {
    let mut pointers = BTreeSet::new();
    for member in object.members {
        let pointer = format!("{above}/{}", member.name);
        pointers.extend(member.object.into_iter().flat_map(|object| declared(object, &pointer)));
        pointers.insert(pointer);
    }
    pointers
}

fn said(value: &Value, above: &str) -> BTreeSet<String> {
    let mut pointers = BTreeSet::new();
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let pointer = format!("{above}/{name}");
                pointers.extend(said(value, &pointer));
                pointers.insert(pointer);
            }
        }
        Value::Array(elements) => pointers.extend(elements.iter().flat_map(|element| said(element, above))),
        _ => {}
    }
    pointers
}

#[test]
fn every_kind_has_examples_of_each_of_its_forms_and_of_no_other() {
    let kinds = kinds();
    if env::var_os("WRITE_FORMS").is_some() {
        kinds.iter().for_each(Documents::write_files);
    }
    for documents in &kinds {
        let forms: BTreeSet<String> = (1..=documents.today).map(|form| form.to_string()).collect();
        let there = names(&folder().join(documents.kind.as_str()));
        let kind = documents.kind;
        assert_eq!(
            there,
            forms,
            "the forms of a {kind} in {}, and those that it has had: `make forms` writes those of today's",
            folder().join(kind.as_str()).display()
        );
        for form in 1..=documents.today {
            assert!(!documents.examples(form).is_empty(), "form {form} of a {kind} has no example");
        }
    }
    let known: BTreeSet<String> = kinds.iter().map(|documents| documents.kind.as_str().to_owned()).collect();
    assert_eq!(names(&folder()), known, "there are examples of what is no kind of record");
}

#[test]
fn what_is_written_of_a_record_changes_with_its_form_alone() {
    for documents in kinds() {
        for (name, stored) in documents.examples(documents.today) {
            let written = documents.file_of(&stored, documents.today, &name);
            let advice = "If what is stored must follow, add a function to the kind's UPGRADES, which makes a new form. Then run `make \
                          forms`, and read what it changes.";
            documents.assert_in_file(&name, &written, advice);
        }
    }
}

#[test]
fn documents_of_earlier_forms_become_those_of_todays() {
    for documents in kinds() {
        for form in 1..documents.today {
            for (name, stored) in documents.examples(form) {
                let upgraded = documents.file_of(&stored, form, &name);
                let advice =
                    format!("It is what becomes of {name} of form {form}. An example of more gets a file of its own.");
                documents.assert_in_file(&name, &upgraded, &advice);
            }
        }
    }
}

#[test]
fn the_examples_of_todays_form_have_every_member_between_them() {
    let mut lacking = Vec::new();
    for documents in kinds() {
        let examples = documents.examples(documents.today);
        let examples = examples.values().map(|stored| serde_json::from_str::<Value>(stored.document.get()).unwrap());
        let said: BTreeSet<String> = examples.flat_map(|document| said(&document, "")).collect();
        let missing = declared(documents.object, "").into_iter().filter(|pointer| !said.contains(pointer));
        lacking.extend(missing.map(|pointer| format!("{}: {pointer}", documents.folder(documents.today).display())));
    }
    let lacking = lacking.join("\n");
    assert!(lacking.is_empty(), "add these fields to the document of an example, then run `make forms`:\n{lacking}");
}

/// What the public may not see is what the declaration says, and the log keeps all of a document.
#[test]
fn the_public_document_lacks_what_is_personal_and_nothing_else() {
    for documents in kinds() {
        let personal = record::personal(documents.object);
        for (name, stored) in documents.examples(documents.today) {
            let parsed = |text: &RawValue| serde_json::from_str::<Value>(text.get()).unwrap();
            let document = parsed(&stored.document);
            assert_eq!(parsed(&stored.canonical), document, "{name} of a {}", documents.kind);
            assert_eq!(stored.public_document.is_some(), !personal.is_empty(), "{name} of a {}", documents.kind);
            let Some(public) = stored.public_document else { continue };
            let (all, shown) = (said(&document, ""), said(&parsed(&public), ""));
            let lacking: BTreeSet<&String> = all.difference(&shown).collect();
            let personal: BTreeSet<&String> = personal.iter().filter(|it| document.pointer(it).is_some()).collect();
            assert_eq!(lacking, personal, "{name} of a {}", documents.kind);
        }
    }
}
