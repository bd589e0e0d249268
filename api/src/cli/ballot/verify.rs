//! `mutuals ballot verify`: all checks of a closed ballot that anybody can make, as docs/verify-ballot.py makes them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use document::register::{BallotCheck, PublishedBallot, VerificationBundle};
use domain::WebUrl;
use domain::ballot_protocol::{Opening, Signature, Tracker};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{harmless, manifest_of};
use crate::cli::client::{Answer, Client, problem};
use crate::cli::outcome::{self, Failure};

/// Longer than a bundle takes over a slow line.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyOptions {
    /// File with the bundle, or the address of the ballot (https://register.example.gov.uk/v1/staff-ballots/ID)
    #[arg(value_name = "FILE|URL")]
    bundle: String,
    /// File with the opening that you saved before the vote: the bundle must have the same manifest
    #[arg(long, value_name = "FILE")]
    opening: Option<PathBuf>,
    /// Look for the vote with this tracker
    #[arg(long, value_name = "HEX")]
    tracker: Option<Tracker>,
    /// The vote with the tracker must have this choice
    #[arg(long, value_name = "CHOICE", requires = "tracker")]
    choice: Option<String>,
    /// Check this receipt of a vote: psm-ballot-v1:receipt:…
    #[arg(long, value_name = "MESSAGE", requires = "signature")]
    receipt: Option<String>,
    /// The signature of the receipt
    #[arg(long, value_name = "BASE64", requires = "receipt")]
    signature: Option<Signature>,
}

pub(super) fn perform(options: &VerifyOptions) -> Result<(), Failure> {
    let text = match options.bundle.parse::<WebUrl>() {
        Ok(url) if options.bundle.contains("://") => fetched(&url)?,
        _ => read_file(Path::new(&options.bundle), VerificationBundle::MAX_BYTES)?,
    };
    let name = &options.bundle;
    let ballot = VerificationBundle::read(&text)
        .map_err(|error| format!("the bundle in {name} is refused: {}", harmless(&error.to_string())))?;
    let form = "the bundle is canonical JSON, and has the fields of the protocol and no others";
    let mut checks = vec![BallotCheck::of(form, Ok(()))];
    checks.extend(ballot.check());
    checks.extend(options.further(&ballot)?);
    let lines: String = checks.iter().map(|check| format!("{}\n", line(check))).collect();
    outcome::print(&lines)?;
    let failed: Vec<&BallotCheck> = checks.iter().filter(|check| check.fault.is_some()).collect();
    if let Some(first) = failed.first() {
        return Err(
            format!("{} of {} checks failed, first this one: {}", failed.len(), checks.len(), line(first)).into()
        );
    }
    outcome::print(&format!("{}\n", verdict(&ballot)))
}

impl VerifyOptions {
    /// What the caller asks beyond the bundle.
    fn further(&self, ballot: &PublishedBallot) -> Result<Vec<BallotCheck>, Failure> {
        let mut checks = Vec::new();
        if let Some(file) = &self.opening {
            checks.push(BallotCheck::of("the opening has the same manifest", same_manifest(file, ballot)?));
        }
        if let Some(tracker) = &self.tracker {
            checks.push(on_board(ballot, tracker, self.choice.as_deref()));
        }
        if let (Some(receipt), Some(signature)) = (&self.receipt, &self.signature) {
            checks.extend(of_receipt(ballot, receipt, signature));
        }
        Ok(checks)
    }
}

/// A check, as a line.
pub(super) fn line(check: &BallotCheck) -> String {
    match &check.fault {
        None => format!("ok: {}", harmless(&check.what)),
        Some(fault) => format!("FAILED: {}: {}", harmless(&check.what), harmless(fault)),
    }
}

/// What the last line says of a ballot whose checks have all passed.
pub(super) fn verdict(ballot: &PublishedBallot) -> String {
    let opening = Opening { ballot: ballot.bundle.manifest.ballot, manifest: ballot.bundle.manifest_hash };
    format!("verified: {}; manifest {}", ballot.summary().unwrap_or_default(), opening.fingerprint())
}

fn fetched(url: &WebUrl) -> Result<Vec<u8>, Failure> {
    const PATH: &str = "/verification-bundle";
    let Answer { status, body } =
        Client::to(url)?.ask(PATH, PATIENCE, VerificationBundle::MAX_BYTES.try_into().unwrap_or(u64::MAX))?;
    if status == 200 {
        return Ok(body);
    }
    let details = problem(&body);
    Err(format!("{url}{PATH} responds with {status}, and not with a bundle: {details}").into())
}

fn read_file(path: &Path, longest: usize) -> Result<Vec<u8>, Failure> {
    let name = path.display();
    let longest = longest.try_into().unwrap_or(u64::MAX);
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(longest.saturating_add(1)).read_to_end(&mut text));
    let length = read.map_err(|error| format!("cannot read {name}: {error}"))?;
    if u64::try_from(length).is_ok_and(|length| length > longest) {
        return Err(format!("{name} has more than {longest} bytes").into());
    }
    Ok(text)
}

fn same_manifest(file: &Path, ballot: &PublishedBallot) -> Result<Result<(), String>, Failure> {
    /// The opening has further fields, which may have changed since.
    #[derive(Deserialize)]
    struct Saved {
        manifest: Box<RawValue>,
    }

    const LONGEST: usize = 1024 * 1024;
    let name = file.display();
    let text = read_file(file, LONGEST)?;
    let saved: Saved =
        serde_json::from_slice(&text).map_err(|error| format!("{name} is not an opening of a ballot: {error}"))?;
    let manifest = manifest_of(saved.manifest.get()).map_err(|why| format!("the manifest in {name} {why}"))?;
    let is_same = manifest == ballot.bundle.manifest;
    Ok(if is_same { Ok(()) } else { Err(format!("the bundle's manifest is another than that in {name}")) })
}

fn on_board(ballot: &PublishedBallot, tracker: &Tracker, expected: Option<&str>) -> BallotCheck {
    match ballot.choice_of(tracker) {
        None => BallotCheck::of("your tracker is on the board", Err(format!("there is no {tracker}"))),
        Some(choice) => {
            let is_expected = expected.is_none_or(|expected| expected == choice);
            let other = || format!("you expected {}", expected.unwrap_or_default());
            let what = format!("your tracker is on the board with the choice {choice}");
            BallotCheck::of(what, if is_expected { Ok(()) } else { Err(other()) })
        }
    }
}

fn of_receipt(ballot: &PublishedBallot, receipt: &str, signature: &Signature) -> Vec<BallotCheck> {
    let manifest = &ballot.bundle.manifest;
    let opening = Opening { ballot: manifest.ballot, manifest: ballot.bundle.manifest_hash };
    let Some(vote) = opening.read_receipt(receipt) else {
        let expected = format!("expected psm-ballot-v1:receipt:{}:{}:…", opening.ballot, opening.manifest);
        return vec![BallotCheck::of("the receipt is of this ballot", Err(expected))];
    };
    let signed = if manifest.receipt_key.verifies(receipt, signature) {
        Ok(())
    } else {
        Err("the signature is not valid for the receipt".to_owned())
    };
    let on_board = if ballot.choice_of(&vote.tracker) == Some(vote.choice.as_str()) {
        Ok(())
    } else if signed.is_ok() {
        Err("it is not, and the receipt proves that it was cast".to_owned())
    } else {
        Err("it is not".to_owned())
    };
    vec![
        BallotCheck::of("the receipt is of this ballot", Ok(())),
        BallotCheck::of("the service signed the receipt", signed),
        BallotCheck::of("the receipt's vote is on the board", on_board),
    ]
}
