//! Registers that earlier programs made: today's program takes them over, reads all of them, and goes on with them.
//!
//! `tests/registers/` has one folder for each, with the register in both databases. CONTRIBUTING.md says how to add one.

use std::fs;
use std::path::PathBuf;

use hyper::Method;
use kit::fixture::{MUTUALS, id, mutual};
use kit::{Database, Program, SAMPLES, Sample, TestApp};
use serde_json::{Value, json};

use crate::copy::fill;
use crate::entry_log::{assert_sound, entries};

kit::on_both! {
    registers_of_earlier_programs_are_taken_over,
}

/// The kinds that came after the first of the registers was stored.
const LATER_KINDS: [&str; 2] = ["competition", "notice"];

fn registers() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "registers"].iter().collect()
}

/// Every record of a kind, with the path of each.
async fn records(app: &TestApp, sample: &Sample) -> Vec<(String, Value)> {
    let lists = match sample.list.split_once("/{") {
        None => vec![sample.list.to_owned()],
        Some((parents, rest)) => {
            let (_, below) = rest.split_once('}').unwrap();
            let parents: Vec<Value> = app.walk(parents).await;
            let own = sample.list.split('/').nth(2).unwrap();
            parents.iter().map(|parent| format!("/v1/{own}/{}{below}", id(parent))).collect()
        }
    };
    let mut found = Vec::new();
    for list in lists {
        found.extend(app.walk(&list).await.into_iter().map(|record| (format!("{list}/{}", id(&record)), record)));
    }
    found
}

#[track_caller]
fn verify(database: &Database) {
    let verified = Program::new(&["log", "verify"]).env("DATABASE_URL", &database.url()).env("RUST_LOG", "warn").run();
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(
        verified.stdout.contains("entries are unchanged") && verified.stdout.contains("match the log"),
        "{verified:?}"
    );
}

async fn registers_of_earlier_programs_are_taken_over(app: &TestApp) {
    let mut folders: Vec<_> = fs::read_dir(registers()).unwrap().map(|folder| folder.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "there is no register to take over");
    for folder in folders {
        println!("{}", folder.display());
        let stored = Database::stored(app.database().engine(), &folder);
        let app = TestApp::with(stored, |_| {});
        let known = entries(app.database());
        // The first kinds are in every register; a later one is in those of the programs that know it.
        let is_known = |kind: &str| !LATER_KINDS.contains(&kind) || known.iter().any(|it| it["resource_type"] == kind);
        for sample in SAMPLES {
            let all = records(&app, sample).await;
            assert_eq!(!all.is_empty(), is_known(sample.kind), "{}", sample.kind);
            // The kind of which there are hundreds is read in part: this is no test of speed.
            for (path, record) in all.iter().take(40) {
                let read = app.get(path).await.expect(200);
                assert_eq!(read["id"], record["id"]);
                // What is stored can be sent back, whatever rules have come since. A declared ballot can't be edited.
                if sample.offers(&Method::PUT) && sample.kind != "staff_ballot" {
                    app.put(path, &read).await.expect(200);
                }
            }
        }
        let found = app.get(format!("{MUTUALS}?q=concordia")).await.expect(200);
        assert_eq!(found["items"][0]["name"], "Concordia");
        // The words of contracts that are there are indexed by the upgrade.
        let contract = app.get("/v1/contracts?limit=1").await.expect(200)["items"][0].clone();
        let title = contract["title"].as_str().unwrap().split(' ').next().unwrap().to_owned();
        let by_word = app.walk(&format!("/v1/contracts?q={title}")).await;
        assert!(by_word.iter().any(|one| one["id"] == contract["id"]), "no contract is found by {title}");
        app.get(format!("{MUTUALS}/gone")).await.expect_problem(410, "gone");
        let first = app.get("/v1/entries?limit=1").await.expect(200);
        app.get(format!("{MUTUALS}?known_at={}", first["items"][0]["at"].as_str().unwrap())).await.expect(200);
        app.get("/v1/statistics").await.expect(200);
        let imports = app.get("/v1/imports").await.expect(200);
        assert_eq!(imports["items"][0]["state"], "done");

        app.create(MUTUALS, &mutual("After the upgrade")).await;
        app.patch(format!("{MUTUALS}/{}", id(&found["items"][0])), &json!({ "region": "london" })).await.expect(200);
        let database = app.end();
        let entries = entries(&database);
        assert!(entries.len() > known.len(), "the writes have no entries");
        assert_sound(&entries);
        verify(&database);
    }
}

/// Stores a register that this program made, under the name that `KEEP_REGISTER` gives.
#[test]
#[ignore = "writes a file: make register"]
fn keep_a_register() {
    let name = std::env::var("KEEP_REGISTER").expect("KEEP_REGISTER names the register");
    let folder = registers().join(name);
    fs::create_dir_all(&folder).unwrap();
    for engine in [kit::Engine::Sqlite, kit::Engine::Postgres] {
        let app = TestApp::start(engine);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(fill(&app));
        drop(runtime);
        app.end().keep(&folder);
    }
}
