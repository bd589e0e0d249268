//! Mutuals counted by the values of the filters: as many as the list has.

use kit::TestApp;
use kit::fixture::{MUTUALS, department, id, mutual, with};
use serde_json::{Value, json};

use crate::register_page::with_sample;

kit::on_both! {
    every_count_is_that_of_the_list,
    counts_follow_the_register,
    the_page_has_them_beside_its_filters,
    what_is_no_filter_is_refused,
}

const COUNTS: &str = "/v1/statistics/mutual-counts";
/// The filters whose values are counted, each with the member of a record.
const FILTERS: [(&str, &str); 5] = [
    ("stage", "stage"),
    ("sector", "sectors"),
    ("region", "region"),
    ("legal_form", "legal_form"),
    ("origin_route", "origin_route"),
];

/// The mutuals that the list has.
async fn listed(app: &TestApp, query: &str) -> Vec<Value> {
    let list = app.get(format!("{MUTUALS}?limit=200&{query}")).await.expect(200);
    assert!(list.get("next_cursor").is_none_or(Value::is_null), "more than a page: {query}");
    list["items"].as_array().unwrap().clone()
}

/// The query without the parameters of this name.
fn without(query: &str, name: &str) -> String {
    let others = query.split('&').filter(|pair| pair.split_once('=').is_none_or(|(own, _)| own != name));
    others.collect::<Vec<_>>().join("&")
}

fn has(record: &Value, member: &str, value: &Value) -> bool {
    record[member].as_array().map_or_else(|| record[member] == *value, |several| several.contains(value))
}

fn lacks(record: &Value, member: &str) -> bool {
    record[member].is_null() || record[member].as_array().is_some_and(Vec::is_empty)
}

async fn every_count_is_that_of_the_list(app: &TestApp) {
    let app = &with_sample(app.database().engine());
    let all = listed(app, "").await;
    let department = all.iter().find_map(|record| record["department_id"].as_str()).unwrap();
    let some: Vec<String> = all.iter().step_by(3).map(|record| format!("id={}", id(record))).collect();
    let queries = [
        String::new(),
        "stage=operating".to_owned(),
        "stage=operating&stage=blocked&region=london&region=south_west".to_owned(),
        "sector=libraries_archives&sector=leisure_sport".to_owned(),
        "sector=community_health&legal_form=cic_limited_by_guarantee&origin_route=right_to_request".to_owned(),
        "q=care".to_owned(),
        "q=community+health&stage=operating&region=south_west".to_owned(),
        format!("department={department}"),
        "launched_from=2011&launched_to=2012-06&sector=community_health".to_owned(),
        "staff_count_from=500&staff_count_to=2000".to_owned(),
        "updated_from=2000-01-01T00:00:00Z&stage=operating".to_owned(),
        "q=nobodyhasthisword".to_owned(),
        format!("{}&stage=operating", some.join("&")),
    ];
    let mut greatest = 0;
    for query in &queries {
        let counts = app.get(format!("{COUNTS}?{query}")).without_key().await.expect(200);
        assert_eq!(counts["total"], json!(listed(app, query).await.len()), "{query}");
        for (filter, member) in FILTERS {
            let others = listed(app, &without(query, filter)).await;
            for counted in counts[filter]["values"].as_array().unwrap() {
                let expected = others.iter().filter(|record| has(record, member, &counted["value"])).count();
                assert_eq!(counted["count"], json!(expected), "{query}: {filter} {}", counted["value"]);
                greatest = greatest.max(expected);
            }
            let unknown = others.iter().filter(|record| lacks(record, member)).count();
            assert_eq!(counts[filter]["unknown"], json!(unknown), "{query}: {filter}");
        }
    }
    assert!(greatest > 30, "{greatest}");
}

/// The count of one value.
fn count(counts: &Value, filter: &str, value: &str) -> i64 {
    let values = counts[filter]["values"].as_array().unwrap();
    values.iter().find(|one| one["value"] == value).and_then(|one| one["count"].as_i64()).unwrap()
}

async fn counts_follow_the_register(app: &TestApp) {
    let made = app.create(MUTUALS, &with(mutual("Books"), json!({ "slug": "books", "stage": "idea" }))).await;
    let counts = app.get(COUNTS).await.expect(200);
    assert_eq!((count(&counts, "stage", "idea"), count(&counts, "region", "wales")), (1, 0));
    assert_eq!(counts["origin_route"]["unknown"], json!(1));

    let changes = json!({ "region": "wales", "origin_route": "right_to_provide" });
    app.patch(format!("{MUTUALS}/books"), &changes).if_match("*").await.expect(200);
    let counts = app.get(COUNTS).await.expect(200);
    assert_eq!((count(&counts, "region", "wales"), count(&counts, "origin_route", "right_to_provide")), (1, 1));
    assert_eq!(counts["origin_route"]["unknown"], json!(0));
    let known = app.get(COUNTS).await;
    let tag = known.header("etag").unwrap();
    assert_eq!(app.get(COUNTS).header("if-none-match", tag).await.status(), 304);

    app.delete(format!("{MUTUALS}/{}", id(&made))).if_match("*").await.expect(204);
    let counts = app.get(COUNTS).await.expect(200);
    assert_eq!((counts["total"].as_i64(), count(&counts, "region", "wales")), (Some(0), 0));
}

async fn the_page_has_them_beside_its_filters(app: &TestApp) {
    for (name, members) in [
        ("Books", json!({ "sectors": ["libraries_archives"], "region": "wales" })),
        ("Papers", json!({ "sectors": ["libraries_archives", "culture"], "region": "london" })),
        ("Sports", json!({ "sectors": ["leisure_sport"] })),
    ] {
        app.create(MUTUALS, &with(mutual(name), members)).await;
    }
    let page = app.get("/mutuals?region=wales").without_key().header("accept", "text/html").await;
    let html = page.text();
    for (code, count) in [
        ("Libraries and archives", "(1)"),
        ("Leisure and sport", "(0)"),
        ("Wales", "(1)"),
        ("London", "(1)"),
        ("Not on record:", "1"),
    ] {
        assert!(html.contains(&format!("{code} <span class=\"count\">{count}</span>")), "{code}: {html}");
    }
}

async fn what_is_no_filter_is_refused(app: &TestApp) {
    app.create("/v1/departments", &department("Home Office")).await;
    let refused = app.get(format!("{COUNTS}?sort=name&limit=3&known_at=2020-01-01T00:00:00Z&stage=flying")).await;
    let problem = refused.problem(400);
    let named: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().filter_map(|one| one["parameter"].as_str()).collect();
    for name in ["sort", "limit", "known_at", "stage"] {
        assert!(named.contains(&name), "{name}: {problem:#}");
    }
    app.get(format!("{COUNTS}?department=nobody")).await.problem(400);
    app.get(format!("{COUNTS}?department=home-office")).await.expect(200);
}
