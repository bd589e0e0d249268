//! The opening of a ballot: the manifest with its signatures, and the proof that the log has it.

use actix_web::{HttpResponse, get};
use document::register::{Archived, BallotExtension, BallotManifest, IssuerSignature, Sha256, SignedTime};
use document::value::{HexHash, Instant, Plain as _, StaffBallotId as ShownId, Text, Word};
use domain::StaffBallotId;
use serde::Serialize;
use store::{ReadTx, log_tree};
use utoipa::ToSchema;

use super::common::{find, not_frozen};
use crate::app::App;
use crate::history::cosignature::LogWitness;
use crate::history::log::head;
use crate::history::signing::LogSigner;
use crate::history::witness::Witnesses;
use crate::register::staff_ballot::OfBallot;
use crate::request::path::PathKey;
use crate::response::problem::Problem;

/// What was fixed before a hosted ballot opened, with the issuers' signatures, and the proof that the log has the opening. Save it
/// before you vote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"ballot": "0190c0de-0000-7000-8000-000000000001", "manifest": {"protocol": "psm-ballot-v1", "ballot": "0190c0de-0000-7000-8000-000000000001", "question": "Shall the day centres become a mutual of their staff?", "method": "single_choice", "options": [{"key": "yes", "label": "Yes", "effect": "mutual"}, {"key": "no", "label": "No", "effect": "remain_in_house"}], "opens_at": "2027-06-01T08:00:00Z", "closes_at": "2027-06-08T17:00:00Z", "thresholds": [], "issuers": [{"side": "a", "name": "Coastal Scrutineers", "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}], "roll_size": 25, "roll_root": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "receipt_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}, "manifest_sha256": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "fingerprint": "97ea0bde4e43d463", "signatures": [{"side": "a", "signature": "5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ=="}], "opened_at": "2027-05-31T12:00:00.000000Z", "archived": "no", "closes_at": "2027-06-08T17:00:00Z", "extensions": [], "log": {"entry_seq": 1, "leaf_hash": "97ea0bde4e43d463184b1a4ebcfd55ea337eac422285f4b78db5fea8b13f24af", "tree_size": 2, "root_hash": "a68f1b97e633da15b7978343fdfaa58ebfd2a77b10978b250880a01f5049882c", "hashes": ["f351abf78385872fb13281e1de5c9b598c5d89460ab691425ef09acf24a826b8"], "witnesses": 2}}))]
pub struct BallotOpening {
    ballot: ShownId,
    manifest: BallotManifest,
    /// The SHA-256 of the manifest as canonical JSON (RFC 8785).
    manifest_sha256: Sha256,
    /// The first 16 digits of that, which are on each letter.
    #[schema(pattern = "^[0-9a-f]{16}$", max_length = 16)]
    fingerprint: String,
    /// The signatures of the issuers so far.
    #[schema(max_items = 2)]
    signatures: Vec<IssuerSignature>,
    /// When the ballot was opened. Absent before.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_at: Option<Instant>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<Archived>,
    /// When casting ends, by the last extension.
    closes_at: SignedTime,
    /// The extensions so far.
    #[schema(max_items = 20)]
    extensions: Vec<BallotExtension>,
    /// Where the log has the opening. Absent before.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<LoggedAt>,
}

/// Where the log has an entry, with the proof (RFC 6962), and how many witnesses vouch for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedAt {
    /// The number of the entry. The index of its leaf is one less.
    #[schema(minimum = 1)]
    entry_seq: i64,
    /// The leaf hash of the entry.
    leaf_hash: HexHash,
    /// How many entries the log has now.
    #[schema(minimum = 1)]
    tree_size: i64,
    /// The root hash of the log's tree.
    root_hash: HexHash,
    /// The hashes beside the path from the leaf to the root, the lowest first.
    #[schema(max_items = 63)]
    hashes: Vec<HexHash>,
    /// The signed head. Absent if the service has no signing key.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    /// How many witnesses have signed a head that has the entry.
    #[schema(minimum = 0, maximum = 50)]
    witnesses: i64,
}

impl LoggedAt {
    /// Where the log has an entry.
    pub fn find(
        tx: &mut ReadTx<'_>,
        entry_seq: i64,
        signer: Option<&LogSigner>,
        listed: &Witnesses,
    ) -> Result<Self, store::Error> {
        let (place, root) = head(tx)?;
        let (epoch, tree_size) = place;
        let hash = |hash: &domain::tree::Hash| HexHash::from(hash.as_slice());
        let witnesses = signer.map(|signer| LogWitness::all(tx, place, signer, listed)).transpose()?;
        let witnesses = witnesses.unwrap_or_default();
        let signed = witnesses.iter().filter(|witness| witness.has_signed(entry_seq)).count();
        Ok(Self {
            entry_seq,
            leaf_hash: hash(&log_tree::leaf(tx, entry_seq)?),
            tree_size,
            root_hash: hash(&root),
            hashes: log_tree::inclusion(tx, entry_seq, tree_size)?.iter().map(hash).collect(),
            checkpoint: signer.map(|signer| signer.of_epoch(epoch).sign(tree_size, &root).1),
            witnesses: i64::try_from(signed).unwrap_or(i64::MAX),
        })
    }
}

/// Get the opening of a ballot
///
/// The manifest of a hosted ballot, its SHA-256, the issuers' signatures and extensions. Once the ballot is open, also the proof
/// that the log has the opening. There from the freezing of the roll on.
#[utoipa::path(
    tag = "hosted ballots",
    params(OfBallot),
    responses((status = 200, description = "The opening", body = BallotOpening))
)]
#[get("/staff-ballots/{staff_ballot}/opening")]
pub async fn get_opening(app: App, PathKey(id): PathKey<StaffBallotId>) -> Result<HttpResponse, Problem> {
    let (signer, listed) = (app.signer.clone(), app.witnesses.clone());
    let read = app.store.read(move |tx| {
        let ballot = find(tx, id)?;
        let (hosting, casting) = (ballot.content.hosting.as_ref(), ballot.content.casting(id));
        let (hosting, casting) = hosting.zip(casting).ok_or_else(not_frozen)?;
        let progress = &hosting.progress;
        let opened = progress.opened.as_ref();
        let log = opened.map(|opened| LoggedAt::find(tx, opened.entry_seq, signer.as_ref(), &listed)).transpose()?;
        Ok::<_, Problem>(BallotOpening {
            ballot: super::common::shown_id(id),
            manifest: BallotManifest::show(&casting.manifest),
            manifest_sha256: Text(casting.opening.manifest),
            fingerprint: casting.opening.fingerprint(),
            signatures: progress.signatures.iter().map(IssuerSignature::show).collect(),
            opened_at: opened.map(|opened| Instant(opened.at)),
            archived: opened.map(|opened| Word(opened.archived)),
            closes_at: Text(casting.ends_at),
            extensions: progress.extensions.iter().map(BallotExtension::show).collect(),
            log,
        })
    });
    super::pages::canonical_json(&read.await?)
}
