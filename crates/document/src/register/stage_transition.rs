//! Stage transitions of mutuals.

use serde_json::{Map, Value};
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::record::{ChildDocument, Upgrade, visible_texts};
use crate::register::Stage;
use crate::schema::Correction;
use crate::source::Source;
use crate::value::{Instant, MutualId, Note, PartialDate, Plain, StageTransitionId, Text, Word};

/// A condition that a mutual must meet before its launch.
pub type LaunchCondition = Word<domain::LaunchCondition>;

wire! {
    /// A move of a mutual from one stage to another. It cannot be edited or deleted, but corrected. A historic transition
    /// or a correction may change the position of later ones, and the stage that the next one starts from.
    #[example({
        "to": "options_appraisal",
        "effective_on": "2025-09-15",
        "reason": "The cabinet asked for the ways to run the libraries to be compared.",
        "sources": [{"title": "Minutes of the cabinet", "accessed_on": "2025-09-20"}]
    })]
    pub record StageTransition(StageTransitionId, mutual_id: MutualId) for domain::StageTransition, filled {
        /// Its place among the transitions of the mutual, from 1.
        position: i64 = filled.set().schema(position),
        /// The stage that it moves from.
        from: Stage = default.set(),
        /// The stage to move to. If it is not possible, the response lists the stages that are.
        to: Stage = required,
        /// The date, not before the previous transition. For a historic transition it may be partial or absent.
        effective_on: PartialDate = optional.past(),
        /// Why the mutual moves.
        reason: Note = optional,
        /// Whether the transition is entered after the event, which only administrators may do. It skips the launch
        /// conditions, and is placed as late as possible among the others, so that the whole sequence is allowed. The
        /// default is `false`.
        historic: bool = default,
        /// Why the mutual is launched without meeting the conditions. The reason stays on the record permanently.
        override_reason: Note = optional,
        /// The conditions that were not met at the launch. Empty if none was overridden.
        unmet_conditions: LaunchCondition = list.max(6).set(),
        /// Whether the transition was entered by mistake. It then stays on the record and has no effect on the mutual.
        withdrawn: bool = default.set(),
        /// Its corrections, the oldest first.
        corrections: StageTransitionCorrection = list.set().max(domain::StageTransition::MAX_CORRECTIONS),
        /// The sources of the record.
        sources: Source = list.max(50),
    }

    /// A correction of a stage transition, and what the transition said before.
    pub struct StageTransitionCorrection for domain::TransitionCorrection {
        /// When it was corrected.
        corrected_at: Instant = required,
        /// Why it was corrected.
        reason: Note = required,
        /// The first version of the transition with the correction.
        version: i64 = required.schema(position),
        /// The stage that the transition moved to before.
        to: Stage = required,
        /// The date that the transition had before.
        effective_on: PartialDate = optional,
        /// The conditions that the launch was found not to meet before.
        unmet_conditions: LaunchCondition = list.max(6),
    }

    /// How a stage transition is corrected: what the body of a correction has beside the merge patch.
    pub struct StageTransitionAmendment {
        /// Why the transition is corrected.
        correction_reason: Note = required,
        /// `true` if the transition was entered by mistake: the mutual did not move. Then send no other changes. The
        /// default is `false`.
        withdraw: bool = default,
    }
}

fn position() -> RefOr<Schema> {
    let mut schema = <i64 as PartialSchema>::schema();
    if let RefOr::T(Schema::Object(number)) = &mut schema {
        number.minimum = Some(1.into());
    }
    schema
}

impl Input for StageTransition {
    type Value = domain::StageTransition;

    fn build(mut self, faults: &mut Faults) -> Option<domain::StageTransition> {
        // What a caller sends has none: the register tells it from the other transitions.
        self.position.get_or_insert(1);
        Plain::build(self, faults)
    }
}

impl Correction for StageTransitionAmendment {
    fn example() -> Value {
        serde_json::json!({ "correction_reason": "The minutes give another day.", "effective_on": "2025-09-16" })
    }
}

impl Input for StageTransitionAmendment {
    type Value = domain::Amendment;

    fn build(self, _: &mut Faults) -> Option<domain::Amendment> {
        let reason = self.correction_reason.map(Text::into_inner)?;
        Some(domain::Amendment { reason, withdraw: self.withdraw.unwrap_or_default() })
    }
}

impl ChildDocument for domain::StageTransition {
    const UPGRADES: &'static [Upgrade] = &[with_corrections, visible_texts];

    type Document = StageTransition;

    fn show(&self) -> StageTransition {
        Plain::show(self)
    }
}

/// The first form had no corrections.
fn with_corrections(members: &mut Map<String, Value>) {
    members.insert("withdrawn".to_owned(), Value::Bool(false));
    members.insert("corrections".to_owned(), Value::Array(Vec::new()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::sample::{assert_reads_back, create, faults};

    #[test]
    fn a_full_document_reads_back() {
        let content = domain::StageTransition {
            position: 7,
            from: domain::Stage::BusinessCase,
            unmet_conditions: vec![domain::LaunchCondition::StaffBuyIn, domain::LaunchCondition::NoOpenObjection],
            ..create::<StageTransition>(
                r#"{"to": "launched", "effective_on": "2025-09", "reason": "R", "historic": true,
                    "override_reason": "O", "sources": SOURCES}"#,
            )
        };
        assert_reads_back(&content);
    }

    #[test]
    fn what_the_register_sets_is_nobodys_to_give() {
        let found =
            faults::<StageTransition>(r#"{"position": 1, "from": "idea", "to": "launched", "unmet_conditions": []}"#);
        let expected = ["/position", "/from", "/unmet_conditions"].map(|pointer| (pointer.to_owned(), "read-only"));
        assert_eq!(found, expected);
    }
}
