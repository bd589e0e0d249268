//! What a refusal says to do: it names what was wrong, and the right request.

use std::slice::from_ref;

use kit::Contract;
use kit::TestApp;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, contract, department, id, known_staff_ballot, mutual,
    staff_ballot, with,
};
use serde_json::{Value, json};

kit::on_both! {
    a_department_that_is_missing_or_unknown_is_no_missing_role,
    a_field_that_another_request_changes_names_it,
    a_path_explains_what_names_a_record,
    a_filter_goes_by_the_name_of_its_member_too,
    a_parameter_of_another_operation_is_told_where_it_is,
}

async fn a_department_that_is_missing_or_unknown_is_no_missing_role(app: &TestApp) {
    let [own, other] =
        [app.create(DEPARTMENTS, &department("Own")).await, app.create(DEPARTMENTS, &department("Other")).await];
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let officer = app.database().make_key("procurement_officer", &[id(&own)]);
    let led = |department_id: Value| with(mutual("Led"), json!({ "department_id": department_id }));
    let create = |body: Value| app.post(MUTUALS, &body).with_key(&editor);
    create(mutual("Led")).await.expect_faults(422, &[("/department_id", "required")]);
    create(led(json!(NOBODY))).await.expect_faults(422, &[("/department_id", "unknown-reference")]);
    create(led(json!("nobody"))).await.expect_faults(422, &[("/department_id", "unknown-reference")]);
    let unknown = with(led(json!(NOBODY)), json!({ "other_department_ids": [NOBODY.replace("ff", "fe")] }));
    let faults = [("/department_id", "unknown-reference"), ("/other_department_ids/0", "unknown-reference")];
    create(unknown).await.expect_faults(422, &faults);
    let refused = create(led(other["id"].clone())).await.expect_problem(403, "forbidden");
    assert!(refused["detail"].as_str().unwrap().contains("this key has the role"), "{refused}");
    let made = create(led(own["id"].clone())).await.expect(201);
    let change = |body: Value| app.patch(format!("{MUTUALS}/led"), &body).with_key(&editor);
    change(json!({ "department_id": null })).await.expect_faults(422, &[("/department_id", "required")]);
    change(json!({ "department_id": NOBODY })).await.expect_faults(422, &[("/department_id", "unknown-reference")]);
    change(json!({ "department_id": other["id"] })).await.expect_problem(403, "forbidden");

    let supply = |mutual_id: &str, department_id: &str| {
        app.post(CONTRACTS, &contract(mutual_id, department_id)).with_key(&officer)
    };
    supply(id(&made), NOBODY).await.expect_faults(422, &[("/department_id", "unknown-reference")]);
    let both = [("/department_id", "unknown-reference"), ("/mutual_id", "unknown-reference")];
    supply(NOBODY, NOBODY).await.expect_faults(422, &both);
    supply(id(&made), id(&other)).await.expect_problem(403, "forbidden");
    supply(id(&made), id(&own)).await.expect(201);

    let hold = |mutual_id: &str| app.post(STAFF_BALLOTS, &staff_ballot(mutual_id)).with_key(&editor);
    hold(NOBODY).await.expect_faults(422, &[("/mutual_id", "unknown-reference")]);
    let unled = app.create(MUTUALS, &mutual("Unled")).await;
    hold(id(&unled)).await.expect_problem(403, "forbidden");
    hold(id(&made)).await.expect(201);
    // Whose role may not do it at all is told so.
    let refused = app.post(MUTUALS, &mutual("New")).with_key(&officer).await.expect_problem(403, "forbidden");
    assert!(!refused["detail"].as_str().unwrap().contains("this key has the role"), "{refused}");
}

async fn a_field_that_another_request_changes_names_it(app: &TestApp) {
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let ballot = app.create(STAFF_BALLOTS, &known_staff_ballot(id(&led))).await;
    let (led, ballot) = (format!("{MUTUALS}/led"), format!("{STAFF_BALLOTS}/{}", id(&ballot)));
    for (path, change, way) in [
        (&led, json!({ "stage": "launched" }), "/stage-transitions"),
        (&led, json!({ "stage_since": "2012" }), "/stage-transitions"),
        (&led, json!({ "launched_on": "2012-10-01" }), "/stage-transitions"),
        (&led, json!({ "ended_on": "2012-10-01" }), "/stage-transitions"),
        (&ballot, json!({ "state": "declared" }), "/declare"),
        (&ballot, json!({ "void_reason": "Miscounted" }), "/void"),
        (&ballot, json!({ "scrutineer_key_id": NOBODY }), "/appointment"),
        (&ballot, json!({ "result": { "leading": ["no"] } }), "`counts`"),
    ] {
        let refused = app.patch(path, &change).await;
        let name = format!("/{}", change.as_object().unwrap().keys().next().unwrap());
        refused.expect_faults(422, &[(&name, "read-only")]);
        assert!(refused.text().contains(way), "{change}: {refused:?}");
    }
    let refused = app.post(MUTUALS, &with(mutual("New"), json!({ "launched_on": "2012" }))).await;
    assert!(refused.text().contains("/stage-transitions"), "{refused:?}");
}

async fn a_path_explains_what_names_a_record(app: &TestApp) {
    for (path, slug) in [
        ("/v1/mutuals/MyCSP", "such as mycsp"),
        ("/v1/mutuals/My%20CSP%20Ltd", "such as my-csp-ltd"),
        ("/v1/departments/T%C5%B7_Office/commitments", "such as ty-office"),
        ("/v1/departments/Cabinet-Office/scorecard", "such as cabinet-office"),
        ("/v1/mutuals/%E2%98%83", "joined by single hyphens"),
        ("/v1/staff-ballots/mycsp", "expected a UUID"),
        ("/v1/mutuals/mycsp/objections/first", "expected a UUID"),
        ("/v1/contracts/libraries/competitions", "expected a UUID"),
        ("/v1/keys/mine", "expected a UUID"),
    ] {
        let refused = app.get(path).await.expect_problem(404, "not-found");
        assert!(refused["detail"].as_str().unwrap().contains(slug), "{path}: {refused}");
    }
    let refused = app.get("/v1/contracts?mutual=MyCSP").await;
    assert!(refused.text().contains("such as mycsp"), "{refused:?}");
    let refused = app.get("/v1/mutuals/mycsp").await.expect_problem(404, "not-found");
    assert!(!refused["detail"].as_str().unwrap().contains("such as"), "{refused}");
}

async fn a_filter_goes_by_the_name_of_its_member_too(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let led = app.create(MUTUALS, &with(mutual("Led"), json!({ "department_id": office["id"] }))).await;
    let supplied = app.create(CONTRACTS, &contract(id(&led), id(&office))).await;
    app.create(MUTUALS, &mutual("Other")).await;
    let name = |list: &str, query: &str| format!("{list}?{query}");
    for query in ["mutual", "mutual_id", "department", "department_id"] {
        let value = if query.starts_with("mutual") { "led" } else { "office" };
        assert_eq!(app.walk(&name(CONTRACTS, &format!("{query}={value}"))).await, from_ref(&supplied), "{query}");
    }
    assert!(app.walk(&name(STAFF_BALLOTS, &format!("mutual_id={}", id(&led)))).await.is_empty());
    assert_eq!(app.walk(&name(MUTUALS, "department_id=office&sectors=community_health")).await, from_ref(&led));
    for export in ["/v1/mutuals/export.csv", "/v1/mutuals/export.ndjson"] {
        assert!(!app.get(name(export, "department_id=office")).await.text().contains("Other"));
    }
    app.get(name(CONTRACTS, "mutual_id=led&mutual=nobody")).await.faults(400);
    // Both spellings are of one list.
    app.create(CONTRACTS, &contract(id(&led), id(&office))).await;
    let page = app.get(name(CONTRACTS, "mutual_id=led&limit=1")).await.expect(200);
    let rest = format!("mutual=led&limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(app.get(name(CONTRACTS, &rest)).await.expect(200)["items"].as_array().unwrap().len(), 1);
    let refused = app.get(name(DEPARTMENTS, "mutual_id=led")).await;
    refused.expect_faults(400, &[("mutual_id", "unknown-parameter")]);
}

/// The other name would hide a parameter that is called so.
#[test]
fn no_parameter_has_the_name_of_a_member_that_another_filters() {
    let document = Contract::of_the_service().document();
    let shared = document["components"]["parameters"].as_object().unwrap().values();
    let own = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let own = own.filter_map(|operation| operation["parameters"].as_array()).flatten();
    let names: Vec<&str> = shared.chain(own).filter_map(|parameter| parameter["name"].as_str()).collect();
    assert!(names.contains(&"mutual"), "{names:?}");
    for alias in ["mutual_id", "department_id", "contract_id", "sectors", "identifiers", "cpv_codes"] {
        assert!(!names.contains(&alias), "{alias}");
    }
}

async fn a_parameter_of_another_operation_is_told_where_it_is(app: &TestApp) {
    for (path, name, way) in [
        ("/v1/mutuals?as_at=2012-01-01", "as_at", "/v1/statistics"),
        ("/v1/departments?as_at=2012-01-01", "as_at", "`known_at`"),
        ("/v1/mutuals/x?as_at=2012", "as_at", "/v1/reports"),
        ("/v1/mutuals?page=2", "page", "`next_cursor`"),
        ("/v1/contracts?offset=50", "offset", "`cursor`"),
        ("/v1/mutuals?per_page=10", "per_page", "`limit`"),
        ("/v1/mutuals?search=york", "search", "`q`"),
        ("/v1/mutuals?order_by=name", "order_by", "`sort`"),
        ("/v1/code-lists?page=2", "page", "no query parameters"),
    ] {
        let refused = app.get(path).await;
        refused.expect_faults(400, &[(name, "unknown-parameter")]);
        assert!(refused.text().contains(way), "{path}: {refused:?}");
    }
}
