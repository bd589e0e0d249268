//! Mutuals.

use kit::TestApp;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, contract, department, id, mutual, staff_ballot, with,
};
use serde_json::{Value, json};

kit::on_both! {
    a_new_mutual_is_an_idea_of_which_nothing_is_known,
    a_name_differing_only_by_case_is_taken,
    a_name_that_looks_like_another_is_taken,
    names_that_can_be_told_apart_are_two,
    a_text_of_invisible_characters_is_empty,
    sectors_are_at_least_one_and_each_once,
    a_word_that_is_no_sector_names_the_nearest,
    a_word_never_points_to_another_legal_meaning,
    the_course_of_a_mutual_is_not_written_by_hand,
    a_mutual_is_entered_in_any_stage_before_launch,
    staff_are_counted_before_they_are_dated,
    other_parents_need_a_lead_and_are_each_named_once,
    references_lead_to_records,
    tests_are_met_or_not_or_unknown,
    sources_say_something,
    a_mutual_with_ballots_and_contracts_stays,
    a_mutual_that_succeeded_another_stays,
    an_unset_member_is_left_out_of_the_answer,
    numbers_are_whole_and_written_as_json_likes,
    a_website_is_a_web_address,
}

async fn parents(app: &TestApp) -> [Value; 3] {
    let mut found = Vec::new();
    for name in ["Lead body", "Second body", "Third body"] {
        found.push(app.create(DEPARTMENTS, &department(name)).await);
    }
    found.try_into().unwrap()
}

async fn a_new_mutual_is_an_idea_of_which_nothing_is_known(app: &TestApp) {
    let record = app.create(MUTUALS, &mutual("Idea")).await;
    assert_eq!(record["stage"], "idea");
    let tests = record["tests"].as_object().unwrap();
    assert_eq!(tests.len(), 6);
    assert!(tests.values().all(|outcome| outcome == "unknown"));
    for list in ["identifiers", "other_department_ids", "sources"] {
        assert_eq!(record[list], json!([]), "{list}");
    }
}

/// What takes no room is taken away, and letters of other scripts count as the Latin ones that they look like.
async fn a_name_that_looks_like_another_is_taken(app: &TestApp) {
    let first = app.create(MUTUALS, &mutual("Cal\u{ad}der Libraries\u{feff}")).await;
    assert_eq!(first["name"], "Calder Libraries");
    for name in [
        "Calder\u{200b} Libraries",
        "Calder\u{2800}Libraries",
        "\u{2060}Calder Lib\u{fe0f}raries",
        "\u{421}\u{430}lder Libraries",
        "\u{ff23}alder Libraries",
        "Ca\u{4c0}der Libraries",
    ] {
        let problem = app.post(MUTUALS, &mutual(name)).await.expect_problem(409, "name-taken");
        assert_eq!(problem["conflicts"][0]["id"], first["id"], "{name}");
    }
    let found = app.column(&format!("{MUTUALS}?q=cal%C2%ADder&sort=name"), "name").await;
    assert_eq!(found, ["Calder Libraries"]);
}

async fn names_that_can_be_told_apart_are_two(app: &TestApp) {
    for name in ["Modern", "Modem", "T\u{177} Modern", "T\u{177} Modem", "Bill", "Bi11", "Caf\u{e9}", "Cafe"] {
        app.create(MUTUALS, &mutual(name)).await;
    }
}

async fn a_text_of_invisible_characters_is_empty(app: &TestApp) {
    let blank = with(mutual("\u{2800}"), json!({"slug": "blank", "description": "\u{3164}\n\u{ad}"}));
    app.post(MUTUALS, &blank).await.expect_faults(422, &[("/description", "empty"), ("/name", "empty")]);
    let reordered = with(mutual("Calder\u{202e}"), json!({"slug": "reordered"}));
    app.post(MUTUALS, &reordered).await.expect_faults(422, &[("/name", "invalid-character")]);
}

/// People read « Harmonie » and « HARMONIE » as the same mutual.
async fn a_name_differing_only_by_case_is_taken(app: &TestApp) {
    let first = app.create(MUTUALS, &mutual("Harmonie")).await;

    let refused = app.post(MUTUALS, &mutual("HARMONIE")).await;

    let problem = refused.expect_problem(409, "name-taken");
    assert_eq!(problem["conflicts"][0]["id"], first["id"]);
    app.put(format!("{MUTUALS}/harmonie"), &mutual("HARMONIE")).await.expect(200);
    let other = app.create(MUTUALS, &mutual("Concordia")).await;
    let refused = app.put(format!("{MUTUALS}/{}", id(&other)), &mutual("harmonie")).await;
    refused.expect_problem(409, "name-taken");
}

async fn sectors_are_at_least_one_and_each_once(app: &TestApp) {
    let sectors = |sectors: Value| with(mutual("Sectors"), json!({ "sectors": sectors }));
    app.post(MUTUALS, &sectors(json!([]))).await.expect_faults(422, &[("/sectors", "too-few")]);
    app.post(MUTUALS, &sectors(json!(null))).await.expect_faults(422, &[("/sectors", "invalid-type")]);
    app.post(MUTUALS, &json!({ "name": "Sectors" })).await.expect_faults(422, &[("/sectors", "required")]);
    app.post(MUTUALS, &sectors(json!("culture"))).await.expect_faults(422, &[("/sectors", "invalid-type")]);
    let repeated = sectors(json!(["culture", "housing", "culture"]));
    app.post(MUTUALS, &repeated).await.expect_faults(422, &[("/sectors/2", "duplicate-item")]);
    let mixed = sectors(json!([1, "culture", "castle", "culture"]));
    let expected =
        [("/sectors/0", "invalid-type"), ("/sectors/2", "not-in-vocabulary"), ("/sectors/3", "duplicate-item")];
    app.post(MUTUALS, &mixed).await.expect_faults(422, &expected);
    let record = app.create(MUTUALS, &sectors(json!(["housing", "culture"]))).await;
    assert_eq!(record["sectors"], json!(["housing", "culture"]), "the order is kept");
}

async fn a_word_that_is_no_sector_names_the_nearest(app: &TestApp) {
    let refused = app.post(MUTUALS, &with(mutual("Books"), json!({ "sectors": ["libraries_archive"] }))).await;
    refused.expect_faults(422, &[("/sectors/0", "not-in-vocabulary")]);
    let detail = refused.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("libraries_archives"), "{detail}");
}

async fn a_word_never_points_to_another_legal_meaning(app: &TestApp) {
    let cics = "did you mean `cic_limited_by_guarantee`, `cic_limited_by_shares` or `cic_unspecified`?";
    for (form, expected) in [
        ("cic", cics),
        ("Community Interest Company", cics),
        ("CIO", "did you mean `cio`?"),
        ("llc", "expected one of `cic_limited_by_guarantee`"),
        ("incorporated", "expected one of `cic_limited_by_guarantee`"),
    ] {
        let refused = app.post(MUTUALS, &with(mutual("Forms"), json!({ "legal_form": form }))).await;
        refused.expect_faults(422, &[("/legal_form", "not-in-vocabulary")]);
        let detail = refused.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(expected), "{form}: {detail}");
    }
    let refused = app.get("/v1/contracts?procedure=reserved").await;
    refused.expect_faults(400, &[("procedure", "not-in-vocabulary")]);
    assert!(refused.text().contains("`pcr_reg77_reserved` or `pa_s33_reserved`"), "{}", refused.text());
}

async fn the_course_of_a_mutual_is_not_written_by_hand(app: &TestApp) {
    let dated =
        with(mutual("Dated"), json!({ "launched_on": "2012", "ended_on": "2013", "launch_override_reason": "So." }));
    app.post(MUTUALS, &dated).await.expect_faults(
        422,
        &[("/launched_on", "read-only"), ("/ended_on", "read-only"), ("/launch_override_reason", "read-only")],
    );
    let entered = with(mutual("Entered"), json!({ "stage": "approved", "stage_since": "2012-03" }));
    let record = app.create(MUTUALS, &entered).await;
    assert_eq!((&record["stage"], &record["stage_since"]), (&json!("approved"), &json!("2012-03")));
    let own = format!("{MUTUALS}/{}", id(&record));
    let moved = json!({ "stage": "launched", "stage_since": "2012-04", "launched_on": "2012-04" });
    let read_only = [("/stage", "read-only"), ("/stage_since", "read-only"), ("/launched_on", "read-only")];
    app.patch(&own, &moved).await.expect_faults(422, &read_only);
    app.put(&own, &with(mutual("Entered"), moved)).await.expect_faults(422, &read_only);
    app.patch(&own, &json!({ "successor_id": id(&record) }))
        .await
        .expect_faults(422, &[("/successor_id", "inconsistent")]);

    let ended = app.lead(&record, &[("launched", "2012-04"), ("operating", ""), ("closed", "2014-05-01")]).await;
    assert_eq!(ended["launched_on"], "2012-04");
    assert_eq!(
        (&ended["stage"], &ended["stage_since"], &ended["ended_on"]),
        (&json!("closed"), &json!("2014-05-01"), &json!("2014-05-01"))
    );
    let kept = app.put(&own, &mutual("Entered")).await.expect(200);
    for member in ["stage", "stage_since", "launched_on", "ended_on"] {
        assert_eq!(kept[member], ended[member], "{member}");
    }
}

async fn a_mutual_is_entered_in_any_stage_before_launch(app: &TestApp) {
    let stages =
        kit::Contract::of_the_service().document()["components"]["schemas"]["Stage"]["x-extensible-enum"].clone();
    let stages = stages.as_array().unwrap();
    assert_eq!(stages.len(), 19);
    for (at, stage) in stages.iter().enumerate() {
        let answer = app.post(MUTUALS, &with(mutual(stage.as_str().unwrap()), json!({ "stage": stage }))).await;
        if at < 7 {
            assert_eq!(answer.expect(201)["stage"], *stage);
        } else {
            answer.expect_faults(422, &[("/stage", "inconsistent")]);
        }
    }
    let refused = app.post(MUTUALS, &with(mutual("Dream"), json!({ "stage": "dream" }))).await;
    refused.expect_faults(422, &[("/stage", "not-in-vocabulary")]);
}

async fn staff_are_counted_before_they_are_dated(app: &TestApp) {
    let staffed = |members: Value| with(mutual("Staffed"), members);
    let refused = [
        (json!({ "staff_counted_on": "2012" }), "/staff_counted_on", "inconsistent"),
        (json!({ "staff_count": -1 }), "/staff_count", "out-of-range"),
        (json!({ "staff_count": 10_000_001 }), "/staff_count", "out-of-range"),
        (json!({ "staff_count": 1.5 }), "/staff_count", "invalid-type"),
        (json!({ "staff_count": "12" }), "/staff_count", "invalid-type"),
    ];
    for (members, pointer, code) in refused {
        app.post(MUTUALS, &staffed(members)).await.expect_faults(422, &[(pointer, code)]);
    }
    let beyond = app.get("/v1/mutuals?staff_count_from=-1&staff_count_to=10000001").await;
    beyond.expect_faults(400, &[("staff_count_from", "out-of-range"), ("staff_count_to", "out-of-range")]);
    assert_eq!(
        app.create(MUTUALS, &staffed(json!({ "staff_count": 0, "staff_counted_on": "2012" }))).await["staff_count"],
        0
    );
}

async fn other_parents_need_a_lead_and_are_each_named_once(app: &TestApp) {
    let [lead, second, _] = parents(app).await;
    let child = |members: Value| with(mutual("Child"), members);
    let lonely = child(json!({ "other_department_ids": [second["id"]] }));
    app.post(MUTUALS, &lonely).await.expect_faults(422, &[("/department_id", "required")]);
    let twice = child(json!({ "department_id": lead["id"], "other_department_ids": [second["id"], second["id"]] }));
    app.post(MUTUALS, &twice).await.expect_faults(422, &[("/other_department_ids/1", "duplicate-item")]);
    let lead_again = child(json!({ "department_id": lead["id"], "other_department_ids": [second["id"], lead["id"]] }));
    app.post(MUTUALS, &lead_again).await.expect_faults(422, &[("/other_department_ids/1", "duplicate-item")]);
}

async fn references_lead_to_records(app: &TestApp) {
    let [lead, ..] = parents(app).await;
    let lost = json!({
        "department_id": lead["id"], "other_department_ids": [NOBODY], "successor_id": NOBODY, "region": "mars",
    });
    let refused = app.post(MUTUALS, &with(mutual("Lost"), lost)).await;
    refused.expect_faults(
        422,
        &[
            ("/other_department_ids/0", "unknown-reference"),
            ("/successor_id", "inconsistent"),
            ("/region", "not-in-vocabulary"),
        ],
    );
    app.create(MUTUALS, &with(mutual("Found"), json!({ "department_id": lead["id"] }))).await;
    let patch = json!({ "department_id": NOBODY });
    app.patch(format!("{MUTUALS}/found"), &patch).await.expect_faults(422, &[("/department_id", "unknown-reference")]);
    let itself = app.get(format!("{MUTUALS}/found")).await.expect(200);
    let itself = app.lead(&itself, &[("withdrawn", "2012")]).await;
    let patch = json!({ "successor_id": itself["id"] });
    app.patch(format!("{MUTUALS}/found"), &patch).await.expect_faults(422, &[("/successor_id", "cycle")]);
}

async fn tests_are_met_or_not_or_unknown(app: &TestApp) {
    let tested = |tests: Value| with(mutual("Tested"), json!({ "tests": tests }));
    let broken = json!({ "left_public_sector": "maybe", "is_nice": "met" });
    let expected = [("/tests/left_public_sector", "not-in-vocabulary"), ("/tests/is_nice", "unknown-member")];
    app.post(MUTUALS, &tested(broken)).await.expect_faults(422, &expected);
    let record = app.create(MUTUALS, &tested(json!({ "left_public_sector": "met" }))).await;
    let own = format!("{MUTUALS}/{}", id(&record));
    let patched = app
        .patch(&own, &json!({ "tests": { "left_public_sector": null, "delivers_public_services": "not_met" } }))
        .await;
    let tests = &patched.expect(200)["tests"];
    assert_eq!(
        (&tests["left_public_sector"], &tests["delivers_public_services"]),
        (&json!("unknown"), &json!("not_met"))
    );
}

async fn sources_say_something(app: &TestApp) {
    let sourced = |sources: Value| with(mutual("Sourced"), json!({ "sources": sources }));
    app.post(MUTUALS, &sourced(json!([{}]))).await.expect_faults(422, &[("/sources/0", "required")]);
    let dated = sourced(json!([{ "title": "Report" }, { "accessed_on": "2024-01-31" }]));
    app.post(MUTUALS, &dated).await.expect_faults(422, &[("/sources/1", "required")]);
    let broken = sourced(json!([{ "url": "nowhere", "accessed_on": "2024-01" }]));
    let expected = [("/sources/0/url", "invalid-format"), ("/sources/0/accessed_on", "invalid-format")];
    app.post(MUTUALS, &broken).await.expect_faults(422, &expected);
    let many: Vec<Value> = (0..51).map(|number| json!({ "title": format!("Report {number}") })).collect();
    app.post(MUTUALS, &sourced(json!(many))).await.expect_faults(422, &[("/sources", "too-many")]);
    app.create(MUTUALS, &sourced(json!(many[..50]))).await;
}

async fn a_mutual_with_ballots_and_contracts_stays(app: &TestApp) {
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let record = app.create(MUTUALS, &mutual("Supplier")).await;
    let ballot = app.create(STAFF_BALLOTS, &staff_ballot(id(&record))).await;
    let contract = app.create(CONTRACTS, &contract(id(&record), id(&buyer))).await;
    let refused = app.delete(format!("{MUTUALS}/supplier")).await.expect_problem(409, "has-dependents");
    let told: Vec<_> =
        refused["dependents"].as_array().unwrap().iter().map(|other| (&other["resource_type"], &other["id"])).collect();
    assert_eq!(told, [(&json!("staff_ballot"), &ballot["id"]), (&json!("contract"), &contract["id"])], "{refused}");
    app.delete(format!("{STAFF_BALLOTS}/{}", id(&ballot))).await.expect(204);
    app.delete(format!("{CONTRACTS}/{}", id(&contract))).await.expect(204);
    app.delete(format!("{MUTUALS}/supplier")).await.expect(204);
}

async fn a_mutual_that_succeeded_another_stays(app: &TestApp) {
    let successor = app.create(MUTUALS, &mutual("Successor")).await;
    let predecessor = app.create(MUTUALS, &mutual("Predecessor")).await;
    app.lead(&predecessor, &[("launched", ""), ("merged", "2020")]).await;
    let merged = app.patch(format!("{MUTUALS}/predecessor"), &json!({ "successor_id": successor["id"] })).await;
    assert_eq!(merged.expect(200)["stage"], "merged");
    let refused = app.delete(format!("{MUTUALS}/successor")).await.expect_problem(409, "has-dependents");
    assert_eq!(refused["dependents"][0]["id"], predecessor["id"]);
}

async fn an_unset_member_is_left_out_of_the_answer(app: &TestApp) {
    let nulls = json!({ "region": null, "tests": null, "identifiers": null });
    let faults = [("/identifiers", "invalid-type"), ("/region", "invalid-type"), ("/tests", "invalid-type")];
    app.post(MUTUALS, &with(mutual("Bare"), nulls)).await.expect_faults(422, &faults);
    let record = app.create(MUTUALS, &mutual("Bare")).await;
    let members: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "id",
        "version",
        "slug",
        "name",
        "identifiers",
        "sectors",
        "other_department_ids",
        "stage",
        "tests",
        "sources",
        "created_at",
        "updated_at",
    ];
    let mut found = members.clone();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

async fn numbers_are_whole_and_written_as_json_likes(app: &TestApp) {
    for (number, text) in ["12.0", "1.2e1", "120e-1", "12"].into_iter().enumerate() {
        let body = format!(r#"{{"name": "Number {number}", "sectors": ["culture"], "staff_count": {text}}}"#);
        let record = app.request("POST", MUTUALS).body("application/json", body).await.expect(201);
        assert_eq!(record["staff_count"], 12, "{text}");
    }
    for text in ["12.5", "1e400", "99999999999999999999"] {
        let body = format!(r#"{{"name": "Odd", "sectors": ["culture"], "staff_count": {text}}}"#);
        let refused = app.request("POST", MUTUALS).body("application/json", body).await;
        assert!(matches!(refused.status(), 400 | 422), "{refused:?}");
    }
}

async fn a_website_is_a_web_address(app: &TestApp) {
    let at = |website: &str| with(mutual("Site"), json!({ "website": website }));
    let broken = [
        "https://example.org/Ä",
        "ftp://example.org",
        "example.org",
        "https://",
        "https://user:secret@example.org/",
        "javascript:alert(1)",
        "https://a b/",
    ];
    for website in broken {
        let refused = app.post(MUTUALS, &at(website)).await;
        assert_eq!(refused.faults(422)[0].0, "/website", "{website}");
    }
    assert_eq!(
        app.create(MUTUALS, &at("HTTPS://Example.org/%C3%84?q=1#x")).await["website"],
        "HTTPS://Example.org/%C3%84?q=1#x"
    );
}
