//! The contract: the OpenAPI document of the routes that the server mounts.
//!
//! Handlers describe what is their own. What follows from the conventions is added here, once for all: the request id,
//! problems, response headers, and that parts which operations share are declared in one place.

mod links;
pub mod profile;

use std::collections::BTreeMap;

use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use domain::{Action, Condition, Fault, FaultCode, Kind, LaunchCondition, TestOutcome, grants};
use serde_json::{Value, json};
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Ref, RefOr};
use utoipa::{OpenApi, PartialSchema, ToSchema};
use utoipa_actix_web::AppExt as _;

use crate::caller::access::{self, Asked};
use crate::caller::{authentication, key};
use crate::http::gate;
use crate::register::operations;
use crate::request::conditional::header_parameter;
use crate::response::problem::{self, ErrorItem, OtherRecord, Problem, ProblemDetails, ProblemType};
use crate::server;
use document::register::CpvPrefix;
use document::value;

/// The document of this version of the service, the same at each call.
pub fn document() -> utoipa::openapi::OpenApi {
    let app = App::new().into_utoipa_app().openapi(Base::openapi()).configure(server::routes);
    let (_, mut document) = app.split_for_parts();
    complete(&mut document);
    document
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Register of public service mutuals",
        description = "Departments, the mutuals that left them, the staff ballots that decided it and the contracts they won.\n\n\
                       Reading needs no key; drafts and personal data do, and so does every change (`Authorization: Bearer`). Each \
                       operation names the roles that its key may have. Every list is read page by page by its `cursor`; every record has an `ETag`, which a \
                       change sends back as `If-Match`. A request is refused with all of its faults at once, as a problem \
                       (RFC 9457) whose `type` can be read at `/problems/{slug}`. Every path that answers `GET` also \
                       answers `HEAD`, and every path `OPTIONS`. Members and words may be added to answers within `/v1`.",
        contact(name = "The register's maintainers"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    // What only query parameters take: the schemas of bodies are collected from the handlers.
    components(schemas(
        CpvPrefix,
        value::DepartmentKey,
        value::MutualKey,
        value::SchemeAndId,
        value::SearchWords
    )),
    servers((url = "/", description = "The service that this document comes from")),
    tags(
        (name = "departments", description = "Public bodies that mutuals leave, or that sponsor, commission or support them"),
        (name = "mutuals", description = "Organisations that left the public sector to run a public service, or are on their way"),
        (name = "staff ballots", description = "Votes of the staff on becoming a mutual, with their counts"),
        (name = "contracts", description = "Contracts of mutuals with public bodies"),
        (name = "statistics", description = "Figures as at any day, each with the number of records behind it and a link that lists them"),
        (name = "reports", description = "What follows from the register as at a day"),
        (name = "entries", description = "Every accepted change, in order: the change feed, and the history of each record"),
        (name = "log", description = "What proves that no entry was changed: the signed head of the log, its key, and proofs (RFC 6962)"),
        (name = "code lists", description = "The words that members and parameters take, each with its meaning"),
        (name = "imports", description = "Files of records that are entered in the background"),
        (name = "keys", description = "Keys by which systems prove who they are"),
        (name = "service", description = "The service itself: its state, its contract and its problem types")
    )
)]
struct Base;

/// A problem response that operations share.
struct Refusal {
    /// Its name in the document.
    name: &'static str,
    status: &'static str,
    kinds: &'static [ProblemType],
    description: &'static str,
}

const BAD_REQUEST: Refusal = Refusal {
    name: "BadRequest",
    status: "400",
    kinds: &[ProblemType::MalformedRequest, ProblemType::InvalidParameter],
    description: "The request can't be read, or a query parameter is invalid",
};
const UNAUTHENTICATED: Refusal = Refusal {
    name: "Unauthenticated",
    status: "401",
    kinds: &[ProblemType::Unauthenticated],
    description: "There is no key where one is needed, or one that isn't valid",
};
const FORBIDDEN: Refusal = Refusal {
    name: "Forbidden",
    status: "403",
    kinds: &[ProblemType::Forbidden],
    description: "The key isn't for this",
};
const NOT_FOUND: Refusal = Refusal {
    name: "NotFound",
    status: "404",
    kinds: &[ProblemType::NotFound],
    description: "There is no such record",
};
const NOT_ACCEPTABLE: Refusal = Refusal {
    name: "NotAcceptable",
    status: "406",
    kinds: &[ProblemType::NotAcceptable],
    description: "The operation answers in no media type that `Accept` allows",
};
const REQUEST_TIMEOUT: Refusal = Refusal {
    name: "RequestTimeout",
    status: "408",
    kinds: &[ProblemType::RequestTimeout],
    description: "The request body took too long to arrive",
};
const TAKEN: Refusal = Refusal {
    name: "Taken",
    status: "409",
    kinds: &[
        ProblemType::NameTaken,
        ProblemType::SlugTaken,
        ProblemType::IdentifierTaken,
        ProblemType::PositionTaken,
        ProblemType::PeriodTaken,
        ProblemType::StepTaken,
        ProblemType::StateConflict,
    ],
    description: "Another record has what this one would, or the record as it is forbids the change",
};
const STATE_CONFLICT: Refusal = Refusal {
    name: "StateConflict",
    status: "409",
    kinds: &[ProblemType::StateConflict, ProblemType::NotReady],
    description: "The state of the record is against it",
};
const HAS_DEPENDENTS: Refusal = Refusal {
    name: "HasDependents",
    status: "409",
    kinds: &[ProblemType::HasDependents],
    description: "Other records refer to this one",
};
const GONE: Refusal =
    Refusal { name: "Gone", status: "410", kinds: &[ProblemType::Gone], description: "The record has been deleted" };
const PRECONDITION_FAILED: Refusal = Refusal {
    name: "PreconditionFailed",
    status: "412",
    kinds: &[ProblemType::PreconditionFailed],
    description: "The record has changed; `ETag` has its version now",
};
const PAYLOAD_TOO_LARGE: Refusal = Refusal {
    name: "PayloadTooLarge",
    status: "413",
    kinds: &[ProblemType::PayloadTooLarge],
    description: "The request body is too large",
};
const UNSUPPORTED_MEDIA_TYPE: Refusal = Refusal {
    name: "UnsupportedMediaType",
    status: "415",
    kinds: &[ProblemType::UnsupportedMediaType],
    description: "The operation doesn't read this media type",
};
const INVALID_CONTENT: Refusal = Refusal {
    name: "InvalidContent",
    status: "422",
    kinds: &[ProblemType::InvalidContent],
    description: "The content breaks rules; `errors` has every fault",
};
const INVALID_NEW_CONTENT: Refusal = Refusal {
    name: "InvalidNewContent",
    status: "422",
    kinds: &[ProblemType::InvalidContent, ProblemType::IdempotencyKeyReused],
    description: "The content breaks rules, or the idempotency key was used for another request",
};
const PRECONDITION_REQUIRED: Refusal = Refusal {
    name: "PreconditionRequired",
    status: "428",
    kinds: &[ProblemType::PreconditionRequired],
    description: "The change doesn't say which version it is for",
};
const TOO_MANY_REQUESTS: Refusal = Refusal {
    name: "TooManyRequests",
    status: "429",
    kinds: &[ProblemType::TooManyRequests],
    description: "The caller has used up a limit; `Retry-After` says when to go on",
};
const INTERNAL: Refusal =
    Refusal { name: "Internal", status: "500", kinds: &[ProblemType::Internal], description: "The service failed" };
const UNAVAILABLE: Refusal = Refusal {
    name: "Unavailable",
    status: "503",
    kinds: &[ProblemType::Unavailable],
    description: "The service can't answer just now; `Retry-After` says when to ask again",
};
const STORAGE_FULL: Refusal = Refusal {
    name: "StorageFull",
    status: "507",
    kinds: &[ProblemType::StorageFull],
    description: "The storage is full; reading still works",
};

const REFUSALS: &[&Refusal] = &[
    &BAD_REQUEST,
    &UNAUTHENTICATED,
    &FORBIDDEN,
    &NOT_FOUND,
    &NOT_ACCEPTABLE,
    &REQUEST_TIMEOUT,
    &TAKEN,
    &STATE_CONFLICT,
    &HAS_DEPENDENTS,
    &GONE,
    &PRECONDITION_FAILED,
    &PAYLOAD_TOO_LARGE,
    &UNSUPPORTED_MEDIA_TYPE,
    &INVALID_CONTENT,
    &INVALID_NEW_CONTENT,
    &PRECONDITION_REQUIRED,
    &TOO_MANY_REQUESTS,
    &INTERNAL,
    &UNAVAILABLE,
    &STORAGE_FULL,
];

/// The name of the security scheme.
const BEARER: &str = "bearer";

const ETAG: &str = "ETag";
const LAST_MODIFIED: &str = "Last-Modified";
const CACHE_CONTROL: &str = "Cache-Control";
const LINK: &str = "Link";
const LOCATION: &str = "Location";
const REGISTER_SEQ: &str = "Register-Seq";
const REQUEST_ID: &str = "Request-Id";
const RETRY_AFTER: &str = "Retry-After";
const RATE_LIMIT: &str = "RateLimit";
const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";
const TRACEPARENT: &str = "Traceparent";
const WWW_AUTHENTICATE: &str = "WWW-Authenticate";

/// Response headers: name, what it says, an example.
const HEADERS: &[(&str, &str, &str)] = &[
    (ETAG, "The version of what is answered, for `If-Match` and `If-None-Match`.", "\"7\""),
    (LAST_MODIFIED, "When the record was last changed.", "Wed, 01 Oct 2025 09:30:00 GMT"),
    (CACHE_CONTROL, "Whether a cache may keep the answer.", "no-cache"),
    (
        LINK,
        "The next and the first page (RFC 8288).",
        "</v1/mutuals?cursor=AZbVgHpO0m0B>; rel=\"next\", </v1/mutuals>; rel=\"first\"",
    ),
    (LOCATION, "Where the new record is.", "/v1/mutuals/01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1"),
    (REGISTER_SEQ, "The `seq` of the newest entry at the moment that the answer is of.", "4711"),
    (REQUEST_ID, "The request, as the service's log knows it.", "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1"),
    (
        RATE_LIMIT,
        "What the caller has left of each limit that counted: `r` requests, and all of them again after `t` seconds. \
         Absent where there is no limit.",
        "\"address\";r=597;t=1",
    ),
    (
        RATE_LIMIT_POLICY,
        "The limits that counted: `q` requests in `w` seconds. Absent where there is none.",
        "\"address\";q=600;w=60",
    ),
    (TRACEPARENT, "The caller's own, where it sent one.", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    (
        WWW_AUTHENTICATE,
        "What to prove who one is by, and why what was sent doesn't (RFC 6750).",
        "Bearer realm=\"mutuals\", error=\"invalid_token\", error_description=\"the key expired at 2026-03-01T09:30:00Z\"",
    ),
    (RETRY_AFTER, "The seconds after which it is worth asking again.", "1"),
    ("Accept-Patch", "What `PATCH` reads, where the refused request was one.", "application/merge-patch+json"),
];

fn complete(document: &mut utoipa::openapi::OpenApi) {
    let mut components = document.components.take().unwrap_or_default();
    for (path, method, operation) in operations(document) {
        operation.parameters.get_or_insert_default().extend([request_id().into(), traceparent().into()]);
        name_parameter_schemas(operation, &mut components);
        describe_headers(method, operation);
        describe_access(path, method, operation);
        add_refusals(path, method, operation);
    }
    links::add(document);
    share_parameters(document, &mut components);
    for (name, example) in operations::examples().into_iter().chain([key::example()]) {
        if let Some(RefOr::T(Schema::Object(schema))) = components.schemas.get_mut(&name) {
            schema.example = Some(example);
        }
    }
    add_page_examples(&mut components);
    add_problems(&mut components);
    components.add_security_scheme(BEARER, bearer());
    components.headers =
        HEADERS.iter().map(|(name, says, example)| (component_name(name), header(says, example).into())).collect();
    document.components = Some(components);
}

/// A page's example is one of its item's.
fn add_page_examples(components: &mut Components) {
    let examples: Vec<(String, Value)> = components
        .schemas
        .iter()
        .filter_map(|(name, schema)| match schema {
            RefOr::T(Schema::Object(item)) => item.example.clone().map(|item| (format!("{name}Page"), item)),
            _ => None,
        })
        .collect();
    for (name, item) in examples {
        if let Some(RefOr::T(Schema::Object(page))) = components.schemas.get_mut(&name)
            && page.properties.contains_key("next_cursor")
        {
            page.example = Some(json!({"items": [item], "next_cursor": "AZbVgHpO0m0B"}));
        }
    }
}

/// All operations, with path and method.
fn operations(document: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = (&str, &'static str, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        let own = [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ];
        own.into_iter().filter_map(|(method, operation)| Some((path.as_str(), method, operation.as_mut()?)))
    })
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
    let description = "An API key, `psm_…`, or a JWT of the OAuth 2.0 issuer that the service was told of. Keys are made by \
                       administrators, for one role and, where the role is a department's, for some departments or all; a JWT says \
                       so in its claims. Where an operation names roles, the key or JWT needs one of them.";
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
        vec![SecurityRequirement::default(), SecurityRequirement::new::<_, _, &str>(BEARER, [])]
    } else {
        roles.iter().map(|role| SecurityRequirement::new(BEARER, [role.as_str()])).collect()
    });
    if !roles.is_empty() {
        let named: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
        let description = operation.description.get_or_insert_default();
        description.push_str(&format!("\n\nFor the roles {}.", named.join(", ")));
    }
}

fn request_id() -> Parameter {
    let description = "An id of the caller's own for the request; one is made where it is absent.";
    let example = "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1";
    header_parameter(REQUEST_ID, description, example, Some("^[A-Za-z0-9._-]{1,128}$")).build()
}

fn traceparent() -> Parameter {
    let description = "The trace that the request is part of (W3C Trace Context); the service's log names it. What isn't one is passed over.";
    let example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    header_parameter(TRACEPARENT, description, example, None).build()
}

/// The headers that an answer has by the conventions: conditional reads, links of lists, the place of what is new.
fn describe_headers(method: &str, operation: &mut Operation) {
    let is_conditional = has_parameter(operation, "If-None-Match");
    let is_dated = has_parameter(operation, "If-Modified-Since");
    let is_list = has_parameter(operation, "cursor") || has_parameter(operation, "after");
    let is_action = method == "POST" && has_parameter(operation, "If-Match");
    // A record that may be sent twice is one with versions.
    let is_versioned = has_parameter(operation, "Idempotency-Key");
    if is_conditional {
        let unchanged = ResponseBuilder::new().description("The caller has it already");
        operation.responses.responses.insert("304".to_owned(), unchanged.into());
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let own: &[&str] = match (method, status.as_str()) {
            ("GET", "200" | "304") if is_conditional && is_list => &[ETAG, CACHE_CONTROL, LINK],
            ("GET", "200" | "304") if is_conditional && is_dated => &[ETAG, CACHE_CONTROL, LAST_MODIFIED],
            ("GET", "200" | "304") if is_conditional => &[ETAG, CACHE_CONTROL],
            ("GET", "200") if is_export(response) => &[CACHE_CONTROL, REGISTER_SEQ],
            ("GET", "200") => &[CACHE_CONTROL],
            ("POST", "201") if is_versioned => &[ETAG, LAST_MODIFIED, LOCATION, CACHE_CONTROL],
            ("POST", "201" | "202") => &[LOCATION, CACHE_CONTROL],
            ("PUT" | "PATCH", "200") => &[ETAG, LAST_MODIFIED, CACHE_CONTROL],
            ("POST", "200") if is_action => &[ETAG, LAST_MODIFIED, CACHE_CONTROL],
            ("POST" | "DELETE", "200") => &[CACHE_CONTROL],
            _ => &[],
        };
        add_headers(response, own);
    }
}

/// Whether an answer is sent as it is read.
fn is_export(response: &Response) -> bool {
    response.content.keys().any(|media| media == "application/x-ndjson" || media == "text/csv")
}

fn add_headers(response: &mut Response, names: &[&str]) {
    for name in names.iter().chain([&REQUEST_ID, &RATE_LIMIT, &RATE_LIMIT_POLICY, &TRACEPARENT]) {
        let reference = Ref::new(format!("#/components/headers/{}", component_name(name)));
        response.headers.insert((*name).to_owned(), RefOr::Ref(reference));
    }
}

/// The problems that follow from what the operation is. A handler declares a 409 itself, since that depends on the resource.
fn add_refusals(path: &str, method: &str, operation: &mut Operation) {
    let verb = Method::from_bytes(method.as_bytes()).unwrap_or_default();
    let reads_body = operation.request_body.is_some();
    let in_register = path.starts_with("/v1/");
    let names_record = path.contains('{');
    let changes = method != "GET";
    let is_versioned = has_parameter(operation, "If-Match");
    let names_what_may_be_absent = operation.responses.responses.contains_key("404");
    let moves_on = path.ends_with("/stage-transitions") || path.contains("/staff-ballots/");
    let declares_conflict = operation.responses.responses.contains_key("409");
    let answers = operation
        .responses
        .responses
        .values()
        .any(|response| matches!(response, RefOr::T(own) if !own.content.is_empty()));
    let invalid = if has_parameter(operation, "Idempotency-Key") { &INVALID_NEW_CONTENT } else { &INVALID_CONTENT };
    let rules: &[(bool, &Refusal)] = &[
        (true, &BAD_REQUEST),
        (access::asks_who(path), &UNAUTHENTICATED),
        (access::needs_key(&verb, path), &FORBIDDEN),
        (names_record || names_what_may_be_absent, &NOT_FOUND),
        (answers, &NOT_ACCEPTABLE),
        (reads_body, &REQUEST_TIMEOUT),
        (declares_conflict && method == "DELETE", &HAS_DEPENDENTS),
        (declares_conflict && method != "DELETE" && !moves_on, &TAKEN),
        (declares_conflict && moves_on, &STATE_CONFLICT),
        (names_record && in_register, &GONE),
        (is_versioned, &PRECONDITION_FAILED),
        (reads_body, &PAYLOAD_TOO_LARGE),
        (reads_body, &UNSUPPORTED_MEDIA_TYPE),
        (reads_body, invalid),
        (is_versioned && method != "POST", &PRECONDITION_REQUIRED),
        (!gate::UNLIMITED.contains(&path), &TOO_MANY_REQUESTS),
        (true, &INTERNAL),
        (true, &UNAVAILABLE),
        (in_register && changes, &STORAGE_FULL),
    ];
    for (_, refusal) in rules.iter().filter(|(applies, _)| *applies) {
        let reference = Ref::from_response_name(refusal.name);
        operation.responses.responses.insert(refusal.status.to_owned(), reference.into());
    }
}

fn has_parameter(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().flatten().any(|parameter| matches!(parameter, RefOr::T(own) if own.name == name))
}

/// A parameter that is the same wherever its name occurs, and occurs more than once, is declared once.
fn share_parameters(document: &mut utoipa::openapi::OpenApi, components: &mut Components) {
    let mut uses: BTreeMap<String, Vec<Parameter>> = BTreeMap::new();
    for (_, _, operation) in operations(document) {
        for parameter in operation.parameters.iter().flatten() {
            if let RefOr::T(parameter) = parameter {
                uses.entry(shared_name(parameter)).or_default().push(parameter.clone());
            }
        }
    }
    uses.retain(|_, uses| uses.len() > 1 && uses.iter().all(|other| Some(other) == uses.first()));
    for (_, _, operation) in operations(document) {
        for parameter in operation.parameters.iter_mut().flatten() {
            let RefOr::T(own) = &*parameter else { continue };
            let name = shared_name(own);
            if uses.contains_key(&name) {
                *parameter = RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")));
            }
        }
    }
    let shared = uses.into_iter().filter_map(|(name, uses)| Some((name, RefOr::T(uses.into_iter().next()?))));
    components.parameters.extend(shared);
}

/// A path and a query may have a parameter of one name.
fn shared_name(parameter: &Parameter) -> String {
    let name = component_name(&parameter.name);
    if matches!(parameter.parameter_in, ParameterIn::Path) { format!("{name}InPath") } else { name }
}

fn add_problems(components: &mut Components) {
    let mut schemas = vec![(ProblemDetails::name().into_owned(), ProblemDetails::schema())];
    ProblemDetails::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.responses = REFUSALS.iter().map(|refusal| (refusal.name.to_owned(), response(refusal).into())).collect();
}

fn response(refusal: &Refusal) -> Response {
    let problem = Ref::from_schema_name(ProblemDetails::name());
    let examples = refusal.kinds.iter().map(|kind| {
        let example = ExampleBuilder::new().summary(kind.title()).value(Some(example(*kind)));
        (kind.slug(), example.build())
    });
    let content: Content = ContentBuilder::new().schema(Some(problem)).examples_from_iter(examples).build();
    let mut response =
        ResponseBuilder::new().description(refusal.description).content(problem::MEDIA_TYPE, content).build();
    let own: &[&str] = match refusal.status {
        "401" => &[WWW_AUTHENTICATE],
        "412" => &[ETAG],
        "415" => &["Accept-Patch"],
        "429" | "503" => &[RETRY_AFTER],
        _ => &[],
    };
    add_headers(&mut response, own);
    response
}

fn header(says: &str, example: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String).max_length(Some(8000));
    let mut header = HeaderBuilder::new().schema(Some(schema)).description(Some(says)).build();
    header.example = Some(example.into());
    header
}

/// A name as components have them: `If-Match` is `IfMatch`.
pub fn component_name(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .flat_map(|word| word.chars().take(1).map(|first| first.to_ascii_uppercase()).chain(word.chars().skip(1)))
        .collect()
}

/// A problem of this kind, as it may be answered.
pub fn example(kind: ProblemType) -> Value {
    let id = "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1";
    let other = || {
        vec![OtherRecord {
            resource_type: "mutual",
            id: "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2".to_owned(),
            name: Some("Harmonie".to_owned()),
        }]
    };
    let problem = match kind {
        ProblemType::MalformedRequest => Problem::malformed(ErrorItem::header(
            &header::IF_MATCH,
            "invalid-format",
            "expected one or more entity tags",
        )),
        ProblemType::InvalidParameter => Problem::bad_query(vec![ErrorItem::parameter(
            "sectr",
            "unknown-parameter",
            "there is no such parameter; did you mean `sector`?",
        )]),
        ProblemType::Unauthenticated => authentication::invalid("the key expired at 2026-03-01T09:30:00Z"),
        ProblemType::Forbidden => Problem::forbidden(grants(Action::Update, Kind::Mutual)),
        ProblemType::UnknownPath => Problem::unknown_path(),
        ProblemType::NotFound => Problem::not_found("no mutual «harmonie»"),
        ProblemType::MethodNotAllowed => Problem::method_not_allowed(&HeaderValue::from_static("GET, HEAD, OPTIONS")),
        ProblemType::NotAcceptable => Problem::not_acceptable("application/json"),
        ProblemType::NameTaken => Problem::conflict(kind, "another mutual has the name «Harmonie»", other()),
        ProblemType::SlugTaken => Problem::conflict(kind, "another mutual has the slug «harmonie»", other()),
        ProblemType::IdentifierTaken => {
            Problem::conflict(kind, "another mutual has the identifier «GB-COH:09506232»", other())
        }
        ProblemType::StateConflict => Problem::state_conflict(vec![Fault::new(
            "to",
            FaultCode::Inconsistent,
            "a mutual in stage `operating` cannot move to `launched`: expected one of `recontracting`, `suspended`",
        )]),
        ProblemType::NotReady => Problem::not_ready(vec![Condition {
            key: LaunchCondition::StaffBuyIn,
            outcome: TestOutcome::NotMet,
            detail: "no formal, confirmatory or rerun ballot that is declared and stands is on record".to_owned(),
            looked_at: Vec::new(),
        }]),
        ProblemType::PositionTaken => {
            let step = OtherRecord {
                resource_type: "pathway_step",
                id: "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f3".to_owned(),
                name: Some("Hold a ballot".to_owned()),
            };
            Problem::conflict(kind, "the position «3» is that of the pathway step Hold a ballot", vec![step])
        }
        ProblemType::PeriodTaken => Problem::conflict(
            kind,
            "the year that ends on «2013-03-31» is that of the annual return 01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2",
            vec![OtherRecord {
                resource_type: "annual_return",
                id: "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2".to_owned(),
                name: None,
            }],
        ),
        ProblemType::StepTaken => Problem::conflict(
            kind,
            "the step «01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f3» is that of the pathway progress 01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2",
            vec![OtherRecord {
                resource_type: "pathway_progress",
                id: "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2".to_owned(),
                name: None,
            }],
        ),
        ProblemType::HasDependents => Problem::has_dependents("other records refer to this one", other()),
        ProblemType::Gone => Problem::gone("the mutual «harmonie» was deleted"),
        ProblemType::PreconditionFailed => Problem::precondition_failed(HeaderValue::from_static("\"8\"")),
        ProblemType::PayloadTooLarge => Problem::payload_too_large(crate::http::gate::BODY_LIMIT),
        ProblemType::TooManyRequests => Problem::too_many_requests("address", "600 requests in 60 s", 3),
        ProblemType::RequestTimeout => Problem::request_timeout(crate::config::Config::REQUEST_TIME),
        ProblemType::UnsupportedMediaType => Problem::unsupported_media_type("application/json"),
        ProblemType::InvalidContent => Problem::invalid(vec![
            ErrorItem::pointer("/name", "required", "this member is required"),
            ErrorItem::pointer(
                "/sectors/0",
                "not-in-vocabulary",
                "expected a sector; did you mean `libraries_archives`?",
            ),
        ]),
        ProblemType::IdempotencyKeyReused => Problem::idempotency_key_reused(),
        ProblemType::PreconditionRequired => Problem::precondition_required(),
        ProblemType::Internal => Problem::internal("example"),
        ProblemType::Unavailable => Problem::unavailable(1, "example"),
        ProblemType::StorageFull => Problem::storage_full("example"),
    };
    serde_json::to_value(problem.details("/v1/mutuals", id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_the_same_each_time() {
        assert_eq!(document().to_yaml().unwrap(), document().to_yaml().unwrap());
    }

    #[test]
    fn every_operation_is_described() {
        let mut document = document();
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
        let document = serde_json::to_value(document()).unwrap();
        let mut references = Vec::new();
        collect_references(&document, &mut references);
        for reference in references {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    #[test]
    fn component_names_have_no_hyphens() {
        assert_eq!(component_name("If-None-Match"), "IfNoneMatch");
        assert_eq!(component_name("validate_only"), "ValidateOnly");
        assert_eq!(component_name("ETag"), "ETag");
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
