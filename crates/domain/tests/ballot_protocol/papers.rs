//! Paper batches.

use domain::ballot_protocol::{BallotPaper, Choice, Entry, PaperBatch, PaperVotes, Standing};
use domain::{BallotMethod, Fault, FaultCode, OptionCount};

use crate::kit::{credential, entry, key, paper, places};

fn single() -> BallotPaper {
    paper(BallotMethod::SingleChoice, "mutual,stay")
}

fn ranked() -> BallotPaper {
    paper(BallotMethod::Ranked, "mutual,stay")
}

fn counts(mutual: i64, stay: i64) -> PaperVotes {
    let counts = [("mutual", mutual), ("stay", stay)];
    PaperVotes::Counts(counts.map(|(option, votes)| OptionCount { option: key(option), votes }).to_vec())
}

/// Twelve papers: 7 for the mutual, 4 against, one spoiled.
fn batch() -> PaperBatch {
    PaperBatch { spends: (1..=12).map(credential).collect(), votes: counts(7, 4), spoiled: 1, duplicates: 3 }
}

/// The roll has the numbers 1 to 40, of which 31 and later have voted.
fn faults(batch: &PaperBatch, paper: &BallotPaper) -> Vec<Fault> {
    let roll: Vec<Entry> = (1..=40).map(entry).collect();
    batch.faults(paper, |entry| match roll.iter().position(|other| other == entry) {
        None => Standing::Unknown,
        Some(at) if at < 30 => Standing::Unspent,
        Some(_) => Standing::Spent,
    })
}

fn assert_refused(batch: &PaperBatch, expected: &[(&str, FaultCode)]) {
    assert_eq!(places(&faults(batch, &single())), expected, "{batch:?}");
}

#[test]
fn a_batch_that_adds_up_is_accepted() {
    assert_eq!(faults(&batch(), &single()), []);
    let rankings = vec![Choice::parse("stay>mutual", &ranked()).unwrap(); 11];
    assert_eq!(faults(&PaperBatch { votes: PaperVotes::Rankings(rankings), ..batch() }, &ranked()), []);
}

#[test]
fn papers_and_spends_are_as_many() {
    for (votes, spoiled) in [(counts(7, 5), 1), (counts(7, 4), 0), (counts(7, 4), 2)] {
        assert_refused(&PaperBatch { votes, spoiled, ..batch() }, &[("spends", FaultCode::Inconsistent)]);
    }
    let detail = &faults(&PaperBatch { spoiled: 0, ..batch() }, &single())[0].detail;
    assert_eq!(detail, "12 spends, but 11 valid and 0 spoiled papers: expected one for each");
}

#[test]
fn a_batch_has_ten_papers_at_least() {
    let of = |papers: u32, mutual| PaperBatch {
        spends: (1..=papers).map(credential).collect(),
        votes: counts(mutual, 0),
        spoiled: 0,
        duplicates: 0,
    };
    assert_refused(&of(10, 10), &[]);
    assert_refused(&of(9, 9), &[("spends", FaultCode::TooFew)]);
    assert_refused(&of(0, 0), &[("spends", FaultCode::TooFew)]);
}

#[test]
fn each_spend_is_unspent_and_on_the_roll_and_there_once() {
    let mut spends = batch().spends;
    spends[2] = spends[1];
    spends[4] = credential(41);
    spends[6] = credential(31);
    assert_refused(
        &PaperBatch { spends, ..batch() },
        &[
            ("spends/2", FaultCode::DuplicateItem),
            ("spends/4", FaultCode::UnknownReference),
            ("spends/6", FaultCode::Inconsistent),
        ],
    );
}

#[test]
fn votes_are_in_the_form_of_the_method() {
    let rankings = || PaperVotes::Rankings(vec![Choice::parse("stay", &ranked()).unwrap(); 11]);
    assert_refused(&PaperBatch { votes: rankings(), ..batch() }, &[("rankings", FaultCode::Inconsistent)]);
    assert_eq!(places(&faults(&batch(), &ranked())), [("counts", FaultCode::Inconsistent)]);
}

#[test]
fn counts_are_of_the_ballots_options_once_each() {
    let count = |option: &str, votes| OptionCount { option: key(option), votes };
    let votes = PaperVotes::Counts(vec![count("mutual", 12), count("other", 1), count("mutual", -1)]);
    assert_refused(
        &PaperBatch { votes, spoiled: -1, duplicates: i64::MAX, ..batch() },
        &[
            ("counts/other", FaultCode::UnknownReference),
            ("counts/mutual", FaultCode::DuplicateItem),
            ("counts/mutual", FaultCode::OutOfRange),
            ("spoiled", FaultCode::OutOfRange),
            ("duplicates", FaultCode::OutOfRange),
        ],
    );
}

#[test]
fn faults_of_a_batch_are_told_up_to_a_number() {
    let spends = vec![credential(99); 1_000];
    assert_eq!(faults(&PaperBatch { spends, ..batch() }, &single()).len(), 100);
    let spends = vec![credential(99); 100_001];
    assert_refused(&PaperBatch { spends, ..batch() }, &[("spends", FaultCode::TooMany)]);
}
