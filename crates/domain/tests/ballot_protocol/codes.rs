//! Codes, nonces, and what is hashed from them.

use domain::ballot_protocol::{
    BallotId, Code, Codes, Credential, Entry, Nonce, Seed, Sha256Hex, Side, Spend, Tracker, Vote, votes_root,
};
use domain::tree::leaf_hash;
use domain::{BallotMethod, FaultCode, Invalid};
use proptest::prelude::*;

use crate::kit::{NONCE, ballot, code, codes, entry, half, paper, seed};

fn leaf(vote: &Vote) -> String {
    Sha256Hex::from_bytes(leaf_hash(vote.leaf(ballot()).as_bytes())).to_string()
}

fn vote(tracker: Tracker, choice: &str) -> Vote {
    Vote { tracker, choice: choice.to_owned() }
}

#[test]
fn one_issuer_has_the_hashes_of_the_vectors() {
    let codes = Codes::One("000102030405060708090a0b0c0d0e0f".parse().unwrap());
    let credential = codes.credential(ballot());
    let tracker = codes.tracker(ballot(), &NONCE.parse().unwrap());

    let Credential::One(spend) = credential else { unreachable!("there is one code") };
    assert_eq!(spend.to_string(), "f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8");
    assert_eq!(credential.entry().to_string(), "a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c");
    assert_eq!(tracker.to_string(), "78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014");
    assert_eq!(leaf(&vote(tracker, "yes")), "b3f6576ee20bcfec8cc4d0a07e3a61c0fea723503a646505e3f34768e5586d41");
}

#[test]
fn two_issuers_have_the_hashes_of_the_vectors() {
    let digits = |side| code(side, 1).to_string().replace(' ', "");
    assert_eq!(digits(Side::A), "938cdeaa9cb375cdbe9c3213c7d63f08");
    assert_eq!(digits(Side::B), "987fc28c3860d2a4623285f49f118a38");

    let Credential::Two { a, b } = codes(1).credential(ballot()) else { unreachable!("there are two codes") };
    assert_eq!(a.to_string(), "6022cc0cad6936a7e5039a435ab151348c9d64f3dd6bacee9aac76a735d4cc78");
    assert_eq!(b.to_string(), "003573682c5d66d432bdc784365f4a5d81ed1a55fd1aef702717923a54c9af18");
    assert_eq!(half(Side::A, 1).to_string(), "0693480da1ce9ecca72e58eb5911443a1d1f8b2ed1e4d01f345f6c4f84e63872");
    assert_eq!(half(Side::B, 1).to_string(), "8e029a20f3cdc1eb615c597f2bb9b99c1781f55f93734a1580444cb408bb1424");
    assert_eq!(entry(1).to_string(), "c73bae635d82e8278eba8cff6d0a82f7132b0c8a5ce2e782b4ff0ff45e3408bb");

    let tracker = codes(1).tracker(ballot(), &NONCE.parse().unwrap());
    assert_eq!(tracker.to_string(), "a191919af8f2df53e829327586d66d58da4a7882cad3f3602ffd7b27aab9b57c");
    let ranked =
        domain::ballot_protocol::Choice::parse("trust>mutual>stay", &paper(BallotMethod::Ranked, "mutual,stay,trust"));
    assert_eq!(
        leaf(&Vote::new(tracker, &ranked.unwrap())),
        "31dc2b9ed85f5c1aa2b22b9921a35facee9fecafe264e01b2c91c0360dc3fb4c"
    );
}

/// The root of one leaf is the leaf's hash, and that of none the hash of nothing: RFC 6962, section 2.1.
#[test]
fn the_root_of_a_board_is_that_of_its_leaves() {
    let vote = vote(Tracker(Sha256Hex::of("a")), "yes");
    assert_eq!(votes_root(ballot(), std::slice::from_ref(&vote)).to_string(), leaf(&vote));
    assert_eq!(votes_root(ballot(), &[]), Sha256Hex::of(""));
}

#[test]
fn a_code_is_shown_in_groups_and_read_as_people_type_it() {
    let shown = code(Side::A, 1).to_string();
    assert_eq!(shown, "938c deaa 9cb3 75cd be9c 3213 c7d6 3f08");
    for typed in [
        shown.as_str(),
        "938cdeaa9cb375cdbe9c3213c7d63f08",
        "938CDEAA-9CB375CD-BE9C3213-C7D63F08",
        " 938c deaa-9CB3 75cd be9c 3213 c7d6 3f08\n",
    ] {
        assert_eq!(typed.parse(), Ok(code(Side::A, 1)), "{typed}");
    }
}

#[test]
fn what_is_no_code_is_refused_and_not_shown() {
    for (typed, expected) in [
        ("", "0 digits are too few for a code: expected 32 digits of 0-9 and a-f"),
        ("938cdeaa9cb375cdbe9c3213c7d63f0", "31 digits are too few for a code: expected 32 digits of 0-9 and a-f"),
        (
            "938cdeaa9cb375cdbe9c3213c7d63f081",
            "there are too many digits for a code: expected 32 digits of 0-9 and a-f",
        ),
        (
            "938cdeaa9cb375cdbe9c3213c7d63fO8",
            "the text has a character that a code does not have: expected 32 digits of 0-9 and a-f",
        ),
        ("é", "the text has a character that a code does not have: expected 32 digits of 0-9 and a-f"),
    ] {
        let Err(Invalid { detail, .. }) = typed.parse::<Code>() else { unreachable!("{typed} is no code") };
        assert_eq!(detail, expected, "{typed}");
    }
}

#[test]
fn a_nonce_has_at_least_eight_different_digits() {
    let refused = |raw: &str| raw.parse::<Nonce>().err().map(|invalid| invalid.code);
    assert_eq!(refused(NONCE), None);
    assert_eq!(refused("01234567012345670123456701234567"), None);
    assert_eq!(refused("01234560012345600123456001234560"), Some(FaultCode::OutOfRange));
    assert_eq!(refused(&"0".repeat(32)), Some(FaultCode::OutOfRange));
    assert_eq!(refused(&NONCE.to_uppercase()), Some(FaultCode::InvalidCharacter));
    assert_eq!(refused(&NONCE[1..]), Some(FaultCode::InvalidFormat));
    assert_eq!(refused(&format!("{NONCE}0")), Some(FaultCode::InvalidFormat));
}

#[test]
fn secrets_do_not_show_when_values_are_debugged() {
    let nonce: Nonce = NONCE.parse().unwrap();
    let shown = format!("{:?} {:?} {:?} {nonce:?}", seed(Side::A), code(Side::A, 1), codes(1));
    assert_eq!(shown, "Seed(…) Code(…) Two { a: Code(…), b: Code(…) } Nonce(…)");
}

#[test]
fn only_lower_case_digits_are_a_hash() {
    let hash = "b3f6576ee20bcfec8cc4d0a07e3a61c0fea723503a646505e3f34768e5586d41";
    assert_eq!(hash.parse::<Sha256Hex>().unwrap().to_string(), hash);
    for other in
        ["", &hash[1..], &hash.to_uppercase(), &format!("{hash}0"), &format!("{hash}00"), &hash.replace('b', "g")]
    {
        assert_eq!(other.parse::<Spend>().unwrap_err().code, FaultCode::InvalidFormat, "{other}");
    }
}

proptest! {
    #[test]
    fn each_person_side_and_ballot_has_a_code_of_its_own(bytes: [u8; 32], number in 1_u32..100_000, other: u128) {
        let seed = Seed::from_bytes(bytes);
        let code = seed.code(ballot(), Side::A, number);
        let another = BallotId::from(domain::StaffBallotId::from_uuid(uuid::Uuid::from_u128(other)));
        for different in [
            seed.code(ballot(), Side::A, number + 1),
            seed.code(ballot(), Side::B, number),
            seed.code(another, Side::A, number),
        ] {
            prop_assert!(different != code);
        }
        prop_assert_eq!(code.to_string().parse(), Ok(code.clone()));
        prop_assert!(Entry::of_spend(&Spend::of(ballot(), &code)) != Entry::of_spend(&Spend::of(another, &code)));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written(bytes: [u8; 32]) {
        let hash = Sha256Hex::from_bytes(bytes);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
    }
}
