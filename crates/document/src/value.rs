//! Domain values as JSON, and what the contract says of each: one named schema for each type, its bounds taken from the
//! domain.
//!
//! Wire structs name these aliases (`Option<Slug>`), never the wrappers: the contract's generator takes the name it reads.
//! What is meant for one resource only is described in that resource's file.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use domain::{FaultCode, Invalid, Kind, Vocabulary};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::decode::refuse;
use crate::faults::{Faults, IntoFaults};
use crate::object::Typed;

/// Declares values that are JSON strings: what the contract says of each, its name there, the domain's value, and what is added to the
/// schema of a string; of an id, also which kind of record it names.
macro_rules! text {
    ($($(#[doc = $says:literal])+ $Name:ident: $T:ty = $(.$add:ident($($value:expr),*))+ $(, of $kind:ident)?;)+) => {$(
        $(#[doc = $says])+
        pub type $Name = $crate::value::Text<$T>;

        impl $crate::value::Described for $T {
            const NAME: &'static str = stringify!($Name);

            fn describe(string: ObjectBuilder) -> ObjectBuilder {
                string.description(Some(concat!($($says),+).trim_ascii()))$(.$add($($value),*))+
            }

            $(const NAMES: Option<domain::Kind> = Some(domain::Kind::$kind);

            fn named_record(&self) -> Option<(domain::Kind, String)> {
                Some((domain::Kind::$kind, self.to_string()))
            })?
        }
    )+};
}
pub(crate) use text;

/// A checkpoint with a cosignature.
const SIGNED_NOTE: &str = "mutuals.example.gov.uk/log/9b1f0e6c2d7a4835\n1\nbjQLnP+zepicpUTma3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n\u{2014} press.example.org Mb8BSgAAAABppViYhsnzH7HPLUJU5XXbVzalWmIPk4qOAJo/u9qT6hlOQtKoe5NqW6/x5D9IfVMz5GfXjdFNjxdyqcMkL899XNKZBw==\n";

text! {
    /// Readable key: words of lower-case letters and digits joined by hyphens, not in the format of a UUID. It never
    /// changes and is never given to another record.
    Slug: domain::Slug = .slug().examples(["cabinet-office"]);
    /// A name: one line, without white space at either end and characters that take no room, in Unicode normalisation
    /// form C.
    Name: domain::Name = .line(Self::MAX_CHARS).examples(["Cabinet Office"]);
    /// A title: one line, without white space at either end and characters that take no room, in Unicode normalisation
    /// form C.
    Title: domain::Title = .line(Self::MAX_CHARS).examples(["Annual report 2012"]);
    /// A description, in plain text of one or more lines.
    Description: domain::Description = .prose(Self::MAX_CHARS).examples(["Runs the borough's libraries since 2012."]);
    /// A remark or a reason, in plain text of one or more lines.
    Note: domain::Note = .prose(Self::MAX_CHARS).examples(["The report gives the year only."]);
    /// A signed note (C2SP signed-note): a text, an empty line and signature lines.
    SignedNote: domain::SignedNote = .prose(Self::MAX_CHARS).examples([SIGNED_NOTE]);
    /// Address of a page: absolute, `http` or `https`, without a user name or password.
    WebUrl: domain::WebUrl =
        .format(Some(SchemaFormat::Custom("uri".to_owned())))
        .pattern(Some("^[Hh][Tt][Tt][Pp][Ss]?://"))
        .max_length(Some(Self::MAX_CHARS))
        .examples(["https://www.gov.uk/government/organisations/cabinet-office"]);
    /// Email address, in ASCII and without a display name.
    EmailAddress: domain::EmailAddress =
        .format(Some(SchemaFormat::Custom("email".to_owned())))
        .max_length(Some(Self::MAX_CHARS))
        .examples(["mutuals@example.gov.uk"]);
    /// A calendar day (ISO 8601), of the years 1000 to 9999.
    Day: domain::Day = .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))).examples(["2012-10-01"]);
    /// A date that may be partial: the day `2011-10-01`, the month `2011-10` or the year `2011` (ISO 8601, reduced
    /// precision), of the years 1000 to 9999.
    PartialDate: domain::PartialDate =
        .pattern(Some("^[1-9][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"))
        .max_length(Some(10))
        .examples(["2011-10"]);
    /// Id of a department.
    DepartmentId: domain::DepartmentId = .id(), of Department;
    /// Id of a mutual.
    MutualId: domain::MutualId = .id(), of Mutual;
    /// Id of a staff ballot.
    StaffBallotId: domain::StaffBallotId = .id(), of StaffBallot;
    /// Id of a contract.
    ContractId: domain::ContractId = .id(), of Contract;
    /// Id of a department's commitment.
    CommitmentId: domain::CommitmentId = .id(), of Commitment;
    /// Id of a mutual's stage transition.
    StageTransitionId: domain::StageTransitionId = .id(), of StageTransition;
    /// Id of a step of a department's pathway.
    PathwayStepId: domain::PathwayStepId = .id(), of PathwayStep;
    /// Id of an enabler.
    EnablerId: domain::EnablerId = .id(), of Enabler;
    /// Id of a mutual's annual return.
    AnnualReturnId: domain::AnnualReturnId = .id(), of AnnualReturn;
    /// Id of an endorsement of a mutual.
    EndorsementId: domain::EndorsementId = .id(), of Endorsement;
    /// Id of an objection to a mutual.
    ObjectionId: domain::ObjectionId = .id(), of Objection;
    /// Id of a mutual's request for support.
    SupportRequestId: domain::SupportRequestId = .id(), of SupportRequest;
    /// Id of a mutual's progress on a step of its pathway.
    PathwayProgressId: domain::PathwayProgressId = .id(), of PathwayProgress;
    /// Id of a competition for a contract.
    CompetitionId: domain::CompetitionId = .id(), of Competition;
    /// Id of a notice about a contract.
    NoticeId: domain::NoticeId = .id(), of Notice;
    /// A number of full-time equivalents in steps of a hundredth, as decimal text. Responses have two decimal places:
    /// `12` becomes `12.00`.
    Fte: domain::Fte =
        .pattern(Some(r"^((0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?|10000000(\.0{1,2})?)$"))
        .max_length(Some(11))
        .examples(["254.50"]);
    /// Id of an API key. It is not secret.
    KeyId: domain::KeyId = .id();
    /// Id of a record.
    RecordId: domain::Id<()> = .id();
    /// Id or slug of a department.
    DepartmentKey: domain::Key<domain::Department> = .key().examples(["cabinet-office"]);
    /// Id or slug of a mutual.
    MutualKey: domain::Key<domain::Mutual> = .key().examples(["gloucestershire-care-services-cic"]);
    /// Id of a contract.
    ContractKey: domain::Key<domain::Contract> = .id();
    /// An identifier as its scheme (org-id.guide), a colon or a hyphen, and the id in any of its forms.
    SchemeAndId: domain::Identifier =
        .pattern(Some(scheme_and_id())).max_length(Some(100)).examples(["GB-COH:08878185"]);
    /// Words to search for, ignoring upper and lower case and accents. Each must match the start of a word in the
    /// record. Words joined by `'`, `-` or `.`, such as `co-op`, also match as one word. At most 10 words.
    SearchWords: domain::SearchQuery = .min_length(Some(1)).max_length(Some(200)).examples(["care glouc"]);
}

/// A field of public service.
pub type Sector = Word<domain::Sector>;
/// A region of the United Kingdom.
pub type Region = Word<domain::Region>;
/// Whether a test is met.
pub type TestOutcome = Word<domain::TestOutcome>;

/// A domain value as a JSON string, read by the domain's own parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<T>(pub T);

/// A word of one of the domain's vocabularies as a JSON string. Vocabularies grow, so the contract lists the words
/// without closing the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

/// An instant, to the microsecond (RFC 3339, in UTC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Instant(pub DateTime<Utc>);

/// A SHA-256 hash, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HexHash(String);

impl From<&[u8]> for HexHash {
    fn from(hash: &[u8]) -> Self {
        Self(hex(hash))
    }
}

impl PartialSchema for HexHash {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A SHA-256 hash, in hexadecimal."))
            .pattern(Some("^[0-9a-f]{64}$"))
            .max_length(Some(64))
            .examples(["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"])
            .into()
    }
}

impl ToSchema for HexHash {}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    text
}

/// A whole number within bounds, in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounded<const MIN: i64, const MAX: i64>(pub i64);

/// Longer than any word that a vocabulary has or will get.
const MAX_WORD_CHARS: usize = 60;

/// What the contract says of a domain value that is a JSON string.
pub trait Described {
    /// Its name in the contract.
    const NAME: &'static str;

    /// The kind of record whose id it is, if it is one.
    const NAMES: Option<Kind> = None;

    /// Adds what it means, its bounds and an example to the schema of a string.
    fn describe(string: ObjectBuilder) -> ObjectBuilder;

    /// The record that it names, where it is the id of one that must be there.
    fn named_record(&self) -> Option<(Kind, String)> {
        None
    }
}

/// A resource's content whose slug may be the register's own proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slugged<T> {
    /// The content.
    pub content: T,
    /// The client gave no slug: the one in the content comes from the name, and gives way where it is taken.
    pub derived: bool,
}

/// A content whose slug the client gave.
impl<T> From<T> for Slugged<T> {
    fn from(content: T) -> Self {
        Self { content, derived: false }
    }
}

/// Makes the slug of a record from its name where the client gave none; says whether it gave none.
pub(crate) fn fill_slug(slug: &mut Option<Slug>, name: Option<&Name>) -> bool {
    let is_missing = slug.is_none();
    if is_missing {
        *slug = name.map(|Text(name)| Text(domain::Slug::from_name(name)));
    }
    is_missing
}

/// What a member holds that stands for a value of the domain, whatever stands beside it.
pub trait Plain: Typed + Sized {
    /// The domain's value.
    type Value;

    /// The domain's value, or what is wrong with it. What is missing is told already.
    fn build(self, faults: &mut Faults) -> Option<Self::Value>;

    /// The domain's value, to be shown.
    fn show(value: &Self::Value) -> Self;
}

impl Faults {
    /// The value that a member stands for.
    pub fn member<T: Plain>(&mut self, field: &str, member: T) -> Option<T::Value> {
        match T::INSIDE {
            Some(_) => self.within(field, member, T::build),
            None => member.build(self),
        }
    }

    /// The list of the values that elements stand for, by the rules of its own.
    pub fn list<T: Plain, L: TryFrom<Vec<T::Value>, Error: IntoFaults>>(
        &mut self,
        field: &str,
        elements: Vec<T>,
    ) -> Option<L> {
        let values = match T::INSIDE {
            Some(_) => self.each(field, elements, T::build),
            None => elements.into_iter().filter_map(|element| element.build(self)).collect(),
        };
        self.take(field, L::try_from(values))
    }
}

macro_rules! around_values {
    ($($Wrapper:ident)+) => {$(
        impl<T> $Wrapper<T> {
            /// The domain value.
            pub fn into_inner(self) -> T {
                self.0
            }
        }

        impl<T> From<T> for $Wrapper<T> {
            fn from(value: T) -> Self {
                Self(value)
            }
        }

        impl<T: Clone> Plain for $Wrapper<T>
        where
            Self: Typed,
        {
            type Value = T;

            fn build(self, _: &mut Faults) -> Option<T> {
                Some(self.0)
            }

            fn show(value: &T) -> Self {
                Self(value.clone())
            }
        }

        impl<'de, T: FromStr<Err = Invalid>> Deserialize<'de> for $Wrapper<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Parse(PhantomData)).map(Self)
            }
        }
    )+};
}

around_values! { Text Word }

impl Plain for Instant {
    type Value = DateTime<Utc>;

    fn build(self, _: &mut Faults) -> Option<DateTime<Utc>> {
        Some(self.0)
    }

    fn show(value: &DateTime<Utc>) -> Self {
        Self(*value)
    }
}

macro_rules! as_it_is {
    ($($T:ty)+) => {
        $(impl Plain for $T {
            type Value = Self;

            fn build(self, _: &mut Faults) -> Option<Self> {
                Some(self)
            }

            fn show(value: &Self) -> Self {
                value.to_owned()
            }
        })+
    };
}

as_it_is! { bool i64 String }

/// The domain values in a list of wire values.
pub fn texts<T>(values: Vec<Text<T>>) -> Vec<T> {
    values.into_iter().map(|Text(value)| value).collect()
}

/// The domain values in a list of wire words.
pub fn words<T>(values: Vec<Word<T>>) -> Vec<T> {
    values.into_iter().map(|Word(value)| value).collect()
}

/// The forms that several values have, as what is added to the schema of a string.
pub(crate) trait Form {
    /// Text of one line.
    fn line(self, max_chars: usize) -> Self;
    /// Text of one or more lines.
    fn prose(self, max_chars: usize) -> Self;
    /// The id or the slug of a record.
    fn key(self) -> Self;
    /// The slug of a record.
    fn slug(self) -> Self;
    /// The id of a record.
    fn id(self) -> Self;
}

impl Form for ObjectBuilder {
    fn line(self, max_chars: usize) -> Self {
        visible(self, max_chars, r"[^\x00-\x1f\x7f]")
    }

    fn prose(self, max_chars: usize) -> Self {
        visible(self, max_chars, r"(\r\n|[^\x00-\x08\x0b-\x1f\x7f])")
    }

    fn key(self) -> Self {
        let form = self.pattern(Some("^([a-z0-9]+(-[a-z0-9]+)*|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$"));
        form.min_length(Some(1)).max_length(Some(domain::Slug::MAX_CHARS))
    }

    fn slug(self) -> Self {
        let form = self.pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"));
        form.min_length(Some(1)).max_length(Some(domain::Slug::MAX_CHARS))
    }

    fn id(self) -> Self {
        self.format(Some(SchemaFormat::Custom("uuid".to_owned())))
            .pattern(Some("^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"))
            .examples(["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"])
    }
}

/// Text of characters of one form, one of which at least is to be seen.
///
/// The pattern is one that every dialect of regular expressions reads, RE2's and PCRE's among them, so that it speaks of ASCII alone:
/// that other control characters and blanks count for the same, the rule says and no schema.
fn visible(string: ObjectBuilder, max_chars: usize, character: &str) -> ObjectBuilder {
    string
        .pattern(Some(format!(r"^{character}*[^\x00-\x20\x7f]{character}*$")))
        .min_length(Some(1))
        .max_length(Some(max_chars))
}

fn scheme_and_id() -> String {
    "^[Gg][Bb]-[A-Za-z]+[:-].+$".to_owned()
}

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Vocabulary> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<T: Vocabulary> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at = DateTime::parse_from_rfc3339(&String::deserialize(deserializer)?).map_err(|_| {
            let detail = "expected a time such as 2026-03-01T09:30:00Z".to_owned();
            refuse(&Invalid { code: FaultCode::InvalidFormat, detail })
        });
        at.map(|at| Self(at.to_utc().trunc_subsecs(6)))
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(InRange)
    }
}

struct InRange<const MIN: i64, const MAX: i64>;

impl<const MIN: i64, const MAX: i64> Visitor<'_> for InRange<MIN, MAX> {
    type Value = Bounded<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MAX {
            i64::MAX => write!(f, "a whole number of at least {MIN}"),
            _ => write!(f, "a whole number from {MIN} to {MAX}"),
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        if (MIN..=MAX).contains(&number) {
            return Ok(Bounded(number));
        }
        let expected: &dyn de::Expected = &self;
        let detail = format!("expected {expected}");
        Err(refuse(&Invalid { code: FaultCode::OutOfRange, detail }))
    }
}

struct Parse<T>(PhantomData<T>);

impl<T: FromStr<Err = Invalid>> Visitor<'_> for Parse<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, raw: &str) -> Result<T, E> {
        raw.parse().map_err(|invalid| refuse(&invalid))
    }
}

impl<T: Described> PartialSchema for Text<T> {
    fn schema() -> RefOr<Schema> {
        T::describe(ObjectBuilder::new().schema_type(Type::String)).into()
    }
}

impl<T: Described> ToSchema for Text<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

impl<T: Vocabulary> PartialSchema for Word<T> {
    fn schema() -> RefOr<Schema> {
        let mut description = format!("{}\n", T::DESCRIPTION);
        for word in T::ALL {
            description.push_str(&format!("\n- `{}`: {}", word.as_str(), word.describe()));
        }
        let words: Vec<&str> = T::ALL.iter().map(|word| word.as_str()).collect();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
            .max_length(Some(MAX_WORD_CHARS))
            .examples(words.first().copied())
            .extensions(Some(ExtensionsBuilder::new().add("x-extensible-enum", words).build()))
            .into()
    }
}

impl<T: Vocabulary> ToSchema for Word<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A time in UTC, to the microsecond (RFC 3339)."))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2012-10-01T09:30:00.000000Z"])
            .into()
    }
}

impl ToSchema for Instant {}

impl<T: Described> Typed for Text<T> {
    const NAMES: Option<Kind> = T::NAMES;

    fn named_record(&self) -> Option<(Kind, String)> {
        self.0.named_record()
    }
}

impl<T: Vocabulary> Typed for Word<T> {}

impl Typed for Instant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_two_digits() {
        assert_eq!(hex(&[0x00, 0x0f, 0xa0, 0xff]), "000fa0ff");
        assert_eq!(hex(&[]), "");
    }
}
