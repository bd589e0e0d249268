//! Objections to mutuals: who is against one and why, and what was decided.

use document::register::ObjectionOutcome;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::register::child::{ChildFilter, ChildResource};
use crate::register::operations::{Conflicts, DescribedChild, NO_CONFLICTS, Words};
use crate::response::problem_type::ProblemType;

/// Which objections a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ObjectionFilter {
    /// With this outcome.
    outcome: Vec<ObjectionOutcome>,
}

impl ChildFilter for ObjectionFilter {
    fn words(&self) -> Vec<&'static str> {
        self.outcome.iter().map(|word| word.0.as_str()).collect()
    }
}

impl ChildResource for domain::Objection {
    type Filter = ObjectionFilter;
}

impl DescribedChild for domain::Objection {
    const WORDS: Words = Words {
        tag: "mutuals",
        one: "an objection",
        many: "objections",
        of: " to a mutual",
        list: "In the order of entry. `raised_by` is shown only to callers who work on the mutual.",
        create: "Any outcome is allowed, so you can enter past decisions. A decision needs its date and reasons.",
        change: "`open` becomes `withdrawn`, `rejected` or `accepted`. A decision becomes `appealed`, unless the \
                 independent arbiter made it. An appeal becomes `withdrawn`, or is `rejected` or `accepted` by \
                 the arbiter. A decision stays as it was made. A change that the record as it is does not allow \
                 is refused with 409, which names what is possible.",
        delete: "Use this only for records that should never have been entered. If an objection was given up, set it to `withdrawn`. Its id is \
                 never used again. Its log entries remain.",
        conflicts: Conflicts { change: &[ProblemType::StateConflict], ..NO_CONFLICTS },
    };
}
