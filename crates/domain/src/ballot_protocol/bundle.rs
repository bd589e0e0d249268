//! The bundle of a closed ballot, and all checks that anybody can make of it.

use std::collections::HashSet;

use crate::checked::Rules as _;
use crate::fault::Fault;
use crate::vocabulary::vocabulary;

use super::board::{Vote, votes_root};
use super::choice::{BallotPaper, Choice};
use super::code::{Credential, Side};
use super::count::{Count, CountedRound, Lot};
use super::hash::{Entry, Sha256Hex};
use super::manifest::BallotManifest;
use super::opening::Opening;
use super::paper_batch::{PaperBatch, Standing};
use super::roll::{repeated, roll_root};
use super::signing::Signature;
use super::whole_second::WholeSecond;

vocabulary! {
    /// A check of the bundle of a hosted ballot.
    pub enum BundleCheck {
        /// The manifest keeps the rules of the protocol.
        Manifest = "manifest",
        /// Each issuer signed the manifest.
        ManifestSignatures = "manifest_signatures",
        /// Issuer `a` signed each extension, and each is to a later time.
        Extensions = "extensions",
        /// The entries of the roll are in order, none is there twice, and they are as many as the manifest says.
        Roll = "roll",
        /// The root over the entries is that of the manifest.
        RollRoot = "roll_root",
        /// Each spend is that of an entry, and no entry was spent twice, online or on paper.
        Spends = "spends",
        /// The votes are in the order of their trackers, and no tracker is there twice.
        Votes = "votes",
        /// There are as many votes as spends.
        VoteForEachSpend = "vote_for_each_spend",
        /// Each vote is for options of the ballot.
        Choices = "choices",
        /// The root over the votes is the published one.
        VotesRoot = "votes_root",
        /// The paper batch keeps the rules of the protocol.
        PaperBatch = "paper_batch",
        /// Each issuer signed the paper batch.
        PaperSignatures = "paper_signatures",
        /// Counting the votes again gives the published rounds.
        Rounds = "rounds",
    }
}

/// All that is published of a closed ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// What the ballot is.
    pub manifest: BallotManifest,
    /// The SHA-256 of the manifest as canonical JSON, computed by whoever read it.
    pub manifest_hash: Sha256Hex,
    /// The issuers' signatures of the manifest.
    pub signatures: Vec<(Side, Signature)>,
    /// The extensions, in the order in which they were made.
    pub extensions: Vec<Extension>,
    /// The entries of the roll.
    pub entries: Vec<Entry>,
    /// What the entries were spent with online.
    pub spends: Vec<Credential>,
    /// The board.
    pub votes: Vec<Vote>,
    /// The root over the votes.
    pub votes_root: Sha256Hex,
    /// The papers.
    pub paper: Option<SignedBatch>,
    /// The rounds of the count.
    pub rounds: Vec<CountedRound>,
}

/// A later end of casting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// When casting ends.
    pub closes_at: WholeSecond,
    /// The signature of issuer `a`.
    pub signature: Signature,
}

/// A paper batch with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBatch {
    /// The batch.
    pub batch: PaperBatch,
    /// The SHA-256 of the batch as canonical JSON, computed by whoever read it.
    pub hash: Sha256Hex,
    /// The issuers' signatures of it.
    pub signatures: Vec<(Side, Signature)>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: BundleCheck,
    /// What is wrong, if it failed.
    pub fault: Option<String>,
}

impl Finding {
    /// Whether the check passed.
    pub const fn is_passed(&self) -> bool {
        self.fault.is_none()
    }
}

impl Bundle {
    /// Makes all checks, in the order of [`BundleCheck::ALL`]. Nothing but the bundle is needed for them.
    pub fn check(&self) -> Vec<Finding> {
        BundleCheck::ALL.iter().map(|check| Finding { check: *check, fault: self.fault(*check).err() }).collect()
    }

    fn fault(&self, check: BundleCheck) -> Result<(), String> {
        match check {
            BundleCheck::Manifest => first_of(&self.manifest.faults()),
            BundleCheck::ManifestSignatures => {
                self.signed("manifest", &self.signatures, &self.opening().manifest_message())
            }
            BundleCheck::Extensions => self.check_extensions(),
            BundleCheck::Roll => self.check_roll(),
            BundleCheck::RollRoot => same_root("roll", &roll_root(&self.entries), &self.manifest.roll_root),
            BundleCheck::Spends => self.check_spends(),
            BundleCheck::Votes => in_order("vote", self.votes.iter().map(|vote| vote.tracker)),
            BundleCheck::VoteForEachSpend => self.check_number(),
            BundleCheck::Choices => self.choices().map(drop),
            BundleCheck::VotesRoot => {
                same_root("board", &votes_root(self.manifest.ballot, &self.votes), &self.votes_root)
            }
            BundleCheck::PaperBatch => self.check_paper(),
            BundleCheck::PaperSignatures => self.check_paper_signatures(),
            BundleCheck::Rounds => self.check_rounds(),
        }
    }

    fn opening(&self) -> Opening {
        Opening { ballot: self.manifest.ballot, manifest: self.manifest_hash }
    }

    /// Each issuer signed the message, and nobody else's signature stands beside theirs.
    fn signed(&self, what: &str, signatures: &[(Side, Signature)], message: &str) -> Result<(), String> {
        for issuer in &self.manifest.issuers {
            let own = signatures.iter().find(|(side, _)| *side == issuer.side);
            let (_, signature) = own.ok_or_else(|| format!("issuer {} has not signed the {what}", issuer.side))?;
            if !issuer.public_key.verifies(message, signature) {
                return Err(format!("the signature of issuer {} is not valid for this {what}", issuer.side));
            }
        }
        let (expected, found) = (self.manifest.issuers.len(), signatures.len());
        check(expected == found, || format!("{found} signatures of the {what}, {expected} expected"))
    }

    fn check_extensions(&self) -> Result<(), String> {
        let mut closes_at = self.manifest.closes_at;
        for (position, extension) in self.extensions.iter().enumerate() {
            let message = self.opening().extension_message(extension.closes_at);
            let key = self.manifest.key_of(Side::A).ok_or("there is no issuer a")?;
            check(key.verifies(&message, &extension.signature), || {
                format!("the signature of issuer a is not valid for extension {position}")
            })?;
            check(extension.closes_at > closes_at, || format!("extension {position} is not to a later time"))?;
            closes_at = extension.closes_at;
        }
        Ok(())
    }

    fn check_roll(&self) -> Result<(), String> {
        in_order("entry", self.entries.iter())?;
        let (expected, found) = (self.manifest.roll_size, self.entries.len());
        check(i64::try_from(found) == Ok(expected), || format!("{found} entries, {expected} expected by the manifest"))
    }

    fn check_spends(&self) -> Result<(), String> {
        let on_roll: HashSet<&Entry> = self.entries.iter().collect();
        let spent: Vec<Entry> = self.all_spends().map(Credential::entry).collect();
        if let Some(position) = spent.iter().position(|entry| !on_roll.contains(entry)) {
            return Err(format!("spend {position} is of no entry of the roll"));
        }
        match repeated(spent.iter()).next() {
            Some((position, first)) => Err(format!("spend {position} is of the same entry as spend {first}")),
            None => Ok(()),
        }
    }

    /// The spends online, then those on paper.
    fn all_spends(&self) -> impl Iterator<Item = &Credential> {
        self.spends.iter().chain(self.paper.iter().flat_map(|paper| &paper.batch.spends))
    }

    fn check_number(&self) -> Result<(), String> {
        let (votes, spends) = (self.votes.len(), self.spends.len());
        check(votes == spends, || format!("{votes} votes, but {spends} spends"))
    }

    fn choices(&self) -> Result<Vec<Choice>, String> {
        let paper = self.manifest.paper();
        let read = |(position, vote): (usize, &Vote)| {
            Choice::parse(&vote.choice, &paper).map_err(|faults| match faults.first() {
                Some(fault) => format!("vote {position}: {}", fault.detail),
                None => format!("vote {position} has no choice"),
            })
        };
        self.votes.iter().enumerate().map(read).collect()
    }

    fn check_paper(&self) -> Result<(), String> {
        let Some(SignedBatch { batch, .. }) = &self.paper else { return Ok(()) };
        check(self.manifest.paper_until.is_some(), || "the manifest says that there is no paper".to_owned())?;
        let on_roll: HashSet<&Entry> = self.entries.iter().collect();
        let spent: HashSet<Entry> = self.spends.iter().map(Credential::entry).collect();
        let standing = |entry: &Entry| match (on_roll.contains(entry), spent.contains(entry)) {
            (false, _) => Standing::Unknown,
            (true, false) => Standing::Unspent,
            (true, true) => Standing::Spent,
        };
        first_of(&batch.faults(&self.manifest.paper(), standing))
    }

    fn check_paper_signatures(&self) -> Result<(), String> {
        let Some(paper) = &self.paper else { return Ok(()) };
        self.signed("paper batch", &paper.signatures, &self.opening().paper_message(&paper.hash))
    }

    fn check_rounds(&self) -> Result<(), String> {
        let choices = self.choices().map_err(|_| "the votes cannot be counted: a choice is not valid".to_owned())?;
        let paper: BallotPaper = self.manifest.paper();
        let lot = Lot { ballot: self.manifest.ballot, votes_root: self.votes_root };
        let batch = self.paper.as_ref().map(|paper| &paper.batch);
        let rounds = Count::of(&paper, &choices, batch, lot).rounds;
        let differs = rounds.iter().zip(&self.rounds).position(|(counted, published)| counted != published);
        match differs {
            Some(round) => Err(format!("round {} is not what counting gives", round + 1)),
            None => check(rounds.len() == self.rounds.len(), || {
                format!("{} rounds, but counting gives {}", self.rounds.len(), rounds.len())
            }),
        }
    }
}

fn check(passed: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if passed { Ok(()) } else { Err(fault()) }
}

fn in_order<T: Ord>(what: &str, items: impl Iterator<Item = T> + Clone) -> Result<(), String> {
    let wrong = items.clone().zip(items.skip(1)).position(|(item, next)| item >= next);
    match wrong {
        Some(position) => Err(format!("{what} {} does not come after the one before it", position + 1)),
        None => Ok(()),
    }
}

fn same_root(what: &str, computed: &Sha256Hex, published: &Sha256Hex) -> Result<(), String> {
    check(computed == published, || format!("the root of the {what} is {computed}, not {published}"))
}

fn first_of(faults: &[Fault]) -> Result<(), String> {
    match faults.first() {
        None => Ok(()),
        Some(fault) if fault.field.is_empty() => Err(fault.detail.clone()),
        Some(fault) => Err(format!("{}: {}", fault.field, fault.detail)),
    }
}
