//! Competitions for contracts: who won the next one, and what became of the mutual in it.

use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::contract::Contract;
use crate::value::date::{Day, PartialDate, not_before};
use crate::value::source::Sources;
use crate::value::text::Name;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a competition is about.
    pub enum CompetitionKind {
        /// A competition for services that no earlier contract covered.
        Tender = "tender" or "competition" or "invitation to tender" or "ITT" or "first tender",
        /// A competition for services that an earlier contract covers, as it ends.
        Retender = "retender" or "recompetition" or "recompete" or "reprocurement" or "renewal",
        /// A competition that came about because another supplier challenged an award.
        Challenge = "challenge" or "legal challenge" or "judicial review" or "complaint" or "representation",
    }

    /// The outcome of a competition for the mutual.
    pub enum CompetitionOutcome {
        /// The buyer has not decided.
        Open = "open" or "pending" or "undecided" or "in progress" or "ongoing",
        /// The mutual won.
        WonByMutual = "won_by_mutual" or "won" or "win" or "awarded to the mutual",
        /// The mutual bid, and another bidder won.
        Lost = "lost" or "lose" or "unsuccessful" or "not successful" or "defeat",
        /// The mutual took part, and gave up before the end.
        Withdrawn = "withdrawn" or "withdrew" or "pulled out" or "dropped out",
        /// The mutual did not bid itself. It supplies services under the bidder that it joined.
        Subcontractor = "subcontractor" or "subcontracted" or "subcontract",
        /// The mutual did not bid.
        NotBidding = "not_bidding" or "did not bid" or "no bid" or "declined to bid",
        /// The buyer gave up the competition, and nobody won.
        Abandoned = "abandoned" or "cancelled" or "canceled" or "discontinued" or "not awarded",
        /// The sources do not say what became of the mutual, or whether it bid.
        Unknown = "unknown" or "not known" or "not stated",
    }

    /// What kind of organisation won a competition.
    pub enum WinnerKind {
        /// A company that is run for profit.
        PrivateFirm = "private_firm" or "private" or "private company" or "company" or "firm" or "for profit",
        /// A public body, such as an NHS trust or a council.
        PublicBody = "public_body" or "public" or "public sector" or "NHS trust" or "foundation trust" or "council"
            or "in house",
        /// A public service mutual: the one of the contract, or another.
        Mutual = "mutual" or "public service mutual" or "PSM",
        /// A charity or another voluntary organisation that is no mutual.
        Charity = "charity" or "voluntary organisation" or "third sector" or "VCSE" or "not for profit",
        /// Several organisations together, such as a firm and an NHS trust.
        JointVenture = "joint_venture" or "JV" or "consortium" or "partnership" or "alliance",
        /// A winner that none of the other values covers.
        Other = "other",
    }
}

impl CompetitionOutcome {
    /// Whether somebody can have won with this outcome: nobody has yet, or nobody ever will.
    pub const fn may_have_winner(self) -> bool {
        !matches!(self, Self::Open | Self::Abandoned)
    }

    /// Whether somebody must have bid.
    const fn needs_bidders(self) -> bool {
        matches!(self, Self::WonByMutual | Self::Lost | Self::Subcontractor)
    }
}

/// Id of a competition for a contract.
pub type CompetitionId = Id<Child<Contract, Competition>>;

/// A competition for a contract: for the one that came of it, or for what comes after one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Competition {
    /// What it is about.
    pub kind: CompetitionKind,
    /// When it was, and who won.
    pub contest: Checked<Contest>,
    /// Where all this comes from.
    pub sources: Sources,
}

/// When a competition was, and who won it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    /// When the buyer opened it.
    pub opened_on: Option<PartialDate>,
    /// When the buyer decided.
    pub decided_on: Option<PartialDate>,
    /// How many bidders are known, the mutual among them if it bid; from 0 to [`Contest::MAX_BIDDERS`].
    pub bidders: Option<i64>,
    /// What became of the mutual in it.
    pub outcome: CompetitionOutcome,
    /// The organisation that won.
    pub winner_name: Option<Name>,
    /// What kind of organisation that is.
    pub winner_kind: Option<WinnerKind>,
}

/// What was known of a competition on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsAtContest {
    /// It was not open yet.
    NotYet,
    /// This had become of the mutual.
    Known(CompetitionOutcome),
    /// What is on record does not say whether it was open or decided.
    Unknown,
}

impl Contest {
    /// The greatest number of bidders.
    pub const MAX_BIDDERS: i64 = 10_000;

    /// Which kind of organisation won, as far as is known. Where the mutual won, it is a mutual.
    pub fn winner(&self) -> Option<WinnerKind> {
        if self.outcome == CompetitionOutcome::WonByMutual { Some(WinnerKind::Mutual) } else { self.winner_kind }
    }

    /// What had become of the mutual by the end of a day: a later decision is not told.
    pub fn as_at(&self, day: Day, today: Day) -> AsAtContest {
        AsAtContest::of(
            self.outcome,
            [self.opened_on, self.decided_on].map(|date| date.map(|date| date.first_day())),
            [day, today],
        )
    }
}

impl AsAtContest {
    /// By its outcome as known now, and the first days on which it may have been opened and decided, as at a day. As at today or later, the
    /// outcome stands, whether its day is known or not.
    pub fn of<D: Ord>(outcome: CompetitionOutcome, [opened, decided]: [Option<D>; 2], [day, today]: [D; 2]) -> Self {
        if day >= today || decided.as_ref().is_some_and(|decided| *decided <= day) {
            return Self::Known(outcome);
        }
        match opened {
            Some(opened) if opened > day => Self::NotYet,
            Some(_) if outcome == CompetitionOutcome::Open || decided.is_some() => {
                Self::Known(CompetitionOutcome::Open)
            }
            _ => Self::Unknown,
        }
    }
}

impl Rules for Contest {
    /// Only what has been decided has a day of it, only what somebody won has a winner, and a mutual that won is one.
    fn faults(&self) -> Vec<Fault> {
        let outcome = self.outcome;
        let winner = [("winner_name", self.winner_name.is_some()), ("winner_kind", self.winner_kind.is_some())];
        let mut faults = Vec::new();
        let mut refuse = |field: &str, code, detail: String| faults.push(Fault::new(field, code, detail));
        if outcome == CompetitionOutcome::Open && self.decided_on.is_some() {
            let detail = "an open competition has no decision: leave this out or give another `outcome`";
            refuse("decided_on", FaultCode::Inconsistent, detail.to_owned());
        }
        for (field, _) in winner.iter().filter(|(_, given)| *given && !outcome.may_have_winner()) {
            let detail = format!("nobody won if the outcome is `{outcome}`: leave this out or give another `outcome`");
            refuse(field, FaultCode::Inconsistent, detail);
        }
        if let Some(kind) = self.winner_kind.filter(|kind| *kind != WinnerKind::Mutual)
            && outcome == CompetitionOutcome::WonByMutual
        {
            let detail = format!("the outcome is `{outcome}`, but the winner is `{kind}`: expected `mutual`");
            refuse("winner_kind", FaultCode::Inconsistent, detail);
        }
        if let Some(bidders) = self.bidders {
            if !(0..=Self::MAX_BIDDERS).contains(&bidders) {
                let detail = format!("{bidders} is not within 0 to {}", Self::MAX_BIDDERS);
                refuse("bidders", FaultCode::OutOfRange, detail);
            }
            if bidders == 0 && (outcome.needs_bidders() || winner.iter().any(|(_, given)| *given)) {
                let detail =
                    "somebody bid, so there was at least one bidder: leave this out if the number is not known";
                refuse("bidders", FaultCode::Inconsistent, detail.to_owned());
            }
        }
        faults.extend(not_before(("decided_on", self.decided_on), &[("opened_on", self.opened_on)]));
        faults
    }
}
