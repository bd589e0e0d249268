//! What a browser is shown where a page cannot be.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use maud::html;

use crate::pages::frame::{Page, framed};
use crate::pages::place::Place;
use crate::response::html::HTML;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// The response to a request for this path as a page; its status and headers stay. `base` is what the service's addresses begin
/// with, and `address` where people reach it.
pub fn respond(
    (base, address): (&str, &str),
    path: &str,
    (problem, request_id): (&Problem, &str),
    response: HttpResponse,
) -> HttpResponse {
    let details = problem.details(path, request_id);
    let place = Place::of_refusal(base.to_owned(), path);
    let is_unknown = details.status == 404 && problem.kind() == ProblemType::UnknownPath;
    let title = if is_unknown { "Page not found" } else { details.title };
    let content = html! {
        p class="lead" { @if is_unknown { "Check the address, or search the register." } @else { (details.detail) } }
        @if !problem.errors().is_empty() {
            ul {
                @for error in problem.errors() {
                    li { @if let Some(parameter) = &error.parameter { code { (parameter) } ": " } (error.detail) }
                }
            }
        }
        p { a href=(place.url("/search")) { "Search the register" } ", or go to the " a href=(place.url("/")) { "front page" } "." }
        p class="provenance" { "Status " (details.status) ", request " code { (request_id) } ". Name it if you ask for help." }
    };
    let page = framed(&place, address, &Page::new(title, content), false).into_string();
    let mut response = response.set_body(actix_web::body::BoxBody::new(page));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
    response
}
