//! Versions: reads that need no answer, and changes that say which version they are for.

use std::time::Duration;

use kit::TestApp;
use kit::fixture::{DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, department, id, known_staff_ballot, mutual};
use serde_json::json;

kit::on_both! {
    a_read_of_what_the_caller_has_is_answered_without_it,
    a_list_has_a_tag_that_changes_with_its_items,
    a_change_for_another_version_is_refused_with_the_current_one,
    a_malformed_condition_is_refused_on_changes_and_ignored_on_reads,
    what_gateways_make_of_tags_is_taken_or_explained,
    other_conditions_hold_for_changes_too,
    no_promise_of_a_header_is_passed_over,
    a_rehearsed_change_is_checked_and_not_made,
    a_rehearsed_deletion_is_answered_as_one_that_was_carried_out,
}

async fn a_read_of_what_the_caller_has_is_answered_without_it(app: &TestApp) {
    let record = app.create(DEPARTMENTS, &department("Office")).await;
    let own = format!("{DEPARTMENTS}/{}", id(&record));
    let read = app.get(&own).await;
    let (tag, since) = (read.etag(), read.header("last-modified").unwrap().to_owned());
    for held in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
        let unchanged = app.get(&own).header("if-none-match", &held).await;
        assert_eq!((unchanged.status(), unchanged.bytes().len()), (304, 0), "{held}");
        assert_eq!(unchanged.etag(), tag);
    }
    assert_eq!(app.get(&own).header("if-modified-since", &since).await.status(), 304);
    assert_eq!(app.request("HEAD", &own).header("if-none-match", &tag).await.status(), 304);
    assert_eq!(app.get(&own).header("if-none-match", "\"99\"").header("if-modified-since", &since).await.status(), 200);
    app.pass(Duration::from_secs(5));
    app.patch(&own, &json!({ "name": "Bureau" })).await.expect(200);
    assert_eq!(app.get(&own).header("if-none-match", &tag).await.status(), 200);
    assert_eq!(app.get(&own).header("if-modified-since", &since).await.status(), 200);
}

async fn a_list_has_a_tag_that_changes_with_its_items(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let list = format!("{DEPARTMENTS}?q=office&count=exact");
    let mut seen = vec![app.get(&list).await.etag()];
    let unchanged = app.get(&list).header("if-none-match", &seen[0]).await;
    assert_eq!((unchanged.status(), unchanged.bytes().len()), (304, 0));
    app.create(DEPARTMENTS, &department("Bureau")).await;
    assert_eq!(app.get(&list).await.etag(), seen[0], "it isn't in this list");
    app.patch(format!("{DEPARTMENTS}/office"), &json!({ "website": "https://example.org/" })).await.expect(200);
    seen.push(app.get(&list).await.etag());
    app.create(DEPARTMENTS, &department("Other office")).await;
    seen.push(app.get(&list).await.etag());
    app.delete(format!("{DEPARTMENTS}/office")).await.expect(204);
    seen.push(app.get(&list).await.etag());
    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), seen.len(), "{seen:?}");
}

async fn a_change_for_another_version_is_refused_with_the_current_one(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let own = format!("{DEPARTMENTS}/office");
    app.patch(&own, &json!({ "kind": "other" })).if_match(&app.tag(1)).await.expect(200);
    let [first, second, third, padded] = ["1", "2", "3", "02"].map(|version| app.tag(version));
    let weak = format!("W/{second}");
    let of_another_epoch = "\"0000000000000000-2\"".to_owned();
    for stale in [&first, &third, &weak, &format!("{first}, {third}"), &padded, &"\"2\"".to_owned(), &of_another_epoch]
    {
        for change in [app.put(&own, &department("Office")), app.patch(&own, &json!({})), app.delete(&own)] {
            let refused = change.if_match(stale).await;
            refused.expect_problem(412, "precondition-failed");
            assert_eq!(refused.version(), "2", "{stale}");
        }
    }
    let rename = |name: &str| app.patch(&own, &json!({ "name": name }));
    assert_eq!(rename("Bureau").if_match(&format!("{first}, {second}")).await.version(), "3");
    assert_eq!(rename("Agency").if_match("*").await.version(), "4");
    app.delete(&own).if_match(&app.tag(4)).await.expect(204);
}

async fn a_malformed_condition_is_refused_on_changes_and_ignored_on_reads(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let own = format!("{DEPARTMENTS}/office");
    for malformed in ["1", "\"1", "1\"", ",", "*, \"1\"", "w/\"1\"", ""] {
        let refused = app.patch(&own, &json!({})).if_match(malformed).await;
        refused.expect_faults(400, &[("if-match", "invalid-format")]);
        let refused = app.patch(&own, &json!({})).header("if-none-match", malformed).await;
        refused.expect_faults(400, &[("if-none-match", "invalid-format")]);
        assert_eq!(
            app.get(&own).header("if-none-match", malformed).await.status(),
            if malformed == "*" { 304 } else { 200 }
        );
    }
    assert_eq!(app.get(&own).header("if-modified-since", "yesterday").await.status(), 200);
}

/// Gateways that compress responses make their tags weak, and some leave elements of a list empty.
async fn what_gateways_make_of_tags_is_taken_or_explained(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let own = format!("{DEPARTMENTS}/office");
    let tag = app.tag(1);
    let change = |condition: &str| app.patch(&own, &json!({})).if_match(condition);
    for taken in [format!("{tag},"), format!(", {tag}"), format!("\"x\", ,,{tag} , ")] {
        change(&taken).await.expect(200);
        assert_eq!(app.get(&own).header("if-none-match", &taken).await.status(), 304, "{taken}");
    }
    for weak in
        [format!("W/{tag}"), format!("\"x\", W/{tag}"), format!("W/{}", app.tag("1-gzip")), "W/\"x\"".to_owned()]
    {
        let refused = change(&weak).await.expect_problem(412, "precondition-failed");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("weak") && detail.contains("gateway"), "{weak}: {detail}");
    }
    let stale = change("\"x\"").await.expect_problem(412, "precondition-failed");
    assert!(!stale["detail"].as_str().unwrap().contains("weak"), "{stale}");
}

async fn other_conditions_hold_for_changes_too(app: &TestApp) {
    let record = app.create(DEPARTMENTS, &department("Office")).await;
    let own = format!("{DEPARTMENTS}/office");
    let tag = app.tag(1);
    for holds in [app.tag(2), "\"x\"".to_owned()] {
        app.put(&own, &record).if_match(&tag).header("if-none-match", &holds).await.expect(200);
    }
    for fails in [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"x\",, {tag}")] {
        for change in [app.put(&own, &record), app.patch(&own, &json!({})), app.delete(&own)] {
            let refused = change.if_match(&tag).header("if-none-match", &fails).await;
            let problem = refused.expect_problem(412, "precondition-failed");
            assert!(problem["detail"].as_str().unwrap().contains("`If-None-Match`"), "{fails}: {problem}");
            assert_eq!(refused.etag(), tag);
        }
    }
    // An action may leave the version out.
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let ballot = app.create(STAFF_BALLOTS, &known_staff_ballot(id(&led))).await;
    let declare = || app.post(format!("{STAFF_BALLOTS}/{}/declare", id(&ballot)), &json!({ "historic": true }));
    declare().header("if-none-match", "*").await.expect_problem(412, "precondition-failed");
    let long_ago = "Wed, 01 Oct 1997 09:30:00 GMT";
    declare().header("if-unmodified-since", long_ago).await.expect_problem(412, "precondition-failed");
    let refused = declare().header("if-unmodified-since", "yesterday").await;
    refused.expect_faults(400, &[("if-unmodified-since", "invalid-format")]);
    let read = app.get(format!("{STAFF_BALLOTS}/{}", id(&ballot))).await;
    declare().header("if-unmodified-since", read.header("last-modified").unwrap()).await.expect(200);
    app.delete(&own)
        .without("if-match")
        .header("if-unmodified-since", long_ago)
        .await
        .expect_problem(412, "precondition-failed");
}

/// What promises that a change is made once, or for one version, is heeded or refused.
async fn no_promise_of_a_header_is_passed_over(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let (own, key) = (format!("{DEPARTMENTS}/office"), json!({ "label": "Mine", "role": "admin" }));
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let ballot = app.create(STAFF_BALLOTS, &known_staff_ballot(id(&led))).await;
    let declare = app.post(format!("{STAFF_BALLOTS}/{}/declare", id(&ballot)), &json!({ "historic": true }));
    let new_department = || app.post(DEPARTMENTS, &department("Other"));
    let import = || app.request("POST", "/v1/imports?resource_type=mutual").body("application/x-ndjson", "{}");
    let keys = || app.post("/v1/keys", &key);
    let date = "Wed, 01 Oct 2025 09:30:00 GMT";
    for (request, name, value) in [
        (keys(), "idempotency-key", "once"),
        (app.delete(format!("/v1/keys/{NOBODY}")).without("if-match"), "idempotency-key", "once"),
        (declare, "idempotency-key", "once"),
        (app.put(&own, &department("Office")), "idempotency-key", "once"),
        (app.patch(&own, &json!({})), "idempotency-key", "once"),
        (app.delete(&own), "idempotency-key", "once"),
        (keys(), "if-match", "\"x\""),
        (app.delete(format!("/v1/keys/{NOBODY}")).without("if-match"), "if-match", "\"x\""),
        (new_department(), "if-match", "\"x\""),
        (new_department(), "if-unmodified-since", date),
        (import(), "if-match", "\"x\""),
    ] {
        request.header(name, value).await.expect_faults(400, &[(name, "not-supported")]);
    }
    let both = keys().header("idempotency-key", "once").header("if-match", "\"x\"").await;
    both.expect_faults(400, &[("idempotency-key", "not-supported"), ("if-match", "not-supported")]);
    assert_eq!(app.walk(DEPARTMENTS).await.len(), 1);
    new_department().header("if-none-match", "*").await.expect(201);
}

async fn a_rehearsed_change_is_checked_and_not_made(app: &TestApp) {
    let rehearsed = app.post(format!("{DEPARTMENTS}?validate_only=true"), &department("Office")).await;
    assert_eq!(rehearsed.expect(200)["slug"], "office");
    assert_eq!(rehearsed.header("location"), None);
    assert!(app.walk(DEPARTMENTS).await.is_empty());
    assert_eq!(log_size(app), 0);

    let record = app.create(&format!("{DEPARTMENTS}?validate_only=false"), &department("Office")).await;
    let taken = app.post(format!("{DEPARTMENTS}?validate_only=true"), &department("OFFICE")).await;
    taken.expect_problem(409, "name-taken");
    let broken = app.post(format!("{DEPARTMENTS}?validate_only=true"), &json!({ "name": "Broken" })).await;
    broken.expect_faults(422, &[("/kind", "required")]);

    let own = format!("{DEPARTMENTS}/office?validate_only=true");
    let replaced = app.put(&own, &department("Bureau")).await.expect(200);
    assert_eq!((&replaced["name"], &replaced["id"]), (&json!("Bureau"), &record["id"]));
    assert_eq!(app.patch(&own, &json!({ "kind": "other" })).await.expect(200)["kind"], "other");
    app.patch(&own, &json!({})).if_match(&app.tag(7)).await.expect_problem(412, "precondition-failed");
    app.patch(&own, &json!({})).without("if-match").await.expect_problem(428, "precondition-required");
    app.patch(format!("{DEPARTMENTS}/{NOBODY}?validate_only=true"), &json!({})).await.expect_problem(404, "not-found");
    assert_eq!(app.get(format!("{DEPARTMENTS}/office")).await.expect(200), record);
    assert_eq!(log_size(app), 1);
    app.post(format!("{DEPARTMENTS}?validate_only=1"), &department("Other")).await.expect(200);
    app.post(format!("{DEPARTMENTS}?validate_only=0"), &department("Other")).await.expect(201);
    for odd in ["yes", "01", "TRUE", ""] {
        let refused = app.post(format!("{DEPARTMENTS}?validate_only={odd}"), &department("Odd")).await;
        assert_eq!(refused.faults(400)[0].0, "validate_only", "{odd}");
    }
}

async fn a_rehearsed_deletion_is_answered_as_one_that_was_carried_out(app: &TestApp) {
    let record = app.create(DEPARTMENTS, &department("Office")).await;
    app.delete(format!("{DEPARTMENTS}/office?validate_only=true")).await.expect(204);
    app.get(format!("{DEPARTMENTS}/office")).await.expect(200);
    let child = kit::fixture::with(mutual("Child"), json!({ "department_id": record["id"] }));
    app.create(MUTUALS, &child).await;
    app.delete(format!("{DEPARTMENTS}/office?validate_only=true")).await.expect_problem(409, "has-dependents");
}

fn log_size(app: &TestApp) -> usize {
    app.database().rows("SELECT seq FROM entries").len()
}
