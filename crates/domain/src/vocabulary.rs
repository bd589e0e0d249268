//! Closed lists of words: one macro, so that every list has its words, its meanings and its parser in one
//! place.
//!
//! The words are those of the register's contract. How a list is published is not known here.

use std::iter;

use crate::fault::{FaultCode, Invalid, quoted};

/// A closed list of words, each with a meaning in the field.
pub trait Vocabulary: Copy + 'static {
    /// The list's own name, such as `LegalForm`.
    const NAME: &'static str;
    /// What the list says about a record.
    const DESCRIPTION: &'static str;
    /// Every value, in the order in which people read them.
    const ALL: &'static [Self];

    /// The word that stands for the value everywhere outside this program.
    fn as_str(self) -> &'static str;

    /// What the value means, in a sentence or two.
    fn describe(self) -> &'static str;

    /// Other names that people have for the value, in any letter case and with any separators. They are not read as
    /// the value: whoever uses one is told the word. A name that could mean several values is a name of each.
    fn also_called(self) -> &'static [&'static str];
}

/// Declares each [`Vocabulary`] given: an enum of words, whose doc comments are also the published meanings.
///
/// ```text
/// vocabulary! {
///     /// What the list says about a record.
///     pub enum Light {
///         /// Traffic stops.
///         Red = "red" or "stop" or "halt",
///     }
/// }
/// ```
macro_rules! vocabulary {
    ($(
        $(#[doc = $about:literal])+
        pub enum $Name:ident {
            $( $(#[doc = $meaning:literal])+ $Variant:ident = $word:literal $(or $other:literal)*, )+
        }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $Name {
            $( $(#[doc = $meaning])+ $Variant, )+
        }

        impl $Name {
            /// Every value, in the order in which people read them.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The word that stands for the value everywhere outside this program.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $word),+ }
            }

            /// What the value means, in a sentence or two.
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$Variant => concat!($($meaning),+).trim_ascii()),+ }
            }

            /// Other names that people have for the value.
            pub const fn also_called(self) -> &'static [&'static str] {
                match self { $(Self::$Variant => &[$($other),*]),+ }
            }
        }

        impl $crate::vocabulary::Vocabulary for $Name {
            const NAME: &'static str = stringify!($Name);
            const DESCRIPTION: &'static str = concat!($($about),+).trim_ascii();
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                $Name::as_str(self)
            }

            fn describe(self) -> &'static str {
                $Name::describe(self)
            }

            fn also_called(self) -> &'static [&'static str] {
                $Name::also_called(self)
            }
        }

        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $Name {
            type Err = $crate::fault::Invalid;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                $crate::vocabulary::find(raw)
            }
        }
    )+};
}
pub(crate) use vocabulary;

/// The value that a word stands for; letter case and white space count.
///
/// # Errors
/// [`FaultCode::NotInVocabulary`], naming the values that can be meant, or all of them if it is not clear.
pub fn find<V: Vocabulary>(raw: &str) -> Result<V, Invalid> {
    V::ALL.iter().copied().find(|value| value.as_str() == raw).ok_or_else(|| unknown::<V>(raw))
}

fn unknown<V: Vocabulary>(raw: &str) -> Invalid {
    let words = |values: &[V]| values.iter().map(|value| format!("`{}`", value.as_str())).collect::<Vec<_>>();
    let expected = match words(&meant::<V>(raw)).as_slice() {
        [] => format!("expected one of {}", words(V::ALL).join(", ")),
        [word] => format!("did you mean {word}?"),
        [earlier @ .., last] => format!("did you mean {} or {last}?", earlier.join(", ")),
    };
    Invalid::new(FaultCode::NotInVocabulary, format!("{} is not a known value: {expected}", quoted(raw)))
}

/// The values that `raw` can mean: those that have this name, or else those that have a name like it.
fn meant<V: Vocabulary>(raw: &str) -> Vec<V> {
    const LONGEST_COMPARED: usize = 80;
    if raw.len() > LONGEST_COMPARED {
        return Vec::new();
    }
    let parts = parts(raw);
    let whole = parts.concat();
    if whole.is_empty() {
        return Vec::new();
    }
    let named = |is_meant: &dyn Fn(&[String]) -> bool| -> Vec<V> {
        let names = |value: V| iter::once(value.as_str()).chain(value.also_called().iter().copied());
        V::ALL.iter().copied().filter(|value| names(*value).any(|name| is_meant(&self::parts(name)))).collect()
    };
    let exactly = named(&|name| name.concat() == whole);
    if exactly.is_empty() { named(&|name| is_like(&parts, name)) } else { exactly }
}

/// The parts of a name, in lower case: what is between its separators.
fn parts(name: &str) -> Vec<String> {
    let name = name.replace(['\'', '’', '.'], "").replace('&', " and ");
    let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(str::to_lowercase).collect()
}

/// Whether a name is probably another one that was mistyped.
///
/// A near word can be a different thing in law: a `cio` is no `cic`, `pa_open` is another law than `pcr_open`, and
/// "incorporated" is the contrary of `unincorporated`. So each part of a name is compared with its counterpart. Short
/// parts and parts with digits, which are abbreviations and numbers, and the first letter of each part must be the same.
fn is_like(given: &[String], name: &[String]) -> bool {
    let shortest_compared = if name.len() == 1 { 6 } else { 5 };
    let is_part_like = |given: &str, part: &str| {
        let letters = part.chars().count();
        let most_typos = if letters < 9 { 1 } else { 2 };
        given == part
            || letters >= shortest_compared
                && part.chars().all(char::is_alphabetic)
                && given.chars().next() == part.chars().next()
                && strsim::osa_distance(given, part) <= most_typos
    };
    given.len() == name.len() && given.iter().zip(name).all(|(given, part)| is_part_like(given, part))
}
