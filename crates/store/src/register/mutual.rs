//! Mutuals in the database.

use diesel::prelude::*;
use document::register::MutualFilter;
use document::value::{Bounded, Text, texts};
use document::{Documented, Member, Reference, Wire};
use domain::{
    DepartmentId, DraftAccess, Fault, Key, Kind, LegalForm, Mutual, MutualId, OriginRoute, Record, Region, SearchQuery,
    Slug, Staff, StageTransition, fold_name, indexed, sort_key,
};

use crate::backend::column::Column;
use crate::backend::dialect::Searched;
use crate::backend::fragment::{FindingTable, FoundBy, Fragment, all_of, any_of};
use crate::backend::json::parsed_option;
use crate::backend::schema::{mutual_other_departments, mutual_sectors, mutuals};
use crate::error::{Conflict, Error, refuse};
use crate::known::Naming;
use crate::query::keyset::{KeyKind, SortKey, Sorted, Values};
use crate::query::span;
use crate::register::named::{self, NamedKind};
use crate::register::naming::{OfMutual, Owner, identifiers_of, remove_identifiers};
use crate::register::record::{self, Columns, StoredKind, Words};
use crate::register::root::StoredRecord;
use crate::register::tombstone::Confidants;
use crate::register::{child, contract, reference, staff_count};
use crate::{ReadTx, Representation, Stored, WriteTx};

impl Sorted for Mutual {
    const NAME: &'static str = "MutualSort";
    const MEMBERS: &'static [Member] = <<Self as Documented>::Document as Wire>::OBJECT.members;
    const KEYS: &'static [SortKey] = &[
        SortKey::ID,
        SortKey::new("name_sorted", Values::Shared, KeyKind::Text).called("name"),
        SortKey::new("launched_on", Values::Optional, KeyKind::Text).found_first(),
        SortKey::new("staff_count", Values::Optional, KeyKind::Integer).found_first(),
        SortKey::UPDATED_AT,
    ];
}

impl StoredKind for Mutual {
    const COLUMNS: Columns<Self> = &[
        ("slug", |mutual| Column::text(&mutual.slug)),
        ("name", |mutual| Column::text(&mutual.name)),
        ("name_folded", |mutual| Column::text(fold_name(mutual.name.as_str()))),
        ("name_sorted", |mutual| Column::text(sort_key(mutual.name.as_str()))),
        ("legal_form", |mutual| Column::word_option(mutual.legal_form.map(LegalForm::as_str))),
        ("sectors", |mutual| Column::words(&mutual.sectors)),
        ("region", |mutual| Column::word_option(mutual.region.map(Region::as_str))),
        ("department_id", |mutual| Column::text_option(mutual.parents.department_id.as_ref())),
        ("origin_route", |mutual| Column::word_option(mutual.origin_route.map(OriginRoute::as_str))),
        ("stage", |mutual| Column::word(mutual.life.stage.as_str())),
        ("stage_since", |mutual| Column::text_option(mutual.life.stage_since.as_ref())),
        ("launched_on", |mutual| Column::text_option(mutual.life.launched_on.as_ref())),
        ("ended_on", |mutual| Column::text_option(mutual.life.ended_on.as_ref())),
        ("successor_id", |mutual| Column::text_option(mutual.life.successor_id.as_ref())),
        ("staff_count", |mutual| Column::Integer(mutual.staff.staff_count)),
        ("staff_counted_on", |mutual| Column::text_option(mutual.staff.staff_counted_on.as_ref())),
    ];
    const FOUND_IN: &'static [&'static str] = &[OfMutual::INTO, Sectors::INTO, OtherDepartments::INTO];
    const FOUND_BY_WORDS: Option<Words<Self>> = Some((<Self as NamedKind>::SEARCHED, <Self as NamedKind>::words));

    fn parts(&self, id: &str) -> Vec<FoundBy> {
        let sectors = self.sectors.iter().map(|sector| [sector.to_string(), id.to_owned()]);
        let others = self.parents.other_department_ids.iter().map(|other| [other.to_string(), id.to_owned()]);
        [
            identifiers_of(Owner::Mutual(id), &self.identifiers),
            FoundBy::rows::<Sectors>(sectors),
            FoundBy::rows::<OtherDepartments>(others),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl StoredRecord for Mutual {
    type Name = Key<Self>;

    fn find(tx: &mut ReadTx<'_>, name: &Key<Self>, _: DraftAccess<'_>) -> Result<Record<Self>, Error> {
        record::find_by_key(tx, name)
    }

    fn represent(tx: &mut ReadTx<'_>, name: &Key<Self>, _: DraftAccess<'_>) -> Result<Representation, Error> {
        record::show_by_key(tx, name)
    }

    /// Refused too where its successors would lead back to it, or its annual returns say another count of staff.
    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        content: Self,
        _: DraftAccess<'_>,
    ) -> Result<Stored<Self>, Error> {
        let (content, faults) = staff_count::count_beside_returns(tx, current.id, content)?;
        named::update(tx, current, content, faults)
    }

    /// Deletes it with its course.
    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), Error> {
        let id = current.id.to_string();
        refuse(Error::Conflict, dependents(tx, &id)?)?;
        for transition in child::all::<StageTransition>(tx, current.id)? {
            child::remove(tx, &transition)?;
        }
        Self::remove_parts(tx, &id)?;
        record::delete(tx, current, Some(current.content.slug.as_str()), &Confidants::default())
    }
}

impl NamedKind for Mutual {
    const SEARCHED: Searched = Searched::Mutuals;

    type Filter = MutualFilter;

    fn naming(&self, id: MutualId) -> Naming {
        Naming::new(Kind::Mutual, id, self.name.as_str(), &self.slug, &self.identifiers)
    }

    fn slug_mut(&mut self) -> &mut Slug {
        &mut self.slug
    }

    fn remove_parts(tx: &mut WriteTx<'_>, id: &str) -> Result<(), Error> {
        remove_identifiers(tx, Owner::Mutual(id))?;
        diesel::delete(mutual_sectors::table.filter(mutual_sectors::mutual_id.eq(id))).execute(tx.changing())?;
        diesel::delete(mutual_other_departments::table.filter(mutual_other_departments::mutual_id.eq(id)))
            .execute(tx.changing())?;
        tx.unindex_words(Searched::Mutuals, id)
    }

    fn search(filter: &MutualFilter) -> Option<&SearchQuery> {
        filter.q.as_ref().map(|Text(query)| query)
    }

    fn condition(tx: &mut ReadTx<'_>, filter: &MutualFilter) -> Result<Fragment, Error> {
        let departments = reference::resolve(tx, &texts(filter.department.clone()))?;
        let stage = match filter.stage.as_slice() {
            [stage] => Some(Fragment::default().sql("mutuals.stage = ").parameter(stage.to_string())),
            several => any_of("mutuals.stage", several),
        };
        let lead = any_of("mutuals.department_id", &departments);
        let other = any_of("mutual_other_departments.department_id", &departments);
        let left = lead.zip(other).map(|(lead, other)| {
            let having = " OR EXISTS (SELECT 1 FROM mutual_other_departments WHERE mutual_other_departments.mutual_id = mutuals.id AND ";
            lead.and(other.within(having, ")")).within("(", ")")
        });
        let sector = any_of("mutual_sectors.sector", &filter.sector);
        let identifier = any_of("identifiers.identifier", &filter.identifier);
        let staff = |operator: &str, count: Option<Bounded<0, { Staff::MAX_COUNT }>>| {
            count
                .map(|Bounded(count)| Fragment::default().sql(format!("mutuals.staff_count {operator} ")).number(count))
        };
        Ok(all_of([
            stage,
            left,
            sector.map(|it| {
                it.within("EXISTS (SELECT 1 FROM mutual_sectors WHERE mutual_sectors.mutual_id = mutuals.id AND ", ")")
            }),
            any_of("mutuals.region", &filter.region),
            any_of("mutuals.legal_form", &filter.legal_form),
            any_of("mutuals.origin_route", &filter.origin_route),
            identifier.map(|it| it.within("mutuals.id IN (SELECT identifiers.mutual_id FROM identifiers WHERE ", ")")),
            span::dates("mutuals.launched_on", filter.launched_from, filter.launched_to),
            span::dates("mutuals.ended_on", filter.ended_from, filter.ended_to),
            staff(">=", filter.staff_count_from),
            staff("<=", filter.staff_count_to),
        ]))
    }

    /// What `q` finds a mutual by: its name, its description and its identifiers.
    fn words(&self) -> String {
        let mut text = self.name.to_string();
        if let Some(description) = &self.description {
            text.push(' ');
            text.push_str(description.as_str());
        }
        for identifier in &self.identifiers {
            text.push(' ');
            text.push_str(&identifier.searched());
        }
        indexed(&text)
    }

    fn check(tx: &mut ReadTx<'_>, record: &Record<Self>, mut faults: Vec<Fault>) -> Result<(), Error> {
        let (id, mutual) = (record.id.to_string(), &record.content);
        let department = |field: String, id: &DepartmentId| Reference::new(field, Kind::Department, id);
        let lead = mutual.parents.department_id.iter().map(|id| department("department_id".to_owned(), id));
        let others = mutual.parents.other_department_ids.iter().enumerate();
        let others = others.map(|(n, id)| department(format!("other_department_ids/{n}"), id));
        let successor = mutual.life.successor_id.iter().map(|id| Reference::new("successor_id", Kind::Mutual, id));
        let references: Vec<Reference> = lead.chain(others).chain(successor).collect();
        faults.extend(reference::faults(tx, &references, DraftAccess::None)?);
        refuse(Error::Rule, faults)?;
        reference::check_no_circle(
            tx,
            Kind::Mutual,
            "successor_id",
            &id,
            mutual.life.successor_id.map(|id| id.to_string()),
        )
    }
}

/// The department that leads the mutual, which may have none; nothing where there is no such mutual.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer.
pub fn department_of(tx: &mut ReadTx<'_>, id: MutualId) -> Result<Option<Option<DepartmentId>>, Error> {
    let found: Option<Option<String>> =
        mutuals::table.find(id.to_string()).select(mutuals::department_id).first(tx.conn()).optional()?;
    found.map(|department| parsed_option("department_id", department.as_deref())).transpose()
}

fn dependents(tx: &mut ReadTx<'_>, id: &str) -> Result<Vec<Conflict>, Error> {
    let contracts = contract::named(tx, "mutual_id", id)?;
    let others = [
        reference::dependents(tx, Kind::StaffBallot, ("mutual_id", id), ("kind", "id"))?,
        (Kind::Contract, contracts),
        reference::dependents(tx, Kind::Mutual, ("successor_id", id), ("name", "name_sorted, id"))?,
    ];
    Ok(Conflict::dependents(others.into_iter().chain(child::dependents(tx, Kind::Mutual, id)?)))
}

struct Sectors;

impl FindingTable for Sectors {
    const INTO: &'static str = "mutual_sectors (sector, mutual_id)";
}

struct OtherDepartments;

impl FindingTable for OtherDepartments {
    const INTO: &'static str = "mutual_other_departments (department_id, mutual_id)";
}
