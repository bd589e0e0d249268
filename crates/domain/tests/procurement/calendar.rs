//! Last days by the calendar.

use domain::Day;
use domain::procurement::{
    WorkingDays, barred_until, beginning_with, longest_term, pa_standstill, pcr_standstill, psr_standstill, window_of,
};
use proptest::prelude::*;

use crate::{law, parsed};

fn day(raw: &str) -> Day {
    parsed(raw)
}

#[test]
fn the_standstill_of_the_act_has_eight_working_days_of_the_whole_united_kingdom() {
    for (notice, last) in [
        ("2025-04-14", "2025-04-25"),
        ("2025-05-13", "2025-05-22"),
        ("2025-12-22", "2026-01-06"),
        ("2026-03-16", "2026-03-26"),
        ("2026-07-10", "2026-07-22"),
    ] {
        assert_eq!(pa_standstill(day(notice), &law().holidays), Some(day(last)), "{notice}");
    }
}

#[test]
fn the_standstill_of_the_provider_selection_regime_begins_the_day_after() {
    for (published, last) in [("2024-01-08", "2024-01-19"), ("2024-03-22", "2024-04-05"), ("2026-12-18", "2027-01-04")]
    {
        assert_eq!(psr_standstill(day(published), &law().holidays), Some(day(last)), "{published}");
    }
}

#[test]
fn the_standstill_of_the_regulations_of_2015_is_extended_to_a_working_day() {
    for (sent, last) in [
        ("2022-09-09", "2022-09-20"),
        ("2019-12-16", "2019-12-27"),
        ("2024-12-23", "2025-01-03"),
        ("2019-03-04", "2019-03-14"),
    ] {
        assert_eq!(pcr_standstill(day(sent), &law().holidays), Some(day(last)), "{sent}");
    }
}

#[test]
fn a_period_begins_with_its_first_day() {
    let entered = day("2025-05-28");
    for (days, last) in [(30, "2025-06-26"), (120, "2025-09-24"), (90, "2025-08-25"), (180, "2025-11-23")] {
        assert_eq!(beginning_with(entered, days), Some(day(last)), "{days}");
    }
}

#[test]
fn years_are_counted_over_29_february() {
    assert_eq!(window_of(day("2028-02-29")), Some(day("2025-03-01")));
    assert_eq!(barred_until(day("2024-02-29")), Some(day("2027-03-01")));
    assert_eq!(barred_until(day("2025-05-28")), Some(day("2028-05-28")));
    assert_eq!(longest_term(day("2025-06-01"), 5), Some(day("2030-05-31")));
    assert_eq!(longest_term(day("2024-02-29"), 1), Some(day("2025-02-28")));
    assert_eq!(longest_term(day("9998-01-01"), 5), None);
    assert_eq!(window_of(day("1001-01-01")), None);
}

#[test]
fn nothing_is_told_beyond_the_years_of_the_table() {
    let holidays = law().holidays;
    assert_eq!(pa_standstill(day("2011-12-30"), &holidays), None);
    assert_eq!(pa_standstill(day("2028-12-22"), &holidays), None);
    assert_eq!(holidays.is_working(day("2012-01-01"), WorkingDays::OfEngland), Some(false));
}

#[test]
fn each_law_has_working_days_of_its_own() {
    let holidays = law().holidays;
    for (raw, anywhere, in_england) in [
        ("2026-01-02", false, true),
        ("2026-03-17", false, true),
        ("2026-07-13", false, true),
        ("2020-05-04", true, false),
        ("2020-05-08", false, false),
        ("2026-01-03", false, false),
        ("2026-01-06", true, true),
    ] {
        assert_eq!(holidays.is_working(day(raw), WorkingDays::OfTheUnitedKingdom), Some(anywhere), "{raw}");
        assert_eq!(holidays.is_working(day(raw), WorkingDays::OfEngland), Some(in_england), "{raw}");
    }
}

fn days() -> impl Strategy<Value = Day> {
    (0_u64..6_000).prop_map(|after| day("2012-01-01").plus_days(after).unwrap())
}

proptest! {
    #[test]
    fn a_contract_bars_until_the_first_day_whose_window_it_is_not_in(entered in days()) {
        let free = barred_until(entered).unwrap();
        prop_assert!(window_of(free).unwrap() > entered);
        prop_assert!(window_of(free.minus_days(1).unwrap()).unwrap() <= entered);
    }

    #[test]
    fn a_later_notice_never_ends_a_standstill_earlier(notice in days()) {
        let law = law();
        let next = notice.plus_days(1).unwrap();
        for last_day in [pa_standstill, psr_standstill, pcr_standstill] {
            if let (Some(last), Some(of_next)) = (last_day(notice, &law.holidays), last_day(next, &law.holidays)) {
                prop_assert!(last <= of_next && last > notice);
            }
        }
    }

    #[test]
    fn the_last_of_some_working_days_is_one_and_so_many_are_counted(from in days(), number in 1_usize..20) {
        let holidays = law().holidays;
        if let Some(last) = holidays.last_of(number, from, WorkingDays::OfTheUnitedKingdom) {
            let working = |day: &Day| holidays.is_working(*day, WorkingDays::OfTheUnitedKingdom) == Some(true);
            let counted = (0..).map_while(|after| from.plus_days(after).filter(|day| *day <= last)).filter(working);
            prop_assert_eq!(counted.count(), number);
            prop_assert!(working(&last));
        }
    }

    #[test]
    fn a_term_of_some_years_and_a_day_is_too_long(starts in days(), years in 1_i32..8) {
        // A year after 29 February is 1 March: the vectors have it.
        prop_assume!(!starts.to_string().ends_with("-02-29"));
        let longest = longest_term(starts, years).unwrap();
        prop_assert!(longest.plus_days(1).unwrap().minus_years(years).unwrap() <= starts);
        prop_assert!(longest.minus_years(years).unwrap() < starts);
    }
}
