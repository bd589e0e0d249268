//! A mutual's page: its life, its buy-in, the launch gate and its contracts.

use std::cell::Cell;

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Chart, Step, cell, nothing, steps, table};
use crate::pages::contract_bars;
use crate::pages::frame::{Data, Page};
use crate::pages::history;
use crate::pages::json::{given, is, items, member, number, text};
use crate::pages::linked_data;
use crate::pages::parts::{code, day, expand, named, named_or_told, provenance, sentence, sources, summary};
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::{called, called_within, capitalised, date, grouped};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::service::code_list;

/// More of one kind are not shown; the page says so.
const MOST: usize = 100;

/// More records that a condition looked at are not linked.
const LINKS: usize = 5;

/// Stages of what ended before its launch, of which people ask why.
const GIVEN_UP: [&str; 3] = ["rejected", "withdrawn", "blocked"];

/// What belongs to a mutual, and what else is asked of it.
#[derive(Default)]
struct Around {
    transitions: Vec<Value>,
    ballots: Vec<Value>,
    contracts: Vec<Value>,
    returns: Vec<Value>,
    endorsements: Vec<Value>,
    objections: Vec<Value>,
    readiness: Value,
    /// The address of that.
    gate: String,
    /// Whether there is more of some kind than is shown.
    has_more: bool,
}

impl Around {
    async fn of(visit: &Visit, mutual: &Value) -> Result<Self, Problem> {
        let id = text(mutual, "id");
        let has_more = Cell::new(false);
        let list = async |address: String| -> Result<Vec<Value>, Problem> {
            let list = visit.get(&address).await?;
            has_more.set(has_more.get() || given(&list, "next_cursor").is_some());
            Ok(items(&list, "items").cloned().collect())
        };
        let own = |kind: &str| list(format!("/v1/mutuals/{id}/{kind}?limit={MOST}"));
        let launched = given(mutual, "launched_on").filter(|day| day.len() == "2012-07-31".len());
        let on = launched.map(|day| format!("?launches_on={day}")).unwrap_or_default();
        let gate = format!("/v1/mutuals/{id}/readiness{on}");
        Ok(Self {
            transitions: own("stage-transitions").await?,
            ballots: list(format!("/v1/staff-ballots?mutual={id}&limit={MOST}")).await?,
            contracts: list(format!("/v1/contracts?mutual={id}&limit={MOST}")).await?,
            returns: own("annual-returns").await?,
            endorsements: own("endorsements").await?,
            objections: own("objections").await?,
            readiness: visit.get(&gate).await?,
            gate,
            has_more: has_more.get(),
        })
    }
}

#[get("/mutuals/{mutual}")]
pub async fn show_mutual(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    visit.expect_only(&["known_at"])?;
    let key = encoded(&key);
    let past = visit.known_at().map(|at| format!("&known_at={}", encoded(at)));
    let address = match &past {
        Some(past) => format!("/v1/mutuals/{key}?{}", past.trim_start_matches('&')),
        None => format!("/v1/mutuals/{key}?expand=department,other_departments,successor"),
    };
    let mut mutual = visit.get(&address).await?;
    if past.is_some() {
        expand(&visit, "mutuals", "department,other_departments,successor", &mut mutual).await;
    }
    let around = if past.is_some() { Around::default() } else { Around::of(&visit, &mutual).await? };
    let (id, slug) = (text(&mutual, "id"), text(&mutual, "slug"));
    let content = html! {
        (facts(&visit, &mutual, &around.transitions))
        @if around.has_more {
            p class="banner" {
                "This page shows at most " (MOST) " records of each kind. See all its "
                a href=(visit.url(&format!("/contracts?mutual={id}"))) { "contracts" } " and "
                a href=(visit.url(&format!("/staff-ballots?mutual={id}"))) { "staff ballots" } "."
            }
        }
        @if past.is_none() {
            (life(&visit, &mutual, &around))
            (staff(&mutual, &around.returns))
            (buy_in(&visit, &around))
            (gate(&visit, &mutual, &around.readiness))
            (contract_bars::section(&visit, &around.contracts))
            (linked_data::organization(&format!("{}/mutuals/{slug}", visit.app.address), &mutual))
        }
        @else { p class="hint" { "Its ballots, contracts and conditions are shown only as they are now." } }
        (sources(&mutual))
        (provenance(&visit, &mutual, Some(&format!("/mutuals/{slug}/history"))))
    };
    let page = Page::new(text(&mutual, "name"), content)
        .under("Mutuals", "/mutuals")
        .of(Data::new("This mutual", address.clone()).with_feed(format!("/mutuals/feed.atom?id={id}")))
        .of(Data::new("Its stage transitions", format!("/v1/mutuals/{id}/stage-transitions")))
        .of(Data::new("Its staff ballots", format!("/v1/staff-ballots?mutual={id}"))
            .with_csv(format!("/v1/staff-ballots/export.csv?mutual={id}"))
            .with_feed(format!("/staff-ballots/feed.atom?mutual={id}")))
        .of(Data::new("Its contracts", format!("/v1/contracts?mutual={id}"))
            .with_csv(format!("/v1/contracts/export.csv?mutual={id}"))
            .with_feed(format!("/contracts/feed.atom?mutual={id}")));
    let page = if past.is_none() {
        page.of(Data::new("Its annual returns", format!("/v1/mutuals/{id}/annual-returns")))
            .of(Data::new("Its endorsements", format!("/v1/mutuals/{id}/endorsements")))
            .of(Data::new("Its objections", format!("/v1/mutuals/{id}/objections")))
            .of(Data::new("Its launch gate", around.gate))
    } else {
        page
    };
    Ok(visit.show(&page))
}

#[get("/mutuals/{mutual}/history")]
pub async fn show_mutual_history(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    history::show(&visit, "mutuals", &encoded(&key)).await
}

fn facts(visit: &Visit, mutual: &Value, transitions: &[Value]) -> Markup {
    let sectors: Vec<String> =
        items(mutual, "sectors").filter_map(Value::as_str).map(|sector| called_within("sector", sector)).collect();
    let identifiers: Vec<String> = items(mutual, "identifiers")
        .map(|it| format!("{} {}", called("scheme", text(it, "scheme")), text(it, "id")))
        .collect();
    let stage = html! {
        strong { (called("stage", text(mutual, "stage"))) }
        @if let Some(since) = given(mutual, "stage_since") { ", since " (date(since)) }
        @if let Some(meaning) = code_list::meaning_of("stage", text(mutual, "stage")) { ". " (meaning) }
        @match reason_of(text(mutual, "stage"), transitions) {
            Some(reason) => { " Reason: " (reason) @if !reason.ends_with('.') { "." } },
            None => @if !transitions.is_empty() && GIVEN_UP.contains(&text(mutual, "stage")) { " No reason is on record." },
        }
    };
    let department = named_or_told(visit, "departments", mutual, "department");
    let others: Vec<Markup> =
        items(mutual, "other_departments").filter_map(|it| named(visit, "departments", it)).collect();
    let department = department.map(|lead| html! { (lead) @for other in &others { ", " (other) } });
    let staff = member(mutual, "staff_count").as_i64().map(|staff| {
        html! {
            (grouped(staff)) " people"
            @if let Some(on) = given(mutual, "staff_counted_on") { ", counted " (date(on)) }
        }
    });
    let is_launched = given(mutual, "launched_on").is_some();
    let website =
        given(mutual, "website").map(|url| html! { a class="bare" href=(url) rel="external noreferrer" { (url) } });
    html! {
        @if let Some(description) = given(mutual, "description") { p class="lead" { (description) } }
        (summary(&[
            ("Stage", Some(stage)),
            (if is_launched { "Left" } else { "Was to leave" }, department),
            ("Origin", code(mutual, "origin_route", "origin-route")),
            ("Launched", day(mutual, "launched_on")),
            (if is_launched { "Staff" } else { "Staff it was to have" }, staff),
            ("Services", Some(html! { (capitalised(&sectors.join(", "))) })),
            ("Region", code(mutual, "region", "region")),
            ("Legal form", code(mutual, "legal_form", "legal-form")),
            ("Numbers in other registers", (!identifiers.is_empty()).then(|| html! { (identifiers.join(", ")) })),
            ("Website", website),
        ]))
        @if let Some(ended) = day(mutual, "ended_on") { p { "It ended: " (ended) "." } }
        @if let Some(successor) = named(visit, "mutuals", member(mutual, "successor")) { p { "Its services went to " (successor) "." } }
    }
}

/// Why it came to its stage, if that is on record.
fn reason_of<'t>(stage: &str, transitions: &'t [Value]) -> Option<&'t str> {
    let counted = transitions.iter().filter(|it| !is(it, "withdrawn") && text(it, "to") == stage);
    counted.max_by_key(|it| number(it, "position")).and_then(|it| given(it, "reason"))
}

/// What happened, by when, as far as that is known.
fn life(visit: &Visit, mutual: &Value, around: &Around) -> Markup {
    // Each with the day by which it stands, its own day as far as that is known, and what it is.
    let mut events: Vec<(&str, &str, Markup)> = Vec::new();
    let mut transitions: Vec<&Value> = around.transitions.iter().filter(|it| !is(it, "withdrawn")).collect();
    transitions.sort_by_key(|it| number(it, "position"));
    let dated = |on, what| (on, on, what);
    let mut stands = "";
    for it in transitions {
        let what = html! {
            "Stage: " strong { (called("stage", text(it, "to"))) }
            @if let Some(reason) = given(it, "reason") { ". " (reason) }
        };
        stands = given(it, "effective_on").unwrap_or(stands);
        events.push((stands, text(it, "effective_on"), what));
    }
    for ballot in &around.ballots {
        let page = visit.to(&format!("/staff-ballots/{}", text(ballot, "id")));
        let kind = called("ballot-kind", text(ballot, "kind"));
        let what = html! { a href=(page) { (kind) " staff ballot" } ", " (called_within("ballot-state", text(ballot, "state"))) };
        let on = ["declared_on", "closed_on", "opened_on"].iter().find_map(|name| given(ballot, name));
        events.push(dated(on.unwrap_or_default(), what));
    }
    for contract in &around.contracts {
        let page = visit.to(&format!("/contracts/{}", text(contract, "id")));
        let link = html! { a href=(page) { (text(contract, "title")) } };
        events.push(dated(text(contract, "starts_on"), html! { "Contract begins: " (link) }));
        if let Some(end) = given(contract, "ends_on") {
            events.push(dated(end, html! { "Contract ends: " (link) }));
        }
    }
    for it in &around.objections {
        let what = html! { "Objection: " (called_within("objection-kind", text(it, "kind"))) ", " (called_within("objection-outcome", text(it, "outcome"))) };
        events.push(dated(text(it, "raised_on"), what));
    }
    for it in &around.endorsements {
        let what = html! { (called("constituency", text(it, "constituency"))) ": " (called_within("position", text(it, "position"))) };
        events.push(dated(text(it, "given_on"), what));
    }
    for it in &around.returns {
        events.push(dated(text(it, "period_ends_on"), html! { "Annual return" }));
    }
    // What has no date stands last.
    events.sort_by_key(|(stands, ..)| (stands.is_empty(), (*stands).to_owned()));
    html! {
        h2 id="life" { "Timeline" }
        @if events.is_empty() { p { "Nothing but its stage is on record: " (called_within("stage", text(mutual, "stage"))) "." } } @else {
            ol class="life" {
                @for (_, on, what) in &events {
                    li { span class="when" { @if on.is_empty() { "date not known" } @else { (date(on)) } } " " (what) }
                }
            }
        }
    }
}

fn staff(mutual: &Value, returns: &[Value]) -> Markup {
    let mut counts: Vec<(&str, i64)> = returns
        .iter()
        .filter_map(|it| Some((given(it, "period_ends_on")?, member(it, "headcount").as_i64()?)))
        .collect();
    counts.extend(given(mutual, "staff_counted_on").zip(member(mutual, "staff_count").as_i64()));
    counts.sort_unstable();
    counts.dedup();
    let (Some((first_on, first)), Some((last_on, last))) = (counts.first(), counts.last().filter(|_| counts.len() > 1))
    else {
        return nothing();
    };
    let finding = format!(
        "{} people worked in it in {}, and {} in {}",
        grouped(*first),
        date(first_on),
        grouped(*last),
        date(last_on)
    );
    let drawn: Vec<Step> =
        counts.iter().map(|(on, count)| Step { period: date(on), value: *count, unknown: 0 }).collect();
    let rows: Vec<Vec<Markup>> = counts.iter().map(|(on, count)| vec![cell(date(on)), cell(grouped(*count))]).collect();
    html! {
        h2 id="staff" { "Its staff" }
        (Chart {
            id: "staff-over-years", finding: &finding, measured: "People who work in it (heads), at each count on record.",
            drawing: steps("staff-over-years", &drawn), table: table(&["When", "People"], &rows), source: nothing(),
        }.figure())
    }
}

/// What staff, users and managers said, in a sentence each.
fn buy_in(visit: &Visit, around: &Around) -> Markup {
    let of = |wanted: &str| items(&around.readiness, "conditions").find(|it| text(it, "condition") == wanted);
    let three = ["staff_buy_in", "service_users_endorsement", "senior_management_endorsement"];
    html! {
        h2 id="buy-in" { "Support for it" }
        ul {
            @for condition in three.iter().filter_map(|wanted| of(wanted)) {
                li { strong { (called("launch-condition", text(condition, "condition"))) } ": " (sentence(text(condition, "detail"))) }
            }
        }
        @if !around.ballots.is_empty() {
            ul {
                @for ballot in &around.ballots {
                    li {
                        a href=(visit.to(&format!("/staff-ballots/{}", text(ballot, "id")))) { (called("ballot-kind", text(ballot, "kind"))) " ballot" }
                        @if let Some(question) = given(ballot, "question") { ": " (question) }
                    }
                }
            }
        }
    }
}

/// Whether a condition is not met only because the register has nothing that could meet it.
fn is_not_on_record(condition: &Value) -> bool {
    let detail = text(condition, "detail");
    text(condition, "outcome") == "not_met" && detail.starts_with("no ") && detail.contains(" is on record")
}

fn gate(visit: &Visit, mutual: &Value, readiness: &Value) -> Markup {
    let conditions: Vec<&Value> = items(readiness, "conditions").collect();
    let met = conditions.iter().filter(|it| text(it, "outcome") == "met").count();
    html! {
        h2 id="gate" { "The launch gate" }
        p {
            "This register checks six conditions before a launch. What is not on record counts as not met. "
            "By what is on record, " (met) " of " (conditions.len()) " are met for a launch on " (date(text(readiness, "launches_on"))) "."
        }
        @if let Some(reason) = given(mutual, "launch_override_reason") {
            p class="banner" { strong { "It was launched although the gate was not met. " } "The department’s reason: " (reason) }
        }
        ul class="checks" {
            @for condition in &conditions {
                @let outcome = text(condition, "outcome");
                @let is_there = !is_not_on_record(condition);
                li class=[is_there.then_some(outcome)] {
                    @let said = if is_there { called("test-outcome", outcome) } else { "Nothing on record".to_owned() };
                    strong { (said) ": " (called("launch-condition", text(condition, "condition"))) } ". "
                    (sentence(text(condition, "detail")))
                    @for (place, seen) in items(condition, "looked_at").take(LINKS).enumerate() {
                        @let page = visit.page_of(text(seen, "url"));
                        " " a href=(page) { "See the " (called_within("looked-at-kind", text(seen, "kind"))) @if place > 0 { " " (place + 1) } }
                    }
                }
            }
        }
    }
}
