//! Objections to mutuals.

use domain::objection::Handling;

use crate::declare::wire;
use crate::source::Source;
use crate::value::{Day, Description, MutualId, Name, ObjectionId, Word};

/// Who objects to a mutual.
pub type ObjectionKind = Word<domain::ObjectionKind>;

/// The outcome of an objection.
pub type ObjectionOutcome = Word<domain::ObjectionOutcome>;

wire! {
    /// An objection to a mutual, and its outcome. While it is open or appealed, the mutual cannot be launched.
    #[example({
        "raised_by": "B. Member",
        "kind": "union",
        "grounds": "Staff were never told what happens to their pensions.",
        "raised_on": "2012-07-02",
        "outcome": "rejected",
        "decided_on": "2012-08-20",
        "decision_reasons": "The admission agreement of 1 August 2012 keeps all members in the scheme.",
        "decided_by_arbiter": false,
        "sources": [{"title": "Letter to the project board", "accessed_on": "2025-07-01"}]
    })]
    pub record Objection(ObjectionId, mutual_id: MutualId) for domain::Objection {
        /// Who raised it. It is shown only to callers who work on the mutual.
        raised_by: Name = optional.personal(),
        kind: ObjectionKind = required,
        /// Why they object.
        grounds: Description = required,
        handling: Handling against ["outcome"] {
            /// When it was raised.
            raised_on: Day = required.past(),
            /// The default is `open`.
            outcome: ObjectionOutcome = default,
            /// When it was decided: not before `raised_on`. Required with the outcomes `rejected`, `accepted` and
            /// `appealed`.
            decided_on: Day = optional.past(),
            /// The reasons for the decision. Every decision needs them.
            decision_reasons: Description = optional,
            /// Whether the independent arbiter decided. Only the arbiter can decide an appeal, and the decision is
            /// final. The default is `false`.
            decided_by_arbiter: bool = default,
        },
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}
