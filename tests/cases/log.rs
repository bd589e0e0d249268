//! The log as callers see it: the feed of changes, histories, what the register said once, and the proofs that nothing was changed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, full_staff_ballot, id, mutual, staff_ballot,
    with,
};
use kit::{Client, Database, Engine, Program, Response, TestApp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::entry_log::{assert_sound, entries};

kit::on_both! {
    the_feed_has_every_change_in_order,
    the_feed_can_be_of_one_type,
    waiting_for_entries_ends_when_there_are_some,
    rights_are_asked_anew_after_a_wait,
    a_server_that_stops_ends_waits_at_once,
    a_follower_sees_every_change_of_two_instances_once,
    a_follower_of_before_a_restore_is_told_from_where_to_read_again,
    nothing_of_before_a_restore_is_taken_for_what_is_there_now,
    parameters_of_the_feed_are_checked,
    a_history_tells_what_changed,
    a_history_of_nothing_is_not_found,
    the_register_is_read_as_it_was,
    lists_are_read_as_they_were,
    what_goes_with_known_at_is_little,
    entries_about_drafts_are_not_for_everybody,
    those_who_see_a_draft_see_its_entries,
    a_deleted_draft_is_gone_for_those_who_saw_it_and_never_was_for_others,
    personal_data_is_not_in_the_log,
    an_erased_name_is_nowhere_and_the_log_is_whole,
    a_deleted_ballot_leaves_no_name,
    the_head_is_signed,
    proofs_lead_to_the_roots,
    proofs_of_what_is_not_there_are_refused,
    an_export_is_verified_by_standard_tools,
    no_entry_is_taken_for_hidden_that_has_no_right_to_be,
    answers_are_checked_against_the_signed_head,
    a_changed_log_is_found_out,
    a_register_that_is_not_what_its_log_says_is_found_out,
    a_checkpoint_must_be_of_the_log_and_signed_by_its_key,
}

/// All of the feed, page by page.
async fn feed(app: &TestApp, limit: usize) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = app.get(format!("/v1/entries?{}&limit={limit}", app.after(after))).await.expect(200);
        let items = page["items"].as_array().unwrap();
        found.extend(items.iter().cloned());
        after = page["next_after"].as_i64().unwrap();
        if items.is_empty() {
            assert_eq!(page["next_after"], page["head"]);
            return found;
        }
    }
}

fn numbers(entries: &[Value]) -> Vec<i64> {
    entries.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect()
}

async fn the_feed_has_every_change_in_order(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    for n in 0..5 {
        app.create(MUTUALS, &mutual(&format!("Mutual {n}"))).await;
    }
    app.delete("/v1/mutuals/mutual-3").await.expect(204);

    let found = feed(app, 3).await;

    assert_eq!(numbers(&found), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(found[0]["after"], office);
    assert_eq!(
        (&found[6]["action"], &found[6]["version"], &found[6]["after"]),
        (&json!("delete"), &json!(2), &Value::Null)
    );
    for (entry, stored) in found.iter().zip(entries(app.database())) {
        assert_eq!((&entry["leaf_hash"], &entry["request_id"]), (&stored["leaf_hash"], &stored["request_id"]));
    }
    let first = app.get("/v1/entries?limit=3").await;
    assert_eq!(
        first.header("link"),
        Some(&*format!(
            "</v1/entries?{}&limit=3>; rel=\"next\", </v1/entries?after=0&limit=3>; rel=\"first\"",
            app.after(3)
        ))
    );
    app.get("/v1/entries?limit=3").header("if-none-match", first.etag()).await.expect(304);
    let end = app.get(format!("/v1/entries?{}", app.after(7))).await.expect(200);
    assert_eq!(end, json!({ "items": [], "next_after": 7, "head": 7, "epoch": app.epoch() }));
    for beyond in [8, 100, i64::MAX] {
        let ahead = app.get(format!("/v1/entries?{}&wait=20", app.after(beyond))).await;
        ahead.expect_faults(400, &[("after", "out-of-range")]);
        let ahead = app.get(format!("/v1/mutuals/mutual-1/entries?{}", app.after(beyond))).await;
        ahead.expect_faults(400, &[("after", "out-of-range")]);
    }
}

async fn the_feed_can_be_of_one_type(app: &TestApp) {
    app.create(DEPARTMENTS, &department("One")).await;
    app.create(MUTUALS, &mutual("Mutual")).await;
    app.create(DEPARTMENTS, &department("Two")).await;

    let of = async |query: &str| {
        let query = query.replace("after=", &format!("epoch={}&after=", app.epoch()));
        let page = app.get(format!("/v1/entries?resource_type={query}")).await.expect(200);
        (numbers(page["items"].as_array().unwrap()), page["next_after"].as_i64().unwrap())
    };

    assert_eq!(of("department").await, (vec![1, 3], 3));
    assert_eq!(of("department&limit=1").await, (vec![1], 1));
    assert_eq!(of("department&after=1&limit=1").await, (vec![3], 3));
    assert_eq!(of("mutual").await, (vec![2], 3));
    assert_eq!(of("staff_ballot").await, (vec![], 3));
    assert_eq!(of("contract&after=2").await, (vec![], 3));
}

async fn waiting_for_entries_ends_when_there_are_some(app: &TestApp) {
    let began = Instant::now();
    let (page, _) = join(async { app.get("/v1/entries?wait=20").await.expect(200) }, async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        app.create(DEPARTMENTS, &department("Office")).await
    })
    .await;
    assert_eq!(numbers(page["items"].as_array().unwrap()), [1]);
    assert!((100..10_000).contains(&began.elapsed().as_millis()));

    let began = Instant::now();
    let none = app.get(format!("/v1/entries?{}&wait=1", app.after(1))).await.expect(200);
    assert_eq!(none, json!({ "items": [], "next_after": 1, "head": 1, "epoch": app.epoch() }));
    assert!(began.elapsed() >= Duration::from_secs(1));
}

async fn rights_are_asked_anew_after_a_wait(app: &TestApp) {
    for (n, reason) in [(0, "the key was revoked at "), (1, "the key expired at ")] {
        let key = json!({ "label": "A follower", "role": "auditor", "expires_in_days": 1 });
        let key = app.create("/v1/keys", &key).await;
        let head = app.get("/v1/log/head").await.expect(200)["tree_size"].as_i64().unwrap();
        let follow = app.get(format!("/v1/entries?{}&wait=20", app.after(head))).with_key(key["key"].as_str().unwrap());
        // An entry about it would end the wait at once.
        let revoke =
            format!("UPDATE api_keys SET revoked_at = created_at, revoked_by = 'operator' WHERE id = '{}'", id(&key));
        let meanwhile = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            match n {
                0 => app.database().execute(&revoke),
                _ => app.pass(Duration::from_secs(2 * 24 * 3600)),
            }
            tokio::time::sleep(Duration::from_millis(600)).await;
            app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await
        };
        let (answer, _) = join(async { follow.await }, meanwhile).await;
        let problem = answer.expect_problem(401, "unauthenticated");
        assert!(problem["detail"].as_str().unwrap().contains(reason), "{problem}");
    }
}

async fn a_server_that_stops_ends_waits_at_once(app: &TestApp) {
    let stopping = TestApp::with(Database::fresh(app.database().engine()), |_| {});
    let client = Client::to(stopping.address());
    // What comes over a connection that is in use is taken up at once.
    client.request("GET".parse().unwrap(), "/livez").await.expect(200);
    let waiting = async {
        let asked = client.request("GET".parse().unwrap(), "/v1/entries?wait=20");
        client.try_send(&asked).await.unwrap().expect(200)
    };
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        tokio::task::spawn_blocking(move || drop(stopping.end())).await.unwrap();
        began.elapsed()
    };
    let (page, taken) = join(waiting, stop).await;
    assert_eq!(page, json!({ "items": [], "next_after": 0, "head": 0, "epoch": page["epoch"] }));
    assert!(taken < Duration::from_secs(10), "{taken:?}");
}

/// Two instances share a PostgreSQL database; an SQLite file has one.
async fn a_follower_sees_every_change_of_two_instances_once(app: &TestApp) {
    const WRITERS: usize = 64;
    const EACH: usize = 5;
    let beside = (app.database().engine() == Engine::Postgres).then(|| TestApp::beside(app));
    let writing = join_all((0..WRITERS).map(|writer| {
        let instance = beside.as_ref().filter(|_| writer % 2 == 1).unwrap_or(app);
        async move {
            let mut made = Vec::new();
            for n in 0..EACH {
                made.push(id(&instance.create(MUTUALS, &mutual(&format!("Mutual {writer} {n}"))).await).to_owned());
            }
            made
        }
    }));
    let following = async {
        let (mut seen, mut from) = (Vec::new(), "after=0".to_owned());
        while seen.len() < WRITERS * EACH {
            let page = app.get(format!("/v1/entries?{from}&wait=5&limit=200")).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().iter().cloned());
            from = app.after(&page["next_after"]);
        }
        seen
    };
    let (made, seen) = join(writing, following).await;

    assert!((1..).zip(numbers(&seen)).all(|(expected, found)| expected == found));
    let mut made: Vec<String> = made.into_iter().flatten().collect();
    let mut told: Vec<String> = seen.iter().map(|entry| entry["resource_id"].as_str().unwrap().to_owned()).collect();
    made.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, made);
    assert_sound(&entries(app.database()));
}

/// A register that went on after a copy was made of it, and the copy, put in its place and gone on further.
struct Restored {
    /// What the first one answered at its end: a record, a list and its cursor, and the signed head.
    old: Vec<(String, Response)>,
    first_epoch: String,
    app: TestApp,
}

/// The copy is of 4 entries, the first of which tells of the key that signs; the first register had 7, and the restored one has 10.
async fn restored(engine: Engine) -> Restored {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    Program::new(&["log", "make-key", file.to_str().unwrap()]).run();
    let serve = |database| {
        let signer = api::LogSigner::open(&file, "example.org/log").unwrap();
        TestApp::with(database, |config| config.signer = Some(signer))
    };
    let first = serve(Database::fresh(engine));
    for n in 1..=3 {
        first.create(MUTUALS, &mutual(&format!("Mutual {n}"))).await;
    }
    let database = first.end();
    let copy = database.copy();
    let first = serve(database);
    for region in ["wales", "scotland", "london"] {
        first.patch("/v1/mutuals/mutual-1", &json!({ "region": region })).await.expect(200);
    }
    let mut old = Vec::new();
    for path in ["/v1/mutuals/mutual-1", "/v1/mutuals?limit=2", "/v1/log/head", "/v1/statistics", "/v1/entries"] {
        old.push((path.to_owned(), first.get(path).await));
    }
    let first_epoch = first.epoch().to_owned();
    drop(first);

    let renewed = Program::new(&["log", "new-epoch", "--reason", "The disk was lost"]).env("DATABASE_URL", &copy.url());
    let renewed = renewed.run();
    assert_eq!(renewed.code, Some(0), "{renewed:?}");
    let app = serve(copy);
    for region in ["north_east", "north_west", "wales", "scotland", "south_east"] {
        app.patch("/v1/mutuals/mutual-1", &json!({ "region": region })).await.expect(200);
    }
    assert_ne!(app.epoch(), first_epoch);
    Restored { old, first_epoch, app }
}

async fn a_follower_of_before_a_restore_is_told_from_where_to_read_again(app: &TestApp) {
    let Restored { first_epoch, app, .. } = &restored(app.database().engine()).await;
    let lists = ["/v1/entries", "/v1/mutuals/mutual-1/entries"];
    for (after, resume_after) in [(0, 0), (3, 3), (4, 4), (5, 4), (7, 4), (10, 4), (100, 4)] {
        for list in lists {
            let refused = app.get(format!("{list}?after={after}&epoch={first_epoch}")).await;
            let problem = refused.expect_problem(410, "epoch-ended");
            assert_eq!((&problem["epoch"], &problem["resume_after"]), (&json!(app.epoch()), &json!(resume_after)));
        }
    }
    let waiting = app.get(format!("/v1/entries?after=5&epoch={first_epoch}&wait=20")).await;
    waiting.expect_problem(410, "epoch-ended");
    for list in lists {
        let unknown =
            app.get(format!("{list}?after=4&epoch=0123456789abcdef")).await.expect_problem(410, "epoch-ended");
        assert_eq!(unknown["resume_after"], 0, "nobody knows what this log has in common with another register's");
        app.get(format!("{list}?after=4")).await.expect_faults(400, &[("epoch", "required")]);
        app.get(format!("{list}?after=4&epoch=4")).await.expect_faults(400, &[("epoch", "invalid-format")]);
        app.get(format!("{list}?{}", app.after(11))).await.expect_faults(400, &[("after", "out-of-range")]);
    }

    let page = app.get(format!("/v1/entries?{}", app.after(4))).await.expect(200);
    assert_eq!(numbers(page["items"].as_array().unwrap()), [5, 6, 7, 8, 9, 10]);
    let restore = &page["items"][0];
    let told =
        ["action", "resource_type", "resource_id", "actor", "reason", "version"].map(|name| restore[name].clone());
    let nobody = "00000000-0000-0000-0000-000000000000";
    assert_eq!(json!(told), json!(["restore", "register", nobody, "operator", "The disk was lost", 1]));
    let after = &restore["after"];
    assert_eq!((&after["previous_epoch"], &after["epoch"]), (&json!(first_epoch), &json!(app.epoch())));
    assert_eq!(after["shared_entries"], 4);
    let of_register = app.get("/v1/entries?resource_type=register").await.expect(200);
    assert_eq!(of_register["items"], json!([restore]));
    assert_sound(&entries(app.database()));
    let verified = Program::new(&["log", "verify"]).env("DATABASE_URL", &app.database().url()).run();
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

async fn nothing_of_before_a_restore_is_taken_for_what_is_there_now(app: &TestApp) {
    let Restored { old, first_epoch, app } = &restored(app.database().engine()).await;
    for (path, answer) in old.iter().filter(|(_, answer)| answer.header("etag").is_some()) {
        let now = app.get(path).header("if-none-match", answer.etag()).await;
        assert_eq!(now.status(), 200, "{path}");
    }
    let [(path, record), (_, list), (_, head), ..] = &old[..] else { panic!("{old:?}") };
    // Both are of version 4, and of different content.
    assert_eq!(record.version(), "4");
    let stale = app.patch(path, &json!({ "region": "london" })).if_match(&record.etag()).await;
    stale.expect_problem(412, "precondition-failed");
    let since = record.header("last-modified").unwrap();
    assert_eq!(app.get(path).header("if-modified-since", since).await.status(), 200);
    let cursor = list.json()["next_cursor"].as_str().unwrap().to_owned();
    let refused = app.get(format!("/v1/mutuals?limit=2&cursor={cursor}")).await;
    refused.expect_faults(400, &[("cursor", "invalid-cursor")]);
    assert!(refused.text().contains("restored"), "{refused:?}");

    let now = app.get("/v1/log/head").await.expect(200);
    let head = head.json();
    assert_ne!((&head["origin"], &head["key_id"]), (&now["origin"], &now["key_id"]));
    assert_eq!((&head["epoch"], &now["epoch"]), (&json!(first_epoch), &json!(app.epoch())));
    for proof in ["inclusion?seq=6", "consistency?from=7"] {
        let refused = app.get(format!("/v1/log/proofs/{proof}&epoch={first_epoch}")).await;
        assert_eq!(refused.expect_problem(410, "epoch-ended")["resume_after"], 4);
        let given = app.get(format!("/v1/log/proofs/{proof}&epoch={}", app.epoch())).await.expect(200);
        assert_eq!(given["epoch"], app.epoch());
    }
    let export = app.get("/v1/mutuals/export.ndjson").await;
    let headers = ["register-seq", "register-epoch"].map(|name| export.header(name));
    assert_eq!(headers, [Some("10"), Some(app.epoch())]);
}

async fn parameters_of_the_feed_are_checked(app: &TestApp) {
    let refused = app.get("/v1/entries?after=-1&limit=201&wait=21&resource_type=mutuals").await;
    refused.expect_faults(
        400,
        &[
            ("after", "out-of-range"),
            ("limit", "out-of-range"),
            ("wait", "out-of-range"),
            ("resource_type", "not-in-vocabulary"),
        ],
    );
    app.get("/v1/entries?limit=x&cursor=a")
        .await
        .expect_faults(400, &[("limit", "invalid-format"), ("cursor", "unknown-parameter")]);
}

async fn a_history_tells_what_changed(app: &TestApp) {
    let created = app.create(MUTUALS, &mutual("Harmonie")).await;
    app.patch("/v1/mutuals/harmonie", &json!({ "region": "wales", "tests": { "left_public_sector": "met" } }))
        .await
        .expect(200);
    app.create(MUTUALS, &mutual("Another")).await;
    let replaced = app.put("/v1/mutuals/harmonie", &mutual("Harmony")).await.expect(200);
    app.delete("/v1/mutuals/harmonie").await.expect(204);

    let history = app.get("/v1/mutuals/harmonie/entries").await.expect(200);

    let items = history["items"].as_array().unwrap();
    assert_eq!(numbers(items), [1, 2, 4, 5]);
    assert_eq!((&items[0]["after"], &items[0]["changes"]), (&created, &Value::Null));
    let mut changes = items[1]["changes"].as_object().unwrap().clone();
    assert!(changes.remove("updated_at").is_some());
    let expected = json!({ "version": 2, "region": "wales", "tests": { "left_public_sector": "met" } });
    assert_eq!(Value::Object(changes), expected);
    assert_eq!((&items[2]["changes"]["region"], &items[2]["changes"]["name"]), (&Value::Null, &json!("Harmony")));
    assert!(items[2]["changes"].as_object().unwrap().contains_key("region"));
    assert_eq!(items[2]["after"], replaced);
    assert_eq!((&items[3]["action"], &items[3]["changes"]), (&json!("delete"), &Value::Null));
    // By id as by slug, page by page, a patch across pages too.
    let by_id = format!("/v1/mutuals/{}/entries", id(&created));
    assert_eq!(app.get(&by_id).await.expect(200), history);
    let page = app.get(format!("{by_id}?limit=1")).await.expect(200);
    assert_eq!(page["next_after"], 1);
    let page = app.get(format!("{by_id}?limit=1&{}", app.after(1))).await;
    assert_eq!(page.expect(200)["items"][0], items[1]);
    assert!(page.header("link").unwrap().contains(&format!("<{by_id}?{}&limit=1>; rel=\"next\"", app.after(2))));
    let end = app.get(format!("{by_id}?{}", app.after(5))).await.expect(200);
    assert_eq!(end, json!({ "items": [], "epoch": app.epoch() }));
}

async fn a_history_of_nothing_is_not_found(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    for path in [
        "/v1/departments/nobody/entries".to_owned(),
        format!("/v1/mutuals/{}/entries", id(&office)),
        format!("/v1/contracts/{}/entries", id(&office)),
        "/v1/staff-ballots/nothing/entries".to_owned(),
    ] {
        app.get(path).await.expect_problem(404, "not-found");
    }
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let deal = app.create(CONTRACTS, &contract(id(&supplier), id(&office))).await;
    let history = app.get(format!("{CONTRACTS}/{}/entries", id(&deal))).await.expect(200);
    assert_eq!(history["items"][0]["after"], deal);
}

/// The time of the newest entry, and a moment later.
async fn now(app: &TestApp) -> String {
    let head = app.get("/v1/log/head").await.expect(200)["tree_size"].as_i64().unwrap();
    let entry = app.get(format!("/v1/entries?{}", app.after(head - 1))).await.expect(200)["items"][0].clone();
    app.pass(Duration::from_secs(60));
    entry["at"].as_str().unwrap().to_owned()
}

async fn the_register_is_read_as_it_was(app: &TestApp) {
    let created = app.create(MUTUALS, &mutual("Harmonie")).await;
    let at_first = now(app).await;
    let renamed = app.put("/v1/mutuals/harmonie", &mutual("Harmony")).await.expect(200);
    let then = now(app).await;
    app.delete("/v1/mutuals/harmonie").await.expect(204);
    let at_last = now(app).await;

    for path in ["/v1/mutuals/harmonie".to_owned(), format!("/v1/mutuals/{}", id(&created))] {
        let at = async |instant: &str| app.get(format!("{path}?known_at={instant}")).await;
        let first = at(&at_first).await;
        assert_eq!((first.expect(200), first.version()), (created.clone(), "1".to_owned()));
        assert_eq!(at(&then).await.expect(200), renamed);
        at(&at_last).await.expect_problem(410, "gone");
        at("2001-01-01T00:00:00Z").await.expect_problem(404, "not-found");
        let again = app.get(format!("{path}?known_at={then}")).header("if-none-match", app.tag(2)).await;
        again.expect(304);
    }
    app.get(format!("/v1/mutuals/nobody?known_at={then}")).await.expect_problem(404, "not-found");
    app.get(format!("/v1/departments/{}?known_at={then}", id(&created))).await.expect_problem(404, "not-found");
}

async fn lists_are_read_as_they_were(app: &TestApp) {
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await);
    }
    let at_first = now(app).await;
    app.delete("/v1/departments/office-1").await.expect(204);
    app.patch("/v1/departments/office-3", &json!({ "kind": "other" })).await.expect(200);
    app.create(DEPARTMENTS, &department("Later")).await;
    let then = now(app).await;

    assert_eq!(app.walk(&format!("{DEPARTMENTS}?known_at={at_first}&limit=2")).await, made);
    assert_eq!(
        app.walk(&format!("{DEPARTMENTS}?known_at={then}&limit=3")).await,
        app.walk("/v1/departments?sort=id").await
    );
    assert_eq!(app.walk(&format!("{DEPARTMENTS}?known_at=2001-01-01T00:00:00Z")).await, [] as [Value; 0]);
    assert_eq!(app.walk(&format!("{MUTUALS}?known_at={then}")).await, [] as [Value; 0]);
    // A cursor is of its list, and of its instant.
    let page = app.get(format!("{DEPARTMENTS}?known_at={at_first}&limit=2")).await;
    let cursor = page.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    app.get(format!("{DEPARTMENTS}?known_at={then}&cursor={cursor}"))
        .await
        .expect_faults(400, &[("cursor", "invalid-cursor")]);
    app.get(format!("{DEPARTMENTS}?cursor={cursor}")).await.expect_faults(400, &[("cursor", "invalid-cursor")]);
    app.get(format!("{DEPARTMENTS}?known_at={at_first}&limit=2"))
        .header("if-none-match", page.etag())
        .await
        .expect(304);
}

async fn what_goes_with_known_at_is_little(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let then = now(app).await;
    app.get(format!("{DEPARTMENTS}?known_at={then}&kind=other&kind=local_authority&q=x&sort=id&count=exact&limit=1"))
        .await
        .expect_faults(
            400,
            &[("kind", "inconsistent"), ("q", "inconsistent"), ("sort", "inconsistent"), ("count", "inconsistent")],
        );
    for path in ["/v1/departments", "/v1/departments/office"] {
        for (value, code) in [
            ("yesterday", "invalid-format"),
            ("2001-01-01", "invalid-format"),
            ("0000-01-01T00:00:00Z", "invalid-format"),
            ("0001-01-01T00:00:00%2B01:00", "invalid-format"),
            ("2999-01-01T00:00:00Z", "out-of-range"),
        ] {
            app.get(format!("{path}?known_at={value}")).await.expect_faults(400, &[("known_at", code)]);
        }
    }
}

/// The id that a key has in it.
fn key_id(key: &str) -> String {
    let digits = key.split('_').nth(1).unwrap();
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn without_its_name(ballot: &Value) -> Value {
    let mut ballot = ballot.clone();
    ballot["scrutineer"].as_object_mut().unwrap().remove("name");
    ballot
}

async fn entries_about_drafts_are_not_for_everybody(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let draft = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&supplier))).await;
    let other = app.create(STAFF_BALLOTS, &staff_ballot(id(&supplier))).await;
    app.delete(format!("{STAFF_BALLOTS}/{}", id(&other))).await.expect(204);
    app.declare(&draft).await;

    let public = app.get("/v1/entries").without("authorization").await.expect(200);

    let items = public["items"].as_array().unwrap();
    let members = |entry: &Value| entry.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for hidden in [&items[1], &items[2], &items[3]] {
        assert_eq!(members(hidden), ["at", "content_hash", "leaf_hash", "restricted", "seq"]);
    }
    assert_eq!((&items[4]["action"], &items[4]["version"]), (&json!("update"), &json!(2)));
    let of_ballots = app.get("/v1/entries?resource_type=staff_ballot").without("authorization").await.expect(200);
    assert_eq!(numbers(of_ballots["items"].as_array().unwrap()), [5]);
    let history = format!("{STAFF_BALLOTS}/{}/entries", id(&draft));
    let history = app.get(history).without("authorization").await.expect(200);
    assert_eq!(numbers(history["items"].as_array().unwrap()), [5]);
    assert_eq!(history["items"][0]["changes"], Value::Null);
    app.get(format!("{STAFF_BALLOTS}/{}/entries", id(&other))).without("authorization").await.problem(404);
    assert_sound(&entries(app.database()));
}

async fn those_who_see_a_draft_see_its_entries(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let other = app.create(DEPARTMENTS, &department("Other")).await;
    let supplier = with(mutual("Supplier"), json!({ "department_id": id(&own) }));
    let supplier = app.create(MUTUALS, &supplier).await;
    let draft = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&supplier))).await;
    let key = |role: &str, departments: &[&str]| app.database().make_key(role, departments);

    for (who, sees) in [
        (key("department_editor", &[id(&own)]), true),
        (key("auditor", &[]), true),
        (key("admin", &[]), true),
        (key("department_editor", &[id(&other)]), false),
        (key("procurement_officer", &[id(&own)]), false),
        (key("scrutineer", &[]), false),
    ] {
        let page = app.get(format!("/v1/entries?{}", app.after(3))).with_key(&who).await.expect(200);
        assert_eq!(page["items"][0]["resource_id"] == draft["id"], sees, "{page}");
        let history = app.get(format!("{STAFF_BALLOTS}/{}/entries", id(&draft))).with_key(&who).await;
        assert_eq!(history.status(), if sees { 200 } else { 404 });
        let as_it_was =
            app.get(format!("{STAFF_BALLOTS}/{}?known_at={}", id(&draft), now(app).await)).with_key(&who).await;
        assert_eq!(as_it_was.status(), if sees { 200 } else { 404 });
        if sees {
            assert_eq!(as_it_was.json(), draft);
        }
        let list = app.get(format!("{STAFF_BALLOTS}?known_at={}", now(app).await)).with_key(&who).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), usize::from(sees));
    }
}

async fn a_deleted_draft_is_gone_for_those_who_saw_it_and_never_was_for_others(app: &TestApp) {
    let own = app.create(DEPARTMENTS, &department("Own")).await;
    let other = app.create(DEPARTMENTS, &department("Other")).await;
    let supplier = with(mutual("Supplier"), json!({ "department_id": id(&own) }));
    let supplier = app.create(MUTUALS, &supplier).await;
    let key = |role: &str, departments: &[&str]| app.database().make_key(role, departments);
    let scrutineer = key("scrutineer", &[]);
    let draft = app.create(STAFF_BALLOTS, &staff_ballot(id(&supplier))).await;
    let path = format!("{STAFF_BALLOTS}/{}", id(&draft));
    app.put(format!("{path}/appointment"), &json!({ "key_id": key_id(&scrutineer) })).await.expect(200);
    let then = now(app).await;
    app.delete(&path).await.expect(204);
    // Whose it was is known without its mutual.
    app.delete(format!("{MUTUALS}/supplier")).await.expect(204);
    let at_last = now(app).await;

    for (who, sees) in [
        (key("department_editor", &[id(&own)]), true),
        (scrutineer, true),
        (key("auditor", &[]), true),
        (key("admin", &[]), true),
        (key("department_editor", &[id(&other)]), false),
        (key("mutual_editor", &[id(&own)]), false),
        (key("scrutineer", &[]), false),
    ] {
        let never = |answer: kit::Response| {
            let problem = answer.expect_problem(404, "not-found");
            assert_eq!(problem["detail"], format!("there is no staff ballot «{}»", id(&draft)));
        };
        for answer in [
            app.get(&path).with_key(&who).await,
            app.patch(&path, &json!({})).with_key(&who).await,
            app.delete(&path).with_key(&who).await,
            app.get(format!("{path}?known_at={at_last}")).with_key(&who).await,
        ] {
            if sees { drop(answer.expect_problem(410, "gone")) } else { never(answer) }
        }
        let history = app.get(format!("{path}/entries")).with_key(&who).await;
        let before = app.get(format!("{path}?known_at={then}")).with_key(&who).await;
        if sees {
            assert_eq!(numbers(history.expect(200)["items"].as_array().unwrap()), [4, 5, 6]);
            assert_eq!(before.expect(200)["version"], 2);
        } else {
            never(history);
            never(before);
        }
        let feed = app.get(format!("/v1/entries?{}&limit=3", app.after(3))).with_key(&who).await.expect(200);
        assert!(feed["items"].as_array().unwrap().iter().all(|entry| (entry["resource_id"] == draft["id"]) == sees));
    }
    app.get(&path).without_key().await.expect_problem(404, "not-found");
}

async fn personal_data_is_not_in_the_log(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let ballot = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&supplier))).await;
    let path = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    app.patch(&path, &json!({ "organiser": "independent" })).await.expect(200);
    app.patch(&path, &json!({ "scrutineer": { "name": "Somebody Else" } })).await.expect(200);

    let history = app.get(format!("{path}/entries")).await.expect(200);

    let name = |at: usize| &history["items"][at]["after"]["scrutineer"]["name"];
    let commitment = name(0)["commitment"].as_str().unwrap();
    assert_eq!(commitment.len(), 64);
    // The same name has the same commitment, so that a history doesn't tell of a change where there was none.
    assert_eq!(name(0), name(1));
    assert_eq!(history["items"][1]["changes"].get("scrutineer"), None);
    assert_ne!(name(1), name(2));
    assert_eq!(history["items"][2]["changes"]["scrutineer"], json!({ "name": name(2) }));
    let kept = app.database().rows("SELECT value FROM personal_values ORDER BY value");
    assert_eq!(kept, [json!({ "value": ballot["scrutineer"]["name"] }), json!({ "value": "Somebody Else" })]);
    assert_eq!(without_its_name(&history["items"][0]["after"])["scrutineer"], without_its_name(&ballot)["scrutineer"]);
    assert_sound(&entries(app.database()));
}

/// Everything that the database holds, as text.
fn everything(app: &TestApp) -> String {
    let tables = ["staff_ballots", "entries", "personal_values", "idempotency_keys"];
    let rows = tables.iter().flat_map(|table| {
        let columns = match *table {
            "staff_ballots" => "*",
            "entries" => "after, reason",
            "personal_values" => "value",
            _ => "body",
        };
        app.database().rows(&format!("SELECT {columns} FROM {table}"))
    });
    rows.map(|row| row.to_string()).collect()
}

async fn an_erased_name_is_nowhere_and_the_log_is_whole(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let mut body = full_staff_ballot(id(&supplier));
    body["scrutineer"]["name"] = json!("Erasmus Erased");
    let post = || app.post(STAFF_BALLOTS, &body).header("idempotency-key", "once");
    let ballot = post().await.expect(201);
    let path = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    app.patch(&path, &json!({ "scrutineer": { "name": "Erasmus Erased the Second" } })).await.expect(200);
    assert!(everything(app).contains("Erasmus"));
    let before = app.get("/v1/log/head").await.expect(200);

    let run = |arguments: &[&str]| Program::new(arguments).env("DATABASE_URL", &app.database().url()).run();
    let ended = run(&["erase", &path, "--reason", "Asked for under article 17"]);

    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!everything(app).contains("Erasmus"), "{}", everything(app));
    if app.database().engine() == Engine::Sqlite {
        let path = app.database().path();
        for file in [path.clone(), path.with_extension("db-wal")] {
            // Read by another process: this one would lose the service's locks on the file by closing it.
            let bytes = Command::new("cat").arg(&file).output().unwrap().stdout;
            assert!(!bytes.windows(7).any(|bytes| bytes == b"Erasmus"), "{}", file.display());
        }
    }
    let now = app.get(&path).await.expect(200);
    assert_eq!((&now["version"], now["scrutineer"].get("name")), (&json!(3), None));
    let again = post().await;
    assert_eq!((again.expect(201), again.version()), (without_its_name(&ballot), "1".to_owned()));
    // Nobody can try out what name was in the request; whatever comes under its key is that request.
    assert_eq!(app.database().rows("SELECT fingerprint FROM idempotency_keys"), [json!({ "fingerprint": null })]);
    let other = app.post(STAFF_BALLOTS, &staff_ballot(id(&supplier))).header("idempotency-key", "once");
    assert_eq!(other.await.expect(201), again.json());
    let history = app.get(format!("{path}/entries?{}", app.after(3))).await.expect(200);
    let entry = &history["items"][0];
    assert_eq!(
        (&entry["action"], &entry["reason"], &entry["actor"]),
        (&json!("erase"), &json!("Asked for under article 17"), &json!("operator"))
    );
    assert_sound(&entries(app.database()));
    assert_eq!(run(&["log", "verify"]).code, Some(0));
    let size = before["tree_size"].as_i64().unwrap();
    let proof = app.get(format!("/v1/log/proofs/consistency?from={size}")).await.expect(200);
    assert_eq!(proof["from_root_hash"], before["root_hash"]);
    for (arguments, said) in [
        (["erase", "/v1/mutuals/supplier", "--reason", "x"], "not the path of a record with personal data"),
        (["erase", "/v1/staff-ballots/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "--reason", "x"], "no staff ballot"),
        (["erase", &path, "--reason", ""], "expected"),
    ] {
        let refused = run(&arguments);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
}

async fn a_deleted_ballot_leaves_no_name(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let body = full_staff_ballot(id(&supplier));
    let name = body["scrutineer"]["name"].as_str().unwrap();
    let post = || app.post(STAFF_BALLOTS, &body).header("idempotency-key", "once");
    let ballot = post().await.expect(201);
    let path = format!("{STAFF_BALLOTS}/{}", id(&ballot));
    // The kept answer has the name even where the ballot no longer has it.
    app.patch(&path, &json!({ "scrutineer": { "name": null } })).await.expect(200);
    assert!(everything(app).contains(name));

    app.delete(&path).await.expect(204);

    assert!(!everything(app).contains(name), "{}", everything(app));
    assert_eq!(app.database().rows("SELECT fingerprint FROM idempotency_keys"), [json!({ "fingerprint": null })]);
    post().await.expect_problem(410, "gone");
}

fn hash(parts: &[&[u8]]) -> String {
    Sha256::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn the_head_is_signed(app: &TestApp) {
    let empty = app.get("/v1/log/head").await;
    assert_eq!(empty.expect(200), json!({ "tree_size": 0, "root_hash": hash(&[]), "epoch": app.epoch() }));
    assert_eq!(empty.header("cache-control"), Some("no-store"));
    app.get("/v1/log/key").await.expect_problem(404, "not-found");
    app.create(DEPARTMENTS, &department("Office")).await;
    let head = app.get("/v1/log/head").await.expect(200);
    assert_eq!((&head["tree_size"], &head["root_hash"]), (&json!(1), &entries(app.database())[0]["leaf_hash"]));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let made = Program::new(&["log", "make-key", file.to_str().unwrap()]).run();
    assert_eq!(made.code, Some(0), "{made:?}");
    let again = Program::new(&["log", "make-key", file.to_str().unwrap()]).run();
    assert_eq!(again.code, Some(1), "{again:?}");
    let signer = api::LogSigner::open(&file, "example.org/log").unwrap();
    let signing = TestApp::with(kit::Database::fresh(app.database().engine()), |config| config.signer = Some(signer));
    let head = signing.get("/v1/log/head").await.expect(200);
    let key = signing.get("/v1/log/key").await.expect(200);
    assert_eq!((&head["origin"], &head["key_id"]), (&key["origin"], &key["key_id"]));
    assert_eq!(
        (&key["origin"], &key["algorithm"]),
        (&json!(format!("example.org/log/{}", app.epoch())), &json!("Ed25519"))
    );
    let checkpoint = head["checkpoint"].as_str().unwrap();
    // The only entry is the one that tells of the key.
    assert!(checkpoint.starts_with(&format!("example.org/log/{}\n1\n", app.epoch())), "{checkpoint}");
    // OpenSSL made the key's public half of the file, and checks the signature.
    let public = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&file).output().unwrap();
    assert_eq!(String::from_utf8(public.stdout).unwrap(), key["public_key_pem"].as_str().unwrap());
}

/// RFC 6962 section 2.1.1, from the leaf up.
pub fn root_by(leaf: &str, index: i64, size: i64, hashes: &[Value]) -> String {
    let bytes = |hash: &str| -> Vec<u8> {
        (0..hash.len()).step_by(2).map(|at| u8::from_str_radix(&hash[at..at + 2], 16).unwrap()).collect()
    };
    let (mut index, mut last, mut found) = (index, size - 1, leaf.to_owned());
    for sibling in hashes {
        let sibling = bytes(sibling.as_str().unwrap());
        if index % 2 == 1 || index == last {
            found = hash(&[&[1], &sibling, &bytes(&found)]);
            while index % 2 == 0 && index > 0 {
                (index, last) = (index / 2, last / 2);
            }
        } else {
            found = hash(&[&[1], &bytes(&found), &sibling]);
        }
        (index, last) = (index / 2, last / 2);
    }
    found
}

async fn proofs_lead_to_the_roots(app: &TestApp) {
    for n in 0..7 {
        app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
    }
    let head = app.get("/v1/log/head").await.expect(200);
    for size in 1..=7 {
        for seq in 1..=size {
            let proof = app.get(format!("/v1/log/proofs/inclusion?seq={seq}&tree_size={size}")).await.expect(200);
            let hashes = proof["hashes"].as_array().unwrap();
            let root = root_by(proof["leaf_hash"].as_str().unwrap(), seq - 1, size, hashes);
            assert_eq!(proof["root_hash"], root, "{seq} of {size}");
        }
    }
    let proof = app.get("/v1/log/proofs/inclusion?seq=4").await.expect(200);
    assert_eq!((&proof["tree_size"], &proof["root_hash"]), (&json!(7), &head["root_hash"]));
    let proof = app.get("/v1/log/proofs/consistency?from=4&to=7").await.expect(200);
    let old = app.get("/v1/log/proofs/inclusion?seq=1&tree_size=4").await.expect(200);
    assert_eq!((&proof["from_root_hash"], &proof["to_root_hash"]), (&old["root_hash"], &head["root_hash"]));
    // The old tree is a subtree of the new one, whose other part is the whole proof.
    let [other] = proof["hashes"].as_array().unwrap().as_slice() else { panic!("{proof}") };
    let joined = root_by(old["root_hash"].as_str().unwrap(), 0, 2, std::slice::from_ref(other));
    assert_eq!(head["root_hash"], joined);
    assert_eq!(app.get("/v1/log/proofs/consistency?from=7&to=7").await.expect(200)["hashes"], json!([]));
}

async fn proofs_of_what_is_not_there_are_refused(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    for (query, faults) in [
        ("inclusion", &[("seq", "required")][..]),
        ("inclusion?seq=0", &[("seq", "out-of-range")]),
        ("inclusion?seq=2", &[("seq", "out-of-range")]),
        ("inclusion?seq=1&tree_size=2", &[("tree_size", "out-of-range")]),
        ("inclusion?seq=3&tree_size=2", &[("tree_size", "out-of-range"), ("seq", "out-of-range")]),
        ("consistency?to=1", &[("from", "required")]),
        ("consistency?from=2", &[("from", "out-of-range")]),
        ("consistency?from=1&to=9", &[("to", "out-of-range")]),
    ] {
        app.get(format!("/v1/log/proofs/{query}")).await.expect_faults(400, faults);
    }
}

fn verify_by_script(export: &Path, key: Option<&Path>) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify-log.py");
    let output = Command::new("python3").arg(script).arg(export).args(key).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

async fn an_export_is_verified_by_standard_tools(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier \"é\" \\ 😀")).await;
    app.create(STAFF_BALLOTS, &staff_ballot(id(&supplier))).await;
    app.create(STAFF_BALLOTS, &full_staff_ballot(id(&supplier))).await;
    for n in 0..10 {
        app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
    }
    app.delete("/v1/departments/office-3").await.expect(204);
    let folder = tempfile::tempdir().unwrap();
    let (file, export, public) =
        (folder.path().join("key.pem"), folder.path().join("log.ndjson"), folder.path().join("public.pem"));
    Program::new(&["log", "make-key", file.to_str().unwrap()]).run();
    let signer = api::LogSigner::open(&file, "example.org/log").unwrap();
    fs::write(&public, signer.public_key_pem()).unwrap();
    let exported = Program::new(&["log", "export"])
        .env("DATABASE_URL", &app.database().url())
        .env("MUTUALS_SIGNING_KEY_FILE", file.to_str().unwrap())
        .env("MUTUALS_LOG_ORIGIN", "example.org/log")
        .run();
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert_eq!(exported.stdout.lines().count(), 15);

    fs::write(&export, &exported.stdout).unwrap();
    let (is_right, said) = verify_by_script(&export, Some(&public));
    assert!(is_right && said.starts_with("14 entries are unchanged"), "{said}");
    let (_, without_key) = verify_by_script(&export, None);
    assert_eq!(said, without_key);

    // Who sees more than an export shows can check more.
    let head = app.get("/v1/log/head").await.expect(200);
    let seen = [vec![head], feed(app, 200).await].concat();
    let draft = &seen[2];
    assert_eq!((&draft["restricted"], draft["nonce"].as_str().map(str::len)), (&json!(true), Some(32)));
    let seen: String = seen.iter().map(|line| format!("{line}\n")).collect();
    fs::write(&export, &seen).unwrap();
    assert_eq!(verify_by_script(&export, None), (true, said));
    fs::write(&export, seen.replacen(draft["nonce"].as_str().unwrap(), &"0".repeat(32), 1)).unwrap();
    let (is_right, said) = verify_by_script(&export, None);
    assert!(!is_right && said.contains("entry 2 is"), "{said}");

    for (from, to, complaint) in [
        ("\"Office 5\"", "\"Office 6\"", "entry 9 is"),
        ("\"seq\":7", "\"seq\":8", "entry 7 is"),
        (&format!("{}\\n14", app.epoch()), &format!("{}\\n13", app.epoch()), "not signed"),
        ("\"tree_size\":14", "\"tree_size\":13", "another root"),
    ] {
        fs::write(&export, exported.stdout.replacen(from, to, 1)).unwrap();
        let (is_right, said) = verify_by_script(&export, Some(&public));
        assert!(!is_right && said.contains(complaint), "{from}: {said}");
    }
}

/// Whoever gives out a copy may leave out what only some may see, and nothing else.
async fn no_entry_is_taken_for_hidden_that_has_no_right_to_be(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    app.create(STAFF_BALLOTS, &staff_ballot(id(&supplier))).await;
    let exported = Program::new(&["log", "export"]).env("DATABASE_URL", &app.database().url()).run();
    let lines: Vec<Value> = exported.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [head, open, hidden] = lines.as_slice() else { panic!("{exported:?}") };
    assert_eq!((&open["action"], &hidden["action"]), (&json!("create"), &Value::Null));
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("log.ndjson");
    let verify = |lines: &[&Value]| {
        fs::write(&export, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        verify_by_script(&export, None)
    };

    assert!(verify(&[head, open, hidden]).0);
    let bare = json!({ "seq": 1, "at": open["at"], "leaf_hash": open["leaf_hash"] });
    let mut claims = vec![bare.clone(), with(bare.clone(), json!({ "restricted": true }))];
    claims.push(with(bare.clone(), json!({ "restricted": true, "content_hash": open["leaf_hash"] })));
    claims.push(with(bare, json!({ "restricted": true, "content_hash": hidden["content_hash"] })));
    for claim in &claims {
        let (is_right, said) = verify(&[head, claim, hidden]);
        assert!(!is_right && said.contains("entry 1 is"), "{claim}: {said}");
    }
    let bare = json!({ "seq": 2, "at": hidden["at"], "leaf_hash": hidden["leaf_hash"] });
    assert!(!verify(&[head, open, &bare]).0);
    // The time is what was logged, though the rest is hidden.
    let (is_right, said) = verify(&[head, open, &with(hidden.clone(), json!({ "at": "2001-01-01T00:00:00.000000Z" }))]);
    assert!(!is_right && said.contains("entry 2 is"), "{said}");
}

async fn answers_are_checked_against_the_signed_head(app: &TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let (file, public) = (folder.path().join("key.pem"), folder.path().join("public.pem"));
    Program::new(&["log", "make-key", file.to_str().unwrap()]).run();
    let signer = api::LogSigner::open(&file, "example.org/log").unwrap();
    fs::write(&public, signer.public_key_pem()).unwrap();
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| config.signer = Some(signer));
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let draft = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&supplier))).await;
    for n in 0..5 {
        app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
    }
    app.patch("/v1/mutuals/supplier", &json!({ "region": "wales" })).await.expect(200);
    let admin = app.database().make_key("admin", &[]);
    let url = |path: &str| format!("http://{}{path}", app.address());
    let check = |path: &str, key: &str| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify-log.py");
        let mut python = Command::new("python3");
        python.arg(script).arg(url(path)).arg(&public).env("MUTUALS_KEY", key);
        let output = python.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let ballot = format!("{STAFF_BALLOTS}/{}", id(&draft));

    for path in ["/v1/mutuals/supplier", "/v1/departments?limit=3&sort=-name", MUTUALS] {
        let (is_right, said) = check(path, "");
        assert!(is_right && said.contains("match the log"), "{path}: {said}");
    }
    // Who may see a draft can check it, with the name that the entry has a commitment to; once it is declared, so can all.
    let (is_right, said) = check(&ballot, &admin);
    assert!(is_right, "{said}");
    app.declare(&draft).await;
    for key in ["", &admin] {
        let (is_right, said) = check(&ballot, key);
        assert!(is_right, "{said}");
    }

    let changed = |column: &str| {
        format!(
            "UPDATE mutuals SET {column} = replace({column}, 'wales', 'london'), region = 'london' WHERE slug = 'supplier'"
        )
    };
    app.database().execute(&changed("document"));
    for path in ["/v1/mutuals/supplier", MUTUALS] {
        let (is_right, said) = check(path, "");
        assert!(!is_right && said.contains("does not match entry 9: /region"), "{path}: {said}");
    }
    app.database().execute("UPDATE mutuals SET entry_seq = 2 WHERE slug = 'supplier'");
    let (is_right, said) = check("/v1/mutuals/supplier", "");
    assert!(!is_right && said.contains("does not match entry 2: /region, /updated_at, /version"), "{said}");
    app.database().execute("UPDATE mutuals SET entry_seq = 800 WHERE slug = 'supplier'");
    assert!(!check("/v1/mutuals/supplier", "").0);
}

/// What people are shown is changed, and the log left as it is: the command names it, and so does the running service.
async fn a_register_that_is_not_what_its_log_says_is_found_out(app: &TestApp) {
    let sweeping = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.verify_sweep = api::SweepShare::WHOLE;
        config.production.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    });
    let app = &sweeping;
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let draft = app.create(STAFF_BALLOTS, &full_staff_ballot(id(&supplier))).await;
    app.declare(&draft).await;
    let verify = || Program::new(&["log", "verify"]).env("DATABASE_URL", &app.database().url()).run();
    let whole = verify();
    assert_eq!((whole.code, whole.stdout.contains("2 records match the log")), (Some(0), true), "{whole:?}");
    assert_eq!(app.get("/readyz").await.expect(200).get("register"), None);

    let change = |from: &str, to: &str| {
        app.database().execute(&format!("UPDATE staff_ballots SET document = replace(document, '{from}', '{to}')"));
    };
    let votes = draft["counts"][0]["votes"].as_i64().unwrap();
    change(&format!("\"votes\":{votes}"), &format!("\"votes\":{}", votes + 1));

    let changed = verify();
    let said = format!("staff_ballot {}, document /counts/0/votes: does not match the log (entry 3)", id(&draft));
    assert_eq!((changed.code, changed.stderr.contains(&said)), (Some(1), true), "{changed:?}");
    let told = async |is_wanted: fn(&Value) -> bool| {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let ready = app.get("/readyz").await.expect(200);
            if is_wanted(&ready["register"]) {
                return metrics(app).await;
            }
            assert!(Instant::now() < end, "{ready}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let figures = told(|register| register == "differs from its log").await;
    assert!(figures.contains("\nmutuals_register_differences 1\n"), "{figures}");
    // What is put right is right again.
    change(&format!("\"votes\":{}", votes + 1), &format!("\"votes\":{votes}"));
    let figures = told(Value::is_null).await;
    assert!(figures.contains("\nmutuals_register_differences 0\n"), "{figures}");
    assert!(figures.contains("\nmutuals_last_verified_timestamp_seconds "), "{figures}");
}

async fn metrics(app: &TestApp) -> String {
    let client = Client::to(app.metrics_address());
    let answer = client.try_send(&client.request("GET".parse().unwrap(), "/metrics")).await.unwrap();
    answer.text().to_owned()
}

async fn a_checkpoint_must_be_of_the_log_and_signed_by_its_key(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let signer = |name: &str, origin: &str| {
        Program::new(&["log", "make-key", &file(name)]).run();
        api::LogSigner::open(Path::new(&file(name)), origin).unwrap()
    };
    let (own, other) = (signer("own.pem", "example.org/log"), signer("other.pem", "example.org/log"));
    fs::write(file("own-public.pem"), own.public_key_pem()).unwrap();
    fs::write(file("own.vkey"), own.verifier_key()).unwrap();
    let head = app.get("/v1/log/head").await.expect(200);
    let root = head["root_hash"].as_str().unwrap();
    let root: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&root[at..at + 2], 16).unwrap()).collect();
    let checkpoint = own.sign(1, &root.clone().try_into().unwrap()).1;
    fs::write(file("kept"), &checkpoint).unwrap();
    fs::write(file("kept.json"), json!({ "tree_size": 1, "checkpoint": checkpoint }).to_string()).unwrap();
    fs::write(file("unsigned.json"), head.to_string()).unwrap();
    fs::write(file("of-other"), other.sign(1, &root.try_into().unwrap()).1).unwrap();
    fs::write(file("false"), checkpoint.replacen("\n1\n", "\n0\n", 1)).unwrap();
    let verify = |checkpoint: &str, with: &[&str]| {
        let checkpoint = file(checkpoint);
        let arguments = [&["log", "verify", "--checkpoint", &checkpoint], with].concat();
        Program::new(&arguments).env("DATABASE_URL", &app.database().url()).run()
    };
    let (public, key) = (file("own-public.pem"), file("own.pem"));
    let by_pem = ["--public-key", &public, "--log-origin", "example.org/log"];

    for (kept, with) in [
        ("kept", &by_pem[..]),
        ("kept.json", &by_pem[..]),
        ("kept", &["--public-key", &file("own.vkey")]),
        ("kept", &["--signing-key-file", &key, "--log-origin", "example.org/log"]),
    ] {
        let checked = verify(kept, with);
        assert_eq!((checked.code, checked.stdout.contains("not checked")), (Some(0), false), "{checked:?}");
    }
    let unchecked = verify("kept", &[]);
    assert_eq!((unchecked.code, unchecked.stdout.contains("was not checked")), (Some(0), true), "{unchecked:?}");
    for (kept, with, said) in [
        ("of-other", &by_pem[..], "not signed by the key"),
        ("false", &by_pem[..], "its signature is not valid"),
        ("unsigned.json", &by_pem[..], "was never signed"),
        ("kept", &["--public-key", &public, "--log-origin", "example.org/x"], "belongs to the log «example.org/log»"),
        ("kept", &["--public-key", &file("kept")], "has no public key"),
    ] {
        let refused = verify(kept, with);
        assert_eq!((refused.code, refused.stderr.contains(said)), (Some(1), true), "{kept} {with:?}: {refused:?}");
    }
}

async fn a_changed_log_is_found_out(app: &TestApp) {
    for n in 0..3 {
        app.create(DEPARTMENTS, &department(&format!("Office {n}"))).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (kept, other) = (folder.path().join("kept"), folder.path().join("other"));
    let signer = {
        let file = folder.path().join("key.pem");
        Program::new(&["log", "make-key", file.to_str().unwrap()]).run();
        api::LogSigner::open(&file, "example.org/log").unwrap()
    };
    let head = app.get("/v1/log/head").await.expect(200);
    let bytes: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&head["root_hash"].as_str().unwrap()[at..at + 2], 16).unwrap())
        .collect();
    let root: [u8; 32] = bytes.try_into().unwrap();
    fs::write(&kept, signer.sign(3, &root).1).unwrap();
    fs::write(&other, signer.sign(3, &[7; 32]).1).unwrap();
    app.create(DEPARTMENTS, &department("Office 3")).await;
    let verify = |arguments: &[&str]| {
        let arguments = [&["log", "verify"], arguments].concat();
        Program::new(&arguments).env("DATABASE_URL", &app.database().url()).run()
    };

    let whole = verify(&["--checkpoint", kept.to_str().unwrap()]);
    assert_eq!((whole.code, whole.stdout.starts_with("4 entries are unchanged")), (Some(0), true), "{whole:?}");
    let another = verify(&["--checkpoint", other.to_str().unwrap()]);
    assert_eq!(
        (another.code, another.stderr.contains("not the same as at the checkpoint")),
        (Some(1), true),
        "{another:?}"
    );
    app.database().execute("UPDATE entries SET after = replace(after, 'Office 1', 'Office 9') WHERE seq = 2");
    let changed = verify(&[]);
    assert_eq!(
        (changed.code, changed.stderr.contains("entry 2 does not match its hash")),
        (Some(1), true),
        "{changed:?}"
    );
}
