//! Closed lists of words: one macro, so that every list has its words, its meanings and its parser in one
//! place.
//!
//! The words are those of the register's contract. How a list is published is not known here.

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
}

/// Declares each [`Vocabulary`] given: an enum of words, whose doc comments are also the published meanings.
///
/// ```text
/// vocabulary! {
///     /// What the list says about a record.
///     pub enum Light {
///         /// Traffic stops.
///         Red = "red",
///     }
/// }
/// ```
macro_rules! vocabulary {
    ($(
        $(#[doc = $about:literal])+
        pub enum $Name:ident {
            $( $(#[doc = $meaning:literal])+ $Variant:ident = $word:literal, )+
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
/// [`FaultCode::NotInVocabulary`], naming the nearest word if one is near and all of them if none is.
pub fn find<V: Vocabulary>(raw: &str) -> Result<V, Invalid> {
    V::ALL.iter().copied().find(|value| value.as_str() == raw).ok_or_else(|| unknown::<V>(raw))
}

fn unknown<V: Vocabulary>(raw: &str) -> Invalid {
    let words = || V::ALL.iter().map(|value| value.as_str());
    let expected = match nearest(raw, words()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("expected one of `{}`", words().collect::<Vec<_>>().join("`, `")),
    };
    Invalid::new(FaultCode::NotInVocabulary, format!("{} is not a known value: {expected}", quoted(raw)))
}

/// The word that `raw` was probably meant to be: at most a third of its characters are off, letter case and
/// separators aside.
fn nearest<'a>(raw: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST_COMPARED: usize = 80;
    if raw.len() > LONGEST_COMPARED {
        return None;
    }
    let meant = raw.trim().to_lowercase().replace([' ', '-'], "_");
    words
        .map(|word| (strsim::levenshtein(&meant, &word.to_lowercase().replace('-', "_")), word))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, word)| distance * 3 <= word.len())
        .map(|(_, word)| word)
}
