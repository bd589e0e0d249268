//! More than the service can do, and clients that take their time: it answers quickly all the same, and nobody waits for ever.

use std::future::IntoFuture;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use kit::fixture::{DEPARTMENTS, MUTUALS, STAFF_BALLOTS, department, id, mutual, staff_ballot};
use kit::{Database, Engine, Response, TestApp, admin_key, answered, timed};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

kit::on_both! {
    four_times_the_load_that_it_can_bear_gets_quick_refusals,
    a_database_that_is_locked_is_not_waited_for,
    what_is_refused_needs_no_turn_to_write,
    bodies_full_of_faults_keep_nobody_from_writing,
    a_head_that_does_not_arrive_ends_the_connection,
    a_later_head_that_dribbles_ends_the_connection,
    a_body_that_does_not_arrive_is_refused,
    a_connection_ends_whose_request_goes_on_after_its_answer,
    a_connection_too_many_is_told_so,
    requests_on_one_connection_are_answered_in_their_order,
    what_is_behind_a_request_is_not_read_before_its_answer,
    a_client_that_has_gone_is_noticed_while_its_request_waits,
}

/// Every new department costs the database 20 ms.
fn slow_down(database: &Database) {
    match database.engine() {
        Engine::Sqlite => {
            database.execute(
                "CREATE VIEW slowly AS WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 250000) \
                 SELECT max(n) AS n FROM counted",
            );
            database.execute("CREATE TRIGGER slow AFTER INSERT ON departments BEGIN SELECT n FROM slowly; END");
        }
        Engine::Postgres => database.execute(
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END'; \
             CREATE TRIGGER slow AFTER INSERT ON departments FOR EACH ROW EXECUTE FUNCTION slow()",
        ),
    }
}

#[track_caller]
fn assert_refused_in_passing(answer: &Response) {
    answer.expect_problem(503, "unavailable");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok_and(|seconds| seconds >= 1), "{answer:?}");
}

async fn four_times_the_load_that_it_can_bear_gets_quick_refusals(app: &TestApp) {
    const REQUESTS: u32 = 1000;
    const PAUSE: Duration = Duration::from_millis(5);
    app.create(DEPARTMENTS, &department("Before")).await;
    slow_down(app.database());
    let writes = join_all((0..REQUESTS).map(|number| async move {
        sleep(PAUSE * number).await;
        answered(app.post(DEPARTMENTS, &department(&format!("Office {number}")))).await
    }));
    let reads = async {
        for _ in 0..40 {
            sleep(Duration::from_millis(100)).await;
            let (taken, answer) = answered(app.get("/v1/departments/before")).await;
            answer.expect(200);
            assert!(taken < Duration::from_secs(2), "a read took {taken:?}");
        }
    };
    let (answers, ()) = join(writes, reads).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, answer)| answer.status() == 201);
    assert!(made.len() >= 10 && refused.len() >= 200, "{} were made, {} refused", made.len(), refused.len());
    for (taken, answer) in refused {
        assert_refused_in_passing(answer);
        assert!(*taken < Duration::from_secs(4), "a refusal took {taken:?}");
    }
    let slowest = made.iter().map(|(taken, _)| *taken).max().unwrap();
    assert!(slowest < Duration::from_secs(8), "a write took {slowest:?}");
    let (taken, after) = answered(app.post(DEPARTMENTS, &department("After"))).await;
    after.expect(201);
    assert!(taken < Duration::from_secs(2), "the load is gone, and a write took {taken:?}");
    let listed = app.get(format!("{DEPARTMENTS}?count=exact&limit=1")).await.expect(200);
    assert_eq!(listed["total"], made.len() + 2, "what was refused was not stored");
}

/// Nothing gets through, as when an operator's statement holds a lock.
async fn a_database_that_is_locked_is_not_waited_for(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Before")).await;
    let lock = app.database().lock(Duration::from_secs(20));
    let requests =
        join_all((0..200).map(|number| async move {
            answered(app.post(DEPARTMENTS, &department(&format!("Office {number}")))).await
        }));
    let (answers, read) = join(requests, answered(app.get("/v1/departments/before"))).await;
    assert!(read.0 < Duration::from_secs(2), "a read took {:?}", read.0);
    read.1.expect(200);
    // One whose turn had come waits for the lock, all others don't.
    let refused: Vec<_> = answers.iter().filter(|(_, answer)| answer.status() == 503).collect();
    assert!(refused.len() >= 199, "{} of 200", refused.len());
    for (taken, answer) in refused {
        assert_refused_in_passing(answer);
        assert!(*taken < Duration::from_secs(4), "a refusal took {taken:?}");
    }
    drop(lock);
    app.create(DEPARTMENTS, &department("After")).await;
}

/// Nobody can write, and whoever may not, or asks for what can't be, is told so all the same.
async fn what_is_refused_needs_no_turn_to_write(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let harmonie = app.create(MUTUALS, &mutual("Harmonie")).await;
    let ballot = app.create(STAFF_BALLOTS, &staff_ballot(id(&harmonie))).await;
    let [office, harmonie, ballot] = [(DEPARTMENTS, &office), (MUTUALS, &harmonie), (STAFF_BALLOTS, &ballot)]
        .map(|(list, record)| format!("{list}/{}", id(record)));
    let editor = app.database().make_key("department_editor", &[]);
    let bad = json!({ "name": 7 });
    let lock = app.database().lock(Duration::from_secs(20));
    for (answer, status) in [
        (answered(app.patch(&office, &bad)).await, 422),
        (answered(app.put(&harmonie, &bad)).await, 422),
        (answered(app.post(MUTUALS, &bad)).await, 422),
        (answered(app.post(MUTUALS, &bad).header("idempotency-key", "once")).await, 422),
        (answered(app.post(format!("{harmonie}/objections"), &bad)).await, 422),
        (answered(app.post(format!("{ballot}/declare"), &json!({ "historic": "x" }))).await, 422),
        (answered(app.post(format!("{ballot}/correct"), &bad)).await, 422),
        (answered(app.patch(&office, &json!({ "kind": "other" })).with_key(&editor)).await, 403),
        (answered(app.patch(format!("{MUTUALS}/nobody"), &bad)).await, 404),
        (answered(app.post(format!("{MUTUALS}/nobody/objections"), &bad)).await, 404),
    ] {
        let (taken, answer) = answer;
        answer.problem(status);
        assert!(taken < Duration::from_secs(1), "{taken:?}: {answer:?}");
    }
    drop(lock);
}

/// A key sends 60 kB of empty strings over and over, and others write beside it.
async fn bodies_full_of_faults_keep_nobody_from_writing(app: &TestApp) {
    app.create(MUTUALS, &mutual("Harmonie")).await;
    let path = format!("{MUTUALS}/harmonie");
    let many = json!({ "sectors": vec![""; 20_000] });
    let stop = AtomicBool::new(false);
    let attack = join_all((0..8).map(|_| async {
        let mut refused = 0;
        while !stop.load(Ordering::Relaxed) {
            let answer = app.patch(&path, &many).await;
            assert!([422, 503].contains(&answer.status()), "{answer:?}");
            refused += 1;
        }
        refused
    }));
    let key = app.database().make_key("admin", &[]);
    let writes = async {
        for number in 0..20 {
            let (taken, made) =
                answered(app.post(DEPARTMENTS, &department(&format!("Office {number}"))).with_key(&key)).await;
            made.expect(201);
            assert!(taken < Duration::from_secs(2), "a write took {taken:?}");
        }
        stop.store(true, Ordering::Relaxed);
    };
    let (refused, ()) = join(attack, writes).await;
    assert!(refused.iter().sum::<u32>() >= 8);
    let told = app.patch(&path, &many).await.problem(422);
    assert!(told["errors"].as_array().unwrap().len() <= 101, "{told}");
}

fn impatient(app: &TestApp) -> TestApp {
    TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.request_time = Duration::from_secs(1)
    })
}

/// What comes until the connection ends.
async fn rest(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    // A reset is an end too.
    drop(timeout(Duration::from_secs(10), stream.read_to_end(&mut received)).await.expect("the connection never ends"));
    String::from_utf8(received).unwrap()
}

/// Reads an answer to `/livez`.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut received = String::new();
    let mut chunk = [0; 4096];
    while !received.contains("{\"status\":\"ok\"}") {
        let count = timeout(Duration::from_secs(5), stream.read(&mut chunk)).await.expect("no answer").unwrap();
        assert_ne!(count, 0, "the connection ended after {received:?}");
        received.push_str(str::from_utf8(&chunk[..count]).unwrap());
    }
    received
}

const ALIVE: &[u8] = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

async fn a_head_that_does_not_arrive_ends_the_connection(app: &TestApp) {
    let app = impatient(app);
    for sent in ["", "GET /livez HT"] {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let (taken, said) = timed(rest(&mut stream)).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
        assert!(taken < Duration::from_secs(4), "{taken:?}");
    }
}

async fn a_later_head_that_dribbles_ends_the_connection(app: &TestApp) {
    let app = impatient(app);
    let mut silent = TcpStream::connect(app.address()).await.unwrap();
    let mut dribbling = TcpStream::connect(app.address()).await.unwrap();
    for stream in [&mut silent, &mut dribbling] {
        stream.write_all(ALIVE).await.unwrap();
        read_answer(stream).await;
        stream.write_all(b"GET /livez HTTP/1.1\r\nX: ").await.unwrap();
    }
    let started = Instant::now();
    // Writing fails some time after the other side has closed.
    while dribbling.write_all(b"x").await.is_ok() {
        sleep(Duration::from_millis(100)).await;
        assert!(started.elapsed() < Duration::from_secs(6), "it may go on for ever");
    }
    rest(&mut silent).await;
    assert!(started.elapsed() < Duration::from_secs(6));
    assert_eq!(app.get("/livez").await.status(), 200);
}

async fn a_body_that_does_not_arrive_is_refused(app: &TestApp) {
    let app = impatient(app);
    let key = admin_key();
    let head = format!(
        "POST {DEPARTMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    );
    for body in ["Content-Length: 100\r\n\r\n{\"name\":", "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"name\":\r\n"] {
        let request = format!("{head}{body}");
        let (taken, refused) = timed(app.raw(request.as_bytes())).await;
        refused.expect_problem(408, "request-timeout");
        assert_eq!(refused.header("connection"), Some("close"));
        assert!(taken < Duration::from_secs(4), "{taken:?}");
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let (taken, said) = timed(rest(&mut stream)).await;
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
        assert!(taken < Duration::from_secs(6), "{taken:?}");
    }
}

/// Whether the client says no more of it, or a little now and then.
async fn a_connection_ends_whose_request_goes_on_after_its_answer(app: &TestApp) {
    const CHUNKED: &str = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let post = format!("POST {DEPARTMENTS} HTTP/1.1\r\nContent-Type: application/json\r\n{CHUNKED}");
    for (request, status) in [(format!("GET /livez HTTP/1.1\r\n{CHUNKED}"), 200), (post, 401)] {
        let mut silent = TcpStream::connect(app.address()).await.unwrap();
        let mut dribbling = TcpStream::connect(app.address()).await.unwrap();
        for stream in [&mut silent, &mut dribbling] {
            stream.write_all(request.as_bytes()).await.unwrap();
        }
        let started = Instant::now();
        while dribbling.write_all(b"1\r\na\r\n").await.is_ok() {
            sleep(Duration::from_millis(100)).await;
            assert!(started.elapsed() < Duration::from_secs(8), "it may go on for ever");
        }
        let said = rest(&mut silent).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status}")), "{said}");
        assert!(started.elapsed() < Duration::from_secs(8));
    }
    // A body that is whole in time is nobody's ill will.
    let whole = format!("GET /livez HTTP/1.1\r\n{CHUNKED}");
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    for _ in 0..3 {
        stream.write_all(whole.as_bytes()).await.unwrap();
        read_answer(&mut stream).await;
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    }
    sleep(Duration::from_secs(3)).await;
    stream.write_all(ALIVE).await.unwrap();
    read_answer(&mut stream).await;
}

async fn a_connection_too_many_is_told_so(app: &TestApp) {
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| config.production.max_connections = 2);
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(ALIVE).await.unwrap();
        read_answer(&mut stream).await;
        kept.push(stream);
    }
    let refused = app.raw(ALIVE).await;
    assert_refused_in_passing(&refused);
    assert_eq!(refused.header("connection"), Some("close"));
    kept[0].write_all(ALIVE).await.unwrap();
    read_answer(&mut kept[0]).await;
    kept.clear();
    let started = Instant::now();
    while app.raw(ALIVE).await.status() != 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "places are never free again");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Also with bodies among them, and where the bytes of several requests come at once or in pieces.
async fn requests_on_one_connection_are_answered_in_their_order(app: &TestApp) {
    let body = department("Office").to_string();
    let post = |name: &str| {
        let head = format!(
            "POST {DEPARTMENTS}?validate_only=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nRequest-Id: {name}\r\n",
            admin_key()
        );
        [
            format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()),
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        ]
    };
    let get = |name: &str| format!("GET /livez HTTP/1.1\r\nHost: x\r\nRequest-Id: {name}\r\n\r\n");
    let [sized, _] = post("b");
    let [_, chunked] = post("d");
    let head = "HEAD /livez HTTP/1.1\r\nHost: x\r\nRequest-Id: e\r\n\r\n".to_owned();
    let last = "GET /livez HTTP/1.1\r\nHost: x\r\nRequest-Id: f\r\nConnection: close\r\n\r\n".to_owned();
    let all = [get("a"), sized, get("c"), chunked, head, last].concat();
    for size in [all.len(), 700, 7] {
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let send = async {
            for piece in all.as_bytes().chunks(size) {
                writing.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let mut received = Vec::new();
        let (read, ()) = join(timeout(Duration::from_secs(20), reading.read_to_end(&mut received)), send).await;
        read.expect("the connection never ends").unwrap();
        let received = String::from_utf8(received).unwrap();
        let ids: Vec<&str> = received.lines().filter_map(|line| line.strip_prefix("request-id: ")).collect();
        assert_eq!(ids, ["a", "b", "c", "d", "e", "f"], "{received}");
        assert_eq!(received.matches("HTTP/1.1 200").count(), 6, "{received}");
    }
}

/// A request that waits so many seconds for a change that nobody makes.
async fn long_poll(app: &TestApp, seconds: u32) -> String {
    // On a connection of its own, which ends with it.
    let newest = app.raw(b"GET /v1/entries HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect(200);
    format!("GET /v1/entries?after={}&wait={seconds} HTTP/1.1\r\nHost: x\r\n\r\n", newest["next_after"])
}

/// The system keeps some of it; what it doesn't, the client can't send.
async fn what_is_behind_a_request_is_not_read_before_its_answer(app: &TestApp) {
    const MANY: usize = 16 * 1024 * 1024;
    let mut stream = TcpStream::connect(app.address()).await.unwrap();
    stream.write_all(long_poll(app, 3).await.as_bytes()).await.unwrap();
    let behind = ALIVE.repeat(64);
    let mut sent = 0;
    while let Ok(written) = timeout(Duration::from_millis(300), stream.write(&behind)).await {
        sent += written.unwrap();
        assert!(sent < MANY, "{sent} bytes were read behind a request that waits");
    }
    let after = join_all((0..20).map(|_| answered(app.get("/livez").into_future()))).await;
    assert!(after.iter().all(|(taken, _)| *taken < Duration::from_secs(2)), "others wait for it");
    let received = read_answer(&mut stream).await;
    assert!(received.starts_with("HTTP/1.1 200"), "{received}");
}

/// A client that resets its connection is noticed at once. One that closes it may still read, for all that can be seen: it is noticed when
/// the wait is over.
async fn a_client_that_has_gone_is_noticed_while_its_request_waits(app: &TestApp) {
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| config.production.max_connections = 1);
    let long = long_poll(&app, 20).await;
    let short = long.replace("wait=20", "wait=1");
    for (request, resets) in [(&long, true), (&long, true), (&short, false)] {
        // Those before have ended.
        sleep(Duration::from_millis(200)).await;
        let mut stream = TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(200)).await;
        assert_eq!(app.raw(ALIVE).await.status(), 503, "it has the only place");
        if resets {
            stream.set_zero_linger().unwrap();
        }
        drop(stream);
        let started = Instant::now();
        while app.raw(ALIVE).await.status() != 200 {
            assert!(started.elapsed() < Duration::from_secs(5), "the place of a client that has gone is never free");
            sleep(Duration::from_millis(50)).await;
        }
    }
}
