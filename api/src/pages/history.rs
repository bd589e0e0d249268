//! The history of a record: what changed with each of its entries, from what to what.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::frame::{Data, Page};
use crate::pages::json::{given, items, member, number, text};
use crate::pages::place::encoded;
use crate::pages::staff_ballots::title;
use crate::pages::visit::Visit;
use crate::pages::words::{called, instant};
use crate::response::problem::Problem;

/// Members that change with every entry, or never.
const OF_EVERY_VERSION: [&str; 4] = ["id", "version", "created_at", "updated_at"];
/// The longest value that is shown whole.
const LONGEST: usize = 300;

/// The page of the history of a record of these pages.
///
/// # Errors
/// Those of the API.
pub async fn show(visit: &Visit, pages: &str, key: &str) -> Result<HttpResponse, Problem> {
    visit.expect_only(&["after", "epoch"])?;
    let record = visit.find(&format!("/v1/{pages}/{key}")).await?;
    let id = record.as_ref().map_or(key, |record| text(record, "id"));
    let place = visit.query_with(&[]);
    let address = format!("/v1/{pages}/{id}/entries{place}");
    let entries = visit.get(&address).await?;
    let name =
        record.as_ref().and_then(|record| ["name", "title", "question"].iter().find_map(|name| given(record, name)));
    let name = match (name, &record) {
        (Some(name), _) => name.to_owned(),
        (None, Some(ballot)) => title(ballot),
        (None, None) => "a record that was deleted".to_owned(),
    };
    let mut shown = items(&entries, "items");
    let mut before =
        if place.is_empty() { &Value::Null } else { shown.next().map_or(&Value::Null, |entry| member(entry, "after")) };
    let mut changes: Vec<Markup> = Vec::new();
    for entry in shown {
        let after = member(entry, "after");
        changes.push(change(visit, pages, entry, before, after));
        before = after;
    }
    let content = html! {
        p { "Each entry of the log about this record, with what changed. Nobody can take an entry away unseen: " a href=(visit.to("/log")) { "the log" } " says how to check it." }
        ol class="history" { @for change in &changes { li { (change) } } }
        @if let Some(later) = later(&entries) { nav class="pager" aria-label="Pages" { a href=(visit.here(&later)) { "Later entries" } } }
    };
    let page = Page::new(format!("History of {name}"), content)
        .under(name, format!("/{pages}/{id}"))
        .of(Data::new("These entries", address));
    Ok(visit.show(&page))
}

/// The query of the later entries. They begin with the last of these again, so that what changed after it can be told.
fn later(entries: &Value) -> Option<String> {
    member(entries, "next_after").as_i64()?;
    let last_but_one = items(entries, "items").rev().nth(1)?;
    Some(format!("?after={}&epoch={}", number(last_but_one, "seq"), text(entries, "epoch")))
}

fn change(visit: &Visit, pages: &str, entry: &Value, before: &Value, after: &Value) -> Markup {
    let at = text(entry, "at");
    let then = format!("/{pages}/{}?known_at={}", text(entry, "resource_id"), encoded(at));
    html! {
        h2 { (called("entry-action", text(entry, "action"))) ", " (instant(at)) }
        p { "By " (text(entry, "actor")) ", entry " (number(entry, "seq")) " of the log. " a href=(visit.url(&then)) { "As it was then" } }
        dl class="changed" {
            @for (name, from, to) in differences(before, after) {
                div {
                    dt { (name.replace('_', " ")) }
                    dd {
                        @if !from.is_null() { del { (shown(from)) } " → " }
                        @if to.is_null() { em { "taken away" } } @else { ins { (shown(to)) } }
                    }
                }
            }
        }
    }
}

/// The members that differ, each with both values.
fn differences<'v>(before: &'v Value, after: &'v Value) -> Vec<(&'v str, &'v Value, &'v Value)> {
    let names = |of: &'v Value| of.as_object().into_iter().flat_map(|members| members.keys().map(String::as_str));
    let all: BTreeSet<&str> =
        names(before).chain(names(after)).filter(|name| !OF_EVERY_VERSION.contains(name)).collect();
    let all = all.into_iter().map(|name| (name, member(before, name), member(after, name)));
    all.filter(|(_, from, to)| from != to).collect()
}

fn shown(value: &Value) -> String {
    let whole = match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    if whole.chars().count() <= LONGEST { whole } else { whole.chars().take(LONGEST).chain(['…']).collect() }
}
