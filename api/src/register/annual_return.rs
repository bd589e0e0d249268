//! Annual returns: what mutuals say about each of their years.

use crate::register::child::ChildResource;
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::request::page::NoFilter;
use crate::response::problem_type::ProblemType;

impl ChildResource for domain::AnnualReturn {
    type Filter = NoFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "an annual return",
        many: "annual returns",
        of: " of a mutual",
        list: "In the order of `period_ends_on`.",
        create: "A mutual has one return for each `period_ends_on`. The `staff_count` and `staff_counted_on` of the \
                 mutual come from the newest return with a `headcount`, unless the mutual has its own count that was \
                 certainly made later.",
        change: "If this changes the newest `headcount`, the staff count of the mutual changes too.",
        delete: "Its id is never used again. Its log entries remain. If the mutual's staff count came from it, the \
                 next newest return with a `headcount` is used. If there is none, the last count stays.",
        conflicts: Conflicts {
            create: &[ProblemType::PeriodTaken],
            change: &[ProblemType::PeriodTaken],
            ..NO_CONFLICTS
        },
    };
}
