//! What the register holds of a ballot that is held here: how it is planned, and how far it has come.
//!
//! The protocol is that of [`crate::ballot_protocol`]. Votes, the roll and the papers are not part of the record.

use chrono::{DateTime, Utc};

use crate::access::name_of_key;
use crate::api_key::KeyId;
use crate::ballot_protocol::{
    BallotIssuer, BallotManifest, Count, Entry, Judged, Judgement, Opening, Protocol, PublicKey, Roll, Sha256Hex, Side,
    Signature, Tracker, WholeSecond, could_change, in_doubt, time_faults,
};
use crate::checked::{Checked, Rules};
use crate::fault::Fault;
use crate::value::text::{Name, Note};
use crate::vocabulary::vocabulary;

use super::ballot::{StaffBallot, StaffBallotId};
use super::tally::Tally;

vocabulary! {
    /// Whether what links a vote to a code may be kept after the close: by an archive of the database's write-ahead log,
    /// a standby or a backup that was taken while the ballot was open.
    pub enum Archived {
        /// Nothing of the kind was set up when the ballot opened.
        No = "no",
        /// An archive or a standby was there when the ballot opened.
        Yes = "yes",
        /// The service could not find out.
        Unknown = "unknown",
    }
}

/// A ballot that is held here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// How it is planned.
    pub plan: Checked<HostingPlan>,
    /// How far it has come.
    pub progress: HostingProgress,
}

/// What a department plans for a ballot that is held here. It is edited in the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostingPlan {
    /// How many issuers make the codes: 1 or 2.
    pub issuer_count: i64,
    /// Whether fewer than 20 people may be on the roll, so that few votes can show how somebody voted.
    pub small: bool,
    /// When casting begins.
    pub opens_at: WholeSecond,
    /// When casting ends, unless issuer `a` extends it.
    pub closes_at: WholeSecond,
    /// Until when the issuers may enter papers; none if there is no paper.
    pub paper_until: Option<WholeSecond>,
    /// How many votes and papers must come in at least.
    pub min_returned: Option<i64>,
}

impl HostingPlan {
    /// The sides of its issuers.
    pub fn sides(&self) -> &'static [Side] {
        if self.issuer_count == 2 { &[Side::A, Side::B] } else { &[Side::A] }
    }
}

impl Rules for HostingPlan {
    fn faults(&self) -> Vec<Fault> {
        time_faults(self.opens_at, self.closes_at, self.paper_until)
    }
}

/// How far a ballot that is held here has come. It is changed by the steps of its life alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostingProgress {
    /// Who is appointed to make the codes, side `a` first.
    pub issuers: Vec<AppointedIssuer>,
    /// What the issuers have sent for the roll.
    pub rolls: Vec<SentRoll>,
    /// What was fixed when the roll was frozen.
    pub frozen: Option<Frozen>,
    /// The issuers' signatures of the manifest, side `a` first.
    pub signatures: Vec<(Side, Signature)>,
    /// The opening.
    pub opened: Option<Opened>,
    /// The extensions, in the order in which they were made.
    pub extensions: Vec<ReasonedExtension>,
    /// The cancellation.
    pub cancelled: Option<Cancellation>,
    /// The paper batch, without what it says.
    pub paper: Option<SignedPaper>,
    /// The close.
    pub closed: Option<Closed>,
    /// The complaints that show something, or could have.
    pub complaints: Vec<RecordedComplaint>,
}

/// An issuer who is appointed to a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppointedIssuer {
    /// Which issuer.
    pub side: Side,
    /// The API key for the issuer's calls.
    pub key_id: KeyId,
    /// Their name.
    pub name: Name,
    /// Who they work for.
    pub organisation: Option<Name>,
    /// The key with which they sign, offline.
    pub public_key: PublicKey,
}

/// What an issuer has sent for the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentRoll {
    /// Which issuer.
    pub side: Side,
    /// For how many people.
    pub size: i64,
    /// The SHA-256 of the lines as they are kept, sorted.
    pub sha256: Sha256Hex,
}

/// What is fixed when the roll is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// When.
    pub at: DateTime<Utc>,
    /// The root of the tree over the roll.
    pub roll_root: Sha256Hex,
    /// The key that signs the receipts.
    pub receipt_key: PublicKey,
    /// The SHA-256 of the manifest as canonical JSON.
    pub manifest_sha256: Sha256Hex,
}

/// The opening of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// When.
    pub at: DateTime<Utc>,
    /// The log's entry of the opening.
    pub entry_seq: i64,
    /// Whether what links a vote to a code may be kept.
    pub archived: Archived,
}

/// A later end of casting, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasonedExtension {
    /// When casting ends.
    pub closes_at: WholeSecond,
    /// Why.
    pub reason: Note,
    /// The signature of issuer `a`.
    pub signature: Signature,
}

/// Why a ballot was given up before its close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Note,
    /// The signature of issuer `a`, which a ballot that was open needs.
    pub signature: Option<Signature>,
    /// Whether votes had been cast; unknown if the box of the open ballot is gone.
    pub votes_were_cast: Option<bool>,
}

/// A paper batch without what it says, which is shown after the close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPaper {
    /// The SHA-256 of the batch as canonical JSON.
    pub sha256: Sha256Hex,
    /// The issuers' signatures of it, side `a` first.
    pub signatures: Vec<(Side, Signature)>,
}

/// What the close gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: DateTime<Utc>,
    /// The log's entry of the close.
    pub entry_seq: i64,
    /// The root of the tree over the votes.
    pub votes_root: Sha256Hex,
    /// The count.
    pub count: Count,
}

/// A complaint that has been judged, without its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedComplaint {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// What it shows.
    pub judgement: Judgement,
    /// The vote that it is about; none where that would show whose vote it is.
    pub tracker: Option<Tracker>,
    /// The entry of the roll that it is about, where it was made with codes.
    pub entry: Option<Entry>,
}

/// What a ballot needs to be cast in: all of it is fixed while the ballot is open, but for the end of casting.
#[derive(Clone, Debug)]
pub struct Casting {
    /// The ballot with the SHA-256 of its manifest.
    pub opening: Opening,
    /// The manifest.
    pub manifest: BallotManifest,
    /// When casting ends.
    pub ends_at: WholeSecond,
}

impl HostingProgress {
    /// The issuer of a side.
    pub fn issuer(&self, side: Side) -> Option<&AppointedIssuer> {
        self.issuers.iter().find(|issuer| issuer.side == side)
    }

    /// Whether nobody has done anything for it.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// The complaints as they were judged.
    pub fn judged(&self) -> Vec<Judged> {
        let judged = |complaint: &RecordedComplaint| Judged {
            judgement: complaint.judgement,
            tracker: complaint.tracker,
            entry: complaint.entry,
        };
        self.complaints.iter().map(judged).collect()
    }

    /// How many votes the complaints put in doubt.
    pub fn in_doubt(&self) -> usize {
        in_doubt(&self.judged())
    }

    /// Whether the complaints could change the result; none before the close.
    pub fn complaints_could_change(&self) -> Option<bool> {
        self.closed.as_ref().map(|closed| could_change(&self.judged(), &closed.count))
    }
}

impl Hosting {
    /// When casting ends, as far as is known now.
    pub fn casting_ends_at(&self) -> WholeSecond {
        self.progress.extensions.last().map_or(self.plan.closes_at, |extension| extension.closes_at)
    }

    /// When the clock closes the ballot.
    pub fn closes_by(&self) -> WholeSecond {
        self.plan.paper_until.unwrap_or_else(|| self.casting_ends_at())
    }

    /// Which sides this caller, whom the log names so, is the issuer of.
    pub fn sides_of(&self, by: &str) -> Vec<Side> {
        let own = self.progress.issuers.iter().filter(|issuer| name_of_key(issuer.key_id) == by);
        own.map(|issuer| issuer.side).collect()
    }

    /// Whether so many votes and papers are as many as must come in.
    pub fn is_quorate(&self, returned: i64) -> bool {
        self.plan.min_returned.is_none_or(|least| returned >= least)
    }
}

impl StaffBallot {
    /// The manifest of the ballot, which has this id; none before its roll is frozen.
    pub fn manifest(&self, id: StaffBallotId) -> Option<BallotManifest> {
        let hosting = self.hosting.as_ref()?;
        let frozen = hosting.progress.frozen.as_ref()?;
        self.manifest_of(id, hosting, (self.tally.roll_size?, frozen.roll_root, frozen.receipt_key))
    }

    /// What the manifest of the ballot is with this roll and receipt key; none where it lacks its question or method.
    pub(super) fn manifest_of(
        &self,
        id: StaffBallotId,
        hosting: &Hosting,
        (roll_size, roll_root, receipt_key): (i64, Sha256Hex, PublicKey),
    ) -> Option<BallotManifest> {
        let issuers = hosting.progress.issuers.iter().map(|issuer| BallotIssuer {
            side: issuer.side,
            name: issuer.name.clone(),
            public_key: issuer.public_key,
        });
        let Tally { method, options, thresholds, .. } = &*self.tally;
        Some(BallotManifest {
            protocol: Protocol::PsmBallotV1,
            ballot: id.into(),
            question: self.question.clone()?,
            method: (*method)?,
            options: options.clone(),
            opens_at: hosting.plan.opens_at,
            closes_at: hosting.plan.closes_at,
            paper_until: hosting.plan.paper_until,
            thresholds: thresholds.clone(),
            min_returned: hosting.plan.min_returned,
            issuers: issuers.collect(),
            roll_size,
            roll_root,
            receipt_key,
        })
    }

    /// What casting in the ballot, which has this id, needs; none before its roll is frozen.
    pub fn casting(&self, id: StaffBallotId) -> Option<Casting> {
        let hosting = self.hosting.as_ref()?;
        let opening = Opening { ballot: id.into(), manifest: hosting.progress.frozen?.manifest_sha256 };
        Some(Casting { opening, manifest: self.manifest(id)?, ends_at: hosting.casting_ends_at() })
    }

    /// The API key of the issuer of a side.
    pub fn issuer_key(&self, side: Side) -> Option<KeyId> {
        Some(self.hosting.as_ref()?.progress.issuer(side)?.key_id)
    }

    /// Whether few votes can show how somebody voted. The result says so.
    pub fn is_small_roll(&self) -> bool {
        self.tally.roll_size.and_then(|size| usize::try_from(size).ok()).is_some_and(|size| size < Roll::MIN)
    }
}
