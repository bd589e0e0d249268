//! API keys, as they are asked for. A key is no record of the register: it has no document that is stored.

use domain::{Kind, Lifetime, Scope};

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::reference::Reference;
use crate::value::{DepartmentId, Name, Word, texts};

/// What the bearer of a key works as.
pub type Role = Word<domain::Role>;

wire! {
    /// An API key.
    #[example({
        "label": "Procurement system of Calder Valley",
        "role": "procurement_officer",
        "department_ids": ["0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"],
        "expires_in_days": 90
    })]
    pub struct ApiKey {
        /// What it is for, such as the system that uses it.
        label: Name = required,
        role: Role = required,
        /// The departments that the key is limited to. The default is all departments. Only for `department_editor`,
        /// `mutual_editor` and `procurement_officer`.
        department_ids: DepartmentId = optional_list.min(1).max(100),
        /// The number of days after which it stops working. It cannot be valid for longer than the key or token that
        /// you send.
        expires_in_days: i64 = required.range(1, 365),
    }
}

impl Input for ApiKey {
    type Value = (domain::ApiKey, Lifetime);

    fn references(&self) -> Vec<Reference> {
        let departments = self.department_ids.iter().flatten().enumerate();
        departments.map(|(n, id)| Reference::new(format!("department_ids/{n}"), Kind::Department, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let lifetime = self.expires_in_days.and_then(|days| faults.take("expires_in_days", Lifetime::try_from(days)));
        let scope = self.department_ids.map_or(Scope::All, |ids| Scope::Departments(texts(ids)));
        let key = domain::ApiKey { label: self.label?.into_inner(), role: self.role?.into_inner(), scope };
        let key = faults.checked(&[], key)?;
        Some((key.into_inner(), lifetime?))
    }
}
