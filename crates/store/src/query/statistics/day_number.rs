//! Days as numbers.

use std::num::NonZero;

use chrono::{Datelike as _, NaiveDate};
use domain::Day;

/// A day as a number, so that days are small and quick to compare. It is never 0, so that one that may be unknown is as small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DayNumber(NonZero<i32>);

impl DayNumber {
    /// Before every day.
    pub(super) const MIN: Self = Self(NonZero::<i32>::MIN);
    /// After every day.
    pub(super) const MAX: Self = Self(NonZero::<i32>::MAX);

    /// The number of a day. That of the first that there is is greater than 0.
    pub(super) fn of(day: Day) -> Self {
        NonZero::new(day.date().num_days_from_ce()).map_or(Self::MIN, Self)
    }

    /// The year of the day.
    pub(super) fn year(self) -> i32 {
        NaiveDate::from_num_days_from_ce_opt(self.0.get()).map_or(0, |date| date.year())
    }
}
