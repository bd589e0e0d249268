//! Progress of mutuals on the pathways of their departments.

use domain::Kind;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::record::ChildDocument;
use crate::reference::Reference;
use crate::source::{self, Source};
use crate::value::{Day, MutualId, Note, PathwayProgressId, PathwayStepId, Text, WebUrl};

wire! {
    /// A step of the pathway that a mutual has done.
    #[example({
        "step_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0a",
        "done_on": "2012-02-14",
        "evidence_url": "https://www.example.gov.uk/mutuals/expression-of-interest",
        "note": "The head of service was told in writing.",
        "sources": [{"title": "Minutes of the project board", "accessed_on": "2025-07-01"}]
    })]
    pub record PathwayProgress(PathwayProgressId, mutual_id: MutualId) {
        /// The step: one of the mutual's lead department. A mutual can have progress on each step only once.
        step_id: PathwayStepId = required,
        /// When it was done.
        done_on: Day = required,
        /// A page with the evidence. Required if the step requires evidence.
        evidence_url: WebUrl = optional,
        note: Note = optional,
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}

impl Input for PathwayProgress {
    type Value = domain::PathwayProgress;

    fn references(&self) -> Vec<Reference> {
        self.step_id.iter().map(|id| Reference::new("step_id", Kind::PathwayStep, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<domain::PathwayProgress> {
        let sources = source::build(self.sources, faults);
        Some(domain::PathwayProgress {
            step_id: self.step_id?.into_inner(),
            done_on: self.done_on?.into_inner(),
            evidence_url: self.evidence_url.map(Text::into_inner),
            note: self.note.map(Text::into_inner),
            sources: sources?,
        })
    }
}

impl ChildDocument for domain::PathwayProgress {
    type Document = PathwayProgress;

    fn show(&self) -> PathwayProgress {
        PathwayProgress {
            step_id: Some(Text(self.step_id)),
            done_on: Some(Text(self.done_on)),
            evidence_url: self.evidence_url.clone().map(Text),
            note: self.note.clone().map(Text),
            sources: source::show(&self.sources),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sample::{assert_reads_back, create};

    #[test]
    fn a_full_document_reads_back() {
        let content = create::<PathwayProgress>(
            r#"{"step_id": "ID", "done_on": "2012-02-14", "evidence_url": "https://example.org/", "note": "N",
                "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }
}
