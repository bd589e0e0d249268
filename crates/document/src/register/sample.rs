//! What the tests of the kinds share.

use std::fmt::Debug;

use domain::{Child, Record};
use serde_json::Value;

use crate::body::{Content, Input};
use crate::object::Wire;
use crate::record::{self, ChildDocument};

const ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01";
const PARENT_ID: &str = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02";
const SOURCES: &str =
    r#"[{"url": "https://example.org/", "title": "T", "asserted_by": "A", "accessed_on": "2024-01-31", "note": "N"}]"#;

fn content<I: Input>(text: &str) -> Content<I> {
    Content::parse(text.replace("SOURCES", SOURCES).replace("\"ID\"", &format!("\"{ID}\"")).as_bytes()).unwrap()
}

/// What a new record says of which this is sent; `SOURCES` and `"ID"` stand for sources and an id.
pub(crate) fn create<I: Input>(text: &str) -> I::Value {
    content::<I>(text).create().unwrap_or_else(|refusal| panic!("{:?}", refusal.faults(vec![])))
}

/// The faults of a new record of which this is sent.
pub(crate) fn faults<I: Input>(text: &str) -> Vec<(String, &'static str)> {
    let faults = content::<I>(text).create().err().map(|refusal| refusal.faults(vec![])).unwrap_or_default();
    faults.into_iter().map(|fault| (fault.pointer, fault.code.as_str())).collect()
}

/// A record that says this.
pub(crate) fn record<T: ChildDocument>(content: T) -> Record<Child<T::Parent, T>> {
    let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
    let content = Child { parent_id: PARENT_ID.parse().unwrap(), content };
    Record { id: ID.parse().unwrap(), version: 3, created_at: at, updated_at: at, content }
}

/// Asserts that a record that gives every member is shown with all of them, is the same when it is read from what was
/// written, can be sent back as it was read, and tells the public nothing about persons.
pub(crate) fn assert_reads_back<T: ChildDocument + Debug + PartialEq>(content: &T) {
    let object = &<T::Document as Wire>::OBJECT;
    let record = record(content.clone());
    let written = record::write(&record);
    let shown: Value = serde_json::from_str(&written.shown).unwrap();
    for member in object.members {
        assert!(shown.get(member.name).is_some(), "{} isn't shown", member.name);
    }
    assert_eq!(serde_json::from_str::<Value>(&written.canonical).unwrap(), shown);
    for document in [&written.shown, &written.canonical] {
        let read: Child<T::Parent, T> = record::read(document, Some(PARENT_ID)).unwrap();
        assert_eq!(read.content, *content);
        assert_eq!(read.parent_id.to_string(), PARENT_ID);
    }
    let sent_back = Content::<T::Document>::parse(written.shown.as_bytes()).unwrap().replace(&written.shown);
    assert!(sent_back.is_ok(), "{:?}", sent_back.map_err(|refusal| refusal.faults(vec![])));
    let personal = record::personal(object);
    assert_eq!(written.public.is_some(), !personal.is_empty());
    let public: Value = serde_json::from_str(written.public.as_ref().unwrap_or(&written.shown)).unwrap();
    for pointer in personal {
        assert!(shown.pointer(&pointer).is_some() && public.pointer(&pointer).is_none(), "{pointer}");
    }
}
