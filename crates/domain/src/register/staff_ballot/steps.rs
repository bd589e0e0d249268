//! The life of a ballot that is held here: issuers, roll, freeze, signatures, opening, extension, cancellation, papers, close and
//! complaints. What comes before is the draft of any ballot, and what comes after its declaration.
//!
//! Draft ─▶ roll frozen ─▶ open ─▶ closed ─▶ declared. A ballot whose roll is frozen, or that is open, can be cancelled.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use crate::access::name_of_key;
use crate::ballot_protocol::{
    BallotManifest, Choice, Complaint, Count, Entry, Evidence, Judgement, Lot, Opening, PaperBatch, PublicKey, Roll,
    Sha256Hex, Side, Signature, Standing, Vote, WholeSecond, votes_root,
};
use crate::checked::{Checked, Rules as _};
use crate::fault::{Fault, FaultCode};
use crate::value::date::{Day, PartialDate};
use crate::value::text::Note;

use super::ballot::{Ending, Held, StaffBallot, StaffBallotId};
use super::hosting::{
    AppointedIssuer, Cancellation, Closed, Frozen, Hosting, Opened, ReasonedExtension, RecordedComplaint, SentRoll,
    SignedPaper,
};
use super::life::{BallotError, refusal};
use super::tally::Tally;
use super::words::BallotState;

/// What is cast in a ballot, and how it is told apart.
#[derive(Clone, Debug)]
pub struct Board {
    /// The votes, sorted by tracker.
    pub votes: Vec<Vote>,
    /// The papers.
    pub paper: Option<PaperBatch>,
}

/// Who closes a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closer<'n> {
    /// A caller, whom the log names so.
    Caller(&'n str),
    /// The clock.
    Clock,
}

impl StaffBallot {
    /// So many times casting can be extended.
    pub const MAX_EXTENSIONS: usize = 20;
    /// So many complaints are kept with a ballot.
    pub const MAX_COMPLAINTS: usize = 1_000;

    /// What a draft that is held here may not say, because the register finds it out itself.
    ///
    /// # Errors
    /// A fault for each of them.
    pub(super) fn check_hosted_draft(&self) -> Result<(), BallotError> {
        if self.hosting.is_none() {
            return Ok(());
        }
        let (tally, held) = (&*self.tally, &*self.held);
        let given = [
            ("roll_size", tally.roll_size.is_some()),
            ("papers_issued", tally.papers_issued.is_some()),
            ("returned", tally.returned.is_some()),
            ("spoiled", tally.spoiled.is_some()),
            ("counts", !tally.counts.is_empty()),
            ("counts_complete", tally.counts_complete),
            ("later_rounds", !tally.later_rounds.is_empty()),
            ("published_figures", !tally.published_figures.is_empty()),
            ("opened_on", held.opened_on.is_some()),
            ("closed_on", held.closed_on.is_some()),
            ("declared_on", held.declared_on.is_some()),
        ];
        let told = given.into_iter().filter(|(_, is_given)| *is_given).map(|(field, _)| {
            let detail = "the register finds this out for a ballot of mode `hosted`: leave it out";
            Fault::new(field, FaultCode::ReadOnly, detail)
        });
        content(told.collect())
    }

    /// The draft with an issuer, appointed by a caller whom the log names so. Issuer `a` is its scrutineer. What an earlier issuer of the
    /// side sent for the roll is dropped.
    ///
    /// # Errors
    /// [`BallotError::Duty`] if the caller wrote the draft, or appoints themselves. A fault for each member that does not fit.
    pub fn appoint_issuer(&self, issuer: AppointedIssuer, by: &str) -> Result<Self, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Draft], "appointed an issuer")?;
        if self.duties.entered_by.iter().any(|writer| writer == by) {
            let detail =
                format!("`{by}` wrote the draft, and who wrote it cannot appoint its issuers: ask another `admin`");
            return Err(BallotError::Duty(detail));
        }
        let side = issuer.side;
        let mut faults = Vec::new();
        let mut fault = |field: &str, detail: &str| faults.push(Fault::new(field, FaultCode::Inconsistent, detail));
        if !hosting.plan.sides().contains(&side) {
            fault("side", "the ballot is planned with one issuer: expected side `a`, or `issuer_count` 2 in `hosting`");
        }
        if name_of_key(issuer.key_id) == by || self.duties.entered_by.contains(&name_of_key(issuer.key_id)) {
            fault("key_id", "expected the key of somebody who neither appoints issuers nor wrote the draft");
        }
        for other in hosting.progress.issuers.iter().filter(|other| other.side != side) {
            if other.key_id == issuer.key_id {
                fault("key_id", "this is the key of the other issuer: expected a key of its own for each");
            }
            if other.public_key == issuer.public_key {
                fault("public_key", "this is the key of the other issuer: expected a key of its own for each");
            }
        }
        content(faults)?;
        let mut progress = hosting.progress.clone();
        if progress.issuer(side) == Some(&issuer) {
            return Ok(self.clone());
        }
        progress.rolls.retain(|sent| sent.side != side);
        progress.issuers.retain(|other| other.side != side);
        let scrutineer_key_id = if side == Side::A { Some(issuer.key_id) } else { self.scrutineer_key_id };
        progress.issuers.push(issuer);
        progress.issuers.sort_by_key(|issuer| issuer.side);
        Ok(Self { scrutineer_key_id, ..self.with(Hosting { progress, ..hosting.clone() }) })
    }

    /// The draft with what an issuer, whom the log names so, sent for the roll.
    ///
    /// # Errors
    /// [`BallotError::Duty`] if the caller is not that issuer.
    pub fn send_roll(&self, roll: SentRoll, by: &str) -> Result<Self, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Draft], "sent a roll")?;
        hosting.require_issuer(roll.side, by)?;
        let mut progress = hosting.progress.clone();
        progress.rolls.retain(|sent| sent.side != roll.side);
        progress.rolls.push(roll);
        progress.rolls.sort_by_key(|sent| sent.side);
        Ok(self.with(Hosting { progress, ..hosting.clone() }))
    }

    /// Refuses to freeze what is no draft with all issuers appointed, all of whom have sent their roll, for a caller who is not issuer
    /// `a`.
    ///
    /// # Errors
    /// [`BallotError`].
    pub fn expect_freezing(&self, by: &str) -> Result<&Hosting, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Draft], "frozen")?;
        hosting.require_issuer(Side::A, by)?;
        let mut faults = Vec::new();
        for side in hosting.plan.sides() {
            let mut lacks = |field: &str, detail| faults.push(Fault::new(field, FaultCode::Required, detail));
            if hosting.progress.issuer(*side).is_none() {
                lacks("hosted/issuers", format!("issuer `{side}` is not appointed"));
            } else if hosting.progress.rolls.iter().all(|sent| sent.side != *side) {
                lacks("hosted/rolls", format!("issuer `{side}` has not sent the roll"));
            }
        }
        content(faults)?;
        Ok(hosting)
    }

    /// What the ballot, which has this id, would be fixed to with this roll.
    ///
    /// # Errors
    /// As [`StaffBallot::expect_freezing`], and a fault for each thing that its manifest lacks or that is too late now.
    pub fn propose(
        &self,
        id: StaffBallotId,
        by: &str,
        roll: &Roll,
        (receipt_key, now): (PublicKey, DateTime<Utc>),
    ) -> Result<BallotManifest, BallotError> {
        let hosting = self.expect_freezing(by)?;
        let mut faults = Vec::new();
        if self.question.is_none() {
            faults.push(Fault::new("question", FaultCode::Required, "a ballot needs its question"));
        }
        if self.tally.method.is_none() {
            faults.push(Fault::new("method", FaultCode::Required, "a ballot needs its method"));
        }
        if self.tally.options.len() < 2 {
            faults.push(Fault::new("options", FaultCode::TooFew, "a ballot needs at least two options"));
        }
        faults.extend(is_over(hosting, now));
        let roll_size = i64::try_from(roll.entries().len()).unwrap_or(i64::MAX);
        let manifest = self.manifest_of(id, hosting, (roll_size, roll.root(), receipt_key));
        let broken = manifest.as_ref().map(BallotManifest::faults).unwrap_or_default();
        let planned = ["opens_at", "closes_at", "paper_until", "min_returned"];
        faults.extend(broken.into_iter().map(|fault| {
            let is_planned = planned.contains(&fault.field.as_str());
            if is_planned { fault.under("hosting") } else { fault }
        }));
        content(faults)?;
        manifest.ok_or_else(lacks_manifest)
    }

    /// The ballot with its roll frozen, so that its manifest, of which this is the SHA-256 as canonical JSON, can be signed.
    ///
    /// # Errors
    /// [`BallotError`] if it is no draft.
    pub fn freeze(&self, manifest: &BallotManifest, hash: Sha256Hex, at: DateTime<Utc>) -> Result<Self, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Draft], "frozen")?;
        let frozen =
            Frozen { at, roll_root: manifest.roll_root, receipt_key: manifest.receipt_key, manifest_sha256: hash };
        let mut progress = hosting.progress.clone();
        progress.frozen = Some(frozen);
        let tally = Tally { roll_size: Some(manifest.roll_size), ..(*self.tally).clone() };
        let tally = Checked::new(tally).map_err(BallotError::Content)?;
        let frozen = Self { tally, ..self.with(Hosting { progress, ..hosting.clone() }) };
        Ok(frozen.in_state(BallotState::RollFrozen))
    }

    /// The ballot, which has this id, with an issuer's signature of its manifest, sent by a caller whom the log names so.
    ///
    /// # Errors
    /// [`BallotError::Duty`] if the caller is not that issuer, a fault at `signature` if it is not valid.
    pub fn sign_manifest(
        &self,
        id: StaffBallotId,
        (side, signature): (Side, Signature),
        by: &str,
    ) -> Result<Self, BallotError> {
        let hosting = self.hosted_in(&[BallotState::RollFrozen], "signed")?;
        hosting.require_issuer(side, by)?;
        let message = self.opening(id, hosting)?.manifest_message();
        hosting.verify("signature", (side, signature), &message)?;
        let mut progress = hosting.progress.clone();
        progress.signatures.retain(|(other, _)| *other != side);
        progress.signatures.push((side, signature));
        progress.signatures.sort_by_key(|(side, _)| *side);
        Ok(self.with(Hosting { progress, ..hosting.clone() }))
    }

    /// Refuses to open what is not ready to be opened with this receipt key now, by a caller who is not issuer `a`.
    ///
    /// # Errors
    /// [`BallotError::NotSigned`] if a signature of the manifest is missing.
    pub fn expect_opening(
        &self,
        by: &str,
        receipt_key: PublicKey,
        now: DateTime<Utc>,
    ) -> Result<&Hosting, BallotError> {
        let hosting = self.hosted_in(&[BallotState::RollFrozen], "opened")?;
        hosting.require_issuer(Side::A, by)?;
        let is_signed = |side: &&Side| hosting.progress.signatures.iter().any(|(signed, _)| signed == *side);
        let missing: Vec<Side> = hosting.plan.sides().iter().filter(|side| !is_signed(side)).copied().collect();
        if !missing.is_empty() {
            return Err(BallotError::NotSigned(missing));
        }
        if hosting.progress.frozen.is_none_or(|frozen| frozen.receipt_key != receipt_key) {
            let detail = "the service's signing key was changed since the roll was frozen, so that it cannot sign the \
                          receipts that the manifest promises: use the former key, or cancel the ballot";
            return Err(refusal(detail.to_owned()));
        }
        content(is_over(hosting, now).into_iter().collect())?;
        Ok(hosting)
    }

    /// The ballot, opened by a caller whom the log names so.
    ///
    /// # Errors
    /// As [`StaffBallot::expect_opening`].
    pub fn open(&self, by: &str, receipt_key: PublicKey, opened: Opened) -> Result<Self, BallotError> {
        let hosting = self.expect_opening(by, receipt_key, opened.at)?;
        let mut progress = hosting.progress.clone();
        progress.opened = Some(opened);
        let begins = hosting.plan.opens_at.instant().max(opened.at);
        let held = Held { opened_on: day_of(begins), ..(*self.held).clone() };
        let held = Checked::new(held).map_err(BallotError::Content)?;
        let open = Self { held, ..self.with(Hosting { progress, ..hosting.clone() }) };
        Ok(open.in_state(BallotState::Open))
    }

    /// Refuses a vote that is cast when the ballot takes none.
    ///
    /// # Errors
    /// [`BallotError::NotCasting`], with when it does.
    pub fn expect_casting(&self, now: DateTime<Utc>) -> Result<(), BallotError> {
        let state = self.state();
        let refused = |detail: String| Err(BallotError::NotCasting(detail));
        match &self.hosting {
            Some(hosting) if state == BallotState::Open => {
                let (begins, ends) = (hosting.plan.opens_at, hosting.casting_ends_at());
                if now < begins.instant() {
                    return refused(format!("casting begins at {begins}"));
                }
                if now >= ends.instant() {
                    return refused(format!("casting ended at {ends}"));
                }
                Ok(())
            }
            _ => refused(format!("the ballot is `{state}`: votes are cast in one that is `open`")),
        }
    }

    /// The open ballot, which has this id, with a later end of casting by issuer `a`, whom the log names so.
    ///
    /// # Errors
    /// A fault for each member that does not fit, and [`BallotError::State`] if casting has ended or was extended too often.
    pub fn extend(
        &self,
        id: StaffBallotId,
        extension: ReasonedExtension,
        (by, now): (&str, DateTime<Utc>),
    ) -> Result<Self, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Open], "extended")?;
        hosting.require_issuer(Side::A, by)?;
        let ends = hosting.casting_ends_at();
        if now >= ends.instant() {
            return Err(refusal(format!("casting ended at {ends}, and can no longer be extended")));
        }
        if hosting.progress.extensions.len() >= Self::MAX_EXTENSIONS {
            let most = Self::MAX_EXTENSIONS;
            return Err(refusal(format!("casting has already been extended {most} times, which is the limit")));
        }
        let mut faults = Vec::new();
        let later = extension.closes_at;
        if later <= ends {
            let detail = format!("casting ends at {ends}: expected a later time, because it can only be extended");
            faults.push(Fault::new("closes_at", FaultCode::DateOrder, detail));
        }
        if let Some(until) = hosting.plan.paper_until.filter(|until| later >= *until) {
            let detail = format!("papers can be entered until {until}: expected an earlier time");
            faults.push(Fault::new("closes_at", FaultCode::DateOrder, detail));
        }
        let message = self.opening(id, hosting)?.extension_message(later);
        faults.extend(hosting.signature_fault("signature", (Side::A, extension.signature), &message));
        content(faults)?;
        let mut progress = hosting.progress.clone();
        progress.extensions.push(extension);
        Ok(self.with(Hosting { progress, ..hosting.clone() }))
    }

    /// Refuses a cancellation for this reason by a caller who is not issuer `a`, or without the signature that an open ballot needs.
    ///
    /// # Errors
    /// [`BallotError`].
    pub fn expect_cancelling(
        &self,
        id: StaffBallotId,
        (reason, signature): (&Note, Option<Signature>),
        by: &str,
    ) -> Result<&Hosting, BallotError> {
        let hosting = self.hosted_in(&[BallotState::RollFrozen, BallotState::Open], "cancelled")?;
        hosting.require_issuer(Side::A, by)?;
        let message = self.opening(id, hosting)?.cancellation_message(reason.as_str());
        match signature {
            Some(signature) => hosting.verify("signature", (Side::A, signature), &message)?,
            None if self.state() == BallotState::Open => {
                let detail = "an open ballot is cancelled with the signature of issuer `a`: see `mutuals ballot sign`";
                content(vec![Fault::new("signature", FaultCode::Required, detail)])?;
            }
            None => {}
        }
        Ok(hosting)
    }

    /// The ballot, which has this id, given up by issuer `a`, whom the log names so.
    ///
    /// # Errors
    /// As [`StaffBallot::expect_cancelling`].
    pub fn cancel(&self, id: StaffBallotId, cancellation: Cancellation, by: &str) -> Result<Self, BallotError> {
        let because = (&cancellation.reason, cancellation.signature);
        let hosting = self.expect_cancelling(id, because, by)?;
        let mut progress = hosting.progress.clone();
        progress.cancelled = Some(cancellation);
        Ok(self.with(Hosting { progress, ..hosting.clone() }).in_state(BallotState::Cancelled))
    }

    /// Refuses papers that are entered when the ballot takes none, or by a caller who is no issuer.
    ///
    /// # Errors
    /// [`BallotError`].
    pub fn expect_paper(&self, (by, now): (&str, DateTime<Utc>)) -> Result<&Hosting, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Open], "given papers")?;
        if hosting.sides_of(by).is_empty() {
            return Err(not_issuer("an issuer of the ballot"));
        }
        let Some(until) = hosting.plan.paper_until else {
            return Err(refusal("the manifest has no `paper_until`, so that the ballot takes no papers".to_owned()));
        };
        let ends = hosting.casting_ends_at();
        if now < ends.instant() {
            return Err(refusal(format!("casting ends at {ends}: papers are entered after that")));
        }
        if now >= until.instant() {
            return Err(refusal(format!("papers could be entered until {until}")));
        }
        if hosting.progress.paper.is_some() {
            return Err(refusal("the ballot has its papers: they come in one batch".to_owned()));
        }
        Ok(hosting)
    }

    /// The ballot, which has this id, with its papers, signed by each issuer.
    ///
    /// # Errors
    /// As [`StaffBallot::expect_paper`], and a fault for each rule that the batch or a signature breaks.
    pub fn enter_paper(
        &self,
        id: StaffBallotId,
        (batch, signed): (&PaperBatch, SignedPaper),
        standing: impl Fn(&Entry) -> Standing,
        at: (&str, DateTime<Utc>),
    ) -> Result<Self, BallotError> {
        let hosting = self.expect_paper(at)?;
        let manifest = self.manifest(id).ok_or_else(lacks_manifest)?;
        let faults = batch.faults(&manifest.paper(), standing);
        let mut faults: Vec<Fault> = faults.into_iter().map(|fault| fault.under("batch")).collect();
        if batch.duplicates > manifest.roll_size {
            let detail = format!("{} is more than the {} people on the roll", batch.duplicates, manifest.roll_size);
            faults.push(Fault::new("batch/duplicates", FaultCode::OutOfRange, detail));
        }
        let message = self.opening(id, hosting)?.paper_message(&signed.sha256);
        for side in hosting.plan.sides() {
            if signed.signatures.iter().filter(|(signed, _)| signed == side).count() != 1 {
                let detail = format!("expected one signature of issuer `{side}`");
                faults.push(Fault::new("signatures", FaultCode::Required, detail));
            }
        }
        for (position, one) in signed.signatures.iter().enumerate() {
            faults.extend(hosting.signature_fault(&format!("signatures/{position}/signature"), *one, &message));
        }
        content(faults)?;
        let mut progress = hosting.progress.clone();
        let mut signed = signed;
        signed.signatures.sort_by_key(|(side, _)| *side);
        progress.paper = Some(signed);
        Ok(self.with(Hosting { progress, ..hosting.clone() }))
    }

    /// Refuses to close what is not open, or before it may be closed.
    ///
    /// # Errors
    /// [`BallotError`].
    pub fn expect_closing(&self, closer: Closer<'_>, now: DateTime<Utc>) -> Result<&Hosting, BallotError> {
        let hosting = self.hosted_in(&[BallotState::Open], "closed")?;
        let (from, why) = match closer {
            Closer::Caller(by) => {
                hosting.require_issuer(Side::A, by)?;
                (hosting.casting_ends_at(), "casting ends")
            }
            Closer::Clock => (hosting.closes_by(), "the ballot closes by itself"),
        };
        if now < from.instant() {
            return Err(refusal(format!("{why} at {from}, and the ballot is not closed before")));
        }
        Ok(hosting)
    }

    /// The ballot, which has this id, closed with what was cast in it.
    ///
    /// # Errors
    /// As [`StaffBallot::expect_closing`]. A fault where the votes cannot be counted: that is the register's own.
    pub fn close(
        &self,
        id: StaffBallotId,
        board: &Board,
        closer: Closer<'_>,
        (at, entry_seq): (DateTime<Utc>, i64),
    ) -> Result<Self, BallotError> {
        let hosting = self.expect_closing(closer, at)?;
        let manifest = self.manifest(id).ok_or_else(lacks_manifest)?;
        let paper = manifest.paper();
        let choices: Result<Vec<Choice>, Vec<Fault>> =
            board.votes.iter().map(|vote| Choice::parse(&vote.choice, &paper)).collect();
        let choices = choices.map_err(BallotError::Content)?;
        let votes_root = votes_root(id.into(), &board.votes);
        let count = Count::of(&paper, &choices, board.paper.as_ref(), Lot { ballot: id.into(), votes_root });
        let tally = Checked::new(count.fill((*self.tally).clone())).map_err(BallotError::Content)?;
        let held = Held { closed_on: day_of(hosting.casting_ends_at().instant()), ..(*self.held).clone() };
        let held = Checked::new(held).map_err(BallotError::Content)?;
        let mut progress = hosting.progress.clone();
        progress.closed = Some(Closed { at, entry_seq, votes_root, count });
        let closed = Self { tally, held, ..self.with(Hosting { progress, ..hosting.clone() }) };
        Ok(closed.in_state(BallotState::Closed))
    }

    /// Judges a complaint about the ballot, which has this id, by what is on its board and by the entries that were spent. Gives the
    /// judgement, and the ballot with the complaint; the same ballot where it is kept already, or is about no vote and no person of
    /// it.
    ///
    /// # Errors
    /// [`BallotError::State`] if the ballot has not closed, or has as many complaints as are kept.
    pub fn complain(
        &self,
        id: StaffBallotId,
        complaint: &Complaint,
        (board, spent): (&HashSet<Vote>, &HashSet<Entry>),
        at: DateTime<Utc>,
    ) -> Result<(RecordedComplaint, Self), BallotError> {
        let hosting = self.require_board()?;
        let frozen = hosting.progress.frozen.as_ref().ok_or_else(lacks_manifest)?;
        let opening = self.opening(id, hosting)?;
        let evidence = Evidence { opening, receipt_key: &frozen.receipt_key, board, spent };
        let judged = evidence.judge(complaint);
        let is_on_board = judged.tracker.is_some_and(|tracker| board.iter().any(|vote| vote.tracker == tracker));
        // The tracker of a vote on the board beside the entry of a person would say who cast it.
        let tracker = judged.tracker.filter(|_| judged.entry.is_none() || !is_on_board);
        let recorded = RecordedComplaint { at, judgement: judged.judgement, tracker, entry: judged.entry };
        let is_about_something = match complaint {
            Complaint::Receipt { receipt, signature } => {
                judged.tracker.is_some() && frozen.receipt_key.verifies(receipt, signature)
            }
            Complaint::Cast { .. } => judged.entry.is_some_and(|entry| spent.contains(&entry)),
        };
        let mut progress = hosting.progress.clone();
        if !is_about_something {
            return Ok((recorded, self.clone()));
        }
        // Of a person there is one complaint with codes, and of a vote one with its receipt.
        let about = |complaint: &RecordedComplaint| match complaint.entry {
            Some(entry) => (Some(entry), None),
            None => (None, complaint.tracker),
        };
        let is_full = progress.complaints.len() >= Self::MAX_COMPLAINTS;
        match progress.complaints.iter_mut().find(|kept| about(kept) == about(&recorded)) {
            // With another nonce, who has spent a code can show more than before, and never less.
            Some(kept) if kept.judgement == Judgement::Unfounded && recorded.judgement != Judgement::Unfounded => {
                *kept = recorded;
            }
            Some(_) => return Ok((recorded, self.clone())),
            None if is_full => {
                let most = Self::MAX_COMPLAINTS;
                return Err(refusal(format!("the ballot has {most} complaints, which is as many as are kept")));
            }
            None => progress.complaints.push(recorded),
        }
        Ok((recorded, self.with(Hosting { progress, ..hosting.clone() })))
    }

    /// The ballot as one that has closed, so that everybody may see what was cast.
    ///
    /// # Errors
    /// [`BallotError::State`] if it has not closed.
    pub fn require_board(&self) -> Result<&Hosting, BallotError> {
        let states = [BallotState::Closed, BallotState::Declared, BallotState::Void, BallotState::Superseded];
        self.hosted_in(&states, "looked into")
    }

    /// Refuses to delete a ballot that was held here: what was cast, and the complaints, stay for good.
    ///
    /// # Errors
    /// [`BallotError::State`].
    pub fn require_deletable(&self) -> Result<(), BallotError> {
        let state = self.state();
        let can_go = matches!(state, BallotState::Draft | BallotState::RollFrozen | BallotState::Cancelled);
        if self.hosting.is_some() && !can_go {
            let detail =
                format!("the ballot is `{state}`, and what was cast in it stays on record: it can be found void");
            return Err(refusal(detail));
        }
        Ok(())
    }

    /// What the signatures of the ballot are about.
    fn opening(&self, id: StaffBallotId, hosting: &Hosting) -> Result<Opening, BallotError> {
        let frozen = hosting.progress.frozen.as_ref().ok_or_else(lacks_manifest)?;
        Ok(Opening { ballot: id.into(), manifest: frozen.manifest_sha256 })
    }

    /// The hosting of a ballot that is held here and is in one of these states.
    fn hosted_in(&self, states: &[BallotState], becomes: &str) -> Result<&Hosting, BallotError> {
        let Some(hosting) = &self.hosting else {
            return Err(refusal(format!("the ballot is `recorded`: only one of mode `hosted` can be {becomes}")));
        };
        let state = self.state();
        if states.contains(&state) {
            return Ok(hosting);
        }
        let named: Vec<String> = states.iter().map(|state| format!("`{state}`")).collect();
        let named = named.join(" or ");
        Err(refusal(format!("the ballot is `{state}`: only one that is {named} can be {becomes}")))
    }

    fn with(&self, hosting: Hosting) -> Self {
        Self { hosting: Some(Box::new(hosting)), ..self.clone() }
    }

    fn in_state(self, state: BallotState) -> Self {
        Self { ending: Checked::stored(Ending { state, void_reason: None, superseded_by_id: None }), ..self }
    }
}

impl Hosting {
    /// Refuses a caller, whom the log names so, who is not the issuer of a side.
    pub(super) fn require_issuer(&self, side: Side, by: &str) -> Result<(), BallotError> {
        if self.sides_of(by).contains(&side) {
            return Ok(());
        }
        Err(not_issuer(&format!("issuer `{side}` of the ballot")))
    }

    fn verify(&self, field: &str, signed: (Side, Signature), message: &str) -> Result<(), BallotError> {
        content(self.signature_fault(field, signed, message).into_iter().collect())
    }

    fn signature_fault(&self, field: &str, (side, signature): (Side, Signature), message: &str) -> Option<Fault> {
        let issuer = self.progress.issuer(side);
        if issuer.is_some_and(|issuer| issuer.public_key.verifies(message, &signature)) {
            return None;
        }
        let detail = format!("the key of issuer `{side}` did not sign this: expected its signature of `{message}`");
        Some(Fault::new(field, FaultCode::Inconsistent, detail))
    }
}

fn is_over(hosting: &Hosting, now: DateTime<Utc>) -> Option<Fault> {
    let ends: WholeSecond = hosting.casting_ends_at();
    let detail = format!("casting would have ended at {ends}: expected a time in the future");
    (now >= ends.instant()).then(|| Fault::new("hosting/closes_at", FaultCode::OutOfRange, detail))
}

fn day_of(at: DateTime<Utc>) -> Option<PartialDate> {
    Day::from_date(at.date_naive()).ok().map(PartialDate::from)
}

fn content(faults: Vec<Fault>) -> Result<(), BallotError> {
    if faults.is_empty() { Ok(()) } else { Err(BallotError::Content(faults)) }
}

fn not_issuer(who: &str) -> BallotError {
    BallotError::Duty(format!("only {who} can do this"))
}

/// A ballot whose roll is frozen has a manifest, so that this is never seen.
fn lacks_manifest() -> BallotError {
    refusal("the ballot has no manifest".to_owned())
}
