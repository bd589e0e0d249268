//! Requests of mutuals for support.

use document::register::SupportStatus;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::response::problem_type::ProblemType;

child_filter! {
    /// Which requests a list has.
    SupportRequestFilter,
    /// Only support requests with this status.
    status: SupportStatus,
}

impl ChildResource for domain::SupportRequest {
    type Filter = SupportRequestFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "a support request",
        many: "support requests",
        of: " of a mutual",
        list: "In the order of entry.",
        create: "Any status is allowed, so you can enter requests from the past.",
        change: "You can assign, meet or decline an open request, and open an assigned one again. A request that is \
                 met or declined cannot be changed: make a new one to continue. Any other change of status is \
                 rejected with 409, which lists what is possible.",
        delete: "Use this only for records that should never have been entered. Its id is never used again. Its log entries remain.",
        conflicts: Conflicts { change: &[ProblemType::StateConflict], ..NO_CONFLICTS },
    };
}
