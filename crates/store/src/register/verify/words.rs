//! The words by which records are searched, against the records.
//!
//! The index numbers its rows in the order of entry, so that it is walked in that order: then all records of a step lie side by side in the
//! list that the index has for each word.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable};

use crate::ReadTx;
use crate::backend::dialect::{Dialect, Searched};
use crate::error::Error;
use crate::register::record::{self, StoredKind};
use crate::register::verify::fault::{Blame, Found, newest_of};
use crate::register::verify::records::in_form_of;

/// Records whose words are compared in one step. Each word of theirs is looked for once.
const AT_A_TIME: usize = 500;

/// A record and its newest entry, with the number that the index knows it by.
#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = BigInt)]
    row_no: i64,
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    document: Vec<u8>,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    after: Option<Vec<u8>>,
}

/// What the index says of a number.
#[derive(QueryableByName)]
struct Indexed {
    #[diesel(sql_type = BigInt)]
    row_no: i64,
    /// How many words there are, as SQLite writes it; none on PostgreSQL, which has no such count.
    #[diesel(sql_type = Nullable<Binary>)]
    size: Option<Vec<u8>>,
    /// The words.
    #[diesel(sql_type = Nullable<Binary>)]
    words: Option<Vec<u8>>,
}

/// The next records of a kind that is searched by words.
pub(super) fn compared<T: StoredKind>(tx: &mut ReadTx<'_>, after: &[u8]) -> Result<Found, Error> {
    const { assert!(T::FOUND_BY_WORDS.is_none() || !record::is_personal::<T>(), "words of people would be kept for ever") };
    let Some((searched, words_of)) = T::FOUND_BY_WORDS else { return Ok(Found::default()) };
    let after = str::from_utf8(after).ok().and_then(|text| text.parse().ok()).unwrap_or(i64::MIN);
    let dialect = tx.conn().dialect();
    let select = searched.select_numbered(dialect, &newest_of(T::KIND, "r.id"), after, AT_A_TIME);
    let rows: Vec<Numbered> = select.statement().load(tx.conn())?;
    let last = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.row_no);
    let expected = rows.iter().map(|row| {
        let logged = row.after.as_deref().and_then(|after| str::from_utf8(after).ok());
        let made = logged.and_then(|after| in_form_of::<T>(after, &row.document).ok());
        (row.row_no, made.map(|writing| words_in(words_of(&writing.record.content).as_bytes())))
    });
    let expected = Expected { rows: expected.collect(), after, last: last.unwrap_or(i64::MAX) };
    let mut otherwise = expected.compared_rows(tx, searched)?;
    if dialect == Dialect::Sqlite {
        expected.compare_postings(tx, searched, &mut otherwise);
    }
    let mut faults = Vec::new();
    for row in rows.iter().filter(|row| otherwise.remove(&row.row_no)) {
        let mut blame = Blame::of(T::KIND, &row.id, row.seq, &mut faults);
        blame.part(searched.index(), "does not match the log");
    }
    if !otherwise.is_empty() {
        Blame::of(T::KIND, b"-", None, &mut faults).part(searched.index(), "has words for unknown records");
    }
    Ok(Found { records: 0, faults, next: last.map(|last| last.to_string().into_bytes()) })
}

/// The records of a step.
struct Expected {
    /// By their numbers: their words, or none where its entry makes no record, which is told where records are compared.
    rows: BTreeMap<i64, Option<Words>>,
    /// The numbers of the step are above this one,
    after: i64,
    /// up to this one.
    last: i64,
}

type Words = BTreeSet<Vec<u8>>;

impl Expected {
    /// The numbers under which the index keeps other words than those.
    fn compared_rows(&self, tx: &mut ReadTx<'_>, searched: Searched) -> Result<BTreeSet<i64>, Error> {
        let dialect = tx.conn().dialect();
        let select = searched.select_indexed(dialect, self.after, self.last);
        let indexed: Vec<Indexed> = select.statement().load(tx.conn())?;
        let mut missing: BTreeMap<i64, &Words> =
            self.rows.iter().filter_map(|(row_no, words)| Some((*row_no, words.as_ref()?))).collect();
        let mut otherwise = BTreeSet::new();
        for row in indexed {
            let is_right = match (missing.remove(&row.row_no), row.words) {
                (Some(expected), Some(words)) => {
                    let size = row.size.and_then(|size| varint(&size));
                    let is_counted = size.is_some() && size == u64::try_from(expected.len()).ok();
                    words_in(&words) == *expected && (is_counted || dialect == Dialect::Postgres)
                }
                (Some(_), None) => false,
                (None, _) => self.rows.contains_key(&row.row_no),
            };
            if !is_right {
                otherwise.insert(row.row_no);
            }
        }
        otherwise.extend(missing.into_keys());
        Ok(otherwise)
    }

    /// Adds the numbers that SQLite's index finds by other words than those. What it keeps of a row is one thing, and what it finds
    /// another.
    fn compare_postings(&self, tx: &mut ReadTx<'_>, searched: Searched, otherwise: &mut BTreeSet<i64>) {
        let mut by_word: HashMap<&[u8], BTreeSet<i64>> = HashMap::new();
        for (row_no, words) in &self.rows {
            for word in words.iter().flatten() {
                by_word.entry(word).or_default().insert(*row_no);
            }
        }
        let is_unread = |row_no: &i64| self.rows.get(row_no).is_some_and(Option::is_none);
        for (word, rows) in by_word {
            let mut posted = searched.posted(tx.conn(), &String::from_utf8_lossy(word), self.after, self.last);
            posted.retain(|row_no| !is_unread(row_no));
            otherwise.extend(rows.symmetric_difference(&posted));
        }
    }
}

fn words_in(text: &[u8]) -> Words {
    text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
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
}
