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
use domain::{FaultCode, Invalid, Vocabulary};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::decode::refuse;
use crate::object::{Schemas, Typed, collect_named, named};

/// Readable key of a record.
pub type Slug = Text<domain::Slug>;
/// What people call something.
pub type Name = Text<domain::Name>;
/// What a document is headed.
pub type Title = Text<domain::Title>;
/// What something is and does, at length.
pub type Description = Text<domain::Description>;
/// A remark or a reason.
pub type Note = Text<domain::Note>;
/// Address of a page.
pub type WebUrl = Text<domain::WebUrl>;
/// Address for electronic mail.
pub type EmailAddress = Text<domain::EmailAddress>;
/// A calendar day.
pub type Day = Text<domain::Day>;
/// A date that may be known to the month or the year only.
pub type PartialDate = Text<domain::PartialDate>;
/// Id of a department.
pub type DepartmentId = Text<domain::DepartmentId>;
/// Id of a mutual.
pub type MutualId = Text<domain::MutualId>;
/// Id of a staff ballot.
pub type StaffBallotId = Text<domain::StaffBallotId>;
/// Id of a contract.
pub type ContractId = Text<domain::ContractId>;
/// Id of a department's commitment.
pub type CommitmentId = Text<domain::CommitmentId>;
/// Id of a mutual's stage transition.
pub type StageTransitionId = Text<domain::StageTransitionId>;
/// Id of a step of a department's pathway.
pub type PathwayStepId = Text<domain::PathwayStepId>;
/// Id of an enabler.
pub type EnablerId = Text<domain::EnablerId>;
/// Id of a mutual's annual return.
pub type AnnualReturnId = Text<domain::AnnualReturnId>;
/// Id of an endorsement of a mutual.
pub type EndorsementId = Text<domain::EndorsementId>;
/// Id of an objection to a mutual.
pub type ObjectionId = Text<domain::ObjectionId>;
/// Id of a mutual's request for support.
pub type SupportRequestId = Text<domain::SupportRequestId>;
/// Id of a mutual's progress on a step.
pub type PathwayProgressId = Text<domain::PathwayProgressId>;
/// Full-time equivalents.
pub type Fte = Text<domain::Fte>;
/// Id of an API key.
pub type KeyId = Text<domain::KeyId>;
/// A field of public service.
pub type Sector = Word<domain::Sector>;
/// A region of the United Kingdom.
pub type Region = Word<domain::Region>;
/// Whether a test is met.
pub type TestOutcome = Word<domain::TestOutcome>;

/// Id or slug of a department, in a path or a query.
pub type DepartmentKey = Text<domain::Key<domain::Department>>;
/// Id or slug of a mutual, in a path or a query.
pub type MutualKey = Text<domain::Key<domain::Mutual>>;
/// An identifier in a query.
pub type SchemeAndId = Text<domain::Identifier>;
/// Words to search for.
pub type SearchWords = Text<domain::SearchQuery>;

/// A domain value as a JSON string, read by the domain's own parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<T>(pub T);

/// A word of one of the domain's vocabularies as a JSON string. Vocabularies grow, so the contract lists the words
/// without closing the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<T>(pub T);

/// An instant, to the microsecond (RFC 3339, in UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant(pub DateTime<Utc>);

/// A SHA-256 hash, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

    /// Adds what it means, its bounds and an example to the schema of a string.
    fn describe(string: ObjectBuilder) -> ObjectBuilder;
}

/// A resource's content whose slug may be the register's own proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slugged<T> {
    /// The content.
    pub content: T,
    /// The client gave no slug: the one in the content comes from the name, and gives way where it is taken.
    pub derived: bool,
}

impl<T> Text<T> {
    /// The domain value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Word<T> {
    /// The domain value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The domain values in a list of wire values.
pub fn texts<T>(values: Vec<Text<T>>) -> Vec<T> {
    values.into_iter().map(|Text(value)| value).collect()
}

/// The domain values in a list of wire words.
pub fn words<T>(values: Vec<Word<T>>) -> Vec<T> {
    values.into_iter().map(|Word(value)| value).collect()
}

impl Described for domain::Slug {
    const NAME: &'static str = "Slug";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "Readable key: words of lower-case letters and digits joined by hyphens, not in the format of a UUID. \
                 It never changes and is never given to another record.",
            ))
            .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
            .min_length(Some(1))
            .max_length(Some(Self::MAX_CHARS))
            .examples(["cabinet-office"])
    }
}

impl Described for domain::Name {
    const NAME: &'static str = "Name";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        let text = "What people call it: one line, without white space around it, in Unicode normalisation form C.";
        line(string, text, Self::MAX_CHARS).examples(["Cabinet Office"])
    }
}

impl Described for domain::Title {
    const NAME: &'static str = "Title";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        let text = "What it is headed: one line, without white space around it, in Unicode normalisation form C.";
        line(string, text, Self::MAX_CHARS).examples(["Annual report 2012"])
    }
}

impl Described for domain::Description {
    const NAME: &'static str = "Description";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        prose(string, "What it is and does, in plain text of one or more lines.", Self::MAX_CHARS)
            .examples(["Runs the borough's libraries since 2012."])
    }
}

impl Described for domain::Note {
    const NAME: &'static str = "Note";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        prose(string, "A remark or a reason, in plain text of one or more lines.", Self::MAX_CHARS)
            .examples(["The report gives the year only."])
    }
}

impl Described for domain::WebUrl {
    const NAME: &'static str = "WebUrl";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some("Address of a page: absolute, `http` or `https`, without a user name or password."))
            .format(Some(SchemaFormat::Custom("uri".to_owned())))
            .pattern(Some("^[Hh][Tt][Tt][Pp][Ss]?://"))
            .max_length(Some(Self::MAX_CHARS))
            .examples(["https://www.gov.uk/government/organisations/cabinet-office"])
    }
}

impl Described for domain::EmailAddress {
    const NAME: &'static str = "EmailAddress";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some("Address for electronic mail, in ASCII and without a display name."))
            .format(Some(SchemaFormat::Custom("email".to_owned())))
            .max_length(Some(Self::MAX_CHARS))
            .examples(["mutuals@example.gov.uk"])
    }
}

impl Described for domain::Day {
    const NAME: &'static str = "Day";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some("A calendar day (ISO 8601), of the years 1000 to 9999."))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .examples(["2012-10-01"])
    }
}

impl Described for domain::PartialDate {
    const NAME: &'static str = "PartialDate";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "A date that may be partial: the day `2011-10-01`, the month `2011-10` or the year `2011` \
                 (ISO 8601, reduced precision), of the years 1000 to 9999.",
            ))
            .pattern(Some("^[1-9][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"))
            .max_length(Some(10))
            .examples(["2011-10"])
    }
}

impl Described for domain::DepartmentId {
    const NAME: &'static str = "DepartmentId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a department.")
    }
}

impl Described for domain::MutualId {
    const NAME: &'static str = "MutualId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a mutual.")
    }
}

impl Described for domain::StaffBallotId {
    const NAME: &'static str = "StaffBallotId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a staff ballot.")
    }
}

impl Described for domain::ContractId {
    const NAME: &'static str = "ContractId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a contract.")
    }
}

impl Described for domain::CommitmentId {
    const NAME: &'static str = "CommitmentId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a department's commitment.")
    }
}

impl Described for domain::StageTransitionId {
    const NAME: &'static str = "StageTransitionId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a mutual's stage transition.")
    }
}

impl Described for domain::PathwayStepId {
    const NAME: &'static str = "PathwayStepId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a step of a department's pathway.")
    }
}

impl Described for domain::EnablerId {
    const NAME: &'static str = "EnablerId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of an enabler.")
    }
}

impl Described for domain::AnnualReturnId {
    const NAME: &'static str = "AnnualReturnId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a mutual's annual return.")
    }
}

impl Described for domain::EndorsementId {
    const NAME: &'static str = "EndorsementId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of an endorsement of a mutual.")
    }
}

impl Described for domain::ObjectionId {
    const NAME: &'static str = "ObjectionId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of an objection to a mutual.")
    }
}

impl Described for domain::SupportRequestId {
    const NAME: &'static str = "SupportRequestId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a mutual's request for support.")
    }
}

impl Described for domain::PathwayProgressId {
    const NAME: &'static str = "PathwayProgressId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of a mutual's progress on a step of its pathway.")
    }
}

impl Described for domain::Fte {
    const NAME: &'static str = "Fte";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "A number of full-time equivalents in steps of a hundredth, as decimal text. Answers write both places: `12` is \
                 answered as `12.00`.",
            ))
            .pattern(Some(r"^((0|[1-9][0-9]{0,6})(\.[0-9]{1,2})?|10000000(\.0{1,2})?)$"))
            .max_length(Some(11))
            .examples(["254.50"])
    }
}

impl Described for domain::KeyId {
    const NAME: &'static str = "KeyId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        id(string, "Id of an API key. It is no secret.")
    }
}

impl Described for domain::Key<domain::Department> {
    const NAME: &'static str = "DepartmentKey";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        key(string, "Id or slug of a department.", "cabinet-office")
    }
}

impl Described for domain::Key<domain::Mutual> {
    const NAME: &'static str = "MutualKey";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        key(string, "Id or slug of a mutual.", "gloucestershire-care-services-cic")
    }
}

impl Described for domain::Identifier {
    const NAME: &'static str = "SchemeAndId";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        let schemes: Vec<&str> = domain::Scheme::ALL.iter().map(|scheme| scheme.as_str()).collect();
        string
            .description(Some("An identifier as its scheme (org-id.guide), a colon and the id."))
            .pattern(Some(format!("^({}):.+$", schemes.join("|"))))
            .max_length(Some(100))
            .examples(["GB-COH:08878185"])
    }
}

impl Described for domain::SearchQuery {
    const NAME: &'static str = "SearchWords";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        let text = "Words to search for, ignoring upper and lower case and accents. Each must match the start of a \
                    word in the record. At most 10 words.";
        string.description(Some(text)).min_length(Some(1)).max_length(Some(200)).examples(["care glouc"])
    }
}

/// The schema of text of one line.
pub fn line(string: ObjectBuilder, description: &str, max_chars: usize) -> ObjectBuilder {
    text(string, description, max_chars, r"[^\x00-\x1f\x7f]")
}

/// The schema of text of one or more lines.
pub fn prose(string: ObjectBuilder, description: &str, max_chars: usize) -> ObjectBuilder {
    text(string, description, max_chars, r"(\r\n|[^\x00-\x08\x0b-\x1f\x7f])")
}

/// The schema of text of characters of one form, one of which at least is to be seen.
///
/// The pattern is one that every dialect of regular expressions reads, RE2's and PCRE's among them, so that it speaks of ASCII alone:
/// that other control characters and blanks count for the same, the rule says and no schema.
fn text(string: ObjectBuilder, description: &str, max_chars: usize, character: &str) -> ObjectBuilder {
    string
        .description(Some(description))
        .pattern(Some(format!(r"^{character}*[^\x00-\x20\x7f]{character}*$")))
        .min_length(Some(1))
        .max_length(Some(max_chars))
}

fn key(string: ObjectBuilder, description: &str, example: &str) -> ObjectBuilder {
    string
        .description(Some(description))
        .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
        .min_length(Some(1))
        .max_length(Some(domain::Slug::MAX_CHARS))
        .examples([example])
}

fn id(string: ObjectBuilder, description: &str) -> ObjectBuilder {
    string
        .description(Some(description))
        .format(Some(SchemaFormat::Custom("uuid".to_owned())))
        .pattern(Some("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"))
        .examples(["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"])
}

impl<T> From<T> for Text<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> From<T> for Word<T> {
    fn from(value: T) -> Self {
        Self(value)
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

impl<'de, T: FromStr<Err = Invalid>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parse(PhantomData)).map(Self)
    }
}

impl<'de, T: FromStr<Err = Invalid>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parse(PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let at = DateTime::parse_from_rfc3339(&String::deserialize(deserializer)?).map_err(|_| {
            let detail = "expected an instant such as 2026-03-01T09:30:00Z".to_owned();
            refuse(&Invalid { code: FaultCode::InvalidFormat, detail })
        });
        at.map(|at| Self(at.to_utc().trunc_subsecs(6)))
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&number) {
            return Ok(Self(number));
        }
        let detail = match MAX {
            i64::MAX => format!("expected a whole number from {MIN} on"),
            _ => format!("expected a whole number from {MIN} to {MAX}"),
        };
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
            .description(Some("An instant in UTC, to the microsecond (RFC 3339)."))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2012-10-01T09:30:00.000000Z"])
            .into()
    }
}

impl ToSchema for Instant {}

impl<T: Described> Typed for Text<T> {
    const OBJECT: Option<&'static crate::object::Object> = None;

    fn schema() -> RefOr<Schema> {
        named::<Self>()
    }

    fn collect(schemas: &mut Schemas) {
        collect_named::<Self>(schemas);
    }
}

impl<T: Vocabulary> Typed for Word<T> {
    const OBJECT: Option<&'static crate::object::Object> = None;

    fn schema() -> RefOr<Schema> {
        named::<Self>()
    }

    fn collect(schemas: &mut Schemas) {
        collect_named::<Self>(schemas);
    }
}

impl Typed for Instant {
    const OBJECT: Option<&'static crate::object::Object> = None;

    fn schema() -> RefOr<Schema> {
        named::<Self>()
    }

    fn collect(schemas: &mut Schemas) {
        collect_named::<Self>(schemas);
    }
}
