//! Stage transitions of mutuals, and the gate before their launch.

use kit::TestApp;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, contract, department, id, mutual, staff_ballot, with,
};
use serde_json::{Value, json};

kit::on_both! {
    a_mutual_goes_its_way_step_by_step,
    what_cannot_be_reached_is_refused_with_what_can,
    a_transition_has_a_day_that_has_come_and_is_not_before_the_last,
    a_launch_is_refused_with_every_condition_that_fails,
    a_mutual_that_meets_the_gate_is_launched,
    a_launch_is_overridden_openly_and_for_good,
    what_is_entered_after_the_fact_finds_its_place,
    only_administrators_enter_history,
    a_suspended_mutual_returns_to_where_it_was,
    a_course_is_listed_and_logged,
    readiness_is_asked_for_a_day,
    a_mutual_goes_with_its_course,
}

async fn one(app: &TestApp, name: &str) -> (Value, String) {
    let record = app.create(MUTUALS, &mutual(name)).await;
    let path = format!("{MUTUALS}/{}/stage-transitions", id(&record));
    (record, path)
}

fn to(stage: &str, day: &str) -> Value {
    json!({ "to": stage, "effective_on": day })
}

async fn stage_of(app: &TestApp, mutual: &Value) -> Value {
    app.get(format!("{MUTUALS}/{}", id(mutual))).await.expect(200)
}

async fn a_mutual_goes_its_way_step_by_step(app: &TestApp) {
    let (record, path) = one(app, "Steps").await;
    let first = app.post(&path, &to("business_case", "2012-03-01")).await;
    assert!(first.header("location").unwrap().starts_with(&path));
    let first = first.expect(201);
    assert_eq!((&first["from"], &first["position"]), (&json!("idea"), &json!(1)));
    let back =
        app.create(&path, &with(to("options_appraisal", "2012-03-01"), json!({ "reason": "It was too early." }))).await;
    assert_eq!((&back["from"], &back["position"]), (&json!("business_case"), &json!(2)));
    let now = stage_of(app, &record).await;
    assert_eq!(
        (&now["stage"], &now["stage_since"], &now["version"]),
        (&json!("options_appraisal"), &json!("2012-03-01"), &json!(3))
    );
    let dry = app.post(format!("{path}?validate_only=true"), &to("approved", "2012-04-01")).await.expect(200);
    assert_eq!(dry["from"], "options_appraisal");
    assert_eq!(stage_of(app, &record).await, now);
}

async fn what_cannot_be_reached_is_refused_with_what_can(app: &TestApp) {
    let (record, path) = one(app, "Far").await;
    let refused = app.post(&path, &to("operating", "2012-03-01")).await.expect_problem(409, "state-conflict");
    let error = &refused["errors"][0];
    assert_eq!(error["pointer"], "/to");
    let detail = error["detail"].as_str().unwrap();
    assert!(
        detail.contains("`launched`") && detail.contains("`withdrawn`") && !detail.contains("`recontracting`"),
        "{detail}"
    );
    app.post(&path, &to("idea", "2012-03-01")).await.expect_problem(409, "state-conflict");
    app.create(&path, &to("withdrawn", "2012-03-01")).await;
    app.post(&path, &to("idea", "2012-03-02")).await.expect_problem(409, "state-conflict");
    assert_eq!(stage_of(app, &record).await["ended_on"], "2012-03-01");
    app.post(&path, &json!({ "to": "dream", "when": 1, "historic": "yes" })).await.expect_faults(
        422,
        &[("/to", "not-in-vocabulary"), ("/when", "unknown-member"), ("/historic", "invalid-type")],
    );
    app.post(format!("{MUTUALS}/{NOBODY}/stage-transitions"), &to("approved", "2012-03-01")).await.problem(404);
}

async fn a_transition_has_a_day_that_has_come_and_is_not_before_the_last(app: &TestApp) {
    let (_, path) = one(app, "Dated").await;
    app.post(&path, &json!({ "to": "approved" })).await.expect_faults(422, &[("/effective_on", "required")]);
    app.post(&path, &to("approved", "2012-03")).await.expect_faults(422, &[("/effective_on", "invalid-format")]);
    app.post(&path, &to("approved", "2999-03-01")).await.expect_faults(422, &[("/effective_on", "out-of-range")]);
    app.create(&path, &to("approved", "2012-03-02")).await;
    app.post(&path, &to("business_case", "2012-03-01")).await.expect_faults(422, &[("/effective_on", "date-order")]);
    app.post(&path, &with(to("business_case", "2012-03-02"), json!({ "override_reason": "We may." })))
        .await
        .expect_faults(422, &[("/override_reason", "inconsistent")]);
}

async fn a_launch_is_refused_with_every_condition_that_fails(app: &TestApp) {
    let (record, path) = one(app, "Eager").await;
    let refused = app.post(&path, &to("launched", "2012-03-01")).await.expect_problem(409, "not-ready");
    let failing: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|it| it["rule"].as_str().unwrap()).collect();
    let expected = [
        "staff_buy_in",
        "service_users_endorsement",
        "senior_management_endorsement",
        "legal_form_and_identifier",
        "protected_contract",
    ];
    assert_eq!(failing, expected, "{refused:#}");
    assert_eq!(stage_of(app, &record).await["stage"], "idea");
}

/// Meets one condition after the other, and is refused until the last one is met.
async fn a_mutual_that_meets_the_gate_is_launched(app: &TestApp) {
    let (record, path) = one(app, "Ready").await;
    let own = format!("{MUTUALS}/{}", id(&record));
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let unmet = async |day: &str| -> Vec<String> {
        let refused = app.post(&path, &to("launched", day)).await.expect_problem(409, "not-ready");
        let errors = refused["errors"].as_array().unwrap();
        errors.iter().map(|error| error["rule"].as_str().unwrap().to_owned()).collect()
    };
    let objection = json!({ "kind": "union", "grounds": "Pensions.", "raised_on": "2012-01-01" });
    let objection = app.create(&format!("{own}/objections"), &objection).await;
    assert_eq!(unmet("2012-06-01").await.len(), 6);

    let endorse =
        |constituency: &str| json!({ "constituency": constituency, "position": "supports", "given_on": "2012-02-01" });
    app.create(&format!("{own}/endorsements"), &endorse("service_users")).await;
    app.create(&format!("{own}/endorsements"), &endorse("senior_management")).await;
    let registered = json!({ "legal_form": "cio", "identifiers": [{ "scheme": "GB-COH", "id": "09506232" }] });
    app.patch(&own, &registered).await.expect(200);
    let deal = json!({ "starts_on": "2012-06-01", "protection": { "kind": "uncontested_first" } });
    app.create(CONTRACTS, &with(contract(id(&record), id(&buyer)), deal)).await;
    let yes =
        json!({ "counts": [{ "option": "yes", "votes": 9 }, { "option": "no", "votes": 4 }], "counts_complete": true });
    app.declare(&app.create(STAFF_BALLOTS, &with(staff_ballot(id(&record)), yes)).await).await;
    assert_eq!(unmet("2012-06-01").await, ["no_open_objection"]);

    let decided =
        json!({ "outcome": "rejected", "decided_on": "2012-03-01", "decision_reasons": "All stay in the scheme." });
    app.patch(format!("{own}/objections/{}", id(&objection)), &decided).await.expect(200);
    assert_eq!(unmet("2012-05-31").await, ["protected_contract"]);

    let needless = with(to("launched", "2012-06-01"), json!({ "override_reason": "To be sure." }));
    app.post(&path, &needless).await.expect_faults(422, &[("/override_reason", "inconsistent")]);
    let launched = app.create(&path, &to("launched", "2012-06-01")).await;
    assert_eq!((launched.get("override_reason"), &launched["unmet_conditions"]), (None, &json!([])));
    let now = stage_of(app, &record).await;
    assert_eq!((&now["launched_on"], now.get("launch_override_reason")), (&json!("2012-06-01"), None));
}

async fn a_launch_is_overridden_openly_and_for_good(app: &TestApp) {
    let (record, path) = one(app, "Bold").await;
    let bold = with(to("launched", "2012-03-01"), json!({ "override_reason": "The council decided to go on." }));
    let launched = app.create(&path, &bold).await;
    assert_eq!(launched["unmet_conditions"].as_array().unwrap().len(), 5);
    let now = stage_of(app, &record).await;
    assert_eq!((&now["launched_on"], &now["launch_override_reason"]), (&json!("2012-03-01"), &bold["override_reason"]));
    app.create(&path, &to("operating", "2012-03-02")).await;
    app.patch(format!("{MUTUALS}/{}", id(&record)), &json!({ "launch_override_reason": null }))
        .await
        .expect_faults(422, &[("/launch_override_reason", "read-only")]);
    let then = app.lead(&record, &[("closed", "2014")]).await;
    assert_eq!(then["launch_override_reason"], bold["override_reason"]);
}

async fn what_is_entered_after_the_fact_finds_its_place(app: &TestApp) {
    let (record, path) = one(app, "Old").await;
    app.lead(&record, &[("launched", "2011"), ("operating", ""), ("closed", "2015-06")]).await;
    let late =
        json!({ "to": "approved", "effective_on": "2010-05", "historic": true, "reason": "Found in the minutes." });
    let late = app.create(&path, &late).await;
    assert_eq!((&late["position"], &late["from"]), (&json!(1), &json!("idea")));
    let course = app.get(&path).await.expect(200);
    let told: Vec<_> = course["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (&it["position"], &it["from"], &it["to"], &it["version"]))
        .collect();
    let expected = [
        (1, "idea", "approved", 1),
        (2, "approved", "launched", 2),
        (3, "launched", "operating", 2),
        (4, "operating", "closed", 2),
    ];
    assert_eq!(json!(told), json!(expected));
    let again = app.create(&path, &json!({ "to": "recontracting", "historic": true, "effective_on": "2013" })).await;
    assert_eq!((&again["position"], &again["from"]), (&json!(4), &json!("operating")));
    app.post(&path, &json!({ "to": "idea", "historic": true, "effective_on": "2012" }))
        .await
        .expect_problem(409, "state-conflict");
    app.post(&path, &json!({ "to": "options_appraisal", "historic": true, "effective_on": "2012" })).await.problem(409);
    let now = stage_of(app, &record).await;
    assert_eq!(
        (&now["stage"], &now["launched_on"], &now["ended_on"]),
        (&json!("closed"), &json!("2011"), &json!("2015-06"))
    );
}

async fn only_administrators_enter_history(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let record = app.create(MUTUALS, &with(mutual("Past"), json!({ "department_id": own["id"] }))).await;
    let path = format!("{MUTUALS}/{}/stage-transitions", id(&record));
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let past = json!({ "to": "launched", "historic": true });
    app.post(&path, &past).with_key(&editor).await.expect_problem(403, "forbidden");
    app.post(&path, &to("approved", "2012-03-01")).with_key(&editor).await.expect(201);
    app.post(&path, &past).await.expect(201);
    let other = app.database().make_key("mutual_editor", &[id(&own)]);
    app.post(&path, &to("operating", "2012-03-01")).with_key(&other).await.expect_problem(403, "forbidden");
}

async fn a_suspended_mutual_returns_to_where_it_was(app: &TestApp) {
    let (record, path) = one(app, "Paused").await;
    app.create(&path, &to("approved", "2012-03-01")).await;
    app.create(&path, &to("suspended", "2012-04-01")).await;
    let refused = app.post(&path, &to("launched", "2012-05-01")).await.expect_problem(409, "state-conflict");
    assert!(refused["detail"].as_str().unwrap().contains("`approved`"), "{refused}");
    app.create(&path, &to("approved", "2012-05-01")).await;
    assert_eq!(stage_of(app, &record).await["stage_since"], "2012-05-01");
}

async fn a_course_is_listed_and_logged(app: &TestApp) {
    let (record, path) = one(app, "Told").await;
    for (stage, day) in
        [("options_appraisal", "2012-01-01"), ("business_case", "2012-02-01"), ("approved", "2012-03-01")]
    {
        app.create(&path, &to(stage, day)).await;
    }
    let all = app.get(&path).await.expect(200)["items"].clone();
    let first = app.get(format!("{path}?limit=2")).await.expect(200);
    let rest = app.get(format!("{path}?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).await.expect(200);
    assert_eq!(json!([first["items"][0], first["items"][1], rest["items"][0]]), all);
    assert_eq!(app.get(format!("{path}/{}", id(&all[1]))).await.expect(200), all[1]);
    app.get(format!("{path}/{NOBODY}")).await.problem(404);
    app.delete(format!("{path}/{}", id(&all[1]))).await.problem(405);
    let entries = app.get("/v1/entries?resource_type=stage_transition").await.expect(200);
    let told: Vec<&Value> = entries["items"].as_array().unwrap().iter().map(|entry| &entry["after"]).collect();
    assert_eq!(json!(told), all);
    let history = app.get(format!("{MUTUALS}/{}/entries", id(&record))).await.expect(200);
    let stages: Vec<&Value> =
        history["items"].as_array().unwrap().iter().map(|entry| &entry["after"]["stage"]).collect();
    assert_eq!(json!(stages), json!(["idea", "options_appraisal", "business_case", "approved"]));
}

async fn readiness_is_asked_for_a_day(app: &TestApp) {
    let (record, _) = one(app, "Ready").await;
    let path = format!("{MUTUALS}/{}/readiness", id(&record));
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let deal = with(
        contract(id(&record), id(&buyer)),
        json!({ "starts_on": "2012-04-01", "protection": { "kind": "uncontested_first", "until": "2015-03-31" } }),
    );
    let deal = app.create(CONTRACTS, &deal).await;
    let outcome = |readiness: &Value, condition: &str| {
        let conditions = readiness["conditions"].as_array().unwrap();
        conditions.iter().find(|it| it["condition"] == condition).unwrap().clone()
    };
    let early = app.get(format!("{path}?launches_on=2012-03-31")).await.expect(200);
    assert_eq!(outcome(&early, "protected_contract")["outcome"], "not_met");
    let then = app.get(format!("{path}?launches_on=2012-04-01")).await.expect(200);
    let found = outcome(&then, "protected_contract");
    assert_eq!(found["outcome"], "met");
    assert_eq!(
        found["looked_at"],
        json!([{ "kind": "contract", "id": deal["id"], "url": format!("{CONTRACTS}/{}", id(&deal)) }])
    );
    assert_eq!((&then["ready"], then["conditions"].as_array().unwrap().len()), (&json!(false), 6));
    app.get(format!("{path}?launches_on=2012-04")).await.problem(400);
    app.get(format!("{path}?launch_on=2012-04-01")).await.problem(400);
    app.get(format!("{MUTUALS}/{NOBODY}/readiness")).await.problem(404);
    app.get(format!("{MUTUALS}/ready/readiness")).await.expect(200);
}

async fn a_mutual_goes_with_its_course(app: &TestApp) {
    let (record, path) = one(app, "Mistake").await;
    let step = app.create(&path, &to("approved", "2012-03-01")).await;
    app.delete(format!("{MUTUALS}/{}", id(&record))).await.expect(204);
    app.get(format!("{path}/{}", id(&step))).await.problem(410);
    let entries = app.get("/v1/entries?resource_type=stage_transition").await.expect(200);
    assert_eq!(entries["items"][1]["action"], "delete");
}
