//! Voters who race with the end of casting and `kill -9`. No vote is lost, and none is made up.

use kit::Engine;
use kit::ballot_rounds::{Blow, Rounds, Tally};

use crate::field::{Attack, Report, Size};

const BOTH: &[Engine] = &[Engine::Sqlite, Engine::Postgres];

/// Ballots end while the program is killed and started again.
pub const CRASHES: Attack =
    Attack { name: "votes-and-crashes", engines: BOTH, run: |engine, size| Box::pin(crashes(engine, size)) };

/// Each ballot is a round of its own: those that are held at once share the time that casting takes.
const BALLOTS_AT_ONCE: usize = 8;
const VOTERS: usize = 60;

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
