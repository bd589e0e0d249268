//! Bulk in: rows become records by the rules of single changes, each once, whatever happens to the program.

use std::time::{Duration, Instant};

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, contract, department, full_contract, full_department,
    full_mutual, full_staff_ballot, id, mutual, staff_ballot, with, without,
};
use kit::{Client, Database, Engine, Program, Response, Sample, TestApp};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::entry_log::{assert_sound, entries};
use crate::export::lines;

kit::on_both! {
    rows_become_records,
    a_row_for_a_record_that_is_there_replaces_it,
    a_row_changes_what_it_names_and_nothing_else,
    a_row_that_says_all_of_a_record_replaces_it,
    a_row_names_its_record_without_being_one,
    what_rows_remove_is_told,
    a_table_is_taken_in_over_http,
    a_cell_has_a_list_as_people_write_it,
    a_name_alone_is_no_reference,
    a_table_changes_what_it_has_columns_for,
    a_table_is_read_as_spreadsheets_write_it,
    a_file_that_is_not_utf_8_says_so_once,
    an_open_quote_takes_no_row_with_it,
    corrections_that_come_with_a_ballot_are_checked,
    every_bad_row_has_its_problem_and_the_others_are_entered,
    atomic_enters_all_or_nothing,
    a_dry_run_enters_nothing,
    a_dry_run_tells_what_the_import_does,
    rows_that_are_entered_together_refer_to_one_another_in_any_order,
    rows_refer_to_one_another_in_any_order,
    what_was_exported_comes_back,
    the_sample_comes_back,
    only_an_administrator_gives_ids_and_a_past,
    rows_need_the_permission_of_single_changes,
    a_key_that_is_revoked_ends_its_import,
    a_refused_file_leaves_nothing,
    a_file_whose_client_has_gone_leaves_nothing,
    a_file_that_is_sent_again_is_the_same_import,
    everybody_sees_that_an_import_began_and_how_it_ended,
    an_import_of_ballots_is_told_to_those_who_see_drafts,
    imports_are_listed_for_those_who_may_see_them,
    a_problem_does_not_repeat_what_names_a_person,
    a_file_of_nothing_but_faults_is_stopped,
    a_row_that_cannot_be_entered_holds_up_nobody,
    an_atomic_import_that_cannot_be_entered_says_so,
    a_healthy_import_starts_behind_a_heavy_one,
    an_import_is_cancelled_by_those_who_may,
    a_caller_has_so_much_open_and_no_more,
    a_table_has_whatever_line_ends_it_has,
    the_program_imports_files,
    an_import_has_one_worker_and_another_when_that_dies,
    a_command_has_its_import_for_itself,
    a_worker_that_has_lost_its_import_stops,
}

pub fn ndjson(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// Imports rows and waits for the end; gives the import as it is then.
pub async fn import(app: &TestApp, query: &str, body: impl Into<String>) -> Value {
    let key = kit::admin_key();
    import_with(app, key, query, body).await
}

pub async fn import_with(app: &TestApp, key: &str, query: &str, body: impl Into<String>) -> Value {
    let request = app.request("POST", format!("/v1/imports?{query}")).with_key(key);
    let accepted = request.body("application/x-ndjson", body.into()).await;
    let begun = accepted.expect(202);
    let own = format!("/v1/imports/{}", id(&begun));
    assert_eq!(accepted.header("location"), Some(own.as_str()));
    finished(app, key, &own).await
}

/// Waits for the end of an import; gives it as it is then.
pub async fn finished(app: &TestApp, key: &str, own: &str) -> Value {
    for _ in 0..1500 {
        let import = app.get(own).with_key(key).await.expect(200);
        if import["finished_at"].is_string() {
            let counts = ["created", "updated", "unchanged", "failed"].map(|count| import[count].as_i64().unwrap());
            assert_eq!(import["processed"], counts.iter().sum::<i64>());
            return import;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the import does not end: {:?}", app.get(own).await);
}

pub fn counts(import: &Value) -> [i64; 5] {
    ["rows", "created", "updated", "unchanged", "failed"].map(|count| import[count].as_i64().unwrap())
}

/// The problems of an import: line, type and where each fault is.
pub async fn problems(app: &TestApp, import: &Value) -> Vec<(i64, String, Vec<String>)> {
    let page = app.get(format!("/v1/imports/{}/problems?limit=200", id(import))).await.expect(200);
    let told = |problem: &Value| {
        let errors = problem["errors"].as_array().into_iter().flatten();
        let errors =
            errors.map(|error| format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()));
        let kind = problem["type"].as_str().unwrap().trim_start_matches("/problems/").to_owned();
        (problem["line"].as_i64().unwrap(), kind, errors.collect())
    };
    page["items"].as_array().unwrap().iter().map(told).collect()
}

/// What the entries tell of an import: what was done by whom, and in which state it was then.
fn told_of<'e>(entries: &'e [Value], import: &Value) -> Vec<(&'e str, i64, &'e str, String)> {
    let about = |entry: &&Value| entry["resource_type"] == "import" && entry["resource_id"] == import["id"];
    let told = |entry: &'e Value| {
        let after: Value = serde_json::from_str(entry["after"].as_str().unwrap()).unwrap();
        let text = |name: &str| entry[name].as_str().unwrap();
        (text("action"), entry["version"].as_i64().unwrap(), text("actor"), after["state"].as_str().unwrap().to_owned())
    };
    entries.iter().filter(about).map(told).collect()
}

/// That an import began, and that it ended so: both under who asked for it.
fn assert_told(entries: &[Value], import: &Value) {
    let (by, state) = (import["requested_by"].as_str().unwrap(), import["state"].as_str().unwrap().to_owned());
    let expected = [("create", 1, by, "waiting".to_owned()), ("update", 2, by, state)];
    assert_eq!(told_of(entries, import), expected);
}

async fn rows_become_records(app: &TestApp) {
    let rows: Vec<Value> = (0..1200).map(|number| mutual(&format!("Mutual {number}"))).collect();
    let done = import(app, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [1200, 1200, 0, 0, 0]));
    let listed = app.walk(&format!("{MUTUALS}?limit=200")).await;
    assert_eq!(listed.len(), 1200);
    assert_eq!((&listed[7]["name"], &listed[7]["slug"]), (&json!("Mutual 7"), &json!("mutual-7")));
    // Each has its entry, under the key that imported it.
    let entries = entries(app.database());
    assert_sound(&entries);
    assert_eq!(entries.len(), 1 + 1200 + 1);
    assert_eq!((&entries[1]["resource_type"], &entries[1]["actor"]), (&json!("mutual"), &done["requested_by"]));
    assert_told(&entries, &done);
    let again = import(app, "resource_type=mutual", ndjson(&listed)).await;
    assert_eq!(counts(&again), [1200, 0, 0, 1200, 0]);
    assert_eq!(
        app.database().rows("SELECT 1 AS one FROM import_chunks UNION ALL SELECT 1 FROM import_records").len(),
        0
    );
}

async fn a_row_for_a_record_that_is_there_replaces_it(app: &TestApp) {
    let identifier = json!([{ "scheme": "GB-COH", "id": "09506232" }]);
    let known = app.create(MUTUALS, &with(mutual("Harmonie"), json!({ "identifiers": identifier }))).await;
    let other = app.create(MUTUALS, &mutual("Calder")).await;
    let rows = [
        with(mutual("Harmonie CIC"), json!({ "identifiers": identifier, "region": "wales" })),
        with(mutual("Calder"), json!({ "slug": "calder", "description": "=Libraries\n«'»" })),
        with(mutual("New"), json!({ "slug": "new" })),
    ];
    let done = import(app, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!(counts(&done), [3, 1, 2, 0, 0], "{:?}", problems(app, &done).await);
    let now = app.get(format!("{MUTUALS}/{}", id(&known))).await.expect(200);
    assert_eq!((&now["name"], &now["slug"], &now["version"]), (&json!("Harmonie CIC"), &known["slug"], &json!(2)));
    let now = app.get(format!("{MUTUALS}/{}", id(&other))).await.expect(200);
    assert_eq!(now["description"], "=Libraries\n«'»");
    // By id too; what the register sets itself is left out of account.
    let edited = with(now, json!({ "region": "london", "version": 77, "updated_at": "2001-01-01T00:00:00Z" }));
    let done = import(app, "resource_type=mutual", ndjson(&[edited])).await;
    assert_eq!(counts(&done), [1, 0, 1, 0, 0]);
    // Two records that the row would be both of.
    let both = with(mutual("Both"), json!({ "slug": "calder", "identifiers": identifier }));
    let done = import(app, "resource_type=mutual", ndjson(&[both])).await;
    assert_eq!(problems(app, &done).await[0].1, "slug-taken");
}

/// What rows of an import removed: the line, the record and the fields.
pub async fn removals(app: &TestApp, import: &Value) -> Vec<(i64, String, Vec<String>)> {
    let page = app.get(format!("/v1/imports/{}/removals?limit=200", id(import))).await.expect(200);
    let told = |removal: &Value| {
        let fields = removal["fields"].as_array().unwrap().iter().map(|field| field.as_str().unwrap().to_owned());
        (removal["line"].as_i64().unwrap(), removal["record_id"].as_str().unwrap().to_owned(), fields.collect())
    };
    page["items"].as_array().unwrap().iter().map(told).collect()
}

/// A mutual that says all that one can, and the department that it left.
async fn full(app: &TestApp) -> (Value, Value) {
    let left = app.create(DEPARTMENTS, &department("Left")).await;
    let others =
        [app.create(DEPARTMENTS, &department("Other")).await, app.create(DEPARTMENTS, &department("Third")).await];
    let mutual = app.create(MUTUALS, &full_mutual([id(&left), id(&others[0]), id(&others[1])])).await;
    (mutual, left)
}

/// Takes one row in, which the register takes, and gives the record after it.
async fn after_row(app: &TestApp, query: &str, path: &str, row: &Value) -> Value {
    let done = import(app, query, ndjson(std::slice::from_ref(row))).await;
    assert_eq!(counts(&done)[4], 0, "{row}: {:?}", problems(app, &done).await);
    app.get(path).await.expect(200)
}

async fn a_row_changes_what_it_names_and_nothing_else(app: &TestApp) {
    let (before, _) = full(app).await;
    let path = format!("{MUTUALS}/{}", id(&before));
    let since = |record: &Value| without(record.clone(), &["version", "updated_at"]);
    // The row that wiped a record: its slug, and what is to change.
    let row = json!({ "slug": before["slug"], "name": before["name"], "sectors": ["housing"], "staff_count": 12 });
    let after = after_row(app, "resource_type=mutual", &path, &row).await;
    assert_eq!(since(&after), with(since(&before), json!({ "sectors": ["housing"], "staff_count": 12 })));

    // Of an object too; `null` removes.
    let row =
        json!({ "id": id(&before), "tests": { "left_public_sector": "not_met" }, "region": null, "description": null });
    let changed = after_row(app, "resource_type=mutual", &path, &row).await;
    let mut expected = without(since(&after), &["region", "description"]);
    expected["tests"]["left_public_sector"] = json!("not_met");
    assert_eq!(since(&changed), expected);
    assert_eq!(changed["version"], after["version"].as_i64().unwrap() + 1);

    // Of a list all.
    let row = json!({ "id": id(&before), "sources": [{ "title": "Only" }], "other_department_ids": null });
    let listed = after_row(app, "resource_type=mutual", &path, &row).await;
    assert_eq!(since(&listed), with(expected, json!({ "sources": [{ "title": "Only" }], "other_department_ids": [] })));

    // What must be there can't be removed, and what never changes doesn't.
    let rows = [json!({ "id": id(&before), "name": null, "sectors": null, "slug": null, "stage": null })];
    let done = import(app, "resource_type=mutual", ndjson(&rows)).await;
    let mut faults = problems(app, &done).await[0].2.clone();
    faults.sort_unstable();
    assert_eq!(faults, ["/name required", "/sectors required", "/slug read-only", "/stage read-only"]);
    // A new record has nothing that is to be removed.
    let rows =
        [with(mutual("New"), json!({ "region": null, "tests": { "left_public_sector": null }, "sources": null }))];
    let done = import(app, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!(counts(&done), [1, 1, 0, 0, 0], "{:?}", problems(app, &done).await);
}

async fn a_row_that_says_all_of_a_record_replaces_it(app: &TestApp) {
    let (before, _) = full(app).await;
    let path = format!("{MUTUALS}/{}", id(&before));
    let row = json!({ "slug": before["slug"], "name": before["name"], "sectors": ["housing"], "staff_count": 12 });
    let dry =
        import(app, "resource_type=mutual&update=replace&validate_only=true", ndjson(std::slice::from_ref(&row))).await;
    assert_eq!((&dry["update"], counts(&dry), &dry["removals"]), (&json!("replace"), [1, 0, 1, 0, 0], &json!(1)));
    assert_eq!(app.get(&path).await.expect(200), before);
    let foretold = removals(app, &dry).await;
    let after = after_row(app, "resource_type=mutual&update=replace", &path, &row).await;
    for gone in ["region", "legal_form", "origin_route", "description", "website", "staff_counted_on"] {
        assert!(before.get(gone).is_some() && after.get(gone).is_none(), "{gone}");
        assert!(foretold[0].2.contains(&format!("/{gone}")), "{foretold:?}");
    }
    assert_eq!(after["sources"], json!([]));
    assert!(foretold[0].2.contains(&"/sources/0".to_owned()), "{foretold:?}");
    assert_eq!((foretold.len(), foretold[0].0, foretold[0].1.as_str()), (1, 1, id(&before)));
    let request = app.request("POST", "/v1/imports?resource_type=mutual&update=wipe");
    request.body("application/x-ndjson", "{}").await.expect_faults(400, &[("update", "not-in-vocabulary")]);
}

/// By its slug or its identifiers, for who may change it and may not enter it.
async fn a_row_names_its_record_without_being_one(app: &TestApp) {
    let (before, left) = full(app).await;
    let path = format!("{MUTUALS}/{}", id(&before));
    let other = app
        .create(MUTUALS, &with(mutual("Other"), json!({ "identifiers": [{ "scheme": "GB-COH", "id": "07506632" }] })))
        .await;
    for (row, region) in [
        (json!({ "slug": before["slug"], "region": "wales" }), "wales"),
        (json!({ "identifiers": before["identifiers"], "region": "scotland" }), "scotland"),
    ] {
        assert_eq!(after_row(app, "resource_type=mutual", &path, &row).await["region"], region);
    }
    let editor = app.database().make_key("department_editor", &[id(&left)]);
    let row = json!({ "slug": before["slug"], "name": before["name"], "sectors": ["housing"] });
    let done = import_with(app, &editor, "resource_type=mutual", ndjson(&[row])).await;
    assert_eq!(counts(&done), [1, 0, 1, 0, 0], "{:?}", problems(app, &done).await);
    // It is for nobody's record, or for more than one.
    let both =
        [before["identifiers"].as_array().unwrap().as_slice(), other["identifiers"].as_array().unwrap()].concat();
    let rows = [
        json!({ "slug": "nobody", "region": "wales" }),
        json!({ "identifiers": both, "region": "wales" }),
        json!({ "region": "wales" }),
        json!({ "slug": 7, "identifiers": "x", "region": "wales" }),
    ];
    let done = import(app, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!(counts(&done), [4, 0, 0, 0, 4]);
    let faults: Vec<Vec<String>> = problems(app, &done).await.into_iter().map(|(.., faults)| faults).collect();
    assert_eq!(faults[0], ["/name required", "/sectors required"]);
    assert_eq!(faults[1], ["/identifiers inconsistent"]);
    assert_eq!(faults[2], ["/name required", "/sectors required"]);
    // Ballots and contracts by their id.
    let contract = app.create(CONTRACTS, &full_contract(id(&before), id(&left))).await;
    let row =
        json!({ "id": id(&contract), "protection": { "kind": null, "until": null }, "status": "terminated_early" });
    let after = after_row(app, "resource_type=contract", &format!("{CONTRACTS}/{}", id(&contract)), &row).await;
    assert_eq!(
        (after.get("protection"), &after["status"], &after["value"]),
        (None, &json!("terminated_early"), &contract["value"])
    );
}

async fn what_rows_remove_is_told(app: &TestApp) {
    let (before, _) = full(app).await;
    let mut rows: Vec<Value> =
        (0..1_003).map(|number| with(mutual(&format!("Mutual {number}")), json!({ "region": "wales" }))).collect();
    import(app, "resource_type=mutual", ndjson(&rows)).await;
    rows.iter_mut().for_each(|row| {
        *row = json!({ "slug": row["name"].as_str().unwrap().to_lowercase().replace(' ', "-"), "region": null })
    });
    rows.insert(0, json!({ "id": id(&before), "sources": [], "tests": null, "website": null, "region": "london" }));
    let dry = import(app, "resource_type=mutual&validate_only=true", ndjson(&rows)).await;
    assert_eq!(
        (counts(&dry), &dry["removals"]),
        ([1_004, 0, 1_004, 0, 0], &json!(1_004)),
        "{:?}",
        problems(app, &dry).await.first()
    );
    let told = removals(app, &dry).await;
    let sources = before["sources"].as_array().unwrap().len();
    let mut fields: Vec<String> = vec!["/website".to_owned()];
    fields.extend((0..sources).map(|index| format!("/sources/{index}")));
    assert_eq!(told[0], (1, id(&before).to_owned(), fields));
    assert_eq!((told[1].0, &told[1].2), (2, &vec!["/region".to_owned()]));
    assert_eq!(app.database().rows("SELECT 1 AS one FROM import_removals").len(), 1_000);
    let page = app.get(format!("/v1/imports/{}/removals?limit=1&after=999", id(&dry))).await.expect(200);
    assert_eq!((page["items"].as_array().unwrap().len(), page.get("next_after")), (1, None));
    // Nothing is gone yet, and those who may not see the import don't see what it removes.
    assert_eq!(app.get(format!("{MUTUALS}/{}", id(&before))).await.expect(200), before);
    let editor = app.database().make_key("mutual_editor", &[]);
    app.get(format!("/v1/imports/{}/removals", id(&dry))).with_key(&editor).await.expect_problem(404, "not-found");
    let done = import(app, "resource_type=mutual", ndjson(&rows[..2])).await;
    assert_eq!(removals(app, &done).await, told[..2]);
}

/// Sends a table, and waits for the end of its import.
pub async fn import_table(app: &TestApp, query: &str, table: &str) -> Value {
    let accepted = app.request("POST", format!("/v1/imports?{query}")).body("text/csv", table.to_owned()).await;
    finished(app, kit::admin_key(), &format!("/v1/imports/{}", id(&accepted.expect(202)))).await
}

/// All that an export can have beside ids.
fn expanded(path: &str) -> &'static str {
    match path {
        DEPARTMENTS => "successor",
        MUTUALS => "department,other_departments,successor",
        STAFF_BALLOTS => "mutual",
        _ => "mutual,department",
    }
}

/// A list of words may be written as people write one.
async fn a_cell_has_a_list_as_people_write_it(app: &TestApp) {
    let table = "name,sectors\nA,housing\nB, culture ;housing;\nC,\"[\"\"housing\"\"]\"\nD,housng;culture\nE,;\n";
    let done = import_table(app, "resource_type=mutual", table).await;
    assert_eq!(counts(&done), [5, 3, 0, 0, 2]);
    let refused = |line, fault: &str| (line, "invalid-content".to_owned(), vec![fault.to_owned()]);
    assert_eq!(
        problems(app, &done).await,
        [refused(5, "/sectors/0 not-in-vocabulary"), refused(6, "/sectors too-few")]
    );
    let sectors = app.walk(MUTUALS).await.into_iter().map(|mutual| mutual["sectors"].clone()).collect::<Vec<_>>();
    assert_eq!(sectors, [json!(["housing"]), json!(["culture", "housing"]), json!(["housing"])]);
}

/// What names another record beside its id is passed over, but never where it stands alone.
async fn a_name_alone_is_no_reference(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let table = "name,sectors,department_id,department.slug\nA,housing,,office\nB,housing,office,office\nC,housing,,\n";
    let done = import_table(app, "resource_type=mutual", table).await;
    assert_eq!(counts(&done), [3, 2, 0, 0, 1]);
    let refused = vec!["/department unknown-member".to_owned()];
    assert_eq!(problems(app, &done).await, [(2, "invalid-content".to_owned(), refused)]);
}

async fn a_table_is_taken_in_over_http(app: &TestApp) {
    let (before, left) = full(app).await;
    let ballot = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&before))).await;
    app.create(CONTRACTS, &full_contract(id(&before), id(&left))).await;
    for Sample { kind: resource_type, list: path, .. } in kit::top_level() {
        for export in [format!("{path}/export.csv"), format!("{path}/export.csv?expand={}", expanded(path))] {
            let exported = app.get(&export).await;
            for update in ["merge", "replace"] {
                let query = format!("resource_type={resource_type}&update={update}");
                let same = import_table(app, &query, exported.text()).await;
                let [rows, created, updated, unchanged, failed] = counts(&same);
                assert_eq!((created, updated, failed), (0, 0, 0), "{export}: {:?}", problems(app, &same).await);
                assert!(rows > 0 && rows == unchanged);
            }
        }
    }
    // What somebody sees who doesn't see who watched: it wipes nothing either.
    let public = app.get(format!("{STAFF_BALLOTS}/export.csv")).without_key().await;
    assert!(!public.text().contains("A. Counter"));
    let declared = app.declare(&ballot).await;
    let public = app.get(format!("{STAFF_BALLOTS}/export.csv")).without_key().await;
    let same = import_table(app, "resource_type=staff_ballot", public.text()).await;
    assert_eq!(counts(&same), [1, 0, 0, 1, 0], "{:?}", problems(app, &same).await);
    assert_eq!(
        app.get(format!("{STAFF_BALLOTS}/{}", id(&declared))).await.expect(200)["scrutineer"],
        declared["scrutineer"]
    );
    // With what may come with the media type, and for who may enter such records.
    let send = |media: &str, body: &str| {
        app.request("POST", "/v1/imports?resource_type=department").body(media, body.to_owned())
    };
    let begun = send("text/csv; charset=utf-8; header=present", "name,kind\r\nBy table,other\r\n").await.expect(202);
    let done = finished(app, kit::admin_key(), &format!("/v1/imports/{}", id(&begun))).await;
    assert_eq!(counts(&done), [1, 1, 0, 0, 0]);
    send("text/tab-separated-values", "name\tkind").await.expect_problem(415, "unsupported-media-type");
    // The same bytes taken for something else are another request.
    let with_key = |media: &str| send(media, "name,kind\n").header("idempotency-key", "table");
    with_key("text/csv").await.expect(202);
    with_key("text/csv").await.expect(202);
    with_key("application/x-ndjson").await.expect_problem(422, "idempotency-key-reused");
}

async fn a_table_changes_what_it_has_columns_for(app: &TestApp) {
    let (before, _) = full(app).await;
    let path = format!("{MUTUALS}/{}", id(&before));
    let since = |record: &Value| without(record.clone(), &["version", "updated_at"]);
    let (slug, name) = (before["slug"].as_str().unwrap(), before["name"].as_str().unwrap());
    let table = format!("slug,name,sectors,staff_count\n{slug},{name},\"[\"\"housing\"\"]\",12\n");
    let done = import_table(app, "resource_type=mutual", &table).await;
    assert_eq!(counts(&done), [1, 0, 1, 0, 0], "{:?}", problems(app, &done).await);
    assert_eq!(removals(app, &done).await[0].2, ["/sectors/0", "/sectors/1"]);
    let after = app.get(&path).await.expect(200);
    assert_eq!(since(&after), with(since(&before), json!({ "sectors": ["housing"], "staff_count": 12 })));
    // An empty cell removes; a column for a member of an object changes that alone.
    let table =
        format!("slug,region,tests.left_public_sector,tests.delivers_public_services,sources\n{slug}, ,not_met,,\n");
    let dry = import_table(app, "resource_type=mutual&validate_only=true", &table).await;
    let sources = (0..before["sources"].as_array().unwrap().len()).map(|index| format!("/sources/{index}"));
    assert_eq!(removals(app, &dry).await[0].2, [vec!["/region".to_owned()], sources.collect()].concat());
    import_table(app, "resource_type=mutual", &table).await;
    let now = app.get(&path).await.expect(200);
    let mut expected = with(without(since(&after), &["region"]), json!({ "sources": [] }));
    expected["tests"]["left_public_sector"] = json!("not_met");
    expected["tests"]["delivers_public_services"] = json!("unknown");
    assert_eq!(since(&now), expected);
    // Of an object that isn't there, empty cells make none.
    let ballot = app.create(STAFF_BALLOTS, &staff_ballot(id(&before))).await;
    let row =
        |cells: &str| format!("id,scrutineer.name,scrutineer.appointed_on,counts_complete\n{},{cells}\n", id(&ballot));
    let done = import_table(app, "resource_type=staff_ballot", &row(",,")).await;
    assert_eq!(counts(&done), [1, 0, 0, 1, 0], "{:?}", problems(app, &done).await);
    import_table(app, "resource_type=staff_ballot", &row("Ada Watcher,2012-08-01,False")).await;
    let there = app.get(format!("{STAFF_BALLOTS}/{}", id(&ballot))).await.expect(200);
    assert_eq!(there["scrutineer"], json!({ "name": "Ada Watcher", "appointed_on": "2012-08-01" }));
    let done = import_table(app, "resource_type=staff_ballot", &row(",,")).await;
    assert_eq!(
        (counts(&done), removals(app, &done).await[0].2.clone()),
        ([1, 0, 1, 0, 0], vec!["/scrutineer".to_owned()])
    );
}

/// Line ends of any kind, blank lines, rows without content, cells behind the last column, capitals, a mark of byte order.
async fn a_table_is_read_as_spreadsheets_write_it(app: &TestApp) {
    for (number, end) in ["\r", "\n", "\r\n"].iter().enumerate() {
        let row = |name: &str, rest: &str| format!("{name} {number},\"[\"\"housing\"\"]\",{rest}");
        let rows = [
            "\u{feff}name,sectors,description, region ,".to_owned(),
            row("First", "\"one\n\nthree\",wales,"),
            String::new(),
            ",,,,".to_owned(),
            " ,,\t,,".to_owned(),
            row("Ragged", "wales"),
            row("Second", ",wales,,,"),
            row("Beside", ",wales,x"),
            row("Third", ",nowhere,"),
            row("Fourth", ",,"),
        ];
        let done = import_table(app, "resource_type=mutual", &rows.join(end)).await;
        assert_eq!(counts(&done), [6, 3, 0, 0, 3], "{end:?}: {:?}", problems(app, &done).await);
        let malformed = |line| (line, "malformed-request".to_owned(), vec![" invalid-format".to_owned()]);
        let unknown = (11, "invalid-content".to_owned(), vec!["/region not-in-vocabulary".to_owned()]);
        // The cell of three lines counts as three.
        assert_eq!(problems(app, &done).await, [malformed(8), malformed(10), unknown], "{end:?}");
        let first = app.get(format!("{MUTUALS}/first-{number}")).await.expect(200);
        assert_eq!((&first["description"], &first["region"]), (&json!("one\n\nthree"), &json!("wales")));
    }
    // All or nothing: one ragged row, and nothing is entered.
    let table = "name,sectors\nAtomic,\"[\"\"housing\"\"]\"\nRagged\n";
    let done = import_table(app, "resource_type=mutual&mode=atomic", table).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("failed"), [2, 0, 0, 0, 1]));
    // Lines of JSON have the same ends.
    let lines = [mutual("Old").to_string(), String::new(), mutual("Older").to_string(), "x".to_owned()].join("\r");
    let done = import(app, "resource_type=mutual", lines).await;
    assert_eq!((counts(&done), problems(app, &done).await[0].0), ([3, 2, 0, 0, 1], 4));

    let send = |table: &str| app.request("POST", "/v1/imports?resource_type=mutual").body("text/csv", table.to_owned());
    let twice = send("name,sectors,name,tests,tests.left_public_sector,sectors\nA,,,,,\n").await;
    twice.expect_faults(
        422,
        &[
            ("/name", "duplicate-member"),
            ("/tests/left_public_sector", "duplicate-member"),
            ("/sectors", "duplicate-member"),
        ],
    );
    send(&format!("name{}\nA", ",x".repeat(200))).await.expect_faults(422, &[("", "too-many")]);
    for (table, said) in [("name;sectors\nA;\n", "semicolons"), ("name\tsectors\nA\t\n", "tabs")] {
        let refused = send(table).await;
        refused.expect_faults(400, &[("", "invalid-format")]);
        assert!(refused.text().contains(said), "{refused:?}");
    }
    for table in ["imports", "import_chunks"] {
        let open = format!("SELECT 1 AS one FROM {table}");
        assert_eq!(app.database().rows(&open).len(), if table == "imports" { 5 } else { 0 }, "{table}");
    }
}

async fn a_file_that_is_not_utf_8_says_so_once(app: &TestApp) {
    let table = "name,sectors\r\nCalder,\r\nCaf\u{e9},\r\nT\u{175},\r\n";
    let latin =
        |text: &str| text.chars().map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?')).collect::<Vec<u8>>();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let large = format!("{}{table}", "name,sectors\r\n".repeat(20_000));
    for (media, bytes, said) in [
        ("text/csv", latin(table), "line 3, column 4 has the byte E9"),
        ("text/csv", latin(&large), "line 20003, column 4"),
        ("text/csv", wide(&format!("\u{feff}{table}")), "UTF-16"),
        ("text/csv", wide(table), "UTF-16"),
        ("text/csv", b"PK\x03\x04\x14\0\x06\0".to_vec(), "workbook"),
        ("text/csv", b"\x1f\x8b\x08\0\0".to_vec(), "gzip"),
        ("application/x-ndjson", latin("{\"name\": \"Caf\u{e9}\"}\n"), "line 1, column 14"),
        ("application/x-ndjson", wide("{\"name\": \"A\"}\n"), "UTF-16"),
    ] {
        let refused = app.request("POST", "/v1/imports?resource_type=mutual").body(media, bytes).await;
        refused.expect_faults(400, &[("", "invalid-format")]);
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(said), "{detail}");
    }
    for table in ["imports", "import_chunks"] {
        assert!(app.database().rows(&format!("SELECT 1 AS one FROM {table}")).is_empty(), "{table}");
    }
    import(app, "resource_type=mutual", ndjson(&[mutual("After")])).await;
}

async fn an_open_quote_takes_no_row_with_it(app: &TestApp) {
    let good = |name: &str| format!("{name},\"[\"\"housing\"\"]\",");
    let table = [
        "name,sectors,description".to_owned(),
        good("First"),
        format!("{}\"never closed", good("Open")),
        good("Second"),
        format!("{}\"closed by the next", good("Open too")),
        format!("{}\"quoted\"", good("Third")),
        format!("{}\"text\" behind", good("Behind")),
        good("Fourth"),
        format!("{}\"to the end", good("Last")),
    ];
    let done = import_table(app, "resource_type=mutual", &table.join("\r\n")).await;
    assert_eq!(counts(&done), [8, 4, 0, 0, 4], "{:?}", problems(app, &done).await);
    let lines: Vec<i64> = problems(app, &done).await.into_iter().map(|(line, ..)| line).collect();
    assert_eq!(lines, [3, 5, 7, 9]);
    let page = app.get(format!("/v1/imports/{}/problems", id(&done))).await.expect(200);
    let detail = page["items"][3]["detail"].as_str().unwrap();
    assert!(detail.contains("line 9, column 22 is never closed"), "{detail}");
    let names = ["First", "Fourth", "Second", "Third"];
    assert_eq!(app.column(&format!("{MUTUALS}?sort=name"), "name").await, names);
    let header = app.request("POST", "/v1/imports?resource_type=mutual").body("text/csv", "name,\"sectors\nA,\n").await;
    header.expect_faults(400, &[("", "invalid-format")]);
}

async fn corrections_that_come_with_a_ballot_are_checked(app: &TestApp) {
    let harmonie = app.create(MUTUALS, &mutual("Harmonie")).await;
    let correction = |at: &str, version: i64| json!({ "corrected_at": at, "reason": "Recounted.", "version": version });
    let (first, second) = (correction("2013-01-01T00:00:00Z", 3), correction("2014-01-01T00:00:00Z", 4));
    let row = |state: &str, corrections: Value| {
        with(full_staff_ballot(id(&harmonie)), json!({ "state": state, "corrections": corrections }))
    };
    let mut blank = first.clone();
    blank["reason"] = json!("  ");
    let rows = [
        row("declared", json!([first, second])),
        row("draft", json!([first])),
        row("declared", json!([second, first])),
        row("declared", json!([first, first])),
        row("declared", json!([correction("2013-01-01T00:00:00Z", 1)])),
        row("declared", json!([correction("2013-01-01T00:00:00Z", -3), correction("2030-01-01T00:00:00Z", 5)])),
        with(
            row("declared", json!([correction("2999-01-01T00:00:00Z", 5)])),
            json!({ "counts": [], "published_figures": [], "counts_complete": false, "later_rounds": [] }),
        ),
        row("declared", json!([blank, { "reason": "x" }])),
        row("void", json!(7)),
    ];
    let done = import(app, "resource_type=staff_ballot", ndjson(&rows)).await;
    let told: Vec<(i64, Vec<String>)> = problems(app, &done)
        .await
        .into_iter()
        .map(|(line, _, mut faults)| {
            faults.sort_unstable();
            (line, faults)
        })
        .collect();
    let expected: [(i64, &[&str]); 8] = [
        (2, &["/corrections inconsistent"]),
        (3, &["/corrections/1/corrected_at date-order", "/corrections/1/version inconsistent"]),
        (4, &["/corrections/1/version inconsistent"]),
        (5, &["/corrections/0/version out-of-range"]),
        (6, &["/corrections/0/version out-of-range"]),
        (7, &["/corrections/0/corrected_at out-of-range", "/counts required"]),
        (8, &["/corrections/0/reason empty", "/corrections/1 required"]),
        (9, &["/corrections invalid-type", "/void_reason required"]),
    ];
    for ((line, faults), (at, expected)) in told.iter().zip(expected) {
        assert_eq!((line, faults.iter().map(String::as_str).collect::<Vec<_>>()), (&at, expected.to_vec()));
    }
    assert_eq!((told.len(), counts(&done)), (8, [9, 1, 0, 0, 8]));
}

async fn every_bad_row_has_its_problem_and_the_others_are_entered(app: &TestApp) {
    let taken = app.create(DEPARTMENTS, &department("Taken")).await;
    let deleted = app.create(DEPARTMENTS, &department("Deleted")).await;
    app.delete(format!("{DEPARTMENTS}/{}", id(&deleted))).await.expect(204);
    let known = json!({ "slug": "taken" });
    let lines = [
        department("First").to_string(),
        "not JSON".to_owned(),
        String::new(),
        "[1, 2]".to_owned(),
        with(department("Second"), json!({ "colour": "red", "kind": "x", "website": "ftp://x" })).to_string(),
        r#"{"name": "Third", "name": "Third too", "kind": "other"}"#.to_owned(),
        with(department("Fourth"), json!({ "id": 7 })).to_string(),
        with(department("Fifth"), json!({ "id": id(&deleted) })).to_string(),
        department("Taken").to_string(),
        with(department("Taken"), known.clone()).to_string(),
        with(department("Taken"), with(known, json!({ "website": "https://example.org/" }))).to_string(),
        with(department("Sixth"), json!({ "closed_on": "2001", "successor_id": NOBODY })).to_string(),
        "{\"name\": \"Zero\", \"kind\": \"other\", \"website\": \"\u{0}\"}".to_owned(),
        format!("{{\"name\": \"{}\"}}", "x".repeat(70_000)),
        department("Last").to_string(),
    ];
    let done = import(app, "resource_type=department", lines.join("\r\n")).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [14, 2, 0, 1, 11]));
    let told = problems(app, &done).await;
    let expected = [
        (2, "malformed-request", vec![" invalid-format"]),
        (4, "invalid-content", vec![" invalid-type"]),
        (5, "invalid-content", vec!["/colour unknown-member", "/kind not-in-vocabulary", "/website invalid-format"]),
        (6, "invalid-content", vec!["/name duplicate-member"]),
        (7, "invalid-content", vec!["/id invalid-type"]),
        (8, "gone", vec![]),
        (9, "name-taken", vec![]),
        (11, "invalid-content", vec![" duplicate-item"]),
        (12, "invalid-content", vec!["/successor_id unknown-reference"]),
        (13, "malformed-request", vec![" invalid-format"]),
        (14, "payload-too-large", vec![]),
    ];
    let told: Vec<(i64, &str, Vec<&str>)> = told
        .iter()
        .map(|(line, kind, errors)| (*line, kind.as_str(), errors.iter().map(String::as_str).collect()))
        .collect();
    for (told, expected) in told.iter().zip(&expected) {
        let mut errors = told.2.clone();
        errors.sort_unstable();
        assert_eq!((told.0, told.1), (expected.0, expected.1), "{told:?}");
        assert!(expected.2.is_empty() || errors == expected.2, "{told:?}");
    }
    assert_eq!(told.len(), expected.len());
    assert_eq!(app.column(&format!("{DEPARTMENTS}?sort=name"), "name").await, ["First", "Last", "Taken"]);
    // Page by page.
    let first = app.get(format!("/v1/imports/{}/problems?limit=4", id(&done))).await.expect(200);
    assert_eq!((first["items"].as_array().unwrap().len(), &first["next_after"]), (4, &json!(6)));
    let rest = app.get(format!("/v1/imports/{}/problems?limit=200&after=6", id(&done))).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), rest.get("next_after")), (7, None));
    let _ = taken;
}

async fn atomic_enters_all_or_nothing(app: &TestApp) {
    let mut rows: Vec<Value> = (0..700).map(|number| mutual(&format!("Mutual {number}"))).collect();
    rows.push(json!({ "name": "Without sectors" }));
    rows.push(mutual("Mutual 3"));
    let refused = import(app, "resource_type=mutual&mode=atomic", ndjson(&rows)).await;
    assert_eq!((refused["state"].as_str(), counts(&refused)), (Some("failed"), [702, 0, 0, 0, 2]));
    let told: Vec<(i64, String)> =
        problems(app, &refused).await.into_iter().map(|(line, kind, _)| (line, kind)).collect();
    assert_eq!(told, [(701, "invalid-content".to_owned()), (702, "name-taken".to_owned())]);
    assert!(app.walk(MUTUALS).await.is_empty());
    let entries = entries(app.database());
    assert_eq!(entries.len(), 2);
    assert_told(&entries, &refused);

    rows.truncate(700);
    let done = import(app, "resource_type=mutual&mode=atomic", ndjson(&rows)).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [700, 700, 0, 0, 0]));
    assert_eq!(app.walk(&format!("{MUTUALS}?limit=200")).await.len(), 700);

    let many: Vec<Value> = (0..1001).map(|number| mutual(&format!("More {number}"))).collect();
    let request = app.request("POST", "/v1/imports?resource_type=mutual&mode=atomic");
    request.body("application/x-ndjson", ndjson(&many)).await.expect_faults(422, &[("", "too-many")]);
}

async fn a_dry_run_enters_nothing(app: &TestApp) {
    let known = app.create(MUTUALS, &mutual("Known")).await;
    let rows = [mutual("New"), with(known.clone(), json!({ "region": "wales" })), json!({ "name": "Bad" })];
    for mode in ["best_effort", "atomic"] {
        let done = import(app, &format!("resource_type=mutual&validate_only=true&mode={mode}"), ndjson(&rows)).await;
        assert_eq!(problems(app, &done).await.len(), 1, "{mode}");
        if mode == "best_effort" {
            assert_eq!(counts(&done), [3, 1, 1, 0, 1]);
        }
        assert_eq!(app.walk(MUTUALS).await, std::slice::from_ref(&known));
    }
    let good = import(app, "resource_type=mutual&validate_only=true&mode=atomic", ndjson(&rows[..2])).await;
    assert_eq!((good["state"].as_str(), counts(&good)), (Some("done"), [2, 1, 1, 0, 0]));
    assert_eq!(entries(app.database()).len(), 1);
}

/// Rows that stand some chunks apart: a name and a slug that are taken, two for one record, references in both directions.
async fn a_dry_run_tells_what_the_import_does(app: &TestApp) {
    let row = |number: u32, more: Value| {
        with(with(department(&format!("Department {number}")), json!({ "id": numbered(number) })), more)
    };
    let into = |number: u32| json!({ "closed_on": "2012", "successor_id": numbered(number) });
    let mut rows: Vec<Value> = (0..900).map(|number| row(number, json!({}))).collect();
    rows[3] = row(3, into(880));
    rows[700] = row(700, into(100));
    rows[701] = row(701, json!({ "name": "department 101" }));
    rows[702] = row(702, json!({ "slug": "department-102" }));
    rows[703] = row(103, json!({ "website": "https://example.org/" }));
    rows[704] = row(704, into(9999));
    rows[705] = row(705, into(706));
    rows[706] = json!({ "id": numbered(706), "name": "Without a kind" });
    let tell = async |query: &str| {
        let done = import(app, query, ndjson(&rows)).await;
        assert_eq!(done["state"], "done");
        (counts(&done), problems(app, &done).await)
    };
    let foretold = tell("resource_type=department&validate_only=true").await;
    assert!(app.walk(DEPARTMENTS).await.is_empty());
    assert!(entries(app.database()).is_empty());
    assert_eq!(foretold.1.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [702, 703, 704, 705, 706, 707]);
    assert_eq!(foretold.0, [900, 894, 0, 0, 6]);
    assert_eq!(tell("resource_type=department").await, foretold);
}

/// A chain in no order at all.
async fn rows_that_are_entered_together_refer_to_one_another_in_any_order(app: &TestApp) {
    const ROWS: u32 = 41;
    let row = |number: u32| {
        let plain = with(department(&format!("Department {number}")), json!({ "id": numbered(number) }));
        let into = json!({ "closed_on": "2012", "successor_id": numbered(number + 1) });
        if number + 1 == ROWS { plain } else { with(plain, into) }
    };
    let rows: Vec<Value> = (0..ROWS).map(|position| row(position * 37 % ROWS)).collect();
    let expected = [i64::from(ROWS), i64::from(ROWS), 0, 0, 0];
    for query in ["mode=atomic&validate_only=true", "validate_only=true", "mode=atomic"] {
        let done = import(app, &format!("resource_type=department&{query}"), ndjson(&rows)).await;
        assert_eq!(counts(&done), expected, "{query}: {:?}", problems(app, &done).await.first());
    }
}

pub fn numbered(number: u32) -> String {
    format!("0190b7a4-3f52-7c31-9e2d-5a1b8c{number:06x}")
}

/// Each gave way to the one after it, and the last is on the last line.
async fn rows_refer_to_one_another_in_any_order(app: &TestApp) {
    let last = 620;
    let row = |number: u32| {
        let plain = with(department(&format!("Department {number}")), json!({ "id": numbered(number) }));
        let successor = if number.is_multiple_of(500) { last } else { number + 1 };
        if number == last {
            plain
        } else {
            with(plain, json!({ "closed_on": "2012", "successor_id": numbered(successor) }))
        }
    };
    let rows: Vec<Value> = (0..=last).map(row).collect();
    let done = import(app, "resource_type=department", ndjson(&rows)).await;
    assert_eq!(counts(&done), [621, 621, 0, 0, 0], "{:?}", problems(app, &done).await.first());
    assert_eq!(app.get(format!("{DEPARTMENTS}/{}", numbered(3))).await.expect(200)["successor_id"], numbered(4));
}

/// A record without what is another's in another register. Who entered a ballot there, that register alone can say.
pub fn lasting(record: &Value) -> Value {
    without(record.clone(), &["version", "created_at", "updated_at", "entered_by", "declared_by"])
}

/// Takes all that one register exports into another, and compares what both say.
async fn carry_over(from: &TestApp, to: &TestApp) {
    for Sample { kind: resource_type, list: path, .. } in kit::top_level() {
        let exported = from.get(format!("{path}/export.ndjson")).await;
        let done = import(to, &format!("resource_type={resource_type}"), exported.text()).await;
        let rows = i64::try_from(lines(&exported).len()).unwrap();
        assert_eq!(counts(&done), [rows, rows, 0, 0, 0], "{path}: {:#?}", problems(to, &done).await);
        let there: Vec<Value> = lines(&to.get(format!("{path}/export.ndjson")).await).iter().map(lasting).collect();
        let here: Vec<Value> = lines(&exported).iter().map(lasting).collect();
        assert_eq!(there, here, "{path}");
        let named = from.get(format!("{path}/export.ndjson?expand={}", expanded(path))).await;
        let again = import(to, &format!("resource_type={resource_type}"), named.text()).await;
        assert_eq!(counts(&again), [rows, 0, 0, rows, 0], "{path} again: {:#?}", problems(to, &again).await);
    }
    assert_sound(&entries(to.database()));
}

async fn what_was_exported_comes_back(app: &TestApp) {
    let successor = app.create(DEPARTMENTS, &department("=Board, of \"Trade\"\u{2014}'s")).await;
    let full = app.create(DEPARTMENTS, &full_department(id(&successor))).await;
    let other = app.create(DEPARTMENTS, &department("Leeds")).await;
    let harmonie = app.create(MUTUALS, &full_mutual([id(&full), id(&other), id(&successor)])).await;
    let text = "-1\n@SUM(A1)\t'quoted', \"twice\" \u{1F600}";
    let heir = app.create(MUTUALS, &with(mutual("+Heir"), json!({ "description": text }))).await;
    let ended = app.create(MUTUALS, &mutual("Ended")).await;
    app.lead(&ended, &[("launched", "2011-10"), ("merged", "2014")]).await;
    app.patch(format!("{MUTUALS}/ended"), &json!({ "successor_id": id(&heir) })).await.expect(200);
    let own = id(&harmonie);
    let first = app.declare(&app.create(STAFF_BALLOTS, &full_staff_ballot(own)).await).await;
    let rerun = with(full_staff_ballot(own), json!({ "kind": "rerun" }));
    let rerun = app.declare(&app.create(STAFF_BALLOTS, &rerun).await).await;
    let act = async |ballot: &Value, action: &str, body: Value| {
        app.post(format!("{STAFF_BALLOTS}/{}/{action}", id(ballot)), &body).await.expect(200)
    };
    act(&first, "supersede", json!({ "superseded_by_id": id(&rerun) })).await;
    act(&rerun, "correct", json!({ "correction_reason": "Misread.", "roll_size": 1001 })).await;
    let void = app.declare(&app.create(STAFF_BALLOTS, &full_staff_ballot(own)).await).await;
    act(&void, "void", json!({ "void_reason": "Never held." })).await;
    app.create(STAFF_BALLOTS, &staff_ballot(own)).await;
    app.create(CONTRACTS, &full_contract(own, id(&other))).await;
    app.create(CONTRACTS, &contract(own, id(&full))).await;

    let elsewhere = TestApp::start(app.database().engine());
    carry_over(app, &elsewhere).await;
}

async fn the_sample_comes_back(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    assert_eq!(Program::new(&["import-sample"]).env("DATABASE_URL", &database.url()).run().code, Some(0));
    carry_over(&TestApp::with(database, |_| {}), app).await;
}

async fn only_an_administrator_gives_ids_and_a_past(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let of_own = |name: &str, more: Value| with(with(mutual(name), json!({ "department_id": id(&own) })), more);
    let launched = json!({ "stage": "operating", "launched_on": "2011", "stage_since": "2011" });
    let rows = [
        of_own("With an id", json!({ "id": numbered(1) })),
        of_own("With a past", launched.clone()),
        of_own("Plain", json!({ "version": 3, "created_at": "2001-01-01T00:00:00Z" })),
    ];
    let done = import_with(app, &editor, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!(counts(&done), [3, 1, 0, 0, 2]);
    let told: Vec<Vec<String>> = problems(app, &done).await.into_iter().map(|(_, _, errors)| errors).collect();
    assert_eq!(told, [["/id unknown-reference"], ["/stage inconsistent"]]);
    let done = import(app, "resource_type=mutual", ndjson(&rows[..2])).await;
    assert_eq!(counts(&done), [2, 2, 0, 0, 0]);
    let entered = app.get(format!("{MUTUALS}/with-a-past")).await.expect(200);
    assert_eq!((&entered["stage"], &entered["launched_on"]), (&json!("operating"), &json!("2011")));
    assert_eq!(id(&app.get(format!("{MUTUALS}/with-an-id")).await.expect(200)), numbered(1));
    // An editor changes what has an id and a past already.
    let edited = with(entered, json!({ "region": "wales" }));
    let done = import_with(app, &editor, "resource_type=mutual", ndjson(&[edited])).await;
    assert_eq!(counts(&done), [1, 0, 1, 0, 0], "{:?}", problems(app, &done).await);
}

async fn rows_need_the_permission_of_single_changes(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let other = app.create(DEPARTMENTS, &department("Other")).await;
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let rows = [
        with(mutual("Mine"), json!({ "department_id": id(&own) })),
        with(mutual("Theirs"), json!({ "department_id": id(&other) })),
    ];
    let done = import_with(app, &editor, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);
    assert_eq!(problems(app, &done).await, [(2, "forbidden".to_owned(), vec![])]);
    let send = |query: &'static str, key: String| {
        let request = app.request("POST", format!("/v1/imports?{query}")).with_key(&key);
        request.body("application/x-ndjson", "{}\n")
    };
    send("resource_type=contract", editor.clone()).await.expect_problem(403, "forbidden");
    let auditor = app.database().make_key("auditor", &[]);
    send("resource_type=mutual", auditor.clone()).await.expect_problem(403, "forbidden");
    let officer = app.database().make_key("procurement_officer", &[]);
    send("resource_type=contract", officer.clone()).await.expect(202);
    // Whose import it is.
    let path = format!("/v1/imports/{}", id(&done));
    for (key, status) in [(&editor, 200), (&auditor, 200), (&officer, 404)] {
        assert_eq!(app.get(&path).with_key(key).await.status(), status);
        assert_eq!(app.get(format!("{path}/problems")).with_key(key).await.status(), status);
    }
    app.get(&path).without_key().await.problem(401);
    app.get(format!("/v1/imports/{NOBODY}")).await.expect_problem(404, "not-found");
}

async fn a_key_that_is_revoked_ends_its_import(app: &TestApp) {
    let body = json!({ "label": "Short", "role": "admin", "expires_in_days": 1 });
    let key = app.create("/v1/keys", &body).await;
    let rows: Vec<Value> = (0..3000).map(|number| mutual(&format!("Mutual {number}"))).collect();
    let request = app.request("POST", "/v1/imports?resource_type=mutual").with_key(key["key"].as_str().unwrap());
    let begun = request.body("application/x-ndjson", ndjson(&rows)).await.expect(202);
    app.delete(format!("/v1/keys/{}", id(&key))).await.expect(204);
    let path = format!("/v1/imports/{}", id(&begun));
    for _ in 0..1500 {
        let import = app.get(&path).await.expect(200);
        if import["finished_at"].is_string() {
            assert_eq!(import["state"], "failed", "{import}");
            assert_eq!(problems(app, &import).await[0].0, 0);
            let entered = import["created"].as_i64().unwrap();
            assert_eq!(app.get(format!("{MUTUALS}?count=exact")).await.expect(200)["total"], entered);
            assert_told(&entries(app.database()), &import);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the import does not end");
}

async fn a_refused_file_leaves_nothing(app: &TestApp) {
    let small =
        TestApp::with(Database::fresh(app.database().engine()), |config| config.production.import_limit = 100_000);
    let send =
        |query: &str, media: &str, body: String| small.request("POST", format!("/v1/imports{query}")).body(media, body);
    let lines = "application/x-ndjson";
    let rows: Vec<Value> = (0..5_000).map(|number| mutual(&format!("Mutual {number}"))).collect();
    send("?resource_type=mutual", lines, ndjson(&rows)).await.expect_problem(413, "payload-too-large");
    send("?resource_type=mutual", "application/json", "[]".to_owned())
        .await
        .expect_problem(415, "unsupported-media-type");
    small.request("POST", "/v1/imports?resource_type=mutual").await.expect_faults(400, &[("", "required")]);
    send("", lines, "{}".to_owned()).await.expect_faults(400, &[("resource_type", "required")]);
    let wrong =
        send("?resource_type=stage_transition&mode=x&validate_only=maybe&colour=red", lines, "{}".to_owned()).await;
    assert_eq!(wrong.faults(400).len(), 4, "{wrong:?}");
    // Without a length, so that it is known only while it arrives.
    let body = ndjson(&rows);
    let head = format!(
        "POST /v1/imports?resource_type=mutual HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        kit::admin_key(),
        body.len()
    );
    assert_eq!(small.raw(head.as_bytes()).await.status(), 413);
    for table in ["imports", "import_chunks"] {
        assert_eq!(small.database().rows(&format!("SELECT 1 AS one FROM {table}")).len(), 0, "{table}");
    }
    let empty = import(&small, "resource_type=mutual", "\n\n").await;
    assert_eq!((empty["state"].as_str(), counts(&empty)), (Some("done"), [0; 5]));
}

async fn a_file_that_is_sent_again_is_the_same_import(app: &TestApp) {
    const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";
    let send = |query: &str, key: &str, rows: &[Value]| {
        let request = app.request("POST", format!("/v1/imports?{query}")).header("idempotency-key", key);
        request.body("application/x-ndjson", ndjson(rows))
    };
    let rows: Vec<Value> = (0..600).map(|number| mutual(&format!("Mutual {number}"))).collect();
    let first = send("resource_type=mutual", KEY, &rows).await;
    let begun = first.expect(202);
    let own = format!("/v1/imports/{}", id(&begun));
    finished(app, kit::admin_key(), &own).await;
    let again = send("resource_type=mutual&mode=best_effort", &format!("\"{KEY}\""), &rows).await;
    assert_eq!((again.expect(202), again.header("location")), (begun.clone(), first.header("location")));
    // Another file, or the same to be taken otherwise.
    for (query, rows) in [
        ("resource_type=mutual", &rows[1..]),
        ("resource_type=mutual&validate_only=true", &rows),
        ("resource_type=mutual&mode=atomic", &rows),
        ("resource_type=department", &rows),
    ] {
        send(query, KEY, rows).await.expect_problem(422, "idempotency-key-reused");
    }
    for table in ["imports", "import_chunks"] {
        let there = app.database().rows(&format!("SELECT 1 AS one FROM {table}"));
        assert_eq!(there.len(), usize::from(table == "imports"), "{table}");
    }
    assert_eq!(entries(app.database()).len(), 1 + 600 + 1);
    // A refused file uses no key up, and another caller's key is another.
    send("resource_type=mutual", "refused", &[json!("\u{0}")]).await.expect(202);
    let editor = app.database().make_key("mutual_editor", &[]);
    let theirs = send("resource_type=mutual", KEY, &rows[..1]).with_key(&editor).await.expect(202);
    assert_ne!(id(&theirs), id(&begun));
    send("resource_type=mutual", "a b", &rows).await.expect_faults(400, &[("idempotency-key", "invalid-format")]);
    // With the personal data that a file may have brought, what it was goes too.
    let ballot = full_staff_ballot(id(&app.get(format!("{MUTUALS}/mutual-1")).await.expect(200)));
    let begun = send("resource_type=staff_ballot", "ballots", std::slice::from_ref(&ballot)).await.expect(202);
    finished(app, kit::admin_key(), &format!("/v1/imports/{}", id(&begun))).await;
    let entered = app.walk(STAFF_BALLOTS).await;
    app.delete(format!("{STAFF_BALLOTS}/{}", id(&entered[0]))).await.expect(204);
    // Nobody can tell any more whether it is the same file, so that it is neither entered again nor taken for the first.
    for rows in [&rows[..1], std::slice::from_ref(&ballot)] {
        send("resource_type=staff_ballot", "ballots", rows).await.expect_problem(422, "idempotency-key-reused");
    }
    send("resource_type=mutual", KEY, &rows[1..]).await.expect_problem(422, "idempotency-key-reused");
}

/// An import's entries, as somebody with this key sees them.
async fn seen(app: &TestApp, key: Option<&str>) -> Vec<Value> {
    let request = app.get("/v1/entries?limit=200");
    let request = if let Some(key) = key { request.with_key(key) } else { request.without_key() };
    let page = request.await.expect(200);
    let about_imports = |entry: &&Value| entry["resource_type"] == "import";
    page["items"].as_array().unwrap().iter().filter(about_imports).cloned().collect()
}

async fn everybody_sees_that_an_import_began_and_how_it_ended(app: &TestApp) {
    let rows = ndjson(&[mutual("First"), json!({ "name": "Without sectors" }), mutual("Third")]);
    import(app, "resource_type=mutual&validate_only=true", rows.clone()).await;
    assert_eq!(seen(app, None).await, [Value::Null; 0]);
    let done = import(app, "resource_type=mutual", rows).await;

    let told = seen(app, None).await;

    assert_told(&entries(app.database()), &done);
    let [began, ended] = &told[..] else { panic!("{told:?}") };
    let shown = without(done.clone(), &["processed", "validate_only"]);
    assert_eq!(without(ended["after"].clone(), &["version"]), shown);
    let at_first = json!({ "state": "waiting", "created": 0, "updated": 0, "unchanged": 0, "failed": 0 });
    assert_eq!(without(began["after"].clone(), &["version"]), with(without(shown, &["finished_at"]), at_first));
    assert_eq!((&began["after"]["rows"], &ended["after"]["failed"]), (&json!(3), &json!(1)));
    // Those in between are its own.
    let own = ended["seq"].as_i64().unwrap() - began["seq"].as_i64().unwrap() - 1;
    assert_eq!(json!(own), done["created"]);
    let filtered = app.get("/v1/entries?resource_type=import").without_key().await.expect(200);
    assert_eq!(filtered["items"], json!(told));
}

/// How many ballots somebody entered is nobody's business who does not see drafts.
async fn an_import_of_ballots_is_told_to_those_who_see_drafts(app: &TestApp) {
    let harmonie = app.create(MUTUALS, &mutual("Harmonie")).await;
    let done = import(app, "resource_type=staff_ballot", ndjson(&[staff_ballot(id(&harmonie))])).await;
    let auditor = app.database().make_key("auditor", &[]);
    let editor = app.database().make_key("mutual_editor", &[]);

    assert_told(&entries(app.database()), &done);
    for key in [kit::admin_key(), &auditor] {
        let told = seen(app, Some(key)).await;
        assert_eq!((told.len(), &told[0]["restricted"]), (2, &json!(true)));
    }
    for key in [None, Some(editor.as_str())] {
        assert_eq!(seen(app, key).await, [Value::Null; 0]);
    }
    assert_sound(&entries(app.database()));
}

async fn imports_are_listed_for_those_who_may_see_them(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let officer = app.database().make_key("procurement_officer", &[]);
    let auditor = app.database().make_key("auditor", &[]);
    let mut all = Vec::new();
    for number in 0..5 {
        let key = if number % 2 == 0 { &editor } else { kit::admin_key() };
        let row = with(mutual(&format!("Mutual {number}")), json!({ "department_id": id(&own) }));
        all.push(import_with(app, key, "resource_type=mutual", ndjson(&[row])).await);
    }
    let list = async |key: &str, query: &str| {
        let page = app.get(format!("/v1/imports{query}")).with_key(key).await.expect(200);
        page["items"].as_array().unwrap().clone()
    };
    let theirs = [all[0].clone(), all[2].clone(), all[4].clone()];
    assert_eq!(list(&editor, "").await, theirs);
    assert_eq!(list(&officer, "").await, [Value::Null; 0]);
    for key in [kit::admin_key(), &auditor] {
        assert_eq!(list(key, "").await, all);
    }
    let page = app.get("/v1/imports?limit=2&sort=-id&count=exact").with_key(&editor).await;
    assert_eq!(page.json()["items"], json!([theirs[2], theirs[1]]));
    assert_eq!(page.json()["total"], 3);
    let rest = format!("?limit=2&sort=-id&cursor={}", page.json()["next_cursor"].as_str().unwrap());
    assert_eq!(list(&editor, &rest).await, theirs[..1]);
    assert_eq!(app.walk("/v1/imports?limit=2").await, all);
    let listed = app.get("/v1/imports").await;
    let again = || app.get("/v1/imports").header("if-none-match", listed.etag());
    assert_eq!(again().await.status(), 304);
    import(app, "resource_type=mutual", "").await;
    assert_eq!(again().await.status(), 200);
    app.get("/v1/imports?sort=rows").await.expect_faults(400, &[("sort", "not-in-vocabulary")]);
}

async fn a_problem_does_not_repeat_what_names_a_person(app: &TestApp) {
    let harmonie = app.create(MUTUALS, &mutual("Harmonie")).await;
    let scrutineer = json!({ "scrutineer": { "name": "Ada\u{7}Watcher", "appointed_on": "Ada Watcher", "organisation": ["Ada Watcher"] } });
    let rows = [with(staff_ballot(id(&harmonie)), scrutineer)];
    let done = import(app, "resource_type=staff_ballot", ndjson(&rows)).await;
    assert_eq!(problems(app, &done).await[0].2.len(), 3);
    for table in ["import_problems", "import_chunks"] {
        let kept = app.database().rows(&format!("SELECT * FROM {table}"));
        assert!(!json!(kept).to_string().contains("Watcher"), "{kept:?}");
    }
}

async fn a_file_of_nothing_but_faults_is_stopped(app: &TestApp) {
    let done = import(app, "resource_type=mutual", "1\n".repeat(30_000)).await;
    assert_eq!((done["state"].as_str(), done["rows"].as_i64()), (Some("failed"), Some(30_000)));
    let failed = done["failed"].as_i64().unwrap();
    assert!((10_000..11_000).contains(&failed), "{done}");
    let told = problems(app, &done).await;
    assert_eq!((told[0].0, told[0].1.as_str()), (0, "state-conflict"));
    assert_eq!((told[1].0, told[1].1.as_str()), (1, "invalid-content"));
    assert_eq!(app.database().rows("SELECT 1 AS one FROM import_problems").len(), 1001);
    assert!(app.database().rows("SELECT 1 AS one FROM import_chunks").is_empty());
    // One good row, and the rest is looked at.
    let rows = format!("{}\n{}", mutual("Good"), "1\n".repeat(11_000));
    let done = import(app, "resource_type=mutual", rows).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [11_001, 1, 0, 0, 11_000]));
}

/// The log takes no entry of a record with this name, which is found out only when all rows of a chunk are entered.
fn poison(database: &Database) {
    match database.engine() {
        Engine::Sqlite => database.execute(
            "CREATE TRIGGER poison BEFORE INSERT ON entries WHEN NEW.\"after\" LIKE '%Poison%' BEGIN SELECT RAISE(ABORT, 'poisoned'); END",
        ),
        Engine::Postgres => database.execute(
            "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN IF NEW.\"after\" LIKE ''%Poison%'' THEN RAISE EXCEPTION ''poisoned''; END IF; RETURN NEW; END'; \
             CREATE TRIGGER poison BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION poison()",
        ),
    }
}

async fn a_row_that_cannot_be_entered_holds_up_nobody(app: &TestApp) {
    poison(app.database());
    let name = |number: usize| if number == 13 { "Poison".to_owned() } else { format!("Mutual {number}") };
    let rows: Vec<Value> = (0..40).map(|number| mutual(&name(number))).collect();
    let done = import(app, "resource_type=mutual", ndjson(&rows)).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [40, 39, 0, 0, 1]));
    let told: Vec<(i64, String)> = problems(app, &done).await.into_iter().map(|(line, kind, _)| (line, kind)).collect();
    assert_eq!(told, [(14, "internal".to_owned())]);
    assert_sound(&entries(app.database()));
    let after = import(app, "resource_type=mutual", ndjson(&[mutual("After")])).await;
    assert_eq!(counts(&after), [1, 1, 0, 0, 0]);
}

async fn an_atomic_import_that_cannot_be_entered_says_so(app: &TestApp) {
    poison(app.database());
    let rows = [mutual("First"), mutual("Poison")];
    for query in ["mode=atomic", "mode=atomic&validate_only=false"] {
        let done = import(app, &format!("resource_type=mutual&{query}"), ndjson(&rows)).await;
        assert_eq!((done["state"].as_str(), counts(&done)), (Some("failed"), [2, 0, 0, 0, 0]));
        assert_eq!(problems(app, &done).await[0].0, 0);
    }
    assert!(app.walk(MUTUALS).await.is_empty());
    import(app, "resource_type=mutual", ndjson(&[mutual("After")])).await;
}

/// More rows than are entered before the case is over.
fn heavy_rows() -> String {
    ndjson(&(0..40_000).map(|number| mutual(&format!("Heavy {number}"))).collect::<Vec<_>>())
}

async fn a_healthy_import_starts_behind_a_heavy_one(app: &TestApp) {
    let other = app.database().make_key("admin", &[]);
    let request = app.request("POST", "/v1/imports?resource_type=mutual").with_key(&other);
    let heavy = request.body("application/x-ndjson", heavy_rows()).await.expect(202);
    let heavy = format!("/v1/imports/{}", id(&heavy));
    under_way(app, 0).await;
    let started = std::time::Instant::now();
    let healthy = import(app, "resource_type=mutual", ndjson(&[mutual("Healthy")])).await;
    assert_eq!(counts(&healthy), [1, 1, 0, 0, 0]);
    assert!(started.elapsed() < Duration::from_secs(5), "it took {:?}", started.elapsed());
    // The other goes on.
    let meanwhile = app.get(&heavy).await.expect(200);
    assert_eq!(meanwhile["state"], "running");
    app.delete(&heavy).await.expect(204);
}

async fn an_import_is_cancelled_by_those_who_may(app: &TestApp) {
    let editor = app.database().make_key("mutual_editor", &[]);
    let auditor = app.database().make_key("auditor", &[]);
    let request = app.request("POST", "/v1/imports?resource_type=mutual").body("application/x-ndjson", heavy_rows());
    let own = format!("/v1/imports/{}", id(&request.await.expect(202)));
    app.delete(&own).with_key(&editor).await.expect_problem(404, "not-found");
    app.delete(&own).with_key(&auditor).await.expect_problem(403, "forbidden");
    app.delete(&own).without_key().await.problem(401);
    under_way(app, 0).await;
    app.delete(format!("{own}?validate_only=true")).await.expect(204);
    assert_eq!(app.get(&own).await.expect(200)["state"], "running");
    app.delete(&own).await.expect(204);
    let cancelled = app.get(&own).await.expect(200);
    assert_eq!(cancelled["state"], "cancelled");
    assert!(cancelled["finished_at"].is_string(), "{cancelled}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    // What was entered stays, and no more comes.
    assert_eq!(app.get(&own).await.expect(200), cancelled);
    let total = app.get(format!("{MUTUALS}?count=exact&limit=1")).await.expect(200)["total"].clone();
    assert_eq!(total, cancelled["created"]);
    assert!(
        app.database().rows("SELECT 1 AS one FROM import_chunks UNION ALL SELECT 1 FROM import_records").is_empty()
    );
    app.delete(&own).await.expect_problem(409, "state-conflict");
    assert_told(&entries(app.database()), &cancelled);
    import(app, "resource_type=mutual", ndjson(&[mutual("After")])).await;
}

/// The answer to a file of so many rows.
async fn sent(app: &TestApp, rows: usize) -> Response {
    let rows: Vec<Value> = (0..rows).map(|number| mutual(&format!("Mutual {number}"))).collect();
    app.request("POST", "/v1/imports?resource_type=mutual").body("application/x-ndjson", ndjson(&rows)).await
}

/// Its connection is reset, before the first row or after many.
async fn a_file_whose_client_has_gone_leaves_nothing(app: &TestApp) {
    const PATIENCE: Duration = Duration::from_secs(10);
    let rows: Vec<Value> = (0..1_500).map(|number| mutual(&format!("Mutual {number}"))).collect();
    let count = |table: &str| app.database().rows(&format!("SELECT 1 AS one FROM {table}")).len();
    for (rows, table) in [(&rows[..0], "imports"), (&rows[..], "import_chunks")] {
        let head = format!(
            "POST /v1/imports?resource_type=mutual HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n",
            kit::admin_key()
        );
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(format!("{head}{}", ndjson(rows)).as_bytes()).await.unwrap();
        let started = Instant::now();
        while count(table) == 0 {
            assert!(started.elapsed() < PATIENCE, "nothing has arrived");
            sleep(Duration::from_millis(20)).await;
        }
        stream.set_zero_linger().unwrap();
        drop(stream);
        let started = Instant::now();
        while count("imports") + count("import_chunks") > 0 {
            assert!(started.elapsed() < PATIENCE, "what has arrived stays, and counts as open");
            sleep(Duration::from_millis(20)).await;
        }
    }
    import(app, "resource_type=mutual", ndjson(&rows[..1])).await;
}

async fn a_caller_has_so_much_open_and_no_more(app: &TestApp) {
    let limited = |imports, rows| {
        TestApp::with(Database::fresh(app.database().engine()), move |config| {
            config.production.max_open_imports = imports;
            config.production.max_import_rows = rows;
        })
    };
    for (app, rows) in [(limited(0, 1000), 1), (limited(10, 1000), 1001), (limited(10, 100), 101)] {
        let refused = sent(&app, rows).await;
        refused.expect_problem(429, "too-many-requests");
        assert!(refused.header("retry-after").unwrap().parse::<u32>().is_ok(), "{refused:?}");
        for table in ["imports", "import_chunks"] {
            assert!(app.database().rows(&format!("SELECT 1 AS one FROM {table}")).is_empty(), "{table}");
        }
    }
    let app = limited(1, 100);
    for _ in 0..3 {
        let begun = sent(&app, 100).await.expect(202);
        finished(&app, kit::admin_key(), &format!("/v1/imports/{}", id(&begun))).await;
    }
}

/// A carriage return alone, as old spreadsheets write: each row has a line of its own.
async fn a_table_has_whatever_line_ends_it_has(app: &TestApp) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    for (number, end) in ["\r", "\n", "\r\n"].iter().enumerate() {
        let good = |name: &str| format!("{name} {number},\"[\"\"housing\"\"]\"");
        let rows = ["name,sectors", &good("First"), ",[]", ",[]", &good("Last")].join(end);
        std::fs::write(&path, rows).unwrap();
        let told = Program::new(&["import", "--resource-type", "mutual", path.to_str().unwrap()])
            .env("DATABASE_URL", &app.database().url())
            .env("RUST_LOG", "off")
            .run();
        assert_eq!(told.stdout.trim(), "4 rows: 2 created, 0 updated, 0 unchanged, 2 rejected", "{end:?}: {told:?}");
        for line in ["line 3: /name: ", "line 4: /name: "] {
            assert!(told.stderr.contains(line), "{end:?}: {}", told.stderr);
        }
    }
    import(app, "resource_type=mutual", ndjson(&[mutual("After")])).await;
}

async fn the_program_imports_files(app: &TestApp) {
    let folder = tempfile::TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let run = |arguments: &[&str]| {
        Program::new(&[&["import"], arguments].concat())
            .env("DATABASE_URL", &app.database().url())
            .env("RUST_LOG", "off")
            .run()
    };
    let description = "=1+1\n'quoted', \"twice\"";
    let first =
        app.create(MUTUALS, &with(mutual("First"), json!({ "description": description, "staff_count": 7 }))).await;
    app.create(MUTUALS, &mutual("+Second")).await;
    let table = app.get(format!("{MUTUALS}/export.csv")).await;
    let path = file("mutuals.csv", table.text());
    let same = run(&["--resource-type", "mutual", &path]);
    assert_eq!(
        (same.code, same.stdout.trim()),
        (Some(0), "2 rows: 0 created, 0 updated, 2 unchanged, 0 rejected"),
        "{same:?}"
    );

    // A table that says the same of an empty register fills it.
    let elsewhere = Database::absent(app.database().engine());
    let filled =
        Program::new(&["import", "--resource-type", "mutual", &path]).env("DATABASE_URL", &elsewhere.url()).run();
    assert_eq!(filled.code, Some(0), "{filled:?}");
    let elsewhere = TestApp::with(elsewhere, |_| {});
    let there = elsewhere.get(format!("{MUTUALS}/{}", id(&first))).await.expect(200);
    assert_eq!(lasting(&there), lasting(&first));

    let bad = file("rows", "name,sectors,colour\nThird,\"[\"\"housing\"\"]\",\n,\"[]\",red\n");
    assert_ne!(run(&["--resource-type", "mutual", &bad]).code, Some(0));
    let told = run(&["--resource-type", "mutual", "--format", "csv", &bad]);
    assert_eq!((told.code, told.stdout.trim()), (Some(1), "2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected"));
    for fault in ["line 3: /name: ", "line 3: /sectors: ", "line 3: /colour: "] {
        assert!(told.stderr.contains(fault), "{}", told.stderr);
    }
    let twice = file("twice.csv", "name,sectors,name\nThird,,\n");
    let refused = run(&["--resource-type", "mutual", &twice]);
    assert!(refused.code != Some(0) && refused.stderr.contains("/name: column 3 repeats column 1"), "{refused:?}");
    let third = file("third.csv", "slug,website,sectors\nthird,https://example.org/,\"[\"\"housing\"\"]\"\n");
    assert_eq!(run(&["--resource-type", "mutual", &third]).code, Some(0));
    let emptied = file("emptied.csv", "slug,website\nthird,\n");
    let dry = run(&["--resource-type", "mutual", "--validate-only", &emptied]);
    assert!(dry.stderr.contains("line 2: would remove /website"), "{dry:?}");
    let lines = file("rows.ndjson", &ndjson(&[mutual("Fourth"), json!({ "name": "Fifth" })]));
    let none = run(&["--resource-type", "mutual", "--mode", "atomic", &lines]);
    assert_eq!(none.code, Some(1));
    assert!(none.stdout.contains("nothing was entered"), "{none:?}");
    let dry = run(&["--resource-type", "mutual", "--validate-only", &lines]);
    assert!(dry.stdout.contains("1 would be created"), "{dry:?}");
    assert_eq!(app.column(&format!("{MUTUALS}?sort=name"), "name").await, ["First", "+Second", "Third"]);
}

/// So many rows that take a while, in chunks that don't.
const LONG: usize = 2000;

fn long_rows() -> String {
    let text = "x".repeat(2500);
    let row = |number| with(mutual(&format!("Mutual {number}")), json!({ "description": text }));
    ndjson(&(0..LONG).map(row).collect::<Vec<_>>())
}

/// The import that is not over, as the database has it, once some of its rows are entered and then more than so many.
async fn under_way(app: &TestApp, more_than: i64) -> Value {
    for _ in 0..1500 {
        let open = "SELECT id, state, worker, created_count FROM imports WHERE finished_at IS NULL";
        let found = app.database().rows(open);
        if let Some(import) = found.into_iter().find(|import| import["created_count"].as_i64() > Some(more_than)) {
            return import;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the import does not go on");
}

/// Each row was entered once.
async fn assert_entered_once(app: &TestApp, import: &Value) {
    let done = finished(app, kit::admin_key(), &format!("/v1/imports/{}", id(import))).await;
    let rows = i64::try_from(LONG).unwrap();
    assert_eq!(counts(&done), [rows, rows, 0, 0, 0]);
    let entries = entries(app.database());
    assert_sound(&entries);
    assert_eq!(entries.iter().filter(|entry| entry["resource_type"] == "mutual").count(), LONG);
    assert_told(&entries, &done);
}

async fn an_import_has_one_worker_and_another_when_that_dies(app: &TestApp) {
    let url = app.database().url();
    let other = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &url).serve();
    let client = Client::to(other.address());
    // The first service has just looked for imports, so that the other takes the next.
    import(app, "resource_type=mutual", "").await;
    let request = client.request("POST".parse().unwrap(), "/v1/imports?resource_type=mutual");
    let request = request.with_key(kit::admin_key()).body("application/x-ndjson", long_rows());
    client.try_send(&request).await.unwrap().expect(202);
    let begun = under_way(app, 0).await;
    let later = under_way(app, begun["created_count"].as_i64().unwrap()).await;
    assert_eq!((&later["worker"], &later["state"]), (&begun["worker"], &json!("running")));
    assert!(begun["worker"].is_string());
    other.kill();
    let stopped = under_way(app, 0).await["created_count"].as_i64().unwrap();
    let taken_over = under_way(app, stopped + 100).await;
    assert_ne!(taken_over["worker"], begun["worker"]);
    assert_entered_once(app, &begun).await;
}

/// Imports the file by the program, beside the service.
fn command(app: &TestApp, folder: &tempfile::TempDir) -> kit::Begun {
    let path = folder.path().join("rows.ndjson");
    std::fs::write(&path, long_rows()).unwrap();
    let import = Program::new(&["import", "--resource-type", "mutual", path.to_str().unwrap()]);
    import.env("DATABASE_URL", &app.database().url()).begin()
}

async fn a_command_has_its_import_for_itself(app: &TestApp) {
    let folder = tempfile::TempDir::new().unwrap();
    let command = command(app, &folder);
    let begun = under_way(app, 0).await;
    assert!(begun["worker"].is_string(), "it is entered by nobody: {begun}");
    let later = under_way(app, begun["created_count"].as_i64().unwrap()).await;
    assert_eq!((&later["worker"], &later["state"]), (&begun["worker"], &json!("running")));
    // The service goes on where the command dies.
    command.kill();
    assert_entered_once(app, &begun).await;
}

async fn a_worker_that_has_lost_its_import_stops(app: &TestApp) {
    let folder = tempfile::TempDir::new().unwrap();
    let command = command(app, &folder);
    let begun = under_way(app, 0).await;
    let give = |minutes: i64| {
        let until = match app.database().engine() {
            Engine::Sqlite => format!("datetime('now', '{minutes} minutes')"),
            Engine::Postgres => format!("now() AT TIME ZONE 'UTC' + interval '{minutes} minutes'"),
        };
        app.database().execute(&format!("UPDATE imports SET worker = 'another', worker_until = {until}"));
    };
    let entered = || app.database().rows("SELECT created_count FROM imports");
    give(30);
    // What was being entered just then is entered still.
    tokio::time::sleep(Duration::from_millis(500)).await;
    give(30);
    let before = entered();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(entered(), before);
    give(-30);
    assert_entered_once(app, &begun).await;
    // Whoever entered them, the command tells what became of its rows.
    let ended = command.end();
    let told = format!("{LONG} rows: {LONG} created, 0 updated, 0 unchanged, 0 rejected");
    assert_eq!((ended.code, ended.stdout.trim()), (Some(0), told.as_str()), "{ended:?}");
}

/// Kills the program over and over while it enters rows: in the end each of them was entered once.
#[test]
fn an_import_survives_kills() {
    const ROWS: usize = 2000;
    let database = Database::absent(Engine::Sqlite);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rows: Vec<Value> = (0..ROWS).map(|number| mutual(&format!("Mutual {number}"))).collect();
    let (mut own, mut before, mut kills) = (String::new(), 0, 0);
    loop {
        let served = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).serve();
        database.make_admin_key();
        let client = Client::to(served.address());
        let send = |method: &str, path: &str, body: String| {
            let request = client.request(method.parse().unwrap(), path).with_key(kit::admin_key());
            let request = if body.is_empty() { request } else { request.body("application/x-ndjson", body) };
            runtime.block_on(async { client.try_send(&request).await.unwrap() })
        };
        if own.is_empty() {
            let begun = send("POST", "/v1/imports?resource_type=mutual", ndjson(&rows)).expect(202);
            own = format!("/v1/imports/{}", id(&begun));
        }
        let started = std::time::Instant::now();
        let import = loop {
            let import = send("GET", &own, String::new()).expect(200);
            // Killed while the next rows are being entered.
            if import["state"] == "done" || import["processed"].as_i64().unwrap() > before {
                break import;
            }
            assert!(started.elapsed().as_secs() < 60, "it does not go on: {import}");
            std::thread::sleep(Duration::from_millis(10));
        };
        if import["state"] == "done" {
            assert_eq!(counts(&import), [2000, 2000, 0, 0, 0]);
            break;
        }
        before = import["processed"].as_i64().unwrap();
        served.kill();
        kills += 1;
    }
    assert!(kills > 1, "it was killed {kills} times only");
    let entries = entries(&database);
    assert_sound(&entries);
    assert_eq!(entries.len(), 1 + ROWS + 1);
}
