//! What stands in the way of a change, by the kind of record that it is to: which problems a 409 may be.

use actix_web::http::Method;
use domain::{Action, Kind};
use utoipa::openapi::Components;

use super::refusal::{Refusal, response};
use crate::caller::access::Asked;
use crate::response::problem::ProblemType;

/// Sets of problems, each of which is one shared response.
const SETS: [&[ProblemType]; 8] = [
    &[ProblemType::NameTaken, ProblemType::SlugTaken, ProblemType::IdentifierTaken],
    &[ProblemType::NameTaken, ProblemType::IdentifierTaken],
    &[ProblemType::PositionTaken],
    &[ProblemType::PeriodTaken],
    &[ProblemType::StepTaken],
    &[ProblemType::StateConflict, ProblemType::NotReady],
    &[ProblemType::StateConflict],
    &[ProblemType::HasDependents],
];

/// What a change of this kind of record may run into. A slug is given once, so that only a new record can want one that is taken.
fn problems(action: Action, kind: Kind) -> &'static [ProblemType] {
    let [named, renamed, position, period, step, launch, state, dependents] = SETS;
    match (kind, action) {
        (Kind::Department | Kind::Mutual, Action::Create) => named,
        (Kind::Department | Kind::Mutual, Action::Update) => renamed,
        (Kind::PathwayStep, Action::Create | Action::Update) => position,
        (Kind::AnnualReturn, Action::Create | Action::Update) => period,
        (Kind::PathwayProgress, Action::Create | Action::Update) => step,
        (Kind::StageTransition, Action::Create) => launch,
        (Kind::Objection | Kind::SupportRequest, Action::Update) => state,
        (Kind::StaffBallot, Action::Update | Action::Declare | Action::Correct) => state,
        (Kind::Department | Kind::Mutual | Kind::StaffBallot | Kind::PathwayStep | Kind::Enabler, Action::Delete) => {
            dependents
        }
        _ => &[],
    }
}

/// The name of the 409 of an operation; none where nothing can stand in its way.
pub(super) fn name_for(method: &Method, path: &str) -> Option<String> {
    let asked = Asked::of(method, path)?;
    let problems = problems(*asked.actions.first()?, asked.kind);
    (!problems.is_empty()).then(|| name(problems))
}

/// Adds a response for each set of problems.
pub(super) fn add(components: &mut Components) {
    for problems in SETS {
        let titles: Vec<&str> = problems.iter().map(|problem| problem.title()).collect();
        let description = titles.join("; ");
        let refusal = Refusal { name: "", status: "409", kinds: problems, description: &description };
        components.responses.insert(name(problems), response(&refusal).into());
    }
}

/// The types' slugs as one word: `StateConflictOrNotReady`.
fn name(problems: &[ProblemType]) -> String {
    let names: Vec<String> = problems.iter().map(|problem| super::component_name(problem.slug())).collect();
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
        assert_eq!(name(Method::PUT, "/v1/staff-ballots/{ballot}/appointment"), None);
        assert_eq!(name(Method::GET, "/v1/mutuals"), None);
    }
}
