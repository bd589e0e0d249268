//! Cosignatures as they are sent and shown: which are accepted, and what stands under the head.

use std::cmp::Ordering;

use actix_web::{HttpResponse, post};
use chrono::{DateTime, SecondsFormat, Utc};
use document::cosignature::CosignedCheckpoint;
use document::schema::InputOf;
use document::value::{Instant, hex};
use domain::tree::Hash;
use domain::{FaultCode, SignedNote};
use serde::Serialize;
use store::cosignature::{self, Cosignature};
use store::{EpochId, ReadTx, WriteTx, entry_log, log_tree};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::history::signing::{LogSigner, read_checkpoint};
use crate::history::witness::{FalseCosignature, Witness, Witnesses};
use crate::http::request_id::RequestId;
use crate::register::resource::accept;
use crate::request::body::Body;
use crate::response::problem::{ErrorItem, Problem};
use crate::response::problem_type::ProblemType;

type CosignedCheckpointInput = InputOf<CosignedCheckpoint>;

/// The newest cosignature of a witness: the statement that the log up to this head continues what the witness signed
/// before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "name": "press.example.org",
    "tree_size": 1,
    "signed_at": "2026-03-02T09:30:00.000000Z",
    "cosignature": "\u{2014} press.example.org Mb8BSgAAAABppViYhsnzH7HPLUJU5XXbVzalWmIPk4qOAJo/u9qT6hlOQtKoe5NqW6/x5D9IfVMz5GfXjdFNjxdyqcMkL899XNKZBw==",
    "checkpoint": "mutuals.example.gov.uk/log/9b1f0e6c2d7a4835\n1\nbjQLnP+zepicpUTma3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n\u{2014} mutuals.example.gov.uk/log/9b1f0e6c2d7a4835 falDv9XQuYHejNmkgjL2cOtjjYRF3IufK17iaI9MJVpgEH1ASD+irpNwRIQHjAWafg/n+LibevoXgsKC/HUVwNnsPw0=\n\u{2014} press.example.org Mb8BSgAAAABppViYhsnzH7HPLUJU5XXbVzalWmIPk4qOAJo/u9qT6hlOQtKoe5NqW6/x5D9IfVMz5GfXjdFNjxdyqcMkL899XNKZBw==\n"
}))]
pub struct LogWitness {
    /// The name of the witness.
    #[schema(max_length = 300)]
    name: String,
    /// How many entries the head has that the witness signed.
    #[schema(minimum = 0)]
    tree_size: i64,
    /// When the witness signed it, to the second, by the clock of the witness.
    signed_at: Instant,
    /// The signature line of the witness (C2SP tlog-cosignature, `cosignature/v1`).
    #[schema(max_length = 500)]
    cosignature: String,
    /// The checkpoint that the witness signed, with the signature of the log and of every witness that signed the same head.
    #[schema(max_length = 40000)]
    checkpoint: String,
}

impl LogWitness {
    /// Whether the witness has signed a head that has this entry.
    pub fn has_signed(&self, seq: i64) -> bool {
        self.tree_size >= seq
    }

    /// Those of the listed witnesses in the epoch of a head.
    pub fn all(
        tx: &mut ReadTx<'_>,
        (epoch, size): (EpochId, i64),
        signer: &LogSigner,
        listed: &Witnesses,
    ) -> Result<Vec<Self>, store::Error> {
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let signer = signer.of_epoch(epoch);
        let kept: Vec<Cosignature> = cosignature::of_epoch(tx, epoch)?;
        let by: Vec<(&Cosignature, &Witness)> = kept.iter().filter_map(|own| Some((own, listed.find(own)?))).collect();
        let mut shown = Vec::new();
        for (own, witness) in by.iter().filter(|(own, _)| own.tree_size <= size) {
            let same_head = by.iter().filter(|(other, _)| other.tree_size == own.tree_size);
            let lines: String = same_head.map(|(other, witness)| format!("{}\n", witness.line(other))).collect();
            let (_, checkpoint) = signer.sign(own.tree_size, &log_tree::root(tx, own.tree_size)?);
            shown.push(Self {
                name: witness.name().to_owned(),
                tree_size: own.tree_size,
                signed_at: Instant(time(own)),
                cosignature: witness.line(own),
                checkpoint: checkpoint + &lines,
            });
        }
        Ok(shown)
    }
}

fn time(signed: &Cosignature) -> DateTime<Utc> {
    DateTime::from_timestamp(signed.signed_at, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Add cosignatures of witnesses
///
/// For witnesses that the operator lists: send a checkpoint of this log with your signature line. You need no key, and
/// anybody may pass a cosignature on, because it proves itself. The newest of each witness stands under the head. Sending
/// one again, or an older one, changes nothing. Cosignatures have no log entries.
///
/// Sign only a head that a consistency proof connects to the head that you signed before.
#[utoipa::path(
    tag = "log",
    request_body = CosignedCheckpointInput,
    responses((status = 204, description = "The cosignatures are valid"))
)]
#[post("/log/cosignatures")]
pub async fn create_cosignatures(
    app: App,
    caller: Caller,
    request_id: RequestId,
    body: Body<CosignedCheckpoint>,
) -> Result<HttpResponse, Problem> {
    let (content, stamp) = (body.create(), app.stamp(&caller, &request_id));
    let check = Check {
        signer: app.signer.clone(),
        listed: app.witnesses.clone(),
        latest: stamp.now.checked_add_signed(app.clock_tolerance).unwrap_or(DateTime::<Utc>::MAX_UTC),
    };
    let read = move |tx: &mut ReadTx<'_>| {
        let note = accept(tx, &content, &caller)?;
        check.newer(tx, note)
    };
    let (epoch, newer) = app.store.read(read).await?;
    if !newer.is_empty() {
        let keep = move |tx: &mut WriteTx<'_>| newer.iter().try_for_each(|own| cosignature::keep(tx, epoch, own));
        app.store.write::<_, store::Error, _>(stamp, keep).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// What a cosigned checkpoint is held against.
struct Check {
    signer: Option<LogSigner>,
    listed: Witnesses,
    /// The latest time at which one can have been signed.
    latest: DateTime<Utc>,
}

impl Check {
    /// The cosignatures in a note that are newer than those of the same witnesses that are kept, and the epoch of their log.
    fn newer(&self, tx: &mut ReadTx<'_>, note: &SignedNote) -> Result<(EpochId, Vec<Cosignature>), Problem> {
        let newest = entry_log::newest(tx)?;
        let epoch = newest.epoch.id;
        let (root, given) = self.given(epoch, note.as_str()).map_err(Problem::invalid)?;
        expect_head(tx, newest.seq, &root, &given)?;
        let kept = cosignature::of_epoch(tx, epoch)?;
        let (mut newer, mut faults) = (Vec::new(), Vec::new());
        for own in given {
            let before = kept.iter().find(|kept| kept.witness == own.witness);
            match (self.is_from_the_past(&own), before.map_or(Some(Ordering::Greater), |before| own.compare(before))) {
                (false, _) => faults.push(fault(FaultCode::OutOfRange, self.too_late(&own))),
                (true, None) => faults.push(fault(FaultCode::DateOrder, self.out_of_order(&own, before))),
                (true, Some(Ordering::Greater)) => newer.push(own),
                (true, Some(Ordering::Equal | Ordering::Less)) => {}
            }
        }
        if faults.is_empty() { Ok((epoch, newer)) } else { Err(Problem::invalid(faults)) }
    }

    /// The root of a head of this log in a note, and the valid cosignatures of it.
    fn given(&self, epoch: EpochId, note: &str) -> Result<(Hash, Vec<Cosignature>), Vec<ErrorItem>> {
        let Some(signer) = self.signer.as_ref().filter(|_| !self.listed.is_empty()) else {
            return Err(vec![fault(FaultCode::UnknownReference, "the operator of this log lists no witnesses")]);
        };
        let signer = signer.of_epoch(epoch);
        let malformed = || {
            let detail = "expected a checkpoint: the lines of the log's name, the number of entries and the root, an \
                          empty line, and signature lines";
            vec![fault(FaultCode::InvalidFormat, detail)]
        };
        let (text, lines) = note.split_once("\n\n").ok_or_else(malformed)?;
        let (size, root) = read_checkpoint(text).filter(|(size, _)| *size >= 0).ok_or_else(malformed)?;
        let origin = text.lines().next().unwrap_or_default();
        if origin != signer.origin() {
            let detail = format!("the checkpoint belongs to the log «{origin}», not to «{}»", signer.origin());
            return Err(vec![fault(FaultCode::Inconsistent, detail)]);
        }
        let own = signer.text(size, &root);
        if own.trim_end() != text {
            return Err(malformed());
        }
        let in_words = |faults: Vec<FalseCosignature>| {
            faults.iter().map(|false_one| fault(FaultCode::Inconsistent, false_one.to_string())).collect::<Vec<_>>()
        };
        let given = self.listed.cosignatures(lines, &own, size).map_err(in_words)?;
        if given.is_empty() {
            let names: Vec<&str> = self.listed.names().collect();
            let detail = format!(
                "no signature line is by a witness that the operator lists: expected one with the name and key of {}",
                names.join(" or ")
            );
            return Err(vec![fault(FaultCode::UnknownReference, detail)]);
        }
        Ok((root, given))
    }

    fn is_from_the_past(&self, own: &Cosignature) -> bool {
        time(own) <= self.latest
    }

    fn too_late(&self, own: &Cosignature) -> String {
        let (name, signed_at, latest) = (self.name(own), written(time(own)), written(self.latest));
        format!("{name} signed at {signed_at}, which is in the future: expected a time until {latest}")
    }

    fn out_of_order(&self, own: &Cosignature, before: Option<&Cosignature>) -> String {
        let said = |signed: &Cosignature| format!("{} entries at {}", signed.tree_size, written(time(signed)));
        let before = before.map(said).unwrap_or_default();
        format!("{} signed {} and {before}: a witness never signs a smaller head later", self.name(own), said(own))
    }

    fn name(&self, own: &Cosignature) -> &str {
        self.listed.find(own).map_or("a witness", Witness::name)
    }
}

/// Checks that the log has had the head that witnesses signed.
fn expect_head(tx: &mut ReadTx<'_>, newest: i64, root: &Hash, given: &[Cosignature]) -> Result<(), Problem> {
    let Some(Cosignature { tree_size, witness, .. }) = given.first() else { return Ok(()) };
    let has = if *tree_size > newest {
        format!("has {newest} entries")
    } else {
        let own = log_tree::root(tx, *tree_size)?;
        if own == *root {
            return Ok(());
        }
        format!("had the root {} then", hex(&own))
    };
    let name = witness.split('+').next().unwrap_or_default();
    let detail = format!("{name} signed a head of {tree_size} entries with the root {}, but this log {has}", hex(root));
    log::error!("a witness signed a head that the log does not have (run `mutuals log verify`): {detail}");
    Err(Problem::new(ProblemType::LogFork, detail))
}

fn fault(code: FaultCode, detail: impl Into<String>) -> ErrorItem {
    ErrorItem::pointer("/checkpoint", code.as_str(), detail)
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
