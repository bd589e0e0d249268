//! Backups: taken while writes go on, put back where no register is, and refused where they are not sound.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::TimeDelta;
use domain::{DraftAccess, Mutual};
use serde_json::{Value, json};
use store::{DatabaseUrl, Error, LogPlace, OpenError, Renewal, Store, StoredRoot as _, backup, migrate};

use crate::fixture::mutual;
use crate::kit::{Database, Engine, Raw, Register, moment, next_id, stamp, stamp_at};

fn refusal<T: std::fmt::Debug>(result: Result<T, OpenError>) -> String {
    match result {
        Err(OpenError::Copy(said)) => said,
        Err(error @ OpenError::NoRegister { .. }) => error.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

/// Restores a day later.
fn restore(url: &DatabaseUrl, file: &Path) -> Result<Renewal, OpenError> {
    store::restore(url, file, &stamp_at(moment() + TimeDelta::days(1)), Some("The disk was lost"))
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A backup of a register with some records, outside the folder of the register.
async fn some_backup(register: &Register) -> (Database, PathBuf) {
    for n in 0..50 {
        register.enter(mutual(&format!("Mutual {n}"))).await;
    }
    let elsewhere = Database::absent(Engine::Sqlite);
    let file = elsewhere.folder().join("backup.db");
    backup(&register.database.url(), &file).unwrap();
    (elsewhere, file)
}

async fn a_backup_taken_while_writes_go_on_is_of_one_moment(register: &Register) {
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let writing = tokio::spawn({
        let (store, stop, acknowledged) = (register.store.clone(), Arc::clone(&stop), Arc::clone(&acknowledged));
        async move {
            while !stop.load(Ordering::Relaxed) {
                let id = next_id();
                store
                    .write(stamp(0), move |tx| Mutual::enter(tx, id, mutual(&id.to_string()), DraftAccess::All))
                    .await
                    .unwrap();
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let target = Database::absent(Engine::Sqlite);
    while acknowledged.load(Ordering::Relaxed) < 20 {
        tokio::task::yield_now().await;
    }
    for round in 0..3 {
        let file = target.folder().join(format!("backup-{round}.db"));
        let before = acknowledged.load(Ordering::Relaxed);
        let (url, written) = (register.database.url(), file.clone());
        tokio::task::spawn_blocking(move || backup(&url, &written)).await.unwrap().unwrap();
        let after = acknowledged.load(Ordering::Relaxed) + 1;

        let mut copy = Raw::connect(&DatabaseUrl::Sqlite(file));
        let entries = copy.entries();
        assert!((before..=after).contains(&entries.len()), "{before} {} {after}", entries.len());
        assert!((1..).zip(&entries).all(|(n, entry)| entry.seq == n));
        assert_eq!(copy.count("mutuals"), i64::try_from(entries.len()).unwrap());
        assert_eq!(copy.count(&format!("log_head WHERE seq = {}", entries.len())), 1);
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
}

async fn a_backup_is_restored_into_a_free_place(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    let sound = fs::read(&file).unwrap();

    let begun = restore(&elsewhere.url(), &file).unwrap();

    assert_eq!(fs::read(&file).unwrap(), sound, "the backup itself is left as it is");
    assert_eq!(files(elsewhere.folder()), ["backup.db", "register.db", "register.db.lock"]);
    let restored = Register { store: elsewhere.open(), database: elsewhere };
    assert_eq!(restored.all::<Mutual>(Default::default()).await, register.all::<Mutual>(Default::default()).await);
    let (entries, old) = (restored.entries(), register.entries());
    assert_eq!(entries[..50], old);
    let [.., restore] = &entries[..] else { panic!("{entries:?}") };
    let said = (restore.seq, &*restore.action, &*restore.resource_type, restore.reason.as_deref());
    assert_eq!(said, (51, "restore", "register", Some("The disk was lost")));
    let after: Value = serde_json::from_str(restore.after.as_deref().unwrap()).unwrap();
    let (epoch, previous) = (begun.epoch.to_string(), begun.previous.to_string());
    assert_eq!((&after["epoch"], &after["previous_epoch"]), (&json!(epoch), &json!(previous)));
    assert_eq!((&after["shared_entries"], begun.shared), (&json!(50), 50));
    assert_eq!(restored.store.epoch().id, begun.epoch);
    assert_eq!(register.store.epoch().id, begun.previous);
    restored.enter(mutual("After")).await;
    assert_eq!(restored.entries().last().unwrap().seq, 52);
    assert_eq!(restored.store.verify().await.unwrap().faults, []);
}

/// A backup that is restored a second time makes a third epoch, and one of a restored register a chain of them.
async fn each_restore_has_an_epoch_of_its_own(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    let first = register.store.epoch().id;
    let one = restore(&elsewhere.url(), &file).unwrap();
    let restored = Register { store: elsewhere.open(), database: elsewhere };
    restored.enter(mutual("After")).await;
    let again = Database::absent(Engine::Sqlite);
    let other = restore(&again.url(), &file).unwrap();
    assert!(one.epoch != other.epoch && one.previous == first && other.previous == first, "{one:?} {other:?}");

    let third = Database::absent(Engine::Sqlite);
    let copy = third.folder().join("backup.db");
    backup(&restored.database.url(), &copy).unwrap();
    let last = restore(&third.url(), &copy).unwrap();
    let store = third.open();

    assert_eq!((last.previous, last.shared), (one.epoch, 52));
    for (given, after, resumed) in [(first, 60, 50), (first, 10, 50), (one.epoch, 60, 52), (other.epoch, 60, 0)] {
        let place = LogPlace { after, epoch: Some(given) };
        let refused = store.read(move |tx| place.check(tx)).await;
        let Err(Error::EpochEnded { current, shared, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!((current, shared), (last.epoch, resumed));
    }
    let beyond = LogPlace { after: 54, epoch: Some(last.epoch) };
    assert!(matches!(store.read(move |tx| beyond.check(tx)).await, Err(Error::AfterHead { head: 53 })));
    let end = LogPlace { after: 53, epoch: Some(last.epoch) };
    assert_eq!(store.read(move |tx| end.check(tx)).await.unwrap().seq, 53);
}

/// A service that starts meanwhile, or another restore, has the place first.
async fn a_restore_waits_for_whoever_makes_a_register_in_its_place(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    let lock = fs::File::create(elsewhere.folder().join("register.db.lock")).unwrap();
    lock.lock().unwrap();
    let restoring = tokio::task::spawn_blocking({
        let url = elsewhere.url();
        move || restore(&url, &file)
    });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!restoring.is_finished(), "{restoring:?}");
    fs::write(elsewhere.path(), "another register").unwrap();
    drop(lock);

    let said = refusal(restoring.await.unwrap());

    assert!(said.contains("register.db already exists"), "{said}");
    assert_eq!(fs::read(elsewhere.path()).unwrap(), b"another register");
    assert_eq!(files(elsewhere.folder()), ["backup.db", "register.db", "register.db.lock"]);
}

async fn no_register_is_overwritten_by_a_restore(register: &Register) {
    let (_elsewhere, file) = some_backup(register).await;
    register.enter(mutual("Newer than the backup")).await;

    let said = refusal(restore(&register.database.url(), &file));

    assert!(said.contains("register.db"), "{said}");
    assert_eq!(register.all::<Mutual>(Default::default()).await.len(), 51);
}

/// SQLite would take such a log for the restored file's and write its pages over it.
async fn no_backup_is_restored_beside_the_log_of_an_earlier_register(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    fs::copy(register.database.folder().join("register.db-wal"), elsewhere.folder().join("register.db-wal")).unwrap();

    let said = refusal(restore(&elsewhere.url(), &file));

    assert!(said.contains("register.db-wal"), "{said}");
    assert!(!elsewhere.path().exists());
}

async fn a_damaged_backup_is_refused_and_leaves_no_register_behind(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    let sound = fs::read(&file).unwrap();
    let half = sound.len() / 2;
    let mut scratched = sound.clone();
    scratched[half..half + 4096].fill(0x5a);
    let mut without_head = sound.clone();
    without_head[..100].fill(0);
    let damaged: [(&str, &[u8]); 6] = [
        ("empty", b""),
        ("text", b"This is no database but a letter to somebody, of some length."),
        ("cut", &sound[..half]),
        ("cut-at-a-page", &sound[..half - half % 4096]),
        ("scratched", &scratched),
        ("without-head", &without_head),
    ];
    let folder = elsewhere.folder().join("damaged");
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in damaged {
        let broken = folder.join(name);
        fs::write(&broken, bytes).unwrap();

        let said = refusal(restore(&elsewhere.url(), &broken));

        assert!(said.contains(name), "{said}");
        assert_eq!(files(elsewhere.folder()), ["backup.db", "damaged", "register.db.lock"], "after {name}");
    }
}

async fn a_database_that_is_no_register_is_refused(register: &Register) {
    let elsewhere = Database::absent(register.engine());
    let other = elsewhere.folder().join("other.db");
    Raw::connect(&DatabaseUrl::Sqlite(other.clone())).execute("CREATE TABLE recipes (name TEXT)");

    let said = refusal(restore(&elsewhere.url(), &other));

    assert!(said.contains("does not contain a register"), "{said}");
    assert!(!elsewhere.path().exists());
    let missing = refusal(restore(&elsewhere.url(), &elsewhere.folder().join("missing.db")));
    assert!(missing.contains("does not exist"), "{missing}");
}

async fn a_backup_of_a_newer_version_is_refused(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    Raw::connect(&DatabaseUrl::Sqlite(file.clone()))
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");

    let said = refusal(restore(&elsewhere.url(), &file));

    assert!(said.contains("9999"), "{said}");
    assert_eq!(files(elsewhere.folder()), ["backup.db", "register.db.lock"]);
}

async fn a_backup_goes_into_a_new_file_and_comes_from_a_register(register: &Register) {
    let (elsewhere, file) = some_backup(register).await;
    let sound = fs::read(&file).unwrap();

    assert!(refusal(backup(&register.database.url(), &file)).contains("already exists"));
    assert_eq!(fs::read(&file).unwrap(), sound);
    assert!(
        refusal(backup(&register.database.url(), &elsewhere.folder().join("no/such/folder.db"))).contains("folder.db")
    );

    let nothing = elsewhere.folder().join("nothing.db");
    let of_nothing = backup(&DatabaseUrl::Sqlite(nothing.clone()), &elsewhere.folder().join("copy.db"));
    assert!(refusal(of_nothing).contains("nothing.db"));
    assert!(!nothing.exists(), "no register is made by a backup of none");
}

async fn a_backup_of_an_odd_name_is_restored(register: &Register) {
    let (elsewhere, _file) = some_backup(register).await;
    let odd = elsewhere.folder().join("it's 100% «odd».db");
    backup(&register.database.url(), &odd).unwrap();
    let target = DatabaseUrl::Sqlite(elsewhere.folder().join("a b 'c'.db"));

    restore(&target, &odd).unwrap();
    migrate(&target).unwrap();

    Store::open(&target, 1).unwrap();
    assert_eq!(Raw::connect(&target).count("mutuals"), 50);
}

async fn on_postgres_its_own_tools_are_named(register: &Register) {
    let elsewhere = Database::absent(Engine::Sqlite);
    let file = elsewhere.folder().join("backup");

    assert!(refusal(backup(&register.database.url(), &file)).contains("pg_dump"));
    assert!(refusal(restore(&register.database.url(), &file)).contains("pg_restore"));
    assert!(!file.exists());
}

on_sqlite!(
    a_backup_taken_while_writes_go_on_is_of_one_moment,
    a_backup_is_restored_into_a_free_place,
    each_restore_has_an_epoch_of_its_own,
    a_restore_waits_for_whoever_makes_a_register_in_its_place,
    no_register_is_overwritten_by_a_restore,
    no_backup_is_restored_beside_the_log_of_an_earlier_register,
    a_damaged_backup_is_refused_and_leaves_no_register_behind,
    a_database_that_is_no_register_is_refused,
    a_backup_of_a_newer_version_is_refused,
    a_backup_goes_into_a_new_file_and_comes_from_a_register,
    a_backup_of_an_odd_name_is_restored,
);
on_postgres!(on_postgres_its_own_tools_are_named);
