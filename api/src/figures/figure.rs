//! Figures, each with the records behind it.

use serde::Serialize;
use store::statistics::{Count, Sum};
use utoipa::ToSchema;

/// A number of records.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "count": 17, "records": 17, "lacking": 21, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=operating"
}))]
pub struct Figure {
    /// The number of records.
    count: i64,
    /// How many records are behind it.
    records: i64,
    /// How many other records may belong in the count or not: the fact that decides this is not on record.
    lacking: i64,
    /// The link that lists exactly these records: a path, or an address if the operator has set the public one.
    #[schema(format = "uri-reference", max_length = 40_000)]
    url: String,
}

/// A sum over records.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "total": 6466, "records": 7, "lacking": 10,
    "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=operating&has_staff=true"
}))]
pub struct Total {
    /// The sum, at most 9007199254740991.
    total: i64,
    /// How many records are in the sum.
    records: i64,
    /// How many records belong in the sum, but their number is not on record.
    lacking: i64,
    /// The link that lists exactly these records: a path, or an address if the operator has set the public one.
    #[schema(format = "uri-reference", max_length = 40_000)]
    url: String,
}

impl Figure {
    pub fn new(count: Count, url: String) -> Self {
        Self { count: count.records, records: count.records, lacking: count.lacking, url }
    }
}

impl Total {
    pub fn new(sum: Sum, url: String) -> Self {
        Self { total: sum.total, records: sum.records, lacking: sum.lacking, url }
    }
}
