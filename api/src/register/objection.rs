//! Objections to mutuals: who is against one and why, and what was decided.

use document::register::ObjectionOutcome;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::response::problem_type::ProblemType;

child_filter! {
    /// Which objections a list has.
    ObjectionFilter,
    /// Only objections with this outcome.
    outcome: ObjectionOutcome,
}

impl ChildResource for domain::Objection {
    type Filter = ObjectionFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "an objection",
        many: "objections",
        of: " to a mutual",
        list: "In the order of entry. `raised_by` is shown only to callers who work on the mutual.",
        create: "Any outcome is allowed, so you can enter past decisions. A decision needs its date and reasons.",
        change: "An `open` objection can become `withdrawn`, `rejected` or `accepted`. A decision can become \
                 `appealed`, unless the independent arbiter made it. An `appealed` objection can become \
                 `withdrawn`, or the arbiter can make it `rejected` or `accepted`. The date, reasons and author of \
                 a decision cannot be changed. Any other change of the outcome is rejected with 409, which lists \
                 what is possible.",
        delete: "Use this only for records that should never have been entered. If an objection was given up, set it to `withdrawn`. Its id is \
                 never used again. Its log entries remain.",
        conflicts: Conflicts { change: &[ProblemType::StateConflict], ..NO_CONFLICTS },
    };
}
