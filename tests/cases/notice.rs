//! Notices about contracts.

use kit::fixture::{CONTRACTS, full_notice, id, notice, with};
use kit::{Around, TestApp};
use serde_json::json;

kit::on_both! {
    notices_are_listed_by_the_day_of_their_publication,
    the_same_code_may_come_again,
    all_faults_of_a_notice_are_told_at_once,
    a_notice_of_any_law_may_be_entered,
}

async fn of_contract(app: &TestApp) -> String {
    format!("{CONTRACTS}/{}/notices", id(&Around::new(app, "Libraries").await.contract))
}

async fn notices_are_listed_by_the_day_of_their_publication(app: &TestApp) {
    let path = of_contract(app).await;
    for (code, day) in [("UK7", "2025-06-20"), ("UK4", "2025-03-03"), ("UK6", "2025-05-13"), ("UK2", "2025-03-03")] {
        app.create(&path, &with(notice(), json!({ "code": code, "published_on": day }))).await;
    }
    assert_eq!(app.column(&path, "code").await, ["UK4", "UK2", "UK6", "UK7"]);
    // Page by page too.
    assert_eq!(app.column(&format!("{path}?limit=1"), "code").await, ["UK4", "UK2", "UK6", "UK7"]);
    assert_eq!(app.column(&format!("{path}?code=UK7&code=UK4"), "code").await, ["UK4", "UK7"]);
    app.get(format!("{path}?code=UK18")).await.problem(400);
}

async fn the_same_code_may_come_again(app: &TestApp) {
    let path = of_contract(app).await;
    let change = with(notice(), json!({ "code": "UK10" }));
    let first = app.create(&path, &change).await;
    let second = app.create(&path, &change).await;
    assert_ne!(first["id"], second["id"]);
}

async fn all_faults_of_a_notice_are_told_at_once(app: &TestApp) {
    let path = of_contract(app).await;
    let bad = json!({ "code": "UK18", "published_on": "2025-06", "url": "notice", "reference": "1\n2", "title": "T" });
    app.post(&path, &bad).await.expect_faults(
        422,
        &[
            ("/code", "not-in-vocabulary"),
            ("/published_on", "invalid-format"),
            ("/url", "invalid-format"),
            ("/reference", "invalid-character"),
            ("/title", "unknown-member"),
        ],
    );
    let named = app.post(&path, &with(full_notice(), json!({ "code": "VEAT" }))).await;
    named.expect_faults(422, &[("/code", "not-in-vocabulary")]);
    assert!(named.text().contains("did you mean `pcr_voluntary_transparency`?"), "{named:?}");
    let long = with(notice(), json!({ "reference": "1".repeat(51) }));
    app.post(&path, &long).await.expect_faults(422, &[("/reference", "too-long")]);
}

async fn a_notice_of_any_law_may_be_entered(app: &TestApp) {
    let path = of_contract(app).await;
    let list = app.get("/v1/code-lists/notice-code").await.expect(200);
    let codes: Vec<&str> =
        list["codes"].as_array().unwrap().iter().map(|code| code["code"].as_str().unwrap()).collect();
    let numbers: Vec<String> = (1..=17).map(|number| format!("UK{number}")).collect();
    assert_eq!(codes[..17], numbers);
    for code in &codes {
        app.create(&path, &with(notice(), json!({ "code": code }))).await;
    }
    assert_eq!(app.column(&path, "code").await, codes);
}
