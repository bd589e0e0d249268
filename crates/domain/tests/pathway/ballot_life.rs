//! The life of a recorded ballot: what declaring it needs, and what may follow.

use chrono::DateTime;
use domain::{
    BallotError, BallotKind, BallotMode, BallotState, Correction, Declaration, DeclarationRules, Duties, Effect,
    FaultCode, Held, OptionCount, PublishedBasis, PublishedFigure, Reporting, SCRUTINEER_ABOVE, Scrutineer,
    ScrutineerReport, StaffBallot, Tally,
};

use crate::samples::{WRITER, checked, ending, fields, id, maybe, read, record, tally, won};

const TODAY: &str = "2012-11-01";

/// Who entered nothing.
const ANOTHER: &str = "key:another";

const NOW: Declaration = Declaration { declared_on: None, historic: false };
const HISTORIC: Declaration = Declaration { declared_on: None, historic: true };

fn rules() -> DeclarationRules {
    DeclarationRules { today: read(TODAY), scrutineer_above: SCRUTINEER_ABOVE }
}

fn declare(ballot: &StaffBallot) -> Result<StaffBallot, BallotError> {
    ballot.declare(&NOW, ANOTHER, &rules())
}

fn watched(ballot: StaffBallot) -> StaffBallot {
    let scrutineer = Scrutineer { organisation: maybe("Electoral Reform Services"), ..Scrutineer::default() };
    StaffBallot { scrutineer: Some(checked(scrutineer)), ..ballot }
}

/// A draft that can be declared.
fn draft() -> StaffBallot {
    StaffBallot { ending: ending(BallotState::Draft), ..watched(won()) }
}

fn counting(tally: Tally) -> StaffBallot {
    StaffBallot { tally: checked(tally), ..draft() }
}

/// What is wrong with what the ballot says.
fn faults<T: std::fmt::Debug>(result: Result<T, BallotError>) -> Vec<(String, FaultCode)> {
    let faults = match result {
        Ok(_) => Vec::new(),
        Err(BallotError::Content(faults)) => faults,
        Err(error) => unreachable!("something else is against it: {error:?}"),
    };
    fields(&faults).into_iter().map(|(field, code)| (field.to_owned(), code)).collect()
}

/// Whether the state is against it.
fn is_refused_by_state<T>(result: &Result<T, BallotError>) -> bool {
    matches!(result, Err(BallotError::State(fault)) if fault.field == "state")
}

fn at(field: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
    vec![(field.to_owned(), code)]
}

#[test]
fn declaring_a_draft_changes_its_state_and_nothing_else() {
    let duties = Duties { declared_by: Some(ANOTHER.to_owned()), ..won().duties };
    assert_eq!(declare(&draft()), Ok(StaffBallot { duties, ..watched(won()) }));
}

#[test]
fn a_ballot_is_declared_with_its_question_two_options_a_result_and_a_day() {
    let bare = StaffBallot {
        question: None,
        held: checked(Held::default()),
        ..counting(Tally { counts: vec![], counts_complete: false, ..tally(&[(Effect::Mutual, 1)]) })
    };

    let expected = [
        ("question", FaultCode::Required),
        ("options", FaultCode::TooFew),
        ("declared_on", FaultCode::Required),
        ("counts", FaultCode::Required),
    ];
    assert_eq!(faults(declare(&bare)), expected.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn some_counts_or_a_published_figure_are_a_result() {
    let uncounted = Tally { counts: vec![], counts_complete: false, ..draft().tally.into_inner() };
    let figure =
        PublishedFigure { option: maybe("a"), percent: read("91"), basis: PublishedBasis::NotStated, source_url: None };
    let published = Tally { published_figures: vec![figure], ..uncounted.clone() };
    let partly = Tally { counts: vec![OptionCount { option: read("a"), votes: 600 }], ..uncounted.clone() };

    assert_eq!(faults(declare(&counting(uncounted))), at("counts", FaultCode::Required));
    assert!(declare(&counting(published)).is_ok());
    assert!(declare(&counting(partly)).is_ok());
}

#[test]
fn a_ballot_is_not_declared_in_the_future() {
    let on = |raw| {
        let held = checked(Held { declared_on: maybe(raw), ..Held::default() });
        faults(declare(&StaffBallot { held, ..draft() }))
    };

    // One day more is left for time zones.
    for raw in [TODAY, "2012-11-02", "2012-11", "2012", "1999"] {
        assert_eq!(on(raw), [], "{raw}");
    }
    for raw in ["2012-11-03", "2012-12", "2013"] {
        assert_eq!(on(raw), at("declared_on", FaultCode::OutOfRange), "{raw}");
    }
}

#[test]
fn above_fifty_entitled_a_scrutineer_watches_unless_the_ballot_is_historic() {
    let few = |change: fn(&mut Tally, i64), people| {
        let mut counted = tally(&[(Effect::Mutual, 2), (Effect::RemainInHouse, 1)]);
        counted.roll_size = None;
        change(&mut counted, people);
        StaffBallot { scrutineer: None, ..counting(counted) }
    };
    let known: [fn(&mut Tally, i64); 3] = [
        |tally, people| tally.roll_size = Some(people),
        |tally, people| tally.papers_issued = Some(people),
        |tally, people| tally.counts[0].votes = people - 1,
    ];
    for change in known {
        assert_eq!(faults(declare(&few(change, 50))), []);
        assert_eq!(faults(declare(&few(change, 51))), at("scrutineer", FaultCode::Required));
        assert_eq!(faults(few(change, 51).declare(&HISTORIC, ANOTHER, &rules())), []);
        assert_eq!(
            faults(few(change, 51).declare(&NOW, ANOTHER, &DeclarationRules { scrutineer_above: 51, ..rules() })),
            []
        );
        assert_eq!(faults(declare(&watched(few(change, 51)))), []);
    }
    let Err(BallotError::Content(refused)) = declare(&few(known[0], 51)) else { panic!("it was declared") };
    assert_eq!(refused[0].rule, Some("tulrca1992.s226b"));
}

#[test]
fn a_historic_ballot_may_lack_what_its_sources_do_not_tell_and_has_a_result_all_the_same() {
    let one_option =
        Tally { counts: vec![OptionCount { option: read("a"), votes: 600 }], ..tally(&[(Effect::Mutual, 1)]) };
    let known_in_part = StaffBallot {
        question: None,
        scrutineer: None,
        held: checked(Held::default()),
        ..counting(one_option.clone())
    };
    let without_result = counting(Tally { counts: vec![], counts_complete: false, ..one_option });
    let of_the_future = checked(Held { declared_on: maybe("2013"), ..Held::default() });

    assert_eq!(faults(known_in_part.declare(&HISTORIC, ANOTHER, &rules())), []);
    assert_eq!(faults(without_result.declare(&HISTORIC, ANOTHER, &rules())), at("counts", FaultCode::Required));
    let refused = StaffBallot { held: of_the_future, ..draft() }.declare(&HISTORIC, ANOTHER, &rules());
    assert_eq!(faults(refused), at("declared_on", FaultCode::OutOfRange));
}

#[test]
fn the_day_of_declaration_may_come_with_the_declaration() {
    let held = |declared_on| Held { closed_on: maybe("2012-10-10"), declared_on, ..Held::default() };
    let on = |raw| {
        let ballot = StaffBallot { held: checked(held(None)), ..draft() };
        ballot.declare(&Declaration { declared_on: maybe(raw), ..NOW }, ANOTHER, &rules())
    };

    assert_eq!(*on("2012-10-12").unwrap().held, held(maybe("2012-10-12")));
    assert_eq!(faults(on("2012-10-09")), at("declared_on", FaultCode::DateOrder));
    assert_eq!(faults(on("2013")), at("declared_on", FaultCode::OutOfRange));
}

#[test]
fn a_ballot_goes_from_draft_to_declared_and_from_there_to_void_or_superseded() {
    let rerun = record(7, StaffBallot { kind: BallotKind::Rerun, ..won() });
    for state in BallotState::ALL.iter().copied() {
        let ballot = StaffBallot { ending: ending(state), ..draft() };
        let becomes = |result: Result<StaffBallot, BallotError>, expected, possible_from: &[BallotState]| {
            if possible_from.contains(&state) {
                assert_eq!(result.map(|ballot| ballot.state()), Ok(expected));
            } else {
                assert!(is_refused_by_state(&result), "{state} to {expected}: {result:?}");
            }
        };
        becomes(declare(&ballot), BallotState::Declared, &[BallotState::Draft]);
        let can_be_void = [BallotState::Closed, BallotState::Declared];
        becomes(ballot.void(read("papers were lost")), BallotState::Void, &can_be_void);
        becomes(ballot.supersede(id(1), &rerun), BallotState::Superseded, &[BallotState::Declared]);
        becomes(ballot.edit(draft(), WRITER), BallotState::Draft, &[BallotState::Draft]);
    }
}

#[test]
fn a_void_ballot_has_the_reason_given_and_a_superseded_one_the_rerun() {
    let rerun = record(7, StaffBallot { kind: BallotKind::Rerun, ..won() });

    assert_eq!(won().void(read("papers were lost")).unwrap().ending.void_reason, maybe("papers were lost"));
    assert_eq!(won().supersede(id(1), &rerun).unwrap().ending.superseded_by_id, Some(id(7)));
}

#[test]
fn a_ballot_gives_way_to_a_declared_rerun_for_the_same_mutual_only() {
    let rerun = StaffBallot { kind: BallotKind::Rerun, ..won() };
    let refused = |by: StaffBallot| faults(won().supersede(id(1), &record(7, by)));
    let expected = at("superseded_by_id", FaultCode::Inconsistent);

    assert_eq!(refused(won()), expected);
    assert_eq!(refused(StaffBallot { mutual_id: id(2), ..rerun.clone() }), expected);
    assert_eq!(refused(StaffBallot { ending: ending(BallotState::Draft), ..rerun.clone() }), expected);
    assert_eq!(refused(StaffBallot { ending: ending(BallotState::Void), ..rerun.clone() }), expected);
    assert_eq!(refused(rerun.clone()), []);
    assert_eq!(faults(rerun.supersede(id(7), &record(7, rerun.clone()))), expected);
}

#[test]
fn editing_a_draft_changes_neither_its_state_nor_who_watches_over_it() {
    let appointed = StaffBallot { scrutineer_key_id: Some(id(5)), ..draft() };
    let reworded = StaffBallot { question: maybe("Shall we leave?"), ..won() };

    let expected = StaffBallot { question: maybe("Shall we leave?"), scrutineer: None, ..appointed.clone() };
    assert_eq!(appointed.edit(reworded, ANOTHER), Ok(expected));
}

fn correction() -> Correction {
    Correction { corrected_at: DateTime::UNIX_EPOCH, reason: read("a bundle was counted twice"), version: 3 }
}

fn correct(ballot: &StaffBallot, content: StaffBallot) -> Result<StaffBallot, BallotError> {
    ballot.correct(content, correction(), &rules())
}

#[test]
fn a_correction_gives_a_ballot_that_was_declared_another_content_and_is_appended() {
    let recounted = counting(tally(&[(Effect::Mutual, 599), (Effect::RemainInHouse, 101)]));
    for state in BallotState::ALL.iter().copied() {
        let result = correct(&StaffBallot { ending: ending(state), ..draft() }, recounted.clone());
        if !state.is_declared() {
            assert!(is_refused_by_state(&result), "{result:?}");
        } else {
            let corrections = vec![correction()];
            let expected = StaffBallot { ending: ending(state), corrections, ..recounted.clone() };
            assert_eq!(result, Ok(expected), "{state}");
        }
    }
}

#[test]
fn a_ballot_is_corrected_a_hundred_times_and_no_more() {
    let corrected = |times| StaffBallot { corrections: vec![correction(); times], ..watched(won()) };
    let reworded = StaffBallot { question: maybe("Shall we leave?"), ..watched(won()) };

    assert_eq!(correct(&corrected(99), reworded.clone()).unwrap().corrections.len(), StaffBallot::MAX_CORRECTIONS);
    assert!(is_refused_by_state(&correct(&corrected(100), reworded)));
}

#[test]
fn a_correction_leaves_what_it_is_a_ballot_of_and_changes_something() {
    let declared = watched(won());
    let refused = |content| faults(correct(&declared, content));
    let changed = |field| at(field, FaultCode::Inconsistent);
    let three = counting(tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 50), (Effect::Abstain, 50)]));

    assert_eq!(refused(StaffBallot { mutual_id: id(2), ..declared.clone() }), changed("mutual_id"));
    assert_eq!(refused(StaffBallot { kind: BallotKind::Rerun, ..declared.clone() }), changed("kind"));
    assert_eq!(refused(StaffBallot { mode: BallotMode::Hosted, ..declared.clone() }), changed("mode"));
    assert_eq!(refused(StaffBallot { tally: three.tally, ..declared.clone() }), changed("options"));
    assert_eq!(refused(declared.clone()), changed(""));
    assert_eq!(refused(draft()), changed(""), "the state is no part of it");

    let mut reordered = declared.tally.clone().into_inner();
    reordered.options.reverse();
    assert_eq!(refused(StaffBallot { tally: checked(reordered), ..declared.clone() }), []);
}

#[test]
fn a_correction_takes_nothing_away_that_declaring_needs_and_adds_nothing_that_was_lacking() {
    let declared = watched(won());
    let bare = StaffBallot { question: None, scrutineer: None, ..declared.clone() };
    let later = checked(Held { declared_on: maybe("2012-10-02"), ..Held::default() });

    let expected = ["question", "scrutineer"].map(|field| (field.to_owned(), FaultCode::Required));
    assert_eq!(faults(correct(&declared, bare.clone())), expected);
    assert_eq!(faults(correct(&bare, StaffBallot { held: later, ..bare.clone() })), []);
}

fn recounted() -> StaffBallot {
    counting(tally(&[(Effect::Mutual, 599), (Effect::RemainInHouse, 101)]))
}

fn is_refused_by_duty<T>(result: &Result<T, BallotError>) -> bool {
    matches!(result, Err(BallotError::Duty(_)))
}

#[test]
fn who_entered_the_counts_does_not_declare_them() {
    let by = |ballot: &StaffBallot, by: &str| ballot.declare(&NOW, by, &rules());
    let twice = draft().edit(recounted(), ANOTHER).unwrap();
    let watcher = format!("key:{}", id::<domain::ApiKey>(5));
    let unnoted = StaffBallot { duties: Duties::default(), scrutineer_key_id: Some(id(5)), ..draft() };

    assert!(is_refused_by_duty(&by(&draft(), WRITER)));
    assert!(by(&draft(), ANOTHER).is_ok());
    for writer in [WRITER, ANOTHER] {
        assert!(is_refused_by_duty(&by(&twice, writer)), "{writer} wrote some of it");
    }
    assert_eq!(by(&twice, "key:third").unwrap().duties.declared_by.as_deref(), Some("key:third"));
    for (caller, refused) in [(WRITER, true), (ANOTHER, true), (watcher.as_str(), false)] {
        assert_eq!(is_refused_by_duty(&by(&unnoted, caller)), refused, "{caller} declares what nobody noted");
    }
    let historic = draft().declare(&HISTORIC, WRITER, &rules()).unwrap();
    assert!(historic.duties.historic);
}

#[test]
fn who_writes_what_the_tally_says_is_noted_and_nobody_is_forgotten() {
    let writers = |ballot: &StaffBallot| ballot.duties.entered_by.clone();
    let reworded = StaffBallot { question: maybe("Shall we leave?"), ..draft() };
    assert_eq!(writers(&draft().edit(reworded, ANOTHER).unwrap()), [WRITER], "no count was written");
    assert_eq!(writers(&draft().edit(recounted(), WRITER).unwrap()), [WRITER]);

    let entered_by: Vec<String> = (0..Duties::MAX_WRITERS).map(|n| format!("key:{n}")).collect();
    let full = StaffBallot { duties: Duties { entered_by, ..Duties::default() }, ..draft() };
    assert_eq!(writers(&full.edit(recounted(), "key:7").unwrap()).len(), Duties::MAX_WRITERS);
    let refused = full.edit(recounted(), ANOTHER);
    assert!(matches!(refused, Err(BallotError::State(fault)) if fault.field == "entered_by"));
    let unnoted = StaffBallot { duties: Duties::default(), ..draft() };
    assert_eq!(writers(&unnoted.edit(recounted(), ANOTHER).unwrap()), [""; 0], "the first writer stays unknown");
}

fn report(ballot: &StaffBallot, satisfied: bool, reason: &str) -> Result<StaffBallot, BallotError> {
    let reporting = Reporting { satisfied, report_url: None, correction_reason: maybe(reason) };
    ballot.report(&reporting, "key:watcher", (DateTime::UNIX_EPOCH, 3))
}

fn reported(ballot: &StaffBallot) -> ScrutineerReport {
    ballot.duties.report.clone().unwrap_or_else(|| unreachable!("nobody reported"))
}

#[test]
fn a_report_on_a_declared_ballot_is_corrected_openly() {
    let first = report(&draft(), true, "").unwrap();
    let second = report(&first, false, "").unwrap();
    assert_eq!((reported(&second).satisfied, second.corrections.len()), (Some(false), 0));
    let declared = declare(&second).unwrap();

    assert_eq!(report(&declared, false, ""), Ok(declared.clone()), "it says so already");
    assert_eq!(faults(report(&declared, true, "")), at("correction_reason", FaultCode::Required));
    let corrected = report(&declared, true, "a bundle was counted twice").unwrap();
    assert_eq!((reported(&corrected).satisfied, corrected.corrections), (Some(true), vec![correction()]));
    let unreported = declare(&draft()).unwrap();
    assert_eq!(faults(report(&unreported, true, "misread")), at("correction_reason", FaultCode::Inconsistent));
    assert_eq!(report(&unreported, true, "").unwrap().corrections, []);
    for state in [BallotState::Void, BallotState::Superseded] {
        assert!(is_refused_by_state(&report(&StaffBallot { ending: ending(state), ..draft() }, true, "")), "{state}");
    }
}

#[test]
fn a_report_stays_and_says_that_the_counts_were_changed_after_it() {
    let watched = report(&draft(), true, "").unwrap();
    let reworded = StaffBallot { question: maybe("Shall we leave?"), ..draft() };
    assert!(!reported(&watched.edit(reworded, WRITER).unwrap()).counts_changed);

    let edited = watched.edit(recounted(), WRITER).unwrap();
    let corrected = correct(&declare(&watched).unwrap(), recounted()).unwrap();

    for changed in [&edited, &corrected] {
        assert_eq!((reported(changed).satisfied, reported(changed).counts_changed), (Some(true), true));
    }
    assert!(!reported(&report(&edited, true, "").unwrap()).counts_changed, "it was looked at again");
}
