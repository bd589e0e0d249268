//! What people do for a hosted ballot on a machine of their own. Its issuers make their key and codes, and sign: none of this needs a
//! server. Everybody can check a closed ballot, and watch one that is not. None of it needs a database.

mod json;
mod verify;
mod watch;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::{ArgGroup, Args, Subcommand};
use document::register as wire;
use domain::Note;
use domain::ballot_protocol::{
    BallotId, BallotManifest, Code, Entry, Half, Opening, PaperBatch, PaperVotes, PublicKey, Seed, Sha256Hex, Side,
    Spend, Standing, WholeSecond, roll_root as roll_root_of,
};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use json::{harmless, manifest_of, read, told};
use verify::VerifyOptions;
use watch::WatchOptions;

use super::outcome::{self, Failure, WrongUsage};
use crate::history::signing::{make_key, make_seed, read_key};

#[derive(Debug, Subcommand)]
pub(super) enum BallotCommand {
    /// Make the key with which an issuer signs, in a new file that only its owner may read
    ///
    /// Prints the public key, which the administrator enters with the appointment. The file never leaves the issuer.
    Key {
        /// The file
        file: PathBuf,
    },
    /// Make the codes of a ballot from a secret seed
    ///
    /// Without a manifest: prints what the issuer uploads as the roll (JSON). With the manifest: checks that it is of this ballot and
    /// roll, and prints a table for a mail merge (CSV): number, code, fingerprint of the manifest, and the lines to cast and to check. The
    /// same seed always gives the same codes, so that a lost letter can be printed again.
    Codes(CodesOptions),
    /// Sign for a ballot, offline
    ///
    /// Signs the manifest, or with a further option an extension, a cancellation or a batch of papers. Prints the signature in base64,
    /// and on standard error what was signed: read it.
    Sign(SignOptions),
    /// Check all of a closed ballot, and count it again
    ///
    /// Prints a line for each check, and ends with another status than 0 if one fails. Compare the 16 digits in the last line with those
    /// on the letters: with keys of their own, anybody can sign another ballot.
    Verify(VerifyOptions),
    /// Watch a ballot from outside, until it has closed and is verified
    ///
    /// Keeps the first opening that it sees, and holds everything later against it: the opening, the roll, the log and, after the close,
    /// the bundle. Prints a line when something changes. A line with WRONG says what must not be. Ends with another status than 0 if there
    /// was one.
    Watch(WatchOptions),
}

#[derive(Debug, Args)]
pub(super) struct CodesOptions {
    /// The ballot's id
    #[arg(long, value_name = "ID")]
    ballot: BallotId,
    /// How many people are entitled to vote. They have the numbers from 1 on: deal them at random
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(5..=100_000))]
    count: u32,
    /// Which of two issuers you are
    #[arg(long, value_name = "a|b")]
    side: Option<Side>,
    /// Only the code with this number, to print a letter again
    #[arg(long, value_name = "NUMBER", requires = "manifest")]
    only: Option<u32>,
    /// File with the seed: 32 bytes in hexadecimal. Made if it is not there and no manifest is given
    #[arg(long, value_name = "FILE")]
    seed_file: PathBuf,
    /// File with the manifest, as the service shows it
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// Address of the service, for the lines on the letters
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what"))]
pub(super) struct SignOptions {
    /// File with the issuer's key
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// File with the manifest, as the service shows it
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// Sign that casting ends at this later time, such as 2026-06-09T17:00:00Z
    #[arg(long, value_name = "TIME", group = "what")]
    closes_at: Option<WholeSecond>,
    /// Sign that the ballot is cancelled for this reason
    #[arg(long, value_name = "REASON", group = "what")]
    cancel: Option<Note>,
    /// Sign this batch of papers: a file with the JSON that is sent
    #[arg(long, value_name = "FILE", group = "what")]
    paper: Option<PathBuf>,
}

pub(super) fn perform(command: BallotCommand) -> Result<(), Failure> {
    match command {
        BallotCommand::Key { file } => {
            let public_key = make_key(&file)?;
            note(&format!("the key is in {}: keep it, and never send it", file.display()));
            outcome::print(&format!("{public_key}\n"))
        }
        BallotCommand::Codes(options) => codes(&options),
        BallotCommand::Sign(options) => sign(&options),
        BallotCommand::Verify(options) => verify::perform(&options),
        BallotCommand::Watch(options) => watch::perform(&options),
    }
}

/// Tells what happened on standard error: the output is for other programs.
fn note(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

fn codes(options: &CodesOptions) -> Result<(), Failure> {
    let file = &options.seed_file;
    if options.manifest.is_none() && !file.exists() {
        make_seed(file)?;
        note(&format!("made a new seed in {}: keep it until the ballot is over, and never send it", file.display()));
    }
    let seed = Seed::from_bytes(read_key(file)?);
    let codes = |number| seed.code(options.ballot, options.side.unwrap_or(Side::A), number);
    match &options.manifest {
        None => outcome::print(&format!("{}\n", roll_of(options, codes))),
        Some(manifest) => {
            let manifest = Manifest::read(manifest)?;
            manifest.check(options, codes)?;
            outcome::print(&letters(options, &manifest, codes)?)
        }
    }
}

/// What is uploaded: entries without numbers where there is one issuer, halves with numbers where there are two.
fn roll_of(options: &CodesOptions, codes: impl Fn(u32) -> Code) -> Value {
    let spends = (1..=options.count).map(|number| (number, Spend::of(options.ballot, &codes(number))));
    match options.side {
        None => json!({"entries": sorted_entries(options, codes).iter().map(Entry::to_string).collect::<Vec<_>>()}),
        Some(side) => {
            let half =
                |(number, spend): (u32, Spend)| json!({"number": number, "half": Half::of(side, &spend).to_string()});
            json!({"halves": spends.map(half).collect::<Vec<_>>()})
        }
    }
}

fn sorted_entries(options: &CodesOptions, codes: impl Fn(u32) -> Code) -> Vec<Entry> {
    let spends = (1..=options.count).map(|number| Spend::of(options.ballot, &codes(number)));
    let mut entries: Vec<Entry> = spends.map(|spend| Entry::of_spend(&spend)).collect();
    entries.sort_unstable();
    entries
}

/// A row for each letter.
fn letters(options: &CodesOptions, manifest: &Manifest, codes: impl Fn(u32) -> Code) -> Result<String, Failure> {
    let numbers = match options.only {
        Some(number) if (1..=options.count).contains(&number) => number..=number,
        Some(number) => {
            return Err(Box::new(WrongUsage(format!(
                "--only {number}: expected a number from 1 to {}",
                options.count
            ))));
        }
        None => 1..=options.count,
    };
    let votes = format!("{}/v1/staff-ballots/{}/votes", options.url.trim_end_matches('/'), options.ballot);
    let check = format!("curl -s {votes} | grep -o '\"YOUR-TRACKER\",\"[^\"]*\"'");
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["number", "code", "fingerprint", "cast", "check"])?;
    for number in numbers {
        let code = codes(number).to_string();
        let cast = cast_by_shell(options, &code.replace(' ', ""), &votes);
        let row = [&number.to_string(), &code, &manifest.opening.fingerprint(), &cast, &check];
        table.write_record(row)?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}

/// A line for a shell that casts with this code. The code and the nonce stay on the voter's machine; it shows the tracker and the
/// receipt.
fn cast_by_shell(options: &CodesOptions, code: &str, votes: &str) -> String {
    let (codes, spends, tracker) = match options.side {
        None => (format!("A={code}"), r#"\"spend\":\"$(h spend:$B:$A)\""#, "tracker:$B:$A:$N"),
        Some(side) => {
            let codes = match side {
                Side::A => format!("A={code} Z=CODE-OF-THE-OTHER-LETTER"),
                Side::B => format!("A=CODE-OF-THE-OTHER-LETTER Z={code}"),
            };
            let spends = r#"\"spend_a\":\"$(h spend:$B:$A)\",\"spend_b\":\"$(h spend:$B:$Z)\""#;
            (codes, spends, "tracker2:$B:$A:$Z:$N")
        }
    };
    format!(
        "B={} {codes} V=YOUR-CHOICE; N=$(openssl rand -hex 16); h(){{ printf %s \"psm-ballot-v1:$1\" | sha256sum | cut -c1-64; }}; \
         T=$(h {tracker}); echo \"nonce $N tracker $T\"; curl -s {votes} -H 'Content-Type: application/json' \
         -d \"{{{spends},\\\"tracker\\\":\\\"$T\\\",\\\"choice\\\":\\\"$V\\\"}}\"",
        options.ballot
    )
}

fn sign(options: &SignOptions) -> Result<(), Failure> {
    let manifest = Manifest::read(&options.manifest)?;
    let key = SigningKey::from_bytes(&read_key(&options.key_file)?);
    let side = manifest.side_of(&PublicKey::of_seed(&key.to_bytes()))?;
    let opening = &manifest.opening;
    let (message, what) = if let Some(closes_at) = options.closes_at {
        expect_a(side, "an extension")?;
        manifest.expect_later(closes_at)?;
        (opening.extension_message(closes_at), format!("that casting ends at {closes_at}"))
    } else if let Some(reason) = &options.cancel {
        expect_a(side, "a cancellation")?;
        (opening.cancellation_message(reason.as_str()), format!("that the ballot is cancelled: {reason}"))
    } else if let Some(file) = &options.paper {
        let batch = manifest.read_batch(file)?;
        (opening.paper_message(&Sha256Hex::of(&wire::PaperBatch::canonical(&batch)?)), papers(&batch))
    } else {
        (opening.manifest_message(), manifest.summary())
    };
    let ballot = opening.ballot;
    note(&harmless(&format!("signed for ballot {ballot}, manifest {}: {what}", opening.fingerprint())));
    outcome::print(&format!("{}\n", BASE64_STANDARD.encode(key.sign(message.as_bytes()).to_bytes())))
}

/// Nobody accepts the signature of the other issuer.
fn expect_a(side: Side, what: &str) -> Result<(), Failure> {
    match side {
        Side::A => Ok(()),
        Side::B => Err(format!("this is the key of issuer b, and only issuer a signs {what}").into()),
    }
}

/// What whoever signs a batch of papers must have read.
fn papers(batch: &PaperBatch) -> String {
    let votes = match &batch.votes {
        PaperVotes::Counts(counts) => {
            counts.iter().map(|count| format!("{} {}", count.option, count.votes)).collect::<Vec<_>>().join(", ")
        }
        PaperVotes::Rankings(rankings) => format!("{} ranked", rankings.len()),
    };
    format!("a batch of {} papers: {votes}, spoiled {}", batch.spends.len(), batch.spoiled)
}

/// A manifest as the service shows it: canonical JSON, whose bytes are what is hashed.
struct Manifest {
    content: BallotManifest,
    opening: Opening,
}

impl Manifest {
    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let text = text.trim_end_matches('\n');
        let content = manifest_of(text).map_err(|why| format!("{name} {why}"))?;
        if wire::BallotManifest::canonical(&content)? != text {
            return Err(format!("{name} is not as the service shows it: fetch it again and leave it unchanged").into());
        }
        Ok(Self { opening: Opening { ballot: content.ballot, manifest: Sha256Hex::of(text) }, content })
    }

    /// Refuses a manifest that is not of this ballot, or whose roll is not this one.
    fn check(&self, options: &CodesOptions, codes: impl Fn(u32) -> Code) -> Result<(), Failure> {
        let BallotManifest { ballot, roll_size, roll_root, ref issuers, .. } = self.content;
        if options.ballot != ballot {
            return Err(format!("the manifest is of the ballot {ballot}, not of {}", options.ballot).into());
        }
        if roll_size != i64::from(options.count) {
            let count = options.count;
            return Err(format!("the manifest has {roll_size} people on the roll, and --count says {count}").into());
        }
        let issuers = issuers.len();
        if options.side.is_some() != (issuers == 2) {
            return Err(
                format!("the manifest has {issuers} issuer(s): give --side if there are two, and only then").into()
            );
        }
        // With one issuer, the codes tell the whole roll: one that somebody changed is found before a letter goes out.
        let own = (issuers == 1).then(|| roll_root_of(&sorted_entries(options, codes)));
        match own.filter(|own| *own != roll_root) {
            None => Ok(()),
            Some(own) => Err(format!(
                "the roll of the manifest is not that of these codes: its root is {roll_root}, theirs {own}"
            )
            .into()),
        }
    }

    fn side_of(&self, key: &PublicKey) -> Result<Side, Failure> {
        let own = self.content.issuers.iter().find(|issuer| issuer.public_key == *key);
        Ok(own
            .map(|issuer| issuer.side)
            .ok_or_else(|| format!("the manifest has no issuer with the public key {key}"))?)
    }

    fn expect_later(&self, closes_at: WholeSecond) -> Result<(), Failure> {
        let end = self.content.closes_at;
        if closes_at > end {
            return Ok(());
        }
        Err(format!("--closes-at {closes_at}: casting ends at {end}, and can only be extended to a later time").into())
    }

    /// The papers that are to be handed in. Whether their spends are on the roll and unspent, only the service knows.
    fn read_batch(&self, path: &Path) -> Result<PaperBatch, Failure> {
        let name = path.display();
        if self.content.paper_until.is_none() {
            return Err("the manifest says that there is no paper: it has no paper_until".into());
        }
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let sent = read::<wire::PaperBatch>(&text).map_err(|why| format!("{name} {why}"))?;
        let paper = self.content.paper();
        let batch = sent.read(&paper).map_err(|faults| format!("{name} is refused: {}", told(&faults)))?;
        let faults = batch.faults(&paper, |_| Standing::Unspent);
        if faults.is_empty() { Ok(batch) } else { Err(format!("{name} is refused: {}", told(&faults)).into()) }
    }

    /// What whoever signs must have read.
    fn summary(&self) -> String {
        let BallotManifest { question, options, opens_at, closes_at, roll_size, .. } = &self.content;
        let options: Vec<&str> = options.iter().map(|option| option.label.as_str()).collect();
        format!(
            "«{question}»: {}; open from {opens_at} to {closes_at}; {roll_size} people on the roll",
            options.join(" / ")
        )
    }
}
