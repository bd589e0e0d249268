//! One declaration for each object of the wire, and what follows from it.
//!
//! `wire!` makes a struct whose members are all optional, so that it holds what a body says, what a stored document says and what is
//! shown, and an [`Object`](crate::object::Object) that describes the members. Everything else is told from that description.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, IgnoredAny};
use serde::ser::{Serialize, Serializer};
use validator::{ValidationErrors, ValidationErrorsKind};

use crate::object::Typed;
use crate::reference::Reference;

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

/// Notes what must be given in what a member holds and is not.
pub fn check_object<T: Typed>(errors: &mut ValidationErrors, name: &'static str, value: &T) {
    if let Err(inside) = value.check() {
        errors.errors_mut().insert(name.into(), ValidationErrorsKind::Struct(Box::new(inside)));
    }
}

/// The same for each element of a list.
pub fn check_list<T: Typed>(errors: &mut ValidationErrors, name: &'static str, values: &[T]) {
    let inside = values.iter().enumerate().filter_map(|(index, value)| Some((index, Box::new(value.check().err()?))));
    let inside: BTreeMap<_, _> = inside.collect();
    if !inside.is_empty() {
        errors.errors_mut().insert(name.into(), ValidationErrorsKind::List(inside));
    }
}

/// Notes the records that the elements of a list name.
pub fn name_each<T: Typed>(named: &mut Vec<Reference>, name: &str, values: &[T]) {
    let found = values.iter().enumerate().filter_map(|(index, value)| Some((index, value.named_record()?)));
    named.extend(found.map(|(index, (kind, id))| Reference::new(format!("{name}/{index}"), kind, id)));
}

/// Declares objects of the wire.
///
/// Each member says its type and its presence, and by further words what else is to be known of it (see [`Member`](crate::object::Member)):
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
/// or the body of an action. The expansion is a struct with the members as `Option<_>` or `Vec<_>`, and its `Object`.
///
/// A declaration may also say:
///
/// - `for domain::Objection`: it has the fields of that struct and no others, and each is made from the other ([`Plain`](crate::value::Plain)).
///   A child gets its [`Input`](crate::body::Input) and its [`ChildDocument`](crate::record::ChildDocument) from this too.
/// - `for domain::Source, checked`: the same for a `Checked<Source>`.
/// - `handling: Handling against ["outcome"] { … }`: the members in braces stand beside the others here, and in a `Checked<Handling>` in the
///   domain. Where a member that is named could not be read, faults of its rules that may follow from that are not told (see
///   [`Faults::checked`](crate::faults::Faults::checked)).
/// - `slug: Slug = filled`: a member that may be left out. It is filled in before the value is built, by an `Input` that is written by hand.
/// - `for domain::Notice, new`: a child whose documents have had no earlier form than today's.
/// - `for domain::StageTransition, filled`: a child with such members, so that its `Input` and `ChildDocument` are written by hand.
macro_rules! wire {
    ($(#[doc = $about:literal])+ $(#[example($($example:tt)+)])?
    pub record $Name:ident($Id:ident $(, $parent:ident: $ParentId:ident)?)
    $(for domain::$Value:ident $(, $filled:ident)?)? { $($members:tt)* } $($more:tt)*) => {
        wire! { @beside [@declare $Name [$($about)+] [$($($example)+)?]
            [Some($crate::object::Envelope {
                id: <$Id as $crate::object::Typed>::reference,
                collect: |schemas| {
                    <$Id as $crate::object::Typed>::collect(schemas);
                    <$crate::value::Instant as $crate::object::Typed>::collect(schemas);
                    $(<$ParentId as $crate::object::Typed>::collect(schemas);)?
                },
                parent: wire!(@parent $($parent $ParentId)?),
            })]]
            $($members)* }
        wire! { @plain $Name [$($Value)?] $($members)* }
        wire! { @child $Name [$($Value $($filled)?)?] $($parent)? }
        wire! { $($more)* }
    };
    ($(#[doc = $about:literal])+ $(#[example($($example:tt)+)])?
    pub struct $Name:ident $(for domain::$Value:ident $(, $checked:ident)?)? { $($members:tt)* } $($more:tt)*) => {
        wire! { @declare $Name [$($about)+] [$($($example)+)?] [None] $($members)* }
        wire! { @plain $Name [$($Value $($checked)?)?] $($members)* }
        wire! { $($more)* }
    };
    () => {};
    // The members in braces beside the others.
    (@beside [$($start:tt)*] $(
        $(#[doc = $says:literal])* $field:ident: $T:ident
        $(= $presence:ident $(.$flag:ident($($value:expr),*))*)?
        $(against $against:tt { $(
            $(#[doc = $said:literal])* $part:ident: $P:ident = $how:ident $(.$mark:ident($($given:expr),*))*,
        )* })?,
    )*) => {
        wire! { $($start)* $(
            $(#[doc = $says])*
            $($field: $T = $presence $(.$flag($($value),*))*,)?
            $($($(#[doc = $said])* $part: $P = $how $(.$mark($($given),*))*,)*)?
        )* }
    };
    (@plain $Name:ident [] $($members:tt)*) => {};
    (@plain $Name:ident [$Value:ident $($checked:ident)?] $(
        $(#[doc = $says:literal])* $field:ident: $T:ident
        $(= $presence:ident $(.$flag:ident($($value:expr),*))*)?
        $(against $against:tt { $(
            $(#[doc = $said:literal])* $part:ident: $P:ident = $how:ident $(.$mark:ident($($given:expr),*))*,
        )* })?,
    )*) => {
        impl $crate::value::Plain for $Name {
            type Value = wire!(@value $Value $($checked)?);

            fn build(self, faults: &mut $crate::faults::Faults) -> Option<Self::Value> {
                $(
                    $(let $field = wire!(@build $presence faults, self.$field, stringify!($field));)?
                    $(
                        $(let $part = wire!(@build $how faults, self.$part, stringify!($part));)*
                        let parts = || Some($T { $($part: wire!(@given $how $part)),* });
                        let $field = parts().and_then(|parts| faults.checked(&$against, parts));
                    )?
                )*
                let value = domain::$Value { $($field: wire!(@given $($presence)? $(checked $against)? $field)),* };
                wire!(@whole faults value $($checked)?)
            }

            fn show(value: &Self::Value) -> Self {
                Self { $(
                    $($field: wire!(@show $presence value.$field),)?
                    $($($part: wire!(@show $how value.$field.$part),)*)?
                )* }
            }
        }
    };
    (@value $Value:ident) => { domain::$Value };
    (@value $Value:ident checked) => { domain::Checked<domain::$Value> };
    (@whole $faults:ident $value:ident) => { Some($value) };
    (@whole $faults:ident $value:ident checked) => { $faults.checked(&[], $value) };
    // What is missing is told already, and what is wrong by whatever builds it: where a member may be left out, the rest is made without it.
    (@build list $faults:ident, $member:expr, $name:expr) => { $faults.list($name, $member) };
    (@build required_list $faults:ident, $member:expr, $name:expr) => { $faults.list($name, $member.unwrap_or_default()) };
    (@build $presence:ident $faults:ident, $member:expr, $name:expr) => {
        $member.and_then(|member| $faults.member($name, member))
    };
    (@given optional $built:ident) => { $built };
    (@given default $built:ident) => { $built.unwrap_or_default() };
    (@given checked $against:tt $built:ident) => { $built? };
    (@given $presence:ident $built:ident) => { $built? };
    (@show list $value:expr) => { $value.iter().map($crate::value::Plain::show).collect() };
    (@show required_list $value:expr) => { Some(wire!(@show list $value)) };
    (@show optional $value:expr) => { $value.as_ref().map($crate::value::Plain::show) };
    (@show $presence:ident $value:expr) => { Some($crate::value::Plain::show(&$value)) };
    (@child $Name:ident [$Value:ident] $parent:ident) => { wire! { @kept $Name $Value } };
    (@child $Name:ident [$Value:ident new] $parent:ident) => {
        wire! { @kept $Name $Value const UPGRADES: &'static [$crate::record::Upgrade] = &[]; }
    };
    (@kept $Name:ident $Value:ident $($upgrades:tt)*) => {
        impl $crate::body::Input for $Name {
            type Value = domain::$Value;

            fn build(self, faults: &mut $crate::faults::Faults) -> Option<domain::$Value> {
                $crate::value::Plain::build(self, faults)
            }
        }

        impl $crate::record::ChildDocument for domain::$Value {
            $($upgrades)*

            type Document = $Name;

            fn show(&self) -> $Name {
                $crate::value::Plain::show(self)
            }
        }
    };
    // A root, or a child with members to be filled in: what is more to it stands beside its declaration.
    (@child $($other:tt)*) => {};
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

        impl $crate::object::Wire for $Name {
            const OBJECT: $crate::object::Object = $crate::object::Object {
                name: stringify!($Name),
                about: concat!($($about),+).trim_ascii(),
                envelope: $envelope,
                members: &[$(
                    $crate::object::Member::new(
                        stringify!($field), concat!($($says),*).trim_ascii(), wire!(@presence $presence)
                    ).of::<$T>()$(.$flag($($value),*))*,
                )*],
                example: wire!(@example $($example)*),
            };

            fn named_records(&self) -> Vec<$crate::reference::Reference> {
                let mut named = Vec::new();
                $(wire!(@name named self $presence $field);)*
                named
            }
        }

        impl $crate::object::Typed for $Name {
            const INSIDE: Option<&'static $crate::object::Object> = Some(&<Self as $crate::object::Wire>::OBJECT);

            fn check(&self) -> Result<(), validator::ValidationErrors> {
                validator::Validate::validate(self)
            }

            fn without_personal(mut self, found: &mut bool) -> Self {
                $(wire!(@forget self found $presence $field $(.$flag)*);)*
                let _ = (&mut self, found);
                self
            }
        }

        impl validator::Validate for $Name {
            fn validate(&self) -> Result<(), validator::ValidationErrors> {
                let mut errors = validator::ValidationErrors::new();
                $(wire!(@check errors self $presence $field $(.$flag)*);)*
                if errors.is_empty() { Ok(()) } else { Err(errors) }
            }
        }

        impl utoipa::PartialSchema for $Name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $crate::schema::shown(&<Self as $crate::object::Wire>::OBJECT).into()
            }
        }

        impl utoipa::ToSchema for $Name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn schemas(schemas: &mut $crate::object::Schemas) {
                $crate::schema::collect(&<Self as $crate::object::Wire>::OBJECT, schemas);
            }
        }
    };

    (@parent) => { None };
    (@parent $parent:ident $ParentId:ident) => {
        Some(
            $crate::object::Member::new(
                stringify!($parent), "The record that it belongs to.", $crate::object::Presence::Required
            ).of::<$ParentId>()
        )
    };

    (@example) => { None };
    (@example $($example:tt)+) => { Some(|| serde_json::json!($($example)+)) };

    (@presence required) => { $crate::object::Presence::Required };
    (@presence optional) => { $crate::object::Presence::Optional };
    (@presence default) => { $crate::object::Presence::Default };
    (@presence filled) => { $crate::object::Presence::Default };
    (@presence list) => { $crate::object::Presence::List };
    (@presence required_list) => { $crate::object::Presence::RequiredList };
    (@presence optional_list) => { $crate::object::Presence::OptionalList };
    (@presence derived) => { $crate::object::Presence::Derived };

    (@type list $T:ident) => { Vec<$T> };
    (@type required_list $T:ident) => { Option<Vec<$T>> };
    (@type optional_list $T:ident) => { Option<Vec<$T>> };
    (@type derived $T:ident) => { $crate::declare::Shown<$T> };
    (@type $presence:ident $T:ident) => { Option<$T> };

    (@name $named:ident $this:ident derived $field:ident) => {};
    (@name $named:ident $this:ident list $field:ident) => {
        $crate::declare::name_each(&mut $named, stringify!($field), &$this.$field)
    };
    (@name $named:ident $this:ident required_list $field:ident) => {
        $crate::declare::name_each(&mut $named, stringify!($field), $this.$field.as_deref().unwrap_or_default())
    };
    (@name $named:ident $this:ident optional_list $field:ident) => { wire!(@name $named $this required_list $field) };
    (@name $named:ident $this:ident $presence:ident $field:ident) => {
        if let Some((kind, id)) = $this.$field.as_ref().and_then($crate::object::Typed::named_record) {
            $named.push($crate::reference::Reference::new(stringify!($field), kind, id));
        }
    };

    // What the register sets is nobody's to give.
    (@check $errors:ident $this:ident $presence:ident $field:ident .set $($more:tt)*) => {};
    (@check $errors:ident $this:ident $presence:ident $field:ident .$flag:ident $($more:tt)*) => {
        wire!(@check $errors $this $presence $field $($more)*)
    };
    (@check $errors:ident $this:ident derived $field:ident) => {};
    (@check $errors:ident $this:ident list $field:ident) => {
        $crate::declare::check_list(&mut $errors, stringify!($field), &$this.$field)
    };
    (@check $errors:ident $this:ident optional_list $field:ident) => {
        $crate::declare::check_list(&mut $errors, stringify!($field), $this.$field.as_deref().unwrap_or_default())
    };
    (@check $errors:ident $this:ident required_list $field:ident) => {
        wire!(@given $errors $this $field);
        wire!(@check $errors $this optional_list $field)
    };
    (@check $errors:ident $this:ident required $field:ident) => {
        wire!(@given $errors $this $field);
        wire!(@check $errors $this optional $field)
    };
    (@check $errors:ident $this:ident $presence:ident $field:ident) => {
        if let Some(value) = &$this.$field {
            $crate::declare::check_object(&mut $errors, stringify!($field), value);
        }
    };
    (@given $errors:ident $this:ident $field:ident) => {
        if $this.$field.is_none() {
            $errors.add(stringify!($field), validator::ValidationError::new("required"));
        }
    };

    (@forget $this:ident $found:ident $presence:ident $field:ident .personal $($more:tt)*) => {
        *$found |= $this.$field.take().is_some()
    };
    (@forget $this:ident $found:ident $presence:ident $field:ident .$flag:ident $($more:tt)*) => {
        wire!(@forget $this $found $presence $field $($more)*)
    };
    // Nothing personal is in these: see `Object::has_personal`.
    (@forget $this:ident $found:ident list $field:ident) => {};
    (@forget $this:ident $found:ident required_list $field:ident) => {};
    (@forget $this:ident $found:ident optional_list $field:ident) => {};
    (@forget $this:ident $found:ident derived $field:ident) => {};
    (@forget $this:ident $found:ident $presence:ident $field:ident) => {
        $this.$field = $this.$field.map(|value| $crate::object::Typed::without_personal(value, $found))
    };
}
pub(crate) use wire;
