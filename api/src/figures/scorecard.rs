//! The scorecard of a department: what it does for mutuals, in figures as at a day.

use actix_web::{HttpResponse, get};
use domain::Department;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::figures::report::{CommitmentSummary, DepartmentName};
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::path::PathKey;
use crate::request::query::Query;
use crate::response::problem::Problem;
use document::register::Stage;
use document::value::{ContractId, Day, DepartmentKey, MutualId, Text, Title, Word};

/// The day that a scorecard is of.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ScorecardDay {
    /// The day of the scorecard: what was true then, as far as the register knows now. The default is today (UTC).
    as_at: Option<Day>,
}

/// A department's support for mutuals, in figures.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "department": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01", "slug": "home-office", "name": "Home Office"},
    "as_at": "2013-05-01",
    "commitments": {"due": 0, "overdue": 1, "met": 0, "met_late": 1, "kept": 1, "late": 2},
    "enablers_active": 2,
    "stages": [{"stage": "idea", "mutuals": 3, "enablers": 0}, {"stage": "options_appraisal", "mutuals": 1, "enablers": 2}],
    "support_requests": {"open": 2, "median_days": 17},
    "contracts_ending": {
        "by": "2014-05-01",
        "count": 1,
        "next": [{
            "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
            "title": "Community nursing",
            "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02",
            "ends_on": "2013-09-30"
        }]
    }
}))]
struct Scorecard {
    department: DepartmentName,
    /// The day of the report.
    as_at: Day,
    commitments: CommitmentSummary,
    /// How many of its enablers are active on the day.
    enablers_active: i64,
    /// Every stage, in order. A stage with mutuals but no enablers is a gap in support.
    #[schema(max_items = 100)]
    stages: Vec<ScorecardStage>,
    support_requests: OpenRequests,
    contracts_ending: ContractsEnding,
}

/// The support requests of the department's mutuals that were neither met nor declined by the day.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct OpenRequests {
    /// How many such requests there are.
    open: i64,
    /// The median number of days that they had waited by the day.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    median_days: Option<i64>,
}

/// The figures for one stage.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct ScorecardStage {
    stage: Stage,
    /// The mutuals that the department leads and that are in this stage now, whatever the day of the scorecard.
    mutuals: i64,
    /// The enablers who are active on the day and cover the stage. An enabler without stages covers all.
    enablers: i64,
}

/// The department's contracts that end on the day or within twelve months after it, without extensions. Contracts that
/// never started or were ended early are not included.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct ContractsEnding {
    /// The last day of the twelve months.
    by: Day,
    /// How many such contracts there are.
    count: i64,
    /// The contracts that end first, in the order of their ends: at most 20.
    #[schema(max_items = 20)]
    next: Vec<EndingContract>,
}

/// A contract that ends soon.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct EndingContract {
    id: ContractId,
    title: Title,
    /// The supplier.
    mutual_id: MutualId,
    ends_on: Day,
}

impl Scorecard {
    fn new(scorecard: store::scorecard::Scorecard, as_at: domain::Day) -> Self {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let stage = |figures: store::scorecard::StageFigures| ScorecardStage {
            stage: Word(figures.stage),
            mutuals: figures.mutuals,
            enablers: number(figures.enablers),
        };
        Self {
            department: scorecard.department.into(),
            as_at: Text(as_at),
            commitments: CommitmentSummary::from(&scorecard.commitments),
            enablers_active: number(scorecard.enablers),
            stages: scorecard.stages.into_iter().map(stage).collect(),
            support_requests: OpenRequests {
                open: number(scorecard.open_requests),
                median_days: scorecard.median_days,
            },
            contracts_ending: ContractsEnding {
                by: Text(scorecard.ending.by),
                count: scorecard.ending.count,
                next: scorecard.ending.next.into_iter().map(EndingContract::from).collect(),
            },
        }
    }
}

impl From<store::scorecard::EndingContract> for EndingContract {
    fn from(contract: store::scorecard::EndingContract) -> Self {
        Self {
            id: Text(contract.id),
            title: Text(contract.title),
            mutual_id: Text(contract.mutual_id),
            ends_on: Text(contract.ends_on),
        }
    }
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_scorecard);
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
    let as_at = app.as_at(day.0.as_at.map(Text::into_inner))?;
    let read = move |tx: &mut store::ReadTx<'_>| store::scorecard::find(tx, &department.0, as_at);
    let scorecard = app.store.read(read).await.map_err(Problem::from)?;
    Ok(conditions.worked_out(&Scorecard::new(scorecard, as_at)))
}
