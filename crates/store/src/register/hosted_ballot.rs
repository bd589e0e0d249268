//! The steps of a ballot that is held here, with what it keeps beside its record: lists in the register, and the box of its votes.
//!
//! A step that touches the box does so inside the write, after all that can be refused: what it does can be done again.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use document::Content;
use document::register::{BallotManifest, IssuerToAppoint, PaperBatch, SentComplaint, SentForRoll, SentPaper};
use domain::ballot_protocol::{
    Choice, Complaint, Credential, Entry, NumberedHalf, PaperBatch as DomainBatch, PublicKey, Roll, Sha256Hex, Side,
    Signature, Spend, Standing, Vote as BoardVote, check_halves,
};
use domain::{
    AppointedIssuer, Archived, BallotState, Board, Cancellation, Closer, DraftAccess, Fault, FaultCode, Note, Opened,
    ReasonedExtension, Record, RecordedComplaint, SentRoll, SignedPaper, StaffBallot, StaffBallotId,
};

use super::ballot_list::{self, BallotList};
use super::record::{self, unchanged};
use super::staff_ballot::{change, require_scrutineer_key};
use crate::backend::conn::Conn;
use crate::backend::fragment::Fragment;
use crate::ballot_box::{Boxes, Contents};
use crate::error::{Error, refuse};
use crate::register::root::StoredRecord as _;
use crate::{ReadTx, Stored, WriteTx};

type Ballot = Record<StaffBallot>;

/// Appoints an issuer.
///
/// # Errors
/// [`Error::Rule`] where the key is no scrutineer's that works now, and as [`StaffBallot::appoint_issuer`].
pub fn appoint_issuer(
    tx: &mut WriteTx<'_>,
    current: &Ballot,
    side: Side,
    issuer: &IssuerToAppoint,
) -> Result<Stored<StaffBallot>, Error> {
    require_scrutineer_key(tx, issuer.key_id)?;
    let IssuerToAppoint { key_id, name, organisation, public_key } = issuer.clone();
    let issuer = AppointedIssuer { side, key_id, name, organisation, public_key };
    let appointed = current.content.appoint_issuer(issuer, &tx.stamp().actor)?;
    if appointed == current.content {
        return record::unchanged(tx, current);
    }
    let is_sent = |rolls: &[SentRoll]| rolls.iter().any(|sent| sent.side == side);
    let rolls = |ballot: &StaffBallot| ballot.hosting.as_ref().is_some_and(|hosting| is_sent(&hosting.progress.rolls));
    if rolls(&current.content) && !rolls(&appointed) {
        ballot_list::remove(tx, current.id, sent_by(side))?;
    }
    change(tx, current, appointed)
}

/// Keeps what an issuer sends for the roll, in the place of what they sent before.
///
/// # Errors
/// [`Error::Rule`] with what is wrong with it, and as [`StaffBallot::send_roll`].
pub fn send_roll(
    tx: &mut WriteTx<'_>,
    current: &Ballot,
    side: Side,
    sent: &SentForRoll,
) -> Result<Stored<StaffBallot>, Error> {
    let Some(hosting) = &current.content.hosting else {
        return Err(Error::Rule(vec![Fault::new("mode", FaultCode::Inconsistent, "the ballot is `recorded`")]));
    };
    let (issuers, small) = (hosting.plan.issuer_count, hosting.plan.small);
    let expected = |what: &str| {
        let detail = format!("the ballot has {issuers} issuer(s): expected `{what}`");
        Error::Rule(vec![Fault::new("", FaultCode::Inconsistent, detail)])
    };
    let lines: Vec<String> = match sent {
        SentForRoll::Entries(_) if issuers != 1 => return Err(expected("halves")),
        SentForRoll::Halves(_) if issuers != 2 => return Err(expected("entries")),
        SentForRoll::Entries(entries) => {
            let roll = Roll::new(entries.clone(), small).map_err(|faults| under("entries", faults))?;
            roll.entries().iter().map(Entry::to_string).collect()
        }
        SentForRoll::Halves(halves) => {
            refuse(Error::Rule, check_halves(halves, small).into_iter().map(|fault| fault.under("halves")).collect())?;
            let mut sorted = halves.clone();
            sorted.sort_by_key(|half| half.number);
            sorted.iter().map(|half| format!("{} {}", half.number, half.half)).collect()
        }
    };
    let size = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let roll = SentRoll { side, size, sha256: Sha256Hex::of(&lines.join("\n")) };
    let changed = current.content.send_roll(roll, &tx.stamp().actor)?;
    if changed == current.content {
        return unchanged(tx, current);
    }
    ballot_list::write(tx, current.id, sent_by(side), &lines)?;
    change(tx, current, changed)
}

/// What one of two issuers has sent for the roll, by number.
pub fn halves(tx: &mut ReadTx<'_>, id: StaffBallotId, side: Side) -> Result<Vec<NumberedHalf>, Error> {
    let lines = ballot_list::all(tx, id, sent_by(side))?;
    lines.iter().map(|line| half_of(line).ok_or_else(|| corrupt(id))).collect()
}

/// Fixes the roll and with it the manifest. The numbers of two issuers are thrown away.
///
/// # Errors
/// As [`StaffBallot::propose`], and [`Error::Rule`] where the halves of two issuers do not fit.
pub fn freeze(tx: &mut WriteTx<'_>, current: &Ballot, receipt_key: PublicKey) -> Result<Stored<StaffBallot>, Error> {
    let (by, now) = (tx.stamp().actor.clone(), tx.stamp().now);
    let hosting = current.content.expect_freezing(&by)?;
    let small = hosting.plan.small;
    let roll = if hosting.plan.issuer_count == 2 {
        let (a, b) = (halves(tx, current.id, Side::A)?, halves(tx, current.id, Side::B)?);
        Roll::of_halves(&a, &b, small)
    } else {
        let lines = ballot_list::all(tx, current.id, BallotList::SentByA)?;
        Roll::new(lines.iter().map(|line| parsed(line, current.id)).collect::<Result<_, _>>()?, small)
    };
    let roll = roll.map_err(|faults| under("roll", faults))?;
    let manifest = current.content.propose(current.id, &by, &roll, (receipt_key, now))?;
    let canonical = BallotManifest::canonical(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
    let frozen = current.content.freeze(&manifest, Sha256Hex::of(&canonical), now)?;
    ballot_list::remove(tx, current.id, BallotList::SentByA)?;
    ballot_list::remove(tx, current.id, BallotList::SentByB)?;
    let entries: Vec<String> = roll.entries().iter().map(Entry::to_string).collect();
    ballot_list::write(tx, current.id, BallotList::Entries, &entries)?;
    change(tx, current, frozen)
}

/// Keeps an issuer's signature of the manifest.
///
/// # Errors
/// As [`StaffBallot::sign_manifest`].
pub fn sign(tx: &mut WriteTx<'_>, current: &Ballot, signed: (Side, Signature)) -> Result<Stored<StaffBallot>, Error> {
    let changed = current.content.sign_manifest(current.id, signed, &tx.stamp().actor)?;
    if changed == current.content { unchanged(tx, current) } else { change(tx, current, changed) }
}

/// Opens the ballot, and makes the box for its votes. A dry run gives no boxes.
///
/// # Errors
/// As [`StaffBallot::open`].
pub fn open(
    tx: &mut WriteTx<'_>,
    boxes: Option<&Boxes>,
    current: &Ballot,
    (receipt_key, archived): (PublicKey, Archived),
) -> Result<Stored<StaffBallot>, Error> {
    let by = tx.stamp().actor.clone();
    let opened = Opened { at: tx.stamp().now, entry_seq: tx.next_seq(), archived };
    let open = current.content.open(&by, receipt_key, opened)?;
    let entries = ballot_list::all(tx, current.id, BallotList::Entries)?;
    boxes.map_or(Ok(()), |boxes| boxes.make(current.id, &entries))?;
    change(tx, current, open)
}

/// Extends casting.
///
/// # Errors
/// As [`StaffBallot::extend`].
pub fn extend(
    tx: &mut WriteTx<'_>,
    current: &Ballot,
    extension: ReasonedExtension,
) -> Result<Stored<StaffBallot>, Error> {
    let at = (tx.stamp().actor.clone(), tx.stamp().now);
    change(tx, current, current.content.extend(current.id, extension, (&at.0, at.1))?)
}

/// Gives the ballot up. Its box is sealed, and is to be destroyed once this is on disk. A dry run gives no
/// boxes.
///
/// # Errors
/// As [`StaffBallot::cancel`].
pub fn cancel(
    tx: &mut WriteTx<'_>,
    boxes: Option<&Boxes>,
    current: &Ballot,
    (reason, signature): (Note, Option<Signature>),
) -> Result<Stored<StaffBallot>, Error> {
    let by = tx.stamp().actor.clone();
    current.content.expect_cancelling(current.id, (&reason, signature), &by)?;
    let contents = boxes.map_or(Ok(None), |boxes| boxes.seal(current.id))?;
    let was_open = current.content.state() == BallotState::Open;
    let votes_were_cast = if was_open { contents.map(|contents| !contents.votes.is_empty()) } else { Some(false) };
    let cancellation = Cancellation { at: tx.stamp().now, reason, signature, votes_were_cast };
    change(tx, current, current.content.cancel(current.id, cancellation, &by)?)
}

/// Enters the papers. Casting has ended, so that the box is sealed.
///
/// # Errors
/// As [`StaffBallot::enter_paper`].
pub fn enter_paper(
    tx: &mut WriteTx<'_>,
    boxes: &Boxes,
    current: &Ballot,
    sent: &SentPaper,
) -> Result<Stored<StaffBallot>, Error> {
    let at = (tx.stamp().actor.clone(), tx.stamp().now);
    let at = (at.0.as_str(), at.1);
    current.content.expect_paper(at)?;
    let manifest = current.content.manifest(current.id).ok_or_else(|| corrupt(current.id))?;
    let batch = sent.batch.clone().read(&manifest.paper()).map_err(|faults| under("batch", faults))?;
    let canonical = PaperBatch::canonical(&batch).map_err(|error| Error::Internal(error.to_string()))?;
    let contents = boxes.seal(current.id)?.ok_or_else(|| no_box(current.id))?;
    let entries: HashSet<String> = ballot_list::all(tx, current.id, BallotList::Entries)?.into_iter().collect();
    let spent: HashSet<Entry> = spent_in(&contents, current.id)?.iter().map(Credential::entry).collect();
    let standing = |entry: &Entry| match (entries.contains(&entry.to_string()), spent.contains(entry)) {
        (false, _) => Standing::Unknown,
        (true, false) => Standing::Unspent,
        (true, true) => Standing::Spent,
    };
    let signed = SignedPaper { sha256: Sha256Hex::of(&canonical), signatures: sent.signatures.clone() };
    let changed = current.content.enter_paper(current.id, (&batch, signed), standing, at)?;
    ballot_list::write(tx, current.id, BallotList::Paper, &in_pieces(&canonical))?;
    change(tx, current, changed)
}

/// Closes the ballot: seals its box, counts, and publishes what was cast. The box is to be destroyed once this is on disk.
///
/// # Errors
/// As [`StaffBallot::close`], and [`Error::State`] where the box is gone.
pub fn close(
    tx: &mut WriteTx<'_>,
    boxes: &Boxes,
    current: &Ballot,
    closer: Closer<'_>,
) -> Result<Stored<StaffBallot>, Error> {
    let (now, entry_seq) = (tx.stamp().now, tx.next_seq());
    current.content.expect_closing(closer, now)?;
    let contents = boxes.seal(current.id)?.ok_or_else(|| no_box(current.id))?;
    let votes: Result<Vec<BoardVote>, Error> = contents
        .votes
        .iter()
        .map(|(tracker, choice)| Ok(BoardVote { tracker: parsed(tracker, current.id)?, choice: choice.clone() }))
        .collect();
    let board = Board { votes: votes?, paper: paper(tx, current)? };
    let closed = current.content.close(current.id, &board, closer, (now, entry_seq))?;
    ballot_list::write(tx, current.id, BallotList::Spends, &contents.spends)?;
    let lines: Vec<String> = contents.votes.iter().map(|(tracker, choice)| format!("{tracker} {choice}")).collect();
    ballot_list::write(tx, current.id, BallotList::Votes, &lines)?;
    change(tx, current, closed)
}

/// The papers of a ballot.
pub fn paper(tx: &mut ReadTx<'_>, ballot: &Ballot) -> Result<Option<DomainBatch>, Error> {
    let Some(text) = paper_text(tx, ballot.id)? else { return Ok(None) };
    let manifest = ballot.content.manifest(ballot.id).ok_or_else(|| corrupt(ballot.id))?;
    let sent = Content::<PaperBatch>::parse(text.as_bytes()).ok().and_then(|content| content.create().ok());
    let batch = sent.and_then(|sent| sent.read(&manifest.paper()).ok());
    batch.map(Some).ok_or_else(|| corrupt(ballot.id))
}

/// The papers of a ballot as canonical JSON.
pub fn paper_text(tx: &mut ReadTx<'_>, id: StaffBallotId) -> Result<Option<String>, Error> {
    let pieces = ballot_list::all(tx, id, BallotList::Paper)?;
    Ok((!pieces.is_empty()).then(|| pieces.concat()))
}

/// Judges a complaint, without keeping it.
///
/// # Errors
/// [`Error::Rule`] where the choice is none of the ballot, and as [`StaffBallot::complain`].
pub fn judge(
    tx: &mut ReadTx<'_>,
    ballot: &Ballot,
    sent: &SentComplaint,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<(RecordedComplaint, StaffBallot), Error> {
    let id = ballot.id;
    ballot.content.require_board()?;
    let manifest = ballot.content.manifest(id).ok_or_else(|| corrupt(id))?;
    let (complaint, tracker, credential) = match sent {
        SentComplaint::Receipt { receipt, signature } => {
            let casting = ballot.content.casting(id).ok_or_else(|| corrupt(id))?;
            let tracker = casting.opening.read_receipt(receipt).map(|vote| vote.tracker);
            (Complaint::Receipt { receipt: receipt.clone(), signature: *signature }, tracker, None)
        }
        SentComplaint::Cast { codes, nonce, choice } => {
            let choice = Choice::parse(choice, &manifest.paper()).map_err(|faults| under("choice", faults))?;
            let (tracker, credential) = (codes.tracker(id.into(), nonce), codes.credential(id.into()));
            let complaint = Complaint::Cast { codes: codes.clone(), nonce: nonce.clone(), choice };
            (complaint, Some(tracker), Some(credential))
        }
    };
    // Of the board and of what was spent, nothing is looked at but what the complaint is about.
    let mut board = HashSet::new();
    if let Some(tracker) = tracker
        && let Some(choice) = choice_of(tx, id, &tracker.to_string())?
    {
        board.insert(BoardVote { tracker, choice });
    }
    let mut spent = HashSet::new();
    if let Some(credential) = credential {
        let line = spend_line(&credential);
        let online = ballot_list::find(tx, id, BallotList::Spends, &line)?.is_some();
        let is_spent = online || paper(tx, ballot)?.is_some_and(|batch| batch.spends.contains(&credential));
        if is_spent {
            spent.insert(credential.entry());
        }
    }
    Ok(ballot.content.complain(id, &complaint, (&board, &spent), at)?)
}

/// Judges a complaint, and keeps it with the ballot.
///
/// # Errors
/// As [`judge`].
pub fn complain(tx: &mut WriteTx<'_>, id: StaffBallotId, sent: &SentComplaint) -> Result<RecordedComplaint, Error> {
    let current = StaffBallot::find(tx, &id, DraftAccess::None)?;
    let now = tx.stamp().now;
    let (judged, changed) = judge(tx, &current, sent, now)?;
    if changed != current.content {
        change(tx, &current, changed)?;
    }
    Ok(judged)
}

/// The choice of the vote with this tracker, on the board of a ballot.
pub fn choice_of(tx: &mut ReadTx<'_>, id: StaffBallotId, tracker: &str) -> Result<Option<String>, Error> {
    let found = ballot_list::find(tx, id, BallotList::Votes, &format!("{tracker} "))?;
    Ok(found.and_then(|(_, line)| Some(line.split_once(' ')?.1.to_owned())))
}

/// The open ballots whose time to close has come.
pub fn due(tx: &mut ReadTx<'_>, now: chrono::DateTime<chrono::Utc>) -> Result<Vec<Ballot>, Error> {
    let is_due =
        |ballot: &Ballot| ballot.content.hosting.as_ref().is_some_and(|hosting| now >= hosting.closes_by().instant());
    Ok(all_open(tx)?.into_iter().filter(is_due).collect())
}

/// Whether the ballot is open.
pub fn is_open(tx: &mut ReadTx<'_>, id: StaffBallotId) -> Result<bool, Error> {
    let select = Fragment::default().sql("SELECT state FROM staff_ballots WHERE id = ").parameter(id.to_string());
    let state: Option<String> = select.giving::<Text>().get_result(tx.conn()).optional()?;
    Ok(state.as_deref() == Some(BallotState::Open.as_str()))
}

/// All open ballots.
pub fn all_open(tx: &mut ReadTx<'_>) -> Result<Vec<Ballot>, Error> {
    record::all_where(tx, Fragment::default().sql("staff_ballots.state = 'open'"))
}

/// The version of the ballot's record, whatever its state; none where there is no such record.
pub fn version(tx: &mut ReadTx<'_>, id: StaffBallotId) -> Result<Option<i64>, Error> {
    let select = Fragment::default().sql("SELECT version FROM staff_ballots WHERE id = ").parameter(id.to_string());
    Ok(select.giving::<BigInt>().get_result(tx.conn()).optional()?)
}

/// Whether an archive of the write-ahead log or a standby may keep what is cast. SQLite has neither, as far as the database knows.
pub fn archived(tx: &mut ReadTx<'_>) -> Result<Archived, Error> {
    if matches!(tx.conn(), Conn::Sqlite(_)) {
        return Ok(Archived::No);
    }
    let found = Fragment::default().sql(
        "SELECT CASE WHEN current_setting('archive_mode') <> 'off' OR EXISTS (SELECT 1 FROM pg_stat_replication) \
         OR EXISTS (SELECT 1 FROM pg_replication_slots) THEN 'yes' ELSE 'no' END",
    );
    let found: QueryResult<String> = found.giving::<Text>().get_result(tx.conn());
    Ok(match found.as_deref() {
        Ok("yes") => Archived::Yes,
        Ok("no") => Archived::No,
        _ => Archived::Unknown,
    })
}

/// What stands in the list of spends for a vote.
pub fn spend_line(credential: &Credential) -> String {
    match credential {
        Credential::One(spend) => spend.to_string(),
        Credential::Two { a, b } => format!("{a} {b}"),
    }
}

fn spent_in(contents: &Contents, id: StaffBallotId) -> Result<Vec<Credential>, Error> {
    let credential = |line: &String| match line.split_once(' ') {
        None => Ok(Credential::One(parsed::<Spend>(line, id)?)),
        Some((a, b)) => Ok(Credential::Two { a: parsed(a, id)?, b: parsed(b, id)? }),
    };
    contents.spends.iter().map(credential).collect()
}

fn half_of(line: &str) -> Option<NumberedHalf> {
    let (number, half) = line.split_once(' ')?;
    Some(NumberedHalf { number: number.parse().ok()?, half: half.parse().ok()? })
}

/// Pieces of a long text, so that pages hold it.
fn in_pieces(text: &str) -> Vec<String> {
    const PIECE: usize = 1_000;
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

fn under(place: &str, faults: Vec<Fault>) -> Error {
    Error::Rule(faults.into_iter().map(|fault| fault.under(place)).collect())
}

const fn sent_by(side: Side) -> BallotList {
    match side {
        Side::A => BallotList::SentByA,
        Side::B => BallotList::SentByB,
    }
}

fn parsed<T: std::str::FromStr>(text: &str, id: StaffBallotId) -> Result<T, Error> {
    text.parse().map_err(|_| corrupt(id))
}

fn corrupt(id: StaffBallotId) -> Error {
    Error::Internal(format!("what is kept of the ballot {id} cannot be read"))
}

fn no_box(id: StaffBallotId) -> Error {
    let said = format!("the box of the ballot {id} is gone, with its votes: the ballot can only be cancelled");
    Error::State(vec![Fault::new("state", FaultCode::Inconsistent, said)])
}
