//! What can go wrong in the store, and how the databases' own errors are read.
//!
//! Knows no word of HTTP: `api` turns each variant into its problem.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use domain::{AmendmentError, BallotError, Condition, Fault, Kind};

use crate::clock::Doubt;
use crate::log::epoch::EpochId;

/// Why a read or a write did not give what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No such record.
    #[error("there is no {resource_type} «{key}»")]
    NotFound {
        /// What was looked for.
        resource_type: Kind,
        /// The id or slug it was looked for by.
        key: String,
    },
    /// There was such a record; it was deleted.
    #[error("the {resource_type} «{key}» was deleted")]
    Gone {
        /// What was looked for.
        resource_type: Kind,
        /// The id or slug it was looked for by.
        key: String,
        /// When it was deleted.
        deleted_at: DateTime<Utc>,
    },
    /// Other records stand in the way.
    #[error("{} conflict(s) with other records", .0.len())]
    Conflict(Vec<Conflict>),
    /// A place in the log is of an epoch that has ended.
    #[error("the log has the epoch {current}, which has its first {shared} entries in common with the epoch {given}")]
    EpochEnded {
        /// The epoch that was named.
        given: EpochId,
        /// The epoch that the log has.
        current: EpochId,
        /// The number of entries that both share.
        shared: i64,
        /// The number that was named.
        after: i64,
    },
    /// A place in the log is after its newest entry.
    #[error("the log has {head} entries so far")]
    AfterHead {
        /// The number of the newest entry.
        head: i64,
    },
    /// The place in a list to go on from is none: it is not a value of the sort key.
    #[error("«{0}» is not a position in this list")]
    InvalidPosition(String),
    /// The mutual is not ready to be launched: these conditions are not met.
    #[error("{} condition(s) of the launch are not met", .0.len())]
    NotReady(Vec<Condition>),
    /// The values given break rules.
    #[error("{} error(s) in the values given", .0.len())]
    Rule(Vec<Fault>),
    /// Somebody else is to do this with the record: says why, and who may.
    #[error("{0}")]
    NotPermitted(String),
    /// An issuer has not signed the manifest of a ballot.
    #[error("{0}")]
    NotSigned(String),
    /// The ballot takes no votes now.
    #[error("{0}")]
    NotCasting(String),
    /// What the record says now forbids the change: each fault says of a member what is possible instead.
    #[error("the record's current state does not allow {} change(s)", .0.len())]
    State(Vec<Fault>),
    /// The database can't be reached or has no time; a later try may succeed.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The answer would have more bytes than one may have.
    #[error("an answer of more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The caller has reached its share of the places.
    #[error("one caller has used up its share")]
    ShareUsedUp,
    /// The database takes no change at the moment, but can be read: it is a standby, or its operator has set it so.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// The database failed while the change was committed, so that it may have been stored.
    #[error("the change may or may not have been stored: check before you repeat it: {0}")]
    OutcomeUnknown(String),
    /// The clock may be wrong, and the time of an entry cannot be changed.
    #[error("{0}: set the clock right or, if it is right already, run `mutuals log settle-clock`")]
    Clock(Doubt),
    /// The disk of the database is full.
    #[error("the database's disk is full: {0}")]
    StorageFull(String),
    /// A fault of ours or of the database; never the caller's.
    #[error("{0}")]
    Internal(String),
}

/// Why a batch of writes as a whole was not acknowledged.
pub(crate) enum BatchError {
    /// A caller has given up a write of it, so that nothing was stored.
    GivenUp,
    /// Nothing of it was stored.
    NotCommitted(Error),
    /// The database failed at the commit: it may have been stored.
    Unknown(Error),
}

impl Error {
    /// Refuses what the record as it is forbids; there is nothing to forbid it where there is no record yet.
    pub(crate) fn unless_possible(faults: Option<Vec<Fault>>) -> Result<(), Self> {
        refuse(Self::State, faults.unwrap_or_default())
    }
}

/// Refuses where something was found that stands against it.
pub(crate) fn refuse<F>(error: fn(Vec<F>) -> Error, found: Vec<F>) -> Result<(), Error> {
    if found.is_empty() { Ok(()) } else { Err(error(found)) }
}

impl From<AmendmentError> for Error {
    fn from(error: AmendmentError) -> Self {
        match error {
            AmendmentError::State(fault) => Self::State(vec![fault]),
            AmendmentError::Content(fault) => Self::Rule(vec![fault]),
        }
    }
}

impl From<BallotError> for Error {
    fn from(error: BallotError) -> Self {
        match error {
            BallotError::State(fault) => Self::State(vec![fault]),
            BallotError::Duty(detail) => Self::NotPermitted(detail),
            BallotError::NotSigned(_) => Self::NotSigned(error.to_string()),
            BallotError::NotCasting(detail) => Self::NotCasting(detail),
            BallotError::Content(faults) => Self::Rule(faults),
        }
    }
}

/// One way in which a change collides with what the register holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Which rule across records.
    pub kind: ConflictKind,
    /// The member of the refused record that collides: `identifiers/1`; empty where it is the record as a whole.
    pub field: String,
    /// The value that collides.
    pub value: String,
    /// The other record, where it is known.
    pub other: Option<OtherRecord>,
}

impl Conflict {
    /// So many dependents of each type are named.
    pub(crate) const NAMED_DEPENDENTS: i64 = 10;

    /// The records, each with its id and its name or title, that refer to the one which was to be deleted.
    pub(crate) fn dependents(found: impl IntoIterator<Item = (Kind, Vec<(String, String)>)>) -> Vec<Self> {
        let of_type = |(resource_type, records): (Kind, Vec<(String, String)>)| {
            records.into_iter().map(move |(id, name)| OtherRecord { resource_type, id, name: Some(name) })
        };
        let conflict = |other| Self {
            kind: ConflictKind::HasDependents,
            field: String::new(),
            value: String::new(),
            other: Some(other),
        };
        found.into_iter().flat_map(of_type).map(conflict).collect()
    }
}

/// The record that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRecord {
    /// Its type.
    pub resource_type: Kind,
    /// Its id.
    pub id: String,
    /// The name or title of the record, if it has one.
    pub name: Option<String>,
}

/// The rules across records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictKind {
    /// Another record of the type has this id.
    IdTaken,
    /// Another record of the type has, or had, this slug.
    SlugTaken,
    /// Another record of the type has this name, whatever its letter case.
    NameTaken,
    /// Another record has this identifier.
    IdentifierTaken,
    /// Another step of the pathway has this place.
    PositionTaken,
    /// The mutual has another return for the year that ends on this day.
    PeriodTaken,
    /// The mutual has other progress on this step.
    StepTaken,
    /// Other records refer to the one that was to be deleted.
    HasDependents,
    /// A mutual would have two first contracts: the store computes this, so it is never a caller's doing.
    FirstContractTaken,
}

/// The unique indexes and keys of both databases and the conflict each one means, beside those of the ids: see [`is_key_of_ids`].
///
/// A test walks both catalogues and fails on an index that is in neither this table nor [`TECHNICAL_INDEXES`].
pub const CONFLICT_INDEXES: &[(&str, &[&str], ConflictKind)] = &[
    ("uq_departments__slug", &["departments.slug"], ConflictKind::SlugTaken),
    ("uq_mutuals__slug", &["mutuals.slug"], ConflictKind::SlugTaken),
    (
        "uq_pathway_steps__department_id__position",
        &["pathway_steps.department_id", "pathway_steps.position"],
        ConflictKind::PositionTaken,
    ),
    (
        "uq_annual_returns__mutual_id__period_ends_on",
        &["annual_returns.mutual_id", "annual_returns.period_ends_on"],
        ConflictKind::PeriodTaken,
    ),
    (
        "uq_pathway_progress__mutual_id__step_id",
        &["pathway_progress.mutual_id", "pathway_progress.step_id"],
        ConflictKind::StepTaken,
    ),
    ("uq_contracts__mutual_id__is_first", &["contracts.mutual_id"], ConflictKind::FirstContractTaken),
];

/// Unique indexes that no request can run into: a violation is a fault of ours.
pub const TECHNICAL_INDEXES: &[&str] = &[
    "pk_ballot_lists",
    "pk_cosignatures",
    "pk_department_policy_areas",
    "pk_document_versions",
    "pk_idempotency_keys",
    "pk_import_chunks",
    "pk_import_problems",
    "pk_import_removals",
    "pk_import_records",
    "pk_imports",
    "pk_log_subtrees",
    "pk_mutual_sectors",
    "pk_mutual_other_departments",
    "pk_contract_cpv_codes",
    "pk_personal_values",
    "pk_tombstones",
    "uq_tombstones__resource_type__slug",
];

/// The database can't be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address names no database that this program speaks.
    #[error("«{0}» is not a database address: expected sqlite:PATH or postgres://USER@HOST/NAME")]
    UnknownUrl(String),
    /// The database does not answer.
    #[error("cannot open the database {url}: {reason}")]
    Unreachable {
        /// The address, without its password.
        url: String,
        /// What the database or its library said.
        reason: String,
    },
    /// There is no register, and none is to be made.
    #[error("there is no register at {url}: {reason}")]
    NoRegister {
        /// The address, without its password.
        url: String,
        /// What is there.
        reason: String,
    },
    /// A migration failed, or the database was made by a newer version.
    #[error("cannot update the schema of the database {url}: {reason}")]
    Migration {
        /// The address, without its password.
        url: String,
        /// What failed.
        reason: String,
    },
    /// Exports can't be written where they are to be.
    #[error("cannot write exports in {}: {reason}", folder.display())]
    Spool {
        /// The folder that was named.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A backup or a restore can't be done as asked.
    #[error("{0}")]
    Copy(String),
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                unique_violation(info.constraint_name().unwrap_or_else(|| info.message()))
            }
            DieselError::DatabaseError(
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::SerializationFailure,
                info,
            ) => Self::Unavailable(info.message().to_owned()),
            DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, info) => {
                Self::ReadOnly(info.message().to_owned())
            }
            DieselError::DatabaseError(_, info) => by_message(info.message()),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Whether this unique index, or this column as SQLite names it, has the ids of what a caller may name: records and keys.
#[must_use]
pub fn is_key_of_ids(said: &str) -> bool {
    let table = said.strip_suffix(".id").or_else(|| said.strip_prefix("pk_"));
    let table = table.or_else(|| said.strip_prefix("uq_").and_then(|rest| rest.strip_suffix("__id")));
    let has_ids = |kind: &Kind| kind.is_record() || *kind == Kind::Key;
    table.is_some_and(|table| Kind::ALL.iter().any(|kind| has_ids(kind) && kind.table() == table))
}

/// PostgreSQL names the constraint, SQLite its columns: «UNIQUE constraint failed: mutuals.slug».
fn unique_violation(said: &str) -> Error {
    let columns = said.strip_prefix("UNIQUE constraint failed: ").unwrap_or(said);
    let found = CONFLICT_INDEXES
        .iter()
        .find(|(index, sqlite_columns, _)| *index == said || sqlite_columns.join(", ") == columns);
    let found = found.map(|(_, _, kind)| *kind).or_else(|| is_key_of_ids(columns).then_some(ConflictKind::IdTaken));
    match found {
        Some(kind) => Error::Conflict(vec![Conflict { kind, field: String::new(), value: String::new(), other: None }]),
        None => Error::Internal(format!("an unexpected unique violation: {said}")),
    }
}

/// What diesel passes on only in words. Those of SQLite and libpq are constants of the libraries that are built in; a PostgreSQL server
/// speaks English to a register (`server.rs`).
fn by_message(message: &str) -> Error {
    const FULL: &[&str] = &["database or disk is full", "No space left on device", "could not extend file"];
    const READ_ONLY: &[&str] = &["attempt to write a readonly database"];
    const UNAVAILABLE: &[&str] = &[
        "disk I/O error",
        "locking protocol",
        "deadlock detected",
        "too many clients",
        "remaining connection slots",
        "out of memory",
        "out of shared memory",
        "database is locked",
        "database table is locked",
        "server closed the connection",
        "terminating connection",
        "canceling statement due to",
        "connection to server",
        "could not receive data",
        "could not send data",
        "no connection to the server",
        "SSL connection has been closed",
        "the database system is",
        "unable to open database file",
    ];
    let said = |patterns: &[&str]| patterns.iter().any(|pattern| message.contains(pattern));
    if said(FULL) {
        Error::StorageFull(message.to_owned())
    } else if said(READ_ONLY) {
        Error::ReadOnly(message.to_owned())
    } else if said(UNAVAILABLE) {
        Error::Unavailable(message.to_owned())
    } else {
        Error::Internal(message.to_owned())
    }
}
