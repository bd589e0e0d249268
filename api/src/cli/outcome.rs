//! What a command tells: what it did, or why it did not.

use std::io::Write as _;

/// What one line on standard error will say.
pub type Failure = Box<dyn std::error::Error>;

/// An option has a value that it can't have: the program ends with status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUsage(pub String);

/// Tells of what was done. Nobody may be reading it.
pub fn say(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
}
