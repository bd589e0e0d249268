//! Who may do what: callers, what their roles let them do, and the one decision, [`authorize`].
//!
//! Everybody may read the register; drafts and personal data are for those who work on them. All of it is the table
//! [`grants`], from which the contract and the guide are made too. How a caller proves who they are is not known here.

use chrono::{DateTime, Utc};

use crate::api_key::KeyId;
use crate::kind::Kind;
use crate::register::department::DepartmentId;
use crate::role::{Role, Scope};
use crate::vocabulary::vocabulary;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// How the entry log names them: `key:` and the key's id, `token:` and a pseudonym, or `public`.
    pub name: String,
    /// What they may do beyond what everybody may; absent where they have not said who they are.
    pub access: Option<Access>,
}

/// What a key or token lets its bearer do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The role.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// The key, if it is one. Only a key can be appointed to a ballot.
    pub key_id: Option<KeyId>,
    /// When the key or token stops working; absent for what the operator does.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Caller {
    /// Anybody.
    pub fn public() -> Self {
        Self { name: "public".to_owned(), access: None }
    }

    /// The bearer of a key.
    pub fn with_key(key_id: KeyId, role: Role, scope: Scope, expires_at: DateTime<Utc>) -> Self {
        let access = Access { role, scope, key_id: Some(key_id), expires_at: Some(expires_at) };
        Self { name: name_of_key(key_id), access: Some(access) }
    }

    /// Whose drafts of ballots, with the personal data in ballots, the caller sees.
    pub fn draft_access(&self) -> DraftAccess<'_> {
        self.draft_access_in(Kind::StaffBallot)
    }

    /// Of whose records of this kind the caller sees drafts and personal data.
    pub fn draft_access_in(&self, kind: Kind) -> DraftAccess<'_> {
        let Some(access) = &self.access else { return DraftAccess::None };
        let reach = grants(Action::ReadConfidential, kind)
            .iter()
            .find_map(|grant| (grant.role == access.role).then_some(grant.reach));
        match (reach, &access.scope, access.key_id) {
            (Some(Reach::Everywhere), ..) | (Some(Reach::Departments), Scope::All, _) => DraftAccess::All,
            (Some(Reach::Departments), Scope::Departments(own), _) => DraftAccess::Departments(own),
            (Some(Reach::Appointed), _, Some(key_id)) => DraftAccess::Appointments(key_id),
            (Some(Reach::Appointed), _, None) | (None, ..) => DraftAccess::None,
        }
    }
}

/// How the entry log names the bearer of a key.
pub fn name_of_key(key_id: KeyId) -> String {
    format!("key:{key_id}")
}

/// Which records' drafts and personal data a caller sees: [`authorize`] for [`Action::ReadConfidential`], as a condition for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftAccess<'a> {
    /// None.
    None,
    /// Those of these departments, or of their mutuals.
    Departments(&'a [DepartmentId]),
    /// Those that this key is appointed to.
    Appointments(KeyId),
    /// All.
    All,
}

vocabulary! {
    /// What somebody wants to do with a record.
    pub enum Action {
        /// read
        Read = "read",
        /// read drafts, and personal data
        ReadConfidential = "read_confidential",
        /// create
        Create = "create",
        /// change
        Update = "update",
        /// change the description, and nothing else
        Describe = "describe",
        /// declare a result that was entered as a draft
        Declare = "declare",
        /// correct what was declared, and enter past events
        Correct = "correct",
        /// appoint a scrutineer
        Appoint = "appoint",
        /// report as the appointed scrutineer
        Report = "report",
        /// do what an issuer does for a ballot that is held here
        Issue = "issue",
        /// complain about a vote
        Complain = "complain",
        /// delete a draft
        Discard = "discard",
        /// delete
        Delete = "delete",
    }
}

/// A record as far as it matters to who may touch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Of what kind it is.
    pub kind: Kind,
    /// The department whose record it is: itself, the one that leads the mutual, or the buyer.
    pub department: Option<DepartmentId>,
    /// It is a draft: only some may know that it is there.
    pub is_draft: bool,
    /// The keys that are appointed to it: its scrutineer, and the second issuer.
    pub appointed: [Option<KeyId>; 2],
}

impl Object {
    /// A record that is no draft, and to which nobody is appointed.
    pub const fn of(kind: Kind, department: Option<DepartmentId>) -> Self {
        Self { kind, department, is_draft: false, appointed: [None; 2] }
    }
}

/// A role that may do something, and with which records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// With which records.
    pub reach: Reach,
}

/// Which records a grant is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the caller's departments.
    Departments,
    /// Those that the caller is appointed to.
    Appointed,
    /// All, whatever the caller's departments.
    Everywhere,
}

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The caller may not know that there is such a record.
    Hidden,
    /// The caller may see it and not do this with it.
    Forbidden {
        /// The roles that may, where their departments or appointments cover the record.
        needed: &'static [Grant],
    },
}

/// Decides whether a caller may do something with a record. Moving a record from one department to another is two
/// questions: one for the record as it is and one for the record as it would be.
///
/// # Errors
/// [`Refused`], with the roles that may.
pub fn authorize(caller: &Caller, action: Action, object: &Object) -> Result<(), Refused> {
    if object.is_draft && !is_granted(caller, Action::ReadConfidential, object) {
        return Err(Refused::Hidden);
    }
    if is_public(action, object.kind) || is_granted(caller, action, object) {
        return Ok(());
    }
    Err(Refused::Forbidden { needed: grants(action, object.kind) })
}

/// Decides as far as the role alone goes, before the record is known: whoever fails here may do this with none.
///
/// # Errors
/// [`Refused::Forbidden`], with the roles that may.
pub fn authorize_role(caller: &Caller, action: Action, kind: Kind) -> Result<(), Refused> {
    let needed = grants(action, kind);
    let role = caller.access.as_ref().map(|access| access.role);
    if is_public(action, kind) || needed.iter().any(|grant| Some(grant.role) == role) {
        return Ok(());
    }
    Err(Refused::Forbidden { needed })
}

fn is_granted(caller: &Caller, action: Action, object: &Object) -> bool {
    let Some(access) = &caller.access else { return false };
    grants(action, object.kind).iter().filter(|grant| grant.role == access.role).any(|grant| match grant.reach {
        Reach::Everywhere => true,
        Reach::Departments => access.scope.covers(object.department),
        Reach::Appointed => access.key_id.is_some() && object.appointed.contains(&access.key_id),
    })
}

/// Whether everybody may do this with every record of this kind; a draft is excepted.
pub const fn is_public(action: Action, kind: Kind) -> bool {
    (matches!(action, Action::Read) && kind.is_record())
        || (matches!(action, Action::Complain) && matches!(kind, Kind::StaffBallot))
}

/// Who may do what: the whole of it.
pub const fn grants(action: Action, kind: Kind) -> &'static [Grant] {
    const fn of(role: Role) -> Grant {
        Grant { role, reach: Reach::Departments }
    }
    const ADMIN: Grant = of(Role::Admin);
    const AUDITOR: Grant = of(Role::Auditor);
    const EDITOR: Grant = of(Role::DepartmentEditor);
    const MUTUAL_EDITOR: Grant = of(Role::MutualEditor);
    const OFFICER: Grant = of(Role::ProcurementOfficer);
    const fn everywhere(role: Role) -> Grant {
        Grant { role, reach: Reach::Everywhere }
    }
    const ANYBODY_KNOWN: &[Grant] = &[
        everywhere(Role::DepartmentEditor),
        everywhere(Role::MutualEditor),
        everywhere(Role::ProcurementOfficer),
        everywhere(Role::Scrutineer),
        everywhere(Role::Auditor),
        everywhere(Role::Admin),
    ];
    const SCRUTINEER: Grant = Grant { role: Role::Scrutineer, reach: Reach::Appointed };

    match (kind, action) {
        (Kind::Department, Action::Create | Action::Update | Action::Delete) => &[ADMIN],

        (Kind::Mutual, Action::Create | Action::Update) => &[EDITOR, ADMIN],
        (Kind::Mutual, Action::Describe) => &[EDITOR, MUTUAL_EDITOR, ADMIN],
        (Kind::Mutual, Action::Delete) => &[ADMIN],

        (Kind::StaffBallot, Action::ReadConfidential) => &[EDITOR, SCRUTINEER, AUDITOR, ADMIN],
        (Kind::StaffBallot, Action::Create | Action::Update | Action::Discard) => &[EDITOR, ADMIN],
        // Not for who entered the counts: see `Duties`.
        (Kind::StaffBallot, Action::Declare) => &[EDITOR, SCRUTINEER, ADMIN],
        // Which of two issuers may do what, `Hosting` says.
        (Kind::StaffBallot, Action::Report | Action::Issue) => &[SCRUTINEER],
        (Kind::StaffBallot, Action::Correct | Action::Appoint | Action::Delete) => &[ADMIN],

        (Kind::Contract, Action::Create | Action::Update) => &[OFFICER, ADMIN],
        (Kind::Competition | Kind::Notice, Action::Create | Action::Update) => &[EDITOR, OFFICER, ADMIN],
        (Kind::Contract | Kind::Competition | Kind::Notice, Action::Delete) => &[ADMIN],

        (
            Kind::Commitment | Kind::PathwayStep | Kind::Enabler | Kind::Endorsement | Kind::Objection,
            Action::Create | Action::Update,
        )
        | (Kind::StageTransition, Action::Create | Action::Update) => &[EDITOR, ADMIN],
        (Kind::AnnualReturn | Kind::SupportRequest | Kind::PathwayProgress, Action::Create | Action::Update) => {
            &[EDITOR, MUTUAL_EDITOR, ADMIN]
        }
        (Kind::StageTransition, Action::Correct) => &[ADMIN],
        (
            Kind::Commitment
            | Kind::PathwayStep
            | Kind::Enabler
            | Kind::AnnualReturn
            | Kind::Endorsement
            | Kind::Objection
            | Kind::SupportRequest
            | Kind::PathwayProgress,
            Action::Delete,
        ) => &[ADMIN],
        (Kind::Enabler, Action::ReadConfidential) => ANYBODY_KNOWN,
        (Kind::Endorsement | Kind::Objection, Action::ReadConfidential) => &[EDITOR, AUDITOR, ADMIN],

        // Whose rows say what, each row's own grants decide.
        (Kind::Import, Action::Create | Action::Delete) => &[EDITOR, MUTUAL_EDITOR, OFFICER, ADMIN],
        (Kind::Import, Action::Read) => &[EDITOR, MUTUAL_EDITOR, OFFICER, AUDITOR, ADMIN],

        (Kind::Key, Action::Read) => &[AUDITOR, ADMIN],
        (Kind::Key, Action::Create | Action::Delete) => &[ADMIN],

        _ => &[],
    }
}
