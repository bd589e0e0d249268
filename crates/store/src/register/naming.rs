//! What names a record: its slug, its name and its identifiers, each of which belongs to one record alone.
//!
//! Writes are serial on both databases, so that what is found free here is still free when it is taken; the unique indexes stand
//! behind it.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::{Fault, FaultCode, Identifier, Kind, Slug};

use crate::backend::fragment::{Fragment, insertion};
use crate::backend::schema::identifiers;
use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::{ReadTx, WriteTx};

/// More records than this never share the words of a name.
const MOST_SUFFIXES: u32 = 10_000;

/// The names that a record is about to take.
pub(crate) struct Naming<'n> {
    pub(crate) kind: Kind,
    pub(crate) id: &'n str,
    pub(crate) slug: &'n str,
    pub(crate) name_folded: &'n str,
    pub(crate) identifiers: &'n [Identifier],
}

/// A record that has one of the names; none behind a slug whose record was deleted.
#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = Text)]
    name_kind: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Nullable<Text>)]
    resource_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

impl Naming<'_> {
    /// Refuses names that other records have, naming all of them.
    pub(crate) fn check(&self, tx: &mut ReadTx<'_>) -> Result<(), Error> {
        let wanted: Vec<String> = self.identifiers.iter().map(ToString::to_string).collect();
        let holders: Vec<Holder> = self.holders(&wanted).statement().load(tx.conn())?;
        let others = holders.into_iter().filter(|holder| holder.id.as_deref() != Some(self.id));
        let conflicts: Vec<Conflict> = others.filter_map(|holder| conflict(holder, &wanted)).collect();
        if conflicts.is_empty() { Ok(()) } else { Err(Error::Conflict(conflicts)) }
    }

    /// One statement for all names, since each that a write waits for makes the next one wait.
    fn holders(&self, identifiers: &[String]) -> Fragment {
        let Self { kind, slug, name_folded, .. } = self;
        let (table, kind) = (kind.table(), kind.as_str());
        let query = Fragment::default()
            .sql(format!(
                "SELECT 'slug' AS name_kind, slug AS value, '{kind}' AS resource_type, id, name FROM {table} WHERE slug = "
            ))
            .parameter(*slug)
            .sql(format!(" UNION ALL SELECT 'name', name, '{kind}', id, name FROM {table} WHERE name_folded = "))
            .parameter(*name_folded)
            .sql(" UNION ALL SELECT 'slug', slug, NULL, NULL, NULL FROM tombstones WHERE slug = ")
            .parameter(*slug)
            .sql(format!(" AND resource_type = '{kind}'"));
        if identifiers.is_empty() {
            return query;
        }
        query
            .sql(
                " UNION ALL SELECT 'identifier', i.identifier, CASE WHEN m.id IS NULL THEN 'department' ELSE 'mutual' END, \
                 COALESCE(d.id, m.id), COALESCE(d.name, m.name) FROM identifiers i LEFT JOIN departments d ON d.id = i.department_id \
                 LEFT JOIN mutuals m ON m.id = i.mutual_id WHERE i.identifier IN (",
            )
            .parameters(identifiers.iter().cloned())
            .sql(")")
    }
}

fn conflict(holder: Holder, identifiers: &[String]) -> Option<Conflict> {
    let (kind, field) = match holder.name_kind.as_str() {
        "slug" => (ConflictKind::SlugTaken, "slug".to_owned()),
        "name" => (ConflictKind::NameTaken, "name".to_owned()),
        _ => {
            let position = identifiers.iter().position(|identifier| *identifier == holder.value)?;
            (ConflictKind::IdentifierTaken, format!("identifiers/{position}"))
        }
    };
    let resource_type = match holder.resource_type.as_deref() {
        Some("department") => Kind::Department,
        _ => Kind::Mutual,
    };
    let other = holder.id.map(|id| OtherRecord { resource_type, id, name: holder.name });
    Some(Conflict { kind, field, value: holder.value, other })
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

/// The statement that indexes the identifiers of a record.
pub(crate) fn insertion_of_identifiers(owner: Owner<'_>, list: &[Identifier]) -> Option<Fragment> {
    let (table, id) = match owner {
        Owner::Department(id) => ("identifiers (identifier, department_id)", id),
        Owner::Mutual(id) => ("identifiers (identifier, mutual_id)", id),
    };
    insertion(table, list.iter().map(|item| [item.to_string(), id.to_owned()]))
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
