//! Requests of mutuals for support, and what became of them.

use crate::checked::{Checked, Rules};
use crate::fault::{Fault, FaultCode};
use crate::id::Id;
use crate::register::child::Child;
use crate::register::enabler::EnablerId;
use crate::register::mutual::{Mutual, Stage};
use crate::value::date::{Day, not_before};
use crate::value::source::Sources;
use crate::value::text::{Description, Note};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// The status of a support request.
    pub enum SupportStatus {
        /// Nobody has taken it up.
        Open = "open" or "new" or "pending" or "requested" or "outstanding",
        /// An enabler has taken it up.
        Assigned = "assigned" or "in progress" or "accepted" or "taken up",
        /// The mutual got the support.
        Met = "met" or "closed" or "done" or "resolved" or "completed" or "fulfilled",
        /// The mutual will not get the support.
        Declined = "declined" or "closed" or "refused" or "rejected" or "withdrawn",
    }
}

impl SupportStatus {
    /// Whether nothing more will come of the request.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Met | Self::Declined)
    }

    /// Whether a request may go from this status to another, or stay as it is: a closed one stays closed as it
    /// was.
    pub fn may_become(self, next: Self) -> bool {
        self == next || !self.is_closed()
    }
}

impl Default for SupportStatus {
    /// Where every request begins.
    fn default() -> Self {
        Self::Open
    }
}

/// Id of a mutual's request for support.
pub type SupportRequestId = Id<Child<Mutual, SupportRequest>>;

/// A support request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportRequest {
    /// The stage in which it needs it.
    pub stage: Stage,
    /// What it needs.
    pub need: Description,
    /// What has become of the request.
    pub handling: Checked<Handling>,
    /// Where all this comes from.
    pub sources: Sources,
}

/// When support was requested and what has become of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    /// When it was requested.
    pub requested_on: Day,
    /// What has become of the request.
    pub status: SupportStatus,
    /// Who has taken it up; none while it is open.
    pub enabler_id: Option<EnablerId>,
    /// When it was met or declined.
    pub closed_on: Option<Day>,
    /// Why it was declined.
    pub decline_reason: Option<Note>,
}

impl Rules for Handling {
    fn faults(&self) -> Vec<Fault> {
        let status = self.status;
        let mut faults = Vec::new();
        let mut check = |field: &str, given: bool, needed: bool, allowed: bool| match given {
            false if needed => {
                let detail = format!("a request with the status `{status}` needs `{field}`");
                faults.push(Fault::new(field, FaultCode::Required, detail));
            }
            true if !allowed => {
                let detail = format!("a request with the status `{status}` has no `{field}`: leave it out");
                faults.push(Fault::new(field, FaultCode::Inconsistent, detail));
            }
            _ => {}
        };
        let (open, assigned) = (status == SupportStatus::Open, status == SupportStatus::Assigned);
        let declined = status == SupportStatus::Declined;
        check("enabler_id", self.enabler_id.is_some(), assigned, !open);
        check("closed_on", self.closed_on.is_some(), status.is_closed(), status.is_closed());
        check("decline_reason", self.decline_reason.is_some(), declined, declined);
        let requested = ("requested_on", Some(self.requested_on.into()));
        faults.extend(not_before(("closed_on", self.closed_on.map(Into::into)), &[requested]));
        faults
    }
}

impl Handling {
    /// Why the request cannot become `next`; empty if it can.
    pub fn faults_becoming(&self, next: &Self) -> Vec<Fault> {
        if self.status.may_become(next.status) {
            return Vec::new();
        }
        let detail = format!("the request is `{}` and cannot be changed: make a new one", self.status);
        vec![Fault::new("status", FaultCode::Inconsistent, detail)]
    }

    /// For how many days somebody had waited by a day: until the request was closed, if it was by then.
    pub fn waited(&self, as_at: Day) -> i64 {
        let until = self.closed_on.map_or(as_at, |closed| closed.min(as_at));
        until.date().signed_duration_since(self.requested_on.date()).num_days().max(0)
    }
}
