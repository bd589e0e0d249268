//! A ballot that is held here, as JSON: its plan, and how far it has come.

use std::collections::BTreeMap;

use domain::ballot_protocol::{Count, CountedRound as DomainRound, Judgement as DomainJudgement, RoundEnd};
use domain::{FaultCode, Organiser, StaffBallot as DomainBallot, Tally};

use super::BallotMethod;
use super::bundle::{RollEntry, Tracker};
use super::hosted_result::EliminatedBy;
use super::manifest::{Ed25519Key, Sha256, Side, SignedTime};
use super::paper_batch::{Ed25519Signature, IssuerSignature};
use super::tally::{OptionCount, OptionKey};
use crate::declare::{Shown, wire};
use crate::faults::Faults;
use crate::value::{Instant, KeyId, Name, Note, Plain, Text, Word};

/// Whether what links a vote to a code may be kept after the close.
pub type Archived = Word<domain::Archived>;

/// What a complaint shows.
pub type Judgement = Word<DomainJudgement>;

wire! {
    /// How a ballot of mode `hosted` is planned. It can be changed in the draft.
    #[example({"issuer_count": 2, "opens_at": "2027-06-01T08:00:00Z", "closes_at": "2027-06-08T17:00:00Z"})]
    pub struct HostingPlan {
        /// How many issuers make the codes. With two, neither can vote for people who do not vote. The default is 2 if
        /// `organiser` is `joint`, and otherwise 1.
        issuer_count: i64 = default.range(1, 2),
        /// Whether fewer than 20 people may be on the roll, but at least 5. The result then says that few votes can show
        /// how somebody voted. The default is `false`.
        small: bool = default,
        /// When casting begins.
        opens_at: SignedTime = required,
        /// When casting ends. Issuer `a` can extend it to a later time.
        closes_at: SignedTime = required,
        /// Until when the issuers may enter papers, after casting has ended. Leave it out if there is no paper.
        paper_until: SignedTime = optional,
        /// How many votes and papers must come in at least. Leave it out if any number will do.
        min_returned: i64 = optional.range(0, Tally::MAX_COUNT),
    }

    /// How far a ballot of mode `hosted` has come.
    pub struct HostingProgress for domain::HostingProgress {
        /// Who is appointed to make the codes.
        issuers: AppointedIssuer = list.max(2),
        /// What the issuers have sent for the roll.
        rolls: SentRoll = list.max(2),
        /// What was fixed when the roll was frozen.
        frozen: FrozenRoll = optional,
        /// The issuers' signatures of the manifest.
        signatures: IssuerSignature = list.max(2),
        /// The opening.
        opened: BallotOpened = optional,
        /// The extensions of casting, the oldest first.
        extensions: BallotExtension = list.max(DomainBallot::MAX_EXTENSIONS),
        /// Why the ballot was given up before its close.
        cancelled: BallotCancellation = optional,
        /// The papers, without what they say.
        paper: SignedPaper = optional,
        /// What the close gave.
        closed: BallotClosed = optional,
        /// The complaints about the ballot, the oldest first. Those that name no vote and no spent code of the ballot are not kept.
        complaints: BallotComplaint = list.max(DomainBallot::MAX_COMPLAINTS),
    }

    /// An issuer who is appointed to a ballot.
    pub struct AppointedIssuer for domain::AppointedIssuer {
        side: Side = required,
        /// The API key for the issuer's calls.
        key_id: KeyId = required,
        /// Their name, which the manifest has.
        name: Name = required,
        /// Who they work for.
        organisation: Name = optional,
        /// The key with which they sign.
        public_key: Ed25519Key = required,
    }

    /// What an issuer has sent for the roll.
    pub struct SentRoll for domain::SentRoll {
        side: Side = required,
        /// For how many people.
        size: i64 = required.range(0, Tally::MAX_COUNT),
        /// The SHA-256 of what was sent, as sorted lines.
        sha256: Sha256 = required,
    }

    /// What is fixed when the roll is frozen.
    pub struct FrozenRoll for domain::Frozen {
        /// When.
        at: Instant = required,
        /// The root of the tree over the roll.
        roll_root: Sha256 = required,
        /// The key that signs the receipts.
        receipt_key: Ed25519Key = required,
        /// The SHA-256 of the manifest as canonical JSON (RFC 8785).
        manifest_sha256: Sha256 = required,
    }

    /// The opening of a ballot.
    pub struct BallotOpened for domain::Opened {
        /// When.
        at: Instant = required,
        /// The number of the log's entry of the opening.
        entry_seq: i64 = required,
        archived: Archived = required,
    }

    /// A later end of casting.
    pub struct BallotExtension for domain::ReasonedExtension {
        /// When casting ends.
        closes_at: SignedTime = required,
        /// Why.
        reason: Note = required,
        /// The signature of issuer `a`.
        signature: Ed25519Signature = required,
    }

    /// Why a ballot was given up before its close.
    pub struct BallotCancellation for domain::Cancellation {
        /// When.
        at: Instant = required,
        /// Why.
        reason: Note = required,
        /// The signature of issuer `a`. Present if the ballot was open.
        signature: Ed25519Signature = optional,
        /// Whether votes had been cast. Absent if the votes of the open ballot were lost.
        votes_were_cast: bool = optional,
    }

    /// A batch of papers, without what they say.
    pub struct SignedPaper for domain::SignedPaper {
        /// The SHA-256 of the batch as canonical JSON (RFC 8785).
        sha256: Sha256 = required,
        /// The issuers' signatures of the batch.
        signatures: IssuerSignature = list.max(2),
    }

    /// What the close of a ballot gave.
    pub struct BallotClosed {
        /// When.
        at: Instant = required,
        /// The number of the log's entry of the close.
        entry_seq: i64 = required,
        /// The root of the tree over the votes.
        votes_root: Sha256 = required,
        method: BallotMethod = required,
        /// How many voted online.
        online: i64 = derived,
        /// How many voted on paper. Absent without papers.
        paper: i64 = optional.range(0, Tally::MAX_COUNT),
        /// How many papers were not valid.
        spoiled: i64 = required.range(0, Tally::MAX_COUNT),
        /// The first preferences of the votes that were cast online.
        online_counts: OptionCount = list.max(Tally::MAX_OPTIONS),
        /// Those on paper. Absent without papers.
        paper_counts: OptionCount = optional_list.max(Tally::MAX_OPTIONS),
        /// The rounds of the count: one, unless the method is `ranked`.
        rounds: CountedRound = list.max(Tally::MAX_ROUNDS),
    }

    /// A round of a count. The last has `leading`, every other `eliminated` and `by`.
    pub struct CountedRound {
        /// The votes of each option that is still in.
        counts: OptionCount = list.max(Tally::MAX_OPTIONS),
        /// How many papers name no option that is still in.
        exhausted: i64 = required.range(0, Tally::MAX_COUNT),
        /// The option that is out after this round.
        eliminated: OptionKey = optional,
        by: EliminatedBy = optional,
        /// The options with the most votes in the last round. Several are a tie. None if nobody voted.
        leading: OptionKey = optional_list.max(Tally::MAX_OPTIONS),
    }

    /// A complaint about a ballot, judged. It has no codes.
    #[example({"at": "2027-06-09T09:00:00.000000Z", "judgement": "unfounded", "tracker": "78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014"})]
    pub struct BallotComplaint for domain::RecordedComplaint {
        /// When it was made.
        at: Instant = required,
        judgement: Judgement = required,
        /// The tracker of the vote that it is about. Absent if it would show who cast a vote.
        tracker: Tracker = optional,
        /// The entry of the roll that it is about, if it was made with codes.
        entry: RollEntry = optional,
    }
}

impl HostingPlan {
    /// The plan of a ballot that is held by this organiser.
    pub(super) fn build(
        self,
        organiser: Option<Organiser>,
        faults: &mut Faults,
    ) -> Option<domain::Checked<domain::HostingPlan>> {
        let ranges =
            [("issuer_count", self.issuer_count, 1..=2), ("min_returned", self.min_returned, 0..=Tally::MAX_COUNT)];
        for (field, number, range) in ranges {
            if let Some(number) = number.filter(|number| !range.contains(number)) {
                let detail = format!("{number} is not within {} to {}", range.start(), range.end());
                faults.push(field, FaultCode::OutOfRange, detail);
            }
        }
        let usual = if organiser == Some(Organiser::Joint) { 2 } else { 1 };
        let plan = domain::HostingPlan {
            issuer_count: self.issuer_count.unwrap_or(usual),
            small: self.small.unwrap_or_default(),
            opens_at: self.opens_at?.into_inner(),
            closes_at: self.closes_at?.into_inner(),
            paper_until: self.paper_until.map(Text::into_inner),
            min_returned: self.min_returned,
        };
        faults.checked(&[], plan)
    }

    /// The plan as it is shown.
    pub(super) fn show(plan: &domain::HostingPlan) -> Self {
        Self {
            issuer_count: Some(plan.issuer_count),
            small: Some(plan.small),
            opens_at: Some(Text(plan.opens_at)),
            closes_at: Some(Text(plan.closes_at)),
            paper_until: plan.paper_until.map(Text),
            min_returned: plan.min_returned,
        }
    }
}

/// The register sets it, so that nothing is missing from it.
impl Plain for BallotClosed {
    type Value = domain::Closed;

    fn build(self, faults: &mut Faults) -> Option<domain::Closed> {
        let rounds = faults.each("rounds", self.rounds, CountedRound::build);
        let count = Count {
            method: self.method?.into_inner(),
            rounds,
            online: counted(faults, "online_counts", self.online_counts),
            paper: self.paper_counts.map(|counts| counted(faults, "paper_counts", counts)),
            spoiled: self.spoiled?,
        };
        Some(domain::Closed {
            at: self.at?.0,
            entry_seq: self.entry_seq?,
            votes_root: self.votes_root?.into_inner(),
            count,
        })
    }

    fn show(closed: &domain::Closed) -> Self {
        let count = &closed.count;
        let on_paper = count.paper.as_ref().map(|paper| paper.values().sum::<i64>().saturating_add(count.spoiled));
        Self {
            at: Some(Instant(closed.at)),
            entry_seq: Some(closed.entry_seq),
            votes_root: Some(Text(closed.votes_root)),
            method: Some(Word(count.method)),
            online: Shown(Some(count.online.values().sum())),
            paper: on_paper,
            spoiled: Some(count.spoiled),
            online_counts: shown(&count.online),
            paper_counts: count.paper.as_ref().map(shown),
            rounds: count.rounds.iter().map(CountedRound::show).collect(),
        }
    }
}

impl CountedRound {
    fn build(self, faults: &mut Faults) -> Option<DomainRound> {
        let end = match (self.eliminated, self.by, self.leading) {
            (Some(Text(option)), Some(Word(by)), None) => RoundEnd::Eliminated { option, by },
            (None, None, Some(leading)) => RoundEnd::Leading(leading.into_iter().map(Text::into_inner).collect()),
            _ => {
                faults.push("", FaultCode::Inconsistent, "a round has `leading`, or `eliminated` with `by`");
                return None;
            }
        };
        Some(DomainRound { counts: counted(faults, "counts", self.counts), exhausted: self.exhausted?, end })
    }

    fn show(round: &DomainRound) -> Self {
        let (eliminated, by, leading) = match &round.end {
            RoundEnd::Eliminated { option, by } => (Some(Text(option.clone())), Some(Word(*by)), None),
            RoundEnd::Leading(leading) => (None, None, Some(leading.iter().cloned().map(Text).collect())),
        };
        Self { counts: shown(&round.counts), exhausted: Some(round.exhausted), eliminated, by, leading }
    }
}

fn counted(faults: &mut Faults, field: &str, counts: Vec<OptionCount>) -> BTreeMap<domain::OptionKey, i64> {
    let counts = faults.each(field, counts, OptionCount::build);
    counts.into_iter().map(|count| (count.option, count.votes)).collect()
}

fn shown(counts: &BTreeMap<domain::OptionKey, i64>) -> Vec<OptionCount> {
    let counts = counts.iter().map(|(option, votes)| domain::OptionCount { option: option.clone(), votes: *votes });
    counts.map(|count| OptionCount::show(&count)).collect()
}
