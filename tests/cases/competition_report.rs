//! The report on competitions: won and lost by who won, and what is told by a day.

use std::collections::BTreeMap;

use kit::TestApp;
use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, competition, contract, department, id, mutual, with};
use serde_json::{Value, json};

kit::on_both! {
    a_competition_counts_with_its_outcome_from_the_day_of_the_decision,
    the_figures_are_by_who_won_sector_year_and_first_contract,
    whether_a_contract_is_the_first_is_as_its_sources_say,
    the_statistics_say_what_the_reports_say,
    the_competitions_are_a_table_too,
    the_report_follows_competitions_contracts_and_deletions,
    all_faults_of_the_report_on_competitions_are_told_at_once,
}

const REPORT: &str = "/v1/reports/competitions";

async fn sold(app: &TestApp, name: &str, sectors: &[&str], members: Value) -> Value {
    let supplier = app.create(MUTUALS, &with(mutual(name), json!({ "sectors": sectors }))).await;
    let buyer = app.create(DEPARTMENTS, &department(&format!("{name} Council"))).await;
    app.create(CONTRACTS, &with(contract(id(&supplier), id(&buyer)), with(json!({ "title": name }), members))).await
}

async fn held(app: &TestApp, contract: &Value, members: Value) -> Value {
    app.create(&format!("{CONTRACTS}/{}/competitions", id(contract)), &with(competition(), members)).await
}

async fn report(app: &TestApp, query: &str) -> Value {
    app.get(format!("{REPORT}?{query}")).without_key().await.expect(200)
}

fn outcomes(report: &Value) -> Vec<(&str, i64)> {
    let items = report["totals"]["by_outcome"].as_array().unwrap();
    items.iter().map(|it| (it["outcome"].as_str().unwrap(), it["competitions"]["count"].as_i64().unwrap())).collect()
}

fn all_and_lacking(report: &Value) -> [i64; 2] {
    let all = &report["totals"]["competitions"];
    [&all["count"], &all["lacking"]].map(|number| number.as_i64().unwrap())
}

async fn a_competition_counts_with_its_outcome_from_the_day_of_the_decision(app: &TestApp) {
    let own = sold(app, "Leisure", &["leisure_sport"], json!({})).await;
    let members = json!({
        "outcome": "lost", "opened_on": "2014-05", "decided_on": "2015-01-02", "winner_kind": "private_firm",
        "winner_name": "Bright Leisure Limited", "bidders": 3,
    });
    held(app, &own, members).await;
    let on = async |day: &str| report(app, &format!("as_at={day}&count=exact")).await;
    assert_eq!(
        (all_and_lacking(&on("2014-04-30").await), on("2014-04-30").await["items"].clone()),
        ([0, 0], json!([]))
    );
    let open = on("2015-01-01").await;
    assert_eq!(outcomes(&open), [("open", 1)]);
    let told = &open["items"][0];
    assert_eq!((&told["outcome"], &told["opened_on"]), (&json!("open"), &json!("2014-05")));
    for later in ["decided_on", "winner_kind", "winner_name", "bidders"] {
        assert_eq!(told.get(later), None, "{later} came later");
    }
    let lost = on("2015-01-02").await;
    assert_eq!(outcomes(&lost), [("lost", 1)]);
    let told = &lost["items"][0];
    assert_eq!(
        (&told["decided_on"], &told["winner_kind"], &told["bidders"]),
        (&json!("2015-01-02"), &json!("private_firm"), &json!(3))
    );

    // Without a day of the decision it is not known by an earlier day, and as known today.
    held(app, &own, json!({ "outcome": "won_by_mutual" })).await;
    held(app, &own, json!({ "outcome": "withdrawn", "opened_on": "2016-01-01" })).await;
    held(app, &own, json!({ "outcome": "open" })).await;
    held(app, &own, json!({ "outcome": "not_bidding", "decided_on": "2019" })).await;
    let then = on("2015-01-02").await;
    assert_eq!((outcomes(&then), all_and_lacking(&then)), (vec![("lost", 1)], [1, 3]));
    let unclear = report(app, "as_at=2015-01-02&unclear=true").await;
    assert_eq!(unclear["items"].as_array().unwrap().len(), 3);
    assert!(unclear["items"].as_array().unwrap().iter().all(|item| item.get("outcome").is_none()));
    let today = report(app, "").await;
    let expected = [("open", 1), ("won_by_mutual", 1), ("lost", 1), ("withdrawn", 1), ("not_bidding", 1)];
    assert_eq!((outcomes(&today), all_and_lacking(&today)), (expected.to_vec(), [5, 0]));
    assert_eq!(outcomes(&report(app, "as_at=2099-01-01").await), expected);
    for told in [&then, &today] {
        app.follow(&told["totals"]).await;
    }
}

async fn the_figures_are_by_who_won_sector_year_and_first_contract(app: &TestApp) {
    let first = sold(app, "Leisure", &["leisure_sport", "culture"], json!({ "entered_on": "2010-01-01" })).await;
    let vague = sold(app, "Libraries", &["libraries_archives"], json!({})).await;
    for (contract, outcome, day, winner) in [
        (&first, "lost", "2015-01-02", "private_firm"),
        (&first, "lost", "2015", "private_firm"),
        (&first, "won_by_mutual", "2016-01-02", ""),
        (&first, "subcontractor", "2016-02", "joint_venture"),
        (&first, "abandoned", "2017", ""),
        (&vague, "lost", "2016", ""),
        (&vague, "unknown", "2016-12-31", "public_body"),
        (&vague, "lost", "", "charity"),
    ] {
        let mut members = json!({ "outcome": outcome });
        for (name, value) in [("decided_on", day), ("winner_kind", winner)] {
            if !value.is_empty() {
                members[name] = json!(value);
            }
        }
        held(app, contract, members).await;
    }
    let told = report(app, "").await;
    let by = |list: &str, member: &str| {
        let items = told["totals"][list].as_array().unwrap();
        let row = |it: &Value| {
            let name = it[member].as_str().map_or_else(|| it[member].to_string(), str::to_owned);
            (name, ["won", "lost", "open", "other"].map(|result| it[result]["count"].as_i64().unwrap()))
        };
        items.iter().map(row).collect::<BTreeMap<_, _>>()
    };
    let named =
        |rows: &[(&str, [i64; 4])]| rows.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect::<BTreeMap<_, _>>();
    assert_eq!(
        by("by_winner_kind", "winner_kind"),
        named(&[
            ("private_firm", [0, 2, 0, 0]),
            ("mutual", [1, 0, 0, 0]),
            ("joint_venture", [0, 0, 0, 1]),
            ("public_body", [0, 0, 0, 1]),
            ("charity", [0, 1, 0, 0]),
        ])
    );
    assert_eq!(
        by("by_sector", "sector"),
        named(&[("leisure_sport", [1, 2, 0, 2]), ("culture", [1, 2, 0, 2]), ("libraries_archives", [0, 2, 0, 1]),])
    );
    assert_eq!(by("by_year", "year"), named(&[("2015", [0, 2, 0, 0]), ("2016", [1, 1, 0, 2]), ("2017", [0, 0, 0, 1])]));
    assert_eq!(by("by_first_contract", "first_contract"), named(&[("yes", [1, 2, 0, 2]), ("unknown", [0, 2, 0, 1])]));
    let left_out =
        json!({ "winner_kind": { "won": 0, "lost": 1, "other": 0 }, "year": { "won": 0, "lost": 1, "other": 0 } });
    assert_eq!(told["totals"]["left_out"], left_out);
    assert!(app.follow(&told["totals"]).await > 40);
    for (query, count) in [
        ("sector=culture", 5),
        ("mutual=libraries", 3),
        ("department=leisure-council&outcome=lost", 2),
        ("winner_kind=charity&winner_kind=mutual", 2),
        ("decided_in=2016", 4),
        ("decided_in=2016-12-31", 1),
        ("first_contract=unknown&outcome=lost", 2),
    ] {
        let told = report(app, &format!("{query}&count=exact")).await;
        assert_eq!(told["total"], count, "{query}");
        app.follow(&told["totals"]).await;
    }
}

async fn whether_a_contract_is_the_first_is_as_its_sources_say(app: &TestApp) {
    let own = sold(app, "Leisure", &["leisure_sport"], json!({ "entered_on": "2010-01-01" })).await;
    held(app, &own, json!({ "outcome": "open" })).await;
    let first = async || report(app, "").await["items"][0]["first_contract"].clone();
    assert_eq!(first().await, "yes");
    let path = format!("{CONTRACTS}/{}", id(&own));
    app.patch(&path, &json!({ "first_contract": "no" })).await.expect(200);
    assert_eq!(first().await, "no", "the sources know of others");
    app.patch(&path, &json!({ "first_contract": "unknown", "entered_on": null })).await.expect(200);
    assert_eq!(first().await, "unknown");
    app.patch(&path, &json!({ "first_contract": "yes" })).await.expect(200);
    assert_eq!(first().await, "yes");
    // An earlier contract takes the first place.
    app.patch(&path, &json!({ "first_contract": null, "entered_on": "2010-01-01" })).await.expect(200);
    let earlier = with(
        contract(own["mutual_id"].as_str().unwrap(), own["department_id"].as_str().unwrap()),
        json!({ "entered_on": "2009" }),
    );
    app.create(CONTRACTS, &earlier).await;
    assert_eq!(first().await, "no");
}

async fn the_statistics_say_what_the_reports_say(app: &TestApp) {
    let term = json!({ "status": "expired", "starts_on": "2014-01-01", "ends_on": "2016-03-31" });
    let own = sold(app, "Leisure", &["leisure_sport", "culture"], term).await;
    sold(app, "Libraries", &["libraries_archives"], json!({ "status": "unknown" })).await;
    held(app, &own, json!({ "outcome": "lost", "decided_on": "2015-05", "winner_kind": "charity" })).await;
    held(app, &own, json!({ "outcome": "lost", "opened_on": "2015-05-02", "decided_on": "2016" })).await;
    held(app, &own, json!({ "outcome": "withdrawn" })).await;
    let told = app.get("/v1/statistics?as_at=2015-05-02").await.expect(200);
    let figure = |figure: &Value| ["count", "lacking"].map(|name| figure[name].as_i64().unwrap());
    assert_eq!(figure(&told["contracts_ending"]), [1, 1]);
    let competitions = &told["competitions"];
    assert_eq!(
        ["won", "lost", "open", "other"].map(|name| figure(&competitions[name])),
        [[0, 1], [1, 1], [1, 1], [0, 1]]
    );
    let by_winner = told["competitions_by_winner_kind"].as_array().unwrap();
    assert_eq!((by_winner.len(), &by_winner[0]["winner_kind"]), (1, &json!("charity")));
    assert_eq!(figure(&by_winner[0]["lost"]), [1, 0]);
    for part in ["contracts_ending", "competitions", "competitions_by_winner_kind"] {
        assert!(app.follow(&told[part]).await > 0, "{part}");
    }
    let table = app.get("/v1/statistics/export.csv?as_at=2015-05-02").await;
    for row in [
        "2015-05-02,,,,contracts_ending,,1,1,1,",
        "2015-05-02,winner_kind,charity,,lost,,1,1,0,",
        "2015-05-02,competitions,,,open,,1,1,1,",
    ] {
        assert!(table.text().contains(row), "{row} is not in {}", table.text());
    }
    let today = app.get("/v1/statistics").await.expect(200);
    assert_eq!(figure(&today["competitions"]["other"]), [1, 0]);
    assert_eq!(figure(&today["contracts_ending"]), [0, 1]);
}

async fn the_competitions_are_a_table_too(app: &TestApp) {
    let own = sold(app, "Leisure", &["leisure_sport", "culture"], json!({})).await;
    for day in 1..=7 {
        let members = json!({ "outcome": "lost", "opened_on": "2014", "decided_on": format!("2015-01-0{day}"), "winner_name": "=Firm" });
        held(app, &own, members).await;
    }
    let query = "as_at=2015-01-05";
    let walked = app.walk(&format!("{REPORT}?{query}&limit=2")).await;
    assert_eq!(json!(walked), report(app, query).await["items"]);
    let table = app.get(format!("{REPORT}/export.csv?{query}")).without_key().await;
    assert!(table.header("register-seq").is_some());
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_reader(table.bytes()).deserialize().map(Result::unwrap).collect();
    assert_eq!((rows.len(), walked.len()), (7, 7));
    for (row, item) in rows.iter().zip(&walked) {
        assert_eq!(row["as_at"], "2015-01-05");
        for (column, cell) in row.iter().filter(|(column, _)| *column != "as_at") {
            let value = item.pointer(&format!("/{}", column.replace('.', "/")));
            let value = value.map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
            // A spreadsheet would take it for a formula.
            let value = value.map(|text| text.replace("=Firm", "'=Firm"));
            assert_eq!(*cell, value.unwrap_or_default(), "{column}");
        }
    }
    let narrowed = app.get(format!("{REPORT}/export.csv?{query}&outcome=open")).await;
    assert_eq!(narrowed.text().lines().count(), 1 + 2);
}

async fn the_report_follows_competitions_contracts_and_deletions(app: &TestApp) {
    let own = sold(app, "Leisure", &["leisure_sport"], json!({})).await;
    let race = held(app, &own, json!({ "outcome": "open" })).await;
    let etag = app.get(REPORT).await.etag();
    assert_eq!(app.get(REPORT).header("if-none-match", &etag).await.status(), 304);
    let path = format!("{CONTRACTS}/{}/competitions/{}", id(&own), id(&race));
    app.patch(&path, &json!({ "outcome": "lost", "winner_kind": "charity" })).await.expect(200);
    let changed = app.get(REPORT).header("if-none-match", &etag).await.expect(200);
    assert_eq!(outcomes(&changed), [("lost", 1)]);
    let other = app.create(MUTUALS, &with(mutual("Dental"), json!({ "sectors": ["dental"] }))).await;
    app.patch(format!("{CONTRACTS}/{}", id(&own)), &json!({ "mutual_id": other["id"] })).await.expect(200);
    assert_eq!(report(app, "").await["totals"]["by_sector"][0]["sector"], "dental");
    app.delete(&path).await.expect(204);
    assert_eq!(all_and_lacking(&report(app, "").await), [0, 0]);
}

async fn all_faults_of_the_report_on_competitions_are_told_at_once(app: &TestApp) {
    let query = "as_at=x&outcome=won&winner_kind=firm&first_contract=maybe&decided_in=soon&unclear=2&page=2";
    for path in [REPORT.to_owned(), format!("{REPORT}/export.csv")] {
        app.get(format!("{path}?{query}")).await.expect_faults(
            400,
            &[
                ("as_at", "invalid-format"),
                ("outcome", "not-in-vocabulary"),
                ("winner_kind", "not-in-vocabulary"),
                ("first_contract", "not-in-vocabulary"),
                ("decided_in", "invalid-format"),
                ("unclear", "invalid-format"),
                ("page", "unknown-parameter"),
            ],
        );
        app.get(format!("{path}?mutual=nobody")).await.expect_faults(400, &[("mutual", "unknown-reference")]);
    }
}
