//! Departments' enablers in the database.

use domain::{Enabler, EnablerId, SupportRequest};

use crate::ReadTx;
use crate::backend::column::Column;
use crate::error::{Conflict, Error};
use crate::register::child::{self, StoredChild};

impl StoredChild for Enabler {
    const FILTER_COLUMN: Option<&'static str> = Some("role");
    const COVERED: &'static [&'static str] = &["stages", "sectors"];
    const COLUMNS: &'static [&'static str] = &["role", "stages", "sectors"];

    fn columns(&self) -> Vec<Column> {
        vec![Column::word(self.role.as_str()), Column::words(&self.stages), Column::words(&self.sectors)]
    }

    fn dependents(tx: &mut ReadTx<'_>, id: EnablerId) -> Result<Vec<Conflict>, Error> {
        Ok(Conflict::dependents([child::referring::<SupportRequest>(tx, "enabler_id", &id.to_string())?]))
    }
}
