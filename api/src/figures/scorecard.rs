//! The scorecard of a department: what it does for mutuals, in figures as at a day.

use actix_web::{HttpResponse, get};
use domain::Department;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::figures::table::{self, FigureTable};
use crate::request::conditional::{IfChanged, IfNoneMatch, digest};
use crate::request::path::PathKey;
use crate::request::query::{Both, Query};
use crate::response::problem::Problem;
use crate::response::table::TableOptions;
use document::figures::Scorecard;
use document::value::{Day, DepartmentKey, Text};

/// The day that a scorecard is of.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ScorecardDay {
    /// The day of the scorecard: what was true then, as far as the register knows now. The default is today (UTC).
    as_at: Option<Day>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_scorecard).service(export_scorecard);
}

/// Get the scorecard of a department
///
/// Shows its commitments, enablers, mutuals by stage, and contracts that end soon.
#[utoipa::path(
    tag = "reports",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ScorecardDay,
        IfNoneMatch
    ),
    responses((status = 200, description = "The scorecard", body = Scorecard))
)]
#[get("/departments/{department}/scorecard")]
async fn get_scorecard(
    app: App,
    department: PathKey<domain::Key<Department>>,
    day: Query<ScorecardDay>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    Ok(conditions.worked_out(&scorecard(&app, department, day.0).await?))
}

/// Export the scorecard of a department as a table
///
/// The same figures as CSV: a row for each figure, with the group and the code that it is for. A row of the group
/// `contract` has a contract that ends soon.
#[utoipa::path(
    tag = "reports",
    params(
        ("department" = inline(DepartmentKey), Path, description = "Id or slug of the department"),
        ScorecardDay,
        TableOptions,
        IfNoneMatch
    ),
    responses((status = 200, description = "The scorecard", body = FigureTable, content_type = "text/csv"))
)]
#[get("/departments/{department}/scorecard/export.csv")]
async fn export_scorecard(
    app: App,
    department: PathKey<domain::Key<Department>>,
    Both(day, options): Both<ScorecardDay, TableOptions>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let document = table::scorecard(&scorecard(&app, department, day).await?, options)?;
    Ok(table::answered(conditions.report(digest(&document), document)))
}

async fn scorecard(
    app: &App,
    PathKey(department): PathKey<domain::Key<Department>>,
    day: ScorecardDay,
) -> Result<Scorecard, Problem> {
    let as_at = app.as_at(day.as_at.map(Text::into_inner))?;
    let read = move |tx: &mut store::ReadTx<'_>| store::scorecard::find(tx, &department, as_at);
    app.store.survey(read).await.map_err(Problem::from)
}
