//! The list of contracts.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::feed;
use crate::pages::json::{given, member, text};
use crate::pages::list::{Facet, Listing};
use crate::pages::parts::named;
use crate::pages::visit::Visit;
use crate::pages::words::{called, date, money};
use crate::response::problem::Problem;

pub const LISTING: Listing = Listing {
    path: "/v1/contracts",
    one: "contract",
    many: "contracts",
    facets: &[
        Facet { parameter: "status", list: "contract-status", called: "Status" },
        Facet { parameter: "procedure", list: "procedure", called: "Procedure" },
        Facet { parameter: "regime", list: "regime", called: "Law" },
        Facet { parameter: "protection", list: "protection-kind", called: "Protection" },
    ],
    orders: &[
        ("ends_on", "Ends first"),
        ("-ends_on", "Ends last"),
        ("-starts_on", "Began last"),
        ("-value", "Highest value"),
        ("-updated_at", "Changed last"),
    ],
    words: Some("Title, reference or mutual"),
    expand: "mutual,department",
    counts: None,
    lead: None,
};

#[get("/contracts")]
pub async fn show_contracts(visit: Visit) -> Result<HttpResponse, Problem> {
    LISTING.show(&visit, result).await
}

#[get("/contracts/feed.atom")]
pub async fn show_contracts_feed(visit: Visit) -> Result<HttpResponse, Problem> {
    feed::show(&visit, &LISTING).await
}

fn result(visit: &Visit, contract: &Value) -> Markup {
    html! {
        h2 { a href=(visit.to(&format!("/contracts/{}", text(contract, "id")))) { (text(contract, "title")) } }
        p {
            strong { (called("contract-status", text(contract, "status"))) } ". "
            @if let Some(mutual) = named(visit, "mutuals", member(contract, "mutual")) { (mutual) ", for " }
            (named(visit, "departments", member(contract, "department")).unwrap_or_else(|| html! { "a buyer not on record" })) ". "
            @if let Some(starts) = given(contract, "starts_on") { "From " (date(starts)) " " } @else { "Its beginning is not known, " }
            @if let Some(ends) = given(contract, "ends_on") { "to " (date(ends)) "." } @else { "its end is not known." }
            @let value = member(contract, "value");
            @if value.is_object() { " " (money(value)) "." }
        }
    }
}
