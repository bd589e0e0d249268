//! Commitments of all departments as at a day.
//!
//! Whether one is kept is the domain's to say. SQL only finds those that the domain would say so of, for the pages of a report that is
//! narrowed to some.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date, Nullable};
use document::record_name::DepartmentName;
use document::value::Text;
use domain::{Child, Commitment, CommitmentStatus, Day, Department, DepartmentId, Key, commitment};

use crate::ReadTx;
use crate::backend::dialect::Dialect;
use crate::backend::fragment::{Fragment, all_of, any_of};
use crate::backend::json::{day, day_option, parsed};
use crate::error::Error;
use crate::query::keyset::{KeyKind, Listing, Page, Position, SortKey, Values};
use crate::register::child::{self, ChildRecord};
use crate::register::record;

/// What a report on commitments is about.
#[derive(Clone, Debug)]
pub struct CommitmentFilter {
    /// The day of the report.
    pub as_at: Day,
    /// Of these departments; of all where there is none.
    pub departments: Vec<DepartmentId>,
    /// Listing those with these statuses; all where there is none.
    pub statuses: Vec<CommitmentStatus>,
}

/// How many commitments have each status.
pub type CommitmentCounts = BTreeMap<CommitmentStatus, i64>;

/// A page of a report on commitments.
#[derive(Clone, Debug)]
pub struct CommitmentReport {
    /// Those of the page, by the day on which they are due.
    pub items: Vec<Reported>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<Position>,
    /// All of the departments' commitments, whatever the statuses listed.
    pub counts: CommitmentCounts,
}

/// A commitment with whose it is.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The department.
    pub department: DepartmentName,
    /// What it has promised.
    pub commitment: ChildRecord<Commitment>,
}

/// What the department with this id is called.
pub(crate) fn named(tx: &mut ReadTx<'_>, id: DepartmentId) -> Result<DepartmentName, Error> {
    let Department { slug, name, .. } = record::find_by_key(tx, &Key::<Department>::Id(id))?.content;
    Ok(DepartmentName { id: Text(id), slug: Text(slug), name: Text(name) })
}

const ORDER: SortKey = SortKey::new("due_on", Values::Shared, KeyKind::Day);

/// A page of the commitments as at a day, and how many there are of each status.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the report.
pub fn commitments(tx: &mut ReadTx<'_>, filter: &CommitmentFilter, page: &Page) -> Result<CommitmentReport, Error> {
    let statuses = with_status(tx.conn().dialect(), &filter.statuses, filter.as_at);
    let condition = all_of([of_departments(&filter.departments), statuses]);
    let slice = Listing::of::<Child<Department, Commitment>>(condition).page(tx, page, ORDER)?;
    let mut names: HashMap<DepartmentId, DepartmentName> = HashMap::new();
    let mut items = Vec::with_capacity(slice.items.len());
    for listed in &slice.items {
        let Some(commitment) = child::there::<Commitment>(tx, parsed("id", &listed.id)?)? else { continue };
        let department = match names.entry(commitment.content.parent_id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => unknown.insert(named(tx, commitment.content.parent_id)?).clone(),
        };
        items.push(Reported { department, commitment });
    }
    Ok(CommitmentReport { items, next: slice.next, counts: counts(tx, &filter.departments, filter.as_at)? })
}

/// How many commitments of these departments, or of all where there is none, have each status as at a day.
pub(crate) fn counts(tx: &mut ReadTx<'_>, departments: &[DepartmentId], as_at: Day) -> Result<CommitmentCounts, Error> {
    let alike = all_of([of_departments(departments)])
        .within("SELECT due_on, published_on, COUNT(*) FROM commitments WHERE ", " GROUP BY due_on, published_on");
    let alike: Vec<(NaiveDate, Option<NaiveDate>, i64)> =
        alike.giving::<(Date, Nullable<Date>, BigInt)>().load(tx.conn())?;
    let mut counts: CommitmentCounts = CommitmentStatus::ALL.iter().map(|status| (*status, 0)).collect();
    for (due_on, published_on, number) in alike {
        let (due_on, published_on) = (day("due_on", due_on)?, day_option("published_on", published_on)?);
        let count = counts.entry(commitment::status(due_on, published_on, as_at)).or_default();
        *count = count.saturating_add(number);
    }
    Ok(counts)
}

fn of_departments(departments: &[DepartmentId]) -> Option<Fragment> {
    any_of("commitments.department_id", departments)
}

/// Which rows have one of these statuses; no condition where there is none.
fn with_status(dialect: Dialect, statuses: &[CommitmentStatus], as_at: Day) -> Option<Fragment> {
    if statuses.is_empty() {
        return None;
    }
    let (open, close) = dialect.cast("DATE");
    let than_day = |sql: Fragment, compared: &'static str| {
        sql.sql(compared).sql(open).parameter(as_at.to_string()).sql(close.clone())
    };
    let published = |sql: Fragment| than_day(sql, "COALESCE(commitments.published_on <= ").sql(", 1 = 0)");
    let mut condition = Fragment::default().sql("(1 = 0");
    for status in statuses {
        let either = condition.sql(" OR (");
        condition = match status {
            CommitmentStatus::Met => published(either).sql(" AND commitments.published_on <= commitments.due_on"),
            CommitmentStatus::MetLate => published(either).sql(" AND commitments.published_on > commitments.due_on"),
            CommitmentStatus::Due => than_day(published(either.sql("NOT ")), " AND commitments.due_on >= "),
            CommitmentStatus::Overdue => than_day(published(either.sql("NOT ")), " AND commitments.due_on < "),
        }
        .sql(")");
    }
    Some(condition.sql(")"))
}
