//! What callers can do with staff ballots.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use chrono::{DateTime, Utc};
use domain::{Action, Kind, Object, Record};
use serde::Deserialize;
use store::staff_ballot::{Filter, Sort};
use store::{Documents, Page, ReadTx, Representation, Slice, Span, Stored, WriteTx};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::action::{NewCorrection, NewDeclaration, NewSupersession, NewVoiding};
use super::appointment::NewAppointment;
use super::{BallotKind, BallotMode, BallotState, NewStaffBallot, Organiser, StaffBallot, StaffBallotPatch};
use crate::caller::Caller;
use crate::register::erasure::Erasure;
use crate::register::resource::{self, Change, ChangeOptions, Listed, Resource, Root};
use crate::register::value::{MutualKey, PartialDate, StaffBallotId, Text, texts, words};
use crate::request::body::Body;
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch, IfMatchOfAction};
use crate::request::known_at::KnownAt;
use crate::request::page::{ListPage, ListParameters, ListQuery, SortKey};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// Which staff ballots a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StaffBallotFilter {
    /// About this mutual.
    #[serde(default)]
    #[param(max_items = 100)]
    mutual: Vec<MutualKey>,
    /// Of this kind.
    #[serde(default)]
    #[param(max_items = 100)]
    kind: Vec<BallotKind>,
    /// Held by this body or these bodies.
    #[serde(default)]
    #[param(max_items = 100)]
    organiser: Vec<Organiser>,
    /// In this state.
    #[serde(default)]
    #[param(max_items = 100)]
    state: Vec<BallotState>,
    /// Held in this mode.
    #[serde(default)]
    #[param(max_items = 100)]
    mode: Vec<BallotMode>,
    /// Opened on this day or later. A date of which only the year or month is known counts where it may have been.
    #[param(nullable = false)]
    opened_from: Option<PartialDate>,
    /// Opened on this day or earlier, likewise; of a month or year its last day.
    #[param(nullable = false)]
    opened_to: Option<PartialDate>,
    /// Closed on this day or later. A date of which only the year or month is known counts where it may have been.
    #[param(nullable = false)]
    closed_from: Option<PartialDate>,
    /// Closed on this day or earlier, likewise; of a month or year its last day.
    #[param(nullable = false)]
    closed_to: Option<PartialDate>,
    /// Declared on this day or later. A date of which only the year or month is known counts where it may have been.
    #[param(nullable = false)]
    declared_from: Option<PartialDate>,
    /// Declared on this day or earlier, likewise; of a month or year its last day.
    #[param(nullable = false)]
    declared_to: Option<PartialDate>,
    /// With a turnout, for which the papers returned and those entitled to vote must be known; or without one.
    #[param(nullable = false)]
    has_turnout: Option<bool>,
}

impl StaffBallotFilter {
    fn resolve(self, tx: &mut ReadTx<'_>) -> Result<Filter, Problem> {
        let span = |from: Option<PartialDate>, to: Option<PartialDate>| Span {
            from: from.map(Text::into_inner),
            to: to.map(Text::into_inner),
        };
        Ok(Filter {
            mutuals: store::mutual::resolve(tx, &texts(self.mutual)).map_err(Problem::of_query)?,
            kinds: words(self.kind),
            organisers: words(self.organiser),
            states: words(self.state),
            modes: words(self.mode),
            opened: span(self.opened_from, self.opened_to),
            closed: span(self.closed_from, self.closed_to),
            declared: span(self.declared_from, self.declared_to),
            has_turnout: self.has_turnout,
        })
    }
}

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

impl SortKey for Sort {
    const NAME: &'static str = "StaffBallotSort";
    const KEYS: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("closed_on", Self::ClosedOn),
        ("declared_on", Self::DeclaredOn),
        ("updated_at", Self::UpdatedAt),
    ];
}

/// A page of staff ballots.
type StaffBallotPage = ListPage<StaffBallot>;

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_staff_ballots)
        .service(create_staff_ballot)
        .service(get_staff_ballot)
        .service(replace_staff_ballot)
        .service(update_staff_ballot)
        .service(delete_staff_ballot)
        .service(declare_staff_ballot)
        .service(void_staff_ballot)
        .service(supersede_staff_ballot)
        .service(correct_staff_ballot)
        .service(replace_appointment);
}

/// List staff ballots
///
/// By default in the order of entry. The counts and what follows from them are in `result`.
#[utoipa::path(
    tag = "staff ballots",
    params(StaffBallotFilter, ListParameters<Sort>, KnownAt),
    responses((status = 200, description = "A page of staff ballots", body = StaffBallotPage))
)]
#[get("/staff-ballots")]
async fn list_staff_ballots(
    app: App,
    caller: Caller,
    query: ListQuery<StaffBallotFilter, Sort>,
) -> Result<HttpResponse, Problem> {
    resource::list::<StaffBallots>(&app, caller, query).await
}

/// Get a staff ballot
///
/// By id.
#[utoipa::path(
    tag = "staff ballots",
    params(("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"), KnownAt, IfChanged),
    responses((status = 200, description = "The staff ballot", body = StaffBallot))
)]
#[get("/staff-ballots/{ballot}")]
async fn get_staff_ballot(
    app: App,
    caller: Caller,
    key: PathKey<domain::StaffBallotId>,
    known_at: KnownAt,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    resource::read::<StaffBallots>(&app, caller, key.0, known_at, &conditions).await
}

/// Create a staff ballot
///
/// A ballot held elsewhere, as far as its papers and counts are known. What the counts mean is worked out by the register: see `result`.
/// It is a draft, seen by those who work on it alone, until its result is declared.
#[utoipa::path(
    tag = "staff ballots",
    params(ChangeOptions, IdempotencyKey),
    request_body = NewStaffBallot,
    responses(
        (status = 201, description = "The staff ballot was created", body = StaffBallot),
        (status = 200, description = "The staff ballot as it would be", body = StaffBallot)
    )
)]
#[post("/staff-ballots")]
async fn create_staff_ballot(change: Change, body: Body<NewStaffBallot>) -> Result<HttpResponse, Problem> {
    change.create::<StaffBallots>(body).await
}

/// Replace a staff ballot
///
/// The body is all that the staff ballot is to say: a member that is left out is removed. Members that the register sets may
/// be sent back as they were read. Once declared, a ballot is corrected instead.
#[utoipa::path(
    tag = "staff ballots",
    params(("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"), ChangeOptions, IfMatch),
    request_body = NewStaffBallot,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot), (status = 409))
)]
#[put("/staff-ballots/{ballot}")]
async fn replace_staff_ballot(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewStaffBallot>,
) -> Result<HttpResponse, Problem> {
    change.replace::<StaffBallots>(key.0, body).await
}

/// Update a staff ballot
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list. Once declared, a ballot
/// is corrected instead.
#[utoipa::path(
    tag = "staff ballots",
    params(("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"), ChangeOptions, IfMatch),
    request_body(content = StaffBallotPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot), (status = 409))
)]
#[patch("/staff-ballots/{ballot}")]
async fn update_staff_ballot(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewStaffBallot>,
) -> Result<HttpResponse, Problem> {
    change.update::<StaffBallots>(key.0, body).await
}

/// Delete a staff ballot
///
/// Refused while other records refer to it. Its id is never used again.
#[utoipa::path(
    tag = "staff ballots",
    params(("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"), ChangeOptions, IfMatch),
    responses(
        (status = 204, description = "The staff ballot was deleted"),
        (status = 200, description = "The staff ballot that would be deleted", body = StaffBallot),
        (status = 409)
    )
)]
#[delete("/staff-ballots/{ballot}")]
async fn delete_staff_ballot(change: Change, key: PathKey<domain::StaffBallotId>) -> Result<HttpResponse, Problem> {
    change.delete::<StaffBallots>(key.0).await
}

/// Declare a staff ballot
///
/// Makes a draft known to everybody, with its result; from then on it is not edited any more. It needs its question, two options, counts or
/// at least published figures, the day of declaration and, above so many entitled (50 unless the operator says otherwise), a scrutineer. All
/// that it lacks is told at once, at the members of the ballot. An administrator declares a historic one past what its sources don't tell.
#[utoipa::path(
    tag = "staff ballots",
    params(
        ("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"),
        ChangeOptions,
        IfMatchOfAction
    ),
    request_body = NewDeclaration,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot), (status = 409))
)]
#[post("/staff-ballots/{ballot}/declare")]
async fn declare_staff_ballot(
    app: App,
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewDeclaration>,
) -> Result<HttpResponse, Problem> {
    let declaration = body.create();
    change
        .alter::<StaffBallots>(key.0, &[Action::Declare], move |tx, current, caller| {
            let declaration = resource::accept(tx, &declaration, caller)?;
            let action = if declaration.historic { Action::Correct } else { Action::Declare };
            resource::check_permission::<StaffBallots>(tx, caller, action, (current.id, &current.content))?;
            Ok(store::staff_ballot::declare(tx, current, declaration, app.scrutineer_above)?)
        })
        .await
}

/// Void a staff ballot
///
/// Says of a declared ballot that it doesn't count, and why. It keeps its record and its result.
#[utoipa::path(
    tag = "staff ballots",
    params(
        ("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"),
        ChangeOptions,
        IfMatchOfAction
    ),
    request_body = NewVoiding,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot), (status = 409))
)]
#[post("/staff-ballots/{ballot}/void")]
async fn void_staff_ballot(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewVoiding>,
) -> Result<HttpResponse, Problem> {
    let reason = body.create();
    change
        .alter::<StaffBallots>(key.0, &[Action::Correct], move |tx, current, caller| {
            let reason = resource::accept(tx, &reason, caller)?.clone();
            Ok(store::staff_ballot::void(tx, current, reason)?)
        })
        .await
}

/// Supersede a staff ballot
///
/// Says of a declared ballot that a rerun took its place. The rerun is a ballot of the kind `rerun` for the same mutual, and declared.
#[utoipa::path(
    tag = "staff ballots",
    params(
        ("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"),
        ChangeOptions,
        IfMatchOfAction
    ),
    request_body = NewSupersession,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot), (status = 409))
)]
#[post("/staff-ballots/{ballot}/supersede")]
async fn supersede_staff_ballot(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewSupersession>,
) -> Result<HttpResponse, Problem> {
    let rerun = body.create();
    change
        .alter::<StaffBallots>(key.0, &[Action::Correct], move |tx, current, caller| {
            let rerun = *resource::accept(tx, &rerun, caller)?;
            Ok(store::staff_ballot::supersede(tx, current, rerun, caller.draft_access())?)
        })
        .await
}

/// Correct a staff ballot
///
/// Puts right what a ballot says that was declared: a merge patch (RFC 7396) of what it should have said, and `correction_reason` beside. The
/// ballot shows in `corrections` when and why it was corrected, and its history what it said before. What it is a ballot of is not corrected:
/// its mutual, kind, mode and the keys of its options; nor may it lose what declaring it needed.
#[utoipa::path(
    tag = "staff ballots",
    params(
        ("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"),
        ChangeOptions,
        IfMatchOfAction
    ),
    request_body = NewCorrection,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot), (status = 409))
)]
#[post("/staff-ballots/{ballot}/correct")]
async fn correct_staff_ballot(
    app: App,
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewStaffBallot>,
) -> Result<HttpResponse, Problem> {
    change
        .alter::<StaffBallots>(key.0, &[Action::Correct], move |tx, current, caller| {
            let view = StaffBallot::from(current.clone());
            let read = body.update_beside::<NewCorrection>(NewCorrection::NAMES, &view);
            let (content, reason) = resource::accept(tx, &read, caller)?.clone();
            Ok(store::staff_ballot::correct(tx, current, content, reason, app.scrutineer_above)?)
        })
        .await
}

/// Appoint a scrutineer
///
/// Makes an API key with the role `scrutineer` the ballot's scrutineer: its bearer sees the ballot's draft. It is a change of the ballot, which
/// shows the key's id and has a new version.
#[utoipa::path(
    tag = "staff ballots",
    params(("ballot" = inline(StaffBallotId), Path, description = "Id of the staff ballot"), ChangeOptions, IfMatch),
    request_body = NewAppointment,
    responses((status = 200, description = "The staff ballot as it is now", body = StaffBallot))
)]
#[put("/staff-ballots/{ballot}/appointment")]
async fn replace_appointment(
    change: Change,
    key: PathKey<domain::StaffBallotId>,
    body: Body<NewAppointment>,
) -> Result<HttpResponse, Problem> {
    let appointment = body.create();
    change
        .alter::<StaffBallots>(key.0, &[Action::Appoint], move |tx, current, caller| {
            let key_id = *resource::accept(tx, &appointment, caller)?;
            Ok(store::staff_ballot::appoint(tx, current, key_id)?)
        })
        .await
}

/// Staff ballots among the register's resources.
pub struct StaffBallots;

impl Resource for StaffBallots {
    type Content = domain::StaffBallot;
    type View = StaffBallot;
    type New = NewStaffBallot;
    type Key = domain::StaffBallotId;

    const TYPE: Kind = Kind::StaffBallot;
    const KIND: Kind = Kind::StaffBallot;

    fn wanted(current: &domain::StaffBallot, value: domain::StaffBallot) -> domain::StaffBallot {
        current.saying(value)
    }

    fn object(
        tx: &mut ReadTx<'_>,
        _: domain::StaffBallotId,
        ballot: &domain::StaffBallot,
    ) -> Result<Option<Object>, store::Error> {
        let parent = store::mutual::department_of(tx, ballot.mutual_id)?;
        Ok(parent.map(|department| Object::StaffBallot {
            department,
            state: ballot.state(),
            scrutineer: ballot.scrutineer_key_id,
        }))
    }

    fn show(tx: &mut ReadTx<'_>, key: &Self::Key, caller: &domain::Caller) -> Result<Representation, store::Error> {
        store::staff_ballot::show(tx, key, caller.draft_access())
    }

    fn find(
        tx: &mut ReadTx<'_>,
        key: &Self::Key,
        caller: &domain::Caller,
    ) -> Result<Record<domain::StaffBallot>, store::Error> {
        store::staff_ballot::find(tx, key, caller.draft_access())
    }

    fn is_confided(
        tx: &mut ReadTx<'_>,
        id: domain::StaffBallotId,
        caller: &domain::Caller,
    ) -> Result<bool, store::Error> {
        store::staff_ballot::is_confided(tx, id, caller.draft_access())
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<domain::StaffBallot>,
        value: domain::StaffBallot,
        caller: &domain::Caller,
    ) -> Result<Stored<domain::StaffBallot>, store::Error> {
        store::staff_ballot::update(tx, current, value, caller.draft_access())
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<domain::StaffBallot>) -> Result<(), store::Error> {
        store::staff_ballot::delete(tx, current)
    }
}

impl Listed for StaffBallots {
    type Filter = StaffBallotFilter;
    type Sort = Sort;

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &StaffBallotFilter,
        page: &Page<Sort>,
        caller: &domain::Caller,
    ) -> Result<Slice, Problem> {
        let filter = filter.clone().resolve(tx)?;
        Ok(store::staff_ballot::list(tx, &filter, page, caller.draft_access())?)
    }
}

impl Root for StaffBallots {
    type Prepared = (domain::StaffBallotId, domain::StaffBallot);

    fn content(value: domain::StaffBallot) -> domain::StaffBallot {
        value
    }

    fn prepare(
        _: &dyn Documents,
        id: domain::StaffBallotId,
        _: DateTime<Utc>,
        value: domain::StaffBallot,
    ) -> Self::Prepared {
        (id, value)
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        (id, value): &Self::Prepared,
        caller: &domain::Caller,
    ) -> Result<Stored<domain::StaffBallot>, store::Error> {
        store::staff_ballot::insert(tx, *id, value.clone(), caller.draft_access())
    }
}

/// What erases the personal data of the ballot at a path, if one can be there.
pub fn erasure(path: &str) -> Option<Erasure> {
    let id: domain::StaffBallotId = path.strip_prefix("/v1/staff-ballots/")?.parse().ok()?;
    Some(Box::new(move |tx, reason| store::staff_ballot::erase(tx, &id, reason)))
}
