//! What is written is what is read.

use chrono::DateTime;
use domain::{
    BallotMethod, BallotState, Basis, Correction, Duties, GateThreshold, Organiser, PublishedBasis, PublishedFigure,
};
use domain::{
    BallotOption, Checked, Contract, Department, Effect, Ending, FirstContract, Held, LegalForm, MAX_INTEGER, Money,
    Mutual, OptionCount, OriginRoute, Parents, Protection, ProtectionKind, Region, Round, Scrutineer, ScrutineerReport,
    Sector, Source, Staff, StaffBallot, Stage, Tally, TestOutcome, Tests, Threshold, Timeline,
};

use crate::fixture::{
    Resource, ballot, checked, closed_department, contract, date, day, department, distinct, identifiers, life, mutual,
    parsed,
};
use crate::kit::{Register, stamp};

/// Text that has to be quoted somewhere on its way.
const AWKWARD: &str = "O'Neill \"& Sons\" \\ {} [] % $1 ?1 \u{1F9FE} \u{E9}\u{FFFD}";

/// Enters a record, replaces it by a plain one and that by the first one again, reading it each time.
async fn there_and_back<R: Resource>(register: &Register, full: R, plain: R) {
    let entered = register.enter(full.clone()).await;
    assert_eq!(entered.content, full);
    assert_eq!((entered.version, entered.created_at, entered.updated_at), (1, stamp(0).now, stamp(0).now));
    assert_eq!(register.find(entered.id).await.unwrap(), entered);

    let changed = register.change(entered.id, plain.clone()).await;
    assert_eq!(changed.content, plain);
    assert_eq!((changed.version, changed.created_at, changed.updated_at), (2, stamp(0).now, stamp(1).now));
    assert_eq!(register.find(entered.id).await.unwrap(), changed);

    let again = register.change(entered.id, full.clone()).await;
    assert_eq!((again.version, &again.content), (3, &full));
    assert_eq!(register.find(entered.id).await.unwrap(), again);
    assert!(register.all::<R>(R::Filter::default()).await.contains(&again));
}

fn sources() -> domain::Sources {
    let full = Source {
        url: Some(parsed("https://example.org/a?b=c&d=%20#e")),
        title: Some(parsed(AWKWARD)),
        asserted_by: Some(parsed("Somebody")),
        accessed_on: day("2026-02-28"),
        note: Some(parsed("Two\nlines\tand a tab")),
    };
    let title_only = Source { title: Some(parsed("Only a title")), ..Source::default() };
    distinct::<Checked<Source>, 0, 50>(vec![checked(full), checked(title_only)])
}

async fn a_department_with_everything_is_read_as_it_was_written(register: &Register) {
    let successor = register.enter(department("Successor")).await.id;
    let life =
        domain::department::Life { opened_on: date("1999"), closed_on: date("2013-03"), successor_id: Some(successor) };
    let demanded = vec![GateThreshold { basis: Basis::Turnout, percent: parsed("50.5") }];
    let full = Department {
        identifiers: identifiers(&["GB-LAE:GLS", "GB-GOVUK:some-council", "GB-COH:1"]),
        policy_areas: distinct(Sector::ALL.iter().rev().copied().collect()),
        website: Some(parsed("https://example.org/")),
        gate_thresholds: demanded.try_into().unwrap(),
        life: checked(life),
        sources: sources(),
        ..closed_department(AWKWARD, None)
    };
    let plain = Department { slug: full.slug.clone(), ..department("Plain") };
    there_and_back(register, full, plain).await;
}

async fn a_mutual_with_everything_is_read_as_it_was_written(register: &Register) {
    let lead = register.enter(department("Lead")).await.id;
    let mut others = Vec::new();
    for n in 0..20 {
        others.push(register.enter(department(&format!("Other {n}"))).await.id);
    }
    others.reverse();
    let successor_id = Some(register.enter(mutual("Successor")).await.id);
    let life = domain::mutual::Life {
        stage: Stage::Merged,
        stage_since: date("2015-04"),
        launched_on: date("2011-10-01"),
        ended_on: date("2015"),
        successor_id,
    };
    let full = Mutual {
        identifiers: identifiers(&["GB-COH:1", "GB-PPON:PABC-1234-WXYZ"]),
        legal_form: Some(LegalForm::CommunityBenefitSociety),
        sectors: distinct(Sector::ALL.to_vec()),
        region: Some(Region::YorkshireAndTheHumber),
        website: Some(parsed("http://example.org")),
        description: Some(parsed(&format!("{AWKWARD}\n{}", "ü".repeat(9_900)))),
        parents: checked(Parents { department_id: Some(lead), other_department_ids: others }),
        origin_route: Some(OriginRoute::RightToProvide),
        life: checked(life),
        staff: checked(Staff { staff_count: Some(10_000_000), staff_counted_on: date("2014-12") }),
        tests: Tests {
            left_public_sector: TestOutcome::Met,
            delivers_public_services: TestOutcome::NotMet,
            mainly_reservable_services: TestOutcome::Met,
            under_employee_management_and_control: TestOutcome::NotMet,
            ..Tests::default()
        },
        sources: sources(),
        ..mutual(AWKWARD)
    };
    let plain = Mutual { slug: full.slug.clone(), life: checked(self::life(Stage::Idea)), ..mutual("Plain") };
    there_and_back(register, full, plain).await;
}

async fn a_staff_ballot_with_everything_is_read_as_it_was_written(register: &Register) {
    let about = register.enter(mutual("Mutual")).await.id;
    let option = |key: &str, effect| BallotOption { key: parsed(key), label: parsed(AWKWARD), effect };
    let count = |key: &str, votes| OptionCount { option: parsed(key), votes };
    let figure = |option: Option<&str>, percent: &str, basis| PublishedFigure {
        option: option.map(parsed),
        percent: parsed(percent),
        basis,
        source_url: option.map(|_| parsed("https://example.org/result")),
    };
    let tally = Tally {
        method: Some(BallotMethod::Ranked),
        options: vec![
            option("leave", Effect::Mutual),
            option("stay_1", Effect::RemainInHouse),
            option("tender", Effect::CompetitiveTender),
        ],
        roll_size: Some(10_000_000),
        papers_issued: Some(2_000),
        returned: Some(1_000),
        spoiled: Some(10),
        counts: vec![count("tender", 200), count("leave", 400), count("stay_1", 390)],
        counts_complete: true,
        later_rounds: vec![Round { counts: vec![count("leave", 590), count("stay_1", 400)] }],
        thresholds: vec![
            Threshold { basis: Basis::Turnout, percent: parsed("50.5"), option: None },
            Threshold { basis: Basis::OfEntitled, percent: parsed("0.01"), option: Some(parsed("leave")) },
        ],
        published_figures: vec![
            figure(None, "50", PublishedBasis::Turnout),
            figure(Some("leave"), "59.60", PublishedBasis::NotStated),
        ],
    };
    let scrutineer = Scrutineer {
        name: Some(parsed("A Person")),
        organisation: Some(parsed("An Organisation")),
        appointed_on: day("2012-01-31"),
    };
    let ending =
        Ending { state: BallotState::Void, void_reason: Some(parsed("A court\nsaid so")), superseded_by_id: None };
    let full = StaffBallot {
        organiser: Some(Organiser::TradeUnion),
        question: Some(parsed("Shall we?\n\n- yes\n- no")),
        held: checked(Held { opened_on: date("2012"), closed_on: date("2012-03"), declared_on: date("2012-03-31") }),
        tally: checked(tally),
        scrutineer: Some(checked(scrutineer)),
        sources: sources(),
        ..ballot(about)
    };
    there_and_back(register, full.clone(), ballot(about)).await;

    let correction = |version| Correction {
        corrected_at: DateTime::from_timestamp_micros(1_759_311_000_000_001).unwrap(),
        reason: parsed("A bundle\nwas \"counted\" twice"),
        version,
    };
    let report = ScrutineerReport {
        satisfied: Some(false),
        report_url: Some(parsed("https://example.org/report.pdf")),
        reported_by: Some("key:1".to_owned()),
        counts_changed: true,
    };
    let duties = Duties {
        declared_by: Some("token:2".to_owned()),
        historic: true,
        report: Some(report),
        ..Duties::default().entered("tester")
    };
    let corrections = vec![correction(3), correction(5)];
    let void = StaffBallot { ending: checked(ending), corrections, duties, ..full };
    let entered = register.enter(void).await;
    assert_eq!(register.find(entered.id).await.unwrap(), entered);
}

async fn a_contract_with_everything_is_read_as_it_was_written(register: &Register) {
    let buyer = register.enter(department("Buyer")).await.id;
    let supplier = register.enter(mutual("Supplier")).await.id;
    let timeline = Timeline {
        procurement_started_on: day("1000-01-01"),
        awarded_on: date("2010"),
        award_notice_on: day("2011-01-01"),
        standstill_notice_on: day("2011-01-02"),
        standstill_ended_on: day("2011-01-12"),
        entered_on: date("2011-04"),
        starts_on: date("2012-02-29"),
        ends_on: date("2015"),
        latest_ends_on: day("9999-12-31"),
        protection: Some(Protection { kind: ProtectionKind::UncontestedFirst, until: day("2014-02-28") }),
    };
    let full = Contract {
        title: parsed(AWKWARD),
        description: Some(parsed(&format!("{AWKWARD}\n\t-"))),
        reference: Some(parsed("ref/1 'a'")),
        ocid: Some(parsed("ocds-b5fd17-e/1")),
        cpv_codes: distinct(["85000000-9", "92511000", "85100000"].map(parsed).to_vec()),
        health_services: Some(true),
        framework: Some(true),
        tenders_received: Some(Contract::MAX_TENDERS),
        replaces_contract_id: Some(register.enter(contract(supplier, buyer)).await.id),
        first_contract: Some(FirstContract::No),
        timeline: checked(timeline),
        value: Some(Money::new(MAX_INTEGER, parsed("GBP")).unwrap()),
        is_first: true,
        sources: sources(),
        ..contract(supplier, buyer)
    };
    there_and_back(register, full.clone(), contract(supplier, buyer)).await;
    let least = Contract {
        health_services: Some(false),
        value: Some(Money::new(0, parsed("XXX")).unwrap()),
        timeline: checked(Timeline {
            protection: Some(Protection { kind: ProtectionKind::None, until: None }),
            ..Timeline::default()
        }),
        ..contract(supplier, buyer)
    };
    there_and_back(register, least, contract(supplier, buyer)).await;
}

on_both!(
    a_department_with_everything_is_read_as_it_was_written,
    a_mutual_with_everything_is_read_as_it_was_written,
    a_staff_ballot_with_everything_is_read_as_it_was_written,
    a_contract_with_everything_is_read_as_it_was_written,
);
