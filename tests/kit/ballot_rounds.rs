//! Voters who race with the end of casting and with `kill -9`: what was acknowledged is on the board, and nothing else is.
//!
//! The program runs in a process of its own and by the machine's clock, so that a round takes seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::ballot::{Ballot, HostedBallot, signing_key_file};
use crate::{ChildResource, Client, Database, Engine, Program, TestApp};

/// When the program is killed in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// Not at all.
    None,
    /// While votes are cast.
    WhileCasting,
    /// Around the moment when the clock closes the ballots.
    AroundTheClose,
    /// Both, and once more while the program starts again.
    Thrice,
}

impl Blow {
    /// That of a round, by its number.
    pub fn of(round: usize) -> Self {
        [Self::AroundTheClose, Self::WhileCasting, Self::None, Self::Thrice][round % 4]
    }
}

/// A register on which ballots are held, round after round.
pub struct Rounds {
    served: Option<ChildResource>,
    app: TestApp,
    keys: TempDir,
    address: Arc<Mutex<SocketAddr>>,
    /// What came of it so far.
    pub tally: Tally,
}

/// What came of rounds.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Ballots that were closed.
    pub ballots: usize,
    /// Votes that were acknowledged.
    pub acknowledged: usize,
    /// Votes that were refused each time that they were sent.
    pub refused: usize,
    /// Votes whose voters never got to know.
    pub unknown: usize,
    /// How often the program was killed.
    pub kills: usize,
    /// What should not have been so.
    pub faults: Vec<String>,
}

/// A vote, and what its voter was told of it.
struct Sent {
    voter: usize,
    tracker: String,
    choice: String,
    told: Told,
}

impl Sent {
    fn of(voter: usize, ballot: &Ballot, told: Told) -> Self {
        let text = |member: &str| ballot.body[member].as_str().unwrap().to_owned();
        Self { voter, tracker: text("tracker"), choice: text("choice"), told }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Acknowledged,
    Refused,
    Unknown,
}

/// From the preparations to the end of casting.
const CASTING: TimeDelta = TimeDelta::seconds(5);
/// Votes are sent for so long after the end of casting.
const LATE: Duration = Duration::from_millis(700);
/// A ballot is closed, and its box gone, within this time after the end of casting.
const PATIENCE: Duration = Duration::from_secs(20);

impl Rounds {
    /// Begins on an empty register.
    pub fn start(engine: Engine) -> Self {
        let (database, keys) = (Database::fresh(engine), tempfile::tempdir().unwrap());
        signing_key_file(keys.path());
        let served = serve(&database, &keys);
        let address = Arc::new(Mutex::new(served.address()));
        let app = TestApp::of_program(database, served.address());
        Self { served: Some(served), app, keys, address, tally: Tally::default() }
    }

    /// Holds so many ballots of so many voters at once. The runtime must have threads beside this one, which waits for programs.
    pub async fn play(&mut self, blow: Blow, ballots: usize, voters: usize) {
        let mut held = Vec::new();
        for _ in 0..ballots {
            held.push(HostedBallot::prepared(&self.app, voters).await);
        }
        // Issuers sign with a program of their own.
        let signing = TimeDelta::milliseconds(600) * i32::try_from(ballots).unwrap();
        let until = whole_second(self.app.now() + CASTING + signing);
        for ballot in &mut held {
            ballot.hold(&self.app, until).await;
        }
        let casting = (until - self.app.now()).to_std().unwrap_or_default();
        let sending: Vec<_> = held.iter().map(|held| self.send_all(held, casting + LATE)).collect();
        self.strike(blow, until).await;
        for (held, sending) in held.iter().zip(sending) {
            let mut sent = Vec::new();
            for vote in sending {
                sent.push(vote.await.unwrap());
            }
            self.judge(held, &sent).await;
        }
        self.expect_no_box().await;
    }

    /// Holds a ballot in which each voter sends so many votes at once, with different choices: one of them counts.
    pub async fn race(&mut self, voters: usize, racing: usize, casting: TimeDelta) {
        const VOTERS_AT_ONCE: usize = 8;
        let mut held = HostedBallot::prepared(&self.app, voters).await;
        held.hold(&self.app, whole_second(self.app.now() + casting)).await;
        let client = Client::to(self.app.address());
        let (mut sent, all) = (Vec::new(), (0..voters).collect::<Vec<_>>());
        for some in all.chunks(VOTERS_AT_ONCE) {
            let votes =
                some.iter().flat_map(|voter| (0..racing).map(|number| (*voter, ["yes", "no", "none"][number % 3])));
            let sending: Vec<_> = votes
                .map(|(voter, choice)| {
                    let (client, path, ballot) = (client.clone(), held.below("votes"), held.vote(voter, choice));
                    tokio::spawn(async move {
                        let request = client.request("POST".parse().unwrap(), path).json(&ballot.body);
                        let status = client.try_send(&request).await.map(|answer| answer.status());
                        let told = match status {
                            Ok(201) => Told::Acknowledged,
                            Ok(409) => Told::Refused,
                            _ => Told::Unknown,
                        };
                        Sent::of(voter, &ballot, told)
                    })
                })
                .collect();
            for vote in sending {
                sent.push(vote.await.unwrap());
            }
        }
        let counted: BTreeSet<usize> =
            sent.iter().filter(|vote| vote.told == Told::Acknowledged).map(|vote| vote.voter).collect();
        if counted.len() != voters {
            self.tally.faults.push(format!("{} of {voters} voters were told that their vote counts", counted.len()));
        }
        self.judge(&held, &sent).await;
        if self.tally.acknowledged != voters || self.tally.unknown > 0 {
            self.tally.faults.push(format!("not one vote of each counts, with all others refused: {:?}", self.tally));
        }
        self.expect_no_box().await;
    }

    fn send_all(&self, held: &HostedBallot, within: Duration) -> Vec<tokio::task::JoinHandle<Sent>> {
        let voters = u32::try_from(held.voters).unwrap();
        let send = |voter: u32| {
            let number = usize::try_from(voter).unwrap();
            let ballot = held.vote(number, ["yes", "no", "none"][number % 3]);
            let (path, address) = (held.below("votes"), Arc::clone(&self.address));
            let wait = within * voter / voters + Duration::from_millis(chance() % 50);
            tokio::spawn(async move {
                sleep(wait).await;
                let told = send(&address, &path, &ballot, number % 2 == 0).await;
                Sent::of(number, &ballot, told)
            })
        };
        (0..voters).map(send).collect()
    }

    /// Kills the program when it hurts, and starts it again.
    async fn strike(&mut self, blow: Blow, until: DateTime<Utc>) {
        if matches!(blow, Blow::WhileCasting | Blow::Thrice) {
            let left = u64::try_from((until - self.app.now()).num_milliseconds()).unwrap_or(0);
            sleep(Duration::from_millis(chance() % left.saturating_sub(1000).max(1))).await;
            self.kill();
        }
        if matches!(blow, Blow::AroundTheClose | Blow::Thrice) {
            let at = until + TimeDelta::milliseconds(i64::try_from(chance() % 1400).unwrap() - 200);
            sleep((at - self.app.now()).to_std().unwrap_or_default()).await;
            self.kill();
        }
        if blow == Blow::Thrice {
            sleep(Duration::from_millis(chance() % 300)).await;
            self.kill();
        }
    }

    fn kill(&mut self) {
        if let Some(served) = self.served.take() {
            served.kill();
        }
        thread::sleep(Duration::from_millis(chance() % 200));
        let served = serve(self.app.database(), &self.keys);
        *self.address.lock().unwrap() = served.address();
        self.app.moved(served.address());
        self.served = Some(served);
        self.tally.kills += 1;
    }

    /// Holds what is on the board against what was sent and told.
    async fn judge(&mut self, held: &HostedBallot, sent: &[Sent]) {
        let closes_at = self.app.get(&held.path).without_key().await.expect(200)["hosting"]["closes_at"].clone();
        let closes_at: DateTime<Utc> = closes_at.as_str().unwrap().parse().unwrap();
        sleep((closes_at - self.app.now()).to_std().unwrap_or_default()).await;
        let began = Instant::now();
        let mut state = Value::Null;
        while state != "closed" {
            if began.elapsed() > PATIENCE {
                return self.tally.faults.push(format!("the ballot {} is {state}, not closed", held.id));
            }
            sleep(Duration::from_millis(100)).await;
            state = self.app.get(&held.path).without_key().await.expect(200)["state"].clone();
        }
        let votes = self.app.get(held.below("votes")).without_key().await.expect(200);
        let spends = self.app.get(held.below("spends")).without_key().await.expect(200);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lines = |list: &Value| list.as_array().cloned().unwrap_or_default();
        let mut board: BTreeMap<String, String> =
            lines(&votes["votes"]).iter().map(|vote| (text(&vote[0]), text(&vote[1]))).collect();
        let spent: BTreeSet<String> = lines(&spends["spends"]).iter().map(|spend| text(&spend[0])).collect();
        let mut expected = BTreeSet::new();
        for vote in sent {
            let there = board.remove(&vote.tracker);
            if there.is_some() {
                expected.extend(held.spends(vote.voter));
            }
            let is_right = match (&there, vote.told) {
                (Some(choice), Told::Acknowledged | Told::Unknown) => *choice == vote.choice,
                (None, Told::Refused | Told::Unknown) => true,
                (None, Told::Acknowledged) | (Some(_), Told::Refused) => false,
            };
            if !is_right {
                let fault = format!("the voter of {} was told {:?}, the board has {there:?}", vote.choice, vote.told);
                self.tally.faults.push(fault);
            }
            match vote.told {
                Told::Acknowledged => self.tally.acknowledged += 1,
                Told::Refused => self.tally.refused += 1,
                Told::Unknown => self.tally.unknown += 1,
            }
        }
        if !board.is_empty() {
            self.tally.faults.push(format!("{} votes on the board were never sent", board.len()));
        }
        if spent != expected {
            self.tally.faults.push("what is spent is not what is on the board".to_owned());
        }
        self.tally.ballots += 1;
    }

    /// Nothing is left of what votes were cast into.
    async fn expect_no_box(&mut self) {
        let began = Instant::now();
        while !boxes(self.app.database()).is_empty() {
            if began.elapsed() > PATIENCE {
                return self.tally.faults.push(format!("left is {:?}", boxes(self.app.database())));
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        // Before the register goes.
        drop(self.served.take());
    }
}

/// What there is of boxes: files on SQLite, tables with rows on PostgreSQL.
pub fn boxes(database: &Database) -> Vec<String> {
    if database.engine() == Engine::Postgres {
        let rows = |table: &&str| !database.rows(&format!("SELECT 1 AS one FROM {table} LIMIT 1")).is_empty();
        return ["ballot_boxes", "ballot_box_roll", "ballot_box_votes"]
            .into_iter()
            .filter(rows)
            .map(str::to_owned)
            .collect();
    }
    let files = fs::read_dir(database.path().parent().unwrap()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains("-ballot-")).collect()
}

fn serve(database: &Database, keys: &TempDir) -> ChildResource {
    let key = keys.path().join("key");
    let program = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url());
    program.env("MUTUALS_SIGNING_KEY_FILE", &key.to_string_lossy()).env("RUST_LOG", "warn").serve()
}

/// Sends a vote, and sends it again while its outcome is open, unless the voter is one who gives up.
async fn send(address: &Mutex<SocketAddr>, path: &str, ballot: &Ballot, is_patient: bool) -> Told {
    const TRIES: usize = 60;
    let mut told = Told::Refused;
    for _ in 0..TRIES {
        let client = Client::to(*address.lock().unwrap());
        let request = client.request("POST".parse().unwrap(), path).json(&ballot.body);
        match client.try_send(&request).await {
            Ok(answer) => match answer.status() {
                200 | 201 => return Told::Acknowledged,
                // Nothing was changed: what is open of an earlier try stays open.
                429 | 503 => {}
                409 => return told,
                _ => told = Told::Unknown,
            },
            Err(_) => told = Told::Unknown,
        }
        if !is_patient {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    told
}

fn whole_second(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).unwrap()
}

/// A number that differs from run to run.
fn chance() -> u64 {
    UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos()) / 1000)
}
