//! Mutuals' requests for support, and what becomes of them.

use domain::Kind;
use domain::support_request::Handling;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::record::ChildDocument;
use crate::reference::Reference;
use crate::register::Stage;
use crate::source::{self, Source};
use crate::value::{Day, Description, EnablerId, MutualId, Note, SupportRequestId, Text, Word};

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
    pub record SupportRequest(SupportRequestId, mutual_id: MutualId) {
        /// The stage in which the mutual needs it.
        stage: Stage = required,
        /// What the mutual needs.
        need: Description = required,
        /// When it was requested.
        requested_on: Day = required,
        /// The default is `open`.
        status: SupportStatus = default,
        /// The enabler who has taken it up, from any department. Required with the status `assigned`, not allowed with
        /// `open`.
        enabler_id: EnablerId = optional,
        /// When it was met or declined: not before `requested_on`. Required with the status `met` or `declined`, not
        /// allowed with others.
        closed_on: Day = optional,
        /// Why it was declined. Only with the status `declined`.
        decline_reason: Note = optional,
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}

impl Input for SupportRequest {
    type Value = domain::SupportRequest;

    fn references(&self) -> Vec<Reference> {
        self.enabler_id.iter().map(|id| Reference::new("enabler_id", Kind::Enabler, id.0)).collect()
    }

    fn build(self, faults: &mut Faults) -> Option<domain::SupportRequest> {
        let handling = self.requested_on.map(|Text(requested_on)| Handling {
            requested_on,
            status: self.status.map_or(domain::SupportStatus::Open, Word::into_inner),
            enabler_id: self.enabler_id.map(Text::into_inner),
            closed_on: self.closed_on.map(Text::into_inner),
            decline_reason: self.decline_reason.map(Text::into_inner),
        });
        // What was taken in the place of a status that can't be read may contradict the rest.
        let handling = handling.and_then(|handling| faults.checked(&["status"], handling));
        let sources = source::build(self.sources, faults);
        Some(domain::SupportRequest {
            stage: self.stage?.into_inner(),
            need: self.need?.into_inner(),
            handling: handling?,
            sources: sources?,
        })
    }
}

impl ChildDocument for domain::SupportRequest {
    type Document = SupportRequest;

    fn show(&self) -> SupportRequest {
        let Handling { requested_on, status, enabler_id, closed_on, decline_reason } = &*self.handling;
        SupportRequest {
            stage: Some(Word(self.stage)),
            need: Some(Text(self.need.clone())),
            requested_on: Some(Text(*requested_on)),
            status: Some(Word(*status)),
            enabler_id: enabler_id.map(Text),
            closed_on: closed_on.map(Text),
            decline_reason: decline_reason.clone().map(Text),
            sources: source::show(&self.sources),
        }
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
