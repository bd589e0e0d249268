//! Commitments of departments.

use kit::TestApp;
use kit::fixture::{DEPARTMENTS, MUTUALS, NOBODY, commitment, department, id, mutual, with, without};
use serde_json::json;

kit::on_both! {
    commitments_are_listed_for_their_department_alone,
    a_commitment_is_its_departments_alone,
    a_department_with_commitments_stays,
    all_faults_of_a_commitment_are_told_at_once,
    a_commitment_is_in_the_log,
}

async fn of_department(app: &TestApp, name: &str) -> String {
    format!("{DEPARTMENTS}/{}/commitments", id(&app.create(DEPARTMENTS, &department(name)).await))
}

async fn commitments_are_listed_for_their_department_alone(app: &TestApp) {
    let [trade, home] = [of_department(app, "Trade").await, of_department(app, "Home").await];
    let mut own = Vec::new();
    for kind in ["plan_and_vision", "staff_pathway", "other"] {
        own.push(app.create(&trade, &with(commitment(), json!({ "kind": kind }))).await);
    }
    app.create(&home, &commitment()).await;
    let all = app.get(&trade).await.expect(200);
    assert_eq!(all["items"], json!(own));
    let first = app.get(format!("{trade}?limit=2&count=exact")).await.expect(200);
    assert_eq!((&first["items"], &first["total"]), (&json!(own[..2]), &json!(3)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = app.get(format!("{trade}?limit=2&cursor={cursor}")).await.expect(200);
    let [entry] = rest["register_entries"].as_array().unwrap().as_slice() else { panic!("{rest}") };
    assert_eq!(rest, json!({ "items": own[2..], "register_entries": [entry] }));
    let some = app.get(format!("{trade}?kind=other&kind=staff_pathway")).await.expect(200);
    assert_eq!(some["items"], json!(own[1..]));
    app.get(format!("{home}?cursor={cursor}")).await.problem(400);
    app.get(format!("{trade}?kind=promise")).await.problem(400);
    app.get(format!("{trade}?sort=due_on")).await.problem(400);
    app.get(format!("{DEPARTMENTS}/{NOBODY}/commitments")).await.problem(404);
    app.get(format!("{DEPARTMENTS}/trade/commitments")).await.expect(200);
}

async fn a_commitment_is_its_departments_alone(app: &TestApp) {
    let [trade, home] = [of_department(app, "Trade").await, of_department(app, "Home").await];
    let own = app.create(&trade, &commitment()).await;
    app.get(format!("{home}/{}", id(&own))).await.problem(404);
    app.patch(format!("{home}/{}", id(&own)), &json!({ "title": "Taken" })).await.problem(404);
    app.delete(format!("{home}/{}", id(&own))).await.problem(404);
    app.post(format!("{DEPARTMENTS}/{NOBODY}/commitments"), &commitment()).await.problem(404);
    app.get(format!("{trade}/{NOBODY}")).await.problem(404);
    app.get(format!("{trade}/none")).await.problem(404);
    assert_eq!(app.get(format!("{trade}/{}", id(&own))).await.expect(200), own);
}

async fn a_department_with_commitments_stays(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let own = app.create(&path, &commitment()).await;
    let problem = app.delete(format!("{DEPARTMENTS}/trade")).await.expect_problem(409, "has-dependents");
    assert_eq!(problem["dependents"][0]["resource_type"], "commitment", "{problem}");
    app.delete(format!("{path}/{}", id(&own))).await.expect(204);
    app.get(format!("{path}/{}", id(&own))).await.problem(410);
    app.delete(format!("{DEPARTMENTS}/trade")).await.expect(204);
    app.get(&path).await.problem(410);
}

async fn all_faults_of_a_commitment_are_told_at_once(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let bad = json!({ "kind": "promise", "due_on": "2012-12", "published_on": "31/12/2012", "evidence_url": "here", "status": "met" });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/kind", "not-in-vocabulary"),
            ("/title", "required"),
            ("/due_on", "invalid-format"),
            ("/published_on", "invalid-format"),
            ("/evidence_url", "invalid-format"),
            ("/status", "unknown-member"),
        ],
    );
    let moved = with(commitment(), json!({ "department_id": NOBODY }));
    app.post(&path, &moved).await.expect_faults(422, &[("/department_id", "read-only")]);
    let own = app.create(&path, &commitment()).await;
    app.patch(format!("{path}/{}", id(&own)), &json!({ "department_id": NOBODY }))
        .await
        .expect_faults(422, &[("/department_id", "read-only")]);
    assert_eq!(app.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 1);
}

async fn a_commitment_is_in_the_log(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    app.create(MUTUALS, &mutual("Beside")).await;
    let own = app.create(&path, &commitment()).await;
    app.patch(format!("{path}/{}", id(&own)), &json!({ "published_on": "2012-12-01" })).await.expect(200);
    app.delete(format!("{path}/{}", id(&own))).await.expect(204);
    let entries = app.get("/v1/entries?resource_type=commitment").await.expect(200);
    let told: Vec<_> = entries["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(told, ["create", "update", "delete"]);
    assert_eq!(entries["items"][0]["after"], own);
    assert_eq!(
        without(entries["items"][1]["after"].clone(), &["version", "updated_at", "published_on"]),
        without(own, &["version", "updated_at"])
    );
}
