//! The tree over the log: its root and proofs at any size, what checks of it find, and waiting for it to grow.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use domain::tree::{self, Hash, Subtree};
use domain::{Department, DraftAccess, Mutual};
use store::{Error, StoredRoot as _, history, log_tree, renewal, settlement};
use tokio::task::JoinSet;

use crate::fixture::{ballot, department, mutual};
use crate::kit::{Engine, Register, next_id, stamp};

/// Enters so many mutuals, whose entries make one tree.
async fn grow(register: &Register, count: usize) -> Vec<Hash> {
    let mut writes = JoinSet::new();
    for n in 0..count {
        let store = register.store.clone();
        writes.spawn(async move {
            let name = format!("Mutual {n}");
            store
                .write(stamp(0), move |tx| Mutual::enter(tx, next_id(), mutual(&name), DraftAccess::All).map(drop))
                .await
        });
    }
    writes.join_all().await.into_iter().for_each(|done: Result<(), Error>| done.unwrap());
    register.entries().into_iter().map(|entry| Hash::try_from(entry.leaf_hash).unwrap()).collect()
}

fn finder(leaves: &[Hash]) -> impl FnMut(Subtree) -> Result<Hash, Infallible> {
    move |Subtree { level, position }| {
        let begin = usize::try_from(position << level).unwrap();
        Ok(tree::complete(leaves[begin..begin + (1 << level)].to_vec()).unwrap())
    }
}

async fn roots_and_proofs_are_those_of_the_leaves(register: &Register) {
    let leaves = grow(register, 700).await;

    assert_eq!(register.database.raw().count("log_subtrees"), 2);
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 700] {
        let found = register.store.read(move |tx| log_tree::root(tx, size)).await.unwrap();
        assert_eq!(Ok(found), tree::root(size, &mut finder(&leaves)), "{size}");
    }
    for (seq, size) in [(1, 1), (1, 700), (256, 512), (257, 700), (600, 700), (700, 700)] {
        let found = register.store.read(move |tx| log_tree::inclusion(tx, seq, size)).await.unwrap();
        assert_eq!(Ok(found), tree::inclusion(seq - 1, size, &mut finder(&leaves)), "{seq} in {size}");
    }
    for (from, to) in [(1, 700), (255, 256), (256, 700), (512, 513), (511, 699), (700, 700)] {
        let found = register.store.read(move |tx| log_tree::consistency(tx, from, to)).await.unwrap();
        assert_eq!(Ok(found), tree::consistency(from, to, &mut finder(&leaves)), "{from} to {to}");
    }
}

async fn a_log_that_is_older_than_its_stored_hashes_gets_them(register: &Register) {
    grow(register, 520).await;
    let hashes = |register: &Register| register.database.raw().count("log_subtrees");
    register.database.raw().execute("DELETE FROM log_subtrees");

    store::migrate(&register.database.url()).unwrap();

    assert_eq!(hashes(register), 2);
    assert_eq!(register.store.verify().await.unwrap().faults, []);
    store::migrate(&register.database.url()).unwrap();
    assert_eq!(hashes(register), 2);
}

async fn a_whole_log_is_found_whole(register: &Register) {
    assert_eq!(register.store.verify().await.unwrap().entries, 0);
    let leaves = grow(register, 300).await;

    let found = register.store.verify().await.unwrap();

    assert_eq!((found.entries, found.faults), (300, vec![]));
    assert_eq!(Ok(found.root), tree::root(300, &mut finder(&leaves)));
}

/// Whatever is changed behind the register's back, the check names the entry.
async fn a_changed_entry_is_named(register: &Register) {
    let supplier = register.enter(mutual("Supplier")).await;
    register.enter(ballot(supplier.id)).await;
    grow(register, 20).await;
    let is_sqlite = register.engine() == Engine::Sqlite;
    let changes: &[(&str, &str)] = if is_sqlite {
        &[
            ("at", "'2026-01-01 00:00:01'"),
            ("at", "'2026-01-01T00:00:00'"),
            ("at", "'nonsense'"),
            ("actor", "CAST(x'ff' AS TEXT)"),
            ("nonce", "CAST(x'ff' AS TEXT)"),
            ("leaf_hash", "zeroblob(32)"),
            ("leaf_hash", "x'00'"),
        ]
    } else {
        &[("at", "'2026-01-01 00:00:01'"), ("leaf_hash", "'\\x00'")]
    };
    let on_both: &[(&str, &str)] = &[
        ("actor", "'testes'"),
        ("request_id", "'req-2'"),
        ("action", "'update'"),
        ("resource_type", "'mutuaL'"),
        ("resource_id", "'0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f'"),
        ("version", "2"),
        ("after", "'{}'"),
        ("after", "NULL"),
        ("reason", "''"),
        ("restricted", if is_sqlite { "1 - restricted" } else { "NOT restricted" }),
        ("nonce", "'00112233445566778899aabbccddeeff'"),
        ("seq", "1000"),
    ];
    let of_drafts: &[(&str, &str)] = &[("nonce", "NULL"), ("nonce", "upper(nonce) || ' '")];
    let of_both_kinds = || changes.iter().chain(on_both);
    let of_the_draft = of_both_kinds().chain(of_drafts).map(|change| (2, change));
    for (seq, (column, value)) in of_the_draft.chain(of_both_kinds().map(|change| (7, change))) {
        let mut raw = register.database.raw();
        raw.execute(&format!("CREATE TABLE kept AS SELECT * FROM entries WHERE seq = {seq}"));
        raw.execute(&format!("UPDATE entries SET {column} = {value} WHERE seq = {seq}"));

        let found = register.store.verify().await.unwrap();

        assert_eq!(found.faults.first().and_then(|fault| fault.seq), Some(seq), "{column}: {found:?}");
        raw.execute(&format!("DELETE FROM entries WHERE seq IN ({seq}, 1000)"));
        raw.execute("INSERT INTO entries SELECT * FROM kept");
        raw.execute("DROP TABLE kept");
    }
    assert_eq!(register.store.verify().await.unwrap().faults, []);
}

async fn a_changed_tree_is_noticed(register: &Register) {
    grow(register, 256).await;
    let mut raw = register.database.raw();
    let nothing = if register.engine() == Engine::Sqlite { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    raw.execute(&format!("UPDATE log_subtrees SET hash = {nothing}"));
    let found = register.store.verify().await.unwrap();
    assert!(found.faults[0].detail.contains("entries 1 to 256"), "{found:?}");

    raw.execute("DELETE FROM log_subtrees");
    assert_eq!(register.store.verify().await.unwrap().faults.len(), 1);
    raw.execute("DELETE FROM entries WHERE seq = 256");
    assert_eq!(register.store.verify().await.unwrap().faults[0].seq, Some(256));
    raw.execute("UPDATE log_head SET seq = 254");
    assert_eq!(register.store.verify().await.unwrap().faults[0].seq, Some(255));
}

async fn stored_hashes_of_no_entries_are_noticed_at_every_level(register: &Register) {
    grow(register, 300).await;
    let mut raw = register.database.raw();
    let nothing = if register.engine() == Engine::Sqlite { "zeroblob(32)" } else { "decode(repeat('00', 32), 'hex')" };
    for (level, position) in [(8, 1), (8, 7), (16, 0), (24, 0), (56, 0), (8, -1), (0, 0), (9, 0), (64, 0), (-8, 0)] {
        raw.execute(&format!("INSERT INTO log_subtrees VALUES ({level}, {position}, {nothing})"));
        let found = register.store.verify().await.unwrap();
        let [fault] = &found.faults[..] else { panic!("{level} {position}: {found:?}") };
        assert!(fault.detail.contains("beyond") && fault.detail.contains("300"), "{fault}");
        raw.execute(&format!("DELETE FROM log_subtrees WHERE level = {level} AND position = {position}"));
    }
    assert_eq!(register.store.verify().await.unwrap().faults, []);
}

async fn an_entry_without_a_place_in_the_log_is_noticed(register: &Register) {
    grow(register, 3).await;
    let mut raw = register.database.raw();
    for (seq, said) in [(0, "before the first"), (-4, "before the first"), (4, "after the head"), (9, "after the head")]
    {
        raw.execute("CREATE TABLE kept AS SELECT * FROM entries WHERE seq = 2");
        raw.execute(&format!("UPDATE kept SET seq = {seq}"));
        raw.execute("INSERT INTO entries SELECT * FROM kept");
        let found = register.store.verify().await.unwrap();
        let [fault] = &found.faults[..] else { panic!("{seq}: {found:?}") };
        assert!(fault.seq == Some(seq) && fault.detail.contains(said), "{fault}");
        raw.execute(&format!("DELETE FROM entries WHERE seq = {seq}"));
        raw.execute("DROP TABLE kept");
    }
}

/// A time goes back where the clock was settled, and nowhere else: not even at a new epoch.
async fn a_time_that_goes_back_is_named(register: &Register) {
    let enter = async |name: &'static str, minutes: i64| {
        let entered = register.store.write::<_, Error, _>(stamp(minutes), move |tx| {
            Mutual::enter(tx, next_id(), mutual(name), DraftAccess::All).map(drop)
        });
        entered.await.unwrap();
    };
    let forget_newest_time =
        || register.database.raw().execute("UPDATE log_head SET at = '2001-01-01 00:00:00' WHERE at IS NOT NULL");
    let named = async || {
        let found = register.store.verify().await.unwrap();
        found.faults.into_iter().map(|fault| fault.to_string()).collect::<Vec<_>>()
    };
    enter("First", 20).await;
    register.store.write::<_, Error, _>(stamp(10), |tx| settlement::settle(tx, None)).await.unwrap();
    enter("Second", 11).await;
    assert_eq!(named().await, [""; 0]);

    forget_newest_time();
    enter("Third", 5).await;
    let third = "entry 4 has an earlier time than the entry before it";
    assert_eq!(named().await, [third]);

    forget_newest_time();
    register.store.write::<_, Error, _>(stamp(2), |tx| renewal::begin(tx, None)).await.unwrap();
    assert_eq!(named().await, [third, "entry 5 has an earlier time than the entry before it"]);
}

/// What the head says of the newest entry, the epoch and the clock is what the entries say.
async fn a_changed_head_is_noticed(register: &Register) {
    grow(register, 3).await;
    register.store.write::<_, Error, _>(stamp(1), |tx| settlement::settle(tx, None)).await.unwrap();
    register.store.write::<_, Error, _>(stamp(2), |tx| renewal::begin(tx, None)).await.unwrap();
    let mut raw = register.database.raw();
    assert_eq!(register.store.verify().await.unwrap().faults, []);
    for (column, value) in [
        ("at", "'2026-01-01 00:00:01'"),
        ("at", "NULL"),
        ("epoch", "'0123456789abcdef'"),
        ("epoch_at", "'2026-01-01 00:00:01'"),
        ("epoch_at", "NULL"),
        ("clock_settled", "0"),
        ("clock_settled", "5"),
    ] {
        raw.execute("CREATE TABLE kept AS SELECT * FROM log_head");
        raw.execute(&format!("UPDATE log_head SET {column} = {value}"));
        let found = register.store.verify().await.unwrap();
        let named: Vec<&str> = found.faults.iter().map(|fault| fault.detail.as_str()).collect();
        assert_eq!(named, [format!("the head does not match the entries: log_head {column}")], "{value}");
        raw.execute(&format!("UPDATE log_head SET {column} = (SELECT {column} FROM kept)"));
        raw.execute("DROP TABLE kept");
    }
    assert_eq!(register.store.verify().await.unwrap().faults, []);
}

async fn waiting_ends_with_the_next_entry(register: &Register) {
    let other = register.database.open();
    let wait = |after| register.store.wait_for_entry(after, Duration::from_secs(20));
    let enter = |store: store::Store, name: &'static str| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        store
            .write(stamp(0), move |tx| Department::enter(tx, next_id(), department(name), DraftAccess::All).map(drop))
            .await
    };

    for (number, (store, name)) in [(register.store.clone(), "Own"), (other, "Other's")].into_iter().enumerate() {
        let began = Instant::now();
        let entering = tokio::spawn(enter(store, name));
        wait(i64::try_from(number).unwrap()).await.unwrap();
        let waited = began.elapsed();
        entering.await.unwrap().unwrap();
        assert!((50..5000).contains(&waited.as_millis()), "{name}: {waited:?}");
    }
    // What is there already needs no waiting, and patience has an end.
    wait(1).await.unwrap();
    let began = Instant::now();
    register.store.wait_for_entry(2, Duration::from_millis(30)).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(30));
}

async fn the_register_is_shown_as_it_was(register: &Register) {
    let first = register.enter(department("First")).await;
    let second = register.enter(department("Second")).await;
    register.change(first.id, department("Renamed")).await;
    register.remove(second.id).await.unwrap();
    let at = |minutes| stamp(minutes).now;
    let shown = async |minutes, id: String| {
        let found = register
            .store
            .read(move |tx| history::show(tx, domain::Kind::Department, &id, at(minutes), DraftAccess::None));
        found.await.map(|shown| shown.version)
    };
    let listed = async |minutes, after: Option<String>, limit| {
        let found = register.store.read(move |tx| {
            let page = (after.as_deref(), limit);
            history::list_at(tx, domain::Kind::Department, at(minutes), page, DraftAccess::None)
        });
        let slice: store::Slice = found.await.unwrap();
        (slice.items.into_iter().map(|item| (item.id, item.version)).collect::<Vec<_>>(), slice.next)
    };
    let (one, two) = (first.id.to_string(), second.id.to_string());

    assert!(matches!(shown(-1, one.clone()).await, Err(Error::NotFound { .. })));
    assert_eq!(shown(0, one.clone()).await.unwrap(), 1);
    assert_eq!(shown(1, one.clone()).await.unwrap(), 2);
    assert_eq!(shown(1, two.clone()).await.unwrap(), 1);
    assert!(matches!(shown(2, two.clone()).await, Err(Error::Gone { .. })));

    assert_eq!(listed(-1, None, 10).await.0, []);
    assert_eq!(listed(0, None, 10).await.0, [(one.clone(), 1), (two.clone(), 1)]);
    let (page, next) = listed(1, None, 1).await;
    assert_eq!((page, next.map(|next| next.id)), (vec![(one.clone(), 2)], Some(one.clone())));
    assert_eq!(listed(1, Some(one.clone()), 1).await, (vec![(two, 1)], None));
    assert_eq!(listed(2, None, 10).await.0, [(one, 2)]);
}

on_both!(
    roots_and_proofs_are_those_of_the_leaves,
    a_log_that_is_older_than_its_stored_hashes_gets_them,
    a_whole_log_is_found_whole,
    a_changed_entry_is_named,
    a_changed_tree_is_noticed,
    stored_hashes_of_no_entries_are_noticed_at_every_level,
    an_entry_without_a_place_in_the_log_is_noticed,
    a_time_that_goes_back_is_named,
    a_changed_head_is_noticed,
    waiting_ends_with_the_next_entry,
    the_register_is_shown_as_it_was,
);
