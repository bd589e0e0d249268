//! Pieces that several kinds of page have.

use maud::{Markup, html};
use serde_json::Value;

use crate::pages::json::{given, items, member, number, text};
use crate::pages::visit::Visit;
use crate::pages::words::{called, count, date, grouped, instant};

/// The facts of a record, each with its name; what is not known says so.
pub fn summary(facts: &[(&str, Option<Markup>)]) -> Markup {
    html! {
        dl class="summary" {
            @for (name, fact) in facts {
                div {
                    dt { (name) }
                    dd { @match fact { Some(fact) => (fact), None => span class="unknown" { "Not known" } } }
                }
            }
        }
    }
}

/// A text as a fact.
pub fn fact(known: Option<&str>) -> Option<Markup> {
    known.map(|known| html! { (known) })
}

/// A date as a fact.
pub fn day(of: &Value, name: &str) -> Option<Markup> {
    given(of, name).map(|known| html! { (date(known)) })
}

/// A code as a fact.
pub fn code(of: &Value, name: &str, list: &str) -> Option<Markup> {
    given(of, name).map(|code| html! { (called(list, code)) })
}

/// A link to the page of a record that is named in another, as `{"id", "slug", "name"}`.
pub fn named(visit: &Visit, pages: &str, record: &Value) -> Option<Markup> {
    let id = given(record, "slug").or_else(|| given(record, "id"))?;
    let name = given(record, "name").unwrap_or(id);
    Some(html! { a href=(visit.to(&format!("/{pages}/{id}"))) { (name) } })
}

/// A figure of the API: a number with the page of the records behind it, and how many more there may be.
pub fn figure(visit: &Visit, figure: &Value) -> Markup {
    let value = member(figure, "count").as_i64().unwrap_or_else(|| number(figure, "total"));
    let lacking = number(figure, "lacking");
    let behind = text(figure, "url");
    html! {
        @if behind.is_empty() { (grouped(value)) } @else { a href=(visit.page_of(behind)) { (grouped(value)) } }
        @if lacking > 0 { " " small { "and possibly up to " (grouped(lacking)) " more" } }
    }
}

/// A large figure with what it counts.
pub fn tile(visit: &Visit, what: &str, value: &Value, more: Markup) -> Markup {
    html! {
        div class="tile" {
            dt { (what) }
            dd { (figure(visit, value)) (more) }
        }
    }
}

/// Where a record has its facts from.
pub fn sources(record: &Value) -> Markup {
    html! {
        h2 id="sources" { "Sources" }
        @if items(record, "sources").next().is_none() { p { "No source is on record." } } @else {
            ul class="sources" {
                @for source in items(record, "sources") {
                    li {
                        @match (given(source, "title"), given(source, "url").filter(|url| is_web(url))) {
                            (title, Some(url)) => a class=[title.is_none().then_some("bare")] href=(url) rel="external noreferrer" { (title.unwrap_or(url)) },
                            (title, None) => (title.unwrap_or("Without a title")),
                        }
                        @if let Some(note) = given(source, "note") { br; (note) }
                    }
                }
            }
        }
    }
}

fn is_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// When a record was entered and changed last, and what leads to its history.
pub fn provenance(visit: &Visit, record: &Value, history: Option<&str>) -> Markup {
    html! {
        p class="provenance" {
            "Version " (number(record, "version")) ", entered on " (instant(text(record, "created_at")))
            ", last changed on " (instant(text(record, "updated_at"))) ". "
            @if let Some(history) = history { a href=(visit.to(history)) { "What changed, and when" } }
        }
    }
}

/// The way to the next page of a list.
pub fn pager(visit: &Visit, list: &Value) -> Markup {
    let next = given(list, "next_cursor");
    let is_first = visit.parameter("cursor").is_none();
    html! {
        @if next.is_some() || !is_first {
            nav class="pager" aria-label="Pages" {
                @if !is_first { a href=(visit.here(&visit.query_with(&[("cursor", "")]))) { "First page" } }
                @if let Some(next) = next { a rel="next" href=(visit.here(&visit.query_with(&[("cursor", next)]))) { "Next page" } }
            }
        }
    }
}

/// How many records a list has in all, if that was asked for.
pub fn total(list: &Value, one: &str, many: &str) -> String {
    match (member(list, "total").as_i64(), member(list, "total_at_least").as_i64()) {
        (Some(total), _) => count(total, one, many),
        (None, Some(least)) => format!("At least {}", count(least, one, many)),
        (None, None) => String::new(),
    }
}

/// A sentence of the API, with the codes in it as words.
pub fn sentence(said: &str) -> Markup {
    let mut letters = said.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let text = first + letters.as_str();
    // What stands in backquotes and is no code is somebody's own words.
    let is_code =
        |part: &str| part.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let parts = text.split('`').enumerate();
    let words: String = parts
        .map(|(place, part)| match place % 2 {
            1 if is_code(part) => part.replace('_', " "),
            1 => format!("`{part}`"),
            _ => part.to_owned(),
        })
        .collect();
    html! { (words) @if !words.ends_with('.') { "." } }
}
