//! Lists: filters, order, pages, counts.

use std::collections::BTreeSet;

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, NOBODY, STAFF_BALLOTS, contract, department, id, known_staff_ballot, mutual,
    staff_ballot, with,
};
use kit::{Contract, Database, Sample, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    items_have_the_fields_that_are_asked_for,
    departments_are_found_by_every_filter,
    mutuals_are_found_by_every_filter,
    staff_ballots_are_found_by_every_filter,
    contracts_are_found_by_every_filter,
    departments_are_walked_in_every_order,
    mutuals_are_walked_in_every_order,
    staff_ballots_are_walked_in_every_order,
    contracts_are_walked_in_every_order,
    records_that_come_and_go_while_a_list_is_walked_disturb_no_others,
    a_page_has_as_many_items_as_it_may,
    links_lead_to_the_next_and_the_first_page,
    the_total_is_counted_where_it_is_asked_for,
    a_long_list_is_counted_up_to_a_bound,
    a_cursor_belongs_to_its_list,
    every_fault_of_a_query_is_told_at_once,
    an_unknown_parameter_names_the_nearest,
    an_empty_list_is_a_list,
    a_range_that_ends_before_it_begins_is_refused,
}

/// What a list finds: the query, and what the records found are called, in any order.
type Found<'t> = (&'t str, &'t [&'t str]);

/// Asserts what each query of a list finds; `label` is the member that tells the records apart.
async fn assert_found(app: &TestApp, path: &str, label: &str, table: &[Found<'_>]) {
    for (query, expected) in table {
        let found: BTreeSet<String> = app.column(&format!("{path}?{query}"), label).await.into_iter().collect();
        let expected: BTreeSet<String> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(found, expected, "{path}?{query}");
    }
}

async fn departments_are_found_by_every_filter(app: &TestApp) {
    let successor = app.create(DEPARTMENTS, &department("Successor")).await;
    let records = [
        json!({ "slug": "council", "name": "Calder Council", "kind": "local_authority", "policy_areas": ["libraries_archives", "culture"],
                "identifiers": [{ "scheme": "GB-LAE", "id": "CLD" }] }),
        json!({ "slug": "ministry", "name": "Ministry of Élan", "kind": "ministerial_department", "policy_areas": ["culture"],
                "identifiers": [{ "scheme": "GB-GOR", "id": "D2" }, { "scheme": "GB-COH", "id": "123" }] }),
        json!({ "slug": "trust", "name": "Calder Trust", "kind": "nhs_provider", "closed_on": "2013", "successor_id": successor["id"] }),
    ];
    for record in &records {
        app.create(DEPARTMENTS, record).await;
    }
    let table: &[Found<'_>] = &[
        ("", &["council", "ministry", "trust", "successor"]),
        ("kind=nhs_provider", &["trust"]),
        ("kind=nhs_provider&kind=ministerial_department", &["trust", "ministry"]),
        ("kind=police_body", &[]),
        ("sector=culture", &["council", "ministry"]),
        ("sector=libraries_archives", &["council"]),
        ("sector=libraries_archives&sector=culture", &["council", "ministry"]),
        ("identifier=GB-LAE:CLD", &["council"]),
        ("identifier=GB-COH:00000123", &["ministry"]),
        ("identifier=GB-COH:123&identifier=GB-LAE:cld", &["ministry", "council"]),
        ("identifier=GB-COH:124", &[]),
        ("open=true", &["council", "ministry", "successor"]),
        ("open=false", &["trust"]),
        ("q=calder", &["council", "trust"]),
        ("q=calder%20coun", &["council"]),
        ("q=elan", &["ministry"]),
        ("q=CLD", &["council"]),
        ("q=calder&open=true&sector=culture&kind=local_authority", &["council"]),
        ("q=calder&sector=housing", &[]),
    ];
    assert_found(app, DEPARTMENTS, "slug", table).await;
}

async fn mutuals_are_found_by_every_filter(app: &TestApp) {
    let lead = app.create(DEPARTMENTS, &with(department("Lead"), json!({ "slug": "lead" }))).await;
    let second = app.create(DEPARTMENTS, &with(department("Second"), json!({ "slug": "second" }))).await;
    let records = [
        json!({ "slug": "nurses", "name": "Nurses of Calder", "sectors": ["community_health"], "region": "london",
                "legal_form": "cio", "origin_route": "right_to_request", "department_id": lead["id"],
                "staff_count": 10, "identifiers": [{ "scheme": "GB-COH", "id": "09506232" }] }),
        json!({ "slug": "books", "name": "Books", "sectors": ["libraries_archives", "culture"], "region": "wales",
                "legal_form": "community_benefit_society", "origin_route": "pathfinder", "department_id": lead["id"],
                "other_department_ids": [second["id"]], "staff_count": 20,
                "identifiers": [{ "scheme": "GB-MPR", "id": "30526R" }] }),
        json!({ "slug": "swimmers", "name": "Swimmers", "sectors": ["leisure_sport"], "region": "london",
                "department_id": second["id"], "description": "Runs the lido." }),
        json!({ "slug": "dreamers", "name": "Dreamers", "sectors": ["culture"] }),
    ];
    let courses: [&[(&str, &str)]; 4] = [
        &[("launched", "2011"), ("operating", "")],
        &[("launched", "2011-10")],
        &[("launched", "2012-04-01"), ("closed", "2015-06")],
        &[],
    ];
    for (record, course) in records.iter().zip(courses) {
        let record = app.create(MUTUALS, record).await;
        app.lead(&record, course).await;
    }
    let by_id = format!("department={}", id(&second));
    let by_nobody = format!("department={NOBODY}");
    let table: &[Found<'_>] = &[
        ("", &["nurses", "books", "swimmers", "dreamers"]),
        ("department=lead", &["nurses", "books"]),
        (&by_id, &["books", "swimmers"]),
        ("department=lead&department=second", &["nurses", "books", "swimmers"]),
        (&by_nobody, &[]),
        ("sector=culture", &["books", "dreamers"]),
        ("sector=community_health&sector=leisure_sport", &["nurses", "swimmers"]),
        ("stage=launched", &["books"]),
        ("stage=launched&stage=operating", &["books", "nurses"]),
        ("stage=idea", &["dreamers"]),
        ("region=london", &["nurses", "swimmers"]),
        ("region=london&region=wales", &["nurses", "swimmers", "books"]),
        ("legal_form=cio", &["nurses"]),
        ("legal_form=llp", &[]),
        ("origin_route=pathfinder", &["books"]),
        ("identifier=GB-COH:9506232", &["nurses"]),
        ("identifier=GB-COH:09506232&identifier=GB-MPR:30526r", &["nurses", "books"]),
        // A span takes in every date that can lie in it.
        ("launched_from=2011-06", &["nurses", "books", "swimmers"]),
        ("launched_from=2011-10-02", &["nurses", "books", "swimmers"]),
        ("launched_from=2011-11", &["nurses", "swimmers"]),
        ("launched_from=2012", &["swimmers"]),
        ("launched_from=2012-04-01", &["swimmers"]),
        ("launched_from=2012-04-02", &[]),
        ("launched_to=2010", &[]),
        ("launched_to=2011-01-01", &["nurses"]),
        ("launched_to=2011-09-30", &["nurses"]),
        ("launched_to=2011-10-01", &["nurses", "books"]),
        ("launched_to=2011", &["nurses", "books"]),
        ("launched_to=2012-04", &["nurses", "books", "swimmers"]),
        ("launched_from=2011-05&launched_to=2011-06", &["nurses"]),
        ("ended_from=2015-06-30", &["swimmers"]),
        ("ended_from=2015-07", &[]),
        ("ended_to=2015-06-01", &["swimmers"]),
        ("ended_to=2015-05", &[]),
        ("staff_count_from=10", &["nurses", "books"]),
        ("staff_count_from=11", &["books"]),
        ("staff_count_to=10", &["nurses"]),
        ("staff_count_from=11&staff_count_to=19", &[]),
        ("q=nur", &["nurses"]),
        ("q=calder+nurses", &["nurses"]),
        ("q=lido", &["swimmers"]),
        ("q=swimmers+books", &[]),
        ("q=09506232", &["nurses"]),
        ("region=london&stage=closed&sector=leisure_sport&q=s", &["swimmers"]),
    ];
    assert_found(app, MUTUALS, "slug", table).await;
    let unknown = app.get(format!("{MUTUALS}?department=nowhere")).await;
    unknown.expect_faults(400, &[("department", "unknown-reference")]);
}

async fn staff_ballots_are_found_by_every_filter(app: &TestApp) {
    let first = app.create(MUTUALS, &with(mutual("First"), json!({ "slug": "first" }))).await;
    let second = app.create(MUTUALS, &with(mutual("Second"), json!({ "slug": "second" }))).await;
    let enter = async |mutual: &Value, members: Value| {
        app.create(STAFF_BALLOTS, &with(known_staff_ballot(id(mutual)), members)).await
    };
    let a = json!({ "question": "a", "kind": "indicative", "organiser": "joint", "opened_on": "2011",
                    "closed_on": "2012-05", "declared_on": "2012-05-20", "roll_size": 9, "returned": 0 });
    app.declare(&enter(&first, a).await).await;
    enter(&first, json!({ "question": "b", "kind": "formal", "closed_on": "2012" })).await;
    let c = enter(&second, json!({ "question": "c", "kind": "formal", "organiser": "trade_union" })).await;
    app.declare(&c).await;
    app.post(format!("{STAFF_BALLOTS}/{}/void", id(&c)), &json!({ "void_reason": "Lost" })).await.expect(200);
    let by_id = format!("mutual={}", id(&second));
    let by_nobody = format!("mutual={NOBODY}");
    let table: &[Found<'_>] = &[
        ("", &["a", "b", "c"]),
        ("mutual=first", &["a", "b"]),
        (&by_id, &["c"]),
        ("mutual=first&mutual=second", &["a", "b", "c"]),
        (&by_nobody, &[]),
        ("kind=formal", &["b", "c"]),
        ("kind=indicative&kind=formal", &["a", "b", "c"]),
        ("kind=rerun", &[]),
        ("state=draft", &["b"]),
        ("state=draft&state=void", &["b", "c"]),
        ("mode=recorded", &["a", "b", "c"]),
        ("mode=hosted", &[]),
        ("organiser=joint", &["a"]),
        ("opened_from=2011-06", &["a"]),
        ("opened_to=2010", &[]),
        ("closed_from=2012-06", &["b"]),
        ("closed_to=2012-05-01", &["a", "b"]),
        ("closed_to=2011", &[]),
        ("declared_from=2012-05-21", &[]),
        ("declared_to=2012-05-20", &["a"]),
        ("has_turnout=true", &["a"]),
        ("has_turnout=false", &["b", "c"]),
        ("mutual=first&kind=formal&state=draft", &["b"]),
    ];
    assert_found(app, STAFF_BALLOTS, "question", table).await;
    app.get(format!("{STAFF_BALLOTS}?mutual=nowhere")).await.expect_faults(400, &[("mutual", "unknown-reference")]);
}

async fn contracts_are_found_by_every_filter(app: &TestApp) {
    let first = app.create(MUTUALS, &with(mutual("First"), json!({ "slug": "first" }))).await;
    let second = app.create(MUTUALS, &with(mutual("Second"), json!({ "slug": "second" }))).await;
    let buyer = app.create(DEPARTMENTS, &with(department("Buyer"), json!({ "slug": "buyer" }))).await;
    let other = app.create(DEPARTMENTS, &with(department("Other"), json!({ "slug": "other" }))).await;
    let records = [
        (
            &first,
            &buyer,
            json!({
                "title": "a", "procedure": "pcr_open", "status": "active", "cpv_codes": ["85000000-9"], "reference": "R/1",
                "ocid": "ocds-b5fd17-0001", "health_services": true, "value": { "amount_minor": 100, "currency": "GBP" },
                "protection": { "kind": "uncontested_first" }, "procurement_started_on": "2010-05-01", "awarded_on": "2011-05-01", "entered_on": "2011-06-01",
                "starts_on": "2011-10-01", "ends_on": "2014-09-30", "latest_ends_on": "2099-09-30",
            }),
        ),
        (
            &first,
            &other,
            json!({
                "title": "b", "procedure": "pa_open", "status": "expired", "cpv_codes": ["85323000-9", "92500000-6"],
                "health_services": false, "value": { "amount_minor": 200, "currency": "EUR" }, "entered_on": "2012-06-01",
                "starts_on": "2012-10-01",
            }),
        ),
        (
            &second,
            &buyer,
            json!({ "title": "c", "procedure": "other", "status": "planned", "description": "Community nursing." }),
        ),
    ];
    for (mutual, department, members) in &records {
        app.create(CONTRACTS, &with(contract(id(mutual), id(department)), members.clone())).await;
    }
    let by_id = format!("department={}", id(&other));
    let table: &[Found<'_>] = &[
        ("", &["a", "b", "c"]),
        ("mutual=first", &["a", "b"]),
        ("mutual=first&mutual=second", &["a", "b", "c"]),
        ("department=buyer", &["a", "c"]),
        (&by_id, &["b"]),
        ("mutual=first&department=buyer", &["a"]),
        ("procedure=pcr_open", &["a"]),
        ("procedure=pcr_open&procedure=other", &["a", "c"]),
        ("status=active", &["a"]),
        ("status=expired&status=planned", &["b", "c"]),
        ("cpv=85", &["a", "b"]),
        ("cpv=85000000", &["a"]),
        ("cpv=853", &["b"]),
        ("cpv=925&cpv=85000000", &["a", "b"]),
        ("cpv=77", &[]),
        ("protection=uncontested_first", &["a"]),
        ("health_services=true", &["a"]),
        ("health_services=false", &["b"]),
        ("regime=pcr_2006", &["a", "b"]),
        ("regime=pcr_2006&regime=unknown", &["a", "b", "c"]),
        ("regime=unknown", &["c"]),
        ("regime=psr_2023", &[]),
        ("is_first=true", &["a"]),
        ("is_first=false", &["b", "c"]),
        ("reference=R/1", &["a"]),
        ("reference=R", &[]),
        ("ocid=ocds-b5fd17-0001", &["a"]),
        ("q=a", &["a"]),
        ("q=R/1", &["a"]),
        ("q=ocds-b5fd17-0001", &["a"]),
        ("q=b5fd17&mutual=first", &["a"]),
        ("q=nurs", &["c"]),
        ("q=c+community", &["c"]),
        ("q=community&department=other", &[]),
        ("q=nobody", &[]),
        ("currency=EUR", &["b"]),
        // Amounts of different currencies are not compared.
        ("value_from=100", &["a"]),
        ("value_from=101", &[]),
        ("value_to=100", &["a"]),
        ("value_to=99", &[]),
        ("value_from=101&currency=EUR", &["b"]),
        ("value_from=201&currency=EUR", &[]),
        ("awarded_from=2011-05-01", &["a"]),
        ("awarded_to=2011-04-30", &[]),
        ("entered_from=2012-01-01", &["b"]),
        ("entered_to=2011-06-01", &["a"]),
        ("starts_from=2012-01-01", &["b"]),
        ("starts_to=2011-10-01", &["a"]),
        ("starts_from=2011-10-01&starts_to=2012-10-01", &["a", "b"]),
        ("ends_from=2014-09-30", &["a"]),
        ("ends_to=2014-09-29", &[]),
        ("latest_ends_from=2099-09-30", &["a"]),
        ("latest_ends_to=2099-09-29", &[]),
    ];
    assert_found(app, CONTRACTS, "title", table).await;
    app.get(format!("{CONTRACTS}?mutual=nowhere&department=neither")).await.expect_problem(400, "invalid-parameter");
}

/// A filter that is added must be added to a table above, too.
#[test]
fn every_filter_of_every_list_is_tried() {
    let tables = include_str!("list.rs");
    for (template, method, operation) in Contract::of_the_service().operations() {
        let parameters = query_parameters(operation);
        if !parameters.iter().any(|(name, _)| name == "sort") {
            continue;
        }
        for (name, _) in parameters {
            // What the register said at an instant is no filter, nor are names beside ids: `log.rs` and `expansion.rs` try them.
            // `collection.rs` tries what every list can be narrowed by.
            let is_paging = ["limit", "cursor", "sort", "count", "known_at", "expand"].contains(&name.as_str());
            let is_paging = is_paging || ["id", "updated_from", "updated_to"].contains(&name.as_str());
            let is_tried = tables.contains(&format!("\"{name}=")) || tables.contains(&format!("&{name}="));
            assert!(is_paging || is_tried, "{method} {template} has the filter {name}, which no table here tries");
        }
    }
}

async fn departments_are_walked_in_every_order(app: &TestApp) {
    for number in 0..11 {
        app.create(DEPARTMENTS, &department(&format!("{} department {number}", ["b", "C", "é", "a"][number % 4])))
            .await;
    }
    assert_walked(app, DEPARTMENTS, 11).await;
}

async fn mutuals_are_walked_in_every_order(app: &TestApp) {
    let launched =
        [Some("2011"), Some("2011-01"), Some("2011-01-01"), None, Some("2010-12"), Some("2011"), None, Some("2012")];
    let staff = [Some(9), Some(10), None, Some(10), Some(100), None, Some(0), Some(10)];
    for number in 0..16 {
        let mut record = mutual(&format!("{} mutual {number}", ["b", "C", "a"][number % 3]));
        if let Some(count) = staff[(number + 3) % 8] {
            record["staff_count"] = json!(count);
        }
        let record = app.create(MUTUALS, &record).await;
        app.lead(&record, &[("launched", launched[number % 8].unwrap_or_default())]).await;
    }
    assert_walked(app, MUTUALS, 16).await;
}

async fn staff_ballots_are_walked_in_every_order(app: &TestApp) {
    let of = app.create(MUTUALS, &mutual("Balloted")).await;
    let days = [Some("2011"), None, Some("2011-01"), Some("2010-12-31"), Some("2011"), None, Some("2011-01-01")];
    for number in 0..14 {
        let mut record = staff_ballot(id(&of));
        if let Some(day) = days[number % 7] {
            record["closed_on"] = json!(day);
        }
        if let Some(day) = days[(number + 2) % 7] {
            record["declared_on"] = json!(day);
        }
        if app.post(STAFF_BALLOTS, &record).await.status() == 422 {
            record.as_object_mut().unwrap().remove("closed_on");
            app.create(STAFF_BALLOTS, &record).await;
        }
    }
    assert_walked(app, STAFF_BALLOTS, 14).await;
}

async fn contracts_are_walked_in_every_order(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let buyer = app.create(DEPARTMENTS, &department("Buyer")).await;
    let days = [Some("2011-01-01"), None, Some("2010-12-31"), Some("2011-01-01"), Some("2012-02-29")];
    let values = [Some(10), Some(9), None, Some(9_007_199_254_740_991_i64), Some(10)];
    for number in 0..15 {
        let mut record = contract(id(&supplier), id(&buyer));
        if let Some(day) = days[number % 5] {
            record["starts_on"] = json!(day);
        }
        if let Some(day) = days[(number / 3) % 5] {
            record["latest_ends_on"] = json!(day);
            record["ends_on"] = json!(day);
            record["status"] = json!("expired");
        }
        if let Some(amount) = values[(number + 2) % 5] {
            record["value"] = json!({ "amount_minor": amount, "currency": "GBP" });
        }
        if app.post(CONTRACTS, &record).await.status() == 422 {
            record.as_object_mut().unwrap().retain(|name, _| !name.contains("ends_on"));
            app.create(CONTRACTS, &record).await;
        }
    }
    assert_walked(app, CONTRACTS, 15).await;
}

/// Walks the list by every sort key of the contract in both directions: each record comes once, in order, absent values last.
async fn assert_walked(app: &TestApp, path: &str, count: usize) {
    let orders = orders(path);
    assert!(orders.len() >= 4, "{orders:?}");
    for order in orders {
        let items = app.walk(&format!("{path}?sort={order}&limit=3")).await;
        let ids: BTreeSet<&str> = items.iter().map(id).collect();
        assert_eq!((items.len(), ids.len()), (count, count), "{path}?sort={order}");
        let descending = order.starts_with('-');
        let places: Vec<_> = items.iter().map(|item| place(item, order.trim_start_matches('-'))).collect();
        let mut expected = places.clone();
        expected.sort_by(|a, b| {
            let by_value = if descending { (&b.1, &b.2).cmp(&(&a.1, &a.2)) } else { (&a.1, &a.2).cmp(&(&b.1, &b.2)) };
            a.0.cmp(&b.0).then(by_value)
        });
        assert_eq!(places, expected, "{path}?sort={order}");
        assert_eq!(app.walk(&format!("{path}?sort={order}&limit=200")).await, items);
    }
}

/// The values of `sort` that the contract names for a list.
fn orders(path: &str) -> Vec<String> {
    let contract = Contract::of_the_service();
    let operation = &contract.document()["paths"][path]["get"];
    let (_, schema) = query_parameters(operation).into_iter().find(|(name, _)| name == "sort").unwrap();
    schema["enum"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// The query parameters of an operation with their schemas.
fn query_parameters(operation: &Value) -> Vec<(String, &Value)> {
    let contract = Contract::of_the_service();
    let parameters =
        operation["parameters"].as_array().into_iter().flatten().map(|parameter| contract.resolve(parameter));
    let of_query = parameters.filter(|parameter| parameter["in"] == "query");
    of_query
        .map(|parameter| (parameter["name"].as_str().unwrap().to_owned(), contract.resolve(&parameter["schema"])))
        .collect()
}

/// Where an item belongs: those without a value last, then by value, then by id. Numbers are as wide as they get.
fn place(item: &Value, key: &str) -> (bool, String, String) {
    let value = match key {
        "value" => &item["value"]["amount_minor"],
        key => item.get(key).unwrap_or(&Value::Null),
    };
    let text = match value {
        Value::Number(number) => format!("{:>20}", number.to_string()),
        Value::String(text) => text.to_lowercase(),
        _ => String::new(),
    };
    (value.is_null(), text, id(item).to_owned())
}

async fn records_that_come_and_go_while_a_list_is_walked_disturb_no_others(app: &TestApp) {
    for number in 0..9 {
        app.create(DEPARTMENTS, &department(&format!("department {number}"))).await;
    }
    let page = app.get(format!("{DEPARTMENTS}?sort=name&limit=4")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    // The record that the cursor stands at goes away, one comes before it, one after it.
    app.delete(format!("{DEPARTMENTS}/department-3")).await.expect(204);
    app.create(DEPARTMENTS, &department("department 00")).await;
    app.create(DEPARTMENTS, &department("department 55")).await;
    let rest = app.column(&format!("{DEPARTMENTS}?sort=name&limit=4&cursor={cursor}"), "slug").await;
    assert_eq!(rest, ["department-4", "department-5", "department-55", "department-6", "department-7", "department-8"]);
}

async fn a_page_has_as_many_items_as_it_may(app: &TestApp) {
    for number in 0..52 {
        app.create(DEPARTMENTS, &department(&format!("Department {number}"))).await;
    }
    let items = async |query: &str| {
        let page = app.get(format!("{DEPARTMENTS}{query}")).await.expect(200);
        (page["items"].as_array().unwrap().len(), page["next_cursor"].is_string())
    };
    assert_eq!(items("").await, (50, true));
    assert_eq!(items("?limit=1").await, (1, true));
    assert_eq!(items("?limit=51").await, (51, true));
    assert_eq!(items("?limit=52").await, (52, false), "no next page follows the last item");
    assert_eq!(items("?limit=200").await, (52, false));
    for limit in ["0", "201", "-1", "ten", "1.5", "", "99999999999999999999"] {
        let refused = app.get(format!("{DEPARTMENTS}?limit={limit}")).await;
        assert_eq!(refused.faults(400)[0].0, "limit", "{limit}");
    }
}

async fn links_lead_to_the_next_and_the_first_page(app: &TestApp) {
    for number in 0..5 {
        app.create(MUTUALS, &with(mutual(&format!("Mutual {number}")), json!({ "region": "wales" }))).await;
    }
    let first = app.get(format!("{MUTUALS}?region=wales&limit=2&q=mutual%20%26&sort=-name")).await;
    let mut names = Vec::new();
    let mut page = first.clone();
    loop {
        let items = page.expect(200)["items"].clone();
        names.extend(items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        let links = links(page.header("link").unwrap());
        let start = links.iter().find(|(rel, _)| rel == "first").unwrap();
        assert_eq!(app.get(&start.1).await.json(), first.json());
        let Some((_, next)) = links.iter().find(|(rel, _)| rel == "next") else { break };
        assert!(next.contains(page.json()["next_cursor"].as_str().unwrap()));
        page = app.get(next).await;
    }
    assert_eq!(names, ["Mutual 4", "Mutual 3", "Mutual 2", "Mutual 1", "Mutual 0"]);
}

/// The relations of a `Link` header with their targets.
fn links(header: &str) -> Vec<(String, String)> {
    header
        .split(", <")
        .map(|link| {
            let (target, rel) = link.trim_start_matches('<').split_once(">; rel=").unwrap();
            (rel.trim_matches('"').to_owned(), target.to_owned())
        })
        .collect()
}

async fn the_total_is_counted_where_it_is_asked_for(app: &TestApp) {
    for number in 0..5 {
        app.create(MUTUALS, &with(mutual(&format!("Mutual {number}")), json!({ "sectors": ["culture", "housing"] })))
            .await;
    }
    app.create(MUTUALS, &mutual("Other")).await;
    let page = app.get(format!("{MUTUALS}?sector=culture&sector=housing&limit=2&count=exact")).await.expect(200);
    assert_eq!(page["total"], 5, "a record that meets a condition twice counts once");
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = app
        .get(format!("{MUTUALS}?sector=culture&sector=housing&limit=2&count=exact&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(next["total"], 5);
    assert!(app.get(format!("{MUTUALS}?limit=2")).await.expect(200).get("total").is_none());
    app.get(format!("{MUTUALS}?count=roughly")).await.expect_faults(400, &[("count", "not-in-vocabulary")]);
}

/// One department more than are counted.
async fn a_long_list_is_counted_up_to_a_bound(app: &TestApp) {
    let office = app.create(DEPARTMENTS, &department("Office")).await;
    let more = |count: u32| {
        app.database().execute(&format!(
            "INSERT INTO departments (id, version, created_at, updated_at, slug, name, name_folded, kind, document) \
             WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count}) \
             SELECT {count} || '-' || n, version, created_at, updated_at, {count} || '-' || n, name, {count} || '-' || n, \
                    kind, document FROM departments, counted WHERE id = '{}'",
            id(&office)
        ));
    };
    more(9_999);
    let whole = app.get(format!("{DEPARTMENTS}?limit=1&count=exact")).await.expect(200);
    assert_eq!((&whole["total"], whole.get("total_at_least")), (&json!(10_000), None));
    more(1);
    let longer = app.get(format!("{DEPARTMENTS}?limit=1&count=exact")).await;
    let tag = longer.header("etag").unwrap().to_owned();
    assert_eq!((&longer.json()["total_at_least"], longer.json().get("total")), (&json!(10_000), None));
    assert_ne!(app.get(format!("{DEPARTMENTS}?limit=1")).await.header("etag"), Some(tag.as_str()));
}

async fn a_cursor_belongs_to_its_list(app: &TestApp) {
    for number in 0..4 {
        app.create(MUTUALS, &with(mutual(&format!("Mutual {number}")), json!({ "region": "wales" }))).await;
        app.create(DEPARTMENTS, &department(&format!("Department {number}"))).await;
    }
    let page = app.get(format!("{MUTUALS}?region=wales&sort=-name&limit=2")).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    app.get(format!("{MUTUALS}?limit=1&sort=-name&region=wales&cursor={cursor}")).await.expect(200);
    let others = [
        format!("{MUTUALS}?region=wales&cursor={cursor}"),
        format!("{MUTUALS}?region=wales&sort=name&cursor={cursor}"),
        format!("{MUTUALS}?region=london&sort=-name&cursor={cursor}"),
        format!("{MUTUALS}?sort=-name&cursor={cursor}"),
        format!("{MUTUALS}?region=wales&sort=-name&q=mutual&cursor={cursor}"),
        format!("{DEPARTMENTS}?sort=-name&cursor={cursor}"),
        format!("{MUTUALS}?cursor=abc"),
        format!("{MUTUALS}?cursor="),
        format!("{MUTUALS}?region=wales&sort=-name&cursor={}", &cursor[..cursor.len() - 4]),
        format!("{MUTUALS}?region=wales&sort=-name&cursor={cursor}&cursor={cursor}"),
    ];
    for other in others {
        let faults = app.get(&other).await.faults(400);
        assert_eq!(faults.len(), 1, "{other}: {faults:?}");
        assert_eq!(faults[0].0, "cursor", "{other}");
    }
}

async fn every_fault_of_a_query_is_told_at_once(app: &TestApp) {
    let refused = app.get(format!(
        "{MUTUALS}?limit=0&sort=colour&count=some&stage=dream&stage=idea&stage=&identifier=9506232&launched_from=soon&q=%20&staff_count_from=x&stagee=idea&region=%FF"
    ));
    let refused = refused.await;
    let problem = refused.expect_problem(400, "invalid-parameter");
    let mut places: Vec<String> = refused.faults(400).into_iter().map(|(place, _)| place).collect();
    places.sort();
    let expected = [
        "count",
        "identifier",
        "launched_from",
        "limit",
        "q",
        "region",
        "sort",
        "staff_count_from",
        "stage",
        "stage",
        "stagee",
    ];
    assert_eq!(places, expected, "{problem:#}");
    for twice in ["limit=1&limit=2", "sort=name&sort=id", "q=a&q=b", "launched_from=2011&launched_from=2012"] {
        let faults = app.get(format!("{MUTUALS}?{twice}")).await.faults(400);
        assert_eq!(faults[0].1, "too-many", "{twice}: {faults:?}");
    }
    let words = format!("{MUTUALS}?q={}", "a%20b%20c%20d%20e%20f%20g%20h%20i%20j%20k");
    app.get(words).await.expect_faults(400, &[("q", "too-many")]);
    app.get(format!("{MUTUALS}?q={}", "a".repeat(201))).await.expect_faults(400, &[("q", "too-long")]);
}

async fn an_unknown_parameter_names_the_nearest(app: &TestApp) {
    for (unknown, nearest) in
        [("sectr", "`sector`"), ("staff_from", "`staff_count_from`"), ("Stage", "`stage`"), ("page", "`")]
    {
        let refused = app.get(format!("{MUTUALS}?{unknown}=1")).await;
        refused.expect_faults(400, &[(unknown, "unknown-parameter")]);
        let detail = refused.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(nearest) || unknown == "page", "{unknown}: {detail}");
    }
}

async fn an_empty_list_is_a_list(app: &TestApp) {
    for Sample { list, .. } in kit::top_level() {
        assert_eq!(
            app.get(format!("{list}?count=exact")).await.expect(200),
            json!({ "items": [], "total": 0 }),
            "{list}"
        );
    }
}

async fn items_have_the_fields_that_are_asked_for(app: &TestApp) {
    let harmonie = app.create(MUTUALS, &with(mutual("Harmonie"), json!({ "region": "wales" }))).await;
    let calder = app.create(MUTUALS, &mutual("Calder")).await;
    let items = async |query: &str| app.get(format!("{MUTUALS}?{query}")).await.expect(200)["items"].clone();
    assert_eq!(
        items("fields=name,region").await,
        json!([{ "name": "Harmonie", "region": "wales" }, { "name": "Calder" }])
    );
    assert_eq!(items("fields=region&q=calder").await, json!([{}]));
    let first = app.get(format!("{MUTUALS}?fields=id&fields=slug&limit=1")).await.expect(200);
    assert_eq!(first["items"], json!([{ "id": harmonie["id"], "slug": "harmonie" }]));
    assert_eq!(first["register_entries"].as_array().unwrap().len(), 1);
    // Other fields are no other list, and a page as it was has fields too.
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(items(&format!("fields=name&cursor={cursor}")).await, json!([{ "name": "Calder" }]));
    let now = calder["updated_at"].as_str().unwrap();
    app.pass(std::time::Duration::from_secs(60));
    assert_eq!(
        items(&format!("fields=name&known_at={now}")).await,
        json!([{ "name": "Harmonie" }, { "name": "Calder" }])
    );
    // In the lists of what belongs to a record too.
    let transitions = app.get(format!("{MUTUALS}/harmonie/stage-transitions?fields=to,id")).await.expect(200);
    assert_eq!(transitions["items"], json!([]));
    app.lead(&harmonie, &[("launched", "2011-10")]).await;
    let transitions = app.get(format!("{MUTUALS}/harmonie/stage-transitions?fields=to,mutual_id")).await.expect(200);
    assert_eq!(transitions["items"], json!([{ "to": "launched", "mutual_id": harmonie["id"] }]));
    let wrong = app.get(format!("{MUTUALS}?fields=name,colour&limit=0&stage=x")).await;
    wrong.expect_faults(
        400,
        &[("stage", "not-in-vocabulary"), ("limit", "out-of-range"), ("fields", "not-in-vocabulary")],
    );
    app.get("/v1/imports?fields=id").await.expect_faults(400, &[("fields", "unknown-parameter")]);
}

/// Every pair of parameters that the contract has is tried.
async fn a_range_that_ends_before_it_begins_is_refused(app: &TestApp) {
    let app = &TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.ocds_prefix = "ocds-213czf".parse().ok();
    });
    let contract = Contract::of_the_service();
    let mut tried = 0;
    for (path, method, operation) in contract.operations() {
        let parameters = operation["parameters"].as_array().into_iter().flatten().map(|one| contract.resolve(one));
        let names: Vec<&str> = parameters.filter_map(|one| one["name"].as_str()).collect();
        if method != "GET" || path.contains('{') {
            continue;
        }
        for to in names.iter().filter(|name| name.ends_with("_to")) {
            let from = to.replace("_to", "_from");
            let (low, high) = if to.starts_with("value") || to.starts_with("staff_count") {
                ("7", "30")
            } else if to.starts_with("updated") || to.starts_with("created") {
                ("2012-01-31T00:00:00Z", "2012-02-01T00:00:00Z")
            } else {
                ("2012-01-31", "2012-02-01")
            };
            let refused = app.get(format!("{path}?{from}={high}&{to}={low}")).await;
            refused.expect_faults(400, &[(to, "inconsistent")]);
            // An empty package is none.
            let empty = if path == "/v1/ocds/releases" { 404 } else { 200 };
            assert_eq!(app.get(format!("{path}?{from}={low}&{to}={low}")).await.status(), empty, "{path} {to}");
            tried += 1;
        }
    }
    assert!(tried >= 10, "{tried}");
    // Dates in part may be of the same day; of two values each is told, and no range.
    app.get("/v1/mutuals?launched_from=2012-05&launched_to=2012").await.expect(200);
    app.get("/v1/mutuals?launched_from=2013&launched_to=2012-05")
        .await
        .expect_faults(400, &[("launched_to", "inconsistent")]);
    app.get("/v1/mutuals?launched_from=2013&launched_to=soon")
        .await
        .expect_faults(400, &[("launched_to", "invalid-format")]);
}
