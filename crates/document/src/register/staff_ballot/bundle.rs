//! The verification bundle of a hosted ballot: one file with all that is published after the close.
//!
//! A bundle is read only if it is canonical JSON and has the fields of the protocol and no others, so that nothing can hide in it.
//! Whether what it says is right, [`PublishedBallot::check`] finds out.

use std::error::Error;
use std::fmt;

use domain::ballot_protocol::{
    Bundle, Choice, Count, Entry, Extension, Finding, Lot, PaperBatch as DomainPaperBatch, Roll, Sha256Hex,
    Side as DomainSide, Signature, SignedBatch, Tracker as DomainTracker, Vote, WholeSecond,
};
use domain::{Checked, FaultCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::hosted_result::HostedResult;
use super::manifest::{BallotManifest, Protocol, Sha256, SignedTime};
use super::paper_batch::{Ed25519Signature, IssuerSignature, PaperBatch, SentBatch, SpendSet};
use crate::body::{Content, Input, Refusal};
use crate::canonical::canonical;
use crate::declare::wire;
use crate::faults::{Faults, PointedFault};
use crate::node::Malformed;
use crate::object::Typed;
use crate::value::{Plain as _, StaffBallotId, Text, text};

text! {
    /// What stands on the roll for a person: a SHA-256 hash, as 64 lower-case hexadecimal digits.
    RollEntry: Entry =
        .pattern(Some("^[0-9a-f]{64}$"))
        .max_length(Some(Sha256Hex::DIGITS))
        .examples(["a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c"]);
    /// By what a voter finds their vote on the board: a SHA-256 hash, as 64 lower-case hexadecimal digits.
    Tracker: DomainTracker =
        .pattern(Some("^[0-9a-f]{64}$"))
        .max_length(Some(Sha256Hex::DIGITS))
        .examples(["78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014"]);
}

wire! {
    /// All that is published of a closed hosted ballot, so that everybody can check it and count again.
    #[example({"protocol": "psm-ballot-v1", "ballot": "0190c0de-0000-7000-8000-000000000001", "manifest": {"protocol": "psm-ballot-v1", "ballot": "0190c0de-0000-7000-8000-000000000001", "question": "Shall the day centres become a mutual of their staff?", "method": "single_choice", "options": [{"key": "yes", "label": "Yes", "effect": "mutual"}, {"key": "no", "label": "No", "effect": "remain_in_house"}], "opens_at": "2027-06-01T08:00:00Z", "closes_at": "2027-06-08T17:00:00Z", "thresholds": [], "issuers": [{"side": "a", "name": "Coastal Scrutineers", "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}], "roll_size": 25, "roll_root": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "receipt_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}, "manifest_sha256": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "signatures": [{"side": "a", "signature": "5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ=="}], "extensions": [], "closed_at": "2027-06-08T17:00:00Z", "entries": ["a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c"], "spends": [["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"]], "votes": [["78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014", "yes"]], "votes_root": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "result": {"counts": [{"option": "yes", "votes": 14}, {"option": "no", "votes": 7}], "leading": ["yes"], "online": 21, "online_counts": [{"option": "yes", "votes": 14}, {"option": "no", "votes": 7}], "paper": 0, "returned": 21, "spoiled": 0, "valid": 21}})]
    pub struct VerificationBundle {
        protocol: Protocol = required,
        /// The ballot.
        ballot: StaffBallotId = required,
        manifest: BallotManifest = required,
        /// The SHA-256 of the manifest as canonical JSON (RFC 8785).
        manifest_sha256: Sha256 = required,
        /// The signature of the manifest by each issuer, first that of `a`.
        signatures: IssuerSignature = required_list.max(DomainSide::ALL.len()),
        /// The later ends of casting, in order.
        extensions: SignedExtension = required_list.max(domain::StaffBallot::MAX_EXTENSIONS),
        /// When casting ended: the last `closes_at`.
        closed_at: SignedTime = required,
        /// The roll, sorted.
        entries: RollEntry = required_list.max(Roll::MAX),
        /// What the entries were spent with online, sorted.
        spends: SpendSet = required_list.max(Roll::MAX),
        /// The votes, sorted by tracker.
        votes: BoardVote = required_list.max(Roll::MAX),
        /// The root of the tree over the votes.
        votes_root: Sha256 = required,
        /// The papers. If there is no batch, it is left out.
        paper: SignedPapers = optional,
        result: HostedResult = required,
    }

    /// A later end of casting, signed by issuer `a`.
    pub struct SignedExtension {
        /// When casting ends.
        closes_at: SignedTime = required,
        signature: Ed25519Signature = required,
    }

    /// A batch of papers with the signatures of the issuers.
    pub struct SignedPapers {
        batch: PaperBatch = required,
        /// The SHA-256 of the batch as canonical JSON (RFC 8785).
        sha256: Sha256 = required,
        /// The signature of the batch by each issuer, first that of `a`.
        signatures: IssuerSignature = required_list.max(DomainSide::ALL.len()),
    }
}

/// A vote on the board: its tracker and its choice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BoardVote(Vec<String>);

/// A bundle that was read: what it publishes, and what it says about that.
#[derive(Clone, Debug)]
pub struct PublishedBallot {
    /// What is published.
    pub bundle: Bundle,
    said: Said,
    /// The bundle as it was read.
    document: VerificationBundle,
}

/// What the bundle says and follows from the rest of it.
#[derive(Clone, Debug)]
struct Said {
    ballot: domain::StaffBallotId,
    manifest_sha256: Sha256Hex,
    closed_at: WholeSecond,
    paper_sha256: Option<Sha256Hex>,
    result: HostedResult,
}

/// A check of a published ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotCheck {
    /// What was looked at, as a sentence that is true if the check passed.
    pub what: String,
    /// What is wrong, if it failed.
    pub fault: Option<String>,
}

/// Why a bundle cannot be read.
#[derive(Clone, Debug)]
pub enum UnreadableBundle {
    /// It is not JSON.
    Malformed(Malformed),
    /// It does not have the fields of the protocol, or not in their form.
    Refused(Vec<PointedFault>),
    /// It is JSON, and written otherwise than RFC 8785 says.
    NotCanonical {
        /// The first byte that is not as it must be, from 0.
        at: usize,
    },
}

impl VerificationBundle {
    /// No bundle is longer, in bytes: 100,000 people, two issuers and long option keys.
    pub const MAX_BYTES: usize = <Self as Input>::MAX_BYTES;

    /// Reads a bundle.
    ///
    /// # Errors
    /// [`UnreadableBundle`] for anything but canonical JSON with the fields of the protocol.
    pub fn read(text: &[u8]) -> Result<PublishedBallot, UnreadableBundle> {
        let content = Content::<Self>::parse(text).map_err(UnreadableBundle::Malformed)?;
        let read =
            content.create().map_err(|refusal: Refusal| UnreadableBundle::Refused(refusal.faults(Vec::new())))?;
        let written = read.document.canonical().unwrap_or_default();
        if written.as_bytes() == text {
            return Ok(read);
        }
        let same = written.bytes().zip(text).take_while(|(own, given)| own == *given).count();
        Err(UnreadableBundle::NotCanonical { at: same })
    }

    fn canonical(&self) -> Result<String, serde_json::Error> {
        Ok(canonical(&serde_json::to_string(self)?))
    }
}

impl Input for VerificationBundle {
    type Value = PublishedBallot;

    const MAX_BYTES: usize = 64 * 1024 * 1024;

    fn build(self, faults: &mut Faults) -> Option<PublishedBallot> {
        let document = self.clone();
        let signatures = faults.each("signatures", self.signatures.unwrap_or_default(), IssuerSignature::build);
        let extensions = faults.each("extensions", self.extensions.unwrap_or_default(), SignedExtension::build);
        let spends = faults.each("spends", self.spends.unwrap_or_default(), SpendSet::build);
        let votes = faults.each("votes", self.votes.unwrap_or_default(), BoardVote::build);
        let papers = self.paper.map(|paper| faults.within("paper", paper, SignedPapers::build));
        let manifest = faults.within("manifest", self.manifest?, BallotManifest::build).map(Checked::into_inner)?;
        let result = self.result?;
        let rounds = faults.within("result", &result, |result, faults| Some(result.rounds(manifest.method, faults)))?;
        let (paper, paper_sha256) = match papers {
            Some(papers) => {
                let (batch, said) =
                    faults.within("paper", papers?, |papers, faults| papers.read(&manifest.paper(), faults))?;
                (Some(batch), Some(said))
            }
            None => (None, None),
        };
        let bundle = Bundle {
            manifest_hash: Sha256Hex::of(&BallotManifest::canonical(&manifest).ok()?),
            signatures,
            extensions,
            entries: self.entries.unwrap_or_default().into_iter().map(Text::into_inner).collect(),
            spends,
            votes,
            votes_root: self.votes_root?.into_inner(),
            paper,
            rounds,
            manifest,
        };
        let said = Said {
            ballot: self.ballot?.into_inner(),
            manifest_sha256: self.manifest_sha256?.into_inner(),
            closed_at: self.closed_at?.into_inner(),
            paper_sha256,
            result,
        };
        Some(PublishedBallot { bundle, said, document })
    }
}

impl SignedExtension {
    /// The extension.
    pub fn build(self, _: &mut Faults) -> Option<Extension> {
        Some(Extension { closes_at: self.closes_at?.into_inner(), signature: self.signature?.into_inner() })
    }
}

/// A batch with its signatures, before the ballot is known.
struct SentPapers {
    batch: SentBatch,
    sha256: Sha256Hex,
    signatures: Vec<(DomainSide, Signature)>,
}

impl SignedPapers {
    fn build(self, faults: &mut Faults) -> Option<SentPapers> {
        let signatures = faults.each("signatures", self.signatures.unwrap_or_default(), IssuerSignature::build);
        let batch = faults.within("batch", self.batch?, PaperBatch::build)?;
        Some(SentPapers { batch, sha256: self.sha256?.into_inner(), signatures })
    }
}

impl SentPapers {
    /// The batch, and the hash that is said to be its own.
    fn read(
        self,
        paper: &domain::ballot_protocol::BallotPaper,
        faults: &mut Faults,
    ) -> Option<(SignedBatch, Sha256Hex)> {
        let batch: DomainPaperBatch = faults.take("batch", self.batch.read(paper))?;
        let hash = Sha256Hex::of(&PaperBatch::canonical(&batch).ok()?);
        Some((SignedBatch { batch, hash, signatures: self.signatures }, self.sha256))
    }
}

impl BoardVote {
    /// The vote as it is shown.
    pub fn show(vote: &Vote) -> Self {
        Self(vec![vote.tracker.to_string(), vote.choice.clone()])
    }

    fn build(self, faults: &mut Faults) -> Option<Vote> {
        let [tracker, choice] = self.0.as_slice() else {
            let code = if self.0.len() < 2 { FaultCode::TooFew } else { FaultCode::TooMany };
            faults.push("", code, format!("{} texts, expected two: the tracker and the choice", self.0.len()));
            return None;
        };
        Some(Vote { tracker: faults.take("0", tracker.parse())?, choice: choice.clone() })
    }
}

impl PublishedBallot {
    /// Makes all checks. Nothing but the bundle is needed for them.
    pub fn check(&self) -> Vec<BallotCheck> {
        let own = [
            BallotCheck::of("the bundle is of the ballot of the manifest", self.check_ballot()),
            BallotCheck::of("manifest_sha256 is that of the manifest", self.check_manifest_hash()),
        ];
        let after = [
            BallotCheck::of("there is one signature of each issuer, in order", self.check_sides()),
            BallotCheck::of("casting ended when it had to", self.check_end()),
            BallotCheck::of("the spends are in order", self.check_order()),
            BallotCheck::of("paper.sha256 is that of the batch", self.check_paper_hash()),
            BallotCheck::of("the result is what counting gives", self.check_result()),
        ];
        own.into_iter().chain(self.bundle.check().into_iter().map(BallotCheck::from)).chain(after).collect()
    }

    /// How many voted, and how. The numbers are those that counting again gives; absent if the votes cannot be counted.
    pub fn summary(&self) -> Option<String> {
        let counted = self.count()?;
        let result = HostedResult::show(&counted, &self.bundle.manifest);
        let votes = result.counts.iter().flatten();
        let votes: Vec<String> =
            votes.filter_map(|count| Some(format!("{} {}", count.option.as_ref()?, count.votes?))).collect();
        let tied = if counted.leading().len() > 1 { ", tied" } else { "" };
        Some(format!(
            "{} of {} voted ({} online, {} on paper): {}, spoiled {}{tied}",
            result.returned?,
            self.bundle.entries.len(),
            result.online?,
            result.paper?,
            votes.join(", "),
            counted.spoiled,
        ))
    }

    /// The choice with this tracker on the board.
    pub fn choice_of(&self, tracker: &DomainTracker) -> Option<&str> {
        self.bundle.votes.iter().find(|vote| vote.tracker == *tracker).map(|vote| vote.choice.as_str())
    }

    /// When casting ended, as the manifest and the extensions say.
    fn closes_at(&self) -> WholeSecond {
        self.bundle.extensions.last().map_or(self.bundle.manifest.closes_at, |extension| extension.closes_at)
    }

    fn count(&self) -> Option<Count> {
        let Bundle { manifest, votes, votes_root, paper, .. } = &self.bundle;
        let (form, batch) = (manifest.paper(), paper.as_ref().map(|paper| &paper.batch));
        let choices: Option<Vec<Choice>> = votes.iter().map(|vote| Choice::parse(&vote.choice, &form).ok()).collect();
        Some(Count::of(&form, &choices?, batch, Lot { ballot: manifest.ballot, votes_root: *votes_root }))
    }

    fn check_ballot(&self) -> Result<(), String> {
        same("ballot", &self.said.ballot, &self.bundle.manifest.ballot.of_record())
    }

    fn check_manifest_hash(&self) -> Result<(), String> {
        same("manifest_sha256", &self.said.manifest_sha256, &self.bundle.manifest_hash)
    }

    fn check_sides(&self) -> Result<(), String> {
        let issuers: Vec<DomainSide> = self.bundle.manifest.issuers.iter().map(|issuer| issuer.side).collect();
        let paper = self.bundle.paper.iter().map(|paper| ("paper.signatures", &paper.signatures));
        for (at, signatures) in [("signatures", &self.bundle.signatures)].into_iter().chain(paper) {
            let sides = signatures.iter().map(|(side, _)| side);
            if !sides.eq(&issuers) {
                return Err(format!("{at} must be those of the manifest's issuers, first that of `a`"));
            }
        }
        Ok(())
    }

    fn check_end(&self) -> Result<(), String> {
        same("closed_at", &self.said.closed_at, &self.closes_at())
    }

    fn check_order(&self) -> Result<(), String> {
        let spends = &self.bundle.spends;
        match spends.iter().zip(spends.iter().skip(1)).position(|(spend, next)| spend >= next) {
            Some(at) => Err(format!("spend {} does not come after the one before it", at + 1)),
            None => Ok(()),
        }
    }

    fn check_paper_hash(&self) -> Result<(), String> {
        match (&self.said.paper_sha256, &self.bundle.paper) {
            (Some(said), Some(paper)) => same("paper.sha256", said, &paper.hash),
            _ => Ok(()),
        }
    }

    fn check_result(&self) -> Result<(), String> {
        let counted = self.count().ok_or("the votes cannot be counted: a choice is not valid")?;
        let members = |result: &HostedResult| match serde_json::to_value(result) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let (said, own) = (members(&self.said.result), members(&HostedResult::show(&counted, &self.bundle.manifest)));
        let differs = said.keys().chain(own.keys()).find(|name| said.get(*name) != own.get(*name));
        let Some(name) = differs else { return Ok(()) };
        let text = |of: &Map<String, Value>| of.get(name).map_or("nothing".to_owned(), Value::to_string);
        Err(format!("result.{name} is {}, and counting gives {}", shortened(&text(&said)), shortened(&text(&own))))
    }
}

impl BallotCheck {
    /// A check with what came of it.
    pub fn of(what: impl Into<String>, outcome: Result<(), String>) -> Self {
        Self { what: what.into(), fault: outcome.err() }
    }
}

impl From<Finding> for BallotCheck {
    fn from(Finding { check, fault }: Finding) -> Self {
        Self { what: check.describe().trim_end_matches('.').to_owned(), fault }
    }
}

impl fmt::Display for UnreadableBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => write!(f, "it is not JSON: {malformed}"),
            Self::Refused(faults) => {
                const TOLD: usize = 5;
                let told = faults.iter().take(TOLD).map(|fault| match fault.pointer.as_str() {
                    "" => fault.detail.clone(),
                    pointer => format!("{pointer}: {}", fault.detail),
                });
                let more = if faults.len() > TOLD { "; and more" } else { "" };
                write!(f, "it is not a bundle: {}{more}", told.collect::<Vec<_>>().join("; "))
            }
            Self::NotCanonical { at } => {
                write!(f, "it is not canonical JSON (RFC 8785): byte {} is not as it must be", at + 1)
            }
        }
    }
}

impl Error for UnreadableBundle {}

fn same<T: PartialEq + fmt::Display>(what: &str, said: &T, own: &T) -> Result<(), String> {
    if said == own { Ok(()) } else { Err(format!("{what} is {said}, expected {own}")) }
}

/// A text that fits on a screen.
fn shortened(text: &str) -> String {
    const MAX_CHARS: usize = 800;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl Typed for BoardVote {}

impl PartialSchema for BoardVote {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).max_length(Some(400));
        let about = "A vote: its tracker, then the key of the chosen option. If the method is `ranked`, keys joined by `>`, the \
                     most wanted first.";
        ArrayBuilder::new()
            .items(text)
            .min_items(Some(2))
            .max_items(Some(2))
            .description(Some(about))
            .examples([serde_json::json!([
                "78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014",
                "mutual>stay"
            ])])
            .into()
    }
}

impl ToSchema for BoardVote {}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = include_str!("../../../../../docs/guide/ballot-bundle.json");

    fn bundle() -> Value {
        serde_json::from_str(BUNDLE).unwrap()
    }

    /// The first fault of a bundle that was read.
    #[track_caller]
    fn fault(bundle: &Value) -> String {
        let read = VerificationBundle::read(bundle.to_string().as_bytes()).unwrap();
        read.check().into_iter().find_map(|check| Some(format!("{}: {}", check.what, check.fault?))).unwrap()
    }

    fn unreadable(text: &str) -> String {
        match VerificationBundle::read(text.as_bytes()) {
            Ok(_) => panic!("it was read"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_sample_bundle_passes_every_check() {
        let read = VerificationBundle::read(BUNDLE.as_bytes()).unwrap();
        let checks = read.check();
        assert!(checks.len() > 15 && checks.iter().all(|check| check.fault.is_none()), "{checks:#?}");
        let expected = "40 of 45 voted (28 online, 12 on paper): mutual 12, stay 0, trust 21, wait 0, spoiled 2";
        assert_eq!(read.summary().unwrap(), expected);
    }

    #[test]
    fn a_bundle_that_is_not_canonical_is_refused() {
        for text in [
            format!("{BUNDLE}\n"),
            format!("\u{feff}{BUNDLE}"),
            BUNDLE.replacen(',', ", ", 1),
            BUNDLE.replacen("council", "c\\u006funcil", 1),
            BUNDLE.replacen(":45", ":45.0", 1),
            BUNDLE.replacen("\"percent\":\"50.00\"", "\"percent\":\"50\"", 1),
            BUNDLE.replacen("0190c0de", "0190C0DE", 1),
        ] {
            assert_ne!(text, BUNDLE);
            assert!(unreadable(&text).contains("canonical"), "{}", unreadable(&text));
        }
        let ballot = "\"ballot\":\"0190c0de-0000-7000-8000-000000000001\",";
        let reordered = BUNDLE.replacen(ballot, "", 1).replacen("\"entries\"", &format!("{ballot}\"entries\""), 1);
        assert!(reordered.len() == BUNDLE.len() && unreadable(&reordered).contains("canonical"));
        assert!(unreadable("{").contains("not JSON"));
    }

    #[test]
    fn members_that_are_unknown_repeated_missing_or_of_another_form_are_refused_at_their_place() {
        for (from, to, expected) in [
            ("{\"ballot\"", "{\"a\":1,\"ballot\"", "/a: there is no such field"),
            ("\"issuers\"", "\"hidden\":1,\"issuers\"", "/manifest/hidden: "),
            (
                "\"closed_at\"",
                "\"closed_at\":\"2026-06-09T17:00:00Z\",\"closed_at\"",
                "/closed_at: the field appears twice",
            ),
            ("\"closed_at\":\"2026-06-09T17:00:00Z\",", "", "/closed_at: this field is required"),
            ("\"spoiled\":2", "\"spoiled\":\"2\"", "/paper/batch/spoiled: expected a whole number"),
            ("\"votes\":[[\"0", "\"votes\":[[\"G", "/votes/0/0: "),
            ("\"votes\":[[", "\"votes\":[[],[", "/votes/0: 0 texts, expected two"),
            ("\"rankings\":[[\"mutual\"]", "\"rankings\":[[\"mutuel\"]", "/paper/batch/rankings/0/0: "),
            ("\"by\":\"votes\",", "", "/result/rounds/0: expected `leading`"),
            ("\"roll_size\":45", "\"roll_size\":4", "/manifest/roll_size: "),
        ] {
            let text = BUNDLE.replacen(from, to, 1);
            assert_ne!(text, BUNDLE, "{from}");
            let told = unreadable(&text);
            assert!(told.contains(expected), "no {expected:?} in {told:?}");
        }
    }

    #[test]
    fn what_follows_from_the_rest_is_checked() {
        type Change = fn(&mut Value);
        let changes: [(Change, &str); 9] = [
            (|it| it["ballot"] = "0190c0de-0000-7000-8000-000000000002".into(), "ballot is"),
            (|it| it["manifest_sha256"] = "0".repeat(64).into(), "manifest_sha256 is"),
            (|it| it["closed_at"] = "2026-06-08T17:00:00Z".into(), "closed_at is"),
            (|it| it["signatures"].as_array_mut().unwrap().reverse(), "first that of `a`"),
            (|it| it["paper"]["signatures"].as_array_mut().unwrap().reverse(), "first that of `a`"),
            (|it| it["spends"].as_array_mut().unwrap().swap(3, 4), "spend 4 does not come after"),
            (|it| it["paper"]["sha256"] = "0".repeat(64).into(), "paper.sha256 is"),
            (|it| it["result"]["valid"] = 39.into(), "result.valid is 39, and counting gives 38"),
            (|it| it["result"]["rounds"][1]["counts"].as_array_mut().unwrap().swap(0, 1), "result.rounds is"),
        ];
        for (change, expected) in changes {
            let mut changed = bundle();
            change(&mut changed);
            let told = fault(&changed);
            assert!(told.contains(expected), "no {expected:?} in {told:?}");
        }
    }

    /// A byte of the same kind, so that the form stays right where it can.
    fn other(byte: u8) -> u8 {
        match byte {
            b'0'..=b'8' | b'a'..=b'e' => byte + 1,
            b'9' => b'0',
            b'f' => b'a',
            _ => byte ^ 1,
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let places = (0..BUNDLE.len()).step_by(BUNDLE.len() / 500);
        let mut read = 0;
        for at in places {
            let mut bytes = BUNDLE.as_bytes().to_vec();
            bytes[at] = other(bytes[at]);
            if let Ok(forged) = VerificationBundle::read(&bytes) {
                read += 1;
                assert!(forged.check().iter().any(|check| check.fault.is_some()), "byte {at}");
            }
        }
        assert!(read > 300, "{read} forged bundles were looked into");
    }
}
