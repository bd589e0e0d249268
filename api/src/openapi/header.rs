//! Headers in the contract: what they are called, what those of answers say, and how an operation refers to them.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required};

pub(super) const ETAG: &str = "ETag";
pub(super) const LAST_MODIFIED: &str = "Last-Modified";
pub(super) const CACHE_CONTROL: &str = "Cache-Control";
pub(super) const LINK: &str = "Link";
pub(super) const LOCATION: &str = "Location";
pub(super) const REGISTER_ENTRY: &str = "Register-Entry";
pub(super) const REGISTER_EPOCH: &str = "Register-Epoch";
pub(super) const REGISTER_SEQ: &str = "Register-Seq";
pub(super) const REQUEST_ID: &str = "Request-Id";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const RATE_LIMIT: &str = "RateLimit";
pub(super) const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";
pub(super) const TRACEPARENT: &str = "Traceparent";
pub(super) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";

/// The headers of every answer.
pub(super) const EVERY_ANSWER: [&str; 5] = [CACHE_CONTROL, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, TRACEPARENT];

/// Response headers: name, what it says, an example.
pub(super) const HEADERS: &[(&str, &str, &str)] = &[
    (ETAG, "The version of the response's content, for `If-Match` and `If-None-Match`.", "\"9b1f0e6c2d7a4835-7\""),
    (LAST_MODIFIED, "When the record was last changed.", "Wed, 01 Oct 2025 09:30:00 GMT"),
    (CACHE_CONTROL, "Whether a cache may store the response.", "no-cache"),
    (
        LINK,
        "The next and the first page (RFC 8288).",
        "</v1/mutuals?cursor=AZbVgHpO0m0B>; rel=\"next\", </v1/mutuals>; rel=\"first\"",
    ),
    (LOCATION, "The path of the new record.", "/v1/mutuals/01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1"),
    (REGISTER_ENTRY, "The `seq` of the log entry that made the version of the record in the response.", "4711"),
    (REGISTER_EPOCH, "The epoch of the log that `Register-Seq` belongs to.", "9b1f0e6c2d7a4835"),
    (REGISTER_SEQ, "The `seq` of the newest log entry that the export includes.", "4711"),
    (REQUEST_ID, "The id of the request in the service's log.", "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1"),
    (
        RATE_LIMIT,
        "How much of each applicable limit is left: `r` requests, and all of them again after `t` seconds. Absent if \
         there is no limit.",
        "\"address\";r=597;t=1",
    ),
    (
        RATE_LIMIT_POLICY,
        "The limits that apply: `q` requests in `w` seconds. Absent if there is no limit.",
        "\"address\";q=600;w=60",
    ),
    (
        TRACEPARENT,
        "The caller's `Traceparent`, if it sent one.",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    (
        WWW_AUTHENTICATE,
        "How to authenticate, and why the key or token that was sent is not accepted (RFC 6750).",
        "Bearer realm=\"mutuals\", error=\"invalid_token\", error_description=\"the key expired at 2026-03-01T09:30:00Z\"",
    ),
    (RETRY_AFTER, "The number of seconds to wait before trying again.", "1"),
    (
        "Accept-Patch",
        "The media types that `PATCH` accepts, if the rejected request was a `PATCH`.",
        "application/merge-patch+json",
    ),
];

/// A header that a request may have. One without a form is never refused: what can't be read of it is passed over.
pub fn header_parameter(name: &str, description: &str, example: &str, form: Option<&str>) -> ParameterBuilder {
    let schema = ObjectBuilder::new().title(Some(component_name(name))).schema_type(Type::String).examples([example]);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema.pattern(form)))
}

/// Says that an answer has these headers.
pub(super) fn add_headers(response: &mut Response, names: &[&str]) {
    for name in names {
        let reference = Ref::new(format!("#/components/headers/{}", component_name(name)));
        response.headers.insert((*name).to_owned(), RefOr::Ref(reference));
    }
}

/// A header of answers, as components have it.
pub(super) fn header(says: &str, example: &str) -> Header {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn component_names_have_no_hyphens() {
        assert_eq!(component_name("If-None-Match"), "IfNoneMatch");
        assert_eq!(component_name("validate_only"), "ValidateOnly");
        assert_eq!(component_name("ETag"), "ETag");
    }
}
