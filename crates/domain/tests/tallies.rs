//! The counts of staff ballots: which are possible, and what follows from them.

use domain::{
    BallotMethod, BallotOption, Basis, CountsKnown, Effect, FaultCode, OptionCount, OptionKey, Percent, PublishedBasis,
    PublishedFigure, Round, Rules, Share, Tally, TestOutcome, Threshold,
};
use proptest::prelude::*;
use proptest::sample::Index;

fn key(n: usize) -> OptionKey {
    named(&format!("option_{n}"))
}

fn named(raw: &str) -> OptionKey {
    raw.parse().unwrap_or_else(|_| unreachable!("{raw} is a key"))
}

fn option(key: OptionKey, effect: Effect) -> BallotOption {
    let label = key.as_str().parse().unwrap_or_else(|_| unreachable!("a key is a name"));
    BallotOption { key, label, effect }
}

fn count(option: OptionKey, votes: i64) -> OptionCount {
    OptionCount { option, votes }
}

fn threshold(basis: Basis, percent: &str, option: Option<OptionKey>) -> Threshold {
    Threshold { basis, percent: percent.parse().unwrap_or_else(|_| unreachable!("{percent} is a percentage")), option }
}

/// Two options, counted completely: 60 and 30 of 100 returned, 10 spoiled, 200 entitled.
fn simple() -> Tally {
    Tally {
        options: vec![option(key(0), Effect::Mutual), option(key(1), Effect::RemainInHouse)],
        roll_size: Some(200),
        papers_issued: Some(150),
        returned: Some(100),
        spoiled: Some(10),
        counts: vec![count(key(0), 60), count(key(1), 30)],
        counts_complete: true,
        ..Tally::default()
    }
}

/// Gloucestershire Care Services, 2012: the rest of the votes was never published.
fn gloucestershire() -> Tally {
    let options = [
        ("nhs_trust", Effect::NhsTrust),
        ("social_enterprise", Effect::Mutual),
        ("merge", Effect::MergeWithPublicBody),
        ("private_partner", Effect::PrivatePartner),
    ];
    Tally {
        method: Some(BallotMethod::Ranked),
        options: options.into_iter().map(|(key, effect)| option(named(key), effect)).collect(),
        roll_size: Some(2_896),
        returned: Some(1_628),
        counts: vec![count(named("nhs_trust"), 1_482), count(named("private_partner"), 5)],
        ..Tally::default()
    }
}

fn fields(tally: &Tally) -> Vec<(String, FaultCode)> {
    tally.faults().into_iter().map(|fault| (fault.field, fault.code)).collect()
}

fn assert_refused(tally: &Tally, field: &str, code: FaultCode) {
    assert_eq!(fields(tally), [(field.to_owned(), code)], "{tally:#?}");
}

fn percent_of(figures: &[Share], basis: Basis, option: Option<OptionKey>) -> Option<String> {
    figures.iter().find(|share| share.basis == basis && share.option == option).map(Share::percent)
}

#[test]
fn the_gloucestershire_ballot_has_its_published_percentages() {
    let tally = gloucestershire();
    assert_eq!(fields(&tally), []);

    let result = tally.result();

    assert_eq!(result.counts, CountsKnown::Partial);
    assert_eq!(percent_of(&result.figures, Basis::Turnout, None).unwrap(), "56.22");
    assert_eq!(percent_of(&result.figures, Basis::OfCast, Some(named("nhs_trust"))).unwrap(), "91.03");
    assert_eq!(percent_of(&result.figures, Basis::OfEntitled, Some(named("nhs_trust"))).unwrap(), "51.17");
    assert_eq!(percent_of(&result.figures, Basis::OfValid, Some(named("nhs_trust"))), None);
    assert_eq!(percent_of(&result.figures, Basis::OfCast, Some(named("merge"))), None);
    assert_eq!(result.leading, [named("nhs_trust")]);
}

#[test]
fn figures_are_turnout_and_then_each_option_of_valid_of_cast_and_of_entitled() {
    let shown: Vec<_> =
        simple().result().figures.iter().map(|share| (share.option.clone(), share.basis, share.percent())).collect();

    let of = |n, basis, percent: &str| (Some(key(n)), basis, percent.to_owned());
    assert_eq!(
        shown,
        [
            (None, Basis::Turnout, "50.00".to_owned()),
            of(0, Basis::OfValid, "66.67"),
            of(0, Basis::OfCast, "60.00"),
            of(0, Basis::OfEntitled, "30.00"),
            of(1, Basis::OfValid, "33.33"),
            of(1, Basis::OfCast, "30.00"),
            of(1, Basis::OfEntitled, "15.00"),
        ]
    );
}

#[test]
fn spoiled_papers_count_towards_turnout() {
    let tally = Tally { returned: None, ..simple() };

    assert_eq!(percent_of(&tally.result().figures, Basis::Turnout, None).unwrap(), "50.00");
}

#[test]
fn a_tie_has_several_leading_options_and_a_ballot_without_votes_has_none() {
    let tied = Tally { counts: vec![count(key(0), 45), count(key(1), 45)], ..simple() };
    let nobody =
        Tally { counts: vec![count(key(0), 0), count(key(1), 0)], returned: Some(0), spoiled: Some(0), ..simple() };

    assert_eq!(tied.result().leading, [key(0), key(1)]);
    assert!(nobody.result().leading.is_empty());
    assert_eq!(nobody.result().figures.len(), 3, "turnout and two shares of those entitled");
}

#[test]
fn a_ranked_ballot_is_led_by_the_last_round_counted() {
    let rounds = vec![Round { counts: vec![count(key(0), 40), count(key(1), 50)] }];
    let tally = Tally { method: Some(BallotMethod::Ranked), later_rounds: rounds, ..simple() };

    assert_eq!(fields(&tally), []);
    assert_eq!(tally.result().leading, [key(1)]);
}

#[test]
fn a_threshold_of_a_ranked_ballot_is_about_the_last_round() {
    let outcomes = |percent: &str| -> Vec<TestOutcome> {
        let rounds = vec![Round { counts: vec![count(key(1), 50)] }];
        let thresholds = [0, 1].map(|n| threshold(Basis::OfValid, percent, Some(key(n)))).to_vec();
        let tally = Tally { method: Some(BallotMethod::Ranked), later_rounds: rounds, thresholds, ..simple() };
        assert_eq!(fields(&tally), []);
        tally.result().thresholds.iter().map(|told| told.outcome).collect()
    };

    assert_eq!(outcomes("55.55"), [TestOutcome::NotMet, TestOutcome::Met]);
    assert_eq!(outcomes("55.56"), [TestOutcome::NotMet, TestOutcome::NotMet]);
}

#[test]
fn a_threshold_that_is_reached_exactly_is_met() {
    let outcomes = |percent: &str, tally: &Tally| {
        let thresholds = vec![threshold(Basis::OfCast, percent, Some(key(0)))];
        Tally { thresholds, ..tally.clone() }.result().thresholds.first().map(|threshold| threshold.outcome)
    };

    assert_eq!(outcomes("60", &simple()), Some(TestOutcome::Met));
    assert_eq!(outcomes("60.01", &simple()), Some(TestOutcome::NotMet));
    let unknown = Tally { returned: None, spoiled: None, ..simple() };
    assert_eq!(outcomes("60", &unknown), Some(TestOutcome::Unknown));
    // Two thirds are shown as 66.67, and are less.
    let of_valid = vec![threshold(Basis::OfValid, "66.67", Some(key(0)))];
    let rounded = Tally { thresholds: of_valid, ..simple() }.result();
    assert_eq!(rounded.thresholds.first().map(|threshold| threshold.outcome), Some(TestOutcome::NotMet));
}

#[test]
fn a_ballot_has_one_to_thirty_options_with_different_keys() {
    assert_refused(&Tally::default(), "options", FaultCode::TooFew);
    let many = Tally { options: (0..31).map(|n| option(key(n), Effect::Other)).collect(), ..Tally::default() };
    assert_refused(&many, "options", FaultCode::TooMany);
    let twice =
        Tally { options: vec![option(key(0), Effect::Mutual), option(key(0), Effect::Other)], ..Tally::default() };
    assert_refused(&twice, "options/1/key", FaultCode::DuplicateItem);
    for raw in ["", "Mutual", "a-b", "é", &"x".repeat(41)] {
        assert!(raw.parse::<OptionKey>().is_err(), "{raw:?}");
    }
}

#[test]
fn numbers_of_papers_are_compared_across_unknown_ones() {
    let tally = Tally {
        papers_issued: None,
        returned: None,
        spoiled: Some(201),
        counts: vec![],
        counts_complete: false,
        ..simple()
    };
    assert_refused(&tally, "spoiled", FaultCode::Inconsistent);
    let both = Tally { papers_issued: Some(300), returned: Some(250), ..tally };
    let expected = ["papers_issued", "returned", "spoiled"].map(|field| (field.to_owned(), FaultCode::Inconsistent));
    assert_eq!(fields(&both), expected);
}

#[test]
fn votes_fit_the_tightest_number_of_papers_known() {
    let partly = |roll, returned, spoiled, votes| Tally {
        options: simple().options,
        roll_size: roll,
        returned,
        spoiled,
        counts: vec![count(key(0), votes)],
        ..Tally::default()
    };

    assert_eq!(fields(&partly(Some(100), None, None, 100)), []);
    assert_refused(&partly(Some(100), None, None, 101), "counts", FaultCode::Inconsistent);
    assert_refused(&partly(Some(100), None, Some(1), 100), "counts", FaultCode::Inconsistent);
    assert_refused(&partly(Some(100), Some(50), Some(1), 50), "counts", FaultCode::Inconsistent);
    assert_eq!(fields(&partly(None, None, Some(1), 10_000_000)), []);
}

#[test]
fn only_turnout_is_about_no_option() {
    let thresholds = |basis, option| Tally { thresholds: vec![threshold(basis, "50", option)], ..simple() };
    let figures = |basis, option| {
        let percent = "50".parse().unwrap_or_else(|_| unreachable!("50 is a percentage"));
        Tally { published_figures: vec![PublishedFigure { option, percent, basis, source_url: None }], ..simple() }
    };

    assert_eq!(fields(&thresholds(Basis::Turnout, None)), []);
    assert_refused(&thresholds(Basis::Turnout, Some(key(0))), "thresholds/0/option", FaultCode::Inconsistent);
    assert_refused(&thresholds(Basis::OfCast, None), "thresholds/0/option", FaultCode::Required);
    assert_refused(&thresholds(Basis::OfCast, Some(key(7))), "thresholds/0/option", FaultCode::UnknownReference);
    assert_eq!(fields(&figures(PublishedBasis::NotStated, Some(key(0)))), []);
    assert_refused(&figures(PublishedBasis::NotStated, None), "published_figures/0/option", FaultCode::Required);
    assert_refused(
        &figures(PublishedBasis::Turnout, Some(key(0))),
        "published_figures/0/option",
        FaultCode::Inconsistent,
    );
    let twice = vec![threshold(Basis::Turnout, "50", None), threshold(Basis::Turnout, "40", None)];
    assert_refused(&Tally { thresholds: twice, ..simple() }, "thresholds/1", FaultCode::DuplicateItem);
}

#[test]
fn later_rounds_belong_to_ranked_ballots_and_are_checked_like_the_first() {
    let with = |method, counts| Tally { method, later_rounds: vec![Round { counts }], ..simple() };
    let ranked = Some(BallotMethod::Ranked);

    assert_refused(&with(None, vec![count(key(0), 1)]), "later_rounds", FaultCode::Inconsistent);
    assert_refused(
        &with(Some(BallotMethod::SingleChoice), vec![count(key(0), 1)]),
        "later_rounds",
        FaultCode::Inconsistent,
    );
    assert_refused(&with(ranked, vec![]), "later_rounds/0/counts", FaultCode::TooFew);
    assert_refused(&with(ranked, vec![count(key(0), 91)]), "later_rounds/0/counts", FaultCode::Inconsistent);
    assert_refused(
        &with(ranked, vec![count(key(5), 1)]),
        "later_rounds/0/counts/0/option",
        FaultCode::UnknownReference,
    );
    assert_refused(&with(ranked, vec![count(key(0), -1)]), "later_rounds/0/counts/0/votes", FaultCode::OutOfRange);
}

#[test]
fn even_a_tally_of_absurd_numbers_has_a_result() {
    let absurd = Tally {
        roll_size: Some(i64::MIN),
        returned: Some(i64::MIN),
        spoiled: Some(i64::MAX),
        counts: vec![count(key(0), i64::MAX), count(key(0), i64::MAX), count(key(1), i64::MIN)],
        counts_complete: false,
        thresholds: vec![threshold(Basis::OfCast, "50", Some(key(0)))],
        ..simple()
    };

    absurd.result();
    assert!(!absurd.faults().is_empty());
    Share { option: None, basis: Basis::Turnout, numerator: i64::MAX, denominator: 0 }.percent();
}

/// A ballot as it was, everything known and counted.
fn whole_tallies() -> impl Strategy<Value = Tally> {
    let votes = prop_oneof![0i64..20, 0i64..5_000];
    (proptest::collection::vec(votes, 1..6), 0i64..50, 0i64..300, 0i64..300).prop_map(
        |(votes, spoiled, kept, unissued)| {
            let returned = votes.iter().sum::<i64>() + spoiled;
            Tally {
                options: (0..votes.len()).map(|n| option(key(n), Effect::Other)).collect(),
                roll_size: Some(returned + kept + unissued),
                papers_issued: Some(returned + kept),
                returned: Some(returned),
                spoiled: Some(spoiled),
                counts: votes.into_iter().enumerate().map(|(n, votes)| count(key(n), votes)).collect(),
                counts_complete: true,
                ..Tally::default()
            }
        },
    )
}

/// A ballot of which some numbers are forgotten.
fn known_in_part() -> impl Strategy<Value = Tally> {
    let knowledge = (any::<[bool; 4]>(), any::<[bool; 6]>(), any::<bool>());
    (whole_tallies(), knowledge).prop_map(|(whole, (papers, counted, complete))| {
        let [roll, issued, returned, spoiled] = papers;
        let kept =
            whole.counts.iter().zip(counted).filter(|(_, kept)| complete || *kept).map(|(count, _)| count.clone());
        Tally {
            roll_size: whole.roll_size.filter(|_| roll),
            papers_issued: whole.papers_issued.filter(|_| issued),
            returned: whole.returned.filter(|_| returned),
            spoiled: whole.spoiled.filter(|_| spoiled),
            counts: kept.collect(),
            counts_complete: complete,
            ..whole.clone()
        }
    })
}

/// A way to break one rule of a whole tally, and where that shows.
type Break = fn(&mut Tally, usize, i64) -> String;

const BREAKS: [Break; 10] = [
    |tally, _, by| {
        tally.papers_issued = tally.roll_size.map(|most| most + by);
        "papers_issued".to_owned()
    },
    |tally, _, by| {
        tally.returned = tally.papers_issued.map(|most| most + by);
        "returned".to_owned()
    },
    |tally, _, by| {
        tally.spoiled = tally.returned.map(|most| most + by);
        "spoiled".to_owned()
    },
    |tally, at, by| {
        tally.counts.iter_mut().skip(at).take(1).for_each(|count| count.votes += by);
        "counts".to_owned()
    },
    |tally, _, by| {
        for papers in [&mut tally.roll_size, &mut tally.papers_issued, &mut tally.returned] {
            *papers = papers.map(|number| number + by);
        }
        "counts".to_owned()
    },
    |tally, at, _| {
        tally.counts.iter_mut().skip(at).take(1).for_each(|count| count.votes = -1);
        format!("counts/{at}/votes")
    },
    |tally, at, _| {
        tally.counts.remove(at);
        "counts_complete".to_owned()
    },
    |tally, at, _| {
        tally.counts.extend(tally.counts.iter().skip(at).take(1).cloned().collect::<Vec<_>>());
        format!("counts/{}/option", tally.counts.len() - 1)
    },
    |tally, _, _| {
        tally.counts.push(count(named("nobody"), 0));
        format!("counts/{}/option", tally.counts.len() - 1)
    },
    |tally, _, by| {
        tally.roll_size = Some(Tally::MAX_COUNT + by);
        "roll_size".to_owned()
    },
];

proptest! {
    #[test]
    fn whatever_part_of_a_possible_ballot_is_known_is_accepted(tally in known_in_part()) {
        prop_assert_eq!(tally.faults(), []);
    }

    #[test]
    fn breaking_one_rule_is_refused_at_the_field_that_breaks_it(
        mut tally in whole_tallies(), broken in proptest::sample::select(&BREAKS[..]), at in any::<Index>(), by in 1i64..1_000,
    ) {
        let at = at.index(tally.counts.len());
        let field = broken(&mut tally, at, by);
        let found: Vec<String> = tally.faults().into_iter().map(|fault| fault.field).collect();
        prop_assert_eq!(found, [field]);
    }

    #[test]
    fn a_percentage_is_the_exact_share_rounded_half_up(denominator in 1i64..=10_000_000, part in any::<u64>()) {
        let numerator = i64::try_from(part % u64::try_from(denominator + 1).unwrap()).unwrap();
        let share = Share { option: None, basis: Basis::Turnout, numerator, denominator };

        let (scaled, whole) = (i128::from(numerator) * 10_000, i128::from(denominator));
        let rounded = scaled / whole + i128::from(scaled % whole * 2 >= whole);
        prop_assert_eq!(share.percent(), format!("{}.{:02}", rounded / 100, rounded % 100));
        prop_assert!(share.percent().parse::<Percent>().is_ok());
    }

    #[test]
    fn a_threshold_is_met_exactly_if_the_integers_say_so(tally in known_in_part(), basis in proptest::sample::select(Basis::ALL),
        hundredths in 0u32..=10_000, at in any::<Index>()) {
        let about = (basis != Basis::Turnout).then(|| key(at.index(tally.options.len())));
        let percent: Percent = format!("{}.{:02}", hundredths / 100, hundredths % 100).parse().unwrap();
        let tally = Tally { thresholds: vec![Threshold { basis, percent, option: about.clone() }], ..tally };
        let result = tally.result();

        let share = result.figures.iter().find(|share| share.basis == basis && share.option == about);
        let expected = match share {
            None => TestOutcome::Unknown,
            Some(share) if share.numerator * 10_000 >= i64::from(hundredths) * share.denominator => TestOutcome::Met,
            Some(_) => TestOutcome::NotMet,
        };
        prop_assert_eq!(result.thresholds.first().unwrap().outcome, expected);
    }

    #[test]
    fn what_is_told_of_a_ballot_known_in_part_is_true_of_the_whole((whole, part) in whole_tallies().prop_flat_map(|whole| {
        let forgetting = (any::<[bool; 4]>(), any::<[bool; 6]>());
        (Just(whole), forgetting)
    }).prop_map(|(whole, ([roll, issued, returned, spoiled], kept))| {
        let part = Tally {
            roll_size: whole.roll_size.filter(|_| roll),
            papers_issued: whole.papers_issued.filter(|_| issued),
            returned: whole.returned.filter(|_| returned),
            spoiled: whole.spoiled.filter(|_| spoiled),
            counts: whole.counts.iter().zip(kept).filter(|(_, kept)| *kept).map(|(count, _)| count.clone()).collect(),
            counts_complete: false,
            ..whole.clone()
        };
        (whole, part)
    })) {
        let (whole, part) = (whole.result(), part.result());
        prop_assert!(part.figures.iter().all(|figure| whole.figures.contains(figure)));
        prop_assert!(part.leading.is_empty() || part.leading == whole.leading);
    }

    /// Of all ways in which the unknown votes may have been cast, the worst gives all of them to one option that is not counted.
    #[test]
    fn the_leading_option_is_told_exactly_if_no_unknown_vote_can_change_it(tally in known_in_part(), at in any::<Index>(),
        share in 0i64..=100) {
        let result = tally.result();
        let uncounted: Vec<_> = tally.options.iter().filter(|option| tally.counts.iter().all(|c| c.option != option.key)).collect();
        let papers = tally.returned.or(tally.papers_issued).or(tally.roll_size);
        let (Some(papers), false) = (papers, uncounted.is_empty() || tally.counts_complete) else { return Ok(()) };
        let unknown = papers - tally.spoiled.unwrap_or(0) - tally.counts.iter().map(|count| count.votes).sum::<i64>();
        let gaining = uncounted[at.index(uncounted.len())].key.clone();
        let leaders_with = |votes: i64| {
            let all: Vec<_> = tally.counts.iter().map(|c| (c.option.clone(), c.votes)).chain([(gaining.clone(), votes)]).collect();
            let most = all.iter().map(|(_, votes)| *votes).max().unwrap();
            all.into_iter().filter(|(_, votes)| *votes == most && most > 0).map(|(key, _)| key).collect::<Vec<_>>()
        };

        if result.leading.is_empty() {
            prop_assert!(leaders_with(0) != leaders_with(unknown) || leaders_with(unknown).is_empty());
        } else {
            prop_assert_eq!(leaders_with(unknown * share / 100), result.leading.clone());
            prop_assert_eq!(leaders_with(unknown), result.leading);
        }
    }
}
