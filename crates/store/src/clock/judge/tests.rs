use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const TOLERANCE: i64 = 60;
const DAY: i64 = 86_400;
/// Long before all that happens.
const LONG_AGO: i64 = -10_000_000;

fn moment() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn database_time(seconds: i64) -> DateTime<Utc> {
    moment() + TimeDelta::seconds(seconds)
}

/// So many seconds after the machine was started, with a clock that is so many milliseconds ahead.
fn at_millis(steady: i64, ahead: i64) -> Reading {
    Reading {
        wall: database_time(steady) + TimeDelta::milliseconds(ahead),
        steady: Duration::from_secs(steady.unsigned_abs()),
    }
}

/// The same with seconds.
fn at(steady: i64, ahead: i64) -> Reading {
    at_millis(steady, ahead * 1000)
}

/// A log whose newest entry is of so many seconds after the machine was started.
fn log(newest: i64) -> LogTimes {
    LogTimes { newest: Some(database_time(newest)), settled: 0 }
}

/// One who has seen a clock that was right.
fn judge() -> Judge {
    let mut judge = Judge::new(TimeDelta::seconds(TOLERANCE));
    judge.judge(at(0, 0), log(LONG_AGO)).unwrap();
    judge
}

fn cause(judged: Result<(), Doubt>) -> Option<DoubtCause> {
    judged.err().map(|doubt| doubt.cause)
}

#[test]
fn a_clock_that_jumps_is_not_trusted_until_it_is_right() {
    for ahead in [61, 3_600, 100 * DAY, -61, -3_600, -100 * DAY] {
        let mut judge = judge();
        let doubt = judge.judge(at(10, ahead), log(LONG_AGO)).unwrap_err();
        assert_eq!((doubt.cause, doubt.expected), (DoubtCause::Jumped, at(10, 0).wall));
        assert!(judge.judge(at(20, ahead), log(LONG_AGO)).is_err());
        assert_eq!(judge.judge(at(30, 0), log(LONG_AGO)), Ok(()), "{ahead}");
        assert_eq!(judge.judge(at(100_000, 60), log(LONG_AGO)), Ok(()), "{ahead}");
    }
}

#[test]
fn a_doubt_says_what_the_clocks_show() {
    let mut judge = judge();
    let said = judge.judge(at(10, 100), log(LONG_AGO)).unwrap_err().to_string();
    assert_eq!(
        said,
        "the clock of the service shows 2024-10-04T00:01:50Z, but would show 2024-10-04T00:00:10Z if it had not \
         jumped while the service was running (allowed difference: 60 s)"
    );
    let said = judge.judge(at(20, 0), log(100)).unwrap_err().to_string();
    assert!(said.contains("shows 2024-10-04T00:00:20Z, but the newest log entry has the time 2024-10-04T00:01:40Z"));
    judge.compare(at(30, 0), database_time(130), at(30, 0));
    let said = judge.judge(at(31, 0), log(31)).unwrap_err().to_string();
    assert!(said.contains("shows 2024-10-04T00:00:31Z, but the clock of the database shows 2024-10-04T00:02:11Z"));
}

#[test]
fn a_pause_settles_by_itself_and_a_wrong_date_does_not() {
    let put_forward = [(61, true), (3_600, true), (DAY, true), (DAY + 1, false), (100 * DAY, false)];
    let put_back = [(-61, false), (-3_600, false)];
    for (ahead, settles) in put_forward.into_iter().chain(put_back) {
        let mut judge = judge();
        for steady in [10, 69] {
            assert_eq!(cause(judge.judge(at(steady, ahead), log(LONG_AGO))), Some(DoubtCause::Jumped), "{ahead}");
        }
        for steady in [70, 100_000] {
            assert_eq!(judge.judge(at(steady, ahead), log(LONG_AGO)).is_ok(), settles, "{ahead}");
        }
    }
}

#[test]
fn a_clock_that_jumps_about_does_not_settle() {
    let mut judge = judge();
    for steady in (10..600).step_by(10) {
        assert!(judge.judge(at(steady, steady * 10), log(LONG_AGO)).is_err());
    }
}

#[test]
fn many_small_steps_are_noticed_like_a_large_one() {
    let mut hurried = judge();
    assert_eq!(hurried.judge(at(10, 50), log(LONG_AGO)), Ok(()));
    assert_eq!(cause(hurried.judge(at(20, 100), log(LONG_AGO))), Some(DoubtCause::Jumped));
    let mut slow = judge();
    for hour in 1..50 {
        assert_eq!(slow.judge(at(hour * 3_600, hour * 50), log(LONG_AGO)), Ok(()), "{hour}");
    }
}

#[test]
fn a_clock_behind_the_log_waits_for_it() {
    let mut judge = Judge::new(TimeDelta::seconds(TOLERANCE));
    for steady in [0, 39] {
        assert_eq!(cause(judge.judge(at(steady, 0), log(100))), Some(DoubtCause::BehindLog));
    }
    assert_eq!(judge.judge(at(40, 0), log(100)), Ok(()));
}

/// A machine whose clock has no battery begins in the past, until it is told the time.
#[test]
fn a_clock_that_was_never_trusted_may_be_put_right_by_any_jump() {
    let mut judge = Judge::new(TimeDelta::seconds(TOLERANCE));
    assert_eq!(cause(judge.judge(at(0, -10_000 * DAY), log(-5))), Some(DoubtCause::BehindLog));
    assert_eq!(judge.judge(at(10, 0), log(-5)), Ok(()));
    assert_eq!(cause(judge.judge(at(20, -DAY), log(-2 * DAY))), Some(DoubtCause::Jumped));
}

#[test]
fn a_clock_put_forward_does_not_settle_while_it_is_behind_the_log() {
    let mut judge = judge();
    for steady in [100, 300] {
        assert_eq!(cause(judge.judge(at(steady, 500), log(1_000))), Some(DoubtCause::BehindLog));
    }
    assert_eq!(judge.judge(at(440, 500), log(1_000)), Ok(()));
}

#[test]
fn the_clock_of_the_database_is_compared_at_every_reading() {
    let mut judge = judge();
    judge.compare(at(10, 0), database_time(10 - 100), at(10, 0));
    let doubt = judge.judge(at(1_000, 0), log(0)).unwrap_err();
    assert_eq!((doubt.cause, doubt.expected), (DoubtCause::DiffersFromDatabase, database_time(900)));
    judge.compare(at(1_000, 0), database_time(1_000), at(1_000, 0));
    assert_eq!(judge.judge(at(1_000, 0), log(0)), Ok(()));
    // A clock that is set meanwhile differs without another look, and does not settle.
    for steady in [1_010, 9_000] {
        assert_eq!(cause(judge.judge(at(steady, 61), log(0))), Some(DoubtCause::DiffersFromDatabase));
    }
    assert_eq!(judge.judge(at(9_001, 0), log(0)), Ok(()));
}

#[test]
fn a_slow_answer_of_the_database_is_no_difference() {
    let mut judge = judge();
    judge.compare(at(10, 0), database_time(10), at(150, 0));
    assert_eq!(judge.judge(at(150, 0), log(0)), Ok(()));
}

#[test]
fn the_operator_settles_what_the_clock_is() {
    let settled = |newest, settled| LogTimes { settled, ..log(newest) };
    let days = 100 * DAY;
    let mut judge = judge();
    assert!(judge.judge(at(10, days), log(0)).is_err());
    assert_eq!(judge.judge(at(20, days), settled(days, 7)), Ok(()));
    assert!(judge.judge(at(30, 0), settled(days, 7)).is_err(), "an old settlement is no new one");
    assert_eq!(judge.judge(at(40, 0), settled(40, 8)), Ok(()));
}

#[test]
fn a_settlement_from_before_the_start_settles_nothing() {
    let mut judge = Judge::new(TimeDelta::seconds(TOLERANCE));
    let old = LogTimes { settled: 7, ..log(LONG_AGO) };
    assert_eq!(judge.judge(at(0, 0), old), Ok(()));
    assert_eq!(cause(judge.judge(at(10, 100), old)), Some(DoubtCause::Jumped));
}

#[test]
fn the_operator_accepts_the_difference_from_the_database_until_that_is_put_right() {
    let settled = |settled| LogTimes { settled, ..log(LONG_AGO) };
    let mut judge = judge();
    let mut compared = |steady: i64, behind: i64, settlement| {
        judge.compare(at(steady, 0), database_time(steady - behind), at(steady, 0));
        judge.judge(at(steady, 0), settled(settlement)).is_ok()
    };
    assert!(!compared(10, 500, 0));
    assert!(compared(20, 500, 1));
    assert!(compared(30, 520, 1));
    assert!(!compared(40, 700, 1), "but no other");
    assert!(compared(50, 0, 1));
}

#[test]
fn extremes_are_judged_too() {
    let times = [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC];
    let steady = [Duration::ZERO, Duration::MAX];
    for tolerance in [TimeDelta::zero(), TimeDelta::seconds(TOLERANCE), TimeDelta::MAX] {
        for newest in times {
            let mut judge = Judge::new(tolerance);
            for (settled, reading) in
                (0..).zip(times.iter().flat_map(|wall| steady.map(|steady| Reading { wall: *wall, steady })))
            {
                judge.compare(reading, newest, reading);
                let judged = judge.judge(reading, LogTimes { newest: Some(newest), settled });
                assert!(judged.is_ok() || tolerance < TimeDelta::MAX, "{judged:?}");
                judged.err().map(|doubt| doubt.to_string());
            }
        }
    }
}

proptest! {
    /// The machine may sleep in between: its steady clock goes on. Else the clock is looked at often; it is off by some seconds, and is put
    /// right by small steps.
    #[test]
    fn a_clock_that_runs_on_is_trusted(
        steps in vec((0..100_000_i64, -16..=16_i64, -5_000..=5_000_i64), 1..100),
    ) {
        let mut judge = judge();
        let (mut steady, mut drift, mut newest) = (0, 0, LONG_AGO);
        for (passed, permille, jitter) in steps {
            steady += passed;
            drift += passed.min(1_000) * permille;
            let reading = at_millis(steady, drift + jitter);
            judge.compare(reading, reading.wall + TimeDelta::seconds(permille), reading);
            prop_assert_eq!(judge.judge(reading, log(newest)), Ok(()));
            newest = newest.max(steady + (drift + jitter) / 1000);
        }
    }

    /// Whatever was read before: what is trusted is not behind the log, and near what was trusted before, or was put forward and has
    /// run steadily since, or the operator has said so.
    #[test]
    fn what_is_trusted_has_a_reason(
        readings in vec((0..200_i64, -500..1_000_i64, 0..4), 1..80),
    ) {
        let mut judge = judge();
        let (mut steady, mut ahead, mut trusted, mut since, mut settled) = (0, 0, 0, 0, 0);
        for (passed, set, what) in readings {
            steady += passed;
            if what == 1 && ahead != set * 200 {
                (ahead, since) = (set * 200, steady);
            }
            let is_settled = what == 2 && set % 8 == 0;
            settled += i64::from(is_settled);
            let outcome = judge.judge(at(steady, ahead), LogTimes { settled, ..log(0) });
            let is_behind = steady + ahead < -TOLERANCE;
            prop_assert!(outcome.is_err() || !is_behind);
            if outcome.is_ok() {
                let is_near = (ahead - trusted).abs() <= TOLERANCE;
                let was_paused = steady - since >= 60 && ahead > trusted && ahead - trusted <= DAY;
                prop_assert!(is_near || was_paused || is_settled, "{} {}", ahead, trusted);
            } else {
                prop_assert!((ahead - trusted).abs() > TOLERANCE || is_behind);
            }
            if outcome.is_ok() || is_settled {
                trusted = ahead;
            }
        }
    }
}
