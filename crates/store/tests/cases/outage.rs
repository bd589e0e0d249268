//! A database that goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, mpsc};
use std::time::Duration;

use domain::{Department, DraftAccess, Mutual};
use store::{Client, Error, StoredRoot as _, WriteTx};
use tokio::task::{JoinHandle, JoinSet};

use crate::fixture::{department, mutual};
use crate::kit::{Hold, Register, next_id, stamp, submit};
use crate::readiness::assert_ready;
use crate::writer::{slow_at_both_tries, trying, waiting};

/// Has this happen at the commit of whatever enters a department.
fn at_the_commit_of_departments(register: &Register, happens: &str) {
    register.database.raw().execute(&format!(
        "CREATE FUNCTION happens() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {happens}; RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER happens AFTER INSERT ON departments DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION happens()"
    ));
}

const BE_LOST: &str = "PERFORM pg_terminate_backend(pg_backend_pid())";

/// The server is lost at the commit of a batch: whoever had a turn in it can't know, and the others are none the worse.
async fn a_write_that_was_left_out_of_a_lost_commit_is_carried_out(register: &Register) {
    at_the_commit_of_departments(register, BE_LOST);
    let hold = Hold::the_writer_of(&register.store).await;
    let lost = {
        let (store, id) = (register.store.clone(), next_id());
        let work = move |tx: &mut WriteTx<'_>| {
            // The batch has no time for a second one.
            std::thread::sleep(Duration::from_millis(100));
            Department::enter(tx, id, department("Lost"), DraftAccess::All)
        };
        submit(async move { store.write(stamp(0), work).await }).await
    };
    let left_out = {
        let (store, id) = (register.store.clone(), next_id());
        let work = move |tx: &mut WriteTx<'_>| Mutual::enter(tx, id, mutual("Left out"), DraftAccess::All);
        submit(async move { store.write(stamp(0), work).await }).await
    };
    hold.release();

    let lost = lost.await.unwrap();
    assert!(matches!(lost, Err(Error::OutcomeUnknown(_))), "{lost:?}");
    left_out.await.unwrap().unwrap();
    assert_eq!(register.entries().len(), 1);
}

/// The same of one that the first try ran, and the second one, which was lost, did not.
async fn a_write_that_a_second_try_left_out_of_a_lost_commit_is_carried_out(register: &Register) {
    at_the_commit_of_departments(register, BE_LOST);
    let hold = Hold::the_writer_of(&register.store).await;
    let id = next_id();
    let slow = slow_at_both_tries([40, 60], move |tx| {
        Department::enter(tx, id, department("Lost"), DraftAccess::All).map(drop)
    });
    let lost = waiting(register, slow).await;
    let tried = waiting(register, trying("Tried")).await;
    hold.release();

    let lost = lost.await.unwrap();
    assert!(matches!(lost, Err(Error::OutcomeUnknown(_))), "{lost:?}");
    tried.await.unwrap().unwrap();
}

/// Each of its commits takes a while, and all of them longer than a writer may be silent.
async fn a_writer_that_commits_one_by_one_is_not_relieved(register: &Register) {
    at_the_commit_of_departments(
        register,
        "IF NEW.name = 'Poison' THEN RAISE EXCEPTION 'poison'; END IF; PERFORM pg_sleep(3)",
    );
    let hold = Hold::the_writer_of(&register.store).await;
    let enter = |name: String| {
        let id = next_id();
        move |tx: &mut WriteTx<'_>| Department::enter(tx, id, department(&name), DraftAccess::All).map(drop)
    };
    let poison = waiting(register, enter("Poison".to_owned())).await;
    let mut slow = Vec::new();
    for number in 0..6 {
        slow.push(waiting(register, enter(format!("Slow {number}"))).await);
    }
    hold.release();
    tokio::time::sleep(SILENCE).await;
    let before = register.database.sessions();

    let next = waiting(register, |_| Ok(())).await;
    while !slow.iter().all(JoinHandle::is_finished) {
        let now = register.database.sessions();
        assert!(now.iter().all(|session| before.contains(session)), "another writer came: {before:?} {now:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    assert!(poison.await.unwrap().is_err());
    for write in slow {
        write.await.unwrap().unwrap();
    }
    // Its turn may not have come in time.
    drop(next.await.unwrap());
}

async fn a_writer_that_hears_nothing_is_relieved_and_what_it_did_stands(register: &Register) {
    let (release, released) = mpsc::channel::<()>();
    let stuck = waiting(register, move |tx| {
        Mutual::enter(tx, next_id(), mutual("Stuck"), DraftAccess::All)?;
        let _ = released.recv();
        Ok(())
    });
    let stuck = stuck.await;
    tokio::time::sleep(SILENCE).await;
    let before = register.database.sessions();

    let refused = register.try_enter(mutual("Meanwhile")).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    drop(release);

    stuck.await.unwrap().unwrap();
    register.enter(mutual("After")).await;
    assert!(register.database.sessions().iter().any(|session| !before.contains(session)));
    assert_eq!(register.entries().len(), 2);
}

/// A little longer than a writer may be silent.
const SILENCE: Duration = Duration::from_millis(15_500);

/// Has every connection of the pool opened, so that there are several to lose.
async fn warm_up(register: &Register) {
    const READS: usize = 8;
    let all_there = Arc::new(Barrier::new(READS));
    let mut reads = JoinSet::new();
    for number in 0..READS {
        let client = Client::Keyed(format!("key:{number}").into());
        let (store, all_there) = (register.store.for_client(client), Arc::clone(&all_there));
        reads.spawn(async move {
            let meet = move |_: &mut store::ReadTx<'_>| {
                all_there.wait();
                Ok::<_, Error>(())
            };
            store.read(meet).await.unwrap();
        });
    }
    reads.join_all().await;
}

async fn reads_and_writes_work_at_once_after_all_connections_were_cut(register: &Register) {
    register.enter(mutual("Before")).await;
    for round in 0..3 {
        warm_up(register).await;
        register.database.cut_connections();

        assert_eq!(register.all::<Mutual>(Default::default()).await.len(), 1 + round);
        register.enter(mutual(&format!("After {round}"))).await;
        register.store.read::<_, Error, _>(store::entry_log::head).await.unwrap();
        assert_ready(register).await;
    }
    assert_eq!(register.entries().len(), 4);
}

async fn a_write_is_the_first_to_work_after_all_connections_were_cut(register: &Register) {
    register.database.cut_connections();

    register.enter(mutual("After")).await;
}

async fn a_batch_whose_connection_is_cut_is_tried_again_write_by_write(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let (reached, wait_until_reached) = mpsc::channel();
    let (resume, wait_for_cut) = mpsc::channel::<()>();
    let runs = Arc::new(AtomicU32::new(0));
    let interrupted = {
        let (store, runs, id) = (register.store.clone(), Arc::clone(&runs), next_id());
        let work = move |tx: &mut WriteTx<'_>| {
            Department::enter(tx, id, department("Interrupted"), DraftAccess::All)?;
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                reached.send(()).unwrap();
                wait_for_cut.recv().unwrap();
            }
            Mutual::enter(tx, next_id(), mutual("Interrupted"), DraftAccess::All)
        };
        submit(async move { store.write(stamp(0), work).await }).await
    };
    let sibling = {
        let (store, id) = (register.store.clone(), next_id());
        submit(async move {
            store.write(stamp(0), move |tx| Mutual::enter(tx, id, mutual("Sibling"), DraftAccess::All)).await
        })
        .await
    };
    hold.release();
    tokio::task::block_in_place(|| wait_until_reached.recv().unwrap());
    register.database.cut_connections();
    resume.send(()).unwrap();

    interrupted.await.unwrap().unwrap();
    sibling.await.unwrap().unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert_eq!(register.entries().len(), 3);
}

async fn a_read_whose_connection_is_cut_is_tried_again(register: &Register) {
    register.enter(mutual("There")).await;
    warm_up(register).await;
    let (reached, wait_until_reached) = mpsc::channel();
    let (resume, wait_for_cut) = mpsc::channel::<()>();
    let reading = {
        let store = register.store.clone();
        let mut first = true;
        let read = move |tx: &mut store::ReadTx<'_>| {
            if std::mem::take(&mut first) {
                reached.send(()).unwrap();
                wait_for_cut.recv().unwrap();
            }
            store::entry_log::head(tx)
        };
        tokio::spawn(async move { store.read::<_, Error, _>(read).await })
    };
    tokio::task::block_in_place(|| wait_until_reached.recv().unwrap());
    register.database.cut_connections();
    resume.send(()).unwrap();

    assert_eq!(reading.await.unwrap().unwrap(), 1);
}

async fn a_database_that_lets_nobody_in_is_unavailable_until_it_does(register: &Register) {
    register.enter(mutual("Before")).await;
    register.database.admit(false);
    register.database.cut_connections();
    let patience = Duration::from_secs(8);

    let looked = tokio::time::timeout(patience, register.find(next_id::<Mutual>())).await.expect("answered in time");
    assert!(matches!(looked, Err(Error::Unavailable(_))), "{looked:?}");
    let written =
        tokio::time::timeout(patience, register.try_enter(mutual("Meanwhile"))).await.expect("answered in time");
    assert!(matches!(written, Err(Error::Unavailable(_))), "{written:?}");
    let ready =
        tokio::time::timeout(Duration::from_secs(2), register.store.readiness()).await.expect("answered in time");
    assert!(ready.reads.is_err() && ready.writes.is_err(), "{ready:?}");

    register.database.admit(true);
    register.enter(mutual("After")).await;
    assert_eq!(register.all::<Mutual>(Default::default()).await.len(), 2);
    assert_ready(register).await;
}

async fn another_writer_is_waited_for(register: &Register) {
    let mut other = register.database.raw();
    other.execute("BEGIN IMMEDIATE");
    let waiting = {
        let store = register.store.clone();
        submit(async move {
            store.write(stamp(0), |tx| Mutual::enter(tx, next_id(), mutual("Patient"), DraftAccess::All)).await
        })
        .await
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    other.execute("COMMIT");

    waiting.await.unwrap().unwrap();
}

on_sqlite!(another_writer_is_waited_for);
on_postgres!(
    a_write_that_was_left_out_of_a_lost_commit_is_carried_out,
    a_write_that_a_second_try_left_out_of_a_lost_commit_is_carried_out,
    a_writer_that_commits_one_by_one_is_not_relieved,
    a_writer_that_hears_nothing_is_relieved_and_what_it_did_stands,
    reads_and_writes_work_at_once_after_all_connections_were_cut,
    a_write_is_the_first_to_work_after_all_connections_were_cut,
    a_batch_whose_connection_is_cut_is_tried_again_write_by_write,
    a_read_whose_connection_is_cut_is_tried_again,
    a_database_that_lets_nobody_in_is_unavailable_until_it_does,
);
