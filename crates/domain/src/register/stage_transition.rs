//! Stage transitions: how a mutual moves from its first idea through its launch to its end.
//!
//! Where a mutual stands is never kept by hand: it is what [`replay`] makes of the stage at its entry and of
//! all of its transitions in order. So a transition that is entered after the fact may be put at any place, and
//! the whole course is checked again.

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::mutual::{Mutual, Stage};
use crate::register::readiness::LaunchCondition;
use crate::value::date::{Day, PartialDate, Precision};
use crate::value::source::Sources;
use crate::value::text::Note;

/// Id of a step of a mutual from one stage to another.
pub type StageTransitionId = Id<Child<Mutual, StageTransition>>;

/// A step of a mutual from the stage that it is in to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageTransition {
    /// Its place among the transitions of its mutual, from 1. The register tells it from the others, whatever is given here, as it
    /// does the next two.
    pub position: i64,
    /// The stage that it moves from.
    pub from: Stage,
    /// What the gate found unmet that was overridden.
    pub unmet_conditions: Vec<LaunchCondition>,
    /// The stage that it moves to.
    pub to: Stage,
    /// When; a whole day unless it is historic.
    pub effective_on: Option<PartialDate>,
    /// Why.
    pub reason: Option<Note>,
    /// Whether it is entered after the fact: it passed no gate, and its date may be partial or unknown.
    pub historic: bool,
    /// Why a mutual was launched that the gate would not have let through; it stays on the record for good.
    pub override_reason: Option<Note>,
    /// Whether it was entered by mistake: then it stays on the record and moves nothing.
    pub withdrawn: bool,
    /// Its corrections, the oldest first.
    pub corrections: Vec<TransitionCorrection>,
    /// Where all this comes from.
    pub sources: Sources,
}

/// A correction of a stage transition: appended to it, so that everybody sees when and why, and what it said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitionCorrection {
    /// When it was corrected.
    pub corrected_at: DateTime<Utc>,
    /// Why.
    pub reason: Note,
    /// The first version of the transition with the correction.
    pub version: i64,
    /// The stage that it moved to before.
    pub to: Stage,
    /// The date that it had before.
    pub effective_on: Option<PartialDate>,
    /// What the gate had found unmet before.
    pub unmet_conditions: Vec<LaunchCondition>,
}

/// How a transition is corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// Why.
    pub reason: Note,
    /// Whether it was entered by mistake, so that it is withdrawn.
    pub withdraw: bool,
}

/// Why a transition stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AmendmentError {
    /// It was withdrawn, or corrected too often.
    #[error("{}", .0.detail)]
    State(Fault),
    /// What the correction says is wrong.
    #[error("{}", .0.detail)]
    Content(Fault),
}

impl StageTransition {
    /// So many times a transition can be corrected.
    pub const MAX_CORRECTIONS: usize = 100;

    /// The transition as it is corrected at an instant, in its next version: withdrawn, or with what it should have said.
    ///
    /// Whether the course of its mutual allows this, the other transitions tell.
    ///
    /// # Errors
    /// [`AmendmentError::State`] if it was withdrawn or corrected too often, [`AmendmentError::Content`] if the correction
    /// changes nothing, or withdraws the transition and changes it too.
    pub fn amend(
        &self,
        content: Self,
        amendment: Amendment,
        (corrected_at, version): (DateTime<Utc>, i64),
    ) -> Result<Self, AmendmentError> {
        const WITHDRAW: &str = "withdraw";
        let state = |detail: String| Err(AmendmentError::State(Fault::new("", FaultCode::Inconsistent, detail)));
        if self.withdrawn {
            return state("the transition was withdrawn and cannot be corrected: enter a new one".to_owned());
        }
        if self.corrections.len() >= Self::MAX_CORRECTIONS {
            let most = Self::MAX_CORRECTIONS;
            return state(format!("the transition has already been corrected {most} times, which is the limit"));
        }
        // What the register sets is not corrected.
        let content = Self {
            position: self.position,
            from: self.from,
            unmet_conditions: self.unmet_conditions.clone(),
            withdrawn: false,
            corrections: self.corrections.clone(),
            ..content
        };
        let refused = |field, detail| Err(AmendmentError::Content(Fault::new(field, FaultCode::Inconsistent, detail)));
        match (amendment.withdraw, content == *self) {
            (true, false) => refused(
                WITHDRAW,
                "a transition is either withdrawn or changed: leave out `withdraw`, or the other fields",
            ),
            (false, true) => {
                refused("", "the transition already says this: expected the corrected value, or `\"withdraw\": true`")
            }
            (withdrawn, _) => {
                let mut corrected = Self { withdrawn, ..content };
                corrected.corrections.push(TransitionCorrection {
                    corrected_at,
                    reason: amendment.reason,
                    version,
                    to: self.to,
                    effective_on: self.effective_on,
                    unmet_conditions: self.unmet_conditions.clone(),
                });
                Ok(corrected)
            }
        }
    }

    /// Whether it says now, or said before a correction, that the mutual moved to this stage.
    pub fn has_ever_moved_to(&self, stage: Stage) -> bool {
        self.to == stage || self.corrections.iter().any(|earlier| earlier.to == stage)
    }
}

/// Where the course of a mutual begins: what was known of it at its entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The stage at entry.
    pub first: Stage,
    /// Since when it was in it.
    pub since: Option<PartialDate>,
    /// When it was launched, if that was before its entry and is known.
    pub launched_on: Option<PartialDate>,
    /// When it ended, if it was entered as ended and that is known.
    pub ended_on: Option<PartialDate>,
}

/// Where a mutual stands after its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The stage that it is in.
    pub stage: Stage,
    /// Since when.
    pub since: Option<PartialDate>,
    /// When it was launched.
    pub launched_on: Option<PartialDate>,
    /// Whether it is known to have been launched, be the day known or not.
    pub was_launched: bool,
    /// When it ended.
    pub ended_on: Option<PartialDate>,
    /// The stage that it was suspended from; none if it is not suspended, or was already at its entry.
    pub suspended_from: Option<Stage>,
}

/// The first transition of a course that is impossible, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misstep {
    /// Its position among the transitions, from 0.
    pub position: usize,
    /// Everything that is wrong with it; never empty.
    pub faults: Vec<StepFault>,
}

/// Why a transition is impossible where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepFault {
    /// The stage cannot be reached from the one before.
    Unreachable {
        /// The stage before.
        from: Stage,
        /// The stage that was asked for.
        to: Stage,
        /// What can be reached.
        reachable: Vec<Stage>,
    },
    /// A transition that is not historic has no day.
    NoDay,
    /// A transition that is not historic has a partial date.
    PartialDay(PartialDate),
    /// The date is in the future.
    Future {
        /// The date.
        date: PartialDate,
        /// The last day that it could have.
        today: Day,
    },
    /// The date cannot be on or after an earlier one of the same course.
    Early {
        /// The date.
        date: PartialDate,
        /// The latest of the earlier ones.
        earlier: PartialDate,
    },
    /// The gate is overridden where it does not stand: it stands before a launch only.
    OverrideWithoutLaunch,
    /// The gate is overridden by a historic transition, which it never stopped.
    OverrideOfHistoric,
}

impl StepFault {
    /// The fault of the transition's own field.
    pub fn fault(&self) -> Fault {
        const OVERRIDE: &str = "override_reason";
        let at = |field: &str, code, detail: String| Fault::new(field, code, detail);
        match self {
            Self::Unreachable { from, to, reachable } => {
                at("to", FaultCode::Inconsistent, refusal(*from, *to, reachable))
            }
            Self::NoDay => {
                let detail = "a transition needs its date, unless it is historic";
                at("effective_on", FaultCode::Required, detail.to_owned())
            }
            Self::PartialDay(date) => {
                let detail = format!("{date} is not a full date: only a historic transition may have a partial date");
                at("effective_on", FaultCode::InvalidFormat, detail)
            }
            Self::Future { date, today } => {
                let detail = format!("{date} is in the future: expected {today} or earlier");
                at("effective_on", FaultCode::OutOfRange, detail)
            }
            Self::Early { date, earlier } => {
                let detail =
                    format!("{date} is before an earlier transition, of {earlier}: expected the same day or later");
                at("effective_on", FaultCode::DateOrder, detail)
            }
            Self::OverrideWithoutLaunch => {
                let detail = "only a launch has conditions that can be overridden: leave the reason out";
                at(OVERRIDE, FaultCode::Inconsistent, detail.to_owned())
            }
            Self::OverrideOfHistoric => {
                let detail = "a historic transition skips the launch conditions, so there is nothing to override: leave the reason out";
                at(OVERRIDE, FaultCode::Inconsistent, detail.to_owned())
            }
        }
    }
}

/// Where a mutual stands after these transitions, in this order.
///
/// # Errors
/// The first transition that is impossible: its stage cannot be reached from the one before ([`reachable`]),
/// its date is in the future or cannot be on or after every earlier one (absent dates bind nothing), or, unless
/// it is historic, it has no whole day.
pub fn replay(course: &Course, steps: &[StageTransition], today: Day) -> Result<Standing, Misstep> {
    let mut standing = Standing::at_entry(course);
    // Dates in part can be in order exactly if none of them is wholly before the first day of an earlier one.
    // Of several dates the greatest has the latest first day, and an absent one is less than any.
    let mut latest = course.launched_on.max(course.since);
    for (position, step) in steps.iter().enumerate() {
        let faults = step_faults(&standing, latest, step, today);
        if !faults.is_empty() {
            return Err(Misstep { position, faults });
        }
        standing = standing.after(step);
        latest = latest.max(step.effective_on);
    }
    Ok(standing)
}

/// The place, from 0, that a transition gets among the others: a historic one the last at which the whole course is possible, any other
/// one the end.
///
/// # Errors
/// Why it is impossible at the end, where there is no such place.
pub fn place(course: &Course, steps: &[StageTransition], new: &StageTransition, today: Day) -> Result<usize, Misstep> {
    let with_new = |place: usize| {
        let (before, after) = steps.split_at_checked(place).unwrap_or((steps, &[]));
        let all: Vec<StageTransition> = before.iter().chain([new]).chain(after).cloned().collect();
        replay(course, &all, today).map(|_| place)
    };
    let at_the_end = with_new(steps.len());
    if at_the_end.is_ok() || !new.historic {
        return at_the_end;
    }
    (0..steps.len()).rev().find_map(|place| with_new(place).ok()).map_or(at_the_end, Ok)
}

/// Where a mutual stands before each of these transitions.
///
/// # Errors
/// As [`replay`].
pub fn standings(course: &Course, steps: &[StageTransition], today: Day) -> Result<Vec<Standing>, Misstep> {
    let before = |place: usize| steps.get(..place).unwrap_or(steps);
    (0..steps.len()).map(|place| replay(course, before(place), today)).collect()
}

/// The stages that a mutual can move to from where it stands, in the order of [`Stage::ALL`].
///
/// Before launch, any other stage before launch and the launch itself; after it, on to the next and back from
/// recontracting; from any live stage to an end of its side of the launch, or suspended. A suspended one
/// returns to where it was, or ends as it could have ended there; where that is not known, to any stage that
/// what is known allows.
pub fn reachable(standing: &Standing) -> Vec<Stage> {
    Stage::ALL.iter().copied().filter(|to| reaches(standing, *to)).collect()
}

fn reaches(standing: &Standing, to: Stage) -> bool {
    match (standing.stage, standing.suspended_from) {
        (Stage::Suspended, Some(home)) => to == home || ends(home, to),
        (Stage::Suspended, None) if standing.was_launched => to.is_after_launch(),
        (Stage::Suspended, None) => to != Stage::Suspended,
        (from, _) if from.is_ended() => false,
        (from, _) if from == to => false,
        (from, _) => to == Stage::Suspended || ends(from, to) || goes_on(from, to),
    }
}

/// From one live stage to another.
fn goes_on(from: Stage, to: Stage) -> bool {
    match from {
        Stage::Launched => to == Stage::Operating,
        Stage::Operating => to == Stage::Recontracting,
        Stage::Recontracting => to == Stage::Operating,
        before => before.is_pre_launch_live() && (to.is_pre_launch_live() || to == Stage::Launched),
    }
}

/// From a live stage to an end of the same side of the launch.
fn ends(from: Stage, to: Stage) -> bool {
    to.is_ended() && to.ended_before_launch() == from.is_pre_launch_live()
}

impl Standing {
    /// Whether a step to `to` launches the mutual, so that it has to pass the gate. A mutual that returns from
    /// a suspension to `launched` was launched before, if that is known.
    pub fn is_launched_by(&self, to: Stage) -> bool {
        to == Stage::Launched && !self.was_launched
    }

    fn at_entry(course: &Course) -> Self {
        let Course { first, since, ended_on, .. } = *course;
        let launched_on = course.launched_on.filter(|_| !first.is_before_launch());
        let if_that = |is_first: bool| since.filter(|_| is_first);
        Self {
            stage: first,
            since,
            launched_on: launched_on.or_else(|| if_that(first == Stage::Launched)),
            was_launched: launched_on.is_some() || first.is_after_launch(),
            ended_on: ended_on.or_else(|| if_that(first.is_ended())),
            suspended_from: None,
        }
    }

    fn after(&self, step: &StageTransition) -> Self {
        let launched_on = if self.is_launched_by(step.to) { step.effective_on } else { self.launched_on };
        Self {
            stage: step.to,
            since: step.effective_on,
            launched_on,
            was_launched: self.was_launched || step.to.is_after_launch(),
            ended_on: step.effective_on.filter(|_| step.to.is_ended()),
            suspended_from: (step.to == Stage::Suspended).then_some(self.stage),
        }
    }
}

fn step_faults(standing: &Standing, latest: Option<PartialDate>, step: &StageTransition, today: Day) -> Vec<StepFault> {
    let mut faults = Vec::new();
    if !reaches(standing, step.to) {
        faults.push(StepFault::Unreachable { from: standing.stage, to: step.to, reachable: reachable(standing) });
    }
    match step.effective_on {
        None if !step.historic => faults.push(StepFault::NoDay),
        Some(date) if !step.historic && date.precision() != Precision::Day => faults.push(StepFault::PartialDay(date)),
        Some(date) if date.first_day() > today.with_grace() => faults.push(StepFault::Future { date, today }),
        _ => {}
    }
    if let (Some(date), Some(earlier)) = (step.effective_on, latest)
        && !earlier.may_precede(&date)
    {
        faults.push(StepFault::Early { date, earlier });
    }
    if step.override_reason.is_some() {
        if step.historic {
            faults.push(StepFault::OverrideOfHistoric);
        } else if !standing.is_launched_by(step.to) {
            faults.push(StepFault::OverrideWithoutLaunch);
        }
    }
    faults
}

fn refusal(from: Stage, to: Stage, reachable: &[Stage]) -> String {
    let impossible = format!("a mutual in stage `{from}` cannot move to `{to}`");
    if reachable.is_empty() {
        return format!("{impossible}: it has ended, and its record stays as it is");
    }
    let words: Vec<_> = reachable.iter().map(|stage| stage.as_str()).collect();
    format!("{impossible}: expected one of `{}`", words.join("`, `"))
}
