//! The manifest: what a hosted ballot is, fixed when its roll is frozen and signed by each issuer.

use crate::checked::Rules;
use crate::fault::{Fault, FaultCode};
use crate::register::staff_ballot::{BallotMethod, BallotOption, Tally, Threshold};
use crate::value::text::{Name, Prose};
use crate::vocabulary::vocabulary;

use super::ballot_id::BallotId;
use super::choice::BallotPaper;
use super::code::Side;
use super::hash::Sha256Hex;
use super::roll::{Roll, size_fault};
use super::signing::PublicKey;
use super::whole_second::WholeSecond;

vocabulary! {
    /// The protocol that a hosted ballot follows.
    pub enum Protocol {
        /// Votes are open to the operator when they are cast, and to everybody after the close.
        PsmBallotV1 = "psm-ballot-v1",
    }
}

/// All that is fixed before a hosted ballot opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotManifest {
    /// The protocol that it follows.
    pub protocol: Protocol,
    /// The ballot.
    pub ballot: BallotId,
    /// The question as it is put.
    pub question: Prose<2_000>,
    /// How a paper is filled in.
    pub method: BallotMethod,
    /// The options, in the order in which they are shown.
    pub options: Vec<BallotOption>,
    /// When casting begins.
    pub opens_at: WholeSecond,
    /// When casting ends, unless it is extended.
    pub closes_at: WholeSecond,
    /// Until when the issuers may enter papers; none if there is no paper.
    pub paper_until: Option<WholeSecond>,
    /// What the result is measured by.
    pub thresholds: Vec<Threshold>,
    /// How many papers and votes must come in at least.
    pub min_returned: Option<i64>,
    /// Who makes the codes: one issuer, or two.
    pub issuers: Vec<BallotIssuer>,
    /// How many people are on the roll.
    pub roll_size: i64,
    /// The root of the tree over the roll.
    pub roll_root: Sha256Hex,
    /// The key that signs the receipts.
    pub receipt_key: PublicKey,
}

/// Who makes the codes of a hosted ballot and sends them to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotIssuer {
    /// Which issuer.
    pub side: Side,
    /// Their name.
    pub name: Name,
    /// The key with which they sign.
    pub public_key: PublicKey,
}

impl BallotManifest {
    /// What can be marked.
    pub fn paper(&self) -> BallotPaper {
        BallotPaper::new(self.method, &self.options)
    }

    /// The key of an issuer.
    pub fn key_of(&self, side: Side) -> Option<&PublicKey> {
        self.issuers.iter().find(|issuer| issuer.side == side).map(|issuer| &issuer.public_key)
    }

    /// Whether as many papers and votes came in as must.
    pub fn is_quorate(&self, returned: i64) -> bool {
        self.min_returned.is_none_or(|least| returned >= least)
    }

    /// Whether the roll is so small that few votes can show how somebody voted. The result says so.
    pub fn is_small(&self) -> bool {
        usize::try_from(self.roll_size).is_ok_and(|size| size < Roll::MIN)
    }
}

impl Rules for BallotManifest {
    fn faults(&self) -> Vec<Fault> {
        let faults = [
            self.option_faults(),
            time_faults(self.opens_at, self.closes_at, self.paper_until),
            self.issuer_faults(),
            self.number_faults(),
            self.tally_faults(),
        ];
        faults.into_iter().flatten().collect()
    }
}

impl BallotManifest {
    fn option_faults(&self) -> Vec<Fault> {
        let (most, len) = (BallotPaper::max_options(self.method), self.options.len());
        let many = self.method == BallotMethod::Ranked && len > most;
        let detail = || format!("{len} options, at most {most} allowed where they are ranked");
        many.then(|| Fault::new("options", FaultCode::TooMany, detail())).into_iter().collect()
    }

    /// Two issuers with one key would be one issuer, who could vote for people alone.
    fn issuer_faults(&self) -> Vec<Fault> {
        let sides: Vec<Side> = self.issuers.iter().map(|issuer| issuer.side).collect();
        match (sides.as_slice(), self.issuers.as_slice()) {
            ([Side::A], _) => Vec::new(),
            ([Side::A, Side::B], [a, b]) if a.public_key != b.public_key => Vec::new(),
            ([Side::A, Side::B], _) => {
                let detail = "the same key as issuer `a`: each issuer needs a key of its own";
                vec![Fault::new("issuers/1/public_key", FaultCode::DuplicateItem, detail)]
            }
            _ => {
                let detail = "expected issuer `a`, or issuers `a` and `b` in this order";
                vec![Fault::new("issuers", FaultCode::Inconsistent, detail)]
            }
        }
    }

    fn number_faults(&self) -> Vec<Fault> {
        let size = usize::try_from(self.roll_size).unwrap_or(0);
        let roll = size_fault(size, true).map(|fault| fault.under("roll_size"));
        let least = self.min_returned.filter(|least| !(0..=self.roll_size).contains(least));
        let least = least.map(|least| {
            let detail = format!("{least} is not within 0 and the {} people on the roll", self.roll_size);
            Fault::new("min_returned", FaultCode::OutOfRange, detail)
        });
        roll.into_iter().chain(least).collect()
    }

    /// The options and thresholds bind each other as in any ballot.
    fn tally_faults(&self) -> Vec<Fault> {
        let tally = Tally {
            method: Some(self.method),
            options: self.options.clone(),
            thresholds: self.thresholds.clone(),
            ..Tally::default()
        };
        tally.faults()
    }
}

/// The faults of the times of a ballot: casting ends after it begins, and papers come after that.
pub fn time_faults(opens_at: WholeSecond, closes_at: WholeSecond, paper_until: Option<WholeSecond>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if closes_at <= opens_at {
        faults.push(Fault::new("closes_at", FaultCode::DateOrder, "casting must end after `opens_at`"));
    }
    if paper_until.is_some_and(|until| until <= closes_at) {
        let detail = "papers are entered after casting has ended: expected a time after `closes_at`";
        faults.push(Fault::new("paper_until", FaultCode::DateOrder, detail));
    }
    faults
}
