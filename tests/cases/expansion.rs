//! Names beside ids: `expand=mutual,department`.

use std::time::Duration;

use kit::TestApp;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, id, known_staff_ballot, mutual, with,
};
use serde_json::{Value, json};

kit::on_both! {
    what_ids_name_is_shown_where_it_is_asked_for,
    a_list_has_the_names_of_each_item,
    an_expanded_answer_changes_with_the_names_in_it,
    what_was_read_expanded_can_be_sent_back,
    a_draft_stays_hidden_when_it_is_expanded,
    only_what_can_be_expanded_is,
    an_export_has_names_as_columns,
    chosen_fields_leave_the_names,
}

fn name(record: &Value) -> Value {
    json!({ "id": record["id"], "slug": record["slug"], "name": record["name"] })
}

struct Around {
    office: Value,
    bureau: Value,
    led: Value,
    supplied: Value,
}

async fn around(app: &TestApp) -> Around {
    let office = app.create(DEPARTMENTS, &department("Office \"of\" State")).await;
    let bureau = app.create(DEPARTMENTS, &department("Bureau")).await;
    let members = json!({ "department_id": office["id"], "other_department_ids": [bureau["id"]] });
    let led = app.create(MUTUALS, &with(mutual("Led"), members)).await;
    let supplied = app.create(CONTRACTS, &contract(id(&led), id(&bureau))).await;
    Around { office, bureau, led, supplied }
}

async fn what_ids_name_is_shown_where_it_is_asked_for(app: &TestApp) {
    let Around { office, bureau, led, supplied } = around(app).await;
    let own = format!("{CONTRACTS}/{}", id(&supplied));
    let both = json!({ "mutual": name(&led), "department": name(&bureau) });
    for asked in ["expand=mutual,department", "expand=department,mutual,mutual", "expand=mutual&expand=department"] {
        assert_eq!(
            app.get(format!("{own}?{asked}")).await.expect(200),
            with(supplied.clone(), both.clone()),
            "{asked}"
        );
    }
    let one = app.get(format!("{own}?expand=mutual")).await.expect(200);
    assert_eq!(one, with(supplied.clone(), json!({ "mutual": name(&led) })));
    assert_eq!(app.get(&own).await.expect(200), supplied);
    let led_by = app.get(format!("{MUTUALS}/led?expand=department,other_departments,successor")).await.expect(200);
    let named = json!({ "department": name(&office), "other_departments": [name(&bureau)] });
    assert_eq!(led_by, with(led, named));
    let unled = app.create(MUTUALS, &mutual("Unled")).await;
    let shown = app.get(format!("{MUTUALS}/unled?expand=department,other_departments")).await.expect(200);
    assert_eq!(shown, with(unled, json!({ "other_departments": [] })));
}

async fn a_list_has_the_names_of_each_item(app: &TestApp) {
    let Around { bureau, led, supplied, .. } = around(app).await;
    let other = app.create(CONTRACTS, &contract(id(&led), id(&bureau))).await;
    let named = json!({ "mutual": name(&led), "department": name(&bureau) });
    let expanded = [supplied.clone(), other].map(|record| with(record, named.clone()));
    assert_eq!(app.walk(&format!("{CONTRACTS}?expand=mutual,department&limit=1")).await, expanded);
    assert_eq!(app.walk(&format!("{CONTRACTS}?mutual=led&expand=mutual,department&sort=-value")).await.len(), 2);
    assert_eq!(app.walk(&format!("{CONTRACTS}?limit=1")).await[0], supplied);
}

/// What it is shown with may change without the record.
async fn an_expanded_answer_changes_with_the_names_in_it(app: &TestApp) {
    let Around { supplied, .. } = around(app).await;
    let own = format!("{CONTRACTS}/{}", id(&supplied));
    let (one, list) = (format!("{own}?expand=mutual"), format!("{CONTRACTS}?expand=mutual"));
    let (plain, before, listed) = (app.get(&own).await, app.get(&one).await, app.get(&list).await);
    let since = before.header("last-modified").unwrap();
    assert_eq!(app.get(&one).header("if-none-match", before.etag()).await.status(), 304);
    assert_eq!(app.get(&list).header("if-none-match", listed.etag()).await.status(), 304);
    assert_ne!(plain.etag(), before.etag());
    app.pass(Duration::from_secs(5));
    app.patch(format!("{MUTUALS}/led"), &json!({ "name": "Renamed" })).await.expect(200);
    let after = app.get(&one).header("if-none-match", before.etag()).await;
    assert_eq!(after.expect(200)["mutual"]["name"], "Renamed");
    assert_eq!(app.get(&one).header("if-modified-since", since).await.status(), 200);
    assert_eq!(app.get(&list).header("if-none-match", listed.etag()).await.status(), 200);
    // The record itself is as it was: a change for its version needs no other tag.
    assert_eq!(app.get(&own).header("if-none-match", plain.etag()).await.status(), 304);
    let change = || app.patch(&own, &json!({ "title": "Another" }));
    let weak = change().if_match(&format!("W/{}", before.etag())).await.expect_problem(412, "precondition-failed");
    assert!(weak["detail"].as_str().unwrap().contains("weak"), "{weak}");
    change().if_match(&before.etag()).await.expect(200);
    change().if_match(&after.etag()).await.expect_problem(412, "precondition-failed");
}

async fn what_was_read_expanded_can_be_sent_back(app: &TestApp) {
    let Around { bureau, supplied, .. } = around(app).await;
    let own = format!("{CONTRACTS}/{}", id(&supplied));
    let read = app.get(format!("{own}?expand=mutual,department")).await.expect(200);
    assert_eq!(app.put(&own, &read).await.expect(200), supplied);
    assert_eq!(app.patch(&own, &read).await.expect(200), supplied);
    let led = app.get(format!("{MUTUALS}/led?expand=department,other_departments")).await.expect(200);
    app.put(format!("{MUTUALS}/led"), &led).await.expect(200);
    // It changes nothing by itself.
    let unknown = [("/mutual", "unknown-member")];
    let other = with(read.clone(), json!({ "mutual": { "id": bureau["id"] } }));
    app.put(&own, &other).await.expect_faults(422, &unknown);
    let other = with(contract("led", "bureau"), json!({ "mutual": "led" }));
    app.post(CONTRACTS, &other).await.expect_faults(422, &unknown);
}

async fn a_draft_stays_hidden_when_it_is_expanded(app: &TestApp) {
    let Around { led, .. } = around(app).await;
    let draft = app.create(STAFF_BALLOTS, &known_staff_ballot(id(&led))).await;
    let own = format!("{STAFF_BALLOTS}/{}?expand=mutual", id(&draft));
    assert_eq!(app.get(&own).await.expect(200)["mutual"], name(&led));
    app.get(&own).without_key().await.expect_problem(404, "not-found");
    let list = || app.get(format!("{STAFF_BALLOTS}?expand=mutual")).without_key();
    assert_eq!(list().await.expect(200)["items"], json!([]));
    app.declare(&draft).await;
    assert_eq!(list().await.expect(200)["items"][0]["mutual"], name(&led));
}

async fn only_what_can_be_expanded_is(app: &TestApp) {
    let Around { supplied, .. } = around(app).await;
    let own = format!("{CONTRACTS}/{}", id(&supplied));
    for path in [CONTRACTS, own.as_str()] {
        for odd in ["colour", "mutual,colour", "mutual;department", "mutual,,department", "mutual_id", "Mutual", ","] {
            app.get(format!("{path}?expand={odd}")).await.expect_faults(400, &[("expand", "not-in-vocabulary")]);
        }
        app.get(format!("{path}?expand=")).await.expect_faults(400, &[("expand", "empty")]);
        let refused = app.get(format!("{path}?expand=mutual&known_at=2026-01-01T00:00:00Z")).await;
        refused.expect_faults(400, &[("expand", "inconsistent")]);
    }
    let refused = app.get(format!("{CONTRACTS}?expand=colour&limit=0&colour=red")).await;
    let faults = [("colour", "unknown-parameter"), ("limit", "out-of-range"), ("expand", "not-in-vocabulary")];
    refused.expect_faults(400, &faults);
    let refused = app.get(format!("{MUTUALS}/led?expand=mutual")).await;
    refused.expect_faults(400, &[("expand", "not-in-vocabulary")]);
}

async fn an_export_has_names_as_columns(app: &TestApp) {
    let Around { led, supplied, .. } = around(app).await;
    let table = app.get(format!("{CONTRACTS}/export.csv?fields=id,title&expand=mutual,department")).await;
    assert_eq!(table.status(), 200);
    let expected = format!(
        "id,title,mutual.slug,mutual.name,department.slug,department.name\r\n{},Community nursing,led,Led,bureau,Bureau\r\n",
        id(&supplied)
    );
    assert_eq!(table.text(), expected);
    let whole = app.get(format!("{MUTUALS}/export.csv?expand=department,other_departments")).await;
    let whole = whole.text();
    assert!(
        whole
            .lines()
            .next()
            .unwrap()
            .ends_with("department.slug,department.name,other_departments.slug,other_departments.name")
    );
    assert!(
        whole.contains("office-of-state,\"Office \"\"of\"\" State\",\"[\"\"bureau\"\"]\",\"[\"\"Bureau\"\"]\""),
        "{whole}"
    );
    let lines = app.get(format!("{CONTRACTS}/export.ndjson?expand=mutual")).await;
    let line: Value = serde_json::from_str(lines.text().trim()).unwrap();
    assert_eq!(line, with(supplied, json!({ "mutual": name(&led) })));
    app.get(format!("{CONTRACTS}/export.csv?expand=colour"))
        .await
        .expect_faults(400, &[("expand", "not-in-vocabulary")]);
    assert!(!app.get(format!("{CONTRACTS}/export.csv")).await.text().contains("mutual.name"));
}

async fn chosen_fields_leave_the_names(app: &TestApp) {
    let Around { bureau, .. } = around(app).await;
    let page = app.get(format!("{CONTRACTS}?fields=title&expand=department")).await.expect(200);
    assert_eq!(page["items"], json!([{ "title": "Community nursing", "department": name(&bureau) }]));
}
