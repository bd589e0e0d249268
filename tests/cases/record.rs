//! What every resource does alike: it is created, read, replaced, updated and deleted. The resources' own cases say with what.

use kit::TestApp;
use kit::fixture::{NOBODY, id, with, without};
use serde_json::{Value, json};

/// What the register adds to what was sent.
const ADDED: [&str; 8] = ["id", "version", "created_at", "updated_at", "slug", "result", "corrections", "is_first"];

/// A record's whole life: `full` has every member set and is answered as it was sent, `minimal` has none that may be left out.
pub async fn lives_and_dies(app: &TestApp, path: &str, full: &Value, minimal: &Value, patch: &Value) {
    let created = app.post(path, full).await;
    let record = created.expect(201);
    assert_eq!(created.etag(), "\"1\"");
    assert_eq!(record["version"], 1);
    assert_eq!(record["created_at"], record["updated_at"]);
    assert_said(&record, full);
    let own = format!("{path}/{}", id(&record));
    assert_eq!(created.header("location"), Some(own.as_str()));

    let read = app.get(&own).await;
    assert_eq!(read.expect(200), record);
    assert_eq!(read.etag(), "\"1\"");
    assert_eq!(read.header("last-modified"), created.header("last-modified"));
    if let Some(slug) = record["slug"].as_str() {
        assert_eq!(app.get(format!("{path}/{slug}")).await.expect(200), record);
    }
    assert!(app.walk(path).await.contains(&record));

    let replaced = app.put(&own, minimal).if_match("\"1\"").await;
    let smaller = replaced.expect(200);
    assert_eq!(replaced.etag(), "\"2\"");
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

    let updated = app.patch(&own, patch).if_match("\"2\"").await;
    let other = updated.expect(200);
    assert_eq!(updated.etag(), "\"3\"");
    assert_said(&other, patch);
    assert_eq!(without(other.clone(), &changed_members(patch)), without(smaller, &changed_members(patch)));

    assert_eq!(app.put(&own, &record_back(path, &other)).if_match("\"3\"").await.expect(200)["version"], 4);
    assert_eq!(
        without(app.get(&own).await.expect(200), &["version", "updated_at"]),
        without(other, &["version", "updated_at"])
    );

    app.delete(&own).if_match("\"4\"").await.expect(204);
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

/// What was read is accepted as a replacement; so are members that only the register sets, while they are what they are.
pub async fn can_be_sent_back(app: &TestApp, path: &str, full: &Value) {
    let record = app.create(path, full).await;
    let own = format!("{path}/{}", id(&record));

    let replaced = app.put(&own, &record).await.expect(200);
    assert_eq!(without(replaced.clone(), &["version", "updated_at"]), without(record, &["version", "updated_at"]));
    let patched = app.patch(&own, &replaced).await.expect(200);
    assert_eq!(without(patched.clone(), &["version", "updated_at"]), without(replaced, &["version", "updated_at"]));

    for (name, value) in
        [("id", json!(NOBODY)), ("version", json!(1)), ("created_at", json!("2020-01-01T00:00:00.000000Z"))]
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
        assert_eq!(shown.etag(), format!("\"{}-public\"", record["version"]));
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
    let added: Vec<&str> = ADDED.into_iter().chain(kit::whole_of(path)).collect();
    without(record.clone(), &added)
}
