//! Departments' commitments in the database.

use domain::Commitment;

use crate::backend::column::Column;
use crate::register::child::StoredChild;

impl StoredChild for Commitment {
    const FILTER_COLUMN: Option<&'static str> = Some("kind");
    const COLUMNS: &'static [&'static str] = &["kind", "due_on", "published_on"];

    fn columns(&self) -> Vec<Column> {
        vec![Column::word(self.kind.as_str()), Column::day(Some(self.due_on)), Column::day(self.published_on)]
    }
}
