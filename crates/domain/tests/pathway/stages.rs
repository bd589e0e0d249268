//! Stage transitions: which courses of a mutual's life are possible, and where each leads.

use domain::{
    Amendment, AmendmentError, Course, Day, Distinct, FaultCode, PartialDate, Stage, StageTransition, Standing,
    StepFault, reachable, replay,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::samples::{fields, maybe, read};
use Stage::{
    ApprovalPending, Approved, Blocked, BusinessCase, Closed, ContractLost, Idea, Insolvent, Launched, Merged,
    Operating, OptionsAppraisal, Recontracting, Rejected, ReturnedInHouse, StaffConsultation, Suspended,
    TransferPreparation, Withdrawn,
};

const TODAY: &str = "2016-06-15";

/// A live transition of a whole day.
fn live(to: Stage, on: &str) -> StageTransition {
    StageTransition {
        position: 1,
        from: Idea,
        unmet_conditions: Vec::new(),
        to,
        effective_on: maybe(on),
        reason: None,
        historic: false,
        override_reason: None,
        withdrawn: false,
        corrections: Vec::new(),
        sources: Distinct::default(),
    }
}

/// A transition entered after the fact.
fn historic(to: Stage, on: &str) -> StageTransition {
    StageTransition { historic: true, ..live(to, on) }
}

fn entered(first: Stage, since: &str) -> Course {
    Course { first, since: maybe(since), ..Course::default() }
}

/// Where the steps lead, or the position of the first impossible one with the fields and codes of its faults.
fn course(entry: Course, steps: &[StageTransition]) -> Result<Standing, (usize, Vec<(String, FaultCode)>)> {
    replay(&entry, steps, read(TODAY)).map_err(|misstep| {
        let faults: Vec<_> = misstep.faults.iter().map(StepFault::fault).collect();
        (misstep.position, fields(&faults).into_iter().map(|(field, code)| (field.to_owned(), code)).collect())
    })
}

fn refused(position: usize, field: &str, code: FaultCode) -> Result<Standing, (usize, Vec<(String, FaultCode)>)> {
    Err((position, vec![(field.to_owned(), code)]))
}

const BEFORE: [Stage; 7] =
    [Idea, OptionsAppraisal, BusinessCase, ApprovalPending, Approved, StaffConsultation, TransferPreparation];

/// What each stage reaches; a suspended one here was suspended at its entry.
#[rustfmt::skip]
const TABLE: [(Stage, &[Stage]); 19] = [
    (Idea, &[OptionsAppraisal, BusinessCase, ApprovalPending, Approved, StaffConsultation, TransferPreparation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (OptionsAppraisal, &[Idea, BusinessCase, ApprovalPending, Approved, StaffConsultation, TransferPreparation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (BusinessCase, &[Idea, OptionsAppraisal, ApprovalPending, Approved, StaffConsultation, TransferPreparation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (ApprovalPending, &[Idea, OptionsAppraisal, BusinessCase, Approved, StaffConsultation, TransferPreparation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (Approved, &[Idea, OptionsAppraisal, BusinessCase, ApprovalPending, StaffConsultation, TransferPreparation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (StaffConsultation, &[Idea, OptionsAppraisal, BusinessCase, ApprovalPending, Approved, TransferPreparation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (TransferPreparation, &[Idea, OptionsAppraisal, BusinessCase, ApprovalPending, Approved, StaffConsultation, Launched, Suspended, Rejected, Withdrawn, Blocked]),
    (Launched, &[Operating, Suspended, Merged, ContractLost, ReturnedInHouse, Closed, Insolvent]),
    (Operating, &[Recontracting, Suspended, Merged, ContractLost, ReturnedInHouse, Closed, Insolvent]),
    (Recontracting, &[Operating, Suspended, Merged, ContractLost, ReturnedInHouse, Closed, Insolvent]),
    (Suspended, &[Idea, OptionsAppraisal, BusinessCase, ApprovalPending, Approved, StaffConsultation, TransferPreparation, Launched, Operating, Recontracting,
                  Rejected, Withdrawn, Blocked, Merged, ContractLost, ReturnedInHouse, Closed, Insolvent]),
    (Rejected, &[]),
    (Withdrawn, &[]),
    (Blocked, &[]),
    (Merged, &[]),
    (ContractLost, &[]),
    (ReturnedInHouse, &[]),
    (Closed, &[]),
    (Insolvent, &[]),
];

#[test]
fn a_mutual_goes_only_where_the_table_says() {
    for (from, reached) in TABLE {
        let entry = entered(from, "2010");
        let standing = course(entry, &[]).unwrap();
        assert_eq!(reachable(&standing), reached, "{from}");
        for to in Stage::ALL.iter().copied() {
            for step in [live(to, "2012-01-01"), historic(to, "2012"), historic(to, "")] {
                let result = course(entry, std::slice::from_ref(&step));
                if reached.contains(&to) {
                    assert_eq!(result.map(|standing| standing.stage), Ok(to), "{from} to {to}");
                } else {
                    assert_eq!(result, refused(0, "to", FaultCode::Inconsistent), "{from} to {to}");
                }
            }
        }
    }
}

#[test]
fn a_suspended_mutual_returns_to_where_it_was_or_ends_as_it_could_have_there() {
    for (from, reached) in TABLE.into_iter().filter(|(from, _)| from.is_live() && *from != Suspended) {
        let standing = course(entered(from, "2010"), &[live(Suspended, "2012-01-01")]).unwrap();
        assert_eq!(standing.suspended_from, Some(from));

        let mut expected: Vec<_> = reached.iter().copied().filter(|to| to.is_ended()).collect();
        expected.insert(0, from);
        assert_eq!(reachable(&standing), expected, "{from}");
    }
}

#[test]
fn a_mutual_that_was_entered_as_suspended_returns_anywhere_once() {
    let suspended_again = [live(Approved, "2012-01-01"), live(Suspended, "2012-02-01")];
    let standing = course(entered(Suspended, "2011"), &suspended_again).unwrap();
    assert_eq!(reachable(&standing), [Approved, Rejected, Withdrawn, Blocked]);

    let launched = Course { launched_on: maybe("2009"), ..entered(Suspended, "2011") };
    let expected = [Launched, Operating, Recontracting, Merged, ContractLost, ReturnedInHouse, Closed, Insolvent];
    assert_eq!(reachable(&course(launched, &[]).unwrap()), expected);
}

#[test]
fn a_whole_life_has_the_dates_of_its_launch_and_its_end() {
    let steps = [
        live(BusinessCase, "2010-02-01"),
        live(Idea, "2010-03-01"),
        live(TransferPreparation, "2010-12-01"),
        live(Launched, "2011-10-01"),
        live(Suspended, "2011-11-01"),
        live(Launched, "2011-12-01"),
        live(Operating, "2012-01-01"),
        live(Recontracting, "2014-01-01"),
        live(Operating, "2015-01-01"),
        live(ContractLost, "2016-06-15"),
    ];

    let at = |steps: &[StageTransition]| course(entered(Idea, "2010-01"), steps).unwrap();

    assert_eq!(
        at(&steps),
        Standing {
            stage: ContractLost,
            since: maybe("2016-06-15"),
            launched_on: maybe("2011-10-01"),
            was_launched: true,
            ended_on: maybe("2016-06-15"),
            suspended_from: None,
        }
    );
    assert_eq!((at(&steps[..3]).launched_on, at(&steps[..3]).was_launched), (None, false));
    assert_eq!((at(&steps[..9]).ended_on, at(&steps[..9]).since), (None, maybe("2015-01-01")));
}

#[test]
fn what_was_known_at_entry_stays_known() {
    let operating = Course { launched_on: maybe("2009-04"), ..entered(Operating, "2010") };
    let standing = course(operating, &[live(Recontracting, "2012-01-01")]).unwrap();
    assert_eq!((standing.launched_on, standing.was_launched), (maybe("2009-04"), true));

    let launched = course(entered(Launched, "2010-04"), &[]).unwrap();
    assert_eq!((launched.launched_on, launched.was_launched), (maybe("2010-04"), true));
    let merged = course(entered(Merged, "2010-04"), &[]).unwrap();
    assert_eq!((merged.ended_on, merged.was_launched), (maybe("2010-04"), true));
    let withdrawn = course(Course { ended_on: maybe("2010"), ..entered(Withdrawn, "") }, &[]).unwrap();
    assert_eq!((withdrawn.ended_on, withdrawn.was_launched), (maybe("2010"), false));
    let suspended = course(entered(Suspended, "2010"), &[]).unwrap();
    assert_eq!((suspended.was_launched, suspended.suspended_from), (false, None));
    let contradictory = Course { launched_on: maybe("2009"), ..entered(Idea, "2010") };
    assert!(course(contradictory, &[]).unwrap().is_launched_by(Launched), "an idea was not launched");
}

#[test]
fn only_the_first_way_to_launched_is_a_launch() {
    let at = |first, steps: &[StageTransition]| course(entered(first, "2010"), steps).unwrap();

    for first in BEFORE {
        assert!(at(first, &[]).is_launched_by(Launched), "{first}");
        assert!(!at(first, &[]).is_launched_by(Approved), "{first}");
    }
    assert!(!at(Launched, &[live(Suspended, "2012-01-01")]).is_launched_by(Launched));
    assert!(at(Suspended, &[]).is_launched_by(Launched), "nothing says that it was launched before");
    let standing = at(Suspended, &[live(Launched, "2012-01-01")]);
    assert_eq!((standing.launched_on, standing.was_launched), (maybe("2012-01-01"), true));
}

#[test]
fn a_live_transition_has_a_whole_day_that_is_not_in_the_future() {
    let step = |on| course(entered(Idea, ""), &[live(Approved, on)]);

    assert_eq!(step(""), refused(0, "effective_on", FaultCode::Required));
    assert_eq!(step("2016"), refused(0, "effective_on", FaultCode::InvalidFormat));
    assert_eq!(step("2016-06"), refused(0, "effective_on", FaultCode::InvalidFormat));
    assert_eq!(step("2016-06-17"), refused(0, "effective_on", FaultCode::OutOfRange));
    assert!(step(TODAY).is_ok());
    assert!(step("2016-06-16").is_ok(), "it may be tomorrow already elsewhere");
}

#[test]
fn a_historic_transition_may_have_a_partial_date_or_none_but_none_in_the_future() {
    let step = |on| course(entered(Idea, ""), &[historic(Approved, on)]);

    for on in ["", "2016", "2016-06", TODAY, "1999"] {
        assert!(step(on).is_ok(), "{on}");
    }
    for on in ["2017", "2016-07", "2016-06-17"] {
        assert_eq!(step(on), refused(0, "effective_on", FaultCode::OutOfRange), "{on}");
    }
}

#[test]
fn a_live_transition_is_not_before_the_one_before_it() {
    let steps = |on| course(entered(Idea, ""), &[live(Approved, "2012-05-02"), live(Launched, on)]);

    assert_eq!(steps("2012-05-01"), refused(1, "effective_on", FaultCode::DateOrder));
    assert!(steps("2012-05-02").is_ok());
    let after_entry = |on| course(entered(Idea, "2012-05"), &[live(Approved, on)]);
    assert_eq!(after_entry("2012-04-30"), refused(0, "effective_on", FaultCode::DateOrder));
    assert!(after_entry("2012-05-01").is_ok());
}

#[test]
fn historic_dates_are_out_of_order_only_where_their_spans_cannot_overlap() {
    let steps = |one, other| course(entered(Idea, ""), &[historic(Approved, one), historic(Launched, other)]);

    for (one, other) in [("2012-05-02", "2012"), ("2012", "2012-01-01"), ("2012-05", "2012-05-01"), ("2012", "")] {
        assert!(steps(one, other).is_ok(), "{one}, {other}");
    }
    for (one, other) in [("2012-05-02", "2012-04"), ("2012", "2011"), ("2012-05", "2012-04-30")] {
        assert_eq!(steps(one, other), refused(1, "effective_on", FaultCode::DateOrder), "{one}, {other}");
    }
}

#[test]
fn an_absent_or_a_coarse_date_hides_no_older_bound() {
    let steps = |between| {
        let steps = [historic(Approved, "2012-05-02"), historic(Suspended, between), historic(Approved, "2012-04")];
        course(entered(Idea, "2010"), &steps)
    };

    assert_eq!(steps(""), refused(2, "effective_on", FaultCode::DateOrder));
    assert_eq!(steps("2012"), refused(2, "effective_on", FaultCode::DateOrder));
    let after_launch = Course { launched_on: maybe("2011"), ..entered(Operating, "") };
    let early = course(after_launch, &[historic(Merged, "2010")]);
    assert_eq!(early, refused(0, "effective_on", FaultCode::DateOrder));
}

#[test]
fn a_historic_transition_can_be_inserted_where_the_course_allows_it() {
    let mut steps = vec![live(Launched, "2012-05-02"), live(Operating, "2013-01-01")];
    steps.insert(0, historic(Approved, "2012"));
    assert_eq!(course(entered(Idea, "2010"), &steps).unwrap().stage, Operating);

    let mut too_late = steps.clone();
    too_late.insert(1, historic(TransferPreparation, "2012-06"));
    assert_eq!(course(entered(Idea, "2010"), &too_late), refused(2, "effective_on", FaultCode::DateOrder));

    let mut impossible = steps;
    impossible.insert(1, historic(Rejected, "2012"));
    assert_eq!(course(entered(Idea, "2010"), &impossible), refused(2, "to", FaultCode::Inconsistent));
}

#[test]
fn only_a_launch_that_is_not_historic_overrides_the_gate() {
    let overriding = |step| StageTransition { override_reason: maybe("The council decided so."), ..step };
    let entry = entered(Idea, "2010");
    let refusal = |position| refused(position, "override_reason", FaultCode::Inconsistent);

    assert!(course(entry, &[overriding(live(Launched, "2012-01-01"))]).is_ok());
    assert_eq!(course(entry, &[overriding(live(Approved, "2012-01-01"))]), refusal(0));
    assert_eq!(course(entry, &[overriding(historic(Launched, "2012"))]), refusal(0));
    let returned =
        [live(Launched, "2012-01-01"), live(Suspended, "2012-02-01"), overriding(live(Launched, "2012-03-01"))];
    assert_eq!(course(entry, &returned), refusal(2));
}

#[test]
fn everything_wrong_with_a_transition_is_said_at_once() {
    let steps = [
        live(Approved, "2012-05-02"),
        StageTransition { override_reason: maybe("We want to."), ..live(Operating, "2012-05") },
        live(Idea, ""),
    ];

    let (position, faults) = course(entered(Idea, "2013"), &steps[1..]).unwrap_err();
    assert_eq!(position, 0);
    let expected = [
        ("to", FaultCode::Inconsistent),
        ("effective_on", FaultCode::InvalidFormat),
        ("effective_on", FaultCode::DateOrder),
        ("override_reason", FaultCode::Inconsistent),
    ];
    assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn a_refusal_names_what_can_be_reached() {
    let detail = |first, to| {
        let misstep = replay(&entered(first, "2010"), &[live(to, "2012-01-01")], read(TODAY)).unwrap_err();
        misstep.faults[0].fault().detail
    };

    assert_eq!(
        detail(Launched, Idea),
        "a mutual in stage `launched` cannot move to `idea`: expected one of `operating`, `suspended`, `merged`, \
         `contract_lost`, `returned_in_house`, `closed`, `insolvent`"
    );
    assert!(detail(Closed, Operating).ends_with("it has ended, and its record stays as it is"));
}

/// What must be true of every course that is let through, told without the machine's own rules.
#[expect(clippy::indexing_slicing, reason = "windows have their length, and a case fails loudly")]
fn assert_possible(entry: &Course, steps: &[StageTransition], standing: &Standing) {
    let stages: Vec<Stage> = std::iter::once(entry.first).chain(steps.iter().map(|step| step.to)).collect();
    let before = |stage: &Stage| BEFORE.contains(stage) || [Rejected, Withdrawn, Blocked].contains(stage);
    let after = |stage: &Stage| !before(stage) && *stage != Suspended;
    let ended = |stage: &Stage| TABLE.iter().any(|(from, reached)| from == stage && reached.is_empty());

    // Nothing follows an end, nobody moves to where they are, and nobody goes back behind the launch.
    for pair in stages.windows(2) {
        assert!(!ended(&pair[0]), "{stages:?}");
        assert_ne!(pair[0], pair[1], "{stages:?}");
    }
    if let Some(first_after) = stages.iter().position(after) {
        assert!(!stages[first_after..].iter().any(before), "{stages:?}");
        // Whoever is after the launch passed it, or was entered so.
        let entered_so = first_after == 0 || (first_after == 1 && stages[0] == Suspended);
        assert!(entered_so || stages[first_after] == Launched, "{stages:?}");
        assert!(standing.was_launched, "{stages:?}");
    } else {
        assert!(!standing.was_launched && standing.launched_on.is_none(), "{stages:?}");
    }
    // From a suspension the way leads home or to an end.
    for around in stages.windows(3).filter(|around| around[1] == Suspended) {
        assert!(around[2] == around[0] || ended(&around[2]), "{stages:?}");
    }
    // Some choice of whole days within the known spans is in order and not in the future.
    let mut reached = None;
    for date in std::iter::once(entry.since).chain(steps.iter().map(|step| step.effective_on)).flatten() {
        let day = reached.max(Some(date.first_day()));
        assert!(day <= Some(date.last_day()), "{stages:?}");
        reached = day;
    }
    assert!(steps.is_empty() || reached <= Some(read::<Day>(TODAY).with_grace()));
    assert_eq!(Some(&standing.stage), stages.last());
    assert_eq!(standing.suspended_from.is_some(), standing.stage == Suspended && stages.len() > 1);
    assert!(standing.ended_on.is_none() || ended(&standing.stage));
}

fn any_date() -> impl Strategy<Value = Option<PartialDate>> {
    (2010u32..=2016, 1u32..=12, 1u32..=28, 0u8..=3).prop_map(|(year, month, day, precision)| match precision {
        0 => None,
        1 => maybe(&format!("{year}")),
        2 => maybe(&format!("{year}-{month:02}")),
        _ => maybe(&format!("{year}-{month:02}-{day:02}")),
    })
}

fn any_steps(count: usize) -> impl Strategy<Value = Vec<StageTransition>> {
    let step = (select(Stage::ALL), any_date(), any::<bool>(), 0u8..5).prop_map(|(to, effective_on, historic, n)| {
        let override_reason = (n == 0).then(|| read("We want to."));
        StageTransition { effective_on, override_reason, historic, ..live(to, "") }
    });
    proptest::collection::vec(step, 0..count)
}

fn any_entry() -> impl Strategy<Value = Course> {
    let since = prop_oneof![Just(None), Just(maybe("2010")), Just(maybe("2011-03"))];
    (select(Stage::ALL), since).prop_map(|(first, since)| Course { first, since, ..Course::default() })
}

/// Steps of which each is possible where it is: random choices among what can be reached, with dates that
/// mostly go on.
fn walk(entry: &Course, choices: &[(prop::sample::Index, Option<PartialDate>)]) -> (Vec<StageTransition>, Standing) {
    let mut steps = Vec::new();
    let mut standing = course(*entry, &steps).unwrap_or_else(|_| unreachable!("no step is wrong"));
    for (choice, date) in choices {
        let options = reachable(&standing);
        if options.is_empty() {
            break;
        }
        let step = StageTransition { effective_on: *date, ..historic(*choice.get(&options), "") };
        steps.push(step.clone());
        match course(*entry, &steps) {
            Ok(next) => standing = next,
            Err((_, faults)) => {
                assert!(faults.iter().all(|(field, _)| field == "effective_on"), "{faults:?}");
                steps.pop();
            }
        }
    }
    (steps, standing)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_random_course_that_is_let_through_is_impossible(entry in any_entry(), steps in any_steps(4)) {
        match replay(&entry, &steps, read(TODAY)) {
            Ok(standing) => assert_possible(&entry, &steps, &standing),
            Err(misstep) => {
                prop_assert!(!misstep.faults.is_empty());
                let possible = &steps[..misstep.position];
                let standing = replay(&entry, possible, read(TODAY)).unwrap();
                assert_possible(&entry, possible, &standing);
            }
        }
    }

    #[test]
    fn no_long_course_of_reachable_stages_is_impossible(
        entry in any_entry(),
        choices in proptest::collection::vec((any::<prop::sample::Index>(), any_date()), 0..40),
    ) {
        let (steps, standing) = walk(&entry, &choices);
        assert_possible(&entry, &steps, &standing);
    }

    #[test]
    fn a_stage_is_reachable_exactly_if_an_undated_historic_step_leads_there(
        entry in any_entry(),
        choices in proptest::collection::vec((any::<prop::sample::Index>(), any_date()), 0..12),
        to in select(Stage::ALL),
    ) {
        let (mut steps, standing) = walk(&entry, &choices);
        steps.push(historic(to, ""));
        prop_assert_eq!(replay(&entry, &steps, read(TODAY)).is_ok(), reachable(&standing).contains(&to));
    }

    #[test]
    fn what_comes_later_changes_nothing_before(
        entry in any_entry(),
        choices in proptest::collection::vec((any::<prop::sample::Index>(), any_date()), 1..20),
    ) {
        let (steps, _) = walk(&entry, &choices);
        let mut launched_on: Option<PartialDate> = None;
        for end in 0..=steps.len() {
            let standing = replay(&entry, &steps[..end], read(TODAY)).unwrap();
            prop_assert!(launched_on.is_none() || standing.launched_on == launched_on, "{:?}", steps);
            launched_on = standing.launched_on;
        }
    }
}

fn amendment(withdraw: bool) -> Amendment {
    Amendment { reason: read("The minutes say otherwise."), withdraw }
}

#[test]
fn a_correction_keeps_what_the_transition_said_before() {
    let at = (read("2016-06-15T10:00:00Z"), 2);
    let said = live(Approved, "2016-06-01");
    let corrected = said.amend(live(BusinessCase, "2016-05-31"), amendment(false), at).unwrap();
    assert_eq!((corrected.to, corrected.effective_on, corrected.withdrawn), (BusinessCase, maybe("2016-05-31"), false));
    let [first] = corrected.corrections.as_slice() else { panic!("{corrected:?}") };
    assert_eq!((first.to, first.effective_on, first.version), (Approved, maybe("2016-06-01"), 2));
    assert!(corrected.has_ever_moved_to(Approved) && corrected.has_ever_moved_to(BusinessCase));
    assert!(!corrected.has_ever_moved_to(Launched));
    // What the register sets comes from the transition, whatever was sent.
    let sent = StageTransition { position: 9, from: Closed, corrections: Vec::new(), ..corrected.clone() };
    let withdrawn = corrected.amend(sent, amendment(true), (at.0, 3)).unwrap();
    assert_eq!((withdrawn.position, withdrawn.from, withdrawn.corrections.len()), (1, Idea, 2));
    assert!(withdrawn.withdrawn);
}

#[test]
fn a_correction_changes_something_and_never_what_was_withdrawn() {
    let at = (read("2016-06-15T10:00:00Z"), 2);
    let said = live(Approved, "2016-06-01");
    let amend = |content: &StageTransition, withdraw| said.amend(content.clone(), amendment(withdraw), at);
    assert!(matches!(amend(&said, false), Err(AmendmentError::Content(_))));
    let both = amend(&live(Approved, "2016-06-02"), true);
    assert!(matches!(&both, Err(AmendmentError::Content(fault)) if fault.field == "withdraw"), "{both:?}");
    let withdrawn = amend(&said, true).unwrap();
    let again = withdrawn.amend(live(Idea, "2016-06-02"), amendment(false), at);
    assert!(matches!(again, Err(AmendmentError::State(_))), "{again:?}");
    let mut often = said.clone();
    for times in 0..StageTransition::MAX_CORRECTIONS {
        let to = if times % 2 == 0 { Idea } else { Approved };
        often = often.amend(live(to, "2016-06-02"), amendment(false), at).unwrap();
    }
    let once_more = often.amend(live(Closed, "2016-06-02"), amendment(false), at);
    assert!(matches!(once_more, Err(AmendmentError::State(_))), "{once_more:?}");
}
