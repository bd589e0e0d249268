//! The newest changes, and those of each list, as Atom feeds (RFC 4287).

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use crate::pages::filter;
use crate::pages::frame::REGISTER;
use crate::pages::home::{change, name_of, newest, page_of};
use crate::pages::json::{given, items, member, number, text};
use crate::pages::list::{Listing, filters};
use crate::pages::place::as_query;
use crate::pages::visit::Visit;
use crate::pages::words::{called, capitalised};
use crate::response::problem::Problem;

/// What a feed has at most, newest first.
const NEWEST: i64 = 50;

const ATOM: &str = "application/atom+xml; charset=utf-8";

/// What stands in a feed once.
struct Entry<'a> {
    title: Markup,
    id: String,
    /// The path of its page.
    page: String,
    updated: &'a str,
    author: Option<&'a str>,
    summary: Option<String>,
}

#[get("/feed.atom")]
pub async fn show_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let newest = newest(&visit, NEWEST).await?;
    let entries: Vec<Entry> = newest
        .iter()
        .map(|entry| {
            let page = page_of(text(entry, "resource_type"), text(entry, "resource_id"), member(entry, "after"));
            Entry {
                title: plain(&change(&visit, entry).into_string()),
                id: format!("{}/feed.atom#{}", visit.app.address, text(entry, "leaf_hash")),
                page: page.unwrap_or_else(|| "/log".to_owned()),
                updated: text(entry, "at"),
                author: Some(given(entry, "actor").unwrap_or("the register")),
                summary: None,
            }
        })
        .collect();
    Ok(visit.send(ATOM, feed(&visit, &format!("{REGISTER}: changes"), "/", &entries)))
}

/// The feed of a list with the filters that the list takes: the last change of each record. It looks at all records, and tells nothing
/// of those that were deleted or no longer fit.
///
/// # Errors
/// Those of the API.
pub async fn show(visit: &Visit, listing: &Listing) -> Result<HttpResponse, Problem> {
    visit.expect_none(&["sort", "cursor", "limit", "fields", "count", "expand", "known_at"])?;
    let limit = NEWEST.to_string();
    let order = [("sort", "-updated_at"), ("limit", &*limit), ("expand", listing.expand)];
    let list = visit.get(&format!("{}?{}", listing.path, as_query(visit.filled_in().chain(order)))).await?;
    let entries: Vec<Entry> = items(&list, "items").map(|record| last_change(visit, listing, record)).collect();
    filter::learn(visit).await;
    let set: Vec<String> = filters(visit).map(|(name, value)| listing.filter(visit, name, value)).collect();
    let set = if set.is_empty() { String::new() } else { format!(" ({})", set.join(", ")) };
    let title = format!("{}{set} – {REGISTER}", capitalised(listing.many));
    let page = format!("{}{}", listing.page(), visit.query_with(&[]));
    Ok(visit.send(ATOM, feed(visit, &title, &page, &entries)))
}

/// A record as it was changed last. Each version of it is an entry of its own, the same in all feeds.
fn last_change<'a>(visit: &Visit, listing: &Listing, record: &'a Value) -> Entry<'a> {
    let what = capitalised(listing.one);
    let name = name_of(record).map_or_else(|| what.clone(), |name| format!("{what} “{name}”"));
    let version = number(record, "version");
    let done = if version == 1 { "entered" } else { "changed" };
    let page = format!("{}/{}", listing.page(), text(record, "id"));
    let stands = listing.facets.first().and_then(|facet| {
        let code = given(record, facet.parameter)?;
        Some(format!("{}: {}. ", facet.called, called(facet.list, code)))
    });
    let mutual = given(member(record, "mutual"), "name").map(|mutual| format!("Mutual: {mutual}. "));
    let summary = [stands, mutual].into_iter().flatten().collect::<String>();
    Entry {
        title: html! { (name) ": " (done) },
        id: format!("{}{page}#version-{version}", visit.app.address),
        page,
        updated: text(record, "updated_at"),
        author: None,
        summary: Some(summary.trim_end().to_owned()),
    }
}

/// Entries as a feed of what a page shows. An empty one has a date too, which must not change by itself.
fn feed(visit: &Visit, title: &str, page: &str, entries: &[Entry]) -> Bytes {
    let address = &visit.app.address;
    let own = format!("{address}{}{}", visit.path(), visit.query_with(&[]));
    let feed = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" {
            title { (title) }
            id { (own) }
            (PreEscaped("<link rel=\"self\" href=\"")) (own) (PreEscaped("\"/>"))
            (PreEscaped("<link href=\"")) (address) (page) (PreEscaped("\"/>"))
            updated { (entries.first().map_or("1970-01-01T00:00:00Z", |entry| entry.updated)) }
            author { name { (REGISTER) } }
            @for Entry { title, id, page, updated, author, summary } in entries {
                entry {
                    title { (title) }
                    id { (id) }
                    (PreEscaped("<link href=\"")) (address) (page) (PreEscaped("\"/>"))
                    updated { (updated) }
                    @if let Some(author) = author { author { name { (author) } } }
                    @if let Some(summary) = summary { summary { (summary) } }
                }
            }
        }
    };
    feed.into_string().chars().filter(|letter| is_of_xml(*letter)).collect::<String>().into()
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
