//! Endorsements of mutuals: what those who are affected think of one.

use document::register::Constituency;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::Words;

child_filter! {
    /// Which endorsements a list has.
    EndorsementFilter,
    /// Only endorsements of this constituency.
    constituency: Constituency,
}

impl ChildResource for domain::Endorsement {
    type Filter = EndorsementFilter;

    const WORDS: Words = Words {
        tag: "mutuals",
        one: "an endorsement",
        many: "endorsements",
        of: " of a mutual",
        list: "In the order of entry. `given_by` is shown only to callers who work on the mutual.",
        create: "For `staff`, give a declared ballot on this mutual (`staff_ballot_id`): the register takes their \
                 position from it. For the other constituencies, give `position`. While an endorsement refers to a ballot, \
                 the ballot cannot be deleted. When the ballot changes, so does the position.",
        ..Words::USUAL
    };
}
