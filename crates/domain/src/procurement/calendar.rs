//! Working days: of which days they are counted, each law says for itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Weekday};

use crate::data_file::{FileFault, rows};
use crate::value::date::Day;

/// A part of the United Kingdom with bank holidays of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Division {
    /// England and Wales.
    EnglandAndWales,
    /// Scotland.
    Scotland,
    /// Northern Ireland.
    NorthernIreland,
}

impl Division {
    const ALL: [Self; 3] = [Self::EnglandAndWales, Self::Scotland, Self::NorthernIreland];

    const fn as_str(self) -> &'static str {
        match self {
            Self::EnglandAndWales => "england-and-wales",
            Self::Scotland => "scotland",
            Self::NorthernIreland => "northern-ireland",
        }
    }
}

/// Whose working days a law counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkingDays {
    /// No bank holiday in any part of the United Kingdom (Procurement Act 2023 s.123(1)). The Public Contracts
    /// Regulations 2015 do not say which part counts (reg. 2(1)), so any does.
    OfTheUnitedKingdom,
    /// No bank holiday in England, nor Christmas Day, Good Friday or the first Monday in May (Provider Selection Regime
    /// 2023 reg. 12(12)).
    OfEngland,
}

/// The bank holidays of the years from one to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankHolidays {
    days: BTreeMap<Day, BTreeSet<Division>>,
    first_year: i32,
    last_year: i32,
}

impl BankHolidays {
    /// Reads a table of bank holidays: each with its day, its division, its title and a note.
    ///
    /// # Errors
    /// The line that is wrong. Each division has holidays in each year from the first to the last.
    pub fn parse(text: &str) -> Result<Self, FileFault> {
        let mut days: BTreeMap<Day, BTreeSet<Division>> = BTreeMap::new();
        let mut years: BTreeSet<(i32, Division)> = BTreeSet::new();
        let mut last_line = 1;
        for (line, [date, division, _, _]) in rows(text, ["date", "division", "title", "note"])? {
            let day: Day = date.parse().map_err(|invalid| FileFault::new(line, format!("{invalid}")))?;
            let known = Division::ALL.into_iter().find(|known| known.as_str() == division);
            let words = Division::ALL.map(Division::as_str).join(", ");
            let division =
                known.ok_or_else(|| FileFault::new(line, format!("{division:?} is no division: expected {words}")))?;
            days.entry(day).or_default().insert(division);
            years.insert((day.date().year(), division));
            last_line = line;
        }
        let (Some((first_year, _)), Some((last_year, _))) = (years.first().copied(), years.last().copied()) else {
            return Err(FileFault::new(last_line, "there are no bank holidays"));
        };
        for year in first_year..=last_year {
            for division in Division::ALL {
                if !years.contains(&(year, division)) {
                    let detail = format!("there are no bank holidays of {} in {year}", division.as_str());
                    return Err(FileFault::new(last_line, detail));
                }
            }
        }
        Ok(Self { days, first_year, last_year })
    }

    /// Whether a day is a working day; none outside the years of the table.
    pub fn is_working(&self, day: Day, whose: WorkingDays) -> Option<bool> {
        let date = day.date();
        if !(self.first_year..=self.last_year).contains(&date.year()) {
            return None;
        }
        let is_holiday = |wanted: &[Division]| {
            self.days.get(&day).is_some_and(|divisions| wanted.iter().any(|division| divisions.contains(division)))
        };
        let is_off = match whose {
            WorkingDays::OfTheUnitedKingdom => is_holiday(&Division::ALL),
            WorkingDays::OfEngland => {
                let is_christmas = (date.month(), date.day()) == (12, 25);
                let is_early_may = date.month() == 5 && date.weekday() == Weekday::Mon && date.day() <= 7;
                is_christmas || is_early_may || is_holiday(&[Division::EnglandAndWales])
            }
        };
        Some(!is_off && !matches!(date.weekday(), Weekday::Sat | Weekday::Sun))
    }

    /// The last of so many working days, counted from a day on that may itself be one; none where the table ends before.
    pub fn last_of(&self, number: usize, from: Day, whose: WorkingDays) -> Option<Day> {
        let mut day = from;
        let mut left = number;
        loop {
            left = left.saturating_sub(usize::from(self.is_working(day, whose)?));
            if left == 0 {
                return Some(day);
            }
            day = day.plus_days(1)?;
        }
    }
}
