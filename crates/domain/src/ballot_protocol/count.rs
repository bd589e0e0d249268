//! Counting: plurality and the alternative vote, each round as it is published.

use std::collections::{BTreeMap, BTreeSet};

use crate::register::staff_ballot::{BallotMethod, OptionCount, OptionKey, Round, Tally};
use crate::vocabulary::vocabulary;

use super::ballot_id::BallotId;
use super::choice::{BallotPaper, Choice};
use super::hash::Sha256Hex;
use super::paper_batch::{PaperBatch, PaperVotes};

vocabulary! {
    /// Why an option is out of a ranked count.
    pub enum EliminatedBy {
        /// It had the fewest votes of the round.
        Votes = "votes",
        /// Of those with the fewest votes, it had fewer in the latest earlier round in which they differ.
        EarlierRound = "earlier_round",
        /// Of those with the fewest votes, which had as many in all earlier rounds, its hash is the least.
        Lot = "lot",
    }
}

/// The count of a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How the papers were filled in.
    pub method: BallotMethod,
    /// The rounds: one, unless the method is ranked.
    pub rounds: Vec<CountedRound>,
    /// The first preferences of the votes cast online.
    pub online: BTreeMap<OptionKey, i64>,
    /// Those on paper, where there is a paper batch.
    pub paper: Option<BTreeMap<OptionKey, i64>>,
    /// How many papers were not valid.
    pub spoiled: i64,
}

/// One round of a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedRound {
    /// The votes of each option that is still in.
    pub counts: BTreeMap<OptionKey, i64>,
    /// How many papers name no option that is still in.
    pub exhausted: i64,
    /// What comes of it.
    pub end: RoundEnd,
}

/// What comes of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoundEnd {
    /// An option is out, and a further round follows.
    Eliminated {
        /// The option.
        option: OptionKey,
        /// Why this one.
        by: EliminatedBy,
    },
    /// The count ends: one option leads, several are tied, or there were no votes and none leads.
    Leading(Vec<OptionKey>),
}

/// What decides between options that are equal in all else: known to nobody before the ballot closes, and to everybody after.
#[derive(Clone, Copy, Debug)]
pub struct Lot {
    /// The ballot.
    pub ballot: BallotId,
    /// The root of the tree over the votes.
    pub votes_root: Sha256Hex,
}

impl Lot {
    fn of(&self, option: &OptionKey) -> Sha256Hex {
        Sha256Hex::of(&format!("psm-ballot-v1:lot:{}:{}:{option}", self.ballot, self.votes_root))
    }
}

impl Count {
    /// Counts the votes of a ballot, and those of its paper batch.
    pub fn of<'v>(
        paper: &BallotPaper,
        votes: impl IntoIterator<Item = &'v Choice>,
        batch: Option<&'v PaperBatch>,
        lot: Lot,
    ) -> Self {
        let mut online = Papers::default();
        votes.into_iter().for_each(|choice| online.add(choice.options(), 1));
        let on_paper = batch.map(|batch| Papers::of_batch(&batch.votes));
        let mut all = online.clone();
        on_paper.iter().flat_map(|papers| &papers.0).for_each(|(options, number)| all.add(options, *number));
        let rounds = match paper.method {
            BallotMethod::SingleChoice => vec![all.plurality(&paper.options)],
            BallotMethod::Ranked => all.alternative_vote(&paper.options, lot),
        };
        let options: BTreeSet<&OptionKey> = paper.options.iter().collect();
        Self {
            method: paper.method,
            rounds,
            online: online.first_remaining(&options).0,
            paper: on_paper.map(|papers| papers.first_remaining(&options).0),
            spoiled: batch.map_or(0, |batch| batch.spoiled),
        }
    }

    /// The options that lead: several are a tie, none if nobody voted.
    pub fn leading(&self) -> &[OptionKey] {
        match self.rounds.last().map(|round| &round.end) {
            Some(RoundEnd::Leading(leading)) => leading,
            _ => &[],
        }
    }

    /// How many papers and votes were valid.
    pub fn valid(&self) -> i64 {
        self.rounds.first().map_or(0, |round| round.live() + round.exhausted)
    }

    /// How many further votes could change which option leads, or which went out: the narrowest decision of all rounds. It is 0
    /// where a tie was found or broken.
    pub fn margin(&self) -> i64 {
        let of_round = |round: &CountedRound| match (&round.end, self.method) {
            (RoundEnd::Eliminated { .. }, _) => round.least_lead(),
            (RoundEnd::Leading(_), BallotMethod::SingleChoice) => round.greatest_lead(),
            // Without more than half of the votes, a further option would go out, and its votes to others.
            (RoundEnd::Leading(_), BallotMethod::Ranked) => round.lead_over_all(),
        };
        self.rounds.iter().map(of_round).min().unwrap_or(0)
    }

    /// The same tally with the numbers of this count. Its options are those that were counted.
    #[must_use]
    pub fn fill(&self, tally: Tally) -> Tally {
        let in_order = |counts: &BTreeMap<OptionKey, i64>| -> Vec<OptionCount> {
            let counted = |key: &OptionKey| Some(OptionCount { option: key.clone(), votes: *counts.get(key)? });
            tally.options.iter().filter_map(|option| counted(&option.key)).collect()
        };
        let mut rounds = self.rounds.iter().map(|round| in_order(&round.counts));
        let counts = rounds.next().unwrap_or_default();
        let later_rounds = rounds.map(|counts| Round { counts }).collect();
        let returned = Some(self.valid() + self.spoiled);
        Tally { returned, spoiled: Some(self.spoiled), counts, counts_complete: true, later_rounds, ..tally }
    }
}

impl CountedRound {
    /// How many papers still count.
    fn live(&self) -> i64 {
        self.counts.values().sum()
    }

    /// By how much the lowest option is behind the next.
    fn least_lead(&self) -> i64 {
        match self.sorted_votes().as_slice() {
            [lowest, next, ..] => next - lowest,
            _ => 0,
        }
    }

    /// By how much the highest option is ahead of the next.
    fn greatest_lead(&self) -> i64 {
        match self.sorted_votes().as_slice() {
            [.., next, most] => most - next,
            [only] => *only,
            [] => 0,
        }
    }

    /// By how much the highest option is ahead of all others together.
    fn lead_over_all(&self) -> i64 {
        let most = self.counts.values().max().copied().unwrap_or(0);
        (most * 2 - self.live()).max(0)
    }

    fn sorted_votes(&self) -> Vec<i64> {
        let mut votes: Vec<i64> = self.counts.values().copied().collect();
        votes.sort_unstable();
        votes
    }
}

/// Papers of the same content, with their number: so the order of papers cannot matter.
#[derive(Clone, Debug, Default)]
struct Papers(BTreeMap<Vec<OptionKey>, i64>);

impl Papers {
    fn of_batch(votes: &PaperVotes) -> Self {
        let mut papers = Self::default();
        match votes {
            PaperVotes::Counts(counts) => {
                counts.iter().for_each(|count| papers.add(std::slice::from_ref(&count.option), count.votes));
            }
            PaperVotes::Rankings(rankings) => rankings.iter().for_each(|choice| papers.add(choice.options(), 1)),
        }
        papers
    }

    fn add(&mut self, options: &[OptionKey], number: i64) {
        match self.0.get_mut(options) {
            Some(papers) => *papers += number,
            None => drop(self.0.insert(options.to_vec(), number)),
        }
    }

    fn plurality(&self, options: &[OptionKey]) -> CountedRound {
        let (counts, exhausted) = self.first_remaining(&options.iter().collect());
        let end = RoundEnd::Leading(most_voted(&counts));
        CountedRound { counts, exhausted, end }
    }

    fn alternative_vote(&self, options: &[OptionKey], lot: Lot) -> Vec<CountedRound> {
        let mut remaining: BTreeSet<&OptionKey> = options.iter().collect();
        let mut rounds: Vec<CountedRound> = Vec::new();
        loop {
            let (counts, exhausted) = self.first_remaining(&remaining);
            let Some((option, by)) = eliminated(&counts, &rounds, lot) else {
                let end = RoundEnd::Leading(most_voted(&counts));
                rounds.push(CountedRound { counts, exhausted, end });
                return rounds;
            };
            remaining.remove(&option);
            rounds.push(CountedRound { counts, exhausted, end: RoundEnd::Eliminated { option, by } });
        }
    }

    /// The votes of each remaining option, where each paper counts for the first of them that it names, and how many name none.
    fn first_remaining(&self, remaining: &BTreeSet<&OptionKey>) -> (BTreeMap<OptionKey, i64>, i64) {
        let mut counts: BTreeMap<OptionKey, i64> = remaining.iter().map(|option| ((*option).clone(), 0)).collect();
        let mut exhausted = 0;
        for (options, number) in &self.0 {
            match options.iter().find(|option| remaining.contains(option)).and_then(|option| counts.get_mut(option)) {
                Some(votes) => *votes += number,
                None => exhausted += number,
            }
        }
        (counts, exhausted)
    }
}

/// The option that goes out of a ranked count after a round with these votes; none if the count ends.
fn eliminated(
    counts: &BTreeMap<OptionKey, i64>,
    earlier: &[CountedRound],
    lot: Lot,
) -> Option<(OptionKey, EliminatedBy)> {
    let live: i64 = counts.values().sum();
    let most = counts.values().max()?;
    if live == 0 || counts.len() <= 2 || most * 2 > live {
        return None;
    }
    let mut lowest = least_voted(&counts.keys().collect::<Vec<_>>(), counts);
    let mut by = EliminatedBy::Votes;
    for round in earlier.iter().rev() {
        if lowest.len() == 1 {
            break;
        }
        let fewer = least_voted(&lowest, &round.counts);
        if fewer.len() < lowest.len() {
            (lowest, by) = (fewer, EliminatedBy::EarlierRound);
        }
    }
    if lowest.len() > 1 {
        by = EliminatedBy::Lot;
    }
    lowest.into_iter().min_by_key(|option| lot.of(option)).map(|option| (option.clone(), by))
}

fn least_voted<'o>(options: &[&'o OptionKey], counts: &BTreeMap<OptionKey, i64>) -> Vec<&'o OptionKey> {
    let votes = |option: &OptionKey| counts.get(option).copied().unwrap_or(0);
    let least = options.iter().map(|option| votes(option)).min();
    options.iter().copied().filter(|option| Some(votes(option)) == least).collect()
}

/// The options with the most votes, if there are any votes.
fn most_voted(counts: &BTreeMap<OptionKey, i64>) -> Vec<OptionKey> {
    let most = counts.values().copied().max().filter(|most| *most > 0);
    counts.iter().filter(|(_, votes)| Some(**votes) == most).map(|(option, _)| option.clone()).collect()
}
