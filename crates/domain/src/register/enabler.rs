//! Enablers: the people in departments whose job is to support mutuals.

use crate::checked::{Checked, Distinct, Rules};
use crate::fault::Fault;
use crate::id::Id;
use crate::register::child::Child;
use crate::register::department::Department;
use crate::register::mutual::Stage;
use crate::value::date::{Day, not_before};
use crate::value::email_address::EmailAddress;
use crate::value::sector::Sector;
use crate::value::source::Sources;
use crate::value::text::Name;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a person in a department's network does for mutuals.
    pub enum EnablerRole {
        /// Helps staff groups with advice and contacts.
        Enabler = "enabler" or "champion" or "mutuals champion" or "supporter",
        /// Decides whether a staff group may go ahead.
        Entitler = "entitler" or "decision maker" or "sponsor",
        /// Is told when a staff group makes no progress.
        EscalationContact = "escalation_contact" or "escalation" or "escalation point",
        /// Decides disputes without an interest in their outcome.
        IndependentArbiter = "independent_arbiter" or "arbiter" or "arbitrator" or "adjudicator",
    }
}

/// Id of an enabler.
pub type EnablerId = Id<Child<Department, Enabler>>;

/// A person in a department's network of support, with what they cover and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enabler {
    /// The person; personal data, and none once the register was made to forget it.
    pub name: Option<Name>,
    /// What the person does.
    pub role: EnablerRole,
    /// Where the person is reached; personal data.
    pub email: Option<EmailAddress>,
    /// The public services that the person covers; none named means all of them.
    pub sectors: Distinct<Sector, 0, 21>,
    /// The stages that the person covers; none named means all of them.
    pub stages: Distinct<Stage, 0, 19>,
    /// When the person does so.
    pub active: Checked<Active>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Enabler {
    /// Whether the person supports mutuals of this sector in this stage on a day.
    pub fn covers(&self, stage: Stage, sector: Sector, on: Day) -> bool {
        self.active.includes(on)
            && self.covers_stage(stage)
            && (self.sectors.is_empty() || self.sectors.contains(&sector))
    }

    /// Whether the person supports mutuals in this stage, of some sector at least.
    pub fn covers_stage(&self, stage: Stage) -> bool {
        self.stages.is_empty() || self.stages.contains(&stage)
    }
}

/// From when to when somebody is active, both days included; an absent day sets no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Active {
    /// The first day.
    pub active_from: Option<Day>,
    /// The last day on which the person supports mutuals.
    pub active_to: Option<Day>,
}

impl Active {
    /// Whether it includes a day.
    pub fn includes(&self, day: Day) -> bool {
        self.active_from.is_none_or(|from| from <= day) && self.active_to.is_none_or(|to| day <= to)
    }
}

impl Rules for Active {
    fn faults(&self) -> Vec<Fault> {
        let from = ("active_from", self.active_from.map(Into::into));
        not_before(("active_to", self.active_to.map(Into::into)), &[from]).into_iter().collect()
    }
}
