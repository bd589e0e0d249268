//! One declaration for each object of the wire, and what follows from it.
//!
//! `wire!` makes a struct whose members are all optional, so that it holds what a body says, what a stored document says and what is
//! shown, and an [`Object`] that describes the members. Everything else is told from that description.

use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::faults::Faults;

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
    pub parent: Option<(&'static str, SchemaOf)>,
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
    const fn new(name: &'static str, about: &'static str, presence: Presence) -> Self {
        Self {
            name,
            about,
            presence,
            object: None,
            is_set: matches!(presence, Presence::Derived),
            is_fixed: false,
            is_personal: false,
            min_items: None,
            max_items: None,
            range: None,
            example: None,
            schema: <bool as PartialSchema>::schema,
            collect: |_| {},
        }
    }

    /// A member that must be given.
    pub const fn required(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::Required)
    }

    /// A member that may be absent.
    pub const fn optional(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::Optional)
    }

    /// A member that has a value of its own where it is left out.
    pub const fn default(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::Default)
    }

    /// A list.
    pub const fn list(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::List)
    }

    /// A list that may be left out, which is not the same as an empty one.
    pub const fn optional_list(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::OptionalList)
    }

    /// A list that must be given.
    pub const fn required_list(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::RequiredList)
    }

    /// A member that follows from the others.
    pub const fn derived(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Presence::Derived)
    }

    /// The same with values of this type.
    #[must_use]
    pub const fn of<T: Typed>(mut self) -> Self {
        self.object = T::INSIDE;
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
}

/// What a member can hold: a value, or an object of the wire, with a schema under its own name.
pub trait Typed: ToSchema {
    /// The object, if it is one.
    const INSIDE: Option<&'static Object> = None;

    /// How the contract refers to it.
    fn reference() -> RefOr<Schema> {
        named::<Self>()
    }

    /// Adds the schemas that this refers to.
    fn collect(schemas: &mut Schemas) {
        collect_named::<Self>(schemas);
    }

    /// Tells what must be given in it and is not, where it stands at this place.
    fn check(&self, _at: &str, _faults: &mut Faults) {}

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

/// What follows from the other members: it is shown, and passed over where a document is read.
#[derive(Clone, Debug)]
pub struct Shown<T>(pub Option<T>);

impl<T> Default for Shown<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Serialize> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Shown<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(None))
    }
}

/// Whether a member is left out of what is shown.
pub trait Absent {
    /// Whether there is nothing to show.
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Shown<T> {
    fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        false
    }
}

/// Tells of each element of a list what must be given in it and is not.
pub fn check_each<T: Typed>(values: &[T], at: &str, faults: &mut Faults) {
    values.iter().enumerate().for_each(|(index, value)| value.check(&format!("{at}/{index}"), faults));
}

/// Declares an object of the wire.
///
/// Each member says its type and its presence, and by further words what else is to be known of it (see [`Member`]):
///
/// ```text
/// wire! {
///     /// What it is.
///     pub record Objection(ObjectionId, mutual_id: MutualId) {
///         /// Who raised it.
///         raised_by: Name = optional.personal(),
///         kind: ObjectionKind = required,
///         sources: Source = list.max(50),
///     }
/// }
/// ```
///
/// A `record` names the type of its id, and the member that says which record it belongs to with its type. A `struct` is part of a record
/// or the body of an action. The expansion is a struct with the members as `Option<_>` or `Vec<_>`, and its [`Object`].
///
/// A `struct Source for domain::Source` has the members of that struct and no others: `into_value` makes the one, `show` the other.
macro_rules! wire {
    ($(#[doc = $about:literal])+ $(#[example($($example:tt)+)])?
    pub record $Name:ident($Id:ident $(, $parent:ident: $ParentId:ident)?) { $($members:tt)* }) => {
        wire! { @declare $Name [$($about)+] [$($($example)+)?]
            [Some($crate::declare::Envelope {
                id: <$Id as $crate::declare::Typed>::reference,
                collect: |schemas| {
                    <$Id as $crate::declare::Typed>::collect(schemas);
                    <$crate::value::Instant as $crate::declare::Typed>::collect(schemas);
                    $(<$ParentId as $crate::declare::Typed>::collect(schemas);)?
                },
                parent: wire!(@parent $($parent $ParentId)?),
            })]
            $($members)* }
    };
    ($(#[doc = $about:literal])+ $(#[example($($example:tt)+)])?
    pub struct $Name:ident for domain::$Value:ident { $($members:tt)* }) => {
        wire! { @declare $Name [$($about)+] [$($($example)+)?] [None] $($members)* }
        wire! { @plain $Name $Value $($members)* }
    };
    ($(#[doc = $about:literal])+ $(#[example($($example:tt)+)])? pub struct $Name:ident { $($members:tt)* }) => {
        wire! { @declare $Name [$($about)+] [$($($example)+)?] [None] $($members)* }
    };
    (@plain $Name:ident $Value:ident
        $($(#[doc = $says:literal])* $field:ident: $T:ident = $presence:ident $(.$flag:ident($($value:expr),*))*,)*) => {
        impl $Name {
            /// The domain's value, unless a member is missing, which is told already.
            pub(crate) fn into_value(self) -> Option<domain::$Value> {
                Some(domain::$Value { $($field: wire!(@into $presence self.$field),)* })
            }

            /// The domain's value, to be shown.
            pub(crate) fn show(value: &domain::$Value) -> Self {
                Self { $($field: wire!(@show $presence value.$field),)* }
            }
        }
    };
    (@into required $value:expr) => { $crate::value::Plain::into_value($value?) };
    (@into optional $value:expr) => { $value.map($crate::value::Plain::into_value) };
    (@into default $value:expr) => { $value.map($crate::value::Plain::into_value).unwrap_or_default() };
    (@show optional $value:expr) => { $value.as_ref().map($crate::value::Plain::show) };
    (@show $presence:ident $value:expr) => { Some($crate::value::Plain::show(&$value)) };
    (@declare $Name:ident [$($about:literal)+] [$($example:tt)*] [$envelope:expr]
        $($(#[doc = $says:literal])* $field:ident: $T:ident = $presence:ident $(.$flag:ident($($value:expr),*))*,)*) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
        #[serde(default)]
        pub struct $Name {
            $(
                $(#[doc = $says])*
                #[serde(skip_serializing_if = "crate::declare::Absent::is_absent")]
                pub(crate) $field: wire!(@type $presence $T),
            )*
        }

        impl $crate::declare::Wire for $Name {
            const OBJECT: $crate::declare::Object = $crate::declare::Object {
                name: stringify!($Name),
                about: concat!($($about),+).trim_ascii(),
                envelope: $envelope,
                members: &[$(
                    $crate::declare::Member::$presence(stringify!($field), concat!($($says),*).trim_ascii()).of::<$T>()
                        $(.$flag($($value),*))*,
                )*],
                example: wire!(@example $($example)*),
            };
        }

        impl $crate::declare::Typed for $Name {
            const INSIDE: Option<&'static $crate::declare::Object> = Some(&<Self as $crate::declare::Wire>::OBJECT);

            fn check(&self, at: &str, faults: &mut $crate::faults::Faults) {
                $(wire!(@check faults at self $presence $field $(.$flag)*);)*
                let _ = (at, faults);
            }

            fn without_personal(mut self, found: &mut bool) -> Self {
                $(wire!(@forget self found $presence $field $(.$flag)*);)*
                let _ = (&mut self, found);
                self
            }
        }

        impl utoipa::PartialSchema for $Name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::schema::shown(&<Self as $crate::declare::Wire>::OBJECT).into()
            }
        }

        impl utoipa::ToSchema for $Name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn schemas(schemas: &mut $crate::declare::Schemas) {
                $crate::schema::collect(&<Self as $crate::declare::Wire>::OBJECT, schemas);
            }
        }
    };

    (@parent) => { None };
    (@parent $parent:ident $ParentId:ident) => {
        Some((stringify!($parent), <$ParentId as $crate::declare::Typed>::reference))
    };

    (@example) => { None };
    (@example $($example:tt)+) => { Some(|| serde_json::json!($($example)+)) };

    (@type list $T:ident) => { Vec<$T> };
    (@type required_list $T:ident) => { Option<Vec<$T>> };
    (@type optional_list $T:ident) => { Option<Vec<$T>> };
    (@type derived $T:ident) => { $crate::declare::Shown<$T> };
    (@type $presence:ident $T:ident) => { Option<$T> };

    // What the register sets is nobody's to give.
    (@check $faults:ident $at:ident $this:ident $presence:ident $field:ident .set $($more:tt)*) => {};
    (@check $faults:ident $at:ident $this:ident $presence:ident $field:ident .$flag:ident $($more:tt)*) => {
        wire!(@check $faults $at $this $presence $field $($more)*)
    };
    (@check $faults:ident $at:ident $this:ident derived $field:ident) => {};
    (@check $faults:ident $at:ident $this:ident list $field:ident) => {
        $crate::declare::check_each(&$this.$field, &$crate::faults::join($at, stringify!($field)), $faults)
    };
    (@check $faults:ident $at:ident $this:ident optional_list $field:ident) => {
        let values = $this.$field.as_deref().unwrap_or_default();
        $crate::declare::check_each(values, &$crate::faults::join($at, stringify!($field)), $faults)
    };
    (@check $faults:ident $at:ident $this:ident required_list $field:ident) => {
        wire!(@given $faults $at $this $field);
        wire!(@check $faults $at $this optional_list $field)
    };
    (@check $faults:ident $at:ident $this:ident required $field:ident) => {
        wire!(@given $faults $at $this $field);
        wire!(@check $faults $at $this optional $field)
    };
    (@check $faults:ident $at:ident $this:ident $presence:ident $field:ident) => {
        if let Some(value) = &$this.$field {
            $crate::declare::Typed::check(value, &$crate::faults::join($at, stringify!($field)), $faults);
        }
    };
    (@given $faults:ident $at:ident $this:ident $field:ident) => {
        if $this.$field.is_none() {
            let place = $crate::faults::join($at, stringify!($field));
            $faults.push(&place, domain::FaultCode::Required, "this field is required");
        }
    };

    (@forget $this:ident $found:ident $presence:ident $field:ident .personal $($more:tt)*) => {
        *$found |= $this.$field.take().is_some()
    };
    (@forget $this:ident $found:ident $presence:ident $field:ident .$flag:ident $($more:tt)*) => {
        wire!(@forget $this $found $presence $field $($more)*)
    };
    (@forget $this:ident $found:ident optional $field:ident) => {
        $this.$field = $this.$field.map(|value| $crate::declare::Typed::without_personal(value, $found))
    };
    (@forget $this:ident $found:ident $presence:ident $field:ident) => {};
}
pub(crate) use wire;
