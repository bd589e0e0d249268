//! What feed readers and search engines ask for: feeds with the filters of the lists, the sitemap, and what a page says as JSON-LD.

use std::time::Duration;

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, contract, department, id, mutual, staff_ballot, with,
};
use kit::{Response, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    a_feed_takes_the_filters_of_its_list,
    each_change_is_an_entry_of_its_own,
    an_empty_feed_keeps_its_date,
    a_feed_looks_at_all_records,
    what_belongs_to_a_mutual_can_be_followed,
    feeds_refuse_what_is_no_filter,
    what_others_wrote_leaves_feeds_well_formed,
    a_feed_that_is_known_is_not_sent_again,
    the_sitemap_has_the_pages_of_records,
    the_page_of_a_mutual_names_it_as_an_organization,
}

/// What addresses begin with: the services of the tests are not told their port.
const HOST: &str = "http://localhost:0";
const FEEDS: [&str; 5] =
    ["/feed.atom", "/mutuals/feed.atom", "/contracts/feed.atom", "/staff-ballots/feed.atom", "/departments/feed.atom"];

async fn asked(app: &TestApp, path: &str) -> Response {
    app.get(path).without_key().await
}

/// The document at a path, which is well-formed XML.
async fn document(app: &TestApp, path: &str, media_type: &str) -> String {
    let answer = asked(app, path).await;
    assert_eq!((answer.status(), answer.media_type()), (200, Some(media_type)), "{path}: {answer:?}");
    assert_well_formed(answer.text());
    answer.text().to_owned()
}

async fn feed(app: &TestApp, path: &str) -> String {
    document(app, path, "application/atom+xml").await
}

async fn page(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).without_key().header("accept", "text/html").await;
    assert_eq!(answer.status(), 200, "{path}: {answer:?}");
    answer.text().to_owned()
}

/// Elements end in the order in which they began, and text has no markup of its own.
#[track_caller]
fn assert_well_formed(xml: &str) {
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n").unwrap();
    let mut open: Vec<&str> = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("an element has no end: {part}"));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{xml}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        for reference in part.split('&').skip(1) {
            let (name, _) = reference.split_once(';').unwrap_or_else(|| panic!("& stands alone: {part}"));
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "&{name};");
        }
        assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n' || letter == '\u{ffff}'), "{text:?}");
    }
    assert!(open.is_empty(), "{open:?} have no end");
}

/// What stands in each element of a name.
fn all<'x>(xml: &'x str, element: &str) -> Vec<&'x str> {
    let begun = xml.split(&format!("<{element}>")).skip(1).collect::<Vec<_>>();
    begun.into_iter().map(|rest| rest.split(&format!("</{element}>")).next().unwrap()).collect()
}

fn entries(feed: &str) -> Vec<&str> {
    all(feed, "entry")
}

/// The titles of the entries.
fn titles(feed: &str) -> Vec<&str> {
    entries(feed).into_iter().map(|entry| all(entry, "title")[0]).collect()
}

async fn a_feed_takes_the_filters_of_its_list(app: &TestApp) {
    for (name, sector, region) in [
        ("Books", "libraries_archives", "wales"),
        ("Sports", "leisure_sport", "wales"),
        ("Arts", "leisure_sport", "london"),
    ] {
        app.create(MUTUALS, &with(mutual(name), json!({ "sectors": [sector], "region": region }))).await;
        app.pass(Duration::from_secs(1));
    }
    let title = |name: &str| format!("Mutual “{name}”: entered");

    let both = feed(app, "/mutuals/feed.atom?region=wales&sector=libraries_archives&q=&stage=").await;
    assert_eq!(titles(&both), [title("Books")]);
    assert_eq!(all(&both, "title")[0], "Mutuals (Wales, Libraries and archives) – Register of public service mutuals");
    assert!(both.contains(&format!(
        "<link rel=\"self\" href=\"{HOST}/mutuals/feed.atom?region=wales&amp;sector=libraries_archives\"/>\
         <link href=\"{HOST}/mutuals?region=wales&amp;sector=libraries_archives\"/>"
    )));
    assert_eq!(titles(&feed(app, "/mutuals/feed.atom?region=wales").await), [title("Sports"), title("Books")]);
    assert_eq!(titles(&feed(app, "/mutuals/feed.atom?q=sports").await), [title("Sports")]);
    let all_of_them = feed(app, "/mutuals/feed.atom").await;
    assert_eq!(titles(&all_of_them), [title("Arts"), title("Sports"), title("Books")], "newest first");
    assert_eq!(all(&all_of_them, "title")[0], "Mutuals – Register of public service mutuals");

    let list = page(app, "/mutuals?region=wales&sort=name").await;
    let (head, body) = list.split_once("<body>").unwrap();
    let address = "href=\"/mutuals/feed.atom?region=wales\"";
    assert!(head.contains(&format!("type=\"application/atom+xml\" title=\"This list\" {address}")), "{head}");
    assert!(body.contains(&format!("<a {address}>Follow this list</a>")), "{body}");
    let now = app.now().format("%Y-%m-%dT%H:%M:%SZ");
    let past = page(app, &format!("/mutuals?known_at={now}")).await;
    assert!(!past.contains("/mutuals/feed.atom"), "what was does not change: {past}");
}

async fn each_change_is_an_entry_of_its_own(app: &TestApp) {
    let made = app.create(MUTUALS, &with(mutual("Old name"), json!({ "region": "wales" }))).await;
    let own = format!("/mutuals/feed.atom?id={}", id(&made));
    let entered = feed(app, &own).await;
    assert_eq!(titles(&entered), ["Mutual “Old name”: entered"]);
    assert_eq!(all(&entered, "summary"), ["Stage: Idea."]);
    assert!(all(&entered, "title")[0].starts_with("Mutuals (Record: Old name)"), "{entered}");

    let mut seen = vec![all(&entered, "id")[1].to_owned()];
    let mut last = made;
    for step in ["name", "stage"] {
        app.pass(Duration::from_secs(60));
        if step == "name" {
            app.patch(format!("{MUTUALS}/{}", id(&last)), &json!({ "name": "New name" })).await.expect(200);
        } else {
            let to = json!({ "to": "options_appraisal", "effective_on": "2012-03-01" });
            app.create(&format!("{MUTUALS}/{}/stage-transitions", id(&last)), &to).await;
        }
        last = app.get(format!("{MUTUALS}/{}", id(&last))).await.expect(200);
        let changed = feed(app, &own).await;
        assert_eq!(titles(&changed), ["Mutual “New name”: changed"], "{step}");
        let updated = last["updated_at"].as_str().unwrap();
        assert_eq!(all(&changed, "updated"), [updated, updated], "{step}");
        let entry = all(&changed, "id")[1].to_owned();
        assert!(!seen.contains(&entry), "{step}: {entry} is known");
        seen.push(entry);
    }
    let stage = feed(app, "/mutuals/feed.atom?region=wales").await;
    assert_eq!(all(&stage, "summary"), ["Stage: Options appraisal."]);
    assert_eq!(all(&stage, "id")[1], seen[2], "an entry is the same in all feeds");
    let link = format!("<link href=\"{HOST}/mutuals/{}\"/>", id(&last));
    assert!(entries(&stage)[0].contains(&link), "{stage}");
}

async fn an_empty_feed_keeps_its_date(app: &TestApp) {
    for path in &FEEDS[1..] {
        let before = asked(app, path).await;
        app.pass(Duration::from_secs(3_600));
        let after = asked(app, path).await;
        assert!(entries(after.text()).is_empty(), "{path}");
        assert_eq!((before.text(), before.etag()), (after.text(), after.etag()), "{path}");
        assert_well_formed(after.text());
    }
}

async fn a_feed_looks_at_all_records(app: &TestApp) {
    app.create(MUTUALS, &with(mutual("First"), json!({ "region": "wales" }))).await;
    for nth in 0..55 {
        app.create(MUTUALS, &mutual(&format!("Other {nth}"))).await;
    }
    assert_eq!(titles(&feed(app, "/mutuals/feed.atom?region=wales").await), ["Mutual “First”: entered"]);
    assert_eq!(titles(&feed(app, "/mutuals/feed.atom").await).len(), 50);
}

async fn what_belongs_to_a_mutual_can_be_followed(app: &TestApp) {
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let [one, other] = [app.create(MUTUALS, &mutual("One")).await, app.create(MUTUALS, &mutual("Other")).await];
    for of in [&one, &other] {
        app.create(CONTRACTS, &contract(id(of), id(&buyer))).await;
        let printed = kit::fixture::known_staff_ballot(id(of));
        let ballot = app.create(STAFF_BALLOTS, &printed).await;
        app.declare(&ballot).await;
    }
    app.create(STAFF_BALLOTS, &with(staff_ballot(id(&one)), json!({ "question": "A secret question?" }))).await;

    let ours = feed(app, &format!("/contracts/feed.atom?mutual={}", id(&one))).await;
    assert_eq!(titles(&ours), ["Contract “Community nursing”: entered"]);
    assert_eq!(all(&ours, "summary"), ["Status: Active. Mutual: One."]);
    assert!(all(&ours, "title")[0].starts_with("Contracts (Mutual: One)"), "{ours}");
    let voted = feed(app, &format!("/staff-ballots/feed.atom?mutual={}", id(&one))).await;
    assert_eq!(titles(&voted), ["Staff ballot: changed"], "nobody may see the draft");
    assert_eq!(all(&voted, "summary"), ["State: Declared. Mutual: One."]);
    assert_eq!(titles(&feed(app, &format!("/contracts/feed.atom?department={}", id(&buyer))).await).len(), 2);
    assert_eq!(titles(&feed(app, "/departments/feed.atom?q=buyer").await), ["Department “Buyer”: entered"]);

    let html = page(app, &format!("/mutuals/{}", id(&one))).await;
    let body = html.split_once("<body>").unwrap().1;
    for (feed, text) in [
        ("/mutuals/feed.atom?id=", "Follow this mutual"),
        ("/contracts/feed.atom?mutual=", "Follow its contracts"),
        ("/staff-ballots/feed.atom?mutual=", "Follow its staff ballots"),
    ] {
        assert!(body.contains(&format!("<a href=\"{feed}{}\">{text}</a>", id(&one))), "{text}: {body}");
    }
}

async fn feeds_refuse_what_is_no_filter(app: &TestApp) {
    let of_pages = [
        "sort=name",
        "cursor=x",
        "limit=3",
        "fields=name",
        "count=exact",
        "expand=mutual",
        "known_at=2020-01-01T00:00:00Z",
    ];
    for path in FEEDS {
        for query in of_pages.iter().chain(&["colour=red", "id=%FF"]) {
            let problem = asked(app, &format!("{path}?{query}")).await.problem(400);
            let name = query.split('=').next().unwrap();
            assert!(problem.to_string().contains(name), "{path}?{query}: {problem}");
        }
    }
    asked(app, "/mutuals/feed.atom?stage=unheard_of").await.problem(400);
    asked(app, "/sitemap.xml?page=2").await.problem(400);
}

async fn what_others_wrote_leaves_feeds_well_formed(app: &TestApp) {
    let name = "]]><script>alert(1)</script> & \"Söhne\" ' \u{ffff}\u{1f600}";
    let buyer = app.create(DEPARTMENTS, &department(name)).await;
    let made = app.create(MUTUALS, &with(mutual(name), json!({ "slug": "script" }))).await;
    app.create(CONTRACTS, &with(contract(id(&made), id(&buyer)), json!({ "title": name }))).await;
    let shown = "]]&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Söhne&quot; ' \u{1f600}";
    for path in ["/feed.atom", "/mutuals/feed.atom", "/contracts/feed.atom", "/departments/feed.atom"] {
        let feed = feed(app, path).await;
        assert!(titles(&feed).iter().any(|title| title.contains(shown)), "{path}: {feed}");
    }
    let named = feed(app, "/contracts/feed.atom?mutual=script").await;
    assert!(all(&named, "title")[0].contains(shown) && all(&named, "summary")[0].contains(shown), "{named}");
    for path in &FEEDS[1..] {
        if *path != "/staff-ballots/feed.atom" {
            let searched = feed(app, &format!("{path}?q=%3Cscript%3E%26%22%27%EF%BF%BF")).await;
            assert!(all(&searched, "title")[0].contains("(Search: &lt;script&gt;&amp;&quot;'"), "{searched}");
        }
    }
    document(app, "/sitemap.xml", "application/xml").await;
}

async fn a_feed_that_is_known_is_not_sent_again(app: &TestApp) {
    for nth in 0..5 {
        app.create(MUTUALS, &mutual(&format!("Mutual {nth}"))).await;
    }
    for path in ["/feed.atom", "/mutuals/feed.atom", "/sitemap.xml"] {
        let first = app.get(path).without_key().header("accept-encoding", "gzip").await;
        assert_eq!((first.status(), first.header("content-encoding")), (200, Some("gzip")), "{path}");
        let again = app.get(path).without_key().header("if-none-match", first.etag()).await;
        assert_eq!((again.status(), again.header("cache-control")), (304, Some("no-cache")), "{path}");
        app.create(MUTUALS, &mutual(&format!("New for {path}"))).await;
        let changed = app.get(path).without_key().header("if-none-match", first.etag()).await;
        assert_eq!(changed.status(), 200, "{path}");
    }
}

async fn the_sitemap_has_the_pages_of_records(app: &TestApp) {
    let buyer = app.create(DEPARTMENTS, &with(department("Buyer"), json!({ "slug": "buyer" }))).await;
    let made = app.create(MUTUALS, &with(mutual("Mapped"), json!({ "slug": "mapped" }))).await;
    let bought = app.create(CONTRACTS, &contract(id(&made), id(&buyer))).await;
    let draft = app.create(STAFF_BALLOTS, &staff_ballot(id(&made))).await;
    let gone = app.create(MUTUALS, &with(mutual("Gone"), json!({ "slug": "gone" }))).await;
    app.delete(format!("{MUTUALS}/{}", id(&gone))).await.expect(204);

    let map = document(app, "/sitemap.xml", "application/xml").await;

    let pages: Vec<&str> = all(&map, "loc").into_iter().map(|page| page.strip_prefix(HOST).unwrap()).collect();
    let own = format!("/contracts/{}", id(&bought));
    for path in ["/", "/mutuals", "/departments", "/about", "/mutuals/mapped", "/departments/buyer", &own] {
        assert_eq!(pages.iter().filter(|page| **page == path).count(), 1, "{path}: {pages:?}");
    }
    assert!(!map.contains("gone") && !map.contains(id(&draft)), "{map}");
    for path in &pages {
        page(app, path).await;
    }
    let mapped = format!(
        "<url><loc>{HOST}/mutuals/mapped</loc><lastmod>{}</lastmod></url>",
        made["updated_at"].as_str().unwrap()
    );
    assert!(map.contains(&mapped), "{map}");
    let robots = asked(app, "/robots.txt").await;
    assert!(robots.text().lines().any(|line| line == format!("Sitemap: {HOST}/sitemap.xml")), "{}", robots.text());
}

/// The JSON-LD of a page. Nothing in it has a meaning in HTML.
fn linked_data(html: &str) -> Value {
    let blocks: Vec<&str> = html.split("<script type=\"application/ld+json\">").skip(1).collect();
    assert_eq!(blocks.len(), 1, "{html}");
    let block = blocks[0].split_once("</script>").unwrap().0;
    assert!(!block.contains(['<', '>', '&']), "{block}");
    serde_json::from_str(block).unwrap()
}

async fn the_page_of_a_mutual_names_it_as_an_organization(app: &TestApp) {
    let name = "</script><script>alert(1)</script><!-- & \"Söhne\" \\u003c ]]>";
    let facts = json!({
        "slug": "script",
        "website": "https://example.org/?a=1&b=2",
        "identifiers": [{ "scheme": "GB-COH", "id": "07654321" }],
    });
    app.create(MUTUALS, &with(mutual(name), facts)).await;

    let html = page(app, "/mutuals/script").await;

    assert!(!html.contains("<script>"), "{html}");
    let expected = json!({
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": name,
        "url": format!("{HOST}/mutuals/script"),
        "sameAs": "https://example.org/?a=1&b=2",
        "identifier": [{ "@type": "PropertyValue", "propertyID": "GB-COH", "value": "07654321" }],
    });
    assert_eq!(linked_data(&html), expected);
    let path = format!("{MUTUALS}/script/stage-transitions");
    for (stage, day) in [("launched", "2012-07"), ("closed", "2015")] {
        app.create(&path, &json!({ "to": stage, "historic": true, "effective_on": day })).await;
    }
    let ended = linked_data(&page(app, "/mutuals/script").await);
    assert_eq!((&ended["foundingDate"], &ended["dissolutionDate"]), (&json!("2012-07"), &json!("2015")));
}
