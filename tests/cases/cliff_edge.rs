//! The report on the cliff edge: which contracts end, and what is likely to come after them.

use std::collections::BTreeMap;

use kit::TestApp;
use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, competition, contract, department, id, mutual, with};
use serde_json::{Value, json};

kit::on_both! {
    a_contract_counts_by_its_dates_on_an_earlier_day_and_by_its_status_too_today,
    an_end_known_in_part_counts_from_its_first_day,
    the_next_end_is_that_of_the_extension_once_the_other_has_passed,
    a_leap_day_is_the_end_of_its_month,
    the_totals_are_by_month_sector_and_department_and_list_their_records,
    what_comes_next_is_told_with_its_reason,
    a_reserved_contract_says_when_it_can_be_reserved_again,
    the_staff_are_those_of_a_count_that_may_apply,
    a_competition_that_was_lost_later_is_not_told,
    the_report_is_read_page_by_page_and_is_a_table_too,
    the_report_follows_every_change,
    all_faults_of_the_cliff_edge_are_told_at_once,
}

const CLIFF: &str = "/v1/reports/cliff-edge";

/// A council and a mutual that runs its libraries.
async fn libraries(app: &TestApp) -> [Value; 2] {
    let council = with(department("York"), json!({ "nation": "england" }));
    let libraries = with(mutual("Libraries"), json!({ "sectors": ["libraries_archives"] }));
    [app.create(MUTUALS, &libraries).await, app.create(DEPARTMENTS, &council).await]
}

/// A contract from April 2016 on.
async fn sold(app: &TestApp, [mutual, department]: &[Value; 2], title: &str, members: Value) -> Value {
    let members = with(json!({ "title": title, "starts_on": "2016-04-01", "status": "expired" }), members);
    let mut new = with(contract(id(mutual), id(department)), members);
    new.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    app.create(CONTRACTS, &new).await
}

async fn report(app: &TestApp, query: &str) -> Value {
    app.get(format!("{CLIFF}?{query}")).without_key().await.expect(200)
}

fn titles(report: &Value) -> Vec<&str> {
    report["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn item(app: &TestApp, query: &str, title: &str) -> Value {
    let report = report(app, query).await;
    let found = report["items"].as_array().unwrap().iter().find(|item| item["title"] == title);
    found.unwrap_or_else(|| panic!("{title} is not in {report:#}")).clone()
}

fn counts(report: &Value) -> [i64; 4] {
    ["ending", "later", "without_end", "unclear"].map(|name| report["totals"][name]["count"].as_i64().unwrap())
}

async fn a_contract_counts_by_its_dates_on_an_earlier_day_and_by_its_status_too_today(app: &TestApp) {
    let both = libraries(app).await;
    for status in
        ["planned", "tendering", "award_decided", "standstill", "cancelled", "expired", "terminated_early", "unknown"]
    {
        sold(app, &both, status, json!({ "status": status, "ends_on": "2019-03-31" })).await;
    }
    sold(app, &both, "active", json!({ "status": "active", "ends_on": "2099-03-31" })).await;
    sold(app, &both, "endless", json!({ "status": "active" })).await;
    sold(app, &both, "undated", json!({ "status": "active", "starts_on": null, "ends_on": "2099-03-31" })).await;
    sold(app, &both, "over", json!({})).await;
    sold(app, &both, "signed", json!({ "starts_on": null, "entered_on": "2018-06-30", "ends_on": "2019-12-31" })).await;

    let then = report(app, "as_at=2018-06-30&within_months=24").await;
    assert_eq!((titles(&then), counts(&then)), (vec!["expired", "signed"], [2, 1, 1, 4]));
    assert_eq!(then["totals"]["ending"]["lacking"], 5);
    assert_eq!((&then["until"], &then["within_months"]), (&json!("2020-06-30"), &json!(24)));
    let unclear = report(app, "as_at=2018-06-30&within_months=24&listed=unclear").await;
    assert_eq!(titles(&unclear), ["terminated_early", "unknown", "undated", "over"]);
    // It was not there yet, and then it was over.
    assert_eq!(counts(&report(app, "as_at=2018-06-29&within_months=24").await), [1, 1, 1, 4]);
    assert_eq!(counts(&report(app, "as_at=2016-03-31").await), [0, 0, 0, 1], "only the undated one may have begun");
    assert_eq!(titles(&report(app, "as_at=2019-03-31&within_months=0").await), ["expired"]);
    assert_eq!(titles(&report(app, "as_at=2019-04-01&within_months=12").await), ["signed"]);

    // Today, and later: what is active goes on until its end.
    assert_eq!(counts(&report(app, "within_months=1").await), [0, 2, 1, 0]);
    let future = report(app, "as_at=2098-12-31").await;
    assert_eq!((titles(&future), counts(&future)), (vec!["active", "undated"], [2, 0, 1, 0]));
    assert_eq!(counts(&report(app, "as_at=2099-04-01").await), [0, 0, 1, 0]);
    assert_eq!(future["until"], "2099-12-31", "twelve months where nobody says");
    assert_eq!(report(app, "as_at=9999-12-31&within_months=600").await["until"], "9999-12-31");
}

async fn an_end_known_in_part_counts_from_its_first_day(app: &TestApp) {
    let both = libraries(app).await;
    sold(app, &both, "year", json!({ "ends_on": "2020" })).await;
    sold(app, &both, "month", json!({ "ends_on": "2020-03" })).await;
    sold(app, &both, "day", json!({ "ends_on": "2020-03-31" })).await;
    let later = report(app, "as_at=2019-06-30&within_months=5").await;
    assert_eq!(counts(&later), [0, 3, 0, 0]);
    assert_eq!(titles(&report(app, "as_at=2019-06-30&within_months=7").await), ["year"], "it may end on 1 January");
    let all = report(app, "as_at=2019-06-30&within_months=10").await;
    assert_eq!(titles(&all), ["year", "month", "day"]);
    let left =
        |at: usize| (all["items"][at]["months_left"].clone(), all["items"][at].get("months_left_at_most").cloned());
    assert_eq!(
        [left(0), left(1), left(2)],
        [(json!(6), Some(json!(18))), (json!(8), Some(json!(9))), (json!(9), None),]
    );
    let months: Vec<_> = all["totals"]["by_month"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["month"].clone(), it["contracts"]["count"].clone()))
        .collect();
    assert_eq!(months, [(json!("2020"), json!(1)), (json!("2020-03"), json!(2))]);
    assert!(app.follow(&all["totals"]).await > 6);
    // It counts until the last day on which it may end.
    assert_eq!(titles(&report(app, "as_at=2020-12-31&within_months=0").await), ["year"]);
    assert_eq!(item(app, "as_at=2020-12-31", "year").await["months_left"], 0);
    assert_eq!(counts(&report(app, "as_at=2021-01-01").await), [0, 0, 0, 0]);
}

async fn the_next_end_is_that_of_the_extension_once_the_other_has_passed(app: &TestApp) {
    let both = libraries(app).await;
    sold(app, &both, "extended", json!({ "ends_on": "2020-03-31", "latest_ends_on": "2022-03-31" })).await;
    sold(app, &both, "extension alone", json!({ "latest_ends_on": "2022-03-31" })).await;
    let told = item(app, "as_at=2020-01-01", "extended").await;
    assert_eq!((&told["months_left"], &told["months_left_at_most"]), (&json!(2), &json!(26)));
    assert_eq!((&told["ends_on"], &told["latest_ends_on"]), (&json!("2020-03-31"), &json!("2022-03-31")));
    assert_eq!(counts(&report(app, "as_at=2020-04-01&within_months=23").await), [0, 2, 0, 0]);
    let told = item(app, "as_at=2020-04-01&within_months=24", "extended").await;
    assert_eq!((&told["months_left"], told.get("months_left_at_most")), (&json!(23), None));
    assert_eq!(titles(&report(app, "as_at=2022-03-31&within_months=0").await), ["extended", "extension alone"]);
    assert_eq!(counts(&report(app, "as_at=2022-04-01").await), [0, 0, 0, 0]);
}

async fn a_leap_day_is_the_end_of_its_month(app: &TestApp) {
    let both = libraries(app).await;
    sold(app, &both, "leap", json!({ "ends_on": "2024-02-29" })).await;
    sold(app, &both, "before", json!({ "ends_on": "2025-02-28" })).await;
    assert_eq!(titles(&report(app, "as_at=2023-11-30&within_months=3").await), ["leap"]);
    assert_eq!(titles(&report(app, "as_at=2023-11-29&within_months=2").await), [""; 0]);
    let from_leap = report(app, "as_at=2024-02-29&within_months=12").await;
    assert_eq!((titles(&from_leap), &from_leap["until"]), (vec!["leap", "before"], &json!("2025-02-28")));
    assert_eq!(from_leap["items"][1]["months_left"], 12);
}

async fn the_totals_are_by_month_sector_and_department_and_list_their_records(app: &TestApp) {
    let [both, york] = libraries(app).await;
    let leeds = app.create(DEPARTMENTS, &department("Leeds")).await;
    let culture = with(mutual("Culture"), json!({ "sectors": ["libraries_archives", "culture"], "staff_count": 70 }));
    let culture = app.create(MUTUALS, &culture).await;
    let libraries = [both.clone(), york.clone()];
    sold(app, &libraries, "one", json!({ "ends_on": "2019-03-31" })).await;
    sold(app, &[culture.clone(), york], "two", json!({ "ends_on": "2019-03-01" })).await;
    sold(app, &[culture.clone(), leeds.clone()], "three", json!({ "ends_on": "2019-04-30" })).await;
    sold(app, &[culture, leeds], "four", json!({ "ends_on": "2030-04-30" })).await;
    sold(app, &libraries, "unclear", json!({ "status": "unknown" })).await;
    let told = report(app, "as_at=2018-06-30&count=exact").await;
    assert_eq!((titles(&told), &told["total"]), (vec!["two", "one", "three"], &json!(3)));
    let by = |list: &str, member: &str| {
        let items = told["totals"][list].as_array().unwrap().iter();
        items
            .map(|it| (it[member].as_str().unwrap().to_owned(), it["contracts"]["count"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    let named =
        |items: &[(&str, i64)]| items.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>();
    assert_eq!(by("by_month", "month"), named(&[("2019-03", 2), ("2019-04", 1)]));
    let by_sector = by("by_sector", "sector");
    assert!(
        by_sector.contains(&("libraries_archives".to_owned(), 3)) && by_sector.contains(&("culture".to_owned(), 2))
    );
    assert_eq!(by("by_department", "slug"), named(&[("leeds", 1), ("york", 2)]));
    assert_eq!(app.follow(&told["totals"]).await, 5 + 2 + 2 + 2);

    for (query, expected) in [
        ("department=leeds", vec!["three"]),
        ("department=leeds&department=york&sector=culture", vec!["two", "three"]),
        ("mutual=libraries", vec!["one"]),
        ("ends_in=2019-03", vec!["two", "one"]),
        ("ends_in=2019", vec![]),
        ("listed=later", vec!["four"]),
        ("listed=without_end", vec![]),
        ("listed=unclear&sector=libraries_archives", vec!["unclear"]),
        ("has_staff=true", vec!["two", "three"]),
        (&format!("department={NOBODY}"), vec![]),
    ] {
        let told = report(app, &format!("as_at=2018-06-30&{query}")).await;
        assert_eq!(titles(&told), expected, "{query}");
        app.follow(&told["totals"]).await;
    }
    let culture_alone = report(app, "as_at=2018-06-30&sector=culture").await;
    let sectors = culture_alone["totals"]["by_sector"].as_array().unwrap();
    assert_eq!(sectors.len(), 1, "the report is about this sector");
}

async fn what_comes_next_is_told_with_its_reason(app: &TestApp) {
    let both = libraries(app).await;
    let base = json!({
        "status": "active", "procedure": "pa_open", "starts_on": "2025-09-01", "ends_on": "2027-08-31",
        "cpv_codes": ["92511000-6"], "health_services": false, "value": { "amount_minor": 200_000_000, "currency": "GBP" },
    });
    let of = |members: Value| with(base.clone(), members);
    sold(app, &both, "libraries", of(json!({ "protection": { "kind": "longer_term", "until": "2027-08-31" } }))).await;
    sold(app, &both, "probation", of(json!({ "cpv_codes": ["75231240-8"] }))).await;
    sold(app, &both, "uncoded", of(json!({ "cpv_codes": [] }))).await;
    sold(app, &both, "small", of(json!({ "value": { "amount_minor": 1_000_000, "currency": "GBP" } }))).await;
    let nursing = of(json!({ "health_services": true, "cpv_codes": ["85141000-9"], "procedure": "psr_competitive" }));
    sold(app, &both, "nursing", nursing).await;
    let nowhere = [both[0].clone(), app.create(DEPARTMENTS, &department("Nowhere")).await];
    sold(app, &nowhere, "nowhere", base.clone()).await;
    let told = report(app, "as_at=2026-09-30").await;
    let next = |title: &str| {
        let items = told["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["title"] == title).unwrap();
        let reason = item["next_route_reason"].as_str().unwrap().to_owned();
        let text = |name: &str| item.get(name).map(|it| it.as_str().unwrap().to_owned()).unwrap_or_default();
        (text("next_route"), text("next_route_citation"), reason)
    };
    for (title, route, citation, reason) in [
        ("libraries", "s33", "Procurement Act 2023 s.33", "s.33(6)(a), s.33(6)(b), s.33(6)(c) is not on record"),
        ("probation", "open", "Procurement Act 2023 s.33(1)(a)", "75231240-8"),
        ("uncoded", "unknown", "", "No CPV codes"),
        ("small", "below_threshold", "Procurement Act 2023 Sch. 1", "PPN 005"),
        (
            "nursing",
            "psr_direct_c",
            "Health Care Services (Provider Selection Regime) Regulations 2023 reg. 6(5)",
            "reg. 6(10)",
        ),
        ("nowhere", "unknown", "", "nation"),
    ] {
        let told = next(title);
        assert_eq!((told.0.as_str(), told.1.as_str()), (route, citation), "{told:?}");
        assert!(told.2.contains(reason), "{told:?}");
    }
    // What may have been reserved began more than three years before its end, or less.
    let york = with(department("City of York"), json!({ "nation": "england" }));
    let york = [both[0].clone(), app.create(DEPARTMENTS, &york).await];
    let first = |starts: &str| {
        of(json!({
            "procedure": "unknown", "status": "expired", "starts_on": starts, "ends_on": "2019-03-31",
        }))
    };
    for (starts, route) in [("2014-05-01", "reg77"), ("2016-03-31", "reg77"), ("2016-04-01", "unknown")] {
        let own = sold(app, &york, starts, first(starts)).await;
        let told = item(app, "as_at=2018-06-30&department=city-of-york", starts).await;
        assert_eq!((&told["next_route"], &told["months_left"]), (&json!(route), &json!(9)), "{told:#}");
        app.delete(format!("{CONTRACTS}/{}", id(&own))).await.expect(204);
    }
    let libraries = item(app, "as_at=2026-09-30", "libraries").await;
    assert_eq!(
        (&libraries["protection_kind"], &libraries["protected_until"]),
        (&json!("longer_term"), &json!("2027-08-31"))
    );
    assert_eq!((libraries.get("reservable_again_on"), libraries.get("reservable_again_reason")), (None, None));
}

async fn a_reserved_contract_says_when_it_can_be_reserved_again(app: &TestApp) {
    let both = libraries(app).await;
    let base = json!({
        "status": "active", "procedure": "pa_s33_reserved", "entered_on": "2025-05-28", "starts_on": "2025-06-01",
        "cpv_codes": ["92511000-6"], "health_services": false, "ends_on": "2028-05-31",
    });
    let reserved = sold(app, &both, "reserved", base.clone()).await;
    let told = item(app, "as_at=2026-06-01&within_months=24", "reserved").await;
    assert_eq!((&told["reservable_again_on"], &told["next_route"]), (&json!("2028-05-28"), &json!("s33")), "{told:#}");
    let path = format!("{CONTRACTS}/{}", id(&reserved));
    let compliance = app.get(format!("{path}/compliance")).await.expect(200);
    assert_eq!(compliance["reservable_again_on"], told["reservable_again_on"]);
    app.patch(&path, &json!({ "entered_on": "2025-05" })).await.expect(200);
    let told = item(app, "as_at=2026-06-01&within_months=24", "reserved").await;
    assert_eq!((told.get("reservable_again_on"), &told["next_route"]), (None, &json!("s33")));
    assert!(told["reservable_again_reason"].as_str().unwrap().contains("from 2028-05-01 to 2028-05-31"), "{told:#}");
    let compliance = app.get(format!("{path}/compliance")).await.expect(200);
    assert_eq!(compliance.get("reservable_again_on"), None);
    // Another contract of the mutual with the buyer bars it as its own does.
    app.patch(&path, &json!({ "entered_on": "2025-05-28" })).await.expect(200);
    let beside = with(base, json!({ "procedure": "pa_open", "ends_on": "2027-05-31", "latest_ends_on": "2027-12-31" }));
    sold(app, &both, "beside", beside).await;
    let told = item(app, "as_at=2026-06-01", "beside").await;
    assert_eq!((&told["next_route"], told.get("reservable_again_reason")), (&json!("open"), None), "{told:#}");
    assert_eq!(told["next_route_citation"], "Procurement Act 2023 s.33(5)");

    // The holder of a contract by reg. 77 waits under reg. 77, and not under the Act.
    let youth = json!({
        "procedure": "pcr_reg77_reserved", "awarded_on": "2016-09-15", "starts_on": "2017-02-01", "ends_on": "2020-01-31",
        "cpv_codes": ["92511000-6"], "health_services": false,
    });
    sold(app, &both, "reg. 77", youth.clone()).await;
    let told = item(app, "as_at=2019-06-01", "reg. 77").await;
    assert_eq!(
        (&told["reservable_again_on"], &told["next_route"]),
        (&json!("2019-09-15"), &json!("reg77")),
        "{told:#}"
    );
    let recent = with(
        youth,
        json!({ "awarded_on": "2024-09-15", "starts_on": "2024-12-01", "ends_on": "2027-11-30", "status": "active" }),
    );
    sold(app, &[both[0].clone(), both[1].clone()], "recent", recent).await;
    assert_eq!(item(app, "as_at=2027-01-01", "recent").await["reservable_again_on"], "2025-02-24");
}

async fn the_staff_are_those_of_a_count_that_may_apply(app: &TestApp) {
    let [mutual, york] = libraries(app).await;
    let both = [mutual.clone(), york];
    sold(app, &both, "one", json!({ "ends_on": "2019-03-31" })).await;
    sold(app, &both, "two", json!({ "ends_on": "2019-03-31" })).await;
    let staff = async || {
        let told = report(app, "as_at=2018-06-30").await;
        let items = told["items"].as_array().unwrap();
        let own: Vec<_> =
            items.iter().map(|it| (it.get("staff_count").cloned(), it.get("staff_counted_on").cloned())).collect();
        let total = &told["totals"]["staff"];
        (own, ["total", "records", "lacking"].map(|name| total[name].as_i64().unwrap()))
    };
    assert_eq!(staff().await, (vec![(None, None); 2], [0, 0, 2]));
    let path = format!("{MUTUALS}/{}", id(&mutual));
    app.patch(&path, &json!({ "staff_count": 95, "staff_counted_on": "2018-06" })).await.expect(200);
    assert_eq!(
        staff().await,
        (vec![(Some(json!(95)), Some(json!("2018-06"))); 2], [95, 2, 0]),
        "once for both contracts"
    );
    app.patch(&path, &json!({ "staff_counted_on": "2018-07" })).await.expect(200);
    assert_eq!(staff().await, (vec![(None, None); 2], [0, 0, 2]), "the count is of a later day");
}

async fn a_competition_that_was_lost_later_is_not_told(app: &TestApp) {
    let [mutual, york] = libraries(app).await;
    let ending = sold(app, &[mutual, york.clone()], "one", json!({ "ends_on": "2030-03-31" })).await;
    let path = format!("{CONTRACTS}/{}/competitions", id(&ending));
    let leisure =
        app.create(MUTUALS, &with(kit::fixture::mutual("Leisure"), json!({ "sectors": ["leisure_sport"] }))).await;
    let other = sold(app, &[leisure, york], "other", json!({ "ends_on": "2030-03-31" })).await;
    for (path, members) in [
        (path.clone(), json!({ "decided_on": "2014-12-31", "winner_kind": "private_firm" })),
        (path.clone(), json!({ "decided_on": "2015-01", "winner_kind": "public_body" })),
        (path.clone(), json!({ "decided_on": "2014" })),
        (path.clone(), json!({})),
        (path.clone(), json!({ "decided_on": "2014-01-01", "outcome": "withdrawn" })),
        (format!("{CONTRACTS}/{}/competitions", id(&other)), json!({ "decided_on": "2014-01-01" })),
    ] {
        app.create(&path, &with(with(competition(), json!({ "outcome": "lost" })), members)).await;
    }
    let lost = async |as_at: &str| {
        let told = item(app, &format!("as_at={as_at}&within_months=600"), "one").await["competitions_lost"].clone();
        let listed = app.walk(&format!("{}&limit=2", told["url"].as_str().unwrap())).await;
        assert_eq!(json!(listed.len()), told["count"]);
        (told["count"].as_i64().unwrap(), told["by_winner_kind"].clone())
    };
    let kind = |kind: &str| json!({ "winner_kind": kind, "count": 1 });
    assert_eq!(lost("2016-04-01").await, (3, json!([kind("private_firm"), kind("public_body")])));
    // The contract began in 2016: before, it is not listed on any day.
    let path = format!("{CONTRACTS}/{}", id(&ending));
    app.patch(&path, &json!({ "starts_on": "2010" })).await.expect(200);
    assert_eq!(lost("2014-12-31").await, (2, json!([kind("private_firm")])));
    assert_eq!(lost("2014-12-30").await, (1, json!([])));
    assert_eq!(lost("2013-12-31").await, (0, json!([])));
}

fn rows(table: &kit::Response) -> Vec<BTreeMap<String, String>> {
    assert_eq!((table.status(), table.media_type()), (200, Some("text/csv")), "{table:?}");
    csv::Reader::from_reader(table.bytes()).deserialize().map(Result::unwrap).collect()
}

async fn the_report_is_read_page_by_page_and_is_a_table_too(app: &TestApp) {
    let both = libraries(app).await;
    for (title, ends) in
        [("a", "2019-03"), ("b", "2019-03-01"), ("c", "2019"), ("d", "2019-03-01"), ("e", "2019-02-28")]
    {
        let members = json!({
            "ends_on": ends, "procedure": "pcr_reg77_reserved", "awarded_on": "2016-03",
            "protection": { "kind": "reserved", "until": "2019-03-31" },
        });
        sold(app, &both, title, members).await;
    }
    sold(app, &both, "f", json!({ "status": "unknown" })).await;
    for (query, expected) in
        [("as_at=2018-06-30", "ceabd".chars().collect::<Vec<_>>()), ("as_at=2018-06-30&listed=unclear", vec!['f'])]
    {
        let walked = app.walk(&format!("{CLIFF}?{query}&limit=2")).await;
        let whole = report(app, query).await;
        assert_eq!(json!(walked), whole["items"]);
        assert_eq!(titles(&whole), expected.iter().map(char::to_string).collect::<Vec<_>>());
        let table = app.get(format!("{CLIFF}/export.csv?{query}")).without_key().await;
        assert!(table.header("register-seq").is_some());
        let told = rows(&table);
        assert_eq!(told.len(), walked.len());
        for (row, item) in told.iter().zip(&walked) {
            assert_eq!(row["as_at"], "2018-06-30");
            for (column, cell) in row.iter().filter(|(column, _)| *column != "as_at") {
                let value = item.pointer(&format!("/{}", column.replace('.', "/")));
                let value = value.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
                assert_eq!(*cell, value.unwrap_or_default(), "{column}");
            }
            let told = item.as_object().unwrap().len();
            let columns: std::collections::BTreeSet<_> = row
                .iter()
                .filter(|(_, cell)| !cell.is_empty())
                .map(|(column, _)| column.split('.').next().unwrap())
                .collect();
            assert_eq!(columns.len(), told + 1, "every member has a column, and there is the day");
        }
    }
    let first = app.get(format!("{CLIFF}?as_at=2018-06-30&limit=2")).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = report(app, &format!("as_at=2018-06-30&limit=2&cursor={cursor}")).await;
    assert!(first.get("totals").is_some() && second.get("totals").is_none());
    app.get(format!("{CLIFF}?as_at=2018-07-30&limit=2&cursor={cursor}"))
        .await
        .expect_faults(400, &[("cursor", "invalid-cursor")]);
    let empty = app.get(format!("{CLIFF}/export.csv?as_at=1900-01-01&bom=true")).await;
    assert!(empty.bytes().starts_with(b"\xef\xbb\xbfas_at,id,title,mutual.id,"));
    assert_eq!(empty.text().lines().count(), 1);
}

async fn the_report_follows_every_change(app: &TestApp) {
    let [mutual, york] = libraries(app).await;
    let ending = sold(app, &[mutual.clone(), york.clone()], "one", json!({ "ends_on": "2019-03-31" })).await;
    let path = format!("{CLIFF}?as_at=2018-06-30");
    let etag = app.get(&path).await.etag();
    assert_eq!(app.get(&path).header("if-none-match", &etag).await.status(), 304);
    let own = format!("{CONTRACTS}/{}", id(&ending));
    app.patch(&own, &json!({ "title": "two" })).await.expect(200);
    let changed = app.get(&path).header("if-none-match", &etag).await.expect(200);
    assert_eq!(titles(&changed), ["two"]);
    app.patch(format!("{MUTUALS}/{}", id(&mutual)), &json!({ "sectors": ["culture"] })).await.expect(200);
    assert_eq!(report(app, "as_at=2018-06-30").await["totals"]["by_sector"][0]["sector"], "culture");
    app.patch(format!("{DEPARTMENTS}/{}", id(&york)), &json!({ "name": "City of York" })).await.expect(200);
    assert_eq!(report(app, "as_at=2018-06-30").await["items"][0]["department"]["name"], "City of York");
    app.patch(&own, &json!({ "ends_on": null })).await.expect(200);
    assert_eq!(counts(&report(app, "as_at=2018-06-30").await), [0, 0, 0, 1], "nobody knows when it expired");
    app.delete(&own).await.expect(204);
    assert_eq!(counts(&report(app, "as_at=2018-06-30").await), [0, 0, 0, 0]);
}

async fn all_faults_of_the_cliff_edge_are_told_at_once(app: &TestApp) {
    let query = "as_at=2018&within_months=601&sector=water&listed=soon&ends_in=x&has_staff=maybe&limit=0&horizon=1";
    for (path, limit) in [(CLIFF.to_owned(), "out-of-range"), (format!("{CLIFF}/export.csv"), "unknown-parameter")] {
        app.get(format!("{path}?{query}")).await.expect_faults(
            400,
            &[
                ("as_at", "invalid-format"),
                ("within_months", "out-of-range"),
                ("sector", "not-in-vocabulary"),
                ("listed", "not-in-vocabulary"),
                ("ends_in", "invalid-format"),
                ("has_staff", "invalid-format"),
                ("limit", limit),
                ("horizon", "unknown-parameter"),
            ],
        );
        let nowhere = format!("{path}?department=nowhere");
        app.get(nowhere).await.expect_faults(400, &[("department", "unknown-reference")]);
        app.get(format!("{path}?mutual=nobody")).await.expect_faults(400, &[("mutual", "unknown-reference")]);
        app.get(format!("{path}?within_months=-1")).await.expect_faults(400, &[("within_months", "out-of-range")]);
        let word = app.get(format!("{path}?within_months=soon")).await;
        word.expect_faults(400, &[("within_months", "invalid-format")]);
        assert_eq!(word.json()["errors"][0]["detail"], "expected a whole number from 0 to 600");
    }
}
