//! Steps of departments' pathways: what a staff group does, in order, to become a mutual.

use domain::StepPosition;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::record::ChildDocument;
use crate::register::Stage;
use crate::source::Source;
use crate::value::{DepartmentId, Description, PathwayStepId, Plain, Text, Title, Word};

wire! {
    /// A step that a staff group of the department takes on its way to becoming a mutual.
    #[example({
        "position": 3,
        "title": "Hold a staff ballot",
        "guidance": "Agree on the question and on a scrutineer before papers go out.",
        "stage": "staff_consultation",
        "evidence_required": true,
        "sources": [{"title": "Staff pathway to mutualisation", "accessed_on": "2025-07-01"}]
    })]
    pub record PathwayStep(PathwayStepId, department_id: DepartmentId) {
        /// Its place on the pathway: no other step of the department may have the same. By default, a new step comes
        /// after the last one, and an existing step stays where it is.
        position: i64 = default.range(1, 100),
        /// The task.
        title: Title = required,
        /// How to do it.
        guidance: Description = optional,
        /// The stage in which a mutual takes the step, if it belongs to one.
        stage: Stage = optional,
        /// Whether progress on the step must link to evidence. The default is `false`.
        evidence_required: bool = default,
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}

impl Input for PathwayStep {
    type Value = domain::PathwayStep;

    fn build(self, faults: &mut Faults) -> Option<domain::PathwayStep> {
        let sources = faults.list("sources", self.sources);
        let position = match self.position {
            Some(position) => faults.take("position", StepPosition::try_from(position)).map(Some),
            None => Some(None),
        };
        Some(domain::PathwayStep {
            position: position?,
            title: self.title?.into_inner(),
            guidance: self.guidance.map(Text::into_inner),
            stage: self.stage.map(Word::into_inner),
            evidence_required: self.evidence_required.unwrap_or_default(),
            sources: sources?,
        })
    }
}

impl ChildDocument for domain::PathwayStep {
    type Document = PathwayStep;

    fn show(&self) -> PathwayStep {
        PathwayStep {
            position: self.position.map(|position| position.get().into()),
            title: Some(Text(self.title.clone())),
            guidance: self.guidance.clone().map(Text),
            stage: self.stage.map(Word),
            evidence_required: Some(self.evidence_required),
            sources: self.sources.iter().map(Source::show).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sample::{assert_reads_back, create, faults};

    #[test]
    fn a_full_document_reads_back() {
        let content = create::<PathwayStep>(
            r#"{"position": 100, "title": "T", "guidance": "G", "stage": "staff_consultation",
                "evidence_required": true, "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }

    #[test]
    fn a_place_is_within_the_pathway_or_left_to_the_register() {
        for position in [0, 101] {
            let found = faults::<PathwayStep>(&format!(r#"{{"position": {position}, "title": "T"}}"#));
            assert_eq!(found, [("/position".to_owned(), "out-of-range")]);
        }
        assert_eq!(create::<PathwayStep>(r#"{"title": "T"}"#).position, None);
    }
}
