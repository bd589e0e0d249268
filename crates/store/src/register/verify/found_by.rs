//! The rows by which records are found.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::Binary;

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::register::record::names_in;
use crate::register::verify::fault::Span;

/// A row of a table by which records are found.
#[derive(QueryableByName)]
pub(super) struct Owned {
    #[diesel(sql_type = Binary)]
    pub(super) owner: Vec<u8>,
    #[diesel(sql_type = Binary)]
    pub(super) word: Vec<u8>,
}

/// The words of such a table by the ids of their records, in order.
pub(super) fn rows_by_owner(
    tx: &mut ReadTx<'_>,
    into: &str,
    span: Span<'_>,
) -> Result<HashMap<Vec<u8>, Vec<Vec<u8>>>, Error> {
    let dialect = tx.conn().dialect();
    let [table, word, owner] = names_in(into);
    let select =
        format!("SELECT {} AS owner, {} AS word FROM {table} WHERE ", dialect.bytes(owner), dialect.bytes(word));
    let found = Fragment::default().sql(select).and(span.of(dialect, owner)).statement();
    let found: Vec<Owned> = found.load(tx.conn())?;
    let mut by_owner: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
    for Owned { owner, word } in found {
        by_owner.entry(owner).or_default().push(word);
    }
    by_owner.values_mut().for_each(|words| words.sort_unstable());
    Ok(by_owner)
}

pub(super) fn table_of(into: &str) -> &str {
    let [table, ..] = names_in(into);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_from_its_columns() {
        assert_eq!(names_in("mutual_sectors (sector, mutual_id)"), ["mutual_sectors", "sector", "mutual_id"]);
    }
}
