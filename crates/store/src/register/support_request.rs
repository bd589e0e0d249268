//! Mutuals' requests for support in the database.

use document::Reference;
use domain::{Child, Kind, Mutual, SupportRequest};

use crate::WriteTx;
use crate::backend::column::Column;
use crate::error::Error;
use crate::register::child::{ChildId, ChildRecord, StoredChild};
use crate::register::reference;

impl StoredChild for SupportRequest {
    const FILTER_COLUMN: Option<&'static str> = Some("status");
    const COLUMNS: &'static [&'static str] = &["status", "stage", "requested_on", "closed_on", "enabler_id"];

    fn columns(&self) -> Vec<Column> {
        let handling = &self.handling;
        vec![
            Column::word(handling.status.as_str()),
            Column::word(self.stage.as_str()),
            Column::day(Some(handling.requested_on)),
            Column::day(handling.closed_on),
            Column::text_option(handling.enabler_id.as_ref()),
        ]
    }

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
