//! The history of a record: what changed with each of its entries, from what to what.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::field;
use crate::pages::frame::{Data, Page};
use crate::pages::json::{given, items, member, number, text};
use crate::pages::names;
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::{ballot_title, called, capitalised, grouped, instant};
use crate::response::problem::Problem;

/// Members that change with every entry, or never, and the result of a ballot, which follows from its counts.
const OF_EVERY_VERSION: [&str; 5] = ["id", "version", "created_at", "updated_at", "result"];
/// More records are not named in one page.
const NAMED: usize = 30;

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
        (None, Some(ballot)) => ballot_title(ballot),
        (None, None) => "a record that was deleted".to_owned(),
    };
    let mut shown = items(&entries, "items").peekable();
    let mut before =
        if place.is_empty() { &Value::Null } else { shown.next().map_or(&Value::Null, |entry| member(entry, "after")) };
    learn(visit, pages, &entries).await;
    let mut changes: Vec<Markup> = Vec::new();
    while let Some(entry) = shown.next() {
        let after = member(entry, "after");
        // Of several entries of one instant, the record as it was then is what the last one made it.
        let is_last_then = shown.peek().is_none_or(|next| text(next, "at") != text(entry, "at"));
        let log = format!(
            "/v1/entries?after={}&epoch={}&limit=1",
            number(entry, "seq").saturating_sub(1),
            text(&entries, "epoch")
        );
        changes.push(change(visit, pages, (entry, &log, is_last_then), before, after));
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

/// Finds out what the records are called that these entries name.
async fn learn(visit: &Visit, pages: &str, entries: &Value) {
    let mut named: BTreeSet<(&str, &str)> = BTreeSet::new();
    for after in items(entries, "items").map(|entry| member(entry, "after")) {
        for (name, value) in after.as_object().into_iter().flatten() {
            let Some(other) = field::pages_of(pages, name) else { continue };
            let ids = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            named.extend(ids.iter().filter_map(|id| Some((other, id.as_str()?))));
        }
    }
    for (other, id) in named.into_iter().take(NAMED) {
        visit.learn(other, id).await;
    }
}

fn change(
    visit: &Visit,
    pages: &str,
    (entry, log, is_last_then): (&Value, &str, bool),
    before: &Value,
    after: &Value,
) -> Markup {
    let (at, action, seq) = (text(entry, "at"), text(entry, "action"), number(entry, "seq"));
    let then = format!("/{pages}/{}?known_at={}", text(entry, "resource_id"), encoded(at));
    let is_deleted = action == "delete";
    let differences = if is_deleted { Vec::new() } else { differences(before, after) };
    html! {
        @if action.is_empty() { h2 { "An entry that is not public, " (instant(at)) } }
        @else { h2 { (called("entry-action", action)) " by " (field::actor(text(entry, "actor"))) " on " (instant(at)) } }
        @if let Some(reason) = given(entry, "reason") { p { "Reason: " (reason) } }
        @if !is_deleted && !action.is_empty() && differences.is_empty() { p { "What everybody sees of the record stayed the same." } }
        dl class="changed" {
            @for (name, from, to) in &differences {
                @let shown = |value: &Value| field::value(visit, if after.is_null() { before } else { after }, pages, name, value);
                div {
                    dt { (capitalised(&names::of_member(name))) }
                    dd {
                        @if let Some((out, new)) = moved(from, to) {
                            @if !is_nothing(&out) { del { (shown(&out)) } @if !is_nothing(&new) { " → " } }
                            @if !is_nothing(&new) { ins { (shown(&new)) } }
                        } @else {
                            @if !from.is_null() { del { (shown(from)) } " → " }
                            @if to.is_null() { em { "taken away" } } @else if action == "create" { (shown(to)) } @else { ins { (shown(to)) } }
                        }
                    }
                }
            }
        }
        p class="provenance" {
            a href=(visit.url(log)) { "Entry " (grouped(seq)) " of the log" } "."
            @if is_last_then && !is_deleted && !action.is_empty() { " " a href=(visit.url(&then)) { "As it was then" } "." }
        }
    }
}

/// The members that differ, each with both values.
fn differences<'v>(before: &'v Value, after: &'v Value) -> Vec<(&'v str, &'v Value, &'v Value)> {
    let names = |of: &'v Value| of.as_object().into_iter().flat_map(|members| members.keys().map(String::as_str));
    let all: BTreeSet<&str> =
        names(before).chain(names(after)).filter(|name| !OF_EVERY_VERSION.contains(name)).collect();
    let all = all.into_iter().map(|name| (name, member(before, name), member(after, name)));
    all.filter(|(_, from, to)| from != to && !(is_nothing(from) && is_nothing(to))).collect()
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// What went out of a list and what came into it, where only some of it changed.
fn moved(from: &Value, to: &Value) -> Option<(Value, Value)> {
    let (from, to) = (from.as_array()?, to.as_array()?);
    let without = |all: &[Value], others: &[Value]| -> Vec<Value> {
        all.iter().filter(|item| !others.contains(item)).cloned().collect()
    };
    let (out, new) = (without(from, to), without(to, from));
    (!out.is_empty() || !new.is_empty()).then_some((Value::Array(out), Value::Array(new)))
}
