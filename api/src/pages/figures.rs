//! The figures for any day, and the records behind each.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Bar, Chart, bars, cell, nothing, table};
use crate::pages::filter;
use crate::pages::frame::{Data, Page};
use crate::pages::json::{below, given, items, member, number, text};
use crate::pages::parts::{figure, pager, sentence};
use crate::pages::place::as_query;
use crate::pages::visit::Visit;
use crate::pages::words::{called, count, date, grouped};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

/// The other figures of a day, each with its path and title, and where they are in the API's answer.
const BREAKDOWNS: [(&str, &str, &str); 5] = [
    ("regions", "Regions", "by_region"),
    ("departments", "Departments that they left", "by_department"),
    ("legal-forms", "Legal forms", "by_legal_form"),
    ("launch-years", "Years of launch", "by_launch_year"),
    ("stages", "Stages", "by_stage"),
];

#[get("/figures")]
pub async fn show_figures(visit: Visit) -> Result<HttpResponse, Problem> {
    let query = as_query(visit.filled_in());
    let with = |path: &str| format!("{path}?{query}").trim_end_matches('?').to_owned();
    let figures = visit.get(&with("/v1/statistics")).await?;
    let day = text(&figures, "as_at");
    let content = html! {
        p class="lead" { "Choose a day to see the figures for it, from what the register knows today. Each number leads to the records behind it." }
        form class="row" action=(visit.url("/figures")) method="get" {
            div { label for="as_at" { "Date" } input id="as_at" name="as_at" type="date" value=(day); }
            button { "Show" }
        }
        h2 { "On " (date(day)) }
        (standings(&visit, &figures))
        (by_sector(&visit, &figures))
        h2 { "More" }
        ul {
            @for (path, title, _) in BREAKDOWNS { li { a href=(visit.url(&format!("/figures/{path}{}", visit.query_with(&[])))) { (title) } } }
            li { a href=(visit.url("/figures/published")) { "Compare with figures that others published" } }
        }
        (ballots(&visit, &figures))
        (contracts(&visit, &figures))
    };
    let page = Page::new("Figures", content)
        .of(Data::new("These figures", with("/v1/statistics")).with_csv(with("/v1/statistics/export.csv")))
        .of(Data::new("What others published", "/v1/reports/published-figures")
            .with_csv("/v1/reports/published-figures/export.csv"));
    Ok(visit.show(&page))
}

fn standings(visit: &Visit, figures: &Value) -> Markup {
    let of = |name: &str| figure(visit, member(figures, name));
    html! {
        dl class="summary" {
            div { dt { "Operating" } dd { (of("operating")) } }
            div { dt { "Their staff" } dd { (staff(visit, member(figures, "operating_staff"))) } }
            div { dt { "On the way" } dd { (of("on_the_way")) } }
            div { dt { "Their staff" } dd { (staff(visit, member(figures, "on_the_way_staff"))) } }
            div { dt { "Suspended" } dd { (of("suspended")) } }
            div { dt { "Ended before launch" } dd { (of("ended_before_launch")) } }
            div { dt { "Ended after launch" } dd { (of("ended_after_launch")) } }
            div { dt { "Stage not known" } dd { (of("unknown")) } }
            div { dt { "Launches that a department allowed without the conditions" } dd { (of("launches_past_gate")) } }
        }
    }
}

/// A sum, with the number of mutuals in it.
fn staff(visit: &Visit, sum: &Value) -> Markup {
    let (records, lacking) = (number(sum, "records"), number(sum, "lacking"));
    html! {
        @if records == 0 && lacking > 0 { "Not known " small { "(" (count(lacking, "mutual", "mutuals")) ")" } } @else {
            a href=(visit.page_of(text(sum, "url"))) { (grouped(number(sum, "total"))) }
            @if records > 0 { " " small { "in " (count(records, "mutual", "mutuals")) @if lacking > 0 { "; not known for " (grouped(lacking)) } } }
        }
    }
}

fn by_sector(visit: &Visit, figures: &Value) -> Markup {
    let operating = |it: &Value| number(member(it, "operating"), "count");
    let mut sectors: Vec<&Value> = items(figures, "by_sector").filter(|it| operating(it) > 0).collect();
    sectors.sort_by_key(|it| std::cmp::Reverse(operating(it)));
    let Some(first) = sectors.first() else { return nothing() };
    let name = |it: &Value| called("sector", text(it, "sector"));
    let finding = format!("Most common service: {} ({})", name(first), grouped(operating(first)));
    let drawn: Vec<Bar> = sectors.iter().map(|it| Bar { label: name(it), value: operating(it), unknown: 0 }).collect();
    html! {
        h2 id="by_sector" { "Services" }
        (Chart {
            id: "sectors", finding: &finding, measured: "Mutuals operating, by service. One with several services counts in each.",
            drawing: bars("sectors", &drawn), table: rows(visit, sectors.iter().copied(), name), source: nothing(),
        }.figure())
    }
}

fn rows<'v>(visit: &Visit, of: impl Iterator<Item = &'v Value>, name: impl Fn(&Value) -> String) -> Markup {
    let rows: Vec<Vec<Markup>> = of
        .map(|it| {
            vec![
                cell(name(it)),
                figure(visit, member(it, "operating")),
                figure(visit, member(it, "on_the_way")),
                staff(visit, member(it, "staff")),
            ]
        })
        .collect();
    table(&["Of", "Operating", "On the way", "Staff of both"], &rows)
}

#[get("/figures/{breakdown}")]
pub async fn show_breakdown(visit: Visit, PathKey(path): PathKey<String>) -> Result<HttpResponse, Problem> {
    let found = BREAKDOWNS.iter().find(|(own, ..)| *own == path);
    let (_, title, of) = found.ok_or_else(|| Problem::unknown_path(None))?;
    let query = as_query(visit.filled_in());
    let address = format!("/v1/statistics?{query}").trim_end_matches('?').to_owned();
    let figures = visit.get(&address).await?;
    let without = below(&figures, &["left_out", of.trim_start_matches("by_")]);
    let (operating, on_the_way) = (number(without, "operating"), number(without, "on_the_way"));
    let counted =
        |it: &&Value| ["operating", "on_the_way", "mutuals"].iter().any(|name| number(member(it, name), "count") > 0);
    let content = html! {
        p class="lead" { "On " (date(text(&figures, "as_at"))) ", as far as the register knows today." }
        @if *of == "by_stage" { (by_stage(&visit, &figures)) } @else { (rows(&visit, items(&figures, of).filter(counted), |it| name(of, it))) }
        @if operating > 0 || on_the_way > 0 { p { "Not in the table, because it is not known: " (grouped(operating)) " operating, " (grouped(on_the_way)) " on the way." } }
    };
    let csv = address.replacen("/statistics", "/statistics/export.csv", 1);
    Ok(visit.show(
        &Page::new(*title, content).under("Figures", format!("/figures{}", visit.query_with(&[]))).of(Data::new(
            "These figures",
            address,
        )
        .with_csv(csv)),
    ))
}

/// What a row of a breakdown is about.
fn name(breakdown: &str, row: &Value) -> String {
    match breakdown {
        "by_region" => called("region", text(row, "region")),
        "by_department" => text(row, "name").to_owned(),
        "by_legal_form" => called("legal-form", text(row, "legal_form")),
        _ => number(row, "year").to_string(),
    }
}

fn by_stage(visit: &Visit, figures: &Value) -> Markup {
    let rows: Vec<Vec<Markup>> = items(figures, "by_stage")
        .map(|it| {
            vec![
                cell(called("stage", text(it, "stage"))),
                figure(visit, member(it, "mutuals")),
                staff(visit, member(it, "staff")),
            ]
        })
        .collect();
    table(&["Stage", "Mutuals", "Staff"], &rows)
}

fn ballots(visit: &Visit, figures: &Value) -> Markup {
    let turnout = below(figures, &["ballots", "turnout"]);
    html! {
        h2 id="ballots" { "Staff ballots" }
        dl class="summary" {
            div { dt { "Declared" } dd { (figure(visit, below(figures, &["ballots", "declared"]))) } }
            div {
                dt { "Turnout" }
                dd {
                    (grouped(number(turnout, "returned"))) " of " (grouped(number(turnout, "entitled"))) " voted "
                    small { "in the " a href=(visit.page_of(text(turnout, "url"))) { (count(number(turnout, "records"), "ballot", "ballots")) } " of which both are known" }
                }
            }
        }
    }
}

fn contracts(visit: &Visit, figures: &Value) -> Markup {
    let of = |name: &str| figure(visit, below(figures, &["competitions", name]));
    html! {
        h2 id="contracts" { "Contracts and competitions" }
        dl class="summary" {
            div { dt { "Contracts that end within a year" } dd { (figure(visit, member(figures, "contracts_ending"))) } }
            div { dt { "Competitions that mutuals won" } dd { (of("won")) } }
            div { dt { "Lost" } dd { (of("lost")) } }
            div { dt { "Open" } dd { (of("open")) } }
            div { dt { "Other outcomes" } dd { (of("other")) } }
        }
    }
}

/// What others published, beside what the register counts.
#[get("/figures/published")]
pub async fn show_published_figures(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let address = "/v1/reports/published-figures";
    let published = visit.get(address).await?;
    let link = |it: &Value| -> Option<Markup> {
        let source = items(it, "sources").next()?;
        let url = given(source, "url")?;
        Some(html! { ". " a href=(url) rel="external noreferrer" { (given(source, "title").unwrap_or("Source")) } })
    };
    let rows: Vec<Vec<Markup>> = items(&published, "items")
        .map(|it| {
            vec![
                cell(given(it, "as_on").map_or_else(|| "No date given".to_owned(), date)),
                cell(member(it, "count").as_i64().map_or_else(String::new, grouped)),
                given(it, "as_on").map_or_else(nothing, |_| figure(&visit, member(member(it, "register"), "count"))),
                html! { (text(it, "definition")) (link(it).unwrap_or_else(nothing)) },
            ]
        })
        .collect();
    let content = html! {
        p class="lead" { "Figures of governments and others, beside what the register counts for the same day. They often count something else." }
        (table(&["As on", "Published", "Register", "What they counted"], &rows))
    };
    let page = Page::new("What others published", content).under("Figures", "/figures");
    Ok(visit.show(&page.of(Data::new("This report", address).with_csv(format!("{address}/export.csv")))))
}

#[get("/figures/mutuals")]
pub async fn show_counted_mutuals(visit: Visit) -> Result<HttpResponse, Problem> {
    let address = format!("/v1/statistics/mutuals?{}", as_query(visit.filled_in())).trim_end_matches('?').to_owned();
    let list = visit.get(&address).await?;
    filter::learn(&visit).await;
    let day = visit.parameter("as_at").map_or_else(|| "today".to_owned(), |day| format!("on {}", date(day)));
    let content = html! {
        p class="lead" { "The mutuals that a figure counts, as they stood " (day) "." }
        ul class="tags" aria-label="What is counted" {
            @for (name, value) in visit.filled_in().filter(|(name, _)| !["cursor", "limit", "as_at"].contains(name)) {
                li { span { (filter::told(&visit, name, value)) } }
            }
        }
        ol class="results" {
            @for it in items(&list, "items") {
                li {
                    a href=(visit.url(&format!("/mutuals/{}", text(it, "slug")))) { (text(it, "name")) }
                    ", " (called("standing-group", text(it, "standing")))
                    @if let Some(staff) = member(it, "staff_count").as_i64() { ", " (grouped(staff)) " staff" }
                }
            }
        }
        (pager(&visit, &list))
    };
    let csv = address.replacen("/mutuals", "/mutuals/export.csv", 1);
    Ok(visit.show(
        &Page::new("Mutuals behind a figure", content)
            .under("Figures", "/figures")
            .of(Data::new("This list", address).with_csv(csv)),
    ))
}

#[get("/competitions")]
pub async fn show_competitions(visit: Visit) -> Result<HttpResponse, Problem> {
    let address = format!("/v1/reports/competitions?{}", as_query(visit.filled_in())).trim_end_matches('?').to_owned();
    let report = visit.get(&address).await?;
    let content = html! {
        p class="lead" { "Competitions for the contracts of mutuals, as at " (date(text(&report, "as_at"))) "." }
        ul class="tags" aria-label="By outcome" {
            @for it in items(member(&report, "totals"), "by_outcome") {
                @let found = member(it, "competitions");
                li { a href=(visit.page_of(text(found, "url"))) { (called("competition-outcome", text(it, "outcome"))) ": " (grouped(number(found, "count"))) } }
            }
        }
        ol class="results" {
            @for it in items(&report, "items") {
                li {
                    h2 { a href=(visit.url(&format!("/contracts/{}", text(it, "contract_id")))) { (text(it, "contract_title")) } }
                    p {
                        (given(member(it, "mutual"), "name").unwrap_or_default()) ". "
                        strong { (called("competition-outcome", text(it, "outcome"))) }
                        @if let Some(decided) = given(it, "decided_on") { ", decided " (date(decided)) }
                        @if let Some(winner) = given(it, "winner_name") { ". Winner: " (winner) }
                        @if let Some(kind) = given(it, "winner_kind") { " (" (called("winner-kind", kind)) ")" }
                        "."
                    }
                    @if let Some(reason) = given(it, "unclear_reason") { p { (sentence(reason)) } }
                }
            }
        }
        (pager(&visit, &report))
    };
    let csv = address.replacen("/competitions", "/competitions/export.csv", 1);
    Ok(visit.show(
        &Page::new("Competitions", content)
            .under("Contract ends", "/cliff-edge")
            .of(Data::new("This report", address).with_csv(csv)),
    ))
}
