//! Mutuals' requests for support: from open to met or declined.

use kit::fixture::{DEPARTMENTS, MUTUALS, NOBODY, department, full_support_request, id, mutual, support_request, with};
use kit::{TestApp, fixture};
use serde_json::json;

kit::on_both! {
    support_requests_are_narrowed_by_status,
    all_faults_of_a_support_request_are_told_at_once,
    a_request_is_assigned_and_met,
    an_enabler_of_any_department_takes_a_request_up,
    a_closed_request_stays_closed,
    an_enabler_who_took_a_request_up_stays,
}

async fn of_mutual(app: &TestApp) -> String {
    format!("{MUTUALS}/{}/support-requests", id(&app.create(MUTUALS, &mutual("Harmonie")).await))
}

async fn enabler(app: &TestApp) -> String {
    let own = app.create(DEPARTMENTS, &department("Trade")).await;
    let path = format!("{DEPARTMENTS}/{}/enablers", id(&own));
    id(&app.create(&path, &fixture::enabler()).await).to_owned()
}

async fn support_requests_are_narrowed_by_status(app: &TestApp) {
    let path = of_mutual(app).await;
    let enabler = enabler(app).await;
    for members in [
        json!({}),
        json!({ "status": "assigned", "enabler_id": enabler }),
        json!({ "status": "met", "closed_on": "2012-04-01" }),
    ] {
        app.create(&path, &with(support_request(), members)).await;
    }
    assert_eq!(app.column(&format!("{path}?status=met&status=open"), "status").await, ["open", "met"]);
    app.get(format!("{path}?status=closed")).await.problem(400);
}

async fn all_faults_of_a_support_request_are_told_at_once(app: &TestApp) {
    let path = of_mutual(app).await;
    let bad = json!({
        "stage": "dream", "need": "", "requested_on": "2012-03-05", "status": "declined", "enabler_id": NOBODY,
        "closed_on": "2012-03-04", "price": 1
    });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/stage", "not-in-vocabulary"),
            ("/need", "empty"),
            ("/enabler_id", "unknown-reference"),
            ("/closed_on", "date-order"),
            ("/price", "unknown-member"),
            ("/decline_reason", "required"),
        ],
    );
    let early = with(support_request(), json!({ "closed_on": "2012-04-01", "enabler_id": NOBODY }));
    app.post(&path, &early)
        .await
        .expect_faults(422, &[("/enabler_id", "inconsistent"), ("/closed_on", "inconsistent")]);
}

async fn a_request_is_assigned_and_met(app: &TestApp) {
    let path = of_mutual(app).await;
    let own = format!("{path}/{}", id(&app.create(&path, &full_support_request()).await));
    app.patch(&own, &json!({ "status": "assigned" })).await.expect_faults(422, &[("/enabler_id", "required")]);
    let enabler = enabler(app).await;
    app.patch(&own, &json!({ "status": "assigned", "enabler_id": enabler })).await.expect(200);
    let met = app.patch(&own, &json!({ "status": "met", "closed_on": "2012-05-01" })).await.expect(200);
    assert_eq!((&met["enabler_id"], &met["version"]), (&json!(enabler), &json!(3)));
}

async fn an_enabler_of_any_department_takes_a_request_up(app: &TestApp) {
    let path = of_mutual(app).await;
    let enabler = enabler(app).await;
    let assigned = |enabler: &str| with(support_request(), json!({ "status": "assigned", "enabler_id": enabler }));
    app.create(&path, &assigned(&enabler)).await;
    app.post(&path, &assigned(NOBODY)).await.expect_faults(422, &[("/enabler_id", "unknown-reference")]);
}

async fn a_closed_request_stays_closed(app: &TestApp) {
    let path = of_mutual(app).await;
    let met = with(full_support_request(), json!({ "status": "met", "closed_on": "2012-05-01" }));
    let own = format!("{path}/{}", id(&app.create(&path, &met).await));
    let problem = app.patch(&own, &json!({ "status": "open", "closed_on": null })).await;
    let problem = problem.expect_problem(409, "state-conflict");
    assert_eq!(problem["errors"][0]["pointer"], "/status");
    assert!(problem["detail"].as_str().unwrap().ends_with("make a new one"), "{problem}");
    app.patch(&own, &json!({ "need": "Somebody who had done this before." })).await.expect(200);
}

async fn an_enabler_who_took_a_request_up_stays(app: &TestApp) {
    let path = of_mutual(app).await;
    let enabler = enabler(app).await;
    let assigned = json!({ "status": "assigned", "enabler_id": enabler });
    let request = app.create(&path, &with(support_request(), assigned)).await;
    let of_enabler = format!("{DEPARTMENTS}/trade/enablers/{enabler}");
    let problem = app.delete(&of_enabler).await.expect_problem(409, "has-dependents");
    assert!(problem.to_string().contains(id(&request)), "{problem}");
    app.delete(format!("{path}/{}", id(&request))).await.expect(204);
    app.delete(&of_enabler).await.expect(204);
}
