//! What may be done with a hosted ballot, said once more in other words than the register's.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::ballot_protocol::{Judgement, Side, Vote, WholeSecond};
use domain::{BallotError, BallotState};

use super::kit::{
    CLOSES, ONLINE, OPENS, PAPER_UNTIL, PAPERS, PAPERS_FOR_A, PAPERS_FOR_B, Party, SPOILED, at, later, second, vote,
};

/// How a step ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Done,
    State,
    Duty,
    NotSigned(Vec<Side>),
    NotCasting,
    Content,
}

impl<T> From<&Result<T, BallotError>> for Verdict {
    fn from(result: &Result<T, BallotError>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(BallotError::State(_)) => Self::State,
            Err(BallotError::Duty(_)) => Self::Duty,
            Err(BallotError::NotSigned(sides)) => Self::NotSigned(sides.clone()),
            Err(BallotError::NotCasting(_)) => Self::NotCasting,
            Err(BallotError::Content(_)) => Self::Content,
        }
    }
}

/// The first of these that is against a step.
fn first(against: &[(bool, Verdict)]) -> Verdict {
    against.iter().find(|(holds, _)| *holds).map_or(Verdict::Done, |(_, verdict)| verdict.clone())
}

/// Who or what a complaint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    Person(u32),
    /// The vote of a person with one nonce or the other.
    Vote(u32, bool),
}

#[derive(Clone, Debug)]
pub struct Model {
    pub state: BallotState,
    pub two: bool,
    pub paper_planned: bool,
    pub min_returned: Option<i64>,
    pub percent: i64,
    pub writers: BTreeSet<Party>,
    pub issuers: BTreeMap<Side, Party>,
    pub rolls: BTreeSet<Side>,
    pub signed: BTreeSet<Side>,
    pub ends: WholeSecond,
    pub extensions: usize,
    pub paper: bool,
    /// Who voted online, for what, and whether the box lost it.
    pub cast: BTreeMap<u32, (bool, bool)>,
    /// The last report.
    pub report: Option<bool>,
    pub corrections: usize,
    pub complaints: BTreeMap<About, Judgement>,
}

impl Model {
    pub fn new(two: bool, paper_planned: bool, min_returned: Option<i64>) -> Self {
        Self {
            state: BallotState::Draft,
            two,
            paper_planned,
            min_returned,
            percent: 50,
            writers: [Party::Editor].into(),
            issuers: BTreeMap::new(),
            rolls: BTreeSet::new(),
            signed: BTreeSet::new(),
            ends: second(CLOSES),
            extensions: 0,
            paper: false,
            cast: BTreeMap::new(),
            report: None,
            corrections: 0,
            complaints: BTreeMap::new(),
        }
    }

    pub fn sides(&self) -> &'static [Side] {
        if self.two { &[Side::A, Side::B] } else { &[Side::A] }
    }

    fn is_not(&self, states: &[BallotState]) -> (bool, Verdict) {
        (!states.contains(&self.state), Verdict::State)
    }

    fn is_no_issuer(&self, side: Side, by: Party) -> (bool, Verdict) {
        (self.issuers.get(&side) != Some(&by), Verdict::Duty)
    }

    /// When the clock closes it.
    pub fn clock(&self) -> DateTime<Utc> {
        if self.paper_planned { at(PAPER_UNTIL) } else { self.ends.instant() }
    }

    pub fn ends(&self) -> DateTime<Utc> {
        self.ends.instant()
    }

    pub fn may_edit(&self, other_count: bool, counts: bool) -> Verdict {
        let is_touched = !self.issuers.is_empty();
        first(&[
            self.is_not(&[BallotState::Draft]),
            (other_count && is_touched, Verdict::State),
            (counts, Verdict::Content),
        ])
    }

    pub fn may_appoint(&self, side: Side, issuer: Party, by: Party) -> Verdict {
        let other = if side == Side::A { Side::B } else { Side::A };
        let fits = self.sides().contains(&side)
            && issuer != by
            && !self.writers.contains(&issuer)
            && self.issuers.get(&other) != Some(&issuer);
        let is_writer = (self.writers.contains(&by), Verdict::Duty);
        first(&[self.is_not(&[BallotState::Draft]), is_writer, (!fits, Verdict::Content)])
    }

    pub fn appoint(&mut self, side: Side, issuer: Party) {
        if self.issuers.insert(side, issuer) != Some(issuer) {
            self.rolls.remove(&side);
        }
    }

    pub fn may_send_roll(&self, side: Side, by: Party) -> Verdict {
        first(&[self.is_not(&[BallotState::Draft]), self.is_no_issuer(side, by)])
    }

    pub fn may_freeze(&self, by: Party, now: DateTime<Utc>) -> Verdict {
        let lacks = self.sides().iter().any(|side| !self.rolls.contains(side));
        first(&[
            self.is_not(&[BallotState::Draft]),
            self.is_no_issuer(Side::A, by),
            (lacks || now >= at(CLOSES), Verdict::Content),
        ])
    }

    pub fn may_sign(&self, side: Side, by: Party, signer: Party) -> Verdict {
        let forged = (self.issuers.get(&side) != Some(&signer), Verdict::Content);
        first(&[self.is_not(&[BallotState::RollFrozen]), self.is_no_issuer(side, by), forged])
    }

    pub fn may_open(&self, by: Party, same_key: bool, now: DateTime<Utc>) -> Verdict {
        let missing: Vec<Side> = self.sides().iter().filter(|side| !self.signed.contains(side)).copied().collect();
        first(&[
            self.is_not(&[BallotState::RollFrozen]),
            self.is_no_issuer(Side::A, by),
            (!missing.is_empty(), Verdict::NotSigned(missing)),
            (!same_key, Verdict::State),
            (now >= at(CLOSES), Verdict::Content),
        ])
    }

    pub fn may_cast(&self, now: DateTime<Utc>) -> Verdict {
        let is_casting = self.state == BallotState::Open && at(OPENS) <= now && now < self.ends();
        first(&[(!is_casting, Verdict::NotCasting)])
    }

    pub fn may_extend(&self, by: Party, signer: Party, to: WholeSecond, now: DateTime<Utc>) -> Verdict {
        let is_fit = to > self.ends && !(self.paper_planned && to >= second(PAPER_UNTIL));
        let forged = self.issuers.get(&Side::A) != Some(&signer);
        first(&[
            self.is_not(&[BallotState::Open]),
            self.is_no_issuer(Side::A, by),
            (now >= self.ends() || self.extensions == 20, Verdict::State),
            (!is_fit || forged, Verdict::Content),
        ])
    }

    pub fn may_cancel(&self, by: Party, signer: Option<Party>) -> Verdict {
        let unsigned = self.state == BallotState::Open && signer.is_none();
        let forged = signer.is_some() && self.issuers.get(&Side::A) != signer.as_ref();
        first(&[
            self.is_not(&[BallotState::RollFrozen, BallotState::Open]),
            self.is_no_issuer(Side::A, by),
            (unsigned || forged, Verdict::Content),
        ])
    }

    pub fn may_enter_paper(&self, by: Party, signers: &[(Side, Party)], now: DateTime<Utc>) -> Verdict {
        let takes = self.paper_planned && self.ends() <= now && now < at(PAPER_UNTIL) && !self.paper;
        let is_signed = signers.len() == self.sides().len()
            && self
                .sides()
                .iter()
                .all(|side| self.issuers.get(side).is_some_and(|issuer| signers.contains(&(*side, *issuer))));
        first(&[
            self.is_not(&[BallotState::Open]),
            (self.issuers.values().all(|issuer| *issuer != by), Verdict::Duty),
            (!takes, Verdict::State),
            (!is_signed, Verdict::Content),
        ])
    }

    pub fn may_close(&self, by: Option<Party>, now: DateTime<Utc>) -> Verdict {
        let from = if by.is_some() { self.ends() } else { self.clock() };
        let no_issuer = by.is_some_and(|by| self.is_no_issuer(Side::A, by).0);
        first(&[self.is_not(&[BallotState::Open]), (no_issuer, Verdict::Duty), (now < from, Verdict::State)])
    }

    pub fn may_report(&self, by: Party, satisfied: bool, reason: bool) -> Verdict {
        let is_correction = self.state == BallotState::Declared && self.report.is_some();
        let is_new = self.report != Some(satisfied);
        first(&[
            self.is_not(&[BallotState::Closed, BallotState::Declared]),
            self.is_no_issuer(Side::A, by),
            (is_new && is_correction != reason, Verdict::Content),
        ])
    }

    pub fn may_declare(&self, by: Party, historic: bool, now: DateTime<Utc>) -> Verdict {
        let is_before_the_close = now.date_naive() < self.ends().date_naive();
        first(&[
            self.is_not(&[BallotState::Closed]),
            self.is_no_issuer(Side::A, by),
            (historic || self.report.is_none() || is_before_the_close, Verdict::Content),
        ])
    }

    pub fn may_void(&self) -> Verdict {
        first(&[self.is_not(&[BallotState::Closed, BallotState::Declared])])
    }

    pub fn may_supersede(&self, is_rerun: bool) -> Verdict {
        first(&[self.is_not(&[BallotState::Declared]), (!is_rerun, Verdict::Content)])
    }

    pub fn is_declared(&self) -> bool {
        [BallotState::Declared, BallotState::Void, BallotState::Superseded].contains(&self.state)
    }

    pub fn may_correct(&self, is_allowed: bool) -> Verdict {
        first(&[(!self.is_declared(), Verdict::State), (!is_allowed, Verdict::Content)])
    }

    pub fn may_delete(&self) -> Verdict {
        first(&[self.is_not(&[BallotState::Draft, BallotState::RollFrozen, BallotState::Cancelled])])
    }

    pub fn has_board(&self) -> bool {
        self.state == BallotState::Closed || self.is_declared()
    }

    /// Whether somebody has spent their code, online or on paper.
    pub fn has_spent(&self, person: u32) -> bool {
        self.cast.contains_key(&person) || (self.paper && (ONLINE + 1..=ONLINE + PAPERS).contains(&person))
    }

    fn is_on_board(&self, person: u32, other_nonce: bool, for_a: bool) -> bool {
        !other_nonce && self.cast.get(&person) == Some(&(for_a, false))
    }

    /// Whether a vote of this person with this nonce is on the board, for whatever.
    pub fn is_tracked(&self, person: u32, other_nonce: bool) -> bool {
        !other_nonce && self.cast.get(&person).is_some_and(|(_, lost)| !lost)
    }

    /// What a complaint shows about what; nothing if it is not kept.
    pub fn judged(&self, cast: bool, person: u32, other_nonce: bool, for_a: bool) -> (About, Judgement) {
        let absent = !self.is_on_board(person, other_nonce, for_a);
        match (cast, absent) {
            (true, true) => (About::Person(person), Judgement::SpentButAbsent),
            (true, false) => (About::Person(person), Judgement::Unfounded),
            (false, true) => (About::Vote(person, other_nonce), Judgement::Proven),
            (false, false) => (About::Vote(person, other_nonce), Judgement::Unfounded),
        }
    }

    pub fn complain(&mut self, about: About, judgement: Judgement) {
        let kept = self.complaints.entry(about).or_insert(judgement);
        if *kept == Judgement::Unfounded {
            *kept = judgement;
        }
    }

    /// The votes on the board.
    pub fn votes(&self) -> Vec<Vote> {
        let on_board = self.cast.iter().filter(|(_, (_, lost))| !lost);
        let votes = on_board.map(|(person, (a, _))| vote(*person, self.two, false, if *a { "a" } else { "b" }));
        let mut votes: Vec<Vote> = votes.collect();
        votes.sort();
        votes
    }

    /// The votes for `a` and `b`, and the papers that were not valid.
    pub fn counted(&self) -> (i64, i64, i64) {
        let online = |for_a| self.cast.values().filter(|cast| **cast == (for_a, false)).count();
        let online = |for_a| i64::try_from(online(for_a)).unwrap();
        let (a, b) = (online(true), online(false));
        if self.paper { (a + PAPERS_FOR_A, b + PAPERS_FOR_B, SPOILED) } else { (a, b, 0) }
    }

    /// Instants at which something changes, and just before and after.
    pub fn instants(&self) -> Vec<DateTime<Utc>> {
        let turns = [second(OPENS), second(CLOSES), self.ends, second(PAPER_UNTIL)];
        turns.iter().flat_map(|turn| [-1, 0, 1, 7_200].map(|seconds| later(*turn, seconds))).collect()
    }
}
