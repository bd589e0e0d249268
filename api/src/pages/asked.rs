//! The API as the pages ask it: by the same addresses as everybody, inside the process. So no page can show what the API does not say.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::Request;
use actix_service::{IntoServiceFactory as _, ServiceFactory as _, map_config};
use actix_web::body::{self, BoxBody};
use actix_web::dev::{AppConfig, Service as _, ServiceResponse};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{App as ActixApp, Error, HttpMessage as _, HttpRequest};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use store::Client;
use tokio::sync::OnceCell;

use crate::http::route::RouteTable;
use crate::pages::json::{items, text};
use crate::request::query::{self, UnknownParameters};
use crate::response::problem::Problem;

/// The operations of the API in one worker. They are made when the first page asks.
pub struct Operations {
    routes: Arc<RouteTable>,
    configure: Rc<dyn Fn(&mut ServiceConfig)>,
    made: OnceCell<Call>,
    /// Whether the register holds the sample, and when that was looked up.
    sample: Cell<Option<(DateTime<Utc>, bool)>>,
}

type Call = Box<dyn Fn(Request) -> LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, Error>>>;

impl Operations {
    /// Those that `configure` mounts with what they need, and that are at these paths.
    pub fn new(routes: Arc<RouteTable>, configure: impl Fn(&mut ServiceConfig) + 'static) -> Self {
        Self { routes, configure: Rc::new(configure), made: OnceCell::new(), sample: Cell::new(None) }
    }

    async fn call(&self, request: Request) -> Result<ServiceResponse, Problem> {
        let make = async {
            let configure = Rc::clone(&self.configure);
            let app = ActixApp::new().configure(move |config| configure(config)).into_factory();
            let service = map_config(app, |()| AppConfig::default()).new_service(()).await;
            let service = service.map_err(|()| Problem::internal("the operations cannot be made"))?;
            let call: Call = Box::new(move |request| service.call(request).boxed_local());
            Ok::<_, Problem>(call)
        };
        let answer = self.made.get_or_try_init(|| make).await?(request).await;
        answer.map_err(|error| Problem::internal(error.to_string()))
    }
}

/// Asks for one client, with the share of reads that the client has.
#[derive(Clone)]
pub struct Api {
    operations: Rc<Operations>,
    client: Option<Client>,
}

impl Api {
    /// For the client of a request.
    ///
    /// # Errors
    /// 500 where nothing serves the request.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let operations = request.app_data::<Rc<Operations>>().cloned();
        let operations = operations.ok_or_else(|| Problem::internal("there are no operations for pages"))?;
        Ok(Self { operations, client: request.extensions().get::<Client>().cloned() })
    }

    /// What the API answers to a GET of this address, such as `/v1/mutuals?limit=3`, without a key.
    ///
    /// # Errors
    /// Those that the API answers.
    pub async fn get(&self, address: &str) -> Result<Value, Problem> {
        serde_json::from_slice(&self.read(address).await?).map_err(Problem::internal)
    }

    /// The same; none where there is no such record.
    ///
    /// # Errors
    /// All others.
    pub async fn find(&self, address: &str) -> Result<Option<Value>, Problem> {
        found(self.get(address)).await
    }

    /// Whether the register holds the sample. It is looked up once a minute at most, so that pages can all say it.
    pub fn is_of_sample(&self) -> bool {
        self.operations.sample.get().is_some_and(|(_, is_of_sample)| is_of_sample)
    }

    /// Looks up whether the register holds the sample, if that was not done within the last minute.
    pub async fn look_for_sample(&self, now: DateTime<Utc>) {
        const FRESH: TimeDelta = TimeDelta::minutes(1);
        let known = self.operations.sample.get();
        if known.is_some_and(|(at, _)| now.signed_duration_since(at).abs() < FRESH) {
            return;
        }
        // Whoever asks at the same time does not look, too.
        self.operations.sample.set(Some((now, known.is_some_and(|(_, is_of_sample)| is_of_sample))));
        if let Ok(record) = self.find("/v1/mutuals/your-healthcare").await {
            let is_of_sample = record.is_some_and(|record| {
                items(&record, "sources").any(|source| text(source, "title").starts_with("Starting collection"))
            });
            self.operations.sample.set(Some((now, is_of_sample)));
        }
    }

    async fn read(&self, address: &str) -> Result<Bytes, Problem> {
        let uri: Uri = address.parse().map_err(|_| Problem::unknown_path(None))?;
        let mut request = Request::new();
        if let (Some(route), Some(query)) = (self.operations.routes.find(uri.path()), uri.query()) {
            let known = route.operation(&Method::GET).and_then(|operation| operation.parameters.as_deref());
            let unknown = query::unknown_parameters(query, known.unwrap_or_default());
            if !unknown.is_empty() {
                request.extensions_mut().insert(UnknownParameters(unknown));
            }
        }
        if let Some(client) = self.client.clone() {
            request.extensions_mut().insert(client);
        }
        // The library gives out the heads of earlier requests again.
        let head = request.head_mut();
        (head.uri, head.method, head.peer_addr) = (uri, Method::GET, None);
        let answer = self.operations.call(request).await?;
        if answer.status() != StatusCode::OK {
            let problem = Problem::in_response(answer.response());
            return Err(problem.unwrap_or_else(|| Problem::internal(format!("{address}: {}", answer.status()))));
        }
        body::to_bytes(answer.into_body()).await.map_err(|error| Problem::internal(error.to_string()))
    }
}

/// What the API answers where something was never there, is not there yet, or is gone.
const IS_NOT_THERE: [StatusCode; 3] = [StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::GONE];

/// What was found, if it is there.
async fn found<T>(asked: impl Future<Output = Result<T, Problem>>) -> Result<Option<T>, Problem> {
    match asked.await {
        Ok(answer) => Ok(Some(answer)),
        Err(problem) if IS_NOT_THERE.contains(&problem.kind().status()) => Ok(None),
        Err(problem) => Err(problem),
    }
}
