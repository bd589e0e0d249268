//! Reports: what follows from the register as at a day, `/v1/reports/…`.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use store::report::{CommitmentFilter, Reported};
use store::{Page, Sorted};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::bulk::export::deliver;
use crate::caller::Caller;
use crate::figures::table::{self, FigureTable};
use crate::request::conditional::{IfChanged, IfNoneMatch, digest};
use crate::request::page::{ChildParameters, ListQuery};
use crate::request::query::{Both, Query};
use crate::response::problem::Problem;
use crate::response::table::{MEDIA_TYPE, TableOptions, columns};
use document::Wire;
use document::figures::{CommitmentStatus, CommitmentSummary, CoveredStage};
use document::record::View;
use document::record_name::DepartmentName;
use document::register::{Commitment, Stage};
use document::value::{Day, DepartmentKey, Sector, Text, Word, texts, words};

/// What a report on commitments is about.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct CommitmentReportFilter {
    /// The day of the report: what was true then, as far as the register knows now. The default is today (UTC).
    as_at: Option<Day>,
    /// Only this department. The default is all.
    department: Vec<DepartmentKey>,
    /// Lists only commitments with this status. The summary still counts all statuses.
    status: Vec<CommitmentStatus>,
}

/// A page of the report on commitments.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_at": "2013-05-01",
    "summary": {"due": 0, "overdue": 9, "met": 0, "met_late": 1, "kept": 1, "late": 10},
    "items": [{
        "status": "overdue",
        "days_overdue": 121,
        "department": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01", "slug": "home-office", "name": "Home Office"},
        "commitment": {
            "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
            "version": 1,
            "department_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01",
            "kind": "plan_and_vision",
            "title": "A clear plan and vision for mutuals",
            "due_on": "2012-12-31",
            "sources": [],
            "created_at": "2025-10-01T09:30:00.000250Z",
            "updated_at": "2025-10-01T09:30:00.000250Z"
        }
    }],
    "next_cursor": "AZbVgHpO0m0B"
}))]
struct CommitmentReport {
    /// The day of the report.
    as_at: Day,
    summary: CommitmentSummary,
    /// The commitments of the page, by the day on which they are due, then by id.
    #[schema(max_items = 200)]
    items: Vec<ReportedCommitment>,
    /// The `cursor` for the next page. Absent on the last page.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// The total number of commitments on all pages. Present if you ask with `count=exact`.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

/// A commitment and its status on the day.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct ReportedCommitment {
    status: CommitmentStatus,
    /// For how many days it has been overdue. Absent if it is not.
    #[schema(nullable = false, minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    days_overdue: Option<i64>,
    department: DepartmentName,
    #[schema(value_type = Commitment)]
    commitment: Option<View>,
}

impl ReportedCommitment {
    fn new(reported: Reported, as_at: domain::Day) -> Self {
        let content = &reported.commitment.content;
        Self {
            status: Word(content.status(as_at)),
            days_overdue: content.days_overdue(as_at),
            department: reported.department,
            commitment: View::of(&reported.commitment),
        }
    }
}

/// Where mutuals can find support, and where there is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_at": "2026-05-01",
    "items": [{
        "stage": "idea",
        "sector": "libraries_archives",
        "mutuals": 3,
        "unsupported": 1,
        "enablers": 2,
        "requests": 4,
        "open": 1,
        "median_days": 12
    }],
    "holes": [{"stage": "idea", "sector": "libraries_archives", "mutuals": 1}]
}))]
struct SupportCoverage {
    /// The day for enablers and requests. Mutuals count in the stage they are in now.
    as_at: Day,
    /// Each stage and sector with mutuals or support requests, in the order of the stages, then of the sectors.
    #[schema(max_items = 1000)]
    items: Vec<CoveredStage>,
    /// The combinations of stage and sector that have mutuals and no support.
    #[schema(max_items = 1000)]
    holes: Vec<CoverageHole>,
}

/// A stage and sector with mutuals but no support.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct CoverageHole {
    stage: Stage,
    sector: Sector,
    /// How many mutuals there are.
    #[schema(minimum = 1)]
    mutuals: i64,
}

/// What a report on support is about.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct CoverageFilter {
    /// The day of the report. The default is today (UTC).
    as_at: Option<Day>,
    /// Only mutuals that this department leads, and its enablers. The default is all departments.
    department: Vec<DepartmentKey>,
}

impl SupportCoverage {
    fn new(as_at: domain::Day, items: Vec<CoveredStage>) -> Self {
        let holes = items.iter().filter(|cell| cell.unsupported > 0);
        let hole =
            |cell: &CoveredStage| CoverageHole { stage: cell.stage, sector: cell.sector, mutuals: cell.unsupported };
        Self { as_at: Text(as_at), holes: holes.map(hole).collect(), items }
    }
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_commitment_report).service(get_support_coverage);
    config.service(export_commitment_report).service(export_support_coverage);
}

/// Get the report on commitments
///
/// The commitments of departments and whether they met them, on a given day. If you read several pages, set `as_at`, so
/// that all pages are for the same day.
#[utoipa::path(
    tag = "reports",
    params(CommitmentReportFilter, ChildParameters),
    responses((status = 200, description = "A page of the report", body = CommitmentReport))
)]
#[get("/reports/commitments")]
async fn get_commitment_report(
    app: App,
    query: ListQuery<CommitmentReportFilter, ()>,
) -> Result<HttpResponse, Problem> {
    let CommitmentReportFilter { as_at, department, status } = query.filter.clone();
    let as_at = app.as_at(as_at.map(Text::into_inner))?;
    let (departments, statuses, page) = (texts(department), words(status), query.page.clone());
    let listed = statuses.clone();
    let report = app.store.survey(move |tx| {
        let departments = store::reference::resolve(tx, &departments).map_err(Problem::of_query)?;
        let filter = CommitmentFilter { as_at, departments, statuses: statuses.clone() };
        store::report::commitments(tx, &filter, &page).map_err(Problem::from)
    });
    let report = report.await?;
    let is_listed = |status: &domain::CommitmentStatus| listed.is_empty() || listed.contains(status);
    let total = || report.counts.iter().filter(|(status, _)| is_listed(status)).map(|(_, number)| number).sum();
    let view = CommitmentReport {
        as_at: Text(as_at),
        summary: CommitmentSummary::from(&report.counts),
        next_cursor: report.next.as_ref().map(|position| query.cursor(position)),
        total: query.page.count.then(total),
        items: report.items.into_iter().map(|reported| ReportedCommitment::new(reported, as_at)).collect(),
    };
    query.answer_with(&view, view.next_cursor.as_deref())
}

/// Export the report on commitments as a table
///
/// All commitments of the report as CSV: a row for each, with its status on the day and its department. All rows show
/// the register at the same moment.
#[utoipa::path(
    tag = "reports",
    params(CommitmentReportFilter, TableOptions),
    responses((status = 200, description = "The report", body = FigureTable, content_type = "text/csv"))
)]
#[get("/reports/commitments/export.csv")]
async fn export_commitment_report(
    app: App,
    caller: Caller,
    Both(filter, options): Both<CommitmentReportFilter, TableOptions>,
) -> Result<HttpResponse, Problem> {
    const AT_A_TIME: usize = 200;
    let CommitmentReportFilter { as_at, department, status } = filter;
    let as_at = app.as_at(as_at.map(Text::into_inner))?;
    let (departments, statuses) = (texts(department), words(status));
    let sort = *<() as Sorted>::KEYS.first().ok_or_else(|| Problem::internal("a report has no order"))?;
    let columns = commitment_columns();
    let mut page = Some(Page { limit: AT_A_TIME, sort, descending: false, after: None, count: false });
    let next = move |tx: &mut store::ReadTx<'_>| {
        let Some(asked) = page.take() else { return Ok(None) };
        let departments = store::reference::resolve(tx, &departments).map_err(Problem::of_query)?;
        let filter = CommitmentFilter { as_at, departments, statuses: statuses.clone() };
        let report = store::report::commitments(tx, &filter, &asked)?;
        let row = |reported| ReportedRow { as_at: Text(as_at), reported: ReportedCommitment::new(reported, as_at) };
        let items: Vec<ReportedRow> = report.items.into_iter().map(row).collect();
        let beginning = asked.after.is_none().then_some(options);
        let piece = table::rows(columns.iter().map(String::as_str), beginning, &items)?;
        page = report.next.map(|after| Page { after: Some(after), ..asked });
        Ok::<_, Problem>(Some(piece))
    };
    deliver(&app, caller, app.store.spool(next).await?, MEDIA_TYPE)
}

/// A commitment of the table, with the day of the report.
#[derive(Serialize)]
struct ReportedRow {
    as_at: Day,
    #[serde(flatten)]
    reported: ReportedCommitment,
}

/// The columns of the table of commitments: their status, their department, and what is on record of them.
fn commitment_columns() -> Vec<String> {
    let own = ["as_at", "status", "days_overdue", "department.id", "department.slug", "department.name"];
    let of_commitment = columns(&Commitment::OBJECT).into_iter().filter(|column| column.name != "department_id");
    let of_commitment = of_commitment.map(|column| format!("commitment.{}", column.name));
    own.into_iter().map(str::to_owned).chain(of_commitment).collect()
}

/// Export the report on support as a table
///
/// CSV with a row for each stage and sector. A gap is a row in which `unsupported` is more than 0.
#[utoipa::path(
    tag = "reports",
    params(CoverageFilter, TableOptions, IfNoneMatch),
    responses((status = 200, description = "The report", body = FigureTable, content_type = "text/csv"))
)]
#[get("/reports/support-coverage/export.csv")]
async fn export_support_coverage(
    app: App,
    Both(filter, options): Both<CoverageFilter, TableOptions>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    const COLUMNS: [&str; 9] =
        ["as_at", "stage", "sector", "mutuals", "unsupported", "enablers", "requests", "open", "median_days"];
    #[derive(Serialize)]
    struct Row {
        as_at: Day,
        #[serde(flatten)]
        cell: CoveredStage,
    }
    let (as_at, items) = coverage(&app, filter).await?;
    let items: Vec<Row> = items.into_iter().map(|cell| Row { as_at: Text(as_at), cell }).collect();
    let document = table::whole(&COLUMNS, options, &items)?;
    Ok(table::answered(conditions.report(digest(&document), document)))
}

/// Get the report on support
///
/// For each stage and sector: the enablers, the support requests and how long they wait, and the gaps, where there are
/// mutuals but no support.
#[utoipa::path(
    tag = "reports",
    params(CoverageFilter, IfNoneMatch),
    responses((status = 200, description = "The report", body = SupportCoverage))
)]
#[get("/reports/support-coverage")]
async fn get_support_coverage(
    app: App,
    filter: Query<CoverageFilter>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    let (as_at, items) = coverage(&app, filter.0).await?;
    Ok(conditions.worked_out(&SupportCoverage::new(as_at, items)))
}

/// The day of a report on support, and its items.
async fn coverage(app: &App, filter: CoverageFilter) -> Result<(domain::Day, Vec<CoveredStage>), Problem> {
    let as_at = app.as_at(filter.as_at.map(Text::into_inner))?;
    let departments = texts(filter.department);
    let read = move |tx: &mut store::ReadTx<'_>| {
        let departments = store::reference::resolve(tx, &departments).map_err(Problem::of_query)?;
        store::coverage::of(tx, &departments, as_at).map_err(Problem::from)
    };
    Ok((as_at, app.store.survey(read).await?))
}
