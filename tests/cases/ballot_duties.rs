//! Separation of duties for ballots: who enters the counts, who declares them, who reports as the scrutineer, and which
//! ballots open the launch gate.

use kit::TestApp;
use kit::fixture::{
    DEPARTMENTS, MUTUALS, STAFF_BALLOTS, department, full_staff_ballot, id, mutual, staff_ballot, with,
};
use serde_json::{Value, json};

kit::on_both! {
    who_entered_the_counts_cannot_declare_them,
    another_editor_an_administrator_or_the_scrutineer_declares,
    everyone_who_changed_the_counts_of_a_draft_cannot_declare_it,
    only_the_appointed_scrutineer_reports,
    nobody_writes_the_report_or_the_duties_into_the_ballot,
    a_report_on_a_declared_ballot_is_corrected_with_a_reason,
    a_correction_of_the_counts_leaves_the_report_and_marks_it,
    a_historic_ballot_is_marked_and_does_not_open_the_gate,
    an_import_with_a_past_is_historic,
    the_gate_tells_the_figures_and_holds_the_thresholds_of_the_department,
}

/// A department, a mutual that it leads, and two keys of its editors.
struct Office {
    department: String,
    mutual: String,
    editors: [String; 2],
}

async fn office(app: &TestApp) -> Office {
    let department = id(&app.create(DEPARTMENTS, &department("Office")).await).to_owned();
    let led = with(mutual("Led"), json!({ "department_id": department }));
    let mutual = id(&app.create(MUTUALS, &led).await).to_owned();
    let editors = [(); 2].map(|()| app.database().make_key("department_editor", &[&department]));
    Office { department, mutual, editors }
}

impl Office {
    async fn draft(&self, app: &TestApp) -> Value {
        app.post(STAFF_BALLOTS, &full_staff_ballot(&self.mutual)).with_key(&self.editors[0]).await.expect(201)
    }
}

fn own(ballot: &Value) -> String {
    format!("{STAFF_BALLOTS}/{}", id(ballot))
}

/// How the log names the bearer of a key.
fn name(key: &str) -> String {
    let digits = key.split('_').nth(1).unwrap();
    let id = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
    format!("key:{id}")
}

/// Appoints a new key to the ballot.
async fn appoint(app: &TestApp, ballot: &Value) -> String {
    let key = app.database().make_key("scrutineer", &[]);
    let body = json!({ "key_id": name(&key).trim_start_matches("key:") });
    app.put(own(ballot) + "/appointment", &body).await.expect(200);
    key
}

async fn who_entered_the_counts_cannot_declare_them(app: &TestApp) {
    let office = office(app).await;
    let draft = office.draft(app).await;
    assert_eq!(draft["entered_by"], json!([name(&office.editors[0])]));
    assert_eq!((draft.get("declared_by"), &draft["historic"]), (None, &json!(false)));

    let refused = app.post(own(&draft) + "/declare", &json!({})).with_key(&office.editors[0]).await;

    let problem = refused.expect_problem(403, "forbidden");
    for said in [name(&office.editors[0]).as_str(), "scrutineer", "department_editor", "admin"] {
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    assert_eq!(app.get(own(&draft)).await.expect(200), draft);
    // An administrator is no exception.
    let of_admin = app.create(STAFF_BALLOTS, &full_staff_ballot(&office.mutual)).await;
    app.post(own(&of_admin) + "/declare", &json!({})).await.expect_problem(403, "forbidden");
}

async fn another_editor_an_administrator_or_the_scrutineer_declares(app: &TestApp) {
    let office = office(app).await;
    for by in ["editor", "admin", "scrutineer"] {
        let draft = office.draft(app).await;
        let scrutineer = appoint(app, &draft).await;
        let stranger = app.database().make_key("scrutineer", &[]);
        app.post(own(&draft) + "/declare", &json!({})).with_key(&stranger).await.problem(404);
        let key = match by {
            "editor" => &office.editors[1],
            "admin" => kit::admin_key(),
            _ => &scrutineer,
        };

        let declared = app.post(own(&draft) + "/declare", &json!({})).with_key(key).await.expect(200);

        assert_eq!(declared["declared_by"], name(key), "{by}");
        assert_eq!(declared["historic"], false);
        let public = app.get(own(&draft)).without_key().await.expect(200);
        let told = ["entered_by", "declared_by", "historic"];
        assert_eq!(told.map(|member| &public[member]), told.map(|member| &declared[member]));
    }
}

async fn everyone_who_changed_the_counts_of_a_draft_cannot_declare_it(app: &TestApp) {
    let office = office(app).await;
    let [first, second] = &office.editors;
    let draft = office.draft(app).await;
    let patch = async |key: &str, body: Value| app.patch(own(&draft), &body).with_key(key).await.expect(200);

    // The question is none of the counts.
    assert_eq!(patch(second, json!({ "question": "Shall we go?" })).await["entered_by"], json!([name(first)]));
    let changed = patch(second, json!({ "spoiled": 19, "counts_complete": false })).await;
    assert_eq!(changed["entered_by"], json!([name(first), name(second)]));

    for key in [first, second] {
        app.post(own(&draft) + "/declare", &json!({})).with_key(key).await.expect_problem(403, "forbidden");
    }
    app.post(own(&draft) + "/declare", &json!({})).await.expect(200);
}

async fn only_the_appointed_scrutineer_reports(app: &TestApp) {
    let office = office(app).await;
    let draft = office.draft(app).await;
    let path = own(&draft) + "/scrutineer-report";
    let report = json!({ "satisfied": true, "report_url": "https://example.org/report.pdf" });
    let stranger = app.database().make_key("scrutineer", &[]);
    let scrutineer = appoint(app, &draft).await;

    for other in [&office.editors[0], &office.editors[1], kit::admin_key()] {
        app.put(&path, &report).with_key(other).await.expect_problem(403, "forbidden");
    }
    app.put(&path, &report).with_key(&stranger).await.problem(404);
    app.put(&path, &report).without_key().await.problem(401);
    let put = || app.put(&path, &report).with_key(&scrutineer);
    put().without("if-match").await.problem(428);
    app.put(&path, &json!({})).with_key(&scrutineer).await.expect_faults(422, &[("/satisfied", "required")]);
    let reported = put().await.expect(200);

    let expected = with(report.clone(), json!({ "reported_by": name(&scrutineer), "counts_changed": false }));
    assert_eq!(reported["scrutineer_report"], expected);
    assert_eq!(put().await.expect(200)["version"], reported["version"], "it says so already");
    let declared = app.post(own(&draft) + "/declare", &json!({})).with_key(&scrutineer).await.expect(200);
    assert_eq!(declared["scrutineer_report"], expected);
    app.post(own(&draft) + "/void", &json!({ "void_reason": "Papers were lost." })).await.expect(200);
    app.put(&path, &json!({ "satisfied": false })).with_key(&scrutineer).await.expect_problem(409, "state-conflict");
}

async fn nobody_writes_the_report_or_the_duties_into_the_ballot(app: &TestApp) {
    let office = office(app).await;
    let draft = office.draft(app).await;
    let set = json!({
        "scrutineer_report": { "satisfied": true }, "entered_by": [], "declared_by": "key:1", "historic": true,
    });
    let faults = ["/declared_by", "/entered_by", "/historic", "/scrutineer_report"].map(|at| (at, "read-only"));
    let sent = with(full_staff_ballot(&office.mutual), set.clone());
    for request in [app.post(STAFF_BALLOTS, &sent), app.put(own(&draft), &sent), app.patch(own(&draft), &set)] {
        for key in [&office.editors[0], kit::admin_key()] {
            let mut told = request.clone().with_key(key).await.faults(422);
            told.sort();
            assert_eq!(told, faults.map(|(at, code)| (at.to_owned(), code.to_owned())));
        }
    }
    let within = json!({ "scrutineer": { "satisfied": true } });
    app.patch(own(&draft), &within).await.expect_faults(422, &[("/scrutineer/satisfied", "unknown-member")]);
    let declared = app.declare_by_another(&draft).await;
    let correction = with(set, json!({ "correction_reason": "Misread.", "roll_size": 1001 }));
    let mut told = app.post(own(&declared) + "/correct", &correction).await.faults(422);
    told.sort();
    assert_eq!(told, faults.map(|(at, code)| (at.to_owned(), code.to_owned())));
}

async fn a_report_on_a_declared_ballot_is_corrected_with_a_reason(app: &TestApp) {
    let office = office(app).await;
    let draft = office.draft(app).await;
    let scrutineer = appoint(app, &draft).await;
    let declared = app.declare_by_another(&draft).await;
    let report = |body: Value| app.put(own(&declared) + "/scrutineer-report", &body).with_key(&scrutineer);
    let needless = json!({ "satisfied": true, "correction_reason": "Misread." });
    report(needless).await.expect_faults(422, &[("/correction_reason", "inconsistent")]);
    assert_eq!(report(json!({ "satisfied": true })).await.expect(200)["corrections"], json!([]));

    report(json!({ "satisfied": false })).await.expect_faults(422, &[("/correction_reason", "required")]);
    let again = json!({ "satisfied": false, "correction_reason": "Some papers were never sent out." });
    let corrected = report(again).await.expect(200);

    assert_eq!(corrected["scrutineer_report"]["satisfied"], false);
    let told = json!({
        "corrected_at": corrected["updated_at"], "reason": "Some papers were never sent out.",
        "version": corrected["version"],
    });
    assert_eq!(corrected["corrections"], json!([told]));
}

async fn a_correction_of_the_counts_leaves_the_report_and_marks_it(app: &TestApp) {
    let office = office(app).await;
    let draft = office.draft(app).await;
    let scrutineer = appoint(app, &draft).await;
    app.put(own(&draft) + "/scrutineer-report", &json!({ "satisfied": false })).with_key(&scrutineer).await.expect(200);
    let declared = app.declare_by_another(&draft).await;

    let reworded = json!({ "correction_reason": "Misspelt.", "question": "Shall we go?" });
    let reworded = app.post(own(&declared) + "/correct", &reworded).await.expect(200);
    let recounted = json!({ "correction_reason": "A bundle was left out.", "returned": 801, "spoiled": 21 });
    let recounted = app.post(own(&declared) + "/correct", &recounted).await.expect(200);

    let report =
        |changed: bool| json!({ "satisfied": false, "reported_by": name(&scrutineer), "counts_changed": changed });
    assert_eq!((&reworded["scrutineer_report"], &recounted["scrutineer_report"]), (&report(false), &report(true)));
    let duties = ["entered_by", "declared_by", "historic"];
    assert_eq!(duties.map(|member| &recounted[member]), duties.map(|member| &declared[member]));
}

/// Whether staff buy-in is met for a launch, and why.
async fn buy_in(app: &TestApp, mutual_id: &str) -> (Value, String, Vec<Value>) {
    let readiness = app.get(format!("{MUTUALS}/{mutual_id}/readiness")).await.expect(200);
    let condition = &readiness["conditions"][0];
    assert_eq!(condition["condition"], "staff_buy_in");
    let looked_at = condition["looked_at"].as_array().unwrap().iter().map(|record| record["kind"].clone());
    (condition["outcome"].clone(), condition["detail"].as_str().unwrap().to_owned(), looked_at.collect())
}

/// A small ballot that chose a mutual.
fn chosen(mutual_id: &str) -> Value {
    let counts = json!([{ "option": "yes", "votes": 2 }, { "option": "no", "votes": 0 }]);
    with(
        staff_ballot(mutual_id),
        json!({
            "counts": counts, "counts_complete": true, "roll_size": 40, "question": "Shall we?", "declared_on": "2012",
        }),
    )
}

async fn a_historic_ballot_is_marked_and_does_not_open_the_gate(app: &TestApp) {
    let office = office(app).await;
    let draft = app.create(STAFF_BALLOTS, &chosen(&office.mutual)).await;

    let historic = app.declare(&draft).await;

    assert_eq!((&historic["historic"], &historic["declared_by"]), (&json!(true), &historic["entered_by"][0]));
    let (outcome, detail, looked_at) = buy_in(app, &office.mutual).await;
    assert_eq!((outcome, looked_at), (json!("not_met"), Vec::new()));
    assert!(detail.ends_with("1 ballot known from history does not count here"), "{detail}");
    app.declare_by_another(&app.create(STAFF_BALLOTS, &chosen(&office.mutual)).await).await;
    assert_eq!(buy_in(app, &office.mutual).await.0, "met");
}

async fn an_import_with_a_past_is_historic(app: &TestApp) {
    let office = office(app).await;
    let past = json!({
        "state": "declared", "entered_by": ["key:1"], "declared_by": "key:2", "historic": false,
        "scrutineer_report": { "satisfied": true, "reported_by": "key:3", "counts_changed": false },
    });
    let row = with(chosen(&office.mutual), past).to_string();
    let import = app.request("POST", "/v1/imports?resource_type=staff_ballot").body("application/x-ndjson", row);
    let own = format!("/v1/imports/{}", id(&import.await.expect(202)));
    while !app.get(&own).await.expect(200)["finished_at"].is_string() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    let ballots = app.get(format!("{STAFF_BALLOTS}?mutual={}", office.mutual)).await.expect(200);

    let ballot = &ballots["items"][0];
    assert_eq!((&ballot["historic"], ballot.get("declared_by")), (&json!(true), None));
    assert_eq!(ballot["entered_by"], json!([name(kit::admin_key())]));
    assert_eq!(ballot["scrutineer_report"], json!({ "satisfied": true, "counts_changed": false }));
    assert_eq!(buy_in(app, &office.mutual).await.0, "not_met");
}

async fn the_gate_tells_the_figures_and_holds_the_thresholds_of_the_department(app: &TestApp) {
    let office = office(app).await;
    app.declare_by_another(&app.create(STAFF_BALLOTS, &chosen(&office.mutual)).await).await;
    let figures = "`yes` leads, which makes the service a mutual: 2 of 2 valid papers, 2 of 40 entitled; the ballot set no threshold, and the department demands ";
    assert_eq!(
        buy_in(app, &office.mutual).await,
        (json!("met"), format!("{figures}none"), vec![json!("staff_ballot")])
    );

    let path = format!("{DEPARTMENTS}/{}", office.department);
    let demand = |thresholds: Value| app.patch(&path, &json!({ "gate_thresholds": thresholds }));
    let twice = json!([{ "basis": "turnout", "percent": "50" }, { "basis": "turnout", "percent": "51" }]);
    demand(twice).await.expect_faults(422, &[("/gate_thresholds/1", "duplicate-item")]);
    demand(json!([{ "basis": "turnout", "percent": "50", "option": "yes" }]))
        .await
        .expect_faults(422, &[("/gate_thresholds/0/option", "unknown-member")]);
    let both = [("of_entitled", "50", "not_met", "not met"), ("of_entitled", "5", "met", "met")];
    for (basis, percent, outcome, said) in
        both.into_iter().chain([("turnout", "5", "unknown", "not known from the counts")])
    {
        demand(json!([{ "basis": basis, "percent": percent }])).await.expect(200);
        let told = format!("{figures}`{basis}` {percent}.00% ({said})");
        let looked_at = vec![json!("staff_ballot"), json!("department")];
        assert_eq!(buy_in(app, &office.mutual).await, (json!(outcome), told, looked_at));
    }
    let history = app.get(format!("{path}/entries")).without_key().await.expect(200);
    assert_eq!(history["items"][1]["changes"]["gate_thresholds"][0]["basis"], "of_entitled", "{history}");
}
