//! Imports: files of records that are entered in the background.

use crate::kind::Kind;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What happens to an import if a row is rejected.
    pub enum ImportMode {
        /// The other rows are entered anyway.
        BestEffort = "best_effort" or "partial" or "lenient" or "skip errors",
        /// Nothing is entered.
        Atomic = "atomic" or "all or nothing" or "transaction" or "strict",
    }

    /// What a row of an import does to the record that is there already.
    pub enum ImportUpdate {
        /// It changes what it names. A field that is not in the row stays, and `null` or an empty cell removes a field.
        Merge = "merge",
        /// It says all of the record. A field that is not in the row is removed.
        Replace = "replace",
    }

    /// A type of record that can be imported: every type except stage transitions.
    pub enum Importable {
        /// Departments.
        Department = "department" or "departments" or "council" or "councils",
        /// Mutuals.
        Mutual = "mutual" or "mutuals",
        /// Staff ballots.
        StaffBallot = "staff_ballot" or "staff ballots" or "ballot" or "ballots",
        /// Contracts.
        Contract = "contract" or "contracts",
        /// Commitments of departments.
        Commitment = "commitment" or "commitments",
        /// Steps of departments' pathways.
        PathwayStep = "pathway_step" or "pathway steps",
        /// Enablers of departments.
        Enabler = "enabler" or "enablers",
        /// Annual returns of mutuals.
        AnnualReturn = "annual_return" or "annual returns",
        /// Endorsements of mutuals.
        Endorsement = "endorsement" or "endorsements",
        /// Objections to mutuals.
        Objection = "objection" or "objections",
        /// Support requests of mutuals.
        SupportRequest = "support_request" or "support requests",
        /// Steps of their pathways that mutuals have done.
        PathwayProgress = "pathway_progress",
        /// Competitions for contracts.
        Competition = "competition" or "competitions",
        /// Notices about contracts.
        Notice = "notice" or "notices",
    }

    /// The state of an import.
    pub enum ImportState {
        /// Its rows are still arriving.
        Receiving = "receiving" or "uploading" or "upload",
        /// It is waiting to start.
        Waiting = "waiting" or "queued" or "pending",
        /// Its rows are being entered.
        Running = "running" or "processing" or "in progress" or "active",
        /// All of its rows were entered or rejected.
        Done = "done" or "completed" or "complete" or "finished" or "succeeded" or "success",
        /// Nothing was entered, or the import stopped before the end. The problem at line 0 is the reason.
        Failed = "failed" or "error" or "errored" or "failure",
        /// The import was cancelled. Rows that were entered before that stay.
        Cancelled = "cancelled" or "canceled" or "stopped" or "aborted",
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
            Self::Commitment => Kind::Commitment,
            Self::PathwayStep => Kind::PathwayStep,
            Self::Enabler => Kind::Enabler,
            Self::AnnualReturn => Kind::AnnualReturn,
            Self::Endorsement => Kind::Endorsement,
            Self::Objection => Kind::Objection,
            Self::SupportRequest => Kind::SupportRequest,
            Self::PathwayProgress => Kind::PathwayProgress,
            Self::Competition => Kind::Competition,
            Self::Notice => Kind::Notice,
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
