//! How many mutuals a list has with each value of its filters.

use actix_web::{HttpResponse, get};
use document::register::MutualFilter;
use domain::Mutual;
use domain::vocabulary::Vocabulary;
use serde::Serialize;
use store::statistics::filter_counts;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::figures::statistics::operations::{answer, json};
use crate::request::conditional::{IfChanged, IfNoneMatch};
use crate::request::query::Both;
use crate::request::record_query::RecordQuery;
use crate::response::problem::Problem;

/// How many mutuals match the filters, and how many there are for each code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "seq": 96, "total": 2,
    "stage": {"values": [{"value": "operating", "count": 2}, {"value": "wound_up", "count": 1}], "unknown": 0},
    "sector": {"values": [{"value": "libraries_archives", "count": 2}], "unknown": 0},
    "region": {"values": [{"value": "wales", "count": 1}], "unknown": 1},
    "legal_form": {"values": [{"value": "cic_limited_by_guarantee", "count": 1}], "unknown": 1},
    "origin_route": {"values": [{"value": "right_to_request", "count": 0}], "unknown": 2}
}))]
struct MutualCounts {
    /// The log entry that the counts are up to date with.
    seq: i64,
    /// How many mutuals match all filters: as many as `/v1/mutuals` lists.
    total: i64,
    stage: ValueCounts,
    /// A mutual in several sectors counts in each.
    sector: ValueCounts,
    region: ValueCounts,
    legal_form: ValueCounts,
    origin_route: ValueCounts,
}

/// The mutuals that match all filters except this one, counted by its codes. So a filter that is set still shows how many its other
/// codes would find.
#[derive(Debug, Serialize, ToSchema)]
struct ValueCounts {
    /// Every code that the filter takes, in the order of its code list.
    #[schema(max_items = 100)]
    values: Vec<ValueCount>,
    /// How many of these mutuals have no code on record.
    unknown: i64,
}

/// How many mutuals have a code.
#[derive(Debug, Serialize, ToSchema)]
struct ValueCount {
    /// The code.
    #[schema(value_type = String, max_length = 100)]
    value: &'static str,
    /// The number of mutuals.
    count: i64,
}

impl<V: Vocabulary> From<filter_counts::ValueCounts<V>> for ValueCounts {
    fn from(counts: filter_counts::ValueCounts<V>) -> Self {
        let values = counts.values.into_iter().map(|(value, count)| ValueCount { value: value.as_str(), count });
        Self { values: values.collect(), unknown: counts.without }
    }
}

impl From<filter_counts::FilterCounts> for MutualCounts {
    fn from(counts: filter_counts::FilterCounts) -> Self {
        Self {
            seq: counts.seq,
            total: counts.total,
            stage: counts.stage.into(),
            sector: counts.sector.into(),
            region: counts.region.into(),
            legal_form: counts.legal_form.into(),
            origin_route: counts.origin_route.into(),
        }
    }
}

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_mutual_counts);
}

/// Get how many mutuals each filter finds
///
/// Takes the filters of `/v1/mutuals`. For each filter that takes codes, the response has every code, and how many mutuals with
/// it match all other filters. The mutuals are counted as they are now.
#[utoipa::path(
    tag = "statistics",
    params(MutualFilter, RecordQuery<Mutual>, IfNoneMatch),
    responses((status = 200, description = "The counts", body = MutualCounts))
)]
#[get("/statistics/mutual-counts")]
async fn get_mutual_counts(
    app: App,
    conditions: IfChanged,
    Both(filter, records): Both<MutualFilter, RecordQuery<Mutual>>,
) -> Result<HttpResponse, Problem> {
    let key = format!("mutual counts {filter:?} {:?}", records.filter);
    answer(&app, &conditions, key, async {
        let counted = app.store.with_facts(move |tx, facts| filter_counts::of(tx, facts, &filter, &records.filter));
        let counts = MutualCounts::from(counted.await.map_err(Problem::of_query)?);
        Ok((counts.seq, json(&counts)?))
    })
    .await
}
