//! The report on commitments and the scorecards of departments.

use std::collections::BTreeMap;
use std::time::Duration;

use kit::TestApp;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, commitment, contract, department, enabler, id, mutual, support_request,
    with,
};
use serde_json::{Value, json};

use crate::import::{import, ndjson};

kit::on_both! {
    the_report_tells_how_each_commitment_stands,
    the_report_is_narrowed_and_its_summary_is_of_the_departments,
    the_report_is_read_page_by_page,
    reports_are_tables_too,
    the_report_is_of_today_by_the_services_clock,
    a_report_that_a_caller_has_is_spared,
    the_faults_of_a_report_are_told_at_once,
    the_report_on_support_tells_where_nobody_gives_any,
    the_report_on_support_is_of_a_day_and_of_departments,
    a_scorecard_sums_up_what_a_department_does,
    a_scorecard_is_of_a_department_that_is_there,
    the_mutuals_behind_a_figure_are_a_table_too,
}

const REPORT: &str = "/v1/reports/commitments";
const SUPPORT: &str = "/v1/reports/support-coverage";

async fn promise(app: &TestApp, department: &str, due_on: &str, published_on: Option<&str>) -> Value {
    let body = with(commitment(), json!({ "due_on": due_on }));
    let body = published_on.iter().fold(body, |body, day| with(body, json!({ "published_on": day })));
    app.create(&format!("{DEPARTMENTS}/{department}/commitments"), &body).await
}

/// Two departments with five commitments, one of each status and one that is published after the first of May 2013.
async fn promises(app: &TestApp) -> [Value; 5] {
    app.create(DEPARTMENTS, &department("Trade")).await;
    app.create(DEPARTMENTS, &department("Home Office")).await;
    [
        promise(app, "trade", "2012-12-31", None).await,
        promise(app, "trade", "2012-12-31", Some("2012-12-31")).await,
        promise(app, "home-office", "2013-04-30", Some("2013-05-01")).await,
        promise(app, "home-office", "2013-04-30", Some("2013-05-02")).await,
        promise(app, "home-office", "2013-05-01", None).await,
    ]
}

fn summary(due: i64, overdue: i64, met: i64, met_late: i64) -> Value {
    let (kept, late) = (met + met_late, overdue + met_late);
    json!({ "due": due, "overdue": overdue, "met": met, "met_late": met_late, "kept": kept, "late": late })
}

async fn the_report_tells_how_each_commitment_stands(app: &TestApp) {
    let promises = promises(app).await;
    let report = app.get(format!("{REPORT}?as_at=2013-05-01&count=exact")).without_key().await;
    assert_eq!((report.header("cache-control"), report.header("vary")), (Some("no-cache"), Some("Accept-Encoding")));
    let report = report.expect(200);
    assert_eq!((&report["as_at"], &report["total"]), (&json!("2013-05-01"), &json!(5)));
    assert_eq!(report["summary"], summary(1, 2, 1, 1));
    let told = [("overdue", Some(121)), ("met", None), ("met_late", None), ("overdue", Some(1)), ("due", None)];
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), promises.len());
    for (item, (promise, (status, days))) in items.iter().zip(promises.iter().zip(told)) {
        assert_eq!(item["commitment"], *promise);
        assert_eq!(
            (&item["status"], item.get("days_overdue")),
            (&json!(status), days.map(|days| json!(days)).as_ref())
        );
        let department = app.get(format!("{DEPARTMENTS}/{}", promise["department_id"].as_str().unwrap())).await.json();
        let named = json!({ "id": department["id"], "slug": department["slug"], "name": department["name"] });
        assert_eq!(item["department"], named);
    }
    let before = app.get(format!("{REPORT}?as_at=2000-01-01")).await.expect(200);
    assert_eq!(before["summary"], summary(5, 0, 0, 0));
}

async fn the_report_is_narrowed_and_its_summary_is_of_the_departments(app: &TestApp) {
    let promises = promises(app).await;
    let trade = promises[0]["department_id"].as_str().unwrap();
    for (query, expected, counted) in [
        ("status=overdue", vec![0, 3], summary(1, 2, 1, 1)),
        ("status=due&status=met_late", vec![2, 4], summary(1, 2, 1, 1)),
        ("status=met&department=trade", vec![1], summary(0, 1, 1, 0)),
        ("department=home-office", vec![2, 3, 4], summary(1, 1, 0, 1)),
        (&format!("department={trade}&department=home-office"), vec![0, 1, 2, 3, 4], summary(1, 2, 1, 1)),
        (&format!("department={NOBODY}"), vec![], summary(0, 0, 0, 0)),
    ] {
        let report = app.get(format!("{REPORT}?as_at=2013-05-01&count=exact&{query}")).await.expect(200);
        let items: Vec<&Value> = report["items"].as_array().unwrap().iter().map(|item| &item["commitment"]).collect();
        let expected: Vec<&Value> = expected.into_iter().map(|at: usize| &promises[at]).collect();
        assert_eq!((&items, &report["total"]), (&expected, &json!(expected.len())), "{query}");
        assert_eq!(report["summary"], counted, "{query}");
    }
}

async fn the_report_is_read_page_by_page(app: &TestApp) {
    let promises = promises(app).await;
    let path = format!("{REPORT}?as_at=2013-05-01&limit=1");
    let walked = app.walk(&path).await;
    assert_eq!(walked.iter().map(|item| &item["commitment"]).collect::<Vec<_>>(), promises.iter().collect::<Vec<_>>());
    let cursor = app.get(&path).await.json()["next_cursor"].as_str().unwrap().to_owned();
    app.get(format!("{REPORT}?as_at=2013-05-02&limit=1&cursor={cursor}"))
        .await
        .expect_faults(400, &[("cursor", "invalid-cursor")]);
}

async fn the_report_is_of_today_by_the_services_clock(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Trade")).await;
    let today = app.get(REPORT).await.expect(200)["as_at"].as_str().unwrap().to_owned();
    promise(app, "trade", &today, None).await;
    assert_eq!(app.get(REPORT).await.expect(200)["summary"], summary(1, 0, 0, 0));
    app.pass(Duration::from_secs(24 * 60 * 60));
    let tomorrow = app.get(REPORT).await.expect(200);
    assert_eq!((&tomorrow["summary"], &tomorrow["items"][0]["days_overdue"]), (&summary(0, 1, 0, 0), &json!(1)));
    assert_eq!(app.get(format!("{DEPARTMENTS}/trade/scorecard")).await.expect(200)["as_at"], tomorrow["as_at"]);
}

async fn a_report_that_a_caller_has_is_spared(app: &TestApp) {
    let promises = promises(app).await;
    for path in
        [format!("{REPORT}?as_at=2013-05-01&limit=1"), format!("{DEPARTMENTS}/home-office/scorecard?as_at=2013-05-01")]
    {
        let etag = app.get(&path).await.etag();
        let again = || app.get(&path).header("if-none-match", &etag);
        assert_eq!(again().await.status(), 304);
        // The commitment isn't on the first page, and yet in the summary.
        let own = format!("{DEPARTMENTS}/home-office/commitments/{}", id(&promises[4]));
        app.patch(&own, &json!({ "published_on": "2013-01-01" })).await.expect(200);
        again().await.expect(200);
        app.patch(&own, &json!({ "published_on": null })).await.expect(200);
        assert_eq!(again().await.status(), 304);
    }
}

async fn the_faults_of_a_report_are_told_at_once(app: &TestApp) {
    let refused = app.get(format!("{REPORT}?as_at=2013-05&status=broken&limit=0")).await;
    refused
        .expect_faults(400, &[("as_at", "invalid-format"), ("status", "not-in-vocabulary"), ("limit", "out-of-range")]);
    app.get(format!("{REPORT}?department=nowhere")).await.expect_faults(400, &[("department", "unknown-reference")]);
    app.get(format!("{REPORT}?sort=due_on")).await.expect_faults(400, &[("sort", "unknown-parameter")]);
    app.get(format!("{REPORT}?known_at=2013-05-01T00:00:00Z"))
        .await
        .expect_faults(400, &[("known_at", "unknown-parameter")]);
}

/// Two departments, of which Trade supports ideas in housing until the end of April 2013. It leads a mutual of two sectors, and the Home
/// Office one of housing; another without a department has ended.
async fn supported(app: &TestApp) -> [Value; 2] {
    let [trade, home] = [department("Trade"), department("Home Office")];
    let [trade, home] = [app.create(DEPARTMENTS, &trade).await, app.create(DEPARTMENTS, &home).await];
    let helps = json!({ "stages": ["idea"], "sectors": ["housing"], "active_to": "2013-04-30" });
    app.create(&format!("{DEPARTMENTS}/trade/enablers"), &with(enabler(), helps)).await;
    let of = |name: &str, department: &Value, sectors: &[&str]| {
        with(mutual(name), json!({ "department_id": department["id"], "sectors": sectors }))
    };
    let own = app.create(MUTUALS, &of("Own", &trade, &["housing", "dental"])).await;
    let other = app.create(MUTUALS, &of("Other", &home, &["housing"])).await;
    let ended = app.create(MUTUALS, &with(mutual("Ended"), json!({ "sectors": ["housing"] }))).await;
    app.lead(&ended, &[("withdrawn", "2012")]).await;
    let ask = |day: &str, more: Value| with(with(support_request(), json!({ "requested_on": day })), more);
    for (mutual, request) in [
        (&own, ask("2013-04-01", json!({ "status": "met", "closed_on": "2013-04-11" }))),
        (&own, ask("2013-04-16", json!({}))),
        (
            &other,
            ask("2013-04-29", json!({ "status": "declined", "closed_on": "2013-05-02", "decline_reason": "No." })),
        ),
        (&other, ask("2013-05-02", json!({}))),
    ] {
        app.create(&format!("{MUTUALS}/{}/support-requests", id(mutual)), &request).await;
    }
    [trade, home]
}

async fn the_report_on_support_tells_where_nobody_gives_any(app: &TestApp) {
    supported(app).await;
    let report = app.get(format!("{SUPPORT}?as_at=2013-04-30")).without_key().await.expect(200);
    // The requests had waited for 10, 14 and 1 days; those for dental care for 10 and 14, of which the lesser is told.
    let expected = json!({
        "as_at": "2013-04-30",
        "items": [
            { "stage": "idea", "sector": "dental", "mutuals": 1, "unsupported": 1, "enablers": 0,
              "requests": 2, "open": 1, "median_days": 10 },
            { "stage": "idea", "sector": "housing", "mutuals": 2, "unsupported": 1, "enablers": 1,
              "requests": 3, "open": 2, "median_days": 10 },
        ],
        "holes": [
            { "stage": "idea", "sector": "dental", "mutuals": 1 },
            { "stage": "idea", "sector": "housing", "mutuals": 1 },
        ],
    });
    assert_eq!(report, expected);
}

async fn the_report_on_support_is_of_a_day_and_of_departments(app: &TestApp) {
    let [trade, _] = supported(app).await;
    let housing = async |query: &str| {
        let report = app.get(format!("{SUPPORT}?{query}")).await.expect(200);
        let items = report["items"].as_array().unwrap();
        items.iter().find(|item| item["sector"] == "housing").cloned().unwrap()
    };
    // The enabler's last day has passed, and the fourth request has been made.
    let later = housing("as_at=2013-05-02").await;
    assert_eq!((&later["unsupported"], &later["enablers"]), (&json!(2), &json!(0)));
    assert_eq!((&later["requests"], &later["open"]), (&json!(4), &json!(2)));
    let before = housing("as_at=2013-03-31").await;
    assert_eq!((&before["requests"], &before["open"], before.get("median_days")), (&json!(0), &json!(0), None));
    let own = housing(&format!("as_at=2013-04-30&department={}", id(&trade))).await;
    assert_eq!((&own["mutuals"], &own["unsupported"], &own["requests"]), (&json!(1), &json!(0), &json!(2)));
    let others = housing("as_at=2013-04-30&department=home-office").await;
    assert_eq!((&others["mutuals"], &others["unsupported"], &others["enablers"]), (&json!(1), &json!(1), &json!(0)));
    app.get(format!("{SUPPORT}?as_at=2013-04&stage=idea"))
        .await
        .expect_faults(400, &[("as_at", "invalid-format"), ("stage", "unknown-parameter")]);
    app.get(format!("{SUPPORT}?department=nowhere")).await.expect_faults(400, &[("department", "unknown-reference")]);
}

async fn a_scorecard_sums_up_what_a_department_does(app: &TestApp) {
    promises(app).await;
    let home = app.get(format!("{DEPARTMENTS}/home-office")).await.json();
    let enablers = format!("{DEPARTMENTS}/home-office/enablers");
    for members in [
        json!({ "stages": ["idea", "approved"], "active_to": "2013-05-01" }),
        json!({ "active_from": "2013-05-01" }),
        json!({ "stages": ["idea"], "active_to": "2013-04-30" }),
    ] {
        app.create(&enablers, &with(enabler(), members)).await;
    }
    let mut own = Vec::new();
    for name in ["One", "Two", "Three"] {
        own.push(app.create(MUTUALS, &with(mutual(name), json!({ "department_id": home["id"] }))).await);
    }
    app.lead(&own[2], &[("launched", ""), ("operating", "")]).await;
    app.create(MUTUALS, &mutual("Beside")).await;
    let mut sold = Vec::new();
    for (ends_on, status) in [
        ("2014-05-01", "active"),
        ("2013-05-01", "expired"),
        ("2014-05-02", "active"),
        ("2013-04-30", "expired"),
        ("2013-06-01", "cancelled"),
    ] {
        let mut members = json!({ "starts_on": "2010-01-01", "ends_on": ends_on, "status": status });
        if status == "active" {
            members["latest_ends_on"] = json!("2099-12-31");
        }
        sold.push(app.create(CONTRACTS, &with(contract(id(&own[2]), id(&home)), members)).await);
    }
    let path = format!("{DEPARTMENTS}/home-office/scorecard?as_at=2013-05-01");
    let scorecard = app.get(&path).without_key().await.expect(200);
    assert_eq!(scorecard["department"], json!({ "id": home["id"], "slug": "home-office", "name": "Home Office" }));
    assert_eq!((&scorecard["as_at"], &scorecard["commitments"]), (&json!("2013-05-01"), &summary(1, 1, 0, 1)));
    assert_eq!(scorecard["enablers_active"], 2);
    let stages = scorecard["stages"].as_array().unwrap();
    assert_eq!((stages.len(), &stages[0]["stage"]), (19, &json!("idea")));
    for stage in stages {
        let (mutuals, enablers) = match stage["stage"].as_str().unwrap() {
            "idea" => (2, 2),
            "approved" => (0, 2),
            "operating" => (1, 1),
            _ => (0, 1),
        };
        assert_eq!((&stage["mutuals"], &stage["enablers"]), (&json!(mutuals), &json!(enablers)), "{stage}");
    }
    let ending = |at: usize| {
        let sale: &Value = &sold[at];
        json!({ "id": sale["id"], "title": sale["title"], "mutual_id": own[2]["id"], "ends_on": sale["ends_on"] })
    };
    let expected = json!({ "by": "2014-05-01", "count": 2, "next": [ending(1), ending(0)] });
    assert_eq!(scorecard["contracts_ending"], expected);
    let by_id = app.get(format!("{DEPARTMENTS}/{}/scorecard?as_at=2013-05-01", id(&home))).await;
    assert_eq!(by_id.expect(200), scorecard);

    let path = format!("{DEPARTMENTS}/home-office/scorecard/export.csv?as_at=2013-05-01");
    let table = app.get(&path).without_key().await;
    let told = rows(&table);
    assert!(told.iter().all(|row| row["as_at"] == "2013-05-01" && row["department"] == "home-office"), "{told:?}");
    let value = |group: &str, code: &str, figure: &str| {
        let found = told.iter().filter(|row| row["group"] == group && row["code"] == code && row["figure"] == figure);
        let values: Vec<&str> = found.map(|row| row["value"].as_str()).collect();
        assert_eq!(values.len(), 1, "{group} {code} {figure}");
        values[0].to_owned()
    };
    let figure = |pointer: &str| scorecard.pointer(pointer).unwrap().to_string();
    assert_eq!(value("", "", "enablers_active"), "2");
    for status in ["due", "overdue", "met", "met_late", "kept", "late"] {
        assert_eq!(value("commitments", "", status), figure(&format!("/commitments/{status}")));
    }
    for stage in stages {
        for figure in ["mutuals", "enablers"] {
            assert_eq!(value("stage", stage["stage"].as_str().unwrap(), figure), stage[figure].to_string());
        }
    }
    assert_eq!(value("support_requests", "", "open"), "0");
    assert_eq!(
        (value("contracts_ending", "", "by"), value("contracts_ending", "", "count")),
        ("2014-05-01".to_owned(), "2".to_owned())
    );
    assert_eq!(value("contract", id(&sold[0]), "ends_on"), "2014-05-01");
    assert_eq!(app.get(&path).header("if-none-match", table.etag()).await.status(), 304);
    let marked = app.get(format!("{path}&bom=1")).await;
    assert!(marked.bytes().starts_with(b"\xef\xbb\xbfas_at,department,group,"));
}

async fn a_scorecard_is_of_a_department_that_is_there(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Trade")).await;
    let empty = app.get(format!("{DEPARTMENTS}/trade/scorecard?as_at=9999-12-31")).await.expect(200);
    assert_eq!((&empty["enablers_active"], &empty["contracts_ending"]["count"]), (&json!(0), &json!(0)));
    app.get(format!("{DEPARTMENTS}/trade/scorecard?as_at=2013-05"))
        .await
        .expect_faults(400, &[("as_at", "invalid-format")]);
    for path in ["nowhere/scorecard", "nowhere/scorecard/export.csv"] {
        app.get(format!("{DEPARTMENTS}/{path}")).await.expect_problem(404, "not-found");
    }
    app.get(format!("{DEPARTMENTS}/trade/scorecard/export.csv?as_at=x&bom=x"))
        .await
        .expect_faults(400, &[("as_at", "invalid-format"), ("bom", "invalid-format")]);
    app.delete(format!("{DEPARTMENTS}/trade")).await.expect(204);
    app.get(format!("{DEPARTMENTS}/trade/scorecard")).await.expect_problem(410, "gone");
}

fn rows(table: &kit::Response) -> Vec<BTreeMap<String, String>> {
    assert_eq!((table.status(), table.media_type()), (200, Some("text/csv")), "{table:?}");
    csv::Reader::from_reader(table.bytes()).deserialize().map(Result::unwrap).collect()
}

async fn reports_are_tables_too(app: &TestApp) {
    let promises = promises(app).await;
    for _ in 0..201 {
        promise(app, "trade", "2020-01-01", None).await;
    }
    let table = app.get(format!("{REPORT}/export.csv?as_at=2013-05-01")).without_key().await;
    assert!(table.header("register-seq").is_some());
    let told = rows(&table);
    let listed = app.walk(&format!("{REPORT}?as_at=2013-05-01&limit=200")).await;
    assert_eq!(told.len(), listed.len());
    for (row, item) in told.iter().zip(&listed) {
        let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        for (column, pointer) in [
            ("status", "/status"),
            ("department.slug", "/department/slug"),
            ("commitment.id", "/commitment/id"),
            ("commitment.due_on", "/commitment/due_on"),
            ("commitment.published_on", "/commitment/published_on"),
        ] {
            assert_eq!(row[column], text(pointer), "{column}");
        }
        assert_eq!(row["days_overdue"], item.get("days_overdue").map(Value::to_string).unwrap_or_default());
        assert_eq!(row["as_at"], "2013-05-01");
    }
    let narrowed =
        rows(&app.get(format!("{REPORT}/export.csv?as_at=2013-05-01&status=overdue&department=home-office")).await);
    assert_eq!(narrowed.iter().map(|row| row["commitment.id"].as_str()).collect::<Vec<_>>(), [id(&promises[3])]);
    let empty = app.get(format!("{REPORT}/export.csv?status=met_late&as_at=2000-01-01&bom=true")).await;
    assert!(empty.bytes().starts_with(b"\xef\xbb\xbfas_at,status,days_overdue,department.id,"));
    assert_eq!(empty.text().lines().count(), 1);
    let wrong = app.get(format!("{REPORT}/export.csv?status=lost&as_at=x&limit=2&bom=x")).await;
    wrong.expect_faults(
        400,
        &[
            ("limit", "unknown-parameter"),
            ("as_at", "invalid-format"),
            ("status", "not-in-vocabulary"),
            ("bom", "invalid-format"),
        ],
    );
    app.get(format!("{REPORT}/export.csv?department=nobodys"))
        .await
        .expect_faults(400, &[("department", "unknown-reference")]);

    app.create(MUTUALS, &mutual("Alone")).await;
    let report = app.get(SUPPORT).await.expect(200);
    let table = app.get(format!("{SUPPORT}/export.csv")).await;
    let told = rows(&table);
    assert_eq!(told.len(), report["items"].as_array().unwrap().len());
    assert_eq!(
        (told[0]["stage"].as_str(), told[0]["unsupported"].as_str(), told[0]["median_days"].as_str()),
        ("idea", "1", "")
    );
    let again = app.get(format!("{SUPPORT}/export.csv")).header("if-none-match", table.etag()).await;
    assert_eq!(again.status(), 304);
}

/// More than are read at a time.
async fn the_mutuals_behind_a_figure_are_a_table_too(app: &TestApp) {
    const COUNTED: &str = "/v1/statistics/mutuals";
    app.create(DEPARTMENTS, &department("Trade")).await;
    let of = |number: i64| {
        let members = json!({ "department_id": "trade", "staff_count": number, "staff_counted_on": "2020-01-01" });
        with(mutual(&format!("Mutual, {number}")), members)
    };
    let done = import(app, "resource_type=mutual", ndjson(&(0..1001).map(of).collect::<Vec<_>>())).await;
    assert_eq!(done["created"], 1001);
    app.create(MUTUALS, &mutual("Beside")).await;
    for (query, count) in [("", 1002), ("?department=trade", 1001), ("?has_staff=false", 1), ("?stage=operating", 0)] {
        let joint = if query.is_empty() { '?' } else { '&' };
        let listed = app.walk(&format!("{COUNTED}{query}{joint}limit=200")).await;
        let table = app.get(format!("{COUNTED}/export.csv{query}")).without_key().await;
        assert!(table.header("register-seq").is_some());
        let told = rows(&table);
        assert_eq!((told.len(), listed.len()), (count, count), "{query}");
        for (row, item) in told.iter().zip(&listed) {
            for column in ["id", "slug", "name", "standing", "stage"] {
                assert_eq!(row[column], item[column].as_str().unwrap(), "{column}");
            }
            assert_eq!(row["staff_count"], item.get("staff_count").map(Value::to_string).unwrap_or_default());
        }
    }
    let empty = app.get(format!("{COUNTED}/export.csv?stage=operating&bom=true")).await;
    assert_eq!(empty.text(), "\u{feff}id,slug,name,standing,stage,staff_count\r\n");
    let wrong = app.get(format!("{COUNTED}/export.csv?stage=x&as_at=x&limit=1")).await;
    let faults = [("limit", "unknown-parameter"), ("as_at", "invalid-format"), ("stage", "not-in-vocabulary")];
    wrong.expect_faults(400, &faults);
    app.get(format!("{COUNTED}/export.csv?department=nobodys"))
        .await
        .expect_faults(400, &[("department", "unknown-reference")]);
}
