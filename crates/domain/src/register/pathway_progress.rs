//! The progress of mutuals on the pathways of their departments.

use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::mutual::Mutual;
use crate::register::pathway_step::{PathwayStep, PathwayStepId};
use crate::value::date::Day;
use crate::value::source::Sources;
use crate::value::text::Note;
use crate::value::web_url::WebUrl;

/// Id of a pathway's step that a mutual has taken.
pub type PathwayProgressId = Id<Child<Mutual, PathwayProgress>>;

/// A step of a pathway that a mutual has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathwayProgress {
    /// The step.
    pub step_id: PathwayStepId,
    /// When the step was done.
    pub done_on: Day,
    /// Where that can be read.
    pub evidence_url: Option<WebUrl>,
    /// A remark on it.
    pub note: Option<Note>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl PathwayProgress {
    /// What the step asks for and this lacks; empty if it lacks nothing.
    pub fn faults_for(&self, step: &PathwayStep) -> Vec<Fault> {
        if !step.evidence_required || self.evidence_url.is_some() {
            return Vec::new();
        }
        let detail = "this step requires evidence: give the address of a page";
        vec![Fault::new("evidence_url", FaultCode::Required, detail)]
    }
}
