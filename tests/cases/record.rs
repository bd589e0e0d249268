//! What every kind of record does alike, tried with the sample of each: it is created, read, replaced, updated and deleted, what it must
//! have is asked for, and what it says about a person is not for the public. The kinds' own cases say what they do beside.

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::Method;
use kit::fixture::{NOBODY, id, with, without};
use kit::{Around, Client, Contract, Engine, Program, Response, SAMPLES, Sample, TestApp};
use serde_json::{Value, json};
use store::Store;

kit::on_each_kind! {
    a_record_is_created_read_replaced_updated_and_deleted,
    a_change_that_changes_nothing_leaves_no_trace,
    a_record_can_be_sent_back_as_it_was_read,
    every_answer_names_the_entry_that_made_the_record,
    whatever_column_is_changed_behind_the_register_is_named,
    a_record_needs_what_is_required_and_knows_no_other_members,
    a_change_must_say_which_version_it_is_for,
    what_is_said_of_a_person_is_not_for_the_public,
    a_lost_public_document_shows_nothing,
    what_is_erased_of_a_person_is_nowhere_and_the_log_is_whole,
    no_odd_value_in_a_body_makes_the_service_fail,
}

/// What governs the register and is no record of it; it has entries all the same.
const NO_RECORDS: [&str; 6] = ["import", "key", "issuer", "signing_key", "pseudonym", "register"];

/// What the register adds to what was sent.
const ADDED: [&str; 8] = ["id", "version", "created_at", "updated_at", "slug", "result", "corrections", "is_first"];

#[test]
fn every_kind_of_record_has_a_sample() {
    let contract = Contract::of_the_service().document();
    let kinds = contract["components"]["schemas"]["ResourceType"]["x-extensible-enum"].as_array().unwrap();
    let kinds = kinds.iter().map(|kind| kind.as_str().unwrap()).filter(|kind| !NO_RECORDS.contains(kind));
    assert_eq!(kinds.collect::<BTreeSet<&str>>(), SAMPLES.iter().map(|sample| sample.kind).collect());
    for sample in SAMPLES {
        assert!(sample.offers(&Method::GET), "the contract has no {}", sample.template());
    }
}

/// A record's whole life, as far as its kind can be changed.
async fn a_record_is_created_read_replaced_updated_and_deleted(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let (full, minimal, patch) = (&(sample.full)(&around), &(sample.minimal)(&around), &(sample.change)());
    let path = &sample.path(&around);
    let created = app.post(path, full).await;
    let record = created.expect(201);
    assert_eq!(created.version(), "1");
    assert_eq!(record["version"], 1);
    assert_eq!(record["created_at"], record["updated_at"]);
    assert_said(&record, full);
    let own = format!("{path}/{}", id(&record));
    assert_eq!(created.header("location"), Some(own.as_str()));

    let read = app.get(&own).await;
    assert_eq!(read.expect(200), record);
    assert_eq!(read.version(), "1");
    assert_eq!(read.header("last-modified"), created.header("last-modified"));
    if let Some(slug) = record["slug"].as_str() {
        assert_eq!(app.get(format!("{path}/{slug}")).await.expect(200), record);
    }
    assert!(app.walk(path).await.contains(&record));
    if !sample.offers(&Method::PUT) {
        for change in [app.put(&own, minimal), app.patch(&own, patch), app.delete(&own)] {
            change.await.expect_problem(405, "method-not-allowed");
        }
        return;
    }

    let replaced = app.put(&own, minimal).if_match(&app.tag(1)).await;
    let smaller = replaced.expect(200);
    assert_eq!(replaced.version(), "2");
    assert_eq!(smaller["version"], 2);
    for kept in ["id", "slug", "created_at"] {
        assert_eq!(smaller[kept], record[kept], "{kept}");
    }
    assert_said(&smaller, minimal);
    assert_eq!(app.get(&own).await.expect(200), smaller);
    for name in full.as_object().unwrap().keys().filter(|name| minimal.get(name).is_none() && *name != "slug") {
        let left = &smaller[name.as_str()];
        let is_default = left.is_null()
            || *left == json!([])
            || *left == json!(false)
            || name.starts_with("stage")
            || ["tests", "outcome", "status"].contains(&name.as_str());
        assert!(is_default, "{name} is still {left}");
    }

    let updated = app.patch(&own, patch).if_match(&app.tag(2)).await;
    let other = updated.expect(200);
    assert_eq!(updated.version(), "3");
    assert_said(&other, patch);
    assert_eq!(without(other.clone(), &changed_members(patch)), without(smaller, &changed_members(patch)));

    app.delete(&own).if_match(&app.tag(3)).await.expect(204);
    app.get(&own).await.expect_problem(410, "gone");
    for change in [app.put(&own, minimal), app.patch(&own, patch), app.delete(&own)] {
        change.await.expect_problem(410, "gone");
    }
    if let Some(slug) = record["slug"].as_str() {
        app.get(format!("{path}/{slug}")).await.expect_problem(410, "gone");
        let again = app.post(path, &with(minimal.clone(), json!({ "slug": slug }))).await;
        again.expect_problem(409, "slug-taken");
    }
    assert!(!app.walk(path).await.iter().any(|item| id(item) == id(&record)));
    app.get(format!("{path}/{NOBODY}")).await.expect_problem(404, "not-found");
}

/// A client that sends all that it has once a day makes no versions by that, and no entries.
async fn a_change_that_changes_nothing_leaves_no_trace(app: &TestApp, sample: &Sample) {
    if !sample.offers(&Method::PUT) {
        return;
    }
    let around = Around::new(app, "around").await;
    let path = &sample.path(&around);
    let created = app.post(path, &(sample.full)(&around)).await;
    let record = created.expect(201);
    let own = format!("{path}/{}", id(&record));
    let entries = app.database().rows("SELECT seq FROM entries").len();
    app.pass(Duration::from_secs(5));
    let (tag, back) = (&app.tag(1), &record_back(path, &record));
    for same in [
        app.put(&own, &record),
        app.put(&own, back),
        app.patch(&own, &json!({})),
        app.patch(&own, back),
        app.patch(&own, &json!({ "sources": record["sources"] })),
    ] {
        let answer = same.if_match(tag).await;
        assert_eq!(answer.expect(200), record);
        assert_eq!(answer.etag(), created.etag());
        for name in ["last-modified", "register-entry"] {
            assert_eq!(answer.header(name), created.header(name), "{name}");
        }
    }
    let rehearsed = app.patch(format!("{own}?validate_only=true"), &json!({})).await;
    assert_eq!((rehearsed.expect(200), rehearsed.header("register-entry")), (record.clone(), None));
    assert_eq!(app.database().rows("SELECT seq FROM entries").len(), entries);
    // It is checked all the same: for its version, and for who sends it.
    app.patch(&own, &json!({})).if_match(&app.tag(7)).await.expect_problem(412, "precondition-failed");
    let reader = app.database().make_key("auditor", &[]);
    app.patch(&own, &json!({})).with_key(&reader).await.expect_problem(403, "forbidden");
    let changed = app.put(&own, &(sample.minimal)(&around)).if_match(tag).await;
    let answer = changed.expect(200);
    assert_eq!((answer["version"].as_i64(), changed.version().as_str()), (Some(2), "2"));
}

async fn a_record_can_be_sent_back_as_it_was_read(app: &TestApp, sample: &Sample) {
    if sample.offers(&Method::PUT) {
        let around = Around::new(app, "around").await;
        can_be_sent_back(app, &sample.path(&around), &(sample.full)(&around)).await;
    }
}

/// Whoever is shown a record finds the entry that says so by its number.
async fn every_answer_names_the_entry_that_made_the_record(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let (path, full) = (&sample.path(&around), &(sample.full)(&around));
    let sent = || app.post(path, full).header("idempotency-key", "once");
    let created = sent().await;
    let record = created.expect(201);
    let own = format!("{path}/{}", id(&record));
    assert_is_of_entry(app, &created, "create", 1).await;

    let read = app.get(&own).await;
    assert_eq!(entry_of(&read), entry_of(&created));
    let again = app.get(&own).header("if-none-match", read.etag()).await;
    again.expect(304);
    assert_eq!(entry_of(&again), entry_of(&created));
    assert_eq!(entry_of(&sent().await), entry_of(&created));
    assert_listed(app, path, &record, entry_of(&created)).await;
    if !sample.offers(&Method::PUT) {
        return;
    }

    let minimal = &(sample.minimal)(&around);
    let rehearsed = app.put(format!("{own}?validate_only=true"), minimal).await;
    rehearsed.expect(200);
    assert_eq!(rehearsed.header("register-entry"), None);
    let replaced = app.put(&own, minimal).await;
    replaced.expect(200);
    assert_is_of_entry(app, &replaced, "update", 2).await;
    let updated = app.patch(&own, &(sample.change)()).await;
    let changed = updated.expect(200);
    assert_is_of_entry(app, &updated, "update", 3).await;
    assert_eq!(entry_of(&app.get(&own).await), entry_of(&updated));
    assert_listed(app, path, &changed, entry_of(&updated)).await;
    // What was answered first was of the first entry.
    assert_eq!(entry_of(&sent().await), entry_of(&created));
    if !sample.is_child() {
        let feed = app.get(format!("/v1/entries?{}", app.after(entry_of(&created) - 1))).await.expect(200);
        let at = feed["items"][0]["at"].as_str().unwrap();
        let then = app.get(format!("{own}?known_at={at}")).await;
        assert_eq!(entry_of(&then), entry_of(&created));
        assert_listed(app, &format!("{path}?known_at={at}"), &then.expect(200), entry_of(&created)).await;
    }
}

/// The number of the entry that an answer names.
fn entry_of(response: &Response) -> i64 {
    let named = response.header("register-entry").unwrap_or_else(|| panic!("{response:?} names no entry"));
    named.parse().unwrap()
}

/// The entry that an answer names says what the answer shows, but for what it has commitments to.
async fn assert_is_of_entry(app: &TestApp, response: &Response, action: &str, version: i64) {
    let seq = entry_of(response);
    let entry = app.get(format!("/v1/entries?{}&limit=1", app.after(seq - 1))).await.expect(200)["items"][0].clone();
    let said = (&entry["seq"], &entry["action"], &entry["version"]);
    assert_eq!(said, (&json!(seq), &json!(action), &json!(version)));
    let mut after = entry["after"].clone();
    let shown = response.json();
    put_in_place_of_commitments(&mut after, &shown);
    assert_eq!(after, shown);
}

fn put_in_place_of_commitments(logged: &mut Value, shown: &Value) {
    if logged.get("commitment").is_some() {
        *logged = shown.clone();
    } else if let Some(members) = logged.as_object_mut() {
        members.iter_mut().for_each(|(name, member)| put_in_place_of_commitments(member, &shown[name.as_str()]));
    }
}

async fn assert_listed(app: &TestApp, list: &str, record: &Value, entry: i64) {
    let page = app.get(list).await.expect(200);
    let (items, entries) = (page["items"].as_array().unwrap(), page["register_entries"].as_array().unwrap());
    assert_eq!(items.len(), entries.len());
    let place = items.iter().position(|item| item == record).unwrap_or_else(|| panic!("{record} is not in {page}"));
    assert_eq!(entries[place], entry);
}

/// The log says what stands in every column of a record.
async fn whatever_column_is_changed_behind_the_register_is_named(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let record = app.create(&sample.path(&around), &(sample.full)(&around)).await;
    let id = id(&record);
    let database = app.database();
    let store = Store::open(&database.url().parse().unwrap(), 1).unwrap();
    let table = store_table(sample.kind);
    let is_sqlite = database.engine() == Engine::Sqlite;
    let columns = if is_sqlite {
        database.rows(&format!("SELECT name, type AS kind FROM pragma_table_info('{table}')"))
    } else {
        let of_table = format!("FROM information_schema.columns WHERE table_name = '{table}'");
        database.rows(&format!("SELECT column_name::text AS name, data_type::text AS kind {of_table}"))
    };
    let found = store.verify().await.unwrap();
    assert_eq!((found.faults, found.differences), (vec![], vec![]));
    for column in columns {
        let (name, kind) = (column["name"].as_str().unwrap(), column["kind"].as_str().unwrap());
        if ["id", "row_no"].contains(&name) {
            continue;
        }
        let of_record = format!("FROM {table} WHERE id = '{id}'");
        database.execute(&format!("CREATE TABLE kept AS SELECT {name} AS value {of_record}"));
        let free = if is_sqlite { "" } else { "SET session_replication_role = replica; " };
        let set =
            |value: &str| database.execute(&format!("{free}UPDATE {table} SET {name} = {value} WHERE id = '{id}'"));
        set(&altered(name, kind));

        let found = store.verify().await.unwrap();

        let named: Vec<(&str, &str, &str)> =
            found.differences.iter().map(|it| (it.resource_type.as_str(), it.id.as_str(), it.part.as_str())).collect();
        assert_eq!(named, [(sample.kind, id, name)], "{found:#?}");
        set("(SELECT value FROM kept)");
        database.execute("DROP TABLE kept");
    }
    assert_eq!(store.verify().await.unwrap().differences, []);
}

fn store_table(kind: &str) -> String {
    if kind.ends_with("progress") { kind.to_owned() } else { format!("{kind}s") }
}

/// Another value of a column, as SQL.
fn altered(name: &str, kind: &str) -> String {
    match kind {
        "INTEGER" if ["is_first", "health_services"].contains(&name) => format!("1 - COALESCE({name}, 0)"),
        "INTEGER" | "bigint" => format!("COALESCE({name}, 0) + 1"),
        "boolean" => format!("NOT COALESCE({name}, false)"),
        "date" => format!("COALESCE({name}, '2001-01-01') + 1"),
        "timestamp without time zone" => format!("{name} + interval '1 second'"),
        _ => format!("COALESCE({name}, '') || 'x'"),
    }
}

async fn a_record_needs_what_is_required_and_knows_no_other_members(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let (path, minimal) = (sample.path(&around), (sample.minimal)(&around));
    let unknown = json!({ "colour": "red" });
    let refused = [("/colour", "unknown-member")];
    app.post(&path, &with(minimal.clone(), unknown.clone())).await.expect_faults(422, &refused);
    assert!(!sample.required().is_empty());
    for name in sample.required() {
        assert_refused(&app.post(&path, &without(minimal.clone(), &[name])).await, name, "required");
        assert_refused(&app.post(&path, &with(minimal.clone(), json!({ name: null }))).await, name, "invalid-type");
    }
    let made = app.post(&path, &minimal).await.expect(201);
    assert_said(&made, &minimal);
    if !sample.offers(&Method::PUT) {
        return;
    }
    let own = format!("{path}/{}", id(&made));
    app.put(&own, &with(minimal.clone(), unknown.clone())).await.expect_faults(422, &refused);
    app.patch(&own, &unknown).await.expect_faults(422, &refused);
    for name in sample.required() {
        assert_refused(&app.put(&own, &without(minimal.clone(), &[name])).await, name, "required");
        assert_refused(&app.put(&own, &with(minimal.clone(), json!({ name: null }))).await, name, "invalid-type");
        assert_refused(&app.patch(&own, &json!({ name: null })).await, name, "required");
    }
    assert_eq!(app.get(&own).await.expect(200), made);
}

#[track_caller]
fn assert_refused(refused: &Response, name: &str, code: &str) {
    let faults = refused.faults(422);
    assert!(faults.contains(&(format!("/{name}"), code.to_owned())), "{name}: {faults:?}");
}

async fn a_change_must_say_which_version_it_is_for(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let (path, body) = (sample.path(&around), (sample.minimal)(&around));
    let own = format!("{path}/{}", id(&app.create(&path, &body).await));
    if sample.offers(&Method::PUT) {
        let changes = || [app.put(&own, &body), app.patch(&own, &json!({})), app.delete(&own)];
        for change in changes() {
            change.without("if-match").await.expect_problem(428, "precondition-required");
        }
        for change in changes() {
            let refused = change.if_match(&app.tag(2)).await;
            refused.expect_problem(412, "precondition-failed");
            assert_eq!(refused.version(), "1");
        }
    }
    assert_eq!(app.get(&own).await.version(), "1");
}

/// The public is shown all of a record but what the sample says of persons, wherever it is shown.
async fn what_is_said_of_a_person_is_not_for_the_public(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let path = sample.path(&around);
    let record = app.create(&path, &(sample.full)(&around)).await;
    let record = sample.publish(app, &record).await;
    let own = format!("{path}/{}", id(&record));
    let mut public = record.clone();
    let told: Vec<String> = sample.personal.iter().map(|pointer| take(&mut public, pointer)).collect();
    let version = &record["version"];

    let shown = app.get(&own).without_key().await;

    assert_eq!(shown.expect(200), public);
    let is_reduced = !sample.personal.is_empty();
    assert_eq!(shown.version(), if is_reduced { format!("{version}-public") } else { version.to_string() });
    assert_eq!(app.get(&own).await.expect(200), record);
    let listed = app.get(&path).without_key().await.expect(200);
    assert!(listed["items"].as_array().unwrap().contains(&public), "{listed:#}");
    let mut places = vec![own.clone(), path.clone(), "/v1/entries".to_owned()];
    if !sample.is_child() {
        let now = record["updated_at"].as_str().unwrap();
        places.extend([format!("{own}/entries"), format!("{own}?known_at={now}"), format!("{path}?known_at={now}")]);
        places.extend(["csv", "ndjson"].map(|form| format!("{path}/export.{form}")));
    }
    for place in places {
        let answer = app.get(&place).without_key().await;
        assert_eq!(answer.status(), 200, "{place}: {answer:?}");
        for value in &told {
            assert!(!answer.text().contains(value), "{place}: {answer:?}");
        }
    }
}

/// What the public is shown is what was written for it: where that is lost, nobody is shown all there is in its place.
async fn a_lost_public_document_shows_nothing(app: &TestApp, sample: &Sample) {
    if sample.personal.is_empty() {
        return;
    }
    let around = Around::new(app, "around").await;
    let path = sample.path(&around);
    let record = app.create(&path, &(sample.full)(&around)).await;
    let record = sample.publish(app, &record).await;
    let told: Vec<String> = sample.personal.iter().map(|pointer| take(&mut record.clone(), pointer)).collect();
    let table = format!("{}s", sample.kind);
    for change in ["DROP COLUMN public_document", "ADD COLUMN public_document TEXT"] {
        app.database().execute(&format!("ALTER TABLE {table} {change}"));
    }

    let mut places = vec![format!("{path}/{}", id(&record)), path.clone()];
    if !sample.is_child() {
        places.extend(["csv", "ndjson"].map(|form| format!("{path}/export.{form}")));
    }
    // A failure of the service is no answer of the contract, which the kit's own requests insist on.
    let client = Client::to(app.address());
    for place in places {
        let answer = client.try_send(&app.get(&place).without_key()).await.unwrap();
        answer.expect_problem(500, "internal");
        assert!(!told.iter().any(|value| answer.text().contains(value)), "{answer:?}");
    }
}

async fn what_is_erased_of_a_person_is_nowhere_and_the_log_is_whole(app: &TestApp, sample: &Sample) {
    if sample.personal.is_empty() {
        return;
    }
    let around = Around::new(app, "around").await;
    let path = sample.path(&around);
    let post = || app.post(&path, &(sample.full)(&around)).header("idempotency-key", "once");
    let record = sample.publish(app, &post().await.expect(201)).await;
    let own = format!("{path}/{}", id(&record));
    let mut erased = record.clone();
    let told: Vec<String> = sample.personal.iter().map(|pointer| take(&mut erased, pointer)).collect();
    let table = format!("{}s", sample.kind);
    let columns = [
        (table.as_str(), "document, public_document"),
        ("entries", "after, reason"),
        ("personal_values", "value"),
        ("idempotency_keys", "body"),
    ];
    let everything = || {
        let rows =
            columns.iter().flat_map(|(table, columns)| app.database().rows(&format!("SELECT {columns} FROM {table}")));
        rows.map(|row| row.to_string()).collect::<String>()
    };
    assert!(told.iter().all(|value| everything().contains(value)));
    let run = |arguments: &[&str]| Program::new(arguments).env("DATABASE_URL", &app.database().url()).run();

    let ended = run(&["erase", &own, "--reason", "Has left"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    let left = everything();
    assert!(!told.iter().any(|value| left.contains(value)), "{left}");
    let changed = ["version", "updated_at"];
    assert_eq!(without(app.get(&own).await.expect(200), &changed), without(erased, &changed));
    let again = post().await;
    assert!(again.status() == 201 && !told.iter().any(|value| again.text().contains(value)), "{again:?}");
    assert_eq!(run(&["log", "verify"]).code, Some(0));
}

/// Takes what is at a pointer out of a record.
fn take(record: &mut Value, pointer: &str) -> String {
    let (object, member) = pointer.rsplit_once('/').unwrap();
    let taken = record.pointer_mut(object).and_then(|object| object.as_object_mut()?.remove(member));
    taken.as_ref().and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is no text in {record}")).to_owned()
}

/// What is put in place of each value of a body.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(i64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("𝕏 ' \" \\ ; -- %"),
        json!("9".repeat(3000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "": null }),
    ]
}

/// Whatever a client sends is accepted or refused, and every fault is at a place that was sent.
async fn no_odd_value_in_a_body_makes_the_service_fail(app: &TestApp, sample: &Sample) {
    let around = Around::new(app, "around").await;
    let body = (sample.full)(&around);
    let path = format!("{}?validate_only=true", sample.path(&around));
    app.post(&path, &body).await.expect(200);
    for place in places(&body) {
        for odd in odd_values() {
            let mut changed = body.clone();
            *changed.pointer_mut(&place).unwrap() = odd;
            let answer = app.post(&path, &changed).await;
            assert!(matches!(answer.status(), 200 | 409 | 422), "{place}: {answer:?}");
            if answer.status() == 422 {
                assert_placed(&changed, &answer.faults(422));
            }
        }
    }
}

/// The JSON Pointers of a value and of all that is in it.
fn places(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, element)| (at.to_string(), element)).collect(),
        _ => Vec::new(),
    };
    let below = inner
        .into_iter()
        .flat_map(|(name, value)| places(value).into_iter().map(move |place| format!("/{name}{place}")));
    std::iter::once(String::new()).chain(below).collect()
}

/// A fault is at a member that was sent, or at one that should have been sent in an object that was.
#[track_caller]
fn assert_placed(body: &Value, faults: &[(String, String)]) {
    assert!(!faults.is_empty());
    for (pointer, code) in faults {
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(
            body.pointer(pointer).is_some() || body.pointer(parent).is_some_and(Value::is_object),
            "{code} at {pointer} of {body}"
        );
    }
}

/// What was read is accepted as a replacement; so are members that only the register sets, while they are what they are.
pub async fn can_be_sent_back(app: &TestApp, path: &str, full: &Value) {
    let record = app.create(path, full).await;
    let own = format!("{path}/{}", id(&record));

    let replaced = app.put(&own, &record).await.expect(200);
    assert_eq!(replaced, record);
    let patched = app.patch(&own, &replaced).await.expect(200);
    assert_eq!(patched, record);

    for (name, value) in
        [("id", json!(NOBODY)), ("version", json!(2)), ("created_at", json!("2020-01-01T00:00:00.000000Z"))]
    {
        let differing = with(patched.clone(), json!({ name: value }));
        for refused in [app.put(&own, &differing).await, app.patch(&own, &json!({ name: value })).await] {
            refused.expect_faults(422, &[(&format!("/{name}"), "read-only")]);
        }
    }
    app.post(path, &with(full.clone(), json!({ "id": NOBODY }))).await.expect_faults(422, &[("/id", "read-only")]);
}

/// A person's name in a record is shown to whoever works on the department's mutuals and to auditors; the public, others and the log
/// never have it in the clear.
pub async fn keeps_a_name_to_those_who_work_on_it(
    app: &TestApp,
    path: &str,
    record: &Value,
    member: &str,
    department_id: &str,
) {
    let own = format!("{path}/{}", id(record));
    let name = record[member].as_str().unwrap();
    let elsewhere = app.create("/v1/departments", &json!({ "name": "Elsewhere", "kind": "other" })).await;
    let key = |role: &str, departments: &[&str]| app.database().make_key(role, departments);
    for key in [key("department_editor", &[department_id]), key("auditor", &[])] {
        assert_eq!(app.get(&own).with_key(&key).await.expect(200), *record);
        assert!(app.get(path).with_key(&key).await.text().contains(name));
    }
    let public = without(record.clone(), &[member]);
    for key in [
        None,
        Some(key("department_editor", &[id(&elsewhere)])),
        Some(key("mutual_editor", &[department_id])),
        Some(key("scrutineer", &[])),
    ] {
        let asked = |path: &str| match &key {
            Some(key) => app.get(path).with_key(key),
            None => app.get(path).without_key(),
        };
        let shown = asked(&own).await;
        assert_eq!(shown.expect(200), public);
        assert_eq!(shown.version(), format!("{}-public", record["version"]));
        assert!(!asked(path).await.text().contains(name));
    }
    app.patch(&own, &json!({ member: format!("{name} II") })).await.expect(200);
    for key in [None, Some(kit::admin_key())] {
        let feed = match key {
            Some(key) => app.get("/v1/entries?limit=200").with_key(key),
            None => app.get("/v1/entries?limit=200").without_key(),
        };
        let feed = feed.await;
        assert!(!feed.text().contains(name));
        let entries = feed.json()["items"].as_array().unwrap().clone();
        let of_record: Vec<&Value> = entries.iter().filter(|entry| entry["resource_id"] == record["id"]).collect();
        assert_eq!(of_record.len(), 2);
        assert!(of_record.iter().all(|entry| entry["after"][member]["commitment"].is_string()), "{of_record:?}");
    }
    let logged = app.database().rows("SELECT after FROM entries WHERE after IS NOT NULL");
    assert!(!logged.iter().any(|row| row["after"].as_str().unwrap().contains(name)));
}

/// Every member that was sent is answered as it was sent; of a figure that was printed the answer says more.
#[track_caller]
fn assert_said(record: &Value, sent: &Value) {
    for (name, value) in sent.as_object().unwrap() {
        let mut said = record[name].clone();
        for element in said.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            element.remove("check");
        }
        assert_eq!(said, *value, "{name} of {record:#}");
    }
}

fn changed_members(patch: &Value) -> Vec<&str> {
    patch.as_object().unwrap().keys().map(String::as_str).chain(["version", "updated_at", "result"]).collect()
}

/// A record without what the register added.
fn record_back(path: &str, record: &Value) -> Value {
    let added: Vec<&str> = ADDED.into_iter().chain(kit::parent_member(path)).collect();
    without(record.clone(), &added)
}
