//! The rows of an import: from lines of JSON to changes of the register, by the same rules as single changes.
//!
//! What needs no look at the register is done before ([`read`]), so that the writer's turn is short.

use std::collections::HashSet;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use document::body::Given;
use document::removed::removed;
use document::{Content, Input, Node, Refusal, Wire, record};
use domain::{
    Action, Contract, Day, Department, Id, Identifier, ImportUpdate, Importable, Mutual, Record, Role, Scheme, Slug,
    StaffBallot,
};
use serde_json::json;
use store::import::{self, Chunk, Import, ImportId, MAX_PROBLEMS, MAX_REMOVALS, Outcome};
use store::{Conflict, ConflictKind, Naming, SavepointOutcome, Stored, StoredRecord, WriteTx, having_identifiers};
use uuid::Uuid;

use super::file::RowText;
use crate::caller::Caller;
use crate::register::resource::{Root, accept, change, check_permission, find_for};
use crate::request::path::PathKey;
use crate::response::problem::{ErrorItem, Problem};
use crate::response::problem_type::ProblemType;

/// A kind whose records can be imported.
pub trait Imported:
    Root<Key = PathKey<<Self as StoredRecord>::Name>, Name: From<Id<Self>> + FromStr<Err = domain::Invalid>> + Sync
{
    /// Enters a record for this caller, with the past that it had before.
    fn enter_with_past(
        tx: &mut WriteTx<'_>,
        prepared: &Self::Prepared,
        _scrutineer_above: i64,
        caller: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        Self::insert(tx, prepared, caller.draft_access_in(Self::KIND))
    }
}

impl Imported for Department {}
impl Imported for Mutual {}
impl Imported for Contract {}

/// An administrator's import brings what was declared of a ballot.
impl Imported for StaffBallot {
    fn enter_with_past(
        tx: &mut WriteTx<'_>,
        (id, ballot): &Self::Prepared,
        scrutineer_above: i64,
        caller: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        let (draft, past) = ballot.clone().apart_from_past();
        store::staff_ballot::insert_with_past(tx, *id, &draft, &past, scrutineer_above, caller.draft_access())
    }
}

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

#[derive(Clone, Debug)]
pub struct Entering {
    pub import: Import,
    pub caller: Caller,
    /// Above how many people entitled to vote a ballot needs a scrutineer to be declared.
    pub scrutineer_above: i64,
    /// Whether a row that is refused may have changed something before.
    pub with_savepoints: bool,
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
        Importable::Department => Box::new(RowsOf::<Department>::read(chunks, import, now)),
        Importable::Mutual => Box::new(RowsOf::<Mutual>::read(chunks, import, now)),
        Importable::StaffBallot => Box::new(RowsOf::<StaffBallot>::read(chunks, import, now)),
        Importable::Contract => Box::new(RowsOf::<Contract>::read(chunks, import, now)),
    }
}

struct RowsOf<R: Imported> {
    rows: Vec<Row<R>>,
    /// The members of such records that say something about a person.
    personal: Vec<String>,
}

struct Row<R: Imported> {
    line: i64,
    text: String,
    read: Result<Entry<R>, Problem>,
}

struct Entry<R: Imported> {
    content: Content<R::Document>,
    given: Option<Id<R>>,
    new: Result<New<R>, Refusal>,
}

struct New<R: Imported> {
    id: Id<R>,
    prepared: R::Prepared,
}

enum Done {
    Created,
    /// And the fields that this took out.
    Updated(Vec<String>),
    Unchanged,
}

fn is_admin(import: &Import) -> bool {
    import.caller.access.as_ref().is_some_and(|access| access.role == Role::Admin)
}

impl<R: Imported> RowsOf<R> {
    fn read(chunks: &[Chunk], import: &Import, now: DateTime<Utc>) -> Self {
        let row = |(line, text): &(i64, String)| {
            let read = Entry::read(text, is_admin(import), now);
            Row { line: *line, text: text.clone(), read }
        };
        let rows = chunks.iter().flat_map(|chunk| &chunk.rows).map(row).collect();
        Self { rows, personal: record::personal(&<R::Document as Wire>::OBJECT) }
    }
}

impl<R: Imported> Entry<R> {
    fn read(text: &str, with_past: bool, now: DateTime<Utc>) -> Result<Self, Problem> {
        let malformed = |reason| Problem::malformed(ErrorItem::pointer("", "invalid-format", reason));
        let text = match RowText::of_stored(text) {
            RowText::Json(text) if text.len() <= R::Document::MAX_BYTES => text,
            RowText::Json(_) | RowText::TooLong => return Err(Problem::payload_too_large(R::Document::MAX_BYTES)),
            RowText::Refused(reason) => return Err(malformed(reason)),
        };
        let content = Content::<R::Document>::parse(text.as_bytes());
        let content = content.map_err(|why| malformed(format!("the line is not JSON: {why}")))?;
        let given = match content.member("id") {
            None | Some(Node::Null) => None,
            Some(Node::String(id)) => Some(id.parse().map_err(|invalid: domain::Invalid| {
                Problem::invalid(vec![ErrorItem::pointer("/id", invalid.code.as_str(), invalid.detail)])
            })?),
            Some(_) => {
                return Err(Problem::invalid(vec![ErrorItem::pointer("/id", "invalid-type", "expected a string")]));
            }
        };
        let today = Day::from_date(now.date_naive()).map_err(|invalid| Problem::internal(invalid.detail))?;
        let content = content.on(today).without_read_only(if with_past { Given::WithPast } else { Given::ByCallers });
        Ok(Self::of(content, given, with_past, now))
    }

    fn of(content: Content<R::Document>, given: Option<Id<R>>, with_past: bool, now: DateTime<Utc>) -> Self {
        let whole = content.without_null();
        let value = if with_past { whole.create_with_past() } else { whole.create() };
        let id = given.unwrap_or_else(|| Id::from_uuid(Uuid::now_v7()));
        let new = value.map(|value| New { id, prepared: R::prepare(id, now, value) });
        Self { content, given, new }
    }

    /// Enters the row with ids in the place of slugs, which may be those of rows before it.
    fn enter_named(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
    ) -> Result<(Done, String), Problem> {
        let slugs = self.content.slugs();
        if slugs.is_empty() {
            return self.enter(tx, entering, taken);
        }
        let ids = store::reference::ids_of(tx, &slugs)?;
        let now = tx.stamp().now;
        let resolved = Self::of(self.content.with_ids(&ids), self.given, is_admin(&entering.import), now);
        resolved.enter(tx, entering, taken)
    }

    fn enter(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
    ) -> Result<(Done, String), Problem> {
        let caller = &entering.caller;
        if let Some(id) = self.given {
            match find::<R>(tx, &R::Name::from(id), caller) {
                Ok(current) => return self.replace(tx, entering, taken, &current),
                Err(store::Error::NotFound { .. }) if is_admin(&entering.import) => {}
                Err(store::Error::NotFound { .. }) => return Err(unknown_id()),
                Err(error) => return Err(error.into()),
            }
        }
        let slug = self.slug();
        // A row that cannot be a record of its own may still name one, and say what is to change of it.
        let may_enter = match &self.new {
            Ok(New { id, prepared }) => {
                check_permission(tx, caller, Action::Create, (*id, R::content(prepared))).map(|()| prepared)
            }
            Err(_) => accept(tx, &self.new, caller).map(|new| &new.prepared),
        };
        let prepared = match may_enter {
            Ok(prepared) => prepared,
            Err(refused) => {
                let current = self.find_named(tx, caller, slug)?.ok_or(refused)?;
                return self.replace(tx, entering, taken, &current);
            }
        };
        let entered = if is_admin(&entering.import) {
            R::enter_with_past(tx, prepared, entering.scrutineer_above, caller)
        } else {
            R::insert(tx, prepared, caller.draft_access_in(R::KIND))
        };
        match entered {
            Ok(stored) => Ok((Done::Created, stored.id.to_string())),
            Err(store::Error::Conflict(conflicts)) => match self.named(&conflicts, slug.is_some()) {
                Some(id) => {
                    let current = find::<R>(tx, &R::Name::from(id), caller)?;
                    self.replace(tx, entering, taken, &current)
                }
                None => Err(conflicts.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// The slug by which it may name a record.
    fn slug(&self) -> Option<&str> {
        match self.content.member("slug") {
            Some(Node::String(slug)) if self.given.is_none() => Some(slug),
            _ => None,
        }
    }

    /// The record that the row names by its slug, or by its identifiers.
    fn find_named(
        &self,
        tx: &mut WriteTx<'_>,
        caller: &Caller,
        slug: Option<&str>,
    ) -> Result<Option<Record<R>>, Problem> {
        let by_slug = slug.and_then(|slug| name_of_slug::<R>(slug)).map(|name| find::<R>(tx, &name, caller));
        match by_slug {
            Some(Ok(current)) => return Ok(Some(current)),
            None | Some(Err(store::Error::NotFound { .. } | store::Error::Gone { .. })) => {}
            Some(Err(error)) => return Err(error.into()),
        }
        let identifiers = if self.given.is_none() { identifiers(&self.content) } else { Vec::new() };
        if identifiers.is_empty() {
            return Ok(None);
        }
        match having_identifiers(tx, R::KIND, &identifiers)?.as_slice() {
            [] => Ok(None),
            [own] => match own.parse::<Id<R>>() {
                Ok(id) => Ok(Some(find::<R>(tx, &R::Name::from(id), caller)?)),
                Err(invalid) => Err(Problem::internal(invalid.detail)),
            },
            _ => {
                let said = "these belong to more than one record: give the `id` of the record that the row is for";
                Err(Problem::invalid(vec![ErrorItem::pointer("/identifiers", "inconsistent", said)]))
            }
        }
    }

    /// The record that has the slug or identifiers of the row, if it is one.
    fn named(&self, conflicts: &[Conflict], by_slug: bool) -> Option<Id<R>> {
        let names = |conflict: &&Conflict| match conflict.kind {
            ConflictKind::SlugTaken => by_slug,
            ConflictKind::IdentifierTaken => true,
            _ => false,
        };
        let mut others = conflicts.iter().filter(names).map(|conflict| conflict.other.as_ref());
        let first = others.next().flatten().filter(|other| self.given.is_none() && other.resource_type == R::KIND)?;
        others.all(|other| other == Some(first)).then(|| first.id.parse().ok()).flatten()
    }

    fn replace(
        &self,
        tx: &mut WriteTx<'_>,
        entering: &Entering,
        taken: &HashSet<String>,
        current: &Record<R>,
    ) -> Result<(Done, String), Problem> {
        let (caller, id) = (&entering.caller, current.id.to_string());
        if taken.contains(&id) || import::is_taken(tx, entering.import.id, &id)? {
            let said = "another row of this import is for the same record: leave one of them out";
            return Err(Problem::invalid(vec![ErrorItem::pointer("", "duplicate-item", said)]));
        }
        find_for::<R>(tx, &PathKey(current.id.into()), caller, R::changes)?;
        let (content, before) = (self.content.without_read_only(Given::ByCallers), record::shown(current));
        let content = match entering.import.update {
            ImportUpdate::Merge => content.update_by_row(&before),
            ImportUpdate::Replace => content.without_null().replace(&before),
        };
        let value = accept(tx, &content, caller)?.clone();
        if current.content.wanted(value.clone()) == current.content {
            return Ok((Done::Unchanged, id));
        }
        let stored = change(tx, current, caller, value)?;
        Ok((Done::Updated(removed(&<R::Document as Wire>::OBJECT, &before, &stored.document)), id))
    }
}

fn find<R: Imported>(tx: &mut WriteTx<'_>, name: &R::Name, caller: &Caller) -> Result<Record<R>, store::Error> {
    R::find(tx, name, caller.draft_access_in(R::KIND))
}

/// What a record is named by that has this slug, if one can have any: what has the shape of an id is no slug.
fn name_of_slug<R: Imported>(slug: &str) -> Option<R::Name> {
    slug.parse::<Slug>().ok().and_then(|slug| slug.as_str().parse().ok())
}

/// The identifiers of a row, as far as they are right.
fn identifiers<T: Input>(content: &Content<T>) -> Vec<Identifier> {
    let Some(Node::Array(elements)) = content.member("identifiers") else { return Vec::new() };
    let text = |element: &Node, name: &str| match element.member(name) {
        Some(Node::String(text)) => Some(text.clone()),
        _ => None,
    };
    let identifier = |element: &Node| {
        let scheme: Scheme = text(element, "scheme")?.parse().ok()?;
        Identifier::new(scheme, &text(element, "id")?).ok()
    };
    elements.iter().filter_map(identifier).collect()
}

fn unknown_id() -> Problem {
    let said =
        "there is no such record, and only an administrator's import may set the id of a new record: leave it out";
    Problem::invalid(vec![ErrorItem::pointer("/id", "unknown-reference", said)])
}

impl<R: Imported> Rows for RowsOf<R> {
    fn names(&self) -> Vec<Naming> {
        let new = self.rows.iter().filter_map(|row| row.read.as_ref().ok()?.new.as_ref().ok());
        new.flat_map(|new| R::names(&new.prepared)).collect()
    }

    fn enter(&self, tx: &mut WriteTx<'_>, entering: &Entering) -> Result<Outcome, Broken> {
        let mut outcome = Outcome::default();
        let mut taken = HashSet::new();
        let mut waiting = Vec::new();
        let mut next: Vec<&Row<R>> = self.rows.iter().collect();
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

impl<R: Imported> RowsOf<R> {
    /// Counts a rejected row, and keeps the reason if there is room for it.
    fn refuse(&self, outcome: &mut Outcome, row: &Row<R>, problem: &Problem, entering: &Entering) {
        if entering.import.counts.failed.saturating_add(outcome.failed) < MAX_PROBLEMS {
            outcome.problems.push((row.line, row.told(problem, &self.personal)));
        }
        outcome.failed = outcome.failed.saturating_add(1);
    }
}

impl<R: Imported> Row<R> {
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
        let given = self.read.as_ref().ok().and_then(|entry| entry.given);
        problem_of(self.line, problem, given.map(|id| id.to_string()), personal)
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
