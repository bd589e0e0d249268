//! Figures of the register as at a day: what was true then, as known now.
//!
//! They are computed over [`Facts`], which are kept in memory and brought up to the log's head in the snapshot of each read: an answer
//! is never older than the head that it names.

mod answer;
pub mod cliff_edge;
pub mod competitions;
mod contract_facts;
mod day_number;
mod facts;
pub mod filter_counts;
mod ordered;
mod subject;

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use document::figures::{CountedFilter, CountedMutual};
use document::value::{PartialDate, Word, texts};
use domain::statistics::StandingGroup;
use domain::{Day, DepartmentId, Kind, LegalForm, MAX_INTEGER, MutualId, Procedure, Regime, Region, Sector, Stage};

pub use answer::*;
pub use facts::Facts;
pub use subject::ContractsOf;

use crate::ReadTx;
use crate::backend::fragment::Fragment;
use crate::backend::json::parsed;
use crate::error::Error;
use crate::log::entry_log;
use crate::register::reference;
use day_number::DayNumber;
use facts::{DepartmentNumber, Mutual, bit};

impl Facts {
    /// The facts as of the snapshot, from those of an earlier one where there are any.
    pub(crate) fn as_of_now(tx: &mut ReadTx<'_>, kept: Option<Self>) -> Result<Self, Error> {
        let head = entry_log::newest(tx)?;
        // What was read of another epoch is of another register.
        let kept = kept.filter(|facts| facts.epoch == head.epoch.id);
        let mut facts = Self::at(tx, kept, head.seq)?;
        facts.epoch = head.epoch.id;
        Ok(facts)
    }

    /// The number of the entry that they are as of.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }
}

/// The figures for a day.
pub fn figures(tx: &mut ReadTx<'_>, facts: &Facts, asked: AsAtDay) -> Result<Figures, Error> {
    let (day, today) = asked.numbers();
    let mut groups: BTreeMap<StandingGroup, i64> = StandingGroup::ALL.iter().map(|group| (*group, 0)).collect();
    let (mut operating_staff, mut on_the_way_staff) = (Sum::default(), Sum::default());
    let mut sectors = vec![Tally::default(); Sector::ALL.len()];
    let mut departments = vec![Tally::default(); facts.departments.ids().len()];
    let mut regions: BTreeMap<Region, Tally> = BTreeMap::new();
    let mut forms: BTreeMap<LegalForm, Tally> = BTreeMap::new();
    let mut years: BTreeMap<i32, Tally> = BTreeMap::new();
    let mut stages: BTreeMap<Stage, InStage> = Stage::ALL.iter().map(|stage| (*stage, InStage::default())).collect();
    let mut no_stage = 0_i64;
    let [mut no_region, mut no_department, mut no_form, mut no_year] = [Tally::default(); 4];
    let mut launches_past_gate = Count::default();
    for mutual in facts.mutuals() {
        if mutual.overrode_gate {
            match mutual.launched {
                Some(launched) if launched <= day || day >= today => launches_past_gate.records += 1,
                Some(_) => {}
                None => launches_past_gate.lacking += 1,
            }
        }
        let stands = mutual.as_at(day, today);
        let Some(group) = stands.group() else { continue };
        let staff = mutual.staff_as_at(day);
        *groups.entry(group).or_default() += 1;
        match group {
            StandingGroup::Operating => operating_staff.add(staff),
            StandingGroup::OnTheWay => on_the_way_staff.add(staff),
            _ => {}
        }
        match stands.stage().and_then(|stage| stages.get_mut(&stage)) {
            Some(in_stage) => {
                in_stage.mutuals.records += 1;
                in_stage.staff.add(staff);
            }
            None => no_stage += 1,
        }
        if !matches!(group, StandingGroup::Operating | StandingGroup::OnTheWay | StandingGroup::Unknown) {
            continue;
        }
        let mut bits = mutual.sectors;
        while bits != 0 {
            let place = usize::try_from(bits.trailing_zeros()).unwrap_or(usize::MAX);
            if let Some(tally) = sectors.get_mut(place) {
                tally.add(group, staff);
            }
            bits &= bits.wrapping_sub(1);
        }
        let department = mutual.department.and_then(|it| departments.get_mut(it.place()));
        department.unwrap_or(&mut no_department).add(group, staff);
        mutual.region.map_or(&mut no_region, |it| regions.entry(it).or_default()).add(group, staff);
        mutual.legal_form.map_or(&mut no_form, |it| forms.entry(it).or_default()).add(group, staff);
        let year = mutual.launched.filter(|launched| *launched <= day || day >= today).map(DayNumber::year);
        year.map_or(&mut no_year, |it| years.entry(it).or_default()).add(group, staff);
    }
    let by_stage = stages.into_iter().map(|(stage, mut in_stage)| {
        in_stage.mutuals.lacking = no_stage;
        (stage, in_stage)
    });
    let (by_procedure, by_regime) = contracts(facts, day);
    let contracts_ending = cliff_edge::totals(tx, facts, asked, Figures::MONTHS_AHEAD)?.ending;
    let competitions = competitions::totals(tx, facts, &competitions::Asked::of_all(asked))?;
    Ok(Figures {
        seq: facts.seq,
        groups: groups.into_iter().collect(),
        operating_staff,
        on_the_way_staff,
        by_sector: Breakdown {
            items: Sector::ALL.iter().copied().zip(sectors).filter(|(_, tally)| !tally.is_empty()).collect(),
            without: Tally::default(),
        },
        by_region: Breakdown { items: regions.into_iter().collect(), without: no_region },
        by_department: Breakdown { items: named(tx, facts, &departments)?, without: no_department },
        by_legal_form: Breakdown { items: forms.into_iter().collect(), without: no_form },
        by_launch_year: Breakdown { items: years.into_iter().collect(), without: no_year },
        by_stage: by_stage.collect(),
        launches_past_gate,
        ballots: ballots(facts, day, today),
        by_procedure,
        by_regime,
        contracts_ending,
        competitions: competitions.competitions,
        results: competitions.results,
        by_winner_kind: competitions.by_winner_kind,
    })
}

/// The figures of periods that follow each other, in order.
#[must_use]
pub fn timeline(facts: &Facts, periods: &[Period], today: Day) -> Vec<PeriodFigures> {
    let today = DayNumber::of(today);
    let ends: Vec<DayNumber> = periods.iter().map(|period| DayNumber::of(period.last)).collect();
    let begins = periods.first().map_or(DayNumber::MAX, |period| DayNumber::of(period.first));
    // The first period that ends on a day or later: from there on what began on the day shows.
    let shows_from = |day: DayNumber| ends.partition_point(|end| *end < day);
    let in_period = |day: DayNumber| Some(shows_from(day)).filter(|_| day >= begins);
    let mut changes = vec![Change::default(); periods.len()];
    let (mut undated_launches, mut undated_ends) = (0, 0);
    for mutual in facts.mutuals() {
        for (from, until, stands) in mutual.course(today) {
            let Some(group) = stands.group() else { continue };
            spread(&mut changes, mutual, group, [from, until], shows_from);
        }
        undated_launches += i64::from(mutual.lacks_launch());
        undated_ends += i64::from(mutual.lacks_end());
        if let Some(change) = mutual.launched.and_then(in_period).and_then(|place| changes.get_mut(place)) {
            change.launches += 1;
        }
        if let Some(change) = mutual.ended.and_then(in_period).and_then(|place| changes.get_mut(place)) {
            change.endings += 1;
        }
    }
    let mut running = Change::default();
    let figures = changes.into_iter().map(|change| {
        running.add(&change, 1);
        PeriodFigures {
            tally: Tally {
                operating: Count { records: running.operating, lacking: running.unknown },
                on_the_way: Count { records: running.on_the_way, lacking: running.unknown },
                staff: Sum { total: running.staff, records: running.with_staff, lacking: running.without_staff },
            },
            launches: Count { records: change.launches, lacking: undated_launches },
            endings: Count { records: change.endings, lacking: undated_ends },
        }
    });
    figures.collect()
}

/// The mutuals that a figure is of.
///
/// # Errors
/// [`Error::Rule`] where the filter names a department that is not there.
pub fn list(
    tx: &mut ReadTx<'_>,
    facts: &Facts,
    filter: &CountedFilter,
    asked: AsAtDay,
    part: Wanted,
) -> Result<CountedPart, Error> {
    let counted = Counted::new(tx, facts, filter, asked)?;
    let mut found: Vec<_> = counted.after(part.after.as_ref()).take(part.limit.saturating_add(1)).collect();
    let goes_on = found.len() > part.limit;
    found.truncate(part.limit);
    let total = part.count.then(|| i64::try_from(counted.after(None).count()).unwrap_or(i64::MAX));
    Ok(CountedPart { items: name(tx, &found)?, goes_on, total })
}

/// How many mutuals a figure is of, and their staff. Lacking are those whose standing is not known.
///
/// # Errors
/// As [`list`].
pub fn total(
    tx: &mut ReadTx<'_>,
    facts: &Facts,
    filter: &CountedFilter,
    asked: AsAtDay,
) -> Result<(Count, Sum), Error> {
    let (mut count, mut staff) = (Count::default(), Sum::default());
    for found in Counted::new(tx, facts, filter, asked)?.after(None) {
        count.records = count.records.saturating_add(1);
        staff.add(found.staff_count);
    }
    if !filter.standing.is_empty() {
        let unknown = CountedFilter { standing: vec![Word(StandingGroup::Unknown)], ..filter.clone() };
        let lacking = Counted::new(tx, facts, &unknown, asked)?.after(None).count();
        count.lacking = i64::try_from(lacking).unwrap_or(i64::MAX);
    }
    Ok((count, staff))
}

/// All mutuals that a figure is of, to be [`name`]d.
///
/// # Errors
/// As [`list`].
pub fn all(
    tx: &mut ReadTx<'_>,
    facts: &Facts,
    filter: &CountedFilter,
    asked: AsAtDay,
) -> Result<Vec<FoundMutual>, Error> {
    Ok(Counted::new(tx, facts, filter, asked)?.after(None).collect())
}

/// Names the mutuals: those that are gone are not in it.
///
/// # Errors
/// Where the database does not answer.
pub fn name(tx: &mut ReadTx<'_>, found: &[FoundMutual]) -> Result<Vec<CountedMutual>, Error> {
    let ids: Vec<String> = found.iter().map(|found| found.id.to_string()).collect();
    let mut names = reference::names_of(tx, Kind::Mutual, &ids)?;
    let items = found.iter().filter_map(|found| {
        let (slug, name) = names.remove(&found.id.to_string())?;
        let FoundMutual { id, group, stage, staff_count } = *found;
        Some(CountedMutual { id: id.into(), slug, name, standing: Word(group), stage: stage.map(Word), staff_count })
    });
    Ok(items.collect())
}

/// A mutual that a figure counts, as it was on the day.
#[derive(Clone, Copy, Debug)]
pub struct FoundMutual {
    id: MutualId,
    group: StandingGroup,
    stage: Option<Stage>,
    staff_count: Option<i64>,
}

/// The mutuals that a figure is of, in the facts.
struct Counted<'f> {
    facts: &'f Facts,
    filter: Narrowed<'f>,
    day: DayNumber,
    today: DayNumber,
}

impl<'f> Counted<'f> {
    fn new(tx: &mut ReadTx<'_>, facts: &'f Facts, filter: &'f CountedFilter, asked: AsAtDay) -> Result<Self, Error> {
        let (day, today) = asked.numbers();
        let departments = reference::resolve(tx, &texts(filter.department.clone()))?;
        Ok(Self { facts, filter: Narrowed::new(facts, filter, &departments), day, today })
    }

    /// Those that come after one of them, in the order of entry.
    fn after<'a>(&'a self, id: Option<&'a MutualId>) -> impl Iterator<Item = FoundMutual> + 'a {
        self.facts.mutuals_after(id).filter_map(|(id, mutual)| {
            let group = self.filter.lets_through(mutual, self.day, self.today)?;
            let stage = mutual.as_at(self.day, self.today).stage();
            Some(FoundMutual { id, group, stage, staff_count: mutual.staff_as_at(self.day) })
        })
    }
}

/// A filter whose conditions are quick to check.
struct Narrowed<'f> {
    filter: &'f CountedFilter,
    sectors: u32,
    departments: Vec<Option<DepartmentNumber>>,
    launched_in: Option<(DayNumber, DayNumber)>,
    ended_in: Option<(DayNumber, DayNumber)>,
}

impl<'f> Narrowed<'f> {
    fn new(facts: &Facts, filter: &'f CountedFilter, departments: &[DepartmentId]) -> Self {
        let days = |date: PartialDate| (DayNumber::of(date.0.first_day()), DayNumber::of(date.0.last_day()));
        Self {
            filter,
            sectors: filter.sector.iter().fold(0, |bits, Word(sector)| bits | bit(*sector)),
            departments: departments.iter().map(|id| facts.departments.number_of(id)).collect(),
            launched_in: filter.launched_in.map(days),
            ended_in: filter.ended_in.map(days),
        }
    }

    /// Where the mutual stands, if it is one of those wanted.
    fn lets_through(&self, mutual: Mutual<'_>, day: DayNumber, today: DayNumber) -> Option<StandingGroup> {
        fn any<T: PartialEq>(wanted: &[Word<T>], is: Option<T>) -> bool {
            wanted.is_empty() || is.is_some_and(|is| wanted.contains(&Word(is)))
        }
        let CountedFilter { standing, stage, region, legal_form, has_staff, past_gate, .. } = self.filter;
        let has_come = |on: DayNumber| on <= day || day >= today;
        let within = |wanted: Option<(DayNumber, DayNumber)>, on: Option<DayNumber>| {
            wanted.is_none_or(|(first, last)| on.is_some_and(|on| (first..=last).contains(&on) && has_come(on)))
        };
        let stands = mutual.as_at(day, today);
        let group = stands.group()?;
        let went_past = || mutual.overrode_gate && mutual.launched.is_some_and(has_come);
        let meets = any(standing, Some(group))
            && any(stage, stands.stage())
            && (self.sectors == 0 || self.sectors & mutual.sectors != 0)
            && any(region, mutual.region)
            && (self.departments.is_empty()
                || mutual.department.is_some() && self.departments.contains(&mutual.department))
            && any(legal_form, mutual.legal_form)
            && within(self.launched_in, mutual.launched)
            && within(self.ended_in, mutual.ended)
            && has_staff.is_none_or(|wanted| mutual.staff_as_at(day).is_some() == wanted)
            && past_gate.is_none_or(|wanted| went_past() == wanted);
        meets.then_some(group)
    }
}

/// What is different in a period from the one before it.
#[derive(Clone, Copy, Default)]
struct Change {
    operating: i64,
    on_the_way: i64,
    unknown: i64,
    staff: i64,
    with_staff: i64,
    without_staff: i64,
    launches: i64,
    endings: i64,
}

impl Change {
    fn of(group: StandingGroup, staff: Option<i64>) -> Self {
        let mut change = Self::default();
        match group {
            StandingGroup::Operating => change.operating = 1,
            StandingGroup::OnTheWay => change.on_the_way = 1,
            StandingGroup::Unknown => change.unknown = 1,
            StandingGroup::Suspended | StandingGroup::EndedBeforeLaunch | StandingGroup::EndedAfterLaunch => {}
        }
        if matches!(group, StandingGroup::Operating | StandingGroup::OnTheWay) {
            change.staff = staff.unwrap_or_default();
            change.with_staff = i64::from(staff.is_some());
            change.without_staff = i64::from(staff.is_none());
        }
        change
    }

    fn add(&mut self, other: &Self, sign: i64) {
        self.operating += sign * other.operating;
        self.on_the_way += sign * other.on_the_way;
        self.unknown += sign * other.unknown;
        self.staff += sign * other.staff;
        self.with_staff += sign * other.with_staff;
        self.without_staff += sign * other.without_staff;
    }
}

/// Enters that a mutual stands somewhere from one day until before another; its staff count from the day on which they were counted.
fn spread(
    changes: &mut [Change],
    mutual: Mutual<'_>,
    group: StandingGroup,
    [from, until]: [DayNumber; 2],
    shows_from: impl Fn(DayNumber) -> usize,
) {
    let counted = mutual.staff().map_or(until, |(_, since)| since.clamp(from, until));
    let count = mutual.staff().map(|(count, _)| count);
    for (begin, end, staff) in [(from, counted, None), (counted, until, count)] {
        let change = Change::of(group, staff);
        let (begin, end) = (shows_from(begin), shows_from(end));
        if begin < end {
            if let Some(first) = changes.get_mut(begin) {
                first.add(&change, 1);
            }
            if let Some(after) = changes.get_mut(end) {
                after.add(&change, -1);
            }
        }
    }
}

/// Names the departments whose mutuals were counted, in the order of their slugs.
fn named(tx: &mut ReadTx<'_>, facts: &Facts, tallies: &[Tally]) -> Result<Vec<(NamedDepartment, Tally)>, Error> {
    let counted: BTreeMap<DepartmentId, Tally> =
        facts.departments.ids().iter().copied().zip(tallies.iter().copied()).filter(|(_, it)| !it.is_empty()).collect();
    let all = Fragment::default().sql("SELECT id, slug, name FROM departments");
    let rows: Vec<(String, String, String)> = all.giving::<(Text, Text, Text)>().load(tx.conn())?;
    let mut named = Vec::with_capacity(counted.len());
    for (id, slug, name) in rows {
        let id = parsed("id", &id)?;
        if let Some(tally) = counted.get(&id) {
            named.push((NamedDepartment { id, slug, name }, *tally));
        }
    }
    named.sort_by(|(one, _), (other, _)| one.slug.cmp(&other.slug));
    Ok(named)
}

fn ballots(facts: &Facts, day: DayNumber, today: DayNumber) -> Ballots {
    let mut ballots = Ballots::default();
    for ballot in facts.ballots.values() {
        match ballot.declared {
            _ if day >= today => {}
            Some(declared) if declared <= day => {}
            Some(_) => continue,
            None => {
                ballots.declared.lacking += 1;
                continue;
            }
        }
        ballots.declared.records += 1;
        match ballot.returned.zip(ballot.entitled) {
            Some((returned, entitled)) => {
                ballots.turnout.records += 1;
                ballots.returned = ballots.returned.saturating_add(returned).min(MAX_INTEGER);
                ballots.entitled = ballots.entitled.saturating_add(entitled).min(MAX_INTEGER);
            }
            None => ballots.turnout.lacking += 1,
        }
    }
    ballots
}

type ContractFigures = (Vec<(Procedure, Contracts)>, Vec<(Regime, Contracts)>);

fn contracts(facts: &Facts, day: DayNumber) -> ContractFigures {
    let mut by_procedure: BTreeMap<Procedure, Contracts> = BTreeMap::new();
    let mut by_regime: BTreeMap<Regime, Contracts> = BTreeMap::new();
    for contract in facts.contracts.values().filter(|contract| contract.was_entered) {
        let has_entered = contract.entered.map(|entered| entered <= day);
        let procedure = by_procedure.entry(contract.procedure).or_default();
        procedure.add(has_entered, contract.value);
        by_regime.entry(contract.regime).or_default().add(has_entered, contract.value);
    }
    (told(by_procedure), told(by_regime))
}

/// Those of which there is something to tell; what lacks a value lacks it in every currency.
fn told<K>(contracts: BTreeMap<K, Contracts>) -> Vec<(K, Contracts)> {
    let with_lacking = |(key, mut contracts): (K, Contracts)| {
        let lacking = contracts.without_value;
        contracts.values.values_mut().for_each(|sum| sum.lacking = lacking);
        (key, contracts)
    };
    contracts.into_iter().filter(|(_, it)| *it != Contracts::default()).map(with_lacking).collect()
}
