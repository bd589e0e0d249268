//! The sample register, imported by the program and read through the service.

use kit::fixture::{DEPARTMENTS, MUTUALS, STAFF_BALLOTS};
use kit::{Database, Engine, Program, TestApp};
use serde_json::{Value, json};

use crate::entry_log::{assert_sound, entries};

fn imported(engine: Engine) -> Database {
    let database = Database::absent(engine);
    let ended = Program::new(&["import-sample"]).env("DATABASE_URL", &database.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    database
}

/// Whatever the case's own register is, the sample goes into another.
async fn sample(app: &TestApp) -> TestApp {
    TestApp::with(imported(app.database().engine()), |_| {})
}

kit::on_both! {
    importing_twice_changes_nothing,
    the_sample_is_whole,
    the_sample_answers_what_people_ask,
    the_sample_shows_whose_promises_are_due,
    every_sample_record_says_where_it_comes_from,
    what_a_person_changed_stays_when_the_sample_is_imported_again,
}

async fn importing_twice_changes_nothing(app: &TestApp) {
    let database = imported(app.database().engine());
    let before = entries(&database);
    assert_sound(&before);
    let again = Program::new(&["import-sample", "--database-url", &database.url()]).run();
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(entries(&database), before);
    // A register made elsewhere gives the same records the same ids.
    let elsewhere = entries(&imported(Engine::Sqlite));
    let ids = |entries: &[Value]| entries.iter().map(|entry| entry["resource_id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&elsewhere), ids(&before));
}

async fn the_sample_is_whole(app: &TestApp) {
    let sample = sample(app).await;
    for (path, file) in [
        (DEPARTMENTS, include_str!("../../data/sample/departments.json")),
        (MUTUALS, include_str!("../../data/sample/mutuals.json")),
        (STAFF_BALLOTS, include_str!("../../data/sample/staff_ballots.json")),
    ] {
        let items: Value = serde_json::from_str(file).unwrap();
        let records = sample.walk(path).await;
        assert_eq!(records.len(), items["items"].as_array().unwrap().len(), "{path}");
        for item in items["items"].as_array().unwrap().iter().filter(|item| item["slug"].is_string()) {
            let record = records.iter().find(|record| record["slug"] == item["slug"]).unwrap();
            for (name, value) in item.as_object().unwrap() {
                let is_reference = ["department", "other_departments", "successor", "mutual"].contains(&name.as_str());
                assert!(is_reference || says(&record[name], value), "{name} of {record:#}");
            }
        }
    }
}

/// Whether a record says all that an item does; it may say more, such as that a test is unknown.
fn says(record: &Value, item: &Value) -> bool {
    match (record, item) {
        (Value::Object(record), Value::Object(item)) => {
            item.iter().all(|(name, value)| record.get(name).is_some_and(|own| says(own, value)))
        }
        _ => record == item,
    }
}

async fn the_sample_answers_what_people_ask(app: &TestApp) {
    let sample = sample(app).await;
    let libraries = sample.walk(&format!("{MUTUALS}?sector=libraries_archives")).await;
    assert!(!libraries.is_empty());
    let found = sample.walk(&format!("{MUTUALS}?q=gloucestershire")).await;
    let blocked: Vec<&Value> = found.iter().filter(|record| record["stage"] == "blocked").collect();
    assert_eq!(blocked.len(), 1, "{found:#?}");
    let ballots = sample.walk(&format!("{STAFF_BALLOTS}?mutual={}", blocked[0]["slug"].as_str().unwrap())).await;
    assert_eq!(ballots.len(), 1);
    let figures = ballots[0]["result"]["figures"].as_array().unwrap();
    let told = |basis: &str, option: Value| {
        let figure = figures
            .iter()
            .find(|figure| figure["basis"] == basis && figure.get("option").unwrap_or(&Value::Null) == &option);
        figure.map(|figure| figure["percent"].clone())
    };
    assert_eq!(told("of_cast", json!("nhs_trust")), Some(json!("91.03")));
    assert_eq!(told("of_entitled", json!("nhs_trust")), Some(json!("51.17")));
    assert_eq!(told("turnout", Value::Null), Some(json!("56.22")));
    let checks = |ballot: &Value| -> Vec<Value> {
        ballot["published_figures"].as_array().unwrap().iter().map(|figure| figure["check"].clone()).collect()
    };
    assert_eq!(checks(&ballots[0]), ["agrees", "agrees", "agrees"]);
    let printed_thrice = sample.walk(&format!("{STAFF_BALLOTS}?mutual=community-dental-services")).await;
    assert_eq!(checks(&printed_thrice[0]), ["cannot_be_checked", "cannot_be_checked", "cannot_be_checked"]);
}

async fn the_sample_shows_whose_promises_are_due(app: &TestApp) {
    let sample = sample(app).await;
    let report = sample.get("/v1/reports/commitments?as_at=2013-05-01&count=exact").await.expect(200);
    assert_eq!((&report["total"], &report["summary"]["overdue"]), (&json!(10), &json!(10)));
    let told =
        |item: &Value| (item["commitment"]["due_on"].clone(), item["status"].clone(), item["days_overdue"].clone());
    let items: Vec<_> = report["items"].as_array().unwrap().iter().map(told).collect();
    let overdue = |due: &str, days: i64| (json!(due), json!("overdue"), json!(days));
    assert_eq!(items, [vec![overdue("2012-12-31", 121); 5], vec![overdue("2013-04-30", 1); 5]].concat());
    for department in ["home-office", "ministry-of-justice", "department-for-education"] {
        let path = format!("{DEPARTMENTS}/{department}/commitments");
        for commitment in sample.walk(&path).await {
            assert!(commitment.get("published_on").is_none() && commitment["sources"][0]["note"].is_string());
        }
        assert_eq!(sample.walk(&path).await.len(), 2);
    }
    let then = sample.get("/v1/reports/commitments?as_at=2012-12-31").await.expect(200);
    assert_eq!((&then["summary"]["due"], &then["summary"]["overdue"]), (&json!(10), &json!(0)));
    let due: Vec<&Value> = then["items"].as_array().unwrap().iter().map(|item| &item["commitment"]["due_on"]).collect();
    assert_eq!(due, [[&json!("2012-12-31"); 5], [&json!("2013-04-30"); 5]].concat());
}

async fn every_sample_record_says_where_it_comes_from(app: &TestApp) {
    let sample = sample(app).await;
    for path in [DEPARTMENTS, MUTUALS, STAFF_BALLOTS] {
        for record in sample.walk(path).await {
            assert!(!record["sources"].as_array().unwrap().is_empty(), "{record:#}");
            let own = format!("{path}/{}", record["id"].as_str().unwrap());
            match record["state"].as_str() {
                // What was declared is not edited, whatever is sent.
                Some("declared") => _ = sample.put(own, &record).await.expect_problem(409, "state-conflict"),
                _ => _ = sample.put(own, &record).await.expect(200),
            }
        }
    }
}

async fn what_a_person_changed_stays_when_the_sample_is_imported_again(app: &TestApp) {
    let sample = sample(app).await;
    let renamed =
        sample.patch(format!("{MUTUALS}/be-independent"), &json!({ "name": "Be Independent York" })).await.expect(200);
    let deleted = sample.walk(STAFF_BALLOTS).await[0]["id"].as_str().unwrap().to_owned();
    sample.delete(format!("{STAFF_BALLOTS}/{deleted}")).await.expect(204);
    let ballots = sample.walk(STAFF_BALLOTS).await.len();
    let again = Program::new(&["import-sample"]).env("DATABASE_URL", &sample.database().url()).run();
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(sample.get(format!("{MUTUALS}/be-independent")).await.expect(200), renamed);
    assert_eq!(sample.walk(STAFF_BALLOTS).await.len(), ballots);
}
