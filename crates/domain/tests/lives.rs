//! The cross-field rules of departments, mutuals, contracts, sources, and of when a ballot was held and how it ended.

use domain::{
    BallotState, Checked, Ending, Fault, FaultCode, Held, Parents, Protection, ProtectionKind, Rules, Scrutineer,
    Source, Staff, Stage, TestOutcome, Tests, Timeline, department, mutual,
};

fn fields<T: Rules>(value: &T) -> Vec<(String, FaultCode)> {
    value.faults().into_iter().map(|Fault { field, code, .. }| (field, code)).collect()
}

fn at(field: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
    vec![(field.to_owned(), code)]
}

fn date<T: std::str::FromStr>(raw: &str) -> Option<T> {
    raw.parse().ok()
}

fn id<T>(n: u128) -> domain::Id<T> {
    domain::Id::from_uuid(uuid::Uuid::from_u128(n))
}

#[test]
fn a_department_closes_after_it_opened_and_only_a_closed_one_has_a_successor() {
    let life = |opened, closed, successor: Option<u128>| department::Life {
        opened_on: date(opened),
        closed_on: date(closed),
        successor_id: successor.map(id),
    };

    assert!(fields(&life("2011-06", "2011", Some(1))).is_empty());
    assert!(fields(&life("", "", None)).is_empty());
    assert_eq!(fields(&life("2012", "2011-12-31", None)), at("closed_on", FaultCode::DateOrder));
    assert_eq!(fields(&life("2012", "", Some(1))), at("successor_id", FaultCode::Inconsistent));
}

#[test]
fn every_stage_is_on_the_way_operating_suspended_or_ended() {
    for stage in Stage::ALL.iter().copied() {
        let kinds = [stage.is_pre_launch_live(), stage.is_operating(), stage == Stage::Suspended, stage.is_ended()];
        assert_eq!(kinds.into_iter().filter(|kind| *kind).count(), 1, "{stage}");
        assert_eq!(stage.is_live(), !stage.is_ended(), "{stage}");
        assert_eq!(stage.is_before_launch() || stage.is_after_launch(), stage != Stage::Suspended, "{stage}");
        assert!(!stage.ended_before_launch() || stage.is_ended(), "{stage}");
    }
    assert_eq!(Stage::ALL.iter().filter(|stage| stage.is_pre_launch_live()).count(), 7);
    assert_eq!(Stage::ALL.iter().filter(|stage| stage.is_ended()).count(), 8);
    assert_eq!(Stage::default(), Stage::Idea);
}

fn life(stage: Stage, since: &str, launched: &str, ended: &str) -> mutual::Life {
    mutual::Life {
        stage,
        stage_since: date(since),
        launched_on: date(launched),
        ended_on: date(ended),
        successor_id: None,
    }
}

#[test]
fn a_mutual_that_was_not_launched_has_no_day_of_launch() {
    for stage in [Stage::Idea, Stage::TransferPreparation, Stage::Rejected, Stage::Blocked] {
        assert_eq!(fields(&life(stage, "", "2012", "")), at("launched_on", FaultCode::Inconsistent), "{stage}");
    }
    for stage in [Stage::Launched, Stage::Suspended, Stage::Merged] {
        assert!(fields(&life(stage, "", "2012", "")).is_empty(), "{stage}");
    }
}

#[test]
fn only_an_ended_mutual_has_an_end_and_a_successor() {
    let succeeded = |stage| mutual::Life { successor_id: Some(id(1)), ..life(stage, "", "", "2016") };

    let expected = ["ended_on", "successor_id"].map(|field| (field.to_owned(), FaultCode::Inconsistent));
    assert_eq!(fields(&succeeded(Stage::Operating)), expected);
    assert_eq!(fields(&succeeded(Stage::Suspended)), expected);
    assert!(fields(&succeeded(Stage::ContractLost)).is_empty());
}

#[test]
fn the_dates_of_a_mutual_are_in_order() {
    assert_eq!(fields(&life(Stage::Closed, "", "2012", "2011")), at("ended_on", FaultCode::DateOrder));
    for stage in [Stage::Operating, Stage::ContractLost] {
        assert_eq!(fields(&life(stage, "2011-12", "2012-01", "")), at("stage_since", FaultCode::DateOrder), "{stage}");
    }
    assert_eq!(fields(&life(Stage::Closed, "2015", "2012", "2016-01")), at("ended_on", FaultCode::Inconsistent));
    assert!(fields(&life(Stage::Closed, "2016", "2016-03", "2016-02")).len() == 1);
    assert!(fields(&life(Stage::Closed, "2016", "2012", "2016-01")).is_empty());
    assert!(fields(&life(Stage::Suspended, "2011", "2012", "")).is_empty());
}

#[test]
fn other_parents_need_a_lead_and_are_named_once() {
    let parents = |lead: Option<u128>, others: &[u128]| Parents {
        department_id: lead.map(id),
        other_department_ids: others.iter().map(|n| id(*n)).collect(),
    };

    assert!(fields(&parents(None, &[])).is_empty());
    assert!(fields(&parents(Some(1), &[2, 3])).is_empty());
    assert_eq!(fields(&parents(None, &[2])), at("department_id", FaultCode::Required));
    assert_eq!(fields(&parents(Some(1), &[2, 3, 2])), at("other_department_ids/2", FaultCode::DuplicateItem));
    assert_eq!(fields(&parents(Some(1), &[2, 1])), at("other_department_ids/1", FaultCode::DuplicateItem));
    let many: Vec<u128> = (2..=22).collect();
    assert_eq!(fields(&parents(Some(1), &many)), at("other_department_ids", FaultCode::TooMany));
}

#[test]
fn the_day_of_a_count_of_staff_needs_the_count() {
    let staff = |count, on| Staff { staff_count: count, staff_counted_on: date(on) };

    assert!(fields(&staff(Some(0), "2012")).is_empty());
    assert_eq!(fields(&staff(None, "2012")), at("staff_counted_on", FaultCode::Inconsistent));
    assert_eq!(fields(&staff(Some(-1), "2012")), at("staff_count", FaultCode::OutOfRange));
    assert_eq!(fields(&staff(Some(10_000_001), "")), at("staff_count", FaultCode::OutOfRange));
}

#[test]
fn nothing_is_known_of_the_tests_until_somebody_says_so() {
    assert_eq!(Tests::default().mainly_reservable_services, TestOutcome::Unknown);
}

#[test]
fn a_source_says_what_where_or_who() {
    assert_eq!(fields(&Source { accessed_on: date("2026-01-02"), ..Source::default() }), at("", FaultCode::Required));
    assert!(Checked::new(Source { note: date("read in a library"), ..Source::default() }).is_ok());
}

#[test]
fn the_days_of_a_contract_are_in_order_even_across_unknown_ones() {
    let day = |raw| date::<domain::Day>(raw);
    let broken = |timeline: Timeline, field| assert_eq!(fields(&timeline), at(field, FaultCode::DateOrder));
    let base = Timeline::default();

    assert!(fields(&base).is_empty());
    broken(
        Timeline { procurement_started_on: day("2025-02-02"), awarded_on: date("2025-02-01"), ..base.clone() },
        "awarded_on",
    );
    broken(
        Timeline { procurement_started_on: day("2025-02-02"), entered_on: date("2025-02-01"), ..base.clone() },
        "entered_on",
    );
    broken(Timeline { awarded_on: date("2025-02-02"), entered_on: date("2025-02-01"), ..base.clone() }, "entered_on");
    broken(
        Timeline { awarded_on: date("2025-02-02"), award_notice_on: day("2025-02-01"), ..base.clone() },
        "award_notice_on",
    );
    broken(Timeline { starts_on: date("2025-02-02"), ends_on: date("2025-02-01"), ..base.clone() }, "ends_on");
    broken(
        Timeline { starts_on: date("2025-02-02"), latest_ends_on: day("2025-02-01"), ..base.clone() },
        "latest_ends_on",
    );
    broken(
        Timeline { ends_on: date("2025-02-02"), latest_ends_on: day("2025-02-01"), ..base.clone() },
        "latest_ends_on",
    );
    let same = Timeline {
        starts_on: date("2025-02-02"),
        ends_on: date("2025-02-02"),
        latest_ends_on: day("2025-02-02"),
        ..base
    };
    assert!(Checked::new(same).is_ok());

    let awarded = |awarded: &str, entered: &str| Timeline {
        awarded_on: date(awarded),
        entered_on: date(entered),
        ..Timeline::default()
    };
    for (first, second) in [("2025", "2025-01-31"), ("2025-06", "2025"), ("2025-06-30", "2025-06"), ("2024", "2025")] {
        assert!(fields(&awarded(first, second)).is_empty(), "{first} may be before {second}");
    }
    for (first, second) in [("2025", "2024"), ("2025-06", "2025-05-31"), ("2025-06-30", "2025-05")] {
        broken(awarded(first, second), "entered_on");
    }
}

#[test]
fn a_protection_ends_in_the_term_and_no_protection_has_no_end() {
    let timeline = |kind, until| Timeline {
        starts_on: date("2025-02-02"),
        protection: Some(Protection { kind, until: date(until) }),
        ..Timeline::default()
    };

    assert!(fields(&timeline(ProtectionKind::Reserved, "2025-02-02")).is_empty());
    assert_eq!(fields(&timeline(ProtectionKind::Reserved, "2025-02-01")), at("protection/until", FaultCode::DateOrder));
    assert_eq!(fields(&timeline(ProtectionKind::None, "2026-02-01")), at("protection/until", FaultCode::Inconsistent));
    assert!(fields(&timeline(ProtectionKind::None, "")).is_empty());
}

#[test]
fn an_open_contracting_id_has_a_publishers_prefix() {
    let read = |raw: &str| raw.parse::<domain::Ocid>().map(|ocid| ocid.to_string()).map_err(|invalid| invalid.code);

    assert_eq!(read("ocds-b5fd17-0001"), Ok("ocds-b5fd17-0001".to_owned()));
    for raw in ["ocds-b5fd1-0001", "ocds-B5FD17-0001", "ocds-b5fd17-", "ocds-b5fd17", "b5fd17-0001", "ocds-b5fd17-a b"]
    {
        assert_eq!(read(raw), Err(FaultCode::InvalidFormat), "{raw}");
    }
    assert_eq!(read(&format!("ocds-b5fd17-{}", "x".repeat(200))), Err(FaultCode::TooLong));
}

#[test]
fn a_ballot_opens_closes_and_is_declared_in_that_order() {
    let held = |opened, closed, declared| Held {
        opened_on: date(opened),
        closed_on: date(closed),
        declared_on: date(declared),
    };

    assert!(fields(&held("2012-09", "2012", "2012-10-01")).is_empty());
    assert_eq!(fields(&held("2012-09", "2012-08", "")), at("closed_on", FaultCode::DateOrder));
    assert_eq!(fields(&held("2012-09", "", "2012-08")), at("declared_on", FaultCode::DateOrder));
    assert_eq!(fields(&held("", "2012-09", "2012-08")), at("declared_on", FaultCode::DateOrder));
}

#[test]
fn a_void_ballot_has_its_reason_and_a_superseded_one_its_rerun() {
    for state in BallotState::ALL.iter().copied() {
        let ending =
            |reason: &str, by: Option<u128>| Ending { state, void_reason: date(reason), superseded_by_id: by.map(id) };
        let (void, superseded) = (state == BallotState::Void, state == BallotState::Superseded);
        assert_eq!(fields(&ending("", None)).is_empty(), !void && !superseded, "{state}");
        assert_eq!(fields(&ending("lost papers", None)).is_empty(), void, "{state}");
        assert_eq!(fields(&ending("", Some(1))).is_empty(), superseded, "{state}");
    }
    let unreasoned = Ending { state: BallotState::Void, void_reason: None, superseded_by_id: Some(id(1)) };
    assert_eq!(
        fields(&unreasoned),
        [("void_reason".to_owned(), FaultCode::Required), ("superseded_by_id".to_owned(), FaultCode::Inconsistent)]
    );
}

#[test]
fn a_scrutineer_is_a_person_or_an_organisation() {
    assert_eq!(fields(&Scrutineer::default()), at("", FaultCode::Required));
    assert!(
        fields(&Scrutineer { organisation: date("Electoral Reform Services"), ..Scrutineer::default() }).is_empty()
    );
}
