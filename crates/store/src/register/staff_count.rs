//! The count of staff that a mutual has from its annual returns.

use domain::{AnnualReturn, AnnualReturnId, Checked, Fault, FaultCode, Mutual, MutualId, Staff};

use crate::backend::json::text_option;
use crate::error::Error;
use crate::register::child::{self, ChildRecord};
use crate::register::record;
use crate::transaction::WriteTx;

/// What a mutual that is to have this count of staff will have, given its returns, and the faults of the count. What is left out is
/// what the returns say.
pub(crate) fn count_beside_returns(
    tx: &mut WriteTx<'_>,
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
    if wanted.staff_count != newest.staff_count {
        faults.push(told("staff_count", text_option(newest.staff_count.as_ref()).unwrap_or_default()));
    }
    if wanted.staff_counted_on != newest.staff_counted_on {
        faults.push(told("staff_counted_on", text_option(newest.staff_counted_on.as_ref()).unwrap_or_default()));
    }
    Ok((mutual, faults))
}

/// The count of staff that the newest return with a headcount gives, of a year that is over, one return left aside.
pub(crate) fn newest_count(
    tx: &mut WriteTx<'_>,
    mutual_id: MutualId,
    aside: Option<AnnualReturnId>,
) -> Result<Option<Staff>, Error> {
    let today = tx.today()?.with_grace();
    let (open, close) = tx.conn().dialect().cast("DATE");
    let counted = child::of::<AnnualReturn>(mutual_id)
        .sql(format!(" AND annual_returns.period_ends_on <= {open}"))
        .parameter(today.to_string())
        .sql(close)
        .sql(" AND annual_returns.headcount IS NOT NULL AND annual_returns.id <> ")
        .parameter(text_option(aside.as_ref()).unwrap_or_default())
        .sql(" ORDER BY annual_returns.period_ends_on DESC LIMIT 1");
    let newest: Vec<ChildRecord<AnnualReturn>> = record::load(tx, counted)?;
    Ok(newest.first().and_then(|record| record.content.staff()))
}
