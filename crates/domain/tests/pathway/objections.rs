//! Objections: what a decision needs, and what may follow it.

use domain::objection::Handling;
use domain::{Distinct, FaultCode, Objection, ObjectionKind, ObjectionOutcome, Rules as _};

use crate::samples::{checked, fields, maybe, read};
use ObjectionOutcome::{Accepted, Appealed, Open, Rejected, Withdrawn};

fn handling(outcome: ObjectionOutcome, decided_on: &str, reasons: &str, decided_by_arbiter: bool) -> Handling {
    Handling {
        raised_on: read("2012-05-02"),
        outcome,
        decided_on: maybe(decided_on),
        decision_reasons: maybe(reasons),
        decided_by_arbiter,
    }
}

/// An objection of this outcome with a decision where it needs one.
fn having(outcome: ObjectionOutcome) -> Handling {
    if outcome.is_decided() {
        handling(outcome, "2012-06-01", "no reason", false)
    } else {
        handling(outcome, "", "", false)
    }
}

#[test]
fn a_decision_without_its_day_and_its_reasons_is_refused() {
    for outcome in [Rejected, Accepted, Appealed] {
        let missing = handling(outcome, "", "", false).faults();
        assert_eq!(
            fields(&missing),
            [("decided_on", FaultCode::Required), ("decision_reasons", FaultCode::Required)],
            "{outcome}"
        );
        assert!(having(outcome).faults().is_empty(), "{outcome}");
    }
}

#[test]
fn an_open_objection_has_no_decision_and_a_withdrawn_one_keeps_a_whole_one() {
    let decided = handling(Open, "2012-06-01", "no reason", false).faults();
    assert_eq!(
        fields(&decided),
        [("decided_on", FaultCode::Inconsistent), ("decision_reasons", FaultCode::Inconsistent)]
    );
    assert!(handling(Open, "", "", false).faults().is_empty());
    assert!(handling(Withdrawn, "", "", false).faults().is_empty());
    assert!(handling(Withdrawn, "2012-06-01", "no reason", false).faults().is_empty());
    let half = handling(Withdrawn, "2012-06-01", "", false).faults();
    assert_eq!(fields(&half), [("decision_reasons", FaultCode::Required)]);
    let half = handling(Withdrawn, "", "no reason", false).faults();
    assert_eq!(fields(&half), [("decided_on", FaultCode::Required)]);
}

#[test]
fn the_arbiter_rejects_or_accepts() {
    for outcome in ObjectionOutcome::ALL.iter().copied() {
        let by_arbiter = Handling { decided_by_arbiter: true, ..having(outcome) }.faults();
        let possible = [Rejected, Accepted].contains(&outcome);
        let expected = if possible { vec![] } else { vec![("decided_by_arbiter", FaultCode::Inconsistent)] };
        assert_eq!(fields(&by_arbiter), expected, "{outcome}");
    }
}

#[test]
fn nothing_is_decided_before_it_is_raised() {
    let early = handling(Rejected, "2012-05-01", "no reason", false).faults();

    assert_eq!(fields(&early), [("decided_on", FaultCode::DateOrder)]);
    assert!(handling(Rejected, "2012-05-02", "no reason", false).faults().is_empty());
}

/// Every pair of outcomes, by whether the arbiter made the decision before.
#[test]
fn an_objection_goes_only_where_the_table_says() {
    let table = [
        (Open, false, vec![Withdrawn, Rejected, Accepted]),
        (Rejected, false, vec![Appealed]),
        (Accepted, false, vec![Appealed]),
        (Rejected, true, vec![]),
        (Accepted, true, vec![]),
        (Appealed, false, vec![Withdrawn, Rejected, Accepted]),
        (Withdrawn, false, vec![]),
    ];
    for (from, by_arbiter, reached) in table {
        let before = Handling { decided_by_arbiter: by_arbiter, ..having(from) };
        assert_eq!(before.next_outcomes(), reached, "{from}, {by_arbiter}");
        for to in ObjectionOutcome::ALL.iter().copied().filter(|to| *to != from) {
            let decides = [Rejected, Accepted].contains(&to);
            let after = match (from, decides) {
                (Appealed, true) => Handling { outcome: to, decided_by_arbiter: true, ..before.clone() },
                (_, true) => having(to),
                _ => Handling { outcome: to, ..before.clone() },
            };
            let faults = before.faults_becoming(&after);
            let expected = if reached.contains(&to) { vec![] } else { vec![("outcome", FaultCode::Inconsistent)] };
            assert_eq!(fields(&faults), expected, "{from} to {to}, {by_arbiter}");
        }
    }
}

#[test]
fn only_the_arbiter_decides_an_appeal_and_not_before_the_first_decision() {
    let appealed = having(Appealed);
    let decided = |on, by_arbiter| appealed.faults_becoming(&handling(Accepted, on, "they are right", by_arbiter));

    assert_eq!(fields(&decided("2012-07-01", false)), [("decided_by_arbiter", FaultCode::Inconsistent)]);
    assert_eq!(fields(&decided("2012-05-31", true)), [("decided_on", FaultCode::DateOrder)]);
    assert!(decided("2012-07-01", true).is_empty());
}

#[test]
fn a_decision_keeps_its_day_and_its_reasons_for_good_unless_an_appeal_is_decided() {
    let rejected = having(Rejected);
    let rewritten = handling(Rejected, "2012-06-02", "a better reason", true);
    let expected =
        ["decided_on", "decision_reasons", "decided_by_arbiter"].map(|field| (field, FaultCode::Inconsistent));
    assert_eq!(fields(&rejected.faults_becoming(&rewritten)), expected);
    assert!(rejected.faults_becoming(&rejected).is_empty());

    let appealed = handling(Appealed, "2012-06-01", "another reason", false);
    assert_eq!(fields(&rejected.faults_becoming(&appealed)), [("decision_reasons", FaultCode::Inconsistent)]);

    let forgotten = handling(Withdrawn, "", "", false);
    let expected = ["decided_on", "decision_reasons"].map(|field| (field, FaultCode::Inconsistent));
    assert_eq!(fields(&having(Appealed).faults_becoming(&forgotten)), expected);
    assert!(having(Appealed).faults_becoming(&Handling { outcome: Withdrawn, ..having(Appealed) }).is_empty());
}

#[test]
fn a_refusal_says_what_was_possible_instead() {
    let detail = |from: &Handling, to| from.faults_becoming(&having(to))[0].detail.clone();

    assert!(detail(&having(Open), Appealed).ends_with("expected `withdrawn` or `rejected` or `accepted`"));
    let final_decision = Handling { decided_by_arbiter: true, ..having(Rejected) };
    assert!(detail(&final_decision, Appealed).ends_with("the arbiter's decision is final"));
}

#[test]
fn an_objection_blocks_a_launch_while_it_is_open_or_appealed() {
    for outcome in ObjectionOutcome::ALL.iter().copied() {
        let objection = Objection {
            raised_by: None,
            kind: ObjectionKind::Campaign,
            grounds: read("It is a cover for privatisation."),
            handling: checked(having(outcome)),
            sources: Distinct::default(),
        };
        assert_eq!(objection.is_open(read("2026-01-01")), [Open, Appealed].contains(&outcome), "{outcome}");
    }
}
