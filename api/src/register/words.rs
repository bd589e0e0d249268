//! What the contract says of a kind of record, beside what all kinds have in common.

use utoipa::openapi::path::OperationBuilder;

use crate::response::problem_type::ProblemType;

#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The group of operations that it is among.
    pub tag: &'static str,
    /// One record, with its article if it has one: `an objection`.
    pub one: &'static str,
    /// Several records: `objections`.
    pub many: &'static str,
    /// Of what a list has them: ` to a mutual`.
    pub of: &'static str,
    /// In which order they are listed, and what else a reader of a list must know.
    pub list: &'static str,
    pub create: &'static str,
    /// What must be known to change one, if there is something.
    pub change: &'static str,
    pub delete: &'static str,
    pub conflicts: Conflicts,
}

impl Words {
    /// What most kinds of child say.
    pub const USUAL: Self = Self {
        tag: "",
        one: "",
        many: "",
        of: "",
        list: "In the order of entry.",
        create: "",
        change: "",
        delete: "Its id is never used again. Its log entries remain.",
        conflicts: NO_CONFLICTS,
    };

    /// One record without its article.
    pub fn singular(&self) -> &'static str {
        self.one.strip_prefix("a ").or_else(|| self.one.strip_prefix("an ")).unwrap_or(self.one)
    }

    /// An operation of the kind's group, with its id, its summary and what else is said of it.
    pub fn operation(&self, id: String, summary: String, text: String) -> OperationBuilder {
        OperationBuilder::new().tag(self.tag).operation_id(Some(id)).summary(Some(summary)).description(Some(text))
    }
}

/// What other records, or the record's own state, may put in the way of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Conflicts {
    pub create: &'static [ProblemType],
    pub change: &'static [ProblemType],
    pub delete: &'static [ProblemType],
}

pub const NO_CONFLICTS: Conflicts = Conflicts { create: &[], change: &[], delete: &[] };
