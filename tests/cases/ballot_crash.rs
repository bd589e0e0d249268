//! Votes are neither lost nor made up, whatever happens to the program around the end of casting.

use kit::Engine;
use kit::ballot_rounds::{Blow, Rounds};

const ROUNDS: usize = 6;
const BALLOTS: usize = 2;
const VOTERS: usize = 60;

fn what_was_acknowledged_is_on_the_board(engine: Engine) {
    let mut rounds = Rounds::start(engine);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        for round in 0..ROUNDS {
            rounds.play(Blow::of(round), BALLOTS, VOTERS).await;
        }
    });
    let tally = &rounds.tally;
    assert!(tally.faults.is_empty(), "{tally:#?}");
    assert_eq!(tally.ballots, ROUNDS * BALLOTS, "{tally:?}");
    // Most are in time, and some come too late.
    assert!(tally.acknowledged > ROUNDS * BALLOTS * VOTERS / 2 && tally.refused > 0, "{tally:?}");
}

#[test]
fn what_was_acknowledged_is_on_the_board_on_sqlite() {
    what_was_acknowledged_is_on_the_board(Engine::Sqlite);
}

#[test]
fn what_was_acknowledged_is_on_the_board_on_postgres() {
    what_was_acknowledged_is_on_the_board(Engine::Postgres);
}
