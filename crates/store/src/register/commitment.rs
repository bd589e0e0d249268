//! Departments' commitments in the database.

use domain::Commitment;

use crate::backend::column::Column;
use crate::register::child::{ChildColumns, StoredChild};

impl StoredChild for Commitment {
    const FILTER_COLUMN: Option<&'static str> = Some("kind");
    const COLUMNS: ChildColumns<Self> = &[
        ("kind", |it| Column::word(it.kind.as_str())),
        ("due_on", |it| Column::day(Some(it.due_on))),
        ("published_on", |it| Column::day(it.published_on)),
    ];
}
