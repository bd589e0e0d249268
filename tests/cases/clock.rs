//! A clock that may be wrong gives no log entry its time: changes wait until it is right or the operator says that it is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat, TimeDelta};
use kit::fixture::{DEPARTMENTS, MUTUALS, department, id, mutual, with};
use kit::{ChildResource, Client, Database, Ended, Engine, Program, Response, SettableClock, TestApp};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::entry_log::{assert_sound, entries};
use crate::import::ndjson;

kit::on_both! {
    a_clock_that_jumps_stops_changes_until_it_is_right,
    a_small_jump_is_no_matter,
    a_clock_behind_the_log_stops_changes_until_the_operator_settles_it,
    a_clock_is_compared_with_that_of_the_database,
    an_import_waits_for_a_clock_to_be_right,
    a_signing_key_is_put_on_the_record_once_the_clock_is_right,
    a_restored_copy_from_the_future_is_told,
    entries_from_the_future_are_read_like_others,
}

const DAY: i64 = 86_400;

/// The program as it runs on a machine with a clock of its own.
struct Machine<'d> {
    clock: SettableClock,
    database: &'d Database,
}

impl<'d> Machine<'d> {
    fn new(database: &'d Database) -> Self {
        Self { clock: SettableClock::new(), database }
    }

    fn program(&self, arguments: &[&str]) -> Program {
        self.clock.under(Program::new(arguments).env("DATABASE_URL", &self.database.url()))
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        self.program(arguments).run()
    }

    fn serve(&self) -> ChildResource {
        self.serve_with(&[])
    }

    fn serve_with(&self, arguments: &[&str]) -> ChildResource {
        let own = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
        let served = self.program(&[&own, arguments].concat()).serve();
        self.database.make_admin_key();
        served
    }
}

async fn post(address: SocketAddr, path: &str, body: &Value) -> Response {
    Client::to(address).request("POST".parse().unwrap(), path).with_key(kit::admin_key()).json(body).await
}

async fn get(address: SocketAddr, path: &str) -> Response {
    Client::to(address).request("GET".parse().unwrap(), path).with_key(kit::admin_key()).await
}

async fn create(served: &ChildResource, name: &str) -> Response {
    post(served.address(), MUTUALS, &mutual(name)).await
}

/// A change is refused for the clock, with these words, and reads go on.
async fn assert_refused(served: &ChildResource, words: &str) {
    let address = served.address();
    let refused = create(served, "Meanwhile").await;
    let problem = refused.expect_problem(503, "clock");
    let detail = problem["detail"].as_str().unwrap();
    for word in [words, "allowed difference: 60 s", "settle-clock"] {
        assert!(detail.contains(word), "no {word:?} in {detail:?}");
    }
    assert!(refused.header("retry-after").unwrap().parse::<u32>().is_ok());
    get(address, MUTUALS).await.expect(200);
}

/// What the service says of itself turns to this within five seconds.
async fn assert_told(served: &ChildResource, is_in_doubt: bool) {
    let (address, started) = (served.address(), Instant::now());
    let wanted = if is_in_doubt { 503 } else { 200 };
    let mut readiness = get(address, "/readyz").await;
    while readiness.status() != wanted {
        assert!(started.elapsed() < Duration::from_secs(5), "it is still {readiness:?}");
        sleep(Duration::from_millis(100)).await;
        readiness = get(address, "/readyz").await;
    }
    let reading = get(address, "/readyz?read_only=true").await.expect(200);
    if is_in_doubt {
        readiness.expect_problem(503, "clock");
        assert_eq!(reading["status"], "read_only");
        assert!(reading["clock"].as_str().unwrap().contains("the clock of the service shows"), "{reading}");
    } else {
        assert_eq!(reading, json!({ "status": "ok" }));
    }
    let metrics = metrics(served).await;
    for told in [
        format!("mutuals_clock_alarm {}", u8::from(is_in_doubt)),
        format!("mutuals_can_write {}", u8::from(!is_in_doubt)),
    ] {
        assert!(metrics.lines().any(|line| line == told), "no {told:?} in {metrics}");
    }
}

async fn metrics(served: &ChildResource) -> String {
    let line = served.greeting.lines().find_map(|line| line.trim().strip_prefix("metrics")).unwrap();
    let address = line.trim().trim_start_matches("http://").trim_end_matches("/metrics").parse().unwrap();
    let client = Client::to(address);
    client.try_send(&client.request("GET".parse().unwrap(), "/metrics")).await.unwrap().text().to_owned()
}

/// The times of all entries.
fn times(database: &Database) -> Vec<NaiveDateTime> {
    let logged = entries(database);
    assert_sound(&logged);
    let time = |entry: &Value| NaiveDateTime::parse_from_str(entry["at"].as_str().unwrap(), "%F %T%.f").unwrap();
    logged.iter().map(time).collect()
}

fn succeeded(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

async fn a_clock_that_jumps_stops_changes_until_it_is_right(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let machine = Machine::new(&database);
    let served = machine.serve();
    create(&served, "Before").await.expect(201);
    assert_told(&served, false).await;
    for days in [100, -100] {
        machine.clock.set_ahead(days * DAY);
        let words = match (days > 0, database.engine()) {
            (true, Engine::Sqlite) => "would show",
            (true, Engine::Postgres) => "the clock of the database shows",
            (false, _) => "the newest log entry has the time",
        };
        assert_refused(&served, words).await;
        assert_told(&served, true).await;
        assert_refused(&served, words).await;

        machine.clock.set_ahead(0);
        create(&served, &format!("After {days}")).await.expect(201);
        assert_told(&served, false).await;
    }
    let times = times(&database);
    assert_eq!(times.len(), 3);
    assert!(times[2] - times[0] < TimeDelta::days(1), "{times:?}");
}

async fn a_small_jump_is_no_matter(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let machine = Machine::new(&database);
    let served = machine.serve();
    for seconds in [0, 30, 0, -30] {
        machine.clock.set_ahead(seconds);
        create(&served, &format!("At {seconds} {}", entries(&database).len())).await.expect(201);
    }
}

async fn a_clock_behind_the_log_stops_changes_until_the_operator_settles_it(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let machine = Machine::new(&database);
    create(&machine.serve(), "Before").await.expect(201);
    machine.clock.set_ahead(-100 * DAY);
    let served = machine.serve();
    let words = "the newest log entry has the time";
    assert_refused(&served, words).await;
    assert_told(&served, true).await;

    let keys = |arguments: &[&str]| machine.run(&[&["keys"], arguments].concat());
    let refused = keys(&["create", "--role", "admin", "--label", "late"]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains(words) && refused.stderr.contains("settle-clock"), "{refused:?}");
    let made = keys(&["create", "--role", "admin", "--label", "late", "--clock-tolerance", "86400"]);
    assert_eq!(made.code, Some(1), "a day is not enough: {made:?}");
    assert_eq!(keys(&["list"]).stdout.lines().count(), 1, "the one that the case has made");

    succeeded(&machine.run(&["log", "settle-clock", "--reason", "The clock is right"]));

    create(&served, "After").await.expect(201);
    assert_told(&served, false).await;
    // A command does not know what was settled of the database's clock.
    let tolerance = if database.engine() == Engine::Postgres { "31536000" } else { "60" };
    succeeded(&keys(&["create", "--role", "admin", "--label", "in time", "--clock-tolerance", tolerance]));
    let times = times(&database);
    // The key that was made has its entry too.
    assert_eq!(times.len(), 4);
    assert!(times[0] - times[1] > TimeDelta::days(99) && times[1..].is_sorted(), "{times:?}");
    succeeded(&machine.run(&["log", "verify"]));
}

/// PostgreSQL has one of its own, which here is the machine's.
async fn a_clock_is_compared_with_that_of_the_database(app: &TestApp) {
    let engine = app.database().engine();
    let database = Database::absent(engine);
    let machine = Machine::new(&database);
    machine.clock.set_ahead(100);
    let served = machine.serve();
    if engine == Engine::Sqlite {
        create(&served, "Alone").await.expect(201);
        return;
    }
    let words = "the clock of the database shows";
    assert_refused(&served, words).await;
    assert_told(&served, true).await;
    let keys = ["keys", "create", "--role", "admin", "--label", "early"];
    let refused = machine.run(&keys);
    assert!(refused.stderr.contains(words), "{refused:?}");
    succeeded(&machine.run(&[&keys[..], &["--clock-tolerance", "200"]].concat()));

    succeeded(&machine.run(&["log", "settle-clock"]));
    create(&served, "Settled").await.expect(201);
    machine.clock.set_ahead(-100);
    assert_refused(&served, "the newest log entry has the time").await;
    machine.clock.set_ahead(110);
    create(&served, "Near what was settled").await.expect(201);
    assert_told(&served, false).await;
}

async fn an_import_waits_for_a_clock_to_be_right(app: &TestApp) {
    const ROWS: usize = 2000;
    let database = Database::absent(app.database().engine());
    let machine = Machine::new(&database);
    let served = machine.serve();
    let text = "x".repeat(2500);
    let row = |number| with(mutual(&format!("Mutual {number}")), json!({ "description": text }));
    let rows = ndjson(&(0..ROWS).map(row).collect::<Vec<_>>());
    let client = Client::to(served.address());
    let file = client.request("POST".parse().unwrap(), "/v1/imports?resource_type=mutual");
    let file = file.with_key(kit::admin_key()).body("application/x-ndjson", rows);
    let own = format!("/v1/imports/{}", id(&file.await.expect(202)));
    let stands = async || get(served.address(), &own).await.expect(200);

    machine.clock.set_ahead(100 * DAY);
    sleep(Duration::from_secs(1)).await;
    let stopped = stands().await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!(stands().await, stopped);
    assert!(stopped["processed"].as_u64() < Some(2000) && stopped["state"] != "failed", "{stopped}");

    machine.clock.set_ahead(0);
    let started = Instant::now();
    let mut import = stands().await;
    while import["state"] != "done" {
        assert!(started.elapsed() < Duration::from_secs(60) && import["state"] != "failed", "{import}");
        sleep(Duration::from_millis(100)).await;
        import = stands().await;
    }
    assert_eq!(import["created"], ROWS);
    let times = times(&database);
    // The import has an entry at its beginning, and one at its end.
    assert_eq!(times.len(), ROWS + 2);
    assert!(times[ROWS + 1] - times[0] < TimeDelta::days(1));
}

async fn a_signing_key_is_put_on_the_record_once_the_clock_is_right(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let machine = Machine::new(&database);
    create(&machine.serve(), "Before").await.expect(201);
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("log-key.pem");
    let key = key.to_str().unwrap();
    succeeded(&machine.run(&["log", "make-key", key]));
    let noted = || entries(&database).iter().filter(|entry| entry["resource_type"] == "signing_key").count();

    machine.clock.set_ahead(-100 * DAY);
    let served = machine.serve_with(&["--signing-key-file", key, "--log-origin", "example.org/log"]);
    assert_refused(&served, "the newest log entry has the time").await;
    get(served.address(), "/v1/log/key").await.expect(200);
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(noted(), 0);

    machine.clock.set_ahead(0);
    let started = Instant::now();
    while noted() == 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "it is never put on the record");
        sleep(Duration::from_millis(100)).await;
    }
    sleep(Duration::from_millis(1_500)).await;
    assert_eq!(noted(), 1);
    times(&database);
}

async fn a_restored_copy_from_the_future_is_told(app: &TestApp) {
    if app.database().engine() == Engine::Postgres {
        // PostgreSQL restores with tools of its own, after which `log new-epoch` looks at the clock.
        app.pass(Duration::from_secs(100 * 86_400));
        app.create(DEPARTMENTS, &department("Office")).await;
        let refused = Program::new(&["log", "new-epoch"]).env("DATABASE_URL", &app.database().url()).run();
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("the newest log entry has the time"), "{refused:?}");
        return;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let [copy, early, late] = ["copy.db", "early.db", "late.db"].map(|name| folder.path().join(name));
    app.create(DEPARTMENTS, &department("Office")).await;
    let machine = Machine::new(app.database());
    succeeded(&machine.run(&["backup", copy.to_str().unwrap()]));
    let restore = |to: &std::path::Path| {
        let url = format!("sqlite:{}", to.display());
        machine.run(&["restore", copy.to_str().unwrap(), "--database-url", &url])
    };
    let restored = restore(&late);
    succeeded(&restored);
    assert!(!restored.stdout.contains("clock"), "{restored:?}");
    machine.clock.set_ahead(-100 * DAY);
    let restored = restore(&early);
    succeeded(&restored);
    assert!(restored.stdout.contains("settle-clock") && restored.stdout.contains("newest log entry"), "{restored:?}");
}

/// A clock that was ahead has given records and entries times that are still to come.
async fn entries_from_the_future_are_read_like_others(app: &TestApp) {
    let ahead = TestApp::start(app.database().engine());
    ahead.pass(Duration::from_secs(100 * 86_400));
    let made = ahead.create(DEPARTMENTS, &department("Office")).await;
    let app = TestApp::with(ahead.end(), |_| {});
    let path = format!("{DEPARTMENTS}/{}", id(&made));

    let read = app.get(&path).await;
    let unchanged = app.get(&path).header("if-none-match", read.etag()).await;
    assert_eq!(unchanged.status(), 304);
    let changed = app.patch(&path, &json!({ "kind": "other" })).await;
    for answer in [&read, &unchanged, &changed] {
        let dates = ["last-modified", "date"].map(|name| answer.header(name).unwrap());
        let [modified, date] = dates.map(|date| DateTime::parse_from_rfc2822(date).unwrap());
        assert!(modified <= date, "{answer:?}");
    }

    let newest = app.get("/v1/entries").await.expect(200)["items"][1]["at"].as_str().unwrap().to_owned();
    let known_at = async |at: &str| app.get(format!("{path}?known_at={at}")).await;
    assert_eq!(known_at(&newest).await.expect(200)["version"], 2);
    let written = |time: DateTime<FixedOffset>| time.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    let now = DateTime::parse_from_rfc2822(read.header("date").unwrap()).unwrap();
    known_at(&written(now)).await.expect_problem(404, "not-found");
    let later = DateTime::parse_from_rfc3339(&newest).unwrap() + TimeDelta::seconds(1);
    known_at(&written(later)).await.expect_faults(400, &[("known_at", "out-of-range")]);
}
