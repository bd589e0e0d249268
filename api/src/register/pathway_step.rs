//! The steps that a staff group takes to become a mutual of a department.

use document::register::Stage;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::{Conflicts, Words};
use crate::response::problem_type::ProblemType;

child_filter! {
    /// Which steps a list has.
    PathwayStepFilter,
    /// Only steps taken in this stage.
    stage: Stage,
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
