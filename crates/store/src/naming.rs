//! What names a record: its slug, its name and its identifiers, each of which belongs to one record alone.
//!
//! Writes are serial on both databases, so that what is found free here is still free when it is taken; the unique indexes stand
//! behind it.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::{Fault, FaultCode, Identifier, Slug};

use crate::dialect::insert_all;
use crate::error::{Conflict, ConflictKind, Error, OtherRecord};
use crate::schema::{departments, identifiers, mutuals};
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
        let holders: Vec<Holder> = diesel::sql_query(format!(
            "SELECT 'slug' AS field, slug AS value, id, name FROM {table} WHERE slug = $1 AND id <> $2 \
             UNION ALL SELECT 'name', name, id, name FROM {table} WHERE name_folded = $3 AND id <> $2 \
             UNION ALL SELECT 'slug', slug, NULL, NULL FROM tombstones WHERE resource_type = $4 AND slug = $1"
        ))
        .bind::<Text, _>(self.slug)
        .bind::<Text, _>(self.id)
        .bind::<Text, _>(self.name_folded)
        .bind::<Text, _>(self.resource_type.as_str())
        .load(tx.conn())?;
        Ok(holders.into_iter().map(|holder| self.conflict(holder)).collect())
    }

    fn conflict(&self, holder: Holder) -> Conflict {
        let kind = if holder.field == "slug" { ConflictKind::SlugTaken } else { ConflictKind::NameTaken };
        let other = holder.id.map(|id| OtherRecord { resource_type: self.resource_type, id, name: holder.name });
        Conflict { kind, field: holder.field, value: holder.value, other }
    }

    fn taken_identifiers(&self, tx: &mut ReadTx<'_>) -> Result<Vec<Conflict>, Error> {
        let wanted: Vec<String> = self.identifiers.iter().map(ToString::to_string).collect();
        let holders: Vec<(String, Option<(String, String)>, Option<(String, String)>)> = identifiers::table
            .left_join(departments::table.on(departments::id.nullable().eq(identifiers::department_id)))
            .left_join(mutuals::table.on(mutuals::id.nullable().eq(identifiers::mutual_id)))
            .filter(identifiers::identifier.eq_any(&wanted))
            .select((
                identifiers::identifier,
                (departments::id, departments::name).nullable(),
                (mutuals::id, mutuals::name).nullable(),
            ))
            .load(tx.conn())?;
        let conflicts = holders.into_iter().filter_map(|(value, department, mutual)| {
            let (resource_type, (id, name)) = department
                .map(|found| (ResourceType::Department, found))
                .or_else(|| mutual.map(|found| (ResourceType::Mutual, found)))?;
            let position = wanted.iter().position(|identifier| *identifier == value)?;
            let other = OtherRecord { resource_type, id, name: Some(name) };
            (other.id != self.id).then(|| Conflict {
                kind: ConflictKind::IdentifierTaken,
                field: format!("identifiers/{position}"),
                value,
                other: Some(other),
            })
        });
        Ok(conflicts.collect())
    }
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
    let query = format!(
        "SELECT EXISTS (SELECT 1 FROM {table} WHERE slug = $1) \
         OR EXISTS (SELECT 1 FROM tombstones WHERE slug = $1 AND resource_type = $2) AS taken"
    );
    let numbered = (2..MOST_SUFFIXES).map(|n| wanted.with_suffix(n));
    for slug in std::iter::once(wanted.clone()).chain(numbered) {
        let found: Taken = diesel::sql_query(&query)
            .bind::<Text, _>(slug.as_str())
            .bind::<Text, _>(resource_type.as_str())
            .get_result(tx.conn())?;
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

#[derive(Insertable)]
#[diesel(table_name = identifiers, treat_none_as_default_value = false)]
struct Row<'r> {
    identifier: String,
    department_id: Option<&'r str>,
    mutual_id: Option<&'r str>,
}

/// Indexes the identifiers of a new record.
pub(crate) fn insert_identifiers(tx: &mut WriteTx<'_>, owner: Owner<'_>, list: &[Identifier]) -> Result<(), Error> {
    if list.is_empty() {
        return Ok(());
    }
    let (department_id, mutual_id) = match owner {
        Owner::Department(id) => (Some(id), None),
        Owner::Mutual(id) => (None, Some(id)),
    };
    let rows: Vec<Row<'_>> =
        list.iter().map(|item| Row { identifier: item.to_string(), department_id, mutual_id }).collect();
    insert_all!(tx.conn(), identifiers::table, &rows)?;
    Ok(())
}

/// Takes the identifiers of a record out of the index.
pub(crate) fn remove_identifiers(tx: &mut WriteTx<'_>, owner: Owner<'_>) -> Result<(), Error> {
    match owner {
        Owner::Department(id) => {
            diesel::delete(identifiers::table.filter(identifiers::department_id.eq(id))).execute(tx.conn())?
        }
        Owner::Mutual(id) => diesel::delete(identifiers::table.filter(identifiers::mutual_id.eq(id))).execute(tx.conn())?,
    };
    Ok(())
}
