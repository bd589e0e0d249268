//! Pages for people: what the register is, and what each kind of problem means. They need no script and load nothing, and their links
//! are relative, so that they hold behind a gateway too.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use domain::statistics::StandingGroup;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::Parser;
use pulldown_cmark::html::push_html;
use store::statistics::{AsAtDay, Figures, Sum};

use crate::app::App;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

pub const HTML: &str = "text/html; charset=utf-8";

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { line-height: 1.2; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; margin: 0; }
dl div { border: 1px solid #767676; border-radius: .4rem; padding: .6rem .9rem; }
dt { font-size: .95rem; }
dd { margin: 0; font-size: 1.6rem; font-weight: 700; }
dd small { display: block; font-size: .85rem; font-weight: 400; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem; border: 1px solid #767676; border-radius: .4rem; }
a:focus-visible { outline: 3px solid; outline-offset: 2px; }
";

fn page(title: &str, content: &Markup) -> Markup {
    page_with(title, &html! {}, content)
}

/// A page with this title that has more in its head.
pub fn page_with(title: &str, head: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                // Browsers ask for an icon where a page names none.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                (head)
            }
            body { main { (content) } }
        }
    }
}

/// The front page: what this is, what the register holds, and how to call it.
#[get("/")]
pub(crate) async fn front(app: App) -> Result<HttpResponse, Problem> {
    let today = app.as_at(None)?;
    let asked = AsAtDay { day: today, today };
    let head = app.store.read_one(store::entry_log::newest).await?;
    let kept_as = format!("{} front page {today}", head.epoch.id);
    let page = match app.answers.find(head.seq, &kept_as) {
        Some(page) => page.document,
        None => {
            let figures = app.store.with_facts(move |tx, facts| store::statistics::figures(tx, facts, asked)).await?;
            let page = Bytes::from(front_page(&figures, &app.address).into_string());
            app.answers.keep(figures.seq, kept_as, page.clone().into());
            page
        }
    };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-cache")).content_type(HTML).body(page))
}

fn front_page(figures: &Figures, address: &str) -> Markup {
    let standing = |wanted: StandingGroup| {
        figures.groups.iter().find(|(group, _)| *group == wanted).map_or(0, |(_, count)| *count)
    };
    let ballots = figures.ballots.declared;
    let contracts: i64 = figures.by_procedure.iter().map(|(_, contracts)| contracts.entered.records).sum();
    let mutuals = "v1/statistics/mutuals?standing=";
    page(
        "The register of public service mutuals",
        &html! {
            h1 { "The register of public service mutuals" }
            p {
                "When staff take a service out of a department, a council or an NHS body and run it themselves, they form a public "
                "service mutual. This register lists existing and planned mutuals, how their staff voted, "
                "and which contracts they depend on. Every record names its sources, and every change is kept in a public log."
            }
            h2 id="figures" { "As of today" }
            dl aria-labelledby="figures" {
                (figure("Mutuals operating", standing(StandingGroup::Operating), Some(&format!("{mutuals}operating")), staff(&figures.operating_staff)))
                (figure("On the way", standing(StandingGroup::OnTheWay), Some(&format!("{mutuals}on_the_way")), staff(&figures.on_the_way_staff)))
                (figure("Staff ballots declared", ballots.records, Some("v1/staff-ballots?state=declared&state=superseded"), String::new()))
                (figure("Contracts entered into", contracts, Some("v1/contracts"), String::new()))
            }
            p { a href="v1/statistics" { "All figures" } ", for any day, each with a link that lists the records behind it." }
            h2 { "Call the API" }
            p { "The API serves JSON over HTTP. You do not need a key to read:" }
            pre { code { "curl -s '" (address) "/v1/mutuals?sector=libraries_archives&limit=3'" } }
            ul {
                li { a href="docs/" { "Read and try the API" } }
                li { a href="openapi.yaml" { "The contract as OpenAPI 3.1" } ", to generate clients from" }
                li { a href="v1/mutuals" { "The mutuals" } }
                li { a href="v1/code-lists" { "Code lists" } }
                li { a href="v1/entries" { "The log of all changes" } }
                li { a href="problems" { "Problem types" } }
            }
        },
    )
}

fn figure(what: &str, count: i64, behind: Option<&str>, more: String) -> Markup {
    html! {
        div {
            dt { (what) }
            dd {
                @if let Some(url) = behind { a href=(url) { (count) } } @else { (count) }
                @if !more.is_empty() { small { (more) } }
            }
        }
    }
}

/// The staff of some mutuals, and how many mutuals are in the sum.
fn staff(staff: &Sum) -> String {
    match staff.records {
        0 => String::new(),
        1 => format!("{} staff in the 1 mutual whose staff count is known", staff.total),
        records => format!("{} staff in the {records} mutuals whose staff count is known", staff.total),
    }
}

/// Markdown of our own as HTML.
pub fn markdown(text: &str) -> Markup {
    let mut made = String::new();
    push_html(&mut made, Parser::new(text));
    PreEscaped(made)
}

/// What a kind of problem means, with an example.
pub fn problem_page(kind: ProblemType, example: &serde_json::Value) -> String {
    let example = serde_json::to_string_pretty(example).unwrap_or_default();
    let content = html! {
        p { a href="../problems" { "All problem types" } }
        h1 { (kind.title()) }
        p { code { (kind.address()) } ", with the status " (kind.status().as_u16()) }
        (markdown(kind.text()))
        h2 { "An example" }
        pre { code { (example) } }
    };
    page(kind.title(), &content).into_string()
}

pub fn problems_page() -> String {
    let content = html! {
        h1 { "Problem types" }
        p { "Every error response is a problem (RFC 9457). Its " code { "type" } " is one of these:" }
        ul {
            @for kind in ProblemType::ALL {
                li { a href={ "problems/" (kind.slug()) } { (kind.title()) } " (" (kind.status().as_u16()) ")" }
            }
        }
    };
    page("Problem types", &content).into_string()
}
