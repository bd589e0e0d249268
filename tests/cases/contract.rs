//! Contracts between a public body and a mutual.

use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, contract, department, id, mutual, with};
use kit::{Around, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    the_check_digit_of_a_cpv_code_is_checked_or_added,
    days_are_in_order,
    the_first_contract_is_the_one_entered_into_earliest,
    the_first_contract_moves_on_when_the_first_is_changed_moved_or_deleted,
    who_is_first_cannot_be_set,
    money_is_whole_and_has_a_currency,
    protection_ends_in_the_term_and_only_where_there_is_any,
    both_parties_are_in_the_register,
    an_ocid_has_its_publishers_prefix,
    a_contract_that_has_ended_is_not_active,
    a_contract_takes_the_place_of_another,
    what_the_sources_do_not_say_can_be_said_so,
    dates_may_be_known_in_part,
}

async fn parties(app: &TestApp) -> (String, String) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    (id(&supplier).to_owned(), id(&buyer).to_owned())
}

async fn the_check_digit_of_a_cpv_code_is_checked_or_added(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let coded = |codes: Value| with(contract(&supplier, &buyer), json!({ "cpv_codes": codes }));
    let record = app.create(CONTRACTS, &coded(json!(["85000000", "85323000-9"]))).await;
    assert_eq!(record["cpv_codes"], json!(["85000000-9", "85323000-9"]));
    let broken = [
        ("85000000-8", "check-digit"),
        ("58000000-9", "check-digit"),
        ("8500000-9", "invalid-format"),
        ("85000000-99", "invalid-format"),
        ("85000000 9", "invalid-format"),
        ("", "invalid-format"),
    ];
    for (code, fault) in broken {
        app.post(CONTRACTS, &coded(json!([code]))).await.expect_faults(422, &[("/cpv_codes/0", fault)]);
    }
    app.post(CONTRACTS, &coded(json!(["85000000-9", "85000000"])))
        .await
        .expect_faults(422, &[("/cpv_codes/1", "duplicate-item")]);
}

async fn days_are_in_order(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let dated = |members: Value| with(contract(&supplier, &buyer), with(json!({ "status": "expired" }), members));
    let refused = [
        (json!({ "procurement_started_on": "2012-02-02", "awarded_on": "2012-02-01" }), "/awarded_on"),
        (json!({ "awarded_on": "2012-02-02", "award_notice_on": "2012-02-01" }), "/award_notice_on"),
        (json!({ "awarded_on": "2012-02-02", "entered_on": "2012-02-01" }), "/entered_on"),
        (json!({ "procurement_started_on": "2012-02-02", "entered_on": "2012-02-01" }), "/entered_on"),
        (json!({ "starts_on": "2012-02-02", "ends_on": "2012-02-01" }), "/ends_on"),
        (json!({ "ends_on": "2012-02-02", "latest_ends_on": "2012-02-01" }), "/latest_ends_on"),
        (json!({ "starts_on": "2012-02-02", "latest_ends_on": "2012-02-01" }), "/latest_ends_on"),
    ];
    for (members, pointer) in refused {
        app.post(CONTRACTS, &dated(members)).await.expect_faults(422, &[(pointer, "date-order")]);
    }
    for (day, code) in [("2012-2", "invalid-format"), ("2012-02-30", "out-of-range"), ("01/02/2012", "invalid-format")]
    {
        app.post(CONTRACTS, &dated(json!({ "starts_on": day }))).await.expect_faults(422, &[("/starts_on", code)]);
    }
    for whole in ["procurement_started_on", "award_notice_on", "latest_ends_on", "standstill_notice_on"] {
        let pointer = format!("/{whole}");
        let refused = app.post(CONTRACTS, &dated(json!({ whole: "2012-02" }))).await;
        refused.expect_faults(422, &[(&pointer, "invalid-format")]);
    }
    app.create(
        CONTRACTS,
        &dated(json!({ "starts_on": "2012-02-02", "ends_on": "2012-02-02", "latest_ends_on": "2012-02-02" })),
    )
    .await;
}

async fn the_first_contract_is_the_one_entered_into_earliest(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let entered = |day: &str| with(contract(&supplier, &buyer), json!({ "entered_on": day }));
    let undated = app.create(CONTRACTS, &contract(&supplier, &buyer)).await;
    assert_eq!(undated["is_first"], false, "nobody knows when it was entered into");
    let second = app.create(CONTRACTS, &entered("2012-06-01")).await;
    assert_eq!((&second["is_first"], &second["version"]), (&json!(true), &json!(1)));
    let later = app.create(CONTRACTS, &entered("2013-06-01")).await;
    assert_eq!(later["is_first"], false);
    let earlier = app.create(CONTRACTS, &entered("2011-06-01")).await;
    assert_eq!(earlier["is_first"], true);

    let own = format!("{CONTRACTS}/{}", id(&second));
    let no_longer = app.get(&own).await;
    assert_eq!(no_longer.expect(200)["is_first"], false);
    assert_eq!(no_longer.version(), "2", "what shows on a record raises its version");
    app.patch(&own, &json!({ "title": "Stale" }))
        .if_match(&app.tag(1))
        .await
        .expect_problem(412, "precondition-failed");
    assert_eq!(app.get(format!("{CONTRACTS}/{}", id(&later))).await.version(), "1", "nothing shows on this one");

    let same_day = app.create(CONTRACTS, &entered("2011-06-01")).await;
    assert_eq!(same_day["is_first"], false, "of one day the one that was recorded first");
    let of_another = app.create(MUTUALS, &mutual("Another")).await;
    let others = with(contract(id(&of_another), &buyer), json!({ "entered_on": "2020-01-01" }));
    assert_eq!(app.create(CONTRACTS, &others).await["is_first"], true);
}

async fn the_first_contract_moves_on_when_the_first_is_changed_moved_or_deleted(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let other_supplier = app.create(MUTUALS, &mutual("Another")).await;
    let mut records = Vec::new();
    for year in 2010..2014 {
        let entered = with(contract(&supplier, &buyer), json!({ "entered_on": format!("{year}-01-01") }));
        records.push(app.create(CONTRACTS, &entered).await);
    }
    let own = |number: usize| format!("{CONTRACTS}/{}", id(&records[number]));
    let first = async || {
        let all = app.walk(CONTRACTS).await.into_iter();
        let firsts: Vec<Value> =
            all.filter(|record| record["is_first"] == true && record["mutual_id"] == json!(supplier)).collect();
        assert_eq!(firsts.len(), 1);
        firsts[0]["id"].clone()
    };
    assert_eq!(first().await, records[0]["id"]);
    app.patch(own(0), &json!({ "entered_on": "2015-01-01" })).await.expect(200);
    assert_eq!(first().await, records[1]["id"]);
    app.patch(own(1), &json!({ "mutual_id": other_supplier["id"] })).await.expect(200);
    assert_eq!(first().await, records[2]["id"]);
    assert_eq!(app.get(own(1)).await.expect(200)["is_first"], true, "it is the other mutual's first");
    app.delete(own(2)).await.expect(204);
    assert_eq!(first().await, records[3]["id"]);
    app.patch(own(0), &json!({ "entered_on": "2009-01-01" })).await.expect(200);
    assert_eq!(first().await, records[0]["id"]);
    app.patch(own(0), &json!({ "entered_on": null })).await.expect(200);
    assert_eq!(first().await, records[3]["id"]);
}

async fn who_is_first_cannot_be_set(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let claimed = with(contract(&supplier, &buyer), json!({ "is_first": true }));
    app.post(CONTRACTS, &claimed).await.expect_faults(422, &[("/is_first", "read-only")]);
    let record = app.create(CONTRACTS, &contract(&supplier, &buyer)).await;
    app.put(format!("{CONTRACTS}/{}", id(&record)), &claimed).await.expect_faults(422, &[("/is_first", "read-only")]);
}

async fn money_is_whole_and_has_a_currency(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let worth = |value: Value| with(contract(&supplier, &buyer), json!({ "value": value }));
    let refused = [
        (json!({ "amount_minor": -1, "currency": "GBP" }), "/value/amount_minor", "out-of-range"),
        (
            json!({ "amount_minor": 9_007_199_254_740_992_i64, "currency": "GBP" }),
            "/value/amount_minor",
            "out-of-range",
        ),
        (json!({ "amount_minor": 1.5, "currency": "GBP" }), "/value/amount_minor", "invalid-type"),
        (json!({ "amount_minor": 1, "currency": "gbp" }), "/value/currency", "invalid-format"),
        (json!({ "amount_minor": 1, "currency": "£" }), "/value/currency", "invalid-format"),
        (json!({ "amount_minor": 1 }), "/value/currency", "required"),
        (json!({ "currency": "GBP" }), "/value/amount_minor", "required"),
        (json!(12), "/value", "invalid-type"),
    ];
    for (value, pointer, code) in refused {
        app.post(CONTRACTS, &worth(value)).await.expect_faults(422, &[(pointer, code)]);
    }
    let beyond = app.get("/v1/contracts?value_from=-1&value_to=9007199254740992").await;
    beyond.expect_faults(400, &[("value_from", "out-of-range"), ("value_to", "out-of-range")]);
    assert_eq!(
        app.create(CONTRACTS, &worth(json!({ "amount_minor": 0, "currency": "GBP" }))).await["value"]["amount_minor"],
        0
    );
}

async fn protection_ends_in_the_term_and_only_where_there_is_any(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let protected = |members: Value| with(contract(&supplier, &buyer), members);
    let refused = [
        (json!({ "protection": { "kind": "none", "until": "2012-01-01" } }), "/protection/until", "inconsistent"),
        (
            json!({ "starts_on": "2012-01-02", "protection": { "kind": "reserved", "until": "2012-01-01" } }),
            "/protection/until",
            "date-order",
        ),
        (json!({ "protection": { "until": "2012-01-01" } }), "/protection/kind", "required"),
        (json!({ "protection": { "kind": "walls" } }), "/protection/kind", "not-in-vocabulary"),
    ];
    for (members, pointer, code) in refused {
        app.post(CONTRACTS, &protected(members)).await.expect_faults(422, &[(pointer, code)]);
    }
    app.create(CONTRACTS, &protected(json!({ "protection": { "kind": "none" } }))).await;
}

async fn both_parties_are_in_the_register(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let swapped = app.post(CONTRACTS, &contract(&buyer, &supplier)).await;
    swapped.expect_faults(422, &[("/mutual_id", "unknown-reference"), ("/department_id", "unknown-reference")]);
    let lost = with(contract(&supplier, NOBODY), json!({ "procedure": "luck", "title": " " }));
    let expected = [("/department_id", "unknown-reference"), ("/procedure", "not-in-vocabulary"), ("/title", "empty")];
    app.post(CONTRACTS, &lost).await.expect_faults(422, &expected);
    let missing = [
        ("/mutual_id", "required"),
        ("/department_id", "required"),
        ("/title", "required"),
        ("/procedure", "required"),
        ("/status", "required"),
    ];
    app.post(CONTRACTS, &json!({})).await.expect_faults(422, &missing);
}

async fn an_ocid_has_its_publishers_prefix(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let named = |ocid: &str| with(contract(&supplier, &buyer), json!({ "ocid": ocid }));
    for ocid in ["b5fd17-0001", "ocds-b5fd1-0001", "ocds-b5fd17-", "OCDS-b5fd17-1", "ocds-b5fd17-a b"] {
        app.post(CONTRACTS, &named(ocid)).await.expect_faults(422, &[("/ocid", "invalid-format")]);
    }
    assert_eq!(app.create(CONTRACTS, &named("ocds-b5fd17-0001/A")).await["ocid"], "ocds-b5fd17-0001/A");
}

async fn a_contract_that_has_ended_is_not_active(app: &TestApp) {
    let around = Around::new(app, "Ended").await;
    let body = |members: Value| with(contract(id(&around.mutual), id(&around.department)), members);
    for term in [
        json!({ "ends_on": "2015-03-31" }),
        json!({ "ends_on": "2015-03-31", "latest_ends_on": "2017-03-31" }),
        json!({ "latest_ends_on": "2017-03-31" }),
    ] {
        app.post(CONTRACTS, &body(term)).await.expect_faults(422, &[("/status", "inconsistent")]);
    }
    app.create(CONTRACTS, &body(json!({ "ends_on": "2015-03-31", "latest_ends_on": "2099-03-31" }))).await;
    app.create(CONTRACTS, &body(json!({ "ends_on": "2015-03-31", "status": "expired" }))).await;
    // One that ended since it was stored can be read, changed and sent back, and not be made active again.
    let stored = app.create(CONTRACTS, &body(json!({ "ends_on": "2098-03-31" }))).await;
    let own = format!("{CONTRACTS}/{}", id(&stored));
    app.database().execute(&format!(
        "UPDATE contracts SET document = replace(document, '2098-03-31', '2016-03-31') WHERE id = '{}'",
        id(&stored)
    ));
    let read = app.get(&own).await.expect(200);
    assert_eq!((&read["status"], &read["ends_on"]), (&json!("active"), &json!("2016-03-31")));
    app.put(&own, &body(json!({ "ends_on": "2016-03-31" }))).await.expect(200);
    app.patch(&own, &json!({ "title": "Nursing" })).await.expect(200);
    app.patch(&own, &json!({ "ends_on": "2016-04-30" })).await.expect_faults(422, &[("/status", "inconsistent")]);
    app.patch(&own, &json!({ "status": "expired" })).await.expect(200);
    app.patch(&own, &json!({ "status": "active" })).await.expect_faults(422, &[("/status", "inconsistent")]);
    app.patch(&own, &json!({ "status": "active", "latest_ends_on": "2099-03-31" })).await.expect(200);
}

async fn a_contract_takes_the_place_of_another(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let replacing = |other: &str| with(contract(&supplier, &buyer), json!({ "replaces_contract_id": other }));
    let first = app.create(CONTRACTS, &contract(&supplier, &buyer)).await;
    let own = |record: &Value| format!("{CONTRACTS}/{}", id(record));
    app.post(CONTRACTS, &replacing(NOBODY)).await.expect_faults(422, &[("/replaces_contract_id", "unknown-reference")]);
    let second = app.create(CONTRACTS, &replacing(id(&first))).await;
    assert_eq!(second["replaces_contract_id"], first["id"]);
    for (record, other) in [(&first, &first), (&first, &second)] {
        let change = json!({ "replaces_contract_id": other["id"] });
        app.patch(own(record), &change).await.expect_faults(422, &[("/replaces_contract_id", "cycle")]);
    }
    let refused = app.delete(own(&first)).await;
    assert_eq!(refused.problem(409)["dependents"][0]["id"], second["id"], "{refused:?}");
    app.patch(own(&second), &json!({ "replaces_contract_id": null })).await.expect(200);
    app.delete(own(&first)).await.expect(204);
}

async fn what_the_sources_do_not_say_can_be_said_so(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let said = |members: Value| with(contract(&supplier, &buyer), members);
    let unknown = json!({ "procedure": "unknown", "status": "unknown", "first_contract": "unknown" });
    let record = app.create(CONTRACTS, &said(unknown)).await;
    assert_eq!((&record["status"], &record["is_first"]), (&json!("unknown"), &json!(false)));
    assert_eq!(app.walk(&format!("{CONTRACTS}?status=unknown&procedure=unknown")).await.len(), 1);
    let refused = [
        (json!({ "tenders_received": -1 }), "/tenders_received", "out-of-range"),
        (json!({ "tenders_received": 100_001 }), "/tenders_received", "out-of-range"),
        (json!({ "first_contract": "maybe" }), "/first_contract", "not-in-vocabulary"),
        (json!({ "framework": "yes" }), "/framework", "invalid-type"),
        (
            json!({ "standstill_notice_on": "2025-05-13", "standstill_ended_on": "2025-05-12" }),
            "/standstill_ended_on",
            "date-order",
        ),
        (
            json!({ "procurement_started_on": "2025-05-14", "standstill_notice_on": "2025-05-13" }),
            "/standstill_notice_on",
            "date-order",
        ),
    ];
    for (members, pointer, code) in refused {
        app.post(CONTRACTS, &said(members)).await.expect_faults(422, &[(pointer, code)]);
    }
}

async fn dates_may_be_known_in_part(app: &TestApp) {
    let (supplier, buyer) = parties(app).await;
    let dated = |members: Value| with(contract(&supplier, &buyer), with(json!({ "status": "expired" }), members));
    let refused = [
        (json!({ "awarded_on": "2012", "entered_on": "2011" }), "/entered_on", "date-order"),
        (json!({ "awarded_on": "2012-03", "entered_on": "2012-02-29" }), "/entered_on", "date-order"),
        (json!({ "starts_on": "2012-03-02", "ends_on": "2012-02" }), "/ends_on", "date-order"),
        (json!({ "ends_on": "2013", "latest_ends_on": "2012-12-31" }), "/latest_ends_on", "date-order"),
        (json!({ "awarded_on": "2099" }), "/awarded_on", "out-of-range"),
        (json!({ "entered_on": "2099-01" }), "/entered_on", "out-of-range"),
        (json!({ "status": "active", "ends_on": "2015" }), "/status", "inconsistent"),
    ];
    for (members, pointer, code) in refused {
        app.post(CONTRACTS, &dated(members)).await.expect_faults(422, &[(pointer, code)]);
    }
    let known = json!({ "awarded_on": "2012", "entered_on": "2012-02", "starts_on": "2012-03-02", "ends_on": "2014" });
    let vague = app.create(CONTRACTS, &dated(known)).await;
    assert_eq!((&vague["entered_on"], &vague["is_first"]), (&json!("2012-02"), &json!(true)));
    let later = app.create(CONTRACTS, &dated(json!({ "entered_on": "2012-02-01", "starts_on": "2012" }))).await;
    assert_eq!(later["is_first"], false, "a partial date counts as its first day");
    let found = async |query: &str| {
        let all = app.walk(&format!("{CONTRACTS}?{query}")).await;
        all.iter().map(|record| id(record).to_owned()).collect::<Vec<_>>()
    };
    let (vague, later) = (id(&vague).to_owned(), id(&later).to_owned());
    assert_eq!(found("awarded_from=2012-06&awarded_to=2012-07-31").await, [vague.as_str()], "it may lie in there");
    assert_eq!(found("entered_from=2012-02-15").await, [vague.as_str()]);
    assert_eq!(found("entered_to=2012-01").await, [""; 0]);
    assert_eq!(found("ends_from=2014-12-31").await, [vague.as_str()]);
    assert_eq!(found("ends_from=2015").await, [""; 0]);
    assert_eq!(found("starts_from=2012-12-31").await, [later.as_str()]);
    assert_eq!(found("sort=starts_on").await, [later, vague], "by the first day that it may be");
}
