//! Identifiers in other registers.

use domain::FaultCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{Plain, Word};

/// A register that gives identifiers.
pub type Scheme = Word<domain::Scheme>;

wire! {
    /// An identifier in another register.
    #[example({"scheme": "GB-COH", "id": "09506232"})]
    pub struct Identifier {
        scheme: Scheme = required,
        /// The identifier itself. It is converted to the format of its register: `9506232` under `GB-COH` becomes
        /// `09506232`.
        id: String = required.schema(id),
    }
}

/// Puts the identifiers of a stored document into the one form that each has. What is in the list twice then is there once.
pub fn identifiers_in_one_form(members: &mut Map<String, Value>) {
    let Some(Value::Array(identifiers)) = members.get_mut("identifiers") else { return };
    let mut kept: Vec<Value> = Vec::with_capacity(identifiers.len());
    for identifier in std::mem::take(identifiers) {
        let identifier = in_one_form(&identifier).unwrap_or(identifier);
        if !kept.contains(&identifier) {
            kept.push(identifier);
        }
    }
    *identifiers = kept;
}

fn in_one_form(identifier: &Value) -> Option<Value> {
    let id = identifier.get("id")?.as_str()?;
    let made = domain::Identifier::new(identifier.get("scheme")?.as_str()?.parse().ok()?, id);
    // Companies House lists societies that are registered elsewhere.
    let is_misfiled = made.as_ref().is_err_and(|invalid| invalid.code == FaultCode::Misfiled);
    let made = if is_misfiled { domain::Identifier::new(domain::Scheme::GbMpr, id) } else { made }.ok()?;
    Some(json!({ "scheme": made.scheme().as_str(), "id": made.id() }))
}

fn id() -> RefOr<Schema> {
    let id = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(100));
    id.examples(["09506232"]).into()
}

impl Plain for Identifier {
    type Value = domain::Identifier;

    fn build(self, faults: &mut Faults) -> Option<domain::Identifier> {
        let Word(scheme) = self.scheme?;
        let made = domain::Identifier::new(scheme, &self.id?);
        // What is filed under another register's scheme is right itself: the scheme is to be corrected.
        let field =
            if made.as_ref().is_err_and(|invalid| invalid.code == FaultCode::Misfiled) { "scheme" } else { "id" };
        faults.take(field, made)
    }

    fn show(identifier: &domain::Identifier) -> Self {
        Self { scheme: Some(Word(identifier.scheme())), id: Some(identifier.id().to_owned()) }
    }
}
