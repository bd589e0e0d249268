//! What a key or token works as, and for which departments. What a role may do is not known here.

use crate::register::department::DepartmentId;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The role of a key or token. Without either, a caller is the public, who can read the register.
    pub enum Role {
        /// Maintains the mutuals, ballots and support data of its departments, and the competitions and notices of their
        /// contracts. Declares the ballots that were held elsewhere, if somebody else entered the counts.
        DepartmentEditor = "department_editor" or "editor" or "department" or "department officer",
        /// Maintains the description, annual returns and support requests of its departments' mutuals.
        MutualEditor = "mutual_editor" or "editor" or "mutual",
        /// Maintains the contracts that its departments award, with their competitions and notices.
        ProcurementOfficer = "procurement_officer" or "procurement" or "buyer" or "contract manager",
        /// Oversees the ballots that it is appointed to: sees their drafts, reports on them and declares them. Of a ballot that
        /// is held here, it is an issuer: sends the roll, opens and closes it. Never changes the question or the counts.
        Scrutineer = "scrutineer" or "independent scrutineer",
        /// Reads everything and writes nothing.
        Auditor = "auditor" or "audit" or "reader" or "read only" or "viewer",
        /// May do everything that editors and procurement officers may, for all departments. Also manages keys,
        /// departments, appointments and historic data, and deletes records. Never opens, closes or declares a ballot
        /// held here.
        Admin = "admin" or "administrator",
    }
}

impl Role {
    /// Whether the role can be confined to departments. The others reach what they reach everywhere, or by appointment.
    pub const fn is_departmental(self) -> bool {
        matches!(self, Self::DepartmentEditor | Self::MutualEditor | Self::ProcurementOfficer)
    }
}

/// The departments that a caller may act for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of them, and records that belong to none.
    All,
    /// These alone.
    Departments(Vec<DepartmentId>),
}

impl Scope {
    /// Whether it covers the records of this department; a record without one is covered by [`Scope::All`] only.
    pub fn covers(&self, department: Option<DepartmentId>) -> bool {
        match self {
            Self::All => true,
            Self::Departments(own) => department.is_some_and(|department| own.contains(&department)),
        }
    }
}
