//! Objections to mutuals.

use domain::objection::Handling;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::record::ChildDocument;
use crate::source::{self, Source};
use crate::value::{Day, Description, MutualId, Name, ObjectionId, Text, Word};

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
    pub record Objection(ObjectionId, mutual_id: MutualId) {
        /// Who raised it. It is shown only to callers who work on the mutual.
        raised_by: Name = optional.personal(),
        kind: ObjectionKind = required,
        /// Why they object.
        grounds: Description = required,
        /// When it was raised.
        raised_on: Day = required,
        /// The default is `open`.
        outcome: ObjectionOutcome = default,
        /// When it was decided: not before `raised_on`. Required with the outcomes `rejected`, `accepted` and
        /// `appealed`.
        decided_on: Day = optional,
        /// The reasons for the decision. Every decision needs them.
        decision_reasons: Description = optional,
        /// Whether the independent arbiter decided. Only the arbiter can decide an appeal, and the decision is final.
        /// The default is `false`.
        decided_by_arbiter: bool = default,
        /// The sources of the record.
        sources: Source = list.max(50),
    }
}

impl Input for Objection {
    type Value = domain::Objection;

    fn build(self, faults: &mut Faults) -> Option<domain::Objection> {
        let handling = self.raised_on.map(|Text(raised_on)| Handling {
            raised_on,
            outcome: self.outcome.map_or(domain::ObjectionOutcome::Open, Word::into_inner),
            decided_on: self.decided_on.map(Text::into_inner),
            decision_reasons: self.decision_reasons.map(Text::into_inner),
            decided_by_arbiter: self.decided_by_arbiter.unwrap_or_default(),
        });
        // What was taken in the place of an outcome that can't be read may contradict the rest.
        let handling = handling.and_then(|handling| faults.checked(&["outcome"], handling));
        let sources = source::build(self.sources, faults);
        Some(domain::Objection {
            raised_by: self.raised_by.map(Text::into_inner),
            kind: self.kind?.into_inner(),
            grounds: self.grounds?.into_inner(),
            handling: handling?,
            sources: sources?,
        })
    }
}

impl ChildDocument for domain::Objection {
    type Document = Objection;

    fn show(&self) -> Objection {
        let Handling { raised_on, outcome, decided_on, decision_reasons, decided_by_arbiter } = &*self.handling;
        Objection {
            raised_by: self.raised_by.clone().map(Text),
            kind: Some(Word(self.kind)),
            grounds: Some(Text(self.grounds.clone())),
            raised_on: Some(Text(*raised_on)),
            outcome: Some(Word(*outcome)),
            decided_on: decided_on.map(Text),
            decision_reasons: decision_reasons.clone().map(Text),
            decided_by_arbiter: Some(*decided_by_arbiter),
            sources: source::show(&self.sources),
        }
    }
}
