//! Commitments: what a department has promised to publish, and when it did.

use document::register::CommitmentKind;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::register::child::{ChildFilter, ChildResource};
use crate::register::words::Words;

/// Which commitments a list has.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CommitmentListFilter {
    /// Only commitments of this kind.
    kind: Vec<CommitmentKind>,
}

impl ChildFilter for CommitmentListFilter {
    fn words(&self) -> Vec<&'static str> {
        self.kind.iter().map(|word| word.0.as_str()).collect()
    }
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
