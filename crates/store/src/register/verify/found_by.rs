//! The rows and the words by which records are found.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};

use crate::ReadTx;
use crate::backend::dialect::{Dialect, Searched};
use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::register::verify::fault::Span;

/// Words of a record that are looked up in one statement.
const WORDS_AT_A_TIME: usize = 50;

/// A row of a table by which records are found, or an id with a word of another kind.
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

/// The table and the columns of the word and the record's id: of `mutual_sectors (sector, mutual_id)`.
fn names_in(into: &str) -> [&str; 3] {
    let mut names = into.split([' ', '(', ',', ')']).filter(|name| !name.is_empty());
    std::array::from_fn(|_| names.next().unwrap_or_default())
}

pub(super) fn table_of(into: &str) -> &str {
    let [table, ..] = names_in(into);
    table
}

/// How a record is found by words.
pub(super) enum Indexed {
    /// Not at all.
    Nothing,
    /// By these words.
    Words(BTreeSet<Vec<u8>>),
    /// By these words where records are walked over, and by so many of a row of this number where the index is asked; which those are
    /// is to be asked for each.
    Counted { row_no: i64, count: Option<u64>, own: BTreeSet<Vec<u8>> },
}

#[derive(QueryableByName)]
struct Sized {
    #[diesel(sql_type = Binary)]
    owner: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    row_no: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    size: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    words: Option<Vec<u8>>,
}

pub(super) fn indexed_words(
    tx: &mut ReadTx<'_>,
    searched: Searched,
    span: Span<'_>,
) -> Result<HashMap<Vec<u8>, Indexed>, Error> {
    let dialect = tx.conn().dialect();
    let table = searched.table();
    let select =
        Fragment::default().sql(searched.select_indexed(dialect)).and(span.of(dialect, &format!("{table}.id")));
    Ok(match dialect {
        Dialect::Postgres => {
            let found: Vec<Owned> = select.statement().load(tx.conn())?;
            found.into_iter().map(|Owned { owner, word }| (owner, Indexed::Words(words_in(&word)))).collect()
        }
        Dialect::Sqlite => {
            let found: Vec<Sized> = select.statement().load(tx.conn())?;
            let counted = |Sized { owner, row_no, size, words }| match (size, words) {
                (Some(size), Some(words)) => {
                    (owner, Indexed::Counted { row_no, count: varint(&size), own: words_in(&words) })
                }
                _ => (owner, Indexed::Nothing),
            };
            found.into_iter().map(counted).collect()
        }
    })
}

fn words_in(text: &[u8]) -> BTreeSet<Vec<u8>> {
    text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
}

impl Indexed {
    /// Whether these are its words, which are all different.
    pub(super) fn is(&self, tx: &mut ReadTx<'_>, searched: Searched, words: &str) -> Result<bool, Error> {
        let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
        let are = |indexed: &BTreeSet<Vec<u8>>| {
            words.len() == indexed.len() && words.iter().all(|word| indexed.contains(word.as_bytes()))
        };
        match self {
            Self::Nothing => Ok(false),
            Self::Words(indexed) => Ok(are(indexed)),
            Self::Counted { count, own, .. } if *count != u64::try_from(words.len()).ok() || !are(own) => Ok(false),
            Self::Counted { row_no, .. } => {
                for some in words.chunks(WORDS_AT_A_TIME) {
                    if !searched.has_words(tx.conn(), *row_no, some) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }
}

/// A number as SQLite writes it: seven bits in each byte, the highest first, the eighth saying that more follow.
fn varint(bytes: &[u8]) -> Option<u64> {
    let mut number: u64 = 0;
    for (position, byte) in bytes.iter().enumerate() {
        number = number.checked_shl(7)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return (bytes.len() == position.saturating_add(1)).then_some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_sqlite_writes_it() {
        for (bytes, number) in
            [(&[0x05][..], Some(5)), (&[0x81, 0x00], Some(128)), (&[0x81], None), (&[], None), (&[1, 1], None)]
        {
            assert_eq!(varint(bytes), number, "{bytes:?}");
        }
    }

    #[test]
    fn a_table_is_told_from_its_columns() {
        assert_eq!(names_in("mutual_sectors (sector, mutual_id)"), ["mutual_sectors", "sector", "mutual_id"]);
    }
}
