//! Objections to mutuals: what may become of one, and what is refused.

use kit::TestApp;
use kit::fixture::{DEPARTMENTS, MUTUALS, department, full_objection, id, mutual, objection, with};
use serde_json::{Value, json};

use crate::record;

kit::on_both! {
    an_appealed_objection_can_be_sent_back_as_it_was_read,
    objections_are_narrowed_by_outcome,
    all_faults_of_an_objection_are_told_at_once,
    an_objection_is_decided_appealed_and_decided_by_the_arbiter,
    a_decision_without_reasons_is_refused,
    an_objection_becomes_what_its_outcome_allows_and_nothing_else,
    a_decision_stays_as_it_was_made,
    the_public_sees_no_name_of_an_objector,
}

async fn of_mutual(app: &TestApp) -> String {
    format!("{MUTUALS}/{}/objections", id(&app.create(MUTUALS, &mutual("Harmonie")).await))
}

fn decided(outcome: &str, on: &str, by_arbiter: bool) -> Value {
    let reasons = "The scheme stays open to all who move.";
    json!({ "outcome": outcome, "decided_on": on, "decision_reasons": reasons, "decided_by_arbiter": by_arbiter })
}

async fn an_appealed_objection_can_be_sent_back_as_it_was_read(app: &TestApp) {
    let path = of_mutual(app).await;
    let appealed = with(full_objection(), decided("appealed", "2012-08-20", false));
    record::can_be_sent_back(app, &path, &appealed).await;
}

async fn objections_are_narrowed_by_outcome(app: &TestApp) {
    let path = of_mutual(app).await;
    app.create(&path, &objection()).await;
    app.create(&path, &with(objection(), json!({ "outcome": "withdrawn" }))).await;
    app.create(&path, &with(objection(), decided("rejected", "2012-08-20", false))).await;
    let some = format!("{path}?outcome=rejected&outcome=open");
    assert_eq!(app.column(&some, "outcome").await, ["open", "rejected"]);
    app.get(format!("{path}?outcome=lost")).await.problem(400);
}

async fn all_faults_of_an_objection_are_told_at_once(app: &TestApp) {
    let path = of_mutual(app).await;
    let bad = json!({
        "raised_by": "", "kind": "enemy", "raised_on": "2012-07-02", "outcome": "rejected", "decided_on": "2012-07-01",
        "decided_by": "me"
    });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/raised_by", "empty"),
            ("/kind", "not-in-vocabulary"),
            ("/decided_on", "date-order"),
            ("/decided_by", "unknown-member"),
            ("/decision_reasons", "required"),
            ("/grounds", "required"),
        ],
    );
}

async fn an_objection_is_decided_appealed_and_decided_by_the_arbiter(app: &TestApp) {
    let path = of_mutual(app).await;
    let own = format!("{path}/{}", id(&app.create(&path, &full_objection()).await));
    app.patch(&own, &decided("rejected", "2012-08-20", false)).await.expect(200);
    let appealed = app.patch(&own, &json!({ "outcome": "appealed" })).await.expect(200);
    assert_eq!(appealed["decided_on"], "2012-08-20");
    let problem =
        app.patch(&own, &decided("accepted", "2012-09-30", false)).await.expect_problem(409, "state-conflict");
    assert_eq!(problem["errors"][0]["pointer"], "/decided_by_arbiter");
    app.patch(&own, &decided("accepted", "2012-08-19", true)).await.expect_problem(409, "state-conflict");
    let last = app.patch(&own, &decided("accepted", "2012-09-30", true)).await.expect(200);
    assert_eq!((&last["outcome"], &last["version"]), (&json!("accepted"), &json!(4)));
    let again = app.patch(&own, &json!({ "outcome": "appealed", "decided_by_arbiter": false })).await;
    let again = again.expect_problem(409, "state-conflict");
    assert!(again["detail"].as_str().unwrap().ends_with("the arbiter's decision is final"), "{again}");
}

async fn a_decision_without_reasons_is_refused(app: &TestApp) {
    let path = of_mutual(app).await;
    let own = format!("{path}/{}", id(&app.create(&path, &full_objection()).await));
    let refused = app.patch(&own, &json!({ "outcome": "rejected", "decided_on": "2012-08-20" })).await;
    refused.expect_faults(422, &[("/decision_reasons", "required")]);
    let refused = app.post(&path, &with(full_objection(), json!({ "outcome": "accepted" }))).await;
    refused.expect_faults(422, &[("/decided_on", "required"), ("/decision_reasons", "required")]);
}

async fn an_objection_becomes_what_its_outcome_allows_and_nothing_else(app: &TestApp) {
    let path = of_mutual(app).await;
    let outcomes = ["open", "withdrawn", "rejected", "accepted", "appealed"];
    let made = |outcome: &str| match outcome {
        "open" | "withdrawn" => json!({ "outcome": outcome }),
        _ => decided(outcome, "2012-08-20", false),
    };
    for (from, reached) in [
        ("open", &["withdrawn", "rejected", "accepted"][..]),
        ("withdrawn", &[]),
        ("rejected", &["appealed"]),
        ("accepted", &["appealed"]),
        ("appealed", &["withdrawn", "rejected", "accepted"]),
    ] {
        let own = format!("{path}/{}", id(&app.create(&path, &with(objection(), made(from))).await));
        for to in outcomes.into_iter().filter(|to| *to != from) {
            let change = match (from, to) {
                ("appealed", "rejected" | "accepted") => decided(to, "2012-08-20", true),
                (_, "open") => json!({ "outcome": to, "decided_on": null, "decision_reasons": null }),
                (_, "withdrawn") => json!({ "outcome": to }),
                _ => made(to),
            };
            let tried = app.patch(format!("{own}?validate_only=true"), &change).await;
            if reached.contains(&to) {
                tried.expect(200);
                continue;
            }
            let problem = tried.expect_problem(409, "state-conflict");
            assert_eq!(problem["errors"][0]["pointer"], "/outcome", "{from} to {to}: {problem}");
            for possible in reached {
                assert!(problem["detail"].as_str().unwrap().contains(possible), "{from} to {to}: {problem}");
            }
        }
    }
}

async fn a_decision_stays_as_it_was_made(app: &TestApp) {
    let path = of_mutual(app).await;
    let rejected = with(full_objection(), decided("rejected", "2012-08-20", false));
    let own = format!("{path}/{}", id(&app.create(&path, &rejected).await));
    let rewritten = json!({ "decided_on": "2012-08-21", "decision_reasons": "Better ones." });
    let problem = app.patch(&own, &rewritten).await.expect_problem(409, "state-conflict");
    let at: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(at, ["/decided_on", "/decision_reasons"]);
    app.patch(&own, &json!({ "raised_by": null, "grounds": "Said otherwise." })).await.expect(200);
}

async fn the_public_sees_no_name_of_an_objector(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let led = app.create(MUTUALS, &with(mutual("Led"), json!({ "department_id": id(&own) }))).await;
    let path = format!("{MUTUALS}/{}/objections", id(&led));
    let made = app.create(&path, &full_objection()).await;
    record::keeps_a_name_to_those_who_work_on_it(app, &path, &made, "raised_by", id(&own)).await;
}
