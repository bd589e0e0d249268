//! The words of the pages: names in the place of codes and ids, and nothing that misleads.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, full_contract, full_staff_ballot, id, mutual,
    with,
};
use kit::{Database, Engine, Program, TestApp};
use serde_json::{Value, json};

use crate::register_page::shown;

kit::on_both! {
    filters_that_are_set_are_told_by_name,
    a_history_is_told_in_words,
    what_one_instant_did_is_shown_once_as_it_was,
    why_personal_data_were_erased_is_told,
    a_page_of_the_past_names_what_it_refers_to,
    a_condition_without_any_record_says_so,
    a_mutual_that_was_given_up_says_what_that_means_and_why,
    contracts_that_end_are_told_by_their_protection,
    a_threshold_is_marked_on_the_bar,
    a_rule_is_told_without_members_and_with_days_as_people_write_them,
}

/// What a page says to people, without what it says to programs.
fn said(html: &str) -> String {
    let content = html.split_once("<main").unwrap().1.split("<footer").next().unwrap();
    let mut content = content.split("<details class=\"programs\">").next().unwrap().to_owned();
    // What is copied out by hand, and the words of sources, are as they are.
    for (start, end) in
        [("<pre", "</pre>"), ("<code", "</code>"), ("<script", "</script>"), ("<ul class=\"sources\">", "</ul>")]
    {
        while let Some((before, rest)) = content.split_once(start) {
            let after = rest.split_once(end).map_or("", |(_, after)| after);
            content = format!("{before} {after}");
        }
    }
    let mut text = String::new();
    let mut is_element = true;
    for letter in content.chars() {
        match letter {
            '<' => is_element = true,
            '>' => is_element = false,
            _ if is_element => {}
            _ => text.push(letter),
        }
        if letter == '>' {
            text.push(' ');
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".").replace(" ,", ",").replace(" :", ":")
}

/// The first word that only a program could read: an id, a code, a member, a date of the API or JSON.
fn of_programs(text: &str) -> Option<&str> {
    let is_id = |word: &str| word.len() == 36 && word.bytes().filter(|byte| *byte == b'-').count() == 4;
    let is_day = |word: &str| {
        word.len() == 10
            && word.split('-').map(str::len).eq([4, 2, 2])
            && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
    };
    let is_code =
        |word: &str| word.contains('_') && word.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
    text.split([' ', '(', ')', ',', ';', ':', '“', '”', '"']).find(|word| {
        let word = word.trim_matches('.');
        is_id(word) || is_day(word) || is_code(word) || word.contains(['{', '}', '`'])
    })
}

/// A ballot of the past with every member that it can have.
async fn past_ballot(app: &TestApp, about: &Value) -> Value {
    let draft = app.create(STAFF_BALLOTS, &full_staff_ballot(id(about))).await;
    let declare = app.post(format!("{STAFF_BALLOTS}/{}/declare", id(&draft)), &json!({ "historic": true }));
    declare.if_match("*").await.expect(200)
}

async fn filters_that_are_set_are_told_by_name(app: &TestApp) {
    let council = app.create(DEPARTMENTS, &with(department("York"), json!({ "slug": "york" }))).await;
    let leaving = json!({ "department_id": id(&council), "slug": "books" });
    let books = app.create(MUTUALS, &with(mutual("Books"), leaving)).await;
    app.create(CONTRACTS, &contract(id(&books), id(&council))).await;

    let council = id(&council);
    let counted = said(&shown(app, &format!("/figures/mutuals?department={council}&stage=idea&has_staff=false")).await);
    assert!(counted.contains("Department: York") && counted.contains("Stage: Idea"), "{counted}");
    assert!(counted.contains("Staff known: no"), "{counted}");
    for path in [
        format!("/mutuals?department={council}&launched_from=2012-07-31&launched_to="),
        format!("/contracts?mutual={}&department=york", id(&books)),
        format!("/figures/mutuals?department={council}&as_at=2012-07-31"),
        format!("/staff-ballots?mutual={}&id={council}", id(&books)),
    ] {
        let text = said(&shown(app, &path).await);
        assert_eq!(of_programs(&text), None, "{path}: {text}");
    }
    let contracts = said(&shown(app, &format!("/contracts?mutual={}&department=york", id(&books))).await);
    assert!(contracts.contains("Mutual: Books") && contracts.contains("Department: York"), "{contracts}");
}

async fn a_history_is_told_in_words(app: &TestApp) {
    let council = app.create(DEPARTMENTS, &with(department("York"), json!({ "slug": "york" }))).await;
    let leaving = json!({
        "department_id": id(&council), "slug": "books", "sectors": ["leisure_sport"], "legal_form": "cic_limited_by_shares",
        "identifiers": [{ "scheme": "GB-COH", "id": "07654321" }],
    });
    let books = app.create(MUTUALS, &with(mutual("Books"), leaving)).await;
    app.patch(
        format!("{MUTUALS}/books"),
        &json!({ "sectors": ["leisure_sport", "libraries_archives"], "department_id": null }),
    )
    .if_match("*")
    .await
    .expect(200);
    let sold = app.create(CONTRACTS, &full_contract(id(&books), id(&council))).await;
    let ballot = past_ballot(app, &books).await;

    let html = shown(app, "/mutuals/books/history").await;
    let text = said(&html);
    assert!(
        text.contains("Entered by the holder of an API key on ") && text.contains("Changed by the holder"),
        "{text}"
    );
    assert!(text.contains("Legal form Community interest company limited by shares"), "{text}");
    assert!(text.contains("Numbers in other registers Companies House 07654321"), "{text}");
    assert!(html.contains(&format!("<a href=\"/departments/{}\">York</a>", id(&council))), "{html}");
    assert!(html.contains("<ins>Libraries and archives</ins>"), "only what came into the list: {html}");
    for path in [
        "/mutuals/books/history".to_owned(),
        "/departments/york/history".to_owned(),
        format!("/contracts/{}/history", id(&sold)),
        format!("/staff-ballots/{}/history", id(&ballot)),
        format!("/staff-ballots/{}", id(&ballot)),
        format!("/contracts/{}", id(&sold)),
    ] {
        let text = said(&shown(app, &path).await).replace("ocds-b5fd17-0001", "");
        assert_eq!(of_programs(&text), None, "{path}: {text}");
    }
    let text = said(&shown(app, &format!("/contracts/{}/history", id(&sold))).await);
    assert!(text.contains("Protection First contract without competition, until 30 September 2014"), "{text}");
    let text = said(&shown(app, &format!("/staff-ballots/{}/history", id(&ballot))).await);
    assert!(text.contains("Counts A mutual 350; An NHS trust 330; As it is 100"), "{text}");

    app.delete(format!("{CONTRACTS}/{}", id(&sold))).if_match("*").await.expect(204);
    let text = said(&shown(app, &format!("/contracts/{}/history", id(&sold))).await);
    assert!(text.contains("Deleted by the holder of an API key on ") && !text.contains("taken away"), "{text}");
}

/// A transition changes the mutual within the same request; each link leads to another state.
async fn what_one_instant_did_is_shown_once_as_it_was(app: &TestApp) {
    app.create(MUTUALS, &with(mutual("Moving"), json!({ "slug": "moving" }))).await;
    app.pass(Duration::from_secs(60));
    app.create(&format!("{MUTUALS}/moving/stage-transitions"), &kit::fixture::stage_transition()).await;
    let html = shown(app, "/mutuals/moving/history").await;
    let links: Vec<&str> = html.split("?known_at=").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let different: BTreeSet<&&str> = links.iter().collect();
    assert!(!links.is_empty() && different.len() == links.len(), "{links:?}");
}

async fn why_personal_data_were_erased_is_told(app: &TestApp) {
    let about = app.create(MUTUALS, &with(mutual("Voting"), json!({ "slug": "voting" }))).await;
    let ballot = past_ballot(app, &about).await;
    let own = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    let ended = Program::new(&["erase", &own, "--reason", "The counter asked for it"])
        .env("DATABASE_URL", &app.database().url())
        .run();
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let text = said(&shown(app, &format!("/staff-ballots/{}/history", id(&ballot))).await);

    assert!(text.contains("Personal data erased by the operator of the register on "), "{text}");
    assert!(text.contains("Reason: The counter asked for it") && !text.contains("A. Counter"), "{text}");
}

async fn a_page_of_the_past_names_what_it_refers_to(app: &TestApp) {
    let council = app.create(DEPARTMENTS, &with(department("York"), json!({ "slug": "york" }))).await;
    let leaving = json!({ "department_id": id(&council), "slug": "books" });
    let books = app.create(MUTUALS, &with(mutual("Books"), leaving)).await;
    let sold = app.create(CONTRACTS, &contract(id(&books), id(&council))).await;
    let then = sold["updated_at"].as_str().unwrap().to_owned();
    app.pass(Duration::from_secs(60));
    app.patch(format!("{DEPARTMENTS}/york"), &json!({ "name": "City of York" })).if_match("*").await.expect(200);
    app.patch(format!("{MUTUALS}/books"), &json!({ "name": "Libraries" })).if_match("*").await.expect(200);

    for path in [
        "/mutuals/books".to_owned(),
        "/mutuals".to_owned(),
        "/contracts".to_owned(),
        format!("/contracts/{}", id(&sold)),
    ] {
        let html = shown(app, &format!("{path}?known_at={then}")).await;
        let text = said(&html);
        assert!(text.contains("York") && !text.contains("City of York"), "{path}: {text}");
        assert!(!path.contains("contracts") || text.contains("Books"), "{path}: {text}");
        assert_eq!(of_programs(&text), None, "{path}: {text}");
        let council = format!("href=\"/departments/{}?known_at=", id(&council));
        assert!(html.contains(&council), "the link keeps the instant: {html}");
    }
}

async fn a_condition_without_any_record_says_so(app: &TestApp) {
    let books = app.create(MUTUALS, &with(mutual("Books"), json!({ "slug": "books" }))).await;
    let text = said(&shown(app, "/mutuals/books").await);
    assert!(text.contains("Nothing on record: Staff buy-in"), "{text}");
    assert!(!text.contains("Not met:"), "{text}");
    let objection = json!({ "kind": "staff", "outcome": "open" });
    app.create(&format!("{MUTUALS}/{}/objections", id(&books)), &with(kit::fixture::objection(), objection)).await;
    let text = said(&shown(app, "/mutuals/books").await);
    assert!(text.contains("Not met: No open objection"), "what is on record is judged: {text}");
}

async fn a_mutual_that_was_given_up_says_what_that_means_and_why(app: &TestApp) {
    for (slug, reason) in [("told", Some("The staff said no")), ("untold", None)] {
        app.create(MUTUALS, &with(mutual(slug), json!({ "slug": slug }))).await;
        let mut moved = json!({ "to": "withdrawn", "effective_on": "2012-03-01", "reason": reason });
        moved.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        app.create(&format!("{MUTUALS}/{slug}/stage-transitions"), &moved).await;
    }
    let text = said(&shown(app, "/mutuals/told").await);
    assert!(
        text.contains("Ended before launch: those who proposed it gave it up. Reason: The staff said no."),
        "{text}"
    );
    let text = said(&shown(app, "/mutuals/untold").await);
    assert!(text.contains("those who proposed it gave it up. No reason is on record."), "{text}");
}

async fn contracts_that_end_are_told_by_their_protection(app: &TestApp) {
    let council = app.create(DEPARTMENTS, &department("York")).await;
    let books = app.create(MUTUALS, &mutual("Books")).await;
    let ends = [
        ("2019-03-31", json!({ "kind": "reserved" })),
        ("2019-03-31", json!({ "kind": "longer_term", "until": "2018-01-31" })),
        ("2019-03-31", Value::Null),
        ("2019-05-31", json!({ "kind": "none" })),
    ];
    for (ends, protection) in ends {
        let mut new = with(
            contract(id(&books), id(&council)),
            json!({ "status": "expired", "starts_on": "2016-04-01", "ends_on": ends, "protection": protection }),
        );
        new.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        app.create(CONTRACTS, &new).await;
    }
    let html = shown(app, "/cliff-edge?as_at=2018-06-30&within_months=24&limit=1").await;
    let text = said(&html);
    assert!(text.contains("Most end in March 2019: 3"), "{text}");
    assert!(
        text.contains("Month Contracts that end Protected Not protected Not known March 2019 3 1 1 1 May 2019 1 0 1 0"),
        "{text}"
    );
    assert!(html.contains("<td role=\"cell\" data-label=\"Protected\">1</td>"), "{html}");
    let chart = html.split_once("<svg").unwrap().1.split_once("</svg>").unwrap().0;
    assert_eq!(["c1", "c4"].map(|class| chart.matches(&format!("<rect class=\"{class}\"")).count()), [2, 3], "{chart}");
    assert!(chart.contains("Protected from competition"), "the legend is a part of it: {chart}");
}

async fn a_threshold_is_marked_on_the_bar(app: &TestApp) {
    let about = app.create(MUTUALS, &mutual("Voting")).await;
    let ballot = past_ballot(app, &about).await;
    let html = shown(app, &format!("/staff-ballots/{}", id(&ballot))).await;
    let chart = html.split_once("<svg").unwrap().1.split_once("</svg>").unwrap().0;
    assert!(chart.contains("<line class=\"mark\" x1=\"50%\" x2=\"50%\""), "{chart}");
    assert!(
        chart.contains("Turnout: 50.00%") && !chart.contains("51.00%"),
        "a share of other papers has no place on it: {chart}"
    );
    let text = said(&html);
    assert!(text.contains("Met: at least 50.00% as turnout"), "{text}");
    assert!(text.contains("at least 51.00% for A mutual, as share of valid papers"), "{text}");
}

async fn a_rule_is_told_without_members_and_with_days_as_people_write_them(app: &TestApp) {
    let council = app.create(DEPARTMENTS, &with(department("York"), json!({ "nation": "england" }))).await;
    let books = app.create(MUTUALS, &mutual("Books")).await;
    let new = json!({
        "procedure": "pcr_open", "procurement_started_on": "2016-02-01", "awarded_on": "2016-05-18", "health_services": false,
    });
    let sold = app.create(CONTRACTS, &with(contract(id(&books), id(&council)), new)).await;
    let text = said(&shown(app, &format!("/contracts/{}", id(&sold))).await);
    assert!(text.contains("the last day is 17 June 2016"), "{text}");
    assert!(text.contains("was sent electronically is not known. The standstill"), "{text}");
    assert!(text.contains("Procedure Open procedure (Public Contracts Regulations 2015)"), "{text}");
    assert_eq!(of_programs(&text), None, "{text}");
}

/// No page of the sample shows a code, an id, a member's name or JSON, and each says that it is a sample.
#[test]
fn the_sample_is_shown_in_words_and_called_a_sample() {
    let database = Database::fresh(Engine::Sqlite);
    let ended = Program::new(&["import-sample"]).env("DATABASE_URL", &database.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    kit::run_on(kit::ballot::signing(database), async |app| {
        let mut paths: Vec<String> = [
            "/",
            "/mutuals",
            "/staff-ballots",
            "/contracts",
            "/departments",
            "/competitions",
            "/log",
            "/about",
            "/figures",
            "/figures/departments",
            "/figures/stages",
            "/figures/published",
            "/figures/mutuals?standing=operating",
            "/cliff-edge?as_at=2018-06-30&within_months=60",
        ]
        .map(str::to_owned)
        .into();
        for (kind, limit) in [("mutuals", 20), ("contracts", 20), ("staff-ballots", 10), ("departments", 10)] {
            let list = app.get(format!("/v1/{kind}?limit={limit}")).without_key().await.expect(200);
            for record in list["items"].as_array().unwrap() {
                paths.push(format!("/{kind}/{}", id(record)));
                paths.push(format!("/{kind}/{}/history", id(record)));
            }
        }
        for path in paths {
            let html = shown(app, &path).await;
            assert!(html.contains("This register holds sample data."), "{path}");
            if path.ends_with("/history") {
                // Notes of sources name members of the starting collection.
                assert!(!html.contains("{\"") && !html.contains("&quot;:"), "{path}: {html}");
                continue;
            }
            let text = said(&html);
            let ocid = text.split(' ').find(|word| word.starts_with("ocds-")).unwrap_or("no OCID").to_owned();
            assert_eq!(of_programs(&text.replace(&ocid, "")), None, "{path}: {text}");
        }
    });
}
