//! The sample register, imported by the program and read through the service.

use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, department, id, mutual, with};
use kit::{Database, Ended, Engine, Program, TestApp};
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
    contracts_say_what_their_rows_say,
    the_youth_service_of_devon_keeps_the_three_years_without_its_extension,
    what_follows_a_contract_is_told_as_its_sources_do,
    endings_are_moves_with_their_own_sources,
    records_of_an_older_sample_stay_and_new_ones_come_in,
    what_refers_to_a_deleted_record_is_left_out,
    it_is_imported_whole_or_not_at_all,
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

fn items(file: &str) -> Vec<Value> {
    let read: Value = serde_json::from_str(file).unwrap();
    read["items"].as_array().unwrap().clone()
}

/// What an item has in the place of what a record has.
const REFERENCES: [&str; 6] =
    ["department", "other_departments", "successor", "mutual", "reference_key", "replaces_contract"];

async fn the_sample_is_whole(app: &TestApp) {
    let sample = sample(app).await;
    for (path, file) in [
        (DEPARTMENTS, include_str!("../../data/sample/departments.json")),
        (MUTUALS, include_str!("../../data/sample/mutuals.json")),
        (STAFF_BALLOTS, include_str!("../../data/sample/staff_ballots.json")),
        (CONTRACTS, include_str!("../../data/sample/contracts.json")),
    ] {
        let records = sample.walk(path).await;
        assert_eq!(records.len(), items(file).len(), "{path}");
        for item in items(file).iter().filter(|item| path != STAFF_BALLOTS || item["slug"].is_string()) {
            let same = |record: &&Value| match item["slug"].as_str() {
                Some(slug) => record["slug"] == slug,
                None => record["sources"] == item["sources"],
            };
            let record = records.iter().find(same).unwrap_or_else(|| panic!("{item:#}"));
            for (name, value) in item.as_object().unwrap() {
                match name.as_str() {
                    name if REFERENCES.contains(&name) => {}
                    "transitions" => assert_eq!(moves_of(&sample, record).await, told(value), "{item:#}"),
                    "cpv_codes" => {
                        let digits = |codes: &Value| -> Vec<String> {
                            let codes = codes.as_array().unwrap().iter();
                            codes.map(|code| code.as_str().unwrap()[..8].to_owned()).collect()
                        };
                        assert_eq!(digits(&record[name]), digits(value));
                    }
                    _ => assert!(says(&record[name], value), "{name} of {record:#}"),
                }
            }
        }
    }
    let [mut competitions, mut notices] = [0, 0];
    for contract in sample.walk(CONTRACTS).await {
        competitions += competitions_of(&sample, &contract).await.len();
        notices += sample.walk(&format!("{CONTRACTS}/{}/notices", id(&contract))).await.len();
    }
    assert_eq!(competitions, items(include_str!("../../data/sample/competitions.json")).len());
    assert_eq!(notices, items(include_str!("../../data/sample/notices.json")).len());
}

/// Where each transition leads, and when.
fn told(transitions: &Value) -> Vec<[Value; 2]> {
    let transitions = transitions.as_array().unwrap().iter();
    transitions.map(|one| ["to", "effective_on"].map(|member| one[member].clone())).collect()
}

async fn moves_of(app: &TestApp, mutual: &Value) -> Vec<[Value; 2]> {
    told(&Value::Array(app.walk(&format!("{MUTUALS}/{}/stage-transitions", id(mutual))).await))
}

async fn competitions_of(app: &TestApp, contract: &Value) -> Vec<Value> {
    app.walk(&format!("{CONTRACTS}/{}/competitions", id(contract))).await
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
    let mut paths = [DEPARTMENTS, MUTUALS, STAFF_BALLOTS, CONTRACTS].map(str::to_owned).to_vec();
    for contract in sample.walk(CONTRACTS).await {
        paths.extend(["competitions", "notices"].map(|of| format!("{CONTRACTS}/{}/{of}", id(&contract))));
    }
    for mutual in sample.walk(MUTUALS).await {
        let moves = sample.walk(&format!("{MUTUALS}/{}/stage-transitions", id(&mutual))).await;
        assert!(moves.iter().all(|one| !one["sources"].as_array().unwrap().is_empty()), "{moves:#?}");
    }
    for path in paths {
        for record in sample.walk(&path).await {
            assert!(!record["sources"].as_array().unwrap().is_empty(), "{record:#}");
            let own = format!("{path}/{}", id(&record));
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

/// The contracts of a mutual, the earliest start first.
async fn contracts_of(app: &TestApp, mutual: &str) -> Vec<Value> {
    app.walk(&format!("{CONTRACTS}?mutual={mutual}&sort=starts_on")).await
}

async fn contracts_say_what_their_rows_say(app: &TestApp) {
    let sample = sample(app).await;
    let [first, second] = contracts_of(&sample, "explore-york-libraries-and-archives").await.try_into().unwrap();
    let told = |contract: &Value, members: &[&str]| -> Vec<Value> {
        members.iter().map(|member| contract[*member].clone()).collect()
    };
    let term = ["starts_on", "ends_on", "first_contract", "procedure", "status"];
    assert_eq!(told(&first, &term), ["2014-05-01", "2019-03-31", "yes", "unknown", "expired"]);
    assert_eq!(told(&second, &term), ["2019-04-01", "2034-03-31", "no", "pcr_open", "active"]);
    let more = ["procurement_started_on", "awarded_on", "latest_ends_on", "reference"];
    assert_eq!(told(&second, &more), ["2018-07-13", "2019-02-26", "2039-03-31", "DN353359"]);
    // Of which law the notice of July 2019 was is not said, so nobody is told that it came late.
    assert!(second.get("award_notice_on").is_none(), "{second:#}");
    assert_eq!(second["replaces_contract_id"], first["id"]);
    assert_eq!(second["value"], json!({ "amount_minor": 3_425_000_000_i64, "currency": "GBP" }));
    assert_eq!(second["cpv_codes"], json!(["92510000-9"]));
    let won = &competitions_of(&sample, &second).await[0];
    let fields = ["kind", "opened_on", "decided_on", "outcome", "winner_kind"];
    assert_eq!(told(won, &fields), ["retender", "2018-07-13", "2019-02-26", "won_by_mutual", "mutual"]);
    assert_eq!(won["bidders"], 2);

    // Dates as far as their sources tell them.
    let [lost] = contracts_of(&sample, "anglian-community-enterprise").await.try_into().unwrap();
    assert_eq!(told(&lost, &["entered_on", "status"]), ["2015-07", "terminated_early"]);
    assert!(lost.get("starts_on").is_none() && lost.get("ends_on").is_none(), "{lost:#}");
    // The notice came six months after the start.
    let [surrey] = contracts_of(&sample, "first-community-health-and-care").await.try_into().unwrap();
    let notices = sample.walk(&format!("{CONTRACTS}/{}/notices", id(&surrey))).await;
    let member = |notice: &Value, name: &str| notice[name].as_str().unwrap().to_owned();
    let mut published: Vec<_> =
        notices.iter().map(|notice| [member(notice, "published_on"), member(notice, "code")]).collect();
    published.sort_unstable();
    assert_eq!(published, [["2025-06-13", "psr_intention_to_award"], ["2026-04-10", "psr_award"]]);
    // Of every contract something is said, and of one only that a rule was broken.
    let mut broken = Vec::new();
    for contract in sample.walk(CONTRACTS).await {
        let told = sample.get(format!("{CONTRACTS}/{}/compliance", id(&contract))).await.expect(200);
        let rules = told["rules"].as_array().unwrap();
        let failed = rules.iter().filter(|rule| rule["outcome"] == "fail");
        broken.extend(failed.map(|rule| [contract["reference"].clone(), rule["rule"].clone()]));
    }
    assert_eq!(broken, [["CP1311-16", "pcr2015.reg77(4)"]]);
    for mutual in sample.walk(MUTUALS).await {
        sample.get(format!("{MUTUALS}/{}/readiness", id(&mutual))).await.expect(200);
    }
}

async fn the_youth_service_of_devon_keeps_the_three_years_without_its_extension(app: &TestApp) {
    let sample = sample(app).await;
    let [contract] = contracts_of(&sample, "space-devon").await.try_into().unwrap();
    let term = |told: &Value| -> Value {
        let rules = told["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["rule"] == "pcr2015.reg77(4)").unwrap()["outcome"].clone()
    };
    let facts = ["procedure", "starts_on", "ends_on", "latest_ends_on"].map(|member| contract[member].clone());
    assert_eq!(facts, ["pcr_reg77_reserved", "2017-02-01", "2020-01-31", "2020-03-31"]);
    assert_eq!(term(&sample.get(format!("{CONTRACTS}/{}/compliance", id(&contract))).await.expect(200)), "fail");
    let without = json!({ "procedure": facts[0], "starts_on": facts[1], "ends_on": facts[2] });
    assert_eq!(term(&sample.post("/v1/compliance-checks", &without).await.expect(200)), "pass");
    assert_eq!((&contract["protection"]["kind"], &contract["first_contract"]), (&json!("reserved"), &json!("yes")));
}

async fn what_follows_a_contract_is_told_as_its_sources_do(app: &TestApp) {
    let sample = sample(app).await;
    let mut outcomes = std::collections::BTreeMap::<String, usize>::new();
    for contract in sample.walk(CONTRACTS).await {
        for competition in competitions_of(&sample, &contract).await {
            *outcomes.entry(competition["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    let counted = [
        ("abandoned", 1),
        ("lost", 3),
        ("not_bidding", 2),
        ("subcontractor", 1),
        ("unknown", 6),
        ("withdrawn", 1),
        ("won_by_mutual", 11),
    ];
    assert_eq!(outcomes.iter().map(|(outcome, many)| (outcome.as_str(), *many)).collect::<Vec<_>>(), counted);
    // One competition, as three mutuals saw it.
    for (mutual, outcome) in [
        ("sirona-care-and-health", "won_by_mutual"),
        ("bristol-community-health", "lost"),
        ("north-somerset-community-partnership", "lost"),
    ] {
        let mut seen = Vec::new();
        for contract in contracts_of(&sample, mutual).await {
            seen.extend(competitions_of(&sample, &contract).await);
        }
        let of_2019: Vec<_> = seen.iter().filter(|one| one["decided_on"] == "2019-09").collect();
        assert_eq!(of_2019.len(), 1, "{mutual}");
        assert_eq!((&of_2019[0]["outcome"], &of_2019[0]["bidders"]), (&json!(outcome), &json!(3)));
        assert_eq!(of_2019[0]["winner_name"], "Sirona Care & Health CIC");
    }
}

async fn endings_are_moves_with_their_own_sources(app: &TestApp) {
    let sample = sample(app).await;
    for (slug, stage, launched, ended) in [
        ("libraries-for-life", "rejected", Value::Null, "2021-10-18"),
        ("suffolk-libraries", "returned_in_house", json!("2012-08-01"), "2025-06-01"),
        ("chime", "contract_lost", json!("2011"), "2025-03"),
        ("bristol-community-health", "contract_lost", json!("2011"), "2020-04"),
    ] {
        let record = sample.get(format!("{MUTUALS}/{slug}")).await.expect(200);
        let told = ["stage", "launched_on", "ended_on"].map(|member| record[member].clone());
        assert_eq!(told, [json!(stage), launched, json!(ended)], "{slug}");
        let moves = sample.walk(&format!("{MUTUALS}/{slug}/stage-transitions")).await;
        let last = moves.last().unwrap();
        assert!(last["reason"].is_string() && last["historic"] == true, "{last:#}");
        assert_ne!(last["sources"], record["sources"], "{last:#}");
    }
    let path = format!("{MUTUALS}/youth-connect-south-west/stage-transitions");
    let moves: Vec<_> = sample.walk(&path).await.iter().map(|one| one["to"].clone()).collect();
    assert_eq!(moves, ["approval_pending", "launched", "operating"]);
}

fn import_into(app: &TestApp) -> Ended {
    Program::new(&["import-sample"]).env("DATABASE_URL", &app.database().url()).run()
}

/// The corrections of what an older sample held don't reach a register that has it: its records are the register's own.
async fn records_of_an_older_sample_stay_and_new_ones_come_in(app: &TestApp) {
    let york =
        app.create(DEPARTMENTS, &with(department("City of York"), json!({ "slug": "city-of-york-council" }))).await;
    let older = |slug: &str| with(mutual(slug), json!({ "slug": slug, "department_id": id(&york) }));
    let explore = app.create(MUTUALS, &older("explore-york-libraries-and-archives")).await;
    let libraries = app.create(MUTUALS, &older("libraries-for-life")).await;
    let done = import_into(app);
    assert_eq!(done.code, Some(0), "{done:?}");
    for (path, record) in [(DEPARTMENTS, &york), (MUTUALS, &explore), (MUTUALS, &libraries)] {
        assert_eq!(&app.get(format!("{path}/{}", id(record))).await.expect(200), record);
    }
    let [first, second] = contracts_of(app, "explore-york-libraries-and-archives").await.try_into().unwrap();
    for contract in [first, second] {
        assert_eq!((&contract["mutual_id"], &contract["department_id"]), (&explore["id"], &york["id"]));
    }
    assert_eq!(contracts_of(app, "libraries-for-life").await.len(), 1);
    let before = entries(app.database());
    assert_eq!(import_into(app).code, Some(0));
    assert_eq!(entries(app.database()), before);
}

async fn what_refers_to_a_deleted_record_is_left_out(app: &TestApp) {
    for slug in ["explore-york-libraries-and-archives", "chime"] {
        let gone = app.create(MUTUALS, &with(mutual(slug), json!({ "slug": slug }))).await;
        app.delete(format!("{MUTUALS}/{}", id(&gone))).await.expect(204);
    }
    let done = import_into(app);
    assert_eq!(done.code, Some(0), "{done:?}");
    let all = items(include_str!("../../data/sample/contracts.json"));
    assert_eq!(app.walk(CONTRACTS).await.len(), all.len() - 3);
    let before = entries(app.database());
    assert_sound(&before);
    assert_eq!(import_into(app).code, Some(0));
    assert_eq!(entries(app.database()), before);
}

async fn it_is_imported_whole_or_not_at_all(app: &TestApp) {
    app.create(DEPARTMENTS, &with(department("Plymouth City Council"), json!({ "slug": "plymouth" }))).await;
    let before = entries(app.database());
    let refused = import_into(app);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    assert_eq!(entries(app.database()), before);
    assert!(app.walk(CONTRACTS).await.is_empty() && app.walk(MUTUALS).await.is_empty());
}
