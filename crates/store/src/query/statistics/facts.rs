//! What the figures are made of, in memory: of each mutual, ballot and contract the little that counts, as of one entry of the log.
//!
//! It is filled by one walk over the tables and then follows the log: what the entries since then name is read anew, in the snapshot in
//! which the log's head was read.

use std::collections::{BTreeSet, HashMap};
use std::num::NonZero;
use std::ops::Deref;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use domain::statistics::{AsAt, Beginning, Move, standing_before_today};
use domain::{
    BallotState, Competition, CompetitionId, ContractId, Day, DepartmentId, Kind, LegalForm, MutualId, OriginRoute,
    PartialDate, Region, Sector, StaffBallotId, Stage, StageTransition,
};

use crate::ReadTx;
use crate::backend::dialect::{self, Pages};
use crate::backend::fragment::Fragment;
use crate::backend::json::{parsed, parsed_list, parsed_option, valid};
use crate::backend::schema::{contracts, departments, entries, mutuals, staff_ballots, stage_transitions};
use crate::error::Error;
use crate::log::epoch::EpochId;
use crate::register::child::ChildRecord;
use crate::register::record;

use super::contract_facts::{BuyerRow, CompetitionFacts, ContractFacts, ContractRow};
use super::day_number::DayNumber;
use super::ordered::Ordered;

/// Rows that are read in one go.
const AT_A_TIME: i64 = 1_000;
/// Parameters that a statement gets at most, which both databases take.
const NAMED_AT_A_TIME: usize = 1_000;
/// Entries that are looked through in one go.
const ENTRIES_AT_A_TIME: i64 = 5_000;
/// Whoever is so many entries behind walks over the tables again.
const FOLLOWED: i64 = 100_000;

/// The facts as of one entry.
#[derive(Default)]
pub struct Facts {
    /// The number of that entry.
    pub(super) seq: i64,
    /// The epoch that it is of.
    pub(super) epoch: EpochId,
    mutuals: Ordered<MutualId, MutualFacts>,
    /// What comes before the latest spans of mutuals, of which most have no other.
    earlier: Ordered<MutualId, Box<[Span]>>,
    pub(super) ballots: Ordered<StaffBallotId, BallotFacts>,
    pub(super) contracts: Ordered<ContractId, ContractFacts>,
    pub(super) competitions: Ordered<CompetitionId, CompetitionFacts>,
    /// The departments that mutuals left, by the numbers that stand for them.
    pub(super) departments: Departments,
}

/// What counts of a mutual. There may be a million, so that it is small: the spans before its latest, which few have, lie elsewhere.
pub(super) struct MutualFacts {
    /// Where it stood last before today, and since when: a [`Span`] in parts, which leave no room between the others.
    latest_from: DayNumber,
    latest_stands: AsAt,
    /// Where it is now.
    pub(super) now: Stage,
    /// It was launched though the gate was not met.
    pub(super) overrode_gate: bool,
    pub(super) region: Option<Region>,
    pub(super) legal_form: Option<LegalForm>,
    pub(super) origin_route: Option<OriginRoute>,
    /// One bit a sector, in the order of the vocabulary.
    pub(super) sectors: u32,
    /// Its lead.
    pub(super) department: Option<DepartmentNumber>,
    staff: Option<Staff>,
    pub(super) launched: Option<DayNumber>,
    pub(super) ended: Option<DayNumber>,
}

/// Where a mutual stood from a day on, until its next span.
#[derive(Clone, Copy)]
struct Span {
    from: DayNumber,
    stands: AsAt,
}

/// A count of staff.
#[derive(Clone, Copy)]
struct Staff {
    count: i32,
    /// Since when it may hold.
    since: DayNumber,
}

/// What counts of a mutual, beside its whole course.
#[derive(Clone, Copy)]
pub(super) struct Mutual<'f> {
    facts: &'f MutualFacts,
    /// The spans before its latest.
    earlier: &'f [Span],
}

/// What counts of a ballot whose result was declared and is not void.
pub(super) struct BallotFacts {
    pub(super) declared: Option<DayNumber>,
    pub(super) returned: Option<i64>,
    pub(super) entitled: Option<i64>,
}

/// Stands for a department. It is never 0, so that one that may be missing is as small.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct DepartmentNumber(NonZero<u32>);

/// Departments by number.
#[derive(Default)]
pub(super) struct Departments {
    ids: Vec<DepartmentId>,
    numbers: HashMap<DepartmentId, DepartmentNumber>,
}

impl DepartmentNumber {
    /// Its place among all.
    pub(super) fn place(self) -> usize {
        usize::try_from(self.0.get()).map_or(usize::MAX, |number| number.saturating_sub(1))
    }
}

impl Departments {
    pub(super) fn number_of(&self, id: &DepartmentId) -> Option<DepartmentNumber> {
        self.numbers.get(id).copied()
    }

    pub(super) fn ids(&self) -> &[DepartmentId] {
        &self.ids
    }

    fn take_in(&mut self, id: DepartmentId) -> DepartmentNumber {
        *self.numbers.entry(id).or_insert_with(|| {
            self.ids.push(id);
            let number = u32::try_from(self.ids.len()).ok().and_then(NonZero::new);
            DepartmentNumber(number.unwrap_or(NonZero::<u32>::MAX))
        })
    }
}

/// Which records are read: some by their ids, or the next of all.
enum Wanted<'w> {
    Named(&'w [String]),
    After(&'w str),
}

impl Facts {
    /// The facts as of the log's head, from those of an earlier one where there are any.
    pub(super) fn at(tx: &mut ReadTx<'_>, kept: Option<Self>, head: i64) -> Result<Self, Error> {
        match kept {
            Some(mut facts) if facts.seq <= head && head.saturating_sub(facts.seq) <= FOLLOWED => {
                facts.follow(tx, head)?;
                Ok(facts)
            }
            // Also where the head went back, as it does when a copy is restored.
            _ => Self::read(tx, head),
        }
    }

    /// The mutuals after this one, or all of them, in the order of their ids.
    pub(super) fn mutuals_after(&self, id: Option<&MutualId>) -> impl Iterator<Item = (MutualId, Mutual<'_>)> {
        let mut earlier = self.earlier.after(id).peekable();
        // Who stood somewhere earlier is among the mutuals, and both are in the order of the ids.
        self.mutuals.after(id).map(move |(id, facts)| {
            let spans = earlier.next_if(|(of, _)| *of == id).map(|(_, spans)| spans.as_ref());
            (*id, Mutual { facts, earlier: spans.unwrap_or_default() })
        })
    }

    /// The mutual with this id.
    pub(super) fn mutual(&self, id: &MutualId) -> Option<&MutualFacts> {
        self.mutuals.get(id)
    }

    /// All mutuals.
    pub(super) fn mutuals(&self) -> impl Iterator<Item = Mutual<'_>> {
        self.mutuals_after(None).map(|(_, mutual)| mutual)
    }

    fn read(tx: &mut ReadTx<'_>, head: i64) -> Result<Self, Error> {
        dialect::keep_pages(tx.conn(), Pages::OfWalk)?;
        let facts = Self::walk(tx, head);
        dialect::keep_pages(tx.conn(), Pages::OfReads)?;
        facts
    }

    fn walk(tx: &mut ReadTx<'_>, head: i64) -> Result<Self, Error> {
        let mut facts = Self { seq: head, ..Self::default() };
        let readers = [Self::read_mutuals, Self::read_ballots, Self::read_contracts, Self::read_competitions];
        for read in readers {
            let mut after = String::new();
            while let Some(last) = read(&mut facts, tx, &Wanted::After(&after))? {
                after = last;
            }
        }
        Ok(facts)
    }

    fn follow(&mut self, tx: &mut ReadTx<'_>, head: i64) -> Result<(), Error> {
        while self.seq < head {
            let last = head.min(self.seq.saturating_add(ENTRIES_AT_A_TIME));
            let changed: Vec<(String, String)> = entries::table
                .filter(entries::seq.gt(self.seq))
                .filter(entries::seq.le(last))
                .select((entries::resource_type, entries::resource_id))
                .load(tx.conn())?;
            let of = |kind: Kind| {
                let ids = changed.iter().filter(|(of, _)| of == kind.as_str()).map(|(_, id)| id.clone());
                ids.collect::<BTreeSet<String>>()
            };
            let mut mutuals = of(Kind::Mutual);
            let transitions: Vec<String> = of(Kind::StageTransition).into_iter().collect();
            for ids in transitions.chunks(NAMED_AT_A_TIME) {
                let theirs = stage_transitions::table.filter(stage_transitions::id.eq_any(ids));
                mutuals.extend(theirs.select(stage_transitions::mutual_id).load::<String>(tx.conn())?);
            }
            self.renew(tx, mutuals, Self::read_mutuals, |facts, id| {
                facts.mutuals.remove(&id);
                facts.earlier.remove(&id);
            })?;
            let ballots = of(Kind::StaffBallot);
            self.renew(tx, ballots, Self::read_ballots, |facts, id| facts.ballots.remove(&id))?;
            let mut contracts = of(Kind::Contract);
            // What a buyer is decides the law of its contracts.
            let buyers: Vec<String> = of(Kind::Department).into_iter().collect();
            for ids in buyers.chunks(NAMED_AT_A_TIME) {
                let theirs = contracts::table.filter(contracts::department_id.eq_any(ids));
                contracts.extend(theirs.select(contracts::id).load::<String>(tx.conn())?);
            }
            self.renew(tx, contracts, Self::read_contracts, |facts, id| facts.contracts.remove(&id))?;
            let competitions = of(Kind::Competition);
            self.renew(tx, competitions, Self::read_competitions, |facts, id| facts.competitions.remove(&id))?;
            self.seq = last;
        }
        Ok(())
    }

    /// Forgets records and reads those of them that are still there.
    fn renew<T>(
        &mut self,
        tx: &mut ReadTx<'_>,
        ids: BTreeSet<String>,
        read: impl Fn(&mut Self, &mut ReadTx<'_>, &Wanted<'_>) -> Result<Option<String>, Error>,
        forget: impl Fn(&mut Self, domain::Id<T>),
    ) -> Result<(), Error> {
        let ids: Vec<String> = ids.into_iter().collect();
        for ids in ids.chunks(NAMED_AT_A_TIME) {
            for id in ids {
                forget(self, parsed("resource_id", id)?);
            }
            read(self, tx, &Wanted::Named(ids))?;
        }
        Ok(())
    }

    /// Reads mutuals with their courses; gives the id of the last of them.
    fn read_mutuals(&mut self, tx: &mut ReadTx<'_>, wanted: &Wanted<'_>) -> Result<Option<String>, Error> {
        let query = mutuals::table.select(MutualRow::as_select()).order(mutuals::id).into_boxed();
        let in_order = " ORDER BY stage_transitions.mutual_id, stage_transitions.position";
        let (rows, of_these): (Vec<MutualRow>, Fragment) = match wanted {
            Wanted::Named(ids) => {
                let rows = query.filter(mutuals::id.eq_any(*ids)).load(tx.conn())?;
                let named = Fragment::default().sql("stage_transitions.mutual_id IN (");
                (rows, named.parameters(ids.iter().cloned()).sql(")"))
            }
            Wanted::After(after) => {
                let rows: Vec<MutualRow> = query.filter(mutuals::id.gt(*after)).limit(AT_A_TIME).load(tx.conn())?;
                let Some(last) = rows.last() else { return Ok(None) };
                let between = Fragment::default().sql("stage_transitions.mutual_id > ").parameter(*after);
                let between = between.sql(" AND stage_transitions.mutual_id <= ").parameter(&last.id);
                (rows, between)
            }
        };
        let moves: Vec<ChildRecord<StageTransition>> = record::load(tx, of_these.sql(in_order))?;
        let mut moves = moves.into_iter().peekable();
        let mut last = None;
        for row in rows {
            let mut own = Vec::new();
            // Both are in the order of the mutuals' ids.
            let id: MutualId = parsed("id", &row.id)?;
            while let Some(of_it) = moves.next_if(|one| one.content.parent_id <= id) {
                if !of_it.content.withdrawn {
                    own.push(of_it.content.content);
                }
            }
            let (facts, earlier) = MutualFacts::new(&row, &own, &mut self.departments)?;
            self.mutuals.insert(id, facts);
            if !earlier.is_empty() {
                self.earlier.insert(id, earlier.into_boxed_slice());
            }
            last = Some(row.id);
        }
        Ok(last)
    }

    fn read_ballots(&mut self, tx: &mut ReadTx<'_>, wanted: &Wanted<'_>) -> Result<Option<String>, Error> {
        let query = staff_ballots::table.select(BallotRow::as_select()).order(staff_ballots::id).into_boxed();
        let rows: Vec<BallotRow> = match wanted {
            Wanted::Named(ids) => query.filter(staff_ballots::id.eq_any(*ids)).load(tx.conn())?,
            Wanted::After(after) => query.filter(staff_ballots::id.gt(*after)).limit(AT_A_TIME).load(tx.conn())?,
        };
        for row in &rows {
            let state: BallotState = parsed("state", &row.state)?;
            if matches!(state, BallotState::Declared | BallotState::Superseded) {
                let facts = BallotFacts {
                    declared: first_day("declared_on", row.declared_on.as_deref())?,
                    returned: row.returned,
                    entitled: row.roll_size,
                };
                self.ballots.insert(parsed("id", &row.id)?, facts);
            }
        }
        Ok(rows.into_iter().next_back().map(|row| row.id))
    }

    fn read_contracts(&mut self, tx: &mut ReadTx<'_>, wanted: &Wanted<'_>) -> Result<Option<String>, Error> {
        let with_buyer =
            contracts::table.inner_join(departments::table.on(departments::id.eq(contracts::department_id)));
        let query =
            with_buyer.select((ContractRow::as_select(), BuyerRow::as_select())).order(contracts::id).into_boxed();
        let rows: Vec<(ContractRow, BuyerRow)> = match wanted {
            Wanted::Named(ids) => query.filter(contracts::id.eq_any(*ids)).load(tx.conn())?,
            Wanted::After(after) => query.filter(contracts::id.gt(*after)).limit(AT_A_TIME).load(tx.conn())?,
        };
        for (row, buyer) in &rows {
            self.contracts.insert(parsed("id", &row.id)?, ContractFacts::new(row, buyer)?);
        }
        Ok(rows.into_iter().next_back().map(|(row, _)| row.id))
    }

    fn read_competitions(&mut self, tx: &mut ReadTx<'_>, wanted: &Wanted<'_>) -> Result<Option<String>, Error> {
        let condition = match wanted {
            Wanted::Named(ids) => {
                let named = Fragment::default().sql("competitions.id IN (");
                named.parameters(ids.iter().cloned()).sql(") ORDER BY competitions.id")
            }
            Wanted::After(after) => {
                let later = Fragment::default().sql("competitions.id > ").parameter(*after);
                later.sql(format!(" ORDER BY competitions.id LIMIT {AT_A_TIME}"))
            }
        };
        let read: Vec<ChildRecord<Competition>> = record::load(tx, condition)?;
        for record in &read {
            let (id, facts) = CompetitionFacts::new(record);
            self.competitions.insert(id, facts);
        }
        Ok(read.into_iter().next_back().map(|record| record.id.to_string()))
    }
}

impl MutualFacts {
    /// With the spans before its latest.
    fn new(
        row: &MutualRow,
        moves: &[StageTransition],
        departments: &mut Departments,
    ) -> Result<(Self, Vec<Span>), Error> {
        let stage: Stage = parsed("stage", &row.stage)?;
        let entered = valid("created_at", Day::from_date(row.created_at.date()))?;
        let since: Option<PartialDate> = parsed_option("stage_since", row.stage_since.as_deref())?;
        let beginning = match moves.first() {
            Some(first) => Beginning { stage: first.from, since: entered },
            None => Beginning { stage, since: since.map_or(entered, |since| since.first_day()) },
        };
        let steps: Vec<Move> = moves.iter().map(|one| (one.to, one.effective_on)).collect();
        let department: Option<DepartmentId> = parsed_option("department_id", row.department_id.as_deref())?;
        let since = first_day("staff_counted_on", row.staff_counted_on.as_deref())?.unwrap_or(DayNumber::MIN);
        let staff = row.staff_count.and_then(|count| i32::try_from(count).ok()).map(|count| Staff { count, since });
        let sectors: Vec<Sector> = parsed_list("sectors", &row.sectors)?;
        let (earlier, latest) = course(&beginning, &steps);
        let facts = Self {
            latest_from: latest.from,
            latest_stands: latest.stands,
            now: stage,
            overrode_gate: moves.iter().any(|one| one.override_reason.is_some()),
            region: parsed_option("region", row.region.as_deref())?,
            legal_form: parsed_option("legal_form", row.legal_form.as_deref())?,
            origin_route: parsed_option("origin_route", row.origin_route.as_deref())?,
            sectors: sectors.iter().fold(0, |bits, sector| bits | bit(*sector)),
            department: department.map(|id| departments.take_in(id)),
            staff,
            launched: first_day("launched_on", row.launched_on.as_deref())?,
            ended: first_day("ended_on", row.ended_on.as_deref())?,
        };
        Ok((facts, earlier))
    }

    /// Its staff, and since when that may hold.
    pub(super) fn staff(&self) -> Option<(i64, DayNumber)> {
        self.staff.map(|staff| (i64::from(staff.count), staff.since))
    }

    /// Its staff on a day, unless the count is known to be of a later one.
    pub(super) fn staff_as_at(&self, day: DayNumber) -> Option<i64> {
        self.staff().filter(|(_, since)| *since <= day).map(|(count, _)| count)
    }

    /// Whether it was launched on a day that nobody knows.
    pub(super) fn lacks_launch(&self) -> bool {
        self.launched.is_none() && self.now.is_after_launch()
    }

    /// Whether it ended on a day that nobody knows.
    pub(super) fn lacks_end(&self) -> bool {
        self.ended.is_none() && self.now.is_ended()
    }
}

impl Deref for Mutual<'_> {
    type Target = MutualFacts;

    fn deref(&self) -> &MutualFacts {
        self.facts
    }
}

impl<'f> Mutual<'f> {
    /// Where it stood at the end of a day; as at today or later it stands where it is now.
    pub(super) fn as_at(self, day: DayNumber, today: DayNumber) -> AsAt {
        if day >= today {
            return AsAt::In(self.now);
        }
        self.spans().rev().find(|span| span.from <= day).map_or(AsAt::NotYet, |span| span.stands)
    }

    /// Where it stood from day to day, each with its first day and the first day after it.
    pub(super) fn course(self, today: DayNumber) -> impl Iterator<Item = (DayNumber, DayNumber, AsAt)> {
        let ends = self.spans().skip(1).map(|span| span.from).chain([today]);
        let past = self.spans().zip(ends).map(move |(span, end)| (span.from, end.min(today), span.stands));
        past.filter(|(from, end, _)| from < end).chain([(today, DayNumber::MAX, AsAt::In(self.now))])
    }

    /// Where it stood; before the first of them it was not yet.
    fn spans(self) -> impl DoubleEndedIterator<Item = Span> + 'f {
        let latest = Span { from: self.facts.latest_from, stands: self.facts.latest_stands };
        self.earlier.iter().copied().chain([latest])
    }
}

/// The bit of a sector.
pub(super) fn bit(sector: Sector) -> u32 {
    let place = Sector::ALL.iter().position(|one| *one == sector);
    place.and_then(|place| u32::try_from(place).ok()).and_then(|place| 1_u32.checked_shl(place)).unwrap_or_default()
}

/// Where a mutual of these moves stood from day to day: the last span, after those before it.
fn course(beginning: &Beginning, moves: &[Move]) -> (Vec<Span>, Span) {
    let known = moves.iter().filter_map(|(_, date)| date.map(|date| date.first_day()));
    let days: BTreeSet<Day> = known.chain([Day::FIRST, beginning.since]).collect();
    let mut spans: Vec<Span> = Vec::new();
    for day in days {
        let stands = standing_before_today(beginning, moves, day);
        if stands != spans.last().map_or(AsAt::NotYet, |span| span.stands) {
            spans.push(Span { from: DayNumber::of(day), stands });
        }
    }
    let latest = spans.pop().unwrap_or(Span { from: DayNumber::MIN, stands: AsAt::NotYet });
    (spans, latest)
}

fn first_day(column: &str, raw: Option<&str>) -> Result<Option<DayNumber>, Error> {
    let date: Option<PartialDate> = parsed_option(column, raw)?;
    Ok(date.map(|date| DayNumber::of(date.first_day())))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = mutuals)]
struct MutualRow {
    id: String,
    created_at: NaiveDateTime,
    legal_form: Option<String>,
    sectors: String,
    region: Option<String>,
    department_id: Option<String>,
    origin_route: Option<String>,
    stage: String,
    stage_since: Option<String>,
    launched_on: Option<String>,
    ended_on: Option<String>,
    staff_count: Option<i64>,
    staff_counted_on: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = staff_ballots)]
struct BallotRow {
    id: String,
    state: String,
    roll_size: Option<i64>,
    returned: Option<i64>,
    declared_on: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million mutuals are to fit beside a server: the page of decisions says how large one is.
    #[test]
    fn what_counts_of_a_mutual_is_small() {
        assert!(size_of::<(MutualId, MutualFacts)>() <= 52, "{} bytes", size_of::<(MutualId, MutualFacts)>());
    }
}
