//! Contracts under which a mutual supplies services to a public body.

use document::register::ContractFilter;
use domain::{Contract, ContractId, Object};
use store::ReadTx;

use crate::register::resource::{self, Resource};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::request::path::PathKey;
use crate::response::problem_type::ProblemType;

impl resource::Filter for ContractFilter {
    /// With so many conditions it is left to the threads that may take their time.
    fn is_indexed(&self) -> bool {
        false
    }
}

impl Resource for Contract {
    type Key = PathKey<ContractId>;

    const WORDS: Words = Words {
        tag: "contracts",
        one: "a contract",
        many: "contracts",
        list: "The default order is the order of entry.",
        create: "The register works out whether this is the mutual's first contract: see `is_first`. If its \
                 `entered_on` is earlier than that of the current first contract, it becomes the first.",
        delete: "Rejected while it has competitions or notices, or another contract takes its place. Its id is never used \
                 again. If it was the first contract of its mutual, the next one becomes the first.",
        conflicts: Conflicts { delete: &[ProblemType::HasDependents], ..NO_CONFLICTS },
        ..Words::USUAL
    };

    fn wanted(&self, value: Self) -> Self {
        Self { is_first: self.is_first, ..value }
    }

    fn object(&self, _: &mut ReadTx<'_>, _: ContractId) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::of(domain::Kind::Contract, Some(self.department_id))))
    }
}
