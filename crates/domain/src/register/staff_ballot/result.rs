//! What follows from the counts of a ballot, computed with integers.

use crate::value::outcome::TestOutcome;
use crate::vocabulary::vocabulary;

use super::tally::{OptionCount, OptionKey, Tally, Threshold, sum};
use super::words::Basis;

vocabulary! {
    /// How much of the counts of a ballot is known.
    pub enum CountsKnown {
        /// No option's count is known.
        None = "none",
        /// The counts of some options are known.
        Partial = "partial",
        /// Every option's count is known.
        Complete = "complete",
    }
}

/// What the known counts of a ballot say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotResult {
    /// How much of the counts is known.
    pub counts: CountsKnown,
    /// Turnout, then each counted option of valid, of cast and of entitled: every percentage that can be
    /// computed.
    pub figures: Vec<Share>,
    /// The option with the most votes; several are a tie; none if it cannot be told, or nobody voted.
    pub leading: Vec<OptionKey>,
    /// Each threshold of the ballot and whether it is met.
    pub thresholds: Vec<ThresholdOutcome>,
}

/// A percentage with what it is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The option; none for turnout.
    pub option: Option<OptionKey>,
    /// Of what it is a percentage.
    pub basis: Basis,
    /// The votes, or the papers returned.
    pub numerator: i64,
    /// Of how many; never 0 in a result.
    pub denominator: i64,
}

/// A threshold and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdOutcome {
    /// The threshold.
    pub threshold: Threshold,
    /// Whether it is met; unknown where the percentage that it is about cannot be computed.
    pub outcome: TestOutcome,
}

impl Share {
    /// The percentage with two places, half up: `91.03`.
    pub fn percent(&self) -> String {
        let (numerator, denominator) = self.wide();
        // Half up: a half more is added before the fraction is cut, with both sides doubled to stay with
        // integers.
        let hundredths = (numerator * 20_000 + denominator).checked_div(denominator * 2).unwrap_or_default();
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    }

    /// Whether the share itself, not its rounded percentage, is at least the threshold's.
    fn reaches(&self, threshold: &Threshold) -> bool {
        let (numerator, denominator) = self.wide();
        numerator * 10_000 >= i128::from(threshold.percent.hundredths()) * denominator
    }

    fn wide(&self) -> (i128, i128) {
        (i128::from(self.numerator), i128::from(self.denominator))
    }
}

impl Tally {
    /// What the known counts say; what they leave open is left out or said to be unknown.
    pub fn result(&self) -> BallotResult {
        let counts = match (self.counts_complete, self.counts.is_empty()) {
            (true, _) => CountsKnown::Complete,
            (false, true) => CountsKnown::None,
            (false, false) => CountsKnown::Partial,
        };
        let thresholds = self.thresholds.iter().map(|threshold| self.measure(threshold));
        BallotResult { counts, figures: self.figures(), leading: self.leading(), thresholds: thresholds.collect() }
    }

    /// Whether a threshold is met: one of the ballot's own, or one that somebody else set.
    pub fn measure(&self, threshold: &Threshold) -> ThresholdOutcome {
        let outcome = match self.deciding_share(threshold.basis, threshold.option.as_ref()) {
            None => TestOutcome::Unknown,
            Some(share) if share.reaches(threshold) => TestOutcome::Met,
            Some(_) => TestOutcome::NotMet,
        };
        ThresholdOutcome { threshold: threshold.clone(), outcome }
    }

    /// Those of its thresholds that an option is held to: those about it, and those about no option.
    pub fn thresholds_about(&self, option: &OptionKey) -> Vec<ThresholdOutcome> {
        let holds = |threshold: &&Threshold| threshold.option.as_ref().is_none_or(|about| about == option);
        self.thresholds.iter().filter(holds).map(|threshold| self.measure(threshold)).collect()
    }

    fn figures(&self) -> Vec<Share> {
        let of_options = self.options.iter().flat_map(|option| {
            let bases = [Basis::OfValid, Basis::OfCast, Basis::OfEntitled];
            bases.into_iter().filter_map(|basis| self.share(basis, Some(&option.key)))
        });
        self.share(Basis::Turnout, None).into_iter().chain(of_options).collect()
    }

    /// The share of the first count that a basis and an option name; none where a number is missing or it
    /// would be of nobody.
    pub(super) fn share(&self, basis: Basis, option: Option<&OptionKey>) -> Option<Share> {
        let counted = self.counts.iter().find(|count| Some(&count.option) == option);
        self.share_with(basis, option, counted.map(|count| count.votes))
    }

    /// The share that decides on a threshold: that of the last round counted. An option that is out has no votes then.
    fn deciding_share(&self, basis: Basis, option: Option<&OptionKey>) -> Option<Share> {
        let Some(last) = self.later_rounds.last() else { return self.share(basis, option) };
        let counted = last.counts.iter().find(|count| Some(&count.option) == option);
        self.share_with(basis, option, Some(counted.map_or(0, |count| count.votes)))
    }

    fn share_with(&self, basis: Basis, option: Option<&OptionKey>, votes: Option<i64>) -> Option<Share> {
        let (numerator, denominator) = match basis {
            Basis::Turnout => (self.cast()?, self.roll_size?),
            Basis::OfValid => (votes?, self.valid()?),
            Basis::OfCast => (votes?, self.cast()?),
            Basis::OfEntitled => (votes?, self.roll_size?),
        };
        (denominator > 0).then(|| Share { option: option.cloned(), basis, numerator, denominator })
    }

    /// How many papers were cast: those returned, spoiled ones included (TULRCA 1992 s.297A), or else valid
    /// and spoiled together.
    fn cast(&self) -> Option<i64> {
        self.returned.or_else(|| self.valid()?.checked_add(self.spoiled?))
    }

    /// The options with the most votes in the last round counted, if no vote that is unknown could change
    /// that.
    ///
    /// A count that is known is final, so unknown votes can only be those of options not counted, at worst
    /// all of one of them. A later round of a ranked ballot leaves none unknown: what it does not name is
    /// out.
    fn leading(&self) -> Vec<OptionKey> {
        let Some(last) = self.later_rounds.last() else {
            let unknown = if self.counts_complete {
                Some(0)
            } else {
                self.most_valid().map(|most| most.saturating_sub(sum(&self.counts)))
            };
            return unknown.map_or_else(Vec::new, |unknown| ahead_of(unknown, &self.counts));
        };
        ahead_of(0, &last.counts)
    }
}

/// The options with the most votes, if those are more than `unknown` votes and more than none.
fn ahead_of(unknown: i64, counts: &[OptionCount]) -> Vec<OptionKey> {
    let most = counts.iter().map(|count| count.votes).max().unwrap_or(0);
    if most <= unknown.max(0) {
        return Vec::new();
    }
    counts.iter().filter(|count| count.votes == most).map(|count| count.option.clone()).collect()
}
