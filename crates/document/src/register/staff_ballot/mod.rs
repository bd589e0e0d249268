//! Staff ballots: how staff were asked, what they answered and what that means.

mod action;
mod appointment;
mod bundle;
mod duties;
mod hosted_result;
mod hosting;
mod manifest;
mod paper_batch;
mod result;
mod step;
mod tally;

use std::mem;

use domain::{
    BallotMode as DomainBallotMode, BallotState as State, Checked, Duties, Ending, FaultCode, Held, Hosting, Invalid,
    Papers, Past, Tally,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use crate::body::Input;
use crate::declare::{Shown, wire};
use crate::faults::Faults;
use crate::record::{Documented, Upgrade, visible_texts};
use crate::source::Source;
use crate::value::{
    Day, Instant, KeyId, MutualId, MutualKey, Name, Note, PartialDate, Plain, StaffBallotId, Text, Word,
};

use duties::caller_name;
use tally::question;

pub use action::{BallotCorrectionReason, Declaration, Supersession, Voiding};
pub use appointment::Appointment;
pub use bundle::{
    BallotCheck, BoardVote, PublishedBallot, RollEntry, SignedExtension, SignedPapers, Tracker, UnreadableBundle,
    VerificationBundle,
};
pub use duties::{Reporting, ScrutineerReport};
pub use hosted_result::{EliminatedBy, HostedResult, HostedRound};
pub use hosting::{
    AppointedIssuer, Archived, BallotCancellation, BallotClosed, BallotComplaint, BallotExtension, BallotOpened,
    CountedRound, FrozenRoll, HostingPlan, HostingProgress, Judgement, SentRoll, SignedPaper,
};
pub use manifest::{BallotIssuer, BallotManifest, Ed25519Key, Protocol, Sha256, Side, SignedTime};
pub use paper_batch::{
    Ed25519Signature, IssuerSignature, PaperBatch, PaperCounts, Ranking, SentBatch, SentVotes, Spend, SpendSet,
};
pub use result::{BallotResult, BallotShare, CountsKnown, ThresholdOutcome};
pub use step::{
    BallotCancelling, CastingExtension, Complaint, IssuerAppointment, IssuerToAppoint, ManifestSignature, NumberedHalf,
    PaperEntry, RollHalf, RollUpload, SentComplaint, SentForRoll, SentPaper, SentVote, VoteCast, VotingCode,
};
pub use tally::{
    BallotMethod, BallotOption, BallotRound, BallotThreshold, Basis, Effect, FigureCheck, OptionCount, OptionKey,
    Percent, PrintedPercent, PublishedBasis, PublishedFigure,
};

/// The purpose of a staff ballot.
pub type BallotKind = Word<domain::BallotKind>;

/// Who held a ballot.
pub type Organiser = Word<domain::Organiser>;

/// Where the votes of a ballot are cast.
pub type BallotMode = Word<DomainBallotMode>;

/// How far a ballot has come, and whether it still stands.
pub type BallotState = Word<domain::BallotState>;

wire! {
    /// A vote of staff about a mutual, or inside one, with the result computed from its counts. Leave out numbers that
    /// are not known. The others must be consistent: entitled ≥ issued ≥ returned = valid + spoiled.
    #[example({
        "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
        "kind": "consultative_survey",
        "organiser": "parent_body",
        "question": "Who should run community health services in Gloucestershire?",
        "method": "ranked",
        "options": [
            {"key": "nhs_trust", "label": "Standalone NHS trust", "effect": "nhs_trust"},
            {"key": "private_partner", "label": "Private partner", "effect": "private_partner"}
        ],
        "mode": "recorded",
        "roll_size": 2896,
        "returned": 1628,
        "counts": [{"option": "nhs_trust", "votes": 1482}, {"option": "private_partner", "votes": 5}],
        "counts_complete": false,
        "closed_on": "2012",
        "published_figures": [
            {"option": "nhs_trust", "percent": "91.03", "basis": "of_cast"},
            {"option": "nhs_trust", "percent": "51.17", "basis": "of_entitled"},
            {"percent": "56.2", "basis": "turnout"}
        ],
        "sources": [{
            "url": "https://cheltenham-gloucesteragainstcuts.org/2012/10/11/will-nhs-gloucestershire-abide-by-the-wishes-of-staff-public/",
            "note": "First preferences; those for the other options aren't published."
        }]
    })]
    pub record StaffBallot(StaffBallotId) {
        /// The mutual that it is about.
        mutual_id: MutualId = required,
        kind: BallotKind = required,
        organiser: Organiser = optional,
        /// The question as it was put, in plain text of one or more lines.
        question: Note = optional.schema(question),
        method: BallotMethod = optional,
        /// The options on the ballot paper that the sources give: at least one, each with its own key.
        options: BallotOption = required_list.min(1).max(Tally::MAX_OPTIONS),
        /// A ballot that was held elsewhere is `recorded`, with its counts. One that is held here is `hosted`, with its plan in
        /// `hosting`: the register finds out the roll, the counts and the dates of voting.
        mode: BallotMode = required,
        /// How the ballot is planned. Required if the mode is `hosted`.
        hosting: HostingPlan = optional,
        /// How far a ballot of mode `hosted` has come.
        hosted: HostingProgress = optional.set().instead("the steps of a hosted ballot change it, such as PUT /v1/staff-ballots/{staff_ballot}/issuers/{side}"),
        /// A ballot is entered as a `draft`. After that, only its actions change the state, such as declare, void and
        /// supersede.
        state: BallotState = default.fixed().instead("to change it, use POST /v1/staff-ballots/{staff_ballot}/declare, /void or /supersede"),
        /// How many people were entitled to vote.
        roll_size: i64 = optional.range(0, Tally::MAX_COUNT),
        /// The number of papers issued. Not more than the people entitled to vote.
        papers_issued: i64 = optional.range(0, Tally::MAX_COUNT),
        /// The number of papers returned, including spoiled ones. Not more than the papers issued. Turnout is computed
        /// from them (Trade Union and Labour Relations (Consolidation) Act 1992 s.297A).
        returned: i64 = optional.range(0, Tally::MAX_COUNT),
        /// How many of the returned papers were not valid.
        spoiled: i64 = optional.range(0, Tally::MAX_COUNT),
        /// The votes of each option whose count is known: first preferences if the method is `ranked`. Their sum cannot
        /// exceed the number of valid papers, and equals it if the counts are complete.
        counts: OptionCount = list.max(Tally::MAX_OPTIONS),
        /// Whether `counts` has every option. The default is `false`.
        counts_complete: bool = default,
        /// The further counts of a ballot by the method `ranked`, in order.
        later_rounds: BallotRound = list.max(Tally::MAX_ROUNDS),
        /// When voting began. In a draft it may be planned.
        opened_on: PartialDate = optional,
        /// When voting ended: not before `opened_on`.
        closed_on: PartialDate = optional.past(),
        /// When the result was made known: not before `opened_on` and `closed_on`.
        declared_on: PartialDate = optional.past(),
        /// The levels that the result was to reach: at most one for each basis and option.
        thresholds: BallotThreshold = list.max(Tally::MAX_THRESHOLDS),
        /// The scrutineer. The `name` is shown only to callers who may see the ballot's draft.
        scrutineer: Scrutineer = optional,
        /// What the appointed scrutineer reports. The holder of the appointed key writes it, and nobody else. A ballot that
        /// is `historic` may have what its sources say instead, without `reported_by`.
        scrutineer_report: ScrutineerReport = optional.set().instead("the appointed scrutineer writes it with PUT /v1/staff-ballots/{staff_ballot}/scrutineer-report"),
        /// The API key that is appointed as scrutineer.
        scrutineer_key_id: KeyId = optional.set().instead("to change it, use PUT /v1/staff-ballots/{staff_ballot}/appointment"),
        /// Percentages that others published about the result, whether or not the counts support them.
        published_figures: PublishedFigure = list.max(Tally::MAX_PUBLISHED_FIGURES),
        /// Who entered the counts, as the log names them: everyone who created the draft or changed its method, options,
        /// papers, counts, thresholds or published figures. None of them can declare the ballot, unless it is
        /// `historic`. Empty if the register did not record it; then only the scrutineer can declare the draft.
        entered_by: String = list.set().max(Duties::MAX_WRITERS).schema(caller_name),
        /// Who declared the result, as the log names them. Absent in a draft, and if the register did not record it.
        declared_by: String = optional.set().schema(caller_name),
        /// Whether the ballot is known from history: declared as `historic`, imported with its past, or declared before the
        /// register recorded who declares. Such a ballot does not count for the launch condition `staff_buy_in`.
        historic: bool = default.set().instead("an administrator declares a ballot as historic with POST /v1/staff-ballots/{staff_ballot}/declare"),
        /// Why the ballot does not count. Present if its state is `void`.
        void_reason: Note = optional.set().fixed().instead("to void the ballot, use POST /v1/staff-ballots/{staff_ballot}/void"),
        /// The rerun that replaced the ballot. Present if its state is `superseded`.
        superseded_by_id: StaffBallotId = optional.set().fixed().instead("to name the rerun, use POST /v1/staff-ballots/{staff_ballot}/supersede"),
        /// Its corrections since it was declared, the oldest first.
        corrections: BallotCorrection = list.set().instead("to correct the ballot, use POST /v1/staff-ballots/{staff_ballot}/correct").max(domain::StaffBallot::MAX_CORRECTIONS),
        /// The sources of the record.
        sources: Source = list.max(domain::MAX_SOURCES),
        result: BallotResult = derived.instead("it follows from `counts`"),
    }

    /// A correction of a declared ballot.
    pub struct BallotCorrection for domain::Correction {
        /// When it was corrected.
        corrected_at: Instant = required,
        /// Why the ballot was corrected.
        reason: Note = required,
        /// The first version of the ballot with the correction. The history of the ballot shows the versions before.
        version: i64 = required.schema(version),
    }

    /// The scrutineer of a ballot: at least one of `name` and `organisation`. The law requires an independent scrutineer
    /// if more than 50 people are entitled to vote (Trade Union and Labour Relations (Consolidation) Act 1992 s.226B).
    #[example({"organisation": "Electoral Reform Services", "appointed_on": "2012-08-20"})]
    pub struct Scrutineer for domain::Scrutineer, checked {
        /// The person. It is shown only to callers who may see the ballot's draft.
        name: Name = optional.personal(),
        /// The organisation.
        organisation: Name = optional,
        /// When they were appointed.
        appointed_on: Day = optional.past(),
    }
}

impl Input for StaffBallot {
    type Value = domain::StaffBallot;

    fn entering(&self, faults: &mut Faults) {
        if let Some(Word(state)) = self.state
            && state != State::Draft
        {
            let detail =
                format!("a ballot must be entered as a `draft`, not `{state}`: enter it as a draft, then declare it");
            faults.push("state", FaultCode::Inconsistent, &detail);
        }
    }

    fn build(mut self, faults: &mut Faults) -> Option<Self::Value> {
        let hosting = self.hosting(faults);
        let tally = self.tally(faults);
        let held = Held {
            opened_on: self.opened_on.map(Text::into_inner),
            closed_on: self.closed_on.map(Text::into_inner),
            declared_on: self.declared_on.map(Text::into_inner),
        };
        let held = faults.checked(&[], held);
        let scrutineer = self.scrutineer.and_then(|scrutineer| faults.member("scrutineer", scrutineer));
        // What ended a ballot is fixed like its state, so that the three still agree where the rest of it changes.
        let ending = Ending {
            state: self.state.map_or(State::Draft, Word::into_inner),
            void_reason: self.void_reason.map(Text::into_inner),
            superseded_by_id: self.superseded_by_id.map(Text::into_inner),
        };
        let ending = faults.checked(&["state"], ending);
        let corrections = faults.each("corrections", self.corrections, BallotCorrection::build_stored);
        let report = self.scrutineer_report.and_then(|report| faults.member("scrutineer_report", report));
        let duties = Duties {
            entered_by: self.entered_by,
            declared_by: self.declared_by,
            historic: self.historic.unwrap_or_default(),
            report,
        };
        let past = ending.map(|ending| Past { ending, corrections, duties });
        let past = past.and_then(|past| faults.checked(&["state", "corrections"], past)).map(Checked::into_inner);
        let sources = faults.list("sources", self.sources);
        let Past { ending, corrections, duties } = past?;

        Some(domain::StaffBallot {
            mutual_id: self.mutual_id?.into_inner(),
            kind: self.kind?.into_inner(),
            organiser: self.organiser.map(Word::into_inner),
            question: self.question.map(Text::into_inner),
            mode: self.mode?.into_inner(),
            hosting: hosting?,
            held: held?,
            tally: tally?,
            scrutineer,
            scrutineer_key_id: self.scrutineer_key_id.map(Text::into_inner),
            duties,
            ending,
            corrections,
            sources: sources?,
        })
    }
}

impl StaffBallot {
    /// Takes how the ballot is held here, which one that was held elsewhere does not say.
    fn hosting(&mut self, faults: &mut Faults) -> Option<Option<Box<Hosting>>> {
        let is_hosted = self.mode == Some(Word(DomainBallotMode::Hosted));
        let (plan, progress) = (self.hosting.take(), self.hosted.take());
        match (is_hosted, plan) {
            (true, None) => {
                faults.push("hosting", FaultCode::Required, "a ballot of mode `hosted` needs its plan");
                None
            }
            (false, Some(_)) => {
                let detail = "only a ballot of mode `hosted` has a plan: leave it out, or expected `hosted` as `mode`";
                faults.push("hosting", FaultCode::Inconsistent, detail);
                None
            }
            (false, None) => Some(None),
            (true, Some(plan)) => {
                let organiser = self.organiser.map(Word::into_inner);
                let plan = faults.within("hosting", plan, |plan, faults| plan.build(organiser, faults));
                let progress = progress
                    .map_or(Some(domain::HostingProgress::default()), |progress| faults.member("hosted", progress));
                Some(Some(Box::new(Hosting { plan: plan?, progress: progress? })))
            }
        }
    }

    /// Takes the options, the counts and what is said about them together, since they bind each other.
    fn tally(&mut self, faults: &mut Faults) -> Option<Checked<Tally>> {
        let options = mem::take(&mut self.options).unwrap_or_default();
        let tally = Tally {
            method: self.method.map(Word::into_inner),
            options: faults.each("options", options, BallotOption::build),
            roll_size: self.roll_size,
            papers_issued: self.papers_issued,
            returned: self.returned,
            spoiled: self.spoiled,
            counts: faults.each("counts", mem::take(&mut self.counts), OptionCount::build),
            counts_complete: self.counts_complete.unwrap_or_default(),
            later_rounds: faults.each("later_rounds", mem::take(&mut self.later_rounds), BallotRound::build),
            thresholds: faults.each("thresholds", mem::take(&mut self.thresholds), BallotThreshold::build),
            published_figures: faults
                .each("published_figures", mem::take(&mut self.published_figures), |figure, _| figure.build()),
        };
        // The numbers of papers bind each other, whatever else could not be read.
        faults.checked(&[], Papers(&tally));
        // These are what others are held against; of any other member the absence breaks no rule.
        faults.checked(&["method", "options", "counts"], tally)
    }
}

impl Documented for domain::StaffBallot {
    const UPGRADES: &'static [Upgrade] = &[visible_texts, duties::reported_apart];

    type Document = StaffBallot;

    fn show(&self) -> StaffBallot {
        let (tally, held, ending) = (&*self.tally, &*self.held, &*self.ending);
        let Duties { entered_by, declared_by, historic, report } = self.duties.clone();
        let published_figures = tally.published_figures.iter();
        let published_figures = published_figures.map(|figure| PublishedFigure::show(figure, tally.check(figure)));
        StaffBallot {
            mutual_id: Some(Text(self.mutual_id)),
            kind: Some(Word(self.kind)),
            organiser: self.organiser.map(Word),
            question: self.question.clone().map(Text),
            method: tally.method.map(Word),
            options: Some(tally.options.iter().map(BallotOption::show).collect()),
            mode: Some(Word(self.mode)),
            hosting: self.hosting.as_ref().map(|hosting| HostingPlan::show(&hosting.plan)),
            hosted: self
                .hosting
                .as_ref()
                .map(|hosting| &hosting.progress)
                .filter(|progress| !progress.is_untouched())
                .map(HostingProgress::show),
            state: Some(Word(ending.state)),
            roll_size: tally.roll_size,
            papers_issued: tally.papers_issued,
            returned: tally.returned,
            spoiled: tally.spoiled,
            counts: tally.counts.iter().map(OptionCount::show).collect(),
            counts_complete: Some(tally.counts_complete),
            later_rounds: tally.later_rounds.iter().map(BallotRound::show).collect(),
            opened_on: held.opened_on.map(Text),
            closed_on: held.closed_on.map(Text),
            declared_on: held.declared_on.map(Text),
            thresholds: tally.thresholds.iter().map(BallotThreshold::show).collect(),
            scrutineer: self.scrutineer.as_ref().map(Scrutineer::show),
            scrutineer_report: report.as_ref().map(ScrutineerReport::show),
            scrutineer_key_id: self.scrutineer_key_id.map(Text),
            published_figures: published_figures.collect(),
            entered_by,
            declared_by,
            historic: Some(historic),
            void_reason: ending.void_reason.clone().map(Text),
            superseded_by_id: ending.superseded_by_id.map(Text),
            corrections: self.corrections.iter().map(BallotCorrection::show).collect(),
            sources: self.sources.iter().map(Source::show).collect(),
            result: Shown(Some(tally.result().into())),
        }
    }

    fn from_value(value: Self, _: Option<&str>) -> Result<Self, Invalid> {
        Ok(value)
    }
}

impl BallotCorrection {
    /// The correction. The register sets them, so that nothing else tells what one lacks.
    fn build_stored(self, faults: &mut Faults) -> Option<domain::Correction> {
        let correction = self.build(faults);
        if correction.is_none() {
            faults.push("", FaultCode::Required, "a correction needs `corrected_at`, `reason` and `version`");
        }
        correction
    }
}

/// The schema of the version of a record.
fn version() -> RefOr<Schema> {
    let version = ObjectBuilder::new().schema_type(Type::Integer);
    version.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))).minimum(Some(1)).into()
}

#[cfg(test)]
mod tests;

/// Which staff ballots a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct StaffBallotFilter {
    /// About this mutual.
    pub mutual: Vec<MutualKey>,
    /// Of this kind.
    pub kind: Vec<BallotKind>,
    /// Held by this organiser.
    pub organiser: Vec<Organiser>,
    /// In this state.
    pub state: Vec<BallotState>,
    /// Held in this mode.
    pub mode: Vec<BallotMode>,
    /// Opened on this day or later. A partial date matches if it may be in the range.
    pub opened_from: Option<PartialDate>,
    /// Opened on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    pub opened_to: Option<PartialDate>,
    /// Closed on this day or later. A partial date matches if it may be in the range.
    pub closed_from: Option<PartialDate>,
    /// Closed on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    pub closed_to: Option<PartialDate>,
    /// Declared on this day or later. A partial date matches if it may be in the range.
    pub declared_from: Option<PartialDate>,
    /// Declared on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    pub declared_to: Option<PartialDate>,
    /// `true` for ballots whose turnout is known, which needs both the papers returned and the people entitled to vote.
    /// `false` for the others.
    pub has_turnout: Option<bool>,
}
