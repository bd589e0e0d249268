//! Mutuals' stage transitions in the database, and what follows from them: the stage of the mutual and the dates of its life.

use domain::mutual::Life;
use domain::stage_transition::{place, replay, standings};
use domain::{
    Checked, Child, Course, Day, DraftAccess, Fault, FaultCode, Key, LaunchCondition, Misstep, Mutual, MutualId,
    Record, StageTransition, Standing, StepFault, TestOutcome,
};

use crate::backend::column::Column;
use crate::error::Error;
use crate::query::keyset::{KeyKind, SortKey, Values};
use crate::register::child::{self, ChildColumns, ChildId, ChildRecord, StoredChild};
use crate::register::root::StoredRecord as _;
use crate::register::{readiness, record};
use crate::{ReadTx, WriteTx};

impl StoredChild for StageTransition {
    const ORDER: SortKey = SortKey::new("position", Values::Shared, KeyKind::Integer);

    const COLUMNS: ChildColumns<Self> = &[("position", |it| Column::Integer(Some(it.position)))];

    /// Refuses what the mutual's course or the gate stand against; gives the transition its place, and those after it theirs.
    fn check(
        tx: &mut WriteTx<'_>,
        _: ChildId<Self>,
        _: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let today = tx.today()?;
        let mutual = record::find_by_key(tx, &Key::<Mutual>::Id(wanted.parent_id))?;
        let others = of_mutual(tx, wanted.parent_id)?;
        let course = course(&mutual.content, &others);
        let mut steps: Vec<StageTransition> = others.iter().map(|other| other.content.content.clone()).collect();
        let place = place(&course, &steps, &wanted.content, today).map_err(|misstep| refusal(misstep, &steps))?;
        steps.insert(place, wanted.content.clone());
        let before = standings(&course, &steps, today).map_err(|misstep| refusal(misstep, &steps))?;
        if let Some(standing) = before.get(place) {
            wanted.content.unmet_conditions = pass_gate(tx, &mutual, &wanted.content, standing, today)?;
            wanted.content.from = standing.stage;
        }
        wanted.content.position = position(place);
        // Those after it are one place later, and the next moves from the stage that this one leads to.
        for (at, other) in others.iter().enumerate().skip(place) {
            let at = at.saturating_add(1);
            let from = before.get(at).map_or(other.content.from, |standing| standing.stage);
            let moved = Self { position: position(at), from, ..other.content.content.clone() };
            child::alter(tx, other, moved)?;
        }
        Ok(())
    }

    fn follow(tx: &mut WriteTx<'_>, mutual_id: MutualId, _: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        let today = tx.today()?;
        let mutual = record::find_by_key(tx, &Key::<Mutual>::Id(mutual_id))?;
        let transitions = of_mutual(tx, mutual_id)?;
        let steps: Vec<StageTransition> = transitions.iter().map(|one| one.content.content.clone()).collect();
        let course = course(&mutual.content, &transitions);
        let standing = replay(&course, &steps, today).map_err(|misstep| refusal(misstep, &steps))?;
        let life = Life {
            stage: standing.stage,
            stage_since: standing.since,
            launched_on: standing.launched_on,
            ended_on: standing.ended_on,
            successor_id: mutual.content.life.successor_id.filter(|_| standing.stage.is_ended()),
        };
        let life = Checked::new(life).map_err(Error::Rule)?;
        // That of a mutual which was entered with its past is told by no transition.
        let overridden = steps.iter().rev().find_map(|step| step.override_reason.clone());
        let overridden = overridden.or_else(|| mutual.content.launch_override_reason.clone());
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

/// Where a mutual's course begins: where its first transition moved from, or where it stands if it has none. What is known of a launch
/// that no transition tells of was known at its entry.
fn course(mutual: &Mutual, transitions: &[ChildRecord<StageTransition>]) -> Course {
    let life = &mutual.life;
    let Some(first) = transitions.first() else {
        let Life { stage, stage_since, launched_on, ended_on, .. } = **life;
        return Course { first: stage, since: stage_since, launched_on, ended_on };
    };
    let is_told = transitions.iter().any(|one| one.content.to == domain::Stage::Launched);
    let launched_on = life.launched_on.filter(|_| !is_told);
    Course { first: first.content.from, since: None, launched_on, ended_on: None }
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
    let conditions = readiness::assess(tx, mutual, launches_on)?;
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
