//! Which web pages may call the service from a browser: cross-origin resource sharing, as the Fetch standard has it.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::config::Origin;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, Request-Id, \
     Traceparent, Tracestate",
);
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Link, Location, RateLimit, RateLimit-Policy, Register-Entry, Register-Epoch, Register-Seq, Request-Id, Retry-After, Traceparent",
);
/// A browser may keep the answer to a preflight for an hour.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The origins of these pages; with none, no answer says anything of it.
#[derive(Clone, Debug, Default)]
pub struct Cors(Vec<HeaderValue>);

/// A request of a page of another origin that is one of ours.
#[derive(Clone, Debug)]
pub struct CrossOrigin {
    origin: HeaderValue,
    is_preflight: bool,
}

impl Cors {
    pub fn of(origins: &[Origin]) -> Self {
        Self(origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok()).collect())
    }

    /// Whose request it is, if such a page's.
    pub fn find(&self, method: &Method, headers: &HeaderMap) -> Option<CrossOrigin> {
        if self.0.is_empty() {
            return None;
        }
        let origin = headers.get(header::ORIGIN)?;
        let origin = self.0.iter().find(|own| *own == origin)?.clone();
        let is_preflight = method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Some(CrossOrigin { origin, is_preflight })
    }

    /// Lets the page read the answer, a refusal too, or tells its browser what it may ask for.
    pub fn mark(&self, request: Option<&CrossOrigin>, headers: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(request) = request else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, request.origin.clone());
        if request.is_preflight {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED);
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        } else {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }
}
