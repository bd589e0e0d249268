//! Contracts of a mutual as bars over time, with what protects them and where they end.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};
use serde_json::Value;

use crate::pages::chart::{Chart, Stretch, nothing, table, timeline};
use crate::pages::json::{given, text};
use crate::pages::parts::{code, day};
use crate::pages::visit::Visit;
use crate::pages::words::{count, date};

/// The section with the bars; it says where there are none.
pub fn section(visit: &Visit, contracts: &[Value]) -> Markup {
    html! {
        h2 id="contracts" { "Its contracts" }
        @if contracts.is_empty() { p { "No contract is on record." } } @else { (chart(visit, contracts)) }
    }
}

fn chart(visit: &Visit, contracts: &[Value]) -> Markup {
    let today = visit.app.clock.now().date_naive();
    let dated: Vec<(&Value, NaiveDate)> =
        contracts.iter().filter_map(|contract| Some((contract, earliest(given(contract, "starts_on")?)?))).collect();
    let number = |day: NaiveDate| day.signed_duration_since(NaiveDate::default()).num_days();
    let rows: Vec<Vec<Markup>> = contracts.iter().map(|contract| row(visit, contract)).collect();
    let numbers = table(&["Contract", "Begins", "Ends", "At the latest", "Procedure", "First contract"], &rows);
    let begin = dated.iter().map(|(_, from)| *from).min().map(|first| first.min(today));
    let ends = dated
        .iter()
        .flat_map(|(contract, _)| ["ends_on", "latest_ends_on"].map(|name| given(contract, name).and_then(latest)));
    let end = ends.flatten().chain([today]).max();
    let (Some(begin), Some(end)) = (begin, end) else { return numbers };
    let stretches: Vec<Stretch> = dated
        .iter()
        .map(|(contract, from)| Stretch {
            label: label(contract),
            from: number(*from),
            to: given(contract, "ends_on").and_then(latest).map(number),
            latest: given(contract, "latest_ends_on").and_then(latest).map(number),
            is_protected: text(contract, "first_contract") == "yes",
        })
        .collect();
    let next = dated
        .iter()
        .filter_map(|(contract, _)| given(contract, "ends_on"))
        .filter(|end| latest(end).is_some_and(|end| end >= today))
        .min();
    let finding = match next {
        Some(end) => format!(
            "{}; the next end is {}",
            count(i64::try_from(contracts.len()).unwrap_or(i64::MAX), "contract", "contracts"),
            date(end)
        ),
        None => format!(
            "{}; no future end date is on record",
            count(i64::try_from(contracts.len()).unwrap_or(i64::MAX), "contract", "contracts")
        ),
    };
    let undated = contracts.len().saturating_sub(dated.len());
    let left_out = if undated == 0 {
        String::new()
    } else {
        format!(" {undated} without a start date can be seen in the table only.")
    };
    let measured = format!(
        "When each contract runs. Blue: a first contract, which the mutual was given. Orange: all others. The line at the end is \
         the end date, where the next competition comes. Outline: possible extension. Hatched: its end is not known.{left_out}"
    );
    let (first, last) = (begin.format("%Y").to_string(), end.format("%Y").to_string());
    let drawing = timeline("contract-bars", &stretches, ((number(begin), &first), (number(end), &last)), number(today));
    Chart { id: "contract-bars", finding: &finding, measured: &measured, drawing, table: numbers, source: nothing() }
        .figure()
}

fn label(contract: &Value) -> String {
    const LONGEST: usize = 40;
    let title = text(contract, "title");
    if title.chars().count() <= LONGEST {
        return title.to_owned();
    }
    title.chars().take(LONGEST).chain(['…']).collect()
}

fn row(visit: &Visit, contract: &Value) -> Vec<Markup> {
    let or_unknown = |known: Option<Markup>| known.unwrap_or_else(|| html! { "not known" });
    vec![
        html! { a href=(visit.to(&format!("/contracts/{}", text(contract, "id")))) { (text(contract, "title")) } },
        or_unknown(day(contract, "starts_on")),
        or_unknown(day(contract, "ends_on")),
        day(contract, "latest_ends_on").unwrap_or_else(nothing),
        or_unknown(code(contract, "procedure", "procedure")),
        or_unknown(code(contract, "first_contract", "first-contract")),
    ]
}

/// The first day of a date that may be known in part.
fn earliest(known: &str) -> Option<NaiveDate> {
    let mut parts = known.split('-').map(|part| part.parse::<u32>().ok());
    let year = i32::try_from(parts.next()??).ok()?;
    NaiveDate::from_ymd_opt(year, parts.next().flatten().unwrap_or(1), parts.next().flatten().unwrap_or(1))
}

/// The last day of a date that may be known in part.
fn latest(known: &str) -> Option<NaiveDate> {
    let first = earliest(known)?;
    let next = match known.split('-').count() {
        1 => first.checked_add_months(chrono::Months::new(12))?,
        2 => first.checked_add_months(chrono::Months::new(1))?,
        _ => return Some(first),
    };
    next.checked_sub_days(Days::new(1))
}
