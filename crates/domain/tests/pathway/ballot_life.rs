//! The life of a recorded ballot: what declaring it needs, and what may follow.

use domain::{
    BallotKind, BallotMode, BallotState, Correction, Declaring, Effect, Fault, FaultCode, Held, OptionCount,
    PublishedBasis, PublishedFigure, SCRUTINEER_ABOVE, Scrutineer, StaffBallot, Tally,
};

use crate::samples::{checked, ending, fields, id, maybe, read, record, tally, won};

const TODAY: &str = "2012-11-01";

fn measure() -> Declaring {
    Declaring { today: read(TODAY), scrutineer_above: SCRUTINEER_ABOVE, historic: false }
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

fn faults<T: std::fmt::Debug>(result: Result<T, Vec<Fault>>) -> Vec<(String, FaultCode)> {
    let faults = result.err().unwrap_or_default();
    fields(&faults).into_iter().map(|(field, code)| (field.to_owned(), code)).collect()
}

fn at(field: &str, code: FaultCode) -> Vec<(String, FaultCode)> {
    vec![(field.to_owned(), code)]
}

#[test]
fn declaring_a_draft_changes_its_state_and_nothing_else() {
    assert_eq!(draft().declare(&measure()), Ok(watched(won())));
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
        ("counts", FaultCode::Required),
        ("declared_on", FaultCode::Required),
    ];
    assert_eq!(faults(bare.declare(&measure())), expected.map(|(field, code)| (field.to_owned(), code)));
}

#[test]
fn some_counts_or_a_published_figure_are_a_result() {
    let uncounted = Tally { counts: vec![], counts_complete: false, ..draft().tally.into_inner() };
    let figure =
        PublishedFigure { option: maybe("a"), percent: read("91"), basis: PublishedBasis::NotStated, source_url: None };
    let published = Tally { published_figures: vec![figure], ..uncounted.clone() };
    let partly = Tally { counts: vec![OptionCount { option: read("a"), votes: 600 }], ..uncounted.clone() };

    assert_eq!(faults(counting(uncounted).declare(&measure())), at("counts", FaultCode::Required));
    assert!(counting(published).declare(&measure()).is_ok());
    assert!(counting(partly).declare(&measure()).is_ok());
}

#[test]
fn a_ballot_is_not_declared_in_the_future() {
    let on = |raw| {
        let held = checked(Held { declared_on: maybe(raw), ..Held::default() });
        faults(StaffBallot { held, ..draft() }.declare(&measure()))
    };

    for raw in [TODAY, "2012-11", "2012", "1999"] {
        assert_eq!(on(raw), [], "{raw}");
    }
    for raw in ["2012-11-02", "2012-12", "2013"] {
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
        assert_eq!(faults(few(change, 50).declare(&measure())), []);
        assert_eq!(faults(few(change, 51).declare(&measure())), at("scrutineer", FaultCode::Required));
        assert_eq!(faults(few(change, 51).declare(&Declaring { historic: true, ..measure() })), []);
        assert_eq!(faults(few(change, 51).declare(&Declaring { scrutineer_above: 51, ..measure() })), []);
        assert_eq!(faults(watched(few(change, 51)).declare(&measure())), []);
    }
    let refused = few(known[0], 51).declare(&measure()).unwrap_err();
    assert_eq!(refused[0].rule, Some("tulrca1992.s226b"));
}

#[test]
fn being_historic_excuses_from_the_scrutineer_only() {
    let historic = Declaring { historic: true, ..measure() };
    let unasked = StaffBallot { question: None, scrutineer: None, ..draft() };

    assert_eq!(faults(unasked.declare(&historic)), at("question", FaultCode::Required));
}

#[test]
fn a_hosted_ballot_is_not_declared_by_hand() {
    let hosted = StaffBallot { mode: BallotMode::Hosted, ..draft() };

    assert_eq!(faults(hosted.declare(&measure())), at("mode", FaultCode::Inconsistent));
}

#[test]
fn a_ballot_goes_from_draft_to_declared_and_from_there_to_void_or_superseded() {
    let rerun = record(7, StaffBallot { kind: BallotKind::Rerun, ..won() });
    for state in BallotState::ALL.iter().copied() {
        let ballot = StaffBallot { ending: ending(state), ..draft() };
        let becomes = |result: Result<StaffBallot, Vec<Fault>>, expected, possible_from| {
            if state == possible_from {
                assert_eq!(result.map(|ballot| ballot.state()), Ok(expected));
            } else {
                assert_eq!(faults(result), at("state", FaultCode::Inconsistent), "{state} to {expected}");
            }
        };
        becomes(ballot.declare(&measure()), BallotState::Declared, BallotState::Draft);
        becomes(ballot.void(read("papers were lost")), BallotState::Void, BallotState::Declared);
        becomes(ballot.supersede(&rerun), BallotState::Superseded, BallotState::Declared);
        becomes(ballot.edit(draft()), BallotState::Draft, BallotState::Draft);
    }
}

#[test]
fn a_void_ballot_has_the_reason_given_and_a_superseded_one_the_rerun() {
    let rerun = record(7, StaffBallot { kind: BallotKind::Rerun, ..won() });

    assert_eq!(won().void(read("papers were lost")).unwrap().ending.void_reason, maybe("papers were lost"));
    assert_eq!(won().supersede(&rerun).unwrap().ending.superseded_by_id, Some(id(7)));
}

#[test]
fn a_ballot_gives_way_to_a_declared_rerun_for_the_same_mutual_only() {
    let rerun = StaffBallot { kind: BallotKind::Rerun, ..won() };
    let refused = |by: StaffBallot| faults(won().supersede(&record(7, by)));
    let expected = at("superseded_by_id", FaultCode::Inconsistent);

    assert_eq!(refused(won()), expected);
    assert_eq!(refused(StaffBallot { mutual_id: id(2), ..rerun.clone() }), expected);
    assert_eq!(refused(StaffBallot { ending: ending(BallotState::Draft), ..rerun.clone() }), expected);
    assert_eq!(refused(StaffBallot { ending: ending(BallotState::Void), ..rerun.clone() }), expected);
    assert_eq!(refused(rerun), []);
}

#[test]
fn editing_a_draft_does_not_declare_it() {
    assert_eq!(faults(draft().edit(won())), at("state", FaultCode::Inconsistent));
    let reworded = StaffBallot { question: maybe("Shall we leave?"), ..draft() };
    assert_eq!(draft().edit(reworded.clone()), Ok(reworded));
}

fn correct(ballot: &StaffBallot, content: StaffBallot) -> Result<StaffBallot, Vec<Fault>> {
    let correction = Correction { content, correction_reason: read("a bundle was counted twice") };
    ballot.correct(&correction, &measure())
}

#[test]
fn a_correction_gives_a_ballot_that_was_declared_another_content() {
    let recounted = counting(tally(&[(Effect::Mutual, 599), (Effect::RemainInHouse, 101)]));
    for state in BallotState::ALL.iter().copied() {
        let content = StaffBallot { ending: ending(state), ..recounted.clone() };
        let result = correct(&StaffBallot { ending: ending(state), ..draft() }, content.clone());
        if state == BallotState::Draft {
            assert_eq!(faults(result), at("state", FaultCode::Inconsistent));
        } else {
            assert_eq!(result, Ok(content), "{state}");
        }
    }
}

#[test]
fn a_correction_leaves_what_it_is_a_ballot_of_and_its_state() {
    let declared = watched(won());
    let refused = |content| faults(correct(&declared, content));
    let changed = |field| at(field, FaultCode::Inconsistent);
    let three = counting(tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 50), (Effect::Abstain, 50)]));

    assert_eq!(refused(StaffBallot { mutual_id: id(2), ..declared.clone() }), changed("mutual_id"));
    assert_eq!(refused(StaffBallot { kind: BallotKind::Rerun, ..declared.clone() }), changed("kind"));
    assert_eq!(refused(StaffBallot { mode: BallotMode::Hosted, ..declared.clone() }), changed("mode"));
    assert_eq!(refused(StaffBallot { tally: three.tally, ..declared.clone() }), changed("options"));
    assert_eq!(refused(StaffBallot { ending: ending(BallotState::Void), ..declared.clone() }), changed("state"));
    assert_eq!(refused(draft()), changed("state"));

    let mut reordered = declared.tally.clone().into_inner();
    reordered.options.reverse();
    assert_eq!(refused(StaffBallot { tally: checked(reordered), ..declared.clone() }), []);
}

#[test]
fn a_corrected_ballot_still_has_what_declaring_needs() {
    let declared = watched(won());

    let refused = correct(&declared, StaffBallot { question: None, scrutineer: None, ..declared.clone() });

    let expected = ["question", "scrutineer"].map(|field| (field.to_owned(), FaultCode::Required));
    assert_eq!(faults(refused), expected);
}
