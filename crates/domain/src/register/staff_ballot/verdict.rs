//! What staff decided about leaving as a mutual, as far as a ballot tells.

use crate::record::Record;
use crate::value::date::Day;
use crate::value::outcome::TestOutcome;

use super::ballot::StaffBallot;
use super::tally::BallotOption;
use super::words::{BallotKind, BallotState, Effect};

/// What a ballot says about leaving as a mutual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An option that makes the service a mutual leads alone, and every threshold that the ballot set is met.
    Mutual(BallotOption),
    /// Such an option leads alone, but a threshold of the ballot is missed.
    ThresholdMissed(BallotOption),
    /// Such an option leads alone, and of a threshold it is not known whether it is met.
    ThresholdUnknown(BallotOption),
    /// An option with another effect leads alone.
    Otherwise(BallotOption),
    /// To make no choice leads alone.
    Abstained,
    /// Several options lead together.
    Tied,
    /// All votes are counted, and there are none.
    NobodyVoted,
    /// The counts that are known don't tell which option leads.
    LeadUnknown,
    /// The ballot decides nothing: it is not declared, no longer stands, or is of a kind that decides nothing.
    NotDeciding,
}

impl BallotKind {
    /// Whether a proposal stands or falls by a ballot of this kind.
    pub const fn is_deciding(self) -> bool {
        matches!(self, Self::Formal | Self::Confirmatory | Self::Rerun)
    }
}

impl StaffBallot {
    /// Whether the ballot decides: declared, still standing, and of a deciding kind.
    pub fn is_deciding(&self) -> bool {
        self.kind.is_deciding() && self.state() == BallotState::Declared
    }

    /// Whether it decides by what may have been declared by a day.
    pub fn is_deciding_as_at(&self, as_at: Day) -> bool {
        self.is_deciding() && self.held.declared_on.is_none_or(|date| date.first_day() <= as_at)
    }

    /// Whether fewer votes and papers came in than the ballot asks for.
    fn lacks_quorum(&self) -> bool {
        let returned = self.tally.returned.unwrap_or(0);
        self.hosting.as_ref().is_some_and(|hosting| !hosting.is_quorate(returned))
    }

    /// What the ballot says about leaving as a mutual. Of its thresholds those count that are about no option or
    /// about the leading one: what was set for another option can't stand against this one.
    pub fn verdict(&self) -> Verdict {
        if !self.is_deciding() {
            return Verdict::NotDeciding;
        }
        let result = self.tally.result();
        let leading = match result.leading.as_slice() {
            [] if self.tally.is_without_votes() => return Verdict::NobodyVoted,
            [] => return Verdict::LeadUnknown,
            [leading] => self.tally.options.iter().find(|option| option.key == *leading),
            _ => return Verdict::Tied,
        };
        let Some(option) = leading.cloned() else { return Verdict::LeadUnknown };
        let counting: Vec<TestOutcome> =
            self.tally.thresholds_about(&option.key).into_iter().map(|told| told.outcome).collect();
        match option.effect {
            Effect::Mutual if counting.contains(&TestOutcome::NotMet) || self.lacks_quorum() => {
                Verdict::ThresholdMissed(option)
            }
            Effect::Mutual if counting.contains(&TestOutcome::Unknown) => Verdict::ThresholdUnknown(option),
            Effect::Mutual => Verdict::Mutual(option),
            Effect::Abstain => Verdict::Abstained,
            _ => Verdict::Otherwise(option),
        }
    }
}

/// The newest ballot that decides as at a day: of those that may have been declared by then, and are not known from
/// history, the one declared last and, of several declared at the same partial date, the one with the later id; one
/// without a date comes before all others.
pub fn newest_deciding(ballots: &[Record<StaffBallot>], as_at: Day) -> Option<&Record<StaffBallot>> {
    ballots
        .iter()
        .filter(|ballot| ballot.content.is_deciding_as_at(as_at) && !ballot.content.duties.historic)
        .max_by_key(|ballot| (ballot.content.held.declared_on, ballot.id))
}
