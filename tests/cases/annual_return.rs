//! Annual returns of mutuals, and the count of staff that a mutual has from them.

use kit::TestApp;
use kit::fixture::{MUTUALS, annual_return, id, mutual, with};
use serde_json::{Value, json};

kit::on_both! {
    annual_returns_are_listed_by_their_years,
    a_mutual_has_one_return_for_each_year,
    all_faults_of_an_annual_return_are_told_at_once,
    the_newest_headcount_is_the_count_of_staff,
    a_count_that_came_from_a_return_goes_with_it,
    a_count_of_the_mutuals_own_stands_if_it_was_surely_made_later,
    a_count_that_follows_from_a_return_is_read_only,
    a_mutual_changes_only_with_its_count,
    a_mutual_with_annual_returns_stays,
}

async fn of_mutual(app: &TestApp, members: Value) -> (String, String) {
    let own = format!("{MUTUALS}/{}", id(&app.create(MUTUALS, &with(mutual("Harmonie"), members)).await));
    let returns = format!("{own}/annual-returns");
    (own, returns)
}

fn headcount(period_ends_on: &str, headcount: i64) -> Value {
    json!({ "period_ends_on": period_ends_on, "headcount": headcount })
}

/// The mutual's count of staff with its day, and the mutual's version.
async fn count(app: &TestApp, own: &str) -> (Value, Value, i64) {
    let mutual = app.get(own).await.expect(200);
    (mutual["staff_count"].clone(), mutual["staff_counted_on"].clone(), mutual["version"].as_i64().unwrap())
}

async fn annual_returns_are_listed_by_their_years(app: &TestApp) {
    let (_, returns) = of_mutual(app, json!({})).await;
    for year in ["2013-03-31", "2011-03-31", "2012-12-31", "2012-03-31"] {
        app.create(&returns, &with(annual_return(), json!({ "period_ends_on": year }))).await;
    }
    let years = ["2011-03-31", "2012-03-31", "2012-12-31", "2013-03-31"];
    assert_eq!(app.column(&returns, "period_ends_on").await, years);
    assert_eq!(app.column(&format!("{returns}?limit=1"), "period_ends_on").await, years);
    app.get(format!("{returns}?period_ends_on=2013-03-31")).await.problem(400);
}

async fn a_mutual_has_one_return_for_each_year(app: &TestApp) {
    let (_, returns) = of_mutual(app, json!({})).await;
    let first = app.create(&returns, &annual_return()).await;
    let second = app.create(&returns, &with(annual_return(), json!({ "period_ends_on": "2011-03-31" }))).await;
    let taken = json!({ "period_ends_on": first["period_ends_on"] });
    for refused in [
        app.post(&returns, &annual_return()).await,
        app.patch(format!("{returns}/{}", id(&second)), &taken).await,
        app.put(format!("{returns}/{}", id(&second)), &annual_return()).await,
    ] {
        let problem = refused.expect_problem(409, "period-taken");
        assert_eq!(problem["conflicts"], json!([{ "resource_type": "annual_return", "id": id(&first) }]));
        assert_eq!(problem["errors"][0]["pointer"], "/period_ends_on");
    }
    app.patch(format!("{returns}/{}", id(&first)), &json!({ "headcount": 1 })).await.expect(200);
    let other = app.create(MUTUALS, &mutual("Another")).await;
    app.create(&format!("{MUTUALS}/{}/annual-returns", id(&other)), &annual_return()).await;
}

async fn all_faults_of_an_annual_return_are_told_at_once(app: &TestApp) {
    let (_, returns) = of_mutual(app, json!({})).await;
    let bad = json!({
        "period_ends_on": "2013",
        "turnover": { "amount_minor": -1, "currency": "GBP" },
        "surplus": { "amount_minor": -1, "currency": "pounds" },
        "headcount": -1,
        "fte": "a few",
        "staff_directors": 4,
        "board_size": 3,
        "staff_shareholding_percent": "101",
        "profit": 1,
    });
    app.post(&returns, &bad).await.expect_faults(
        422,
        &[
            ("/period_ends_on", "invalid-format"),
            ("/turnover/amount_minor", "out-of-range"),
            ("/surplus/currency", "invalid-format"),
            ("/headcount", "out-of-range"),
            ("/fte", "invalid-format"),
            ("/staff_directors", "inconsistent"),
            ("/staff_shareholding_percent", "out-of-range"),
            ("/profit", "unknown-member"),
        ],
    );
    let empty = json!({ "period_ends_on": "2013-03-31" });
    app.post(&returns, &empty).await.expect_faults(422, &[("", "required")]);
}

async fn the_newest_headcount_is_the_count_of_staff(app: &TestApp) {
    let (own, returns) = of_mutual(app, json!({ "staff_count": 90, "staff_counted_on": "2011" })).await;
    app.create(&returns, &headcount("2012-03-31", 100)).await;
    assert_eq!(count(app, &own).await, (json!(100), json!("2012-03-31"), 2));
    let newest = app.create(&returns, &headcount("2013-03-31", 120)).await;
    assert_eq!(count(app, &own).await, (json!(120), json!("2013-03-31"), 3));
    app.create(&returns, &headcount("2011-03-31", 80)).await;
    app.create(&returns, &json!({ "period_ends_on": "2014-03-31", "service_users": 7 })).await;
    assert_eq!(count(app, &own).await, (json!(120), json!("2013-03-31"), 3));

    let newest = format!("{returns}/{}", id(&newest));
    app.patch(&newest, &json!({ "headcount": 121 })).await.expect(200);
    assert_eq!(count(app, &own).await, (json!(121), json!("2013-03-31"), 4));
    let log = app.get("/v1/entries?resource_type=mutual").await.expect(200);
    let last = log["items"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["action"], &last["version"], &last["after"]["staff_count"]),
        (&json!("update"), &json!(4), &json!(121))
    );
    let rehearsed = app.patch(format!("{newest}?validate_only=true"), &json!({ "headcount": 1 })).await;
    rehearsed.expect(200);
    assert_eq!(count(app, &own).await.2, 4);
}

async fn a_count_that_came_from_a_return_goes_with_it(app: &TestApp) {
    let (own, returns) = of_mutual(app, json!({})).await;
    let first = app.create(&returns, &headcount("2012-03-31", 100)).await;
    let second = app.create(&returns, &headcount("2013-03-31", 120)).await;
    app.delete(format!("{returns}/{}", id(&second))).await.expect(204);
    assert_eq!(count(app, &own).await, (json!(100), json!("2012-03-31"), 4));
    let path = format!("{returns}/{}", id(&first));
    app.patch(&path, &json!({ "period_ends_on": "2011-03-31" })).await.expect(200);
    assert_eq!(count(app, &own).await, (json!(100), json!("2011-03-31"), 5));
    app.delete(&path).await.expect(204);
    assert_eq!(count(app, &own).await, (Value::Null, Value::Null, 6), "no other return says a count");
    let only = app.create(&returns, &headcount("2014-03-31", 70)).await;
    assert_eq!(count(app, &own).await, (json!(70), json!("2014-03-31"), 7));
    let mended = json!({ "headcount": null, "service_users": 3 });
    app.patch(format!("{returns}/{}", id(&only)), &mended).await.expect(200);
    assert_eq!(count(app, &own).await, (Value::Null, Value::Null, 8));
    app.patch(&own, &json!({ "staff_count": 7, "staff_counted_on": null })).await.expect(200);
    app.patch(format!("{returns}/{}", id(&only)), &json!({ "service_users": 4 })).await.expect(200);
    assert_eq!(count(app, &own).await, (json!(7), Value::Null, 9), "a count of its own stays");
}

async fn a_count_of_the_mutuals_own_stands_if_it_was_surely_made_later(app: &TestApp) {
    let (own, returns) = of_mutual(app, json!({ "staff_count": 90, "staff_counted_on": "2012-04" })).await;
    app.create(&returns, &headcount("2012-03-31", 100)).await;
    assert_eq!(count(app, &own).await, (json!(90), json!("2012-04"), 1));
    app.patch(&own, &json!({ "staff_count": 91, "staff_counted_on": "2012-05-01" })).await.expect(200);
    let newer = app.create(&returns, &headcount("2012-04-30", 95)).await;
    assert_eq!(count(app, &own).await, (json!(91), json!("2012-05-01"), 2));
    app.patch(format!("{returns}/{}", id(&newer)), &json!({ "period_ends_on": "2012-05-01" })).await.expect(200);
    assert_eq!(count(app, &own).await, (json!(95), json!("2012-05-01"), 3));
    app.patch(&own, &json!({ "staff_count": 99, "staff_counted_on": "2013" })).await.expect(200);
    app.delete(format!("{returns}/{}", id(&newer))).await.expect(204);
    assert_eq!(count(app, &own).await, (json!(99), json!("2013"), 4));
}

async fn a_count_that_follows_from_a_return_is_read_only(app: &TestApp) {
    let (own, returns) = of_mutual(app, json!({})).await;
    app.create(&returns, &headcount("2013-03-31", 120)).await;
    let read = app.get(&own).await.expect(200);
    for (change, faults) in [
        (json!({ "staff_count": 7 }), vec![("/staff_count", "read-only")]),
        (json!({ "staff_counted_on": "2013-03" }), vec![("/staff_counted_on", "read-only")]),
        (
            json!({ "staff_count": 7, "staff_counted_on": null }),
            vec![("/staff_count", "read-only"), ("/staff_counted_on", "read-only")],
        ),
    ] {
        let refused = app.patch(&own, &change).await;
        refused.expect_faults(422, &faults);
        assert!(refused.json()["errors"][0]["detail"].as_str().unwrap().contains("annual return"), "{refused:?}");
    }
    let both = json!({ "staff_count": 7, "department_id": kit::fixture::NOBODY });
    let both = app.patch(&own, &both).await;
    both.expect_faults(422, &[("/staff_count", "read-only"), ("/department_id", "unknown-reference")]);
    app.put(&own, &read).await.expect(200);
    let left_out = app.put(&own, &mutual("Harmonie")).await.expect(200);
    assert_eq!((&left_out["staff_count"], &left_out["staff_counted_on"]), (&json!(120), &json!("2013-03-31")));
    assert_eq!(left_out, read, "the count that is left out is the one that there is");
}

async fn a_mutual_changes_only_with_its_count(app: &TestApp) {
    let (own, returns) = of_mutual(app, json!({ "staff_count": 120, "staff_counted_on": "2013-03-31" })).await;
    let same = app.create(&returns, &headcount("2013-03-31", 120)).await;
    app.patch(format!("{returns}/{}", id(&same)), &json!({ "service_users": 3 })).await.expect(200);
    assert_eq!(count(app, &own).await.2, 1);
    let log = app.get("/v1/entries?resource_type=mutual").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
}

async fn a_mutual_with_annual_returns_stays(app: &TestApp) {
    let (own, returns) = of_mutual(app, json!({})).await;
    let made = app.create(&returns, &annual_return()).await;
    let problem = app.delete(&own).await.expect_problem(409, "has-dependents");
    assert_eq!(problem["dependents"][0]["resource_type"], "annual_return", "{problem}");
    app.delete(format!("{returns}/{}", id(&made))).await.expect(204);
    app.delete(&own).await.expect(204);
}
