//! The cliff edge as at a day: contracts in force, when they end, and what is likely to come after them.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::cliff_edge::{InForce, months_later, whole_months};
use domain::procurement::{Buyer, Law, Next, NextFacts, Prior, next_route};
use domain::{
    AsAtContest, CliffEdgeList, CompetitionOutcome, Contract, ContractId, Department, DepartmentId, FirstContract,
    Mutual, MutualId, PartialDate, Procedure, Record, Sector, WinnerKind,
};

use super::contract_facts::ContractFacts;
use super::day_number::DayNumber;
use super::facts::Facts;
use super::subject::{self, ContractsOf, Subject};
use super::{AsAtDay, Count, NamedDepartment, Sum};
use crate::backend::fragment::any_of;
use crate::error::Error;
use crate::register::record::{self, StoredKind};
use crate::{Page, Position, ReadTx};

/// So many contracts of a mutual with a buyer are looked at that may bar it from a reserved one, the newest.
const LOOKED_AT: usize = 20;
/// So many records are read in one statement.
const AT_A_TIME: usize = 500;

/// What a report on the cliff edge is about, and what it lists.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The day of the report.
    pub as_at: AsAtDay,
    /// How far it looks ahead.
    pub within_months: u32,
    /// The contracts that it is about.
    pub of: ContractsOf,
    /// Which of them are listed.
    pub list: CliffEdgeList,
    /// Of these, those whose next end is known as this month, or as this year alone.
    pub ends_in: Option<PartialDate>,
    /// Of these, those whose mutual's staff are known, or not.
    pub has_staff: Option<bool>,
}

/// How many contracts end.
#[derive(Clone, Debug)]
pub struct Totals {
    /// The log entry that they are up to date with.
    pub seq: i64,
    /// In force, and may end in time.
    pub ending: Count,
    /// In force, and end later.
    pub later: i64,
    /// In force, and without an end on record.
    pub without_end: i64,
    /// In force or not, which is not known.
    pub unclear: i64,
    /// The staff of the mutuals of those that may end in time, each mutual's once; the records are contracts.
    pub staff: Sum,
    /// Those that may end in time by the month of the next end, or its year where only that is known.
    pub by_month: Vec<(PartialDate, i64)>,
    /// The same by the sectors of the mutual, which may be several.
    pub by_sector: Vec<(Sector, i64)>,
    /// The same by buyer.
    pub by_department: Vec<(NamedDepartment, i64)>,
}

/// A page of the report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The totals, whatever is listed.
    pub totals: Totals,
    /// The contracts of the page.
    pub items: Vec<EndingContract>,
    /// Where the next page starts.
    pub next: Option<Position>,
    /// How many contracts are listed on all pages.
    pub listed: i64,
}

/// A contract of the report, and what is likely to come after it.
#[derive(Clone, Debug)]
pub struct EndingContract {
    /// The contract.
    pub contract: Record<Contract>,
    /// Its supplier.
    pub mutual: Record<Mutual>,
    /// Its buyer.
    pub department: Record<Department>,
    /// Whether it is the first of its mutual.
    pub first: FirstContract,
    /// The whole months that are left until the first day on which it may end, and until the last one with all extensions.
    pub months_left: Option<[u32; 2]>,
    /// The staff of the mutual, if a count is known that may be of the day.
    pub staff: Option<i64>,
    /// What may come after it.
    pub next: Next,
    /// Competitions in the sectors of the mutual that mutuals had lost by the day, by who won.
    pub lost: Vec<(Option<WinnerKind>, i64)>,
}

/// A contract that is listed, in the facts.
#[derive(Clone, Copy, Debug)]
struct Found {
    id: ContractId,
    mutual: MutualId,
    department: DepartmentId,
    end: Option<PartialDate>,
    first: FirstContract,
    staff: Option<i64>,
    /// A bit for each sector of the mutual.
    sectors: u32,
}

/// All contracts that a report lists, to be described.
#[derive(Debug)]
pub struct Listed {
    asked: Asked,
    left: std::vec::IntoIter<Found>,
    beside: Beside,
}

/// What is told of contracts from others.
#[derive(Debug, Default)]
struct Beside {
    /// Contracts that may bar a mutual from a reserved one with a buyer, the newest last.
    barring: HashMap<(MutualId, DepartmentId), Vec<ContractId>>,
    /// Competitions that were lost, by the sectors of the mutual, each a bit, and by who won.
    lost: HashMap<(u32, Option<WinnerKind>), i64>,
}

/// A page of the report.
///
/// # Errors
/// [`Error::Rule`] where it names a record that is not there, [`Error::InvalidPosition`] where the page starts at no place of it.
pub fn report(tx: &mut ReadTx<'_>, facts: &Facts, law: &Law, asked: &Asked, page: &Page) -> Result<Report, Error> {
    let (totals, found) = survey(tx, facts, asked)?;
    let listed = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let after = page.after.as_ref().map(place).transpose()?;
    let begin = after.map_or(0, |after| found.partition_point(|one| one.place() <= after));
    let end = begin.saturating_add(page.limit).min(found.len());
    let some = found.get(begin..end).unwrap_or_default();
    let next = some.last().filter(|_| end < found.len()).map(Found::position);
    let beside = Beside::of(facts, asked, some);
    let items = describe(tx, law, asked, some, &beside)?;
    Ok(Report { totals, items, next, listed })
}

/// All contracts that the report lists, in its order.
///
/// # Errors
/// As [`report`].
pub fn all(tx: &mut ReadTx<'_>, facts: &Facts, asked: &Asked) -> Result<Listed, Error> {
    let (_, found) = survey(tx, facts, asked)?;
    let beside = Beside::of(facts, asked, &found);
    Ok(Listed { asked: asked.clone(), left: found.into_iter(), beside })
}

impl Listed {
    /// The next of them, at most so many; none where there are no more.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn describe(&mut self, tx: &mut ReadTx<'_>, law: &Law, many: usize) -> Result<Vec<EndingContract>, Error> {
        let some: Vec<Found> = self.left.by_ref().take(many).collect();
        describe(tx, law, &self.asked, &some, &self.beside)
    }
}

/// The totals of all contracts as at a day, some months ahead.
pub(super) fn totals(tx: &mut ReadTx<'_>, facts: &Facts, as_at: AsAtDay, months: u32) -> Result<Totals, Error> {
    let (of, list) = (ContractsOf::default(), CliffEdgeList::Ending);
    let asked = Asked { as_at, within_months: months, of, list, ends_in: None, has_staff: None };
    survey(tx, facts, &asked).map(|(totals, _)| totals)
}

/// The totals, and what is listed in its order.
fn survey(tx: &mut ReadTx<'_>, facts: &Facts, asked: &Asked) -> Result<(Totals, Vec<Found>), Error> {
    let subject = Subject::new(tx, &asked.of)?;
    let AsAtDay { day, today } = asked.as_at;
    let number = DayNumber::of(day);
    let limit = months_later(day, asked.within_months);
    let (mut ending, mut later, mut without_end, mut unclear) = (0_i64, 0, 0, 0);
    let mut staff = Sum::default();
    let mut counted_staff: HashSet<MutualId> = HashSet::new();
    let mut months: BTreeMap<PartialDate, i64> = BTreeMap::new();
    let mut sectors: BTreeMap<Sector, i64> = BTreeMap::new();
    let mut departments: HashMap<DepartmentId, i64> = HashMap::new();
    let mut found = Vec::new();
    for (id, contract) in facts.contracts.after(None) {
        let in_force = contract.term.in_force(day, today);
        if in_force == InForce::No {
            continue;
        }
        let Some(mutual) = subject.mutual(facts, contract) else { continue };
        let end = contract.term.next_end(day);
        let list = list_of(in_force, end, |end| limit.is_none_or(|limit| end.first_day() <= limit));
        let own_staff = mutual.staff_as_at(number);
        match list {
            CliffEdgeList::Ending => {
                ending += 1;
                match own_staff {
                    Some(count) if counted_staff.insert(contract.mutual) => staff.add(Some(count)),
                    Some(_) => staff.records += 1,
                    None => staff.lacking += 1,
                }
                if let Some(end) = end {
                    *months.entry(end.to_month()).or_default() += 1;
                }
                for sector in subject.sectors_of(mutual) {
                    *sectors.entry(sector).or_default() += 1;
                }
                *departments.entry(contract.department).or_default() += 1;
            }
            CliffEdgeList::Later => later += 1,
            CliffEdgeList::WithoutEnd => without_end += 1,
            CliffEdgeList::Unclear => unclear += 1,
        }
        let is_listed = list == asked.list
            && asked.ends_in.is_none_or(|month| end.is_some_and(|end| end.to_month() == month))
            && asked.has_staff.is_none_or(|wanted| own_staff.is_some() == wanted);
        if is_listed {
            found.push(Found::new(*id, contract, end, own_staff, mutual.sectors));
        }
    }
    found.sort_unstable_by_key(Found::place);
    let totals = Totals {
        seq: facts.seq(),
        ending: Count { records: ending, lacking: without_end + unclear },
        later,
        without_end,
        unclear,
        staff,
        by_month: months.into_iter().collect(),
        by_sector: sectors.into_iter().collect(),
        by_department: subject::named(tx, departments)?,
    };
    Ok((totals, found))
}

fn list_of(in_force: InForce, end: Option<PartialDate>, in_time: impl Fn(PartialDate) -> bool) -> CliffEdgeList {
    match end {
        _ if in_force == InForce::Unknown => CliffEdgeList::Unclear,
        None => CliffEdgeList::WithoutEnd,
        Some(end) if in_time(end) => CliffEdgeList::Ending,
        Some(_) => CliffEdgeList::Later,
    }
}

/// Where an item stands in the list: by its next end, those without one last, then by id.
type Place = (bool, Option<PartialDate>, ContractId);

fn place(position: &Position) -> Result<Place, Error> {
    let invalid = |_| Error::InvalidPosition(String::new());
    let end: Option<PartialDate> = position.key.as_deref().map(str::parse).transpose().map_err(invalid)?;
    let id = position.id.parse().map_err(|_| Error::InvalidPosition(String::new()))?;
    Ok((end.is_none(), end, id))
}

impl Found {
    fn new(
        id: ContractId,
        contract: &ContractFacts,
        end: Option<PartialDate>,
        staff: Option<i64>,
        sectors: u32,
    ) -> Self {
        let ContractFacts { mutual, department, first, .. } = *contract;
        Self { id, mutual, department, end, first, staff, sectors }
    }

    fn place(&self) -> Place {
        (self.end.is_none(), self.end, self.id)
    }

    fn position(&self) -> Position {
        Position { key: self.end.map(|end| end.to_string()), id: self.id.to_string() }
    }
}

impl Beside {
    fn of(facts: &Facts, asked: &Asked, found: &[Found]) -> Self {
        let mut beside = Self::default();
        if found.is_empty() {
            return beside;
        }
        let pairs: HashSet<(MutualId, DepartmentId)> = found.iter().map(|one| (one.mutual, one.department)).collect();
        for (id, contract) in facts.contracts.after(None) {
            let may_bar = matches!(
                contract.procedure,
                Procedure::PaS33Reserved | Procedure::PcrReg77Reserved | Procedure::Unknown
            );
            let pair = (contract.mutual, contract.department);
            if may_bar && pairs.contains(&pair) {
                beside.barring.entry(pair).or_default().push(*id);
            }
        }
        let (day, today) = asked.as_at.numbers();
        for competition in facts.competitions.values().filter(|it| it.outcome == CompetitionOutcome::Lost) {
            let told = AsAtContest::of(competition.outcome, [competition.opened, competition.decided], [day, today]);
            if told != AsAtContest::Known(CompetitionOutcome::Lost) {
                continue;
            }
            let mutual = facts.contracts.get(&competition.contract).and_then(|it| facts.mutual(&it.mutual));
            if let Some(mutual) = mutual {
                *beside.lost.entry((mutual.sectors, competition.winner_kind)).or_default() += 1;
            }
        }
        beside
    }

    /// The competitions lost in any of these sectors, by who won; those of which that is not known last.
    fn lost_in(&self, sectors: u32) -> Vec<(Option<WinnerKind>, i64)> {
        let mut lost: BTreeMap<(bool, Option<WinnerKind>), i64> = BTreeMap::new();
        for ((own, winner), count) in &self.lost {
            if own & sectors != 0 {
                *lost.entry((winner.is_none(), *winner)).or_default() += count;
            }
        }
        lost.into_iter().map(|((_, winner), count)| (winner, count)).collect()
    }

    /// The newest contracts that may bar a mutual, and whether there are more.
    fn barring(&self, one: &Found) -> (&[ContractId], bool) {
        let all = self.barring.get(&(one.mutual, one.department)).map(Vec::as_slice).unwrap_or_default();
        let first = all.len().saturating_sub(LOOKED_AT);
        (all.get(first..).unwrap_or_default(), first > 0)
    }
}

fn describe(
    tx: &mut ReadTx<'_>,
    law: &Law,
    asked: &Asked,
    found: &[Found],
    beside: &Beside,
) -> Result<Vec<EndingContract>, Error> {
    let barring = found.iter().flat_map(|one| beside.barring(one).0.iter().copied());
    let contracts = by_id::<Contract>(tx, found.iter().map(|one| one.id).chain(barring))?;
    let mutuals = by_id::<Mutual>(tx, found.iter().map(|one| one.mutual))?;
    let departments = by_id::<Department>(tx, found.iter().map(|one| one.department))?;
    let items = found.iter().filter_map(|one| {
        let contract = contracts.get(&one.id)?.clone();
        let (mutual, department) = (mutuals.get(&one.mutual)?.clone(), departments.get(&one.department)?.clone());
        let (ids, has_more_priors) = beside.barring(one);
        let priors: Vec<Prior> = ids.iter().filter_map(|id| contracts.get(id).and_then(Prior::likely_of)).collect();
        let next = next_route(
            &NextFacts {
                as_at: asked.as_at.day,
                contract: &contract.content,
                buyer: Buyer::of(&department.content),
                supplier: mutual.content.tests,
                priors: &priors,
                has_more_priors,
            },
            law,
        );
        let last = contract.content.timeline.last_day();
        let months_left = one
            .end
            .zip(last)
            .map(|(end, last)| [end.first_day(), last.last_day()].map(|day| whole_months(asked.as_at.day, day)));
        let lost = beside.lost_in(one.sectors);
        Some(EndingContract {
            contract,
            mutual,
            department,
            first: one.first,
            months_left,
            staff: one.staff,
            next,
            lost,
        })
    });
    Ok(items.collect())
}

/// The records with these ids.
pub(super) fn by_id<T: StoredKind>(
    tx: &mut ReadTx<'_>,
    ids: impl Iterator<Item = domain::Id<T>>,
) -> Result<HashMap<domain::Id<T>, Record<T>>, Error> {
    let ids: Vec<domain::Id<T>> = ids.collect::<HashSet<_>>().into_iter().collect();
    let mut records = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_A_TIME) {
        let Some(condition) = any_of(&format!("{}.id", T::KIND.table()), some) else { continue };
        records.extend(record::all_where::<T>(tx, condition)?.into_iter().map(|record| (record.id, record)));
    }
    Ok(records)
}
