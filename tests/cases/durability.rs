//! What was acknowledged is on disk, whatever happens to the program a moment later.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use kit::fixture::{MUTUALS, mutual};
use kit::{ChildResource, Client, Database, DiskFault, Engine, FaultyDisk, Program, Response, TestApp};
use serde_json::json;

use crate::entry_log::{assert_sound, entries};

const ROUNDS: u64 = 20;
const THREADS: u64 = 4;

/// Loads mutuals from several threads, kills the program at a moment that nobody chose, starts it again, and goes on.
#[test]
fn every_acknowledged_record_survives_a_kill() {
    let database = Database::absent(Engine::Sqlite);
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let served = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).serve();
        database.make_admin_key();
        let address = served.address();
        let callers: Vec<_> = (0..THREADS).map(|caller| thread::spawn(move || load(address, round, caller))).collect();
        thread::sleep(Duration::from_millis(20 + chance() % 120));
        served.kill();
        for caller in callers {
            acknowledged.extend(caller.join().unwrap());
        }
    }
    assert!(acknowledged.len() > 20, "only {} records were acknowledged", acknowledged.len());

    let entries = entries(&database);
    assert_sound(&entries);
    let app = TestApp::with(database, |_| {});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let kept: BTreeSet<String> =
        runtime.block_on(app.column(&format!("{MUTUALS}?limit=200"), "id")).into_iter().collect();
    drop(runtime);
    let lost: Vec<&String> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged records are lost", lost.len(), acknowledged.len());
    assert_eq!(entries.len(), kept.len(), "each record has its entry, and no other has one");
}

/// The program on a disk that may fail, with the key of the administrator.
fn serve_on(disk: &FaultyDisk, database: &Database) -> ChildResource {
    let program = Program::new(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url());
    let served = disk.under(program).serve();
    database.make_admin_key();
    served
}

async fn create(address: SocketAddr, name: &str, idempotency_key: &str) -> Response {
    let client = Client::to(address);
    let request = client.request("POST".parse().unwrap(), MUTUALS).with_key(kit::admin_key());
    request.header("idempotency-key", idempotency_key).json(&mutual(name)).await
}

async fn get(address: SocketAddr, path: &str) -> Response {
    Client::to(address).request("GET".parse().unwrap(), path).await
}

/// What it is within five seconds.
async fn wait_for_readiness(address: SocketAddr, wanted: u16) -> Response {
    let started = Instant::now();
    loop {
        let answer = get(address, "/readyz").await;
        if answer.status() == wanted {
            return answer;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "it is still {answer:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The disk fails at the commit, then works again, or the program ends before that. Whichever it is, the same request makes the record
/// once.
#[test]
fn a_change_whose_commit_failed_may_have_been_made_and_is_made_once_when_it_is_repeated() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for is_killed in [false, true] {
        let (disk, database) = (FaultyDisk::new(), Database::absent(Engine::Sqlite));
        let mut served = serve_on(&disk, &database);
        runtime.block_on(async {
            create(served.address(), "Before", "a").await.expect(201);
            wait_for_readiness(served.address(), 200).await;

            disk.set(Some(DiskFault::Sync));
            let failed = create(served.address(), "Meanwhile", "b").await;
            failed.expect_problem(504, "outcome-unknown");
            assert!(failed.header("retry-after").is_some());
            wait_for_readiness(served.address(), 503).await.expect_problem(503, "read-only");
            let reading = get(served.address(), "/readyz?read_only=true").await;
            assert_eq!(reading.expect(200), json!({ "status": "read_only" }));
            get(served.address(), MUTUALS).await.expect(200);
        });
        if is_killed {
            served.kill();
            disk.set(None);
            served = serve_on(&disk, &database);
        } else {
            disk.set(None);
        }
        runtime.block_on(async {
            wait_for_readiness(served.address(), 200).await;
            create(served.address(), "Meanwhile", "b").await.expect(201);
            create(served.address(), "After", "c").await.expect(201);
            let listed = get(served.address(), MUTUALS).await.expect(200);
            assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
        });
        served.kill();
        assert_sound(&entries(&database));
    }
}

#[test]
fn a_full_disk_is_told_as_such_until_there_is_room_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (disk, database) = (FaultyDisk::new(), Database::absent(Engine::Sqlite));
    let served = serve_on(&disk, &database);
    runtime.block_on(async {
        let address = served.address();
        create(address, "Before", "a").await.expect(201);
        disk.set(Some(DiskFault::Full));
        create(address, "Meanwhile", "b").await.expect_problem(507, "storage-full");
        wait_for_readiness(address, 503).await.expect_problem(503, "read-only");
        disk.set(None);
        wait_for_readiness(address, 200).await;
        create(address, "Meanwhile", "b").await.expect(201);
    });
    served.kill();
    let entries = entries(&database);
    assert_sound(&entries);
    assert_eq!(entries.len(), 2);
}

/// Creates mutuals until the server is gone; gives the ids of those that it said it had created.
fn load(address: SocketAddr, round: u64, caller: u64) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::to(address);
        let mut ids = Vec::new();
        for number in 0.. {
            let request = client
                .request("POST".parse().unwrap(), MUTUALS)
                .with_key(kit::admin_key())
                .json(&mutual(&format!("Mutual {round} {caller} {number}")));
            match client.try_send(&request).await {
                Ok(answer) => ids.push(answer.expect(201)["id"].as_str().unwrap().to_owned()),
                Err(_) => break,
            }
        }
        ids
    })
}

/// A number that differs from run to run.
fn chance() -> u64 {
    UNIX_EPOCH.elapsed().map_or(0, |time| u64::from(time.subsec_nanos()) / 1000)
}
