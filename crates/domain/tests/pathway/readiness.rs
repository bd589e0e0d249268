//! The readiness gate: each condition, met, not met and unknown.

use domain::{
    BallotKind, BallotState, Basis, Child, Condition, Constituency, Contract, ContractStatus, DepartmentId, Distinct,
    Duties, Effect, Endorsement, FaultCode, GateThreshold, GateThresholds, Held, LaunchCondition, LaunchFacts,
    LegalForm, LookedAt, LookedAtKind, Mutual, Objection, ObjectionKind, ObjectionOutcome, Position, Procedure,
    Protection, ProtectionKind, Record, StaffBallot, Stance, Tally, TestOutcome, Timeline, assess, newest_deciding,
    objection,
};

use crate::samples::{ballot, checked, ending, fields, id, maybe, read, record, tally, threshold, won};
use TestOutcome::{Met, NotMet, Unknown};

fn endorsement(n: u128, constituency: Constituency, position: Position) -> Record<Child<Mutual, Endorsement>> {
    let content = Endorsement {
        stance: checked(Stance { constituency, position: Some(position), staff_ballot_id: None }),
        by_ballot: None,
        given_on: read("2012-05-01"),
        given_by: maybe("Jo Smith"),
        evidence_url: None,
        sources: Distinct::default(),
    };
    record(n, Child { parent_id: id(1), content })
}

fn contract(n: u128, starts_on: &str, protection: Option<(ProtectionKind, &str)>) -> Record<Contract> {
    let timeline = Timeline {
        starts_on: maybe(starts_on),
        protection: protection.map(|(kind, until)| Protection { kind, until: maybe(until) }),
        ..Timeline::default()
    };
    let content = Contract {
        mutual_id: id(1),
        department_id: id(2),
        title: read("Community nursing"),
        description: None,
        reference: None,
        ocid: None,
        cpv_codes: Distinct::default(),
        health_services: None,
        procedure: Procedure::RightToRequestUncontested,
        timeline: checked(timeline),
        value: None,
        status: ContractStatus::Active,
        is_first: true,
        first_contract: None,
        framework: None,
        tenders_received: None,
        replaces_contract_id: None,
        sources: Distinct::default(),
    };
    record(n, content)
}

fn objection(n: u128, outcome: ObjectionOutcome) -> Record<Child<Mutual, Objection>> {
    let decided = outcome.is_decided();
    let handling = objection::Handling {
        raised_on: read("2012-05-01"),
        outcome,
        decided_on: decided.then(|| read("2012-06-01")),
        decision_reasons: decided.then(|| read("It does not concern this service.")),
        decided_by_arbiter: false,
    };
    let content = Objection {
        raised_by: maybe("Jo Smith"),
        kind: ObjectionKind::Campaign,
        grounds: read("It is a cover for privatisation."),
        handling: checked(handling),
        sources: Distinct::default(),
    };
    record(n, Child { parent_id: id(1), content })
}

/// A mutual that is ready.
fn ready() -> LaunchFacts {
    LaunchFacts {
        mutual_id: id(1),
        legal_form: Some(LegalForm::CicLimitedByGuarantee),
        identifiers: Distinct::new(vec!["GB-COH:09506232".parse().unwrap_or_else(|_| unreachable!("an identifier"))])
            .unwrap_or_else(|_| unreachable!("one identifier")),
        demanded: None,
        ballots: vec![record(10, won())],
        endorsements: vec![
            endorsement(20, Constituency::ServiceUsers, Position::Supports),
            endorsement(21, Constituency::SeniorManagement, Position::Supports),
        ],
        contracts: vec![contract(30, "2013-04-01", Some((ProtectionKind::UncontestedFirst, "2016-03-31")))],
        objections: vec![objection(40, ObjectionOutcome::Rejected), objection(41, ObjectionOutcome::Withdrawn)],
        launches_on: read("2013-04-01"),
        today: read("2013-04-01"),
    }
}

fn found(facts: &LaunchFacts, key: LaunchCondition) -> Condition {
    assess(facts).into_iter().find(|condition| condition.key == key).unwrap_or_else(|| unreachable!("{key}"))
}

#[test]
fn the_conditions_come_in_their_order_and_a_mutual_that_has_everything_is_ready() {
    let conditions = assess(&ready());

    assert_eq!(conditions.each_ref().map(|condition| condition.key).as_slice(), LaunchCondition::ALL);
    for condition in &conditions {
        assert_eq!(condition.outcome, Met, "{condition:?}");
    }
    let looked_at = conditions.map(|condition| condition.looked_at);
    let expected = [
        vec![LookedAt::StaffBallot(id(10))],
        vec![LookedAt::Endorsement(id(20))],
        vec![LookedAt::Endorsement(id(21))],
        vec![LookedAt::Mutual(id(1))],
        vec![LookedAt::Contract(id(30))],
        vec![],
    ];
    assert_eq!(looked_at, expected);
    assert_eq!(looked_at[0][0].kind(), LookedAtKind::StaffBallot);
    assert_eq!(looked_at[0][0].as_uuid(), uuid::Uuid::from_u128(10));
}

#[test]
fn what_is_not_on_record_is_not_met_and_said_so() {
    let nothing = LaunchFacts {
        legal_form: None,
        identifiers: Distinct::default(),
        ballots: vec![],
        endorsements: vec![],
        contracts: vec![],
        objections: vec![],
        ..ready()
    };

    for condition in assess(&nothing) {
        if condition.key == LaunchCondition::NoOpenObjection {
            assert_eq!(condition.outcome, Met);
        } else {
            assert_eq!(condition.outcome, NotMet, "{condition:?}");
            assert!(condition.detail.contains("on record"), "{condition:?}");
        }
    }
}

#[test]
fn no_detail_names_a_person() {
    let facts = LaunchFacts { objections: vec![objection(40, ObjectionOutcome::Open)], ..ready() };

    for condition in assess(&facts) {
        assert!(!condition.detail.contains("Jo Smith"), "{condition:?}");
    }
}

#[test]
fn staff_buy_in_is_what_the_newest_deciding_ballot_says() {
    let outcome = |ballot: StaffBallot| {
        found(&LaunchFacts { ballots: vec![record(10, ballot)], ..ready() }, LaunchCondition::StaffBuyIn).outcome
    };
    let formal = |options: &[(Effect, i64)]| ballot(BallotKind::Formal, tally(options));
    let with = |threshold| {
        let mut counted = tally(&[(Effect::Mutual, 600), (Effect::RemainInHouse, 100)]);
        counted.thresholds = vec![threshold];
        ballot(BallotKind::Confirmatory, counted)
    };
    let mut uncounted = tally(&[(Effect::Mutual, 600)]);
    (uncounted.counts, uncounted.counts_complete) = (vec![], false);

    assert_eq!(outcome(with(threshold(Basis::OfEntitled, "60", Some("a")))), Met);
    assert_eq!(outcome(with(threshold(Basis::OfEntitled, "61", Some("a")))), NotMet);
    assert_eq!(outcome(with(threshold(Basis::Turnout, "50", None))), Unknown);
    assert_eq!(outcome(ballot(BallotKind::Rerun, uncounted)), Unknown);
    assert_eq!(outcome(formal(&[(Effect::Mutual, 5), (Effect::NhsTrust, 6)])), NotMet);
    assert_eq!(outcome(formal(&[(Effect::Mutual, 5), (Effect::NhsTrust, 5)])), NotMet);
    assert_eq!(outcome(formal(&[(Effect::Mutual, 5), (Effect::Abstain, 6)])), NotMet);
    assert_eq!(outcome(formal(&[(Effect::Mutual, 0), (Effect::NhsTrust, 0)])), NotMet);
    assert_eq!(outcome(StaffBallot { kind: BallotKind::Indicative, ..won() }), NotMet);
    assert_eq!(outcome(StaffBallot { ending: ending(BallotState::Void), ..won() }), NotMet);
}

/// What the department with the id 2 demands.
fn demands(levels: &[(Basis, &str)]) -> Option<(DepartmentId, GateThresholds)> {
    let levels = levels.iter().map(|(basis, percent)| GateThreshold { basis: *basis, percent: read(percent) });
    Some((id(2), levels.collect::<Vec<_>>().try_into().unwrap_or_else(|_| unreachable!("one for each basis"))))
}

#[test]
fn staff_buy_in_says_the_figures_and_which_thresholds_there_were() {
    let few = ballot(BallotKind::Formal, Tally { roll_size: Some(40), ..tally(&[(Effect::Mutual, 2)]) });
    let facts = |demanded| LaunchFacts { ballots: vec![record(10, few.clone())], demanded, ..ready() };
    let buy_in = |demanded| found(&facts(demanded), LaunchCondition::StaffBuyIn);
    let figures = "`a` leads, which makes the service a mutual: 2 of 2 valid papers, 2 of 40 entitled";
    let said = |levels: &str| format!("{figures}; the ballot set no threshold, and the department demands {levels}");

    for nothing in [None, demands(&[])] {
        let condition = buy_in(nothing);
        assert_eq!((condition.outcome, condition.detail), (Met, said("none")));
        assert_eq!(condition.looked_at, [LookedAt::StaffBallot(id(10))]);
    }
    let missed = buy_in(demands(&[(Basis::OfEntitled, "50"), (Basis::OfValid, "50")]));
    let levels = "`of_entitled` 50.00% (not met) and `of_valid` 50.00% (met)";
    assert_eq!((missed.outcome, missed.detail), (NotMet, said(levels)));
    assert_eq!(missed.looked_at, [LookedAt::StaffBallot(id(10)), LookedAt::Department(id(2))]);
    let unknown = buy_in(demands(&[(Basis::Turnout, "5")]));
    assert_eq!((unknown.outcome, unknown.detail), (Unknown, said("`turnout` 5.00% (not known from the counts)")));
    assert_eq!(buy_in(demands(&[(Basis::OfEntitled, "5")])).outcome, Met, "reaching it exactly is enough");
}

#[test]
fn a_department_demands_at_most_one_level_for_each_basis() {
    let level = |basis| GateThreshold { basis, percent: read("50") };
    let all: Vec<GateThreshold> = Basis::ALL.iter().copied().map(level).collect();
    assert!(GateThresholds::try_from(all.clone()).is_ok());
    let twice = [all, vec![level(Basis::Turnout)]].concat();
    let faults = GateThresholds::try_from(twice).unwrap_err();
    assert_eq!(fields(&faults), [("", FaultCode::TooMany), ("4", FaultCode::DuplicateItem)]);
}

#[test]
fn a_ballot_known_from_history_does_not_open_the_gate() {
    let past = StaffBallot { duties: Duties { historic: true, ..Duties::default() }, ..won() };
    let buy_in = |ballots| found(&LaunchFacts { ballots, ..ready() }, LaunchCondition::StaffBuyIn);

    let alone = buy_in(vec![record(11, past.clone())]);
    let beside = buy_in(vec![record(11, past), record(10, won())]);

    assert_eq!(alone.outcome, NotMet);
    let said = "no declared formal, confirmatory or rerun ballot that counts is on record; 1 ballot known from history does not count here";
    assert_eq!(alone.detail, said);
    assert_eq!((beside.outcome, beside.looked_at), (Met, vec![LookedAt::StaffBallot(id(10))]));
    assert!(beside.detail.ends_with("; 1 ballot known from history does not count here"), "{}", beside.detail);
}

#[test]
fn the_newest_deciding_ballot_is_the_one_declared_last() {
    let declared = |n, on: &str| {
        let held = checked(Held { declared_on: maybe(on), ..Held::default() });
        record(n, StaffBallot { held, ..won() })
    };
    let newest = |ballots: &[Record<StaffBallot>]| newest_deciding(ballots, read("2026-01-01")).map(|ballot| ballot.id);

    assert_eq!(newest(&[]), None);
    assert_eq!(newest(&[declared(1, "2012-05-02"), declared(2, "2012-05-01")]), Some(id(1)));
    assert_eq!(newest(&[declared(3, "2012"), declared(2, "2012"), declared(9, "")]), Some(id(3)));
    assert_eq!(newest(&[declared(1, "2012-01"), declared(2, "2012")]), Some(id(1)));
    let mut superseded = declared(1, "2013");
    superseded.content.ending = ending(BallotState::Superseded);
    let mut election = declared(2, "2014");
    election.content.kind = BallotKind::BoardElection;
    assert_eq!(newest(&[superseded, election, declared(3, "2012")]), Some(id(3)));
}

#[test]
fn an_endorsement_counts_only_if_it_supports_and_speaks_for_those_asked_about() {
    let key = LaunchCondition::ServiceUsersEndorsement;
    let outcome = |endorsements| found(&LaunchFacts { endorsements, ..ready() }, key).outcome;
    let users = |n, position| endorsement(n, Constituency::ServiceUsers, position);

    assert_eq!(outcome(vec![users(1, Position::Neutral)]), NotMet);
    assert_eq!(outcome(vec![users(1, Position::Opposes)]), NotMet);
    assert_eq!(outcome(vec![users(2, Position::Opposes), users(1, Position::Supports)]), NotMet);
    assert_eq!(outcome(vec![users(1, Position::Opposes), users(2, Position::Supports)]), Met);
    assert_eq!(outcome(vec![endorsement(1, Constituency::Commissioners, Position::Supports)]), NotMet);
}

#[test]
fn a_legal_form_is_decided_and_registered() {
    let key = LaunchCondition::LegalFormAndIdentifier;
    let outcome = |legal_form, registered: bool| {
        let identifiers = if registered { ready().identifiers } else { Distinct::default() };
        found(&LaunchFacts { legal_form, identifiers, ..ready() }, key).outcome
    };

    assert_eq!(outcome(Some(LegalForm::Cio), true), Met);
    assert_eq!(outcome(Some(LegalForm::Cio), false), NotMet);
    assert_eq!(outcome(Some(LegalForm::NotYetDecided), true), NotMet);
    assert_eq!(outcome(None, true), Unknown);
    assert_eq!(outcome(None, false), NotMet);
}

#[test]
fn a_contract_counts_if_it_runs_and_protects_on_the_day_of_the_launch() {
    let key = LaunchCondition::ProtectedContract;
    let outcome = |contracts| found(&LaunchFacts { contracts, ..ready() }, key).outcome;
    let one = |starts_on, protection| outcome(vec![contract(1, starts_on, protection)]);
    let reserved = |until| Some((ProtectionKind::Reserved, until));

    assert_eq!(one("2013-04-01", reserved("")), Met);
    assert_eq!(one("2013-04-01", reserved("2013-04-01")), Met);
    assert_eq!(one("2013-04-02", reserved("")), NotMet);
    assert_eq!(one("2012-04-01", reserved("2013-03-31")), NotMet);
    assert_eq!(one("2012-04-01", Some((ProtectionKind::None, ""))), NotMet);
    assert_eq!(one("2012-04-01", None), Unknown);
    assert_eq!(one("", reserved("")), Unknown);
    assert_eq!(one("", None), Unknown);
    assert_eq!(one("", Some((ProtectionKind::None, ""))), NotMet);
    assert_eq!(one("2013-04-02", None), NotMet);
    assert_eq!(one("2012", reserved("")), Met);
    assert_eq!(one("2013", reserved("")), Unknown, "it may start later in the year");
    assert_eq!(one("2014", reserved("")), NotMet);
}

#[test]
fn a_contract_that_is_over_protects_nobody() {
    let over = [ContractStatus::Cancelled, ContractStatus::TerminatedEarly, ContractStatus::Expired];
    for status in ContractStatus::ALL.iter().copied() {
        let mut contract = contract(1, "2013-04-01", Some((ProtectionKind::LongerTerm, "")));
        contract.content.status = status;
        let condition =
            found(&LaunchFacts { contracts: vec![contract], ..ready() }, LaunchCondition::ProtectedContract);
        assert_eq!(condition.outcome == Met, !over.contains(&status), "{status}");
        assert_ne!(condition.outcome, Unknown, "{status}");
    }
}

#[test]
fn one_protected_contract_is_enough_and_one_that_may_be_tells_more_than_one_that_is_not() {
    let none = contract(1, "2013-04-01", Some((ProtectionKind::None, "")));
    let unsaid = contract(2, "2013-04-01", None);
    let protected = contract(3, "2013-04-01", Some((ProtectionKind::Other, "")));
    let condition = |contracts: &[&Record<Contract>]| {
        let contracts = contracts.iter().copied().cloned().collect();
        found(&LaunchFacts { contracts, ..ready() }, LaunchCondition::ProtectedContract)
    };

    assert_eq!(condition(&[&none, &unsaid, &protected]).outcome, Met);
    assert_eq!(condition(&[&none, &unsaid]).outcome, Unknown);
    assert_eq!(condition(&[&none]).outcome, NotMet);
    assert_eq!(condition(&[&none, &unsaid, &protected]).looked_at.len(), 3);
}

#[test]
fn an_objection_that_is_open_or_appealed_holds_a_launch_up() {
    let all = ObjectionOutcome::ALL.iter().copied().zip(1..).map(|(outcome, n)| objection(n, outcome)).collect();

    let condition = found(&LaunchFacts { objections: all, ..ready() }, LaunchCondition::NoOpenObjection);

    assert_eq!(condition.outcome, NotMet);
    assert_eq!(condition.looked_at, [LookedAt::Objection(id(1)), LookedAt::Objection(id(5))]);
    assert_eq!(condition.detail, "2 objections are open");
}
