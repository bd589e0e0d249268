//! Where mutuals find support, and where nobody gives any: by stage and sector.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable, Text};
use document::figures::CoveredStage;
use document::value::Word;
use domain::{Day, DepartmentId, Enabler, Sector, Stage};

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::backend::json::parsed;
use crate::error::Error;
use crate::register::child::ChildRecord;
use crate::register::record;

/// How mutuals are supported as at a day, by stage and sector in the order of both; of these departments, or of all where there are none.
/// What has neither mutuals nor requests is left out.
pub fn of(tx: &mut ReadTx<'_>, departments: &[DepartmentId], as_at: Day) -> Result<Vec<CoveredStage>, Error> {
    let mut active = enablers(tx, departments)?;
    active.retain(|enabler| enabler.content.active.includes(as_at));
    let covering = |stage, sector| active.iter().filter(move |enabler| enabler.content.covers(stage, sector, as_at));
    let mut cells: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
    for (department, stage, sector, number) in counted(tx, departments)? {
        let (stage, sector) = (parsed("stage", &stage)?, parsed("sector", &sector)?);
        let is_supported = covering(stage, sector)
            .any(|enabler| Some(enabler.content.parent_id.to_string().as_str()) == department.as_deref());
        let cell = cells.entry(place(stage, sector)).or_insert_with(|| Cell::new(stage, sector));
        cell.mutuals = cell.mutuals.saturating_add(number);
        if !is_supported {
            cell.unsupported = cell.unsupported.saturating_add(number);
        }
    }
    for (stage, sector, requested_on, closed_on) in requested(tx, departments)? {
        let (stage, sector) = (parsed("stage", &stage)?, parsed("sector", &sector)?);
        if requested_on > as_at.date() {
            continue;
        }
        let closed_on = closed_on.filter(|closed| *closed <= as_at.date());
        let cell = cells.entry(place(stage, sector)).or_insert_with(|| Cell::new(stage, sector));
        cell.open = cell.open.saturating_add(i64::from(closed_on.is_none()));
        let until = closed_on.unwrap_or_else(|| as_at.date());
        cell.waited.push(until.signed_duration_since(requested_on).num_days());
    }
    let coverage = |cell: Cell| CoveredStage {
        stage: Word(cell.stage),
        sector: Word(cell.sector),
        mutuals: cell.mutuals,
        unsupported: cell.unsupported,
        enablers: number(covering(cell.stage, cell.sector).count()),
        requests: number(cell.waited.len()),
        open: cell.open,
        median_days: median(cell.waited),
    };
    Ok(cells.into_values().map(coverage).collect())
}

/// For how many days each request of a department's mutuals had waited on a day that was neither met nor declined by then.
pub(crate) fn waiting(tx: &mut ReadTx<'_>, department: DepartmentId, as_at: Day) -> Result<Vec<i64>, Error> {
    let query = Fragment::default().sql(
        "SELECT support_requests.requested_on, support_requests.closed_on FROM support_requests \
         JOIN mutuals ON mutuals.id = support_requests.mutual_id WHERE 1 = 1",
    );
    let query = among(query, "mutuals.department_id", &[department]);
    let rows: Vec<(NaiveDate, Option<NaiveDate>)> = query.giving::<(Date, Nullable<Date>)>().load(tx.conn())?;
    let day = as_at.date();
    let open = rows.into_iter().filter(|(from, closed)| *from <= day && closed.is_none_or(|closed| closed > day));
    Ok(open.map(|(requested_on, _)| day.signed_duration_since(requested_on).num_days()).collect())
}

/// How many there are, as figures say it.
pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The middle one of several numbers; of an even count the lesser of the two in the middle.
pub(crate) fn median(mut numbers: Vec<i64>) -> Option<i64> {
    numbers.sort_unstable();
    numbers.get(numbers.len().checked_sub(1)? / 2).copied()
}

struct Cell {
    stage: Stage,
    sector: Sector,
    mutuals: i64,
    unsupported: i64,
    open: i64,
    waited: Vec<i64>,
}

impl Cell {
    fn new(stage: Stage, sector: Sector) -> Self {
        Self { stage, sector, mutuals: 0, unsupported: 0, open: 0, waited: Vec::new() }
    }
}

/// Stages and sectors in the order in which people read them.
fn place(stage: Stage, sector: Sector) -> (usize, usize) {
    let of_stage = Stage::ALL.iter().position(|one| *one == stage);
    let of_sector = Sector::ALL.iter().position(|one| *one == sector);
    (of_stage.unwrap_or(usize::MAX), of_sector.unwrap_or(usize::MAX))
}

fn enablers(tx: &mut ReadTx<'_>, departments: &[DepartmentId]) -> Result<Vec<ChildRecord<Enabler>>, Error> {
    let condition = among(Fragment::default().sql("1 = 1"), "enablers.department_id", departments);
    record::all_where(tx, condition)
}

/// Department, stage, sector, and how many live mutuals there are of each.
type Counted = (Option<String>, String, String, i64);

/// How many live mutuals there are for each department, stage and sector.
fn counted(tx: &mut ReadTx<'_>, departments: &[DepartmentId]) -> Result<Vec<Counted>, Error> {
    let live = Stage::ALL.iter().filter(|stage| stage.is_live()).map(|stage| stage.as_str());
    let query = Fragment::default()
        .sql(
            "SELECT mutuals.department_id, mutuals.stage, mutual_sectors.sector, COUNT(*) AS number FROM mutuals \
             JOIN mutual_sectors ON mutual_sectors.mutual_id = mutuals.id WHERE mutuals.stage IN (",
        )
        .parameters(live)
        .sql(")");
    let query = among(query, "mutuals.department_id", departments);
    let query = query.sql(" GROUP BY mutuals.department_id, mutuals.stage, mutual_sectors.sector");
    Ok(query.giving::<(Nullable<Text>, Text, Text, BigInt)>().load(tx.conn())?)
}

/// Stage, sector, and when support was requested and the request closed.
type Requested = (String, String, NaiveDate, Option<NaiveDate>);

/// The support requests, one for each sector of the mutual that made it.
fn requested(tx: &mut ReadTx<'_>, departments: &[DepartmentId]) -> Result<Vec<Requested>, Error> {
    let query = Fragment::default().sql(
        "SELECT support_requests.stage, mutual_sectors.sector, support_requests.requested_on, support_requests.closed_on \
         FROM support_requests JOIN mutuals ON mutuals.id = support_requests.mutual_id \
         JOIN mutual_sectors ON mutual_sectors.mutual_id = mutuals.id WHERE 1 = 1",
    );
    let query = among(query, "mutuals.department_id", departments);
    Ok(query.giving::<(Text, Text, Date, Nullable<Date>)>().load(tx.conn())?)
}

/// The same for these departments only, if there are any.
fn among(query: Fragment, column: &'static str, departments: &[DepartmentId]) -> Fragment {
    if departments.is_empty() {
        return query;
    }
    query.sql(format!(" AND {column} IN (")).parameters(departments.iter().map(ToString::to_string)).sql(")")
}
