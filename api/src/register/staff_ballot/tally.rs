//! The options and counts of a staff ballot and the percentages about it, as they are sent and answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::ObjectBuilder;
use validator::Validate;

use crate::register::value::{Described, Name, Text, WebUrl, Word};
use crate::request::faults::Faults;

/// What counts and thresholds call an option.
pub type OptionKey = Text<domain::OptionKey>;

/// What becomes of the service if an option is chosen.
pub type Effect = Word<domain::Effect>;

/// Of what a percentage of a ballot is.
pub type Basis = Word<domain::Basis>;

/// Of what a published percentage is said to be.
pub type PublishedBasis = Word<domain::PublishedBasis>;

/// Whether a published figure is what the counts say.
pub type FigureCheck = Word<domain::FigureCheck>;

/// A percentage in steps of a hundredth.
pub type Percent = Text<domain::Percent>;

/// A percentage as somebody printed it.
pub type PrintedPercent = Text<domain::PrintedPercent>;

/// Something that could be voted for, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"key": "nhs_trust", "label": "Standalone NHS trust", "effect": "nhs_trust"}))]
pub struct NewBallotOption {
    /// What the counts, thresholds and published figures of this ballot call it; no other option has the same key.
    #[schema(required, nullable = false)]
    #[validate(required)]
    key: Option<OptionKey>,
    /// What the paper called it.
    #[schema(required, nullable = false)]
    #[validate(required)]
    label: Option<Name>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    effect: Option<Effect>,
}

/// Something that could be voted for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotOption {
    /// What the counts, thresholds and published figures of this ballot call it.
    key: OptionKey,
    /// What the paper called it.
    label: Name,
    effect: Effect,
}

/// The votes for one option, as they are sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"option": "nhs_trust", "votes": 1482}))]
pub struct NewOptionCount {
    /// Key of one of the ballot's options; each is counted once.
    #[schema(required, nullable = false)]
    #[validate(required)]
    option: Option<OptionKey>,
    /// How many votes.
    #[schema(required, nullable = false, minimum = 0, maximum = 10_000_000)]
    #[validate(required)]
    votes: Option<i64>,
}

/// The votes for one option.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OptionCount {
    /// Key of one of the ballot's options.
    option: OptionKey,
    /// How many votes.
    #[schema(minimum = 0, maximum = 10_000_000)]
    votes: i64,
}

/// A further count of a ranked ballot, as it is sent: the votes after those for options that are out went to the
/// options ranked next.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"counts": [{"option": "nhs_trust", "votes": 1485}]}))]
pub struct NewBallotRound {
    /// The votes of each option that is still in, together no more than papers can have been valid; an option that
    /// isn't named is out.
    #[schema(required, nullable = false, min_items = 1, max_items = 30)]
    #[validate(required, nested)]
    counts: Option<Vec<NewOptionCount>>,
}

/// A further count of a ranked ballot, after the votes for options that are out went to the options ranked next.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotRound {
    /// The votes of each option that is still in.
    #[schema(min_items = 1, max_items = 30)]
    counts: Vec<OptionCount>,
}

/// A level that the result was to reach, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"basis": "of_valid", "percent": "51", "option": "mutual"}))]
pub struct NewBallotThreshold {
    #[schema(required, nullable = false)]
    #[validate(required)]
    basis: Option<Basis>,
    /// The level; reaching it exactly is enough.
    #[schema(required, nullable = false)]
    #[validate(required)]
    percent: Option<Percent>,
    /// Key of the option that was to reach it: required, except for `turnout`, which is of the whole ballot and has
    /// none.
    #[schema(nullable = false)]
    option: Option<OptionKey>,
}

/// A level that the result was to reach.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotThreshold {
    basis: Basis,
    /// The level; reaching it exactly is enough. With two places.
    percent: Percent,
    /// Key of the option that was to reach it; absent for `turnout`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<OptionKey>,
}

/// A percentage that somebody printed about the result, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"option": "nhs_trust", "percent": "91", "basis": "not_stated"}))]
pub struct NewPublishedFigure {
    /// Key of the option that it is about: required, except for `turnout`, which is of the whole ballot and has none.
    #[schema(nullable = false)]
    option: Option<OptionKey>,
    /// The figure as printed.
    #[schema(required, nullable = false)]
    #[validate(required)]
    percent: Option<PrintedPercent>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    basis: Option<PublishedBasis>,
    /// Where it was printed.
    #[schema(nullable = false)]
    source_url: Option<WebUrl>,
}

/// A percentage that somebody printed about the result.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublishedFigure {
    /// Key of the option that it is about; absent for `turnout`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<OptionKey>,
    /// The figure as printed.
    percent: PrintedPercent,
    basis: PublishedBasis,
    /// Where it was printed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    source_url: Option<WebUrl>,
    /// Whether the counts bear it out, at the precision that it was printed with.
    check: FigureCheck,
}

impl NewBallotOption {
    /// The option, unless a part of it is missing, which is told already.
    pub(super) fn build(self) -> Option<domain::BallotOption> {
        Some(domain::BallotOption {
            key: self.key?.into_inner(),
            label: self.label?.into_inner(),
            effect: self.effect?.into_inner(),
        })
    }
}

impl NewOptionCount {
    /// The count, unless a part of it is missing.
    pub(super) fn build(self) -> Option<domain::OptionCount> {
        Some(domain::OptionCount { option: self.option?.into_inner(), votes: self.votes? })
    }
}

impl NewBallotRound {
    /// The round; the tally's rules tell of one without counts.
    pub(super) fn build(self, faults: &mut Faults) -> Option<domain::Round> {
        let counts = faults.each("counts", self.counts.unwrap_or_default(), |count, _| count.build());
        Some(domain::Round { counts })
    }
}

impl NewBallotThreshold {
    /// The threshold, unless a part of it is missing.
    pub(super) fn build(self) -> Option<domain::Threshold> {
        Some(domain::Threshold {
            basis: self.basis?.into_inner(),
            percent: self.percent?.into_inner(),
            option: self.option.map(Text::into_inner),
        })
    }
}

impl NewPublishedFigure {
    /// The figure, unless a part of it is missing.
    pub(super) fn build(self) -> Option<domain::PublishedFigure> {
        Some(domain::PublishedFigure {
            option: self.option.map(Text::into_inner),
            percent: self.percent?.into_inner(),
            basis: self.basis?.into_inner(),
            source_url: self.source_url.map(Text::into_inner),
        })
    }
}

impl From<domain::BallotOption> for BallotOption {
    fn from(option: domain::BallotOption) -> Self {
        Self { key: Text(option.key), label: Text(option.label), effect: Word(option.effect) }
    }
}

impl From<domain::OptionCount> for OptionCount {
    fn from(count: domain::OptionCount) -> Self {
        Self { option: Text(count.option), votes: count.votes }
    }
}

impl From<domain::Round> for BallotRound {
    fn from(round: domain::Round) -> Self {
        Self { counts: round.counts.into_iter().map(OptionCount::from).collect() }
    }
}

impl From<domain::Threshold> for BallotThreshold {
    fn from(threshold: domain::Threshold) -> Self {
        Self { basis: Word(threshold.basis), percent: Text(threshold.percent), option: threshold.option.map(Text) }
    }
}

impl PublishedFigure {
    /// The figure, with what the counts say to it.
    pub(super) fn new(check: domain::FigureCheck, figure: domain::PublishedFigure) -> Self {
        Self {
            check: Word(check),
            option: figure.option.map(Text),
            percent: Text(figure.percent),
            basis: Word(figure.basis),
            source_url: figure.source_url.map(Text),
        }
    }
}

impl Described for domain::OptionKey {
    const NAME: &'static str = "OptionKey";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some("What a ballot's counts, thresholds and figures call one of its options."))
            .pattern(Some("^[a-z0-9_]+$"))
            .min_length(Some(1))
            .max_length(Some(Self::MAX_CHARS))
            .examples(["nhs_trust"])
    }
}

impl Described for domain::Percent {
    const NAME: &'static str = "Percent";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "A percentage from 0 to 100 in steps of a hundredth, as decimal text. Answers write both places: `51` \
                 is answered as `51.00`.",
            ))
            .pattern(Some(r"^(100(\.0{1,2})?|[1-9]?[0-9](\.[0-9]{1,2})?)$"))
            .max_length(Some(6))
            .examples(["91.03"])
    }
}

impl Described for domain::PrintedPercent {
    const NAME: &'static str = "PrintedPercent";

    fn describe(string: ObjectBuilder) -> ObjectBuilder {
        string
            .description(Some(
                "A percentage from 0 to 100 as somebody printed it, without the per cent sign and with up to four \
                 places. It is kept as it is: `91` and `91.0` differ in how exact they claim to be.",
            ))
            .pattern(Some(r"^(100(\.0{1,4})?|[1-9]?[0-9](\.[0-9]{1,4})?)$"))
            .max_length(Some(8))
            .examples(["91"])
    }
}
