//! Competitions for the contracts of mutuals as at a day: won and lost, and by whom.

use std::collections::BTreeMap;

use document::record_name::{DepartmentName, MutualName};
use document::value::Text;
use domain::{
    AsAtContest, Child, Competition, CompetitionId, CompetitionOutcome, Contract, ContractId, FirstContract, Kind,
    PartialDate, Record, Sector, WinnerKind,
};

use super::cliff_edge::by_id;
use super::contract_facts::CompetitionFacts;
use super::day_number::DayNumber;
use super::facts::{Facts, bit};
use super::subject::{ContractsOf, Subject};
use super::{AsAtDay, Count, Results};
use crate::backend::json::parsed;
use crate::error::Error;
use crate::register::child::ChildRecord;
use crate::register::reference;
use crate::{Page, Position, ReadTx};

/// What a report on competitions is about, and what it lists.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The day of the report.
    pub as_at: AsAtDay,
    /// The contracts whose competitions it is about.
    pub of: ContractsOf,
    /// Lists those with these outcomes; all where there is none.
    pub outcomes: Vec<CompetitionOutcome>,
    /// Lists those that one of these won.
    pub winner_kinds: Vec<WinnerKind>,
    /// Lists those for contracts of which this is so.
    pub first: Vec<FirstContract>,
    /// Lists those that were decided then; a partial date counts as its first day.
    pub decided_in: Option<PartialDate>,
    /// Lists those of which it is not known whether they were open or decided, in place of the others.
    pub unclear: bool,
}

/// The figures of competitions.
#[derive(Clone, Debug)]
pub struct Totals {
    /// The log entry that they are up to date with.
    pub seq: i64,
    /// All that were open or decided.
    pub competitions: Count,
    /// The same by what became of the mutual.
    pub results: Results,
    /// By outcome, each.
    pub by_outcome: Vec<(CompetitionOutcome, i64)>,
    /// By who won.
    pub by_winner_kind: Vec<(WinnerKind, Results)>,
    /// By the sectors of the mutual, which may be several.
    pub by_sector: Vec<(Sector, Results)>,
    /// By the year of the decision.
    pub by_year: Vec<(i32, Results)>,
    /// By whether the contract is the first of its mutual.
    pub by_first_contract: Vec<(FirstContract, Results)>,
    /// Decided ones of which it is not known who won.
    pub without_winner_kind: Results,
    /// Decided ones of which the year is not known.
    pub without_year: Results,
}

/// A page of the report.
#[derive(Clone, Debug)]
pub struct Report {
    /// The figures, whatever is listed.
    pub totals: Totals,
    /// The competitions of the page.
    pub items: Vec<ToldCompetition>,
    /// Where the next page starts.
    pub next: Option<Position>,
    /// How many competitions are listed on all pages.
    pub listed: i64,
}

/// A competition as it was known on the day.
#[derive(Clone, Debug)]
pub struct ToldCompetition {
    /// The competition, as known now.
    pub competition: ChildRecord<Competition>,
    /// The contract.
    pub contract: Record<Contract>,
    /// Its supplier.
    pub mutual: MutualName,
    /// Its buyer.
    pub department: DepartmentName,
    /// The sectors of the mutual.
    pub sectors: Vec<Sector>,
    /// Whether the contract is the first of its mutual.
    pub first: FirstContract,
    /// The outcome by the day; none where it is not known.
    pub outcome: Option<CompetitionOutcome>,
}

/// A competition that is listed, in the facts.
#[derive(Clone, Copy, Debug)]
struct Found {
    id: CompetitionId,
    contract: ContractId,
    sectors: u32,
    first: FirstContract,
    outcome: Option<CompetitionOutcome>,
}

/// All competitions that a report lists, to be described.
#[derive(Debug)]
pub struct Listed(std::vec::IntoIter<Found>);

/// A page of the report.
///
/// # Errors
/// [`Error::Rule`] where it names a record that is not there, [`Error::InvalidPosition`] where the page starts at no place of it.
pub fn report(tx: &mut ReadTx<'_>, facts: &Facts, asked: &Asked, page: &Page) -> Result<Report, Error> {
    let (totals, found) = survey(tx, facts, asked)?;
    let listed = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let after = page.after.as_ref().map(|position| position.id.parse::<CompetitionId>()).transpose();
    let after = after.map_err(|_| Error::InvalidPosition(String::new()))?;
    let begin = after.map_or(0, |after| found.partition_point(|one| one.id <= after));
    let end = begin.saturating_add(page.limit).min(found.len());
    let some = found.get(begin..end).unwrap_or_default();
    let last = some.last().filter(|_| end < found.len());
    let next = last.map(|one| Position { key: None, id: one.id.to_string() });
    Ok(Report { totals, items: describe(tx, some)?, next, listed })
}

/// All competitions that the report lists, in the order of entry.
///
/// # Errors
/// As [`report`].
pub fn all(tx: &mut ReadTx<'_>, facts: &Facts, asked: &Asked) -> Result<Listed, Error> {
    Ok(Listed(survey(tx, facts, asked)?.1.into_iter()))
}

impl Listed {
    /// The next of them, at most so many; none where there are no more.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn describe(&mut self, tx: &mut ReadTx<'_>, many: usize) -> Result<Vec<ToldCompetition>, Error> {
        let some: Vec<Found> = self.0.by_ref().take(many).collect();
        describe(tx, &some)
    }
}

impl Asked {
    /// Of all competitions.
    pub(super) fn of_all(as_at: AsAtDay) -> Self {
        Self {
            as_at,
            of: ContractsOf::default(),
            outcomes: Vec::new(),
            winner_kinds: Vec::new(),
            first: Vec::new(),
            decided_in: None,
            unclear: false,
        }
    }
}

/// The figures alone.
pub(super) fn totals(tx: &mut ReadTx<'_>, facts: &Facts, asked: &Asked) -> Result<Totals, Error> {
    survey(tx, facts, asked).map(|(totals, _)| totals)
}

/// The figures, and what is listed in the order of entry.
fn survey(tx: &mut ReadTx<'_>, facts: &Facts, asked: &Asked) -> Result<(Totals, Vec<Found>), Error> {
    let subject = Subject::new(tx, &asked.of)?;
    let (day, today) = asked.as_at.numbers();
    let mut competitions = Count::default();
    let mut results = Results::default();
    let mut by_outcome: BTreeMap<CompetitionOutcome, i64> = BTreeMap::new();
    let mut by_winner_kind: BTreeMap<WinnerKind, Results> = BTreeMap::new();
    let mut by_sector: BTreeMap<Sector, Results> = BTreeMap::new();
    let mut by_year: BTreeMap<i32, Results> = BTreeMap::new();
    let mut by_first: BTreeMap<FirstContract, Results> = BTreeMap::new();
    let [mut without_winner_kind, mut without_year] = [Results::default(); 2];
    let mut found = Vec::new();
    for (id, competition) in facts.competitions.after(None) {
        let Some(contract) = facts.contracts.get(&competition.contract) else { continue };
        let Some(mutual) = subject.mutual(facts, contract) else { continue };
        let one = |outcome| Found {
            id: *id,
            contract: competition.contract,
            sectors: mutual.sectors,
            first: contract.first,
            outcome,
        };
        let dates = [competition.opened, competition.decided];
        let outcome = match AsAtContest::of(competition.outcome, dates, [day, today]) {
            AsAtContest::NotYet => continue,
            AsAtContest::Unknown => {
                competitions.lacking += 1;
                if asked.unclear && asked.first_is(contract.first) {
                    found.push(one(None));
                }
                continue;
            }
            AsAtContest::Known(outcome) => outcome,
        };
        competitions.records += 1;
        results.add(outcome);
        *by_outcome.entry(outcome).or_default() += 1;
        if outcome.may_have_winner() {
            let winner = competition.winner_kind.map(|kind| by_winner_kind.entry(kind).or_default());
            winner.unwrap_or(&mut without_winner_kind).add(outcome);
        }
        for sector in subject.sectors_of(mutual) {
            by_sector.entry(sector).or_default().add(outcome);
        }
        if outcome != CompetitionOutcome::Open {
            let year = competition.decided.map(|decided| by_year.entry(decided.year()).or_default());
            year.unwrap_or(&mut without_year).add(outcome);
        }
        by_first.entry(contract.first).or_default().add(outcome);
        if !asked.unclear && asked.first_is(contract.first) && asked.lists(competition, outcome) {
            found.push(one(Some(outcome)));
        }
    }
    let totals = Totals {
        seq: facts.seq(),
        competitions,
        results,
        by_outcome: by_outcome.into_iter().collect(),
        by_winner_kind: by_winner_kind.into_iter().collect(),
        by_sector: by_sector.into_iter().collect(),
        by_year: by_year.into_iter().collect(),
        by_first_contract: by_first.into_iter().collect(),
        without_winner_kind,
        without_year,
    };
    Ok((totals, found))
}

impl Asked {
    fn first_is(&self, first: FirstContract) -> bool {
        self.first.is_empty() || self.first.contains(&first)
    }

    /// Whether a competition that had this outcome by the day is listed.
    fn lists(&self, competition: &CompetitionFacts, outcome: CompetitionOutcome) -> bool {
        let is_decided = outcome != CompetitionOutcome::Open;
        let winner = competition.winner_kind.filter(|_| outcome.may_have_winner());
        let decided = competition.decided.filter(|_| is_decided);
        let within = |date: PartialDate| {
            let (first, last) = (DayNumber::of(date.first_day()), DayNumber::of(date.last_day()));
            decided.is_some_and(|decided| (first..=last).contains(&decided))
        };
        (self.outcomes.is_empty() || self.outcomes.contains(&outcome))
            && (self.winner_kinds.is_empty() || winner.is_some_and(|winner| self.winner_kinds.contains(&winner)))
            && self.decided_in.is_none_or(within)
    }
}

fn describe(tx: &mut ReadTx<'_>, found: &[Found]) -> Result<Vec<ToldCompetition>, Error> {
    let competitions = by_id::<Child<Contract, Competition>>(tx, found.iter().map(|one| one.id))?;
    let contracts = by_id::<Contract>(tx, found.iter().map(|one| one.contract))?;
    let of =
        |id: &dyn Fn(&Contract) -> String| contracts.values().map(|contract| id(&contract.content)).collect::<Vec<_>>();
    let mutuals = reference::names_of(tx, Kind::Mutual, &of(&|contract| contract.mutual_id.to_string()))?;
    let departments = reference::names_of(tx, Kind::Department, &of(&|contract| contract.department_id.to_string()))?;
    let mut items = Vec::with_capacity(found.len());
    for one in found {
        let Some((competition, contract)) = competitions.get(&one.id).zip(contracts.get(&one.contract)) else {
            continue;
        };
        let (mutual_id, department_id) = (contract.content.mutual_id, contract.content.department_id);
        let mutual = mutuals.get(&mutual_id.to_string());
        let Some((mutual, department)) = mutual.zip(departments.get(&department_id.to_string())) else { continue };
        items.push(ToldCompetition {
            competition: competition.clone(),
            contract: contract.clone(),
            mutual: MutualName {
                id: Text(mutual_id),
                slug: Text(parsed("slug", &mutual.0)?),
                name: Text(parsed("name", &mutual.1)?),
            },
            department: DepartmentName {
                id: Text(department_id),
                slug: Text(parsed("slug", &department.0)?),
                name: Text(parsed("name", &department.1)?),
            },
            sectors: Sector::ALL.iter().copied().filter(|sector| one.sectors & bit(*sector) != 0).collect(),
            first: one.first,
            outcome: one.outcome,
        });
    }
    Ok(items)
}
