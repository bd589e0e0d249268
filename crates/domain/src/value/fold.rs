//! Text folded for comparing and searching, here rather than in a database, so that every database gives the
//! same answer.

use std::collections::HashSet;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

use crate::fault::{FaultCode, Invalid};

/// The key by which names are unique: names that differ only in letter case or in inner white space have the
/// same one.
///
/// Upper case first, so that `ß` and `SS` meet.
pub fn fold_name(name: &str) -> String {
    if name.is_ascii() {
        return one_spaced(&name.to_ascii_lowercase());
    }
    let lower = name.nfc().collect::<String>().to_uppercase().to_lowercase();
    one_spaced(&lower).nfc().collect()
}

fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text for searching: `[a-z0-9]+` without accents, in the order of the text, each once.
///
/// Letters of other scripts are transliterated. A word is cut at 64 characters.
pub fn tokens(text: &str) -> Vec<String> {
    indexed(text).split_whitespace().map(str::to_owned).collect()
}

/// The same as one text, with spaces between: what a record is found by.
pub fn indexed(text: &str) -> String {
    let plain = transliterated(text);
    let mut seen = HashSet::with_capacity(plain.len() / TYPICAL_WORD);
    let mut words = String::with_capacity(plain.len());
    for word in split(&plain).filter(|word| seen.insert(*word)) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// Characters of a word, with the space behind it.
const TYPICAL_WORD: usize = 6;

/// What is searched for: 1 to 10 words of at most 200 characters together, every one of which must start a
/// word of what is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery(Vec<String>);

impl SearchQuery {
    /// The most characters that the query may have.
    pub const MAX_CHARS: usize = 200;
    /// The most different words that the query may have.
    pub const MAX_TOKENS: usize = 10;

    /// The words, folded as [`tokens`] does.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }
}

impl FromStr for SearchQuery {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let chars = raw.chars().count();
        if chars > Self::MAX_CHARS {
            let detail = format!("{chars} characters, at most {} allowed", Self::MAX_CHARS);
            return Err(Invalid::new(FaultCode::TooLong, detail));
        }
        let tokens = tokens(raw);
        match tokens.len() {
            0 => Err(Invalid::new(FaultCode::Empty, "nothing to search for: expected at least one letter or digit")),
            n if n > Self::MAX_TOKENS => {
                Err(Invalid::new(FaultCode::TooMany, format!("{n} words, at most {} allowed", Self::MAX_TOKENS)))
            }
            _ => Ok(Self(tokens)),
        }
    }
}

/// The words of a text as [`tokens`] folds them, repeats included.
pub(crate) fn words(text: &str) -> Vec<String> {
    split(&transliterated(text)).map(str::to_owned).collect()
}

/// In ASCII and lower case.
fn transliterated(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    deunicode::deunicode(&text.nfc().collect::<String>()).to_ascii_lowercase()
}

/// Runs of letters and digits in ASCII text, each cut where it is too long.
fn split(plain: &str) -> impl Iterator<Item = &str> {
    const MAX_TOKEN_CHARS: usize = 64;
    let runs = plain.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
    let cut = runs.map(|run| run.get(..MAX_TOKEN_CHARS).unwrap_or(run));
    cut.filter_map(|run| str::from_utf8(run).ok()).filter(|word| !word.is_empty())
}
