//! What a connection keeps of the statements that it has run.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex};

use diesel::connection::{InstrumentationEvent, set_default_instrumentation};
use domain::{DraftAccess, Kind};
use store::{Error, history};

use crate::fixture::mutual;
use crate::kit::{Register, moment};

/// The texts of statements that connections of this process keep, of both databases.
static KEPT: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(|| {
    set_default_instrumentation(|| {
        Some(Box::new(|event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { sql, .. } = event {
                KEPT.lock().unwrap().insert(sql.to_owned());
            }
        }))
    })
    .unwrap();
    Mutex::default()
});

/// How many of them there are with this in them.
fn kept(part: &str) -> usize {
    KEPT.lock().unwrap().iter().filter(|sql| sql.contains(part)).count()
}

async fn a_look_into_the_past_is_prepared_once_however_the_log_grows(register: &Register) {
    assert_eq!(kept("no such text"), 0);
    let store = register.database.open();
    for number in 0..6 {
        let id = register.enter(mutual(&format!("Mutual {number}"))).await.id.to_string();
        let show = move |tx: &mut store::ReadTx<'_>| history::show(tx, Kind::Mutual, &id, moment(), DraftAccess::All);
        store.read::<_, Error, _>(show).await.unwrap();
    }
    let kept = kept("halves");
    assert!((1..=2).contains(&kept), "{kept}");
}

on_both!(a_look_into_the_past_is_prepared_once_however_the_log_grows);
