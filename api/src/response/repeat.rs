//! Changes that may be sent twice: the answer is kept under the caller's `Idempotency-Key`, and given again. Knows no resource.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use chrono::{DateTime, Utc};
use document::value::hex;
use sha2::{Digest, Sha256};
use store::idempotency::{self, Answer};
use store::{ReadTx, WriteTx};

use crate::request::conditional::{REGISTER_ENTRY, add_times, json};
use crate::response::problem::Problem;

/// A request that may come again: under which key, and with what content.
#[derive(Clone, Debug)]
pub struct Repeat {
    id: String,
    fingerprint: String,
}

impl Repeat {
    /// The request of this caller to this path with this key, which asks for this.
    pub fn new(caller: &str, path: &str, key: &str, content: &[&[u8]]) -> Self {
        Self { id: digest(&[caller.as_bytes(), path.as_bytes(), key.as_bytes()]), fingerprint: digest(content) }
    }

    /// The answer that the request had when it first came. Where the register has forgotten what was asked, whatever comes under the
    /// key is the same request, so that nothing is carried out twice.
    ///
    /// # Errors
    /// 422 where another request came with the key.
    pub fn answer(&self, tx: &mut ReadTx<'_>, now: DateTime<Utc>) -> Result<Option<Answer>, Problem> {
        let kept = idempotency::find(tx, &self.id, now)?;
        let asked = kept.as_ref().and_then(|kept| kept.fingerprint.as_ref());
        if asked.is_some_and(|fingerprint| *fingerprint != self.fingerprint) {
            return Err(Problem::idempotency_key_reused());
        }
        Ok(kept)
    }

    /// The same for a file. If the register has deleted the file's digest, the key is rejected, so that no file is
    /// entered twice and none is ignored.
    ///
    /// # Errors 422 if another file was sent with the key, or may have been.
    pub fn answer_to_file(&self, tx: &mut ReadTx<'_>, now: DateTime<Utc>) -> Result<Option<Answer>, Problem> {
        match self.answer(tx, now)? {
            Some(kept) if kept.fingerprint.is_none() => Err(Problem::idempotency_key_reused()),
            kept => Ok(kept),
        }
    }

    /// Keeps the answer that it has now.
    ///
    /// # Errors
    /// 503 where the database does not answer.
    pub fn keep(&self, tx: &mut WriteTx<'_>, answer: Answer) -> Result<Answer, Problem> {
        let answer = Answer { fingerprint: Some(self.fingerprint.clone()), ..answer };
        idempotency::insert(tx, &self.id, &answer)?;
        Ok(answer)
    }
}

/// An answer as it is sent, now or again, at this time.
pub fn respond(answer: Answer, now: DateTime<Utc>) -> HttpResponse {
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    if let Some(etag) = answer.etag {
        response.insert_header((header::ETAG, etag));
    }
    if let Some(changed_at) = answer.last_modified.and_then(|text| text.parse().ok()) {
        add_times(&mut response, changed_at, now);
    }
    if let Some(seq) = answer.entry_seq {
        response.insert_header((REGISTER_ENTRY.clone(), seq));
    }
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    json(&mut response, answer.body)
}

/// A digest of several texts, each told from the next by its length.
fn digest(texts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hex(&hash.finalize())
}
