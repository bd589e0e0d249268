//! What the store promises, on SQLite and on PostgreSQL, seen through its public API alone; what lies in the entry log is looked at
//! with SQL too.
//!
//! `make test` runs them, or `tests/with-postgres cargo test -p store`. A case is an `async fn(&Register)` whose name is
//! a true sentence; [`on_both!`] makes two tests of it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a case fails loudly; clippy.toml lets only the functions marked #[test] do so"
)]

/// Makes a test of each case, on a fresh SQLite file.
macro_rules! on_sqlite {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $case() { crate::kit::run(crate::kit::Engine::Sqlite, super::$case); })+
        }
    };
}

/// Makes a test of each case, on a fresh PostgreSQL database.
macro_rules! on_postgres {
    ($($case:ident),+ $(,)?) => {
        mod on_postgres {
            $(#[test] fn $case() { crate::kit::run(crate::kit::Engine::Postgres, super::$case); })+
        }
    };
}

/// Makes two tests of each case, one on each database.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        on_sqlite!($($case),+);
        on_postgres!($($case),+);
    };
}

mod address;
mod ballot_boxes;
mod batch;
mod clock;
mod copies;
mod copy;
mod documents;
mod entry_log;
mod first_contract;
mod fixture;
mod governing;
mod idempotency;
mod imports;
mod kit;
mod lists;
mod log_tree;
mod making;
mod migrations;
mod naming;
mod outage;
mod readiness;
mod references;
mod report;
mod round_trip;
mod search;
mod shares;
mod spool;
mod statements;
mod verify;
mod verify_changes;
mod walks;
mod write_ahead_log;
mod writer;
