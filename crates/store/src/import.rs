//! Imports: files of records that are entered in the background, some hundred rows at a time.
//!
//! The rows wait in chunks. What a chunk's rows do to the register and that the chunk is done is one transaction, so that each row is
//! entered once, whenever the program ends. However many instances of it there are, one worker has an import at a time: a chunk is for
//! whoever has it. Callers take turns, and each has their own imports entered in the order in which they asked for them. A row that refers
//! to a record which is not there yet waits for the next pass. Knows no row by its content.

mod chunk;
mod entries;

use std::collections::HashSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use document::object::Object;
use document::register::object;
use domain::{
    Access, Caller, Fault, FaultCode, Id, ImportMode, ImportState, ImportUpdate, Importable, Kind, Role, Scope,
};

use crate::backend::dialect;
use crate::backend::fragment::{FindingTable, FoundBy};
use crate::backend::json::{instant, parsed, parsed_list, parsed_option, text_option, texts};
use crate::backend::schema::{import_chunks, import_problems, import_records, import_removals, imports};
use crate::error::{Error, refuse};
use crate::query::keyset::IdPage;
use crate::{ReadTx, WriteTx, idempotency};

pub use chunk::Chunk;

/// Id of an import.
pub type ImportId = Id<Import>;

/// An import, as it is asked for.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// Its id.
    pub id: ImportId,
    /// What its rows are.
    pub resource_type: Importable,
    /// What becomes of it where a row is refused.
    pub mode: ImportMode,
    /// What its rows do to records that are there.
    pub update: ImportUpdate,
    /// Whether nothing is to be entered.
    pub validate_only: bool,
}

/// An import as it stands.
#[derive(Clone, Debug)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When its last row was entered or rejected.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who asked for it.
    pub caller: Caller,
    /// In which request.
    pub request_id: String,
    /// What its rows are.
    pub resource_type: Importable,
    /// What becomes of it where a row is refused.
    pub mode: ImportMode,
    /// What its rows do to records that are there.
    pub update: ImportUpdate,
    /// Whether nothing is to be entered.
    pub validate_only: bool,
    /// How far it has come.
    pub state: ImportState,
    /// The pass that its rows are in, from 0.
    pub pass: i64,
    /// Whether a row that refers to a record which is not there is refused by now.
    pub is_last_pass: bool,
    /// What became of its rows.
    pub counts: Counts,
}

/// What became of the rows of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many there are.
    pub rows: i64,
    /// Entered as new records.
    pub created: i64,
    /// That changed the record that they are for.
    pub updated: i64,
    /// That say what their record says already.
    pub unchanged: i64,
    /// Refused.
    pub failed: i64,
    /// That changed their record and took something out of it.
    pub removing: i64,
}

/// What became of the rows of a chunk.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many created a record.
    pub created: i64,
    /// How many changed theirs.
    pub updated: i64,
    /// How many said nothing new.
    pub unchanged: i64,
    /// How many were refused.
    pub failed: i64,
    /// Why, for those of them that are told: line and problem, as JSON.
    pub problems: Vec<(i64, String)>,
    /// What the rows took out of their records, for those of them that are told: line and fields, as JSON.
    pub removals: Vec<(i64, String)>,
    /// How many took something out.
    pub removing: i64,
    /// Those that wait for another record.
    pub waiting: Vec<(i64, String)>,
    /// The records that the others are for.
    pub records: Vec<String>,
}

/// What somebody has asked for and is not over yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many imports.
    pub imports: i64,
    /// How many rows of them are neither entered nor refused.
    pub rows: i64,
}

/// The maximum number of rejected rows with a problem. The others are counted.
pub const MAX_PROBLEMS: i64 = 1_000;

/// The maximum number of rows for which the fields that they remove are listed. The others are counted.
pub const MAX_REMOVALS: i64 = 1_000;

/// If this number of rows is rejected and none entered, the caller has probably sent the wrong file.
pub const MAX_REFUSED_ALONE: i64 = 10_000;

/// A worker of which nothing was heard for so long is gone.
const PATIENCE: TimeDelta = TimeDelta::seconds(3);
/// The clocks of instances differ by less.
const MOST_AHEAD: TimeDelta = TimeDelta::hours(1);

/// More passes than this are not made: whose rows stand in the reverse order of their references gets them told.
const MAX_PASSES: i64 = 50;

/// Begins an import, whose rows are still to come.
pub fn insert(tx: &mut WriteTx<'_>, new: &NewImport, access: &Access) -> Result<(), Error> {
    let department_ids = match &access.scope {
        Scope::All => None,
        Scope::Departments(own) => Some(texts(own)),
    };
    let row = Row {
        id: new.id.to_string(),
        created_at: tx.stamp().now.naive_utc(),
        finished_at: None,
        actor: tx.stamp().actor.clone(),
        role: access.role.to_string(),
        department_ids,
        key_id: text_option(access.key_id.as_ref()),
        request_id: tx.stamp().request_id.clone(),
        resource_type: new.resource_type.to_string(),
        mode: new.mode.to_string(),
        update_mode: new.update.to_string(),
        validate_only: new.validate_only,
        state: ImportState::Receiving.to_string(),
        pass: 0,
        is_last_pass: new.validate_only || new.mode == ImportMode::Atomic,
        settled_in_pass: 0,
        row_count: 0,
        created_count: 0,
        updated_count: 0,
        unchanged_count: 0,
        failed_count: 0,
        removing_count: 0,
        worker: None,
        worker_until: None,
    };
    diesel::insert_into(imports::table).values(&row).execute(tx.changing())?;
    Ok(())
}

/// Adds rows to an import that is still arriving.
///
/// # Errors
/// [`Error::State`] where it was cancelled in the meantime.
pub fn add(tx: &mut WriteTx<'_>, id: ImportId, rows: &[(i64, String)]) -> Result<(), Error> {
    arriving(tx, id)?;
    let id = id.to_string();
    chunk::insert(tx, &id, 0, rows)?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let own = imports::table.find(&id);
    diesel::update(own).set(imports::row_count.eq(imports::row_count + count)).execute(tx.changing())?;
    Ok(())
}

/// Says that all rows of an import have arrived; gives it.
///
/// # Errors
/// As [`add`].
pub fn complete(tx: &mut WriteTx<'_>, id: ImportId) -> Result<Import, Error> {
    arriving(tx, id)?;
    let own = imports::table.find(id.to_string());
    diesel::update(own).set(imports::state.eq(ImportState::Waiting.as_str())).execute(tx.changing())?;
    let import = find(tx, id)?;
    entries::log_begin(tx, &import)?;
    Ok(import)
}

fn arriving(tx: &mut ReadTx<'_>, id: ImportId) -> Result<(), Error> {
    let state = find(tx, id)?.state;
    let cancelled =
        || Fault::new("state", FaultCode::Inconsistent, format!("the import is {state}: send the file again"));
    refuse(Error::State, (state != ImportState::Receiving).then(cancelled).into_iter().collect())
}

/// What somebody has asked for and is not over yet.
pub fn load_of(tx: &mut ReadTx<'_>, actor: &str) -> Result<Load, Error> {
    let open = [ImportState::Receiving.as_str(), ImportState::Waiting.as_str(), ImportState::Running.as_str()];
    let own = imports::table.filter(imports::state.eq_any(open)).filter(imports::actor.eq(actor));
    let found: Vec<Row> = own.select(Row::as_select()).load(tx.conn())?;
    let waiting = |row: &Row| {
        let settled = [row.created_count, row.updated_count, row.unchanged_count, row.failed_count];
        settled.into_iter().fold(row.row_count, i64::saturating_sub)
    };
    let rows = found.iter().map(waiting).fold(0, i64::saturating_add);
    Ok(Load { imports: i64::try_from(found.len()).unwrap_or(i64::MAX), rows })
}

/// The import with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find(tx: &mut ReadTx<'_>, id: ImportId) -> Result<Import, Error> {
    let key = id.to_string();
    let found: Option<Row> = imports::table.find(&key).select(Row::as_select()).first(tx.conn()).optional()?;
    found.map_or_else(|| Err(Error::NotFound { resource_type: Kind::Import, key }), Row::into_import)
}

/// A page of the imports that somebody asked for, or of all, in the order in which they were asked for, with one more where there is a next
/// page; and how many there are.
pub fn list(tx: &mut ReadTx<'_>, asked_by: Option<&str>, page: &IdPage) -> Result<(Vec<Import>, i64), Error> {
    let theirs = || {
        let all = imports::table.into_boxed();
        match asked_by {
            Some(name) => all.filter(imports::actor.eq(name)),
            None => all,
        }
    };
    let mut query = theirs().select(Row::as_select());
    query = if page.descending { query.order(imports::id.desc()) } else { query.order(imports::id.asc()) };
    if let Some(last) = &page.after {
        query = if page.descending { query.filter(imports::id.lt(last)) } else { query.filter(imports::id.gt(last)) };
    }
    let limit = i64::try_from(page.limit.saturating_add(1)).unwrap_or(i64::MAX);
    let rows: Vec<Row> = query.limit(limit).load(tx.conn())?;
    let total = theirs().count().get_result(tx.conn())?;
    Ok((rows.into_iter().map(Row::into_import).collect::<Result<_, _>>()?, total))
}

/// The problems of an import's rows after a line, in the order of the lines.
pub fn problems(tx: &mut ReadTx<'_>, id: ImportId, after: i64, limit: usize) -> Result<Vec<(i64, String)>, Error> {
    let own = import_problems::table.filter(import_problems::import_id.eq(id.to_string()));
    let next = own.filter(import_problems::line.gt(after)).order(import_problems::line);
    let next = next.limit(i64::try_from(limit).unwrap_or(i64::MAX));
    Ok(next.select((import_problems::line, import_problems::problem)).load(tx.conn())?)
}

/// What an import's rows after a line took out of their records, in the order of the lines.
pub fn removals(tx: &mut ReadTx<'_>, id: ImportId, after: i64, limit: usize) -> Result<Vec<(i64, String)>, Error> {
    let own = import_removals::table.filter(import_removals::import_id.eq(id.to_string()));
    let next = own.filter(import_removals::line.gt(after)).order(import_removals::line);
    let next = next.limit(i64::try_from(limit).unwrap_or(i64::MAX));
    Ok(next.select((import_removals::line, import_removals::removal)).load(tx.conn())?)
}

/// Whether an import may wait for somebody to work at it.
pub fn is_any_open(tx: &mut ReadTx<'_>) -> Result<bool, Error> {
    Ok(diesel::select(diesel::dsl::exists(imports::table.filter(is_open()))).get_result(tx.conn())?)
}

/// Which import a worker wants.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// This one.
    This(ImportId),
    /// The oldest of the caller whose turn it is after this one's, other than these callers.
    After {
        /// Who had the turn before.
        actor: String,
        /// Whose imports can't go on just now.
        except: Vec<String>,
    },
}

/// Gives a worker an import to work at, unless another works at it. It has it for some seconds, and for some more with each chunk.
pub fn claim(tx: &mut WriteTx<'_>, worker: &str, wanted: &Wanted) -> Result<Option<Import>, Error> {
    let mut found = imports::table.filter(is_open()).select(Row::as_select()).into_boxed();
    found = found.filter(is_free_for(worker, tx.stamp().now.naive_utc()));
    found = match wanted {
        Wanted::This(id) => found.filter(imports::id.eq(id.to_string())),
        Wanted::After { actor, except } => match next_actor(tx, worker, actor, except)? {
            Some(next) => found.filter(imports::actor.eq(next)),
            None => return Ok(None),
        },
    };
    let next: Option<Row> = found.order(imports::id).first(tx.conn()).optional()?;
    let Some(row) = next else { return Ok(None) };
    diesel::update(imports::table.find(&row.id))
        .set((
            imports::state.eq(ImportState::Running.as_str()),
            imports::worker.eq(worker),
            imports::worker_until.eq(until(tx)),
        ))
        .execute(tx.changing())?;
    let state = ImportState::Running.to_string();
    Row { state, ..row }.into_import().map(Some)
}

/// The next caller after this one who has work for a worker, in the order of their names, then from the first again.
fn next_actor(tx: &mut WriteTx<'_>, worker: &str, after: &str, except: &[String]) -> Result<Option<String>, Error> {
    let now = tx.stamp().now;
    let waiting = waiting_actors(tx, worker, now)?;
    let mut able: Vec<String> = waiting.into_iter().filter(|actor| !except.contains(actor)).collect();
    able.sort();
    let next = able.iter().position(|actor| actor.as_str() > after).unwrap_or_default();
    Ok(able.into_iter().nth(next))
}

/// Those who have an import that waits for a worker, or that this one has.
pub fn waiting_actors(tx: &mut ReadTx<'_>, worker: &str, now: DateTime<Utc>) -> Result<Vec<String>, Error> {
    let found =
        imports::table.filter(is_open()).filter(is_free_for(worker, now.naive_utc())).select(imports::actor).distinct();
    Ok(found.load(tx.conn())?)
}

/// That nobody works at it but this worker. One that would have it for longer than [`MOST_AHEAD`] was given it by a clock that was
/// ahead, and could keep it until that time has come.
#[diesel::dsl::auto_type]
fn is_free_for<'w>(worker: &'w str, now: NaiveDateTime) -> _ {
    let far: NaiveDateTime = later(now, MOST_AHEAD);
    let is_own = imports::worker.is_null().or(imports::worker.eq(worker));
    let is_over = imports::worker_until.lt(now).or(imports::worker_until.gt(far));
    is_own.or(is_over).assume_not_null()
}

#[diesel::dsl::auto_type]
fn is_open() -> _ {
    imports::state.eq("waiting").or(imports::state.eq("running"))
}

/// The import as it stands, if this worker still has it: another may have taken it over.
pub fn held(tx: &mut ReadTx<'_>, id: ImportId, worker: &str) -> Result<Option<Import>, Error> {
    let own = imports::table.find(id.to_string()).filter(imports::worker.eq(worker));
    let found: Option<Row> = own.select(Row::as_select()).first(tx.conn()).optional()?;
    found.map(Row::into_import).transpose()
}

/// The chunks of a pass after a line, as many as have no more than so many rows together, and at least one if there is any.
pub fn chunks_after(
    tx: &mut ReadTx<'_>,
    id: ImportId,
    pass: i64,
    line: i64,
    most_rows: usize,
) -> Result<Vec<Chunk>, Error> {
    let (key, mut chunks, mut rows) = (id.to_string(), Vec::new(), 0_usize);
    let mut next = chunk::after(tx, &key, pass, line)?;
    while let Some(chunk) = next {
        rows = rows.saturating_add(chunk.rows.len());
        if rows > most_rows && !chunks.is_empty() {
            break;
        }
        let line = chunk.line;
        chunks.push(chunk);
        next = if rows < most_rows { chunk::after(tx, &key, pass, line)? } else { None };
    }
    Ok(chunks)
}

/// Whether a row of the import was for this record already.
pub fn is_taken(tx: &mut ReadTx<'_>, id: ImportId, resource_id: &str) -> Result<bool, Error> {
    let own = import_records::table.find((id.to_string(), resource_id));
    Ok(diesel::select(diesel::dsl::exists(own)).get_result(tx.conn())?)
}

struct Records;

impl FindingTable for Records {
    const INTO: &'static str = "import_records (import_id, resource_id)";
}

/// Notes what became of the rows of chunks of one pass, in the transaction of what they did; gives the import as it is then.
pub fn settle(tx: &mut WriteTx<'_>, import: &Import, chunks: &[Chunk], outcome: &Outcome) -> Result<Import, Error> {
    let id = import.id.to_string();
    for chunk in chunks {
        diesel::delete(import_chunks::table.find((&id, chunk.pass, chunk.line))).execute(tx.changing())?;
    }
    chunk::insert(tx, &id, import.pass.saturating_add(1), &outcome.waiting)?;
    insert_problems(tx, &id, &outcome.problems)?;
    for (line, removal) in &outcome.removals {
        diesel::insert_into(import_removals::table)
            .values((
                import_removals::import_id.eq(&id),
                import_removals::line.eq(line),
                import_removals::removal.eq(removal),
            ))
            .execute(tx.changing())?;
    }
    let failed = outcome.failed;
    let records = outcome.records.iter().map(|record| [id.clone(), record.clone()]);
    if let Some(rows) = FoundBy::rows::<Records>(records) {
        dialect::insert_found_by(tx.changing(), &rows)?;
    }
    let settled = outcome.created.saturating_add(outcome.updated).saturating_add(outcome.unchanged);
    diesel::update(imports::table.find(&id))
        .set((
            imports::created_count.eq(imports::created_count + outcome.created),
            imports::updated_count.eq(imports::updated_count + outcome.updated),
            imports::unchanged_count.eq(imports::unchanged_count + outcome.unchanged),
            imports::failed_count.eq(imports::failed_count + failed),
            imports::removing_count.eq(imports::removing_count + outcome.removing),
            imports::settled_in_pass.eq(imports::settled_in_pass + settled),
            imports::worker_until.eq(until(tx)),
        ))
        .execute(tx.changing())?;
    find(tx, import.id)
}

/// What comes after a pass of which no chunk is left: another with the rows that still wait, the last one where the pass entered nothing
/// that they may have waited for, or the end. Gives the import as it is then.
pub fn go_on(tx: &mut WriteTx<'_>, import: &Import) -> Result<Import, Error> {
    let id = import.id.to_string();
    let next = import.pass.saturating_add(1);
    let of_next = import_chunks::table.filter(import_chunks::import_id.eq(&id)).filter(import_chunks::pass.ge(next));
    if !diesel::select(diesel::dsl::exists(of_next)).get_result::<bool>(tx.conn())? {
        return finish(tx, import.id, ImportState::Done);
    }
    let settled: i64 = imports::table.find(&id).select(imports::settled_in_pass).first(tx.conn())?;
    let is_last = settled == 0 || next >= MAX_PASSES;
    diesel::update(imports::table.find(&id))
        .set((imports::pass.eq(next), imports::is_last_pass.eq(is_last), imports::settled_in_pass.eq(0)))
        .execute(tx.changing())?;
    find(tx, import.id)
}

/// Ends an import that cannot continue, and counts this number of rows as rejected. Rows that were entered stay.
pub fn fail(tx: &mut WriteTx<'_>, id: ImportId, failed: i64, problems: &[(i64, String)]) -> Result<Import, Error> {
    let key = id.to_string();
    insert_problems(tx, &key, problems)?;
    diesel::update(imports::table.find(&key))
        .set(imports::failed_count.eq(imports::failed_count + failed))
        .execute(tx.changing())?;
    finish(tx, id, ImportState::Failed)
}

/// Cancels an import. Rows that were entered stay, and the worker that has the import loses it.
///
/// # Errors
/// [`Error::State`] where it is over.
pub fn cancel(tx: &mut WriteTx<'_>, id: ImportId) -> Result<Import, Error> {
    let state = find(tx, id)?.state;
    let over = || Fault::new("state", FaultCode::Inconsistent, format!("the import is {state}: it has already ended"));
    refuse(Error::State, state.is_over().then(over).into_iter().collect())?;
    finish(tx, id, ImportState::Cancelled)
}

/// Puts the rows of a chunk into two, each of which is entered by itself.
pub fn divide(tx: &mut WriteTx<'_>, id: ImportId, chunk: &Chunk) -> Result<(), Error> {
    let id = id.to_string();
    diesel::delete(import_chunks::table.find((&id, chunk.pass, chunk.line))).execute(tx.changing())?;
    let (first, second) = chunk.rows.split_at_checked(chunk.rows.len().div_ceil(2)).unwrap_or((&chunk.rows, &[]));
    chunk::insert(tx, &id, chunk.pass, first)?;
    chunk::insert(tx, &id, chunk.pass, second)
}

/// The rows that wait go; which records the others were for is kept for as long as an answer to the import may be, where they may say
/// something about persons: see `idempotency::forget`.
fn finish(tx: &mut WriteTx<'_>, id: ImportId, state: ImportState) -> Result<Import, Error> {
    let key = id.to_string();
    let now = tx.stamp().now.naive_utc();
    diesel::delete(import_chunks::table.filter(import_chunks::import_id.eq(&key))).execute(tx.changing())?;
    let resource_type = find(tx, id)?.resource_type;
    if !object(resource_type.kind()).is_some_and(Object::has_personal) {
        diesel::delete(import_records::table.filter(import_records::import_id.eq(&key))).execute(tx.changing())?;
    }
    diesel::update(imports::table.find(&key))
        .set((
            imports::state.eq(state.as_str()),
            imports::finished_at.eq(now),
            imports::worker.eq(None::<String>),
            imports::worker_until.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.changing())?;
    let import = find(tx, id)?;
    entries::log_end(tx, &import)?;
    Ok(import)
}

/// Forgets an import whose rows did not all arrive.
pub fn abandon(tx: &mut WriteTx<'_>, id: ImportId) -> Result<(), Error> {
    if find(tx, id)?.state == ImportState::Receiving { discard(tx, id) } else { Ok(()) }
}

/// Forgets an import, such as one that was asked for before.
pub fn discard(tx: &mut WriteTx<'_>, id: ImportId) -> Result<(), Error> {
    remove(tx, &[id.to_string()])
}

/// Forgets imports that were over so long ago, and those that have not arrived within an hour: a file may take minutes.
pub fn tidy_up(tx: &mut WriteTx<'_>, kept: TimeDelta) -> Result<(), Error> {
    let now = tx.stamp().now;
    let before = |age: TimeDelta| now.checked_sub_signed(age).unwrap_or(DateTime::UNIX_EPOCH).naive_utc();
    let (over, stopped) = (before(kept), before(TimeDelta::hours(1)));
    let stuck = imports::state.eq(ImportState::Receiving.as_str()).and(imports::created_at.lt(stopped));
    let old = imports::finished_at.lt(over).assume_not_null();
    let found: Vec<String> = imports::table.filter(old.or(stuck)).select(imports::id).limit(100).load(tx.conn())?;
    remove(tx, &found)?;
    // No answer is kept any more that the records would be looked up for.
    let answered = before(TimeDelta::hours(idempotency::KEPT_HOURS));
    let with_records: Vec<String> =
        import_records::table.select(import_records::import_id).distinct().load(tx.conn())?;
    let over = imports::table.filter(imports::finished_at.lt(answered).assume_not_null());
    let over: Vec<String> = over.filter(imports::id.eq_any(with_records)).select(imports::id).load(tx.conn())?;
    diesel::delete(import_records::table.filter(import_records::import_id.eq_any(over))).execute(tx.changing())?;
    Ok(())
}

fn remove(tx: &mut WriteTx<'_>, ids: &[String]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::delete(import_chunks::table.filter(import_chunks::import_id.eq_any(ids))).execute(tx.changing())?;
    diesel::delete(import_records::table.filter(import_records::import_id.eq_any(ids))).execute(tx.changing())?;
    diesel::delete(import_problems::table.filter(import_problems::import_id.eq_any(ids))).execute(tx.changing())?;
    diesel::delete(import_removals::table.filter(import_removals::import_id.eq_any(ids))).execute(tx.changing())?;
    diesel::delete(imports::table.filter(imports::id.eq_any(ids))).execute(tx.changing())?;
    Ok(())
}

/// Keeps the first problems, at most one of each line, and that of the import as a whole.
fn insert_problems(tx: &mut WriteTx<'_>, id: &str, problems: &[(i64, String)]) -> Result<(), Error> {
    if problems.is_empty() {
        return Ok(());
    }
    let own = import_problems::table.filter(import_problems::import_id.eq(id)).select(import_problems::line);
    let mut told: HashSet<i64> = own.load(tx.conn())?.into_iter().collect();
    let most = usize::try_from(MAX_PROBLEMS).unwrap_or(usize::MAX);
    for (line, problem) in problems {
        if (*line != 0 && told.len() >= most) || !told.insert(*line) {
            continue;
        }
        diesel::insert_into(import_problems::table)
            .values((
                import_problems::import_id.eq(id),
                import_problems::line.eq(line),
                import_problems::problem.eq(problem),
            ))
            .execute(tx.changing())?;
    }
    Ok(())
}

/// Until when nobody else works at what is claimed or settled now.
fn until(tx: &WriteTx<'_>) -> NaiveDateTime {
    later(tx.stamp().now.naive_utc(), PATIENCE)
}

fn later(now: NaiveDateTime, by: TimeDelta) -> NaiveDateTime {
    now.checked_add_signed(by).unwrap_or(now)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = imports, treat_none_as_default_value = false)]
struct Row {
    id: String,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
    actor: String,
    role: String,
    department_ids: Option<String>,
    key_id: Option<String>,
    request_id: String,
    resource_type: String,
    mode: String,
    update_mode: String,
    validate_only: bool,
    state: String,
    pass: i64,
    is_last_pass: bool,
    settled_in_pass: i64,
    row_count: i64,
    created_count: i64,
    updated_count: i64,
    unchanged_count: i64,
    failed_count: i64,
    removing_count: i64,
    worker: Option<String>,
    worker_until: Option<NaiveDateTime>,
}

impl Row {
    fn into_import(self) -> Result<Import, Error> {
        let scope = match &self.department_ids {
            None => Scope::All,
            Some(own) => Scope::Departments(parsed_list("department_ids", own)?),
        };
        let access = Access {
            expires_at: None,
            role: parsed::<Role>("role", &self.role)?,
            scope,
            key_id: parsed_option("key_id", self.key_id.as_deref())?,
        };
        Ok(Import {
            id: parsed("id", &self.id)?,
            created_at: instant(self.created_at),
            finished_at: self.finished_at.map(instant),
            caller: Caller { name: self.actor, access: Some(access) },
            request_id: self.request_id,
            resource_type: parsed("resource_type", &self.resource_type)?,
            mode: parsed("mode", &self.mode)?,
            update: parsed("update_mode", &self.update_mode)?,
            validate_only: self.validate_only,
            state: parsed("state", &self.state)?,
            pass: self.pass,
            is_last_pass: self.is_last_pass,
            counts: Counts {
                rows: self.row_count,
                created: self.created_count,
                updated: self.updated_count,
                unchanged: self.unchanged_count,
                failed: self.failed_count,
                removing: self.removing_count,
            },
        })
    }
}
