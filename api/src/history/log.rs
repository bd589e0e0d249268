//! The log's own operations: its signed head, the key, and proofs that entries are in it and that it only ever grows.

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, get};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::FaultCode;
use domain::tree::Hash;
use serde::{Deserialize, Serialize};
use store::entry::Head;
use store::{EpochId, LogPlace, ReadTx, entry_log, log_tree};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::history::cosignature::{LogWitness, create_cosignatures};
use crate::history::epoch::LogEpoch;
use crate::history::signing::{ALGORITHM, LogSigner};
use crate::request::query::Query;
use crate::response::problem::{ErrorItem, Problem};
use document::value::{Bounded, HexHash, hex};

/// A head is old with the next entry.
const NEVER_KEPT: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");
const REVALIDATED: (HeaderName, &str) = (header::CACHE_CONTROL, "no-cache");

/// The head of the log: its length and the root of its tree. If you save a head, you can check later that no earlier
/// entry was changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "tree_size": 1,
    "root_hash": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "epoch": "9b1f0e6c2d7a4835",
    "origin": "mutuals.example.gov.uk/log/9b1f0e6c2d7a4835",
    "key_id": "3f5b1c07",
    "signature": "jQnq0vF2Jpnbj1tG0Y3sO4T9T1yYkD5Ww0y8m8v7M0p5dZ0n9c9b2u2v5l7o3bq0c1fQK3jv4y8pQ2b0q1s3Bg==",
    "checkpoint": "mutuals.example.gov.uk/log\n1\nbjQLnP+zepicpUTma3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n— mutuals.example.gov.uk/log P1scB40J6tLxdiaZ249bRtGN7DuE/U9cmJA+VsNMvJvL+zNKeXWdJ/XPW9rtr+Ze6N26tHNX0Ct47+MvKUNm9KtbNwY=\n"
}))]
pub struct LogHead {
    /// How many entries there are: the number of the newest.
    tree_size: i64,
    /// The root of the Merkle tree over the leaf hashes of the entries (RFC 6962).
    root_hash: HexHash,
    epoch: LogEpoch,
    /// The log's name, which ends in its epoch. If the service has no signing key, this, `key_id`, `signature` and `checkpoint` are absent.
    #[schema(nullable = false, max_length = 300)]
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// The id of the key in its signatures, in hexadecimal.
    #[schema(nullable = false, pattern = "^[0-9a-f]{8}$", max_length = 8)]
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    /// Ed25519 over the first three lines of the checkpoint, in base64.
    #[schema(nullable = false, max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    /// The head as a checkpoint: a signed note (C2SP tlog-checkpoint and signed-note).
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    /// The newest cosignature of each witness that the operator lists. Absent if there is none. A witness may have signed
    /// an earlier head: a consistency proof connects it to this one.
    #[schema(nullable = false, max_items = 50)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    witnesses: Vec<LogWitness>,
}

/// The public key for the signatures of the log's heads. Keep a copy: a key that you fetch together with a signature
/// proves little.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "origin": "mutuals.example.gov.uk/log/9b1f0e6c2d7a4835",
    "algorithm": "Ed25519",
    "key_id": "3f5b1c07",
    "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "public_key_pem": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
    "verifier_key": "mutuals.example.gov.uk/log+3f5b1c07+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
}))]
struct LogKey {
    /// The log's name, which ends in its epoch.
    #[schema(max_length = 300)]
    origin: String,
    /// `Ed25519`.
    #[schema(value_type = String, max_length = 20)]
    algorithm: &'static str,
    /// The id of the key in its signatures, in hexadecimal.
    #[schema(pattern = "^[0-9a-f]{8}$", max_length = 8)]
    key_id: String,
    /// The 32 bytes of the key, in base64.
    #[schema(max_length = 44)]
    public_key: String,
    /// The key in the format that OpenSSL reads (PEM).
    #[schema(max_length = 200)]
    public_key_pem: String,
    /// The key in the format that checkers of signed notes read.
    #[schema(max_length = 400)]
    verifier_key: String,
}

/// Proves that an entry is in the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "seq": 1,
    "leaf_hash": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "tree_size": 2,
    "root_hash": "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "hashes": ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"],
    "epoch": "9b1f0e6c2d7a4835"
}))]
struct InclusionProof {
    /// The number of the entry. The index of its leaf is one less.
    #[schema(minimum = 1)]
    seq: i64,
    /// The leaf hash of the entry.
    leaf_hash: HexHash,
    /// How many entries the tree has.
    #[schema(minimum = 1)]
    tree_size: i64,
    /// The root hash of the tree.
    root_hash: HexHash,
    /// The hashes beside the path from the leaf to the root, the lowest first (RFC 6962, section 2.1.1).
    #[schema(max_items = 63)]
    hashes: Vec<HexHash>,
    epoch: LogEpoch,
}

/// Proves that a longer log continues a shorter one: none of its entries was changed or removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "from": 1,
    "from_root_hash": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "to": 2,
    "to_root_hash": "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "hashes": ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"],
    "epoch": "9b1f0e6c2d7a4835"
}))]
struct ConsistencyProof {
    /// How many entries the shorter log has.
    #[schema(minimum = 1)]
    from: i64,
    /// The root hash of the shorter log.
    from_root_hash: HexHash,
    /// How many entries the longer log has.
    #[schema(minimum = 1)]
    to: i64,
    /// The root hash of the longer log.
    to_root_hash: HexHash,
    /// The proof (RFC 6962, section 2.1.2).
    #[schema(max_items = 64)]
    hashes: Vec<HexHash>,
    epoch: LogEpoch,
}

/// Which entry in which tree.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct InclusionOf {
    /// The `seq` of the entry.
    #[param(required, value_type = i64, minimum = 1)]
    seq: Option<Bounded<1, { i64::MAX }>>,
    /// How many entries the tree has: at least `seq`. The default is all entries.
    #[param(value_type = Option<i64>, minimum = 1)]
    tree_size: Option<Bounded<1, { i64::MAX }>>,
    /// The epoch that the numbers belong to. If the log has a new epoch, the status is 410.
    epoch: Option<LogEpoch>,
}

/// Which logs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConsistencyOf {
    /// How many entries the shorter log has.
    #[param(required, value_type = i64, minimum = 1)]
    from: Option<Bounded<1, { i64::MAX }>>,
    /// How many entries the longer log has: at least `from`. The default is all entries.
    #[param(value_type = Option<i64>, minimum = 1)]
    to: Option<Bounded<1, { i64::MAX }>>,
    /// The epoch that the numbers belong to. If the log has a new epoch, the status is 410.
    epoch: Option<LogEpoch>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(get_log_head)
        .service(get_log_key)
        .service(get_inclusion_proof)
        .service(get_consistency_proof)
        .service(create_cosignatures);
}

impl LogHead {
    /// The head of a log with this epoch, size and root, signed if there is a key.
    pub fn new((epoch, tree_size): (EpochId, i64), root: &Hash, signer: Option<&LogSigner>) -> Self {
        let signer = signer.map(|signer| signer.of_epoch(epoch));
        let signed = signer.as_ref().map(|signer| (signer, signer.sign(tree_size, root)));
        Self {
            tree_size,
            root_hash: hash(root),
            epoch: LogEpoch(epoch),
            origin: signed.as_ref().map(|(signer, _)| signer.origin().to_owned()),
            key_id: signed.as_ref().map(|(signer, _)| hex(&signer.key_id())),
            signature: signed.as_ref().map(|(_, (signature, _))| BASE64_STANDARD.encode(signature)),
            checkpoint: signed.map(|(_, (_, checkpoint))| checkpoint),
            witnesses: Vec::new(),
        }
    }

    /// The head with the cosignatures of its log.
    fn witnessed(self, witnesses: Vec<LogWitness>) -> Self {
        Self { witnesses, ..self }
    }
}

fn hash(hash: &Hash) -> HexHash {
    hash.as_slice().into()
}

/// The log's epoch and size, and the root of its tree.
pub fn head(tx: &mut ReadTx<'_>) -> Result<((EpochId, i64), Hash), store::Error> {
    let head = entry_log::newest(tx)?;
    Ok(((head.epoch.id, head.seq), log_tree::root(tx, head.seq)?))
}

/// Get the head of the log
///
/// The number of entries and the root of the Merkle tree over them. Signed if the operator has set up a key, with the
/// cosignatures of the witnesses that the operator lists.
#[utoipa::path(tag = "log", responses((status = 200, description = "The head", body = LogHead)))]
#[get("/log/head")]
async fn get_log_head(app: App) -> Result<HttpResponse, Problem> {
    let (signer, listed) = (app.signer.clone(), app.witnesses.clone());
    let read = app.store.read(move |tx| {
        let (place, root) = head(tx)?;
        let witnesses = signer.as_ref().map(|signer| LogWitness::all(tx, place, signer, &listed));
        let witnesses = witnesses.transpose()?.unwrap_or_default();
        Ok::<_, store::Error>(LogHead::new(place, &root, signer.as_ref()).witnessed(witnesses))
    });
    Ok(HttpResponse::Ok().insert_header(NEVER_KEPT).json(read.await?))
}

/// Get the log's key
///
/// The public key for the signatures of heads. 404 if the operator has not set up a key.
#[utoipa::path(
    tag = "log",
    responses((status = 200, description = "The key", body = LogKey), (status = 404))
)]
#[get("/log/key")]
async fn get_log_key(app: App) -> Result<HttpResponse, Problem> {
    let unsigned =
        || Problem::not_found("the heads of this log are not signed, because its operator has not set up a key");
    let signer = app.signer.as_ref().ok_or_else(unsigned)?.of_epoch(app.store.epoch().id);
    let key = LogKey {
        origin: signer.origin().to_owned(),
        algorithm: ALGORITHM,
        key_id: hex(&signer.key_id()),
        public_key: BASE64_STANDARD.encode(signer.public_key()),
        public_key_pem: signer.public_key_pem(),
        verifier_key: signer.verifier_key(),
    };
    Ok(HttpResponse::Ok().insert_header(REVALIDATED).json(key))
}

/// Prove that an entry is in the log
///
/// Returns the sibling hashes on the path from the leaf to the root of the tree (RFC 6962).
#[utoipa::path(
    tag = "log",
    params(InclusionOf),
    responses((status = 200, description = "The proof", body = InclusionProof))
)]
#[get("/log/proofs/inclusion")]
async fn get_inclusion_proof(app: App, Query(asked): Query<InclusionOf>) -> Result<HttpResponse, Problem> {
    let seq = required("seq", asked.seq)?;
    let size = asked.tree_size.map(|Bounded(size)| size);
    let proof = app.store.read(move |tx| {
        let (epoch, tree_size) = within(tx, asked.epoch, ("seq", seq), ("tree_size", size))?;
        Ok::<_, Problem>(InclusionProof {
            seq,
            leaf_hash: hash(&log_tree::leaf(tx, seq)?),
            tree_size,
            root_hash: hash(&log_tree::root(tx, tree_size)?),
            hashes: log_tree::inclusion(tx, seq, tree_size)?.iter().map(hash).collect(),
            epoch,
        })
    });
    Ok(HttpResponse::Ok().insert_header(REVALIDATED).json(proof.await?))
}

/// Prove that the log only grew
///
/// Returns the hashes from which you can compute the roots of both the shorter and the longer log (RFC 6962).
#[utoipa::path(
    tag = "log",
    params(ConsistencyOf),
    responses((status = 200, description = "The proof", body = ConsistencyProof))
)]
#[get("/log/proofs/consistency")]
async fn get_consistency_proof(app: App, Query(asked): Query<ConsistencyOf>) -> Result<HttpResponse, Problem> {
    let from = required("from", asked.from)?;
    let to = asked.to.map(|Bounded(to)| to);
    let proof = app.store.read(move |tx| {
        let (epoch, to) = within(tx, asked.epoch, ("from", from), ("to", to))?;
        Ok::<_, Problem>(ConsistencyProof {
            from,
            from_root_hash: hash(&log_tree::root(tx, from)?),
            to,
            to_root_hash: hash(&log_tree::root(tx, to)?),
            hashes: log_tree::consistency(tx, from, to)?.iter().map(hash).collect(),
            epoch,
        })
    });
    Ok(HttpResponse::Ok().insert_header(REVALIDATED).json(proof.await?))
}

fn required<const MIN: i64, const MAX: i64>(name: &str, given: Option<Bounded<MIN, MAX>>) -> Result<i64, Problem> {
    let missing = || ErrorItem::parameter(name, FaultCode::Required.as_str(), "expected a value");
    given.map(|Bounded(number)| number).ok_or_else(|| Problem::bad_query(vec![missing()]))
}

/// Checks that two sizes are within the log in the epoch that the caller named. Gives the epoch and the greater size,
/// by default the size of the log.
fn within(
    tx: &mut ReadTx<'_>,
    epoch: Option<LogEpoch>,
    (lesser, least): (&str, i64),
    (greater, most): (&str, Option<i64>),
) -> Result<(LogEpoch, i64), Problem> {
    let Head { seq: head, epoch: current, .. } = entry_log::newest(tx)?;
    if epoch.is_some_and(|LogEpoch(named)| named != current.id) {
        // The shorter of two logs is the older one: what it shares with the present log is what can be proved.
        LogPlace { after: least, epoch: epoch.map(|LogEpoch(named)| named) }.check(tx)?;
    }
    let most = most.unwrap_or(head);
    let mut faults = Vec::new();
    let mut refuse = |name: &str, detail: String| {
        faults.push(ErrorItem::parameter(name, FaultCode::OutOfRange.as_str(), detail));
    };
    if most > head {
        refuse(greater, format!("the log has {head} entries so far"));
    }
    if least > most {
        refuse(lesser, format!("expected a whole number from 1 to {most}"));
    }
    if faults.is_empty() { Ok((LogEpoch(current.id), most)) } else { Err(Problem::bad_query(faults)) }
}
