//! The result of a ballot that was held here.

use actix_web::{HttpResponse, get};
use document::register::{
    Archived, BallotComplaint, BallotResult, BallotState, HostedResult, ScrutineerReport, Sha256, SignedTime,
};
use document::value::{Instant, PartialDate, Plain as _, StaffBallotId as ShownId, Text, Word};
use domain::{Duties, Key, StaffBallotId};
use serde::Serialize;
use store::StoredRecord as _;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::common::{expect_board, find, not_frozen};
use super::opening::LoggedAt;
use crate::app::App;
use crate::register::staff_ballot::OfBallot;
use crate::request::path::PathKey;
use crate::response::problem::Problem;

/// The result of a hosted ballot, with all that it is to be held against.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"ballot": "0190c0de-0000-7000-8000-000000000001", "state": "declared", "casting_ended_at": "2027-06-08T17:00:00Z", "closed_at": "2027-06-08T17:00:00.500000Z", "manifest_sha256": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "votes_root": "a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c", "result": {"counts": [{"option": "yes", "votes": 14}, {"option": "no", "votes": 7}], "leading": ["yes"], "online": 21, "online_counts": [{"option": "yes", "votes": 14}, {"option": "no", "votes": 7}], "paper": 0, "returned": 21, "spoiled": 0, "valid": 21}, "figures": {"counts": "complete", "figures": [{"basis": "turnout", "numerator": 21, "denominator": 25, "percent": "84.00"}], "leading": ["yes"], "tied": false, "thresholds": []}, "roll_size": 25, "staff_count": 25, "staff_counted_on": "2027-03-31", "quorate": true, "archived": "no", "entered_by": ["key:0190b7a4-4000-7a10-8c00-2f6d1b9e4a57"], "declared_by": "key:0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10", "scrutineer_report": {"satisfied": true, "reported_by": "key:0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e10", "counts_changed": false}, "complaints": [], "in_doubt": 0, "complaints_could_change_result": false, "log": {"entry_seq": 1, "leaf_hash": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "tree_size": 2, "root_hash": "a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c", "hashes": ["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"], "witnesses": 2}}))]
struct HostedOutcome {
    ballot: ShownId,
    /// `closed` until the result is declared.
    state: BallotState,
    /// When casting ended.
    casting_ended_at: SignedTime,
    /// When the votes were counted.
    closed_at: Instant,
    manifest_sha256: Sha256,
    /// The root of the tree over the votes.
    votes_root: Sha256,
    /// The numbers as the verification bundle has them.
    result: HostedResult,
    /// The percentages, and the thresholds with whether they are met.
    figures: BallotResult,
    /// How many people are on the roll.
    #[schema(minimum = 0)]
    roll_size: i64,
    /// The staff of the mutual, by its newest count. A roll that is larger may have people who do not exist. Absent if it is not
    /// known.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_count: Option<i64>,
    /// When they were counted.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_counted_on: Option<PartialDate>,
    /// How many votes and papers had to come in. Absent if any number would do.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    min_returned: Option<i64>,
    /// Whether as many came in.
    quorate: bool,
    /// A warning, if fewer than 20 people are on the roll.
    #[schema(nullable = false, max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<&'static str>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<Archived>,
    #[schema(schema_with = names)]
    entered_by: Vec<String>,
    /// Who declared the result. Absent before.
    #[schema(nullable = false, max_length = 300)]
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_by: Option<String>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    scrutineer_report: Option<ScrutineerReport>,
    /// The complaints, judged.
    #[schema(max_items = 1000)]
    complaints: Vec<BallotComplaint>,
    /// How many votes the complaints put in doubt.
    #[schema(minimum = 0)]
    in_doubt: i64,
    /// Whether so many votes could change the result.
    complaints_could_change_result: bool,
    /// Where the log has the close.
    log: LoggedAt,
}

/// The schema of callers as the log names them.
fn names() -> Array {
    let name = ObjectBuilder::new().schema_type(Type::String).max_length(Some(300));
    let says = "Who wrote the draft, as the log names them.";
    ArrayBuilder::new().description(Some(says)).items(name).max_items(Some(Duties::MAX_WRITERS)).build()
}

/// What few votes can show.
const SMALL: &str = "few people are on the roll, so that the votes can show how somebody voted";

/// Get the result of a hosted ballot
///
/// The count with every round, the roll against the mutual's staff, who did what, the scrutineer's report, the complaints and how
/// many witnesses vouch for the log that has the close. There after the close.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    responses((status = 200, description = "The result", body = HostedOutcome))
)]
#[get("/staff-ballots/{staff_ballot}/result")]
pub async fn get_ballot_result(app: App, PathKey(id): PathKey<StaffBallotId>) -> Result<HttpResponse, Problem> {
    let (signer, listed) = (app.signer.clone(), app.witnesses.clone());
    let read = app.store.read(move |tx| {
        let ballot = find(tx, id)?;
        let content = &ballot.content;
        let hosting = expect_board(content)?;
        let closed = hosting.progress.closed.as_ref().ok_or_else(not_frozen)?;
        let casting = content.casting(id).ok_or_else(not_frozen)?;
        let mutual = domain::Mutual::find(tx, &Key::Id(content.mutual_id), domain::DraftAccess::None)?;
        let staff = &mutual.content.staff;
        let log = LoggedAt::find(tx, closed.entry_seq, signer.as_ref(), &listed)?;
        let duties = &content.duties;
        let returned = content.tally.returned.unwrap_or(0);
        Ok::<_, Problem>(HostedOutcome {
            ballot: super::common::shown_id(id),
            state: Word(content.state()),
            casting_ended_at: Text(hosting.casting_ends_at()),
            closed_at: Instant(closed.at),
            manifest_sha256: Text(casting.opening.manifest),
            votes_root: Text(closed.votes_root),
            result: HostedResult::show(&closed.count, &casting.manifest),
            figures: content.tally.result().into(),
            roll_size: casting.manifest.roll_size,
            staff_count: staff.staff_count,
            staff_counted_on: staff.staff_counted_on.map(Text),
            min_returned: hosting.plan.min_returned,
            quorate: hosting.is_quorate(returned),
            warning: content.is_small_roll().then_some(SMALL),
            archived: hosting.progress.opened.map(|opened| Word(opened.archived)),
            entered_by: duties.entered_by.clone(),
            declared_by: duties.declared_by.clone(),
            scrutineer_report: duties.report.as_ref().map(ScrutineerReport::show),
            complaints: hosting.progress.complaints.iter().map(BallotComplaint::show).collect(),
            in_doubt: i64::try_from(hosting.progress.in_doubt()).unwrap_or(i64::MAX),
            complaints_could_change_result: hosting.progress.complaints_could_change().unwrap_or_default(),
            log,
        })
    });
    super::pages::canonical_json(&read.await?)
}
