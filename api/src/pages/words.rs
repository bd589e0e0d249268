//! What the register's values are called on a page.

use chrono::DateTime;
use serde_json::Value;

use crate::pages::json::{given, items, number, text};
use crate::service::code_list;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A code as the code list of this id calls it.
pub fn called(list: &str, code: &str) -> String {
    code_list::label_of(list, code).unwrap_or_else(|| code.replace(['_', '-'], " "))
}

/// The same within a sentence.
pub fn called_within(list: &str, code: &str) -> String {
    let label = called(list, code);
    let begins_acronym = label.chars().nth(1).is_some_and(char::is_uppercase);
    let mut letters = label.chars();
    match letters.next() {
        Some(first) if !begins_acronym => first.to_lowercase().chain(letters).collect(),
        _ => label,
    }
}

/// With a capital at its beginning.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A date as far as it is known: `2011`, `April 2011` or `1 April 2011`. Of an instant, its day.
pub fn date(known: &str) -> String {
    let day = known.split('T').next().unwrap_or_default();
    let mut parts = day.split('-');
    let year = parts.next().unwrap_or_default();
    let month = parts.next().and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    match (month, parts.next().and_then(|day| day.parse::<u8>().ok())) {
        (Some(month), Some(day)) => format!("{day} {month} {year}"),
        (Some(month), None) => format!("{month} {year}"),
        _ => year.to_owned(),
    }
}

/// An instant, to the minute.
pub fn instant(known: &str) -> String {
    match DateTime::parse_from_rfc3339(known) {
        Ok(instant) => instant.to_utc().format("%-d %B %Y at %H:%M UTC").to_string(),
        Err(_) => date(known),
    }
}

/// `1 mutual`, `12,300 mutuals`.
pub fn count(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// With a comma after each three digits.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::from(if number < 0 { "−" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A sum of money, as in `{"amount_minor": 1250000, "currency": "GBP"}`.
pub fn money(value: &Value) -> String {
    let (currency, amount) = (text(value, "currency"), number(value, "amount_minor"));
    let Some(decimals) = document::ocds::decimals(currency) else {
        return format!("{} of the smallest unit of {currency}", grouped(amount));
    };
    let digits = format!("{amount:0>width$}", width = decimals.saturating_add(1));
    let (whole, rest) = digits.split_at(digits.len().saturating_sub(decimals));
    let whole = grouped(whole.parse().unwrap_or_default());
    let rest = if rest.bytes().all(|digit| digit == b'0') { String::new() } else { format!(".{rest}") };
    let sign = if currency == "GBP" { "£".to_owned() } else { format!("{currency} ") };
    format!("{sign}{whole}{rest}")
}

/// What a ballot is called: its question, or what kind of ballot it is.
pub fn ballot_title(ballot: &Value) -> String {
    given(ballot, "question").map_or_else(
        || match text(ballot, "kind") {
            "consultative_survey" => called("ballot-kind", "consultative_survey"),
            kind => format!("{} ballot without its question on record", called("ballot-kind", kind)),
        },
        str::to_owned,
    )
}

/// How an option is called.
pub fn option_label(ballot: &Value, key: &str) -> String {
    let option = items(ballot, "options").find(|option| text(option, "key") == key);
    option.map_or(key, |option| text(option, "label")).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_told_as_far_as_they_are_known() {
        let cases = [("2011", "2011"), ("2011-04", "April 2011"), ("2011-04-01", "1 April 2011"), ("", "")];
        for (known, told) in cases {
            assert_eq!(date(known), told);
        }
        assert_eq!(date("2011-04-01T23:30:00Z"), "1 April 2011");
    }

    #[test]
    fn instants_are_told_in_utc() {
        assert_eq!(instant("2026-11-30T17:57:00+01:00"), "30 November 2026 at 16:57 UTC");
        assert_eq!(instant("2026-11-30t16:55:00z"), "30 November 2026 at 16:55 UTC");
    }

    #[test]
    fn sums_have_the_decimals_of_their_currency() {
        let cases = [
            ("GBP", 125_000_000, "£1,250,000"),
            ("GBP", 5, "£0.05"),
            ("JPY", 1_500, "JPY 1,500"),
            ("KWD", 1_250, "KWD 1.250"),
        ];
        for (currency, minor, told) in cases {
            assert_eq!(money(&json!({ "amount_minor": minor, "currency": currency })), told);
        }
    }

    #[test]
    fn words_stand_in_a_sentence() {
        assert_eq!(count(1, "mutual", "mutuals"), "1 mutual");
        assert_eq!(count(12_300, "mutual", "mutuals"), "12,300 mutuals");
        assert_eq!(called_within("stage", "options_appraisal"), "options appraisal");
        assert_eq!(called_within("procedure", "pcr_open"), "open procedure (Public Contracts Regulations 2015)");
        assert_eq!(called_within("resource-type", "key"), "API key");
        assert_eq!(called("stage", "no_such_stage"), "no such stage");
    }
}
