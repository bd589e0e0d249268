//! Staff ballots: how staff were asked, what they answered and what that means.

use actix_web::{HttpResponse, delete, get, post, put};
use document::Refusal;
use document::register::{
    Appointment, BallotCorrectionReason, Declaration, Reporting, StaffBallot, StaffBallotFilter, Supersession, Voiding,
};
use document::schema::{CorrectionOf, InputOf};
use document::value::StaffBallotId;
use domain::ballot_protocol::Side;
use domain::{Action, Object, Record};
use serde_json::json;
use store::{ReadTx, Representation, Stored, StoredRecord as _, WriteTx};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, PartialSchema as _};

use crate::app::App;
use crate::caller::Caller;
use crate::register::operations::path_parameter;
use crate::register::resource::{self, Change, ChangeOptions, Erasure, Resource};
use crate::register::words::{Conflicts, NO_CONFLICTS, Words};
use crate::request::body::Body;
use crate::request::conditional::{IfChanged, IfMatch, IfMatchOfAction};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::response::problem_type::ProblemType;

type DeclarationInput = InputOf<Declaration>;
type VoidingInput = InputOf<Voiding>;
type SupersessionInput = InputOf<Supersession>;
type AppointmentInput = InputOf<Appointment>;
type ReportingInput = InputOf<Reporting>;
type StaffBallotCorrectionPatch = CorrectionOf<StaffBallot, BallotCorrectionReason>;

impl resource::Filter for StaffBallotFilter {
    fn is_indexed(&self) -> bool {
        let listed = self.kind.len() + self.organiser.len() + self.state.len() + self.mode.len();
        let dates = [
            &self.opened_from,
            &self.opened_to,
            &self.closed_from,
            &self.closed_to,
            &self.declared_from,
            &self.declared_to,
        ];
        self.mutual.is_empty() && listed == 0 && self.has_turnout.is_none() && dates.iter().all(|date| date.is_none())
    }
}

impl Resource for domain::StaffBallot {
    type Key = PathKey<domain::StaffBallotId>;

    const WORDS: Words = Words {
        tag: "staff ballots",
        one: "a staff ballot",
        many: "staff ballots",
        of: "",
        list: "The default order is the order of entry. `result` has what the register computes from the counts.",
        create: "Enters a ballot that was held elsewhere (`recorded`), with the papers and counts that are known, or plans \
                 one that is held here (`hosted`). The register computes the `result` from the counts. The ballot is a draft until its result is declared. Only those \
                 with draft access can see it.",
        change: "A declared ballot must be corrected instead.",
        delete: "A department editor can delete a draft, and only an administrator a declared ballot. Rejected while other \
                 records refer to it. Its id is never used again.",
        conflicts: Conflicts {
            change: &[ProblemType::StateConflict],
            delete: &[ProblemType::HasDependents, ProblemType::StateConflict],
            ..NO_CONFLICTS
        },
    };

    fn wanted(&self, value: Self) -> Self {
        self.saying(value)
    }

    fn deleting(&self) -> &'static [Action] {
        let is_draft = self.state() == domain::BallotState::Draft;
        if is_draft { &[Action::Discard] } else { &[Action::Delete] }
    }

    fn object(&self, tx: &mut ReadTx<'_>, _: domain::StaffBallotId) -> Result<Option<Object>, store::Error> {
        let led = store::mutual::department_of(tx, self.mutual_id)?;
        Ok(led.map(|department| Object {
            is_draft: self.state() == domain::BallotState::Draft,
            appointed: [self.scrutineer_key_id, self.issuer_key(Side::B)],
            ..Object::of(domain::Kind::StaffBallot, department)
        }))
    }
}

/// Declare a staff ballot
///
/// Publishes a draft with its result. After that, nobody can edit it. Callers in `entered_by` cannot declare it. The
/// appointed scrutineer, another editor of the department or another administrator can.
///
/// The ballot needs its question, two options, counts or at least published figures, and the day of declaration. If more
/// than 50 people are entitled to vote (unless the operator has set another number), it also needs a scrutineer. The
/// response lists everything that is missing. An administrator can declare a ballot known from history as `historic`,
/// even one that they entered, and without the facts that its sources do not give.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = DeclarationInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/declare")]
pub async fn declare_staff_ballot(
    app: App,
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<Declaration>,
) -> Result<HttpResponse, Problem> {
    let above = app.scrutineer_above;
    act(change, key, body.create(), &[Action::Declare], move |tx, current, declaration, caller| {
        let action = if declaration.historic { Action::Correct } else { Action::Declare };
        resource::check_permission(tx, caller, action, (current.id, &current.content))?;
        Ok(store::staff_ballot::declare(tx, current, declaration, above)?)
    })
    .await
}

/// Void a staff ballot
///
/// Marks a declared ballot as void, with the reason. The ballot keeps its record and its result.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = VoidingInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/void")]
pub async fn void_staff_ballot(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<Voiding>,
) -> Result<HttpResponse, Problem> {
    act(change, key, body.create(), &[Action::Correct], |tx, current, reason, _| {
        Ok(store::staff_ballot::void(tx, current, reason.clone())?)
    })
    .await
}

/// Supersede a staff ballot
///
/// Marks a declared ballot as replaced by a rerun. The rerun must be a declared ballot of kind `rerun` for the same
/// mutual.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = SupersessionInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/supersede")]
pub async fn supersede_staff_ballot(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<Supersession>,
) -> Result<HttpResponse, Problem> {
    act(change, key, body.create(), &[Action::Correct], |tx, current, rerun, caller| {
        Ok(store::staff_ballot::supersede(tx, current, *rerun, caller.draft_access())?)
    })
    .await
}

/// Correct a staff ballot
///
/// Corrects a declared ballot. Send a merge patch (RFC 7396) with the right values, and add `correction_reason`. The
/// `corrections` of the ballot show when and why it was corrected. Its history shows what it said before. You cannot
/// correct its mutual, kind, mode or the keys of its options, or remove anything that its declaration needed. The
/// scrutineer's report stays as it is, and shows that the counts were changed after it.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, ChangeOptions, IfMatchOfAction),
    request_body = StaffBallotCorrectionPatch,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[post("/staff-ballots/{staff_ballot}/correct")]
pub async fn correct_staff_ballot(
    app: App,
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<StaffBallot>,
) -> Result<HttpResponse, Problem> {
    change
        .rewrite::<domain::StaffBallot, _>(
            key,
            |_| &[Action::Correct],
            move |shown| body.update_beside::<BallotCorrectionReason>(shown),
            move |tx, current, _, (content, reason)| {
                Ok(store::staff_ballot::correct(tx, current, content, reason, app.scrutineer_above)?)
            },
        )
        .await
}

/// Appoint a scrutineer
///
/// Appoints an API key with the role `scrutineer` to the ballot. The holder of the key gets draft access to the ballot.
/// The ballot then shows the id of the key and has a new version.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, ChangeOptions, IfMatch),
    request_body = AppointmentInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{staff_ballot}/appointment")]
pub async fn replace_appointment(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<Appointment>,
) -> Result<HttpResponse, Problem> {
    act(change, key, body.create(), &[Action::Appoint], |tx, current, key_id, _| {
        Ok(store::staff_ballot::appoint(tx, current, *key_id)?)
    })
    .await
}

/// Get the appointment of a scrutineer
///
/// The key that is appointed to the ballot. The response is 404 if there is none.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, IfChanged),
    responses((status = 200, description = "The appointment", body = Appointment))
)]
#[get("/staff-ballots/{staff_ballot}/appointment")]
pub async fn get_appointment(
    app: App,
    caller: Caller,
    PathKey(id): PathKey<domain::StaffBallotId>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let read = move |tx: &mut ReadTx<'_>| {
        let sees = caller.draft_access();
        let key_id =
            domain::StaffBallot::find(tx, &id, sees)?.content.scrutineer_key_id.ok_or_else(nobody_appointed)?;
        let document = json!({ "key_id": key_id.to_string() }).to_string();
        Ok::<_, Problem>(Representation { document, ..domain::StaffBallot::represent(tx, &id, sees)? })
    };
    Ok(conditions.item(app.store.read(read).await?))
}

/// Withdraw the appointment of a scrutineer
///
/// The holder of the key loses draft access to the ballot. The ballot then shows no key and has a new version.
#[utoipa::path(tag = "staff ballots", params(OfBallot, ChangeOptions, IfMatch))]
#[delete("/staff-ballots/{staff_ballot}/appointment")]
pub async fn delete_appointment(change: Change, key: PathKey<domain::StaffBallotId>) -> Result<HttpResponse, Problem> {
    change
        .remove::<domain::StaffBallot>(
            key,
            |_| &[Action::Appoint],
            |tx, current| {
                current.content.scrutineer_key_id.ok_or_else(nobody_appointed)?;
                store::staff_ballot::withdraw(tx, current).map_err(Problem::from)
            },
        )
        .await
}

/// Report as the scrutineer
///
/// Writes what the appointed scrutineer found, on a draft or on a declared ballot. Only the key that is appointed to the
/// ballot can do this. If the declared ballot already has a report, the new one is a correction: add
/// `correction_reason`, which the `corrections` of the ballot then show.
#[utoipa::path(
    tag = "staff ballots",
    params(OfBallot, ChangeOptions, IfMatch),
    request_body = ReportingInput,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{staff_ballot}/scrutineer-report")]
pub async fn replace_scrutineer_report(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<Reporting>,
) -> Result<HttpResponse, Problem> {
    act(change, key, body.create(), &[Action::Report], |tx, current, reporting, _| {
        Ok(store::staff_ballot::report(tx, current, reporting)?)
    })
    .await
}

fn nobody_appointed() -> Problem {
    Problem::not_found("no key is appointed to this staff ballot")
}

/// Moves a ballot on by what a body says, for who may do one of these actions.
pub async fn act<V: Send + 'static>(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    read: Result<V, Refusal>,
    actions: &'static [Action],
    work: impl Fn(
        &mut WriteTx<'_>,
        &Record<domain::StaffBallot>,
        &V,
        &Caller,
    ) -> Result<Stored<domain::StaffBallot>, Problem>
    + Send
    + 'static,
) -> Result<HttpResponse, Problem> {
    let value = match read {
        Ok(value) => value,
        Err(refusal) => return Err(change.refuse::<domain::StaffBallot>(key, actions, refusal).await),
    };
    change.alter(key, move |_| actions, move |tx, current, caller| work(tx, current, &value, caller)).await
}

/// The ballot that an action is on, in its path.
pub struct OfBallot;

impl IntoParams for OfBallot {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![path_parameter(&(domain::Kind::StaffBallot, StaffBallotId::schema()), false)]
    }
}

/// What erases the personal data of the ballot at a path, if one can be there.
pub fn erasure(path: &str) -> Option<Erasure> {
    let id: domain::StaffBallotId = path.strip_prefix("/v1/staff-ballots/")?.parse().ok()?;
    Some(Box::new(move |tx, reason| store::staff_ballot::erase(tx, &id, reason)))
}
