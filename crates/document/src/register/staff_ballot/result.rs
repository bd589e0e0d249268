//! What follows from the counts of a staff ballot, as it is shown. It is never sent.

use serde::Serialize;
use utoipa::ToSchema;

use super::tally::{Basis, OptionKey, Percent};
use crate::object::Typed;
use crate::value::{TestOutcome, Text, Word};

/// How much of the counts of a ballot is known.
pub type CountsKnown = Word<domain::CountsKnown>;

/// The result, computed exactly from the known counts. Anything that cannot be computed is left out, or is `unknown`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotResult {
    counts: CountsKnown,
    /// Every percentage that can be computed: turnout, then for each counted option its share of the valid papers, of
    /// the papers returned and of the people entitled to vote.
    #[schema(max_items = 91)]
    figures: Vec<BallotShare>,
    /// Keys of the options with the most votes in the last round counted: one if it leads, several if they are tied,
    /// none if nobody voted or the counts do not show it. Incomplete counts are enough if no unknown vote could change
    /// the result.
    #[schema(max_items = 30)]
    leading: Vec<OptionKey>,
    /// Whether several options have the most votes.
    tied: bool,
    /// Each threshold of the ballot and whether it is met.
    #[schema(max_items = 20)]
    thresholds: Vec<ThresholdOutcome>,
}

/// A percentage of a ballot, with the numbers it is computed from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotShare {
    /// Key of the option; absent for `turnout`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<OptionKey>,
    basis: Basis,
    /// The votes for the option; for `turnout` the papers returned, including spoiled ones (Trade Union and Labour
    /// Relations (Consolidation) Act 1992 s.297A).
    #[schema(minimum = 0, maximum = 10_000_000, example = 1482)]
    numerator: i64,
    /// The number that it is a share of.
    #[schema(minimum = 1, maximum = 310_000_000, example = 1628)]
    denominator: i64,
    /// With two decimal places, rounded half up.
    #[schema(value_type = Percent)]
    percent: String,
}

/// A threshold of a ballot and whether it is met.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ThresholdOutcome {
    basis: Basis,
    /// The level; reaching it exactly is enough.
    percent: Percent,
    /// Key of the option that was to reach it; absent for `turnout`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<OptionKey>,
    /// Whether the share, before rounding, reaches the level. `unknown` if it cannot be computed.
    outcome: TestOutcome,
}

impl Typed for BallotResult {}

impl From<domain::BallotResult> for BallotResult {
    fn from(result: domain::BallotResult) -> Self {
        Self {
            counts: Word(result.counts),
            figures: result.figures.into_iter().map(BallotShare::from).collect(),
            tied: result.leading.len() > 1,
            leading: result.leading.into_iter().map(Text).collect(),
            thresholds: result.thresholds.into_iter().map(ThresholdOutcome::from).collect(),
        }
    }
}

impl From<domain::Share> for BallotShare {
    fn from(share: domain::Share) -> Self {
        Self {
            percent: share.percent(),
            option: share.option.map(Text),
            basis: Word(share.basis),
            numerator: share.numerator,
            denominator: share.denominator,
        }
    }
}

impl From<domain::ThresholdOutcome> for ThresholdOutcome {
    fn from(measured: domain::ThresholdOutcome) -> Self {
        Self {
            basis: Word(measured.threshold.basis),
            percent: Text(measured.threshold.percent),
            option: measured.threshold.option.map(Text),
            outcome: Word(measured.outcome),
        }
    }
}
