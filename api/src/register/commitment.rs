//! Commitments: what a department has promised to publish, and when it did.

use document::register::CommitmentKind;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::Words;

child_filter! {
    /// Which commitments a list has.
    CommitmentListFilter,
    /// Only commitments of this kind.
    kind: CommitmentKind,
}

impl ChildResource for domain::Commitment {
    type Filter = CommitmentListFilter;

    const WORDS: Words = Words {
        tag: "departments",
        one: "a commitment",
        many: "commitments",
        of: " of a department",
        create: "Records a department's promise to publish something.",
        ..Words::USUAL
    };
}
