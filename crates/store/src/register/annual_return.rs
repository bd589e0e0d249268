//! Mutuals' annual returns in the database, and the count of staff that a mutual has from them.

use domain::{AnnualReturn, AnnualReturnId, Checked, Child, Fault, FaultCode, Key, Mutual, MutualId, Staff};

use crate::backend::fragment::Fragment;
use crate::backend::json::text_option;
use crate::error::{ConflictKind, Error};
use crate::query::keyset::{KeyKind, SortColumn, Values};
use crate::register::child::{self, ChildId, ChildRecord, StoredChild};
use crate::register::mutual;
use crate::register::record::{self, Column};
use crate::{ReadTx, WriteTx};

impl StoredChild for AnnualReturn {
    const ORDER: SortColumn = SortColumn::new("period_ends_on", Values::Unique, KeyKind::Day);

    const COLUMNS: &'static [&'static str] = &["period_ends_on", "headcount"];

    fn columns(&self) -> Vec<Column> {
        vec![Column::day(Some(self.period_ends_on)), Column::Integer(self.figures.headcount)]
    }

    /// A mutual has one return for each of its years.
    fn check(
        tx: &mut WriteTx<'_>,
        id: ChildId<Self>,
        _: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let dialect = tx.conn().dialect();
        let (open, close) = dialect.cast("DATE");
        let same = Fragment::default().sql(format!("annual_returns.period_ends_on = {open}"));
        let same = same.parameter(wanted.period_ends_on.to_string()).sql(close);
        let other = child::other_with::<Self>(tx, id, wanted.parent_id, same)?;
        child::untaken::<Self>(ConflictKind::PeriodTaken, "period_ends_on", wanted.period_ends_on, other)
    }

    /// The newest return with a headcount gives the mutual its count of staff, unless the mutual has one of its own that was surely
    /// made later. A count that came from a return goes with it, as long as there is another.
    fn follow(tx: &mut WriteTx<'_>, mutual_id: MutualId, before: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        let Some(newest) = newest_count(tx, mutual_id, None)? else { return Ok(()) };
        let newest_of_others = newest_count(tx, mutual_id, before.map(|before| before.id))?;
        let given_before = before.and_then(|before| before.content.staff());
        let given_before = newest_of_others.into_iter().chain(given_before).max_by_key(|staff| staff.counted_on);
        let mutual = mutual::find(tx, &Key::Id(mutual_id))?;
        let count = &*mutual.content.staff;
        let is_own = given_before.as_ref() != Some(count);
        if *count == newest || (is_own && count.is_later_than(&newest)) {
            return Ok(());
        }
        let staff = Checked::stored(newest);
        mutual::update(tx, &mutual, Mutual { staff, ..mutual.content.clone() }).map(drop)
    }
}

/// What a mutual that is to have this count of staff will have, given its returns, and the faults of the count. What is left out is
/// what the returns say.
pub(crate) fn count_beside_returns(
    tx: &mut ReadTx<'_>,
    mutual_id: MutualId,
    mutual: Mutual,
) -> Result<(Mutual, Vec<Fault>), Error> {
    let Some(newest) = newest_count(tx, mutual_id, None)? else { return Ok((mutual, Vec::new())) };
    let wanted = &*mutual.staff;
    if *wanted == Staff::default() {
        return Ok((Mutual { staff: Checked::stored(newest), ..mutual }, Vec::new()));
    }
    if wanted.is_later_than(&newest) {
        return Ok((mutual, Vec::new()));
    }
    let told = |field: &str, said: String| {
        let from = "the count of staff comes from the newest annual return with a headcount";
        let instead = "leave out `staff_count` and `staff_counted_on`, change the return, or give a later count";
        Fault::new(field, FaultCode::ReadOnly, format!("{from}, which says {said}: {instead}"))
    };
    let mut faults = Vec::new();
    if wanted.count != newest.count {
        faults.push(told("staff_count", text_option(newest.count.as_ref()).unwrap_or_default()));
    }
    if wanted.counted_on != newest.counted_on {
        faults.push(told("staff_counted_on", text_option(newest.counted_on.as_ref()).unwrap_or_default()));
    }
    Ok((mutual, faults))
}

/// The count of staff that the newest return with a headcount gives, one return left aside.
fn newest_count(
    tx: &mut ReadTx<'_>,
    mutual_id: MutualId,
    aside: Option<AnnualReturnId>,
) -> Result<Option<Staff>, Error> {
    let counted = child::of::<AnnualReturn>(mutual_id)
        .sql(" AND annual_returns.headcount IS NOT NULL AND annual_returns.id <> ")
        .parameter(text_option(aside.as_ref()).unwrap_or_default())
        .sql(" ORDER BY annual_returns.period_ends_on DESC LIMIT 1");
    let newest: Vec<ChildRecord<AnnualReturn>> = record::load(tx, counted)?;
    Ok(newest.first().and_then(|record| record.content.staff()))
}
