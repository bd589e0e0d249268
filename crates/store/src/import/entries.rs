//! Log entries about imports: one when an import begins, and one when it ends. An import that only checks its rows has
//! no entries.

use document::value::Instant;
use domain::{Importable, Kind};
use serde_json::{Map, Value, json};

use crate::WriteTx;
use crate::error::Error;
use crate::import::Import;
use crate::log::entry::Action;
use crate::log::governing;
use crate::transaction::Remark;

/// Puts on the record that all rows of an import have arrived and wait to be entered.
pub(super) fn log_begin(tx: &mut WriteTx<'_>, import: &Import) -> Result<(), Error> {
    if import.validate_only { Ok(()) } else { log(tx, Action::Create, import) }
}

/// Puts on the record how an import ended, if the log says that it began.
pub(super) fn log_end(tx: &mut WriteTx<'_>, import: &Import) -> Result<(), Error> {
    match governing::newest_version(tx, Kind::Import, &import.id.to_string())? {
        Some(_) => log(tx, Action::Update, import),
        None => Ok(()),
    }
}

fn log(tx: &mut WriteTx<'_>, action: Action, import: &Import) -> Result<(), Error> {
    // How many ballots came from whom would tell what those entries keep back that are about drafts.
    let remark = Remark { restricted: import.resource_type == Importable::StaffBallot, ..Remark::default() };
    governing::log(tx, action, (Kind::Import, &import.id.to_string()), document(import), &[], remark)
}

/// The import as its caller sees it, without the fields that exist only while it runs.
fn document(import: &Import) -> Map<String, Value> {
    let counts = &import.counts;
    let mut document = governing::members([
        ("resource_type", json!(import.resource_type.as_str())),
        ("mode", json!(import.mode.as_str())),
        ("update", json!(import.update.as_str())),
        ("state", json!(import.state.as_str())),
        ("rows", json!(counts.rows)),
        ("created", json!(counts.created)),
        ("updated", json!(counts.updated)),
        ("unchanged", json!(counts.unchanged)),
        ("failed", json!(counts.failed)),
        ("removals", json!(counts.removing)),
        ("requested_by", json!(import.caller.name)),
        ("created_at", json!(Instant(import.created_at))),
    ]);
    document.extend(import.finished_at.map(|at| ("finished_at".to_owned(), json!(Instant(at)))));
    document
}
