//! A key that writes more than its share: patches full of faults, and files of nothing but bad rows.

use std::time::Duration;

use futures_util::future::join_all;
use kit::Engine;
use serde_json::json;
use tokio::time::sleep;

use crate::field::{Attack, Field, Report, Size};
use crate::healthy::{Healthy, Seen};
use crate::wire;

const BOTH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];

/// 60 kB of empty strings as a patch, over and over.
pub const PATCHES: Attack =
    Attack { name: "patches", engines: BOTH, run: |engine, size| Box::pin(patches(engine, size)) };

/// Files of `1`, over and over.
pub const IMPORTS: Attack =
    Attack { name: "imports", engines: BOTH, run: |engine, size| Box::pin(imports(engine, size)) };

const JSON: &str = "application/json";

/// Somebody who enters one department after another.
fn writer(field: &Field) -> Healthy {
    let key = field.key("admin");
    Healthy::sending(field.address(), move |number| {
        let body = json!({ "name": format!("Office {number}"), "kind": "other" }).to_string();
        wire::with_body("POST", "/v1/departments", &key, JSON, &body)
    })
}

async fn status(field: &Field, request: &str) -> Option<u16> {
    wire::send(field.address(), request).await.ok().map(|answer| answer.status)
}

fn judge(report: &mut Report, seen: Seen) {
    report.must(seen.percent() >= 99, "the healthy writer was refused");
    report.must(seen.p99 < Duration::from_millis(500), "the healthy writer waited");
    report.seen = Some(seen);
}

async fn patches(engine: Engine, size: Size) -> Report {
    let (connections, each) = (8, size.choose(20, 200));
    let field = Field::start(engine, &[]);
    let key = field.key("admin");
    let made = json!({ "name": "Harmonie", "sectors": ["housing"] }).to_string();
    let made = wire::with_body("POST", "/v1/mutuals", &key, JSON, &made);
    assert_eq!(wire::send(field.address(), &made).await.unwrap().status, 201);
    let body = json!({ "sectors": vec![""; 20_000] }).to_string();
    let patch = wire::with_body("PATCH", "/v1/mutuals/harmonie", &key, "application/merge-patch+json", &body);
    let healthy = writer(&field);
    let attack = join_all((0..connections).map(|_| async {
        let mut refused = 0;
        for _ in 0..each {
            refused += usize::from(status(&field, &patch).await == Some(422));
        }
        refused
    }));
    let refused: usize = attack.await.into_iter().sum();
    let seen = healthy.end().await;
    let done = format!(
        "{connections} connections, each {each} patches of 20,000 empty strings, of which {refused} were read and rejected"
    );
    let mut report = Report { done, memory: Some(field.peak_memory()), ..Report::default() };
    report.must(refused > 0, "no patch was read");
    judge(&mut report, seen);
    report
}

async fn imports(engine: Engine, size: Size) -> Report {
    let (files, rows) = (10, size.choose(30_000, 250_000));
    let field = Field::start(engine, &[]);
    let key = field.key("admin");
    let file =
        wire::with_body("POST", "/v1/imports?resource_type=mutual", &key, "application/x-ndjson", &"1\n".repeat(rows));
    let healthy = writer(&field);
    let mut accepted = 0;
    for _ in 0..files {
        accepted += usize::from(status(&field, &file).await == Some(202));
    }
    sleep(Duration::from_secs(size.choose(3, 10))).await;
    let seen = healthy.end().await;
    let done = format!("{files} files of {rows} rows that are no records, of which {accepted} were accepted");
    let mut report = Report { done, memory: Some(field.peak_memory()), ..Report::default() };
    let kept = field.count("import_problems");
    report.must(accepted > 0 && kept > 0, "no file was imported");
    report.must(kept <= files * 1001, format!("{kept} problems are kept"));
    judge(&mut report, seen);
    report
}
