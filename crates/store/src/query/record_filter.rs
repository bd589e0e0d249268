//! What every list of records can be narrowed by, whatever their kind: which records they are, and when they were last changed.

use chrono::{DateTime, Utc};
use domain::{Id, Key, Kind, Slug};

use crate::backend::dialect::Dialect;
use crate::backend::fragment::{Fragment, all_of, any_of};

/// Which records a list has, beside what is asked of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Those with one of these ids or slugs, and all where there are none. What names no record finds none.
    pub keys: Vec<Key<()>>,
    /// Last changed then or later.
    pub updated_from: Option<DateTime<Utc>>,
    /// Last changed then or earlier.
    pub updated_to: Option<DateTime<Utc>>,
}

impl RecordFilter {
    /// Whether an index leads to a page in the order of entry.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        !self.keys.is_empty() || self.updated_from.or(self.updated_to).is_none()
    }

    /// The condition on the table of a kind.
    pub(crate) fn condition(&self, kind: Kind, dialect: Dialect) -> Option<Fragment> {
        let table = kind.table();
        let updated = |operator: &str, at: Option<DateTime<Utc>>| {
            let (open, close) = dialect.cast("TIMESTAMP");
            let start = Fragment::default().sql(format!("{table}.updated_at {operator} {open}"));
            // As the column is written.
            at.map(|at| start.parameter(at.naive_utc().format("%F %T%.f").to_string()).sql(close))
        };
        let given = [self.named(table), updated(">=", self.updated_from), updated("<=", self.updated_to)];
        given.iter().any(Option::is_some).then(|| all_of(given))
    }

    /// That a record has one of the keys: by one statement, so that a page of them is read at once.
    fn named(&self, table: &str) -> Option<Fragment> {
        let ids: Vec<&Id<()>> = self.keys.iter().filter_map(Key::id).collect();
        let slugs: Vec<&Slug> = self.keys.iter().filter_map(Key::slug).collect();
        let select = format!("SELECT {table}.id FROM {table} WHERE ");
        match (any_of(&format!("{table}.id"), &ids), any_of(&format!("{table}.slug"), &slugs)) {
            (by_id, None) => by_id,
            (None, Some(by_slug)) => Some(by_slug.within(format!("{table}.id IN ({select}"), ")")),
            // Each half has an index of its own.
            (Some(by_id), Some(by_slug)) => {
                let both = by_id.within(select.clone(), "").sql(" UNION ALL ").sql(select).and(by_slug);
                Some(both.within(format!("{table}.id IN ("), ")"))
            }
        }
    }
}
