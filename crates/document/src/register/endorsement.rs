//! Endorsements of mutuals: what those who are affected think of one.

use domain::Stance;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::node::Node;
use crate::record::ChildDocument;
use crate::source::Source;
use crate::value::{Day, EndorsementId, MutualId, Name, Plain, StaffBallotId, Text, WebUrl, Word};

/// Who takes a position on a mutual.
pub type Constituency = Word<domain::Constituency>;

/// The position of a constituency on a mutual.
pub type Position = Word<domain::Position>;

wire! {
    /// The position of a constituency on a mutual. Each constituency has its own endorsements: electorates are never
    /// merged.
    #[example({
        "constituency": "service_users",
        "position": "supports",
        "given_on": "2012-06-14",
        "given_by": "A. Carer",
        "evidence_url": "https://www.example.org/panel/minutes-2012-06",
        "sources": [{"title": "Minutes of the patients' panel", "accessed_on": "2025-07-01"}]
    })]
    pub record Endorsement(EndorsementId, mutual_id: MutualId) {
        constituency: Constituency = required,
        /// Required for every constituency except `staff`. Leave it out for `staff`: the register takes it from their
        /// ballot and changes it when the ballot changes. It is absent if the ballot gives no position.
        position: Position = optional,
        /// The declared ballot on this mutual that gives the position of `staff`. Required for `staff`, and not allowed
        /// for others.
        staff_ballot_id: StaffBallotId = optional,
        /// When the position was taken. The newest of each constituency is the current one.
        given_on: Day = required.past(),
        /// The person who made it known. It is shown only to callers who work on the mutual.
        given_by: Name = optional.personal(),
        /// A page with the position.
        evidence_url: WebUrl = optional,
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}

impl Input for Endorsement {
    type Value = domain::Endorsement;

    /// The position of staff is their ballot's.
    fn set_beside(document: &Node) -> &'static [&'static str] {
        let staff = Node::String(domain::Constituency::Staff.as_str().to_owned());
        if document.member("constituency").is_some_and(|constituency| constituency.same(&staff)) {
            &["position"]
        } else {
            &[]
        }
    }

    fn build(self, faults: &mut Faults) -> Option<domain::Endorsement> {
        let position = self.position.map(Word::into_inner);
        // What a caller sends for staff has none; what is stored has the one that the register took from the ballot.
        let (position, by_ballot) = match self.constituency {
            Some(Word(domain::Constituency::Staff)) => (None, position),
            _ => (position, None),
        };
        let stance = self.constituency.map(|Word(constituency)| Stance {
            constituency,
            position,
            staff_ballot_id: self.staff_ballot_id.map(Text::into_inner),
        });
        let stance = stance.and_then(|stance| faults.checked(&[], stance));
        let sources = faults.list("sources", self.sources);
        Some(domain::Endorsement {
            stance: stance?,
            by_ballot,
            given_on: self.given_on?.into_inner(),
            given_by: self.given_by.map(Text::into_inner),
            evidence_url: self.evidence_url.map(Text::into_inner),
            sources: sources?,
        })
    }
}

impl ChildDocument for domain::Endorsement {
    type Document = Endorsement;

    fn show(&self) -> Endorsement {
        Endorsement {
            constituency: Some(Word(self.stance.constituency)),
            position: self.position().map(Word),
            staff_ballot_id: self.stance.staff_ballot_id.map(Text),
            given_on: Some(Text(self.given_on)),
            given_by: self.given_by.clone().map(Text),
            evidence_url: self.evidence_url.clone().map(Text),
            sources: self.sources.iter().map(Source::show).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Content;
    use crate::record;
    use crate::register::sample::{assert_reads_back, create, faults, record};

    const OF_STAFF: &str = r#"{"constituency": "staff", "staff_ballot_id": "ID", "given_on": "2012-06-14",
        "given_by": "N", "evidence_url": "https://example.org/", "sources": SOURCES}"#;

    fn of_staff() -> domain::Endorsement {
        domain::Endorsement { by_ballot: Some(domain::Position::Opposes), ..create::<Endorsement>(OF_STAFF) }
    }

    #[test]
    fn a_full_document_reads_back() {
        assert_reads_back(&of_staff());
    }

    #[test]
    fn a_position_that_was_taken_reads_back() {
        let of_users = create::<Endorsement>(
            r#"{"constituency": "service_users", "position": "neutral", "given_on": "2012-06-14", "sources": []}"#,
        );
        assert_eq!(of_users.stance.position, Some(domain::Position::Neutral));
        let record = record(of_users);
        let parent_id = record.content.parent_id.to_string();
        let read = record::read::<domain::Child<domain::Mutual, domain::Endorsement>>(
            &record::shown(&record),
            Some(&parent_id),
        );
        assert_eq!(read.unwrap().content, record.content.content);
    }

    #[test]
    fn the_position_of_staff_is_nobodys_to_give() {
        let found = faults::<Endorsement>(
            r#"{"constituency": "staff", "position": "supports", "staff_ballot_id": "ID", "given_on": "2012-06-14"}"#,
        );
        assert_eq!(found, [("/position".to_owned(), "read-only")]);
        let shown = record::shown(&record(of_staff()));
        let update = |patch: &str| Content::<Endorsement>::parse(patch.as_bytes()).unwrap().update(&shown);
        assert!(update(r#"{"position": "opposes"}"#).is_ok());
        let refusal = update(r#"{"position": "supports"}"#).unwrap_err();
        let codes: Vec<_> =
            refusal.faults(vec![]).into_iter().map(|fault| (fault.pointer, fault.code.as_str())).collect();
        assert_eq!(codes, [("/position".to_owned(), "read-only")]);
    }

    #[test]
    fn others_need_a_position_and_no_ballot() {
        let found = faults::<Endorsement>(
            r#"{"constituency": "trade_unions", "staff_ballot_id": "ID", "given_on": "2012-06-14"}"#,
        );
        let expected = [("/staff_ballot_id", "inconsistent"), ("/position", "required")];
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }
}
