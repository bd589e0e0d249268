//! The contract as a judge: whether an answer is one that the OpenAPI document promises.
//!
//! What the document leaves to HTTP is derived from it: `HEAD` from `GET`, `OPTIONS` and 405 from the methods of a path, 404
//! from the paths that there are.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use api::{EVERY_ANSWERS_HEADERS, ProblemType};
use hyper::Method;
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};

use crate::http::{Request, Response};

/// What the document is called while references into it are resolved.
const BASE: &str = "https://contract.invalid/openapi.json";
/// Below this is the documentation for people, which the document doesn't describe.
const DOCS: &str = "/docs";
/// The methods that a path of the document may have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const PROBLEM: &str = "application/problem+json";
/// Where the guide explains each code of an error.
const ERRORS_PAGE: &str = include_str!("../../docs/guide/errors.md");
/// What a record of the register has and a request must not set.
const READ_ONLY: [&str; 19] = [
    "id",
    "version",
    "created_at",
    "updated_at",
    "scrutineer_key_id",
    "scrutineer_report",
    "entered_by",
    "declared_by",
    "historic",
    "corrections",
    "result",
    "is_first",
    "launched_on",
    "ended_on",
    "launch_override_reason",
    // With `expand`.
    "mutual",
    "department",
    "other_departments",
    "successor",
];

/// What a record is entered with and a patch can't change.
const SET_ONCE: [&str; 4] = ["slug", "stage", "stage_since", "state"];

/// The OpenAPI document of the service with everything looked up in it that was needed so far.
#[derive(Debug)]
pub struct Contract {
    document: Value,
    operations: Vec<(String, Method, Value)>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let document = api::contract(api::described);
    Contract { operations: whole_operations(&document), document, validators: Mutex::default() }
});

/// Each operation with what its path and the document say for it.
fn whole_operations(document: &Value) -> Vec<(String, Method, Value)> {
    let mut operations = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (name, own) in item.as_object().unwrap().iter().filter(|(name, _)| METHODS.contains(&name.as_str())) {
            let mut operation = own.clone();
            let parameters = elements(&item["parameters"]).chain(elements(&own["parameters"]));
            operation["parameters"] = parameters.cloned().collect();
            if own["security"].is_null() {
                operation["security"] = document["security"].clone();
            }
            operations.push((template.clone(), name.to_ascii_uppercase().parse().unwrap(), operation));
        }
    }
    operations
}

/// The document with every described object closed: an answer with a member that isn't described is a fault of the document.
static CLOSED: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let mut document = CONTRACT.document.clone();
    for (name, schema) in document["components"]["schemas"].as_object_mut().unwrap() {
        // The one answer that is described in part only: the document itself.
        if name != "OpenApiDocument" && schema["properties"].is_object() && schema["additionalProperties"].is_null() {
            schema["additionalProperties"] = json!(false);
        }
    }
    Registry::new().add(BASE, document).unwrap().prepare().unwrap()
});

/// The member by which what is at this path names the record that it belongs to: the path says so already.
#[must_use]
pub fn parent_member(path: &str) -> Option<&'static str> {
    let mut words = path.split('/').skip(2);
    match (words.next(), words.nth(1)) {
        (Some("departments"), Some(_)) => Some("department_id"),
        (Some("mutuals"), Some(_)) => Some("mutual_id"),
        (Some("contracts"), Some(_)) => Some("contract_id"),
        _ => None,
    }
}

/// Whether the pages for people have this path.
fn is_page(path: &str) -> bool {
    let words = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let own = words(path);
    let fits = |template: &&str| {
        let template = words(template);
        template.len() == own.len()
            && template.iter().zip(&own).all(|(one, other)| one == other || one.starts_with('{'))
    };
    api::PAGES.iter().any(fits)
}

impl Contract {
    /// That of the service under test.
    pub fn of_the_service() -> &'static Self {
        &CONTRACT
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation: path template, method and what the document says of it, at the operation or for all of its path or for all.
    pub fn operations(&self) -> Vec<(&str, Method, &Value)> {
        let all = self.operations.iter();
        all.map(|(template, method, operation)| (template.as_str(), method.clone(), operation)).collect()
    }

    /// What a `$ref` stands for; anything else stands for itself.
    pub fn resolve<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value["$ref"].as_str() {
            Some(reference) => {
                let target = reference.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
                self.resolve(target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
            }
            None => value,
        }
    }

    /// Why a value is none that the schema at this JSON Pointer into the document describes.
    pub fn schema_faults(&self, pointer: &str, value: &Value) -> Vec<String> {
        let validator = self.validator(pointer);
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// In which ways the answer breaks what the document promises.
    pub fn faults(&self, request: &Request<'_>, response: &Response) -> Vec<String> {
        let path = request.path.split('?').next().unwrap_or_default();
        let may_be_page = is_page(path) || self.template(path).is_none() && !path.starts_with("/v1");
        if may_be_page && response.media_type() == Some("text/html") {
            return unless(response.header("content-security-policy").is_some(), "a page without a policy");
        }
        let mut faults = general_faults(path, response);
        if is_page(path) || path == DOCS || path.starts_with(&format!("{DOCS}/")) {
            return faults;
        }
        match self.template(path) {
            None => {
                faults.extend(unless(response.status() == 404 || response.status() == 400, "the path isn't documented"))
            }
            Some(template) if request.method == Method::OPTIONS => {
                faults.extend(self.options_faults(template, response))
            }
            Some(template) => faults.extend(self.operation_faults(template, request, response)),
        }
        faults
    }

    fn operation_faults(&self, template: &str, request: &Request<'_>, response: &Response) -> Vec<String> {
        let head = request.method == Method::HEAD;
        let method = if head { Method::GET } else { request.method.clone() };
        let pointer = format!("/paths/{}/{}", escape(template), method.as_str().to_ascii_lowercase());
        let Some(operation) = self.document.pointer(&pointer) else {
            let derived = response.status() == 405 && response.header("allow") == Some(&self.allow(template));
            return unless(derived, "the method isn't documented, and the answer isn't 405 with the right Allow");
        };
        let mut faults = self.request_faults(&pointer, request, response);
        let status = response.status().to_string();
        if operation["responses"][&status].is_null() {
            faults.push(format!("{} {template} doesn't document {status}", method));
            return faults;
        }
        let (place, promised) = self.follow(format!("{pointer}/responses/{status}"));
        faults.extend(self.header_faults(&place, request, response));
        faults.extend(self.header_faults("", request, response));
        faults.extend(self.body_faults(&place, promised, head, request, response));
        faults.extend(self.problem_faults(promised, response));
        faults
    }

    /// A problem must be of one of the types that the operation's answer of this status has examples of.
    fn problem_faults(&self, promised: &Value, response: &Response) -> Vec<String> {
        if response.media_type() != Some(PROBLEM) || response.bytes().is_empty() {
            return Vec::new();
        }
        let examples = promised["content"][PROBLEM]["examples"].as_object().into_iter().flatten();
        let types: Vec<&Value> = examples.map(|(_, example)| &self.resolve(example)["value"]["type"]).collect();
        let problem: Value = serde_json::from_slice(response.bytes()).unwrap_or_default();
        let is_listed = types.contains(&&problem["type"]);
        let mut faults = unless(is_listed, &format!("the problem {} is not one of {types:?}", problem["type"]));
        for code in elements(&problem["errors"]).filter_map(|error| error["code"].as_str()) {
            faults.extend(unless(
                ERRORS_PAGE.contains(&format!("`{code}`")),
                &format!("docs/guide/errors.md lacks `{code}`"),
            ));
        }
        faults
    }

    /// Where a change was accepted, the document must describe the body that it came with.
    fn request_faults(&self, operation: &str, request: &Request<'_>, response: &Response) -> Vec<String> {
        let media = if request.method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let pointer = format!("{operation}/requestBody/content/{}/schema", escape(media));
        let accepted = (200..300).contains(&response.status()) && !request.body.is_empty();
        if !accepted || self.document.pointer(&pointer).is_none() {
            return Vec::new();
        }
        let text = request.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&request.body);
        let mut body: Value = serde_json::from_slice(text).unwrap();
        // What was read can be sent back, and `null` stands for an absent member: liberties beyond the document.
        if let Some(members) = body.as_object_mut() {
            let parent = parent_member(&request.path);
            members.retain(|name, _| {
                !READ_ONLY.contains(&name.as_str())
                    && parent != Some(name)
                    && (request.method != Method::PATCH || parent.is_some() || !SET_ONCE.contains(&name.as_str()))
            });
            let figures = members.get_mut("published_figures").and_then(Value::as_array_mut);
            for figure in figures.into_iter().flatten().filter_map(Value::as_object_mut) {
                figure.remove("check");
            }
        }
        if request.method != Method::PATCH {
            remove_nulls(&mut body);
        }
        let faults = self.schema_faults(&pointer, &body).into_iter();
        faults.map(|fault| format!("the request was accepted, and the document forbids it: {fault}")).collect()
    }

    /// The headers that are promised at this place, or at none: those of every answer.
    fn header_faults(&self, place: &str, request: &Request<'_>, response: &Response) -> Vec<String> {
        let section = if place.is_empty() { EVERY_ANSWERS_HEADERS } else { "headers" };
        let section = format!("{place}/{section}");
        let mut faults = Vec::new();
        for name in self.document.pointer(&section).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let (place, header) = self.follow(format!("{section}/{}", escape(name)));
            let Some(value) = response.header(name) else {
                faults.extend(unless(may_be_absent(name, request), &format!("the header {name} is missing")));
                continue;
            };
            let is_number = self.resolve(&header["schema"])["type"] == "integer";
            let value = if is_number { value.parse::<i64>().map_or(json!(value), Value::from) } else { json!(value) };
            let broken = self.schema_faults(&format!("{place}/schema"), &value).into_iter();
            faults.extend(broken.map(|fault| format!("the header {name} is {value}: {fault}")));
        }
        faults
    }

    fn body_faults(
        &self,
        place: &str,
        promised: &Value,
        head: bool,
        request: &Request<'_>,
        response: &Response,
    ) -> Vec<String> {
        let content = promised["content"].as_object();
        let (Some(content), false) = (content, head) else {
            return unless(response.bytes().is_empty(), "there is a body, and none is documented");
        };
        let Some(media) = response.media_type().filter(|media| content.contains_key(*media)) else {
            return vec![format!("{:?} is not among the documented media types", response.media_type())];
        };
        if media == "application/x-ndjson" {
            let is_object = |line: &str| serde_json::from_str::<Map<String, Value>>(line).is_ok();
            let lines = str::from_utf8(response.bytes()).unwrap_or("not UTF-8");
            return unless(lines.lines().all(is_object), "a line of the body is no JSON object");
        }
        if !media.ends_with("json") {
            return unless(!response.bytes().is_empty(), "the body is empty");
        }
        match serde_json::from_slice(response.bytes()) {
            Ok(body) if asks_for_fields(request) && response.status() == 200 => {
                self.selected_faults(&format!("{place}/content/{}/schema", escape(media)), body)
            }
            Ok(body) => self.schema_faults(&format!("{place}/content/{}/schema", escape(media)), &body),
            Err(error) => vec![format!("the body is no JSON: {error}")],
        }
    }

    /// Items with some fields only lack others, and those that they have are as the schema says.
    fn selected_faults(&self, pointer: &str, mut body: Value) -> Vec<String> {
        let lacks = |fault: &String| fault.contains("is a required property");
        let mut faults: Vec<String> = Vec::new();
        for item in body["items"].as_array().into_iter().flatten() {
            let page = json!({ "items": [item] });
            faults.extend(self.schema_faults(pointer, &page).into_iter().filter(|fault| !lacks(fault)));
        }
        body["items"] = json!([]);
        faults.extend(self.schema_faults(pointer, &body));
        faults
    }

    fn options_faults(&self, template: &str, response: &Response) -> Vec<String> {
        let right = response.status() == 204
            && response.bytes().is_empty()
            && response.header("allow") == Some(&self.allow(template));
        unless(right, &format!("OPTIONS must be answered by 204 with Allow: {}", self.allow(template)))
    }

    /// The methods of a path as `Allow` names them.
    pub fn allow(&self, template: &str) -> String {
        let item = &self.document["paths"][template];
        let mut methods: Vec<String> = METHODS
            .iter()
            .filter(|method| item[**method].is_object())
            .map(|method| method.to_ascii_uppercase())
            .collect();
        if item["get"].is_object() {
            methods.push("HEAD".to_owned());
        }
        methods.push("OPTIONS".to_owned());
        methods.join(", ")
    }

    /// The path as the document writes it, where one is meant. One without a parameter is meant before one with.
    fn template(&self, path: &str) -> Option<&str> {
        let fits = |template: &str| {
            let (mut own, mut given) = (template.split('/'), path.split('/'));
            loop {
                match (own.next(), given.next()) {
                    (None, None) => return true,
                    (Some(word), Some(part)) if word == part || (word.starts_with('{') && !part.is_empty()) => {}
                    _ => return false,
                }
            }
        };
        let templates = self.document["paths"].as_object().unwrap().keys().map(String::as_str);
        templates.filter(|template| fits(template)).min_by_key(|template| template.matches('{').count())
    }

    /// The pointer that a chain of `$ref`s from this one ends at, and what is there.
    fn follow(&self, pointer: String) -> (String, &Value) {
        let value = self.document.pointer(&pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere"));
        match value["$ref"].as_str() {
            Some(reference) => self.follow(reference.trim_start_matches('#').to_owned()),
            None => (pointer, value),
        }
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = validators.entry(pointer.to_owned()).or_insert_with(|| {
            let fragment = pointer.replace('{', "%7B").replace('}', "%7D");
            let schema = json!({ "$ref": format!("{BASE}#{fragment}") });
            let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
            let validator = options.with_registry(&CLOSED).offline().build(&schema);
            Arc::new(validator.unwrap_or_else(|error| panic!("{pointer}: {error}")))
        });
        Arc::clone(known)
    }
}

/// Whether a list is asked for with some of the fields of its items.
fn asks_for_fields(request: &Request<'_>) -> bool {
    let query = request.path.split_once('?').map(|(_, query)| query).unwrap_or_default();
    query.split('&').any(|pair| pair.starts_with("fields="))
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(remove_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

/// Documented headers that an answer has in some cases only: a rehearsal stores no version, and what `PATCH` reads is told
/// to those who sent one.
fn may_be_absent(header: &str, request: &Request<'_>) -> bool {
    match header {
        "ETag" | "Last-Modified" | "Register-Entry" => request.path.contains("validate_only=true"),
        "Accept-Patch" => request.method != Method::PATCH,
        // They are there where limits are configured, or where the caller is traced: cases of their own see to that.
        "RateLimit" | "RateLimit-Policy" | "Traceparent" => true,
        _ => false,
    }
}

/// What holds for every answer, whatever it is to.
fn general_faults(path: &str, response: &Response) -> Vec<String> {
    let mut faults = Vec::new();
    let request_id = response.header("request-id");
    faults.extend(unless(request_id.is_some(), "there is no Request-Id"));
    faults.extend(unless(
        response.header("x-content-type-options") == Some("nosniff"),
        "X-Content-Type-Options isn't nosniff",
    ));
    for name in ["content-security-policy", "referrer-policy"] {
        faults.extend(unless(response.header(name).is_some(), &format!("there is no {name}")));
    }
    // A gateway of nginx names itself, and can't be kept from it.
    let is_silent = matches!(response.header("server"), None | Some("nginx"));
    faults.extend(unless(is_silent, "the server tells what it is"));
    let is_error = response.status() >= 400;
    faults.extend(unless(response.status() != 500, "the service failed"));
    if !is_error || response.bytes().is_empty() {
        return faults;
    }
    let Ok(problem) = serde_json::from_slice::<Value>(response.bytes()) else {
        faults.push("an error without a problem".to_owned());
        return faults;
    };
    let same = |member: &str, value: Value| {
        unless(problem[member] == value, &format!("`{member}` of the problem is {}, not {value}", problem[member]))
    };
    faults.extend(same("status", json!(response.status())));
    // As a reference: a `%` that begins no escape is escaped itself.
    let instance = path.split('%').enumerate().map(|(index, part)| match part.as_bytes() {
        _ if index == 0 => part.to_owned(),
        [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => format!("%{part}"),
        _ => format!("%25{part}"),
    });
    faults.extend(same("instance", json!(instance.collect::<String>())));
    faults.extend(same("request_id", json!(request_id)));
    match ProblemType::ALL.iter().find(|kind| problem["type"] == kind.address()) {
        Some(kind) => {
            faults.extend(same("title", json!(kind.title())));
            faults.extend(unless(
                kind.status().as_u16() == response.status(),
                "the status isn't that of the problem's type",
            ));
        }
        None => faults.push(format!("no problem type is {}", problem["type"])),
    }
    let one_place = |fault: &Value| {
        ["pointer", "parameter", "header"].iter().filter(|place| fault[**place].is_string()).count() == 1
    };
    let all_placed = problem["errors"].as_array().into_iter().flatten().all(one_place);
    faults.extend(unless(all_placed, "a fault is not at exactly one place"));
    faults
}

fn unless(right: bool, fault: &str) -> Vec<String> {
    if right { Vec::new() } else { vec![fault.to_owned()] }
}

/// A reference token of a JSON Pointer (RFC 6901).
fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Client;

    /// What the contract finds wrong with an answer.
    fn faults(method: &str, path: &str, answer: &str) -> Vec<String> {
        let client = Client::to(([127, 0, 0, 1], 1).into());
        let request = client.request(method.parse().unwrap(), path);
        let response = Response::parse(answer.replace('\n', "\r\n").as_bytes(), format!("{method} {path}"));
        Contract::of_the_service().faults(&request, &response)
    }

    const ALWAYS: &str = "request-id: r\ncache-control: no-store\nx-content-type-options: nosniff\nreferrer-policy: no-referrer\n\
                          content-security-policy: default-src 'none'";
    const ALIVE: &str = r#"{"status":"ok"}"#;

    fn problem(status: u16, slug: &str, instance: &str) -> String {
        let kind = ProblemType::ALL.iter().find(|kind| kind.slug() == slug).unwrap();
        let details = json!({
            "type": kind.address(), "title": kind.title(), "status": status, "detail": "so", "instance": instance, "request_id": "r",
        });
        format!("HTTP/1.1 {status} X\n{ALWAYS}\ncontent-type: application/problem+json\n\n{details}")
    }

    fn alive(headers: &str, body: &str) -> Vec<String> {
        faults("GET", "/livez", &format!("HTTP/1.1 200 OK\n{headers}\ncontent-type: application/json\n\n{body}"))
    }

    #[test]
    fn an_answer_that_is_promised_has_no_faults() {
        assert!(alive(ALWAYS, ALIVE).is_empty(), "{:?}", alive(ALWAYS, ALIVE));
        assert!(faults("GET", "/v1/mutuals/x", &problem(404, "not-found", "/v1/mutuals/x")).is_empty());
        assert!(faults("GET", "/nowhere", &problem(404, "unknown-path", "/nowhere")).is_empty());
        let options = format!("HTTP/1.1 204 X\n{ALWAYS}\nallow: GET, HEAD, OPTIONS\n\n");
        assert!(faults("OPTIONS", "/livez", &options).is_empty());
    }

    #[test]
    fn whatever_was_not_promised_is_a_fault() {
        let headers = ALWAYS;
        assert!(!alive(headers, r#"{"status":1}"#).is_empty(), "a wrong type");
        assert!(!alive(headers, r#"{"status":"ok","mood":"good"}"#).is_empty(), "a member that isn't described");
        assert!(!alive(headers, "{}").is_empty(), "a required member is missing");
        assert!(!alive(headers, "").is_empty(), "no body");
        assert!(
            !alive(&headers.replace("cache-control: no-store\n", ""), ALIVE).is_empty(),
            "a header of every answer is missing"
        );
        let without_link = format!("HTTP/1.1 304 X\n{headers}\netag: \"1\"\n\n");
        assert!(!faults("GET", "/v1/mutuals", &without_link).is_empty(), "a header of this answer is missing");
        let other = problem(400, "malformed-request", "/v1/keys/x").replace("malformed-request", "unknown-path");
        assert!(!faults("GET", "/v1/keys/x", &other).is_empty(), "a problem that the answer has no example of");
        assert!(!alive(&headers.replace("request-id: r\n", ""), ALIVE).is_empty(), "no request id");
        let html = format!("HTTP/1.1 200 OK\n{headers}\ncontent-type: text/html\n\n<p>");
        assert!(!faults("GET", "/livez", &html).is_empty(), "another media type");
        assert!(
            !faults("GET", "/livez", &problem(409, "name-taken", "/livez")).is_empty(),
            "a status that isn't documented"
        );
        assert!(!faults("GET", "/livez", &problem(500, "internal", "/livez")).is_empty(), "the service failed");
        assert!(!faults("POST", "/livez", &problem(405, "method-not-allowed", "/livez")).is_empty(), "no Allow");
        assert!(
            !faults("GET", "/nowhere", &format!("HTTP/1.1 200 OK\n{ALWAYS}\n\n")).is_empty(),
            "a path that isn't documented"
        );
        assert!(
            !faults("GET", "/v1/mutuals/x", &problem(404, "not-found", "/v1/mutuals/y")).is_empty(),
            "another instance"
        );
        assert!(
            !faults("GET", "/v1/mutuals/x", &problem(404, "gone", "/v1/mutuals/x")).is_empty(),
            "another status than the type's"
        );
        assert!(!faults("HEAD", "/livez", &format!("HTTP/1.1 200 OK\n{headers}\n\nx")).is_empty(), "HEAD with a body");
    }
}
