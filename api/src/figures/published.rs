//! What others have published on all mutuals together, beside what the register counts: `/v1/reports/published-figures`.

use actix_web::{HttpResponse, get};
use document::figures::CountedFilter;
use document::register::Money;
use document::source::Source;
use document::value::{Day, PartialDate, Plain as _, Text, Word};
use domain::{DataFile, NationalFigure};
use serde::Serialize;
use store::statistics::{AsAtDay, Count, Sum};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::data::DataFileVersion;
use crate::figures::figure::{Figure, Total};
use crate::figures::statistics::operations::{answer, json};
use crate::figures::table::{self, FigureTable};
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::query::Query;
use crate::response::problem::Problem;
use crate::response::table::TableOptions;

/// National figures that others have published, each beside what the register counts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "seq": 96,
    "items": [{
        "as_on": "2012-06-25",
        "count": 58,
        "staff": 20000,
        "turnover": {"amount_minor": 100_000_000_000_u64, "currency": "GBP"},
        "definition": "left the public sector, continues to provide public services, employee control plays a significant role",
        "sources": [{"url": "https://www.thirdsector.co.uk/article/1137976", "title": "Third Sector, June 2012"}],
        "register": {
            "as_at": "2012-06-25",
            "count": {"count": 17, "records": 17, "lacking": 21, "url": "/v1/statistics/mutuals?as_at=2012-06-25&standing=operating"},
            "staff": {"total": 6466, "records": 7, "lacking": 10, "url": "/v1/statistics/mutuals?as_at=2012-06-25&standing=operating&has_staff=true"},
            "difference": {"count": -41, "staff": -13534}
        }
    }],
    "data_file": {
        "name": "published_figures.csv",
        "sha256": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "replaced": false
    }
}))]
struct PublishedFigures {
    /// The log entry that the register's figures are up to date with.
    seq: i64,
    /// The figures, the oldest first, and those without a date last.
    #[schema(max_items = 1000)]
    items: Vec<NationalTotal>,
    data_file: DataFileVersion,
}

/// What one publication said of all mutuals together.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct NationalTotal {
    /// The day, month or year that the figure is for. Absent if the source does not say.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    as_on: Option<PartialDate>,
    /// The mutuals that it counts.
    #[schema(minimum = 0)]
    count: i64,
    /// Their staff. Absent if the source does not say.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff: Option<i64>,
    /// Their turnover in a year. Absent if the source does not say. The register has no such sum.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    turnover: Option<Money>,
    /// The area or the services that it covers. Absent if the source does not say.
    #[schema(nullable = false, max_length = 300)]
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// What the source counts as a mutual.
    #[schema(max_length = 2000)]
    definition: String,
    /// The limits of the figure.
    #[schema(nullable = false, max_length = 2000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Who published it.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    /// What the register counts. Absent without `as_on`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    register: Option<RegisterTotal>,
}

/// What the register counts for the same day, as far as it knows now.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct RegisterTotal {
    /// The day: the last one of a partial date.
    as_at: Day,
    count: Figure,
    staff: Total,
    difference: Difference,
}

/// The figures of the register less the published ones: below 0 if the register has fewer.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Difference {
    /// The difference in mutuals.
    #[schema(minimum = -9_007_199_254_740_991_i64)]
    count: i64,
    /// The difference in staff. Absent if none was published.
    #[schema(nullable = false, minimum = -9_007_199_254_740_991_i64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff: Option<i64>,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_published_figures).service(export_published_figures);
}

/// Get the published figures
///
/// The national figures on public service mutuals that others have published, with their sources. Each stands beside what
/// the register counts for the same day, and the difference.
///
/// The published counts are not one series: some count mutuals that were still emerging, some one service only. The
/// register counts operating mutuals, those on the way too if the publication does, and only those of the same sectors. It
/// does not narrow its count to an area.
#[utoipa::path(
    tag = "reports",
    params(IfNoneMatch),
    responses((status = 200, description = "The published figures", body = PublishedFigures))
)]
#[get("/reports/published-figures")]
async fn get_published_figures(app: App, conditions: IfChanged) -> Result<HttpResponse, Problem> {
    let today = app.as_at(None)?;
    answer(&app, &conditions, format!("published {today}"), async {
        let report = PublishedFigures::read(&app, today).await?;
        Ok((report.seq, json(&report)?))
    })
    .await
}

/// Export the published figures as a table
///
/// The same figures as `/v1/reports/published-figures`, as CSV: a row for each publication.
#[utoipa::path(
    tag = "reports",
    params(TableOptions, IfNoneMatch),
    responses((status = 200, description = "The published figures", body = FigureTable, content_type = "text/csv"))
)]
#[get("/reports/published-figures/export.csv")]
async fn export_published_figures(
    app: App,
    conditions: IfChanged,
    Query(options): Query<TableOptions>,
) -> Result<HttpResponse, Problem> {
    const COLUMNS: [&str; 17] = [
        "as_on",
        "count",
        "staff",
        "turnover.amount_minor",
        "turnover.currency",
        "scope",
        "definition",
        "note",
        "sources",
        "register.as_at",
        "register.count.count",
        "register.count.lacking",
        "register.staff.total",
        "register.staff.records",
        "register.staff.lacking",
        "register.difference.count",
        "register.difference.staff",
    ];
    let today = app.as_at(None)?;
    let key = format!("published table {today} {}", options.has_mark());
    let answer = answer(&app, &conditions, key, async {
        let report = PublishedFigures::read(&app, today).await?;
        Ok((report.seq, table::whole(&COLUMNS, options, &report.items)?))
    });
    answer.await.map(table::answered)
}

impl PublishedFigures {
    async fn read(app: &App, today: domain::Day) -> Result<Self, Problem> {
        let published = app.data.data().published.all();
        let asked: Vec<Option<CountedFilter>> = published.iter().map(counted).collect();
        let counted = app.store.with_facts(move |tx, facts| {
            let total = |filter: &Option<CountedFilter>| {
                let Some((filter, Text(day))) = filter.as_ref().and_then(|filter| Some((filter, filter.as_at?))) else {
                    return Ok(None);
                };
                store::statistics::total(tx, facts, filter, AsAtDay { day, today }).map(|total| Some((day, total)))
            };
            let totals = asked.iter().map(total).collect::<Result<Vec<_>, store::Error>>()?;
            Ok((facts.seq(), totals))
        });
        let (seq, counted) = counted.await?;
        let items = published.iter().zip(counted).map(|(figure, counted)| NationalTotal::new(app, figure, counted));
        let file = app.data.version_of(DataFile::PublishedFigures);
        let data_file = file.ok_or_else(|| Problem::internal("the published figures are in no data file"))?;
        Ok(Self { seq, items: items.collect(), data_file })
    }
}

/// Which mutuals of the register come closest to a published figure; none where its date is not known.
fn counted(figure: &NationalFigure) -> Option<CountedFilter> {
    Some(CountedFilter {
        as_at: Some(Text(figure.as_on?.last_day())),
        standing: figure.standings.iter().copied().map(Word).collect(),
        sector: figure.sectors.iter().copied().map(Word).collect(),
        ..CountedFilter::default()
    })
}

impl NationalTotal {
    fn new(app: &App, figure: &NationalFigure, counted: Option<(domain::Day, (Count, Sum))>) -> Self {
        let register = counted.map(|(day, (count, staff))| {
            let standings = figure.standings.iter().map(|group| format!("&standing={group}"));
            let sectors = figure.sectors.iter().map(|sector| format!("&sector={sector}"));
            let mutuals = format!("/v1/statistics/mutuals?as_at={day}{}", standings.chain(sectors).collect::<String>());
            let difference = Difference {
                count: count.records.saturating_sub(figure.count),
                staff: figure.staff.map(|published| staff.total.saturating_sub(published)),
            };
            let count = Figure::new(count, app.url(&mutuals));
            let staff = Total::new(staff, app.url(&format!("{mutuals}&has_staff=true")));
            RegisterTotal { as_at: Text(day), count, staff, difference }
        });
        Self {
            as_on: figure.as_on.map(Text),
            count: figure.count,
            staff: figure.staff,
            turnover: figure.turnover.as_ref().map(Money::show),
            scope: figure.scope.as_ref().map(ToString::to_string),
            definition: figure.definition.to_string(),
            note: figure.note.as_ref().map(ToString::to_string),
            sources: figure.sources.iter().map(Source::show).collect(),
            register,
        }
    }
}
