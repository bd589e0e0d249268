//! What commands have in common: the register that they work on, and what they tell.

use std::io::{self, Write as _};

use actix_web::rt::System;
use chrono::TimeDelta;
use store::{DatabaseUrl, Making, SpoolSettings, Stamp, Store};

use crate::app::Clock;

/// What one line on standard error will say.
pub type Failure = Box<dyn std::error::Error>;

/// An option has a value that it can't have: the program ends with status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

/// A register that a command changes.
#[derive(Clone, Copy)]
pub struct Register<'u> {
    /// Where it is.
    pub url: &'u DatabaseUrl,
    /// Whether it is made if there is none.
    pub making: Making,
    /// The tolerance for the clock. If absent, the clock is not checked.
    pub clock_tolerance: Option<TimeDelta>,
}

/// Updates the schema of the register, then runs `work` on it.
pub fn on<T>(
    Register { url, making, clock_tolerance }: Register<'_>,
    by: (&str, &str),
    work: impl AsyncFnOnce(&Store, Stamp) -> Result<T, Failure>,
) -> Result<T, Failure> {
    store::prepare(url, making)?;
    let store = match clock_tolerance {
        Some(tolerance) => open_guarded(url, tolerance)?,
        None => Store::open(url, 1)?,
    };
    System::new().block_on(work(&store, stamp(by)))
}

/// Opens the register there to be changed, unless this machine's clock may be wrong.
pub fn open_guarded(url: &DatabaseUrl, tolerance: TimeDelta) -> Result<Store, Failure> {
    Ok(Store::open_with(url, 1, &SpoolSettings::default(), Clock::system().guard(tolerance))?)
}

/// Who does what on the database without a request, now.
pub fn stamp((actor, request_id): (&str, &str)) -> Stamp {
    Stamp { now: Clock::system().now(), actor: actor.to_owned(), request_id: request_id.to_owned() }
}

/// Opens the register there to be read: nothing is made or changed.
pub fn open(url: &DatabaseUrl) -> Result<Store, Failure> {
    store::expect_current(url)?;
    Ok(Store::open(url, 1)?)
}

/// Whether a program that read the output has ended, such as `head`. It has what it wanted.
pub fn has_no_reader(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Prints what the command is asked for, as far as somebody reads it.
///
/// # Errors
/// In words, if it cannot be written, such as to a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if has_no_reader(&error) => Ok(()),
        written => written.map_err(|error| cannot_write(&error)),
    }
}

/// The failure of output that cannot be written.
pub fn cannot_write(error: &io::Error) -> Failure {
    format!("cannot write the output: {error}").into()
}

/// Tells of what was done. Nobody may be reading it.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
