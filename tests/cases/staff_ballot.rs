//! Staff ballots: their counts, what must hold among them, and what follows from them.

use kit::TestApp;
use kit::fixture::{MUTUALS, NOBODY, STAFF_BALLOTS, gloucestershire_ballot, id, mutual, staff_ballot, with, without};
use serde_json::{Value, json};

kit::on_both! {
    gloucestershire_2012_gives_the_figures_that_were_printed,
    counts_that_contradict_each_other_are_refused_where_they_do,
    counts_that_are_possible_are_accepted,
    a_tie_is_said_to_be_a_tie,
    thresholds_are_met_or_not_or_cannot_be_told,
    percentages_are_rounded_half_up_to_two_places,
    spoiled_papers_count_towards_turnout,
    a_ballot_without_counts_is_a_record_all_the_same,
    options_are_named_once_and_counts_name_options,
    later_rounds_belong_to_ranked_ballots,
    a_ballot_is_entered_as_a_draft_and_its_state_is_not_written,
    printed_figures_are_held_against_the_counts,
    a_ballot_closes_after_it_opened_and_is_declared_after_that,
    a_scrutineer_is_somebody,
    the_result_cannot_be_set,
    required_members_are_told_together,
    unknown_options_and_impossible_counts_are_told_together,
}

async fn mutual_id(app: &TestApp) -> String {
    id(&app.create(MUTUALS, &mutual("Balloted")).await).to_owned()
}

/// A ballot of two options with these members.
fn ballot(mutual_id: &str, members: Value) -> Value {
    with(staff_ballot(mutual_id), members)
}

fn counts(yes: i64, no: i64) -> Value {
    json!([{ "option": "yes", "votes": yes }, { "option": "no", "votes": no }])
}

/// The percentages of a result: option (none for turnout), basis, percentage.
fn percentages(record: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let figures = record["result"]["figures"].as_array().unwrap().iter();
    figures.map(|figure| (text(&figure["option"]), text(&figure["basis"]), text(&figure["percent"]))).collect()
}

fn figure(option: &str, basis: &str, percent: &str) -> (String, String, String) {
    (option.to_owned(), basis.to_owned(), percent.to_owned())
}

async fn gloucestershire_2012_gives_the_figures_that_were_printed(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let record = app.create(STAFF_BALLOTS, &gloucestershire_ballot(&mutual)).await;
    let expected = [
        figure("", "turnout", "56.22"),
        figure("nhs_trust", "of_cast", "91.03"),
        figure("nhs_trust", "of_entitled", "51.17"),
        figure("private_partner", "of_cast", "0.31"),
        figure("private_partner", "of_entitled", "0.17"),
    ];
    assert_eq!(percentages(&record), expected);
    let result = &record["result"];
    assert_eq!(result["counts"], "partial");
    assert_eq!(result["leading"], json!(["nhs_trust"]));
    assert_eq!(result["tied"], false);
    assert_eq!(result["figures"][1]["numerator"], 1482);
    assert_eq!(result["figures"][1]["denominator"], 1628);
    assert_eq!(result["figures"][2]["denominator"], 2896);
}

async fn counts_that_contradict_each_other_are_refused_where_they_do(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let refused = [
        (json!({ "roll_size": 10, "papers_issued": 11 }), "/papers_issued"),
        (json!({ "roll_size": 10, "returned": 11 }), "/returned"),
        (json!({ "papers_issued": 10, "returned": 11 }), "/returned"),
        (json!({ "returned": 10, "spoiled": 11 }), "/spoiled"),
        (json!({ "roll_size": 10, "spoiled": 11 }), "/spoiled"),
        (json!({ "returned": 10, "spoiled": 1, "counts": counts(5, 5), "counts_complete": true }), "/counts"),
        (json!({ "returned": 10, "spoiled": 1, "counts": counts(4, 4), "counts_complete": true }), "/counts"),
        (json!({ "returned": 10, "counts": counts(6, 5) }), "/counts"),
        (json!({ "roll_size": 10, "counts": counts(6, 5) }), "/counts"),
        (json!({ "roll_size": 10, "counts": counts(6, 5), "counts_complete": true }), "/counts"),
        (json!({ "counts": [{ "option": "yes", "votes": 1 }], "counts_complete": true }), "/counts_complete"),
    ];
    for (members, pointer) in refused {
        let answer = app.post(STAFF_BALLOTS, &ballot(&mutual, members)).await;
        answer.expect_faults(422, &[(pointer, "inconsistent")]);
    }
    let out_of_range = ballot(&mutual, json!({ "roll_size": -1, "counts": counts(10_000_001, 0) }));
    let expected = [("/roll_size", "out-of-range"), ("/counts/0/votes", "out-of-range")];
    app.post(STAFF_BALLOTS, &out_of_range).await.expect_faults(422, &expected);
    let patched = app.create(STAFF_BALLOTS, &ballot(&mutual, json!({ "roll_size": 10, "returned": 9 }))).await;
    let own = format!("{STAFF_BALLOTS}/{}", id(&patched));
    app.patch(&own, &json!({ "roll_size": 8 })).await.expect_faults(422, &[("/returned", "inconsistent")]);
}

async fn counts_that_are_possible_are_accepted(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let accepted = [
        json!({ "roll_size": 10, "papers_issued": 10, "returned": 10, "spoiled": 0, "counts": counts(10, 0), "counts_complete": true }),
        json!({ "roll_size": 0, "papers_issued": 0, "returned": 0, "spoiled": 0, "counts": counts(0, 0), "counts_complete": true }),
        json!({ "returned": 10, "spoiled": 2, "counts": counts(4, 4), "counts_complete": true }),
        json!({ "returned": 10, "counts": [{ "option": "no", "votes": 10 }] }),
        json!({ "counts": counts(1, 2), "counts_complete": true }),
        json!({ "spoiled": 3 }),
    ];
    for members in accepted {
        app.create(STAFF_BALLOTS, &ballot(&mutual, members)).await;
    }
}

async fn a_tie_is_said_to_be_a_tie(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let tied =
        json!({ "roll_size": 20, "returned": 10, "spoiled": 0, "counts": counts(5, 5), "counts_complete": true });
    let result = app.create(STAFF_BALLOTS, &ballot(&mutual, tied)).await["result"].clone();
    assert_eq!((&result["leading"], &result["tied"]), (&json!(["yes", "no"]), &json!(true)));
    assert_eq!(result["counts"], "complete");
    let open = json!({ "returned": 10, "counts": [{ "option": "yes", "votes": 4 }] });
    let result = app.create(STAFF_BALLOTS, &ballot(&mutual, open)).await["result"].clone();
    assert_eq!(
        (&result["leading"], &result["tied"]),
        (&json!([]), &json!(false)),
        "six unknown votes may all be for the other"
    );
    let nobody = json!({ "counts": counts(0, 0), "counts_complete": true });
    let result = app.create(STAFF_BALLOTS, &ballot(&mutual, nobody)).await["result"].clone();
    assert_eq!(result["leading"], json!([]));
}

async fn thresholds_are_met_or_not_or_cannot_be_told(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let thresholds = json!([
        { "basis": "turnout", "percent": "50" },
        { "basis": "turnout", "percent": "50.01" },
        { "basis": "of_entitled", "percent": "40.00", "option": "yes" },
        { "basis": "of_valid", "percent": "66.67", "option": "yes" },
    ]);
    let one_each = json!([thresholds[0], thresholds[2], thresholds[3]]);
    let members =
        json!({ "roll_size": 300, "returned": 150, "spoiled": 0, "counts": counts(100, 50), "counts_complete": true });
    let met = ballot(&mutual, with(members.clone(), json!({ "thresholds": one_each })));
    let record = app.create(STAFF_BALLOTS, &met).await;
    let outcomes: Vec<&Value> =
        record["result"]["thresholds"].as_array().unwrap().iter().map(|told| &told["outcome"]).collect();
    assert_eq!(outcomes, [&json!("met"), &json!("not_met"), &json!("not_met")], "66.666… is not 66.67");
    assert_eq!(record["thresholds"][0]["percent"], "50.00", "percentages have two places");

    let unknown = ballot(&mutual, json!({ "thresholds": [thresholds[2]] }));
    assert_eq!(app.create(STAFF_BALLOTS, &unknown).await["result"]["thresholds"][0]["outcome"], "unknown");

    let twice = ballot(&mutual, json!({ "thresholds": [thresholds[0], thresholds[1]] }));
    app.post(STAFF_BALLOTS, &twice).await.expect_faults(422, &[("/thresholds/1", "duplicate-item")]);
    let broken = json!([
        { "basis": "turnout", "percent": "50", "option": "yes" },
        { "basis": "of_valid", "percent": "51" },
        { "basis": "of_cast", "percent": "51", "option": "maybe" },
        { "basis": "of_cast", "percent": "100.01", "option": "yes" },
        { "basis": "of_cast", "percent": 51, "option": "no" },
    ]);
    let expected = [
        ("/thresholds/0/option", "inconsistent"),
        ("/thresholds/1/option", "required"),
        ("/thresholds/2/option", "unknown-reference"),
        ("/thresholds/3/percent", "out-of-range"),
        ("/thresholds/4/percent", "invalid-type"),
    ];
    app.post(STAFF_BALLOTS, &ballot(&mutual, json!({ "thresholds": broken }))).await.expect_faults(422, &expected);
}

async fn percentages_are_rounded_half_up_to_two_places(app: &TestApp) {
    let mutual = mutual_id(app).await;
    for (yes, cast, percent) in
        [(1, 3, "33.33"), (2, 3, "66.67"), (1, 80_000, "0.00"), (1, 20_000, "0.01"), (1, 1, "100.00"), (1, 8, "12.50")]
    {
        let members = json!({ "returned": cast, "counts": [{ "option": "yes", "votes": yes }] });
        let record = app.create(STAFF_BALLOTS, &ballot(&mutual, members)).await;
        assert_eq!(percentages(&record), [figure("yes", "of_cast", percent)], "{yes} of {cast}");
    }
}

/// TULRCA 1992 s.297A.
async fn spoiled_papers_count_towards_turnout(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let members =
        json!({ "roll_size": 100, "returned": 50, "spoiled": 10, "counts": counts(30, 10), "counts_complete": true });
    let record = app.create(STAFF_BALLOTS, &ballot(&mutual, members)).await;
    let expected = [
        figure("", "turnout", "50.00"),
        figure("yes", "of_valid", "75.00"),
        figure("yes", "of_cast", "60.00"),
        figure("yes", "of_entitled", "30.00"),
        figure("no", "of_valid", "25.00"),
        figure("no", "of_cast", "20.00"),
        figure("no", "of_entitled", "10.00"),
    ];
    assert_eq!(percentages(&record), expected);
}

async fn a_ballot_without_counts_is_a_record_all_the_same(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let printed = json!([
        { "option": "yes", "percent": "78", "basis": "not_stated" },
        { "option": "yes", "percent": "75.0", "basis": "not_stated" },
    ]);
    let record = app.create(STAFF_BALLOTS, &ballot(&mutual, json!({ "published_figures": printed }))).await;
    for (shown, printed) in record["published_figures"].as_array().unwrap().iter().zip(printed.as_array().unwrap()) {
        assert_eq!(*shown, with(printed.clone(), json!({ "check": "cannot_be_checked" })), "as printed");
    }
    assert_eq!(record["result"]["counts"], "none");
    assert_eq!((&record["result"]["figures"], &record["result"]["leading"]), (&json!([]), &json!([])));
}

async fn options_are_named_once_and_counts_name_options(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let option = |key: &str| json!({ "key": key, "label": "Label", "effect": "other" });
    let none = ballot(&mutual, json!({ "options": [] }));
    app.post(STAFF_BALLOTS, &none).await.expect_faults(422, &[("/options", "too-few")]);
    let twice = ballot(&mutual, json!({ "options": [option("a"), option("b"), option("a")] }));
    app.post(STAFF_BALLOTS, &twice).await.expect_faults(422, &[("/options/2/key", "duplicate-item")]);
    for key in ["", "A", "a-b", "ä", &"a".repeat(41)] {
        let odd = ballot(&mutual, json!({ "options": [option(key)] }));
        assert_eq!(app.post(STAFF_BALLOTS, &odd).await.faults(422)[0].0, "/options/0/key", "{key}");
    }
    let many: Vec<Value> = (0..31).map(|number| option(&format!("option_{number}"))).collect();
    app.post(STAFF_BALLOTS, &ballot(&mutual, json!({ "options": many })))
        .await
        .expect_faults(422, &[("/options", "too-many")]);
    let strange = json!({ "counts": [{ "option": "maybe", "votes": 1 }, { "option": "no", "votes": 1 }, { "option": "no", "votes": 2 }] });
    let expected = [("/counts/0/option", "unknown-reference"), ("/counts/2/option", "duplicate-item")];
    app.post(STAFF_BALLOTS, &ballot(&mutual, strange)).await.expect_faults(422, &expected);
}

async fn later_rounds_belong_to_ranked_ballots(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let rounds = json!({ "later_rounds": [{ "counts": counts(3, 2) }] });
    app.post(STAFF_BALLOTS, &ballot(&mutual, rounds.clone()))
        .await
        .expect_faults(422, &[("/later_rounds", "inconsistent")]);
    let ranked = with(rounds, json!({ "method": "ranked", "returned": 5, "counts": counts(2, 3) }));
    let record = app.create(STAFF_BALLOTS, &ballot(&mutual, ranked.clone())).await;
    assert_eq!(record["result"]["leading"], json!(["yes"]), "the last round tells");
    let too_many = with(ranked, json!({ "returned": 4, "counts": counts(2, 2) }));
    let expected = [("/later_rounds/0/counts", "inconsistent")];
    app.post(STAFF_BALLOTS, &ballot(&mutual, too_many)).await.expect_faults(422, &expected);
}

async fn a_ballot_is_entered_as_a_draft_and_its_state_is_not_written(app: &TestApp) {
    let mutual = mutual_id(app).await;
    for (members, pointer, code) in [
        (json!({ "state": "declared" }), "/state", "inconsistent"),
        (json!({ "state": "hidden" }), "/state", "not-in-vocabulary"),
        (json!({ "void_reason": "Papers were lost" }), "/void_reason", "read-only"),
        (json!({ "superseded_by_id": NOBODY }), "/superseded_by_id", "read-only"),
        (json!({ "corrections": [] }), "/corrections", "read-only"),
    ] {
        app.post(STAFF_BALLOTS, &ballot(&mutual, members)).await.expect_faults(422, &[(pointer, code)]);
    }
    let unsaid = app.create(STAFF_BALLOTS, &without(staff_ballot(&mutual), &["state"])).await;
    assert_eq!(unsaid["state"], "draft");
    let own = format!("{STAFF_BALLOTS}/{}", id(&unsaid));
    app.patch(&own, &json!({ "state": "draft" })).await.expect(200);
    app.patch(&own, &json!({ "state": "declared" })).await.expect_faults(422, &[("/state", "read-only")]);
    let void = json!({ "void_reason": "Papers were lost" });
    app.patch(&own, &void).await.expect_faults(422, &[("/void_reason", "read-only")]);
    let lost = app.post(STAFF_BALLOTS, &staff_ballot(NOBODY)).await;
    lost.expect_faults(422, &[("/mutual_id", "unknown-reference")]);
}

async fn printed_figures_are_held_against_the_counts(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let figure = |percent: &str, basis: &str| {
        let figure = json!({ "option": "yes", "percent": percent, "basis": basis });
        if basis == "turnout" { without(figure, &["option"]) } else { figure }
    };
    let printed =
        [("67", "of_valid"), ("66.6", "of_valid"), ("50", "turnout"), ("60", "of_cast"), ("33.3", "not_stated")];
    let printed: Vec<Value> = printed.into_iter().map(|(percent, basis)| figure(percent, basis)).collect();
    let members =
        json!({ "roll_size": 300, "counts": counts(100, 50), "counts_complete": true, "published_figures": printed });
    let record = app.create(STAFF_BALLOTS, &ballot(&mutual, members)).await;
    let checks = |record: &Value| -> Vec<Value> {
        record["published_figures"].as_array().unwrap().iter().map(|figure| figure["check"].clone()).collect()
    };
    assert_eq!(checks(&record), ["agrees", "disagrees", "cannot_be_checked", "cannot_be_checked", "agrees"]);
    let own = format!("{STAFF_BALLOTS}/{}", id(&record));
    let counted = app.patch(&own, &json!({ "returned": 150, "spoiled": 0 })).await.expect(200);
    assert_eq!(checks(&counted), ["agrees", "disagrees", "agrees", "disagrees", "agrees"]);
    let mut flattered = counted.clone();
    flattered["published_figures"][1]["check"] = json!("agrees");
    let refused = app.put(&own, &flattered).await;
    refused.expect_faults(422, &[("/published_figures/1/check", "read-only")]);
    app.put(&own, &counted).await.expect(200);
}

async fn a_ballot_closes_after_it_opened_and_is_declared_after_that(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let refused = [
        (json!({ "opened_on": "2012-10", "closed_on": "2012-09" }), "/closed_on"),
        (json!({ "closed_on": "2012-10-02", "declared_on": "2012-10-01" }), "/declared_on"),
        (json!({ "opened_on": "2012-10", "declared_on": "2011" }), "/declared_on"),
    ];
    for (members, pointer) in refused {
        app.post(STAFF_BALLOTS, &ballot(&mutual, members)).await.expect_faults(422, &[(pointer, "date-order")]);
    }
    app.create(
        STAFF_BALLOTS,
        &ballot(&mutual, json!({ "opened_on": "2012-10", "closed_on": "2012", "declared_on": "2012-10-01" })),
    )
    .await;
}

async fn a_scrutineer_is_somebody(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let nobody = ballot(&mutual, json!({ "scrutineer": { "appointed_on": "2012-08-01" } }));
    app.post(STAFF_BALLOTS, &nobody).await.expect_faults(422, &[("/scrutineer", "required")]);
    let odd = ballot(&mutual, json!({ "scrutineer": { "name": "A. Counter", "appointed_on": 9, "shoe_size": 9 } }));
    let expected = [("/scrutineer/appointed_on", "invalid-type"), ("/scrutineer/shoe_size", "unknown-member")];
    app.post(STAFF_BALLOTS, &odd).await.expect_faults(422, &expected);
}

async fn the_result_cannot_be_set(app: &TestApp) {
    let mutual = mutual_id(app).await;
    let given = ballot(&mutual, json!({ "result": { "counts": "none" } }));
    app.post(STAFF_BALLOTS, &given).await.expect_faults(422, &[("/result", "read-only")]);
    let record = app.create(STAFF_BALLOTS, &gloucestershire_ballot(&mutual)).await;
    let own = format!("{STAFF_BALLOTS}/{}", id(&record));
    let mut flattered = app.put(&own, &record).await.expect(200);
    flattered["result"]["leading"] = json!(["private_partner"]);
    app.put(&own, &flattered).await.expect_faults(422, &[("/result", "read-only")]);
}

async fn required_members_are_told_together(app: &TestApp) {
    let refused = app.post(STAFF_BALLOTS, &json!({})).await;
    let mut places: Vec<String> =
        refused.faults(422).into_iter().filter(|(_, code)| code == "required").map(|(place, _)| place).collect();
    places.sort();
    assert!(
        ["/kind", "/mode", "/mutual_id", "/options"].iter().all(|place| places.iter().any(|told| told == place)),
        "{refused:?}"
    );
}

async fn unknown_options_and_impossible_counts_are_told_together(app: &TestApp) {
    let made = app.create(MUTUALS, &mutual("Harmonie")).await;
    let impossible = json!({
        "roll_size": 100, "papers_issued": 200, "returned": 50, "spoiled": 5,
        "counts": [{ "option": "nope", "votes": 300 }, { "option": "yes", "votes": 5 }],
    });
    let body = with(staff_ballot(id(&made)), impossible);
    app.post(STAFF_BALLOTS, &body).await.expect_faults(
        422,
        &[("/papers_issued", "inconsistent"), ("/counts", "inconsistent"), ("/counts/0/option", "unknown-reference")],
    );
    // What can't be read elsewhere hides no number of papers.
    let unread =
        json!({ "options": [{ "key": "yes", "label": "Yes", "effect": "leave it" }], "counts": [{ "option": 7 }] });
    let faults = app.post(STAFF_BALLOTS, &with(body, unread)).await.faults(422);
    assert!(faults.contains(&("/papers_issued".to_owned(), "inconsistent".to_owned())), "{faults:?}");
    assert!(faults.contains(&("/options/0/effect".to_owned(), "not-in-vocabulary".to_owned())), "{faults:?}");
    // A sum over a number that is not believed says nothing.
    let negative = json!({ "returned": 5, "spoiled": -1, "counts": [{ "option": "yes", "votes": 50 }] });
    app.post(STAFF_BALLOTS, &with(staff_ballot(id(&made)), negative))
        .await
        .expect_faults(422, &[("/spoiled", "out-of-range")]);
}
