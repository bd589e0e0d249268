//! How a database is brought up to date.

use std::path::Path;
use std::sync::{Arc, Barrier};

use store::{DatabaseUrl, Error, OpenError, WriteTx};

use crate::fixture::mutual;
use crate::kit::{Database, Engine, Register, next_id, stamp};

async fn instances_that_start_at_once_apply_each_migration_once(register: &Register) {
    const INSTANCES: usize = 4;
    let database = Database::absent(register.engine());
    let start = Arc::new(Barrier::new(INSTANCES));
    let instances: Vec<_> = (0..INSTANCES)
        .map(|_| {
            let (url, start) = (database.url(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                store::migrate(&url)
            })
        })
        .collect();

    let mut applied: Vec<Vec<String>> = instances.into_iter().map(|it| it.join().unwrap().unwrap()).collect();

    applied.sort_by_key(Vec::len);
    let (by_one, by_others) = applied.split_last().unwrap();
    assert!(by_others.iter().all(Vec::is_empty), "{applied:?}");
    assert!(!by_one.is_empty() && by_one.is_sorted(), "{by_one:?}");
    let recorded = database.raw().count("__diesel_schema_migrations");
    assert_eq!(recorded, i64::try_from(by_one.len()).unwrap());
}

async fn a_database_that_is_up_to_date_is_left_as_it_is(register: &Register) {
    let entered = register.enter(mutual("There")).await;

    assert!(store::migrate(&register.database.url()).unwrap().is_empty());

    assert_eq!(register.find(entered.id).await.unwrap(), entered);
}

/// What there was before the log's head had a time, and before entries had nonces.
async fn an_older_log_goes_on_from_its_newest_entry(register: &Register) {
    let folder = match register.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    for minutes in [5, 3] {
        let enter = move |tx: &mut WriteTx<'_>| store::mutual::insert(tx, next_id(), mutual(&minutes.to_string()));
        register.store.write::<_, Error, _>(stamp(minutes), enter).await.unwrap();
        let mut raw = register.database.raw();
        for (version, name) in [("0011", "0011_time_of_head"), ("0009", "0009_nonces")] {
            let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
            raw.execute(&std::fs::read_to_string(migrations.join(folder).join(name).join("down.sql")).unwrap());
            raw.execute(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"));
        }
        assert_eq!(store::migrate(&register.database.url()).unwrap(), ["0009", "0011"]);
    }

    let times: Vec<_> = register.entries().iter().map(|entry| entry.at).collect();
    assert_eq!(times, [stamp(5).now.naive_utc(); 2]);
    assert_eq!(register.store.verify_log().await.unwrap().faults, []);
}

async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is(register: &Register) {
    let mut raw = register.database.raw();
    raw.execute("DELETE FROM __diesel_schema_migrations WHERE version = '0005'");
    raw.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");

    let refused = store::migrate(&register.database.url());

    assert!(matches!(&refused, Err(OpenError::Migration { reason, .. }) if reason.contains("9999")), "{refused:?}");
    assert_eq!(raw.count("__diesel_schema_migrations WHERE version = '0005'"), 0);
}

async fn a_place_that_no_database_can_be_in_is_unreachable(register: &Register) {
    let nowhere = match register.database.url() {
        DatabaseUrl::Sqlite(_) => DatabaseUrl::Sqlite(register.database.folder().join("missing/register.db")),
        DatabaseUrl::Postgres(url) => DatabaseUrl::Postgres(format!("{url}_missing")),
    };

    assert!(matches!(store::migrate(&nowhere), Err(OpenError::Unreachable { .. })));
    let opened = store::Store::open(&nowhere, 1, Arc::new(crate::kit::Plain));
    assert!(matches!(opened.map(drop), Err(OpenError::Unreachable { .. })));
}

on_both!(
    instances_that_start_at_once_apply_each_migration_once,
    a_database_that_is_up_to_date_is_left_as_it_is,
    an_older_log_goes_on_from_its_newest_entry,
    a_database_of_a_newer_version_is_refused_and_left_as_it_is,
    a_place_that_no_database_can_be_in_is_unreachable,
);
