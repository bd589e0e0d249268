//! Mutuals' progress on the pathways of their departments.

use kit::TestApp;
use kit::fixture::{
    DEPARTMENTS, MUTUALS, NOBODY, department, full_pathway_progress, id, mutual, pathway_progress, with, without,
};
use serde_json::json;

use crate::record;

kit::on_both! {
    progress_with_evidence_can_be_sent_back_as_it_was_read,
    progress_is_on_a_step_of_the_mutuals_department,
    a_mutual_takes_each_step_once,
    a_step_that_asks_for_evidence_is_done_with_it,
    what_was_done_elsewhere_stays,
    all_faults_of_progress_are_told_at_once,
    a_pathway_shows_every_step_and_what_is_done,
    a_step_that_was_taken_stays,
}

async fn step(app: &TestApp, department_id: &str, position: i64, evidence_required: bool) -> String {
    id(&app.pathway_step(department_id, position, evidence_required).await).to_owned()
}

/// A department, a mutual that it leads, and where the mutual's progress is.
async fn led(app: &TestApp) -> (String, String, String) {
    let own = app.create(DEPARTMENTS, &department("Trade")).await;
    let led = app.create(MUTUALS, &with(mutual("Harmonie"), json!({ "department_id": id(&own) }))).await;
    let path = format!("{MUTUALS}/{}", id(&led));
    (id(&own).to_owned(), format!("{path}/pathway-progress"), path)
}

async fn progress_with_evidence_can_be_sent_back_as_it_was_read(app: &TestApp) {
    let (own, path, _) = led(app).await;
    let [first, second] = [step(app, &own, 1, true).await, step(app, &own, 2, false).await];
    record::can_be_sent_back(app, &path, &full_pathway_progress(&first)).await;
    app.create(&path, &pathway_progress(&second)).await;
}

async fn progress_is_on_a_step_of_the_mutuals_department(app: &TestApp) {
    let (_, path, _) = led(app).await;
    let other = app.create(DEPARTMENTS, &department("Home")).await;
    let elsewhere = step(app, id(&other), 1, false).await;
    for step_id in [&elsewhere, NOBODY] {
        app.post(&path, &pathway_progress(step_id)).await.expect_faults(422, &[("/step_id", "unknown-reference")]);
    }
    let nobodys = app.create(MUTUALS, &mutual("Nobody's")).await;
    let refused = app.post(format!("{MUTUALS}/{}/pathway-progress", id(&nobodys)), &pathway_progress(&elsewhere)).await;
    refused.expect_faults(422, &[("/step_id", "unknown-reference")]);
}

async fn a_mutual_takes_each_step_once(app: &TestApp) {
    let (own, path, _) = led(app).await;
    let [first, second] = [step(app, &own, 1, false).await, step(app, &own, 2, false).await];
    let taken = app.create(&path, &pathway_progress(&first)).await;
    let other = app.create(&path, &pathway_progress(&second)).await;
    for refused in [
        app.post(&path, &pathway_progress(&first)).await,
        app.patch(format!("{path}/{}", id(&other)), &json!({ "step_id": first })).await,
    ] {
        let problem = refused.expect_problem(409, "step-taken");
        assert_eq!(problem["conflicts"], json!([{ "resource_type": "pathway_progress", "id": id(&taken) }]));
    }
}

async fn a_step_that_asks_for_evidence_is_done_with_it(app: &TestApp) {
    let (own, path, _) = led(app).await;
    let step = step(app, &own, 1, true).await;
    app.post(&path, &pathway_progress(&step)).await.expect_faults(422, &[("/evidence_url", "required")]);
    let made = app.create(&path, &full_pathway_progress(&step)).await;
    let refused = app.patch(format!("{path}/{}", id(&made)), &json!({ "evidence_url": null })).await;
    refused.expect_faults(422, &[("/evidence_url", "required")]);
}

async fn what_was_done_elsewhere_stays(app: &TestApp) {
    let (own, path, mutual) = led(app).await;
    let first = step(app, &own, 1, false).await;
    let made = app.create(&path, &pathway_progress(&first)).await;
    let other = app.create(DEPARTMENTS, &department("Home")).await;
    app.patch(&mutual, &json!({ "department_id": id(&other) })).await.expect(200);
    app.patch(format!("{path}/{}", id(&made)), &json!({ "note": "Before the move." })).await.expect(200);
    let pathway = app.get(format!("{mutual}/pathway")).await.expect(200);
    assert_eq!((&pathway["department_id"], &pathway["steps_total"]), (&json!(id(&other)), &json!(0)));
}

async fn all_faults_of_progress_are_told_at_once(app: &TestApp) {
    let (_, path, _) = led(app).await;
    let bad = json!({ "step_id": NOBODY, "done_on": "2012-02", "evidence_url": "here", "done": true });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/step_id", "unknown-reference"),
            ("/done_on", "invalid-format"),
            ("/evidence_url", "invalid-format"),
            ("/done", "unknown-member"),
        ],
    );
}

async fn a_pathway_shows_every_step_and_what_is_done(app: &TestApp) {
    let (own, path, mutual) = led(app).await;
    let [second, first] = [step(app, &own, 2, true).await, step(app, &own, 1, false).await];
    let elsewhere = app.create(DEPARTMENTS, &department("Home")).await;
    step(app, id(&elsewhere), 1, false).await;
    let pathway = format!("{mutual}/pathway");
    let before = app.get(&pathway).without_key().await;
    assert_eq!((&before.json()["steps_done"], &before.json()["steps_total"]), (&json!(0), &json!(2)));
    let made = app.create(&path, &pathway_progress(&first)).await;

    let after = app.get(&pathway).without_key().await;
    assert_ne!(after.etag(), before.etag());
    let shown = after.expect(200);
    assert_eq!(
        (&shown["department_id"], &shown["steps_done"], &shown["steps_total"]),
        (&json!(own), &json!(1), &json!(2))
    );
    let steps = shown["steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["step_id"].clone()).collect::<Vec<_>>(), [json!(first), json!(second)]);
    assert_eq!(steps[0]["progress"], made);
    let expected = json!({ "step_id": second, "position": 2, "evidence_required": true });
    assert_eq!(without(steps[1].clone(), &["title", "guidance", "stage"]), expected);
    assert_eq!(app.get(&pathway).header("if-none-match", after.etag()).await.status(), 304);

    let nobodys = app.create(MUTUALS, &kit::fixture::mutual("Nobody's")).await;
    let nothing = app.get(format!("{MUTUALS}/{}/pathway", nobodys["slug"].as_str().unwrap())).await;
    let expected = json!({ "mutual_id": id(&nobodys), "steps_done": 0, "steps_total": 0, "steps": [] });
    assert_eq!(nothing.expect(200), expected);
    app.get(format!("{MUTUALS}/{NOBODY}/pathway")).await.problem(404);
}

async fn a_step_that_was_taken_stays(app: &TestApp) {
    let (own, path, _) = led(app).await;
    let taken = step(app, &own, 1, false).await;
    let made = app.create(&path, &pathway_progress(&taken)).await;
    let of_step = format!("{DEPARTMENTS}/{own}/pathway-steps/{taken}");
    let problem = app.delete(&of_step).await.expect_problem(409, "has-dependents");
    assert!(problem.to_string().contains(id(&made)), "{problem}");
    app.delete(format!("{path}/{}", id(&made))).await.expect(204);
    app.delete(&of_step).await.expect(204);
}
