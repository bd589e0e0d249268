//! What a search over all kinds of record found.

use actix_web::{HttpResponse, get};
use maud::html;

use crate::pages::frame::{Data, Page};
use crate::pages::json::{given, is, items, member, text};
use crate::pages::parts::named;
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::called;
use crate::response::problem::Problem;

/// Records of each kind.
const LIMIT: usize = 20;

#[get("/search")]
pub async fn show_search(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&["q"])?;
    let asked = visit.parameter("q").unwrap_or_default();
    let address = format!("/v1/search?q={}&limit={LIMIT}", encoded(asked));
    let found = if asked.is_empty() { None } else { Some(visit.get(&address).await?) };
    let content = html! {
        form action=(visit.url("/search")) method="get" role="search" class="search" {
            label for="q" { "Search mutuals, departments, ballots and contracts" }
            div { input id="q" name="q" type="search" maxlength="200" required value=(asked); button { "Search" } }
        }
        @if let Some(found) = &found {
            @if items(found, "groups").next().is_none() { p role="status" { "Nothing was found for “" (asked) "”. Try fewer or other words." } }
            @for group in items(found, "groups") {
                @let kind = text(group, "resource_type");
                h2 { (called("resource-type", kind)) }
                ul class="results" {
                    @for hit in items(group, "items") {
                        li {
                            a href=(visit.page_of(text(hit, "url"))) { (given(hit, "name").unwrap_or("Without a title")) }
                            @if let Some(mutual) = named(&visit, "mutuals", member(hit, "mutual")) { ", of " (mutual) }
                        }
                    }
                }
                @if is(group, "has_more") { p { "There are more: use other words, or the filters of the list." } }
            }
        }
    };
    let page = Page::new("Search", content);
    Ok(visit.show(&if found.is_some() { page.of(Data::new("This search", address)) } else { page }))
}
