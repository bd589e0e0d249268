//! Where a register is made, and where none ever is; and for whom its files are.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use store::{DatabaseUrl, Making, OpenError, Readers, Store, backup, expect_current, prepare, readers, restore};

use crate::fixture::mutual;
use crate::kit::{Database, Engine, Raw, Register, stamp};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn no_register<T: std::fmt::Debug>(result: Result<T, OpenError>) -> String {
    match result {
        Err(OpenError::NoRegister { reason, .. }) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

async fn the_files_of_a_register_are_its_owners_alone(_: &Register) {
    let database = Database::absent(Engine::Sqlite);
    prepare(&database.url(), Making::WhereNothingIs).unwrap();
    let register = Register { store: database.open(), database };
    register.enter(mutual("Harmonie")).await;
    let folder = register.database.folder();
    let copy = folder.join("copy.db");
    backup(&register.database.url(), &copy).unwrap();
    let restored = folder.join("restored.db");
    restore(&DatabaseUrl::Sqlite(restored.clone()), &copy, &stamp(0), None).unwrap();

    let found = files(folder);

    for name in ["register.db", "register.db-shm", "register.db-wal", "register.db.lock", "copy.db", "restored.db"] {
        assert!(found.iter().any(|file| file == name), "no {name} among {found:?}");
    }
    for file in found {
        assert_eq!(mode(&folder.join(&file)), 0o600, "{file}");
    }
}

async fn a_register_that_others_can_read_keeps_its_mode(register: &Register) {
    let path = register.database.path();
    for (mode_before, who) in [(0o600, Readers::Owner), (0o640, Readers::Group), (0o644, Readers::Everybody)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode_before)).unwrap();

        prepare(&register.database.url(), Making::WhereNothingIs).unwrap();

        assert_eq!(mode(&path), mode_before);
        assert_eq!(readers(&path).unwrap(), who);
    }
}

async fn what_must_be_there_is_never_made(register: &Register) {
    let database = Database::absent(register.engine());

    no_register(prepare(&database.url(), Making::Never));
    no_register(expect_current(&database.url()));

    match register.engine() {
        Engine::Sqlite => assert!(files(database.folder()).is_empty()),
        Engine::Postgres => assert_eq!(database.raw().count("pg_tables WHERE schemaname = 'public'"), 0),
    }
    prepare(&database.url(), Making::WhereNothingIs).unwrap();
    assert!(prepare(&database.url(), Making::Never).unwrap().is_empty());
    expect_current(&database.url()).unwrap();
}

async fn a_file_that_is_no_register_is_left_as_it_is(_: &Register) {
    let database = Database::absent(Engine::Sqlite);
    for content in ["", "SQLite format", "not a database"] {
        fs::write(database.path(), content).unwrap();
        no_register(prepare(&database.url(), Making::WhereNothingIs));
        no_register(prepare(&database.url(), Making::Never));
        no_register(expect_current(&database.url()));
        if !content.is_empty() {
            prepare(&database.url(), Making::InAnyDatabase).unwrap_err();
        }
        assert_eq!(fs::read_to_string(database.path()).unwrap(), content);
    }
    const DAMAGED: &str = "SQLite format 3\0 and nothing behind it";
    fs::write(database.path(), DAMAGED).unwrap();
    prepare(&database.url(), Making::InAnyDatabase).unwrap_err();
    assert_eq!(fs::read_to_string(database.path()).unwrap(), DAMAGED);
}

async fn a_register_is_made_in_an_empty_file_where_that_is_asked_for(_: &Register) {
    let database = Database::absent(Engine::Sqlite);
    fs::write(database.path(), "").unwrap();
    prepare(&database.url(), Making::InAnyDatabase).unwrap();
    Store::open(&database.url(), 1).unwrap();
}

async fn a_database_of_others_is_left_as_it_is(_: &Register) {
    let database = Database::absent(Engine::Sqlite);
    fs::write(database.path(), "").unwrap();
    database.raw().execute("CREATE TABLE mutuals (name TEXT)");
    let before = fs::read(database.path()).unwrap();

    assert!(no_register(prepare(&database.url(), Making::WhereNothingIs)).contains("without the tables of a register"));
    no_register(expect_current(&database.url()));
    assert_eq!(fs::read(database.path()).unwrap(), before);

    let taken = prepare(&database.url(), Making::InAnyDatabase);
    assert!(matches!(&taken, Err(OpenError::Migration { reason, .. }) if reason.contains("Nothing was changed")));
    assert_eq!(database.raw().count("sqlite_master WHERE type = 'table'"), 1);
}

async fn a_link_to_nothing_is_no_place_for_a_register(_: &Register) {
    let database = Database::absent(Engine::Sqlite);
    symlink(database.folder().join("volume/register.db"), database.path()).unwrap();
    assert!(no_register(prepare(&database.url(), Making::WhereNothingIs)).contains("link"));
    assert_eq!(files(database.folder()), ["register.db"]);
}

/// A process that was killed while it made a register has left what the next one replaces.
async fn what_a_killed_process_left_is_replaced(_: &Register) {
    let database = Database::absent(Engine::Sqlite);
    fs::write(database.folder().join("register.db.creating"), "half a register").unwrap();
    prepare(&database.url(), Making::WhereNothingIs).unwrap();
    assert_eq!(files(database.folder()), ["register.db", "register.db.lock"]);
}

async fn a_postgresql_database_with_tables_of_these_names_is_left_as_it_is(_: &Register) {
    for table in ["CREATE TABLE entries (note text)", "CREATE TABLE contracts (note text)"] {
        let database = Database::absent(Engine::Postgres);
        database.raw().execute(table);

        let refused = prepare(&database.url(), Making::WhereNothingIs);

        assert!(
            matches!(&refused, Err(OpenError::Migration { reason, .. }) if reason.contains("for the register alone")),
            "{refused:?}"
        );
        assert_eq!(database.raw().count("pg_tables WHERE schemaname = 'public'"), 1);
    }
}

async fn a_schema_of_an_earlier_version_is_not_read(register: &Register) {
    let mut raw: Raw = register.database.raw();
    raw.execute("DELETE FROM __diesel_schema_migrations WHERE version = '0005'");

    let refused = expect_current(&register.database.url());

    assert!(
        matches!(&refused, Err(OpenError::Migration { reason, .. }) if reason.contains("mutuals migrate")),
        "{refused:?}"
    );
    assert_eq!(raw.count("__diesel_schema_migrations WHERE version = '0005'"), 0);
}

on_sqlite!(
    the_files_of_a_register_are_its_owners_alone,
    a_register_that_others_can_read_keeps_its_mode,
    what_must_be_there_is_never_made,
    a_file_that_is_no_register_is_left_as_it_is,
    a_register_is_made_in_an_empty_file_where_that_is_asked_for,
    a_database_of_others_is_left_as_it_is,
    a_link_to_nothing_is_no_place_for_a_register,
    what_a_killed_process_left_is_replaced,
    a_schema_of_an_earlier_version_is_not_read,
);
on_postgres!(
    what_must_be_there_is_never_made,
    a_postgresql_database_with_tables_of_these_names_is_left_as_it_is,
    a_schema_of_an_earlier_version_is_not_read,
);
