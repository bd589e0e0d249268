//! The problems that operations answer with: each is one shared response, with an example of each of its types.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use domain::{Action, Condition, Fault, FaultCode, Kind, LaunchCondition, TestOutcome, grants};
use serde_json::Value;
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{Components, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::header::{ETAG, RETRY_AFTER, WWW_AUTHENTICATE, add_headers};
use super::operation::has_parameter;
use crate::caller::access;
use crate::caller::authentication;
use crate::http::gate;
use crate::response::problem::{self, ErrorItem, OtherRecord, Problem, ProblemDetails, ProblemType};

/// A problem response that operations share.
pub(super) struct Refusal<'d> {
    /// Its name in the document.
    pub(super) name: &'static str,
    pub(super) status: &'static str,
    pub(super) kinds: &'static [ProblemType],
    pub(super) description: &'d str,
}

const BAD_REQUEST: Refusal<'static> = Refusal {
    name: "BadRequest",
    status: "400",
    kinds: &[ProblemType::MalformedRequest, ProblemType::InvalidParameter],
    description: "The request cannot be read, or a query parameter is invalid",
};
const UNAUTHENTICATED: Refusal<'static> = Refusal {
    name: "Unauthenticated",
    status: "401",
    kinds: &[ProblemType::Unauthenticated],
    description: "A key is needed, or the key is not valid",
};
const FORBIDDEN: Refusal<'static> = Refusal {
    name: "Forbidden",
    status: "403",
    kinds: &[ProblemType::Forbidden],
    description: "This key is not permitted to do this",
};
const NOT_FOUND: Refusal<'static> = Refusal {
    name: "NotFound",
    status: "404",
    kinds: &[ProblemType::NotFound],
    description: "There is no such record",
};
const NOT_ACCEPTABLE: Refusal<'static> = Refusal {
    name: "NotAcceptable",
    status: "406",
    kinds: &[ProblemType::NotAcceptable],
    description: "The operation cannot respond in any media type that `Accept` allows",
};
const REQUEST_TIMEOUT: Refusal<'static> = Refusal {
    name: "RequestTimeout",
    status: "408",
    kinds: &[ProblemType::RequestTimeout],
    description: "The request body took too long to arrive",
};
const GONE: Refusal =
    Refusal { name: "Gone", status: "410", kinds: &[ProblemType::Gone], description: "The record has been deleted" };
const PRECONDITION_FAILED: Refusal<'static> = Refusal {
    name: "PreconditionFailed",
    status: "412",
    kinds: &[ProblemType::PreconditionFailed],
    description: "The record has changed; `ETag` has its current version",
};
const PAYLOAD_TOO_LARGE: Refusal<'static> = Refusal {
    name: "PayloadTooLarge",
    status: "413",
    kinds: &[ProblemType::PayloadTooLarge],
    description: "The request body is too large",
};
const UNSUPPORTED_MEDIA_TYPE: Refusal<'static> = Refusal {
    name: "UnsupportedMediaType",
    status: "415",
    kinds: &[ProblemType::UnsupportedMediaType],
    description: "The operation does not accept this media type",
};
const INVALID_CONTENT: Refusal<'static> = Refusal {
    name: "InvalidContent",
    status: "422",
    kinds: &[ProblemType::InvalidContent],
    description: "The content breaks rules; `errors` lists every error",
};
const INVALID_NEW_CONTENT: Refusal<'static> = Refusal {
    name: "InvalidNewContent",
    status: "422",
    kinds: &[ProblemType::InvalidContent, ProblemType::IdempotencyKeyReused],
    description: "The content breaks rules, or the idempotency key was used for another request",
};
const PRECONDITION_REQUIRED: Refusal<'static> = Refusal {
    name: "PreconditionRequired",
    status: "428",
    kinds: &[ProblemType::PreconditionRequired],
    description: "The change does not name the version it is for",
};
const TOO_MANY_REQUESTS: Refusal<'static> = Refusal {
    name: "TooManyRequests",
    status: "429",
    kinds: &[ProblemType::TooManyRequests],
    description: "The caller has reached a rate limit; `Retry-After` says when to continue",
};
const INTERNAL: Refusal =
    Refusal { name: "Internal", status: "500", kinds: &[ProblemType::Internal], description: "The service failed" };
const UNAVAILABLE: Refusal<'static> = Refusal {
    name: "Unavailable",
    status: "503",
    kinds: &[ProblemType::Unavailable],
    description: "The service cannot respond at the moment; `Retry-After` says when to try again",
};
const STORAGE_FULL: Refusal<'static> = Refusal {
    name: "StorageFull",
    status: "507",
    kinds: &[ProblemType::StorageFull],
    description: "The database is full; you can still read",
};

const REFUSALS: &[&Refusal<'static>] = &[
    &BAD_REQUEST,
    &UNAUTHENTICATED,
    &FORBIDDEN,
    &NOT_FOUND,
    &NOT_ACCEPTABLE,
    &REQUEST_TIMEOUT,
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

/// Adds the problems that follow from what the operation is.
pub(super) fn add_to(path: &str, method: &str, operation: &mut Operation) {
    let verb = Method::from_bytes(method.as_bytes()).unwrap_or_default();
    let reads_body = operation.request_body.is_some();
    let in_register = path.starts_with("/v1/");
    let names_record = path.contains('{');
    let changes = method != "GET";
    let is_versioned = has_parameter(operation, "If-Match");
    let names_what_may_be_absent = operation.responses.responses.contains_key("404");
    let answers = operation
        .responses
        .responses
        .values()
        .any(|response| matches!(response, RefOr::T(own) if !own.content.is_empty()));
    let invalid = if has_parameter(operation, "Idempotency-Key") { &INVALID_NEW_CONTENT } else { &INVALID_CONTENT };
    let rules: &[(bool, &Refusal<'static>)] = &[
        (true, &BAD_REQUEST),
        (access::asks_who(path), &UNAUTHENTICATED),
        (access::needs_key(&verb, path), &FORBIDDEN),
        (names_record || names_what_may_be_absent, &NOT_FOUND),
        (answers, &NOT_ACCEPTABLE),
        (reads_body, &REQUEST_TIMEOUT),
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
    let applying = rules.iter().filter(|(applies, _)| *applies).map(|(_, refusal)| (refusal.status, refusal.name));
    for (status, name) in applying {
        operation.responses.responses.insert(status.to_owned(), Ref::from_response_name(name).into());
    }
}

/// Adds what a problem is, and the shared responses.
pub(super) fn add(components: &mut Components) {
    let mut schemas = vec![(ProblemDetails::name().into_owned(), ProblemDetails::schema())];
    ProblemDetails::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.responses.extend(REFUSALS.iter().map(|refusal| (refusal.name.to_owned(), response(refusal).into())));
}

/// A response that is one of these problems.
pub(super) fn response(refusal: &Refusal<'_>) -> Response {
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
            ErrorItem::pointer("/name", "required", "this field is required"),
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
