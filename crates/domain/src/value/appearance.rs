//! What a reader sees of a text: which characters show nothing, and which show as others do.
//!
//! The tables are those of Unicode (`Default_Ignorable_Code_Point`, and the confusables of UTS #39).

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

/// Whether a character takes no room where it is written: zero-width spaces and joiners, soft hyphens, byte order marks,
/// variation selectors and other characters with the property `Default_Ignorable_Code_Point`.
pub(crate) fn is_invisible(c: char) -> bool {
    // A skeleton leaves out these and nothing else.
    !c.is_ascii() && skeleton(c.encode_utf8(&mut [0; 4])).next().is_none()
}

/// Whether a character shows nothing, whether or not it takes room.
pub(crate) fn is_blank(c: char) -> bool {
    // BRAILLE PATTERN BLANK, MUSICAL SYMBOL NULL NOTEHEAD, KHITAN SMALL SCRIPT FILLER, two EGYPTIAN HIEROGLYPH blanks.
    let is_empty_sign = matches!(c, '\u{2800}' | '\u{16FE4}' | '\u{1D159}' | '\u{13441}' | '\u{13442}');
    c.is_whitespace() || is_empty_sign || is_invisible(c)
}

/// The words of other scripts in which [`as_seen`] writes Latin letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// Those that mix the other script with Latin letters.
    Mixed,
    /// Also those that have no letter that would not look Latin in capitals.
    Any,
}

/// The text as it looks: without what shows nothing, and with Latin letters in the place of those of other scripts that
/// look the same. Latin letters stay as they are, since `m` and `rn` are different letters however alike they look.
pub(crate) fn as_seen(text: &str, words: Words) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut seen = String::with_capacity(text.len());
    let mut word = String::new();
    let shown = text.nfc().filter(|c| !is_invisible(*c)).collect::<String>();
    for c in shown.chars().flat_map(plain) {
        if c.is_alphabetic() || is_mark(c) {
            word.push(c);
            continue;
        }
        seen.push_str(&word_as_seen(&std::mem::take(&mut word), words));
        match prototype(c).as_deref() {
            _ if c.is_ascii() => seen.push(c),
            _ if is_blank(c) => seen.push(' '),
            Some("''") => seen.push('"'),
            Some(sign) if sign.is_ascii() && !c.is_alphanumeric() => seen.push_str(sign),
            _ => seen.push(c),
        }
    }
    seen.push_str(&word_as_seen(&word, words));
    seen.nfc().collect()
}

/// A character for which others stand has at most so many: some stand for whole sentences.
const MAX_STANDING_FOR: usize = 3;

/// The letters that a character is a variant of, such as a wide or a bold one.
fn plain(c: char) -> Vec<char> {
    let is_variant = c.is_alphabetic() || matches!(c, '\u{FF00}'..='\u{FFEF}');
    let plain: Vec<char> = if is_variant { c.nfkc().collect() } else { vec![c] };
    if plain.len() > MAX_STANDING_FOR { vec![c] } else { plain }
}

fn word_as_seen(word: &str, words: Words) -> String {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let is_latin = letters.clone().all(is_latin);
    if is_latin {
        return word.to_owned();
    }
    if letters.any(is_latin_or_plain) {
        return look_alikes(word);
    }
    let in_capitals = look_alikes(&word.to_uppercase());
    let all_latin = in_capitals.nfd().all(|c| c.is_ascii() || is_mark(c));
    if words == Words::Any && all_latin { in_capitals } else { word.to_owned() }
}

fn look_alikes(word: &str) -> String {
    let mut seen = String::with_capacity(word.len());
    for c in word.nfc() {
        match prototype(c) {
            _ if is_latin(c) => seen.push(c),
            // To Unicode `I` and `l` look the same. A small letter comes before an `l` more likely than before an `I`.
            Some(l) if l == "l" && !c.is_lowercase() && !seen.ends_with(char::is_lowercase) => seen.push('I'),
            Some(other) if other.chars().all(is_latin) => seen.push_str(&other),
            _ => seen.push(c),
        }
    }
    seen
}

/// What looks like a character, if anything does.
fn prototype(c: char) -> Option<String> {
    let prototype: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
    (prototype.chars().count() <= MAX_STANDING_FOR).then_some(prototype)
}

/// Whether a letter is one of those with which languages are written in Latin script. Others of the script, such as the
/// letters of phonetics, are rare enough to stand for what they look like.
fn is_latin(c: char) -> bool {
    let is_written = matches!(c, '\u{C0}'..='\u{1BF}' | '\u{1C4}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}');
    c.is_ascii() || is_mark(c) || (is_written && c != 'ı')
}

fn is_latin_or_plain(c: char) -> bool {
    is_latin(c) && !is_mark(c)
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}
