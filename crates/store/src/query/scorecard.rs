//! What a department does for mutuals, in figures as at a day.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use diesel::dsl::count_star;
use diesel::prelude::*;
use document::figures::{CommitmentSummary, ContractsEnding, EndingContract, OpenRequests, Scorecard, ScorecardStage};
use document::value::{Text, Word};
use domain::{Contract, ContractStatus, Day, Department, DepartmentId, Enabler, Key, Stage};

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::backend::json::{parsed, valid};
use crate::backend::schema::{contracts, mutuals};
use crate::error::Error;
use crate::query::coverage;
use crate::query::{report, span};
use crate::register::child::{self, Parent as _};
use crate::register::record;

/// So many contracts that end soon are named.
pub const NAMED_CONTRACTS: i64 = 20;

/// What is soon.
const SOON: Months = Months::new(12);

/// The statuses of a contract that runs, or has run, to its last day.
const IN_FORCE: [&str; 2] = [ContractStatus::Active.as_str(), ContractStatus::Expired.as_str()];

/// The figures of the department with this id or slug as at a day.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn find(tx: &mut ReadTx<'_>, key: &Key<Department>, as_at: Day) -> Result<Scorecard, Error> {
    let id = Department::find_id(tx, key)?;
    let (enablers_active, stages) = stages(tx, id, as_at)?;
    let waiting = coverage::waiting(tx, id, as_at)?;
    Ok(Scorecard {
        department: report::named(tx, id)?,
        as_at: Text(as_at),
        commitments: CommitmentSummary::from(&report::counts(tx, &[id], as_at)?),
        enablers_active,
        stages,
        support_requests: OpenRequests {
            open: coverage::number(waiting.len()),
            median_days: coverage::median(waiting),
        },
        contracts_ending: contracts_ending(tx, id, as_at)?,
    })
}

/// How many enablers are active on a day, and what there is in each stage.
fn stages(tx: &mut ReadTx<'_>, id: DepartmentId, as_at: Day) -> Result<(i64, Vec<ScorecardStage>), Error> {
    let counted: Vec<(String, i64)> = mutuals::table
        .filter(mutuals::department_id.eq(id.to_string()))
        .group_by(mutuals::stage)
        .select((mutuals::stage, count_star()))
        .load(tx.conn())?;
    let of_stage = |(stage, number): &(String, i64)| Ok((parsed::<Stage>("stage", stage)?, *number));
    let mutuals: BTreeMap<Stage, i64> = counted.iter().map(of_stage).collect::<Result<_, Error>>()?;
    let mut active = child::all::<Enabler>(tx, id)?;
    active.retain(|enabler| enabler.content.active.includes(as_at));
    let covering = |stage: Stage| active.iter().filter(|enabler| enabler.content.covers_stage(stage)).count();
    let figures = |stage: &Stage| ScorecardStage {
        stage: Word(*stage),
        mutuals: mutuals.get(stage).copied().unwrap_or_default(),
        enablers: coverage::number(covering(*stage)),
    };
    Ok((coverage::number(active.len()), Stage::ALL.iter().map(figures).collect()))
}

/// The department's contracts that end on the day or within twelve months of it.
fn contracts_ending(tx: &mut ReadTx<'_>, id: DepartmentId, as_at: Day) -> Result<ContractsEnding, Error> {
    let first = as_at.date();
    let last = first.checked_add_months(SOON).unwrap_or(NaiveDate::MAX);
    let by = valid("ends_on", Day::from_date(last)).unwrap_or(as_at);
    // A partial date is soon if it may be.
    let in_time = || {
        let span = span::dates("contracts.ends_on", Some(Text(as_at.into())), Some(Text(by.into())));
        span.unwrap_or_else(|| Fragment::default().sql("1 = 1"))
    };
    let soon = || {
        contracts::table
            .filter(contracts::department_id.eq(id.to_string()))
            .filter(contracts::status.eq_any(IN_FORCE))
            .filter(in_time())
    };
    let count = soon().count().get_result(tx.conn())?;
    let first = soon().order((contracts::ends_on, contracts::id)).limit(NAMED_CONTRACTS).select(contracts::id);
    let ids: Vec<String> = first.load(tx.conn())?;
    let mut next = Vec::with_capacity(ids.len());
    for id in ids {
        let contract = record::find_by_key(tx, &Key::<Contract>::Id(parsed("id", &id)?))?;
        let Some(ends_on) = contract.content.timeline.ends_on else { continue };
        let (title, mutual_id) = (Text(contract.content.title), Text(contract.content.mutual_id));
        next.push(EndingContract { id: Text(contract.id), title, mutual_id, ends_on: Text(ends_on) });
    }
    Ok(ContractsEnding { by: Text(by), count, next })
}
