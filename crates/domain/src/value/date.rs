//! Days, and dates of which only the month or the year is known.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, Days, Months, NaiveDate};

use crate::fault::{Fault, FaultCode, Invalid, quoted};

/// A calendar day of the years 1000 to 9999, written `YYYY-MM-DD` (ISO 8601, extended format).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(NaiveDate);

impl Day {
    /// The first that there is.
    pub const FIRST: Self = Self(match NaiveDate::from_ymd_opt(1000, 1, 1) {
        Some(first) => first,
        None => NaiveDate::MIN,
    });

    /// The day of a date.
    ///
    /// # Errors
    /// [`FaultCode::OutOfRange`] for a year of fewer or more than four digits.
    pub fn from_date(date: NaiveDate) -> Result<Self, Invalid> {
        if (1000..=9999).contains(&date.year()) {
            return Ok(Self(date));
        }
        Err(Invalid::new(FaultCode::OutOfRange, format!("the year {} is not within 1000 to 9999", date.year())))
    }

    /// The date.
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    /// The last day that something can have which has happened by this one: the day after, since it may be tomorrow
    /// already where it happened.
    #[must_use]
    pub fn with_grace(self) -> Self {
        self.plus_days(1).unwrap_or(self)
    }

    /// So many days later; none beyond the last that there is.
    pub fn plus_days(self, days: u64) -> Option<Self> {
        Self::from_date(self.0.checked_add_days(Days::new(days))?).ok()
    }

    /// So many days earlier; none before the first that there is.
    pub fn minus_days(self, days: u64) -> Option<Self> {
        Self::from_date(self.0.checked_sub_days(Days::new(days))?).ok()
    }

    /// So many years later. A year after 29 February is 1 March, where there is no 29 February.
    pub fn plus_years(self, years: i32) -> Option<Self> {
        let year = self.0.year().checked_add(years)?;
        let same = self.0.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1));
        Self::from_date(same?).ok()
    }

    /// So many years earlier. A year before 29 February is 28 February, where there is no 29 February.
    pub fn minus_years(self, years: i32) -> Option<Self> {
        let year = self.0.year().checked_sub(years)?;
        let same = self.0.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28));
        Self::from_date(same?).ok()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl FromStr for Day {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        match raw.parse::<PartialDate>() {
            Ok(PartialDate { first_day, precision: Precision::Day }) => Ok(first_day),
            Err(invalid) if invalid.code == FaultCode::OutOfRange => Err(invalid),
            _ => Err(Invalid::new(
                FaultCode::InvalidFormat,
                format!("{} is not a day: expected YYYY-MM-DD, such as 2011-10-01", quoted(raw)),
            )),
        }
    }
}

/// How much of a date is known; the coarser is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Precision {
    /// The year only.
    Year,
    /// The year and the month.
    Month,
    /// The day.
    Day,
}

/// A date known to the day, the month or the year: `2011-10-01`, `2011-10` or `2011` (ISO 8601, reduced
/// precision).
///
/// It is ordered by its first day and then from coarse to fine, which is the order of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartialDate {
    first_day: Day,
    precision: Precision,
}

impl PartialDate {
    /// The first day that it may be.
    pub const fn first_day(&self) -> Day {
        self.first_day
    }

    /// The last day that it may be.
    pub fn last_day(&self) -> Day {
        let months = match self.precision {
            Precision::Year => 12,
            Precision::Month => 1,
            Precision::Day => return self.first_day,
        };
        let next = self.first_day.0.checked_add_months(Months::new(months));
        next.and_then(|day| day.pred_opt()).map_or(self.first_day, Day)
    }

    /// The month that it is in; its year where only that is known.
    #[must_use]
    pub fn to_month(self) -> Self {
        let first = self.first_day.0.with_day(1).map_or(self.first_day, Day);
        Self { first_day: first, precision: self.precision.min(Precision::Month) }
    }

    /// How much of it is known.
    pub const fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether it can be on or before `later`: false only if each day that it may be is after each day that
    /// `later` may be.
    pub fn may_precede(&self, later: &PartialDate) -> bool {
        self.first_day() <= later.last_day()
    }

    /// Whether the two can be the same day.
    pub fn overlaps(&self, other: &PartialDate) -> bool {
        self.may_precede(other) && other.may_precede(self)
    }
}

impl From<Day> for PartialDate {
    fn from(day: Day) -> Self {
        Self { first_day: day, precision: Precision::Day }
    }
}

impl PartialDate {
    /// The date in a sentence: `on 2025-06-01`, `in 2025-06`.
    pub fn said(self) -> String {
        let preposition = if self.precision == Precision::Day { "on" } else { "in" };
        format!("{preposition} {self}")
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.first_day.0;
        match self.precision {
            Precision::Year => write!(f, "{:04}", date.year()),
            Precision::Month => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Precision::Day => self.first_day.fmt(f),
        }
    }
}

impl FromStr for PartialDate {
    type Err = Invalid;

    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let malformed = || {
            let expected = "expected YYYY-MM-DD, YYYY-MM or YYYY, such as 2011-10-01, 2011-10 or 2011";
            Invalid::new(FaultCode::InvalidFormat, format!("{} is not a date: {expected}", quoted(raw)))
        };
        let mut parts = raw.split('-');
        let year = parts.next().and_then(|part| digits(part, 4)).ok_or_else(malformed)?;
        let month = parts.next().map(|part| digits(part, 2).ok_or_else(malformed)).transpose()?;
        let day = parts.next().map(|part| digits(part, 2).ok_or_else(malformed)).transpose()?;
        if parts.next().is_some() {
            return Err(malformed());
        }
        let precision = match (month, day) {
            (None, _) => Precision::Year,
            (_, None) => Precision::Month,
            _ => Precision::Day,
        };
        let first =
            i32::try_from(year).ok().and_then(|y| NaiveDate::from_ymd_opt(y, month.unwrap_or(1), day.unwrap_or(1)));
        let Some(first) = first else {
            return Err(Invalid::new(FaultCode::OutOfRange, format!("{raw} is not a day in the calendar")));
        };
        Ok(Self { first_day: Day::from_date(first)?, precision })
    }
}

/// The fault of a date that cannot be on or after one of several `earlier` ones, at the later one's field;
/// absent ones bind nothing.
pub(crate) fn not_before(
    (field, later): (&'static str, Option<PartialDate>),
    earlier: &[(&'static str, Option<PartialDate>)],
) -> Option<Fault> {
    let later = later?;
    let (name, date) = earlier
        .iter()
        .find_map(|(name, date)| date.filter(|date| !date.may_precede(&later)).map(|date| (name, date)))?;
    Some(Fault::new(
        field,
        FaultCode::DateOrder,
        format!("{later} is before `{name}`, which is {date}: expected the same day or later"),
    ))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}
