//! Charts as SVG. Widths are shares of the whole, so that a chart fits every screen while its text keeps its size.
//!
//! What a chart draws, the table beneath it tells: both are made of the same rows. What is not known is drawn hatched.

use maud::{Markup, PreEscaped, html};

use crate::pages::words::grouped;

/// A chart in its figure, with what it says in words and in numbers.
pub struct Chart<'a> {
    /// Differs from that of every other chart of the page.
    pub id: &'a str,
    /// What the chart shows, as a sentence.
    pub finding: &'a str,
    /// What is measured, of what and when.
    pub measured: &'a str,
    pub drawing: Drawing,
    /// The numbers.
    pub table: Markup,
    /// Where the numbers are from.
    pub source: Markup,
}

/// The shapes of a chart, so many pixels high.
pub struct Drawing {
    height: usize,
    shapes: Markup,
}

impl Chart<'_> {
    pub fn figure(&self) -> Markup {
        let Self { id, finding, measured, drawing, table, source } = self;
        html! {
            figure class="chart" {
                figcaption { strong { (finding) } br; (measured) }
                svg role="img" aria-labelledby={ (id) "-t " (id) "-d" } width="100%" height=(drawing.height) {
                    title id={ (id) "-t" } { (finding) }
                    desc id={ (id) "-d" } { "The table beneath has the numbers." }
                    defs {
                        pattern id={ (id) "-h" } width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                            rect class="hatch-ground" width="6" height="6" {}
                            line class="hatch" x1="0" y1="0" x2="0" y2="6" {}
                        }
                    }
                    (drawing.shapes)
                }
                details { summary { "Show the numbers" } (table) (source) }
            }
        }
    }
}

/// A share of the whole as a percentage, with at most two decimals.
fn share(part: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { (10_000.0 * as_float(part) / as_float(whole)).round() / 100.0 }
}

fn as_float(number: i64) -> f64 {
    // Counts are far below where a float loses the unit.
    i32::try_from(number).map_or(f64::from(i32::MAX), f64::from)
}

/// A bar of a chart.
pub struct Bar {
    pub label: String,
    pub value: i64,
    /// How many more there may be.
    pub unknown: i64,
}

/// What fills the width of a chart of bars at least, so that a single record does not look like many.
const SCALE: i64 = 5;

/// Bars beneath each other, each under its label. One alone is told and not drawn: there is nothing to compare its length with.
pub fn bars(id: &str, bars: &[Bar]) -> Drawing {
    const EACH: usize = 50;
    if let [Bar { label, value, unknown }] = bars {
        let shapes = html! {
            text x="0" y="16" { (label) ": " (grouped(*value)) @if *unknown > 0 { ", and " (grouped(*unknown)) " more not known" } }
        };
        return Drawing { height: 24, shapes };
    }
    let widest = bars.iter().map(|bar| bar.value.saturating_add(bar.unknown)).max().unwrap_or_default().max(SCALE);
    let shapes = html! {
        @for (place, Bar { label, value, unknown }) in bars.iter().enumerate() {
            @let top = place * EACH;
            @let (known, more) = (share(*value, widest), share(*unknown, widest));
            text x="0" y=(top + 16) { (label) ": " (grouped(*value)) @if *unknown > 0 { ", and " (grouped(*unknown)) " more not known" } }
            rect class="c1" x="0" y=(top + 23) width={ (known) "%" } height="18" {}
            @if *unknown > 0 { (hatched(id, &format!("{known}%"), top + 23, &format!("{more}%"), 18)) }
        }
    };
    Drawing { height: bars.len() * EACH, shapes }
}

/// Bars beneath each other, each of the same parts in the same order, with the names of the parts above them. Their lengths can be
/// compared; one alone shows its parts.
pub fn stacked_bars(id: &str, names: &[(&str, Option<u8>)], bars: &[(String, Vec<i64>)]) -> Drawing {
    const EACH: usize = 50;
    const LINE: usize = 26;
    let sum = |parts: &[i64]| parts.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
    let widest = bars.iter().map(|(_, parts)| sum(parts)).max().unwrap_or_default().max(SCALE);
    let top = names.len() * LINE + 8;
    let placed = |parts: &[i64]| -> Vec<(f64, f64, Option<u8>)> {
        let mut begun = 0.0;
        let place = |(part, (_, colour)): (&i64, &(&str, Option<u8>))| {
            let width = share(*part, widest);
            begun += width;
            (begun - width, width, *colour)
        };
        parts.iter().zip(names).map(place).filter(|(_, width, _)| *width > 0.0).collect()
    };
    let shapes = html! {
        @for (place, (name, colour)) in names.iter().enumerate() {
            @let y = place * LINE;
            @match colour {
                Some(colour) => rect class={ "c" (colour) } x="0" y=(y) width="16" height="16" {},
                None => (hatched(id, "0", y, "16", 16)),
            }
            text x="24" y=(y + 14) { (name) }
        }
        @for (place, (label, parts)) in bars.iter().enumerate() {
            @let y = top + place * EACH;
            text x="0" y=(y + 16) { (label) ": " (grouped(sum(parts))) }
            @for (x, width, colour) in placed(parts) {
                @match colour {
                    Some(colour) => rect class={ "c" (colour) } x={ (x) "%" } y=(y + 23) width={ (width) "%" } height="18" {},
                    None => (hatched(id, &format!("{x}%"), y + 23, &format!("{width}%"), 18)),
                }
            }
        }
    };
    Drawing { height: top + bars.len() * EACH, shapes }
}

fn hatched(id: &str, x: &str, y: usize, width: &str, height: usize) -> Markup {
    html! { rect fill={ "url(#" (id) "-h)" } x=(x) y=(y) width=(width) height=(height) {} }
}

/// A part of a bar that stands for a whole.
pub struct Part {
    pub label: String,
    pub value: i64,
    /// Which of the colours it has; none where it is what is not known or not there.
    pub colour: Option<u8>,
}

/// One bar of parts of a whole, with a label for each part beneath it, and marks at shares of the whole.
pub fn stacked(id: &str, parts: &[Part], whole: i64, marks: &[(f64, String)]) -> Drawing {
    const LINE: usize = 26;
    let (top, bar) = (marks.len() * LINE, 34);
    let mut begun = 0.0;
    let placed: Vec<(f64, f64, &Part)> = parts
        .iter()
        .map(|part| {
            let width = share(part.value, whole);
            let x = begun;
            begun += width;
            (x, width, part)
        })
        .collect();
    let fill = |part: &Part| part.colour.map(|colour| format!("c{colour}"));
    let shapes = html! {
        @for (x, width, part) in &placed {
            @match fill(part) {
                Some(class) => rect class=(class) x={ (x) "%" } y=(top) width={ (width) "%" } height=(bar) {},
                None => (hatched(id, &format!("{x}%"), top, &format!("{width}%"), bar)),
            }
        }
        @for (place, (at, label)) in marks.iter().enumerate() {
            line class="mark" x1={ (at) "%" } x2={ (at) "%" } y1=(place * LINE + 20) y2=(top + bar + 6) {}
            text x={ (at) "%" } y=(place * LINE + 15) text-anchor=(anchor(*at)) { (label) }
        }
        @for (place, (_, _, part)) in placed.iter().enumerate() {
            @let y = top + bar + 14 + place * LINE;
            @match fill(part) {
                Some(class) => rect class=(class) x="0" y=(y) width="16" height="16" {},
                None => (hatched(id, "0", y, "16", 16)),
            }
            text x="24" y=(y + 14) { (part.label) ": " (grouped(part.value)) }
        }
    };
    Drawing { height: top + bar + 14 + parts.len() * LINE, shapes }
}

/// On which side of a place a text stands, so that it stays within the chart.
fn anchor(at: f64) -> &'static str {
    match at {
        at if at < 30.0 => "start",
        at if at > 70.0 => "end",
        _ => "middle",
    }
}

/// What a step line says of a period.
pub struct Step {
    pub period: String,
    pub value: i64,
    /// How many more there may be.
    pub unknown: i64,
}

/// A line with one step for each period. What may be there beside is hatched above it.
pub fn steps(id: &str, steps: &[Step]) -> Drawing {
    const TOP: usize = 30;
    const LINES: usize = 200;
    let highest = steps.iter().map(|step| step.value.saturating_add(step.unknown)).max().unwrap_or_default().max(1);
    let y = |value: i64| as_float(i64::try_from(TOP + LINES).unwrap_or_default()) - share(value, highest) * 2.0;
    let count = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    let x = |place: usize| share(i64::try_from(place).unwrap_or_default(), count);
    let named = [0, steps.len() / 2, steps.len().saturating_sub(1)];
    let shapes = html! {
        @for (place, step) in steps.iter().enumerate() {
            @let (left, right) = (x(place), x(place + 1));
            @if step.unknown > 0 {
                @let from = y(step.value.saturating_add(step.unknown));
                rect fill={ "url(#" (id) "-h)" } x={ (left) "%" } y=(from) width={ (right - left) "%" } height=(y(step.value) - from) {}
            }
        }
        line class="axis" x1="0" x2="100%" y1=(TOP + LINES) y2=(TOP + LINES) {}
        @for (place, step) in steps.iter().enumerate() {
            @let level = y(step.value);
            line class="line" x1={ (x(place)) "%" } x2={ (x(place + 1)) "%" } y1=(level) y2=(level) {}
            @if let Some(next) = steps.get(place + 1) {
                line class="line" x1={ (x(place + 1)) "%" } x2={ (x(place + 1)) "%" } y1=(level) y2=(y(next.value)) {}
            }
        }
        @if let Some(last) = steps.last() {
            text x="100%" y=(y(last.value) - 8.0) text-anchor="end" { (grouped(last.value)) @if last.unknown > 0 { ", and " (grouped(last.unknown)) " more not known" } }
        }
        @for (order, place) in named.iter().enumerate() {
            @if let Some(step) = steps.get(*place).filter(|_| order == 0 || named.get(order - 1) != Some(place)) {
                @let (at, anchor) = [("0%".to_owned(), "start"), (format!("{}%", x(*place)), "middle"), ("100%".to_owned(), "end")].into_iter().nth(order).unwrap_or_default();
                text x=(at) y=(TOP + LINES + 22) text-anchor=(anchor) { (step.period) }
            }
        }
    };
    Drawing { height: TOP + LINES + 30, shapes }
}

/// A stretch of time: what it is about, and where it lies, in days from some day.
pub struct Stretch {
    pub label: String,
    pub from: i64,
    /// None where its end is not known.
    pub to: Option<i64>,
    /// Until when it may be prolonged.
    pub latest: Option<i64>,
    /// Whether nobody else may compete for it.
    pub is_protected: bool,
}

/// Stretches beneath each other, between two days with their names, with a mark for today.
pub fn timeline(id: &str, stretches: &[Stretch], (first, last): ((i64, &str), (i64, &str)), today: i64) -> Drawing {
    const EACH: usize = 54;
    let whole = last.0.saturating_sub(first.0).max(1);
    let x = |day: i64| share(day.saturating_sub(first.0).clamp(0, whole), whole);
    let height = stretches.len() * EACH;
    let shapes = html! {
        @for (place, stretch) in stretches.iter().enumerate() {
            @let top = place * EACH;
            @let (from, to) = (x(stretch.from), x(stretch.to.unwrap_or(last.0)));
            text x="0" y=(top + 16) { (stretch.label) }
            @if stretch.to.is_some() {
                rect class=(if stretch.is_protected { "c1" } else { "c4" }) x={ (from) "%" } y=(top + 24) width={ (to - from) "%" } height="18" {}
                line class="cliff" x1={ (to) "%" } x2={ (to) "%" } y1=(top + 20) y2=(top + 46) {}
            } @else {
                (hatched(id, &format!("{from}%"), top + 24, &format!("{}%", to - from), 18))
            }
            @if let Some(latest) = stretch.latest.map(x).filter(|latest| *latest > to) {
                rect class="outline" x={ (to) "%" } y=(top + 24) width={ (latest - to) "%" } height="18" {}
            }
        }
        line class="mark" x1={ (x(today)) "%" } x2={ (x(today)) "%" } y1="0" y2=(height) {}
        text x="0" y=(height + 20) { (first.1) }
        text x={ (x(today)) "%" } y=(height + 42) text-anchor=(anchor(x(today))) { "today" }
        text x="100%" y=(height + 20) text-anchor="end" { (last.1) }
    };
    Drawing { height: height + 50, shapes }
}

/// Numbers as a table: the names of its columns, and its rows. On a narrow screen each row of a table with more than two columns
/// becomes a card, in which each cell has the name of its column. The roles keep it a table for screen readers there.
pub fn table(columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    let is_wide = columns.len() > 2;
    let role = |role: &'static str| is_wide.then_some(role);
    html! {
        div class="wide" tabindex="0" {
            table class=[is_wide.then_some("cards")] role=[role("table")] {
                thead role=[role("rowgroup")] {
                    tr role=[role("row")] { @for column in columns { th scope="col" role=[role("columnheader")] { (column) } } }
                }
                tbody role=[role("rowgroup")] {
                    @for row in rows {
                        tr role=[role("row")] {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" role=[role("rowheader")] { (cell) } }
                                @else { td role=[role("cell")] data-label=[columns.get(place).filter(|_| is_wide)] { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A cell with a text.
pub fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// Markup that is nothing.
pub fn nothing() -> Markup {
    PreEscaped(String::new())
}
