//! The rows of an import: from lines of JSON to changes of the register, by the same rules as single changes.
//!
//! What needs no look at the register is done before ([`read`]), so that the writer's turn is short.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use document::{Wire, record};
use domain::{
    AnnualReturn, Commitment, Competition, Contract, Department, Enabler, Endorsement, Id, Importable, Mutual, Notice,
    Objection, PathwayProgress, PathwayStep, StaffBallot, SupportRequest,
};
use serde_json::json;
use store::import::{Chunk, Import, ImportId, MAX_PROBLEMS, MAX_REMOVALS, Outcome};
use store::{Naming, SavepointOutcome, WriteTx};
use uuid::Uuid;

use super::entry::{DocumentOf, Done, Entry};
use super::imported::{Entering, Imported};
use crate::register::collection::AllOf;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// Why rows were not entered.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// They have to be entered anew, with savepoints.
    #[error("rows can't be told apart")]
    NeedsSavepoint,
    /// The store is why, and not the rows.
    #[error(transparent)]
    Store(#[from] store::Error),
}

pub trait Rows: Send + Sync {
    fn names(&self) -> Vec<Naming>;

    /// Enters them, those that wait for one another in their turn. Those that wait for others still do so in the next pass.
    ///
    /// # Errors
    /// [`Broken`] where that says nothing of the rows.
    fn enter(&self, tx: &mut WriteTx<'_>, entering: &Entering) -> Result<Outcome, Broken>;
}

/// Reads the rows of chunks that are to be entered at this time.
pub fn read(chunks: &[Chunk], import: &Import, now: DateTime<Utc>) -> Box<dyn Rows> {
    match import.resource_type {
        Importable::Department => rows::<Department>(chunks, import, now),
        Importable::Mutual => rows::<Mutual>(chunks, import, now),
        Importable::StaffBallot => rows::<StaffBallot>(chunks, import, now),
        Importable::Contract => rows::<Contract>(chunks, import, now),
        Importable::Commitment => rows::<AllOf<Commitment>>(chunks, import, now),
        Importable::PathwayStep => rows::<AllOf<PathwayStep>>(chunks, import, now),
        Importable::Enabler => rows::<AllOf<Enabler>>(chunks, import, now),
        Importable::AnnualReturn => rows::<AllOf<AnnualReturn>>(chunks, import, now),
        Importable::Endorsement => rows::<AllOf<Endorsement>>(chunks, import, now),
        Importable::Objection => rows::<AllOf<Objection>>(chunks, import, now),
        Importable::SupportRequest => rows::<AllOf<SupportRequest>>(chunks, import, now),
        Importable::PathwayProgress => rows::<AllOf<PathwayProgress>>(chunks, import, now),
        Importable::Competition => rows::<AllOf<Competition>>(chunks, import, now),
        Importable::Notice => rows::<AllOf<Notice>>(chunks, import, now),
    }
}

fn rows<I: Imported>(chunks: &[Chunk], import: &Import, now: DateTime<Utc>) -> Box<dyn Rows> {
    Box::new(RowsOf::<I>::read(chunks, import, now))
}

struct RowsOf<I: Imported> {
    rows: Vec<Row<I>>,
    /// The members of such records that say something about a person.
    personal: Vec<String>,
}

struct Row<I: Imported> {
    line: i64,
    text: String,
    read: Result<Entry<I>, Problem>,
}

impl<I: Imported> RowsOf<I> {
    fn read(chunks: &[Chunk], import: &Import, now: DateTime<Utc>) -> Self {
        let row = |(line, text): &(i64, String)| {
            let read = Entry::read(text, import, now);
            Row { line: *line, text: text.clone(), read }
        };
        let rows = chunks.iter().flat_map(|chunk| &chunk.rows).map(row).collect();
        Self { rows, personal: record::personal(&<DocumentOf<I> as Wire>::OBJECT) }
    }
}

impl<I: Imported> Rows for RowsOf<I> {
    fn names(&self) -> Vec<Naming> {
        self.rows.iter().filter_map(|row| row.read.as_ref().ok()).flat_map(Entry::names).collect()
    }

    fn enter(&self, tx: &mut WriteTx<'_>, entering: &Entering) -> Result<Outcome, Broken> {
        let mut outcome = Outcome::default();
        let mut taken = HashSet::new();
        let mut waiting = Vec::new();
        let mut next: Vec<&Row<I>> = self.rows.iter().collect();
        while !next.is_empty() {
            let before = taken.len();
            for row in next {
                match row.enter(tx, entering, &taken)? {
                    Ok((done, id)) => {
                        let count = match done {
                            Done::Created => &mut outcome.created,
                            Done::Updated(gone) => {
                                note_removed(&mut outcome, row.line, &id, &gone, entering);
                                &mut outcome.updated
                            }
                            Done::Unchanged => &mut outcome.unchanged,
                        };
                        *count = count.saturating_add(1);
                        taken.insert(id.clone());
                        outcome.records.push(id);
                    }
                    Err(problem) if waits(&problem) => waiting.push((row, row.awaited(&problem), problem)),
                    Err(problem) => self.refuse(&mut outcome, row, &problem, entering),
                }
            }
            if taken.len() == before {
                break;
            }
            let has_all = |(_, awaited, _): &(_, Vec<String>, _)| awaited.iter().all(|id| taken.contains(id));
            next = waiting.extract_if(.., |waits| has_all(waits)).map(|(row, ..)| row).collect();
        }
        for (row, _, problem) in waiting {
            if entering.import.is_last_pass {
                self.refuse(&mut outcome, row, &problem, entering);
            } else {
                outcome.waiting.push((row.line, row.text.clone()));
            }
        }
        Ok(outcome)
    }
}

/// Counts a row that took something out of its record, and keeps what that was if there is room for it.
fn note_removed(outcome: &mut Outcome, line: i64, record_id: &str, gone: &[String], entering: &Entering) {
    if gone.is_empty() {
        return;
    }
    if entering.import.counts.removing.saturating_add(outcome.removing) < MAX_REMOVALS {
        let listed: Vec<&String> = gone.iter().take(MAX_ERRORS).collect();
        let mut told = json!({ "line": line, "record_id": record_id, "fields": listed });
        let more = gone.len().saturating_sub(listed.len());
        if let (true, Some(members)) = (more > 0, told.as_object_mut()) {
            members.insert("more".to_owned(), more.into());
        }
        outcome.removals.push((line, told.to_string()));
    }
    outcome.removing = outcome.removing.saturating_add(1);
}

impl<I: Imported> RowsOf<I> {
    /// Counts a rejected row, and keeps the reason if there is room for it.
    fn refuse(&self, outcome: &mut Outcome, row: &Row<I>, problem: &Problem, entering: &Entering) {
        if entering.import.counts.failed.saturating_add(outcome.failed) < MAX_PROBLEMS {
            outcome.problems.push((row.line, row.told(problem, &self.personal)));
        }
        outcome.failed = outcome.failed.saturating_add(1);
    }
}

impl<I: Imported> Row<I> {
    fn enter(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
    ) -> Result<Result<(Done, String), Problem>, Broken> {
        let entry = match &self.read {
            Ok(entry) => entry,
            Err(problem) => return Ok(Err(problem.clone())),
        };
        match tx.in_savepoint(entering.with_savepoints, |tx| entry.enter_named(tx, entering, taken))? {
            SavepointOutcome::Done(done) => Ok(Ok(done)),
            SavepointOutcome::NeedsSavepoint => Err(Broken::NeedsSavepoint),
            SavepointOutcome::Refused(problem) => match problem.kind() {
                ProblemType::Unavailable | ProblemType::ReadOnly | ProblemType::StorageFull => {
                    Err(Broken::Store(store::Error::Unavailable(problem.to_string())))
                }
                _ => Ok(Err(problem)),
            },
        }
    }

    /// The records that it refers to and that are not there.
    fn awaited(&self, problem: &Problem) -> Vec<String> {
        let row: serde_json::Value = serde_json::from_str(&self.text).unwrap_or_default();
        let at = problem.errors().iter().filter_map(|error| error.pointer.as_deref());
        at.filter_map(|pointer| row.pointer(pointer)?.as_str().map(str::to_owned)).collect()
    }

    /// The problem of the row as it is kept: a fault of something that may say something about a person doesn't repeat it.
    fn told(&self, problem: &Problem, personal: &[String]) -> String {
        let given = self.read.as_ref().ok().and_then(Entry::given);
        problem_of(self.line, problem, given, personal)
    }
}

/// Whether a row is refused only because a record is not there that it refers to.
fn waits(problem: &Problem) -> bool {
    problem.kind() == ProblemType::InvalidContent
        && problem
            .errors()
            .iter()
            .all(|error| error.code == "unknown-reference" && error.pointer.as_deref() != Some("/id"))
}

/// The maximum number of errors, or of removed fields, that are kept for a row. The others are counted.
pub const MAX_ERRORS: usize = 20;

/// The problem of a row as JSON; line 0 is the import as a whole. Of a member in which one of these personal members is nothing is
/// repeated.
pub fn problem_of(line: i64, problem: &Problem, record_id: Option<String>, personal: &[String]) -> String {
    let outermost = |pointer: &str| pointer.split('/').nth(1).map(str::to_owned);
    let is_personal = |pointer: &str| {
        let told = outermost(pointer);
        told.is_some() && personal.iter().any(|member| outermost(member) == told)
    };
    let mut told = serde_json::to_value(problem.details("", "")).unwrap_or_default();
    if let Some(members) = told.as_object_mut() {
        members.retain(|name, _| !["instance", "request_id"].contains(&name.as_str()));
        members.insert("line".to_owned(), line.into());
        members.extend(record_id.map(|id| ("record_id".to_owned(), json!(id))));
        if let Some(errors) = members.get_mut("errors").and_then(serde_json::Value::as_array_mut)
            && errors.len() > MAX_ERRORS
        {
            let more = errors.len().saturating_sub(MAX_ERRORS);
            errors.truncate(MAX_ERRORS);
            let said = format!("{more} more errors are not listed: correct these first");
            errors.push(json!({ "pointer": "", "code": "too-many", "detail": said }));
        }
        for error in members.get_mut("errors").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
            let is_personal = error.get("pointer").and_then(serde_json::Value::as_str).is_some_and(is_personal);
            if let (true, Some(error)) = (is_personal, error.as_object_mut()) {
                error.insert(
                    "detail".to_owned(),
                    json!("the value is not shown here, because it may contain personal data"),
                );
            }
        }
    }
    told.to_string()
}

pub fn new_id() -> ImportId {
    Id::from_uuid(Uuid::now_v7())
}
