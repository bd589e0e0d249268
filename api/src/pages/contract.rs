//! A contract's page: its dates, its compliance as a checklist, its competitions and notices.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{cell, nothing, table};
use crate::pages::frame::{Data, Page};
use crate::pages::history;
use crate::pages::json::{given, items, member, text};
use crate::pages::parts::{code, day, expand, fact, named_or_told, provenance, sentence, sources, summary};
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::{called, called_within, count, date, money};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

#[get("/contracts/{contract}")]
pub async fn show_contract(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    visit.expect_only(&["known_at"])?;
    let own = format!("/v1/contracts/{}", encoded(&key));
    let past = visit.known_at().map(|at| format!("?known_at={}", encoded(at)));
    let address = format!("{own}{}", past.as_deref().unwrap_or("?expand=mutual,department"));
    let mut contract = visit.get(&address).await?;
    if past.is_some() {
        expand(&visit, "contracts", "mutual,department", &mut contract).await;
    }
    let now = past.is_none();
    let compliance = if now { visit.get(&format!("{own}/compliance")).await? } else { Value::Null };
    let competitions = if now { visit.get(&format!("{own}/competitions?limit=100")).await? } else { Value::Null };
    let notices = if now { visit.get(&format!("{own}/notices?limit=100")).await? } else { Value::Null };
    let ocds = if now { visit.find(&format!("{own}/ocds")).await? } else { None };
    let id = text(&contract, "id");
    let content = html! {
        @if let Some(description) = given(&contract, "description") { p class="lead" { (description) } }
        (facts(&visit, &contract))
        @if now {
            (checklist(&compliance))
            (held(&competitions))
            (published(&notices))
        }
        (sources(&contract))
        (provenance(&visit, &contract, Some(&format!("/contracts/{id}/history"))))
    };
    let mut page = Page::new(text(&contract, "title"), content)
        .under("Contracts", "/contracts")
        .of(Data::new("This contract", address));
    if now {
        page = page
            .of(Data::new("Its compliance", format!("{own}/compliance")))
            .of(Data::new("Its competitions", format!("{own}/competitions")))
            .of(Data::new("Its notices", format!("{own}/notices")));
    }
    if ocds.is_some() {
        page = page.of(Data::new("Open contracting data (OCDS)", format!("{own}/ocds")));
    }
    Ok(visit.show(&page))
}

#[get("/contracts/{contract}/history")]
pub async fn show_contract_history(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    history::show(&visit, "contracts", &encoded(&key)).await
}

fn facts(visit: &Visit, contract: &Value) -> Markup {
    let today = visit.app.clock.now().date_naive();
    let ends = given(contract, "ends_on").map(|end| {
        let left = end.parse::<chrono::NaiveDate>().ok().map(|end| end.signed_duration_since(today).num_days());
        html! {
            (date(end))
            @if let Some(days) = left {
                @if days > 0 { ", in " (count(days, "day", "days")) } @else { ", " (count(days.saturating_neg(), "day", "days")) " ago" }
            }
        }
    });
    let value = member(contract, "value");
    let protection = member(contract, "protection");
    let protection = given(protection, "kind").map(|kind| html! {
        (called("protection-kind", kind)) @if let Some(until) = given(protection, "until") { ", until " (date(until)) }
    });
    html! {
        (summary(&[
            ("Mutual", named_or_told(visit, "mutuals", contract, "mutual")),
            ("Buyer", named_or_told(visit, "departments", contract, "department")),
            ("Status", code(contract, "status", "contract-status")),
            ("Procedure", code(contract, "procedure", "procedure")),
            ("First contract", code(contract, "first_contract", "first-contract")),
            ("Protection", protection),
            ("Awarded", day(contract, "awarded_on")),
            ("Entered into", day(contract, "entered_on")),
            ("Begins", day(contract, "starts_on")),
            ("Ends", ends),
            ("Latest possible end", day(contract, "latest_ends_on")),
            ("Value", value.is_object().then(|| html! { (money(value)) })),
            ("Reference", fact(given(contract, "reference"))),
            ("Open contracting id", fact(given(contract, "ocid"))),
        ]))
        @if let Some(before) = given(contract, "replaces_contract_id") {
            p { "It follows " a href=(visit.to(&format!("/contracts/{before}"))) { "an earlier contract" } "." }
        }
    }
}

/// The rules of procurement law, those first that say something of this contract.
fn checklist(compliance: &Value) -> Markup {
    let (apply, others): (Vec<&Value>, Vec<&Value>) =
        items(compliance, "rules").partition(|rule| text(rule, "outcome") != "not_applicable");
    html! {
        h2 id="compliance" { "Does it comply?" }
        p { (sentence(text(compliance, "regime_reason"))) }
        @if apply.is_empty() { p { "No rule can be checked." } } @else { (rules(&apply)) }
        @if !others.is_empty() {
            details { summary { (count(i64::try_from(others.len()).unwrap_or(i64::MAX), "rule does", "rules do")) " not apply" } (rules(&others)) }
        }
        p class="hint" { "This is not legal advice." }
    }
}

fn rules(rules: &[&Value]) -> Markup {
    html! {
        ul class="checks" {
            @for rule in rules {
                @let outcome = text(rule, "outcome");
                li class=(outcome) { strong { (called("rule-outcome", outcome)) } ": " (text(rule, "citation")) ". " (sentence(text(rule, "detail"))) }
            }
        }
    }
}

fn held(competitions: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = items(competitions, "items")
        .map(|it| {
            let winner = match (given(it, "winner_name"), given(it, "winner_kind")) {
                (Some(name), Some(kind)) => format!("{name} ({})", called_within("winner-kind", kind)),
                (Some(name), None) => name.to_owned(),
                (None, Some(kind)) => called("winner-kind", kind),
                (None, None) => "not known".to_owned(),
            };
            let known = |name| day(it, name).unwrap_or_else(|| cell("not known"));
            vec![
                cell(called("competition-kind", text(it, "kind"))),
                known("opened_on"),
                known("decided_on"),
                cell(called("competition-outcome", text(it, "outcome"))),
                cell(winner),
            ]
        })
        .collect();
    html! {
        h2 id="competitions" { "Competitions for it" }
        @if rows.is_empty() { p { "None is on record." } } @else { (table(&["Kind", "Opened", "Decided", "Outcome for the mutual", "Winner"], &rows)) }
    }
}

fn published(notices: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = items(notices, "items")
        .map(|it| {
            let link = given(it, "url").map_or_else(nothing, |url| html! { a href=(url) rel="external noreferrer" { (given(it, "reference").unwrap_or("the notice")) } });
            vec![cell(called("notice-code", text(it, "code"))), day(it, "published_on").unwrap_or_else(|| cell("not known")), link]
        })
        .collect();
    html! {
        @if !rows.is_empty() { h2 id="notices" { "Notices" } (table(&["Notice", "Published", "Where"], &rows)) }
    }
}
