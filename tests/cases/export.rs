//! Bulk out: the exports say what the lists say, of one moment, and a spreadsheet finds nothing in them to carry out.

use std::collections::BTreeSet;
use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, full_contract, full_department, full_mutual,
    full_staff_ballot, id, mutual, staff_ballot, with,
};
use kit::{Database, Engine, Response, Sample, TestApp, admin_key};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::jwt::{token, trust};

kit::on_both! {
    an_export_says_what_the_list_says,
    an_export_takes_the_filters_of_its_list,
    an_export_has_the_fields_that_are_asked_for,
    a_table_begins_with_a_byte_order_mark_on_request,
    an_export_is_of_one_moment,
    a_key_exports_what_it_may_see,
    texts_that_look_like_formulas_are_harmless,
    an_export_of_nothing_has_its_names,
    an_export_that_cannot_be_read_is_refused,
    who_hardly_reads_an_export_is_given_up,
    an_export_ends_with_its_key,
    an_export_ends_with_its_token,
    an_export_has_bounded_room,
    exports_are_answered_like_other_reads,
}

/// The records of an export as lines of JSON.
pub fn lines(export: &Response) -> Vec<Value> {
    assert_eq!(export.status(), 200, "{export:?}");
    assert_eq!(export.media_type(), Some("application/x-ndjson"));
    export.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The records of an export as a table, as far as they can be told from it alone: a cell that is no JSON is a text.
pub fn rows(export: &Response) -> (Vec<String>, Vec<Map<String, Value>>) {
    assert_eq!(export.status(), 200, "{export:?}");
    assert_eq!(export.media_type(), Some("text/csv"));
    let mut reader = csv::Reader::from_reader(export.bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |cells: csv::StringRecord| {
        let cells = names.iter().cloned().zip(cells.iter().map(str::to_owned)).filter(|(_, cell)| !cell.is_empty());
        cells.map(|(name, cell)| (name, serde_json::from_str(&cell).unwrap_or(Value::String(cell)))).collect()
    };
    let rows = reader.records().map(|cells| row(cells.unwrap())).collect();
    (names, rows)
}

/// A register with records that say little and records that say all they can.
async fn fill(app: &TestApp) {
    let successor = app.create(DEPARTMENTS, &department("Board of Trade")).await;
    let full = app.create(DEPARTMENTS, &full_department(id(&successor))).await;
    let other = app.create(DEPARTMENTS, &department("Leeds")).await;
    let harmonie = app.create(MUTUALS, &full_mutual([id(&full), id(&other), id(&successor)])).await;
    for number in 0..210 {
        app.create(MUTUALS, &mutual(&format!("Mutual {number}"))).await;
    }
    app.create(STAFF_BALLOTS, &full_staff_ballot(id(&harmonie))).await;
    app.declare(&app.create(STAFF_BALLOTS, &full_staff_ballot(id(&harmonie))).await).await;
    app.create(STAFF_BALLOTS, &staff_ballot(id(&harmonie))).await;
    app.create(CONTRACTS, &full_contract(id(&harmonie), id(&other))).await;
    app.create(CONTRACTS, &contract(id(&harmonie), id(&full))).await;
}

async fn an_export_says_what_the_list_says(app: &TestApp) {
    fill(app).await;
    let head = app.get("/v1/entries?limit=1").await.expect(200)["head"].to_string();
    for Sample { list: path, .. } in kit::top_level() {
        let listed = app.walk(path).await;
        let export = app.get(format!("{path}/export.ndjson")).await;
        assert_eq!(export.header("register-seq"), Some(head.as_str()));
        assert_eq!(lines(&export), listed, "{path}");
        let table = app.get(format!("{path}/export.csv")).await;
        assert_eq!(table.header("register-seq"), Some(head.as_str()));
        let (names, rows) = rows(&table);
        assert_eq!(rows.into_iter().map(Value::Object).collect::<Vec<_>>(), listed, "{path}");
        let told: BTreeSet<&str> =
            listed.iter().flat_map(|item| item.as_object().unwrap().keys()).map(String::as_str).collect();
        assert!(told.iter().all(|name| names.iter().any(|own| own == name)), "{path}");
        assert_eq!(names[0], "id");
    }
}

async fn an_export_takes_the_filters_of_its_list(app: &TestApp) {
    fill(app).await;
    for query in [
        "departments?kind=ministerial_department&sector=policy_advice&open=false&identifier=GB-GOR:D24",
        "departments?q=trade",
        "mutuals?department=leeds&stage=staff_consultation&region=yorkshire_and_the_humber",
        "mutuals?q=mutual&staff_count_to=5",
        "mutuals?q=mutual",
        "mutuals?sector=community_health",
        "staff-ballots?mutual=harmonie&state=draft&has_turnout=true",
        "contracts?department=leeds&is_first=true",
        "contracts?q=nursing",
    ] {
        let (path, filter) = query.split_once('?').unwrap();
        let export = app.get(format!("/v1/{path}/export.ndjson?{filter}")).await;
        assert_eq!(lines(&export), app.walk(&format!("/v1/{query}")).await, "{query}");
    }
    let refused = app.get("/v1/mutuals/export.ndjson?department=nobodys&stage=approved").await;
    refused.expect_faults(400, &[("department", "unknown-reference")]);
    let refused = app.get("/v1/mutuals/export.csv?stage=x&limit=3&sort=name").await;
    refused.expect_faults(
        400,
        &[("stage", "not-in-vocabulary"), ("limit", "unknown-parameter"), ("sort", "unknown-parameter")],
    );
}

async fn an_export_has_the_fields_that_are_asked_for(app: &TestApp) {
    fill(app).await;
    let header = |table: &Response| table.text().lines().next().unwrap().to_owned();
    // In the order that people read them in, whatever the kind.
    for (path, begin, end) in [
        (DEPARTMENTS, "id,slug,name,kind,", ",sources,version,created_at,updated_at"),
        (MUTUALS, "id,slug,name,identifiers,", ",sources,version,created_at,updated_at"),
        (STAFF_BALLOTS, "id,mutual_id,kind,", ",result,version,created_at,updated_at"),
        (CONTRACTS, "id,mutual_id,department_id,title,", ",sources,version,created_at,updated_at"),
    ] {
        let header = header(&app.get(format!("{path}/export.csv")).await);
        assert!(header.starts_with(begin) && header.ends_with(end), "{header}");
    }
    let table =
        app.get(format!("{MUTUALS}/export.csv?fields=name,region,id,tests&region=yorkshire_and_the_humber")).await;
    assert_eq!(header(&table), "name,region,id,tests");
    let (names, rows) = rows(&table);
    assert_eq!((names.len(), rows.len(), &rows[0]["name"]), (4, 1, &json!("Harmonie")));
    let lines = lines(&app.get(format!("{MUTUALS}/export.ndjson?fields=slug&fields=name,slug&q=harmonie")).await);
    assert_eq!(lines, [json!({ "slug": "harmonie", "name": "Harmonie" })]);
    for (query, faults) in [
        ("fields=name,colour", vec![("fields", "not-in-vocabulary")]),
        ("fields=", vec![("fields", "empty")]),
        ("fields=id,", vec![("fields", "not-in-vocabulary")]),
        (
            "fields=Name&bom=maybe&stage=x",
            vec![("stage", "not-in-vocabulary"), ("bom", "invalid-format"), ("fields", "not-in-vocabulary")],
        ),
    ] {
        app.get(format!("{MUTUALS}/export.csv?{query}")).await.expect_faults(400, &faults);
    }
    app.get(format!("{MUTUALS}/export.ndjson?bom=true")).await.expect_faults(400, &[("bom", "unknown-parameter")]);
}

async fn a_table_begins_with_a_byte_order_mark_on_request(app: &TestApp) {
    app.create(MUTUALS, &mutual("T\u{177}")).await;
    let plain = app.get(format!("{MUTUALS}/export.csv?bom=false")).await;
    let marked = app.get(format!("{MUTUALS}/export.csv?bom=true")).await;
    assert_eq!(marked.bytes(), [b"\xef\xbb\xbf", plain.bytes()].concat());
    // It is taken in as it is.
    let sent = app.request("POST", "/v1/imports?resource_type=mutual&validate_only=true");
    sent.body("text/csv", marked.bytes().to_vec()).await.expect(202);
}

async fn an_export_is_of_one_moment(app: &TestApp) {
    let writing = async {
        for number in 0..150 {
            app.create(MUTUALS, &mutual(&format!("Mutual {number}"))).await;
        }
    };
    let reading = async {
        for _ in 0..40 {
            let export = app.get(format!("{MUTUALS}/export.ndjson")).await;
            // Each entry is of the mutual that it entered.
            let seq: usize = export.header("register-seq").unwrap().parse().unwrap();
            assert_eq!(lines(&export).len(), seq);
        }
    };
    join(writing, reading).await;
}

async fn a_key_exports_what_it_may_see(app: &TestApp) {
    fill(app).await;
    let all = lines(&app.get(format!("{STAFF_BALLOTS}/export.ndjson")).await);
    assert_eq!((all.len(), all[0]["scrutineer"]["name"].as_str()), (3, Some("A. Counter")));
    let public = app.get(format!("{STAFF_BALLOTS}/export.csv")).without_key().await;
    let (_, shown) = rows(&public);
    assert_eq!((shown.len(), &shown[0]["state"]), (1, &json!("declared")));
    assert!(!public.text().contains("A. Counter"));
    assert_eq!(public.header("vary"), Some("Authorization"));
}

async fn texts_that_look_like_formulas_are_harmless(app: &TestApp) {
    let hostile = [
        "=cmd|' /C calc'!A0",
        "+44 20 7946 0000",
        "-1+1",
        "@SUM(A1)",
        "'=1",
        "plain, \"quoted\" and 'single'",
        "＝1＋1",
        "'tis",
    ];
    for (number, description) in hostile.iter().enumerate() {
        let said = format!("{description}\nand =more");
        app.create(MUTUALS, &with(mutual(&format!("Mutual {number}")), json!({ "description": said }))).await;
    }
    app.create(DEPARTMENTS, &department("=HYPERLINK(\"https://example.org\")")).await;
    let export = app.get(format!("{MUTUALS}/export.csv")).await;
    let (_, rows) = rows(&export);
    for (row, description) in rows.iter().zip(hostile) {
        let apostrophe = if ["plain", "'tis"].iter().any(|start| description.starts_with(start)) { "" } else { "'" };
        assert_eq!(row["description"], format!("{apostrophe}{description}\nand =more"));
    }
    let departments = app.get(format!("{DEPARTMENTS}/export.csv")).await;
    assert!(departments.text().contains("\"'=HYPERLINK(\"\"https://example.org\"\")\""), "{departments:?}");
}

async fn an_export_of_nothing_has_its_names(app: &TestApp) {
    let (names, rows) = rows(&app.get(format!("{CONTRACTS}/export.csv")).await);
    assert!(names.contains(&"title".to_owned()) && rows.is_empty());
    let export = app.get(format!("{CONTRACTS}/export.ndjson")).await;
    assert_eq!((export.status(), export.text(), export.header("register-seq")), (200, "", Some("0")));
}

/// A document that can't be read, far behind the first page.
async fn an_export_that_cannot_be_read_is_refused(app: &TestApp) {
    fill(app).await;
    let last = app.get(format!("{MUTUALS}/mutual-209")).await.expect(200);
    app.database().execute(&format!("UPDATE mutuals SET document = 'no JSON' WHERE id = '{}'", id(&last)));
    let client = kit::Client::to(app.address());
    let request = client.request("GET".parse().unwrap(), format!("{MUTUALS}/export.csv"));
    assert_eq!(client.try_send(&request).await.unwrap().status(), 500);
    // The connection of the database is as good as new.
    assert_eq!(lines(&app.get(format!("{DEPARTMENTS}/export.ndjson")).await).len(), 3);
}

/// A service whose export of departments has 24 MB, more than connections hold that nobody reads.
async fn with_a_large_export(app: &TestApp, configure: impl FnOnce(&mut api::Config)) -> TestApp {
    let app = TestApp::with(Database::fresh(app.database().engine()), configure);
    app.create(DEPARTMENTS, &department("Office")).await;
    let long = match app.database().engine() {
        Engine::Sqlite => "json_set(document, '$.note', hex(zeroblob(1000000)))",
        Engine::Postgres => "jsonb_set(document::jsonb, '{note}', to_jsonb(repeat('x', 2000000)))::text",
    };
    app.database().execute(&format!(
        "INSERT INTO departments (id, version, created_at, updated_at, slug, name, name_folded, kind, document) \
         WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 12) \
         SELECT '' || n, version, created_at, updated_at, '' || n, name, '' || n, kind, {long} FROM departments, counted"
    ));
    app
}

/// A client that has asked for an export and read its head.
struct Reader {
    stream: TcpStream,
    taken: usize,
}

impl Reader {
    async fn begin(app: &TestApp, key: Option<&str>) -> Self {
        let authorization = key.map_or_else(String::new, |key| format!("Authorization: Bearer {key}\r\n"));
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        let head =
            format!("GET {DEPARTMENTS}/export.ndjson HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 1000];
        let taken = timeout(PATIENCE, stream.read(&mut answer)).await.unwrap().unwrap();
        let answer = String::from_utf8_lossy(&answer[..taken]).into_owned();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("content-length: 24"), "{answer}");
        Self { stream, taken }
    }

    /// Reads until the connection ends, and tells whether all was there.
    async fn has_all(mut self) -> bool {
        let mut rest = Vec::new();
        // A reset is an end too.
        drop(timeout(PATIENCE, self.stream.read_to_end(&mut rest)).await.expect("the connection does not end"));
        self.taken + rest.len() > 24_000_000
    }
}

/// Longer than anything takes here.
const PATIENCE: Duration = Duration::from_secs(20);

async fn who_hardly_reads_an_export_is_given_up(app: &TestApp) {
    let app = with_a_large_export(app, |config| config.export_window = Duration::from_secs(1)).await;
    let export = format!("{DEPARTMENTS}/export.ndjson");
    let slow = [Reader::begin(&app, None).await, Reader::begin(&app, None).await];
    // They have both places of their address. Callers with a key have others.
    assert_eq!(app.get(&export).await.status(), 200);
    let started = Instant::now();
    loop {
        let others = join_all((0..2).map(|_| app.get(&export).without_key().into_future())).await;
        let refused: Vec<_> = others.iter().filter(|other| other.status() != 200).collect();
        if refused.is_empty() {
            break;
        }
        for other in refused {
            other.expect_problem(429, "too-many-requests");
            assert!(other.header("retry-after").is_some());
        }
        assert!(started.elapsed() < PATIENCE, "their places are never free again");
    }
    for reader in slow {
        assert!(!reader.has_all().await, "what was given up looks whole");
    }
}

async fn an_export_ends_with_its_key(app: &TestApp) {
    let app = with_a_large_export(app, |_| {}).await;
    let made = app.create("/v1/keys", &json!({"label": "Export", "role": "auditor", "expires_in_days": 30})).await;
    let kept = Reader::begin(&app, Some(admin_key())).await;
    let ended = Reader::begin(&app, made["key"].as_str()).await;
    app.delete(format!("/v1/keys/{}", id(&made))).without("if-match").await.expect(204);
    sleep(Duration::from_secs(1)).await;
    assert!(!ended.has_all().await, "an export goes on with a revoked key");
    assert!(kept.has_all().await, "another's export ended");
}

async fn an_export_ends_with_its_token(app: &TestApp) {
    let (_folder, configure) = trust().await;
    let app = with_a_large_export(app, configure).await;
    let kept = Reader::begin(&app, Some(admin_key())).await;
    let ended = Reader::begin(&app, Some(&token("auditor").await)).await;
    app.pass(Duration::from_secs(400));
    sleep(Duration::from_secs(1)).await;
    assert!(!ended.has_all().await, "an export goes on with a token that has expired");
    assert!(kept.has_all().await, "another's export ended");
}

async fn an_export_has_bounded_room(app: &TestApp) {
    let app = with_a_large_export(app, |config| config.production.export_space = 8).await;
    let refused = app.get(format!("{DEPARTMENTS}/export.ndjson")).await;
    let problem = refused.problem(400);
    assert_eq!(problem["type"], "/problems/invalid-parameter");
    assert!(problem["detail"].as_str().unwrap().contains("4 MiB"), "{problem}");
    assert_eq!(lines(&app.get(format!("{DEPARTMENTS}/export.ndjson?q=nothing")).await).len(), 0);
}

async fn exports_are_answered_like_other_reads(app: &TestApp) {
    let path = format!("{MUTUALS}/export.csv");
    app.request("HEAD", &path).await.expect(200);
    assert_eq!(app.request("OPTIONS", &path).await.header("allow"), Some("GET, HEAD, OPTIONS"));
    app.request("POST", &path).json(&json!({})).await.expect_problem(405, "method-not-allowed");
    app.get(&path).header("accept", "application/json").await.expect_problem(406, "not-acceptable");
    app.get(format!("{MUTUALS}/export.xml")).await.problem(404);
    assert_eq!(app.get(&path).await.header("cache-control"), Some("no-store"));
}
