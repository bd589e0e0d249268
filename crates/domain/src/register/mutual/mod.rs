//! Mutuals: staff groups on the way out of the public sector, the organisations they became, and how these
//! ended.

mod legal_form;
mod stage;

pub use legal_form::{LegalForm, OriginRoute};
pub use stage::Stage;

use crate::checked::{Checked, Distinct, Rules, repeats};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::department::DepartmentId;
use crate::value::date::{PartialDate, not_before};
use crate::value::identifier::Identifier;
use crate::value::outcome::TestOutcome;
use crate::value::region::Region;
use crate::value::sector::Sector;
use crate::value::slug::Slug;
use crate::value::source::Sources;
use crate::value::text::{Description, Name, Note};
use crate::value::web_url::WebUrl;

/// Id of a mutual.
pub type MutualId = Id<Mutual>;

/// A public service mutual, from the first idea to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutual {
    /// Its key in addresses; unique and never changed.
    pub slug: Slug,
    /// What it is called; unique whatever the letter case.
    pub name: Name,
    /// Its numbers in other registers.
    pub identifiers: Distinct<Identifier, 0, 20>,
    /// How it is or will be constituted.
    pub legal_form: Option<LegalForm>,
    /// The public services that it delivers.
    pub sectors: Distinct<Sector, 1, 21>,
    /// The region in which it mainly works.
    pub region: Option<Region>,
    /// Its own page.
    pub website: Option<WebUrl>,
    /// What it is and does.
    pub description: Option<Description>,
    /// The bodies that it left.
    pub parents: Checked<Parents>,
    /// The policy under which it left.
    pub origin_route: Option<OriginRoute>,
    /// How far it has come.
    pub life: Checked<Life>,
    /// Why it was launched though the gate was not met; it stays on the record for good.
    pub launch_override_reason: Option<Note>,
    /// How many people work in it.
    pub staff: Checked<Staff>,
    /// What makes it a public service mutual.
    pub tests: Tests,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Mutual {
    /// The same with the stage and the dates that follow from another's course; what took over its services stays its own.
    #[must_use]
    pub fn with_course_of(self, other: &Self) -> Self {
        let life = Life { successor_id: self.life.successor_id, ..(*other.life).clone() };
        // Rules on a successor look at the stage alone, which both have.
        let life = Checked::new(life).unwrap_or_else(|_| other.life.clone());
        Self { life, launch_override_reason: other.launch_override_reason.clone(), ..self }
    }
}

/// The public bodies that a mutual left: a lead and, where several bodies spun it out, the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parents {
    /// The lead; absent only where the sources do not name one.
    pub department_id: Option<DepartmentId>,
    /// The others, at most [`Parents::MAX_OTHERS`], each once.
    pub other_department_ids: Vec<DepartmentId>,
}

impl Parents {
    /// The most other departments that a mutual may have left.
    pub const MAX_OTHERS: usize = 20;
}

impl Rules for Parents {
    fn faults(&self) -> Vec<Fault> {
        let others = &self.other_department_ids;
        let mut faults = Vec::new();
        if self.department_id.is_none() && !others.is_empty() {
            let detail = "`other_department_ids` needs a lead: name the first of the departments here";
            faults.push(Fault::new("department_id", FaultCode::Required, detail));
        }
        if others.len() > Self::MAX_OTHERS {
            let detail = format!("{} departments, at most {} allowed", others.len(), Self::MAX_OTHERS);
            faults.push(Fault::new("other_department_ids", FaultCode::TooMany, detail));
        }
        faults.extend(repeats(others, Self::MAX_OTHERS).into_iter().map(|fault| fault.under("other_department_ids")));
        if let Some(position) = others.iter().position(|other| Some(*other) == self.department_id) {
            let field = format!("other_department_ids/{position}");
            faults.push(Fault::new(field, FaultCode::DuplicateItem, "the same department as `department_id`"));
        }
        faults
    }
}

/// How far a mutual has come: its stage and the dates of its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// The stage that it is in.
    pub stage: Stage,
    /// Since when.
    pub stage_since: Option<PartialDate>,
    /// When it began to deliver services of its own.
    pub launched_on: Option<PartialDate>,
    /// When it ended, before launch or after.
    pub ended_on: Option<PartialDate>,
    /// The mutual that took over its services.
    pub successor_id: Option<MutualId>,
}

impl Rules for Life {
    /// Of a suspended mutual the stage says neither that it was launched nor that it was not, so no date
    /// contradicts it.
    fn faults(&self) -> Vec<Fault> {
        let stage = self.stage;
        let mut faults = Vec::new();
        let mut contradicts =
            |field: &str, detail: String| faults.push(Fault::new(field, FaultCode::Inconsistent, detail));
        if self.launched_on.is_some() && stage.is_before_launch() {
            contradicts("launched_on", format!("a mutual in stage `{stage}` was not launched: leave the date out"));
        }
        if self.ended_on.is_some() && !stage.is_ended() {
            contradicts("ended_on", format!("a mutual in stage `{stage}` has not ended: leave the date out"));
        }
        if self.successor_id.is_some() && !stage.is_ended() {
            contradicts("successor_id", format!("a mutual in stage `{stage}` has not ended, so it has no successor"));
        }
        if let (true, Some(ended), Some(since)) = (stage.is_ended(), self.ended_on, self.stage_since)
            && !ended.overlaps(&since)
        {
            contradicts(
                "ended_on",
                format!("{ended} contradicts `stage_since`, {since}: `{stage}` begins with the end"),
            );
        }
        let launched = ("launched_on", self.launched_on);
        faults.extend(not_before(("ended_on", self.ended_on), &[launched]));
        if stage.is_after_launch() {
            faults.extend(not_before(("stage_since", self.stage_since), &[launched]));
        }
        faults
    }
}

/// How many people work in a mutual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// How many people, from 0 to [`Staff::MAX_COUNT`]; heads, not full-time equivalents.
    pub staff_count: Option<i64>,
    /// When they were counted.
    pub staff_counted_on: Option<PartialDate>,
}

impl Staff {
    /// The greatest number of staff that is believed.
    pub const MAX_COUNT: i64 = 10_000_000;

    /// Whether the count was surely made after this one: one that may be of the same day was not.
    pub fn is_later_than(&self, other: &Self) -> bool {
        self.staff_counted_on.zip(other.staff_counted_on).is_some_and(|(own, other)| !own.may_precede(&other))
    }
}

impl Rules for Staff {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(count) = self.staff_count.filter(|count| !(0..=Self::MAX_COUNT).contains(count)) {
            let detail = format!("{count} is not within 0 to {}", Self::MAX_COUNT);
            faults.push(Fault::new("staff_count", FaultCode::OutOfRange, detail));
        }
        if self.staff_counted_on.is_some() && self.staff_count.is_none() {
            let detail = "a date needs a count: also give `staff_count`";
            faults.push(Fault::new("staff_counted_on", FaultCode::Inconsistent, detail));
        }
        faults
    }
}

/// What makes an organisation a public service mutual: the three tests of the policy's definition and,
/// independent of them, the three of the Procurement Act 2023 for contracts reserved to public service
/// mutuals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// It has left the public sector (policy definition).
    pub left_public_sector: TestOutcome,
    /// It continues to deliver public services (policy definition).
    pub delivers_public_services: TestOutcome,
    /// Staff have a significant degree of influence or control (policy definition).
    pub staff_influence_or_control: TestOutcome,
    /// It operates to deliver public services, and mainly reservable light touch services (Procurement Act 2023
    /// s.33(6)(a)).
    pub mainly_reservable_services: TestOutcome,
    /// It distributes profits to its members only, or to nobody (Procurement Act 2023 s.33(6)(b)).
    pub profits_only_to_members_or_none: TestOutcome,
    /// It is under the management and control of its employees (Procurement Act 2023 s.33(6)(c)).
    pub under_employee_management_and_control: TestOutcome,
}

impl Tests {
    /// The same, and another's outcome of each test whose own is not known.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let or = |own, other| if own == TestOutcome::Unknown { other } else { own };
        Self {
            left_public_sector: or(self.left_public_sector, other.left_public_sector),
            delivers_public_services: or(self.delivers_public_services, other.delivers_public_services),
            staff_influence_or_control: or(self.staff_influence_or_control, other.staff_influence_or_control),
            mainly_reservable_services: or(self.mainly_reservable_services, other.mainly_reservable_services),
            profits_only_to_members_or_none: or(
                self.profits_only_to_members_or_none,
                other.profits_only_to_members_or_none,
            ),
            under_employee_management_and_control: or(
                self.under_employee_management_and_control,
                other.under_employee_management_and_control,
            ),
        }
    }
}
