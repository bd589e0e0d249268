//! Lists and exports of all records of each kind: the children of all records, `GET /v1/annual-returns`, and what every list can be
//! narrowed by, ids and the time of the last change.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::fixture::{
    DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, department, enabler, endorsement, full_enabler, full_endorsement, id,
    known_staff_ballot, mutual, with,
};
use kit::{Around, Contract, SAMPLES, Sample, TestApp, children};
use serde_json::{Value, json};

use crate::export::{lines, rows};

kit::on_both! {
    a_list_of_all_has_the_children_of_all_parents,
    an_export_of_all_says_what_the_list_says,
    children_are_found_by_every_filter,
    personal_data_is_shown_where_the_caller_works_on_it,
    a_name_of_the_parent_is_shown_where_it_is_asked_for,
    a_child_is_entered_and_changed_below_its_parent_only,
    records_are_found_by_their_ids,
    several_ids_are_named_by_slugs_too,
    an_id_that_is_none_is_refused,
    a_draft_is_not_found_by_its_id,
    records_are_found_by_the_time_of_their_last_change,
    a_time_of_change_is_compared_to_the_microsecond,
    a_span_of_time_that_cannot_be_is_refused,
}

/// The path of the list of all records of a kind, whatever they belong to.
pub fn everywhere(sample: &Sample) -> String {
    format!("/v1/{}", sample.list.rsplit('/').next().unwrap())
}

/// The parameter that names parents, and the member that holds the id of one.
pub fn parent(sample: &Sample) -> (&'static str, &'static str) {
    match sample.list.split('/').nth(2).unwrap() {
        "mutuals" => ("mutual", "mutual_id"),
        "contracts" => ("contract", "contract_id"),
        _ => ("department", "department_id"),
    }
}

/// The record whose children are at this parameter.
pub fn whose<'a>(own: &'a Around, parameter: &str) -> &'a Value {
    match parameter {
        "mutual" => &own.mutual,
        "contract" => &own.contract,
        _ => &own.department,
    }
}

fn name(record: &Value) -> Value {
    json!({ "id": record["id"], "slug": record["slug"], "name": record["name"] })
}

/// Two departments with a mutual each, in turn with two records of each kind of child.
pub async fn two_of_each(app: &TestApp) -> [Around; 2] {
    let around = [Around::new(app, "one").await, Around::new(app, "other").await];
    for round in 0..2 {
        for sample in children() {
            for own in &around {
                let body = (sample.minimal)(own);
                let again = patched(body.clone(), (sample.change)());
                let taken_once = ["pathway_progress", "stage_transition"].contains(&sample.kind);
                match round {
                    0 => _ = app.create(&sample.path(own), &body).await,
                    _ if taken_once => {}
                    _ => _ = app.create(&sample.path(own), &again).await,
                }
            }
        }
    }
    around
}

fn patched(body: Value, patch: Value) -> Value {
    let mut patched = with(body, patch);
    patched.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    patched
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(id).collect()
}

async fn a_list_of_all_has_the_children_of_all_parents(app: &TestApp) {
    let around = two_of_each(app).await;
    for sample in children() {
        let (path, (parameter, member)) = (everywhere(sample), parent(sample));
        let mut expected = Vec::new();
        for own in &around {
            expected.extend(app.walk(&sample.path(own)).await);
        }
        expected.sort_by_key(|record| id(record).to_owned());
        assert!(expected.len() >= 2, "{path}");
        assert_eq!(app.walk(&path).await, expected, "{path}");
        assert_eq!(app.walk(&format!("{path}?limit=1&count=exact")).await, expected, "{path}");
        let page = app.get(format!("{path}?limit=1&count=exact&fields={member}")).await;
        assert_eq!(page.expect(200)["total"], json!(expected.len()), "{path}");
        let page = app.get(format!("{path}?limit=1&fields={member}")).await;
        assert_eq!(page.expect(200)["items"], json!([{ member: expected[0][member] }]), "{path}");
        assert_eq!(app.get(&path).header("if-none-match", app.get(&path).await.etag()).await.status(), 304);

        let [one, other] = around.each_ref().map(|own| whose(own, parameter));
        let of_one = app.walk(&sample.path(&around[0])).await;
        let mut of_one = ids(&of_one);
        of_one.sort_unstable();
        for named in [&one["slug"], &one["id"]].into_iter().filter_map(Value::as_str) {
            let found = app.walk(&format!("{path}?{parameter}={named}&limit=1")).await;
            assert_eq!(ids(&found), of_one, "{path}");
        }
        let both = format!("{path}?{parameter}={}&{member}={}", one["slug"].as_str().unwrap_or(id(one)), id(other));
        assert_eq!(app.walk(&both).await, expected, "{both}");
        assert_eq!(app.walk(&format!("{path}?{parameter}={NOBODY}")).await, Vec::<Value>::new());
        let unknown = app.get(format!("{path}?{parameter}=nowhere")).await;
        let code = if one.get("slug").is_some() { "unknown-reference" } else { "invalid-format" };
        unknown.expect_faults(400, &[(parameter, code)]);
        for refused in ["sort=id", "known_at=2026-01-01T00:00:00Z", "validate_only=true"] {
            app.get(format!("{path}?{refused}")).await.expect_problem(400, "invalid-parameter");
        }
        let cursor = app.get(format!("{path}?limit=1")).await.expect(200)["next_cursor"].as_str().unwrap().to_owned();
        let elsewhere = app.get(format!("{}?cursor={cursor}", sample.path(&around[0]))).await;
        elsewhere.expect_faults(400, &[("cursor", "invalid-cursor")]);
    }
}

async fn an_export_of_all_says_what_the_list_says(app: &TestApp) {
    let around = two_of_each(app).await;
    for sample in children() {
        let (path, (parameter, member)) = (everywhere(sample), parent(sample));
        let listed = app.walk(&path).await;
        assert_eq!(lines(&app.get(format!("{path}/export.ndjson")).await), listed, "{path}");
        let (names, table) = rows(&app.get(format!("{path}/export.csv")).await);
        let table: Vec<Value> = table.into_iter().map(Value::Object).collect();
        assert_eq!(table, listed.iter().map(as_cells).collect::<Vec<_>>(), "{path}");
        assert_eq!(names[..2], ["id", member], "{path}");
        let whose = whose(&around[1], parameter);
        if whose.get("slug").is_none() {
            let query = format!("{parameter}={}", id(whose));
            let some = lines(&app.get(format!("{path}/export.ndjson?{query}")).await);
            assert_eq!(some, app.walk(&format!("{path}?{query}")).await);
            continue;
        }
        let query = format!("{parameter}={}&expand={parameter}", id(whose));
        let some = lines(&app.get(format!("{path}/export.ndjson?{query}")).await);
        assert_eq!(some, app.walk(&format!("{path}?{query}")).await);
        assert_eq!(some[0][parameter], name(whose));
        let (names, _) = rows(&app.get(format!("{path}/export.csv?bom=true&fields=id&expand={parameter}")).await);
        assert_eq!(names[1..], [format!("{parameter}.slug"), format!("{parameter}.name")], "{path}");
        let refused = app.get(format!("{path}/export.csv?{parameter}=nowhere")).await;
        refused.expect_faults(400, &[(parameter, "unknown-reference")]);
    }
}

/// A record as a table alone tells it: a text that is JSON, such as a number, is taken for that.
fn as_cells(record: &Value) -> Value {
    let cell = |value: &Value| {
        let text = value.as_str().and_then(|text| serde_json::from_str(text).ok());
        text.unwrap_or_else(|| value.clone())
    };
    record.as_object().unwrap().iter().map(|(name, value)| (name.clone(), cell(value))).collect()
}

/// What the list of all finds, it finds below the parents.
async fn children_are_found_by_every_filter(app: &TestApp) {
    let around = two_of_each(app).await;
    let mut tried = BTreeSet::new();
    for query in [
        "commitments?kind=plan_and_vision",
        "commitments?kind=staff_pathway&kind=plan_and_vision",
        "pathway-steps?stage=idea",
        "enablers?role=enabler",
        "enablers?stage=approved&sector=housing",
        "endorsements?constituency=service_users&constituency=trade_unions",
        "objections?outcome=accepted",
        "support-requests?status=declined",
        "competitions?outcome=open&outcome=lost",
        "notices?code=psr_award",
    ] {
        let (segment, filter) = query.split_once('?').unwrap();
        let sample = children().find(|sample| sample.list.ends_with(segment)).unwrap();
        let mut expected = BTreeSet::new();
        for own in &around {
            expected.extend(app.column(&format!("{}?{filter}", sample.path(own)), "id").await);
        }
        let found: BTreeSet<_> = app.column(&format!("/v1/{query}&limit=1"), "id").await.into_iter().collect();
        assert!(!expected.is_empty(), "{query} finds none");
        assert_eq!(found, expected, "{query}");
        let exported = lines(&app.get(format!("/v1/{segment}/export.ndjson?{filter}")).await);
        assert_eq!(exported.len(), expected.len(), "{query}");
        tried.extend(filter.split('&').map(|one| (segment, one.split('=').next().unwrap())));
    }
    let contract = Contract::of_the_service();
    for sample in children() {
        let own = &contract.document()["paths"][sample.list]["get"]["parameters"];
        for parameter in own.as_array().unwrap().iter().map(|own| contract.resolve(own)) {
            let name = parameter["name"].as_str().unwrap();
            let is_common = ["limit", "cursor", "count", "fields", "If-None-Match"].contains(&name);
            let segment = sample.list.rsplit('/').next().unwrap();
            assert!(is_common || tried.contains(&(segment, name)), "no query here tries {name} of {segment}");
        }
    }
}

async fn personal_data_is_shown_where_the_caller_works_on_it(app: &TestApp) {
    let [own, other] = [Around::new(app, "own").await, Around::new(app, "other").await];
    for around in [&own, &other] {
        app.create(&format!("{MUTUALS}/{}/endorsements", id(&around.mutual)), &full_endorsement()).await;
        app.create(&format!("{DEPARTMENTS}/{}/enablers", id(&around.department)), &full_enabler()).await;
    }
    let unled = app.create(MUTUALS, &mutual("Unled")).await;
    app.create(&format!("{MUTUALS}/{}/endorsements", id(&unled)), &full_endorsement()).await;
    let editor = app.database().make_key("department_editor", &[id(&own.department)]);
    let officer = app.database().make_key("procurement_officer", &[id(&own.department)]);
    let auditor = app.database().make_key("auditor", &[]);
    // For the public, by the department's editor, by its officer, by the auditor: which of the records name the person.
    for (path, member, expected) in [
        ("/v1/endorsements", "given_by", [vec![], vec![0], vec![], vec![0, 1, 2]]),
        ("/v1/enablers", "email", [vec![], vec![0, 1], vec![0, 1], vec![0, 1]]),
    ] {
        for (key, expected) in [None, Some(&editor), Some(&officer), Some(&auditor)].into_iter().zip(expected) {
            let asked = async |query: &str| {
                let request = app.get(format!("{path}{query}"));
                match key {
                    Some(key) => request.with_key(key).await,
                    None => request.without_key().await,
                }
            };
            let page = asked("").await;
            let items = page.expect(200)["items"].as_array().unwrap().clone();
            let named = (0..items.len()).filter(|at| items[*at].get(member).is_some()).collect::<Vec<_>>();
            assert_eq!(named, expected, "{path} with {key:?}");
            assert_eq!(page.header("vary"), Some("Authorization"), "{path}");
            assert_eq!(lines(&asked("/export.ndjson").await), items, "{path} with {key:?}");
            let hidden = asked("/export.csv").await.text().matches("Mia Manager").count();
            assert!(path != "/v1/endorsements" || hidden == expected.len(), "{path} with {key:?}");
        }
    }
}

async fn a_name_of_the_parent_is_shown_where_it_is_asked_for(app: &TestApp) {
    let around = Around::new(app, "one").await;
    let below = format!("{MUTUALS}/{}/endorsements", id(&around.mutual));
    let made = app.create(&below, &endorsement()).await;
    let listed = app.get("/v1/endorsements?expand=mutual").await.expect(200);
    assert_eq!(listed["items"], json!([with(made.clone(), json!({ "mutual": name(&around.mutual) }))]));
    let chosen = app.get("/v1/endorsements?expand=mutual&fields=constituency").await.expect(200);
    let expected = json!({ "constituency": made["constituency"], "mutual": name(&around.mutual) });
    assert_eq!(chosen["items"], json!([expected]));
    app.get("/v1/endorsements?expand=department").await.expect_faults(400, &[("expand", "not-in-vocabulary")]);
    // What was read can be sent back.
    let own = format!("{below}/{}", id(&made));
    assert_eq!(app.put(&own, &listed["items"][0]).await.expect(200), made);
    assert_eq!(app.patch(&own, &listed["items"][0]).await.expect(200), made);
    let another = with(listed["items"][0].clone(), json!({ "mutual": { "id": NOBODY } }));
    app.put(&own, &another).await.expect_faults(422, &[("/mutual", "unknown-member")]);
}

async fn a_child_is_entered_and_changed_below_its_parent_only(app: &TestApp) {
    let lead = app.create(DEPARTMENTS, &department("Lead")).await;
    let made = app.create(&format!("{DEPARTMENTS}/{}/enablers", id(&lead)), &enabler()).await;
    app.post("/v1/enablers", &enabler()).await.expect_problem(405, "method-not-allowed");
    assert_eq!(app.request("OPTIONS", "/v1/enablers").await.header("allow"), Some("GET, HEAD, OPTIONS"));
    app.get(format!("/v1/enablers/{}", id(&made))).await.problem(404);
    app.get("/v1/enablers/export.xml").await.problem(404);
}

/// Two records of every kind, and where their list is.
async fn two_of_every_kind(app: &TestApp) -> Vec<(&'static Sample, String)> {
    let around = two_of_each(app).await;
    for sample in kit::top_level() {
        for own in &around {
            let record = with((sample.minimal)(own), json!({}));
            let named = |name: &str| with(record.clone(), json!({ "name": format!("{name} {}", id(&own.mutual)) }));
            let record = if record.get("name").is_some() { named(sample.kind) } else { record };
            app.create(sample.list, &record).await;
        }
    }
    SAMPLES.iter().map(|sample| (sample, everywhere(sample))).collect()
}

async fn records_are_found_by_their_ids(app: &TestApp) {
    for (sample, path) in two_of_every_kind(app).await {
        let all = app.walk(&path).await;
        let [first, .., last] = all.as_slice() else { panic!("{path} has {} records", all.len()) };
        let these = [first.clone(), last.clone()];
        let query = format!("id={}&id={}&id={NOBODY}&id={}", id(last), id(first), id(last).to_uppercase());
        assert_eq!(app.walk(&format!("{path}?{query}&limit=1")).await, these, "{path}");
        let page = app.get(format!("{path}?{query}&count=exact")).await.expect(200);
        assert_eq!((&page["total"], page.get("next_cursor")), (&json!(2), None), "{path}");
        assert_eq!(lines(&app.get(format!("{path}/export.ndjson?{query}")).await), these, "{path}");
        assert_eq!(app.walk(&format!("{path}?id={NOBODY}")).await, Vec::<Value>::new(), "{path}");
        if !sample.is_child() {
            assert_eq!(app.walk(&format!("{path}?{query}&sort=-updated_at&limit=1")).await.len(), 2, "{path}");
            let refused = app.get(format!("{path}?id={}&known_at=2026-01-01T00:00:00Z", id(first))).await;
            refused.expect_faults(400, &[("id", "inconsistent")]);
        }
        let cursor = app.get(format!("{path}?{query}&limit=1")).await.expect(200)["next_cursor"].clone();
        let other = app.get(format!("{path}?id={}&cursor={}", id(first), cursor.as_str().unwrap())).await;
        other.expect_faults(400, &[("cursor", "invalid-cursor")]);
    }
}

async fn several_ids_are_named_by_slugs_too(app: &TestApp) {
    let lead = app.create(DEPARTMENTS, &department("Lead")).await;
    let led = app.create(MUTUALS, &with(mutual("Led"), json!({ "department_id": lead["id"] }))).await;
    let [books, _] = [app.create(MUTUALS, &mutual("Books")).await, app.create(MUTUALS, &mutual("Other")).await];
    let found = async |query: &str| app.column(&format!("{MUTUALS}?{query}"), "slug").await;
    assert_eq!(found("id=books&id=led&id=nowhere").await, ["led", "books"]);
    assert_eq!(found(&format!("id=books&id={}&id={}&id=led", id(&led), id(&books))).await, ["led", "books"]);
    assert_eq!(found(&format!("id=books&id={}&department=lead", id(&led))).await, ["led"]);
    assert_eq!(found(&format!("id=books&id={}&q=boo", id(&led))).await, ["books"]);
    assert_eq!(app.column(&format!("{DEPARTMENTS}?id=lead&id=led"), "slug").await, ["lead"]);
    app.delete(format!("{MUTUALS}/books")).await.expect(204);
    assert_eq!(found(&format!("id=books&id={}", id(&books))).await, Vec::<String>::new());
}

async fn an_id_that_is_none_is_refused(app: &TestApp) {
    for (path, malformed, code) in [
        (MUTUALS, "Not%20a%20slug", "invalid-character"),
        ("/v1/contracts", "harmonie", "invalid-format"),
        ("/v1/enablers", "harmonie", "invalid-format"),
    ] {
        let refused = app.get(format!("{path}?id={malformed}&id={NOBODY}")).await;
        refused.expect_faults(400, &[("id", code)]);
        app.get(format!("{path}?id=")).await.expect_faults(400, &[("id", "empty")]);
        let at_most = vec![format!("id={NOBODY}"); 100].join("&");
        assert_eq!(app.get(format!("{path}?{at_most}")).await.expect(200)["items"], json!([]));
        app.get(format!("{path}?{at_most}&id={NOBODY}")).await.expect_faults(400, &[("id", "too-many")]);
    }
}

async fn a_draft_is_not_found_by_its_id(app: &TestApp) {
    let held = app.create(MUTUALS, &mutual("Held")).await;
    let draft = app.create(STAFF_BALLOTS, &known_staff_ballot(id(&held))).await;
    let own = format!("{STAFF_BALLOTS}?id={}", id(&draft));
    assert_eq!(app.walk(&own).await, [draft]);
    assert_eq!(app.get(&own).without_key().await.expect(200)["items"], json!([]));
}

async fn records_are_found_by_the_time_of_their_last_change(app: &TestApp) {
    for (sample, path) in two_of_every_kind(app).await {
        let all = app.walk(&path).await;
        let mut times: Vec<&str> = all.iter().map(|record| record["updated_at"].as_str().unwrap()).collect();
        times.sort_unstable();
        let [first, .., last] = times.as_slice() else { panic!("{path} has {} records", times.len()) };
        let middle = times[times.len() / 2];
        for (query, from, to) in [
            (format!("updated_from={first}"), *first, *last),
            (format!("updated_from={middle}"), middle, *last),
            (format!("updated_to={middle}"), *first, middle),
            (format!("updated_from={last}&updated_to={last}"), *last, *last),
            ("updated_to=2001-01-01T00:00:00%2B01:00".to_owned(), "2000", "2000"),
        ] {
            let is_in = |record: &&Value| (from..=to).contains(&record["updated_at"].as_str().unwrap());
            let expected: Vec<&Value> = all.iter().filter(is_in).collect();
            let found = app.walk(&format!("{path}?{query}&limit=1")).await;
            assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{path}?{query}");
            let exported = lines(&app.get(format!("{path}/export.ndjson?{query}")).await);
            assert_eq!(exported, found, "{path}?{query}");
            if !sample.is_child() {
                let sorted = app.column(&format!("{path}?{query}&sort=updated_at&limit=1"), "updated_at").await;
                assert!(sorted.is_sorted() && sorted.len() == found.len(), "{path}?{query}: {sorted:?}");
            }
        }
    }
}

async fn a_time_of_change_is_compared_to_the_microsecond(app: &TestApp) {
    let made = app.create(DEPARTMENTS, &department("Lead")).await;
    app.pass(Duration::from_secs(1));
    app.patch(format!("{DEPARTMENTS}/lead"), &json!({ "website": "https://example.org/" })).await.expect(200);
    let [before, now] =
        [made, app.get(format!("{DEPARTMENTS}/lead")).await.expect(200)].map(|record| record["updated_at"].clone());
    let [before, now] = [&before, &now].map(|at| at.as_str().unwrap().trim_end_matches('Z'));
    for (query, is_found) in [
        (format!("updated_from={now}Z"), true),
        (format!("updated_from={now}000Z"), true),
        // This is later, by a tenth of a microsecond.
        (format!("updated_from={now}1Z"), false),
        (format!("updated_to={now}Z"), true),
        (format!("updated_to={now}9Z"), true),
        (format!("updated_to={before}Z"), false),
    ] {
        let found = app.walk(&format!("{DEPARTMENTS}?{query}")).await;
        assert_eq!(found.len(), usize::from(is_found), "{query}");
    }
}

async fn a_span_of_time_that_cannot_be_is_refused(app: &TestApp) {
    for path in [MUTUALS, "/v1/enablers", "/v1/enablers/export.csv", "/v1/mutuals/export.ndjson"] {
        let refused =
            app.get(format!("{path}?updated_from=2026-01-02T00:00:00Z&updated_to=2026-01-01T00:00:00Z")).await;
        refused.expect_faults(400, &[("updated_to", "inconsistent")]);
        let refused = app.get(format!("{path}?updated_from=2026-01-02&updated_to=yesterday")).await;
        refused.expect_faults(400, &[("updated_from", "invalid-format"), ("updated_to", "invalid-format")]);
    }
    let refused = app.get(format!("{MUTUALS}?updated_from=2026-01-02T00:00:00Z&known_at=2026-01-02T00:00:00Z")).await;
    refused.expect_faults(400, &[("updated_from", "inconsistent")]);
    let hint = app.get(format!("{MUTUALS}?updated_since=2026-01-02T00:00:00Z")).await.problem(400);
    assert!(hint.to_string().contains("`updated_from`"), "{hint}");
}
