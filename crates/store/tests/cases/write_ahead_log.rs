//! SQLite's write-ahead log stays short, and keeping it short makes no write wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use domain::{Department, DraftAccess, Mutual, Scrutineer, StaffBallot};
use store::{Error, Store, StoredRoot as _};
use tokio::task::JoinSet;

use crate::fixture::{ballot, checked, department, mutual, parsed};
use crate::kit::{Database, Register, next_id, stamp};

const MEBIBYTE: u64 = 1 << 20;
/// How long a case waits until the log is empty.
const PATIENCE: Duration = Duration::from_secs(3);

fn log_length(database: &Database) -> u64 {
    std::fs::metadata(database.folder().join("register.db-wal")).map_or(0, |file| file.len())
}

async fn enter_one(store: &Store) {
    let id = next_id();
    store
        .write(stamp(0), move |tx| Department::enter(tx, id, department(&id.to_string()), DraftAccess::All))
        .await
        .unwrap();
}

/// Enters so many records by so many callers at a time.
async fn load(store: &Store, records: usize, callers: usize) {
    let mut writes = JoinSet::new();
    for caller in 0..callers {
        let store = store.clone();
        let share = records / callers + usize::from(caller < records % callers);
        writes.spawn(async move {
            for _ in 0..share {
                enter_one(&store).await;
            }
        });
    }
    writes.join_all().await;
}

async fn the_log_stays_short_under_a_steady_load(register: &Register) {
    let done = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn({
        let (store, done) = (register.store.clone(), Arc::clone(&done));
        async move {
            // Somebody always reads, so that the log never starts over by itself.
            while !done.load(Ordering::Relaxed) {
                store.read::<_, Error, _>(store::entry_log::head).await.unwrap();
            }
        }
    });

    load(&register.store, 20_000, 256).await;
    let length = log_length(&register.database);
    done.store(true, Ordering::Relaxed);
    reading.await.unwrap();

    // The file never shrinks while it is in use, so its last length is its greatest.
    assert!(length < 80 * MEBIBYTE, "{} MiB", length / MEBIBYTE);
    assert_eq!(register.store.read_one::<_, Error, _>(store::entry_log::head).await.unwrap(), 20_000);
}

/// Enters a record of some length.
async fn enter_a_long_one(store: &Store) {
    let content = Mutual { description: Some(parsed(&"x".repeat(2_000))), ..mutual(&next_id::<Mutual>().to_string()) };
    store.write(stamp(0), move |tx| Mutual::enter(tx, next_id(), content.clone(), DraftAccess::All)).await.unwrap();
}

async fn a_long_read_makes_no_write_wait(register: &Register) {
    let store = register.store.clone();
    let (begun, begins) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let reading = {
        let store = store.clone();
        let read = move |tx: &mut store::ReadTx<'_>| {
            let head = store::entry_log::head(tx)?;
            begun.send(()).unwrap();
            let _ = ended.recv();
            Ok::<_, Error>(head)
        };
        tokio::spawn(async move { store.read(read).await })
    };
    tokio::task::block_in_place(|| begins.recv().unwrap());

    // Far beyond the length at which the log is to start over, which the reader forbids.
    while log_length(&register.database) < 100 * MEBIBYTE {
        let start = Instant::now();
        let mut writes = JoinSet::new();
        for _ in 0..64 {
            let store = store.clone();
            writes.spawn(async move { enter_a_long_one(&store).await });
        }
        writes.join_all().await;
        let waited = start.elapsed();
        assert!(waited < Duration::from_secs(2), "writes took {waited:?}");
    }
    drop(end);
    reading.await.unwrap().unwrap();

    store.write(stamp(0), |tx| Mutual::enter(tx, next_id(), mutual("After"), DraftAccess::All)).await.unwrap();
}

/// How often a text is in a register's files.
fn found(database: &Database, text: &str) -> usize {
    ["register.db", "register.db-wal"]
        .iter()
        .map(|name| std::fs::read(database.folder().join(name)).unwrap())
        .map(|bytes| bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count())
        .sum()
}

/// Rows that grow move to other pages and leave bytes behind, which are to be gone too.
async fn what_was_erased_is_in_no_byte(register: &Register) {
    let supplier = register.enter(mutual("Supplier")).await;
    let named = |name: String, question: usize| {
        let scrutineer = Scrutineer { name: Some(parsed(&name)), ..Scrutineer::default() };
        StaffBallot {
            scrutineer: Some(checked(scrutineer)),
            question: Some(parsed(&"Q".repeat(question))),
            ..ballot(supplier.id)
        }
    };
    let mut ballots = Vec::new();
    for n in 0..100 {
        ballots.push(register.enter(named(format!("Erasmus {n:02} I"), 1)).await.id);
    }
    for (n, id) in ballots.iter().enumerate() {
        register.change(*id, named(format!("Erasmus {n:02} II"), 40 * n % 1900 + 1)).await;
    }
    assert!(found(&register.database, "Erasmus 37") > 0);

    for (n, id) in ballots.into_iter().enumerate().filter(|(n, _)| n % 3 == 1) {
        register.write(move |tx| store::staff_ballot::erase(tx, &id, "Asked for")).await.unwrap();
        assert!(n != 37 || found(&register.database, "Erasmus 37") > 0, "the log is longer than one change");
    }
    assert!(store::empty_write_ahead_log(&register.database.url(), PATIENCE).unwrap());

    let left: Vec<usize> = (0..100).filter(|n| found(&register.database, &format!("Erasmus {n:02}")) > 0).collect();
    assert_eq!(left, (0..100).filter(|n| n % 3 != 1).collect::<Vec<_>>());
}

async fn a_log_that_somebody_reads_is_not_emptied(register: &Register) {
    let (begun, begins) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    register.enter(mutual("Before")).await;
    let reading = tokio::spawn({
        let store = register.store.clone();
        let read = move |tx: &mut store::ReadTx<'_>| {
            let head = store::entry_log::head(tx)?;
            begun.send(()).unwrap();
            let _ = ended.recv();
            Ok::<_, Error>(head)
        };
        async move { store.read(read).await }
    });
    tokio::task::block_in_place(|| begins.recv().unwrap());
    register.enter(mutual("After")).await;
    let url = register.database.url();
    let empty = move || store::empty_write_ahead_log(&url, PATIENCE).unwrap();

    assert!(!tokio::task::block_in_place(&empty));
    drop(end);
    reading.await.unwrap().unwrap();
    assert!(tokio::task::block_in_place(&empty));
    assert_eq!(log_length(&register.database), 0);
}

on_sqlite!(
    the_log_stays_short_under_a_steady_load,
    a_long_read_makes_no_write_wait,
    what_was_erased_is_in_no_byte,
    a_log_that_somebody_reads_is_not_emptied,
);
