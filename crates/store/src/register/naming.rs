//! What names a record: its slug, its name and its identifiers, each of which belongs to one record alone.
//!
//! Writes are serial on both databases, so that what is found free here is still free when it is taken. A unique index stands behind
//! slugs. None stands behind names and identifiers: a stricter rule makes some the same that two records have already.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::{Fault, FaultCode, Identifier, Kind, Slug};

use crate::backend::conn::Conn;
use crate::backend::dialect::Dialect;
use crate::backend::fragment::{FindingTable, FoundBy, Fragment};
use crate::backend::schema::identifiers;
use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::known::{KnownNames, Name, NamedBy, Naming};
use crate::{ReadTx, WriteTx};

/// More records than this never share the words of a name.
const MOST_SUFFIXES: u32 = 10_000;

/// A record that has one of the names; none behind a slug whose record was deleted.
#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = Text)]
    named_by: String,
    #[diesel(sql_type = Text)]
    text: String,
    #[diesel(sql_type = Text)]
    resource_type: String,
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

/// The names of so many records are looked up by one statement.
const TOGETHER: usize = 256;

impl Naming {
    /// Refuses names that other records have, naming all of them. Those that the record has itself it keeps, also where an earlier rule
    /// let another record have the same.
    pub(crate) fn check(&self, tx: &mut WriteTx<'_>, own: Option<&Self>) -> Result<(), Error> {
        if !tx.known().names.asked_for.contains(&self.owner.id) {
            let found = KnownNames::look_up(tx.conn(), [self])?;
            tx.known().names.add(found);
        }
        let names = &tx.known().names;
        let others = (0..).zip(&*self.names).filter_map(|(position, name)| {
            if own.is_some_and(|own| own.names.contains(name)) {
                return None;
            }
            let holder = names.holders.get(name)?.as_deref();
            (holder.map(|holder| &holder.id) != Some(&self.owner.id)).then(|| conflict(position, name, holder))
        });
        let conflicts: Vec<Conflict> = others.collect();
        if conflicts.is_empty() { Ok(()) } else { Err(Error::Conflict(conflicts)) }
    }

    /// From now on the names are this record's, which has been entered.
    pub(crate) fn note(&self, tx: &mut WriteTx<'_>) {
        let owner = || Some(Arc::clone(&self.owner));
        tx.known().names.holders.extend(self.names.iter().map(|name| (name.clone(), owner())));
    }
}

fn conflict(position: usize, name: &Name, holder: Option<&OtherRecord>) -> Conflict {
    let (kind, field) = match name.by {
        NamedBy::Slug(_) => (ConflictKind::SlugTaken, "slug".to_owned()),
        NamedBy::Name(_) => (ConflictKind::NameTaken, "name".to_owned()),
        NamedBy::Identifier => (ConflictKind::IdentifierTaken, format!("identifiers/{}", position.saturating_sub(2))),
    };
    let display_name = holder.and_then(|holder| holder.name.as_ref()).filter(|_| kind == ConflictKind::NameTaken);
    let value = display_name.map_or(&*name.text, String::as_str).to_owned();
    Conflict { kind, field, value, other: holder.cloned() }
}

impl KnownNames {
    /// Finds out who has the names that these records want.
    pub(crate) fn look_up<'n>(conn: &mut Conn, wanted: impl IntoIterator<Item = &'n Naming>) -> QueryResult<Self> {
        let wanted: Vec<&Naming> = wanted.into_iter().collect();
        let mut found = Self::default();
        for together in wanted.chunks(TOGETHER) {
            found.asked_for.extend(together.iter().map(|naming| naming.owner.id.clone()));
            let holders: Vec<Holder> = query(conn.dialect(), together).statement().load(conn)?;
            found.holders.extend(holders.into_iter().map(Holder::named));
        }
        Ok(found)
    }

    pub(crate) fn add(&mut self, found: Self) {
        self.asked_for.extend(found.asked_for);
        self.holders.extend(found.holders);
    }
}

/// One statement for all names, since each that a write waits for makes the next one wait.
fn query(dialect: Dialect, wanted: &[&Naming]) -> Fragment {
    let mut selects = Vec::new();
    // As many parameters each time as some power of two: few texts serve all batches, and each is prepared once.
    let mut among = |by: NamedBy, columns: String, found_in: String| {
        let texts: Vec<&str> = wanted.iter().flat_map(|naming| naming.texts(by)).collect();
        if let Some(last) = texts.last() {
            let padded = texts.iter().chain(std::iter::repeat(last)).take(texts.len().next_power_of_two()).copied();
            selects.push(dialect.select_among(&columns, found_in, padded));
        }
    };
    for kind in [Kind::Department, Kind::Mutual] {
        let table = kind.table();
        among(
            NamedBy::Slug(kind),
            format!("'slug' AS named_by, slug AS text, '{kind}' AS resource_type, id, name"),
            format!("{table} WHERE slug"),
        );
        among(
            NamedBy::Slug(kind),
            "'slug', slug, resource_type, NULL AS id, NULL AS name".to_owned(),
            format!("tombstones WHERE resource_type = '{kind}' AND slug"),
        );
        among(
            NamedBy::Name(kind),
            format!("'name', name_folded, '{kind}', id, name"),
            format!("{table} WHERE name_folded"),
        );
    }
    among(
        NamedBy::Identifier,
        "'identifier', i.identifier, CASE WHEN m.id IS NULL THEN 'department' ELSE 'mutual' END, COALESCE(d.id, m.id), \
         COALESCE(d.name, m.name)"
            .to_owned(),
        "identifiers i LEFT JOIN departments d ON d.id = i.department_id LEFT JOIN mutuals m ON m.id = i.mutual_id \
         WHERE i.identifier"
            .to_owned(),
    );
    let joined = selects.into_iter().reduce(|all, select| all.sql(" UNION ALL ").and(select));
    joined.unwrap_or_default()
}

impl Holder {
    fn named(self) -> (Name, Option<Arc<OtherRecord>>) {
        let kind = if self.resource_type == Kind::Department.as_str() { Kind::Department } else { Kind::Mutual };
        let by = match self.named_by.as_str() {
            "slug" => NamedBy::Slug(kind),
            "name" => NamedBy::Name(kind),
            _ => NamedBy::Identifier,
        };
        let other = self.id.map(|id| Arc::new(OtherRecord { resource_type: kind, id, name: self.name }));
        (Name { by, text: self.text.into() }, other)
    }
}

/// The ids of the records of this kind that have any of these identifiers.
pub fn having_identifiers(tx: &mut ReadTx<'_>, kind: Kind, list: &[Identifier]) -> Result<Vec<String>, Error> {
    let texts = list.iter().map(ToString::to_string);
    let found = identifiers::table.filter(identifiers::identifier.eq_any(texts));
    let ids: Vec<Option<String>> = match kind {
        Kind::Department => found.select(identifiers::department_id).distinct().load(tx.conn())?,
        Kind::Mutual => found.select(identifiers::mutual_id).distinct().load(tx.conn())?,
        _ => Vec::new(),
    };
    Ok(ids.into_iter().flatten().collect())
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// The slug that a name gives, with the lowest number behind it that makes it free.
pub(crate) fn free_slug(tx: &mut ReadTx<'_>, kind: Kind, wanted: Slug) -> Result<Slug, Error> {
    let table = kind.table();
    let numbered = (2..MOST_SUFFIXES).map(|n| wanted.with_suffix(n));
    for slug in std::iter::once(wanted.clone()).chain(numbered) {
        let query = Fragment::default()
            .sql(format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE slug = "))
            .parameter(slug.as_str())
            .sql(") OR EXISTS (SELECT 1 FROM tombstones WHERE slug = ")
            .parameter(slug.as_str())
            .sql(" AND resource_type = ")
            .parameter(kind.as_str())
            .sql(") AS taken");
        let found: Taken = query.statement().get_result(tx.conn())?;
        if !found.taken {
            return Ok(slug);
        }
    }
    let said = format!("no slug based on «{wanted}» is free: choose a slug");
    Err(Error::Rule(vec![Fault::new("slug", FaultCode::Required, said)]))
}

/// Whose identifiers are written.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'o> {
    Department(&'o str),
    Mutual(&'o str),
}

pub(crate) struct OfDepartment;

impl FindingTable for OfDepartment {
    const INTO: &'static str = "identifiers (identifier, department_id)";
}

pub(crate) struct OfMutual;

impl FindingTable for OfMutual {
    const INTO: &'static str = "identifiers (identifier, mutual_id)";
}

/// The identifiers of a record, by which it is found.
pub(crate) fn identifiers_of(owner: Owner<'_>, list: &[Identifier]) -> Option<FoundBy> {
    let rows = |id: &str| list.iter().map(|item| [item.to_string(), id.to_owned()]).collect::<Vec<_>>();
    match owner {
        Owner::Department(id) => FoundBy::rows::<OfDepartment>(rows(id)),
        Owner::Mutual(id) => FoundBy::rows::<OfMutual>(rows(id)),
    }
}

/// Takes the identifiers of a record out of the index.
pub(crate) fn remove_identifiers(tx: &mut WriteTx<'_>, owner: Owner<'_>) -> Result<(), Error> {
    match owner {
        Owner::Department(id) => {
            diesel::delete(identifiers::table.filter(identifiers::department_id.eq(id))).execute(tx.changing())?
        }
        Owner::Mutual(id) => {
            diesel::delete(identifiers::table.filter(identifiers::mutual_id.eq(id))).execute(tx.changing())?
        }
    };
    Ok(())
}
