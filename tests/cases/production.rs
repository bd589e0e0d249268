//! What an operator sets before others rely on the service: its address, whom it believes, limits, metrics, traces.

use kit::fixture::{DEPARTMENTS, MUTUALS, department, id, mutual};
use kit::{Client, Database, Response, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    who_calls_too_often_is_told_when_to_come_back,
    a_key_has_a_limit_of_its_own,
    a_proxy_that_is_trusted_says_who_calls,
    without_limits_no_answer_speaks_of_them,
    places_and_links_are_at_the_public_address,
    the_contract_says_who_answers_for_the_register,
    addresses_in_bodies_are_at_the_public_address,
    a_trace_is_passed_on,
    metrics_are_told_elsewhere,
}

fn limited(app: &TestApp, rate: &str) -> TestApp {
    TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.rate_per_address = Some(rate.parse().unwrap());
        config.production.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
    })
}

#[track_caller]
fn assert_limited(answer: &Response) {
    answer.expect_problem(429, "too-many-requests");
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{answer:?}");
    let left = answer.header("ratelimit").unwrap();
    assert!(left.starts_with("\"address\";r=0;t="), "{left}");
}

async fn who_calls_too_often_is_told_when_to_come_back(app: &TestApp) {
    let app = limited(app, "3/3600");
    let answers =
        [app.get(DEPARTMENTS).await, app.get("/nowhere").await, app.post(DEPARTMENTS, &department("A")).await];
    for (answer, (status, left)) in answers.iter().zip([(200, 2), (404, 1), (201, 0)]) {
        assert_eq!(answer.status(), status, "{answer:?}");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"address\";q=3;w=3600"));
        let seconds = (3 - left) * 1200;
        assert_eq!(answer.header("ratelimit"), Some(&*format!("\"address\";r={left};t={seconds}")));
    }
    assert_limited(&app.get(DEPARTMENTS).await);
    assert_limited(&app.post(DEPARTMENTS, &department("B")).await);
    assert_limited(&app.request("PUT", "/v1/departments/a").json(&department("B")).await);
    for path in ["/livez", "/readyz"] {
        let answer = app.get(path).await;
        answer.expect(200);
        assert_eq!(answer.header("ratelimit"), None);
    }
}

async fn a_key_has_a_limit_of_its_own(app: &TestApp) {
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.rate_per_address = Some("100/3600".parse().unwrap());
        config.production.rate_per_key = Some("2/3600".parse().unwrap());
    });
    for (address, key) in [(99, 1), (98, 0)] {
        let answer = app.get(DEPARTMENTS).await;
        answer.expect(200);
        let left = answer.header("ratelimit").unwrap();
        let starts = [format!("\"address\";r={address};"), format!(", \"key\";r={key};")];
        assert!(starts.iter().all(|start| left.contains(start)), "{left}");
    }
    let refused = app.post(DEPARTMENTS, &department("A")).await;
    refused.expect_problem(429, "too-many-requests");
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
    app.get(DEPARTMENTS).without("authorization").await.expect(200);
}

async fn a_proxy_that_is_trusted_says_who_calls(app: &TestApp) {
    let app = limited(app, "1/3600");
    let from = |address: &str| app.get(DEPARTMENTS).header("x-forwarded-for", address);
    from("198.51.100.1").await.expect(200);
    from("198.51.100.2").await.expect(200);
    assert_limited(&from("198.51.100.1").await);
    // What the caller itself wrote stands before what the proxy added.
    assert_limited(&from("203.0.113.5, 198.51.100.2").await);
    assert_limited(&from("198.51.100.1").header("forwarded", "for=203.0.113.6").await);

    let alone = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.rate_per_address = Some("1/3600".parse().unwrap())
    });
    alone.get(DEPARTMENTS).header("x-forwarded-for", "198.51.100.1").await.expect(200);
    assert_limited(&alone.get(DEPARTMENTS).header("x-forwarded-for", "198.51.100.2").await);
}

async fn without_limits_no_answer_speaks_of_them(app: &TestApp) {
    let answer = app.get(DEPARTMENTS).await;
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), (None, None));
    assert_eq!(answer.header("strict-transport-security"), None, "nobody knows of TLS here");
}

async fn places_and_links_are_at_the_public_address(app: &TestApp) {
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.public_url = Some("https://example.gov.uk/register".parse().unwrap())
    });
    for name in ["A", "B"] {
        let created = app.post(MUTUALS, &mutual(name)).header("idempotency-key", name).await;
        let again = app.post(MUTUALS, &mutual(name)).header("idempotency-key", name).await;
        let place = format!("https://example.gov.uk/register{MUTUALS}/{}", created.expect(201)["id"].as_str().unwrap());
        assert_eq!(created.header("location"), Some(place.as_str()));
        assert_eq!(again.header("location"), Some(place.as_str()));
    }
    let page = app.get(format!("{MUTUALS}?limit=1")).await;
    let links = page.header("link").unwrap();
    assert_eq!(links.matches("<https://example.gov.uk/register/v1/mutuals?limit=1").count(), 2, "{links}");
    assert!(!links.contains("</"), "{links}");
    assert_eq!(app.get("/docs").await.header("location"), Some("https://example.gov.uk/register/docs/"));
    let hsts = page.header("strict-transport-security").unwrap();
    assert!(hsts.starts_with("max-age="), "{hsts}");
    for path in ["/openapi.json", "/openapi-3.0.json"] {
        let contract = app.get(path).await.expect(200);
        assert_eq!(contract["servers"][0]["url"], "https://example.gov.uk/register", "{path}");
    }
}

async fn the_contract_says_who_answers_for_the_register(app: &TestApp) {
    let plain = app.get("/openapi.json").await.expect(200);
    assert_eq!(plain["info"]["contact"], json!({ "name": "The register's maintainers" }));
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| {
        let publisher = &mut config.production.publisher;
        publisher.contact_name = Some("Register & team".parse().unwrap());
        publisher.contact_url = Some("https://example.gov.uk/contact".parse().unwrap());
        publisher.contact_email = Some("register@example.gov.uk".parse().unwrap());
        publisher.licence_name = Some("Open Government Licence v3.0".parse().unwrap());
        publisher.licence_url = Some("https://example.gov.uk/licence".parse().unwrap());
    });
    for path in ["/openapi.json", "/openapi-3.0.json"] {
        let info = &app.get(path).await.expect(200)["info"];
        let contact = json!({
            "name": "Register & team", "url": "https://example.gov.uk/contact", "email": "register@example.gov.uk"
        });
        assert_eq!(info["contact"], contact, "{path}");
        let licence = json!({ "name": "Open Government Licence v3.0", "url": "https://example.gov.uk/licence" });
        assert_eq!(info["license"], licence, "{path}");
    }
    let page = app.get("/docs/").await;
    for link in [
        "<a href=\"https://example.gov.uk/contact\">Register &amp; team</a>",
        "<a href=\"mailto:register@example.gov.uk\">register@example.gov.uk</a>",
        "<a href=\"https://example.gov.uk/licence\">Open Government Licence v3.0</a>",
    ] {
        assert!(page.text().contains(link), "{link}");
    }
}

async fn addresses_in_bodies_are_at_the_public_address(app: &TestApp) {
    const PUBLIC: &str = "https://example.gov.uk/register";
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.public_url = Some(PUBLIC.parse().unwrap())
    });
    let record = app.create(MUTUALS, &mutual("A")).await;
    let contract = app.get("/openapi.json").await.expect(200);
    let of_json = |operation: &Value| operation.pointer("/get/responses/200/content/application~1json").is_some();
    let paths = contract["paths"].as_object().unwrap().iter().filter(|(_, operations)| of_json(operations));
    let mut paths: Vec<String> = paths.map(|(path, _)| path.replace("{mutual}", id(&record))).collect();
    paths.retain(|path| !path.contains('{') && !path.starts_with("/openapi"));
    assert!(paths.len() > 20, "{paths:?}");
    paths
        .extend(["/v1/statistics?as_at=2020-01-01".to_owned(), "/v1/statistics/timeline?by=year&from=2020".to_owned()]);
    let mut links = Vec::new();
    for path in &paths {
        let answer = app.get(path).await;
        if answer.status() == 200 {
            addresses("", &answer.json(), &mut links);
        }
    }
    let (complete, paths): (Vec<String>, Vec<String>) =
        links.into_iter().partition(|link| link.starts_with("https://"));
    assert!(paths.is_empty(), "{paths:?}");
    for behind in ["statistics/mutuals?", "staff-ballots?", "code-lists/region", "mutuals/"] {
        let start = format!("{PUBLIC}/v1/{behind}");
        let link = complete.iter().find(|link| link.starts_with(&start)).unwrap_or_else(|| panic!("{behind}"));
        app.get(link.strip_prefix(PUBLIC).unwrap()).await.expect(200);
    }
    // Clients compare a problem's type with what the documentation says.
    let problem = app.get(format!("{MUTUALS}/nobody")).await.problem(404);
    assert_eq!((&problem["type"], &problem["instance"]), (&json!("/problems/not-found"), &json!("/v1/mutuals/nobody")));
}

/// The addresses of the service in a body. A problem's `type` is compared, not followed, and `instance` says what was asked.
fn addresses(member: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| addresses(name, value, found)),
        Value::Array(items) => items.iter().for_each(|item| addresses(member, item, found)),
        Value::String(text)
            if !["type", "instance", "pointer"].contains(&member)
                && (text.starts_with('/') || text.starts_with("https://example.gov.uk")) =>
        {
            found.push(text.clone());
        }
        _ => {}
    }
}

async fn a_trace_is_passed_on(app: &TestApp) {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(app.get(DEPARTMENTS).header("traceparent", trace).await.header("traceparent"), Some(trace));
    assert_eq!(app.get("/nowhere").header("traceparent", trace).await.header("traceparent"), Some(trace));
    for broken in ["", "00-0-0-0", &trace.to_uppercase(), "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
        let answer = app.get(DEPARTMENTS).header("traceparent", broken).await;
        assert_eq!((answer.status(), answer.header("traceparent")), (200, None), "{broken}");
    }
    assert_eq!(app.get(DEPARTMENTS).await.header("traceparent"), None);
}

async fn metrics_are_told_elsewhere(app: &TestApp) {
    let app = TestApp::with(Database::fresh(app.database().engine()), |config| {
        config.production.metrics_listen = Some(([127, 0, 0, 1], 0).into())
    });
    app.create(DEPARTMENTS, &department("Secret Office")).await;
    app.post(DEPARTMENTS, &department("Secret Office")).await.expect_problem(409, "name-taken");
    app.get("/v1/departments/secret-office").await.expect(200);
    app.request("BREW", "/v1/departments/secret-office").await.expect_problem(405, "method-not-allowed");
    app.get("/secret-path").await.expect_problem(404, "unknown-path");
    app.get("/metrics").await.expect_problem(404, "unknown-path");

    let metrics = Client::to(app.metrics_address());
    let read = |path: &str| metrics.request("GET".parse().unwrap(), path);
    let answer = metrics.try_send(&read("/metrics")).await.unwrap();
    assert_eq!(answer.media_type(), Some("text/plain"));
    for line in [
        r#"mutuals_http_requests_total{method="POST",route="/v1/departments",status="201"} 1"#,
        r#"mutuals_http_requests_total{method="POST",route="/v1/departments",status="409"} 1"#,
        r#"mutuals_http_requests_total{method="GET",route="/v1/departments/{department}",status="200"} 1"#,
        r#"mutuals_http_requests_total{method="other",route="/v1/departments/{department}",status="405"} 1"#,
        r#"mutuals_http_requests_total{method="GET",route="-",status="404"} 2"#,
        r#"mutuals_http_request_duration_seconds_count{method="POST",route="/v1/departments"} 2"#,
        "mutuals_connections 1",
        "mutuals_writes_waiting 0",
        "mutuals_reads_waiting 0",
        "mutuals_log_head 1",
    ] {
        assert!(answer.text().lines().any(|own| own == line), "no {line} in {}", answer.text());
    }
    for name in ["mutuals_write_batches_total", "mutuals_batched_writes_total", "mutuals_database_connections"] {
        let line = answer.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        assert!(line.is_some_and(|figure| figure.parse::<u64>().is_ok_and(|figure| figure >= 1)), "{name}");
    }
    assert!(!answer.text().to_lowercase().contains("secret"), "{}", answer.text());
    assert_eq!(metrics.try_send(&read("/v1/departments")).await.unwrap().status(), 404);

    app.database().take_away();
    let without = metrics.try_send(&read("/metrics")).await.unwrap();
    assert_eq!(without.status(), 200, "{without:?}");
}
