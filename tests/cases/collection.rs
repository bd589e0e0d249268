//! Lists and exports of the children of all records: `GET /v1/annual-returns`.

use std::collections::BTreeSet;

use kit::fixture::{
    DEPARTMENTS, MUTUALS, NOBODY, department, enabler, endorsement, full_enabler, full_endorsement, id, mutual, with,
};
use kit::{Around, Contract, Sample, TestApp, children};
use serde_json::{Value, json};

use crate::export::{lines, rows};

kit::on_both! {
    a_list_of_all_has_the_children_of_all_parents,
    an_export_of_all_says_what_the_list_says,
    children_are_found_by_every_filter,
    personal_data_is_shown_where_the_caller_works_on_it,
    a_name_of_the_parent_is_shown_where_it_is_asked_for,
    a_child_is_entered_and_changed_below_its_parent_only,
}

/// The path of the list of all records of a kind.
fn everywhere(sample: &Sample) -> String {
    format!("/v1/{}", sample.list.rsplit('/').next().unwrap())
}

/// The parameter that names parents, and the member that holds the id of one.
fn parent(sample: &Sample) -> (&'static str, &'static str) {
    if sample.list.starts_with(MUTUALS) { ("mutual", "mutual_id") } else { ("department", "department_id") }
}

fn name(record: &Value) -> Value {
    json!({ "id": record["id"], "slug": record["slug"], "name": record["name"] })
}

/// Two departments with a mutual each, in turn with two records of each kind of child.
async fn two_of_each(app: &TestApp) -> [Around; 2] {
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

        let whose = |own: &Around| if parameter == "mutual" { own.mutual.clone() } else { own.department.clone() };
        let [one, other] = around.each_ref().map(whose);
        let of_one = app.walk(&sample.path(&around[0])).await;
        let mut of_one = ids(&of_one);
        of_one.sort_unstable();
        for named in [&one["slug"], &one["id"]] {
            let found = app.walk(&format!("{path}?{parameter}={}&limit=1", named.as_str().unwrap())).await;
            assert_eq!(ids(&found), of_one, "{path}");
        }
        let both = format!("{path}?{parameter}={}&{member}={}", one["slug"].as_str().unwrap(), id(&other));
        assert_eq!(app.walk(&both).await, expected, "{both}");
        assert_eq!(app.walk(&format!("{path}?{parameter}={NOBODY}")).await, Vec::<Value>::new());
        let unknown = app.get(format!("{path}?{parameter}=nowhere")).await;
        unknown.expect_faults(400, &[(parameter, "unknown-reference")]);
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
        let whose = if parameter == "mutual" { &around[1].mutual } else { &around[1].department };
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
