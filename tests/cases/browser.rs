//! The pages in Chromium. `make check` runs these cases and prints what they count. They are looked at once in a change: `make test`
//! leaves them out.

use kit::ballot::HostedBallot;
use kit::browser::in_browser;
use kit::fixture::id;
use kit::{Database, Engine, Program, TestApp, admin_key};
use serde_json::{Value, json};

use crate::register_page::with_sample;

/// The kinds of page, in three widths, light and dark.
#[test]
#[ignore = "in a browser: make check"]
fn every_kind_of_page_is_accessible() {
    kit::run_on(with_sample(Engine::Sqlite), async |app| {
        let pages = every_kind_of_page(app).await;

        let seen = walk(app, "look", &pages);

        assert_eq!(seen["pages"], pages.len());
        assert!(seen["passes"].as_i64().unwrap() > 1_000, "{seen}");
        println!(
            "axe: {} pages in {} widths, light and dark: {} rules passed, 0 violations",
            seen["pages"], seen["widths"], seen["passes"]
        );
    });
}

/// On paper there is no menu, and nothing is cut off that would be scrolled to on a screen.
#[test]
#[ignore = "in a browser: make check"]
fn pages_can_be_printed() {
    kit::run_on(with_sample(Engine::Sqlite), async |app| {
        let pages = every_kind_of_page(app).await;
        let pages: Vec<String> = pages.into_iter().filter(|page| !page.starts_with("/docs")).collect();

        let seen = walk(app, "print", &pages);

        println!("print: {} pages on A4, nothing is cut off", seen["pages"]);
    });
}

/// What a script of the walk tells; it complains of nothing.
fn walk(app: &TestApp, task: &str, arguments: &[String]) -> Value {
    let address = format!("http://{}", app.address());
    let mut all = vec![address.as_str(), task];
    all.extend(arguments.iter().map(String::as_str));
    let seen = in_browser("walk.mjs", &all);
    assert_eq!(seen["complaints"], json!([]), "{seen:#}");
    seen
}

/// The addresses of each kind of page, with a ballot that is declared and one that is open. A refusal has its status before it.
async fn every_kind_of_page(app: &TestApp) -> Vec<String> {
    const YORK: &str = "/mutuals/explore-york-libraries-and-archives";
    let declared = HostedBallot::open(app, 1, 25, json!({ "method": "ranked" })).await;
    for voter in 0..14 {
        let choice = ["yes>no", "no", "none>yes>no", "no>none"][voter % 4];
        declared.cast(app, &declared.vote(voter, choice)).await.expect(201);
    }
    declared.declare(app).await;
    let open = HostedBallot::open(app, 1, 25, json!({})).await;
    let then = app.get(format!("/v1{YORK}")).await.expect(200)["updated_at"].as_str().unwrap().to_owned();
    let contract = app.get("/v1/contracts?q=york&limit=1").await.expect(200);
    let ballot = app.get("/v1/staff-ballots?has_turnout=true&limit=1").await.expect(200);
    let own = |page: &str, of: &Value| format!("/{page}/{}", id(&of["items"][0]));
    let mut pages: Vec<String> = [
        "/",
        "/search?q=york",
        "/search?q=nothing+is+called+so",
        "/mutuals",
        "/mutuals?stage=operating&region=wales&sort=-staff_count",
        "/staff-ballots",
        "/staff-ballots?state=declared&mode=recorded",
        "/contracts",
        "/departments",
        "/departments/city-of-york-council",
        "/cliff-edge",
        "/cliff-edge?as_at=2018-06-30&within_months=24",
        "/competitions",
        "/figures?as_at=2012-07-31",
        "/figures/regions",
        "/figures/stages",
        "/figures/published",
        "/figures/mutuals?standing=operating",
        "/log",
        "/about",
        "/accessibility",
        "/docs/",
        "/docs/mutuals",
        "/docs/operations/list_mutuals",
        "/docs/schemas/Mutual",
        "/problems",
        "/problems/not-ready",
        "404 /mutuals/nobody",
        "404 /nowhere",
        "400 /mutuals?colour=red",
    ]
    .map(str::to_owned)
    .into();
    pages.extend([YORK.to_owned(), format!("{YORK}/history"), format!("{YORK}?known_at={then}")]);
    pages.extend([own("staff-ballots", &ballot), own("contracts", &contract)]);
    pages.extend([format!("/staff-ballots/{}", declared.id), format!("/staff-ballots/{}", open.id)]);
    pages.push(format!("/staff-ballots/{}/vote", open.id));
    pages
}

/// Somebody votes with the form. What is sent does not tell the code, and the vote is found after the close.
#[test]
#[ignore = "in a browser: make check"]
fn a_vote_is_cast_and_found_in_a_browser() {
    vote_in_a_browser(1, json!({}), "yes");
    vote_in_a_browser(2, json!({}), "yes");
}

#[test]
#[ignore = "in a browser: make check"]
fn options_are_ranked_in_a_browser() {
    vote_in_a_browser(1, json!({ "method": "ranked" }), "none>yes");
}

fn vote_in_a_browser(issuers: usize, more: Value, choice: &str) {
    kit::run_on(kit::ballot::signing(Database::fresh(Engine::Sqlite)), async |app| {
        let held = HostedBallot::open(app, issuers, 25, more).await;
        let form = format!("/staff-ballots/{}/vote", held.id);
        let codes: Vec<String> = held.codes.iter().map(|codes| codes[4].clone()).collect();

        let voted = walk(app, "vote", &[&[form, choice.to_owned()], codes.as_slice()].concat());

        let receipt = voted["receipt"].as_str().unwrap();
        let line = |name: &str| receipt.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
        assert_eq!((line("Choice:"), line("Ballot:")), (choice, held.id.as_str()));
        let sent = voted["sent"].to_string();
        assert!(
            sent.contains(line("Tracker:")) && sent.contains(&format!("\\\"choice\\\":\\\"{choice}\\\"")),
            "{sent}"
        );
        assert!(!codes.iter().any(|code| sent.contains(code)) && !sent.contains(line("Nonce:")), "{sent}");
        for voter in 5..20 {
            held.cast(app, &held.vote(voter, "no")).await.expect(201);
        }
        held.expire(app).await;
        let ballot = format!("/staff-ballots/{}", held.id);

        let found = walk(app, "find", &[ballot, line("Tracker:").to_owned()]);

        let counted = format!("among the 16 votes that were counted: {choice}");
        assert!(found["said"].as_str().unwrap().contains(&counted), "{found:#}");
        assert!(!found["sent"].to_string().contains(line("Tracker:")), "{found:#}");
        let record = app.get(format!("{}?expand=mutual", held.path)).await.expect(200);
        let name = record["mutual"]["name"].as_str().unwrap().to_owned();
        let walked = walk(app, "keys", &[name]);
        assert!(walked["url"].as_str().unwrap().ends_with("#verify"), "{walked:#}");
        assert!(walked["pressed"].as_i64().unwrap() <= 12, "{walked:#}");
        println!(
            "browser: {choice} is cast and found, {issuers} issuers; {} keys lead to the check",
            walked["pressed"]
        );
    });
}

/// The front page, the problems and the reference are opened, and the reference is used to list the mutuals with a key.
#[test]
#[ignore = "in a browser: make check"]
fn the_reference_works_in_a_browser() {
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
