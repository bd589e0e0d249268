//! The harness of the black-box tests: the real server on a database of its own, a client whose every answer is checked
//! against the contract, and the built program.
//!
//! A case is an `async fn(app: &TestApp)` whose name is a true sentence; [`on_both!`] makes two tests of it, one on
//! SQLite and one on PostgreSQL. Knows HTTP and the contract, and no row of any table but by SQL that a case brings along.

mod app;
pub mod ballot;
pub mod ballot_rounds;
pub mod browser;
mod contract;
mod database;
mod faults;
pub mod fixture;
mod http;
mod issuer;
mod program;
mod proxy;
mod sample;

use std::future::IntoFuture;
use std::time::{Duration, Instant};

pub use app::{TestApp, run, run_on, run_signing};
pub use contract::{Contract, parent_member};
pub use database::{Database, Engine, Lock, admin_key};
pub use faults::{DiskFault, FaultyDisk, SettableClock};
pub use http::{Client, Request, Response, is_whole};
pub use issuer::Issuer;
pub use program::{Begun, ChildResource, Ended, Program};
pub use proxy::Proxy;
pub use sample::{Around, SAMPLES, Sample, children, sample, top_level};

/// How long an answer takes, without the check of it and of others beside it, and the answer.
pub async fn answered<R: IntoFuture<Output = Response>>(request: R) -> (Duration, Response) {
    let answer = request.await;
    (answer.taken(), answer)
}

/// How long something takes, and what comes of it.
pub async fn timed<W: IntoFuture>(work: W) -> (Duration, W::Output) {
    let started = Instant::now();
    let output = work.await;
    (started.elapsed(), output)
}

/// Makes two tests of each case: `on_sqlite::…` and `on_postgres::…`.
#[macro_export]
macro_rules! on_both_signing {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $case() { $crate::run_signing($crate::Engine::Sqlite, super::$case); })+
        }
        mod on_postgres {
            $(#[test] fn $case() { $crate::run_signing($crate::Engine::Postgres, super::$case); })+
        }
    };
}

/// As [`on_both_signing!`], with a service that has no signing key.
#[macro_export]
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $case() { $crate::run($crate::Engine::Sqlite, super::$case); })+
        }
        mod on_postgres {
            $(#[test] fn $case() { $crate::run($crate::Engine::Postgres, super::$case); })+
        }
    };
}
