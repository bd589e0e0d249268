//! The form to vote in a hosted ballot. The code stays in the browser: what is sent is made of it there.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::frame::{Data, Page};
use crate::pages::json::{items, member, text};
use crate::pages::place::encoded;
use crate::pages::visit::Visit;
use crate::pages::words::{called, instant};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

#[get("/staff-ballots/{staff_ballot}/vote")]
pub async fn show_vote(visit: Visit, PathKey(key): PathKey<String>) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let own = format!("/v1/staff-ballots/{}", encoded(&key));
    let ballot = visit.get(&own).await?;
    let opening = visit.find(&format!("{own}/opening")).await?;
    let id = text(&ballot, "id");
    let content = match &opening {
        Some(opening) if text(&ballot, "state") == "open" => form(&visit, id, opening),
        _ => html! {
            p class="lead" { "This ballot takes no votes now. Its state: " (called("ballot-state", text(&ballot, "state"))) "." }
            p { a href=(visit.url(&format!("/staff-ballots/{id}"))) { "The ballot" } }
        },
    };
    let page = Page::new("Vote", content)
        .under("Staff ballots", "/staff-ballots")
        .under("This ballot", format!("/staff-ballots/{id}"));
    let page = match opening {
        Some(_) => {
            page.of(Data::new("The opening of the ballot", format!("{own}/opening"))).with_script("/pages/vote.js")
        }
        None => page,
    };
    Ok(visit.show(&page))
}

fn form(visit: &Visit, id: &str, opening: &Value) -> Markup {
    let manifest = member(opening, "manifest");
    let sides: Vec<&str> = items(manifest, "issuers").map(|issuer| text(issuer, "side")).collect();
    let options: Vec<&Value> = items(manifest, "options").collect();
    let is_ranked = text(manifest, "method") == "ranked";
    let votes = format!("/v1/staff-ballots/{id}/votes");
    let closes = instant(text(opening, "closes_at"));
    html! {
        p class="lead" { (text(manifest, "question")) }
        p { "Votes can be cast from " (instant(text(manifest, "opens_at"))) " until " (closes) "." }
        p { "Check that your letter shows the fingerprint " strong { code { (text(opening, "fingerprint")) } } ". If not, do not vote: tell whoever sent the letter." }
        form id="vote" hidden data-ballot=(id) data-sides=(sides.len()) data-manifest=(text(opening, "manifest_sha256"))
            data-method=(text(manifest, "method")) data-votes=(visit.url(&votes)) {
            p { "Your code is never sent. This page makes something of it that does not reveal it, and sends that with your choice." }
            @for side in &sides {
                @let id = format!("code-{side}");
                @let hint = format!("code-{side}-hint");
                label for=(id) { @if sides.len() == 1 { "Code from your letter" } @else { "Code from the letter of issuer " (side) } }
                input id=(id) class="code" autocomplete="off" spellcheck="false" autocapitalize="none" maxlength="60" required aria-describedby=(hint);
                p id=(hint) class="hint" { "8 groups of 4, from 0 to 9 and a to f. Spaces do not matter." }
            }
            @if is_ranked {
                fieldset {
                    legend { strong { "Your choices, the one you like best first" } }
                    @for place in 1..=options.len() {
                        @let id = format!("choice-{place}");
                        label for=(id) { "Choice " (place) }
                        select id=(id) class="rank" {
                            option value="" { @if place == 1 { "Choose one" } @else { "None" } }
                            @for option in &options { option value=(text(option, "key")) { (text(option, "label")) } }
                        }
                    }
                }
            } @else {
                fieldset {
                    legend { strong { "Your choice" } }
                    @for option in &options {
                        @let id = format!("choice-{}", text(option, "key"));
                        div class="choice" {
                            input type="radio" id=(id) name="choice" value=(text(option, "key")) required;
                            label for=(id) { (text(option, "label")) }
                        }
                    }
                }
            }
            p { "You can vote once, and you cannot change your vote." }
            button { "Cast my vote" }
        }
        div id="said" role="status" {}
        section id="receipt" hidden {
            h2 { "Your receipt" }
            p { "Print or save it, and show it to nobody: it proves how you voted. Nobody may ask to see it. After the close you can check with it that your vote counts." }
            pre tabindex="0" { code id="receipt-text" {} }
            button type="button" id="print" { "Print" }
        }
        noscript {
            h2 { "Vote without JavaScript" }
            p { "This page makes what is sent from your code in your browser, which takes JavaScript. Without it, paste these lines into a terminal. Put in your code without spaces, and your choice." }
            pre tabindex="0" { code { (commands(&visit.app.address, id, (sides.len(), is_ranked), &options)) } }
        }
        p class="hint" { "Voting works only over a secure connection (HTTPS)." }
    }
}

/// The lines that cast a vote.
fn commands(address: &str, id: &str, (sides, is_ranked): (usize, bool), options: &[&Value]) -> String {
    let keys: Vec<&str> = options.iter().map(|option| text(option, "key")).collect();
    let choices = match is_ranked {
        true => format!("your options in their order, with > between: {}", keys.join(", ")),
        false => format!("one of: {}", keys.join(", ")),
    };
    let (codes, spends, tracker) = match sides {
        2 => (
            "CODE_A=… CODE_B=…",
            r#""spend_a": "'$(hash "psm-ballot-v1:spend:$BALLOT:$CODE_A")'", "spend_b": "'$(hash "psm-ballot-v1:spend:$BALLOT:$CODE_B")'""#,
            "psm-ballot-v1:tracker2:$BALLOT:$CODE_A:$CODE_B:$NONCE",
        ),
        _ => (
            "CODE=…",
            r#""spend": "'$(hash "psm-ballot-v1:spend:$BALLOT:$CODE")'""#,
            "psm-ballot-v1:tracker:$BALLOT:$CODE:$NONCE",
        ),
    };
    format!(
        "BALLOT={id} {codes} CHOICE='…'  # {choices}\n\
         hash() {{ printf '%s' \"$1\" | sha256sum | cut -c1-64; }}\n\
         NONCE=$(openssl rand -hex 16); echo \"Keep this: $NONCE\"\n\
         curl -sS {address}/v1/staff-ballots/$BALLOT/votes -H 'Content-Type: application/json' \\\n  \
         -d '{{{spends}, \"tracker\": \"'$(hash \"{tracker}\")'\", \"choice\": \"'$CHOICE'\"}}'",
    )
}
