//! Records that a body names by their slugs in the place of their ids.
//!
//! People know the slugs, and the register keeps ids. Which id a slug stands for is looked up before the body is read, so that all that
//! reads it finds ids only. Knows the members that hold ids, and not where records are.

use std::collections::HashMap;

use domain::{FaultCode, Id, Invalid, Key, Kind, Mutual, Slug};

use crate::node::Node;
use crate::object::{Member, Object};

/// The most slugs of a body that are looked up. No valid body has as many.
const MOST: usize = 200;

/// A record that is named by its slug.
pub type BySlug = (Kind, Slug);

/// A member whose text leads to no record.
#[derive(Clone, Debug)]
pub(crate) struct Misnamed {
    pub(crate) field: String,
    pub(crate) code: FaultCode,
    pub(crate) detail: String,
}

/// Writes the ids in a document as the register writes them, whatever their letter case. Tells the texts that are neither ids nor slugs
/// where either is expected.
pub(crate) fn normalise(document: &mut Node, object: &'static Object) -> Vec<Misnamed> {
    let mut misnamed = Vec::new();
    if let Node::Object(members) = &mut *document {
        let parent = object.parent().map(|parent| parent.name);
        let own = |name: &str| object.envelope.is_some() && (name == "id" || Some(name) == parent);
        members.iter_mut().filter(|(name, _)| own(name)).for_each(|(_, value)| write_id(value));
        take_out_expanded(members, object);
    }
    each_name(document, object, "", &mut |field, kind, value| {
        write_id(value);
        let Node::String(text) = &*value else { return };
        // Ids and slugs look the same in every kind that has slugs.
        let Err(invalid) = text.parse::<Key<Mutual>>() else { return };
        if !kind.has_slug() || misnamed.len() >= MOST {
            return;
        }
        misnamed.push(Misnamed { field: field.to_owned(), code: FaultCode::InvalidFormat, detail: invalid.detail });
        *value = Node::Removed;
    });
    misnamed
}

/// Takes out what was shown of the records that members name, so that what was read can be sent back. What names other records than its
/// member stays, and is told as an unknown member.
fn take_out_expanded(members: &mut Vec<(String, Node)>, object: &'static Object) {
    for member in object.expandable() {
        let Some(word) = member.expanded() else { continue };
        let ids = members.iter().find(|(name, _)| name == member.name).map(|(_, value)| value.clone());
        let names_the_same = |shown: &Node| match (shown, &ids) {
            (Node::Array(shown), Some(Node::Array(ids))) => {
                shown.len() == ids.len() && shown.iter().zip(ids).all(|(shown, id)| shown.member("id") == Some(id))
            }
            (shown, Some(id)) => shown.member("id") == Some(id),
            (_, None) => false,
        };
        members.retain(|(name, value)| *name != word || !names_the_same(value));
    }
}

/// The slugs in a document where ids are expected.
pub(crate) fn slugs(document: &Node, object: &'static Object) -> Vec<BySlug> {
    let mut found: Vec<BySlug> = Vec::new();
    each_name(&mut document.clone(), object, "", &mut |_, kind, value| {
        if let Some(slug) = slug_of(kind, value).filter(|_| found.len() < MOST)
            && !found.iter().any(|(other, known)| *other == kind && *known == slug)
        {
            found.push((kind, slug));
        }
    });
    found
}

/// Puts ids in the place of slugs. Tells those that stand for none.
pub(crate) fn resolve(document: &mut Node, object: &'static Object, ids: &HashMap<BySlug, String>) -> Vec<Misnamed> {
    let mut misnamed = Vec::new();
    each_name(document, object, "", &mut |field, kind, value| {
        let Some(slug) = slug_of(kind, value) else { return };
        let named = (kind, slug);
        *value = match ids.get(&named) {
            Some(id) => Node::String(id.clone()),
            None => {
                let detail = format!("there is no {kind} with the slug {}", named.1);
                misnamed.push(Misnamed { field: field.to_owned(), code: FaultCode::UnknownReference, detail });
                Node::Removed
            }
        };
    });
    misnamed
}

/// The slug of the record that a document is to belong to, where it has one in the place of the id.
pub(crate) fn parent_slug(document: &Node, object: &'static Object) -> Option<BySlug> {
    let member = object.parent()?;
    let kind = member.names?;
    slug_of(kind, document.member(member.name)?).map(|slug| (kind, slug))
}

/// Puts an id in the place of the slug of the record that a document is to belong to. One that stands for none stays, and is told by
/// whoever reads the member.
pub(crate) fn resolve_parent(document: &mut Node, object: &'static Object, ids: &HashMap<BySlug, String>) {
    let id = parent_slug(document, object).and_then(|named| ids.get(&named));
    if let (Some(id), Some(member), Node::Object(members)) = (id, object.parent(), document) {
        let of_parent = members.iter_mut().filter(|(name, _)| name == member.name);
        of_parent.for_each(|(_, value)| *value = Node::String(id.clone()));
    }
}

/// The id that a member says which names the record that a document is to belong to.
///
/// # Errors
/// What is wrong with it. A slug that is still there stands for no record.
pub(crate) fn parent_id(member: &Member, value: Option<&Node>) -> Result<String, Invalid> {
    let kind = member.names.ok_or_else(|| Invalid::new(FaultCode::NotSupported, "no record belongs to this"))?;
    match value {
        None | Some(Node::Null | Node::Removed) => {
            let said = format!("this field is required: it says which {kind} the record belongs to");
            Err(Invalid::new(FaultCode::Required, said))
        }
        Some(Node::String(text)) if kind.has_slug() => match text.parse::<Key<Mutual>>()? {
            Key::Id(id) => Ok(id.to_string()),
            Key::Slug(slug) => {
                Err(Invalid::new(FaultCode::UnknownReference, format!("there is no {kind} with the slug {slug}")))
            }
        },
        Some(Node::String(text)) => text.parse::<Id<()>>().map(|id| id.to_string()),
        Some(other) => Err(Invalid::new(FaultCode::InvalidType, format!("expected a string, found {}", other.kind()))),
    }
}

fn slug_of(kind: Kind, value: &Node) -> Option<Slug> {
    match value {
        Node::String(text) if kind.has_slug() => text.parse().ok(),
        _ => None,
    }
}

fn write_id(value: &mut Node) {
    if let Node::String(text) = value
        && let Ok(id) = text.parse::<Id<()>>()
    {
        *text = id.to_string();
    }
}

/// Visits each value that is to be the id of a record, with the member that has it and the kind.
fn each_name(node: &mut Node, object: &'static Object, at: &str, visit: &mut impl FnMut(&str, Kind, &mut Node)) {
    let Node::Object(members) = node else { return };
    for (name, value) in members {
        let Some(member) = object.members.iter().find(|member| member.name == name) else { continue };
        let field = format!("{at}{name}");
        match (member.names, member.object) {
            (Some(kind), _) => match value {
                Node::Array(elements) => {
                    for (index, element) in elements.iter_mut().enumerate() {
                        visit(&format!("{field}/{index}"), kind, element);
                    }
                }
                value => visit(&field, kind, value),
            },
            (None, Some(inside)) => match value {
                Node::Array(elements) => {
                    for (index, element) in elements.iter_mut().enumerate() {
                        each_name(element, inside, &format!("{field}/{index}/"), visit);
                    }
                }
                value => each_name(value, inside, &format!("{field}/"), visit),
            },
            (None, None) => {}
        }
    }
}
