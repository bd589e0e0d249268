//! The content of a write: from JSON to a domain value, or to every fault there is.
//!
//! One path serves create, replace and update: each makes the document that the record is to be, and that is read.

use std::collections::HashMap;
use std::marker::PhantomData;

use chrono::DateTime;
use domain::{Day, Fault, FaultCode, PartialDate};
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::decode::decode;
use crate::faults::{Faults, PointedFault};
use crate::named::{self, BySlug, Misnamed};
use crate::node::{Malformed, Node};
use crate::object::{Object, Wire};
use crate::reference::Reference;

/// What a client sends to create, replace or update a record, or with an action.
pub trait Input: Wire + DeserializeOwned + Validate + 'static {
    /// What it becomes.
    type Value: Clone + Send + Sync;

    /// The largest body, in bytes.
    const MAX_BYTES: usize = 64 * 1024;

    /// Members that the register sets itself where the rest of the document is as it is.
    fn set_beside(_document: &Node) -> &'static [&'static str] {
        &[]
    }

    /// The records that it refers to, each by the member that says so.
    fn references(&self) -> Vec<Reference> {
        self.named_records()
    }

    /// Tells what else a document can't say on a day. What the record says already is not judged again.
    fn judge(_document: &Node, _current: Option<&Node>, _today: Day, _: &mut Faults) {}

    /// Tells what else is wrong with a record that is new.
    fn entering(&self, _: &mut Faults) {}

    /// Makes the value, or tells the faults. Required members that are absent are told already: `?` does for them, after
    /// everything else has been looked at.
    fn build(self, faults: &mut Faults) -> Option<Self::Value>;
}

/// The JSON of a request, parsed and not yet read: what it means may depend on the record it is for.
#[derive(Debug)]
pub struct Content<T> {
    document: Node,
    /// The lists of which it has no more than the first elements.
    shortened: Vec<Shortened>,
    /// The day on which it is judged, if rules that depend on the day judge it.
    today: Option<Day>,
    /// The members that should name a record and do not.
    misnamed: Vec<Misnamed>,
    input: PhantomData<fn() -> T>,
}

/// A list that is longer than allowed. It is rejected by its length, without reading the other elements, so that an
/// invalid body never costs more than a valid one.
#[derive(Clone, Debug)]
struct Shortened {
    /// The member that it is: `rounds/0/counts`.
    field: String,
    items: usize,
    most: usize,
}

/// Why a content was refused: all that is wrong with it by itself. Whether its references lead to records is still to be looked up, so
/// that those which do not can be told along with the rest.
#[derive(Clone, Debug)]
pub struct Refusal(Box<Refused>);

#[derive(Clone, Debug)]
struct Refused {
    faults: Faults,
    references: Vec<Reference>,
    document: Node,
}

impl Refusal {
    /// What the content refers to.
    pub fn references(&self) -> &[Reference] {
        &self.0.references
    }

    /// Every fault in the order of the document, those of the references included.
    pub fn faults(&self, unknown: Vec<Fault>) -> Vec<PointedFault> {
        let mut faults = self.0.faults.clone();
        faults.take("", Err::<(), _>(unknown));
        faults.into_sorted(&self.0.document)
    }
}

/// Which members that the register sets may be given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// None.
    #[default]
    ByCallers,
    /// Those of the past of a record that is entered after the fact: whatever it says was so before.
    WithPast,
}

impl<T: Input> Content<T> {
    /// The content that has this text.
    ///
    /// # Errors
    /// [`Malformed`] if it isn't JSON.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut document = Node::parse(bytes)?;
        let mut shortened = Vec::new();
        shorten(&mut document, &T::OBJECT, "", &mut shortened);
        let misnamed = named::normalise(&mut document, &T::OBJECT);
        Ok(Self { document, shortened, misnamed, today: None, input: PhantomData })
    }

    /// The same, judged on a day: what it says has happened by then. A change is judged by what it changes.
    #[must_use]
    pub fn on(self, today: Day) -> Self {
        Self { today: Some(today), ..self }
    }

    /// The slugs that it has where ids are expected. Before it is read, each is to be looked up.
    pub fn slugs(&self) -> Vec<BySlug> {
        named::slugs(&self.document, &T::OBJECT)
    }

    /// The slug of the record that it is to belong to, if it says a slug. Looked up with the others, it may say which record that is.
    pub fn parent_slug(&self) -> Option<BySlug> {
        named::parent_slug(&self.document, &T::OBJECT)
    }

    /// The same with the ids of these records in the place of their slugs. A slug that is not among them names no record.
    #[must_use]
    pub fn with_ids(&self, ids: &HashMap<BySlug, String>) -> Self {
        let mut content = self.again();
        content.misnamed.extend(named::resolve(&mut content.document, &T::OBJECT, ids));
        named::resolve_parent(&mut content.document, &T::OBJECT, ids);
        content
    }

    fn again(&self) -> Self {
        Self {
            document: self.document.clone(),
            shortened: self.shortened.clone(),
            misnamed: self.misnamed.clone(),
            today: self.today,
            input: PhantomData,
        }
    }

    /// Reads it as a new record.
    ///
    /// # Errors
    /// [`Refusal`] with every fault.
    pub fn create(&self) -> Result<T::Value, Refusal> {
        let read_only = read_only::<T>(&self.document);
        self.read(&self.document, None, T::entering, |members, faults| {
            refuse_read_only::<T>(members, &read_only, faults)
        })
    }

    /// Reads it as a new record of a file, in which it says itself which record it belongs to, where records of its kind do. Gives the id of
    /// that record, which is one of the references.
    ///
    /// # Errors
    /// [`Refusal`] with every fault.
    pub fn create_of_file(&self) -> Result<(Option<String>, T::Value), Refusal> {
        let read_only = read_only::<T>(&self.document);
        let mut parent = None;
        let read = self.read(&self.document, None, T::entering, |members, faults| {
            if let Some(member) = T::OBJECT.parent() {
                let named = take_out(members, &[member.name], faults).pop().map(|(_, value)| value);
                parent = faults.take(member.name, named::parent_id(member, named.as_ref()));
            }
            refuse_read_only::<T>(members, &read_only, faults);
        });
        let reference = T::OBJECT.parent().zip(parent.as_ref());
        let reference = reference.and_then(|(member, id)| Some(Reference::new(member.name, member.names?, id.clone())));
        match read {
            Ok(value) => Ok((parent, value)),
            Err(mut refusal) => {
                refusal.0.references.extend(reference);
                Err(refusal)
            }
        }
    }

    /// Reads it as a record that is new here and has a past: what the register sets itself is taken as it was.
    ///
    /// # Errors
    /// [`Refusal`] with every fault.
    pub fn create_with_past(&self) -> Result<T::Value, Refusal> {
        self.read(&self.document, None, |_, _| {}, |members, faults| refuse_read_only::<T>(members, &[], faults))
    }

    /// Reads it as all that the record is to be, given what is shown of it now.
    ///
    /// # Errors
    /// [`Refusal`] with every fault.
    pub fn replace(&self, current: &str) -> Result<T::Value, Refusal> {
        let current = representation(current);
        let read_only = read_only::<T>(&self.document);
        let prepare = |members: &mut Vec<_>, faults: &mut Faults| keep::<T>(members, &read_only, &current, faults);
        self.read(&self.document, Some(&current), |_, _| {}, prepare)
    }

    /// Reads it as what is to change (merge patch, RFC 7396), given what is shown of the record now.
    ///
    /// # Errors
    /// [`Refusal`] with every fault.
    pub fn update(&self, current: &str) -> Result<T::Value, Refusal> {
        let current = representation(current);
        let mut document = current.clone();
        document.merge(&self.document);
        let read_only = read_only::<T>(&document);
        let prepare = |members: &mut Vec<_>, faults: &mut Faults| keep::<T>(members, &read_only, &current, faults);
        self.read(&document, Some(&current), |_, _| {}, prepare)
    }

    /// Reads it as what is to change, as [`Content::update`] does. An object is removed when its last member is.
    ///
    /// # Errors
    /// [`Refusal`] with every fault.
    pub fn update_by_row(&self, current: &str) -> Result<T::Value, Refusal> {
        let current = representation(current);
        let mut document = current.clone();
        document.merge(&self.document);
        remove_emptied(&mut document);
        let read_only = read_only::<T>(&document);
        let prepare = |members: &mut Vec<_>, faults: &mut Faults| keep::<T>(members, &read_only, &current, faults);
        self.read(&document, Some(&current), |_, _| {}, prepare)
    }

    /// Reads it as what is to change, as [`Content::update`] does, and the members of another input that stand beside.
    ///
    /// # Errors
    /// [`Refusal`] with every fault of both.
    pub fn update_beside<B: Input>(&self, current: &str) -> Result<(T::Value, B::Value), Refusal> {
        let current = representation(current);
        let mut document = current.clone();
        document.merge(&self.document);
        let read_only = read_only::<T>(&document);
        let names: Vec<&str> = B::OBJECT.members.iter().map(|member| member.name).collect();
        let mut beside = None;
        let value = self.read(
            &document,
            Some(&current),
            |_, _| {},
            |members, faults| {
                let own = Node::Object(take_out(members, &names, faults));
                beside = decode::<B>(&own, faults).and_then(|own| {
                    faults.validated(own.validate());
                    own.build(faults)
                });
                keep::<T>(members, &read_only, &current, faults);
            },
        )?;
        // What has no fault has been read.
        let untold = || Refused { faults: Faults::default(), references: Vec::new(), document: document.clone() };
        beside.map(|beside| (value, beside)).ok_or_else(|| Refusal(Box::new(untold())))
    }

    /// Reads it as a record that is stored, by the rules of today for all that it says.
    ///
    /// # Errors
    /// [`Refusal`] with every rule that it breaks.
    pub fn review(&self) -> Result<T::Value, Refusal> {
        let read_only = read_only::<T>(&self.document);
        let prepare =
            |members: &mut Vec<_>, faults: &mut Faults| keep::<T>(members, &read_only, &self.document, faults);
        self.read(&self.document, None, |_, _| {}, prepare)
    }

    /// A member of it, if it has one of this name.
    pub fn member(&self, name: &str) -> Option<&Node> {
        self.document.member(name)
    }

    /// The same without the members that are `null`.
    #[must_use]
    pub fn without_null(&self) -> Self {
        let mut document = Node::Object(Vec::new());
        document.merge(&self.document);
        remove_emptied(&mut document);
        Self { document, ..self.again() }
    }

    /// What of it can be given, which an export has more than; with it the record that it belongs to, which the reader judges.
    #[must_use]
    pub fn without_read_only(&self, given: Given) -> Self {
        let mut read_only: Vec<&str> = match given {
            Given::ByCallers => read_only::<T>(&self.document),
            Given::WithPast => envelope(&T::OBJECT).chain(derived(&T::OBJECT)).collect(),
        };
        read_only.retain(|name| T::OBJECT.parent().is_none_or(|parent| parent.name != *name));
        let beside = beside_ids(&T::OBJECT, &self.document);
        let mut document = self.document.clone();
        if let Node::Object(members) = &mut document {
            members.retain(|(name, _)| !read_only.contains(&name.as_str()) && !beside.contains(name));
            for (list, member) in set_in_lists(&T::OBJECT) {
                elements_of(members, list).for_each(|element| remove(element, member));
            }
        }
        Self { document, ..self.again() }
    }

    /// Reads the document without the members that `prepare` takes out of it; `look` is for what it makes of the rest. What the record says
    /// now is not judged by the day again.
    fn read(
        &self,
        document: &Node,
        current: Option<&Node>,
        look: impl FnOnce(&T, &mut Faults),
        prepare: impl FnOnce(&mut Vec<(String, Node)>, &mut Faults),
    ) -> Result<T::Value, Refusal> {
        let mut faults = Faults::default();
        for Shortened { field, items, most } in &self.shortened {
            faults.push(field, FaultCode::TooMany, format!("{items} items, at most {most} allowed"));
        }
        for Misnamed { field, code, detail } in &self.misnamed {
            faults.push(field, *code, detail.as_str());
        }
        let mut content = document.clone();
        if let Node::Object(members) = &mut content {
            prepare(members, &mut faults);
        }
        let mut references = Vec::new();
        let value = decode::<T>(&content, &mut faults).and_then(|input| {
            faults.validated(input.validate());
            look(&input, &mut faults);
            references = input.references();
            input.build(&mut faults)
        });
        if let Some(today) = self.today {
            judge::<T>(document, current, today, &mut faults);
        }
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(Refusal(Box::new(Refused { faults, references, document: document.clone() }))),
        }
    }
}

/// Tells what a document can't say on a day, unless the record says so already.
fn judge<T: Input>(document: &Node, current: Option<&Node>, today: Day, faults: &mut Faults) {
    let now: Vec<&Node> = current.into_iter().collect();
    tell_future(document, &T::OBJECT, "", &now, today, faults);
    T::judge(document, current, today, faults);
}

/// Tells each day in an object on which something has happened, and that is later than it can be. `now` has what the record says in this
/// place; for an element of a list, all of its elements.
fn tell_future(node: &Node, object: &Object, at: &str, now: &[&Node], today: Day, faults: &mut Faults) {
    let Node::Object(members) = node else { return };
    for (name, value) in members {
        let Some(member) = object.members.iter().find(|member| member.name == name) else { continue };
        let said: Vec<&Node> = now.iter().filter_map(|node| node.member(name)).collect();
        let pointer = format!("{at}/{name}");
        match (member.object, value) {
            (Some(inside), Node::Array(elements)) => {
                let lists = said.iter().filter_map(|node| if let Node::Array(list) = node { Some(list) } else { None });
                let all: Vec<&Node> = lists.flatten().collect();
                for (index, element) in elements.iter().enumerate() {
                    tell_future(element, inside, &format!("{pointer}/{index}"), &all, today, faults);
                }
            }
            (Some(inside), value) => tell_future(value, inside, &pointer, &said, today, faults),
            (None, Node::String(text))
                if member.is_past
                    && first_day(text).is_some_and(|day| day > today.with_grace())
                    && !said.iter().any(|node| node.same(value)) =>
            {
                let detail = format!("{text} is in the future: expected {today} or earlier");
                faults.record(pointer, FaultCode::OutOfRange, detail);
            }
            _ => {}
        }
    }
}

/// The first day that a date or a time may be on; none where it is neither, which is told elsewhere.
fn first_day(text: &str) -> Option<Day> {
    const LONGEST: usize = 40;
    if text.len() > LONGEST {
        return None;
    }
    let date = || text.parse::<PartialDate>().ok().map(|date| date.first_day());
    let time = || DateTime::parse_from_rfc3339(text).ok().and_then(|at| Day::from_date(at.to_utc().date_naive()).ok());
    date().or_else(time)
}

/// Leaves no list longer than the object says that it may be.
fn shorten(node: &mut Node, object: &'static Object, at: &str, shortened: &mut Vec<Shortened>) {
    let Node::Object(members) = node else { return };
    for (name, value) in members {
        let Some(member) = object.members.iter().find(|member| member.name == name) else { continue };
        let field = format!("{at}{name}");
        if let (Node::Array(elements), Some(most)) = (&mut *value, member.max_items)
            && elements.len() > most
        {
            shortened.push(Shortened { field: field.clone(), items: elements.len(), most });
            elements.truncate(most);
        }
        let Some(inside) = member.object else { continue };
        match value {
            Node::Array(elements) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    shorten(element, inside, &format!("{field}/{index}/"), shortened);
                }
            }
            value => shorten(value, inside, &format!("{field}/"), shortened),
        }
    }
}

/// Removes the objects inside it of which every member is removed.
fn remove_emptied(document: &mut Node) {
    let Node::Object(members) = document else { return };
    for (_, value) in members {
        remove_emptied(value);
        if let Node::Object(inside) = value
            && !inside.is_empty()
            && inside.iter().all(|(_, value)| *value == Node::Removed)
        {
            *value = Node::Removed;
        }
    }
}

/// The members that every record of its kind has.
fn envelope(object: &'static Object) -> impl Iterator<Item = &'static str> {
    let envelope = object.envelope.iter();
    envelope.flat_map(|envelope| {
        let parent = envelope.parent.map(|parent| parent.name);
        ["id", "version", "created_at", "updated_at"].into_iter().chain(parent)
    })
}

/// The members that follow from others.
fn derived(object: &'static Object) -> impl Iterator<Item = &'static str> {
    object.members.iter().filter(|member| member.presence == crate::object::Presence::Derived).map(|it| it.name)
}

/// The members of a document that the register sets itself.
fn read_only<T: Input>(document: &Node) -> Vec<&'static str> {
    let set = T::OBJECT.members.iter().filter(|member| member.is_set).map(|member| member.name);
    envelope(&T::OBJECT).chain(set).chain(T::set_beside(document).iter().copied()).collect()
}

/// The members that name the records of ids beside the ids, where the ids are there too: those alone would be lost.
fn beside_ids(object: &'static Object, document: &Node) -> Vec<String> {
    let is_empty = |beside: &Node| match beside {
        Node::Object(inside) => inside.iter().all(|(_, value)| *value == Node::Null),
        other => *other == Node::Null,
    };
    let expanded = object.expandable().filter_map(|member| Some((member.name, member.expanded()?)));
    let beside = expanded.filter(|(ids, beside)| {
        let has_ids = document.member(ids).is_some_and(|ids| *ids != Node::Null);
        has_ids || document.member(beside).is_some_and(is_empty)
    });
    beside.map(|(_, beside)| beside).collect()
}

/// The members that the register sets in the elements of lists: the list, and the member.
fn set_in_lists(object: &'static Object) -> impl Iterator<Item = (&'static str, &'static str)> {
    object.members.iter().filter(|list| list.is_list()).flat_map(|list| {
        let members = list.object.into_iter().flat_map(|object| object.members);
        members.filter(|member| member.is_set).map(|member| (list.name, member.name))
    })
}

/// A record as it is shown. What isn't JSON, which no record is, would be told as members that differ.
fn representation(current: &str) -> Node {
    Node::parse(current.as_bytes()).unwrap_or(Node::Null)
}

/// Takes the members out that the register sets itself, and tells those that say something.
fn refuse_read_only<T: Input>(members: &mut Vec<(String, Node)>, read_only: &[&str], faults: &mut Faults) {
    keep_in_lists::<T>(members, &Node::Null, faults);
    let set_here = take_out(members, read_only, faults);
    for (name, _) in &set_here {
        let detail = with_way::<T>(name, "the register sets this field: leave it out");
        faults.push(name, FaultCode::ReadOnly, detail);
    }
}

/// Takes the members out that a change can't touch, tells those that differ from what they are now, and puts those back
/// that the input has.
fn keep<T: Input>(members: &mut Vec<(String, Node)>, read_only: &[&str], current: &Node, faults: &mut Faults) {
    keep_in_lists::<T>(members, current, faults);
    let fixed: Vec<&str> = T::OBJECT.members.iter().filter(|member| member.is_fixed).map(|it| it.name).collect();
    let sent = [take_out(members, read_only, faults), take_out(members, &fixed, faults)].concat();
    for (name, value) in &sent {
        if !value.same(current.member(name).unwrap_or(&Node::Removed)) {
            let detail = "this field cannot be changed: leave it out, or send it unchanged";
            let detail = match T::OBJECT.parent().filter(|parent| parent.name == name).and_then(|parent| parent.names) {
                Some(kind) => format!("{detail}; a record stays with the {kind} that it was entered for"),
                None => with_way::<T>(name, detail),
            };
            faults.push(name, FaultCode::ReadOnly, detail);
        }
    }
    for name in fixed {
        if let Some(value) = current.member(name) {
            members.push((name.to_owned(), value.clone()));
        }
    }
}

/// The detail of a fault, and how to change the member all the same.
fn with_way<T: Input>(name: &str, detail: &str) -> String {
    let instead = T::OBJECT.members.iter().find(|member| member.name == name).and_then(|member| member.instead);
    instead.map_or_else(|| detail.to_owned(), |instead| format!("{detail}; {instead}"))
}

/// Takes the members that the register sets out of each element of their lists, and tells those that are not as they are now: at the same
/// place, or in an element that says the same.
fn keep_in_lists<T: Input>(members: &mut [(String, Node)], current: &Node, faults: &mut Faults) {
    for (list, member) in set_in_lists(&T::OBJECT) {
        let now = match current.member(list) {
            Some(Node::Array(elements)) => elements.as_slice(),
            _ => &[],
        };
        for (index, element) in elements_of(members, list).enumerate() {
            let at_this_place = now.get(index).and_then(|element| element.member(member));
            let is_as_now = element.member(member).is_none_or(|value| Some(value) == at_this_place)
                || now.iter().any(|other| other.same(element));
            if !is_as_now {
                let detail = "the register sets this field: leave it out, or send it unchanged";
                faults.push(&format!("{list}/{index}/{member}"), FaultCode::ReadOnly, detail);
            }
            remove(element, member);
        }
    }
}

/// The elements of the lists of this name.
fn elements_of<'m>(members: &'m mut [(String, Node)], list: &str) -> impl Iterator<Item = &'m mut Node> {
    let lists = members.iter_mut().filter(move |(name, _)| name == list);
    lists.filter_map(|(_, value)| if let Node::Array(elements) = value { Some(elements) } else { None }).flatten()
}

/// Takes the member out of the object.
fn remove(object: &mut Node, member: &str) {
    if let Node::Object(members) = object {
        members.retain(|(name, _)| name != member);
    }
}

/// Takes these members out of the object; one that is there twice is told and taken once.
fn take_out(members: &mut Vec<(String, Node)>, names: &[&str], faults: &mut Faults) -> Vec<(String, Node)> {
    let mut taken: Vec<(String, Node)> = Vec::new();
    for (name, value) in members.extract_if(.., |(name, _)| names.contains(&name.as_str())) {
        if taken.iter().any(|(earlier, _)| *earlier == name) {
            faults.push(&name, FaultCode::DuplicateMember, "the field appears twice; only the first is read");
        } else {
            taken.push((name, value));
        }
    }
    taken
}

#[cfg(test)]
mod tests;
