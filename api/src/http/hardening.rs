//! Headers that forbid browsers what the service has no need of.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// JSON shows nothing, loads nothing and is framed by nobody.
const FOR_DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The documentation loads its own files, styles its elements, shows icons from its style sheet and calls the service.
const FOR_DOCUMENTATION: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
/// Pages load the service's own style and scripts, send their forms to the service and to nobody else.
pub const FOR_PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// For a year, this host by TLS only.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them to an answer: `is_page` where it belongs to the documentation for people, `is_https` where callers come by TLS.
pub fn add(headers: &mut HeaderMap, is_page: bool, is_https: bool) {
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, if is_page { FOR_DOCUMENTATION } else { FOR_DATA });
    }
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
}
