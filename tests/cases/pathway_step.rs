//! Steps of departments' pathways.

use kit::TestApp;
use kit::fixture::{DEPARTMENTS, department, id, pathway_step, with, without};
use serde_json::{Value, json};

kit::on_both! {
    steps_are_listed_by_their_place_on_the_pathway,
    a_step_without_a_place_comes_after_the_last_and_stays_there,
    a_place_is_one_steps_of_a_department,
    all_faults_of_a_step_are_told_at_once,
    a_department_with_steps_stays,
}

async fn of_department(app: &TestApp, name: &str) -> String {
    format!("{DEPARTMENTS}/{}/pathway-steps", id(&app.create(DEPARTMENTS, &department(name)).await))
}

fn at(position: i64) -> Value {
    with(pathway_step(), json!({ "position": position }))
}

async fn steps_are_listed_by_their_place_on_the_pathway(app: &TestApp) {
    let [trade, home] = [of_department(app, "Trade").await, of_department(app, "Home").await];
    app.create(&home, &at(1)).await;
    let mut steps = Vec::new();
    for (position, stage) in [(10, "idea"), (9, "approved"), (100, "idea"), (1, "operating")] {
        steps.push(app.create(&trade, &with(at(position), json!({ "stage": stage }))).await);
    }
    let in_order = [3, 1, 0, 2].map(|at: usize| steps[at].clone());
    assert_eq!(app.get(&trade).await.expect(200)["items"], json!(in_order));
    assert_eq!(app.walk(&format!("{trade}?limit=1")).await, in_order);
    let first = app.get(format!("{trade}?stage=idea&limit=1&count=exact")).await.expect(200);
    assert_eq!((&first["items"], &first["total"]), (&json!(in_order[2..3]), &json!(2)));
    let some = app.get(format!("{trade}?stage=operating&stage=approved")).await.expect(200);
    assert_eq!(some["items"], json!(in_order[..2]));
    app.get(format!("{trade}?stage=elsewhere")).await.problem(400);
}

async fn a_step_without_a_place_comes_after_the_last_and_stays_there(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let first = app.create(&path, &pathway_step()).await;
    assert_eq!(first["position"], 1);
    app.create(&path, &at(5)).await;
    let next = app.create(&path, &pathway_step()).await;
    assert_eq!(next["position"], 6);
    let own = format!("{path}/{}", id(&first));
    for change in [app.put(&own, &pathway_step()), app.patch(&own, &json!({ "position": null }))] {
        assert_eq!(change.await.expect(200)["position"], 1);
    }
    app.create(&path, &at(100)).await;
    app.post(&path, &pathway_step()).await.expect_faults(422, &[("/position", "required")]);
    assert_eq!(app.create(&path, &at(2)).await["position"], 2);
}

async fn a_place_is_one_steps_of_a_department(app: &TestApp) {
    let [trade, home] = [of_department(app, "Trade").await, of_department(app, "Home").await];
    let first = app.create(&trade, &at(1)).await;
    let second = app.create(&trade, &at(2)).await;
    let own = format!("{trade}/{}", id(&second));
    let moved = without(with(second, json!({ "position": 1 })), &["version", "updated_at"]);
    for refused in [app.post(&trade, &at(1)), app.put(&own, &moved), app.patch(&own, &json!({ "position": 1 }))] {
        let problem = refused.await.expect_problem(409, "position-taken");
        let holder = json!({ "resource_type": "pathway_step", "id": id(&first), "name": first["title"] });
        assert_eq!(problem["conflicts"], json!([holder]));
        assert_eq!(problem["errors"][0]["pointer"], "/position");
    }
    app.create(&home, &at(1)).await;
    app.delete(format!("{trade}/{}", id(&first))).await.expect(204);
    assert_eq!(app.patch(&own, &json!({ "position": 1 })).await.expect(200)["position"], 1);
}

async fn all_faults_of_a_step_are_told_at_once(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let bad = json!({ "position": 101, "stage": "elsewhere", "evidence_required": "yes", "colour": "red" });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/position", "out-of-range"),
            ("/stage", "not-in-vocabulary"),
            ("/evidence_required", "invalid-type"),
            ("/title", "required"),
            ("/colour", "unknown-member"),
        ],
    );
    app.post(&path, &at(0)).await.expect_faults(422, &[("/position", "out-of-range")]);
}

async fn a_department_with_steps_stays(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let step = app.create(&path, &pathway_step()).await;
    let problem = app.delete(format!("{DEPARTMENTS}/trade")).await.expect_problem(409, "has-dependents");
    assert_eq!(problem["dependents"][0]["resource_type"], "pathway_step", "{problem}");
    app.delete(format!("{path}/{}", id(&step))).await.expect(204);
    app.delete(format!("{DEPARTMENTS}/trade")).await.expect(204);
}
