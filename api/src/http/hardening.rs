//! Headers that forbid browsers what the service has no need of.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// JSON shows nothing, loads nothing and is framed by nobody.
const FOR_DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Pages load the service's own style and scripts, send their forms to the service and to nobody else.
const FOR_PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// For a year, this host by TLS only.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds them to an answer: `is_page` where it is one, `is_https` where callers come by TLS.
pub fn add(headers: &mut HeaderMap, is_page: bool, is_https: bool) {
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, if is_page { FOR_PAGES } else { FOR_DATA });
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
}
