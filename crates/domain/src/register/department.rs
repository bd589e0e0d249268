//! Departments: the public bodies that mutuals leave, or that sponsor, commission or support them.

use std::ops::Deref;

use crate::checked::{Checked, Distinct, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::staff_ballot::{Basis, OptionKey, Threshold};
use crate::value::date::{PartialDate, not_before};
use crate::value::identifier::Identifier;
use crate::value::percent::Percent;
use crate::value::sector::Sector;
use crate::value::slug::Slug;
use crate::value::source::Sources;
use crate::value::text::Name;
use crate::value::web_url::WebUrl;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What kind of public body a department is.
    pub enum DepartmentKind {
        /// A government department led by a minister.
        MinisterialDepartment = "ministerial_department" or "department" or "government department"
            or "central government" or "ministry",
        /// A government department led by officials, such as a regulator or an inspectorate.
        NonMinisterialDepartment = "non_ministerial_department" or "department" or "government department"
            or "central government" or "NMD" or "NMGD",
        /// A part of a department that carries out its work at arm's length.
        ExecutiveAgency = "executive_agency" or "agency",
        /// A county, district, borough or unitary council, or a combined authority.
        LocalAuthority = "local_authority" or "LA" or "council" or "county council" or "city council"
            or "borough council" or "district council" or "unitary authority" or "local government"
            or "local council",
        /// An NHS body that buys care, such as a primary care trust, a clinical commissioning group or an
        /// integrated care board.
        NhsCommissioner = "nhs_commissioner" or "NHS" or "commissioner" or "ICB" or "integrated care board"
            or "CCG" or "clinical commissioning group" or "PCT" or "primary care trust",
        /// An NHS body that provides care, such as an NHS trust or foundation trust.
        NhsProvider = "nhs_provider" or "NHS" or "provider" or "NHS trust" or "NHS foundation trust"
            or "foundation trust" or "hospital trust",
        /// A fire and rescue authority.
        FireAuthority = "fire_authority" or "FRA" or "fire service" or "fire and rescue authority"
            or "fire and rescue service",
        /// A police force, or a police and crime commissioner.
        PoliceBody = "police_body" or "police" or "police force" or "constabulary" or "PCC"
            or "police and crime commissioner",
        /// A probation trust or another body responsible for probation.
        ProbationBody = "probation_body" or "probation" or "probation trust" or "probation service",
        /// A public college, university, school or other education body.
        EducationBody = "education_body" or "school" or "academy" or "academy trust" or "college"
            or "university" or "further education college",
        /// A public body that none of the other values covers.
        Other = "other" or "NDPB" or "non departmental public body" or "public corporation" or "ALB"
            or "arms length body" or "combined authority",
    }
}

vocabulary! {
    /// The nation of the United Kingdom that a public body is of. It decides which procurement law applies.
    pub enum Nation {
        /// England.
        England = "england" or "English",
        /// Scotland, whose procurement law the register does not cover.
        Scotland = "scotland" or "Scottish",
        /// Wales.
        Wales = "wales" or "Welsh" or "Cymru",
        /// Northern Ireland.
        NorthernIreland = "northern_ireland" or "NI" or "Ulster",
        /// A body for the whole United Kingdom, or for more than one of its nations.
        UkWide = "uk_wide" or "UK" or "United Kingdom" or "Great Britain" or "GB",
    }
}

/// Id of a department.
pub type DepartmentId = Id<Department>;

/// A public body that mutuals leave, or that sponsors, commissions or supports them; councils and NHS bodies
/// too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// Its key in addresses; unique and never changed.
    pub slug: Slug,
    /// What it is called; unique whatever the letter case.
    pub name: Name,
    /// What kind of body it is.
    pub kind: DepartmentKind,
    /// The nation that it is of, by which procurement law differs.
    pub nation: Option<Nation>,
    /// Its numbers in other registers.
    pub identifiers: Distinct<Identifier, 0, 20>,
    /// The public services that it is responsible for.
    pub policy_areas: Distinct<Sector, 0, 21>,
    /// Its own page.
    pub website: Option<WebUrl>,
    /// What a ballot must reach before a mutual of the department is launched.
    pub gate_thresholds: GateThresholds,
    /// When it existed and what came after it.
    pub life: Checked<Life>,
    /// Where all this comes from.
    pub sources: Sources,
}

/// A level that a department demands of every ballot before a mutual is launched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateThreshold {
    /// Of what the percentage is.
    pub basis: Basis,
    /// The level; reaching it exactly is enough.
    pub percent: Percent,
}

impl GateThreshold {
    /// What it demands of a ballot in which this option leads.
    #[must_use]
    pub fn of(self, option: &OptionKey) -> Threshold {
        let option = (self.basis != Basis::Turnout).then(|| option.clone());
        Threshold { basis: self.basis, percent: self.percent, option }
    }
}

/// What a department demands: at most one level for each basis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GateThresholds(Vec<GateThreshold>);

impl GateThresholds {
    /// The most that a department can demand.
    pub const MAX: usize = Basis::ALL.len();
}

impl TryFrom<Vec<GateThreshold>> for GateThresholds {
    type Error = Vec<Fault>;

    fn try_from(demanded: Vec<GateThreshold>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if demanded.len() > Self::MAX {
            let detail = format!("{} items, at most {} allowed", demanded.len(), Self::MAX);
            faults.push(Fault::new("", FaultCode::TooMany, detail));
        }
        for (position, threshold) in demanded.iter().enumerate() {
            if demanded.iter().take(position).any(|earlier| earlier.basis == threshold.basis) {
                let detail = "an earlier threshold already has this basis";
                faults.push(Fault::new(position.to_string(), FaultCode::DuplicateItem, detail));
            }
        }
        if faults.is_empty() { Ok(Self(demanded)) } else { Err(faults) }
    }
}

impl Deref for GateThresholds {
    type Target = [GateThreshold];

    fn deref(&self) -> &[GateThreshold] {
        &self.0
    }
}

/// When a department existed and what came after it; a closed one keeps its record and points on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// When it was set up.
    pub opened_on: Option<PartialDate>,
    /// When it was closed or merged.
    pub closed_on: Option<PartialDate>,
    /// The department that took over.
    pub successor_id: Option<DepartmentId>,
}

impl Rules for Life {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        faults.extend(not_before(("closed_on", self.closed_on), &[("opened_on", self.opened_on)]));
        if self.successor_id.is_some() && self.closed_on.is_none() {
            let detail = "only a closed department has a successor: also give `closed_on`, with only the year if no more is known";
            faults.push(Fault::new("successor_id", FaultCode::Inconsistent, detail));
        }
        faults
    }
}
