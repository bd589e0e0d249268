//! Mutuals' stage transitions in the database, and what follows from them: the stage of the mutual and the dates of its life.

use domain::mutual::Life;
use domain::stage_transition::{place, replay, standings};
use domain::{
    Amendment, Checked, Child, Course, Day, DraftAccess, Fault, FaultCode, Key, Kind, LaunchCondition, Misstep, Mutual,
    MutualId, PartialDate, Record, StageTransition, Standing, StepFault, TestOutcome,
};

use crate::backend::column::Column;
use crate::backend::json::parsed_option;
use crate::error::Error;
use crate::log::history;
use crate::query::keyset::{KeyKind, SortKey, Values};
use crate::register::child::{self, ChildColumns, ChildId, ChildRecord, StoredChild};
use crate::register::root::StoredRecord as _;
use crate::register::{readiness, record};
use crate::transaction::next_version;
use crate::{ReadTx, Stored, WriteTx};

impl StoredChild for StageTransition {
    const ORDER: SortKey = SortKey::new("position", Values::Shared, KeyKind::Integer);

    const COLUMNS: ChildColumns<Self> = &[("position", |it| Column::Integer(Some(it.position)))];

    /// Refuses what the mutual's course or the gate stand against; gives the transition its place, and those after it theirs.
    fn check(
        tx: &mut WriteTx<'_>,
        id: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let today = tx.today()?;
        let mutual = record::find_by_key(tx, &Key::<Mutual>::Id(wanted.parent_id))?;
        let all = of_mutual(tx, wanted.parent_id)?;
        let course = course(tx, &mutual, &all)?;
        let mut others: Vec<_> = all.into_iter().filter(|one| one.id != id).collect();
        let mut steps = steps(&others);
        let place = match before {
            None => Some(place(&course, &steps, &wanted.content, today).map_err(|misstep| refusal(misstep, &steps))?),
            Some(before) => corrected_place(&course, &steps, (before, &wanted.content), today)?,
        };
        let is_newly_dated = before.is_none_or(|before| before.content.effective_on != wanted.content.effective_on);
        if let (Some(_), true, Some(date)) = (place, is_newly_dated, wanted.content.effective_on) {
            not_before_first_stage(tx, mutual.id, date)?;
        }
        if let Some(place) = place {
            steps.insert(place, wanted.content.clone());
        }
        let standings = standings(&course, &steps, today).map_err(|misstep| refusal(misstep, &steps))?;
        if let Some(standing) = place.and_then(|place| standings.get(place)) {
            if before.is_none_or(|before| is_judged_again(before, &wanted.content)) {
                wanted.content.unmet_conditions = pass_gate(tx, &mutual, &wanted.content, standing, today)?;
            }
            wanted.content.from = standing.stage;
        }
        let own = own_place(&others, place, before);
        wanted.content.position = position(own);
        // Those after it get their places, and each moves from the stage that the one before leads to.
        let mut standings = standings.iter().enumerate().filter(|(at, _)| Some(*at) != place).map(|(_, one)| one.stage);
        for (at, other) in others.iter_mut().enumerate() {
            let at = if at < own { at } else { at.saturating_add(1) };
            let from = if other.content.withdrawn { None } else { standings.next() };
            let from = from.unwrap_or(other.content.from);
            let moved = Self { position: position(at), from, ..other.content.content.clone() };
            if moved != other.content.content {
                child::alter(tx, other, moved)?;
            }
        }
        Ok(())
    }

    fn follow(tx: &mut WriteTx<'_>, mutual_id: MutualId, _: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        let today = tx.today()?;
        let mutual = record::find_by_key(tx, &Key::<Mutual>::Id(mutual_id))?;
        let transitions = of_mutual(tx, mutual_id)?;
        let steps = steps(&transitions);
        let course = course(tx, &mutual, &transitions)?;
        let standing = replay(&course, &steps, today).map_err(|misstep| refusal(misstep, &steps))?;
        let life = Life {
            stage: standing.stage,
            stage_since: standing.since,
            launched_on: standing.launched_on,
            ended_on: standing.ended_on,
            successor_id: mutual.content.life.successor_id.filter(|_| standing.stage.is_ended()),
        };
        let life = Checked::new(life).map_err(Error::Rule)?;
        let overridden = steps.iter().rev().find_map(|step| step.override_reason.clone());
        // That of a mutual which was entered with its past is told by no transition.
        let is_told = transitions.iter().any(|one| one.content.override_reason.is_some());
        let entered = mutual.content.launch_override_reason.clone().filter(|_| !is_told);
        let overridden = overridden.or(entered);
        let wanted = Mutual { life, launch_override_reason: overridden, ..mutual.content.clone() };
        if wanted != mutual.content {
            Mutual::update(tx, &mutual, wanted, DraftAccess::None)?;
        }
        Ok(())
    }
}

/// The transitions of a mutual, in order.
fn of_mutual(tx: &mut ReadTx<'_>, mutual_id: MutualId) -> Result<Vec<ChildRecord<StageTransition>>, Error> {
    let mut transitions = child::all::<StageTransition>(tx, mutual_id)?;
    transitions.sort_by_key(|transition| transition.content.position);
    Ok(transitions)
}

/// Those that move the mutual.
fn steps(transitions: &[ChildRecord<StageTransition>]) -> Vec<StageTransition> {
    let moving = transitions.iter().filter(|one| !one.content.withdrawn);
    moving.map(|one| one.content.content.clone()).collect()
}

/// Corrects a transition of a mutual.
///
/// # Errors
/// [`Error::State`] if it was withdrawn or corrected too often, or the course does not allow the correction, [`Error::Rule`] if what
/// the correction says is wrong, [`Error::NotReady`] if it launches the mutual and the gate does not let it through.
pub fn correct(
    tx: &mut WriteTx<'_>,
    current: &ChildRecord<StageTransition>,
    content: StageTransition,
    amendment: Amendment,
) -> Result<Stored<Child<Mutual, StageTransition>>, Error> {
    let appended = (tx.stamp().now, next_version(current.version)?);
    child::update(tx, current, current.content.amend(content, amendment, appended)?)
}

/// Whether it is the last of its mutual that was not withdrawn.
pub fn is_last(tx: &mut ReadTx<'_>, one: &ChildRecord<StageTransition>) -> Result<bool, Error> {
    let transitions = of_mutual(tx, one.content.parent_id)?;
    Ok(transitions.iter().rev().find(|other| !other.content.withdrawn).is_some_and(|last| last.id == one.id))
}

/// The place, from 0, among the others that move the mutual, of one that is corrected; none where it is withdrawn. It stays where it is,
/// but one that is historic may move.
fn corrected_place(
    course: &Course,
    others: &[StageTransition],
    (before, wanted): (&ChildRecord<StageTransition>, &StageTransition),
    today: Day,
) -> Result<Option<usize>, Error> {
    if wanted.withdrawn {
        replay(course, others, today).map_err(|misstep| knock_on(&misstep, others, "withdraw"))?;
        return Ok(None);
    }
    let same = others.iter().filter(|other| other.position < before.content.position).count();
    let mut corrected = others.to_vec();
    corrected.insert(same, wanted.clone());
    match replay(course, &corrected, today) {
        Ok(_) => Ok(Some(same)),
        Err(misstep) if wanted.historic => match place(course, others, wanted, today) {
            Ok(place) => Ok(Some(place)),
            Err(_) => Err(at_its_place(misstep, &corrected, same)),
        },
        Err(misstep) => Err(at_its_place(misstep, &corrected, same)),
    }
}

/// Why a correction is impossible: for the transition itself, or for a later one.
fn at_its_place(misstep: Misstep, steps: &[StageTransition], own: usize) -> Error {
    if misstep.position != own {
        let is_date = misstep.faults.iter().any(|fault| matches!(fault, StepFault::Early { .. }));
        return knock_on(&misstep, steps, if is_date { "effective_on" } else { "to" });
    }
    let is_state = misstep.faults.iter().any(|fault| matches!(fault, StepFault::Unreachable { .. }));
    let faults = misstep.faults.iter().map(StepFault::fault).collect();
    if is_state { Error::State(faults) } else { Error::Rule(faults) }
}

/// A correction that makes a later transition impossible: correct that one first.
fn knock_on(misstep: &Misstep, steps: &[StageTransition], field: &str) -> Error {
    let Some(later) = steps.get(misstep.position) else { return refusal(misstep.clone(), steps) };
    let on = later.effective_on.map(|date| format!(" of {date}")).unwrap_or_default();
    let told: Vec<String> = misstep.faults.iter().map(|fault| fault.fault().detail).collect();
    let detail = format!(
        "the later transition {} to `{}`{on} would no longer be possible ({}): correct that one first",
        later.position,
        later.to,
        told.join("; ")
    );
    Error::State(vec![Fault::new(field, FaultCode::Inconsistent, detail)])
}

/// Whether the gate has anything new to judge.
fn is_judged_again(before: &ChildRecord<StageTransition>, wanted: &StageTransition) -> bool {
    let judged = |one: &StageTransition| (one.to, one.effective_on, one.historic, one.override_reason.clone());
    judged(&before.content) != judged(wanted)
}

/// The place, from 0, among all others, withdrawn ones too, of one with this place among those that move the mutual. One that is
/// withdrawn, or stays among the same, stays where it is.
fn own_place(
    others: &[ChildRecord<StageTransition>],
    place: Option<usize>,
    before: Option<&ChildRecord<StageTransition>>,
) -> usize {
    let moving = others.iter().enumerate().filter(|(_, other)| !other.content.withdrawn);
    let stays =
        before.map(|before| others.iter().filter(|other| other.content.position < before.content.position).count());
    let (Some(place), place_before) = (place, stays.map(|stays| moving.clone().filter(|(at, _)| *at < stays).count()))
    else {
        return stays.unwrap_or(others.len());
    };
    match stays.filter(|_| place_before == Some(place)) {
        Some(stays) => stays,
        None => moving.clone().nth(place).map_or(others.len(), |(at, _)| at),
    }
}

/// Where a mutual's course begins: where its first transition moved from, or where it stood at its entry if none moves it. What is known
/// of a launch that no transition tells of was known at its entry.
fn course(
    tx: &mut ReadTx<'_>,
    mutual: &Record<Mutual>,
    transitions: &[ChildRecord<StageTransition>],
) -> Result<Course, Error> {
    let life = &mutual.content.life;
    let Some(first) = transitions.first() else {
        let Life { stage, stage_since, launched_on, ended_on, .. } = **life;
        return Ok(Course { first: stage, since: stage_since, launched_on, ended_on });
    };
    let is_told = transitions.iter().any(|one| one.content.has_ever_moved_to(domain::Stage::Launched));
    let launched_on = life.launched_on.filter(|_| !is_told);
    let is_moved = transitions.iter().any(|one| !one.content.withdrawn);
    let since = if is_moved { None } else { stage_since_at_entry(tx, mutual.id)? };
    Ok(Course { first: first.content.from, since, launched_on, ended_on: None })
}

/// Since when a mutual was in its first stage, as the log has it.
fn stage_since_at_entry(tx: &mut ReadTx<'_>, id: MutualId) -> Result<Option<PartialDate>, Error> {
    let Some(document) = history::as_entered(tx, Kind::Mutual, &id.to_string())? else { return Ok(None) };
    let document: serde_json::Value =
        serde_json::from_str(&document).map_err(|error| Error::Internal(error.to_string()))?;
    let since = document.get("stage_since").and_then(serde_json::Value::as_str);
    parsed_option("stage_since", since)
}

/// Refuses a day before the first stage of the mutual, also where a move without a date stands between.
fn not_before_first_stage(tx: &mut ReadTx<'_>, id: MutualId, date: PartialDate) -> Result<(), Error> {
    match stage_since_at_entry(tx, id)? {
        Some(since) if !since.may_precede(&date) => {
            let detail = format!("{date} is before the first stage of the mutual, which began in {since}");
            Err(Error::Rule(vec![Fault::new("effective_on", FaultCode::DateOrder, detail)]))
        }
        _ => Ok(()),
    }
}

/// What the gate found unmet that is overridden; nothing where it is met or doesn't stand in the way.
fn pass_gate(
    tx: &mut ReadTx<'_>,
    mutual: &Record<Mutual>,
    step: &StageTransition,
    standing: &Standing,
    today: Day,
) -> Result<Vec<LaunchCondition>, Error> {
    if step.historic || !standing.is_launched_by(step.to) {
        return Ok(Vec::new());
    }
    let launches_on = step.effective_on.map_or(today, |date| date.first_day());
    let conditions = readiness::assess(tx, mutual, launches_on, today)?;
    let unmet: Vec<_> = conditions.into_iter().filter(|one| one.outcome != TestOutcome::Met).collect();
    match (unmet.is_empty(), &step.override_reason) {
        (false, None) => Err(Error::NotReady(unmet)),
        (true, Some(_)) => {
            let said = "every launch condition is met, so there is nothing to override: leave the reason out";
            Err(Error::Rule(vec![Fault::new("override_reason", FaultCode::Inconsistent, said)]))
        }
        _ => Ok(unmet.into_iter().map(|condition| condition.key).collect()),
    }
}

/// Why a transition is impossible. What the course doesn't allow is a conflict with what is on record; the rest is wrong by itself.
fn refusal(misstep: Misstep, steps: &[StageTransition]) -> Error {
    let is_state = misstep.faults.iter().any(|fault| matches!(fault, StepFault::Unreachable { .. }));
    let mut faults: Vec<Fault> = misstep.faults.iter().map(StepFault::fault).collect();
    if misstep.position < steps.len() {
        // Only what is entered after the fact comes before others, and then at the end where it fits nowhere.
        faults.iter_mut().for_each(|fault| fault.detail.push_str(", at any place of the course"));
    }
    if is_state { Error::State(faults) } else { Error::Rule(faults) }
}

fn position(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1)
}
