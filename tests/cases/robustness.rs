//! Whatever a client sends, it is accepted or refused: the service never fails, and every fault is at a place that was sent.

use kit::fixture::{CONTRACTS, DEPARTMENTS, MUTUALS, STAFF_BALLOTS, department, id, mutual, staff_ballot};
use kit::{Contract, Engine, TestApp};

kit::on_both! {
    no_odd_value_of_a_parameter_makes_the_service_fail,
    no_odd_key_in_a_path_makes_the_service_fail,
    a_lost_connection_is_replaced,
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
