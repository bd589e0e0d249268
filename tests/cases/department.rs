//! Departments.

use kit::TestApp;
use kit::fixture::{DEPARTMENTS, MUTUALS, NOBODY, department, full_department, id, mutual, with};
use serde_json::{Value, json};

kit::on_both! {
    a_name_differing_only_by_case_or_white_space_is_taken,
    a_slug_comes_from_the_name_and_gives_way,
    a_slug_that_is_given_is_kept_or_refused,
    a_slug_cannot_be_changed_nor_used_again,
    an_identifier_is_put_into_its_registers_form,
    a_society_number_filed_with_the_companies_is_misfiled,
    an_identifier_belongs_to_one_record_of_the_register,
    all_that_is_taken_is_told_at_once,
    a_list_replaces_the_whole_list_and_null_removes_a_member,
    a_department_closes_after_it_opened,
    a_date_known_in_part_is_kept_as_it_is_known,
    successors_lead_to_departments_and_never_in_a_circle,
    a_department_with_mutuals_stays,
    a_department_with_contracts_or_predecessors_stays,
    five_faults_are_told_in_one_answer,
    text_is_trimmed_and_normalised,
}

/// People read « Cabinet Office » and « CABINET  OFFICE » as the same department.
async fn a_name_differing_only_by_case_or_white_space_is_taken(app: &TestApp) {
    let first = app.create(DEPARTMENTS, &department("Straße Élan Office")).await;
    for name in ["STRASSE ÉLAN OFFICE", " Straße  Élan Office ", "straße e\u{301}lan office"] {
        let refused = app.post(DEPARTMENTS, &department(name)).await.expect_problem(409, "name-taken");
        let conflict = &refused["conflicts"][0];
        assert_eq!(conflict["resource_type"], "department", "{refused}");
        assert_eq!((&conflict["id"], &conflict["name"]), (&first["id"], &first["name"]), "{refused}");
    }
    let other = app.create(DEPARTMENTS, &department("Strasse Elan Office")).await;
    let own = format!("{DEPARTMENTS}/{}", id(&other));
    app.patch(&own, &json!({ "name": "STRASSE ÉLAN OFFICE" })).await.expect_problem(409, "name-taken");
    app.patch(&own, &json!({ "name": "STRASSE ELAN OFFICE" })).await.expect(200);
    app.create(MUTUALS, &mutual("Straße Élan Office")).await;
}

async fn a_slug_comes_from_the_name_and_gives_way(app: &TestApp) {
    let expected = [
        ("Cabinet Office", "cabinet-office"),
        ("Cabinet-Office", "cabinet-office-2"),
        ("Cabinet (Office)", "cabinet-office-3"),
        ("Swyddfa'r Cabinet – Llŷn", "swyddfa-r-cabinet-llyn"),
        ("«»", "unnamed"),
    ];
    for (name, slug) in expected {
        assert_eq!(app.create(DEPARTMENTS, &department(name)).await["slug"], slug, "{name}");
    }
    let long = app.create(DEPARTMENTS, &department(&"words and ".repeat(20))).await;
    assert!(long["slug"].as_str().unwrap().len() <= 80);
    let id_like = app.create(DEPARTMENTS, &department("01890f6e 7c1a 7cc0 98c2 d0b6a2f6a3f1")).await;
    let slug = id_like["slug"].as_str().unwrap();
    assert_eq!(app.get(format!("{DEPARTMENTS}/{slug}")).await.expect(200), id_like);
}

async fn a_slug_that_is_given_is_kept_or_refused(app: &TestApp) {
    let named = |slug: &str| with(department(&format!("Named {slug}")), json!({ "slug": slug }));
    let first = app.create(DEPARTMENTS, &named("hm-treasury")).await;
    assert_eq!(first["slug"], "hm-treasury");
    let refused = app.post(DEPARTMENTS, &with(department("Another"), json!({ "slug": "hm-treasury" }))).await;
    assert_eq!(refused.expect_problem(409, "slug-taken")["conflicts"][0]["id"], first["id"]);
    let broken = [
        ("", "empty"),
        ("HM-Treasury", "invalid-character"),
        ("a b", "invalid-character"),
        ("-a", "invalid-format"),
        ("a--b", "invalid-format"),
        (NOBODY, "invalid-format"),
        (&"a".repeat(81), "too-long"),
    ];
    for (slug, code) in broken {
        app.post(DEPARTMENTS, &named(slug)).await.expect_faults(422, &[("/slug", code)]);
    }
}

async fn a_slug_cannot_be_changed_nor_used_again(app: &TestApp) {
    let record = app.create(DEPARTMENTS, &with(department("Ministry of Works"), json!({ "slug": "works" }))).await;
    let own = format!("{DEPARTMENTS}/{}", id(&record));
    app.patch(&own, &json!({ "slug": "public-works" })).await.expect_faults(422, &[("/slug", "read-only")]);
    let renamed = app.patch(&own, &json!({ "name": "Ministry of Public Works", "slug": "works" })).await.expect(200);
    assert_eq!(renamed["slug"], "works");
    app.delete(format!("{DEPARTMENTS}/works")).await.expect(204);
    let refused = app.post(DEPARTMENTS, &with(department("Works"), json!({ "slug": "works" }))).await;
    refused.expect_problem(409, "slug-taken");
    assert_eq!(app.create(DEPARTMENTS, &department("Works")).await["slug"], "works-2");
    app.create(MUTUALS, &with(mutual("Works"), json!({ "slug": "works" }))).await;
}

async fn an_identifier_is_put_into_its_registers_form(app: &TestApp) {
    let forms = [
        ("GB-COH", "9506232", "09506232"),
        ("GB-COH", " sc12345 ", "SC012345"),
        ("GB-CHC", "1156305-0", "1156305"),
        ("GB-SC", "012345", "SC012345"),
        ("GB-NIC", "nic100012", "100012"),
        ("GB-NHS", "ryj", "RYJ"),
        ("GB-LAE", "gls", "GLS"),
        ("GB-GOVUK", "Cabinet-Office", "cabinet-office"),
        ("GB-PPON", "pabc-1234-wxyz", "PABC-1234-WXYZ"),
        ("GB-MPR", "IP030526r", "30526R"),
        ("GB-GOR", "D0002", "D2"),
        ("GB-UKPRN", "10007773", "10007773"),
    ];
    let sent: Vec<Value> = forms.iter().map(|(scheme, given, _)| json!({ "scheme": scheme, "id": given })).collect();
    let record = app.create(DEPARTMENTS, &with(department("Office"), json!({ "identifiers": sent }))).await;
    let kept: Vec<Value> = forms.iter().map(|(scheme, _, kept)| json!({ "scheme": scheme, "id": kept })).collect();
    assert_eq!(record["identifiers"], json!(kept));
    for (scheme, given, kept) in forms {
        for asked in [given.trim(), kept] {
            let found = app.walk(&format!("{DEPARTMENTS}?identifier={scheme}:{asked}")).await;
            assert_eq!(found.len(), 1, "{scheme}:{asked}");
        }
    }
    let twice =
        json!({ "identifiers": [{ "scheme": "GB-COH", "id": "9506232" }, { "scheme": "GB-COH", "id": "09506232" }] });
    app.post(DEPARTMENTS, &with(department("Twice"), twice))
        .await
        .expect_faults(422, &[("/identifiers/1", "duplicate-item")]);
}

async fn a_society_number_filed_with_the_companies_is_misfiled(app: &TestApp) {
    for number in ["IP30526R", "RS007012", "ip030526"] {
        let record = with(department("Society"), json!({ "identifiers": [{ "scheme": "GB-COH", "id": number }] }));
        let refused = app.post(DEPARTMENTS, &record).await;
        refused.expect_faults(422, &[("/identifiers/0/scheme", "misfiled")]);
        assert!(refused.text().contains("GB-MPR"), "{refused:?}");
    }
    let broken = [
        ("GB-COH", "123456789", "/identifiers/0/id", "invalid-format"),
        ("GB-COH", "", "/identifiers/0/id", "empty"),
        ("GB-PPON", "PABC1234WXYZ", "/identifiers/0/id", "invalid-format"),
        ("GB-XXX", "1", "/identifiers/0/scheme", "not-in-vocabulary"),
    ];
    for (scheme, number, pointer, code) in broken {
        let record = with(department("Broken"), json!({ "identifiers": [{ "scheme": scheme, "id": number }] }));
        app.post(DEPARTMENTS, &record).await.expect_faults(422, &[(pointer, code)]);
    }
}

async fn an_identifier_belongs_to_one_record_of_the_register(app: &TestApp) {
    let with_number =
        |record: Value, number: &str| with(record, json!({ "identifiers": [{ "scheme": "GB-COH", "id": number }] }));
    let first = app.create(DEPARTMENTS, &with_number(department("Owner"), "9506232")).await;
    for (path, record) in [(DEPARTMENTS, department("Other")), (MUTUALS, mutual("Other"))] {
        let refused = app.post(path, &with_number(record, "09506232")).await.expect_problem(409, "identifier-taken");
        let conflict = &refused["conflicts"][0];
        assert_eq!((&conflict["resource_type"], &conflict["id"]), (&json!("department"), &first["id"]), "{refused}");
    }
    let own = format!("{DEPARTMENTS}/{}", id(&first));
    app.patch(&own, &json!({ "identifiers": [] })).await.expect(200);
    let second = app.create(MUTUALS, &with_number(mutual("Other"), "09506232")).await;
    let refused = app.patch(&own, &json!({ "identifiers": [{ "scheme": "GB-COH", "id": "9506232" }] })).await;
    assert_eq!(refused.expect_problem(409, "identifier-taken")["conflicts"][0]["id"], second["id"]);
    app.delete(format!("{MUTUALS}/other")).await.expect(204);
    app.patch(&own, &json!({ "identifiers": [{ "scheme": "GB-COH", "id": "9506232" }] })).await.expect(200);
}

async fn all_that_is_taken_is_told_at_once(app: &TestApp) {
    let by_name = app.create(DEPARTMENTS, &department("By name")).await;
    let by_slug = app.create(DEPARTMENTS, &with(department("By slug"), json!({ "slug": "taken" }))).await;
    let numbered = json!({ "identifiers": [{ "scheme": "GB-LAE", "id": "GLS" }] });
    let by_number = app.create(MUTUALS, &with(mutual("By number"), numbered.clone())).await;
    let all = with(with(department("BY NAME"), json!({ "slug": "taken" })), numbered);
    let refused = app.post(DEPARTMENTS, &all).await.problem(409);
    let told: Vec<&Value> = refused["conflicts"].as_array().unwrap().iter().map(|conflict| &conflict["id"]).collect();
    for other in [&by_name, &by_slug, &by_number] {
        assert!(told.contains(&&other["id"]), "{refused:#}");
    }
}

async fn a_list_replaces_the_whole_list_and_null_removes_a_member(app: &TestApp) {
    let successor = app.create(DEPARTMENTS, &department("Department for Business")).await;
    let record = app.create(DEPARTMENTS, &full_department(id(&successor))).await;
    let own = format!("{DEPARTMENTS}/{}", id(&record));
    let patch = json!({ "policy_areas": ["housing"], "website": null, "sources": [], "identifiers": null });
    let patched = app.patch(&own, &patch).await.expect(200);
    assert_eq!(patched["policy_areas"], json!(["housing"]));
    assert_eq!((&patched["sources"], &patched["identifiers"]), (&json!([]), &json!([])));
    assert!(patched.get("website").is_none());
    for kept in ["name", "kind", "opened_on", "closed_on", "successor_id"] {
        assert_eq!(patched[kept], record[kept], "{kept}");
    }
    app.patch(&own, &json!({ "name": null })).await.expect_faults(422, &[("/name", "required")]);
    app.patch(&own, &json!({ "closed_on": null })).await.expect_faults(422, &[("/successor_id", "inconsistent")]);
    assert_eq!(app.patch(&own, &json!({})).await.expect(200)["name"], record["name"]);
    app.patch(&own, &json!([])).await.expect_faults(422, &[("", "invalid-type")]);
}

async fn a_department_closes_after_it_opened(app: &TestApp) {
    let lasting = |opened: &str, closed: &str| {
        with(department(&format!("From {opened} to {closed}")), json!({ "opened_on": opened, "closed_on": closed }))
    };
    for (opened, closed) in
        [("2011-10-01", "2011-09-30"), ("2011-10", "2011-09"), ("2012", "2011"), ("2011-10", "2010")]
    {
        app.post(DEPARTMENTS, &lasting(opened, closed)).await.expect_faults(422, &[("/closed_on", "date-order")]);
    }
    for (opened, closed) in
        [("2011-10-01", "2011-10-01"), ("2011-10", "2011"), ("2011", "2011-01"), ("2011-10-01", "2011-10")]
    {
        app.create(DEPARTMENTS, &lasting(opened, closed)).await;
    }
}

async fn a_date_known_in_part_is_kept_as_it_is_known(app: &TestApp) {
    for date in ["1916", "1916-12", "1916-12-09", "2012-02-29"] {
        let record = app.create(DEPARTMENTS, &with(department(date), json!({ "opened_on": date }))).await;
        assert_eq!(record["opened_on"], date);
    }
    let broken = [
        ("2011-13", "out-of-range"),
        ("2011-02-29", "out-of-range"),
        ("11", "invalid-format"),
        ("2011-1", "invalid-format"),
        ("2011-10-01T00:00:00Z", "invalid-format"),
        ("", "invalid-format"),
    ];
    for (date, code) in broken {
        let record = with(department("Broken"), json!({ "opened_on": date }));
        app.post(DEPARTMENTS, &record).await.expect_faults(422, &[("/opened_on", code)]);
    }
    let number = with(department("Broken"), json!({ "opened_on": 2011 }));
    app.post(DEPARTMENTS, &number).await.expect_faults(422, &[("/opened_on", "invalid-type")]);
}

async fn successors_lead_to_departments_and_never_in_a_circle(app: &TestApp) {
    let closed = |name: &str, successor: &Value| {
        with(department(name), json!({ "closed_on": "2012", "successor_id": successor }))
    };
    let last = app.create(DEPARTMENTS, &department("Last")).await;
    let middle = app.create(DEPARTMENTS, &closed("Middle", &last["id"])).await;
    let first = app.create(DEPARTMENTS, &closed("First", &middle["id"])).await;
    for back_to in [&first, &middle, &last] {
        let patch = json!({ "closed_on": "2013", "successor_id": back_to["id"] });
        let refused = app.patch(format!("{DEPARTMENTS}/last"), &patch).await;
        refused.expect_faults(422, &[("/successor_id", "cycle")]);
    }
    let mutual = app.create(MUTUALS, &mutual("No department")).await;
    for stranger in [&json!(NOBODY), &mutual["id"]] {
        let refused = app.post(DEPARTMENTS, &closed("Lost", stranger)).await;
        refused.expect_faults(422, &[("/successor_id", "unknown-reference")]);
    }
    let refused = app.post(DEPARTMENTS, &closed("Lost", &json!("The last"))).await;
    refused.expect_faults(422, &[("/successor_id", "invalid-format")]);
    let open = with(department("Open"), json!({ "successor_id": last["id"] }));
    app.post(DEPARTMENTS, &open).await.expect_faults(422, &[("/successor_id", "inconsistent")]);
}

async fn a_department_with_mutuals_stays(app: &TestApp) {
    let lead = app.create(DEPARTMENTS, &department("Lead")).await;
    let other = app.create(DEPARTMENTS, &department("Other")).await;
    let members = json!({ "department_id": lead["id"], "other_department_ids": [other["id"]] });
    let child = app.create(MUTUALS, &with(mutual("Child"), members)).await;
    for parent in ["lead", "other"] {
        let refused = app.delete(format!("{DEPARTMENTS}/{parent}")).await.expect_problem(409, "has-dependents");
        let dependent = &refused["dependents"][0];
        assert_eq!(dependent["resource_type"], "mutual", "{refused}");
        assert_eq!((&dependent["id"], &dependent["name"]), (&child["id"], &child["name"]), "{refused}");
        app.get(format!("{DEPARTMENTS}/{parent}")).await.expect(200);
    }
    app.patch(format!("{MUTUALS}/child"), &json!({ "other_department_ids": [] })).await.expect(200);
    app.delete(format!("{DEPARTMENTS}/other")).await.expect(204);
    app.delete(format!("{MUTUALS}/child")).await.expect(204);
    app.delete(format!("{DEPARTMENTS}/lead")).await.expect(204);
}

async fn a_department_with_contracts_or_predecessors_stays(app: &TestApp) {
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let contract = app.create(kit::fixture::CONTRACTS, &kit::fixture::contract(id(&supplier), id(&buyer))).await;
    let closed = with(department("Gone before"), json!({ "closed_on": "2012", "successor_id": buyer["id"] }));
    let predecessor = app.create(DEPARTMENTS, &closed).await;
    let refused = app.delete(format!("{DEPARTMENTS}/buyer")).await.expect_problem(409, "has-dependents");
    let told: Vec<_> =
        refused["dependents"].as_array().unwrap().iter().map(|other| (&other["resource_type"], &other["id"])).collect();
    assert!(told.contains(&(&json!("contract"), &contract["id"])), "{refused}");
    assert!(told.contains(&(&json!("department"), &predecessor["id"])), "{refused}");
}

async fn five_faults_are_told_in_one_answer(app: &TestApp) {
    let broken = json!({
        "kind": "castle",
        "opened_on": "2012",
        "closed_on": "2011",
        "website": "ftp://example.org",
        "colour": "red",
        "identifiers": [{ "scheme": "GB-COH", "id": "IP30526R" }],
    });
    let refused = app.post(DEPARTMENTS, &broken).await;
    refused.expect_problem(422, "invalid-content");
    refused.expect_faults(
        422,
        &[
            ("/name", "required"),
            ("/kind", "not-in-vocabulary"),
            ("/closed_on", "date-order"),
            ("/website", "invalid-format"),
            ("/colour", "unknown-member"),
            ("/identifiers/0/scheme", "misfiled"),
        ],
    );
}

async fn text_is_trimmed_and_normalised(app: &TestApp) {
    let sources = json!([{ "title": " A\u{308}rzte ", "note": " one\r\ntwo\tthree " }]);
    let record = app.create(DEPARTMENTS, &with(department("  A\u{308}mter  "), json!({ "sources": sources }))).await;
    assert_eq!(record["name"], "Ämter");
    assert_eq!(record["sources"], json!([{ "title": "Ärzte", "note": "one\ntwo\tthree" }]));
    let long = "ä".repeat(200);
    assert_eq!(app.create(DEPARTMENTS, &department(&long)).await["name"], long);
    let broken = [
        (" ", "empty"),
        ("\u{200b}", "empty"),
        (&*"ä".repeat(201), "too-long"),
        ("one\ntwo", "invalid-character"),
        ("a\u{0}b", "invalid-character"),
        ("a\u{202e}b", "invalid-character"),
    ];
    for (name, code) in broken {
        app.post(DEPARTMENTS, &department(name)).await.expect_faults(422, &[("/name", code)]);
    }
}
