//! Objections to mutuals in the database.

use domain::{Child, Mutual, Objection};

use crate::WriteTx;
use crate::backend::column::Column;
use crate::error::Error;
use crate::register::child::{ChildColumns, ChildId, ChildRecord, StoredChild};

impl StoredChild for Objection {
    const FILTER_COLUMN: Option<&'static str> = Some("outcome");
    const COLUMNS: ChildColumns<Self> = &[("outcome", |it| Column::word(it.handling.outcome.as_str()))];

    /// What has become of an objection decides what may become of it next.
    fn check(
        _: &mut WriteTx<'_>,
        _: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        Error::unless_possible(before.map(|before| before.content.handling.faults_becoming(&wanted.handling)))
    }
}
