//! The documentation: the contract as one page for people. It can be read without a script; `docs.js` adds a form to each operation.
//!
//! It says what the contract says and knows no operation by name. Where the contract has something that isn't shown here, the links to
//! the contract itself lead to it.

use std::iter;
use std::sync::LazyLock;

use maud::{Markup, html};
use serde_json::Value;

use crate::pages::json::{items, member, members, text};
use crate::response::html;
use crate::service::tagged::TaggedText;

/// Beside the page: what it looks like, and what fills in its forms.
pub static STYLE: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("docs.css")));
/// See [`STYLE`].
pub static SCRIPT: LazyLock<TaggedText> = LazyLock::new(|| TaggedText::new(include_str!("docs.js")));

pub fn page(document: &Value) -> String {
    let contract = Contract(document);
    let info = member(document, "info");
    let title = text(info, "title");
    let head = html! {
        link rel="stylesheet" href="docs.css";
        script src="docs.js" defer {}
    };
    let content = html! {
        h1 { (title) }
        p { "Version " (text(info, "version")) " of the contract, to read and to try. For programs: "
            a href="../openapi.yaml" { "OpenAPI 3.1" } " or " a href="../openapi-3.0.yaml" { "3.0" } " as YAML, "
            a href="../openapi.json" { "3.1" } " or " a href="../openapi-3.0.json" { "3.0" } " as JSON." }
        (html::markdown(text(info, "description")))
        (publisher(info))
        @for (_, scheme) in members(member(document, "components"), "securitySchemes") {
            (html::markdown(text(scheme, "description")))
        }
        form id="key-form" hidden {
            label for="key" { "Your API key or JWT" }
            input id="key" type="password" autocomplete="off" spellcheck="false" aria-describedby="key-hint";
            p id="key-hint" { "Sent with each request that you try. It is kept only until you close this page." }
        }
        nav aria-label="Chapters" {
            ul {
                @for tag in items(document, "tags") { li { a href={ "#" (anchor(text(tag, "name"))) } { (text(tag, "name")) } } }
                li { a href="#schemas" { "Schemas" } }
            }
        }
        @for tag in items(document, "tags") { (contract.chapter(tag)) }
        h2 id="schemas" { "Schemas" }
        @for (name, schema) in members(member(document, "components"), "schemas") { (contract.schema(name, schema)) }
    };
    html::page_with(title, &head, &content).into_string()
}

/// Who answers for the register, and the licence.
fn publisher(info: &Value) -> Markup {
    let (contact, licence) = (member(info, "contact"), member(info, "license"));
    let linked = |of: &Value| match (text(of, "name"), text(of, "url")) {
        (name, "") => html! { (name) },
        ("", url) => html! { a href=(url) { (url) } },
        (name, url) => html! { a href=(url) { (name) } },
    };
    let address = text(contact, "email");
    html! {
        p {
            "Contact: " (linked(contact)) " "
            @if !address.is_empty() { a href={ "mailto:" (address) } { (address) } " " }
            "Licence: " (linked(licence))
        }
    }
}

struct Contract<'a>(&'a Value);

impl<'a> Contract<'a> {
    /// What a reference stands for; all else stands for itself.
    fn resolve(&self, value: &'a Value) -> &'a Value {
        let target = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        target.and_then(|pointer| self.0.pointer(pointer)).unwrap_or(value)
    }

    fn chapter(&self, tag: &'a Value) -> Markup {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let name = text(tag, "name");
        let operations = members(self.0, "paths").flat_map(|(path, of_path)| {
            METHODS.iter().filter_map(move |method| Some((path, of_path, *method, of_path.get(*method)?)))
        });
        let operations =
            operations.filter(|(.., operation)| items(operation, "tags").any(|tag| tag.as_str() == Some(name)));
        html! {
            h2 id=(anchor(name)) { (name) }
            p { (text(tag, "description")) }
            @for (path, of_path, method, operation) in operations { (self.operation(path, of_path, method, operation)) }
        }
    }

    fn operation(&self, path: &str, of_path: &'a Value, method: &str, operation: &'a Value) -> Markup {
        let parameters = items(of_path, "parameters").chain(items(operation, "parameters"));
        let parameters: Vec<&Value> = parameters.map(|parameter| self.resolve(parameter)).collect();
        let body = operation.get("requestBody").map(|body| self.resolve(body));
        // What an operation doesn't say of its own, the contract says for all.
        let own = if operation.get("security").is_some() { operation } else { self.0 };
        let security: Vec<&Value> = items(own, "security").collect();
        let takes_key = security.iter().any(|way| way.as_object().is_some_and(|way| !way.is_empty()));
        let needs_key = takes_key && security.iter().all(|way| way.as_object().is_some_and(|way| !way.is_empty()));
        let id = text(operation, "operationId");
        html! {
            details.operation id=(id) data-method=(method.to_uppercase()) data-path=(path) data-key[takes_key] {
                summary {
                    h3 { span class={ "method " (method) } { (method.to_uppercase()) } " " code { (path) } }
                    " " span { (text(operation, "summary")) }
                }
                (html::markdown(text(operation, "description")))
                p { "Called " code { (id) } " in clients. "
                    @if needs_key { "You need a key." } @else if takes_key { "You do not need a key. With a key, you may see more." } @else { "You do not need a key." } }
                @if !parameters.is_empty() { (self.parameters(&parameters)) }
                @if let Some(body) = body { (self.body(body)) }
                (self.responses(operation))
            }
        }
    }

    fn parameters(&self, parameters: &[&'a Value]) -> Markup {
        html! {
            h4 { "Parameters" }
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
                            td { (html::markdown(text(parameter, "description"))) }
                        }
                    }
                }
            }
        }
    }

    fn body(&self, body: &'a Value) -> Markup {
        html! {
            h4 { "Body" }
            @for (media_type, media) in members(body, "content") {
                p { code { (media_type) } ": " (self.shape(member(media, "schema"))) }
                pre.body data-type=(media_type) tabindex="0" { code { (self.example(media).map(plain).unwrap_or_default()) } }
            }
        }
    }

    fn responses(&self, operation: &'a Value) -> Markup {
        html! {
            h4 { "Answers" }
            table {
                thead { tr { th scope="col" { "Status" } th scope="col" { "Meaning" } th scope="col" { "Body" } } }
                tbody {
                    @for (status, response) in members(operation, "responses") {
                        @let response = self.resolve(response);
                        tr {
                            th scope="row" { (status) }
                            td { (html::markdown(text(response, "description"))) }
                            td {
                                @for (media_type, media) in members(response, "content") {
                                    div { code { (media_type) } ": " (self.shape(member(media, "schema"))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn schema(&self, name: &str, schema: &'a Value) -> Markup {
        let required: Vec<&str> = items(schema, "required").filter_map(Value::as_str).collect();
        let properties: Vec<(&str, &Value)> = members(schema, "properties").collect();
        let example = self.example(schema).filter(|example| example.is_object());
        html! {
            details.schema id={ "schema-" (name) } {
                summary { h3 { code { (name) } } }
                (html::markdown(text(schema, "description")))
                @if properties.is_empty() { p { (self.shape(schema)) (limits(schema)) } } @else {
                    table {
                        thead { tr { th scope="col" { "Member" } th scope="col" { "Value" } th scope="col" { "Meaning" } } }
                        tbody {
                            @for (name, property) in properties {
                                tr {
                                    th scope="row" { code { (name) } @if required.contains(&name) { " (required)" } }
                                    td { (self.shape(property)) (limits(property)) }
                                    td { (html::markdown(self.meaning(property))) }
                                }
                            }
                        }
                    }
                }
                @if let Some(example) = example { pre tabindex="0" { code { (plain(example)) } } }
            }
        }
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
            return html! { a href={ "#schema-" (name) } { (name) } };
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

fn anchor(tag: &str) -> String {
    format!("chapter-{}", tag.replace(' ', "-"))
}
