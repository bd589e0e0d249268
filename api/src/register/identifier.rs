//! Identifiers in other registers, as they are sent and answered.

use domain::{FaultCode, Scheme as DomainScheme};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::register::value::Word;
use crate::request::faults::Faults;

/// A register that gives identifiers.
pub type Scheme = Word<DomainScheme>;

/// An identifier in another register, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewIdentifier {
    #[schema(required, nullable = false)]
    #[validate(required)]
    scheme: Option<Scheme>,
    /// The identifier itself. It is put into the form of its register: `9506232` under `GB-COH` becomes `09506232`.
    #[schema(required, nullable = false, min_length = 1, max_length = 100, example = "09506232")]
    #[validate(required)]
    id: Option<String>,
}

/// An identifier in another register.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Identifier {
    scheme: Scheme,
    /// The identifier, in the form of its register.
    #[schema(min_length = 1, max_length = 100, example = "09506232")]
    id: String,
}

impl NewIdentifier {
    /// The identifier, or its faults.
    pub fn build(self, faults: &mut Faults) -> Option<domain::Identifier> {
        let Word(scheme) = self.scheme?;
        let made = domain::Identifier::new(scheme, &self.id?);
        // What is filed under another register's scheme is right itself: the scheme is to be corrected.
        let field =
            if made.as_ref().is_err_and(|invalid| invalid.code == FaultCode::Misfiled) { "scheme" } else { "id" };
        faults.take(field, made)
    }
}

impl From<domain::Identifier> for Identifier {
    fn from(identifier: domain::Identifier) -> Self {
        Self { scheme: Word(identifier.scheme()), id: identifier.id().to_owned() }
    }
}
