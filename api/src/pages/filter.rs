//! Filters that are set, in words.

use crate::pages::visit::Visit;
use crate::pages::words::{called, capitalised, date};

/// What filters are called, and the code lists of their values, if they have one.
const FILTERS: &[(&str, &str, Option<&str>)] = &[
    ("as_at", "as at", None),
    ("cpv", "code of the services", None),
    ("department", "department", None),
    ("first_contract", "first contract", Some("first-contract")),
    ("has_staff", "staff known", None),
    ("has_turnout", "turnout known", None),
    ("health_services", "health care services", None),
    ("id", "record", None),
    ("identifier", "number in another register", None),
    ("is_first", "first contract", None),
    ("kind", "kind", None),
    ("legal_form", "legal form", Some("legal-form")),
    ("mutual", "mutual", None),
    ("ocid", "open contracting id", None),
    ("open", "not closed", None),
    ("outcome", "outcome", Some("competition-outcome")),
    ("past_gate", "launched without the conditions", None),
    ("q", "search", None),
    ("region", "region", Some("region")),
    ("sector", "service", Some("sector")),
    ("stage", "stage", Some("stage")),
    ("standing", "standing", Some("standing-group")),
    ("unclear", "not clear", None),
    ("winner_kind", "winner", Some("winner-kind")),
];

/// Finds out what the records are called that filters of the page name.
pub async fn learn(visit: &Visit) {
    let own = visit.path().split('/').nth(1).unwrap_or_default();
    for (parameter, pages) in [("department", "departments"), ("mutual", "mutuals"), ("id", own)] {
        for id in visit.parameters(parameter) {
            visit.learn(pages, id).await;
        }
    }
}

/// A filter with its value, such as `Stage: Launched`.
pub fn told(visit: &Visit, name: &str, value: &str) -> String {
    let known = FILTERS.iter().find(|(own, ..)| *own == name);
    let words = known.map_or_else(|| name.replace('_', " "), |(_, words, _)| (*words).to_owned());
    let list = known.and_then(|(.., list)| *list);
    let is_of_day = name == "as_at" || ["_from", "_to", "_in"].iter().any(|end| name.ends_with(end));
    let shown = match (list, value) {
        (Some(list), _) => called(list, value),
        (None, "true") => "yes".to_owned(),
        (None, "false") => "no".to_owned(),
        _ if is_of_day && value.contains('-') => date(value),
        _ => match visit.named(value) {
            Some(record) => crate::pages::json::text(&record, "name").to_owned(),
            None if ["department", "mutual", "id"].contains(&name) => "a record".to_owned(),
            None => value.to_owned(),
        },
    };
    format!("{}: {shown}", capitalised(&words))
}
