//! `mutuals copy`: a register with everything in it, in the other database and back.

use std::collections::BTreeMap;

use hyper::Method;
use kit::fixture::{MUTUALS, full_staff_ballot, id, mutual, with};
use kit::{Around, Database, Ended, Engine, Program, SAMPLES, TestApp};
use serde_json::{Value, json};

use crate::entry_log::{assert_sound, entries};

kit::on_both! {
    a_copy_there_and_back_is_the_same_register,
    a_copy_goes_on_where_its_source_was,
    a_copy_has_its_place_to_itself,
}

/// What the cases leave empty: lists of hosted ballots, what witnesses signed, and rows that wait for the end of an
/// import.
const EMPTY: [&str; 4] = ["ballot_lists", "cosignatures", "import_chunks", "import_records"];

fn other(engine: Engine) -> Engine {
    match engine {
        Engine::Sqlite => Engine::Postgres,
        Engine::Postgres => Engine::Sqlite,
    }
}

fn copy(from: &Database, to: &Database) -> Ended {
    Program::new(&["copy", "--from", &from.url(), "--to", &to.url()]).env("RUST_LOG", "off").run()
}

#[track_caller]
fn copied(from: &Database, to: &Database) -> Ended {
    let ended = copy(from, to);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

/// Every table that is the register's own, whatever the store knows of it. What follows from the records is looked at by searching.
fn tables(database: &Database) -> Vec<String> {
    let rows = database.rows(match database.engine() {
        Engine::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%search%' ORDER BY name"
        }
        Engine::Postgres => {
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%_search' ORDER BY 1"
        }
    });
    let names = rows.iter().map(|row| row["name"].as_str().unwrap().to_owned());
    // What is in the box of an open ballot is no part of the register.
    names.filter(|name| name != "__diesel_schema_migrations" && !name.starts_with("ballot_box")).collect()
}

/// Every row of every table, as the database writes its values.
fn content(database: &Database) -> BTreeMap<String, Vec<String>> {
    let written = |table: &String| match database.engine() {
        Engine::Sqlite => {
            let columns = database.rows(&format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
            let quoted = columns.iter().map(|row| format!("quote(\"{}\")", row["name"].as_str().unwrap()));
            quoted.collect::<Vec<_>>().join(" || ', ' || ")
        }
        Engine::Postgres => format!("CAST(\"{table}\" AS text)"),
    };
    let rows = |table: &String| {
        let rows = database.rows(&format!("SELECT {} AS written FROM \"{table}\"", written(table)));
        let mut rows: Vec<String> = rows.iter().map(|row| row["written"].as_str().unwrap().to_owned()).collect();
        rows.sort_unstable();
        rows
    };
    tables(database).into_iter().map(|table| (table.clone(), rows(&table))).collect()
}

/// Fills every table.
pub async fn fill(app: &TestApp) {
    let (all, least) = (Around::new(app, "all").await, Around::new(app, "least").await);
    for sample in SAMPLES {
        app.create(&sample.path(&all), &(sample.full)(&all)).await;
        let path = sample.path(&least);
        let made = app.create(&path, &(sample.minimal)(&least)).await;
        if sample.offers(&Method::PATCH) {
            app.patch(format!("{path}/{}", id(&made)), &(sample.change)()).await.expect(200);
        }
    }
    // Found by what was entered after it.
    let early = app.create(MUTUALS, &mutual("Early")).await;
    let late = app.create(MUTUALS, &mutual("Late")).await;
    app.lead(&early, &[("launched", "2012-01-01"), ("merged", "2013-01-01")]).await;
    app.patch(format!("{MUTUALS}/early"), &json!({ "successor_id": id(&late) })).await.expect(200);
    let gone = app.create(MUTUALS, &mutual("Gone")).await;
    app.delete(format!("{MUTUALS}/{}", id(&gone))).await.expect(204);
    app.post(MUTUALS, &mutual("Once")).header("idempotency-key", "once").await.expect(201);
    let key = json!({ "label": "A key", "role": "auditor", "expires_in_days": 3 });
    let key = app.post("/v1/keys", &key).await.expect(201);
    app.delete(format!("/v1/keys/{}", id(&key))).await.expect(204);
    // The row that is refused leaves a problem, that which removes something leaves what, and so many entries complete subtrees of the log's.
    let rows: String = (0..300).map(|n| format!("{}\n", mutual(&format!("Row {n}")))).collect();
    let import = app.request("POST", "/v1/imports?resource_type=mutual").with_key(kit::admin_key());
    app.create(MUTUALS, &with(mutual("Welsh"), json!({ "region": "wales" }))).await;
    let removing = json!({ "slug": "welsh", "region": null });
    let import = import.body("application/x-ndjson", format!("{rows}{{}}\n{removing}\n")).await.expect(202);
    while !app.get(format!("/v1/imports/{}", id(&import))).await.expect(200)["finished_at"].is_string() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let ballot = app.create("/v1/staff-ballots", &full_staff_ballot(id(&late))).await;
    let path = format!("/v1/staff-ballots/{}", id(&ballot));
    let erased = Program::new(&["erase", &path, "--reason", "asked for"]).env("DATABASE_URL", &app.database().url());
    assert_eq!(erased.run().code, Some(0));
}

/// What callers read of a register.
async fn shown(app: &TestApp) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for list in ["departments", "mutuals", "staff-ballots", "contracts"] {
        for format in ["ndjson", "csv"] {
            let path = format!("/v1/{list}/export.{format}");
            shown.push((path.clone(), app.get(path).await.text().to_owned()));
        }
    }
    for path in ["/v1/log/head", "/v1/entries?limit=200", "/v1/mutuals?q=row+29&limit=200", "/v1/departments?q=lead"] {
        let found = app.get(path).await.expect(200);
        assert!(!found["items"].as_array().is_some_and(Vec::is_empty), "nothing at {path}");
        shown.push((path.to_owned(), found.to_string()));
    }
    shown
}

async fn a_copy_there_and_back_is_the_same_register(app: &TestApp) {
    fill(app).await;
    let engine = app.database().engine();
    let (there, back) = (Database::absent(other(engine)), Database::absent(engine));
    let before = content(app.database());
    let filled: Vec<&String> = before.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert_eq!(filled, EMPTY, "a table is empty: fill it, so that it is seen to be copied");

    let first = copied(app.database(), &there);
    copied(&there, &back);

    let after = content(&back);
    for (table, rows) in &before {
        assert_eq!(after.get(table), Some(rows), "{table}");
        assert!(first.stderr.contains(&format!("{table}: {} rows", rows.len())), "{}", first.stderr);
    }
    assert_eq!(before.len(), after.len());
    for copy in [&there, &back] {
        assert_sound(&entries(copy));
        let verified = Program::new(&["log", "verify"]).env("DATABASE_URL", &copy.url()).run();
        assert_eq!(verified.code, Some(0), "{verified:?}");
    }
    let expected = shown(app).await;
    for copy in [there, back] {
        assert_eq!(shown(&TestApp::with(copy, |_| {})).await, expected);
    }
}

async fn a_copy_goes_on_where_its_source_was(app: &TestApp) {
    let engine = app.database().engine();
    for n in 0..5 {
        app.create(MUTUALS, &mutual(&format!("Mutual {n}"))).await;
    }
    for to in [engine, other(engine)] {
        let place = Database::absent(to);
        copied(app.database(), &place);
        let copy = TestApp::with(place, |_| {});
        let entered = copy.create(MUTUALS, &with(mutual("Sixth of them"), json!({ "staff_count": 6 }))).await;
        assert_eq!(copy.walk(&format!("{MUTUALS}?q=sixth")).await, [entered]);
        assert_eq!(copy.get("/v1/log/head").await.expect(200)["tree_size"], 6);
        copy.post(MUTUALS, &mutual("Mutual 3")).await.problem(409);
        copy.delete(format!("{MUTUALS}/mutual-1")).await.expect(204);
        let found: Vec<Value> = copy.walk(&format!("{MUTUALS}?q=mutual")).await;
        assert_eq!(found.len(), 4);
        assert_sound(&entries(copy.database()));
    }
}

async fn a_copy_has_its_place_to_itself(app: &TestApp) {
    app.create(MUTUALS, &mutual("Harmonie")).await;
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let taken = Database::fresh(engine);
        let before = content(&taken);
        let refused = copy(app.database(), &taken);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("already"), "{refused:?}");
        assert_eq!(content(&taken), before);
    }
    let nothing = Database::absent(app.database().engine());
    let refused = copy(&nothing, &Database::absent(Engine::Sqlite));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("there is no register"), "{refused:?}");
}
