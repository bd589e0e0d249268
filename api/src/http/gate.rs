//! The one middleware: every request comes in through it and every answer goes out through it.
//!
//! On the way in it checks, in this order, what needs no handler: route 404, method 405, `Accept` 406, the caller 401, size 413,
//! media type 415, then the request id and the names of the query parameters (400). On the way out it completes problems, turns
//! every other error into one, adds the headers that all answers have and writes the log line. Before all else it counts the
//! request against the limit of its address, and once the caller is known, against that of the key. It learns all paths from the
//! contract and knows no resource.

use std::any::Any;
use std::fmt;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri, Version};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};
use domain::FaultCode;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use store::Client;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bulk::import;
use crate::caller::Caller;
use crate::caller::authentication::{self, Authenticator};
use crate::http::arrival::announced;
use crate::http::compression::Wanted;
use crate::http::connection::Line;
use crate::http::cors::{Cors, CrossOrigin};
use crate::http::delivery::deliver;
use crate::http::framing::Fault;
use crate::http::hardening;
use crate::http::limits::{BODY_LIMIT, LARGE_BODY_LIMIT};
use crate::http::metrics::Metrics;
use crate::http::proxy::{Proxies, PublicUrl};
use crate::http::rate::{self, RateLimits, Standings};
use crate::http::request_id::{REQUEST_ID, RequestId};
use crate::http::route::{self, LIVENESS, Operation, READINESS, Route, RouteTable};
use crate::http::silence;
use crate::http::trace::{TRACEPARENT, TraceParent};
use crate::pages::refusal;
use crate::request::body::BodyLimit;
use crate::request::idempotency_key::IDEMPOTENCY_KEY;
use crate::request::query::{self, UnknownParameters};
use crate::response::problem::{self, ErrorItem, Problem};
use crate::response::problem_type::ProblemType;

/// What stands in no path (RFC 3986, section 3.3) but as an escape. `%` has a rule of its own.
const OUTSIDE_PATHS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

static ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// Paths whose requests no rate limit counts, and which are logged only if they fail: those who watch over the service ask often, and
/// must be told.
pub const PROBES: [&str; 2] = [LIVENESS, READINESS];

/// The middleware, for `App::wrap`.
#[derive(Clone)]
pub struct Gate(Arc<Rules>);

#[derive(Default)]
pub struct Rules {
    pub routes: Arc<RouteTable>,
    /// Who finds out who comes in; without one everybody is the public.
    pub authenticator: Option<Authenticator>,
    pub cors: Cors,
    pub public_url: Option<PublicUrl>,
    /// Who is believed on where a request comes from.
    pub proxies: Proxies,
    pub limits: Arc<RateLimits>,
    /// A file to be imported may have so many bytes.
    pub import_limit: usize,
    pub metrics: Option<Metrics>,
    /// Where people reach the pages, if there are any.
    pub pages: Option<String>,
    pub large_bodies: LargeBodies,
    pub silent_failures: silence::Failures,
}

/// The places for requests whose bodies may be large. Their memory is bounded for all workers together.
pub struct LargeBodies(Arc<Semaphore>);

impl LargeBodies {
    const AT_A_TIME: usize = 4;

    /// # Errors
    /// 503 where there is no place.
    fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| Problem::too_many_large_bodies())
    }
}

impl Default for LargeBodies {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(Self::AT_A_TIME)))
    }
}

impl Gate {
    pub fn new(rules: Rules) -> Self {
        Self(Arc::new(rules))
    }

    /// Which operations there are.
    pub fn routes(&self) -> Arc<RouteTable> {
        Arc::clone(&self.0.routes)
    }

    /// Who sends a request.
    ///
    /// # Errors
    /// 401 with the reason, 503 where the database doesn't answer.
    pub async fn caller(&self, request: &HttpRequest, id: &RequestId) -> Result<Caller, Problem> {
        match &self.0.authenticator {
            Some(authenticator) => authenticator.caller(request, id).await,
            None => Ok(domain::Caller::public().into()),
        }
    }
}

impl<S> Transform<S, ServiceRequest> for Gate
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = GateService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(GateService { service: Rc::new(service), rules: Arc::clone(&self.0) }))
    }
}

/// The gate in front of one worker's handlers.
pub struct GateService<S> {
    service: Rc<S>,
    rules: Arc<Rules>,
}

impl<S> Service<ServiceRequest> for GateService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut passage = Passage::begin(&self.rules, &request);
        let service = Rc::clone(&self.service);
        let is_silent = passage.is_silent();
        let passing = async move {
            match passage.admit(&mut request).await {
                Ok(Admission::Handler) => {
                    let request = passage.announce_body(request);
                    let answer = AssertUnwindSafe(async move { service.call(request).await }).catch_unwind().await;
                    passage.end(answer.unwrap_or_else(|panic| Err(panicked(panic.as_ref()).into())))
                }
                Ok(Admission::Options(allow)) => {
                    let response = HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish();
                    passage.end(Ok(request.into_response(response)))
                }
                Err(problem) => passage.end(Ok(request.error_response(problem))),
            }
        };
        if is_silent { Box::pin(silence::keep(passing)) } else { Box::pin(passing) }
    }
}

/// One request on its way through.
struct Passage {
    rules: Arc<Rules>,
    started: Instant,
    id: RequestId,
    id_fault: Option<Problem>,
    method: Method,
    version: Version,
    uri: Uri,
    route: Option<Arc<Route>>,
    cross_origin: Option<CrossOrigin>,
    trace: Option<TraceParent>,
    standings: Standings,
    /// Where the answer depends on the caller: whether they have said who they are.
    personal: Option<bool>,
    /// Whose key or token was found valid.
    caller: Option<Caller>,
    /// The connection that it came on.
    line: Option<Line>,
    /// Whether the connection ends with the answer.
    is_last: bool,
    wanted: Wanted,
    /// Whether it is a browser's, for a page: refusals are pages too.
    is_for_people: bool,
    /// Where it came from, if that is known.
    client: Option<IpAddr>,
    /// Held until the answer, if its body may be large.
    place: Option<OwnedSemaphorePermit>,
}

enum Admission {
    Handler,
    Options(HeaderValue),
}

impl Passage {
    fn begin(rules: &Arc<Rules>, request: &ServiceRequest) -> Self {
        let started = Instant::now();
        let (id, id_fault) = match RequestId::given(request.headers()) {
            Ok(given) => (given.unwrap_or_else(RequestId::make), None),
            Err(fault) => (RequestId::make(), Some(fault)),
        };
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let route = rules.routes.find(request.match_info().as_str()).cloned();
        let is_for_people = route.as_ref().is_none_or(|route| route.is_page) && is_for_people(request);
        let cross_origin = rules.cors.find(&method, request.headers());
        let trace = TraceParent::given(request.headers());
        Self {
            rules: Arc::clone(rules),
            started,
            id,
            id_fault,
            method,
            version: request.version(),
            uri,
            route,
            cross_origin,
            trace,
            standings: Standings::default(),
            personal: None,
            caller: None,
            line: request.conn_data::<Line>().cloned(),
            is_last: false,
            wanted: Wanted::by(request),
            is_for_people,
            client: None,
            place: None,
        }
    }

    /// All checks. HEAD goes on as GET: the connection knows that it was HEAD and sends no body.
    async fn admit(&mut self, request: &mut ServiceRequest) -> Result<Admission, Problem> {
        self.check_crowd(request)?;
        if query::decode(self.uri.path()).is_none() {
            return Err(Problem::bad_request("the path is not valid percent-encoded UTF-8"));
        }
        let route = self.route.clone().ok_or_else(|| self.unknown_path())?;
        if self.method == Method::OPTIONS {
            return Ok(Admission::Options(route.allow.clone()));
        }
        if self.method == Method::HEAD {
            request.head_mut().method = Method::GET;
        }
        let operation = route.operation(request.method()).ok_or_else(|| Problem::method_not_allowed(&route.allow))?;
        check_accept(request, operation)?;
        let rules = Arc::clone(&self.rules);
        if let Some(authenticator) = rules.authenticator.as_ref().filter(|_| operation.asks_who) {
            self.personal = operation.depends_on_caller.then_some(true);
            let caller = authenticator.caller(request.request(), &self.id).await?;
            self.caller = caller.access.is_some().then(|| caller.clone());
            self.check_caller(&caller, operation)?;
            if caller.access.is_some() {
                request.extensions_mut().insert(Client::Keyed(caller.name.as_str().into()));
            }
            request.extensions_mut().insert(caller);
        }
        check_size(request, self.body_limit())?;
        check_content_type(request, operation)?;
        check_headers(request, operation, self.is_silent())?;
        if let Some(fault) = self.id_fault.take() {
            return Err(fault);
        }
        self.check_parameters(request, operation)?;
        if self.is_of(silence::takes_large_body) {
            // One of usual size, as most are, needs no place.
            if content_length(request).map_or_else(|| has_body(request), |length| length > BODY_LIMIT) {
                self.place = Some(rules.large_bodies.place()?);
            }
            request.extensions_mut().insert(BodyLimit(LARGE_BODY_LIMIT));
        }
        request.extensions_mut().insert(self.id.clone());
        Ok(Admission::Handler)
    }

    /// The problem of a path that no operation has, with the path that may be meant.
    fn unknown_path(&self) -> Problem {
        Problem::unknown_path(self.rules.routes.nearest(self.uri.path()).as_deref())
    }

    /// The request, of whose body the connection reads no more than its handler asks for.
    fn announce_body(&self, request: ServiceRequest) -> ServiceRequest {
        match &self.line {
            Some(line) => announced(line, request),
            None => request,
        }
    }

    fn body_limit(&self) -> usize {
        match &self.route {
            Some(route) if *route.template == *import::PATH => self.rules.import_limit,
            _ if self.is_of(silence::takes_large_body) => LARGE_BODY_LIMIT,
            _ => BODY_LIMIT,
        }
    }

    /// Whether it is for an operation of this sort, by method and path template.
    fn is_of(&self, sort: fn(&Method, &str) -> bool) -> bool {
        self.route.as_ref().is_some_and(|route| sort(&self.method, &route.template))
    }

    fn is_silent(&self) -> bool {
        self.is_of(silence::is_silent)
    }

    /// Whether there is room for the request at all.
    fn check_crowd(&mut self, request: &ServiceRequest) -> Result<(), Problem> {
        if let Some(line) = &self.line {
            if let Some(fault) = line.fault() {
                return Err(misframed(fault));
            }
            if line.is_too_many() {
                self.is_last = true;
                return Err(Problem::too_many_connections());
            }
        }
        let is_unlimited = self.route.as_ref().is_some_and(|route| PROBES.contains(&&*route.template));
        let rules = &self.rules;
        let Some(peer) = request.peer_addr() else { return Ok(()) };
        let client = rules.proxies.client(peer.ip(), request.headers());
        request.extensions_mut().insert(Client::Anonymous(rate::network(client)));
        self.client = Some(client);
        match () {
            () if is_unlimited => Ok(()),
            () if self.is_silent() => rules.limits.count_silent(client),
            () => rules.limits.count_address(client, &mut self.standings),
        }
    }

    fn check_caller(&mut self, caller: &Caller, operation: &Operation) -> Result<(), Problem> {
        if operation.depends_on_caller {
            self.personal = Some(caller.access.is_some());
        }
        if caller.access.is_some() {
            self.rules.limits.count_key(&caller.name, &mut self.standings)
        } else if operation.needs_key {
            Err(authentication::needed())
        } else {
            Ok(())
        }
    }

    /// Where the operation has parameters, its extractor tells of the unknown ones, together with its own faults.
    fn check_parameters(&self, request: &ServiceRequest, operation: &Operation) -> Result<(), Problem> {
        let (Some(query), Some(known)) = (self.uri.query(), &operation.parameters) else { return Ok(()) };
        let unknown = query::unknown_parameters(query, known);
        if unknown.is_empty() {
            Ok(())
        } else if known.is_empty() {
            Err(Problem::bad_query(unknown))
        } else {
            request.extensions_mut().insert(UnknownParameters(unknown));
            Ok(())
        }
    }

    fn end(self, answer: Result<ServiceResponse, Error>) -> Result<ServiceResponse, Error> {
        match answer {
            Ok(answer) => {
                let (request, response) = answer.into_parts();
                Ok(ServiceResponse::new(request, self.complete(response)))
            }
            Err(error) => {
                let response = self.complete(HttpResponse::from_error(error));
                Err(InternalError::from_response("answered by the gate", response).into())
            }
        }
    }

    fn complete(self, mut response: HttpResponse) -> HttpResponse {
        let is_silent = self.is_silent();
        let limited = self.limit_guess(response.status());
        if let Some(mut problem) = limited.or_else(|| self.problem_of(&response)) {
            if is_silent {
                if problem.is_failure() {
                    self.rules.silent_failures.tell(Instant::now());
                }
                problem = problem.without_trace();
            }
            response = problem.respond(&self.instance(), self.id.as_str());
            if let Some(address) = self.rules.pages.as_ref().filter(|_| self.is_for_people) {
                let base = self.rules.public_url.as_ref().map_or("", PublicUrl::as_str);
                response = refusal::respond((base, address), self.uri.path(), (&problem, self.id.as_str()), response);
            }
            // RFC 5789, section 3.1: such a refusal says what PATCH would read.
            if self.method == Method::PATCH && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
                response
                    .headers_mut()
                    .insert(ACCEPT_PATCH.clone(), HeaderValue::from_static("application/merge-patch+json"));
            }
        }
        self.record(response.status());
        let is_last = self.is_last || self.line.as_ref().is_some_and(Line::is_last);
        if is_last || response.status() == StatusCode::REQUEST_TIMEOUT {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        let is_passing = !response.status().is_success() || response.status() == StatusCode::NO_CONTENT;
        self.add_headers(response.headers_mut(), is_passing);
        if is_silent {
            response.headers_mut().remove(header::ETAG);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        } else if !self.shows_secrets() {
            response = self.wanted.encode(response);
        }
        let mut response = match self.line {
            Some(line) => deliver(line, response),
            None => response,
        };
        // RFC 9112, section 6.1: a client of HTTP/1.0 knows no chunks, so that the body ends with the connection.
        if self.version < Version::HTTP_11 && response.body().size() == BodySize::Stream {
            response.head_mut().no_chunking(true);
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        response
    }

    /// The problem in a response. If a body broke off because its framing is not valid, the connection knows the reason
    /// better than the handler.
    fn problem_of(&self, response: &HttpResponse) -> Option<Problem> {
        let fault = self.line.as_ref().and_then(Line::fault).filter(|_| response.status() == StatusCode::BAD_REQUEST);
        fault.map(misframed).or_else(|| Problem::in_response(response))
    }

    /// Whether the operation's answers may hold what only the caller may know.
    fn shows_secrets(&self) -> bool {
        self.route.as_ref().is_some_and(|route| route.shows_secrets)
    }

    /// What every answer says, whatever it is to.
    fn add_headers(&self, headers: &mut HeaderMap, is_passing: bool) {
        let public_url = self.rules.public_url.as_ref();
        let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
        hardening::add(headers, is_page, public_url.is_some_and(PublicUrl::is_https));
        self.rules.cors.mark(self.cross_origin.as_ref(), headers);
        if let Some(is_known) = self.personal {
            headers.append(header::VARY, HeaderValue::from_static("Authorization"));
            if is_known {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            }
        }
        // A refusal is of this moment, and HTTP lets a cache keep some unless it is told otherwise.
        if is_passing && !headers.contains_key(header::CACHE_CONTROL) {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        self.standings.tell(headers);
        if let Some(url) = public_url {
            url.complete(headers);
        }
        if let Some(trace) = &self.trace {
            headers.insert(TRACEPARENT.clone(), trace.to_value());
        }
        headers.insert(REQUEST_ID.clone(), self.id.to_value());
    }

    /// Counts a guess that missed, whichever check found that. Once the address has used up its failures, it is not told any more that
    /// it missed. A good vote from there still passes, so that nobody can keep out those who share an address.
    fn limit_guess(&self, status: StatusCode) -> Option<Problem> {
        let is_failure = matches!(status.as_u16(), 400 | 403 | 413 | 415 | 422);
        let client = self.client.filter(|_| is_failure && self.is_of(silence::takes_guesses))?;
        let (limits, now) = (&self.rules.limits, Instant::now());
        let limited = limits.check_guess(client, now).err();
        if limited.is_none() {
            limits.count_failure(client, now);
        }
        limited
    }

    /// The log line, and the figures.
    fn record(&self, status: StatusCode) {
        if self.is_silent() {
            self.rules.metrics.iter().for_each(Metrics::count_silent);
            return;
        }
        let template = self.route.as_ref().map_or("-", |route| &*route.template);
        let taken = self.started.elapsed();
        if let Some(metrics) = &self.rules.metrics {
            metrics.count(known_method(&self.method), template, status, taken);
        }
        // Probes come all the time. One that fails is worth a line.
        let is_probe = PROBES.contains(&template) && status == StatusCode::OK;
        let level = if is_probe { log::Level::Debug } else { log::Level::Info };
        if log::log_enabled!(level) {
            let (id, method) = (self.id.as_str(), known_method(&self.method));
            let (status, micros) = (status.as_u16(), u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
            let caller = self.caller.as_ref().map(|caller| caller.name.as_str());
            let trace = self.trace.as_ref().map(TraceParent::trace_id);
            log::log!(
                level, request_id = id, method, route = template, status, duration_us = micros, caller, trace;
                "{id} {method} {template} {status} {micros}us{}{}",
                Named("caller", caller),
                Named("trace", trace),
            );
        }
    }

    /// The path as a reference: what has no place in one is escaped, and so is a `%` that begins no escape.
    fn instance(&self) -> String {
        let escaped = |part| utf8_percent_encode(part, OUTSIDE_PATHS);
        let mut parts = self.uri.path().split('%');
        let mut path: String = parts.next().map(escaped).into_iter().flatten().collect();
        for rest in parts {
            let begins_escape = rest.get(..2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
            path.push_str(if begins_escape { "%" } else { "%25" });
            path.extend(escaped(rest));
        }
        path
    }
}

/// ` name=value` at the end of a log line, or nothing.
struct Named<'v>(&'static str, Option<&'v str>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, line: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.map_or(Ok(()), |value| write!(line, " {}={value}", self.0))
    }
}

/// Whether a browser asks for something that is not the API's own.
fn is_for_people(request: &ServiceRequest) -> bool {
    let ranges = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    !request.path().starts_with("/v1") && route::prefers("text/html", problem::MEDIA_TYPE, ranges)
}

/// A caller may invent methods. The log and the metrics name only known ones.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn check_accept(request: &ServiceRequest, operation: &Operation) -> Result<(), Problem> {
    let ranges = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    if operation.is_acceptable(ranges) { Ok(()) } else { Err(Problem::not_acceptable(&operation.answer_types())) }
}

/// A body without a declared length is measured while it is read.
fn check_size(request: &ServiceRequest, limit: usize) -> Result<(), Problem> {
    match content_length(request) {
        Some(length) if length > limit => Err(Problem::payload_too_large(limit)),
        _ => Ok(()),
    }
}

fn check_content_type(request: &ServiceRequest, operation: &Operation) -> Result<(), Problem> {
    let headers = request.headers();
    if !operation.takes_body() || !has_body(request) {
        return Ok(());
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(Problem::unsupported_media_type("bodies without a Content-Encoding"));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|content_type| operation.reads(content_type)) {
        Ok(())
    } else {
        Err(Problem::unsupported_media_type(&operation.read_types()))
    }
}

/// A header that promises that a change is made once, or for one version, is heeded or refused.
fn check_headers(request: &ServiceRequest, operation: &Operation, is_silent: bool) -> Result<(), Problem> {
    if request.method().is_safe() {
        return Ok(());
    }
    let repeated = match operation.is_versioned {
        true => {
            "this operation does not take an Idempotency-Key: name the version that you change in If-Match instead, so \
             that a repeated request changes nothing"
        }
        false => {
            "this operation does not take an Idempotency-Key, because its response is not kept: leave the header out"
        }
    };
    // It holds for whatever is there, and what is not there is a 404.
    let is_any = request.headers().get_all(header::IF_MATCH).all(|value| value.as_bytes().trim_ascii() == b"*");
    let versioned = "this operation does not change a version of a record: leave the header out";
    let given = [
        (IDEMPOTENCY_KEY.clone(), operation.is_repeatable && !is_silent, repeated),
        (header::IF_MATCH, operation.is_versioned || is_any, versioned),
        (header::IF_UNMODIFIED_SINCE, operation.is_versioned, versioned),
    ];
    let refused = given.into_iter().filter(|(name, is_taken, _)| !is_taken && request.headers().contains_key(name));
    let refused = refused.map(|(name, _, detail)| ErrorItem::header(&name, FaultCode::NotSupported.as_str(), detail));
    let errors: Vec<ErrorItem> = refused.collect();
    if errors.is_empty() {
        return Ok(());
    }
    let details: Vec<&str> = errors.iter().map(|error| error.detail.as_str()).collect();
    Err(Problem::bad_request(details.join("; ")).with_errors(errors))
}

fn has_body(request: &ServiceRequest) -> bool {
    content_length(request).is_some_and(|length| length > 0)
        || request.headers().contains_key(header::TRANSFER_ENCODING)
}

fn content_length(request: &ServiceRequest) -> Option<usize> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The refusal of a request that was not read to its end.
fn misframed(fault: Fault) -> Problem {
    match fault {
        Fault::Late => Problem::new(ProblemType::RequestTimeout, fault.detail()),
        Fault::Host => Problem::bad_header(&header::HOST, "invalid-format", fault.detail()),
        Fault::ContentLength => Problem::bad_header(&header::CONTENT_LENGTH, "invalid-format", fault.detail()),
        Fault::TransferEncoding => Problem::bad_header(&header::TRANSFER_ENCODING, "invalid-format", fault.detail()),
        _ => Problem::bad_request(fault.detail()),
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Problem {
    let words = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::internal(format!("a handler panicked: {}", words.unwrap_or("without words")))
}

#[cfg(test)]
mod tests;
