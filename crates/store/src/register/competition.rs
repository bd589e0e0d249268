//! Competitions for contracts in the database.

use domain::Competition;

use crate::backend::column::Column;
use crate::register::child::{ChildColumns, StoredChild};

impl StoredChild for Competition {
    const FILTER_COLUMN: Option<&'static str> = Some("outcome");
    const COLUMNS: ChildColumns<Self> = &[
        ("outcome", |it| Column::word(it.contest.outcome.as_str())),
        ("winner_kind", |it| Column::word_option(it.contest.winner_kind.map(|kind| kind.as_str()))),
        ("decided_on", |it| Column::text_option(it.contest.decided_on.as_ref())),
    ];
}
