//! What a report on contracts is about: those of some departments, mutuals and sectors.

use std::collections::HashSet;

use domain::{Department, DepartmentId, Key, Kind, Mutual, MutualId, Sector};

use super::NamedDepartment;
use super::contract_facts::ContractFacts;
use super::facts::{Facts, MutualFacts, bit};
use crate::ReadTx;
use crate::error::Error;
use crate::register::reference;

/// Which contracts a report is about; all where nothing is named.
#[derive(Clone, Debug, Default)]
pub struct ContractsOf {
    /// Bought by any of these.
    pub departments: Vec<Key<Department>>,
    /// Supplied by any of these.
    pub mutuals: Vec<Key<Mutual>>,
    /// Whose mutual is in any of these.
    pub sectors: Vec<Sector>,
}

/// The same, quick to check.
pub(super) struct Subject {
    departments: HashSet<DepartmentId>,
    mutuals: HashSet<MutualId>,
    /// A bit for each.
    sectors: u32,
    is_of_departments: bool,
    is_of_mutuals: bool,
}

impl Subject {
    /// # Errors
    /// [`Error::Rule`] naming the slugs that lead nowhere.
    pub(super) fn new(tx: &mut ReadTx<'_>, asked: &ContractsOf) -> Result<Self, Error> {
        Ok(Self {
            departments: reference::resolve(tx, &asked.departments)?.into_iter().collect(),
            mutuals: reference::resolve(tx, &asked.mutuals)?.into_iter().collect(),
            sectors: asked.sectors.iter().fold(0, |bits, sector| bits | bit(*sector)),
            is_of_departments: !asked.departments.is_empty(),
            is_of_mutuals: !asked.mutuals.is_empty(),
        })
    }

    /// The mutual of a contract that the report is about.
    pub(super) fn mutual<'f>(&self, facts: &'f Facts, contract: &ContractFacts) -> Option<&'f MutualFacts> {
        if self.is_of_departments && !self.departments.contains(&contract.department)
            || self.is_of_mutuals && !self.mutuals.contains(&contract.mutual)
        {
            return None;
        }
        facts.mutual(&contract.mutual).filter(|mutual| self.sectors == 0 || self.sectors & mutual.sectors != 0)
    }

    /// The sectors of a mutual that the report is about.
    pub(super) fn sectors_of(&self, mutual: &MutualFacts) -> impl Iterator<Item = Sector> {
        let wanted = if self.sectors == 0 { mutual.sectors } else { mutual.sectors & self.sectors };
        Sector::ALL.iter().copied().filter(move |sector| wanted & bit(*sector) != 0)
    }
}

/// Names departments, in the order of their slugs.
pub(super) fn named<T>(
    tx: &mut ReadTx<'_>,
    counted: impl IntoIterator<Item = (DepartmentId, T)>,
) -> Result<Vec<(NamedDepartment, T)>, Error> {
    let counted: Vec<(DepartmentId, T)> = counted.into_iter().collect();
    let ids: Vec<String> = counted.iter().map(|(id, _)| id.to_string()).collect();
    let mut names = reference::names_of(tx, Kind::Department, &ids)?;
    let mut named = Vec::with_capacity(counted.len());
    for (id, count) in counted {
        let Some((slug, name)) = names.remove(&id.to_string()) else { continue };
        named.push((NamedDepartment { id, slug, name }, count));
    }
    named.sort_by(|(one, _), (other, _)| one.slug.cmp(&other.slug));
    Ok(named)
}
