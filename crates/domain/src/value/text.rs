//! Text that people write: one line or several, bounded, and in one form.
//!
//! All text is put into Unicode normalisation form C, and what shows nothing is taken away: white space around it, and
//! characters that take no room, such as zero-width spaces, soft hyphens and byte order marks. So two texts that look
//! alike are equal. Characters that change how others show are refused: control characters, and the embeddings, overrides
//! and isolates that reorder text (U+202A–U+202E, U+2066–U+2069; "Trojan Source", CVE-2021-42574).

use std::borrow::Cow;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

use crate::fault::{FaultCode, Invalid};
use crate::value::appearance::{is_blank, is_invisible};

/// What values have that are text: the text itself, and how they are shown.
macro_rules! as_text {
    ($($Name:ident $(<$MAX:ident>)?)+) => {$(
        impl$(<const $MAX: usize>)? $Name$(<$MAX>)? {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl$(<const $MAX: usize>)? std::fmt::Display for $Name$(<$MAX>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    )+};
}
pub(crate) use as_text;

as_text! { Line<MAX> Prose<MAX> }

/// What people call something.
pub type Name = Line<200>;
/// What a document or contract is headed.
pub type Title = Line<300>;
/// What something is and does, at length.
pub type Description = Prose<10_000>;
/// A text with signatures under it, in lines.
pub type SignedNote = Prose<8_000>;
/// A remark or a reason.
pub type Note = Prose<2_000>;

/// One line of text of 1 to `MAX` characters (Unicode scalar values).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// The most characters that the text may have.
    pub const MAX_CHARS: usize = MAX;
}

impl<const MAX: usize> FromStr for Line<MAX> {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let breaks = |c: char| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
        if raw.contains(breaks) && !raw.chars().all(is_blank) {
            return Err(Invalid::new(FaultCode::InvalidCharacter, "the text has a line break, one line expected"));
        }
        written::<MAX>(raw, |_| false).map(Self)
    }
}

/// Text of 1 to `MAX` characters (Unicode scalar values) with lines (`\n`) and tabs; a `\r\n` becomes `\n`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prose<const MAX: usize>(String);

impl<const MAX: usize> Prose<MAX> {
    /// The most characters that the text may have.
    pub const MAX_CHARS: usize = MAX;
}

impl<const MAX: usize> FromStr for Prose<MAX> {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        written::<MAX>(raw, |c| matches!(c, '\n' | '\t')).map(Self)
    }
}

/// The text, if it shows something, fits as it came and as it is kept, and has no control character but the allowed ones.
fn written<const MAX: usize>(raw: &str, allowed: fn(char) -> bool) -> Result<String, Invalid> {
    let one_end = visible(raw).replace("\r\n", "\n");
    let text = composed(one_end.trim_matches(|c: char| is_blank(c) && (!is_control(c) || allowed(c))));
    if text.chars().all(is_blank) {
        return Err(Invalid::new(FaultCode::Empty, format!("the text is empty, 1 to {MAX} characters expected")));
    }
    let chars = raw.chars().count().max(text.chars().count());
    if chars > MAX {
        return Err(Invalid::new(FaultCode::TooLong, format!("{chars} characters, at most {MAX} allowed")));
    }
    if let Some(c) = text.chars().find(|c| is_control(*c) && !allowed(*c)) {
        let detail = format!("the text has the control character U+{:04X}, which is not allowed", u32::from(c));
        return Err(Invalid::new(FaultCode::InvalidCharacter, detail));
    }
    Ok(text)
}

/// The text without the characters that take no room. Those that reorder text stay, to be refused.
pub(crate) fn visible(raw: &str) -> Cow<'_, str> {
    let is_shown = |c: char| !is_invisible(c) || is_control(c);
    if raw.is_ascii() || raw.chars().all(is_shown) {
        Cow::Borrowed(raw)
    } else {
        raw.chars().filter(|c| is_shown(*c)).collect()
    }
}

/// Whether a text that was given shows nothing.
pub fn shows_nothing(text: &str) -> bool {
    text.chars().all(is_blank)
}

fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// In Unicode normalisation form C, which all of ASCII is in already.
fn composed(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfc().collect() }
}
