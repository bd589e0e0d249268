//! Progress of mutuals on the pathways of their departments.

use crate::declare::wire;
use crate::source::Source;
use crate::value::{Day, MutualId, Note, PathwayProgressId, PathwayStepId, WebUrl};

wire! {
    /// A step of the pathway that a mutual has done.
    #[example({
        "step_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0a",
        "done_on": "2012-02-14",
        "evidence_url": "https://www.example.gov.uk/mutuals/expression-of-interest",
        "note": "The head of service was told in writing.",
        "sources": [{"title": "Minutes of the project board", "accessed_on": "2025-07-01"}]
    })]
    pub record PathwayProgress(PathwayProgressId, mutual_id: MutualId) for domain::PathwayProgress {
        /// The step: one of the mutual's lead department. A mutual can have progress on each step only once.
        step_id: PathwayStepId = required,
        /// When it was done.
        done_on: Day = required.past(),
        /// A page with the evidence. Required if the step requires evidence.
        evidence_url: WebUrl = optional,
        note: Note = optional,
        /// The sources of the record.
        sources: Source = list.max(50),
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
