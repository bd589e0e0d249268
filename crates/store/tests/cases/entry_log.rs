//! The log: an entry for every accepted change and for nothing else, numbered without a gap in the order of commits.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, SecondsFormat, TimeDelta};
use document::value::hex;
use domain::{Department, DraftAccess, Kind, Mutual};
use proptest::collection::vec;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Error, Stamp, Store, StoredRecord as _, StoredRoot as _, WriteTx, history, settlement};
use tokio::task::JoinSet;

use crate::fixture::{ballot, contract, department, mutual};
use crate::kit::{Entry, Register, canonical, for_all, moment, next_id, stamp, stamp_at};

fn outline(entries: &[Entry]) -> Vec<(i64, &str, &str, i64)> {
    entries.iter().map(|it| (it.seq, it.action.as_str(), it.resource_type.as_str(), it.version)).collect()
}

async fn every_kind_of_change_has_its_entry_with_the_record_after_it(register: &Register) {
    let buyer = register.enter(department("Buyer")).await;
    let supplier = register.enter(mutual("Supplier")).await;
    let vote = register.enter(ballot(supplier.id)).await;
    let sale = register.enter(contract(supplier.id, buyer.id)).await;
    let changed = register.change(buyer.id, department("Renamed")).await;
    register.remove(sale.id).await.unwrap();
    register.remove(vote.id).await.unwrap();

    let entries = register.entries();

    let expected = [
        (1, "create", "department", 1),
        (2, "create", "mutual", 1),
        (3, "create", "staff_ballot", 1),
        (4, "create", "contract", 1),
        (5, "update", "department", 2),
        (6, "delete", "contract", 2),
        (7, "delete", "staff_ballot", 2),
    ];
    assert_eq!(outline(&entries), expected);
    assert_eq!(entries[1].after, Some(canonical(&supplier)));
    assert_eq!(entries[4].after, Some(canonical(&changed)));
    assert_eq!(entries[6].after, None);
    assert_eq!(entries[6].resource_id, vote.id.to_string());
    assert_eq!(entries[5].at, stamp(2).now.naive_utc());
}

async fn an_entry_says_who_did_it_and_its_hash_is_that_of_its_canonical_form(register: &Register) {
    let who = Stamp {
        now: moment() + chrono::TimeDelta::microseconds(42),
        actor: "J\"o\\ \u{1}é\u{2028}".to_owned(),
        request_id: "req/'2".to_owned(),
    };
    let id = next_id::<Department>();
    let enter =
        register.store.write(who.clone(), move |tx| Department::enter(tx, id, department("New"), DraftAccess::All));
    enter.await.unwrap();
    let delete = register.store.write::<_, Error, _>(who.clone(), move |tx| {
        let current = Department::find(tx, &domain::Key::Id(id), DraftAccess::All)?;
        Department::delete(tx, &current)
    });
    delete.await.unwrap();

    let entries = register.entries();

    assert_eq!(entries.len(), 2);
    for entry in entries {
        assert_eq!((&entry.actor, &entry.request_id, entry.at), (&who.actor, &who.request_id, who.now.naive_utc()));
        let after: Value = entry.after.as_deref().map_or(Value::Null, |after| serde_json::from_str(after).unwrap());
        // serde_json keeps members in the order of their names and writes no white space, as RFC 8785 asks.
        let canonical = json!({
            "seq": entry.seq,
            "at": who.now.to_rfc3339_opts(SecondsFormat::Micros, true),
            "actor": entry.actor,
            "request_id": entry.request_id,
            "action": entry.action,
            "resource_type": entry.resource_type,
            "resource_id": entry.resource_id,
            "version": entry.version,
            "after": after,
        });
        let leaf = Sha256::new().chain_update([0]).chain_update(canonical.to_string()).finalize();
        assert_eq!(entry.leaf_hash, leaf.to_vec(), "{canonical}");
    }
}

/// Everybody sees the hash of an entry about a draft: who knows all of the entry but what it says must not find that out by trying.
async fn the_hash_of_an_entry_about_a_draft_is_not_to_be_guessed(register: &Register) {
    let supplier = register.enter(mutual("Supplier")).await;
    for _ in 0..2 {
        register.enter(ballot(supplier.id)).await;
    }

    let entries = register.entries();

    assert_eq!(entries[0].nonce, None);
    let mut nonces = HashSet::new();
    for entry in &entries[1..] {
        let nonce = entry.nonce.clone().unwrap();
        assert!(nonce.len() == 32 && nonce.bytes().all(|byte| b"0123456789abcdef".contains(&byte)), "{nonce}");
        let known_at = entry.at.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut known = json!({
            "seq": entry.seq,
            "at": known_at,
            "actor": entry.actor,
            "request_id": entry.request_id,
            "action": entry.action,
            "resource_type": entry.resource_type,
            "resource_id": entry.resource_id,
            "version": entry.version,
            "after": serde_json::from_str::<Value>(entry.after.as_deref().unwrap()).unwrap(),
            "restricted": true,
        });
        let hash = |content: &Value| {
            let content_hash = hex(&Sha256::digest(content.to_string()));
            let leaf = json!({ "at": known_at, "content_hash": content_hash, "restricted": true, "seq": entry.seq });
            Sha256::new().chain_update([0]).chain_update(leaf.to_string()).finalize().to_vec()
        };
        assert_ne!(entry.leaf_hash, hash(&known));
        known["nonce"] = json!(nonce);
        assert_eq!(entry.leaf_hash, hash(&known), "{known}");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), 2);
}

async fn refused_and_discarded_writes_leave_no_entry_and_no_row(register: &Register) {
    register.enter(department("There")).await;

    let refused = register.write(|tx| {
        Department::enter(tx, next_id(), department("New"), DraftAccess::All)?;
        Mutual::enter(tx, next_id(), mutual("New"), DraftAccess::All)?;
        Department::enter(tx, next_id(), department("THERE"), DraftAccess::All).map(drop)
    });
    assert!(matches!(refused.await, Err(Error::Conflict(_))));
    let tried = register.write(|tx| {
        tx.discard();
        Mutual::enter(tx, next_id(), mutual("Tried"), DraftAccess::All)
    });
    assert_eq!(tried.await.unwrap().record.content, mutual("Tried"));

    assert_eq!(outline(&register.entries()), [(1, "create", "department", 1)]);
    let mut raw = register.database.raw();
    for (table, rows) in
        [("departments", 1), ("department_search", 1), ("mutuals", 0), ("mutual_search", 0), ("mutual_sectors", 0)]
    {
        assert_eq!(raw.count(table), rows, "{table}");
    }
    assert_eq!(register.store.read_one::<_, Error, _>(store::entry_log::head).await.unwrap(), 1);
    // What was tried is as free as before.
    register.enter(mutual("Tried")).await;
    register.enter(department("New")).await;
}

/// Two stores are two instances of the service, each with a writer of its own.
async fn writers_of_two_stores_number_their_entries_without_a_gap(register: &Register) {
    let stores = [register.store.clone(), register.database.open()];
    let done = Arc::new(AtomicBool::new(false));
    let watcher = tokio::task::spawn_blocking({
        let (done, mut raw) = (Arc::clone(&done), register.database.raw());
        move || {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) {
                let seen = raw.entries();
                // Whoever has seen a number has seen all before it.
                assert!((1..).zip(&seen).all(|(n, entry)| entry.seq == n), "{:?}", outline(&seen));
                looks += 1;
            }
            looks
        }
    });

    let mut writes = JoinSet::new();
    for n in 0..200 {
        writes.spawn(write_and_look(stores[n % 2].clone(), n));
    }
    let accepted: Vec<String> = writes.join_all().await.into_iter().flatten().collect();
    done.store(true, Ordering::Relaxed);

    assert!(watcher.await.unwrap() > 0);
    let entries = register.entries();
    assert_eq!(accepted.len(), 150);
    assert!((1..=150).eq(entries.iter().map(|entry| entry.seq)), "{:?}", outline(&entries));
    let logged: HashSet<&str> = entries.iter().map(|entry| entry.resource_id.as_str()).collect();
    assert!(accepted.iter().all(|id| logged.contains(id.as_str())));
    assert_eq!(register.database.raw().count("mutuals"), 150);
}

/// However long a request has waited, and whichever instance it came to.
async fn the_time_of_an_entry_is_never_before_that_of_the_one_before(register: &Register) {
    let stores = [register.store.clone(), register.database.open()];
    for_all(register, 12, vec(0..600_i64, 1..24), async |register, seconds| {
        let mut writes = JoinSet::new();
        for (n, second) in seconds.into_iter().enumerate() {
            let store = stores[n % 2].clone();
            let now = moment() + chrono::TimeDelta::seconds(second);
            let stamp = Stamp { request_id: now.to_rfc3339(), ..stamp_at(now) };
            writes.spawn(async move {
                let entered = store.write::<_, Error, _>(stamp, move |tx| {
                    Department::enter(tx, next_id(), department(&n.to_string()), DraftAccess::All)
                });
                assert_eq!(entered.await.unwrap().updated_at, now);
            });
        }
        writes.join_all().await;

        let mut newest = None;
        for entry in register.entries() {
            let taken_up = DateTime::parse_from_rfc3339(&entry.request_id).unwrap().naive_utc();
            newest = newest.max(Some(taken_up));
            assert_eq!(Some(entry.at), newest, "{entry:?}");
        }
        assert_eq!(register.store.verify().await.unwrap().faults, []);
    });
}

/// A clock that was 100 days ahead: from the operator's word on, times are true again.
async fn a_settled_clock_ends_the_times_that_are_still_to_come(register: &Register) {
    let at = |second: i64| moment() + TimeDelta::seconds(second);
    let future = 100 * 86_400;
    let id = next_id::<Department>();
    let enter = move |tx: &mut WriteTx<'_>| Department::enter(tx, id, department("0"), DraftAccess::All).map(drop);
    register.store.write(stamp_at(at(0)), enter).await.unwrap();
    let rename = async |second: i64, name: &'static str| {
        let renamed = register.store.write::<_, Error, _>(stamp_at(at(second)), move |tx| {
            let current = Department::find(tx, &domain::Key::Id(id), DraftAccess::All)?;
            Department::update(tx, &current, department(name), DraftAccess::All).map(drop)
        });
        renamed.await.unwrap();
    };
    let settle = async |second: i64| {
        let settled =
            register.store.write::<_, Error, _>(stamp_at(at(second)), |tx| settlement::settle(tx, Some("NTP")));
        settled.await.unwrap().wrong
    };
    rename(2, "2").await;
    rename(future, "ahead").await;
    rename(5, "5").await;
    assert_eq!(settle(10).await, Some((3, 4)));
    rename(12, "12").await;
    assert_eq!(settle(20).await, None);
    rename(22, "22").await;

    let entries = register.entries();
    let times: Vec<i64> = entries.iter().map(|entry| (entry.at.and_utc() - moment()).num_seconds()).collect();
    assert_eq!(times, [0, 2, future, future, 10, 12, 20, 22]);
    let told: Value = serde_json::from_str(entries[4].after.as_deref().unwrap()).unwrap();
    assert_eq!((&told["wrong_from"], &told["wrong_to"]), (&json!(3), &json!(4)));
    assert_eq!((&*entries[4].action, entries[4].reason.as_deref()), ("settle_clock", Some("NTP")));
    assert_eq!(register.store.verify().await.unwrap().faults, []);

    let expected = [
        (-1, 0, None),
        (0, 1, Some("0")),
        (1, 1, Some("0")),
        (2, 2, Some("2")),
        (9, 2, Some("2")),
        (10, 5, Some("5")),
        (12, 6, Some("12")),
        (19, 6, Some("12")),
        (21, 7, Some("12")),
        (22, 8, Some("22")),
        (future - 1, 8, Some("22")),
        (future, 8, Some("22")),
        (future + 1, 8, Some("22")),
    ];
    for (second, seq, name) in expected {
        let instant = at(second);
        assert_eq!(register.store.read(move |tx| history::seq_at(tx, instant)).await.unwrap(), seq, "{second}");
        let key = id.to_string();
        let shown = register.store.read(move |tx| history::show(tx, Kind::Department, &key, instant, DraftAccess::All));
        let shown = shown.await.ok().map(|shown| serde_json::from_str::<Value>(&shown.document).unwrap());
        assert_eq!(shown.as_ref().map(|shown| shown["name"].as_str().unwrap()), name, "{second}");
        let listed = register
            .store
            .read(move |tx| history::list_at(tx, Kind::Department, instant, (None, 10), DraftAccess::All))
            .await
            .unwrap();
        assert_eq!(listed.items.len(), usize::from(name.is_some()), "{second}");
    }
}

/// Every fourth write is refused by itself; the others are there as soon as they are answered.
async fn write_and_look(store: Store, n: usize) -> Option<String> {
    let id = next_id::<Mutual>();
    let write = store.write(stamp(0), move |tx| {
        let entered = Mutual::enter(tx, id, mutual(&format!("Mutual {n}")), DraftAccess::All)?;
        if n.is_multiple_of(4) { Err(Error::Internal("not this one".to_owned())) } else { Ok(entered) }
    });
    let entered = write.await.ok()?;
    let found = store
        .read_one::<_, Error, _>(move |tx| Mutual::find(tx, &domain::Key::Id(id), DraftAccess::All))
        .await
        .unwrap();
    assert_eq!(found, *entered.record);
    Some(id.to_string())
}

on_both!(
    every_kind_of_change_has_its_entry_with_the_record_after_it,
    an_entry_says_who_did_it_and_its_hash_is_that_of_its_canonical_form,
    the_hash_of_an_entry_about_a_draft_is_not_to_be_guessed,
    refused_and_discarded_writes_leave_no_entry_and_no_row,
    writers_of_two_stores_number_their_entries_without_a_gap,
    the_time_of_an_entry_is_never_before_that_of_the_one_before,
    a_settled_clock_ends_the_times_that_are_still_to_come,
);
