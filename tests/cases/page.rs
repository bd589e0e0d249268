//! The pages for people: as a program reads them, and as a browser shows them.

use kit::browser::in_browser;
use kit::fixture::{MUTUALS, mutual};
use kit::{Database, Engine, Program, TestApp, admin_key};
use serde_json::json;

kit::on_both! {
    the_front_page_has_the_figures_of_the_register,
    a_problem_is_explained_to_people_and_to_programs,
}

const BROWSERS: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn the_front_page_has_the_figures_of_the_register(app: &TestApp) {
    let operating = async || {
        let page = app.get("/").without_key().header("accept", BROWSERS).await;
        assert_eq!((page.status(), page.media_type()), (200, Some("text/html")));
        let (_, figure) = page.text().split_once("standing=operating\">").unwrap();
        figure.split_once('<').unwrap().0.parse::<u32>().unwrap()
    };
    assert_eq!(operating().await, 0);
    let launched = app.create(MUTUALS, &mutual("Launched")).await;
    app.lead(&launched, &[("launched", "2012")]).await;
    assert_eq!(operating().await, 1);
    let policy = app.get("/").await.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
}

async fn a_problem_is_explained_to_people_and_to_programs(app: &TestApp) {
    for path in ["/problems", "/problems/not-ready"] {
        let page = app.get(path).header("accept", BROWSERS).await;
        assert_eq!((page.status(), page.media_type()), (200, Some("text/html")), "{path}");
        assert!(page.text().contains("<h1>"), "{page:?}");
        assert_eq!(page.header("vary"), Some("Accept"));
        for accept in ["application/json", "*/*", "text/html;q=0.5, application/json"] {
            let data = app.get(path).header("accept", accept).await;
            assert_eq!((data.status(), data.media_type()), (200, Some("application/json")), "{path} {accept}");
        }
    }
    let known = app.get("/problems/not-ready").await.expect(200);
    assert_eq!((&known["example"]["type"], &known["example"]["status"]), (&json!("/problems/not-ready"), &json!(409)));
    app.get("/problems/nothing").header("accept", BROWSERS).await.problem(404);
}

/// Every page is opened in Chromium, and the documentation is used to list the mutuals with a key.
#[test]
fn pages_work_in_a_browser() {
    let database = Database::fresh(Engine::Sqlite);
    let ended = Program::new(&["import-sample"]).env("DATABASE_URL", &database.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let app = TestApp::with(database, |_| {});
    let seen = in_browser("look.mjs", &[&format!("http://{}", app.address()), admin_key()]);

    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    assert_eq!(seen["elsewhere"], json!([]), "something comes from elsewhere");
    for page in ["front", "problems", "problem", "docs"] {
        let page = &seen[page];
        assert_eq!((&page["status"], &page["landmarks"]), (&json!(200), &json!(1)));
        assert!(page["language"].as_str().unwrap().starts_with("en"), "{page:#}");
        assert_eq!((&page["headings"][0], &page["nameless"]), (&json!("h1"), &json!(0)), "{page:#}");
        assert_ne!(page["title"], "");
    }
    let front = seen["front"]["text"].as_str().unwrap();
    assert!(front.contains("Operating, as far as is known") && front.contains("The same data for programs"), "{front}");
    assert_eq!(seen["docs"]["answered"], "200", "{seen:#}");
    let listed = seen["docs"]["body"].as_str().unwrap();
    assert_eq!(listed.matches("\"slug\"").count(), 3, "{listed}");
    assert_eq!(seen["docs"]["unlabelled"], json!(0), "{seen:#}");
    assert!(seen["docs"]["curl"].as_str().unwrap().contains("Authorization: Bearer psm_"), "{seen:#}");
}
