//! Mutuals' annual returns in the database.

use domain::{AnnualReturn, Checked, Child, DraftAccess, Key, Mutual, MutualId};

use crate::backend::column::Column;
use crate::backend::fragment::Fragment;
use crate::error::{ConflictKind, Error};
use crate::query::keyset::{KeyKind, SortKey, Values};
use crate::register::child::{self, ChildColumns, ChildId, ChildRecord, StoredChild};
use crate::register::record;
use crate::register::root::StoredRecord as _;
use crate::register::staff_count::newest_count;
use crate::transaction::WriteTx;

impl StoredChild for AnnualReturn {
    const ORDER: SortKey = SortKey::new("period_ends_on", Values::Unique, KeyKind::Day);

    const COLUMNS: ChildColumns<Self> = &[
        ("period_ends_on", |it| Column::day(Some(it.period_ends_on))),
        ("headcount", |it| Column::Integer(it.figures.headcount)),
    ];

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
    /// made later. A count that came from a return goes with it: the return before it gives the count then, or nothing does.
    fn follow(tx: &mut WriteTx<'_>, mutual_id: MutualId, before: Option<&ChildRecord<Self>>) -> Result<(), Error> {
        let newest = newest_count(tx, mutual_id, None)?;
        let newest_of_others = newest_count(tx, mutual_id, before.map(|before| before.id))?;
        let given_before = before.and_then(|before| before.content.staff());
        let given_before = newest_of_others.into_iter().chain(given_before).max_by_key(|staff| staff.staff_counted_on);
        let mutual = record::find_by_key(tx, &Key::<Mutual>::Id(mutual_id))?;
        let count = &*mutual.content.staff;
        let is_own = given_before.as_ref() != Some(count);
        let stays = match &newest {
            Some(newest) => count == newest || (is_own && count.is_later_than(newest)),
            None => is_own,
        };
        if stays {
            return Ok(());
        }
        let staff = Checked::stored(newest.unwrap_or_default());
        Mutual::update(tx, &mutual, Mutual { staff, ..mutual.content.clone() }, DraftAccess::None).map(drop)
    }
}
