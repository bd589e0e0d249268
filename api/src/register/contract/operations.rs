//! What callers can do with contracts.

use actix_web::{HttpResponse, delete, get, patch, post, put};
use chrono::{DateTime, Utc};
use domain::{Kind, MAX_INTEGER, Object, Record};
use serde::Deserialize;
use store::contract::{Filter, Sort};
use store::{Days, Documents, Page, ReadTx, Representation, Slice, Stored, WriteTx};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Contract, ContractPatch, ContractReference, ContractStatus, CpvPrefix, Currency, NewContract, Ocid, Procedure,
    ProtectionKind, Regime,
};
use crate::caller::Caller;
use crate::register::resource::{self, Change, ChangeOptions, Listed, Resource, Root};
use crate::register::value::{Bounded, ContractId, Day, DepartmentKey, MutualKey, Text, texts, words};
use crate::request::body::Body;
use crate::request::conditional::{IdempotencyKey, IfChanged, IfMatch};
use crate::request::known_at::KnownAt;
use crate::request::page::{ListPage, ListParameters, ListQuery, SortKey};
use crate::request::path::PathKey;
use crate::response::problem::Problem;
use crate::server::App;

/// Which contracts a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContractFilter {
    /// With this supplier.
    #[serde(default)]
    #[param(max_items = 100)]
    mutual: Vec<MutualKey>,
    /// With this buyer.
    #[serde(default)]
    #[param(max_items = 100)]
    department: Vec<DepartmentKey>,
    /// Bought by this procedure.
    #[serde(default)]
    #[param(max_items = 100)]
    procedure: Vec<Procedure>,
    /// Of a procurement under this law.
    #[serde(default)]
    #[param(max_items = 100)]
    regime: Vec<Regime>,
    /// With this status.
    #[serde(default)]
    #[param(max_items = 100)]
    status: Vec<ContractStatus>,
    /// With a CPV code that begins with these digits.
    #[serde(default)]
    #[param(max_items = 100)]
    cpv: Vec<CpvPrefix>,
    /// Protected in this way.
    #[serde(default)]
    #[param(max_items = 100)]
    protection: Vec<ProtectionKind>,
    /// Of relevant health care services, or not of such.
    #[param(nullable = false)]
    health_services: Option<bool>,
    /// The first of its mutual, or a later one.
    #[param(nullable = false)]
    is_first: Option<bool>,
    /// With exactly this reference of the buyer's.
    #[param(nullable = false)]
    reference: Option<ContractReference>,
    /// With exactly this open contracting id.
    #[param(nullable = false)]
    ocid: Option<Ocid>,
    /// Worth at least so many minor units (pence) of `currency`.
    #[param(value_type = Option<i64>, nullable = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    value_from: Option<Bounded<0, { MAX_INTEGER }>>,
    /// Worth at most so many minor units (pence) of `currency`.
    #[param(value_type = Option<i64>, nullable = false, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    value_to: Option<Bounded<0, { MAX_INTEGER }>>,
    /// With a value in this currency. With `value_from` or `value_to` it is GBP where it is left out, since a range holds for one currency only.
    #[param(nullable = false)]
    currency: Option<Currency>,
    /// Awarded on this day or later.
    #[param(nullable = false)]
    awarded_from: Option<Day>,
    /// Awarded on this day or earlier.
    #[param(nullable = false)]
    awarded_to: Option<Day>,
    /// Entered into on this day or later.
    #[param(nullable = false)]
    entered_from: Option<Day>,
    /// Entered into on this day or earlier.
    #[param(nullable = false)]
    entered_to: Option<Day>,
    /// With a term that starts on this day or later.
    #[param(nullable = false)]
    starts_from: Option<Day>,
    /// With a term that starts on this day or earlier.
    #[param(nullable = false)]
    starts_to: Option<Day>,
    /// With a term that ends on this day or later, extensions not included.
    #[param(nullable = false)]
    ends_from: Option<Day>,
    /// With a term that ends on this day or earlier, extensions not included.
    #[param(nullable = false)]
    ends_to: Option<Day>,
    /// With a term that ends on this day or later if all extensions are used.
    #[param(nullable = false)]
    latest_ends_from: Option<Day>,
    /// With a term that ends on this day or earlier if all extensions are used.
    #[param(nullable = false)]
    latest_ends_to: Option<Day>,
}

impl ContractFilter {
    fn resolve(self, tx: &mut ReadTx<'_>) -> Result<Filter, Problem> {
        let days = |from: Option<Day>, to: Option<Day>| Days {
            from: from.map(Text::into_inner),
            to: to.map(Text::into_inner),
        };
        let by_value = self.value_from.or(self.value_to).is_some();
        let currency = self.currency.map(Text::into_inner);
        Ok(Filter {
            mutuals: store::mutual::resolve(tx, &texts(self.mutual)).map_err(Problem::of_query)?,
            departments: store::department::resolve(tx, &texts(self.department)).map_err(Problem::of_query)?,
            procedures: words(self.procedure),
            regimes: words(self.regime),
            statuses: words(self.status),
            cpv_prefixes: texts(self.cpv),
            protections: words(self.protection),
            health_services: self.health_services,
            is_first: self.is_first,
            reference: self.reference.map(Text::into_inner),
            ocid: self.ocid.map(Text::into_inner),
            currency: currency.or(by_value.then_some(domain::Currency::GBP)),
            value_from: self.value_from.map(|Bounded(amount)| amount),
            value_to: self.value_to.map(|Bounded(amount)| amount),
            awarded: days(self.awarded_from, self.awarded_to),
            entered: days(self.entered_from, self.entered_to),
            starts: days(self.starts_from, self.starts_to),
            ends: days(self.ends_from, self.ends_to),
            latest_ends: days(self.latest_ends_from, self.latest_ends_to),
        })
    }
}

impl resource::Filter for ContractFilter {
    /// With so many conditions it is left to the threads that may take their time.
    fn is_indexed(&self) -> bool {
        false
    }
}

impl SortKey for Sort {
    const NAME: &'static str = "ContractSort";
    const KEYS: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("starts_on", Self::StartsOn),
        ("ends_on", Self::EndsOn),
        ("value", Self::Value),
        ("updated_at", Self::UpdatedAt),
    ];
}

/// A page of contracts.
type ContractPage = ListPage<Contract>;

/// Mounts these operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_contracts)
        .service(create_contract)
        .service(get_contract)
        .service(replace_contract)
        .service(update_contract)
        .service(delete_contract);
}

/// List contracts
///
/// By default in the order of entry.
#[utoipa::path(
    tag = "contracts",
    params(ContractFilter, ListParameters<Sort>, KnownAt),
    responses((status = 200, description = "A page of contracts", body = ContractPage))
)]
#[get("/contracts")]
async fn list_contracts(
    app: App,
    caller: Caller,
    query: ListQuery<ContractFilter, Sort>,
) -> Result<HttpResponse, Problem> {
    resource::list::<Contracts>(&app, caller, query).await
}

/// Get a contract
///
/// By id.
#[utoipa::path(
    tag = "contracts",
    params(("contract" = inline(ContractId), Path, description = "Id of the contract"), KnownAt, IfChanged),
    responses((status = 200, description = "The contract", body = Contract))
)]
#[get("/contracts/{contract}")]
async fn get_contract(
    app: App,
    caller: Caller,
    key: PathKey<domain::ContractId>,
    known_at: KnownAt,
    conditions: IfChanged,
) -> Result<HttpResponse, Problem> {
    resource::read::<Contracts>(&app, caller, key.0, known_at, &conditions).await
}

/// Create a contract
///
/// Whether it is the mutual's first contract is worked out by the register: see `is_first`. Entering an earlier one changes the one that was first.
#[utoipa::path(
    tag = "contracts",
    params(ChangeOptions, IdempotencyKey),
    request_body = NewContract,
    responses(
        (status = 201, description = "The contract was created", body = Contract),
        (status = 200, description = "The contract as it would be", body = Contract)
    )
)]
#[post("/contracts")]
async fn create_contract(change: Change, body: Body<NewContract>) -> Result<HttpResponse, Problem> {
    change.create::<Contracts>(body).await
}

/// Replace a contract
///
/// The body is all that the contract is to say: a member that is left out is removed. Members that the register sets may
/// be sent back as they were read.
#[utoipa::path(
    tag = "contracts",
    params(("contract" = inline(ContractId), Path, description = "Id of the contract"), ChangeOptions, IfMatch),
    request_body = NewContract,
    responses((status = 200, description = "The contract as it is now", body = Contract))
)]
#[put("/contracts/{contract}")]
async fn replace_contract(
    change: Change,
    key: PathKey<domain::ContractId>,
    body: Body<NewContract>,
) -> Result<HttpResponse, Problem> {
    change.replace::<Contracts>(key.0, body).await
}

/// Update a contract
///
/// By a merge patch (RFC 7396): a member that is absent stays, `null` removes it, a list replaces the whole list.
#[utoipa::path(
    tag = "contracts",
    params(("contract" = inline(ContractId), Path, description = "Id of the contract"), ChangeOptions, IfMatch),
    request_body(content = ContractPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The contract as it is now", body = Contract))
)]
#[patch("/contracts/{contract}")]
async fn update_contract(
    change: Change,
    key: PathKey<domain::ContractId>,
    body: Body<NewContract>,
) -> Result<HttpResponse, Problem> {
    change.update::<Contracts>(key.0, body).await
}

/// Delete a contract
///
/// Its id is never used again. Where it was the first of its mutual, the next one takes its place.
#[utoipa::path(
    tag = "contracts",
    params(("contract" = inline(ContractId), Path, description = "Id of the contract"), ChangeOptions, IfMatch),
    responses(
        (status = 204, description = "The contract was deleted"),
        (status = 200, description = "The contract that would be deleted", body = Contract)
    )
)]
#[delete("/contracts/{contract}")]
async fn delete_contract(change: Change, key: PathKey<domain::ContractId>) -> Result<HttpResponse, Problem> {
    change.delete::<Contracts>(key.0).await
}

/// Contracts among the register's resources.
pub struct Contracts;

impl Resource for Contracts {
    type Content = domain::Contract;
    type View = Contract;
    type New = NewContract;
    type Key = domain::ContractId;

    const TYPE: Kind = Kind::Contract;
    const KIND: Kind = Kind::Contract;

    fn wanted(current: &domain::Contract, value: domain::Contract) -> domain::Contract {
        domain::Contract { is_first: current.is_first, ..Self::content(value) }
    }

    fn object(
        _: &mut ReadTx<'_>,
        _: domain::ContractId,
        contract: &domain::Contract,
    ) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::Contract { department: contract.department_id }))
    }

    fn show(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Representation, store::Error> {
        store::contract::show(tx, key)
    }

    fn find(
        tx: &mut ReadTx<'_>,
        key: &Self::Key,
        _: &domain::Caller,
    ) -> Result<Record<domain::Contract>, store::Error> {
        store::contract::find(tx, key)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<domain::Contract>,
        value: domain::Contract,
        _: &domain::Caller,
    ) -> Result<Stored<domain::Contract>, store::Error> {
        store::contract::update(tx, current, value)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<domain::Contract>) -> Result<(), store::Error> {
        store::contract::delete(tx, current)
    }
}

impl Listed for Contracts {
    type Filter = ContractFilter;
    type Sort = Sort;

    fn list(
        tx: &mut ReadTx<'_>,
        filter: &ContractFilter,
        page: &Page<Sort>,
        _: &domain::Caller,
    ) -> Result<Slice, Problem> {
        let filter = filter.clone().resolve(tx)?;
        Ok(store::contract::list(tx, &filter, page)?)
    }
}

impl Root for Contracts {
    type Prepared = (domain::ContractId, domain::Contract);

    fn content(value: domain::Contract) -> domain::Contract {
        value
    }

    fn prepare(_: &dyn Documents, id: domain::ContractId, _: DateTime<Utc>, value: domain::Contract) -> Self::Prepared {
        (id, value)
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        (id, value): &Self::Prepared,
        _: &domain::Caller,
    ) -> Result<Stored<domain::Contract>, store::Error> {
        store::contract::insert(tx, *id, value.clone())
    }
}
