//! Who runs this register and how far to trust it, and the accessibility statement.

use actix_web::{HttpResponse, get};
use maud::html;

use crate::about::About;
use crate::pages::frame::Page;
use crate::pages::visit::Visit;
use crate::response::html::markdown;
use crate::response::problem::Problem;

const WHAT_IS_TRUSTED: &str = "\
Every record names its sources. What is not known is shown as not known: a figure always says of how many records it is not known.

Every change is an entry in a public log, with its time and the name of the key that made it. Each entry is linked to all before it. Whoever \
keeps a head of the log can prove it if an entry is changed or removed. The log does not prove that an entry is true.

In a ballot that the register holds, neither the operator nor an issuer of codes can change a vote or add one unseen, and everybody can \
count it again. The operator sees a vote with its spend at the moment it is cast.";

#[get("/about")]
pub async fn show_about(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let About { text, contact_name, contact_url, contact_email, licence } = &visit.app.about;
    let has_contact = contact_name.is_some() || contact_url.is_some() || contact_email.is_some();
    let content = html! {
        h2 { "Who runs it" }
        @if let Some(text) = text { (markdown(text)) }
        @if has_contact {
            p {
                "Contact: " @if let Some(name) = contact_name { (name) " " }
                @if let Some(url) = contact_url { a href=(url) { (url) } " " }
                @if let Some(email) = contact_email { a href={ "mailto:" (email) } { (email) } }
            }
        } @else if text.is_none() {
            p { "The operator of this service has not said who they are. Find out before you rely on it." }
        }
        @if let Some((name, url)) = licence {
            p { "Licence of the data: " @match url { Some(url) => a href=(url) rel="license" { (name) }, None => (name) } }
        }
        h2 { "How far to trust it" }
        (markdown(WHAT_IS_TRUSTED))
        p { a href=(visit.url("/log")) { "How to check the log" } }
        h2 { "How to use its data" }
        p { "Most pages end with links to their data for programs. You do not need a key to read. " a href=(visit.url("/docs/")) { "The API" } }
    };
    Ok(visit.show(&Page::new("About this register", content)))
}

#[get("/accessibility")]
pub async fn show_accessibility(visit: Visit) -> Result<HttpResponse, Problem> {
    visit.expect_only(&[])?;
    let About { contact_url, contact_email, .. } = &visit.app.about;
    let content = html! {
        p class="lead" { "These pages are meant to be used by as many people as possible." }
        p { "You can zoom to 400% without scrolling sideways, use all pages with a keyboard alone or with a screen reader, and read them without JavaScript. Charts have a table with their numbers." }
        h2 { "How accessible they are" }
        p { "They are built to meet level AA of the Web Content Accessibility Guidelines 2.2 (WCAG). The tests of this software check each kind of page with an automatic tool, in light and dark colours. Nobody with a disability has tested them yet." }
        h2 { "What is not accessible" }
        ul {
            li { "Documents that sources link to are other people’s." }
            li { "The form to vote needs JavaScript. Without it, the page shows commands to paste instead." }
        }
        h2 { "Tell us of a problem" }
        p {
            @match (contact_email, contact_url) {
                (Some(email), _) => { "Write to " a href={ "mailto:" (email) } { (email) } "." },
                (None, Some(url)) => { "Use " a href=(url) { (url) } "." },
                (None, None) => "The operator of this service has given no address.",
            }
            " If you are not happy with the answer, contact the " a href="https://www.equalityadvisoryservice.com/" rel="external noreferrer" { "Equality Advisory and Support Service" } "."
        }
        h2 { "The law" }
        p { "In the United Kingdom, the Public Sector Bodies (Websites and Mobile Applications) (No. 2) Accessibility Regulations 2018 apply to public bodies. The Equality and Human Rights Commission enforces them." }
    };
    Ok(visit.show(&Page::new("Accessibility statement", content)))
}
