//! What describes an object of the wire: its members, each with what is to be known of it, and the schemas that they refer to.

use domain::Kind;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use validator::ValidationErrors;

use crate::reference::Reference;

/// Named schemas, as they are collected for the contract.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// What gives the schema of a type.
pub type SchemaOf = fn() -> RefOr<Schema>;

/// Whether a member must be given, and whether it is always shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It may be left out, and then it is not shown.
    Optional,
    /// It may be left out, and then it has a value of its own, which is shown.
    Default,
    /// A list, which is empty where it is left out.
    List,
    /// A list that must be given.
    RequiredList,
    /// A list that may be left out, which is not the same as an empty one.
    OptionalList,
    /// It follows from the other members: it is shown, and never read.
    Derived,
}

/// A member of an object, as everything but Rust's types needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What it says, for the contract; empty where its type says it all.
    pub about: &'static str,
    /// Whether it must be given.
    pub presence: Presence,
    /// The object that it holds, or each element of it; none where it is a plain value.
    pub object: Option<&'static Object>,
    /// The register sets it: a caller may send it back as it was read, and not otherwise.
    pub is_set: bool,
    /// It is given when the record is made and never changes.
    pub is_fixed: bool,
    /// It says when something has happened, which is never later than today.
    pub is_past: bool,
    /// How to change it all the same, for a caller who tries to write it.
    pub instead: Option<&'static str>,
    /// The kind of record whose id it holds, or each element of it.
    pub names: Option<Kind>,
    /// It says something about a person: the public is not shown it, and the log has a commitment in its place.
    pub is_personal: bool,
    /// The fewest elements of the list.
    pub min_items: Option<usize>,
    /// The most elements of the list.
    pub max_items: Option<usize>,
    /// The least and the greatest number.
    pub range: Option<(i64, i64)>,
    /// What the contract has as an example of it.
    pub example: Option<&'static str>,
    /// The schema of the value, or of each element.
    pub schema: SchemaOf,
    /// Adds the schemas that it refers to.
    pub collect: fn(&mut Schemas),
}

/// What the register adds to the members of a record.
#[derive(Clone, Copy, Debug)]
pub struct Envelope {
    /// The schema of its id.
    pub id: SchemaOf,
    /// Adds the schema of its id.
    pub collect: fn(&mut Schemas),
    /// The member that says which record it belongs to, if it belongs to one.
    pub parent: Option<Member>,
}

/// An object of the wire.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// What the contract calls it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What the register adds, where it is a record.
    pub envelope: Option<Envelope>,
    /// Its members, in the order that people read them in.
    pub members: &'static [Member],
    /// What the contract has as an example of what is sent.
    pub example: Option<fn() -> Value>,
}

impl Member {
    /// A member of this name.
    pub const fn new(name: &'static str, about: &'static str, presence: Presence) -> Self {
        Self {
            name,
            about,
            presence,
            object: None,
            is_set: matches!(presence, Presence::Derived),
            is_fixed: false,
            is_past: false,
            instead: None,
            names: None,
            is_personal: false,
            min_items: None,
            max_items: None,
            range: None,
            example: None,
            schema: <bool as PartialSchema>::schema,
            collect: |_| {},
        }
    }

    /// The same with values of this type.
    #[must_use]
    pub const fn of<T: Typed>(mut self) -> Self {
        self.object = T::INSIDE;
        self.names = T::NAMES;
        self.schema = T::reference;
        self.collect = T::collect;
        self
    }

    /// The same, set by the register.
    #[must_use]
    pub const fn set(mut self) -> Self {
        self.is_set = true;
        self
    }

    /// The same, given once for all.
    #[must_use]
    pub const fn fixed(mut self) -> Self {
        self.is_fixed = true;
        self
    }

    /// The same, a day on which something has happened.
    #[must_use]
    pub const fn past(mut self) -> Self {
        self.is_past = true;
        self
    }

    /// The same, changed by another request, which this names.
    #[must_use]
    pub const fn instead(mut self, how: &'static str) -> Self {
        self.instead = Some(how);
        self
    }

    /// The same, about a person.
    #[must_use]
    pub const fn personal(mut self) -> Self {
        self.is_personal = true;
        self
    }

    /// The same with at least so many elements.
    #[must_use]
    pub const fn min(mut self, items: usize) -> Self {
        self.min_items = Some(items);
        self
    }

    /// The same with at most so many elements.
    #[must_use]
    pub const fn max(mut self, items: usize) -> Self {
        self.max_items = Some(items);
        self
    }

    /// The same with numbers from one to the other.
    #[must_use]
    pub const fn range(mut self, least: i64, greatest: i64) -> Self {
        self.range = Some((least, greatest));
        self
    }

    /// The same with an example, as JSON.
    #[must_use]
    pub const fn example(mut self, json: &'static str) -> Self {
        self.example = Some(json);
        self
    }

    /// The same with a schema of its own.
    #[must_use]
    pub const fn schema(mut self, schema: SchemaOf) -> Self {
        self.schema = schema;
        self.collect = |_| {};
        self
    }

    /// What is shown of the record that it names, beside it, for callers who ask: `mutual` of `mutual_id`. Only records with slugs.
    pub fn expanded(&self) -> Option<String> {
        self.names.filter(|kind| kind.has_slug())?;
        let (one, ending) = self
            .name
            .strip_suffix("_id")
            .map(|one| (one, ""))
            .or_else(|| Some((self.name.strip_suffix("_ids")?, "s")))?;
        Some(format!("{one}{ending}"))
    }

    /// Whether a caller must give it.
    pub const fn is_required(&self) -> bool {
        !self.is_set && matches!(self.presence, Presence::Required | Presence::RequiredList)
    }

    /// Whether it is in every answer.
    pub const fn is_always_shown(&self) -> bool {
        !matches!(self.presence, Presence::Optional | Presence::OptionalList)
    }

    /// Whether it is a list.
    pub const fn is_list(&self) -> bool {
        matches!(self.presence, Presence::List | Presence::RequiredList | Presence::OptionalList)
    }
}

/// An object of the wire, declared by `wire!`.
pub trait Wire: Typed + Sized {
    /// Its description.
    const OBJECT: Object;

    /// The records that its members name, each by the member that says so.
    fn named_records(&self) -> Vec<Reference>;
}

/// What a member can hold: a value, or an object of the wire, with a schema under its own name.
pub trait Typed: ToSchema {
    /// The object, if it is one.
    const INSIDE: Option<&'static Object> = None;

    /// The kind of record whose id it is, if it is one.
    const NAMES: Option<Kind> = None;

    /// How the contract refers to it.
    fn reference() -> RefOr<Schema> {
        named::<Self>()
    }

    /// Adds the schemas that this refers to.
    fn collect(schemas: &mut Schemas) {
        collect_named::<Self>(schemas);
    }

    /// Looks for what must be given in it.
    ///
    /// # Errors
    /// The members that are missing.
    fn check(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }

    /// The record that it names, where it is the id of one that must be there.
    fn named_record(&self) -> Option<(Kind, String)> {
        None
    }

    /// The same without what it says about persons, and whether it said something.
    #[must_use]
    fn without_personal(self, _found: &mut bool) -> Self
    where
        Self: Sized,
    {
        self
    }
}

macro_rules! plain {
    ($($T:ty)+) => {
        $(impl Typed for $T {
            fn reference() -> RefOr<Schema> {
                <$T as PartialSchema>::schema()
            }

            fn collect(_: &mut Schemas) {}
        })+
    };
}

plain! { i64 bool String }

/// A reference to the schema of a named type.
pub fn named<T: ToSchema + ?Sized>() -> RefOr<Schema> {
    utoipa::openapi::Ref::from_schema_name(T::name()).into()
}

/// Adds the schema of a named type.
pub fn collect_named<T: ToSchema + ?Sized>(schemas: &mut Schemas) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

impl Object {
    /// The member that says which record it belongs to, if it belongs to one.
    pub const fn parent(&self) -> Option<&Member> {
        match &self.envelope {
            Some(Envelope { parent: Some(parent), .. }) => Some(parent),
            _ => None,
        }
    }

    /// Its members that may be shown with the name of the record that each holds the id of: those of a record.
    pub fn expandable(&self) -> impl Iterator<Item = &Member> {
        let members = self.envelope.map_or(&[][..], |_| self.members);
        self.parent().into_iter().chain(members).filter(|member| member.expanded().is_some())
    }

    /// Whether it may say something about a person, itself or in an object that it holds.
    ///
    /// # Panics
    /// Where a list or a derived member holds something personal, which nothing would hide: such a declaration doesn't compile.
    pub const fn has_personal(&self) -> bool {
        let (mut members, mut found) = (self.members, false);
        while let [member, rest @ ..] = members {
            let is_inside = match member.object {
                Some(inside) => inside.has_personal(),
                None => false,
            };
            let is_hidden = !member.is_list() && !matches!(member.presence, Presence::Derived);
            assert!(is_hidden || !(is_inside || member.is_personal), "nothing hides what is personal in a list");
            found |= is_inside || member.is_personal;
            members = rest;
        }
        found
    }
}
