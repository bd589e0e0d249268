//! Enablers: the people who support mutuals in a department.

use document::register::{EnablerRole, Stage};
use document::value::Sector;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::response::problem_type::ProblemType;

child_filter! {
    /// Which enablers a list has: those that meet every condition; several values of one condition mean any of them.
    EnablerFilter,
    /// Only enablers with this role.
    role: EnablerRole,
    /// Only enablers who cover this stage.
    covered stage: Stage,
    /// Only enablers who cover this public service.
    covered sector: Sector,
}

impl ChildResource for domain::Enabler {
    type Filter = EnablerFilter;

    const WORDS: Words = Words {
        tag: "departments",
        one: "an enabler",
        many: "enablers",
        of: " of a department",
        list: "In the order of entry. Only callers with a key see names and email addresses.",
        create: "A person who supports mutuals in the department.",
        conflicts: Conflicts { delete: &[ProblemType::HasDependents], ..NO_CONFLICTS },
        ..Words::USUAL
    };
}
