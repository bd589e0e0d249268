//! Text folded for comparing and searching, here rather than in a database, so that every database gives the
//! same answer.

use std::borrow::Cow;
use std::collections::HashSet;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

use crate::fault::{FaultCode, Invalid};
use crate::value::appearance::{Words, as_seen};

/// The key by which names are unique: names that a reader takes for the same have the same one. They differ only in letter
/// case, in white space, in what shows nothing, or in letters of another script that look like Latin ones (the skeleton of
/// UTS #39). Letters of ASCII stand for themselves: "Modern" and "Modem" are two names.
pub fn fold_name(name: &str) -> String {
    if name.is_ascii() {
        return one_spaced(&name.to_ascii_lowercase());
    }
    let mut key = in_one_case(&as_seen(name, Words::Any));
    for _ in 0..MAX_TIMES_FOLDED {
        let again = in_one_case(&as_seen(&key, Words::Any));
        if again == key && key.len() <= MAX_KEY_BYTES {
            return key;
        }
        key = again;
    }
    in_one_case(name)
}

/// Capitals may look like letters that their small forms do not look like, and some of these like yet others.
const MAX_TIMES_FOLDED: usize = 4;
/// An index of PostgreSQL holds no text of more than 2,704 bytes.
const MAX_KEY_BYTES: usize = 2_400;

/// Upper case first, so that `ß` and `SS` meet.
fn in_one_case(name: &str) -> String {
    let lower = name.nfc().collect::<String>().to_uppercase().to_lowercase();
    one_spaced(&lower).nfc().collect()
}

/// The key by which names are put in order: their words without accents, so that `Ŵ` stands beside `W`.
pub fn sort_key(name: &str) -> String {
    let mut key = words(name).join(" ");
    // It is ASCII, so that each byte ends a character.
    key.truncate(MAX_SORT_KEY_CHARS);
    key
}

/// As long as the longest name.
const MAX_SORT_KEY_CHARS: usize = 200;

fn one_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text for searching: `[a-z0-9]+` without accents, in the order of the text, each once. Numbers have no
/// leading zeros. Words that a sign joins, as in `O'Brien`, `co-op` and `C.I.C.`, are there one by one and as one word.
///
/// Letters of other scripts are transliterated; in a word that also has Latin letters, they stand for the Latin ones that
/// they look like. A word is cut at 64 characters.
pub fn tokens(text: &str) -> Vec<String> {
    indexed(text).split_whitespace().map(str::to_owned).collect()
}

/// The same as one text, with spaces between: what a record is found by.
pub fn indexed(text: &str) -> String {
    let plain = transliterated(text);
    let mut words = Index { seen: HashSet::with_capacity(plain.len() / TYPICAL_WORD), text: String::new() };
    words.text.reserve(plain.len());
    for parts in joined_words(&plain) {
        for first in 0..parts.len() {
            let rest = parts.get(first..).unwrap_or_default();
            words.add(rest.first().copied().unwrap_or_default().into());
            if rest.len() > 1 {
                words.add(as_one(rest.get(..MOST_JOINED).unwrap_or(rest)).into());
            }
        }
    }
    words.text
}

/// The words of a text, each once.
struct Index<'t> {
    seen: HashSet<Cow<'t, str>>,
    text: String,
}

impl<'t> Index<'t> {
    fn add(&mut self, word: Cow<'t, str>) {
        let without_zeros = match without_leading_zeros(&word) {
            Cow::Borrowed(_) => None,
            Cow::Owned(without) => Some(Cow::Owned(without)),
        };
        let word = without_zeros.unwrap_or(word);
        let other = SAME_WORDS.iter().find(|(one, _)| *one == word).map(|(_, other)| Cow::Borrowed(*other));
        for word in std::iter::once(word).chain(other) {
            if self.seen.insert(word.clone()) {
                if !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.text.push_str(&word);
            }
        }
    }
}

/// Short words of the field, each with the long one that it also stands for. The long ones begin with the short ones, so that these find
/// them as they are.
const SAME_WORDS: [(&str, &str); 2] = [("coop", "cooperative"), ("coops", "cooperatives")];

/// Of words that signs join, so many that follow each other are one word too.
const MOST_JOINED: usize = 4;

/// The words of ASCII text with their parts: several where single signs join them.
fn joined_words(plain: &str) -> impl Iterator<Item = Vec<&str>> {
    let is_joint = |c: char| matches!(c, '\'' | '-' | '.');
    let chunks = plain.split(move |c: char| !(c.is_ascii_alphanumeric() || is_joint(c)));
    chunks.flat_map(move |chunk| {
        let parts: Vec<&str> = chunk.split(is_joint).map(cut).collect();
        parts.split(|part| part.is_empty()).filter(|parts| !parts.is_empty()).map(<[&str]>::to_vec).collect::<Vec<_>>()
    })
}

fn as_one(parts: &[&str]) -> String {
    let mut one = parts.concat();
    one.truncate(MAX_TOKEN_CHARS);
    one
}

const MAX_TOKEN_CHARS: usize = 64;

/// A word in ASCII, cut where it is too long.
fn cut(word: &str) -> &str {
    word.get(..MAX_TOKEN_CHARS).unwrap_or(word)
}

/// A number is the same with zeros before it, also behind letters: `08878185`, `SC012345`.
fn without_leading_zeros(word: &str) -> Cow<'_, str> {
    let (letters, number) = word.split_at(word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len()));
    let zeros = number.bytes().take_while(|byte| *byte == b'0').count();
    let has_more = number.get(zeros..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    // The last zero of no other digit is the number itself.
    let dropped = if has_more { zeros } else { zeros.saturating_sub(1) };
    if dropped == 0 {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("{letters}{}", number.get(dropped..).unwrap_or_default()))
}

/// Characters of a word, with the space behind it.
const TYPICAL_WORD: usize = 6;

/// What is searched for: 1 to 10 words of at most 200 characters together, every one of which must be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery(Vec<SearchWord>);

/// A word that is searched for. Its parts are several where signs join them, as in `co-op`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchWord {
    parts: Vec<String>,
    joined: Option<String>,
}

impl SearchWord {
    fn new(parts: &[&str]) -> Self {
        let joined = (2..=MOST_JOINED).contains(&parts.len()).then(|| as_one(parts));
        Self {
            parts: parts.iter().map(|part| without_leading_zeros(part).into_owned()).collect(),
            joined: joined.map(|joined| without_leading_zeros(&joined).into_owned()),
        }
    }

    /// The word is found where each of these starts a word,
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// or where all of them as one word do.
    pub fn joined(&self) -> Option<&str> {
        self.joined.as_deref()
    }
}

impl SearchQuery {
    /// The most characters that the query may have.
    pub const MAX_CHARS: usize = 200;
    /// The most different words that the query may have, each part counted.
    pub const MAX_TOKENS: usize = 10;

    /// The words, folded as [`tokens`] does.
    pub fn words(&self) -> &[SearchWord] {
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
        let plain = transliterated(raw);
        let mut words: Vec<SearchWord> = Vec::new();
        for word in joined_words(&plain).map(|parts| SearchWord::new(&parts)) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        let parts: HashSet<&String> = words.iter().flat_map(|word| &word.parts).collect();
        match parts.len() {
            0 => Err(Invalid::new(FaultCode::Empty, "nothing to search for: expected at least one letter or digit")),
            n if n > Self::MAX_TOKENS => {
                Err(Invalid::new(FaultCode::TooMany, format!("{n} words, at most {} allowed", Self::MAX_TOKENS)))
            }
            _ => Ok(Self(words)),
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
    deunicode::deunicode(&as_seen(text, Words::Mixed)).to_ascii_lowercase()
}

/// Runs of letters and digits in ASCII text, each cut where it is too long.
fn split(plain: &str) -> impl Iterator<Item = &str> {
    plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(cut)
}
