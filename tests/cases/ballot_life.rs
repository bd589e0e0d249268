//! The life of a recorded ballot: a draft is declared, and what was declared is voided, superseded or corrected, never edited.

use kit::fixture::{
    DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, department, full_staff_ballot, id, known_staff_ballot, mutual,
    staff_ballot, with, without,
};
use kit::{Database, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    everybody_sees_a_result_once_it_is_declared,
    all_that_a_declaration_lacks_is_told_at_once,
    a_day_of_declaration_fits_the_ballot,
    a_historic_ballot_is_declared_with_what_is_known,
    the_operator_says_above_how_many_a_scrutineer_watches,
    what_was_declared_is_not_edited,
    a_void_ballot_says_why_and_keeps_its_result,
    an_editor_deletes_a_draft_of_its_department_only,
    a_rerun_takes_the_place_of_a_ballot,
    only_a_declared_rerun_for_the_same_mutual_supersedes,
    a_correction_is_shown_with_its_reason,
    what_a_correction_may_not_change_is_told_at_once,
    an_action_is_refused_where_the_state_is_against_it,
    an_action_is_for_the_version_that_it_names,
    a_rehearsed_action_stores_nothing,
}

async fn mutual_id(app: &TestApp) -> String {
    id(&app.create(MUTUALS, &mutual("Balloted")).await).to_owned()
}

fn own(ballot: &Value) -> String {
    format!("{STAFF_BALLOTS}/{}", id(ballot))
}

async fn draft(app: &TestApp, members: Value) -> Value {
    let mutual = mutual_id(app).await;
    app.create(STAFF_BALLOTS, &with(full_staff_ballot(&mutual), members)).await
}

async fn declared(app: &TestApp, members: Value) -> Value {
    app.declare_by_another(&draft(app, members).await).await
}

async fn everybody_sees_a_result_once_it_is_declared(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let draft = app.create(STAFF_BALLOTS, &without(full_staff_ballot(&mutual), &["declared_on"])).await;
    app.get(own(&draft)).without_key().await.problem(404);

    let another = app.database().make_key("admin", &[]);
    let on_that_day = json!({ "declared_on": "2012-10-05" });
    let answer = app.post(own(&draft) + "/declare", &on_that_day).with_key(&another).await;

    let record = answer.expect(200);
    assert_eq!((answer.version(), &record["version"]), ("2".to_owned(), &json!(2)));
    assert_eq!((&record["state"], &record["declared_on"]), (&json!("declared"), &json!("2012-10-05")));
    let told = ["state", "declared_on", "declared_by", "version", "updated_at"];
    assert_eq!(without(record.clone(), &told), without(draft.clone(), &told));
    let public = app.get(own(&draft)).without_key().await.expect(200);
    assert_eq!(public["result"], record["result"]);
    // What the draft said stays with those who worked on it.
    let history = app.get(own(&draft) + "/entries").without_key().await.expect(200);
    assert_eq!(history["items"].as_array().unwrap().len(), 1, "{history}");
}

async fn all_that_a_declaration_lacks_is_told_at_once(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let one_option = json!([{ "key": "yes", "label": "Leave", "effect": "mutual" }]);
    let bare = with(staff_ballot(&mutual), json!({ "options": one_option, "roll_size": 51 }));
    let bare = app.create(STAFF_BALLOTS, &bare).await;

    let another = app.database().make_key("admin", &[]);
    let refused = app.post(own(&bare) + "/declare", &json!({})).with_key(&another).await;

    let problem = refused.problem(422);
    let mut told = refused.faults(422);
    told.sort();
    let expected = [
        ("/counts", "required"),
        ("/declared_on", "required"),
        ("/options", "too-few"),
        ("/question", "required"),
        ("/scrutineer", "required"),
    ];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    assert!(problem["errors"].to_string().contains("tulrca1992.s226b"), "{problem}");
    assert_eq!(app.get(own(&bare)).await.expect(200), bare);
}

async fn a_day_of_declaration_fits_the_ballot(app: &TestApp) {
    let draft = draft(app, json!({})).await;
    let another = app.database().make_key("admin", &[]);
    for (declared_on, code) in [("2012-09-30", "date-order"), ("2999", "out-of-range"), ("tomorrow", "invalid-format")]
    {
        let declaration = json!({ "declared_on": declared_on });
        let refused = app.post(own(&draft) + "/declare", &declaration).with_key(&another).await;
        refused.expect_faults(422, &[("/declared_on", code)]);
    }
    let odd = app.post(own(&draft) + "/declare", &json!({ "historic": "yes", "state": "declared" })).await;
    odd.expect_faults(422, &[("/historic", "invalid-type"), ("/state", "unknown-member")]);
}

async fn a_historic_ballot_is_declared_with_what_is_known(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let watched_by_nobody = json!({ "roll_size": 3000, "closed_on": "2012" });
    let known = app.create(STAFF_BALLOTS, &with(known_staff_ballot(&mutual), watched_by_nobody)).await;
    let editor = app.database().make_key("department_editor", &[]);
    let declare = |ballot: &Value| app.post(own(ballot) + "/declare", &json!({ "historic": true }));

    declare(&known).with_key(&editor).await.expect_problem(403, "forbidden");
    assert_eq!(declare(&known).await.expect(200)["state"], "declared");

    let nothing = app.create(STAFF_BALLOTS, &staff_ballot(&mutual)).await;
    declare(&nothing).await.expect_faults(422, &[("/counts", "required")]);
}

async fn the_operator_says_above_how_many_a_scrutineer_watches(app: &TestApp) {
    let strict = TestApp::with(Database::fresh(app.database().engine()), |config| config.scrutineer_above = 9);
    for (app, people, status) in [(app, 50, 200), (app, 51, 422), (&strict, 9, 200), (&strict, 10, 422)] {
        let mutual = app.create(MUTUALS, &mutual(&format!("Of {people}"))).await;
        let members = json!({ "question": "Shall we?", "declared_on": "2012", "roll_size": people });
        let draft = app.create(STAFF_BALLOTS, &with(known_staff_ballot(id(&mutual)), members)).await;
        let another = app.database().make_key("admin", &[]);
        let answer = app.post(own(&draft) + "/declare", &json!({})).with_key(&another).await;
        assert_eq!(answer.status(), status, "{people}: {answer:?}");
    }
}

async fn what_was_declared_is_not_edited(app: &TestApp) {
    let record = declared(app, json!({})).await;
    for change in [app.patch(own(&record), &json!({ "question": "Another?" })), app.put(own(&record), &record)] {
        let refused = change.await.expect_problem(409, "state-conflict");
        assert_eq!(refused["errors"][0]["pointer"], "/state");
        assert!(refused["detail"].as_str().unwrap().contains("`correct`"), "{refused}");
    }
    assert_eq!(app.get(own(&record)).await.expect(200), record);
}

async fn a_void_ballot_says_why_and_keeps_its_result(app: &TestApp) {
    let record = declared(app, json!({})).await;
    let void = |body: Value| app.post(own(&record) + "/void", &body);
    void(json!({})).await.expect_faults(422, &[("/void_reason", "required")]);
    void(json!({ "void_reason": " ", "why": 1 }))
        .await
        .expect_faults(422, &[("/void_reason", "empty"), ("/why", "unknown-member")]);

    let voided = void(json!({ "void_reason": "Papers were lost." })).await.expect(200);

    assert_eq!((&voided["state"], &voided["void_reason"]), (&json!("void"), &json!("Papers were lost.")));
    assert_eq!(voided["result"], record["result"]);
    assert_eq!(app.get(own(&record)).await.expect(200), voided);
}

async fn a_rerun_takes_the_place_of_a_ballot(app: &TestApp) {
    let first = declared(app, json!({})).await;
    let rerun = with(full_staff_ballot(first["mutual_id"].as_str().unwrap()), json!({ "kind": "rerun" }));
    let rerun = app.declare(&app.create(STAFF_BALLOTS, &rerun).await).await;

    let superseded =
        app.post(own(&first) + "/supersede", &json!({ "superseded_by_id": rerun["id"] })).await.expect(200);

    assert_eq!((&superseded["state"], &superseded["superseded_by_id"]), (&json!("superseded"), &rerun["id"]));
    assert_eq!(app.get(own(&rerun)).await.expect(200), rerun);
    let refused = app.delete(own(&rerun)).await.expect_problem(409, "has-dependents");
    assert_eq!(refused["dependents"][0]["id"], first["id"]);
    assert_eq!(refused["dependents"][0]["resource_type"], "staff_ballot");
}

async fn only_a_declared_rerun_for_the_same_mutual_supersedes(app: &TestApp) {
    let first = declared(app, json!({ "kind": "rerun" })).await;
    let about = first["mutual_id"].as_str().unwrap();
    let another = app.create(MUTUALS, &mutual("Another")).await;
    let rerun = |about: &str| with(full_staff_ballot(about), json!({ "kind": "rerun" }));
    let draft = app.create(STAFF_BALLOTS, &rerun(about)).await;
    let stranger = app.declare(&app.create(STAFF_BALLOTS, &rerun(id(&another))).await).await;
    let formal = app.declare(&app.create(STAFF_BALLOTS, &full_staff_ballot(about)).await).await;
    let supersede = |by: Value| app.post(own(&first) + "/supersede", &json!({ "superseded_by_id": by }));

    for (by, said) in
        [(&draft, "`draft`"), (&stranger, "another mutual"), (&formal, "`confirmatory`"), (&first, "the ballot itself")]
    {
        let refused = supersede(by["id"].clone()).await;
        refused.expect_faults(422, &[("/superseded_by_id", "inconsistent")]);
        assert!(refused.text().contains(said), "{refused:?}");
    }
    supersede(json!(NOBODY)).await.expect_faults(422, &[("/superseded_by_id", "unknown-reference")]);
    supersede(json!(null)).await.expect_faults(422, &[("/superseded_by_id", "invalid-type")]);
    assert_eq!(app.get(own(&first)).await.expect(200), first);
}

async fn a_correction_is_shown_with_its_reason(app: &TestApp) {
    let record = declared(app, json!({})).await;
    let correct = |body: Value| app.post(own(&record) + "/correct", &body);
    let recounted = json!({ "correction_reason": "A bundle was left out.", "returned": 801, "spoiled": 21 });

    let corrected = correct(recounted).await.expect(200);

    assert_eq!((&corrected["returned"], &corrected["spoiled"]), (&json!(801), &json!(21)));
    assert_eq!((&corrected["state"], &corrected["version"]), (&json!("declared"), &json!(3)));
    let told = json!({ "corrected_at": corrected["updated_at"], "reason": "A bundle was left out.", "version": 3 });
    assert_eq!(corrected["corrections"], json!([told]));
    assert_eq!(corrected["result"]["figures"][0]["percent"], "80.10");
    let twice = correct(json!({ "correction_reason": "Misspelt.", "question": "Shall we go?" })).await.expect(200);
    assert_eq!(twice["corrections"].as_array().unwrap().len(), 2);
    assert_eq!(twice["corrections"][0], told);
    assert_eq!(app.get(own(&record)).without_key().await.expect(200)["corrections"], twice["corrections"]);
    let history = app.get(own(&record) + "/entries").await.expect(200);
    let returned: Vec<&Value> =
        history["items"].as_array().unwrap().iter().map(|entry| &entry["after"]["returned"]).collect();
    assert_eq!(returned, [&json!(800), &json!(800), &json!(801), &json!(801)]);
    // A void ballot is put right too, and stays void.
    app.post(own(&record) + "/void", &json!({ "void_reason": "Papers were lost." })).await.expect(200);
    let void = correct(json!({ "correction_reason": "Misread.", "papers_issued": 991 })).await.expect(200);
    assert_eq!((&void["state"], &void["papers_issued"]), (&json!("void"), &json!(991)));
}

async fn what_a_correction_may_not_change_is_told_at_once(app: &TestApp) {
    let record = declared(app, json!({})).await;
    let correct = |body: Value| app.post(own(&record) + "/correct", &body);

    let unreadable = json!({ "roll_size": -1, "state": "void", "turnout": 56 });
    let mut told = correct(unreadable).await.faults(422);
    told.sort();
    let expected = [
        ("/correction_reason", "required"),
        ("/roll_size", "out-of-range"),
        ("/state", "read-only"),
        ("/turnout", "unknown-member"),
    ];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));

    let of_another = json!({ "correction_reason": "Misread.", "kind": "rerun", "question": null, "scrutineer": null });
    let mut told = correct(of_another).await.faults(422);
    told.sort();
    let expected = [("/kind", "inconsistent"), ("/question", "required"), ("/scrutineer", "required")];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));

    correct(json!({ "correction_reason": "Nothing.", "roll_size": 1000 }))
        .await
        .expect_faults(422, &[("", "inconsistent")]);
    let too_many = json!({ "correction_reason": "Misread.", "returned": 999 });
    correct(too_many).await.expect_faults(422, &[("/returned", "inconsistent")]);
    assert_eq!(app.get(own(&record)).await.expect(200), record);
}

async fn an_action_is_refused_where_the_state_is_against_it(app: &TestApp) {
    let draft = draft(app, json!({})).await;
    let about = draft["mutual_id"].as_str().unwrap();
    let enter =
        async |kind: &str| app.create(STAFF_BALLOTS, &with(full_staff_ballot(about), json!({ "kind": kind }))).await;
    let declared = app.declare(&enter("formal").await).await;
    let rerun = app.declare(&enter("rerun").await).await;
    let void = app.declare(&enter("formal").await).await;
    app.post(own(&void) + "/void", &json!({ "void_reason": "Papers were lost." })).await.expect(200);
    let superseded = app.declare(&enter("formal").await).await;
    let supersede = json!({ "superseded_by_id": rerun["id"] });
    app.post(own(&superseded) + "/supersede", &supersede).await.expect(200);

    let actions = [
        ("declare", json!({}), vec![&declared, &void, &superseded]),
        ("void", json!({ "void_reason": "Papers were lost." }), vec![&draft, &void, &superseded]),
        ("supersede", supersede, vec![&draft, &void, &superseded]),
        ("correct", json!({ "correction_reason": "Misread.", "roll_size": 1001 }), vec![&draft]),
    ];
    for (action, body, records) in actions {
        for record in records {
            let refused =
                app.post(format!("{}/{action}", own(record)), &body).await.expect_problem(409, "state-conflict");
            assert_eq!(refused["errors"][0]["pointer"], "/state", "{action}: {refused}");
        }
        app.post(format!("{STAFF_BALLOTS}/{NOBODY}/{action}"), &body).await.problem(404);
        app.post(format!("{}/{action}", own(&draft)), &body).without_key().await.problem(401);
    }
}

async fn an_action_is_for_the_version_that_it_names(app: &TestApp) {
    let draft = draft(app, json!({})).await;
    let another = app.database().make_key("admin", &[]);
    let declare = || app.post(own(&draft) + "/declare", &json!({})).with_key(&another);
    let stale = declare().if_match(&app.tag(7)).await;
    stale.expect_problem(412, "precondition-failed");
    assert_eq!(stale.version(), "1");
    assert_eq!(declare().if_match(&app.tag(1)).await.expect(200)["version"], 2);
    let void = app.post(own(&draft) + "/void", &json!({ "void_reason": "Papers were lost." }));
    assert_eq!(void.await.expect(200)["version"], 3, "whatever is there where it names none");
}

async fn a_rehearsed_action_stores_nothing(app: &TestApp) {
    let draft = draft(app, json!({})).await;
    let another = app.database().make_key("admin", &[]);
    let rehearsed = app.post(own(&draft) + "/declare?validate_only=true", &json!({})).with_key(&another).await;
    assert_eq!(rehearsed.expect(200)["state"], "declared");
    assert_eq!(rehearsed.header("etag"), None);
    assert_eq!(app.get(own(&draft)).await.expect(200), draft);
}

async fn an_editor_deletes_a_draft_of_its_department_only(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Own")).await;
    let led = app.create(MUTUALS, &with(mutual("Led"), json!({ "department_id": office["id"] }))).await;
    let editor = app.database().make_key("department_editor", &[id(&office)]);
    let elsewhere = app.create(DEPARTMENTS, &department("Elsewhere")).await;
    let stranger = app.database().make_key("department_editor", &[id(&elsewhere)]);
    let draft = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&led))).await;
    app.delete(own(&draft)).with_key(&stranger).await.expect_problem(404, "not-found");
    app.delete(own(&draft) + "?validate_only=true").with_key(&editor).await.expect(204);
    app.delete(own(&draft)).with_key(&editor).await.expect(204);
    app.get(own(&draft)).await.expect_problem(410, "gone");
    let declared = app.declare(&app.create(STAFF_BALLOTS, &full_staff_ballot(id(&led))).await).await;
    app.delete(own(&declared)).with_key(&editor).await.expect_problem(403, "forbidden");
    app.delete(own(&declared)).await.expect(204);
}
