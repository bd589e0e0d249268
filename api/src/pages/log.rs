//! The log: its head, its witnesses, its newest entries, and how to check it.

use actix_web::{HttpResponse, get};
use maud::html;

use crate::pages::frame::{Data, Page};
use crate::pages::home::{changes, newest};
use crate::pages::json::{given, items, number, text};
use crate::pages::parts::summary;
use crate::pages::visit::Visit;
use crate::pages::words::grouped;
use crate::response::problem::Problem;

/// The newest entries that are shown.
const NEWEST: i64 = 50;

#[get("/log")]
pub async fn show_log(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let head = visit.get("/v1/log/head").await?;
    let is_signed = given(&head, "signature").is_some();
    let entries = newest(&visit, NEWEST).await?;
    let address = &visit.app.address;
    let content = html! {
        p class="lead" { "Every change of the register is an entry in this log. Entries are only ever added. Save today’s head of the log: if anyone changes or removes an entry later, you can prove it." }
        h2 id="head" { "The head" }
        (summary(&[
            ("Entries", Some(html! { (grouped(number(&head, "tree_size"))) })),
            ("Root hash", Some(html! { code { (text(&head, "root_hash")) } })),
            ("Log", given(&head, "origin").map(|origin| html! { code { (origin) } })),
            ("Key", given(&head, "key_id").map(|key| html! { code { (key) } })),
            ("Witnesses", Some(html! { (items(&head, "cosignatures").count()) })),
        ]))
        @if is_signed { details { summary { "The signed checkpoint" } pre tabindex="0" { code { (text(&head, "checkpoint")) } } } }
        @else { p class="banner" { "This register does not sign the heads of its log: its operator has set no signing key." } }
        h2 id="check" { "Check it" }
        p { "Save the head of today. Later, ask for a proof that the log of then continues it:" }
        pre tabindex="0" { code {
            "curl -s " (address) "/v1/log/head > head.json\n"
            "# Later: is the log of today in the log of then?\n"
            "FROM=$(grep -o '\"tree_size\":[0-9]*' head.json | cut -d : -f 2)\n"
            "TO=$(curl -s " (address) "/v1/log/head | grep -o '\"tree_size\":[0-9]*' | cut -d : -f 2)\n"
            "curl -s \"" (address) "/v1/log/proofs/consistency?from=$FROM&to=$TO\"\n"
            "# The program makes and keeps such checks:\n"
            "mutuals log witness --help"
        } }
        h2 id="newest" { "Newest entries" }
        (changes(&visit, &entries))
    };
    let page = Page::new("The log", content).of(Data::new("All entries", "/v1/entries"));
    let page = page.of(Data::new("The head", "/v1/log/head"));
    Ok(visit.show(&if is_signed { page.of(Data::new("The key", "/v1/log/key")) } else { page }))
}
