//! The body of a write: from bytes to a domain value, or to every fault there is in one problem.
//!
//! Knows which members a resource's input has and who may set them ([`Input`]), and no resource in particular. One path
//! serves create, replace and update: each makes the document that the resource is to be, and that is read.

use std::borrow::Cow;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest, web};
use domain::{Fault, FaultCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::Reference;
use utoipa::openapi::schema::{Object, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};
use validator::Validate;

use crate::config::Config;
use crate::request::decode::decode;
use crate::request::faults::Faults;
use crate::request::json::{Malformed, Node};
use crate::response::problem::{ErrorItem, Problem};
use crate::server::App;

/// What a client sends to create, replace or update a resource.
pub trait Input: DeserializeOwned + Validate + ToSchema {
    /// What it becomes.
    type Value;

    /// Members of the answer that the register sets itself.
    const READ_ONLY: &'static [&'static str] = &["id", "version", "created_at", "updated_at"];
    /// Members that the register sets itself where the rest of the document is as it is.
    fn derived(_document: &Node) -> &'static [&'static str] {
        &[]
    }

    /// Members that the register sets in each element of a list: the list, and the member.
    const READ_ONLY_IN: Option<(&'static str, &'static str)> = None;
    /// Members that are set when the resource is created, and never again.
    const FIXED: &'static [&'static str] = &[];
    /// The contract's name for the merge patch.
    const PATCH: &'static str;
    /// The largest body.
    const MAX_BYTES: usize = 64 * 1024;

    /// The records that it refers to, each by the member that says so.
    fn references(&self) -> Vec<Reference>;

    /// Tells what else is wrong with a record that is new.
    fn entering(&self, _: &mut Faults) {}

    /// Makes the value, or tells the faults. Required members that are absent are told already: `?` does for them, after
    /// everything else has been looked at.
    fn build(self, faults: &mut Faults) -> Option<Self::Value>;
}

/// The JSON of a request, parsed and not yet read: what it means may depend on the record it is for.
#[derive(Debug)]
pub struct Body<T> {
    bytes: web::Bytes,
    document: Node,
    input: PhantomData<fn() -> T>,
}

/// Why a body was refused: all that is wrong with it by itself. Whether its references lead to records is still to be looked up, so
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
    /// What the body refers to.
    pub fn references(&self) -> &[Reference] {
        &self.0.references
    }

    /// 422 with every fault, those of the references included.
    pub fn problem(&self, unknown: Vec<Fault>) -> Problem {
        let mut faults = self.0.faults.clone();
        faults.take("", Err::<(), _>(unknown));
        if faults.is_empty() {
            return Problem::internal("an input was refused without a fault");
        }
        Problem::invalid(faults.into_items(&self.0.document))
    }
}

impl<T: Input> Body<T> {
    /// The body that has this text.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it isn't JSON.
    pub fn parse(bytes: impl Into<web::Bytes>) -> Result<Self, Malformed> {
        let bytes = bytes.into();
        Ok(Self { document: Node::parse(&bytes)?, bytes, input: PhantomData })
    }

    /// The text as it was sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads it as a new resource.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every fault.
    pub fn create(&self) -> Result<T::Value, Refusal> {
        let read_only = read_only::<T>(&self.document);
        read::<T>(&self.document, T::entering, |members, faults| refuse_read_only::<T>(members, &read_only, faults))
    }

    /// Reads it as all that the resource is to be, given what it is now.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every fault.
    pub fn replace(&self, current: &impl Serialize) -> Result<T::Value, Refusal> {
        let current = representation(current);
        let read_only = read_only::<T>(&self.document);
        read::<T>(&self.document, |_, _| {}, |members, faults| keep::<T>(members, &read_only, &current, faults))
    }

    /// Reads it as what is to change, as [`Body::update`] does, and the members of these names beside as another input.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every fault of both.
    pub fn update_beside<B: Input>(
        &self,
        names: &[&str],
        current: &impl Serialize,
    ) -> Result<(T::Value, B::Value), Refusal> {
        let current = representation(current);
        let mut document = current.clone();
        document.merge(&self.document);
        let read_only = read_only::<T>(&document);
        let keep = |members: &mut Vec<_>, faults: &mut Faults| keep::<T>(members, &read_only, &current, faults);
        read_beside::<T, B>(&document, names, |_, _| {}, keep)
    }

    /// Reads it as a new resource, as [`Body::create`] does, and the members of these names beside as another input.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every fault of both.
    pub fn create_beside<B: Input>(&self, names: &[&str]) -> Result<(T::Value, B::Value), Refusal> {
        let read_only = read_only::<T>(&self.document);
        read_beside::<T, B>(&self.document, names, T::entering, |members, faults| {
            refuse_read_only::<T>(members, &read_only, faults);
        })
    }

    /// A member of it, if it has one of this name.
    pub fn member(&self, name: &str) -> Option<&Node> {
        self.document.member(name)
    }

    /// What of it a caller could have said: the same without the members that the register sets itself, but for these.
    #[must_use]
    pub fn without_read_only(&self, but_for: &[&str]) -> Self {
        let read_only = read_only::<T>(&self.document);
        let mut document = self.document.clone();
        if let Node::Object(members) = &mut document {
            members.retain(|(name, _)| !read_only.contains(&name.as_str()) || but_for.contains(&name.as_str()));
            take_out_of_list::<T>(members);
        }
        Self { bytes: self.bytes.clone(), document, input: PhantomData }
    }

    /// Reads it as what is to change (merge patch, RFC 7396), given what the resource is now.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with every fault.
    pub fn update(&self, current: &impl Serialize) -> Result<T::Value, Refusal> {
        let current = representation(current);
        let mut document = current.clone();
        document.merge(&self.document);
        let read_only = read_only::<T>(&document);
        read::<T>(&document, |_, _| {}, |members, faults| keep::<T>(members, &read_only, &current, faults))
    }
}

/// The members of a document that the register sets itself.
fn read_only<T: Input>(document: &Node) -> Vec<&'static str> {
    [T::READ_ONLY, T::derived(document)].concat()
}

/// A record as a document. What can't be written, which no resource is, would be told as members that differ.
fn representation(current: &impl Serialize) -> Node {
    Node::from_serialize(current).unwrap_or(Node::Null)
}

/// Reads the document without the members that `prepare` takes out of it; `look` is for what it makes of the rest.
fn read<T: Input>(
    document: &Node,
    look: impl FnOnce(&T, &mut Faults),
    prepare: impl FnOnce(&mut Vec<(String, Node)>, &mut Faults),
) -> Result<T::Value, Refusal> {
    let mut faults = Faults::default();
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
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Refusal(Box::new(Refused { faults, references, document: document.clone() }))),
    }
}

/// As [`read`], and the members of these names beside as another input.
fn read_beside<T: Input, B: Input>(
    document: &Node,
    names: &[&str],
    look: impl FnOnce(&T, &mut Faults),
    prepare: impl FnOnce(&mut Vec<(String, Node)>, &mut Faults),
) -> Result<(T::Value, B::Value), Refusal> {
    let mut beside = None;
    let value = read::<T>(document, look, |members, faults| {
        let own = Node::Object(take_out(members, names, faults));
        beside = decode::<B>(&own, faults).and_then(|own| {
            faults.validated(own.validate());
            own.build(faults)
        });
        prepare(members, faults);
    })?;
    // What has no fault has been read.
    let untold = || Refused { faults: Faults::default(), references: Vec::new(), document: document.clone() };
    beside.map(|beside| (value, beside)).ok_or_else(|| Refusal(Box::new(untold())))
}

/// Takes the members out that the register sets itself, and tells those that say something.
fn refuse_read_only<T: Input>(members: &mut Vec<(String, Node)>, read_only: &[&str], faults: &mut Faults) {
    keep_in_list::<T>(members, &Node::Null, faults);
    let set_here = take_out(members, read_only, faults);
    for (name, _) in &set_here {
        faults.push(name, FaultCode::ReadOnly, "the register sets this member itself: leave it out");
    }
}

/// Takes the member that the register sets out of each element of its list.
fn take_out_of_list<T: Input>(members: &mut [(String, Node)]) {
    let Some((list, member)) = T::READ_ONLY_IN else { return };
    for (_, value) in members.iter_mut().filter(|(name, _)| name == list) {
        let Node::Array(elements) = value else { continue };
        for element in elements {
            if let Node::Object(members) = element {
                members.retain(|(name, _)| name != member);
            }
        }
    }
}

/// Takes the members out that a change can't touch, tells those that differ from what they are now, and puts those back
/// that the input has.
fn keep<T: Input>(members: &mut Vec<(String, Node)>, read_only: &[&str], current: &Node, faults: &mut Faults) {
    keep_in_list::<T>(members, current, faults);
    let sent = [take_out(members, read_only, faults), take_out(members, T::FIXED, faults)].concat();
    for (name, value) in &sent {
        if !value.same(current.member(name).unwrap_or(&Node::Removed)) {
            let detail = "this member can't be changed: leave it out, or send it as it is";
            faults.push(name, FaultCode::ReadOnly, detail);
        }
    }
    for name in T::FIXED {
        if let Some(value) = current.member(name) {
            members.push(((*name).to_owned(), value.clone()));
        }
    }
}

/// Takes the member that the register sets out of each element of its list, and tells those that are not as they are now: at the same
/// place, or in an element that says the same.
fn keep_in_list<T: Input>(members: &mut [(String, Node)], current: &Node, faults: &mut Faults) {
    let Some((list, member)) = T::READ_ONLY_IN else { return };
    let now = match current.member(list) {
        Some(Node::Array(elements)) => elements.as_slice(),
        _ => &[],
    };
    let sent = members.iter_mut().filter(|(name, _)| name == list).map(|(_, value)| value);
    let sent = sent.filter_map(|value| if let Node::Array(elements) = value { Some(elements) } else { None });
    for (index, element) in sent.flatten().enumerate() {
        let at_this_place = now.get(index).and_then(|element| element.member(member));
        let is_as_now = element.member(member).is_none_or(|value| Some(value) == at_this_place)
            || now.iter().any(|other| other.same(element));
        if !is_as_now {
            let detail = "the register sets this member itself: leave it out, or send it as it is";
            faults.push(&format!("{list}/{index}/{member}"), FaultCode::ReadOnly, detail);
        }
        if let Node::Object(members) = element {
            members.retain(|(name, _)| name != member);
        }
    }
}

/// Takes these members out of the object; one that is there twice is told and taken once.
fn take_out(members: &mut Vec<(String, Node)>, names: &[&str], faults: &mut Faults) -> Vec<(String, Node)> {
    let mut taken: Vec<(String, Node)> = Vec::new();
    for (name, value) in members.extract_if(.., |(name, _)| names.contains(&name.as_str())) {
        if taken.iter().any(|(earlier, _)| *earlier == name) {
            faults.push(&name, FaultCode::DuplicateMember, "the member is there twice; the first is read");
        } else {
            taken.push((name, value));
        }
    }
    taken
}

/// The contract's schema of a merge patch: the input with no member required, those left out that are set once, and `null`
/// for what may be removed. It is never made; the path macros name it.
pub struct Patch<T>(PhantomData<fn() -> T>);

impl<T: Input> PartialSchema for Patch<T> {
    fn schema() -> RefOr<Schema> {
        let mut schema = T::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.properties.retain(|name, _| !T::FIXED.contains(&name.as_str()));
            if let Some(example) = object.example.as_mut().and_then(Value::as_object_mut) {
                example.retain(|name, _| !T::FIXED.contains(&name.as_str()));
            }
            for member in object.properties.values_mut() {
                if let Some((name, _)) = nested_object::<T>(member) {
                    *member = Ref::from_schema_name(nested_name(&name)).into();
                }
            }
            make_patch(object);
        }
        schema
    }
}

impl<T: Input> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::PATCH)
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
        let RefOr::T(Schema::Object(input)) = T::schema() else { return };
        for (name, mut object) in input.properties.values().filter_map(nested_object::<T>) {
            make_patch(&mut object);
            schemas.push((nested_name(&name), Schema::Object(object).into()));
        }
    }
}

/// The object that a member of the input holds, with its name in the contract: a merge patch goes into it.
fn nested_object<T: Input>(member: &RefOr<Schema>) -> Option<(String, Object)> {
    let RefOr::Ref(reference) = member else { return None };
    let name = reference.ref_location.rsplit('/').next()?;
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    schemas.into_iter().find_map(|(known, schema)| match schema {
        RefOr::T(Schema::Object(object)) if known == name && !object.properties.is_empty() => Some((known, object)),
        _ => None,
    })
}

/// `NewScrutineer` is patched by a `ScrutineerPatch`.
fn nested_name(name: &str) -> String {
    format!("{}Patch", name.strip_prefix("New").unwrap_or(name))
}

/// No member is required any more, and what may be absent may be `null`.
fn make_patch(object: &mut Object) {
    let required = mem::take(&mut object.required);
    for (name, member) in &mut object.properties {
        if !required.contains(name) {
            *member = or_null(member.clone());
        }
    }
    let description = "What is to change, as a merge patch (RFC 7396): a member that is absent stays as it is, `null` removes \
                       the member, a list replaces the whole list.";
    object.description = Some(description.to_owned());
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

impl<T: Input> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = web::Payload::from_request(request, payload);
        let time = request.app_data::<App>().map_or(Config::REQUEST_TIME, |app| app.body_time);
        Box::pin(async move {
            let broken_off = |error: actix_web::Error| Problem::bad_request(format!("the body breaks off: {error}"));
            let arriving = payload.await.map_err(broken_off)?.to_bytes_limited(T::MAX_BYTES);
            let read = timeout(time, arriving).await.map_err(|_| Problem::request_timeout(time))?;
            let bytes = read.map_err(|_| Problem::payload_too_large(T::MAX_BYTES))?.map_err(broken_off)?;
            Self::parse(bytes).map_err(|malformed| Problem::malformed(unreadable(&malformed)))
        })
    }
}

fn unreadable(malformed: &Malformed) -> ErrorItem {
    ErrorItem::pointer("", FaultCode::InvalidFormat.as_str(), format!("the body isn't JSON: {malformed}"))
}

#[cfg(test)]
mod tests {
    use domain::{Department as DomainDepartment, Id, Record};

    use super::*;
    use crate::register::department::{Department, DepartmentPatch, NewDepartment};

    const FULL: &str = r#"{
        "slug": "cabinet-office", "name": "Cabinet Office", "kind": "ministerial_department",
        "identifiers": [{"scheme": "GB-GOR", "id": "D2"}, {"scheme": "GB-COH", "id": "9506232"}],
        "policy_areas": ["policy_advice", "employment_support"],
        "website": "https://www.gov.uk/cabinet-office",
        "opened_on": "1916-12", "closed_on": "2090", "successor_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
        "sources": [{"url": "https://example.org/a", "accessed_on": "2024-01-31", "note": "one\ntwo"}, {"title": "Guide"}]
    }"#;

    fn body(text: &str) -> Body<NewDepartment> {
        Body::parse(text.to_owned()).unwrap()
    }

    fn stored() -> Record<DomainDepartment> {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = Id::from_uuid("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01".parse().unwrap());
        Record { id, version: 3, created_at: at, updated_at: at, content: body(FULL).create().unwrap().content }
    }

    fn answer() -> Department {
        Department::from(stored())
    }

    fn faults<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        let problem = result.expect_err("a refusal").problem(Vec::new());
        assert_eq!(problem.kind().status(), 422);
        problem.errors().iter().map(|item| (item.pointer.clone().unwrap(), item.code)).collect()
    }

    fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
        (pointer.to_owned(), code)
    }

    #[test]
    fn faults_of_shape_and_of_the_domain_come_in_one_list() {
        let told = faults(
            body(
                r#"{
                    "slug": "Not A Slug", "kind": 7, "colour": "red",
                    "identifiers": [{"scheme": "GB-COH", "id": "IP12345R"}, {"scheme": "GB-XXX", "id": "1"}, {"id": "2"}],
                    "policy_areas": ["housing", "culture", 3, "housing"],
                    "website": "ftp://example.org",
                    "opened_on": "2012-05", "closed_on": "2011",
                    "sources": [{"accessed_on": "2024-01-31"}, {"title": " "}],
                    "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01"
                }"#,
            )
            .create(),
        );
        let pointers: Vec<&str> = told.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/slug",
                "/kind",
                "/colour",
                "/identifiers/0/scheme",
                "/identifiers/1/scheme",
                "/identifiers/2/scheme",
                "/policy_areas/2",
                "/policy_areas/3",
                "/website",
                "/closed_on",
                "/sources/0",
                "/sources/1/title",
                "/id",
                "/name",
            ],
            "{told:#?}"
        );
        assert_eq!(told[3].1, "misfiled");
        assert_eq!(told[5].1, "required");
        assert_eq!(told[7].1, "duplicate-item");
        assert_eq!(told[9].1, "date-order");
        assert_eq!(told[12].1, "read-only");
        assert_eq!(told[13].1, "required");
    }

    #[test]
    fn a_slug_may_be_left_to_the_register() {
        let new = body(r#"{"name": "Cabinet Office", "kind": "other"}"#).create().unwrap();
        assert!(new.derived);
        assert_eq!(new.content.slug.as_str(), "cabinet-office");
        assert!(!body(FULL).create().unwrap().derived);
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let sent = serde_json::to_string(&answer()).unwrap();
        assert_eq!(body(&sent).replace(&answer()).unwrap().content, stored().content);
        assert_eq!(body(&sent).update(&answer()).unwrap().content, stored().content);
        assert_eq!(body("{}").update(&answer()).unwrap().content, stored().content);
    }

    #[test]
    fn a_replacement_may_leave_out_what_it_cannot_change() {
        let without_slug = FULL.replace(r#""slug": "cabinet-office","#, "");
        assert_eq!(body(&without_slug).replace(&answer()).unwrap().content, stored().content);
        let nulls = FULL.replace(r#""slug": "cabinet-office""#, r#""slug": null, "id": null"#);
        let mut told = faults(body(&nulls).replace(&answer()));
        told.sort();
        assert_eq!(told, [at("/id", "read-only"), at("/slug", "read-only")]);
        let minimal = body(r#"{"name": "Cabinet Office", "kind": "other"}"#).replace(&answer()).unwrap().content;
        assert_eq!(minimal.slug.as_str(), "cabinet-office");
        assert!(minimal.identifiers.is_empty() && minimal.website.is_none());
    }

    #[test]
    fn a_member_that_cannot_be_changed_is_told_where_it_differs() {
        let changed = FULL.replace(r#""slug": "cabinet-office""#, r#""slug": "other", "version": 4, "id": 1, "id": 2"#);
        let expected = [
            at("/slug", "read-only"),
            at("/version", "read-only"),
            at("/id", "duplicate-member"),
            at("/id", "read-only"),
        ];
        let mut told = faults(body(&changed).replace(&answer()));
        told.sort_by_key(|fault| expected.iter().position(|known| known == fault));
        assert_eq!(told, expected);
        assert_eq!(
            faults(body(r#"{"slug": null, "id": null}"#).update(&answer())),
            [at("/id", "read-only"), at("/slug", "read-only")]
        );
    }

    #[test]
    fn a_patch_is_held_to_the_same_rules() {
        let patch =
            r#"{"name": "Cabinet  Office ", "website": null, "sources": [], "closed_on": null, "successor_id": null}"#;
        let updated = body(patch).update(&answer()).unwrap().content;
        assert!(updated.website.is_none() && updated.sources.is_empty() && updated.life.closed_on.is_none());
        assert_eq!(updated.identifiers, stored().content.identifiers);
        let broken =
            r#"{"name": null, "colour": null, "closed_on": null, "kind": "x", "kind": "other", "sources": {}}"#;
        let mut told = faults(body(broken).update(&answer()));
        told.sort();
        assert_eq!(
            told,
            [
                at("/colour", "unknown-member"),
                at("/kind", "duplicate-member"),
                at("/kind", "not-in-vocabulary"),
                at("/name", "required"),
                at("/sources", "invalid-type"),
                at("/successor_id", "inconsistent"),
            ]
        );
        assert_eq!(faults(body("[]").update(&answer())), [at("", "invalid-type")]);
    }

    #[test]
    fn an_answer_says_everything_and_leaves_out_what_is_absent() {
        let text = serde_json::to_string(&answer()).unwrap();
        assert!(text.contains(r#""created_at":"2024-02-03T04:05:06.000007Z""#), "{text}");
        assert!(text.contains(r#"{"scheme":"GB-COH","id":"09506232"}"#), "{text}");
        let mut record = stored();
        record.content = body(r#"{"name": "A", "kind": "other"}"#).create().unwrap().content;
        let text = serde_json::to_string(&Department::from(record)).unwrap();
        assert!(text.contains(r#""identifiers":[],"policy_areas":[],"sources":[]"#), "{text}");
        assert!(!text.contains("null") && !text.contains("website"), "{text}");
    }

    /// Every reference leads somewhere, nothing but a patch has a `null`, and an enum or object is never inline.
    #[test]
    fn the_schemas_are_named_and_closed() {
        let mut schemas = Vec::new();
        for (name, schema) in [
            (NewDepartment::name(), NewDepartment::schema()),
            (DepartmentPatch::name(), DepartmentPatch::schema()),
            (Department::name(), Department::schema()),
        ] {
            schemas.push((name.into_owned(), schema));
        }
        NewDepartment::schemas(&mut schemas);
        DepartmentPatch::schemas(&mut schemas);
        Department::schemas(&mut schemas);
        for (name, schema) in &schemas {
            let text = serde_json::to_string(schema).unwrap();
            for reference in text.split("#/components/schemas/").skip(1) {
                let target = reference.split('"').next().unwrap();
                assert!(schemas.iter().any(|(known, _)| known == target), "{name} refers to {target}");
            }
            assert_eq!(text.contains("null"), name.ends_with("Patch"), "{name}: {text}");
            assert!(!text.contains("allOf") && !text.contains("anyOf"), "{name}: {text}");
        }
        let schema = |name: &str| {
            let (_, schema) = schemas.iter().find(|(known, _)| known == name).unwrap();
            serde_json::to_value(schema).unwrap()
        };
        let new = schema("NewDepartment");
        assert_eq!(new["required"], serde_json::json!(["name", "kind"]));
        assert_eq!(new["additionalProperties"], false);
        assert_eq!(new["properties"]["policy_areas"]["items"]["$ref"], "#/components/schemas/Sector");
        assert_eq!(new["properties"]["policy_areas"]["maxItems"], 21);
        let patch = schema("DepartmentPatch");
        assert!(patch["required"].is_null() && patch["properties"]["slug"].is_null());
        assert_eq!(patch["properties"]["name"]["$ref"], "#/components/schemas/Name");
        let answer = schema("Department");
        assert_eq!(
            answer["required"],
            serde_json::json!([
                "id",
                "version",
                "slug",
                "name",
                "kind",
                "identifiers",
                "policy_areas",
                "sources",
                "created_at",
                "updated_at"
            ])
        );
        assert_eq!(schema("Sector")["x-extensible-enum"][0], "health_unspecified");
        assert_eq!(schema("Slug")["maxLength"], 80);
    }

    /// A body of the largest size is refused in time that grows with its size only.
    #[test]
    fn a_flood_of_broken_elements_is_refused_quickly() {
        let started = std::time::Instant::now();
        for text in [
            format!(r#"{{"sources": [{}{}1]}}"#, "1,".repeat(11_000), "{},".repeat(11_000)),
            format!(r#"{{"identifiers": [{}1]}}"#, r#"{"id":1},1,"#.repeat(5_000)),
            format!(r#"{{"policy_areas": [{}1]}}"#, r#"1,"other","#.repeat(5_000)),
            format!("{{{}\"a\":1}}", (0..6_000).map(|n| format!(r#""{n}":1,"#)).collect::<String>()),
        ] {
            assert!(text.len() < NewDepartment::MAX_BYTES);
            let told = faults(body(&text).update(&answer()));
            assert!(told.len() > 1 && told.len() <= Faults::MAX + 1);
        }
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }

    #[actix_web::test]
    async fn a_body_over_the_limit_is_too_large() {
        let request = |bytes: Vec<u8>| actix_web::test::TestRequest::post().set_payload(bytes).to_http_parts();
        let mut text = FULL.as_bytes().to_vec();
        text.resize(NewDepartment::MAX_BYTES, b' ');
        let (head, mut payload) = request(text.clone());
        assert!(Body::<NewDepartment>::from_request(&head, &mut payload).await.is_ok());
        text.push(b' ');
        let (head, mut payload) = request(text);
        let refused = Body::<NewDepartment>::from_request(&head, &mut payload).await.unwrap_err();
        assert_eq!(refused.kind().status(), 413);
        let (head, mut payload) = request(b"{".to_vec());
        let refused = Body::<NewDepartment>::from_request(&head, &mut payload).await.unwrap_err();
        assert_eq!(refused.kind().status(), 400);
        assert!(refused.errors()[0].detail.contains("line 1, column 1"), "{}", refused.errors()[0].detail);
    }
}
