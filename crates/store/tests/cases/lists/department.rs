//! Departments, as they are drawn, filtered and ordered the slow way.

use document::value::{Text, texts, words};
use domain::{Department, DepartmentKind, Record, sort_key};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

use crate::fixture::{department, distinct, parsed};

use super::{
    AREAS, BACKDROP, BEGINNINGS, Listed, Value, any_date, any_identifiers, any_of, any_query, department_id,
    drafted_identifiers, found_by, given, has, own_identifiers, rarely, share, soundest, subset,
};

impl Listed for Department {
    fn any() -> BoxedStrategy<Self> {
        let parts = (
            select(BEGINNINGS),
            select(&[DepartmentKind::LocalAuthority, DepartmentKind::NhsProvider, DepartmentKind::Other][..]),
            drafted_identifiers(),
            subset(AREAS, 0),
            any_date(),
            any_date(),
            option::of(0..BACKDROP),
        );
        parts
            .prop_map(|(name, kind, identifiers, areas, opened_on, closed_on, successor)| {
                let successor_id = successor.map(department_id);
                let life = soundest([
                    domain::department::Life { opened_on, closed_on, successor_id },
                    domain::department::Life { opened_on: None, closed_on, successor_id },
                    domain::department::Life { opened_on, closed_on: None, successor_id: None },
                ]);
                Self { kind, identifiers, policy_areas: distinct(areas), life, ..department(name) }
            })
            .boxed()
    }

    fn made_unique(self, number: usize) -> Self {
        let identifiers = own_identifiers(number, &self.identifiers);
        let name = parsed(&format!("{} {number}", self.name));
        Self { slug: parsed(&format!("record-{number}")), name, identifiers, ..self }
    }

    fn any_filter() -> BoxedStrategy<Self::Filter> {
        let kinds =
            any_of(&[DepartmentKind::LocalAuthority, DepartmentKind::NhsProvider, DepartmentKind::FireAuthority]);
        (kinds, any_of(AREAS), any_identifiers(), rarely(any::<bool>()), any_query())
            .prop_map(|(kinds, policy_areas, identifiers, open, search)| Self::Filter {
                kind: given(kinds),
                sector: given(policy_areas),
                identifier: given(identifiers),
                open,
                q: search.map(Text),
            })
            .boxed()
    }

    fn meets(record: &Record<Self>, filter: &Self::Filter) -> bool {
        let it = &record.content;
        has(&filter.kind, it.kind)
            && share(&words(filter.sector.clone()), &it.policy_areas)
            && share(&texts(filter.identifier.clone()), &it.identifiers)
            && filter.open.is_none_or(|open| open == it.life.closed_on.is_none())
            && found_by(filter.q.as_ref(), it.name.as_str(), &it.identifiers)
    }

    fn key(record: &Record<Self>, sort: &str) -> Option<Value> {
        Some(match sort {
            "name" => Value::Text(sort_key(record.content.name.as_str())),
            "updated_at" => Value::Instant(record.updated_at),
            "id" => Value::Same,
            other => panic!("no key {other}"),
        })
    }
}
