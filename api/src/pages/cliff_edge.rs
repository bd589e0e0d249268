//! When contracts end, and who lost the competitions before.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Bar, Chart, bars, cell, nothing, stacked_bars, table};
use crate::pages::frame::{Data, Page};
use crate::pages::json::{below, given, items, member, number, text};
use crate::pages::parts::{figure, named, pager, sentence};
use crate::pages::place::{as_query, encoded};
use crate::pages::visit::Visit;
use crate::pages::words::{called, count, date, grouped};
use crate::response::problem::Problem;

/// The spans of time to choose from, in months.
const SPANS: [&str; 4] = ["6", "12", "24", "60"];

#[get("/cliff-edge")]
pub async fn show_cliff_edge(visit: Visit) -> Result<HttpResponse, Problem> {
    let address = format!("/v1/reports/cliff-edge?{}", as_query(visit.filled_in())).trim_end_matches('?').to_owned();
    let report = visit.get(&address).await?;
    let (day, months) = (text(&report, "as_at"), number(&report, "within_months"));
    let by_month = by_month(&visit, &report).await?;
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
        (by_month)
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

/// Contracts that are asked for at once, and how often: a report of more is drawn without their protection.
const AT_ONCE: &str = "200";
const PAGES: usize = 5;

/// Whether the contracts of a month are protected: how many are, how many are not, and of how many it is not known.
type Protection = [i64; 3];

/// The contracts that end, by month and protection. The report counts the months and tells the protection of each contract, so this asks
/// for the contracts. None where they are too many, or do not make up the counts of the months.
async fn protection(visit: &Visit, report: &Value) -> Result<Option<BTreeMap<String, Protection>>, Problem> {
    let day = text(report, "as_at");
    let of_list = ["cursor", "limit", "listed", "ends_in", "has_staff", "as_at"];
    let mut asked: Vec<(&str, &str)> = visit.filled_in().filter(|(name, _)| !of_list.contains(name)).collect();
    asked.extend([("as_at", day), ("limit", AT_ONCE)]);
    let mut months: BTreeMap<String, Protection> = BTreeMap::new();
    let mut next: Option<String> = None;
    for _ in 0..PAGES {
        let cursor = next.as_deref().map(|cursor| ("cursor", cursor));
        let address = format!("/v1/reports/cliff-edge?{}", as_query(asked.iter().copied().chain(cursor)));
        let list = visit.get(&address).await?;
        for contract in items(&list, "items") {
            let [protected, open, unknown] = months.entry(month(contract, day)).or_default();
            let of = match given(contract, "protection_kind") {
                Some("none") => open,
                Some(_) if given(contract, "protected_until").is_some_and(|until| until < day) => open,
                Some(_) => protected,
                None => unknown,
            };
            *of = of.saturating_add(1);
        }
        next = given(&list, "next_cursor").map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    let is_told = items(member(report, "totals"), "by_month").all(|it| {
        let counted = months.get(text(it, "month")).map(|parts| parts.iter().sum());
        counted == Some(number(member(it, "contracts"), "count"))
    });
    Ok((next.is_none() && is_told).then_some(months))
}

/// The month of the next end of a contract, or its year where no more is known.
fn month(contract: &Value, day: &str) -> String {
    let end = given(contract, "ends_on").unwrap_or_default();
    // A date that is known in part has passed once all of it has.
    let is_over = end < day.get(..end.len()).unwrap_or(day);
    let next = given(contract, "latest_ends_on").filter(|_| is_over).unwrap_or(end);
    next.get(.."2012-07".len()).unwrap_or(next).to_owned()
}

/// What ends in each month, by whether it is protected from competition, if that can be told.
async fn by_month(visit: &Visit, report: &Value) -> Result<Markup, Problem> {
    let months: Vec<&Value> = items(member(report, "totals"), "by_month").collect();
    if months.is_empty() {
        return Ok(nothing());
    }
    let counted = |it: &Value| number(member(it, "contracts"), "count");
    let most = months.iter().copied().max_by_key(|it| counted(it));
    let at_most = most.map(counted).unwrap_or_default();
    let finding = match most {
        Some(it) if months.iter().filter(|it| counted(it) == at_most).count() == 1 => {
            format!("Most end in {}: {at_most}", date(text(it, "month")))
        }
        _ => format!("No more than {} in any month", count(at_most, "contract ends", "contracts end")),
    };
    let own = |it: &Value| [cell(date(text(it, "month"))), figure(visit, member(it, "contracts"))];
    let Some(protection) = protection(visit, report).await? else {
        let bar = |it: &&Value| Bar { label: date(text(it, "month")), value: counted(it), unknown: 0 };
        let drawn: Vec<Bar> = months.iter().map(bar).collect();
        let rows: Vec<Vec<Markup>> = months.iter().map(|it| own(it).to_vec()).collect();
        return Ok(Chart {
            id: "by-month",
            finding: &finding,
            measured: "Contracts that end in each month.",
            drawing: bars("by-month", &drawn),
            table: table(&["Month", "Contracts that end"], &rows),
            source: nothing(),
        }
        .figure());
    };
    let parts = |it: &Value| protection.get(text(it, "month")).copied().unwrap_or_default();
    let rows: Vec<Vec<Markup>> = months
        .iter()
        .map(|it| own(it).into_iter().chain(parts(it).map(|part| cell(grouped(part)))).collect())
        .collect();
    let drawn: Vec<(String, Vec<i64>)> =
        months.iter().map(|it| (date(text(it, "month")), parts(it).to_vec())).collect();
    let names = [("Protected from competition", Some(1)), ("Not protected", Some(4)), ("Not known", None)];
    let whole = ["Month", "Contracts that end", "Protected", "Not protected", "Not known"];
    Ok(Chart {
        id: "by-month",
        finding: &finding,
        measured: "Contracts that end in each month, by whether they are protected from competition on the day of the report.",
        drawing: stacked_bars("by-month", &names, &drawn),
        table: table(&whole, &rows),
        source: nothing(),
    }
    .figure())
}

fn contracts(visit: &Visit, report: &Value) -> Markup {
    let losses: BTreeMap<&str, i64> =
        items(report, "items").map(|it| (text(it, "id"), number(member(it, "competitions_lost"), "count"))).collect();
    html! {
        @if losses.is_empty() { p { "No contract is on record here." } } @else {
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
