//! The contract: the OpenAPI document of the routes that the server mounts.
//!
//! Handlers describe what is their own. What follows from the conventions is added here, once for all: the request id,
//! problems, response headers, and that parts which operations share are declared in one place.

mod clean;
mod conflict;
pub mod example;
pub mod header;
mod links;
pub mod operation;
pub mod place;
pub mod profile;
mod refusal;
mod share;
pub mod yaml;

use actix_web::App;
use actix_web::http::Method;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{OneOf, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContactBuilder, LicenseBuilder, Ref, RefOr, Server};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

use self::header::{
    ETAG, HEADERS, LAST_MODIFIED, LINK, LOCATION, REGISTER_ENTRY, REGISTER_EPOCH, REGISTER_SEQ, REQUEST_ID,
    TRACEPARENT, add_headers, component_name, header, header_parameter,
};
use self::operation::{BEARER, everybody, has_parameter, operations};
pub use self::refusal::example;
pub use self::share::EVERY_ANSWERS_HEADERS;
use crate::caller::access::Asked;
use crate::config::{Production, Publisher};
use crate::http::silence;
use crate::register::operations;
use crate::request::query::MAX_VALUES;
use document::register::CpvPrefix;
use document::value;
use domain::Line;

pub type Routes = fn(&mut ServiceConfig<'_>);

/// The contract of this version of the service, as it is given out: what its operations have in common is said once.
pub fn contract(routes: Routes) -> Value {
    given_out(&document(routes))
}

/// A document as it is given out.
pub fn given_out(document: &utoipa::openapi::OpenApi) -> Value {
    // What utoipa's types hold is always JSON.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    clean::clean(&mut document);
    share::share(&mut document);
    document
}

/// What the contract says of each operation, at the operation itself; the same at each call.
pub fn document(routes: Routes) -> utoipa::openapi::OpenApi {
    let app = App::new().into_utoipa_app().openapi(Base::openapi()).configure(routes);
    let (_, mut document) = app.split_for_parts();
    complete(&mut document);
    document
}

/// Says in a contract where this service is, who answers for it, and under which licence its data are.
pub fn publish(document: &mut utoipa::openapi::OpenApi, settings: &Production) {
    let Production { public_url, publisher, .. } = settings;
    if let Some(url) = public_url {
        document.servers = Some(vec![Server::new(url.as_str())]);
    }
    let Publisher { contact_name, contact_url, contact_email, licence_name, licence_url } = publisher;
    if contact_name.is_some() || contact_url.is_some() || contact_email.is_some() {
        let contact = ContactBuilder::new().name(contact_name.as_ref().map(Line::as_str));
        let contact = contact.url(contact_url.as_ref().map(ToString::to_string));
        document.info.contact = Some(contact.email(contact_email.as_ref().map(ToString::to_string)).build());
    }
    if let Some(name) = licence_name {
        let licence = LicenseBuilder::new().name(name.as_str()).url(licence_url.as_ref().map(ToString::to_string));
        document.info.license = Some(licence.build());
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Register of public service mutuals",
        description = "Departments, the mutuals that have left them, and the mutuals' staff ballots and \
                       contracts.\n\nYou do not need a key to read. You need one to see drafts and personal data, \
                       and to make changes (`Authorization: Bearer`). Each operation lists the roles that may use \
                       it. To get the next page of a list, send its `next_cursor` as `cursor`. Every record has an \
                       `ETag`: send it as `If-Match` when you change the record. An error response is a problem \
                       (RFC 9457) that lists all errors in the request at once; `/problems/{slug}` explains its \
                       `type`. Every path that supports `GET` also supports `HEAD`, and every path supports \
                       `OPTIONS`. Within `/v1`, new fields and enum values may be added to responses.",
        contact(name = "The register's maintainers"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    // What only query parameters take: the schemas of bodies are collected from the handlers.
    components(schemas(
        CpvPrefix,
        value::DepartmentKey,
        value::MutualKey,
        value::RecordId,
        value::SchemeAndId,
        value::SearchWords
    )),
    servers((url = "/", description = "The service that serves this document")),
    tags(
        (name = "departments", description = "Public bodies that mutuals leave, or that sponsor, commission or support them"),
        (name = "mutuals", description = "Organisations that have left the public sector to run a public service, or are preparing to"),
        (name = "staff ballots", description = "Staff votes on becoming a mutual, with their counts"),
        (name = "hosted ballots", description = "Secret ballots that are held here: what issuers, voters and the public do"),
        (name = "contracts", description = "Contracts of mutuals with public bodies"),
        (name = "search", description = "One search over all kinds of record"),
        (name = "statistics", description = "Figures for any day, each with the number of records behind it and a link that lists them"),
        (name = "reports", description = "Reports for any day"),
        (name = "entries", description = "Every accepted change, in order: the change feed, and the history of each record"),
        (name = "log", description = "Proof that no log entry was changed: the signed head of the log, its key, and proofs (RFC 6962)"),
        (name = "code lists", description = "Code lists: the values that fields and parameters take, with their meanings"),
        (name = "imports", description = "Imports of many records from a file, in the background"),
        (name = "keys", description = "API keys"),
        (name = "service", description = "The service itself: its health and its problem types"),
        (name = "API description", description = "This contract. Generators of clients can leave these operations out")
    )
)]
struct Base;

fn complete(document: &mut utoipa::openapi::OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    for (path, method, operation) in operations(document) {
        operation.parameters.get_or_insert_default().extend([request_id().into(), traceparent().into()]);
        bound_parameters(operation);
        name_parameter_schemas(operation, &mut components);
        describe_answers(path, method, operation);
        describe_access(path, method, operation);
        refusal::add_to(path, method, operation);
        conflict::add_to(path, method, operation);
    }
    links::add(document);
    for (name, example) in operations::examples() {
        if let Some(RefOr::T(Schema::Object(schema))) = components.schemas.get_mut(&name) {
            schema.example = Some(example);
        }
    }
    add_bodiless(&mut components);
    refusal::add(&mut components);
    conflict::add(&mut components);
    components.add_security_scheme(BEARER, bearer());
    components.headers =
        HEADERS.iter().map(|(name, says, example)| (component_name(name), header(says, example).into())).collect();
    document.components = Some(components);
}

/// A parameter is given or left out and never null, and one that is repeated has as many values as the extractor takes.
fn bound_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { schema: Some(schema), .. }) = parameter else { continue };
        if let RefOr::T(Schema::OneOf(OneOf { items, .. })) = schema
            && let Some(given) = items.pop()
        {
            *schema = given;
        }
        match schema {
            RefOr::T(Schema::Array(list)) => list.max_items = Some(MAX_VALUES),
            RefOr::T(Schema::Object(object)) => {
                if let SchemaType::Array(types) = &object.schema_type
                    && let Some(given) = types.iter().find(|given| **given != Type::Null)
                {
                    object.schema_type = SchemaType::Type(given.clone());
                }
            }
            _ => {}
        }
    }
}

/// A parameter's schema that has a title becomes a schema of that name, and one that is like a named schema becomes that: generated
/// clients have one type for it then, and not one for each operation.
fn name_parameter_schemas(operation: &mut Operation, components: &mut Components) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else { continue };
        if let Some(name) = schema.title.take() {
            let reference = Ref::from_schema_name(&name);
            components.schemas.insert(name, Schema::Object(schema.clone()).into());
            parameter.schema = Some(reference.into());
        } else if schema.description.is_some() {
            let own = RefOr::T(Schema::Object(schema.clone()));
            let alike = components.schemas.iter().find(|(_, named)| **named == own);
            if let Some((name, _)) = alike {
                parameter.schema = Some(Ref::from_schema_name(name).into());
            }
        }
    }
}

/// What callers prove who they are by.
fn bearer() -> SecurityScheme {
    let description = "An API key, `psm_…`, or a JWT from the OAuth 2.0 issuer that the operator configured. \
                       Administrators make keys. A key has one role and, for departmental roles, some departments or \
                       all. A JWT has these in its claims. If an operation lists roles, the key or JWT needs one of \
                       them.";
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("API key or JWT")
        .description(Some(description));
    SecurityScheme::Http(http.build())
}

/// Who an operation is for: each role is an alternative, and where everybody may, a key is one more. Of what isn't of the register
/// nobody asks who reads it.
fn describe_access(path: &str, method: &str, operation: &mut Operation) {
    let Some(asked) = Asked::of(&Method::from_bytes(method.as_bytes()).unwrap_or_default(), path) else {
        operation.security = Some(Vec::new());
        return;
    };
    let roles = asked.roles();
    operation.security = Some(if roles.is_empty() {
        everybody().to_vec()
    } else {
        roles.iter().map(|role| SecurityRequirement::new(BEARER, [role.as_str()])).collect()
    });
    if !roles.is_empty() {
        let named: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
        let description = operation.description.get_or_insert_default();
        description.push_str(&format!("\n\nRoles that may use this operation: {}.", named.join(", ")));
    }
}

fn request_id() -> Parameter {
    let description = "Your own id for the request. If it is absent, the service makes one.";
    let example = "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1";
    header_parameter(REQUEST_ID, description, example, Some("^[A-Za-z0-9._-]{1,128}$")).build()
}

fn traceparent() -> Parameter {
    let description = "The trace that the request is part of (W3C Trace Context). The service's log includes it. A malformed value is ignored.";
    let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    header_parameter(TRACEPARENT, description, example, None).build()
}

/// The answers without a body: status, name, what it says, headers.
const BODILESS: [(&str, &str, &[&str]); 4] = [
    ("NoContent", "Done. With `validate_only`: the change is possible, and nothing was changed", &[]),
    ("NotModified", "Not modified: the caller's copy is current", &[ETAG]),
    ("NotModifiedPage", "Not modified: the caller's copy is current", &[ETAG, LINK]),
    ("NotModifiedRecord", "Not modified: the caller's copy is current", &[ETAG, LAST_MODIFIED, REGISTER_ENTRY]),
];

fn add_bodiless(components: &mut Components) {
    for (name, says, headers) in BODILESS {
        let mut response = ResponseBuilder::new().description(says).build();
        add_headers(&mut response, headers);
        components.responses.insert(name.to_owned(), response.into());
    }
}

/// What answers have by the conventions: one status for a deletion, conditional reads, links of lists, the place of what is new.
fn describe_answers(path: &str, method: &str, operation: &mut Operation) {
    let is_conditional = has_parameter(operation, "If-None-Match");
    let is_dated = has_parameter(operation, "If-Modified-Since");
    let is_list = has_parameter(operation, "cursor") || has_parameter(operation, "after");
    let is_action = method == "POST" && has_parameter(operation, "If-Match");
    // A record that may be sent twice is one with versions.
    let is_versioned = has_parameter(operation, "Idempotency-Key");
    let answers = &mut operation.responses.responses;
    if method == "DELETE" {
        // Whether it is one that was carried out or not.
        answers.retain(|status, _| status != "200");
        answers.insert("204".to_owned(), Ref::from_response_name("NoContent").into());
    }
    if is_conditional {
        let name = match (is_list, is_dated) {
            (true, _) => "NotModifiedPage",
            (false, true) => "NotModifiedRecord",
            (false, false) => "NotModified",
        };
        answers.insert("304".to_owned(), Ref::from_response_name(name).into());
    }
    for (status, response) in answers {
        let RefOr::T(response) = response else { continue };
        let own: &[&str] = match (method, status.as_str()) {
            ("GET", "200") if is_conditional && is_list => &[ETAG, LINK],
            ("GET", "200") if is_conditional && is_dated => &[ETAG, LAST_MODIFIED, REGISTER_ENTRY],
            ("GET", "200") if is_conditional => &[ETAG],
            ("GET", "200") if is_export(response) => &[REGISTER_EPOCH, REGISTER_SEQ],
            ("POST", "201") if is_versioned => &[ETAG, LAST_MODIFIED, LOCATION, REGISTER_ENTRY],
            // Where a vote is to be found is not told before the close.
            ("POST", "201") if path == silence::VOTES => &[],
            ("POST", "201" | "202") => &[LOCATION],
            ("PUT" | "PATCH", "200") => &[ETAG, LAST_MODIFIED, REGISTER_ENTRY],
            ("POST", "200") if is_action => &[ETAG, LAST_MODIFIED, REGISTER_ENTRY],
            _ => &[],
        };
        add_headers(response, own);
    }
}

/// Whether an answer is sent as it is read.
fn is_export(response: &Response) -> bool {
    response.content.keys().any(|media| media == "application/x-ndjson" || media == "text/csv")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::described;

    #[test]
    fn the_document_is_the_same_each_time() {
        assert_eq!(contract(described), contract(described));
    }

    #[test]
    fn every_operation_is_described() {
        let mut document = document(described);
        let mut ids = Vec::new();
        for (path, method, operation) in operations(&mut document) {
            assert!(operation.summary.as_ref().is_some_and(|summary| !summary.is_empty()), "{method} {path}");
            assert!(operation.description.as_ref().is_some_and(|text| !text.is_empty()), "{method} {path}");
            assert_eq!(operation.tags.as_ref().map(Vec::len), Some(1), "{method} {path}");
            ids.push(operation.operation_id.clone().unwrap());
        }
        ids.sort();
        ids.windows(2).for_each(|two| assert_ne!(two[0], two[1]));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = contract(described);
        let mut references = Vec::new();
        collect_references(&document, &mut references);
        for reference in references {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    fn collect_references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| collect_references(member, found));
            }
            Value::Array(elements) => elements.iter().for_each(|element| collect_references(element, found)),
            _ => {}
        }
    }
}
