//! The report on competitions: won and lost, and who won.

use actix_web::{HttpResponse, get};
use document::record_name::{DepartmentName, MutualName};
use document::register::{CompetitionKind, CompetitionOutcome, FirstContract, WinnerKind};
use document::value::{CompetitionId, ContractId, Day, Name, PartialDate, Sector, Text, Title, Word, words};
use serde::{Deserialize, Serialize};
use store::ReadTx;
use store::statistics::competitions::{Asked, Listed, ToldCompetition, Totals};
use store::statistics::{Count, Facts, Results};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::computed::page;
use super::figure::Figure;
use super::results::{FirstContractResults, SectorResults, WinnerKindResults, YearResults, figures_of};
use super::subject::{COMPETITIONS, ReportLinks, ReportSubject};
use super::table::{self, FigureTable};
use crate::app::App;
use crate::bulk::export::deliver;
use crate::caller::Caller;
use crate::request::page::{ChildParameters, ListQuery};
use crate::request::query::Both;
use crate::response::problem::Problem;
use crate::response::table::{MEDIA_TYPE, TableOptions};

/// The form of the answers: a release that shows them otherwise raises it, so that no cache takes one for the other.
const FORM: u8 = 1;

/// What the report lists. The totals are the same for each.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct CompetitionReportFilter {
    /// Lists only competitions with this outcome by the day.
    outcome: Vec<CompetitionOutcome>,
    /// Lists only competitions that this kind of organisation had won by the day.
    winner_kind: Vec<WinnerKind>,
    /// Lists only competitions for contracts that are the first of their mutual (`yes`), that are not (`no`), or of which
    /// this is not known (`unknown`).
    first_contract: Vec<FirstContract>,
    /// Lists only competitions decided in this year, in this month or on this day. A partial date of decision counts as its
    /// first day.
    decided_in: Option<PartialDate>,
    /// `true` lists the competitions of which it is not known whether they were open or decided on the day, in place of
    /// the others. The totals count them as `lacking`. Of the other filters of the list, only `first_contract` then
    /// applies.
    unclear: Option<bool>,
}

/// A page of the report on competitions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_at": "2019-12-31", "seq": 210,
    "items": [{
        "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e21",
        "url": "/v1/contracts/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11/competitions/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e21",
        "kind": "retender",
        "contract_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
        "contract_title": "Library and archive services",
        "mutual": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "slug": "explore-york", "name": "Explore York"},
        "department": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01", "slug": "york", "name": "City of York Council"},
        "sectors": ["libraries_archives"],
        "first_contract": "no",
        "opened_on": "2018-07-13",
        "decided_on": "2019-02-26",
        "outcome": "won_by_mutual",
        "bidders": 2,
        "winner_kind": "mutual"
    }]
}))]
struct CompetitionReport {
    /// The day of the report.
    as_at: Day,
    /// The log entry that the report is up to date with.
    seq: i64,
    /// Only on the first page.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<CompetitionTotals>,
    /// The competitions of the page, in the order of entry.
    #[schema(max_items = 200)]
    items: Vec<ReportedCompetition>,
    /// The `cursor` for the next page. Absent on the last page.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// The total number of competitions listed on all pages. Present if you ask with `count=exact`.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

/// The competitions that were open or decided by the day.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct CompetitionTotals {
    /// All of them. `lacking` counts those of which it is not known whether they were open or decided.
    competitions: Figure,
    /// The competitions of which it is not known whether they were open or decided.
    unclear: Figure,
    /// By outcome.
    #[schema(max_items = 100)]
    by_outcome: Vec<OutcomeFigures>,
    /// By who won. A competition that the mutual won counts as won by a mutual.
    #[schema(max_items = 100)]
    by_winner_kind: Vec<WinnerKindResults>,
    /// By sector. A competition counts in each sector of its mutual that the report is about.
    #[schema(max_items = 100)]
    by_sector: Vec<SectorResults>,
    /// By the year of the decision. A partial date counts as its first day.
    #[schema(max_items = 9000)]
    by_year: Vec<YearResults>,
    /// By whether the contract is the first of its mutual: by its sources, or by the register if they do not say.
    #[schema(max_items = 10)]
    by_first_contract: Vec<FirstContractResults>,
    left_out: CompetitionsLeftOut,
}

/// How many competitions a breakdown leaves out, because the fact that it groups by is not known.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct CompetitionsLeftOut {
    /// Decided competitions of which it is not known who won.
    winner_kind: LeftOutResults,
    /// Decided competitions whose year is not known.
    year: LeftOutResults,
}

/// Competitions that a breakdown leaves out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct LeftOutResults {
    /// The mutual won.
    #[schema(minimum = 0)]
    won: i64,
    /// The mutual bid, and another bidder won.
    #[schema(minimum = 0)]
    lost: i64,
    /// Any other outcome.
    #[schema(minimum = 0)]
    other: i64,
}

/// The competitions with an outcome.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct OutcomeFigures {
    outcome: CompetitionOutcome,
    competitions: Figure,
}

/// A competition as it stood on the day: without what was decided later.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct ReportedCompetition {
    id: CompetitionId,
    /// Where the competition is: a path, or an address if the operator has set the public one.
    #[schema(format = "uri-reference", max_length = 800)]
    url: String,
    kind: CompetitionKind,
    contract_id: ContractId,
    contract_title: Title,
    /// The mutual of the contract.
    mutual: MutualName,
    /// The buyer.
    department: DepartmentName,
    /// The sectors of the mutual.
    #[schema(max_items = 100)]
    sectors: Vec<Sector>,
    first_contract: FirstContract,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_on: Option<PartialDate>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_on: Option<PartialDate>,
    /// The outcome by the day. Absent if it is not known whether the competition was open or decided.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<CompetitionOutcome>,
    /// How many bidders are known.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    bidders: Option<i64>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    winner_name: Option<Name>,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    winner_kind: Option<WinnerKind>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_competition_report).service(export_competition_report);
}

/// Get the report on competitions
///
/// The competitions for contracts of mutuals that were open or decided by a day. The totals say how many the mutuals won
/// and lost: by kind of winner, by sector, by year, and by first contract or not.
///
/// A competition that was decided by the day counts with its outcome. One that was decided later counts as open if it was
/// opened by the day. If it is not known when a competition was decided or opened, it is `lacking` in a report for an
/// earlier day than today. In a report for today or later, every competition counts with its outcome. If you read several
/// pages, set `as_at`, so that all pages are for the same day.
#[utoipa::path(
    tag = "reports",
    params(ReportSubject, CompetitionReportFilter, ChildParameters),
    responses((status = 200, description = "A page of the report", body = CompetitionReport))
)]
#[get("/reports/competitions")]
async fn get_competition_report(
    app: App,
    query: ListQuery<Both<ReportSubject, CompetitionReportFilter>, ()>,
) -> Result<HttpResponse, Problem> {
    let asked = asked(&app, &query.filter)?;
    let is_first_page = query.page.after.is_none();
    let compute = async {
        let (page, of) = (query.page.clone(), asked.clone());
        let read =
            move |tx: &mut ReadTx<'_>, facts: &Facts| store::statistics::competitions::report(tx, facts, &of, &page);
        let report = app.store.with_facts(read).await.map_err(Problem::of_query)?;
        let next_cursor = report.next.as_ref().map(|position| query.cursor(position));
        let seq = report.totals.seq;
        let view = CompetitionReport {
            as_at: Text(asked.as_at.day),
            seq,
            totals: is_first_page.then(|| CompetitionTotals::new(&app, &asked, report.totals)),
            items: report.items.into_iter().map(|item| ReportedCompetition::new(&app, item)).collect(),
            next_cursor: next_cursor.clone(),
            total: query.page.count.then_some(report.listed),
        };
        Ok((seq, next_cursor, view))
    };
    page(&app, FORM, &query, asked.as_at, compute).await
}

/// Export the report on competitions as a table
///
/// All competitions that the report lists, as CSV: a row for each. All rows show the register at the same moment.
#[utoipa::path(
    tag = "reports",
    params(ReportSubject, CompetitionReportFilter, TableOptions),
    responses((status = 200, description = "The report", body = FigureTable, content_type = "text/csv"))
)]
#[get("/reports/competitions/export.csv")]
async fn export_competition_report(
    app: App,
    caller: Caller,
    Both(filter, options): Both<Both<ReportSubject, CompetitionReportFilter>, TableOptions>,
) -> Result<HttpResponse, Problem> {
    const AT_A_TIME: usize = 200;
    let asked = asked(&app, &filter)?;
    let as_at = Text(asked.as_at.day);
    let list = move |tx: &mut ReadTx<'_>, facts: &Facts| {
        store::statistics::competitions::all(tx, facts, &asked).map_err(Problem::of_query)
    };
    let mut beginning = Some(options);
    let of_request = app.clone();
    let next = move |tx: &mut ReadTx<'_>, left: &mut Listed| {
        let items = left.describe(tx, AT_A_TIME)?;
        if items.is_empty() && beginning.is_none() {
            return Ok(None);
        }
        let row = |item| CompetitionRow { as_at, competition: ReportedCompetition::new(&of_request, item) };
        let items: Vec<CompetitionRow> = items.into_iter().map(row).collect();
        table::rows(COLUMNS.into_iter(), beginning.take(), &items).map(Some)
    };
    deliver(&app, caller, app.store.spool_with_facts(list, next).await?, MEDIA_TYPE)
}

/// The columns of the table.
const COLUMNS: [&str; 20] = [
    "as_at",
    "id",
    "kind",
    "contract_id",
    "contract_title",
    "mutual.id",
    "mutual.slug",
    "mutual.name",
    "department.id",
    "department.slug",
    "department.name",
    "sectors",
    "first_contract",
    "opened_on",
    "decided_on",
    "outcome",
    "bidders",
    "winner_name",
    "winner_kind",
    "url",
];

/// A competition of the table, with the day of the report.
#[derive(Serialize)]
struct CompetitionRow {
    as_at: Day,
    #[serde(flatten)]
    competition: ReportedCompetition,
}

fn asked(app: &App, Both(subject, filter): &Both<ReportSubject, CompetitionReportFilter>) -> Result<Asked, Problem> {
    Ok(Asked {
        as_at: subject.as_at(app)?,
        of: subject.contracts(),
        outcomes: words(filter.outcome.clone()),
        winner_kinds: words(filter.winner_kind.clone()),
        first: words(filter.first_contract.clone()),
        decided_in: filter.decided_in.map(Text::into_inner),
        unclear: filter.unclear.unwrap_or_default(),
    })
}

impl CompetitionTotals {
    fn new(app: &App, asked: &Asked, totals: Totals) -> Self {
        let links = ReportLinks::new(app, COMPETITIONS, asked.as_at, "", &asked.of);
        let lacking = Count { records: totals.competitions.lacking, lacking: 0 };
        let narrowed = |own: String| {
            let links = &links;
            move |condition: &str| links.narrowed(&format!("{own}&{condition}"))
        };
        let of_outcome = |(outcome, records): (domain::CompetitionOutcome, i64)| OutcomeFigures {
            outcome: Word(outcome),
            competitions: Figure::new(Count { records, lacking: 0 }, links.narrowed(&format!("outcome={outcome}"))),
        };
        Self {
            competitions: Figure::new(totals.competitions, links.narrowed("")),
            unclear: Figure::new(lacking, links.narrowed("unclear=true")),
            by_outcome: totals.by_outcome.into_iter().map(of_outcome).collect(),
            by_winner_kind: totals
                .by_winner_kind
                .into_iter()
                .map(|(kind, it)| {
                    WinnerKindResults::new(Word(kind), figures_of(it, 0, narrowed(format!("winner_kind={kind}"))))
                })
                .collect(),
            by_sector: totals
                .by_sector
                .into_iter()
                .map(|(sector, it)| {
                    SectorResults::new(Word(sector), figures_of(it, 0, |condition| links.of_sector(sector, condition)))
                })
                .collect(),
            by_year: totals
                .by_year
                .into_iter()
                .map(|(year, it)| YearResults::new(year, figures_of(it, 0, narrowed(format!("decided_in={year:04}")))))
                .collect(),
            by_first_contract: totals
                .by_first_contract
                .into_iter()
                .map(|(first, it)| {
                    FirstContractResults::new(
                        Word(first),
                        figures_of(it, 0, narrowed(format!("first_contract={first}"))),
                    )
                })
                .collect(),
            left_out: CompetitionsLeftOut {
                winner_kind: LeftOutResults::of(totals.without_winner_kind),
                year: LeftOutResults::of(totals.without_year),
            },
        }
    }
}

impl LeftOutResults {
    const fn of(results: Results) -> Self {
        Self { won: results.won, lost: results.lost, other: results.other }
    }
}

impl ReportedCompetition {
    fn new(app: &App, told: ToldCompetition) -> Self {
        let ToldCompetition { competition, contract, mutual, department, sectors, first, outcome } = told;
        let domain::Competition { kind, contest, .. } = competition.content.content;
        let is_decided = outcome.is_some_and(|outcome| outcome != domain::CompetitionOutcome::Open);
        let contest = contest.into_inner();
        let winner = contest.winner();
        Self {
            id: Text(competition.id),
            url: app.url(&format!("/v1/contracts/{}/competitions/{}", contract.id, competition.id)),
            kind: Word(kind),
            contract_id: Text(contract.id),
            contract_title: Text(contract.content.title),
            mutual,
            department,
            sectors: sectors.into_iter().map(Word).collect(),
            first_contract: Word(first),
            opened_on: contest.opened_on.map(Text),
            decided_on: contest.decided_on.filter(|_| is_decided).map(Text),
            outcome: outcome.map(Word),
            bidders: contest.bidders.filter(|_| is_decided),
            winner_name: contest.winner_name.filter(|_| is_decided).map(Text),
            winner_kind: winner.filter(|_| is_decided).map(Word),
        }
    }
}
