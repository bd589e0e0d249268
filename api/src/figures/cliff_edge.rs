//! The report on the cliff edge: which contracts end, and what is likely to come after them.

use actix_web::{HttpResponse, get};
use document::record_name::{DepartmentName, MutualName};
use document::register::{FirstContract, Procedure, ProtectionKind, WinnerKind};
use document::value::{Bounded, ContractId, Day, DepartmentId, PartialDate, Sector, Text, Title, Word};
use domain::cliff_edge::{MOST_MONTHS, months_later};
use domain::procurement::LAW_AS_AT;
use serde::{Deserialize, Serialize};
use store::ReadTx;
use store::statistics::cliff_edge::{Asked, EndingContract, Listed, Totals};
use store::statistics::{ContractsOf, Count, Facts};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::computed::page;
use super::figure::{Figure, Total};
use super::subject::{CLIFF_EDGE, COMPETITIONS, ReportLinks, ReportSubject};
use super::table::{self, FigureTable};
use crate::app::App;
use crate::bulk::export::deliver;
use crate::caller::Caller;
use crate::request::page::{ChildParameters, ListQuery};
use crate::request::query::Both;
use crate::response::problem::Problem;
use crate::response::table::{MEDIA_TYPE, TableOptions};

/// The route by which the next contract is likely to be awarded.
type NextRoute = Word<domain::NextRoute>;

/// Which contracts the report lists.
type CliffEdgeList = Word<domain::CliffEdgeList>;

/// How far the report looks ahead where nobody says.
const MONTHS: i64 = 12;
/// The form of the answers: a release that shows them otherwise raises it, so that no cache takes one for the other.
const FORM: u8 = 1;

/// What the report looks ahead to, and what it lists.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct CliffEdgeFilter {
    /// How many months after the day of the report the next end of a contract may be. The next end is `ends_on`, or
    /// `latest_ends_on` once `ends_on` has passed. The default is 12.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 600)]
    within_months: Option<Bounded<0, 600>>,
    /// Which contracts are listed. The default is `ending`. The totals are the same for each.
    listed: Option<CliffEdgeList>,
    /// Lists only contracts whose next end is in this month: send a `month` from `by_month` of the totals. A year lists the
    /// contracts of whose end only the year is known.
    ends_in: Option<PartialDate>,
    /// `true` lists only contracts whose mutual has a staff count that may apply to the day, `false` only the others.
    has_staff: Option<bool>,
}

/// A page of the report on the cliff edge.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_at": "2018-06-30", "within_months": 24, "until": "2020-06-30", "listed": "ending", "seq": 210, "law_as_at": "2026-04-01",
    "items": [{
        "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
        "url": "/v1/contracts/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
        "title": "Library and archive services",
        "mutual": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "slug": "explore-york", "name": "Explore York"},
        "department": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01", "slug": "york", "name": "City of York Council"},
        "sectors": ["libraries_archives"],
        "procedure": "unknown",
        "first_contract": "yes",
        "starts_on": "2014-05-01",
        "ends_on": "2019-03-31",
        "months_left": 9,
        "next_route": "unknown",
        "next_route_reason": "No CPV codes of the contract are on record, so it is not known whether its services can be reserved.",
        "competitions_lost": {
            "count": 0, "by_winner_kind": [],
            "url": "/v1/reports/competitions?as_at=2018-06-30&sector=libraries_archives&outcome=lost"
        }
    }],
    "next_cursor": "AZbVgHpO0m0B"
}))]
struct CliffEdgeReport {
    /// The day of the report.
    as_at: Day,
    /// How many months the report looks ahead.
    #[schema(minimum = 0, maximum = 600)]
    within_months: i64,
    /// The last day of these months.
    until: Day,
    /// Which contracts are listed.
    listed: CliffEdgeList,
    /// The log entry that the report is up to date with.
    seq: i64,
    /// The day up to which changes of the law were taken into account.
    #[schema(value_type = Day)]
    law_as_at: &'static str,
    /// Only on the first page.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<CliffEdgeTotals>,
    /// The contracts of the page, by their next end, then by id. Those without one come last.
    #[schema(max_items = 200)]
    items: Vec<CliffEdgeContract>,
    /// The `cursor` for the next page. Absent on the last page.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// The total number of contracts listed on all pages. Present if you ask with `count=exact`.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

/// How many contracts in force end, and when. A contract is in force from `starts_on`, or `entered_on` if that is not on
/// record, until its last day with all extensions. A partial date counts from its first day as a start and until its last
/// day as an end.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct CliffEdgeTotals {
    /// Contracts whose next end may be within the months. `lacking` counts `without_end` and `unclear`.
    ending: Figure,
    /// Contracts whose next end is later.
    later: Figure,
    /// Contracts without an end on record.
    without_end: Figure,
    /// Contracts of which it is not known whether they were in force on the day: they may have begun later, were ended
    /// early on an unknown day, or have the status `unknown`.
    unclear: Figure,
    /// The staff of the mutuals whose contracts are in `ending`. A mutual with several contracts is counted once.
    /// `records` and `lacking` count contracts.
    staff: Total,
    /// The contracts in `ending` by the month of their next end.
    #[schema(max_items = 1000)]
    by_month: Vec<MonthFigures>,
    /// The same by sector. A contract counts in each sector of its mutual that the report is about.
    #[schema(max_items = 100)]
    by_sector: Vec<SectorContracts>,
    /// The same by buyer, in the order of the slugs.
    #[schema(max_items = 100_000)]
    by_department: Vec<DepartmentContracts>,
}

/// The contracts that end in a month.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct MonthFigures {
    /// The month; a year for contracts of whose end only the year is known.
    month: PartialDate,
    contracts: Figure,
}

/// The contracts of mutuals in a sector.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct SectorContracts {
    sector: Sector,
    contracts: Figure,
}

/// The contracts that a department buys.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct DepartmentContracts {
    department_id: DepartmentId,
    /// The department's slug.
    #[schema(max_length = 100)]
    slug: String,
    /// The department's name.
    #[schema(max_length = 200)]
    name: String,
    contracts: Figure,
}

/// A contract of the report.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct CliffEdgeContract {
    id: ContractId,
    /// Where the contract is: a path, or an address if the operator has set the public one.
    #[schema(format = "uri-reference", max_length = 800)]
    url: String,
    title: Title,
    /// The supplier.
    mutual: MutualName,
    /// The buyer.
    department: DepartmentName,
    /// The sectors of the mutual.
    #[schema(max_items = 100)]
    sectors: Vec<Sector>,
    procedure: Procedure,
    /// By its sources, or by the register if they do not say.
    first_contract: FirstContract,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_on: Option<PartialDate>,
    /// The last day of its term as agreed.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_on: Option<PartialDate>,
    /// The last day of its term if all extensions are used.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    latest_ends_on: Option<Day>,
    /// Whole months until the next end, which is `ends_on`, or `latest_ends_on` once `ends_on` has passed. If the date is
    /// partial, until its first day. Absent without an end on record.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    months_left: Option<u32>,
    /// Whole months until the last day on which it may end, with all extensions. Absent if it is the same as
    /// `months_left`.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    months_left_at_most: Option<u32>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    protection_kind: Option<ProtectionKind>,
    /// The last day of its protection.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    protected_until: Option<Day>,
    /// The first day on which the buyer can award the mutual another reserved contract for the same kind of services, by
    /// the law of the next procurement. Absent if the contract is not reserved, or the day is not known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reservable_again_on: Option<Day>,
    /// Why it is that day, or why the day is not known. Absent if the contract is not reserved.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reservable_again_reason: Option<String>,
    next_route: NextRoute,
    /// Why this route is likely, or why none can be named.
    #[schema(max_length = 2000)]
    next_route_reason: String,
    /// Where the law says so. Absent if the route is `unknown`.
    #[schema(nullable = false, max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_route_citation: Option<&'static str>,
    /// The staff of the mutual, who depend on the contract. Absent if no known count may apply to the day.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_count: Option<i64>,
    /// When the staff were counted.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_counted_on: Option<PartialDate>,
    competitions_lost: CompetitionsLost,
}

/// Competitions that mutuals in the same sectors had lost by the day.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct CompetitionsLost {
    /// The number of competitions.
    #[schema(minimum = 0)]
    count: i64,
    /// By kind of winner. Competitions whose winner is of an unknown kind are only in `count`.
    #[schema(max_items = 100)]
    by_winner_kind: Vec<LostToKind>,
    /// The link that lists exactly these competitions.
    #[schema(format = "uri-reference", max_length = 40_000)]
    url: String,
}

/// Competitions that one kind of organisation won.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct LostToKind {
    winner_kind: WinnerKind,
    /// The number of competitions.
    #[schema(minimum = 1)]
    count: i64,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_cliff_edge).service(export_cliff_edge);
}

/// Get the report on the cliff edge
///
/// When a contract ends, its mutual may lose the service that it lives by: the cliff edge. The report lists the contracts
/// that are in force on a day and end within some months. For each contract, it shows:
///
/// - until when it is protected
/// - from which day the buyer can reserve another contract to the same mutual
/// - by which route the next contract is likely to be awarded. This is not legal advice
/// - how many staff depend on it
/// - how many competitions mutuals in the same sectors have lost
///
/// For an earlier day than today, a contract counts by its dates, because its status is that of today. Competitions that
/// were decided later are not counted. If you read several pages, set `as_at`, so that all pages are for the same day.
#[utoipa::path(
    tag = "reports",
    params(ReportSubject, CliffEdgeFilter, ChildParameters),
    responses((status = 200, description = "A page of the report", body = CliffEdgeReport))
)]
#[get("/reports/cliff-edge")]
async fn get_cliff_edge(
    app: App,
    query: ListQuery<Both<ReportSubject, CliffEdgeFilter>, ()>,
) -> Result<HttpResponse, Problem> {
    let asked = asked(&app, &query.filter)?;
    let is_first_page = query.page.after.is_none();
    let compute = async {
        let (shared, page, of) = (app.shared().clone(), query.page.clone(), asked.clone());
        let read = move |tx: &mut ReadTx<'_>, facts: &Facts| {
            store::statistics::cliff_edge::report(tx, facts, &shared.data.data().law, &of, &page)
        };
        let report = app.store.with_facts(read).await.map_err(Problem::of_query)?;
        let next_cursor = report.next.as_ref().map(|position| query.cursor(position));
        let seq = report.totals.seq;
        let view = CliffEdgeReport {
            as_at: Text(asked.as_at.day),
            within_months: i64::from(asked.within_months),
            until: Text(months_later(asked.as_at.day, asked.within_months).unwrap_or(asked.as_at.day)),
            listed: Word(asked.list),
            seq,
            law_as_at: LAW_AS_AT,
            totals: is_first_page.then(|| CliffEdgeTotals::new(&app, &asked, report.totals)),
            items: report.items.into_iter().map(|item| CliffEdgeContract::new(&app, &asked, item)).collect(),
            next_cursor: next_cursor.clone(),
            total: query.page.count.then_some(report.listed),
        };
        Ok((seq, next_cursor, view))
    };
    page(&app, FORM, &query, asked.as_at, compute).await
}

/// Export the report on the cliff edge as a table
///
/// All contracts that the report lists, as CSV: a row for each. All rows show the register at the same moment.
#[utoipa::path(
    tag = "reports",
    params(ReportSubject, CliffEdgeFilter, TableOptions),
    responses((status = 200, description = "The report", body = FigureTable, content_type = "text/csv"))
)]
#[get("/reports/cliff-edge/export.csv")]
async fn export_cliff_edge(
    app: App,
    caller: Caller,
    Both(filter, options): Both<Both<ReportSubject, CliffEdgeFilter>, TableOptions>,
) -> Result<HttpResponse, Problem> {
    const AT_A_TIME: usize = 200;
    let asked = asked(&app, &filter)?;
    let listed = asked.clone();
    let list = move |tx: &mut ReadTx<'_>, facts: &Facts| {
        store::statistics::cliff_edge::all(tx, facts, &listed).map_err(Problem::of_query)
    };
    let mut beginning = Some(options);
    let of_request = app.clone();
    let next = move |tx: &mut ReadTx<'_>, left: &mut Listed| {
        let items = left.describe(tx, &of_request.data.data().law, AT_A_TIME)?;
        if items.is_empty() && beginning.is_none() {
            return Ok(None);
        }
        let row = |item| CliffEdgeRow {
            as_at: Text(asked.as_at.day),
            contract: CliffEdgeContract::new(&of_request, &asked, item),
        };
        let items: Vec<CliffEdgeRow> = items.into_iter().map(row).collect();
        table::rows(COLUMNS.into_iter(), beginning.take(), &items).map(Some)
    };
    deliver(&app, caller, app.store.spool_with_facts(list, next).await?, MEDIA_TYPE)
}

/// The columns of the table.
const COLUMNS: [&str; 30] = [
    "as_at",
    "id",
    "title",
    "mutual.id",
    "mutual.slug",
    "mutual.name",
    "department.id",
    "department.slug",
    "department.name",
    "sectors",
    "procedure",
    "first_contract",
    "starts_on",
    "ends_on",
    "latest_ends_on",
    "months_left",
    "months_left_at_most",
    "protection_kind",
    "protected_until",
    "reservable_again_on",
    "reservable_again_reason",
    "next_route",
    "next_route_reason",
    "next_route_citation",
    "staff_count",
    "staff_counted_on",
    "competitions_lost.count",
    "competitions_lost.by_winner_kind",
    "competitions_lost.url",
    "url",
];

/// A contract of the table, with the day of the report.
#[derive(Serialize)]
struct CliffEdgeRow {
    as_at: Day,
    #[serde(flatten)]
    contract: CliffEdgeContract,
}

fn asked(app: &App, Both(subject, filter): &Both<ReportSubject, CliffEdgeFilter>) -> Result<Asked, Problem> {
    let months = filter.within_months.map_or(MONTHS, |Bounded(months)| months);
    Ok(Asked {
        as_at: subject.as_at(app)?,
        within_months: u32::try_from(months).unwrap_or(MOST_MONTHS),
        of: subject.contracts(),
        list: filter.listed.map_or(domain::CliffEdgeList::Ending, Word::into_inner),
        ends_in: filter.ends_in.map(Text::into_inner),
        has_staff: filter.has_staff,
    })
}

impl CliffEdgeTotals {
    fn new(app: &App, asked: &Asked, totals: Totals) -> Self {
        let months = format!("&within_months={}", asked.within_months);
        let links = ReportLinks::new(app, CLIFF_EDGE, asked.as_at, &months, &asked.of);
        let counted = |records: i64, url: String| Figure::new(Count { records, lacking: 0 }, url);
        let of_list =
            |count: i64, list: domain::CliffEdgeList| counted(count, links.narrowed(&format!("listed={list}")));
        Self {
            ending: Figure::new(totals.ending, links.narrowed("")),
            later: of_list(totals.later, domain::CliffEdgeList::Later),
            without_end: of_list(totals.without_end, domain::CliffEdgeList::WithoutEnd),
            unclear: of_list(totals.unclear, domain::CliffEdgeList::Unclear),
            staff: Total::new(totals.staff, links.narrowed("has_staff=true")),
            by_month: totals
                .by_month
                .into_iter()
                .map(|(month, count)| MonthFigures {
                    month: Text(month),
                    contracts: counted(count, links.narrowed(&format!("ends_in={month}"))),
                })
                .collect(),
            by_sector: totals
                .by_sector
                .into_iter()
                .map(|(sector, count)| SectorContracts {
                    sector: Word(sector),
                    contracts: counted(count, links.of_sector(sector, "")),
                })
                .collect(),
            by_department: totals
                .by_department
                .into_iter()
                .map(|(department, count)| DepartmentContracts {
                    department_id: Text(department.id),
                    contracts: counted(count, links.of_department(department.id)),
                    slug: department.slug,
                    name: department.name,
                })
                .collect(),
        }
    }
}

impl CliffEdgeContract {
    fn new(app: &App, asked: &Asked, item: EndingContract) -> Self {
        let EndingContract { contract, mutual, department, first, months_left, staff, next, lost } = item;
        let domain::Contract { title, timeline, procedure, .. } = contract.content;
        let sectors = mutual.content.sectors.to_vec();
        let of = ContractsOf { sectors: sectors.clone(), ..ContractsOf::default() };
        let links = ReportLinks::new(app, COMPETITIONS, asked.as_at, "", &of);
        let to_kind = |(kind, count): &(Option<domain::WinnerKind>, i64)| {
            kind.map(|kind| LostToKind { winner_kind: Word(kind), count: *count })
        };
        let competitions_lost = CompetitionsLost {
            count: lost.iter().map(|(_, count)| count).sum(),
            by_winner_kind: lost.iter().filter_map(to_kind).collect(),
            url: links.narrowed("outcome=lost"),
        };
        let (reservable_again_on, reservable_again_reason) = match next.reservable_again {
            Some(again) => (again.on.map(Text), Some(again.reason)),
            None => (None, None),
        };
        let protection = timeline.protection.as_ref();
        Self {
            id: Text(contract.id),
            url: app.url(&format!("/v1/contracts/{}", contract.id)),
            title: Text(title),
            sectors: sectors.into_iter().map(Word).collect(),
            procedure: Word(procedure),
            first_contract: Word(first),
            starts_on: timeline.starts_on.map(Text),
            ends_on: timeline.ends_on.map(Text),
            latest_ends_on: timeline.latest_ends_on.map(Text),
            months_left: months_left.map(|[least, _]| least),
            months_left_at_most: months_left.and_then(|[least, most]| (most != least).then_some(most)),
            protection_kind: protection.map(|protection| Word(protection.kind)),
            protected_until: protection.and_then(|protection| protection.until).map(Text),
            reservable_again_on,
            reservable_again_reason,
            next_route: Word(next.route),
            next_route_reason: next.reason,
            next_route_citation: next.citation,
            staff_count: staff,
            staff_counted_on: staff.and(mutual.content.staff.staff_counted_on).map(Text),
            competitions_lost,
            mutual: MutualName {
                id: Text(mutual.id),
                slug: Text(mutual.content.slug),
                name: Text(mutual.content.name),
            },
            department: DepartmentName {
                id: Text(department.id),
                slug: Text(department.content.slug),
                name: Text(department.content.name),
            },
        }
    }
}
