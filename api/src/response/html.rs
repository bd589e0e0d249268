//! Pages on the service itself: what each kind of problem means. They need no script and load nothing, and their links are relative, so
//! that they hold behind a gateway too.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pulldown_cmark::Parser;
use pulldown_cmark::html::push_html;

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
