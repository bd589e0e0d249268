//! A request for a page: what it asks of the API, and the answer.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::app::App;
use crate::pages::asked::Api;
use crate::pages::frame::{self, Page};
use crate::pages::json::given;
use crate::pages::place::{Place, encoded};
use crate::pages::words::ballot_title;
use crate::request::argument::argument;
use crate::request::conditional::{IfChanged, digest};
use crate::response::html::HTML;
use crate::response::problem::Problem;

/// Records that a page looks up at most to name them. A filter may name hundreds.
const MOST_LEARNED: usize = 60;

/// The argument of what makes a page.
pub struct Visit {
    pub app: App,
    api: Api,
    place: Place,
    conditions: IfChanged,
    /// Records that the page names, by what it knows of them.
    names: RefCell<BTreeMap<String, Value>>,
    /// How many it has looked up.
    learned: Cell<usize>,
}

argument!(Visit);

impl Deref for Visit {
    type Target = Place;

    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Visit {
    /// That of a request.
    ///
    /// # Errors
    /// 400 where its query cannot be decoded.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let app = App::of(request)?;
        let place = Place::of(app.url(""), request.path(), request.query_string())?;
        let (api, conditions) = (Api::of(request)?, IfChanged::of(request)?);
        Ok(Self { app, api, place, conditions, names: RefCell::default(), learned: Cell::default() })
    }

    /// What the API answers to this address.
    ///
    /// # Errors
    /// Those of the API.
    pub async fn get(&self, address: &str) -> Result<Value, Problem> {
        self.api.look_for_sample(self.app.clock.now()).await;
        self.api.get(address).await
    }

    /// The same; none where there is no such record.
    ///
    /// # Errors
    /// All others.
    pub async fn find(&self, address: &str) -> Result<Option<Value>, Problem> {
        self.api.find(address).await
    }

    /// Finds out what a record of these pages is called: at the instant of the page, or else now. A page is not refused for want of it.
    pub async fn learn(&self, pages: &str, key: &str) {
        let learned = self.learned.get();
        if self.named(key).is_some() || learned >= MOST_LEARNED {
            return;
        }
        self.learned.set(learned.saturating_add(1));
        let own = format!("/v1/{pages}/{}", encoded(key));
        let then = match self.known_at() {
            Some(at) => self.find(&format!("{own}?known_at={}", encoded(at))).await.ok().flatten(),
            None => None,
        };
        let is_of_today = then.is_none();
        let found = match then {
            Some(record) => Some(record),
            None => self.find(&own).await.ok().flatten(),
        };
        if let Some(record) = found {
            let name = given(&record, "name").or_else(|| given(&record, "title"));
            let name = name.map_or_else(|| ballot_title(&record), str::to_owned);
            let named = json!({ "id": record.get("id"), "name": name, "is_of_today": is_of_today });
            self.names.borrow_mut().insert(key.to_owned(), named);
        }
    }

    /// What the visit learned of a record: its id and name, and whether they are those of today.
    pub fn named(&self, key: &str) -> Option<Value> {
        self.names.borrow().get(key).cloned()
    }

    /// The answer with this page, or 304 where the browser has it.
    pub fn show(&self, page: &Page) -> HttpResponse {
        self.send(
            HTML,
            Bytes::from(frame::framed(&self.place, &self.app.address, page, self.api.is_of_sample()).into_string()),
        )
    }

    /// The answer with this content, or 304 where the caller has it.
    pub fn send(&self, media_type: &'static str, content: Bytes) -> HttpResponse {
        let tag = digest(&content);
        let mut response = if self.conditions.is_known(&tag) {
            HttpResponse::NotModified().finish()
        } else {
            HttpResponse::Ok().content_type(media_type).body(content)
        };
        response.headers_mut().insert(header::ETAG, tag);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}
