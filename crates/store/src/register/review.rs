//! The stored records that break a rule of today.

use diesel::prelude::*;
use diesel::sql_types::Text;
use document::review::{Breach, review};
use domain::{Child, Day, Kind, Recorded};

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::error::Error;
use crate::register::record::{self, StoredKind};

/// Records that are read in one go.
const AT_A_TIME: usize = 500;

/// A rule that a stored record breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBreach {
    /// The kind of the record.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// The rule, and the member that breaks it.
    pub breach: Breach,
}

/// A review of all records on its way.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// How many of the kinds are done.
    done: usize,
    /// The id after which the next one goes on.
    after: String,
    /// The number of records that were looked at.
    pub records: usize,
    /// What the last step has found.
    pub found: Vec<RecordBreach>,
}

/// Looks at the next records of a kind; gives how many there were, the id of the last, and what was found.
type Step = fn(&mut ReadTx<'_>, &str, Day) -> Result<(usize, Option<String>, Vec<RecordBreach>), Error>;

macro_rules! steps {
    (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
        &[
            $(step::<$Record>,)+
            $(step::<Child<$Parent, $Child>>,)+
            shared_names::<Department>,
            shared_names::<Mutual>,
            shared_identifiers,
        ]
    };
}

const STEPS: &[Step] = domain::for_each_record!(steps);

impl Review {
    /// Whether all records were looked at.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done >= STEPS.len()
    }

    /// Looks at the next few hundred records.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where the database does not answer.
    pub fn go_on(self, tx: &mut ReadTx<'_>, today: Day) -> Result<Self, Error> {
        let Some(step) = STEPS.get(self.done) else { return Ok(self) };
        let (records, last, found) = step(tx, &self.after, today)?;
        Ok(Self {
            done: self.done.saturating_add(usize::from(last.is_none())),
            after: last.unwrap_or_default(),
            records: self.records.saturating_add(records),
            found,
        })
    }
}

fn step<T: StoredKind>(
    tx: &mut ReadTx<'_>,
    after: &str,
    today: Day,
) -> Result<(usize, Option<String>, Vec<RecordBreach>), Error> {
    let table = T::KIND.table();
    let next = Fragment::default()
        .sql(format!("{table}.id > "))
        .parameter(after)
        .sql(format!(" ORDER BY {table}.id LIMIT {AT_A_TIME}"));
    let records = record::load::<T>(tx, next)?;
    let last = records.last().map(|record| record.id.to_string());
    let breaches = records.iter().flat_map(|record| {
        let id = record.id.to_string();
        review(record, today).into_iter().map(move |breach| RecordBreach { kind: T::KIND, id: id.clone(), breach })
    });
    Ok((records.len(), last, breaches.collect()))
}

/// A record with what another record has too.
#[derive(QueryableByName)]
struct Shared {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Text)]
    other: String,
}

/// The names that look the same as another record's: an earlier rule told them apart.
fn shared_names<T: Recorded>(
    tx: &mut ReadTx<'_>,
    after: &str,
    _: Day,
) -> Result<(usize, Option<String>, Vec<RecordBreach>), Error> {
    let (kind, table) = (T::KIND, T::KIND.table());
    let select = Fragment::default()
        .sql(format!(
            "SELECT '{kind}' AS kind, r.id AS id, r.name AS value, MIN(o.id) AS other FROM {table} r \
             JOIN {table} o ON o.name_folded = r.name_folded AND o.id <> r.id WHERE r.id > "
        ))
        .parameter(after)
        .sql(format!(" GROUP BY r.id, r.name ORDER BY r.id LIMIT {AT_A_TIME}"));
    let rows: Vec<Shared> = select.statement().load(tx.conn())?;
    let last = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.id.clone());
    Ok((0, last, rows.into_iter().filter_map(|row| row.breach("/name", "has a name that looks the same")).collect()))
}

/// The identifiers that another record has too.
fn shared_identifiers(
    tx: &mut ReadTx<'_>,
    after: &str,
    _: Day,
) -> Result<(usize, Option<String>, Vec<RecordBreach>), Error> {
    let owner = |table: &str| format!("COALESCE({table}.department_id, {table}.mutual_id)");
    let (own, other) = (owner("r"), owner("o"));
    let select = Fragment::default()
        .sql(format!(
            "SELECT CASE WHEN r.mutual_id IS NULL THEN 'department' ELSE 'mutual' END AS kind, {own} AS id, \
             MIN(r.identifier) AS value, MIN({other}) AS other FROM identifiers r \
             JOIN identifiers o ON o.identifier = r.identifier AND {other} <> {own} WHERE {own} > "
        ))
        .parameter(after)
        .sql(format!(" GROUP BY r.mutual_id, r.department_id ORDER BY 2 LIMIT {AT_A_TIME}"));
    let rows: Vec<Shared> = select.statement().load(tx.conn())?;
    let last = rows.last().filter(|_| rows.len() == AT_A_TIME).map(|row| row.id.clone());
    Ok((0, last, rows.into_iter().filter_map(|row| row.breach("/identifiers", "has the same")).collect()))
}

impl Shared {
    fn breach(self, member: &str, has: &str) -> Option<RecordBreach> {
        let kind = Kind::RECORDS.iter().copied().find(|kind| kind.as_str() == self.kind)?;
        let breach = Breach {
            member: member.to_owned(),
            value: Some(format!("{:?}", self.value)),
            detail: format!("the record {} {has}: correct one of them, or delete it", self.other),
        };
        Some(RecordBreach { kind, id: self.id, breach })
    }
}
