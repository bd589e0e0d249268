//! What the parties of a hosted ballot send: issuers, voters, and whoever complains.

use domain::ballot_protocol::{
    Codes, Credential, Half as DomainHalf, Nonce, NumberedHalf as DomainNumberedHalf, Roll, Sha256Hex,
};
use domain::{FaultCode, Kind};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::bundle::{RollEntry, Tracker};
use super::manifest::{Ed25519Key, SignedTime};
use super::paper_batch::{Ed25519Signature, IssuerSignature, PaperBatch, SentBatch, Spend};
use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::reference::Reference;
use crate::value::{KeyId, Name, Note, Plain as _, Text, text};

text! {
    /// What an issuer of two sends for a person: 64 lower-case hexadecimal digits.
    RollHalf: DomainHalf =
        .pattern(Some("^[0-9a-f]{64}$"))
        .max_length(Some(Sha256Hex::DIGITS))
        .examples(["0693480da1ce9ecca72e58eb5911443a1d1f8b2ed1e4d01f345f6c4f84e63872"]);
    /// The code of a letter: 32 hexadecimal digits. Spaces, hyphens and upper case do not matter.
    VotingCode: domain::ballot_protocol::Code =
        .max_length(Some(100))
        .examples(["0001 0203 0405 0607 0809 0a0b 0c0d 0e0f"]);
}

wire! {
    /// The appointment of an issuer.
    #[example({
        "key_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10",
        "name": "Civica Election Services",
        "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    })]
    pub struct IssuerAppointment {
        /// A valid key with the role `scrutineer`.
        key_id: KeyId = required,
        /// The name of the issuer, which the manifest has.
        name: Name = required,
        /// Who they work for.
        organisation: Name = optional,
        /// The public half of the key with which the issuer signs, as `mutuals ballot key` prints it.
        public_key: Ed25519Key = required,
    }

    /// What an issuer sends for the roll, as `mutuals ballot codes` prints it: `entries` if there is one issuer, `halves` if
    /// there are two.
    #[example({"entries": ["a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c"]})]
    pub struct RollUpload {
        /// One entry for each person, in any order.
        entries: RollEntry = list.max(Roll::MAX),
        /// One half for each person, with the person's number, in any order.
        halves: NumberedHalf = list.max(Roll::MAX),
    }

    /// The half of a person.
    #[example({"number": 1, "half": "0693480da1ce9ecca72e58eb5911443a1d1f8b2ed1e4d01f345f6c4f84e63872"})]
    pub struct NumberedHalf {
        /// The person's number, which both issuers use.
        number: i64 = required.range(1, 4_294_967_295),
        half: RollHalf = required,
    }

    /// The signature of a manifest.
    #[example({"signature": "5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ=="})]
    pub struct ManifestSignature {
        /// The issuer's signature of `psm-ballot-v1:manifest:` and the SHA-256 of the manifest.
        signature: Ed25519Signature = required,
    }

    /// A later end of casting.
    #[example({
        "closes_at": "2027-06-09T17:00:00Z",
        "reason": "The service was out of reach for a day.",
        "signature": "Kpf1MEZyA2ldt38xA3dfJvR/x/Ot0YEsLkHQhlYtz6SyrA6OmciFwd76A7iOkZb2TmogmiNe6rIi5zhPlyWTBg=="
    })]
    pub struct CastingExtension {
        /// When casting ends: later than now planned, and before `paper_until`.
        closes_at: SignedTime = required,
        /// Why.
        reason: Note = required,
        /// The signature of issuer `a`, as `mutuals ballot sign --closes-at` prints it.
        signature: Ed25519Signature = required,
    }

    /// Why a ballot is given up.
    #[example({"reason": "The question has a mistake."})]
    pub struct BallotCancelling {
        /// Why. The signature is for exactly this text.
        reason: Note = required,
        /// The signature of issuer `a`, as `mutuals ballot sign --cancel` prints it. An open ballot needs it.
        signature: Ed25519Signature = optional,
    }

    /// The papers of a ballot, with the signature of each issuer.
    #[example({"batch": {"spends": [["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"]], "counts": {"yes": 1}, "spoiled": 0, "duplicates": 0}, "signatures": [{"side": "a", "signature": "5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ=="}]})]
    pub struct PaperEntry {
        batch: PaperBatch = required,
        /// The issuers' signatures of the batch, as `mutuals ballot sign --paper` prints them.
        signatures: IssuerSignature = required_list.min(1).max(2),
    }

    /// A vote. Send `spend` if there is one issuer, and `spend_a` with `spend_b` if there are two.
    #[example({
        "spend": "f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8",
        "tracker": "78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014",
        "choice": "yes"
    })]
    pub struct VoteCast {
        /// What the code is spent with.
        spend: Spend = optional,
        /// What the code of issuer `a` is spent with.
        spend_a: Spend = optional,
        /// What the code of issuer `b` is spent with.
        spend_b: Spend = optional,
        tracker: Tracker = required,
        /// The key of an option. If the method is `ranked`: keys of options joined by `>`, the most wanted first.
        choice: String = required.schema(choice),
    }

    /// A complaint. Send `receipt` with `signature`, or your code or codes with `nonce` and `choice`.
    #[example({
        "code": "0001 0203 0405 0607 0809 0a0b 0c0d 0e0f",
        "nonce": "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
        "choice": "yes"
    })]
    pub struct Complaint {
        /// The receipt as it was given.
        receipt: String = optional.schema(receipt),
        /// Its signature.
        signature: Ed25519Signature = optional,
        /// The code, if there is one issuer.
        code: VotingCode = optional,
        /// The code of issuer `a`.
        code_a: VotingCode = optional,
        /// The code of issuer `b`.
        code_b: VotingCode = optional,
        nonce: String = optional.schema(nonce),
        /// What you chose.
        choice: String = optional.schema(choice),
    }
}

/// What an issuer sends for the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentForRoll {
    /// The whole entries: there is one issuer.
    Entries(Vec<domain::ballot_protocol::Entry>),
    /// The issuer's halves: there are two.
    Halves(Vec<DomainNumberedHalf>),
}

/// Papers as they were sent.
#[derive(Clone, Debug)]
pub struct SentPaper {
    /// The batch. What depends on the ballot is for whoever knows it.
    pub batch: SentBatch,
    /// The issuers' signatures of it.
    pub signatures: Vec<(domain::ballot_protocol::Side, domain::ballot_protocol::Signature)>,
}

/// A vote as it was sent. Whether its choice is one that the ballot has is for whoever knows the ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentVote {
    /// What the codes are spent with.
    pub credential: Credential,
    /// By what the voter finds it.
    pub tracker: domain::ballot_protocol::Tracker,
    /// The choice as text.
    pub choice: String,
}

/// A complaint as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentComplaint {
    /// With a receipt.
    Receipt {
        /// The message that was signed.
        receipt: String,
        /// Its signature.
        signature: domain::ballot_protocol::Signature,
    },
    /// With codes. Whether the choice is one that the ballot has is for whoever knows the ballot.
    Cast {
        /// The codes.
        codes: Codes,
        /// The nonce.
        nonce: Nonce,
        /// The choice as text.
        choice: String,
    },
}

/// An issuer to be appointed, but for the side, which the path has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerToAppoint {
    /// The API key for the issuer's calls.
    pub key_id: domain::KeyId,
    /// Their name.
    pub name: domain::Name,
    /// Who they work for.
    pub organisation: Option<domain::Name>,
    /// The key with which they sign.
    pub public_key: domain::ballot_protocol::PublicKey,
}

impl Input for IssuerAppointment {
    type Value = IssuerToAppoint;

    fn references(&self) -> Vec<Reference> {
        self.key_id.iter().map(|Text(id)| Reference::new("key_id", Kind::Key, id)).collect()
    }

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        Some(IssuerToAppoint {
            key_id: self.key_id?.into_inner(),
            name: self.name?.into_inner(),
            organisation: self.organisation.map(Text::into_inner),
            public_key: self.public_key?.into_inner(),
        })
    }
}

impl Input for RollUpload {
    type Value = SentForRoll;

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        match (self.entries.is_empty(), self.halves.is_empty()) {
            (false, true) => Some(SentForRoll::Entries(self.entries.into_iter().map(Text::into_inner).collect())),
            (true, false) => Some(SentForRoll::Halves(faults.each("halves", self.halves, NumberedHalf::build))),
            _ => {
                let detail = "expected `entries` if there is one issuer, or `halves` if there are two, and not both";
                faults.push("", FaultCode::Required, detail);
                None
            }
        }
    }
}

impl NumberedHalf {
    /// The half as it is shown.
    pub fn show(half: &DomainNumberedHalf) -> Self {
        Self { number: Some(half.number.into()), half: Some(Text(half.half)) }
    }

    fn build(self, _: &mut Faults) -> Option<DomainNumberedHalf> {
        let number = u32::try_from(self.number?).ok()?;
        Some(DomainNumberedHalf { number, half: self.half?.into_inner() })
    }
}

impl Input for ManifestSignature {
    type Value = domain::ballot_protocol::Signature;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        self.signature.map(Text::into_inner)
    }
}

impl Input for CastingExtension {
    type Value = domain::ReasonedExtension;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        Some(domain::ReasonedExtension {
            closes_at: self.closes_at?.into_inner(),
            reason: self.reason?.into_inner(),
            signature: self.signature?.into_inner(),
        })
    }
}

impl Input for BallotCancelling {
    type Value = (domain::Note, Option<domain::ballot_protocol::Signature>);

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        Some((self.reason?.into_inner(), self.signature.map(Text::into_inner)))
    }
}

impl Input for PaperEntry {
    type Value = SentPaper;

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let signatures = faults.each("signatures", self.signatures.unwrap_or_default(), IssuerSignature::build);
        let batch = faults.within("batch", self.batch?, PaperBatch::build)?;
        Some(SentPaper { batch, signatures })
    }
}

impl Input for VoteCast {
    type Value = SentVote;

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let credential = match (self.spend, self.spend_a, self.spend_b) {
            (Some(Text(spend)), None, None) => Some(Credential::One(spend)),
            (None, Some(Text(a)), Some(Text(b))) => Some(Credential::Two { a, b }),
            _ if faults.is_empty() => {
                let detail = "expected `spend` if there is one issuer, or `spend_a` and `spend_b` if there are two";
                faults.push("spend", FaultCode::Required, detail);
                None
            }
            _ => None,
        };
        Some(SentVote { credential: credential?, tracker: self.tracker?.into_inner(), choice: self.choice? })
    }
}

impl Input for Complaint {
    type Value = SentComplaint;

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let codes = match (self.code, self.code_a, self.code_b) {
            (Some(Text(code)), None, None) => Some(Codes::One(code)),
            (None, Some(Text(a)), Some(Text(b))) => Some(Codes::Two { a, b }),
            (None, None, None) => None,
            _ => {
                let detail = "expected `code` if there is one issuer, or `code_a` and `code_b` if there are two";
                faults.push("code", FaultCode::Inconsistent, detail);
                return None;
            }
        };
        let nonce = self.nonce.and_then(|nonce| faults.take("nonce", nonce.parse::<Nonce>()));
        let rest = (nonce, self.choice);
        match (self.receipt, self.signature.map(Text::into_inner), codes, rest) {
            (Some(receipt), Some(signature), None, (None, None)) => Some(SentComplaint::Receipt { receipt, signature }),
            (None, None, Some(codes), (Some(nonce), Some(choice))) => {
                Some(SentComplaint::Cast { codes, nonce, choice })
            }
            _ if faults.is_empty() => {
                let detail = "expected `receipt` and `signature`, or the code or codes with `nonce` and `choice`";
                faults.push("", FaultCode::Required, detail);
                None
            }
            _ => None,
        }
    }
}

/// The schema of a choice.
fn choice() -> RefOr<Schema> {
    let choice = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(CHOICE_CHARS));
    choice.description(Some("The key of an option, or keys joined by `>`.")).examples(["yes"]).into()
}

/// The schema of a nonce.
fn nonce() -> RefOr<Schema> {
    let nonce = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9a-f]{32}$"));
    let nonce = nonce.max_length(Some(Nonce::DIGITS)).examples(["f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"]);
    nonce.description(Some("What you added to the code: 32 lower-case hexadecimal digits.")).into()
}

/// The schema of a receipt.
fn receipt() -> RefOr<Schema> {
    let receipt = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(1_000));
    receipt.description(Some("The receipt as it was given.")).examples(["psm-ballot-v1:receipt:…"]).into()
}

/// The longest choice: six keys of 40 characters with `>` between them.
const CHOICE_CHARS: usize = 250;
