//! Staff ballots: how staff were asked, what they answered and what that means.

mod action;
mod appointment;
mod operations;
mod result;
mod tally;

use std::mem;

use domain::{
    BallotMode as DomainBallotMode, BallotState as State, Checked, Ending, FaultCode, Held, Kind, Record, Tally,
};
use serde::{Deserialize, Serialize};
use store::Reference;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use validator::Validate;

use crate::register::source::{self, NewSource, Source};
use crate::register::value::{
    Day, Instant, KeyId, MutualId, Name, Note, PartialDate, StaffBallotId, Text, WebUrl, Word, prose,
};
use crate::request::body::{Input, Patch};
use crate::request::faults::Faults;

pub use action::{NewCorrection, NewDeclaration, NewSupersession, NewVoiding};
pub use appointment::NewAppointment;
pub use operations::{StaffBallotFilter, StaffBallots, erasure, routes};
pub use result::{BallotResult, BallotShare, CountsKnown, ThresholdOutcome};
pub use tally::{
    BallotOption, BallotRound, BallotThreshold, Basis, Effect, FigureCheck, NewBallotOption, NewBallotRound,
    NewBallotThreshold, NewOptionCount, NewPublishedFigure, OptionCount, OptionKey, Percent, PrintedPercent,
    PublishedBasis, PublishedFigure,
};

/// What a ballot of staff is for.
pub type BallotKind = Word<domain::BallotKind>;

/// Who held a ballot.
pub type Organiser = Word<domain::Organiser>;

/// How a voting paper is filled in.
pub type BallotMethod = Word<domain::BallotMethod>;

/// Where the votes of a ballot are cast.
pub type BallotMode = Word<DomainBallotMode>;

/// How far a ballot has come, and whether it still stands.
pub type BallotState = Word<domain::BallotState>;

/// What is to change about a staff ballot.
pub type StaffBallotPatch = Patch<NewStaffBallot>;

/// A staff ballot, as it is sent. A number that isn't known is left out; those that are known must fit together:
/// entitled ≥ issued ≥ returned = valid + spoiled.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
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
}))]
pub struct NewStaffBallot {
    /// The mutual that it is about.
    #[schema(required, nullable = false)]
    #[validate(required)]
    mutual_id: Option<MutualId>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    kind: Option<BallotKind>,
    #[schema(nullable = false)]
    organiser: Option<Organiser>,
    #[schema(schema_with = question)]
    question: Option<Note>,
    #[schema(nullable = false)]
    method: Option<BallotMethod>,
    /// What could be voted for, as far as the sources tell: at least one, each with its own key.
    #[schema(required, nullable = false, min_items = 1, max_items = 30)]
    #[validate(required, nested)]
    options: Option<Vec<NewBallotOption>>,
    /// `recorded`: votes can't be cast here yet.
    #[schema(required, nullable = false)]
    #[validate(required)]
    mode: Option<BallotMode>,
    /// A ballot is entered as a `draft`, which may be said. Afterwards its actions alone move it: declare, void, supersede.
    #[schema(nullable = false)]
    state: Option<BallotState>,
    /// How many people were entitled to vote.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    roll_size: Option<i64>,
    /// How many papers were given out: no more than entitled.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    papers_issued: Option<i64>,
    /// How many papers came back, spoiled ones included: no more than given out. They are what turnout counts (Trade
    /// Union and Labour Relations (Consolidation) Act 1992 s.297A).
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    returned: Option<i64>,
    /// How many of the papers that came back were not valid.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    spoiled: Option<i64>,
    /// The votes of each option whose count is known; first preferences where the method is `ranked`. Together no more
    /// than papers can have been valid, and just as many where they are complete.
    #[serde(default)]
    #[schema(max_items = 30)]
    #[validate(nested)]
    counts: Vec<NewOptionCount>,
    /// Whether `counts` has every option; `false` where it is absent.
    #[schema(nullable = false)]
    counts_complete: Option<bool>,
    /// The further counts of a ballot by the method `ranked`, in order.
    #[serde(default)]
    #[schema(max_items = 30)]
    #[validate(nested)]
    later_rounds: Vec<NewBallotRound>,
    /// When voting began.
    #[schema(nullable = false)]
    opened_on: Option<PartialDate>,
    /// When voting ended: not before `opened_on`.
    #[schema(nullable = false)]
    closed_on: Option<PartialDate>,
    /// When the result was made known: not before `opened_on` and `closed_on`.
    #[schema(nullable = false)]
    declared_on: Option<PartialDate>,
    /// What the result was to be measured by: the levels set for this ballot, each share once.
    #[serde(default)]
    #[schema(max_items = 20)]
    #[validate(nested)]
    thresholds: Vec<NewBallotThreshold>,
    #[schema(nullable = false)]
    scrutineer: Option<NewScrutineer>,
    /// What others printed about the result, whether or not the counts bear it out.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    published_figures: Vec<NewPublishedFigure>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// A vote of staff on a mutual, or inside one, with what follows from its counts. A number that isn't known is absent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StaffBallot {
    id: StaffBallotId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// The mutual that it is about.
    mutual_id: MutualId,
    kind: BallotKind,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    organiser: Option<Organiser>,
    #[schema(schema_with = question)]
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<Note>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<BallotMethod>,
    /// What could be voted for, as far as the sources tell.
    #[schema(min_items = 1, max_items = 30)]
    options: Vec<BallotOption>,
    mode: BallotMode,
    state: BallotState,
    /// How many people were entitled to vote.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    roll_size: Option<i64>,
    /// How many papers were given out.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    papers_issued: Option<i64>,
    /// How many papers came back, spoiled ones included.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<i64>,
    /// How many of the papers that came back were not valid.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    spoiled: Option<i64>,
    /// The votes of each option whose count is known; first preferences where the method is `ranked`.
    #[schema(max_items = 30)]
    counts: Vec<OptionCount>,
    /// Whether `counts` has every option.
    counts_complete: bool,
    /// The further counts of a ballot by the method `ranked`, in order.
    #[schema(max_items = 30)]
    later_rounds: Vec<BallotRound>,
    /// When voting began.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_on: Option<PartialDate>,
    /// When voting ended.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_on: Option<PartialDate>,
    /// When the result was made known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_on: Option<PartialDate>,
    /// What the result was to be measured by: the levels set for this ballot.
    #[schema(max_items = 20)]
    thresholds: Vec<BallotThreshold>,
    /// Its `name` is shown only to callers who may see the ballot's draft.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    scrutineer: Option<Scrutineer>,
    /// The API key that is appointed to watch over it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    scrutineer_key_id: Option<KeyId>,
    /// What others printed about the result, whether or not the counts bear it out.
    #[schema(max_items = 50)]
    published_figures: Vec<PublishedFigure>,
    /// Why the ballot doesn't count, where its state is `void`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    void_reason: Option<Note>,
    /// The rerun that took its place, where its state is `superseded`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_by_id: Option<StaffBallotId>,
    /// Its corrections since it was declared, the oldest first.
    #[schema(max_items = 100)]
    corrections: Vec<BallotCorrection>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    result: BallotResult,
    created_at: Instant,
    updated_at: Instant,
}

/// That a ballot was corrected after it was declared.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotCorrection {
    corrected_at: Instant,
    /// Why.
    reason: Note,
    /// The version of the ballot from which on it is so. What it said before is in its history.
    #[schema(minimum = 1)]
    version: i64,
}

/// Who watched over a ballot and what they found, as it is sent: at least one of `name` and `organisation`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "organisation": "Electoral Reform Services", "appointed_on": "2012-08-20", "satisfied": true
}))]
pub struct NewScrutineer {
    /// The person.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// The organisation.
    #[schema(nullable = false)]
    organisation: Option<Name>,
    /// When they were appointed.
    #[schema(nullable = false)]
    appointed_on: Option<Day>,
    /// Their report: papers distributed and returned, votes, spoiled papers, and who stored and counted them.
    #[schema(nullable = false)]
    report_url: Option<WebUrl>,
    /// Whether they were satisfied with how it was held.
    #[schema(nullable = false)]
    satisfied: Option<bool>,
}

/// Who watched over a ballot and what they found. An independent scrutineer is what the law asks for where more than 50 people
/// are entitled to vote (Trade Union and Labour Relations (Consolidation) Act 1992 s.226B).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Scrutineer {
    /// The person: only for callers who may see the ballot's draft.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// The organisation.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<Name>,
    /// When they were appointed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    appointed_on: Option<Day>,
    /// Their report: papers distributed and returned, votes, spoiled papers, and who stored and counted them.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    report_url: Option<WebUrl>,
    /// Whether they were satisfied with how it was held.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfied: Option<bool>,
}

impl Input for NewStaffBallot {
    type Value = domain::StaffBallot;

    const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "created_at",
        "updated_at",
        "scrutineer_key_id",
        "void_reason",
        "superseded_by_id",
        "corrections",
        "result",
    ];
    const READ_ONLY_IN: Option<(&'static str, &'static str)> = Some(("published_figures", "check"));
    const FIXED: &'static [&'static str] = &["state"];
    const PATCH: &'static str = "StaffBallotPatch";

    fn references(&self) -> Vec<Reference> {
        self.mutual_id.iter().map(|id| Reference::new("mutual_id", Kind::Mutual, id.0)).collect()
    }

    fn entering(&self, faults: &mut Faults) {
        if let Some(Word(state)) = self.state
            && state != State::Draft
        {
            let detail = format!("a ballot is entered as a `draft`, not `{state}`: enter it so, and declare it then");
            faults.push("state", FaultCode::Inconsistent, &detail);
        }
    }

    fn build(mut self, faults: &mut Faults) -> Option<Self::Value> {
        if self.mode == Some(Word(DomainBallotMode::Hosted)) {
            faults.push("mode", FaultCode::NotSupported, "hosted voting is not offered yet: expected `recorded`");
        }
        let tally = self.tally(faults);
        let held = Held {
            opened_on: self.opened_on.map(Text::into_inner),
            closed_on: self.closed_on.map(Text::into_inner),
            declared_on: self.declared_on.map(Text::into_inner),
        };
        let held = faults.take("", Checked::new(held));
        let scrutineer =
            self.scrutineer.and_then(|scrutineer| faults.within("scrutineer", scrutineer, NewScrutineer::build));
        // The state of a ballot that is there is not the content's to say.
        let ending = Ending { state: State::Draft, void_reason: None, superseded_by_id: None };
        let ending = faults.take("", Checked::new(ending));
        let sources = source::build(self.sources, faults);

        Some(domain::StaffBallot {
            mutual_id: self.mutual_id?.into_inner(),
            kind: self.kind?.into_inner(),
            organiser: self.organiser.map(Word::into_inner),
            question: self.question.map(Text::into_inner),
            mode: self.mode?.into_inner(),
            held: held?,
            tally: tally?,
            scrutineer,
            scrutineer_key_id: None,
            ending: ending?,
            corrections: Vec::new(),
            sources: sources?,
        })
    }
}

impl NewStaffBallot {
    /// Takes the options, the counts and what is said about them together, since they bind each other.
    fn tally(&mut self, faults: &mut Faults) -> Option<Checked<Tally>> {
        let options = mem::take(&mut self.options).unwrap_or_default();
        let tally = Tally {
            method: self.method.map(Word::into_inner),
            options: faults.each("options", options, |option, _| option.build()),
            roll_size: self.roll_size,
            papers_issued: self.papers_issued,
            returned: self.returned,
            spoiled: self.spoiled,
            counts: faults.each("counts", mem::take(&mut self.counts), |count, _| count.build()),
            counts_complete: self.counts_complete.unwrap_or_default(),
            later_rounds: faults.each("later_rounds", mem::take(&mut self.later_rounds), NewBallotRound::build),
            thresholds: faults.each("thresholds", mem::take(&mut self.thresholds), |threshold, _| threshold.build()),
            published_figures: faults
                .each("published_figures", mem::take(&mut self.published_figures), |figure, _| figure.build()),
        };
        // These are what others are held against; of any other member the absence breaks no rule.
        faults.take_all(&["method", "options", "counts"], Checked::new(tally))
    }
}

impl NewScrutineer {
    fn build(self, faults: &mut Faults) -> Option<Checked<domain::Scrutineer>> {
        let scrutineer = domain::Scrutineer {
            name: self.name.map(Text::into_inner),
            organisation: self.organisation.map(Text::into_inner),
            appointed_on: self.appointed_on.map(Text::into_inner),
            report_url: self.report_url.map(Text::into_inner),
            satisfied: self.satisfied,
        };
        faults.take("", Checked::new(scrutineer))
    }
}

impl From<Record<domain::StaffBallot>> for StaffBallot {
    fn from(record: Record<domain::StaffBallot>) -> Self {
        let content = record.content;
        let result = content.tally.result();
        let check = |figure| PublishedFigure::new(content.tally.check(&figure), figure);
        let published_figures = content.tally.published_figures.iter().cloned().map(check).collect();
        let tally = content.tally.into_inner();
        let held = content.held.into_inner();
        let ending = content.ending.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(content.mutual_id),
            kind: Word(content.kind),
            organiser: content.organiser.map(Word),
            question: content.question.map(Text),
            method: tally.method.map(Word),
            options: tally.options.into_iter().map(BallotOption::from).collect(),
            mode: Word(content.mode),
            state: Word(ending.state),
            roll_size: tally.roll_size,
            papers_issued: tally.papers_issued,
            returned: tally.returned,
            spoiled: tally.spoiled,
            counts: tally.counts.into_iter().map(OptionCount::from).collect(),
            counts_complete: tally.counts_complete,
            later_rounds: tally.later_rounds.into_iter().map(BallotRound::from).collect(),
            opened_on: held.opened_on.map(Text),
            closed_on: held.closed_on.map(Text),
            declared_on: held.declared_on.map(Text),
            thresholds: tally.thresholds.into_iter().map(BallotThreshold::from).collect(),
            scrutineer: content.scrutineer.map(Scrutineer::from),
            scrutineer_key_id: content.scrutineer_key_id.map(Text),
            published_figures,
            void_reason: ending.void_reason.map(Text),
            superseded_by_id: ending.superseded_by_id.map(Text),
            corrections: content.corrections.into_iter().map(BallotCorrection::from).collect(),
            sources: content.sources.into_iter().map(Source::from).collect(),
            result: result.into(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

impl StaffBallot {
    /// What the public is shown: the scrutineer's name is personal data.
    pub fn for_the_public(self) -> Self {
        let scrutineer = self.scrutineer.map(|scrutineer| Scrutineer { name: None, ..scrutineer });
        Self { scrutineer, ..self }
    }
}

impl From<domain::Correction> for BallotCorrection {
    fn from(correction: domain::Correction) -> Self {
        Self {
            corrected_at: Instant(correction.corrected_at),
            reason: Text(correction.reason),
            version: correction.version,
        }
    }
}

impl From<Checked<domain::Scrutineer>> for Scrutineer {
    fn from(scrutineer: Checked<domain::Scrutineer>) -> Self {
        let scrutineer = scrutineer.into_inner();
        Self {
            name: scrutineer.name.map(Text),
            organisation: scrutineer.organisation.map(Text),
            appointed_on: scrutineer.appointed_on.map(Text),
            report_url: scrutineer.report_url.map(Text),
            satisfied: scrutineer.satisfied,
        }
    }
}

/// The schema of a question, which has the bounds of a note and is none.
fn question() -> Object {
    let string = ObjectBuilder::new().schema_type(Type::String);
    prose(string, "The question as it was put, in plain text of one or more lines.", domain::Note::MAX_CHARS)
        .examples(["Do you support the proposal to set up a community interest company?"])
        .build()
}

#[cfg(test)]
mod tests {
    use domain::Id;
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    use super::*;
    use crate::request::body::{Body, Refusal};

    const FULL: &str = r#"{
        "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "kind": "formal", "organiser": "joint",
        "question": "Which?", "method": "ranked",
        "options": [
            {"key": "cic", "label": "A community interest company", "effect": "mutual"},
            {"key": "stay", "label": "Stay with the trust", "effect": "remain_in_house"},
            {"key": "merge", "label": "Merge", "effect": "merge_with_public_body"}
        ],
        "mode": "recorded", "state": "draft",
        "roll_size": 210, "papers_issued": 205, "returned": 185, "spoiled": 5,
        "counts": [
            {"option": "cic", "votes": 70}, {"option": "stay", "votes": 80}, {"option": "merge", "votes": 30}
        ],
        "counts_complete": true,
        "later_rounds": [{"counts": [{"option": "cic", "votes": 90}, {"option": "stay", "votes": 90}]}],
        "opened_on": "2012-09-03", "closed_on": "2012-09", "declared_on": "2012",
        "thresholds": [
            {"basis": "turnout", "percent": "50"}, {"basis": "of_valid", "percent": "50.5", "option": "cic"},
            {"basis": "of_entitled", "percent": "33.33", "option": "cic"}
        ],
        "scrutineer": {
            "name": "A. Person", "organisation": "Scrutiny Ltd", "appointed_on": "2012-08-20",
            "report_url": "https://example.org/report", "satisfied": false
        },
        "published_figures": [
            {"percent": "88.0", "basis": "turnout", "source_url": "https://example.org/news"},
            {"option": "cic", "percent": "39", "basis": "not_stated"}
        ],
        "sources": [{"title": "Report"}]
    }"#;

    const LEAST: &str = r#"{
        "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "kind": "indicative", "mode": "recorded", "state": "draft",
        "options": [{"key": "yes", "label": "Yes", "effect": "mutual"}]
    }"#;

    fn body(text: &str) -> Body<NewStaffBallot> {
        Body::parse(text.to_owned()).unwrap()
    }

    fn changed(text: &str, changes: Value) -> String {
        let mut document: Value = serde_json::from_str(text).unwrap();
        document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        document.to_string()
    }

    fn answer(text: &str) -> StaffBallot {
        let at = "2024-02-03T04:05:06.000007Z".parse().unwrap();
        let id = Id::from_uuid("0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01".parse().unwrap());
        let content = body(text).create().unwrap();
        StaffBallot::from(Record { id, version: 3, created_at: at, updated_at: at, content })
    }

    fn faults<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<(String, &'static str)> {
        let problem = result.expect_err("a refusal").problem(Vec::new());
        problem.errors().iter().map(|item| (item.pointer.clone().unwrap(), item.code)).collect()
    }

    fn at(pointer: &str, code: &'static str) -> (String, &'static str) {
        (pointer.to_owned(), code)
    }

    fn example() -> String {
        serde_json::to_value(NewStaffBallot::schema()).unwrap()["example"].to_string()
    }

    #[test]
    fn faults_of_shape_and_of_the_domain_come_in_one_list() {
        let told = faults(
            body(
                r#"{
                    "mutual_id": "seqol", "question": " ", "mode": "hosted", "state": "void", "turnout": 56,
                    "options": [
                        {"key": "yes", "label": "Yes", "effect": "mutual"}, {"key": "no", "label": "No", "effect": "other"}
                    ],
                    "roll_size": -1,
                    "counts": [{"votes": 3}, {"option": "yes", "votes": 5}, {"option": "no", "votes": 5.5}, {"option": "yes", "votes": 2}],
                    "opened_on": "2012-05", "closed_on": "2012-04-30",
                    "thresholds": [{"basis": "turnout", "percent": "50.555"}],
                    "scrutineer": {"satisfied": true},
                    "published_figures": [{"basis": "turnout", "percent": "100.01"}],
                    "superseded_by_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02",
                    "result": {}
                }"#,
            )
            .create(),
        );
        assert_eq!(
            told,
            [
                at("/mutual_id", "invalid-format"),
                at("/question", "empty"),
                at("/mode", "not-supported"),
                at("/state", "inconsistent"),
                at("/turnout", "unknown-member"),
                at("/roll_size", "out-of-range"),
                at("/counts/0/option", "required"),
                at("/counts/2/votes", "invalid-type"),
                at("/counts/3/option", "duplicate-item"),
                at("/closed_on", "date-order"),
                at("/thresholds/0/percent", "invalid-format"),
                at("/scrutineer", "required"),
                at("/published_figures/0/percent", "out-of-range"),
                at("/superseded_by_id", "read-only"),
                at("/result", "read-only"),
                at("/kind", "required"),
            ],
        );
    }

    #[test]
    fn rules_over_lists_name_the_element_that_was_sent() {
        let broken = json!({
            "counts": [{"option": "cic", "votes": 70}, {"option": "cci", "votes": 1}, {"option": "cic", "votes": 10_000_001}],
            "later_rounds": [7, {"counts": []}, {"counts": [{"option": "cic", "votes": true}, {"option": "mrege", "votes": 1}]}],
            "thresholds": [
                {"basis": "of_all", "percent": "50"}, {"basis": "turnout", "percent": "50", "option": "cic"},
                {"basis": "of_valid", "percent": "51"}, {"basis": "of_cast", "percent": "51", "option": "cci"}
            ],
            "published_figures": [{"percent": "70"}, {"percent": "70", "basis": "not_stated"}],
        });
        assert_eq!(
            faults(body(&changed(FULL, broken)).create()),
            [
                at("/counts/1/option", "unknown-reference"),
                at("/counts/2/option", "duplicate-item"),
                at("/counts/2/votes", "out-of-range"),
                at("/counts_complete", "inconsistent"),
                at("/later_rounds/0", "invalid-type"),
                at("/later_rounds/1/counts", "too-few"),
                at("/later_rounds/2/counts/0/votes", "invalid-type"),
                at("/later_rounds/2/counts/1/option", "unknown-reference"),
                at("/published_figures/0/basis", "required"),
                at("/published_figures/1/option", "required"),
                at("/thresholds/0/basis", "not-in-vocabulary"),
                at("/thresholds/1/option", "inconsistent"),
                at("/thresholds/2/option", "required"),
                at("/thresholds/3/option", "unknown-reference"),
            ]
        );
    }

    #[test]
    fn what_is_required_is_told_when_it_is_absent() {
        let required: Vec<_> = ["/kind", "/mode", "/mutual_id", "/options"].map(|member| at(member, "required")).into();
        assert_eq!(faults(body("{}").create()), required);
        let told = faults(body(&changed(LEAST, json!({"options": [{}], "scrutineer": {}, "counts": [{}]}))).create());
        assert_eq!(
            told,
            [
                at("/counts/0/option", "required"),
                at("/counts/0/votes", "required"),
                at("/options/0/effect", "required"),
                at("/options/0/key", "required"),
                at("/options/0/label", "required"),
                at("/scrutineer", "required"),
            ]
        );
        assert_eq!(faults(body(&changed(LEAST, json!({"options": []}))).create()), [at("/options", "too-few")]);
    }

    #[test]
    fn an_option_that_cannot_be_read_is_the_only_fault_of_its_counts() {
        let options = json!([{"key": "yes!", "label": "Yes", "effect": "mutual"}]);
        let counts = json!([{"option": "yes", "votes": 5}]);
        let told = faults(body(&changed(LEAST, json!({"options": options, "counts": counts}))).create());
        assert_eq!(told, [at("/options/0/key", "invalid-format")]);
        let told = faults(body(&changed(FULL, json!({"method": "rank"}))).create());
        assert_eq!(told, [at("/method", "not-in-vocabulary")]);
    }

    #[test]
    fn numbers_that_do_not_fit_are_told_beside_figures_that_cannot_be_read() {
        let figures = json!([{"option": "cic", "percent": 39, "basis": "of_cast"}]);
        let told = faults(body(&changed(FULL, json!({"papers_issued": 211, "published_figures": figures}))).create());
        assert_eq!(told, [at("/papers_issued", "inconsistent"), at("/published_figures/0/percent", "invalid-type")]);
        let told = faults(body(&changed(FULL, json!({"spoiled": 6}))).create());
        assert_eq!(told, [at("/counts", "inconsistent"), at("/later_rounds/0/counts", "inconsistent")]);
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let schema = serde_json::to_value(NewStaffBallot::schema()).unwrap();
        let sent = serde_json::to_string(&answer(FULL)).unwrap();
        for name in schema["properties"].as_object().unwrap().keys() {
            assert!(sent.contains(&format!("\"{name}\":")), "{name}");
        }
        for text in [FULL, LEAST, &example()] {
            let stored = body(text).create().unwrap();
            let sent = serde_json::to_string(&answer(text)).unwrap();
            assert!(!sent.contains("null"), "{sent}");
            assert_eq!(body(&sent).replace(&answer(text)).unwrap(), stored);
            assert_eq!(body(&sent).update(&answer(text)).unwrap(), stored);
            assert_eq!(body("{}").update(&answer(text)).unwrap(), stored);
        }
    }

    #[test]
    fn what_the_counts_say_to_a_figure_is_not_set() {
        let mut sent = serde_json::to_value(answer(FULL)).unwrap();
        let check = |sent: &Value, at: usize| sent["published_figures"][at]["check"].clone();
        assert_eq!((check(&sent, 0), check(&sent, 1)), (json!("disagrees"), json!("agrees")));
        assert!(faults(body(&sent.to_string()).create()).contains(&at("/published_figures/0/check", "read-only")));

        sent["published_figures"].as_array_mut().unwrap().reverse();
        body(&sent.to_string()).replace(&answer(FULL)).unwrap();
        sent["published_figures"][0]["percent"] = json!("40");
        let refused = [at("/published_figures/0/check", "read-only")];
        assert_eq!(faults(body(&sent.to_string()).replace(&answer(FULL))), refused);
        let patch = json!({"published_figures": [{"percent": "1", "basis": "turnout", "check": "agrees"}]});
        assert_eq!(faults(body(&patch.to_string()).update(&answer(FULL))), refused);
    }

    #[test]
    fn a_correction_is_a_merge_patch_and_its_reason() {
        let read = |text: &str| {
            let names = action::NewCorrection::NAMES;
            body(text).update_beside::<action::NewCorrection>(names, &answer(FULL))
        };
        let (content, reason) = read(r#"{"correction_reason": "A bundle was lost.", "roll_size": 211}"#).unwrap();
        assert_eq!((content.tally.roll_size, reason.as_str()), (Some(211), "A bundle was lost."));
        let refused =
            read(r#"{"correction_reason": " ", "returned": -1, "state": "void", "turnout": 5, "version": 2}"#);
        let expected = [
            at("/version", "read-only"),
            at("/state", "read-only"),
            at("/returned", "out-of-range"),
            at("/correction_reason", "empty"),
            at("/turnout", "unknown-member"),
        ];
        assert_eq!(faults(refused), expected);
        assert_eq!(faults(read("{}")), [at("/correction_reason", "required")]);
        assert_eq!(faults(read("[]")), [at("", "invalid-type")]);
    }

    #[test]
    fn a_result_is_not_set() {
        let mut sent = serde_json::to_value(answer(FULL)).unwrap();
        sent["result"]["tied"] = json!(false);
        assert_eq!(faults(body(&sent.to_string()).replace(&answer(FULL))), [at("/result", "read-only")]);
        let recounted = r#"{"counts_complete": null, "counts": [], "later_rounds": null}"#;
        assert!(body(recounted).update(&answer(FULL)).unwrap().tally.counts.is_empty());
    }

    /// 2,896 entitled, 1,628 returned, 1,482 first preferences for an NHS trust, the rest not published in full.
    #[test]
    fn the_example_says_what_gloucestershire_voted() {
        let result = serde_json::to_value(answer(&example())).unwrap()["result"].clone();
        let share = |basis: &str, numerator: i64, denominator: i64, percent: &str| json!({"option": "nhs_trust", "basis": basis, "numerator": numerator, "denominator": denominator, "percent": percent});
        assert_eq!(result["counts"], "partial");
        assert_eq!(
            result["figures"][0],
            json!({"basis": "turnout", "numerator": 1628, "denominator": 2896, "percent": "56.22"})
        );
        assert_eq!(result["figures"][1], share("of_cast", 1482, 1628, "91.03"));
        assert_eq!(result["figures"][2], share("of_entitled", 1482, 2896, "51.17"));
        assert_eq!(result["leading"], json!(["nhs_trust"]));
        assert_eq!(result["tied"], false);
        assert_eq!(result["thresholds"], json!([]));
    }

    #[test]
    fn a_tie_and_each_threshold_are_said() {
        let result = serde_json::to_value(answer(FULL)).unwrap()["result"].clone();
        assert_eq!(result["counts"], "complete");
        assert_eq!(result["leading"], json!(["cic", "stay"]));
        assert_eq!(result["tied"], true);
        assert_eq!(
            result["thresholds"],
            json!([
                {"basis": "turnout", "percent": "50.00", "outcome": "met"},
                {"basis": "of_valid", "percent": "50.50", "option": "cic", "outcome": "not_met"},
                {"basis": "of_entitled", "percent": "33.33", "option": "cic", "outcome": "met"}
            ])
        );
        let least = serde_json::to_value(answer(LEAST)).unwrap()["result"].clone();
        assert_eq!(least, json!({"counts": "none", "figures": [], "leading": [], "tied": false, "thresholds": []}));
    }

    #[test]
    fn the_examples_of_the_parts_are_accepted() {
        let part = |schema: utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>| {
            serde_json::to_value(schema).unwrap()["example"].clone()
        };
        let mutual = json!({"key": "mutual", "label": "A mutual", "effect": "mutual"});
        let all = json!({
            "method": "ranked",
            "options": [part(NewBallotOption::schema()), mutual],
            "counts": [part(NewOptionCount::schema())],
            "later_rounds": [part(NewBallotRound::schema())],
            "thresholds": [part(NewBallotThreshold::schema())],
            "published_figures": [part(NewPublishedFigure::schema())],
            "scrutineer": part(NewScrutineer::schema()),
        });
        body(&changed(LEAST, all)).create().unwrap();
    }

    #[test]
    fn the_bounds_are_those_of_the_domain() {
        for schema in [NewStaffBallot::schema(), StaffBallot::schema()] {
            let members: Value = serde_json::to_value(schema).unwrap()["properties"].clone();
            for papers in ["roll_size", "papers_issued", "returned", "spoiled"] {
                assert_eq!(members[papers]["maximum"], Tally::MAX_COUNT);
            }
            for (list, most) in [
                ("options", Tally::MAX_OPTIONS),
                ("counts", Tally::MAX_OPTIONS),
                ("later_rounds", Tally::MAX_ROUNDS),
                ("thresholds", Tally::MAX_THRESHOLDS),
                ("published_figures", Tally::MAX_PUBLISHED_FIGURES),
                ("sources", domain::MAX_SOURCES),
            ] {
                assert_eq!(members[list]["maxItems"], most, "{list}");
            }
            assert_eq!(members["question"]["maxLength"], domain::Note::MAX_CHARS);
        }
        for schema in [NewOptionCount::schema(), OptionCount::schema()] {
            let members = serde_json::to_value(schema).unwrap()["properties"].clone();
            assert_eq!(members["votes"]["maximum"], Tally::MAX_COUNT);
        }
        for schema in [NewBallotRound::schema(), BallotRound::schema()] {
            let members = serde_json::to_value(schema).unwrap()["properties"].clone();
            assert_eq!(members["counts"]["maxItems"], Tally::MAX_OPTIONS);
        }
        let result = serde_json::to_value(BallotResult::schema()).unwrap()["properties"].clone();
        assert_eq!(result["figures"]["maxItems"], 1 + 3 * Tally::MAX_OPTIONS);
        assert_eq!(result["leading"]["maxItems"], Tally::MAX_OPTIONS);
        assert_eq!(result["thresholds"]["maxItems"], Tally::MAX_THRESHOLDS);
    }
}
