//! What the operations of hosted ballots have in common: their paths, the keys of receipts, and what is there when.

use actix_web::HttpRequest;
use document::value::{StaffBallotId, Text};
use domain::ballot_protocol::{PublicKey, Side};
use store::StoredRecord as _;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{RefOr, Required};
use utoipa::{IntoParams, PartialSchema as _};

use crate::app::App;
use crate::history::signing::LogSigner;
use crate::register::operations::path_parameter;
use crate::request::argument::argument;
use crate::request::path::named;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// A ballot and one of its sides, in a path.
pub struct BallotSide {
    pub ballot: domain::StaffBallotId,
    pub side: Side,
}

argument!(BallotSide);

impl BallotSide {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mut parts = request.match_info().iter().map(|(_, raw)| raw);
        let ballot = named(parts.next().unwrap_or_default())?;
        let side = parts.next().unwrap_or_default().parse();
        let side = side.map_err(|_| Problem::not_found("the path names no issuer: expected side `a` or `b`"))?;
        Ok(Self { ballot, side })
    }
}

impl IntoParams for BallotSide {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let side = part("side", "Which issuer", document::register::Side::schema());
        vec![path_parameter(&(domain::Kind::StaffBallot, StaffBallotId::schema()), false), side]
    }
}

/// A part of a path that names no record.
pub fn part(name: &str, says: &str, schema: RefOr<Schema>) -> Parameter {
    let part = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    part.description(Some(says)).schema(Some(schema)).build()
}

/// The key that signs the heads of the log, from which those of receipts are made.
///
/// # Errors
/// 409 where there is none.
pub fn signer(app: &App) -> Result<&LogSigner, Problem> {
    app.signer.as_ref().ok_or_else(|| {
        let detail = "the service has no signing key, so that it cannot sign receipts: its operator makes one with \
                      `mutuals log make-key`, and starts the service with `--signing-key-file`";
        Problem::new(ProblemType::NoSigningKey, detail)
    })
}

/// The key that signs the receipts of a ballot.
///
/// # Errors
/// As [`signer`].
pub fn receipt_key(app: &App, ballot: domain::StaffBallotId) -> Result<PublicKey, Problem> {
    Ok(signer(app)?.of_receipts(ballot).public_key())
}

/// The ballot as everybody sees it.
///
/// # Errors
/// 404 and 410 where there is none to see.
pub fn find(
    tx: &mut store::ReadTx<'_>,
    id: domain::StaffBallotId,
) -> Result<domain::Record<domain::StaffBallot>, Problem> {
    Ok(domain::StaffBallot::find(tx, &id, domain::DraftAccess::None)?)
}

/// What is there only once the roll of a hosted ballot is frozen.
pub fn not_frozen() -> Problem {
    Problem::not_found("the ballot has no manifest: there is one once the roll of a hosted ballot is frozen")
}

/// What is there only once a hosted ballot has closed.
///
/// # Errors
/// 404.
pub fn expect_board(ballot: &domain::StaffBallot) -> Result<&domain::Hosting, Problem> {
    ballot
        .require_board()
        .map_err(|_| Problem::not_found("nothing is shown of what was cast before the ballot has closed"))
}

/// The id as it is shown.
pub fn shown_id(id: domain::StaffBallotId) -> StaffBallotId {
    Text(id)
}
