//! Competitions for contracts: who won, and what is refused.

use kit::fixture::{CONTRACTS, NOBODY, competition, contract, full_competition, id, notice, with};
use kit::{Around, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    competitions_are_listed_for_their_contract_alone,
    all_faults_of_a_competition_are_told_at_once,
    what_real_data_lack_is_left_out,
    dates_in_part_are_refused_only_where_they_cannot_follow,
    only_what_somebody_won_has_a_winner,
    a_contract_with_competitions_or_notices_stays,
    editors_and_officers_of_the_buyer_enter_competitions,
}

async fn of_contract(app: &TestApp, name: &str) -> String {
    format!("{CONTRACTS}/{}/competitions", id(&Around::new(app, name).await.contract))
}

async fn competitions_are_listed_for_their_contract_alone(app: &TestApp) {
    let [libraries, leisure] = [of_contract(app, "Libraries").await, of_contract(app, "Leisure").await];
    let mut own = Vec::new();
    for outcome in ["lost", "open", "not_bidding"] {
        own.push(app.create(&libraries, &with(competition(), json!({ "outcome": outcome }))).await);
    }
    app.create(&leisure, &competition()).await;
    assert_eq!(app.get(&libraries).await.expect(200)["items"], json!(own));
    assert_eq!(app.column(&format!("{libraries}?outcome=open&outcome=lost"), "outcome").await, ["lost", "open"]);
    app.get(format!("{libraries}?outcome=won")).await.problem(400);
    app.get(format!("{leisure}/{}", id(&own[0]))).await.expect_problem(404, "not-found");
    app.get(format!("{CONTRACTS}/{NOBODY}/competitions")).await.expect_problem(404, "not-found");
    app.get(format!("{CONTRACTS}/libraries/competitions")).await.expect_problem(404, "not-found");
}

async fn all_faults_of_a_competition_are_told_at_once(app: &TestApp) {
    let path = of_contract(app, "Libraries").await;
    let bad = json!({
        "kind": "race", "opened_on": "2017-13", "decided_on": "2016-11", "bidders": 0, "outcome": "open",
        "winner_name": "Bright Care Limited", "winner_kind": "firm", "price": 1,
    });
    let refused = app.post(&path, &bad).await;
    refused.expect_faults(
        422,
        &[
            ("/kind", "not-in-vocabulary"),
            ("/opened_on", "out-of-range"),
            ("/decided_on", "inconsistent"),
            ("/bidders", "inconsistent"),
            ("/winner_name", "inconsistent"),
            ("/winner_kind", "not-in-vocabulary"),
            ("/price", "unknown-member"),
        ],
    );
    assert!(refused.text().contains("did you mean `private_firm`?"), "{refused:?}");
    app.post(&path, &json!({})).await.expect_faults(422, &[("/kind", "required"), ("/outcome", "required")]);
    for bidders in [-1, 10_001] {
        let many = with(competition(), json!({ "bidders": bidders }));
        app.post(&path, &many).await.expect_faults(422, &[("/bidders", "out-of-range")]);
    }
}

/// Competitions as the sources have them.
async fn what_real_data_lack_is_left_out(app: &TestApp) {
    let path = of_contract(app, "Libraries").await;
    for known in [
        json!({ "kind": "retender", "outcome": "won_by_mutual" }),
        json!({ "kind": "tender", "opened_on": "2016-06", "outcome": "won_by_mutual", "winner_kind": "mutual" }),
        json!({ "kind": "retender", "opened_on": "2024-06", "outcome": "abandoned" }),
        json!({ "kind": "tender", "decided_on": "2014-09", "outcome": "withdrawn", "winner_kind": "joint_venture" }),
        json!({ "kind": "retender", "bidders": 1, "outcome": "subcontractor", "winner_kind": "public_body" }),
        json!({ "kind": "retender", "decided_on": "2025", "outcome": "unknown", "winner_name": "A Trust" }),
    ] {
        let made = app.create(&path, &known).await;
        for name in ["opened_on", "decided_on", "bidders", "winner_name", "winner_kind"] {
            assert_eq!(made.get(name), known.get(name), "{name} of {known}");
        }
    }
}

async fn dates_in_part_are_refused_only_where_they_cannot_follow(app: &TestApp) {
    let path = of_contract(app, "Libraries").await;
    let dated = |opened: &str, decided: &str| {
        with(competition(), json!({ "outcome": "lost", "opened_on": opened, "decided_on": decided }))
    };
    for (opened, decided) in [("2016-11", "2016"), ("2016", "2016-01"), ("2016-11-10", "2016-11-10")] {
        app.create(&path, &dated(opened, decided)).await;
    }
    for (opened, decided) in [("2016-11", "2016-10-31"), ("2017", "2016"), ("2016-11-10", "2016-11-09")] {
        app.post(&path, &dated(opened, decided)).await.expect_faults(422, &[("/decided_on", "date-order")]);
    }
}

async fn only_what_somebody_won_has_a_winner(app: &TestApp) {
    let path = of_contract(app, "Libraries").await;
    let own = format!("{path}/{}", id(&app.create(&path, &full_competition()).await));
    app.patch(&own, &json!({ "outcome": "won_by_mutual" }))
        .await
        .expect_faults(422, &[("/winner_kind", "inconsistent")]);
    app.patch(&own, &json!({ "outcome": "abandoned" }))
        .await
        .expect_faults(422, &[("/winner_name", "inconsistent"), ("/winner_kind", "inconsistent")]);
    app.patch(&own, &json!({ "outcome": "open" })).await.expect_faults(
        422,
        &[("/decided_on", "inconsistent"), ("/winner_name", "inconsistent"), ("/winner_kind", "inconsistent")],
    );
    // One mutual loses to another.
    let lost = app.patch(&own, &json!({ "winner_name": "Harmonie", "winner_kind": "mutual" })).await.expect(200);
    assert_eq!((&lost["outcome"], &lost["version"]), (&json!("lost"), &json!(2)));
    app.patch(&own, &json!({ "bidders": 0 })).await.expect_faults(422, &[("/bidders", "inconsistent")]);
}

async fn a_contract_with_competitions_or_notices_stays(app: &TestApp) {
    let around = Around::new(app, "Libraries").await;
    let own = format!("{CONTRACTS}/{}", id(&around.contract));
    let mut children = Vec::new();
    for (list, body) in [("competitions", competition()), ("notices", notice())] {
        let made = app.create(&format!("{own}/{list}"), &body).await;
        children.push((format!("{own}/{list}/{}", id(&made)), made));
    }
    let problem = app.delete(&own).await.expect_problem(409, "has-dependents");
    let named: Vec<(&Value, &Value)> =
        problem["dependents"].as_array().unwrap().iter().map(|it| (&it["resource_type"], &it["id"])).collect();
    let expected = [json!("competition"), json!("notice")];
    assert_eq!(named, [(&expected[0], &children[0].1["id"]), (&expected[1], &children[1].1["id"])]);
    for (path, _) in children {
        app.delete(path).await.expect(204);
    }
    app.delete(&own).await.expect(204);
    app.get(format!("{own}/competitions")).await.expect_problem(410, "gone");
}

/// Who buys may write; who supplies, or buys elsewhere, may not.
async fn editors_and_officers_of_the_buyer_enter_competitions(app: &TestApp) {
    let (own, other) = (Around::new(app, "Own").await, Around::new(app, "Other").await);
    let buyers = id(&own.department);
    let deal = app.create(CONTRACTS, &contract(id(&other.mutual), buyers)).await;
    let path = format!("{CONTRACTS}/{}/competitions", id(&deal));
    for (role, department, status) in [
        ("department_editor", buyers, 201),
        ("procurement_officer", buyers, 201),
        ("mutual_editor", buyers, 403),
        ("department_editor", id(&other.department), 403),
        ("procurement_officer", id(&other.department), 403),
    ] {
        let key = app.database().make_key(role, &[department]);
        let answer = app.post(&path, &competition()).with_key(&key).await;
        assert_eq!(answer.status(), status, "{role}: {answer:?}");
    }
    app.post(&path, &competition()).without_key().await.problem(401);
}
