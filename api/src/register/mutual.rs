//! Mutuals: staff groups on the way out of the public sector, and the organisations they became.

use chrono::{DateTime, Utc};
use document::register::{LegalForm, OriginRoute, Stage};
use document::value::{
    Bounded, DepartmentKey, PartialDate, Region, SchemeAndId, SearchWords, Sector, Slugged, Text, texts, words,
};
use domain::{Action, Key, Mutual, MutualId, Object, Record, Staff};
use serde::Deserialize;
use store::mutual::Filter;
use store::{Naming, Page, ReadTx, Representation, Slice, Span, Stored, WriteTx};
use utoipa::IntoParams;

use crate::register::resource::{self, Resource, Root};
use crate::register::words::{Conflicts, Words};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

/// Which mutuals a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct MutualFilter {
    /// Left this department, as its lead department or as another one.
    department: Vec<DepartmentKey>,
    /// In this sector.
    sector: Vec<Sector>,
    /// In this stage.
    stage: Vec<Stage>,
    /// In this region.
    region: Vec<Region>,
    /// Of this legal form.
    legal_form: Vec<LegalForm>,
    /// Left the public sector by this route.
    origin_route: Vec<OriginRoute>,
    /// With this identifier.
    identifier: Vec<SchemeAndId>,
    /// Launched on this day or later. A partial launch date matches if it may be in the range.
    launched_from: Option<PartialDate>,
    /// Launched on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    launched_to: Option<PartialDate>,
    /// Ended on this day or later. A partial date matches if it may be in the range.
    ended_from: Option<PartialDate>,
    /// Ended on this day or earlier. A partial date matches if it may be in the range. A month or year includes its
    /// last day.
    ended_to: Option<PartialDate>,
    /// With at least this many staff.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 10_000_000)]
    staff_count_from: Option<Bounded<0, { Staff::MAX_COUNT }>>,
    /// With at most this many staff.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 10_000_000)]
    staff_count_to: Option<Bounded<0, { Staff::MAX_COUNT }>>,
    /// Words to find in the name, description or identifiers.
    q: Option<SearchWords>,
}

impl MutualFilter {
    fn resolve(self, tx: &mut ReadTx<'_>) -> Result<Filter, Problem> {
        Ok(Filter {
            departments: store::department::resolve(tx, &texts(self.department)).map_err(Problem::of_query)?,
            sectors: words(self.sector),
            stages: words(self.stage),
            regions: words(self.region),
            legal_forms: words(self.legal_form),
            origin_routes: words(self.origin_route),
            identifiers: texts(self.identifier),
            launched: Span {
                from: self.launched_from.map(Text::into_inner),
                to: self.launched_to.map(Text::into_inner),
            },
            ended: Span { from: self.ended_from.map(Text::into_inner), to: self.ended_to.map(Text::into_inner) },
            staff_count_from: self.staff_count_from.map(|Bounded(count)| count),
            staff_count_to: self.staff_count_to.map(|Bounded(count)| count),
            search: self.q.map(Text::into_inner),
        })
    }
}

impl resource::Filter for MutualFilter {
    fn is_indexed(&self) -> bool {
        let one_stage = self.stage.len() <= 1 && self.department.is_empty();
        let scanned = self.sector.len() + self.region.len() + self.legal_form.len() + self.origin_route.len();
        let ranges = [&self.launched_from, &self.launched_to, &self.ended_from, &self.ended_to];
        let staff = self.staff_count_from.or(self.staff_count_to);
        let by_identifier = !self.identifier.is_empty();
        one_stage
            && (scanned == 0 || by_identifier)
            && ranges.iter().all(|date| date.is_none())
            && staff.is_none()
            && self.q.is_none()
    }
}

impl Resource for Mutual {
    type Key = PathKey<Key<Mutual>>;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "a mutual",
        many: "mutuals",
        list: "The default order is the order of entry. You can combine search, filters and order: \
               `?sector=libraries_archives&q=york&sort=-launched_on`.",
        create: "No other mutual may have the same name, ignoring upper and lower case. No other record may have the \
                 same identifier.",
        delete: "Rejected while other records refer to it. Its id and slug are never used again.",
        conflicts: Conflicts {
            create: &[ProblemType::NameTaken, ProblemType::SlugTaken, ProblemType::IdentifierTaken],
            change: &[ProblemType::NameTaken, ProblemType::IdentifierTaken],
            delete: &[ProblemType::HasDependents],
        },
        ..Words::USUAL
    };

    fn wanted(&self, value: Slugged<Self>) -> Self {
        value.content.with_course_of(self)
    }

    fn object(&self, _: &mut ReadTx<'_>, _: MutualId) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::Mutual { department: self.parents.department_id }))
    }

    fn changes(&self) -> &'static [Action] {
        &[Action::Describe, Action::Update]
    }

    fn changing(&self, wanted: &Self) -> Action {
        let described = Self { description: wanted.description.clone(), ..self.clone() };
        if described == *wanted { Action::Describe } else { Action::Update }
    }

    fn represent(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Representation, store::Error> {
        store::mutual::show(tx, &key.0)
    }

    fn find(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Record<Self>, store::Error> {
        store::mutual::find(tx, &key.0)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        value: Slugged<Self>,
        _: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        store::mutual::update(tx, current, current.content.wanted(value))
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), store::Error> {
        store::mutual::delete(tx, current)
    }
}

impl Root for Mutual {
    type Prepared = Slugged<store::mutual::Prepared>;
    type Filter = MutualFilter;

    fn prepare(
        id: MutualId,
        now: DateTime<Utc>,
        Slugged { content, derived }: Slugged<Self>,
    ) -> Slugged<store::mutual::Prepared> {
        Slugged { content: store::mutual::Prepared::new(id, now, content), derived }
    }

    fn names(Slugged { content, .. }: &Slugged<store::mutual::Prepared>) -> Vec<Naming> {
        vec![content.naming().clone()]
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        Slugged { content, derived }: &Slugged<store::mutual::Prepared>,
        _: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        if *derived { content.insert_with_free_slug(tx) } else { content.insert(tx) }
    }

    fn list(tx: &mut ReadTx<'_>, filter: &MutualFilter, page: &Page, _: &domain::Caller) -> Result<Slice, Problem> {
        let filter = filter.clone().resolve(tx)?;
        Ok(store::mutual::list(tx, &filter, page)?)
    }
}
