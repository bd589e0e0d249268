//! The list of mutuals, to search and to filter.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::feed;
use crate::pages::json::{given, items, member, text};
use crate::pages::list::{Facet, Listing};
use crate::pages::parts::named;
use crate::pages::visit::Visit;
use crate::pages::words::{called, called_within, capitalised, date, grouped};
use crate::response::problem::Problem;

pub const LISTING: Listing = Listing {
    path: "/v1/mutuals",
    one: "mutual",
    many: "mutuals",
    facets: &[
        Facet { parameter: "stage", list: "stage", called: "Stage" },
        Facet { parameter: "sector", list: "sector", called: "Sector" },
        Facet { parameter: "region", list: "region", called: "Region" },
        Facet { parameter: "legal_form", list: "legal-form", called: "Legal form" },
        Facet { parameter: "origin_route", list: "origin-route", called: "Origin" },
    ],
    orders: &[
        ("name", "Name"),
        ("-launched_on", "Launched last"),
        ("launched_on", "Launched first"),
        ("-staff_count", "Most staff"),
        ("-updated_at", "Changed last"),
    ],
    words: Some("Name, description or number"),
    expand: "department",
    counts: Some("/v1/statistics/mutual-counts"),
    lead: None,
};

#[get("/mutuals")]
pub async fn show_mutuals(visit: Visit) -> Result<HttpResponse, Problem> {
    LISTING.show(&visit, result).await
}

#[get("/mutuals/feed.atom")]
pub async fn show_mutuals_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    feed::show(&visit, &LISTING).await
}

fn result(visit: &Visit, mutual: &Value) -> Markup {
    let sectors: Vec<String> =
        items(mutual, "sectors").filter_map(Value::as_str).map(|sector| called_within("sector", sector)).collect();
    html! {
        h2 { a href=(visit.to(&format!("/mutuals/{}", text(mutual, "slug")))) { (text(mutual, "name")) } }
        p {
            strong { (called("stage", text(mutual, "stage"))) }
            @if let Some(since) = given(mutual, "launched_on") { ", launched " (date(since)) }
            @if let Some(ended) = given(mutual, "ended_on") { ", ended " (date(ended)) }
            ". " (capitalised(&sectors.join(", ")))
            @if let Some(region) = given(mutual, "region") { ". " (called("region", region)) }
            @if let Some(staff) = member(mutual, "staff_count").as_i64() { ". " (grouped(staff)) " staff" }
            @if let Some(department) = named(visit, "departments", member(mutual, "department")) { ". Left " (department) }
            "."
        }
    }
}
