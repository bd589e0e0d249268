//! Departments in the database.

use diesel::prelude::*;
use diesel::sql_types::Text;
use document::register::DepartmentFilter;
use document::{Documented, Member, Reference, Wire};
use domain::{
    Department, DepartmentId, DraftAccess, Fault, Key, Kind, Record, SearchQuery, Slug, fold_name, indexed, sort_key,
};

use crate::backend::column::Column;
use crate::backend::dialect::Searched;
use crate::backend::fragment::{FindingTable, FoundBy, Fragment, all_of, any_of};
use crate::backend::schema::department_policy_areas;
use crate::error::{Conflict, Error, refuse};
use crate::known::Naming;
use crate::query::keyset::{KeyKind, SortKey, Sorted, Values};
use crate::register::named::{self, NamedKind};
use crate::register::naming::{OfDepartment, Owner, identifiers_of, remove_identifiers};
use crate::register::record::{self, Columns, StoredKind, Words};
use crate::register::root::StoredRecord;
use crate::register::tombstone::Confidants;
use crate::register::{child, contract, reference};
use crate::{ReadTx, Representation, Stored, WriteTx};

impl Sorted for Department {
    const NAME: &'static str = "DepartmentSort";
    const MEMBERS: &'static [Member] = <<Self as Documented>::Document as Wire>::OBJECT.members;
    const KEYS: &'static [SortKey] =
        &[SortKey::ID, SortKey::new("name_sorted", Values::Shared, KeyKind::Text).called("name"), SortKey::UPDATED_AT];
}

impl StoredKind for Department {
    const COLUMNS: Columns<Self> = &[
        ("slug", |department| Column::text(&department.slug)),
        ("name", |department| Column::text(&department.name)),
        ("name_folded", |department| Column::text(fold_name(department.name.as_str()))),
        ("name_sorted", |department| Column::text(sort_key(department.name.as_str()))),
        ("kind", |department| Column::word(department.kind.as_str())),
        ("nation", |department| Column::word_option(department.nation.map(|nation| nation.as_str()))),
        ("closed_on", |department| Column::text_option(department.life.closed_on.as_ref())),
        ("successor_id", |department| Column::text_option(department.life.successor_id.as_ref())),
    ];
    const FOUND_IN: &'static [&'static str] = &[OfDepartment::INTO, PolicyAreas::INTO];
    const FOUND_BY_WORDS: Option<Words<Self>> = Some((<Self as NamedKind>::SEARCHED, <Self as NamedKind>::words));

    fn parts(&self, id: &str) -> Vec<FoundBy> {
        let areas = self.policy_areas.iter().map(|sector| [sector.to_string(), id.to_owned()]);
        [identifiers_of(Owner::Department(id), &self.identifiers), FoundBy::rows::<PolicyAreas>(areas)]
            .into_iter()
            .flatten()
            .collect()
    }
}

impl StoredRecord for Department {
    type Name = Key<Self>;

    fn find(tx: &mut ReadTx<'_>, name: &Key<Self>, _: DraftAccess<'_>) -> Result<Record<Self>, Error> {
        record::find_by_key(tx, name)
    }

    fn represent(tx: &mut ReadTx<'_>, name: &Key<Self>, _: DraftAccess<'_>) -> Result<Representation, Error> {
        record::show_by_key(tx, name)
    }

    /// Refused too where its successors would lead back to it.
    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        content: Self,
        _: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        named::update(tx, current, content, Vec::new())
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error> {
        let id = current.id.to_string();
        refuse(Error::Conflict, dependents(tx, &id)?)?;
        Self::remove_parts(tx, &id)?;
        record::delete(tx, current, Some(current.content.slug.as_str()), &Confidants::default())
    }
}

impl NamedKind for Department {
    const SEARCHED: Searched = Searched::Departments;

    type Filter = DepartmentFilter;

    fn naming(&self, id: DepartmentId) -> Naming {
        Naming::new(Kind::Department, id, self.name.as_str(), &self.slug, &self.identifiers)
    }

    fn slug_mut(&mut self) -> &mut Slug {
        &mut self.slug
    }

    fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error> {
        remove_identifiers(tx, Owner::Department(id))?;
        diesel::delete(department_policy_areas::table.filter(department_policy_areas::department_id.eq(id)))
            .execute(tx.changing())?;
        tx.unindex_words(Searched::Departments, id)
    }

    fn search(filter: &DepartmentFilter) -> Option<&SearchQuery> {
        filter.q.as_ref().map(|search| &search.0)
    }

    fn condition(_: &mut ReadTx<'_>, filter: &DepartmentFilter) -> Result<Fragment, Error> {
        let area = any_of("department_policy_areas.sector", &filter.sector);
        let identifier = any_of("identifiers.identifier", &filter.identifier);
        let open = filter
            .open
            .map(|open| if open { "departments.closed_on IS NULL" } else { "departments.closed_on IS NOT NULL" });
        Ok(all_of([
            any_of("departments.kind", &filter.kind),
            area.map(|area| {
                let having = "EXISTS (SELECT 1 FROM department_policy_areas WHERE department_policy_areas.department_id = departments.id AND ";
                area.within(having, ")")
            }),
            identifier.map(|it| {
                it.within("departments.id IN (SELECT identifiers.department_id FROM identifiers WHERE ", ")")
            }),
            open.map(|open| Fragment::default().sql(open)),
        ]))
    }

    fn words(&self) -> String {
        let identifiers = self.identifiers.iter().map(domain::Identifier::searched);
        let text: Vec<String> = std::iter::once(self.name.to_string()).chain(identifiers).collect();
        indexed(&text.join(" "))
    }

    fn check(tx: &mut ReadTx<'_>, record: &Record<Self>, mut faults: Vec<Fault>) -> Result<(), Error> {
        let (id, life) = (record.id.to_string(), &record.content.life);
        let successor = life.successor_id.map(|id| Reference::new("successor_id", Kind::Department, id));
        faults.extend(reference::faults(tx, successor.as_slice(), DraftAccess::None)?);
        refuse(Error::Rule, faults)?;
        reference::check_no_circle(
            tx,
            Kind::Department,
            "successor_id",
            &id,
            life.successor_id.map(|id| id.to_string()),
        )
    }
}

fn dependents(tx: &mut ReadTx<'_>, id: &str) -> Result<Vec<Conflict>, Error> {
    let as_one_of_several = Fragment::default()
        .sql("SELECT id, name FROM mutuals WHERE department_id = ")
        .parameter(id)
        .sql(" OR id IN (SELECT mutual_id FROM mutual_other_departments WHERE department_id = ")
        .parameter(id)
        .sql(format!(") ORDER BY name_sorted, id LIMIT {}", Conflict::NAMED_DEPENDENTS));
    let of_mutuals = as_one_of_several.giving::<(Text, Text)>().load(tx.conn())?;
    let of_contracts = contract::named(tx, "department_id", id)?;
    let others = [
        (Kind::Mutual, of_mutuals),
        (Kind::Contract, of_contracts),
        reference::dependents(tx, Kind::Department, ("successor_id", id), ("name", "name_sorted, id"))?,
    ];
    Ok(Conflict::dependents(others.into_iter().chain(child::dependents(tx, Kind::Department, id)?)))
}

struct PolicyAreas;

impl FindingTable for PolicyAreas {
    const INTO: &'static str = "department_policy_areas (sector, department_id)";
}
