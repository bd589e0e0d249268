//! What a refusal says, and rules that random steps seldom reach.

use std::collections::HashSet;

use domain::ballot_protocol::{Entry, Side, Standing, Vote};
use domain::{BallotError, BallotMode, BallotState, Board, Closer, Declaration, FaultCode, Reporting, StaffBallot};

use super::kit::{
    CLOSES, OPENS, PAPER_UNTIL, Party, at, ballot_id, batch, cancellation, draft, extension, later, opened, opening,
    receipt, receipt_key, roll, rules, second, sent, sent_roll, signed_paper, vote,
};
use crate::samples::{ending, id, read};

use Party::{Admin, Editor, IssuerA, IssuerB, Stranger};

/// What is said against it, each at its field.
fn said<T>(result: Result<T, BallotError>) -> Vec<(String, FaultCode, String)> {
    match result {
        Ok(_) => Vec::new(),
        Err(BallotError::Content(faults)) => {
            faults.into_iter().map(|fault| (fault.field, fault.code, fault.detail)).collect()
        }
        Err(error) => vec![(String::new(), FaultCode::Inconsistent, error.to_string())],
    }
}

fn places<T>(result: Result<T, BallotError>) -> Vec<(String, FaultCode)> {
    said(result).into_iter().map(|(field, code, _)| (field, code)).collect()
}

fn at_field(field: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
    vec![(field.to_owned(), code)]
}

fn words<T>(result: Result<T, BallotError>) -> String {
    said(result).into_iter().map(|(_, _, detail)| detail).collect::<Vec<_>>().join("; ")
}

/// A draft with two issuers, which takes papers.
fn planned() -> StaffBallot {
    draft(2, true, Some(3))
}

fn appointed() -> StaffBallot {
    let with_a = planned().appoint_issuer(IssuerA.appointed(Side::A), &Admin.name()).unwrap();
    with_a.appoint_issuer(IssuerB.appointed(Side::B), &Admin.name()).unwrap()
}

fn frozen() -> StaffBallot {
    let sent = appointed().send_roll(sent_roll(Side::A), &IssuerA.name()).unwrap();
    let sent = sent.send_roll(sent_roll(Side::B), &IssuerB.name()).unwrap();
    let manifest = sent.propose(ballot_id(), &IssuerA.name(), &roll(true), (receipt_key(), at(OPENS))).unwrap();
    sent.freeze(&manifest, domain::ballot_protocol::Sha256Hex::of("manifest"), at(OPENS)).unwrap()
}

fn signed_by(ballot: &StaffBallot, side: Side, issuer: Party) -> StaffBallot {
    let signature = issuer.sign(&opening(ballot).manifest_message());
    ballot.sign_manifest(ballot_id(), (side, signature), &issuer.name()).unwrap()
}

fn open() -> StaffBallot {
    let signed = signed_by(&signed_by(&frozen(), Side::B, IssuerB), Side::A, IssuerA);
    signed.open(&IssuerA.name(), receipt_key(), opened(at(OPENS))).unwrap()
}

fn closed(votes: Vec<Vote>) -> StaffBallot {
    let (board, closer) = (Board { votes, paper: None }, Closer::Clock);
    open().close(ballot_id(), &board, closer, (at(PAPER_UNTIL), 2)).unwrap()
}

fn report(ballot: &StaffBallot, by: Party) -> Result<StaffBallot, BallotError> {
    let reporting = Reporting { satisfied: true, report_url: None, correction_reason: None };
    ballot.report(&reporting, &by.name(), (at(PAPER_UNTIL), 3))
}

#[test]
fn only_issuer_a_reports_and_declares() {
    let closed = closed(Vec::new());
    let declare = |by: Party| {
        let reported = report(&closed, IssuerA).unwrap();
        reported.declare(&Declaration::default(), &by.name(), &rules(at(PAPER_UNTIL)))
    };
    for by in [Admin, Editor, IssuerB, Stranger] {
        assert_eq!(words(report(&closed, by)), "only issuer `a` of the ballot can do this", "{by:?}");
        assert_eq!(words(declare(by)), "only issuer `a` of the ballot can do this", "{by:?}");
    }
    assert_eq!(declare(IssuerA).map(|ballot| ballot.state()), Ok(BallotState::Declared));
    let unreported = closed.declare(&Declaration::default(), &IssuerA.name(), &rules(at(PAPER_UNTIL)));
    assert_eq!(places(unreported), at_field("scrutineer_report", FaultCode::Required));
}

#[test]
fn a_recorded_draft_that_is_to_be_held_here_loses_its_scrutineer_and_their_report() {
    let recorded = StaffBallot { mode: BallotMode::Recorded, hosting: None, ..planned() };
    let appointed = StaffBallot { scrutineer_key_id: Some(id(9)), ..recorded };
    let reported = report(&appointed, Stranger).unwrap();
    assert!(reported.duties.report.is_some());

    let edited = reported.edit(planned(), &Editor.name()).unwrap();

    assert_eq!((edited.duties.report, edited.scrutineer_key_id), (None, None));
    let reworded = reported.edit(StaffBallot { question: None, ..reported.clone() }, &Editor.name()).unwrap();
    assert!(reworded.duties.report.is_some() && reworded.scrutineer_key_id.is_some());
}

#[test]
fn a_draft_says_nothing_that_the_register_finds_out() {
    let mut told = sent(&planned());
    let mut tally = told.tally.clone().into_inner();
    tally.roll_size = Some(24);
    tally.papers_issued = Some(24);
    told.tally = crate::samples::checked(tally);

    let expected = ["roll_size", "papers_issued"].map(|field| (field.to_owned(), FaultCode::ReadOnly));
    assert_eq!(places(told.require_draft()), expected);
    assert_eq!(places(planned().edit(told, &Editor.name())), expected);
}

#[test]
fn mode_and_number_of_issuers_stay_once_somebody_is_appointed() {
    let detail = "the ballot has an issuer already, so that `mode` and `issuer_count` stay as they are";
    let recorded = StaffBallot { mode: BallotMode::Recorded, hosting: None, ..planned() };
    assert_eq!(words(appointed().edit(recorded.clone(), &Editor.name())), detail);
    assert_eq!(words(appointed().edit(draft(1, true, None), &Editor.name())), detail);
    assert_eq!(words(planned().edit(recorded, &Editor.name())), "");
    assert_eq!(words(appointed().edit(draft(2, false, None), &Editor.name())), "", "times are still edited");
}

#[test]
fn issuers_are_others_than_who_appoints_or_wrote_and_have_keys_of_their_own() {
    let with_a = planned().appoint_issuer(IssuerA.appointed(Side::A), &Admin.name()).unwrap();
    let appoint = |ballot: &StaffBallot, issuer: Party, side, by: Party| {
        ballot.appoint_issuer(issuer.appointed(side), &by.name())
    };
    let key = at_field("key_id", FaultCode::Inconsistent);
    assert_eq!(places(appoint(&planned(), Admin, Side::A, Admin)), key);
    assert_eq!(places(appoint(&planned(), Editor, Side::A, Admin)), key);
    assert!(
        matches!(appoint(&planned(), IssuerA, Side::A, Editor), Err(BallotError::Duty(said)) if said.contains("wrote the draft"))
    );
    let one = draft(1, false, None);
    assert_eq!(places(appoint(&one, IssuerB, Side::B, Admin)), at_field("side", FaultCode::Inconsistent));
    let same_key = domain::AppointedIssuer { public_key: IssuerA.public_key(), ..IssuerB.appointed(Side::B) };
    let refused = with_a.appoint_issuer(same_key, &Admin.name());
    assert_eq!(places(refused), at_field("public_key", FaultCode::Inconsistent));
    let same_person = domain::AppointedIssuer { key_id: IssuerA.key_id(), ..IssuerB.appointed(Side::B) };
    assert_eq!(places(with_a.appoint_issuer(same_person, &Admin.name())), key);
}

#[test]
fn another_issuer_of_a_side_sends_their_own_roll() {
    let sent = appointed().send_roll(sent_roll(Side::A), &IssuerA.name()).unwrap();
    let rolls = |ballot: &StaffBallot| ballot.hosting.as_ref().unwrap().progress.rolls.len();
    let again = sent.appoint_issuer(IssuerA.appointed(Side::A), &Admin.name()).unwrap();
    let other = sent.appoint_issuer(Stranger.appointed(Side::A), &Admin.name()).unwrap();
    assert_eq!((rolls(&again), rolls(&other)), (1, 0));
    assert_eq!(other.scrutineer_key_id, Some(Stranger.key_id()));
}

#[test]
fn what_freezing_lacks_is_told_at_once() {
    let freeze =
        |ballot: &StaffBallot| ballot.propose(ballot_id(), &IssuerA.name(), &roll(true), (receipt_key(), at(CLOSES)));
    let with_a = planned().appoint_issuer(IssuerA.appointed(Side::A), &Admin.name()).unwrap();
    assert_eq!(words(freeze(&with_a)), "issuer `a` has not sent the roll; issuer `b` is not appointed");

    let sent = appointed().send_roll(sent_roll(Side::A), &IssuerA.name()).unwrap();
    let sent = sent.send_roll(sent_roll(Side::B), &IssuerB.name()).unwrap();
    let mut bare = StaffBallot { question: None, ..sent.clone() };
    let mut tally = bare.tally.clone().into_inner();
    tally.method = None;
    tally.options.truncate(1);
    bare.tally = crate::samples::checked(tally);
    let code = FaultCode::Required;
    let expected = [
        ("question", code),
        ("method", code),
        ("options", FaultCode::TooFew),
        ("hosting/closes_at", FaultCode::OutOfRange),
    ];
    assert_eq!(places(freeze(&bare)), expected.map(|(field, code)| (field.to_owned(), code)));
    let many = sent.edit(draft(2, true, Some(25)), &Editor.name()).unwrap();
    let refused = many.propose(ballot_id(), &IssuerA.name(), &roll(true), (receipt_key(), at(OPENS)));
    assert_eq!(places(refused), at_field("hosting/min_returned", FaultCode::OutOfRange));
}

#[test]
fn opening_says_which_signatures_are_missing() {
    let open = |ballot: &StaffBallot, key| ballot.open(&IssuerA.name(), key, opened(at(OPENS)));
    assert_eq!(words(open(&frozen(), receipt_key())), "the manifest is not signed by issuer `a` and issuer `b`");
    let half = signed_by(&frozen(), Side::A, IssuerA);
    assert_eq!(words(open(&half, receipt_key())), "the manifest is not signed by issuer `b`");
    let signed = signed_by(&half, Side::B, IssuerB);
    assert!(words(open(&signed, Stranger.public_key())).contains("signing key was changed since the roll was frozen"));
    let forged = Stranger.sign(&opening(&frozen()).manifest_message());
    let refused = said(frozen().sign_manifest(ballot_id(), (Side::A, forged), &IssuerA.name()));
    assert_eq!((refused[0].0.as_str(), refused[0].1), ("signature", FaultCode::Inconsistent));
    assert!(refused[0].2.contains(&opening(&frozen()).manifest_message()), "what is to be signed is told");
}

#[test]
fn a_vote_outside_the_window_is_told_the_window() {
    let cast = |raw: &str| words(open().expect_casting(at(raw)));
    assert_eq!(cast("2026-06-01T07:59:59Z"), format!("casting begins at {OPENS}"));
    assert_eq!((cast(OPENS), cast("2026-06-08T16:59:59Z")), (String::new(), String::new()));
    assert_eq!(cast(CLOSES), format!("casting ended at {CLOSES}"));
    let frozen = words(frozen().expect_casting(at(OPENS)));
    assert_eq!(frozen, "the ballot is `roll_frozen`: votes are cast in one that is `open`");
}

#[test]
fn casting_is_extended_before_it_ends_and_before_the_papers_end_and_not_for_ever() {
    let extend = |ballot: &StaffBallot, to: &str, now: &str| {
        ballot.extend(ballot_id(), extension(ballot, second(to), IssuerA), (&IssuerA.name(), at(now)))
    };
    let order = at_field("closes_at", FaultCode::DateOrder);
    assert_eq!(places(extend(&open(), CLOSES, OPENS)), order);
    assert_eq!(places(extend(&open(), PAPER_UNTIL, OPENS)), order);
    assert!(words(extend(&open(), "2026-06-09T17:00:00Z", CLOSES)).contains("can no longer be extended"));

    let mut extended = open();
    for n in 1..=StaffBallot::MAX_EXTENSIONS {
        extended = extend(&extended, &format!("2026-06-09T17:00:{n:02}Z"), OPENS).unwrap();
    }
    let refused = words(extend(&extended, "2026-06-09T17:01:00Z", OPENS));
    assert_eq!(refused, "casting has already been extended 20 times, which is the limit");
    assert_eq!(extended.casting(ballot_id()).unwrap().ends_at, second("2026-06-09T17:00:20Z"));
}

#[test]
fn an_open_ballot_is_cancelled_with_a_signature_and_of_that_reason() {
    let cancel = |ballot: &StaffBallot, what| ballot.cancel(ballot_id(), what, &IssuerA.name());
    let now = at(OPENS);
    assert!(cancel(&frozen(), cancellation(&frozen(), now, None)).is_ok());
    let unsigned = cancel(&open(), cancellation(&open(), now, None));
    assert_eq!(places(unsigned), at_field("signature", FaultCode::Required));
    let signed = cancellation(&open(), now, Some(IssuerA));
    let other_reason = domain::Cancellation { reason: read("another reason"), ..signed.clone() };
    assert_eq!(places(cancel(&open(), other_reason)), at_field("signature", FaultCode::Inconsistent));
    assert_eq!(cancel(&open(), signed).map(|ballot| ballot.state()), Ok(BallotState::Cancelled));
}

#[test]
fn papers_come_once_between_casting_and_close_signed_by_each_issuer() {
    let standing = |_: &Entry| Standing::Unspent;
    let enter = |ballot: &StaffBallot, signers: &[(Side, Party)], now: &str| {
        let papers = (&batch(true), signed_paper(ballot, signers));
        ballot.enter_paper(ballot_id(), papers, standing, (&IssuerB.name(), at(now)))
    };
    let both = [(Side::B, IssuerB), (Side::A, IssuerA)];
    assert!(words(enter(&open(), &both, "2026-06-08T16:59:59Z")).contains("papers are entered after that"));
    assert_eq!(words(enter(&open(), &both, PAPER_UNTIL)), format!("papers could be entered until {PAPER_UNTIL}"));
    let required = at_field("signatures", FaultCode::Required);
    assert_eq!(places(enter(&open(), &both[..1], CLOSES)), required);
    assert_eq!(places(enter(&open(), &[both[0], both[1], both[1]], CLOSES)), required, "twice is not once");
    let forged = enter(&open(), &[(Side::A, IssuerA), (Side::B, IssuerA)], CLOSES);
    assert_eq!(places(forged), at_field("signatures/1/signature", FaultCode::Inconsistent));

    let entered = enter(&open(), &both, CLOSES).unwrap();
    let paper = entered.hosting.as_ref().unwrap().progress.paper.clone().unwrap();
    assert_eq!(paper.signatures.iter().map(|(side, _)| *side).collect::<Vec<_>>(), [Side::A, Side::B]);
    assert_eq!(words(enter(&entered, &both, CLOSES)), "the ballot has its papers: they come in one batch");
}

#[test]
fn the_clock_waits_for_the_papers_and_issuer_a_for_the_end_of_casting() {
    let close = |closer, seconds| words(open().expect_closing(closer, later(second(CLOSES), seconds)).map(drop));
    let name = IssuerA.name();
    assert_eq!(close(Closer::Caller(&name), 0), "");
    assert_eq!(
        close(Closer::Caller(&name), -1),
        format!("casting ends at {CLOSES}, and the ballot is not closed before")
    );
    assert_eq!(
        close(Closer::Clock, 0),
        format!("the ballot closes by itself at {PAPER_UNTIL}, and the ballot is not closed before")
    );
}

#[test]
fn what_was_cast_here_is_not_deleted() {
    for state in BallotState::ALL.iter().copied() {
        let ballot = StaffBallot { ending: ending(state), ..planned() };
        let refused = words(ballot.require_deletable());
        let stays = ![BallotState::Draft, BallotState::RollFrozen, BallotState::Cancelled].contains(&state);
        assert_eq!(refused.contains("stays on record: it can be found void"), stays, "{state}");
    }
}

#[test]
fn complaints_are_kept_up_to_a_number_and_no_more() {
    let closed = closed(vec![vote(1, true, false, "a")]);
    let board = HashSet::from([vote(1, true, false, "a")]);
    let complain = |ballot: &StaffBallot, person| {
        let lost = receipt(opening(&closed), &vote(person, true, false, "b"), true);
        ballot.complain(ballot_id(), &lost, (&board, &HashSet::new()), at(PAPER_UNTIL))
    };
    let mut full = complain(&closed, 1).unwrap().1;
    let hosting = full.hosting.as_mut().unwrap();
    hosting.progress.complaints = vec![hosting.progress.complaints[0]; StaffBallot::MAX_COMPLAINTS];

    assert!(complain(&full, 1).is_ok(), "it is kept already");
    assert_eq!(words(complain(&full, 2)), "the ballot has 1000 complaints, which is as many as are kept");
    assert!(words(complain(&open(), 1)).contains("only one that is `closed` or `declared`"));
}
