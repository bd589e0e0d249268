//! Departments' enablers in the database.

use domain::{Enabler, EnablerId, SupportRequest};

use crate::ReadTx;
use crate::backend::column::Column;
use crate::error::{Conflict, Error};
use crate::register::child::{self, ChildColumns, StoredChild};

impl StoredChild for Enabler {
    const FILTER_COLUMN: Option<&'static str> = Some("role");
    const COVERED: &'static [&'static str] = &["stages", "sectors"];
    const COLUMNS: ChildColumns<Self> = &[
        ("role", |it| Column::word(it.role.as_str())),
        ("stages", |it| Column::words(&it.stages)),
        ("sectors", |it| Column::words(&it.sectors)),
    ];

    fn dependents(tx: &mut ReadTx<'_>, id: EnablerId) -> Result<Vec<Conflict>, Error> {
        Ok(Conflict::dependents([child::referring::<SupportRequest>(tx, "enabler_id", &id.to_string())?]))
    }
}
