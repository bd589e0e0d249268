//! Who watches over a ballot: the key that an administrator appoints.

use domain::Kind;
use serde::{Deserialize, Serialize};
use store::Reference;
use utoipa::ToSchema;
use validator::Validate;

use crate::register::value::{KeyId, Text};
use crate::request::body::Input;
use crate::request::faults::Faults;

/// The appointment of a ballot's scrutineer, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10"}))]
pub struct NewAppointment {
    /// A valid key with the role `scrutineer`.
    #[schema(required, nullable = false)]
    #[validate(required)]
    key_id: Option<KeyId>,
}

impl Input for NewAppointment {
    type Value = domain::KeyId;

    const READ_ONLY: &'static [&'static str] = &[];
    const PATCH: &'static str = "AppointmentPatch";

    fn references(&self) -> Vec<Reference> {
        self.key_id.iter().map(|id| Reference::new("key_id", Kind::Key, id.0)).collect()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.key_id.map(Text::into_inner)
    }
}
