//! The steps that a staff group takes to become a mutual of a department.

use document::register::Stage;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::register::child::{ChildFilter, ChildResource};
use crate::register::words::{Conflicts, Words};
use crate::response::problem_type::ProblemType;

/// Which steps a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PathwayStepFilter {
    /// Only steps taken in this stage.
    stage: Vec<Stage>,
}

impl ChildFilter for PathwayStepFilter {
    fn words(&self) -> Vec<&'static str> {
        self.stage.iter().map(|word| word.0.as_str()).collect()
    }
}

impl ChildResource for domain::PathwayStep {
    type Filter = PathwayStepFilter;

    const WORDS: Words = Words {
        tag: "departments",
        one: "a pathway step",
        many: "pathway steps",
        of: " of a department",
        list: "In the order in which they are taken.",
        create: "The step needs a free position. By default it goes to the end.",
        conflicts: Conflicts {
            create: &[ProblemType::PositionTaken],
            change: &[ProblemType::PositionTaken],
            delete: &[ProblemType::HasDependents],
        },
        ..Words::USUAL
    };
}
