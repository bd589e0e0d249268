//! Staff ballots in the database.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::DateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use domain::{
    BallotKind, BallotMode, BallotOption, BallotState, Checked, Correction, Declaration, DeclarationRules, DraftAccess,
    Ending, Fault, FaultCode, Held, KeyId, Kind, MutualId, Note, OptionCount, Organiser, Past, PublishedFigure, Record,
    Role, Round, Scrutineer, StaffBallot, StaffBallotId, Tally, Threshold,
};
use serde::{Deserialize, Serialize};

use crate::backend::conn::MultiBackend;
use crate::backend::fragment::Fragment;
use crate::backend::json::{
    checked, from_json, instant, parsed, parsed_option, parsed_sources, sources, text_option, to_json,
};
use crate::backend::schema::{endorsements, staff_ballots, tombstones};
use crate::error::{Conflict, Error};
use crate::log::entry_log::Action;
use crate::log::personal;
use crate::query::keyset::{self, KeyKind, Page, Slice, SortColumn, Values};
use crate::register::reference::{self, Reference};
use crate::register::tombstone::Confidants;
use crate::register::{document_form, endorsement, mutual, tombstone};
use crate::transaction::{Remark, next_version};
use crate::{Document, Documents, ReadTx, Representation, Span, Stored, WriteTx, key};

/// Which ballots a list holds: those that meet every condition given; several values of one condition mean any of them.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// About these mutuals.
    pub mutuals: Vec<MutualId>,
    /// Of these kinds.
    pub kinds: Vec<BallotKind>,
    /// Held by any of these.
    pub organisers: Vec<Organiser>,
    /// In these states.
    pub states: Vec<BallotState>,
    /// Held in these modes.
    pub modes: Vec<BallotMode>,
    /// Opened, as far as is known, within this span.
    pub opened: Span,
    /// Closed, as far as is known, within this span.
    pub closed: Span,
    /// Declared, as far as is known, within this span.
    pub declared: Span,
    /// With a turnout, which needs the papers returned and those entitled to be known; or without one.
    pub has_turnout: Option<bool>,
}

/// What ballots can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By the first day on which it may have closed.
    ClosedOn,
    /// By the first day on which it may have been declared.
    DeclaredOn,
    /// By the time of the last change.
    UpdatedAt,
    /// By id, which is the order of entry.
    Id,
}

/// The ballot with this id, for a caller who sees these drafts.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted; a draft that the caller doesn't see is not there and never was.
pub fn find(tx: &mut ReadTx<'_>, id: &StaffBallotId, sees: DraftAccess<'_>) -> Result<Record<StaffBallot>, Error> {
    let id = id.to_string();
    let query = staff_ballots::table.select(Row::as_select());
    match query.filter(staff_ballots::id.eq(&id)).filter(visible(sees)).first(tx.conn()).optional()? {
        Some(row) => row.into_record(),
        None => Err(tombstone::missing_to(tx, Kind::StaffBallot, id, sees)),
    }
}

/// The ballot with this id, if it is about this mutual.
pub(crate) fn on_mutual(
    tx: &mut ReadTx<'_>,
    id: StaffBallotId,
    mutual_id: MutualId,
) -> Result<Option<Record<StaffBallot>>, Error> {
    let on_mutual = staff_ballots::table.filter(staff_ballots::mutual_id.eq(mutual_id.to_string()));
    let found = on_mutual.filter(staff_ballots::id.eq(id.to_string())).select(Row::as_select());
    found.first(tx.conn()).optional()?.map(Row::into_record).transpose()
}

/// What there is to show of the staff ballot with this id to a caller who sees these drafts.
///
/// # Errors
/// As [`find`].
pub fn show(tx: &mut ReadTx<'_>, id: &StaffBallotId, sees: DraftAccess<'_>) -> Result<Representation, Error> {
    let query = staff_ballots::table.select((
        staff_ballots::id,
        staff_ballots::version,
        staff_ballots::updated_at,
        staff_ballots::document,
        staff_ballots::public_document,
        seen(sees),
    ));
    let found: Option<(String, i64, chrono::NaiveDateTime, String, Option<String>, bool)> =
        query.filter(staff_ballots::id.eq(id.to_string())).filter(visible(sees)).first(tx.conn()).optional()?;
    let Some((id, version, updated_at, document, public_document, all)) = found else {
        return Err(tombstone::missing_to(tx, Kind::StaffBallot, id.to_string(), sees));
    };
    let (document, reduced) = for_reader(document, public_document, all)?;
    Ok(Representation { id, version, updated_at: instant(updated_at), document, reduced })
}

/// Whether a caller who sees these drafts sees all that this ballot says, or said until it was deleted, in every version.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn is_confided(tx: &mut ReadTx<'_>, id: StaffBallotId, sees: DraftAccess<'_>) -> Result<bool, Error> {
    let id = id.to_string();
    let there = staff_ballots::table.filter(staff_ballots::id.eq(&id)).filter(seen(sees)).count();
    let deleted = tombstones::table.filter(tombstones::id.eq(&id)).filter(tombstone::seen(sees)).count();
    Ok(there.get_result::<i64>(tx.conn())? > 0 || deleted.get_result::<i64>(tx.conn())? > 0)
}

/// The document for a reader who sees all of the ballot or what the public sees, and whether that is less.
fn for_reader(document: String, public_document: Option<String>, all: bool) -> QueryResult<(String, bool)> {
    if all {
        return Ok((document, false));
    }
    let unwritten = || DieselError::DeserializationError("a ballot has no public document".into());
    let public = public_document.ok_or_else(unwritten)?;
    let reduced = public != document;
    Ok((public, reduced))
}

/// Whether the reader sees the ballot's draft, with the personal data in the ballot, as a condition on the table.
pub(crate) fn seen(sees: DraftAccess<'_>) -> Fragment {
    let sql = Fragment::default();
    match sees {
        DraftAccess::None | DraftAccess::Departments([]) => sql.sql("1 = 0"),
        DraftAccess::All => sql.sql("1 = 1"),
        DraftAccess::Appointments(key) => {
            sql.sql("COALESCE(staff_ballots.scrutineer_key_id = ").parameter(key.to_string()).sql(", 1 = 0)")
        }
        DraftAccess::Departments(own) => sql
            .sql("staff_ballots.mutual_id IN (SELECT mutuals.id FROM mutuals WHERE mutuals.department_id IN (")
            .parameters(own.iter().map(ToString::to_string))
            .sql("))"),
    }
}

/// Whether the reader may know of the ballot, as a condition on the table.
pub(crate) fn visible(sees: DraftAccess<'_>) -> Fragment {
    match sees {
        DraftAccess::All => Fragment::default().sql("1 = 1"),
        DraftAccess::None => Fragment::default().sql("staff_ballots.state <> 'draft'"),
        DraftAccess::Departments(_) | DraftAccess::Appointments(_) => {
            Fragment::default().sql("(staff_ballots.state <> 'draft' OR ").and(seen(sees)).sql(")")
        }
    }
}

/// A page of the ballots that a filter lets through, for a caller who sees these drafts.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the list.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter, page: &Page<Sort>, sees: DraftAccess<'_>) -> Result<Slice, Error> {
    type Found = (String, i64, String, Option<String>, bool, Option<String>);
    let dialect = tx.conn().dialect();
    let mut reduced = Vec::new();
    let mut slice = keyset::slice(page, page.sort.column(), dialect, |segment| {
        let query = filtered(filter).filter(visible(sees)).filter(segment.condition);
        let columns = (
            staff_ballots::id,
            staff_ballots::version,
            staff_ballots::document,
            staff_ballots::public_document,
            seen(sees),
            segment.key,
        );
        let rows: Vec<Found> = query.order(segment.order).limit(segment.limit).select(columns).load(tx.conn())?;
        let shown = |(id, version, document, public_document, all, key): Found| {
            let (document, is_reduced) = for_reader(document, public_document, all)?;
            reduced.push(is_reduced);
            Ok((id, version, document, key))
        };
        rows.into_iter().map(shown).collect()
    })?;
    slice.items.iter_mut().zip(reduced).for_each(|(item, reduced)| item.reduced = reduced);
    if page.count {
        slice.total = Some(filtered(filter).filter(visible(sees)).count().get_result(tx.conn())?);
    }
    Ok(slice)
}

/// Enters a ballot for a caller who sees these drafts.
///
/// # Errors
/// [`Error::Rule`] where a reference leads nowhere.
pub fn insert(
    tx: &mut WriteTx<'_>,
    id: StaffBallotId,
    ballot: StaffBallot,
    sees: DraftAccess<'_>,
) -> Result<Stored<StaffBallot>, Error> {
    let now = tx.stamp().now;
    let record = Record { id, version: 1, created_at: now, updated_at: now, content: ballot };
    check_references(tx, &record.content, sees)?;
    let (row, canonical) = Row::new(tx.documents(), &record);
    diesel::insert_into(staff_ballots::table).values(&row).execute(tx.changing())?;
    log(tx, Action::Create, &record, canonical, None)?;
    Ok(Stored { record: Arc::new(record), document: row.document })
}

/// Enters a ballot after the fact as what it came to be elsewhere, for a caller who sees these drafts.
///
/// # Errors
/// As [`insert`], and [`Error::Rule`] with all that it lacks to be declared.
pub fn insert_with_past(
    tx: &mut WriteTx<'_>,
    id: StaffBallotId,
    ballot: &StaffBallot,
    past: &Past,
    scrutineer_above: i64,
    sees: DraftAccess<'_>,
) -> Result<Stored<StaffBallot>, Error> {
    let rerun = past.ending.superseded_by_id;
    let unknown = reference::faults(tx, &rerun.map(superseding).into_iter().collect::<Vec<_>>(), sees)?;
    if !unknown.is_empty() {
        return Err(Error::Rule(unknown));
    }
    let rerun = rerun.map(|rerun| find(tx, &rerun, sees)).transpose()?;
    let rules = DeclarationRules { today: tx.today()?, scrutineer_above };
    insert(tx, id, ballot.with_past(id, past, rerun.as_ref(), &rules)?, sees)
}

/// Replaces what a draft says, for a caller who sees these drafts.
///
/// # Errors
/// [`Error::State`] where the ballot is no draft any more, and as [`insert`].
pub fn update(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    ballot: StaffBallot,
    sees: DraftAccess<'_>,
) -> Result<Stored<StaffBallot>, Error> {
    check_references(tx, &ballot, sees)?;
    check_endorsed(tx, current, ballot.mutual_id)?;
    change(tx, current, current.content.edit(ballot)?)
}

/// Declares the result of a draft.
///
/// # Errors
/// [`Error::State`] where it is no draft, [`Error::Rule`] with all that it lacks.
pub fn declare(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    declaration: &Declaration,
    scrutineer_above: i64,
) -> Result<Stored<StaffBallot>, Error> {
    let rules = DeclarationRules { today: tx.today()?, scrutineer_above };
    change(tx, current, current.content.declare(declaration, &rules)?)
}

/// Says of a declared ballot that it doesn't count.
///
/// # Errors
/// [`Error::State`] where it is not declared.
pub fn void(tx: &mut WriteTx<'_>, current: &Record<StaffBallot>, reason: Note) -> Result<Stored<StaffBallot>, Error> {
    change(tx, current, current.content.void(reason)?)
}

/// Says of a declared ballot, for a caller who sees these drafts, that a rerun took its place.
///
/// # Errors
/// [`Error::State`] where it is not declared, [`Error::Rule`] where the other is no declared rerun for the same mutual.
pub fn supersede(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    rerun: StaffBallotId,
    sees: DraftAccess<'_>,
) -> Result<Stored<StaffBallot>, Error> {
    let unknown = reference::faults(tx, &[superseding(rerun)], sees)?;
    if !unknown.is_empty() {
        return Err(Error::Rule(unknown));
    }
    let rerun = find(tx, &rerun, sees)?;
    change(tx, current, current.content.supersede(current.id, &rerun)?)
}

/// Gives a ballot that was declared the content that it should have had, and notes why.
///
/// # Errors
/// [`Error::State`] where it is a draft, [`Error::Rule`] where that is no content for it.
pub fn correct(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    content: StaffBallot,
    reason: Note,
    scrutineer_above: i64,
) -> Result<Stored<StaffBallot>, Error> {
    let rules = DeclarationRules { today: tx.today()?, scrutineer_above };
    let correction = Correction { corrected_at: tx.stamp().now, reason, version: next_version(current.version)? };
    change(tx, current, current.content.correct(content, correction, &rules)?)
}

/// The reference from a ballot to the rerun that took its place.
#[must_use]
pub fn superseding(rerun: StaffBallotId) -> Reference {
    Reference::new("superseded_by_id", Kind::StaffBallot, rerun)
}

/// Makes a key the ballot's scrutineer.
///
/// # Errors
/// [`Error::Rule`] where the key is not there, has another role or doesn't work any more.
pub fn appoint(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    key_id: KeyId,
) -> Result<Stored<StaffBallot>, Error> {
    const FIELD: &str = "key_id";
    reference::check(tx, &[Reference::new(FIELD, Kind::Key, key_id)])?;
    let stored = key::find(tx, key_id)?;
    let now = tx.stamp().now;
    if stored.key.role != Role::Scrutineer || stored.revoked_at.is_some() || stored.expires_at <= now {
        let said = "expected a key with the role `scrutineer` that is valid now";
        return Err(Error::Rule(vec![Fault::new(FIELD, FaultCode::Inconsistent, said)]));
    }
    change(tx, current, StaffBallot { scrutineer_key_id: Some(key_id), ..current.content.clone() })
}

/// Deletes a ballot, and forgets what kept answers and the log's commitments say of persons in it.
///
/// # Errors
/// [`Error::Conflict`] naming the ballots that it superseded and the endorsements that rest on it.
pub fn delete(tx: &mut WriteTx<'_>, current: &Record<StaffBallot>) -> Result<(), Error> {
    let id = current.id.to_string();
    let conflicts = dependents(tx, &id)?;
    if !conflicts.is_empty() {
        return Err(Error::Conflict(conflicts));
    }
    diesel::delete(staff_ballots::table.find(&id)).execute(tx.changing())?;
    let confidants = Confidants {
        restricted: is_restricted(&current.content),
        department_id: text_option(mutual::department_of(tx, current.content.mutual_id)?.flatten().as_ref()),
        scrutineer_key_id: text_option(current.content.scrutineer_key_id.as_ref()),
    };
    tombstone::insert_for(tx, Kind::StaffBallot, &id, None, &confidants)?;
    personal::forget(tx, Kind::StaffBallot, &id)?;
    let remark = Remark { restricted: is_restricted(&current.content), reason: None };
    tx.log_with(Action::Delete, Kind::StaffBallot, id, next_version(current.version)?, None, remark);
    Ok(())
}

/// Takes the personal data out of a ballot, out of what the log's commitments stand for, and out of the kept answers about it. Gives
/// how many values the log no longer knows.
///
/// Somebody watched over the ballot all the same: where no organisation is named, a word stands for the person.
///
/// # Errors
/// As [`find`].
pub fn erase(tx: &mut WriteTx<'_>, id: &StaffBallotId, reason: &str) -> Result<usize, Error> {
    let current = find(tx, id, DraftAccess::All)?;
    let mut ballot = current.content.clone();
    if let Some(scrutineer) = ballot.scrutineer.take().map(Checked::into_inner) {
        let in_place = if scrutineer.organisation.is_some() { None } else { Some(parsed("scrutineer", ERASED)?) };
        ballot.scrutineer = Some(checked("scrutineer", Scrutineer { name: in_place, ..scrutineer })?);
    }
    let record =
        Record { version: next_version(current.version)?, updated_at: tx.stamp().now, content: ballot, ..current };
    let (row, canonical) = Row::new(tx.documents(), &record);
    diesel::update(staff_ballots::table.find(&row.id)).set(&row).execute(tx.changing())?;
    let forgotten = personal::forget(tx, Kind::StaffBallot, &row.id)?;
    log(tx, Action::Erase, &record, canonical, Some(reason.to_owned()))?;
    Ok(forgotten)
}

/// Writes a ballot as it is to be from now on, and what endorsements say that rest on it.
fn change(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    content: StaffBallot,
) -> Result<Stored<StaffBallot>, Error> {
    let record = Record {
        id: current.id,
        version: next_version(current.version)?,
        created_at: current.created_at,
        updated_at: tx.stamp().now,
        content,
    };
    let (row, canonical) = Row::new(tx.documents(), &record);
    diesel::update(staff_ballots::table.find(&row.id)).set(&row).execute(tx.changing())?;
    log(tx, Action::Update, &record, canonical, None)?;
    endorsement::follow_ballot(tx, &record)?;
    Ok(Stored { record: Arc::new(record), document: row.document })
}

/// Refuses a ballot that is about no mutual, or gave way to none.
fn check_references(tx: &mut ReadTx<'_>, ballot: &StaffBallot, sees: DraftAccess<'_>) -> Result<(), Error> {
    let mutual = Reference::new("mutual_id", Kind::Mutual, ballot.mutual_id);
    let rerun = ballot.ending.superseded_by_id.map(superseding);
    let references: Vec<Reference> = [mutual].into_iter().chain(rerun).collect();
    let faults = reference::faults(tx, &references, sees)?;
    if faults.is_empty() { Ok(()) } else { Err(Error::Rule(faults)) }
}

/// Refuses to take a ballot away from a mutual whose endorsements rest on it.
fn check_endorsed(tx: &mut ReadTx<'_>, current: &Record<StaffBallot>, mutual_id: MutualId) -> Result<(), Error> {
    let endorsed = endorsements::table
        .filter(endorsements::staff_ballot_id.eq(current.id.to_string()))
        .filter(endorsements::mutual_id.ne(mutual_id.to_string()));
    if diesel::select(exists(endorsed)).get_result(tx.conn())? {
        let said = "an endorsement of another mutual rests on this ballot: expected that mutual, or delete the endorsement first";
        return Err(Error::Rule(vec![Fault::new("mutual_id", FaultCode::Inconsistent, said)]));
    }
    Ok(())
}

/// What stands for a name that was erased.
const ERASED: &str = "[erased]";

/// Whether not everybody sees the ballot.
fn is_restricted(ballot: &StaffBallot) -> bool {
    ballot.ending.state == BallotState::Draft
}

fn dependents(tx: &mut ReadTx<'_>, id: &str) -> Result<Vec<Conflict>, Error> {
    let superseded: Vec<(String, String)> = staff_ballots::table
        .filter(staff_ballots::superseded_by_id.eq(id))
        .select((staff_ballots::id, staff_ballots::kind))
        .order(staff_ballots::id)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    let endorsements: Vec<(String, String)> = endorsements::table
        .filter(endorsements::staff_ballot_id.eq(id))
        .select((endorsements::id, endorsements::constituency))
        .order(endorsements::id)
        .limit(Conflict::NAMED_DEPENDENTS)
        .load(tx.conn())?;
    Ok(Conflict::dependents([(Kind::StaffBallot, superseded), (Kind::Endorsement, endorsements)]))
}

fn filtered(filter: &Filter) -> staff_ballots::BoxedQuery<'static, MultiBackend> {
    let mut query = staff_ballots::table.into_boxed();
    if !filter.mutuals.is_empty() {
        let wanted: Vec<_> = filter.mutuals.iter().map(ToString::to_string).collect();
        query = query.filter(staff_ballots::mutual_id.eq_any(wanted));
    }
    if !filter.kinds.is_empty() {
        let wanted: Vec<_> = filter.kinds.iter().map(|kind| kind.as_str()).collect();
        query = query.filter(staff_ballots::kind.eq_any(wanted));
    }
    if !filter.organisers.is_empty() {
        let wanted: Vec<_> = filter.organisers.iter().map(|organiser| organiser.as_str()).collect();
        query = query.filter(staff_ballots::organiser.eq_any(wanted));
    }
    if !filter.states.is_empty() {
        let wanted: Vec<_> = filter.states.iter().map(|state| state.as_str()).collect();
        query = query.filter(staff_ballots::state.eq_any(wanted));
    }
    if !filter.modes.is_empty() {
        let wanted: Vec<_> = filter.modes.iter().map(|mode| mode.as_str()).collect();
        query = query.filter(staff_ballots::mode.eq_any(wanted));
    }
    let spans = [
        filter.opened.condition("staff_ballots.opened_on"),
        filter.closed.condition("staff_ballots.closed_on"),
        filter.declared.condition("staff_ballots.declared_on"),
    ];
    let turnout = filter.has_turnout.map(|wanted| {
        let not = if wanted { "" } else { "NOT " };
        let known = "(staff_ballots.returned IS NOT NULL AND staff_ballots.roll_size IS NOT NULL)";
        Fragment::default().sql(format!("{not}{known}"))
    });
    for condition in spans.into_iter().chain([turnout]).flatten() {
        query = query.filter(condition);
    }
    query
}

impl Sort {
    fn column(self) -> SortColumn {
        let (name, values, kind) = match self {
            Self::ClosedOn => ("staff_ballots.closed_on", Values::Optional, KeyKind::Text),
            Self::DeclaredOn => ("staff_ballots.declared_on", Values::Optional, KeyKind::Text),
            Self::UpdatedAt => ("staff_ballots.updated_at", Values::Shared, KeyKind::Instant),
            Self::Id => ("staff_ballots.id", Values::Unique, KeyKind::Text),
        };
        SortColumn { name, id: "staff_ballots.id", values, kind, found_first: false }
    }
}

/// All of a mutual's, in the order of entry.
pub(crate) fn of_mutual(tx: &mut ReadTx<'_>, mutual_id: MutualId) -> Result<Vec<Record<StaffBallot>>, Error> {
    let of_mutual =
        staff_ballots::table.filter(staff_ballots::mutual_id.eq(mutual_id.to_string())).order(staff_ballots::id);
    let rows: Vec<Row> = of_mutual.select(Row::as_select()).load(tx.conn())?;
    rows.into_iter().map(Row::into_record).collect()
}

pub(crate) fn rewrite_documents(tx: &mut WriteTx<'_>, after: &str) -> Result<Option<String>, Error> {
    let next = staff_ballots::table
        .filter(staff_ballots::id.gt(after))
        .order(staff_ballots::id)
        .limit(document_form::AT_A_TIME);
    let rows: Vec<Row> = next.select(Row::as_select()).load(tx.conn())?;
    let last = rows.last().map(|row| row.id.clone());
    for row in rows {
        let (id, stored) = (row.id.clone(), (row.document.clone(), row.public_document.clone()));
        let (anew, _) = Row::new(tx.documents(), &row.into_record()?);
        let written = (anew.document, anew.public_document);
        if written != stored {
            let (document, public_document) = written;
            diesel::update(staff_ballots::table.find(id))
                .set((staff_ballots::document.eq(document), staff_ballots::public_document.eq(public_document)))
                .execute(tx.changing())?;
        }
    }
    Ok(last)
}

fn log(
    tx: &mut WriteTx<'_>,
    action: Action,
    record: &Record<StaffBallot>,
    document: String,
    reason: Option<String>,
) -> Result<(), Error> {
    let id = record.id.to_string();
    let after = personal::commit(tx, Kind::StaffBallot, &id, document)?;
    let remark = Remark { restricted: is_restricted(&record.content), reason };
    tx.log_with(action, Kind::StaffBallot, id, record.version, Some(after), remark);
    Ok(())
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = staff_ballots, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    version: i64,
    created_at: chrono::NaiveDateTime,
    updated_at: chrono::NaiveDateTime,
    mutual_id: String,
    kind: String,
    organiser: Option<String>,
    question: Option<String>,
    method: Option<String>,
    mode: String,
    state: String,
    options: String,
    roll_size: Option<i64>,
    papers_issued: Option<i64>,
    returned: Option<i64>,
    spoiled: Option<i64>,
    counts: String,
    counts_complete: bool,
    later_rounds: String,
    opened_on: Option<String>,
    closed_on: Option<String>,
    declared_on: Option<String>,
    thresholds: String,
    scrutineer: Option<String>,
    published_figures: String,
    void_reason: Option<String>,
    superseded_by_id: Option<String>,
    sources: String,
    document: String,
    scrutineer_key_id: Option<String>,
    public_document: Option<String>,
    corrections: String,
}

impl Row {
    fn into_record(self) -> Result<Record<StaffBallot>, Error> {
        let content = StaffBallot {
            mutual_id: parsed("mutual_id", &self.mutual_id)?,
            kind: parsed("kind", &self.kind)?,
            organiser: parsed_option("organiser", self.organiser.as_deref())?,
            question: parsed_option("question", self.question.as_deref())?,
            mode: parsed("mode", &self.mode)?,
            held: checked("opened_on, closed_on, declared_on", self.held()?)?,
            tally: checked("the options and counts", self.tally()?)?,
            scrutineer: self.scrutineer()?,
            scrutineer_key_id: parsed_option("scrutineer_key_id", self.scrutineer_key_id.as_deref())?,
            ending: checked("state, void_reason, superseded_by_id", self.ending()?)?,
            corrections: parsed_items("corrections", &self.corrections, StoredCorrection::parsed)?,
            sources: parsed_sources(&self.sources)?,
        };
        Ok(Record {
            id: parsed("id", &self.id)?,
            version: self.version,
            created_at: instant(self.created_at),
            updated_at: instant(self.updated_at),
            content,
        })
    }

    fn held(&self) -> Result<Held, Error> {
        Ok(Held {
            opened_on: parsed_option("opened_on", self.opened_on.as_deref())?,
            closed_on: parsed_option("closed_on", self.closed_on.as_deref())?,
            declared_on: parsed_option("declared_on", self.declared_on.as_deref())?,
        })
    }

    fn tally(&self) -> Result<Tally, Error> {
        Ok(Tally {
            method: parsed_option("method", self.method.as_deref())?,
            options: parsed_items("options", &self.options, StoredOption::parsed)?,
            roll_size: self.roll_size,
            papers_issued: self.papers_issued,
            returned: self.returned,
            spoiled: self.spoiled,
            counts: parsed_items("counts", &self.counts, StoredCount::parsed)?,
            counts_complete: self.counts_complete,
            later_rounds: parsed_items("later_rounds", &self.later_rounds, StoredRound::parsed)?,
            thresholds: parsed_items("thresholds", &self.thresholds, StoredThreshold::parsed)?,
            published_figures: parsed_items("published_figures", &self.published_figures, StoredFigure::parsed)?,
        })
    }

    fn scrutineer(&self) -> Result<Option<Checked<Scrutineer>>, Error> {
        let Some(raw) = &self.scrutineer else { return Ok(None) };
        let stored: StoredScrutineer<'_> = from_json("scrutineer", raw)?;
        checked("scrutineer", stored.parsed()?).map(Some)
    }

    fn ending(&self) -> Result<Ending, Error> {
        Ok(Ending {
            state: parsed("state", &self.state)?,
            void_reason: parsed_option("void_reason", self.void_reason.as_deref())?,
            superseded_by_id: parsed_option("superseded_by_id", self.superseded_by_id.as_deref())?,
        })
    }
}

impl Row {
    /// The row of a record, and the record as the log keeps it.
    fn new(documents: &dyn Documents, record: &Record<StaffBallot>) -> (Self, String) {
        let Document { shown, canonical } = documents.staff_ballot(record);
        let ballot = &record.content;
        let tally = &ballot.tally;
        let row = Self {
            id: record.id.to_string(),
            version: record.version,
            created_at: record.created_at.naive_utc(),
            updated_at: record.updated_at.naive_utc(),
            mutual_id: ballot.mutual_id.to_string(),
            kind: ballot.kind.to_string(),
            organiser: text_option(ballot.organiser.as_ref()),
            question: text_option(ballot.question.as_ref()),
            method: text_option(tally.method.as_ref()),
            mode: ballot.mode.to_string(),
            state: ballot.ending.state.to_string(),
            options: items(&tally.options, StoredOption::from),
            roll_size: tally.roll_size,
            papers_issued: tally.papers_issued,
            returned: tally.returned,
            spoiled: tally.spoiled,
            counts: items(&tally.counts, StoredCount::from),
            counts_complete: tally.counts_complete,
            later_rounds: items(&tally.later_rounds, StoredRound::from),
            opened_on: text_option(ballot.held.opened_on.as_ref()),
            closed_on: text_option(ballot.held.closed_on.as_ref()),
            declared_on: text_option(ballot.held.declared_on.as_ref()),
            thresholds: items(&tally.thresholds, StoredThreshold::from),
            scrutineer: ballot.scrutineer.as_deref().map(|scrutineer| to_json(&StoredScrutineer::from(scrutineer))),
            published_figures: items(&tally.published_figures, StoredFigure::from),
            void_reason: text_option(ballot.ending.void_reason.as_ref()),
            superseded_by_id: text_option(ballot.ending.superseded_by_id.as_ref()),
            sources: sources(&ballot.sources),
            document: shown,
            scrutineer_key_id: text_option(ballot.scrutineer_key_id.as_ref()),
            public_document: Some(documents.public_staff_ballot(record)),
            corrections: items(&ballot.corrections, StoredCorrection::from),
        };
        (row, canonical)
    }
}

/// A list as a JSON array of objects.
fn items<'t, T, S: Serialize>(list: &'t [T], stored: impl Fn(&'t T) -> S) -> String {
    to_json(&list.iter().map(stored).collect::<Vec<_>>())
}

/// A list from a JSON array of objects.
fn parsed_items<'j, S: Deserialize<'j>, T>(
    column: &str,
    raw: &'j str,
    parsed: impl Fn(&S) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    from_json::<Vec<S>>(column, raw)?.iter().map(parsed).collect()
}

// Keys, words and figures hold nothing that JSON escapes, so that they are read where they stand.

#[derive(Serialize, Deserialize)]
struct StoredOption<'s> {
    key: &'s str,
    #[serde(borrow)]
    label: Cow<'s, str>,
    effect: &'s str,
}

impl<'s> From<&'s BallotOption> for StoredOption<'s> {
    fn from(option: &'s BallotOption) -> Self {
        Self { key: option.key.as_str(), label: option.label.as_str().into(), effect: option.effect.as_str() }
    }
}

impl StoredOption<'_> {
    fn parsed(&self) -> Result<BallotOption, Error> {
        Ok(BallotOption {
            key: parsed("options", self.key)?,
            label: parsed("options", &self.label)?,
            effect: parsed("options", self.effect)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredCount<'s> {
    option: &'s str,
    votes: i64,
}

impl<'s> From<&'s OptionCount> for StoredCount<'s> {
    fn from(count: &'s OptionCount) -> Self {
        Self { option: count.option.as_str(), votes: count.votes }
    }
}

impl StoredCount<'_> {
    fn parsed(&self) -> Result<OptionCount, Error> {
        Ok(OptionCount { option: parsed("counts", self.option)?, votes: self.votes })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredRound<'s> {
    #[serde(borrow)]
    counts: Vec<StoredCount<'s>>,
}

impl<'s> From<&'s Round> for StoredRound<'s> {
    fn from(round: &'s Round) -> Self {
        Self { counts: round.counts.iter().map(StoredCount::from).collect() }
    }
}

impl StoredRound<'_> {
    fn parsed(&self) -> Result<Round, Error> {
        Ok(Round { counts: self.counts.iter().map(StoredCount::parsed).collect::<Result<_, _>>()? })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredThreshold<'s> {
    basis: &'s str,
    #[serde(borrow)]
    percent: Cow<'s, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    option: Option<&'s str>,
}

impl<'s> From<&'s Threshold> for StoredThreshold<'s> {
    fn from(threshold: &'s Threshold) -> Self {
        Self {
            basis: threshold.basis.as_str(),
            percent: threshold.percent.to_string().into(),
            option: threshold.option.as_ref().map(|option| option.as_str()),
        }
    }
}

impl StoredThreshold<'_> {
    fn parsed(&self) -> Result<Threshold, Error> {
        Ok(Threshold {
            basis: parsed("thresholds", self.basis)?,
            percent: parsed("thresholds", &self.percent)?,
            option: parsed_option("thresholds", self.option)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredFigure<'s> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    option: Option<&'s str>,
    percent: &'s str,
    basis: &'s str,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    source_url: Option<Cow<'s, str>>,
}

impl<'s> From<&'s PublishedFigure> for StoredFigure<'s> {
    fn from(figure: &'s PublishedFigure) -> Self {
        Self {
            option: figure.option.as_ref().map(|option| option.as_str()),
            percent: figure.percent.as_str(),
            basis: figure.basis.as_str(),
            source_url: figure.source_url.as_ref().map(|url| url.as_str().into()),
        }
    }
}

impl StoredFigure<'_> {
    fn parsed(&self) -> Result<PublishedFigure, Error> {
        Ok(PublishedFigure {
            option: parsed_option("published_figures", self.option)?,
            percent: parsed("published_figures", self.percent)?,
            basis: parsed("published_figures", self.basis)?,
            source_url: parsed_option("published_figures", self.source_url.as_deref())?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredCorrection<'s> {
    /// Microseconds since 1970.
    corrected_at: i64,
    #[serde(borrow)]
    reason: Cow<'s, str>,
    version: i64,
}

impl<'s> From<&'s Correction> for StoredCorrection<'s> {
    fn from(correction: &'s Correction) -> Self {
        Self {
            corrected_at: correction.corrected_at.timestamp_micros(),
            reason: correction.reason.as_str().into(),
            version: correction.version,
        }
    }
}

impl StoredCorrection<'_> {
    fn parsed(&self) -> Result<Correction, Error> {
        let unreadable = || Error::Internal(format!("a correction at {} µs is at no time", self.corrected_at));
        Ok(Correction {
            corrected_at: DateTime::from_timestamp_micros(self.corrected_at).ok_or_else(unreadable)?,
            reason: parsed("corrections", &self.reason)?,
            version: self.version,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredScrutineer<'s> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'s, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    organisation: Option<Cow<'s, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    appointed_on: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    report_url: Option<Cow<'s, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    satisfied: Option<bool>,
}

impl<'s> From<&'s Scrutineer> for StoredScrutineer<'s> {
    fn from(scrutineer: &'s Scrutineer) -> Self {
        Self {
            name: scrutineer.name.as_ref().map(|name| name.as_str().into()),
            organisation: scrutineer.organisation.as_ref().map(|name| name.as_str().into()),
            appointed_on: text_option(scrutineer.appointed_on.as_ref()),
            report_url: scrutineer.report_url.as_ref().map(|url| url.as_str().into()),
            satisfied: scrutineer.satisfied,
        }
    }
}

impl StoredScrutineer<'_> {
    fn parsed(&self) -> Result<Scrutineer, Error> {
        Ok(Scrutineer {
            name: parsed_option("scrutineer", self.name.as_deref())?,
            organisation: parsed_option("scrutineer", self.organisation.as_deref())?,
            appointed_on: parsed_option("scrutineer", self.appointed_on.as_deref())?,
            report_url: parsed_option("scrutineer", self.report_url.as_deref())?,
            satisfied: self.satisfied,
        })
    }
}
