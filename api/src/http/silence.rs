//! What is different for the calls of a hosted ballot: which leave no trace, which may be guessed at, and which take large bodies.
//!
//! Until a ballot closes, nothing may tell how many have voted, or who. So a request to cast a vote has no log line, its panic has no
//! message, and its answers have no version. The gate and the metrics ask here; this module knows paths and no ballots.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic;
use std::pin::pin;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use log::{Log, Metadata, Record};

/// Where votes are cast and, after the close, published.
pub const VOTES: &str = "/v1/staff-ballots/{staff_ballot}/votes";
/// Where anybody can complain after the close.
pub const COMPLAINTS: &str = "/v1/staff-ballots/{staff_ballot}/complaints";
/// Where the only issuer of a ballot enters the roll.
pub const ROLL: &str = "/v1/staff-ballots/{staff_ballot}/roll";
/// Where each of two issuers enters a half of the roll.
pub const ROLL_OF_SIDE: &str = "/v1/staff-ballots/{staff_ballot}/roll/{side}";
/// Where an issuer enters a batch of paper votes.
pub const PAPER_BATCHES: &str = "/v1/staff-ballots/{staff_ballot}/paper-batches";

/// The libraries that tell of each connection and request before their path is known.
const BELOW_PATHS: [&str; 2] = ["actix_http", "mio"];

/// How often what happens in silence may be told.
pub const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Whether the operation leaves no trace. Nobody but a voter sends anything but GET to the path of votes: a browser asks for permission
/// first (OPTIONS), and a wrong method comes from a wrong program. So all of it is silent.
pub fn is_silent(method: &Method, template: &str) -> bool {
    template == VOTES && !matches!(*method, Method::GET | Method::HEAD)
}

/// Whether somebody may send guesses to the operation: of codes that are on a roll.
pub fn takes_guesses(method: &Method, template: &str) -> bool {
    *method == Method::POST && [VOTES, COMPLAINTS].contains(&template)
}

/// Whether the operation takes the lines of 100,000 people in one body.
pub fn takes_large_body(method: &Method, template: &str) -> bool {
    match *method {
        Method::PUT => [ROLL, ROLL_OF_SIDE].contains(&template),
        Method::POST => template == PAPER_BATCHES,
        _ => false,
    }
}

thread_local! {
    /// Whether this thread works for an operation that leaves no trace.
    static KEPT: Cell<bool> = const { Cell::new(false) };
}

/// Carries out what leaves no trace: what its thread logs meanwhile is dropped, and so is the message of a panic.
pub async fn keep<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        let _silence = Silence::set(true);
        work.as_mut().poll(context)
    })
    .await
}

/// Ends when it is dropped, also by a panic.
struct Silence {
    before: bool,
}

impl Silence {
    fn set(is_kept: bool) -> Self {
        Self { before: KEPT.replace(is_kept) }
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        KEPT.set(self.before);
    }
}

/// A log that gets no line of an operation that leaves no trace, at any level.
pub struct Hushed<L>(pub L);

impl<L: Log> Log for Hushed<L> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let library = metadata.target().split("::").next().unwrap_or_default();
        !KEPT.get() && !BELOW_PATHS.contains(&library) && self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.log(record);
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

/// From now on, the message of a panic is printed only outside such an operation: it has the place, and may have what was sent.
pub fn hush_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(hush_hook);
}

fn hush_hook() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // Whoever cast a vote then is told that its outcome is unknown, and the operator of that as of all failures.
        if !KEPT.get() && thread::current().name() != Some(store::CASTER) {
            print(panic);
        }
    }));
}

/// Failures of the service in operations that leave no trace. The operator learns that there are some, not when and how many.
#[derive(Debug, Default)]
pub struct Failures(Mutex<Option<Instant>>);

impl Failures {
    /// Logs that there was one, unless that was logged less than an hour ago.
    pub fn tell(&self, now: Instant) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_some_and(|at| now.saturating_duration_since(at) < INTERVAL) {
            return;
        }
        *told = Some(now);
        let _aloud = Silence::set(false);
        log::error!(
            "the service failed in an operation whose requests are not logged; this is said at most once an hour"
        );
    }
}

/// Counts in silence: the number that is shown is that of the last full hour since it began.
#[derive(Debug)]
pub struct HourlyCount {
    began: Instant,
    state: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    hour: u64,
    shown: u64,
    total: u64,
}

impl HourlyCount {
    pub fn new(began: Instant) -> Self {
        Self { began, state: Mutex::default() }
    }

    pub fn count(&self, now: Instant) {
        self.at(now, |counted| counted.total = counted.total.saturating_add(1));
    }

    pub fn shown(&self, now: Instant) -> u64 {
        self.at(now, |counted| counted.shown)
    }

    /// Whoever comes first in a new hour finds the number as it was when the hour began.
    fn at<T>(&self, now: Instant, work: impl FnOnce(&mut Counted) -> T) -> T {
        let mut counted = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.saturating_duration_since(self.began).as_secs() / INTERVAL.as_secs();
        if hour > counted.hour {
            counted.hour = hour;
            counted.shown = counted.total;
        }
        work(&mut counted)
    }
}

#[cfg(test)]
mod tests;
