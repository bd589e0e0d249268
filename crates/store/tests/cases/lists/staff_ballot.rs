//! Staff ballots, as they are drawn, filtered and ordered the slow way.

use domain::{BallotKind, BallotMode, BallotState, Ending, Held, Organiser, Record, StaffBallot};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use crate::fixture::{ballot, checked, parsed};
use crate::kit::numbered;

use super::{BACKDROP, Listed, SortKey, any_date, any_of, any_span, has, has_some, in_order, may_lie_in, mutual_id};

const BALLOT_KINDS: &[BallotKind] = &[BallotKind::Formal, BallotKind::Indicative, BallotKind::Rerun];
const ORGANISERS: &[Organiser] = &[Organiser::ParentBody, Organiser::TradeUnion];
const STATES: &[BallotState] = &[BallotState::Draft, BallotState::Declared, BallotState::Void, BallotState::Superseded];

impl Listed for StaffBallot {
    fn any() -> BoxedStrategy<Self> {
        let held = [any_date().boxed(), any_date().boxed(), any_date().boxed()].prop_map(|dates| {
            let [opened_on, closed_on, declared_on] = in_order(dates);
            checked(Held { opened_on, closed_on, declared_on })
        });
        (0..BACKDROP, select(BALLOT_KINDS), option::of(select(ORGANISERS)), select(STATES), held)
            .prop_map(|(about, kind, organiser, state, held)| {
                let ending = Ending {
                    state,
                    void_reason: (state == BallotState::Void).then(|| parsed("A court said so")),
                    superseded_by_id: (state == BallotState::Superseded).then(|| numbered(300 + about)),
                };
                Self { kind, organiser, held, ending: checked(ending), ..ballot(mutual_id(about)) }
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
        (mutuals, words, (any_span(), any_span(), any_span()))
            .prop_map(|(mutuals, (kinds, organisers, states, modes), (opened, closed, declared))| Self::Filter {
                mutuals,
                kinds,
                organisers,
                states,
                modes,
                opened,
                closed,
                declared,
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        has(&filter.mutuals, &it.mutual_id)
            && has(&filter.kinds, &it.kind)
            && has_some(&filter.organisers, it.organiser.as_ref())
            && has(&filter.states, &it.ending.state)
            && has(&filter.modes, &it.mode)
            && may_lie_in(&filter.opened, it.held.opened_on)
            && may_lie_in(&filter.closed, it.held.closed_on)
            && may_lie_in(&filter.declared, it.held.declared_on)
    }

    fn key(record: &Record<Self>, sort: Self::Sort) -> Option<SortKey> {
        match sort {
            Self::Sort::ClosedOn => record.content.held.closed_on.map(SortKey::Date),
            Self::Sort::DeclaredOn => record.content.held.declared_on.map(SortKey::Date),
            Self::Sort::UpdatedAt => Some(SortKey::Instant(record.updated_at)),
            Self::Sort::Id => Some(SortKey::Same),
        }
    }
}
