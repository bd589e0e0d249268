//! The same thing in other spellings: what tools make of a path, an id, a number or a body is taken, or explained.

use std::slice::from_ref;

use kit::TestApp;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, commitment, contract, department, id, mutual, staff_ballot,
    with,
};
use serde_json::{Value, json};

use crate::import::import;

kit::on_both! {
    a_path_that_is_spelled_in_another_way_is_told_the_right_one,
    a_body_with_a_byte_order_mark_is_taken,
    a_number_that_is_too_large_is_out_of_range,
    an_id_is_read_in_any_letter_case,
    a_slug_is_taken_wherever_a_body_names_a_record,
    a_slug_that_nobody_has_is_told_with_all_other_faults,
    an_import_takes_slugs,
}

async fn a_path_that_is_spelled_in_another_way_is_told_the_right_one(app: &TestApp) {
    for (path, right) in [
        ("/v1/departments/", "/v1/departments"),
        ("/v1/mutuals/harmonie/", "/v1/mutuals/harmonie"),
        ("/v1/mutuals/harmonie/annual-returns/", "/v1/mutuals/harmonie/annual-returns"),
        ("/v1//departments", "/v1/departments"),
        ("/V1/Staff_Ballots", "/v1/staff-ballots"),
        ("/staff-ballots/", "/v1/staff-ballots"),
        ("/v1/mutuals/export.csv/", "/v1/mutuals/export.csv"),
        ("/livez/", "/livez"),
        ("/v1/mutuals/%22%3Cb%3E/", "/v1/mutuals/%22%3Cb%3E"),
    ] {
        for method in ["GET", "POST"] {
            let refused = app.request(method, path).await.expect_problem(404, "unknown-path");
            let detail = refused["detail"].as_str().unwrap();
            assert!(detail.ends_with(&format!("did you mean {right}?")), "{path}: {detail}");
        }
    }
    for path in ["/v1/departments/x/y", "/v2/departments", "/v1/", "/v1/colours/"] {
        let refused = app.get(path).await.expect_problem(404, "unknown-path");
        assert!(refused["detail"].as_str().unwrap().contains("/openapi.yaml"), "{path}: {refused}");
    }
}

async fn a_body_with_a_byte_order_mark_is_taken(app: &TestApp) {
    let marked = |body: &Value| [b"\xef\xbb\xbf".as_slice(), body.to_string().as_bytes()].concat();
    let send = |method: &str, path: &str, media: &'static str, body: Vec<u8>| {
        app.request(method, path).if_match("*").body(media, body)
    };
    let json = "application/json";
    send("POST", DEPARTMENTS, json, marked(&department("Office"))).without("if-match").await.expect(201);
    let own = &format!("{DEPARTMENTS}/office");
    let put = send("PUT", own, json, marked(&department("Office of State"))).await.expect(200);
    assert_eq!(put["name"], "Office of State");
    let patched = send("PATCH", own, "application/merge-patch+json", marked(&json!({ "kind": "other" }))).await;
    assert_eq!(patched.expect(200)["kind"], "other");
    for malformed in [b"\xef\xbb\xbf".to_vec(), b"\xef\xbb\xbf\xef\xbb\xbf{}".to_vec(), b"\xff\xfe{\0}\0".to_vec()] {
        let refused = send("POST", DEPARTMENTS, json, malformed).without("if-match").await;
        refused.expect_faults(400, &[("", "invalid-format")]);
    }
}

async fn a_number_that_is_too_large_is_out_of_range(app: &TestApp) {
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let numbers = ["1e400", "-1e400", "1e19", "18446744073709551616", "9007199254740993", &"9".repeat(500)];
    let raw = |path: &str, body: String| app.request("POST", path).body("application/json", body);
    for number in numbers {
        let body = format!(r#"{{"name": "X", "sectors": ["housing"], "staff_count": {number}}}"#);
        raw(MUTUALS, body).await.expect_faults(422, &[("/staff_count", "out-of-range")]);
        let money = with(contract(id(&led), id(&office)), json!({ "value": { "amount_minor": 0, "currency": "GBP" } }));
        let body = money.to_string().replace("\"amount_minor\":0", &format!("\"amount_minor\":{number}"));
        raw(CONTRACTS, body).await.expect_faults(422, &[("/value/amount_minor", "out-of-range")]);
        for (list, parameter) in [(MUTUALS, "staff_count_from"), (MUTUALS, "limit")] {
            let refused = app.get(format!("{list}?{parameter}={number}")).await;
            assert!(refused.faults(400).contains(&(parameter.to_owned(), "out-of-range".to_owned())), "{refused:?}");
        }
    }
    for number in ["1e400", "18446744073709551616", "-18446744073709551616"] {
        app.get(format!("/v1/entries?after={number}")).await.expect_faults(400, &[("after", "out-of-range")]);
    }
    let titled = json!({ "title": 0 }).to_string().replace('0', "1e400");
    assert!(raw(CONTRACTS, titled).await.faults(422).contains(&("/title".to_owned(), "invalid-type".to_owned())));
    let refused = app.get(format!("{MUTUALS}?staff_count_from=many")).await;
    refused.expect_faults(400, &[("staff_count_from", "invalid-format")]);
}

/// Tools on Windows write UUIDs in capital letters.
async fn an_id_is_read_in_any_letter_case(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let upper = |record: &Value| id(record).to_uppercase();
    let led = with(mutual("Led"), json!({ "department_id": upper(&office) }));
    let led = app.create(MUTUALS, &led).await;
    assert_eq!(led["department_id"], office["id"]);
    assert_eq!(app.get(format!("{DEPARTMENTS}/{}", upper(&office))).await.expect(200), office);
    assert_eq!(app.walk(&format!("{MUTUALS}?department={}", upper(&office))).await, from_ref(&led));
    let commitments = format!("{DEPARTMENTS}/{}/commitments", upper(&office));
    let commitment = app.create(&commitments, &commitment()).await;
    assert_eq!(app.get(format!("{commitments}/{}", upper(&commitment))).await.expect(200), commitment);
    let same = with(led.clone(), json!({ "id": upper(&led), "department_id": upper(&office) }));
    app.put(format!("{MUTUALS}/{}", upper(&led)), &same).await.expect(200);
    let key = json!({ "label": "Mine", "role": "department_editor", "department_ids": [upper(&office)], "expires_in_days": 1 });
    let key = app.post("/v1/keys", &key).await.expect(201);
    assert_eq!(key["department_ids"], json!([office["id"]]));
    assert_eq!(app.get(format!("/v1/keys/{}", upper(&key))).await.expect(200)["id"], key["id"]);
    let simple = id(&office).replace('-', "");
    for (text, code) in [
        (format!("{{{}}}", id(&office)), "invalid-format"),
        (format!("urn:uuid:{}", id(&office)), "invalid-format"),
        // That is how a slug may look.
        (simple, "unknown-reference"),
    ] {
        let body = with(mutual("Other"), json!({ "department_id": text }));
        app.post(MUTUALS, &body).await.expect_faults(422, &[("/department_id", code)]);
    }
}

/// People know the slugs from addresses.
async fn a_slug_is_taken_wherever_a_body_names_a_record(app: &TestApp) {
    let [office, bureau] =
        [app.create(DEPARTMENTS, &department("Office")).await, app.create(DEPARTMENTS, &department("Bureau")).await];
    let body = with(mutual("Led"), json!({ "department_id": "office", "other_department_ids": ["bureau"] }));
    let led = app.create(MUTUALS, &body).await;
    assert_eq!((&led["department_id"], &led["other_department_ids"]), (&office["id"], &json!([bureau["id"]])));
    let own = format!("{MUTUALS}/led");
    let moved = app.patch(&own, &json!({ "other_department_ids": [], "department_id": "bureau" })).await.expect(200);
    assert_eq!(moved["department_id"], bureau["id"]);
    let again = app.put(&own, &with(moved.clone(), json!({ "department_id": "bureau" }))).await.expect(200);
    assert_eq!(again, moved);
    let supplied = app.create(CONTRACTS, &contract("led", "office")).await;
    assert_eq!((&supplied["mutual_id"], &supplied["department_id"]), (&led["id"], &office["id"]));
    let path = format!("{CONTRACTS}/{}", id(&supplied));
    app.patch(&path, &json!({ "mutual_id": "led", "department_id": "bureau" })).await.expect(200);
    let ballot = app.create(STAFF_BALLOTS, &staff_ballot("led")).await;
    assert_eq!(ballot["mutual_id"], led["id"]);
    let key = json!({ "label": "Mine", "role": "department_editor", "department_ids": ["office", bureau["id"]], "expires_in_days": 1 });
    let key = app.post("/v1/keys", &key).await.expect(201);
    assert_eq!(key["department_ids"], json!([office["id"], bureau["id"]]));
    let successor =
        app.patch(format!("{DEPARTMENTS}/office"), &json!({ "closed_on": "2012", "successor_id": "bureau" })).await;
    assert_eq!(successor.expect(200)["successor_id"], bureau["id"]);
    // The same request is the same request, whatever became of the slug.
    let once = || {
        app.post(MUTUALS, &with(mutual("Once"), json!({ "department_id": "bureau" }))).header("idempotency-key", "k")
    };
    let made = once().await.expect(201);
    assert_eq!(once().await.expect(201), made);
}

async fn a_slug_that_nobody_has_is_told_with_all_other_faults(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    app.create(DEPARTMENTS, &department("Gone")).await;
    app.delete(format!("{DEPARTMENTS}/gone")).await.expect(204);
    let body = json!({
        "name": "Led", "sectors": ["hosing"], "department_id": "ofice",
        "other_department_ids": ["office", "gone", "Cabinet Office", NOBODY, 7],
    });
    let faults = [
        ("/sectors/0", "not-in-vocabulary"),
        ("/department_id", "unknown-reference"),
        ("/other_department_ids/1", "unknown-reference"),
        ("/other_department_ids/2", "invalid-format"),
        ("/other_department_ids/3", "unknown-reference"),
        ("/other_department_ids/4", "invalid-type"),
    ];
    let refused = app.post(MUTUALS, &body).await;
    refused.expect_faults(422, &faults);
    let said = refused.text();
    assert!(said.contains("there is no department with the slug ofice"), "{said}");
    assert!(said.contains("neither an id nor a slug") && said.contains("such as cabinet-office"), "{said}");
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let refused = app.patch(format!("{MUTUALS}/led"), &json!({ "department_id": "nobody" })).await;
    refused.expect_faults(422, &[("/department_id", "unknown-reference")]);
    let refused = app.post(CONTRACTS, &contract("nobody", "nobody")).await;
    refused.expect_faults(422, &[("/mutual_id", "unknown-reference"), ("/department_id", "unknown-reference")]);
    // Of records without a slug, only the id will do.
    let endorsement = json!({ "constituency": "staff", "staff_ballot_id": "led", "given_on": "2012" });
    let refused = app.post(format!("{MUTUALS}/{}/endorsements", id(&led)), &endorsement).await;
    assert!(refused.faults(422).contains(&("/staff_ballot_id".to_owned(), "invalid-format".to_owned())), "{refused:?}");
    let many: Vec<String> = (0..1000).map(|n| format!("\"department_id\": \"d{n}\"")).collect();
    let flood = app.request("POST", MUTUALS).body("application/json", format!("{{{}}}", many.join(",")));
    assert!(flood.await.faults(422).len() <= 101);
}

/// A table that an officer made names departments as people do.
async fn an_import_takes_slugs(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let led = |name: &str, department: &str| with(mutual(name), json!({ "department_id": department })).to_string();
    let rows = [led("One", "office"), led("Two", &id(&office).to_uppercase()), led("Three", "nobody")].join("\n");
    let done = import(app, "resource_type=mutual", rows).await;
    assert_eq!((&done["created"], &done["failed"]), (&json!(2), &json!(1)), "{done}");
    assert_eq!(app.walk(&format!("{MUTUALS}?department=office")).await.len(), 2);
    // A successor may come later in the same file.
    let closed = with(department("Old"), json!({ "closed_on": "2012", "successor_id": "new" }));
    let rows = [closed.to_string(), department("New").to_string()].join("\n");
    let done = import(app, "resource_type=department", rows).await;
    assert_eq!((&done["created"], &done["failed"]), (&json!(2), &json!(0)), "{done}");
}
