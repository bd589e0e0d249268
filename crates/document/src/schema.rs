//! The schemas of an object: as it is shown, as it is sent, and as a merge patch.

use std::borrow::Cow;
use std::marker::PhantomData;

use domain::Kind;
use serde_json::Value;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Object as ObjectSchema, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::object::{Member, Object, Schemas, Typed, Wire, collect_named};
use crate::record_name::{DepartmentName, MutualName};
use crate::value::Instant;

/// What is sent, in the contract: `ObjectionInput`.
#[derive(Clone, Copy, Debug)]
pub struct InputOf<T>(PhantomData<fn() -> T>);

/// A merge patch, in the contract: `ObjectionPatch`.
#[derive(Clone, Copy, Debug)]
pub struct PatchOf<T>(PhantomData<fn() -> T>);

/// A correction of a record, in the contract: its merge patch, with what `B` has beside it. `StaffBallotCorrectionPatch`.
#[derive(Clone, Copy, Debug)]
pub struct CorrectionOf<T, B>(PhantomData<fn() -> (T, B)>);

/// What a correction has beside the merge patch.
pub trait Correction: Wire {
    /// An example of both.
    fn example() -> Value;
}

impl<T: Wire, B: Correction> PartialSchema for CorrectionOf<T, B> {
    fn schema() -> RefOr<Schema> {
        let (mut schema, beside) = (patch(&T::OBJECT), input(&B::OBJECT));
        schema.properties.extend(beside.properties);
        schema.required.extend(beside.required);
        let description = "A correction, as a merge patch (RFC 7396), with the reason. An absent field stays as it is, \
                           `null` removes a field, a list replaces the whole list.";
        schema.description = Some(description.to_owned());
        schema.example = Some(B::example());
        schema.into()
    }
}

impl<T: Wire, B: Correction> ToSchema for CorrectionOf<T, B> {
    fn name() -> Cow<'static, str> {
        format!("{}CorrectionPatch", T::OBJECT.name).into()
    }

    fn schemas(schemas: &mut Schemas) {
        collect_patch(&T::OBJECT, schemas);
        collect_input(&B::OBJECT, schemas);
    }
}

impl<T: Wire> PartialSchema for InputOf<T> {
    fn schema() -> RefOr<Schema> {
        input(&T::OBJECT).into()
    }
}

impl<T: Wire> ToSchema for InputOf<T> {
    fn name() -> Cow<'static, str> {
        input_name(&T::OBJECT).into()
    }

    fn schemas(schemas: &mut Schemas) {
        collect_input(&T::OBJECT, schemas);
    }
}

impl<T: Wire> PartialSchema for PatchOf<T> {
    fn schema() -> RefOr<Schema> {
        patch(&T::OBJECT).into()
    }
}

impl<T: Wire> ToSchema for PatchOf<T> {
    fn name() -> Cow<'static, str> {
        patch_name(&T::OBJECT).into()
    }

    fn schemas(schemas: &mut Schemas) {
        collect_patch(&T::OBJECT, schemas);
    }
}

/// The name of the schema of what is sent.
pub fn input_name(object: &Object) -> String {
    format!("{}Input", object.name)
}

/// The name of the schema of a merge patch.
pub fn patch_name(object: &Object) -> String {
    format!("{}Patch", object.name)
}

/// What a log entry has in place of personal data. All other fields of a record are in its entry.
const IN_THE_LOG: &str = "Log entries have a commitment in its place.";

/// What a member has in common with all that say when something has happened.
const HAS_HAPPENED: &str = "It has happened: at most today.";

/// What a member says, for the contract.
fn about(member: &Member) -> Cow<'static, str> {
    match member {
        Member { is_past: true, about: "", .. } => HAS_HAPPENED.into(),
        Member { is_past: true, about, .. } => format!("{about} {HAS_HAPPENED}").into(),
        Member { about, .. } => (*about).into(),
    }
}

/// The object as it is shown.
pub fn shown(object: &Object) -> ObjectSchema {
    let mut schema = ObjectBuilder::new().description(Some(object.about));
    if let Some(envelope) = &object.envelope {
        let version = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(utoipa::openapi::schema::SchemaFormat::KnownFormat(
                utoipa::openapi::schema::KnownFormat::Int64,
            )))
            .description(Some("The version of the record: 1 at first, and 1 more after each change."))
            .minimum(Some(1));
        schema = schema.property("id", (envelope.id)()).required("id").property("version", version).required("version");
        if let Some(parent) = envelope.parent {
            schema = schema.property(parent.name, described((parent.schema)(), parent.about)).required(parent.name);
            if let Some((word, named)) = expansion(&parent) {
                schema = schema.property(word, named);
            }
        }
    }
    for member in object.members {
        let mut property = property(member, |object| object.name.to_owned());
        if member.is_personal {
            property = described(property, &format!("{} {IN_THE_LOG}", member.about));
        }
        schema = schema.property(member.name, property);
        if member.is_always_shown() {
            schema = schema.required(member.name);
        }
        if let Some((word, named)) = expansion(member).filter(|_| object.envelope.is_some()) {
            schema = schema.property(word, named);
        }
    }
    if object.envelope.is_some() {
        let instants =
            [("created_at", "When the record was created."), ("updated_at", "When the record was last changed.")];
        for (name, about) in instants {
            schema = schema.property(name, described(Instant::schema_reference(), about)).required(name);
        }
    }
    // The example is of what is sent, which may say less than what is shown.
    let example = object.example.map(|example| example());
    let says_all = |example: &Value| {
        let always = object.members.iter().filter(|member| member.is_always_shown());
        object.envelope.is_none() && always.map(|member| member.name).all(|name| example.get(name).is_some())
    };
    with_example(schema, example.filter(says_all))
}

/// The object as it is sent: without what the register sets.
pub fn input(object: &Object) -> ObjectSchema {
    let about = match object.envelope {
        Some(_) => format!("The body of a request to create or replace the record. {}", object.about),
        None => object.about.to_owned(),
    };
    let mut schema = ObjectBuilder::new()
        .description(Some(about))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    for member in object.members.iter().filter(|member| !member.is_set) {
        schema = schema.property(member.name, sent_property(member, input_name));
        if member.is_required() {
            schema = schema.required(member.name);
        }
    }
    with_example(schema, object.example.map(|example| example()))
}

/// The object as a merge patch of what is sent: no member is required, and what may be absent may be `null`.
pub fn patch(object: &Object) -> ObjectSchema {
    let mut schema = ObjectBuilder::new()
        .description(Some("The changes, as a merge patch (RFC 7396): `null` removes a field."))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)));
    for member in object.members.iter().filter(|member| !member.is_set && !member.is_fixed) {
        let name = if member.is_list() { input_name } else { patch_name };
        let property = sent_property(member, name);
        schema = schema.property(member.name, if member.is_required() { property } else { or_null(property) });
    }
    let example = object.example.map(|example| example()).map(|mut example| {
        if let Value::Object(members) = &mut example {
            members.retain(|name, _| !object.members.iter().any(|member| member.name == name && member.is_fixed));
        }
        example
    });
    with_example(schema, example)
}

/// Adds the schemas that the object refers to as it is shown.
pub fn collect(object: &Object, schemas: &mut Schemas) {
    if let Some(envelope) = &object.envelope {
        (envelope.collect)(schemas);
    }
    for member in object.members {
        (member.collect)(schemas);
    }
    for member in object.expandable() {
        match member.names {
            Some(Kind::Department) => collect_named::<DepartmentName>(schemas),
            _ => collect_named::<MutualName>(schemas),
        }
    }
}

/// What is shown beside a member that names a record, for callers who ask.
fn expansion(member: &Member) -> Option<(String, RefOr<Schema>)> {
    let word = member.expanded()?;
    let name = match member.names {
        Some(Kind::Department) => DepartmentName::name(),
        _ => MutualName::name(),
    };
    let about = format!("What `{}` names. Only with `expand={word}`.", member.name);
    let named: RefOr<Schema> = Ref::from_schema_name(name).into();
    let shown = match member.is_list() {
        true => ArrayBuilder::new().items(named).max_items(member.max_items).description(Some(about)).into(),
        false => described(named, &about),
    };
    Some((word, shown))
}

/// Adds the schemas that the object refers to as it is sent.
pub fn collect_input(object: &Object, schemas: &mut Schemas) {
    for member in object.members.iter().filter(|member| !member.is_set) {
        match member.object {
            Some(inside) => {
                schemas.push((input_name(inside), input(inside).into()));
                collect_input(inside, schemas);
            }
            None if names_by_slug(member).is_some() => {}
            None => (member.collect)(schemas),
        }
    }
}

/// The schema of the id or slug of such a record, where the member takes either. The contract's parameters have it too.
fn names_by_slug(member: &Member) -> Option<RefOr<Schema>> {
    let name = match member.names.filter(|kind| kind.has_slug())? {
        Kind::Department => <crate::value::DepartmentKey as ToSchema>::name(),
        _ => <crate::value::MutualKey as ToSchema>::name(),
    };
    Some(Ref::from_schema_name(name).into())
}

/// The schema of a member as it is sent.
fn sent_property(member: &Member, name: impl Fn(&Object) -> String) -> RefOr<Schema> {
    property_of(member, names_by_slug(member).unwrap_or_else(|| (member.schema)()), name)
}

/// Adds the schemas that a merge patch of the object refers to.
pub fn collect_patch(object: &Object, schemas: &mut Schemas) {
    collect_input(object, schemas);
    for inside in object.members.iter().filter(|member| !member.is_set && !member.is_list()).filter_map(|it| it.object)
    {
        schemas.push((patch_name(inside), patch(inside).into()));
        collect_patch(inside, schemas);
    }
}

fn with_example(schema: ObjectBuilder, example: Option<Value>) -> ObjectSchema {
    let mut schema = schema.build();
    schema.example = example;
    schema
}

/// The schema of a member. `name` is how an object in it is called.
fn property(member: &Member, name: impl Fn(&Object) -> String) -> RefOr<Schema> {
    property_of(member, (member.schema)(), name)
}

fn property_of(member: &Member, schema: RefOr<Schema>, name: impl Fn(&Object) -> String) -> RefOr<Schema> {
    let value = match member.object {
        Some(object) => Ref::from_schema_name(name(object)).into(),
        None => bounded(schema, member),
    };
    if !member.is_list() {
        return described(value, &about(member));
    }
    let mut list = ArrayBuilder::new().items(value);
    if !member.about.is_empty() {
        list = list.description(Some(member.about));
    }
    list.min_items(member.min_items).max_items(member.max_items).into()
}

fn bounded(schema: RefOr<Schema>, member: &Member) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = schema else { return schema };
    if let Some((least, greatest)) = member.range {
        object.minimum = Some(least.into());
        object.maximum = Some(greatest.into());
    }
    if let Some(example) = member.example {
        object.examples = serde_json::from_str(example).into_iter().collect();
    }
    object.into()
}

fn described(schema: RefOr<Schema>, about: &str) -> RefOr<Schema> {
    match schema {
        _ if about.is_empty() => schema,
        RefOr::Ref(mut reference) => {
            reference.description = about.to_owned();
            reference.into()
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(about.to_owned());
            object.into()
        }
        other @ RefOr::T(_) => other,
    }
}

fn or_null(member: RefOr<Schema>) -> RefOr<Schema> {
    let with_null = |types: SchemaType| match types {
        SchemaType::Type(only) => SchemaType::Array(vec![only, Type::Null]),
        other => other,
    };
    match member {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = with_null(object.schema_type);
            object.into()
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = with_null(array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        other => OneOfBuilder::new().item(other).item(ObjectBuilder::new().schema_type(Type::Null)).into(),
    }
}

impl Instant {
    fn schema_reference() -> RefOr<Schema> {
        <Self as Typed>::reference()
    }
}
