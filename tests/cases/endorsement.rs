//! Endorsements of mutuals: what constituencies say, and what the ballot of staff says for them.

use kit::TestApp;
use kit::fixture::{
    DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, department, endorsement, full_endorsement, id, mutual, staff_ballot,
    with, without,
};
use serde_json::{Value, json};

use crate::record;

kit::on_both! {
    endorsements_are_narrowed_by_constituency,
    all_faults_of_an_endorsement_are_told_at_once,
    the_position_of_staff_is_what_their_ballot_says,
    the_position_of_staff_follows_their_ballot,
    a_superseded_ballot_speaks_for_staff_no_more,
    an_endorsement_rests_on_a_ballot_of_its_mutual,
    a_ballot_that_an_endorsement_rests_on_stays,
    the_public_sees_no_name_of_an_endorser,
}

async fn of_mutual(app: &TestApp) -> (String, String) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    (id(&made).to_owned(), format!("{MUTUALS}/{}/endorsements", id(&made)))
}

/// So many votes for and against, all of them counted.
fn votes(yes: i64, no: i64) -> Value {
    let counts = json!([{ "option": "yes", "votes": yes }, { "option": "no", "votes": no }]);
    json!({ "counts": counts, "counts_complete": true })
}

/// A declared ballot about the mutual.
async fn declared(app: &TestApp, mutual_id: &str, members: Value) -> Value {
    app.declare(&app.create(STAFF_BALLOTS, &with(staff_ballot(mutual_id), members)).await).await
}

fn by_staff(ballot: &Value) -> Value {
    json!({ "constituency": "staff", "staff_ballot_id": id(ballot), "given_on": "2012-10-01" })
}

async fn endorsements_are_narrowed_by_constituency(app: &TestApp) {
    let (_, path) = of_mutual(app).await;
    for constituency in ["service_users", "commissioners", "trade_unions"] {
        app.create(&path, &with(endorsement(), json!({ "constituency": constituency }))).await;
    }
    let some = format!("{path}?constituency=trade_unions&constituency=service_users");
    assert_eq!(app.column(&some, "constituency").await, ["service_users", "trade_unions"]);
    app.get(format!("{path}?constituency=everybody")).await.problem(400);
}

async fn all_faults_of_an_endorsement_are_told_at_once(app: &TestApp) {
    let (_, path) = of_mutual(app).await;
    let bad = json!({ "constituency": "staff", "position": "supports", "given_by": " ", "evidence_url": "here" });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/position", "read-only"),
            ("/given_by", "empty"),
            ("/evidence_url", "invalid-format"),
            ("/given_on", "required"),
            ("/staff_ballot_id", "required"),
        ],
    );
    let bad = json!({ "constituency": "commissioners", "staff_ballot_id": NOBODY, "given_on": "2012-06-14" });
    app.post(&path, &bad).await.expect_faults(422, &[("/staff_ballot_id", "inconsistent"), ("/position", "required")]);
}

async fn the_position_of_staff_is_what_their_ballot_says(app: &TestApp) {
    let (mutual_id, path) = of_mutual(app).await;
    let won = declared(app, &mutual_id, votes(60, 40)).await;
    let lost = declared(app, &mutual_id, votes(40, 60)).await;
    let endorsement = app.create(&path, &by_staff(&won)).await;
    assert_eq!(endorsement["position"], "supports");
    let own = format!("{path}/{}", id(&endorsement));

    app.patch(&own, &json!({ "position": "opposes" })).await.expect_faults(422, &[("/position", "read-only")]);
    app.patch(&own, &json!({ "position": null })).await.expect_faults(422, &[("/position", "read-only")]);
    app.put(&own, &with(by_staff(&won), json!({ "position": "neutral" })))
        .await
        .expect_faults(422, &[("/position", "read-only")]);
    record::can_be_sent_back(app, &path, &by_staff(&won)).await;
    let other = app.patch(&own, &json!({ "staff_ballot_id": id(&lost) })).await.expect(200);
    assert_eq!(other["position"], "opposes");
    let said = json!({ "constituency": "trade_unions", "staff_ballot_id": null, "position": "neutral" });
    assert_eq!(app.patch(&own, &said).await.expect(200)["position"], "neutral");
    let back = app.put(&own, &by_staff(&won)).await.expect(200);
    assert_eq!(back["position"], "supports");
}

async fn the_position_of_staff_follows_their_ballot(app: &TestApp) {
    let (mutual_id, path) = of_mutual(app).await;
    let ballot = declared(app, &mutual_id, votes(50, 50)).await;
    let endorsement = app.create(&path, &by_staff(&ballot)).await;
    let own = format!("{path}/{}", id(&endorsement));
    let ballot = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    assert_eq!(endorsement["position"], "neutral");

    let corrected = |change: Value| with(change, json!({ "correction_reason": "Counted again." }));
    let steps = [
        ("correct", corrected(votes(60, 40)), json!("supports"), 2),
        ("correct", corrected(json!({ "question": "Shall we leave?" })), json!("supports"), 2),
        ("correct", corrected(votes(40, 60)), json!("opposes"), 3),
        ("correct", corrected(votes(50, 50)), json!("neutral"), 4),
        ("void", json!({ "void_reason": "The roll was wrong." }), Value::Null, 5),
    ];
    for (action, change, position, version) in steps {
        app.post(format!("{ballot}/{action}"), &change).await.expect(200);
        let shown = app.get(&own).await;
        assert_eq!(shown.version(), version.to_string(), "{change}");
        assert_eq!(shown.json()["position"], position, "{change}");
        assert_eq!(app.walk(&path).await, [shown.json()], "{change}");
        let log = app.get("/v1/entries?resource_type=endorsement").await.expect(200);
        let last = log["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["version"], &last["after"]["position"]), (&json!(version), &position), "{change}");
    }
    app.post(format!("{ballot}/correct?validate_only=true"), &corrected(votes(60, 40))).await.expect(200);
    assert_eq!(app.get(&own).await.version(), "5");
}

async fn a_superseded_ballot_speaks_for_staff_no_more(app: &TestApp) {
    let (mutual_id, path) = of_mutual(app).await;
    let ballot = declared(app, &mutual_id, votes(60, 40)).await;
    let rerun = declared(app, &mutual_id, with(votes(40, 60), json!({ "kind": "rerun" }))).await;
    let own = format!("{path}/{}", id(&app.create(&path, &by_staff(&ballot)).await));
    assert_eq!(app.get(&own).await.expect(200)["position"], "supports");
    let supersede = format!("{STAFF_BALLOTS}/{}/supersede", id(&ballot));
    app.post(&supersede, &json!({ "superseded_by_id": id(&rerun) })).await.expect(200);
    assert_eq!(app.get(&own).await.expect(200).get("position"), None);
}

async fn an_endorsement_rests_on_a_ballot_of_its_mutual(app: &TestApp) {
    let (mutual_id, path) = of_mutual(app).await;
    let [own, other] =
        [app.create(DEPARTMENTS, &department("Own")).await, app.create(DEPARTMENTS, &department("Other")).await];
    app.patch(format!("{MUTUALS}/{mutual_id}"), &json!({ "department_id": id(&own) })).await.expect(200);
    let another = with(mutual("Another"), json!({ "department_id": id(&other) }));
    let another = app.create(MUTUALS, &another).await;
    let key = app.database().make_key("department_editor", &[id(&own)]);
    let hidden = app.create(STAFF_BALLOTS, &staff_ballot(id(&another))).await;
    let open = declared(app, id(&another), votes(1, 0)).await;
    let mut told = Vec::new();
    let draft = app.create(STAFF_BALLOTS, &staff_ballot(&mutual_id)).await;
    for ballot_id in [NOBODY, id(&hidden), id(&open), id(&draft)] {
        let refused = app.post(&path, &by_staff(&json!({ "id": ballot_id }))).with_key(&key).await;
        refused.expect_faults(422, &[("/staff_ballot_id", "unknown-reference")]);
        told.push(refused.json()["errors"][0]["detail"].as_str().unwrap().replace(ballot_id, "that"));
    }
    assert!(told.iter().all(|detail| *detail == told[0]), "{told:?}");
    // Who sees the draft can rest nothing on it either: what is public would tell of it.
    app.post(&path, &by_staff(&draft)).await.expect_faults(422, &[("/staff_ballot_id", "unknown-reference")]);
    let won = declared(app, &mutual_id, votes(1, 0)).await;
    let made = app.post(&path, &by_staff(&won)).with_key(&key).await.expect(201);
    let onto_draft = json!({ "staff_ballot_id": id(&draft) });
    let moved = app.patch(format!("{path}/{}", id(&made)), &onto_draft).await;
    moved.expect_faults(422, &[("/staff_ballot_id", "unknown-reference")]);
}

async fn a_ballot_that_an_endorsement_rests_on_stays(app: &TestApp) {
    let (mutual_id, path) = of_mutual(app).await;
    let ballot = declared(app, &mutual_id, votes(1, 0)).await;
    let endorsement = app.create(&path, &by_staff(&ballot)).await;
    let ballot = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    let problem = app.delete(&ballot).await.expect_problem(409, "has-dependents");
    assert_eq!(
        problem["dependents"],
        json!([{ "resource_type": "endorsement", "id": id(&endorsement), "name": "staff" }])
    );
    app.delete(format!("{path}/{}", id(&endorsement))).await.expect(204);
    app.delete(&ballot).await.expect(204);
}

async fn the_public_sees_no_name_of_an_endorser(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let led = app.create(MUTUALS, &with(mutual("Led"), json!({ "department_id": id(&own) }))).await;
    let path = format!("{MUTUALS}/{}/endorsements", id(&led));
    let made = app.create(&path, &full_endorsement()).await;
    crate::record::keeps_a_name_to_those_who_work_on_it(app, &path, &made, "given_by", id(&own)).await;
    let other = with(full_endorsement(), json!({ "constituency": "commissioners" }));
    app.create(&path, &without(other, &["given_by"])).await;
    assert_eq!(app.get(&path).without_key().await.expect(200)["items"].as_array().unwrap().len(), 2);
}
