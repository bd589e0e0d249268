//! What moves a ballot on: declaring it, finding it void, a rerun in its place, and a correction.

use serde_json::Value;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::schema::Correction;
use crate::value::{Note, PartialDate, StaffBallotId, Text};

wire! {
    /// The declaration of a ballot's result. `{}` is enough if the ballot already has `declared_on`.
    #[example({"declared_on": "2025-10-14"})]
    pub struct Declaration {
        /// When the result was made known. The default is the ballot's `declared_on`.
        declared_on: PartialDate = optional.past(),
        /// Whether the ballot is entered after the event, which only administrators may do. It may then lack facts that
        /// its sources do not give: the scrutineer, the question, the day and all options but one. It is marked
        /// `historic`, and does not count for a launch. The default is `false`.
        historic: bool = default,
    }

    /// The reason why a ballot does not count.
    #[example({"void_reason": "A hundred papers were never sent out."})]
    pub struct Voiding {
        /// Why it does not count.
        void_reason: Note = required,
    }

    /// The rerun that replaces a ballot.
    #[example({"superseded_by_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e12"})]
    pub struct Supersession {
        /// The rerun: a declared ballot for the same mutual.
        superseded_by_id: StaffBallotId = required,
    }

    /// Why a ballot is corrected: what the body of a correction has beside the merge patch.
    pub struct BallotCorrectionReason {
        /// Why the ballot is corrected.
        correction_reason: Note = required,
    }
}

impl Correction for BallotCorrectionReason {
    fn example() -> Value {
        serde_json::json!({
            "correction_reason": "The scrutineer's report counts a bundle that was left out.",
            "returned": 1629,
            "counts": [{"option": "nhs_trust", "votes": 1483}, {"option": "private_partner", "votes": 5}]
        })
    }
}

impl Input for Declaration {
    type Value = domain::Declaration;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        let declared_on = self.declared_on.map(Text::into_inner);
        Some(domain::Declaration { declared_on, historic: self.historic.unwrap_or_default() })
    }
}

impl Input for Voiding {
    type Value = domain::Note;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.void_reason.map(Text::into_inner)
    }
}

impl Input for Supersession {
    type Value = domain::StaffBallotId;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.superseded_by_id.map(Text::into_inner)
    }
}

impl Input for BallotCorrectionReason {
    type Value = domain::Note;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.correction_reason.map(Text::into_inner)
    }
}
