//! What is asked of the figures, and what they say.

use std::collections::BTreeMap;

use document::figures::CountedMutual;
use domain::statistics::StandingGroup;
use domain::{CompetitionOutcome, Regime, WinnerKind};
use domain::{Currency, Day, DepartmentId, LegalForm, MAX_INTEGER, MutualId, Procedure, Region, Sector, Stage};

use super::day_number::DayNumber;

/// The day that figures are asked for, and today: as at today or later, a mutual stands where it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsAtDay {
    /// The day.
    pub day: Day,
    /// Today.
    pub today: Day,
}

impl AsAtDay {
    pub(super) fn numbers(self) -> (DayNumber, DayNumber) {
        (DayNumber::of(self.day), DayNumber::of(self.today))
    }
}

/// How many records there are, and how many more there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that are counted.
    pub records: i64,
    /// Those that lack the fact by which they would be or not.
    pub lacking: i64,
}

/// A sum over records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// The sum, which stops at the greatest number that JSON's readers take.
    pub total: i64,
    /// Those that it is over.
    pub records: i64,
    /// Those that lack the number.
    pub lacking: i64,
}

impl Sum {
    pub(super) fn add(&mut self, number: Option<i64>) {
        match number {
            Some(number) => {
                self.total = self.total.saturating_add(number).min(MAX_INTEGER);
                self.records = self.records.saturating_add(1);
            }
            None => self.lacking = self.lacking.saturating_add(1),
        }
    }
}

/// The mutuals that have something in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that are operating.
    pub operating: Count,
    /// Those that are on the way.
    pub on_the_way: Count,
    /// The staff of both.
    pub staff: Sum,
}

impl Tally {
    pub(super) fn add(&mut self, group: StandingGroup, staff: Option<i64>) {
        match group {
            StandingGroup::Operating => {
                self.operating.records = self.operating.records.saturating_add(1);
                self.staff.add(staff);
            }
            StandingGroup::OnTheWay => {
                self.on_the_way.records = self.on_the_way.records.saturating_add(1);
                self.staff.add(staff);
            }
            StandingGroup::Unknown => {
                self.operating.lacking = self.operating.lacking.saturating_add(1);
                self.on_the_way.lacking = self.on_the_way.lacking.saturating_add(1);
            }
            StandingGroup::Suspended | StandingGroup::EndedBeforeLaunch | StandingGroup::EndedAfterLaunch => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The mutuals by something that they have; those that have several count at each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakdown<K> {
    /// What they have, with the mutuals that have it.
    pub items: Vec<(K, Tally)>,
    /// Those of which it is not known.
    pub without: Tally,
}

/// A department as figures name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDepartment {
    /// Its id.
    pub id: DepartmentId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// The mutuals in a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InStage {
    /// How many; lacking are those of which the group is known, and not the stage, or neither.
    pub mutuals: Count,
    /// Their staff.
    pub staff: Sum,
}

/// The ballots that were declared and are not void.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ballots {
    /// How many were declared by the day.
    pub declared: Count,
    /// The papers that came back in those of them of which both numbers are known.
    pub returned: i64,
    /// Those who were entitled to vote in them.
    pub entitled: i64,
    /// Of how many ballots both are known, and of how many not.
    pub turnout: Count,
}

/// The contracts that have something in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contracts {
    /// How many were entered into by the day.
    pub entered: Count,
    /// What they are worth, by currency.
    pub values: BTreeMap<Currency, Sum>,
    /// How many of them have no value on record.
    pub without_value: i64,
}

/// How many competitions had which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The mutual won.
    pub won: i64,
    /// The mutual bid, and another won.
    pub lost: i64,
    /// Not decided.
    pub open: i64,
    /// Any other.
    pub other: i64,
}

impl Results {
    pub(super) const fn add(&mut self, outcome: CompetitionOutcome) {
        let count = match outcome {
            CompetitionOutcome::WonByMutual => &mut self.won,
            CompetitionOutcome::Lost => &mut self.lost,
            CompetitionOutcome::Open => &mut self.open,
            _ => &mut self.other,
        };
        *count += 1;
    }
}

/// The figures for a day.
#[derive(Clone, Debug)]
pub struct Figures {
    /// The log entry that the figures are up to date with.
    pub seq: i64,
    /// How many mutuals stand where, in the order of the groups.
    pub groups: Vec<(StandingGroup, i64)>,
    /// The staff of those that are operating.
    pub operating_staff: Sum,
    /// The staff of those that are on the way.
    pub on_the_way_staff: Sum,
    /// By sector.
    pub by_sector: Breakdown<Sector>,
    /// By region.
    pub by_region: Breakdown<Region>,
    /// By the department that leads.
    pub by_department: Breakdown<NamedDepartment>,
    /// By legal form.
    pub by_legal_form: Breakdown<LegalForm>,
    /// By the year of the launch.
    pub by_launch_year: Breakdown<i32>,
    /// By stage.
    pub by_stage: Vec<(Stage, InStage)>,
    /// Mutuals that were launched by the day though the gate was not met.
    pub launches_past_gate: Count,
    /// Ballots.
    pub ballots: Ballots,
    /// Contracts by procedure.
    pub by_procedure: Vec<(Procedure, Contracts)>,
    /// Contracts by the law that they were procured under.
    pub by_regime: Vec<(Regime, Contracts)>,
    /// Contracts in force that may end within [`Figures::MONTHS_AHEAD`].
    pub contracts_ending: Count,
    /// How many competitions were open or decided.
    pub competitions: Count,
    /// The same by what became of the mutual.
    pub results: Results,
    /// Decided competitions by who won.
    pub by_winner_kind: Vec<(WinnerKind, Results)>,
}

impl Figures {
    /// How many months ahead contracts that end are counted.
    pub const MONTHS_AHEAD: u32 = 12;
}

/// A span of time whose end figures are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first: Day,
    /// Its last day.
    pub last: Day,
}

/// The figures of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeriodFigures {
    /// Mutuals at its end.
    pub tally: Tally,
    /// Launches in it.
    pub launches: Count,
    /// Endings in it.
    pub endings: Count,
}

/// Which part of the list of such mutuals is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Those after this one.
    pub after: Option<MutualId>,
    /// At most so many.
    pub limit: usize,
    /// Whether all are to be counted.
    pub count: bool,
}

/// A part of a list.
#[derive(Clone, Debug)]
pub struct CountedPart {
    /// Its mutuals, in the order of their ids.
    pub items: Vec<CountedMutual>,
    /// Whether there are more.
    pub goes_on: bool,
    /// How many the whole list has, where that was asked for.
    pub total: Option<i64>,
}

impl Contracts {
    pub(super) fn add(&mut self, has_entered: Option<bool>, value: Option<(i64, Currency)>) {
        match has_entered {
            Some(true) => {}
            Some(false) => return,
            None => {
                self.entered.lacking += 1;
                return;
            }
        }
        self.entered.records += 1;
        match value {
            Some((amount, currency)) => self.values.entry(currency).or_default().add(Some(amount)),
            None => self.without_value += 1,
        }
    }
}
