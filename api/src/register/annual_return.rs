//! Annual returns of mutuals: what they say about each of their years.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use domain::{AnnualFigures, Checked, Kind};
use serde::{Deserialize, Serialize};
use store::Reference;
use store::child::ChildRecord;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::caller::Caller;
use crate::register::child::{self, ChildKey, ChildResource, Children, NoFilter};
use crate::register::contract::{Currency, Money, NewMoney};
use crate::register::resource::{Change, ChangeOptions};
use crate::register::source::{self, NewSource, Source};
use crate::register::staff_ballot::Percent;
use crate::register::value::{AnnualReturnId, Day, Fte, Instant, MutualId, MutualKey, Text};
use crate::request::body::{Body, Input, Patch};
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::faults::Faults;
use crate::request::page::{ChildParameters, ListPage, ListQuery};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// What is to change about an annual return.
pub type AnnualReturnPatch = Patch<NewAnnualReturn>;

/// A page of annual returns.
type AnnualReturnPage = ListPage<AnnualReturn>;

type Key = domain::Key<domain::Mutual>;

/// An annual return of a mutual, as it is sent: at least one figure besides `period_ends_on`. What isn't known is left out.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "period_ends_on": "2013-03-31",
    "turnover": {"amount_minor": 1_240_000_000, "currency": "GBP"},
    "surplus": {"amount_minor": -4_500_000, "currency": "GBP"},
    "headcount": 312,
    "fte": "254.50",
    "service_users": 18000,
    "staff_directors": 3,
    "board_size": 9,
    "staff_shareholding_percent": "51.00",
    "sources": [{"title": "Annual report and accounts 2012 to 2013", "accessed_on": "2025-07-01"}]
}))]
pub struct NewAnnualReturn {
    /// The last day of the year that it is about. A mutual has one return for each.
    #[schema(required, nullable = false)]
    #[validate(required)]
    period_ends_on: Option<Day>,
    /// What was earned in the year.
    #[schema(nullable = false)]
    turnover: Option<NewMoney>,
    /// What was left of it; below 0 for a loss. In the currency of `turnover`.
    #[schema(nullable = false)]
    surplus: Option<NewSignedMoney>,
    /// How many people worked in the mutual at the end of the year: heads, not full-time equivalents. The newest return that
    /// has it gives the mutual its `staff_count`.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    headcount: Option<i64>,
    /// How many full-time equivalents those were: not more than `headcount`.
    #[schema(nullable = false)]
    fte: Option<Fte>,
    /// How many people were served in the year.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    service_users: Option<i64>,
    /// How many members of the board staff had chosen from among themselves: not more than `board_size`.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    staff_directors: Option<i64>,
    /// How many members the board had.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    board_size: Option<i64>,
    /// How much of the mutual's shares staff held.
    #[schema(nullable = false)]
    staff_shareholding_percent: Option<Percent>,
    /// Where the record comes from.
    #[serde(default)]
    #[schema(max_items = 50)]
    #[validate(nested)]
    sources: Vec<NewSource>,
}

/// What a mutual says about one of its years.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnnualReturn {
    id: AnnualReturnId,
    /// Counts the changes, from 1.
    #[schema(minimum = 1)]
    version: i64,
    /// Whose it is.
    mutual_id: MutualId,
    /// The last day of the year that it is about.
    period_ends_on: Day,
    /// What was earned in the year.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    turnover: Option<Money>,
    /// What was left of it; below 0 for a loss. In the currency of `turnover`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    surplus: Option<SignedMoney>,
    /// How many people worked in the mutual at the end of the year: heads, not full-time equivalents. The newest return that
    /// has it gives the mutual its `staff_count`.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    headcount: Option<i64>,
    /// How many full-time equivalents those were: not more than `headcount`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    fte: Option<Fte>,
    /// How many people were served in the year.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    service_users: Option<i64>,
    /// How many members of the board staff had chosen from among themselves: not more than `board_size`.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_directors: Option<i64>,
    /// How many members the board had.
    #[schema(nullable = false, minimum = 0, maximum = 10_000_000)]
    #[serde(skip_serializing_if = "Option::is_none")]
    board_size: Option<i64>,
    /// How much of the mutual's shares staff held.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    staff_shareholding_percent: Option<Percent>,
    /// Where the record comes from.
    #[schema(max_items = 50)]
    sources: Vec<Source>,
    created_at: Instant,
    updated_at: Instant,
}

/// An amount of money that may be owed, as it is sent.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount_minor": -4_500_000, "currency": "GBP"}))]
pub struct NewSignedMoney {
    /// How many of the currency's minor units: pence for `GBP`; below 0 for a loss.
    #[schema(required, nullable = false, minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    #[validate(required)]
    amount_minor: Option<i64>,
    #[schema(required, nullable = false)]
    #[validate(required)]
    currency: Option<Currency>,
}

/// An amount of money that may be owed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SignedMoney {
    /// How many of the currency's minor units: pence for `GBP`; below 0 for a loss.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64, example = -4_500_000)]
    amount_minor: i64,
    currency: Currency,
}

impl ChildResource for domain::AnnualReturn {
    type View = AnnualReturn;
    type New = NewAnnualReturn;

    const KIND: Kind = Kind::AnnualReturn;
}

impl Input for NewAnnualReturn {
    type Value = domain::AnnualReturn;

    const READ_ONLY: &'static [&'static str] = &["id", "version", "mutual_id", "created_at", "updated_at"];
    const PATCH: &'static str = "AnnualReturnPatch";

    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }

    fn build(self, faults: &mut Faults) -> Option<Self::Value> {
        let turnover = self.turnover.and_then(|money| faults.within("turnover", money, NewMoney::build));
        let surplus = self.surplus.and_then(|money| faults.within("surplus", money, NewSignedMoney::build));
        let figures = AnnualFigures {
            turnover,
            surplus,
            headcount: self.headcount,
            fte: self.fte.map(Text::into_inner),
            service_users: self.service_users,
            staff_directors: self.staff_directors,
            board_size: self.board_size,
            staff_shareholding_percent: self.staff_shareholding_percent.map(Text::into_inner),
        };
        let figures = faults.take("", Checked::new(figures));
        let sources = source::build(self.sources, faults);
        Some(domain::AnnualReturn {
            period_ends_on: self.period_ends_on?.into_inner(),
            figures: figures?,
            sources: sources?,
        })
    }
}

impl NewSignedMoney {
    fn build(self, faults: &mut Faults) -> Option<domain::SignedMoney> {
        faults.take("amount_minor", domain::SignedMoney::new(self.amount_minor?, self.currency?.into_inner()))
    }
}

impl From<domain::SignedMoney> for SignedMoney {
    fn from(money: domain::SignedMoney) -> Self {
        Self { amount_minor: money.amount_minor(), currency: Text(money.currency()) }
    }
}

impl From<ChildRecord<domain::AnnualReturn>> for AnnualReturn {
    fn from(record: ChildRecord<domain::AnnualReturn>) -> Self {
        let content = record.content.content;
        let figures = content.figures.into_inner();
        Self {
            id: Text(record.id),
            version: record.version,
            mutual_id: Text(record.content.parent_id),
            period_ends_on: Text(content.period_ends_on),
            turnover: figures.turnover.map(Money::from),
            surplus: figures.surplus.map(SignedMoney::from),
            headcount: figures.headcount,
            fte: figures.fte.map(Text),
            service_users: figures.service_users,
            staff_directors: figures.staff_directors,
            board_size: figures.board_size,
            staff_shareholding_percent: figures.staff_shareholding_percent.map(Text),
            sources: content.sources.into_iter().map(Source::from).collect(),
            created_at: Instant(record.created_at),
            updated_at: Instant(record.updated_at),
        }
    }
}

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_annual_returns)
        .service(create_annual_return)
        .service(get_annual_return)
        .service(replace_annual_return)
        .service(update_annual_return)
        .service(delete_annual_return);
}

/// List the annual returns of a mutual
///
/// In the order of the years that they are about.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ChildParameters
    ),
    responses((status = 200, description = "A page of annual returns", body = AnnualReturnPage))
)]
#[get("/mutuals/{mutual}/annual-returns")]
async fn list_annual_returns(
    app: App,
    caller: Caller,
    mutual: PathKey<Key>,
    query: ListQuery<NoFilter, ()>,
) -> Result<HttpResponse, Problem> {
    child::list::<domain::AnnualReturn, _>(&app, caller, mutual.0, query).await
}

/// Create an annual return
///
/// A mutual has one return for each `period_ends_on`. The newest return with a `headcount` gives the mutual its `staff_count` and
/// `staff_counted_on`, unless the mutual has a count of its own that was surely made later.
#[utoipa::path(
    tag = "mutuals",
    params(("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"), ChangeOptions, IdempotencyKey),
    request_body = NewAnnualReturn,
    responses(
        (status = 201, description = "The annual return was created", body = AnnualReturn),
        (status = 200, description = "The annual return as it would be", body = AnnualReturn),
        (status = 409)
    )
)]
#[post("/mutuals/{mutual}/annual-returns")]
async fn create_annual_return(
    change: Change,
    mutual: PathKey<Key>,
    body: Body<NewAnnualReturn>,
) -> Result<HttpResponse, Problem> {
    change.create_child::<domain::AnnualReturn>(mutual.0, body).await
}

/// Get an annual return
///
/// By id.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("annual_return" = inline(AnnualReturnId), Path, description = "Id of the annual return"),
        IfChanged
    ),
    responses((status = 200, description = "The annual return", body = AnnualReturn))
)]
#[get("/mutuals/{mutual}/annual-returns/{annual_return}")]
async fn get_annual_return(
    app: App,
    caller: Caller,
    key: ChildKey<domain::AnnualReturn>,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    child::read(&app, caller, key, &conditions).await
}

/// Replace an annual return
///
/// The body is all that the annual return is to say: a member that is left out is removed. Members that the register sets may be sent
/// back as they were read. Where the newest
/// `headcount` is another then, so is the count of staff of the mutual.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("annual_return" = inline(AnnualReturnId), Path, description = "Id of the annual return"),
        ChangeOptions,
        IfMatch
    ),
    request_body = NewAnnualReturn,
    responses(
        (status = 200, description = "The annual return as it is now", body = AnnualReturn),
        (status = 409)
    )
)]
#[put("/mutuals/{mutual}/annual-returns/{annual_return}")]
async fn replace_annual_return(
    change: Change,
    key: ChildKey<domain::AnnualReturn>,
    body: Body<NewAnnualReturn>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Children<_>>(key, body).await
}

/// Update an annual return
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list. Where the newest
/// `headcount` is another then, so is the count of staff of the mutual.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("annual_return" = inline(AnnualReturnId), Path, description = "Id of the annual return"),
        ChangeOptions,
        IfMatch
    ),
    request_body(content = AnnualReturnPatch, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The annual return as it is now", body = AnnualReturn),
        (status = 409)
    )
)]
#[patch("/mutuals/{mutual}/annual-returns/{annual_return}")]
async fn update_annual_return(
    change: Change,
    key: ChildKey<domain::AnnualReturn>,
    body: Body<NewAnnualReturn>,
) -> Result<HttpResponse, Problem> {
    change.update::<Children<_>>(key, body).await
}

/// Delete an annual return
///
/// Its id is never used again; the log keeps what it said. If the mutual's count of staff came from it, the next newest return with
/// a `headcount` gives it; where there is none, the last count stays.
#[utoipa::path(
    tag = "mutuals",
    params(
        ("mutual" = inline(MutualKey), Path, description = "Id or slug of the mutual"),
        ("annual_return" = inline(AnnualReturnId), Path, description = "Id of the annual return"),
        ChangeOptions,
        IfMatch
    ),
    responses(
        (status = 204, description = "The annual return was deleted"),
        (status = 200, description = "The annual return that would be deleted", body = AnnualReturn)
    )
)]
#[delete("/mutuals/{mutual}/annual-returns/{annual_return}")]
async fn delete_annual_return(change: Change, key: ChildKey<domain::AnnualReturn>) -> Result<HttpResponse, Problem> {
    change.delete::<Children<_>>(key).await
}
