//! The body of a write as it arrives: how large it may be, how long it may take, and whether it is JSON.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use document::{Content, Input, Malformed};
use domain::FaultCode;

use crate::app::App;
use crate::config::Config;
use crate::response::problem::{ErrorItem, Problem};

/// The most bytes of a request's body, where the gate lets it have more than others.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

/// The JSON of a request, parsed and not yet read: what it means may depend on the record it is for.
#[derive(Debug)]
pub struct Body<T> {
    pub bytes: web::Bytes,
    content: Content<T>,
}

impl<T> Deref for Body<T> {
    type Target = Content<T>;

    fn deref(&self) -> &Content<T> {
        &self.content
    }
}

impl<T: Input> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = web::Payload::from_request(request, payload);
        let limit = request.extensions().get().map_or(T::MAX_BYTES, |BodyLimit(limit)| *limit);
        let app = App::of(request).ok();
        let time = app.as_ref().map_or(Config::REQUEST_TIME, |app| app.body_time);
        let today = app.as_ref().and_then(|app| app.as_at(None).ok());
        Box::pin(async move {
            let broken_off =
                |error: actix_web::Error| Problem::bad_request(format!("the body ended too early: {error}"));
            let arriving = payload.await.map_err(broken_off)?.to_bytes_limited(limit);
            let read = timeout(time, arriving).await.map_err(|_| Problem::request_timeout(time))?;
            let bytes = read.map_err(|_| Problem::payload_too_large(limit))?.map_err(broken_off)?;
            let content = Content::parse(&bytes).map_err(|malformed| Problem::malformed(unreadable(&malformed)))?;
            // Only a test has no app, and then no day either.
            let content = match today {
                Some(today) => content.on(today),
                None => content,
            };
            Ok(Self { bytes, content: with_ids(app, content).await? })
        })
    }
}

/// The content with ids in the place of slugs.
async fn with_ids<T: Input>(app: Option<App>, content: Content<T>) -> Result<Content<T>, Problem> {
    let slugs = content.slugs();
    match app.filter(|_| !slugs.is_empty()) {
        Some(app) => {
            let look = move |tx: &mut store::ReadTx<'_>| store::reference::ids_of(tx, &slugs);
            Ok(content.with_ids(&app.store.read_one(look).await?))
        }
        None => Ok(content),
    }
}

fn unreadable(malformed: &Malformed) -> ErrorItem {
    ErrorItem::pointer("", FaultCode::InvalidFormat.as_str(), format!("the body is not JSON: {malformed}"))
}

#[cfg(test)]
mod tests {
    use document::register::Department;

    use super::*;

    #[actix_web::test]
    async fn a_body_over_the_limit_is_too_large() {
        let request = |bytes: Vec<u8>| actix_web::test::TestRequest::post().set_payload(bytes).to_http_parts();
        let mut text = br#"{"name": "Cabinet Office", "kind": "other"}"#.to_vec();
        text.resize(Department::MAX_BYTES, b' ');
        let (head, mut payload) = request(text.clone());
        assert!(Body::<Department>::from_request(&head, &mut payload).await.is_ok());
        text.push(b' ');
        let (head, mut payload) = request(text);
        let refused = Body::<Department>::from_request(&head, &mut payload).await.unwrap_err();
        assert_eq!(refused.kind().status(), 413);
        let (head, mut payload) = request(b"{".to_vec());
        let refused = Body::<Department>::from_request(&head, &mut payload).await.unwrap_err();
        assert_eq!(refused.kind().status(), 400);
        assert!(refused.errors()[0].detail.contains("line 1, column 1"), "{}", refused.errors()[0].detail);
    }
}
