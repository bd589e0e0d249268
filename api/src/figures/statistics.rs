//! Figures of the register as at a day, each with the records behind it.
//!
//! A figure's link lists exactly the records that it counts: what is counted and what is listed comes from the same facts of the store,
//! and the links are made here and nowhere else.

pub mod operations;

use serde::Serialize;
use store::statistics::{
    AsAtDay, Breakdown, Contracts, ContractsOf, Count, Figures, InStage, NamedDepartment, Results, Sum, Tally,
};
use utoipa::ToSchema;

use crate::app::App;
use crate::figures::figure::{Figure, Total};
use crate::figures::results::{WinnerKindResults, figures_of};
use crate::figures::subject::{CLIFF_EDGE, COMPETITIONS, ReportLinks};
use document::register::{Currency, LegalForm, Procedure, Regime, Stage};
use document::value::{Day, DepartmentId, Region, Sector, Text, Word};

/// The figures of the mutuals that have something in common: a struct with members of its own, made of what they have, and the same
/// figures as the others.
macro_rules! breakdowns {
    ($(
        $(#[doc = $about:literal])+
        $Figures:ident of $it:ident: $Key:ty { $($(#[$says:meta])* $member:ident: $T:ty = $value:expr,)+ }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, Serialize, ToSchema)]
        pub struct $Figures {
            $($(#[$says])* $member: $T,)+
            operating: Figure,
            on_the_way: Figure,
            /// The staff of operating mutuals and of those on the way.
            staff: Total,
        }

        impl From<(&$Key, (Figure, Figure, Total))> for $Figures {
            fn from(($it, (operating, on_the_way, staff)): (&$Key, (Figure, Figure, Total))) -> Self {
                Self { $($member: $value,)+ operating, on_the_way, staff }
            }
        }
    )+};
}

breakdowns! {
    /// The mutuals of a sector.
    SectorFigures of sector: domain::Sector { sector: Sector = Word(*sector), }
    /// The mutuals of a region.
    RegionFigures of region: domain::Region { region: Region = Word(*region), }
    /// The mutuals that a department leads.
    DepartmentFigures of department: NamedDepartment {
        department_id: DepartmentId = Text(department.id),
        /// The department's slug.
        #[schema(max_length = 100)]
        slug: String = department.slug.clone(),
        /// The department's name.
        #[schema(max_length = 200)]
        name: String = department.name.clone(),
    }
    /// The mutuals of a legal form.
    LegalFormFigures of form: domain::LegalForm { legal_form: LegalForm = Word(*form), }
    /// The mutuals that were launched in a year.
    LaunchYearFigures of year: i32 {
        /// The year of the launch.
        #[schema(minimum = 1000, maximum = 9999)]
        year: i32 = *year,
    }
}

/// The mutuals in a stage.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StageFigures {
    stage: Stage,
    mutuals: Figure,
    staff: Total,
}

/// How many mutuals a breakdown leaves out, because the fact that it groups by is not known.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct LeftOut {
    /// Operating mutuals.
    operating: i64,
    /// Mutuals on the way.
    on_the_way: i64,
}

/// How many mutuals each breakdown leaves out.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WithoutFact {
    /// Mutuals without a region.
    region: LeftOut,
    /// Mutuals without a lead department.
    department: LeftOut,
    /// Mutuals without a legal form.
    legal_form: LeftOut,
    /// Mutuals that are not known to have been launched by the day. This includes every mutual on the way.
    launch_year: LeftOut,
}

/// The ballots declared by the day, including superseded ones but not void ones.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BallotFigures {
    /// `lacking` counts the ballots whose day of declaration is not known. For today or later, they are counted as
    /// declared.
    declared: Figure,
    turnout: Turnout,
}

/// Papers returned and people entitled to vote, over all ballots for which both numbers are known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Turnout {
    /// Papers returned.
    returned: i64,
    /// People who were entitled to vote.
    entitled: i64,
    /// How many ballots have both numbers.
    records: i64,
    /// How many ballots lack one or both of the numbers.
    lacking: i64,
    /// The link that lists exactly the ballots with both numbers.
    #[schema(format = "uri-reference", max_length = 500)]
    url: String,
}

/// The value of contracts in one currency.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContractValue {
    currency: Currency,
    /// The sum in minor units (pence), at most 9007199254740991.
    total: i64,
    /// How many contracts are in the sum.
    records: i64,
    /// How many of these contracts have no value on record in any currency.
    lacking: i64,
    /// The link that lists exactly these contracts.
    #[schema(format = "uri-reference", max_length = 500)]
    url: String,
}

/// The contracts that were bought by a procedure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProcedureFigures {
    procedure: Procedure,
    contracts: Figure,
    /// The values of the contracts, by currency.
    #[schema(max_items = 1000)]
    values: Vec<ContractValue>,
}

/// The contracts that were procured under a law.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RegimeFigures {
    regime: Regime,
    contracts: Figure,
    /// The values of the contracts, by currency.
    #[schema(max_items = 1000)]
    values: Vec<ContractValue>,
}

/// The figures for a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "as_at": "2012-07-31", "seq": 96,
    "operating": {"count": 1, "records": 1, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=operating"},
    "on_the_way": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=on_the_way"},
    "suspended": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=suspended"},
    "ended_before_launch": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=ended_before_launch"},
    "ended_after_launch": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=ended_after_launch"},
    "unknown": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=unknown"},
    "operating_staff": {"total": 1124, "records": 1, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=operating&has_staff=true"},
    "on_the_way_staff": {"total": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&standing=on_the_way&has_staff=true"},
    "by_sector": [], "by_region": [], "by_department": [], "by_legal_form": [], "by_launch_year": [], "by_stage": [],
    "left_out": {
        "region": {"operating": 1, "on_the_way": 0}, "department": {"operating": 1, "on_the_way": 0},
        "legal_form": {"operating": 1, "on_the_way": 0}, "launch_year": {"operating": 0, "on_the_way": 0}
    },
    "launches_past_gate": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/statistics/mutuals?as_at=2012-07-31&past_gate=true"},
    "ballots": {
        "declared": {"count": 0, "records": 0, "lacking": 5, "url": "/v1/staff-ballots?state=declared&state=superseded&declared_to=2012-07-31"},
        "turnout": {"returned": 0, "entitled": 0, "records": 0, "lacking": 0,
            "url": "/v1/staff-ballots?state=declared&state=superseded&declared_to=2012-07-31&has_turnout=true"}
    },
    "contracts_by_procedure": [], "contracts_by_regime": [],
    "contracts_ending": {"count": 0, "records": 0, "lacking": 0, "url": "/v1/reports/cliff-edge?as_at=2012-07-31&within_months=12"},
    "competitions": {
        "won": {"count": 0, "records": 0, "lacking": 1, "url": "/v1/reports/competitions?as_at=2012-07-31&outcome=won_by_mutual"},
        "lost": {"count": 1, "records": 1, "lacking": 1, "url": "/v1/reports/competitions?as_at=2012-07-31&outcome=lost"},
        "open": {"count": 0, "records": 0, "lacking": 1, "url": "/v1/reports/competitions?as_at=2012-07-31&outcome=open"},
        "other": {"count": 0, "records": 0, "lacking": 1, "url": "/v1/reports/competitions?as_at=2012-07-31&outcome=withdrawn"}
    },
    "competitions_by_winner_kind": []
}))]
pub struct Statistics {
    /// The day that the figures are for.
    as_at: Day,
    /// The log entry that the figures are up to date with.
    seq: i64,
    /// Launched and delivering services.
    operating: Figure,
    /// Before their launch, and neither suspended nor ended.
    on_the_way: Figure,
    /// Paused, before or after their launch.
    suspended: Figure,
    /// Rejected, withdrawn or blocked.
    ended_before_launch: Figure,
    /// Ended after launch.
    ended_after_launch: Figure,
    /// Mutuals of which it is not known whether they were on the way, operating, suspended or ended on the day. The other
    /// counts report them as `lacking`.
    unknown: Figure,
    operating_staff: Total,
    on_the_way_staff: Total,
    /// The figures by sector. A mutual in several sectors counts in each.
    #[schema(max_items = 100)]
    by_sector: Vec<SectorFigures>,
    /// The figures by region.
    #[schema(max_items = 100)]
    by_region: Vec<RegionFigures>,
    /// The figures by lead department, in the order of the slugs.
    #[schema(max_items = 100_000)]
    by_department: Vec<DepartmentFigures>,
    /// The figures by legal form.
    #[schema(max_items = 100)]
    by_legal_form: Vec<LegalFormFigures>,
    /// The figures by the year of the launch.
    #[schema(max_items = 9000)]
    by_launch_year: Vec<LaunchYearFigures>,
    /// The figures by stage, for every stage. `lacking` counts the mutuals whose exact stage is not known, even if they
    /// are known to have been operating.
    #[schema(max_items = 100)]
    by_stage: Vec<StageFigures>,
    left_out: WithoutFact,
    /// Mutuals that were launched by the day without meeting the conditions for a launch, because somebody overrode these.
    /// A mutual stays in this count for good.
    launches_past_gate: Figure,
    ballots: BallotFigures,
    /// The contracts entered into by the day, by procedure. `lacking` counts those whose date is not known.
    #[schema(max_items = 100)]
    contracts_by_procedure: Vec<ProcedureFigures>,
    /// The same contracts, by the law that the procurement was under.
    #[schema(max_items = 100)]
    contracts_by_regime: Vec<RegimeFigures>,
    /// The contracts in force whose next end may be within 12 months. `lacking` counts those without an end on record, and
    /// those of which it is not known whether they were in force. They are counted as in `/v1/reports/cliff-edge`.
    contracts_ending: Figure,
    competitions: CompetitionFigures,
    /// The decided competitions by who won.
    #[schema(max_items = 100)]
    competitions_by_winner_kind: Vec<WinnerKindResults>,
}

/// The competitions for contracts of mutuals that were open or decided by the day. `lacking` counts those of which that is not
/// known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CompetitionFigures {
    /// The mutual won.
    won: Figure,
    /// The mutual bid, and another bidder won.
    lost: Figure,
    /// The buyer had not decided.
    open: Figure,
    /// Any other outcome: the mutual withdrew, did not bid or joined another bidder as a subcontractor, the buyer gave up
    /// the competition, or the outcome is unknown.
    other: Figure,
}

/// Where the records behind figures are listed.
struct Links<'a> {
    app: &'a App,
    day: domain::Day,
    is_past: bool,
}

impl<'a> Links<'a> {
    fn new(app: &'a App, day: domain::Day, today: domain::Day) -> Self {
        Self { app, day, is_past: day < today }
    }

    fn mutuals(&self, narrowed: &str) -> String {
        let joint = if narrowed.is_empty() { "" } else { "&" };
        self.app.url(&format!("/v1/statistics/mutuals?as_at={}{joint}{narrowed}", self.day))
    }

    fn ballots(&self, narrowed: &str) -> String {
        let by = if self.is_past { format!("&declared_to={}", self.day) } else { String::new() };
        self.app.url(&format!("/v1/staff-ballots?state=declared&state=superseded{by}{narrowed}"))
    }

    fn contracts(&self, narrowed: &str) -> String {
        self.app.url(&format!("/v1/contracts?{narrowed}&entered_to={}", self.day))
    }

    fn count(&self, count: Count, narrowed: &str) -> Figure {
        Figure::new(count, self.mutuals(narrowed))
    }

    fn staff(&self, staff: Sum, narrowed: &str) -> Total {
        Total::new(staff, self.mutuals(&format!("{narrowed}&has_staff=true")))
    }

    /// Operating, on the way, and the staff of both.
    fn tally(&self, tally: &Tally, narrowed: &str) -> (Figure, Figure, Total) {
        let joint = if narrowed.is_empty() { "" } else { "&" };
        (
            self.count(tally.operating, &format!("standing=operating{joint}{narrowed}")),
            self.count(tally.on_the_way, &format!("standing=on_the_way{joint}{narrowed}")),
            self.staff(tally.staff, &format!("standing=operating&standing=on_the_way{joint}{narrowed}")),
        )
    }

    /// The figures of a breakdown, each with the link of what it is by.
    fn tallies<K, V>(&self, breakdown: &Breakdown<K>, parameter: &str, value: impl Fn(&K) -> String) -> Vec<V>
    where
        V: for<'k> From<(&'k K, (Figure, Figure, Total))>,
    {
        let narrowed = |it: &K| format!("{parameter}={}", value(it));
        breakdown.items.iter().map(|(it, tally)| V::from((it, self.tally(tally, &narrowed(it))))).collect()
    }

    fn stage(&self, stage: domain::Stage, in_stage: &InStage) -> StageFigures {
        let narrowed = format!("stage={stage}");
        let (mutuals, staff) = (self.count(in_stage.mutuals, &narrowed), self.staff(in_stage.staff, &narrowed));
        StageFigures { stage: Word(stage), mutuals, staff }
    }

    fn of_contracts(&self, contracts: &Contracts, narrowed: &str) -> (Figure, Vec<ContractValue>) {
        let values = contracts.values.iter().map(|(currency, sum)| ContractValue {
            currency: Text(*currency),
            total: sum.total,
            records: sum.records,
            lacking: sum.lacking,
            url: self.contracts(&format!("{narrowed}&currency={currency}")),
        });
        (Figure::new(contracts.entered, self.contracts(narrowed)), values.collect())
    }
}

impl Statistics {
    fn new(app: &App, asked: AsAtDay, figures: Figures) -> Self {
        let links = Links::new(app, asked.day, asked.today);
        let of = |wanted: domain::StandingGroup| {
            figures.groups.iter().find(|(group, _)| *group == wanted).map_or(0, |(_, count)| *count)
        };
        let unknown = of(domain::StandingGroup::Unknown);
        let standing = |group: domain::StandingGroup| {
            let lacking = if group == domain::StandingGroup::Unknown { 0 } else { unknown };
            links.count(Count { records: of(group), lacking }, &format!("standing={}", group.as_str()))
        };
        let of_all = ContractsOf::default();
        let ending = format!("&within_months={}", Figures::MONTHS_AHEAD);
        let ending = ReportLinks::new(app, CLIFF_EDGE, asked, &ending, &of_all);
        let held = ReportLinks::new(app, COMPETITIONS, asked, "", &of_all);
        let by_winner = |(kind, results): &(domain::WinnerKind, Results)| {
            let url = |condition: &str| held.narrowed(&format!("winner_kind={kind}&{condition}"));
            WinnerKindResults::new(Word(*kind), figures_of(*results, 0, url))
        };
        let [won, lost, open, other] =
            figures_of(figures.results, figures.competitions.lacking, |condition| held.narrowed(condition));
        let Figures { seq, operating_staff, on_the_way_staff, ballots, .. } = figures;
        Self {
            as_at: Text(asked.day),
            seq,
            operating: standing(domain::StandingGroup::Operating),
            on_the_way: standing(domain::StandingGroup::OnTheWay),
            suspended: standing(domain::StandingGroup::Suspended),
            ended_before_launch: standing(domain::StandingGroup::EndedBeforeLaunch),
            ended_after_launch: standing(domain::StandingGroup::EndedAfterLaunch),
            unknown: standing(domain::StandingGroup::Unknown),
            operating_staff: links.staff(operating_staff, "standing=operating"),
            on_the_way_staff: links.staff(on_the_way_staff, "standing=on_the_way"),
            left_out: WithoutFact {
                region: LeftOut::of(&figures.by_region),
                department: LeftOut::of(&figures.by_department),
                legal_form: LeftOut::of(&figures.by_legal_form),
                launch_year: LeftOut::of(&figures.by_launch_year),
            },
            by_sector: links.tallies(&figures.by_sector, "sector", ToString::to_string),
            by_region: links.tallies(&figures.by_region, "region", ToString::to_string),
            by_department: links.tallies(&figures.by_department, "department", |it| it.id.to_string()),
            by_legal_form: links.tallies(&figures.by_legal_form, "legal_form", ToString::to_string),
            by_launch_year: links.tallies(&figures.by_launch_year, "launched_in", |year| format!("{year:04}")),
            by_stage: figures.by_stage.iter().map(|(it, in_stage)| links.stage(*it, in_stage)).collect(),
            launches_past_gate: links.count(figures.launches_past_gate, "past_gate=true"),
            ballots: BallotFigures {
                declared: Figure::new(ballots.declared, links.ballots("")),
                turnout: Turnout {
                    returned: ballots.returned,
                    entitled: ballots.entitled,
                    records: ballots.turnout.records,
                    lacking: ballots.turnout.lacking,
                    url: links.ballots("&has_turnout=true"),
                },
            },
            contracts_by_procedure: figures
                .by_procedure
                .iter()
                .map(|(it, of_it)| {
                    let (contracts, values) = links.of_contracts(of_it, &format!("procedure={it}"));
                    ProcedureFigures { procedure: Word(*it), contracts, values }
                })
                .collect(),
            contracts_by_regime: figures
                .by_regime
                .iter()
                .map(|(it, of_it)| {
                    let (contracts, values) = links.of_contracts(of_it, &format!("regime={it}"));
                    RegimeFigures { regime: Word(*it), contracts, values }
                })
                .collect(),
            contracts_ending: Figure::new(figures.contracts_ending, ending.narrowed("")),
            competitions: CompetitionFigures { won, lost, open, other },
            competitions_by_winner_kind: figures.by_winner_kind.iter().map(by_winner).collect(),
        }
    }
}

impl LeftOut {
    fn of<K>(breakdown: &Breakdown<K>) -> Self {
        Self { operating: breakdown.without.operating.records, on_the_way: breakdown.without.on_the_way.records }
    }
}
