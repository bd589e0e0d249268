//! Staff ballots, as they are drawn, filtered and ordered the slow way.

use domain::{BallotKind, BallotMode, BallotState, Ending, Held, Organiser, Record, StaffBallot, Tally};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use crate::fixture::{ballot, checked, parsed};
use crate::kit::numbered;

use super::{
    BACKDROP, Listed, Value, any_date, any_of, any_span, given, has, has_some, ids, in_order, may_lie_in, mutual_id,
    named, rarely, share,
};

const BALLOT_KINDS: &[BallotKind] = &[BallotKind::Formal, BallotKind::Indicative, BallotKind::Rerun];
const ORGANISERS: &[Organiser] = &[Organiser::ParentBody, Organiser::TradeUnion];
const STATES: &[BallotState] = &[BallotState::Draft, BallotState::Declared, BallotState::Void, BallotState::Superseded];

impl Listed for StaffBallot {
    fn any() -> BoxedStrategy<Self> {
        let held = [any_date().boxed(), any_date().boxed(), any_date().boxed()].prop_map(|dates| {
            let [opened_on, closed_on, declared_on] = in_order(dates);
            checked(Held { opened_on, closed_on, declared_on })
        });
        let turnout = (option::of(select(&[9_i64, 10])), option::of(select(&[0_i64, 9])));
        (0..BACKDROP, select(BALLOT_KINDS), option::of(select(ORGANISERS)), select(STATES), held, turnout)
            .prop_map(|(about, kind, organiser, state, held, (roll_size, returned))| {
                let ending = Ending {
                    state,
                    void_reason: (state == BallotState::Void).then(|| parsed("A court said so")),
                    superseded_by_id: (state == BallotState::Superseded).then(|| numbered(300 + about)),
                };
                let plain = ballot(mutual_id(about));
                let tally = checked(Tally { roll_size, returned, ..(*plain.tally).clone() });
                Self { kind, organiser, held, tally, ending: checked(ending), ..plain }
            })
            .boxed()
    }

    fn made_unique(self, _: usize) -> Self {
        self
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let mutuals = prop_oneof![4 => Just(Vec::new()), 1 => vec((0..4_u128).prop_map(mutual_id), 1..3)];
        let modes = any_of(&[BallotMode::Recorded, BallotMode::Recorded, BallotMode::Hosted]);
        let words = (any_of(BALLOT_KINDS), any_of(ORGANISERS), any_of(STATES), modes);
        (mutuals, words, (any_span(), any_span(), any_span()), rarely(any::<bool>()))
            .prop_map(|(mutuals, words, (opened, closed, declared), has_turnout)| {
                let (kinds, organisers, states, modes) = words;
                Self::Filter {
                    mutual: named(mutuals),
                    kind: given(kinds),
                    organiser: given(organisers),
                    state: given(states),
                    mode: given(modes),
                    opened_from: opened.0,
                    opened_to: opened.1,
                    closed_from: closed.0,
                    closed_to: closed.1,
                    declared_from: declared.0,
                    declared_to: declared.1,
                    has_turnout,
                }
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        share(&ids(&filter.mutual), &[it.mutual_id])
            && has(&filter.kind, it.kind)
            && has_some(&filter.organiser, it.organiser)
            && has(&filter.state, it.ending.state)
            && has(&filter.mode, it.mode)
            && may_lie_in((filter.opened_from, filter.opened_to), it.held.opened_on)
            && may_lie_in((filter.closed_from, filter.closed_to), it.held.closed_on)
            && may_lie_in((filter.declared_from, filter.declared_to), it.held.declared_on)
            && filter.has_turnout.is_none_or(|known| known == it.tally.roll_size.and(it.tally.returned).is_some())
    }

    fn key(record: &Record<Self>, sort: &str) -> Option<Value> {
        match sort {
            "closed_on" => record.content.held.closed_on.map(Value::Date),
            "declared_on" => record.content.held.declared_on.map(Value::Date),
            "updated_at" => Some(Value::Instant(record.updated_at)),
            "id" => Some(Value::Same),
            other => panic!("no key {other}"),
        }
    }
}
