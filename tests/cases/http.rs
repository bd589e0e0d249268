//! How the service takes requests and refuses them, whatever they are about.

use std::collections::BTreeSet;
use std::io::Read as _;

use api::BODY_LIMIT;
use kit::fixture::{DEPARTMENTS, MUTUALS, NOBODY, department, id, mutual, with};
use kit::{Contract, TestApp, admin_key};
use serde_json::{Value, json};

kit::on_both! {
    faults_are_looked_for_in_the_order_that_is_promised,
    a_path_that_nobody_has_is_unknown,
    a_record_that_nobody_has_is_not_found,
    a_method_that_a_path_does_not_take_is_told_with_those_it_takes,
    head_is_get_without_the_body,
    options_names_the_methods,
    only_what_is_acceptable_is_answered,
    only_the_media_types_that_an_operation_reads_are_read,
    a_body_has_a_limit,
    a_body_must_be_json,
    a_body_must_be_an_object,
    unknown_and_repeated_members_are_told,
    a_fault_points_at_any_name,
    a_flood_of_faults_is_told_in_part,
    every_operation_refuses_an_unknown_parameter,
    a_request_id_is_echoed_or_made,
    a_path_is_read_percent_decoded,
    no_page_of_another_origin_may_call_the_service,
    requests_that_are_no_http_are_refused_and_harm_nobody,
    a_target_may_have_the_bytes_that_people_type,
    lines_end_in_both_characters,
    a_request_names_one_host,
    an_older_client_gets_no_chunks,
    framing_is_short_beside_what_it_frames,
    a_body_that_breaks_off_changes_nothing,
    a_caller_who_takes_no_problem_gets_one_all_the_same,
}

/// Everything is wrong with the first request; each further one has the fault that was just told put right.
async fn faults_are_looked_for_in_the_order_that_is_promised(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Taken")).await;
    app.create(DEPARTMENTS, &department("Office")).await;
    let office = format!("{DEPARTMENTS}/office");
    let nobody = format!("{DEPARTMENTS}/{NOBODY}");
    let large = vec![b'{'; BODY_LIMIT + 1];
    let unknown =
        app.request("PUT", "/v1/castles/x?colour=red").header("accept", "text/html").body("text/plain", large.clone());
    unknown.await.expect_problem(404, "unknown-path");
    let no_method = app
        .request("PUT", format!("{DEPARTMENTS}?colour=red"))
        .header("accept", "text/html")
        .body("text/plain", large.clone());
    no_method.await.expect_problem(405, "method-not-allowed");
    let put = |path: &str, accept: &str, media: &str, body: Vec<u8>| {
        app.request("PUT", path).header("accept", accept).body(media, body)
    };
    let colourful = format!("{nobody}?colour=red");
    let broken = b"{\"kind\": \"castle\"".to_vec();
    let invalid = b"{\"kind\": \"castle\"}".to_vec();
    let taken = department("TAKEN").to_string().into_bytes();
    let json = "application/json";
    put(&colourful, "text/html", "text/plain", large.clone()).await.expect_problem(406, "not-acceptable");
    put(&colourful, "*/*", "text/plain", large).await.expect_problem(413, "payload-too-large");
    put(&colourful, "*/*", "text/plain", broken.clone()).await.expect_problem(415, "unsupported-media-type");
    put(&colourful, "*/*", json, broken.clone()).await.expect_problem(400, "invalid-parameter");
    put(&nobody, "*/*", json, broken).await.expect_problem(400, "malformed-request");
    put(&nobody, "*/*", json, invalid.clone()).await.expect_problem(404, "not-found");
    put(&office, "*/*", json, invalid.clone()).await.expect_problem(428, "precondition-required");
    put(&office, "*/*", json, invalid.clone())
        .header("if-match", "\"9\"")
        .await
        .expect_problem(412, "precondition-failed");
    put(&office, "*/*", json, invalid).header("if-match", app.tag(1)).await.expect_problem(422, "invalid-content");
    put(&office, "*/*", json, taken).header("if-match", app.tag(1)).await.expect_problem(409, "name-taken");
    assert_eq!(app.get(&office).await.version(), "1", "a refused change changes nothing");
}

async fn a_path_that_nobody_has_is_unknown(app: &TestApp) {
    for path in [
        "/v1",
        "/v1/",
        "/v1/departments/",
        "/v1/Departments",
        "/v2/departments",
        "/v1/departments/x/y",
        "//",
        "/v1//departments",
        "/favicon.ico",
    ] {
        app.get(path).await.expect_problem(404, "unknown-path");
        app.request("DELETE", path).await.expect_problem(404, "unknown-path");
    }
}

async fn a_record_that_nobody_has_is_not_found(app: &TestApp) {
    let record = app.create(DEPARTMENTS, &department("Office")).await;
    let simple = id(&record).replace('-', "");
    for path in [DEPARTMENTS, MUTUALS, "/v1/staff-ballots", "/v1/contracts"] {
        for key in [NOBODY, "nobody", "No-Body", "a b", "%E2%98%83", &simple, "-", &"x".repeat(300)] {
            app.get(format!("{path}/{}", key.replace(' ', "%20"))).await.expect_problem(404, "not-found");
        }
    }
    app.get("/problems/nothing").await.expect_problem(404, "not-found");
}

async fn a_method_that_a_path_does_not_take_is_told_with_those_it_takes(app: &TestApp) {
    let contract = Contract::of_the_service();
    let templates: BTreeSet<&str> = contract.operations().into_iter().map(|(template, _, _)| template).collect();
    for template in templates {
        let allow = contract.allow(template);
        let path = filled(template);
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"] {
            if !allow.split(", ").any(|own| own == method) {
                let refused = app.request(method, &path).await;
                refused.expect_problem(405, "method-not-allowed");
                assert_eq!(refused.header("allow"), Some(allow.as_str()), "{method} {path}");
            }
        }
    }
}

/// The path of a template with a key that no record has in place of its parameters.
fn filled(template: &str) -> String {
    template.split('/').map(|word| if word.starts_with('{') { NOBODY } else { word }).collect::<Vec<_>>().join("/")
}

async fn head_is_get_without_the_body(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    for path in [
        DEPARTMENTS,
        "/v1/departments/office",
        "/v1/departments/nobody",
        "/livez",
        "/openapi.yaml",
        "/problems",
        "/nowhere",
    ] {
        let (get, head) = (app.get(path).await, app.request("HEAD", path).await);
        assert_eq!(head.status(), get.status(), "{path}");
        assert!(head.bytes().is_empty());
        for name in ["content-type", "etag", "last-modified", "link", "content-length", "cache-control"] {
            let (get, head) = (get.header(name), head.header(name));
            // A problem names its request, so that two of them differ in length as little as their ids.
            assert_eq!(head, get, "{name} of {path}");
        }
    }
}

async fn options_names_the_methods(app: &TestApp) {
    for (path, allow) in [
        (DEPARTMENTS, "GET, POST, HEAD, OPTIONS"),
        ("/v1/departments/nobody", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("/livez", "GET, HEAD, OPTIONS"),
    ] {
        let answer = app.request("OPTIONS", path).await;
        assert_eq!((answer.status(), answer.header("allow")), (204, Some(allow)), "{path}");
    }
    app.request("OPTIONS", "/nowhere").await.expect_problem(404, "unknown-path");
}

async fn only_what_is_acceptable_is_answered(app: &TestApp) {
    for accept in [
        "application/json",
        "*/*",
        "application/*",
        "text/html, application/json;q=0.1",
        "",
        "Application/JSON;charset=utf-8",
    ] {
        assert_eq!(app.get(DEPARTMENTS).header("accept", accept).await.status(), 200, "{accept}");
    }
    for accept in ["text/html", "application/xml", "application/json;q=0", "text/*", "nonsense"] {
        let refused = app.get(DEPARTMENTS).header("accept", accept).await;
        let problem = refused.expect_problem(406, "not-acceptable");
        assert!(problem["detail"].as_str().unwrap().contains("application/json"));
    }
    assert_eq!(app.get("/openapi.yaml").header("accept", "application/yaml").await.status(), 200);
    app.get("/openapi.yaml").header("accept", "application/json").await.expect_problem(406, "not-acceptable");
}

async fn only_the_media_types_that_an_operation_reads_are_read(app: &TestApp) {
    let body = department("Office").to_string();
    let post = |media: &str| app.request("POST", format!("{DEPARTMENTS}?validate_only=true")).body(media, body.clone());
    for media in [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;charset=\"UTF-8\"",
    ] {
        assert_eq!(post(media).await.status(), 200, "{media}");
    }
    for media in [
        "text/plain",
        "application/xml",
        "application/json; charset=latin1",
        "application/merge-patch+json",
        "json",
        "",
    ] {
        post(media).await.expect_problem(415, "unsupported-media-type");
    }
    post("application/json").without("content-type").await.expect_problem(415, "unsupported-media-type");
    post("application/json").header("content-encoding", "gzip").await.expect_problem(415, "unsupported-media-type");
    app.create(DEPARTMENTS, &department("Office")).await;
    let patch = |media: &str| app.request("PATCH", "/v1/departments/office").if_match("*").body(media, "{}");
    assert_eq!(patch("application/merge-patch+json").await.status(), 200);
    assert_eq!(patch("application/json").await.status(), 200);
    let refused = patch("application/json-patch+json").await;
    refused.expect_problem(415, "unsupported-media-type");
    assert_eq!(refused.header("accept-patch"), Some("application/merge-patch+json"));
}

async fn a_body_has_a_limit(app: &TestApp) {
    let padded = |size: usize| {
        let mut body = department("Padded").to_string().into_bytes();
        body.resize(size, b' ');
        body
    };
    let post =
        |body: Vec<u8>| app.request("POST", format!("{DEPARTMENTS}?validate_only=true")).body("application/json", body);
    assert_eq!(post(padded(BODY_LIMIT)).await.status(), 200);
    post(padded(BODY_LIMIT + 1)).await.expect_problem(413, "payload-too-large");
    post(padded(BODY_LIMIT * 4)).await.expect_problem(413, "payload-too-large");
    let key = format!("Authorization: Bearer {}\r\n", admin_key());
    let head = format!(
        "POST {DEPARTMENTS} HTTP/1.1\r\nHost: x\r\n{key}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let mut chunked = head.into_bytes();
    for _ in 0..5 {
        chunked.extend(format!("{:x}\r\n", BODY_LIMIT / 4).bytes());
        chunked.extend(vec![b' '; BODY_LIMIT / 4]);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let refused = app.raw(&chunked).await;
    refused.expect_problem(413, "payload-too-large");
    let announced = format!(
        "POST {DEPARTMENTS} HTTP/1.1\r\nHost: x\r\n{key}Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n"
    );
    app.raw(announced.as_bytes()).await.expect_problem(413, "payload-too-large");
}

async fn a_body_must_be_json(app: &TestApp) {
    let deep = "[".repeat(200);
    let broken: [&[u8]; 12] = [
        b"",
        b" ",
        b"{",
        b"{\"name\": }",
        b"{\"name\": \"a\",}",
        b"{'name': 'a'}",
        b"{\"name\": \"a\"} x",
        b"{\"name\": \"\xff\"}",
        b"{\"name\": \"\\ud800\"}",
        b"nothing",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        deep.as_bytes(),
    ];
    for body in broken {
        let refused = app.request("POST", DEPARTMENTS).body("application/json", body.to_vec()).await;
        refused.expect_problem(400, "malformed-request");
        refused.expect_faults(400, &[("", "invalid-format")]);
    }
    let lines =
        app.request("POST", DEPARTMENTS).body("application/json", "{\n  \"name\": \"a\"\n  \"kind\": \"other\"}").await;
    let detail = lines.problem(400)["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("line 3"), "{detail}");
}

async fn a_body_must_be_an_object(app: &TestApp) {
    for body in ["[]", "null", "1", "\"text\"", "true", "[{}]"] {
        let refused = app.request("POST", DEPARTMENTS).body("application/json", body).await;
        refused.expect_faults(422, &[("", "invalid-type")]);
    }
}

async fn unknown_and_repeated_members_are_told(app: &TestApp) {
    let body = r#"{
        "name": "Office", "name": "Bureau", "kind": "other", "colour": "red", "Kind": "other",
        "identifiers": [{"scheme": "GB-LAE", "id": "GLS", "id": "GLT", "note": ""}],
        "sources": [{"title": "A", "titel": "B"}]
    }"#;
    let refused = app.request("POST", DEPARTMENTS).body("application/json", body).await;
    refused.expect_faults(
        422,
        &[
            ("/name", "duplicate-member"),
            ("/colour", "unknown-member"),
            ("/Kind", "unknown-member"),
            ("/identifiers/0/id", "duplicate-member"),
            ("/identifiers/0/note", "unknown-member"),
            ("/sources/0/titel", "unknown-member"),
        ],
    );
    assert!(refused.text().contains("title"), "the nearest is named: {refused:?}");
    app.create(DEPARTMENTS, &department("Office")).await;
    let patch = app
        .request("PATCH", "/v1/departments/office")
        .if_match("*")
        .body("application/merge-patch+json", r#"{"kind": "other", "kind": "other", "size": 1}"#);
    patch.await.expect_faults(422, &[("/kind", "duplicate-member"), ("/size", "unknown-member")]);
}

/// RFC 6901: `~` and `/` in a name are escaped.
async fn a_fault_points_at_any_name(app: &TestApp) {
    let body = with(department("Office"), json!({ "a/b": 1, "m~n": 2, "": 3, "ä \"": 4, "0": 5 }));
    let refused = app.post(DEPARTMENTS, &body).await;
    let code = "unknown-member";
    refused.expect_faults(422, &[("/a~1b", code), ("/m~0n", code), ("/", code), ("/ä \"", code), ("/0", code)]);
    let endless = with(department("Office"), json!({ "n".repeat(50_000): 1 }));
    let refused = app.post(DEPARTMENTS, &endless).await;
    assert!(refused.problem(422).to_string().len() < 10_000);
}

async fn a_flood_of_faults_is_told_in_part(app: &TestApp) {
    let members: serde_json::Map<String, Value> =
        (0..3000).map(|number| (format!("member_{number}"), json!(number))).collect();
    let refused = app.post(DEPARTMENTS, &Value::Object(members)).await;
    let told = refused.faults(422);
    assert!((50..=200).contains(&told.len()), "{}", told.len());
    assert!(refused.bytes().len() < 64 * 1024);
    let parameters: String = (0..1000).map(|number| format!("&p{number}=1")).collect();
    let refused = app.get(format!("{DEPARTMENTS}?{}", &parameters[1..])).await;
    assert!((10..=200).contains(&refused.faults(400).len()));
}

async fn every_operation_refuses_an_unknown_parameter(app: &TestApp) {
    for (template, method, operation) in Contract::of_the_service().operations() {
        let mut request = app.request(method.as_str(), format!("{}?colour=red", filled(template))).if_match("*");
        if let Some(read) = operation["requestBody"]["content"].as_object() {
            request = request.body(read.keys().next().unwrap(), "{}");
        }
        request.await.expect_faults(400, &[("colour", "unknown-parameter")]);
    }
}

async fn a_request_id_is_echoed_or_made(app: &TestApp) {
    for given in ["a", "A-b_c.9", &"x".repeat(128)] {
        let answer = app.get(format!("{DEPARTMENTS}/nobody")).header("request-id", given).await;
        assert_eq!(answer.header("request-id"), Some(given));
        assert_eq!(answer.problem(404)["request_id"], given);
    }
    let (one, other) = (app.get("/livez").await, app.get("/livez").await);
    assert_ne!(one.header("request-id"), other.header("request-id"));
    for odd in ["", "a b", "{}", &"x".repeat(129), "ä"] {
        app.get(DEPARTMENTS).header("request-id", odd).await.expect_faults(400, &[("request-id", "invalid-format")]);
    }
    let two = app.get(DEPARTMENTS).header("request-id", "a").header("request-id", "b").await;
    two.expect_faults(400, &[("request-id", "invalid-format")]);
}

async fn a_path_is_read_percent_decoded(app: &TestApp) {
    let record = app.create(DEPARTMENTS, &department("Office")).await;
    assert_eq!(app.get("/v1/departments/%6Fffice").await.expect(200), record);
    for broken in ["/v1/departments/%", "/v1/departments/%zz", "/v1/departments/%FF"] {
        app.get(broken).await.expect_problem(400, "malformed-request");
    }
    app.get("/v1/departments/a%2Fb").await.problem(404);
    app.get("/v1/departments/%00").await.problem(404);
}

async fn no_page_of_another_origin_may_call_the_service(app: &TestApp) {
    let plain = app.get(DEPARTMENTS).header("origin", "https://example.gov.uk").await;
    let preflight = app.request("OPTIONS", DEPARTMENTS).header("origin", "https://example.gov.uk");
    let preflight = preflight.header("access-control-request-method", "POST").await;
    for answer in [plain, preflight] {
        assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
    }
}

async fn requests_that_are_no_http_are_refused_and_harm_nobody(app: &TestApp) {
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(200_000));
    let odd: [&[u8]; 14] = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /v1/mutuals?q=a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/mutuals?q=T\xc5\xb7 Hafan HTTP/1.1\r\nHost: x\r\n\r\n",
        b"G\xc3\x89T /v1/mutuals HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET v1/mutuals HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /v1/mutuals?q=\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/departments HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/departments HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST /v1/departments HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"GET /v1/departments HTTP/1.1\r\nBad Header: x\r\n\r\n",
        long.as_bytes(),
    ];
    for request in odd {
        let refused = app.raw(request).await;
        refused.expect_problem(400, "malformed-request");
        assert!(refused.header("request-id").is_some(), "{refused:?}");
        assert_eq!(refused.header("connection"), Some("close"));
    }
    assert_eq!(app.get("/livez").await.status(), 200);
}

/// curl and others send what people type as it is.
async fn a_target_may_have_the_bytes_that_people_type(app: &TestApp) {
    let named = app.create(MUTUALS, &mutual("Tŷ Hafan")).await;
    for target in
        ["/v1/mutuals?q=T\u{177}", "/v1/mutuals?q=T\u{177}&sort=name", "/v1/mutuals?q=<T\u{177}>", "/v1/mutuals?q=haf{"]
    {
        let answer = app.raw(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await;
        let found = answer.expect(200);
        assert_eq!(found["items"][0]["id"], named["id"], "{target}");
        assert!(answer.header("request-id").is_some());
    }
    // Latin-1 is no UTF-8.
    let refused = app.raw(b"GET /v1/mutuals?q=caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(refused.problem(400)["request_id"].as_str(), refused.header("request-id"));
    app.raw("GET /v1/mutuals/t\u{177}-hafan HTTP/1.1\r\nHost: x\r\n\r\n".as_bytes()).await.problem(404);
    // A head that grows too large by it is too large.
    let long = format!("GET /v1/mutuals?q={} HTTP/1.1\r\nHost: x\r\n\r\n", "\u{177}".repeat(10_000));
    app.raw(long.as_bytes()).await.expect_problem(400, "malformed-request");
    // What comes behind such a request is another one.
    let two = "GET /v1/mutuals?q=T\u{177} HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut stream = tokio::net::TcpStream::connect(app.address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, two.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut received).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&received).matches("HTTP/1.1 200 OK").count(), 2);
}

/// RFC 9112, section 2.2: a reader who takes LF alone and one who does not see different requests in the same bytes.
async fn lines_end_in_both_characters(app: &TestApp) {
    for request in [
        "GET /livez HTTP/1.1\nHost: x\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: x\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: x\r\n\n",
        "\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /livez HTTP/1.1\nHost: x\n\n",
    ] {
        let refused = app.raw(request.as_bytes()).await;
        let problem = refused.expect_problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains("CR LF"), "{problem}");
    }
    app.raw(b"\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.expect(200);
}

async fn a_request_names_one_host(app: &TestApp) {
    for hosts in [
        "",
        "Host: x\r\nHost: x\r\n",
        "Host:\r\n",
        "Host: a b\r\n",
        "Host: a/b\r\n",
        "Host: a@b\r\n",
        "Host: x:port\r\n",
    ] {
        let refused = app.raw(format!("GET /livez HTTP/1.1\r\n{hosts}\r\n").as_bytes()).await;
        refused.expect_problem(400, "malformed-request");
        refused.expect_faults(400, &[("host", "invalid-format")]);
    }
    for host in ["x", "register.example.gov.uk:8443", "127.0.0.1", "[::1]:8080"] {
        app.raw(format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.expect(200);
    }
    app.raw(b"GET /livez HTTP/1.0\r\n\r\n").await.expect(200);
}

/// RFC 9112, section 6.1: a client of HTTP/1.0 knows no chunks. The end of the connection is that of the body.
async fn an_older_client_gets_no_chunks(app: &TestApp) {
    for number in 0..20 {
        app.create(MUTUALS, &mutual(&format!("Mutual {number}"))).await;
    }
    let mut plain = Vec::new();
    for (path, encoding) in
        [("/v1/mutuals", "gzip"), ("/v1/mutuals", "identity"), ("/v1/mutuals/export.ndjson", "identity")]
    {
        let request = format!("GET {path} HTTP/1.0\r\nConnection: keep-alive\r\nAccept-Encoding: {encoding}\r\n\r\n");
        let answer = app.raw(request.as_bytes()).await;
        assert_eq!((answer.status(), answer.header("transfer-encoding")), (200, None), "{path} {encoding}");
        if encoding == "gzip" {
            assert_eq!(answer.header("content-encoding"), Some("gzip"));
            let mut text = String::new();
            flate2::read::GzDecoder::new(answer.bytes()).read_to_string(&mut text).unwrap();
            plain.push(text);
        } else {
            plain.push(answer.text().to_owned());
        }
    }
    assert_eq!(plain[0], plain[1]);
    assert_eq!(plain[2].lines().count(), 20, "{}", plain[2]);
}

async fn framing_is_short_beside_what_it_frames(app: &TestApp) {
    let post = |chunks: String| {
        let head = format!(
            "POST {DEPARTMENTS}?validate_only=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
            admin_key()
        );
        (head + &chunks).into_bytes()
    };
    let body = department("Office").to_string();
    let chunked =
        |extension: &str, trailers: &str| post(format!("{:x}{extension}\r\n{body}\r\n0\r\n{trailers}\r\n", body.len()));
    app.raw(&chunked(";name=value", "Some: trailer\r\n")).await.expect(200);
    let one_by_one: String = body.bytes().map(|byte| format!("1\r\n{}\r\n", char::from(byte))).collect();
    app.raw(&post(one_by_one + "0\r\n\r\n")).await.expect(200);
    for request in [
        chunked(&format!(";{}", "x".repeat(1000)), ""),
        chunked("", &"Some: trailer\r\n".repeat(1000)),
        chunked("\n", ""),
        post(format!(" ;{}\r\n", "x".repeat(100)).repeat(1000)),
        post(format!("1;{}\r\n \r\n", "x".repeat(100)).repeat(1000)),
    ] {
        let refused = app.raw(&request).await;
        let problem = refused.expect_problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains("chunk"), "{problem}");
    }
    for line in ["", "xyz", "5 x", "5\rX", ";a=b", "5;a=\u{1}", "+5", "5\0"] {
        let refused = app.raw(&post(format!("{line}\r\nhello\r\n0\r\n\r\n"))).await;
        let problem = refused.expect_problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains("chunk"), "{line:?}: {problem}");
    }
    let trailer = app.raw(&chunked("", "Some: trailer\rOther: trailer\r\n")).await;
    assert!(trailer.expect_problem(400, "malformed-request")["detail"].as_str().unwrap().contains("chunk"));
    assert!(app.walk(DEPARTMENTS).await.is_empty());
}

async fn a_body_that_breaks_off_changes_nothing(app: &TestApp) {
    use tokio::io::AsyncWriteExt as _;
    let body = department("Half").to_string();
    let head = format!(
        "POST {DEPARTMENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        admin_key(),
        body.len() + 1
    );
    for sent in [head.clone(), format!("{head}{body}")] {
        let mut stream = tokio::net::TcpStream::connect(app.address()).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    app.create(DEPARTMENTS, &department("Parent")).await;
    assert_eq!(app.walk(DEPARTMENTS).await.len(), 1);
}

async fn a_caller_who_takes_no_problem_gets_one_all_the_same(app: &TestApp) {
    for accept in ["text/html", "application/problem+json;q=0", "image/png, */*;q=0"] {
        app.get("/v1/departments/nobody").header("accept", accept).await.expect_problem(406, "not-acceptable");
        app.get("/v1/nowhere").header("accept", accept).await.expect_problem(404, "unknown-path");
    }
    // Generated clients may name the media type of problems alone.
    for accept in ["application/problem+json", "text/html, Application/Problem+JSON; q=0.1"] {
        app.get("/v1/departments/nobody").header("accept", accept).await.expect_problem(404, "not-found");
        app.get("/v1/departments").header("accept", accept).await.expect(200);
        assert_eq!(app.get("/v1/departments/export.csv").header("accept", accept).await.media_type(), Some("text/csv"));
    }
}
