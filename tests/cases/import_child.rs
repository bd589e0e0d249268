//! Bulk in of what belongs to other records: a row says which, and is entered and changed by the same rules as every other.

use std::time::Instant;

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, annual_return, commitment, competition, enabler,
    endorsement, full_competition, full_enabler, full_notice, id, notice, staff_ballot, support_request, with, without,
};
use kit::{Around, Program, SAMPLES, Sample, TestApp, children};
use serde_json::{Value, json};

use crate::collection::{everywhere, parent, two_of_each, whose};
use crate::entry_log::{assert_sound, entries};
use crate::export::lines;
use crate::import::{counts, import, import_table, import_with, lasting, ndjson, numbered, problems, removals};

kit::on_both! {
    every_export_of_children_comes_back_unchanged,
    children_are_carried_over_to_another_register,
    a_new_child_names_the_record_that_it_belongs_to,
    all_faults_of_a_row_and_of_its_parent_are_told_at_once,
    a_child_stays_with_its_parent,
    a_row_changes_what_it_names_of_a_child,
    a_row_that_says_all_of_a_child_replaces_it,
    a_child_is_the_subject_of_one_row,
    children_are_entered_where_the_caller_may,
    only_an_administrator_gives_ids_to_children,
    atomic_enters_all_children_or_none,
    a_dry_run_enters_no_child,
    a_table_of_children_names_their_parents,
    what_follows_from_other_records_follows_after_an_import,
    rules_of_changes_hold_for_rows_of_children,
    what_was_erased_does_not_come_back_with_an_export,
    stage_transitions_are_entered_one_by_one,
    a_thousand_competitions_are_entered,
    the_program_imports_children,
}

/// Every kind of child that can be imported.
fn importable() -> impl Iterator<Item = &'static Sample> {
    children().filter(|sample| sample.kind != "stage_transition")
}

fn of(parent: &Value, member: &str, row: Value) -> Value {
    with(row, json!({ member: parent["id"] }))
}

/// What was wrong with each row.
async fn faults(app: &TestApp, done: &Value) -> Vec<Vec<String>> {
    problems(app, done).await.into_iter().map(|(.., faults)| faults).collect()
}

async fn every_export_of_children_comes_back_unchanged(app: &TestApp) {
    let around = two_of_each(app).await;
    // A position that staff took by their ballot, and what says all that it may.
    let mutual = id(&around[0].mutual);
    let votes = json!([{ "option": "yes", "votes": 6 }, { "option": "no", "votes": 2 }]);
    let held = with(staff_ballot(mutual), json!({ "counts": votes, "counts_complete": true }));
    let ballot = app.declare(&app.create(STAFF_BALLOTS, &held).await).await;
    let by_staff = json!({ "constituency": "staff", "staff_ballot_id": id(&ballot), "given_on": "2012-10-01" });
    let by_staff = app.create(&format!("{MUTUALS}/{mutual}/endorsements"), &by_staff).await;
    assert_eq!(by_staff["position"], "supports");
    let taken_once = ["pathway_progress", "pathway_step", "annual_return"];
    for sample in importable().filter(|sample| !taken_once.contains(&sample.kind)) {
        app.create(&sample.path(&around[0]), &(sample.full)(&around[0])).await;
    }
    let head = entries(app.database()).len();
    for sample in importable() {
        let (path, (parameter, _)) = (everywhere(sample), parent(sample));
        let mut exports = vec![String::new()];
        if whose(&around[0], parameter).get("slug").is_some() {
            exports.push(format!("?expand={parameter}"));
        }
        for query in exports {
            let rows = app.get(format!("{path}/export.ndjson{query}")).await;
            let table = app.get(format!("{path}/export.csv{query}")).await;
            let expected = i64::try_from(lines(&rows).len()).unwrap();
            assert!(expected >= 2, "{path}");
            for update in ["merge", "replace"] {
                let query = format!("resource_type={}&update={update}", sample.kind);
                for done in [import(app, &query, rows.text()).await, import_table(app, &query, table.text()).await] {
                    let told = problems(app, &done).await;
                    assert_eq!(counts(&done), [expected, 0, 0, expected, 0], "{path} {update}: {told:?}");
                }
            }
        }
    }
    let about_records = entries(app.database()).into_iter().skip(head).filter(|one| one["resource_type"] != "import");
    assert_eq!(about_records.count(), 0);
}

async fn children_are_carried_over_to_another_register(app: &TestApp) {
    two_of_each(app).await;
    let elsewhere = TestApp::start(app.database().engine());
    for sample in SAMPLES.iter().filter(|sample| sample.kind != "stage_transition") {
        let path = everywhere(sample);
        let exported = app.get(format!("{path}/export.ndjson")).await;
        let done = import(&elsewhere, &format!("resource_type={}", sample.kind), exported.text()).await;
        let rows = i64::try_from(lines(&exported).len()).unwrap();
        // Those of mutuals and contracts that were there first change with what belongs to them.
        assert_eq!(counts(&done), [rows, rows, 0, 0, 0], "{path}: {:#?}", problems(&elsewhere, &done).await);
        let there: Vec<Value> = elsewhere.walk(&path).await.iter().map(lasting).collect();
        assert_eq!(there, lines(&exported).iter().map(lasting).collect::<Vec<_>>(), "{path}");
    }
    assert_sound(&entries(elsewhere.database()));
}

async fn a_new_child_names_the_record_that_it_belongs_to(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let rows = [of(&around.contract, "contract_id", competition()), of(&around.contract, "contract_id", competition())];
    let done = import(app, "resource_type=competition", ndjson(&rows)).await;
    assert_eq!(counts(&done), [2, 2, 0, 0, 0], "{:?}", problems(app, &done).await);
    let path = format!("{CONTRACTS}/{}/competitions", id(&around.contract));
    assert_eq!(app.column(&path, "outcome").await, ["open", "open"]);
    // By a slug too, whatever the letter case of an id.
    let rows = [
        with(commitment(), json!({ "department_id": around.department["slug"] })),
        with(commitment(), json!({ "department_id": id(&around.department).to_uppercase() })),
    ];
    let done = import(app, "resource_type=commitment", ndjson(&rows)).await;
    assert_eq!(counts(&done), [2, 2, 0, 0, 0], "{:?}", problems(app, &done).await);
    let own = app.walk(&format!("{DEPARTMENTS}/{}/commitments", id(&around.department))).await;
    assert!(own.len() == 2 && own.iter().all(|one| one["department_id"] == around.department["id"]), "{own:?}");

    let gone = app.create(CONTRACTS, &kit::fixture::contract(id(&around.mutual), id(&around.department))).await;
    app.delete(format!("{CONTRACTS}/{}", id(&gone))).await.expect(204);
    let rows: Vec<Value> = [json!(NOBODY), json!("harmonie"), json!(7), Value::Null, gone["id"].clone()]
        .into_iter()
        .map(|parent| with(notice(), json!({ "contract_id": parent })))
        .chain([notice()])
        .collect();
    let done = import(app, "resource_type=notice", ndjson(&rows)).await;
    assert_eq!(counts(&done), [6, 0, 0, 0, 6]);
    let code = |code: &str| vec![format!("/contract_id {code}")];
    let mut told = faults(app, &done).await;
    told.sort();
    let mut expected =
        ["unknown-reference", "unknown-reference", "invalid-format", "invalid-type", "required", "required"].map(code);
    expected.sort();
    assert_eq!(told, expected);
    let rows = [
        with(enabler(), json!({ "department_id": "nowhere" })),
        with(enabler(), json!({ "department_id": "No slug" })),
        with(enabler(), json!({ "department_id": NOBODY })),
    ];
    let done = import(app, "resource_type=enabler", ndjson(&rows)).await;
    let mut told = faults(app, &done).await;
    told.sort();
    let code = |code: &str| vec![format!("/department_id {code}")];
    assert_eq!(told, ["invalid-character", "unknown-reference", "unknown-reference"].map(code));
}

async fn all_faults_of_a_row_and_of_its_parent_are_told_at_once(app: &TestApp) {
    let rows = [
        json!({ "contract_id": NOBODY, "kind": "race", "outcome": "open", "winner_kind": "mutual" }),
        json!({ "outcome": "open", "colour": "red" }),
    ];
    let done = import(app, "resource_type=competition", ndjson(&rows)).await;
    let mut told = faults(app, &done).await;
    told.iter_mut().for_each(|faults| faults.sort());
    assert_eq!(told[0], ["/contract_id unknown-reference", "/kind not-in-vocabulary", "/winner_kind inconsistent"]);
    assert_eq!(told[1], ["/colour unknown-member", "/contract_id required", "/kind required"]);
    let rows = [with(support_request(), json!({ "mutual_id": NOBODY, "status": "assigned", "enabler_id": NOBODY }))];
    let done = import(app, "resource_type=support_request", ndjson(&rows)).await;
    assert_eq!(faults(app, &done).await, [["/mutual_id unknown-reference", "/enabler_id unknown-reference"]]);
    // Said twice.
    let twice = r#"{"contract_id": "x", "contract_id": "y", "code": "UK4", "published_on": "2025-03-03"}"#;
    let done = import(app, "resource_type=notice", format!("{twice}\n")).await;
    let mut told = faults(app, &done).await.remove(0);
    told.sort();
    assert_eq!(told, ["/contract_id duplicate-member", "/contract_id invalid-format"]);
}

async fn a_child_stays_with_its_parent(app: &TestApp) {
    let [one, other] = [Around::new(app, "one").await, Around::new(app, "other").await];
    let made = app.create(&format!("{CONTRACTS}/{}/competitions", id(&one.contract)), &competition()).await;
    let own = format!("{CONTRACTS}/{}/competitions/{}", id(&one.contract), id(&made));
    let row = |parent: Value| json!({ "id": id(&made), "contract_id": parent, "kind": "retender", "outcome": "open" });
    for update in ["merge", "replace"] {
        let query = format!("resource_type=competition&update={update}");
        for parent in [json!(id(&other.contract)), json!(NOBODY)] {
            let done = import(app, &query, ndjson(&[row(parent)])).await;
            assert_eq!(counts(&done), [1, 0, 0, 0, 1]);
            assert_eq!(faults(app, &done).await, [["/contract_id read-only"]], "{update}");
            let page = app.get(format!("/v1/imports/{}/problems", id(&done))).await.expect(200);
            let said = page["items"][0]["errors"][0]["detail"].as_str().unwrap();
            assert!(said.contains("stays with the contract that it was entered for"), "{said}");
        }
    }
    assert_eq!(app.get(&own).await.expect(200), made);
    // It need not be said again, and can't be taken away.
    let done = import(app, "resource_type=competition", ndjson(&[row(Value::Null)])).await;
    assert_eq!(faults(app, &done).await, [["/contract_id read-only"]]);
    let done = import(app, "resource_type=competition", ndjson(&[without(row(json!("")), &["contract_id"])])).await;
    assert_eq!(counts(&done), [1, 0, 1, 0, 0], "{:?}", problems(app, &done).await);
    assert_eq!(app.get(&own).await.expect(200)["kind"], "retender");
    // The slug of its own is as good as the id.
    let path = format!("{MUTUALS}/{}/endorsements", id(&one.mutual));
    let made = app.create(&path, &endorsement()).await;
    for (slug, expected) in [(&one.mutual["slug"], [1, 0, 1, 0, 0]), (&other.mutual["slug"], [1, 0, 0, 0, 1])] {
        let row = json!({ "id": id(&made), "mutual_id": slug, "position": "opposes" });
        let done = import(app, "resource_type=endorsement", ndjson(&[row])).await;
        assert_eq!(counts(&done), expected, "{:?}", problems(app, &done).await);
    }
    app.delete(format!("{path}/{}", id(&made))).await.expect(204);
    let row = json!({ "id": id(&made), "mutual_id": id(&one.mutual), "position": "neutral" });
    let done = import(app, "resource_type=endorsement", ndjson(&[with(endorsement(), row)])).await;
    assert_eq!(problems(app, &done).await[0].1, "gone");
}

async fn a_row_changes_what_it_names_of_a_child(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let path = format!("{CONTRACTS}/{}/competitions", id(&around.contract));
    let made = app.create(&path, &full_competition()).await;
    let rows = [json!({ "id": id(&made), "bidders": 3, "winner_name": null })];
    let done = import(app, "resource_type=competition", ndjson(&rows)).await;
    assert_eq!((counts(&done), &done["removals"]), ([1, 0, 1, 0, 0], &json!(1)), "{:?}", problems(app, &done).await);
    let now = app.get(format!("{path}/{}", id(&made))).await.expect(200);
    assert_eq!(lasting(&now), with(without(lasting(&made), &["winner_name"]), json!({ "bidders": 3 })));
    assert_eq!(removals(app, &done).await, [(1, id(&made).to_owned(), vec!["/winner_name".to_owned()])]);
}

async fn a_row_that_says_all_of_a_child_replaces_it(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let path = format!("{CONTRACTS}/{}/notices", id(&around.contract));
    let made = app.create(&path, &full_notice()).await;
    let row = json!({ "id": id(&made), "code": "UK7", "published_on": "2025-06-20" });
    let query = "resource_type=notice&update=replace";
    let done = import(app, query, ndjson(std::slice::from_ref(&row))).await;
    assert_eq!((counts(&done), &done["removals"]), ([1, 0, 1, 0, 0], &json!(1)), "{:?}", problems(app, &done).await);
    let now = app.get(format!("{path}/{}", id(&made))).await.expect(200);
    let said = with(row, json!({ "contract_id": id(&around.contract), "sources": [] }));
    assert_eq!(lasting(&now), said);
    assert_eq!(removals(app, &done).await[0].2, ["/url", "/reference", "/sources/0"]);
    let done = import(app, query, ndjson(&[json!({ "id": id(&made), "code": "UK7" })])).await;
    assert_eq!(faults(app, &done).await, [["/published_on required"]]);
}

async fn a_child_is_the_subject_of_one_row(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let new = |number: u32| with(of(&around.contract, "contract_id", notice()), json!({ "id": numbered(number) }));
    // Without an id, each row is a record of its own.
    let alike = of(&around.contract, "contract_id", notice());
    let rows = [new(1), new(1), new(2), alike.clone(), alike];
    let done = import(app, "resource_type=notice", ndjson(&rows)).await;
    assert_eq!(counts(&done), [5, 4, 0, 0, 1]);
    assert_eq!(problems(app, &done).await, [(2, "invalid-content".to_owned(), vec![" duplicate-item".to_owned()])]);
    // A mutual has one return for each of its years, whether it is there or comes with the same file.
    let row = of(&around.mutual, "mutual_id", annual_return());
    let done = import(app, "resource_type=annual_return", ndjson(&[row.clone(), row])).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);
    assert_eq!(problems(app, &done).await[0].1, "period-taken");
}

async fn children_are_entered_where_the_caller_may(app: &TestApp) {
    let [own, other] = [Around::new(app, "own").await, Around::new(app, "other").await];
    let [mine, theirs] = [&own.contract, &other.contract];
    let there = app.create(&format!("{CONTRACTS}/{}/notices", id(theirs)), &notice()).await;
    let rows = [
        of(mine, "contract_id", notice()),
        of(theirs, "contract_id", notice()),
        json!({ "id": id(&there), "code": "UK7" }),
        with(notice(), json!({ "contract_id": NOBODY })),
    ];
    for role in ["department_editor", "procurement_officer"] {
        let key = app.database().make_key(role, &[id(&own.department)]);
        let done = import_with(app, &key, "resource_type=notice", ndjson(&rows)).await;
        assert_eq!(counts(&done), [4, 1, 0, 0, 3], "{role}");
        let mut told = problems(app, &done).await;
        told.sort();
        let refused = |line| (line, "forbidden".to_owned(), vec![]);
        let unknown = (4, "invalid-content".to_owned(), vec!["/contract_id unknown-reference".to_owned()]);
        assert_eq!(told, [refused(2), refused(3), unknown], "{role}");
    }
    assert_eq!(app.get(format!("{CONTRACTS}/{}/notices/{}", id(theirs), id(&there))).await.expect(200), there);
    let mutual_editor = app.database().make_key("mutual_editor", &[id(&own.department)]);
    let send = |kind: &str, key: &str| {
        let request = app.request("POST", format!("/v1/imports?resource_type={kind}")).with_key(key);
        request.body("application/x-ndjson", "{}\n")
    };
    send("competition", &mutual_editor).await.expect_problem(403, "forbidden");
    let row = [of(&own.mutual, "mutual_id", annual_return()), of(&other.mutual, "mutual_id", annual_return())];
    let done = import_with(app, &mutual_editor, "resource_type=annual_return", ndjson(&row)).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1], "{:?}", problems(app, &done).await);
    let auditor = app.database().make_key("auditor", &[]);
    send("competition", &auditor).await.expect_problem(403, "forbidden");
}

async fn only_an_administrator_gives_ids_to_children(app: &TestApp) {
    let own = Around::new(app, "own").await;
    let editor = app.database().make_key("department_editor", &[id(&own.department)]);
    let row = with(of(&own.contract, "contract_id", competition()), json!({ "id": numbered(1) }));
    let done = import_with(app, &editor, "resource_type=competition", ndjson(std::slice::from_ref(&row))).await;
    assert_eq!(faults(app, &done).await, [["/id unknown-reference"]]);
    let done = import(app, "resource_type=competition", ndjson(std::slice::from_ref(&row))).await;
    assert_eq!(counts(&done), [1, 1, 0, 0, 0]);
    let changed = with(row, json!({ "kind": "retender" }));
    let done = import_with(app, &editor, "resource_type=competition", ndjson(&[changed])).await;
    assert_eq!(counts(&done), [1, 0, 1, 0, 0], "{:?}", problems(app, &done).await);
}

async fn atomic_enters_all_children_or_none(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let good = of(&around.contract, "contract_id", competition());
    let bad = with(competition(), json!({ "contract_id": NOBODY }));
    let query = "resource_type=competition&mode=atomic";
    let done = import(app, query, ndjson(&[good.clone(), bad])).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("failed"), [2, 0, 0, 0, 1]));
    assert_eq!(app.walk("/v1/competitions").await, [Value::Null; 0]);
    let done = import(app, query, ndjson(&[good.clone(), good])).await;
    assert_eq!((done["state"].as_str(), counts(&done)), (Some("done"), [2, 2, 0, 0, 0]));
}

async fn a_dry_run_enters_no_child(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let row = of(&around.mutual, "mutual_id", with(annual_return(), json!({ "headcount": 12 })));
    let query = "resource_type=annual_return&validate_only=true";
    let done = import(app, query, ndjson(&[row.clone(), row])).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);
    assert_eq!(problems(app, &done).await[0].1, "period-taken");
    assert_eq!(app.walk("/v1/annual-returns").await, [Value::Null; 0]);
    assert_eq!(app.get(format!("{MUTUALS}/{}", id(&around.mutual))).await.expect(200), around.mutual);
}

async fn a_table_of_children_names_their_parents(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let (contract, slug) = (id(&around.contract), around.mutual["slug"].as_str().unwrap());
    let table = format!(
        "contract_id,kind,outcome,bidders,sources\n{contract},tender,lost,3,\"[{{\"\"title\"\":\"\"A\"\"}}]\"\n,tender,open,,\n"
    );
    let done = import_table(app, "resource_type=competition", &table).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);
    assert_eq!(
        problems(app, &done).await,
        [(3, "invalid-content".to_owned(), vec!["/contract_id required".to_owned()])]
    );
    assert_eq!(app.walk("/v1/competitions").await[0]["bidders"], 3);
    // With the names that an export has beside; those alone are no reference.
    let table = format!(
        "mutual_id,mutual.slug,mutual.name,constituency,position,given_on\n{slug},other,Other,commissioners,neutral,2012-06-14\n\
         ,{slug},,commissioners,neutral,2012-06-14\n"
    );
    let done = import_table(app, "resource_type=endorsement", &table).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1], "{:?}", problems(app, &done).await);
    let mut told = faults(app, &done).await.remove(0);
    told.sort();
    assert_eq!(told, ["/mutual unknown-member", "/mutual_id required"]);
    let sent = app.request("POST", "/v1/imports?resource_type=notice").body("text/csv", "code,code\nUK4,UK4\n");
    sent.await.expect_faults(422, &[("/code", "duplicate-member")]);
}

async fn what_follows_from_other_records_follows_after_an_import(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let row = of(&around.mutual, "mutual_id", with(annual_return(), json!({ "headcount": 12 })));
    let done = import(app, "resource_type=annual_return", ndjson(&[row])).await;
    assert_eq!(counts(&done), [1, 1, 0, 0, 0], "{:?}", problems(app, &done).await);
    let mutual = app.get(format!("{MUTUALS}/{}", id(&around.mutual))).await.expect(200);
    assert_eq!((&mutual["staff_count"], &mutual["staff_counted_on"]), (&json!(12), &json!("2012-03-31")));
    // Staff speak by a ballot on their own mutual, and a step is one of the mutual's department.
    let other = Around::new(app, "other").await;
    let votes = json!([{ "option": "yes", "votes": 6 }, { "option": "no", "votes": 2 }]);
    let held = with(staff_ballot(id(&other.mutual)), json!({ "counts": votes, "counts_complete": true }));
    let ballot = app.declare(&app.create(STAFF_BALLOTS, &held).await).await;
    let by_staff = json!({ "constituency": "staff", "staff_ballot_id": id(&ballot), "given_on": "2012-10-01" });
    let rows = [of(&around.mutual, "mutual_id", by_staff.clone()), of(&other.mutual, "mutual_id", by_staff)];
    let done = import(app, "resource_type=endorsement", ndjson(&rows)).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);
    assert_eq!(faults(app, &done).await, [["/staff_ballot_id unknown-reference"]]);
    let done_on = json!({ "step_id": id(&other.step), "done_on": "2012-02-14" });
    let rows = [of(&around.mutual, "mutual_id", done_on.clone()), of(&other.mutual, "mutual_id", done_on)];
    let done = import(app, "resource_type=pathway_progress", ndjson(&rows)).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1]);
    assert_eq!(faults(app, &done).await, [["/step_id unknown-reference"]]);
}

async fn rules_of_changes_hold_for_rows_of_children(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let path = format!("{MUTUALS}/{}/support-requests", id(&around.mutual));
    let declined = json!({ "status": "declined", "closed_on": "2012-04-01", "decline_reason": "Nobody is free." });
    let made = app.create(&path, &with(support_request(), declined)).await;
    let reopened = with(without(made.clone(), &["closed_on", "decline_reason"]), json!({ "status": "open" }));
    let done = import(app, "resource_type=support_request&update=replace", ndjson(&[reopened])).await;
    assert_eq!(problems(app, &done).await[0].1, "state-conflict");
    assert_eq!(app.get(format!("{path}/{}", id(&made))).await.expect(200), made);
    // What has not happened yet can't be said.
    let row = of(&around.contract, "contract_id", with(notice(), json!({ "published_on": "2999-01-01" })));
    let done = import(app, "resource_type=notice", ndjson(&[row])).await;
    assert_eq!(faults(app, &done).await, [["/published_on out-of-range"]]);
}

async fn what_was_erased_does_not_come_back_with_an_export(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let row = of(&around.department, "department_id", full_enabler());
    let send = || {
        let request = app.request("POST", "/v1/imports?resource_type=enabler").header("idempotency-key", "once");
        request.body("application/x-ndjson", ndjson(std::slice::from_ref(&row)))
    };
    let begun = send().await.expect(202);
    crate::import::finished(app, kit::admin_key(), &format!("/v1/imports/{}", id(&begun))).await;
    let made = app.walk("/v1/enablers").await.remove(0);
    assert_eq!(made["name"], "Edith Enabler");
    let path = format!("{DEPARTMENTS}/{}/enablers/{}", id(&around.department), id(&made));
    let erase = Program::new(&["erase", &path, "--reason", "Has left"]).env("DATABASE_URL", &app.database().url());
    assert_eq!(erase.run().code, Some(0));
    let kept = app.database().rows("SELECT fingerprint FROM idempotency_keys");
    assert_eq!(json!(kept), json!([{ "fingerprint": null }]));
    // The same key does not enter her again.
    send().await.expect_problem(422, "idempotency-key-reused");
    let exported = app.get("/v1/enablers/export.ndjson").await;
    for update in ["merge", "replace"] {
        let done = import(app, &format!("resource_type=enabler&update={update}"), exported.text()).await;
        assert_eq!(counts(&done), [1, 0, 0, 1, 0], "{:?}", problems(app, &done).await);
    }
    // Nor does a row that is refused leave her name behind.
    let bad = with(row.clone(), json!({ "name": "Edith\u{7}Enabler", "email": "edith enabler" }));
    let done = import(app, "resource_type=enabler", ndjson(&[bad])).await;
    assert_eq!(problems(app, &done).await[0].2.len(), 2);
    for table in ["import_problems", "import_chunks"] {
        let kept = json!(app.database().rows(&format!("SELECT * FROM {table}"))).to_string().to_lowercase();
        assert!(!kept.contains("edith"), "{kept}");
    }
    // What the public is shown wipes nothing.
    let other = app.create(&format!("{DEPARTMENTS}/{}/enablers", id(&around.department)), &full_enabler()).await;
    let public = app.get("/v1/enablers/export.csv").without_key().await;
    let done = import_table(app, "resource_type=enabler", without_empty_columns(public.text()).as_str()).await;
    assert_eq!(counts(&done), [2, 0, 0, 2, 0], "{:?}", problems(app, &done).await);
    let own = format!("{DEPARTMENTS}/{}/enablers/{}", id(&around.department), id(&other));
    assert_eq!(app.get(&own).await.expect(200), other);
}

/// An empty cell removes: who doesn't see names takes their columns out.
fn without_empty_columns(table: &str) -> String {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let names = reader.headers().unwrap().clone();
    let kept: Vec<usize> = (0..names.len()).filter(|at| !["name", "email"].contains(&&names[*at])).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |record: &csv::StringRecord| writer.write_record(kept.iter().map(|at| &record[*at])).unwrap();
    write(&names);
    reader.records().for_each(|record| write(&record.unwrap()));
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

async fn stage_transitions_are_entered_one_by_one(app: &TestApp) {
    let send = app.request("POST", "/v1/imports?resource_type=stage_transition");
    send.body("application/x-ndjson", "{}\n").await.expect_faults(400, &[("resource_type", "not-in-vocabulary")]);
    let list = app.get("/v1/code-lists/importable").await.expect(200);
    let codes: Vec<&str> =
        list["codes"].as_array().unwrap().iter().map(|code| code["code"].as_str().unwrap()).collect();
    let expected: Vec<&str> =
        SAMPLES.iter().map(|sample| sample.kind).filter(|kind| *kind != "stage_transition").collect();
    assert_eq!(codes, expected);
}

async fn a_thousand_competitions_are_entered(app: &TestApp) {
    let around = [Around::new(app, "one").await, Around::new(app, "other").await];
    let row = |number: usize| {
        let bidders = json!({ "bidders": 2 + number % 9, "contract_id": id(&around[number % 2].contract) });
        with(full_competition(), bidders)
    };
    let rows: Vec<Value> = (0..1000).map(row).collect();
    let began = Instant::now();
    let done = import(app, "resource_type=competition", ndjson(&rows)).await;
    println!("a thousand competitions: {:?}", began.elapsed());
    assert_eq!(counts(&done), [1000, 1000, 0, 0, 0], "{:?}", problems(app, &done).await.first());
    let entries = entries(app.database());
    assert_sound(&entries);
    assert_eq!(entries.iter().filter(|entry| entry["resource_type"] == "competition").count(), 1000);
    let table = app.get("/v1/competitions/export.csv").await;
    let began = Instant::now();
    let done = import_table(app, "resource_type=competition&update=replace", table.text()).await;
    println!("unchanged, from a table: {:?}", began.elapsed());
    assert_eq!(counts(&done), [1000, 0, 0, 1000, 0], "{:?}", problems(app, &done).await.first());
    let query = "resource_type=competition&mode=atomic";
    let done = import(app, query, ndjson(&rows)).await;
    assert_eq!(counts(&done), [1000, 1000, 0, 0, 0]);
}

async fn the_program_imports_children(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("notices.csv");
    let contract = id(&around.contract);
    std::fs::write(
        &path,
        format!("contract_id,code,published_on\n{contract},UK7,2025-06-20\n{NOBODY},UK7,2025-06-20\n"),
    )
    .unwrap();
    let arguments = ["import", "--resource-type", "notice", path.to_str().unwrap()];
    let run = Program::new(&arguments).env("DATABASE_URL", &app.database().url()).env("RUST_LOG", "off").run();
    assert_eq!((run.code, run.stdout.trim()), (Some(1), "2 rows: 1 created, 0 updated, 0 unchanged, 1 rejected"));
    assert!(run.stderr.contains("line 3: /contract_id: there is no contract"), "{run:?}");
    assert_eq!(app.column(&format!("{CONTRACTS}/{contract}/notices"), "code").await, ["UK7"]);
}
