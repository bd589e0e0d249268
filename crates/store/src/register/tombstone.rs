//! What was deleted: such ids and slugs answer that the record is gone and are never used again. Of a draft only those are told
//! who could see it.

use diesel::prelude::*;
use domain::{DraftAccess, Kind};

use crate::backend::fragment::Fragment;
use crate::backend::json::instant;
use crate::backend::schema::tombstones;
use crate::error::Error;
use crate::{ReadTx, WriteTx};

/// Whose a deleted record was, where not everybody could see all of it.
#[derive(Clone, Debug, Default, Insertable)]
#[diesel(table_name = tombstones)]
pub(crate) struct Confidants {
    /// Nobody else may know that it was there.
    pub(crate) restricted: bool,
    /// The department that it belonged to.
    pub(crate) department_id: Option<String>,
    /// The key that was appointed to it.
    pub(crate) scrutineer_key_id: Option<String>,
}

/// Why nothing was found under an id or a slug: it never was, or it was deleted.
pub(crate) fn missing(tx: &mut ReadTx<'_>, kind: Kind, key: String) -> Error {
    missing_to(tx, kind, key, DraftAccess::None)
}

/// The same for a caller who sees these drafts.
pub(crate) fn missing_to(tx: &mut ReadTx<'_>, kind: Kind, key: String, sees: DraftAccess<'_>) -> Error {
    let deleted = tombstones::table
        .filter(tombstones::resource_type.eq(kind.as_str()))
        .filter(tombstones::id.eq(&key).or(tombstones::slug.eq(&key)))
        .filter(Fragment::default().sql("(NOT tombstones.restricted OR ").and(seen(sees)).sql(")"))
        .select(tombstones::deleted_at)
        .first(tx.conn())
        .optional();
    match deleted {
        Ok(Some(deleted_at)) => Error::Gone { resource_type: kind, key, deleted_at: instant(deleted_at) },
        Ok(None) => Error::NotFound { resource_type: kind, key },
        Err(error) => error.into(),
    }
}

/// Whether a caller saw the draft of the deleted record, with the personal data in it, as a condition on the table.
pub(crate) fn seen(sees: DraftAccess<'_>) -> Fragment {
    let sql = Fragment::default();
    match sees {
        DraftAccess::None | DraftAccess::Departments([]) => sql.sql("1 = 0"),
        DraftAccess::All => sql.sql("1 = 1"),
        DraftAccess::Appointments(key) => sql.sql("tombstones.scrutineer_key_id = ").parameter(key.to_string()),
        DraftAccess::Departments(own) => {
            sql.sql("tombstones.department_id IN (").parameters(own.iter().map(ToString::to_string)).sql(")")
        }
    }
}

/// Marks a deleted record.
pub(crate) fn insert(
    tx: &mut WriteTx<'_>,
    kind: Kind,
    id: &str,
    slug: Option<&str>,
    confidants: &Confidants,
) -> Result<(), Error> {
    let deleted_at = tx.stamp().now.naive_utc();
    diesel::insert_into(tombstones::table)
        .values((
            tombstones::id.eq(id),
            tombstones::resource_type.eq(kind.as_str()),
            tombstones::slug.eq(slug),
            tombstones::deleted_at.eq(deleted_at),
            confidants,
        ))
        .execute(tx.changing())?;
    Ok(())
}
