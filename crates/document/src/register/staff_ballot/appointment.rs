//! Who watches over a ballot: the key that an administrator appoints.

use domain::Kind;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::reference::Reference;
use crate::value::{KeyId, Text};

wire! {
    /// The appointment of a ballot's scrutineer.
    #[example({"key_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10"})]
    pub struct Appointment {
        /// A valid key with the role `scrutineer`.
        key_id: KeyId = required,
    }
}

impl Input for Appointment {
    type Value = domain::KeyId;

    fn references(&self) -> Vec<Reference> {
        self.key_id.iter().map(|Text(id)| Reference::new("key_id", Kind::Key, id)).collect()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.key_id.map(Text::into_inner)
    }
}
