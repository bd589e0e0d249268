//! The members of records as people call them, and what they hold in words.

use maud::{Markup, html};
use serde_json::Value;

use crate::pages::json::{given, items, member};
use crate::pages::names;
use crate::pages::parts::named;
use crate::pages::visit::Visit;
use crate::pages::words::{called, capitalised, date, grouped, instant, money, option_label};
use crate::service::code_list;

/// The longest text that is shown whole.
const LONGEST: usize = 300;

/// The code list of a member, by the pages of the record or the member that it is in, or wherever it is.
const LISTS: &[(&str, &str, &str)] = &[
    ("departments", "kind", "department-kind"),
    ("staff-ballots", "kind", "ballot-kind"),
    ("published_figures", "basis", "published-basis"),
    ("protection", "kind", "protection-kind"),
    ("tests", "", "test-outcome"),
    ("", "archived", "archived"),
    ("", "basis", "basis"),
    ("", "check", "figure-check"),
    ("", "effect", "effect"),
    ("", "first_contract", "first-contract"),
    ("", "legal_form", "legal-form"),
    ("", "method", "ballot-method"),
    ("", "mode", "ballot-mode"),
    ("", "nation", "nation"),
    ("", "organiser", "organiser"),
    ("", "origin_route", "origin-route"),
    ("", "policy_areas", "sector"),
    ("", "procedure", "procedure"),
    ("", "regime", "regime"),
    ("", "region", "region"),
    ("", "scheme", "scheme"),
    ("", "sectors", "sector"),
    ("", "stage", "stage"),
    ("", "state", "ballot-state"),
    ("", "status", "contract-status"),
];

/// The code list that the codes of a member are in.
fn list_of(within: &str, name: &str) -> Option<&'static str> {
    let found = |(own, member, _): &&(&str, &str, &str)| {
        (*own == within && (member.is_empty() || *member == name)) || (own.is_empty() && *member == name)
    };
    LISTS.iter().find(found).map(|(.., list)| *list)
}

/// The pages of the record that a member of a record of these pages names by its id.
pub fn pages_of(pages: &str, name: &str) -> Option<&'static str> {
    match (pages, name) {
        (_, "mutual_id") | ("mutuals", "successor_id") => Some("mutuals"),
        (_, "department_id" | "other_department_ids") | ("departments", "successor_id") => Some("departments"),
        (_, "superseded_by_id") => Some("staff-ballots"),
        (_, "replaces_contract_id") => Some("contracts"),
        _ => None,
    }
}

/// A member of a record of these pages, as it is shown to people. Records that it names are named as far as the visit knows them.
pub fn value(visit: &Visit, record: &Value, pages: &str, name: &str, value: &Value) -> Markup {
    if let Some(sources) = value.as_array().filter(|_| name == "sources") {
        return html! { ul { @for it in sources { li { (source(it)) } } } };
    }
    let Some(other) = pages_of(pages, name) else {
        let told = told(record, pages, name, value);
        return html! { @if value.is_string() { (told) } @else { (capitalised(&told)) } };
    };
    let ids = value.as_array().map_or_else(|| vec![value], |all| all.iter().collect());
    html! {
        @for (place, id) in ids.into_iter().filter_map(Value::as_str).enumerate() {
            @if place > 0 { ", " }
            (visit.named(id).and_then(|record| named(visit, other, &record)).unwrap_or_else(|| html! { "a record" }))
        }
    }
}

/// What a member says, without links.
fn told(record: &Value, within: &str, name: &str, value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), grouped),
        Value::String(text) => word(record, within, name, text),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => {
            let separator = if all.iter().any(Value::is_object) { "; " } else { ", " };
            all.iter().map(|item| told(record, within, name, item)).collect::<Vec<_>>().join(separator)
        }
        Value::Object(_) if name == "hosted" => {
            capitalised(&within_object(value).map(|(step, _)| names::of_member(step)).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) if value.get("amount_minor").is_some() => money(value),
        // In the place of personal data, the log has a hash that commits to them.
        Value::Object(_) if value.get("commitment").is_some() => "not told by the log".to_owned(),
        Value::Object(_) => whole(record, name, value),
    }
}

fn word(record: &Value, within: &str, name: &str, text: &str) -> String {
    if let Some(label) = list_of(within, name).and_then(|list| code_list::label_of(list, text)) {
        return label;
    }
    match name {
        "option" | "eliminated" | "leading" => option_label(record, text),
        "percent" => format!("{text}%"),
        "entered_by" | "declared_by" | "reported_by" => actor_apart(text),
        "scrutineer_key_id" => "an API key".to_owned(),
        "opens_at" | "closes_at" | "paper_until" | "corrected_at" | "at" => instant(text),
        _ if name.ends_with("_on") || name == "until" || name == "stage_since" => date(text),
        _ => cut(text),
    }
}

/// What an object says.
fn whole(record: &Value, name: &str, value: &Value) -> String {
    match (given(value, "scheme"), given(value, "id"), given(value, "effect"), given(value, "option")) {
        (Some(scheme), Some(id), ..) => format!("{} {id}", called("scheme", scheme)),
        (.., Some(effect), _) => {
            format!("{} ({})", given(value, "label").unwrap_or_default(), called("effect", effect))
        }
        _ if name == "protection" => {
            let kind = called("protection-kind", given(value, "kind").unwrap_or_default());
            given(value, "until").map_or_else(|| kind.clone(), |until| format!("{kind}, until {}", date(until)))
        }
        (.., Some(option)) if value.get("votes").is_some() => {
            format!("{} {}", option_label(record, option), told(record, name, "votes", member(value, "votes")))
        }
        _ => {
            // What is not known of a test is not said of each.
            let is_said = |value: &Value| !value.is_null() && (name != "tests" || value != "unknown");
            let members = within_object(value).filter(|(_, value)| is_said(value));
            let said =
                members.map(|(own, value)| format!("{}: {}", names::of_member(own), told(record, name, own, value)));
            let said = said.collect::<Vec<_>>().join(", ");
            if said.is_empty() { "not known".to_owned() } else { said }
        }
    }
}

/// A source by its title, with what is noted of it.
fn source(value: &Value) -> String {
    let title = given(value, "title").or_else(|| given(value, "url")).unwrap_or("without a title");
    let note = given(value, "note").map(|note| format!(" ({note})")).unwrap_or_default();
    cut(&format!("{title}{note}"))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST).chain(['…']).collect() }
}

fn within_object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Who made a change, as the log names them.
pub fn actor(logged: &str) -> &str {
    match logged.split_once(':') {
        Some(("key", _)) => "the holder of an API key",
        Some(("token", _)) => "a user who signed in",
        _ if logged == "operator" => "the operator of the register",
        _ if logged == "sample" => "the import of the sample data",
        _ => logged,
    }
}

/// The same, so that the holders of two keys can be told apart.
pub fn actor_apart(logged: &str) -> String {
    match logged.split_once(':') {
        Some(("key", id)) => {
            let end = id.get(id.len().saturating_sub(4)..).unwrap_or(id);
            format!("the holder of the API key that ends in {end}")
        }
        _ => actor(logged).to_owned(),
    }
}

/// Those who did something, each named once.
pub fn actors(record: &Value, name: &str) -> Vec<String> {
    let mut named: Vec<String> = items(record, name).filter_map(Value::as_str).map(actor_apart).collect();
    named.dedup();
    named
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn members_hold_words_and_no_codes() {
        let record = json!({ "options": [{ "key": "leave", "label": "Leave as a mutual", "effect": "mutual" }] });
        let cases: [(&str, &str, Value, &str); 8] = [
            ("mutuals", "stage", json!("options_appraisal"), "Options appraisal"),
            ("mutuals", "sectors", json!(["mental_health", "dental"]), "Mental health, Dental care"),
            ("mutuals", "launched_on", json!("2012-04"), "April 2012"),
            ("mutuals", "identifiers", json!([{ "scheme": "GB-COH", "id": "07" }]), "Companies House 07"),
            ("contracts", "value", json!({ "amount_minor": 500_000, "currency": "GBP" }), "£5,000"),
            (
                "contracts",
                "protection",
                json!({ "kind": "longer_term", "until": "2015-03-31" }),
                "Longer term than usual, until 31 March 2015",
            ),
            ("staff-ballots", "counts", json!([{ "option": "leave", "votes": 1200 }]), "Leave as a mutual 1,200"),
            (
                "staff-ballots",
                "thresholds",
                json!([{ "basis": "turnout", "percent": "50" }]),
                "basis: Turnout, percent: 50%",
            ),
        ];
        for (pages, name, value, expected) in cases {
            assert_eq!(told(&record, pages, name, &value), expected, "{name}");
        }
    }
}
