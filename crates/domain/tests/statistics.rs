//! Where a mutual stood on a day.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a case fails loudly")]

use domain::statistics::{AsAt, Beginning, Move, StandingGroup, standing_before_today};
use domain::{Day, PartialDate, Stage};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn day(raw: &str) -> Day {
    raw.parse().unwrap()
}

fn date(raw: &str) -> Option<PartialDate> {
    (!raw.is_empty()).then(|| raw.parse().unwrap())
}

fn entered(stage: Stage) -> Beginning {
    Beginning { stage, since: day("2020-01-15") }
}

fn on(moves: &[(Stage, &str)], asked: &str) -> AsAt {
    let moves: Vec<Move> = moves.iter().map(|(to, on)| (*to, date(on))).collect();
    standing_before_today(&entered(Stage::Idea), &moves, day(asked))
}

#[test]
fn a_mutual_without_transitions_stands_in_its_stage_since_then() {
    assert_eq!(on(&[], "2020-01-14"), AsAt::NotYet);
    assert_eq!(on(&[], "2020-01-15"), AsAt::In(Stage::Idea));
}

#[test]
fn a_move_has_happened_from_the_first_day_that_it_may_have_been() {
    let life = [(Stage::Launched, "2011"), (Stage::Merged, "2020-04")];
    assert_eq!(on(&life, "2010-12-31"), AsAt::NotYet);
    assert_eq!(on(&life, "2011-01-01"), AsAt::In(Stage::Launched));
    assert_eq!(on(&life, "2020-03-31"), AsAt::In(Stage::Launched));
    assert_eq!(on(&life, "2020-04-01"), AsAt::In(Stage::Merged));
}

#[test]
fn an_undated_move_has_happened_if_a_later_one_has() {
    let life = [(Stage::Launched, ""), (Stage::Merged, "2020-04")];
    assert_eq!(on(&life, "2012-07-31"), AsAt::Unknown);
    assert_eq!(on(&life, "2020-04-01"), AsAt::In(Stage::Merged));
}

#[test]
fn undated_moves_that_are_counted_together_leave_no_doubt_where() {
    let life = [(Stage::Launched, "2011-10-01"), (Stage::Operating, "")];
    assert_eq!(on(&life, "2011-09-30"), AsAt::NotYet);
    assert_eq!(on(&life, "2012-07-31"), AsAt::Within(StandingGroup::Operating));
    let ended = [(Stage::Launched, "2011"), (Stage::Operating, ""), (Stage::Closed, "")];
    assert_eq!(on(&ended, "2012-07-31"), AsAt::Unknown);
}

#[test]
fn a_move_is_never_before_the_move_before_it() {
    let life = [(Stage::Launched, "2012-05-01"), (Stage::Operating, "2012")];
    assert_eq!(on(&life, "2012-02-01"), AsAt::NotYet);
    assert_eq!(on(&life, "2012-05-01"), AsAt::In(Stage::Operating));
}

fn days() -> impl Strategy<Value = Day> {
    (0_i64..60).prop_map(|month| {
        Day::from_date(chrono::NaiveDate::from_ymd_opt(2010, 1, 10).unwrap() + chrono::TimeDelta::days(month * 31))
            .unwrap()
    })
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let date = (days(), select(&[4_usize, 7, 10][..]))
        .prop_map(|(day, length)| day.to_string()[..length].parse::<PartialDate>().unwrap());
    vec((select(Stage::ALL), option::weighted(0.7, date)), 0..5)
}

/// Every number of moves that may have happened by the day: all whose earliest day has come, and undated ones after them.
fn possible(beginning: &Beginning, moves: &[Move], asked: Day) -> Vec<AsAt> {
    let has_come = |at: usize| {
        moves[..=at].iter().all(|(_, date)| date.is_none_or(|date| date.first_day() <= asked)) && moves[at].1.is_some()
    };
    let least = (0..moves.len()).rev().find(|at| has_come(*at)).map_or(0, |at| at + 1);
    let undated = moves[least..].iter().take_while(|(_, date)| date.is_none()).count();
    let first = if beginning.since <= asked { AsAt::In(beginning.stage) } else { AsAt::NotYet };
    (least..=least + undated).map(|count| if count == 0 { first } else { AsAt::In(moves[count - 1].0) }).collect()
}

proptest! {
    #[test]
    fn what_is_told_is_what_all_possible_courses_have_in_common(
        stage in select(Stage::ALL), since in days(), moves in moves(), asked in days()
    ) {
        let beginning = Beginning { stage, since };
        let possible = possible(&beginning, &moves, asked);
        let told = standing_before_today(&beginning, &moves, asked);
        let groups: Vec<Option<StandingGroup>> = possible.iter().map(|one| one.group()).collect();
        let expected = if possible.iter().all(|one| *one == possible[0]) {
            possible[0]
        } else if groups.iter().all(|group| *group == groups[0]) {
            AsAt::Within(groups[0].unwrap())
        } else {
            AsAt::Unknown
        };
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn nothing_changes_between_the_dates_that_are_known(
        stage in select(Stage::ALL), since in days(), moves in moves(), asked in days()
    ) {
        let beginning = Beginning { stage, since };
        let dates = moves.iter().filter_map(|(_, date)| date.map(|date| date.first_day())).chain([since]);
        let told = standing_before_today(&beginning, &moves, asked);
        match dates.filter(|date| *date <= asked).max() {
            Some(last) => prop_assert_eq!(told, standing_before_today(&beginning, &moves, last)),
            None => prop_assert_eq!(told, standing_before_today(&beginning, &moves, day("1000-01-01"))),
        }
    }
}
