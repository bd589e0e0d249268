//! What is wrong with a value: its code, its words and, within a resource, its place.
//!
//! A value type's parser says [`Invalid`]; whoever knows which field was parsed turns that into a [`Fault`].
//! The place is a path of JSON names, because those are the only names a client knows; how it is escaped or
//! sent is not known here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of fault a request has, for programs that react to it.
    pub enum FaultCode {
        /// A member that must be given is absent.
        Required = "required",
        /// The value has another JSON type than the member takes.
        InvalidType = "invalid-type",
        /// The resource has no member of this name.
        UnknownMember = "unknown-member",
        /// The member is given more than once in the same object.
        DuplicateMember = "duplicate-member",
        /// The member cannot be set to another value by the client.
        ReadOnly = "read-only",
        /// The text has no visible character.
        Empty = "empty",
        /// The text has more characters than are stored.
        TooLong = "too-long",
        /// The list has more items than are stored.
        TooMany = "too-many",
        /// The list has fewer items than are needed.
        TooFew = "too-few",
        /// The text has a character that is not allowed in it.
        InvalidCharacter = "invalid-character",
        /// The text is not in the right format for this type of value.
        InvalidFormat = "invalid-format",
        /// The number or date is below or above what is possible.
        OutOfRange = "out-of-range",
        /// The value is not in the code list.
        NotInVocabulary = "not-in-vocabulary",
        /// The check digit does not match the other digits, so at least one digit is mistyped.
        CheckDigit = "check-digit",
        /// The identifier belongs under another scheme, which the detail names.
        Misfiled = "misfiled",
        /// The list has the same item twice.
        DuplicateItem = "duplicate-item",
        /// The value refers to something that does not exist.
        UnknownReference = "unknown-reference",
        /// Two dates are in an impossible order.
        DateOrder = "date-order",
        /// The value contradicts another one of the same resource.
        Inconsistent = "inconsistent",
        /// The value is meaningful, but the service does not support it.
        NotSupported = "not-supported",
        /// The references lead back to the record itself.
        Cycle = "cycle",
        /// The operation has no query parameter of this name.
        UnknownParameter = "unknown-parameter",
    }
}

/// Why a text or number is not a value of the type it was parsed as.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Invalid {
    /// What kind of fault it is.
    pub code: FaultCode,
    /// What is wrong and what was expected, as a sentence for the person who sent it.
    pub detail: String,
}

impl Invalid {
    /// A reason with its code and its words.
    pub fn new(code: FaultCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// The same reason as the fault of one field.
    pub fn at(self, field: impl Into<String>) -> Fault {
        Fault::new(field, self.code, self.detail)
    }
}

/// A fault at a known place of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: member names and list positions below the resource, separated by slashes (`counts/2/option`);
    /// empty for the whole.
    pub field: String,
    /// What kind of fault it is.
    pub code: FaultCode,
    /// What is wrong, what was expected and, where that is not plain from it, what to do.
    pub detail: String,
    /// The law, policy or standard that the rule comes from, such as `pa2023.s33(5)`.
    pub rule: Option<&'static str>,
}

impl Fault {
    /// A fault of this crate's own rules, which cite nothing.
    pub fn new(field: impl Into<String>, code: FaultCode, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into(), rule: None }
    }

    /// The same fault with the citation of the rule that it breaks.
    #[must_use]
    pub fn citing(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The same fault seen from one level up: its field becomes `prefix/field`.
    #[must_use]
    pub fn under(mut self, prefix: impl std::fmt::Display) -> Self {
        self.field = if self.field.is_empty() { prefix.to_string() } else { format!("{prefix}/{}", self.field) };
        self
    }
}

/// A client's text in quotation marks for a detail: escaped, and cut so that an answer never grows with what
/// was sent.
pub(crate) fn quoted(raw: &str) -> String {
    const SHOWN_CHARS: usize = 60;
    if raw.chars().nth(SHOWN_CHARS).is_none() {
        return format!("{raw:?}");
    }
    let start: String = raw.chars().take(SHOWN_CHARS).collect();
    format!("{start:?}…")
}
