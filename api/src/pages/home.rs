//! The front page: what the register holds today, and where to look.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Chart, Step, cell, nothing, steps, table};
use crate::pages::frame::{Data, Page};
use crate::pages::json::{below, given, items, member, number, text};
use crate::pages::parts::{figure, tile};
use crate::pages::visit::Visit;
use crate::pages::words::{called, called_within, count, date, grouped};
use crate::response::problem::Problem;

/// The newest entries that are shown.
const NEWEST: i64 = 8;
/// The contracts that end first.
const ENDING: &str = "/v1/reports/cliff-edge?within_months=12&limit=5";

#[get("/")]
pub async fn show_home(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let figures = visit.get("/v1/statistics").await?;
    let years = visit.get("/v1/statistics/timeline?by=year").await?;
    let ending = visit.get(ENDING).await?;
    let newest = newest(&visit, NEWEST).await?;
    let content = html! {
        p class="lead" {
            "When staff take a service out of a department, a council or an NHS body and run it themselves, they form a public "
            "service mutual. Here you see which mutuals there are and which are planned, how their staff voted, and which contracts "
            "they depend on."
        }
        form action=(visit.url("/search")) method="get" role="search" class="search" {
            label for="q" { "Search mutuals, departments, ballots and contracts" }
            div { input id="q" name="q" type="search" maxlength="200" required; button { "Search" } }
        }
        h2 id="today" { "As of " (date(text(&figures, "as_at"))) }
        dl class="tiles" aria-labelledby="today" {
            (tile(&visit, "Operating, as far as is known", member(&figures, "operating"), staff(&visit, member(&figures, "operating_staff"))))
            (tile(&visit, "On the way when last heard of", member(&figures, "on_the_way"), nothing()))
            (tile(&visit, "Staff ballots declared", below(&figures, &["ballots", "declared"]), nothing()))
            (tile(&visit, "Contracts that end within a year", member(&figures, "contracts_ending"), nothing()))
        }
        p { a href=(visit.to("/figures")) { "All figures, for any day" } }
        (over_years(&visit, &years))
        h2 { "Contracts that end within a year" }
        (contracts(&visit, &ending))
        h2 { "Newest changes" }
        (changes(&visit, &newest))
        p { a href=(visit.url("/feed.atom")) { "Follow the changes" } " with a feed reader. You need no account." }
    };
    let page = Page::new("Register of public service mutuals", content)
        .of(Data::new("The figures", "/v1/statistics").with_csv("/v1/statistics/export.csv"))
        .of(Data::new("The mutuals over the years", "/v1/statistics/timeline?by=year")
            .with_csv("/v1/statistics/timeline/export.csv?by=year"))
        .of(Data::new("The contracts that end within a year", ENDING))
        .of(Data::new("All changes", "/v1/entries"));
    Ok(visit.show(&page))
}

/// The newest entries of the log, newest first.
pub async fn newest(visit: &Visit, number_of: i64) -> Result<Vec<Value>, Problem> {
    let head = visit.app.store.read_one(store::entry_log::newest).await?;
    let after = head.seq.saturating_sub(number_of).max(0);
    let address = format!("/v1/entries?after={after}&epoch={}&limit={number_of}", head.epoch.id);
    let entries = visit.get(&address).await?;
    let mut entries: Vec<Value> = items(&entries, "items").cloned().collect();
    entries.reverse();
    Ok(entries)
}

fn staff(visit: &Visit, staff: &Value) -> Markup {
    let (total, records) = (number(staff, "total"), number(staff, "records"));
    html! {
        @if records > 0 {
            small { a href=(visit.page_of(text(staff, "url"))) { (grouped(total)) } " staff in " (grouped(records)) " of them, counted at different times" }
        }
    }
}

fn over_years(visit: &Visit, years: &Value) -> Markup {
    let periods: Vec<&Value> = items(years, "periods").collect();
    let (Some(first), Some(last)) = (periods.first(), periods.last()) else { return nothing() };
    let step = |of: &str| -> Vec<Step> {
        let step = |period: &&Value| Step {
            period: text(period, "period").to_owned(),
            value: number(member(period, of), "count"),
            unknown: number(member(period, of), "lacking"),
        };
        periods.iter().map(step).collect()
    };
    let operated = |period: &Value| number(member(period, "operating"), "count");
    let finding = format!(
        "{} operate, as last known; {} operated at the end of {}",
        count(operated(last), "mutual", "mutuals"),
        grouped(operated(first)),
        text(first, "period")
    );
    let rows: Vec<Vec<Markup>> = periods
        .iter()
        .map(|period| {
            let of = |name: &str| figure(visit, member(period, name));
            vec![cell(text(period, "period")), of("operating"), of("on_the_way"), of("launches"), of("endings")]
        })
        .collect();
    let numbers = table(&["Year", "Operating", "On the way", "Launched that year", "Ended that year"], &rows);
    let source = html! {
        p { a href=(visit.url("/v1/statistics/timeline?by=year")) { "JSON" } " " a href=(visit.url("/v1/statistics/timeline/export.csv?by=year")) { "CSV" } }
    };
    html! {
        h2 { "Over the years" }
        (Chart {
            id: "operating", finding: &finding,
            measured: "Mutuals that operated at the end of each year; for this year, as last known. Hatched: mutuals that may have operated as well.",
            drawing: steps("operating", &step("operating")), table: numbers, source,
        }.figure())
    }
}

fn contracts(visit: &Visit, ending: &Value) -> Markup {
    html! {
        @if items(ending, "items").next().is_none() { p { "No contract is known to end in this time." } } @else {
            ul {
                @for contract in items(ending, "items") {
                    li {
                        a href=(visit.to(&format!("/contracts/{}", text(contract, "id")))) { (text(contract, "title")) }
                        ", " (text(member(contract, "mutual"), "name")) ": ends on " (date(text(contract, "ends_on")))
                    }
                }
            }
        }
        p { a href=(visit.to("/cliff-edge")) { "All contracts, by when they end" } }
    }
}

/// Entries of the log as a list.
pub fn changes(visit: &Visit, entries: &[Value]) -> Markup {
    html! {
        ol class="changes" {
            @for entry in entries {
                li {
                    (date(text(entry, "at"))) ": " (change(visit, entry))
                }
            }
        }
    }
}

/// What an entry tells, with a link to the record or to the one that it belongs to.
pub fn change(visit: &Visit, entry: &Value) -> Markup {
    let (kind, id) = (text(entry, "resource_type"), text(entry, "resource_id"));
    let after = member(entry, "after");
    let what = match name_of(after) {
        Some(name) => format!("{} “{name}”", called("resource-type", kind)),
        None => called("resource-type", kind),
    };
    let done = match text(entry, "action") {
        "create" => "entered".to_owned(),
        "replace" | "update" => "changed".to_owned(),
        "delete" => "deleted".to_owned(),
        "erase" => "personal data erased".to_owned(),
        other => called_within("entry-action", other),
    };
    if kind.is_empty() {
        return html! { "An entry that is not public" };
    }
    let is_gone = text(entry, "action") == "delete";
    html! {
        @match page_of(kind, id, after).map(|path| if is_gone { format!("{path}/history") } else { path }) {
            Some(path) => a href=(visit.to(&path)) { (what) },
            None => (what),
        }
        ": " (done)
    }
}

/// What a record is called, if it has a name.
pub fn name_of(record: &Value) -> Option<&str> {
    ["name", "title", "question"].iter().find_map(|name| given(record, name))
}

/// The page of a record, or of the one it belongs to.
pub fn page_of(kind: &str, id: &str, document: &Value) -> Option<String> {
    let page = match kind {
        "mutual" => format!("/mutuals/{id}"),
        "department" => format!("/departments/{id}"),
        "staff_ballot" => format!("/staff-ballots/{id}"),
        "contract" => format!("/contracts/{id}"),
        _ => {
            let parents = [("mutual_id", "mutuals"), ("contract_id", "contracts"), ("department_id", "departments")];
            return parents.iter().find_map(|(member, pages)| Some(format!("/{pages}/{}", given(document, member)?)));
        }
    };
    Some(page)
}
