//! Decides whether a clock can be trusted: a state machine over readings that others make.
//!
//! No clock is always right, but the machine can notice that two disagree: the wall clock with the time since the
//! machine was started, with the newest entry, or with the clock of the database.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// What the clocks of the machine said at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The time.
    pub wall: DateTime<Utc>,
    /// The time since the machine was started, suspended or not: nobody sets it.
    pub steady: Duration,
}

impl Reading {
    /// When the machine was started, as the wall clock has it: always the same, unless somebody sets the clock.
    fn start(self) -> DateTime<Utc> {
        start(self.wall, self.steady)
    }
}

/// When something was at 0 that is at `steady` now.
fn start(now: DateTime<Utc>, steady: Duration) -> DateTime<Utc> {
    now.checked_sub_signed(delta(steady)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

fn delta(time: Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX)
}

/// Why the clock is not trusted with the times of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What the clock does not agree with.
    pub cause: DoubtCause,
    /// What the clock shows.
    pub shows: DateTime<Utc>,
    /// What it would show, or the earliest time that it could show, by the other clock.
    pub expected: DateTime<Utc>,
    /// The difference that is allowed.
    pub tolerance: TimeDelta,
}

/// What the clock does not agree with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtCause {
    /// It is behind the newest entry.
    BehindLog,
    /// The clock of the database shows another time.
    DiffersFromDatabase,
    /// It was set while the service ran.
    Jumped,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [shows, expected] = [self.shows, self.expected].map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let seconds = self.tolerance.num_seconds();
        write!(f, "the clock of the service shows {shows}, but ")?;
        match self.cause {
            DoubtCause::BehindLog => write!(f, "the newest log entry has the time {expected}")?,
            DoubtCause::DiffersFromDatabase => write!(f, "the clock of the database shows {expected}")?,
            DoubtCause::Jumped => {
                write!(f, "would show {expected} if it had not jumped while the service was running")?
            }
        }
        write!(f, " (allowed difference: {seconds} s)")
    }
}

/// What the log says of the time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LogTimes {
    /// The time of the newest entry.
    pub(crate) newest: Option<DateTime<Utc>>,
    /// The newest `settle_clock` entry. 0 if there is none.
    pub(crate) settled: i64,
}

/// Judges readings as they come.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    tolerance: TimeDelta,
    /// None until a clock has agreed with the log and the database.
    trusted: Option<Trusted>,
    /// None while the clock runs on as it was trusted.
    jump: Option<Jump>,
    database: Option<Compared>,
    /// What the log said of that; none before the first reading.
    settled: Option<i64>,
}

/// How the clock ran when it was trusted.
#[derive(Clone, Copy, Debug)]
struct Trusted {
    start: DateTime<Utc>,
    /// The reading of the steady clock that this is of.
    at: Duration,
}

/// The clock was set.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// It has run from this start
    after: DateTime<Utc>,
    /// since then.
    since: Duration,
}

/// What the database's clock said.
#[derive(Clone, Copy, Debug)]
struct Compared {
    /// When this machine was started, as the database's clock has it.
    start: DateTime<Utc>,
    /// How far off that may be, since the answer took its time.
    slack: TimeDelta,
    /// A difference that the operator has accepted.
    accepted: TimeDelta,
}

impl Judge {
    /// A clock that was put forward is trusted again once it has run steadily for this long.
    pub(crate) const SETTLING: Duration = Duration::from_secs(60);
    /// The longest accepted pause of a virtual machine, after which its clock is put forward. A longer jump is more
    /// often an error than a pause.
    pub(crate) const LONGEST_PAUSE: TimeDelta = TimeDelta::days(1);
    /// Small steps of the clock are accepted at the rate of one tolerance in this time.
    const TOLERANCE_REGAINED_IN: TimeDelta = TimeDelta::hours(1);

    /// One who lets clocks differ by so much.
    pub(crate) fn new(tolerance: TimeDelta) -> Self {
        Self { tolerance, trusted: None, jump: None, database: None, settled: None }
    }

    /// Hears what the database's clock said between two readings.
    pub(crate) fn compare(&mut self, before: Reading, database: DateTime<Utc>, after: Reading) {
        let half = after.steady.saturating_sub(before.steady) / 2;
        let accepted = self.database.map_or(TimeDelta::zero(), |compared| compared.accepted);
        let start = start(database, before.steady.saturating_add(half));
        self.database = Some(Compared { start, slack: delta(half), accepted });
    }

    /// Judges a reading, given the times of the log.
    ///
    /// # Errors
    /// [`Doubt`] where the clock is not to be trusted with the time of an entry.
    pub(crate) fn judge(&mut self, reading: Reading, log: LogTimes) -> Result<(), Doubt> {
        if self.settled.is_some_and(|settled| log.settled > settled) {
            self.accept(reading);
        }
        self.settled = self.settled.max(Some(log.settled));
        let agreement = self.agreement(reading, log);
        self.follow(reading, agreement.is_ok());
        agreement?;
        match (self.jump, self.trusted) {
            (Some(_), Some(trusted)) => Err(self.doubt(DoubtCause::Jumped, reading, trusted.start, reading.steady)),
            _ => Ok(()),
        }
    }

    /// The operator says that the clock is right.
    fn accept(&mut self, reading: Reading) {
        self.trust(reading);
        if let Some(compared) = &mut self.database {
            compared.accepted = reading.start().signed_duration_since(compared.start);
        }
    }

    fn trust(&mut self, reading: Reading) {
        self.trusted = Some(Trusted { start: reading.start(), at: reading.steady });
        self.jump = None;
    }

    /// Whether the clock agrees with the newest entry and with the database's.
    fn agreement(&self, reading: Reading, log: LogTimes) -> Result<(), Doubt> {
        if let Some(newest) = log.newest.filter(|at| at.signed_duration_since(reading.wall) > self.tolerance) {
            return Err(self.doubt(DoubtCause::BehindLog, reading, newest, Duration::ZERO));
        }
        match self.database {
            Some(compared) if !compared.allows(reading.start(), self.tolerance) => {
                Err(self.doubt(DoubtCause::DiffersFromDatabase, reading, compared.start, reading.steady))
            }
            _ => Ok(()),
        }
    }

    /// Notes how the clock runs.
    fn follow(&mut self, reading: Reading, agrees: bool) {
        let (start, steady) = (reading.start(), reading.steady);
        let Some(trusted) = self.trusted else {
            if agrees {
                self.trust(reading);
            }
            return;
        };
        if self.is_near(start, trusted.start) {
            self.trusted = Some(trusted.after_small_steps(start, steady, self.tolerance));
            self.jump = None;
            return;
        }
        match self.jump {
            Some(jump) if self.is_near(start, jump.after) => {
                let ahead = jump.after.signed_duration_since(trusted.start);
                let may_be_a_pause = ahead > TimeDelta::zero() && ahead <= Self::LONGEST_PAUSE;
                let is_steady = steady.saturating_sub(jump.since) >= Self::SETTLING;
                if may_be_a_pause && is_steady && agrees {
                    self.trust(reading);
                }
            }
            _ => self.jump = Some(Jump { after: start, since: steady }),
        }
    }

    fn is_near(&self, one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
        one.signed_duration_since(other).abs() <= self.tolerance
    }

    fn doubt(&self, cause: DoubtCause, reading: Reading, from: DateTime<Utc>, steady: Duration) -> Doubt {
        let expected = from.checked_add_signed(delta(steady)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Doubt { cause, shows: reading.wall, expected, tolerance: self.tolerance }
    }
}

impl Trusted {
    /// Time services correct a clock in small steps. They are accepted slowly, so that many of them are noticed like a
    /// large one.
    fn after_small_steps(self, start: DateTime<Utc>, steady: Duration, tolerance: TimeDelta) -> Self {
        let micros = |time: TimeDelta| time.num_microseconds().unwrap_or(i64::MAX);
        let passed = delta(steady.saturating_sub(self.at));
        let most = micros(tolerance).saturating_mul(micros(passed)) / micros(Judge::TOLERANCE_REGAINED_IN).max(1);
        let step = micros(start.signed_duration_since(self.start)).clamp(most.saturating_neg(), most);
        let start = self.start.checked_add_signed(TimeDelta::microseconds(step)).unwrap_or(start);
        Self { start, at: steady }
    }
}

impl Compared {
    /// Whether a clock that has run from this start is near the database's, or as far from it as the operator has accepted.
    fn allows(self, start: DateTime<Utc>, tolerance: TimeDelta) -> bool {
        let difference = start.signed_duration_since(self.start);
        let most = tolerance.checked_add(&self.slack).unwrap_or(TimeDelta::MAX);
        [TimeDelta::zero(), self.accepted].into_iter().any(|accepted| (difference - accepted).abs() <= most)
    }
}

#[cfg(test)]
mod tests;
