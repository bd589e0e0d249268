//! `mutuals ballot watch`: follows a hosted ballot from outside, and tells what changes and what must not be.
//!
//! The first opening that it sees is kept in the state file, and everything later is held against it. So an operator cannot show
//! another ballot after the letters have gone out, or another log than before, without the watch noticing.

mod judge;
mod opening;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::builder::TypedValueParser as _;
use clap::{Args, value_parser};
use document::register::VerificationBundle;
use domain::{StaffBallotId, WebUrl};
use serde_json::Value;

use super::verify;
use crate::app::Clock;
use crate::cli::client::{Answer, Client};
use crate::cli::log_head::{KeptLog, LogKey, NoHead, Signed, without_epoch};
use crate::cli::outcome::{Failure, WrongUsage, say};
use crate::cli::state_file::StateFile;
use judge::{Found, LogSeen, ProofSeen, Seen, Watched};
use opening::SeenOpening;

/// Longer than the service takes to respond.
const PATIENCE: Duration = Duration::from_secs(60);
/// No opening is longer, in bytes.
const LONGEST_OPENING: u64 = 1024 * 1024;
/// No roll is longer, in bytes: 100,000 entries.
const LONGEST_ROLL: u64 = 8 * 1024 * 1024;

#[derive(Debug, Args)]
pub(in crate::cli) struct WatchOptions {
    /// Address of the service (https://register.example.gov.uk)
    #[arg(long, value_name = "URL")]
    url: WebUrl,
    /// The ballot's id
    #[arg(long, value_name = "ID")]
    ballot: StaffBallotId,
    /// File with what the watch has seen: made if it is not there
    #[arg(long, value_name = "FILE")]
    state_file: PathBuf,
    /// Seconds between two looks
    #[arg(long, default_value = "300", value_name = "SECONDS", conflicts_with = "once")]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400).map(Duration::from_secs))]
    interval: Duration,
    /// Look once, then end
    #[arg(long)]
    once: bool,
}

pub(super) fn perform(options: &WatchOptions) -> Result<(), Failure> {
    let file = StateFile::open(options.state_file.clone(), "watch")?;
    let url = options.url.to_string().trim_end_matches('/').to_owned();
    let ballot = options.ballot.to_string();
    let mut watched = file.read()?.unwrap_or_else(|| Watched::new(&url, &ballot));
    if !watched.is_of(&url, &ballot) {
        let why = format!("the state file {} is of another ballot or service", file.path().display());
        return Err(Box::new(WrongUsage(why)));
    }
    let watch = Watch { client: Client::to(&options.url)?, ballot: options.ballot };
    while !watched.is_finished() {
        let seen = watch.look(&watched);
        let lines = watched.judge(&seen);
        // A line that is told twice is better than one that is lost.
        lines.iter().for_each(|line| say(line));
        file.write(&watched)?;
        if options.once {
            seen.expect_reached()?;
            break;
        }
        if !watched.is_finished() {
            thread::sleep(options.interval);
        }
    }
    match watched.noticed() {
        0 => Ok(()),
        number => {
            let file = file.path().display();
            Err(format!("{number} things were noticed that must not be: keep {file} as evidence").into())
        }
    }
}

/// Asks the service. What comes of it is judged elsewhere.
struct Watch {
    client: Client,
    ballot: StaffBallotId,
}

impl Watch {
    fn look(&self, watched: &Watched) -> Seen {
        let at = Clock::system().now();
        let opening = self.find("/opening", PATIENCE, LONGEST_OPENING);
        let proof = match &opening {
            Found::Body(body) => SeenOpening::read(body).ok().and_then(|opening| opening.log),
            _ => None,
        };
        let state = match self.find("", PATIENCE, LONGEST_OPENING) {
            Found::Body(body) => serde_json::from_slice::<Value>(&body).ok(),
            _ => None,
        };
        let state = state.and_then(|ballot| Some(ballot.get("state")?.as_str()?.to_owned()));
        let roll = self.find("/roll", PATIENCE, LONGEST_ROLL);
        let (log, proof) = self.look_at_log(watched.log(), proof.as_ref());
        let longest = VerificationBundle::MAX_BYTES.try_into().unwrap_or(u64::MAX);
        let bundle = self.find("/verification-bundle", verify::PATIENCE, longest);
        Seen { at, opening, state, roll, log, proof, bundle }
    }

    fn find(&self, what: &str, patience: Duration, longest: u64) -> Found {
        let path = format!("/v1/staff-ballots/{}{what}", self.ballot);
        match self.client.ask(&path, patience, longest) {
            Ok(Answer { status: 200, body }) => Found::Body(body),
            Ok(Answer { status: status @ (404 | 409), .. }) => Found::Absent(status),
            Ok(Answer { status, .. }) => Found::Unreached(format!("{path} responds with {status}")),
            Err(why) => Found::Unreached(why),
        }
    }

    /// The present head, held against the one before, and whether the opening's entry is in the same log.
    fn look_at_log(&self, kept: Option<&KeptLog>, proof: Option<&opening::LogProof>) -> (LogSeen, ProofSeen) {
        let key = match kept {
            Some(kept) => LogKey::kept(kept),
            None => LogKey::shown(&self.client),
        };
        let key = match key {
            Ok(key) => key,
            Err(why) => return (LogSeen::Unread(why), ProofSeen::None),
        };
        let head = match Signed::present(&self.client, &key) {
            Ok(head) => head,
            Err(NoHead::Unread(why)) => return (LogSeen::Unread(why), ProofSeen::None),
            Err(NoHead::NotTheLogs(why)) => return (LogSeen::Wrong(why), ProofSeen::None),
        };
        let seen = match kept.map(|kept| self.continues(&kept.checkpoint, &head)) {
            None | Some(Ok(true)) => LogSeen::Grown(KeptLog {
                log: without_epoch(&head.origin).to_owned(),
                public_key: key.to_base64(),
                checkpoint: head.checkpoint.clone(),
                refused: None,
            }),
            Some(Ok(false)) => LogSeen::Forked(head.checkpoint.clone()),
            Some(Err(why)) => LogSeen::Unread(why),
        };
        let proof = proof.map_or(ProofSeen::None, |proof| self.check_proof(proof, &key, &head));
        (seen, proof)
    }

    fn continues(&self, before: &str, head: &Signed) -> Result<bool, String> {
        head.continues(&Signed::kept(before)?, &self.client)
    }

    fn check_proof(&self, proof: &opening::LogProof, key: &LogKey, head: &Signed) -> ProofSeen {
        let proved = match proof.check(key) {
            Ok(proved) => proved,
            Err(why) => return ProofSeen::Wrong(why),
        };
        // The log may have grown between the two responses.
        let (earlier, later) = if proved.size <= head.size { (&proved, head) } else { (head, &proved) };
        match later.continues(earlier, &self.client) {
            Ok(true) => ProofSeen::Right,
            Ok(false) => ProofSeen::Wrong("it is of another log than the present head".to_owned()),
            Err(_) => ProofSeen::None,
        }
    }
}
