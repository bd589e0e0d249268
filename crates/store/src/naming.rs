//! What names a record: its slug, its name and its identifiers, each of which belongs to one record alone.
//!
//! Writes are serial on both databases, so that what is found free here is still free when it is taken; the unique indexes stand
//! behind it.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::{Fault, FaultCode, Identifier, Slug};

use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::fragment::{Fragment, insert_texts};
use crate::schema::identifiers;
use crate::{ReadTx, ResourceType, WriteTx};

/// More records than this never share the words of a name.
const MOST_SUFFIXES: u32 = 10_000;

/// The names that a record is about to take.
pub(crate) struct Naming<'n> {
    pub(crate) resource_type: ResourceType,
    pub(crate) table: &'static str,
    pub(crate) id: &'n str,
    pub(crate) slug: &'n str,
    pub(crate) name_folded: &'n str,
    pub(crate) identifiers: &'n [Identifier],
}

#[derive(QueryableByName)]
struct Holder {
    #[diesel(sql_type = Text)]
    field: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Nullable<Text>)]
    id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

impl Naming<'_> {
    /// Refuses names that other records have, naming all of them.
    pub(crate) fn check(&self, tx: &mut ReadTx<'_>) -> Result<(), Error> {
        let mut conflicts = self.taken_names(tx)?;
        if !self.identifiers.is_empty() {
            conflicts.extend(self.taken_identifiers(tx)?);
        }
        if conflicts.is_empty() { Ok(()) } else { Err(Error::Conflict(conflicts)) }
    }

    fn taken_names(&self, tx: &mut ReadTx<'_>) -> Result<Vec<Conflict>, Error> {
        let table = self.table;
        let (id, slug) = (self.id, self.slug);
        let query = Fragment::default()
            .sql(format!("SELECT 'slug' AS field, slug AS value, id, name FROM {table} WHERE slug = "))
            .parameter(slug)
            .sql(" AND id <> ")
            .parameter(id)
            .sql(format!(" UNION ALL SELECT 'name', name, id, name FROM {table} WHERE name_folded = "))
            .parameter(self.name_folded)
            .sql(" AND id <> ")
            .parameter(id)
            .sql(" UNION ALL SELECT 'slug', slug, NULL, NULL FROM tombstones WHERE slug = ")
            .parameter(slug)
            .sql(" AND resource_type = ")
            .parameter(self.resource_type.as_str());
        let holders: Vec<Holder> = query.statement().load(tx.conn())?;
        Ok(holders.into_iter().map(|holder| self.conflict(holder)).collect())
    }

    fn conflict(&self, holder: Holder) -> Conflict {
        let kind = if holder.field == "slug" { ConflictKind::SlugTaken } else { ConflictKind::NameTaken };
        let other = holder.id.map(|id| OtherRecord { resource_type: self.resource_type, id, name: holder.name });
        Conflict { kind, field: holder.field, value: holder.value, other }
    }

    fn taken_identifiers(&self, tx: &mut ReadTx<'_>) -> Result<Vec<Conflict>, Error> {
        let wanted: Vec<String> = self.identifiers.iter().map(ToString::to_string).collect();
        let query = Fragment::default()
            .sql(
                "SELECT i.identifier AS value, i.mutual_id, COALESCE(d.id, m.id) AS id, COALESCE(d.name, m.name) AS name \
                 FROM identifiers i LEFT JOIN departments d ON d.id = i.department_id LEFT JOIN mutuals m ON m.id = i.mutual_id \
                 WHERE i.identifier IN (",
            )
            .parameters(wanted.iter().cloned())
            .sql(")");
        let holders: Vec<IdentifierHolder> = query.statement().load(tx.conn())?;
        let conflicts = holders.into_iter().filter(|holder| holder.id != self.id).filter_map(|holder| {
            let position = wanted.iter().position(|identifier| *identifier == holder.value)?;
            let resource_type =
                if holder.mutual_id.is_some() { ResourceType::Mutual } else { ResourceType::Department };
            Some(Conflict {
                kind: ConflictKind::IdentifierTaken,
                field: format!("identifiers/{position}"),
                value: holder.value,
                other: Some(OtherRecord { resource_type, id: holder.id, name: holder.name }),
            })
        });
        Ok(conflicts.collect())
    }
}

#[derive(QueryableByName)]
struct IdentifierHolder {
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Nullable<Text>)]
    mutual_id: Option<String>,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// The slug that a name gives, with the lowest number behind it that makes it free.
pub(crate) fn free_slug(
    tx: &mut ReadTx<'_>,
    resource_type: ResourceType,
    table: &str,
    wanted: Slug,
) -> Result<Slug, Error> {
    let numbered = (2..MOST_SUFFIXES).map(|n| wanted.with_suffix(n));
    for slug in std::iter::once(wanted.clone()).chain(numbered) {
        let query = Fragment::default()
            .sql(format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE slug = "))
            .parameter(slug.as_str())
            .sql(") OR EXISTS (SELECT 1 FROM tombstones WHERE slug = ")
            .parameter(slug.as_str())
            .sql(" AND resource_type = ")
            .parameter(resource_type.as_str())
            .sql(") AS taken");
        let found: Taken = query.statement().get_result(tx.conn())?;
        if !found.taken {
            return Ok(slug);
        }
    }
    let said = format!("no slug is left for «{wanted}»: give one");
    Err(Error::Rule(vec![Fault::new("slug", FaultCode::Required, said)]))
}

/// Whose identifiers are written.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'o> {
    Department(&'o str),
    Mutual(&'o str),
}

/// Indexes the identifiers of a new record.
pub(crate) fn insert_identifiers(tx: &mut WriteTx<'_>, owner: Owner<'_>, list: &[Identifier]) -> Result<(), Error> {
    let (table, id) = match owner {
        Owner::Department(id) => ("identifiers (identifier, department_id)", id),
        Owner::Mutual(id) => ("identifiers (identifier, mutual_id)", id),
    };
    Ok(insert_texts(tx.conn(), table, list.iter().map(|item| [item.to_string(), id.to_owned()]))?)
}

/// Takes the identifiers of a record out of the index.
pub(crate) fn remove_identifiers(tx: &mut WriteTx<'_>, owner: Owner<'_>) -> Result<(), Error> {
    match owner {
        Owner::Department(id) => {
            diesel::delete(identifiers::table.filter(identifiers::department_id.eq(id))).execute(tx.conn())?
        }
        Owner::Mutual(id) => {
            diesel::delete(identifiers::table.filter(identifiers::mutual_id.eq(id))).execute(tx.conn())?
        }
    };
    Ok(())
}
