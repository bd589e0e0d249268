//! Published figures against the counts, at the precision they were printed with.

use domain::{
    BallotOption, Effect, FigureCheck, OptionCount, OptionKey, PrintedPercent, PublishedBasis, PublishedFigure, Tally,
};
use proptest::prelude::*;

use crate::samples::{checked, read, tally};
use FigureCheck::{Agrees, CannotBeChecked, Disagrees};

fn check(tally: &Tally, percent: &str, basis: PublishedBasis) -> FigureCheck {
    let option = (basis != PublishedBasis::Turnout).then(|| read("a"));
    tally.check(&PublishedFigure { option, percent: read(percent), basis, source_url: None })
}

/// So many votes for `a` of 10,000 entitled.
fn of_entitled(votes: i64, percent: &str) -> FigureCheck {
    let counted = Tally { roll_size: Some(10_000), ..tally(&[(Effect::Mutual, votes)]) };
    check(&counted, percent, PublishedBasis::OfEntitled)
}

#[test]
fn a_figure_is_compared_at_the_precision_it_was_printed_with() {
    for (votes, whole) in [(9_149, "91"), (9_150, "92"), (9_200, "92"), (9_249, "92"), (9_250, "93")] {
        assert_eq!(of_entitled(votes, whole), Agrees, "{votes}");
        assert_eq!(of_entitled(votes, "92") == Agrees, whole == "92", "{votes}");
    }
    for (votes, expected) in [(9_194, Disagrees), (9_195, Agrees), (9_204, Agrees), (9_205, Disagrees)] {
        assert_eq!(of_entitled(votes, "92.0"), expected, "{votes}");
    }
    assert_eq!(of_entitled(9_204, "92.00"), Disagrees);
    assert_eq!(of_entitled(9_204, "92.04"), Agrees);
    assert_eq!(of_entitled(9_204, "92.0400"), Agrees);
    assert_eq!(of_entitled(9_204, "92.0401"), Disagrees);
    assert_eq!((of_entitled(0, "0"), of_entitled(10_000, "100")), (Agrees, Agrees));
}

/// Gloucestershire Care Services, 2012.
fn gloucestershire() -> Tally {
    let option = |key: &str, effect| BallotOption { key: read(key), label: read(key), effect };
    let counts = vec![OptionCount { option: read::<OptionKey>("a"), votes: 1_482 }];
    let options = vec![option("a", Effect::NhsTrust), option("b", Effect::Mutual)];
    let tally = Tally { options, roll_size: Some(2_896), returned: Some(1_628), counts, ..Tally::default() };
    checked(tally).into_inner()
}

#[test]
fn the_gloucestershire_figures_agree_of_what_they_are_percentages_of() {
    let tally = gloucestershire();

    assert_eq!(check(&tally, "91", PublishedBasis::OfCast), Agrees);
    assert_eq!(check(&tally, "91", PublishedBasis::OfEntitled), Disagrees);
    assert_eq!(check(&tally, "51.2", PublishedBasis::OfEntitled), Agrees);
    assert_eq!(check(&tally, "56", PublishedBasis::Turnout), Agrees);
    assert_eq!(check(&tally, "91", PublishedBasis::OfValid), CannotBeChecked);
}

#[test]
fn a_figure_of_nothing_stated_agrees_of_anything_and_disagrees_only_of_everything() {
    let partly = gloucestershire();
    let wholly = Tally { spoiled: Some(28), ..gloucestershire() };
    let of_nothing = |tally, percent| check(tally, percent, PublishedBasis::NotStated);

    assert_eq!([of_nothing(&partly, "91"), of_nothing(&partly, "51")], [Agrees, Agrees]);
    assert_eq!(of_nothing(&partly, "70"), CannotBeChecked);
    assert_eq!(of_nothing(&wholly, "70"), Disagrees);
    assert_eq!(of_nothing(&wholly, "92.6"), Agrees, "of the valid papers it is 92.625");
    assert_eq!(of_nothing(&wholly, "92.63"), Agrees);
}

#[test]
fn what_is_not_counted_cannot_be_checked() {
    let nobody = Tally { roll_size: Some(0), ..tally(&[(Effect::Mutual, 0)]) };
    let uncounted = Tally { counts: vec![], counts_complete: false, ..tally(&[(Effect::Mutual, 0)]) };

    assert_eq!(check(&nobody, "0", PublishedBasis::OfEntitled), CannotBeChecked);
    assert_eq!(check(&uncounted, "0", PublishedBasis::OfEntitled), CannotBeChecked);
    assert_eq!(check(&uncounted, "0", PublishedBasis::Turnout), CannotBeChecked);
    assert_eq!(check(&uncounted, "0", PublishedBasis::NotStated), CannotBeChecked);
}

proptest! {
    /// Rounding is said by the neighbours: less than half a step below the figure, or at most half a step up.
    #[test]
    fn a_figure_is_within_half_a_step_of_its_share(
        numerator in 0i64..=10_000_000,
        rest in 0i64..=10_000_000,
        scaled in 0u32..=1_000_000,
        places in 0usize..=4,
        near in any::<bool>(),
    ) {
        prop_assume!(numerator + rest > 0);
        let denominator = numerator + rest;
        let unit = 10_i128.pow(places.try_into().unwrap());
        let (n, d) = (i128::from(numerator), i128::from(denominator));
        // Half of the figures are near the share, where it matters.
        let step = if near { n * 100 * unit / d + i128::from(scaled % 3) - 1 } else { i128::from(scaled) % (100 * unit) };
        prop_assume!((0..=100 * unit).contains(&step));
        let printed = if places == 0 { step.to_string() } else { format!("{}.{:0places$}", step / unit, step % unit) };
        let figure: PrintedPercent = printed.parse().unwrap();

        let doubled = 200 * unit * n;
        let within = (2 * step - 1) * d <= doubled && doubled < (2 * step + 1) * d;
        prop_assert_eq!(figure.is_rounded_from(numerator, denominator), within, "{}", printed);
    }
}
