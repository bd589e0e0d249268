//! What the service says about itself.

use std::time::{Duration, Instant};

use api::ProblemType;
use kit::{Database, Engine, TestApp};
use serde_json::json;
use tokio::time::sleep;

kit::on_both! {
    the_contract_and_the_documentation_are_sent_once,
    it_lives_and_is_ready,
    it_is_not_ready_without_its_database,
    the_contract_is_answered_in_both_forms,
    the_contract_is_answered_in_openapi_3_0_too,
    every_kind_of_problem_is_explained,
    the_reference_has_a_page_for_each_part_of_the_contract,
    named_origins_may_call_from_a_browser,
    a_restart_finds_everything_as_it_was,
}

async fn it_lives_and_is_ready(app: &TestApp) {
    for path in ["/livez", "/readyz"] {
        let answer = app.get(path).await;
        assert_eq!(answer.expect(200), json!({ "status": "ok" }), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

async fn it_is_not_ready_without_its_database(app: &TestApp) {
    app.create(kit::fixture::DEPARTMENTS, &kit::fixture::department("Office")).await;
    app.get("/readyz").await.expect(200);
    app.database().take_away();
    let taken_away = Instant::now();
    let mut answer = app.get("/readyz?read_only=true").await;
    while answer.status() == 200 {
        assert!(taken_away.elapsed() < Duration::from_secs(5), "it is still ready");
        sleep(Duration::from_millis(100)).await;
        answer = app.get("/readyz?read_only=true").await;
    }
    answer.expect_problem(503, "unavailable");
    assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok());
    if app.database().engine() == Engine::Postgres {
        // A file that was removed can be read to the end of the process; a database that was dropped can't.
        app.get("/v1/departments").await.expect_problem(503, "unavailable");
    }
    app.post("/v1/departments", &kit::fixture::department("Bureau")).await.expect_problem(503, "unavailable");
    assert_eq!(app.get("/livez").await.status(), 200, "restarting the service would not help");
}

async fn the_contract_is_answered_in_both_forms(app: &TestApp) {
    let document = kit::Contract::of_the_service().document();
    assert_eq!(app.get("/openapi.json").await.expect(200), *document);
    let yaml = app.get("/openapi.yaml").await;
    assert!(yaml.text().starts_with("openapi: '3.1"), "{yaml:?}");
}

async fn the_contract_is_answered_in_openapi_3_0_too(app: &TestApp) {
    let document = kit::Contract::of_the_service().document();
    let older = app.get("/openapi-3.0.json").await.expect(200);
    assert_eq!(older, api::to_3_0(document.clone()));
    assert_eq!(older["openapi"], "3.0.3");
    let yaml = app.get("/openapi-3.0.yaml").await;
    assert!(yaml.text().starts_with("openapi: '3.0.3'\ninfo:"), "{yaml:?}");
}

async fn every_kind_of_problem_is_explained(app: &TestApp) {
    let all = app.get("/problems").await.expect(200);
    let all = all["items"].as_array().unwrap();
    assert_eq!(all.len(), ProblemType::ALL.len());
    for (kind, listed) in ProblemType::ALL.iter().zip(all) {
        let own = app.get(kind.address()).await.expect(200);
        assert_eq!(own, *listed);
        assert_eq!(own["type"], kind.address());
        assert_eq!(own["status"], kind.status().as_u16());
        assert!(own["description"].as_str().unwrap().contains("**What to do:**"), "{own}");
    }
}

async fn the_reference_has_a_page_for_each_part_of_the_contract(app: &TestApp) {
    let moved = app.get("/docs").await;
    assert_eq!((moved.status(), moved.header("location")), (308, Some("/docs/")));
    let front = app.get("/docs/").await;
    assert_eq!((front.status(), front.media_type()), (200, Some("text/html")));
    let policy = front.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let document = kit::Contract::of_the_service().document();
    let names = |of: &serde_json::Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|of_path| of_path.as_object().unwrap().values());
    let operations = operations.filter_map(|operation| operation["operationId"].as_str());
    let mut pages: Vec<String> = operations.map(|id| format!("/docs/operations/{id}")).collect();
    pages.extend(names(&document["components"]["schemas"]).iter().map(|name| format!("/docs/schemas/{name}")));
    assert!(pages.len() > 300, "{}", pages.len());
    for path in pages {
        let page = app.get(&path).await;
        assert_eq!(page.status(), 200, "{path}");
        assert!(!page.text().contains("<script>") && page.text().matches("<h1>").count() == 1, "{path}");
    }
    for tag in document["tags"].as_array().unwrap() {
        let chapter = tag["name"].as_str().unwrap().to_lowercase().replace(' ', "-");
        assert!(front.text().contains(&format!("href=\"/docs/{chapter}\"")), "{chapter}");
    }
    for nothing in ["/docs/nothing", "/docs/../Cargo.toml", "/docs/%2e%2e/Cargo.toml", "/docsx"] {
        assert_eq!(app.get(nothing).await.status(), 404, "{nothing}");
    }
}

async fn named_origins_may_call_from_a_browser(app: &TestApp) {
    let ours = "https://example.gov.uk";
    let open = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.cors_origins = vec![ours.parse().unwrap()]
    });
    let answer = open.get("/v1/mutuals").header("origin", ours).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(ours));
    let exposed = answer.header("access-control-expose-headers").unwrap().to_ascii_lowercase();
    for name in ["etag", "link", "location", "request-id", "retry-after"] {
        assert!(exposed.split(',').any(|own| own.trim() == name), "{name} is not in {exposed}");
    }
    let refusal = open.get("/v1/mutuals/nobody").header("origin", ours).await;
    refusal.expect_problem(404, "not-found");
    assert_eq!(refusal.header("access-control-allow-origin"), Some(ours), "the page must be able to read why");
    let theirs = open.get("/v1/mutuals").header("origin", "https://example.com").await;
    assert_eq!(theirs.header("access-control-allow-origin"), None);
    assert!(answer.header("vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("origin")), "{answer:?}");
    let preflight = format!(
        "OPTIONS /v1/mutuals HTTP/1.1\r\nHost: x\r\nOrigin: {ours}\r\nAccess-Control-Request-Method: PATCH\r\n\
         Access-Control-Request-Headers: content-type, if-match, idempotency-key\r\n\r\n"
    );
    let preflight = open.raw(preflight.as_bytes()).await;
    assert_eq!(preflight.status(), 204, "{preflight:?}");
    assert!(preflight.header("request-id").is_some(), "{preflight:?}");
    assert_eq!(preflight.header("access-control-allow-origin"), Some(ours));
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("PATCH"));
}

async fn a_restart_finds_everything_as_it_was(app: &TestApp) {
    let first = TestApp::start(app.database().engine());
    let record = first.create(kit::fixture::MUTUALS, &kit::fixture::mutual("Harmonie")).await;
    let tag = first.get("/v1/mutuals").await.etag();
    let second = TestApp::with(first.end(), |_| {});
    let read = second.get("/v1/mutuals/harmonie").await;
    assert_eq!(read.expect(200), record);
    assert_eq!(second.get("/v1/mutuals").await.etag(), tag);
    assert_eq!(
        second.patch("/v1/mutuals/harmonie", &json!({ "region": "wales" })).if_match(&read.etag()).await.version(),
        "2"
    );
    if app.database().engine() == Engine::Sqlite {
        assert!(second.database().path().exists());
    }
}

async fn the_contract_and_the_documentation_are_sent_once(app: &TestApp) {
    let mut tags = Vec::new();
    let paths =
        ["/openapi.yaml", "/openapi.json", "/openapi-3.0.yaml", "/openapi-3.0.json", "/docs/", "/pages/style.css"];
    for path in paths {
        for encoding in ["identity", "gzip"] {
            let first = app.get(path).header("accept-encoding", encoding).await;
            assert_eq!(first.status(), 200, "{path}");
            let tag = first.etag().to_owned();
            let again = app.get(path).header("accept-encoding", encoding).header("if-none-match", &tag).await;
            assert_eq!((again.status(), again.bytes().len(), again.etag()), (304, 0, tag.clone()), "{path} {encoding}");
            assert_eq!(again.header("cache-control"), Some("no-cache"), "{path}");
            tags.push(tag);
        }
        assert_eq!(app.get(path).header("if-none-match", "\"other\"").await.status(), 200, "{path}");
    }
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), paths.len() * 2, "each has a tag of its own");
}
