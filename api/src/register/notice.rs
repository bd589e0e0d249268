//! Notices about contracts: what the buyer published, and when.

use document::register::NoticeCode;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::Words;

child_filter! {
    /// Which notices a list has.
    NoticeFilter,
    /// Only notices with this code.
    code: NoticeCode,
}

impl ChildResource for domain::Notice {
    type Filter = NoticeFilter;

    const WORDS: Words = Words {
        tag: "contracts",
        one: "a notice",
        many: "notices",
        of: " about a contract",
        list: "By `published_on`, and notices of one day in the order of entry.",
        create: "Enter what was published. The register does not check whether the law requires the notice.",
        ..Words::USUAL
    };
}
