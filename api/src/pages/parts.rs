//! Pieces that several kinds of page have.

use maud::{Markup, html};
use serde_json::Value;

use crate::pages::json::{given, is, items, member, number, text};
use crate::pages::names;
use crate::pages::visit::Visit;
use crate::pages::words::{called, called_within, capitalised, count, date, grouped, instant};
use crate::service::code_list;

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
    let path = format!("/{pages}/{id}");
    // What was not there yet at the instant of the page has no page at it.
    let address = if is(record, "is_of_today") { visit.url(&path) } else { visit.to(&path) };
    Some(html! { a href=(address) { (name) } })
}

/// The same for a record that is named there only by its id, in `<member>_id`, if it cannot be expanded.
pub fn named_or_told(visit: &Visit, pages: &str, record: &Value, name: &str) -> Option<Markup> {
    let told = given(record, &format!("{name}_id")).map(|_| html! { "on record, and not public" });
    named(visit, pages, member(record, name)).or(told)
}

/// Names what a record of another instant refers to, as `expand` of the API does for those of today.
pub async fn expand(visit: &Visit, pages: &str, words: &str, record: &mut Value) {
    for word in words.split(',') {
        let other = match word {
            "mutual" => "mutuals",
            "department" | "other_departments" => "departments",
            _ => pages,
        };
        let of = |record: &Value| -> Vec<String> {
            let many = items(record, &format!("{}_ids", word.trim_end_matches('s'))).filter_map(Value::as_str);
            given(record, &format!("{word}_id")).into_iter().chain(many).map(str::to_owned).collect()
        };
        let mut named: Vec<Value> = Vec::new();
        for id in of(record) {
            visit.learn(other, &id).await;
            named.extend(visit.named(&id));
        }
        let value = if word.ends_with('s') { Some(Value::Array(named)) } else { named.pop() };
        if let (Some(value), Some(members)) = (value, record.as_object_mut()) {
            members.insert(word.to_owned(), value);
        }
    }
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

/// A sentence of the API, with the codes, members and dates in it as words.
pub fn sentence(said: &str) -> Markup {
    html! { (plain(said)) }
}

/// Lists whose codes stand in sentences of the API, those first whose words no other list has.
const LISTS: [&str; 6] = ["procedure", "protection-kind", "contract-status", "constituency", "effect", "stage"];

fn plain(said: &str) -> String {
    // What stands in backquotes and is no code is somebody's own words.
    let is_code = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    // A member in brackets only tells a program where the fact belongs.
    let mut text = String::new();
    let mut rest = said;
    while let Some((before, from)) = rest.split_once(" (`") {
        text.push_str(before);
        match from.split_once("`)") {
            Some((code, after)) if is_code(code) => rest = after,
            _ => {
                text.push_str(" (`");
                rest = from;
            }
        }
    }
    text.push_str(rest);
    let words: String = text
        .split('`')
        .enumerate()
        .map(|(place, part)| match place % 2 {
            1 if is_code(part) => code_in_words(part),
            1 => format!("`{part}`"),
            _ => with_dates(part),
        })
        .collect();
    let words = capitalised(&words);
    if words.ends_with('.') { words } else { format!("{words}.") }
}

fn code_in_words(code: &str) -> String {
    if names::is_of_member(code) {
        return format!("“{}”", names::of_member(code));
    }
    let label = LISTS.iter().find(|list| code_list::label_of(list, code).is_some());
    label.map_or_else(|| code.replace('_', " "), |list| called_within(list, code))
}

/// A text with each day in it, such as `2012-07-31`, as people write it.
fn with_dates(text: &str) -> String {
    const DAY: &str = "2012-07-31";
    let mut told = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let day = rest.get(..DAY.len()).filter(|day| day.parse::<chrono::NaiveDate>().is_ok());
        let is_alone = !told.ends_with(|before: char| before.is_ascii_alphanumeric() || before == '-' || before == '/');
        if let Some(day) = day.filter(|_| is_alone) {
            told.push_str(&date(day));
            rest = rest.get(DAY.len()..).unwrap_or_default();
        } else {
            told.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_the_api_are_told_without_codes() {
        let cases = [
            ("no contract is on record", "No contract is on record."),
            (
                "`service_users` have supported the mutual since 2012-07-31",
                "Service users have supported the mutual since 31 July 2012.",
            ),
            (
                "The contract that this one replaces is not known (`replaces_contract_id`).",
                "The contract that this one replaces is not known.",
            ),
            ("It is not known: give `latest_ends_on`.", "It is not known: give “latest possible end”."),
            ("staff chose `Leave!`", "Staff chose `Leave!`."),
            ("called so (`X`)", "Called so (`X`)."),
        ];
        for (said, told) in cases {
            assert_eq!(plain(said), told);
        }
    }
}
