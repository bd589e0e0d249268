//! The log: its head, its witnesses, its newest entries, and how to check it.

use actix_web::{HttpResponse, get};
use maud::html;

use crate::pages::frame::{Data, Page};
use crate::pages::home::{changes, newest};
use crate::pages::json::{items, number, text};
use crate::pages::parts::summary;
use crate::pages::visit::Visit;
use crate::pages::words::grouped;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// The newest entries that are shown.
const NEWEST: i64 = 50;

#[get("/log")]
pub async fn show_log(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let head = match visit.get("/v1/log/head").await {
        Err(problem) if problem.kind() == ProblemType::NoSigningKey => None,
        head => Some(head?),
    };
    let entries = newest(&visit, NEWEST).await?;
    let address = &visit.app.address;
    let content = html! {
        p class="lead" { "Every change of the register is an entry in this log. Entries are only ever added. Save today’s head of the log: if anyone changes or removes an entry later, you can prove it." }
        @match &head {
            Some(head) => {
                h2 id="head" { "The head" }
                (summary(&[
                    ("Entries", Some(html! { (grouped(number(head, "tree_size"))) })),
                    ("Root hash", Some(html! { code { (text(head, "root_hash")) } })),
                    ("Log", Some(html! { code { (text(head, "origin")) } })),
                    ("Key", Some(html! { code { (text(head, "key_id")) } })),
                    ("Witnesses", Some(html! { (items(head, "cosignatures").count()) })),
                ]))
                details { summary { "The signed checkpoint" } pre tabindex="0" { code { (text(head, "checkpoint")) } } }
                h2 id="check" { "Check it" }
                p { "Keep the head of today, and compare later. The program says whether the log has only grown since:" }
                pre tabindex="0" { code {
                    "curl -s " (address) "/v1/log/key\n"
                    "curl -s " (address) "/v1/log/head > head.json\n"
                    "mutuals log witness --help   # watch it, and sign its heads"
                } }
            },
            None => p class="banner" { "This register does not sign the heads of its log: its operator has set no signing key." },
        }
        h2 id="newest" { "Newest entries" }
        (changes(&visit, &entries))
    };
    let page = Page::new("The log", content).of(Data::new("All entries", "/v1/entries"));
    Ok(visit.show(&if head.is_some() {
        page.of(Data::new("The head", "/v1/log/head")).of(Data::new("The key", "/v1/log/key"))
    } else {
        page
    }))
}
