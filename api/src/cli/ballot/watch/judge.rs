//! What a watch knows of a ballot, and what it makes of what it sees. Knows no network, no clock and no file.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use document::register::VerificationBundle;
use domain::ballot_protocol::{Entry, WholeSecond, roll_root};
use serde::{Deserialize, Serialize};

use super::opening::{ReadManifest, SeenOpening, ShownExtension, ShownSignature};
use crate::cli::ballot::json::harmless;
use crate::cli::ballot::verify::{line, verdict};
use crate::cli::log_head::KeptLog;
use crate::cli::outcome::Failure;

/// By how much the clocks of both machines may differ.
const TOLERANCE: TimeDelta = TimeDelta::seconds(60);
/// The state of a ballot that was cancelled.
const CANCELLED: &str = "cancelled";
/// How long after the end of the ballot its bundle must be there.
const GRACE: TimeDelta = TimeDelta::minutes(15);

/// What the service responded with.
pub(super) enum Found {
    /// This.
    Body(Vec<u8>),
    /// That it has no such thing, or not yet, by this status.
    Absent(u16),
    /// Nothing, or that it cannot respond.
    Unreached(String),
}

/// What was seen of the log.
pub(super) enum LogSeen {
    /// A head that continues from the one before, or the first.
    Grown(KeptLog),
    /// A head that does not.
    Forked(String),
    /// A head that the log did not sign.
    Wrong(String),
    /// No head that could be checked.
    Unread(String),
}

/// What was seen of the proof that the entry of the opening is in the log.
pub(super) enum ProofSeen {
    None,
    Right,
    Wrong(String),
}

/// All that was seen at one look.
pub(super) struct Seen {
    pub at: DateTime<Utc>,
    pub opening: Found,
    pub state: Option<String>,
    pub roll: Found,
    pub log: LogSeen,
    pub proof: ProofSeen,
    pub bundle: Found,
}

/// What a watch knows. It is the content of the state file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Watched {
    url: String,
    ballot: String,
    /// The first opening that was seen, with what was rightly added since.
    opening: Option<KeptOpening>,
    log: Option<KeptLog>,
    /// What was told last of each subject.
    told: BTreeMap<String, String>,
    /// What was noticed that must not be.
    noticed: Vec<Noticed>,
    /// Whether there is nothing more to watch.
    finished: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptOpening {
    seen_at: String,
    /// The manifest as canonical JSON.
    manifest: String,
    signatures: Vec<ShownSignature>,
    opened_at: Option<String>,
    archived: Option<String>,
    extensions: Vec<ShownExtension>,
    entry: Option<LogEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LogEntry {
    seq: i64,
    leaf_hash: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Noticed {
    at: String,
    what: String,
}

/// What is to be told of a look.
#[derive(Default)]
struct Notes(Vec<Note>);

enum Note {
    /// How something stands, which is told when it changes.
    Stands(&'static str, String),
    /// What must not be.
    Wrong(String),
}

impl Notes {
    fn stands(&mut self, subject: &'static str, what: impl Into<String>) {
        self.0.push(Note::Stands(subject, what.into()));
    }

    fn wrong(&mut self, what: impl Into<String>) {
        self.0.push(Note::Wrong(what.into()));
    }

    fn wrongs(&self) -> usize {
        self.0.iter().filter(|note| matches!(note, Note::Wrong(_))).count()
    }
}

impl Seen {
    /// Why nothing can be said of the ballot, if the service could not be reached.
    pub(super) fn expect_reached(&self) -> Result<(), Failure> {
        match self.unreached() {
            Some(why) => Err(format!("the ballot could not be watched: {why}").into()),
            None => Ok(()),
        }
    }

    fn unreached(&self) -> Option<&str> {
        [&self.opening, &self.roll, &self.bundle].into_iter().find_map(|found| match found {
            Found::Unreached(why) => Some(why.as_str()),
            _ => None,
        })
    }
}

impl Watched {
    /// Nothing is known yet.
    pub(super) fn new(url: &str, ballot: &str) -> Self {
        Self {
            url: url.to_owned(),
            ballot: ballot.to_owned(),
            opening: None,
            log: None,
            told: BTreeMap::new(),
            noticed: Vec::new(),
            finished: false,
        }
    }

    pub(super) fn is_of(&self, url: &str, ballot: &str) -> bool {
        self.url == url && self.ballot == ballot
    }

    pub(super) const fn is_finished(&self) -> bool {
        self.finished
    }

    /// How many things were noticed that must not be.
    pub(super) const fn noticed(&self) -> usize {
        self.noticed.len()
    }

    pub(super) const fn log(&self) -> Option<&KeptLog> {
        self.log.as_ref()
    }

    /// Takes in what was seen. Gives a line for each thing that changed, or that must not be and was not noticed before.
    pub(super) fn judge(&mut self, seen: &Seen) -> Vec<String> {
        let mut notes = Notes::default();
        self.judge_reach(seen, &mut notes);
        self.judge_opening(seen, &mut notes);
        self.judge_roll(seen, &mut notes);
        self.judge_log(seen, &mut notes);
        self.judge_state(seen, &mut notes);
        self.judge_bundle(seen, &mut notes);
        notes.0.into_iter().filter_map(|note| self.tell(&note, seen.at)).collect()
    }

    fn tell(&mut self, note: &Note, at: DateTime<Utc>) -> Option<String> {
        /// Whoever runs the service could otherwise fill the disk of those who watch it.
        const MOST: usize = 1_000;
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match note {
            Note::Stands(subject, what) => {
                let what = on_one_line(what);
                let before = self.told.insert((*subject).to_owned(), what.clone());
                (before.as_ref() != Some(&what)).then(|| format!("{at} {what}"))
            }
            Note::Wrong(what) => {
                let what = on_one_line(what);
                if self.noticed.len() >= MOST || self.noticed.iter().any(|noticed| noticed.what == what) {
                    return None;
                }
                self.noticed.push(Noticed { at: at.clone(), what: what.clone() });
                Some(format!("{at} WRONG: {what}"))
            }
        }
    }

    fn judge_reach(&self, seen: &Seen, notes: &mut Notes) {
        match seen.unreached() {
            Some(why) => notes.stands("reach", format!("the service cannot be reached: {why}")),
            None if self.told.contains_key("reach") => notes.stands("reach", "the service can be reached again"),
            None => {}
        }
    }

    fn judge_opening(&mut self, seen: &Seen, notes: &mut Notes) {
        let body = match (&seen.opening, &self.opening) {
            (Found::Body(body), _) => body,
            (Found::Absent(status), Some(_)) => return notes.wrong(format!("the opening is gone: status {status}")),
            (Found::Absent(_), None) => return notes.stands("opening", "there is no opening yet"),
            (Found::Unreached(_), _) => return,
        };
        let read = SeenOpening::read(body).and_then(|opening| Ok((opening.manifest(&self.ballot)?, opening)));
        let (manifest, opening) = match read {
            Ok(read) => read,
            Err(why) => return notes.wrong(format!("the opening is not right: {why}")),
        };
        let kept = self.opening.get_or_insert_with(|| {
            notes.stands("opening", described(&manifest));
            KeptOpening::new(&manifest, seen.at)
        });
        kept.follow(&manifest, &opening, notes);
        if let Some(witnesses) = opening.log.as_ref().and_then(|log| log.witnesses) {
            notes.stands(
                "witnesses",
                format!("heads of the log that have the opening were signed by {witnesses} witnesses"),
            );
        }
    }

    fn judge_roll(&self, seen: &Seen, notes: &mut Notes) {
        #[derive(Deserialize)]
        struct Shown {
            entries: Vec<String>,
        }

        let Some(Ok(manifest)) = self.opening.as_ref().map(KeptOpening::manifest) else { return };
        let body = match &seen.roll {
            Found::Body(body) => body,
            Found::Absent(status) => return notes.wrong(format!("the roll is not shown: status {status}")),
            Found::Unreached(_) => return,
        };
        let entries = serde_json::from_slice::<Shown>(body).map_err(|error| error.to_string()).and_then(|shown| {
            let entries = shown.entries.iter().map(|entry| entry.parse::<Entry>());
            entries.collect::<Result<Vec<_>, _>>().map_err(|invalid| invalid.detail)
        });
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => return notes.wrong(format!("the roll cannot be read: {why}")),
        };
        let (root, signed) = (roll_root(&entries), manifest.content.roll_root);
        if i64::try_from(entries.len()) != Ok(manifest.content.roll_size) {
            let size = manifest.content.roll_size;
            notes.wrong(format!("the roll is another: it has {} entries, and the manifest says {size}", entries.len()));
        } else if root == signed {
            notes.stands(
                "roll",
                format!("the roll has {} entries, and the root that is in the manifest", entries.len()),
            );
        } else {
            notes.wrong(format!("the roll is another: its root is {root}, and that in the manifest {signed}"));
        }
    }

    fn judge_log(&mut self, seen: &Seen, notes: &mut Notes) {
        match &seen.log {
            LogSeen::Grown(head) => {
                if self.log.is_none() {
                    let key = &head.public_key;
                    let key = format!(
                        "the key of the log {} is {key}: compare it with what its operator publishes",
                        head.log
                    );
                    notes.stands("key", key);
                }
                let refused = self.log.as_ref().and_then(|log| log.refused.clone());
                self.log = Some(KeptLog { refused, ..head.clone() });
                notes.stands("log", "the log is signed, and has only grown since the first look");
            }
            LogSeen::Forked(head) => {
                // Both heads are evidence, so the first that does not continue is kept beside the last that did.
                if let Some(log) = self.log.as_mut().filter(|log| log.refused.is_none()) {
                    log.refused = Some(head.clone());
                }
                notes.wrong("the log does not continue from what it was: both heads are in the state file");
            }
            LogSeen::Wrong(why) => notes.wrong(format!("the head of the log is not right: {why}")),
            LogSeen::Unread(why) => notes.stands("log", format!("the log could not be checked: {why}")),
        }
        match &seen.proof {
            ProofSeen::Right => notes.stands("proof", "the entry of the opening is in the log"),
            ProofSeen::Wrong(why) => {
                notes.wrong(format!("the proof that the opening is in the log is not right: {why}"))
            }
            ProofSeen::None => {}
        }
    }

    /// The record of a ballot is not signed. So a ballot that is said to be cancelled after its opening is watched to its end.
    fn judge_state(&mut self, seen: &Seen, notes: &mut Notes) {
        let Some(state) = &seen.state else { return };
        let opened = self.opening.as_ref().is_some_and(|opening| opening.opened_at.is_some());
        let is_cancelled = state == CANCELLED;
        let look = if is_cancelled && opened { ": look into the log for the signature of issuer a" } else { "" };
        notes.stands("state", format!("the ballot is in the state {state}{look}"));
        self.finished |= is_cancelled && !opened;
    }

    fn judge_bundle(&mut self, seen: &Seen, notes: &mut Notes) {
        let Some(kept) = self.opening.as_ref() else { return };
        let Ok(manifest) = kept.manifest() else { return };
        let closes_at = kept.closes_at(&manifest);
        let end = manifest.content.paper_until.map_or(closes_at, |until| until.max(closes_at));
        match &seen.bundle {
            Found::Body(body) => {
                if seen.at + TOLERANCE < closes_at.instant() {
                    notes.wrong(format!("votes are published before casting ends at {closes_at}"));
                }
                kept.judge_bundle(body, &manifest, notes);
                self.finished = true;
            }
            Found::Absent(status) if kept.opened_at.is_some() && seen.at > end.instant() + GRACE => {
                if seen.state.as_deref() == Some(CANCELLED) {
                    self.finished = true;
                } else {
                    notes.wrong(format!("the ballot was to close at {end}, and there is no bundle: status {status}"));
                }
            }
            _ => {}
        }
    }
}

impl KeptOpening {
    fn new(manifest: &ReadManifest, at: DateTime<Utc>) -> Self {
        Self {
            seen_at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
            manifest: manifest.text.clone(),
            signatures: Vec::new(),
            opened_at: None,
            archived: None,
            extensions: Vec::new(),
            entry: None,
        }
    }

    fn manifest(&self) -> Result<ReadManifest, String> {
        ReadManifest::read(&self.manifest)
    }

    fn closes_at(&self, manifest: &ReadManifest) -> WholeSecond {
        let extended = self.extensions.last().and_then(|extension| extension.closes_at.parse().ok());
        extended.unwrap_or(manifest.content.closes_at)
    }

    /// Takes in what may be added to an opening, and notes every other change.
    fn follow(&mut self, manifest: &ReadManifest, now: &SeenOpening, notes: &mut Notes) {
        if manifest.text != self.manifest {
            let hash = manifest.opening.manifest;
            return notes.wrong(format!("the manifest is another than at first: its SHA-256 is now {hash}"));
        }
        self.follow_signatures(manifest, now, notes);
        self.follow_extensions(manifest, now, notes);
        if self.opened_at.is_none()
            && let Some(at) = &now.opened_at
        {
            let signed = |side: &str| self.signatures.iter().any(|signature| signature.side == side);
            for issuer in manifest.content.issuers.iter().filter(|issuer| !signed(issuer.side.as_str())) {
                notes.wrong(format!("the ballot opened without a valid signature of issuer {}", issuer.side));
            }
            notes.stands("opened", format!("the ballot opened at {at}"));
        }
        follow("opened_at", &mut self.opened_at, now.opened_at.clone(), notes);
        follow("archived", &mut self.archived, now.archived.clone(), notes);
        let entry = now.log.as_ref().map(|log| LogEntry { seq: log.entry_seq, leaf_hash: log.leaf_hash.clone() });
        follow("log entry", &mut self.entry, entry, notes);
    }

    fn follow_signatures(&mut self, manifest: &ReadManifest, now: &SeenOpening, notes: &mut Notes) {
        for kept in self.signatures.iter().filter(|kept| !now.signatures.contains(kept)) {
            notes.wrong(format!("the signature of issuer {} is another than before, or gone", kept.side));
        }
        for new in &now.signatures {
            if self.signatures.contains(new) {
                continue;
            }
            let side = &new.side;
            if !new.is_valid(manifest) {
                notes.wrong(format!("the signature of issuer {side} is not valid for the manifest"));
            } else if !self.signatures.iter().any(|kept| kept.side == *side) {
                let subject = if side == "a" { "signature of a" } else { "signature of b" };
                notes.stands(subject, format!("issuer {side} has signed the manifest"));
                self.signatures.push(new.clone());
            }
        }
    }

    fn follow_extensions(&mut self, manifest: &ReadManifest, now: &SeenOpening, notes: &mut Notes) {
        let same = self.extensions.iter().zip(&now.extensions).take_while(|(kept, shown)| kept == shown).count();
        if same < self.extensions.len() {
            return notes.wrong(format!("extension {same} is another than before, or gone"));
        }
        for (at, new) in now.extensions.iter().enumerate().skip(same) {
            if let Err(why) = new.check(manifest, self.closes_at(manifest)) {
                return notes.wrong(format!("extension {at} is not right: {why}"));
            }
            notes.stands("extension", format!("casting is extended to {}: {}", new.closes_at, new.reason));
            self.extensions.push(new.clone());
        }
    }

    fn judge_bundle(&self, body: &[u8], manifest: &ReadManifest, notes: &mut Notes) {
        let before = notes.wrongs();
        let ballot = match VerificationBundle::read(body) {
            Ok(ballot) => ballot,
            Err(error) => return notes.wrong(format!("the bundle is refused: {error}")),
        };
        ballot.check().iter().filter(|check| check.fault.is_some()).for_each(|check| notes.wrong(line(check)));
        if ballot.bundle.manifest != manifest.content {
            notes.wrong("the bundle has another manifest than the opening that was kept");
        }
        let published = ballot.bundle.extensions.iter();
        let published = published.map(|extension| (extension.closes_at.to_string(), extension.signature.to_string()));
        if !published.eq(self.extensions.iter().map(|kept| (kept.closes_at.clone(), kept.signature.clone()))) {
            notes.wrong("the bundle has other extensions than the opening had");
        }
        if notes.wrongs() == before {
            notes.stands("bundle", verdict(&ballot));
        }
    }
}

/// A field that may come, and then stays as it is.
fn follow<T: Clone + PartialEq>(name: &str, kept: &mut Option<T>, now: Option<T>, notes: &mut Notes) {
    match (&kept, now) {
        (None, now) => *kept = now,
        (Some(before), Some(now)) if *before == now => {}
        (Some(_), _) => notes.wrong(format!("{name} of the opening is another than before, or gone")),
    }
}

fn described(manifest: &ReadManifest) -> String {
    let content = &manifest.content;
    format!(
        "the opening is kept: manifest {}; «{}»; casting from {} to {}; {} people on the roll",
        manifest.opening.fingerprint(),
        content.question,
        content.opens_at,
        content.closes_at,
        content.roll_size
    )
}

/// What the service says may be long, or have line breaks.
fn on_one_line(text: &str) -> String {
    const MAX_CHARS: usize = 1_000;
    harmless(&text.chars().take(MAX_CHARS).collect::<String>())
}
