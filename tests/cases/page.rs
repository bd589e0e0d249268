//! The front page and the pages of problems, as programs and browsers ask for them.

use kit::TestApp;
use kit::fixture::{MUTUALS, mutual};
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
