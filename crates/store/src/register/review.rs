//! The stored records that break a rule of today.

use document::review::{Breach, review};
use domain::{Child, Day, Kind};

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
        [$(step::<$Record>,)+ $(step::<Child<$Parent, $Child>>,)+]
    };
}

const STEPS: [Step; Kind::RECORDS.len()] = domain::for_each_record!(steps);

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
