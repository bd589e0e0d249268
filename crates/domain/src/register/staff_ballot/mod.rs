//! Staff ballots: how staff were asked, what they answered and what that means.
//!
//! The counts and their rules are the [`Tally`]'s; what follows from them is the [`BallotResult`], and
//! what that means for a mutual the [`Verdict`].

mod ballot;
mod duties;
mod hosting;
mod life;
mod published;
mod report;
mod result;
mod steps;
mod tally;
mod verdict;
mod words;

pub use ballot::{Correction, Ending, Held, Scrutineer, StaffBallot, StaffBallotId};
pub use duties::{Duties, Reporting, ScrutineerReport};
pub use hosting::{
    AppointedIssuer, Archived, Cancellation, Casting, Closed, Frozen, Hosting, HostingPlan, HostingProgress, Opened,
    ReasonedExtension, RecordedComplaint, SentRoll, SignedPaper,
};
pub use life::{BallotError, Declaration, DeclarationRules, Past, SCRUTINEER_ABOVE};
pub use published::FigureCheck;
pub use result::{BallotResult, CountsKnown, Share, ThresholdOutcome};
pub use steps::{Board, Closer};
pub use tally::{BallotOption, OptionCount, OptionKey, Papers, PublishedFigure, Round, Tally, Threshold};
pub use verdict::{Verdict, newest_deciding};
pub use words::{BallotKind, BallotMethod, BallotMode, BallotState, Basis, Effect, Organiser, PublishedBasis};
