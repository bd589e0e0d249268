//! What one caller reads leaves others their turn, and the service's own reads wait for nobody.

use std::thread::sleep;
use std::time::{Duration, Instant};

use domain::{DraftAccess, Mutual};
use store::{Client, Error, ReadTx, Store, StoredRoot as _, entry_log};

use crate::fixture::mutual;
use crate::kit::{Hold, Register, next_id, stamp, submit};

on_both! {
    who_reads_too_much_hears_of_what_another_process_wrote,
    long_reads_of_one_address_leave_others_their_turn,
    callers_without_a_key_leave_places_to_those_with_one,
    who_asks_for_more_than_a_share_is_told_at_once,
}

/// As long as a search of a large register may take.
const LONG: Duration = Duration::from_millis(400);
/// Much less than it takes until all of a crowd are through.
const SOON: Duration = Duration::from_millis(1500);

fn address(last: u8) -> Client {
    Client::Anonymous([192, 0, 2, last].into())
}

fn slowly(tx: &mut ReadTx<'_>) -> Result<i64, Error> {
    sleep(LONG);
    entry_log::head(tx)
}

/// Long reads that go on in the background.
async fn crowd(store: &Store, clients: impl IntoIterator<Item = Client>) {
    for client in clients {
        let store = store.for_client(client);
        drop(tokio::spawn(async move { store.survey(slowly).await }));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
}

async fn long_reads_of_one_address_leave_others_their_turn(register: &Register) {
    crowd(&register.store, (0..24).map(|_| address(1))).await;
    let started = Instant::now();
    for own in [address(1), address(2), Client::Keyed("key:a".into())] {
        let store = register.store.for_client(own);
        let ready = store.readiness().await;
        assert!(ready.reads.is_ok() && ready.writes.is_ok(), "{ready:?}");
        store.read_one(entry_log::head).await.unwrap();
        store.read(entry_log::head).await.unwrap();
    }
    register.store.read(entry_log::head).await.unwrap();
    register.store.survey(entry_log::head).await.unwrap();
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    register.store.for_client(address(2)).survey(entry_log::head).await.unwrap();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

async fn callers_without_a_key_leave_places_to_those_with_one(register: &Register) {
    crowd(&register.store, (0..48).map(|n| address(n % 16))).await;
    let started = Instant::now();
    register.store.for_client(Client::Keyed("key:a".into())).survey(entry_log::head).await.unwrap();
    assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
}

async fn who_asks_for_more_than_a_share_is_told_at_once(register: &Register) {
    crowd(&register.store, (0..80).map(|_| address(1))).await;
    let started = Instant::now();
    let refused = register.store.for_client(address(1)).survey(entry_log::head).await;
    assert!(matches!(refused, Err(Error::ShareUsedUp)), "{refused:?}");
    assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
    register.store.for_client(address(2)).survey(entry_log::head).await.unwrap();
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

/// The look for what others wrote is the service's own, whoever waits for it.
async fn who_reads_too_much_hears_of_what_another_process_wrote(register: &Register) {
    const PATIENCE: Duration = Duration::from_secs(20);
    let [busy, other] = [address(1), address(2)].map(|client| register.store.for_client(client));
    let held = Hold::reads_of(&busy, 64).await;
    let mut waiting = Vec::new();
    for store in [busy, other] {
        waiting.push(submit(async move { store.wait_for_entry(0, PATIENCE).await }).await);
    }
    let began = Instant::now();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let another = register.database.open();
    let enter = |tx: &mut store::WriteTx<'_>| Mutual::enter(tx, next_id(), mutual("Elsewhere"), DraftAccess::All);
    another.write(stamp(0), enter).await.unwrap();

    for wait in waiting {
        wait.await.unwrap().unwrap();
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    drop(held);
}
