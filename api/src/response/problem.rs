//! What went wrong, as RFC 9457 problem details: the only `ResponseError`.
//!
//! Handlers return a [`Problem`]; the gate adds where (`instance`) and which request (`request_id`), and writes it out.
//! The source of an internal error is logged here and never sent.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use document::PointedFault;
use domain::{Condition, Fault, Grant, Reach, TestOutcome};
use serde::Serialize;
use store::{Doubt, EpochId};
use utoipa::ToSchema;

use crate::history::epoch::LogEpoch;
use crate::http::limits::BODY_LIMIT;
use crate::response::problem_type::ProblemType;

pub const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal or failure, on its way to becoming the answer.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: ProblemType,
    detail: String,
    errors: Vec<ErrorItem>,
    conflicts: Vec<OtherRecord>,
    dependents: Vec<OtherRecord>,
    resume: Option<Resume>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// Where a follower of the log continues after a new epoch has begun.
#[derive(Clone, Copy, Debug)]
struct Resume {
    epoch: LogEpoch,
    after: i64,
}

/// One error in a request: where it is, what is wrong and what was expected. Exactly one of `pointer`, `parameter` and
/// `header` gives the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProblemError)]
pub struct ErrorItem {
    /// JSON Pointer (RFC 6901) into the request body. An empty pointer means the whole body.
    #[schema(nullable = false, example = "/identifiers/0/id", max_length = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query or path parameter.
    #[schema(nullable = false, max_length = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Name of the request header.
    #[schema(nullable = false, max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The type of error, for programs: `required`, `too-long`, `not-in-vocabulary` and so on. New codes may be added.
    /// The code list `fault-code` has those that concern values.
    #[schema(value_type = String, example = "invalid-format", max_length = 60)]
    pub code: &'static str,
    /// What is wrong and what was expected, for people.
    #[schema(example = "a company number has 8 characters", max_length = 4000)]
    pub detail: String,
    /// The law or policy that the error follows from.
    #[schema(value_type = String, nullable = false, example = "tulrca1992.s297A", max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

impl From<PointedFault> for ErrorItem {
    fn from(fault: PointedFault) -> Self {
        Self { rule: fault.rule, ..Self::pointer(fault.pointer, fault.code.as_str(), fault.detail) }
    }
}

/// Another record that a problem names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProblemRecord)]
pub struct OtherRecord {
    /// The type of record.
    #[schema(value_type = String, example = "mutual", max_length = 60)]
    pub resource_type: &'static str,
    /// Its id.
    #[schema(format = "uuid", max_length = 36)]
    pub id: String,
    /// The name or title of the record, if it has one.
    #[schema(nullable = false, max_length = 300)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What went wrong, as RFC 9457 problem details.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails<'a> {
    /// The problem type. Open this address to read what it means and what to do.
    #[schema(example = "/problems/invalid-content", max_length = 100, format = "uri-reference")]
    #[serde(rename = "type")]
    kind: &'static str,
    /// The problem type in words, always the same.
    #[schema(example = "The content is invalid", max_length = 200)]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What went wrong this time.
    #[schema(example = "1 error in the request body", max_length = 4000)]
    pub detail: &'a str,
    /// The path of the request.
    #[schema(example = "/v1/mutuals", format = "uri-reference", max_length = 8000)]
    instance: &'a str,
    /// The id of the request in the service's log. Quote it when you ask for help.
    #[schema(example = "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1", max_length = 128)]
    request_id: &'a str,
    /// Every error found in the request.
    #[schema(nullable = false, max_items = 10000)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ErrorItem],
    /// The records that this one conflicts with.
    #[schema(nullable = false, max_items = 1000)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    conflicts: &'a [OtherRecord],
    /// The records that refer to this one.
    #[schema(nullable = false, max_items = 1000)]
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    dependents: &'a [OtherRecord],
    /// The log's present epoch, if the request named another.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<LogEpoch>,
    /// The `after` from which to read the log again in its present epoch. The entries up to it are the same in both
    /// epochs.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resume_after: Option<i64>,
}

impl Problem {
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            conflicts: Vec::new(),
            dependents: Vec::new(),
            resume: None,
            headers: Vec::new(),
            source: None,
        }))
    }

    /// 422: the body breaks these rules.
    pub fn invalid(errors: Vec<ErrorItem>) -> Self {
        let detail = format!("{} in the request body", faults(errors.len()));
        Self::new(ProblemType::InvalidContent, detail).with_errors(errors)
    }

    /// 400: the request can't be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::MalformedRequest, detail)
    }

    /// 400: the body can't be read. The item says where it breaks off.
    pub fn malformed(error: ErrorItem) -> Self {
        Self::bad_request(error.detail.clone()).with_errors(vec![error])
    }

    /// 400: a header can't be read.
    pub fn bad_header(name: &HeaderName, code: &'static str, detail: impl Into<String>) -> Self {
        Self::malformed(ErrorItem::header(name, code, detail))
    }

    /// 400: these query parameters are wrong.
    pub fn bad_query(errors: Vec<ErrorItem>) -> Self {
        let detail = format!("{} in the query", faults(errors.len()));
        Self::new(ProblemType::InvalidParameter, detail).with_errors(errors)
    }

    /// 400: the response would be larger than the limit.
    pub fn too_large(limit: u64) -> Self {
        let mebibytes = limit.div_euclid(1024 * 1024);
        let detail = format!(
            "the export is too large: at most {mebibytes} MiB are allowed; use more filters, or ask the operator to raise the limit"
        );
        Self::new(ProblemType::InvalidParameter, detail)
    }

    /// 401: who the caller is must be said, or said otherwise.
    pub fn unauthenticated(detail: impl Into<String>, challenge: HeaderValue) -> Self {
        Self::new(ProblemType::Unauthenticated, detail).with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// 403, with the roles that may, and with which records.
    pub fn forbidden(needed: &[Grant]) -> Self {
        Self::new(ProblemType::Forbidden, permitted(needed))
    }

    /// 403 for a caller whose role may do this with other records.
    pub fn forbidden_there(needed: &[Grant]) -> Self {
        let permitted = permitted(needed);
        let detail = format!("{permitted}; this key has the role, but not for the department of this record");
        Self::new(ProblemType::Forbidden, detail)
    }

    /// 403 for a caller whose role may do this with the record, where somebody else is to do it.
    pub fn not_permitted(detail: String) -> Self {
        Self::new(ProblemType::Forbidden, detail)
    }

    /// 404: no operation has this path.
    pub fn unknown_path(nearest: Option<&str>) -> Self {
        let detail = match nearest {
            Some(nearest) => format!("no operation has this path; did you mean {nearest}?"),
            None => "no operation has this path; /openapi.yaml lists them all".to_owned(),
        };
        Self::new(ProblemType::UnknownPath, detail)
    }

    /// 404: the path is right, the record isn't there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::NotFound, detail)
    }

    /// 410: the record was deleted.
    pub fn gone(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Gone, detail)
    }

    /// 410: the caller named a place in another epoch of the log, which shares `shared` entries with the present one.
    pub fn epoch_ended(given: EpochId, current: EpochId, shared: i64, after: i64) -> Self {
        let resume_after = shared.min(after);
        let common = match shared {
            0 => "no entries are known to be in both".to_owned(),
            shared => format!("entries 1 to {shared} are the same in both"),
        };
        let detail = format!(
            "the register was restored from a copy: the log is in epoch {current}, not {given}, and {common}; undo \
             what you took from entries after {resume_after}, then continue with \
             after={resume_after}&epoch={current}"
        );
        let mut problem = Self::new(ProblemType::EpochEnded, detail);
        problem.0.resume = Some(Resume { epoch: LogEpoch(current), after: resume_after });
        problem
    }

    /// 405, with the methods that there are.
    pub fn method_not_allowed(allow: &HeaderValue) -> Self {
        let methods = allow.to_str().unwrap_or_default();
        Self::new(ProblemType::MethodNotAllowed, format!("this path supports {methods}"))
            .with_header(header::ALLOW, allow.clone())
    }

    /// 406, with what the operation can answer.
    pub fn not_acceptable(produced: &str) -> Self {
        Self::new(ProblemType::NotAcceptable, format!("this operation responds in {produced}"))
    }

    /// 408: the body didn't arrive in this time.
    pub fn request_timeout(allowed: Duration) -> Self {
        let detail =
            format!("the body did not arrive within {} s of the headers; nothing was changed", allowed.as_secs());
        Self::new(ProblemType::RequestTimeout, detail)
    }

    /// 409: the record would clash with others.
    pub fn conflict(kind: ProblemType, detail: impl Into<String>, conflicts: Vec<OtherRecord>) -> Self {
        let mut problem = Self::new(kind, detail);
        problem.0.conflicts = conflicts;
        problem
    }

    /// 409: the record as it is forbids the change; each fault says what is possible.
    pub fn state_conflict(faults: Vec<Fault>) -> Self {
        let errors: Vec<ErrorItem> = faults.into_iter().map(ErrorItem::from).collect();
        let said: Vec<&str> = errors.iter().map(|error| error.detail.as_str()).collect();
        Self::new(ProblemType::StateConflict, said.join("; ")).with_errors(errors)
    }

    /// 409: others refer to the record.
    pub fn has_dependents(detail: impl Into<String>, dependents: Vec<OtherRecord>) -> Self {
        let mut problem = Self::new(ProblemType::HasDependents, detail);
        problem.0.dependents = dependents;
        problem
    }

    /// 409: these conditions of a launch are not met.
    pub fn not_ready(conditions: Vec<Condition>) -> Self {
        let keys: Vec<_> = conditions.iter().map(|condition| format!("`{}`", condition.key)).collect();
        let detail = format!("not met: {}", keys.join(", "));
        let unmet = |condition: Condition| {
            let code = if condition.outcome == TestOutcome::Unknown { "unknown" } else { "not-met" };
            ErrorItem { rule: Some(condition.key.as_str()), ..ErrorItem::pointer("/to", code, condition.detail) }
        };
        Self::new(ProblemType::NotReady, detail).with_errors(conditions.into_iter().map(unmet).collect())
    }

    /// 412, with the tag of the version that is there now.
    pub fn precondition_failed(current: HeaderValue, why: Option<&str>) -> Self {
        let now = current.to_str().unwrap_or_default();
        let detail = match why {
            Some(why) => format!("the current version is {now}, and {why}"),
            None => format!(
                "the current version is {now}: read the record again, check your change, and send it for that version"
            ),
        };
        Self::new(ProblemType::PreconditionFailed, detail).with_header(header::ETAG, current)
    }

    /// 413, with the operation's limit.
    pub fn payload_too_large(limit: usize) -> Self {
        Self::new(ProblemType::PayloadTooLarge, format!("the body is too large: at most {limit} bytes are allowed"))
    }

    /// 415, with what the operation reads.
    pub fn unsupported_media_type(read: &str) -> Self {
        Self::new(ProblemType::UnsupportedMediaType, format!("this operation accepts {read}"))
    }

    /// 422: the key was used with another request.
    pub fn idempotency_key_reused() -> Self {
        let detail = "this Idempotency-Key was already used for a different request: make a new key for each change";
        Self::new(ProblemType::IdempotencyKeyReused, detail)
    }

    /// 428: the change must say which version it is for.
    pub fn precondition_required() -> Self {
        let detail = "send If-Match with the ETag of the version you read, or If-Match: * to change any version";
        Self::new(ProblemType::PreconditionRequired, detail)
    }

    /// 429, with the seconds after which there is room for one again.
    pub fn too_many_requests(of_each: &str, rate: impl fmt::Display, retry_after: u32) -> Self {
        let detail = format!("the limit for each {of_each} is {rate}; nothing was changed");
        Self::new(ProblemType::TooManyRequests, detail).with_header(header::RETRY_AFTER, HeaderValue::from(retry_after))
    }

    /// 429: the caller has as many requests running or waiting as one caller may have.
    pub fn share_used_up() -> Self {
        let detail =
            "you have too many requests running or waiting at the same time: send fewer at once; nothing was changed";
        Self::new(ProblemType::TooManyRequests, detail).with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// 500. The source is logged, never sent.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ProblemType::Internal, "the service failed; the details are in its log under the request id")
            .with_source(source)
    }

    /// 409, the problem of an import that stopped before its end for this reason.
    pub fn import_given_up(reason: &str) -> Self {
        Self::new(ProblemType::StateConflict, format!("the import was stopped: {reason}"))
    }

    /// 503 or 504, with the seconds after which it is worth asking again.
    fn for_now(kind: ProblemType, detail: &str) -> Self {
        const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");
        Self::new(kind, detail).with_header(header::RETRY_AFTER, RETRY_AFTER)
    }

    /// 503. The source is logged, never sent.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::for_now(ProblemType::Unavailable, "the service cannot respond at the moment; nothing was changed")
            .with_source(source)
    }

    /// 503 for a connection that is one too many.
    pub fn too_many_connections() -> Self {
        Self::for_now(ProblemType::Unavailable, "there are too many connections at the moment; nothing was changed")
    }

    /// 503 for a large body that is one too many.
    pub fn too_many_large_bodies() -> Self {
        let detail = "too many large bodies are being read at the moment; nothing was changed";
        Self::for_now(ProblemType::Unavailable, detail)
    }

    /// 503 for readiness, once the instance has been told to stop.
    pub fn stopping() -> Self {
        Self::for_now(ProblemType::Unavailable, "this instance is stopping: send requests to another one")
    }

    /// 503 while the register can be read, but not changed. The source is logged, never sent.
    pub fn read_only(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::for_now(ProblemType::ReadOnly, "the register can only be read at the moment; nothing was changed")
            .with_source(source)
    }

    /// 503 while the clock may be wrong.
    pub fn clock(doubt: &Doubt) -> Self {
        const RETRY_AFTER: HeaderValue = HeaderValue::from_static("10");
        let detail = format!(
            "{doubt}; nothing was changed: the operator must set the clock right or, if it is right already, run `mutuals log settle-clock`"
        );
        Self::new(ProblemType::Clock, detail).with_header(header::RETRY_AFTER, RETRY_AFTER)
    }

    /// 504 for a change that may have been stored. The source is logged, never sent.
    pub fn outcome_unknown(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let detail = "the database failed while the change was being stored, so it may or may not have been made: send it \
                      again with the same Idempotency-Key, or read the record before you send it again";
        Self::for_now(ProblemType::OutcomeUnknown, detail).with_source(source)
    }

    /// 507. The source is logged, never sent.
    pub fn storage_full(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(ProblemType::StorageFull, "the storage is full; nothing was changed").with_source(source)
    }

    /// The problem that a response is the answer to, also where it came from the framework's own errors.
    pub fn in_response(response: &HttpResponse) -> Option<Self> {
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return None;
        }
        let error = response.error();
        if let Some(problem) = error.and_then(|error| error.as_error::<Self>()) {
            return Some(problem.clone());
        }
        let said = error.map_or_else(|| status.to_string(), ToString::to_string);
        Some(match status {
            StatusCode::NOT_FOUND => Self::unknown_path(None),
            StatusCode::PAYLOAD_TOO_LARGE => Self::payload_too_large(BODY_LIMIT),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::unsupported_media_type("another media type"),
            _ if status.is_client_error() => Self::bad_request(said),
            _ => Self::internal(said),
        })
    }

    pub fn kind(&self) -> ProblemType {
        self.0.kind
    }

    pub fn errors(&self) -> &[ErrorItem] {
        &self.0.errors
    }

    #[must_use]
    pub fn with_errors(mut self, errors: Vec<ErrorItem>) -> Self {
        self.0.errors = errors;
        self
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Whether the service itself failed, so that its operator must know.
    pub fn is_failure(&self) -> bool {
        matches!(self.kind(), ProblemType::Internal | ProblemType::OutcomeUnknown)
    }

    /// The same for an operation that leaves no trace: nothing is logged of it, and it does not say otherwise.
    #[must_use]
    pub fn without_trace(mut self) -> Self {
        self.0.source = None;
        match self.kind() {
            ProblemType::Internal => self.0.detail = "the service failed".to_owned(),
            ProblemType::OutcomeUnknown => {
                let detail =
                    "the database failed while this was being stored, so it may or may not have been: send it again";
                self.0.detail = detail.to_owned();
            }
            _ => {}
        }
        self
    }

    /// What is sent of it, for the request of this path and id.
    pub fn details<'p>(&'p self, instance: &'p str, request_id: &'p str) -> ProblemDetails<'p> {
        let parts = &self.0;
        ProblemDetails {
            kind: parts.kind.address(),
            title: parts.kind.title(),
            status: parts.kind.status().as_u16(),
            detail: &parts.detail,
            instance,
            request_id,
            errors: &parts.errors,
            conflicts: &parts.conflicts,
            dependents: &parts.dependents,
            epoch: parts.resume.map(|resume| resume.epoch),
            resume_after: parts.resume.map(|resume| resume.after),
        }
    }

    /// The answer to the request of this path and id; logs the source, where there is one.
    pub fn respond(&self, instance: &str, request_id: &str) -> HttpResponse {
        let parts = &self.0;
        if let Some(source) = &parts.source {
            let level = if self.is_failure() { log::Level::Error } else { log::Level::Warn };
            let problem = parts.kind.slug();
            log::log!(level, request_id, problem; "{request_id} {problem}: {}", chain(source.as_ref()));
        }
        let mut response = HttpResponse::build(parts.kind.status());
        response.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)));
        for (name, value) in &parts.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.body(serde_json::to_string(&self.details(instance, request_id)).unwrap_or_default())
    }
}

impl ErrorItem {
    pub fn pointer(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::nowhere(code, detail.into()) }
    }

    pub fn parameter(name: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), ..Self::nowhere(code, detail.into()) }
    }

    pub fn header(name: &HeaderName, code: &'static str, detail: impl Into<String>) -> Self {
        Self { header: Some(name.as_str().to_owned()), ..Self::nowhere(code, detail.into()) }
    }

    fn nowhere(code: &'static str, detail: String) -> Self {
        Self { pointer: None, parameter: None, header: None, code, detail, rule: None }
    }
}

/// A broken rule of the domain, found in a request body: its field is the pointer.
impl From<Fault> for ErrorItem {
    fn from(fault: Fault) -> Self {
        let pointer = if fault.field.is_empty() { fault.field } else { format!("/{}", fault.field) };
        Self { rule: fault.rule, ..Self::pointer(pointer, fault.code.as_str(), fault.detail) }
    }
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::invalid(faults.into_iter().map(ErrorItem::from).collect())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.slug(), self.0.detail)
    }
}

impl Error for Problem {}

/// The body is empty: the gate writes it, since only the gate knows the request.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Who may do something, in words.
fn permitted(needed: &[Grant]) -> String {
    let may: Vec<String> = needed.iter().map(allowed).collect();
    match may.split_last() {
        None => "no key is permitted to do this".to_owned(),
        Some((only, [])) => format!("only {only} may do this"),
        Some((last, others)) => format!("only {} or {last} may do this", others.join(", ")),
    }
}

/// Who a grant is for, in words.
fn allowed(grant: &Grant) -> String {
    let Grant { role, reach } = grant;
    match reach {
        Reach::Departments if role.is_departmental() => format!("the role `{role}` of the record's department"),
        Reach::Departments | Reach::Everywhere => format!("the role `{role}`"),
        Reach::Appointed => format!("the role `{role}` appointed to the record"),
    }
}

fn faults(count: usize) -> String {
    if count == 1 { "1 error".to_owned() } else { format!("{count} errors") }
}

/// The error and what caused it, on one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
