//! The program on the command line.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, Instant};

use kit::fixture::{MUTUALS, id, mutual};
use kit::{Database, Ended, Engine, Program, TestApp};
use serde_json::{Value, json};

use crate::entry_log::entries;

kit::on_both! {
    migrating_twice_applies_nothing_the_second_time,
    several_instances_may_start_at_once,
    serving_says_where_and_ends_well_when_told,
    a_request_that_has_begun_is_answered_before_the_end,
    an_end_loses_no_request_and_waits_for_no_stuck_client,
    a_second_signal_ends_at_once,
}

#[track_caller]
fn succeeded(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[track_caller]
fn failed(ended: &Ended, words: &[&str]) {
    assert!(ended.code.is_some_and(|code| code == 1 || code == 2), "{ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "no {word:?} in {ended:?}");
    }
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
}

async fn migrating_twice_applies_nothing_the_second_time(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let first = Program::new(&["migrate"]).env("DATABASE_URL", &database.url()).run();
    succeeded(&first);
    assert!(first.stdout.contains("0001") && first.stdout.contains("0005"), "{first:?}");
    let second = Program::new(&["migrate"]).env("DATABASE_URL", &database.url()).run();
    succeeded(&second);
    assert!(!second.stdout.contains("0001"), "{second:?}");
}

async fn several_instances_may_start_at_once(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let url = database.url();
    let migrations: Vec<_> = (0..4)
        .map(|_| {
            let url = url.clone();
            thread::spawn(move || Program::new(&["migrate"]).env("DATABASE_URL", &url).run())
        })
        .collect();
    for migration in migrations {
        succeeded(&migration.join().unwrap());
    }
}

async fn serving_says_where_and_ends_well_when_told(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let served = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).serve();
    for words in ["mutuals", "/docs/", "curl"] {
        assert!(served.greeting.contains(words), "{}", served.greeting);
    }
    database.make_admin_key();
    let client = kit::Client::to(served.address());
    let created =
        client.request("POST".parse().unwrap(), MUTUALS).with_key(kit::admin_key()).json(&mutual("Harmonie")).await;
    created.expect(201);
    drop(client);
    served.terminate();
    assert_eq!(served.wait(), Some(0));
    let found = TestApp::with(database, |_| {});
    assert_eq!(found.get("/v1/mutuals/harmonie").await.expect(200), created.json());
}

async fn a_request_that_has_begun_is_answered_before_the_end(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let served = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).serve();
    database.make_admin_key();
    let body = mutual("Harmonie").to_string();
    let (begun, rest) = body.split_at(5);
    let head = format!(
        "POST {MUTUALS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        kit::admin_key(),
        body.len()
    );
    let mut stream = TcpStream::connect(served.address()).unwrap();
    stream.write_all(format!("{head}{begun}").as_bytes()).unwrap();
    // The server must have seen the request before it is told to end.
    let mut seen = [0; 25];
    stream.read_exact(&mut seen).unwrap();
    assert_eq!(&seen, b"HTTP/1.1 100 Continue\r\n\r\n");
    served.terminate();
    thread::sleep(Duration::from_millis(300));
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
    drop(stream);
    assert_eq!(served.wait(), Some(0));
    TestApp::with(database, |_| {}).get("/v1/mutuals/harmonie").await.expect(200);
}

fn sent(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// An answer to the end of the connection, which must be whole.
fn whole_answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("a request was lost: {answer:?}"));
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert_eq!(length, body.len().to_string(), "an answer was cut: {answer}");
    answer
}

const ALIVE: &str = "GET /v1/departments?limit=1 HTTP/1.1\r\nHost: x\r\n";

/// Calls until nobody listens any more, on a connection for each call or on one for as long as the service says.
fn call_to_the_end(address: SocketAddr, keeps: bool) -> usize {
    let (mut answered, mut resets) = (0, 0);
    while let Ok(mut stream) = TcpStream::connect(address) {
        match call(&mut stream, keeps) {
            Ok(answers) => answered += answers,
            // The system takes a connection until the service no longer listens (decision 33).
            Err(error) if error.kind() == ErrorKind::ConnectionReset && resets == 0 => resets += 1,
            Err(error) => panic!("a new connection is of no use: {error}"),
        }
    }
    answered
}

/// Calls for as long as the service keeps the connection; how many calls were answered.
///
/// # Errors
/// Where the connection ended before the first byte of an answer.
fn call(stream: &mut TcpStream, keeps: bool) -> std::io::Result<usize> {
    let close = if keeps { "" } else { "Connection: close\r\n" };
    let mut answered = 0;
    loop {
        let mut received = Vec::new();
        let exchange = stream.write_all(format!("{ALIVE}{close}\r\n").as_bytes());
        let exchange = exchange.and_then(|()| read_answer(stream, &mut received));
        match exchange {
            Err(error) if answered == 0 && received.is_empty() => return Err(error),
            exchange => exchange.unwrap_or_else(|error| panic!("a request was lost after {answered}: {error}")),
        }
        let answer = String::from_utf8(received).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answered += 1;
        if !keeps || answer.contains("connection: close") {
            return Ok(answered);
        }
    }
}

fn read_answer(stream: &mut TcpStream, received: &mut Vec<u8>) -> std::io::Result<()> {
    let mut chunk = [0; 4096];
    while !kit::is_whole(received) {
        match stream.read(&mut chunk)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => received.extend_from_slice(&chunk[..count]),
        }
    }
    Ok(())
}

async fn an_end_loses_no_request_and_waits_for_no_stuck_client(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let program = Program::new(&["serve", "--listen", "127.0.0.1:0", "--drain-seconds", "3"]);
    let served = program.env("DATABASE_URL", &database.url()).serve();
    database.make_admin_key();
    let address = served.address();
    let half_a_body = format!(
        "POST {MUTUALS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{",
        kit::admin_key()
    );
    let stuck = [half_a_body.as_str(), "GET /livez HT", ""].map(|request| sent(address, request));
    let client = kit::Client::to(address);
    let newest = client.request("GET".parse().unwrap(), "/v1/entries").await.expect(200)["next_after"].clone();
    drop(client);
    let mut waiting = sent(address, &format!("GET /v1/entries?after={newest}&wait=20 HTTP/1.1\r\nHost: x\r\n\r\n"));
    let callers = [false, false, true, true].map(|keeps| thread::spawn(move || call_to_the_end(address, keeps)));
    thread::sleep(Duration::from_millis(300));
    let told = Instant::now();
    served.terminate();
    thread::sleep(Duration::from_millis(200));
    let readiness = whole_answer(&mut sent(address, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(readiness.starts_with("HTTP/1.1 503") && readiness.contains("stopping"), "{readiness}");
    let new = whole_answer(&mut sent(address, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert!(new.starts_with("HTTP/1.1 200") && new.contains("connection: close"), "{new}");
    let both = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    let mut pipelined = String::new();
    sent(address, &both).read_to_string(&mut pipelined).unwrap();
    assert_eq!(pipelined.matches("HTTP/1.1 200").count(), 2, "{pipelined}");
    assert!(whole_answer(&mut waiting).starts_with("HTTP/1.1 200"));
    assert!(told.elapsed() >= Duration::from_secs(3), "what waits ends after new connections do");
    for caller in callers {
        assert!(caller.join().unwrap() >= 10);
    }
    assert_eq!(served.wait(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(15), "{:?}", told.elapsed());
    drop(stuck);
}

async fn a_second_signal_ends_at_once(app: &TestApp) {
    let database = Database::absent(app.database().engine());
    let served = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).serve();
    let stuck = sent(served.address(), "GET /livez HT");
    thread::sleep(Duration::from_millis(100));
    let told = Instant::now();
    served.terminate();
    thread::sleep(Duration::from_millis(300));
    served.terminate();
    assert_eq!(served.wait(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
    drop(stuck);
}

/// As the last process has it that closes it, while it puts the write-ahead log away.
#[test]
fn a_file_that_another_process_has_for_itself_is_waited_for() {
    let database = Database::fresh(Engine::Sqlite);
    for command in [&["keys", "list"][..], &["migrate"], &["log", "verify"]] {
        let began = Instant::now();
        let _kept = database.keep_alone(Duration::from_secs(1));
        succeeded(&Program::new(command).env("DATABASE_URL", &database.url()).run());
        assert!(began.elapsed() >= Duration::from_secs(1), "{command:?}");
    }
}

#[test]
fn a_data_file_that_cannot_be_used_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let serve = || {
        let path = folder.path().to_str().unwrap();
        Program::new(&["serve", "--data-dir", path, "--database-url", "sqlite:no-register.db", "--must-exist"]).run()
    };
    failed(&serve(), &["cannot use the data files in", "none of these is there: bank_holidays_uk.csv"]);
    std::fs::write(folder.path().join("thresholds.csv"), "threshold,from,amount_minor,source\npa,2025-02-24,1,x\n")
        .unwrap();
    failed(&serve(), &["thresholds.csv: line 2: \"pa\" is no threshold"]);
    std::fs::remove_file(folder.path().join("thresholds.csv")).unwrap();
    std::fs::write(folder.path().join("published_figures.csv"), "as_on,count\n2012,9\n").unwrap();
    failed(&serve(), &["published_figures.csv: line 1: expected the columns as_on,count,staff,"]);
}

#[test]
fn help_and_version_are_for_people() {
    let help = Program::new(&["--help"]).run();
    succeeded(&help);
    for command in ["serve", "migrate", "openapi", "import-sample", "keys", "backup", "restore"] {
        assert!(help.stdout.contains(command), "{}", help.stdout);
        succeeded(&Program::new(&[command, "--help"]).run());
    }
    let serve = Program::new(&["serve", "--help"]).run().stdout;
    for word in ["--listen", "--database-url", "MUTUALS_LISTEN", "DATABASE_URL", "127.0.0.1:8080", "--public-url"] {
        assert!(serve.contains(word), "{serve}");
    }
    for odd in [
        ["--public-url", "register.example.gov.uk"],
        ["--trusted-proxy", "10.0.0.0/64"],
        ["--rate-limit-per-address", "many"],
        ["--rate-limit-per-key", "600/0"],
        ["--request-timeout", "0"],
        ["--max-connections", "0"],
        ["--metrics-listen", "nowhere"],
        ["--clock-tolerance", "0"],
        ["--clock-tolerance", "31536001"],
        ["--drain-seconds", "soon"],
        ["--contact-url", "example.gov.uk"],
        ["--contact-email", "register at example"],
    ] {
        failed(&Program::new(&["serve", odd[0], odd[1]]).run(), &[odd[1]]);
    }
    let nameless = Program::new(&["serve", "--licence-url", "https://example.gov.uk/licence"]).run();
    failed(&nameless, &["--licence-name"]);
    let version = Program::new(&["--version"]).run();
    succeeded(&version);
    assert_eq!(version.stdout.trim(), format!("mutuals {}", env!("CARGO_PKG_VERSION")));
    failed(&Program::new(&["dance"]).run(), &["dance"]);
}

#[test]
fn an_address_of_no_known_database_is_told_at_once() {
    for url in ["mysql://root@localhost/register", "register.db", "", "sqlite:", "postgres//x"] {
        for command in ["serve", "migrate", "import-sample"] {
            failed(&Program::new(&[command]).env("DATABASE_URL", url).run(), &["sqlite:", "postgres://"]);
        }
    }
    let secret = Program::new(&["migrate"]).env("DATABASE_URL", "mysql://root:hunter2@localhost/register").run();
    assert!(!secret.stderr.contains("hunter2"), "{secret:?}");
}

#[test]
fn a_database_that_cannot_be_reached_is_told_at_once() {
    failed(
        &Program::new(&["serve"]).env("DATABASE_URL", "sqlite:/nowhere/at/all/register.db").run(),
        &["/nowhere/at/all/register.db"],
    );
    let unreachable =
        Program::new(&["migrate"]).env("DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:1/register").run();
    failed(&unreachable, &["127.0.0.1"]);
    assert!(!unreachable.stderr.contains("hunter2"), "{unreachable:?}");
    let taken = TestApp::start(Engine::Sqlite);
    let database = Database::absent(Engine::Sqlite);
    let address = taken.address().to_string();
    let refused = Program::new(&["serve", "--listen", &address, "--database-url", &database.url()]).run();
    failed(&refused, &[&address]);
    failed(&Program::new(&["serve", "--listen", "nowhere"]).run(), &["nowhere"]);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let database = Database::fresh(engine);
        database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        failed(&Program::new(&["serve"]).env("DATABASE_URL", &database.url()).run(), &["9999"]);
    }
}

#[test]
fn a_backup_taken_while_the_register_is_served_can_be_restored() {
    let app = TestApp::start(Engine::Sqlite);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = app.database().url();
    let folder = app.database().path().parent().unwrap().to_owned();
    let copy = folder.join("copy.db");
    let copy_path = copy.to_str().unwrap();
    let record = runtime.block_on(async {
        let record = app.create(MUTUALS, &mutual("Harmonie")).await;
        let writes = async {
            for number in 0..30 {
                app.create(MUTUALS, &mutual(&format!("Mutual {number}"))).await;
            }
        };
        let program = Program::new(&["backup", copy_path]).env("DATABASE_URL", &url);
        let backup = tokio::task::spawn_blocking(move || program.run());
        let (backup, ()) = futures_util::future::join(backup, writes).await;
        succeeded(&backup.unwrap());
        record
    });
    failed(&Program::new(&["backup", copy_path]).env("DATABASE_URL", &url).run(), &[copy_path]);
    failed(&Program::new(&["restore", copy_path]).env("DATABASE_URL", &url).run(), &["register.db"]);

    let restored = Database::absent(Engine::Sqlite);
    succeeded(&Program::new(&["restore", copy_path]).env("DATABASE_URL", &restored.url()).run());
    crate::entry_log::assert_sound(&entries(&restored));
    let again = TestApp::with(restored, |_| {});
    runtime.block_on(async {
        assert_eq!(again.get(format!("{MUTUALS}/{}", id(&record))).await.expect(200), record);
        assert_eq!(again.walk(&format!("{MUTUALS}?q=harmonie")).await, [record]);
        again.create(MUTUALS, &mutual("After the restore")).await;
    });
    drop(runtime);
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let database = Database::absent(Engine::Sqlite);
    let folder = database.path().parent().unwrap().to_owned();
    let broken = folder.join("broken.db");
    for content in ["", "not a database", "SQLite format 3\0 and nothing behind it"] {
        fs::write(&broken, content).unwrap();
        failed(
            &Program::new(&["restore", broken.to_str().unwrap()]).env("DATABASE_URL", &database.url()).run(),
            &["broken.db"],
        );
        assert!(!database.path().exists());
    }
    let missing = folder.join("missing.db");
    failed(
        &Program::new(&["restore", missing.to_str().unwrap()]).env("DATABASE_URL", &database.url()).run(),
        &["missing.db"],
    );
    failed(
        &Program::new(&["backup", broken.to_str().unwrap()]).env("DATABASE_URL", &database.url()).run(),
        &["register.db"],
    );
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["broken.db", "register.db.lock"], "a refused restore leaves no register behind");
}

#[test]
fn on_postgresql_backup_and_restore_name_the_tool_to_use() {
    let database = Database::fresh(Engine::Postgres);
    failed(&Program::new(&["backup", "copy.db"]).env("DATABASE_URL", &database.url()).run(), &["pg_dump"]);
    failed(&Program::new(&["restore", "copy.db"]).env("DATABASE_URL", &database.url()).run(), &["pg_restore"]);
}

#[test]
fn the_default_register_is_a_file_in_the_working_folder() {
    let folder = tempfile::tempdir().unwrap();
    succeeded(&Program::new(&["migrate"]).in_folder(folder.path()).run());
    assert!(folder.path().join("mutuals.db").is_file());
}

#[test]
fn a_command_that_reads_makes_no_register() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    fs::write(&file, "mutuals\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n").unwrap();
    let checkpoint = ["log", "verify", "--checkpoint", file.to_str().unwrap()];
    let erase = ["erase", "/v1/staff-ballots/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "--reason", "asked for"];
    let revoke = ["keys", "revoke", "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f"];
    let commands: [&[&str]; 8] = [
        &["keys", "list"],
        &revoke,
        &erase,
        &["log", "verify"],
        &checkpoint,
        &["log", "export"],
        &["backup", "copy.db"],
        &["serve", "--must-exist", "--listen", "127.0.0.1:0"],
    ];
    for command in commands {
        let ended = Program::new(command).in_folder(folder.path()).run();
        failed(&ended, &["there is no register at sqlite:mutuals.db"]);
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["checkpoint"], "{command:?}");
    }
    for command in commands {
        let database = Database::absent(Engine::Postgres);
        failed(&Program::new(command).env("DATABASE_URL", &database.url()).run(), &[]);
        assert!(database.rows("SELECT 1 AS n FROM pg_tables WHERE schemaname = 'public'").is_empty(), "{command:?}");
    }
}

#[test]
fn a_file_that_is_no_register_is_not_served_unless_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mutuals.db");
    for content in ["", "not a database"] {
        fs::write(&file, content).unwrap();
        for command in ["serve", "migrate", "import-sample"] {
            failed(&Program::new(&[command]).in_folder(folder.path()).run(), &["there is no register", "mutuals.db"]);
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    failed(&Program::new(&["serve", "--create", "--must-exist"]).in_folder(folder.path()).run(), &["--must-exist"]);
    fs::write(&file, "").unwrap();
    let served = Program::new(&["serve", "--create", "--listen", "127.0.0.1:0"]).in_folder(folder.path()).serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        kit::Client::to(served.address()).request("GET".parse().unwrap(), MUTUALS).await.expect(200);
    });
    drop(runtime);
    served.terminate();
    assert_eq!(served.wait(), Some(0));
    succeeded(&Program::new(&["migrate", "--must-exist"]).in_folder(folder.path()).run());
}

#[test]
fn a_signing_key_that_everybody_can_read_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &[&str]| Program::new(command).in_folder(folder.path()).run();
    succeeded(&run(&["migrate"]));
    succeeded(&run(&["log", "make-key", "log-key.pem"]));
    let key = folder.path().join("log-key.pem");
    let export = ["log", "export", "--signing-key-file", "log-key.pem"];

    fs::set_permissions(&key, fs::Permissions::from_mode(0o604)).unwrap();
    failed(&run(&export), &["log-key.pem", "chmod 600"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let warned = run(&export);
    succeeded(&warned);
    assert!(warned.stderr.contains("chmod 600 log-key.pem"), "{warned:?}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(!run(&export).stderr.contains("chmod"));
}

/// `mutuals openapi | head`: the reader has what it wanted.
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let program = |command: &[&str]| Program::new(command).in_folder(folder.path());
    succeeded(&program(&["import-sample"]).run_unread());
    succeeded(&program(&["keys", "create", "--role", "admin", "--label", "Mine"]).run());
    for command in [
        &["openapi"][..],
        &["openapi", "--profile", "3.0"],
        &["roles"],
        &["keys", "list"],
        &["log", "export"],
        &["log", "verify"],
        &["migrate"],
        &["--help"],
        &["serve", "--help"],
        &["--version"],
    ] {
        let ended = program(command).run_unread();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{command:?}");
    }
    // A key that nobody reads is lost.
    failed(
        &program(&["keys", "create", "--role", "admin", "--label", "Mine"]).run_unread(),
        &["cannot write the output"],
    );
    for command in [&["openapi"][..], &["roles"], &["keys", "list"], &["log", "export"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        failed(&program(command).run_into(full), &["cannot write the output", "No space left"]);
    }
}

#[test]
fn a_register_that_everybody_can_read_is_served_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = || Program::new(&["migrate"]).in_folder(folder.path()).run();
    succeeded(&migrate());
    fs::set_permissions(folder.path().join("mutuals.db"), fs::Permissions::from_mode(0o644)).unwrap();
    let warned = migrate();
    succeeded(&warned);
    assert!(warned.stderr.contains("chmod 600 mutuals.db"), "{warned:?}");
}

#[test]
fn two_processes_may_serve_one_file() {
    let database = Database::absent(Engine::Sqlite);
    let program = || Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url());
    let served = [program().serve(), program().serve()];
    database.make_admin_key();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let clients = [0, 1].map(|n: usize| kit::Client::to(served[n].address()));
    let post = |n: usize, name: &str| {
        clients[n % 2].request("POST".parse().unwrap(), MUTUALS).with_key(kit::admin_key()).json(&mutual(name))
    };
    runtime.block_on(async {
        // Each name is asked for in both, at the same time: one of the two must get it, and see that the other has.
        let writes = (0..200).map(|n| {
            let write = post(n, &format!("Mutual {}", n / 2));
            async move { write.await.status() }
        });
        let mut answers = futures_util::future::join_all(writes).await;
        answers.sort_unstable();
        let (made, refused) = answers.split_at(100);
        assert!(made.iter().all(|status| *status == 201) && refused.iter().all(|status| *status == 409), "{answers:?}");
        let mut heads = Vec::new();
        for client in &clients {
            heads.push(client.request("GET".parse().unwrap(), "/v1/log/head").await.expect(200));
        }
        assert_eq!(heads[0], heads[1]);
        assert_eq!(heads[0]["tree_size"], 100);
    });
    drop(clients);
    drop(runtime);
    for process in served {
        process.terminate();
        assert_eq!(process.wait(), Some(0));
    }
    crate::entry_log::assert_sound(&entries(&database));
    succeeded(&Program::new(&["log", "verify"]).env("DATABASE_URL", &database.url()).run());
}

#[test]
fn the_log_has_a_line_for_each_request_and_no_bodies() {
    let database = Database::absent(Engine::Sqlite);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let program = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url());
    let served = program.log_to(log.reopen().unwrap()).serve();
    database.make_admin_key();
    runtime.block_on(async {
        let client = kit::Client::to(served.address());
        let post = client
            .request("POST".parse().unwrap(), format!("{MUTUALS}?validate_only=true"))
            .with_key(kit::admin_key())
            .header("request-id", "line-1");
        post.json(&json!({ "name": "Secret Harmonie", "sectors": ["culture"] })).await.expect(200);
        let get =
            client.request("GET".parse().unwrap(), format!("{MUTUALS}/hidden-slug")).header("request-id", "line-2");
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        get.header("traceparent", trace).header("x-forwarded-for", "198.51.100.77").await.problem(404);
    });
    drop(runtime);
    served.terminate();
    assert_eq!(served.wait(), Some(0));
    let log = fs::read_to_string(log.path()).unwrap();
    let line = |request: &str| {
        log.lines().find(|line| line.contains(request)).unwrap_or_else(|| panic!("no {request} in {log}")).to_owned()
    };
    assert!(!line("line-1").contains("127.0.0.1"), "{log}");
    for words in ["POST", "/v1/mutuals", "200"] {
        assert!(line("line-1").contains(words), "{log}");
    }
    for words in ["GET", "/v1/mutuals/{mutual}", "404", "trace=4bf92f3577b34da6a3ce929d0e0e4736"] {
        assert!(line("line-2").contains(words), "{log}");
    }
    assert!(["Secret", "hidden-slug", "198.51.100.77", "psm_"].iter().all(|secret| !log.contains(secret)), "{log}");
}

/// What the service logs when it is asked with this log format; the admin's key first.
fn logged(arguments: &[&str], filter: &str) -> String {
    let database = Database::absent(Engine::Sqlite);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let program = Program::new(&[&["serve", "--listen", "127.0.0.1:0", "--drain-seconds", "0"], arguments].concat());
    let program = program.env("DATABASE_URL", &database.url()).env("RUST_LOG", filter);
    let served = program.log_to(log.reopen().unwrap()).serve();
    database.make_admin_key();
    runtime.block_on(async {
        let client = kit::Client::to(served.address());
        let get = |path: &str| client.request("GET".parse().unwrap(), path);
        get("/v1/keys").with_key(kit::admin_key()).header("request-id", "keyed").await.expect(200);
        get("/v1/mutuals").with_key("psm_nonsense").header("request-id", "refused").await.problem(401);
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        get("/v1/mutuals/hidden-slug").header("request-id", "public").header("traceparent", trace).await.problem(404);
        get("/livez").header("request-id", "probe").await.expect(200);
        get("/readyz").header("request-id", "probe").await.expect(200);
        get("/livez?x=1").header("request-id", "wrong-probe").await.problem(400);
    });
    drop(runtime);
    served.terminate();
    assert_eq!(served.wait(), Some(0));
    fs::read_to_string(log.path()).unwrap()
}

/// The admin's key is `psm_`, its id, and its secret.
fn admin_key_id() -> String {
    let digits = kit::admin_key().split('_').nth(1).unwrap();
    uuid::Uuid::parse_str(digits).unwrap().to_string()
}

#[test]
fn a_line_of_the_log_names_the_key_and_probes_have_none() {
    let log = logged(&[], "info");
    let line = |request: &str| {
        log.lines().find(|line| line.contains(request)).unwrap_or_else(|| panic!("no {request} in {log}"))
    };
    assert!(line(" keyed ").ends_with(&format!("us caller=key:{}", admin_key_id())), "{log}");
    assert!(line(" public ").ends_with("us trace=4bf92f3577b34da6a3ce929d0e0e4736"), "{log}");
    assert!(!line(" refused ").contains("caller"), "{log}");
    assert!(!log.contains(" probe ") && log.contains(" wrong-probe "), "{log}");
    assert!(!log.contains(kit::admin_key()) && !log.contains("hidden-slug"), "{log}");
    let log = logged(&[], "info,api::http::gate=debug");
    assert_eq!(log.matches(" probe ").count(), 2, "{log}");
}

#[test]
fn the_log_can_be_json() {
    let log = logged(&["--log-format", "json"], "info");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    for line in &lines {
        for member in ["time", "level", "target", "message"] {
            assert!(line[member].is_string(), "{line}");
        }
    }
    let line =
        |id: &str| lines.iter().find(|line| line["request_id"] == id).unwrap_or_else(|| panic!("no {id} in {log}"));
    let keyed = line("keyed");
    assert_eq!(keyed["caller"], format!("key:{}", admin_key_id()));
    assert_eq!(keyed["level"], "info");
    assert_eq!((&keyed["method"], &keyed["route"], &keyed["status"]), (&json!("GET"), &json!("/v1/keys"), &json!(200)));
    assert!(keyed["duration_us"].is_u64() && keyed.get("trace").is_none(), "{keyed}");
    let public = line("public");
    assert_eq!((&public["trace"], public.get("caller")), (&json!("4bf92f3577b34da6a3ce929d0e0e4736"), None));
    assert!(!log.contains("\"probe\"") && !log.contains(kit::admin_key()), "{log}");
    failed(&Program::new(&["migrate", "--log-format", "xml"]).run(), &["text", "json"]);
}

#[test]
fn the_program_asks_a_service_whether_it_responds() {
    let database = Database::absent(Engine::Sqlite);
    let served = Program::new(&["serve", "--listen", "0.0.0.0:0"]).env("DATABASE_URL", &database.url()).serve();
    let listen = format!("0.0.0.0:{}", served.address().port());
    for arguments in [&["health", "--listen", &listen][..], &["health", "--listen", &listen, "--ready"]] {
        let asked = Program::new(arguments).run();
        succeeded(&asked);
        assert_eq!(asked.stdout, "ok\n");
    }
    database.take_away();
    let ask = || Program::new(&["health", "--ready"]).env("MUTUALS_LISTEN", &listen).run();
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut unready = ask();
    while unready.code == Some(0) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(100));
        unready = ask();
    }
    assert_eq!(unready.code, Some(1));
    failed(&unready, &["/readyz", "503"]);
    succeeded(&Program::new(&["health"]).env("MUTUALS_LISTEN", &listen).run());
    served.kill();
    let gone = Program::new(&["health", "--listen", &listen]).run();
    assert_eq!(gone.code, Some(1));
    failed(&gone, &["no service responds", "/livez"]);
}
