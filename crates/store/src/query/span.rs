//! Ranges of time that a list can be narrowed to, both ends included.

use domain::{Day, PartialDate};

use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;

/// A range for dates that may be known in part: it takes in every date that can lie in it, so that `2011` is within a span from
/// `2011-06`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// From the first day that this may be; open where absent.
    pub from: Option<PartialDate>,
    /// To the last day that this may be; open where absent.
    pub to: Option<PartialDate>,
}

impl Span {
    /// Which rows have a date in the span, in a column of such dates as text; none where the span is open at both ends.
    pub(crate) fn condition(&self, column: &str) -> Option<Fragment> {
        if self.from.is_none() && self.to.is_none() {
            return None;
        }
        let mut condition = Fragment::default().sql(format!("{column} IS NOT NULL"));
        if let Some(from) = &self.from {
            let day = from.first_day().to_string();
            // A date is late enough if it is so as far as it is known. The bound by the year alone lets an index be used.
            let year: String = day.chars().take(4).collect();
            condition = condition
                .sql(format!(" AND {column} >= "))
                .parameter(year)
                .sql(format!(" AND {column} >= substr("))
                .parameter(day)
                .sql(format!(", 1, length({column}))"));
        }
        if let Some(to) = &self.to {
            condition = condition.sql(format!(" AND {column} <= ")).parameter(to.last_day().to_string());
        }
        Some(condition)
    }
}

/// A range for whole days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// The first day; open where absent.
    pub from: Option<Day>,
    /// The last day; open where absent.
    pub to: Option<Day>,
}

impl Days {
    /// Which rows have a day in the range, in a column of days; none where the range is open at both ends.
    pub(crate) fn condition(&self, dialect: Dialect, column: &str) -> Option<Fragment> {
        if self.from.is_none() && self.to.is_none() {
            return None;
        }
        let mut condition = Fragment::default().sql(format!("{column} IS NOT NULL"));
        for (operator, bound) in [(">=", self.from), ("<=", self.to)] {
            if let Some(day) = bound {
                let (open, close) = dialect.cast("DATE");
                condition =
                    condition.sql(format!(" AND {column} {operator} {open}")).parameter(day.to_string()).sql(close);
            }
        }
        Some(condition)
    }
}
