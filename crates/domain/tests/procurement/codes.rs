//! Which services may be reserved.

use domain::CpvCode;
use proptest::prelude::*;

use crate::{law, parsed};

#[test]
fn the_codes_marked_in_schedule_1_are_the_list_of_reg_77_expanded() {
    let law = law();
    let marked: Vec<&CpvCode> = law.schedule_1.codes().filter(|(_, marked)| *marked).map(|(code, _)| code).collect();
    let covered: Vec<&CpvCode> =
        law.schedule_1.codes().map(|(code, _)| code).filter(|code| law.reg_77.covers(code)).collect();
    assert_eq!(marked, covered);
    assert_eq!((law.schedule_1.codes().count(), marked.len()), (421, 144));
}

#[test]
fn a_code_below_a_listed_one_is_reservable() {
    let law = law();
    for (code, expected) in [
        ("92511000", true),
        ("92610000", true),
        ("80310000", true),
        ("98133110", true),
        ("92500000", true),
        ("85312310", true),
        ("75231240", false),
        ("79611000", false),
        ("79995000", false),
        ("80530000", false),
        ("98513310", false),
        ("92320000", false),
        ("92331210", false),
        ("45000000", false),
    ] {
        let code: CpvCode = parsed(code);
        assert_eq!(law.schedule_1.is_reservable(&code), expected, "{code} by Schedule 1");
        assert_eq!(law.reg_77.covers(&code), expected, "{code} by reg. 77(2)");
    }
}

#[test]
fn light_touch_is_what_is_in_the_table_or_below() {
    let schedule = law().schedule_1;
    let codes = |raw: &[&str]| raw.iter().map(|raw| parsed(raw)).collect::<Vec<CpvCode>>();
    assert_eq!(schedule.are_light_touch(&codes(&["92511000", "75231240"])), Some(true));
    assert_eq!(schedule.are_light_touch(&codes(&["45000000"])), Some(false));
    assert_eq!(schedule.are_light_touch(&codes(&["45000000", "92511000"])), None);
    assert_eq!(schedule.are_light_touch(&[]), None);
}

proptest! {
    #[test]
    fn a_code_that_schedule_1_does_not_list_is_reservable_only_below_a_reservable_one(number in 75_000_000_u32..99_000_000) {
        let law = law();
        let code: CpvCode = parsed(&number.to_string());
        let digits = number.to_string();
        let is_below = |entry: &CpvCode| {
            let entry = entry.to_string();
            let prefix = entry[..8].trim_end_matches('0');
            digits.starts_with(if prefix.len() < 2 { &entry[..2] } else { prefix })
        };
        let listed = law.schedule_1.codes().find(|(entry, _)| **entry == code).map(|(_, marked)| marked);
        let expected = listed.unwrap_or_else(|| law.schedule_1.codes().any(|(entry, marked)| marked && is_below(entry)));
        prop_assert_eq!(law.schedule_1.is_reservable(&code), expected);
    }
}
