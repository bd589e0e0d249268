//! What was deleted: such ids and slugs answer that the record is gone and are never used again.

use diesel::prelude::*;

use crate::error::Error;
use crate::json::instant;
use crate::schema::tombstones;
use crate::{ReadTx, ResourceType, WriteTx};

/// Why nothing was found under an id or a slug: it never was, or it was deleted.
pub(crate) fn missing(tx: &mut ReadTx<'_>, resource_type: ResourceType, key: String) -> Error {
    let deleted = tombstones::table
        .filter(tombstones::resource_type.eq(resource_type.as_str()))
        .filter(tombstones::id.eq(&key).or(tombstones::slug.eq(&key)))
        .select(tombstones::deleted_at)
        .first(tx.conn())
        .optional();
    match deleted {
        Ok(Some(deleted_at)) => Error::Gone { resource_type, key, deleted_at: instant(deleted_at) },
        Ok(None) => Error::NotFound { resource_type, key },
        Err(error) => error.into(),
    }
}

/// Marks a deleted record.
pub(crate) fn insert(
    tx: &mut WriteTx<'_>,
    resource_type: ResourceType,
    id: &str,
    slug: Option<&str>,
) -> Result<(), Error> {
    let deleted_at = tx.stamp().now.naive_utc();
    diesel::insert_into(tombstones::table)
        .values((
            tombstones::id.eq(id),
            tombstones::resource_type.eq(resource_type.as_str()),
            tombstones::slug.eq(slug),
            tombstones::deleted_at.eq(deleted_at),
        ))
        .execute(tx.changing())?;
    Ok(())
}
