//! Voters who race: with the end of casting and `kill -9`, and with themselves. No vote is lost, and none is made up.

use chrono::TimeDelta;
use kit::Engine;
use kit::ballot_rounds::{Blow, Rounds, Tally};

use crate::field::{Attack, Report, Size};

const BOTH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];

/// Ballots end while the program is killed and started again.
pub const CRASHES: Attack =
    Attack { name: "votes-and-crashes", engines: BOTH, run: |engine, size| Box::pin(crashes(engine, size)) };

/// Each voter sends several votes at once.
pub const RACES: Attack =
    Attack { name: "racing-votes", engines: BOTH, run: |engine, size| Box::pin(races(engine, size)) };

/// Each ballot is a round of its own: those that are held at once share the time that casting takes.
const BALLOTS_AT_ONCE: usize = 8;
const VOTERS: usize = 60;
const RACING: usize = 8;

async fn crashes(engine: Engine, size: Size) -> Report {
    let mut rounds = Rounds::start(engine);
    for round in 0..size.choose(2, 25) {
        rounds.play(Blow::of(round), size.choose(2, BALLOTS_AT_ONCE), VOTERS).await;
    }
    let Tally { ballots, acknowledged, refused, unknown, kills, faults } = rounds.tally.clone();
    let done = format!(
        "{ballots} ballots closed, killed {kills} times: {acknowledged} votes acknowledged, {refused} refused, {unknown} unknown"
    );
    let mut report = Report { done, faults, ..Report::default() };
    report.must(acknowledged > 0 && refused > 0, "no vote was taken, or none was too late");
    report
}

async fn races(engine: Engine, size: Size) -> Report {
    let mut rounds = Rounds::start(engine);
    let voters = size.choose(60, 500);
    rounds.race(voters, RACING, TimeDelta::seconds(size.choose(15, 40))).await;
    let Tally { acknowledged, refused, faults, .. } = rounds.tally.clone();
    let done = format!("{voters} voters with {RACING} votes each: {acknowledged} acknowledged, {refused} refused");
    Report { done, faults, ..Report::default() }
}
