//! Which law a procurement is under.
//!
//! One table says it, so that what is told of a contract and what a list of contracts is filtered by are the same.

use crate::register::contract::Procedure;
use crate::register::department::{DepartmentKind, Nation};
use crate::value::date::{Day, PartialDate};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The law that a procurement was under.
    pub enum Regime {
        /// The Public Contracts Regulations 2006: procurements that started before 26 February 2015, and before 18 April
        /// 2016 for health care services of the NHS.
        Pcr2006 = "pcr_2006" or "PCR" or "Public Contracts Regulations"
            or "Public Contracts Regulations 2006",
        /// The Public Contracts Regulations 2015: from 26 February 2015.
        Pcr2015 = "pcr_2015" or "PCR" or "Public Contracts Regulations"
            or "Public Contracts Regulations 2015",
        /// The Procurement Act 2023: from 24 February 2025.
        Pa2023 = "pa_2023" or "PA" or "Procurement Act" or "Procurement Act 2023",
        /// The Provider Selection Regime 2023: relevant health care services in England, from 1 January 2024.
        Psr2023 = "psr_2023" or "PSR" or "Provider Selection Regime" or "Provider Selection Regime 2023",
        /// The Provider Selection Regime (Wales) Regulations 2025: health services in Wales, from 24 February 2025. The
        /// register does not check its rules.
        PsrWales2025 = "psr_wales_2025" or "Welsh Provider Selection Regime"
            or "Provider Selection Regime (Wales) Regulations 2025",
        /// A Scottish authority bought it. The register does not cover the law of Scotland.
        NotCovered = "not_covered" or "Scotland" or "Scottish procurement law",
        /// Not known, because the register does not have the day on which the procurement started, or whether it was
        /// for health care services.
        Unknown = "unknown",
    }
}

/// First day of the Public Contracts Regulations 2015 (S.I. 2015/102 regs. 1 and 118).
const PCR_2015: &str = "2015-02-26";
/// From when they apply to health care services for the NHS too (S.I. 2015/102 reg. 120).
const PCR_2015_NHS: &str = "2016-04-18";
/// First day of the Provider Selection Regime (S.I. 2023/1348 reg. 1).
const PSR_2023: &str = "2024-01-01";
/// First day of the Procurement Act 2023 (S.I. 2024/716 reg. 5, as amended by S.I. 2024/959).
const PA_2023: &str = "2025-02-24";

/// What a row of the table asks about a procurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegimeTest {
    /// It started before this day; where the start is not known, the contract was awarded or entered into before it.
    Before(&'static str),
    /// It started on this day or later; where the start is not known, the contract was awarded or entered into on the
    /// second day or later, because a procurement may take some time.
    SinceOrAwarded(&'static str, &'static str),
    /// It started on this day or later.
    Since(&'static str),
    /// It is known not to have started before this day, or nothing is known of it.
    NotBefore(&'static str),
    /// It is known not to have started on this day or later, or nothing is known of it.
    NotSince(&'static str),
    /// Whether it is for relevant health care services is known to be so.
    Health(bool),
    /// The buyer is an NHS commissioner, or is known not to be one.
    NhsCommissioner(bool),
    /// The buyer is of one of these nations. None stands for one whose nation is not known.
    Nation(&'static [Option<Nation>]),
    /// The procedure is one of these.
    Procedure(&'static [Procedure]),
}

/// A row of the table: where all tests hold, this is the law.
#[derive(Clone, Copy, Debug)]
pub struct RegimeRow {
    /// What must hold.
    pub tests: &'static [RegimeTest],
    /// The law then.
    pub regime: Regime,
    /// Why, as the end of a sentence that begins with the law.
    why: &'static str,
}

const fn row(tests: &'static [RegimeTest], regime: Regime, why: &'static str) -> RegimeRow {
    RegimeRow { tests, regime, why }
}

/// The procedures that exist under the Regulations of 2015 alone. Those of 2006 had the others too.
const OF_PCR: &[Procedure] =
    &[Procedure::PcrCompetitiveWithNegotiation, Procedure::PcrLightTouch, Procedure::PcrReg77Reserved];
/// Those of the Act.
const OF_PA: &[Procedure] = &[
    Procedure::PaOpen,
    Procedure::PaCompetitiveFlexible,
    Procedure::PaS33Reserved,
    Procedure::PaDirectAward,
    Procedure::PaUserChoiceDirect,
];
/// Those of the Provider Selection Regime.
const OF_PSR: &[Procedure] = &[
    Procedure::PsrDirectA,
    Procedure::PsrDirectB,
    Procedure::PsrDirectC,
    Procedure::PsrMostSuitable,
    Procedure::PsrCompetitive,
];

/// A buyer whose nation is not known is taken to be in England, where most mutuals are; [`RegimeFacts::why`] says so.
const ENGLAND: &[Option<Nation>] = &[Some(Nation::England), None];
const WALES: &[Option<Nation>] = &[Some(Nation::Wales)];
const NORTHERN_IRELAND: &[Option<Nation>] = &[Some(Nation::NorthernIreland)];

/// The table. The first row whose tests all hold says the law; if there is none, it is unknown.
///
/// Where no start is known and the contract was awarded before a law began, the law before it is certain. Of an award soon
/// after, it is not: so the day of the award tells the Regulations of 2015 only from a year after their start on.
pub const REGIMES: &[RegimeRow] = {
    use RegimeTest::{Before, Health, NhsCommissioner, NotBefore, NotSince, Since, SinceOrAwarded};
    const SINCE_2015: RegimeTest = SinceOrAwarded(PCR_2015, "2016-02-26");
    const SINCE_2016: RegimeTest = SinceOrAwarded(PCR_2015_NHS, "2017-04-18");
    &[
        row(
            &[RegimeTest::Nation(&[Some(Nation::Scotland)])],
            Regime::NotCovered,
            "the buyer is a Scottish authority, and the register does not cover the law of Scotland (Procurement Act 2023 s.2(5)(a))",
        ),
        row(
            &[Before(PCR_2015)],
            Regime::Pcr2006,
            "the procurement started before 26 February 2015 (PCR 2015 reg. 118)",
        ),
        row(
            &[Before(PCR_2015_NHS), NhsCommissioner(true), Health(true)],
            Regime::Pcr2006,
            "the procurement was for health care services of the NHS, and started before 18 April 2016 (PCR 2015 reg. 120)",
        ),
        row(
            &[SINCE_2015, Before(PA_2023), Health(false)],
            Regime::Pcr2015,
            "the procurement started from 26 February 2015 to 23 February 2025, and is not for health care services",
        ),
        row(
            &[SINCE_2015, Before(PSR_2023), NhsCommissioner(false)],
            Regime::Pcr2015,
            "the procurement started from 26 February 2015 to 31 December 2023",
        ),
        row(
            &[SINCE_2016, Before(PSR_2023)],
            Regime::Pcr2015,
            "the procurement started from 18 April 2016 to 31 December 2023",
        ),
        row(
            &[Since(PSR_2023), Before(PA_2023), Health(true), RegimeTest::Nation(WALES)],
            Regime::Pcr2015,
            "the procurement started before 24 February 2025, and the Provider Selection Regime 2023 applies in England only",
        ),
        row(
            &[Since(PSR_2023), Before(PA_2023), Health(true), RegimeTest::Nation(NORTHERN_IRELAND)],
            Regime::Pcr2015,
            "the procurement started before 24 February 2025, and the Provider Selection Regime 2023 applies in England only",
        ),
        row(
            &[Since(PSR_2023), Health(true), RegimeTest::Nation(ENGLAND)],
            Regime::Psr2023,
            "the procurement is for relevant health care services in England, and started on or after 1 January 2024",
        ),
        row(
            &[Since(PA_2023), Health(true), RegimeTest::Nation(WALES)],
            Regime::PsrWales2025,
            "the procurement is for health services in Wales, and started on or after 24 February 2025",
        ),
        row(
            &[Since(PA_2023), Health(true), RegimeTest::Nation(NORTHERN_IRELAND)],
            Regime::Pa2023,
            "the procurement started on or after 24 February 2025, and no Provider Selection Regime applies in Northern Ireland",
        ),
        row(
            &[Since(PA_2023), RegimeTest::Procedure(&[Procedure::FrameworkCalloff])],
            Regime::Unknown,
            "a call-off is under the law of its framework, and the register does not know when that was set up",
        ),
        row(
            &[Since(PA_2023), Health(false)],
            Regime::Pa2023,
            "the procurement started on or after 24 February 2025, and is not for health care services",
        ),
        row(
            &[RegimeTest::Procedure(&[Procedure::RightToRequestUncontested]), NotSince(PCR_2015)],
            Regime::Pcr2006,
            "the Right to Request was open from 2008 to 2010",
        ),
        row(
            &[RegimeTest::Procedure(OF_PCR), NotSince(PA_2023)],
            Regime::Pcr2015,
            "the procedure exists under these Regulations only",
        ),
        row(
            &[RegimeTest::Procedure(OF_PA), NotBefore(PA_2023)],
            Regime::Pa2023,
            "the procedure exists under this Act only",
        ),
        row(
            &[RegimeTest::Procedure(OF_PSR), NotBefore(PSR_2023)],
            Regime::Psr2023,
            "the procedure exists under this regime only",
        ),
    ]
};

/// What is known of who buys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// What kind of public body it is.
    pub kind: Option<DepartmentKind>,
    /// Where it is.
    pub nation: Option<Nation>,
}

/// What tells the law of a procurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegimeFacts {
    /// When it started.
    pub procurement_started_on: Option<Day>,
    /// When the buyer decided who gets the contract.
    pub awarded_on: Option<PartialDate>,
    /// When the contract was entered into: it stands for the award where that is not known.
    pub entered_on: Option<PartialDate>,
    /// Whether it is for relevant health care services.
    pub health_services: Option<bool>,
    /// How the supplier was chosen.
    pub procedure: Procedure,
    /// Who buys.
    pub buyer: Buyer,
}

impl RegimeFacts {
    /// The law, by the first row of [`REGIMES`] that applies.
    pub fn regime(&self) -> Regime {
        self.row().map_or(Regime::Unknown, |row| row.regime)
    }

    /// Why this is the law, for people: one or two sentences.
    pub fn why(&self) -> String {
        let Some(row) = self.row() else { return self.what_is_missing() };
        let mut why = format!("{}: {}.", law(row.regime), row.why);
        if self.buyer.nation.is_none() {
            let presumed = if row.tests.contains(&RegimeTest::Nation(ENGLAND)) {
                "It is taken to be England"
            } else {
                "It is taken not to be Scotland, which has laws of its own"
            };
            why.push_str(&format!(" The nation of the buyer is not known. {presumed}: check it."));
        }
        if self.procurement_started_on.is_none() && row.tests.iter().any(RegimeTest::is_of_time) {
            why.push_str(
                " The day on which the procurement started is not known, so the day of the award or of the contract was used.",
            );
        }
        if self.is_odd(row.regime) {
            why.push_str(&format!(" The procedure `{}` belongs to another law: check the dates.", self.procedure));
        }
        why
    }

    fn row(&self) -> Option<&'static RegimeRow> {
        REGIMES.iter().find(|row| row.tests.iter().all(|test| self.meets(test)))
    }

    fn meets(&self, test: &RegimeTest) -> bool {
        let awarded = self.awarded_on.or(self.entered_on);
        let before = |day: &str| match (self.procurement_started_on, awarded) {
            (Some(started), _) => is_before(started, day),
            (None, Some(awarded)) => is_before(awarded.last_day(), day),
            (None, None) => false,
        };
        let since = |day: &str| self.procurement_started_on.is_some_and(|started| !is_before(started, day));
        match test {
            RegimeTest::Before(day) => before(day),
            RegimeTest::SinceOrAwarded(day, late) => {
                let is_late = || awarded.is_some_and(|awarded| !is_before(awarded.first_day(), late));
                since(day) || self.procurement_started_on.is_none() && is_late()
            }
            RegimeTest::Since(day) => since(day),
            RegimeTest::NotBefore(day) => !before(day),
            RegimeTest::NotSince(day) => !since(day),
            RegimeTest::Health(wanted) => self.health_services == Some(*wanted),
            RegimeTest::NhsCommissioner(wanted) => {
                self.buyer.kind.is_some_and(|kind| (kind == DepartmentKind::NhsCommissioner) == *wanted)
            }
            RegimeTest::Nation(nations) => nations.contains(&self.buyer.nation),
            RegimeTest::Procedure(procedures) => procedures.contains(&self.procedure),
        }
    }

    /// Whether the procedure is one of another law's.
    fn is_odd(&self, regime: Regime) -> bool {
        [(OF_PCR, Regime::Pcr2015), (OF_PA, Regime::Pa2023), (OF_PSR, Regime::Psr2023)]
            .iter()
            .any(|(procedures, law)| procedures.contains(&self.procedure) && *law != regime)
    }

    fn what_is_missing(&self) -> String {
        let missing = match (self.procurement_started_on, self.health_services) {
            (None, _) => "the day on which the procurement started is not known",
            (Some(_), None) => "whether it was for relevant health care services is not known",
            (Some(_), Some(_)) => "what is known of the buyer does not say which law applies to health care services",
        };
        format!("Not known: {missing}.")
    }
}

impl RegimeTest {
    const fn is_of_time(&self) -> bool {
        matches!(self, Self::Before(_) | Self::SinceOrAwarded(..) | Self::Since(_))
    }
}

/// The first day of the Procurement Act 2023.
pub(super) fn act_begins() -> Option<Day> {
    PA_2023.parse().ok()
}

/// The law by its name, for people.
const fn law(regime: Regime) -> &'static str {
    match regime {
        Regime::Pcr2006 => "Public Contracts Regulations 2006",
        Regime::Pcr2015 => "Public Contracts Regulations 2015",
        Regime::Pa2023 => "Procurement Act 2023",
        Regime::Psr2023 => "Provider Selection Regime 2023",
        Regime::PsrWales2025 => "Provider Selection Regime (Wales) Regulations 2025",
        Regime::NotCovered => "Not covered",
        Regime::Unknown => "Not known",
    }
}

/// Days are ordered as their texts are.
fn is_before(day: Day, first: &str) -> bool {
    day.to_string().as_str() < first
}
