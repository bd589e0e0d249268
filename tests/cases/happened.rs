//! What has happened can't lie in the future: each member that says when something happened, whoever sends it, what is stored already, and
//! what reads it as at a day.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, commitment, contract, department, enabler, endorsement,
    full_contract, id, mutual, objection, staff_ballot, with, without,
};
use kit::{Around, Contract, Database, Program, Sample, TestApp};
use serde_json::{Value, json};

kit::on_each_kind! {
    what_has_happened_is_at_most_today,
}

kit::on_both! {
    plans_may_be_later,
    a_day_of_grace_is_left_for_time_zones,
    what_is_inside_a_record_has_happened_too,
    an_action_is_judged_too,
    the_rows_of_an_import_are_judged_too,
    a_stored_record_can_be_read_and_sent_back,
    a_mistyped_year_neither_opens_the_gate_nor_hides_a_later_position,
    the_gate_reads_the_register_as_at_the_day_of_the_launch,
    check_lists_what_is_stored_and_breaks_a_rule,
}

/// What the contract says of each member that tells when something happened.
const HAS_HAPPENED: &str = "It has happened: at most today.";

/// The members of each kind, beside those inside them.
fn expected(kind: &str) -> &'static [&'static str] {
    match kind {
        "department" => &["closed_on"],
        "mutual" => &["staff_counted_on", "stage_since"],
        "staff_ballot" => &["closed_on", "declared_on"],
        "contract" => &[
            "award_notice_on",
            "awarded_on",
            "entered_on",
            "procurement_started_on",
            "standstill_ended_on",
            "standstill_notice_on",
        ],
        "commitment" => &["published_on"],
        "stage_transition" => &["effective_on"],
        "annual_return" => &["period_ends_on"],
        "endorsement" => &["given_on"],
        "objection" => &["decided_on", "raised_on"],
        "support_request" => &["closed_on", "requested_on"],
        "pathway_progress" => &["done_on"],
        "competition" => &["decided_on", "opened_on"],
        "notice" => &["published_on"],
        _ => &[],
    }
}

/// The members that the contract says so of.
fn described(sample: &Sample) -> Vec<String> {
    let contract = Contract::of_the_service();
    let body =
        &contract.document()["paths"][sample.list]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let members = contract.resolve(body)["properties"].as_object().unwrap().iter();
    let says = |member: &Value| member["description"].as_str().is_some_and(|said| said.ends_with(HAS_HAPPENED));
    let mut names: Vec<String> = members.filter(|(_, member)| says(member)).map(|(name, _)| name.clone()).collect();
    names.sort();
    names
}

/// Today by the service's clock.
async fn today(app: &TestApp) -> NaiveDate {
    app.get("/v1/statistics").await.expect(200)["as_at"].as_str().unwrap().parse().unwrap()
}

fn told(faults: &[(String, String)], pointer: &str) -> bool {
    faults.iter().any(|(at, code)| at == pointer && code == "out-of-range")
}

async fn what_has_happened_is_at_most_today(app: &TestApp, sample: &Sample) {
    let names = described(sample);
    assert_eq!(names, expected(sample.kind));
    let around = Around::new(app, "Past").await;
    let (path, full) = (sample.path(&around), (sample.full)(&around));
    for late in ["2099-01-01", "9999-12-31"] {
        let all: serde_json::Map<String, Value> = names.iter().map(|name| (name.clone(), json!(late))).collect();
        let members =
            with(Value::Object(all), json!({ "sources": [{ "title": "T" }, { "title": "U", "accessed_on": late }] }));
        let faults = app.post(&path, &with(full.clone(), members)).await.faults(422);
        for name in &names {
            assert!(told(&faults, &format!("/{name}")), "{name}: {faults:?}");
        }
        assert!(told(&faults, "/sources/1/accessed_on"), "{faults:?}");
    }
}

async fn plans_may_be_later(app: &TestApp) {
    let around = Around::new(app, "Plans").await;
    let (department_id, mutual_id) = (id(&around.department), id(&around.mutual));
    let of_department = format!("{DEPARTMENTS}/{department_id}");
    app.create(DEPARTMENTS, &with(department("Founded later"), json!({ "opened_on": "2099" }))).await;
    app.create(&format!("{of_department}/commitments"), &with(commitment(), json!({ "due_on": "2099-01-01" }))).await;
    let active = json!({ "active_from": "2099-01-01", "active_to": "2099-12-31" });
    app.create(&format!("{of_department}/enablers"), &with(enabler(), active)).await;
    let term = json!({
        "status": "planned", "starts_on": "2099-01-01", "ends_on": "2101-12-31", "latest_ends_on": "2103-12-31",
        "protection": { "kind": "reserved", "until": "2103-12-31" },
    });
    app.create(CONTRACTS, &with(contract(mutual_id, department_id), term)).await;
    let planned = app.create(STAFF_BALLOTS, &with(staff_ballot(mutual_id), json!({ "opened_on": "2099-01" }))).await;
    let counts = json!([{ "option": "yes", "votes": 2 }, { "option": "no", "votes": 1 }]);
    let own = format!("{STAFF_BALLOTS}/{}", id(&planned));
    app.patch(&own, &json!({ "counts": counts, "counts_complete": true, "question": "Shall we?" })).await.expect(200);
    let faults = app.post(format!("{own}/declare"), &json!({ "historic": true })).await.faults(422);
    assert!(told(&faults, "/opened_on"), "a ballot that has not begun has no result: {faults:?}");
}

async fn a_day_of_grace_is_left_for_time_zones(app: &TestApp) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    let path = format!("{MUTUALS}/{}/endorsements", id(&made));
    let today = today(app).await;
    let in_days = |days: u64| (today + Days::new(days)).to_string();
    let given = |days: u64| with(endorsement(), json!({ "given_on": in_days(days) }));
    app.create(&path, &given(0)).await;
    app.create(&path, &given(1)).await;
    let refused = app.post(&path, &given(3)).await;
    assert!(told(&refused.faults(422), "/given_on"));
    assert!(refused.text().contains("is in the future: expected 2"), "{}", refused.text());
    // A date in part is judged by its first day.
    let year = in_days(0)[..4].to_owned();
    app.create(MUTUALS, &with(mutual("Of this year"), json!({ "stage_since": year }))).await;
    let next = in_days(400)[..4].to_owned();
    let next = with(mutual("Of the next"), json!({ "stage_since": next, "staff_count": 5, "staff_counted_on": next }));
    let expected = [("/stage_since", "out-of-range"), ("/staff_counted_on", "out-of-range")];
    app.post(MUTUALS, &next).await.expect_faults(422, &expected);
    let stages = format!("{MUTUALS}/{}/stage-transitions", id(&made));
    let step = |days: u64| json!({ "to": "approved", "effective_on": in_days(days) });
    assert!(told(&app.post(&stages, &step(3)).await.faults(422), "/effective_on"));
    app.create(&stages, &step(1)).await;
}

async fn what_is_inside_a_record_has_happened_too(app: &TestApp) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    let late = json!({ "scrutineer": { "organisation": "Electoral Services", "appointed_on": "2099-01-01" } });
    let faults = app.post(STAFF_BALLOTS, &with(staff_ballot(id(&made)), late)).await.faults(422);
    assert!(told(&faults, "/scrutineer/appointed_on"), "{faults:?}");
    // All faults are told together, whatever else is wrong.
    let bad = json!({ "raised_on": "2099-01-02", "decided_on": "2099-01-01", "outcome": "lost", "grounds": " " });
    let faults = app.post(format!("{MUTUALS}/{}/objections", id(&made)), &with(objection(), bad)).await;
    faults.expect_faults(
        422,
        &[
            ("/decided_on", "date-order"),
            ("/decided_on", "out-of-range"),
            ("/grounds", "empty"),
            ("/outcome", "not-in-vocabulary"),
            ("/raised_on", "out-of-range"),
        ],
    );
}

async fn an_action_is_judged_too(app: &TestApp) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    let ballot = app.create(STAFF_BALLOTS, &staff_ballot(id(&made))).await;
    let own = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    let faults = app.post(format!("{own}/declare"), &json!({ "declared_on": "2099" })).await.faults(422);
    assert!(told(&faults, "/declared_on"), "{faults:?}");
    let printed = json!([{ "option": "yes", "percent": "78", "basis": "not_stated" }]);
    app.patch(&own, &json!({ "published_figures": printed })).await.expect(200);
    let declared = app.declare(&ballot).await;
    assert_eq!(declared["state"], "declared");
    let correction = json!({ "declared_on": "2099-01-01", "correction_reason": "A slip." });
    let faults = app.post(format!("{own}/correct"), &correction).await.faults(422);
    assert!(told(&faults, "/declared_on"), "{faults:?}");
}

async fn the_rows_of_an_import_are_judged_too(app: &TestApp) {
    let late = with(department("Closes later"), json!({ "closed_on": "2099" }));
    let rows = format!("{}\n{late}\n", with(department("Closed"), json!({ "closed_on": "2012" })));
    let begun = app.request("POST", "/v1/imports?resource_type=department").body("application/x-ndjson", rows).await;
    let own = format!("/v1/imports/{}", id(&begun.expect(202)));
    let mut import = app.get(&own).await.expect(200);
    while import["finished_at"].is_null() {
        tokio::time::sleep(Duration::from_millis(20)).await;
        import = app.get(&own).await.expect(200);
    }
    assert_eq!((&import["created"], &import["failed"]), (&json!(1), &json!(1)));
    let problems = app.get(format!("{own}/problems")).await.expect(200);
    let error = &problems["items"][0]["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/closed_on"), &json!("out-of-range")));
}

/// Gives stored records another date, as an earlier version of the program took it.
fn store_instead(database: &Database, table: &str, from: &str, to: &str) {
    let members = if table == "endorsements" { ["document", "public_document"].as_slice() } else { &["document"] };
    let set: Vec<String> =
        members.iter().map(|member| format!("{member} = replace({member}, '{from}', '{to}')")).collect();
    database.execute(&format!("UPDATE {table} SET {}", set.join(", ")));
}

async fn a_stored_record_can_be_read_and_sent_back(app: &TestApp) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    let path = format!("{MUTUALS}/{}/endorsements", id(&made));
    let sources = json!([{ "title": "Minutes", "accessed_on": "2025-07-01" }, { "title": "Letter" }]);
    let stored = app.create(&path, &with(endorsement(), json!({ "sources": sources }))).await;
    store_instead(app.database(), "endorsements", "2012-06-14", "2099-01-01");
    store_instead(app.database(), "endorsements", "2025-07-01", "2099-01-02");
    let own = format!("{path}/{}", id(&stored));
    let read = app.get(&own).await.expect(200);
    assert_eq!((&read["given_on"], &read["sources"][0]["accessed_on"]), (&json!("2099-01-01"), &json!("2099-01-02")));
    let body = without(read.clone(), &["id", "version", "mutual_id", "created_at", "updated_at"]);
    app.put(&own, &body).await.expect(200);
    app.patch(&own, &json!({ "evidence_url": "https://example.org/minutes" })).await.expect(200);
    // Its sources in another order say nothing new.
    let turned = json!({ "sources": [read["sources"][1], read["sources"][0]] });
    app.patch(&own, &turned).await.expect(200);
    assert!(told(&app.patch(&own, &json!({ "given_on": "2098-01-01" })).await.faults(422), "/given_on"));
    app.patch(&own, &json!({ "given_on": "2012-06-14" })).await.expect(200);
    assert!(told(&app.patch(&own, &json!({ "given_on": "2099-01-01" })).await.faults(422), "/given_on"));
}

async fn outcome(app: &TestApp, mutual: &Value, on: &str, condition: &str) -> (String, String) {
    let query = if on.is_empty() { String::new() } else { format!("?launches_on={on}") };
    let readiness = app.get(format!("{MUTUALS}/{}/readiness{query}", id(mutual))).await.expect(200);
    let found = readiness["conditions"].as_array().unwrap().iter().find(|one| one["condition"] == condition).unwrap();
    (found["outcome"].as_str().unwrap().to_owned(), found["detail"].as_str().unwrap().to_owned())
}

async fn a_mistyped_year_neither_opens_the_gate_nor_hides_a_later_position(app: &TestApp) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    let path = format!("{MUTUALS}/{}/endorsements", id(&made));
    app.create(&path, &endorsement()).await;
    store_instead(app.database(), "endorsements", "2012-06-14", "2030-01-01");
    let users = "service_users_endorsement";
    for on in ["", "2031-01-01"] {
        let (outcome, detail) = outcome(app, &made, on, users).await;
        assert_eq!(outcome, "not_met", "{detail}");
        assert!(detail.starts_with("no endorsement of `service_users` is on record by 20"), "{detail}");
    }
    let opposed = json!({ "position": "opposes", "given_on": "2020-01-01" });
    app.create(&path, &with(endorsement(), opposed)).await;
    let (outcome, detail) = outcome(app, &made, "2031-01-01", users).await;
    assert_eq!(
        (outcome.as_str(), detail.as_str()),
        ("not_met", "`service_users` have opposed the mutual since 2020-01-01")
    );
}

async fn the_gate_reads_the_register_as_at_the_day_of_the_launch(app: &TestApp) {
    let around = Around::new(app, "Gate").await;
    let (department_id, led) = (id(&around.department), &around.mutual);
    // Of this one nothing is known, neither when it starts nor whether it protects.
    app.delete(format!("{CONTRACTS}/{}", id(&around.contract))).await.expect(204);
    let own = format!("{MUTUALS}/{}", id(led));
    let on = async |day: &str, condition: &str| outcome(app, led, day, condition).await.0;
    app.create(&format!("{own}/endorsements"), &endorsement()).await;
    assert_eq!(on("2012-06-13", "service_users_endorsement").await, "not_met");
    assert_eq!(on("2012-06-14", "service_users_endorsement").await, "met");

    let raised = app.create(&format!("{own}/objections"), &objection()).await;
    let decided =
        json!({ "outcome": "rejected", "decided_on": "2012-08-01", "decision_reasons": "Pensions are safe." });
    app.patch(format!("{own}/objections/{}", id(&raised)), &decided).await.expect(200);
    for (day, expected) in
        [("2012-07-01", "met"), ("2012-07-02", "not_met"), ("2012-07-31", "not_met"), ("2012-08-01", "met")]
    {
        assert_eq!(on(day, "no_open_objection").await, expected, "{day}");
    }

    let counts = json!([{ "option": "yes", "votes": 2 }, { "option": "no", "votes": 1 }]);
    let held = json!({ "counts": counts, "counts_complete": true, "declared_on": "2012-09", "question": "Shall we?" });
    app.declare_by_another(&app.create(STAFF_BALLOTS, &with(staff_ballot(id(led)), held)).await).await;
    assert_eq!(on("2012-08-31", "staff_buy_in").await, "not_met");
    assert_eq!(on("2012-09-01", "staff_buy_in").await, "met");

    let term = json!({
        "entered_on": "2012-09-15", "starts_on": "2012-09-01", "ends_on": "2015-08-31", "latest_ends_on": "2016-08-31",
        "protection": { "kind": "reserved" }, "status": "planned",
    });
    app.create(CONTRACTS, &with(contract(id(led), department_id), term)).await;
    for (day, expected) in
        [("2012-09-14", "not_met"), ("2012-09-15", "met"), ("2016-08-31", "met"), ("2016-09-01", "not_met")]
    {
        assert_eq!(on(day, "protected_contract").await, expected, "{day}");
    }
}

async fn check_lists_what_is_stored_and_breaks_a_rule(app: &TestApp) {
    let around = Around::new(app, "Check").await;
    let path = format!("{MUTUALS}/{}/endorsements", id(&around.mutual));
    let stored = app.create(&path, &with(endorsement(), json!({ "given_by": "A. Carer" }))).await;
    let bought = app.create(CONTRACTS, &full_contract(id(&around.mutual), id(&around.department))).await;
    let check = || Program::new(&["check"]).env("DATABASE_URL", &app.database().url()).run();
    let clean = check();
    assert_eq!(clean.code, Some(0), "{clean:?}");
    assert!(clean.stdout.ends_with("none breaks a rule\n"), "{clean:?}");

    store_instead(app.database(), "endorsements", "2012-06-14", "2099-01-01");
    let awarded = bought["awarded_on"].as_str().unwrap();
    store_instead(
        app.database(),
        "contracts",
        &format!("\"awarded_on\":\"{awarded}\""),
        "\"awarded_on\":\"2098-01-01\"",
    );
    let found = check();
    assert_eq!(found.code, Some(1), "{found:?}");
    let endorsed =
        format!("endorsement {} /given_on \"2099-01-01\": 2099-01-01 is in the future: expected 20", id(&stored));
    let bought =
        format!("contract {} /awarded_on \"2098-01-01\": 2098-01-01 is in the future: expected 20", id(&bought));
    for line in [endorsed, bought] {
        assert!(found.stdout.contains(&line), "{found:?}");
    }
    assert!(found.stderr.contains("rules are broken"), "{found:?}");
}
