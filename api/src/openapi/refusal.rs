//! The problems that operations answer with: each is one shared response, with an example of each of its types.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use chrono::{DateTime, TimeDelta};
use domain::{Action, Condition, Fault, FaultCode, Kind, LaunchCondition, TestOutcome, grants};
use serde_json::Value;
use store::{Doubt, DoubtCause, EpochId};
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{Components, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::header::{ETAG, RETRY_AFTER, WWW_AUTHENTICATE, add_headers};
use super::operation::has_parameter;
use crate::caller::access::{self, Asked};
use crate::caller::authentication;
use crate::http::route::READINESS;
use crate::http::{gate, silence};
use crate::response::problem::{self, ErrorItem, OtherRecord, Problem, ProblemDetails};
use crate::response::problem_type::ProblemType::{self, *};

/// The problem responses that operations share: the name of each in the document, what it may be, what it says.
const REFUSALS: &[(&str, &[ProblemType], &str)] = &[
    (
        "BadRequest",
        &[MalformedRequest, InvalidParameter],
        "The request cannot be read, or a query parameter is invalid",
    ),
    ("Unauthenticated", &[Unauthenticated], "A key is needed, or the key is not valid"),
    ("Forbidden", &[Forbidden], "This key is not permitted to do this"),
    ("UnknownEntry", &[UnknownEntry], "Nobody on the roll has this code"),
    ("NotFound", &[NotFound], "There is no such record"),
    (
        "NoContractingData",
        &[NotFound, NoOcdsPrefix],
        "There is no such record, or the register does not publish open contracting data",
    ),
    (
        "NoReleases",
        &[NoReleases, NoOcdsPrefix],
        "There are no releases in this time, or the register does not publish open contracting data",
    ),
    ("LogFork", &[LogFork], "A witness signed a head that the log does not have: one of them was shown another log"),
    ("NotAcceptable", &[NotAcceptable], "The operation cannot respond in any media type that `Accept` allows"),
    ("RequestTimeout", &[RequestTimeout], "The request body took too long to arrive"),
    ("Gone", &[Gone], "The record has been deleted"),
    ("EpochEnded", &[EpochEnded], "The log has a new epoch; `resume_after` says from where to read it again"),
    (
        "GoneOrEpochEnded",
        &[Gone, EpochEnded],
        "The record has been deleted, or the log has a new epoch; `resume_after` then says from where to read it again",
    ),
    ("PreconditionFailed", &[PreconditionFailed], "The record has changed; `ETag` has its current version"),
    ("PayloadTooLarge", &[PayloadTooLarge], "The request body is too large"),
    ("UnsupportedMediaType", &[UnsupportedMediaType], "The operation does not accept this media type"),
    ("InvalidContent", &[InvalidContent], "The content breaks rules; `errors` lists every error"),
    (
        "InvalidNewContent",
        &[InvalidContent, IdempotencyKeyReused],
        "The content breaks rules, or the idempotency key was used for another request",
    ),
    ("PreconditionRequired", &[PreconditionRequired], "The change does not name the version it is for"),
    ("TooManyRequests", &[TooManyRequests], "The caller has reached a limit; `Retry-After` says when to continue"),
    ("Internal", &[Internal], "The service failed"),
    ("Unavailable", &[Unavailable], "The service cannot respond at the moment; `Retry-After` says when to try again"),
    (
        "CannotChange",
        &[Unavailable, ReadOnly, Clock],
        "The service cannot make changes at the moment, and nothing was changed; `Retry-After` says when to try again",
    ),
    (
        "OutcomeUnknown",
        &[OutcomeUnknown],
        "The change may or may not have been made: send it again with the same `Idempotency-Key`, or read the record first",
    ),
    ("StorageFull", &[StorageFull], "The database is full; you can still read"),
];

/// Adds the problems that follow from what the operation is.
pub(super) fn add_to(path: &str, method: &str, operation: &mut Operation) {
    let verb = Method::from_bytes(method.as_bytes()).unwrap_or_default();
    let reads_body = operation.request_body.is_some();
    let in_register = path.starts_with("/v1/");
    let names_record = path.contains('{');
    let changes = access::changes(&verb, path);
    // Readiness is told as what a change would get.
    let needs_writing = changes || path == READINESS;
    let is_versioned = has_parameter(operation, "If-Match");
    let names_epoch = has_parameter(operation, "epoch");
    let names_what_may_be_absent = operation.responses.responses.contains_key("404");
    let answers = operation
        .responses
        .responses
        .values()
        .any(|response| matches!(response, RefOr::T(own) if !own.content.is_empty()));
    // A kept answer is not given again once its record is deleted.
    let is_import = Asked::of(&verb, path).is_some_and(|asked| asked.kind == Kind::Import);
    let enters_record = has_parameter(operation, "Idempotency-Key") && !is_import;
    let invalid = if has_parameter(operation, "Idempotency-Key") { "InvalidNewContent" } else { "InvalidContent" };
    let rules = [
        (true, "BadRequest"),
        (access::asks_who(&verb, path), "Unauthenticated"),
        (access::needs_key(&verb, path), "Forbidden"),
        (silence::is_silent(&verb, path), "UnknownEntry"),
        (names_record || names_what_may_be_absent, "NotFound"),
        (path.ends_with("/ocds"), "NoContractingData"),
        (path == "/v1/ocds/releases", "NoReleases"),
        (path == "/v1/log/cosignatures", "LogFork"),
        (answers, "NotAcceptable"),
        (reads_body, "RequestTimeout"),
        (in_register && (names_record || enters_record) && !names_epoch, "Gone"),
        (names_epoch && !names_record, "EpochEnded"),
        (names_epoch && names_record, "GoneOrEpochEnded"),
        (is_versioned, "PreconditionFailed"),
        (reads_body, "PayloadTooLarge"),
        (reads_body, "UnsupportedMediaType"),
        (reads_body || access::is_step(path), invalid),
        (is_versioned && method != "POST", "PreconditionRequired"),
        (!gate::PROBES.contains(&path), "TooManyRequests"),
        (true, "Internal"),
        (!needs_writing, "Unavailable"),
        (needs_writing, "CannotChange"),
        (changes, "OutcomeUnknown"),
        (in_register && changes, "StorageFull"),
    ];
    let applies = |named: &str| rules.iter().any(|(applies, name)| *applies && *name == named);
    let applying = REFUSALS.iter().filter(|(name, ..)| applies(name));
    let applying = applying.map(|(name, kinds, _)| (status(kinds), (*name).to_owned()));
    for (status, name) in applying {
        operation.responses.responses.insert(status, Ref::from_response_name(name).into());
    }
}

/// The status of these problems, which is the same for all of them.
fn status(kinds: &[ProblemType]) -> String {
    kinds.first().map_or_else(String::new, |kind| kind.status().as_str().to_owned())
}

/// Adds what a problem is, and the shared responses.
pub(super) fn add(components: &mut Components) {
    let mut schemas = vec![(ProblemDetails::name().into_owned(), ProblemDetails::schema())];
    ProblemDetails::schemas(&mut schemas);
    components.schemas.extend(schemas);
    let shared = REFUSALS.iter().map(|(name, kinds, says)| ((*name).to_owned(), response(kinds, says).into()));
    components.responses.extend(shared);
}

pub(super) fn response(kinds: &[ProblemType], says: &str) -> Response {
    let problem = Ref::from_schema_name(ProblemDetails::name());
    let examples = kinds.iter().map(|kind| {
        let example = ExampleBuilder::new().summary(kind.title()).value(Some(example(*kind)));
        (kind.slug(), example.build())
    });
    let content: Content = ContentBuilder::new().schema(Some(problem)).examples_from_iter(examples).build();
    let mut response = ResponseBuilder::new().description(says).content(problem::MEDIA_TYPE, content).build();
    let own: &[&str] = match status(kinds).as_str() {
        "401" => &[WWW_AUTHENTICATE],
        "412" => &[ETAG],
        "415" => &["Accept-Patch"],
        "429" | "503" | "504" => &[RETRY_AFTER],
        _ => &[],
    };
    add_headers(&mut response, own);
    response
}

/// A problem of this kind, as it may be answered.
pub fn example(kind: ProblemType) -> Value {
    let id = "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1";
    let mutual = || other("mutual", "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2", Some("Harmonie"));
    let problem = match kind {
        MalformedRequest => Problem::malformed(ErrorItem::header(
            &header::IF_MATCH,
            "invalid-format",
            "expected one or more entity tags",
        )),
        InvalidParameter => Problem::bad_query(vec![ErrorItem::parameter(
            "sectr",
            "unknown-parameter",
            "there is no such parameter; did you mean `sector`?",
        )]),
        Unauthenticated => authentication::invalid("the key expired at 2026-03-01T09:30:00Z"),
        Forbidden => Problem::forbidden(grants(Action::Update, Kind::Mutual)),
        UnknownEntry => Problem::new(
            kind,
            "nobody on the roll has this code: compare it with the letter, and the ballot's id with it",
        ),
        BallotNotOpen => Problem::new(kind, "casting ended at 2027-06-08T17:00:00Z"),
        AlreadyVoted => Problem::new(
            kind,
            "this code has voted already, with another tracker: if you did not vote, ask the issuer, and \
             complain after the close",
        ),
        TrackerTaken => {
            Problem::new(kind, "a vote for another choice has this tracker: if it is not yours, make a new nonce")
        }
        ManifestNotSigned => Problem::new(kind, "the manifest is not signed by issuer `b`"),
        NoSigningKey => Problem::new(
            kind,
            "the service has no signing key, so that it cannot sign receipts: its operator makes one with `mutuals log \
             make-key`, and starts the service with `--signing-key-file`",
        ),
        UnknownPath => Problem::unknown_path(None),
        NotFound => Problem::not_found("there is no mutual «harmonie»"),
        NoOcdsPrefix => Problem::new(
            kind,
            "this register publishes no open contracting data: its operator has not set `--ocds-prefix`",
        ),
        NoReleases => {
            Problem::new(kind, "no release was made in this time: a release package has at least one release")
        }
        MethodNotAllowed => Problem::method_not_allowed(&HeaderValue::from_static("GET, HEAD, OPTIONS")),
        NotAcceptable => Problem::not_acceptable("application/json"),
        NameTaken => Problem::conflict(kind, "the mutual Harmonie already has the name «Harmonie»", mutual()),
        SlugTaken => Problem::conflict(kind, "the mutual Harmonie already has the slug «harmonie»", mutual()),
        IdentifierTaken => {
            Problem::conflict(kind, "the mutual Harmonie already has the identifier «GB-COH:09506232»", mutual())
        }
        StateConflict => Problem::state_conflict(vec![Fault::new(
            "to",
            FaultCode::Inconsistent,
            "a mutual in stage `operating` cannot move to `launched`: expected one of `recontracting`, `suspended`",
        )]),
        NotReady => Problem::not_ready(vec![Condition {
            key: LaunchCondition::StaffBuyIn,
            outcome: TestOutcome::NotMet,
            detail: "no declared formal, confirmatory or rerun ballot that counts is on record".to_owned(),
            looked_at: Vec::new(),
        }]),
        PositionTaken => {
            let step = other("pathway_step", "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f3", Some("Hold a ballot"));
            Problem::conflict(kind, "the pathway step Hold a ballot already has the position «3»", step)
        }
        PeriodTaken => Problem::conflict(
            kind,
            "the annual return 01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2 already has the year that ends on «2013-03-31»",
            other("annual_return", "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2", None),
        ),
        StepTaken => Problem::conflict(
            kind,
            "the pathway progress 01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2 already has the step \
             «01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f3»",
            other("pathway_progress", "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f2", None),
        ),
        LogFork => Problem::new(
            kind,
            "press.example.org signed a head of 4711 entries with the root \
             6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d, but this log has 4700 entries",
        ),
        HasDependents => Problem::has_dependents("other records refer to this one", mutual()),
        Gone => Problem::gone("the mutual «harmonie» was deleted"),
        EpochEnded => Problem::epoch_ended(EpochId::of([0x3f; 8]), EpochId::of([0x9b; 8]), 4700, 4711),
        PreconditionFailed => Problem::precondition_failed(HeaderValue::from_static("\"9b1f0e6c2d7a4835-8\""), None),
        PayloadTooLarge => Problem::payload_too_large(crate::http::limits::BODY_LIMIT),
        TooManyRequests => Problem::too_many_requests("address", "600 requests in 60 s", 3),
        RequestTimeout => Problem::request_timeout(crate::config::Config::REQUEST_TIME),
        UnsupportedMediaType => Problem::unsupported_media_type("application/json"),
        InvalidContent => Problem::invalid(vec![
            ErrorItem::pointer("/name", "required", "this field is required"),
            ErrorItem::pointer(
                "/sectors/0",
                "not-in-vocabulary",
                "expected a sector; did you mean `libraries_archives`?",
            ),
        ]),
        IdempotencyKeyReused => Problem::idempotency_key_reused(),
        PreconditionRequired => Problem::precondition_required(),
        Internal => Problem::internal("example"),
        Unavailable => Problem::unavailable("example"),
        ReadOnly => Problem::read_only("example"),
        Clock => Problem::clock(&Doubt {
            cause: DoubtCause::BehindLog,
            shows: DateTime::UNIX_EPOCH + TimeDelta::days(20_500),
            expected: DateTime::UNIX_EPOCH + TimeDelta::days(20_600),
            tolerance: TimeDelta::seconds(60),
        }),
        OutcomeUnknown => Problem::outcome_unknown("example"),
        StorageFull => Problem::storage_full("example"),
    };
    serde_json::to_value(problem.details("/v1/mutuals", id)).unwrap_or_default()
}

fn other(resource_type: &'static str, id: &str, name: Option<&str>) -> Vec<OtherRecord> {
    vec![OtherRecord { resource_type, id: id.to_owned(), name: name.map(str::to_owned) }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::silence::{COMPLAINTS, PAPER_BATCHES, ROLL, ROLL_OF_SIDE, VOTES};

    #[test]
    fn the_contract_tells_of_the_limits_of_hosted_ballots() {
        let answers = |method: &str, path: &str| {
            let mut operation = Operation::default();
            add_to(path, method, &mut operation);
            operation.responses.responses.into_keys().collect::<Vec<_>>()
        };
        for path in [VOTES, COMPLAINTS] {
            assert!(answers("POST", path).contains(&"429".to_owned()), "{path}");
        }
        for (method, path) in [("PUT", ROLL), ("PUT", ROLL_OF_SIDE), ("POST", PAPER_BATCHES)] {
            assert!(answers(method, path).contains(&"503".to_owned()), "{path}");
        }
        assert!(!answers("POST", VOTES).contains(&"401".to_owned()), "nobody asks who votes");
    }
}
