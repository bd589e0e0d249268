//! Copies of whole registers: of one moment, all or nothing, and never of a log that was altered.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{DraftAccess, Mutual};
use store::{Copied, CopyProgress, DatabaseUrl, OpenError, StoredRoot as _, copy};

use crate::fixture::{merged_mutual, mutual};
use crate::kit::{Database, Engine, Register, next_id, stamp};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

fn quietly(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<Copied, OpenError> {
    copy(from, to, &mut |_| {})
}

#[track_caller]
fn refusal(result: Result<Copied, OpenError>) -> String {
    match result {
        Err(OpenError::Copy(said)) => said,
        other => panic!("not refused: {other:?}"),
    }
}

/// Nothing is left at a place but the lock.
#[track_caller]
fn assert_free(place: &Database) {
    match place.url() {
        DatabaseUrl::Sqlite(_) => {
            let left: Vec<_> = fs::read_dir(place.folder()).unwrap().map(|file| file.unwrap().file_name()).collect();
            assert_eq!(left, ["register.db.lock"]);
        }
        DatabaseUrl::Postgres(_) => assert_eq!(place.raw().count("pg_tables WHERE schemaname = 'public'"), 0),
    }
}

async fn a_copy_tells_how_far_it_has_come(register: &Register) {
    for n in 0..2500 {
        register.enter(mutual(&format!("Mutual {n}"))).await;
    }
    for engine in ENGINES {
        let place = Database::absent(engine);
        let mut told = Vec::new();

        let copied = copy(&register.database.url(), &place.url(), &mut |CopyProgress { table, rows, of }| {
            told.push((table.to_owned(), rows, of));
        });

        let copied = copied.unwrap();
        let mutuals: Vec<(i64, i64)> =
            told.iter().filter(|(table, ..)| table == "mutuals").map(|(_, rows, of)| (*rows, *of)).collect();
        assert!(mutuals.len() > 1 && mutuals.is_sorted() && mutuals.iter().all(|(_, of)| *of == 2500), "{mutuals:?}");
        assert_eq!(mutuals.last(), Some(&(2500, 2500)));
        assert!(copied.tables.contains(&("mutuals".to_owned(), 2500)));
        assert_eq!(copied.head, 2500);
        assert_eq!(place.raw().entries(), register.entries());
    }
}

async fn a_record_may_refer_to_a_later_one(register: &Register) {
    let first = register.enter(mutual("First")).await;
    let mut before = first.id;
    for n in 0..2100 {
        let next = register.enter(mutual(&format!("Next {n}"))).await;
        if n % 700 == 0 {
            register.change(before, merged_mutual(&format!("Gave way {n}"), Some(next.id))).await;
            before = next.id;
        }
    }
    for engine in ENGINES {
        let place = Database::absent(engine);
        quietly(&register.database.url(), &place.url()).unwrap();
        let mut raw = place.raw();
        assert_eq!(raw.count("mutuals WHERE successor_id IS NOT NULL"), 3);
        if engine == Engine::Postgres {
            assert_eq!(raw.count("pg_constraint WHERE condeferrable"), 0, "references are as the migrations made them");
        }
    }
}

async fn a_copy_of_a_register_in_use_is_of_one_moment(register: &Register) {
    register.enter(mutual("First")).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, stop) = (register.store.clone(), Arc::clone(&stop));
        async move {
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let id = next_id();
                let work = move |tx: &mut store::WriteTx<'_>| {
                    Mutual::enter(tx, id, mutual(&format!("Mutual {n}")), DraftAccess::All).map(drop)
                };
                store.write(stamp(0), work).await.unwrap();
            }
        }
    });
    for engine in ENGINES.repeat(3) {
        let (place, from) = (Database::absent(engine), register.database.url());
        let to = place.url();
        let copied = tokio::task::spawn_blocking(move || quietly(&from, &to)).await.unwrap().unwrap();
        let mut raw = place.raw();
        assert_eq!(raw.count("mutuals"), copied.head);
        assert_eq!(raw.count("entries"), copied.head);
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
}

async fn an_altered_log_is_not_copied(register: &Register) {
    register.enter(mutual("First")).await;
    register.enter(mutual("Second")).await;
    register.database.raw().execute("UPDATE entries SET actor = 'somebody else' WHERE seq = 2");
    for engine in ENGINES {
        let place = Database::absent(engine);
        let said = refusal(quietly(&register.database.url(), &place.url()));
        assert!(said.contains("entry 2") && said.contains("Nothing was changed"), "{said}");
        assert_free(&place);
    }
}

async fn a_register_that_is_not_what_its_log_says_is_not_copied(register: &Register) {
    register.enter(mutual("First")).await;
    let second = register.enter(mutual("Second")).await;
    let renamed = "UPDATE mutuals SET document = replace(document, 'Second', 'Smuggled')";
    register.database.raw().execute(&format!("{renamed} WHERE id = '{}'", second.id));
    for engine in ENGINES {
        let place = Database::absent(engine);
        let said = refusal(quietly(&register.database.url(), &place.url()));
        assert!(said.contains(&format!("mutual {}, document /name", second.id)), "{said}");
        assert_free(&place);
    }
}

async fn a_broken_reference_is_not_copied(register: &Register) {
    let first = register.enter(mutual("First")).await;
    let insert = format!(
        "INSERT INTO mutual_sectors (sector, mutual_id) VALUES ('culture', '0190b7a4-0000-7000-8000-000000000000'); \
         DELETE FROM mutual_sectors WHERE mutual_id = '{}'",
        first.id
    );
    register.database.raw().execute(&format!("PRAGMA foreign_keys = OFF; {insert}"));
    for engine in ENGINES {
        let place = Database::absent(engine);
        refusal(quietly(&register.database.url(), &place.url()));
        assert_free(&place);
    }
}

async fn a_value_of_another_type_is_not_copied(register: &Register) {
    register.enter(mutual("First")).await;
    register.database.raw().execute("UPDATE mutuals SET created_at = 'yesterday'");
    let place = Database::absent(Engine::Postgres);
    let said = refusal(quietly(&register.database.url(), &place.url()));
    assert!(said.contains("mutuals") && said.contains("yesterday"), "{said}");
    assert_free(&place);
}

async fn a_register_is_not_copied_onto_itself(register: &Register) {
    let (url, mut raw) = (register.database.url(), register.database.raw());
    register.enter(mutual("First")).await;
    refusal(quietly(&url, &url));
    assert_eq!(raw.count("mutuals"), 1);
}

async fn a_register_of_another_version_is_not_copied(register: &Register) {
    let mut raw = register.database.raw();
    raw.execute("DELETE FROM document_versions");
    raw.execute("INSERT INTO document_versions (kind, version) VALUES ('mutual', 0)");
    let place = Database::absent(Engine::Sqlite);
    assert!(refusal(quietly(&register.database.url(), &place.url())).contains("mutuals are stored"));
    raw.execute("DELETE FROM __diesel_schema_migrations WHERE version = '0005'");
    let behind = quietly(&register.database.url(), &place.url());
    assert!(matches!(behind, Err(OpenError::Migration { .. })), "{behind:?}");
}

on_sqlite!(
    a_copy_tells_how_far_it_has_come,
    a_record_may_refer_to_a_later_one,
    a_copy_of_a_register_in_use_is_of_one_moment,
    an_altered_log_is_not_copied,
    a_register_that_is_not_what_its_log_says_is_not_copied,
    a_broken_reference_is_not_copied,
    a_value_of_another_type_is_not_copied,
    a_register_is_not_copied_onto_itself,
    a_register_of_another_version_is_not_copied,
);
on_postgres!(
    a_copy_tells_how_far_it_has_come,
    a_record_may_refer_to_a_later_one,
    a_copy_of_a_register_in_use_is_of_one_moment,
    an_altered_log_is_not_copied,
    a_register_is_not_copied_onto_itself,
    a_register_of_another_version_is_not_copied,
);
