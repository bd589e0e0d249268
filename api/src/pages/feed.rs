//! The newest changes as an Atom feed (RFC 4287), and what search engines ask for.

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use maud::{PreEscaped, html};

use crate::pages::home::{change, newest, page_of};
use crate::pages::json::{member, number, text};
use crate::pages::visit::Visit;
use crate::response::problem::Problem;

/// The newest entries that are in the feed.
const NEWEST: i64 = 50;
/// The parameters of the feed.
const KNOWN: [&str; 3] = ["mutual", "department", "resource_type"];

#[get("/feed.atom")]
pub async fn show_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&KNOWN)?;
    let entries = newest(&visit, NEWEST).await?;
    let of_kind = |entry: &&serde_json::Value| {
        visit.parameter("resource_type").is_none_or(|kind| text(entry, "resource_type") == kind)
    };
    let of = |entry: &serde_json::Value, kind: &str| {
        visit.parameter(kind).is_none_or(|wanted| {
            let after = member(entry, "after");
            [text(entry, "resource_id"), text(after, "slug"), text(after, &format!("{kind}_id"))].contains(&wanted)
        })
    };
    let shown: Vec<&serde_json::Value> =
        entries.iter().filter(of_kind).filter(|entry| of(entry, "mutual") && of(entry, "department")).collect();
    let own = format!("{}/feed.atom", visit.app.address);
    let updated = entries.first().map_or("1970-01-01T00:00:00Z", |entry| text(entry, "at"));
    let feed = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" {
            title { "Register of public service mutuals: changes" }
            id { (own) }
            (PreEscaped("<link rel=\"self\" href=\"")) (own) (PreEscaped("\"/>"))
            updated { (updated) }
            @for entry in shown {
                @let page = page_of(text(entry, "resource_type"), text(entry, "resource_id"), member(entry, "after"));
                @let link = format!("{}{}", visit.app.address, page.unwrap_or_else(|| "/log".to_owned()));
                entry {
                    title { (plain(&change(&visit, entry).into_string())) }
                    id { (own) "#" (number(entry, "seq")) }
                    (PreEscaped("<link href=\"")) (link) (PreEscaped("\"/>"))
                    updated { (text(entry, "at")) }
                    author { name { (text(entry, "actor")) } }
                }
            }
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .content_type("application/atom+xml; charset=utf-8")
        .body(feed.into_string()))
}

/// Markup without its elements. What it escapes stays escaped.
fn plain(markup: &str) -> PreEscaped<String> {
    let mut text = String::new();
    let mut is_element = false;
    for letter in markup.chars() {
        match letter {
            '<' => is_element = true,
            '>' => is_element = false,
            _ if is_element => {}
            _ => text.push(letter),
        }
    }
    PreEscaped(text)
}

#[get("/robots.txt")]
pub async fn show_robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("User-agent: *\nDisallow: /v1/\nDisallow: /search\n")
}
