//! What governs the register is on the record: keys, issuers, signing keys, and whose a pseudonym was until that was erased.

use std::collections::HashSet;

use chrono::TimeDelta;
use domain::{ApiKey, KeyId, Kind, Role, Scope};
use serde_json::{Map, Value, json};
use store::governing::Trusted;
use store::key::{self, NewKey};
use store::pseudonym::{self, Bearer};
use store::{Error, RegisterFault, Store};
use tokio::task::JoinSet;

use crate::fixture::{department, parsed};
use crate::kit::{Entry, Register, moment, next_id, stamp};

fn new_key(label: &str, scope: Scope) -> NewKey {
    let key = ApiKey { label: parsed(label), role: Role::MutualEditor, scope };
    NewKey { id: next_id(), hash: [7; 32], key, expires_at: moment() + TimeDelta::days(90), makers_expires_at: None }
}

async fn make(register: &Register, new: NewKey) -> KeyId {
    register.write(move |tx| key::insert(tx, &new)).await.unwrap().id
}

async fn revoke(register: &Register, id: KeyId) {
    register.store.write(stamp(5), move |tx| key::revoke(tx, id)).await.unwrap();
}

fn about(register: &Register, kind: Kind) -> Vec<Entry> {
    register.entries().into_iter().filter(|entry| entry.resource_type == kind.as_str()).collect()
}

fn after(entry: &Entry) -> Value {
    serde_json::from_str(entry.after.as_deref().unwrap()).unwrap()
}

fn outline(entries: &[Entry]) -> Vec<(&str, i64)> {
    entries.iter().map(|entry| (entry.action.as_str(), entry.version)).collect()
}

async fn assert_verified(register: &Register) {
    let found = register.store.verify().await.unwrap();
    assert_eq!((found.faults, found.differences), (vec![], vec![]));
}

async fn the_log_tells_of_a_key_what_everybody_may_know(register: &Register) {
    let office = register.enter(department("Office")).await;
    let id = make(register, new_key("Jo Smith's laptop", Scope::Departments(vec![office.id]))).await;
    revoke(register, id).await;
    revoke(register, id).await;

    let entries = about(register, Kind::Key);

    assert_eq!(outline(&entries), [("create", 1), ("revoke", 2)]);
    let mut made = after(&entries[0]);
    let label = made["label"].take();
    assert_eq!(label["commitment"].as_str().unwrap().len(), 64, "{label}");
    let expected = json!({
        "id": id.to_string(),
        "version": 1,
        "label": null,
        "fingerprint": "4bb06f8e4e3a7715d201d573d0aa423762e55dabd61a2c02278fa56cc6d294e0",
        "role": "mutual_editor",
        "department_ids": [office.id.to_string()],
        "created_at": "2026-01-01T00:00:00.000000Z",
        "created_by": "tester",
        "expires_at": "2026-04-01T00:00:00.000000Z",
    });
    assert_eq!(made, expected);
    let revoked = after(&entries[1]);
    assert_eq!(revoked["label"], label);
    assert_eq!(
        (&revoked["revoked_at"], &revoked["revoked_by"]),
        (&json!("2026-01-01T00:05:00.000000Z"), &json!("tester"))
    );
    assert_verified(register).await;
}

async fn a_key_that_is_refused_or_tried_out_has_no_entry(register: &Register) {
    let nowhere = new_key("A system", Scope::Departments(vec![next_id()]));
    let refused = register.write(move |tx| key::insert(tx, &nowhere)).await;
    assert!(matches!(refused, Err(Error::Rule(_))), "{refused:?}");
    let tried = new_key("A system", Scope::All);
    let rehearsal = register.write(move |tx| {
        tx.discard();
        key::insert(tx, &tried)
    });
    rehearsal.await.unwrap();
    let missing = register.write(|tx| key::revoke(tx, next_id())).await;
    assert!(matches!(missing, Err(Error::NotFound { resource_type: Kind::Key, .. })), "{missing:?}");
    assert_eq!(register.entries(), []);
}

async fn an_erased_label_is_nowhere_and_the_log_is_whole(register: &Register) {
    let id = make(register, new_key("Jo Smith's laptop", Scope::All)).await;
    revoke(register, id).await;

    assert_eq!(register.write(move |tx| key::erase(tx, id, "asked for")).await.unwrap(), 1);

    assert_eq!(register.write(move |tx| key::find(tx, id)).await.unwrap().label, None);
    let entries = about(register, Kind::Key);
    assert_eq!(outline(&entries), [("create", 1), ("revoke", 2), ("erase", 3)]);
    let erased = after(&entries[2]);
    assert!(erased["label"].is_null() && erased["revoked_at"].is_string(), "{erased}");
    assert_eq!(register.database.raw().count("personal_values"), 0);
    assert_verified(register).await;
}

async fn two_changes_of_a_key_in_one_batch_have_a_version_each(register: &Register) {
    let id = make(register, new_key("A system", Scope::All)).await;
    let both = register.write(move |tx| {
        key::revoke(tx, id)?;
        key::erase(tx, id, "asked for")
    });
    both.await.unwrap();
    assert_eq!(outline(&about(register, Kind::Key)), [("create", 1), ("revoke", 2), ("erase", 3)]);
}

async fn keys_that_the_log_does_not_know_are_entered_once(register: &Register) {
    let known = make(register, new_key("Known", Scope::All)).await;
    let unknown: KeyId = next_id();
    // As the migration notes where there are keys already.
    register.database.raw().execute("INSERT INTO document_versions (kind, version) VALUES ('key', 0)");
    register.database.raw().execute(&format!(
        "INSERT INTO api_keys (id, hash, label, role, created_at, created_by, expires_at) \
         SELECT '{unknown}', hash, 'Made before', 'admin', created_at, 'operator', expires_at FROM api_keys"
    ));

    for _ in 0..2 {
        register.store.bring_documents_up_to_date(&stamp(9)).await.unwrap();
    }

    let entries = about(register, Kind::Key);
    let told: Vec<_> = entries.iter().map(|entry| (entry.resource_id.clone(), entry.version)).collect();
    assert_eq!(told, [(known.to_string(), 1), (unknown.to_string(), 1)]);
    assert_eq!((after(&entries[1])["role"].clone(), &*entries[1].action), (json!("admin"), "create"));
}

/// What the comparison names: which key, what of it, and what is wrong.
async fn named(register: &Register) -> Vec<(String, String, String)> {
    let found = register.store.verify().await.unwrap();
    assert_eq!(found.faults, []);
    let name = |fault: RegisterFault| {
        assert_eq!(fault.resource_type, "key");
        (fault.id, fault.part, fault.detail)
    };
    found.differences.into_iter().map(name).collect()
}

async fn what_was_changed_of_a_key_behind_the_log_is_named(register: &Register) {
    let changes = [
        ("label = 'Another'", vec!["label"]),
        ("hash = (SELECT hash FROM api_keys one WHERE one.created_by = 'nobody')", vec!["fingerprint"]),
        ("role = 'admin'", vec!["role"]),
        ("department_ids = NULL", vec!["department_ids"]),
        ("expires_at = '2999-01-01 00:00:00'", vec!["expires_at"]),
        ("created_at = '2025-12-31 00:00:00'", vec!["created_at"]),
        ("created_by = 'somebody'", vec!["created_by"]),
        ("revoked_at = NULL, revoked_by = NULL", vec!["revoked_at", "revoked_by"]),
        ("role = 'boss'", vec![""]),
        ("last_used_at = '2026-01-02 00:00:00'", vec![]),
    ];
    let office = register.enter(department("Office")).await.id;
    let mut expected = Vec::new();
    let other = make(register, NewKey { hash: [8; 32], ..new_key("Other", Scope::All) }).await;
    let raw = |sql: String| register.database.raw().execute(&sql);
    raw(format!("UPDATE api_keys SET created_by = 'nobody' WHERE id = '{other}'"));
    expected.push((other.to_string(), "created_by".to_owned()));
    for (change, parts) in changes {
        let id = make(register, new_key("A system", Scope::Departments(vec![office]))).await;
        revoke(register, id).await;
        raw(format!("UPDATE api_keys SET {change} WHERE id = '{id}'"));
        expected.extend(parts.into_iter().map(|part| (id.to_string(), part.to_owned())));
    }
    let gone = make(register, new_key("A system", Scope::All)).await;
    raw(format!("DELETE FROM api_keys WHERE id = '{gone}'"));
    let unknown: KeyId = next_id();
    raw(format!(
        "INSERT INTO api_keys (id, hash, label, role, created_at, created_by, expires_at) SELECT '{unknown}', hash, 'x', \
         'admin', '2026-02-01 00:00:00', 'operator', expires_at FROM api_keys WHERE id = '{other}'"
    ));
    expected.extend([gone.to_string(), unknown.to_string()].map(|id| (id, String::new())));

    let mut found = named(register).await;

    found.sort_unstable();
    expected.sort_unstable();
    let places: Vec<_> = found.iter().map(|(id, part, _)| (id.clone(), part.clone())).collect();
    assert_eq!(places, expected, "{found:?}");
    let detail = |id: KeyId| found.iter().find(|(key, ..)| *key == id.to_string()).map(|(.., detail)| detail.as_str());
    assert_eq!((detail(gone), detail(unknown)), (Some("is missing"), Some("has no log entry")));
}

fn issuer(address: &str, key: &str) -> Trusted {
    let says = Map::from_iter([("issuer".to_owned(), json!(address)), ("keys".to_owned(), json!([key]))]);
    Trusted::new(Kind::Issuer, address.as_bytes(), says)
}

async fn note(store: &Store, used: Option<Trusted>) {
    store.note_in_use(&stamp(0), Kind::Issuer, used).await.unwrap();
}

/// As by several tokens at a time that come with new keys: their writes may be of one batch.
async fn what_several_note_at_a_time_is_noted_once(register: &Register) {
    for used in [issuer("one", "a"), issuer("one", "b"), issuer("other", "c")] {
        let mut noting = JoinSet::new();
        for _ in 0..20 {
            let (store, used) = (register.store.clone(), used.clone());
            noting.spawn(async move { note(&store, Some(used)).await });
        }
        noting.join_all().await;
    }
    let entries = about(register, Kind::Issuer);
    assert_eq!(outline(&entries), [("create", 1), ("update", 2), ("update", 3), ("create", 1)]);
}

async fn what_is_trusted_is_noted_when_it_changes_and_only_then(register: &Register) {
    let (one, rotated, other) = (issuer("one", "a"), issuer("one", "b"), issuer("other", "c"));
    for used in [None, Some(&one), Some(&one), Some(&rotated), Some(&rotated), Some(&other), None, None, Some(&one)] {
        note(&register.store, used.cloned()).await;
    }

    let entries = about(register, Kind::Issuer);

    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let after = after(entry);
            assert_eq!((&after["id"], &after["version"]), (&json!(entry.resource_id), &json!(entry.version)));
            let said = (after["issuer"].as_str().unwrap().to_owned(), after["keys"][0].as_str().unwrap().to_owned());
            (entry.action.clone(), entry.version, said, after["in_use"].as_bool().unwrap())
        })
        .collect();
    let entry = |action: &str, version, issuer: &str, key: &str, in_use| {
        (action.to_owned(), version, (issuer.to_owned(), key.to_owned()), in_use)
    };
    let expected = [
        entry("create", 1, "one", "a", true),
        entry("update", 2, "one", "b", true),
        entry("update", 3, "one", "b", false),
        entry("create", 1, "other", "c", true),
        entry("update", 2, "other", "c", false),
        entry("update", 4, "one", "a", true),
    ];
    assert_eq!(told, expected);
    assert_verified(register).await;
}

async fn several_instances_note_the_same_once(register: &Register) {
    let stores: Vec<Store> = (0..3).map(|_| register.database.open()).collect();
    let mut starting = JoinSet::new();
    for store in stores {
        starting.spawn(async move { note(&store, Some(issuer("one", "a"))).await });
    }
    starting.join_all().await;
    assert_eq!(outline(&about(register, Kind::Issuer)), [("create", 1)]);
}

fn bearer(subject: &str) -> Bearer {
    Bearer { issuer: "https://login.example".to_owned(), subject: subject.to_owned() }
}

async fn give(store: &Store, subject: &'static str) -> String {
    store.write(stamp(0), move |tx| pseudonym::give(tx, &bearer(subject))).await.unwrap()
}

async fn a_bearer_keeps_one_pseudonym_whatever_the_instance(register: &Register) {
    let none = register.store.read_one(|tx| pseudonym::find(tx, &bearer("jo@example.org"))).await;
    assert_eq!(none.unwrap(), None);
    let mut giving = JoinSet::new();
    for _ in 0..3 {
        let store = register.database.open();
        giving.spawn(async move { give(&store, "jo@example.org").await });
    }
    let given: HashSet<String> = giving.join_all().await.into_iter().collect();

    assert_eq!(given.len(), 1, "{given:?}");
    let given = given.into_iter().next().unwrap();
    assert!(given.len() == 70 && given.starts_with("token:"), "{given}");
    let asked = given.clone();
    let found = register.store.read_one(move |tx| pseudonym::bearer(tx, &asked)).await.unwrap();
    assert_eq!(found, Some(bearer("jo@example.org")));
    assert_ne!(give(&register.store, "al@example.org").await, given);
    let elsewhere = Bearer { issuer: "https://else.example".to_owned(), ..bearer("jo@example.org") };
    assert_ne!(register.write(move |tx| pseudonym::give(tx, &elsewhere)).await.unwrap(), given);
    // What is read writes nothing, and giving a name is no change of the register.
    assert_eq!(register.entries(), []);
    assert_verified(register).await;
    // Whose it is is kept as it was given.
    register.database.raw().execute("UPDATE personal_values SET value = '[\"https://login.example\",\"eve\"]'");
    let found = register.store.verify().await.unwrap().differences;
    assert!(found.len() == 3 && found.iter().all(|fault| fault.resource_type == "pseudonym"), "{found:?}");
}

async fn nobody_can_tell_whose_an_erased_pseudonym_was(register: &Register) {
    let given = give(&register.store, "jo@example.org").await;
    let asked = given.clone();
    let forget = move |tx: &mut store::WriteTx<'_>| pseudonym::forget(tx, &asked, "asked for");
    assert_eq!(register.write(forget.clone()).await.unwrap(), 1);

    let entries = about(register, Kind::Pseudonym);
    assert_eq!(outline(&entries), [("erase", 1)]);
    assert_eq!(after(&entries[0])["actor"], json!(given));
    // Nothing that depends on the subject is left: neither a salt, nor a place to look under.
    assert_eq!(register.database.raw().count("personal_values"), 0);
    let asked = given.clone();
    assert_eq!(register.store.read_one(move |tx| pseudonym::bearer(tx, &asked)).await.unwrap(), None);
    assert_ne!(give(&register.store, "jo@example.org").await, given);
    let again = register.write(forget).await;
    assert!(matches!(again, Err(Error::NotFound { resource_type: Kind::Pseudonym, .. })), "{again:?}");
}

on_both! {
    the_log_tells_of_a_key_what_everybody_may_know,
    a_key_that_is_refused_or_tried_out_has_no_entry,
    an_erased_label_is_nowhere_and_the_log_is_whole,
    two_changes_of_a_key_in_one_batch_have_a_version_each,
    keys_that_the_log_does_not_know_are_entered_once,
    what_was_changed_of_a_key_behind_the_log_is_named,
    what_is_trusted_is_noted_when_it_changes_and_only_then,
    what_several_note_at_a_time_is_noted_once,
    several_instances_note_the_same_once,
    a_bearer_keeps_one_pseudonym_whatever_the_instance,
    nobody_can_tell_whose_an_erased_pseudonym_was,
}
