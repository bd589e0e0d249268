//! What all pages have: the head, the way to the other pages, and where the same data is for programs.

use maud::{DOCTYPE, Markup, html};

use crate::pages::place::Place;
use crate::pages::words;

/// A page, without what all have.
pub struct Page {
    pub title: String,
    pub content: Markup,
    /// What of the API it shows.
    pub data: Vec<Data>,
    /// The pages above it, from the top, each with its path.
    pub above: Vec<(String, String)>,
    /// The script of it, if it has one.
    pub script: Option<&'static str>,
}

/// Something that the API has.
pub struct Data {
    pub what: String,
    /// Its address, such as `/v1/mutuals?limit=50`.
    pub address: String,
    /// The address of the same as a table.
    pub csv: Option<String>,
    /// The address of the feed of its changes.
    pub feed: Option<String>,
}

impl Data {
    pub fn new(what: impl Into<String>, address: impl Into<String>) -> Self {
        Self { what: what.into(), address: address.into(), csv: None, feed: None }
    }

    #[must_use]
    pub fn with_csv(self, csv: impl Into<String>) -> Self {
        Self { csv: Some(csv.into()), ..self }
    }

    #[must_use]
    pub fn with_feed(self, feed: impl Into<String>) -> Self {
        Self { feed: Some(feed.into()), ..self }
    }
}

impl Page {
    pub fn new(title: impl Into<String>, content: Markup) -> Self {
        Self { title: title.into(), content, data: Vec::new(), above: Vec::new(), script: None }
    }

    #[must_use]
    pub fn of(mut self, data: Data) -> Self {
        self.data.push(data);
        self
    }

    #[must_use]
    pub fn under(mut self, title: impl Into<String>, path: impl Into<String>) -> Self {
        self.above.push((title.into(), path.into()));
        self
    }

    #[must_use]
    pub fn with_script(self, script: &'static str) -> Self {
        Self { script: Some(script), ..self }
    }
}

pub const REGISTER: &str = "Register of public service mutuals";

/// The parts of the register, each with the path of its first page.
pub const CHAPTERS: [(&str, &str); 8] = [
    ("/mutuals", "Mutuals"),
    ("/staff-ballots", "Staff ballots"),
    ("/contracts", "Contracts"),
    ("/cliff-edge", "Contract ends"),
    ("/departments", "Departments"),
    ("/figures", "Figures"),
    ("/log", "Log"),
    ("/docs/", "API"),
];

/// The whole page at a place of the service, which people reach at this address. All pages of a register that holds the sample say so.
pub fn framed(place: &Place, address: &str, page: &Page, is_of_sample: bool) -> Markup {
    let Page { title, content, data, above, script } = page;
    let is_home = place.path() == "/";
    let whole_title = if is_home { title.clone() } else { format!("{title} – {REGISTER}") };
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (whole_title) }
                link rel="icon" href=(place.url("/pages/icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(place.url("/pages/style.css"));
                link rel="canonical" href=(place.to(place.path()));
                @if let Some(first) = data.first() { link rel="alternate" type="application/json" href=(place.url(&first.address)); }
                @for (what, feed) in feeds(data) { link rel="alternate" type="application/atom+xml" title=(what) href=(place.url(feed)); }
                link rel="alternate" type="application/atom+xml" title="All changes" href=(place.url("/feed.atom"));
                @if let Some(script) = script { script src=(place.url(script)) defer {} }
            }
            body {
                a class="skip" href="#main" { "Skip to the content" }
                header {
                    div class="measure" {
                        a class="home" href=(place.to("/")) { (REGISTER) }
                        nav aria-label="Register" {
                            ul {
                                @for (path, name) in CHAPTERS {
                                    li { a href=(place.to(path)) aria-current=[is_within(place.path(), path).then_some("page")] { (name) } }
                                }
                            }
                        }
                    }
                }
                div class="measure" {
                    @if !above.is_empty() {
                        nav aria-label="Where you are" class="above" {
                            ol { @for (title, path) in above { li { a href=(place.to(path)) { (title) } } } }
                        }
                    }
                    main id="main" tabindex="-1" {
                        @if is_of_sample {
                            p class="banner" role="note" { "This register holds sample data. It was collected from public sources, it is not complete, and nobody has certified it." }
                        }
                        @if let Some(at) = place.known_at().filter(|_| place.is_shown_as_it_was()) {
                            p class="banner" role="note" {
                                strong { "You see the register as it was on " (words::instant(at)) ". " }
                                a href=(place.here(&place.query_with(&[("known_at", "")]))) { "Show it as it is now" }
                            }
                        }
                        h1 { (title) }
                        (content)
                        (to_follow(place, data))
                        (for_programs(place, address, data))
                    }
                }
                footer {
                    div class="measure" {
                        ul {
                            li { a href=(place.url("/about")) { "About this register" } }
                            li { a href=(place.url("/accessibility")) { "Accessibility" } }
                            li { a href=(place.url("/feed.atom")) { "Follow the changes (Atom)" } }
                            li { a href=(place.url("/openapi.yaml")) { "API description (OpenAPI)" } }
                        }
                        p { "Every record names its sources, and every change is kept in a public log. Times are UTC." }
                    }
                }
            }
        }
    }
}

fn is_within(path: &str, chapter: &str) -> bool {
    path.strip_prefix(chapter).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The feeds of a page's data, each with what it is of.
fn feeds(data: &[Data]) -> impl Iterator<Item = (&str, &str)> {
    data.iter().filter_map(|data| Some((data.what.as_str(), data.feed.as_deref()?)))
}

/// Where a feed reader finds the changes of the page's data.
fn to_follow(place: &Place, data: &[Data]) -> Markup {
    let feeds: Vec<(&str, &str)> = feeds(data).collect();
    html! {
        @if !feeds.is_empty() {
            p {
                "With a feed reader, and without an account: "
                @for (nth, (what, feed)) in feeds.iter().enumerate() {
                    @if nth > 0 { ", " }
                    a href=(place.url(feed)) { "Follow " (what.to_lowercase()) }
                }
            }
        }
    }
}

/// Where the data of the page is for programs.
fn for_programs(place: &Place, address: &str, data: &[Data]) -> Markup {
    if data.is_empty() {
        return html! {};
    }
    html! {
        details class="programs" {
            summary { h2 { "The same data for programs" } }
            ul {
                @for Data { what, address: path, csv, .. } in data {
                    li {
                        (what) ": " a href=(place.url(path)) { "JSON" }
                        @if let Some(csv) = csv { ", " a href=(place.url(csv)) { "CSV" } }
                        pre tabindex="0" { code { "curl -s '" (address) (path.replace('\'', "%27")) "'" } }
                    }
                }
            }
        }
    }
}
