//! Which roles an operation is for: what it does to what, told from its method and path alone.
//!
//! The gate, the contract and the page of roles are made from this and the domain's table of grants. Whether a caller may do it with
//! the record in question is decided in the operation's own transaction.

mod page;

use actix_web::http::Method;
use domain::{Action, Kind, Role, grants, is_public};

pub use page::page;

/// What an operation may turn out to be, all to a record of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// One of these.
    pub actions: &'static [Action],
    /// What it is done to.
    pub kind: Kind,
}

impl Asked {
    /// What the operation of this method and path template does; none outside the register and its keys.
    pub fn of(method: &Method, template: &str) -> Option<Self> {
        let mut words = template.strip_prefix("/v1/")?.split('/');
        let kind = match (words.next()?, words.nth(1)) {
            ("departments", Some("commitments")) => Kind::Commitment,
            ("departments", Some("pathway-steps")) => Kind::PathwayStep,
            ("departments", Some("enablers")) => Kind::Enabler,
            ("mutuals", Some("stage-transitions")) => Kind::StageTransition,
            ("mutuals", Some("annual-returns")) => Kind::AnnualReturn,
            ("mutuals", Some("endorsements")) => Kind::Endorsement,
            ("mutuals", Some("objections")) => Kind::Objection,
            ("mutuals", Some("support-requests")) => Kind::SupportRequest,
            ("mutuals", Some("pathway-progress")) => Kind::PathwayProgress,
            ("departments", _) => Kind::Department,
            ("mutuals", _) => Kind::Mutual,
            ("staff-ballots", _) => Kind::StaffBallot,
            ("contracts", _) => Kind::Contract,
            ("reports", _) => Kind::Commitment,
            ("imports", _) => Kind::Import,
            ("keys", _) => Kind::Key,
            _ => return None,
        };
        let actions: &[Action] = match (method.as_str(), kind) {
            ("GET", _) => &[Action::Read],
            ("PUT", Kind::StaffBallot) if template.ends_with("/appointment") => &[Action::Appoint],
            ("POST", Kind::StaffBallot) if template.ends_with("/declare") => &[Action::Declare],
            ("POST", Kind::StaffBallot) if template.contains("{ballot}") => &[Action::Correct],
            ("POST", Kind::StageTransition) => &[Action::Create, Action::Correct],
            ("POST", _) => &[Action::Create],
            ("PUT" | "PATCH", Kind::Mutual) => &[Action::Update, Action::Describe],
            ("PUT" | "PATCH", _) => &[Action::Update],
            ("DELETE", _) => &[Action::Delete],
            _ => return None,
        };
        Some(Self { actions, kind })
    }

    /// Whether everybody may do it.
    pub fn is_public(&self) -> bool {
        self.actions.iter().all(|action| is_public(*action, self.kind))
    }

    /// The roles that may do it, with some record at least; none where everybody may.
    pub fn roles(&self) -> Vec<Role> {
        let may = |role: &Role| {
            self.actions.iter().flat_map(|action| grants(*action, self.kind)).any(|grant| grant.role == *role)
        };
        if self.is_public() { Vec::new() } else { Role::ALL.iter().copied().filter(may).collect() }
    }
}

/// Whether it matters to an operation who asks: to those of the register, not to those that tell of the service.
pub fn asks_who(template: &str) -> bool {
    template.starts_with("/v1/")
}

/// Whether an operation is refused to a caller who doesn't say who they are. What isn't known to be for everybody is refused.
pub fn needs_key(method: &Method, template: &str) -> bool {
    Asked::of(method, template).map_or(*method != Method::GET, |asked| !asked.is_public())
}

/// Whether callers get different answers from it.
pub fn depends_on_caller(method: &Method, template: &str) -> bool {
    let is_confidential = |asked: Asked| {
        matches!(asked.kind, Kind::Import | Kind::Key) || !grants(Action::ReadConfidential, asked.kind).is_empty()
    };
    *method == Method::GET && (template == "/v1/entries" || Asked::of(method, template).is_some_and(is_confidential))
}

/// Whether answers may hold a secret: a new key is shown once.
pub fn shows_secrets(template: &str) -> bool {
    Asked::of(&Method::GET, template).is_some_and(|asked| asked.kind == Kind::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_register_is_read_by_everybody_and_written_by_roles() {
        for path in ["/livez", "/openapi.yaml", "/v1/mutuals", "/v1/staff-ballots/{ballot}"] {
            assert!(!needs_key(&Method::GET, path), "{path}");
        }
        assert!(needs_key(&Method::GET, "/v1/keys"));
        for (method, path) in
            [("POST", "/v1/mutuals"), ("DELETE", "/v1/contracts/{contract}"), ("PUT", "/v1/unheard-of")]
        {
            assert!(needs_key(&method.parse().unwrap(), path), "{method} {path}");
        }
    }

    #[test]
    fn an_operation_is_for_the_roles_of_all_that_it_may_turn_out_to_be() {
        let roles = |method: Method, path: &str| Asked::of(&method, path).unwrap().roles();
        assert_eq!(
            roles(Method::PATCH, "/v1/mutuals/{mutual}"),
            [Role::DepartmentEditor, Role::MutualEditor, Role::Admin]
        );
        assert_eq!(roles(Method::PUT, "/v1/staff-ballots/{ballot}/appointment"), [Role::Admin]);
        assert_eq!(roles(Method::GET, "/v1/mutuals"), []);
    }
}
