//! The kinds of record, one file each.

use domain::Kind;

use crate::object::{Object, Wire};
use crate::record::{ChildDocument, Documented};

pub mod annual_return;
pub mod api_key;
pub mod commitment;
pub mod competition;
pub mod contract;
pub mod department;
pub mod enabler;
pub mod endorsement;
pub mod mutual;
pub mod notice;
pub mod objection;
pub mod pathway_progress;
pub mod pathway_step;
#[cfg(test)]
mod sample;
pub mod staff_ballot;
pub mod stage_transition;
pub mod support_request;

pub use annual_return::{AnnualReturn, SignedMoney};
pub use api_key::{ApiKey, Role};
pub use commitment::{Commitment, CommitmentKind};
pub use competition::{Competition, CompetitionKind, CompetitionOutcome, WinnerKind};
pub use contract::{
    Contract, ContractFilter, ContractReference, ContractStatus, CpvCode, CpvPrefix, Currency, FirstContract, Money,
    Ocid, Procedure, Protection, ProtectionKind, Regime,
};
pub use department::{Department, DepartmentFilter, DepartmentKind, GateThreshold, Nation};
pub use enabler::{Enabler, EnablerRole};
pub use endorsement::{Constituency, Endorsement, Position};
pub use mutual::{LegalForm, Mutual, MutualFilter, MutualTests, OriginRoute, Stage};
pub use notice::{Notice, NoticeCode, NoticeReference};
pub use objection::{Objection, ObjectionKind, ObjectionOutcome};
pub use pathway_progress::PathwayProgress;
pub use pathway_step::PathwayStep;
pub use staff_ballot::{
    Appointment, Archived, BallotCancelling, BallotCheck, BallotComplaint, BallotCorrection, BallotCorrectionReason,
    BallotExtension, BallotKind, BallotManifest, BallotMethod, BallotMode, BallotOption, BallotResult, BallotRound,
    BallotShare, BallotState, BallotThreshold, Basis, BoardVote, CastingExtension, Complaint, CountsKnown, Declaration,
    Ed25519Key, Ed25519Signature, Effect, EliminatedBy, FigureCheck, HostedResult, HostedRound, HostingPlan,
    HostingProgress, IssuerAppointment, IssuerSignature, IssuerToAppoint, Judgement, ManifestSignature, NumberedHalf,
    OptionCount, OptionKey, Organiser, PaperBatch, PaperCounts, PaperEntry, Percent, PrintedPercent, Protocol,
    PublishedBallot, PublishedBasis, PublishedFigure, Ranking, Reporting, RollEntry, RollUpload, Scrutineer,
    ScrutineerReport, SentBatch, SentComplaint, SentForRoll, SentPaper, SentVote, SentVotes, Sha256, Side,
    SignedExtension, SignedPapers, SignedTime, Spend, SpendSet, StaffBallot, StaffBallotFilter, Supersession,
    ThresholdOutcome, Tracker, UnreadableBundle, VerificationBundle, Voiding, VoteCast,
};
pub use stage_transition::{LaunchCondition, StageTransition, StageTransitionAmendment};
pub use support_request::{SupportRequest, SupportStatus};

/// The object that documents of a kind are; none of what is no record of the register.
pub fn object(kind: Kind) -> Option<&'static Object> {
    macro_rules! objects {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            match kind {
                $(Kind::$Record => Some(&<<$Record as Documented>::Document as Wire>::OBJECT),)+
                $(Kind::$Child => Some(&<<$Child as ChildDocument>::Document as Wire>::OBJECT),)+
                Kind::Import | Kind::Key | Kind::Issuer | Kind::SigningKey | Kind::Pseudonym | Kind::Register => None,
            }
        };
    }
    domain::for_each_record!(objects)
}
