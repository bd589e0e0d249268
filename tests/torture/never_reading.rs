//! Connections that send requests for long lists, one behind the other, and read none of the answers.

use std::time::Duration;

use kit::Engine;
use tokio::time::sleep;

use crate::field::{Attack, Field, MOST_MEMORY, Report, Size};
use crate::healthy::Healthy;
use crate::wire;

/// See the module.
pub const ATTACK: Attack =
    Attack { name: "never-reading", engines: &[Engine::Sqlite], run: |engine, size| Box::pin(run(engine, size)) };

async fn run(engine: Engine, size: Size) -> Report {
    let (connections, requests) = (size.choose(100, 500), 200);
    let field = Field::filled(engine, 300, &[]);
    let healthy = Healthy::begin(field.address(), "/v1/mutuals/mutual-1");
    let sent = ["/v1/mutuals?limit=200", "/openapi.json"]
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: attack.test\r\n\r\n"))
        .concat()
        .repeat(requests / 2);
    let open = wire::send_unread(field.address(), connections, &sent).await;
    sleep(Duration::from_secs(size.choose(3, 10))).await;
    let memory = field.peak_memory();
    let seen = healthy.end().await;
    drop(open);
    let mut report = Report {
        done: format!("{connections} connections, each with {requests} requests for lists and the contract, none read"),
        memory: Some(memory),
        ..Report::default()
    };
    report.must(memory < MOST_MEMORY, format!("{memory} MiB resident, {MOST_MEMORY} allowed"));
    report.must(seen.percent() >= 99, "the healthy caller was refused");
    report.must(seen.p99 < Duration::from_millis(500), "the healthy caller waited");
    report.seen = Some(seen);
    report
}
