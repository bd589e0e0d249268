//! A stored thing: what the register adds to the content that people give it.

use chrono::{DateTime, Utc};

use crate::id::Id;
use crate::vocabulary::vocabulary;

/// A record of the register: content with its identity, its version and its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<T> {
    /// Given when the record is made, never changed and never reused.
    pub id: Id<T>,
    /// The version of the record: 1 at first, and 1 more after each change.
    pub version: i64,
    /// When the record was made, to the microsecond.
    pub created_at: DateTime<Utc>,
    /// When the record was last changed, to the microsecond.
    pub updated_at: DateTime<Utc>,
    /// What the record says.
    pub content: T,
}

vocabulary! {
    /// What was done to a record, or to the register.
    pub enum EntryAction {
        /// It was entered.
        Create = "create" or "created" or "add" or "added" or "insert" or "POST",
        /// It was changed.
        Update = "update" or "updated" or "change" or "changed" or "edit" or "PATCH" or "PUT",
        /// It was deleted.
        Delete = "delete" or "deleted" or "remove" or "removed",
        /// Personal data was taken out of it, and out of the log.
        Erase = "erase" or "erased" or "redact" or "redacted",
        /// An API key was revoked.
        Revoke = "revoke" or "revoked",
        /// The register was restored from a copy. The log has a new epoch from this entry on.
        Restore = "restore" or "restored",
        /// The operator confirmed the time. If an earlier entry has a later `at`, that `at` is wrong.
        SettleClock = "settle_clock",
    }
}
