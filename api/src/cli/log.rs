//! What operators do with the log from the command line: make its key, check it, copy it for others to check, and erase a person.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::rt::System;
use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use domain::DraftAccess;
use domain::tree::Hash;
use store::{LogPlace, Making, Renewal, Store, WriteTx, entry_log, log_tree, renewal, settlement};

use super::database::Database;
use super::erasure;
use super::outcome::{self, Failure, Register, say};
use super::witness::{self, CosignerOptions, WitnessOptions};
use crate::app::OPERATOR;
use crate::config::ClockOptions;
use crate::history::entry::Entry;
use crate::history::log::{self, LogHead};
use crate::history::signing::{DEFAULT_ORIGIN, KeyError, LogSigner, LogVerifier, make_key, read_checkpoint};
use document::value::hex;

/// Entries that an export reads at a time.
const AT_A_TIME: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum LogCommand {
    /// Make a key to sign the heads of the log with, in a new file that only its owner may read
    MakeKey {
        /// The file
        file: PathBuf,
    },
    /// Check every entry against its hash, the tree against the entries, and the register against the log
    ///
    /// Names the entries that were altered, and the records, columns and fields that do not match the log. With a
    /// checkpoint stored elsewhere, it also detects a log that was rewritten from the start.
    Verify {
        /// File with an earlier /v1/log/head or its checkpoint, which the log must continue
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// File with the public key that the checkpoint must be signed with: PEM, or the `verifier_key` of /v1/log/key;
        /// by default, the public half of the signing key
        #[arg(long, value_name = "FILE", requires = "checkpoint")]
        public_key: Option<PathBuf>,
        #[command(flatten)]
        signing: Signing,
        #[command(flatten)]
        database: Database,
    },
    /// Print the head and all entries as the public sees them, one JSON object on each line
    Export {
        #[command(flatten)]
        signing: Signing,
        #[command(flatten)]
        database: Database,
    },
    /// Check that the log of a running service only grows, and cosign its heads
    ///
    /// For those who want to vouch that everybody is shown the same log, such as a union or a newspaper. Needs no database.
    /// Fetches the head every few minutes, checks that the log signed it and that it continues from the head that was
    /// cosigned before, and sends the cosignature to the service. If the log does not continue from there, the command
    /// prints both heads, ends with status 1, and signs nothing until you remove the state file.
    Witness(Box<WitnessOptions>),
    /// Print the verifier key of a witness, for the operator of the log to list with `--log-witness`
    WitnessKey(CosignerOptions),
    /// Confirm that the clock of this machine is right, and that later times in the log are wrong
    ///
    /// Check the clock first. Run this command if a clock that was ahead has given entries times in the future, or if
    /// the service rejects changes although the clock is right. It adds a log entry that names the entries with wrong
    /// times. Entries after it have the right time again.
    SettleClock {
        /// Reason for the log entry, such as what was wrong with the clock
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        database: Database,
    },
    /// Begin a new epoch of the log, after a restore with the tools of the database
    ///
    /// Run it after the restore and before you start the service. It adds a log entry, so that clients that follow the
    /// log know where to continue. `mutuals restore` does this itself.
    NewEpoch {
        /// Reason for the log entry, such as why the register was restored
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        clock: ClockOptions,
    },
}

#[derive(Debug, Args)]
pub(super) struct Signing {
    /// File with the key that signs the heads of the log: PEM (PKCS #8) or 32 bytes in hexadecimal
    #[arg(long, env = "MUTUALS_SIGNING_KEY_FILE", value_name = "FILE")]
    signing_key_file: Option<PathBuf>,
    /// The log's name in its checkpoints
    #[arg(long, env = "MUTUALS_LOG_ORIGIN", default_value = DEFAULT_ORIGIN, value_name = "NAME")]
    log_origin: String,
}

#[derive(Debug, Args)]
pub(super) struct Erase {
    /// The record: /v1/staff-ballots/ID, /v1/departments/DEPARTMENT/enablers/ID, /v1/keys/ID; or the pseudonym of the
    /// bearer of a token: token:…
    path: String,
    /// Reason for the log entry; do not put personal data in it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    clock: ClockOptions,
}

impl Signing {
    pub(super) fn signer(&self) -> Result<Option<LogSigner>, KeyError> {
        self.signing_key_file.as_deref().map(|file| LogSigner::open(file, &self.log_origin)).transpose()
    }
}

pub(super) fn perform(command: LogCommand) -> Result<(), Failure> {
    match command {
        LogCommand::MakeKey { file } => {
            make_key(&file)?;
            say(&format!("the key is in {}; the service shows its public half at /v1/log/key", file.display()));
            Ok(())
        }
        LogCommand::Verify { checkpoint, public_key, signing, database } => {
            let verifier = match public_key {
                Some(file) => Some(LogVerifier::open(&file, &signing.log_origin)?),
                None => signing.signer()?.map(|signer| signer.verifier()),
            };
            let kept = checkpoint.map(|file| Kept::read(&file, verifier.as_ref())).transpose()?;
            verify(&database, kept)
        }
        LogCommand::Export { signing, database } => {
            let signer = signing.signer()?;
            let store = outcome::open(&database.url()?)?;
            System::new().block_on(export(&store, signer.as_ref()))
        }
        LogCommand::Witness(options) => witness::perform(&options),
        LogCommand::WitnessKey(options) => outcome::print(&format!("{}\n", options.open()?.witness())),
        LogCommand::NewEpoch { reason, database, clock } => new_epoch(&database, clock, reason),
        LogCommand::SettleClock { reason, database } => settle_clock(&database, reason),
    }
}

fn new_epoch(database: &Database, clock: ClockOptions, reason: Option<String>) -> Result<(), Failure> {
    let reason = reason.as_deref().map(noted).transpose()?;
    let url = database.url()?;
    let register = Register { url: &url, making: Making::Never, clock_tolerance: Some(clock.tolerance) };
    let begun = outcome::on(register, (OPERATOR, "new-epoch"), async |store, stamp| {
        Ok(store.write::<_, store::Error, _>(stamp, move |tx| renewal::begin(tx, reason.as_deref())).await?)
    })?;
    say(&told_epoch(&begun));
    Ok(())
}

fn settle_clock(database: &Database, reason: Option<String>) -> Result<(), Failure> {
    let reason = reason.as_deref().map(noted).transpose()?;
    let url = database.url()?;
    let register = Register { url: &url, making: Making::Never, clock_tolerance: None };
    let (now, settled) = outcome::on(register, (OPERATOR, "settle-clock"), async |store, stamp| {
        let now = stamp.now;
        let settle = move |tx: &mut WriteTx<'_>| settlement::settle(tx, reason.as_deref());
        Ok((now, store.write::<_, store::Error, _>(stamp, settle).await?))
    })?;
    let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    say(&match settled.wrong {
        Some((first, last)) => format!("the time is {now}; later times in entries {first} to {last} are wrong"),
        None => format!("the time is {now}; no entry has a later time"),
    });
    Ok(())
}

/// Parses the reason for a log entry.
pub(super) fn noted(reason: &str) -> Result<String, Failure> {
    let note: domain::Note = reason.parse().map_err(|invalid: domain::Invalid| invalid.detail)?;
    Ok(note.as_str().to_owned())
}

pub(super) fn told_epoch(begun: &Renewal) -> String {
    let Renewal { epoch, previous, shared } = begun;
    format!(
        "the log is in epoch {epoch} from entry {} on; {shared} entries are of epoch {previous}",
        shared.saturating_add(1)
    )
}

/// A head of the log that the operator stored elsewhere.
struct Kept {
    size: i64,
    root: Hash,
    is_signature_checked: bool,
}

impl Kept {
    /// Reads a checkpoint, or a head with a checkpoint. If the log's key is known, the checkpoint must be signed with
    /// it.
    fn read(file: &Path, verifier: Option<&LogVerifier>) -> Result<Self, Failure> {
        let name = file.display();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let head = serde_json::from_str::<serde_json::Value>(&text).ok();
        let checkpoint = match &head {
            Some(head) => head.get("checkpoint").and_then(|checkpoint| checkpoint.as_str()),
            None => Some(text.as_str()),
        };
        let checkpoint =
            checkpoint.ok_or_else(|| format!("{name} is a head without a checkpoint: it was never signed"))?;
        let (size, root) = match verifier {
            Some(verifier) => {
                verifier.check(checkpoint).map_err(|error| format!("{name} is not a head of this log: {error}"))?
            }
            None => read_checkpoint(checkpoint).ok_or_else(|| format!("{name} is not a checkpoint"))?,
        };
        Ok(Self { size, root, is_signature_checked: verifier.is_some() })
    }
}

fn verify(database: &Database, kept: Option<Kept>) -> Result<(), Failure> {
    let store = outcome::open(&database.url()?)?;
    let size = kept.as_ref().map(|kept| kept.size);
    let (found, then) = System::new().block_on(async {
        let found = store.verify().await?;
        let then = match size {
            Some(size) if size <= found.entries => Some(store.read(move |tx| log_tree::root(tx, size)).await?),
            _ => None,
        };
        Ok::<_, store::Error>((found, then))
    })?;
    let mut wrong = Vec::new();
    if !found.faults.is_empty() {
        let said: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
        wrong.push(format!("the log has been altered: {}", said.join("; ")));
    }
    if !found.differences.is_empty() {
        let said: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
        wrong.push(format!("the register does not match its log: {}", said.join("; ")));
    }
    match (&kept, then) {
        (Some(Kept { size, .. }), None) => {
            wrong.push(format!("the log has {} entries, but had {size} at the checkpoint", found.entries));
        }
        (Some(Kept { size, root, .. }), Some(then)) if *root != then => {
            wrong.push(format!("the first {size} entries are not the same as at the checkpoint"));
        }
        _ => {}
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n").into());
    }
    say(&format!("{} entries are unchanged; root {}", found.entries, hex(&found.root)));
    say(&format!("{} records match the log", found.records));
    if kept.is_some_and(|kept| !kept.is_signature_checked) {
        say("the signature of the checkpoint was not checked: give the log's key with --public-key");
    }
    Ok(())
}

/// Whoever reads it may stop before its end.
async fn export(store: &Store, signer: Option<&LogSigner>) -> Result<(), Failure> {
    write_log(store, signer).await.or_else(|failure| match failure.downcast_ref::<io::Error>() {
        Some(error) if outcome::has_no_reader(error) => Ok(()),
        Some(error) => Err(outcome::cannot_write(error)),
        None => Err(failure),
    })
}

async fn write_log(store: &Store, signer: Option<&LogSigner>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let ((epoch, size), root) = store.read(log::head).await?;
    writeln!(out, "{}", serde_json::to_string(&LogHead::new((epoch, size), &root, signer))?)?;
    let mut after = 0;
    while after < size {
        let wanted =
            entry_log::Filter { after: LogPlace { after, epoch: Some(epoch) }, limit: AT_A_TIME, resource_type: None };
        let feed = store.read(move |tx| entry_log::list(tx, &wanted, DraftAccess::None)).await?;
        for logged in feed.entries.into_iter().take_while(|logged| logged.seq <= size) {
            let entry = Entry::of(logged).map_err(|problem| problem.to_string())?;
            writeln!(out, "{}", serde_json::to_string(&entry)?)?;
        }
        after = feed.next_after;
    }
    Ok(out.flush()?)
}

/// Longer than any read of the service or of `mutuals copy`.
const LONGEST_READ: Duration = Duration::from_secs(120);

pub(super) fn erase(erase: &Erase) -> Result<(), Failure> {
    let forget = erasure::of(&erase.path)?;
    let reason = noted(&erase.reason)?;
    let url = erase.database.url()?;
    let register = Register { url: &url, making: Making::Never, clock_tolerance: Some(erase.clock.tolerance) };
    let forgotten = outcome::on(register, (OPERATOR, "erase"), async |store, stamp| {
        store.bring_documents_up_to_date(&stamp).await?;
        Ok(store.write(stamp, move |tx| forget(tx, &reason)).await?)
    })?;
    say(&format!("erased {forgotten} values of {} from the log", erase.path));
    if !store::empty_write_ahead_log(&url, LONGEST_READ)? {
        let rest = "the database's -wal file may still contain them, because a long read is running: the file disappears when the service stops";
        return Err(rest.into());
    }
    Ok(())
}
