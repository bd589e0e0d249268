//! The search `q`: every word must match the start of a token, and both databases find the same.

use std::collections::{BTreeMap, BTreeSet};

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, full_contract, id, mutual, staff_ballot, with,
};
use kit::{Around, Engine, TestApp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

kit::on_both! {
    a_contract_is_found_by_what_it_says_now,
    every_word_must_match_the_start_of_a_token,
    what_is_changed_is_found_by_its_new_words_only,
    numbers_are_found_in_any_of_their_forms,
    words_are_found_as_people_type_them,
    names_are_listed_with_accents_beside_the_plain_letters,
    words_that_mean_something_to_a_database_mean_nothing,
    one_search_finds_records_of_every_kind,
}

async fn a_contract_is_found_by_what_it_says_now(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let full = full_contract(id(&around.mutual), id(&around.department));
    let made = app.create(CONTRACTS, &with(full, json!({ "reference": "NHS/2012-7", "ocid": "ocds-b5fd17-99" }))).await;
    let found = async |query: &str| app.walk(&format!("{CONTRACTS}?q={}", encoded(query))).await.len();
    let own = format!("{CONTRACTS}/{}", id(&made));
    app.patch(&own, &json!({ "title": "Coöp dentists", "description": "For the O'Brien estate." })).await.expect(200);
    for (query, expected) in [
        ("coop", 1),
        ("dentist obrien", 1),
        ("nhs/2012-7", 1),
        ("ocds-b5fd17-99", 1),
        (made["title"].as_str().unwrap(), 0),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
    // An earlier contract takes its first place, which is no change of its words.
    let earlier = with(contract(id(&around.mutual), id(&around.department)), json!({ "entered_on": "1999-01-01" }));
    app.create(CONTRACTS, &earlier).await;
    assert_eq!(found("dentist").await, 1);
    app.delete(&own).await.expect(204);
    assert_eq!(found("dentist").await, 0);
}

/// One society has one number, however it is written, and one company is found without its zeros.
async fn numbers_are_found_in_any_of_their_forms(app: &TestApp) {
    let numbered = |name: &str, scheme: &str, number: &str| {
        with(mutual(name), json!({ "identifiers": [{ "scheme": scheme, "id": number }] }))
    };
    app.create(MUTUALS, &numbered("Company", "GB-COH", "08878185")).await;
    app.create(MUTUALS, &numbered("Society", "GB-MPR", "12345R")).await;
    app.create(MUTUALS, &numbered("Scottish charity", "GB-SC", "SC012345")).await;
    for (scheme, number) in [
        ("GB-MPR", "012345R"),
        ("GB-MPR", "IP12345R"),
        ("GB-MPR", "ip012345"),
        ("GB-COH", "8878185"),
        ("GB-SC", "sco12345"),
    ] {
        app.post(MUTUALS, &numbered("Second", scheme, number)).await.expect_problem(409, "identifier-taken");
    }
    for (query, expected) in [
        ("8878185", vec!["Company"]),
        ("08878185", vec!["Company"]),
        ("GB-COH:8878185", vec!["Company"]),
        ("012345r", vec!["Society"]),
        ("IP12345R", vec!["Society"]),
        ("sc12345", vec!["Scottish charity"]),
        ("012345", vec!["Scottish charity", "Society"]),
    ] {
        let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(found(app, MUTUALS, query).await, expected, "{query}");
    }
    for form in ["GB-COH:8878185", "gb-coh:08878185", "GB-COH-08878185", "GB-MPR:IP012345", "GB-SC-SCO12345"] {
        assert_eq!(app.walk(&format!("{MUTUALS}?identifier={form}")).await.len(), 1, "{form}");
    }
}

async fn words_are_found_as_people_type_them(app: &TestApp) {
    let names = [
        "Calder Co-op",
        "Dean Co-operative",
        "Esk Coop",
        "O’Brien Care",
        "OBrien Homes",
        "Suffolk's Libraries",
        "N.H.S. Tŷ Hafan",
    ];
    for name in names {
        app.create(MUTUALS, &mutual(name)).await;
    }
    let [co_op, co_operative, coop, o_brien, obrien, suffolks, nhs] = names;
    let table: [(&str, &[&str]); 15] = [
        ("coop", &[co_op, co_operative, coop]),
        ("co-op", &[co_op, co_operative, coop]),
        ("Co‑op", &[co_op, co_operative, coop]),
        ("cooperative", &[co_op, co_operative, coop]),
        ("co-operative", &[co_op, co_operative, coop]),
        ("op", &[co_op, co_operative]),
        ("OBrien", &[o_brien, obrien]),
        ("O'Brien", &[o_brien, obrien]),
        ("brien", &[o_brien]),
        ("Suffolks", &[suffolks]),
        ("Suffolk’s lib", &[suffolks]),
        ("nhs", &[nhs]),
        ("N.H.S.", &[nhs]),
        ("calder-co-op", &[co_op]),
        ("Tŷ", &[nhs]),
    ];
    for (query, expected) in table {
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(found(app, MUTUALS, query).await, expected, "{query}");
    }
    // With many words, those that many records have are looked for in the records themselves.
    let expected = BTreeSet::from([co_op.to_owned()]);
    assert_eq!(found(app, MUTUALS, "calder co-op").await, expected);
}

/// Each page goes on where the one before ended, also between names that are the same without their accents.
async fn names_are_listed_with_accents_beside_the_plain_letters(app: &TestApp) {
    for name in ["Zeta", "Wye", "Ŵy", "Wy", "alpha", "“Beta”", "Évasion"] {
        app.create(MUTUALS, &mutual(name)).await;
    }
    let up = ["alpha", "“Beta”", "Évasion", "Ŵy", "Wy", "Wye", "Zeta"];
    for limit in [1, 2, 3, 10] {
        let listed = app.walk(&format!("{MUTUALS}?sort=name&limit={limit}")).await;
        let names: Vec<&str> = listed.iter().map(|mutual| mutual["name"].as_str().unwrap()).collect();
        assert_eq!(names, up, "{limit}");
        let listed = app.walk(&format!("{MUTUALS}?sort=-name&limit={limit}")).await;
        let names: Vec<&str> = listed.iter().rev().map(|mutual| mutual["name"].as_str().unwrap()).collect();
        assert_eq!(names, up, "{limit}");
    }
}

async fn found(app: &TestApp, path: &str, query: &str) -> BTreeSet<String> {
    app.column(&format!("{path}?q={}", encoded(query)), "name").await.into_iter().collect()
}

/// Percent-encoded, whatever it is.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn every_word_must_match_the_start_of_a_token(app: &TestApp) {
    let names = [
        "Élan Côte d’Azur",
        "Straße 7",
        "O'Neill & Sons (2012) Ltd",
        "Łódź Œuvre",
        "A1 B2-C3",
        "Москва",
        "naïve cafe\u{301}",
    ];
    for name in names {
        app.create(DEPARTMENTS, &department(name)).await;
    }
    let table: [(&str, &[&str]); 17] = [
        ("elan", &[names[0]]),
        ("ÉLAN cote", &[names[0]]),
        ("azur d", &[names[0]]),
        ("lan", &[]),
        ("elan strasse", &[]),
        ("strass", &[names[1]]),
        ("straße", &[names[1]]),
        ("7", &[names[1]]),
        ("oneill", &[names[2]]),
        ("o'neill", &[names[2]]),
        ("neill sons ltd 2012", &[names[2]]),
        ("201", &[names[2]]),
        ("lodz oeuv", &[names[3]]),
        ("a1 c3", &[names[4]]),
        ("1", &[]),
        ("moskva", &[names[5]]),
        ("café NAIVE", &[names[6]]),
    ];
    for (query, expected) in table {
        let expected: BTreeSet<String> = expected.iter().map(|name| name.replace("e\u{301}", "é")).collect();
        assert_eq!(found(app, DEPARTMENTS, query).await, expected, "{query}");
    }
    assert_eq!(found(app, DEPARTMENTS, "c").await.len(), 3, "Côte, C3 and café begin with c");
    for nothing in ["", " ", "&", "'", "«»"] {
        let refused = app.get(format!("{DEPARTMENTS}?q={}", encoded(nothing))).await;
        refused.expect_faults(400, &[("q", "empty")]);
    }
}

async fn what_is_changed_is_found_by_its_new_words_only(app: &TestApp) {
    app.create(MUTUALS, &with(mutual("Old name"), json!({ "slug": "it", "description": "Swimming baths" }))).await;
    assert_eq!(found(app, MUTUALS, "old swimming").await.len(), 1);
    app.patch("/v1/mutuals/it", &json!({ "name": "New name", "description": null })).await.expect(200);
    assert_eq!(found(app, MUTUALS, "new name").await.len(), 1);
    for gone in ["old", "swimming", "old name"] {
        assert!(found(app, MUTUALS, gone).await.is_empty(), "{gone}");
    }
    app.delete("/v1/mutuals/it").await.expect(204);
    assert!(found(app, MUTUALS, "new").await.is_empty());
    app.create(MUTUALS, &mutual("New name")).await;
    assert_eq!(found(app, MUTUALS, "new").await.len(), 1, "the place of a deleted record in the index is free again");
}

async fn words_that_mean_something_to_a_database_mean_nothing(app: &TestApp) {
    app.create(MUTUALS, &mutual("near and or not null")).await;
    let found_by = [
        "AND",
        "OR NOT",
        "near",
        "NEAR(and or)",
        "\"and\"",
        "and*",
        "an:*",
        "and & or",
        "!and",
        "(and",
        "and)",
        "a -- b'; ",
        "%",
        "_",
        "\\",
    ];
    for query in found_by {
        let answer = app.get(format!("{MUTUALS}?q={}", encoded(query))).await;
        assert!(matches!(answer.status(), 200 | 400), "{query}: {answer:?}");
    }
    assert_eq!(found(app, MUTUALS, "NEAR(and or) NOT").await.len(), 1);
    assert!(found(app, MUTUALS, "nothing OR near").await.is_empty(), "all words must match");
}

/// Names and queries of the same few words, accents, scripts and signs, so that many match in part.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-c]{1,3}",
        "[A-C0-2é]{1,4}",
        Just("côte".to_owned()),
        Just("Straße".to_owned()),
        Just("ﬁne".to_owned()),
        Just("北京".to_owned()),
        Just("Москва".to_owned()),
        Just("😀".to_owned()),
        Just("İstanbul".to_owned()),
        Just("naı\u{308}ve".to_owned()),
        "[a-c]'[a-c]",
        "[&|!:*()<>\"'%_^-]{1,2}",
        "\\PC{1,3}",
    ];
    prop::collection::vec(word, 1..4).prop_map(|words| words.join(" "))
}

#[test]
fn both_databases_find_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let [sqlite, postgres] = [Engine::Sqlite, Engine::Postgres].map(TestApp::start);
    let both = [&sqlite, &postgres];
    // The names of one round stay for the next: the more there are, the more there is to find.
    let mut runner =
        TestRunner::new(Config { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..Config::default() });
    let strategy = (prop::collection::vec(words(), 1..12), prop::collection::vec(words(), 1..12));
    let tried = runner.run(&strategy, |(names, queries)| {
        runtime.block_on(async {
            for name in &names {
                let mut statuses = Vec::new();
                for app in both {
                    statuses.push(app.post(DEPARTMENTS, &department(name)).await.status());
                }
                prop_assert_eq!(statuses[0], statuses[1], "{:?}", name);
            }
            for query in &queries {
                let mut answers = Vec::new();
                for app in both {
                    let path = format!("{DEPARTMENTS}?q={}", encoded(query));
                    let status = app.get(&path).await.status();
                    let names = if status == 200 { app.column(&path, "name").await } else { Vec::new() };
                    answers.push((status, names));
                }
                prop_assert_eq!(&answers[0], &answers[1], "{:?}", query);
            }
            Ok::<(), TestCaseError>(())
        })
    });
    drop(runtime);
    tried.unwrap();
}

const SEARCH: &str = "/v1/search";

/// The names that a search found, by kind.
fn hits(found: &Value) -> BTreeMap<String, Vec<String>> {
    let groups = found["groups"].as_array().unwrap().iter().map(|group| {
        let names = group["items"].as_array().unwrap().iter().map(|hit| hit["name"].as_str().unwrap_or("-").to_owned());
        (group["resource_type"].as_str().unwrap().to_owned(), names.collect())
    });
    groups.collect()
}

async fn one_search_finds_records_of_every_kind(app: &TestApp) {
    let council = app.create(DEPARTMENTS, &department("Calder Council")).await;
    let number = json!({ "identifiers": [{ "scheme": "GB-COH", "id": "08878185" }] });
    let care = app.create(MUTUALS, &with(mutual("Calder Care"), number)).await;
    app.create(MUTUALS, &mutual("Calder Arts")).await;
    let other = app.create(MUTUALS, &mutual("Esk Homes")).await;
    let question = json!({ "question": "Should we leave?" });
    let draft = app.create(STAFF_BALLOTS, &with(staff_ballot(id(&care)), question)).await;
    let nursing = app.create(CONTRACTS, &contract(id(&care), id(&council))).await;
    let titled = with(contract(id(&other), id(&council)), json!({ "title": "Homes in Calder", "reference": "X/17" }));
    let titled = app.create(CONTRACTS, &titled).await;

    let found = app.get(format!("{SEARCH}?q=calder")).await.expect(200);
    let expected = json!([
        {"resource_type": "department", "has_more": false, "items": [
            {"id": council["id"], "slug": "calder-council", "name": "Calder Council", "url": "/v1/departments/calder-council"}
        ]},
        {"resource_type": "mutual", "has_more": false, "items": [
            {"id": hit_id(&found, 1, 0), "slug": "calder-arts", "name": "Calder Arts", "url": "/v1/mutuals/calder-arts"},
            {"id": care["id"], "slug": "calder-care", "name": "Calder Care", "url": "/v1/mutuals/calder-care"}
        ]},
        {"resource_type": "staff_ballot", "has_more": false, "items": [
            {"id": draft["id"], "name": "Should we leave?",
             "mutual": {"id": care["id"], "slug": "calder-care", "name": "Calder Care"},
             "url": format!("/v1/staff-ballots/{}", id(&draft))}
        ]},
        {"resource_type": "contract", "has_more": false, "items": [
            {"id": nursing["id"], "name": "Community nursing",
             "mutual": {"id": care["id"], "slug": "calder-care", "name": "Calder Care"},
             "url": format!("/v1/contracts/{}", id(&nursing))},
            {"id": titled["id"], "name": "Homes in Calder",
             "mutual": {"id": other["id"], "slug": "esk-homes", "name": "Esk Homes"},
             "url": format!("/v1/contracts/{}", id(&titled))}
        ]}
    ]);
    assert_eq!(found["groups"], expected);
    for group in expected.as_array().unwrap() {
        for hit in group["items"].as_array().unwrap() {
            assert_eq!(app.get(hit["url"].as_str().unwrap()).await.expect(200)["id"], hit["id"]);
        }
    }
    // A draft shows in a search to those who see it in the list.
    let public = app.get(format!("{SEARCH}?q=calder")).without_key().await;
    assert_eq!(hits(&public.expect(200)).into_keys().collect::<Vec<_>>(), ["contract", "department", "mutual"]);
    let first = hits(&app.get(format!("{SEARCH}?q=calder&limit=1")).await.expect(200));
    assert_eq!(first["mutual"], ["Calder Arts"]);
    assert_eq!(first["contract"], ["Community nursing"]);
    let more = app.get(format!("{SEARCH}?q=calder&limit=1")).await.expect(200);
    let has_more = more["groups"].as_array().unwrap().iter().map(|group| group["has_more"].as_bool().unwrap());
    assert_eq!(has_more.collect::<Vec<_>>(), [false, true, false, true]);
    for (query, kinds) in [
        ("8878185", vec!["contract", "mutual", "staff_ballot"]),
        ("x%2F17", vec!["contract"]),
        ("esk", vec!["contract", "mutual"]),
        ("nobody", vec![]),
    ] {
        let found = hits(&app.get(format!("{SEARCH}?q={query}")).await.expect(200));
        assert_eq!(found.into_keys().collect::<Vec<_>>(), kinds, "{query}");
    }
    let again = app.get(format!("{SEARCH}?q=calder")).without_key().header("if-none-match", public.etag()).await;
    assert_eq!(again.status(), 304);
    app.get(SEARCH).await.expect_faults(400, &[("q", "required")]);
    let wrong = app.get(format!("{SEARCH}?q=%26&limit=51&kind=mutual")).await;
    wrong.expect_faults(400, &[("kind", "unknown-parameter"), ("q", "empty"), ("limit", "out-of-range")]);
}

fn hit_id(found: &Value, group: usize, item: usize) -> &Value {
    &found["groups"][group]["items"][item]["id"]
}
