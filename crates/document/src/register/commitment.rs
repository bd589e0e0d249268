//! Commitments of departments: what was promised, by when, and whether it was kept.

use crate::declare::wire;
use crate::source::Source;
use crate::value::{CommitmentId, Day, DepartmentId, Title, WebUrl, Word};

/// What a department commits itself to.
pub type CommitmentKind = Word<domain::CommitmentKind>;

wire! {
    /// Something that a department has committed to publish. The report on commitments says whether it is due, overdue
    /// or met on a given day.
    #[example({
        "kind": "staff_pathway",
        "title": "A clear pathway for staff who want to form a mutual",
        "due_on": "2013-04-30",
        "published_on": "2013-04-22",
        "evidence_url": "https://www.example.gov.uk/mutuals/pathway",
        "sources": [{"title": "Mutuals Taskforce report", "accessed_on": "2025-07-01"}]
    })]
    pub record Commitment(CommitmentId, department_id: DepartmentId) for domain::Commitment {
        kind: CommitmentKind = required,
        /// What the department promised to publish.
        title: Title = required,
        /// The last day for publishing on time.
        due_on: Day = required,
        /// When it was published.
        published_on: Day = optional.past(),
        /// A page that shows the publication.
        evidence_url: WebUrl = optional,
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
        let content = create::<Commitment>(
            r#"{"kind": "staff_pathway", "title": "T", "due_on": "2013-04-30", "published_on": "2013-04-22",
                "evidence_url": "https://example.org/", "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }
}
