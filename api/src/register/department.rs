//! Departments: the public bodies that mutuals leave, or that sponsor, commission or support them.

use chrono::{DateTime, Utc};
use document::register::DepartmentFilter;
use document::value::Slugged;
use domain::{Department, DepartmentId, Key, Object, Record};
use store::{Page, ReadTx, Representation, Slice, Stored, WriteTx};

use crate::register::resource::{self, Resource, Root};
use crate::register::words::{Conflicts, Words};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
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
        Ok(Some(Object::Department(id)))
    }

    fn represent(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Representation, store::Error> {
        store::department::show(tx, &key.0)
    }

    fn find(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Record<Self>, store::Error> {
        store::department::find(tx, &key.0)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        value: Slugged<Self>,
        _: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        store::department::update(tx, current, value.content)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), store::Error> {
        store::department::delete(tx, current)
    }
}

impl Root for Department {
    type Prepared = (DepartmentId, Slugged<Department>);
    type Filter = DepartmentFilter;

    fn prepare(id: DepartmentId, _: DateTime<Utc>, value: Slugged<Self>) -> Self::Prepared {
        (id, value)
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        (id, value): &Self::Prepared,
        _: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        let content = value.content.clone();
        let slug = if value.derived { store::department::slug_for(tx, content.slug)? } else { content.slug };
        store::department::insert(tx, *id, Self { slug, ..content })
    }

    fn list(tx: &mut ReadTx<'_>, filter: &DepartmentFilter, page: &Page, _: &domain::Caller) -> Result<Slice, Problem> {
        store::department::list(tx, filter, page).map_err(Problem::of_query)
    }
}
