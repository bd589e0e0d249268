//! What the contract says about each path, in the form that the gate asks for: which operation a request means, what
//! that operation reads, answers and takes as parameters. Knows the document, not the handlers.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use utoipa::openapi::path::{self, ParameterIn, PathItem};
use utoipa::openapi::{Components, OpenApi, RefOr};

use crate::caller::access;
use crate::openapi::operation::of_path;
use crate::response::problem;

/// Where the documentation for people is; it isn't part of the contract.
pub const DOCS: &str = "/docs";

/// The path of the check whether the process responds.
pub const LIVENESS: &str = "/livez";

/// The path of the readiness check, which fails like a change.
pub const READINESS: &str = "/readyz";

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    root: Node,
    prefixes: Vec<Arc<Route>>,
}

/// One path template and its operations.
#[derive(Debug)]
pub struct Route {
    /// The path as the document writes it.
    pub template: Box<str>,
    /// The methods of the path, as `Allow` lists them.
    pub allow: HeaderValue,
    /// Whether its answers may hold what only the caller may know.
    pub shows_secrets: bool,
    /// Whether it is a page for people, which the document does not describe.
    pub is_page: bool,
    operations: Vec<(Method, Operation)>,
}

/// What the gate checks before an operation's handler is called.
#[derive(Debug, Default)]
pub struct Operation {
    /// Whether it matters who asks.
    pub asks_who: bool,
    /// Whether it is refused to callers who don't say who they are.
    pub needs_key: bool,
    /// Whether callers get different answers from it.
    pub depends_on_caller: bool,
    /// Whether it takes an `Idempotency-Key`.
    pub is_repeatable: bool,
    /// Whether it takes `If-Match`.
    pub is_versioned: bool,
    /// The names of the query parameters, where they are known.
    pub parameters: Option<Vec<Box<str>>>,
    reads: Vec<Box<str>>,
    answers: Vec<Box<str>>,
}

/// A step of the way along a path: fixed words go before parameters.
#[derive(Clone, Debug, Default)]
struct Node {
    words: Vec<(Box<str>, Node)>,
    parameter: Option<Box<Node>>,
    route: Option<Arc<Route>>,
}

impl RouteTable {
    pub fn of(document: &OpenApi) -> Self {
        let mut table = Self::default();
        for (template, item) in &document.paths.paths {
            let route = Arc::new(Route::new(template, operations(template, item, document.components.as_ref())));
            table.root.place(template.strip_prefix('/'), route);
        }
        table
    }

    /// The same with everything below a prefix, which only GET reads and the document doesn't describe.
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        self.prefixes.push(Arc::new(Route::page(prefix)));
        self
    }

    /// The same with a page that only GET reads and the document doesn't describe.
    #[must_use]
    pub fn with_page(mut self, path: &str) -> Self {
        self.root.place(path.strip_prefix('/'), Arc::new(Route::page(path)));
        self
    }

    /// The path that somebody may have meant who sent one that no operation has: the same with the spelling that all paths have.
    pub fn nearest(&self, path: &str) -> Option<String> {
        let words = path.split('/').filter(|word| !word.is_empty());
        let as_they_are: Vec<&str> = words.collect();
        let respelled = as_they_are.iter().map(|word| match word.to_ascii_lowercase().replace('_', "-") {
            word if self.is_word(&word) => word,
            _ => (*word).to_owned(),
        });
        let respelled = format!("/{}", respelled.collect::<Vec<_>>().join("/"));
        let candidates = [format!("/{}", as_they_are.join("/")), respelled.clone(), format!("/v1{respelled}")];
        let route = |candidate: &&String| self.root.find(candidate.strip_prefix('/'));
        let described = candidates.iter().filter(|candidate| **candidate != path && route(candidate).is_some());
        // Those who are told are programs: what the contract has comes before a page.
        described.min_by_key(|candidate| route(candidate).is_none_or(|route| route.is_page)).cloned()
    }

    /// Whether some path has this fixed word.
    fn is_word(&self, word: &str) -> bool {
        self.root.has_word(word)
    }

    pub fn find(&self, path: &str) -> Option<&Arc<Route>> {
        self.root
            .find(Some(path.strip_prefix('/')?))
            .or_else(|| self.prefixes.iter().find(|route| route.is_above(path)))
    }
}

impl Route {
    fn new(template: &str, operations: Vec<(Method, Operation)>) -> Self {
        let mut methods: Vec<&str> = operations.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        let allow = HeaderValue::try_from(methods.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"));
        let shows_secrets = access::shows_secrets(template);
        Self { template: template.into(), allow, shows_secrets, is_page: false, operations }
    }

    fn page(template: &str) -> Self {
        Self { is_page: true, ..Self::new(template, vec![(Method::GET, Operation::default())]) }
    }

    pub fn operation(&self, method: &Method) -> Option<&Operation> {
        self.operations.iter().find_map(|(own, operation)| (own == method).then_some(operation))
    }

    fn is_above(&self, path: &str) -> bool {
        path.strip_prefix(&*self.template).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Operation {
    /// Whether one of the operation's answers is acceptable. `ranges` are the values of `Accept`. Who asks for problems gets one, or
    /// what there is: generated clients name the media type of whichever answer they know best.
    pub fn is_acceptable<'a>(&self, ranges: impl Iterator<Item = &'a str> + Clone) -> bool {
        let ranges = ranges.flat_map(|value| value.split(',')).map(str::trim).filter(|range| !range.is_empty());
        self.answers.is_empty()
            || ranges.clone().next().is_none()
            || quality(problem::MEDIA_TYPE, named(ranges.clone())) > 0.0
            || self.answers.iter().any(|answer| quality(answer, ranges.clone()) > 0.0)
    }

    /// Whether the operation reads bodies of this `Content-Type`.
    pub fn reads(&self, content_type: &str) -> bool {
        let mut parts = content_type.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let is_utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
            !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        });
        is_utf8 && self.reads.iter().any(|own| own.eq_ignore_ascii_case(essence))
    }

    pub fn takes_body(&self) -> bool {
        !self.reads.is_empty()
    }

    /// What the operation reads, for people.
    pub fn read_types(&self) -> String {
        self.reads.join(" or ")
    }

    /// What the operation answers, for people.
    pub fn answer_types(&self) -> String {
        self.answers.join(" or ")
    }
}

impl Node {
    fn place(&mut self, rest: Option<&str>, route: Arc<Route>) {
        let Some(rest) = rest else {
            self.route = Some(route);
            return;
        };
        let (word, rest) = first_word(rest);
        if word.starts_with('{') {
            self.parameter.get_or_insert_default().place(rest, route);
        } else if let Some((_, next)) = self.words.iter_mut().find(|(own, _)| **own == *word) {
            next.place(rest, route);
        } else {
            let mut next = Self::default();
            next.place(rest, route);
            self.words.push((word.into(), next));
        }
    }

    fn has_word(&self, word: &str) -> bool {
        let mut below = self.words.iter().map(|(_, next)| next).chain(self.parameter.as_deref());
        self.words.iter().any(|(own, _)| **own == *word) || below.any(|next| next.has_word(word))
    }

    fn find(&self, rest: Option<&str>) -> Option<&Arc<Route>> {
        let Some(rest) = rest else { return self.route.as_ref() };
        let (word, rest) = first_word(rest);
        let fixed = self.words.iter().find(|(own, _)| **own == *word).and_then(|(_, next)| next.find(rest));
        let parameter = self.parameter.as_ref().filter(|_| !word.is_empty());
        fixed.or_else(|| parameter.and_then(|next| next.find(rest)))
    }
}

fn first_word(rest: &str) -> (&str, Option<&str>) {
    rest.split_once('/').map_or((rest, None), |(word, rest)| (word, Some(rest)))
}

fn operations(template: &str, item: &PathItem, components: Option<&Components>) -> Vec<(Method, Operation)> {
    let own = of_path(item).map(|(method, operation)| {
        let own = Operation {
            asks_who: access::asks_who(&method, template),
            needs_key: access::needs_key(&method, template),
            depends_on_caller: access::depends_on_caller(&method, template),
            ..operation_of(operation, components)
        };
        (method, own)
    });
    own.collect()
}

fn operation_of(operation: &path::Operation, components: Option<&Components>) -> Operation {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            match components?.parameters.get(name)? {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            }
        }
    });
    let takes_header = |name: &str| {
        let mut headers = parameters.clone().filter(|it| matches!(it.parameter_in, ParameterIn::Header));
        headers.any(|parameter| parameter.name.eq_ignore_ascii_case(name))
    };
    let (is_repeatable, is_versioned) = (takes_header("Idempotency-Key"), takes_header("If-Match"));
    let query = parameters.filter(|parameter| matches!(parameter.parameter_in, ParameterIn::Query));
    let body = operation.request_body.as_ref().and_then(|body| match body {
        RefOr::T(body) => Some(body.content.keys()),
        RefOr::Ref(_) => None,
    });
    let mut reads: Vec<Box<str>> = body.into_iter().flatten().map(|media| media.as_str().into()).collect();
    if reads.iter().any(|media| **media == *MERGE_PATCH) {
        reads.push(JSON.into());
    }
    let successes = operation.responses.responses.iter().filter(|(status, _)| status.starts_with('2'));
    let answers = successes.filter_map(|(_, response)| match response {
        RefOr::T(response) => Some(response.content.keys()),
        RefOr::Ref(_) => None,
    });
    Operation {
        parameters: Some(query.map(|parameter| parameter.name.as_str().into()).collect()),
        reads,
        answers: answers.flatten().map(|media| media.as_str().into()).collect(),
        is_repeatable,
        is_versioned,
        ..Operation::default()
    }
}

/// Whether a caller would rather have one media type than the other. `ranges` are the values of `Accept`.
pub fn prefers<'a>(one: &str, other: &str, ranges: impl Iterator<Item = &'a str> + Clone) -> bool {
    let ranges = ranges.flat_map(|value| value.split(',')).map(str::trim);
    quality(one, ranges.clone()) > quality(other, ranges)
}

/// The ranges that name the media type of problems.
fn named<'a>(ranges: impl Iterator<Item = &'a str> + Clone) -> impl Iterator<Item = &'a str> + Clone {
    ranges.filter(|range| {
        let media = range.split(';').next().unwrap_or_default();
        media.trim().eq_ignore_ascii_case(problem::MEDIA_TYPE)
    })
}

/// How much a caller who sent these ranges wants this media type: the most specific range that covers it decides
/// (RFC 9110, section 12.5.1).
fn quality<'a>(media: &str, ranges: impl Iterator<Item = &'a str>) -> f32 {
    let mut best = (0, 0.0);
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let specificity = specificity(parts.next().unwrap_or_default(), media);
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        if specificity > best.0 {
            best = (specificity, weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)));
        }
    }
    best.1
}

fn specificity(range: &str, media: &str) -> u8 {
    if range.eq_ignore_ascii_case(media) {
        3
    } else if range == "*/*" {
        1
    } else {
        let main = range.strip_suffix("/*").zip(media.split('/').next());
        if main.is_some_and(|(range, media)| range.eq_ignore_ascii_case(media)) { 2 } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi as _;
    use utoipa::openapi::content::ContentBuilder;
    use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder};
    use utoipa::openapi::request_body::RequestBodyBuilder;
    use utoipa::openapi::response::ResponseBuilder;

    use super::*;

    #[derive(utoipa::OpenApi)]
    struct Empty;

    fn operation(reads: &[&str], answers: &[&str], parameters: &[&str]) -> path::Operation {
        let mut response = ResponseBuilder::new();
        for media in answers {
            response = response.content(*media, ContentBuilder::new().build());
        }
        let mut operation = OperationBuilder::new().response("200", response.build());
        for name in parameters {
            operation =
                operation.parameter(ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query).build());
        }
        let mut body = RequestBodyBuilder::new();
        for media in reads {
            body = body.content(*media, ContentBuilder::new().build());
        }
        operation.request_body((!reads.is_empty()).then(|| body.build())).build()
    }

    fn table() -> RouteTable {
        let mut document = Empty::openapi();
        let paths = &mut document.paths;
        paths.add_path_operation("/v1/mutuals", vec![HttpMethod::Get], operation(&[], &[JSON], &["limit"]));
        paths.add_path_operation("/v1/mutuals", vec![HttpMethod::Post], operation(&[JSON], &[JSON], &[]));
        paths.add_path_operation(
            "/v1/mutuals/{mutual}",
            vec![HttpMethod::Patch],
            operation(&[MERGE_PATCH], &[JSON], &[]),
        );
        paths.add_path_operation("/v1/mutuals/export.csv", vec![HttpMethod::Get], operation(&[], &["text/csv"], &[]));
        paths.add_path_operation("/v1/mutuals/{mutual}/returns", vec![HttpMethod::Get], operation(&[], &[JSON], &[]));
        RouteTable::of(&document).with_prefix("/docs")
    }

    fn template(path: &str) -> Option<String> {
        table().find(path).map(|route| route.template.to_string())
    }

    #[test]
    fn a_path_finds_its_template() {
        assert_eq!(template("/v1/mutuals").as_deref(), Some("/v1/mutuals"));
        assert_eq!(template("/v1/mutuals/x").as_deref(), Some("/v1/mutuals/{mutual}"));
        assert_eq!(template("/v1/mutuals/export.csv").as_deref(), Some("/v1/mutuals/export.csv"));
        assert_eq!(template("/v1/mutuals/export.csv/returns").as_deref(), Some("/v1/mutuals/{mutual}/returns"));
        assert_eq!(template("/docs").as_deref(), Some("/docs"));
        assert_eq!(template("/docs/a/b").as_deref(), Some("/docs"));
        for unknown in ["", "/", "*", "/v1", "/v1/", "/v1/mutuals/", "/v1/mutuals//returns", "/v1/mutuals/x/", "/docsx"]
        {
            assert_eq!(template(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_path_in_another_spelling_leads_to_the_right_one() {
        let nearest = |path: &str| table().nearest(path);
        for (path, right) in [
            ("/v1/mutuals/", "/v1/mutuals"),
            ("//v1//mutuals", "/v1/mutuals"),
            ("/v1/mutuals/x/", "/v1/mutuals/x"),
            ("/V1/Mutuals/Calder/returns/", "/v1/mutuals/Calder/returns"),
            ("/mutuals/x", "/v1/mutuals/x"),
            ("/v1/mutuals/RETURNS/Returns", "/v1/mutuals/returns/returns"),
        ] {
            assert_eq!(nearest(path).as_deref(), Some(right), "{path}");
        }
        for unknown in ["", "/", "//", "/v2/mutuals", "/v1/x", "/v1/mutuals/a/b/c", &"/".repeat(5000)] {
            assert_eq!(nearest(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn head_and_options_follow_from_the_others() {
        let table = table();
        assert_eq!(table.find("/v1/mutuals").unwrap().allow, "GET, POST, HEAD, OPTIONS");
        assert_eq!(table.find("/v1/mutuals/x").unwrap().allow, "PATCH, OPTIONS");
    }

    #[test]
    fn the_most_specific_range_decides_what_is_acceptable() {
        let table = table();
        let list = table.find("/v1/mutuals").unwrap().operation(&Method::GET).unwrap();
        for yes in [
            "",
            "*/*",
            "application/*",
            "text/html, application/json;q=0.1",
            "Application/JSON; charset=utf-8",
            "text/*;q=0, */*",
            "application/problem+json",
            "Application/Problem+JSON;q=0.5, text/html",
        ] {
            assert!(list.is_acceptable([yes].into_iter()), "{yes}");
        }
        for no in [
            "text/html",
            "application/json;q=0, */*",
            "text/*",
            "nonsense",
            "*/*;q=0",
            "application/problem+json;q=0, text/html",
        ] {
            assert!(!list.is_acceptable([no].into_iter()), "{no}");
        }
        assert!(list.is_acceptable(["text/html", JSON].into_iter()));
        assert!(list.is_acceptable(std::iter::empty()));
    }

    #[test]
    fn a_merge_patch_may_also_be_called_json() {
        let table = table();
        let patch = table.find("/v1/mutuals/x").unwrap().operation(&Method::PATCH).unwrap();
        for yes in [MERGE_PATCH, JSON, "application/json; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            assert!(patch.reads(yes), "{yes}");
        }
        for no in ["text/plain", "", "application/json; charset=latin1", "application/vnd.api+json"] {
            assert!(!patch.reads(no), "{no}");
        }
        let create = table.find("/v1/mutuals").unwrap().operation(&Method::POST).unwrap();
        assert!(!create.reads(MERGE_PATCH));
    }

    #[test]
    fn query_parameters_are_those_of_the_document() {
        let table = table();
        let names =
            |path: &str| table.find(path)?.operation(&Method::GET)?.parameters.as_ref().map(|names| names.join(","));
        assert_eq!(names("/v1/mutuals").as_deref(), Some("limit"));
        assert_eq!(names("/v1/mutuals/export.csv").as_deref(), Some(""));
        assert_eq!(names("/docs/x"), None);
    }
}
