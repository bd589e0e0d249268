//! Mutuals, as they are drawn, filtered and ordered the slow way.

use document::value::{Bounded, Text, texts, words};
use domain::{DepartmentId, LegalForm, Mutual, OriginRoute, Parents, Record, Region, Staff, Stage, sort_key};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::BoxedStrategy;

use crate::fixture::{checked, distinct, mutual, parsed};

use super::{
    AREAS, BACKDROP, BEGINNINGS, Listed, Value, any_date, any_identifiers, any_of, any_query, any_span, at_least,
    at_most, department_id, drafted_identifiers, found_by, given, has, has_some, ids, may_lie_in, mutual_id, named,
    own_identifiers, rarely, share, soundest, subset,
};

const STAFF: &[i64] = &[0, 1, 50, 51, 249, 250, 10_000_000];
const STAGES: &[Stage] =
    &[Stage::Idea, Stage::Operating, Stage::Operating, Stage::Suspended, Stage::Blocked, Stage::Merged, Stage::Closed];
const REGIONS: &[Region] = &[Region::London, Region::Wales, Region::NorthEast];
const FORMS: &[LegalForm] = &[LegalForm::Llp, LegalForm::Cio, LegalForm::Other];
const ROUTES: &[OriginRoute] = &[OriginRoute::Pathfinder, OriginRoute::RightToProvide];

impl Listed for Mutual {
    fn any() -> BoxedStrategy<Self> {
        let dates = (any_date(), any_date(), option::of(0..BACKDROP));
        let life = (select(STAGES), dates).prop_map(|(stage, (launched_on, ended_on, successor))| {
            let full = domain::mutual::Life {
                stage,
                stage_since: None,
                launched_on,
                ended_on,
                successor_id: successor.map(mutual_id),
            };
            let unended = domain::mutual::Life { ended_on: None, ..full.clone() };
            let unlaunched = domain::mutual::Life { launched_on: None, ..full.clone() };
            soundest([
                full.clone(),
                domain::mutual::Life { successor_id: None, ..unended.clone() },
                unlaunched.clone(),
                domain::mutual::Life { ended_on: None, successor_id: None, ..unlaunched },
            ])
        });
        let parents = (subsequence(vec![0, 1, 2], 0..=3), any::<bool>()).prop_map(|(departments, backwards)| {
            let mut ids: Vec<DepartmentId> = departments.into_iter().map(department_id).collect();
            if backwards {
                ids.reverse();
            }
            let mut ids = ids.into_iter();
            checked(Parents { department_id: ids.next(), other_department_ids: ids.collect() })
        });
        let what = (select(BEGINNINGS), option::of(select(BEGINNINGS)), drafted_identifiers());
        let words = (option::of(select(REGIONS)), option::of(select(FORMS)), option::of(select(ROUTES)));
        (what, words, subset(AREAS, 1), parents, life, option::of(select(STAFF)))
            .prop_map(
                |((name, said, identifiers), (region, legal_form, origin_route), sectors, parents, life, count)| Self {
                    identifiers,
                    legal_form,
                    sectors: distinct(sectors),
                    region,
                    description: said.map(|said| parsed(&format!("It says:\n{said}"))),
                    parents,
                    origin_route,
                    life,
                    staff: checked(Staff { staff_count: count, staff_counted_on: None }),
                    ..mutual(name)
                },
            )
            .boxed()
    }

    fn made_unique(self, number: usize) -> Self {
        let identifiers = own_identifiers(number, &self.identifiers);
        let name = parsed(&format!("{} {number}", self.name));
        Self { slug: parsed(&format!("record-{number}")), name, identifiers, ..self }
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let departments = vec((0..4_u128).prop_map(department_id), 1..3);
        let departments = prop_oneof![9 => Just(Vec::new()), 1 => departments];
        let words = (any_of(AREAS), any_of(STAGES), any_of(REGIONS), any_of(FORMS), any_of(ROUTES));
        let spans = (any_span(), any_span());
        let staff = (rarely(select(STAFF)), rarely(select(STAFF)));
        (departments, words, any_identifiers(), spans, staff, any_query())
            .prop_map(|(departments, words, identifiers, (launched, ended), (from, to), search)| {
                let (sectors, stages, regions, legal_forms, origin_routes) = words;
                Self::Filter {
                    department: named(departments),
                    sector: given(sectors),
                    stage: given(stages),
                    region: given(regions),
                    legal_form: given(legal_forms),
                    origin_route: given(origin_routes),
                    identifier: given(identifiers),
                    launched_from: launched.0,
                    launched_to: launched.1,
                    ended_from: ended.0,
                    ended_to: ended.1,
                    staff_count_from: from.map(Bounded),
                    staff_count_to: to.map(Bounded),
                    q: search.map(Text),
                }
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        let parents: Vec<_> =
            it.parents.department_id.iter().chain(&it.parents.other_department_ids).copied().collect();
        let description = it.description.as_ref().map_or("", |said| said.as_str());
        share(&ids(&filter.department), &parents)
            && share(&words(filter.sector.clone()), &it.sectors)
            && has(&filter.stage, it.life.stage)
            && has_some(&filter.region, it.region)
            && has_some(&filter.legal_form, it.legal_form)
            && has_some(&filter.origin_route, it.origin_route)
            && share(&texts(filter.identifier.clone()), &it.identifiers)
            && may_lie_in((filter.launched_from, filter.launched_to), it.life.launched_on)
            && may_lie_in((filter.ended_from, filter.ended_to), it.life.ended_on)
            && at_least(filter.staff_count_from, it.staff.staff_count)
            && at_most(filter.staff_count_to, it.staff.staff_count)
            && found_by(filter.q.as_ref(), &format!("{} {description}", it.name), &it.identifiers)
    }

    fn key(record: &Record<Self>, sort: &str) -> Option<Value> {
        match sort {
            "name" => Some(Value::Text(sort_key(record.content.name.as_str()))),
            "launched_on" => record.content.life.launched_on.map(Value::Date),
            "staff_count" => record.content.staff.staff_count.map(Value::Number),
            "updated_at" => Some(Value::Instant(record.updated_at)),
            "id" => Some(Value::Same),
            other => panic!("no key {other}"),
        }
    }
}
