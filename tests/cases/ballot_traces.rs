//! Nothing that is kept, logged or shown says who voted how: neither while votes are cast nor after the close.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use kit::ballot::{Ballot, HostedBallot, signing_key_file};
use kit::ballot_rounds::boxes;
use kit::{ChildResource, Client, Database, Engine, Program, TestApp};
use serde_json::{Value, json};

const VOTERS: usize = 60;

/// What voters have and send, in the order of the votes.
struct Secrets {
    codes: Vec<String>,
    nonces: Vec<String>,
    spends: Vec<String>,
    trackers: Vec<String>,
}

impl Secrets {
    fn of(held: &HostedBallot, ballots: &[Ballot]) -> Self {
        let text = |ballot: &Ballot, member: &str| ballot.body[member].as_str().unwrap().to_owned();
        Self {
            codes: held.codes.concat().iter().map(|code| code.to_lowercase()).collect(),
            nonces: ballots.iter().map(|ballot| ballot.nonce.clone()).collect(),
            spends: ballots.iter().map(|ballot| text(ballot, "spend")).collect(),
            trackers: ballots.iter().map(|ballot| text(ballot, "tracker")).collect(),
        }
    }

    /// What only voters may know.
    fn assert_none_in(&self, text: &str, place: &str) {
        for secret in self.codes.iter().chain(&self.nonces) {
            assert!(!text.contains(secret), "a code or nonce is in {place}");
        }
    }

    /// What only boxes have before the close.
    fn assert_no_vote_in(&self, text: &str, place: &str) {
        for secret in self.spends.iter().chain(&self.trackers) {
            assert!(!text.contains(secret), "a spend or tracker is in {place}");
        }
    }

    /// Whoever has both of a voter knows how the holder of a code voted.
    fn assert_no_pair_in(&self, record: &str, place: &str) {
        for (spend, tracker) in self.spends.iter().zip(&self.trackers) {
            assert!(!(record.contains(spend) && record.contains(tracker)), "a spend is with its tracker in {place}");
        }
    }
}

fn nothing_says_who_voted_how(engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(look_everywhere(engine));
}

async fn look_everywhere(engine: Engine) {
    let (database, folder) = (Database::fresh(engine), tempfile::tempdir().unwrap());
    let (key, log) = (signing_key_file(folder.path()), folder.path().join("log"));
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    let program = Program::new(&arguments).env("DATABASE_URL", &database.url()).env("RUST_LOG", "trace");
    let program = program.env("MUTUALS_SIGNING_KEY_FILE", &key.to_string_lossy());
    let served = program.log_to(File::create(&log).unwrap()).serve();
    let app = TestApp::of_program(database, served.address());
    let mut held = HostedBallot::prepared(&app, VOTERS).await;
    let until = app.now() + TimeDelta::seconds(12);
    held.hold(&app, until).await;

    let (figures, lines) = (metrics(&served).await, read(&log).lines().count());
    assert!(lines > 10, "the log is read");
    let ballots: Vec<Ballot> = (0..VOTERS).map(|voter| held.vote(voter, ["yes", "no"][voter % 2])).collect();
    for ballot in &ballots {
        held.cast(&app, ballot).await.expect(201);
        held.cast(&app, ballot).await.expect(200);
    }
    held.cast(&app, &Ballot { body: json!({ "spend": "x" }), nonce: String::new() }).await.problem(422);
    let secrets = Secrets::of(&held, &ballots);
    let told = read(&log);
    assert!(told.lines().count() - lines < VOTERS, "the log tells how many requests there were");
    assert!(!told.contains("/votes"), "the log has a line of the votes route");
    assert_same_figures(&figures, &metrics(&served).await);
    if engine == Engine::Sqlite {
        back_up(app.database(), &held);
    }
    for (place, text) in kept(app.database()).into_iter().chain([("the log".to_owned(), told)]) {
        secrets.assert_none_in(&text, &place);
        match () {
            () if place.contains("-ballot-") => {}
            () if place.contains("ballot_box_") => secrets.assert_no_pair_in(&text, &place),
            () => secrets.assert_no_vote_in(&text, &place),
        }
    }
    assert!(!boxes(app.database()).is_empty(), "the ballot is open still");

    tokio::time::sleep((until - app.now()).to_std().unwrap_or_default()).await;
    held.wait_for(&app, "closed").await;
    let complaint = held.complaint(3, &ballots[3]);
    app.post(held.below("complaints"), &complaint).without_key().await.expect(200);
    for _ in 0..100 {
        if !boxes(app.database()).is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert_eq!(boxes(app.database()), Vec::<String>::new());
    let told = read(&log);
    secrets.assert_none_in(&told, "the log");
    told.lines().for_each(|line| secrets.assert_no_pair_in(line, "a line of the log"));
    for (place, text) in kept(app.database()) {
        secrets.assert_none_in(&text, &place);
        if !place.starts_with("the file") {
            secrets.assert_no_pair_in(&text, &place);
        }
    }
    assert_lists_tell_no_order(app.database(), &secrets);
    if engine == Engine::Postgres {
        assert_tables_are_new(app.database());
    }
    drop(served);
}

/// Into the folder whose files are looked at.
fn back_up(database: &Database, held: &HostedBallot) {
    let copy = database.path().with_file_name("copy.db");
    let said = Program::new(&["backup", &copy.to_string_lossy()]).env("DATABASE_URL", &database.url()).run();
    let ballot = held.path.rsplit('/').next().unwrap();
    assert!(said.stdout.contains(&format!("votes of the open ballot {ballot} are not in the copy")), "{}", said.stdout);
    assert!(fs::metadata(copy).unwrap().len() > 0);
}

/// Rows, each with its table, and files.
fn kept(database: &Database) -> Vec<(String, String)> {
    let mut kept = rows_of_all_tables(database);
    assert!(kept.iter().any(|(place, _)| place.contains("ballot_lists")), "rows are read");
    if database.engine() == Engine::Sqlite {
        for file in fs::read_dir(database.path().parent().unwrap()).unwrap() {
            // A box may go meanwhile.
            let path = file.unwrap().path();
            if path.exists() {
                kept.push((format!("the file {}", path.display()), read(&path)));
            }
        }
    }
    kept
}

fn rows_of_all_tables(database: &Database) -> Vec<(String, String)> {
    let tables = match database.engine() {
        Engine::Sqlite => {
            "SELECT t.name AS name, group_concat('quote(\"' || c.name || '\")', ' || ''|'' || ') AS whole \
             FROM sqlite_master AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table' GROUP BY t.name"
        }
        Engine::Postgres => {
            "SELECT tablename AS name, 'CAST(' || tablename || ' AS TEXT)' AS whole FROM pg_tables \
             WHERE schemaname = 'public'"
        }
    };
    let tables = database.rows(tables);
    let text = |row: &Value, member: &str| row[member].as_str().unwrap().to_owned();
    let select = |table: &Value| {
        let (name, whole) = (text(table, "name"), text(table, "whole"));
        format!("SELECT 'a row of {name}' AS place, {whole} AS whole FROM {name}")
    };
    let all: Vec<String> = tables.iter().map(select).collect();
    let rows = database.rows(&all.join(" UNION ALL "));
    rows.iter().map(|row| (text(row, "place"), text(row, "whole").to_lowercase())).collect()
}

/// As text in lower case, whatever it is.
fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).to_lowercase()
}

/// Lines are sorted, and not in the order of the votes.
fn assert_lists_tell_no_order(database: &Database, secrets: &Secrets) {
    let rows = database.rows("SELECT list, lines FROM ballot_lists WHERE list IN ('spends', 'votes')");
    assert_eq!(rows.len(), 2);
    for row in rows {
        let lines: Vec<&str> = row["lines"].as_str().unwrap().split('\n').collect();
        assert!(lines.is_sorted(), "{row}");
        let cast = if row["list"] == "spends" { &secrets.spends } else { &secrets.trackers };
        assert_eq!(lines.len(), cast.len());
        assert!(!cast.is_sorted(), "the order of the votes is another");
    }
}

/// What was written in the order of the votes is in no file of PostgreSQL's tables, and one transaction wrote what is there now.
fn assert_tables_are_new(database: &Database) {
    let transactions =
        database.rows("SELECT DISTINCT CAST(xmin AS TEXT) FROM ballot_lists WHERE list IN ('spends', 'votes')");
    assert_eq!(transactions.len(), 1, "{transactions:?}");
    for table in ["ballot_boxes", "ballot_box_roll", "ballot_box_votes"] {
        let size = database.rows(&format!("SELECT pg_relation_size('{table}') AS bytes"));
        assert_eq!(size[0]["bytes"], 0, "{table}");
    }
}

async fn metrics(served: &ChildResource) -> String {
    let line = served.greeting.lines().find_map(|line| line.trim().strip_prefix("metrics")).unwrap();
    let address = line.trim().trim_start_matches("http://").trim_end_matches("/metrics").parse().unwrap();
    let client = Client::to(address);
    client.try_send(&client.request("GET".parse().unwrap(), "/metrics")).await.unwrap().text().to_owned()
}

/// No figure has grown with the votes, and the count of their requests waits for the end of the hour.
fn assert_same_figures(before: &str, after: &str) {
    let figures = |text: &str| -> BTreeMap<String, f64> {
        let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        pairs.map(|(name, figure)| (name.to_owned(), figure.parse().unwrap())).collect()
    };
    let (before, after) = (figures(before), figures(after));
    assert_eq!(after["mutuals_vote_requests_total"], 0.0);
    assert!(after.len() > 10 && !after.keys().any(|name| name.contains("/votes")), "{after:?}");
    for (name, figure) in &after {
        let grown = figure - before.get(name).unwrap_or(&0.0);
        assert!(grown < 10.0 || name.contains("timestamp"), "{name} grew by {grown} while {VOTERS} voted");
    }
}

#[test]
fn nothing_says_who_voted_how_on_sqlite() {
    nothing_says_who_voted_how(Engine::Sqlite);
}

#[test]
fn nothing_says_who_voted_how_on_postgres() {
    nothing_says_who_voted_how(Engine::Postgres);
}
