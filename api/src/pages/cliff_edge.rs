//! When contracts end, and who lost the competitions before.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Bar, Chart, bars, cell, nothing, table};
use crate::pages::frame::{Data, Page};
use crate::pages::json::{below, given, items, member, number, text};
use crate::pages::parts::{figure, named, pager, sentence};
use crate::pages::place::{as_query, encoded};
use crate::pages::visit::Visit;
use crate::pages::words::{called, count, date};
use crate::response::problem::Problem;

/// The spans of time to choose from, in months.
const SPANS: [&str; 4] = ["6", "12", "24", "60"];

#[get("/cliff-edge")]
pub async fn show_cliff_edge(visit: Visit) -> Result<HttpResponse, Problem> {
    let address = format!("/v1/reports/cliff-edge?{}", as_query(visit.filled_in())).trim_end_matches('?').to_owned();
    let report = visit.get(&address).await?;
    let (day, months) = (text(&report, "as_at"), number(&report, "within_months"));
    let content = html! {
        p class="lead" { "When a contract ends, somebody else may win the next one. Here you see which contracts end, and what happened in competitions before." }
        form class="row" action=(visit.url("/cliff-edge")) method="get" {
            div { label for="as_at" { "Date" } input id="as_at" name="as_at" type="date" value=(day); }
            div {
                label for="within_months" { "Within" }
                select id="within_months" name="within_months" {
                    @if !SPANS.contains(&months.to_string().as_str()) { option value=(months) selected { (months) " months" } }
                    @for span in SPANS { option value=(span) selected[span == months.to_string()] { (span) " months" } }
                }
            }
            button { "Show" }
        }
        (totals(&visit, &report))
        (by_month(&visit, &report))
        h2 { (heading(&report)) }
        (contracts(&visit, &report))
        (pager(&visit, &report))
    };
    let csv = format!(
        "/v1/reports/cliff-edge/export.csv?{}",
        as_query(visit.filled_in().filter(|(name, _)| !["cursor", "limit"].contains(name)))
    );
    let page = Page::new("When contracts end", content)
        .of(Data::new("This report", address).with_csv(csv.trim_end_matches('?')));
    Ok(visit.show(&page))
}

fn heading(report: &Value) -> String {
    match text(report, "listed") {
        "later" => "Contracts that end later".to_owned(),
        "without_end" => "Contracts without an end".to_owned(),
        "unclear" => "Contracts of which it is not clear".to_owned(),
        _ => format!("Contracts that end by {}", date(text(report, "until"))),
    }
}

fn totals(visit: &Visit, report: &Value) -> Markup {
    let of = |name: &str| figure(visit, below(report, &["totals", name]));
    html! {
        dl class="summary" {
            div { dt { "End by " (date(text(report, "until"))) } dd { (of("ending")) } }
            div { dt { "End later" } dd { (of("later")) } }
            div { dt { "Have no end date on record" } dd { (of("without_end")) } }
            div { dt { "Not clear" } dd { (of("unclear")) } }
            div { dt { "Staff of the mutuals whose contracts end" } dd { (of("staff")) } }
        }
    }
}

/// What ends in each month of the page, by whether the contract is a first one.
fn by_month(visit: &Visit, report: &Value) -> Markup {
    let months: Vec<&Value> = items(member(report, "totals"), "by_month").collect();
    if months.is_empty() {
        return nothing();
    }
    let drawn: Vec<Bar> = months
        .iter()
        .map(|it| Bar { label: date(text(it, "month")), value: number(member(it, "contracts"), "count"), unknown: 0 })
        .collect();
    let rows: Vec<Vec<Markup>> =
        months.iter().map(|it| vec![cell(date(text(it, "month"))), figure(visit, member(it, "contracts"))]).collect();
    let most = months.iter().max_by_key(|it| number(member(it, "contracts"), "count"));
    let finding = most
        .map(|it| format!("Most end in {}: {}", date(text(it, "month")), number(member(it, "contracts"), "count")))
        .unwrap_or_default();
    Chart {
        id: "by-month",
        finding: &finding,
        measured: "Contracts that end in each month.",
        drawing: bars("by-month", &drawn),
        table: table(&["Month", "Contracts that end"], &rows),
        source: nothing(),
    }
    .figure()
}

fn contracts(visit: &Visit, report: &Value) -> Markup {
    let losses: BTreeMap<&str, i64> =
        items(report, "items").map(|it| (text(it, "id"), number(member(it, "competitions_lost"), "count"))).collect();
    html! {
        @if losses.is_empty() { p { "No contract is known to." } } @else {
            ol class="results" {
                @for it in items(report, "items") {
                    @let lost = losses.get(text(it, "id")).copied().unwrap_or_default();
                    li {
                        h3 { a href=(visit.url(&format!("/contracts/{}", encoded(text(it, "id"))))) { (text(it, "title")) } }
                        p {
                            @if let Some(mutual) = named(visit, "mutuals", member(it, "mutual")) { (mutual) }
                            @if let Some(buyer) = named(visit, "departments", member(it, "department")) { ", for " (buyer) }
                            ". "
                            @if let Some(ends) = given(it, "ends_on") { "Ends " (date(ends)) ". " }
                            "First contract: " (called("first-contract", text(it, "first_contract"))) "."
                        }
                        p { "Next: " (called("next-route", text(it, "next_route"))) ". " (sentence(text(it, "next_route_reason"))) }
                        @if lost > 0 { p { a href=(visit.page_of(text(member(it, "competitions_lost"), "url"))) { (count(lost, "competition", "competitions")) } " for such services: the mutual lost." } }
                    }
                }
            }
        }
    }
}
