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
    a_transition_on_a_wrong_day_is_corrected_openly,
    a_transition_entered_by_mistake_is_withdrawn,
    a_corrected_launch_passes_the_gate_again,
    a_correction_that_breaks_the_course_is_refused_with_why,
    all_faults_of_a_correction_are_told_at_once,
    an_editor_corrects_the_newest_and_an_administrator_any,
    a_mutual_is_not_launched_before_its_first_stage,
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
    let counts = json!([{ "option": "yes", "votes": 9 }, { "option": "no", "votes": 4 }]);
    let yes = json!({ "counts": counts, "counts_complete": true, "question": "Shall we?", "declared_on": "2012-01" });
    app.declare_by_another(&app.create(STAFF_BALLOTS, &with(staff_ballot(id(&record)), yes)).await).await;
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

async fn a_transition_on_a_wrong_day_is_corrected_openly(app: &TestApp) {
    let (record, path) = one(app, "Misdated").await;
    let first = app.create(&path, &to("options_appraisal", "2012-03-01")).await;
    let last = app.create(&path, &to("approved", "2012-05-01")).await;
    let own = format!("{path}/{}", id(&last));
    let correction = json!({ "correction_reason": "The minutes give another day.", "effective_on": "2012-04-01" });
    let dry = app.post(format!("{own}/correct?validate_only=true"), &correction).await.expect(200);
    assert_eq!(dry["effective_on"], "2012-04-01");
    assert_eq!(app.get(&own).await.expect(200), last);
    let corrected = app.post(format!("{own}/correct"), &correction).await.expect(200);
    let expected = with(last.clone(), json!({ "effective_on": "2012-04-01", "version": 2 }));
    let expected = with(
        expected,
        json!({ "updated_at": corrected["updated_at"], "corrections": [{
        "corrected_at": corrected["updated_at"], "reason": "The minutes give another day.", "version": 2,
        "to": "approved", "effective_on": "2012-05-01", "unmet_conditions": [],
    }] }),
    );
    assert_eq!(corrected, expected);
    assert_eq!(app.get(&own).await.expect(200), corrected);
    let now = stage_of(app, &record).await;
    assert_eq!((&now["stage"], &now["stage_since"]), (&json!("approved"), &json!("2012-04-01")));

    let earlier =
        json!({ "correction_reason": "It was decided in January.", "effective_on": "2012-01-31", "reason": "R" });
    let earlier = app.post(format!("{path}/{}/correct", id(&first)), &earlier).await.expect(200);
    assert_eq!((&earlier["position"], &earlier["from"], &earlier["reason"]), (&json!(1), &json!("idea"), &json!("R")));
    assert_eq!(app.get(&own).await.expect(200), corrected, "the later one stays as it is");
    let entries = app.get("/v1/entries?resource_type=stage_transition").await.expect(200);
    assert_eq!(entries["items"].as_array().unwrap().len(), 4);
}

async fn a_transition_entered_by_mistake_is_withdrawn(app: &TestApp) {
    let record = app
        .create(MUTUALS, &with(mutual("Mistaken"), json!({ "stage": "business_case", "stage_since": "2011-05" })))
        .await;
    let path = format!("{MUTUALS}/{}/stage-transitions", id(&record));
    let mistake = app.create(&path, &to("rejected", "2012-03-01")).await;
    let own = format!("{path}/{}/correct", id(&mistake));
    let taken_back = json!({ "correction_reason": "It was another mutual.", "withdraw": true });
    let both = with(taken_back.clone(), json!({ "effective_on": "2012-01-01" }));
    app.post(&own, &both).await.expect_faults(422, &[("/withdraw", "inconsistent")]);
    let withdrawn = app.post(&own, &taken_back).await.expect(200);
    assert_eq!((&withdrawn["withdrawn"], &withdrawn["to"]), (&json!(true), &json!("rejected")));
    let now = stage_of(app, &record).await;
    assert_eq!(
        (&now["stage"], &now["stage_since"], now.get("ended_on")),
        (&json!("business_case"), &json!("2011-05"), None),
        "the mutual stands where it stood at its entry"
    );
    let again = app.post(&own, &with(taken_back.clone(), json!({ "correction_reason": "Again." }))).await;
    again.expect_problem(409, "state-conflict");
    app.post(&own, &json!({ "correction_reason": "No.", "to": "approved" }))
        .await
        .expect_problem(409, "state-conflict");

    let real = app.create(&path, &to("approved", "2012-02-01")).await;
    assert_eq!((&real["position"], &real["from"]), (&json!(2), &json!("business_case")));
    let later = app.create(&path, &to("staff_consultation", "2012-04-01")).await;
    let undo = json!({ "correction_reason": "The cabinet never agreed.", "withdraw": true });
    app.post(format!("{path}/{}/correct", id(&real)), &undo).await.expect(200);
    let left = app.get(format!("{path}/{}", id(&later))).await.expect(200);
    assert_eq!((&left["position"], &left["from"]), (&json!(3), &json!("business_case")));
    let figures = app.get("/v1/statistics?as_at=2012-03-15").await.expect(200);
    let listed = app.get(&path).await.expect(200);
    let told: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["position"].clone(), it["withdrawn"].clone()))
        .collect();
    assert_eq!(json!(told), json!([[1, true], [2, true], [3, false]]), "{figures}");
}

/// What the gate said then, and what it says now, are both told.
async fn a_corrected_launch_passes_the_gate_again(app: &TestApp) {
    let (record, path) = one(app, "Regretted").await;
    app.create(&path, &to("approved", "2012-01-01")).await;
    let bold = with(to("launched", "2012-03-01"), json!({ "override_reason": "The council decided to go on." }));
    let launch = app.create(&path, &bold).await;
    let own = format!("{path}/{}/correct", id(&launch));
    let bare = json!({ "correction_reason": "Another day.", "effective_on": "2012-03-02", "override_reason": null });
    let refused = app.post(&own, &bare).await.expect_problem(409, "not-ready");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 5);
    let endorse = json!({ "constituency": "service_users", "position": "supports", "given_on": "2012-02-01" });
    app.create(&format!("{MUTUALS}/{}/endorsements", id(&record)), &endorse).await;

    let worded = json!({ "correction_reason": "A slip.", "reason": "The cabinet agreed." });
    let worded = app.post(&own, &worded).await.expect(200);
    assert_eq!(worded["unmet_conditions"], launch["unmet_conditions"], "nothing new is judged");
    let moved = json!({ "correction_reason": "Another day.", "effective_on": "2012-03-02" });
    let moved = app.post(&own, &moved).await.expect(200);
    assert_eq!(moved["unmet_conditions"].as_array().unwrap().len(), 4);
    assert_eq!(moved["corrections"][1]["unmet_conditions"], launch["unmet_conditions"]);
    assert_eq!(stage_of(app, &record).await["launched_on"], "2012-03-02");

    app.post(&own, &json!({ "correction_reason": "It never was.", "withdraw": true })).await.expect(200);
    let now = stage_of(app, &record).await;
    assert_eq!(
        (&now["stage"], now.get("launched_on"), now.get("launch_override_reason")),
        (&json!("approved"), None, None)
    );
    let shown = app.get(format!("{path}/{}", id(&launch))).await.expect(200);
    assert_eq!(shown["override_reason"], bold["override_reason"], "the reason stays on the transition");
}

async fn a_correction_that_breaks_the_course_is_refused_with_why(app: &TestApp) {
    let (record, path) = one(app, "Bound").await;
    app.create(&path, &to("approved", "2012-01-01")).await;
    let bold = with(to("launched", "2012-03-01"), json!({ "override_reason": "The council decided to go on." }));
    let launch = app.create(&path, &bold).await;
    let last = app.create(&path, &to("operating", "2012-06-01")).await;
    let correct = async |one: &Value, change: Value| {
        let body = with(json!({ "correction_reason": "Why not." }), change);
        app.post(format!("{path}/{}/correct", id(one)), &body).await
    };
    let refused = correct(&launch, json!({ "withdraw": true })).await.expect_problem(409, "state-conflict");
    assert_eq!(refused["errors"][0]["pointer"], "/withdraw");
    let detail = refused["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("`operating` of 2012-06-01") && detail.contains("`approved`"), "{detail}");
    let refused = correct(&launch, json!({ "effective_on": "2012-07-01" })).await.expect_problem(409, "state-conflict");
    assert_eq!(refused["errors"][0]["pointer"], "/effective_on");
    correct(&launch, json!({ "to": "withdrawn", "override_reason": null })).await.expect_problem(409, "state-conflict");
    correct(&last, json!({ "effective_on": "2012-02-01" }))
        .await
        .expect_faults(422, &[("/effective_on", "date-order")]);
    correct(&last, json!({ "effective_on": "2999-02-01" }))
        .await
        .expect_faults(422, &[("/effective_on", "out-of-range")]);
    correct(&last, json!({ "to": "idea" })).await.expect_problem(409, "state-conflict");
    correct(&last, json!({ "to": "operating" })).await.expect_faults(422, &[("", "inconsistent")]);
    correct(&last, json!({ "to": "recontracting" })).await.expect_problem(409, "state-conflict");
    assert_eq!(stage_of(app, &record).await["stage"], "operating", "nothing was changed");
    let suspended = correct(&last, json!({ "to": "suspended" })).await.expect(200);
    assert_eq!(suspended["from"], "launched");
}

async fn all_faults_of_a_correction_are_told_at_once(app: &TestApp) {
    let (_, path) = one(app, "Faulty").await;
    let last = app.create(&path, &to("approved", "2012-01-01")).await;
    let own = format!("{path}/{}/correct", id(&last));
    let faulty = json!({ "to": "dream", "effective_on": "soon", "withdraw": "yes", "position": 4, "when": 1 });
    app.post(&own, &faulty).await.expect_faults(
        422,
        &[
            ("/to", "not-in-vocabulary"),
            ("/effective_on", "invalid-format"),
            ("/withdraw", "invalid-type"),
            ("/position", "read-only"),
            ("/when", "unknown-member"),
            ("/correction_reason", "required"),
        ],
    );
    app.post(format!("{path}/{NOBODY}/correct"), &faulty).await.problem(404);
    app.post(&own, &json!({ "correction_reason": "R", "to": "approved", "withdrawn": true }))
        .await
        .expect_faults(422, &[("/withdrawn", "read-only")]);
}

async fn an_editor_corrects_the_newest_and_an_administrator_any(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let record = app.create(MUTUALS, &with(mutual("Past"), json!({ "department_id": own["id"] }))).await;
    let path = format!("{MUTUALS}/{}/stage-transitions", id(&record));
    let editor = app.database().make_key("department_editor", &[id(&own)]);
    let first = app.create(&path, &to("options_appraisal", "2012-01-01")).await;
    let last = app.create(&path, &to("approved", "2012-03-01")).await;
    let day = json!({ "correction_reason": "A slip.", "effective_on": "2012-02-01" });
    let correct = async |one: &Value, body: &Value, key: Option<&str>| {
        let request = app.post(format!("{path}/{}/correct", id(one)), body);
        match key {
            Some(key) => request.with_key(key).await,
            None => request.await,
        }
    };
    let elsewhere = app.create(DEPARTMENTS, &department("Elsewhere")).await;
    let stranger = app.database().make_key("department_editor", &[id(&elsewhere)]);
    correct(&last, &day, Some(&stranger)).await.expect_problem(403, "forbidden");
    correct(&first, &day, Some(&editor)).await.expect_problem(403, "forbidden");
    let history = with(day.clone(), json!({ "historic": true }));
    correct(&last, &history, Some(&editor)).await.expect_problem(403, "forbidden");
    correct(&last, &day, Some(&editor)).await.expect(200);
    let undo = json!({ "correction_reason": "It never was.", "withdraw": true });
    correct(&last, &undo, Some(&editor)).await.expect(200);
    correct(&first, &day, Some(&editor)).await.expect(200);
    correct(&first, &undo, None).await.expect(200);
    assert_eq!(stage_of(app, &record).await["stage"], "idea");
}

/// Also where a move without a date has come in between.
async fn a_mutual_is_not_launched_before_its_first_stage(app: &TestApp) {
    let began = with(mutual("Early"), json!({ "stage": "idea", "stage_since": "2015-03" }));
    let made = app.create(MUTUALS, &began).await;
    let path = format!("{MUTUALS}/{}/stage-transitions", id(&made));
    let launched = |day: &str| json!({ "to": "launched", "historic": true, "effective_on": day });
    app.post(&path, &launched("2012")).await.expect_faults(422, &[("/effective_on", "date-order")]);
    app.create(&path, &json!({ "to": "approved", "historic": true })).await;
    for early in ["2012", "2015-02", "2015-02-28"] {
        app.post(&path, &launched(early)).await.expect_faults(422, &[("/effective_on", "date-order")]);
    }
    app.post(&path, &to("launched", "2014-12-31")).await.expect_faults(422, &[("/effective_on", "date-order")]);
    app.create(&path, &launched("2015-03-01")).await;
}
