//! Bundles of closed ballots, whole and tampered with.

use std::sync::LazyLock;

use domain::ballot_protocol::{
    BallotIssuer, BallotManifest, Bundle, BundleCheck, Choice, Count, Credential, Entry, Extension, Lot, Opening,
    PaperBatch, PaperVotes, Protocol, PublicKey, Roll, RoundEnd, Sha256Hex, Side, Signature, SignedBatch, Spend,
    Tracker, Vote, WholeSecond, roll_root, votes_root,
};
use domain::{BallotMethod, BallotOption, Basis, Effect, Fault, FaultCode, Rules as _, Threshold};
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::Config;

use crate::kit::{ballot, codes, credential, entry, key, places};

/// The roll has 200 people, of whom 150 vote online and 12 on paper: the sizes of the protocol's reference program.
const PEOPLE: u32 = 200;
const ONLINE: u32 = 150;
const POSTED: u32 = 162;

static BUNDLE: LazyLock<Bundle> = LazyLock::new(bundle);

fn signing_key(side: Side) -> SigningKey {
    SigningKey::from_bytes(&match side {
        Side::A => [1; 32],
        Side::B => [2; 32],
    })
}

fn sign(side: Side, message: &str) -> Signature {
    Signature::from_bytes(&signing_key(side).sign(message.as_bytes()).to_bytes())
}

fn signatures(message: &str) -> Vec<(Side, Signature)> {
    Side::ALL.iter().map(|side| (*side, sign(*side, message))).collect()
}

fn instant(raw: &str) -> WholeSecond {
    raw.parse().unwrap()
}

fn manifest(roll: &Roll) -> BallotManifest {
    let options = [("mutual", Effect::Mutual), ("stay", Effect::RemainInHouse), ("trust", Effect::NhsTrust)];
    let public_key = |side| PublicKey::of_seed(&signing_key(side).to_bytes());
    let issuer =
        |(side, name): (Side, &str)| BallotIssuer { side, name: name.parse().unwrap(), public_key: public_key(side) };
    BallotManifest {
        protocol: Protocol::PsmBallotV1,
        ballot: ballot(),
        question: "Shall we leave the council as a mutual?".parse().unwrap(),
        method: BallotMethod::Ranked,
        options: options
            .map(|(raw, effect)| BallotOption { key: key(raw), label: raw.parse().unwrap(), effect })
            .into(),
        opens_at: instant("2026-06-01T08:00:00Z"),
        closes_at: instant("2026-06-08T17:00:00Z"),
        paper_until: Some(instant("2026-06-12T17:00:00Z")),
        thresholds: vec![Threshold { basis: Basis::Turnout, percent: "50".parse().unwrap(), option: None }],
        min_returned: Some(100),
        issuers: [(Side::A, "Scrutineer"), (Side::B, "Union")].map(issuer).into(),
        roll_size: i64::from(PEOPLE),
        roll_root: roll.root(),
        receipt_key: PublicKey::of_seed(&[3; 32]),
    }
}

/// Choices that are all different in how many there are of them, as if people had voted.
fn choice(number: u32) -> &'static str {
    let choices = ["mutual", "mutual>stay", "stay", "trust>mutual>stay", "stay>trust", "mutual>trust", "trust"];
    choices[usize::try_from(number * number / 3 + number).unwrap() % choices.len()]
}

fn bundle() -> Bundle {
    let roll = Roll::new((1..=PEOPLE).map(entry).collect(), false).unwrap();
    let manifest = manifest(&roll);
    let manifest_hash = Sha256Hex::of("the manifest as canonical JSON");
    let opening = Opening { ballot: ballot(), manifest: manifest_hash };
    let form = manifest.paper();

    let mut spends: Vec<Credential> = (1..=ONLINE).map(credential).collect();
    spends.sort();
    let nonce = |number: u32| Sha256Hex::of(&number.to_string()).to_string()[..32].parse().unwrap();
    let vote =
        |number| Vote { tracker: codes(number).tracker(ballot(), &nonce(number)), choice: choice(number).to_owned() };
    let mut votes: Vec<Vote> = (1..=ONLINE).map(vote).collect();
    votes.sort();
    let votes_root = votes_root(ballot(), &votes);

    let written = |raw: &str, number| vec![Choice::parse(raw, &form).unwrap(); number];
    let rankings = [written("mutual", 6), written("stay>trust", 5)].concat();
    let batch = PaperBatch {
        spends: (ONLINE + 1..=POSTED).map(credential).collect(),
        votes: PaperVotes::Rankings(rankings),
        spoiled: 1,
        duplicates: 2,
    };
    let choices: Vec<Choice> = votes.iter().map(|vote| Choice::parse(&vote.choice, &form).unwrap()).collect();
    let rounds = Count::of(&form, &choices, Some(&batch), Lot { ballot: ballot(), votes_root }).rounds;

    let hash = Sha256Hex::of("the batch as canonical JSON");
    let extended = ["2026-06-09T17:00:00Z", "2026-06-10T12:00:00Z"].map(instant);
    let extension =
        |closes_at| Extension { closes_at, signature: sign(Side::A, &opening.extension_message(closes_at)) };
    Bundle {
        manifest,
        manifest_hash,
        signatures: signatures(&opening.manifest_message()),
        extensions: extended.map(extension).into(),
        entries: roll.entries().to_vec(),
        spends,
        votes,
        votes_root,
        paper: Some(SignedBatch { batch, hash, signatures: signatures(&opening.paper_message(&hash)) }),
        rounds,
    }
}

fn failed(bundle: &Bundle) -> Vec<BundleCheck> {
    bundle.check().into_iter().filter(|finding| !finding.is_passed()).map(|finding| finding.check).collect()
}

/// What fails after a change of the whole bundle.
fn failed_after(change: impl FnOnce(&mut Bundle)) -> Vec<BundleCheck> {
    let mut bundle = BUNDLE.clone();
    change(&mut bundle);
    failed(&bundle)
}

fn recount(bundle: &mut Bundle) {
    let form = bundle.manifest.paper();
    bundle.votes_root = votes_root(ballot(), &bundle.votes);
    let choices: Vec<Choice> = bundle.votes.iter().map(|vote| Choice::parse(&vote.choice, &form).unwrap()).collect();
    let lot = Lot { ballot: ballot(), votes_root: bundle.votes_root };
    bundle.rounds = Count::of(&form, &choices, bundle.paper.as_ref().map(|paper| &paper.batch), lot).rounds;
}

#[test]
fn a_whole_bundle_passes_every_check() {
    let findings = BUNDLE.check();
    assert_eq!(findings.iter().map(|finding| finding.check).collect::<Vec<_>>(), BundleCheck::ALL);
    assert!(findings.iter().all(|finding| finding.is_passed()), "{findings:?}");
    assert_eq!(
        failed_after(|bundle| {
            bundle.paper = None;
            bundle.extensions.clear();
            recount(bundle);
        }),
        []
    );
}

#[test]
fn each_issuer_has_signed_the_manifest_and_the_papers() {
    let of_manifest = [BundleCheck::ManifestSignatures];
    assert_eq!(failed_after(|bundle| bundle.signatures.truncate(1)), of_manifest);
    assert_eq!(failed_after(|bundle| bundle.signatures[1].1 = bundle.signatures[0].1), of_manifest);
    assert_eq!(failed_after(|bundle| bundle.signatures.push(bundle.signatures[0])), of_manifest);
    assert_eq!(
        failed_after(|bundle| bundle.paper.as_mut().unwrap().signatures.clear()),
        [BundleCheck::PaperSignatures]
    );
    assert_eq!(
        failed_after(|bundle| bundle.paper.as_mut().unwrap().hash = Sha256Hex::of("another")),
        [BundleCheck::PaperSignatures]
    );
    assert_eq!(
        failed_after(|bundle| bundle.manifest_hash = Sha256Hex::of("another")),
        [BundleCheck::ManifestSignatures, BundleCheck::Extensions, BundleCheck::PaperSignatures]
    );
    // The keys are part of what is signed, so that another key fails, too, though its owner has signed.
    assert_eq!(
        failed_after(|bundle| bundle.manifest.issuers[1].public_key = PublicKey::of_seed(&[9; 32])),
        [BundleCheck::ManifestSignatures, BundleCheck::PaperSignatures]
    );
}

#[test]
fn extensions_are_signed_and_later_only() {
    let opening = Opening { ballot: ballot(), manifest: BUNDLE.manifest_hash };
    let extended = |raw: &[&str], side| {
        let signed = |closes_at| Extension { closes_at, signature: sign(side, &opening.extension_message(closes_at)) };
        failed_after(|bundle| bundle.extensions = raw.iter().map(|raw| signed(instant(raw))).collect())
    };
    let failed = [BundleCheck::Extensions];
    assert_eq!(extended(&["2026-06-08T17:00:01Z"], Side::A), []);
    assert_eq!(extended(&["2026-06-08T17:00:01Z"], Side::B), failed);
    assert_eq!(extended(&["2026-06-08T17:00:00Z"], Side::A), failed);
    assert_eq!(extended(&["2026-06-10T17:00:00Z", "2026-06-09T17:00:00Z"], Side::A), failed);
    assert_eq!(failed_after(|bundle| bundle.extensions.swap(0, 1)), failed);
}

#[test]
fn votes_that_nobody_cast_are_found() {
    let vote = Vote { tracker: Tracker(Sha256Hex::of("nobody")), choice: "stay".to_owned() };
    let stuff = |bundle: &mut Bundle| {
        bundle.votes.push(vote.clone());
        bundle.votes.sort();
        recount(bundle);
    };
    assert_eq!(failed_after(stuff), [BundleCheck::VoteForEachSpend]);
    let with_spend = |spend: Credential| {
        failed_after(|bundle| {
            stuff(bundle);
            bundle.spends.push(spend);
        })
    };
    assert_eq!(with_spend(credential(PEOPLE + 1)), [BundleCheck::Spends]);
    assert_eq!(with_spend(credential(1)), [BundleCheck::Spends]);
    assert_eq!(with_spend(credential(POSTED)), [BundleCheck::Spends, BundleCheck::PaperBatch]);
    assert_eq!(with_spend(credential(PEOPLE)), [], "with codes of somebody who has not voted, nobody else can tell");
}

#[test]
fn a_roll_that_the_issuers_did_not_sign_is_found() {
    let another = |bundle: &mut Bundle| {
        bundle.entries[0] = Entry(Sha256Hex::of("friend"));
        bundle.entries.sort();
    };
    assert!(failed_after(another).contains(&BundleCheck::RollRoot));
    assert_eq!(
        failed_after(|bundle| {
            bundle.entries.push(Entry(Sha256Hex::of("friend")));
            bundle.entries.sort();
            bundle.manifest.roll_root = roll_root(&bundle.entries);
        }),
        [BundleCheck::Roll]
    );
    assert_eq!(failed_after(|bundle| bundle.entries.swap(0, 1)), [BundleCheck::Roll, BundleCheck::RollRoot]);
}

#[test]
fn papers_need_a_manifest_that_has_paper() {
    assert_eq!(failed_after(|bundle| bundle.manifest.paper_until = None), [BundleCheck::PaperBatch]);
}

#[test]
fn choices_that_the_ballot_does_not_have_are_found() {
    assert_eq!(
        failed_after(|bundle| bundle.votes[3].choice = "stay>stay".to_owned()),
        [BundleCheck::Choices, BundleCheck::VotesRoot, BundleCheck::Rounds]
    );
}

/// The rules of a manifest, each with its place.
#[test]
fn a_manifest_that_breaks_the_rules_is_told_all_faults() {
    let whole = || BUNDLE.manifest.clone();
    let faults = |manifest: BallotManifest| -> Vec<Fault> { manifest.faults() };
    assert_eq!(faults(whole()), []);

    let mut manifest = whole();
    manifest.options.extend((0..4).map(|n| BallotOption { key: key(&format!("o{n}")), ..whole().options[0].clone() }));
    manifest.closes_at = manifest.opens_at;
    manifest.paper_until = Some(manifest.opens_at);
    manifest.issuers[1].public_key = manifest.issuers[0].public_key;
    manifest.roll_size = 4;
    manifest.min_returned = Some(5);
    manifest.thresholds[0].option = Some(key("stay"));
    assert_eq!(
        places(&faults(manifest)),
        [
            ("options", FaultCode::TooMany),
            ("closes_at", FaultCode::DateOrder),
            ("paper_until", FaultCode::DateOrder),
            ("issuers/1/public_key", FaultCode::DuplicateItem),
            ("roll_size", FaultCode::TooFew),
            ("min_returned", FaultCode::OutOfRange),
            ("thresholds/0/option", FaultCode::Inconsistent),
        ]
    );

    let issuers = |sides: &[usize]| {
        let issuers = sides.iter().map(|at| whole().issuers[*at].clone()).collect();
        places(&faults(BallotManifest { issuers, ..whole() })).first().map(|(place, _)| (*place).to_owned())
    };
    assert_eq!(issuers(&[0]), None);
    for wrong in [vec![], vec![1], vec![1, 0], vec![0, 0], vec![0, 1, 1]] {
        assert_eq!(issuers(&wrong).as_deref(), Some("issuers"), "{wrong:?}");
    }
    let small = BallotManifest { roll_size: 19, min_returned: Some(19), ..whole() };
    assert_eq!(faults(small.clone()), []);
    assert!(small.is_small() && !whole().is_small());
    assert!(small.is_quorate(19) && !small.is_quorate(18));
}

/// What can be done to a bundle: what the protocol's reference program tries, and signatures and votes on paper.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    Entry,
    Spend,
    Half,
    Choice,
    Stuff,
    Drop,
    Paper,
    Spoiled,
    Round,
    DoubleSpend,
    Signature,
    Extension,
}

const MUTATIONS: [Mutation; 12] = [
    Mutation::Entry,
    Mutation::Spend,
    Mutation::Half,
    Mutation::Choice,
    Mutation::Stuff,
    Mutation::Drop,
    Mutation::Paper,
    Mutation::Spoiled,
    Mutation::Round,
    Mutation::DoubleSpend,
    Mutation::Signature,
    Mutation::Extension,
];

fn mutate(bundle: &mut Bundle, mutation: Mutation, at: Index, random: Sha256Hex) {
    let stuff = |bundle: &mut Bundle| {
        bundle.votes.push(Vote { tracker: Tracker(random), choice: "stay".to_owned() });
        bundle.votes.sort();
        bundle.votes_root = votes_root(ballot(), &bundle.votes);
    };
    match mutation {
        Mutation::Entry => {
            *at.get_mut(&mut bundle.entries) = Entry(random);
            bundle.entries.sort();
        }
        Mutation::Spend => {
            if let Credential::Two { a, .. } = at.get_mut(&mut bundle.spends) {
                *a = Spend(random);
            }
        }
        Mutation::Half => swap_halves(&mut bundle.spends, at),
        Mutation::Choice => {
            let choice = &mut at.get_mut(&mut bundle.votes).choice;
            *choice = if choice == "stay" { "trust" } else { "stay" }.to_owned();
        }
        Mutation::Stuff => stuff(bundle),
        Mutation::Drop => drop(bundle.votes.pop()),
        Mutation::Paper => {
            let PaperVotes::Rankings(rankings) = &mut bundle.paper.as_mut().unwrap().batch.votes else { return };
            rankings.push(rankings[0].clone());
        }
        Mutation::Spoiled => bundle.paper.as_mut().unwrap().batch.spoiled += 1,
        Mutation::Round => *at.get_mut(&mut bundle.rounds).counts.values_mut().next().unwrap() += 1,
        Mutation::DoubleSpend => {
            bundle.spends.push(bundle.spends[at.index(bundle.spends.len())]);
            stuff(bundle);
        }
        Mutation::Signature => at.get_mut(&mut bundle.signatures).1 = sign(Side::A, &random.to_string()),
        Mutation::Extension => at.get_mut(&mut bundle.extensions).closes_at = instant("2026-07-01T17:00:00Z"),
    }
}

/// Gives the spends of one issuer only to each other's person.
fn swap_halves(spends: &mut [Credential], at: Index) {
    let first = at.index(spends.len() - 1);
    let (Credential::Two { a, b }, Credential::Two { a: other_a, b: other_b }) = (spends[first], spends[first + 1])
    else {
        return;
    };
    spends[first] = Credential::Two { a, b: other_b };
    spends[first + 1] = Credential::Two { a: other_a, b };
}

proptest! {
    #![proptest_config(Config { cases: 1_000, ..Config::default() })]

    #[test]
    fn no_bundle_that_was_tampered_with_is_accepted(
        mutation in select(MUTATIONS.to_vec()),
        at: Index,
        random: [u8; 32],
    ) {
        let mut bundle = BUNDLE.clone();
        mutate(&mut bundle, mutation, at, Sha256Hex::from_bytes(random));
        prop_assert!(!failed(&bundle).is_empty(), "{mutation:?}");
    }
}

#[test]
fn a_round_says_what_comes_of_it() {
    let wrong = |end: RoundEnd| failed_after(|bundle| bundle.rounds.last_mut().unwrap().end = end);
    assert_eq!(wrong(RoundEnd::Leading(Vec::new())), [BundleCheck::Rounds]);
    assert_eq!(failed_after(|bundle| drop(bundle.rounds.pop())), [BundleCheck::Rounds]);
}
