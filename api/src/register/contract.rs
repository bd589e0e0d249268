//! Contracts under which a mutual supplies services to a public body.

use chrono::{DateTime, Utc};
use document::register::{
    ContractReference, ContractStatus, CpvPrefix, Currency, Ocid, Procedure, ProtectionKind, Regime,
};
use document::value::{Bounded, Day, DepartmentKey, MutualKey, Text, texts, words};
use domain::{Contract, ContractId, MAX_INTEGER, Object, Record};
use serde::Deserialize;
use store::contract::Filter;
use store::{Days, Page, ReadTx, Representation, Slice, Stored, WriteTx};
use utoipa::IntoParams;

use crate::register::resource::{self, Resource, Root};
use crate::register::words::Words;
use crate::request::path::PathKey;
use crate::response::problem::Problem;

/// Which contracts a list has: those that meet every condition; several values of one condition mean any of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ContractFilter {
    /// Supplied by this mutual.
    mutual: Vec<MutualKey>,
    /// Bought by this department.
    department: Vec<DepartmentKey>,
    /// Bought by this procedure.
    procedure: Vec<Procedure>,
    /// Procured under this law.
    regime: Vec<Regime>,
    /// With this status.
    status: Vec<ContractStatus>,
    /// With a CPV code that begins with these digits.
    cpv: Vec<CpvPrefix>,
    /// Protected in this way.
    protection: Vec<ProtectionKind>,
    /// `true` for relevant health care services, `false` for others.
    health_services: Option<bool>,
    /// `true` for the first contract of its mutual, `false` for later ones.
    is_first: Option<bool>,
    /// With exactly this reference of the buyer.
    reference: Option<ContractReference>,
    /// With exactly this open contracting id.
    ocid: Option<Ocid>,
    /// Worth at least this many minor units (pence) of `currency`.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    value_from: Option<Bounded<0, { MAX_INTEGER }>>,
    /// Worth at most this many minor units (pence) of `currency`.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    value_to: Option<Bounded<0, { MAX_INTEGER }>>,
    /// With a value in this currency. A range applies to one currency only, so the default with `value_from` or
    /// `value_to` is GBP.
    currency: Option<Currency>,
    /// Awarded on this day or later.
    awarded_from: Option<Day>,
    /// Awarded on this day or earlier.
    awarded_to: Option<Day>,
    /// Entered into on this day or later.
    entered_from: Option<Day>,
    /// Entered into on this day or earlier.
    entered_to: Option<Day>,
    /// With a term that starts on this day or later.
    starts_from: Option<Day>,
    /// With a term that starts on this day or earlier.
    starts_to: Option<Day>,
    /// With a term that ends on this day or later, extensions not included.
    ends_from: Option<Day>,
    /// With a term that ends on this day or earlier, extensions not included.
    ends_to: Option<Day>,
    /// With a term that ends on this day or later if all extensions are used.
    latest_ends_from: Option<Day>,
    /// With a term that ends on this day or earlier if all extensions are used.
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

impl Resource for Contract {
    type Key = PathKey<ContractId>;

    const WORDS: Words = Words {
        tag: "contracts",
        one: "a contract",
        many: "contracts",
        list: "The default order is the order of entry.",
        create: "The register works out whether this is the mutual's first contract: see `is_first`. If its \
                 `entered_on` is earlier than that of the current first contract, it becomes the first.",
        delete: "Its id is never used again. If it was the first contract of its mutual, the next one becomes the first.",
        ..Words::USUAL
    };

    fn wanted(&self, value: Self) -> Self {
        Self { is_first: self.is_first, ..value }
    }

    fn object(&self, _: &mut ReadTx<'_>, _: ContractId) -> Result<Option<Object>, store::Error> {
        Ok(Some(Object::Contract { department: self.department_id }))
    }

    fn represent(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Representation, store::Error> {
        store::contract::show(tx, &key.0)
    }

    fn find(tx: &mut ReadTx<'_>, key: &Self::Key, _: &domain::Caller) -> Result<Record<Self>, store::Error> {
        store::contract::find(tx, &key.0)
    }

    fn update(
        tx: &mut WriteTx<'_>,
        current: &Record<Self>,
        value: Self,
        _: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        store::contract::update(tx, current, value)
    }

    fn delete(tx: &mut WriteTx<'_>, current: &Record<Self>) -> Result<(), store::Error> {
        store::contract::delete(tx, current)
    }
}

impl Root for Contract {
    type Prepared = (ContractId, Contract);
    type Filter = ContractFilter;

    fn prepare(id: ContractId, _: DateTime<Utc>, value: Self) -> Self::Prepared {
        (id, value)
    }

    fn insert(
        tx: &mut WriteTx<'_>,
        (id, value): &Self::Prepared,
        _: &domain::Caller,
    ) -> Result<Stored<Self>, store::Error> {
        store::contract::insert(tx, *id, value.clone())
    }

    fn list(tx: &mut ReadTx<'_>, filter: &ContractFilter, page: &Page, _: &domain::Caller) -> Result<Slice, Problem> {
        let filter = filter.clone().resolve(tx)?;
        Ok(store::contract::list(tx, &filter, page)?)
    }
}
