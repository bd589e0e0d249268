//! Compresses responses for clients that accept it: decides which are worth it, and sets `ETag` and `Vary`. A response
//! that is the same for everybody is in memory once, plain and compressed.
//!
//! The operations whose answers hold a secret are never asked for here: beside text of the caller's choice, the length of a compressed
//! answer would tell of the secret.

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, OnceLock};
use std::thread::available_parallelism;

use actix_http::encoding::Encoder;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, BodyStream, BoxBody, MessageBody as _};
use actix_web::dev::ServiceRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header as _, HeaderMap, HeaderValue};
use actix_web::web::{self, Bytes};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use tokio::sync::Semaphore;

/// What the entity tag of a compressed answer ends in: it is another representation of the same version.
pub const TAG_SUFFIX: &str = "-gzip";

/// Below so many bytes there is nothing to gain.
const LEAST_BYTES: u64 = 1024;

/// A text that is the same for everybody, shared by all responses.
#[derive(Clone, Debug)]
pub struct SharedText(Arc<Forms>);

#[derive(Debug)]
struct Forms {
    plain: Bytes,
    /// Made when a client first asks for it.
    gzip: OnceLock<Bytes>,
}

impl SharedText {
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self(Arc::new(Forms { plain: plain.into(), gzip: OnceLock::new() }))
    }

    pub fn plain(&self) -> &Bytes {
        &self.0.plain
    }

    /// The answer that it is, for the gate to send in one form or the other.
    pub fn respond(&self, media_type: &'static str) -> HttpResponse {
        let mut response = HttpResponse::Ok().content_type(media_type).body(self.0.plain.clone());
        response.extensions_mut().insert(self.clone());
        response
    }

    fn gzip(&self) -> Bytes {
        self.0.gzip.get_or_init(|| compressed(&self.0.plain, Compression::default())).clone()
    }
}

fn compressed(plain: &[u8], level: Compression) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    // Writing into memory does not fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

/// Responses that are compressed at the same time: more would only take the processors from the threads that respond.
static AT_A_TIME: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, NonZeroUsize::get)));

/// What is whole in memory is compressed at once: a compressor needs more memory than most answers, and a client may take its time.
fn compressing(plain: Bytes) -> BoxBody {
    let compressing = async move {
        // Nobody closes it, so that there always is a turn to wait for.
        let _turn = AT_A_TIME.acquire().await.ok();
        web::block(move || compressed(&plain, Compression::fast())).await
    };
    BoxBody::new(BodyStream::new(stream::once(compressing)))
}

fn mark_compressed(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// What a caller takes, and what it has already.
#[derive(Debug, Default)]
pub struct Wanted {
    gzip: bool,
    known: Vec<HeaderValue>,
}

impl Wanted {
    pub fn by(request: &ServiceRequest) -> Self {
        let headers = request.headers();
        let known = headers.get_all(header::IF_NONE_MATCH).cloned().collect();
        if !headers.contains_key(header::ACCEPT_ENCODING) {
            return Self { gzip: false, known };
        }
        let supported = [Encoding::gzip(), Encoding::identity()];
        let chosen = AcceptEncoding::parse(request).ok().and_then(|accepted| accepted.negotiate(supported.iter()));
        Self { gzip: chosen == Some(Encoding::Known(ContentEncoding::Gzip)), known }
    }

    /// The answer as the caller takes it.
    pub fn encode(&self, mut response: HttpResponse) -> HttpResponse {
        let unchanged = response.status() == StatusCode::NOT_MODIFIED;
        if !unchanged && !is_text(response.headers()) {
            return response;
        }
        let is_large = match response.body().size() {
            BodySize::None => false,
            BodySize::Sized(bytes) => bytes >= LEAST_BYTES,
            BodySize::Stream => true,
        };
        let compressed = self.gzip && is_large && !unchanged;
        if compressed || (unchanged && !self.known.is_empty()) {
            let tag = response.headers().get(header::ETAG).and_then(compressed_tag);
            if let Some(tag) = tag.filter(|tag| compressed || self.is_known(tag)) {
                response.headers_mut().insert(header::ETAG, tag);
            }
        }
        let shared = response.extensions().get::<SharedText>().cloned();
        if let Some(text) = shared.filter(|_| compressed) {
            mark_compressed(response.headers_mut());
            return response.set_body(BoxBody::new(text.gzip()));
        }
        if compressed {
            return response.map_body(|head, body| match body.try_into_bytes() {
                Ok(plain) => {
                    mark_compressed(head.headers_mut());
                    compressing(plain)
                }
                Err(body) => BoxBody::new(Encoder::response(ContentEncoding::Gzip, head, body)),
            });
        }
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        response
    }

    /// Whether the caller has the compressed answer of this tag.
    fn is_known(&self, tag: &HeaderValue) -> bool {
        self.known.iter().any(|value| value.as_bytes().windows(tag.len()).any(|part| part == tag.as_bytes()))
    }
}

/// Whether an answer is text that is not compressed yet.
fn is_text(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_text = media.starts_with("text/")
        || ["json", "yaml", "javascript", "+xml", "/xml"].iter().any(|part| media.contains(part));
    is_text && !headers.contains_key(header::CONTENT_ENCODING)
}

fn compressed_tag(tag: &HeaderValue) -> Option<HeaderValue> {
    let opaque = tag.to_str().ok()?.strip_suffix('"')?;
    HeaderValue::try_from(format!("{opaque}{TAG_SUFFIX}\"")).ok()
}
