//! The one table of problem types: what can go wrong, with its status and its title.

use actix_web::http::StatusCode;

macro_rules! problem_types {
    ($($(#[$more:meta])* $variant:ident = $status:ident $slug:literal $title:literal;)+) => {
        /// Every problem type of the service. One line of the table below is all there is to a kind; what
        /// it means and what to do about it is `docs/problems/<slug>.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemType { $(#[doc = $title] $(#[$more])* $variant,)+ }

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
    /// Its syntax, its encoding or one of its headers is not valid.
    MalformedRequest = BAD_REQUEST "malformed-request" "The request cannot be read";
    /// A query parameter is unknown, repeated or has a value that is not allowed.
    InvalidParameter = BAD_REQUEST "invalid-parameter" "A query parameter is invalid";
    Unauthenticated = UNAUTHORIZED "unauthenticated" "A valid key is needed";
    /// The caller may read the record, but is not permitted to do this.
    Forbidden = FORBIDDEN "forbidden" "This key is not permitted to do this";
    UnknownEntry = FORBIDDEN "unknown-entry" "Nobody on the roll has this code";
    UnknownPath = NOT_FOUND "unknown-path" "No operation has this path";
    NotFound = NOT_FOUND "not-found" "No such record";
    /// The operator has not set a prefix for open contracting ids.
    NoOcdsPrefix = NOT_FOUND "no-ocds-prefix" "The register does not publish open contracting data";
    NoReleases = NOT_FOUND "no-releases" "There are no releases";
    MethodNotAllowed = METHOD_NOT_ALLOWED "method-not-allowed" "This path does not support this method";
    /// The operation can't answer in any media type that `Accept` asks for.
    NotAcceptable = NOT_ACCEPTABLE "not-acceptable" "No acceptable media type is available";
    /// The body didn't arrive in the time allowed.
    RequestTimeout = REQUEST_TIMEOUT "request-timeout" "The request took too long to arrive";
    NameTaken = CONFLICT "name-taken" "Another record has this name";
    SlugTaken = CONFLICT "slug-taken" "Another record has or had this slug";
    IdentifierTaken = CONFLICT "identifier-taken" "Another record has this identifier";
    PositionTaken = CONFLICT "position-taken" "Another pathway step has this position";
    PeriodTaken = CONFLICT "period-taken" "The mutual already has a return for this year";
    StepTaken = CONFLICT "step-taken" "The mutual already has progress for this step";
    StateConflict = CONFLICT "state-conflict" "The record's current state does not allow this";
    BallotNotOpen = CONFLICT "ballot-not-open" "The ballot takes no votes now";
    AlreadyVoted = CONFLICT "already-voted" "This code has voted already";
    TrackerTaken = CONFLICT "tracker-taken" "Another vote has this tracker";
    ManifestNotSigned = CONFLICT "manifest-not-signed" "An issuer has not signed the manifest";
    NoSigningKey = CONFLICT "no-signing-key" "The service has no signing key";
    NotReady = CONFLICT "not-ready" "The mutual is not ready to be launched";
    /// A witness signed a head that the log does not have.
    LogFork = CONFLICT "log-fork" "The log does not have this head";
    HasDependents = CONFLICT "has-dependents" "Other records depend on this one";
    Gone = GONE "gone" "The record has been deleted";
    /// A place in the log is of an epoch before the register was restored.
    EpochEnded = GONE "epoch-ended" "The log has a new epoch";
    PreconditionFailed = PRECONDITION_FAILED "precondition-failed" "The record has changed";
    PayloadTooLarge = PAYLOAD_TOO_LARGE "payload-too-large" "The request body is too large";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" "The media type is not supported";
    /// The body breaks one or more rules.
    InvalidContent = UNPROCESSABLE_ENTITY "invalid-content" "The content is invalid";
    /// The same `Idempotency-Key` came with another body.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY "idempotency-key-reused" "The idempotency key was used for another request";
    /// The change needs `If-Match`.
    PreconditionRequired = PRECONDITION_REQUIRED "precondition-required" "The change must name the version it is for";
    TooManyRequests = TOO_MANY_REQUESTS "too-many-requests" "Too many requests";
    /// The caller did not cause it.
    Internal = INTERNAL_SERVER_ERROR "internal" "The service failed";
    /// The service is overloaded or cannot reach its database.
    Unavailable = SERVICE_UNAVAILABLE "unavailable" "The service is temporarily unavailable";
    /// The register can be read at the moment, but not changed.
    ReadOnly = SERVICE_UNAVAILABLE "read-only" "The service can only read at the moment";
    /// The clock may be wrong, and the time of a log entry cannot be changed.
    Clock = SERVICE_UNAVAILABLE "clock" "The service's clock may be wrong";
    /// The database failed while it stored the change.
    OutcomeUnknown = GATEWAY_TIMEOUT "outcome-unknown" "The change may have been made";
    StorageFull = INSUFFICIENT_STORAGE "storage-full" "The database is full";
}

#[cfg(test)]
mod tests {
    use domain::FaultCode;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/guide/errors.md");

    #[test]
    fn every_type_is_in_the_guide_with_its_status() {
        for kind in ProblemType::ALL {
            let row = format!("| {} | [{slug}](../problems/{slug}.md) | ", kind.status().as_u16(), slug = kind.slug());
            assert!(PAGE.lines().any(|line| line.starts_with(&row)), "{row}");
        }
    }

    #[test]
    fn every_code_of_an_error_is_in_the_guide() {
        let (_, codes) = PAGE.split_once("\n## Error codes\n").unwrap();
        let rows: Vec<&str> = codes.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect();
        let missing = |code: &&&str| !rows.iter().any(|cell| cell.split(", ").any(|own| own == format!("`{code}`")));
        let codes: Vec<&str> = FaultCode::ALL.iter().map(|code| code.as_str()).collect();
        let missing: Vec<_> = codes.iter().filter(missing).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
