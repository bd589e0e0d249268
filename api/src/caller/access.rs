//! Which roles an operation is for: what it does to what, told from its method and path alone.
//!
//! The gate, the contract and the page of roles are made from this and the domain's table of grants. Whether a caller may do it with
//! the record in question is decided in the operation's own transaction.

pub mod page;

use actix_web::http::Method;
use domain::{Action, Kind, Role, grants, is_public};

use crate::http::silence;

/// Paths below `/v1` that are about no kind of record, and that everybody reads.
const OPEN: [&str; 6] = ["code-lists", "entries", "log", "ocds", "search", "statistics"];
/// What tells what follows from the register; as public as the commitments that most of it is about.
const REPORTS: &str = "reports";
/// What stores nothing though it is sent: everybody may.
const CHECKS: [&str; 1] = ["/v1/compliance-checks"];
/// What anybody may send, because it proves itself: it carries a signature by a key that the operator lists.
const SELF_PROVING: [&str; 1] = ["/v1/log/cosignatures"];
/// What there is below a record besides the records that belong to it: views of it, and what is done to it.
const OF_A_RECORD: [&str; 29] = [
    "appointment",
    "cancel",
    "close",
    "complaints",
    "compliance",
    "correct",
    "declare",
    "entries",
    "extend",
    "freeze-roll",
    "issuers",
    "manifest-signatures",
    "ocds",
    "open",
    "opening",
    "paper-batches",
    "pathway",
    "problems",
    "readiness",
    "removals",
    "result",
    "roll",
    "scorecard",
    "scrutineer-report",
    "spends",
    "supersede",
    "verification-bundle",
    "void",
    "votes",
];

/// The steps of the issuers of a ballot that is held here.
const STEPS: [&str; 6] = ["/cancel", "/close", "/extend", "/freeze-roll", "/open", "/paper-batches"];

/// The exports of a list.
const EXPORTS: [&str; 2] = ["export.csv", "export.ndjson"];

/// What an operation may turn out to be, all to a record of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub actions: &'static [Action],
    pub kind: Kind,
}

impl Asked {
    /// What the operation of this method and path template does; none outside the register and its keys.
    pub fn of(method: &Method, template: &str) -> Option<Self> {
        let kind = kind_at(template).filter(|_| !silence::is_silent(method, template))?;
        let actions: &[Action] = match (method.as_str(), kind) {
            ("GET", Kind::StaffBallot) if template.contains("/roll/") => &[Action::Issue],
            ("GET", _) => &[Action::Read],
            ("PUT" | "DELETE", Kind::StaffBallot) if template.ends_with("/appointment") => &[Action::Appoint],
            ("PUT", Kind::StaffBallot) if template.contains("/issuers/") => &[Action::Appoint],
            ("PUT", Kind::StaffBallot) if template.contains("/roll") || template.contains("/manifest-signatures/") => {
                &[Action::Issue]
            }
            ("POST", Kind::StaffBallot) if is_step(template) => &[Action::Issue],
            ("POST", Kind::StaffBallot) if template == silence::COMPLAINTS => &[Action::Complain],
            ("PUT", Kind::StaffBallot) if template.ends_with("/scrutineer-report") => &[Action::Report],
            ("POST", Kind::StaffBallot) if template.ends_with("/declare") => &[Action::Declare],
            ("POST", Kind::StaffBallot) if template.contains("{staff_ballot}") => &[Action::Correct],
            ("POST", Kind::StageTransition) if template.ends_with("/correct") => &[Action::Update, Action::Correct],
            ("POST", Kind::StageTransition) => &[Action::Create, Action::Correct],
            ("POST", _) => &[Action::Create],
            ("PUT" | "PATCH", Kind::Mutual) => &[Action::Update, Action::Describe],
            ("PUT" | "PATCH", _) => &[Action::Update],
            ("DELETE", Kind::StaffBallot) => &[Action::Discard, Action::Delete],
            ("DELETE", _) => &[Action::Delete],
            _ => return None,
        };
        Some(Self { actions, kind })
    }

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

/// Whether this is a step of the issuers of a ballot that is held here.
pub fn is_step(template: &str) -> bool {
    STEPS.iter().any(|step| template.ends_with(step))
}

/// The kind of record that a path is about.
fn kind_at(template: &str) -> Option<Kind> {
    let mut words = template.strip_prefix("/v1/")?.split('/');
    let first = words.next()?;
    if first == REPORTS {
        return Some(Kind::Commitment);
    }
    let Some(own) = Kind::find(None, first) else {
        // The children of all records are listed and exported. Each is read and changed below its parent.
        let is_list = words.next().is_none_or(|export| EXPORTS.contains(&export)) && words.next().is_none();
        return Kind::find_child(first).filter(|_| is_list);
    };
    match words.nth(1) {
        None => Some(own),
        Some(word) => Kind::find(Some(own), word).or_else(|| OF_A_RECORD.contains(&word).then_some(own)),
    }
}

/// Whether everybody reads what is here: what tells of the service, and what is listed as open.
fn is_open(template: &str) -> bool {
    template.strip_prefix("/v1/").is_none_or(|below| below.split('/').next().is_some_and(|first| OPEN.contains(&first)))
}

/// Whether an operation changes anything, by its method and path.
pub fn changes(method: &Method, template: &str) -> bool {
    *method != Method::GET && !CHECKS.contains(&template)
}

/// Whether it matters to an operation who asks: to those of the register, not to those that tell of the service. Who casts a vote is
/// not asked: that a key was used is noted.
pub fn asks_who(method: &Method, template: &str) -> bool {
    template.starts_with("/v1/") && !silence::is_silent(method, template)
}

/// Whether an operation is refused to a caller who doesn't say who they are. What isn't known to be for everybody is refused.
pub fn needs_key(method: &Method, template: &str) -> bool {
    let is_for_all = || {
        let proves_itself = *method == Method::POST && SELF_PROVING.contains(&template);
        proves_itself
            || silence::is_silent(method, template)
            || (!changes(method, template) && (CHECKS.contains(&template) || is_open(template)))
    };
    Asked::of(method, template).map_or_else(|| !is_for_all(), |asked| !asked.is_public())
}

/// Whether callers get different answers from it.
pub fn depends_on_caller(method: &Method, template: &str) -> bool {
    let is_confidential = |asked: Asked| {
        matches!(asked.kind, Kind::Import | Kind::Key) || !grants(Action::ReadConfidential, asked.kind).is_empty()
    };
    *method == Method::GET
        && (["/v1/entries", "/v1/search"].contains(&template)
            || Asked::of(method, template).is_some_and(is_confidential))
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
        for path in ["/livez", "/openapi.yaml", "/v1/mutuals", "/v1/staff-ballots/{staff_ballot}"] {
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
    fn a_path_that_is_not_listed_is_refused() {
        for path in [
            "/v1/salaries",
            "/v1/salaries/{salary}",
            "/v1/mutuals/{mutual}/salaries",
            "/v1/log-books",
            "/v1/enablers/{enabler}",
            "/v1/enablers/export.csv/entries",
        ] {
            assert!(needs_key(&Method::GET, path), "{path}");
        }
        assert!(!needs_key(&Method::POST, "/v1/compliance-checks"), "it stores nothing");
        assert!(needs_key(&Method::GET, "/v1/compliance-checks/{check}"), "there are none to read");
        assert!(!needs_key(&Method::POST, "/v1/log/cosignatures"), "it carries a signature");
        assert!(needs_key(&Method::DELETE, "/v1/log/cosignatures"), "nobody takes one back");
        for path in ["/v1/log/head", "/v1/statistics", "/v1/reports/commitments", "/v1/mutuals/{mutual}/entries"] {
            assert!(!needs_key(&Method::GET, path), "{path}");
        }
    }

    #[test]
    fn who_casts_a_vote_is_not_asked() {
        assert!(!asks_who(&Method::POST, silence::VOTES) && !needs_key(&Method::POST, silence::VOTES));
        assert_eq!(Asked::of(&Method::POST, silence::VOTES), None);
        assert!(asks_who(&Method::GET, silence::VOTES));
        assert!(asks_who(&Method::POST, silence::COMPLAINTS));
    }

    #[test]
    fn every_kind_is_told_by_its_path() {
        for kind in Kind::ALL.iter().copied() {
            let path = match kind.parent() {
                Some(parent) => format!("/v1/{}/{{{parent}}}/{}", parent.segment(), kind.segment()),
                None => format!("/v1/{}", kind.segment()),
            };
            let everywhere = format!("/v1/{}", kind.segment());
            let export = format!("{everywhere}/export.csv");
            for path in [path.clone(), format!("{path}/{{id}}"), everywhere, export] {
                assert_eq!(Asked::of(&Method::GET, &path).map(|asked| asked.kind), Some(kind), "{path}");
            }
        }
    }

    #[test]
    fn an_operation_is_for_the_roles_of_all_that_it_may_turn_out_to_be() {
        let roles = |method: Method, path: &str| Asked::of(&method, path).unwrap().roles();
        assert_eq!(
            roles(Method::PATCH, "/v1/mutuals/{mutual}"),
            [Role::DepartmentEditor, Role::MutualEditor, Role::Admin]
        );
        for method in [Method::PUT, Method::DELETE] {
            assert_eq!(roles(method, "/v1/staff-ballots/{staff_ballot}/appointment"), [Role::Admin]);
        }
        assert_eq!(roles(Method::PUT, "/v1/staff-ballots/{staff_ballot}/scrutineer-report"), [Role::Scrutineer]);
        assert_eq!(roles(Method::GET, "/v1/mutuals"), []);
    }
}
