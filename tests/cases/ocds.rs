//! Open contracting data: contracts as releases and records, what is left out of them, and pages of releases.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, competition, contract, department, id, mutual, notice, with,
};
use kit::{Database, Engine, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    a_register_without_a_prefix_publishes_nothing,
    every_change_is_a_release,
    each_status_has_its_tags_and_sections,
    each_procedure_has_its_method_and_law,
    days_are_told_in_the_time_of_the_united_kingdom,
    money_is_exact,
    parties_are_known_by_their_first_identifier,
    competitions_and_notices_make_releases,
    what_is_no_longer_said_is_taken_away,
    a_supplier_that_was_wrong_leaves_a_cancelled_award,
    a_retender_is_a_related_process,
    a_record_has_what_all_releases_say,
    a_contract_that_is_not_there_has_no_releases,
    releases_are_listed_for_a_time,
    pages_have_every_release_once_while_others_write,
    a_package_is_sent_once,
    a_version_that_was_a_draft_never_shows,
    the_operator_says_who_publishes,
}

const PREFIX: &str = "ocds-b5fd17";
const RELEASES: &str = "/v1/ocds/releases";

/// A register that publishes, with a buyer and a supplier.
struct Register {
    app: TestApp,
    buyer: String,
    supplier: String,
}

impl Register {
    async fn new(other: &TestApp) -> Self {
        let app = TestApp::with(Database::fresh(other.database().engine()), |config| {
            config.production.ocds_prefix = PREFIX.parse().ok();
        });
        let buyer = json!({ "identifiers": [{ "scheme": "GB-LAE", "id": "SFK" }] });
        let buyer = id(&app.create(DEPARTMENTS, &with(department("Suffolk"), buyer)).await).to_owned();
        let supplier = id(&app.create(MUTUALS, &mutual("Libraries")).await).to_owned();
        Self { app, buyer, supplier }
    }

    async fn contract(&self, members: Value) -> Value {
        self.app.create(CONTRACTS, &with(contract(&self.supplier, &self.buyer), members)).await
    }

    async fn change(&self, record: &Value, members: Value) {
        let path = format!("{CONTRACTS}/{}", id(record));
        self.app.patch(path, &members).if_match("*").await.expect(200);
    }

    /// The releases of a contract's life.
    async fn life(&self, record: &Value) -> Vec<Value> {
        let life = self.app.get(path(record)).without_key().await.expect(200);
        life["releases"].as_array().unwrap().clone()
    }

    /// The only release of a new contract.
    async fn first(&self, members: Value) -> Value {
        self.life(&self.contract(members).await).await.remove(0)
    }

    /// The releases of all pages, and how many pages there were.
    async fn pages(&self, query: &str) -> (Vec<Value>, usize) {
        let (mut path, mut releases, mut pages) = (format!("{RELEASES}?{query}"), Vec::new(), 0);
        loop {
            let page = self.app.get(path).await;
            releases.extend(page.expect(200)["releases"].as_array().unwrap().clone());
            pages += 1;
            match page.header("link").unwrap().strip_prefix('<').unwrap().split_once(">; rel=\"next\"") {
                Some((next, _)) => path = next.to_owned(),
                None => return (releases, pages),
            }
        }
    }
}

fn path(record: &Value) -> String {
    format!("{CONTRACTS}/{}/ocds", id(record))
}

fn texts(releases: &[Value], member: &str) -> Vec<String> {
    releases.iter().map(|release| release[member].as_str().unwrap().to_owned()).collect()
}

async fn a_register_without_a_prefix_publishes_nothing(app: &TestApp) {
    app.get(format!("{CONTRACTS}/{NOBODY}/ocds")).await.expect_problem(404, "no-ocds-prefix");
    let refused = app.get(RELEASES).await.expect_problem(404, "no-ocds-prefix");
    assert!(refused["detail"].as_str().unwrap().contains("--ocds-prefix"), "{refused}");
}

async fn every_change_is_a_release(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({ "status": "planned" })).await;
    for status in ["tendering", "award_decided", "standstill", "active", "expired"] {
        register.change(&record, json!({ "status": status })).await;
    }
    register.change(&record, json!({ "title": "Nursing" })).await;

    let life = register.life(&record).await;

    let ocid = format!("{PREFIX}-{}", id(&record));
    assert!(life.iter().all(|release| release["ocid"] == ocid), "{life:?}");
    assert_eq!(texts(&life, "id"), (1..=7).map(|version| format!("{ocid}-{version}")).collect::<Vec<_>>());
    let tags: Vec<&Value> = life.iter().map(|release| &release["tag"]).collect();
    let expected = json!([
        ["planning"],
        ["tender"],
        ["award"],
        ["awardUpdate"],
        ["award", "contract"],
        ["contractTermination"],
        ["contractUpdate"]
    ]);
    assert_eq!(json!(tags), expected);
    let versions = versions(&register, &record).await;
    assert_eq!(texts(&life, "date"), versions, "a release has the time of its version");
}

/// When the versions of a record were made.
async fn versions(register: &Register, record: &Value) -> Vec<String> {
    let history = register.app.get(format!("{CONTRACTS}/{}/entries", id(record))).await.expect(200);
    let versions = history["items"].as_array().unwrap().iter();
    versions.map(|entry| entry["at"].as_str().unwrap().to_owned()).collect()
}

async fn each_status_has_its_tags_and_sections(app: &TestApp) {
    let register = Register::new(app).await;
    let [none, awarded, entered] =
        [json!({}), json!({ "awarded_on": "2024" }), json!({ "awarded_on": "2024", "entered_on": "2024-02" })];
    for (status, known, tags, tender, award, signed) in [
        ("planned", &none, json!(["planning"]), json!("planning"), None, None),
        ("tendering", &none, json!(["tender"]), json!("active"), None, None),
        ("award_decided", &none, json!(["award"]), json!("complete"), Some("pending"), Some("pending")),
        ("standstill", &none, json!(["award"]), json!("complete"), Some("pending"), Some("pending")),
        ("active", &none, json!(["award", "contract"]), json!("complete"), Some("active"), Some("active")),
        ("expired", &none, json!(["contractTermination"]), json!("complete"), Some("active"), Some("terminated")),
        (
            "terminated_early",
            &none,
            json!(["contractTermination"]),
            json!("complete"),
            Some("active"),
            Some("terminated"),
        ),
        ("cancelled", &none, json!(["tenderCancellation"]), json!("cancelled"), None, None),
        ("cancelled", &awarded, json!(["awardCancellation"]), json!("cancelled"), Some("cancelled"), Some("cancelled")),
        ("unknown", &none, json!(["tender"]), Value::Null, None, None),
        ("unknown", &awarded, json!(["award"]), json!("complete"), Some(""), Some("")),
        ("unknown", &entered, json!(["award", "contract"]), json!("complete"), Some("active"), Some("")),
    ] {
        let release = register.first(with(known.clone(), json!({ "status": status }))).await;
        let of = |section: &str| release[section].as_array().map(|all| all[0]["status"].as_str().unwrap_or_default());
        assert_eq!(release["tag"], tags, "{status}");
        assert_eq!(release["tender"]["status"], tender, "{status}");
        assert_eq!(of("awards"), award, "{status}");
        assert_eq!(of("contracts"), signed, "{status}");
        if award.is_some() {
            assert_eq!(release["contracts"][0]["awardID"], release["awards"][0]["id"]);
            assert_eq!(release["awards"][0]["suppliers"][0]["id"], release["parties"][1]["id"]);
        } else {
            assert_eq!(release["parties"].as_array().unwrap().len(), 1, "nobody supplies yet");
        }
    }
}

async fn each_procedure_has_its_method_and_law(app: &TestApp) {
    let register = Register::new(app).await;
    for (procedure, method, law) in [
        ("pcr_open", Some("open"), Some("32014L0024")),
        ("pcr_reg77_reserved", Some("selective"), Some("32014L0024")),
        ("pa_open", Some("open"), Some("2023/54")),
        ("pa_s33_reserved", Some("selective"), Some("2023/54")),
        ("pa_user_choice_direct", Some("direct"), Some("2023/54")),
        ("framework_calloff", Some("limited"), None),
        ("psr_direct_a", Some("direct"), None),
        ("psr_direct_b", None, None),
        ("psr_most_suitable", Some("limited"), None),
        ("psr_competitive", Some("selective"), None),
        ("right_to_request_uncontested", Some("direct"), None),
        ("in_house_exempt", Some("direct"), None),
        ("below_threshold", Some("limited"), None),
        ("other", None, None),
        ("unknown", None, None),
    ] {
        let tender = &register.first(json!({ "procedure": procedure })).await["tender"];
        assert_eq!(tender["procurementMethod"].as_str(), method, "{procedure}");
        assert_eq!(tender["legalBasis"]["id"].as_str(), law, "{procedure}");
        let reserved = tender["otherRequirements"]["reservedParticipation"][0].as_str();
        let is_reserved = ["pcr_reg77_reserved", "pa_s33_reserved"].contains(&procedure);
        assert_eq!(reserved, is_reserved.then_some("publicServiceMissionOrganization"), "{procedure}");
    }
    let tender = &register.first(json!({ "procedure": "pa_s33_reserved" })).await["tender"];
    assert!(tender["procurementMethodDetails"].as_str().unwrap().contains("PA 2023 s.33"), "{tender}");
}

async fn days_are_told_in_the_time_of_the_united_kingdom(app: &TestApp) {
    let register = Register::new(app).await;
    let release = register
        .first(json!({
            "awarded_on": "2024-03-30",
            "standstill_notice_on": "2024-03-31",
            "standstill_ended_on": "2024-03-31",
            "entered_on": "2024-04-01",
            "starts_on": "2024-10-27",
            "ends_on": "2097-10-27",
            "latest_ends_on": "2098-07-01",
        }))
        .await;
    let (award, signed) = (&release["awards"][0], &release["contracts"][0]);
    assert_eq!(award["date"], "2024-03-30T00:00:00Z");
    let standstill = json!({ "startDate": "2024-03-31T00:00:00Z", "endDate": "2024-03-31T23:59:59+01:00" });
    assert_eq!(award["standstillPeriod"], standstill, "summer time begins on that day");
    assert_eq!(signed["dateSigned"], "2024-04-01T00:00:00+01:00");
    let term = json!({
        "startDate": "2024-10-27T00:00:00+01:00",
        "endDate": "2097-10-27T23:59:59Z",
        "maxExtentDate": "2098-07-01T23:59:59+01:00",
    });
    assert_eq!(signed["period"], term);
    assert_eq!(award["contractPeriod"], term);

    let release = register
        .first(json!({ "awarded_on": "2024", "entered_on": "2024-03", "starts_on": "2024-04", "ends_on": "2097" }))
        .await;
    let (award, signed) = (&release["awards"][0], &release["contracts"][0]);
    for absent in [&award["date"], &award["contractPeriod"], &signed["dateSigned"], &signed["period"]] {
        assert!(absent.is_null(), "what is known in part is left out: {release}");
    }
}

async fn money_is_exact(app: &TestApp) {
    let register = Register::new(app).await;
    for (minor, currency, amount) in [
        (0_i64, "GBP", "0.00"),
        (5, "GBP", "0.05"),
        (1_860_000_010, "GBP", "18600000.10"),
        (9_007_199_254_740_991, "GBP", "90071992547409.91"),
        (500, "JPY", "500"),
        (1500, "KWD", "1.500"),
    ] {
        let record = register.contract(json!({ "value": { "amount_minor": minor, "currency": currency } })).await;
        let sent = register.app.get(path(&record)).await;
        let value = format!(r#""value":{{"amount":{amount},"currency":"{currency}"}}"#);
        assert_eq!(sent.text().matches(&value).count(), 2, "{value}: {}", sent.text());
    }
    let unheard_of = register.first(json!({ "value": { "amount_minor": 7, "currency": "XQQ" } })).await;
    assert!(unheard_of["awards"][0]["value"].is_null(), "the standard knows no such currency");
}

async fn parties_are_known_by_their_first_identifier(app: &TestApp) {
    let register = Register::new(app).await;
    let release = register.first(json!({})).await;
    let own = format!("MUTUALS-{}", register.supplier);
    let expected = json!([
        {
            "id": "GB-LAE-SFK",
            "name": "Suffolk",
            "identifier": { "scheme": "GB-LAE", "id": "SFK" },
            "roles": ["buyer", "procuringEntity"],
        },
        { "id": own, "name": "Libraries", "roles": ["supplier"] },
    ]);
    assert_eq!(release["parties"], expected);
    assert_eq!(release["buyer"], json!({ "id": "GB-LAE-SFK", "name": "Suffolk" }));

    for (outcomes, expected) in [
        (["met", "met", "met"], Some(true)),
        (["met", "unknown", "not_met"], Some(false)),
        (["met", "met", "unknown"], None),
    ] {
        let tests =
            ["mainly_reservable_services", "profits_only_to_members_or_none", "under_employee_management_and_control"];
        let tests: serde_json::Map<String, Value> =
            tests.iter().zip(outcomes).map(|(test, outcome)| ((*test).to_owned(), json!(outcome))).collect();
        let members = json!({
            "name": "Libraries CIC",
            "identifiers": [{ "scheme": "GB-COH", "id": "9506232" }, { "scheme": "GB-PPON", "id": "PCVH-4821-MTRL" }],
            "tests": tests,
        });
        let path = format!("{MUTUALS}/{}", register.supplier);
        register.app.patch(path, &members).if_match("*").await.expect(200);
        let party = register.first(json!({})).await["parties"][1].clone();
        assert_eq!(party["id"], "GB-COH-09506232");
        assert_eq!(party["additionalIdentifiers"], json!([{ "scheme": "GB-PPON", "id": "PCVH-4821-MTRL" }]));
        assert_eq!(party["details"]["publicServiceMissionOrganization"].as_bool(), expected, "{outcomes:?}");
    }
}

async fn competitions_and_notices_make_releases(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({ "status": "tendering" })).await;
    let [competitions, notices] = ["competitions", "notices"].map(|own| format!("{CONTRACTS}/{}/{own}", id(&record)));
    let lost = json!({ "outcome": "lost", "bidders": 2, "winner_name": "Bright Care Limited" });
    let lost = register.app.create(&competitions, &with(competition(), lost)).await;
    let told = json!({ "code": "UK4", "published_on": "2024-05-01", "url": "https://www.example.gov.uk/Notice/1" });
    let told = register.app.create(&notices, &told).await;
    let retender = json!({ "kind": "retender", "bidders": 9, "winner_name": "Another Limited", "outcome": "lost" });
    register.app.create(&competitions, &with(competition(), retender)).await;
    register.app.patch(format!("{notices}/{}", id(&told)), &json!({ "code": "UK12" })).if_match("*").await.expect(200);
    let changed = register.app.create(&notices, &with(notice(), json!({ "code": "UK10" }))).await;

    let life = register.life(&record).await;

    let ocid = format!("{PREFIX}-{}", id(&record));
    assert_eq!(life.len(), 6);
    assert_eq!(life[1]["id"], format!("{ocid}-1-competition-{}-1", id(&lost)));
    assert_eq!(life[1]["tag"], json!(["tenderUpdate"]));
    assert_eq!(life[1]["tender"]["numberOfTenderers"], 2);
    let winner = format!("MUTUALS-{}", id(&lost));
    let tenderers = json!([
        { "id": format!("MUTUALS-{}", register.supplier), "name": "Libraries" },
        { "id": winner, "name": "Bright Care Limited" },
    ]);
    assert_eq!(life[1]["tender"]["tenderers"], tenderers);
    assert_eq!(life[1]["parties"][2]["roles"], json!(["tenderer"]));
    assert_eq!(life[2]["id"], format!("{ocid}-1-notice-{}-1", id(&told)));
    let document = json!({
        "id": id(&told),
        "documentType": "tenderNotice",
        "noticeType": "UK4",
        "title": "Tender notice: suppliers are invited to tender (PA 2023 s.21)",
        "url": "https://www.example.gov.uk/Notice/1",
        "datePublished": "2024-05-01T00:00:00+01:00",
    });
    assert_eq!(life[2]["tender"]["documents"], json!([document]));
    assert_eq!(life[3]["tender"], life[2]["tender"], "what comes after the contract is of another process");
    assert_eq!(life[4]["tender"]["documents"][0]["documentType"], "tenderCancellationNotice");
    assert_eq!(life[5]["id"], format!("{ocid}-1-notice-{}-1", id(&changed)));
    assert_eq!(life[5]["tag"], json!(["contractAmendment"]));
}

async fn what_is_no_longer_said_is_taken_away(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register
        .contract(json!({
            "description": "Nursing.",
            "cpv_codes": ["85000000-9", "85323000-9"],
            "value": { "amount_minor": 100, "currency": "GBP" },
            "starts_on": "2024-04-01",
        }))
        .await;
    let notices = format!("{CONTRACTS}/{}/notices", id(&record));
    let told = register.app.create(&notices, &with(notice(), json!({ "code": "UK7" }))).await;
    let gone = json!({ "description": null, "cpv_codes": ["85000000-9"], "value": null, "starts_on": "2024" });
    register.change(&record, gone).await;
    register.app.delete(format!("{notices}/{}", id(&told))).if_match("*").await.expect(204);
    register.change(&record, json!({ "reference": "R/1" })).await;

    let life = register.life(&record).await;

    assert_eq!(life[2]["tender"].get("description"), Some(&Value::Null));
    let items = json!([{
        "id": "1",
        "classification": { "scheme": "CPV", "id": "85000000" },
        "additionalClassifications": [{ "id": null }],
    }]);
    assert_eq!(life[2]["tender"]["items"], items);
    let signed = &life[2]["contracts"][0];
    assert_eq!(signed["value"], json!({ "amount": null, "currency": null }));
    assert_eq!(signed["period"], json!({ "startDate": null }));
    assert_eq!(life[3]["contracts"][0]["documents"][0]["id"], told["id"]);
    assert_eq!(life[3]["contracts"][0]["documents"][0].get("datePublished"), Some(&Value::Null));
    assert!(!life[4].to_string().contains("null"), "what was taken away once is not said again: {}", life[4]);
    let record = register.app.get(format!("{}?format=record", path(&record))).await.expect(200);
    let compiled = &record["records"][0]["compiledRelease"];
    for member in ["ocid", "parties", "buyer", "tender", "awards", "contracts"] {
        assert_eq!(compiled[member], life[4][member], "{member}");
    }
}

async fn a_supplier_that_was_wrong_leaves_a_cancelled_award(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({})).await;
    let other = register.app.create(MUTUALS, &mutual("Leisure")).await;
    register.change(&record, json!({ "mutual_id": id(&other) })).await;

    let life = register.life(&record).await;

    let awards = life[1]["awards"].as_array().unwrap();
    assert_eq!(awards[0]["suppliers"], json!([{ "id": format!("MUTUALS-{}", id(&other)), "name": "Leisure" }]));
    assert_eq!(life[1]["contracts"][0]["awardID"], awards[0]["id"]);
    assert_eq!((&awards[1]["id"], &awards[1]["status"]), (&life[0]["awards"][0]["id"], &json!("cancelled")));
}

async fn a_retender_is_a_related_process(app: &TestApp) {
    let register = Register::new(app).await;
    let first = register.contract(json!({ "status": "expired" })).await;
    let next = register.contract(json!({ "status": "planned", "replaces_contract_id": id(&first) })).await;
    let related = |code: &str, record: &Value| {
        let identifier = format!("{PREFIX}-{}", id(record));
        json!([{ "id": format!("{code}-{}", id(record)), "relationship": [code], "scheme": "ocid", "identifier": identifier }])
    };
    assert_eq!(register.life(&next).await[0]["relatedProcesses"], related("prior", &first));
    let life = register.life(&first).await;
    assert_eq!(life[1]["id"], format!("{PREFIX}-{}-1-contract-{}-1", id(&first), id(&next)));
    assert_eq!(life[1]["relatedProcesses"], related("replacementProcess", &next));
    register.change(&next, json!({ "title": "Nursing" })).await;
    assert_eq!(register.life(&first).await.len(), 2, "this changes nothing of the first");
    register.change(&next, json!({ "replaces_contract_id": null })).await;
    let life = register.life(&first).await;
    assert_eq!(life[2]["relatedProcesses"][0].get("identifier"), Some(&Value::Null));
    assert_eq!(register.pages("limit=2").await.0.len(), 6);
}

async fn a_record_has_what_all_releases_say(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({ "status": "planned" })).await;
    register.change(&record, json!({ "status": "tendering" })).await;
    let life = register.app.get(path(&record)).await.expect(200);
    assert_eq!(
        register.app.get(format!("{}?format=release", path(&record))).await.expect(200)["releases"],
        life["releases"]
    );

    let package = register.app.get(format!("{}?format=record", path(&record))).await.expect(200);

    let [own] = package["records"].as_array().unwrap().as_slice() else { panic!("{package}") };
    assert_eq!(own["releases"], life["releases"]);
    let compiled = &own["compiledRelease"];
    let date = life["releases"][1]["date"].as_str().unwrap();
    assert_eq!(compiled["id"], format!("{PREFIX}-{}-{date}", id(&record)));
    assert_eq!((&compiled["tag"], &compiled["tender"]["status"]), (&json!(["compiled"]), &json!("active")));
    for other in ["csv", "RECORD", ""] {
        let refused = register.app.get(format!("{}?format={other}", path(&record))).await;
        refused.expect_problem(400, "invalid-parameter");
    }
    register.app.get(format!("{}?known_at=2025-01-01T00:00:00Z", path(&record))).await.problem(400);
}

async fn a_contract_that_is_not_there_has_no_releases(app: &TestApp) {
    let register = Register::new(app).await;
    register.app.get(format!("{CONTRACTS}/{NOBODY}/ocds")).await.expect_problem(404, "not-found");
    register.app.get(format!("{CONTRACTS}/nursing/ocds")).await.expect_problem(404, "not-found");
    let refused = register.app.get(RELEASES).await.expect_problem(404, "no-releases");
    assert!(refused["detail"].as_str().unwrap().contains("at least one release"), "{refused}");
    let [kept, deleted] = [register.contract(json!({})).await, register.contract(json!({})).await];
    register.app.delete(format!("{CONTRACTS}/{}", id(&deleted))).if_match("*").await.expect(204);
    register.app.get(path(&deleted)).await.expect_problem(410, "gone");
    let (releases, _) = register.pages("").await;
    assert_eq!(texts(&releases, "ocid"), [format!("{PREFIX}-{}", id(&kept))]);
}

async fn releases_are_listed_for_a_time(app: &TestApp) {
    let register = Register::new(app).await;
    let mut records = Vec::new();
    for title in ["One", "Two", "Three"] {
        records.push(register.contract(json!({ "title": title })).await);
        register.app.pass(Duration::from_secs(60));
    }
    register.change(&records[0], json!({ "title": "One again" })).await;
    let all = texts(&register.pages("").await.0, "id");
    let dates = texts(&register.pages("").await.0, "date");
    assert_eq!(all.len(), 4);
    for (query, expected) in [
        (format!("updated_from={}", dates[1]), &all[1..]),
        (format!("updated_to={}", dates[1]), &all[..=1]),
        (format!("updated_from={}&updated_to={}", dates[1], dates[2]), &all[1..=2]),
        (format!("updated_from={}&limit=1", dates[2]), &all[2..]),
        ("updated_from=2001-01-01T00:00:00Z".to_owned(), &all[..]),
        ("updated_to=2999-01-01T00:00:00Z".to_owned(), &all[..]),
    ] {
        assert_eq!(texts(&register.pages(&query).await.0, "id"), expected, "{query}");
    }
    for empty in ["updated_from=2999-01-01T00:00:00Z", "updated_to=2001-01-01T00:00:00Z"] {
        register.app.get(format!("{RELEASES}?{empty}")).await.expect_problem(404, "no-releases");
    }
    for wrong in
        ["updated_from=2024", "limit=0", "limit=201", "cursor=x", "count=exact", "known_at=2024-01-01T00:00:00Z"]
    {
        register.app.get(format!("{RELEASES}?{wrong}")).await.expect_problem(400, "invalid-parameter");
    }
}

async fn pages_have_every_release_once_while_others_write(app: &TestApp) {
    let register = Register::new(app).await;
    let mut records = Vec::new();
    for _ in 0..5 {
        records.push(register.contract(json!({})).await);
    }
    let (mut path, mut seen, mut pages) = (format!("{RELEASES}?limit=3"), Vec::new(), 0);
    loop {
        let page = register.app.get(path).await;
        let releases = page.expect(200)["releases"].as_array().unwrap().clone();
        assert!(releases.len() <= 3);
        seen.extend(texts(&releases, "id"));
        let link = page.header("link").unwrap().to_owned();
        assert!(link.contains("rel=\"first\""), "{link}");
        let Some((next, _)) = link.strip_prefix('<').unwrap().split_once(">; rel=\"next\"") else { break };
        path = next.to_owned();
        pages += 1;
        let record = &records[pages];
        register.change(record, json!({ "title": format!("Title {pages}") })).await;
        register.app.create(&format!("{CONTRACTS}/{}/notices", id(record)), &notice()).await;
    }
    let mut expected = BTreeSet::new();
    for record in &records {
        expected.extend(texts(&register.life(record).await, "id"));
    }
    assert_eq!(seen.len(), 9);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

async fn a_package_is_sent_once(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({})).await;
    for path in [path(&record), RELEASES.to_owned()] {
        let sent = register.app.get(&path).await;
        sent.expect(200);
        assert_eq!(sent.header("cache-control"), Some("no-cache"));
        assert_eq!(register.app.get(&path).header("if-none-match", sent.etag()).await.status(), 304);
        register.change(&record, json!({ "title": format!("After {}", path.len()) })).await;
        assert_eq!(register.app.get(&path).header("if-none-match", sent.etag()).await.status(), 200);
    }
}

async fn a_version_that_was_a_draft_never_shows(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({ "title": "A draft" })).await;
    register.change(&record, json!({ "title": "Nursing" })).await;
    let restricted = if app.database().engine() == Engine::Sqlite { "1" } else { "TRUE" };
    let draft =
        format!("UPDATE entries SET restricted = {restricted} WHERE resource_id = '{}' AND version = 1", id(&record));
    register.app.database().execute(&draft);
    let expected = [format!("{PREFIX}-{}-2", id(&record))];
    assert_eq!(texts(&register.life(&record).await, "id"), expected);
    let (releases, _) = register.pages("").await;
    assert_eq!(texts(&releases, "id"), expected);
    assert!(!json!(releases).to_string().contains("A draft"));
}

async fn the_operator_says_who_publishes(app: &TestApp) {
    let register = Register::new(app).await;
    let record = register.contract(json!({})).await;
    let package = register.app.get(path(&record)).await.expect(200);
    assert_eq!(package["publisher"], json!({ "name": "Register of public service mutuals" }));
    assert_eq!(package["license"], Value::Null);
    assert_eq!(package["publishedDate"], package["releases"][0]["date"]);
    let database = register.app.end();
    let app = TestApp::with(database, |config| {
        config.production.ocds_prefix = PREFIX.parse().ok();
        config.production.public_url = "https://register.example.gov.uk".parse().ok();
        let publisher = &mut config.production.publisher;
        publisher.contact_name = "Register team".parse().ok();
        publisher.contact_url = "https://www.example.gov.uk/register".parse().ok();
        publisher.licence_name = "Open Government Licence v3.0".parse().ok();
        publisher.licence_url = "https://www.example.gov.uk/licence".parse().ok();
    });
    let package = app.get(path(&record)).await.expect(200);
    let publisher = json!({ "name": "Register team", "uri": "https://www.example.gov.uk/register" });
    assert_eq!(package["publisher"], publisher);
    assert_eq!(package["license"], "https://www.example.gov.uk/licence");
    assert_eq!(package["uri"], format!("https://register.example.gov.uk{}", path(&record)));
}
