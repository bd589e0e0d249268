//! `mutuals log witness`: checks that a log only ever grows, and cosigns its heads. It needs no database.
//!
//! What the witness signed last is in a file, which is on disk before a cosignature is sent. A log that does not continue from there is
//! refused for good: the file says so until a person removes it.

use std::io::Write as _;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::builder::TypedValueParser as _;
use clap::{Args, value_parser};
use document::value::hex;
use domain::WebUrl;
use serde_json::json;

use super::client::Client;
use super::log_head::{KeptLog, LogKey, Signed, without_epoch};
use super::outcome::{Failure, say};
use super::state_file::{StateFile, beside};
use crate::app::Clock;
use crate::history::signing::KeyError;
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
    let file = StateFile::open(
        options.state.clone().unwrap_or_else(|| beside(&options.cosigner.key_file, ".state")),
        "witness",
    )?;
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
        let before = self.kept()?;
        if let Some(KeptLog { refused: Some(refused), checkpoint, .. }) = &before {
            return Err(self.refusal(checkpoint, refused));
        }
        let key = self.key(before.as_ref())?;
        let head = Signed::present(&self.client, &key).map_err(String::from)?;
        let log = without_epoch(&head.origin).to_owned();
        let public_key = key.to_base64();
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
        self.keep(&KeptLog { log, public_key, checkpoint: head.checkpoint.clone(), refused: None })?;
        let line = self.cosigner.cosign(head.text(), Clock::system().now().timestamp());
        let cosigned = format!("{}{line}\n", with_line_end(&head.checkpoint));
        self.client.post("/v1/log/cosignatures", &json!({ "checkpoint": cosigned }))?;
        Ok(format!("cosigned the head of {} entries, root {}", head.size, hex(&head.root)))
    }

    fn kept(&self) -> Result<Option<KeptLog>, String> {
        self.file.read().map_err(unsigned)
    }

    fn keep(&self, state: &KeptLog) -> Result<(), String> {
        self.file.write(state).map_err(unsigned)
    }

    /// The log's key and, where it is known, its name: those of the last time, those that were given, or what the log shows.
    fn key(&self, before: Option<&KeptLog>) -> Result<LogKey, Unsigned> {
        let given = self.log_key.as_ref();
        if let Some(state) = before {
            let kept = LogKey::kept(state)?;
            let is_another =
                |given: &LogKey| given.key != kept.key || given.log.as_ref().is_some_and(|log| *log != state.log);
            if given.is_some_and(is_another) {
                let why = format!(
                    "--log-key is another key or log than that of {}: if the log has a new key, remove the state file",
                    self.file.path().display()
                );
                return Err(Unsigned::Refused(why));
            }
            return Ok(kept);
        }
        if let Some(given) = given {
            return Ok(LogKey { log: given.log.clone(), key: given.key });
        }
        Ok(LogKey::shown(&self.client)?)
    }

    /// Checks that a head continues from the one that was signed last.
    fn check_growth(&self, state: &KeptLog, head: &Signed) -> Result<(), Unsigned> {
        let before = Signed::kept(&state.checkpoint)?;
        if head.continues(&before, &self.client)? {
            return Ok(());
        }
        self.keep(&KeptLog { refused: Some(head.checkpoint.clone()), ..state.clone() })?;
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
            self.file.path().display()
        ))
    }
}

fn unsigned(why: String) -> String {
    format!("{why}, so nothing is signed")
}

fn with_line_end(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}
