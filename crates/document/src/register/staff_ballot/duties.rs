//! What the scrutineer of a ballot reports.

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::value::{Note, Text, WebUrl};

wire! {
    /// What the scrutineer of a ballot found.
    #[example({
        "satisfied": true,
        "report_url": "https://www.example.org/scrutineer.pdf",
        "reported_by": "key:0190b7a4-4000-7a10-8c00-2f6d1b9e4a57",
        "counts_changed": false
    })]
    pub struct ScrutineerReport for domain::ScrutineerReport {
        /// Whether they were satisfied with how the ballot was held.
        satisfied: bool = optional,
        /// Their report: papers distributed and returned, votes, spoiled papers, and who stored and counted them.
        report_url: WebUrl = optional,
        /// The appointed scrutineer who reported, as the log names them. Absent if it is what the sources of a historic
        /// ballot say.
        reported_by: String = optional.schema(caller_name),
        /// Whether the counts were changed after the report.
        counts_changed: bool = default,
    }

    /// The report of the appointed scrutineer.
    #[example({"satisfied": true, "report_url": "https://www.example.org/scrutineer.pdf"})]
    pub struct Reporting {
        /// Whether you are satisfied with how the ballot was held.
        satisfied: bool = required,
        /// Your report: papers distributed and returned, votes, spoiled papers, and who stored and counted them.
        report_url: WebUrl = optional,
        /// Why you correct your report. Required if the ballot is declared and already has a report; otherwise leave it
        /// out. It is shown in `corrections`.
        correction_reason: Note = optional,
    }
}

impl Input for Reporting {
    type Value = domain::Reporting;

    fn build(self, _: &mut Faults) -> Option<Self::Value> {
        Some(domain::Reporting {
            satisfied: self.satisfied?,
            report_url: self.report_url.map(Text::into_inner),
            correction_reason: self.correction_reason.map(Text::into_inner),
        })
    }
}

/// Brings ballots into the form in which the register knows who entered and declared them. Before, whoever entered a ballot
/// could write the report and declare it: what was declared then is known from history, and its report is what its sources say.
/// In a draft nobody but the scrutineer may have written a report, so that none is left.
pub(super) fn reported_apart(members: &mut Map<String, Value>) {
    let is_draft = members.get("state").is_none_or(|state| state == "draft");
    members.insert("historic".to_owned(), json!(!is_draft));
    members.insert("entered_by".to_owned(), json!([]));
    let Some(Value::Object(scrutineer)) = members.get_mut("scrutineer") else { return };
    let said: Map<String, Value> =
        ["satisfied", "report_url"].into_iter().filter_map(|name| scrutineer.remove_entry(name)).collect();
    if !is_draft && !said.is_empty() {
        let mut report = said;
        report.insert("counts_changed".to_owned(), json!(false));
        members.insert("scrutineer_report".to_owned(), Value::Object(report));
    }
}

/// The schema of the name that the log has for a caller.
pub(super) fn caller_name() -> RefOr<Schema> {
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(300));
    name.examples(["key:0190b7a4-4000-7a10-8c00-2f6d1b9e4a57"]).into()
}
