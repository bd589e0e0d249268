//! Enablers of departments, and who gets to know who they are.

use kit::fixture::{DEPARTMENTS, NOBODY, department, enabler, full_enabler, id, with, without};
use kit::{Program, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    enablers_are_listed_by_role_and_by_what_they_cover,
    who_an_enabler_is_is_for_callers_with_a_key,
    an_erased_enabler_is_nowhere_and_stays_an_enabler,
    a_deleted_enabler_leaves_no_name,
    all_faults_of_an_enabler_are_told_at_once,
    a_department_with_enablers_stays,
}

async fn of_department(app: &TestApp, name: &str) -> String {
    format!("{DEPARTMENTS}/{}/enablers", id(&app.create(DEPARTMENTS, &department(name)).await))
}

async fn enablers_are_listed_by_role_and_by_what_they_cover(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let mut all = Vec::new();
    for (role, stages, sectors) in [
        ("enabler", json!(["idea", "options_appraisal"]), json!([])),
        ("enabler", json!([]), json!(["housing"])),
        ("entitler", json!(["approved"]), json!(["housing", "culture"])),
    ] {
        all.push(app.create(&path, &json!({ "role": role, "stages": stages, "sectors": sectors })).await);
    }
    for (query, expected) in [
        ("", vec![0, 1, 2]),
        ("role=enabler", vec![0, 1]),
        ("stage=idea", vec![0, 1]),
        ("stage=approval_pending", vec![1]),
        ("stage=approved&stage=options_appraisal", vec![0, 1, 2]),
        ("sector=culture", vec![0, 2]),
        ("sector=dental&stage=idea", vec![0]),
        ("sector=housing&stage=approved&role=entitler", vec![2]),
        ("role=independent_arbiter&stage=idea", vec![]),
    ] {
        let page = app.get(format!("{path}?{query}&count=exact")).await.expect(200);
        let expected: Vec<&Value> = expected.into_iter().map(|at: usize| &all[at]).collect();
        assert_eq!((&page["items"], &page["total"]), (&json!(expected), &json!(expected.len())), "{query}");
    }
    app.get(format!("{path}?stage=elsewhere&sector=x&role=y")).await.problem(400);
}

async fn who_an_enabler_is_is_for_callers_with_a_key(app: &TestApp) {
    let [trade, home] = [of_department(app, "Trade").await, of_department(app, "Home").await];
    let full = app.create(&trade, &full_enabler()).await;
    let nobody = app.create(&trade, &enabler()).await;
    let own = format!("{trade}/{}", id(&full));
    let elsewhere = app.get(&home[..home.len() - "/enablers".len()]).await.json()["id"].clone();
    let public = without(full.clone(), &["name", "email"]);

    for (role, departments) in
        [("mutual_editor", vec![elsewhere.as_str().unwrap()]), ("scrutineer", vec![]), ("auditor", vec![])]
    {
        let key = app.database().make_key(role, &departments);
        let known = app.get(&own).with_key(&key).await;
        assert_eq!((known.expect(200), known.version()), (full.clone(), "1".to_owned()), "{role}");
        assert_eq!(known.header("cache-control"), Some("private, no-store"));
        assert_eq!(app.get(&trade).with_key(&key).await.expect(200)["items"], json!([full, nobody]), "{role}");
    }

    let shown = app.get(&own).without_key().await;
    assert_eq!((shown.expect(200), shown.version()), (public.clone(), "1-public".to_owned()));
    assert_eq!((shown.header("vary"), shown.header("cache-control")), (Some("Authorization"), Some("no-cache")));
    app.get(&own).with_key("psm_none").await.problem(401);
    let list = app.get(format!("{trade}?stage=idea")).without_key().await;
    assert_eq!(list.expect(200)["items"], json!([public, nobody]));
    assert_ne!(list.etag(), app.get(format!("{trade}?stage=idea")).await.etag());

    let entries = app.get("/v1/entries?resource_type=enabler").await.text().to_owned();
    assert!(!entries.contains("Edith") && !entries.contains("edith@"), "{entries}");
    app.put(&own, &public).if_match(&shown.etag()).await.expect_problem(412, "precondition-failed");
    app.patch(&own, &json!({ "name": null, "email": null })).await.expect(200);
    assert_eq!(app.get(&own).without_key().await.version(), "2", "there is no more to see");
}

/// Everything that the database holds about enablers, as text.
fn everything(app: &TestApp) -> String {
    let columns =
        [("enablers", "*"), ("entries", "after, reason"), ("personal_values", "value"), ("idempotency_keys", "body")];
    let rows =
        columns.iter().flat_map(|(table, columns)| app.database().rows(&format!("SELECT {columns} FROM {table}")));
    rows.map(|row| row.to_string()).collect()
}

async fn an_erased_enabler_is_nowhere_and_stays_an_enabler(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let post = || app.post(&path, &full_enabler()).header("idempotency-key", "once");
    let full = post().await.expect(201);
    let own = format!("{path}/{}", id(&full));
    app.patch(&own, &json!({ "email": "ed@example.gov.uk" })).await.expect(200);
    let run = |arguments: &[&str]| Program::new(arguments).env("DATABASE_URL", &app.database().url()).run();

    let by_slug = format!("{DEPARTMENTS}/trade/enablers/{}", id(&full));
    let ended = run(&["erase", &by_slug, "--reason", "Has left"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout.trim(), format!("erased 3 values of {by_slug} from the log"));
    let found = everything(app);
    assert!(!["Edith", "edith@", "ed@"].iter().any(|word| found.contains(word)), "{found}");
    let now = app.get(&own).await.expect(200);
    let added = ["version", "updated_at", "name", "email"];
    assert_eq!(without(now.clone(), &added), without(full.clone(), &added));
    assert_eq!((&now["version"], now.get("name"), now.get("email")), (&json!(3), None, None));
    assert_eq!(post().await.expect(201), without(full, &["name", "email"]));
    let entry = app.get("/v1/entries?resource_type=enabler").await.expect(200)["items"][2].clone();
    assert_eq!((&entry["action"], &entry["reason"], &entry["after"]), (&json!("erase"), &json!("Has left"), &now));
    assert_eq!(run(&["log", "verify"]).code, Some(0));
    assert_eq!(app.put(&own, &now).await.expect(200), now);

    for path in ["/v1/departments/trade/commitments/x", "/v1/departments/trade/enablers", "trade"] {
        let refused = run(&["erase", path, "--reason", "x"]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("not the path of a record with personal data"), "{refused:?}");
    }
    let missing = run(&["erase", &format!("{DEPARTMENTS}/trade/enablers/{NOBODY}"), "--reason", "x"]);
    assert!(missing.code == Some(1) && missing.stderr.contains("no enabler"), "{missing:?}");
}

async fn a_deleted_enabler_leaves_no_name(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let post = || app.post(&path, &full_enabler()).header("idempotency-key", "once");
    let full = post().await.expect(201);
    assert!(everything(app).contains("Edith"));

    app.delete(format!("{path}/{}", id(&full))).await.expect(204);

    assert!(!everything(app).contains("Edith"), "{}", everything(app));
    post().await.expect_problem(410, "gone");
}

async fn all_faults_of_an_enabler_are_told_at_once(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let bad = json!({
        "name": "", "email": "jo..smith@example.org", "sectors": ["housing", "housing"], "stages": ["soon"],
        "active_from": "2013-01-02", "active_to": "2013-01-01",
    });
    let problem = app.post(&path, &bad).await;
    problem.expect_faults(
        422,
        &[
            ("/name", "empty"),
            ("/email", "invalid-format"),
            ("/sectors/1", "duplicate-item"),
            ("/stages/0", "not-in-vocabulary"),
            ("/active_to", "date-order"),
            ("/role", "required"),
        ],
    );
    assert!(!problem.text().contains("smith@example.org"), "{problem:?}");
    app.post(&path, &with(enabler(), json!({ "active_from": "2013-01" })))
        .await
        .expect_faults(422, &[("/active_from", "invalid-format")]);
}

async fn a_department_with_enablers_stays(app: &TestApp) {
    let path = of_department(app, "Trade").await;
    let own = app.create(&path, &full_enabler()).await;
    let problem = app.delete(format!("{DEPARTMENTS}/trade")).await.expect_problem(409, "has-dependents");
    assert_eq!(problem["dependents"][0]["resource_type"], "enabler", "{problem}");
    assert!(!problem.to_string().contains("Edith"), "{problem}");
    app.delete(format!("{path}/{}", id(&own))).await.expect(204);
    app.delete(format!("{DEPARTMENTS}/trade")).await.expect(204);
}
