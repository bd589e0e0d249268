//! Readable keys of records, for addresses that people type.

use std::fmt;
use std::str::FromStr;

use crate::fault::{FaultCode, Invalid, quoted};
use crate::id::Id;
use crate::kind::Recorded;
use crate::value::fold::words;
use crate::value::text::{Name, as_text};

/// Readable key of a record: words of `[a-z0-9]` joined by single hyphens, 1 to 80 characters, never in the
/// shape of a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// The most characters that a slug may have.
    pub const MAX_CHARS: usize = 80;

    /// What stands for a name without a letter or digit.
    const UNNAMED: &str = "unnamed";

    /// The slug that a record of this name gets if none is given: the words of the name, as many as fit.
    pub fn from_name(name: &Name) -> Self {
        let mut slug = String::new();
        for word in words(name.as_str()) {
            let hyphen = if slug.is_empty() { "" } else { "-" };
            if slug.len() + hyphen.len() + word.len() > Self::MAX_CHARS {
                break;
            }
            slug.push_str(hyphen);
            slug.push_str(&word);
        }
        if slug.is_empty() {
            slug.push_str(Self::UNNAMED);
        }
        if has_uuid_shape(&slug) { Self(slug).with_suffix(1) } else { Self(slug) }
    }

    /// The slug with `-n` after it, shortened as far as that takes; for a name whose own slug is taken.
    #[must_use]
    pub fn with_suffix(&self, n: u32) -> Self {
        // The last group of a UUID has twelve characters and a suffix at most ten, so no suffix gives one
        // that shape.
        let suffix = format!("-{n}");
        let kept: String = self.0.chars().take(Self::MAX_CHARS.saturating_sub(suffix.len())).collect();
        Self(format!("{}{suffix}", kept.trim_end_matches('-')))
    }
}

as_text! { Slug }

impl FromStr for Slug {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let refuse = |code, what: String| {
            Err(Invalid::new(code, format!("{what}: expected words of a-z and 0-9 joined by `-`")))
        };
        if raw.is_empty() {
            return refuse(FaultCode::Empty, "the slug is empty".to_owned());
        }
        let chars = raw.chars().count();
        if chars > Self::MAX_CHARS {
            return refuse(FaultCode::TooLong, format!("{chars} characters, at most {} allowed", Self::MAX_CHARS));
        }
        if let Some(c) = raw.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return refuse(FaultCode::InvalidCharacter, format!("a slug cannot have the character {c:?}"));
        }
        if raw.split('-').any(str::is_empty) {
            return refuse(FaultCode::InvalidFormat, format!("{} has a hyphen with no word beside it", quoted(raw)));
        }
        if has_uuid_shape(raw) {
            return refuse(FaultCode::InvalidFormat, format!("{} would be read as an id", quoted(raw)));
        }
        Ok(Self(raw.to_owned()))
    }
}

/// What names a record in an address: its id or its slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<T> {
    /// The id, which every record has.
    Id(Id<T>),
    /// The slug.
    Slug(Slug),
}

impl<T> Key<T> {
    /// The id, if it is one.
    pub const fn id(&self) -> Option<&Id<T>> {
        match self {
            Self::Id(id) => Some(id),
            Self::Slug(_) => None,
        }
    }

    /// The slug, if it is one.
    pub const fn slug(&self) -> Option<&Slug> {
        match self {
            Self::Id(_) => None,
            Self::Slug(slug) => Some(slug),
        }
    }
}

impl<T> Key<T> {
    /// The same for whoever knows the kind otherwise.
    pub fn of_any_kind(self) -> Key<()> {
        match self {
            Self::Id(id) => Key::Id(Id::from_uuid(id.as_uuid())),
            Self::Slug(slug) => Key::Slug(slug),
        }
    }
}

impl<T> From<Id<T>> for Key<T> {
    fn from(id: Id<T>) -> Self {
        Self::Id(id)
    }
}

impl<T> fmt::Display for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => slug.fmt(f),
        }
    }
}

impl<T: Recorded> FromStr for Key<T> {
    type Err = Invalid;

    /// What has the shape of a UUID is an id, all else a slug. Records without slugs are named by their ids alone.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        if has_uuid_shape(raw) || !T::KIND.has_slug() {
            return raw.parse().map(Self::Id);
        }
        raw.parse().map(Self::Slug).map_err(|Invalid { code, .. }| {
            let said = quoted(raw);
            let form = "a slug has words of lower-case letters a-z and digits, joined by single hyphens";
            let meant = raw.parse().map(|name: Name| Slug::from_name(&name)).ok();
            let detail = match meant.filter(|slug| slug.as_str() != Slug::UNNAMED) {
                Some(slug) => format!("{said} is neither an id nor a slug: {form}, such as {slug}"),
                None => format!("{said} is neither an id nor a slug: {form}"),
            };
            Invalid::new(code, detail)
        })
    }
}

/// Whether the text is five groups of 8, 4, 4, 4 and 12 hexadecimal digits, in either letter case.
fn has_uuid_shape(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().all(|group| group.chars().all(|c| c.is_ascii_hexdigit()))
        && groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
}
