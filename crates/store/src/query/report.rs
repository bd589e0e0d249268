//! Commitments of all departments as at a day.
//!
//! Whether one is kept is the domain's to say. SQL only finds those that the domain would say so of, for the pages of a report that is
//! narrowed to some.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use domain::{Commitment, CommitmentStatus, Day, Department, DepartmentId, Key, Slug, commitment};

use crate::ReadTx;
use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;
use crate::backend::json::{day, day_option, parsed};
use crate::backend::schema::commitments;
use crate::error::Error;
use crate::query::keyset::{self, KeyKind, Page, Position, SortColumn, Values};
use crate::register::child::{self, ChildRecord};
use crate::register::department;

/// What a report on commitments is about.
#[derive(Clone, Debug)]
pub struct CommitmentFilter {
    /// The day as at which it tells.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The department.
    pub department: NamedDepartment,
    /// What it has promised.
    pub commitment: ChildRecord<Commitment>,
}

/// What a department is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDepartment {
    /// Its id.
    pub id: DepartmentId,
    /// Its slug.
    pub slug: Slug,
    /// Its name.
    pub name: domain::Name,
}

impl NamedDepartment {
    /// What the department with this id is called.
    pub(crate) fn find(tx: &mut ReadTx<'_>, id: DepartmentId) -> Result<Self, Error> {
        let Department { slug, name, .. } = department::find(tx, &Key::Id(id))?.content;
        Ok(Self { id, slug, name })
    }
}

const ORDER: SortColumn = SortColumn {
    name: "commitments.due_on",
    id: "commitments.id",
    values: Values::Shared,
    kind: KeyKind::Day,
    found_first: false,
};

/// A page of the commitments as at a day, and how many there are of each status.
///
/// # Errors
/// [`Error::InvalidPosition`] where the page starts at no place of the report.
pub fn commitments(tx: &mut ReadTx<'_>, filter: &CommitmentFilter, page: &Page<()>) -> Result<CommitmentReport, Error> {
    let dialect = tx.conn().dialect();
    let slice = keyset::slice(page, ORDER, dialect, |segment| {
        commitments::table
            .filter(of_departments(&filter.departments))
            .filter(with_status(dialect, &filter.statuses, filter.as_at))
            .filter(segment.condition)
            .order(segment.order)
            .limit(segment.limit)
            .select((commitments::id, commitments::version, commitments::document, segment.key))
            .load(tx.conn())
    })?;
    let mut named: HashMap<DepartmentId, NamedDepartment> = HashMap::new();
    let mut items = Vec::with_capacity(slice.items.len());
    for listed in &slice.items {
        let Some(commitment) = child::there::<Commitment>(tx, parsed("id", &listed.id)?)? else { continue };
        let department = match named.entry(commitment.content.parent_id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => unknown.insert(NamedDepartment::find(tx, commitment.content.parent_id)?).clone(),
        };
        items.push(Reported { department, commitment });
    }
    Ok(CommitmentReport { items, next: slice.next, counts: counts(tx, &filter.departments, filter.as_at)? })
}

/// How many commitments of these departments, or of all where there is none, have each status as at a day.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub(crate) fn counts(tx: &mut ReadTx<'_>, departments: &[DepartmentId], as_at: Day) -> Result<CommitmentCounts, Error> {
    let alike: Vec<(NaiveDate, Option<NaiveDate>, i64)> = commitments::table
        .filter(of_departments(departments))
        .group_by((commitments::due_on, commitments::published_on))
        .select((commitments::due_on, commitments::published_on, count_star()))
        .load(tx.conn())?;
    let mut counts: CommitmentCounts = CommitmentStatus::ALL.iter().map(|status| (*status, 0)).collect();
    for (due_on, published_on, number) in alike {
        let (due_on, published_on) = (day("due_on", due_on)?, day_option("published_on", published_on)?);
        let count = counts.entry(commitment::status(due_on, published_on, as_at)).or_default();
        *count = count.saturating_add(number);
    }
    Ok(counts)
}

fn of_departments(departments: &[DepartmentId]) -> Fragment {
    if departments.is_empty() {
        return Fragment::default().sql("1 = 1");
    }
    let ids = departments.iter().map(ToString::to_string);
    Fragment::default().sql("commitments.department_id IN (").parameters(ids).sql(")")
}

/// Which rows have one of these statuses; all where there is none.
fn with_status(dialect: Dialect, statuses: &[CommitmentStatus], as_at: Day) -> Fragment {
    if statuses.is_empty() {
        return Fragment::default().sql("1 = 1");
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
    condition.sql(")")
}
