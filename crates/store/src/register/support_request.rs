//! Mutuals' requests for support in the database.

use document::Reference;
use domain::{Child, Kind, Mutual, SupportRequest};

use crate::WriteTx;
use crate::backend::column::Column;
use crate::error::Error;
use crate::register::child::{ChildColumns, ChildId, ChildRecord, StoredChild};
use crate::register::reference;

impl StoredChild for SupportRequest {
    const FILTER_COLUMN: Option<&'static str> = Some("status");
    const COLUMNS: ChildColumns<Self> = &[
        ("status", |it| Column::word(it.handling.status.as_str())),
        ("stage", |it| Column::word(it.stage.as_str())),
        ("requested_on", |it| Column::day(Some(it.handling.requested_on))),
        ("closed_on", |it| Column::day(it.handling.closed_on)),
        ("enabler_id", |it| Column::text_option(it.handling.enabler_id.as_ref())),
    ];

    /// An enabler of any department may take a request up; a closed one stays closed as it was.
    fn check(
        tx: &mut WriteTx<'_>,
        _: ChildId<Self>,
        before: Option<&ChildRecord<Self>>,
        wanted: &mut Child<Mutual, Self>,
    ) -> Result<(), Error> {
        let enabler = wanted.handling.enabler_id.map(|id| Reference::new("enabler_id", Kind::Enabler, id));
        reference::check(tx, enabler.as_slice())?;
        Error::unless_possible(before.map(|before| before.content.handling.faults_becoming(&wanted.handling)))
    }
}
