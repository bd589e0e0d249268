//! API keys: how they are made and revoked, and what becomes of requests whose key isn't valid.

use std::time::Duration;

use kit::fixture::{DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, department, id, mutual, without};
use kit::{Engine, Program, TestApp, admin_key};
use serde_json::{Value, json};

use crate::entry_log::assert_sound;

const KEYS: &str = "/v1/keys";

kit::on_both! {
    the_register_is_read_without_a_key_and_not_written,
    a_key_that_is_not_valid_is_refused_with_its_reason,
    a_key_in_the_query_is_refused,
    a_revoked_key_stops_working_within_a_second_everywhere,
    a_key_is_shown_once,
    a_key_is_refused_with_every_fault,
    two_keys_may_overlap,
    the_use_of_a_key_is_noted_by_the_hour,
    keys_are_listed_page_by_page,
    an_entry_names_the_key,
    everybody_sees_who_made_and_revoked_a_key_and_nobody_its_label,
    the_command_line_makes_lists_and_revokes_keys,
    the_first_key_is_made_once,
    a_key_makes_none_that_outlives_it,
}

fn new_key() -> Value {
    json!({"label": "A system", "role": "admin", "expires_in_days": 30})
}

async fn a_key_makes_none_that_outlives_it(app: &TestApp) {
    let make = |key: &str, days: i64| {
        app.post(KEYS, &json!({"label": "A system", "role": "admin", "expires_in_days": days})).with_key(key)
    };
    let first = app.create(KEYS, &new_key()).await;
    let first = first["key"].as_str().unwrap();
    let outlives = [("/expires_in_days", "out-of-range")];
    let refused = make(first, 30).await;
    refused.expect_faults(422, &outlives);
    assert!(refused.text().contains("expected at most 29"), "{refused:?}");
    let second = make(first, 29).await.expect(201);
    let second = second["key"].as_str().unwrap();
    let body = json!({ "label": "x", "role": "admin", "expires_in_days": 29 });
    app.post(format!("{KEYS}?validate_only=true"), &body).with_key(second).await.expect_faults(422, &outlives);

    app.pass(Duration::from_secs(28 * 24 * 3600 + 3600));
    let refused = make(second, 1).await;
    refused.expect_faults(422, &outlives);
    assert!(refused.text().contains("less than a day left"), "{refused:?}");
}

/// The reason in the header says the same as the problem.
#[track_caller]
fn assert_refused(answer: &kit::Response, error: &str, reason: &str) {
    let problem = answer.expect_problem(401, "unauthenticated");
    assert!(problem["detail"].as_str().unwrap().contains(reason), "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer realm=\"mutuals\""), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    assert!(challenge.contains(reason), "{challenge}");
}

async fn the_register_is_read_without_a_key_and_not_written(app: &TestApp) {
    app.create(MUTUALS, &mutual("Harmonie")).await;
    let read = app.get(format!("{MUTUALS}/harmonie")).without_key().await;
    read.expect(200);
    let refused = app.post(MUTUALS, &mutual("Other")).without_key().await;
    refused.expect_problem(401, "unauthenticated");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"mutuals\""));
    app.get(KEYS).without_key().await.expect_problem(401, "unauthenticated");
    app.get("/v1/mutuals/nobody").without_key().await.expect_problem(404, "not-found");
    app.delete("/v1/mutuals/nobody").without_key().await.expect_problem(401, "unauthenticated");
}

async fn a_key_that_is_not_valid_is_refused_with_its_reason(app: &TestApp) {
    let key = app.create(KEYS, &new_key()).await;
    let key = key["key"].as_str().unwrap();
    let get = |key: &str| app.get("/v1/mutuals").with_key(key);
    get(key).await.expect(200);

    let mistyped = format!("{}{}", &key[..60], if &key[60..61] == "0" { "1" } else { "0" }) + &key[61..];
    assert_refused(&get(&mistyped).await, "invalid_token", "its checksum is wrong");
    assert_refused(&get("psm_1234").await, "invalid_token", "not in the format of a key");
    let unknown = TestApp::start(app.database().engine());
    assert_refused(&unknown.get("/v1/mutuals").with_key(key).await, "invalid_token", "there is no such key");
    let other_scheme = app.get("/v1/mutuals").without_key().header("authorization", format!("Basic {key}"));
    assert_refused(&other_scheme.await, "invalid_request", "expected `Authorization: Bearer`");
    let two = app.get("/v1/mutuals").with_key(key).header("authorization", "Bearer x");
    assert_refused(&two.await, "invalid_request", "more than one Authorization");

    app.pass(Duration::from_secs(30 * 24 * 3600 + 1));
    assert_refused(&get(key).await, "invalid_token", "the key expired at ");
    get(admin_key()).await.expect(200);
}

async fn a_key_in_the_query_is_refused(app: &TestApp) {
    for name in ["key", "api_key", "apikey", "access_token", "token", "API_KEY"] {
        let refused = app.get(format!("/v1/mutuals?{name}={}", admin_key())).await;
        assert_refused(&refused, "invalid_request", "query parameter");
    }
}

async fn a_revoked_key_stops_working_within_a_second_everywhere(app: &TestApp) {
    let other = TestApp::beside(app);
    let key = app.create(KEYS, &new_key()).await;
    let (id, secret) = (id(&key), key["key"].as_str().unwrap());
    for instance in [app, &other] {
        instance.get("/v1/keys").with_key(secret).await.expect(200);
    }
    app.delete(format!("{KEYS}/{id}")).without("if-match").await.expect(204);
    // Every change asks once more in its own transaction, before it looks for the record.
    for instance in [app, &other] {
        let (mutual_path, ballot_path) = (format!("{MUTUALS}/nobody"), format!("{STAFF_BALLOTS}/{NOBODY}"));
        for change in [
            instance.post(MUTUALS, &mutual("Too late")),
            instance.patch(&mutual_path, &json!({})),
            instance.delete(&mutual_path),
            instance.put(format!("{ballot_path}/appointment"), &json!({ "key_id": id })),
            instance.post(KEYS, &new_key()),
            instance.delete(format!("{KEYS}/{NOBODY}")).without("if-match"),
        ] {
            assert_refused(&change.with_key(secret).await, "invalid_token", "the key was revoked at ");
        }
    }
    tokio::time::sleep(Duration::from_millis(900)).await;
    for instance in [app, &other] {
        let refused = instance.get("/v1/mutuals").with_key(secret).await;
        assert_refused(&refused, "invalid_token", "the key was revoked at ");
    }
    let record = app.get(format!("{KEYS}/{id}")).await.expect(200);
    assert!(record["revoked_at"].is_string() && record["revoked_by"].as_str().unwrap().starts_with("key:"), "{record}");
    app.delete(format!("{KEYS}/{id}")).await.expect(204);
    assert_eq!(app.get(format!("{KEYS}/{id}")).await.expect(200), record);
}

async fn a_key_is_shown_once(app: &TestApp) {
    let created = app.post(KEYS, &new_key()).await;
    let key = created.expect(201);
    let secret = key["key"].as_str().unwrap();
    assert_eq!(created.header("location"), Some(format!("{KEYS}/{}", id(&key)).as_str()));
    assert_eq!(created.header("cache-control"), Some("private, no-store"));
    let plain_id = id(&key).replace('-', "");
    assert!(secret.starts_with(&format!("psm_{plain_id}_")), "{secret}");
    let read = app.get(format!("{KEYS}/{}", id(&key))).await;
    assert_eq!(read.header("cache-control"), Some("private, no-store"));
    assert_eq!(read.header("vary"), Some("Authorization"));
    assert!(read.expect(200)["key"].is_null());
    if app.database().engine() == Engine::Sqlite {
        let kept = std::fs::read(app.database().path().with_extension("db-wal")).unwrap();
        let holds = |text: &[u8]| kept.windows(text.len()).any(|bytes| bytes == text);
        assert!(holds(b"A system") && !holds(&secret.as_bytes()[40..]));
    }
    let rehearsed = app.post(format!("{KEYS}?validate_only=true"), &new_key()).await.expect(200);
    assert!(rehearsed["key"].is_null());
    app.get(format!("{KEYS}/{}", id(&rehearsed))).await.problem(404);
}

async fn a_key_is_refused_with_every_fault(app: &TestApp) {
    let refused = app.post(KEYS, &json!({"label": " ", "role": "boss", "expires_in_days": 366, "scope": "all"})).await;
    refused.expect_faults(
        422,
        &[
            ("/label", "empty"),
            ("/role", "not-in-vocabulary"),
            ("/expires_in_days", "out-of-range"),
            ("/scope", "unknown-member"),
        ],
    );
    let refused = app.post(KEYS, &json!({})).await;
    refused.expect_faults(422, &[("/label", "required"), ("/role", "required"), ("/expires_in_days", "required")]);
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let with = |role: &str, departments: Value| json!({"label": "A system", "role": role, "expires_in_days": 1, "department_ids": departments});
    app.create(KEYS, &with("department_editor", json!([id(&office)]))).await;
    let unknown = "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f";
    for (role, departments, place, code) in [
        ("admin", json!([id(&office)]), "/department_ids", "inconsistent"),
        ("mutual_editor", json!([]), "/department_ids", "too-few"),
        ("mutual_editor", json!([id(&office), id(&office)]), "/department_ids/1", "duplicate-item"),
        ("procurement_officer", json!([id(&office), unknown]), "/department_ids/1", "unknown-reference"),
    ] {
        app.post(KEYS, &with(role, departments)).await.expect_faults(422, &[(place, code)]);
    }
}

async fn two_keys_may_overlap(app: &TestApp) {
    let [first, second] = [app.create(KEYS, &new_key()).await, app.create(KEYS, &new_key()).await];
    for key in [&first, &second] {
        app.get(KEYS).with_key(key["key"].as_str().unwrap()).await.expect(200);
    }
}

async fn the_use_of_a_key_is_noted_by_the_hour(app: &TestApp) {
    let key = app.create(KEYS, &new_key()).await;
    let path = format!("{KEYS}/{}", id(&key));
    assert!(app.get(&path).await.expect(200)["last_used_at"].is_null());
    app.get(MUTUALS).with_key(key["key"].as_str().unwrap()).await.expect(200);
    let mut noted = Value::Null;
    for _ in 0..100 {
        noted = app.get(&path).await.expect(200)["last_used_at"].clone();
        if noted.is_string() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(noted.as_str().is_some_and(|at| at.ends_with(":00:00.000000Z")), "{noted}");
}

async fn keys_are_listed_page_by_page(app: &TestApp) {
    for _ in 0..4 {
        app.create(KEYS, &new_key()).await;
    }
    let ids = app.column(&format!("{KEYS}?limit=2"), "id").await;
    assert_eq!(ids.len(), 5);
    assert!(ids.is_sorted(), "{ids:?}");
    let mut descending = app.column(&format!("{KEYS}?limit=3&sort=-id"), "id").await;
    descending.reverse();
    assert_eq!(descending, ids);
    let page = app.get(format!("{KEYS}?count=exact")).await.expect(200);
    assert_eq!(page["total"], 5);
    assert!(page["items"].as_array().unwrap().iter().all(|key| key["key"].is_null()));
}

async fn an_entry_names_the_key(app: &TestApp) {
    let key = app.create(KEYS, &new_key()).await;
    app.post(MUTUALS, &mutual("Harmonie")).with_key(key["key"].as_str().unwrap()).await.expect(201);
    let entries = app.database().rows("SELECT actor FROM entries WHERE resource_type = 'mutual'");
    assert_eq!(entries, [json!({"actor": format!("key:{}", id(&key))})]);
}

/// The entries about a key, as anybody sees them.
async fn of_key(app: &TestApp, key_id: &str) -> Vec<Value> {
    let page = app.get("/v1/entries?resource_type=key").without_key().await.expect(200);
    let items = page["items"].as_array().unwrap();
    items.iter().filter(|entry| entry["resource_id"] == key_id).cloned().collect()
}

/// Whoever sees that a key changed the register can see who made that key, for what, and until when.
async fn everybody_sees_who_made_and_revoked_a_key_and_nobody_its_label(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let new =
        json!({"label": "Jo Smith", "role": "mutual_editor", "department_ids": [id(&office)], "expires_in_days": 30});
    let key = app.create(KEYS, &new).await;
    let path = format!("{KEYS}/{}", id(&key));
    for _ in 0..2 {
        app.delete(&path).without("if-match").await.expect(204);
    }
    app.post(format!("{KEYS}?validate_only=true"), &new).await.expect(200);

    let entries = of_key(app, id(&key)).await;

    let told: Vec<_> = entries.iter().map(|entry| (entry["action"].as_str().unwrap(), &entry["version"])).collect();
    assert_eq!(told, [("create", &json!(1)), ("revoke", &json!(2))]);
    assert_eq!(app.get("/v1/entries?resource_type=key").await.expect(200)["items"].as_array().unwrap().len(), 2);
    let record = app.get(&path).await.expect(200);
    let known = |of: &Value| without(of.clone(), &["label", "version", "fingerprint"]);
    assert_eq!(known(&entries[1]["after"]), known(&record));
    assert_eq!(known(&entries[0]["after"]), without(known(&record), &["revoked_at", "revoked_by"]));
    assert_eq!(entries[0]["actor"], record["created_by"]);
    let log = json!(entries).to_string();
    assert!(!log.contains("Jo Smith") && !log.contains("psm_"), "{log}");
    assert_sound(&crate::entry_log::entries(app.database()));

    let erased = Program::new(&["erase", &path, "--reason", "Asked for"]).env("DATABASE_URL", &app.database().url());
    assert_eq!(erased.run().code, Some(0));
    let nameless = app.get(&path).await.expect(200);
    assert_eq!(nameless, without(record, &["label"]));
    assert!(app.walk(KEYS).await.contains(&nameless));
    let entries = of_key(app, id(&key)).await;
    assert_eq!((&entries[2]["action"], &entries[2]["reason"]), (&json!("erase"), &json!("Asked for")));
}

async fn the_command_line_makes_lists_and_revokes_keys(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let url = app.database().url();
    let keys = |arguments: &[&str]| Program::new(&[&["keys"], arguments].concat()).env("DATABASE_URL", &url).run();
    let made = keys(&["create", "--role", "department_editor", "--label", "Registry", "--department", "office"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let secret = made.stdout.trim();
    assert_eq!(made.stdout, format!("{secret}\n"));
    let mut own = mutual("Harmonie");
    own["department_id"] = office["id"].clone();
    app.post(MUTUALS, &own).with_key(secret).await.expect(201);

    let listed = keys(&["list"]).stdout;
    let line = listed.lines().find(|line| line.contains("Registry")).unwrap_or_else(|| panic!("{listed}"));
    assert!(line.contains("department_editor") && line.contains("expires"), "{line}");
    let id = line.split(' ').next().unwrap();
    assert_eq!(keys(&["revoke", id]).code, Some(0));
    tokio::time::sleep(Duration::from_millis(900)).await;
    app.get(MUTUALS).with_key(secret).await.problem(401);
    assert!(keys(&["list"]).stdout.contains("revoked"));
    let entries = of_key(app, id).await;
    let told: Vec<_> = entries.iter().map(|entry| (&entry["action"], &entry["actor"])).collect();
    assert_eq!(told, [(&json!("create"), &json!("operator")), (&json!("revoke"), &json!("operator"))]);

    for wrong in [
        &["create", "--role", "boss", "--label", "x"][..],
        &["create", "--role", "admin", "--label", "x", "--expires-in", "366"],
        &["create", "--role", "admin", "--label", "x", "--department", "office"],
        &["create", "--role", "mutual_editor", "--label", "x", "--department", "nowhere"],
        &["revoke", "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"],
    ] {
        let failed = keys(wrong);
        assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), ""), "{wrong:?}: {}", failed.stderr);
    }
}

async fn the_first_key_is_made_once(app: &TestApp) {
    let url = kit::Database::absent(app.database().engine());
    let first = || {
        let arguments = ["keys", "create", "--role", "admin", "--label", "local", "--if-first"];
        Program::new(&arguments).env("DATABASE_URL", &url.url()).run()
    };
    assert!(first().stdout.starts_with("psm_"));
    let again = first();
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
}
