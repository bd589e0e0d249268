//! Whether a store can read and write, as it says itself.

use std::time::{Duration, Instant};

use domain::{DraftAccess, Mutual};
use store::{Error, Readiness, StoredRoot as _};
use tokio::task::JoinSet;

use crate::fixture::mutual;
use crate::kit::{Database, Engine, Hold, Register, next_id, stamp};
use crate::writer::waiting;

/// It is told within five seconds.
async fn wait_for(register: &Register, wanted: impl Fn(&Readiness) -> bool) {
    let started = Instant::now();
    let mut found = register.store.readiness().await;
    while !wanted(&found) {
        assert!(started.elapsed() < Duration::from_secs(5), "{found:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        found = register.store.readiness().await;
    }
}

pub async fn assert_ready(register: &Register) {
    wait_for(register, |found| found.reads.is_ok() && found.writes.is_ok()).await;
}

async fn a_file_that_is_moved_away_or_replaced_is_neither_read_nor_written_to_until_it_is_back(register: &Register) {
    register.enter(mutual("Before")).await;
    assert_ready(register).await;
    let names = ["", "-wal"].map(|suffix| format!("register.db{suffix}"));
    for name in names {
        let (path, elsewhere) = (register.database.folder().join(&name), register.database.folder().join("elsewhere"));
        std::fs::rename(&path, &elsewhere).unwrap();
        for replacement in [false, true] {
            if replacement {
                std::fs::copy(&elsewhere, &path).unwrap();
            }
            let refused = register.try_enter(mutual("Meanwhile")).await;
            assert!(matches!(refused, Err(Error::Unavailable(_))), "{name} {replacement}: {refused:?}");
            wait_for(register, |found| found.reads.is_err() && found.writes.is_err()).await;
        }
        std::fs::rename(&elsewhere, &path).unwrap();
        assert_ready(register).await;
        register.enter(mutual(&format!("After {name}"))).await;
    }
    assert_eq!(register.entries().len(), 3);
}

async fn a_database_that_becomes_read_only_says_so_and_is_ready_again_afterwards(register: &Register) {
    register.enter(mutual("Before")).await;
    register.database.refuse_writes(true);
    wait_for(register, |found| found.reads.is_ok() && found.writes.is_err()).await;
    let refused = register.try_enter(mutual("Meanwhile")).await;
    assert!(matches!(refused, Err(Error::ReadOnly(_))), "{refused:?}");
    assert_eq!(register.all::<Mutual>(Default::default()).await.len(), 1);

    register.database.refuse_writes(false);
    register.enter(mutual("After")).await;
    assert_ready(register).await;
}

/// Those who read are not left with a server on which nothing is written any more.
async fn reading_goes_on_over_new_connections_once_writing_works_again(register: &Register) {
    register.database.refuse_writes(true);
    wait_for(register, |found| found.reads.is_ok() && found.writes.is_err()).await;
    assert!(register.all::<Mutual>(Default::default()).await.is_empty());
    let before = register.database.sessions();
    assert!(!before.is_empty());

    register.database.refuse_writes_of_new_sessions(false);
    assert_ready(register).await;
    let began = Instant::now();
    while register.database.sessions().iter().any(|session| before.contains(session)) {
        assert!(began.elapsed() < Duration::from_secs(5), "some of {before:?} are still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    register.enter(mutual("After")).await;
    assert_eq!(register.all::<Mutual>(Default::default()).await.len(), 1);
}

async fn a_lock_on_the_register_is_told_as_not_writing(register: &Register) {
    register.enter(mutual("Before")).await;
    let mut other = register.database.raw();
    other.execute(if register.engine() == Engine::Sqlite {
        "BEGIN IMMEDIATE"
    } else {
        "BEGIN; SELECT seq FROM log_head FOR UPDATE"
    });
    wait_for(register, |found| found.reads.is_ok() && found.writes.is_err()).await;
    other.execute("ROLLBACK");
    assert_ready(register).await;
}

/// Every commit that has something to store fails, as on a full disk; one that has nothing to store is no proof of the opposite.
async fn a_commit_of_nothing_does_not_hide_that_all_others_fail(register: &Register) {
    register.enter(mutual("Before")).await;
    register.database.raw().execute(
        "CREATE TABLE missing (id INTEGER PRIMARY KEY); \
         CREATE TABLE failing (id INTEGER REFERENCES missing (id) DEFERRABLE INITIALLY DEFERRED); \
         CREATE TRIGGER fail_probe AFTER UPDATE ON write_probe BEGIN INSERT INTO failing VALUES (1); END; \
         CREATE TRIGGER fail_entry AFTER INSERT ON entries BEGIN INSERT INTO failing VALUES (1); END",
    );
    assert!(register.try_enter(mutual("Meanwhile")).await.is_err());
    wait_for(register, |found| found.reads.is_ok() && found.writes.is_err()).await;
    for _ in 0..15 {
        register.write(|_| Ok(())).await.unwrap();
        let hold = Hold::the_writer_of(&register.store).await;
        let refused = waiting(register, |_| Err::<(), _>(Error::Internal("refused".to_owned()))).await;
        let nothing = waiting(register, |_| Ok(())).await;
        hold.release();
        assert!(refused.await.unwrap().is_err());
        nothing.await.unwrap().unwrap();
        let found = register.store.readiness().await;
        assert!(found.writes.is_err(), "{found:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    register.database.raw().execute("DROP TRIGGER fail_probe; DROP TRIGGER fail_entry");
    assert_ready(register).await;
    register.enter(mutual("After")).await;
}

async fn a_service_that_has_much_to_do_is_ready(register: &Register) {
    let reads_running = Hold::reads_of(&register.store, 64).await;
    let mut writes = JoinSet::new();
    let until = Instant::now() + Duration::from_secs(3);
    for writer in 0..64 {
        let store = register.store.clone();
        writes.spawn(async move {
            for number in 0.. {
                if Instant::now() > until {
                    break;
                }
                let name = format!("Busy {writer} {number}");
                drop(
                    store
                        .write(stamp(0), move |tx| Mutual::enter(tx, next_id(), mutual(&name), DraftAccess::All))
                        .await,
                );
            }
        });
    }
    while Instant::now() < until {
        let asked = Instant::now();
        let found = register.store.readiness().await;
        assert!(found.reads.is_ok() && found.writes.is_ok(), "{found:?}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(reads_running);
    writes.join_all().await;
}

async fn a_server_that_cannot_keep_a_register_is_refused_at_the_start(register: &Register) {
    register.database.refuse_writes(true);
    let refused = store::migrate(&register.database.url()).unwrap_err().to_string();
    assert!(refused.contains("default_transaction_read_only"), "{refused}");
    register.database.refuse_writes(false);

    let other = Database::in_encoding("LATIN1");
    let refused = store::migrate(&other.url()).unwrap_err().to_string();
    assert!(refused.contains("LATIN1") && refused.contains("ENCODING 'UTF8'"), "{refused}");
}

/// A check that writes leaves nothing that anybody sees.
async fn being_asked_whether_it_is_ready_leaves_no_entry(register: &Register) {
    for _ in 0..3 {
        assert_ready(register).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    assert!(register.database.raw().count("write_probe WHERE number > 0") > 0);
    assert_eq!(register.entries().len(), 0);
}

on_sqlite!(
    a_commit_of_nothing_does_not_hide_that_all_others_fail,
    a_file_that_is_moved_away_or_replaced_is_neither_read_nor_written_to_until_it_is_back,
    a_lock_on_the_register_is_told_as_not_writing,
    a_service_that_has_much_to_do_is_ready,
    being_asked_whether_it_is_ready_leaves_no_entry,
);
on_postgres!(
    a_server_that_cannot_keep_a_register_is_refused_at_the_start,
    a_database_that_becomes_read_only_says_so_and_is_ready_again_afterwards,
    reading_goes_on_over_new_connections_once_writing_works_again,
    a_lock_on_the_register_is_told_as_not_writing,
    a_service_that_has_much_to_do_is_ready,
    being_asked_whether_it_is_ready_leaves_no_entry,
);
