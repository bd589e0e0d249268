//! Every number on every page of the register is that of the API. `expected` tells from the documents that a page is about what must
//! stand on it: each number that is missing is a fault, and so is each that stands there beside them.

mod expected;
mod seen;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use kit::ballot::HostedBallot;
use kit::{Around, Engine, SAMPLES, TestApp};
use serde_json::{Value, json};

use crate::register_page::{shown, with_sample};
use expected::teller;
use seen::Seen;
use told::{Documents, Told, grouped};

/// Pages that nothing links to.
const MORE: [&str; 14] = [
    "/figures?as_at=1990-01-01",
    "/figures?as_at=2012-07-31",
    "/figures?as_at=2020-01-01",
    "/figures/regions?as_at=2012-07-31",
    "/figures/departments?as_at=2012-07-31",
    "/figures/launch-years?as_at=2012-07-31",
    "/figures/stages?as_at=2012-07-31",
    "/cliff-edge?as_at=2018-06-30&within_months=24",
    "/cliff-edge?as_at=2015-01-01&within_months=60&listed=later",
    "/competitions?as_at=2019-12-31",
    "/mutuals?sort=-staff_count",
    "/contracts?sort=-value",
    "/search?q=health",
    "/search?q=nothing+is+called+so",
];

/// Numbers that pages say by themselves, each at most once.
const CONSTANTS: [(&str, &str); 2] = [("SHA-256", "256"), ("the digits of a tracker", "64")];

#[test]
fn every_number_of_every_page_is_that_of_the_api() {
    kit::run_on(with_sample(Engine::Sqlite), async |app| {
        fill(app).await;
        let walk = Walk::through(app).await;
        let faults: Vec<String> = walk.faults.into_iter().collect();
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
        println!("{} pages, {} numbers, {} lists behind numbers", walk.pages, walk.numbers, walk.behind.len());
        assert!(walk.pages > 400 && walk.behind.len() > 200);
    });
}

/// Adds to the sample what it has none of: all that each kind of record may say, and ballots that the service held.
async fn fill(app: &TestApp) {
    let around = Around::new(app, "Walk").await;
    for sample in SAMPLES {
        let made = app.create(&sample.path(&around), &(sample.full)(&around)).await;
        sample.publish(app, &made).await;
    }
    for (more, choices) in [(json!({}), ["yes", "no"]), (json!({ "method": "ranked" }), ["yes>no", "none>no"])] {
        let held = HostedBallot::open(app, 1, 25, more).await;
        for voter in 0..13 {
            held.cast(app, &held.vote(voter, choices[voter % 4 / 3])).await.expect(201);
        }
        held.declare(app).await;
    }
}

/// What a walk from the front page found.
#[derive(Default)]
struct Walk {
    pages: usize,
    numbers: usize,
    /// What the API has behind a number, by the address that the number leads to.
    behind: BTreeMap<String, String>,
    faults: BTreeSet<String>,
}

impl Walk {
    async fn through(app: &TestApp) -> Self {
        let mut walk = Self::default();
        let mut waiting: Vec<String> = ["/"].into_iter().chain(MORE).map(str::to_owned).collect();
        let mut met: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(address) = waiting.pop() {
            let page = Seen::of(&shown(app, &address).await);
            walk.compare(app, &address, &page).await;
            let next = page.links.into_iter().filter(|link| is_compared(link) && met.insert(link.clone()));
            waiting.extend(next);
        }
        walk
    }

    async fn compare(&mut self, app: &TestApp, address: &str, page: &Seen) {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let mut told = Told::default();
        teller(path).unwrap()(&documents(app, path, query, page).await, &mut told);
        self.pages += 1;
        self.numbers += page.numbers.len();
        let mut faults = differences(page, &told);
        // What is asked for is asked of the API, too. It spells the words of a search in another way.
        let unasked = query.split('&').filter(|pair| !pair.starts_with("q=") && !page.data[0].contains(pair));
        faults.extend(unasked.map(|pair| format!("{pair} is not in {}", page.data[0])));
        self.faults.extend(faults.into_iter().map(|fault| format!("{address}: {fault}")));
        for (number, list) in &page.leading {
            if !self.behind.contains_key(list) {
                self.behind.insert(list.clone(), behind(app, list).await);
            }
            if self.behind[list] != *number {
                self.faults.insert(format!("{address}: {number} leads to {list}, which has {}", self.behind[list]));
            }
        }
    }
}

/// Whether the walk knows what must stand on a page.
fn is_compared(address: &str) -> bool {
    let path = address.split('?').next().unwrap();
    teller(path).is_some() && !path.ends_with(".atom") && !address.contains("known_at=")
}

/// The answers of the API to what the page names.
async fn documents(app: &TestApp, path: &str, query: &str, page: &Seen) -> Documents {
    let query = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: Vec<(String, String)> = query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let mut documents = Documents::new(query, app.now().date_naive());
    for address in page.data.iter().filter(|address| *address != "/v1/entries") {
        documents.add(address, app.get(address).without_key().await.expect(200));
    }
    // Some of their labels have numbers.
    for codes in ["/v1/code-lists/procedure", "/v1/code-lists/next-route"] {
        documents.add(codes, app.get(codes).without_key().await.expect(200));
    }
    // The page asks for all contracts that end, and names the report with the first of them.
    if path == "/cliff-edge" {
        let of_list = ["cursor", "limit", "listed", "ends_in", "has_staff"];
        let asked = documents.query.iter().filter(|(name, _)| !of_list.contains(&name.as_str()));
        let asked: Vec<String> = asked.map(|(name, value)| format!("{name}={value}")).collect();
        documents.add("/ending", app.walk(&format!("/v1/reports/cliff-edge?{}", asked.join("&"))).await.into());
    }
    // The page shows the newest entries, and names the list of all.
    if let Some((_, newest)) = [("/", 8), ("/log", 50)].iter().find(|(own, _)| *own == path) {
        let head = app.get("/v1/log/head").without_key().await.expect(200);
        let after = head["tree_size"].as_i64().unwrap() - newest;
        documents
            .add("/v1/entries", app.get(format!("/v1/entries?{}", app.after(after))).without_key().await.expect(200));
    }
    documents
}

/// What is missing on a page, and what is too much.
fn differences(page: &Seen, told: &Told) -> Vec<String> {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    page.numbers.iter().for_each(|number| *left.entry(number).or_default() += 1);
    let (said, drawn) = (told.numbers(), told.drawn());
    let mut faults = Vec::new();
    for (number, what) in &said {
        match left.get_mut(number.as_str()).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => faults.push(format!("{number} ({what}) is missing")),
        }
    }
    let own = |number: &str| CONSTANTS.iter().filter(|(_, own)| *own == number).count();
    let surplus = left.iter().filter(|(number, count)| **count > own(number));
    faults.extend(surplus.map(|(number, count)| format!("{number} stands there {count} times too often")));
    let undrawn = drawn.iter().filter(|(number, _)| !page.drawn.contains(number));
    faults.extend(undrawn.map(|(number, what)| format!("{number} ({what}) is missing in a chart")));
    let is_told = |number: &str| said.iter().chain(&drawn).any(|(own, _)| own == number);
    faults.extend(page.drawn.iter().filter(|number| !is_told(number)).map(|number| format!("{number} is drawn only")));
    faults
}

/// How many records the API lists behind a number, or how many staff they have where the list is of those whose staff is known.
async fn behind(app: &TestApp, page: &str) -> String {
    let address = page.replace("/figures/mutuals?", "/statistics/mutuals?");
    let address =
        address.replace("/cliff-edge?", "/reports/cliff-edge?").replace("/competitions?", "/reports/competitions?");
    if address.contains("has_staff=true") {
        let staff = |it: &Value| {
            Some((it["mutual"]["id"].as_str().or(it["id"].as_str())?.to_owned(), it["staff_count"].as_i64()?))
        };
        let of_mutuals: BTreeMap<String, i64> =
            app.walk(&format!("/v1{address}")).await.iter().filter_map(staff).collect();
        return grouped(of_mutuals.values().sum());
    }
    let list = app.get(format!("/v1{address}&count=exact&limit=1")).without_key().await.expect(200);
    grouped(list["total"].as_i64().unwrap())
}
