//! What others have published on all mutuals together, beside what the register counts.

use kit::fixture::{MUTUALS, mutual, with};
use kit::{Database, TestApp};
use serde_json::{Value, json};

use crate::statistics::{numbers, rows};

/// A mutual that has been operating since a date.
async fn operating(app: &TestApp, name: &str, since: &str, more: Value) {
    let record = app.create(MUTUALS, &with(with(mutual(name), json!({ "stage": "approved" })), more)).await;
    app.lead(&record, &[("launched", since), ("operating", since)]).await;
}

const PUBLISHED: &str = "/v1/reports/published-figures";

kit::on_both! {
    each_published_figure_stands_beside_the_registers,
    the_register_counts_what_comes_closest,
    the_published_figures_are_a_table_too,
    an_operator_replaces_the_published_figures,
}

async fn published(app: &TestApp) -> Value {
    app.get(PUBLISHED).await.expect(200)
}

fn of<'v>(report: &'v Value, as_on: &str) -> &'v Value {
    let items = report["items"].as_array().unwrap();
    items.iter().find(|item| item["as_on"] == as_on).unwrap_or_else(|| panic!("{as_on}: {report:#}"))
}

/// Compared with `data/published_figures.csv`, line by line.
async fn each_published_figure_stands_beside_the_registers(app: &TestApp) {
    operating(app, "Early", "2009-05", json!({ "staff_count": 40, "staff_counted_on": "2009" })).await;
    let report = published(app).await;
    let told: Vec<Value> =
        report["items"].as_array().unwrap().iter().map(|item| json!([item["as_on"], item["count"]])).collect();
    assert_eq!(
        json!(told),
        json!([
            ["2009", 9],
            ["2010-11-18", 29],
            ["2010", 9],
            ["2012-06-25", 58],
            ["2013-07", 70],
            ["2014-04-30", 66],
            ["2014-07-23", 100],
            ["2015-02-02", 100],
            ["2017", 110],
            ["2018", 115],
            [null, 62]
        ])
    );
    let hundred = of(&report, "2014-07-23");
    assert_eq!((&hundred["staff"], &hundred["scope"]), (&json!(35000), &json!("England and Wales")));
    assert_eq!(hundred["turnover"], json!({ "amount_minor": 150_000_000_000_i64, "currency": "GBP" }));
    assert_eq!(hundred["sources"].as_array().unwrap().len(), 3);
    assert_eq!(hundred["sources"][1]["title"], "LocalGov, 23 July 2014");
    assert_eq!(hundred["register"]["difference"], json!({ "count": -99, "staff": -34960 }));
    assert_eq!(of(&report, "2009")["register"]["as_at"], "2009-12-31");
    assert_eq!(of(&report, "2009")["register"]["difference"], json!({ "count": -8 }));
    let undated = report["items"].as_array().unwrap().last().unwrap();
    assert!(undated["register"].is_null() && undated["sources"].is_array(), "{undated:#}");
    assert_eq!(report["data_file"]["replaced"], false);
}

async fn the_register_counts_what_comes_closest(app: &TestApp) {
    for (name, sector) in [("Nurses", "community_health"), ("Readers", "libraries_archives")] {
        operating(app, name, "2010", json!({ "sectors": [sector] })).await;
    }
    let hopefuls = json!({ "stage": "business_case", "stage_since": "2013", "sectors": ["libraries_archives"] });
    app.create(MUTUALS, &with(mutual("Hopefuls"), hopefuls)).await;
    operating(app, "Unsure", "", json!({ "sectors": ["dental"] })).await;
    let report = published(app).await;
    // Health alone; those whose standing is not known are lacking.
    assert_eq!(numbers(&of(&report, "2010-11-18")["register"]["count"])[0], 1);
    // Emerging and established ones.
    assert_eq!(numbers(&of(&report, "2013-07")["register"]["count"])[0], 3);
    assert_eq!(numbers(&of(&report, "2014-04-30")["register"]["count"])[0], 2);
    for item in report["items"].as_array().unwrap() {
        for figure in ["count", "staff"].map(|name| &item["register"][name]).into_iter().filter(|it| !it.is_null()) {
            let listed = app.walk(&format!("{}&limit=2", figure["url"].as_str().unwrap())).await;
            assert_eq!(json!(listed.len()), figure["records"], "{figure:#}");
        }
    }
    let before = app.get(PUBLISHED).await;
    let tag = before.header("etag").unwrap().to_owned();
    assert_eq!(app.get(PUBLISHED).header("if-none-match", &tag).await.status(), 304);
    operating(app, "Later", "2014-01", json!({})).await;
    let after = app.get(PUBLISHED).header("if-none-match", &tag).await.expect(200);
    assert_eq!(numbers(&of(&after, "2014-04-30")["register"]["count"])[0], 3);
}

async fn the_published_figures_are_a_table_too(app: &TestApp) {
    operating(app, "Early", "2009-05", json!({})).await;
    let report = published(app).await;
    let rows = rows(&app.get(format!("{PUBLISHED}/export.csv")).await);
    let items = report["items"].as_array().unwrap();
    assert_eq!(rows.len(), items.len());
    for (row, item) in rows.iter().zip(items) {
        assert_eq!(row["count"], item["count"].to_string());
        assert_eq!(row["as_on"], item["as_on"].as_str().unwrap_or_default());
        let difference = &item["register"]["difference"]["count"];
        assert_eq!(row["register.difference.count"], difference.as_i64().map(|it| it.to_string()).unwrap_or_default());
    }
    let marked = app.get(format!("{PUBLISHED}/export.csv?bom=1")).await;
    assert!(marked.bytes().starts_with(b"\xef\xbb\xbf"));
    app.get(format!("{PUBLISHED}?as_at=2014-01-01")).await.expect(400);
}

const HEAD: &str = "as_on,count,staff,turnover_gbp,scope,definition,standings,sectors,source,source_title,note\n";

async fn an_operator_replaces_the_published_figures(app: &TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let row = "2026,7,,,Leeds,mutuals of one city,operating,,https://leeds.example/mutuals,\"Leeds, 2026\",\n";
    std::fs::write(folder.path().join("published_figures.csv"), format!("{HEAD}{row}")).unwrap();
    let own = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.data_folder = Some(folder.path().to_owned());
    });
    let report = published(&own).await;
    assert_eq!((&report["items"].as_array().unwrap().len(), &report["data_file"]["replaced"]), (&1, &json!(true)));
    assert_eq!(report["items"][0]["sources"][0]["title"], "Leeds, 2026");
}
