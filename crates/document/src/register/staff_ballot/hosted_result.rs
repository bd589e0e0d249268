//! The result of a hosted ballot: what counting gives, as it is published.

use std::collections::{BTreeMap, BTreeSet};

use domain::ballot_protocol::{BallotManifest, Count, CountedRound, EliminatedBy as DomainEliminatedBy, RoundEnd};
use domain::{BallotMethod, FaultCode, Tally};

use super::tally::{OptionCount, OptionKey};
use crate::canonical::canonical;
use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{Plain as _, Text, Word};

/// Why an option is out of a ranked count.
pub type EliminatedBy = Word<DomainEliminatedBy>;

wire! {
    /// What counting the votes and papers of a hosted ballot gives. Everybody can count again.
    pub struct HostedResult {
        /// How many voted: `online` and `paper` together.
        returned: i64 = required.range(0, Tally::MAX_COUNT),
        /// How many papers were not valid.
        spoiled: i64 = required.range(0, Tally::MAX_COUNT),
        /// `returned` without `spoiled`.
        valid: i64 = required.range(0, Tally::MAX_COUNT),
        /// How many voted online.
        online: i64 = required.range(0, Tally::MAX_COUNT),
        /// How many voted on paper.
        paper: i64 = required.range(0, Tally::MAX_COUNT),
        /// The votes of each option, in the order of the options. If the method is `ranked`, those of the last round: 0 for
        /// an eliminated option.
        counts: OptionCount = required_list.max(Tally::MAX_OPTIONS),
        /// The votes cast online. Only if the method is `single_choice`.
        online_counts: OptionCount = optional_list.max(Tally::MAX_OPTIONS),
        /// The votes on paper. Only if the method is `single_choice`.
        paper_counts: OptionCount = optional_list.max(Tally::MAX_OPTIONS),
        /// The rounds. Only if the method is `ranked`.
        rounds: HostedRound = optional_list.max(Tally::MAX_OPTIONS),
        /// Keys of the options with the most votes: several are tied. Empty if nobody cast a valid vote.
        leading: OptionKey = required_list.max(Tally::MAX_OPTIONS),
    }

    /// A round of the count of a ranked hosted ballot.
    pub struct HostedRound {
        /// Its number, from 1.
        round: i64 = required.range(1, 30),
        /// The votes of each option that remains, in the order of the options.
        counts: OptionCount = required_list.max(Tally::MAX_OPTIONS),
        /// How many papers and votes name no option that remains.
        exhausted: i64 = required.range(0, Tally::MAX_COUNT),
        /// The option that is eliminated. Absent from the last round.
        eliminated: OptionKey = optional,
        /// Why this option is eliminated. Absent from the last round.
        by: EliminatedBy = optional,
        /// Keys of the options with the most votes. Only in the last round.
        leading: OptionKey = optional_list.max(Tally::MAX_OPTIONS),
    }
}

impl HostedResult {
    /// The result as it is shown.
    pub fn show(count: &Count, manifest: &BallotManifest) -> Self {
        let options: Vec<&domain::OptionKey> = manifest.options.iter().map(|option| &option.key).collect();
        let last = count.rounds.last();
        let votes = |option: &domain::OptionKey| last.and_then(|round| round.counts.get(option)).copied().unwrap_or(0);
        let counts = options.iter().map(|option| shown((*option).clone(), votes(option))).collect();
        let is_ranked = count.method == BallotMethod::Ranked;
        let none = BTreeMap::new();
        let on_paper = count.paper.as_ref().unwrap_or(&none);
        let paper_counts = options.iter().map(|option| {
            let votes = on_paper.get(*option).copied().unwrap_or(0);
            shown((*option).clone(), votes)
        });
        let online: i64 = count.online.values().sum();
        let paper = on_paper.values().sum::<i64>() + count.spoiled;
        let numbered = (1..).zip(&count.rounds);
        Self {
            returned: Some(online + paper),
            spoiled: Some(count.spoiled),
            valid: Some(online + paper - count.spoiled),
            online: Some(online),
            paper: Some(paper),
            counts: Some(counts),
            online_counts: (!is_ranked).then(|| in_order(&count.online, &options)),
            paper_counts: (!is_ranked).then(|| paper_counts.collect()),
            rounds: is_ranked.then(|| numbered.map(|(at, round)| HostedRound::show(at, round, &options)).collect()),
            leading: Some(leading(count.leading(), &options)),
        }
    }

    /// The result as canonical JSON (RFC 8785), as the bundle has it.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn canonical(count: &Count, manifest: &BallotManifest) -> Result<String, serde_json::Error> {
        Self::show(count, manifest).to_canonical()
    }

    /// This result as canonical JSON.
    pub(super) fn to_canonical(&self) -> Result<String, serde_json::Error> {
        Ok(canonical(&serde_json::to_string(self)?))
    }

    /// The rounds that it says: one, unless the method is ranked.
    pub(super) fn rounds(&self, method: BallotMethod, faults: &mut Faults) -> Vec<CountedRound> {
        match method {
            BallotMethod::Ranked => faults.each("rounds", self.rounds.clone().unwrap_or_default(), HostedRound::build),
            BallotMethod::SingleChoice => {
                let counts = by_option(self.counts.clone().unwrap_or_default(), faults);
                vec![CountedRound { counts, exhausted: 0, end: end(self.leading.clone().unwrap_or_default()) }]
            }
        }
    }
}

impl HostedRound {
    fn show(round: i64, counted: &CountedRound, options: &[&domain::OptionKey]) -> Self {
        let (eliminated, by, leads) = match &counted.end {
            RoundEnd::Eliminated { option, by } => (Some(Text(option.clone())), Some(Word(*by)), None),
            RoundEnd::Leading(keys) => (None, None, Some(leading(keys, options))),
        };
        Self {
            round: Some(round),
            counts: Some(in_order(&counted.counts, options)),
            exhausted: Some(counted.exhausted),
            eliminated,
            by,
            leading: leads,
        }
    }

    fn build(self, faults: &mut Faults) -> Option<CountedRound> {
        let counts = by_option(self.counts.unwrap_or_default(), faults);
        let end = match (self.eliminated, self.by, self.leading) {
            (Some(Text(option)), Some(Word(by)), None) => RoundEnd::Eliminated { option, by },
            (None, None, Some(leading)) => end(leading),
            _ => {
                let detail = "expected `leading` in the last round, and `eliminated` and `by` in every other";
                faults.push("", FaultCode::Inconsistent, detail);
                return None;
            }
        };
        Some(CountedRound { counts, exhausted: self.exhausted?, end })
    }
}

/// The votes in the order of the options, without those that are out.
fn in_order(counts: &BTreeMap<domain::OptionKey, i64>, options: &[&domain::OptionKey]) -> Vec<OptionCount> {
    options.iter().filter_map(|option| Some(shown((*option).clone(), *counts.get(*option)?))).collect()
}

fn shown(option: domain::OptionKey, votes: i64) -> OptionCount {
    OptionCount { option: Some(Text(option)), votes: Some(votes) }
}

fn by_option(counts: Vec<OptionCount>, faults: &mut Faults) -> BTreeMap<domain::OptionKey, i64> {
    let counts = faults.each("counts", counts, OptionCount::build);
    counts.into_iter().map(|count| (count.option, count.votes)).collect()
}

fn leading(keys: &[domain::OptionKey], options: &[&domain::OptionKey]) -> Vec<OptionKey> {
    options.iter().filter(|option| keys.contains(option)).map(|option| Text((*option).clone())).collect()
}

/// The count has the leading options in the order of their keys.
fn end(leading: Vec<OptionKey>) -> RoundEnd {
    let keys: BTreeSet<domain::OptionKey> = leading.into_iter().map(Text::into_inner).collect();
    RoundEnd::Leading(keys.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use domain::Checked;
    use domain::ballot_protocol::{BallotPaper, Choice, Lot, PaperBatch, PaperVotes};
    use serde_json::{Value, json};

    use super::*;
    use crate::body::Content;
    use crate::register::staff_ballot::manifest::BallotManifest as WireManifest;
    use crate::register::staff_ballot::paper_batch::PaperBatch as WireBatch;

    const BUNDLE: &str = include_str!("../../../../../docs/guide/ballot-bundle.json");

    fn manifest(json: &Value) -> BallotManifest {
        let read = Content::<WireManifest>::parse(json.to_string().as_bytes()).unwrap().create();
        Checked::into_inner(read.unwrap())
    }

    fn choices(raw: &[&str], paper: &BallotPaper) -> Vec<Choice> {
        raw.iter().map(|raw| Choice::parse(raw, paper).unwrap()).collect()
    }

    fn lot(manifest: &BallotManifest, votes_root: &str) -> Lot {
        Lot { ballot: manifest.ballot, votes_root: votes_root.parse().unwrap() }
    }

    #[test]
    fn a_ranked_result_is_that_of_the_sample_bundle() {
        let bundle: Value = serde_json::from_str(BUNDLE).unwrap();
        let manifest = manifest(&bundle["manifest"]);
        let paper = manifest.paper();
        let batch = bundle["paper"]["batch"].to_string();
        let batch = Content::<WireBatch>::parse(batch.as_bytes()).unwrap().create().unwrap().read(&paper).unwrap();
        let raw = bundle["votes"].as_array().unwrap().iter().map(|vote| vote[1].as_str().unwrap());
        let votes = choices(&raw.collect::<Vec<_>>(), &paper);
        let lot = lot(&manifest, bundle["votes_root"].as_str().unwrap());

        let count = Count::of(&paper, &votes, Some(&batch), lot);

        let result = HostedResult::canonical(&count, &manifest).unwrap();
        assert_eq!(result, bundle["result"].to_string());
    }

    #[test]
    fn a_single_choice_result_has_online_and_paper_apart_in_the_manifests_order() {
        let bundle: Value = serde_json::from_str(BUNDLE).unwrap();
        let options = ["yes", "no", "abstain"].map(|key| json!({"key": key, "label": key, "effect": "other"}));
        let mut json = bundle["manifest"].clone();
        json["method"] = json!("single_choice");
        json["options"] = json!(options);
        let manifest = manifest(&json);
        let votes = choices(&["yes", "no", "no"], &manifest.paper());
        let papers = vec![domain::OptionCount { option: "yes".parse().unwrap(), votes: 1 }];
        let batch = PaperBatch { spends: Vec::new(), votes: PaperVotes::Counts(papers), spoiled: 2, duplicates: 0 };
        let result = |batch| {
            let count = Count::of(&manifest.paper(), &votes, batch, lot(&manifest, &"0".repeat(64)));
            HostedResult::canonical(&count, &manifest).unwrap()
        };
        let counts = |yes, no| {
            json!([
                {"option": "yes", "votes": yes}, {"option": "no", "votes": no}, {"option": "abstain", "votes": 0}
            ])
        };
        let expected = json!({
            "returned": 6, "spoiled": 2, "valid": 4, "online": 3, "paper": 3, "leading": ["yes", "no"],
            "counts": counts(2, 2), "online_counts": counts(1, 2), "paper_counts": counts(1, 0)
        });
        assert_eq!(result(Some(&batch)), expected.to_string());
        let expected = json!({
            "returned": 3, "spoiled": 0, "valid": 3, "online": 3, "paper": 0, "leading": ["no"],
            "counts": counts(1, 2), "online_counts": counts(1, 2), "paper_counts": counts(0, 0)
        });
        assert_eq!(result(None), expected.to_string());
    }
}
