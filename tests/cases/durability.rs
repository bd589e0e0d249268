//! What was acknowledged is on disk, whatever happens to the program a moment later.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use kit::fixture::{MUTUALS, mutual};
use kit::{Client, Database, Engine, Program, TestApp};

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
