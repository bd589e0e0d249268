//! Witnesses of the log: which cosignatures are accepted and shown, and the command that makes them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use kit::fixture::{DEPARTMENTS, department};
use kit::{Database, Ended, Program, Response, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    cosignatures_stand_under_the_head,
    a_cosignature_that_is_wrong_is_rejected,
    a_log_without_witnesses_accepts_no_cosignature,
    cosignatures_of_an_earlier_epoch_are_not_shown,
    a_witness_follows_a_log,
    two_witnesses_find_out_a_fork,
    a_witness_refuses_a_log_that_shrank,
}

const COSIGNATURES: &str = "/v1/log/cosignatures";
const PRESS: &str = "press.example.org";
const UNION: &str = "union.example.org/witness";

/// The keys of a log and of its witnesses, in files.
struct Keys {
    folder: tempfile::TempDir,
}

impl Keys {
    fn new() -> Self {
        let keys = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["log", "press", "union", "other"] {
            let made = Program::new(&["log", "make-key", &keys.file(name)]).run();
            assert_eq!(made.code, Some(0), "{made:?}");
        }
        keys
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn cosigner(&self, file: &str, name: &str) -> api::Cosigner {
        api::Cosigner::open(Path::new(&self.file(file)), name).unwrap()
    }

    /// A service that signs heads, whose operator lists the press and the union.
    fn serve(&self, database: Database) -> TestApp {
        let listed = [self.cosigner("press", PRESS), self.cosigner("union", UNION)];
        let listed = listed.map(|cosigner| cosigner.witness().to_string());
        TestApp::with(database, |config| {
            config.signer = Some(api::LogSigner::open(Path::new(&self.file("log")), "example.org/log").unwrap());
            config.witnesses = api::Witnesses::read(listed.iter().map(String::as_str)).unwrap();
            config.production.clock.tolerance = chrono::TimeDelta::seconds(60);
        })
    }

    /// Runs the command of a witness once.
    fn witness(&self, (file, name): (&str, &str), app: &TestApp, more: &[&str]) -> Ended {
        let (url, key) = (format!("http://{}", app.address()), self.file(file));
        let own = ["log", "witness", "--once", "--url", &url, "--key-file", &key, "--name", name];
        Program::new(&[&own, more].concat()).run()
    }
}

fn now() -> i64 {
    api::Clock::system().now().timestamp()
}

async fn head(app: &TestApp) -> Value {
    app.get("/v1/log/head").without_key().await.expect(200)
}

/// The lines of a checkpoint that are signed.
fn signed_text(checkpoint: &Value) -> &str {
    let checkpoint = checkpoint.as_str().unwrap();
    &checkpoint[..=checkpoint.find("\n\n").unwrap()]
}

async fn send(app: &TestApp, text: &str, lines: &[&str]) -> Response {
    let checkpoint = format!("{text}\n{}\n", lines.join("\n"));
    app.post(COSIGNATURES, &json!({ "checkpoint": checkpoint })).without_key().await
}

async fn cosignatures_stand_under_the_head(app: &TestApp) {
    let keys = Keys::new();
    let app = keys.serve(Database::fresh(app.database().engine()));
    app.create(DEPARTMENTS, &department("Office")).await;
    let before = head(&app).await;
    assert_eq!(before["witnesses"], Value::Null);
    let text = signed_text(&before["checkpoint"]);
    let (press, union) = (keys.cosigner("press", PRESS), keys.cosigner("union", UNION));
    let (signed_at, stranger) = (now(), keys.cosigner("other", "nobody.example.org").cosign(text, now()));
    let line = press.cosign(text, signed_at);
    send(&app, text, &[&stranger, &line]).await.expect(204);

    app.create(DEPARTMENTS, &department("Other office")).await;
    let after = head(&app).await;
    assert_eq!(after["tree_size"], 3, "a cosignature has no entry");
    let checkpoint = format!("{}{line}\n", before["checkpoint"].as_str().unwrap());
    let at = chrono::DateTime::from_timestamp(signed_at, 0).unwrap();
    let shown = json!({
        "name": PRESS, "tree_size": 2, "cosignature": line, "checkpoint": checkpoint,
        "signed_at": at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
    });
    assert_eq!(after["witnesses"], json!([shown]));
    for repeated in [&line, &press.cosign(text, signed_at - 1)] {
        send(&app, text, &[repeated]).await.expect(204);
        assert_eq!(head(&app).await, after);
    }

    let app = keys.serve(app.end());
    assert_eq!(head(&app).await["witnesses"], json!([shown]));
    let lines = [press.cosign(text, signed_at + 1), union.cosign(text, signed_at)];
    send(&app, text, &[&lines[0], &lines[1]]).await.expect(204);
    let both = head(&app).await;
    let [first, second] = both["witnesses"].as_array().unwrap().as_slice() else { panic!("{both}") };
    assert_eq!((&first["name"], &second["name"]), (&json!(PRESS), &json!(UNION)));
    let checkpoint = format!("{}{}\n{}\n", before["checkpoint"].as_str().unwrap(), lines[0], lines[1]);
    assert_eq!((&first["checkpoint"], &second["checkpoint"]), (&json!(checkpoint), &json!(checkpoint)));
    // It is still a checkpoint of the log.
    let file = keys.file("cosigned");
    fs::write(&file, checkpoint).unwrap();
    let own = format!("example.org/log/{}", app.epoch());
    let key = keys.file("log");
    let verify = ["log", "verify", "--checkpoint", &file, "--signing-key-file", &key, "--log-origin", &own];
    let verified = Program::new(&verify).env("DATABASE_URL", &app.database().url()).run();
    assert_eq!((verified.code, verified.stdout.contains("not checked")), (Some(0), false), "{verified:?}");

    let larger = signed_text(&both["checkpoint"]);
    send(&app, larger, &[&press.cosign(larger, signed_at + 2)]).await.expect(204);
    let sizes = head(&app).await["witnesses"].as_array().unwrap().iter().map(|own| own["tree_size"].clone()).collect();
    assert_eq!(Value::Array(sizes), json!([3, 2]));
}

async fn a_cosignature_that_is_wrong_is_rejected(app: &TestApp) {
    let keys = Keys::new();
    let app = keys.serve(Database::fresh(app.database().engine()));
    app.create(DEPARTMENTS, &department("Office")).await;
    let first = head(&app).await;
    let smaller = signed_text(&first["checkpoint"]);
    app.create(DEPARTMENTS, &department("Other office")).await;
    let second = head(&app).await;
    let text = signed_text(&second["checkpoint"]);
    let press = keys.cosigner("press", PRESS);
    let (time, own) = (now(), press.cosign(text, now()));
    let other_log = text.replace("example.org/log/", "example.org/other/");
    let false_one = press.cosign(smaller, time);
    let with_more = format!("{text}more\n");
    for (text, line, code) in [
        (text.trim_end(), "", "invalid-format"),
        ("nonsense\n", own.as_str(), "invalid-format"),
        (&text.replace("\n3\n", "\n03\n"), &own, "invalid-format"),
        (&with_more, &press.cosign(&with_more, time), "invalid-format"),
        (&other_log, &press.cosign(&other_log, time), "inconsistent"),
        (text, "\u{2014} somebody AAAA", "unknown-reference"),
        (text, &keys.cosigner("other", PRESS).cosign(text, time), "unknown-reference"),
        (text, &keys.cosigner("press", "press.example.com").cosign(text, time), "unknown-reference"),
        (text, &false_one, "inconsistent"),
        (text, &press.cosign(text, time + 3600), "out-of-range"),
        (text, &press.cosign(text, i64::MAX), "out-of-range"),
    ] {
        send(&app, text, &[line]).await.expect_faults(422, &[("/checkpoint", code)]);
    }
    app.post(COSIGNATURES, &json!({ "checkpoint": "" })).await.expect_faults(422, &[("/checkpoint", "empty")]);
    app.post(COSIGNATURES, &json!({})).await.expect_faults(422, &[("/checkpoint", "required")]);
    let long = "x".repeat(70_000);
    app.post(COSIGNATURES, &json!({ "checkpoint": long })).await.expect_problem(413, "payload-too-large");

    let root = text.lines().nth(2).unwrap();
    let fork = text.replace(root, smaller.lines().nth(2).unwrap());
    let longer = text.replace("\n3\n", "\n4\n");
    for (text, said) in [(&fork, "had the root"), (&longer, "has 3 entries")] {
        let refused = send(&app, text, &[&press.cosign(text, time)]).await.expect_problem(409, "log-fork");
        assert!(refused["detail"].as_str().unwrap().contains(said), "{refused}");
        let unproved = send(&app, text, &[&false_one]).await;
        unproved.expect_faults(422, &[("/checkpoint", "inconsistent")]);
    }
    assert_eq!(head(&app).await, second, "nothing of this was stored");

    send(&app, smaller, &[&press.cosign(smaller, time)]).await.expect(204);
    let earlier = press.cosign(text, time - 1);
    send(&app, text, &[&earlier]).await.expect_faults(422, &[("/checkpoint", "date-order")]);
    send(&app, text, &[&own]).await.expect(204);
    let later = press.cosign(smaller, time + 2);
    send(&app, smaller, &[&later]).await.expect_faults(422, &[("/checkpoint", "date-order")]);
    send(&app, smaller, &[&press.cosign(smaller, time - 9)]).await.expect(204);
    assert_eq!(head(&app).await["witnesses"][0]["tree_size"], 3);
}

async fn a_log_without_witnesses_accepts_no_cosignature(app: &TestApp) {
    let keys = Keys::new();
    let text = "example.org/log/0123456789abcdef\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    let line = keys.cosigner("press", PRESS).cosign(text, now());
    send(app, text, &[&line]).await.expect_faults(422, &[("/checkpoint", "unknown-reference")]);
}

async fn cosignatures_of_an_earlier_epoch_are_not_shown(app: &TestApp) {
    let keys = Keys::new();
    let app = keys.serve(Database::fresh(app.database().engine()));
    app.create(DEPARTMENTS, &department("Office")).await;
    assert_eq!(keys.witness(("press", PRESS), &app, &[]).code, Some(0));
    let old = head(&app).await;
    assert_eq!(old["witnesses"][0]["tree_size"], 2);
    let database = app.end();
    let renewed = Program::new(&["log", "new-epoch"]).env("DATABASE_URL", &database.url()).run();
    assert_eq!(renewed.code, Some(0), "{renewed:?}");
    let app = keys.serve(database);
    let new = head(&app).await;
    assert_eq!((&new["witnesses"], &new["tree_size"]), (&Value::Null, &json!(3)));
    let stale = old["witnesses"][0]["checkpoint"].clone();
    let stale = app.post(COSIGNATURES, &json!({ "checkpoint": stale })).await;
    stale.expect_faults(422, &[("/checkpoint", "inconsistent")]);
    // The log lost nothing that the witness had signed.
    let signed = keys.witness(("press", PRESS), &app, &[]);
    assert_eq!(signed.code, Some(0), "{signed:?}");
    assert_eq!(head(&app).await["witnesses"][0]["tree_size"], 3);
}

async fn a_witness_follows_a_log(app: &TestApp) {
    let keys = Keys::new();
    let app = keys.serve(Database::fresh(app.database().engine()));
    let press = ("press", PRESS);
    let key = app.get("/v1/log/key").await.expect(200)["verifier_key"].as_str().unwrap().to_owned();
    let first = keys.witness(press, &app, &["--log-key", &key]);
    assert_eq!((first.code, first.stdout.contains("nothing was signed before")), (Some(0), true), "{first:?}");
    let printed = Program::new(&["log", "witness-key", "--key-file", &keys.file("press"), "--name", PRESS]).run();
    assert!(first.stdout.contains(printed.stdout.trim_end()), "{printed:?} {first:?}");
    for n in 1..=5 {
        app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
        let next = keys.witness(press, &app, &[]);
        assert_eq!((next.code, next.stdout.contains("nothing was signed")), (Some(0), false), "{next:?}");
        assert_eq!(head(&app).await["witnesses"][0]["tree_size"], n + 1);
    }
    let union = keys.witness(("union", UNION), &app, &[]);
    assert!(union.stdout.contains("which came from the log itself"), "{union:?}");

    let url = format!("http://{}", app.address());
    let file = keys.file("press");
    let every = ["log", "witness", "--url", &url, "--key-file", &file, "--name", PRESS, "--every", "1"];
    let following = Program::new(&every).begin();
    app.create(DEPARTMENTS, &department("Office 6")).await;
    let patience = Instant::now() + Duration::from_secs(20);
    while head(&app).await["witnesses"][0]["tree_size"] != 7 {
        assert!(Instant::now() < patience, "it never cosigned the head");
        std::thread::sleep(Duration::from_millis(100));
    }
    let second = keys.witness(press, &app, &[]);
    assert_eq!((second.code, second.stderr.contains("another witness uses")), (Some(1), true), "{second:?}");
    following.kill();
    assert_eq!(keys.witness(press, &app, &[]).code, Some(0));

    let state = fs::read_to_string(keys.file("press.state")).unwrap();
    let other = api::LogSigner::open(Path::new(&keys.file("other")), "example.org/log").unwrap().verifier_key();
    for (who, more, said) in [
        (press, ["--log-key", other.as_str()], "remove the state file"),
        (("other", "nobody.example.org"), ["--log-key", other.as_str()], "not signed by the key"),
        (("other", "nobody.example.org"), ["--log-key", "nothing"], "cannot read the log's public key"),
        (("other", "nobody.example.org"), ["--log-key", key.as_str()], "no signature line is by a witness"),
        (("log", PRESS), ["--log-key", key.as_str()], "no signature line is by a witness"),
    ] {
        let refused = keys.witness(who, &app, &more);
        assert_eq!((refused.code, refused.stderr.contains(said)), (Some(1), true), "{said}: {refused:?}");
    }
    assert_eq!(fs::read_to_string(keys.file("press.state")).unwrap(), state);
    fs::write(keys.file("press.state"), "{").unwrap();
    let unread = keys.witness(press, &app, &[]);
    assert_eq!((unread.code, unread.stderr.contains("so nothing is signed")), (Some(1), true), "{unread:?}");
}

/// Two registers that share a beginning, both signed by the log's key: one is shown to the press, the other to the union.
async fn two_witnesses_find_out_a_fork(app: &TestApp) {
    let keys = Keys::new();
    let app = keys.serve(Database::fresh(app.database().engine()));
    app.create(DEPARTMENTS, &department("Office")).await;
    let (press, union) = (("press", PRESS), ("union", UNION));
    for witness in [press, union] {
        assert_eq!(keys.witness(witness, &app, &[]).code, Some(0));
    }
    let database = app.end();
    let other = keys.serve(database.copy());
    let app = keys.serve(database);
    app.create(DEPARTMENTS, &department("Shown to the press")).await;
    other.create(DEPARTMENTS, &department("Shown to the union")).await;
    assert_eq!(keys.witness(press, &app, &[]).code, Some(0));
    assert_eq!(keys.witness(union, &other, &[]).code, Some(0));

    // Whoever passes on what the other witness signed finds out.
    let of_union = head(&other).await["witnesses"][1]["checkpoint"].clone();
    app.post(COSIGNATURES, &json!({ "checkpoint": of_union })).await.expect_problem(409, "log-fork");
    let heads = [head(&app).await, head(&other).await];
    let before = signed_text(&heads[1]["checkpoint"]).to_owned();
    // Once it has seen the fork, it does not trust the log that it signed either.
    for log in [&app, &other] {
        let refused = keys.witness(union, log, &[]);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        for said in ["its 3 entries are others", &before, signed_text(&heads[0]["checkpoint"])] {
            assert!(refused.stderr.contains(said), "no {said} in {}", refused.stderr);
        }
    }
    assert_eq!(head(&other).await, heads[1], "nothing more was signed");
    fs::remove_file(keys.file("union.state")).unwrap();
    assert_eq!(keys.witness(union, &other, &[]).code, Some(0));
    other.create(DEPARTMENTS, &department("More of it")).await;
    assert_eq!(keys.witness(union, &other, &[]).code, Some(0));
    let shorter = keys.witness(union, &app, &[]);
    assert_eq!((shorter.code, shorter.stderr.contains("it had 4 entries and has 3")), (Some(1), true), "{shorter:?}");
    for n in 0..3 {
        other.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
    }
    let forked = keys.witness(press, &other, &[]);
    assert_eq!((forked.code, forked.stderr.contains("first 3 entries are the same")), (Some(1), true), "{forked:?}");
}

async fn a_witness_refuses_a_log_that_shrank(app: &TestApp) {
    let keys = Keys::new();
    let app = keys.serve(Database::fresh(app.database().engine()));
    let database = app.end();
    let copy = database.copy();
    let app = keys.serve(database);
    for n in 0..2 {
        app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
    }
    assert_eq!(keys.witness(("press", PRESS), &app, &[]).code, Some(0));
    drop(app);
    let renewed = Program::new(&["log", "new-epoch"]).env("DATABASE_URL", &copy.url()).run();
    assert_eq!(renewed.code, Some(0), "{renewed:?}");
    let app = keys.serve(copy);
    let refused = keys.witness(("press", PRESS), &app, &[]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for said in ["it had 3 entries and has 2", "restored from a copy", "remove it"] {
        assert!(refused.stderr.contains(said), "no {said} in {}", refused.stderr);
    }
}

#[test]
fn a_service_that_lists_no_right_witnesses_does_not_start() {
    let keys = Keys::new();
    let press = keys.cosigner("press", PRESS).witness().to_string();
    let file = keys.file("log");
    let twice = format!("{press},{press}");
    for (arguments, said) in [
        (
            vec!["--log-witness", "nonsense", "--log-witness", "a+b+c", "--signing-key-file", &file],
            ["«nonsense»", "«a+b+c»"],
        ),
        (vec!["--log-witness", &twice, "--signing-key-file", &file], ["listed twice", PRESS]),
        (vec!["--log-witness", &press], ["--signing-key-file", "only signed heads"]),
    ] {
        let ended = Program::new(&[&["serve"], arguments.as_slice()].concat()).in_folder(keys.folder.path()).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(said.iter().all(|said| ended.stderr.contains(said)), "{said:?}: {ended:?}");
    }
}
