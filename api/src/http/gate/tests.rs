use std::sync::Arc;

use actix_web::App;
use actix_web::body::to_bytes;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::web::{self, Bytes};
use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::*;
use crate::request::query::Query;

#[derive(Deserialize)]
struct Filter {
    size: Option<u32>,
}

async fn list(Query(filter): Query<Filter>) -> HttpResponse {
    HttpResponse::Ok().json(filter.size)
}

async fn fail() -> Result<HttpResponse, Problem> {
    Err(Problem::internal("the secret source"))
}

async fn read(body: Bytes) -> HttpResponse {
    HttpResponse::Ok().json(body.len())
}

async fn crash() -> HttpResponse {
    panic!("crashed")
}

fn routes() -> RouteTable {
    let answer = serde_json::json!({"200": {"description": "", "content": {"application/json": {}}}});
    let document = serde_json::json!({
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {
            "/list": {"get": {
                "parameters": [{"name": "size", "in": "query", "required": false}],
                "responses": answer,
            }},
            "/fail": {"get": {"responses": answer}},
            "/crash": {"get": {"responses": answer}},
            "/read": {"post": {"responses": answer, "requestBody": {"content": {"application/json": {}}}}},
            "/missing": {"get": {"responses": answer}},
        },
    });
    RouteTable::of(&serde_json::from_value::<OpenApi>(document).unwrap())
}

async fn call(request: TestRequest) -> (StatusCode, HeaderMap, Value) {
    let app = App::new()
        .route("/list", web::get().to(list))
        .route("/fail", web::get().to(fail))
        .route("/crash", web::get().to(crash))
        .route("/read", web::post().to(read))
        .wrap(Gate::new(Rules { routes: Arc::new(routes()), ..Rules::default() }));
    let app = init_service(app).await;
    let response = match try_call_service(&app, request.to_request()).await {
        Ok(answer) => answer.into_parts().1,
        Err(error) => error.error_response(),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}

async fn refusal(request: TestRequest) -> (u16, String) {
    let (status, headers, body) = call(request).await;
    assert_eq!(headers.get("content-type").unwrap(), "application/problem+json");
    assert_eq!(headers.get("request-id").unwrap().to_str().unwrap(), body["request_id"]);
    assert_eq!(body["status"], status.as_u16());
    (status.as_u16(), body["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned())
}

#[actix_web::test]
async fn checks_come_in_the_order_of_the_contract() {
    let bad = |method: Method, path: &str| {
        let broken = [("accept", "text/html"), ("content-type", "text/plain"), ("request-id", "{}")];
        broken.into_iter().fold(TestRequest::with_uri(path).method(method), TestRequest::insert_header)
    };
    let large = || vec![b' '; BODY_LIMIT + 1];
    assert_eq!(refusal(bad(Method::POST, "/nowhere?x=1").set_payload(large())).await.0, 404);
    assert_eq!(refusal(bad(Method::PUT, "/read?x=1").set_payload(large())).await.0, 405);
    assert_eq!(refusal(bad(Method::POST, "/read?x=1").set_payload(large())).await.0, 406);
    let json = |request: TestRequest| request.insert_header(("accept", "application/json"));
    let sized = |request: TestRequest, size: usize| {
        request.insert_header(("content-length", size)).set_payload(vec![b' '; size])
    };
    assert_eq!(refusal(json(sized(bad(Method::POST, "/read?x=1"), BODY_LIMIT + 1))).await.0, 413);
    assert_eq!(refusal(json(sized(bad(Method::POST, "/read?x=1"), 2))).await.0, 415);
    let read = json(sized(bad(Method::POST, "/read?x=1"), 2)).insert_header(("content-type", "application/json"));
    assert_eq!(refusal(read).await, (400, "malformed-request".to_owned()));
    assert_eq!(refusal(TestRequest::with_uri("/fail?x=1")).await, (400, "invalid-parameter".to_owned()));
}

#[actix_web::test]
async fn head_is_answered_as_get_and_options_by_the_gate() {
    let (status, headers, _) = call(TestRequest::with_uri("/list").method(Method::HEAD)).await;
    assert_eq!(
        (status, headers.get("content-type").unwrap().as_bytes()),
        (StatusCode::OK, b"application/json".as_slice())
    );
    let (status, headers, _) = call(TestRequest::with_uri("/read").method(Method::OPTIONS)).await;
    assert_eq!(
        (status, headers.get("allow").unwrap().as_bytes()),
        (StatusCode::NO_CONTENT, b"POST, OPTIONS".as_slice())
    );
    let (status, headers, _) = call(TestRequest::with_uri("/read").method(Method::HEAD)).await;
    assert_eq!(
        (status, headers.get("allow").unwrap().as_bytes()),
        (StatusCode::METHOD_NOT_ALLOWED, b"POST, OPTIONS".as_slice())
    );
}

#[actix_web::test]
async fn unknown_parameters_are_told_with_the_faults_of_the_others() {
    let (status, _, body) = call(TestRequest::with_uri("/list?sise=1&size=x")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let told: Vec<_> =
        body["errors"].as_array().unwrap().iter().map(|error| error["parameter"].as_str().unwrap()).collect();
    assert_eq!(told, ["sise", "size"]);
}

#[actix_web::test]
async fn a_failure_or_a_panic_tells_nothing_of_its_source() {
    for path in ["/fail", "/crash"] {
        let (status, headers, body) = call(TestRequest::with_uri(path).insert_header(("request-id", "r1"))).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(headers.get("request-id").unwrap(), "r1");
        assert_eq!((body["instance"].as_str(), body["request_id"].as_str()), (Some(path), Some("r1")));
        assert!(!body.to_string().contains("secret") && !body.to_string().contains("crashed"));
    }
}

#[actix_web::test]
async fn errors_of_the_framework_become_problems() {
    let (_, _, body) = call(TestRequest::with_uri("/miss{a}|%7b%7%z^\"[]")).await;
    assert_eq!(body["instance"], "/miss%7Ba%7D%7C%7b%257%25z%5E%22%5B%5D");
    assert_eq!(refusal(TestRequest::with_uri("/missing")).await, (404, "unknown-path".to_owned()));
    assert_eq!(refusal(TestRequest::with_uri("/list%FF")).await, (400, "malformed-request".to_owned()));
    let large = TestRequest::post().uri("/read").insert_header(("transfer-encoding", "chunked"));
    let large = large.insert_header(("content-type", "application/json")).set_payload(vec![b' '; 5_000_000]);
    assert_eq!(refusal(large).await, (413, "payload-too-large".to_owned()));
}
