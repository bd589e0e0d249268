//! Counting by plurality and by the alternative vote.

use std::collections::BTreeMap;

use domain::ballot_protocol::{
    BallotPaper, Choice, Count, CountedRound, Credential, EliminatedBy, Lot, PaperBatch, PaperVotes, RoundEnd,
    Sha256Hex,
};
use domain::{
    BallotMethod, BallotOption, Basis, Effect, OptionCount, OptionKey, Rules as _, Tally, TestOutcome, Threshold,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::kit::{ballot, credential, key, keys, paper};

fn lot(votes_root: &str) -> Lot {
    Lot { ballot: ballot(), votes_root: votes_root.parse().unwrap() }
}

fn zeros() -> Lot {
    lot(&"0".repeat(64))
}

/// Choices written as `4 a>b,3 b>a`.
fn choices(written: &str, paper: &BallotPaper) -> Vec<Choice> {
    let parts = written.split(',').map(|part| part.split_once(' ').unwrap());
    parts.flat_map(|(number, choice)| vec![Choice::parse(choice, paper).unwrap(); number.parse().unwrap()]).collect()
}

/// A round written as `a:4 b:3 c:2 exhausted:0 eliminated:c by:votes` or `a:4 b:5 exhausted:0 leading:b`.
fn round(written: &str) -> CountedRound {
    let parts: BTreeMap<&str, &str> = written.split(' ').map(|part| part.split_once(':').unwrap()).collect();
    let is_option = |name: &&str| !["exhausted", "eliminated", "by", "leading"].contains(name);
    let options = parts.keys().filter(|name| is_option(name));
    CountedRound {
        counts: options.map(|option| (key(option), parts[option].parse().unwrap())).collect(),
        exhausted: parts["exhausted"].parse().unwrap(),
        end: match parts.get("leading") {
            Some(leading) => RoundEnd::Leading(keys(leading)),
            None => RoundEnd::Eliminated { option: key(parts["eliminated"]), by: parts["by"].parse().unwrap() },
        },
    }
}

fn rounds(options: &str, written: &str, lot: Lot) -> Vec<CountedRound> {
    let paper = paper(BallotMethod::Ranked, options);
    Count::of(&paper, &choices(written, &paper), None, lot).rounds
}

/// Vector B1 of the protocol's design.
#[test]
fn the_last_option_goes_and_its_papers_go_to_the_next() {
    assert_eq!(
        rounds("a,b,c", "4 a>b,3 b>a,2 c>b", zeros()),
        [round("a:4 b:3 c:2 exhausted:0 eliminated:c by:votes"), round("a:4 b:5 exhausted:0 leading:b")]
    );
}

/// Vector B2 of the protocol's design.
#[test]
fn a_lot_decides_between_options_that_were_always_equal() {
    assert_eq!(
        rounds("a,b,c,d", "2 a,1 b>a,1 c>a,2 d", zeros()),
        [
            round("a:2 b:1 c:1 d:2 exhausted:0 eliminated:b by:lot"),
            round("a:3 c:1 d:2 exhausted:0 eliminated:c by:votes"),
            round("a:4 d:2 exhausted:0 leading:a"),
        ]
    );
}

/// 80 elections that the protocol's reference program in Python counted, chosen so that there are many ties: 60 eliminations by lot,
/// 22 by an earlier round, 14 tied results.
#[test]
fn counts_are_those_of_the_reference() {
    let elections: Vec<&str> = include_str!("ranked.txt").trim_end().split("\n\n").collect();
    for election in &elections {
        let mut lines = election.lines();
        let head: Vec<&str> = lines.next().unwrap().split(' ').collect();
        let votes = lines.next().unwrap();
        let expected: Vec<CountedRound> = lines.map(round).collect();
        assert_eq!(rounds(head[1], votes, lot(head[2])), expected, "{election}");
    }
    let eliminated_by = |by: EliminatedBy| include_str!("ranked.txt").matches(&format!("by:{by}\n")).count();
    assert!(EliminatedBy::ALL.iter().all(|by| eliminated_by(*by) >= 20));
}

#[test]
fn an_option_with_fewer_votes_in_an_earlier_round_goes_before_the_lot() {
    // After c has gone, a and b have 5 each; in the round before, b had 4.
    let counted = rounds("a,b,c,d", "5 a,4 b,1 c>b,6 d", zeros());
    assert_eq!(counted[1], round("a:5 b:5 d:6 exhausted:0 eliminated:b by:earlier_round"));
    assert_eq!(counted[2], round("a:5 d:6 exhausted:5 leading:d"));
}

#[test]
fn more_than_half_of_the_papers_that_still_count_is_enough() {
    assert_eq!(rounds("a,b,c", "3 a,2 b,1 c", zeros()).len(), 2, "three of six are not more than half");
    assert_eq!(rounds("a,b,c", "4 a,2 b,1 c", zeros()), [round("a:4 b:2 c:1 exhausted:0 leading:a")]);
    assert_eq!(rounds("a", "1 a", zeros()), [round("a:1 exhausted:0 leading:a")]);
}

#[test]
fn one_choice_is_counted_in_one_round_and_a_tie_is_a_tie() {
    let paper = paper(BallotMethod::SingleChoice, "yes,no,blank");
    let count = |written: &str| Count::of(&paper, &choices(written, &paper), None, zeros());

    assert_eq!(count("4 yes,3 no,3 blank").rounds, [round("blank:3 no:3 yes:4 exhausted:0 leading:yes")]);
    assert_eq!(count("4 yes,4 no").leading(), keys("no,yes"));
    assert_eq!(count("4 yes,4 no").margin(), 0);
    assert_eq!(count("9 yes,4 no").margin(), 5);
}

#[test]
fn a_ballot_without_votes_has_no_leading_option() {
    for method in [BallotMethod::SingleChoice, BallotMethod::Ranked] {
        let count = Count::of(&paper(method, "a,b,c"), &[], None, zeros());
        assert_eq!(
            count.rounds,
            [CountedRound { end: RoundEnd::Leading(vec![]), ..round("a:0 b:0 c:0 exhausted:0 leading:a") }]
        );
        assert_eq!(count.leading(), []);
        assert_eq!((count.valid(), count.margin()), (0, 0));
    }
}

/// 51 of 100 are enough, but two more papers for the last would have brought its papers to the second.
#[test]
fn the_margin_of_a_ranked_ballot_is_that_of_its_narrowest_decision() {
    let paper = paper(BallotMethod::Ranked, "a,b,c");
    let margin = |written: &str| Count::of(&paper, &choices(written, &paper), None, zeros()).margin();
    assert_eq!(margin("51 a,30 b,19 c>b"), 2);
    assert_eq!(rounds("a,b,c", "51 a,30 b,22 c>b", zeros()).last().unwrap().end, RoundEnd::Leading(keys("b")));
    assert_eq!(margin("40 a>b,30 b>a,20 c>b"), 10);
    assert_eq!(margin("40 a>b,30 b>a,29 c>b"), 1);
    assert_eq!(margin("40 a>b,30 b>a,30 c>b"), 0);
}

fn option(key: &str, effect: Effect) -> BallotOption {
    BallotOption { key: key.parse().unwrap(), label: key.parse().unwrap(), effect }
}

fn blank_tally(method: BallotMethod) -> Tally {
    Tally {
        method: Some(method),
        options: vec![
            option("mutual", Effect::Mutual),
            option("stay", Effect::RemainInHouse),
            option("blank", Effect::Abstain),
        ],
        roll_size: Some(100),
        ..Tally::default()
    }
}

fn batch(votes: PaperVotes, spoiled: i64) -> PaperBatch {
    let spends: Vec<Credential> = (1..=12).map(credential).collect();
    PaperBatch { spends, votes, spoiled, duplicates: 0 }
}

#[test]
fn online_and_paper_are_counted_together_and_shown_apart() {
    let tally = blank_tally(BallotMethod::SingleChoice);
    let paper = BallotPaper::new(BallotMethod::SingleChoice, &tally.options);
    let on_paper = ["mutual", "stay"].map(|option| OptionCount { option: key(option), votes: 5 });
    let batch = batch(PaperVotes::Counts(on_paper.to_vec()), 2);

    let count = Count::of(&paper, &choices("20 mutual,10 stay,3 blank", &paper), Some(&batch), zeros());

    let votes = |counts: &BTreeMap<OptionKey, i64>, option: &str| counts[&key(option)];
    assert_eq!((votes(&count.online, "mutual"), votes(count.paper.as_ref().unwrap(), "mutual")), (20, 5));
    assert_eq!(votes(count.paper.as_ref().unwrap(), "blank"), 0);
    let filled = count.fill(tally);
    assert_eq!(filled.faults(), []);
    assert_eq!((filled.returned, filled.spoiled, filled.valid()), (Some(45), Some(2), Some(43)));
    assert_eq!(filled.counts.iter().map(|count| count.votes).collect::<Vec<_>>(), [25, 15, 3]);
    assert_eq!(filled.result().leading, count.leading());
}

#[test]
fn thresholds_are_measured_by_the_last_round_of_a_ranked_ballot() {
    let of = |basis, percent: &str| Threshold { basis, percent: percent.parse().unwrap(), option: Some(key("mutual")) };
    let thresholds = vec![of(Basis::OfValid, "55"), of(Basis::OfEntitled, "22"), of(Basis::OfCast, "50.01")];
    let tally = Tally { thresholds, ..blank_tally(BallotMethod::Ranked) };
    let paper = BallotPaper::new(BallotMethod::Ranked, &tally.options);
    let on_paper = PaperVotes::Rankings(choices("6 stay>mutual,4 blank>mutual", &paper));
    let batch = batch(on_paper, 2);

    let count = Count::of(&paper, &choices("18 mutual,12 stay", &paper), Some(&batch), zeros());

    assert_eq!(
        count.rounds,
        [
            round("blank:4 mutual:18 stay:18 exhausted:0 eliminated:blank by:votes"),
            round("mutual:22 stay:18 exhausted:0 leading:mutual")
        ]
    );
    let filled = count.fill(tally);
    assert_eq!(filled.faults(), []);
    let result = filled.result();
    assert_eq!(result.leading, keys("mutual"));
    // 22 of 40 valid, of 100 entitled and of 42 returned.
    let outcomes: Vec<TestOutcome> = result.thresholds.iter().map(|told| told.outcome).collect();
    assert_eq!(outcomes, [TestOutcome::Met, TestOutcome::Met, TestOutcome::Met]);
}

const OPTIONS: &str = "a,b,c,d,e,f";

fn arbitrary_choice(options: usize) -> impl Strategy<Value = Vec<OptionKey>> {
    let keys: Vec<OptionKey> = keys(OPTIONS).into_iter().take(options).collect();
    proptest::sample::subsequence(keys, 1..=options).prop_shuffle()
}

/// An election: how many options, and the papers.
fn election() -> impl Strategy<Value = (BallotPaper, Vec<Choice>)> {
    (1_usize..=6).prop_flat_map(|options| {
        let paper =
            BallotPaper { method: BallotMethod::Ranked, options: keys(OPTIONS).into_iter().take(options).collect() };
        proptest::collection::vec(arbitrary_choice(options), 0..40).prop_map(move |papers| {
            let choices = papers.into_iter().map(|papers| Choice::new(papers, &paper).unwrap()).collect();
            (paper.clone(), choices)
        })
    })
}

proptest! {
    #[test]
    fn every_round_accounts_for_every_paper((paper, choices) in election(), root: [u8; 32]) {
        let lot = Lot { ballot: ballot(), votes_root: Sha256Hex::from_bytes(root) };
        let count = Count::of(&paper, &choices, None, lot);
        let papers = i64::try_from(choices.len()).unwrap();

        let mut remaining: Vec<OptionKey> = paper.options.clone();
        let mut exhausted = 0;
        for (number, round) in count.rounds.iter().enumerate() {
            prop_assert_eq!(round.counts.values().sum::<i64>() + round.exhausted, papers);
            prop_assert_eq!(round.counts.keys().cloned().collect::<Vec<_>>(), remaining.clone());
            prop_assert!(round.exhausted >= exhausted);
            exhausted = round.exhausted;
            if let Some(next) = count.rounds.get(number + 1) {
                let RoundEnd::Eliminated { option, .. } = &round.end else { unreachable!("a round follows") };
                prop_assert_eq!(round.counts.values().min(), round.counts.get(option));
                prop_assert!(next.counts.iter().all(|(option, votes)| *votes >= round.counts[option]));
                remaining.retain(|other| other != option);
            }
        }
        let last = count.rounds.last().unwrap();
        prop_assert!(matches!(last.end, RoundEnd::Leading(_)));
        prop_assert!(count.leading().len() <= 2 || papers == 0);
        prop_assert!(count.leading().iter().all(|option| last.counts.get(option) == last.counts.values().max()));
        prop_assert_eq!(count.valid(), papers);
    }

    #[test]
    fn the_order_of_papers_and_of_options_does_not_matter(
        (paper, choices) in election(),
        (from, to) in any::<(Index, Index)>(),
        on_paper: Index,
    ) {
        let count = Count::of(&paper, &choices, None, zeros());
        let mut others = choices.clone();
        others.reverse();
        if !others.is_empty() {
            let (from, to) = (from.index(others.len()), to.index(others.len()));
            others.swap(from, to);
        }
        let reversed = BallotPaper { options: paper.options.iter().rev().cloned().collect(), ..paper.clone() };
        prop_assert_eq!(&Count::of(&reversed, &others, None, zeros()), &count);

        let (online, posted) = choices.split_at(on_paper.index(choices.len() + 1));
        let batch = batch(PaperVotes::Rankings(posted.to_vec()), 0);
        prop_assert_eq!(Count::of(&paper, online, Some(&batch), zeros()).rounds, count.rounds);
    }

    /// Fewer papers than the margin change nothing.
    #[test]
    fn fewer_votes_than_the_margin_change_no_winner(
        (paper, choices) in election(),
        further in proptest::collection::vec(arbitrary_choice(6), 0..6),
    ) {
        let count = Count::of(&paper, &choices, None, zeros());
        let possible = further.into_iter().filter_map(|options| Choice::new(options, &paper).ok());
        let few = possible.take(usize::try_from(count.margin() - 1).unwrap_or(0));
        let all: Vec<Choice> = choices.iter().cloned().chain(few).collect();
        let again = Count::of(&paper, &all, None, zeros());
        prop_assert_eq!(again.leading(), count.leading());
    }

    #[test]
    fn a_counted_tally_keeps_the_rules_of_tallies((paper, choices) in election()) {
        let options = paper.options.iter().map(|key| option(key.as_str(), Effect::Other)).collect();
        let tally = Tally { method: Some(BallotMethod::Ranked), options, roll_size: Some(100), ..Tally::default() };
        let count = Count::of(&paper, &choices, None, zeros());
        let filled = count.fill(tally);
        prop_assert_eq!(filled.faults(), []);
        prop_assert_eq!(filled.result().leading, count.leading());
    }
}
