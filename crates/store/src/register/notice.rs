//! Notices about contracts in the database.

use domain::Notice;

use crate::backend::column::Column;
use crate::query::keyset::{KeyKind, SortKey, Values};
use crate::register::child::{ChildColumns, StoredChild};

impl StoredChild for Notice {
    const ORDER: SortKey = SortKey::new("published_on", Values::Shared, KeyKind::Day);
    const FILTER_COLUMN: Option<&'static str> = Some("code");
    const COLUMNS: ChildColumns<Self> =
        &[("code", |it| Column::word(it.code.as_str())), ("published_on", |it| Column::day(Some(it.published_on)))];
}
