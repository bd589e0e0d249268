//! What must stand on a page, told from the documents of the API alone, with spellings of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use super::seen::numbers;

/// What the API answers to the addresses that a page names.
pub struct Documents {
    /// The answers, each by the last word of its path.
    by_word: BTreeMap<String, Value>,
    /// The first of the addresses.
    first: String,
    /// The query of the page.
    pub query: Vec<(String, String)>,
    pub today: NaiveDate,
}

impl Documents {
    pub fn new(query: Vec<(String, String)>, today: NaiveDate) -> Self {
        Self { by_word: BTreeMap::new(), first: String::new(), query, today }
    }

    /// Adds the answer to an address.
    pub fn add(&mut self, address: &str, answer: Value) {
        let word = last_word(address);
        if self.by_word.is_empty() {
            self.first = word.clone();
        }
        self.by_word.insert(word, answer);
    }

    /// What the page is about first of all.
    pub fn main(&self) -> &Value {
        &self.by_word[&self.first]
    }

    /// The answer to the address that ends with this word.
    pub fn of(&self, word: &str) -> &Value {
        self.by_word.get(word).unwrap_or_else(|| panic!("the page does not name the address of its {word}"))
    }

    /// The label of a code.
    pub fn label(&self, list: &str, code: &Value) -> &str {
        let codes = self::list(&self.of(list)["codes"]);
        codes.iter().find(|own| own["code"] == *code).map_or("", |own| own["label"].as_str().unwrap())
    }

    /// The same, if the page names it.
    pub fn find(&self, word: &str) -> Option<&Value> {
        self.by_word.get(word)
    }
}

fn last_word(address: &str) -> String {
    address.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned()
}

/// Texts that must stand on a page, each with what it is.
#[derive(Default)]
pub struct Told {
    said: Vec<(String, String)>,
    /// What only its charts say. They say some of the others again.
    drawn: Vec<(String, String)>,
}

impl Told {
    pub fn say(&mut self, what: &str, text: impl ToString) {
        self.said.push((what.to_owned(), text.to_string()));
    }

    pub fn draw(&mut self, what: &str, text: impl ToString) {
        self.drawn.push((what.to_owned(), text.to_string()));
    }

    /// The text, number or date of a member, as it is; nothing where it is not there.
    pub fn words(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            if let Some(text) = of[*name].as_str() {
                self.say(name, text);
            }
        }
    }

    /// Sentences of the API, whose dates a page writes as words.
    pub fn sentences(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            let text = of[*name].as_str().unwrap_or_default();
            let words: Vec<String> = text.split(' ').map(with_date).collect();
            self.say(name, words.join(" "));
        }
    }

    pub fn days(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            if let Some(known) = of[*name].as_str() {
                self.say(name, day(known));
            }
        }
    }

    pub fn instants(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            if let Some(known) = of[*name].as_str() {
                self.say(name, instant(known));
            }
        }
    }

    /// Numbers that are there.
    pub fn counts(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            if let Some(number) = of[*name].as_i64() {
                self.say(name, grouped(number));
            }
        }
    }

    /// The same, of numbers of which zero is not told.
    pub fn counts_above_zero(&mut self, of: &Value, names: &[&str]) {
        let above = names.iter().filter(|name| of[**name].as_i64() > Some(0));
        self.counts(of, &above.copied().collect::<Vec<_>>());
    }

    /// A figure with what it may lack.
    pub fn figures(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            let figure = &of[*name];
            let number = figure["count"].as_i64().or_else(|| figure["total"].as_i64());
            self.say(name, grouped(number.unwrap_or_else(|| panic!("{name} is no figure of {of}"))));
            self.counts_above_zero(figure, &["lacking"]);
        }
    }

    /// A sum over mutuals, with how many are in it and how many are not.
    pub fn sums(&mut self, of: &Value, names: &[&str]) {
        for name in names {
            let sum = &of[*name];
            if sum["records"] != 0 || sum["lacking"] == 0 {
                self.counts(sum, &["total"]);
            }
            self.counts_above_zero(sum, &["records", "lacking"]);
        }
    }

    /// Where a record is from, and how old it is.
    pub fn record(&mut self, record: &Value) {
        for source in list(&record["sources"]) {
            self.words(source, if source["title"].is_null() { &["url", "note"] } else { &["title", "note"] });
        }
        self.counts(record, &["version"]);
        self.instants(record, &["created_at", "updated_at"]);
    }

    /// All numbers of the texts, each with what it is.
    pub fn numbers(&self) -> Vec<(String, &str)> {
        in_texts(&self.said)
    }

    /// The same of what only charts say.
    pub fn drawn(&self) -> Vec<(String, &str)> {
        in_texts(&self.drawn)
    }
}

fn in_texts(texts: &[(String, String)]) -> Vec<(String, &str)> {
    texts.iter().flat_map(|(what, text)| numbers(text).into_iter().map(move |it| (it, what.as_str()))).collect()
}

/// What a list has; nothing where there is none.
pub fn list(of: &Value) -> &[Value] {
    of.as_array().map_or(&[], Vec::as_slice)
}

/// How many members of a list meet a condition.
pub fn how_many(of: &Value, is_wanted: impl Fn(&Value) -> bool) -> i64 {
    i64::try_from(list(of).iter().filter(|it| is_wanted(it)).count()).unwrap()
}

pub fn grouped(number: i64) -> String {
    match number {
        ..0 => format!("−{}", grouped(-number)),
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1_000), number % 1_000),
    }
}

pub fn day(known: &str) -> String {
    match known.len() {
        4 => known.to_owned(),
        7 => format!("{known}-01").parse::<NaiveDate>().unwrap().format("%B %Y").to_string(),
        _ => known[..10].parse::<NaiveDate>().unwrap().format("%-d %B %Y").to_string(),
    }
}

/// A word with the marks around it; as a page writes it, if it is a date.
fn with_date(word: &str) -> String {
    let date = word.trim_matches(|mark: char| !mark.is_ascii_digit());
    if is_date(date) { word.replace(date, &day(date)) } else { word.to_owned() }
}

/// Whether a word is a month or a day as the API writes it.
fn is_date(word: &str) -> bool {
    let whole = if word.len() == "2012-07".len() { format!("{word}-01") } else { word.to_owned() };
    whole.len() == "2012-07-31".len() && whole.parse::<NaiveDate>().is_ok()
}

pub fn instant(known: &str) -> String {
    DateTime::parse_from_rfc3339(known).unwrap().to_utc().format("%-d %B %Y at %H:%M").to_string()
}

/// Pounds, with pence only where there are some.
pub fn pounds(value: &Value) -> String {
    assert_eq!(value["currency"], "GBP", "{value}");
    let minor = value["amount_minor"].as_i64().unwrap();
    let pence = if minor % 100 == 0 { String::new() } else { format!(".{:02}", minor % 100) };
    format!("£{}{pence}", grouped(minor / 100))
}
