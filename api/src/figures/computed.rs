//! Answers as of the log's head: from what was computed already where it is there, otherwise computed and kept.

use std::future::Future;

use actix_web::HttpResponse;
use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::entry_log;

use crate::app::App;
use crate::figures::answers::Answer;
use crate::request::conditional::{opaque, quoted};
use crate::request::page::ListQuery;
use crate::response::problem::Problem;

/// Answers a page of a report for a day; what computes it gives the entry that it is up to date with, and the cursor of the next page.
///
/// # Errors
/// As [`computed`].
pub async fn page<F, S, V: Serialize>(
    app: &App,
    form: u8,
    query: &ListQuery<F, S>,
    day: impl std::fmt::Debug,
    compute: impl Future<Output = Result<(i64, Option<String>, V), Problem>>,
) -> Result<HttpResponse, Problem> {
    let compute = async {
        let (seq, next_cursor, view) = compute.await?;
        let document = serde_json::to_vec(&view).map(Bytes::from).map_err(Problem::internal)?;
        Ok((seq, Answer { document, next_cursor }))
    };
    let asked = format!("{} {day:?}", query.name());
    let (etag, answer) = computed(app, form, asked, |etag| query.is_known(etag), compute).await?;
    let answer = answer.unwrap_or_else(|| Bytes::new().into());
    query.answer_written(etag, answer.document, answer.next_cursor.as_deref())
}

/// The answer with its tag; none where the caller has it already.
///
/// `form` is that of the answers: a release that shows them otherwise raises it, so that no cache takes one for the other.
///
/// # Errors
/// Those of the computation, or where the log's head cannot be read.
pub async fn computed(
    app: &App,
    form: u8,
    asked: String,
    is_known: impl Fn(&HeaderValue) -> bool,
    compute: impl Future<Output = Result<(i64, Answer), Problem>>,
) -> Result<(HeaderValue, Option<Answer>), Problem> {
    let head = app.store.read_one(entry_log::newest).await?;
    // Numbers of entries are given again in another epoch, and the links change with the public address.
    let (head, asked) = (head.seq, format!("{} {} {asked}", head.epoch.id, app.url("")));
    let etag = tag(head, form, &asked);
    if is_known(&etag) {
        return Ok((etag, None));
    }
    if let Some(answer) = app.answers.find(head, &asked) {
        return Ok((etag, Some(answer)));
    }
    let (seq, answer) = compute.await?;
    let etag = tag(seq, form, &asked);
    app.answers.keep(seq, asked, answer.clone());
    Ok((etag, Some(answer)))
}

/// The tag of what was asked, as of an entry.
fn tag(seq: i64, form: u8, asked: &str) -> HeaderValue {
    quoted(format_args!("{seq}-{}", opaque(Sha256::new_with_prefix(format!("{form} {asked}")))))
}
