//! Endorsements: who speaks for whom, and what staff's ballot says for them.

use domain::{
    BallotKind, BallotState, Basis, Child, Constituency, Distinct, Effect, Endorsement, FaultCode, Mutual, Position,
    Record, Rules as _, StaffBallot, Stance, Tally, Verdict, derived_position, standing,
};

use crate::samples::{ballot, checked, ending, fields, id, read, record, tally, threshold, won};

#[test]
fn staff_speak_by_a_ballot_and_the_others_for_themselves() {
    for constituency in Constituency::ALL.iter().copied() {
        let by_staff = constituency == Constituency::Staff;
        let stance =
            |position, ballot: Option<u128>| Stance { constituency, position, staff_ballot_id: ballot.map(id) };
        let said = Some(Position::Supports);
        assert_eq!(stance(None, Some(1)).faults().is_empty(), by_staff, "{constituency}");
        assert_eq!(stance(said, None).faults().is_empty(), !by_staff, "{constituency}");
        let (both, neither) = (stance(said, Some(1)).faults(), stance(None, None).faults());
        let expected = if by_staff { ("position", "staff_ballot_id") } else { ("staff_ballot_id", "position") };
        assert_eq!(fields(&both), [(expected.0, FaultCode::Inconsistent)], "{constituency}");
        assert_eq!(fields(&neither), [(expected.1, FaultCode::Required)], "{constituency}");
    }
}

#[test]
fn a_position_that_is_the_wrong_way_round_is_wrong_twice() {
    let typed = Stance { constituency: Constituency::Staff, position: Some(Position::Opposes), staff_ballot_id: None };
    let merged = Stance { constituency: Constituency::ServiceUsers, position: None, staff_ballot_id: Some(id(1)) };

    let expected = [("position", FaultCode::Inconsistent), ("staff_ballot_id", FaultCode::Required)];
    assert_eq!(fields(&typed.faults()), expected);
    let expected = [("position", FaultCode::Required), ("staff_ballot_id", FaultCode::Inconsistent)];
    assert_eq!(fields(&merged.faults()), expected);
}

fn formal(options: &[(Effect, i64)]) -> StaffBallot {
    ballot(BallotKind::Formal, tally(options))
}

#[test]
fn staff_support_what_leads_alone_and_meets_every_threshold() {
    let with = |percent: &str| {
        let thresholds = vec![threshold(Basis::OfEntitled, percent, Some("a")), threshold(Basis::Turnout, "50", None)];
        let counted = tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 100)]);
        derived_position(&ballot(BallotKind::Formal, Tally { returned: Some(700), thresholds, ..counted }))
    };

    assert_eq!(derived_position(&won()), Some(Position::Supports));
    assert_eq!(with("60"), Some(Position::Supports));
    assert_eq!(with("60.01"), Some(Position::Opposes));
}

#[test]
fn what_was_set_for_another_option_does_not_stand_against_the_leading_one() {
    let with = |basis, option| {
        let thresholds = vec![threshold(basis, "90", option)];
        let counted = tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 100)]);
        ballot(BallotKind::Formal, Tally { thresholds, ..counted }).verdict()
    };
    let mutual = won().tally.options[0].clone();

    assert_eq!(with(Basis::OfEntitled, Some("b")), Verdict::Mutual(mutual.clone()), "not met by the other");
    assert_eq!(with(Basis::OfCast, Some("b")), Verdict::Mutual(mutual.clone()), "unknown of the other");
    assert_eq!(with(Basis::OfEntitled, Some("a")), Verdict::ThresholdMissed(mutual.clone()));
    assert_eq!(with(Basis::Turnout, None), Verdict::ThresholdUnknown(mutual));
}

#[test]
fn staff_oppose_where_another_option_leads() {
    for effect in Effect::ALL.iter().copied().filter(|effect| ![Effect::Mutual, Effect::Abstain].contains(effect)) {
        let position = derived_position(&formal(&[(Effect::Mutual, 1), (effect, 2)]));
        assert_eq!(position, Some(Position::Opposes), "{effect}");
    }
}

#[test]
fn staff_are_neutral_after_a_tie_or_where_to_make_no_choice_leads() {
    let tied = formal(&[(Effect::Mutual, 5), (Effect::RemainInHouse, 5)]);
    let abstained = formal(&[(Effect::Mutual, 5), (Effect::Abstain, 6)]);

    assert_eq!(derived_position(&tied), Some(Position::Neutral));
    assert_eq!(derived_position(&abstained), Some(Position::Neutral));
}

#[test]
fn only_a_declared_ballot_that_decides_gives_staff_a_position() {
    let kinds = [BallotKind::Formal, BallotKind::Confirmatory, BallotKind::Rerun];
    for kind in BallotKind::ALL.iter().copied() {
        let position = derived_position(&StaffBallot { kind, ..won() });
        assert_eq!(position.is_some(), kinds.contains(&kind), "{kind}");
    }
    for state in BallotState::ALL.iter().copied() {
        let position = derived_position(&StaffBallot { ending: ending(state), ..won() });
        assert_eq!(position.is_some(), state == BallotState::Declared, "{state}");
    }
}

#[test]
fn a_ballot_that_leaves_it_open_says_what_it_leaves_open() {
    let counted = tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 100)]);
    let options = counted.options.clone();
    let of_valid = vec![threshold(Basis::Turnout, "50", None)];
    let cases = [
        (Tally { counts: Vec::new(), counts_complete: false, ..counted.clone() }, Verdict::LeadUnknown),
        (Tally { thresholds: of_valid, ..counted }, Verdict::ThresholdUnknown(options[0].clone())),
        (tally(&[(Effect::Mutual, 0), (Effect::RemainInHouse, 0)]), Verdict::NobodyVoted),
    ];
    for (counts, verdict) in cases {
        let ballot = ballot(BallotKind::Formal, counts);
        assert_eq!(ballot.verdict(), verdict);
        assert_eq!(derived_position(&ballot), None, "{verdict:?}");
    }
}

#[test]
fn a_threshold_that_is_missed_outweighs_one_that_is_unknown() {
    let thresholds = vec![threshold(Basis::Turnout, "50", None), threshold(Basis::OfEntitled, "90", Some("a"))];
    let counted = tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 100)]);

    let position = derived_position(&ballot(BallotKind::Formal, Tally { thresholds, ..counted }));

    assert_eq!(position, Some(Position::Opposes));
}

fn endorsement(n: u128, constituency: Constituency, given_on: &str) -> Record<Child<Mutual, Endorsement>> {
    let by_staff = constituency == Constituency::Staff;
    let stance = Stance {
        constituency,
        position: (!by_staff).then_some(Position::Supports),
        staff_ballot_id: by_staff.then(|| id(1)),
    };
    let content = Endorsement {
        stance: checked(stance),
        by_ballot: None,
        given_on: read(given_on),
        given_by: None,
        evidence_url: None,
        sources: Distinct::default(),
    };
    record(n, Child { parent_id: id(1), content })
}

#[test]
fn a_position_is_said_or_voted() {
    let said = endorsement(1, Constituency::Commissioners, "2012-05-01").content.content;
    let voted = endorsement(2, Constituency::Staff, "2012-05-01").content.content;

    assert_eq!(said.position(), Some(Position::Supports));
    assert_eq!(voted.position(), None);
    assert_eq!(Endorsement { by_ballot: Some(Position::Opposes), ..voted }.position(), Some(Position::Opposes));
}

#[test]
fn the_newest_endorsement_of_each_constituency_stands() {
    let all = [
        endorsement(1, Constituency::TradeUnions, "2012-05-01"),
        endorsement(2, Constituency::ServiceUsers, "2012-05-01"),
        endorsement(3, Constituency::ServiceUsers, "2012-04-30"),
        endorsement(4, Constituency::Staff, "2011-01-01"),
    ];

    let ids: Vec<_> = standing(&all, read("2012-05-01")).iter().map(|endorsement| endorsement.id).collect();

    assert_eq!(ids, [id(4), id(2), id(1)]);
}

#[test]
fn of_two_endorsements_of_one_day_the_one_entered_later_stands() {
    let mut all = vec![
        endorsement(8, Constituency::Commissioners, "2012-05-01"),
        endorsement(7, Constituency::Commissioners, "2012-05-01"),
    ];
    assert_eq!(standing(&all, read("2012-05-01"))[0].id, id(8));

    all[1].created_at = all[0].created_at + chrono::TimeDelta::microseconds(1);
    assert_eq!(standing(&all, read("2012-05-01"))[0].id, id(7));
    assert!(standing(&[], read("2012-05-01")).is_empty());
}
