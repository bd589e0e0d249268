//! A PostgreSQL that does not answer: every caller is answered within five seconds all the same, and told what is known.

use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use kit::ballot::{Ballot, HostedBallot, signing_with};
use kit::fixture::{DEPARTMENTS, MUTUALS, department, mutual};
use kit::{Database, Engine, Proxy, Response, TestApp, answered};
use serde_json::json;
use tokio::time::sleep;

/// No answer takes longer.
const LONGEST: Duration = Duration::from_secs(5);

#[test]
fn a_server_that_falls_silent_is_answered_for_and_left_for_new_connections() {
    kit::run(Engine::Postgres, a_silent_server_is_answered_for);
}

async fn a_silent_server_is_answered_for(app: &TestApp) {
    let database = Database::fresh(app.database().engine());
    let proxy = Proxy::before(&database.url());
    let url = proxy.url(&database.url()).parse().unwrap();
    let app = TestApp::with(database, |config| config.database_url = url);
    app.create(DEPARTMENTS, &department("Before")).await;
    app.get("/readyz").await.expect(200);

    proxy.fall_silent();
    for wave in 0..2 {
        let reads = join_all((0..40).map(|number| {
            let paths = [
                "/v1/departments/before",
                "/v1/mutuals?q=care&count=exact",
                "/v1/mutuals/export.ndjson",
                "/v1/statistics",
            ];
            answered(app.get(paths[number % paths.len()]))
        }));
        let writes = join_all((0..10).map(|number| {
            let app = &app;
            async move { answered(app.post(DEPARTMENTS, &department(&format!("Silent {wave} {number}")))).await }
        }));
        let readiness = join_all((0..10).map(|number| {
            let app = &app;
            async move {
                sleep(Duration::from_millis(400 * number)).await;
                answered(app.get("/readyz")).await
            }
        }));
        let ((reads, writes), readiness) = join(join(reads, writes), readiness).await;
        for (taken, answer) in reads {
            assert_refused(&answer);
            assert!(taken < LONGEST, "a read took {taken:?}: {answer:?}");
        }
        for (taken, answer) in writes {
            assert!([429, 503, 504].contains(&answer.status()), "{answer:?}");
            assert!(taken < LONGEST, "a write took {taken:?}");
        }
        for (taken, _) in readiness {
            assert!(taken < Duration::from_secs(2), "readiness took {taken:?}");
        }
        app.get("/readyz").await.expect_problem(503, "unavailable");
    }

    proxy.speak_again();
    let started = Instant::now();
    let mut readiness = app.get("/readyz").await;
    while readiness.status() != 200 {
        assert!(started.elapsed() < Duration::from_secs(40), "it is never ready again: {readiness:?}");
        sleep(Duration::from_millis(500)).await;
        readiness = app.get("/readyz").await;
    }
    app.create(DEPARTMENTS, &department("After")).await;
    app.get("/v1/departments/before").await.expect(200);
}

#[test]
fn a_transaction_that_nobody_ends_is_rolled_back_before_long() {
    kit::run(Engine::Postgres, a_lost_transaction_is_rolled_back);
}

async fn a_lost_transaction_is_rolled_back(app: &TestApp) {
    let database = Database::fresh(app.database().engine());
    let proxy = Proxy::before(&database.url());
    let url = proxy.url(&database.url()).parse().unwrap();
    let silenced = TestApp::with(database, |config| config.database_url = url);

    proxy.fall_silent_in_a_transaction();
    let lost = silenced.post(DEPARTMENTS, &department("Lost")).await;
    assert!([503, 504].contains(&lost.status()), "{lost:?}");
    // Another instance reaches the server, and waits for what the lost transaction holds.
    let other = TestApp::beside(&silenced);
    let started = Instant::now();
    let mut after = other.post(DEPARTMENTS, &department("After")).await;
    while after.status() != 201 {
        after.expect_problem(503, "unavailable");
        assert!(started.elapsed() < Duration::from_secs(25), "the transaction is never rolled back: {after:?}");
        sleep(Duration::from_millis(500)).await;
        after = other.post(DEPARTMENTS, &department("After")).await;
    }
    other.get("/v1/departments/lost").await.expect_problem(404, "not-found");
}

#[test]
fn votes_are_answered_for_while_a_server_is_silent_and_cast_when_it_speaks_again() {
    kit::run(Engine::Postgres, votes_go_on_after_a_silence);
}

async fn votes_go_on_after_a_silence(app: &TestApp) {
    let database = Database::fresh(app.database().engine());
    let proxy = Proxy::before(&database.url());
    let url = proxy.url(&database.url()).parse().unwrap();
    let app = &signing_with(database, |config| config.database_url = url);
    let held = HostedBallot::open(app, 1, VOTERS, json!({})).await;
    let ballots: Vec<Ballot> = (0..VOTERS).map(|voter| held.vote(voter, "yes")).collect();
    held.cast(app, &ballots[0]).await.expect(201);

    proxy.fall_silent();
    for (taken, answer) in join_all(ballots[1..8].iter().map(|ballot| answered(held.cast(app, ballot)))).await {
        assert!([429, 503, 504].contains(&answer.status()), "{answer:?}");
        assert!(taken < LONGEST, "a vote took {taken:?}");
    }
    proxy.speak_again();
    let (started, mut told) = (Instant::now(), Vec::new());
    for ballot in &ballots {
        let mut status = 0;
        while status != 201 && status != 200 {
            assert!(started.elapsed() < Duration::from_secs(40), "votes are never cast again: {told:?}");
            let (taken, answer) = answered(held.cast(app, ballot)).await;
            status = answer.status();
            assert!([200, 201, 429, 503, 504].contains(&status), "{answer:?}");
            assert!(taken < LONGEST, "a vote took {taken:?}");
            told.push(status);
        }
    }
    // The connection that the caster has is silent for ever.
    assert!(told.contains(&504), "{told:?}");

    let mut after = app.post(DEPARTMENTS, &department("After")).await;
    while after.status() != 201 {
        assert!(started.elapsed() < Duration::from_secs(80), "nothing is ever written again: {after:?}");
        sleep(Duration::from_millis(500)).await;
        after = app.post(DEPARTMENTS, &department("After")).await;
    }
    assert_eq!(held.expire(app).await["returned"], VOTERS);
}

const VOTERS: usize = 30;

/// For now: the database does not answer, or the caller waits for it with all places that one caller has.
fn assert_refused(answer: &Response) {
    match answer.status() {
        429 => answer.expect_problem(429, "too-many-requests"),
        _ => answer.expect_problem(503, "unavailable"),
    };
}

/// As when an operator changes a table.
async fn a_locked_table_is_not_waited_for(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Before")).await;
    let lock = app.database().lock_table("mutuals", Duration::from_secs(30));
    let reads = join_all((0..10).map(|_| answered(app.get("/v1/mutuals?limit=3"))));
    let writes = join_all(
        (0..10).map(|number| async move { answered(app.post(MUTUALS, &mutual(&format!("Mutual {number}")))).await }),
    );
    let beside = async {
        sleep(Duration::from_millis(500)).await;
        // One caller has half of the places, and waits for the table with them.
        answered(app.get("/v1/departments/before").without_key()).await
    };
    let ((reads, writes), (_, beside)) = join(join(reads, writes), beside).await;
    beside.expect(200);
    let answers: Vec<&(Duration, Response)> = reads.iter().chain(&writes).collect();
    for (taken, answer) in answers {
        assert_refused(answer);
        assert!(*taken < LONGEST, "{taken:?}: {answer:?}");
    }
    drop(lock);
    let (mut created, started) = (app.post(MUTUALS, &mutual("After")).await, Instant::now());
    while created.status() == 503 && started.elapsed() < LONGEST {
        created = app.post(MUTUALS, &mutual("After")).await;
    }
    created.expect(201);
    assert_eq!(app.get("/v1/mutuals?count=exact").await.expect(200)["total"], 1, "what was given up was not stored");
}

#[test]
fn a_locked_table_is_answered_for() {
    kit::run(Engine::Postgres, a_locked_table_is_not_waited_for);
}
