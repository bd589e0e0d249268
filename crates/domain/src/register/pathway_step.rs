//! The steps of a department's pathway: what a staff group does, in order, to become a mutual.

use crate::fault::{FaultCode, Invalid};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::department::Department;
use crate::register::mutual::Stage;
use crate::value::source::Sources;
use crate::value::text::{Description, Title};

/// Id of a step of a department's pathway.
pub type PathwayStepId = Id<Child<Department, PathwayStep>>;

/// A step that a staff group follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathwayStep {
    /// Its place on the pathway; none where the register is to choose one, as it does before the step is stored.
    pub position: Option<StepPosition>,
    /// The task.
    pub title: Title,
    /// How to do it.
    pub guidance: Option<Description>,
    /// The stage in which a mutual takes the step; none for a step that belongs to no stage.
    pub stage: Option<Stage>,
    /// Whether a mutual that has taken the step must link to evidence.
    pub evidence_required: bool,
    /// Where all this comes from.
    pub sources: Sources,
}

/// The place of a step on its pathway, from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepPosition(u8);

impl StepPosition {
    /// The last place.
    pub const MAX: u8 = 100;

    /// The place as a number.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for StepPosition {
    type Error = Invalid;

    fn try_from(position: i64) -> Result<Self, Invalid> {
        u8::try_from(position)
            .ok()
            .filter(|position| (1..=Self::MAX).contains(position))
            .map(Self)
            .ok_or_else(|| Invalid::new(FaultCode::OutOfRange, format!("{position} is not within 1 to {}", Self::MAX)))
    }
}
