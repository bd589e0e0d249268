//! Complaints about a closed ballot, which judge themselves: anybody finds the same.

use std::collections::HashSet;

use crate::vocabulary::vocabulary;

use super::board::Vote;
use super::choice::Choice;
use super::code::{Codes, Nonce};
use super::count::Count;
use super::hash::{Entry, Tracker};
use super::opening::Opening;
use super::signing::{PublicKey, Signature};

vocabulary! {
    /// What a complaint about a hosted ballot shows.
    pub enum Judgement {
        /// The service signed for a vote that is not on the board: it lost the vote, or cheated.
        Proven = "proven",
        /// The code was spent, and the vote is not on the board. This is evidence, not proof: only the voter knows how they voted.
        SpentButAbsent = "spent_but_absent",
        /// The complaint shows nothing.
        Unfounded = "unfounded",
    }
}

/// What somebody says of their vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The service signed for it.
    Receipt {
        /// The message that was signed.
        receipt: String,
        /// Its signature.
        signature: Signature,
    },
    /// They cast it, without a receipt.
    Cast {
        /// Their codes.
        codes: Codes,
        /// Their nonce.
        nonce: Nonce,
        /// What they chose.
        choice: Choice,
    },
}

/// A complaint that has been judged, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What it shows.
    pub judgement: Judgement,
    /// The vote that it is about; none where it is about no vote of this ballot.
    pub tracker: Option<Tracker>,
    /// The entry of the roll that it is about, where it was made with codes.
    pub entry: Option<Entry>,
}

/// What complaints are judged by.
#[derive(Clone, Debug)]
pub struct Evidence<'b> {
    /// The ballot and its manifest.
    pub opening: Opening,
    /// The key that signs its receipts.
    pub receipt_key: &'b PublicKey,
    /// All votes on the board.
    pub board: &'b HashSet<Vote>,
    /// All entries that were spent, online or on paper.
    pub spent: &'b HashSet<Entry>,
}

impl Evidence<'_> {
    /// Judges a complaint.
    pub fn judge(&self, complaint: &Complaint) -> Judged {
        match complaint {
            Complaint::Receipt { receipt, signature } => self.judge_receipt(receipt, signature),
            Complaint::Cast { codes, nonce, choice } => self.judge_cast(codes, nonce, choice),
        }
    }

    fn judge_receipt(&self, receipt: &str, signature: &Signature) -> Judged {
        let vote = self.opening.read_receipt(receipt);
        let is_signed = self.receipt_key.verifies(receipt, signature);
        let is_lost = is_signed && vote.as_ref().is_some_and(|vote| !self.board.contains(vote));
        let judgement = if is_lost { Judgement::Proven } else { Judgement::Unfounded };
        Judged { judgement, tracker: vote.map(|vote| vote.tracker), entry: None }
    }

    fn judge_cast(&self, codes: &Codes, nonce: &Nonce, choice: &Choice) -> Judged {
        let ballot = self.opening.ballot;
        let (entry, tracker) = (codes.credential(ballot).entry(), codes.tracker(ballot, nonce));
        let is_absent = self.spent.contains(&entry) && !self.board.contains(&Vote::new(tracker, choice));
        let judgement = if is_absent { Judgement::SpentButAbsent } else { Judgement::Unfounded };
        Judged { judgement, tracker: Some(tracker), entry: Some(entry) }
    }
}

/// How many votes the complaints put in doubt. Who complains of one vote several times puts one in doubt.
pub fn in_doubt(complaints: &[Judged]) -> usize {
    let of = |judgement| complaints.iter().filter(move |judged| judged.judgement == judgement);
    let proven: HashSet<Tracker> = of(Judgement::Proven).filter_map(|judged| judged.tracker).collect();
    let is_further = |judged: &&Judged| judged.tracker.is_none_or(|tracker| !proven.contains(&tracker));
    // With other nonces, a person can make any number of trackers, but they have one entry.
    let same_person: HashSet<Entry> =
        of(Judgement::SpentButAbsent).filter(|judged| !is_further(judged)).filter_map(|judged| judged.entry).collect();
    let absent: HashSet<Entry> = of(Judgement::SpentButAbsent)
        .filter(is_further)
        .filter_map(|judged| judged.entry)
        .filter(|entry| !same_person.contains(entry))
        .collect();
    proven.len() + absent.len()
}

/// Whether the complaints that are not unfounded could change the result: whether they are as many as the margin.
pub fn could_change(complaints: &[Judged], count: &Count) -> bool {
    let in_doubt = in_doubt(complaints);
    in_doubt > 0 && i64::try_from(in_doubt).is_ok_and(|votes| votes >= count.margin())
}
