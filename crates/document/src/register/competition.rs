//! Competitions for contracts.

use domain::competition::Contest;

use crate::declare::wire;
use crate::source::Source;
use crate::value::{CompetitionId, ContractId, Name, PartialDate, Word};

/// What a competition is about.
pub type CompetitionKind = Word<domain::CompetitionKind>;

/// The outcome of a competition.
pub type CompetitionOutcome = Word<domain::CompetitionOutcome>;

/// What kind of organisation won a competition.
pub type WinnerKind = Word<domain::WinnerKind>;

wire! {
    /// A competition for a contract, or for what comes after it, and its outcome for the mutual. Leave out what is not
    /// known.
    #[example({
        "kind": "retender",
        "opened_on": "2018-07-13",
        "decided_on": "2019-02",
        "bidders": 2,
        "outcome": "lost",
        "winner_name": "Example Leisure Limited",
        "winner_kind": "private_firm",
        "sources": [{"title": "Contract award notice", "accessed_on": "2025-07-01"}]
    })]
    pub record Competition(CompetitionId, contract_id: ContractId) for domain::Competition, new {
        kind: CompetitionKind = required,
        contest: Contest against [] {
            /// When the buyer opened the competition.
            opened_on: PartialDate = optional.past(),
            /// When the buyer decided: not before `opened_on`. Not allowed with the outcome `open`.
            decided_on: PartialDate = optional.past(),
            /// How many bidders are known, the mutual among them if it bid.
            bidders: i64 = optional.range(0, Contest::MAX_BIDDERS),
            outcome: CompetitionOutcome = required,
            /// The name of the organisation that won. Not allowed with the outcomes `open` and `abandoned`. Everybody
            /// sees it: for a person who trades alone, give the name of the business.
            winner_name: Name = optional,
            /// With the outcome `won_by_mutual`, only `mutual`. Not allowed with the outcomes `open` and `abandoned`.
            winner_kind: WinnerKind = optional,
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
        let content = create::<Competition>(
            r#"{"kind": "challenge", "opened_on": "2018", "decided_on": "2018-02", "bidders": 3, "outcome": "withdrawn",
                "winner_name": "A Trust", "winner_kind": "public_body", "sources": SOURCES}"#,
        );
        assert_reads_back(&content);
    }

    #[test]
    fn faults_of_values_and_of_rules_come_together() {
        let told = faults::<Competition>(
            r#"{"kind": "race", "opened_on": "2019-13", "decided_on": "2018-02", "bidders": -1, "outcome": "open",
                "winner_name": "A Trust", "winner_kind": "trust"}"#,
        );
        let expected = [
            ("/kind", "not-in-vocabulary"),
            ("/opened_on", "out-of-range"),
            ("/decided_on", "inconsistent"),
            ("/bidders", "out-of-range"),
            ("/winner_name", "inconsistent"),
            ("/winner_kind", "not-in-vocabulary"),
        ];
        assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }
}
