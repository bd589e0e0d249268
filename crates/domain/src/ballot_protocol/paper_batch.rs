//! Papers that came by post: entered by the issuers after casting has ended, and counted apart.

use crate::fault::{Fault, FaultCode};
use crate::register::staff_ballot::{BallotMethod, OptionCount, Tally};

use super::choice::{BallotPaper, Choice};
use super::code::Credential;
use super::hash::Entry;
use super::roll::{MOST_FAULTS, Roll, repeated};

/// The papers of a ballot, all in one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperBatch {
    /// What stood on the envelopes, as spends.
    pub spends: Vec<Credential>,
    /// What the valid papers say.
    pub votes: PaperVotes,
    /// How many papers were not valid.
    pub spoiled: i64,
    /// How many further papers were put aside, because their sender had voted.
    pub duplicates: i64,
}

/// What the valid papers say, without the envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaperVotes {
    /// How many papers each option has: for `single_choice`. An option without papers may be left out.
    Counts(Vec<OptionCount>),
    /// What each paper says: for `ranked`.
    Rankings(Vec<Choice>),
}

/// How an entry stands when papers are entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not on the roll.
    Unknown,
    /// It is on the roll, and nobody has cast with it.
    Unspent,
    /// It was cast with.
    Spent,
}

impl PaperBatch {
    /// The fewest papers of a batch: fewer could show how somebody voted.
    pub const MIN: usize = 10;

    /// Every rule that the batch breaks. At most 100 faults of its spends are listed.
    pub fn faults(&self, paper: &BallotPaper, standing: impl Fn(&Entry) -> Standing) -> Vec<Fault> {
        if let Some(fault) = self.size_fault().filter(|fault| fault.code == FaultCode::TooMany) {
            return vec![fault];
        }
        let mut faults: Vec<Fault> = self.size_fault().into_iter().collect();
        faults.extend(self.spend_faults(standing));
        faults.extend(self.vote_faults(paper));
        faults.extend(self.number_faults());
        if faults.is_empty() {
            faults.extend(self.sum_fault());
        }
        faults
    }

    fn size_fault(&self) -> Option<Fault> {
        let code = match self.spends.len() {
            len if len < Self::MIN => FaultCode::TooFew,
            len if len > Roll::MAX => FaultCode::TooMany,
            _ => return None,
        };
        let detail = format!("{} papers, {} to {} expected in a batch", self.spends.len(), Self::MIN, Roll::MAX);
        Some(Fault::new("spends", code, detail))
    }

    fn spend_faults(&self, standing: impl Fn(&Entry) -> Standing) -> Vec<Fault> {
        let at = |position: usize, code, detail: String| Fault::new(format!("spends/{position}"), code, detail);
        let twice = repeated(self.spends.iter()).map(|(position, first)| {
            at(position, FaultCode::DuplicateItem, format!("the same spend as item {first} in this list"))
        });
        let standing = self.spends.iter().enumerate().filter_map(|(position, spend)| match standing(&spend.entry()) {
            Standing::Unspent => None,
            Standing::Unknown => {
                Some(at(position, FaultCode::UnknownReference, "nobody on the roll has this spend".to_owned()))
            }
            Standing::Spent => {
                let detail = "this person has voted online: put the paper aside, and count it in `duplicates`";
                Some(at(position, FaultCode::Inconsistent, detail.to_owned()))
            }
        });
        twice.chain(standing).take(MOST_FAULTS).collect()
    }

    /// The votes are in the form of the method, and for options of the ballot. Rankings were read as such.
    fn vote_faults(&self, paper: &BallotPaper) -> Vec<Fault> {
        let counts = match (&self.votes, paper.method) {
            (PaperVotes::Counts(counts), BallotMethod::SingleChoice) => counts,
            (PaperVotes::Rankings(_), BallotMethod::Ranked) => return Vec::new(),
            (PaperVotes::Counts(_), BallotMethod::Ranked) => {
                let detail = "the papers of a ranked ballot are entered one by one: expected `rankings`";
                return vec![Fault::new("counts", FaultCode::Inconsistent, detail)];
            }
            (PaperVotes::Rankings(_), BallotMethod::SingleChoice) => {
                let detail = "this ballot is not ranked: expected `counts`";
                return vec![Fault::new("rankings", FaultCode::Inconsistent, detail)];
            }
        };
        let unknown = counts.iter().filter(|count| !paper.options.contains(&count.option)).map(|count| {
            let detail = format!("no option of this ballot has the key `{}`", count.option);
            Fault::new(format!("counts/{}", count.option), FaultCode::UnknownReference, detail)
        });
        let twice = repeated(counts.iter().map(|count| &count.option)).filter_map(|(at, _)| counts.get(at));
        let twice = twice.map(|count| {
            Fault::new(format!("counts/{}", count.option), FaultCode::DuplicateItem, "this option is counted already")
        });
        unknown.chain(twice).take(MOST_FAULTS).collect()
    }

    fn number_faults(&self) -> Vec<Fault> {
        let counts: &[OptionCount] = match &self.votes {
            PaperVotes::Counts(counts) => counts,
            PaperVotes::Rankings(_) => &[],
        };
        let votes = counts.iter().map(|count| (format!("counts/{}", count.option), count.votes));
        let others = [("spoiled".to_owned(), self.spoiled), ("duplicates".to_owned(), self.duplicates)];
        let outside = votes.chain(others).filter(|(_, number)| !(0..=Tally::MAX_COUNT).contains(number));
        let fault = |(field, number): (String, i64)| {
            Fault::new(field, FaultCode::OutOfRange, format!("{number} is not within 0 to {}", Tally::MAX_COUNT))
        };
        outside.take(MOST_FAULTS).map(fault).collect()
    }

    fn sum_fault(&self) -> Option<Fault> {
        let valid = match &self.votes {
            PaperVotes::Counts(counts) => counts.iter().map(|count| count.votes).sum(),
            PaperVotes::Rankings(rankings) => i64::try_from(rankings.len()).unwrap_or(i64::MAX),
        };
        let (spoiled, spends) = (self.spoiled, self.spends.len());
        let is_sum = valid.checked_add(spoiled).is_some_and(|sum| usize::try_from(sum) == Ok(spends));
        let detail =
            || format!("{spends} spends, but {valid} valid and {spoiled} spoiled papers: expected one for each");
        (!is_sum).then(|| Fault::new("spends", FaultCode::Inconsistent, detail()))
    }
}
