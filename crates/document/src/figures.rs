//! What follows from the register as at a day, as it is shown: the store computes it, and the API shows it as it is.
#![expect(missing_docs, reason = "a member whose type says all has no text of its own, here as in the contract")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::record_name::DepartmentName;
use crate::register::{LegalForm, Stage};
use crate::value::{ContractId, Day, DepartmentKey, MutualId, PartialDate, Region, Sector, Title, Word};

/// Whether a commitment is kept as at a day.
pub type CommitmentStatus = Word<domain::CommitmentStatus>;

/// As what the figures count a mutual, such as operating or on the way.
pub type StandingGroup = Word<domain::StandingGroup>;

/// How many commitments were met, and how many were not.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CommitmentSummary {
    /// Not published, and `due_on` has not passed.
    pub due: i64,
    /// Not published, and `due_on` has passed.
    pub overdue: i64,
    /// Published on or before `due_on`.
    pub met: i64,
    /// Published after `due_on`.
    pub met_late: i64,
    /// Published: `met` and `met_late` together.
    pub kept: i64,
    /// Not published by `due_on`: `overdue` and `met_late` together.
    pub late: i64,
}

impl From<&BTreeMap<domain::CommitmentStatus, i64>> for CommitmentSummary {
    fn from(counts: &BTreeMap<domain::CommitmentStatus, i64>) -> Self {
        let of = |status: domain::CommitmentStatus| counts.get(&status).copied().unwrap_or_default();
        let (due, overdue) = (of(domain::CommitmentStatus::Due), of(domain::CommitmentStatus::Overdue));
        let (met, met_late) = (of(domain::CommitmentStatus::Met), of(domain::CommitmentStatus::MetLate));
        let (kept, late) = (met.saturating_add(met_late), overdue.saturating_add(met_late));
        Self { due, overdue, met, met_late, kept, late }
    }
}

/// The figures for one stage and sector. A mutual with several sectors counts in each.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CoveredStage {
    pub stage: Stage,
    pub sector: Sector,
    /// The mutuals in this stage and sector.
    pub mutuals: i64,
    /// The mutuals whose lead department has no enabler for both the stage and the sector.
    pub unsupported: i64,
    /// The enablers, of all departments in the report, who are active on the day and cover both.
    pub enablers: i64,
    /// The support requests made in this stage by mutuals in this sector until the day.
    pub requests: i64,
    /// The requests that were neither met nor declined by the day.
    pub open: i64,
    /// The median number of days that the requests waited: until they were met or declined, or until the day if they
    /// are open.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_days: Option<i64>,
}

/// A department's support for mutuals, in figures.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "department": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e01", "slug": "home-office", "name": "Home Office"},
    "as_at": "2013-05-01",
    "commitments": {"due": 0, "overdue": 1, "met": 0, "met_late": 1, "kept": 1, "late": 2},
    "enablers_active": 2,
    "stages": [{"stage": "idea", "mutuals": 3, "enablers": 0}, {"stage": "options_appraisal", "mutuals": 1, "enablers": 2}],
    "support_requests": {"open": 2, "median_days": 17},
    "contracts_ending": {
        "by": "2014-05-01",
        "count": 1,
        "next": [{
            "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f",
            "title": "Community nursing",
            "mutual_id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e02",
            "ends_on": "2013-09-30"
        }]
    }
}))]
pub struct Scorecard {
    pub department: DepartmentName,
    /// The day of the report.
    pub as_at: Day,
    pub commitments: CommitmentSummary,
    /// How many of its enablers are active on the day.
    pub enablers_active: i64,
    /// Every stage, in order. A stage with mutuals but no enablers is a gap in support.
    #[schema(max_items = 100)]
    pub stages: Vec<ScorecardStage>,
    pub support_requests: OpenRequests,
    pub contracts_ending: ContractsEnding,
}

/// The support requests of the department's mutuals that were neither met nor declined by the day.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct OpenRequests {
    /// How many such requests there are.
    pub open: i64,
    /// The median number of days that they had waited by the day.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_days: Option<i64>,
}

/// The figures for one stage.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ScorecardStage {
    pub stage: Stage,
    /// The mutuals that the department leads and that are in this stage now, whatever the day of the scorecard.
    pub mutuals: i64,
    /// The enablers who are active on the day and cover the stage. An enabler without stages covers all.
    pub enablers: i64,
}

/// The department's contracts that end on the day or within twelve months after it, without extensions. Contracts that
/// never started or were ended early are not included.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContractsEnding {
    /// The last day of the twelve months.
    pub by: Day,
    /// How many such contracts there are.
    pub count: i64,
    /// The contracts that end first, in the order of their ends: at most 20.
    #[schema(max_items = 20)]
    pub next: Vec<EndingContract>,
}

/// A contract that ends soon.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EndingContract {
    pub id: ContractId,
    pub title: Title,
    /// The supplier.
    pub mutual_id: MutualId,
    pub ends_on: PartialDate,
}

/// Which mutuals: those that meet every condition. If a condition has several values, one of them must match.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct CountedFilter {
    /// The day of the figure. The default is today (UTC).
    pub as_at: Option<Day>,
    /// Only mutuals that the figures count as this.
    pub standing: Vec<StandingGroup>,
    /// In this stage on the day.
    pub stage: Vec<Stage>,
    /// In this sector.
    pub sector: Vec<Sector>,
    /// In this region.
    pub region: Vec<Region>,
    /// Led by this department.
    pub department: Vec<DepartmentKey>,
    /// Of this legal form.
    pub legal_form: Vec<LegalForm>,
    /// Launched in this year, in this month or on this day. A partial launch date counts as its first day.
    pub launched_in: Option<PartialDate>,
    /// Ended in this year, in this month or on this day. A partial date counts as its first day.
    pub ended_in: Option<PartialDate>,
    /// `true` for mutuals with a staff count that may apply to the day, `false` for the others.
    pub has_staff: Option<bool>,
    /// `true` for mutuals that were launched by the day without meeting the conditions for a launch, `false` for the
    /// others.
    pub past_gate: Option<bool>,
}

/// A mutual that a figure counts, as it was on the day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e0f", "slug": "locala", "name": "Locala", "standing": "operating", "staff_count": 1124
}))]
pub struct CountedMutual {
    pub id: MutualId,
    /// Its slug.
    #[schema(max_length = 100)]
    pub slug: String,
    /// Its name.
    #[schema(max_length = 200)]
    pub name: String,
    pub standing: StandingGroup,
    /// Absent if the exact stage is not known.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Absent if no known count may apply to the day.
    #[schema(nullable = false, minimum = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff_count: Option<i64>,
}
