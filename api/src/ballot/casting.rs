//! Casting: the one operation that must tell nobody how many vote, or who. What is silent about it is the gate's.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post};
use document::register::{SentVote, VoteCast};
use document::schema::InputOf;
use domain::ballot_protocol::{Choice, Credential, Signature, Vote as BoardVote};
use domain::{FaultCode, StaffBallotId};
use serde::Serialize;
use store::{Cast, Client, Vote, hosted_ballot};
use utoipa::ToSchema;

use super::castings::Taking;
use super::common::signer;
use crate::app::App;
use crate::register::resource::accept;
use crate::register::staff_ballot::OfBallot;
use crate::request::body::Body;
use crate::request::path::PathKey;
use crate::response::problem::{ErrorItem, Problem};
use crate::response::problem_type::ProblemType;

type VoteCastInput = InputOf<VoteCast>;

/// The receipt of a vote. Keep it with your nonce: it proves that the vote was taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "receipt": "psm-ballot-v1:receipt:0190c0de-0000-7000-8000-000000000001:b3e99a219b32e5623c043b679467d3d578c5d2d38a68cd3440da02945875ecf3:78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014:yes",
    "signature": "5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ=="
}))]
struct VoteReceipt {
    /// What is signed: the ballot, the SHA-256 of its manifest, the tracker and the choice.
    #[schema(max_length = 1000)]
    receipt: String,
    /// The signature by the manifest's `receipt_key`.
    #[schema(value_type = document::register::Ed25519Signature)]
    signature: String,
}

/// Cast a vote
///
/// No key is needed. Make `spend` and `tracker` from your code and a nonce: the guide, "Holding a ballot", has the lines to
/// paste. Keep the code and the nonce until you have the receipt. If an answer is lost, send the same vote again: it is counted
/// once, and you get the same receipt with the status 200.
///
/// Until the ballot closes, nothing tells how many or who has voted. An `Idempotency-Key` is refused here.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    request_body = VoteCastInput,
    responses(
        (status = 201, description = "The vote is taken", body = VoteReceipt),
        (status = 200, description = "The same vote was taken before", body = VoteReceipt)
    )
)]
#[post("/staff-ballots/{staff_ballot}/votes")]
pub async fn create_vote(
    app: App,
    PathKey(id): PathKey<StaffBallotId>,
    body: Body<VoteCast>,
) -> Result<HttpResponse, Problem> {
    let taking = taking(&app, id).await?;
    let sent = body.create();
    let sent = app.store.read_one(move |tx| accept(tx, &sent, &domain::Caller::public().into()).cloned()).await?;
    taking.ballot.expect_casting(app.clock.now()).map_err(store::Error::from)?;
    let SentVote { credential, tracker, choice } = sent;
    let issuers = taking.casting.manifest.issuers.len();
    if matches!(credential, Credential::One(_)) != (issuers == 1) {
        let detail = if issuers == 1 {
            "the ballot has one issuer: expected `spend`"
        } else {
            "the ballot has two issuers: expected `spend_a` and `spend_b`"
        };
        return Err(Problem::invalid(vec![ErrorItem::pointer("", FaultCode::Inconsistent.as_str(), detail)]));
    }
    let choice = Choice::parse(&choice, &taking.casting.manifest.paper()).map_err(|faults| {
        let items = faults.into_iter().map(|fault| ErrorItem::from(fault.under("choice")));
        Problem::invalid(items.collect())
    })?;
    let vote = Vote {
        entry: credential.entry().to_string(),
        spend: hosted_ballot::spend_line(&credential),
        tracker: tracker.to_string(),
        choice: choice.to_string(),
    };
    let status = match app.store.cast(name(app.store.client()), id, vote).await? {
        Cast::Counted => StatusCode::CREATED,
        Cast::Repeated => StatusCode::OK,
        Cast::NotOnRoll => {
            let detail = "nobody on the roll has this code: compare it with the letter, and the ballot's id with it";
            return Err(Problem::new(ProblemType::UnknownEntry, detail));
        }
        Cast::AlreadyVoted => {
            let detail = "this code has voted already, with another tracker: if you did not vote, ask the \
                          issuer, and complain after the close";
            return Err(Problem::new(ProblemType::AlreadyVoted, detail));
        }
        Cast::TrackerTaken => {
            return Err(Problem::new(
                ProblemType::TrackerTaken,
                "a vote for another choice has this tracker: if it is not yours, make a new nonce",
            ));
        }
        Cast::Closed => {
            return Err(Problem::new(ProblemType::BallotNotOpen, "the ballot takes no votes now"));
        }
    };
    let receipt = taking.casting.opening.receipt_message(&BoardVote::new(tracker, &choice));
    let signature: Signature = taking.key.sign(&receipt);
    let receipt = VoteReceipt { signature: signature.to_string(), receipt };
    Ok(HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(receipt))
}

/// The ballot with what it needs to take votes, from memory if its record has not changed.
async fn taking(app: &App, id: StaffBallotId) -> Result<Arc<Taking>, Problem> {
    let version = app.store.read_one(move |tx| hosted_ballot::version(tx, id)).await?;
    if let Some(known) = version.and_then(|version| app.castings.get(id, version)) {
        return Ok(known);
    }
    let ballot = app.store.read_one(move |tx| super::common::find(tx, id)).await?;
    let casting = ballot.content.casting(id).ok_or_else(super::common::not_frozen)?;
    let taking = Arc::new(Taking { key: signer(app)?.of_receipts(id), casting, ballot: ballot.content });
    app.castings.keep(id, ballot.version, &taking);
    Ok(taking)
}

/// Whose share of the queue a vote takes.
fn name(client: &Client) -> String {
    match client {
        Client::Operator => "operator".to_owned(),
        Client::Keyed(name) => name.to_string(),
        Client::Anonymous(address) => address.to_string(),
    }
}
