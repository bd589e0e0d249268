//! Commitments of departments: what they said they would publish, by when, and whether they did.

use crate::id::Id;
use crate::register::child::Child;
use crate::register::department::Department;
use crate::value::date::Day;
use crate::value::source::Sources;
use crate::value::text::Title;
use crate::value::web_url::WebUrl;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a department has committed to publish.
    pub enum CommitmentKind {
        /// A clear plan and vision for mutuals; departments were to have one by December 2012.
        PlanAndVision = "plan_and_vision" or "plan" or "vision" or "plan & vision",
        /// A clear pathway for staff who want to set up a mutual; departments were to have one by April 2013.
        StaffPathway = "staff_pathway" or "pathway",
        /// A commitment that none of the other values covers.
        Other = "other",
    }

    /// Whether a commitment is met.
    pub enum CommitmentStatus {
        /// Not published, and `due_on` has not passed.
        Due = "due" or "pending" or "outstanding" or "open" or "not due",
        /// Not published, and `due_on` has passed.
        Overdue = "overdue" or "late" or "outstanding" or "open" or "missed",
        /// Published on or before `due_on`.
        Met = "met" or "kept" or "done" or "published" or "on time",
        /// Published after `due_on`.
        MetLate = "met_late" or "late" or "kept late" or "kept" or "done" or "published",
    }
}

/// Id of a department's commitment.
pub type CommitmentId = Id<Child<Department, Commitment>>;

/// Something that a department has committed itself to publish by a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// What kind of commitment it is.
    pub kind: CommitmentKind,
    /// What is to be published.
    pub title: Title,
    /// The last day on which publishing it keeps the commitment.
    pub due_on: Day,
    /// When it was published.
    pub published_on: Option<Day>,
    /// Where it can be read; neither it nor the day of publication needs the other.
    pub evidence_url: Option<WebUrl>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Commitment {
    /// Whether the commitment is kept as at a day.
    pub fn status(&self, as_at: Day) -> CommitmentStatus {
        status(self.due_on, self.published_on, as_at)
    }

    /// For how many days it has been overdue as at a day; none where it isn't.
    pub fn days_overdue(&self, as_at: Day) -> Option<i64> {
        let is_overdue = self.status(as_at) == CommitmentStatus::Overdue;
        is_overdue.then(|| as_at.date().signed_duration_since(self.due_on.date()).num_days())
    }
}

/// Whether what is due on one day and published on another is kept as at a third: what is published only later is not published yet.
pub fn status(due_on: Day, published_on: Option<Day>, as_at: Day) -> CommitmentStatus {
    match published_on.filter(|published| *published <= as_at) {
        Some(published) if published <= due_on => CommitmentStatus::Met,
        Some(_) => CommitmentStatus::MetLate,
        None if as_at <= due_on => CommitmentStatus::Due,
        None => CommitmentStatus::Overdue,
    }
}
