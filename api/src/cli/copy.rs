//! `mutuals copy`: a whole register into another database.

use std::io::{IsTerminal as _, Write as _, stderr};

use clap::Args;
use store::{CopyProgress, DatabaseUrl, OpenError};

use super::outcome::{Failure, WrongUsage, say};
use document::value::hex;

/// From where and to where.
#[derive(Debug, Args)]
pub(super) struct Addresses {
    /// Address of the register: sqlite:PATH or postgres://USER@HOST/NAME
    // An address may hold a password, which neither the help nor a message of clap's may show.
    #[arg(long, env = "MUTUALS_COPY_FROM", hide_env_values = true, value_name = "URL")]
    from: String,
    /// Address of the copy: a new file, or a PostgreSQL database without a register
    #[arg(long, env = "MUTUALS_COPY_TO", hide_env_values = true, value_name = "URL")]
    to: String,
}

/// Copies the register, and shows the progress on standard error.
pub(super) fn perform(addresses: &Addresses) -> Result<(), Failure> {
    let [from, to] = [&addresses.from, &addresses.to].map(|url| url.parse::<DatabaseUrl>());
    let wrong = |error: OpenError| WrongUsage(error.to_string());
    let (from, to) = (from.map_err(wrong)?, to.map_err(wrong)?);
    let is_terminal = stderr().is_terminal();
    let copied = store::copy(&from, &to, &mut |progress| show(progress, is_terminal))?;
    let rows: i64 = copied.tables.iter().map(|(_, rows)| rows).sum();
    say(&format!(
        "copied {rows} rows of {} tables to {to}; the log has {} entries, root {}",
        copied.tables.len(),
        copied.head,
        hex(&copied.root)
    ));
    Ok(())
}

/// On a terminal, one line that is updated. Elsewhere, one line for each finished table.
fn show(CopyProgress { table, rows, of }: CopyProgress<'_>, is_terminal: bool) {
    const CLEAR_LINE: &str = "\r\x1b[K";
    let is_done = rows == of;
    let shown = match (is_terminal, is_done) {
        (true, true) => format!("{CLEAR_LINE}{table}: {rows} rows\n"),
        (true, false) => format!("{CLEAR_LINE}{table}: {rows} of {of} rows"),
        (false, true) => format!("{table}: {rows} rows\n"),
        (false, false) => return,
    };
    drop(stderr().write_all(shown.as_bytes()));
}
