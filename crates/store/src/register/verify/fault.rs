//! What a comparison looks at in one step, and how it says what is wrong.

use std::fmt;

use domain::Kind;

use crate::backend::dialect::Dialect;
use crate::backend::fragment::Fragment;

/// Records that are compared in one step: few enough that its snapshot is short.
pub(super) const AT_A_TIME: usize = 200;

/// Something in the register that does not match the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegisterFault {
    /// What kind of record it is about, as the register writes it.
    pub resource_type: String,
    /// The record's id.
    pub id: String,
    /// The column, the member of the document or the table that is meant; empty where it is the record itself.
    pub part: String,
    /// The newest entry about the record.
    pub seq: Option<i64>,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for RegisterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource_type, id, part, seq, detail } = self;
        let part = if part.is_empty() { String::new() } else { format!(", {part}") };
        write!(f, "{resource_type} {id}{part}: {detail}")?;
        seq.map_or(Ok(()), |seq| write!(f, " (entry {seq})"))
    }
}

/// What a step found.
#[derive(Default)]
pub(crate) struct Found {
    /// So many records were compared.
    pub(crate) records: i64,
    pub(crate) faults: Vec<RegisterFault>,
    /// The place to go on after; none at the end.
    pub(crate) next: Option<Vec<u8>>,
}

/// Where the next step goes on: after the last row of one that found as many as it may.
pub(super) fn next_after<R>(rows: &[R], place: impl Fn(&R) -> &Vec<u8>) -> Option<Vec<u8>> {
    rows.last().filter(|_| rows.len() >= AT_A_TIME).map(|row| place(row).clone())
}

/// The number of the newest entry about the record with this id, as SQL.
pub(super) fn newest_of(kind: Kind, id: &str) -> String {
    format!(
        "(SELECT one.seq FROM entries one WHERE one.resource_id = {id} AND one.resource_type = '{}' ORDER BY one.seq DESC LIMIT 1)",
        kind.as_str()
    )
}

/// Ids after one, up to another or to the end.
#[derive(Clone, Copy)]
pub(super) struct Span<'s> {
    pub(super) after: &'s [u8],
    pub(super) last: Option<&'s [u8]>,
}

impl Span<'_> {
    pub(super) fn of(self, dialect: Dialect, column: &str) -> Fragment {
        let sql = Fragment::default().sql(format!("{column} > ")).bytes(dialect, self.after);
        match self.last {
            Some(last) => sql.sql(format!(" AND {column} <= ")).bytes(dialect, last),
            None => sql,
        }
    }
}

/// Gathers what is wrong with one record.
pub(super) struct Blame<'f> {
    pub(super) resource_type: String,
    pub(super) id: String,
    pub(super) seq: Option<i64>,
    pub(super) faults: &'f mut Vec<RegisterFault>,
}

impl<'f> Blame<'f> {
    pub(super) fn of(kind: Kind, id: &[u8], seq: Option<i64>, faults: &'f mut Vec<RegisterFault>) -> Self {
        let id = String::from_utf8_lossy(id).into_owned();
        Self { resource_type: kind.as_str().to_owned(), id, seq, faults }
    }

    pub(super) fn part(&mut self, part: impl Into<String>, detail: impl Into<String>) {
        self.faults.push(RegisterFault {
            resource_type: self.resource_type.clone(),
            id: self.id.clone(),
            part: part.into(),
            seq: self.seq,
            detail: detail.into(),
        });
    }

    pub(super) fn record(&mut self, detail: impl Into<String>) {
        self.part("", detail);
    }
}
