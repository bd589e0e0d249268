use std::cell::RefCell;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::sync::Arc;

use actix_web::body::to_bytes;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::rt::time::timeout;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use document::register::Department;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};
use utoipa::openapi::OpenApi;

use super::*;
use crate::http::gate::{Gate, Rules};
use crate::http::limits::{BODY_LIMIT, LARGE_BODY_LIMIT};
use crate::http::metrics::Metrics;
use crate::http::rate::RateLimits;
use crate::http::route::RouteTable;
use crate::request::body::Body;
use crate::response::problem::{ErrorItem, Problem};
use crate::response::problem_type::ProblemType;

const BALLOT: &str = "/v1/staff-ballots/01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1";
const CLIENT: &str = "192.0.2.1:5000";

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the lines and the panics of each test, which has a thread of its own.
struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

fn record() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_boxed_logger(Box::new(Hushed(Recorder))).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            PANICS.with_borrow_mut(|panics| panics.push(panic.to_string()));
            print(panic);
        }));
        hush_panics();
    });
    lines();
}

fn lines() -> Vec<String> {
    LINES.with_borrow_mut(std::mem::take)
}

/// Answers as the request asks it to.
async fn act(request: HttpRequest, asked: Data<Semaphore>, _: Bytes) -> Result<HttpResponse, Problem> {
    asked.add_permits(1);
    log::debug!("the handler has a secret");
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header("do") {
        "panic" => panic!("a secret panic"),
        "fail" => Err(Problem::internal("a secret source")),
        "unknown" => Err(Problem::outcome_unknown("a secret source")),
        "unavailable" => Err(Problem::unavailable("a secret source")),
        "400" => Err(Problem::bad_request("no JSON")),
        "403" => Err(Problem::new(ProblemType::Forbidden, "unknown entry")),
        "409" => Err(Problem::new(ProblemType::StateConflict, "voted already")),
        "422" => Err(Problem::invalid(vec![ErrorItem::pointer("/tracker", "invalid-format", "no tracker")])),
        _ => Ok(HttpResponse::Created()
            .insert_header(("etag", "\"1\""))
            .insert_header(("cache-control", "public, max-age=60"))
            .json("a".repeat(5000))),
    }
}

async fn enter(body: Body<Department>) -> HttpResponse {
    HttpResponse::Ok().json(body.bytes.len())
}

/// Begins, tells so, and waits.
async fn wait(begun: Data<Semaphore>, end: Data<Notify>) -> HttpResponse {
    begun.add_permits(1);
    end.notified().await;
    HttpResponse::Ok().finish()
}

fn routes() -> RouteTable {
    let answer = json!({"200": {"description": "", "content": {"application/json": {}}}});
    // A contract that says that it may be repeated does not help.
    let key = json!([{"name": "Idempotency-Key", "in": "header", "required": false}]);
    let write = json!({
        "responses": answer, "parameters": key, "requestBody": {"content": {"application/json": {}}},
    });
    let read = json!({"responses": answer});
    let document = json!({
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {
            VOTES: {"post": write, "get": read},
            COMPLAINTS: {"post": write},
            ROLL: {"put": write, "post": write},
            ROLL_OF_SIDE: {"put": write},
            PAPER_BATCHES: {"post": write},
        },
    });
    RouteTable::of(&serde_json::from_value::<OpenApi>(document).unwrap())
}

fn rules() -> Rules {
    record();
    Rules { routes: Arc::new(routes()), ..Rules::default() }
}

macro_rules! service {
    ($rules:expr, $handled:expr) => {{
        let app = App::new()
            .app_data(Data::from($handled))
            .route(VOTES, web::post().to(act))
            .route(VOTES, web::get().to(act))
            .route(COMPLAINTS, web::post().to(act))
            .route(ROLL, web::put().to(enter))
            .route(ROLL, web::post().to(enter))
            .route(ROLL_OF_SIDE, web::put().to(enter))
            .route(PAPER_BATCHES, web::post().to(enter));
        init_service(app.wrap(Gate::new($rules))).await
    }};
}

fn handled() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(0))
}

fn to(method: &str, path: &str) -> TestRequest {
    let client: SocketAddr = CLIENT.parse().unwrap();
    TestRequest::with_uri(&format!("{BALLOT}/{path}")).method(method.parse().unwrap()).peer_addr(client)
}

fn post(path: &str) -> TestRequest {
    to("POST", path).insert_header(("content-type", "application/json")).set_payload("{}")
}

fn told_to(path: &str, act: &str) -> TestRequest {
    post(path).insert_header(("do", act))
}

async fn answer<S>(service: &S, request: TestRequest) -> (u16, HeaderMap, Value)
where
    S: Service<actix_http::Request, Response = ServiceResponse, Error = Error>,
{
    let response = match try_call_service(service, request.to_request()).await {
        Ok(answer) => answer.into_parts().1,
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap();
    (status.as_u16(), headers, serde_json::from_slice(&body).unwrap_or_default())
}

/// What somebody may send to the votes, with the status of the answer.
fn all_sorts() -> Vec<(TestRequest, u16)> {
    let traced = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    vec![
        (post("votes"), 201),
        (post("votes").insert_header(("traceparent", traced)), 201),
        (post("votes").insert_header(("accept-encoding", "gzip")), 201),
        (told_to("votes", "400"), 400),
        (told_to("votes", "403"), 403),
        (told_to("votes", "409"), 409),
        (told_to("votes", "422"), 422),
        (told_to("votes", "unavailable"), 503),
        (post("votes").insert_header(("idempotency-key", "k1")), 400),
        (post("votes").insert_header(("content-type", "text/plain")).insert_header(("content-length", 2)), 415),
        (post("votes").insert_header(("content-length", BODY_LIMIT + 1)), 413),
        (post("votes").insert_header(("accept", "text/html")), 406),
        (post("votes?x=1"), 400),
        (to("OPTIONS", "votes"), 204),
        (to("PUT", "votes"), 405),
    ]
}

#[actix_web::test]
async fn a_vote_leaves_no_line_in_the_log() {
    let service = service!(rules(), handled());
    for (request, status) in all_sorts() {
        let (answered, _, body) = answer(&service, request).await;
        assert_eq!((answered, lines()), (status, Vec::new()), "{body}");
    }
    for others in [post("complaints"), to("GET", "votes")] {
        answer(&service, others).await;
        let lines = lines();
        assert!(lines.iter().any(|line| line.contains("the handler")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("/v1/staff-ballots/{staff_ballot}/")), "{lines:?}");
    }
}

#[actix_web::test]
async fn of_failures_the_log_says_only_that_there_are_some() {
    let service = service!(rules(), handled());
    let mut said = Vec::new();
    for (act, status) in [("fail", 500), ("panic", 500), ("unknown", 504), ("fail", 500)] {
        let request = told_to("votes", act).insert_header(("request-id", "r1"));
        let (answered, _, body) = answer(&service, request).await;
        assert_eq!(answered, status);
        let detail = body["detail"].as_str().unwrap();
        assert!(!["secret", "log", "Idempotency-Key"].iter().any(|word| detail.contains(word)), "{detail}");
        said.extend(lines());
    }
    assert_eq!(said.len(), 1, "{said:?}");
    for told in ["r1", "votes", "secret", "500", "panic"] {
        assert!(!said[0].contains(told), "{said:?}");
    }
    assert_eq!(PANICS.take(), Vec::<String>::new());
    answer(&service, told_to("complaints", "panic")).await;
    assert!(PANICS.take()[0].contains("a secret panic"));
}

#[test]
fn failures_are_told_once_an_hour() {
    record();
    let (failures, now) = (Failures::default(), Instant::now());
    let mut told = Vec::new();
    for seconds in [0, 1, 3599, 3600, 3601] {
        failures.tell(now + Duration::from_secs(seconds));
        told.push(lines().len());
    }
    assert_eq!(told, [1, 0, 0, 1, 0]);
}

#[test]
fn the_thread_that_casts_says_nothing_of_its_panic() {
    record();
    let thread = thread::Builder::new().name(store::CASTER.to_owned()).spawn(|| {
        drop(catch_unwind(|| panic!("a secret entry")));
        (lines(), PANICS.take())
    });
    let (lines, panics) = thread.unwrap().join().unwrap();
    assert_eq!((lines.len(), panics.len()), (0, 0));
}

#[test]
fn the_libraries_below_log_nothing() {
    record();
    log::error!(target: "actix_http::h1::dispatcher", "a request");
    log::trace!(target: "mio::poll", "registering");
    assert_eq!(lines(), Vec::<String>::new());
    log::trace!(target: "api", "other");
    assert_eq!(lines(), ["other"]);
}

#[actix_web::test]
async fn silence_is_kept_while_it_works_and_not_meanwhile() {
    record();
    let begun = Notify::new();
    let silent = keep(async {
        log::info!("silent before");
        begun.notified().await;
        log::info!("silent after");
    });
    let other = async {
        log::info!("aloud");
        begun.notify_one();
    };
    join(silent, other).await;
    assert_eq!(lines(), ["aloud"]);
}

#[actix_web::test]
async fn no_answer_to_a_vote_is_stored_versioned_or_compressed() {
    let service = service!(rules(), handled());
    let rest = [told_to("votes", "fail"), told_to("votes", "panic")].into_iter().map(|request| (request, 500));
    for (request, status) in all_sorts().into_iter().chain(rest) {
        let (answered, headers, _) = answer(&service, request).await;
        let values = |name: &str| headers.get_all(name).map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!((answered, values("cache-control")), (status, vec!["no-store"]));
        assert!(!headers.contains_key("etag") && !headers.contains_key("content-encoding"));
    }
    let (_, headers, _) = answer(&service, post("complaints").insert_header(("accept-encoding", "gzip"))).await;
    assert!(headers.contains_key("etag") && headers.contains_key("content-encoding"));
}

#[actix_web::test]
async fn a_vote_takes_no_idempotency_key() {
    let handled = handled();
    let service = service!(rules(), Arc::clone(&handled));
    let (status, _, body) = answer(&service, post("votes").insert_header(("idempotency-key", "k1"))).await;
    assert_eq!((status, handled.available_permits()), (400, 0));
    assert_eq!(body["errors"][0]["header"], "idempotency-key", "{body}");
    assert!(body["detail"].as_str().unwrap().contains("leave the header out"), "{body}");
    answer(&service, post("complaints").insert_header(("idempotency-key", "k1"))).await;
    assert_eq!(handled.available_permits(), 1);
}

#[actix_web::test]
async fn the_metrics_tell_the_number_of_requests_alone_and_late() {
    let metrics = Metrics::new().unwrap();
    let service = service!(Rules { metrics: Some(metrics.clone()), ..rules() }, handled());
    let before = metrics.of_requests(Instant::now());
    let sorts = all_sorts();
    let sent = sorts.len();
    for (request, _) in sorts {
        answer(&service, request).await;
        assert_eq!(metrics.of_requests(Instant::now()), before);
    }
    let later = metrics.of_requests(Instant::now() + INTERVAL);
    assert_eq!(later, before.replace("mutuals_vote_requests_total 0", &format!("mutuals_vote_requests_total {sent}")));
    answer(&service, post("complaints")).await;
    assert!(metrics.of_requests(Instant::now()).contains(COMPLAINTS));
}

#[test]
fn a_count_is_shown_as_it_was_at_the_last_full_hour() {
    let began = Instant::now();
    let count = HourlyCount::new(began);
    let at = |minutes: u64| began + Duration::from_secs(60 * minutes);
    count.count(at(1));
    assert_eq!((count.shown(at(2)), count.shown(at(59))), (0, 0));
    count.count(at(59));
    // Nobody asked at the hour.
    count.count(at(61));
    assert_eq!((count.shown(at(62)), count.shown(at(119)), count.shown(at(120))), (2, 2, 3));
    count.count(at(121));
    assert_eq!((count.shown(at(179)), count.shown(at(300))), (3, 4));
}

#[actix_web::test]
async fn a_quota_of_requests_does_not_tell_of_votes() {
    let limits = RateLimits::new("3/3600".parse().ok(), None);
    let service = service!(Rules { limits: Arc::new(limits), ..rules() }, handled());
    for status in [201, 201, 201, 429] {
        let (answered, headers, _) = answer(&service, post("votes")).await;
        assert_eq!((answered, headers.contains_key("ratelimit")), (status, false));
    }
    let (status, headers, _) = answer(&service, to("GET", "votes")).await;
    let left = headers.get("ratelimit").unwrap().to_str().unwrap();
    assert!(status == 201 && left.starts_with("\"address\";r=2;"), "{left}");
}

#[actix_web::test]
async fn after_twenty_failures_an_address_must_wait() {
    for failures in [
        vec![("votes", "403"), ("complaints", "403")],
        vec![("votes", "400"), ("complaints", "422")],
        vec![("complaints", "400"), ("votes", "422")],
    ] {
        let service = service!(rules(), handled());
        for (path, act) in failures.iter().cycle().take(20) {
            let (status, ..) = answer(&service, told_to(path, act)).await;
            assert_eq!(status.to_string(), *act);
        }
        for (path, act) in [failures[0], failures[1]] {
            assert_eq!(answer(&service, post(path)).await.0, 201, "what is right passes");
            let (status, headers, body) = answer(&service, told_to(path, act)).await;
            let seconds: u32 = headers.get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
            assert!(status == 429 && (29..=30).contains(&seconds), "{status} {seconds}");
            assert!(body["detail"].as_str().unwrap().contains("20 failed requests in 600 s"), "{body}");
        }
        assert_eq!(answer(&service, to("GET", "votes")).await.0, 201, "others are not limited");
        let elsewhere = post("votes").peer_addr("192.0.2.2:5000".parse().unwrap());
        assert_eq!(answer(&service, elsewhere).await.0, 201);
    }
}

#[actix_web::test]
async fn what_the_gate_refuses_is_a_failure_too() {
    let bad = |number: usize| match number % 4 {
        0 => (post("votes").insert_header(("idempotency-key", "k1")), 400),
        1 => (post("votes").insert_header(("content-type", "text/plain")).insert_header(("content-length", 2)), 415),
        2 => (post("complaints").insert_header(("content-length", BODY_LIMIT + 1)), 413),
        _ => (post("complaints?x=1"), 400),
    };
    let service = service!(rules(), handled());
    for (request, status) in (0..20).map(bad) {
        assert_eq!(answer(&service, request).await.0, status);
    }
    assert_eq!(answer(&service, bad(0).0).await.0, 429);
    assert_eq!(answer(&service, post("votes")).await.0, 201);
}

#[actix_web::test]
async fn votes_that_are_cast_and_those_that_were_are_no_failures() {
    let service = service!(rules(), handled());
    for (path, act, status) in [
        ("votes", "", 201),
        ("votes", "409", 409),
        ("votes", "unavailable", 503),
        ("votes", "fail", 500),
        ("complaints", "", 201),
        ("complaints", "409", 409),
    ] {
        for _ in 0..50 {
            assert_eq!(answer(&service, told_to(path, act)).await.0, status);
        }
    }
    for _ in 0..50 {
        assert_eq!(answer(&service, to("GET", "votes?x=1").insert_header(("do", "403"))).await.0, 400);
        assert_eq!(answer(&service, to("PUT", "votes")).await.0, 405);
    }
    assert_eq!(answer(&service, post("votes")).await.0, 201);
}

/// A department, with blanks up to this many bytes.
fn padded(method: &str, path: &str, bytes: usize) -> TestRequest {
    let mut text = br#"{"name": "Cabinet Office", "kind": "other"}"#.to_vec();
    text.resize(bytes, b' ');
    to(method, path).insert_header(("content-type", "application/json")).set_payload(text)
}

#[actix_web::test]
async fn rolls_and_batches_of_paper_votes_may_be_large() {
    let service = service!(rules(), handled());
    let whole = |request: TestRequest, bytes: usize| request.insert_header(("content-length", bytes));
    let in_chunks = |request: TestRequest| request.insert_header(("transfer-encoding", "chunked"));
    for (method, path, limit) in [
        ("PUT", "roll", LARGE_BODY_LIMIT),
        ("PUT", "roll/a", LARGE_BODY_LIMIT),
        ("POST", "paper-batches", LARGE_BODY_LIMIT),
        ("POST", "roll", BODY_LIMIT),
    ] {
        for (bytes, status) in [(limit, 200), (limit + 1, 413)] {
            for request in [whole(padded(method, path, bytes), bytes), in_chunks(padded(method, path, bytes))] {
                let (answered, _, body) = answer(&service, request).await;
                assert_eq!(answered, status, "{method} {path} {bytes}: {body}");
                let is_told = body["detail"].as_str().is_some_and(|detail| detail.contains(&limit.to_string()));
                assert_eq!(is_told, status == 413, "{body}");
            }
        }
    }
    let large = whole(post("votes"), BODY_LIMIT + 1);
    assert_eq!(answer(&service, large).await.0, 413);
}

#[actix_web::test]
async fn four_large_bodies_are_read_at_a_time() {
    let (begun, end) = (handled(), Arc::new(Notify::new()));
    let app = App::new()
        .app_data(Data::from(Arc::clone(&begun)))
        .app_data(Data::from(Arc::clone(&end)))
        .route(ROLL, web::put().to(wait))
        .route(PAPER_BATCHES, web::post().to(wait));
    let service = init_service(app.wrap(Gate::new(rules()))).await;
    let sized = |method: &str, path: &str, bytes: usize| {
        let request = to(method, path).insert_header(("content-type", "application/json"));
        request.insert_header(("content-length", bytes))
    };
    let chunked = || {
        let request = to("PUT", "roll").insert_header(("content-type", "application/json"));
        request.insert_header(("transfer-encoding", "chunked"))
    };
    let large =
        || [sized("PUT", "roll", BODY_LIMIT + 1), sized("POST", "paper-batches", 1 << 20), chunked(), chunked()];
    let begin = async |requests| {
        let begin = begun.acquire_many(requests);
        timeout(Duration::from_secs(5), begin).await.expect("they begin").unwrap().forget();
    };
    for _ in 0..2 {
        let four = join_all(large().map(|request| answer(&service, request)));
        let others = async {
            begin(4).await;
            for one_more in large() {
                let refused = timeout(Duration::from_secs(5), answer(&service, one_more)).await;
                let (status, headers, body) = refused.expect("it does not begin");
                assert_eq!(status, 503, "{body}");
                assert_eq!(headers.get("retry-after").unwrap(), "1");
            }
            let small = answer(&service, sized("PUT", "roll", BODY_LIMIT));
            let ends = async {
                begin(1).await;
                end.notify_waiters();
            };
            join(small, ends).await.0
        };
        let (four, small) = join(four, others).await;
        assert_eq!(small.0, 200);
        assert!(four.iter().all(|(status, ..)| *status == StatusCode::OK.as_u16()), "a place is free again");
    }
}
