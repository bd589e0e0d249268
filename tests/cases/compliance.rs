//! Procurement law: stored contracts and contracts that are sent, held against the rules of the law that they are under.

use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, contract, department, id, with};
use kit::{Around, Database, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    a_reserved_contract_is_judged_rule_by_rule,
    a_comparable_contract_bars_the_next_one,
    what_happened_later_shows_when_asked_again,
    a_contract_that_is_sent_is_judged_and_not_stored,
    records_of_the_register_say_what_the_sender_does_not,
    every_fault_of_a_check_comes_at_once,
    the_launch_condition_names_the_rule_that_it_rests_on,
    the_links_are_at_the_public_address,
    an_operator_replaces_a_data_file,
    the_nation_of_the_buyer_decides_everywhere,
    a_health_contract_is_judged_by_the_one_that_it_replaces,
    the_standstill_is_judged_by_its_notice,
    notices_on_record_say_when_they_were_published,
}

const CHECKS: &str = "/v1/compliance-checks";

/// The youth service of Devon: reserved under reg. 77, for three years.
fn youth_service(around: &Around, members: Value) -> Value {
    let known = json!({
        "title": "Youth service",
        "cpv_codes": ["98133110-8"],
        "procedure": "pcr_reg77_reserved",
        "starts_on": "2017-02-01",
        "ends_on": "2020-01-31",
        "status": "expired",
    });
    with(with(contract(id(&around.mutual), id(&around.department)), known), members)
}

/// A library service, reserved under s.33.
fn library_service(around: &Around, members: Value) -> Value {
    let known = json!({
        "title": "Library service",
        "cpv_codes": ["92511000-6"],
        "health_services": false,
        "procedure": "pa_s33_reserved",
        "procurement_started_on": "2025-03-03",
        "awarded_on": "2025-05-12",
        "entered_on": "2025-05-28",
        "starts_on": "2025-06-01",
        "ends_on": "2028-05-31",
        "latest_ends_on": "2030-05-31",
        "value": { "amount_minor": 1_860_000_000, "currency": "GBP" },
    });
    with(with(contract(id(&around.mutual), id(&around.department)), known), members)
}

async fn compliance(app: &TestApp, record: &Value) -> Value {
    app.get(format!("{CONTRACTS}/{}/compliance", id(record))).without_key().await.expect(200)
}

#[track_caller]
fn rule<'c>(compliance: &'c Value, wanted: &str) -> &'c Value {
    let rules = compliance["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == wanted).unwrap_or_else(|| panic!("no {wanted} in {compliance}"))
}

#[track_caller]
fn assert_outcomes(compliance: &Value, expected: &[(&str, &str)]) {
    for (wanted, outcome) in expected {
        let found = rule(compliance, wanted);
        assert_eq!(found["outcome"], *outcome, "{found}");
    }
}

async fn a_reserved_contract_is_judged_rule_by_rule(app: &TestApp) {
    let around = Around::new(app, "Devon").await;
    let record = app.create(CONTRACTS, &youth_service(&around, json!({}))).await;
    let found = compliance(app, &record).await;
    assert_eq!((&found["contract_id"], &found["regime"]), (&record["id"], &json!("pcr_2015")));
    assert_outcomes(
        &found,
        &[
            ("pcr2015.reg77(2)", "pass"),
            ("pcr2015.reg77(3)(a)", "unknown"),
            ("pcr2015.reg77(3)(d)", "pass"),
            ("pcr2015.reg77(4)", "pass"),
            ("pcr2015.reg77(6)", "pass"),
            ("pcr2015.reg87", "unknown"),
        ],
    );
    let mission = rule(&found, "pcr2015.reg77(3)(a)");
    assert_eq!(mission["citation"], "Public Contracts Regulations 2015 reg. 77(3)(a)");
    let links: Vec<&Value> = mission["looked_at"].as_array().unwrap().iter().map(|record| &record["url"]).collect();
    let contract_url = json!(format!("{CONTRACTS}/{}", id(&record)));
    let mutual_url = json!(format!("{MUTUALS}/{}", id(&around.mutual)));
    assert_eq!(links, [&contract_url, &mutual_url]);
    for link in links {
        app.get(link.as_str().unwrap()).await.expect(200);
    }
    assert_eq!(rule(&found, "pcr2015.reg77(2)")["data_files"], json!(["reg77_cpv.txt"]));
    let names: Vec<&Value> = found["data_files"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(names, [&json!("bank_holidays_uk.csv"), &json!("reg77_cpv.txt")]);
    assert_eq!(found["law_as_at"], "2026-04-01");

    let own = format!("{CONTRACTS}/{}", id(&record));
    app.patch(&own, &json!({ "latest_ends_on": "2020-03-31" })).await.expect(200);
    let extended = compliance(app, &record).await;
    assert_outcomes(&extended, &[("pcr2015.reg77(4)", "fail")]);
    assert_eq!(extended["reservable_again_on"], "2025-02-24");
    app.delete(&own).await.expect(204);
    app.get(format!("{own}/compliance")).await.expect_problem(410, "gone");
    app.get(format!("{CONTRACTS}/{NOBODY}/compliance")).await.expect_problem(404, "not-found");
}

async fn a_comparable_contract_bars_the_next_one(app: &TestApp) {
    let around = Around::new(app, "Library").await;
    let first = app.create(CONTRACTS, &library_service(&around, json!({}))).await;
    let found = compliance(app, &first).await;
    assert_eq!((&found["regime"], &found["reservable_again_on"]), (&json!("pa_2023"), &json!("2028-05-28")));
    assert_outcomes(
        &found,
        &[
            ("pa2023.s33(1)", "pass"),
            ("pa2023.s33(1)(a)", "pass"),
            ("pa2023.s33(1)(b)", "pass"),
            ("pa2023.s33(5)", "pass"),
            ("pa2023.s33(6)(a)", "unknown"),
            ("pa2023.sch1", "pass"),
            ("pa2023.s51", "not_applicable"),
            ("pa2023.s53(1)", "unknown"),
        ],
    );
    assert!(rule(&found, "pa2023.s53(1)")["detail"].as_str().unwrap().contains("the last day is 2025-09-24"));

    let next = json!({ "procurement_started_on": "2026-01-05", "awarded_on": "2026-03-02", "entered_on": null, "starts_on": "2026-04-01", "ends_on": "2028-03-31", "latest_ends_on": "2028-03-31" });
    let next = library_service(&around, next);
    let next = app.create(CONTRACTS, &kit::fixture::without(next, &["entered_on"])).await;
    let barred = compliance(app, &next).await;
    let prior = rule(&barred, "pa2023.s33(5)");
    assert_eq!(prior["outcome"], "fail", "{prior}");
    assert!(prior["detail"].as_str().unwrap().contains("again from 2028-05-28."), "{prior}");
    let looked_at: Vec<&Value> = prior["looked_at"].as_array().unwrap().iter().map(|record| &record["id"]).collect();
    assert_eq!(looked_at, [&next["id"], &first["id"]]);

    let other_buyer = app.create(DEPARTMENTS, &department("Elsewhere")).await;
    app.patch(format!("{CONTRACTS}/{}", id(&next)), &json!({ "department_id": other_buyer["id"] })).await.expect(200);
    assert_outcomes(&compliance(app, &next).await, &[("pa2023.s33(5)", "pass")]);
}

async fn what_happened_later_shows_when_asked_again(app: &TestApp) {
    let around = Around::new(app, "Later").await;
    let record = app.create(CONTRACTS, &library_service(&around, json!({}))).await;
    let path = format!("{CONTRACTS}/{}/compliance", id(&record));
    let etag = app.get(&path).await.etag();
    assert_eq!(app.get(&path).header("if-none-match", &etag).await.status(), 304);
    let tests = json!({ "tests": { "under_employee_management_and_control": "not_met" } });
    app.patch(format!("{MUTUALS}/{}", id(&around.mutual)), &tests).await.expect(200);
    let changed = app.get(&path).header("if-none-match", &etag).await.expect(200);
    assert_outcomes(&changed, &[("pa2023.s33(6)(c)", "fail")]);
}

async fn a_contract_that_is_sent_is_judged_and_not_stored(app: &TestApp) {
    let entries = || app.database().rows("SELECT seq FROM entries").len();
    let before = entries();
    let planned = json!({
        "buyer_kind": "local_authority",
        "buyer_nation": "england",
        "supplier_tests": { "mainly_reservable_services": "met", "profits_only_to_members_or_none": "not_met" },
        "cpv_codes": ["92511000"],
        "health_services": false,
        "procedure": "pa_s33_reserved",
        "procurement_started_on": "2098-03-02",
        "awarded_on": "2098-05-12",
        "starts_on": "2098-06-01",
        "ends_on": "2101-05-31",
        "latest_ends_on": "2103-05-31",
        "value": { "amount_minor": 66_354_000, "currency": "GBP" },
        "prior_contracts": [{ "procedure": "pa_s33_reserved", "cpv_codes": ["92511000"], "entered_on": "2095-05-12" }],
    });
    let check =
        async |members: Value| app.post(CHECKS, &with(planned.clone(), members)).without_key().await.expect(200);
    let found = check(json!({})).await;
    assert!(found.get("contract_id").is_none());
    assert_outcomes(
        &found,
        &[
            ("pa2023.s33(1)(a)", "pass"),
            ("pa2023.s33(1)(b)", "pass"),
            ("pa2023.s33(5)", "pass"),
            ("pa2023.s33(6)(a)", "pass"),
            ("pa2023.s33(6)(b)", "fail"),
            ("pa2023.s33(6)(c)", "unknown"),
            ("pa2023.sch1", "pass"),
        ],
    );
    assert!(found["rules"].as_array().unwrap().iter().all(|rule| rule["looked_at"] == json!([])));
    assert_outcomes(&check(json!({ "latest_ends_on": "2103-06-01" })).await, &[("pa2023.s33(1)(b)", "fail")]);
    assert_outcomes(&check(json!({ "awarded_on": "2098-05-11" })).await, &[("pa2023.s33(5)", "fail")]);
    let small = check(json!({ "value": { "amount_minor": 66_353_999, "currency": "GBP" } })).await;
    assert_outcomes(&small, &[("pa2023.sch1", "not_applicable"), ("pa2023.s33(1)(a)", "not_applicable")]);
    let scottish = check(json!({ "buyer_nation": "scotland" })).await;
    assert_eq!((&scottish["regime"], &scottish["rules"]), (&json!("not_covered"), &json!([])));
    let least = app.post(CHECKS, &json!({ "procedure": "unknown" })).without_key().await.expect(200);
    assert_eq!((&least["regime"], &least["rules"], &least["data_files"]), (&json!("unknown"), &json!([]), &json!([])));
    assert_eq!(entries(), before);
}

async fn records_of_the_register_say_what_the_sender_does_not(app: &TestApp) {
    let around = Around::new(app, "Known").await;
    let first = app.create(CONTRACTS, &library_service(&around, json!({}))).await;
    let tests = json!({ "tests": { "mainly_reservable_services": "met", "profits_only_to_members_or_none": "met" } });
    app.patch(format!("{MUTUALS}/{}", id(&around.mutual)), &tests).await.expect(200);
    let planned = json!({
        "mutual_id": around.mutual["slug"],
        "department_id": around.department["slug"],
        "supplier_tests": { "profits_only_to_members_or_none": "not_met" },
        "cpv_codes": ["92511000"],
        "health_services": false,
        "procedure": "pa_s33_reserved",
        "procurement_started_on": "2026-01-05",
        "awarded_on": "2026-03-02",
    });
    let found = app.post(CHECKS, &planned).await.expect(200);
    assert_outcomes(
        &found,
        &[
            ("pa2023.s33(5)", "fail"),
            ("pa2023.s33(6)(a)", "pass"),
            ("pa2023.s33(6)(b)", "fail"),
            ("pa2023.s33(6)(c)", "unknown"),
        ],
    );
    let looked_at = &rule(&found, "pa2023.s33(5)")["looked_at"][0];
    assert_eq!(looked_at["id"], first["id"]);
}

async fn every_fault_of_a_check_comes_at_once(app: &TestApp) {
    let broken = json!({
        "mutual_id": NOBODY,
        "department_id": "nobody-council",
        "cpv_codes": ["92511000", "92511000-6", "85000000-8"],
        "procedure": "luck",
        "awarded_on": "2026-05-11",
        "entered_on": "2026-04",
        "tenders_received": -1,
        "colour": "red",
        "prior_contracts": [{}],
    });
    let expected = [
        ("/mutual_id", "unknown-reference"),
        ("/department_id", "unknown-reference"),
        ("/cpv_codes/1", "duplicate-item"),
        ("/cpv_codes/2", "check-digit"),
        ("/procedure", "not-in-vocabulary"),
        ("/entered_on", "date-order"),
        ("/tenders_received", "out-of-range"),
        ("/colour", "unknown-member"),
        ("/prior_contracts/0/procedure", "required"),
    ];
    app.post(CHECKS, &broken).without_key().await.expect_faults(422, &expected);
    let lost = json!({ "mutual_id": NOBODY, "procedure": "pa_open" });
    app.post(CHECKS, &lost).without_key().await.expect_faults(422, &[("/mutual_id", "unknown-reference")]);
    app.get(CHECKS).await.expect_problem(405, "method-not-allowed");
    let long = json!({ "procedure": "x".repeat(70_000) });
    app.post(CHECKS, &long).without_key().await.expect_problem(413, "payload-too-large");
    let many = json!({ "procedure": "pa_open", "prior_contracts": vec![json!({ "procedure": "other" }); 51] });
    app.post(CHECKS, &many).await.expect_faults(422, &[("/prior_contracts", "too-many")]);
}

async fn the_launch_condition_names_the_rule_that_it_rests_on(app: &TestApp) {
    let around = Around::new(app, "Launch").await;
    let protection = json!({ "protection": { "kind": "reserved" }, "status": "active", "ends_on": "2099-01-31" });
    app.create(CONTRACTS, &youth_service(&around, protection)).await;
    let readiness = app.get(format!("{MUTUALS}/{}/readiness", id(&around.mutual))).await.expect(200);
    let condition = &readiness["conditions"].as_array().unwrap()[4];
    assert_eq!(condition["outcome"], "met", "{condition}");
    let detail = condition["detail"].as_str().unwrap();
    assert!(detail.ends_with("is protected: `reserved`, by Public Contracts Regulations 2015 reg. 77"), "{detail}");
}

async fn the_links_are_at_the_public_address(app: &TestApp) {
    let around = Around::new(app, "Public").await;
    let record = app.create(CONTRACTS, &youth_service(&around, json!({}))).await;
    let public = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.public_url = Some("https://register.example.gov.uk".parse().unwrap());
    });
    let around = Around::new(&public, "Public").await;
    let elsewhere = public.create(CONTRACTS, &youth_service(&around, json!({}))).await;
    let url = |found: &Value| rule(found, "pcr2015.reg77(4)")["looked_at"][0]["url"].clone();
    let path = |record: &Value| format!("{CONTRACTS}/{}", id(record));
    assert_eq!(url(&compliance(app, &record).await), path(&record));
    let expected = format!("https://register.example.gov.uk{}", path(&elsewhere));
    assert_eq!(url(&compliance(&public, &elsewhere).await), expected);
}

async fn an_operator_replaces_a_data_file(app: &TestApp) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("reg77_cpv.txt"), "# Sports only\n92600000-7\n").unwrap();
    let own = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.data_folder = Some(folder.path().to_owned());
    });
    let check = json!({ "procedure": "pcr_reg77_reserved", "cpv_codes": ["92511000"] });
    let [before, after] = [app.post(CHECKS, &check).await.expect(200), own.post(CHECKS, &check).await.expect(200)];
    assert_outcomes(&before, &[("pcr2015.reg77(2)", "pass")]);
    assert_outcomes(&after, &[("pcr2015.reg77(2)", "fail")]);
    let list = |found: &Value| {
        let files = found["data_files"].as_array().unwrap();
        files.iter().find(|file| file["name"] == "reg77_cpv.txt").unwrap().clone()
    };
    assert_eq!((&list(&before)["replaced"], &list(&after)["replaced"]), (&json!(false), &json!(true)));
    assert_ne!(list(&before)["sha256"], list(&after)["sha256"]);
    // What `sha256sum` prints of the file.
    assert_eq!(list(&after)["sha256"], "fa14d905eaffd55cbc00f3317fd3b41e07da7b0132e4be794deed7bb1f679f00");
}

/// In the compliance, in the list and in the figures, also when what the buyer is changes.
async fn the_nation_of_the_buyer_decides_everywhere(app: &TestApp) {
    let around = Around::new(app, "Nation").await;
    let health =
        json!({ "health_services": true, "procedure": "below_threshold", "procurement_started_on": "2025-03-03" });
    let record = app.create(CONTRACTS, &library_service(&around, health)).await;
    let buyer = format!("{DEPARTMENTS}/{}", id(&around.department));
    for (nation, regime) in [
        (json!(null), "psr_2023"),
        (json!("scotland"), "not_covered"),
        (json!("wales"), "psr_wales_2025"),
        (json!("northern_ireland"), "pa_2023"),
        (json!("uk_wide"), "unknown"),
        (json!("england"), "psr_2023"),
    ] {
        app.patch(&buyer, &json!({ "nation": nation })).await.expect(200);
        assert_eq!(compliance(app, &record).await["regime"], regime, "{nation}");
        let listed = app.walk(&format!("{CONTRACTS}?regime={regime}&procedure=below_threshold")).await;
        assert_eq!(listed.iter().map(id).collect::<Vec<_>>(), [id(&record)], "{nation}");
        let figures = app.get("/v1/statistics").await.expect(200);
        let counted: Vec<&Value> =
            figures["contracts_by_regime"].as_array().unwrap().iter().map(|one| &one["regime"]).collect();
        assert!(counted.contains(&&json!(regime)), "{nation}: {counted:?}");
    }
    app.patch(&buyer, &json!({ "nation": "france" })).await.expect_faults(422, &[("/nation", "not-in-vocabulary")]);
}

async fn a_health_contract_is_judged_by_the_one_that_it_replaces(app: &TestApp) {
    let around = Around::new(app, "Health").await;
    let health = |members: Value| {
        let known = json!({ "title": "Nursing", "cpv_codes": ["85141000-9"], "health_services": true });
        with(with(contract(id(&around.mutual), id(&around.department)), known), members)
    };
    let worth = |pounds: i64| json!({ "amount_minor": pounds * 100, "currency": "GBP" });
    let old = json!({ "status": "expired", "ends_on": "2025-03-31", "value": worth(2_000_000) });
    let old = app.create(CONTRACTS, &health(old)).await;
    let new = json!({ "procedure": "psr_direct_c", "starts_on": "2025-04-01", "value": worth(2_500_000) });
    let new = app.create(CONTRACTS, &health(new)).await;
    assert_outcomes(&compliance(app, &new).await, &[("psr2023.reg6(5)", "unknown"), ("psr2023.reg12", "unknown")]);
    let own = format!("{CONTRACTS}/{}", id(&new));
    app.patch(&own, &json!({ "replaces_contract_id": old["id"] })).await.expect(200);
    let considerable = compliance(app, &new).await;
    assert_outcomes(&considerable, &[("psr2023.reg6(5)", "fail")]);
    let looked_at = rule(&considerable, "psr2023.reg6(5)")["looked_at"].as_array().unwrap();
    assert_eq!(looked_at.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&new["id"], &old["id"]]);
    app.patch(&own, &json!({ "value": worth(2_499_999) })).await.expect(200);
    assert_outcomes(&compliance(app, &new).await, &[("psr2023.reg6(5)", "pass")]);
}

async fn the_standstill_is_judged_by_its_notice(app: &TestApp) {
    let around = Around::new(app, "Standstill").await;
    let open = json!({
        "procedure": "pcr_open", "procurement_started_on": "2022-05-02", "awarded_on": "2022-09-08",
        "standstill_notice_on": "2022-09-09", "entered_on": "2022-09-20", "starts_on": "2022-10-01",
        "ends_on": "2025-09-30", "latest_ends_on": "2025-09-30", "status": "expired",
    });
    let record = app.create(CONTRACTS, &library_service(&around, open)).await;
    assert_outcomes(
        &compliance(app, &record).await,
        &[("pcr2015.reg87", "fail"), ("pcr2015.reg77(4)", "not_applicable")],
    );
    let own = format!("{CONTRACTS}/{}", id(&record));
    app.patch(&own, &json!({ "entered_on": "2022-09-21" })).await.expect(200);
    assert_outcomes(&compliance(app, &record).await, &[("pcr2015.reg87", "pass")]);
    app.patch(&own, &json!({ "tenders_received": 1, "entered_on": "2022-09-10" })).await.expect(200);
    assert_outcomes(&compliance(app, &record).await, &[("pcr2015.reg87", "not_applicable")]);
}

async fn notices_on_record_say_when_they_were_published(app: &TestApp) {
    let around = Around::new(app, "Notices").await;
    let record = app.create(CONTRACTS, &library_service(&around, json!({}))).await;
    assert_outcomes(&compliance(app, &record).await, &[("pa2023.s50", "unknown"), ("pa2023.s53(1)", "unknown")]);
    let notices = format!("{CONTRACTS}/{}/notices", id(&record));
    app.create(&notices, &json!({ "code": "UK6", "published_on": "2025-05-13" })).await;
    let late = app.create(&notices, &json!({ "code": "UK7", "published_on": "2025-09-25" })).await;
    let found = compliance(app, &record).await;
    assert_outcomes(&found, &[("pa2023.s50", "pass"), ("pa2023.s53(1)", "fail")]);
    let looked_at = &rule(&found, "pa2023.s53(1)")["looked_at"][1];
    assert_eq!((&looked_at["kind"], &looked_at["id"]), (&json!("notice"), &late["id"]));
    app.get(looked_at["url"].as_str().unwrap()).await.expect(200);
    app.create(&notices, &json!({ "code": "UK7", "published_on": "2025-09-24" })).await;
    assert_outcomes(&compliance(app, &record).await, &[("pa2023.s53(1)", "pass")]);
}
