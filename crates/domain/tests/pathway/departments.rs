//! What departments do for mutuals: commitments, pathways and enablers.

use domain::{
    Commitment, CommitmentKind, CommitmentStatus, Distinct, EmailAddress, Enabler, EnablerRole, FaultCode, Rules as _,
    Sector, Stage, StepPosition, enabler::Active,
};
use proptest::prelude::*;

use crate::samples::{checked, fields, maybe, read};

fn commitment(published_on: &str) -> Commitment {
    Commitment {
        kind: CommitmentKind::PlanAndVision,
        title: read("Plan and vision for mutuals"),
        due_on: read("2012-12-31"),
        published_on: maybe(published_on),
        evidence_url: None,
        sources: Distinct::default(),
    }
}

#[test]
fn a_commitment_is_due_on_its_day_and_overdue_the_day_after() {
    let status = |as_at| commitment("").status(read(as_at));

    assert_eq!(status("2012-01-01"), CommitmentStatus::Due);
    assert_eq!(status("2012-12-31"), CommitmentStatus::Due);
    assert_eq!(status("2013-01-01"), CommitmentStatus::Overdue);
}

#[test]
fn a_commitment_is_met_on_its_day_and_met_late_the_day_after() {
    let later = read("2020-01-01");

    assert_eq!(commitment("2012-12-30").status(later), CommitmentStatus::Met);
    assert_eq!(commitment("2012-12-31").status(later), CommitmentStatus::Met);
    assert_eq!(commitment("2013-01-01").status(later), CommitmentStatus::MetLate);
}

#[test]
fn what_is_published_after_the_day_asked_about_is_not_published_yet() {
    assert_eq!(commitment("2012-06-01").status(read("2012-05-31")), CommitmentStatus::Due);
    assert_eq!(commitment("2012-06-01").status(read("2012-06-01")), CommitmentStatus::Met);
    assert_eq!(commitment("2013-06-01").status(read("2013-05-31")), CommitmentStatus::Overdue);
    assert_eq!(commitment("2013-06-01").status(read("2013-06-01")), CommitmentStatus::MetLate);
}

#[test]
fn the_days_overdue_count_from_the_day_after_it_was_due() {
    let days = |published, as_at| commitment(published).days_overdue(read(as_at));

    assert_eq!([days("", "2012-12-31"), days("", "2013-01-01"), days("", "2013-12-31")], [None, Some(1), Some(365)]);
    assert_eq!([days("2013-02-01", "2013-01-31"), days("2013-02-01", "2013-02-01")], [Some(31), None]);
}

#[test]
fn a_step_has_a_place_from_1_to_100() {
    assert_eq!([1, 100].map(|n| StepPosition::try_from(n).unwrap().get()), [1, 100]);
    for n in [i64::MIN, -1, 0, 101, 256, 257, i64::MAX] {
        assert_eq!(StepPosition::try_from(n).unwrap_err().code, FaultCode::OutOfRange, "{n}");
    }
}

fn enabler(sectors: &[Sector], stages: &[Stage], from: &str, to: &str) -> Enabler {
    Enabler {
        name: None,
        role: EnablerRole::Enabler,
        email: None,
        sectors: Distinct::new(sectors.to_vec()).unwrap_or_else(|_| unreachable!("distinct sectors")),
        stages: Distinct::new(stages.to_vec()).unwrap_or_else(|_| unreachable!("distinct stages")),
        active: checked(Active { active_from: maybe(from), active_to: maybe(to) }),
        sources: Distinct::default(),
    }
}

#[test]
fn an_enabler_without_sectors_or_stages_covers_all_of_them() {
    let anywhere = enabler(&[], &[], "", "");

    for stage in Stage::ALL {
        for sector in Sector::ALL {
            assert!(anywhere.covers(*stage, *sector, read("2013-01-01")), "{stage}, {sector}");
        }
    }
}

#[test]
fn an_enabler_covers_the_named_sectors_in_the_named_stages_only() {
    let starting_out = enabler(&[Sector::Housing], &[Stage::Idea], "", "");
    let covers = |stage, sector| starting_out.covers(stage, sector, read("2013-01-01"));

    assert!(covers(Stage::Idea, Sector::Housing));
    assert!(!covers(Stage::Approved, Sector::Housing));
    assert!(!covers(Stage::Idea, Sector::Dental));
}

#[test]
fn an_enabler_is_active_from_the_first_day_to_the_last() {
    let covers = |from, to, on| enabler(&[], &[], from, to).covers(Stage::Idea, Sector::Housing, read(on));

    for (on, active) in [("2012-12-31", false), ("2013-01-01", true), ("2013-03-31", true), ("2013-04-01", false)] {
        assert_eq!(covers("2013-01-01", "2013-03-31", on), active, "{on}");
    }
    assert!(covers("", "2013-03-31", "1999-01-01") && covers("2013-01-01", "", "2099-01-01"));
}

#[test]
fn nobody_stops_being_active_before_the_first_read() {
    let faults = |from, to| Active { active_from: maybe(from), active_to: maybe(to) }.faults();

    let found = faults("2013-01-02", "2013-01-01");
    assert_eq!(fields(&found), [("active_to", FaultCode::DateOrder)]);
    assert!(faults("2013-01-01", "2013-01-01").is_empty());
}

#[test]
fn an_email_address_keeps_its_local_part_and_has_its_domain_in_lower_case() {
    for (raw, kept) in [
        (" Jo.Smith@Example.GOV.UK ", "Jo.Smith@example.gov.uk"),
        ("o'brien+mutuals@a-b.example", "o'brien+mutuals@a-b.example"),
        ("1@1.example", "1@1.example"),
    ] {
        assert_eq!(raw.parse::<EmailAddress>().unwrap().as_str(), kept);
    }
}

#[test]
fn what_is_no_plain_email_address_is_refused_without_repeating_it() {
    let refused = [
        ("", FaultCode::Empty),
        ("nobody.at.example", FaultCode::InvalidFormat),
        ("jo@", FaultCode::InvalidFormat),
        ("@example.org", FaultCode::InvalidFormat),
        ("jo@example", FaultCode::InvalidFormat),
        ("jo@a@example.org", FaultCode::InvalidFormat),
        ("jo..smith@example.org", FaultCode::InvalidFormat),
        (".jo@example.org", FaultCode::InvalidFormat),
        ("jo.@example.org", FaultCode::InvalidFormat),
        ("\"jo\"@example.org", FaultCode::InvalidFormat),
        ("Jo<jo@example.org>", FaultCode::InvalidFormat),
        ("jo@example..org", FaultCode::InvalidFormat),
        ("jo@.example.org", FaultCode::InvalidFormat),
        ("jo@example.org.", FaultCode::InvalidFormat),
        ("jo@-a.example", FaultCode::InvalidFormat),
        ("jo@a-.example", FaultCode::InvalidFormat),
        ("jo@a_b.example", FaultCode::InvalidFormat),
        ("jo@192.0.2.1", FaultCode::InvalidFormat),
        ("jo@[192.0.2.1]", FaultCode::InvalidFormat),
        ("jo smith@example.org", FaultCode::InvalidCharacter),
        ("jo@example.org\r\nBcc: x@example.org", FaultCode::InvalidCharacter),
        ("j\u{f6}@example.org", FaultCode::InvalidCharacter),
        ("jo\u{0}@example.org", FaultCode::InvalidCharacter),
    ];
    for (raw, code) in refused {
        let invalid = raw.parse::<EmailAddress>().unwrap_err();
        assert_eq!(invalid.code, code, "{raw:?}");
        assert!(raw.is_empty() || !invalid.detail.contains(raw), "{raw:?}: {}", invalid.detail);
    }
}

#[test]
fn an_email_address_has_64_characters_before_the_at_sign_and_254_in_all() {
    let local = |n| format!("{}@example.org", "x".repeat(n)).parse::<EmailAddress>().map_err(|invalid| invalid.code);
    assert!(local(64).is_ok());
    assert_eq!(local(65).unwrap_err(), FaultCode::TooLong);

    let names = |last: usize| format!("{}{}", "x.".repeat(100), "y".repeat(last));
    let whole = |last| format!("jo@{}", names(last)).parse::<EmailAddress>().map_err(|invalid| invalid.code);
    assert!(whole(51).is_ok());
    assert_eq!(whole(52).unwrap_err(), FaultCode::TooLong);
    assert!(format!("jo@{}.org", "x".repeat(63)).parse::<EmailAddress>().is_ok());
    assert!(format!("jo@{}.org", "x".repeat(64)).parse::<EmailAddress>().is_err());
}

proptest! {
    #[test]
    fn an_email_address_is_read_back_as_it_is_shown(raw in "[ -~é]{0,12}@[A-Za-z0-9.@-]{0,12}") {
        if let Ok(address) = raw.parse::<EmailAddress>() {
            prop_assert_eq!(address.as_str().parse::<EmailAddress>(), Ok(address.clone()));
            prop_assert_eq!(address.as_str().matches('@').count(), 1);
            prop_assert!(address.as_str().rsplit('@').next().is_some_and(|domain| domain.contains('.')));
        }
    }
}
