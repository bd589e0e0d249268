//! The options and counts of a ballot, and the rules that bind them.
//!
//! Whatever part of the numbers is known must be possible: entitled ≥ issued ≥ returned = valid + spoiled,
//! and the counts add up to the valid papers where they are complete, and to no more where they are not.

use std::collections::HashSet;
use std::str::FromStr;

use crate::checked::Rules;
use crate::fault::{Fault, FaultCode, Invalid, quoted};
use crate::value::percent::{Percent, PrintedPercent};
use crate::value::text::{Name, as_text};
use crate::value::web_url::WebUrl;

use super::words::{BallotMethod, Basis, Effect, PublishedBasis};

/// What could be voted for and what is known of the votes; an unknown number is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How the papers are filled in.
    pub method: Option<BallotMethod>,
    /// What could be chosen: 1 to [`Tally::MAX_OPTIONS`] options.
    pub options: Vec<BallotOption>,
    /// How many people were entitled to vote.
    pub roll_size: Option<i64>,
    /// How many papers were given out.
    pub papers_issued: Option<i64>,
    /// How many papers came back, spoiled ones included; they are what turnout counts.
    pub returned: Option<i64>,
    /// How many of those were not valid.
    pub spoiled: Option<i64>,
    /// The votes of each option whose count is known; first preferences where the method is ranked.
    pub counts: Vec<OptionCount>,
    /// Whether every option's count is known.
    pub counts_complete: bool,
    /// The further counts of a ranked ballot in order, at most [`Tally::MAX_ROUNDS`]. Options that a round
    /// does not name are out.
    pub later_rounds: Vec<Round>,
    /// What the result was to be measured by: data of each ballot, at most [`Tally::MAX_THRESHOLDS`].
    pub thresholds: Vec<Threshold>,
    /// What others printed about the result, at most [`Tally::MAX_PUBLISHED_FIGURES`].
    pub published_figures: Vec<PublishedFigure>,
}

/// An option on the ballot paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotOption {
    /// What the counts call it.
    pub key: OptionKey,
    /// Its text on the ballot paper.
    pub label: Name,
    /// What becomes of the service if it is chosen.
    pub effect: Effect,
}

/// The votes for one option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionCount {
    /// The option.
    pub option: OptionKey,
    /// How many votes it has.
    pub votes: i64,
}

/// A further count of a ranked ballot, after the votes for options that are out went to those ranked next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The votes of each option that is still in.
    pub counts: Vec<OptionCount>,
}

/// A level that the result was to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Of what the percentage is.
    pub basis: Basis,
    /// The level; reaching it exactly is enough.
    pub percent: Percent,
    /// The option that was to reach it; none for turnout.
    pub option: Option<OptionKey>,
}

/// A percentage that was published about the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFigure {
    /// The option that it is about; none for turnout.
    pub option: Option<OptionKey>,
    /// The figure as published.
    pub percent: PrintedPercent,
    /// Of what it is said to be a percentage.
    pub basis: PublishedBasis,
    /// The page that published it.
    pub source_url: Option<WebUrl>,
}

/// What counts and thresholds call an option: 1 to 40 of `[a-z0-9_]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OptionKey(String);

impl OptionKey {
    /// The most characters that a key may have.
    pub const MAX_CHARS: usize = 40;
}

as_text! { OptionKey }

impl FromStr for OptionKey {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let is_key_byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if (1..=Self::MAX_CHARS).contains(&raw.len()) && raw.bytes().all(is_key_byte) {
            return Ok(Self(raw.to_owned()));
        }
        let detail =
            format!("{} is not an option's key: expected 1 to 40 of a-z, 0-9 and `_`, such as nhs_trust", quoted(raw));
        Err(Invalid::new(FaultCode::InvalidFormat, detail))
    }
}

impl Tally {
    /// The most options that a ballot may have.
    pub const MAX_OPTIONS: usize = 30;
    /// The most later rounds that a ranked ballot may have.
    pub const MAX_ROUNDS: usize = 30;
    /// The most thresholds that a ballot may have.
    pub const MAX_THRESHOLDS: usize = 20;
    /// The most published figures that a ballot may have.
    pub const MAX_PUBLISHED_FIGURES: usize = 50;
    /// The greatest number of people, papers or votes that is believed.
    pub const MAX_COUNT: i64 = 10_000_000;

    /// How many papers were valid: returned less spoiled, or the sum of the counts where they are complete.
    pub fn valid(&self) -> Option<i64> {
        match (self.returned, self.spoiled) {
            (Some(returned), Some(spoiled)) => returned.checked_sub(spoiled),
            _ => self.counts_complete.then(|| sum(&self.counts)),
        }
    }

    /// How many people must have been entitled to vote, at least: the greatest number that is known.
    pub(super) fn least_entitled(&self) -> i64 {
        let papers = self.papers().into_iter().filter_map(|(_, number)| number);
        papers.max().unwrap_or(0).max(sum(&self.counts))
    }

    /// Whether all votes are counted and there are none.
    pub(super) fn is_without_votes(&self) -> bool {
        let last = self.later_rounds.last().map(|round| round.counts.as_slice());
        (self.counts_complete || last.is_some()) && sum(last.unwrap_or(&self.counts)) == 0
    }

    /// The most papers that can have been valid: the nearest known number above them, less the spoiled ones
    /// known of.
    pub(super) fn most_valid(&self) -> Option<i64> {
        let papers = self.returned.or(self.papers_issued).or(self.roll_size)?;
        Some(papers.saturating_sub(self.spoiled.unwrap_or(0)))
    }
}

impl Rules for Tally {
    fn faults(&self) -> Vec<Fault> {
        let faults = [
            self.length_faults(),
            self.option_faults(),
            self.range_faults(),
            self.reference_faults(),
            self.method_and_completeness_faults(),
            Papers(self).faults(),
            self.sum_faults(),
        ];
        faults.into_iter().flatten().collect()
    }
}

/// The numbers of papers of a tally, which bind each other whatever its options and counts are.
#[derive(Clone, Copy, Debug)]
pub struct Papers<'t>(pub &'t Tally);

impl Rules for Papers<'_> {
    /// Each number of papers is at most as great as each known one before it.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut least: Option<(&str, i64)> = None;
        for (field, number) in self.0.papers() {
            let Some(number) = number.filter(|number| Tally::is_believed(*number)) else { continue };
            match least {
                Some((name, most)) if number > most => {
                    let detail = format!("{number} is more than `{name}`, which is {most}");
                    faults.push(Fault::new(field, FaultCode::Inconsistent, detail));
                }
                _ => least = Some((field, number)),
            }
        }
        faults
    }
}

impl Tally {
    fn length_faults(&self) -> Vec<Fault> {
        let at_most = |field: String, len: usize, max: usize| {
            (len > max).then(|| Fault::new(field, FaultCode::TooMany, format!("{len} items, at most {max} allowed")))
        };
        let at_least_one = |field: String, len: usize| {
            (len == 0).then(|| Fault::new(field, FaultCode::TooFew, "the list is empty, at least one item expected"))
        };
        let mut faults = vec![
            at_least_one("options".to_owned(), self.options.len()),
            at_most("options".to_owned(), self.options.len(), Self::MAX_OPTIONS),
            at_most("counts".to_owned(), self.counts.len(), Self::MAX_OPTIONS),
            at_most("later_rounds".to_owned(), self.later_rounds.len(), Self::MAX_ROUNDS),
            at_most("thresholds".to_owned(), self.thresholds.len(), Self::MAX_THRESHOLDS),
            at_most("published_figures".to_owned(), self.published_figures.len(), Self::MAX_PUBLISHED_FIGURES),
        ];
        for (position, round) in self.later_rounds.iter().enumerate() {
            let field = format!("later_rounds/{position}/counts");
            faults.push(at_least_one(field.clone(), round.counts.len()));
            faults.push(at_most(field, round.counts.len(), Self::MAX_OPTIONS));
        }
        faults.into_iter().flatten().collect()
    }

    fn option_faults(&self) -> Vec<Fault> {
        let mut seen = HashSet::new();
        let repeated = self.options.iter().enumerate().filter(|(_, option)| !seen.insert(&option.key));
        repeated
            .map(|(position, option)| {
                let detail = format!("another option has the key `{}` already", option.key);
                Fault::new(format!("options/{position}/key"), FaultCode::DuplicateItem, detail)
            })
            .collect()
    }

    /// Whether a number of people, papers or votes is within what is believed.
    fn is_believed(number: i64) -> bool {
        (0..=Self::MAX_COUNT).contains(&number)
    }

    fn range_faults(&self) -> Vec<Fault> {
        let papers = self.papers().map(|(field, number)| (field.to_owned(), number));
        let votes = self.all_counts().map(|(field, count)| (format!("{field}/votes"), Some(count.votes)));
        papers
            .into_iter()
            .chain(votes)
            .filter_map(|(field, number)| {
                let number = number.filter(|number| !Self::is_believed(*number))?;
                Some(Fault::new(
                    field,
                    FaultCode::OutOfRange,
                    format!("{number} is not within 0 to {}", Self::MAX_COUNT),
                ))
            })
            .collect()
    }

    /// Every key names an option, no list of counts names one twice, and only turnout is about no option.
    fn reference_faults(&self) -> Vec<Fault> {
        let known: HashSet<&OptionKey> = self.options.iter().map(|option| &option.key).collect();
        let unknown = |field: String, key: &OptionKey| {
            let detail = || format!("no option of this ballot has the key `{key}`");
            (!known.contains(key)).then(|| Fault::new(format!("{field}/option"), FaultCode::UnknownReference, detail()))
        };
        let mut faults: Vec<Fault> =
            self.all_counts().filter_map(|(field, count)| unknown(field, &count.option)).collect();
        faults.extend(counted_twice("counts", &self.counts));
        for (position, round) in self.later_rounds.iter().enumerate() {
            faults.extend(counted_twice(&format!("later_rounds/{position}/counts"), &round.counts));
        }
        for (position, threshold) in self.thresholds.iter().enumerate() {
            let field = format!("thresholds/{position}");
            faults.extend(threshold.option.as_ref().and_then(|key| unknown(field.clone(), key)));
            faults.extend(about_turnout_or_option(
                &field,
                threshold.basis == Basis::Turnout,
                threshold.option.as_ref(),
            ));
            let measures_the_same =
                |other: &Threshold| other.basis == threshold.basis && other.option == threshold.option;
            if self.thresholds.iter().take(position).any(measures_the_same) {
                let detail = "an earlier threshold already has this basis and option";
                faults.push(Fault::new(field, FaultCode::DuplicateItem, detail));
            }
        }
        for (position, figure) in self.published_figures.iter().enumerate() {
            let field = format!("published_figures/{position}");
            faults.extend(figure.option.as_ref().and_then(|key| unknown(field.clone(), key)));
            faults.extend(about_turnout_or_option(
                &field,
                figure.basis == PublishedBasis::Turnout,
                figure.option.as_ref(),
            ));
        }
        faults
    }

    /// Later rounds are the ranked method's, and complete counts leave no option out.
    fn method_and_completeness_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.later_rounds.is_empty() && self.method != Some(BallotMethod::Ranked) {
            let detail = "only a ballot with the method `ranked` has later rounds";
            faults.push(Fault::new("later_rounds", FaultCode::Inconsistent, detail));
        }
        let counted: HashSet<&OptionKey> = self.counts.iter().map(|count| &count.option).collect();
        let missing = self.options.iter().find(|option| !counted.contains(&option.key));
        if let Some(option) = missing.filter(|_| self.counts_complete) {
            let key = &option.key;
            let detail = format!("the count of `{key}` is missing: give it, or set this to `false`");
            faults.push(Fault::new("counts_complete", FaultCode::Inconsistent, detail));
        }
        faults
    }

    /// Complete counts add up to the valid papers, and no counts to more than can have been valid.
    ///
    /// A sum is compared only where what it is made of is right: otherwise the fault may be no other.
    fn sum_faults(&self) -> Vec<Fault> {
        let papers = self.papers().into_iter().filter_map(|(_, number)| number);
        let is_believed = papers.chain(self.all_counts().map(|(_, count)| count.votes)).all(Self::is_believed);
        let is_compared = |fault: &Fault| match fault.field.as_str() {
            "papers_issued" => self.returned.is_none(),
            _ => true,
        };
        if !is_believed || Papers(self).faults().iter().any(is_compared) {
            return Vec::new();
        }
        let is_whole = self.options.iter().all(|option| self.counts.iter().any(|count| count.option == option.key));
        let counted = sum(&self.counts);
        let detail = match (self.valid().filter(|valid| *valid >= 0), self.most_valid().filter(|most| *most >= 0)) {
            _ if !counted_twice("counts", &self.counts).is_empty() => None,
            (Some(valid), _) if self.counts_complete && is_whole && counted != valid => {
                Some(format!("the votes add up to {counted}, but {valid} papers were valid (returned minus spoiled)"))
            }
            (_, Some(most)) if counted > most => Some(more_than_valid(counted, most)),
            _ => None,
        };
        let first = detail.map(|detail| Fault::new("counts", FaultCode::Inconsistent, detail));
        let most_valid = self.valid().or_else(|| self.most_valid()).filter(|most| *most >= 0);
        let later = self.later_rounds.iter().enumerate().filter_map(|(position, round)| {
            let field = format!("later_rounds/{position}/counts");
            let counted = sum(&round.counts);
            let most = most_valid.filter(|most| counted > *most)?;
            if !counted_twice(&field, &round.counts).is_empty() {
                return None;
            }
            Some(Fault::new(field, FaultCode::Inconsistent, more_than_valid(counted, most)))
        });
        first.into_iter().chain(later).collect()
    }

    /// The numbers of papers, each at most as great as those before it.
    fn papers(&self) -> [(&'static str, Option<i64>); 4] {
        [
            ("roll_size", self.roll_size),
            ("papers_issued", self.papers_issued),
            ("returned", self.returned),
            ("spoiled", self.spoiled),
        ]
    }

    /// Every count of every round with its field.
    fn all_counts(&self) -> impl Iterator<Item = (String, &OptionCount)> {
        let first = self.counts.iter().enumerate().map(|(i, count)| (format!("counts/{i}"), count));
        let later = self.later_rounds.iter().enumerate().flat_map(|(round, counted)| {
            counted.counts.iter().enumerate().map(move |(i, count)| (format!("later_rounds/{round}/counts/{i}"), count))
        });
        first.chain(later)
    }
}

/// The votes of all counts together; saturating, so that even a tally that breaks its rules has a sum.
pub(super) fn sum(counts: &[OptionCount]) -> i64 {
    counts.iter().fold(0, |sum, count| sum.saturating_add(count.votes))
}

fn more_than_valid(counted: i64, most: i64) -> String {
    format!("the votes add up to {counted}, but at most {most} papers can have been valid")
}

fn counted_twice(field: &str, counts: &[OptionCount]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let repeated = counts.iter().enumerate().filter(|(_, count)| !seen.insert(&count.option));
    repeated
        .map(|(position, count)| {
            let detail = format!("`{}` is counted already", count.option);
            Fault::new(format!("{field}/{position}/option"), FaultCode::DuplicateItem, detail)
        })
        .collect()
}

fn about_turnout_or_option(field: &str, turnout: bool, option: Option<&OptionKey>) -> Option<Fault> {
    let field = format!("{field}/option");
    match (turnout, option) {
        (true, Some(_)) => {
            Some(Fault::new(field, FaultCode::Inconsistent, "turnout covers the whole ballot: leave the option out"))
        }
        (false, None) => {
            Some(Fault::new(field, FaultCode::Required, "the option is missing: only turnout has no option"))
        }
        _ => None,
    }
}
