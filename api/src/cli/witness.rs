//! `mutuals log witness`: checks that a log only ever grows, and cosigns its heads. It needs no database.
//!
//! What the witness signed last is in a file, which is on disk before a cosignature is sent. A log that does not continue from there is
//! refused for good: the file says so until a person removes it.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::builder::TypedValueParser as _;
use clap::{Args, value_parser};
use document::value::hex;
use domain::WebUrl;
use domain::tree::{self, Hash};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::EpochId;

use super::client::Client;
use super::outcome::{Failure, say};
use crate::app::Clock;
use crate::history::signing::{KeyError, LogVerifier, from_hex, read_checkpoint};
use crate::history::witness::Cosigner;

/// Which log is witnessed by whom.
#[derive(Debug, Args)]
pub(super) struct WitnessOptions {
    /// Address of the service that has the log (https://register.example.gov.uk)
    #[arg(long, value_name = "URL")]
    url: WebUrl,
    #[command(flatten)]
    cosigner: CosignerOptions,
    /// File with what the witness signed last; by default, beside the key file, with `.state` after its name
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// The log's public key: the `verifier_key` of /v1/log/key, or a file with it or with the key in PEM; by default, the
    /// key that the log shows at the first run
    #[arg(long, value_name = "FILE|KEY")]
    log_key: Option<String>,
    /// Sign one head, then end
    #[arg(long)]
    once: bool,
    /// Seconds between two heads
    #[arg(long, default_value = "300", value_name = "SECONDS", conflicts_with = "once")]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400).map(Duration::from_secs))]
    every: Duration,
}

/// The name and the key of a witness.
#[derive(Debug, Args)]
pub(super) struct CosignerOptions {
    /// File with the key of the witness, as `mutuals log make-key` makes it
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// Name of the witness in its cosignatures (press.example.org/witness)
    #[arg(long, value_name = "NAME")]
    name: String,
}

impl CosignerOptions {
    pub(super) fn open(&self) -> Result<Cosigner, KeyError> {
        Cosigner::open(&self.key_file, &self.name)
    }
}

/// Cosigns heads until the log is refused, or with `--once` one head.
pub(super) fn perform(options: &WitnessOptions) -> Result<(), Failure> {
    let file = StateFile::open(options.state.clone().unwrap_or_else(|| beside(&options.cosigner.key_file, ".state")))?;
    let log_key = options.log_key.as_deref().map(LogKey::read).transpose()?;
    let witness = Run { client: Client::to(&options.url)?, cosigner: options.cosigner.open()?, log_key, file };
    loop {
        match witness.sign_head() {
            Ok(done) => say(&done),
            Err(Unsigned::Refused(why)) => return Err(why.into()),
            Err(Unsigned::ForNow(why)) if options.once => return Err(why.into()),
            Err(Unsigned::ForNow(why)) => log::warn!("cosigned nothing, trying again: {why}"),
        }
        if options.once {
            return Ok(());
        }
        thread::sleep(options.every);
    }
}

/// Why a head was not cosigned.
enum Unsigned {
    /// The next one may be.
    ForNow(String),
    /// None will be.
    Refused(String),
}

impl From<String> for Unsigned {
    fn from(why: String) -> Self {
        Self::ForNow(why)
    }
}

/// What the witness knows of the log's key before it asks.
struct LogKey {
    /// The log's name without its epoch; absent where the key came in PEM.
    log: Option<String>,
    key: VerifyingKey,
}

impl LogKey {
    /// A verifier key, or the file with a key.
    fn read(given: &str) -> Result<Self, Failure> {
        let text = match LogVerifier::read(given) {
            Some(_) => given.to_owned(),
            None => std::fs::read_to_string(given)
                .map_err(|error| format!("cannot read the log's public key in {given}: {error}"))?,
        };
        let no_key = || KeyError::NoPublicKey(given.to_owned());
        let (name, key) = LogVerifier::read(&text).ok_or_else(no_key)?;
        Ok(Self { log: name.map(|name| without_epoch(name).to_owned()), key })
    }
}

/// What the witness signed last, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The log's name without its epoch.
    log: String,
    /// The log's key, in base64.
    public_key: String,
    /// The newest head that was signed.
    checkpoint: String,
    /// The head that does not continue from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// The file that keeps it, for this process alone.
struct StateFile {
    path: PathBuf,
    /// Locked until the process ends.
    _lock: File,
}

impl StateFile {
    fn open(path: PathBuf) -> Result<Self, Failure> {
        let locked = beside(&path, ".lock");
        let failed = |error: std::io::Error| format!("cannot use the state file {}: {error}", path.display());
        let lock = File::options().create(true).append(true).open(locked).map_err(failed)?;
        let in_use = |_| format!("another witness uses the state file {}", path.display());
        lock.try_lock().map_err(in_use)?;
        Ok(Self { path, _lock: lock })
    }

    fn read(&self) -> Result<Option<State>, String> {
        let failed = |error: &dyn std::fmt::Display| {
            format!("cannot read the state file {}, so nothing is signed: {error}", self.path.display())
        };
        match std::fs::read_to_string(&self.path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| failed(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn write(&self, state: &State) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| {
            format!("cannot write the state file {}, so nothing is signed: {error}", self.path.display())
        };
        let text = serde_json::to_string_pretty(state).map_err(|error| failed(&error))?;
        store::replace_file(&self.path, format!("{text}\n").as_bytes()).map_err(|error| failed(&error))
    }
}

/// The responses of the service that a witness reads.
#[derive(Deserialize)]
struct Head {
    checkpoint: Option<String>,
}

#[derive(Deserialize)]
struct Key {
    verifier_key: String,
}

#[derive(Deserialize)]
struct Proof {
    hashes: Vec<String>,
}

/// A head that the log signed.
struct Signed {
    /// Its name, with its epoch.
    origin: String,
    size: i64,
    root: Hash,
    checkpoint: String,
}

impl Signed {
    /// A head that was checked before.
    fn kept(checkpoint: &str) -> Result<Self, String> {
        let (size, root) = read_checkpoint(checkpoint).ok_or("the state file has no checkpoint")?;
        let origin = checkpoint.lines().next().unwrap_or_default().to_owned();
        Ok(Self { origin, size, root, checkpoint: checkpoint.to_owned() })
    }

    /// What a cosignature covers.
    fn text(&self) -> &str {
        self.checkpoint.find("\n\n").and_then(|end| self.checkpoint.get(..=end)).unwrap_or_default()
    }
}

/// A witness at work.
struct Run {
    client: Client,
    cosigner: Cosigner,
    log_key: Option<LogKey>,
    file: StateFile,
}

impl Run {
    /// Cosigns the present head, if it continues the one that was signed last. Says what was done.
    fn sign_head(&self) -> Result<String, Unsigned> {
        let before = self.file.read()?;
        if let Some(State { refused: Some(refused), checkpoint, .. }) = &before {
            return Err(self.refusal(checkpoint, refused));
        }
        let key = self.key(before.as_ref())?;
        let head = self.head(&key)?;
        let log = without_epoch(&head.origin).to_owned();
        let public_key = BASE64_STANDARD.encode(key.key.as_bytes());
        match &before {
            Some(state) => self.check_growth(state, &head)?,
            None => say(&format!(
                "nothing was signed before: the witness begins with the {} entries that it sees now, root {}; its own \
                 verifier key is {}; the log's public key is {public_key}{}",
                head.size,
                hex(&head.root),
                self.cosigner.witness(),
                if self.log_key.is_some() {
                    ""
                } else {
                    ", which came from the log itself: compare it with what its operator publishes elsewhere"
                }
            )),
        }
        self.file.write(&State { log, public_key, checkpoint: head.checkpoint.clone(), refused: None })?;
        let line = self.cosigner.cosign(head.text(), Clock::system().now().timestamp());
        let cosigned = format!("{}{line}\n", with_line_end(&head.checkpoint));
        self.client.post("/v1/log/cosignatures", &json!({ "checkpoint": cosigned }))?;
        Ok(format!("cosigned the head of {} entries, root {}", head.size, hex(&head.root)))
    }

    /// The log's key and, where it is known, its name: those of the last time, those that were given, or what the log shows.
    fn key(&self, before: Option<&State>) -> Result<LogKey, Unsigned> {
        let given = self.log_key.as_ref();
        if let Some(state) = before {
            let kept =
                BASE64_STANDARD.decode(&state.public_key).ok().and_then(|key| VerifyingKey::try_from(&*key).ok());
            let kept = kept.ok_or_else(|| "the state file has no key of the log".to_owned())?;
            let is_another =
                |given: &LogKey| given.key != kept || given.log.as_ref().is_some_and(|log| *log != state.log);
            if given.is_some_and(is_another) {
                let why = format!(
                    "--log-key is another key or log than that of {}: if the log has a new key, remove the state file",
                    self.file.path.display()
                );
                return Err(Unsigned::Refused(why));
            }
            return Ok(LogKey { log: Some(state.log.clone()), key: kept });
        }
        if let Some(given) = given {
            return Ok(LogKey { log: given.log.clone(), key: given.key });
        }
        let shown: Key = self.client.get("/v1/log/key")?;
        let (name, key) = LogVerifier::read(&shown.verifier_key).ok_or_else(|| "the log shows no key".to_owned())?;
        Ok(LogKey { log: name.map(|name| without_epoch(name).to_owned()), key })
    }

    /// The present head, if the log signed it.
    fn head(&self, key: &LogKey) -> Result<Signed, String> {
        let head: Head = self.client.get("/v1/log/head")?;
        let checkpoint = head.checkpoint.ok_or("the log does not sign its heads: its operator must set up a key")?;
        let origin = checkpoint.lines().next().unwrap_or_default();
        if let Some(log) = key.log.as_ref().filter(|log| *log != without_epoch(origin)) {
            return Err(format!("the head belongs to the log «{origin}», not to «{log}»"));
        }
        let verifier = LogVerifier::new(origin, key.key).map_err(|error| error.to_string())?;
        let (size, root) =
            verifier.check(&checkpoint).map_err(|error| format!("the head is not the log's: {error}"))?;
        Ok(Signed { origin: origin.to_owned(), size, root, checkpoint })
    }

    /// Checks that a head continues from the one that was signed last.
    fn check_growth(&self, state: &State, head: &Signed) -> Result<(), Unsigned> {
        let before = Signed::kept(&state.checkpoint)?;
        let proof = if 0 < before.size && before.size < head.size {
            let epoch = epoch(&head.origin).map(|epoch| format!("&epoch={epoch}")).unwrap_or_default();
            let path = format!("/v1/log/proofs/consistency?from={}&to={}{epoch}", before.size, head.size);
            let Proof { hashes } = self.client.get(&path)?;
            hashes.iter().map(|hash| from_hex(hash)).collect::<Option<Vec<Hash>>>().unwrap_or_default()
        } else {
            Vec::new()
        };
        if tree::is_consistent(before.size, head.size, &before.root, &head.root, &proof) {
            return Ok(());
        }
        self.file.write(&State { refused: Some(head.checkpoint.clone()), ..state.clone() })?;
        Err(self.refusal(&before.checkpoint, &head.checkpoint))
    }

    /// Shows both heads, for people and as evidence.
    fn refusal(&self, signed: &str, refused: &str) -> Unsigned {
        let (own, new) = (Signed::kept(signed), Signed::kept(refused));
        let why = match (&own, &new) {
            (Ok(own), Ok(new)) if new.size < own.size => format!("it had {} entries and has {}", own.size, new.size),
            (Ok(own), Ok(new)) if new.size == own.size => format!("its {} entries are others", new.size),
            (Ok(own), _) => format!("nothing proves that its first {} entries are the same", own.size),
            _ => "the state file cannot be read".to_owned(),
        };
        let is_restored = matches!((&own, &new), (Ok(own), Ok(new)) if own.origin != new.origin);
        let restored = if is_restored { "; the log has a new epoch, so it was restored from a copy" } else { "" };
        let mut out = std::io::stderr().lock();
        drop(writeln!(out, "signed before:\n\n{signed}\nrefused:\n\n{refused}"));
        Unsigned::Refused(format!(
            "the log does not continue from what this witness signed: {why}{restored}. The witness signs nothing more. Keep \
             {} as evidence, and ask the operator of the log. To begin again from the present head, remove it",
            self.file.path.display()
        ))
    }
}

/// The epoch in the name of a log.
fn epoch(origin: &str) -> Option<EpochId> {
    origin.rsplit_once('/')?.1.parse().ok()
}

fn without_epoch(origin: &str) -> &str {
    match origin.rsplit_once('/') {
        Some((log, _)) if epoch(origin).is_some() => log,
        _ => origin,
    }
}

fn with_line_end(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
