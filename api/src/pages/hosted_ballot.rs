//! A ballot that this register holds: its opening, how to vote, and how everybody can check it.

use maud::{Markup, html};
use serde_json::Value;

use crate::pages::json::{below, given, items, member, number, text};
use crate::pages::parts::summary;
use crate::pages::visit::Visit;
use crate::pages::words::{called, called_within, grouped, instant};

/// The section of the page of such a ballot.
pub fn section(visit: &Visit, ballot: &Value, opening: &Value, result: Option<&Value>) -> Markup {
    let id = text(ballot, "id");
    let own = format!("{}/v1/staff-ballots/{id}", visit.app.address);
    html! {
        (opened(opening, result))
        @if result.is_some() { (own_vote(visit, id)) }
        div class="commands" {
            h2 id="verify" tabindex="-1" { "Verify the whole ballot" }
            p { "You need no key and no account. You need " code { "curl" } ", " code { "sha256sum" } " and " code { "openssl" } ", or the program of this register." }
            @if result.is_some() {
                pre tabindex="0" { code {
                    "curl -s " (own) "/verification-bundle > bundle.json\n"
                    "mutuals ballot verify --bundle bundle.json\n"
                    "# What was voted for, counted by you:\n"
                    "curl -s " (own) "/votes | grep -oE '\"[0-9a-f]{64}\",\"[^\"]*\"' | cut -d , -f 2 | sort | uniq -c\n"
                    "# How many codes were used:\n"
                    "curl -s " (own) "/spends | grep -oE '\\[\"[0-9a-f]{64}\"' | wc -l"
                } }
            } @else {
                p { "Until voting closes, the register shows nobody who voted or how many. Save the opening now, so that nobody can show you another one later:" }
                pre tabindex="0" { code {
                    "curl -s " (own) "/opening > opening.json\n"
                    "sed 's/.*\"manifest\":\\(.*\\),\"manifest_sha256\":.*/\\1/' opening.json | tr -d '\\n' | sha256sum\n"
                    "# Compare its first 16 digits with those on your letter.\n"
                    "mutuals ballot watch --url " (visit.app.address) " --ballot " (id) " --state-file watch.json"
                } }
            }
        }
    }
}

/// The way to the form, while votes can be cast.
pub fn invitation(visit: &Visit, ballot: &Value, opening: &Value) -> Markup {
    let id = text(ballot, "id");
    html! {
        @if text(ballot, "state") == "open" {
            p class="banner" {
                a href=(visit.url(&format!("/staff-ballots/{id}/vote"))) { "Vote" }
                " if you have a letter with a code. Votes can be cast until " (instant(text(opening, "closes_at"))) "."
            }
        }
    }
}

fn opened(opening: &Value, result: Option<&Value>) -> Markup {
    let manifest = member(opening, "manifest");
    let witnesses = below(result.unwrap_or(opening), &["log", "witnesses"]);
    let witnesses = witnesses
        .as_i64()
        .map_or_else(|| witnesses.as_array().map(Vec::len).unwrap_or_default().to_string(), |count| count.to_string());
    let issuers: Vec<String> = items(manifest, "issuers")
        .map(|it| format!("{} ({})", text(it, "name"), called_within("side", text(it, "side"))))
        .collect();
    html! {
        h2 id="opening" { "How it was opened" }
        (summary(&[
            ("Votes from", Some(html! { (instant(text(manifest, "opens_at"))) })),
            ("Votes until", Some(html! { (instant(text(opening, "closes_at"))) })),
            ("Opened", given(opening, "opened_at").map(|at| html! { (instant(at)) })),
            ("People on the roll", Some(html! { (grouped(number(manifest, "roll_size"))) })),
            ("How votes count", Some(html! { (called("ballot-method", text(manifest, "method"))) })),
            ("Issuers of codes", Some(html! { (issuers.join(", ")) })),
            ("Fingerprint", Some(html! { code { (text(opening, "fingerprint")) } })),
            ("SHA-256 of the manifest", Some(html! { code { (text(opening, "manifest_sha256")) } })),
            ("Witnesses of the log that have it", Some(html! { (witnesses) })),
            ("Votes archived elsewhere", given(opening, "archived").map(|word| html! { (called_within("archived", word)) })),
        ]))
    }
}

/// Looks up a tracker in the list of votes, which the page downloads: the tracker is not sent.
fn own_vote(visit: &Visit, id: &str) -> Markup {
    html! {
        h2 id="own-vote" { "Check that your vote counts" }
        p { "Your receipt has a tracker of 64 digits. This page downloads the list of all votes and looks for it here. The tracker is not sent to anyone." }
        form id="check" data-votes=(visit.url(&format!("/v1/staff-ballots/{id}/votes"))) hidden {
            label for="tracker" { "Tracker" }
            input id="tracker" autocomplete="off" spellcheck="false" maxlength="80" aria-describedby="check-said";
            button { "Look for my vote" }
        }
        p id="check-said" role="status" {}
        noscript { p { "Without JavaScript, download " a href=(visit.url(&format!("/v1/staff-ballots/{id}/votes"))) { "the list of votes" } " and search it for your tracker." } }
    }
}
