//! Imports: files of records that are entered in the background.

use crate::kind::Kind;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What becomes of an import of which a row is refused.
    pub enum ImportMode {
        /// The other rows are entered all the same.
        BestEffort = "best_effort",
        /// Nothing is entered.
        Atomic = "atomic",
    }
}

vocabulary! {
    /// What can be imported: records that belong to no other.
    pub enum Importable {
        /// Departments.
        Department = "department",
        /// Mutuals.
        Mutual = "mutual",
        /// Staff ballots.
        StaffBallot = "staff_ballot",
        /// Contracts.
        Contract = "contract",
    }
}

vocabulary! {
    /// How far an import has come.
    pub enum ImportState {
        /// Its rows are still arriving.
        Receiving = "receiving",
        /// It waits for its turn.
        Waiting = "waiting",
        /// Its rows are being entered.
        Running = "running",
        /// All of its rows were entered or refused.
        Done = "done",
        /// Nothing of it was entered, or no more of it is.
        Failed = "failed",
    }
}

impl Importable {
    /// The kind of record.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Department => Kind::Department,
            Self::Mutual => Kind::Mutual,
            Self::StaffBallot => Kind::StaffBallot,
            Self::Contract => Kind::Contract,
        }
    }
}

impl ImportState {
    /// Whether nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

impl ImportMode {
    /// So many rows are entered together or not at all.
    pub const MAX_ATOMIC_ROWS: usize = 1_000;
}
