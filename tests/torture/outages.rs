//! A database that fails under load and recovers: what callers are told meanwhile, and what is there afterwards.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kit::{Database, DiskFault, Engine, FaultyDisk, Program, Proxy};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::field::{Attack, Attacking, Field, MOST_MEMORY, Report, Size};
use crate::healthy::Healthy;
use crate::wire;

/// EIO at each `fsync`.
pub const FAILING_DISK: Attack =
    attack("failing-disk", &[Engine::Sqlite], |_, size| Box::pin(run(Outage::Disk(DiskFault::Sync), size)));

/// ENOSPC at each write.
pub const FULL_DISK: Attack =
    attack("full-disk", &[Engine::Sqlite], |_, size| Box::pin(run(Outage::Disk(DiskFault::Full), size)));

/// Nothing comes from the server any more, over connections that are never closed.
pub const SILENT_SERVER: Attack =
    attack("silent-server", &[Engine::Postgres], |_, size| Box::pin(run(Outage::Silence, size)));

/// The server takes no change any more, and no connection is lost.
pub const READ_ONLY_SERVER: Attack =
    attack("read-only-server", &[Engine::Postgres], |_, size| Box::pin(run(Outage::ReadOnly, size)));

const fn attack(name: &'static str, engines: &'static [Engine], run: fn(Engine, Size) -> Attacking) -> Attack {
    Attack { name, engines, run }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outage {
    Disk(DiskFault),
    Silence,
    ReadOnly,
}

/// What makes a database fail and recover.
enum Means {
    Disk(FaultyDisk, DiskFault),
    Silence(Proxy),
    ReadOnly,
}

/// No answer takes longer, whatever the database does.
const LONGEST: Duration = Duration::from_secs(5);
/// None about readiness does.
const LONGEST_READINESS: Duration = Duration::from_secs(2);
/// What reads the figures' facts is no answer, and may hang longer on a silent connection.
const LONGEST_OF_FIGURES: Duration = Duration::from_secs(60);
const WRITERS: usize = 4;
/// Between two requests of a caller.
const PAUSE: Duration = Duration::from_millis(50);

async fn run(outage: Outage, size: Size) -> Report {
    let lasting = Duration::from_secs(size.choose(8, 30));
    let (field, means) = outage.field();
    let (address, key) = (field.address(), field.key("admin"));
    let (end, ended) = watch::channel(false);
    let reader = Healthy::begin(address, "/v1/departments?limit=5");
    let writers: Vec<_> = (0..WRITERS).map(|writer| write(address, key.clone(), writer, ended.clone())).collect();
    let (writers, probes) = (tokio::spawn(join_all(writers)), tokio::spawn(probe(address, ended)));
    sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    means.set(&field, true);
    sleep(lasting).await;
    let over = Instant::now();
    means.set(&field, false);
    while !is_answered(address, "/readyz").await && over.elapsed() < outage.longest_recovery() {
        sleep(PAUSE).await;
    }
    sleep(Duration::from_secs(2)).await;
    let mut has_figures = is_answered(address, "/v1/statistics").await;
    while !has_figures && over.elapsed() < LONGEST_OF_FIGURES {
        sleep(PAUSE).await;
        has_figures = is_answered(address, "/v1/statistics").await;
    }
    end.send_replace(true);
    let (seen, writes, probes) = (reader.end().await, writers.await.unwrap().concat(), probes.await.unwrap());

    let load = Load { outage, begun, over, writes, probes, has_figures };
    let mut report = Report { memory: Some(field.peak_memory()), ..Report::default() };
    report.must(report.memory.is_some_and(|used| used < MOST_MEMORY), "it took too much memory");
    report.must(seen.slowest < LONGEST, "a read took more than 5 s");
    if outage != Outage::Silence {
        report.must(seen.percent() >= 99 && seen.p99 < Duration::from_millis(500), "the healthy reader was hindered");
    }
    load.judge_times(&mut report);
    load.judge_answers(&mut report);
    report.done =
        format!("{} for {} s: {}, read {}", outage.name(), lasting.as_secs(), load.told(), seconds(Some(seen.slowest)));
    report.seen = Some(seen);
    load.judge_register(&mut report, &field.kill());
    report
}

/// What was sent beside an outage, and what came of it.
struct Load {
    outage: Outage,
    begun: Instant,
    over: Instant,
    writes: Vec<Call>,
    probes: Vec<Call>,
    has_figures: bool,
}

impl Load {
    /// How long after its beginning the service was not ready.
    fn failed_after(&self) -> Option<Duration> {
        let failed = self.probes.iter().find(|call| call.began >= self.begun && call.status != Some(200));
        failed.map(|call| call.ended.duration_since(self.begun))
    }

    /// How long after its end the service was ready, and stayed so.
    fn ready_after(&self) -> Option<Duration> {
        let ready = self.probes.iter().rev().take_while(|call| call.status == Some(200)).last();
        ready.map(|call| call.ended.saturating_duration_since(self.over))
    }

    fn writes_told(&self, statuses: &'static [u16]) -> impl Iterator<Item = &Call> {
        self.writes.iter().filter(move |call| call.status.is_some_and(|it| statuses.contains(&it)))
    }

    /// In one line.
    fn told(&self) -> String {
        format!(
            "{WRITERS} writers, {} stored, {} refused, {} unknown; not ready after {}, ready again after {}; slowest readiness {}, \
             write {}",
            self.writes_told(STORED).count(),
            self.writes_told(REFUSED).count(),
            self.writes_told(UNKNOWN).count(),
            seconds(self.failed_after()),
            seconds(self.ready_after()),
            seconds(Some(slowest(&self.probes))),
            seconds(Some(slowest(&self.writes))),
        )
    }

    fn judge_times(&self, report: &mut Report) {
        let within = |time: Option<Duration>, bound| time.is_some_and(|it| it < bound);
        report.must(within(self.failed_after(), LONGEST), "it was ready while every write failed");
        report.must(within(self.ready_after(), self.outage.longest_recovery()), "it was not ready again in time");
        report.must(self.has_figures, "there were no statistics again");
        report.must(slowest(&self.probes) < LONGEST_READINESS, "readiness took more than 2 s");
        report.must(slowest(&self.writes) < LONGEST, "a write took more than 5 s");
    }

    fn judge_answers(&self, report: &mut Report) {
        let (stored, refused) = (self.writes_told(STORED).count(), self.writes_told(REFUSED).count());
        let unknown = self.writes_told(UNKNOWN).count();
        let others = self.writes.len() - stored - refused - unknown;
        report.must(others == 0, format!("{others} writes were told something else"));
        report.must(refused + unknown > 0, "no write failed");
        report.must(self.outage != Outage::Disk(DiskFault::Sync) || unknown > 0, "no outcome was told as unknown");
    }

    /// What is there is what is on disk, since the program was killed.
    fn judge_register(&self, report: &mut Report, database: &Database) {
        let rows = database.rows("SELECT name FROM departments");
        let there: BTreeSet<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
        let lost = self.writes_told(STORED).filter(|call| !there.contains(&*call.name)).count();
        report.must(lost == 0, format!("{lost} acknowledged writes are lost"));
        let made = self.writes_told(REFUSED).filter(|call| there.contains(&*call.name)).count();
        report.must(made == 0, format!("{made} refused writes were stored"));
        let verified = Program::new(&["log", "verify"]).env("DATABASE_URL", &database.url()).run();
        report.must(verified.code == Some(0), format!("the log is not whole: {}", verified.stdout));
    }
}

const STORED: &[u16] = &[201];
const REFUSED: &[u16] = &[429, 503, 507];
const UNKNOWN: &[u16] = &[504];

fn seconds(time: Option<Duration>) -> String {
    time.map_or_else(|| "never".to_owned(), |it| format!("{:.1} s", it.as_secs_f64()))
}

impl Outage {
    fn name(self) -> &'static str {
        match self {
            Self::Disk(DiskFault::Sync) => "EIO at fdatasync",
            Self::Disk(DiskFault::Full) => "ENOSPC at write",
            Self::Silence => "a server that falls silent",
            Self::ReadOnly => "a server that turns read-only",
        }
    }

    /// Silent connections are given up by their own times, one after the other.
    fn longest_recovery(self) -> Duration {
        Duration::from_secs(if self == Self::Silence { 40 } else { 5 })
    }

    fn field(self) -> (Field, Means) {
        match self {
            Self::Disk(fault) => {
                let disk = FaultyDisk::new();
                (Field::with(Database::fresh(Engine::Sqlite), |program| disk.under(program)), Means::Disk(disk, fault))
            }
            Self::Silence => {
                let database = Database::fresh(Engine::Postgres);
                let proxy = Proxy::before(&database.url());
                let url = proxy.url(&database.url());
                (Field::with(database, |program| program.env("DATABASE_URL", &url)), Means::Silence(proxy))
            }
            Self::ReadOnly => (Field::start(Engine::Postgres, &[]), Means::ReadOnly),
        }
    }
}

impl Means {
    fn set(&self, field: &Field, fails: bool) {
        match self {
            Self::Disk(disk, fault) => disk.set(fails.then_some(*fault)),
            // The server keeps what the writer's transaction holds: the worst moment.
            Self::Silence(proxy) if fails => proxy.fall_silent_in_a_transaction(),
            Self::Silence(proxy) => proxy.speak_again(),
            Self::ReadOnly => field.let_cluster_write(!fails),
        }
    }
}

/// A request and what came of it.
#[derive(Clone)]
struct Call {
    name: String,
    began: Instant,
    ended: Instant,
    status: Option<u16>,
}

fn slowest(calls: &[Call]) -> Duration {
    calls.iter().map(|call| call.ended.duration_since(call.began)).max().unwrap_or_default()
}

async fn call(address: SocketAddr, name: String, request: &str) -> Call {
    let began = Instant::now();
    let status = wire::send(address, request).await.ok().map(|answer| answer.status);
    Call { name, began, ended: Instant::now(), status }
}

/// Enters one department after another.
async fn write(address: SocketAddr, key: String, writer: usize, ended: watch::Receiver<bool>) -> Vec<Call> {
    let mut calls = Vec::new();
    while !*ended.borrow() {
        let name = format!("Office {writer} {}", calls.len());
        let body = json!({ "name": name, "kind": "other" }).to_string();
        let request = wire::with_body("POST", "/v1/departments", &key, "application/json", &body);
        calls.push(call(address, name, &request).await);
        sleep(PAUSE).await;
    }
    calls
}

/// Asks over and over whether it is ready.
async fn probe(address: SocketAddr, ended: watch::Receiver<bool>) -> Vec<Call> {
    let mut calls = Vec::new();
    while !*ended.borrow() {
        calls.push(call(address, String::new(), &wire::get_request("/readyz")).await);
        sleep(PAUSE).await;
    }
    calls
}

async fn is_answered(address: SocketAddr, path: &str) -> bool {
    wire::get(address, path).await.is_ok_and(|answer| answer.status == 200)
}
