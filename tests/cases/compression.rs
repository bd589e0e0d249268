//! Answers for callers who take them compressed. The client uncompresses them and holds them to the contract like all others.

use kit::TestApp;
use kit::fixture::{MUTUALS, id, mutual, with};
use serde_json::json;

kit::on_both! {
    text_is_compressed_for_who_asks,
    a_compressed_answer_has_a_tag_of_its_own_that_is_as_good_for_conditions,
    answers_with_secrets_are_never_compressed,
    the_contract_and_the_documentation_are_compressed,
}

/// A mutual whose JSON is large enough to be worth it.
async fn large(app: &TestApp) -> serde_json::Value {
    app.create(MUTUALS, &with(mutual("Office"), json!({ "description": "They run a service. ".repeat(100) }))).await
}

async fn text_is_compressed_for_who_asks(app: &TestApp) {
    let record = large(app).await;
    let path = format!("{MUTUALS}/{}", id(&record));
    for (accepted, coding) in [
        ("gzip", Some("gzip")),
        ("br, gzip;q=0.5", Some("gzip")),
        ("*", None),
        ("gzip;q=0", None),
        ("br", None),
        ("identity", None),
        ("nonsense;;", None),
        ("", None),
    ] {
        for path in [&path, MUTUALS, &format!("{MUTUALS}/export.ndjson")] {
            let answer = app.get(path).header("accept-encoding", accepted).await;
            assert_eq!(answer.header("content-encoding"), coding, "{accepted}: {answer:?}");
            let varies = answer.header("vary").unwrap_or_default().to_ascii_lowercase();
            assert!(varies.contains("accept-encoding"), "{accepted}: {answer:?}");
        }
        assert_eq!(app.get(&path).header("accept-encoding", accepted).await.expect(200), record);
    }
    let small = app.get("/livez").header("accept-encoding", "gzip").await;
    assert_eq!(small.header("content-encoding"), None, "there is nothing to gain");
}

async fn a_compressed_answer_has_a_tag_of_its_own_that_is_as_good_for_conditions(app: &TestApp) {
    let record = large(app).await;
    let path = format!("{MUTUALS}/{}", id(&record));
    let compressed = app.get(&path).header("accept-encoding", "gzip").await;
    assert_eq!(compressed.header("etag"), Some(&*app.tag("1-gzip")));
    assert_eq!(app.get(&path).await.header("etag"), Some(&*app.tag(1)));
    let (plain, zipped) = (app.tag(1), app.tag("1-gzip"));
    for (known, told) in [(&zipped, &zipped), (&plain, &plain), (&format!("\"0\", W/{zipped}"), &zipped)] {
        for accepted in ["gzip", "identity"] {
            let answer = app.get(&path).header("accept-encoding", accepted).header("if-none-match", known).await;
            assert_eq!((answer.status(), answer.header("etag")), (304, Some(&**told)), "{known}, {accepted}");
        }
    }
    let list = app.get(MUTUALS).header("accept-encoding", "gzip").await;
    let tag = list.header("etag").unwrap();
    assert!(tag.ends_with("-gzip\""), "{tag}");
    assert_eq!(app.get(MUTUALS).header("if-none-match", tag).await.status(), 304);
    app.patch(&path, &json!({})).if_match(&app.tag("2-gzip")).await.expect_problem(412, "precondition-failed");
    let changed = app
        .patch(&path, &json!({"name": "Bureau"}))
        .if_match(&app.tag("1-gzip"))
        .header("accept-encoding", "gzip")
        .await;
    assert_eq!((changed.status(), changed.header("etag")), (200, Some(&*app.tag("2-gzip"))));
    app.delete(&path).if_match(&app.tag("2-gzip")).await.expect(204);
}

async fn answers_with_secrets_are_never_compressed(app: &TestApp) {
    let label = "a".repeat(100);
    for _ in 0..10 {
        let body = json!({"label": label, "role": "auditor", "expires_in_days": 1});
        let made = app.post("/v1/keys", &body).header("accept-encoding", "gzip").await;
        assert_eq!((made.status(), made.header("content-encoding")), (201, None));
    }
    let listed = app.get("/v1/keys").header("accept-encoding", "gzip").await;
    assert!(listed.bytes().len() > 2000, "{listed:?}");
    assert_eq!(listed.header("content-encoding"), None);
}

async fn the_contract_and_the_documentation_are_compressed(app: &TestApp) {
    for path in ["/openapi.yaml", "/openapi.json", "/openapi-3.0.yaml", "/docs/", "/pages/style.css"] {
        let answer = app.get(path).header("accept-encoding", "gzip").await;
        assert_eq!((answer.status(), answer.header("content-encoding")), (200, Some("gzip")), "{path}");
        let plain = app.get(path).await;
        assert_eq!((plain.status(), plain.header("content-encoding")), (200, None), "{path}");
        assert!(plain.bytes() == answer.bytes(), "{path}");
    }
}
