//! Enablers: the people who support mutuals in a department.

use document::register::{EnablerRole, Stage};
use document::value::Sector;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::register::child::{ChildFilter, ChildResource};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::response::problem_type::ProblemType;

/// Which enablers a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EnablerFilter {
    /// Only enablers with this role.
    role: Vec<EnablerRole>,
    /// Only enablers who cover this stage.
    stage: Vec<Stage>,
    /// Only enablers who cover this public service.
    sector: Vec<Sector>,
}

impl ChildFilter for EnablerFilter {
    fn words(&self) -> Vec<&'static str> {
        self.role.iter().map(|word| word.0.as_str()).collect()
    }

    fn covered(&self) -> Vec<Vec<&'static str>> {
        let stages = self.stage.iter().map(|stage| stage.0.as_str()).collect();
        let sectors = self.sector.iter().map(|sector| sector.0.as_str()).collect();
        vec![stages, sectors]
    }
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
