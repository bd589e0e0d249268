//! The newest changes as an Atom feed (RFC 4287), and what search engines ask for.

use actix_web::{HttpResponse, get};
use maud::{PreEscaped, html};

use crate::pages::home::{change, newest, page_of};
use crate::pages::json::{given, member, text};
use crate::pages::visit::Visit;
use crate::response::problem::Problem;

/// The newest entries that are in the feed.
const NEWEST: i64 = 50;
#[get("/feed.atom")]
pub async fn show_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let entries = newest(&visit, NEWEST).await?;
    let own = format!("{}/feed.atom", visit.app.address);
    let updated = entries.first().map_or("1970-01-01T00:00:00Z", |entry| text(entry, "at"));
    let feed = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" {
            title { "Register of public service mutuals: changes" }
            id { (own) }
            (PreEscaped("<link rel=\"self\" href=\"")) (own) (PreEscaped("\"/>"))
            updated { (updated) }
            @for entry in &entries {
                @let page = page_of(text(entry, "resource_type"), text(entry, "resource_id"), member(entry, "after"));
                @let link = format!("{}{}", visit.app.address, page.unwrap_or_else(|| "/log".to_owned()));
                entry {
                    title { (plain(&change(&visit, entry).into_string())) }
                    id { (own) "#" (text(entry, "leaf_hash")) }
                    (PreEscaped("<link href=\"")) (link) (PreEscaped("\"/>"))
                    updated { (text(entry, "at")) }
                    author { name { (given(entry, "actor").unwrap_or("the register")) } }
                }
            }
        }
    };
    let feed: String = feed.into_string().chars().filter(|letter| is_of_xml(*letter)).collect();
    Ok(visit.send("application/atom+xml; charset=utf-8", feed.into()))
}

/// Whether a character may stand in XML (XML 1.0, section 2.2).
fn is_of_xml(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
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
