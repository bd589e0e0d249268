//! Stage transitions of mutuals.

use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::body::Input;
use crate::declare::wire;
use crate::faults::Faults;
use crate::record::ChildDocument;
use crate::register::Stage;
use crate::source::Source;
use crate::value::{MutualId, Note, PartialDate, Plain, StageTransitionId, Word};

/// A condition that a mutual must meet before its launch.
pub type LaunchCondition = Word<domain::LaunchCondition>;

wire! {
    /// A move of a mutual from one stage to another. It cannot be edited or deleted. A historic transition may change
    /// the position of later ones, and the stage that the next one starts from.
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
        /// The date, not in the future and not before the previous transition. For a historic transition it may be
        /// partial or absent.
        effective_on: PartialDate = optional,
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
        /// The sources of the record.
        sources: Source = list.max(50),
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

impl ChildDocument for domain::StageTransition {
    type Document = StageTransition;

    fn show(&self) -> StageTransition {
        Plain::show(self)
    }
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
