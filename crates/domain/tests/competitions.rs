//! Competitions for contracts: which dates, bidders and winners go with which outcome.

use domain::competition::Contest;
use domain::{CompetitionOutcome, Fault, FaultCode, PartialDate, Rules as _, WinnerKind};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use CompetitionOutcome::{Abandoned, Lost, NotBidding, Open, Subcontractor, Unknown, WonByMutual};

/// A competition of which only the outcome is known.
fn known(outcome: CompetitionOutcome) -> Contest {
    Contest { opened_on: None, decided_on: None, bidders: None, outcome, winner_name: None, winner_kind: None }
}

fn date(raw: &str) -> Option<PartialDate> {
    raw.parse().ok()
}

fn fields(contest: &Contest) -> Vec<(String, FaultCode)> {
    contest.faults().into_iter().map(|Fault { field, code, .. }| (field, code)).collect()
}

fn at<const N: usize>(faults: [(&str, FaultCode); N]) -> Vec<(String, FaultCode)> {
    faults.map(|(field, code)| (field.to_owned(), code)).to_vec()
}

#[test]
fn an_outcome_is_enough() {
    for outcome in CompetitionOutcome::ALL.iter().copied() {
        assert_eq!(fields(&known(outcome)), [], "{outcome}");
    }
}

#[test]
fn nothing_is_decided_before_it_is_opened() {
    let contest = |opened, decided| Contest { opened_on: date(opened), decided_on: date(decided), ..known(Lost) };

    assert_eq!(fields(&contest("2016-11-10", "2016-11-09")), at([("decided_on", FaultCode::DateOrder)]));
    assert_eq!(fields(&contest("2016-11", "2016-10-31")), at([("decided_on", FaultCode::DateOrder)]));
    assert_eq!(fields(&contest("2016-11", "2016")), []);
    assert_eq!(fields(&contest("2016", "2016-01-01")), []);
}

#[test]
fn an_open_competition_has_no_decision_and_an_abandoned_one_has() {
    let decided = |outcome| Contest { decided_on: date("2016"), ..known(outcome) };

    assert_eq!(fields(&decided(Open)), at([("decided_on", FaultCode::Inconsistent)]));
    assert_eq!(fields(&decided(Abandoned)), []);
}

#[test]
fn somebody_wins_unless_it_is_open_or_abandoned() {
    for outcome in CompetitionOutcome::ALL.iter().copied() {
        let won = Contest { winner_name: "Led".parse().ok(), winner_kind: Some(WinnerKind::Mutual), ..known(outcome) };
        let expected = match outcome {
            Open | Abandoned => {
                at([("winner_name", FaultCode::Inconsistent), ("winner_kind", FaultCode::Inconsistent)])
            }
            _ => Vec::new(),
        };
        assert_eq!(fields(&won), expected, "{outcome}");
    }
}

#[test]
fn a_mutual_that_won_is_a_mutual_and_another_may_have_beaten_it() {
    for kind in WinnerKind::ALL.iter().copied() {
        let won = |outcome| fields(&Contest { winner_kind: Some(kind), ..known(outcome) });
        let expected =
            if kind == WinnerKind::Mutual { Vec::new() } else { at([("winner_kind", FaultCode::Inconsistent)]) };
        assert_eq!(won(WonByMutual), expected, "{kind}");
        assert_eq!(won(Lost), [], "{kind}");
        assert_eq!(won(NotBidding), [], "{kind}");
    }
}

#[test]
fn who_won_had_bid() {
    let bidders = |outcome, bidders| fields(&Contest { bidders: Some(bidders), ..known(outcome) });

    for outcome in [WonByMutual, Lost, Subcontractor] {
        assert_eq!(bidders(outcome, 0), at([("bidders", FaultCode::Inconsistent)]), "{outcome}");
        assert_eq!(bidders(outcome, 1), [], "{outcome}");
    }
    for outcome in [Open, Abandoned, NotBidding, Unknown] {
        assert_eq!(bidders(outcome, 0), [], "{outcome}");
    }
    let named = Contest { bidders: Some(0), winner_name: "A Trust".parse().ok(), ..known(NotBidding) };
    assert_eq!(fields(&named), at([("bidders", FaultCode::Inconsistent)]));
    assert_eq!(bidders(Open, Contest::MAX_BIDDERS), []);
    for beyond in [-1, Contest::MAX_BIDDERS + 1] {
        assert_eq!(bidders(Open, beyond), at([("bidders", FaultCode::OutOfRange)]));
    }
}

fn dates() -> impl Strategy<Value = Option<PartialDate>> {
    let dates = ["2016", "2016-03", "2016-03-01", "2016-12-31", "2017", "2017-01-01"];
    option::of(select(dates.iter().filter_map(|date| date.parse::<PartialDate>().ok()).collect::<Vec<_>>()))
}

prop_compose! {
    fn contests()(
        opened_on in dates(),
        decided_on in dates(),
        bidders in option::of(-1..4_i64),
        outcome in select(CompetitionOutcome::ALL),
        named in any::<bool>(),
        winner_kind in option::of(select(WinnerKind::ALL)),
    ) -> Contest {
        let winner_name = Some("Somebody").filter(|_| named).and_then(|name| name.parse().ok());
        Contest { opened_on, decided_on, bidders, outcome, winner_name, winner_kind }
    }
}

proptest! {
    /// Rules bind what is known: whoever knows less breaks none that they did not break before.
    #[test]
    fn what_is_left_out_breaks_no_rule(contest in contests()) {
        let faults = fields(&contest);
        let less = [
            Contest { opened_on: None, ..contest.clone() },
            Contest { decided_on: None, ..contest.clone() },
            Contest { bidders: None, ..contest.clone() },
            Contest { winner_name: None, ..contest.clone() },
            Contest { winner_kind: None, ..contest.clone() },
        ];
        for one in less {
            for fault in fields(&one) {
                prop_assert!(faults.contains(&fault), "{:?} of {:?}", fault, one);
            }
        }
    }

    /// A competition that keeps the rules can be told as a whole: its decision follows its opening, and its winner goes with its outcome.
    #[test]
    fn what_keeps_the_rules_contradicts_itself_nowhere(contest in contests()) {
        let in_order = match (contest.opened_on, contest.decided_on) {
            (Some(opened), Some(decided)) => opened.first_day() <= decided.last_day(),
            _ => true,
        };
        let has_winner = contest.winner_name.is_some() || contest.winner_kind.is_some();
        let decided = contest.outcome != Open || contest.decided_on.is_none();
        let won = !has_winner || contest.outcome.may_have_winner();
        let by_mutual = contest.outcome != WonByMutual || contest.winner_kind.is_none_or(|kind| kind == WinnerKind::Mutual);
        let somebody = has_winner || [WonByMutual, Lost, Subcontractor].contains(&contest.outcome);
        let bid = contest.bidders.is_none_or(|bidders| bidders >= i64::from(somebody));
        prop_assert_eq!(contest.faults().is_empty(), in_order && decided && won && by_mutual && bid, "{:?}", contest);
    }
}
