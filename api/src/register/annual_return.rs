//! Annual returns: what mutuals say about each of their years.

use crate::register::child::{ChildResource, NoFilter};
use crate::register::operations::{Conflicts, DescribedChild, NO_CONFLICTS, Words};
use crate::response::problem::ProblemType;

impl ChildResource for domain::AnnualReturn {
    type Filter = NoFilter;
}

impl DescribedChild for domain::AnnualReturn {
    const WORDS: Words = Words {
        tag: "mutuals",
        one: "an annual return",
        many: "annual returns",
        of: " of a mutual",
        list: "In the order of the years that they are about.",
        create: "A mutual has one return for each `period_ends_on`. The newest return with a `headcount` gives \
                 the mutual its `staff_count` and `staff_counted_on`, unless the mutual has a count of its own \
                 that was surely made later.",
        change: "Where the newest `headcount` is another then, so is the count of staff of the mutual.",
        delete: "Its id is never used again; the log keeps what it said. If the mutual's count of staff came \
                 from it, the next newest return with a `headcount` gives it; where there is none, the last \
                 count stays.",
        conflicts: Conflicts {
            create: &[ProblemType::PeriodTaken],
            change: &[ProblemType::PeriodTaken],
            ..NO_CONFLICTS
        },
    };
}
