//! The vocabularies as code lists.

use std::collections::BTreeMap;

use kit::{Contract, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    every_vocabulary_of_the_contract_is_a_code_list,
    a_code_list_says_what_each_word_means,
    a_code_list_that_a_caller_has_is_spared,
}

const CODE_LISTS: &str = "/v1/code-lists";

async fn every_vocabulary_of_the_contract_is_a_code_list(app: &TestApp) {
    let index = app.get(CODE_LISTS).without_key().await.expect(200);
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for summary in index["items"].as_array().unwrap() {
        let list = app.get(summary["url"].as_str().unwrap()).without_key().await.expect(200);
        for member in ["id", "schema", "description", "sources"] {
            assert_eq!(list[member], summary[member]);
        }
        let codes = list["codes"].as_array().unwrap();
        assert_eq!(summary["codes"], codes.len());
        let words = codes.iter().map(|code| code["code"].as_str().unwrap().to_owned());
        listed.insert(list["schema"].as_str().unwrap().to_owned(), words.collect());
    }
    let schemas = Contract::of_the_service().document()["components"]["schemas"].as_object().unwrap();
    let vocabularies = schemas.iter().filter_map(|(name, schema)| Some((name, schema.get("x-extensible-enum")?)));
    for (name, words) in vocabularies {
        assert_eq!(json!(listed.remove(name)), *words, "{name}");
    }
    // The codes of faults are no member's vocabulary: other codes stand beside them. The rules of law are cited beside.
    assert_eq!(listed.keys().collect::<Vec<_>>(), ["ComplianceRule", "FaultCode"]);
}

async fn a_code_list_says_what_each_word_means(app: &TestApp) {
    let list = app.get(format!("{CODE_LISTS}/procedure")).await.expect(200);
    let codes = list["codes"].as_array().unwrap();
    let open = codes.iter().find(|code| code["code"] == "pcr_open").unwrap();
    let meaning = "Open procedure: everybody may tender (PCR 2015 reg. 27).";
    assert_eq!(
        *open,
        json!({ "code": "pcr_open", "label": "Open procedure (Public Contracts Regulations 2015)", "description": meaning })
    );
    let sources: Vec<&Value> = list["sources"].as_array().unwrap().iter().map(|source| &source["title"]).collect();
    assert!(sources.contains(&&json!("Procurement Act 2023")), "{sources:?}");
    app.get(format!("{CODE_LISTS}/colour")).await.expect_problem(404, "not-found");
    app.post(CODE_LISTS, &json!({})).await.expect_problem(405, "method-not-allowed");
}

async fn a_code_list_that_a_caller_has_is_spared(app: &TestApp) {
    for path in [CODE_LISTS.to_owned(), format!("{CODE_LISTS}/stage")] {
        let etag = app.get(&path).await.etag();
        assert_eq!(app.get(&path).header("if-none-match", &etag).await.status(), 304);
        app.get(&path).header("if-none-match", "\"another\"").await.expect(200);
    }
}
