//! What the service tells a Prometheus server of itself, on a listener of its own: the requests it answered, by path template, and how
//! its connections, its database and its writer are doing.
//!
//! No label holds what a caller sent: methods and paths are those of the contract.

use std::fmt::{Display, Write as _};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{self, Data};
use actix_web::{App as ActixApp, HttpResponse, HttpServer};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

use crate::app::{App, Shared};
use crate::http::connection;
use crate::http::silence::HourlyCount;

/// In seconds.
const LATENCIES: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latencies: HistogramVec,
    /// Requests of operations that leave no trace.
    silent: Arc<HourlyCount>,
}

impl Metrics {
    /// None so far.
    pub fn new() -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("mutuals_http_requests_total", "Requests completed."),
            &["method", "route", "status"],
        )?;
        let latencies = HistogramVec::new(
            HistogramOpts::new(
                "mutuals_http_request_duration_seconds",
                "Time from the headers of a request to its response.",
            )
            .buckets(LATENCIES.to_vec()),
            &["method", "route"],
        )?;
        let registry = Registry::new();
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(latencies.clone()))?;
        Ok(Self { registry, requests, latencies, silent: Arc::new(HourlyCount::new(Instant::now())) })
    }

    pub fn count(&self, method: &str, route: &str, status: StatusCode, taken: Duration) {
        self.requests.with_label_values(&[method, route, status.as_str()]).inc();
        self.latencies.with_label_values(&[method, route]).observe(taken.as_secs_f64());
    }

    /// The same for an operation that leaves no trace: nothing tells how it was answered, how long it took, or when it was.
    pub fn count_silent(&self) {
        self.silent.count(Instant::now());
    }

    /// What is known of requests at this time, in Prometheus' text format.
    pub fn of_requests(&self, now: Instant) -> String {
        let mut text = TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default();
        let help = "Requests to cast a vote, whatever the response was. Refreshed once an hour.";
        write_figure(&mut text, "counter", "mutuals_vote_requests_total", help, &self.silent.shown(now));
        text
    }

    /// All of it in Prometheus' text format.
    async fn tell(&self, service: &Shared) -> String {
        let mut text = self.of_requests(Instant::now());
        let vitals = service.store.vitals();
        let head = service.store.read(store::entry_log::head).await;
        let readiness = service.store.readiness().await;
        let mut tell = |kind: &str, name: &str, help: &str, figure: &dyn Display| {
            write_figure(&mut text, kind, name, help, figure);
        };
        tell("gauge", "mutuals_connections", "Open client connections.", &service.connections.open());
        let help = "Open database connections in the read pool.";
        tell("gauge", "mutuals_database_connections", help, &vitals.connections);
        let help = "Idle database connections in the read pool.";
        tell("gauge", "mutuals_database_connections_idle", help, &vitals.idle_connections);
        tell("gauge", "mutuals_reads_waiting", "Reads that wait for a thread.", &vitals.waiting_reads);
        tell("gauge", "mutuals_writes_waiting", "Writes in the queue.", &vitals.waiting_writes);
        tell("counter", "mutuals_write_batches_total", "Transactions of the writer.", &vitals.batches);
        let help = "Writes in these transactions. Divide by the number of transactions for the batch size.";
        tell("counter", "mutuals_batched_writes_total", help, &vitals.batched_writes);
        let sweep = &service.sweep;
        let help = "Log entries checked by the sweep.";
        tell("counter", "mutuals_verified_entries_total", help, &sweep.entries());
        let help = "Records compared with the log by the sweep.";
        tell("counter", "mutuals_verified_records_total", help, &sweep.records());
        let help = "Differences between the register and its log that the sweep has found. Alert if it is not 0.";
        tell("gauge", "mutuals_register_differences", help, &sweep.differences());
        if let Some(at) = sweep.last_round() {
            let help = "When the sweep last completed a round, in seconds since 1970. Absent before the first round is complete.";
            tell("gauge", "mutuals_last_verified_timestamp_seconds", help, &at);
        }
        let help = "Transactions that the database rejected or failed to store.";
        tell("counter", "mutuals_failed_commits_total", help, &vitals.failed_commits);
        let help = "Transactions that may have been stored, because the database failed at their commit.";
        tell("counter", "mutuals_unknown_outcomes_total", help, &vitals.unknown_outcomes);
        let help = "Whether this instance can read the register: 1 or 0.";
        tell("gauge", "mutuals_can_read", help, &u8::from(readiness.reads.is_ok()));
        let help = "Whether this instance can change the register: 1 or 0.";
        tell("gauge", "mutuals_can_write", help, &u8::from(readiness.writes.is_ok()));
        let help = "Whether changes are rejected because the clock may be wrong: 1 or 0.";
        tell("gauge", "mutuals_clock_alarm", help, &u8::from(readiness.clock.is_some()));
        if let Ok(head) = head {
            let help = "The number of the newest log entry. Absent while the database cannot be read.";
            tell("gauge", "mutuals_log_head", help, &head);
        }
        text
    }
}

fn write_figure(text: &mut String, kind: &str, name: &str, help: &str, figure: &dyn Display) {
    // Writing to a text does not fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {figure}\n");
}

/// Serves `GET /metrics` on an address of its own.
pub fn serve(address: SocketAddr, shared: App, metrics: Metrics) -> io::Result<(SocketAddr, Server)> {
    let listener = connection::listen(address)?;
    let address = listener.local_addr()?;
    let metrics = Data::new(metrics);
    let application = move || {
        ActixApp::new()
            .app_data(shared.shared().clone())
            .app_data(metrics.clone())
            .route("/metrics", web::get().to(answer))
    };
    let server = HttpServer::new(application)
        .workers(1)
        .max_connections(64)
        .client_request_timeout(Duration::from_secs(5))
        .disable_signals()
        .listen(listener)?;
    Ok((address, server.run()))
}

async fn answer(shared: Data<Shared>, metrics: Data<Metrics>) -> HttpResponse {
    const TEXT_FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let text = store::answering(metrics.tell(&shared)).await;
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, TEXT_FORMAT))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(text)
}
