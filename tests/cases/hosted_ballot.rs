//! Ballots that are held here, from the draft to the declared result.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use kit::ballot::{Ballot, CASTING, HostedBallot, PAPER, draft, key_id, sha256};
use kit::fixture::{MUTUALS, STAFF_BALLOTS, id, mutual, with, without};
use kit::{Database, TestApp};
use serde_json::{Value, json};

kit::on_both_signing! {
    a_ballot_goes_from_draft_to_declaration,
    a_ranked_ballot_of_two_issuers_counts_papers,
    a_draft_says_only_what_is_planned,
    each_step_is_for_its_party,
    the_steps_come_in_their_order,
    a_roll_is_refused_with_every_fault,
    a_vote_is_counted_once_or_refused,
    voters_who_race_are_counted_once_each,
    nothing_tells_before_the_close_who_votes,
    casting_is_extended_with_a_signature,
    a_cancelled_ballot_has_no_votes,
    papers_are_refused_with_every_fault,
    a_complaint_judges_itself,
    one_instance_closes_a_ballot_whose_time_has_come,
    what_was_cast_here_is_not_corrected,
    a_service_without_a_key_holds_no_ballot,
    a_declared_ballot_opens_the_gate,
    a_register_with_an_open_ballot_is_not_copied,
    nobody_can_ask_whether_a_code_has_voted,
    a_watch_follows_a_ballot,
}

async fn a_ballot_goes_from_draft_to_declaration(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 25, json!({})).await;
    let of_issuer = &held.issuers[0];
    let opened = app.get(&held.path).without_key().await.expect(200);
    assert_eq!((&opened["state"], &opened["roll_size"]), (&json!("open"), &json!(25)));
    assert_eq!(opened["hosted"]["opened"]["archived"], "no");
    assert_eq!(opened["scrutineer_key_id"], key_id(of_issuer));

    let mut ballots = Vec::new();
    for voter in 0..15 {
        let ballot = held.vote(voter, if voter < 9 { "yes" } else { "no" });
        let receipt = held.cast(app, &ballot).await.expect(201);
        ballots.push((ballot, receipt));
    }
    let closed = held.expire(app).await;

    assert_eq!(
        closed["counts"],
        json!([{"option": "yes", "votes": 9}, {"option": "no", "votes": 6}, {"option": "none", "votes": 0}])
    );
    assert_eq!(
        (&closed["returned"], &closed["spoiled"], &closed["counts_complete"]),
        (&json!(15), &json!(0), &json!(true))
    );
    assert_eq!(closed["closed_on"], closed["hosting"]["closes_at"].as_str().unwrap()[..10]);
    let (ballot, receipt) = &ballots[3];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (tracker, signed) = (text(&ballot.body["tracker"]), text(&receipt["signature"]));
    let asked =
        ["--tracker", &tracker, "--choice", "yes", "--receipt", &text(&receipt["receipt"]), "--signature", &signed];
    let said = held.verify(app, &asked).await;
    assert!(said.contains("verified: 15 of 25 voted (15 online, 0 on paper): yes 9, no 6, none 0"), "{said}");
    let proof = app.get(held.below(&format!("votes/{tracker}/proof"))).without_key().await.expect(200);
    assert_eq!((&proof["choice"], &proof["tree_size"]), (&json!("yes"), &json!(15)));
    app.get(held.below(&format!("votes/{}/proof", sha256("x")))).without_key().await.problem(404);

    app.post(held.below("declare"), &json!({}))
        .with_key(of_issuer)
        .await
        .expect_faults(422, &[("/scrutineer_report", "required")]);
    app.put(held.below("scrutineer-report"), &json!({"satisfied": true})).with_key(of_issuer).await.expect(200);
    let declared = app.post(held.below("declare"), &json!({})).with_key(of_issuer).await.expect(200);

    assert_eq!((&declared["state"], &declared["historic"]), (&json!("declared"), &json!(false)));
    assert_eq!(declared["declared_by"], format!("key:{}", key_id(of_issuer)));
    assert_eq!(declared["declared_on"], app.now().date_naive().to_string());
    let result = app.get(held.below("result")).without_key().await.expect(200);
    assert_eq!(result["result"]["leading"], json!(["yes"]));
    assert_eq!((&result["roll_size"], &result["quorate"], result.get("warning")), (&json!(25), &json!(true), None));
    assert_eq!(result["figures"]["thresholds"][0]["outcome"], "met");
    assert_eq!(result["log"]["entry_seq"], declared["hosted"]["closed"]["entry_seq"]);
    // What the log has of the close is what is shown.
    let entries = app.get(format!("{}/entries?limit=100", held.path)).await.expect(200);
    let close = entries["items"].as_array().unwrap().iter().find(|entry| entry["seq"] == result["log"]["entry_seq"]);
    assert_eq!(close.unwrap()["after"]["state"], "closed", "{entries}");
}

async fn a_ranked_ballot_of_two_issuers_counts_papers(app: &TestApp) {
    let held = HostedBallot::open(app, 2, 45, ranked(app)).await;
    for voter in 0..28 {
        let choice = ["yes>no", "no", "none>yes>no", "no>none"][voter % 4];
        held.cast(app, &held.vote(voter, choice)).await.expect(201);
    }
    app.pass(Duration::from_secs(CASTING as u64));
    let late = held.cast(app, &held.vote(30, "yes")).await.expect_problem(409, "ballot-not-open");
    assert!(late["detail"].as_str().unwrap().contains("ended"), "{late}");

    let batch = papers(&held, 28..40);
    let before = app.get(&held.path).without_key().await.expect(200);
    assert_eq!(before["state"], "open");
    let entered = app.post(held.below("paper-batches"), &batch).with_key(held.issuer("b")).await.expect(200);
    // What the papers say stays unknown until the close, and so does how many there are.
    assert_eq!(without(entered["hosted"].clone(), &["paper"]), without(before["hosted"].clone(), &["paper"]));
    let paper = entered["hosted"]["paper"].as_object().unwrap();
    assert_eq!(paper.keys().collect::<Vec<_>>(), ["sha256", "signatures"]);
    app.get(held.below("result")).without_key().await.problem(404);
    app.request("POST", held.below("close")).with_key(held.issuer("b")).await.expect_problem(403, "forbidden");
    let closed = app.request("POST", held.below("close")).with_key(held.issuer("a")).await.expect(200);

    assert_eq!((&closed["returned"], &closed["spoiled"]), (&json!(40), &json!(2)));
    let count = &closed["hosted"]["closed"];
    assert_eq!((&count["online"], &count["paper"]), (&json!(28), &json!(12)));
    assert_eq!(count["rounds"][0]["eliminated"], "none");
    assert_eq!(closed["later_rounds"].as_array().unwrap().len(), 1);
    let said = held.verify(app, &[]).await;
    assert!(said.contains("40 of 45 voted (28 online, 12 on paper)"), "{said}");
    let lists = ["entries", "spends", "votes"].map(|list| {
        let path = if list == "entries" { "roll" } else { list };
        (list, held.below(path))
    });
    for ((list, path), expected) in lists.into_iter().zip([45, 28, 28]) {
        assert_eq!(app.get(path).without_key().await.expect(200)[list].as_array().unwrap().len(), expected);
    }
}

/// A ranked ballot that takes papers, by what it has more than another.
fn ranked(app: &TestApp) -> Value {
    let plan = draft(app, "x", 2)["hosting"].clone();
    let until = app.now() + chrono::TimeDelta::seconds(CASTING + PAPER);
    let until = until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    json!({ "method": "ranked", "hosting": with(plan, json!({ "paper_until": until })) })
}

/// Papers of these voters, of which two are spoiled, signed by both issuers.
fn papers(held: &HostedBallot, voters: std::ops::Range<usize>) -> Value {
    let spends: Vec<Vec<String>> = voters.map(|voter| held.spends(voter)).collect();
    let mut rankings = vec![json!(["yes", "no"]); spends.len() / 2];
    rankings.extend(vec![json!(["no"]); spends.len() - 2 - rankings.len()]);
    signed(held, &json!({ "spends": spends, "rankings": rankings, "spoiled": 2, "duplicates": 1 }))
}

fn signed(held: &HostedBallot, batch: &Value) -> Value {
    std::fs::write(held.file("batch.json"), batch.to_string()).unwrap();
    let sign = |side: &&str| json!({ "side": side, "signature": held.sign(side, &["--paper", "batch.json"]) });
    json!({ "batch": batch, "signatures": held.sides().iter().map(sign).collect::<Vec<_>>() })
}

async fn a_draft_says_only_what_is_planned(app: &TestApp) {
    let led = app.create(MUTUALS, &mutual("Led")).await;
    let draft = draft(app, id(&led), 1);
    let post = async |body: &Value| app.post(STAFF_BALLOTS, body).await;

    post(&without(draft.clone(), &["hosting"])).await.expect_faults(422, &[("/hosting", "required")]);
    let recorded = with(draft.clone(), json!({ "mode": "recorded" }));
    post(&recorded).await.expect_faults(422, &[("/hosting", "inconsistent")]);
    let plan = json!({ "issuer_count": 3, "opens_at": "2027-01-01T00:00:00Z", "closes_at": "2026-12-31T00:00:00.5Z" });
    post(&with(draft.clone(), json!({ "hosting": plan })))
        .await
        .expect_faults(422, &[("/hosting/closes_at", "invalid-format"), ("/hosting/issuer_count", "out-of-range")]);
    let plan = json!({ "opens_at": "2027-01-02T00:00:00Z", "closes_at": "2027-01-01T00:00:00Z", "paper_until": "2027-01-01T00:00:00Z" });
    post(&with(draft.clone(), json!({ "hosting": plan })))
        .await
        .expect_faults(422, &[("/hosting/closes_at", "date-order"), ("/hosting/paper_until", "date-order")]);
    let counted =
        json!({ "roll_size": 30, "returned": 20, "closed_on": "2026", "counts": [{ "option": "yes", "votes": 20 }] });
    let told = post(&with(draft.clone(), counted)).await;
    told.expect_faults(
        422,
        &[
            ("/closed_on", "read-only"),
            ("/counts", "read-only"),
            ("/returned", "read-only"),
            ("/roll_size", "read-only"),
        ],
    );
    let set = json!({ "hosted": { "issuers": [] } });
    post(&with(draft.clone(), set)).await.expect_faults(422, &[("/hosted", "read-only")]);

    let joint = with(
        without(draft.clone(), &["hosting"]),
        json!({ "organiser": "joint", "hosting": without(draft["hosting"].clone(), &["issuer_count"]) }),
    );
    assert_eq!(post(&joint).await.expect(201)["hosting"]["issuer_count"], 2);
    let stored = post(&draft).await.expect(201);
    assert_eq!(
        (&stored["hosting"]["issuer_count"], &stored["hosting"]["small"], stored.get("hosted")),
        (&json!(1), &json!(false), None)
    );
    let own = format!("{STAFF_BALLOTS}/{}", id(&stored));
    app.get(&own).without_key().await.problem(404);
    app.patch(&own, &json!({ "returned": 3 })).await.expect_faults(422, &[("/returned", "read-only")]);
    let patched = app.patch(&own, &json!({ "hosting": { "min_returned": 3 } })).await.expect(200);
    assert_eq!(patched["hosting"]["min_returned"], 3);
    app.put(&own, &patched).await.expect(200);
    app.put(format!("{own}/appointment"), &json!({ "key_id": key_id(kit::admin_key()) }))
        .await
        .expect_problem(409, "state-conflict");
}

async fn each_step_is_for_its_party(app: &TestApp) {
    let held = HostedBallot::appointed(app, 2, 25, json!({})).await;
    let (stranger, body) = held.appointment(app, "a");
    // Who wrote the draft appoints nobody, and is no issuer; nobody is both issuers.
    app.put(held.below("issuers/a"), &body).with_key(&held.editor).await.expect_problem(403, "forbidden");
    app.put(held.below("issuers/a"), &with(body.clone(), json!({ "key_id": key_id(&held.editor) }))).await.problem(422);
    let same = with(body.clone(), json!({ "key_id": key_id(held.issuer("b")) }));
    app.put(held.below("issuers/a"), &same).await.expect_faults(422, &[("/key_id", "inconsistent")]);
    app.put(held.below("issuers/c"), &body).await.problem(404);
    let of_admin = app.create(STAFF_BALLOTS, &draft(app, id(&app.create(MUTUALS, &mutual("Other")).await), 1)).await;
    app.put(format!("{STAFF_BALLOTS}/{}/issuers/a", id(&of_admin)), &body).await.expect_problem(403, "forbidden");

    // Each issuer sees the draft and sends its own half.
    let path = held.roll_path("a");
    for other in [&held.editor, kit::admin_key()] {
        app.put(&path, &held.roll("a")).with_key(other).await.expect_problem(403, "forbidden");
    }
    app.put(&path, &held.roll("a")).with_key(&stranger).await.problem(404);
    app.put(&path, &held.roll("a")).with_key(held.issuer("b")).await.expect_problem(403, "forbidden");
    for side in held.sides() {
        app.get(&held.path).with_key(held.issuer(side)).await.expect(200);
        held.send_roll(app, side).await.expect(200);
    }
    let halves = app.get(held.roll_path("a")).with_key(held.issuer("b")).await.expect(200);
    assert_eq!(halves, held.roll("a"));
    app.get(held.roll_path("a")).with_key(&held.editor).await.problem(403);
    app.get(held.roll_path("a")).without_key().await.problem(401);

    let steps = ["freeze-roll", "open", "close"];
    for step in steps {
        for other in [held.issuer("b"), &held.editor, kit::admin_key()] {
            app.request("POST", held.below(step)).with_key(other).await.problem(if step == "freeze-roll" {
                403
            } else if other == held.issuer("b") {
                409
            } else {
                403
            });
        }
    }
    app.request("POST", held.below("freeze-roll")).with_key(held.issuer("a")).await.expect(200);
    app.get(held.roll_path("a")).with_key(held.issuer("b")).await.problem(404);
    held.fetch_manifest(app).await;
    let of_b = json!({ "signature": held.sign("b", &[]) });
    app.put(held.below("manifest-signatures/a"), &of_b)
        .with_key(held.issuer("b"))
        .await
        .expect_problem(403, "forbidden");
    app.put(held.below("manifest-signatures/a"), &of_b)
        .with_key(held.issuer("a"))
        .await
        .expect_faults(422, &[("/signature", "inconsistent")]);
}

async fn the_steps_come_in_their_order(app: &TestApp) {
    let held = HostedBallot::appointed(app, 1, 25, json!({})).await;
    let issuer = held.issuer("a");
    let step = async |step: &str| app.request("POST", held.below(step)).with_key(issuer).await;
    for early in ["open", "close"] {
        step(early).await.expect_problem(409, "state-conflict");
    }
    for page in ["opening", "roll", "votes", "spends", "result", "verification-bundle"] {
        app.get(held.below(page)).without_key().await.problem(404);
    }
    step("freeze-roll").await.expect_faults(422, &[("/hosted/rolls", "required")]);
    held.send_roll(app, "a").await.expect(200);
    let changed = json!({ "hosting": { "issuer_count": 2 } });
    app.patch(&held.path, &changed).await.expect_problem(409, "state-conflict");
    let in_the_past = json!({ "hosting": { "opens_at": "2026-01-01T00:00:00Z", "closes_at": "2026-01-02T00:00:00Z" }, "question": null });
    app.patch(&held.path, &in_the_past).await.expect(200);
    step("freeze-roll").await.expect_faults(422, &[("/hosting/closes_at", "out-of-range"), ("/question", "required")]);
    let again = draft(app, "x", 1);
    app.patch(&held.path, &json!({ "hosting": again["hosting"], "question": "Shall we?" })).await.expect(200);

    let frozen = step("freeze-roll").await.expect(200);
    assert_eq!(frozen["state"], "roll_frozen");
    app.patch(&held.path, &json!({ "question": "Another?" })).await.expect_problem(409, "state-conflict");
    held.send_roll(app, "a").await.expect_problem(409, "state-conflict");
    let problem = step("open").await.expect_problem(409, "manifest-not-signed");
    assert!(problem["detail"].as_str().unwrap().contains("issuer `a`"), "{problem}");
    let opening = app.get(held.below("opening")).without_key().await.expect(200);
    assert_eq!(opening["manifest_sha256"], sha256(&opening["manifest"].to_string()));
    assert_eq!(opening["fingerprint"], opening["manifest_sha256"].as_str().unwrap()[..16]);
    held.fetch_manifest(app).await;
    held.sign_manifest(app, "a").await.expect(200);
    let rehearsed = app.request("POST", held.below("open?validate_only=true")).with_key(issuer).await.expect(200);
    assert_eq!(
        (&rehearsed["state"], &app.get(&held.path).await.expect(200)["state"]),
        (&json!("open"), &json!("roll_frozen"))
    );

    assert_eq!(step("open").await.expect(200)["state"], "open");
    step("open").await.expect_problem(409, "state-conflict");
    step("close").await.expect_problem(409, "state-conflict");
    app.delete(&held.path).await.expect_problem(409, "state-conflict");
    app.post(held.below("declare"), &json!({})).with_key(issuer).await.expect_problem(409, "state-conflict");
    let opening = app.get(held.below("opening")).without_key().await.expect(200);
    let proof = app.get(format!("/v1/log/proofs/inclusion?seq={}", opening["log"]["entry_seq"])).await.expect(200);
    assert_eq!((&opening["log"]["leaf_hash"], &opening["log"]["hashes"]), (&proof["leaf_hash"], &proof["hashes"]));
    held.expire(app).await;
    step("close").await.expect_problem(409, "state-conflict");
    app.post(
        held.below("extend"),
        &json!({ "closes_at": "2030-01-01T00:00:00Z", "reason": "x", "signature": held.sign("a", &[]) }),
    )
    .with_key(issuer)
    .await
    .expect_problem(409, "state-conflict");
}

async fn a_roll_is_refused_with_every_fault(app: &TestApp) {
    let held = HostedBallot::appointed(app, 1, 25, json!({})).await;
    let put = async |body: &Value| app.put(held.below("roll"), body).with_key(held.issuer("a")).await;
    let entry = |number: usize| sha256(&number.to_string());
    let entries = |numbers: std::ops::Range<usize>| numbers.map(entry).collect::<Vec<_>>();

    put(&json!({})).await.expect_faults(422, &[("", "required")]);
    put(&json!({ "entries": ["x", entry(1)] })).await.expect_faults(422, &[("/entries/0", "invalid-format")]);
    put(&json!({ "entries": entries(0..19) })).await.expect_faults(422, &[("/entries", "too-few")]);
    let twice = [entries(0..20), vec![entry(3)]].concat();
    put(&json!({ "entries": twice })).await.expect_faults(422, &[("/entries/20", "duplicate-item")]);
    let halves: Vec<Value> = (1..=20).map(|number| json!({ "number": number, "half": entry(number) })).collect();
    put(&json!({ "halves": halves })).await.expect_faults(422, &[("", "inconsistent")]);
    app.patch(&held.path, &json!({ "hosting": { "small": true } })).await.expect(200);
    assert_eq!(put(&json!({ "entries": entries(0..5) })).await.expect(200)["hosted"]["rolls"][0]["size"], 5);

    let two = HostedBallot::appointed(app, 2, 20, json!({})).await;
    let send = async |side: &str, body: &Value| app.put(two.roll_path(side), body).with_key(two.issuer(side)).await;
    let mut wrong = halves.clone();
    wrong[4] = wrong[3].clone();
    wrong[5]["number"] = json!(0);
    let faults = [
        ("/halves/4/half", "duplicate-item"),
        ("/halves/4/number", "duplicate-item"),
        ("/halves/5/number", "out-of-range"),
    ];
    send("a", &json!({ "halves": wrong })).await.expect_faults(422, &faults);
    send("a", &json!({ "halves": halves })).await.expect(200);
    let mut other: Vec<Value> =
        (1..=20).map(|number| json!({ "number": number, "half": entry(100 + number) })).collect();
    other[19]["number"] = json!(77);
    send("b", &json!({ "halves": other })).await.expect(200);
    let frozen = app.request("POST", two.below("freeze-roll")).with_key(two.issuer("a")).await;
    frozen
        .expect_faults(422, &[("/roll/a/19/number", "unknown-reference"), ("/roll/b/19/number", "unknown-reference")]);
}

async fn a_vote_is_counted_once_or_refused(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let first = held.vote(0, "yes");
    let cast = async |body: Value| held.cast(app, &Ballot { body, nonce: String::new() }).await;

    let counted = held.cast(app, &first).await;
    let receipt = counted.expect(201);
    assert_eq!(counted.header("cache-control"), Some("no-store"));
    assert_eq!(held.cast(app, &first).await.expect(200), receipt);
    cast(with(first.body.clone(), json!({ "choice": "no" }))).await.expect_problem(409, "tracker-taken");
    cast(with(first.body.clone(), json!({ "tracker": sha256("x") }))).await.expect_problem(409, "already-voted");
    let second = held.vote(1, "yes");
    cast(with(second.body.clone(), json!({ "tracker": first.body["tracker"], "choice": "no" })))
        .await
        .expect_problem(409, "tracker-taken");
    cast(with(second.body.clone(), json!({ "spend": sha256("y") }))).await.expect_problem(403, "unknown-entry");
    cast(with(second.body.clone(), json!({ "choice": "maybe" })))
        .await
        .expect_faults(422, &[("/choice/0", "unknown-reference")]);
    cast(json!({ "spend": "A", "tracker": "b" }))
        .await
        .expect_faults(422, &[("/choice", "required"), ("/spend", "invalid-format"), ("/tracker", "invalid-format")]);
    cast(without(second.body.clone(), &["spend"])).await.expect_faults(422, &[("/spend", "required")]);
    let of_two =
        with(without(second.body.clone(), &["spend"]), json!({ "spend_a": sha256("a"), "spend_b": sha256("b") }));
    cast(of_two).await.expect_faults(422, &[("", "inconsistent")]);
    app.post(format!("{STAFF_BALLOTS}/0190c0de-0000-7000-8000-000000000001/votes"), &second.body)
        .without_key()
        .await
        .problem(404);
    held.cast(app, &second).await.expect(201);

    let closed = held.expire(app).await;
    assert_eq!(closed["returned"], 2);
    held.cast(app, &first).await.expect_problem(409, "ballot-not-open");
}

async fn voters_who_race_are_counted_once_each(app: &TestApp) {
    const VOTERS: usize = 60;
    let held = HostedBallot::open(app, 1, VOTERS, json!({})).await;
    let mut accepted: Vec<(String, String)> = Vec::new();
    for voters in (0..VOTERS).collect::<Vec<_>>().chunks(8) {
        let ballots: Vec<Ballot> = voters
            .iter()
            .flat_map(|voter| (0..8).map(|number| (*voter, ["yes", "no", "none"][number % 3])))
            .map(|(voter, choice)| held.vote(voter, choice))
            .collect();
        let answers = join_all(ballots.iter().map(|ballot| held.cast(app, ballot))).await;
        for (ballot, answer) in ballots.iter().zip(answers) {
            if answer.status() == 201 {
                let text = |member: &str| ballot.body[member].as_str().unwrap().to_owned();
                accepted.push((text("tracker"), text("choice")));
            } else {
                answer.expect_problem(409, "already-voted");
            }
        }
    }
    assert_eq!(accepted.len(), VOTERS);

    held.expire(app).await;
    let votes = app.get(held.below("votes")).without_key().await.expect(200);
    accepted.sort();
    let shown: Vec<Value> = accepted.into_iter().map(|(tracker, choice)| json!([tracker, choice])).collect();
    assert_eq!(votes["votes"], Value::Array(shown));
    held.verify(app, &[]).await;
}

async fn nothing_tells_before_the_close_who_votes(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let pages =
        ["", "/opening", "/roll", "/votes", "/spends", "/result", "/verification-bundle", "/entries", "/appointment"];
    let lists = [STAFF_BALLOTS, "/v1/statistics/mutuals", "/v1/entries?limit=100", "/v1/log/head", "/v1/search?q=led"];
    let paths: Vec<String> =
        pages.iter().map(|page| format!("{}{page}", held.path)).chain(lists.into_iter().map(str::to_owned)).collect();
    let auditor = app.database().make_key("auditor", &[]);
    let keys =
        [Some(held.issuer("a")), Some(held.editor.as_str()), Some(kit::admin_key()), Some(auditor.as_str()), None];
    let look = async || {
        let mut seen = Vec::new();
        for path in &paths {
            for key in keys {
                let request = app.get(path);
                let answer = match key {
                    Some(key) => request.with_key(key).await,
                    None => request.without_key().await,
                };
                let body = if answer.status() == 200 { answer.text().to_owned() } else { String::new() };
                seen.push((path.clone(), answer.status(), answer.header("etag").map(str::to_owned), body));
            }
        }
        seen
    };
    let before = look().await;
    for voter in 0..15 {
        held.cast(app, &held.vote(voter, "yes")).await.expect(201);
        held.cast(app, &held.vote(voter, "no")).await.problem(409);
    }
    for (then, now) in before.iter().zip(look().await) {
        assert_eq!(*then, now);
    }
}

async fn casting_is_extended_with_a_signature(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let at = |seconds: i64| {
        (app.now() + chrono::TimeDelta::seconds(seconds)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    };
    let (later, earlier) = (at(2 * CASTING), at(CASTING / 2));
    let extend = async |closes_at: &str, signature: String| {
        let body = json!({ "closes_at": closes_at, "reason": "The service was out of reach.", "signature": signature });
        app.post(held.below("extend"), &body).with_key(held.issuer("a")).await
    };
    extend(&later, held.sign("a", &[])).await.expect_faults(422, &[("/signature", "inconsistent")]);
    // What the program would not sign, the service refuses as well.
    extend(&earlier, held.sign("a", &[]))
        .await
        .expect_faults(422, &[("/closes_at", "date-order"), ("/signature", "inconsistent")]);
    let extended = extend(&later, held.sign("a", &["--closes-at", &later])).await.expect(200);
    assert_eq!(extended["hosted"]["extensions"][0]["closes_at"], later);

    app.pass(Duration::from_secs(CASTING as u64 + 60));
    held.cast(app, &held.vote(0, "no")).await.expect(201);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(app.get(&held.path).await.expect(200)["state"], "open");
    app.pass(Duration::from_secs(CASTING as u64));
    held.wait_for(app, "closed").await;
    held.verify(app, &[]).await;
}

async fn a_cancelled_ballot_has_no_votes(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let ballot = held.vote(0, "no");
    held.cast(app, &ballot).await.expect(201);
    let cancel = async |body: &Value| app.post(held.below("cancel"), body).with_key(held.issuer("a")).await;
    let reason = "The question is not what was agreed.";
    cancel(&json!({ "reason": reason })).await.expect_faults(422, &[("/signature", "required")]);
    let of_another = json!({ "reason": reason, "signature": held.sign("a", &["--cancel", "Another reason."]) });
    cancel(&of_another).await.expect_faults(422, &[("/signature", "inconsistent")]);
    let body = json!({ "reason": reason, "signature": held.sign("a", &["--cancel", reason]) });
    app.post(held.below("cancel?validate_only=true"), &body).with_key(held.issuer("a")).await.expect(200);
    held.cast(app, &held.vote(1, "no")).await.expect(201);

    let cancelled = cancel(&body).await.expect(200);
    assert_eq!(
        (&cancelled["state"], &cancelled["hosted"]["cancelled"]["votes_were_cast"]),
        (&json!("cancelled"), &json!(true))
    );
    held.cast(app, &ballot).await.expect_problem(409, "ballot-not-open");
    app.get(held.below("votes")).without_key().await.problem(404);
    app.get(held.below("opening")).without_key().await.expect(200);

    // Before the opening, nobody can have voted, and the signature may be left out.
    let frozen = HostedBallot::frozen(app, 1, 20, json!({})).await;
    let cancelled =
        app.post(frozen.below("cancel"), &json!({ "reason": reason })).with_key(frozen.issuer("a")).await.expect(200);
    assert_eq!(cancelled["hosted"]["cancelled"]["votes_were_cast"], false);
    app.delete(&frozen.path).await.expect(204);
}

async fn papers_are_refused_with_every_fault(app: &TestApp) {
    let held = HostedBallot::open(app, 2, 30, ranked(app)).await;
    let batch = papers(&held, 5..20);
    let enter = async |body: &Value| app.post(held.below("paper-batches"), body).with_key(held.issuer("a")).await;
    held.cast(app, &held.vote(5, "yes")).await.expect(201);
    enter(&batch).await.expect_problem(409, "state-conflict");
    app.pass(Duration::from_secs(CASTING as u64));

    app.post(held.below("paper-batches"), &batch).with_key(&held.editor).await.expect_problem(403, "forbidden");
    enter(&batch).await.expect_faults(422, &[("/batch/spends/0", "inconsistent")]);
    let good = papers(&held, 6..20);
    let mut few = good.clone();
    few["batch"]["spends"].as_array_mut().unwrap().truncate(9);
    let faults = enter(&few).await.faults(422);
    assert!(faults.contains(&("/batch/spends".to_owned(), "too-few".to_owned())), "{faults:?}");
    let mut unknown = good.clone();
    unknown["batch"]["spends"][1] = json!([sha256("x"), sha256("y")]);
    unknown["batch"]["rankings"][2] = json!(["maybe"]);
    let faults = enter(&unknown).await.faults(422);
    assert!(faults.iter().any(|(pointer, _)| pointer == "/batch/rankings/2/0"), "{faults:?}");
    unknown["batch"]["rankings"][2] = json!(["no"]);
    let faults = enter(&unknown).await.faults(422);
    let told: HashSet<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    let expected = ["/batch/spends/1", "/signatures/0/signature", "/signatures/1/signature"];
    assert_eq!(told, HashSet::from(expected));
    let mut alone = good.clone();
    alone["signatures"].as_array_mut().unwrap().pop();
    enter(&alone).await.expect_faults(422, &[("/signatures", "required")]);
    enter(&good).await.expect(200);
    enter(&good).await.expect_problem(409, "state-conflict");

    // Nobody closes it, so that the clock does.
    app.pass(Duration::from_secs(PAPER as u64));
    let closed = held.wait_for(app, "closed").await;
    assert_eq!((&closed["returned"], &closed["spoiled"]), (&json!(15), &json!(2)));
    held.verify(app, &[]).await;
}

async fn a_complaint_judges_itself(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let (counted, absent) = (held.vote(0, "yes"), held.vote(19, "no"));
    let receipt = held.cast(app, &counted).await.expect(201);
    let complain = async |body: &Value| app.post(held.below("complaints"), body).without_key().await;
    complain(&receipt).await.problem(404);
    held.expire(app).await;

    let judged = complain(&receipt).await.expect(200);
    assert_eq!((&judged["judgement"], &judged["tracker"]), (&json!("unfounded"), &counted.body["tracker"]));
    let judged = complain(&held.complaint(0, &counted)).await.expect(200);
    assert_eq!((&judged["judgement"], judged.get("tracker")), (&json!("unfounded"), None));
    // Whoever has a code and makes up a choice shows no more than that the code was spent.
    let made_up = with(held.complaint(0, &counted), json!({ "choice": "no" }));
    assert_eq!(complain(&made_up).await.expect(200)["judgement"], "spent_but_absent");
    assert_eq!(complain(&held.complaint(19, &absent)).await.expect(200)["judgement"], "unfounded");
    let forged =
        with(receipt.clone(), json!({ "receipt": receipt["receipt"].as_str().unwrap().replace(":yes", ":no") }));
    assert_eq!(complain(&forged).await.expect(200)["judgement"], "unfounded");
    complain(&json!({})).await.expect_faults(422, &[("", "required")]);
    complain(&json!({ "code": "x", "nonce": "00", "choice": "yes" })).await.problem(422);
    complain(&with(held.complaint(0, &counted), json!({ "choice": "maybe" })))
        .await
        .expect_faults(422, &[("/choice/0", "unknown-reference")]);

    // Kept is one complaint of each vote and of each person, without codes.
    let result = app.get(held.below("result")).without_key().await;
    let shown = result.expect(200);
    let judgements: Vec<&Value> = shown["complaints"].as_array().unwrap().iter().map(|one| &one["judgement"]).collect();
    assert_eq!(judgements, ["unfounded", "spent_but_absent"]);
    assert_eq!((&shown["in_doubt"], &shown["complaints_could_change_result"]), (&json!(1), &json!(true)));
    assert!(!result.text().contains(&held.codes[0][0]), "{}", result.text());
}

async fn one_instance_closes_a_ballot_whose_time_has_come(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    held.cast(app, &held.vote(0, "yes")).await.expect(201);
    let closed = held.expire(app).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let later = app.get(&held.path).await.expect(200);
    assert_eq!(later["version"], closed["version"]);
    let entries = app.get(format!("{}/entries?limit=100", held.path)).await.expect(200);
    let closes =
        entries["items"].as_array().unwrap().iter().filter(|entry| entry["after"]["state"] == "closed").count();
    assert_eq!(closes, 1);
}

async fn what_was_cast_here_is_not_corrected(app: &TestApp) {
    let held = declared(app, 12).await;
    let correct = async |body: Value| {
        app.post(held.below("correct"), &with(body, json!({ "correction_reason": "A mistake." }))).await
    };
    correct(json!({ "counts": [{ "option": "yes", "votes": 1 }], "counts_complete": false }))
        .await
        .expect_faults(422, &[("/counts", "inconsistent")]);
    correct(json!({ "question": "Another?" })).await.expect_faults(422, &[("/question", "inconsistent")]);
    correct(json!({ "hosting": { "min_returned": 0 } })).await.expect_faults(422, &[("/hosting", "inconsistent")]);
    let sourced = json!({ "sources": [{ "url": "https://example.org/ballot" }] });
    assert_eq!(correct(sourced).await.expect(200)["corrections"].as_array().unwrap().len(), 1);
    held.verify(app, &[]).await;
    assert_eq!(
        app.post(held.below("void"), &json!({ "void_reason": "Papers were lost." })).await.expect(200)["state"],
        "void"
    );
    held.verify(app, &[]).await;
}

/// A ballot in which so many of 20 vote yes, declared.
async fn declared(app: &TestApp, voters: usize) -> HostedBallot {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    for voter in 0..voters {
        held.cast(app, &held.vote(voter, "yes")).await.expect(201);
    }
    held.expire(app).await;
    let issuer = held.issuer("a");
    app.put(held.below("scrutineer-report"), &json!({ "satisfied": true })).with_key(issuer).await.expect(200);
    for other in [held.editor.as_str(), kit::admin_key()] {
        app.post(held.below("declare"), &json!({})).with_key(other).await.expect_problem(403, "forbidden");
    }
    app.post(held.below("declare"), &json!({})).with_key(issuer).await.expect(200);
    held
}

async fn a_service_without_a_key_holds_no_ballot(app: &TestApp) {
    let app = &TestApp::start(app.database().engine());
    let held = HostedBallot::appointed(app, 1, 20, json!({})).await;
    held.send_roll(app, "a").await.expect(200);
    app.request("POST", held.below("freeze-roll"))
        .with_key(held.issuer("a"))
        .await
        .expect_problem(409, "no-signing-key");
}

async fn a_declared_ballot_opens_the_gate(app: &TestApp) {
    let buy_in = async |held: &HostedBallot| {
        let ballot = app.get(&held.path).await.expect(200);
        let mutual = ballot["mutual_id"].as_str().unwrap();
        let readiness = app.get(format!("{MUTUALS}/{mutual}/readiness")).await.expect(200);
        let conditions = readiness["conditions"].as_array().unwrap().clone();
        conditions.into_iter().find(|condition| condition["condition"] == "staff_buy_in").unwrap()
    };
    let met = buy_in(&declared(app, 12).await).await;
    assert_eq!(met["outcome"], "met", "{met}");
    // Of 20, 8 are less than half, which the ballot asked for.
    let missed = buy_in(&declared(app, 8).await).await;
    assert_eq!(missed["outcome"], "not_met", "{missed}");
}

async fn a_register_with_an_open_ballot_is_not_copied(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let to = Database::absent(kit::Engine::Sqlite);
    let arguments = ["copy", "--from", &app.database().url(), "--to", &to.url()].map(str::to_owned);
    let copy = || kit::Program::new(&arguments.each_ref().map(String::as_str)).run();
    let refused = copy();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains(&held.id) && refused.stderr.contains("are open"), "{refused:?}");
    held.expire(app).await;
    let copied = copy();
    assert_eq!(copied.code, Some(0), "{copied:?}");
}

/// An issuer who has all codes gets the same answer for those that have voted and those that have not.
async fn nobody_can_ask_whether_a_code_has_voted(app: &TestApp) {
    let held = HostedBallot::open(app, 1, 20, json!({})).await;
    let own = held.vote(0, "yes");
    held.cast(app, &own).await.expect(201);
    held.cast(app, &held.vote(1, "no")).await.expect(201);
    for choice in ["yes", "no"] {
        let mut answers = Vec::new();
        for voter in [1, 2] {
            let spend = &held.spends(voter)[0];
            let body = with(own.body.clone(), json!({ "spend": spend, "choice": choice }));
            let answer = held.cast(app, &Ballot { body, nonce: String::new() }).await;
            answers.push((answer.status(), answer.json()["type"].clone(), answer.json()["receipt"].clone()));
        }
        assert_eq!(answers[0], answers[1], "{choice}");
    }
    let closed = held.expire(app).await;
    assert_eq!(closed["returned"], 2);
}

/// The public's command follows the ballot from its opening to its close.
async fn a_watch_follows_a_ballot(app: &TestApp) {
    let held = HostedBallot::open(app, 2, 20, json!({})).await;
    let url = format!("http://{}", app.address());
    let state = held.file("watched.json");
    let watch = || {
        let own = ["ballot", "watch", "--once", "--url", &url, "--ballot", &held.id, "--state-file", &state];
        kit::Program::new(&own).run()
    };
    let first = watch();
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(!first.stdout.contains("WRONG"), "{first:?}");
    held.cast(app, &held.vote(0, "yes")).await.expect(201);
    let again = watch();
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""), "nothing tells of a vote: {again:?}");
}
