//! What callers can ask of the figures.

use std::future::Future;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get};
use chrono::Datelike as _;
use domain::FaultCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::statistics::{AsAtDay, Facts, FoundMutual, Period, PeriodFigures, Wanted};
use store::{Listed, Position, ReadTx, Slice};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{Links, Statistics};
use crate::app::App;
use crate::bulk::export::deliver;
use crate::caller::Caller;
use crate::figures::answers::Answer;
use crate::figures::computed::computed;
use crate::figures::figure::{Figure, Total};
use crate::figures::table::{self, FigureTable};
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::query::{Both, Query};
use crate::response::problem::{ErrorItem, Problem};
use crate::response::table::{MEDIA_TYPE, TableOptions};
use document::figures::{CountedFilter, CountedMutual};
use document::value::{Day, PartialDate, Text, Word};

/// How long the periods are.
type TimelineStep = Word<domain::statistics::TimelineStep>;

type CountedMutualPage = ListPage<CountedMutual>;

/// Periods that one answer has at most.
const MOST_PERIODS: i32 = 600;
/// Periods that an answer has where nobody says from when.
const PERIODS: i32 = 20;
/// The form of the answers: a release that shows them otherwise raises it, so that no cache takes one for the other.
const FORM: u8 = 1;

/// As at which day.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AsAt {
    /// The end of this day, as far as the register knows now. The default is today (UTC).
    as_at: Option<Day>,
}

/// Which periods.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TimelineOf {
    /// How long the periods are. The default is `year`.
    by: Option<TimelineStep>,
    /// A date in the first period. The default gives 20 periods.
    from: Option<PartialDate>,
    /// A date in the last period. The default is today. At most 600 periods are allowed.
    to: Option<PartialDate>,
}

/// Figures for consecutive periods.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"by": "year", "seq": 96, "periods": []}))]
struct Timeline {
    by: TimelineStep,
    /// The log entry that the figures are up to date with.
    seq: i64,
    /// The periods, the oldest first.
    #[schema(max_items = 600)]
    periods: Vec<TimelinePeriod>,
}

/// The figures of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct TimelinePeriod {
    /// The year or the month.
    period: PartialDate,
    /// The last day of the period, on which mutuals and their staff are counted.
    ends_on: Day,
    operating: Figure,
    on_the_way: Figure,
    /// The staff of operating mutuals and of those on the way.
    staff: Total,
    /// Mutuals launched in the period. A partial launch date counts as its first day. `lacking` counts those whose
    /// launch date is not known.
    launches: Figure,
    /// Mutuals that ended in the period, before or after their launch. A partial date counts as its first day.
    /// `lacking` counts those whose end date is not known.
    endings: Figure,
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_statistics).service(get_timeline).service(list_counted_mutuals);
    config.service(export_statistics).service(export_timeline).service(export_counted_mutuals);
}

/// Get the statistics
///
/// What was true at the end of a day, as far as the register knows now. Each figure has the number of records behind
/// it, the number that lack the fact, and a link that lists exactly the records behind it.
///
/// A stage transition counts as having happened if its first possible day is on or before the day. An undated
/// transition counts if a later one does, or if the day is today or later. A mutual without transitions has been in its
/// stage since `stage_since`, or since the day it was entered. Before that it is not counted. The staff count is the
/// newest, if it may apply to the day. Drafts are never counted. Procurements that have not led to a contract are not
/// counted.
#[utoipa::path(
    tag = "statistics",
    params(AsAt, IfNoneMatch),
    responses((status = 200, description = "The figures", body = Statistics))
)]
#[get("/statistics")]
async fn get_statistics(app: App, conditions: IfChanged, Query(asked): Query<AsAt>) -> Result<HttpResponse, Problem> {
    let asked = as_at(&app, asked.as_at)?;
    let key = format!("statistics {} {}", asked.day, asked.day < asked.today);
    answer(&app, &conditions, key, async {
        let figures = app.store.with_facts(move |tx, facts| store::statistics::figures(tx, facts, asked)).await?;
        let seq = figures.seq;
        Ok((seq, json(&Statistics::new(&app, asked, figures))?))
    })
    .await
}

/// Export the statistics as a table
///
/// The same figures as `/v1/statistics`, as CSV: a row for each figure, with the group and the code that it is for, its
/// value, the number of records behind it, the number that lack the fact, and the link. A row with the name `not known`
/// counts the mutuals that a group leaves out.
#[utoipa::path(
    tag = "statistics",
    params(AsAt, TableOptions, IfNoneMatch),
    responses((status = 200, description = "The figures", body = FigureTable, content_type = "text/csv"))
)]
#[get("/statistics/export.csv")]
async fn export_statistics(
    app: App,
    conditions: IfChanged,
    Both(asked, options): Both<AsAt, TableOptions>,
) -> Result<HttpResponse, Problem> {
    let (asked, has_mark) = (as_at(&app, asked.as_at)?, options.has_mark());
    let key = format!("statistics table {} {} {has_mark}", asked.day, asked.day < asked.today);
    let answer = answer(&app, &conditions, key, async {
        let figures = app.store.with_facts(move |tx, facts| store::statistics::figures(tx, facts, asked)).await?;
        let seq = figures.seq;
        Ok((seq, table::statistics(&Statistics::new(&app, asked, figures), options)?))
    });
    answer.await.map(table::answered)
}

/// Export a timeline of the statistics as a table
///
/// The same figures as `/v1/statistics/timeline`, as CSV: a row for each period.
#[utoipa::path(
    tag = "statistics",
    params(TimelineOf, TableOptions, IfNoneMatch),
    responses((status = 200, description = "The figures of each period", body = FigureTable, content_type = "text/csv"))
)]
#[get("/statistics/timeline/export.csv")]
async fn export_timeline(
    app: App,
    conditions: IfChanged,
    Both(asked, options): Both<TimelineOf, TableOptions>,
) -> Result<HttpResponse, Problem> {
    const COLUMNS: [&str; 13] = [
        "period",
        "ends_on",
        "operating.count",
        "operating.lacking",
        "on_the_way.count",
        "on_the_way.lacking",
        "staff.total",
        "staff.records",
        "staff.lacking",
        "launches.count",
        "launches.lacking",
        "endings.count",
        "endings.lacking",
    ];
    let has_mark = options.has_mark();
    let asked = Asked::of(&app, &asked)?;
    let key = format!("table {} {has_mark}", asked.key());
    let answer = answer(&app, &conditions, key, async {
        let timeline = asked.timeline(&app).await?;
        Ok((timeline.seq, table::whole(&COLUMNS, options, &timeline.periods)?))
    });
    answer.await.map(table::answered)
}

/// Get a timeline of the statistics
///
/// The mutuals operating and on the way at the end of each year or month, their staff, and the launches and endings in it.
#[utoipa::path(
    tag = "statistics",
    params(TimelineOf, IfNoneMatch),
    responses((status = 200, description = "The figures of each period", body = Timeline))
)]
#[get("/statistics/timeline")]
async fn get_timeline(
    app: App,
    conditions: IfChanged,
    Query(asked): Query<TimelineOf>,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&app, &asked)?;
    answer(&app, &conditions, asked.key(), async {
        let timeline = asked.timeline(&app).await?;
        Ok((timeline.seq, json(&timeline)?))
    })
    .await
}

/// A timeline that was asked for.
struct Asked {
    by: domain::statistics::TimelineStep,
    periods: Vec<domain::PartialDate>,
    today: domain::Day,
}

impl Asked {
    fn of(app: &App, asked: &TimelineOf) -> Result<Self, Problem> {
        let today = app.as_at(None)?;
        let by = asked.by.map_or(domain::statistics::TimelineStep::Year, Word::into_inner);
        Ok(Self { by, periods: periods(by, asked, today)?, today })
    }

    fn key(&self) -> String {
        let bounds = self.periods.first().zip(self.periods.last());
        let bounds = bounds.map(|(first, last)| format!("{first} {last}")).unwrap_or_default();
        format!("timeline {} {bounds} {}", self.by.as_str(), self.today)
    }

    async fn timeline(&self, app: &App) -> Result<Timeline, Problem> {
        let day = |period: &domain::PartialDate| Period { first: period.first_day(), last: period.last_day() };
        let (ends, today): (Vec<Period>, _) = (self.periods.iter().map(day).collect(), self.today);
        let computed =
            app.store.with_facts(move |_, facts| Ok((facts.seq(), store::statistics::timeline(facts, &ends, today))));
        let (seq, figures) = computed.await?;
        let periods = self.periods.iter().zip(figures);
        let periods = periods.map(|(period, figures)| TimelinePeriod::new(app, *period, today, &figures));
        Ok(Timeline { by: Word(self.by), seq, periods: periods.collect() })
    }
}

/// List the mutuals behind a figure
///
/// For a given day, in the order of entry. The links in the statistics lead here.
#[utoipa::path(
    tag = "statistics",
    params(CountedFilter, ChildParameters),
    responses((status = 200, description = "A page of mutuals", body = CountedMutualPage))
)]
#[get("/statistics/mutuals")]
async fn list_counted_mutuals(app: App, query: ListQuery<CountedFilter, ()>) -> Result<HttpResponse, Problem> {
    let asked = as_at(&app, query.filter.as_at)?;
    let after = query.page.after.as_ref().map(|position| position.id.parse()).transpose();
    let after = after.map_err(|_| store::Error::InvalidPosition(String::new()))?;
    let part = Wanted { after, limit: query.page.limit, count: query.page.count };
    let filter = query.filter.clone();
    let found = app.store.with_facts(move |tx, facts| store::statistics::list(tx, facts, &filter, asked, part));
    let found = found.await.map_err(Problem::of_query)?;
    let last = found.items.last().filter(|_| found.goes_on).map(|mutual| mutual.id);
    let next = last.map(|id| Position { key: None, id: id.to_string() });
    let items = found.items.into_iter().map(listed).collect::<Result<Vec<Listed>, Problem>>()?;
    query.answer(Slice { items, next, total: found.total.map(store::Total::Exactly) })
}

/// Export the mutuals behind a figure as a table
///
/// All mutuals of the list as CSV, in the order of entry. All rows show the register at the same moment.
#[utoipa::path(
    tag = "statistics",
    params(CountedFilter, TableOptions),
    responses((status = 200, description = "The mutuals", body = FigureTable, content_type = "text/csv"))
)]
#[get("/statistics/mutuals/export.csv")]
async fn export_counted_mutuals(
    app: App,
    caller: Caller,
    Both(filter, options): Both<CountedFilter, TableOptions>,
) -> Result<HttpResponse, Problem> {
    const COLUMNS: [&str; 6] = ["id", "slug", "name", "standing", "stage", "staff_count"];
    const AT_A_TIME: usize = 500;
    let asked = as_at(&app, filter.as_at)?;
    let list = move |tx: &mut ReadTx<'_>, facts: &Facts| {
        store::statistics::all(tx, facts, &filter, asked).map(Vec::into_iter).map_err(Problem::of_query)
    };
    let mut beginning = Some(options);
    let next = move |tx: &mut ReadTx<'_>, left: &mut std::vec::IntoIter<FoundMutual>| {
        let some: Vec<FoundMutual> = left.by_ref().take(AT_A_TIME).collect();
        if some.is_empty() && beginning.is_none() {
            return Ok(None);
        }
        let items = store::statistics::name(tx, &some)?;
        table::rows(COLUMNS.into_iter(), beginning.take(), &items).map(Some)
    };
    deliver(&app, caller, app.store.spool_with_facts(list, next).await?, MEDIA_TYPE)
}

impl TimelinePeriod {
    fn new(app: &App, period: domain::PartialDate, today: domain::Day, figures: &PeriodFigures) -> Self {
        let links = Links::new(app, period.last_day(), today);
        let (operating, on_the_way, staff) = links.tally(&figures.tally, "");
        Self {
            period: Text(period),
            ends_on: Text(period.last_day()),
            operating,
            on_the_way,
            staff,
            launches: links.count(figures.launches, &format!("launched_in={period}")),
            endings: links.count(figures.endings, &format!("ended_in={period}")),
        }
    }
}

/// An item of the list. It has no version of its own: a digest of what is shown stands for it.
fn listed(counted: CountedMutual) -> Result<Listed, Problem> {
    let id = counted.id.to_string();
    let document = serde_json::to_string(&counted).map_err(Problem::internal)?;
    let version = Sha256::digest(&document).first_chunk().copied().unwrap_or_default();
    Ok(Listed { id, version: i64::from_be_bytes(version), entry_seq: None, document, reduced: false })
}

/// The answer as of the log's head, from what was computed already where it is there.
pub(in crate::figures) async fn answer(
    app: &App,
    conditions: &IfChanged,
    asked: String,
    compute: impl Future<Output = Result<(i64, Bytes), Problem>>,
) -> Result<HttpResponse, Problem> {
    let compute = async { compute.await.map(|(seq, document)| (seq, Answer::from(document))) };
    let (etag, answer) = computed(app, FORM, asked, |etag| conditions.is_known(etag), compute).await?;
    Ok(conditions.report(etag, answer.map(|answer| answer.document).unwrap_or_default()))
}

pub(in crate::figures) fn json<T: Serialize>(answer: &T) -> Result<Bytes, Problem> {
    serde_json::to_vec(answer).map(Bytes::from).map_err(Problem::internal)
}

fn as_at(app: &App, day: Option<Day>) -> Result<AsAtDay, Problem> {
    let today = app.as_at(None)?;
    Ok(AsAtDay { day: day.map_or(today, Text::into_inner), today })
}

/// The periods from one to another, or what of that is wrong.
fn periods(
    by: domain::statistics::TimelineStep,
    asked: &TimelineOf,
    today: domain::Day,
) -> Result<Vec<domain::PartialDate>, Problem> {
    let refused = |name: &str, code: FaultCode, detail: String| {
        Err(Problem::bad_query(vec![ErrorItem::parameter(name, code.as_str(), detail)]))
    };
    let to = asked.to.map_or(today, |to| to.into_inner().last_day());
    let last = place(by, to);
    let from = asked.from.map(|from| from.into_inner().first_day());
    let first = from.map_or_else(|| last.saturating_sub(PERIODS).saturating_add(1), |from| place(by, from));
    if first > last {
        return refused("to", FaultCode::DateOrder, "the last period must not be before the first".to_owned());
    }
    let many = last.saturating_sub(first).saturating_add(1);
    if many > MOST_PERIODS {
        let detail = format!("{many} periods, at most {MOST_PERIODS} allowed: ask for fewer, or for years");
        return refused("from", FaultCode::TooMany, detail);
    }
    Ok((first..=last).filter_map(|place| named(by, place)).collect())
}

/// The number of the period that a day is in.
fn place(by: domain::statistics::TimelineStep, day: domain::Day) -> i32 {
    let date = day.date();
    match by {
        domain::statistics::TimelineStep::Year => date.year(),
        domain::statistics::TimelineStep::Month => {
            date.year().saturating_mul(12).saturating_add(i32::try_from(date.month0()).unwrap_or_default())
        }
    }
}

/// The period of a number; none where the register has no such year.
fn named(by: domain::statistics::TimelineStep, place: i32) -> Option<domain::PartialDate> {
    let text = match by {
        domain::statistics::TimelineStep::Year => format!("{place:04}"),
        domain::statistics::TimelineStep::Month => {
            format!("{:04}-{:02}", place.div_euclid(12), place.rem_euclid(12).saturating_add(1))
        }
    };
    text.parse().ok()
}
