//! The list of staff ballots.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::feed;
use crate::pages::json::{given, is, items, member, text};
use crate::pages::list::{Facet, Listing};
use crate::pages::parts::named;
use crate::pages::visit::Visit;
use crate::pages::words::{ballot_title, called, date, option_label};
use crate::response::problem::Problem;

pub const LISTING: Listing = Listing {
    path: "/v1/staff-ballots",
    one: "staff ballot",
    many: "staff ballots",
    facets: &[
        Facet { parameter: "state", list: "ballot-state", called: "State" },
        Facet { parameter: "kind", list: "ballot-kind", called: "Purpose" },
        Facet { parameter: "mode", list: "ballot-mode", called: "How it is held" },
        Facet { parameter: "organiser", list: "organiser", called: "Who held it" },
    ],
    orders: &[("-closed_on", "Closed last"), ("closed_on", "Closed first"), ("-updated_at", "Changed last")],
    words: None,
    expand: "mutual",
    counts: None,
    lead: None,
};

/// Figures of others that a list shows of a ballot.
const PUBLISHED: usize = 3;

#[get("/staff-ballots")]
pub async fn show_staff_ballots(visit: Visit) -> Result<HttpResponse, Problem> {
    LISTING.show(&visit, result).await
}

#[get("/staff-ballots/feed.atom")]
pub async fn show_staff_ballots_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    feed::show(&visit, &LISTING).await
}

fn result(visit: &Visit, ballot: &Value) -> Markup {
    let page = visit.to(&format!("/staff-ballots/{}", text(ballot, "id")));
    html! {
        h2 { a href=(page) { (ballot_title(ballot)) } }
        p {
            @if let Some(mutual) = named(visit, "mutuals", member(ballot, "mutual")) { (mutual) ". " }
            strong { (called("ballot-state", text(ballot, "state"))) }
            @if let Some(closed) = given(ballot, "closed_on") { ", closed " (date(closed)) }
            @if text(ballot, "mode") == "hosted" { ", held by this register" }
            @if is(ballot, "historic") { ", known from history" }
            ". "
            @for figure in items(member(ballot, "result"), "figures") {
                @if text(figure, "basis") == "turnout" { "Turnout " (text(figure, "percent")) "%. " }
            }
            @for key in items(member(ballot, "result"), "leading").filter_map(Value::as_str) { "Most votes: " (option_label(ballot, key)) ". " }
            @for figure in items(ballot, "published_figures").take(PUBLISHED) {
                "Published: " (given(figure, "option").map_or_else(|| "turnout".to_owned(), |key| option_label(ballot, key))) " "
                (text(figure, "percent")) "%. "
            }
        }
    }
}
