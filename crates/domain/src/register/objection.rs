//! Objections to mutuals: who is against one and why, and what was decided.

use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::mutual::Mutual;
use crate::value::date::{Day, not_before};
use crate::value::source::Sources;
use crate::value::text::{Description, Name};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// Who objects to a mutual.
    pub enum ObjectionKind {
        /// Somebody who works in the service, or several of them.
        Staff = "staff" or "employee" or "employees" or "workforce",
        /// A trade union.
        Union = "union" or "trade union" or "unions",
        /// A campaign of citizens.
        Campaign = "campaign" or "campaign group" or "campaigners" or "residents" or "public",
        /// Somebody who uses the service, or cares for somebody who does.
        ServiceUser = "service_user" or "service users" or "user" or "patient" or "carer" or "client"
            or "customer",
        /// A public body that buys the service.
        Commissioner = "commissioner" or "commissioners" or "buyer" or "council" or "ICB" or "CCG",
        /// Another provider of such services.
        Provider = "provider" or "competitor" or "supplier" or "another provider",
        /// An objector that none of the other values covers.
        Other = "other",
    }

    /// The outcome of an objection.
    pub enum ObjectionOutcome {
        /// No decision has been made.
        Open = "open" or "pending" or "undecided" or "outstanding" or "no decision",
        /// Those who raised it gave it up.
        Withdrawn = "withdrawn" or "dropped" or "retracted",
        /// It was decided that the mutual may go on.
        Rejected = "rejected" or "dismissed" or "overruled" or "not upheld" or "refused",
        /// It was decided that the objection is right.
        Accepted = "accepted" or "upheld" or "sustained" or "allowed",
        /// There is a decision, and an independent arbiter is to decide again.
        Appealed = "appealed" or "appeal" or "under appeal",
    }
}

impl ObjectionOutcome {
    /// Whether somebody has decided: such an outcome has its day and its reasons.
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Rejected | Self::Accepted | Self::Appealed)
    }

    /// Whether it ends a case until somebody appeals.
    const fn is_decision(self) -> bool {
        matches!(self, Self::Rejected | Self::Accepted)
    }
}

impl Default for ObjectionOutcome {
    /// Nothing is decided until somebody says so.
    fn default() -> Self {
        Self::Open
    }
}

/// Id of an objection to a mutual.
pub type ObjectionId = Id<Child<Mutual, Objection>>;

/// An objection to a mutual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Who raised it; personal data, and none once the register was made to forget it.
    pub raised_by: Option<Name>,
    /// What kind of objector that is.
    pub kind: ObjectionKind,
    /// Why they object.
    pub grounds: Description,
    /// What has become of it.
    pub handling: Checked<Handling>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Objection {
    /// Whether the objection blocks a launch as at a day: it was raised, and nothing was decided by then, or the decision
    /// is appealed against.
    pub fn is_open(&self, as_at: Day) -> bool {
        let Handling { raised_on, outcome, decided_on, .. } = &*self.handling;
        let is_undecided = matches!(outcome, ObjectionOutcome::Open | ObjectionOutcome::Appealed);
        *raised_on <= as_at && (is_undecided || decided_on.is_some_and(|decided| decided > as_at))
    }
}

/// When an objection was raised and how it was dealt with. A decision without reasons is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    /// When it was raised.
    pub raised_on: Day,
    /// What has become of it.
    pub outcome: ObjectionOutcome,
    /// When it was decided.
    pub decided_on: Option<Day>,
    /// Why it was decided so.
    pub decision_reasons: Option<Description>,
    /// Whether the independent arbiter decided; against that there is no appeal.
    pub decided_by_arbiter: bool,
}

impl Rules for Handling {
    /// A decision has its day and its reasons. An open objection has neither; a withdrawn one keeps both if
    /// there was a decision before.
    fn faults(&self) -> Vec<Fault> {
        let outcome = self.outcome;
        let parts = [("decided_on", self.decided_on.is_some()), ("decision_reasons", self.decision_reasons.is_some())];
        let needed =
            outcome.is_decided() || (outcome == ObjectionOutcome::Withdrawn && parts.iter().any(|(_, given)| *given));
        let mut faults = Vec::new();
        for (field, given) in parts {
            if needed && !given {
                let detail = if outcome.is_decided() {
                    format!("an objection with the outcome `{outcome}` needs `{field}`")
                } else {
                    "a decision has both a day and reasons: give the other too, or leave both out".to_owned()
                };
                faults.push(Fault::new(field, FaultCode::Required, detail));
            }
            if given && outcome == ObjectionOutcome::Open {
                let detail = "an open objection has no decision: leave this out or give another `outcome`";
                faults.push(Fault::new(field, FaultCode::Inconsistent, detail));
            }
        }
        if self.decided_by_arbiter && !outcome.is_decision() {
            let detail = format!("the arbiter can only reject or accept, but the outcome is `{outcome}`");
            faults.push(Fault::new("decided_by_arbiter", FaultCode::Inconsistent, detail));
        }
        let raised = ("raised_on", Some(self.raised_on.into()));
        faults.extend(not_before(("decided_on", self.decided_on.map(Into::into)), &[raised]));
        faults
    }
}

impl Handling {
    /// The outcomes that the objection may have next; none once it is withdrawn or the arbiter has decided.
    pub const fn next_outcomes(&self) -> &'static [ObjectionOutcome] {
        use ObjectionOutcome::{Accepted, Appealed, Open, Rejected, Withdrawn};
        match self.outcome {
            Open | Appealed => &[Withdrawn, Rejected, Accepted],
            Rejected | Accepted if !self.decided_by_arbiter => &[Appealed],
            _ => &[],
        }
    }

    /// Why the objection cannot become `next`; empty if it can.
    ///
    /// A decision stays as it was made: its day, its reasons and who made it change only when a new one is
    /// made, which of an appealed objection only the arbiter can do.
    pub fn faults_becoming(&self, next: &Self) -> Vec<Fault> {
        let (from, to) = (self.outcome, next.outcome);
        if from != to && !self.next_outcomes().contains(&to) {
            return vec![Fault::new("outcome", FaultCode::Inconsistent, self.refusal(to))];
        }
        if from == to || !to.is_decision() {
            return self.rewritten(next);
        }
        let mut faults = Vec::new();
        if from == ObjectionOutcome::Appealed {
            if !next.decided_by_arbiter {
                let detail = "only the independent arbiter decides an appeal: expected `true`";
                faults.push(Fault::new("decided_by_arbiter", FaultCode::Inconsistent, detail));
            }
            let first = ("the first decision", self.decided_on.map(Into::into));
            faults.extend(not_before(("decided_on", next.decided_on.map(Into::into)), &[first]));
        }
        faults
    }

    fn refusal(&self, to: ObjectionOutcome) -> String {
        let from = self.outcome;
        let why = match self.next_outcomes() {
            [] if self.decided_by_arbiter => "the arbiter's decision is final".to_owned(),
            [] => "a withdrawal is final".to_owned(),
            next => {
                let words: Vec<_> = next.iter().map(|outcome| outcome.as_str()).collect();
                format!("expected `{}`", words.join("` or `"))
            }
        };
        format!("the objection is `{from}` and cannot become `{to}`: {why}")
    }

    /// A fault for each part of the decision that `next` has otherwise without deciding anew.
    fn rewritten(&self, next: &Self) -> Vec<Fault> {
        let kept = [
            ("decided_on", self.decided_on == next.decided_on),
            ("decision_reasons", self.decision_reasons == next.decision_reasons),
            ("decided_by_arbiter", self.decided_by_arbiter == next.decided_by_arbiter),
        ];
        let detail = "a decision cannot be changed, except by an appeal: leave this unchanged";
        kept.into_iter()
            .filter(|(_, same)| !same)
            .map(|(field, _)| Fault::new(field, FaultCode::Inconsistent, detail))
            .collect()
    }
}
