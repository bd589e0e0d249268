//! The options and counts of a staff ballot and the percentages about it.

use domain::Tally;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::declare::{Shown, wire};
use crate::faults::Faults;
use crate::value::{Form as _, Name, Plain, Text, WebUrl, Word, text};

/// How a voting paper is filled in.
pub type BallotMethod = Word<domain::BallotMethod>;

/// What happens to the service if an option is chosen.
pub type Effect = Word<domain::Effect>;

/// What a percentage of a ballot is a share of.
pub type Basis = Word<domain::Basis>;

/// What a published percentage is said to be a share of.
pub type PublishedBasis = Word<domain::PublishedBasis>;

/// Whether a published figure is what the counts say.
pub type FigureCheck = Word<domain::FigureCheck>;

text! {
    /// The key of an option in a ballot's counts, thresholds and figures.
    OptionKey: domain::OptionKey =
        .pattern(Some("^[a-z0-9_]+$"))
        .min_length(Some(1))
        .max_length(Some(Self::MAX_CHARS))
        .examples(["nhs_trust"]);
    /// A percentage from 0 to 100 in steps of a hundredth, as decimal text. Responses have two decimal places: `51`
    /// becomes `51.00`.
    Percent: domain::Percent =
        .pattern(Some(r"^(100(\.0{1,2})?|[1-9]?[0-9](\.[0-9]{1,2})?)$"))
        .max_length(Some(6))
        .examples(["91.03"]);
    /// A percentage from 0 to 100 as it was published, without the per cent sign and with up to four decimal places. It
    /// is stored unchanged, because `91` and `91.0` differ in precision.
    PrintedPercent: domain::PrintedPercent =
        .pattern(Some(r"^(100(\.0{1,4})?|[1-9]?[0-9](\.[0-9]{1,4})?)$"))
        .max_length(Some(8))
        .examples(["91"]);
}

wire! {
    /// An option on the ballot paper.
    #[example({"key": "nhs_trust", "label": "Standalone NHS trust", "effect": "nhs_trust"})]
    pub struct BallotOption for domain::BallotOption {
        /// Its key in the counts, thresholds and published figures of this ballot. No other option has the same key.
        key: OptionKey = required,
        /// Its text on the ballot paper.
        label: Name = required,
        effect: Effect = required,
    }

    /// The votes for one option.
    #[example({"option": "nhs_trust", "votes": 1482})]
    pub struct OptionCount for domain::OptionCount {
        /// Key of one of the ballot's options. Each is counted once.
        option: OptionKey = required,
        /// How many votes it has.
        votes: i64 = required.range(0, Tally::MAX_COUNT),
    }

    /// A further count of a ranked ballot, after the votes for excluded options went to the options ranked next.
    #[example({"counts": [{"option": "nhs_trust", "votes": 1485}]})]
    pub struct BallotRound {
        /// The votes of each option that is still in the count. Their sum cannot exceed the number of valid papers. An
        /// option that is left out is excluded.
        counts: OptionCount = required_list.min(1).max(Tally::MAX_OPTIONS),
    }

    /// A level that the result was to reach. If a ranked ballot has later rounds, the votes of the last round count.
    #[example({"basis": "of_valid", "percent": "51", "option": "mutual"})]
    pub struct BallotThreshold for domain::Threshold {
        basis: Basis = required,
        /// The level. Reaching it exactly is enough. Responses show two decimal places.
        percent: Percent = required,
        /// Key of the option that was to reach it. Required, except for `turnout`, which is about the whole ballot.
        option: OptionKey = optional,
    }

    /// A percentage that was published about the result.
    #[example({"option": "nhs_trust", "percent": "91", "basis": "not_stated"})]
    pub struct PublishedFigure {
        /// Key of the option that it is about. Required, except for `turnout`, which is about the whole ballot.
        option: OptionKey = optional,
        /// The figure as published.
        percent: PrintedPercent = required,
        basis: PublishedBasis = required,
        /// The page that published it.
        source_url: WebUrl = optional,
        /// Whether the counts support it, at the precision it was published with.
        check: FigureCheck = derived,
    }
}

impl BallotRound {
    /// The round; the tally's rules tell of one without counts.
    pub(super) fn build(self, faults: &mut Faults) -> Option<domain::Round> {
        let counts = faults.each("counts", self.counts.unwrap_or_default(), OptionCount::build);
        Some(domain::Round { counts })
    }

    pub(super) fn show(round: &domain::Round) -> Self {
        Self { counts: Some(round.counts.iter().map(OptionCount::show).collect()) }
    }
}

impl PublishedFigure {
    /// The figure, unless a part of it is missing.
    pub(super) fn build(self) -> Option<domain::PublishedFigure> {
        Some(domain::PublishedFigure {
            option: self.option.map(Text::into_inner),
            percent: self.percent?.into_inner(),
            basis: self.basis?.into_inner(),
            source_url: self.source_url.map(Text::into_inner),
        })
    }

    /// The figure, with what the counts say to it.
    pub(super) fn show(figure: &domain::PublishedFigure, check: domain::FigureCheck) -> Self {
        Self {
            option: figure.option.clone().map(Text),
            percent: Some(Text(figure.percent.clone())),
            basis: Some(Word(figure.basis)),
            source_url: figure.source_url.clone().map(Text),
            check: Shown(Some(Word(check))),
        }
    }
}

/// The schema of a question, which has the bounds of a note and is none.
pub(super) fn question() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The question as it was put, in plain text of one or more lines."))
        .prose(domain::Note::MAX_CHARS)
        .examples(["Do you support the proposal to set up a community interest company?"])
        .into()
}
