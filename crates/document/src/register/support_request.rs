//! Mutuals' requests for support, and what becomes of them.

use domain::support_request::Handling;

use crate::declare::wire;
use crate::register::Stage;
use crate::source::Source;
use crate::value::{Day, Description, EnablerId, MutualId, Note, SupportRequestId, Word};

/// The status of a support request.
pub type SupportStatus = Word<domain::SupportStatus>;

wire! {
    /// A mutual's request for support, and its status.
    #[example({
        "stage": "business_case",
        "need": "Somebody who has set up a pension admission agreement before.",
        "requested_on": "2012-03-05",
        "sources": [{"title": "Minutes of the project board", "accessed_on": "2025-07-01"}]
    })]
    pub record SupportRequest(SupportRequestId, mutual_id: MutualId) for domain::SupportRequest {
        /// The stage in which the mutual needs it.
        stage: Stage = required,
        /// What the mutual needs.
        need: Description = required,
        handling: Handling against ["status"] {
            /// When it was requested.
            requested_on: Day = required.past(),
            /// The default is `open`.
            status: SupportStatus = default,
            /// The enabler who has taken it up, from any department. Required with the status `assigned`, not allowed
            /// with `open`.
            enabler_id: EnablerId = optional,
            /// When it was met or declined: not before `requested_on`. Required with the status `met` or `declined`,
            /// not allowed with others.
            closed_on: Day = optional.past(),
            /// Why it was declined. Only with the status `declined`.
            decline_reason: Note = optional,
        },
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sample::{assert_reads_back, create, faults};

    #[test]
    fn a_full_document_reads_back() {
        let content = create::<SupportRequest>(
            r#"{"stage": "idea", "need": "N", "requested_on": "2012-03-05", "status": "declined", "enabler_id": "ID",
                "closed_on": "2012-04-01", "decline_reason": "R", "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }

    #[test]
    fn a_status_that_cannot_be_read_hides_what_follows_from_it() {
        let found = faults::<SupportRequest>(
            r#"{"stage": "idea", "need": "N", "requested_on": "2012-03-05", "status": "lost",
                "closed_on": "2012-03-04"}"#,
        );
        let expected = [("/status", "not-in-vocabulary"), ("/closed_on", "date-order")];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }
}
