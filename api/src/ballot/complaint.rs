//! Complaints about a ballot that has closed: they judge themselves, and everybody finds the same.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post};
use document::register::{BallotComplaint, Complaint};
use document::schema::InputOf;
use document::value::Plain as _;
use domain::StaffBallotId;
use store::hosted_ballot;

use crate::app::App;
use crate::caller::Caller;
use crate::http::request_id::RequestId;
use crate::register::resource::accept;
use crate::register::staff_ballot::OfBallot;
use crate::request::body::Body;
use crate::request::path::PathKey;
use crate::response::problem::Problem;

type ComplaintInput = InputOf<Complaint>;

/// Complain about a ballot
///
/// After the close of a hosted ballot, anybody can send a receipt with its signature, or their code with the nonce and the choice.
/// No key is needed. The answer is the judgement: `proven` if the service signed for a vote that is not on the board,
/// `spent_but_absent` if the code was spent and the vote is not on the board, or else `unfounded`. It is kept with the ballot if
/// the receipt is one of this ballot, or the code was spent. Codes are never kept.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    request_body = ComplaintInput,
    responses((status = 200, description = "The judgement", body = BallotComplaint))
)]
#[post("/staff-ballots/{staff_ballot}/complaints")]
pub async fn create_complaint(
    app: App,
    caller: Caller,
    request_id: RequestId,
    PathKey(id): PathKey<StaffBallotId>,
    body: Body<Complaint>,
) -> Result<HttpResponse, Problem> {
    let (sent, now) = (body.create(), app.clock.now());
    let judge = app.store.survey(move |tx| {
        let ballot = super::common::find(tx, id)?;
        super::common::expect_board(&ballot.content)?;
        let sent = accept(tx, &sent, &caller)?.clone();
        let (judged, changed) = hosted_ballot::judge(tx, &ballot, &sent, now)?;
        Ok::<_, Problem>((judged, (changed != ballot.content).then_some((sent, caller.clone()))))
    });
    let (judged, kept) = judge.await?;
    let judged = match kept {
        None => judged,
        Some((sent, caller)) => {
            let stamp = app.stamp(&caller, &request_id);
            app.store.write(stamp, move |tx| hosted_ballot::complain(tx, id, &sent)).await?
        }
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(BallotComplaint::show(&judged)))
}
