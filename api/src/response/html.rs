//! What pages are written in.

use maud::{Markup, PreEscaped};
use pulldown_cmark::Parser;
use pulldown_cmark::html::push_html;

pub const HTML: &str = "text/html; charset=utf-8";

/// Markdown of our own, or of the operator's, as HTML.
pub fn markdown(text: &str) -> Markup {
    let mut made = String::new();
    push_html(&mut made, Parser::new(text));
    PreEscaped(made)
}
