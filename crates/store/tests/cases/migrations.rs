//! How a database is brought up to date.

use std::sync::{Arc, Barrier};

use store::{DatabaseUrl, OpenError};

use crate::fixture::mutual;
use crate::kit::{Database, Register};

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
    let opened = store::Store::open(&nowhere, 1);
    assert!(matches!(opened.map(drop), Err(OpenError::Unreachable { .. })));
}

on_both!(
    instances_that_start_at_once_apply_each_migration_once,
    a_database_that_is_up_to_date_is_left_as_it_is,
    a_database_of_a_newer_version_is_refused_and_left_as_it_is,
    a_place_that_no_database_can_be_in_is_unreachable,
);
