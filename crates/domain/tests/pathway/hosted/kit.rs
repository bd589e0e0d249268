//! Who takes part in a hosted ballot, when, and what they sign.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::name_of_key;
use domain::ballot_protocol::{
    Choice, Code, Codes, Complaint, Entry, Nonce, Opening, PaperBatch, PaperVotes, PublicKey, Roll, Seed, Sha256Hex,
    Side, Signature, Vote, WholeSecond,
};
use domain::{
    AppointedIssuer, Archived, BallotKind, BallotMethod, BallotMode, BallotState, Basis, Cancellation,
    DeclarationRules, Effect, Held, Hosting, HostingPlan, HostingProgress, KeyId, Opened, OptionCount,
    ReasonedExtension, SentRoll, SignedPaper, StaffBallot, StaffBallotId, Tally,
};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::samples::{ballot, checked, ending, id, read, tally, threshold};

/// Who calls. Each has a key of the service, and one to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    Admin,
    Editor,
    IssuerA,
    IssuerB,
    Stranger,
}

impl Party {
    pub const ALL: [Self; 5] = [Self::Admin, Self::Editor, Self::IssuerA, Self::IssuerB, Self::Stranger];

    fn number(self) -> u8 {
        u8::try_from(Self::ALL.iter().position(|party| *party == self).unwrap()).unwrap() + 1
    }

    pub fn key_id(self) -> KeyId {
        id(self.number().into())
    }

    /// What the log calls them.
    pub fn name(self) -> String {
        name_of_key(self.key_id())
    }

    fn signing(self) -> SigningKey {
        SigningKey::from_bytes(&[self.number(); 32])
    }

    pub fn public_key(self) -> PublicKey {
        PublicKey::of_seed(&[self.number(); 32])
    }

    pub fn sign(self, message: &str) -> Signature {
        Signature::from_bytes(&self.signing().sign(message.as_bytes()).to_bytes())
    }

    /// What appoints them as the issuer of a side.
    pub fn appointed(self, side: Side) -> AppointedIssuer {
        AppointedIssuer {
            side,
            key_id: self.key_id(),
            name: read("Electoral Reform Services"),
            organisation: None,
            public_key: self.public_key(),
        }
    }
}

pub const OPENS: &str = "2026-06-01T08:00:00Z";
pub const CLOSES: &str = "2026-06-08T17:00:00Z";
pub const PAPER_UNTIL: &str = "2026-06-12T17:00:00Z";

pub fn at(raw: &str) -> DateTime<Utc> {
    raw.parse().unwrap()
}

pub fn second(raw: &str) -> WholeSecond {
    raw.parse().unwrap()
}

/// So many seconds later.
pub fn later(from: WholeSecond, seconds: i64) -> DateTime<Utc> {
    from.instant() + TimeDelta::seconds(seconds)
}

pub fn ballot_id() -> StaffBallotId {
    id(0xb0)
}

/// The key that signs the receipts.
pub fn receipt_key() -> PublicKey {
    PublicKey::of_seed(&[0x77; 32])
}

/// So many people are on the roll: the first vote online, the next on paper, the others not at all.
pub const PEOPLE: u32 = 24;
pub const ONLINE: u32 = 12;
pub const PAPERS: u32 = 10;
/// One paper of the batch is not valid.
pub const SPOILED: i64 = 1;
pub const PAPERS_FOR_A: i64 = 6;
pub const PAPERS_FOR_B: i64 = 3;

/// A draft that the editor wrote, with options `a`, to leave, and `b`, to stay.
pub fn draft(issuer_count: i64, paper: bool, min_returned: Option<i64>) -> StaffBallot {
    let tally = Tally {
        method: Some(BallotMethod::SingleChoice),
        roll_size: None,
        counts: Vec::new(),
        counts_complete: false,
        thresholds: vec![threshold(Basis::OfValid, "50.00", Some("a"))],
        ..tally(&[(Effect::Mutual, 0), (Effect::RemainInHouse, 0)])
    };
    let plan = HostingPlan {
        issuer_count,
        small: false,
        opens_at: second(OPENS),
        closes_at: second(CLOSES),
        paper_until: paper.then(|| second(PAPER_UNTIL)),
        min_returned,
    };
    let hosting = Hosting { plan: checked(plan), progress: HostingProgress::default() };
    let draft = StaffBallot {
        mode: BallotMode::Hosted,
        hosting: Some(Box::new(hosting)),
        held: checked(Held::default()),
        ending: ending(BallotState::Draft),
        ..ballot(BallotKind::Formal, tally)
    };
    StaffBallot { duties: domain::Duties::default().entered(&Party::Editor.name()), ..draft }
}

/// The same draft as its editor sends it: without what the register adds.
pub fn sent(ballot: &StaffBallot) -> StaffBallot {
    let hosting = ballot.hosting.as_ref().unwrap();
    let plan = Hosting { plan: hosting.plan.clone(), progress: HostingProgress::default() };
    StaffBallot { hosting: Some(Box::new(plan)), ..ballot.clone() }
}

fn code(side: Side, person: u32) -> Code {
    let seed = Seed::from_bytes([if side == Side::A { 1 } else { 2 }; 32]);
    seed.code(ballot_id().into(), side, person)
}

pub fn codes(person: u32, two: bool) -> Codes {
    let a = code(Side::A, person);
    if two { Codes::Two { a, b: code(Side::B, person) } } else { Codes::One(a) }
}

pub fn entry(person: u32, two: bool) -> Entry {
    codes(person, two).credential(ballot_id().into()).entry()
}

pub fn roll(two: bool) -> Roll {
    Roll::new((1..=PEOPLE).map(|person| entry(person, two)).collect(), false).unwrap()
}

pub fn sent_roll(side: Side) -> SentRoll {
    SentRoll { side, size: PEOPLE.into(), sha256: Sha256Hex::of("roll") }
}

pub fn nonce(other: bool) -> Nonce {
    read(if other { "0123456789abcdef0123456789abcdef" } else { "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff" })
}

pub fn choice(raw: &str) -> Choice {
    let tally = draft(1, false, None).tally;
    let paper = domain::ballot_protocol::BallotPaper::new(BallotMethod::SingleChoice, &tally.options);
    Choice::parse(raw, &paper).unwrap()
}

pub fn vote(person: u32, two: bool, other_nonce: bool, raw: &str) -> Vote {
    Vote::new(codes(person, two).tracker(ballot_id().into(), &nonce(other_nonce)), &choice(raw))
}

/// A complaint with the receipt of a vote, signed by the service or not.
pub fn receipt(opening: Opening, vote: &Vote, signed: bool) -> Complaint {
    let receipt = opening.receipt_message(vote);
    let seed = if signed { [0x77; 32] } else { [0x78; 32] };
    let signature = SigningKey::from_bytes(&seed).sign(receipt.as_bytes());
    Complaint::Receipt { receipt, signature: Signature::from_bytes(&signature.to_bytes()) }
}

/// What the ballot's signatures are about; of one that is not frozen, something.
pub fn opening(ballot: &StaffBallot) -> Opening {
    let frozen = ballot.hosting.as_ref().and_then(|hosting| hosting.progress.frozen);
    let manifest = frozen.map_or_else(|| Sha256Hex::of("none"), |frozen| frozen.manifest_sha256);
    Opening { ballot: ballot_id().into(), manifest }
}

pub fn opened(at: DateTime<Utc>) -> Opened {
    Opened { at, entry_seq: 1, archived: Archived::No }
}

pub fn extension(ballot: &StaffBallot, closes_at: WholeSecond, signer: Party) -> ReasonedExtension {
    let signature = signer.sign(&opening(ballot).extension_message(closes_at));
    ReasonedExtension { closes_at, reason: read("letters came late"), signature }
}

pub fn cancellation(ballot: &StaffBallot, at: DateTime<Utc>, signer: Option<Party>) -> Cancellation {
    let reason = "letters were lost";
    let signature = signer.map(|signer| signer.sign(&opening(ballot).cancellation_message(reason)));
    Cancellation { at, reason: read(reason), signature, votes_were_cast: None }
}

pub fn batch(two: bool) -> PaperBatch {
    let spends = (ONLINE + 1..=ONLINE + PAPERS).map(|person| codes(person, two).credential(ballot_id().into()));
    let counts = [("a", PAPERS_FOR_A), ("b", PAPERS_FOR_B)];
    let counts = counts.map(|(option, votes)| OptionCount { option: read(option), votes });
    PaperBatch { spends: spends.collect(), votes: PaperVotes::Counts(counts.into()), spoiled: SPOILED, duplicates: 0 }
}

pub fn signed_paper(ballot: &StaffBallot, signers: &[(Side, Party)]) -> SignedPaper {
    let sha256 = Sha256Hex::of("batch");
    let message = opening(ballot).paper_message(&sha256);
    SignedPaper { sha256, signatures: signers.iter().map(|(side, party)| (*side, party.sign(&message))).collect() }
}

pub fn rules(now: DateTime<Utc>) -> DeclarationRules {
    DeclarationRules { today: domain::Day::from_date(now.date_naive()).unwrap(), scrutineer_above: 50 }
}
