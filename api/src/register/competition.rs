//! Competitions for contracts: who won, and what became of the mutual.

use document::register::CompetitionOutcome;

use crate::register::child::{ChildResource, child_filter};
use crate::register::words::Words;

child_filter! {
    /// Which competitions a list has.
    CompetitionFilter,
    /// Only competitions with this outcome.
    outcome: CompetitionOutcome,
}

impl ChildResource for domain::Competition {
    type Filter = CompetitionFilter;

    const WORDS: Words = Words {
        tag: "contracts",
        one: "a competition",
        many: "competitions",
        of: " for a contract",
        create: "Enter it with the contract that came of it, or with the contract that ends. If several mutuals took \
                 part, enter it with the contract of each.",
        ..Words::USUAL
    };
}
