//! Imports: files of records that are entered in the background.

use crate::kind::Kind;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What happens to an import if a row is rejected.
    pub enum ImportMode {
        /// The other rows are entered anyway.
        BestEffort = "best_effort",
        /// Nothing is entered.
        Atomic = "atomic",
    }

    /// A type of record that can be imported: one that belongs to no other record.
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

    /// The state of an import.
    pub enum ImportState {
        /// Its rows are still arriving.
        Receiving = "receiving",
        /// It is waiting to start.
        Waiting = "waiting",
        /// Its rows are being entered.
        Running = "running",
        /// All of its rows were entered or rejected.
        Done = "done",
        /// Nothing was entered, or the import stopped before the end. The problem at line 0 is the reason.
        Failed = "failed",
        /// The import was cancelled. Rows that were entered before that stay.
        Cancelled = "cancelled",
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
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

impl ImportMode {
    /// So many rows are entered together or not at all.
    pub const MAX_ATOMIC_ROWS: usize = 1_000;
}
