//! Lists with filters: the form that sets them, and what takes them away again.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::filter;
use crate::pages::frame::{Data, Page};
use crate::pages::json::{items, member, number, text};
use crate::pages::parts::{expand, pager, total};
use crate::pages::place::{as_query, question};
use crate::pages::visit::Visit;
use crate::pages::words::{called, capitalised, grouped};
use crate::response::problem::Problem;
use crate::service::code_list;

/// Records of a page that names no number: more would make it too long.
const LIMIT: &str = "25";

/// Parameters of a list that are no filters.
const OF_PAGES: [&str; 4] = ["sort", "cursor", "limit", "known_at"];

/// A list of the API with its filters.
pub struct Listing {
    /// Its path.
    pub path: &'static str,
    pub one: &'static str,
    pub many: &'static str,
    /// The first is what a record is now, which a feed tells: its parameter is that member of the record.
    pub facets: &'static [Facet],
    /// The orders to choose from, each with its name. The first is that of a page that names none.
    pub orders: &'static [(&'static str, &'static str)],
    /// What a search looks through, if the list can be searched.
    pub words: Option<&'static str>,
    /// Which records are named beside their ids.
    pub expand: &'static str,
    /// What counts the records by the codes of the filters, if anything does.
    pub counts: Option<&'static str>,
    /// What stands above the list.
    pub lead: Option<&'static str>,
}

/// A page of a list, with its address.
struct Listed {
    document: Value,
    data: Data,
    /// How many records there are with each value of a filter, and where the API tells that, if it is counted.
    counts: Option<(Value, Data)>,
}

impl Listing {
    /// The page of the list that a visit asks for, with each record shown by `result`. A list of another instant has no filters.
    ///
    /// # Errors
    /// Those of the API.
    pub async fn show(
        &self,
        visit: &Visit,
        result: impl Fn(&Visit, &Value) -> Markup,
    ) -> Result<HttpResponse, Problem> {
        let listed = self.ask(visit).await?;
        let content = self.content(visit, &listed, result);
        let page = Page::new(capitalised(self.many), content).of(listed.data);
        Ok(visit.show(&match listed.counts {
            Some((_, data)) => page.of(data),
            None => page,
        }))
    }

    async fn ask(&self, visit: &Visit) -> Result<Listed, Problem> {
        visit.expect_none(&["fields", "count", "expand", "limit"])?;
        let mut asked: Vec<(&str, &str)> = visit.filled_in().collect();
        if visit.known_at().is_none() {
            if let Some((order, _)) = self.orders.first().filter(|_| visit.parameter("sort").is_none()) {
                asked.push(("sort", order));
            }
            asked.extend([("count", "exact"), ("expand", self.expand)]);
        }
        asked.push(("limit", LIMIT));
        let address = format!("{}?{}", self.path, as_query(asked.into_iter()));
        let mut document = visit.get(&address).await?;
        filter::learn(visit).await;
        let is_past = visit.known_at().is_some();
        for item in document.get_mut("items").and_then(Value::as_array_mut).filter(|_| is_past).into_iter().flatten() {
            expand(visit, self.path.trim_start_matches("/v1/"), self.expand, item).await;
        }
        let filters = question(&as_query(filters(visit)));
        let data = Data::new("This list", address);
        let data = if is_past {
            data
        } else {
            data.with_csv(format!("{}/export.csv{filters}", self.path))
                .with_feed(format!("{}/feed.atom{filters}", self.page()))
        };
        let counts = match self.counts.filter(|_| !is_past).map(|path| format!("{path}{filters}")) {
            // A list without these numbers is better than none.
            Some(address) => visit.get(&address).await.ok().map(|counts| (counts, Data::new("The counts", address))),
            None => None,
        };
        Ok(Listed { document, data, counts })
    }

    /// The path of its page.
    pub fn page(&self) -> &'static str {
        self.path.trim_start_matches("/v1")
    }

    /// A filter in words.
    pub fn filter(&self, visit: &Visit, name: &str, value: &str) -> String {
        match self.facets.iter().find(|facet| facet.parameter == name) {
            Some(facet) => called(facet.list, value),
            None => filter::told(visit, name, value),
        }
    }

    /// The filters, and the records of this page, each shown by `result`.
    fn content(&self, visit: &Visit, listed: &Listed, result: impl Fn(&Visit, &Value) -> Markup) -> Markup {
        let list = &listed.document;
        let is_past = visit.known_at().is_some();
        html! {
            @if let Some(lead) = self.lead { p class="lead" { (lead) } }
            div class="sides" {
                @if !is_past { (self.filters(visit, listed.counts.as_ref().map_or(&Value::Null, |(counts, _)| counts))) }
                div {
                    @if !is_past { p class="found" role="status" { (total(list, self.one, self.many)) } }
                    (self.removable(visit))
                    ol class="results" { @for item in items(list, "items") { li { (result(visit, item)) } } }
                    (pager(visit, list))
                }
            }
        }
    }

    /// The form with the filters, and the orders to choose from.
    fn filters(&self, visit: &Visit, counts: &Value) -> Markup {
        let chosen = visit.parameter("sort");
        html! {
        form class="filters" action=(visit.url(visit.path())) method="get" aria-label="Filters" {
            @if let Some(words) = self.words {
                label for="q" { "Search" }
                input id="q" name="q" type="search" maxlength="200" value=(visit.parameter("q").unwrap_or_default()) aria-describedby="q-hint";
                p id="q-hint" class="hint" { (words) }
            }
            @for facet in self.facets {
                @let on = |code: &str| visit.parameters(facet.parameter).any(|own| own == code);
                @let counted = member(counts, facet.parameter);
                details open[visit.parameter(facet.parameter).is_some()] {
                    summary { (facet.called) }
                    fieldset {
                        legend class="hidden" { (facet.called) }
                        @for code in code_list::codes_of(facet.list) {
                            @let id = format!("{}-{code}", facet.parameter);
                            div class="choice" {
                                input type="checkbox" id=(id) name=(facet.parameter) value=(code) checked[on(code)];
                                label for=(id) { (called(facet.list, code)) (count_of(counted, code)) }
                            }
                        }
                        @if let Some(unknown @ 1..) = member(counted, "unknown").as_i64() {
                            p class="hint" { "Not on record: " span class="count" { (grouped(unknown)) } }
                        }
                    }
                }
            }
            @if !self.orders.is_empty() {
                label for="sort" { "Order" }
                select id="sort" name="sort" {
                    @for (order, name) in self.orders { option value=(order) selected[chosen == Some(*order)] { (name) } }
                }
            }
            button { "Apply" }
        }
        }
    }

    /// The filters that are set, each with a link to the list without it.
    fn removable(&self, visit: &Visit) -> Markup {
        let set: Vec<(&str, &str)> = filters(visit).collect();
        html! {
            @if !set.is_empty() {
                ul class="tags" aria-label="Filters that are set" {
                    @for (name, value) in &set {
                        li {
                            a href=(visit.here(&visit.query_without(name, value))) {
                                span class="hidden" { "Remove the filter " } (self.filter(visit, name, value)) span aria-hidden="true" { " ✕" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// How many records have this value, if that was counted.
fn count_of(counted: &Value, code: &str) -> Markup {
    let found = items(counted, "values").find(|value| text(value, "value") == code);
    html! { @if let Some(found) = found { " " span class="count" { "(" (grouped(number(found, "count"))) ")" } } }
}

/// A filter whose values are the codes of a code list.
pub struct Facet {
    pub parameter: &'static str,
    /// The id of the code list.
    pub list: &'static str,
    /// Its name on the page.
    pub called: &'static str,
}

/// The filters that are set.
pub fn filters(visit: &Visit) -> impl Iterator<Item = (&str, &str)> {
    visit.filled_in().filter(|(name, _)| !OF_PAGES.contains(name))
}
