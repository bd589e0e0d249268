//! Complaints and what they show.

use std::collections::HashSet;

use domain::BallotMethod;
use domain::ballot_protocol::{
    BallotPaper, Choice, Complaint, Count, Entry, Evidence, Judged, Judgement, Lot, Nonce, Opening, PublicKey,
    Sha256Hex, Signature, Vote, could_change, in_doubt, receipt_seed,
};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::kit::{NONCE, ballot, codes, entry, paper};

const SEED: [u8; 32] = [7; 32];

fn opening() -> Opening {
    Opening { ballot: ballot(), manifest: Sha256Hex::of("manifest") }
}

fn form() -> BallotPaper {
    paper(BallotMethod::SingleChoice, "yes,no")
}

fn choice(raw: &str) -> Choice {
    Choice::parse(raw, &form()).unwrap()
}

fn vote(number: u32, raw: &str) -> Vote {
    Vote::new(codes(number).tracker(ballot(), &NONCE.parse().unwrap()), &choice(raw))
}

fn signed(receipt: String) -> Complaint {
    let key = SigningKey::from_bytes(&receipt_seed(&SEED, ballot()));
    let signature = Signature::from_bytes(&key.sign(receipt.as_bytes()).to_bytes());
    Complaint::Receipt { receipt, signature }
}

fn receipt(number: u32, raw: &str) -> Complaint {
    signed(opening().receipt_message(&vote(number, raw)))
}

fn cast(number: u32, nonce: &str, raw: &str) -> Complaint {
    Complaint::Cast { codes: codes(number), nonce: nonce.parse::<Nonce>().unwrap(), choice: choice(raw) }
}

/// Number 1 voted `yes`, and so it is on the board. Number 2 did, too, and is not on it. Number 3 did not vote.
fn judge(complaint: &Complaint) -> Judged {
    let board = HashSet::from([vote(1, "yes")]);
    let spent: HashSet<Entry> = [1, 2].map(entry).into();
    let receipt_key = PublicKey::of_seed(&receipt_seed(&SEED, ballot()));
    Evidence { opening: opening(), receipt_key: &receipt_key, board: &board, spent: &spent }.judge(complaint)
}

fn judgement(complaint: &Complaint) -> Judgement {
    judge(complaint).judgement
}

#[test]
fn a_receipt_for_a_vote_that_is_not_on_the_board_is_proof() {
    assert_eq!(judgement(&receipt(1, "yes")), Judgement::Unfounded);
    assert_eq!(judgement(&receipt(2, "yes")), Judgement::Proven);
    assert_eq!(judgement(&receipt(1, "no")), Judgement::Proven, "the board has another choice");
}

#[test]
fn a_receipt_that_the_service_did_not_sign_for_this_ballot_shows_nothing() {
    let Complaint::Receipt { signature, .. } = receipt(2, "yes") else { unreachable!("it is a receipt") };
    let forged = Complaint::Receipt { receipt: opening().receipt_message(&vote(2, "no")), signature };
    assert_eq!(judgement(&forged), Judgement::Unfounded);

    let other = Opening { manifest: Sha256Hex::of("another"), ..opening() };
    assert_eq!(judgement(&signed(other.receipt_message(&vote(2, "yes")))), Judgement::Unfounded);
    assert_eq!(judgement(&signed("psm-ballot-v1:receipt:".to_owned())), Judgement::Unfounded);
}

#[test]
fn a_spent_code_without_its_vote_is_evidence() {
    assert_eq!(judgement(&cast(1, NONCE, "yes")), Judgement::Unfounded, "it is on the board");
    assert_eq!(judgement(&cast(1, NONCE, "no")), Judgement::SpentButAbsent);
    assert_eq!(judgement(&cast(2, NONCE, "yes")), Judgement::SpentButAbsent);
    assert_eq!(judgement(&cast(3, NONCE, "yes")), Judgement::Unfounded, "the code is not spent");
    assert_eq!(judgement(&cast(99, NONCE, "yes")), Judgement::Unfounded, "the code is not on the roll");
}

#[test]
fn a_vote_is_in_doubt_once_however_often_somebody_complains() {
    let other_nonce = "0123456789abcdef0123456789abcdef";
    let judged = |complaints: &[Complaint]| in_doubt(&complaints.iter().map(judge).collect::<Vec<_>>());
    assert_eq!(judged(&[receipt(2, "yes"), receipt(2, "yes")]), 1);
    assert_eq!(judged(&[cast(2, NONCE, "yes"), cast(2, other_nonce, "no")]), 1);
    assert_eq!(judged(&[receipt(2, "yes"), cast(2, NONCE, "yes"), cast(2, other_nonce, "no")]), 1);
    assert_eq!(judged(&[receipt(2, "yes"), cast(1, NONCE, "no"), cast(3, NONCE, "no"), receipt(1, "yes")]), 2);
}

#[test]
fn complaints_could_change_the_result_if_they_are_as_many_as_the_margin() {
    let votes = |yes, no| [vec![choice("yes"); yes], vec![choice("no"); no]].concat();
    let lot = Lot { ballot: ballot(), votes_root: Sha256Hex::of("") };
    let could = |yes, no, complaints: &[Complaint]| {
        let judged: Vec<Judged> = complaints.iter().map(judge).collect();
        could_change(&judged, &Count::of(&form(), &votes(yes, no), None, lot))
    };
    let two = [receipt(2, "yes"), cast(1, NONCE, "no")];
    assert!(could(12, 10, &two));
    assert!(!could(13, 10, &two));
    assert!(could(10, 10, &two));
    assert!(!could(10, 10, &[]), "a tie alone is no doubt");
    assert!(!could(10, 10, &[receipt(1, "yes")]));
}
