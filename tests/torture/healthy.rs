//! A caller who does nothing out of the ordinary while others attack: small requests, one after the other, each on a connection of its
//! own.

use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::wire;

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(20);

/// The healthy caller at work.
pub struct Healthy {
    end: watch::Sender<bool>,
    calls: JoinHandle<Vec<(Option<u16>, Duration)>>,
}

/// What the healthy caller saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Requests that were answered with success.
    pub successes: usize,
    /// All requests.
    pub requests: usize,
    /// 99 of 100 answers came within this time.
    pub p99: Duration,
    /// The slowest one took so long.
    pub slowest: Duration,
}

impl Healthy {
    /// Begins to ask for this path, over and over.
    pub fn begin(address: SocketAddr, path: &str) -> Self {
        let path = path.to_owned();
        Self::sending(address, move |_| wire::get_request(&path))
    }

    /// Begins to send requests, each made from its number.
    pub fn sending(address: SocketAddr, request: impl Fn(usize) -> String + Send + 'static) -> Self {
        let (end, ended) = watch::channel(false);
        let calls = tokio::spawn(async move {
            let mut calls = Vec::new();
            while !*ended.borrow() {
                let started = Instant::now();
                let status = wire::send(address, &request(calls.len())).await.ok().map(|answer| answer.status);
                calls.push((status, started.elapsed()));
                sleep(PAUSE).await;
            }
            calls
        });
        Self { end, calls }
    }

    /// Ends it, and tells what it saw.
    pub async fn end(self) -> Seen {
        self.end.send_replace(true);
        let calls = self.calls.await.unwrap();
        let mut times: Vec<Duration> = calls.iter().map(|(_, taken)| *taken).collect();
        times.sort_unstable();
        let p99 = times.get((times.len() * 99 / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
        let successes = calls.iter().filter(|(status, _)| status.is_some_and(|it| (200..300).contains(&it))).count();
        Seen { successes, requests: calls.len(), p99, slowest: times.last().copied().unwrap_or_default() }
    }
}

impl Seen {
    /// The share of successes in percent; 0 where nothing was asked.
    pub fn percent(&self) -> usize {
        self.successes * 100 / self.requests.max(1)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} ({} %), p99 {} ms", self.successes, self.requests, self.percent(), self.p99.as_millis())
    }
}
