//! JWT bearer tokens, as a real OpenID provider grants them.

use std::fs;
use std::future::IntoFuture as _;
use std::time::Duration;

use futures_util::future::join_all;
use kit::fixture::{DEPARTMENTS, MUTUALS, department, mutual, with};
use kit::{Database, Engine, Issuer, Program, Response, TestApp, answered};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::entry_log::{assert_sound, entries};

kit::on_both! {
    a_token_opens_what_its_role_and_departments_may,
    a_token_that_is_not_taken_is_told_why,
    the_log_names_the_bearer_of_a_token_by_a_pseudonym,
    an_erased_bearer_is_nowhere_and_another_to_the_log,
    a_token_reads_while_nothing_can_be_written,
    the_log_tells_which_issuer_and_which_keys_are_trusted,
    the_log_tells_which_key_signs_it,
    new_tokens_do_not_wait_for_one_another,
}

/// The folder with the file of the issuer's keys, and what makes a service take its tokens.
pub async fn trust() -> (TempDir, impl FnOnce(&mut api::Config)) {
    let issuer = Issuer::running();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    fs::write(&file, issuer.keys().await.to_string()).unwrap();
    let configure = move |config: &mut api::Config| {
        let file = file.to_str().unwrap();
        let arguments = ["--jwt-issuer", issuer.url(), "--jwt-audience", issuer.audience(), "--jwt-jwks-file", file];
        config.jwt = api::settings(&arguments).unwrap().jwt;
    };
    (folder, configure)
}

/// A register that takes the issuer's tokens, and the folder with the file of its keys.
async fn trusting(engine: Engine) -> (TestApp, TempDir) {
    let (folder, configure) = trust().await;
    let app = TestApp::with(Database::fresh(engine), configure);
    for name in ["Cabinet Office", "Home Office"] {
        app.create(DEPARTMENTS, &department(name)).await;
    }
    (app, folder)
}

pub async fn token(client: &str) -> String {
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

/// The bearers that the entries name, each once.
fn bearers(app: &TestApp) -> Vec<String> {
    let rows =
        app.database().rows("SELECT DISTINCT actor FROM entries WHERE actor NOT LIKE 'key:%' AND actor <> 'operator'");
    rows.iter().map(|row| row["actor"].as_str().unwrap().to_owned()).collect()
}

async fn the_log_names_the_bearer_of_a_token_by_a_pseudonym(other: &TestApp) {
    let (app, _folder) = trusting(other.database().engine()).await;
    let own = department_id(&app, "cabinet-office").await;
    for name in ["Harmonie", "Concorde"] {
        let made = app.post(MUTUALS, &mutual_of(name, &own)).with_key(&token("cabinet-editor").await).await;
        made.expect(201);
    }

    let [pseudonym] = &bearers(&app)[..] else { panic!("{:?}", bearers(&app)) };
    assert!(pseudonym.starts_with("token:") && pseudonym.len() == 70, "{pseudonym}");
    let log = json!(entries(app.database())).to_string();
    assert!(!log.contains("cabinet-editor"), "{log}");

    let url = app.database().url();
    let tokens = |arguments: &[&str]| Program::new(&[&["tokens"], arguments].concat()).env("DATABASE_URL", &url).run();
    let issuer = Issuer::running().url();
    assert_eq!(tokens(&["bearer", pseudonym]).stdout, format!("{issuer}  cabinet-editor\n"));
    let found = tokens(&["pseudonym", "cabinet-editor", "--issuer", issuer]);
    assert_eq!(found.stdout, format!("{pseudonym}\n"));
    let unknown = tokens(&["pseudonym", "nobody", "--issuer", issuer]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""), "{unknown:?}");
}

async fn an_erased_bearer_is_nowhere_and_another_to_the_log(other: &TestApp) {
    let (app, _folder) = trusting(other.database().engine()).await;
    let own = department_id(&app, "cabinet-office").await;
    let editor = token("cabinet-editor").await;
    app.post(MUTUALS, &mutual_of("Harmonie", &own)).with_key(&editor).await.expect(201);
    let before = bearers(&app).remove(0);

    let erase = Program::new(&["erase", &before, "--reason", "Asked for"]).env("DATABASE_URL", &app.database().url());
    let erased = erase.run();
    assert_eq!(erased.code, Some(0), "{erased:?}");

    assert_eq!(
        app.database().rows("SELECT value FROM personal_values WHERE value LIKE '%cabinet-editor%'"),
        [] as [Value; 0]
    );
    let entry = entries(app.database()).pop().unwrap();
    assert_eq!(
        (&entry["action"], &entry["resource_type"], &entry["reason"]),
        (&json!("erase"), &json!("pseudonym"), &json!("Asked for"))
    );
    tokio::time::sleep(Duration::from_millis(600)).await;
    // The token is as good as before.
    app.post(MUTUALS, &mutual_of("Concorde", &own)).with_key(&editor).await.expect(201);
    let after = bearers(&app);
    assert!(after.len() == 2 && after.contains(&before), "{after:?}");
    assert_sound(&entries(app.database()));
}

/// A bearer who only reads is let in where nothing can be written.
async fn a_token_reads_while_nothing_can_be_written(other: &TestApp) {
    let (app, _folder) = trusting(other.database().engine()).await;
    app.get(MUTUALS).with_key(&token("admin").await).await.expect(200);
    let auditor = token("auditor").await;
    let lock = app.database().lock(Duration::from_secs(20));
    app.get("/v1/keys").with_key(&auditor).await.expect(200);
    app.post(DEPARTMENTS, &department("Late")).with_key(&token("cabinet-editor").await).await.problem(503);
    drop(lock);
    app.get("/v1/keys").with_key(&auditor).await.expect(200);
}

/// The log can't be told of new keys, which each of them needs.
async fn new_tokens_do_not_wait_for_one_another(other: &TestApp) {
    const TOKENS: usize = 8;
    let (app, folder) = trusting(other.database().engine()).await;
    let tokens = join_all((0..TOKENS).map(|_| token("admin"))).await;
    let mut keys = Issuer::running().keys().await;
    keys["keys"].as_array_mut().unwrap().retain(|key| key["alg"] != "ES256");
    fs::write(folder.path().join("jwks.json"), keys.to_string()).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    let lock = app.database().lock(Duration::from_secs(20));
    let answers = join_all(tokens.iter().map(|token| answered(app.get(MUTUALS).with_key(token)))).await;
    // One whose turn had come waits for the lock.
    let soon = answers.iter().filter(|(taken, _)| *taken < Duration::from_secs(4)).count();
    assert!(soon >= TOKENS - 1, "{:?}", answers.iter().map(|(taken, _)| taken).collect::<Vec<_>>());
    answers.iter().for_each(|(_, answer)| drop(answer.problem(503)));
    drop(lock);

    let answers = join_all(tokens.iter().map(|token| app.get(MUTUALS).with_key(token).into_future())).await;
    answers.iter().for_each(|answer| drop(answer.expect(200)));
    let noted = trusted(app.database(), "issuer");
    assert_eq!(noted.len(), 2, "they are noted once: {noted:?}");
}

/// What entries about issuers and signing keys say, without their ids.
fn trusted(database: &Database, kind: &str) -> Vec<Value> {
    let of_kind = entries(database).into_iter().filter(|entry| entry["resource_type"] == kind);
    of_kind.map(|entry| serde_json::from_str(entry["after"].as_str().unwrap()).unwrap()).collect()
}

async fn the_log_tells_which_issuer_and_which_keys_are_trusted(other: &TestApp) {
    let (app, folder) = trusting(other.database().engine()).await;
    let first = trusted(app.database(), "issuer");
    let issuer = Issuer::running();
    assert_eq!(first.len(), 1);
    assert_eq!((&first[0]["issuer"], &first[0]["audience"]), (&json!(issuer.url()), &json!(issuer.audience())));
    assert_eq!((&first[0]["in_use"], first[0]["keys"].as_array().unwrap().len()), (&json!(true), 3));

    // Another order of the same keys is nothing new; fewer keys are, once a token is taken by them.
    let file = folder.path().join("jwks.json");
    let mut keys = issuer.keys().await;
    keys["keys"].as_array_mut().unwrap().reverse();
    fs::write(&file, keys.to_string()).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    app.get(MUTUALS).with_key(&token("admin").await).await.expect(200);
    assert_eq!(trusted(app.database(), "issuer"), first);
    keys["keys"].as_array_mut().unwrap().retain(|key| key["alg"] != "ES256");
    fs::write(&file, keys.to_string()).unwrap();
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    refused(&app.get(MUTUALS).with_key("opaque").await, "cannot be read");
    assert_eq!(trusted(app.database(), "issuer").len(), 1);
    // The file is looked at every second.
    for _ in 0..100 {
        app.get(MUTUALS).with_key(&token("admin").await).await.expect(200);
        if trusted(app.database(), "issuer").len() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    app.get(MUTUALS).with_key(&token("admin").await).await.expect(200);
    let changed = trusted(app.database(), "issuer");
    assert_eq!(changed.len(), 2);
    assert_eq!((changed[1]["keys"].as_array().unwrap().len(), &changed[1]["id"]), (2, &first[0]["id"]));

    // A start with the same settings says nothing new, one without them that the issuer is trusted no more.
    let database = app.end();
    let restarted = TestApp::with(database, |config| {
        let file = file.to_str().unwrap();
        let arguments = ["--jwt-issuer", issuer.url(), "--jwt-audience", issuer.audience(), "--jwt-jwks-file", file];
        config.jwt = api::settings(&arguments).unwrap().jwt;
    });
    assert_eq!(trusted(restarted.database(), "issuer").len(), 2);
    let without_tokens = TestApp::with(restarted.end(), |_| {});
    let ended = trusted(without_tokens.database(), "issuer");
    assert_eq!((ended.len(), &ended[2]["in_use"], &ended[2]["version"]), (3, &json!(false), &json!(3)));
    let shown = without_tokens.get("/v1/entries?resource_type=issuer").without_key().await.expect(200);
    assert_eq!(shown["items"][2]["after"], ended[2]);
    assert_sound(&entries(without_tokens.database()));
}

async fn the_log_tells_which_key_signs_it(other: &TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("log-key.pem");
    assert_eq!(Program::new(&["log", "make-key", key.to_str().unwrap()]).run().code, Some(0));
    let signing = |config: &mut api::Config| {
        let arguments = ["--signing-key-file", key.to_str().unwrap(), "--log-origin", "example.org/log"];
        config.signer = api::settings(&arguments).unwrap().signer;
    };
    let app = TestApp::with(Database::fresh(other.database().engine()), signing);
    let shown = app.get("/v1/log/key").await.expect(200);
    let app = TestApp::with(app.end(), signing);
    let app = TestApp::with(app.end(), |_| {});

    let told = trusted(app.database(), "signing_key");

    assert_eq!(told.iter().map(|one| one["in_use"].as_bool().unwrap()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(told[0]["origin"], "example.org/log");
    for name in ["algorithm", "public_key"] {
        assert_eq!(told[0][name], shown[name], "{name}");
    }
    assert_eq!(
        app.get("/v1/entries?resource_type=signing_key").await.expect(200)["items"].as_array().unwrap().len(),
        2
    );
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
