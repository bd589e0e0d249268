//! The steps of a ballot that is held here: what an administrator and the issuers do.

use actix_web::{HttpResponse, get, post, put};
use document::Content;
use document::register::{
    BallotCancelling, CastingExtension, IssuerAppointment, ManifestSignature, NumberedHalf, PaperEntry, RollUpload,
    StaffBallot,
};
use document::schema::InputOf;
use domain::ballot_protocol::Side;
use domain::{Action, Archived, Closer, StaffBallotId};
use serde::Serialize;
use store::{ReadTx, StoredRecord as _, hosted_ballot};
use utoipa::ToSchema;

use super::common::{BallotSide, receipt_key};
use crate::app::App;
use crate::caller::Caller;
use crate::register::resource::{Change, ChangeOptions, check_permission};
use crate::register::staff_ballot::{OfBallot, act};
use crate::request::body::Body;
use crate::request::conditional::{IfMatch, IfMatchOfAction};
use crate::request::path::PathKey;
use crate::response::problem::Problem;

type IssuerAppointmentInput = InputOf<IssuerAppointment>;
type RollUploadInput = InputOf<RollUpload>;
type ManifestSignatureInput = InputOf<ManifestSignature>;
type CastingExtensionInput = InputOf<CastingExtension>;
type BallotCancellingInput = InputOf<BallotCancelling>;
type PaperEntryInput = InputOf<PaperEntry>;

type Key = PathKey<StaffBallotId>;

/// What an issuer of two has sent for the roll.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "halves": [{"number": 1, "half": "0693480da1ce9ecca72e58eb5911443a1d1f8b2ed1e4d01f345f6c4f84e63872"}]
}))]
struct RollHalves {
    /// One half for each person, in the order of the numbers.
    #[schema(max_items = 100_000)]
    halves: Vec<NumberedHalf>,
}

/// Appoint an issuer
///
/// Appoints an API key with the role `scrutineer` as an issuer of a hosted ballot. Issuer `a` is its scrutineer. The caller
/// must not have written the draft. If the issuer of a side is replaced, what the former one sent for the roll is dropped.
#[utoipa::path(
    tag = "hosted ballots",
    params(BallotSide, ChangeOptions, IfMatch),
    request_body = IssuerAppointmentInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{staff_ballot}/issuers/{side}")]
pub async fn replace_issuer(
    change: Change,
    at: BallotSide,
    body: Body<IssuerAppointment>,
) -> Result<HttpResponse, Problem> {
    let BallotSide { ballot, side } = at;
    act(change, PathKey(ballot), body.create(), &[Action::Appoint], move |tx, current, issuer, _| {
        Ok(hosted_ballot::appoint_issuer(tx, current, side, issuer)?)
    })
    .await
}

/// Send the roll
///
/// For a ballot with one issuer: one entry for each person, as `mutuals ballot codes` prints them. What was sent before is
/// replaced.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatch),
    request_body = RollUploadInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{staff_ballot}/roll")]
pub async fn replace_roll(change: Change, key: Key, body: Body<RollUpload>) -> Result<HttpResponse, Problem> {
    send_roll(change, key, &body, Side::A).await
}

/// Send your half of the roll
///
/// For a ballot with two issuers: one half for each person, by number, as `mutuals ballot codes --side` prints them. Both
/// issuers use the same numbers. What was sent before for this side is replaced.
#[utoipa::path(
    tag = "hosted ballots",
    params(BallotSide, ChangeOptions, IfMatch),
    request_body = RollUploadInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{staff_ballot}/roll/{side}")]
pub async fn replace_half_roll(
    change: Change,
    at: BallotSide,
    body: Body<RollUpload>,
) -> Result<HttpResponse, Problem> {
    send_roll(change, PathKey(at.ballot), &body, at.side).await
}

async fn send_roll(change: Change, key: Key, body: &Content<RollUpload>, side: Side) -> Result<HttpResponse, Problem> {
    act(change, key, body.create(), &[Action::Issue], move |tx, current, sent, _| {
        Ok(hosted_ballot::send_roll(tx, current, side, sent)?)
    })
    .await
}

/// Get a half of the roll
///
/// What an issuer of two has sent, until the roll is frozen. Each issuer can so compute the root of the roll. Then the numbers
/// are thrown away.
#[utoipa::path(
    tag = "hosted ballots",
    params(BallotSide),
    responses((status = 200, description = "The halves", body = RollHalves))
)]
#[get("/staff-ballots/{staff_ballot}/roll/{side}")]
pub async fn get_half_roll(app: App, caller: Caller, at: BallotSide) -> Result<HttpResponse, Problem> {
    let read = move |tx: &mut ReadTx<'_>| {
        let ballot = domain::StaffBallot::find(tx, &at.ballot, caller.draft_access())?;
        check_permission(tx, &caller, Action::Issue, (ballot.id, &ballot.content))?;
        let halves = hosted_ballot::halves(tx, ballot.id, at.side)?;
        if halves.is_empty() {
            return Err(Problem::not_found("this issuer has sent no halves, or the roll is frozen"));
        }
        Ok(RollHalves { halves: halves.iter().map(NumberedHalf::show).collect() })
    };
    Ok(HttpResponse::Ok().insert_header(super::pages::NEVER_KEPT).json(app.store.survey(read).await?))
}

/// Freeze the roll
///
/// Fixes the question, the options, the times, the thresholds and the roll of a hosted ballot. From then on there is a manifest,
/// which the issuers sign. For issuer `a`. Everybody can see the ballot from now on.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/freeze-roll")]
pub async fn freeze_roll(app: App, change: Change, key: Key) -> Result<HttpResponse, Problem> {
    act(change, key, Ok(()), &[Action::Issue], move |tx, current, (), _| {
        Ok(hosted_ballot::freeze(tx, current, receipt_key(&app, current.id)?)?)
    })
    .await
}

/// Send the signature of a manifest
///
/// The signature of an issuer, made offline with `mutuals ballot sign` or openssl. For the issuer of this side.
#[utoipa::path(
    tag = "hosted ballots",
    params(BallotSide, ChangeOptions, IfMatch),
    request_body = ManifestSignatureInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{staff_ballot}/manifest-signatures/{side}")]
pub async fn replace_manifest_signature(
    change: Change,
    at: BallotSide,
    body: Body<ManifestSignature>,
) -> Result<HttpResponse, Problem> {
    let BallotSide { ballot, side } = at;
    act(change, PathKey(ballot), body.create(), &[Action::Issue], move |tx, current, signature, _| {
        Ok(hosted_ballot::sign(tx, current, (side, *signature))?)
    })
    .await
}

/// Open a staff ballot
///
/// Opens a hosted ballot whose manifest is signed by each issuer. Casting begins at `opens_at`. For issuer `a`.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/open")]
pub async fn open_staff_ballot(app: App, change: Change, key: Key) -> Result<HttpResponse, Problem> {
    let boxes = (!change.dry_run).then(|| app.store.boxes());
    act(change, key, Ok(()), &[Action::Issue], move |tx, current, (), _| {
        let found = hosted_ballot::archived(tx)?;
        let archived = if found == Archived::No { app.votes_archived } else { found };
        Ok(hosted_ballot::open(tx, boxes.as_ref(), current, (receipt_key(&app, current.id)?, archived))?)
    })
    .await
}

/// Extend casting
///
/// Lets casting end later than the manifest says. It can be extended 20 times, and only until it has ended. For issuer `a`.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = CastingExtensionInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/extend")]
pub async fn extend_staff_ballot(
    change: Change,
    key: Key,
    body: Body<CastingExtension>,
) -> Result<HttpResponse, Problem> {
    act(change, key, body.create(), &[Action::Issue], |tx, current, extension, _| {
        Ok(hosted_ballot::extend(tx, current, extension.clone())?)
    })
    .await
}

/// Cancel a staff ballot
///
/// Gives up a hosted ballot whose roll is frozen, or that is open. The votes are destroyed, and `hosted.cancelled` says whether
/// votes had been cast. An open ballot needs the signature of issuer `a`. For issuer `a`.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = BallotCancellingInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/cancel")]
pub async fn cancel_staff_ballot(
    app: App,
    change: Change,
    key: Key,
    body: Body<BallotCancelling>,
) -> Result<HttpResponse, Problem> {
    let boxes = (!change.dry_run).then(|| app.store.boxes());
    let done = act(change, key, body.create(), &[Action::Issue], move |tx, current, because, _| {
        Ok(hosted_ballot::cancel(tx, boxes.as_ref(), current, because.clone())?)
    });
    let done = done.await;
    super::clock::settle(&app, key.0).await;
    done
}

/// Enter papers
///
/// Enters the papers of a hosted ballot, all in one batch, after casting has ended and before the ballot closes. Each issuer
/// signs the batch, offline, with `mutuals ballot sign --paper`. What the papers say is shown after the close. For an issuer.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = PaperEntryInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/paper-batches")]
pub async fn create_paper_batch(
    app: App,
    change: Change,
    key: Key,
    body: Body<PaperEntry>,
) -> Result<HttpResponse, Problem> {
    let boxes = app.store.boxes();
    act(change, key, body.create(), &[Action::Issue], move |tx, current, sent, _| {
        Ok(hosted_ballot::enter_paper(tx, &boxes, current, sent)?)
    })
    .await
}

/// Close a staff ballot
///
/// Counts what was cast in a hosted ballot, and publishes it. Possible once casting has ended. A ballot closes by itself when
/// casting ends, or at `paper_until` if papers may come. For issuer `a`.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/close")]
pub async fn close_staff_ballot(app: App, change: Change, key: Key) -> Result<HttpResponse, Problem> {
    let boxes = app.store.boxes();
    let done = act(change, key, Ok(()), &[Action::Issue], move |tx, current, (), caller| {
        Ok(hosted_ballot::close(tx, &boxes, current, Closer::Caller(&caller.name))?)
    });
    let done = done.await;
    super::clock::settle(&app, key.0).await;
    done
}
