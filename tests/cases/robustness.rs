//! Whatever a client sends, it is accepted or refused: the service never fails, and every fault is at a place that was sent.

use kit::fixture::{
    CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, department, full_contract, full_department, full_mutual,
    full_staff_ballot, id, mutual, staff_ballot,
};
use kit::{Contract, Engine, TestApp};
use serde_json::{Value, json};

kit::on_both! {
    no_odd_value_in_a_body_makes_the_service_fail,
    no_odd_value_of_a_parameter_makes_the_service_fail,
    no_odd_key_in_a_path_makes_the_service_fail,
    a_lost_connection_is_replaced,
}

/// What is put in place of each value of a body.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(i64::MAX),
        json!(""),
        json!("\u{0}"),
        json!("𝕏 ' \" \\ ; -- %"),
        json!("9".repeat(3000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "": null }),
    ]
}

async fn no_odd_value_in_a_body_makes_the_service_fail(app: &TestApp) {
    let [lead, second, third] = ["Lead", "Second", "Third"].map(department);
    let (lead, second, third) = (
        app.create(DEPARTMENTS, &lead).await,
        app.create(DEPARTMENTS, &second).await,
        app.create(DEPARTMENTS, &third).await,
    );
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    let bodies = [
        (DEPARTMENTS, full_department(id(&lead))),
        (MUTUALS, full_mutual([id(&lead), id(&second), id(&third)])),
        (STAFF_BALLOTS, full_staff_ballot(id(&supplier))),
        (CONTRACTS, full_contract(id(&supplier), id(&lead))),
    ];
    for (path, body) in &bodies {
        let path = format!("{path}?validate_only=true");
        app.post(&path, body).await.expect(200);
        for place in places(body) {
            for odd in odd_values() {
                let mut changed = body.clone();
                *changed.pointer_mut(&place).unwrap() = odd;
                let answer = app.post(&path, &changed).await;
                assert!(matches!(answer.status(), 200 | 409 | 422), "{place}: {answer:?}");
                if answer.status() == 422 {
                    assert_placed(&changed, &answer.faults(422));
                }
            }
        }
    }
}

/// The JSON Pointers of a value and of all that is in it.
fn places(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(elements) => elements.iter().enumerate().map(|(at, element)| (at.to_string(), element)).collect(),
        _ => Vec::new(),
    };
    let below = inner
        .into_iter()
        .flat_map(|(name, value)| places(value).into_iter().map(move |place| format!("/{name}{place}")));
    std::iter::once(String::new()).chain(below).collect()
}

/// A fault is at a member that was sent, or at one that should have been sent in an object that was.
#[track_caller]
fn assert_placed(body: &Value, faults: &[(String, String)]) {
    assert!(!faults.is_empty());
    for (pointer, code) in faults {
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(
            body.pointer(pointer).is_some() || body.pointer(parent).is_some_and(Value::is_object),
            "{code} at {pointer} of {body}"
        );
    }
}

async fn no_odd_value_of_a_parameter_makes_the_service_fail(app: &TestApp) {
    let supplier = app.create(MUTUALS, &mutual("Supplier")).await;
    app.create(STAFF_BALLOTS, &staff_ballot(id(&supplier))).await;
    let contract = Contract::of_the_service();
    let long = "9".repeat(3000);
    let odd = [
        "",
        "%00",
        "%FF",
        "%",
        "%27%22;--",
        "-1",
        "1e9",
        "1.5",
        &long,
        "null",
        "%F0%9F%92%A5",
        "0000-00-00",
        "99999",
        "a:b:c",
        "*",
        "%25",
        "\\",
        "AQ",
    ];
    for (template, method, operation) in contract.operations() {
        if method != "GET" || template.contains('{') {
            continue;
        }
        for parameter in
            operation["parameters"].as_array().into_iter().flatten().map(|parameter| contract.resolve(parameter))
        {
            for value in odd.iter().filter(|_| parameter["in"] == "query") {
                let answer = app.get(format!("{template}?{}={value}", parameter["name"].as_str().unwrap())).await;
                assert!(matches!(answer.status(), 200 | 400), "{answer:?}");
            }
        }
    }
}

async fn no_odd_key_in_a_path_makes_the_service_fail(app: &TestApp) {
    let long = "a".repeat(3000);
    for path in [DEPARTMENTS, MUTUALS, STAFF_BALLOTS, CONTRACTS, "/problems"] {
        for key in [
            "%00",
            "%FF",
            "%27%22;--",
            "-",
            "..",
            "%2e%2e",
            "*",
            "%F0%9F%92%A5",
            &long,
            "00000000-0000-0000-0000-000000000000",
            "~",
        ] {
            for method in
                ["GET", "HEAD", "DELETE"].iter().filter(|method| **method != "DELETE" || path.starts_with("/v1/"))
            {
                let answer = app.request(method, format!("{path}/{key}")).if_match("*").await;
                assert!(matches!(answer.status(), 400 | 404), "{answer:?}");
            }
        }
    }
}

async fn a_lost_connection_is_replaced(app: &TestApp) {
    app.create(DEPARTMENTS, &department("Office")).await;
    if app.database().engine() == Engine::Postgres {
        app.database().rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    }
    app.get("/v1/departments/office").await.expect(200);
    app.get(DEPARTMENTS).await.expect(200);
    app.create(DEPARTMENTS, &department("Bureau")).await;
    app.get("/readyz").await.expect(200);
}
