//! The guard that lets no write have a time of a clock that may be wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Department, DraftAccess};
use store::{
    ClockGuard, Doubt, DoubtCause, Error, Reading, SpoolSettings, Store, StoredRoot as _, WriteTx, settlement,
};

use crate::fixture::department;
use crate::kit::{Engine, Hold, Register, moment, next_id, stamp_at, submit};

const TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// A machine with a clock that a case sets, and a store that looks at it.
struct Machine {
    store: Store,
    /// When the clock was right.
    right: DateTime<Utc>,
    ahead: Arc<AtomicI64>,
    passed: Arc<AtomicI64>,
}

impl Machine {
    /// One whose clock is right: by that of the database, where it has one.
    fn of(register: &Register) -> Self {
        let right = match register.engine() {
            Engine::Sqlite => moment(),
            Engine::Postgres => DateTime::from(UNIX_EPOCH + UNIX_EPOCH.elapsed().unwrap()),
        };
        let (ahead, passed) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
        let guard = {
            let (ahead, passed) = (Arc::clone(&ahead), Arc::clone(&passed));
            ClockGuard::new(TOLERANCE, move || {
                let steady = passed.load(Ordering::SeqCst);
                let wall = right + TimeDelta::seconds(steady + ahead.load(Ordering::SeqCst));
                Reading { wall, steady: Duration::from_secs(steady.unsigned_abs()) }
            })
        };
        let store = Store::open_with(register.store.url(), 2, &SpoolSettings::default(), guard).unwrap();
        Self { store, right, ahead, passed }
    }

    fn set_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }

    fn pass(&self, seconds: i64) {
        self.passed.fetch_add(seconds, Ordering::SeqCst);
    }

    fn now(&self) -> DateTime<Utc> {
        self.right + TimeDelta::seconds(self.passed.load(Ordering::SeqCst) + self.ahead.load(Ordering::SeqCst))
    }

    async fn enter(&self, name: &str) -> Result<(), Error> {
        self.enter_at(self.now(), name).await
    }

    fn enter_at(&self, at: DateTime<Utc>, name: &str) -> impl Future<Output = Result<(), Error>> + use<> {
        let (store, department) = (self.store.clone(), department(name));
        let enter = move |tx: &mut WriteTx<'_>| Department::enter(tx, next_id(), department.clone(), DraftAccess::All);
        async move { store.write::<_, Error, _>(stamp_at(at), enter).await.map(drop) }
    }

    /// A change is refused, before anything of it is done, for this reason.
    async fn assert_refused(&self, cause: DoubtCause) {
        let run = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&run);
        let write = self.store.write::<_, Error, _>(stamp_at(self.now()), move |_| {
            *counted.lock().unwrap() += 1;
            Ok(())
        });
        let refused = write.await;
        assert!(matches!(refused, Err(Error::Clock(Doubt { cause: found, .. })) if found == cause), "{refused:?}");
        assert_eq!(*run.lock().unwrap(), 0);
    }
}

async fn a_change_is_refused_while_the_clock_is_in_doubt(register: &Register) {
    let machine = Machine::of(register);
    machine.enter("Before").await.unwrap();
    machine.set_ahead(61);
    let cause = match register.engine() {
        Engine::Sqlite => DoubtCause::Jumped,
        Engine::Postgres => DoubtCause::DiffersFromDatabase,
    };
    machine.assert_refused(cause).await;
    machine.set_ahead(-61);
    machine.assert_refused(DoubtCause::BehindLog).await;
    machine.set_ahead(50);
    machine.enter("After").await.unwrap();
    assert_eq!(register.entries().len(), 2);
}

/// The clock was put back between the request and its turn.
async fn a_time_that_is_still_to_come_is_refused_alone(register: &Register) {
    let machine = Machine::of(register);
    machine.enter("Before").await.unwrap();
    let hold = Hold::the_writer_of(&machine.store).await;
    let late = submit(machine.enter_at(machine.right - TimeDelta::days(1), "Late")).await;
    let ahead = submit(machine.enter_at(machine.right + TimeDelta::seconds(61), "Ahead")).await;
    let right = submit(machine.enter_at(machine.right, "Right")).await;
    drop(hold);
    let refused = ahead.await.unwrap();
    assert!(matches!(refused, Err(Error::Clock(_))), "{refused:?}");
    late.await.unwrap().unwrap();
    right.await.unwrap().unwrap();
    assert_eq!(register.entries().len(), 3);
    assert!(register.entries().iter().all(|entry| entry.at <= machine.now().naive_utc()));
}

async fn a_clock_behind_the_log_waits_for_it(register: &Register) {
    let machine = Machine::of(register);
    machine.enter("Before").await.unwrap();
    let slow = Machine::of(register);
    slow.set_ahead(-100);
    slow.assert_refused(DoubtCause::BehindLog).await;
    assert_eq!(slow.store.judge_clock().map(|doubt| doubt.cause), Some(DoubtCause::BehindLog));
    if register.engine() == Engine::Sqlite {
        slow.pass(40);
        assert_eq!(slow.store.judge_clock(), None);
        slow.enter("After").await.unwrap();
    }
}

async fn the_operator_settles_the_clock_of_a_running_service(register: &Register) {
    let machine = Machine::of(register);
    machine.enter("Before").await.unwrap();
    machine.set_ahead(-100 * 86_400);
    machine.assert_refused(DoubtCause::BehindLog).await;
    let settled = register.store.write::<_, Error, _>(stamp_at(machine.now()), |tx| settlement::settle(tx, None)).await;
    assert_eq!(settled.unwrap().wrong, Some((1, 1)));
    machine.enter("After").await.unwrap();
    assert_eq!(machine.store.judge_clock(), None);
    assert_eq!(machine.store.verify().await.unwrap().faults, []);
}

/// The check writes all the same, so that a database that fails is told too.
async fn a_clock_in_doubt_is_told_as_not_writing(register: &Register) {
    let machine = Machine::of(register);
    machine.enter("Before").await.unwrap();
    machine.set_ahead(-100);
    let started = Instant::now();
    let mut found = machine.store.readiness().await;
    while found.writes.is_ok() {
        assert!(started.elapsed() < Duration::from_secs(5), "{found:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        machine.store.judge_clock();
        found = machine.store.readiness().await;
    }
    assert_eq!((found.reads, found.clock.map(|doubt| doubt.cause)), (Ok(()), Some(DoubtCause::BehindLog)));
    machine.set_ahead(0);
    while machine.store.readiness().await.writes.is_err() {
        assert!(started.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

on_both!(
    a_change_is_refused_while_the_clock_is_in_doubt,
    a_time_that_is_still_to_come_is_refused_alone,
    a_clock_behind_the_log_waits_for_it,
    the_operator_settles_the_clock_of_a_running_service,
    a_clock_in_doubt_is_told_as_not_writing,
);
