//! Ranges of time that a list can be narrowed to, both ends included and each open where it is absent.

use document::value::{Day, PartialDate, Text};

use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;

/// Which rows have a date in a range, in a column of dates that may be known in part, as text; none where the range is open at both
/// ends. It takes in every date that can lie in it, so that `2011` is in the range from `2011-06`.
pub(crate) fn dates(column: &str, from: Option<PartialDate>, to: Option<PartialDate>) -> Option<Fragment> {
    if from.is_none() && to.is_none() {
        return None;
    }
    let mut condition = Fragment::default().sql(format!("{column} IS NOT NULL"));
    if let Some(Text(from)) = from {
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
    if let Some(Text(to)) = to {
        condition = condition.sql(format!(" AND {column} <= ")).parameter(to.last_day().to_string());
    }
    Some(condition)
}

/// Which rows have a day in a range, in a column of days; none where the range is open at both ends.
pub(crate) fn days(dialect: Dialect, column: &str, from: Option<Day>, to: Option<Day>) -> Option<Fragment> {
    if from.is_none() && to.is_none() {
        return None;
    }
    let mut condition = Fragment::default().sql(format!("{column} IS NOT NULL"));
    for (operator, bound) in [(">=", from), ("<=", to)] {
        if let Some(day) = bound {
            let (open, close) = dialect.cast("DATE");
            condition = condition.sql(format!(" AND {column} {operator} {open}")).parameter(day.to_string()).sql(close);
        }
    }
    Some(condition)
}
