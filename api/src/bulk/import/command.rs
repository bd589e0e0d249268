//! `mutuals import`: the same straight on the database, from a file of JSON lines or a table.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use clap::{Args, ValueEnum};
use domain::{Access, Caller, ImportMode, ImportState, ImportUpdate, Importable, Role, SCRUTINEER_ABOVE, Scope};
use serde_json::Value;
use store::import::{self, NewImport, Wanted};
use store::{DatabaseUrl, Making, Store};

use super::arrival::Arriving;
use super::file::FileReader;
use super::worker::Importer;
use super::{columns, processed, row};
use crate::app::{Clock, OPERATOR};
use crate::cli::outcome::{self, Failure, Register, say};
use crate::config::ClockOptions;
use crate::response::problem::Problem;

/// What `mutuals import` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file: one JSON object on each line, or a table like `export.csv`
    file: PathBuf,
    /// Type of the records, such as mutual or competition: any but stage_transition
    #[arg(long, value_name = "TYPE")]
    resource_type: Importable,
    /// If a row is rejected: best_effort enters the others, atomic enters nothing
    #[arg(long, value_name = "MODE", default_value_t = ImportMode::BestEffort)]
    mode: ImportMode,
    /// For records that are there: merge changes what a row names, replace removes what it does not name
    #[arg(long, value_name = "UPDATE", default_value_t = ImportUpdate::Merge)]
    update: ImportUpdate,
    /// Carry out all checks and enter nothing
    #[arg(long)]
    validate_only: bool,
    /// Format of the file, if its name does not end in .ndjson, .jsonl or .csv
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    clock: ClockOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
}

/// Imports a file and says what became of it.
///
/// # Errors
/// Where the file can't be read, the database does not answer or a row was refused.
pub fn perform(arguments: &Arguments, (url, making): (&DatabaseUrl, Making)) -> Result<(), Failure> {
    let format = arguments
        .format
        .or_else(|| format_of(&arguments.file))
        .ok_or("cannot tell the format of the file: set --format")?;
    let register = Register { url, making, clock_tolerance: Some(arguments.clock.tolerance) };
    outcome::on(register, (OPERATOR, "import"), async |store, stamp| {
        store.bring_documents_up_to_date(&stamp).await?;
        let access = Access { role: Role::Admin, scope: Scope::All, key_id: None, expires_at: None };
        let caller = Caller { name: OPERATOR.to_owned(), access: Some(access) };
        let new = NewImport {
            id: row::new_id(),
            resource_type: arguments.resource_type,
            mode: arguments.mode,
            update: arguments.update,
            validate_only: arguments.validate_only,
        };
        let mut arriving = Arriving::begin(store.clone(), stamp, new, &caller, None).await?;
        let reader = match format {
            Format::Ndjson => FileReader::of_lines(),
            Format::Csv => FileReader::of_table(columns(arguments.resource_type)),
        };
        if let Err(failure) = read(&arguments.file, reader, &mut arriving).await {
            // The import that was begun is forgotten: why is told here.
            arriving.break_off(Problem::bad_request("cannot read the file")).await;
            return Err(failure);
        }
        let importer = Importer::new(store.clone(), Clock::system(), SCRUTINEER_ABOVE, TimeDelta::days(1));
        let own = importer.name.clone();
        let import = arriving
            .end(move |tx, id| {
                let import = import::complete(tx, id)?;
                Ok(import::claim(tx, &own, &Wanted::This(id))?.unwrap_or(import))
            })
            .await?;
        let tell = |import: &import::Import| show(&format!("{} of {} rows", processed(import), import.counts.rows));
        let done = importer.see_through(import, tell).await?;
        show("");
        tell_problems(store, &done).await?;
        tell_removals(store, &done).await?;
        let counts = done.counts;
        if done.validate_only && counts.rows > i64::try_from(ImportMode::MAX_ATOMIC_ROWS).unwrap_or(i64::MAX) {
            drop(writeln!(
                std::io::stderr(),
                "checked {} rows at a time: rows in different batches were not checked against each other",
                ImportMode::MAX_ATOMIC_ROWS
            ));
        }
        let would = if done.validate_only { "would be " } else { "" };
        let entered = done.counts.created.saturating_add(done.counts.updated);
        let nothing = match done.state {
            ImportState::Failed if entered == 0 => "; nothing was entered",
            ImportState::Failed => "; the import stopped before the end",
            ImportState::Cancelled => "; the import was cancelled",
            ImportState::Receiving | ImportState::Waiting | ImportState::Running | ImportState::Done => "",
        };
        say(&format!(
            "{} rows: {} {would}created, {} {would}updated, {} unchanged, {} rejected{nothing}",
            counts.rows, counts.created, counts.updated, counts.unchanged, counts.failed
        ));
        match (counts.failed, done.state) {
            (0, ImportState::Done) => Ok(()),
            (0, state) => Err(format!("the import is {state}").into()),
            (refused, _) => Err(format!("{refused} rows were rejected").into()),
        }
    })
}

fn format_of(file: &Path) -> Option<Format> {
    match file.extension()?.to_str()? {
        "csv" => Some(Format::Csv),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        _ => None,
    }
}

async fn read(file: &Path, mut reader: FileReader, arriving: &mut Arriving) -> Result<(), Failure> {
    const AT_A_TIME: usize = 64 * 1024;
    let cannot = |error| Failure::from(format!("{}: {error}", file.display()));
    let mut opened = File::open(file).map_err(cannot)?;
    let mut piece = vec![0; AT_A_TIME];
    loop {
        let length = opened.read(&mut piece).map_err(cannot)?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else { break };
        arriving.rows(reader.take(read).map_err(|problem| refused(file, &problem))?).await?;
    }
    Ok(arriving.rows(reader.end().map_err(|problem| refused(file, &problem))?).await?)
}

/// Why a file is refused as a whole: everything that is wrong with it.
fn refused(file: &Path, problem: &Problem) -> Failure {
    let errors = problem.errors().iter().map(|error| match error.pointer.as_deref() {
        None | Some("") => error.detail.clone(),
        Some(pointer) => format!("{pointer}: {}", error.detail),
    });
    format!("cannot read {}: {}", file.display(), errors.collect::<Vec<_>>().join("; ")).into()
}

/// On a terminal only, and in the place of what was shown before.
fn show(progress: &str) {
    const CLEAR_LINE: &str = "\r\x1b[K";
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        drop(write!(terminal, "{CLEAR_LINE}{progress}"));
    }
}

/// A line on standard error for each fault: the line of the file, the place in the row, what is wrong.
async fn tell_problems(store: &Store, import: &import::Import) -> Result<(), Failure> {
    const AT_A_TIME: usize = 200;
    let (id, mut after) = (import.id, -1);
    loop {
        let problems = store.read(move |tx| import::problems(tx, id, after, AT_A_TIME)).await?;
        let Some((last, _)) = problems.last() else { return Ok(()) };
        after = *last;
        for (line, problem) in &problems {
            let problem: Value = serde_json::from_str(problem)?;
            let text =
                |value: &Value, member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
            let errors = problem.get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
            let mut told: Vec<String> =
                errors.iter().map(|error| format!("{}: {}", text(error, "pointer"), text(error, "detail"))).collect();
            if told.is_empty() {
                told.push(text(&problem, "detail"));
            }
            for fault in told {
                drop(writeln!(std::io::stderr(), "line {line}: {fault}"));
            }
        }
    }
}

/// A line on standard error for each row that takes something out of its record.
async fn tell_removals(store: &Store, import: &import::Import) -> Result<(), Failure> {
    let (id, limit) = (import.id, usize::try_from(import::MAX_REMOVALS).unwrap_or(usize::MAX));
    let verb = if import.validate_only { "would remove" } else { "removed" };
    for (line, removal) in store.read(move |tx| import::removals(tx, id, 0, limit)).await? {
        let removal: Value = serde_json::from_str(&removal)?;
        let fields = removal.get("fields").and_then(Value::as_array).into_iter().flatten();
        let fields: Vec<&str> = fields.filter_map(Value::as_str).collect();
        let more = removal.get("more").map(|more| format!(" and {more} more")).unwrap_or_default();
        drop(writeln!(std::io::stderr(), "line {line}: {verb} {}{more}", fields.join(", ")));
    }
    Ok(())
}
