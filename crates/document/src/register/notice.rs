//! Notices about contracts.

use utoipa::openapi::schema::ObjectBuilder;

use crate::declare::wire;
use crate::source::Source;
use crate::value::{ContractId, Day, Form, NoticeId, WebUrl, Word, text};

/// Which notice it is.
pub type NoticeCode = Word<domain::NoticeCode>;

text! {
    /// The notice's own number, by which the place of publication finds it: one line, without white space at either end.
    NoticeReference: domain::Line<50> = .line(Self::MAX_CHARS).examples(["035412-2025"]);
}

wire! {
    /// A notice that the buyer published about a contract. A code may be used more than once, such as `UK10` for each
    /// change of the contract.
    #[example({
        "code": "UK7",
        "published_on": "2025-06-20",
        "url": "https://www.example.gov.uk/Notice/035412-2025",
        "reference": "035412-2025",
        "sources": [{"title": "Find a Tender", "accessed_on": "2025-07-01"}]
    })]
    pub record Notice(NoticeId, contract_id: ContractId) for domain::Notice, new {
        code: NoticeCode = required,
        /// When the notice was published.
        published_on: Day = required.past(),
        /// A page with the notice.
        url: WebUrl = optional,
        reference: NoticeReference = optional,
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
        let content = create::<Notice>(
            r#"{"code": "psr_award", "published_on": "2025-06-20", "url": "https://example.org/",
                "reference": "2016/S 054-090583", "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }
}
