//! Mutuals: staff groups on the way out of the public sector, and the organisations they became.

use document::register::MutualFilter;
use document::value::Slugged;
use domain::{Action, Key, Mutual, MutualId, Object};
use store::ReadTx;

use crate::register::resource::{self, Resource};
use crate::register::words::{Conflicts, Words};
use crate::request::path::PathKey;
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

    const DEPARTMENT: Option<&'static str> = Some("department_id");

    fn wanted(&self, value: Slugged<Self>) -> Self {
        value.content.with_course_of(self)
    }

    fn object(&self, _: &mut ReadTx<'_>, _: MutualId) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::of(domain::Kind::Mutual, self.parents.department_id)))
    }

    fn changes(&self) -> &'static [Action] {
        &[Action::Describe, Action::Update]
    }

    fn changing(&self, wanted: &Self) -> Action {
        let described = Self { description: wanted.description.clone(), ..self.clone() };
        if described == *wanted { Action::Describe } else { Action::Update }
    }
}
