//! What everybody can download of a ballot: its roll, and after its close the votes, the spends and the verification bundle. All of it is
//! canonical JSON (RFC 8785), read in pages and sent at the client's pace.

use std::collections::VecDeque;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpRequest, HttpResponse, get};
use document::canonical::canonical;
use document::register::{
    BallotManifest, BoardVote, HostedResult, IssuerSignature, RollEntry, Sha256, SpendSet, Tracker, VerificationBundle,
};
use document::value::{HexHash, Plain as _, StaffBallotId as ShownId, Text};
use domain::ballot_protocol::{Tracker as DomainTracker, Vote};
use domain::tree::{Hash, inclusion_of, leaf_hash};
use domain::{Record, StaffBallot, StaffBallotId};
use serde::Serialize;
use serde_json::json;
use store::ballot_list::{self, BallotList};
use store::{ReadTx, hosted_ballot};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, PartialSchema as _, ToSchema};

use super::common::{expect_board, find, not_frozen, part};
use crate::app::App;
use crate::bulk::export::deliver;
use crate::caller::Caller;
use crate::register::operations::path_parameter;
use crate::register::staff_ballot::OfBallot;
use crate::request::argument::argument;
use crate::request::path::{PathKey, named};
use crate::response::problem::Problem;

/// It may change with the next request.
pub const NEVER_KEPT: (HeaderName, &str) = (CACHE_CONTROL, "no-store");

const JSON: &str = "application/json";

/// The roll of a ballot.
#[derive(ToSchema)]
#[schema(example = json!({"entries": ["a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c"]}))]
#[expect(dead_code, reason = "it is written in pieces, and described as a whole")]
struct BallotRoll {
    /// One entry for each person, sorted.
    #[schema(max_items = 100_000)]
    entries: Vec<RollEntry>,
}

/// The votes of a ballot that were cast online.
#[derive(ToSchema)]
#[schema(example = json!({"votes": [["78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014", "yes"]]}))]
#[expect(dead_code, reason = "it is written in pieces, and described as a whole")]
struct BallotVotes {
    /// For each vote its tracker and its choice, sorted by tracker.
    #[schema(max_items = 100_000)]
    votes: Vec<BoardVote>,
}

/// What the codes of a ballot were spent with online.
#[derive(ToSchema)]
#[schema(example = json!({"spends": [["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"]]}))]
#[expect(dead_code, reason = "it is written in pieces, and described as a whole")]
struct BallotSpends {
    /// For each vote one spend, or those of both issuers, sorted.
    #[schema(max_items = 100_000)]
    spends: Vec<SpendSet>,
}

/// Proves that a vote is on the board.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"tracker": "78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014", "choice": "yes", "leaf": "psm-ballot-v1:vote:0190c0de-0000-7000-8000-000000000001:78071b5ef9f3b3cff5d5df279ea594906ec89111572ba107ee398673353ca014:yes", "leaf_hash": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "index": 0, "tree_size": 2, "hashes": ["a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c"], "votes_root": "f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"}))]
struct VoteProof {
    tracker: Tracker,
    /// The choice.
    #[schema(max_length = 250)]
    choice: String,
    /// The leaf of the vote, before it is hashed.
    #[schema(max_length = 1000)]
    leaf: String,
    /// The leaf hash (RFC 6962).
    leaf_hash: HexHash,
    /// The index of the leaf, from 0.
    #[schema(minimum = 0)]
    index: u64,
    /// How many votes there are.
    #[schema(minimum = 1)]
    tree_size: u64,
    /// The hashes beside the path from the leaf to the root, the lowest first (RFC 6962, section 2.1.1).
    #[schema(max_items = 63)]
    hashes: Vec<HexHash>,
    /// The root of the tree over the votes.
    votes_root: Sha256,
}

/// A ballot and a tracker, in a path.
struct BallotVote {
    ballot: StaffBallotId,
    tracker: DomainTracker,
}

argument!(BallotVote);

impl BallotVote {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mut parts = request.match_info().iter().map(|(_, raw)| raw);
        let ballot = named(parts.next().unwrap_or_default())?;
        let tracker: Result<DomainTracker, domain::Invalid> = parts.next().unwrap_or_default().parse();
        Ok(Self { ballot, tracker: tracker.map_err(|invalid| Problem::not_found(invalid.detail))? })
    }
}

impl IntoParams for BallotVote {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tracker = part("tracker", "The tracker of a vote", Tracker::schema());
        vec![path_parameter(&(domain::Kind::StaffBallot, ShownId::schema()), false), tracker]
    }
}

/// A piece of what is sent.
enum Piece {
    Text(String),
    /// The elements of a list, from this page on.
    List(BallotList, i64),
}

/// Get the roll of a hosted ballot
///
/// The entries of the roll, without names and numbers, in canonical JSON. There from the freezing of the roll on. Everybody can
/// look for their own entry.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    responses((status = 200, description = "The roll", body = BallotRoll))
)]
#[get("/staff-ballots/{staff_ballot}/roll")]
pub async fn get_roll(app: App, caller: Caller, key: PathKey<StaffBallotId>) -> Result<HttpResponse, Problem> {
    send(app, caller, key, |_, ballot| {
        ballot.content.manifest(ballot.id).ok_or_else(not_frozen)?;
        Ok(list("entries", BallotList::Entries))
    })
    .await
}

/// Get the votes of a hosted ballot
///
/// Every vote that was cast online, with its tracker, in canonical JSON. There after the close.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    responses((status = 200, description = "The votes", body = BallotVotes))
)]
#[get("/staff-ballots/{staff_ballot}/votes")]
pub async fn get_votes(app: App, caller: Caller, key: PathKey<StaffBallotId>) -> Result<HttpResponse, Problem> {
    send(app, caller, key, |_, ballot| {
        expect_board(&ballot.content)?;
        Ok(list("votes", BallotList::Votes))
    })
    .await
}

/// Get the spends of a hosted ballot
///
/// What the codes were spent with online, in canonical JSON. Each is that of an entry of the roll, so that nobody has voted who is
/// not on it. There after the close.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    responses((status = 200, description = "The spends", body = BallotSpends))
)]
#[get("/staff-ballots/{staff_ballot}/spends")]
pub async fn get_spends(app: App, caller: Caller, key: PathKey<StaffBallotId>) -> Result<HttpResponse, Problem> {
    send(app, caller, key, |_, ballot| {
        expect_board(&ballot.content)?;
        Ok(list("spends", BallotList::Spends))
    })
    .await
}

/// Get the verification bundle of a hosted ballot
///
/// One file with all that is needed to check the ballot and to count it again, in canonical JSON: `docs/verify-ballot.py` and
/// `mutuals ballot verify` read it. There after the close.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    responses((status = 200, description = "The bundle", body = VerificationBundle))
)]
#[get("/staff-ballots/{staff_ballot}/verification-bundle")]
pub async fn get_verification_bundle(
    app: App,
    caller: Caller,
    key: PathKey<StaffBallotId>,
) -> Result<HttpResponse, Problem> {
    send(app, caller, key, bundle).await
}

/// Prove that a vote is on the board
///
/// Returns the hashes on the path from the vote to the root of the votes (RFC 6962). There after the close.
#[utoipa::path(
    tag = "hosted ballots",
    params(BallotVote),
    responses((status = 200, description = "The proof", body = VoteProof))
)]
#[get("/staff-ballots/{staff_ballot}/votes/{tracker}/proof")]
pub async fn get_vote_proof(app: App, asked: BallotVote) -> Result<HttpResponse, Problem> {
    let BallotVote { ballot: id, tracker } = asked;
    let read = app.store.survey(move |tx| {
        let ballot = find(tx, id)?;
        let hosting = expect_board(&ballot.content)?;
        let closed = hosting.progress.closed.as_ref().ok_or_else(not_frozen)?;
        let absent = || Problem::not_found("no vote has this tracker");
        let beginning = format!("{tracker} ");
        let (index, _) = ballot_list::find(tx, id, BallotList::Votes, &beginning)?.ok_or_else(absent)?;
        let votes = votes(tx, id)?;
        let index = usize::try_from(index).map_err(Problem::internal)?;
        let vote = votes.get(index).ok_or_else(absent)?;
        let leaves: Vec<String> = votes.iter().map(|vote| vote.leaf(id.into())).collect();
        let hashed: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
        let hashes = inclusion_of(index, &hashed).ok_or_else(absent)?;
        let leaf = vote.leaf(id.into());
        Ok::<_, Problem>(VoteProof {
            tracker: Text(tracker),
            choice: vote.choice.clone(),
            leaf_hash: HexHash::from(leaf_hash(leaf.as_bytes()).as_slice()),
            leaf,
            index: u64::try_from(index).map_err(Problem::internal)?,
            tree_size: u64::try_from(leaves.len()).map_err(Problem::internal)?,
            hashes: hashes.iter().map(|hash| HexHash::from(hash.as_slice())).collect(),
            votes_root: Text(closed.votes_root),
        })
    });
    canonical_json(&read.await?)
}

fn votes(tx: &mut ReadTx<'_>, id: StaffBallotId) -> Result<Vec<Vote>, Problem> {
    let read = |line: &String| {
        let (tracker, choice) = line.split_once(' ')?;
        Some(Vote { tracker: tracker.parse().ok()?, choice: choice.to_owned() })
    };
    let lines = ballot_list::all(tx, id, BallotList::Votes)?;
    let votes: Option<Vec<Vote>> = lines.iter().map(read).collect();
    votes.ok_or_else(|| Problem::internal("the votes of a ballot cannot be read"))
}

/// The answer with a small document as canonical JSON.
pub fn canonical_json(document: &impl Serialize) -> Result<HttpResponse, Problem> {
    let text = canonical(&serde_json::to_string(document).map_err(Problem::internal)?);
    Ok(HttpResponse::Ok().insert_header(NEVER_KEPT).content_type(JSON).body(text))
}

/// Sends what a ballot shows, in one moment of the register.
async fn send(
    app: App,
    caller: Caller,
    PathKey(id): PathKey<StaffBallotId>,
    pieces: impl Fn(&mut ReadTx<'_>, &Record<StaffBallot>) -> Result<Vec<Piece>, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let mut rest: Option<VecDeque<Piece>> = None;
    let next = move |tx: &mut ReadTx<'_>| {
        if rest.is_none() {
            let ballot = find(tx, id)?;
            rest = Some(pieces(tx, &ballot)?.into());
        }
        let Some(waiting) = &mut rest else { return Ok(None) };
        match waiting.pop_front() {
            None => Ok(None),
            Some(Piece::Text(text)) => Ok(Some(text.into_bytes())),
            Some(Piece::List(of, number)) => {
                let Some(lines) = ballot_list::page(tx, id, of, number)? else { return Ok(Some(Vec::new())) };
                waiting.push_front(Piece::List(of, number.saturating_add(1)));
                Ok::<_, Problem>(Some(elements(of, number > 0, &lines).into_bytes()))
            }
        }
    };
    let spooled = app.store.spool(next).await?;
    deliver(&app, caller, spooled, JSON)
}

fn list(name: &str, of: BallotList) -> Vec<Piece> {
    vec![Piece::Text(format!("{{\"{name}\":[")), Piece::List(of, 0), Piece::Text("]}".to_owned())]
}

/// The lines of a page as elements of a JSON list. They are of hexadecimal digits and keys of options, so that nothing is escaped.
fn elements(of: BallotList, is_further: bool, lines: &str) -> String {
    let mut text = String::with_capacity(lines.len().saturating_mul(2));
    for (position, line) in lines.split('\n').enumerate() {
        if is_further || position > 0 {
            text.push(',');
        }
        let inner = line.replace(' ', "\",\"");
        let (before, after) = if of == BallotList::Entries { ("\"", "\"") } else { ("[\"", "\"]") };
        text.extend([before, &inner, after]);
    }
    text
}

/// The members of a bundle, in the order of their names.
fn bundle(tx: &mut ReadTx<'_>, ballot: &Record<StaffBallot>) -> Result<Vec<Piece>, Problem> {
    let hosting = expect_board(&ballot.content)?;
    let progress = &hosting.progress;
    let closed = progress.closed.as_ref().ok_or_else(not_frozen)?;
    let casting = ballot.content.casting(ballot.id).ok_or_else(not_frozen)?;
    let member = |name: &str, value: String| Piece::Text(format!("\"{name}\":{value},"));
    let shown = |value: serde_json::Value| canonical(&value.to_string());
    let signatures = |signed: &[_]| -> Result<serde_json::Value, Problem> {
        let signed: Vec<IssuerSignature> = signed.iter().map(IssuerSignature::show).collect();
        serde_json::to_value(signed).map_err(Problem::internal)
    };
    let extensions = progress.extensions.iter().map(
        |extension| json!({"closes_at": extension.closes_at.to_string(), "signature": extension.signature.to_string()}),
    );
    let mut pieces = vec![
        Piece::Text("{".to_owned()),
        member("ballot", shown(json!(ballot.id.to_string()))),
        member("closed_at", shown(json!(hosting.casting_ends_at().to_string()))),
        Piece::Text("\"entries\":[".to_owned()),
        Piece::List(BallotList::Entries, 0),
        Piece::Text("],".to_owned()),
        member("extensions", shown(extensions.collect())),
        member("manifest", BallotManifest::canonical(&casting.manifest).map_err(Problem::internal)?),
        member("manifest_sha256", shown(json!(casting.opening.manifest.to_string()))),
    ];
    if let (Some(paper), Some(batch)) = (&progress.paper, hosted_ballot::paper_text(tx, ballot.id)?) {
        let signed = shown(signatures(&paper.signatures)?);
        let paper = format!("{{\"batch\":{batch},\"sha256\":\"{}\",\"signatures\":{signed}}}", paper.sha256);
        pieces.push(member("paper", paper));
    }
    pieces.extend([
        member("protocol", shown(json!(casting.manifest.protocol.as_str()))),
        member("result", HostedResult::canonical(&closed.count, &casting.manifest).map_err(Problem::internal)?),
        member("signatures", shown(signatures(&progress.signatures)?)),
        Piece::Text("\"spends\":[".to_owned()),
        Piece::List(BallotList::Spends, 0),
        Piece::Text("],\"votes\":[".to_owned()),
        Piece::List(BallotList::Votes, 0),
        Piece::Text(format!("],\"votes_root\":\"{}\"}}", closed.votes_root)),
    ]);
    Ok(pieces)
}
