//! Mutuals: staff groups on the way out of the public sector, and the organisations they became.

use chrono::{DateTime, Utc};
use document::register::MutualFilter;
use document::value::Slugged;
use domain::{Action, Key, Mutual, MutualId, Object, Record};
use store::{Naming, Page, ReadTx, Representation, Slice, Stored, WriteTx};

use crate::register::resource::{self, Resource, Root};
use crate::register::words::{Conflicts, Words};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

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
        store::mutual::list(tx, filter, page).map_err(Problem::of_query)
    }
}
