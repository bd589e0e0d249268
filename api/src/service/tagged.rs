//! Texts that are the same for everybody until the service is another version, each with a tag of its own.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;

use crate::http::compression::SharedText;
use crate::request::conditional::{IfChanged, digest};

/// Such a text with its tag.
pub struct TaggedText {
    text: SharedText,
    tag: HeaderValue,
}

impl TaggedText {
    pub fn new(text: impl Into<Bytes>) -> Self {
        let text = SharedText::new(text);
        let tag = digest(text.plain());
        Self { text, tag }
    }

    pub fn plain(&self) -> &Bytes {
        self.text.plain()
    }

    /// The answer that it is: 200, or 304 where the caller has it already.
    pub fn answer(&self, conditions: &IfChanged, media_type: &'static str) -> HttpResponse {
        let mut response = if conditions.is_known(&self.tag) {
            HttpResponse::NotModified().finish()
        } else {
            self.text.respond(media_type)
        };
        response.headers_mut().insert(header::ETAG, self.tag.clone());
        revalidated(response)
    }
}

/// What changes with the version of the service.
pub fn revalidated(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
