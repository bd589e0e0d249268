//! JWT bearer tokens, as a real OpenID provider grants them.

use std::fs;
use std::time::Duration;

use kit::fixture::{DEPARTMENTS, MUTUALS, department, mutual, with};
use kit::{Database, Engine, Issuer, Program, Response, TestApp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::entry_log::entries;

kit::on_both! {
    a_token_opens_what_its_role_and_departments_may,
    a_token_that_is_not_taken_is_told_why,
    the_log_names_the_subject_of_the_token,
}

/// A register that takes the issuer's tokens, and the folder with the file of its keys.
async fn trusting(engine: Engine) -> (TestApp, TempDir) {
    let issuer = Issuer::running();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    fs::write(&file, issuer.keys().await.to_string()).unwrap();
    let app = TestApp::with(Database::fresh(engine), |config| {
        let file = file.to_str().unwrap();
        let arguments = ["--jwt-issuer", issuer.url(), "--jwt-audience", issuer.audience(), "--jwt-jwks-file", file];
        config.jwt = api::settings(&arguments).unwrap().jwt;
    });
    for name in ["Cabinet Office", "Home Office"] {
        app.create(DEPARTMENTS, &department(name)).await;
    }
    (app, folder)
}

async fn token(client: &str) -> String {
    let issuer = Issuer::running();
    issuer.token(client, issuer.audience()).await
}

fn mutual_of(name: &str, department: &str) -> Value {
    with(mutual(name), json!({ "department_id": department }))
}

/// Asserts that a token was refused for this reason, in the problem and in the challenge.
#[track_caller]
fn refused(answer: &Response, reason: &str) {
    let problem = answer.expect_problem(401, "unauthenticated");
    assert!(problem["detail"].as_str().unwrap().contains(reason), "{problem}");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\"") && challenge.contains(reason), "{challenge}");
}

async fn department_id(app: &TestApp, slug: &str) -> String {
    app.get(format!("{DEPARTMENTS}/{slug}")).await.expect(200)["id"].as_str().unwrap().to_owned()
}

async fn a_token_opens_what_its_role_and_departments_may(other: &TestApp) {
    let (app, _folder) = trusting(other.database().engine()).await;
    let own = mutual_of("Harmonie", &department_id(&app, "cabinet-office").await);
    let foreign = mutual_of("Concorde", &department_id(&app, "home-office").await);

    let editor = token("cabinet-editor").await;
    app.post(MUTUALS, &own).with_key(&editor).await.expect(201);
    app.post(MUTUALS, &foreign).with_key(&editor).await.expect_problem(403, "forbidden");

    let auditor = token("auditor").await;
    app.get(format!("{MUTUALS}/harmonie")).with_key(&auditor).await.expect(200);
    app.post(MUTUALS, &foreign).with_key(&auditor).await.expect_problem(403, "forbidden");

    let admin = token("admin").await;
    app.post(MUTUALS, &foreign).with_key(&admin).await.expect(201);
    // It would live on as the key.
    let key = json!({ "label": "A system", "role": "admin", "expires_in_days": 1 });
    app.post("/v1/keys", &key).with_key(&admin).await.expect_faults(422, &[("/expires_in_days", "out-of-range")]);
}

async fn a_token_that_is_not_taken_is_told_why(other: &TestApp) {
    let (app, folder) = trusting(other.database().engine()).await;
    let read = |token: &str| app.get(MUTUALS).with_key(token);
    let good = token("cabinet-editor").await;
    let (header, rest) = good.split_once('.').unwrap();
    read(&good).await.expect(200);

    refused(&read("opaque").await, "cannot be read as a signed JWT");
    // {"alg":"none"}
    refused(&read(&format!("eyJhbGciOiJub25lIn0.{rest}")).await, "algorithm");
    refused(&read(&format!("{header}.{}", rest.replacen('.', "AA.", 1))).await, "signature is wrong");
    let elsewhere = Issuer::running().token("admin", "https://elsewhere.example").await;
    refused(&read(&elsewhere).await, "another audience");
    refused(&read(&token("stranger").await).await, "does not name exactly one role");
    refused(&read(&token("lost-editor").await).await, "a department that is not in this register");

    app.pass(Duration::from_secs(400));
    refused(&read(&good).await, "has expired");

    let mut keys = Issuer::running().keys().await;
    keys["keys"].as_array_mut().unwrap().retain(|key| key["alg"] != "ES256");
    fs::write(folder.path().join("jwks.json"), keys.to_string()).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    refused(&read(&good).await, "is not one of the issuer's");
}

async fn the_log_names_the_subject_of_the_token(other: &TestApp) {
    let (app, _folder) = trusting(other.database().engine()).await;
    let own = mutual_of("Harmonie", &department_id(&app, "cabinet-office").await);
    app.post(MUTUALS, &own).with_key(&token("cabinet-editor").await).await.expect(201);
    let entries = entries(app.database());
    assert_eq!(entries.last().unwrap()["actor"], "jwt:cabinet-editor", "{entries:?}");
}

#[test]
fn the_issuer_is_set_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |arguments: &[&str]| {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        Program::new(&arguments).in_folder(folder.path()).run()
    };
    let half = serve(&["--jwt-issuer", "https://login.example", "--jwt-jwks-file", "jwks.json"]);
    assert_eq!(half.code, Some(2), "{half:?}");
    assert!(half.stderr.contains("--jwt-audience"), "{half:?}");

    let whole = ["--jwt-issuer", "https://login.example", "--jwt-audience", "x", "--jwt-jwks-file", "jwks.json"];
    let without_keys = serve(&whole);
    assert_eq!(without_keys.code, Some(1), "{without_keys:?}");
    assert!(without_keys.stderr.contains("jwks.json"), "{without_keys:?}");

    let shared_secret = serve(&[whole.as_slice(), &["--jwt-algorithms", "RS256,HS256"]].concat());
    assert_eq!(shared_secret.code, Some(2), "{shared_secret:?}");
    assert!(shared_secret.stderr.contains("HS256"), "{shared_secret:?}");
}
