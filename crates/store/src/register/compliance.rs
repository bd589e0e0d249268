//! What the register knows of a contract that is to be held against procurement law.

use document::Reference;
use domain::procurement::{NOTICES, ProcurementFacts};
use domain::{Contract, ContractId, Department, DepartmentId, Key, Kind, Mutual, MutualId, Notice, Procedure, Record};

use crate::ReadTx;
use crate::backend::fragment::{Fragment, one_of};
use crate::error::Error;
use crate::register::child::{self, ChildRecord};
use crate::register::{record, reference};

/// So many other contracts of a mutual with a buyer are looked at, the newest first, and so many notices.
const LOOKED_AT: usize = 200;

/// What is known of a stored contract: itself, its buyer, its supplier, the supplier's other contracts with the buyer, and the contract
/// that it replaces.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Gone`] where it was deleted.
pub fn of_contract(tx: &mut ReadTx<'_>, id: ContractId) -> Result<ProcurementFacts, Error> {
    let contract = record::find_by_key(tx, &Key::<Contract>::Id(id))?;
    let (mutual_id, department_id) = (contract.content.mutual_id, contract.content.department_id);
    let department = record::find_by_key(tx, &Key::<Department>::Id(department_id))?;
    let mutual = record::find_by_key(tx, &Key::<Mutual>::Id(mutual_id))?;
    let (others, has_more) = others(tx, mutual_id, department_id)?;
    let replaced = match contract.content.replaces_contract_id {
        Some(id) => record::find::<Contract>(tx, id)?,
        None => None,
    };
    let notices = notices(tx, id)?;
    Ok(ProcurementFacts::of(&contract, &department, &mutual, (&others, has_more), replaced.as_ref(), notices))
}

/// The same facts with what the register knows of the records that they name.
///
/// # Errors
/// [`Error::Rule`] where there is no such record.
pub fn completed(tx: &mut ReadTx<'_>, facts: ProcurementFacts) -> Result<ProcurementFacts, Error> {
    let named = facts.records;
    let mutual = named.mutual.map(|id| Reference::new("mutual_id", Kind::Mutual, id));
    let department = named.department.map(|id| Reference::new("department_id", Kind::Department, id));
    reference::check(tx, &mutual.into_iter().chain(department).collect::<Vec<_>>())?;
    let department = match named.department {
        Some(id) => record::find::<Department>(tx, id)?,
        None => None,
    };
    let mutual = match named.mutual {
        Some(id) => record::find::<Mutual>(tx, id)?,
        None => None,
    };
    let (others, has_more) = match (named.mutual, named.department) {
        (Some(mutual_id), Some(department_id)) => others(tx, mutual_id, department_id)?,
        _ => (Vec::new(), false),
    };
    let department = department.as_ref().map(|record| &record.content);
    let mutual = mutual.as_ref().map(|record| &record.content);
    Ok(facts.completed(department, mutual, &others, has_more))
}

/// The notices about a contract that rules look at, the earliest first.
fn notices(tx: &mut ReadTx<'_>, id: ContractId) -> Result<Vec<ChildRecord<Notice>>, Error> {
    let looked_at = one_of("notices.code", &NOTICES);
    let order = format!(" ORDER BY notices.published_on, notices.id LIMIT {LOOKED_AT}");
    record::load(tx, child::of::<Notice>(id).sql(" AND ").and(looked_at).sql(order))
}

/// The contracts of a mutual with a buyer that may bar it from a reserved one, and whether there are more.
fn others(
    tx: &mut ReadTx<'_>,
    mutual_id: MutualId,
    department_id: DepartmentId,
) -> Result<(Vec<Record<Contract>>, bool), Error> {
    let barring = [Procedure::PaS33Reserved, Procedure::PcrReg77Reserved, Procedure::Unknown];
    let condition = Fragment::default()
        .sql("contracts.mutual_id = ")
        .parameter(mutual_id.to_string())
        .sql(" AND contracts.department_id = ")
        .parameter(department_id.to_string())
        .sql(" AND ")
        .and(one_of("contracts.procedure", &barring))
        .sql(format!(" ORDER BY contracts.id DESC LIMIT {}", LOOKED_AT.saturating_add(1)));
    let mut found: Vec<Record<Contract>> = record::load(tx, condition)?;
    let has_more = found.len() > LOOKED_AT;
    found.truncate(LOOKED_AT);
    Ok((found, has_more))
}
