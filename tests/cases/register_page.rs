//! The pages of the register: they say what the API says, and escape what others wrote.

use std::collections::BTreeSet;
use std::time::Duration;

use kit::fixture::{MUTUALS, id, mutual, with};
use kit::{Database, Engine, Program, Response, TestApp};
use serde_json::json;

kit::on_both! {
    what_others_wrote_is_escaped,
    a_refusal_is_a_page_for_browsers_and_a_problem_for_programs,
    a_page_of_the_past_says_so,
    a_filter_is_set_and_taken_away,
    a_history_tells_what_changed,
    pages_can_be_off,
    what_is_gone_takes_no_other_page_along,
    a_page_takes_only_its_own_parameters,
    what_nobody_may_see_is_not_named,
}

const BROWSERS: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// Before compression.
const LONGEST: usize = 30_000;

async fn page(app: &TestApp, path: &str) -> Response {
    app.get(path).without_key().header("accept", BROWSERS).await
}

/// The page, which is there.
pub async fn shown(app: &TestApp, path: &str) -> String {
    let page = page(app, path).await;
    assert_eq!((page.status(), page.media_type()), (200, Some("text/html")), "{path}: {page:?}");
    page.text().to_owned()
}

/// A service with the sample.
pub fn with_sample(engine: Engine) -> TestApp {
    let database = Database::fresh(engine);
    let ended = Program::new(&["import-sample"]).env("DATABASE_URL", &database.url()).run();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    kit::ballot::signing(database)
}

/// The addresses that a page links to within the service.
fn links(html: &str) -> BTreeSet<String> {
    let addresses = html.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let own = addresses.map(|(address, _)| unescaped(address)).filter(|address| address.starts_with('/'));
    own.map(|address| address.split('#').next().unwrap().to_owned()).collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// What stands in the link to an address, for each such link.
fn linked<'p>(html: &'p str, address: &str) -> Vec<&'p str> {
    let escaped = address.replace('&', "&amp;");
    let found = html.split(&format!("<a href=\"{escaped}\">")).skip(1).collect::<Vec<_>>();
    found.into_iter().filter_map(|rest| rest.split_once('<').map(|(text, _)| text)).collect()
}

/// Follows every link from the front page: all lead somewhere, and no page is longer than it may be.
#[test]
fn every_link_of_every_page_leads_somewhere() {
    kit::run_on(with_sample(Engine::Sqlite), async |app| {
        let mut waiting: Vec<String> = vec!["/".to_owned()];
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        let mut pages = 0;
        while let Some(path) = waiting.pop() {
            let answer = page(app, &path).await;
            assert_eq!(answer.status(), 200, "{path}: {answer:?}");
            if answer.media_type() != Some("text/html") {
                continue;
            }
            pages += 1;
            let html = answer.text();
            let longest = if path.starts_with("/docs/") { 2 * LONGEST } else { LONGEST };
            assert!(html.len() <= longest, "{path} has {} bytes", html.len());
            assert_eq!(html.matches("<h1>").count(), 1, "{path}");
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert!(!html.contains("style=\"") && !html.contains("<script>"), "{path}");
            // The data for programs has tests of its own, and pages beyond the first have no other kind of link.
            let next = links(html).into_iter().filter(|link| !link.starts_with("/v1/") && !link.contains("cursor="));
            waiting.extend(next.filter(|link| seen.insert(link.clone())));
        }
        assert!(pages > 300, "{pages} pages");
    });
}

/// Each figure of the API is on its page, with the link to the records behind it.
#[test]
fn every_figure_is_that_of_the_api() {
    kit::run_on(with_sample(Engine::Sqlite), async |app| {
        for day in ["2012-07-31", "2020-01-01"] {
            let figures = app.get(format!("/v1/statistics?as_at={day}")).without_key().await.expect(200);
            let html = shown(app, &format!("/figures?as_at={day}")).await;
            let mut compared = 0;
            for name in [
                "operating",
                "on_the_way",
                "suspended",
                "ended_after_launch",
                "unknown",
                "operating_staff",
                "contracts_ending",
            ] {
                let figure = &figures[name];
                let number = figure.get("count").or_else(|| figure.get("total")).unwrap().as_i64().unwrap();
                let address = page_of(figure["url"].as_str().unwrap());
                let texts = linked(&html, &address);
                assert!(
                    !texts.is_empty() && texts.iter().all(|text| text.replace(',', "") == number.to_string()),
                    "{name}: {texts:?} is not {number}"
                );
                let behind = shown(app, &address).await;
                compared += usize::from(behind.contains("<ol class=\"results\">"));
            }
            assert!(compared >= 6, "{compared}");
        }
        let all = app.get("/v1/mutuals?count=exact&limit=1").without_key().await.expect(200);
        assert!(shown(app, "/mutuals").await.contains(&format!("{} mutuals", all["total"])));
    });
}

fn page_of(address: &str) -> String {
    address.replace("/v1/statistics/mutuals", "/figures/mutuals").replace("/v1/reports/", "/")
}

async fn what_others_wrote_is_escaped(app: &TestApp) {
    let name = "<script>alert(1)</script> & \"Söhne\" '";
    let made = app
        .create(
            MUTUALS,
            &with(mutual(name), json!({ "description": "<img src=x onerror=alert(2)>", "slug": "script" })),
        )
        .await;
    for path in [
        "/",
        "/mutuals",
        "/mutuals/script",
        "/mutuals/script/history",
        "/search?q=script",
        "/log",
        "/feed.atom",
        "/figures/mutuals",
    ] {
        let answer = page(app, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let html = answer.text();
        assert!(!html.contains("<script>") && !html.contains("<img"), "{path}: {html}");
        assert!(html.contains("&lt;script&gt;alert(1)"), "{path} does not have the name");
    }
    let html = shown(app, &format!("/mutuals/{}", id(&made))).await;
    assert!(html.contains("&lt;img src=x"), "{html}");
    for path in
        ["/search?q=%3Cscript%3E", "/mutuals?q=%3Cscript%3E", "/mutuals/%3Cscript%3E", "/mutuals?stage=%3Cscript%3E"]
    {
        assert!(!page(app, path).await.text().contains("<script>"), "{path}");
    }
}

async fn a_refusal_is_a_page_for_browsers_and_a_problem_for_programs(app: &TestApp) {
    let made = app.create(MUTUALS, &with(mutual("Gone"), json!({ "slug": "gone" }))).await;
    app.delete(format!("{MUTUALS}/{}", id(&made))).if_match("*").await.expect(204);
    let cases = [
        ("/mutuals/nobody", 404),
        ("/mutuals/gone", 410),
        ("/mutuals?colour=red", 400),
        ("/staff-ballots?limit=x", 400),
        ("/nowhere", 404),
        ("/nowhere", 404),
    ];
    for (path, status) in cases {
        let refused = page(app, path).await;
        assert_eq!((refused.status(), refused.media_type()), (status, Some("text/html")), "{path}");
        assert!(
            refused.text().contains("<h1>") && refused.text().contains(refused.header("request-id").unwrap()),
            "{refused:?}"
        );
        app.get(path).without_key().header("accept", "application/json").await.problem(status);
        app.get(path).without_key().await.problem(status);
    }
    assert!(page(app, "/mutuals?colour=red").await.text().contains("colour"));
    page(app, "/v1/mutuals/nobody").await.problem(404);
    let tracked = page(app, "/mutuals?utm_source=letter&fbclid=1").await;
    assert_eq!(tracked.status(), 200, "what other sites add to a link says nothing");
}

async fn a_page_of_the_past_says_so(app: &TestApp) {
    let made = app.create(MUTUALS, &with(mutual("Before"), json!({ "slug": "changing" }))).await;
    let then = made["updated_at"].as_str().unwrap().to_owned();
    app.pass(Duration::from_secs(60));
    app.patch(format!("{MUTUALS}/changing"), &json!({ "name": "After" })).if_match("*").await.expect(200);

    let now = shown(app, "/mutuals/changing").await;
    assert!(now.contains("<h1>After</h1>") && !now.contains("as it was"), "{now}");
    let past = shown(app, &format!("/mutuals/changing?known_at={then}")).await;

    assert!(past.contains("<h1>Before</h1>") && past.contains("You see the register as it was on"), "{past}");
    let kept = links(&past).iter().filter(|link| link.contains("known_at=")).count();
    assert!(kept >= 5, "links keep the instant: {:?}", links(&past));
    assert!(links(&past).contains("/mutuals/changing"), "and one leads back");
}

async fn a_filter_is_set_and_taken_away(app: &TestApp) {
    for (name, sector) in [("Books", "libraries_archives"), ("Sports", "leisure_sport")] {
        app.create(MUTUALS, &with(mutual(name), json!({ "sectors": [sector], "region": "wales" }))).await;
    }
    let html = shown(app, "/mutuals?sector=libraries_archives&region=wales&q=&stage=").await;
    assert!(html.contains(">Books<") && !html.contains(">Sports<") && html.contains("1 mutual<"), "{html}");
    assert!(html.contains("checked") && html.contains("Libraries and archives"), "{html}");
    assert!(links(&html).contains("/mutuals?region=wales"), "{:?}", links(&html));
    assert!(shown(app, "/mutuals?region=wales").await.contains("2 mutuals<"));
}

async fn a_history_tells_what_changed(app: &TestApp) {
    app.create(MUTUALS, &with(mutual("Old name"), json!({ "slug": "renamed" }))).await;
    app.patch(format!("{MUTUALS}/renamed"), &json!({ "name": "New name", "region": "wales" }))
        .if_match("*")
        .await
        .expect(200);

    let html = shown(app, "/mutuals/renamed/history").await;

    assert!(html.contains("<del>Old name</del> → <ins>New name</ins>"), "{html}");
    assert!(html.contains("<ins>Wales</ins>"), "{html}");
    assert_eq!(html.matches("As it was then").count(), 2, "{html}");
}

async fn pages_can_be_off(app: &TestApp) {
    let off =
        TestApp::with(Database::fresh(app.database().engine()), |config| config.production.pages = api::Switch::Off);
    for path in ["/", "/mutuals", "/docs/", "/pages/style.css"] {
        page(&off, path).await.problem(404);
    }
    off.get("/v1/mutuals").await.expect(200);
}

async fn what_is_gone_takes_no_other_page_along(app: &TestApp) {
    let made = app.create(MUTUALS, &with(mutual("Your Healthcare CIC"), json!({ "slug": "your-healthcare" }))).await;
    app.delete(format!("{MUTUALS}/{}", id(&made))).if_match("*").await.expect(204);

    for path in ["/", "/mutuals", "/log", "/figures"] {
        shown(app, path).await;
    }
    let history = shown(app, &format!("/mutuals/{}/history", id(&made))).await;
    assert!(history.contains("a record that was deleted") && history.contains("Delete"), "{history}");
    for link in links(&shown(app, "/log").await) {
        // The entry that made the record names it as it was.
        let status = page(app, &link).await.status();
        assert!(status < 400 || status == 410, "{link}");
    }
}

async fn a_page_takes_only_its_own_parameters(app: &TestApp) {
    for path in [
        "/?known_at=2010-01-01T00:00:00Z",
        "/mutuals?fields=name",
        "/contracts?limit=200",
        "/mutuals?known_at=yesterday",
        "/search?q=a&q=b",
        "/feed.atom?mutual=x",
        "/figures?as_at=soon",
    ] {
        assert_eq!(page(app, path).await.status(), 400, "{path}");
    }
}

/// The draft of a ballot is in the log, and not for everybody.
async fn what_nobody_may_see_is_not_named(app: &TestApp) {
    let about = app.create(MUTUALS, &mutual("Voting")).await;
    app.create(
        "/v1/staff-ballots",
        &with(kit::fixture::staff_ballot(id(&about)), json!({ "question": "A secret question?" })),
    )
    .await;
    app.create(MUTUALS, &mutual("n\u{ffff}\u{1f600}")).await;
    for path in ["/", "/log", "/feed.atom"] {
        let answer = page(app, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text();
        assert!(!text.contains("A secret question") && text.contains("An entry that is not public"), "{path}: {text}");
        assert!(path != "/feed.atom" || !text.contains('\u{ffff}'), "{text}");
    }
}
