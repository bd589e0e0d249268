//! The reference of the API: the contract as pages for people, one for each chapter, operation and schema. They can be read without a
//! script; `try.js` adds a form to each operation.
//!
//! It says what the contract says and knows no operation by name. Where the contract has something that isn't shown here, the links to
//! the contract itself lead to it.

use std::collections::HashMap;
use std::iter;

use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::table;
use crate::pages::frame::{Page, framed};
use crate::pages::json::{items, member, members, text};
use crate::pages::place::Place;
use crate::pages::words::capitalised;
use crate::response::html::markdown;
use crate::response::problem_type::ProblemType;
use crate::service::tagged::TaggedText;

/// Pages by their paths.
pub type Pages = HashMap<String, TaggedText>;

/// All pages of this contract, and those on the types of problem. `base` is what addresses of the service begin with, and `address`
/// where people reach it. `example` gives an example of a type of problem.
pub fn pages(document: &Value, (base, address): (&str, &str), example: impl Fn(ProblemType) -> Value) -> Pages {
    let contract = Contract { document, base };
    let mut pages: Vec<(String, Page)> =
        vec![("/docs/".to_owned(), contract.front()), ("/docs/schemas".to_owned(), contract.schemas())];
    pages.extend(
        items(document, "tags").map(|tag| (format!("/docs/{}", anchor(text(tag, "name"))), contract.chapter(tag))),
    );
    pages.extend(contract.operations().map(|it| (format!("/docs/operations/{}", it.id()), contract.operation(&it))));
    let schemas = members(member(document, "components"), "schemas");
    pages.extend(schemas.map(|(name, schema)| (format!("/docs/schemas/{name}"), contract.schema(name, schema))));
    pages.push(("/problems".to_owned(), problems(base)));
    pages.extend(
        ProblemType::ALL.iter().map(|kind| (format!("/problems/{}", kind.slug()), problem(*kind, &example(*kind)))),
    );
    let written = pages.into_iter().map(|(path, page)| {
        let html = framed(&Place::of_refusal(base.to_owned(), &path), address, &page, false).into_string();
        (path, TaggedText::new(html))
    });
    written.collect()
}

/// What the types of problem are.
fn problems(base: &str) -> Page {
    let content = html! {
        p { "Every error response of the API is a problem (RFC 9457). Its " code { "type" } " is one of these:" }
        ul {
            @for kind in ProblemType::ALL {
                li { a href={ (base) "/problems/" (kind.slug()) } { (kind.title()) } " (" (kind.status().as_u16()) ")" }
            }
        }
    };
    Page::new("Problem types", content).under("API", "/docs/")
}

/// What a type of problem means, with an example.
fn problem(kind: ProblemType, example: &Value) -> Page {
    let content = html! {
        p { code { (kind.address()) } ", with the status " (kind.status().as_u16()) }
        (markdown(kind.text()))
        h2 { "An example" }
        pre tabindex="0" { code { (plain(example)) } }
    };
    Page::new(kind.title(), content).under("API", "/docs/").under("Problem types", "/problems")
}

/// Who answers for the register, and the licence.
fn publisher(info: &Value) -> Markup {
    let (contact, licence) = (member(info, "contact"), member(info, "license"));
    let linked = |of: &Value| match (text(of, "name"), text(of, "url")) {
        (name, "") => html! { (name) },
        ("", url) => html! { a href=(url) { (url) } },
        (name, url) => html! { a href=(url) { (name) } },
    };
    let email = text(contact, "email");
    let has_contact = contact.is_object()
        && (!text(contact, "name").is_empty() || !text(contact, "url").is_empty() || !email.is_empty());
    html! {
        @if has_contact { p { "Contact: " (linked(contact)) " " @if !email.is_empty() { a href={ "mailto:" (email) } { (email) } } } }
        @if licence.is_object() { p { "Licence: " (linked(licence)) } }
    }
}

/// An operation of the contract.
struct Operation<'a> {
    path: &'a str,
    of_path: &'a Value,
    method: &'static str,
    own: &'a Value,
}

impl<'a> Operation<'a> {
    fn id(&self) -> &'a str {
        text(self.own, "operationId")
    }

    fn has_tag(&self, tag: &str) -> bool {
        items(self.own, "tags").any(|own| own.as_str() == Some(tag))
    }
}

struct Contract<'a> {
    document: &'a Value,
    base: &'a str,
}

impl<'a> Contract<'a> {
    /// What a reference stands for; all else stands for itself.
    fn resolve(&self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    fn operations(&self) -> impl Iterator<Item = Operation<'a>> + use<'a> {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        members(self.document, "paths").flat_map(|(path, of_path)| {
            METHODS
                .iter()
                .filter_map(move |method| Some(Operation { path, of_path, method, own: of_path.get(*method)? }))
        })
    }

    fn front(&self) -> Page {
        let info = member(self.document, "info");
        let content = html! {
            p { "Version " (text(info, "version")) " of the contract, to read and to try. For programs: "
                a href={ (self.base) "/openapi.yaml" } { "OpenAPI 3.1" } " or " a href={ (self.base) "/openapi-3.0.yaml" } { "3.0" } " as YAML, "
                a href={ (self.base) "/openapi.json" } { "3.1" } " or " a href={ (self.base) "/openapi-3.0.json" } { "3.0" } " as JSON." }
            (markdown(text(info, "description")))
            (publisher(info))
            h2 { "Chapters" }
            ul class="results" {
                @for tag in items(self.document, "tags") {
                    @let name = text(tag, "name");
                    li { a href={ (self.base) "/docs/" (anchor(name)) } { (capitalised(name)) } ": " (text(tag, "description")) }
                }
                li { a href={ (self.base) "/docs/schemas" } { "Schemas" } ": what is in the bodies, field by field" }
                li { a href={ (self.base) "/problems" } { "Problem types" } ": what an error means, and what to do" }
            }
            h2 { "Keys" }
            @for (_, scheme) in members(member(self.document, "components"), "securitySchemes") { (markdown(text(scheme, "description"))) }
        };
        Page::new("The API", content)
    }

    fn chapter(&self, tag: &'a Value) -> Page {
        let name = text(tag, "name");
        let rows: Vec<Vec<Markup>> = self
            .operations()
            .filter(|it| it.has_tag(name))
            .map(|it| {
                let link = html! { a href={ (self.base) "/docs/operations/" (it.id()) } { (text(it.own, "summary")) } };
                vec![link, html! { span class="method" { (it.method.to_uppercase()) } " " code { (it.path) } }]
            })
            .collect();
        let content = html! {
            p class="lead" { (text(tag, "description")) }
            (table(&["To", "Call"], &rows))
        };
        Page::new(capitalised(name), content).under("API", "/docs/")
    }

    fn schemas(&self) -> Page {
        let content = html! {
            ul class="columns" {
                @for (name, _) in members(member(self.document, "components"), "schemas") {
                    li { a href={ (self.base) "/docs/schemas/" (name) } { (name) } }
                }
            }
        };
        Page::new("Schemas", content).under("API", "/docs/")
    }

    fn operation(&self, it: &Operation<'a>) -> Page {
        let Operation { path, of_path, method, own: operation } = it;
        let parameters = items(of_path, "parameters").chain(items(operation, "parameters"));
        let parameters: Vec<&Value> = parameters.map(|parameter| self.resolve(parameter)).collect();
        let body = operation.get("requestBody").map(|body| self.resolve(body));
        // What an operation doesn't say of its own, the contract says for all.
        let own = if operation.get("security").is_some() { operation } else { self.document };
        let security: Vec<&Value> = items(own, "security").collect();
        let takes_key = security.iter().any(|way| way.as_object().is_some_and(|way| !way.is_empty()));
        let needs_key = takes_key && security.iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty()));
        let method = method.to_uppercase();
        let content = html! {
            p { span class="method" { (method) } " " code { (path) } }
            (markdown(text(operation, "description")))
            p {
                @if needs_key { "You need a key. " } @else if takes_key { "You do not need a key. With a key, you may see more. " } @else { "You do not need a key. " }
                "Clients call it " code { (it.id()) } "."
            }
            div id="operation" data-method=(method) data-path=(path) data-base=(self.base) data-key[takes_key] {
                @if !parameters.is_empty() { (self.parameters(&parameters)) }
                @if let Some(body) = body { (self.body(body)) }
            }
            h2 id="try" { "Try it" }
            noscript { p { "The form to try it needs JavaScript. The guide has commands to paste." } }
            (self.responses(operation))
        };
        let chapter = items(operation, "tags").find_map(Value::as_str).unwrap_or_default();
        Page::new(text(operation, "summary"), content)
            .under("API", "/docs/")
            .under(capitalised(chapter), format!("/docs/{}", anchor(chapter)))
            .with_script("/pages/try.js")
    }

    fn parameters(&self, parameters: &[&'a Value]) -> Markup {
        html! {
            h2 { "Parameters" }
            div class="wide" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "In" } th scope="col" { "Value" } th scope="col" { "Meaning" } } }
                    tbody {
                        @for parameter in parameters {
                            @let schema = member(parameter, "schema");
                            @let is_required = parameter.get("required") == Some(&Value::Bool(true));
                            @let example = if is_required { self.example(parameter) } else { None };
                            tr data-name=(text(parameter, "name")) data-in=(text(parameter, "in")) data-required[is_required]
                                data-many[text(schema, "type") == "array"] data-example=[example.map(plain)] {
                                th scope="row" { code { (text(parameter, "name")) } @if is_required { " (required)" } }
                                td { (text(parameter, "in")) }
                                td { (self.shape(schema)) (limits(schema)) }
                                td { (markdown(text(parameter, "description"))) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn body(&self, body: &'a Value) -> Markup {
        html! {
            h2 { "Body" }
            @for (media_type, media) in members(body, "content") {
                p { code { (media_type) } ": " (self.shape(member(media, "schema"))) }
                pre class="body" data-type=(media_type) tabindex="0" { code { (self.example(media).map(plain).unwrap_or_default()) } }
            }
        }
    }

    fn responses(&self, operation: &'a Value) -> Markup {
        html! {
            h2 { "Responses" }
            @for (status, response) in members(operation, "responses") {
                @let response = self.resolve(response);
                h3 { (status) }
                (markdown(text(response, "description")))
                @for (media_type, media) in members(response, "content") {
                    p { code { (media_type) } ": " (self.shape(member(media, "schema"))) }
                    @if media_type == "application/problem+json" { (self.problems(media)) }
                }
            }
        }
    }

    /// The types of problem that a response has examples of.
    fn problems(&self, media: &'a Value) -> Markup {
        let examples = members(media, "examples").map(|(_, example)| member(self.resolve(example), "value"));
        let types: Vec<(&str, &str)> =
            examples.map(|problem| (text(problem, "type"), text(problem, "title"))).collect();
        html! {
            @if !types.is_empty() { ul { @for (address, title) in &types { li { a href={ (self.base) (address) } { (title) } } } } }
        }
    }

    fn schema(&self, name: &str, schema: &'a Value) -> Page {
        let required: Vec<&str> = items(schema, "required").filter_map(Value::as_str).collect();
        let properties: Vec<(&str, &Value)> = members(schema, "properties").collect();
        let example = self.example(schema).filter(|example| example.is_object());
        let rows: Vec<Vec<Markup>> = properties
            .iter()
            .map(|(name, property)| {
                vec![
                    html! { code { (name) } @if required.contains(name) { " (required)" } },
                    html! { (self.shape(property)) (limits(property)) },
                    markdown(self.meaning(property)),
                ]
            })
            .collect();
        let content = html! {
            (markdown(text(schema, "description")))
            @if rows.is_empty() { p { (self.shape(schema)) (limits(schema)) } } @else { (table(&["Field", "Value", "Meaning"], &rows)) }
            @if let Some(example) = example { h2 { "An example" } pre tabindex="0" { code { (plain(example)) } } }
        };
        Page::new(name, content).under("API", "/docs/").under("Schemas", "/docs/schemas")
    }

    /// A property that has no description of its own means what its schema means.
    fn meaning(&self, property: &'a Value) -> &'a str {
        match text(property, "description") {
            "" => text(self.resolve(property), "description"),
            own => own,
        }
    }

    /// What values a schema describes, in a few words.
    fn shape(&self, schema: &'a Value) -> Markup {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next()) {
            return html! { a href={ (self.base) "/docs/schemas/" (name) } { (name) } };
        }
        let alternatives: Vec<&Value> = ["oneOf", "anyOf", "allOf"].iter().flat_map(|way| items(schema, way)).collect();
        if !alternatives.is_empty() {
            return html! { @for (n, one) in alternatives.iter().enumerate() { @if n > 0 { " or " } (self.shape(one)) } };
        }
        let kinds = match member(schema, "type") {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            kind => kind.as_str().unwrap_or("any value").to_owned(),
        };
        let format = text(schema, "format");
        html! {
            (kinds)
            @if kinds.contains("array") { " of " (self.shape(member(schema, "items"))) }
            @if !format.is_empty() { " (" (format) ")" }
        }
    }

    /// The example of a parameter, a body or a schema: its own, or that of a schema behind it.
    fn example(&self, of: &'a Value) -> Option<&'a Value> {
        const FARTHEST: usize = 5;
        let behind =
            |at: &&'a Value| Some(at.get("schema").or_else(|| at.get("items")).unwrap_or_else(|| self.resolve(at)));
        iter::successors(Some(of), behind).take(FARTHEST).find_map(|at| match at.get("examples") {
            Some(Value::Array(examples)) => examples.first(),
            Some(Value::Object(examples)) => {
                examples.values().next().and_then(|named| self.resolve(named).get("value"))
            }
            _ => at.get("example"),
        })
    }
}

/// What a value is held to beside its type.
fn limits(schema: &Value) -> Markup {
    const LIMITS: [(&str, &str); 8] = [
        ("minLength", "minimum length: "),
        ("maxLength", "maximum length: "),
        ("minimum", "at least "),
        ("maximum", "at most "),
        ("minItems", "minimum number of items: "),
        ("maxItems", "maximum number of items: "),
        ("pattern", "pattern: "),
        ("default", "default: "),
    ];
    let words: Vec<&Value> = ["enum", "x-extensible-enum"].iter().flat_map(|list| items(schema, list)).collect();
    html! {
        @for (name, says) in LIMITS {
            @if let Some(limit) = schema.get(name) { small { (says) code { (plain(limit)) } } }
        }
        @if !words.is_empty() {
            small { "one of " @for (n, word) in words.iter().enumerate() { @if n > 0 { ", " } code { (plain(word)) } } }
        }
    }
}

/// Text as it is, and everything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

/// The path of a chapter.
fn anchor(tag: &str) -> String {
    tag.to_lowercase().replace(' ', "-")
}
