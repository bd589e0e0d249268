//! Staff ballots in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use document::register::StaffBallotFilter;
use document::value::texts;
use document::{Documented, Member, Reference, Wire};
use domain::ballot_protocol::Side;
use domain::{
    BallotState, Checked, Correction, Declaration, DeclarationRules, DraftAccess, Fault, FaultCode, KeyId, Kind,
    MutualId, Note, Organiser, Past, Record, Reporting, Role, Scrutineer, StaffBallot, StaffBallotId,
};

use crate::backend::column::Column;
use crate::backend::fragment::{Fragment, all_of, any_of};
use crate::backend::json::{parsed, text_option};
use crate::backend::schema::staff_ballots;
use crate::error::{Conflict, Error, refuse};
use crate::log::entry::Action;
use crate::log::personal;
use crate::query::keyset::{KeyKind, Listing, Page, Slice, SortKey, Sorted, Values};
use crate::query::record_filter::RecordFilter;
use crate::query::span;
use crate::register::record::{self, Columns, StoredKind, Writing};
use crate::register::root::{StoredRecord, StoredRoot};
use crate::register::tombstone::Confidants;
use crate::register::visibility::{seen, visible};
use crate::register::{ballot_list, endorsement, mutual, reference, tombstone};
use crate::transaction::{Remark, next_version};
use crate::{ReadTx, Representation, Stored, WriteTx, key};

impl Sorted for StaffBallot {
    const NAME: &'static str = "StaffBallotSort";
    const MEMBERS: &'static [Member] = <<Self as Documented>::Document as Wire>::OBJECT.members;
    const KEYS: &'static [SortKey] = &[
        SortKey::ID,
        SortKey::new("closed_on", Values::Optional, KeyKind::Text),
        SortKey::new("declared_on", Values::Optional, KeyKind::Text),
        SortKey::UPDATED_AT,
    ];
}

impl StoredKind for StaffBallot {
    const COLUMNS: Columns<Self> = &[
        ("mutual_id", |ballot| Column::text(ballot.mutual_id)),
        ("kind", |ballot| Column::word(ballot.kind.as_str())),
        ("organiser", |ballot| Column::word_option(ballot.organiser.map(Organiser::as_str))),
        ("mode", |ballot| Column::word(ballot.mode.as_str())),
        ("state", |ballot| Column::word(ballot.ending.state.as_str())),
        ("roll_size", |ballot| Column::Integer(ballot.tally.roll_size)),
        ("returned", |ballot| Column::Integer(ballot.tally.returned)),
        ("opened_on", |ballot| Column::text_option(ballot.held.opened_on.as_ref())),
        ("closed_on", |ballot| Column::text_option(ballot.held.closed_on.as_ref())),
        ("declared_on", |ballot| Column::text_option(ballot.held.declared_on.as_ref())),
        ("superseded_by_id", |ballot| Column::text_option(ballot.ending.superseded_by_id.as_ref())),
        ("scrutineer_key_id", |ballot| Column::text_option(ballot.scrutineer_key_id.as_ref())),
        ("issuer_b_key_id", |ballot| Column::text_option(ballot.issuer_key(Side::B).as_ref())),
    ];
}

impl StoredRecord for StaffBallot {
    type Name = StaffBallotId;

    fn find(tx: &mut ReadTx<'_>, id: &StaffBallotId, sees: DraftAccess<'_>) -> Result<Record<Self>, Error> {
        let condition = Fragment::default().sql("staff_ballots.id = ").parameter(id.to_string()).sql(" AND ");
        let found = record::find_where(tx, condition.and(visible(sees)))?;
        found.ok_or_else(|| tombstone::missing_to(tx, Kind::StaffBallot, id.to_string(), sees))
    }

    fn represent(tx: &mut ReadTx<'_>, id: &StaffBallotId, sees: DraftAccess<'_>) -> Result<Representation, Error> {
        let this = Fragment::default().sql("staff_ballots.id = ").parameter(id.to_string());
        match listing(this, sees).one(tx)? {
            Some(shown) => Ok(shown),
            None => Err(tombstone::missing_to(tx, Kind::StaffBallot, id.to_string(), sees)),
        }
    }

    fn is_fully_shown(tx: &mut ReadTx<'_>, id: StaffBallotId, sees: DraftAccess<'_>) -> Result<bool, Error> {
        let key = id.to_string();
        if record::find::<Self>(tx, id)?.is_none() {
            return Err(tombstone::missing_to(tx, Kind::StaffBallot, key, sees));
        }
        let there = staff_ballots::table.filter(staff_ballots::id.eq(&key)).filter(seen(sees)).count();
        Ok(there.get_result::<i64>(tx.conn())? > 0)
    }

    /// What was declared takes no edit, not even one that changes nothing.
    fn unchanged(tx: &mut ReadTx<'_>, current: &Record<Self>) -> Result<Stored<Self>, Error> {
        current.content.require_editable()?;
        record::unchanged(tx, current)
    }

    /// Replaces what a draft says.
    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        ballot: Self,
        sees: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        check_references(tx, &ballot, sees)?;
        check_endorsed(tx, current, ballot.mutual_id)?;
        let edited = current.content.edit(ballot, &tx.stamp().actor)?;
        change(tx, current, edited)
    }

    /// Forgets what kept answers and the log's commitments say of persons in it.
    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error> {
        let id = current.id.to_string();
        current.content.require_deletable()?;
        refuse(Error::Conflict, dependents(tx, &id)?)?;
        ballot_list::remove_all(tx, current.id)?;
        let confidants = Confidants {
            restricted: is_restricted(&current.content),
            department_id: text_option(mutual::department_of(tx, current.content.mutual_id)?.flatten().as_ref()),
            scrutineer_key_id: text_option(current.content.scrutineer_key_id.as_ref()),
        };
        record::delete(tx, current, None, &confidants)?;
        personal::forget(tx, &personal_members(), &id).map(drop)
    }
}

impl StoredRoot for StaffBallot {
    type Filter = StaffBallotFilter;
    type Prepared = (StaffBallotId, Self);

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &StaffBallotFilter,
        records: &RecordFilter,
        page: &Page,
        sees: DraftAccess<'_>,
    ) -> Result<Slice, Error> {
        let own = condition(tx, filter)?;
        let condition = all_of([Some(own), records.condition(Kind::StaffBallot, tx.conn().dialect())]);
        listing(condition, sees).page(tx, page, page.sort)
    }

    fn prepare(id: StaffBallotId, _: DateTime<Utc>, ballot: Self) -> Self::Prepared {
        (id, ballot)
    }

    fn content((_, content): &Self::Prepared) -> &Self {
        content
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        (id, ballot): &Self::Prepared,
        sees: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        ballot.require_draft()?;
        check_references(tx, ballot, sees)?;
        let remark = Remark { restricted: is_restricted(ballot), ..Remark::default() };
        let duties = ballot.duties.clone().entered(&tx.stamp().actor);
        let ballot = Self { duties, ..ballot.clone() };
        Writing::new(record::entered(tx, *id, ballot)).insert(tx, &[], remark)
    }
}

/// The ballots that meet a condition, as far as a caller who sees these drafts may know of them.
fn listing(condition: Fragment, sees: DraftAccess<'_>) -> Listing {
    let condition = condition.sql(" AND ").and(visible(sees));
    Listing::for_reader::<StaffBallot>(condition, seen(sees))
}

/// Enters a ballot after the fact as what it came to be elsewhere, for a caller who sees these drafts.
///
/// # Errors
/// As [`StoredRoot::insert`], and [`Error::Rule`] with all that it lacks to be declared.
pub fn insert_with_past(
    tx: &mut WriteTx<'_>,
    id: StaffBallotId,
    ballot: &StaffBallot,
    past: &Past,
    scrutineer_above: i64,
    sees: DraftAccess<'_>,
) -> Result<Stored<StaffBallot>, Error> {
    let rerun = past.ending.superseded_by_id;
    refuse(Error::Rule, reference::faults(tx, rerun.map(superseding).as_slice(), sees)?)?;
    let rerun = rerun.map(|rerun| StaffBallot::find(tx, &rerun, sees)).transpose()?;
    let rules = DeclarationRules { today: tx.today()?, scrutineer_above };
    StaffBallot::insert(tx, &(id, ballot.with_past(id, past, rerun.as_ref(), &rules)?), sees)
}

/// Declares the result of a draft.
///
/// # Errors
/// [`Error::State`] where it is no draft, [`Error::NotPermitted`] where the caller entered its counts, [`Error::Rule`] with all that it
/// lacks.
pub fn declare(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    declaration: &Declaration,
    scrutineer_above: i64,
) -> Result<Stored<StaffBallot>, Error> {
    let rules = DeclarationRules { today: tx.today()?, scrutineer_above };
    let declared = current.content.declare(declaration, &tx.stamp().actor, &rules)?;
    change(tx, current, declared)
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
    refuse(Error::Rule, reference::faults(tx, &[superseding(rerun)], sees)?)?;
    let rerun = StaffBallot::find(tx, &rerun, sees)?;
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
    if current.content.hosting.is_some() {
        let said = "the scrutineer of a ballot of mode `hosted` is its issuer `a`, who is appointed in the draft with PUT …/issuers/a";
        return Err(Error::State(vec![Fault::new("mode", FaultCode::Inconsistent, said)]));
    }
    require_scrutineer_key(tx, key_id)?;
    if current.content.scrutineer_key_id == Some(key_id) {
        return record::unchanged(tx, current);
    }
    change(tx, current, StaffBallot { scrutineer_key_id: Some(key_id), ..current.content.clone() })
}

/// Refuses a key that no scrutineer can use now.
pub(crate) fn require_scrutineer_key(tx: &mut WriteTx<'_>, key_id: KeyId) -> Result<(), Error> {
    const FIELD: &str = "key_id";
    reference::check(tx, &[Reference::new(FIELD, Kind::Key, key_id)])?;
    let stored = key::find(tx, key_id)?;
    let now = tx.stamp().now;
    if stored.role != Role::Scrutineer || stored.revoked_at.is_some() || stored.expires_at <= now {
        let said = "expected a key with the role `scrutineer` that is valid now";
        return Err(Error::Rule(vec![Fault::new(FIELD, FaultCode::Inconsistent, said)]));
    }
    Ok(())
}

/// Leaves the ballot without a key that is its scrutineer.
///
/// # Errors
/// Where the database does not answer.
pub fn withdraw(tx: &mut WriteTx<'_>, current: &Record<StaffBallot>) -> Result<(), Error> {
    if current.content.hosting.is_some() {
        let said = "the scrutineer of a ballot of mode `hosted` is its issuer `a`: in a draft, another is appointed with PUT …/issuers/a";
        return Err(Error::State(vec![Fault::new("mode", FaultCode::Inconsistent, said)]));
    }
    change(tx, current, StaffBallot { scrutineer_key_id: None, ..current.content.clone() }).map(drop)
}

/// Writes what the ballot's scrutineer reports, who is the caller.
///
/// # Errors
/// [`Error::State`] where the ballot takes no report, [`Error::Rule`] where a correction lacks its reason.
pub fn report(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    reporting: &Reporting,
) -> Result<Stored<StaffBallot>, Error> {
    let written = (tx.stamp().now, next_version(current.version)?);
    let reported = current.content.report(reporting, &tx.stamp().actor, written)?;
    if reported == current.content {
        return record::unchanged(tx, current);
    }
    change(tx, current, reported)
}

/// Takes the personal data out of a ballot, out of what the log's commitments stand for, and out of the kept answers about it. Gives
/// how many values the log no longer knows.
///
/// Somebody watched over the ballot all the same: where no organisation is named, a word stands for the person.
///
/// # Errors
/// As [`StoredRecord::find`].
pub fn erase(tx: &mut WriteTx<'_>, id: &StaffBallotId, reason: &str) -> Result<usize, Error> {
    let current = StaffBallot::find(tx, id, DraftAccess::All)?;
    let mut ballot = current.content.clone();
    if let Some(scrutineer) = ballot.scrutineer.take().map(Checked::into_inner) {
        let in_place = if scrutineer.organisation.is_some() { None } else { Some(parsed("scrutineer", ERASED)?) };
        ballot.scrutineer = Some(Checked::stored(Scrutineer { name: in_place, ..scrutineer }));
    }
    let forgotten = personal::forget(tx, &personal_members(), &id.to_string())?;
    let remark = Remark { restricted: is_restricted(&ballot), reason: Some(reason.to_owned()), ..Remark::default() };
    Writing::new(record::changed(tx, &current, ballot)?).update(tx, &[], Action::Erase, remark)?;
    Ok(forgotten)
}

fn personal_members() -> Vec<String> {
    document::record::personal(&<document::register::StaffBallot as Wire>::OBJECT)
}

/// Writes a ballot as it is to be from now on, and what endorsements say that rest on it.
pub(crate) fn change(
    tx: &mut WriteTx<'_>,
    current: &Record<StaffBallot>,
    content: StaffBallot,
) -> Result<Stored<StaffBallot>, Error> {
    let remark = Remark { restricted: is_restricted(&content), ..Remark::default() };
    let stored = Writing::new(record::changed(tx, current, content)?).update(tx, &[], Action::Update, remark)?;
    endorsement::follow_ballot(tx, &stored.record)?;
    Ok(stored)
}

/// Refuses a ballot that is about no mutual, or gave way to none.
fn check_references(tx: &mut ReadTx<'_>, ballot: &StaffBallot, sees: DraftAccess<'_>) -> Result<(), Error> {
    let mutual = Reference::new("mutual_id", Kind::Mutual, ballot.mutual_id);
    let rerun = ballot.ending.superseded_by_id.map(superseding);
    let references: Vec<Reference> = [mutual].into_iter().chain(rerun).collect();
    refuse(Error::Rule, reference::faults(tx, &references, sees)?)
}

/// Refuses to take a ballot away from a mutual whose endorsements rest on it.
fn check_endorsed(tx: &mut ReadTx<'_>, current: &Record<StaffBallot>, mutual_id: MutualId) -> Result<(), Error> {
    let endorsed = Fragment::default()
        .sql("SELECT EXISTS (SELECT 1 FROM endorsements WHERE staff_ballot_id = ")
        .parameter(current.id.to_string())
        .sql(" AND mutual_id <> ")
        .parameter(mutual_id.to_string())
        .sql(")");
    if endorsed.giving::<Bool>().get_result(tx.conn())? {
        let said =
            "an endorsement of another mutual uses this ballot: expected that mutual, or delete the endorsement first";
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
    Ok(Conflict::dependents([
        reference::dependents(tx, Kind::StaffBallot, ("superseded_by_id", id), ("kind", "id"))?,
        reference::dependents(tx, Kind::Endorsement, ("staff_ballot_id", id), ("constituency", "id"))?,
    ]))
}

fn condition(tx: &mut ReadTx<'_>, filter: &StaffBallotFilter) -> Result<Fragment, Error> {
    let mutuals = reference::resolve(tx, &texts(filter.mutual.clone()))?;
    let turnout = filter.has_turnout.map(|wanted| {
        let not = if wanted { "" } else { "NOT " };
        let known = "(staff_ballots.returned IS NOT NULL AND staff_ballots.roll_size IS NOT NULL)";
        Fragment::default().sql(format!("{not}{known}"))
    });
    Ok(all_of([
        any_of("staff_ballots.mutual_id", &mutuals),
        any_of("staff_ballots.kind", &filter.kind),
        any_of("staff_ballots.organiser", &filter.organiser),
        any_of("staff_ballots.state", &filter.state),
        any_of("staff_ballots.mode", &filter.mode),
        span::dates("staff_ballots.opened_on", filter.opened_from, filter.opened_to),
        span::dates("staff_ballots.closed_on", filter.closed_from, filter.closed_to),
        span::dates("staff_ballots.declared_on", filter.declared_from, filter.declared_to),
        turnout,
    ]))
}

/// All of a mutual's, in the order of entry.
pub(crate) fn of_mutual(tx: &mut ReadTx<'_>, mutual_id: MutualId) -> Result<Vec<Record<StaffBallot>>, Error> {
    record::all_where(tx, Fragment::default().sql("staff_ballots.mutual_id = ").parameter(mutual_id.to_string()))
}
