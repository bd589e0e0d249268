//! Last days and first days: standstills, terms, windows of years and periods for notices.

use crate::procurement::calendar::{BankHolidays, WorkingDays};
use crate::value::date::Day;

/// Years for which a comparable contract bars a mutual (Procurement Act 2023 s.33(5), PCR 2015 reg. 77(3)(d)).
pub(super) const BARRED_YEARS: i32 = 3;

/// The last day of the mandatory standstill of the Act: the eighth working day, beginning with the day on which the contract
/// award notice is published (Procurement Act 2023 s.51(2)).
pub fn pa_standstill(notice: Day, holidays: &BankHolidays) -> Option<Day> {
    holidays.last_of(8, notice, WorkingDays::OfTheUnitedKingdom)
}

/// The last day of the standstill of the Provider Selection Regime, unless a provider makes representations: it begins the
/// day after the notice of intention is published, and ends with the eighth working day after that (reg. 12(9)).
pub fn psr_standstill(notice: Day, holidays: &BankHolidays) -> Option<Day> {
    holidays.last_of(8, notice.plus_days(2)?, WorkingDays::OfEngland)
}

/// The last day of the standstill of the Regulations of 2015: the tenth day after the letters were sent electronically, or
/// the next working day (PCR 2015 regs. 87 and 2(4)).
pub fn pcr_standstill(letters: Day, holidays: &BankHolidays) -> Option<Day> {
    holidays.last_of(1, letters.plus_days(10)?, WorkingDays::OfTheUnitedKingdom)
}

/// The last of so many days that begin with a day.
pub fn beginning_with(first: Day, days: u64) -> Option<Day> {
    first.plus_days(days.checked_sub(1)?)
}

/// The last day that a term of so many years can have which starts on a day.
pub fn longest_term(starts: Day, years: i32) -> Option<Day> {
    starts.plus_years(years)?.minus_days(1)
}

/// The first day of the three years that end with the day of an award.
pub fn window_of(awarded: Day) -> Option<Day> {
    awarded.minus_years(BARRED_YEARS)?.plus_days(1)
}

/// The first day on which what happened on this one is no longer in the three years that end with an award.
pub fn barred_until(happened: Day) -> Option<Day> {
    let day = happened.plus_years(BARRED_YEARS)?;
    // From 29 February, three years end in a February that has no such day.
    if window_of(day)? > happened { Some(day) } else { day.plus_days(1) }
}
