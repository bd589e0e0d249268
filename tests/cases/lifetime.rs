//! A register through a life at random: changes, imports, erasures, a clock that is wrong, moves to other databases, and restores from
//! copies. Whatever has happened, it shows what it acknowledged, and its log, its past, its proofs and its feed agree.
//!
//! The same seed gives the same life: `LIFE_SEED=7 LIFE_STEPS=500 tests/with-postgres cargo test -p tests --test cases -- lifetime`.

mod follower;
mod model;

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kit::fixture::{MUTUALS, STAFF_BALLOTS, full_staff_ballot, id, mutual, with};
use kit::{Database, Ended, Engine, Program, TestApp};
use serde_json::{Value, json};

use self::follower::Follower;
use self::model::{Pick, Records, Step, steps, without_name};
use crate::entry_log::{assert_sound, entries, instant};
use crate::export::lines;
use crate::import;
use crate::log::root_by;

kit::on_both! {
    a_register_is_right_throughout_its_life,
}

/// So many lives of so many steps, unless the environment says otherwise.
const LIVES: u64 = 2;
const STEPS: u64 = 50;

async fn a_register_is_right_throughout_its_life(app: &TestApp) {
    let given = |name: &str| env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let seeds = given("LIFE_SEED").map_or(1..LIVES + 1, |seed| seed..seed + 1);
    for seed in seeds {
        let mut life = Life::begin(app.database().engine());
        let steps = steps(seed, usize::try_from(given("LIFE_STEPS").unwrap_or(STEPS)).unwrap());
        for (number, step) in steps.iter().enumerate() {
            // Shown where it fails.
            eprintln!("seed {seed}, step {number}: {step:?}");
            life.step(step).await;
        }
        life.put_clock_right().await;
        life.look_at_all().await;
        life.follow_to_the_end().await;
    }
}

/// A register, and all that is known of it.
struct Life {
    app: Option<TestApp>,
    /// How far its clock is ahead.
    ahead: Duration,
    known: Known,
    /// What was shown under a tag.
    tags: HashMap<(String, String), Value>,
    copies: Vec<(Database, Known)>,
    followers: [Follower; 3],
    names: usize,
}

/// What a register must say, and so must those that are restored from a copy of it.
#[derive(Clone, Default)]
struct Known {
    records: Records,
    /// What it held after the entry that ended a step.
    past: BTreeMap<i64, Records>,
    /// The roots of its tree by their size.
    roots: BTreeMap<i64, Value>,
}

impl Life {
    fn begin(engine: Engine) -> Self {
        Self {
            app: Some(TestApp::start(engine)),
            ahead: Duration::ZERO,
            known: Known::default(),
            tags: HashMap::new(),
            copies: Vec::new(),
            followers: Default::default(),
            names: 0,
        }
    }

    fn app(&self) -> &TestApp {
        self.app.as_ref().unwrap()
    }

    /// Stops the service, does something with the database, and goes on with the one that this gives.
    fn while_stopped(&mut self, act: impl FnOnce(&mut Self, Database) -> Database) {
        let database = self.app.take().unwrap().end();
        let database = act(self, database);
        let app = TestApp::with(database, |_| {});
        app.pass(self.ahead);
        self.app = Some(app);
    }

    fn command(&self, arguments: &[&str]) {
        assert_well(&program(arguments).env("DATABASE_URL", &self.app().database().url()).run());
    }

    fn new_name(&mut self) -> String {
        self.names += 1;
        format!("Mutual-{}", self.names)
    }

    async fn step(&mut self, step: &Step) {
        match step {
            Step::Mutual => self.create_mutual().await,
            Step::Ballot(pick) => self.create_ballot(*pick).await,
            Step::Change(pick) => self.change(*pick).await,
            Step::Delete(pick) => self.delete(*pick).await,
            Step::Import(pick) => self.import(*pick).await,
            Step::Erase(pick) => self.erase(*pick).await,
            Step::Follow { follower, pages, limit } => {
                self.followers[*follower].read(self.app.as_ref().unwrap(), *pages, *limit).await
            }
            Step::Copy => self.copy(),
            Step::Restore(pick) => self.restore(*pick),
            Step::Move => self.move_away(),
            Step::ClockAhead(time) => self.put_clock_ahead(*time),
            Step::ClockRight => self.put_clock_right().await,
            Step::Look => self.look_at_all().await,
        }
        self.remember().await;
    }

    /// Keeps what the register holds after this entry, and the head of its log.
    async fn remember(&mut self) {
        let head = self.app().get("/v1/log/head").await.expect(200);
        let size = head["tree_size"].as_i64().unwrap();
        self.known.past.insert(size, self.known.records.clone());
        let root = self.known.roots.entry(size).or_insert_with(|| head["root_hash"].clone());
        assert_eq!(*root, head["root_hash"], "the tree of {size} entries is another");
    }

    async fn create_mutual(&mut self) {
        let name = self.new_name();
        let post = || self.app().post(MUTUALS, &mutual(&name)).header("idempotency-key", &name);
        let made = post().await.expect(201);
        assert_eq!(post().await.expect(201), made, "it was made twice");
        self.known.records.put(MUTUALS, made);
    }

    async fn create_ballot(&mut self, pick: Pick) {
        let Some((_, of)) = self.known.records.pick(MUTUALS, pick) else { return };
        let ballot = full_staff_ballot(id(&of));
        let made = self.app().create(STAFF_BALLOTS, &ballot).await;
        self.known.records.put(STAFF_BALLOTS, made);
    }

    async fn change(&mut self, pick: Pick) {
        let list = if pick.is_even() { MUTUALS } else { STAFF_BALLOTS };
        let Some((path, record)) = self.known.records.pick(list, pick) else { return };
        self.names += 1;
        let member = if list == MUTUALS { "description" } else { "question" };
        let patch = json!({ member: format!("Text {}", self.names) });
        let version = record["version"].as_i64().unwrap();
        let stale = self.app().patch(&path, &patch).if_match(&self.app().tag(version + 1)).await;
        stale.expect_problem(412, "precondition-failed");
        let changed = self.app().patch(&path, &patch).if_match(&self.app().tag(version)).await.expect(200);
        assert_eq!((&changed["version"], &changed[member]), (&json!(version + 1), &patch[member]));
        self.known.records.put(list, changed);
    }

    async fn delete(&mut self, pick: Pick) {
        let list = if pick.is_even() { MUTUALS } else { STAFF_BALLOTS };
        let Some((path, record)) = self.known.records.pick(list, pick) else { return };
        if list == MUTUALS && self.known.records.has_ballots(&record) {
            self.app().delete(&path).await.expect_problem(409, "has-dependents");
            return;
        }
        self.app().delete(&path).await.expect(204);
        self.known.records.remove(&path);
    }

    /// Two new mutuals, and another text for one that is there.
    async fn import(&mut self, pick: Pick) {
        let mut rows: Vec<Value> = (0..2).map(|_| mutual(&self.new_name())).collect();
        if let Some((_, there)) = self.known.records.pick(MUTUALS, pick) {
            let name = there["name"].as_str().unwrap();
            rows.push(with(mutual(name), json!({ "slug": there["slug"], "description": rows[0]["name"] })));
        }
        let done = import::import(self.app(), "resource_type=mutual", import::ndjson(&rows)).await;
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!((&done["rows"], &done["failed"]), (&json!(rows.len()), &json!(0)));
        for row in rows {
            let slug = row["name"].as_str().unwrap().to_lowercase();
            let entered = self.app().get(format!("{MUTUALS}/{slug}")).await.expect(200);
            assert_eq!((&entered["name"], entered.get("description")), (&row["name"], row.get("description")));
            self.known.records.put(MUTUALS, entered);
        }
    }

    async fn erase(&mut self, pick: Pick) {
        let Some((path, before)) = self.known.records.pick(STAFF_BALLOTS, pick) else { return };
        self.command(&["erase", &path, "--reason", "Asked for"]);
        let erased = self.app().get(&path).await.expect(200);
        assert_eq!(erased["version"].as_i64(), before["version"].as_i64().map(|version| version + 1));
        assert_eq!(erased["scrutineer"], without_name(&before)["scrutineer"]);
        self.known.records.put(STAFF_BALLOTS, erased);
    }

    fn copy(&mut self) {
        self.while_stopped(|life, database| {
            life.copies.push((database.copy(), life.known.clone()));
            if life.copies.len() > 3 {
                life.copies.remove(0);
            }
            database
        });
    }

    /// Whatever came after the copy is gone, and what the log will say from there on is another story.
    fn restore(&mut self, pick: Pick) {
        if self.copies.is_empty() {
            return;
        }
        let chosen = pick.of(self.copies.len());
        self.while_stopped(|life, lost| {
            drop(lost);
            let (copy, known) = &life.copies[chosen];
            life.known = known.clone();
            restored(copy)
        });
    }

    /// The log and its epoch go with the records.
    fn move_away(&mut self) {
        self.while_stopped(|_, database| {
            let target = Database::absent(database.engine());
            assert_well(&Program::new(&["copy", "--from", &database.url(), "--to", &target.url()]).run());
            target
        });
    }

    fn put_clock_ahead(&mut self, time: Duration) {
        self.ahead += time;
        self.app().pass(time);
    }

    /// Entries may have times that are still to come: the operator says so.
    async fn put_clock_right(&mut self) {
        if self.ahead.is_zero() {
            return;
        }
        self.ahead = Duration::ZERO;
        self.while_stopped(|_, database| database);
        self.command(&["log", "settle-clock", "--reason", "It was ahead"]);
        self.remember().await;
    }

    async fn look_at_all(&mut self) {
        self.look_at_records().await;
        self.look_at_log().await;
        self.look_at_past().await;
    }

    async fn look_at_records(&mut self) {
        for (path, record) in self.known.records.all() {
            let shown = self.app().get(path).await;
            let Some(record) = record else {
                shown.expect_problem(410, "gone");
                continue;
            };
            assert_eq!(shown.expect(200), *record, "{path}");
            let first = self.tags.entry((path.clone(), shown.etag())).or_insert_with(|| record.clone());
            assert_eq!(first, record, "{path} had this tag before, with other content");
        }
        for list in [MUTUALS, STAFF_BALLOTS] {
            assert_eq!(self.app().walk(&format!("{list}?sort=id&limit=7")).await, self.known.records.of(list));
        }
        let export = self.app().get(format!("{MUTUALS}/export.ndjson")).await;
        assert_eq!(lines(&export), self.known.records.of(MUTUALS));
    }

    async fn look_at_log(&self) {
        self.command(&["log", "verify"]);
        let entries = entries(self.app().database());
        assert_sound(&entries);
        for pair in entries.windows(2) {
            let [before, entry] = pair else { panic!("two") };
            assert!(entry["action"] == "settle_clock" || at(entry) >= at(before), "{entry:#}");
        }
        let head = self.app().get("/v1/log/head").await.expect(200);
        let size = head["tree_size"].as_i64().unwrap();
        assert_eq!(size, i64::try_from(entries.len()).unwrap());
        for (from, root) in self.known.roots.range(1..) {
            let proof = self.app().get(format!("/v1/log/proofs/consistency?from={from}")).await.expect(200);
            assert_eq!((&proof["from_root_hash"], &proof["to_root_hash"]), (root, &head["root_hash"]));
        }
        for (seq, entry) in (1..).zip(&entries).step_by(7) {
            let proof = self.app().get(format!("/v1/log/proofs/inclusion?seq={seq}")).await.expect(200);
            let leaf = entry["leaf_hash"].as_str().unwrap();
            assert_eq!(root_by(leaf, seq - 1, size, proof["hashes"].as_array().unwrap()), head["root_hash"]);
        }
        for (path, record) in self.known.records.all() {
            let Some(record) = record else { continue };
            let history = self.app().get(format!("{path}/entries?limit=200")).await.expect(200);
            let versions: Vec<i64> =
                history["items"].as_array().unwrap().iter().map(|entry| entry["version"].as_i64().unwrap()).collect();
            assert_eq!(versions, (1..=record["version"].as_i64().unwrap()).collect::<Vec<_>>(), "{path}");
        }
    }

    /// At a time, the register is what the last of all entries made of it that have a time up to that.
    async fn look_at_past(&self) {
        let entries = entries(self.app().database());
        let ahead = TimeDelta::from_std(self.ahead).unwrap();
        let now = api::Clock::system().now() + ahead;
        let latest = entries.last().map_or(now, |last| at(last).max(now));
        let asked = self.known.past.keys().filter(|seq| **seq > 0).step_by(3);
        for then in asked.map(|seq| at(&entries[usize::try_from(*seq).unwrap() - 1])) {
            let query = format!("known_at={}", then.to_rfc3339_opts(chrono::SecondsFormat::Micros, true));
            if then > latest {
                let refused = self.app().get(format!("{MUTUALS}?{query}")).await;
                refused.expect_faults(400, &[("known_at", "out-of-range")]);
                continue;
            }
            let known = (1..).zip(&entries).filter(|(_, entry)| at(entry) <= then).map(|(seq, _)| seq).max();
            let Some(records) = self.known.past.get(&known.unwrap_or(0)) else { continue };
            for list in [MUTUALS, STAFF_BALLOTS] {
                let was: Vec<Value> = self.app().walk(&format!("{list}?{query}&limit=200")).await;
                let was: Vec<Value> = was.iter().map(without_name).collect();
                let expected: Vec<Value> = records.of(list).iter().map(without_name).collect();
                assert_eq!(was, expected, "{list} at {then}, after entry {known:?}");
            }
        }
    }

    async fn follow_to_the_end(&mut self) {
        let app = self.app.as_ref().unwrap();
        for follower in &mut self.followers {
            follower.read(app, usize::MAX, 200).await;
            assert_eq!(follower.records(), self.known.records.as_followed());
        }
    }
}

/// A register in a new place, as the operator's tools restore it from a copy.
fn restored(copy: &Database) -> Database {
    let reason = ["--reason", "The disk was lost"];
    match copy.engine() {
        Engine::Sqlite => {
            let target = Database::absent(Engine::Sqlite);
            let file = copy.path();
            let restore = program(&["restore", file.to_str().unwrap(), reason[0], reason[1]]);
            assert_well(&restore.env("DATABASE_URL", &target.url()).run());
            target
        }
        Engine::Postgres => {
            let target = copy.copy();
            let renew = program(&["log", "new-epoch", reason[0], reason[1]]);
            assert_well(&renew.env("DATABASE_URL", &target.url()).run());
            target
        }
    }
}

/// Its clock is that of the machine, and the service's may be ahead of that.
fn program(arguments: &[&str]) -> Program {
    Program::new(arguments).env("MUTUALS_CLOCK_TOLERANCE", "31536000")
}

fn assert_well(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

fn at(entry: &Value) -> DateTime<Utc> {
    instant(entry["at"].as_str().unwrap()).parse().unwrap()
}
