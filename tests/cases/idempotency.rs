//! Requests that may come twice.

use std::time::Duration;

use kit::TestApp;
use kit::fixture::{
    DEPARTMENTS, MUTUALS, STAFF_BALLOTS, department, full_endorsement, id, known_staff_ballot, mutual, with,
};
use serde_json::{Value, json};

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

kit::on_both! {
    a_repeated_request_is_answered_as_before,
    a_kept_answer_is_for_those_who_may_see_its_record,
    a_kept_answer_with_a_name_is_for_those_who_see_the_name,
    a_deletion_disarms_no_other_key,
    a_key_that_comes_with_another_body_is_refused,
    a_key_is_of_one_caller_method_and_path,
    a_refusal_uses_no_key_up,
    a_rehearsal_uses_no_key_up,
    a_key_is_forgotten_after_a_day,
    a_malformed_key_is_refused,
}

async fn a_repeated_request_is_answered_as_before(app: &TestApp) {
    let request = || app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", KEY);
    let first = request().await;
    first.expect(201);
    app.patch(format!("{DEPARTMENTS}/office"), &serde_json::json!({ "kind": "other" })).await.expect(200);
    for key in [KEY.to_owned(), format!("\"{KEY}\"")] {
        let again = app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", &key).await;
        assert_eq!(again.expect(201), first.json());
        for name in ["location", "etag", "last-modified", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    assert_eq!(app.walk(DEPARTMENTS).await.len(), 1);
    app.delete(format!("{DEPARTMENTS}/office")).await.expect(204);
    // What is deleted is not shown again, and not made again.
    request().await.expect_problem(410, "gone");
    assert!(app.walk(DEPARTMENTS).await.is_empty());
}

async fn a_kept_answer_is_for_those_who_may_see_its_record(app: &TestApp) {
    let [own, other] =
        [app.create(DEPARTMENTS, &department("Own")).await, app.create(DEPARTMENTS, &department("Other")).await];
    let supplier = app.create(MUTUALS, &with(mutual("Supplier"), json!({ "department_id": own["id"] }))).await;
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let post = || {
        let request = app.post(STAFF_BALLOTS, &known_staff_ballot(id(&supplier))).with_key(&editor);
        request.header("idempotency-key", KEY)
    };
    let move_to = async |department: &Value| {
        app.patch(format!("{MUTUALS}/supplier"), &json!({ "department_id": department["id"] })).await.expect(200);
    };
    let draft = post().await.expect(201);
    let path = format!("{STAFF_BALLOTS}/{}", id(&draft));

    move_to(&other).await;
    let refused = post().await;
    refused.expect_problem(403, "forbidden");
    assert!(!refused.text().contains(id(&draft)), "{refused:?}");
    // Declared, it is public; what was answered is the draft all the same.
    app.declare(&draft).await;
    app.get(&path).with_key(&editor).await.expect(200);
    post().await.expect_problem(403, "forbidden");
    move_to(&own).await;
    assert_eq!(post().await.expect(201), draft);
    app.delete(&path).await.expect(204);
    post().await.expect_problem(410, "gone");
    move_to(&other).await;
    let refused = post().await;
    refused.problem(410);
    assert!(!refused.text().contains("question"), "{refused:?}");
}

/// An endorsement has a name that is for those who work on the mutual.
async fn a_kept_answer_with_a_name_is_for_those_who_see_the_name(app: &TestApp) {
    let [own, other] =
        [app.create(DEPARTMENTS, &department("Own")).await, app.create(DEPARTMENTS, &department("Other")).await];
    let led = app.create(MUTUALS, &with(mutual("Led"), json!({ "department_id": own["id"] }))).await;
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let path = format!("{MUTUALS}/{}/endorsements", id(&led));
    let post = || app.post(&path, &full_endorsement()).with_key(&editor).header("idempotency-key", KEY);
    let made = post().await.expect(201);
    let name = made["given_by"].as_str().unwrap();
    assert_eq!(post().await.expect(201), made);
    let move_to = async |department: &Value| {
        app.patch(format!("{MUTUALS}/led"), &json!({ "department_id": department["id"] })).await.expect(200);
    };
    move_to(&other).await;
    let refused = post().await;
    refused.expect_problem(403, "forbidden");
    assert!(!refused.text().contains(name), "{refused:?}");
    move_to(&own).await;
    assert_eq!(post().await.expect(201), made);
    app.delete(format!("{path}/{}", id(&made))).await.expect(204);
    post().await.expect_problem(410, "gone");
}

/// Only what says something of the record that goes is forgotten.
async fn a_deletion_disarms_no_other_key(app: &TestApp) {
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let import = |rows: &str| {
        let request = app.request("POST", "/v1/imports?resource_type=mutual").header("idempotency-key", KEY);
        request.body("application/x-ndjson", rows.to_owned())
    };
    let rows = mutual("Imported").to_string();
    let begun = import(&rows).await.expect(202);
    let path = format!("{MUTUALS}/{}/endorsements", id(&led));
    let part = app.create(&path, &full_endorsement()).await;
    app.delete(format!("{path}/{}", id(&part))).await.expect(204);
    import(&mutual("Another").to_string()).await.expect_problem(422, "idempotency-key-reused");
    assert_eq!(import(&rows).await.expect(202), begun);
}

async fn a_key_that_comes_with_another_body_is_refused(app: &TestApp) {
    app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", KEY).await.expect(201);
    let other = app.post(DEPARTMENTS, &department("Bureau")).header("idempotency-key", KEY).await;
    other.expect_problem(422, "idempotency-key-reused");
    assert_eq!(app.walk(DEPARTMENTS).await.len(), 1);
}

async fn a_key_is_of_one_caller_method_and_path(app: &TestApp) {
    app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", KEY).await.expect(201);
    app.post(MUTUALS, &mutual("Office")).header("idempotency-key", KEY).await.expect(201);
}

async fn a_refusal_uses_no_key_up(app: &TestApp) {
    app.post(DEPARTMENTS, &serde_json::json!({})).header("idempotency-key", KEY).await.problem(422);
    let taken = app.create(DEPARTMENTS, &department("Taken")).await;
    app.post(DEPARTMENTS, &department("Taken")).header("idempotency-key", KEY).await.expect_problem(409, "name-taken");
    app.delete(format!("{DEPARTMENTS}/{}", kit::fixture::id(&taken))).await.expect(204);
    app.post(DEPARTMENTS, &department("Taken")).header("idempotency-key", KEY).await.expect(201);
}

async fn a_rehearsal_uses_no_key_up(app: &TestApp) {
    let rehearsed =
        app.post(format!("{DEPARTMENTS}?validate_only=true"), &department("Office")).header("idempotency-key", KEY);
    rehearsed.await.expect(200);
    app.post(DEPARTMENTS, &department("Bureau")).header("idempotency-key", KEY).await.expect(201);
    let rehearsed =
        app.post(format!("{DEPARTMENTS}?validate_only=true"), &department("Other")).header("idempotency-key", KEY);
    assert_eq!(rehearsed.await.expect(200)["name"], "Other");
}

async fn a_key_is_forgotten_after_a_day(app: &TestApp) {
    let request = || app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", KEY);
    let first = request().await.expect(201);
    app.pass(Duration::from_secs(24 * 3600 - 60));
    assert_eq!(request().await.expect(201), first);
    app.pass(Duration::from_secs(120));
    request().await.expect_problem(409, "name-taken");
    app.post(DEPARTMENTS, &department("Bureau")).header("idempotency-key", KEY).await.expect(201);
}

async fn a_malformed_key_is_refused(app: &TestApp) {
    let long = "k".repeat(256);
    for key in ["", "a b", "\"\"", "a\"b", "schlüssel", &long] {
        let refused = app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", key).await;
        refused.expect_faults(400, &[("idempotency-key", "invalid-format")]);
    }
    let two = app
        .post(DEPARTMENTS, &department("Office"))
        .header("idempotency-key", "a")
        .header("idempotency-key", "a")
        .await;
    two.expect_faults(400, &[("idempotency-key", "invalid-format")]);
    let longest = "k".repeat(255);
    app.post(DEPARTMENTS, &department("Office")).header("idempotency-key", longest).await.expect(201);
}
