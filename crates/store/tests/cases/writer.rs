//! The one writer: waiting writes are committed together, and each stands or falls alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use chrono::TimeDelta;
use domain::{Department, DraftAccess, Mutual};
use store::{ConflictKind, EpochId, Error, SortKey, Stamp, Store, StoredRoot as _, WriteTx, renewal};
use tokio::task::JoinHandle;

use crate::fixture::{department, mutual};
use crate::kit::{Hold, Register, moment, next_id, stamp, stamp_at, submit};

/// Hands over a write that will come into the next batch.
pub async fn waiting<T: Send + 'static>(
    register: &Register,
    work: impl FnMut(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> JoinHandle<Result<T, Error>> {
    let store = register.store.clone();
    submit(async move { store.write(stamp(0), work).await }).await
}

fn entering(name: &'static str) -> impl FnMut(&mut WriteTx<'_>) -> Result<store::Stored<Mutual>, Error> {
    let id = next_id();
    move |tx| Mutual::enter(tx, id, mutual(name), DraftAccess::All)
}

async fn a_failing_write_of_a_batch_is_rolled_back_alone(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let first = waiting(register, entering("First")).await;
    let failing = waiting(register, |tx| {
        Mutual::enter(tx, next_id(), mutual("Failing"), DraftAccess::All)?;
        Err::<(), _>(Error::Internal("after all not".to_owned()))
    });
    let failing = failing.await;
    let panicking = waiting(register, |tx| -> Result<(), Error> {
        Mutual::enter(tx, next_id(), mutual("Panicking"), DraftAccess::All)?;
        panic!("a case's own panic");
    });
    let panicking = panicking.await;
    let trying = waiting(register, |tx| {
        tx.discard();
        Mutual::enter(tx, next_id(), mutual("Trying"), DraftAccess::All)
    });
    let trying = trying.await;
    let twice = next_id();
    let colliding = waiting(register, move |tx| {
        Mutual::enter(tx, twice, mutual("Twice"), DraftAccess::All)?;
        Mutual::enter(tx, twice, mutual("Twice more"), DraftAccess::All)
    });
    let colliding = colliding.await;
    let last = waiting(register, entering("Last")).await;
    hold.release();

    assert!(first.await.unwrap().is_ok());
    assert!(matches!(failing.await.unwrap(), Err(Error::Internal(said)) if said == "after all not"));
    assert!(matches!(panicking.await.unwrap(), Err(Error::Internal(_))));
    assert!(trying.await.unwrap().is_ok());
    assert!(matches!(colliding.await.unwrap(), Err(Error::Conflict(found)) if found[0].kind == ConflictKind::IdTaken));
    assert!(last.await.unwrap().is_ok());
    assert_eq!(names(register).await, ["First", "Last"]);
    assert_eq!(register.entries().len(), 2);
}

/// A write that takes so many milliseconds when it is run for the first time, and then for the second.
pub fn slow_at_both_tries(
    [first, second]: [u64; 2],
    mut work: impl FnMut(&mut WriteTx<'_>) -> Result<(), Error>,
) -> impl FnMut(&mut WriteTx<'_>) -> Result<(), Error> {
    let mut runs = 0;
    move |tx| {
        runs += 1;
        std::thread::sleep(Duration::from_millis(if runs == 1 { first } else { second }));
        work(tx)
    }
}

pub fn trying(name: &'static str) -> impl FnMut(&mut WriteTx<'_>) -> Result<(), Error> {
    let mut enter = entering(name);
    move |tx| {
        tx.discard();
        enter(tx).map(drop)
    }
}

/// The first try comes as far as a write that is to be rolled back, and the second one not so far.
async fn a_write_that_a_second_try_has_no_time_for_is_run_in_the_next_batch(register: &Register) {
    for others in 0..3 {
        let hold = Hold::the_writer_of(&register.store).await;
        let id = next_id();
        let slow = slow_at_both_tries([40, 60], move |tx| {
            Mutual::enter(tx, id, mutual(&format!("Slow {id}")), DraftAccess::All).map(drop)
        });
        let slow = waiting(register, slow).await;
        let tried = waiting(register, trying("Tried")).await;
        let mut behind = Vec::new();
        for _ in 0..others {
            let id = next_id();
            let enter = move |tx: &mut WriteTx<'_>| {
                Mutual::enter(tx, id, mutual(&format!("Behind {id}")), DraftAccess::All).map(drop)
            };
            behind.push(waiting(register, enter).await);
        }
        hold.release();

        slow.await.unwrap().unwrap();
        tried.await.unwrap().unwrap();
        for write in behind {
            write.await.unwrap().unwrap();
        }
        assert!(!names(register).await.contains(&"Tried".to_owned()));
    }
    assert_eq!(register.entries().len(), 3 + 3);
    assert_eq!(register.store.vitals().failed_commits, 0);
}

async fn begin_epoch(store: &Store, at: TimeDelta) -> EpochId {
    store.write::<_, Error, _>(stamp_at(moment() + at), |tx| renewal::begin(tx, None)).await.unwrap().epoch
}

async fn a_write_that_is_refused_tells_of_an_epoch_that_another_process_began(register: &Register) {
    register.enter(mutual("Before")).await;
    let begun = begin_epoch(&register.database.open(), TimeDelta::minutes(1)).await;
    assert_ne!(register.store.epoch().id, begun);

    let refused = register.write(|_| Err::<(), _>(Error::Internal("refused".to_owned()))).await;

    assert!(refused.is_err());
    assert_eq!(register.store.epoch().id, begun);
}

async fn an_epoch_is_known_though_the_one_before_was_begun_by_a_clock_that_was_ahead(register: &Register) {
    let other = register.database.open();
    begin_epoch(&other, TimeDelta::days(100)).await;
    register.enter(mutual("Between")).await;

    let begun = begin_epoch(&other, TimeDelta::minutes(1)).await;
    register.enter(mutual("After")).await;

    assert_eq!(other.epoch().id, begun);
    assert_eq!(register.store.epoch().id, begun);
}

async fn names(register: &Register) -> Vec<String> {
    let all = register.all::<Mutual>(Default::default()).await;
    all.into_iter().map(|record| record.content.name.to_string()).collect()
}

async fn a_write_that_panics_alone_answers_internal_and_the_store_goes_on(register: &Register) {
    let panicked = register.write(|tx| -> Result<(), Error> {
        Mutual::enter(tx, next_id(), mutual("Panicking"), DraftAccess::All)?;
        panic!("a case's own panic");
    });

    assert!(matches!(panicked.await, Err(Error::Internal(_))));
    register.enter(mutual("After")).await;
    assert_eq!(names(register).await, ["After"]);
}

async fn a_read_that_panics_answers_internal_and_the_store_goes_on(register: &Register) {
    // More often than there are connections, in case a panic costs one.
    for _ in 0..12 {
        let panicked = register.store.read::<(), Error, _>(|_| panic!("a case's own panic")).await;
        assert!(matches!(panicked, Err(Error::Internal(_))), "{panicked:?}");
    }
    // No connection is left at an earlier moment, or in a transaction.
    register.enter(mutual("After")).await;
    for _ in 0..12 {
        assert_eq!(register.store.read_one::<_, Error, _>(store::entry_log::head).await.unwrap(), 1);
        assert_eq!(register.store.read::<_, Error, _>(store::entry_log::head).await.unwrap(), 1);
    }
}

async fn a_refusal_sees_what_a_sibling_of_the_same_batch_has_written(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let winner = waiting(register, entering("Wanted")).await;
    let loser = waiting(register, entering("WANTED")).await;
    hold.release();

    let winner = winner.await.unwrap().unwrap();
    let Err(Error::Conflict(conflicts)) = loser.await.unwrap() else { panic!("both have the name") };
    assert!(conflicts.iter().all(|it| it.other.as_ref().unwrap().id == winner.id.to_string()), "{conflicts:?}");
    assert_eq!(conflicts.len(), 2);
}

async fn a_refusal_does_not_see_what_a_failed_sibling_had_written(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let failing = waiting(register, |tx| {
        Mutual::enter(tx, next_id(), mutual("Wanted"), DraftAccess::All)?;
        Err::<(), _>(Error::Internal("after all not".to_owned()))
    });
    let failing = failing.await;
    let winner = waiting(register, entering("Wanted")).await;
    hold.release();

    assert!(failing.await.unwrap().is_err());
    assert!(winner.await.unwrap().is_ok());
}

async fn all_changes_of_a_write_stand_together(register: &Register) {
    let both = register.write(|tx| {
        let lead = Department::enter(tx, next_id(), department("Lead"), DraftAccess::All)?;
        Mutual::enter(tx, next_id(), crate::fixture::mutual_of("Child", &[lead.id]), DraftAccess::All)
    });
    both.await.unwrap();

    assert_eq!(register.entries().len(), 2);
}

async fn a_full_queue_answers_unavailable_at_once_and_drains(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let mut accepted = Vec::new();
    for _ in 0..1024 {
        accepted.push(waiting(register, |_| Ok(())).await);
    }

    let one_more = waiting(register, |_| Ok(())).await;
    let refused =
        tokio::time::timeout(Duration::from_secs(1), one_more).await.expect("refused without waiting").unwrap();
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");

    hold.release();
    for write in accepted {
        write.await.unwrap().unwrap();
    }
    register.enter(mutual("After")).await;
}

/// As [`waiting`], by another than the rest.
async fn waiting_of<T: Send + 'static>(
    register: &Register,
    actor: &str,
    work: impl FnMut(&mut WriteTx<'_>) -> Result<T, Error> + Send + 'static,
) -> JoinHandle<Result<T, Error>> {
    let (store, stamp) = (register.store.clone(), Stamp { actor: actor.to_owned(), ..stamp(0) });
    submit(async move { store.write(stamp, work).await }).await
}

async fn who_fills_the_queue_gives_way_to_others(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let mut busy = Vec::new();
    for _ in 0..1024 {
        busy.push(waiting_of(register, "busy", |_| Ok(())).await);
    }
    let other = waiting_of(register, "other", entering("Other")).await;
    let newest = tokio::time::timeout(Duration::from_secs(1), busy.pop().unwrap()).await.expect("refused at once");
    assert!(matches!(newest.unwrap(), Err(Error::ShareUsedUp)));
    hold.release();

    other.await.unwrap().unwrap();
    for write in busy {
        write.await.unwrap().unwrap();
    }
    assert_eq!(names(register).await, ["Other"]);
}

/// Each of 80 writes takes 20 ms, and one that comes after them all has its turn after a few.
async fn who_writes_slowly_waits_behind_their_own_writes(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..80 {
        let done = Arc::clone(&done);
        let slow = move |_: &mut WriteTx<'_>| {
            std::thread::sleep(Duration::from_millis(20));
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        waiting_of(register, "slow", slow).await;
    }
    let other = waiting_of(register, "other", entering("Other")).await;
    hold.release();

    other.await.unwrap().unwrap();
    let before = done.load(Ordering::Relaxed);
    assert!(before < 20, "{before} slow writes went before it");
}

async fn a_write_whose_turn_does_not_come_is_given_up_and_never_runs(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let late = waiting(register, entering("Late")).await;
    let refused = tokio::time::timeout(Duration::from_secs(4), late).await.expect("refused in time").unwrap();
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    hold.release();

    register.enter(mutual("After")).await;

    assert_eq!(names(register).await, ["After"]);
}

async fn a_write_stands_though_its_caller_went_away(register: &Register) {
    let hold = Hold::the_writer_of(&register.store).await;
    let abandoned = waiting(register, entering("Abandoned")).await;
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    hold.release();

    register.enter(mutual("After")).await;

    assert_eq!(names(register).await, ["Abandoned", "After"]);
}

async fn writes_handed_over_before_the_store_is_dropped_are_carried_out(register: &Register) {
    let other = register.database.open();
    let hold = Hold::the_writer_of(&other).await;
    let last = {
        let store = other.clone();
        submit(async move { store.write(stamp(0), entering("Last")).await }).await
    };
    drop(other);
    hold.release();

    last.await.unwrap().unwrap();
    assert_eq!(names(register).await, ["Last"]);
}

async fn a_read_is_of_one_moment_though_writes_go_on(register: &Register) {
    register.enter(department("Before")).await;
    let (ready, wait_for_ready) = mpsc::channel();
    let (written, wait_for_write) = mpsc::channel::<()>();
    let reading = {
        let store = register.store.clone();
        let read = move |tx: &mut store::ReadTx<'_>| {
            let page = store::Page { limit: 9, sort: SortKey::ID, descending: false, after: None, count: true };
            let first = Department::list(tx, &Default::default(), &Default::default(), &page, DraftAccess::All)?;
            ready.send(()).unwrap();
            wait_for_write.recv().unwrap();
            let second = Department::list(tx, &Default::default(), &Default::default(), &page, DraftAccess::All)?;
            Ok::<_, Error>((first, second, store::entry_log::head(tx)?))
        };
        tokio::spawn(async move { store.read(read).await })
    };
    tokio::task::block_in_place(|| wait_for_ready.recv().unwrap());
    register.enter(department("Meanwhile")).await;
    written.send(()).unwrap();

    let (first, second, head) = reading.await.unwrap().unwrap();

    assert_eq!((first.items, first.total), (second.items, second.total));
    assert_eq!(head, 1);
    assert_eq!(register.all::<Department>(Default::default()).await.len(), 2);
}

async fn more_long_reads_than_a_caller_may_have_are_refused_in_time_and_then_run_again(register: &Register) {
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(std::sync::Mutex::new(released));
    let mut reads = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (store, released) = (register.store.clone(), Arc::clone(&released));
        reads.spawn(async move {
            let wait = move |_: &mut store::ReadTx<'_>| {
                let _ = released.lock().unwrap().recv();
                Ok::<_, Error>(())
            };
            store.read(wait).await
        });
    }

    let refused = tokio::time::timeout(Duration::from_secs(5), reads.join_next()).await.expect("refused in time");
    assert!(matches!(refused, Some(Ok(Err(Error::ShareUsedUp)))), "{refused:?}");
    // Looks and writes go on beside them on SQLite, which keeps connections for them.
    if register.engine() == crate::kit::Engine::Sqlite {
        let beside = register.enter(mutual("Beside")).await;
        assert_eq!(register.find(beside.id).await.unwrap(), beside);
    }

    drop(release);
    while reads.join_next().await.is_some() {}
    register.store.read::<_, Error, _>(store::entry_log::head).await.unwrap();
}

on_both!(
    a_write_that_a_second_try_has_no_time_for_is_run_in_the_next_batch,
    a_write_that_is_refused_tells_of_an_epoch_that_another_process_began,
    an_epoch_is_known_though_the_one_before_was_begun_by_a_clock_that_was_ahead,
    a_failing_write_of_a_batch_is_rolled_back_alone,
    a_write_that_panics_alone_answers_internal_and_the_store_goes_on,
    a_read_that_panics_answers_internal_and_the_store_goes_on,
    a_refusal_sees_what_a_sibling_of_the_same_batch_has_written,
    a_refusal_does_not_see_what_a_failed_sibling_had_written,
    all_changes_of_a_write_stand_together,
    a_full_queue_answers_unavailable_at_once_and_drains,
    who_fills_the_queue_gives_way_to_others,
    who_writes_slowly_waits_behind_their_own_writes,
    a_write_whose_turn_does_not_come_is_given_up_and_never_runs,
    a_write_stands_though_its_caller_went_away,
    writes_handed_over_before_the_store_is_dropped_are_carried_out,
    a_read_is_of_one_moment_though_writes_go_on,
    more_long_reads_than_a_caller_may_have_are_refused_in_time_and_then_run_again,
);
