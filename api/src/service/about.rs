//! What the service says about itself: whether it lives and is ready, its contract, and its problem types.

use std::sync::OnceLock;

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::http::route;
use crate::openapi;
use crate::openapi::example::example_of;
use crate::openapi::profile::Profile;
use crate::openapi::yaml;
use crate::pages::reference::{self, Pages};
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::path::PathKey;
use crate::request::query::Query;
use crate::response::html;
use crate::response::problem::{Problem, ProblemDetails};
use crate::response::problem_type::ProblemType;
use crate::service::tagged::{TaggedText, revalidated};

/// What changes by the second.
const NEVER_KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(check_liveness)
        .service(check_readiness)
        .service(get_openapi_yaml)
        .service(get_openapi_json)
        .service(get_openapi_3_0_yaml)
        .service(get_openapi_3_0_json)
        .service(list_problem_types)
        .service(get_problem_type);
}

pub struct Contract {
    current: Forms,
    /// Made when somebody asks for it, since few do.
    older: OnceLock<Forms>,
    /// The same, of the pages on it.
    pages: OnceLock<Pages>,
}

struct Forms {
    yaml: TaggedText,
    json: TaggedText,
}

impl Contract {
    /// What is sent of a contract, which itself is not kept.
    pub fn of(document: &Value) -> Self {
        Self { current: Forms::of(document), older: OnceLock::new(), pages: OnceLock::new() }
    }

    fn older(&self) -> &Forms {
        self.older.get_or_init(|| Forms::of(&Profile::V3_0.of(self.document())))
    }

    /// The page of this path on the API, or on a type of problem.
    fn page(&self, app: &App, path: &str) -> Option<&TaggedText> {
        let make = || reference::pages(&self.document(), (&app.url(""), &app.address), openapi::example);
        self.pages.get_or_init(make).get(path)
    }

    /// The document, which takes twenty times the room of its text and is read from it.
    fn document(&self) -> Value {
        // What was written as JSON is read as JSON.
        serde_json::from_slice(self.current.json.plain()).unwrap_or_default()
    }
}

impl Forms {
    fn of(document: &Value) -> Self {
        Self { yaml: TaggedText::new(yaml::written(document)), json: TaggedText::new(document.to_string()) }
    }

    fn answer_yaml(&self, conditions: &IfChanged) -> HttpResponse {
        self.yaml.answer(conditions, "application/yaml")
    }

    fn answer_json(&self, conditions: &IfChanged) -> HttpResponse {
        self.json.answer(conditions, "application/json")
    }
}

/// The state of the service.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct Health {
    /// Always `ok`. In any other state, the response is a problem.
    #[schema(value_type = String, example = "ok", max_length = 20)]
    status: &'static str,
}

/// What this instance can do.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
struct ServiceReadiness {
    /// `ok` if it can read and write, or `read_only`. In any other state, the response is a problem.
    #[schema(value_type = String, example = "ok", max_length = 20)]
    status: &'static str,
    /// Why the clock of this instance may be wrong. Present only while the instance rejects changes because of it.
    #[schema(nullable = false, max_length = 1000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<String>,
    /// `differs from its log` if something in the register does not match the log. To find out what, the operator can
    /// run `mutuals log verify`. Otherwise absent, also before the first comparison.
    #[schema(value_type = String, nullable = false, max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    register: Option<&'static str>,
}

/// Which instances are ready.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReadinessQuery {
    /// `true` accepts an instance that can only read.
    #[param(default = false)]
    read_only: Option<bool>,
}

/// A problem type: what it means and what to do.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/problems/precondition-failed",
    "title": "The record has changed",
    "status": 412,
    "description": "`If-Match` names a version of the record that is not the current one.",
    "example": {
        "type": "/problems/precondition-failed", "title": "The record has changed", "status": 412,
        "detail": "the record is at version 3", "instance": "/v1/mutuals/locala", "request_id": "01890f6e-7c1a-7cc0-98c2-d0b6a2f6a3f1"
    }
}))]
struct ProblemKind {
    /// The address that problems of this type have as their `type`.
    #[schema(value_type = String, example = "/problems/precondition-failed", format = "uri-reference", max_length = 100)]
    r#type: &'static str,
    /// The problem type in words, always the same.
    #[schema(value_type = String, example = "The record has changed", max_length = 200)]
    title: &'static str,
    /// The HTTP status of problems of this type.
    #[schema(example = 412, minimum = 400, maximum = 599)]
    status: u16,
    /// What it means and what to do, in Markdown.
    #[schema(value_type = String, example = "`If-Match` names a version of the record that is not the current one.", max_length = 10000)]
    description: &'static str,
    /// An example of a problem of this type.
    #[schema(value_type = ProblemDetails<'static>)]
    example: Value,
}

/// A web page.
#[derive(ToSchema)]
#[schema(max_length = 100_000, example = "<!DOCTYPE html>")]
#[expect(dead_code, reason = "describes what is made elsewhere")]
struct HtmlPage(String);

/// Every problem type.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"items": [example_of::<ProblemKind>()]}))]
struct ProblemKindList {
    /// The problem types, in the order of their status.
    #[schema(max_items = 1000)]
    items: Vec<ProblemKind>,
}

/// The contract. Only the fields that identify it are described here.
#[derive(ToSchema)]
#[schema(example = json!({"openapi": "3.1.0"}))]
#[expect(dead_code, reason = "describes a document that is made elsewhere")]
struct OpenApiDocument {
    /// Version of the OpenAPI Specification.
    #[schema(example = "3.1.0", max_length = 20)]
    openapi: String,
}

impl From<ProblemType> for ProblemKind {
    fn from(kind: ProblemType) -> Self {
        Self {
            r#type: kind.address(),
            title: kind.title(),
            status: kind.status().as_u16(),
            description: kind.text(),
            example: openapi::example(kind),
        }
    }
}

/// Check that the service is running
///
/// Use this to decide whether to restart the service. It does not use the database.
#[utoipa::path(tag = "service", responses((status = 200, description = "The service is running", body = Health)))]
#[get("/livez")]
async fn check_liveness() -> HttpResponse {
    HttpResponse::Ok().insert_header(NEVER_KEPT).json(Health { status: "ok" })
}

/// Check that the service can handle requests
///
/// Use this to decide whether to send requests to an instance. It says within two seconds whether this instance can
/// read and write. If the instance has written nothing in the last two seconds, it tries a write. Overload does not
/// make an instance unready.
///
/// The response is 503 with the problem type `unavailable` if the instance cannot read or was told to stop. If it can read
/// but not write, the type is `clock` if its clock may be wrong, and otherwise `read-only`. With `read_only=true`, an
/// instance that can only read responds with 200 and the status `read_only`.
#[utoipa::path(
    tag = "service", params(ReadinessQuery),
    responses((status = 200, description = "The service can handle requests", body = ServiceReadiness))
)]
#[get("/readyz")]
async fn check_readiness(app: App, Query(asked): Query<ReadinessQuery>) -> Result<HttpResponse, Problem> {
    app.drain.check()?;
    let store::Readiness { reads, writes, clock } = app.store.readiness().await;
    reads.map_err(Problem::unavailable)?;
    let status = match (writes, clock) {
        (Ok(()), _) => "ok",
        (Err(_), _) if asked.read_only == Some(true) => "read_only",
        (Err(_), Some(doubt)) => return Err(Problem::clock(&doubt)),
        (Err(reason), None) => return Err(Problem::read_only(reason)),
    };
    let clock = clock.map(|doubt| doubt.to_string());
    // All instances show the same register: what is wrong with a record is no reason to send requests to another one, or to none.
    let register = (app.sweep.differences() > 0).then_some("differs from its log");
    Ok(HttpResponse::Ok().insert_header(NEVER_KEPT).json(ServiceReadiness { status, clock, register }))
}

/// Get the contract as YAML
///
/// The OpenAPI document of this version of the service.
#[utoipa::path(tag = "API description", params(IfNoneMatch), responses((status = 200, description = "The contract", body = OpenApiDocument, content_type = "application/yaml")))]
#[get("/openapi.yaml")]
async fn get_openapi_yaml(contract: Data<Contract>, conditions: IfChanged) -> HttpResponse {
    contract.current.answer_yaml(&conditions)
}

/// Get the contract as JSON
///
/// The OpenAPI document of this version of the service.
#[utoipa::path(tag = "API description", params(IfNoneMatch), responses((status = 200, description = "The contract", body = OpenApiDocument)))]
#[get("/openapi.json")]
async fn get_openapi_json(contract: Data<Contract>, conditions: IfChanged) -> HttpResponse {
    contract.current.answer_json(&conditions)
}

/// Get the contract in OpenAPI 3.0 as YAML
///
/// The same as `/openapi.yaml`, for client generators that do not support OpenAPI 3.1.
#[utoipa::path(tag = "API description", params(IfNoneMatch), responses((status = 200, description = "The contract", body = OpenApiDocument, content_type = "application/yaml")))]
#[get("/openapi-3.0.yaml")]
async fn get_openapi_3_0_yaml(contract: Data<Contract>, conditions: IfChanged) -> HttpResponse {
    contract.older().answer_yaml(&conditions)
}

/// Get the contract in OpenAPI 3.0 as JSON
///
/// The same as `/openapi.json`, for client generators that do not support OpenAPI 3.1.
#[utoipa::path(tag = "API description", params(IfNoneMatch), responses((status = 200, description = "The contract", body = OpenApiDocument)))]
#[get("/openapi-3.0.json")]
async fn get_openapi_3_0_json(contract: Data<Contract>, conditions: IfChanged) -> HttpResponse {
    contract.older().answer_json(&conditions)
}

/// List the problem types
///
/// Every problem type of the service. In a browser this is a web page.
#[utoipa::path(
    tag = "service",
    responses((status = 200, description = "All problem types", content(
        (ProblemKindList = "application/json"), (HtmlPage = "text/html")
    )))
)]
#[get("/problems")]
async fn list_problem_types(app: App, contract: Data<Contract>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let items = ProblemType::ALL.iter().map(|kind| ProblemKind::from(*kind)).collect();
    explained(&app, &contract, &request, &ProblemKindList { items })
}

/// Get a problem type
///
/// What a problem type means and what to do. In a browser this is a web page.
#[utoipa::path(
    tag = "service",
    params(("slug" = String, Path, description = "The last part of the problem's `type`.", example = "precondition-failed", max_length = 100)),
    responses((status = 200, description = "The problem type", content(
        (ProblemKind = "application/json"), (HtmlPage = "text/html")
    )))
)]
#[get("/problems/{slug}")]
async fn get_problem_type(
    app: App,
    contract: Data<Contract>,
    request: HttpRequest,
    PathKey(slug): PathKey<String>,
) -> Result<HttpResponse, Problem> {
    let found = ProblemType::ALL.iter().find(|kind| kind.slug() == slug);
    let kind = found.ok_or_else(|| Problem::not_found("there is no such problem type; /problems lists them all"))?;
    explained(&app, &contract, &request, &ProblemKind::from(*kind))
}

/// What is told of problems: as a page where a browser asks, rather than a program.
fn explained(
    app: &App,
    contract: &Contract,
    request: &HttpRequest,
    value: &impl Serialize,
) -> Result<HttpResponse, Problem> {
    let ranges = request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    let is_for_people = app.has_pages && route::prefers("text/html", "application/json", ranges);
    let page = if is_for_people { contract.page(app, request.path()) } else { None };
    let response = match page {
        Some(page) => page.answer(&IfChanged::of(request)?, html::HTML),
        None => HttpResponse::Ok().json(value),
    };
    let mut response = revalidated(response);
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// The path of the reference's front page ends with a slash.
#[get("/docs")]
pub async fn docs_front() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

/// The reference of the API.
#[get("/docs/{page:.*}")]
pub async fn docs_page(
    app: App,
    contract: Data<Contract>,
    request: HttpRequest,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let page = contract.page(&app, request.path()).ok_or_else(|| Problem::unknown_path(None))?;
    Ok(page.answer(&conditions, html::HTML))
}
