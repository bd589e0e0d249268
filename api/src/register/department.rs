//! Departments: the public bodies that mutuals leave, or that sponsor, commission or support them.

use document::register::DepartmentFilter;
use document::value::Slugged;
use domain::{Department, DepartmentId, Key, Object};
use store::ReadTx;

use crate::register::resource::{self, Resource};
use crate::register::words::{Conflicts, Words};
use crate::request::path::PathKey;
use crate::response::problem_type::ProblemType;

impl resource::Filter for DepartmentFilter {
    /// There are never so many departments that a scan takes long; a search takes two statements.
    fn is_indexed(&self) -> bool {
        self.q.is_none()
    }
}

impl Resource for Department {
    type Key = PathKey<Key<Department>>;

    const WORDS: Words = Words {
        tag: "departments",
        one: "a department",
        many: "departments",
        list: "The default order is the order of entry.",
        create: "No other department may have the same name, ignoring upper and lower case. No other record may have \
                 the same identifier.",
        delete: "Rejected while other records refer to it. Its id and slug are never used again.",
        conflicts: Conflicts {
            create: &[ProblemType::NameTaken, ProblemType::SlugTaken, ProblemType::IdentifierTaken],
            change: &[ProblemType::NameTaken, ProblemType::IdentifierTaken],
            delete: &[ProblemType::HasDependents],
        },
        ..Words::USUAL
    };

    fn wanted(&self, value: Slugged<Self>) -> Self {
        value.content
    }

    fn object(&self, _: &mut ReadTx<'_>, id: DepartmentId) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::of(domain::Kind::Department, Some(id))))
    }
}
