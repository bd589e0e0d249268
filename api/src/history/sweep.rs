//! The sweep: a running service compares its register with its log, a little at a time and for ever.
//!
//! After each step it pauses, so that it uses no more than its share of one core. It reports a difference once, when it
//! finds it. A difference does not make an instance unready: all instances show the same register, and an error in one
//! record is no reason to stop showing all of them.

use std::collections::HashSet;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use store::{Verification, Verified};

use crate::app::App;

/// The pause before the first round, between two rounds, and before another try if the database does not answer.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(10);
const BEFORE_THE_FIRST: Duration = Duration::from_secs(1);
/// The shortest and the longest pause.
const LEAST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The share of one core that the sweep may use, in percent. `None` turns it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(Option<u32>);

impl Share {
    /// All of one core: the sweep as fast as it can be.
    pub const WHOLE: Self = Self(Some(100));

    /// The pause after a step that took this long.
    fn pause(percent: u32, taken: Duration) -> Duration {
        let idle = 100_u32.saturating_sub(percent);
        let pause = taken.saturating_mul(idle).checked_div(percent).unwrap_or(LONGEST_PAUSE);
        pause.clamp(LEAST_PAUSE, LONGEST_PAUSE)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let percent = text.parse().ok().filter(|percent| (1..=100).contains(percent));
        percent
            .map(|percent| Self(Some(percent)))
            .ok_or_else(|| "expected `off`, or a whole number from 1 to 100".to_owned())
    }
}

/// What the sweep has found.
#[derive(Debug, Default)]
pub struct Sweep {
    entries: AtomicU64,
    records: AtomicU64,
    differences: AtomicU64,
    /// In seconds since 1970; 0 before the first round has ended.
    last_round: AtomicI64,
}

impl Sweep {
    /// Entries that were checked so far.
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// Records that were compared so far.
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    /// The number of differences in the log or the register.
    pub fn differences(&self) -> u64 {
        self.differences.load(Ordering::Relaxed)
    }

    /// When the last round ended, in seconds since 1970.
    pub fn last_round(&self) -> Option<i64> {
        Some(self.last_round.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }
}

/// Starts it, unless it is off.
pub fn start(app: App, Share(share): Share) {
    let Some(percent) = share else { return };
    drop(actix_web::rt::spawn(async move {
        let mut told = HashSet::new();
        sleep(BEFORE_THE_FIRST).await;
        loop {
            if let Err(error) = round(&app, percent, &mut told).await {
                log::warn!("could not compare the register with its log, starting again: {error}");
            }
            sleep(BETWEEN_ROUNDS).await;
        }
    }));
}

/// Compares the whole register once. `told` has the differences that were already reported.
async fn round(app: &App, percent: u32, told: &mut HashSet<String>) -> Result<(), store::Error> {
    let mut check = Verification::default();
    let mut before = check.found();
    while !check.is_done() {
        let began = Instant::now();
        check = app.store.verify_next(check).await?;
        let found = check.found();
        note(app, &before, &found, told);
        before = found;
        sleep(Share::pause(percent, began.elapsed())).await;
    }
    let still: HashSet<String> = said(&before).collect();
    for mended in told.difference(&still) {
        log::info!("this matches the log again: {mended}");
    }
    *told = still;
    app.sweep.differences.store(count(told.len()), Ordering::Relaxed);
    app.sweep.last_round.store(app.clock.now().timestamp(), Ordering::Relaxed);
    Ok(())
}

/// Counts what a step has checked, and reports what it has found.
fn note(app: &App, before: &Verified, found: &Verified, told: &mut HashSet<String>) {
    let more = |before: i64, found: i64| u64::try_from(found.saturating_sub(before)).unwrap_or_default();
    app.sweep.entries.fetch_add(more(before.entries, found.entries), Ordering::Relaxed);
    app.sweep.records.fetch_add(more(before.records, found.records), Ordering::Relaxed);
    for difference in said(found) {
        if !told.contains(&difference) {
            log::error!("the register does not match its log (run `mutuals log verify`): {difference}");
            told.insert(difference);
        }
    }
    app.sweep.differences.store(count(told.len()), Ordering::Relaxed);
}

fn said(found: &Verified) -> impl Iterator<Item = String> {
    let faults = found.faults.iter().map(ToString::to_string);
    faults.chain(found.differences.iter().map(ToString::to_string))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage_or_off() {
        assert_eq!("off".parse(), Ok(Share(None)));
        assert_eq!("1".parse(), Ok(Share(Some(1))));
        assert_eq!("100".parse(), Ok(Share::WHOLE));
        for other in ["", "0", "101", "-1", "1.5", "1%", "on"] {
            assert!(other.parse::<Share>().is_err(), "{other}");
        }
    }

    #[test]
    fn a_pause_leaves_the_share() {
        assert_eq!(Share::pause(1, Duration::from_millis(20)), Duration::from_millis(1980));
        assert_eq!(Share::pause(50, Duration::from_millis(20)), Duration::from_millis(20));
        assert_eq!(Share::pause(100, Duration::from_secs(1)), LEAST_PAUSE);
        assert_eq!(Share::pause(1, Duration::from_secs(60)), LONGEST_PAUSE);
    }
}
