//! The one table of problem types: what can go wrong, with its status and its title.

use actix_web::http::StatusCode;

macro_rules! problem_types {
    ($($(#[$meta:meta])* $variant:ident = $status:ident $slug:literal $title:literal;)+) => {
        /// Every problem type of the service. One line of the table below is all there is to a kind; what
        /// it means and what to do about it is `docs/problems/<slug>.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemType { $($(#[$meta])* $variant,)+ }

        impl ProblemType {
            /// All types, in the order of their status.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The last part of the type's address, `/problems/{slug}`.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)+ }
            }

            /// The status that every problem of this type is sent with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            /// The title: what is wrong, always in the same words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What it means and what to do, in Markdown.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("../../../docs/problems/", $slug, ".md")),)+ }
            }

            /// The type's address.
            pub const fn address(self) -> &'static str {
                match self { $(Self::$variant => concat!("/problems/", $slug),)+ }
            }
        }
    };
}

problem_types! {
    /// The request cannot be read. Its syntax, its encoding or one of its headers is not valid.
    MalformedRequest = BAD_REQUEST "malformed-request" "The request cannot be read";
    /// A query parameter is unknown, repeated or has a value that is not allowed.
    InvalidParameter = BAD_REQUEST "invalid-parameter" "A query parameter is invalid";
    /// The request needs a key and has none, or its key is not valid.
    Unauthenticated = UNAUTHORIZED "unauthenticated" "A valid key is needed";
    /// The caller may read the record, but is not permitted to do this.
    Forbidden = FORBIDDEN "forbidden" "This key is not permitted to do this";
    /// No operation has this path.
    UnknownPath = NOT_FOUND "unknown-path" "No operation has this path";
    /// The path is right, but there is no such record.
    NotFound = NOT_FOUND "not-found" "No such record";
    /// The path does not support this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED "method-not-allowed" "This path does not support this method";
    /// The operation can't answer in any media type that `Accept` asks for.
    NotAcceptable = NOT_ACCEPTABLE "not-acceptable" "No acceptable media type is available";
    /// The body didn't arrive in the time allowed.
    RequestTimeout = REQUEST_TIMEOUT "request-timeout" "The request took too long to arrive";
    /// Another record has this name.
    NameTaken = CONFLICT "name-taken" "Another record has this name";
    /// Another record has, or had, this slug.
    SlugTaken = CONFLICT "slug-taken" "Another record has or had this slug";
    /// Another record has this identifier.
    IdentifierTaken = CONFLICT "identifier-taken" "Another record has this identifier";
    /// Another step of the pathway has this place.
    PositionTaken = CONFLICT "position-taken" "Another pathway step has this position";
    /// The mutual has another return for this year.
    PeriodTaken = CONFLICT "period-taken" "The mutual already has a return for this year";
    /// The mutual has taken this step already.
    StepTaken = CONFLICT "step-taken" "The mutual already has progress for this step";
    /// The record's current state does not allow the change.
    StateConflict = CONFLICT "state-conflict" "The record's current state does not allow this";
    /// The mutual does not meet the conditions for a launch.
    NotReady = CONFLICT "not-ready" "The mutual is not ready to be launched";
    /// Other records refer to this one.
    HasDependents = CONFLICT "has-dependents" "Other records depend on this one";
    /// The record was there and has been deleted.
    Gone = GONE "gone" "The record has been deleted";
    /// The record has changed since the caller read it.
    PreconditionFailed = PRECONDITION_FAILED "precondition-failed" "The record has changed";
    /// The body is larger than the operation takes.
    PayloadTooLarge = PAYLOAD_TOO_LARGE "payload-too-large" "The request body is too large";
    /// The body is of a media type that the operation doesn't read.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "The media type is not supported";
    /// The body breaks one or more rules.
    InvalidContent = UNPROCESSABLE_ENTITY "invalid-content" "The content is invalid";
    /// The same `Idempotency-Key` came with another body.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY "idempotency-key-reused" "The idempotency key was used for another request";
    /// The change needs `If-Match`.
    PreconditionRequired = PRECONDITION_REQUIRED "precondition-required" "The change must name the version it is for";
    /// The caller has reached a rate limit.
    TooManyRequests = TOO_MANY_REQUESTS "too-many-requests" "Too many requests";
    /// The service failed. The caller did not cause it.
    Internal = INTERNAL_SERVER_ERROR "internal" "The service failed";
    /// The service is overloaded or cannot reach its database.
    Unavailable = SERVICE_UNAVAILABLE "unavailable" "The service is temporarily unavailable";
    /// The database has no room left.
    StorageFull = INSUFFICIENT_STORAGE "storage-full" "The database is full";
}
