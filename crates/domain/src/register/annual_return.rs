//! Annual returns of mutuals: what they say about each of their years.

use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::mutual::{Mutual, Staff};
use crate::value::date::Day;
use crate::value::fte::Fte;
use crate::value::money::{Money, SignedMoney};
use crate::value::percent::Percent;
use crate::value::source::Sources;

/// Id of a mutual's annual return.
pub type AnnualReturnId = Id<Child<Mutual, AnnualReturn>>;

/// What a mutual says about a year of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnualReturn {
    /// The last day of the year that it is about.
    pub period_ends_on: Day,
    /// What it says.
    pub figures: Checked<AnnualFigures>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl AnnualReturn {
    /// The count of staff that the return gives its mutual, if it has one: the heads at the end of the year.
    pub fn staff(&self) -> Option<Staff> {
        let count = self.figures.headcount?;
        Some(Staff { staff_count: Some(count), staff_counted_on: Some(self.period_ends_on.into()) })
    }
}

/// The figures of a year; an unknown one is absent. Counts are from 0 to [`Staff::MAX_COUNT`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnualFigures {
    /// The income of the year.
    pub turnover: Option<Money>,
    /// What was left of it; below 0 for a loss.
    pub surplus: Option<SignedMoney>,
    /// How many people worked in the mutual at the end of the year.
    pub headcount: Option<i64>,
    /// How many full-time equivalents those were.
    pub fte: Option<Fte>,
    /// How many people were served in the year.
    pub service_users: Option<i64>,
    /// How many members of the board staff had chosen from among themselves.
    pub staff_directors: Option<i64>,
    /// How many members the board had.
    pub board_size: Option<i64>,
    /// The percentage of the mutual's shares that staff held.
    pub staff_shareholding_percent: Option<Percent>,
}

impl Rules for AnnualFigures {
    fn faults(&self) -> Vec<Fault> {
        if *self == Self::default() {
            let detail = "the return is empty: expected at least one figure besides `period_ends_on`";
            return vec![Fault::new("", FaultCode::Required, detail)];
        }
        let mut faults = self.range_faults();
        let mut contradicts =
            |field: &str, detail: String| faults.push(Fault::new(field, FaultCode::Inconsistent, detail));
        if let (Some(staff), Some(all)) = (self.staff_directors, self.board_size)
            && staff > all
        {
            contradicts("staff_directors", format!("{staff} is more than `board_size`, which is {all}"));
        }
        if let (Some(fte), Some(heads)) = (self.fte, self.headcount)
            && fte.hundredths() > heads.saturating_mul(100)
        {
            contradicts("fte", format!("{fte} is more than `headcount`, which is {heads}"));
        }
        if let (Some(turnover), Some(surplus)) = (self.turnover, self.surplus)
            && turnover.currency() != surplus.currency()
        {
            let detail =
                format!("the currency is {}, but that of `turnover` is {}", surplus.currency(), turnover.currency());
            contradicts("surplus/currency", detail);
        }
        faults
    }
}

impl AnnualFigures {
    fn range_faults(&self) -> Vec<Fault> {
        let counts = [
            ("headcount", self.headcount),
            ("service_users", self.service_users),
            ("staff_directors", self.staff_directors),
            ("board_size", self.board_size),
        ];
        let beyond = |count: &i64| !(0..=Staff::MAX_COUNT).contains(count);
        counts
            .into_iter()
            .filter_map(|(field, count)| count.filter(beyond).map(|count| (field, count)))
            .map(|(field, count)| {
                Fault::new(field, FaultCode::OutOfRange, format!("{count} is not within 0 to {}", Staff::MAX_COUNT))
            })
            .collect()
    }
}
