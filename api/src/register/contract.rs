//! Contracts under which a mutual supplies services to a public body.

use chrono::{DateTime, Utc};
use document::register::ContractFilter;
use domain::{Contract, ContractId, Object, Record};
use store::{Page, ReadTx, Representation, Slice, Stored, WriteTx};

use crate::register::resource::{self, Resource, Root};
use crate::register::words::Words;
use crate::request::path::PathKey;
use crate::response::problem::Problem;

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
        store::contract::list(tx, filter, page).map_err(Problem::of_query)
    }
}
