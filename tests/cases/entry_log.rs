//! The log of accepted changes, as it lies in the database.

use futures_util::future::join_all;
use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, gloucestershire_ballot, id, mutual, with,
};
use kit::{Database, Engine, TestApp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

kit::on_both! {
    every_accepted_change_has_its_entry,
    entries_are_numbered_without_a_gap_under_load,
}

/// All entries in order, each with what its columns say.
pub fn entries(database: &Database) -> Vec<Value> {
    let (at, hash) = match database.engine() {
        Engine::Sqlite => ("at", "lower(hex(leaf_hash))"),
        Engine::Postgres => ("to_char(at, 'YYYY-MM-DD HH24:MI:SS.US')", "encode(leaf_hash, 'hex')"),
    };
    database.rows(&format!(
        "SELECT seq, {at} AS at, actor, request_id, action, resource_type, resource_id, version, after, {hash} AS leaf_hash, \
         reason, CASE WHEN restricted THEN 1 ELSE 0 END AS restricted, nonce FROM entries ORDER BY seq"
    ))
}

/// The numbers run from 1 without a gap, and each leaf hash is that of the entry (RFC 6962 section 2.1) as canonical JSON
/// (RFC 8785).
pub fn assert_sound(entries: &[Value]) {
    for (number, entry) in (1..).zip(entries) {
        assert_eq!(entry["seq"], json!(number));
        let mut leaf = entry.as_object().unwrap().clone();
        let stored = leaf.remove("leaf_hash").unwrap();
        leaf.retain(|name, value| !["reason", "nonce"].contains(&name.as_str()) || !value.is_null());
        assert_eq!(leaf.contains_key("nonce"), leaf["restricted"] == json!(1), "{entry:#}");
        let is_restricted = leaf.remove("restricted") == Some(json!(1));
        if is_restricted {
            leaf.insert("restricted".to_owned(), json!(true));
        }
        leaf.insert("at".to_owned(), json!(instant(entry["at"].as_str().unwrap())));
        if let Some(after) = entry["after"].as_str() {
            let parsed: Value = serde_json::from_str(after).unwrap();
            assert_eq!(canonical(&parsed), after, "entry {number} is not canonical");
            leaf.insert("after".to_owned(), parsed);
        }
        let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let at = leaf["at"].clone();
        let mut leaf = canonical(&Value::Object(leaf));
        if is_restricted {
            let content = hex(&Sha256::digest(&leaf));
            leaf = canonical(&json!({ "seq": number, "at": at, "restricted": true, "content_hash": content }));
        }
        let hash = hex(&Sha256::new().chain_update([0]).chain_update(leaf).finalize());
        assert_eq!(stored, hash, "entry {number}: {entry:#}");
    }
}

/// The instant as RFC 3339 with microseconds; the databases write a space and leave out what is zero.
pub fn instant(stored: &str) -> String {
    let (seconds, fraction) = stored.split_once('.').unwrap_or((stored, ""));
    format!("{}.{fraction:0<6}Z", seconds.replace(' ', "T"))
}

/// RFC 8785, as far as the register's documents need it: whole numbers, and names of ASCII.
fn canonical(value: &Value) -> String {
    let list = |parts: Vec<String>| parts.join(",");
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            format!(
                "{{{}}}",
                list(members.iter().map(|(name, value)| format!("{}:{}", json!(name), canonical(value))).collect())
            )
        }
        Value::Array(elements) => format!("[{}]", list(elements.iter().map(canonical).collect())),
        other => other.to_string(),
    }
}

async fn every_accepted_change_has_its_entry(app: &TestApp) {
    let post = |path: &'static str, body: Value, request: &'static str| async move {
        app.post(path, &body).header("request-id", request).await.expect(201)
    };
    let office = post(
        DEPARTMENTS,
        with(department("Office \"é\" \\ 😀"), json!({ "sources": [{ "note": "a\u{2028}\tb\nc" }] })),
        "r-1",
    )
    .await;
    let supplier = post(MUTUALS, mutual("Harmonie"), "r-2").await;
    let ballot = post(STAFF_BALLOTS, gloucestershire_ballot(id(&supplier)), "r-3").await;
    let entered = |day: &str| with(contract(id(&supplier), id(&office)), json!({ "entered_on": day }));
    let later = post(CONTRACTS, entered("2012-02-01"), "r-4").await;
    app.post(MUTUALS, &mutual("HARMONIE")).header("request-id", "refused").await.problem(409);
    app.post(format!("{MUTUALS}?validate_only=true"), &mutual("Rehearsed"))
        .header("request-id", "rehearsed")
        .await
        .expect(200);
    let earlier = post(CONTRACTS, entered("2012-01-01"), "r-5").await;
    let later_now = app.get(format!("{CONTRACTS}/{}", id(&later))).await.expect(200);
    let patched = app
        .patch(format!("{MUTUALS}/harmonie"), &json!({ "region": "wales" }))
        .header("request-id", "r-6")
        .await
        .expect(200);
    app.delete(format!("{STAFF_BALLOTS}/{}", id(&ballot))).header("request-id", "r-7").await.expect(204);

    let entries = entries(app.database());
    assert_sound(&entries);
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (text("request_id"), text("action"), text("resource_type"), entry["version"].as_i64().unwrap())
        })
        .collect();
    let mut expected = vec![
        ("r-1", "create", "department", 1),
        ("r-2", "create", "mutual", 1),
        ("r-3", "create", "staff_ballot", 1),
        ("r-4", "create", "contract", 1),
        ("r-5", "update", "contract", 2),
        ("r-5", "create", "contract", 1),
        ("r-6", "update", "mutual", 2),
        ("r-7", "delete", "staff_ballot", 2),
    ];
    // Which of the two contracts one request changes first is the store's affair.
    let mut sorted = told.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);

    let shown: Vec<(&str, Option<Value>)> = entries
        .iter()
        .map(|entry| {
            (
                entry["resource_id"].as_str().unwrap(),
                entry["after"].as_str().map(|after| serde_json::from_str(after).unwrap()),
            )
        })
        .collect();
    for record in [&office, &supplier, &ballot, &later, &earlier, &later_now, &patched] {
        assert!(
            shown.iter().any(|(of, after)| *of == id(record) && after.as_ref() == Some(record)),
            "{record:#} is in no entry"
        );
    }
    assert!(shown.iter().any(|(of, after)| *of == id(&ballot) && after.is_none()));
}

async fn entries_are_numbered_without_a_gap_under_load(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Shared")).await;
    let callers = (0..12).map(|caller| async move {
        let mut answers = Vec::new();
        for round in 0..8 {
            let own = app.post(MUTUALS, &mutual(&format!("Mutual {caller} {round}"))).await;
            if own.status() == 201 && round % 3 == 0 {
                answers.push(app.delete(format!("{MUTUALS}/{}", id(&own.json()))).await);
            }
            // Many of these come too late, and are undone while others of the same batch stand.
            let neighbour = (caller + 1) % 12;
            answers.push(own);
            answers.push(app.post(MUTUALS, &mutual(&format!("Mutual {neighbour} {round}"))).await);
            let version = app.tag(round + 1);
            let change = json!({ "website": format!("https://example.org/{caller}/{round}") });
            answers.push(app.patch("/v1/departments/shared", &change).if_match(&version).await);
        }
        answers
    });
    let answers: Vec<_> = join_all(callers).await.into_iter().flatten().collect();
    let accepted = 1 + answers.iter().filter(|answer| answer.status() < 300).count();
    assert!(answers.iter().any(|answer| answer.status() == 409) && answers.iter().any(|answer| answer.status() == 412));
    let entries = entries(app.database());
    assert_eq!(entries.len(), accepted);
    assert_sound(&entries);
    let head = app.database().rows("SELECT seq FROM log_head");
    assert_eq!(head, [Value::Object(Map::from_iter([("seq".to_owned(), json!(accepted))]))]);
}
