//! A ballot's page: what was asked, how many voted for what, and for a hosted one how to check it.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Chart, Part, cell, nothing, stacked, table};
use crate::pages::field;
use crate::pages::frame::{Data, Page};
use crate::pages::history;
use crate::pages::hosted_ballot;
use crate::pages::json::{given, is, items, member, number, text};
use crate::pages::parts::{code, day, expand, named_or_told, provenance, sources, summary};
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::{ballot_title, called, called_within, capitalised, count, grouped, option_label};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

/// Colours for options; what comes after is drawn like the last.
const COLOURS: u8 = 4;

#[get("/staff-ballots/{staff_ballot}")]
pub async fn show_staff_ballot(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    visit.expect_only(&["known_at"])?;
    let own = format!("/v1/staff-ballots/{}", encoded(&key));
    let address = match visit.known_at() {
        Some(at) => format!("{own}?known_at={}", encoded(at)),
        None => format!("{own}?expand=mutual"),
    };
    let mut ballot = visit.get(&address).await?;
    if visit.known_at().is_some() {
        expand(&visit, "staff-ballots", "mutual", &mut ballot).await;
    }
    let is_hosted = text(&ballot, "mode") == "hosted" && visit.known_at().is_none();
    let opening = if is_hosted { visit.find(&format!("{own}/opening")).await? } else { None };
    let result = if is_hosted { visit.find(&format!("{own}/result")).await? } else { None };
    let content = html! {
        @if let Some(opening) = &opening {
            p { a href="#verify" { "Check this ballot yourself" } }
            (hosted_ballot::invitation(&visit, &ballot, opening))
        }
        (standing(&visit, &ballot))
        (facts(&visit, &ballot))
        (votes(&ballot))
        (shares(&ballot))
        (rounds(&ballot, result.as_ref()))
        (thresholds(&ballot))
        (published(&ballot))
        @if let Some(opening) = &opening { (hosted_ballot::section(&visit, &ballot, opening, result.as_ref())) }
        (sources(&ballot))
        (provenance(&visit, &ballot, Some(&format!("/staff-ballots/{}/history", text(&ballot, "id")))))
    };
    let mut page = Page::new(ballot_title(&ballot), content)
        .under("Staff ballots", "/staff-ballots")
        .of(Data::new("This ballot", address));
    if opening.is_some() {
        page = page.of(Data::new("Its opening", format!("{own}/opening"))).with_script("/pages/check.js");
    }
    if result.is_some() {
        page = page
            .of(Data::new("Its result", format!("{own}/result")))
            .of(Data::new("All to verify it", format!("{own}/verification-bundle")));
    }
    Ok(visit.show(&page))
}

/// What a reader must know before the figures.
fn standing(visit: &Visit, ballot: &Value) -> Markup {
    html! {
        @if is(ballot, "historic") {
            p class="banner" { "This past ballot was entered from published reports. It does not count as approval for a launch." }
        }
        @if let Some(reason) = given(ballot, "void_reason") { p class="banner" { strong { "This ballot is void. " } (reason) } }
        @if let Some(later) = given(ballot, "superseded_by_id") {
            p class="banner" { "A " a href=(visit.to(&format!("/staff-ballots/{later}"))) { "later ballot" } " takes the place of this one." }
        }
    }
}

fn facts(visit: &Visit, ballot: &Value) -> Markup {
    let scrutineer = given(member(ballot, "scrutineer"), "name");
    let report = member(ballot, "scrutineer_report");
    let satisfied =
        member(report, "satisfied").as_bool().map(|satisfied| if satisfied { "satisfied" } else { "not satisfied" });
    let scrutineer = scrutineer.map(|name| html! { (name) @if let Some(satisfied) = satisfied { ", " (satisfied) } });
    let entered = field::actors(ballot, "entered_by");
    let entered = (!entered.is_empty()).then(|| html! { (capitalised(&entered.join(", "))) });
    let mode = match text(ballot, "mode") {
        "hosted" => "By this register, with secret votes that everybody can count again",
        _ => "Elsewhere; the register holds its result",
    };
    html! {
        (summary(&[
            ("About", named_or_told(visit, "mutuals", ballot, "mutual")),
            ("Purpose", code(ballot, "kind", "ballot-kind")),
            ("State", code(ballot, "state", "ballot-state")),
            ("How it is held", Some(html! { (mode) })),
            ("Held by", code(ballot, "organiser", "organiser")),
            ("Opened", day(ballot, "opened_on")),
            ("Closed", or_not_yet(ballot, day(ballot, "closed_on"))),
            ("Declared", or_not_yet(ballot, day(ballot, "declared_on"))),
            ("Scrutineer", scrutineer),
            ("Entered into the register by", entered),
            ("Declared in the register by", or_not_yet(ballot, given(ballot, "declared_by").map(|by| html! { (capitalised(&field::actor_apart(by))) }))),
        ]))
    }
}

/// A fact that is there once a ballot is over.
fn or_not_yet(ballot: &Value, fact: Option<Markup>) -> Option<Markup> {
    let is_over = ["declared", "superseded", "void"].contains(&text(ballot, "state"));
    fact.or_else(|| (!is_over).then(|| html! { "Not yet" }))
}

/// One bar of all who could vote.
fn votes(ballot: &Value) -> Markup {
    let (Some(entitled), Some(returned)) = (member(ballot, "roll_size").as_i64(), member(ballot, "returned").as_i64())
    else {
        return html! {
            h2 id="votes" { "Votes" }
            @if items(ballot, "counts").next().is_none() {
                p { "No counts are on record. " @if let Some(returned) = member(ballot, "returned").as_i64() { (count(returned, "person", "people")) " voted." } }
            } @else {
                p { "How many people could vote, or how many did, is not on record. So no share of them can be told." }
                ul { @for option in items(ballot, "counts") { li { (option_label(ballot, text(option, "option"))) ": " (grouped(number(option, "votes"))) } } }
            }
        };
    };
    let mut parts: Vec<Part> = items(ballot, "counts")
        .zip(1..)
        .map(|(option, colour): (&Value, u8)| Part {
            label: option_label(ballot, text(option, "option")),
            value: number(option, "votes"),
            colour: Some(colour.min(COLOURS)),
        })
        .collect();
    let counted: i64 = parts.iter().map(|part| part.value).sum();
    let spoiled = number(ballot, "spoiled");
    if spoiled > 0 {
        parts.push(Part { label: "Spoiled".to_owned(), value: spoiled, colour: Some(6) });
    }
    let untold = returned.saturating_sub(counted).saturating_sub(spoiled);
    if untold > 0 {
        parts.push(Part { label: "Voted for what is not on record".to_owned(), value: untold, colour: None });
    }
    parts.push(Part { label: "Did not vote".to_owned(), value: entitled.saturating_sub(returned), colour: Some(5) });
    let rows: Vec<Vec<Markup>> = parts.iter().map(|part| vec![cell(&part.label), cell(grouped(part.value))]).collect();
    let leading: Vec<String> = items(member(ballot, "result"), "leading")
        .filter_map(Value::as_str)
        .map(|key| option_label(ballot, key))
        .collect();
    let voted = format!("{} of {} voted", grouped(returned), count(entitled, "person", "people"));
    let most = if text(ballot, "method") == "ranked" { "Most first preferences" } else { "Most votes" };
    let finding = match leading.as_slice() {
        [] => voted,
        [first] => match parts.iter().find(|part| part.label == *first) {
            Some(part) => format!("{most}: {first} ({}). {voted}", grouped(part.value)),
            None => format!("{most}: {first}. {voted}"),
        },
        several => format!("A tie: {}. {voted}", several.join(", ")),
    };
    let marks: Vec<(f64, String)> =
        items(ballot, "thresholds").filter_map(|threshold| mark(ballot, threshold)).collect();
    html! {
        h2 id="votes" { "Votes" }
        (Chart {
            id: "entitled", finding: &finding, measured: if marks.is_empty() { "All who could vote, by what they did." } else { "All who could vote, by what they did. A line marks a required share." },
            drawing: stacked("entitled", &parts, entitled, &marks), table: table(&["What they did", "People"], &rows), source: nothing(),
        }.figure())
    }
}

/// A threshold that is a share of those entitled.
fn mark(ballot: &Value, threshold: &Value) -> Option<(f64, String)> {
    let basis = text(threshold, "basis");
    let percent = text(threshold, "percent");
    let at: f64 = percent.parse().ok()?;
    // The bar of an option other than the first does not begin at zero.
    let first = items(ballot, "counts").next().map(|option| text(option, "option"));
    let option = given(threshold, "option");
    let of = option.map(|key| option_label(ballot, key));
    (option.is_none() || option == first).then_some(())?;
    matches!(basis, "turnout" | "of_entitled")
        .then(|| (at, format!("{}: {percent}%", of.unwrap_or_else(|| called("basis", basis)))))
}

/// Each option's shares, with what they are shares of.
fn shares(ballot: &Value) -> Markup {
    let figures: Vec<&Value> = items(member(ballot, "result"), "figures").collect();
    let mut bases: Vec<&str> =
        figures.iter().filter(|it| given(it, "option").is_some()).map(|it| text(it, "basis")).collect();
    bases.dedup();
    bases.sort_unstable();
    bases.dedup();
    let turnout = figures.iter().find(|it| text(it, "basis") == "turnout");
    let rows: Vec<Vec<Markup>> = items(ballot, "options")
        .map(|option| {
            let key = text(option, "key");
            let share = |basis: &&str| {
                let found = figures.iter().find(|it| text(it, "option") == key && text(it, "basis") == *basis);
                found.map_or_else(|| html! { "not known" }, |it| share_of(it))
            };
            [html! { (text(option, "label")) }].into_iter().chain(bases.iter().map(share)).collect()
        })
        .collect();
    let named: Vec<String> = bases.iter().map(|basis| called("basis", basis)).collect();
    let columns: Vec<&str> = ["Option"].into_iter().chain(named.iter().map(String::as_str)).collect();
    html! {
        @if let Some(turnout) = turnout { p { "Turnout: " (share_of(turnout)) "." } }
        @if !bases.is_empty() { (table(&columns, &rows)) }
    }
}

fn share_of(figure: &Value) -> Markup {
    html! { (text(figure, "percent")) "% (" (grouped(number(figure, "numerator"))) " of " (grouped(number(figure, "denominator"))) ")" }
}

/// The rounds of a ranked ballot.
fn rounds(ballot: &Value, result: Option<&Value>) -> Markup {
    let hosted: Vec<&Value> =
        result.map(|result| items(member(result, "result"), "rounds").collect()).unwrap_or_default();
    let recorded: Vec<&Value> = if hosted.is_empty() { items(ballot, "later_rounds").collect() } else { Vec::new() };
    if hosted.is_empty() && recorded.is_empty() {
        return nothing();
    }
    let first = (hosted.is_empty()).then_some(ballot);
    let all: Vec<&Value> = first.into_iter().chain(hosted).chain(recorded).collect();
    let rows: Vec<Vec<Markup>> = items(ballot, "options")
        .map(|option| {
            let key = text(option, "key");
            let of = |round: &&Value| {
                let found = items(round, "counts").find(|it| text(it, "option") == key);
                found.map_or_else(|| cell("out"), |it| cell(grouped(number(it, "votes"))))
            };
            [html! { (text(option, "label")) }].into_iter().chain(all.iter().map(of)).collect()
        })
        .collect();
    let names: Vec<String> = (1..=all.len()).map(|round| format!("Round {round}")).collect();
    let columns: Vec<&str> = ["Option"].into_iter().chain(names.iter().map(String::as_str)).collect();
    html! {
        h2 id="rounds" { "Rounds" }
        p { "Voters ranked the options. After each round the last option goes out, and its papers count for the next option on them." }
        (table(&columns, &rows))
    }
}

fn thresholds(ballot: &Value) -> Markup {
    let judged: Vec<&Value> = items(member(ballot, "result"), "thresholds").collect();
    html! {
        @if !judged.is_empty() {
            h2 id="thresholds" { "Thresholds" }
            ul class="checks" {
                @for it in judged {
                    @let outcome = text(it, "outcome");
                    li class=(outcome) {
                        strong { (called("test-outcome", outcome)) } ": "
                        "at least " (text(it, "percent")) "% "
                        @if let Some(key) = given(it, "option") { "for " (option_label(ballot, key)) ", as " } @else { "as " }
                        (called_within("basis", text(it, "basis")))
                    }
                }
            }
        }
    }
}

/// What others printed of it, beside what the counts say.
fn published(ballot: &Value) -> Markup {
    let figures: Vec<&Value> = items(ballot, "published_figures").collect();
    let rows: Vec<Vec<Markup>> = figures
        .iter()
        .map(|it| {
            let option = given(it, "option").map_or_else(|| "Turnout".to_owned(), |key| option_label(ballot, key));
            let source = given(it, "source_url").map_or_else(
                nothing,
                |url| html! { a href=(url) rel="external noreferrer" { "where it was published" } },
            );
            vec![
                cell(option),
                cell(format!("{}%", text(it, "percent"))),
                cell(called("published-basis", text(it, "basis"))),
                cell(called("figure-check", text(it, "check"))),
                source,
            ]
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            h2 id="published" { "What others published" }
            (table(&["Option", "Published figure", "What it measures", "Check against the counts", "Source"], &rows))
        }
    }
}

#[get("/staff-ballots/{staff_ballot}/history")]
pub async fn show_staff_ballot_history(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    history::show(&visit, "staff-ballots", &encoded(&key)).await
}
