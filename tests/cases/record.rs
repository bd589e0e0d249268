//! What every resource does alike: it is created, read, replaced, updated and deleted. The resources' own cases say with what.

use kit::TestApp;
use kit::fixture::{NOBODY, id, with, without};
use serde_json::{Value, json};

/// What the register adds to what was sent.
const ADDED: [&str; 7] = ["id", "version", "created_at", "updated_at", "slug", "result", "is_first"];

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
        let is_default =
            left.is_null() || *left == json!([]) || *left == json!(false) || name == "tests" || name == "stage";
        assert!(is_default, "{name} is still {left}");
    }

    let updated = app.patch(&own, patch).if_match("\"2\"").await;
    let other = updated.expect(200);
    assert_eq!(updated.etag(), "\"3\"");
    assert_said(&other, patch);
    assert_eq!(without(other.clone(), &changed_members(patch)), without(smaller, &changed_members(patch)));

    assert_eq!(app.put(&own, &record_back(&other)).if_match("\"3\"").await.expect(200)["version"], 4);
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

/// Every member that was sent is answered as it was sent.
#[track_caller]
fn assert_said(record: &Value, sent: &Value) {
    for (name, value) in sent.as_object().unwrap() {
        assert_eq!(record[name], *value, "{name} of {record:#}");
    }
}

fn changed_members(patch: &Value) -> Vec<&str> {
    patch.as_object().unwrap().keys().map(String::as_str).chain(["version", "updated_at", "result"]).collect()
}

/// A record without what the register added.
fn record_back(record: &Value) -> Value {
    without(record.clone(), &ADDED)
}
