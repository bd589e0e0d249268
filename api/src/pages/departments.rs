//! Departments, and the page of one: its promises, the support it gives, and its mutuals.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{cell, table};
use crate::pages::feed;
use crate::pages::frame::{Data, Page};
use crate::pages::history;
use crate::pages::json::{given, items, member, number, text};
use crate::pages::list::{Facet, Listing};
use crate::pages::parts::{code, day, expand, named, provenance, sources, summary};
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::{called, count, date, grouped};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

pub const LISTING: Listing = Listing {
    path: "/v1/departments",
    one: "department",
    many: "departments",
    facets: &[
        Facet { parameter: "kind", list: "department-kind", called: "Kind" },
        Facet { parameter: "sector", list: "sector", called: "Policy area" },
    ],
    orders: &[("name", "Name"), ("-updated_at", "Changed last")],
    words: Some("Name or number"),
    expand: "successor",
    counts: None,
    lead: Some(
        "The bodies that services leave to become mutuals, and that buy from them: government departments, councils, NHS bodies and \
         others. The register calls them all departments.",
    ),
};

#[get("/departments")]
pub async fn show_departments(visit: Visit) -> Result<HttpResponse, Problem> {
    LISTING.show(&visit, result).await
}

fn result(visit: &Visit, department: &Value) -> Markup {
    html! {
        h2 { a href=(visit.to(&format!("/departments/{}", text(department, "slug")))) { (text(department, "name")) } }
        p {
            (called("department-kind", text(department, "kind")))
            @if let Some(closed) = given(department, "closed_on") { ", closed " (date(closed)) }
            "."
        }
    }
}

#[get("/departments/feed.atom")]
pub async fn show_departments_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    feed::show(&visit, &LISTING).await
}

#[get("/departments/{department}")]
pub async fn show_department(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    visit.expect_only(&["known_at"])?;
    let own = format!("/v1/departments/{}", encoded(&key));
    let past = visit.known_at().map(|at| format!("?known_at={}", encoded(at)));
    let address = format!("{own}{}", past.as_deref().unwrap_or("?expand=successor"));
    let mut department = visit.get(&address).await?;
    if past.is_some() {
        expand(&visit, "departments", "successor", &mut department).await;
    }
    let id = text(&department, "id");
    let slug = text(&department, "slug");
    let around = if past.is_none() {
        around(&visit, &own, id).await?
    } else {
        html! {}
    };
    let content = html! {
        (summary(&[
            ("Kind", code(&department, "kind", "department-kind")),
            ("Nation", code(&department, "nation", "nation")),
            ("Opened", day(&department, "opened_on")),
        ]))
        @if let Some(closed) = day(&department, "closed_on") {
            p { "It was closed: " (closed) "."
                @if let Some(successor) = named(&visit, "departments", member(&department, "successor")) { " Its successor is " (successor) "." } }
        }
        (around)
        (sources(&department))
        (provenance(&visit, &department, Some(&format!("/departments/{slug}/history"))))
    };
    let page = Page::new(text(&department, "name"), content)
        .under("Departments", "/departments")
        .of(Data::new("This department", address).with_feed(format!("/departments/feed.atom?id={id}")))
        .of(Data::new("Its scorecard", format!("{own}/scorecard")).with_csv(format!("{own}/scorecard/export.csv")))
        .of(Data::new("Its promises", format!("/v1/reports/commitments?department={id}"))
            .with_csv(format!("/v1/reports/commitments/export.csv?department={id}")))
        .of(Data::new("Its support", format!("/v1/reports/support-coverage?department={id}"))
            .with_csv(format!("/v1/reports/support-coverage/export.csv?department={id}")));
    Ok(visit.show(&page))
}

#[get("/departments/{department}/history")]
pub async fn show_department_history(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    history::show(&visit, "departments", &encoded(&key)).await
}

/// What belongs to a department today.
async fn around(visit: &Visit, own: &str, id: &str) -> Result<Markup, Problem> {
    let card = visit.get(&format!("{own}/scorecard")).await?;
    let promises = visit.get(&format!("/v1/reports/commitments?department={id}&limit=100")).await?;
    let coverage = visit.get(&format!("/v1/reports/support-coverage?department={id}")).await?;
    Ok(html! {
        (promised(&promises))
        (stages(visit, id, &card))
        (support(&coverage))
    })
}

fn promised(promises: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = items(promises, "items")
        .map(|it| {
            let promise = member(it, "commitment");
            let late = number(it, "days_overdue").max(number(it, "days_late"));
            let evidence = given(promise, "evidence_url");
            vec![
                html! { @match evidence { Some(url) => a href=(url) rel="external noreferrer" { (text(promise, "title")) }, None => (text(promise, "title")) } },
                day(promise, "due_on").unwrap_or_else(|| cell("no date")),
                day(promise, "published_on").unwrap_or_else(|| cell("not on record")),
                cell(called("commitment-status", text(it, "status"))),
                cell(if late > 0 { grouped(late) } else { "0".to_owned() }),
            ]
        })
        .collect();
    html! {
        h2 id="promises" { "What it promised" }
        @if rows.is_empty() { p { "No promise is on record." } } @else {
            @if given(promises, "next_cursor").is_some() { p { "This page shows the first 100 promises." } }
            p { "Late means that no publication is on record. That does not prove that there was none." }
            (table(&["Promise", "Due", "Published", "Status", "Days late"], &rows))
        }
    }
}

fn stages(visit: &Visit, id: &str, card: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = items(card, "stages")
        .filter(|it| number(it, "mutuals") > 0 || number(it, "enablers") > 0)
        .map(|it| {
            let stage = text(it, "stage");
            let list = visit.url(&format!("/figures/mutuals?department={id}&stage={stage}"));
            vec![
                cell(called("stage", stage)),
                html! { a href=(list) { (grouped(number(it, "mutuals"))) } },
                cell(grouped(number(it, "enablers"))),
            ]
        })
        .collect();
    html! {
        h2 id="mutuals" { "Its mutuals" }
        @if rows.is_empty() { p { "No mutual that left it, or is to leave it, is on record." } } @else { (table(&["Stage", "Mutuals", "People who support them"], &rows)) }
    }
}

/// Where somebody supports its mutuals, and where nobody does: a grid of stages and services.
fn support(coverage: &Value) -> Markup {
    let cells: Vec<&Value> = items(coverage, "items").collect();
    let holes = items(coverage, "holes").count();
    let mut sectors: Vec<&str> = cells.iter().map(|it| text(it, "sector")).collect();
    sectors.sort_unstable();
    sectors.dedup();
    let mut stages: Vec<&str> = cells.iter().map(|it| text(it, "stage")).collect();
    stages.dedup();
    let named: Vec<String> = sectors.iter().map(|sector| called("sector", sector)).collect();
    html! {
        h2 id="support" { "Who supports its mutuals" }
        @if cells.is_empty() { p { "It has no mutual that needs support." } } @else {
            p { (count(i64::try_from(holes).unwrap_or(i64::MAX), "field is", "fields are")) " hatched: there are mutuals, and no supporter is on record." }
            div class="wide" tabindex="0" role="region" aria-label="Support by stage and service" {
                table class="grid" {
                    thead { tr { th scope="col" { "Stage" } @for name in &named { th scope="col" { (name) } } } }
                    tbody {
                        @for stage in &stages {
                            tr {
                                th scope="row" { (called("stage", stage)) }
                                @for sector in &sectors {
                                    @match cells.iter().find(|it| text(it, "stage") == *stage && text(it, "sector") == *sector) {
                                        None => td { "" },
                                        Some(it) => td class=[(number(it, "enablers") == 0).then_some("hole")] {
                                            span {
                                                (count(number(it, "mutuals"), "mutual", "mutuals")) ", "
                                                @if number(it, "enablers") == 0 { "no supporter" } @else { (grouped(number(it, "enablers"))) " supporters" }
                                            }
                                        },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
