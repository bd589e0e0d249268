//! What stands in the way of a change, by the kind of record that it is to: which problems a 409 may be.

use actix_web::http::Method;
use domain::{Action, Kind};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, Ref};

use super::header::component_name;
use super::refusal::response;
use crate::caller::access::Asked;
use crate::http::silence;
use crate::register::operations;
use crate::register::words::Conflicts;
use crate::response::problem_type::ProblemType;

/// What a ballot's own state stands in the way of, or an import's. A scrutineer is appointed whatever it is.
const OF_STATE: &[ProblemType] = &[ProblemType::StateConflict];
/// What stands in the way of an issuer.
const OF_ISSUERS: &[ProblemType] =
    &[ProblemType::StateConflict, ProblemType::ManifestNotSigned, ProblemType::NoSigningKey];
/// What stands in the way of a vote.
const OF_VOTES: &[ProblemType] =
    &[ProblemType::BallotNotOpen, ProblemType::AlreadyVoted, ProblemType::TrackerTaken, ProblemType::NoSigningKey];

/// What a change of this kind of record may run into.
fn problems(action: Action, kind: Kind) -> &'static [ProblemType] {
    if (action, kind) == (Action::Delete, Kind::Import) {
        return OF_STATE;
    }
    let Some((_, conflicts)) = operations::conflicts().find(|(its, _)| *its == kind) else { return &[] };
    match action {
        Action::Create => conflicts.create,
        Action::Update | Action::Describe => conflicts.change,
        Action::Delete | Action::Discard => conflicts.delete,
        Action::Declare | Action::Correct | Action::Report | Action::Appoint | Action::Complain => OF_STATE,
        Action::Issue => OF_ISSUERS,
        Action::Read | Action::ReadConfidential => &[],
    }
}

/// Adds the 409 where something can stand in the way of the operation.
pub(super) fn add_to(path: &str, method: &str, operation: &mut Operation) {
    if let Some(name) = name_for(&Method::from_bytes(method.as_bytes()).unwrap_or_default(), path) {
        operation.responses.responses.insert("409".to_owned(), Ref::from_response_name(name).into());
    }
}

/// The name of the 409 of an operation; none where nothing can stand in its way.
fn name_for(method: &Method, path: &str) -> Option<String> {
    let asked = Asked::of(method, path);
    let problems = match asked {
        None if silence::is_silent(method, path) => OF_VOTES,
        None => return None,
        Some(asked) => problems(*asked.actions.first()?, asked.kind),
    };
    (!problems.is_empty()).then(|| name(problems))
}

/// Adds a response for each set of problems.
pub(super) fn add(components: &mut Components) {
    let sets = operations::conflicts().flat_map(|(_, Conflicts { create, change, delete })| [create, change, delete]);
    for problems in sets.filter(|problems| !problems.is_empty()).chain([OF_STATE, OF_ISSUERS, OF_VOTES]) {
        components.responses.insert(name(problems), response(problems, &titles(problems)).into());
    }
}

/// The types' titles as one sentence.
fn titles(problems: &[ProblemType]) -> String {
    let mut said = String::new();
    for problem in problems {
        let mut rest = problem.title().chars();
        if !said.is_empty() {
            said.push_str(", or ");
            said.extend(rest.next().into_iter().flat_map(char::to_lowercase));
        }
        said.push_str(rest.as_str());
    }
    said
}

/// The types' slugs as one word: `StateConflictOrNotReady`.
fn name(problems: &[ProblemType]) -> String {
    let names: Vec<String> = problems.iter().map(|problem| component_name(problem.slug())).collect();
    names.join("Or")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_names_what_can_stand_in_its_way_and_nothing_else() {
        let name = |method: Method, path: &str| name_for(&method, path);
        assert_eq!(name(Method::PUT, "/v1/mutuals/{mutual}/objections/{objection}").as_deref(), Some("StateConflict"));
        assert_eq!(name(Method::POST, "/v1/mutuals/{mutual}/objections"), None);
        assert_eq!(name(Method::PATCH, "/v1/mutuals/{mutual}").as_deref(), Some("NameTakenOrIdentifierTaken"));
        let appointment = "/v1/staff-ballots/{staff_ballot}/appointment";
        assert_eq!(name(Method::PUT, appointment).as_deref(), Some("StateConflict"));
        let votes = name(Method::POST, silence::VOTES);
        assert_eq!(votes.as_deref(), Some("BallotNotOpenOrAlreadyVotedOrTrackerTakenOrNoSigningKey"));
        assert_eq!(name(Method::GET, "/v1/mutuals"), None);
    }
}
