//! Who may do what, tried: every operation of the contract, on a record of one's own department, of another and on none, by
//! everybody and by each role, against `tests/role-matrix.txt`. An operation that isn't in it fails.

use std::collections::{BTreeMap, BTreeSet};

use hyper::Method;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, contract, department, id, known_staff_ballot, mutual,
    staff_ballot, with,
};
use kit::{Around, Contract, Database, Sample, TestApp, admin_key, children};
use serde_json::{Value, json};

kit::on_both! {
    every_role_may_do_what_the_matrix_says,
    a_record_moves_only_with_a_key_for_both_departments,
    a_draft_is_there_only_for_those_who_work_on_it,
    a_reference_does_not_tell_of_a_draft,
    a_scrutineers_name_is_for_those_who_see_the_draft,
    a_refusal_names_the_roles_that_may,
    only_a_valid_scrutineers_key_is_appointed,
    an_editor_declares_a_ballot_and_leaves_it_then,
}

/// What stores no record.
/// A signature of nobody.
const SIGNATURE: &str = "5ElSVVZFLg/pKJA3x/d3/gxgaOd9hLHZTcjt4e+lvco8iBfFjH+xqH1sLo8Yx8uhhZuxBhEW0jI1IRJ0uaVYAQ==";
const NO_DRY_RUN: [&str; 4] = [
    "/v1/compliance-checks",
    "/v1/log/cosignatures",
    "/v1/staff-ballots/{staff_ballot}/complaints",
    "/v1/staff-ballots/{staff_ballot}/votes",
];

/// The columns of the matrix after the operation and the record.
const CALLERS: [&str; 7] =
    ["public", "department_editor", "mutual_editor", "procurement_officer", "scrutineer", "auditor", "admin"];

/// Two departments with a record of each kind, and a key of each role; those of departments are for the first.
struct Register<'a> {
    app: &'a TestApp,
    departments: [Value; 2],
    mutuals: [Value; 2],
    drafts: [Value; 2],
    declared: [Value; 2],
    reruns: [Value; 2],
    contracts: [Value; 2],
    /// By the department's editor, and by the administrator.
    imports: [Value; 2],
    /// By their kinds.
    children: BTreeMap<&'static str, [Value; 2]>,
    around: [Around; 2],
    keys: Vec<Option<String>>,
    scrutineer_id: String,
}

impl<'a> Register<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let around = [Around::new(app, "own").await, Around::new(app, "other").await];
        let departments = around.each_ref().map(|around| around.department.clone());
        let own = id(&departments[0]);
        let mutuals = around.each_ref().map(|around| around.mutual.clone());
        // Who enters counts can't declare them, whatever the role.
        let entering = app.database().make_key("admin", &[]);
        let enter = async |at: usize, kind: &str| {
            let scrutineer = json!({ "name": "Ada Watcher", "organisation": "Watchers" });
            let members =
                json!({ "kind": kind, "question": "Shall we?", "declared_on": "2012", "scrutineer": scrutineer });
            let ballot = with(known_staff_ballot(id(&mutuals[at])), members);
            app.post(STAFF_BALLOTS, &ballot).with_key(&entering).await.expect(201)
        };
        let drafts = [enter(0, "formal").await, enter(1, "formal").await];
        let declared = [app.declare(&enter(0, "formal").await).await, app.declare(&enter(1, "formal").await).await];
        let reruns = [app.declare(&enter(0, "rerun").await).await, app.declare(&enter(1, "rerun").await).await];
        let contracts = around.each_ref().map(|around| around.contract.clone());
        let mut made = BTreeMap::new();
        for sample in children() {
            let enter = async |at: usize| app.create(&sample.path(&around[at]), &(sample.minimal)(&around[at])).await;
            made.insert(sample.kind, [enter(0).await, enter(1).await]);
        }
        // The steps on which there is progress.
        made.insert("pathway_step", around.each_ref().map(|around| around.step.clone()));
        let mutuals =
            [app.get(own_path(&mutuals[0])).await.expect(200), app.get(own_path(&mutuals[1])).await.expect(200)];
        let mut keys = vec![None];
        for role in &CALLERS[1..] {
            let departmental = ["department_editor", "mutual_editor", "procurement_officer"].contains(role);
            let departments = if departmental { vec![own] } else { Vec::new() };
            keys.push(Some(app.database().make_key(role, &departments)));
        }
        let scrutineer_id = key_id(keys[4].as_ref().unwrap());
        for ballot in [&drafts[0], &declared[0]] {
            let path = format!("{STAFF_BALLOTS}/{}/appointment", id(ballot));
            app.put(path, &json!({ "key_id": scrutineer_id })).await.expect(200);
        }
        let import = async |key: &str| {
            let request = app.request("POST", "/v1/imports?resource_type=mutual&validate_only=true").with_key(key);
            let begun = request.body("application/x-ndjson", "{}").await.expect(202);
            let own = format!("/v1/imports/{}", id(&begun));
            while !app.get(&own).await.expect(200)["finished_at"].is_string() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            begun
        };
        let imports = [import(keys[1].as_ref().unwrap()).await, import(admin_key()).await];
        Self {
            app,
            departments,
            mutuals,
            drafts,
            declared,
            reruns,
            contracts,
            imports,
            children: made,
            around,
            keys,
            scrutineer_id,
        }
    }

    fn key(&self, role: &str) -> &str {
        let at = CALLERS.iter().position(|caller| *caller == role).unwrap();
        self.keys[at].as_ref().unwrap()
    }

    /// The records that an operation is tried on.
    fn records(&self, method: &Method, template: &str) -> Vec<&'static str> {
        let is_ballot = template.contains("{staff_ballot}") && !template.ends_with("/appointment");
        match method.as_str() {
            "POST" if template.ends_with("/declare") => {
                vec!["own", "own-historic", "own-declared", "other", "other-declared", "missing"]
            }
            "POST" if [MUTUALS, STAFF_BALLOTS, CONTRACTS].contains(&template) => vec!["own", "other"],
            _ if !template.contains('{') => vec!["-"],
            "PUT" | "PATCH" if template.ends_with("{mutual}") => vec!["own", "own-description", "other", "missing"],
            _ if is_ballot => vec!["own", "own-declared", "other", "other-declared", "missing"],
            _ => vec!["own", "other", "missing"],
        }
    }

    fn path(&self, template: &str, record: &str) -> String {
        let at = usize::from(record.starts_with("other"));
        let found = |own: &[Value; 2]| id(&own[at]).to_owned();
        let of = |parameter: &str| match parameter {
            "{side}" => "a".to_owned(),
            "{tracker}" => "0".repeat(64),
            _ if record == "missing" => NOBODY.to_owned(),
            "{department}" => found(&self.departments),
            "{mutual}" => found(&self.mutuals),
            "{staff_ballot}" if record.ends_with("declared") => found(&self.declared),
            "{staff_ballot}" => found(&self.drafts),
            "{contract}" => found(&self.contracts),
            "{import_id}" => found(&self.imports),
            "{key}" => key_id([self.key("department_editor"), admin_key()][at]),
            "{slug}" => "gone".to_owned(),
            "{code_list}" => "stage".to_owned(),
            _ if let Some(sample) = child_at(template) => found(&self.children[sample.kind]),
            _ => panic!("which record does {parameter} of {template} name?"),
        };
        let words = template.split('/').map(|word| if word.starts_with('{') { of(word) } else { word.to_owned() });
        words.collect::<Vec<_>>().join("/")
    }

    /// A body that is right, and for a change one that changes something.
    fn body(&self, method: &Method, template: &str, record: &str) -> Option<Value> {
        let at = usize::from(record.starts_with("other"));
        let child = child_at(template);
        let records = match template.split('/').nth(2)? {
            _ if let Some(sample) = child => &self.children[sample.kind],
            "departments" => &self.departments,
            "mutuals" => &self.mutuals,
            "staff-ballots" if record.ends_with("declared") => &self.declared,
            "staff-ballots" => &self.drafts,
            "contracts" => &self.contracts,
            _ => &self.departments,
        };
        let (department, mutual_id) = (id(&self.departments[at]), id(&self.mutuals[at]));
        let resource = template.split('/').nth(2)?;
        let change = || match resource {
            _ if let Some(sample) = child => (sample.change)(),
            "departments" => json!({ "website": "https://example.org/" }),
            "mutuals" if record == "own-description" => json!({ "description": "New" }),
            "mutuals" => json!({ "staff_count": 7 }),
            "staff-ballots" => json!({ "roll_size": 7 }),
            _ => json!({ "description": "New" }),
        };
        let read_only = ["scrutineer_key_id", "updated_at", "version"];
        match method.as_str() {
            "POST" => Some(match template {
                _ if child.is_some() && template.ends_with("/correct") => {
                    json!({ "correction_reason": "Misread.", "reason": "The cabinet agreed." })
                }
                _ if let Some(sample) = child => patched((sample.minimal)(&self.around[at]), change()),
                DEPARTMENTS => kit::fixture::department("New"),
                MUTUALS => with(mutual("New"), json!({ "department_id": department })),
                STAFF_BALLOTS => staff_ballot(mutual_id),
                _ if template.ends_with("/extend") => {
                    json!({ "closes_at": "2030-01-01T00:00:00Z", "reason": "An outage.", "signature": SIGNATURE })
                }
                _ if template.ends_with("/cancel") => json!({ "reason": "A mistake." }),
                _ if template.ends_with("/paper-batches") => json!({
                    "batch": { "spends": [["0".repeat(64)]], "counts": { "yes": 1 }, "spoiled": 0, "duplicates": 0 },
                    "signatures": [{ "side": "a", "signature": SIGNATURE }]
                }),
                _ if template.ends_with("/votes") => {
                    json!({ "spend": "0".repeat(64), "tracker": "0".repeat(64), "choice": "yes" })
                }
                _ if template.ends_with("/complaints") => json!({ "receipt": "none", "signature": SIGNATURE }),
                _ if template.ends_with("/declare") => json!({ "historic": record == "own-historic" }),
                _ if template.ends_with("/void") => json!({ "void_reason": "Never held." }),
                _ if template.ends_with("/supersede") => json!({ "superseded_by_id": id(&self.reruns[at]) }),
                _ if template.ends_with("/correct") => json!({ "correction_reason": "Misread.", "roll_size": 7 }),
                CONTRACTS => contract(id(&self.mutuals[0]), department),
                "/v1/compliance-checks" => json!({ "procedure": "pa_s33_reserved", "mutual_id": mutual_id }),
                "/v1/log/cosignatures" => json!({ "checkpoint": "of nobody" }),
                "/v1/keys" => json!({ "label": "New", "role": "auditor", "expires_in_days": 1 }),
                _ => return None,
            }),
            "PUT" if template.ends_with("/appointment") => Some(json!({ "key_id": self.scrutineer_id })),
            "PUT" if template.contains("/issuers/") => Some(json!({
                "key_id": self.scrutineer_id,
                "name": "Scrutineers",
                "public_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
            })),
            "PUT" if template.contains("/roll") => Some(json!({ "entries": ["0".repeat(64)] })),
            "PUT" if template.contains("/manifest-signatures/") => Some(json!({ "signature": SIGNATURE })),
            "PUT" if template.ends_with("/scrutineer-report") => Some(json!({ "satisfied": true })),
            "PUT" => Some(patched(kit::fixture::without(records[at].clone(), &read_only), change())),
            "PATCH" => Some(change()),
            _ => None,
        }
    }

    async fn status(&self, method: &Method, template: &str, record: &str, key: Option<&String>) -> u16 {
        let has_dry_run = *method != Method::GET && !NO_DRY_RUN.contains(&template);
        let dry = if !has_dry_run { "" } else { "?validate_only=true" };
        let mut request = self.app.request(method.as_str(), self.path(template, record) + dry);
        request = match key {
            Some(key) => request.with_key(key),
            None => request.without_key(),
        };
        if [Method::PUT, Method::PATCH, Method::DELETE].contains(method) {
            request = request.if_match("*");
        }
        if template == "/v1/search" {
            request.path.push_str("?q=own");
        }
        if template == "/v1/imports" && *method == Method::POST {
            request.path.push_str("&resource_type=mutual");
            request = request.body("application/x-ndjson", "{}");
        } else if let Some(body) = self.body(method, template, record) {
            request = if *method == Method::PATCH { request.merge_patch(&body) } else { request.json(&body) };
        }
        request.await.status()
    }
}

/// A body with what a merge patch changes: a `null` takes the field out.
fn patched(body: Value, patch: Value) -> Value {
    let mut patched = with(body, patch);
    patched.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    patched
}

/// Where a mutual is.
fn own_path(mutual: &Value) -> String {
    format!("{MUTUALS}/{}", id(mutual))
}

/// The sample of the children whose list or one of whom a path leads to.
fn child_at(template: &str) -> Option<&'static Sample> {
    children()
        .find(|sample| template.strip_prefix(sample.list).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The id that a key has in it.
fn key_id(key: &str) -> String {
    let digits = key.split('_').nth(1).unwrap();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn line(operation: &str, record: &str, statuses: &[u16]) -> String {
    let statuses: Vec<String> = statuses.iter().map(ToString::to_string).collect();
    format!("{operation:<50} {record:<16} {}", statuses.join(" "))
}

/// Where this is set, the matrix is written anew, for people to read what has changed: `make matrix`.
const REWRITE: &str = "WRITE_ROLE_MATRIX";

async fn every_role_may_do_what_the_matrix_says(app: &TestApp) {
    let app = &TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.ocds_prefix = "ocds-213czf".parse().ok();
    });
    let register = Register::new(app).await;
    let mut tried = BTreeSet::new();
    for (template, method, _) in Contract::of_the_service().operations() {
        for record in register.records(&method, template) {
            let mut statuses = Vec::new();
            for key in &register.keys {
                statuses.push(register.status(&method, template, record, key.as_ref()).await);
            }
            tried.insert(line(&format!("{method} {template}"), record, &statuses));
        }
    }
    let matrix = include_str!("../role-matrix.txt");
    if std::env::var_os(REWRITE).is_some() {
        let head = matrix.lines().filter(|line| line.starts_with('#')).map(str::to_owned);
        let lines: Vec<String> = head.chain(tried).collect();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/role-matrix.txt"), lines.join("\n") + "\n").unwrap();
        return;
    }
    let expected: BTreeSet<String> =
        matrix.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect();
    let only = |own: &BTreeSet<String>, other: &BTreeSet<String>| {
        own.difference(other).map(|line| format!("\n{line}")).collect::<String>()
    };
    let (found, missed) = (only(&tried, &expected), only(&expected, &tried));
    assert!(
        found.is_empty() && missed.is_empty(),
        "not in the matrix:{found}\n\nonly in the matrix:{missed}\n\nIf that is as it should be: make matrix"
    );
}

async fn a_record_moves_only_with_a_key_for_both_departments(app: &TestApp) {
    let register = Register::new(app).await;
    let [own, other] = [id(&register.departments[0]), id(&register.departments[1])];
    let both = app.database().make_key("department_editor", &[own, other]);
    let both_buy = app.database().make_key("procurement_officer", &[own, other]);
    let mutual = format!("{MUTUALS}/{}", id(&register.mutuals[0]));
    let ballot = format!("{STAFF_BALLOTS}/{}", id(&register.drafts[0]));
    let deal = format!("{CONTRACTS}/{}", id(&register.contracts[0]));
    let moves = [
        (&mutual, json!({ "department_id": other }), register.key("department_editor"), &both),
        (&ballot, json!({ "mutual_id": id(&register.mutuals[1]) }), register.key("department_editor"), &both),
        (&deal, json!({ "department_id": other }), register.key("procurement_officer"), &both_buy),
    ];
    for (path, change, one, both) in moves.iter().rev() {
        app.patch(*path, change).with_key(one).await.expect_problem(403, "forbidden");
        app.patch(*path, change).with_key(both).await.expect(200);
        app.patch(*path, change).with_key(one).await.problem(if *path == &ballot { 404 } else { 403 });
    }
    let nobodys = json!({ "department_id": null });
    app.patch(&mutual, &nobodys).with_key(&both).await.expect_faults(422, &[("/department_id", "required")]);
    let all = app.database().make_key("department_editor", &[]);
    app.patch(&mutual, &nobodys).with_key(&all).await.expect(200);
}

async fn a_draft_is_there_only_for_those_who_work_on_it(app: &TestApp) {
    let register = Register::new(app).await;
    let [own, other] = [id(&register.drafts[0]), id(&register.drafts[1])];
    for (caller, sees) in CALLERS.iter().zip([0, 1, 0, 0, 1, 2, 2]) {
        let as_caller = |path: String| match *caller {
            "public" => app.get(path).without_key(),
            role => app.get(path).with_key(register.key(role)),
        };
        for query in ["", "state=draft&", "sort=-updated_at&", "sort=closed_on&"] {
            let listed = as_caller(format!("{STAFF_BALLOTS}?{query}count=exact")).await;
            let page = listed.expect(200);
            let items = page["items"].as_array().unwrap();
            let drafts: Vec<&str> = items.iter().filter(|item| item["state"] == "draft").map(id).collect();
            assert_eq!(drafts.len(), sees, "{caller} {query}");
            assert!(sees != 1 || drafts == [own], "{caller}");
            assert_eq!(page["total"], json!(items.len()), "{caller} {query}");
            assert_eq!(listed.header("vary"), Some("Authorization"));
            let cached = if *caller == "public" { "no-cache" } else { "private, no-store" };
            assert_eq!(listed.header("cache-control"), Some(cached), "{caller}");
        }
        let found = [own, other].map(|id| as_caller(format!("{STAFF_BALLOTS}/{id}")));
        let mut statuses = Vec::new();
        for request in found {
            statuses.push(request.await.status());
        }
        let expected = [[404, 404], [200, 404], [200, 200]][sees];
        assert_eq!(statuses, expected, "{caller}");
    }
    let missing = app.get(format!("{STAFF_BALLOTS}/{NOBODY}")).without_key().await.problem(404);
    let hidden = app.get(format!("{STAFF_BALLOTS}/{own}")).without_key().await.problem(404);
    assert_eq!(hidden["detail"], missing["detail"].as_str().unwrap().replace(NOBODY, own));
    let untouchable =
        app.patch(format!("{STAFF_BALLOTS}/{other}"), &json!({})).with_key(register.key("department_editor"));
    let untouchable = untouchable.await.problem(404);
    assert_eq!(untouchable["detail"], missing["detail"].as_str().unwrap().replace(NOBODY, other));
}

async fn a_reference_does_not_tell_of_a_draft(app: &TestApp) {
    let register = Register::new(app).await;
    let editor = register.key("department_editor");
    let path = format!("{STAFF_BALLOTS}/{}", id(&register.declared[0]));
    let refusal_of = async |rerun: &str| {
        let supersede = app.post(format!("{path}/supersede"), &json!({ "superseded_by_id": rerun }));
        supersede.with_key(editor).await.problem(403)["detail"].clone()
    };

    assert_eq!(refusal_of(id(&register.drafts[1])).await, refusal_of(NOBODY).await);
}

async fn a_scrutineers_name_is_for_those_who_see_the_draft(app: &TestApp) {
    let register = Register::new(app).await;
    let path = format!("{STAFF_BALLOTS}/{}", id(&register.declared[0]));
    let full = app.get(&path).await;
    assert_eq!(full.version(), "3");
    assert_eq!(full.expect(200)["scrutineer"]["name"], "Ada Watcher");
    for role in ["department_editor", "scrutineer", "auditor"] {
        assert_eq!(app.get(&path).with_key(register.key(role)).await.expect(200), full.json(), "{role}");
    }
    for role in ["mutual_editor", "procurement_officer"] {
        let shown = app.get(&path).with_key(register.key(role)).await.expect(200);
        assert_eq!(shown["scrutineer"], json!({ "organisation": "Watchers" }), "{role}");
    }
    let public = app.get(&path).without_key().await;
    assert_eq!(public.version(), "3-public");
    assert!(!public.text().contains("Ada"), "{public:?}");
    assert_eq!(public.json()["scrutineer_key_id"], register.scrutineer_id);
    let known = app.get(&path).header("if-none-match", public.etag()).await;
    assert_eq!(known.status(), 200, "what the public has is not all there is");
    let stale = app.put(&path, &public.json()).if_match(&public.etag()).await;
    stale.expect_problem(412, "precondition-failed");

    let lists = [app.get(STAFF_BALLOTS), app.get(STAFF_BALLOTS).without_key()];
    let mut tags = Vec::new();
    for (list, names) in lists.into_iter().zip([6, 0]) {
        let list = list.await;
        assert_eq!(list.text().matches("Ada").count(), names);
        tags.push(list.etag());
    }
    assert_ne!(tags[0], tags[1]);
    let other = app.get(format!("{STAFF_BALLOTS}/{}", id(&register.declared[1])));
    assert!(!other.with_key(register.key("department_editor")).await.text().contains("Ada"));
}

async fn a_refusal_names_the_roles_that_may(app: &TestApp) {
    let register = Register::new(app).await;
    let refused = app.post(DEPARTMENTS, &department("New")).with_key(register.key("auditor")).await;
    let problem = refused.expect_problem(403, "forbidden");
    assert_eq!(problem["detail"], "only the role `admin` may do this");
    let path = format!("{MUTUALS}/{}", id(&register.mutuals[1]));
    let refused = app.patch(path, &json!({ "name": "" })).with_key(register.key("department_editor")).await;
    let problem = refused.expect_problem(403, "forbidden");
    for role in ["department_editor", "mutual_editor", "admin"] {
        assert!(problem["detail"].as_str().unwrap().contains(role), "{problem}");
    }
}

async fn only_a_valid_scrutineers_key_is_appointed(app: &TestApp) {
    let register = Register::new(app).await;
    let path = format!("{STAFF_BALLOTS}/{}/appointment", id(&register.drafts[1]));
    let appoint = |key: &str| app.put(&path, &json!({ "key_id": key }));
    appoint(NOBODY).await.expect_faults(422, &[("/key_id", "unknown-reference")]);
    appoint(&key_id(register.key("auditor"))).await.expect_faults(422, &[("/key_id", "inconsistent")]);
    appoint("x").await.expect_faults(422, &[("/key_id", "invalid-format")]);
    let own = app.get(format!("{STAFF_BALLOTS}/{}", id(&register.drafts[1])));
    own.clone().with_key(register.key("scrutineer")).await.problem(404);
    let appointed = appoint(&register.scrutineer_id).await;
    assert_eq!(appointed.version(), "2");
    assert_eq!(appointed.expect(200)["scrutineer_key_id"], register.scrutineer_id);
    own.clone().with_key(register.key("scrutineer")).await.expect(200);
    app.put(&path, &json!({ "key_id": register.scrutineer_id })).without("if-match").await.problem(428);
    own.clone().with_key(register.key("scrutineer")).await.expect(200);
    let read = app.get(&path).with_key(register.key("scrutineer")).await;
    assert_eq!(read.version(), "2");
    assert_eq!(read.expect(200), json!({ "key_id": register.scrutineer_id }));
    app.get(&path).without_key().await.expect_problem(404, "not-found");
    let other_way =
        app.patch(format!("{STAFF_BALLOTS}/{}", id(&register.drafts[1])), &json!({ "scrutineer_key_id": null }));
    other_way.await.expect_faults(422, &[("/scrutineer_key_id", "read-only")]);
    app.delete(&path).without("if-match").await.problem(428);
    app.delete(format!("{path}?validate_only=true")).await.expect(204);
    app.delete(&path).with_key(register.key("auditor")).await.expect_problem(403, "forbidden");
    app.delete(&path).await.expect(204);
    for nothing in [app.get(&path), app.delete(&path)] {
        let problem = nothing.await.expect_problem(404, "not-found");
        assert_eq!(problem["detail"], "no key is appointed to this staff ballot");
    }
    own.clone().with_key(register.key("scrutineer")).await.problem(404);
    assert_eq!(own.await.expect(200).get("scrutineer_key_id"), None);
    app.delete(format!("/v1/keys/{}", register.scrutineer_id)).await.expect(204);
    appoint(&register.scrutineer_id).await.expect_faults(422, &[("/key_id", "inconsistent")]);
}

async fn an_editor_declares_a_ballot_and_leaves_it_then(app: &TestApp) {
    let register = Register::new(app).await;
    let editor = register.key("department_editor");
    let path = format!("{STAFF_BALLOTS}/{}", id(&register.drafts[0]));
    let declare = |body: Value| app.post(format!("{path}/declare"), &body).with_key(editor);
    declare(json!({ "historic": true })).await.expect_problem(403, "forbidden");
    let declared = declare(json!({})).await.expect(200);
    assert_eq!(
        (&declared["state"], &declared["scrutineer_key_id"]),
        (&json!("declared"), &json!(register.scrutineer_id))
    );
    app.patch(&path, &json!({ "roll_size": 9 })).with_key(editor).await.expect_problem(409, "state-conflict");
    let correction = json!({ "correction_reason": "Misread.", "roll_size": 9 });
    app.post(format!("{path}/correct"), &correction).with_key(editor).await.expect_problem(403, "forbidden");
    let void = json!({ "void_reason": "Never held." });
    app.post(format!("{path}/void"), &void).with_key(editor).await.expect_problem(403, "forbidden");
    app.post(format!("{path}/void"), &void).await.expect(200);
}
